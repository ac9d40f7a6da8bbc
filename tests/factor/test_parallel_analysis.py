"""Parallel analysis, MAP and the other rules."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from factor_cases import answers, population

import cgsurvey as cg
from cgsurvey.factor.dimensions import correlations_by_chance, eigenvalues, leading, minimum_average_partial, successive
from cgsurvey.factor.extraction import extract


@pytest.mark.reference
def test_equals_psych(case):
    # psych was given Pearson correlations of all cases here, of ordered items too
    got, expected = cg.parallel_analysis(case.frame, seed=1, iterations=400), case.expected["parallel"]
    assert got.n_factors == expected["nfact"]
    rules = got.tidy().set_index("rule")["n_factors"]
    assert rules["parallel_pca_percentile"] == expected["ncomp"]
    table = got.eigenvalues
    np.testing.assert_allclose(table["fa"], expected["fa_values"], atol=2e-6)
    np.testing.assert_allclose(table["pca"], expected["pc_values"], rtol=1e-10)
    np.testing.assert_allclose(table["fa_mean"], expected["fa_sim"], atol=0.05)
    np.testing.assert_allclose(table["pca_mean"], expected["pc_sim"], atol=0.05)


@pytest.mark.reference
def test_rules_of_parsimony_equal_psych(case):
    expected = case.expected["vss_map"]
    n, k = len(case.frame), len(expected["map"])
    partial = minimum_average_partial(case.R)
    np.testing.assert_allclose(partial[1 : k + 1], expected["map"][: len(partial) - 1], rtol=1e-9)
    df = np.array(expected["stats"]["dof"], dtype=float)
    k = int((df > 0).sum())
    got = successive(case.R, n, k)
    # psych's own minres and varimax stop short of the minimum, which shows where factors are many; a Heywood case has
    # several minima, of which ours is the lowest
    proper = [not extract(case.R, m).bounded.any() for m in range(1, case.m + 2)]
    sure = min(k, [*proper, False].index(False))
    assert sure >= case.m
    np.testing.assert_allclose(got.vss1[:sure], expected["vss1"][:sure], atol=2e-3)
    np.testing.assert_allclose(got.vss2[1:sure], expected["vss2"][1:sure], atol=2e-3)
    np.testing.assert_allclose(got.ebic[:sure], np.array(expected["stats"]["eBIC"], dtype=float)[:sure], atol=1e-2)
    np.testing.assert_allclose(got.bic[:sure], np.array(expected["stats"]["BIC"], dtype=float)[:sure], atol=1e-2)


def test_chance_is_that_of_independent_normal_rows():
    n, p = 40, 4
    draws = np.random.default_rng(1)
    ours = np.stack([correlations_by_chance(n, p, draws) for _ in range(4000)])
    rows = np.stack([np.corrcoef(draws.normal(size=(n, p)), rowvar=False) for _ in range(4000)])
    np.testing.assert_allclose(ours.mean(axis=0), np.eye(p), atol=0.01)
    # the correlation of independent normal variables has variance 1 / (n - 1)
    assert ours[:, 0, 1].var() == pytest.approx(1 / (n - 1), rel=0.08)
    own, other = (np.linalg.eigvalsh(R)[:, ::-1].mean(axis=0) for R in (ours, rows))
    np.testing.assert_allclose(own, other, atol=0.015)


def test_average_partial_of_one_component_in_closed_form():
    p, r = 4, 0.5
    R = np.full((p, p), r)
    np.fill_diagonal(R, 1.0)
    got = minimum_average_partial(R)
    # without the first component all partial correlations are -1 / (p - 1)
    assert got[:2] == pytest.approx([r**2, 1 / (p - 1) ** 2], rel=1e-10)
    assert minimum_average_partial(R, 4)[:2] == pytest.approx([r**4, 1 / (p - 1) ** 4], rel=1e-10)


def test_leading_eigenvalues_alone_count():
    assert leading(np.array([3.0, 1.0, 0.5, 0.4]), np.array([1.0, 1.1, 0.4, 0.3])) == 1
    assert leading(np.array([3.0, 2.0]), np.array([1.0, 1.0])) == 2
    assert leading(np.array([1.0, 2.0]), np.array([1.5, 1.0])) == 0


@pytest.mark.parametrize("options", [{}, {"null": "permuted"}, {"correlation": "polychoric"}])
def test_a_known_structure_is_found(options):
    got = cg.parallel_analysis(answers(600), seed=1, iterations=40, **options)
    rules = got.tidy().set_index("rule")["n_factors"]
    assert got.n_factors == 3 == rules["map"] == rules["parallel_pca_percentile"] == rules["ebic"]
    assert list(got.tidy()) == ["rule", "n_factors"] and len(got.eigenvalues) == 12


def test_unrelated_items_have_no_factor():
    drawn = np.random.default_rng(2).normal(size=(20, 200, 10))
    found = [cg.parallel_analysis(pd.DataFrame(y).add_prefix("a"), seed=1, iterations=100) for y in drawn]
    assert sum(f.n_factors > 0 for f in found) <= 4  # 5 % of them by chance
    k = next(k for k, f in enumerate(found) if f.n_factors == 0)
    got, data = found[k], pd.DataFrame(drawn[k]).add_prefix("a")
    assert got.tidy().set_index("rule")["n_factors"]["map"] == 0
    assert "factor.nothing_common" in {n.code for n in got.notes}
    with pytest.raises(cg.SampleError, match="finds no factor"):
        cg.efa(data, seed=1)


def test_numbers_depend_on_the_seed_alone():
    data = answers()
    one, two = (cg.parallel_analysis(data, seed=3, iterations=60, n_jobs=k) for k in (1, 2))
    pd.testing.assert_frame_equal(one.eigenvalues, two.eigenvalues)
    other = cg.parallel_analysis(data, seed=4, iterations=60)
    assert not np.allclose(one.eigenvalues["pca_mean"], other.eigenvalues["pca_mean"], atol=1e-12)


def test_missing_answers_pairwise():
    data = answers(600).astype(float)
    data[np.random.default_rng(1).random(data.shape) < 0.05] = np.nan
    for options in ({"missing": "pairwise"}, {"missing": "pairwise", "null": "permuted"}, {"missing": "fiml"}):
        assert cg.parallel_analysis(data, seed=1, iterations=30, **options).n_factors == 3


def test_refused_options():
    data = answers()
    with pytest.raises(cg.OptionError, match="seed=1"):
        cg.parallel_analysis(data, seed=None)
    with pytest.raises(cg.OptionError, match="iterations"):
        cg.parallel_analysis(data, seed=1, iterations=3)
    with pytest.raises(cg.OptionError, match="between 0 and 1"):
        cg.parallel_analysis(data, seed=1, quantile=95)
    with pytest.raises(cg.OptionError, match="'permuted'"):
        cg.parallel_analysis(data, seed=1, correlation="polychoric", null="normal")


def test_population_eigenvalues_of_common_factors():
    R = population()[2]
    one = np.array([0.8, 0.7, 0.6, 0.5, 0.4])
    R1 = np.outer(one, one)
    np.fill_diagonal(R1, 1.0)
    np.testing.assert_allclose(eigenvalues(R1[None]).factors[0], [(one**2).sum(), 0, 0, 0, 0], atol=1e-7)
    assert (eigenvalues(R[None]).factors[0][:3] > 0.3).all()
