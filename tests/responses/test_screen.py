from __future__ import annotations

import pickle
from itertools import groupby
from pathlib import Path

import linked_survey
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

import cgsurvey as cg
from cgsurvey.base.glossary import unknown_columns
from cgsurvey.responses.screening import careless, consistency, distances
from cgsurvey.responses.screening.rules import DEFAULTS, RULES

nan = np.nan


def codes(note_holder) -> set[str]:
    return {n.code for n in note_holder.notes}


# ---- indices, closed forms -----------------------------------------------------------------------------------------


def test_longest_run_counts_consecutive_equal_answers_and_passes_over_gaps():
    X = np.array([[1, 1, 2, 2, 2], [1, 2, 1, 2, 1], [3, nan, 3, nan, 3], [nan] * 5, [4, 4, nan, 5, 5]])
    assert careless.longest_run(X).tolist() == [3, 1, 3, 0, 2]


def test_intra_individual_sd_is_the_sample_sd_of_what_was_answered():
    X = np.array([[1, 2, 3, 4, 5], [2, 2, 2, nan, 2], [1, nan, nan, nan, nan]])
    sd = careless.intra_individual_sd(X)
    assert sd[0] == pytest.approx(np.sqrt(2.5))
    assert sd[1] == 0
    assert np.isnan(sd[2])


def test_same_throughout_needs_enough_answers():
    X = np.array([[3, 3, 3, 3], [3, 3, nan, 3], [3, 3, 3, 2]])
    np.testing.assert_array_equal(careless.same_throughout(X, 4), [1, nan, 0])


def test_duplicates_name_the_first_row_and_leave_silent_rows_alone():
    X = np.array([[1, 2, nan], [1, 2, 3], [1, 2, nan], [nan, nan, nan], [nan, nan, nan], [1, 2, nan]])
    assert careless.first_equal_row(X).tolist() == [-1, -1, 0, -1, -1, 0]


def test_mahalanobis_of_complete_data_is_the_textbook_distance():
    X = np.random.default_rng(1).normal(size=(50, 4)) @ np.random.default_rng(2).normal(size=(4, 4))
    d = distances.mahalanobis(X)
    Z = X - X.mean(axis=0)
    want = np.einsum("ij,jk,ik->i", Z, np.linalg.inv(np.cov(X.T)), Z)
    np.testing.assert_allclose(d.d2, want, rtol=1e-10)
    np.testing.assert_allclose(d.p_value, stats.chi2.sf(want, 4), rtol=1e-10)
    assert d.d2.sum() == pytest.approx(49 * 4)  # trace identity of the sample covariance
    assert d.shrinkage == 0


def test_mahalanobis_judges_a_row_with_gaps_by_the_items_it_answered():
    X = np.random.default_rng(3).normal(size=(80, 3))
    X[0, 2] = nan
    d = distances.mahalanobis(X)
    # Available pairs: items 1 and 2 are complete, so that their moments are those of all rows.
    S, m = np.cov(X[:, :2].T), X[:, :2].mean(axis=0)
    z = X[0, :2] - m
    assert d.d2[0] == pytest.approx(z @ np.linalg.inv(S) @ z)
    assert d.p_value[0] == pytest.approx(stats.chi2.sf(d.d2[0], 2))


def test_mahalanobis_compares_people_who_were_asked_other_blocks_within_their_block():
    rng = np.random.default_rng(4)
    A, B = rng.normal(size=(40, 3)), rng.normal(size=(60, 2))
    X = np.full((100, 5), nan)
    X[:40, :3], X[40:, 3:] = A, B
    d = distances.mahalanobis(X)
    np.testing.assert_allclose(d.d2[:40], distances.mahalanobis(A).d2)
    np.testing.assert_allclose(d.d2[40:], distances.mahalanobis(B).d2)


def test_mahalanobis_leaves_out_constants_shrinks_copies_and_refuses_too_few_rows():
    rng = np.random.default_rng(5)
    x = rng.normal(size=(30, 2))
    with_constant = distances.mahalanobis(np.column_stack([x, np.full(30, 3.0)]))
    np.testing.assert_allclose(with_constant.d2, distances.mahalanobis(x).d2)
    assert with_constant.used.tolist() == [True, True, False]
    copied = distances.mahalanobis(np.column_stack([x, x[:, 0]]))
    assert copied.shrinkage > 0
    assert np.isfinite(copied.d2).all()
    assert np.isnan(distances.mahalanobis(rng.normal(size=(4, 5))).d2).all()


LIKERT = arrays(float, (12, 6), elements=st.sampled_from([1.0, 2.0, 3.0, 4.0, 5.0, nan]))


@given(LIKERT, st.permutations(range(12)))
@settings(max_examples=15, deadline=None)
def test_indices_do_not_depend_on_the_order_of_rows(X, order):
    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(6)])
    a = cg.screen(frame, longstring=3).respondents.set_index("row")
    b = cg.screen(frame.iloc[list(order)], longstring=3).respondents.set_index("row").loc[a.index]
    first = ["duplicate_of", "match_with"]  # of rows that are equally alike, the first is named
    pd.testing.assert_frame_equal(a.drop(columns=first), b.drop(columns=first), rtol=1e-6, atol=1e-8)


@given(LIKERT, st.floats(0.5, 20), st.floats(-50, 50))
@settings(max_examples=40, deadline=None)
def test_units_scale_the_irv_and_leave_runs_and_distances_alone(X, slope, shift):
    Y = shift + slope * X
    np.testing.assert_array_equal(careless.longest_run(Y), careless.longest_run(X))
    np.testing.assert_allclose(careless.intra_individual_sd(Y), slope * careless.intra_individual_sd(X), atol=1e-9)
    np.testing.assert_allclose(distances.mahalanobis(Y).d2, distances.mahalanobis(X).d2, rtol=1e-5, atol=1e-7)


def test_turning_items_round_changes_the_runs_but_no_distance():
    X = np.random.default_rng(6).integers(1, 6, (60, 5)).astype(float)
    Y = X.copy()
    Y[:, 2] = 6 - Y[:, 2]
    np.testing.assert_allclose(distances.mahalanobis(Y).d2, distances.mahalanobis(X).d2)


# ---- the simulated file of the careless package -------------------------------------------------------------------


@pytest.mark.reference
def test_careless_file_straight_liners_and_random_answers_stand_out(shared: Path):
    frame = pd.read_csv(shared / "data" / "careless" / "careless_dataset.csv")
    assert frame.shape == (200, 50)
    s = cg.screen(frame, longstring=10, mahalanobis=0.001)
    r = s.respondents
    brute = [max(len(list(g)) for _, g in groupby(row)) for row in frame.to_numpy()]
    assert r["longstring"].tolist() == brute
    np.testing.assert_allclose(r["irv"], frame.std(axis=1, ddof=1))
    # Its documentation: 10 % of 200 were made straight-liners, 10 % answer at random.
    assert 15 <= (r["longstring"] >= 10).sum() <= 25
    assert 15 <= (r["mahalanobis_p"] < 0.001).sum() <= 30
    liners, outliers = set(r.index[r["flag_longstring"]]), set(r.index[r["flag_mahalanobis"]])
    assert len(liners & outliers) <= 3
    # By default: straight-liners, most of whom change their answer somewhere, and as many others whose answers could as
    # well be in any order.
    default = cg.screen(frame).respondents
    straight = default[["flag_longstring", "flag_repeats", "flag_straight_lining"]].any(axis=1)
    assert 20 <= straight.sum() <= 24 and default["flag_longstring"].sum() <= 12
    assert 17 <= (default["flag_random"] & ~straight).sum() <= 25
    assert default["flags"].gt(0).sum() <= 48


# ---- the labelled part ---------------------------------------------------------------------------------------------


def field() -> cg.Responses:
    """Twelve partners: careful ones, a straight-liner, a copy, one who breaks off, one who fails the check."""
    rng = np.random.default_rng(7)
    items = list(linked_survey.PARTNER)
    X = rng.integers(1, 6, (40, len(items))).astype(float)
    X[1] = 3
    X[2] = X[0]
    X[3, 2:] = nan
    frame = pd.DataFrame(X, columns=items, index=pd.RangeIndex(2, 42))
    for n in linked_survey.USER:
        frame[n] = nan
    frame["att1"] = 2.0
    frame.loc[6, "att1"] = 5.0
    frame.loc[7, "att1"] = nan
    start = pd.Timestamp("2026-11-02T08:00:00+07:00")
    frame["start"] = start.isoformat()
    frame["end"] = (start + pd.Timedelta(minutes=10)).isoformat()
    frame.loc[8, "end"] = "2026-11-02T01:00:12.000+00:00"  # twelve seconds later, written in another zone
    frame.loc[9, "end"] = "2026-11-02T07:59:00+07:00"
    frame["office"] = "A"
    reasons = pd.DataFrame("", frame.index, [*items, *linked_survey.USER], dtype="str")
    reasons.loc[5, items[2:]] = "blank"
    reasons.loc[5, items[2]] = "dont_know"
    reasons[list(linked_survey.USER)] = "not_asked"
    return cg.Responses(frame=frame, instrument=linked_survey.survey(), reasons=reasons)


def row(screening, number: int) -> pd.Series:
    return screening.respondents.set_index("row").loc[number]


def test_missing_share_counts_only_what_was_asked():
    s = cg.screen(field(), max_missing=0.5)
    assert row(s, 5)["n_asked"] == 10
    assert row(s, 5)["missing_share"] == pytest.approx(0.8)
    assert row(s, 5)["dont_know_share"] == pytest.approx(0.1)
    assert row(s, 2)["missing_share"] == 0
    items = s.items.set_index("item")
    assert items.loc["ser1", "n_asked"] == 0
    assert np.isnan(items.loc["ser1", "missing_share"])
    assert items.loc["cap4", "missing_share"] == pytest.approx(1 / 40)


def test_each_rule_finds_its_respondent():
    s = cg.screen(
        field(),
        longstring=10,
        straight_lining=True,
        attention=True,
        duplicates=True,
        speed=2.0,
        max_missing=0.2,
        irv=0.1,
    )
    found = s.log.groupby("rule")["row"].apply(list).to_dict()
    assert found["longstring"] == [3]
    assert 3 in found["straight_lining"]
    assert found["irv"] == [3, *([5] if row(s, 5)["irv"] <= 0.1 else [])]
    assert found["attention"] == [6]
    assert found["duplicates"] == [4]
    assert found["max_missing"] == [5]
    assert found["speed"] == [8]
    assert row(s, 4)["duplicate_of"] == 2
    assert row(s, 8)["duration_minutes"] == pytest.approx(0.2)
    assert np.isnan(row(s, 9)["duration_minutes"])
    assert "responses.times_backwards" in codes(s)
    tidy = s.tidy().set_index("rule")
    assert tidy.loc["attention", "n_flagged"] == 1
    assert tidy.loc["attention", "share"] == pytest.approx(1 / 40)
    assert not unknown_columns([*s.tidy().columns, *s.glance().columns, *s.items.columns])


def test_a_straight_liner_is_seen_in_the_answers_as_given_not_keyed():
    frame = pd.DataFrame(np.tile([4.0, 4.0, 4.0, 4.0], (30, 1)), columns=list(linked_survey.USER))
    frame.iloc[1:] = np.random.default_rng(1).integers(1, 6, (29, 4))
    s = cg.screen(cg.Responses(frame=frame, instrument=linked_survey.survey()), straight_lining=1)
    assert bool(s.respondents.loc[0, "flag_straight_lining"])


def test_without_rules_the_defaults_flag_and_exclude_nobody():
    s = cg.screen(field())
    assert set(s.rules) <= set(DEFAULTS)
    assert "responses.default_rules" in codes(s)
    with pytest.raises(cg.OptionError, match="no rule was named"):
        s.keep()
    assert len(s.keep("attention")) == 39


def test_keep_writes_flow_and_exclusions_in_the_order_of_the_rules():
    r = field()
    s = cg.screen(r, max_missing=0.2, attention=1, duplicates=True, straight_lining=1.0)
    kept = s.keep("attention", "duplicates", drop_rows={10: "test entry"})
    assert [(f.step, f.n_before, f.n_excluded) for f in kept.flow] == [
        ("data", 40, 0),
        ("attention", 40, 1),
        ("duplicates", 39, 1),
        ("drop_rows", 38, 1),
    ]
    assert kept.exclusions.to_dict("list") == {
        "row": [6, 4, 10],
        "rule": ["attention", "duplicates", "drop_rows"],
        "value": ["1", "2", "test entry"],
    }
    assert kept.flow[-1].reason == "test entry"
    assert len(kept) == 37
    assert not {4, 6, 10} & set(kept.frame.index)
    assert kept.instrument is r.instrument
    assert "responses.kept" in codes(kept)
    assert len(r) == 40
    assert set(s.keep("duplicates", "attention").frame.index) == set(s.keep("attention", "duplicates").frame.index)


def test_a_respondent_is_counted_at_the_first_rule_only():
    frame = pd.DataFrame(np.random.default_rng(1).integers(1, 6, (30, 12)), columns=[f"x{j}" for j in range(12)])
    frame.iloc[3] = 2
    frame.iloc[4] = 2
    s = cg.screen(frame, longstring=12, duplicates=True)
    assert [f.n_excluded for f in s.keep("longstring", "duplicates").flow] == [0, 2, 0]
    assert [f.n_excluded for f in s.keep("duplicates", "longstring").flow] == [0, 1, 1]


def test_a_data_frame_comes_back_as_responses_without_an_instrument():
    frame = pd.DataFrame({"a": [1.0, 2, 3, nan], "b": [2.0, 2, 1, nan], "who": list("wxyz")})
    kept = cg.screen(frame, max_missing=0.5).keep()
    assert isinstance(kept, cg.Responses)
    assert kept.instrument is None
    assert kept.items == ("a", "b")
    assert kept.frame["who"].tolist() == ["w", "x", "y"]


def test_a_screening_travels_without_answers_and_asks_for_them_again(tmp_path: Path):
    r = field()
    s = cg.screen(r, attention=True)
    again = cg.load_result(s.save(tmp_path / "screening"))
    pickled = pickle.loads(pickle.dumps(s))
    for copy in (again, pickled):
        pd.testing.assert_frame_equal(copy.tidy(), s.tidy())
        with pytest.raises(cg.OptionError, match="data=responses"):
            copy.keep("attention")
        assert len(copy.keep("attention", data=r)) == 39
    other = r.frame.assign(tru1=1.0)
    with pytest.raises(cg.DataError, match="not the answers that were screened"):
        again.keep("attention", data=r.replace(frame=other))


def test_longstring_as_a_share_of_the_answers_given():
    frame = pd.DataFrame(np.random.default_rng(2).permuted(np.tile(np.arange(1.0, 11), (20, 1)), axis=1))
    frame.columns = [f"x{j}" for j in range(10)]
    frame.iloc[0, :8], frame.iloc[1, :7] = 9, 9
    s = cg.screen(frame, longstring=0.5)
    assert s.respondents["flag_longstring"].tolist() == [True] + [False] * 19
    assert "0.5 of the answers" in s.keep().flow[-1].reason


def test_short_runs_of_a_short_form_are_no_sign_of_carelessness():
    frame = cg.simulate("f =~ .7*a + .7*b + .7*c + .7*d + .7*e + .7*g + .7*h + .7*i", 400, seed=8, categories=5)
    assert cg.screen(frame).respondents["flag_longstring"].mean() < 0.03


def test_blocks_given_by_hand_end_the_runs():
    frame = pd.DataFrame(np.full((5, 6), 3.0), columns=list("abcdef"))
    s = cg.screen(frame, longstring=4, blocks={"page 1": ["a", "b", "c"], "page 2": ["d", "e", "f"]})
    assert (s.respondents["longstring"] == 3).all()


def test_out_of_range_needs_and_uses_a_range():
    frame = pd.DataFrame({"a": [1.0, 2, 9], "b": [1.0, 0, 3]})
    s = cg.screen(frame, out_of_range=(1, 5))
    assert s.respondents["out_of_range"].tolist() == [0, 1, 1]
    idle = cg.screen(frame, out_of_range=True)
    assert "responses.rule_idle" in codes(idle)
    assert np.isnan(idle.tidy()["n_flagged"][0])


def test_items_table_names_constants_sparse_categories_and_ends():
    frame = pd.DataFrame({n: np.tile([2.0, 3, 4, 5], 10) for n in linked_survey.USER})
    frame["ser2"] = 3.0
    s = cg.screen(cg.Responses(frame=frame, instrument=linked_survey.survey()))
    items = s.items.set_index("item")
    assert items.loc["ser1", "sparse"] == "1 (0)"
    assert items.loc["ser1", "ceiling_share"] == 0.25
    assert items.loc["ser1", "floor_share"] == 0
    assert bool(items.loc["ser2", "constant"])
    assert {"responses.constant_items", "responses.mahalanobis_left_out"} <= codes(s)
    assert "Butir ini" in next(n for n in s.notes if n.code == "responses.constant_items").render("id")


def test_a_respondent_without_any_answer_has_no_index_but_a_missing_share_of_one():
    frame = pd.DataFrame(np.random.default_rng(3).integers(1, 6, (20, 4)).astype(float), columns=list("abcd"))
    frame.iloc[4] = nan
    s = cg.screen(frame)
    one = row(s, 4)
    assert one["missing_share"] == 1
    assert one["longstring"] == 0
    assert np.isnan(one["irv"])
    assert np.isnan(one["mahalanobis"])
    assert not one["flag_longstring"]
    assert "responses.no_answer" in codes(s)


def test_bad_input_is_named_all_at_once():
    frame = pd.DataFrame({"a": [1.0, 2], "b": ["1", "3a"], "c": ["x", "2"]})
    with pytest.raises(cg.OptionError, match=r"'longsting' is no rule of screen. Did you mean 'longstring'\?"):
        cg.screen(frame[["a"]], longsting=12)
    with pytest.raises(cg.OptionError, match=r"max_missing=20 must lie between 0 and 1.*irv='low' is no number"):
        cg.screen(frame[["a"]], max_missing=20, irv="low")
    with pytest.raises(cg.OptionError, match="longstring=True: give a cut-off"):
        cg.screen(frame[["a"]], longstring=True)
    with pytest.raises(cg.CodingError, match=r"'b': '3a' \(row 1\); 'c': 'x' \(row 0\)"):
        cg.screen(frame, items=["a", "b", "c"])
    with pytest.raises(cg.ColumnNotFoundError, match=r"'aa'.*'bb'"):
        cg.screen(frame, items=["aa", "bb"])
    with pytest.raises(cg.SampleError, match="nothing to screen"):
        cg.screen(frame[["c"]])
    s = cg.screen(field(), attention=1)
    with pytest.raises(
        cg.OptionError, match=r"'attenton' is no rule. Did you mean 'attention'\?.*'irv' has no cut-off"
    ):
        s.keep("attenton", "irv")
    with pytest.raises(cg.DataError, match="rows 999"):
        s.keep("attention", drop_rows=[999])
    same = pd.DataFrame({"a": [1.0, 1], "b": [1.0, 1]})
    with pytest.raises(cg.SampleError, match="leave no respondent"):
        cg.screen(same, irv=0.5).keep()


def test_every_rule_reads_an_index_that_exists():
    s = cg.screen(field())
    assert {r.index for r in RULES.values()} <= set(s.respondents.columns)


# ---- consistency, random answers, near duplicates ------------------------------------------------------------------


SCALES = {f"f{s}": [f"x{s}_{i}" for i in range(4)] for s in range(5)}
TURNED = [f"x{s}_2" for s in range(5)]


def scales_of_four(n: int = 300, seed: int = 1) -> pd.DataFrame:
    model = "\n".join(f"f{s} =~ .9*x{s}_0 + .9*x{s}_1 + -.9*x{s}_2 + .9*x{s}_3" for s in range(5))
    return cg.simulate(model, n, seed=seed, categories=5, careless={"straight": 0.05, "random": 0.1})


def test_consistency_of_a_data_frame_needs_constructs_and_keying():
    data = scales_of_four()
    reads = (data["careless"] == "").to_numpy()
    s = cg.screen(data, constructs=SCALES, reverse=TURNED, out_of_range=(1, 5), even_odd=0.2, contradictions=0.5)
    r = s.respondents
    assert set(s.items["item"]) == {i for block in SCALES.values() for i in block}
    assert r["even_odd"][reads].median() > 0.7
    assert r["synonyms"][reads].median() > 0.5
    assert r["contradiction_share"][reads].mean() < 0.15 < 0.4 < r["contradiction_share"][~reads].mean()
    want = consistency.even_odd(
        np.where([c in TURNED for c in data.columns[:20]], 6 - data.iloc[:, :20], data.iloc[:, :20]),
        [np.arange(4 * k, 4 * k + 4) for k in range(5)],
    )
    np.testing.assert_allclose(r["even_odd"], want, atol=1e-9)
    assert r.loc[r["flag_contradictions"], "contradiction_share"].min() >= 0.5
    assert not codes(s) & {"responses.items_guessed", "responses.ends_observed", "responses.constructs_unknown"}
    bare = cg.screen(data)
    assert bare.respondents[["even_odd", "contradictions"]].isna().all(axis=None)
    assert {"responses.constructs_unknown", "responses.items_guessed"} <= codes(bare)


def test_reversed_items_are_named_and_never_turned_unasked():
    data = scales_of_four()
    s = cg.screen(data, constructs=SCALES)
    told = next(n for n in s.notes if n.code == "responses.reverse_suspected")
    assert all(i in told.render("en") for i in TURNED) and "x0_1" not in told.render("en")
    assert "butir negatif" in told.render("id")
    assert "responses.no_reverse" in codes(s)
    as_given = consistency.even_odd(data.iloc[:, :20].to_numpy(), [np.arange(4 * k, 4 * k + 4) for k in range(5)])
    np.testing.assert_allclose(s.respondents["even_odd"], as_given, atol=1e-9)
    assert "responses.reverse_suspected" not in codes(cg.screen(data, constructs=SCALES, reverse=[]))
    with pytest.raises(cg.ColumnNotFoundError, match=r"'x0_9'.*'x0_"):
        cg.screen(data, constructs=SCALES, reverse=["x0_9"])
    with pytest.raises(cg.OptionError, match="says which items are reversed"):
        cg.screen(field(), reverse=["tru1"])


def test_the_instrument_gives_constructs_and_keying():
    core = cg.load_instrument("cgsurvey_core")
    data = cg.simulate(core, 150, seed=1, careless={"straight": 0.1})
    r = cg.screen(data).respondents
    straight = (data.frame["careless"] == "straight").to_numpy()
    assert r["even_odd"][~straight].median() > 0.2
    # Who ticks the middle contradicts nobody, who ticks anything else contradicts every reversed item.
    assert r["contradiction_share"][straight].mean() > 0.5 > r["contradiction_share"][~straight].mean()


def test_what_cannot_be_computed_is_told():
    frame = scales_of_four().drop(columns="careless")
    two = cg.screen(frame, constructs={k: v[:2] for k, v in list(SCALES.items())[:2]})
    assert {"responses.few_constructs", "responses.few_synonyms", "responses.few_antonyms"} <= codes(two)
    assert two.respondents["even_odd"].isna().all()
    assert "at least 3 constructs" in next(n for n in two.notes if n.code == "responses.few_constructs").text
    thin = cg.screen(frame.head(12), random=True, synonyms=0.2)
    assert {"responses.random_unjudged", "responses.rule_idle"} <= codes(thin)
    assert np.isnan(thin.tidy().set_index("rule").loc["random", "n_flagged"])
    constant = cg.screen(frame.assign(x0_0=3.0), constructs=SCALES, reverse=TURNED, random=True)
    assert "responses.constant_items" in codes(constant)
    assert constant.respondents["misfit_p"].notna().all()
    silent = frame.assign(x1_1=nan)
    silent.iloc[4] = nan
    found = cg.screen(silent, constructs=SCALES, reverse=TURNED).respondents
    indices = ["even_odd", "synonyms", "person_total", "misfit_p", "order_p", "match_share", "repeat_share"]
    assert found.loc[4, indices].isna().all() and found.loc[0, indices].notna().all()
    with pytest.raises(cg.ColumnNotFoundError, match="'nix'"):
        cg.screen(frame, constructs={"a": ["x0_0", "nix"]})
    with pytest.raises(cg.OptionError, match=r"'a' has the text 'x0_0'.*'b' names x0_1 twice.*'c' has no items"):
        cg.screen(frame, constructs={"a": "x0_0", "b": ["x0_1", "x0_1"], "c": []})
    with pytest.raises(cg.OptionError, match="it is empty"):
        cg.screen(frame, constructs={})


def test_near_duplicates_name_whom_they_resemble():
    frame = scales_of_four().drop(columns="careless")
    frame.iloc[7] = frame.iloc[100]
    frame.iloc[7, 3] = frame.iloc[100, 3] % 5 + 1
    s = cg.screen(frame, near_duplicates=True)
    assert s.rules == {"near_duplicates": 0.85}
    assert row(s, 7)["match_share"] == pytest.approx(0.95) and row(s, 7)["match_with"] == 100
    assert row(s, 100)["flag_near_duplicates"] and row(s, 100)["match_with"] == 7
    assert s.respondents.loc[s.respondents["match_share"] < 0.85, "flag_near_duplicates"].sum() == 0


def test_many_respondents_are_compared_only_when_asked(monkeypatch):
    monkeypatch.setattr("cgsurvey.responses.screening.indices.COMPARED", 100)
    frame = scales_of_four().drop(columns="careless")
    assert "responses.matches_left_out" in codes(cg.screen(frame))
    assert cg.screen(frame, near_duplicates=0.9).respondents["match_share"].notna().all()


def test_repeats_stand_out_by_median_and_mad():
    data = scales_of_four()
    s = cg.screen(data, repeats=True)
    x = s.respondents["repeat_share"]
    cut = x.median() + 3 * stats.median_abs_deviation(x, scale="normal")
    assert s.rules["repeats"] == pytest.approx(max(0.5, cut), rel=1e-4)
    assert cg.screen(data, repeats=0.7).rules["repeats"] == 0.7
    assert s.respondents.loc[data["careless"] == "straight", "flag_repeats"].all()
    few = cg.screen(data[["x0_0", "x0_1", "x1_0"]])
    assert few.respondents["repeat_share"].isna().all() and "repeats" not in few.rules


def test_the_rule_on_random_answers_needs_both_p_values_and_its_seed_is_kept():
    data = scales_of_four()
    s = cg.screen(data, random=0.05, seed=3)
    r = s.respondents
    assert (r["flag_random"] == ((r["misfit_p"] < 0.05) & (r["order_p"] > 0.05))).all()
    assert s.meta.seed == 3 and {"wilks1963", "phipson2010"} <= set(s.meta.references)
    pd.testing.assert_frame_equal(cg.screen(data, random=0.05, seed=3).respondents, r)
    assert "misfit_p < 0.05, order_p > 0.05" in s.keep().flow[-1].reason
    random = (data["careless"] == "random").to_numpy()
    assert r.loc[random, "flag_random"].mean() > 0.6 and r.loc[~random, "flag_random"].mean() < 0.05
    with pytest.raises(cg.OptionError, match="even_odd=2 is a correlation"):
        cg.screen(data, even_odd=2)
    with pytest.raises(cg.OptionError, match=r"critical_r=1\.5 must lie between 0 and 1"):
        cg.screen(data, critical_r=1.5)
    with pytest.raises(cg.OptionError, match="seed=-1"):
        cg.screen(data, seed=-1)


def test_overview_of_the_indices():
    s = cg.screen(scales_of_four(), constructs=SCALES, reverse=TURNED)
    table = s.indices.set_index("index")
    r = s.respondents
    assert table.loc["irv", ["n", "mean", "sd"]].tolist() == [300, r["irv"].mean(), r["irv"].std()]
    assert table.loc["misfit_p", ["rule", "threshold", "n_flagged"]].tolist() == [
        "random", 0.025, r["flag_random"].sum(),
    ]  # fmt: skip
    assert table.loc["longstring", "threshold"] == 10  # half of 20 answers
    assert table.loc["irv", "rule"] == "" and np.isnan(table.loc["irv", "threshold"])
    assert "seconds_per_answer" not in table.index
    assert not unknown_columns(s.indices.columns)
