"""Every result about models can be told and shown in a report, in both languages and all formats."""

import re

import numpy as np
import openpyxl
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.base.model import Model
from cgsurvey.present import narrate, report, tables
from cgsurvey.present.narration.sentences import paragraphs, say
from cgsurvey.present.numbers import show
from cgsurvey.present.tables.style import Style
from cgsurvey.sem import SemFit, cfa

from .conftest import LABELS, MEASUREMENT

PATHS = "f3 ~ b*f2 + c*f1\nf2 ~ a*f1\nindirect := a*b"
TITLES = {
    "mcar": ("Missing answers", "Jawaban kosong"),
    "invariance": ("Measurement invariance", "Invariansi pengukuran"),
    "comparison": ("Comparison of models", "Perbandingan model"),
    "mediation": ("Direct and indirect effects", "Pengaruh langsung dan tidak langsung"),
    "moderation": ("Moderation", "Moderasi"),
    "pooled": ("Structural model", "Model struktural"),
    "wald": ("Tests of constraints", "Uji kendala"),
    "score": ("Tests of constraints", "Uji kendala"),
    "ordered": ("Structural model", "Model struktural"),
    "bootstrap": ("Structural model", "Model struktural"),
}


@pytest.fixture(scope="module")
def results(answers: pd.DataFrame, structured: SemFit) -> dict[str, object]:
    model = Model(f"{MEASUREMENT}\n{PATHS}", name="full", labels=LABELS)
    smaller = Model(f"{MEASUREMENT}\nf3 ~ f2\nf2 ~ f1", name="smaller", labels=LABELS)
    holes = answers.mask(np.random.default_rng(3).random(answers.shape) < 0.05)
    grouped = answers.assign(side=np.where(np.arange(len(answers)) % 2, "city", "regency"))
    product = answers.assign(xy=lambda d: (d.x1 - 3) * (d.y1 - 3))
    moderated = cg.sem("z1 ~ x1 + y1 + xy", product)
    return {
        "mcar": cg.mcar_test(holes),
        "invariance": cg.invariance("f1 =~ x1 + x2 + x3 + x4", grouped, group="side"),
        "comparison": cg.compare(structured, cg.sem(smaller, answers)),
        "mediation": cg.mediation(structured, seed=1, draws=1000),
        "moderation": moderated.simple_slopes("z1", "x1", "y1", product="xy"),
        "pooled": cg.sem(model, [answers, answers.sample(frac=1, replace=True, random_state=2)]),
        "wald": structured.wald("a == b"),
        "score": structured.score_test(add="x1 ~~ y1"),
        "ordered": cg.sem(model, answers, ordered=True),
        "bootstrap": cg.sem(model, answers, se="bootstrap", bootstrap=60, seed=5, ci_type="bca"),
    }


@pytest.mark.parametrize("name", list(TITLES))
@pytest.mark.parametrize("language", ["en", "id"])
def test_a_report_shows_the_part(results, name, language, tmp_path):
    part = results[name]
    made = report([part], language=language, figures=False)
    assert TITLES[name][language == "id"] in [s.title for s in made.sections]
    shown = {t.name for t in made.tables}
    assert {t.name for t in tables(part, language)} <= shown and "stamp" in shown
    for ending in ("docx", "html", "xlsx"):
        assert made.save(tmp_path / f"r.{ending}").stat().st_size > 1000
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert len(book.sheetnames) >= len(made.tables)
    text = made.to_text()
    assert not re.search(
        r"\bnan\b|\bNone\b|\{|Words\(", text.partition("Model syntax")[0].partition("Sintaks model")[0]
    )


def test_all_parts_stand_in_one_report(results):
    made = report(list(results.values()), figures=False)
    assert len({s.title for s in made.sections}) == len(made.sections)
    assert [s.title for s in made.sections if s.title in {a for a, _ in TITLES.values()}] == [
        "Missing answers", "Measurement invariance", "Structural model", "Direct and indirect effects", "Moderation",
        "Comparison of models", "Tests of constraints",
    ]  # fmt: skip


@pytest.mark.parametrize("name", [n for n in TITLES if n not in ("ordered", "bootstrap")])
def test_what_is_told_comes_from_the_result(results, name):
    part = results[name]
    en, id_ = narrate(part), narrate(part, "id")
    assert en.startswith("Draft text") and id_.startswith("Teks draf") and en != id_
    said = [s for block in paragraphs(part, Style()).values() for s in block]
    assert said and all(say(s, "en") != say(s, "id") for s in said)
    decimals = re.findall(r"\d+\.\d+", id_)
    assert all(len(d.rpartition(".")[2]) == 3 for d in decimals), decimals  # a point only between thousands


def test_comparison_says_which_fits_worse(results, structured, answers):
    row = results["comparison"].tidy().iloc[1]
    assert row["p_value"] > 0.05
    text = narrate(results["comparison"])
    assert "There is not enough evidence that smaller fits worse than" in text
    assert f"= {show(row['chisq_diff'], 'statistic')}, p = {show(row['p_value'], 'p')}" in text
    worse = cg.compare(structured, cg.sem(Model(MEASUREMENT + "\nf3 ~ 0*f2 + f1\nf2 ~ f1", name="cut"), answers))
    assert "Cut fits significantly worse than" in narrate(worse)
    assert "Cut secara signifikan lebih buruk daripada" in narrate(worse, "id")


def test_rivals_are_told_by_their_test(answers):
    one = cfa(Model(MEASUREMENT, name="one"), answers)
    joined = cfa(Model("f =~ " + " + ".join(answers.columns), name="two"), answers)
    text = narrate(cg.compare(one, joined, method="vuong", data=answers))
    assert "One is closer to the data than two (Vuong's test, z = " in text


def test_mediation_tells_each_effect_with_its_interval(results):
    rows = results["mediation"].tidy().set_index("effect")
    text = narrate(results["mediation"])
    indirect, direct = rows.loc["indirect"], rows.loc["direct"]
    assert "An indirect effect of Engagement on Service quality via Motivation is shown" in text
    assert f"(B = {show(indirect['estimate'])}, 95% CI {show(indirect['ci_lower'])} to" in text
    assert direct["ci_lower"] < 0 < direct["ci_upper"]
    assert "For a direct effect of Engagement on Service quality there is not enough evidence" in text


def test_invariance_tells_what_may_be_compared(results):
    found = results["invariance"]
    assert found.glance()["level"].item() == "strict"
    assert "means of item sums, may be compared over groups" in narrate(found)
    by_test = cg.invariance(
        "f1 =~ x1 + x2 + x3 + x4", _shifted(), group="side", criterion="test", levels=("metric", "scalar"), partial=True
    )
    text = narrate(by_test)
    assert "The scalar level is rejected, Δχ²(3) = " in text and "With x1 free to differ" in text
    assert "x1 are not among them" in text or "x1 is not" in text or "{" not in text


def _shifted() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    f = rng.normal(size=600)
    frame = pd.DataFrame({f"x{k}": f + rng.normal(size=600) for k in range(1, 5)})
    side = np.repeat(["a", "b"], 300)
    return frame.assign(x1=frame.x1 + (side == "b") * 0.8, side=side)


def test_ordered_items_have_a_table_of_thresholds_and_no_verdicts(results):
    fit = results["ordered"]
    made = {t.name: t for t in tables(fit)}
    loadings = [row[0].full for row in made["loadings"].grid().body if not isinstance(row, str)]
    assert len(loadings) == 12 and len(made["thresholds"].rows) == 12
    first = fit.tidy().query("op == '|'").iloc[0]
    assert made["thresholds"].rows[0][1].en.startswith(show(first["estimate"], "number", "en", 3))
    assert [c.name for c in made["fit"].columns] == ["measure", "value", "scaled", "robust", "verdict"]
    heads = [row[0].en for row in made["fit"].rows]
    assert "AIC" not in heads and "BIC" not in heads and made["fit"].references == ()
    verdicts = {row[-1].value.en for row in made["fit"].rows if row[-1] is not None}
    assert len(verdicts) == 1 and "No established" in verdicts.pop()
    assert made["correlations"].title.en == "Polychoric correlations of the items"
    composed = report([fit], figures=False)
    assert "Xia, Y., & Yang, Y. (2019)" in composed.to_text()
    late = [t.name for t in composed.tables]
    assert late.index("thresholds") > late.index("paths")


def test_methods_name_what_was_run(results, answers):
    text = report([results["ordered"]], figures=False).to_text().replace("\n", " ")
    for said in (
        "WLSMV, diagonally weighted least squares on polychoric correlations",
        "12 items were treated as ordered categories",
        "mean- and variance-adjusted test in its scaled and shifted form",
        "robust (sandwich) standard errors",
        "Muthén, 1984",
        "Satorra & Bentler, 1994",
    ):
        assert said in text, said
    text = report([results["bootstrap"]], figures=False).to_text().replace("\n", " ")
    assert "come from 60 of 60 resamples of the rows (seed 5)" in text
    assert "95% intervals (bias-corrected and accelerated bootstrap)" in text and "delta method" not in text
    assert "Efron, B. (1987)" in text
    design = answers.assign(office=np.arange(400) // 10, district=np.arange(400) // 100, w=1.0 + np.arange(400) % 2)
    fit = cfa(MEASUREMENT, design, cluster="office", strata="district", weights="w")
    text = report([fit], language="id", figures=False).to_text().replace("\n", " ")
    assert "klaster menurut office, strata menurut district, dan bobot sampel pada w" in text
    assert "Binder, D. A. (1983)" in text and "galat baku robust (Huber-White)" in text


@pytest.mark.parametrize(
    ("options", "said", "dikatakan"),
    [
        ({"estimator": "GLS"}, "generalised least squares", "generalised least squares"),
        ({"estimator": "ULSMV"}, "unweighted least squares;", "kuadrat terkecil tanpa bobot"),
        ({"estimator": "MLM"}, "Satorra-Bentler scaled test", "uji terskala Satorra-Bentler"),
        ({"estimator": "MLF"}, "standard errors from first derivatives", "galat baku dari turunan pertama"),
        ({"likelihood": "wishart"}, "Wishart likelihood", "likelihood Wishart"),
        ({"ordered": True, "missing": "pairwise"}, "pairwise use of answers", "berpasangan (pairwise)"),
        ({"missing": "robust.two.stage"}, "robust two-stage", "dua tahap robust"),
    ],
)
def test_each_estimator_is_named_below_its_fit(answers, options, said, dikatakan):
    made = cg.table(cfa("f1 =~ x1 + x2 + x3 + x4", answers, **options), "fit")
    notes = made.notes
    assert any(said in n.en for n in notes) and any(dikatakan in n.id for n in notes)
    ml = options.get("estimator", "ML")[:2] == "ML" and "ordered" not in options
    assert ("guideline" in [c.name for c in made.columns]) == ml


def test_models_estimated_alike_are_told_once(answers):
    alike = [cfa(Model(MEASUREMENT, name=name), answers, estimator="MLR") for name in ("one", "two", "three")]
    text = report(alike, figures=False).to_text().replace("\n", " ")
    assert text.count("by confirmatory factor analysis") == 1 and "A further model" not in text
    assert text.count("Model fit was judged by the Yuan-Bentler scaled test") == 1
    other = cfa(Model(MEASUREMENT, name="other"), answers, ordered=True)
    text = report([*alike, other], figures=False).to_text().replace("\n", " ")
    assert "A further model, other, was estimated differently (WLSMV, diagonally weighted" in text


def test_the_ratio_of_chi_square_is_scaled_where_the_test_is(results):
    fit = results["ordered"]
    rows = {row[0].en: row for row in cg.table(fit, "fit").rows}
    m = fit.fit_measures
    assert rows["χ²/df"][2].value == m["chisq_scaled"] / m["df_scaled"]
    judged = cg.table(fit, "fit", cutoffs={"chisq_df": m["chisq_scaled"] / m["df_scaled"] + 0.01})
    assert {row[0].en: row for row in judged.rows}["χ²/df"][-1].verdict == "good"
    assert any("Verdicts look at the robust value" in note.en for note in judged.notes)
