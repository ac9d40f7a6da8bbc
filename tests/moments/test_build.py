"""From tables of answers to sample statistics: what is used, what is left out and said, what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cgsurvey.base.errors import CodingError, ColumnNotFoundError, NotPositiveDefiniteError, SampleError
from cgsurvey.moments.build import numbers, sample_statistics

ITEMS = ["a", "b", "c"]


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    made = pd.DataFrame(rng.normal(size=(60, 3)) + rng.normal(size=(60, 1)), columns=ITEMS)
    return made.assign(g=["u", "v"] * 30, office=np.arange(60) // 6, w=rng.uniform(1, 3, 60), words="yes")


def codes(found) -> list[str]:
    return [n.code for n in found.notes]


def test_complete_rows(frame):
    (sample,) = sample_statistics(frame, ITEMS).samples
    np.testing.assert_allclose(sample.cov, np.cov(frame[ITEMS].to_numpy().T, bias=True))
    np.testing.assert_allclose(sample.mean, frame[ITEMS].mean())
    (wishart,) = sample_statistics(frame, ITEMS, wishart=True).samples
    np.testing.assert_allclose(wishart.cov, frame[ITEMS].cov())
    assert (wishart.size, wishart.rows) == (59, 60)


def test_listwise_loss_is_counted_and_above_a_twentieth_a_warning(frame):
    frame.loc[0, "a"] = np.nan
    found = sample_statistics(frame, ITEMS)
    assert found.samples[0].n == 59 and codes(found) == ["moments.listwise"]
    frame.loc[1:5, "b"] = np.nan
    found = sample_statistics(frame, ITEMS)
    assert codes(found) == ["moments.listwise_loss"] and found.notes[0].level == "warning"
    assert "6 of 60 rows (10.0 %)" in found.notes[0].text and "10,0 %" in found.notes[0].render("id")
    assert list(found.rows) == list(range(6, 60))


def test_fiml_keeps_what_was_answered_and_drops_empty_rows(frame):
    frame.loc[:9, "a"] = np.nan
    frame.loc[3, ITEMS] = np.nan
    found = sample_statistics(frame, ITEMS, missing="fiml")
    assert found.samples[0].n == 59 and codes(found) == ["moments.empty_rows"]
    assert found.samples[0].patterns is not None


def test_fiml_drops_rows_without_a_covariate_unless_covariates_are_modelled(frame):
    frame.loc[:4, "c"] = np.nan
    assert sample_statistics(frame, ITEMS, missing="fiml", covariates=["c"]).samples[0].n == 55
    assert sample_statistics(frame, ITEMS, missing="fiml.x", covariates=["c"]).samples[0].n == 60


def test_groups_stand_in_order_of_first_appearance(frame):
    found = sample_statistics(frame.iloc[1:], ITEMS, group="g")
    assert found.labels == ("v", "u") and [s.n for s in found.samples] == [30, 29]
    frame.loc[0, "g"] = None
    assert codes(sample_statistics(frame, ITEMS, group="g")) == ["moments.no_unit"]


def test_weights_sum_to_the_rows_over_all_groups(frame):
    found = sample_statistics(frame, ITEMS, group="g", weights="w")
    assert sum(s.size for s in found.samples) == pytest.approx(60)
    part = frame[frame["g"] == "u"]
    np.testing.assert_allclose(found.samples[0].mean, np.average(part[ITEMS], axis=0, weights=part["w"]))
    np.testing.assert_allclose(found.samples[0].cov, np.cov(part[ITEMS].to_numpy().T, aweights=part["w"], ddof=0))


def test_products_are_made(frame):
    y = numbers(frame, ["a", "a:b"], ["a:b"])
    np.testing.assert_allclose(y[:, 1], frame["a"] * frame["b"])


def test_nullable_and_boolean_columns_are_numbers(frame):
    frame["k"] = pd.array([1, 2, None] * 20, dtype="Int64")
    frame["yes"] = frame["a"] > 0
    y = numbers(frame, ["k", "yes", "a"])
    assert np.isnan(y[2, 0]) and set(np.unique(y[:, 1])) == {0.0, 1.0}


def test_all_columns_that_are_no_numbers_are_named(frame):
    frame["mixed"] = ["3a" if k == 7 else str(k) for k in range(60)]
    frame.loc[5, "a"] = np.inf
    with pytest.raises(CodingError) as caught:
        sample_statistics(frame, ["a", "words", "mixed"])
    text = str(caught.value)
    assert "'words' holds text" in text and "'mixed' holds text: '3a' (row 7)" in text and "'a' holds infinite" in text
    assert "recode" in text


def test_columns_of_objects_are_judged_by_what_they_hold(frame):
    whole = frame.assign(a=pd.Series(range(60), dtype=object), b=pd.Series(range(60)).astype("category"))
    assert numbers(whole, ["a", "b", "c"])[:, 0].tolist() == list(range(60))
    whole.loc[4, "a"] = "3,5"
    with pytest.raises(CodingError) as caught:
        more = whole.assign(day=pd.Timestamp("2026-01-02"), figures=[str(k) for k in range(60)])
        numbers(more, [*"abc", "day", "figures"])
    text = str(caught.value)
    assert "3 variables" in text and "'a' holds text: '3,5' (row 4);" in text
    assert "'day' holds dates: 2026-01-02 00:00:00 (row 0)" in text and "'figures' holds text: '0' (row 0)" in text


def test_columns_of_the_design_are_looked_up(frame):
    with pytest.raises(ColumnNotFoundError, match=r"cluster='ofice'. Did you mean 'office'"):
        sample_statistics(frame, ITEMS, cluster="ofice")
    frame.loc[3, "w"] = 0
    with pytest.raises(CodingError, match=r"1 rows have no weight above zero \(row 3\)"):
        sample_statistics(frame, ITEMS, weights="w")
    with pytest.raises(SampleError, match="belong to one cluster"):
        sample_statistics(frame.assign(office=1), ITEMS, cluster="office")


def test_answers_that_never_meet_point_to_link(frame):
    frame.loc[:29, "a"] = np.nan
    frame.loc[30:, ["b"]] = np.nan
    for missing in ("listwise", "fiml"):
        with pytest.raises(
            SampleError, match=r"Nobody answered both 'a' and 'b'.*cg\.link\(partners, users, on='office'\)"
        ):
            sample_statistics(frame, ITEMS, missing=missing)
    with pytest.raises(SampleError, match=r"Nobody answered a, b: .*cg\.link"):
        sample_statistics(frame.assign(a=np.nan, b=np.nan), ITEMS)


def test_samples_that_cannot_carry_a_model(frame):
    with pytest.raises(SampleError, match="c has one and the same value in all rows"):
        sample_statistics(frame.assign(c=3.0), ITEMS)
    with pytest.raises(SampleError, match="3 usable rows for 3 variables"):
        sample_statistics(frame.head(3), ITEMS)
    with pytest.raises(SampleError, match="no rows"):
        sample_statistics(frame.head(0), ITEMS)
    with pytest.raises(NotPositiveDefiniteError, match=r"singular: (a, c|c, a)"):
        sample_statistics(frame.assign(c=2 * frame["a"] + 1), ITEMS)


def test_thin_coverage_is_noted(frame):
    frame.loc[:56, "a"] = np.nan
    frame.loc[59, "b"] = np.nan
    found = sample_statistics(frame.iloc[:, :3], ["a", "b"], missing="fiml")
    assert "moments.thin_coverage" in codes(found)


def test_whole_numbers_that_name_groups_stay_whole_where_one_is_missing(frame):
    frame["h"] = np.where(np.arange(60) < 30, 2.0, 1.0)
    frame.loc[4, "h"] = np.nan
    assert sample_statistics(frame, ITEMS, group="h").labels == ("2", "1")


def test_advice_suits_the_items(frame):
    frame.loc[:9, "a"] = np.nan
    scales = frame[ITEMS].gt(frame[ITEMS].median()).astype(float).mask(frame[ITEMS].isna())
    for ordered, keeps in (((), "fiml"), (ITEMS, "pairwise")):
        found = sample_statistics(scales, ITEMS, ordered=ordered, weight="ULS" if ordered else None)
        assert f"missing='{keeps}' would keep" in found.notes[0].text
    found = sample_statistics(frame, ITEMS, missing="pairwise", covariates=["a"])
    assert codes(found) == ["moments.covariates_needed"]
    with pytest.raises(SampleError, match=r"1 usable row for 3 variables: [^.]*\. Use a smaller model"):
        sample_statistics(frame.iloc[20:21], ITEMS)
