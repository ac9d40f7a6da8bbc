"""Sample sizes: printed tables, closed forms, what R gives, and what is refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import cgsurvey as cg
from cgsurvey.planning import detection, precision

# Krejcie & Morgan (1970), table 1: N, S.
TABLE = """
10 10 15 14 20 19 25 24 30 28 35 32 40 36 45 40 50 44 55 48 60 52 65 56 70 59 75 63 80 66 85 70 90 73 95 76
100 80 110 86 120 92 130 97 140 103 150 108 160 113 170 118 180 123 190 127 200 132 210 136 220 140 230 144
240 148 250 152 260 155 270 159 280 162 290 165 300 169 320 175 340 181 360 186 380 191 400 196 420 201 440
205 460 210 480 214 500 217 550 226 600 234 650 242 700 248 750 254 800 260 850 265 900 269 950 274 1000 278
1100 285 1200 291 1300 297 1400 302 1500 306 1600 310 1700 313 1800 317 1900 320 2000 322 2200 327 2400 331
2600 335 2800 338 3000 341 3500 346 4000 351 4500 354 5000 357 6000 361 7000 364 8000 367 9000 368 10000 370
15000 375 20000 377 30000 379 40000 380 50000 381 75000 382 1000000 384
"""


def codes(result: cg.Result) -> set[str]:
    return {n.code for n in result.notes}


def test_krejcie_morgan_is_the_printed_table():
    numbers = [int(v) for v in TABLE.split()]
    for population, n in zip(numbers[::2], numbers[1::2], strict=True):
        assert cg.sample_size("krejcie_morgan", population).n == n, population
    assert "planning.table_rounding" in codes(cg.sample_size("krejcie_morgan", 1000))


def test_krejcie_morgan_at_another_confidence():
    found = cg.sample_size("krejcie_morgan", 1000, confidence=0.99)
    assert found.exact == pytest.approx(cg.sample_size("cochran", 1000, confidence=0.99).exact, rel=1e-12)


def test_slovin_and_its_remark():
    found = cg.sample_size("slovin", 985, margin=0.10)
    assert (found.n, found.exact) == (91, pytest.approx(985 / 10.85))
    assert "no power analysis" in found.notes[0].text and "bukan analisis daya uji" in found.notes[0].render("id")
    assert found.at(91)["margin"][0] == pytest.approx(math.sqrt(1 / 91 - 1 / 985))


def test_cochran_without_and_with_a_population():
    assert cg.sample_size("cochran").n == 385  # 384.15
    assert cg.sample_size("cochran", 2000).exact == pytest.approx(384.1459 / (1 + 383.1459 / 2000), rel=1e-6)
    twice = cg.sample_size("cochran", 2000, design_effect=2.0)
    assert twice.exact == pytest.approx(768.2918 / (1 + 767.2918 / 2000), rel=1e-6)
    assert "planning.design_effect" in codes(twice)
    assert twice.tidy()["step"].tolist() == ["infinite", "finite", "rounded"]


def test_nonresponse_is_added_at_the_end():
    found = cg.sample_size("cochran", 985, response_rate=0.6)
    assert (found.n, found.invited) == (277, 462) and "planning.nonresponse" in codes(found)
    assert found.glance().loc[0, "n_invited"] == 462
    impossible = cg.sample_size("cochran", 300, response_rate=0.5)
    told = next(n for n in impossible.notes if n.code == "planning.beyond_population")
    assert told.level == "serious" and str(impossible.invited) in told.text


@settings(deadline=None, max_examples=40)
@given(
    n=st.integers(20, 5000),
    population=st.integers(6000, 10**6),
    proportion=st.floats(0.02, 0.98),
    effect=st.floats(0.5, 1.1),
)
def test_margin_and_size_are_inverse(n, population, proportion, effect):
    z = precision.z_of(0.95)
    margin = precision.proportion_margin(n, proportion, z, population, effect)
    n0 = precision.infinite(precision.variance_of(proportion), margin, z, effect)
    assert precision.finite_proportion(n0, population) == pytest.approx(n, rel=1e-9)
    margin = precision.mean_margin(n, 12.0, z, population, effect)
    n0 = precision.infinite(144.0, margin, z, effect)
    assert precision.finite_mean(n0, population) == pytest.approx(n, rel=1e-9)


@settings(deadline=None, max_examples=40)
@given(scale=st.floats(0.01, 1000))
def test_a_mean_does_not_depend_on_its_units(scale):
    found = cg.sample_size("mean", 3000, margin=0.1 * scale, sd=0.8 * scale)
    assert found.n == cg.sample_size("mean", 3000, margin=0.1, sd=0.8).n == 228


def test_a_census_has_no_margin():
    assert cg.sample_size("cochran", 1).n == 1
    assert cg.sample_size("cochran", 500).at(500)["margin"][0] == 0


@pytest.mark.parametrize(("path", "n"), [(0.397, 26), (0.197, 146), (-0.147, 273), (0.1, 605)])
def test_gamma_exponential_gives_what_its_authors_print(path, n):
    found = cg.sample_size("gamma_exponential", path=path)  # Kock & Hadaya (2018), tables 3 to 5 and text
    assert found.n == n and found.at(n)["power"][0] >= 0.8 > found.at(n - 1)["power"][0]
    assert found.n < cg.sample_size("inverse_square_root", path=path).n


def test_gamma_exponential_has_no_answer_for_large_paths():
    assert cg.sample_size("gamma_exponential", path=0.57).n < 19
    with pytest.raises(cg.OptionError, match=r"path=0\.6 is too large for the gamma-exponential method"):
        cg.sample_size("gamma_exponential", path=0.6)


def test_inverse_square_root():
    assert cg.sample_size("inverse_square_root", path=0.197).n == 160  # Kock & Hadaya (2018)
    found = cg.sample_size("inverse_square_root", path=-0.1)
    assert found.exact == pytest.approx((2.4865 / 0.1) ** 2, rel=1e-4)
    assert found.glance().loc[0, "power"] >= 0.80 > found.at(found.n - 1)["power"][0]


@pytest.mark.parametrize(("r2", "predictors", "n"), [(0.10, 2, 90), (3 / 23, 3, 77), (3 / 23, 5, 92)])
def test_minimum_r2_equals_the_f_test(r2, predictors, n):
    """f2 = .15 (R2 = 3/23) needs 77 and 92 respondents for 3 and 5 predictors, as tables of the F test have it."""
    assert cg.sample_size("minimum_r2", r2=r2, predictors=predictors).n == n


def test_minimum_r2_of_one_predictor_is_the_t_test():
    power = cg.sample_size("minimum_r2", r2=0.1, predictors=1).at(60)["power"][0]
    shift, limit = math.sqrt(60 * 0.1 / 0.9), stats.t.isf(0.025, 58)
    assert power == pytest.approx(stats.nct.sf(limit, 58, shift) + stats.nct.cdf(-limit, 58, shift), abs=1e-9)


# MacCallum, Browne & Sugawara (1996), table 4
@pytest.mark.parametrize(("df", "close", "not_close"), [(10, 782, 750), (50, 214, 268), (100, 132, 178)])
def test_rmsea_equals_the_printed_table(df, close, not_close):
    assert cg.sample_size("rmsea", df=df).n == close
    assert cg.sample_size("rmsea", df=df, fit="not_close").n == not_close


def test_rmsea_equals_semtools():
    """findRMSEAsamplesize(0, .05, df, .8) and findRMSEApower(.05, .08 | .01, 24, 301, group = g), semTools 0.5-6."""
    exact = {2: 1928, 5: 1028, 10: 651, 20: 421, 50: 243, 100: 164}
    assert {df: cg.sample_size("rmsea", df=df, fit="exact").n for df in exact} == exact
    close = [0.701594142155, 0.395408696782, 0.270609390357, 0.208531241752]
    not_close = [0.585204484901, 0.255621951042, 0.165244348154, 0.127931641101]
    for groups, a, b in zip((1, 2, 3, 4), close, not_close, strict=True):
        assert detection.rmsea_power(301, 24, 0.05, 0.08, 0.05, groups) == pytest.approx(a, abs=1e-9)
        assert detection.rmsea_power(301, 24, 0.05, 0.01, 0.05, groups) == pytest.approx(b, abs=1e-9)


@settings(deadline=None, max_examples=40)
@given(df=st.integers(1, 300), power=st.floats(0.3, 0.95))
def test_the_size_found_is_the_smallest(df, power):
    found = cg.sample_size("rmsea", df=df, power=power)
    reached = found.at([max(found.n - 1, 2), found.n])["power"]
    assert reached[1] >= power and (reached[0] < power or found.n == 2)


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("slovin", 0), {}, "population=0 must be a whole number of 1 or more"),
        (("slovin",), {}, "needs population="),
        (("cochran", 100), {"margin": 0}, "margin=0 must be a number above 0"),
        (("cochran", 100), {"margin": 5}, "margin=5.* must lie between 0 and 1"),
        (("cochran",), {"proportion": 0.0}, "proportion=0.0 must lie between"),
        (("mean",), {"margin": 1}, "needs sd="),
        (("cochrane",), {}, "Did you mean 'cochran'"),
        (("cochran",), {"response_rate": 0}, "nobody would answer"),
        (("cochran",), {"response_rate": 60}, "between 0 and 1"),
        (("cochran",), {"design_effect": 1000}, "variance ratio"),
        (("inverse_square_root",), {"path": 0}, "an effect of zero is found by no sample"),
        (("minimum_r2",), {"r2": 0.0, "predictors": 3}, "an effect of zero"),
        (("minimum_r2",), {"r2": -0.1, "predictors": 3}, "share of variance"),
        (("rmsea",), {"df": 0}, "df=0 must be a whole number of 1 or more"),
        (("rmsea",), {"df": 10, "rmsea_true": 0.05}, "nothing is to be found"),
        (("rmsea",), {"df": 10, "rmsea_true": 1.5}, "an RMSEA of 0 or more"),
        (("rmsea",), {"df": 10, "margin": 0.05}, "margin=: not for method='rmsea'"),
        (("rmsea",), {"df": 10, "power": 0.01}, "must exceed alpha"),
        (("rmsea",), {"df": 1, "rmsea_true": 0.0501}, "too near"),
    ],
)
def test_what_is_refused(arguments, options, words):
    with pytest.raises(cg.OptionError, match=words):
        cg.sample_size(*arguments, **options)
