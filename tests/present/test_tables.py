"""Tables of results: their numbers are those of the result, their verdicts those of the rules."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cgsurvey.base.errors import EstimationError, OptionError
from cgsurvey.present import Table, table, tables
from cgsurvey.reliability import Reliability, reliability, validity
from cgsurvey.responses import Responses, describe, link, screen
from cgsurvey.sem import SemFit, cfa
from cgsurvey.sem.hypotheses import test_hypotheses as decide


def texts(made: Table, language: str = "en") -> list[list[str]]:
    return [[row] if isinstance(row, str) else [c.full for c in row] for row in made.grid(language).body]


@pytest.fixture(scope="module")
def reliable(answers: pd.DataFrame) -> Reliability:
    return reliability(answers, {f"f{k + 1}": [f"{c}{i}" for i in range(1, 5)] for k, c in enumerate("xyz")})


def test_fit_shows_the_measures_of_the_fit(measured: SemFit) -> None:
    made = table(measured, "fit")
    frame = made.to_frame().set_index("measure")
    found = measured.fit_measures
    for head, name in (
        ("χ²", "chisq"),
        ("df", "df"),
        ("CFI", "cfi"),
        ("RMSEA", "rmsea"),
        ("SRMR", "srmr"),
        ("BIC", "bic"),
    ):
        assert frame.loc[head, "value"] == found[name]
    for head, column, name in (
        ("χ²", "scaled", "chisq_scaled"),
        ("p", "scaled", "pvalue_scaled"),
        ("CFI", "scaled", "cfi_scaled"),
        ("CFI", "robust", "cfi_robust"),
        ("RMSEA", "robust", "rmsea_robust"),
    ):
        assert frame.loc[head, column] == found[name]
    rows = {r[0]: r for r in texts(made)}
    assert rows["CFI"][4] == "≥ .95 (.90)" and rows["CFI"][5] in {"Good ✓", "Marginal ~", "Poor ✗"}
    assert rows["df"][1] == "51" and rows["AIC"][5] == ""
    assert "guideline, not law" in made.grid().remarks[0].text and made.references == ("hu1999",)


@pytest.mark.parametrize(
    ("cfi", "word", "kata"),
    [(0.96, "Good ✓", "Baik ✓"), (0.92, "Marginal ~", "Marginal ~"), (0.8, "Poor ✗", "Buruk ✗")],
)
def test_verdicts_follow_the_rule(structured: SemFit, cfi: float, word: str, kata: str) -> None:
    changed = replace(
        structured, fit_measures=pd.concat([structured.fit_measures.drop("cfi"), pd.Series({"cfi": cfi})])
    )
    assert {r[0]: r for r in texts(table(changed, "fit"))}["CFI"][-1] == word
    assert {r[0]: r for r in texts(table(changed, "fit"), "id")}["CFI"][-1] == kata


def test_ordinal_estimators_have_no_established_cut_off(structured: SemFit) -> None:
    ordinal = replace(structured, options=replace(structured.options, estimator="WLSMV"))  # type: ignore[arg-type]
    rows = {r[0]: r for r in texts(table(ordinal, "fit"))}
    assert rows["CFI"][-1] == "No established cut-off"
    assert table(ordinal, "fit").rules == ()


def test_own_cut_offs_replace_those_of_the_package(structured: SemFit) -> None:
    made = table(structured, "fit", cutoffs={"srmr": 0.001, "chisq_df": 2})
    rows = {r[0]: r for r in texts(made)}
    assert rows["SRMR"][-2:] == ["≤ .001", "Poor ✗"]
    assert rows["χ²/df"][-2:] == ["≤ 2", "Good ✓"]
    assert "chosen for this study" in made.grid().remarks[0].text


def test_thesis_dialect_adds_its_measures_and_words(structured: SemFit) -> None:
    heads = [r[0] for r in texts(table(structured, "fit", dialect="thesis"))]
    assert {"GFI", "AGFI", "NFI", "IFI"} <= set(heads)
    found = decide(structured, {"H1": "f2 ~ f1 > 0", "H2": "f3 ~ f1 > 0"})
    assert [r[-1] for r in texts(table(found, dialect="thesis", language="id"), "id")] == ["Diterima ✓", "Ditolak ✗"]
    assert [r[-1] for r in texts(table(found), "id")] == ["Didukung ✓", "Belum cukup bukti ~"]
    assert [r[-1] for r in texts(table(found))] == ["Supported ✓", "Not enough evidence ~"]
    assert [r[1] for r in texts(table(found))] == ["Engagement → Motivation", "Engagement → Service quality"]


def test_loadings_are_those_of_the_standardised_solution(measured: SemFit) -> None:
    made = table(measured, "loadings", "id")
    std = measured.standardized()
    std = std[std["op"] == "=~"]
    frame = made.to_frame()
    for shown, own in (
        ("loading", "estimate"),
        ("std_error", "std_error"),
        ("ci_lower", "ci_lower"),
        ("p_value", "p_value"),
    ):
        np.testing.assert_array_equal(frame[shown].to_numpy(dtype=float), std[own].to_numpy())
    np.testing.assert_allclose(frame["r2"].to_numpy(dtype=float), std["estimate"].to_numpy() ** 2, rtol=1e-8)
    assert list(dict.fromkeys(frame["section"])) == ["Keterlibatan", "Motivasi", "Mutu layanan"]
    assert frame["item"].iloc[0] == "x1: Mitra <b>berbicara</b>"
    assert {r[0]: r for r in texts(made)}["z4"][1].endswith("✗")


def test_paths_stand_under_their_outcome_with_its_r2(structured: SemFit) -> None:
    rows = texts(table(structured, "paths"))
    heads = [r[0] for r in rows if len(r) == 1]
    assert heads[0] == f"Service quality (R² = {structured.r2['f3']:.3f})".replace("0.", ".")
    own = structured.tidy()
    own = own[own["op"] == "~"]
    frame = table(structured, "paths").to_frame()
    np.testing.assert_array_equal(frame["estimate"].to_numpy(dtype=float), own["estimate"].to_numpy())
    np.testing.assert_array_equal(frame["std_all"].to_numpy(dtype=float), own["std_all"].to_numpy())
    effect = table(structured, "effects").to_frame().iloc[0]
    assert effect["effect"] == "indirect" and effect["estimate"] == own["estimate"].iloc[0] * own["estimate"].iloc[2]


def test_local_fit_shows_the_largest(measured: SemFit) -> None:
    own = measured.modification_indices()["mi"].sort_values(ascending=False)
    shown = table(measured, "modification").to_frame()["mi"]
    np.testing.assert_array_equal(shown.to_numpy(dtype=float), own[own > 3.84].head(10).to_numpy())
    with pytest.raises(OptionError, match="kind='residuals' has nothing to show"):
        residuals = measured.residuals("cor")
        assert np.abs(residuals.to_numpy()).max() < 0.10
        table(measured, "residuals")


def test_modification_indices_that_cannot_be_had_leave_no_table(
    measured: SemFit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: SemFit) -> pd.DataFrame:
        raise EstimationError("too many variables.")

    monkeypatch.setattr(SemFit, "modification_indices", refuse)
    assert "modification" not in {t.name for t in tables(measured)}


def test_correlations_let_others_refit(structured: SemFit, answers: pd.DataFrame) -> None:
    frame = table(structured, "correlations").to_frame()
    names = list(structured.observed)
    np.testing.assert_allclose(frame["sd"].to_numpy(dtype=float), answers[names].std().to_numpy())
    np.testing.assert_allclose(frame["c1"].to_numpy(dtype=float)[1:], answers[names].corr().iloc[1:, 0].to_numpy())


def test_groups_are_named(answers: pd.DataFrame) -> None:
    data = answers.assign(kab=np.where(np.arange(len(answers)) % 2, "Kota", "Desa"))
    fit = cfa("f1 =~ x1 + x2 + x3 + x4", data, group="kab")
    heads = [r[0] for r in texts(table(fit, "loadings")) if len(r) == 1]
    assert heads == ["Desa: f1", "Kota: f1"]


def test_reliability_and_items(reliable: Reliability) -> None:
    frame = table(reliable).to_frame()
    np.testing.assert_array_equal(frame["alpha"].to_numpy(dtype=float), reliable.tidy()["alpha"].to_numpy())
    rows = {r[0]: r for r in texts(table(reliable, "items"))}
    assert rows["z4"][5].endswith("(a)") and table(reliable, "items").footnotes["a"].en.startswith("Alpha rises")
    heads = [c.label.id for c in table(reliable, "items", dialect="thesis").columns]
    assert "r hitung" in heads and "r tabel" in heads


def test_validity_matrices_are_lower_triangles(measured: SemFit) -> None:
    found = validity(measured)
    htmt = table(found, "htmt").to_frame()
    assert list(htmt["construct"]) == ["1. Engagement", "2. Motivation", "3. Service quality"]
    assert htmt["c1"].tolist()[1:] == found.htmt.iloc[1:, 0].tolist() and pd.isna(htmt["c2"].iloc[0])
    crossed = found.fornell_larcker.copy()
    crossed.iloc[1, 0] = 0.99
    rows = texts(table(replace(found, fornell_larcker=crossed), "fornell_larcker"))
    assert rows[1][1] == ".99 (a)" and rows[2][1].find("(a)") < 0
    flat = replace(found, htmt=found.htmt.map(lambda v: 0.87))
    assert texts(table(flat, "htmt"))[1][1] == ".870 ~"


def test_responses_tell_flow_wording_and_missing(sample: Responses) -> None:
    kept = screen(sample, max_missing=0.2, attention=1).keep()
    rows = table(kept, "flow").to_frame("id")
    assert (
        rows["n_remaining"].iloc[-1] == len(kept)
        and (rows["n_before"] - rows["n_excluded"] == rows["n_remaining"]).all()
    )
    assert rows["step"].iloc[-1] == "Dianalisis" and rows["reason"].iloc[1] == "> 0,2"
    wording = table(kept, "wording").to_frame("id").set_index("item")
    assert (
        wording.loc["pe_def4r", "keying"] == "R"
        and wording.loc["pe_dis1", "wording"] == kept.instrument.item("pe_dis1").label["id"]
    )
    missing = table(kept, "missing").to_frame().set_index("item")
    name = missing.index[0]
    assert missing.loc[name, "missing_share"] == kept.frame[name].isna().mean()
    assert all(t.simulated and "Simulated data" in t.to_text() for t in tables(kept))


def test_screening_counts_and_says_what_could_not_be_applied(sample: Responses) -> None:
    found = screen(sample, max_missing=0.2, longstring=0.5, duplicates=True)
    frame = table(found).to_frame()
    np.testing.assert_array_equal(frame["n_flagged"].to_numpy(dtype=float), found.tidy()["n_flagged"].to_numpy())
    assert ["Proporsi jawaban kosong di atas", "0,2"] in [r[:2] for r in texts(table(found), "id")]
    assert "A flag deletes nobody." in table(found).grid().remarks[0].text


def test_indices_of_careless_answering_show_spread_and_cut_off(sample: Responses) -> None:
    found = screen(sample, random=True, longstring=0.5)
    shown = table(found, "indices")
    frame = shown.to_frame()
    np.testing.assert_array_equal(frame["mean"].to_numpy(dtype=float), found.indices["mean"].to_numpy())
    assert frame.set_index("index").loc["Careful answering, p", "threshold"] == 0.025
    assert {"Korelasi individu-total", "Urutan jawaban acak, p"} <= set(shown.to_frame("id")["index"])
    assert all(r[0] and not r[0].islower() for r in texts(shown, "id"))  # every index has words


def test_description_profile_and_constructs(sample: Responses) -> None:
    found = describe(sample)
    items = table(found, "description").to_frame()
    np.testing.assert_array_equal(items["mean"].to_numpy(dtype=float), found.items["mean"].to_numpy())
    profile = table(found, "profile")
    assert set(profile.to_frame()["n"]) == set(found.profile["count"])
    scores = table(found, "constructs", dialect="thesis", language="id")
    assert "Kategori" in [c.label.id for c in scores.columns] and 1 in scores.indents.values()


def test_linkage_shows_the_gate() -> None:
    rng = np.random.default_rng(4)
    office = np.repeat([f"o{i}" for i in range(30)], 6)
    level = np.repeat(rng.normal(size=30), 6)
    people = pd.DataFrame(
        {f"t{i}": np.clip(np.round(3 + level + rng.normal(size=180)), 1, 5) for i in (1, 2, 3)}
    ).assign(office=office)
    users = pd.DataFrame({"s1": np.clip(np.round(3 + level + rng.normal(size=180)), 1, 5), "office": office})
    found = link(people, users, on="office", constructs={"trust": ["t1", "t2", "t3"]}, null="uniform").linkage
    assert found is not None
    frame = table(found).to_frame()
    assert frame["icc1"].iloc[0] == found.table["icc1"].iloc[0] and frame["n_groups"].iloc[0] == 30


def test_what_has_no_table_is_told(structured: SemFit) -> None:
    with pytest.raises(OptionError, match="no table is known of the type dict"):
        tables({})
    with pytest.raises(OptionError, match=r"kind='loading' is not known\. Did you mean 'loadings'"):
        table(structured, "loading")
    with pytest.raises(OptionError, match="dialect='apa7'"):
        table(structured, dialect="apa7")  # type: ignore[arg-type]
    assert table(structured).name == "fit"
    assert table(pd.DataFrame({"a": [1]})).to_frame().equals(pd.DataFrame({"a": [1]}))
