from __future__ import annotations

import dataclasses
from pathlib import Path

import linked_survey
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cgsurvey as cg
from cgsurvey.base.glossary import unknown_columns
from cgsurvey.responses.linking.sides import design_statement
from cgsurvey.responses.responses import Provenance

nan = np.nan
PARTS = {
    "motivation": ["tru1", "tru2", "com1", "com2", "com3"],
    "capacity": ["cap1", "cap2", "cap3", "cap4"],
    "service": ["ser1", "ser2", "ser3"],
}


def responses(frame: pd.DataFrame, **more) -> cg.Responses:
    return cg.Responses(frame=frame, instrument=linked_survey.survey(), simulated=True, **more)


def both(seed: int = 1, **options) -> tuple[cg.Responses, cg.Responses]:
    p, u = linked_survey.pair(seed, **options)
    return responses(p), responses(u)


def codes(holder) -> dict[str, object]:
    return {n.code.removeprefix("responses."): n for n in holder.notes}


def small() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two offices by hand."""
    p = pd.DataFrame(
        {"office": ["A", "A", "A", "B", "B", "B"], "cap1": [4.0, 5, 3, 1, 2, 3], "cap2": [4.0, nan, 4, 2, 2, 2]}
    )
    u = pd.DataFrame({"office": ["B", "A", "A"], "ser1": [2.0, 4, 5], "ser2": [1.0, 5, 5]})
    return p, u


def test_user_rows_carry_the_means_of_their_office():
    p, u = (responses(f) for f in small())
    linked = cg.link(p, u)
    assert linked.frame["cap1"].tolist() == [2, 4, 4]
    assert linked.frame["cap2"].tolist() == [2, 4, 4]  # a gap takes no part in the mean
    assert linked.frame["capacity_mean"].tolist() == pytest.approx(
        [2, 3.75, 3.75]
    )  # who answered one item of four has no score
    assert linked.frame["ser1"].tolist() == [2, 4, 5]
    assert linked.design == cg.Design(cluster="office")
    assert linked.linkage.items == ("cap1", "cap2")
    assert linked.linkage.columns == {"capacity": "capacity_mean"}
    assert (linked.reasons[["cap1", "cap2"]] == "").all(axis=None)
    assert linked.simulated


def test_office_rows_average_both_sides_and_keep_what_describes_the_office():
    p, u = small()
    u["district"], u["sex"] = ["S", "N", "N"], ["f", "f", "m"]
    linked = cg.link(responses(p), responses(pd.concat([u, u], ignore_index=True)), level="office")
    f = linked.frame.set_index("office")
    assert f.loc["A", ["cap1", "ser1", "ser2"]].tolist() == [4, 4.5, 5]
    assert f.loc["A", ["n_partners", "n_users"]].tolist() == [3, 4]
    assert f.loc["B", "district"] == "S"
    assert "sex" not in f
    assert linked.design is None


def test_reverse_items_are_keyed_once():
    p, u = both()
    linked = cg.link(p, u)
    office = p.keyed.groupby(p.frame["office"])["tru3r"].mean()
    np.testing.assert_allclose(linked.keyed["tru3r"], office.loc[linked.frame["office"]])
    trust = cg.score(p, "trust")["trust"].groupby(p.frame["office"]).mean()
    np.testing.assert_allclose(linked.frame["trust_mean"], trust.loc[linked.frame["office"]])
    np.testing.assert_allclose(cg.score(linked, "trust")["trust"], linked.frame["trust_mean"])


def corrected(linked: cg.Responses) -> np.ndarray:
    """Covariances of motivation, capacity and service with the sampling error of the office means taken out."""
    wide = linked.frame[["motivation_mean", "capacity_mean"]].assign(service=cg.score(linked, "service")["service"])
    S = wide.cov().to_numpy(copy=True)
    S[:2, :2] -= linked.linkage.sampling_covariance.loc[
        ["motivation", "capacity"], ["motivation", "capacity"]
    ].to_numpy()
    return S


def test_the_population_paths_between_offices_are_recovered():
    found, naive = [], []
    for seed in range(12):
        linked = cg.link(*both(seed, offices=80))
        S = corrected(linked)
        found.append((S[0, 1] / S[0, 0], *np.linalg.solve(S[:2, :2], S[:2, 2])))
        naive.append(
            linked.frame["capacity_mean"].cov(cg.score(linked, "service")["service"])
            / linked.frame["capacity_mean"].var()
        )
    mean, se = np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    np.testing.assert_array_less(np.abs(mean - [0.6, 0.0, 0.5]), 2.6 * se)
    # Means of six partners with ICC(2) near .7 draw the path to about .35.
    assert np.mean(naive) < 0.42


def test_measurement_fixes_the_sampling_error_of_the_office_means():
    linkage = cg.link(*both()).linkage
    text = linkage.measurement()
    assert isinstance(text, cg.Model)
    lines = text.splitlines()
    assert lines[:2] == ["motivation =~ 1*motivation_mean", "capacity =~ 1*capacity_mean"]
    value = float(lines[3].split("~~ ")[1].split("*")[0])
    assert lines[3].endswith("*capacity_mean")
    assert value == pytest.approx(linkage.sampling_covariance.loc["motivation", "capacity"])
    assert linkage.measurement("trust").splitlines()[0] == "trust =~ 1*trust_mean"
    with pytest.raises(cg.OptionError, match=r"'capacty' was not averaged. Did you mean 'capacity'\?"):
        linkage.measurement(["capacty"])


def test_measurement_by_elements_leaves_their_own_error_to_the_residual():
    linkage = cg.link(*both(), level="office").linkage
    lines = linkage.measurement(by="element").splitlines()
    assert lines[:3] == [
        "motivation =~ trust_mean + commitment_mean",
        "capacity =~ 1*capacity_mean",
        "service =~ 1*service_mean",
    ]
    assert [line.split(" ~~ ")[0] for line in lines if "start(" in line] == ["trust_mean", "commitment_mean"]
    fixed = [line.split(" ~~ ")[0] + " " + line.split("*")[1] for line in lines[3:] if "start(" not in line]
    assert fixed == [
        "trust_mean commitment_mean",
        "trust_mean capacity_mean",
        "commitment_mean capacity_mean",
        "capacity_mean capacity_mean",
        "service_mean service_mean",
    ]
    with pytest.raises(cg.OptionError, match=r"by='elements' is not known. Did you mean 'element'"):
        linkage.measurement(by="elements")


PATHS = "capacity ~ motivation\nservice ~ capacity + motivation\n"
TRUTH = {("capacity", "motivation"): 0.6, ("service", "capacity"): 0.5, ("service", "motivation"): 0.0}


@pytest.mark.parametrize("by", ["score", "element"])
@pytest.mark.parametrize("level", ["user", "office"])
def test_a_structural_model_of_linked_data_recovers_the_population_paths(level, by):
    linked = cg.link(*both(5, offices=150), level=level)
    governance = linked.linkage.measurement(["motivation", "capacity"], by=by)
    service = "service =~ ser1 + ser2 + ser3 + ser4r\n" if level == "user" else linked.linkage.measurement("service")
    fit = cg.sem(governance + service + PATHS, linked)
    paths = fit.tidy().query("op == '~'").set_index(["lhs", "rhs"])
    for path, truth in TRUTH.items():
        assert paths.loc[path, "ci_lower"] < truth < paths.loc[path, "ci_upper"], path
    assert fit.meta.simulated
    if level == "user":
        # Governance holds as many independent observations as there are offices: users must not shrink the error.
        office = cg.link(*both(5, offices=150), level="office")
        other = (
            cg.sem(office.linkage.measurement(by=by) + PATHS, office)
            .tidy()
            .query("op == '~'")
            .set_index(["lhs", "rhs"])
        )
        ratio = paths.loc[("capacity", "motivation"), "std_error"] / other.loc[("capacity", "motivation"), "std_error"]
        assert 0.8 < ratio < 1.25


def test_sampling_covariance_is_the_pooled_covariance_over_the_number_of_partners():
    p, u = both(partners=5)
    scores = cg.score(p, level="dimension")
    D = scores - scores.groupby(p.frame["office"]).transform("mean")
    want = D.T @ D / (len(D) - 60) / 5
    got = cg.link(p, u).linkage.sampling_covariance.loc[["motivation", "capacity"], ["motivation", "capacity"]]
    np.testing.assert_allclose(got, want)


def test_the_gate_agrees_with_icc_and_rwg():
    p, u = both()
    p = responses(p.frame.assign(**{n: p.frame[n].round().clip(1, 5) for n in linked_survey.PARTNER}))
    gate = cg.link(p, u).linkage.agreement.set_index("construct")
    icc = cg.icc(p, group="office", constructs=["capacity"]).tidy().set_index("type")
    assert gate.loc["capacity", "icc1"] == pytest.approx(icc.loc["ICC(1)", "icc"])
    assert gate.loc["capacity", "icc2"] == pytest.approx(icc.loc["ICC(2)", "icc"])
    assert gate.loc["capacity", "p_value"] == pytest.approx(icc.loc["ICC(1)", "p_value"])
    assert gate.loc["capacity", "rwg_median"] == cg.rwg(p, "office", ["capacity"]).tidy()["rwg_median"][0]
    assert gate.index.tolist() == ["motivation", "trust", "commitment", "capacity"]


def test_partners_who_do_not_agree_are_a_serious_note():
    rng = np.random.default_rng(1)
    p, u = linked_survey.pair(1)
    noise = p.assign(**{n: rng.integers(1, 6, len(p)).astype(float) for n in linked_survey.PARTNER})
    linked = cg.link(responses(noise), responses(u))
    assert set(linked.linkage.tidy()["verdict"]) == {"poor"}
    said = codes(linked)["aggregation_poor"]
    assert said.level == "serious"
    assert "Rerata kantornya" in said.render("id")
    base = rng.choice([2.0, 3, 4], 60)[np.repeat(np.arange(60), 6)]
    agree = p.assign(**{n: 6 - base if n.endswith("r") else base for n in linked_survey.PARTNER})
    good = cg.link(responses(agree), responses(u))
    assert set(good.linkage.tidy()["verdict"]) == {"good"}
    assert "aggregation_poor" not in codes(good)


def test_offices_on_one_side_are_counted_listed_and_logged():
    p, u = linked_survey.pair(1, offices=30)
    p = p[p["office"] != "MPP A0"]
    u = u[u["office"] != "MPP B0"]
    p = p.drop(p.index[p["office"] == "MPP C0"][:4])
    linked = cg.link(responses(p), responses(u))
    table = linked.linkage.offices.set_index("office")
    assert table.loc[["MPP A0", "MPP B0", "MPP C0", "MPP D0"], "status"].tolist() == [
        "no partners",
        "no users",
        "few partners",
        "linked",
    ]
    assert linked.linkage.glance().iloc[0].tolist() == [27, 27 * 6, 27 * 15, 3]
    assert linked.flow[-1].n_excluded == 30
    assert len(linked) == 27 * 15
    assert linked.exclusions["value"].value_counts().to_dict() == {
        "MPP A0: no partners": 15,
        "MPP C0: few partners": 15,
    }
    notes = codes(linked)
    assert {"offices_no_partners", "offices_no_users", "offices_few_partners", "few_offices"} <= set(notes)
    assert "15 users" in notes["offices_no_partners"].text
    assert "15 pengguna" in notes["offices_no_partners"].render("id")
    assert linked.linkage.partner_flow[-1].n_excluded == 6 + 2


def test_few_offices_are_said():
    assert "very_few_offices" in codes(cg.link(*both(offices=12)))
    many = codes(cg.link(*both(offices=60)))
    assert not {"few_offices", "very_few_offices"} & set(many)


def test_names_of_offices_are_matched_through_blanks_case_and_numbers():
    p, u = small()
    p["office"] = [" a", "A ", "A", 2.0, 2.0, 2.0]
    u["office"] = ["2", "a", "A"]
    linked = cg.link(responses(p), responses(u))
    assert len(linked) == 3
    assert set(linked.linkage.offices["office"]) == {"2", "a"}
    assert "offices_spelled" in codes(linked)
    p["office"] = ["MPP Surabaya"] * 3 + ["MPP Malang"] * 3
    p2 = pd.concat([p, p.assign(office="MPP Kediri")], ignore_index=True)
    u["office"] = ["MPP Surabya", "MPP Malang", "MPP Kediri"]
    other = codes(cg.link(responses(p2), responses(u)))
    assert "'MPP Surabya' and 'MPP Surabaya'" in other["offices_alike"].text


def test_rows_without_an_office_are_counted_and_logged():
    p, u = small()
    u.loc[3] = [None, 3.0, 3.0]
    linked = cg.link(responses(p), responses(u))
    assert "office_blank" in codes(linked)
    assert linked.exclusions.to_dict("records") == [{"row": 3, "rule": "link", "value": "no office"}]


def test_weights_of_partners_weight_the_means():
    p, u = small()
    p["w"] = [1.0, 1, 2, 1, 1, 1]
    linked = cg.link(responses(p, design=cg.Design(weights="w")), responses(u))
    assert linked.frame["cap1"].tolist() == [2, (4 + 5 + 6) / 4, (4 + 5 + 6) / 4]
    assert "link_weighted" in codes(linked)
    with pytest.raises(cg.DataError, match="in rows 0"):
        cg.link(responses(p.assign(w=[-1.0, 1, 1, 1, 1, 1]), design=cg.Design(weights="w")), responses(u))


def test_plain_frames_with_a_mapping():
    p, u = linked_survey.pair(3)
    linked = cg.link(p, u, constructs=PARTS)
    assert linked.instrument is None
    np.testing.assert_allclose(
        linked.frame["capacity_mean"], cg.link(responses(p), responses(u)).frame["capacity_mean"].to_numpy()
    )
    assert "scale_observed" in codes(linked)
    office = cg.link(p, u, constructs=PARTS, level="office")
    assert office.linkage.tidy()["respondent"].tolist() == ["partner", "partner", "user"]
    assert {"capacity_mean", "service_mean"} <= set(office.frame)
    with pytest.raises(cg.OptionError, match="constructs are not known without an instrument"):
        cg.link(p, u)


def test_two_instruments_are_put_together():
    one = linked_survey.survey()
    governance = dataclasses.replace(
        one, id="gov", items=tuple(i for i in one.items if i.respondent != "user"), constructs=one.constructs[:2]
    )
    service = dataclasses.replace(
        one, id="srv", items=tuple(i for i in one.items if i.respondent == "user"), constructs=one.constructs[2:]
    )
    p, u = linked_survey.pair(2)
    linked = cg.link(cg.Responses(frame=p, instrument=governance), cg.Responses(frame=u, instrument=service))
    assert [c.id for c in linked.instrument.constructs] == ["motivation", "capacity", "service"]
    assert set(linked.items) == {*linked_survey.PARTNER, *linked_survey.USER}
    whole = cg.link(responses(p), responses(u))
    pd.testing.assert_frame_equal(linked.keyed[whole.frame.columns], whole.keyed)


# ---- misuse ---------------------------------------------------------------------------------------------------------


def test_the_column_that_links_must_be_on_both_sides():
    p, u = small()
    with pytest.raises(
        cg.ColumnNotFoundError, match=r"the partners have no column 'ofice'. Did you mean 'office'\?.*the users have"
    ):
        cg.link(responses(p), responses(u), on="ofice")


def test_the_same_file_twice_is_refused():
    p, _ = both()
    with pytest.raises(cg.DataError, match="given as partners and as users"):
        cg.link(p, p)
    one = p.replace(provenance=Provenance(file="all.csv", sha256="1"))
    two = responses(p.frame.copy(), provenance=Provenance(file="all.csv", sha256="1"))
    with pytest.raises(cg.DataError, match=r"all\.csv is given as partners and as users"):
        cg.link(one, two)


def test_swapped_and_one_sided_files_are_told_apart():
    p, u = both()
    with pytest.raises(cg.DataError, match="the files are swapped"):
        cg.link(u, p)
    with pytest.raises(cg.DataError, match="given as the users, holds no answer to an item that users are asked"):
        cg.link(p, responses(p.frame.copy()))


def test_respondents_who_answered_both_sides_need_no_link():
    p, u = linked_survey.pair(1, partners=15)
    same = pd.concat([p, u[list(linked_survey.USER)]], axis=1)
    with pytest.raises(cg.DataError, match="900 of 900 respondents answered the items of partners and of users"):
        cg.link(responses(same), responses(u))


def test_nothing_in_common_says_what_both_sides_hold():
    p, u = small()
    with pytest.raises(cg.SampleError, match=r"only 0 of 4 offices can be linked: .*A, B \| X, Y"):
        cg.link(responses(p), responses(u.assign(office=["X", "Y", "Y"])))
    with pytest.raises(cg.OptionError, match=r"min_partners=0 .* min_users=0"):
        cg.link(responses(p), responses(u), min_partners=0, min_users=0)
    with pytest.raises(cg.OptionError, match="level='ofice'"):
        cg.link(responses(p), responses(u), level="ofice")


@pytest.mark.parametrize("missing", ["listwise", "fiml"])
def test_an_unlinked_analysis_of_both_sides_is_refused_with_an_explanation(missing):
    p, u = linked_survey.pair(1)
    model = "capacity =~ cap1 + cap2 + cap3\nservice =~ ser1 + ser2 + ser3\nservice ~ capacity"
    partners_only = responses(p.assign(**dict.fromkeys(linked_survey.USER, nan)))
    stacked = responses(pd.concat([p, u], ignore_index=True))
    for data in (partners_only, stacked):
        with pytest.raises(cg.SampleError, match=r"cg\.link\(partners, users, on='office'\)"):
            cg.sem(model, data, missing=missing)
    assert design_statement(stacked).code == "responses.design_unlinked"


def test_the_design_is_stated_in_both_languages():
    p, u = both()
    linked = design_statement(cg.link(p, u))
    assert "900 users judge the service" in linked.text
    assert "60 pengamatan tata kelola" in linked.render("id")
    assert design_statement(cg.link(p, u, level="office")).code == "responses.design_linked_office"
    same = responses(pd.concat([p.frame, u.frame.loc[: len(p) - 1, list(linked_survey.USER)]], axis=1))
    assert design_statement(same).code == "responses.design_same"
    assert design_statement(p).code == "responses.design_one_side"


# ---- what comes after -----------------------------------------------------------------------------------------------


def test_office_means_are_neither_screened_nor_described_as_answers():
    linked = cg.link(*both())
    assert set(cg.screen(linked).items["item"]) == set(linked_survey.USER)
    d = cg.describe(linked)
    assert set(d.tidy()["item"]) == set(linked_survey.USER)
    assert d.constructs["construct"].tolist() == ["service"]
    assert "means_not_described" in codes(d)


def test_the_linkage_can_be_saved_and_its_columns_are_known(tmp_path: Path):
    linkage = cg.link(*both(), level="office").linkage
    again = cg.load_result(linkage.save(tmp_path / "linkage"))
    pd.testing.assert_frame_equal(again.tidy(), linkage.tidy())
    assert again.measurement() == linkage.measurement()
    assert not unknown_columns([*linkage.tidy(), *linkage.glance(), *linkage.offices])
    assert linkage.meta.simulated


@given(st.randoms(use_true_random=False))
@settings(max_examples=5, deadline=None)
def test_order_of_rows_does_not_matter(random):
    p, u = linked_survey.pair(4, offices=10)
    a = cg.link(responses(p), responses(u))
    order_p, order_u = list(p.index), list(u.index)
    random.shuffle(order_p)
    random.shuffle(order_u)
    b = cg.link(responses(p.loc[order_p]), responses(u.loc[order_u]))
    pd.testing.assert_frame_equal(a.frame, b.frame.loc[a.frame.index])
    pd.testing.assert_frame_equal(a.linkage.tidy(), b.linkage.tidy())
