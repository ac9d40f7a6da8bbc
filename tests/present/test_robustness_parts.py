"""Conclusions under other choices: tables, specification curve and text, in both languages."""

import re

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.base.model import Model
from cgsurvey.present.figures.plot import plot_kinds
from cgsurvey.present.narration.sentences import paragraphs, say
from cgsurvey.present.tables import tables
from cgsurvey.present.tables.style import Style

from .conftest import CONSTRUCTS, LABELS, MEASUREMENT
from .pictured import overlapping, words
from .test_narration import known

H = {"H1": "f2 ~ f1 > 0", "H2": "f3 ~ f1 > 0", "H3": "f3 ~ f2 < 0"}


@pytest.fixture(scope="module")
def found(answers: pd.DataFrame) -> cg.Fragility:
    rng = np.random.default_rng(4)
    data = answers.iloc[:160].mask(rng.random((160, 12)) < 0.01).assign(office=[f"office {k % 8}" for k in range(160)])
    model = Model(f"{MEASUREMENT}\nf3 ~ f2 + f1\nf2 ~ f1", labels=LABELS)
    screening = cg.screen(data, items=[i for b in CONSTRUCTS.values() for i in b], irv=0.5, longstring=4)
    return cg.fragility(model, data, hypotheses=H, screening=screening, leave_out="office")


def replaced(found: cg.Fragility, decisions: list[str], how: str = "one") -> cg.Fragility:
    """The same numbers with other decisions on H1 over the choices."""
    from dataclasses import replace

    estimates = found.estimates.copy()
    here = estimates.index[(estimates["hypothesis"] == "H1")]
    for k, d in zip(here, decisions, strict=False):
        estimates.loc[k, "decision"] = d
        estimates.loc[k, "agrees"] = d == decisions[0]
    conclusions = found.conclusions.copy()
    conclusions.loc[0, "decision"] = decisions[0]
    return replace(found, estimates=estimates, conclusions=conclusions, how=how)


def test_tables_show_the_numbers_of_the_result(found):
    made = {t.name: t for t in tables(found)}
    assert list(made) == ["fragility", "fragility_range", "fragility_choices", "fragility_offices"]
    first = made["fragility"].to_frame()
    assert first["std_all"].tolist() == found.conclusions["std_all"].tolist()
    assert first["path"].tolist()[0] == "Engagement → Motivation"
    choices = made["fragility_choices"].to_frame()
    assert len(choices) == (found.specifications["part"] != "left out").sum()
    h1 = found.estimates.query("hypothesis == 'H1' and part != 'left out'")
    assert choices["h1"].tolist() == h1["std_all"].tolist()
    assert choices["specification"].iloc[:3].tolist() == ["main specification", "MLR", "WLSMV"]
    assert made["fragility_offices"].to_frame()["left_out"].tolist() == [f"office {k}" for k in range(8)]
    text = made["fragility"].to_text("id")
    assert "Tanpa satu kantor" in text and "Belum cukup bukti" in text and "proporsi menggambarkan" in text
    thesis = next(t for t in tables(found, "id", dialect="thesis") if t.name == "fragility")
    assert "Diterima" in thesis.to_text() and "Ditolak" in thesis.to_text()


def test_a_changed_decision_bears_a_mark(found):
    turned = replaced(found, ["supported", "supported", "not supported"])
    table = next(t for t in tables(turned) if t.name == "fragility_choices")
    assert table.rows[2][5].mark == "a" and "differs from that of the main" in table.to_text()


@pytest.mark.parametrize("language", ["en", "id"])
def test_curves(found, language):
    kinds = plot_kinds(found, language=language)
    assert kinds == ("specification_curve_1", "specification_curve_2", "specification_curve_3")
    picture = cg.plot(found, "specification_curve_1", language=language)
    assert not overlapping(picture)
    main = found.conclusions.iloc[0]["std_all"]
    above, below = picture.axes
    diamonds = [line for line in above.lines if line.get_marker() == "D" and len(line.get_xdata())]
    assert [d.get_ydata()[0] for d in diamonds] == [main]
    drawn = sorted(line.get_ydata()[0] for line in above.lines if line.get_marker() in "oD" and len(line.get_xdata()))
    h1 = found.estimates.query("hypothesis == 'H1'")["std_all"]
    assert drawn == sorted(h1)
    said = words(picture)
    assert any("Estimator: ML" in w for w in said) and any("WLSMV" in w for w in said)
    shown = f"{main:.3f}".replace(".", ",") if language == "id" else f"{main:.3f}".lstrip("0")
    assert shown in picture.alt
    assert below.get_ylim()[1] == pytest.approx(0.6)


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("decisions", [
    ["supported"] * 20, ["supported", "not supported"], ["not supported", "supported"], ["not supported"] * 20,
    ["opposite"] * 20, ["opposite", "not supported"], [""],
])  # fmt: skip
def test_every_conclusion_is_told_with_its_own_numbers(found, decisions, language):
    told = paragraphs(replaced(found, decisions), Style())["fragility"]
    for sentence in told:
        text = re.sub(r"[A-Za-z]+\d+|office \d", "", say(sentence, language))
        numbers = set(re.findall(r"(?<![\w.])[.]?\d+(?:[.,]\d+)*", text))
        assert numbers <= known(sentence.values, language) | {"95"}, (sentence.key, numbers)
        assert "no effect" not in text and "prove" not in text and "membuktikan" not in text


def test_what_overturns_a_conclusion_is_named(found):
    one = cg.narrate(replaced(found, ["supported", "supported", "not supported"]))
    assert "but no longer under these choices: WLSMV; the conclusion depends on them" in one
    every = cg.narrate(replaced(found, ["supported", "supported", "not supported"], how="all"))
    assert "WLSMV (changed in 1 of 1)" in every
    assert "there is not enough evidence in the main specification" in cg.narrate(found)
    assert "bukan bahwa model atau tafsir sebab-akibatnya benar" in cg.narrate(found, "id")


def test_what_is_left_out_bears_the_label_of_its_column(found):
    from dataclasses import replace

    labels = {"service": {"en": "Service used", "id": "Layanan"}, "service=office 1": {"en": "Permits", "id": "Izin"}}
    meta = replace(found.meta, labels={**found.meta.labels, **labels})
    renamed = replace(found, meta=replace(meta, options={**meta.options, "leave_out": "service"}))
    text = "\n".join(t.to_text("id") for t in tables(renamed, "id"))
    assert "Tanpa satu layanan" in text and "Izin" in text and "antor" not in text.replace("kantor 1", "")
    told = cg.narrate(renamed, language="en")
    assert "each of 8 groups of respondents by service used was left out" in told and "office 1" not in told
    for language, row in (("en", "Without one service used"), ("id", "Tanpa satu layanan")):
        assert row in words(cg.plot(renamed, "specification_curve_1", language=language))


def test_all_hypotheses_are_summed_up(found):
    known = found.estimates.query("decision != '' and part != 'main'")
    told = cg.narrate(found)
    assert (
        f"the sign is kept in {int(known['same_sign'].sum())} and the decision in {int(known['agrees'].sum())} "
        f"of {len(known)} other estimates" in told
    )
    stable = known.groupby("hypothesis")[["same_sign", "agrees"]].all().all(axis=1).sum()
    assert f"{stable} of 3 hypotheses keep sign and decision" in told
    assert f"{stable} dari 3 hipotesis mempertahankan tanda" in cg.narrate(found, "id")


def test_groups_and_those_who_were_kept_are_named(answers):
    rng = np.random.default_rng(4)
    sex = rng.integers(1, 3, 160).astype(str)
    data = answers.iloc[:160].assign(sex=sex)
    labels = {**LABELS, "sex=1": {"en": "Women", "id": "Perempuan"}, "sex=2": {"en": "Men", "id": "Laki-laki"}}
    model = Model(f"{MEASUREMENT}\nf3 ~ f2 + f1\nf2 ~ f1", labels=labels)
    screening = cg.screen(data, items=[i for b in CONSTRUCTS.values() for i in b], irv=0.5)
    options = {"screening": screening, "respondents": "kept", "estimators": ("ML", "MLR"), "group": "sex"}
    grouped = cg.fragility(model, data, hypotheses={"H1": "f2 ~ f1 > 0"}, **options)
    table = next(t for t in tables(grouped, "id") if t.name == "fragility")
    assert {"H1 (Perempuan)", "H1 (Laki-laki)"} <= set(table.to_text("id").replace("\n", " ").split("  ")) | {
        w for row in table.rows for w in [row[0].id]
    }
    assert "termasuk yang ditandai kurang cermat" in "\n".join(t.to_text("id") for t in tables(grouped, "id"))
    assert "with those flagged as careless" in words(cg.plot(grouped, "specification_curve_1", language="en"))
    assert "H1 (Women)" in cg.narrate(grouped)


def test_a_report_has_them(found):
    made = cg.report([found], title="T")
    assert "Robustness of the conclusions" in [s.title for s in made.sections]
    assert "specification curve (Simonsohn et al., 2020; Steegen et al., 2016)" in " ".join(made.to_text().split())
    assert next(f.title for f in made.figures).startswith("Specification curve of a hypothesis (1/3)")


def test_a_difference_is_told_with_its_cause(structured):
    m, n = structured.fit_measures, structured.meta.n
    other = f"{m['chisq'] * (n - 1) / n:.3f}"
    made = cg.why_different(None, other, quantity="CMIN", program="AMOS", result=structured)
    table = cg.table(made)
    assert table.title.of("id").startswith("Mengapa AMOS memberi angka lain: khi-kuadrat")
    frame = table.to_frame()
    assert frame["matches"].tolist()[:2] == [True, False] and frame["programs"].iloc[0] == "AMOS, LISREL, EQS"
    assert frame["value"].iloc[0] == pytest.approx(m["chisq"] * (n - 1) / n)
    assert f"AMOS gives {other} and this package {m['chisq']:.4f}" in cg.narrate(made)
    assert "The likeliest reason is this convention" in cg.narrate(made) and "n − 1" in cg.narrate(made)
    assert "kali minimum fungsi kecocokan." in cg.narrate(made, "id") and other.replace(".", ",") in cg.narrate(
        made, "id"
    )
    none = cg.why_different(None, "1.234", quantity="cfi", result=structured)
    assert "gives their number; ask for chi-square and degrees of freedom of its baseline model" in cg.narrate(none)
    same = cg.why_different(None, f"{m['cfi']:.2f}", quantity="cfi", result=structured)
    assert "It is the same number, rounded differently." in cg.narrate(same)
    low = cg.why_different(None, "0.9", quantity="cfi", result=structured)
    assert "sedangkan paket ini" in cg.narrate(low, "id")
    lone = m["chisq"] * (n - 1) / n
    odd = cg.why_different(None, f"{lone:.3f}", quantity="chisq", program="Mplus", result=structured)
    assert "No convention that is known of Mplus gives it" in cg.narrate(odd)
    pls = cg.why_different(None, "0.999", quantity="beta", of="f2 ~ f1", program="SmartPLS", result=structured)
    assert "Keterlibatan → Motivasi" in cg.table(pls).title.of("id")
    assert any("SmartPLS" in str(p) for p in cg.table(pls).to_frame()["programs"])
    assert "Check by an independent engine" in [s.title for s in cg.report([made], title="T").sections]


def test_every_variant_has_words_in_both_languages(structured):
    from cgsurvey.present.tables.differences import convention_words

    for quantity, of in (
        ("aic", None),
        ("estimate", "f2 ~ f1"),
        ("chisq", None),
        ("npar", None),
        ("std_error", "x1 ~~ x1"),
    ):
        found = cg.why_different(None, "99999", quantity=quantity, of=of, result=structured).table
        for r in found.itertuples():
            words = convention_words(r.convention, r.detail)
            assert words.en != words.id and "means" not in words.id.replace("means and", ""), (r.convention, r.detail)
