"""Screening, missing answers, distributions, samples and validity in narration and report, in both languages."""

import re

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.present import narrate, report
from cgsurvey.present.narration.sentences import paragraphs, say
from cgsurvey.present.tables.style import Style

from .conftest import CONSTRUCTS
from .test_narration import known

ITEMS = [i for items in CONSTRUCTS.values() for i in items]


@pytest.fixture(scope="module")
def results(answers: pd.DataFrame) -> dict[str, object]:
    rng = np.random.default_rng(8)
    holes = answers.mask(rng.random(answers.shape) < 0.04)
    holes.loc[answers["x1"] >= 4, "z4"] = np.nan  # who agrees leaves z4 out
    people = answers.assign(sex=np.where(rng.random(len(answers)) < 0.7, "f", "m"), wave=np.repeat([1, 2], 200))
    people.loc[people["wave"] == 2, CONSTRUCTS["f1"]] -= 0.5
    experts = pd.DataFrame(rng.integers(3, 6, size=(8, 4)), columns=[f"e{k}" for k in range(4)])
    again = answers.assign(person=range(len(answers)))
    return {
        "normality": cg.normality(answers),
        "missingness": cg.missingness(holes),
        "nonresponse": cg.nonresponse_bias(people, CONSTRUCTS, wave="wave", early=1),
        "representativeness": cg.representativeness(people[["sex"]], {"sex": {"f": 0.5, "m": 0.5}}),
        "exclusions": cg.exclusion_sensitivity(
            cg.screen(answers, longstring=4, mahalanobis=0.05), constructs=CONSTRUCTS, model="f1 =~ x1 + x2 + x3 + x4"
        ),
        "validity": cg.validity(answers, CONSTRUCTS),
        "discriminant": cg.discriminant_validity(answers, CONSTRUCTS),
        "common_method": cg.common_method(answers, CONSTRUCTS),
        "experts": cg.aiken_v(experts, 1, 5),
        "cvi": cg.cvi(experts - 1),
        "retest": cg.test_retest(again, again.sample(frac=1, random_state=1), on="person", constructs=CONSTRUCTS),
        "icc": cg.icc(answers[["x1", "x2", "x3"]]),
        "agreement": cg.rwg(answers.assign(sex=people["sex"]), "sex", CONSTRUCTS, scale=(1, 5)),
        "reliability": cg.reliability(answers, {"all": ITEMS}),
        "omega": cg.omega(answers, {"all": ITEMS}),
        "factorability": cg.factorability(answers),
        "parallel": cg.parallel_analysis(answers, seed=1, iterations=20),
        "efa": cg.efa(answers, factors=3),
        "rivals": cg.rivals(answers, constructs=CONSTRUCTS),
    }


ALL = [
    "normality", "missingness", "nonresponse", "representativeness", "exclusions", "validity", "discriminant",
    "common_method", "experts", "cvi", "retest", "icc", "agreement", "reliability", "factorability", "parallel", "efa",
    "rivals", "omega",
]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("name", ALL)
def test_each_result_is_told_with_its_own_numbers(results, name, language):
    told = paragraphs(results[name], Style())
    assert any(told.values())
    fixed = {"90", "95", "1", "2"}  # levels of intervals, names of coefficients
    for sentence in (s for block in told.values() for s in block):
        text = re.sub(r"[A-Za-z]+\d+|\(\d,[\dk]\)|\([A-Z],\d\)", "", say(sentence, language))
        found = set(re.findall(r"(?<![\w.])[.]?\d+(?:[.,]\d+)*", text))
        assert found <= known(sentence.values, language) | fixed, (sentence.key, found)
    assert narrate(results[name], language)


def test_who_left_an_item_out_is_told_with_the_remedy(results):
    text = narrate(results["missingness"])
    top = results["missingness"].differences.iloc[0]
    assert f"by {top['item']} (Hedges' g = " in text and "rather than dropping rows" in text
    assert "Missing completely" not in text and "tidak sepenuhnya acak" in narrate(results["missingness"], "id")


def test_late_respondents_that_differ_are_named(results):
    assert "They differ on f1: those who never answered" in narrate(results["nonresponse"])
    assert "can be ruled out" in narrate(results["nonresponse"]) or "decide neither" in narrate(results["nonresponse"])


def test_a_sample_unlike_the_population_needs_weights(results):
    text = narrate(results["representativeness"], "id")
    assert "Sampel berbeda dari populasi dalam proporsi sex; boboti jawaban" in text


def test_harman_is_never_called_a_test(results):
    assert "is not a test of common-method bias" in narrate(results["common_method"])
    assert "bukan merupakan uji bias metode umum" in narrate(results["common_method"], "id")
    assert "None of these techniques proves or rules out" in narrate(results["common_method"])


def test_omega_is_told_of_a_long_construct(results):
    row = results["reliability"].tidy().iloc[0]
    text = narrate(results["reliability"])
    assert f"{row['omega_h']:.2f}".lstrip("0") in text and "one general factor accounts for" in text


def test_a_pair_whose_interval_reaches_the_guideline_is_named(answers):
    near = answers.assign(**{c: answers[i] for c, i in zip(("y1", "y2"), ("x1", "x2"), strict=True)})
    near[["y1", "y2"]] += np.random.default_rng(2).normal(0, 0.8, (len(near), 2))
    found = cg.validity(near, {k: CONSTRUCTS[k] for k in ("f1", "f2")})
    assert "interval reaches from" in narrate(found)
    wide = found.pairs["htmt_upper"].iloc[0] > 0.85 >= found.pairs["htmt"].iloc[0]
    assert ("do not rule out that these constructs" in narrate(found)) == wide


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_report_puts_them_in_the_order_of_the_chapter(results, answers, language):
    names = ["exclusions", "reliability", "missingness", "normality", "nonresponse", "representativeness", "validity"]
    made = report([results[n] for n in names], title="T", language=language)
    wanted = {
        "en": "Sample and population, Screening of the data, Missing answers, Description, Reliability, Validity",
        "id": "Sampel dan populasi, Penyaringan data, Jawaban kosong, Deskripsi, Reliabilitas, Validitas",
    }[language].split(", ")
    assert [s.title for s in made.sections if s.title in wanted] == wanted
    kinds = {t.name for t in made.tables}
    assert {"nonresponse", "representativeness", "exclusions", "missing_items", "normality", "mardia"} <= kinds
    assert all(f.alt for f in made.figures) and len(made.figures) >= 1
    assert "dkk." in made.to_text() if language == "id" else "Little" in made.to_text()


def test_factors_are_told_with_the_weak_item(results):
    text = narrate(results["efa"])
    assert "Three factors were extracted from 12 items" in text and "No loading of z4 reaches the guideline" in text
    assert "suggests three common factors" in narrate(results["parallel"])
    assert "menyarankan 3 faktor bersama" in narrate(results["parallel"], "id")


def test_rivals_are_not_decided_by_a_number(results):
    for language, words in (("en", "No number chooses among them"), ("id", "Tidak satu angka pun memilih")):
        assert words in narrate(results["rivals"], language)


def test_a_report_of_measurement_has_all_its_sections(results):
    names = "retest icc agreement omega experts rivals common_method discriminant validity efa parallel factorability"
    made = report([results[n] for n in names.split()], title="T")
    wanted = [
        "Content validity",
        "Exploratory factor analysis",
        "Rival measurement models",
        "Reliability",
        "Validity",
        "Common-method variance",
    ]
    assert [s.title for s in made.sections if s.title in wanted] == wanted
    assert {"factorability", "n_factors", "pattern", "rivals", "discriminant", "common_method"} <= {
        t.name for t in made.tables
    }
    assert {"Scree plot with parallel analysis", "Pattern matrix"} <= {f.title for f in made.figures}
