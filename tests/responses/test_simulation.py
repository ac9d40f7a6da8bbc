"""Field behaviour does what it is told, and the written files are read back as they were."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.base.errors import OptionError
from cgsurvey.responses.simulation import (
    District,
    draw_offices,
    draw_profile,
    field_behaviour,
    write_google_forms,
    write_kobo,
)

DISTRICTS = {"A": District("city", 4, 9000), "B": District("regency", 2, 1000)}


@pytest.fixture(scope="module")
def core() -> cg.Instrument:
    return cg.load_instrument("cgsurvey_core")


@pytest.fixture(scope="module")
def clean(core: cg.Instrument) -> cg.Responses:
    return cg.simulate(core, 200, seed=1)


@pytest.fixture(scope="module")
def arrived(core: cg.Instrument, clean: cg.Responses) -> cg.Responses:
    who = draw_profile(core, len(clean), {"role": {"gov": 1}, "age": (20, 60), "sex": {"female": 1, "male": 1}}, seed=2)
    where = draw_offices(len(clean), DISTRICTS, seed=2)
    side = [i.name for i in core.items if i.respondent == "partner"]
    parts = [t.set_axis(clean.frame.index, axis=0) for t in (who, where, clean.frame[side])]
    data = clean.replace(frame=pd.concat(parts, axis=1))
    return field_behaviour(
        data, seed=3, missing=0.02, dont_know=0.02, break_off=0.05, careless={"random": 0.05}, start="2026-09-07"
    ).responses


def test_nothing_asked_changes_nothing_but_slips_in_the_attention_check(clean: cg.Responses) -> None:
    same = field_behaviour(clean, seed=1)
    pd.testing.assert_frame_equal(same.responses.frame[list(clean.items)], clean.frame[list(clean.items)])
    assert (same.truth == "").all().all() and same.responses.simulated
    assert 0.93 < (same.responses.frame["att1"] == 2).mean() <= 1


def test_shares_are_kept(clean: cg.Responses) -> None:
    made = field_behaviour(
        clean, seed=4, missing=0.05, dont_know=0.03, break_off=0.1, careless={"straight": 0.06, "random": 0.04}
    )
    truth, reasons = made.truth, made.responses.reasons
    assert truth["careless"].value_counts().to_dict() == {"": 180, "straight": 12, "random": 8}
    stopped = truth["last_page"] != ""
    assert stopped.sum() == 20 and not (stopped & (truth["careless"] != "")).any()
    stayed = reasons[~stopped]
    assert abs((stayed == "blank").to_numpy().mean() - 0.05) < 0.005
    fives = [n for n in made.responses.items if made.responses.instrument.item(n).scale.missing]
    assert abs((stayed[fives] == "dont_know").to_numpy().mean() - 0.03) < 0.005
    assert np.array_equal(made.responses.frame[list(reasons)].isna(), reasons != "")


def test_who_breaks_off_answers_whole_pages_and_then_nothing(core: cg.Instrument, clean: cg.Responses) -> None:
    made = field_behaviour(clean, seed=5, break_off=0.2)
    pages = [c.id for c in core.constructs]
    broke = made.truth[made.truth["last_page"] != ""]
    assert len(broke) == 40 and broke["last_page"].nunique() > 5
    for row, page in broke["last_page"].items():
        for k, construct in enumerate(core.constructs):
            blank = made.responses.frame.loc[row, list(construct.all_items)].isna()
            assert blank.all() if k > pages.index(page) else not blank.any()


def test_careless_answers_look_careless(clean: cg.Responses) -> None:
    made = field_behaviour(clean, seed=6, careless={"straight": 0.2, "random": 0.2}, start="2026-09-07")
    kind = made.truth["careless"]
    found = cg.screen(made.responses).respondents.set_index("row").loc[kind.index]
    assert (found.loc[kind == "straight", "straight_lining"] == 1).all()
    assert found.loc[kind == "straight", "irv"].quantile(0.1) < found.loc[kind == "", "irv"].min()
    assert found.loc[kind == "random", "irv"].median() > found.loc[kind == "", "irv"].median()
    seconds = found["seconds_per_answer"]
    assert seconds[kind == ""].min() > 2 > seconds[kind != ""].quantile(0.75)
    assert (
        found.loc[kind == "", "attention_failed"].mean() < 0.1 < found.loc[kind == "random", "attention_failed"].mean()
    )


def test_offices_and_weights() -> None:
    where = draw_offices(60, DISTRICTS, seed=1)
    assert where["office"].value_counts().to_dict() == {f"K0{k}": 10 for k in range(1, 7)}
    assert abs(where["weight"].mean() - 1) < 1e-3
    share = where.groupby("district")["weight"].sum() / where["weight"].sum()
    assert np.allclose(share, [0.9, 0.1], atol=1e-3)
    assert set(where["area"]) == {"city", "regency"}


def test_profiles(core: cg.Instrument) -> None:
    who = draw_profile(core, 2000, {"sex": {"female": 0.7, "male": 0.3}, "age": (18, 20)}, seed=1)
    assert abs((who["sex"] == "female").mean() - 0.7) < 0.04 and set(who["age"]) == {"18", "19", "20"}
    with pytest.raises(OptionError, match=r"has no question 'sexx'\. Did you mean 'sex'"):
        draw_profile(core, 5, {"sexx": {"female": 1}}, seed=1)
    with pytest.raises(OptionError, match=r"no choice femal\. Did you mean 'female'"):
        draw_profile(core, 5, {"sex": {"femal": 1}}, seed=1)


@pytest.mark.parametrize("values", ["codes", "labels"])
@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("groups", [False, True])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_kobo_files_are_read_back(
    arrived: cg.Responses, tmp_path: Path, values: str, language: str, groups: bool, ending: str
) -> None:
    path = write_kobo(arrived, tmp_path / f"a.{ending}", values=values, language=language, groups=groups)
    back = cg.read_responses(path, "cgsurvey_core")
    assert back.provenance.source == "kobo" and len(back) == len(arrived)
    assert back.provenance.language == (language if values == "labels" else "")
    pd.testing.assert_frame_equal(back.frame[list(arrived.items)], arrived.frame[list(arrived.items)])
    pd.testing.assert_frame_equal(back.reasons[list(arrived.items)], arrived.reasons[list(arrived.items)])
    for name in ("role", "sex", "office", "district"):
        assert back.frame[name].astype("str").tolist() == arrived.frame[name].astype("str").tolist()
    assert np.allclose(back.frame["weight"].astype(float), arrived.frame["weight"])


def test_google_forms_files_are_read_back(arrived: cg.Responses, tmp_path: Path) -> None:
    for language in ("id", "en"):
        back = cg.read_responses(
            write_google_forms(arrived, tmp_path / f"{language}.csv", language=language), "cgsurvey_core"
        )
        assert back.provenance.source == "google_forms" and back.provenance.language == language
        pd.testing.assert_frame_equal(back.frame[list(arrived.items)], arrived.frame[list(arrived.items)])
        assert back.frame["age"].astype(float).between(20, 60).all()


def test_a_form_without_times_has_no_time_stamp(clean: cg.Responses, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="time stamp"):
        write_google_forms(clean, tmp_path / "a.csv")


def test_more_careless_people_than_people(clean: cg.Responses) -> None:
    with pytest.raises(OptionError, match="together exceed"):
        field_behaviour(clean, seed=1, break_off=0.7, careless={"random": 0.7})
    with pytest.raises(OptionError, match="Did you mean 'random'"):
        field_behaviour(clean, seed=1, careless={"randon": 0.1})
    with pytest.raises(OptionError, match=r"cg\.simulate"):
        field_behaviour(cg.read_responses(pd.DataFrame({"a": [1]})), seed=1)
