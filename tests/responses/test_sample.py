"""The sample data are what the script makes, are labelled as simulated, and hold the population that is recorded."""

from __future__ import annotations

import runpy
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

import cgsurvey as cg

FOLDER = Path(__file__).parents[2] / "data" / "sample"
POPULATION = yaml.safe_load((FOLDER / "population.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    runpy.run_path(str(FOLDER / "make_sample.py"), run_name="make_sample")["main"](folder)
    return folder


def test_the_script_makes_the_files_again(again: Path) -> None:
    made = {p.name for p in again.iterdir()}
    tables = {"same.csv", "partners.csv", "partners.xlsx", "users.csv", "expectations.csv", "partnership.csv"}
    assert made == tables | {"sample.yaml", "population.yaml"}
    for name in made - {"partners.xlsx"}:
        assert (again / name).read_bytes() == (FOLDER / name).read_bytes(), name
    with zipfile.ZipFile(again / "partners.xlsx") as new, zipfile.ZipFile(FOLDER / "partners.xlsx") as old:
        assert {n: new.read(n) for n in new.namelist()} == {n: old.read(n) for n in old.namelist()}
    assert sum(p.stat().st_size for p in FOLDER.iterdir() if p.is_file()) < 1_600_000


@pytest.mark.parametrize(
    ("name", "n", "source"), [("same", 600, "kobo"), ("partners", 300, "kobo"), ("users", 900, "google_forms")]
)
def test_samples_load(name: str, n: int, source: str) -> None:
    data = cg.load_sample(name)
    assert len(data) == n and data.simulated and data.provenance.source == source
    assert data.design is not None and data.design.cluster == "office" and data.frame["office"].nunique() == 30
    assert data.frame["district"].nunique() == 3
    assert (data.design.weights == "weight") is (name != "partners")
    stayed = ~data.frame.index.isin(POPULATION["careless"][name]["broke_off"])
    missing = data.reasons[list(data.items)][stayed].isin(["blank", "dont_know"]).to_numpy().mean()
    assert abs(missing - 0.01) < 0.0015
    assert sum(map(len, POPULATION["careless"][name].values())) == round(n * (0.07 if name != "users" else 0.04))


def test_expectations_hold_the_wishes_that_are_recorded() -> None:
    data = cg.load_sample("expectations")
    assert len(data) == 300 and data.simulated and data.frame["period"].nunique() == 3
    gaps = cg.service_quality(data, expectations="_e").gaps.set_index("dimension")
    for dimension, mean in POPULATION["wishes"]["expectation"].items():
        assert abs(gaps.loc[dimension, "expectation"] - mean) < 0.4
    assert cg.ikm(data, period="period").groups["ikm"].between(25, 100).all()
    assert len(cg.ipa(data, resamples=100, seed=1).table) == 20


def test_the_partnership_holds_what_was_put_in() -> None:
    truth = runpy.run_path(str(FOLDER / "make_sample.py"), run_name="make_sample")
    data = cg.load_sample("partnership")
    assert (
        len(data) == 3 * 8 * 7 and data.simulated and not data.reasons[list(data.items)].isin(["invalid"]).any().any()
    )
    gates = cg.criteria(data, unit="office").units.set_index("group")["verdict"]
    assert gates.to_dict() == dict(zip(sorted(truth["FORUMS"]), ("no", "yes", "partly"), strict=True))
    training = cg.exchange(data, "organisation", "about_partner").matrix("act_training")
    able = pd.Series({name: capacity[0] for name, (_, capacity) in truth["PARTNERS"].items()})
    assert training.mean(axis=1).corr(able) > 0.9
    found = cg.harms(data, by="role").table.set_index(["group", "construct"])["mean"]
    for role, means in truth["STRAINS"].items():
        assert abs(found[role, "hm_independence"] - means[4]) < 0.35
    assert (cg.reliability(data, ["ch_power", "hm_burden"]).tidy()["alpha"] > 0.6).all()


def test_the_workbook_holds_the_answers_of_the_text_file() -> None:
    book = cg.read_responses(FOLDER / "partners.xlsx", "cgsurvey_core")
    text = cg.load_sample("partners")
    pd.testing.assert_frame_equal(book.frame[list(text.items)], text.frame[list(text.items)])
    pd.testing.assert_frame_equal(book.reasons, text.reasons)


def test_screening_finds_those_who_did_not_read() -> None:
    rows = POPULATION["careless"]["same"]
    found = cg.screen(cg.load_sample("same")).respondents.set_index("row")
    assert (found.loc[rows["straight"], "flags"] > 0).mean() > 0.9
    assert (found.loc[rows["random"], "flags"] > 0).mean() > 0.9
    honest = found.drop(rows["straight"] + rows["random"] + rows["broke_off"])
    assert (honest["flags"] > 0).mean() < 0.06


def test_paths_of_the_same_respondents() -> None:
    """Scale means keep the order and, attenuated by their reliability, the size of the paths."""
    data = cg.load_sample("same")
    model = "\n".join(f"{outcome} ~ " + " + ".join(causes) for outcome, causes in POPULATION["paths"]["M1"].items())
    scores = means(data, ["principled_engagement", "shared_motivation", "capacity_joint_action", "service_quality"])
    fit = cg.sem(model, scores, missing="fiml", estimator="MLR", fixed_x=False)
    for row in fit.standardized().query("op == '~'").itertuples():
        truth = POPULATION["paths"]["M1"][row.lhs][row.rhs]
        assert row.ci_lower - 0.06 < truth < row.ci_upper + 0.06, (row.lhs, row.rhs)


def test_the_pair_holds_the_path_between_offices() -> None:
    partners, users = cg.load_sample("partners"), cg.load_sample("users")
    causes = list(POPULATION["paths"]["M1"]["service_quality"])
    X = means(partners, causes).groupby(partners.frame["office"]).mean()
    y = means(users, ["service_quality"])["service_quality"].groupby(users.frame["office"]).mean()
    Z, z = (X - X.mean()) / X.std(), (y - y.mean()) / y.std()
    b, rss, *_ = np.linalg.lstsq(Z.to_numpy(), z.to_numpy(), rcond=None)
    se = np.sqrt(np.diag(np.linalg.inv(Z.T @ Z)) * rss / (len(z) - 4))
    for name, estimate, error in zip(causes, b, se, strict=True):
        assert abs(estimate - POPULATION["paths"]["office_level_of_the_pair"][name]) < 2.06 * error, name
    gate = cg.link(partners, users, on="office").linkage.tidy().set_index("construct")
    assert gate.loc[causes, "icc1"].between(0.3, 0.5).all() and (gate.loc[causes, "verdict"] == "good").all()


def means(data: cg.Responses, constructs: list[str]) -> pd.DataFrame:
    instrument: Any = data.instrument
    keyed = data.keyed
    return pd.DataFrame({c: keyed[list(instrument.construct(c).all_items)].mean(axis=1) for c in constructs})
