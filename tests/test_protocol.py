"""The protocol that every result class keeps: frozen, picklable, no answers inside, named columns, saved whole."""

from __future__ import annotations

import dataclasses
import importlib
import pickle
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.base.glossary import unknown_columns

TRUST, QUALITY = ["tru1", "tru2", "tru3"], ["sq1", "sq2", "sq3"]
ITEMS = TRUST + QUALITY
CONSTRUCTS = {"trust": TRUST, "quality": QUALITY}
MEASUREMENT = "trust =~ tru1 + tru2 + tru3\nquality =~ sq1 + sq2 + sq3"
STRUCTURE = f"{MEASUREMENT}\nquality ~ trust"


def field_file(n: int = 240) -> pd.DataFrame:
    """Answers on 1..5 to two constructs in twelve offices; a few are missing."""
    rng = np.random.default_rng(11)
    office = np.repeat(np.arange(12), n // 12)
    trust = rng.normal(size=12)[office] + rng.normal(size=n)
    quality = 0.6 * trust + rng.normal(size=n)
    x = np.column_stack([trust] * 3 + [quality] * 3) + 0.8 * rng.normal(size=(n, 6))
    frame = pd.DataFrame(np.clip(np.round(3 + x), 1, 5), columns=ITEMS)
    frame.loc[rng.choice(n, 10, replace=False), "sq2"] = np.nan
    return frame.assign(office=[f"office {i}" for i in office])


def linked(data: pd.DataFrame) -> cg.Result:
    partners, users = data.drop(columns=QUALITY), data.drop(columns=TRUST)
    found = cg.link(partners, users, on="office", constructs={"trust": TRUST}).linkage
    assert found is not None
    return found


def hypotheses(data: pd.DataFrame) -> cg.Result:
    from cgsurvey.sem.hypotheses import test_hypotheses as decide

    return decide(cg.sem(STRUCTURE, data), {"H1": "quality ~ trust > 0"})


def study(data: pd.DataFrame) -> cg.Result:
    from cgsurvey.study.plan import Plan

    parts = {"reliability": cg.reliability(data, CONSTRUCTS), "measurement": cg.cfa(MEASUREMENT, data)}
    return cg.StudyResult(plan=Plan(), parts=parts, notes=parts["reliability"].notes)


def changed_plan(data: pd.DataFrame) -> cg.Result:
    from cgsurvey.base.registration import Registration

    changed = pd.DataFrame({"section": ["screening"], "key": ["longstring"], "planned": ["12"], "run": ["8"]})
    return Registration(deviations=changed, registered="2026-01-02T08:00:00+07:00", sha256="ab", sha256_run="cd")


def elements(data: pd.DataFrame) -> pd.DataFrame:
    """Nine elements of the satisfaction index that go with the items of trust."""
    rng = np.random.default_rng(3)
    noise = rng.integers(-1, 2, size=(len(data), 9))
    made = {f"U{k + 1}": (data[TRUST[k % 3]] - 1 + noise[:, k]).clip(1, 4) for k in range(9)}
    return data.assign(**made)


EXAMPLES: Mapping[str, Callable[[pd.DataFrame], cg.Result]] = {
    "Screening": lambda d: cg.screen(d, items=ITEMS),
    "Description": lambda d: cg.describe(d, items=ITEMS),
    "KAnonymity": lambda d: cg.k_anonymity(d.assign(sex=["f", "m"] * (len(d) // 2)), ["office", "sex"], k=15),
    "Normality": lambda d: cg.normality(d, ITEMS, by="office"),
    "NonresponseBias": lambda d: cg.nonresponse_bias(d, CONSTRUCTS, profile=["office"]),
    "SurveyEstimates": lambda d: cg.survey_estimates(d, TRUST, by="office"),
    "SurveyRegression": lambda d: cg.survey_regression("sq1 ~ tru1 + tru2", d, design=cg.Design(cluster="office")),
    "Representativeness": lambda d: cg.representativeness(d, {"office": {f"office {i}": 1 / 12 for i in range(12)}}),
    "IntraclassCorrelation": lambda d: cg.icc(d, TRUST),
    "Agreement": lambda d: cg.rwg(d, "office", {"trust": TRUST}, scale=(1, 5)),
    "Linkage": linked,
    "McarTest": lambda d: cg.mcar_test(d, ITEMS),
    "Missingness": lambda d: cg.missingness(d, ITEMS),
    "Factorability": lambda d: cg.factorability(d, ITEMS),
    "ParallelAnalysis": lambda d: cg.parallel_analysis(d, ITEMS, seed=1, iterations=20),
    "FactorAnalysis": lambda d: cg.efa(d, ITEMS, factors=2),
    "Reliability": lambda d: cg.reliability(d, CONSTRUCTS),
    "Omega": lambda d: cg.omega(d, {"all": ITEMS}),
    "Retest": lambda d: cg.test_retest(
        d.assign(person=range(len(d))), d[::-1].assign(person=range(len(d))), on="person", constructs={"trust": TRUST}
    ),
    "ExpertJudgement": lambda d: cg.aiken_v(d[TRUST].head(6), 1, 5),
    "Validity": lambda d: cg.validity(d, CONSTRUCTS),
    "DiscriminantValidity": lambda d: cg.discriminant_validity(d, CONSTRUCTS),
    "ExclusionSensitivity": lambda d: cg.exclusion_sensitivity(
        cg.screen(d, items=ITEMS), "duplicates", "longstring", constructs=CONSTRUCTS, model=STRUCTURE
    ),
    "CommonMethod": lambda d: cg.common_method(d, CONSTRUCTS),
    "Rivals": lambda d: cg.rivals(d, constructs=CONSTRUCTS),
    "Regression": lambda d: cg.regress(d, ["sq1 ~ tru1", "sq1 ~ tru1 + tru2"], mediator="sq3", cluster="office"),
    "GroupComparison": lambda d: cg.compare_groups(d, ITEMS, by="office"),
    "Correlations": lambda d: cg.correlate(d, ITEMS),
    "CrossTable": lambda d: cg.crosstab(d, "office", "tru1", seed=1, replicates=100),
    "ServiceQuality": lambda d: cg.service_quality(
        d, {"trust": TRUST}, expectations=dict(zip(TRUST, QUALITY, strict=True)), outcome="sq1", scale=(1, 5)
    ),
    "ImportancePerformance": lambda d: cg.ipa(
        d, performance=TRUST, importance="relative weights", outcome="sq1", resamples=100, seed=1
    ),
    "Drivers": lambda d: cg.drivers(cg.sem(STRUCTURE, d, missing="fiml"), d, scale=(1, 5)),
    "SemFit": lambda d: cg.sem(STRUCTURE, d, missing="fiml"),
    "Mediation": lambda d: cg.mediation("sq3 ~ tru1 + sq1\nsq1 ~ tru1", d, seed=1),
    "Verification": lambda d: cg.report([cg.reliability(d, CONSTRUCTS)], figures=False).verify(),
    "SimpleSlopes": lambda d: cg.sem("sq1 ~ tru1 + sq3 + tru1:sq3", d).simple_slopes("sq1", "tru1", "sq3"),
    "PooledFit": lambda d: cg.cfa(MEASUREMENT, [d.fillna({"sq2": k}) for k in (2, 3, 4)]),
    "CrossCheck": lambda d: cg.cfa(MEASUREMENT, d).cross_check(d),
    "Hypotheses": hypotheses,
    "WaldTest": lambda d: cg.cfa(f"{MEASUREMENT}\ntrust ~~ a*quality", d).wald("a == 0"),
    "ScoreTest": lambda d: cg.cfa("trust =~ tru1 + a*tru2 + a*tru3", d, estimator="MLR").score_test(),
    "Comparison": lambda d: cg.compare(cg.cfa(MEASUREMENT, d), cg.cfa(f"{MEASUREMENT}\ntrust ~~ 0*quality", d)),
    "Invariance": lambda d: cg.invariance(
        MEASUREMENT, d.assign(site=["a", "b"] * (len(d) // 2)), group="site", partial=True
    ),
    "SampleSize": lambda d: cg.sample_size("cochran", 985, response_rate=0.6),
    "Allocation": lambda d: cg.allocate(30, {"city": 600, "town": 40}, method="neyman", sd={"city": 1, "town": 2}),
    "Power": lambda d: cg.power("f =~ .7*x1 + .7*x2 + .7*x3\ny ~ .3*f", [60, 120], seed=1, replications=50),
    "Activities": lambda d: cg.activities(pd.DataFrame({"act_aid": [0, 1, 3], "act_planning": [3, 3, 0]})),
    "Ladder": lambda d: cg.ladder(
        pd.DataFrame({"of": ["a", "b", "a"], "about": ["b", "a", "c"], "wog_step": [4, 3, 9]}), "of", "about"
    ),
    "Criteria": lambda d: cg.criteria(pd.DataFrame({"crit_formal": ["yes", "no", "yes"]})),
    "Exchange": lambda d: cg.exchange(
        pd.DataFrame({"of": ["a", "b", "a"], "about": ["b", "a", "c"], "act_grant_give": [3, 1, 2]}), "of", "about"
    ),
    "Forms": lambda d: cg.forms(pd.DataFrame({"collab_forms": ["policy oversight", "capacity policy", "policy"]})),
    "Strains": lambda d: cg.harms(pd.DataFrame({"hmi1": [4, 2, 1], "hmi2": [5, 3, 2], "hmb1": [2, 4, 4]})),
    "Explanation": lambda d: cg.why_different(
        None, "12.34", quantity="chisq", program="AMOS", result=cg.sem(STRUCTURE, d), data=d
    ),
    "Fragility": lambda d: cg.fragility(
        STRUCTURE, d, estimators=("MLR", "WLSMV"), screening=cg.screen(d, items=ITEMS, longstring=6), leave_out="office"
    ),
    "SatisfactionIndex": lambda d: cg.ikm(elements(d), by="office"),
    "IndexLink": lambda d: cg.ikm_link(elements(d), {"quality": QUALITY}),
    "Registration": changed_plan,
    "StudyResult": study,
}
# One row per respondent is what they are for; they hold indices of answering, never answers.
PER_RESPONDENT = {"Screening"}


def result_classes() -> set[str]:
    for module in pkgutil.walk_packages(cg.__path__, "cgsurvey."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, waiting = set(), [cg.Result]
    while waiting:
        for cls in waiting.pop().__subclasses__():
            waiting.append(cls)
            if cls.__module__.startswith("cgsurvey."):
                found.add(cls.__name__)
    return found


def test_every_result_class_has_an_example():
    assert result_classes() == set(EXAMPLES)


@pytest.fixture(scope="module")
def data() -> pd.DataFrame:
    return field_file()


@pytest.fixture(scope="module", params=list(EXAMPLES))
def result(request: pytest.FixtureRequest, data: pd.DataFrame) -> cg.Result:
    made = EXAMPLES[request.param](data)
    assert type(made).__name__ == request.param
    return made


def same(a: cg.Result, b: cg.Result) -> None:
    pd.testing.assert_frame_equal(a.tidy(), b.tidy())
    pd.testing.assert_frame_equal(a.glance(), b.glance())
    assert a.notes == b.notes
    assert [n.render("id") for n in a.notes] == [n.render("id") for n in b.notes]
    assert a.meta == b.meta


def test_frozen_and_keyword_only(result):
    for field in dataclasses.fields(result):
        assert field.kw_only
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(result, field.name, None)


def test_pickled_and_back(result):
    same(result, pickle.loads(pickle.dumps(result)))


def test_saved_and_read_back(result, tmp_path):
    again = cg.load_result(result.save(tmp_path / "result"))
    assert type(again) is type(result)
    same(result, again)


def test_columns_stand_in_the_glossary(result):
    tidy, glance = result.tidy(), result.glance()
    assert len(tidy) and len(glance) == 1
    assert unknown_columns([*tidy.columns, *glance.columns]) == []


def test_tables_have_no_text_where_numbers_belong(result):
    for name, column in result.tidy().items():
        numeric = [v for v in column if isinstance(v, int | float | np.number)]
        assert not (numeric and any(isinstance(v, str) for v in column)), f"{name} mixes numbers and text"


def test_page_and_text(result):
    html, text = result._repr_html_(), result.summary()
    assert html.count("<table") >= 1 and type(result).__name__ in html
    assert "color:" not in html.replace("currentColor", "") and "background" not in html
    assert type(result).__name__ in text
    assert all(n.text in text for n in result.notes)


def test_shown_in_a_line(result):
    shown = repr(result)
    assert shown.startswith(f"<{type(result).__name__} ") and "\n" not in shown and len(shown) < 600
    assert str(result) == result.summary() and result == result and hash(result)


def test_origin(result):
    from cgsurvey.base.references import reference

    assert result.meta.versions["numpy"] == np.__version__
    assert all(reference(k) for k in result.meta.references)


def numbers_in(value: Any, seen: set[int] | None = None) -> Iterator[np.ndarray]:
    """Every table and array of numbers in a result, however deep."""
    seen = set() if seen is None else seen
    if id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, pd.DataFrame):
        yield value.select_dtypes("number").to_numpy(dtype=float, na_value=np.nan)
    elif isinstance(value, pd.Series):
        if pd.api.types.is_numeric_dtype(value):
            yield value.to_numpy(dtype=float, na_value=np.nan)
    elif isinstance(value, np.ndarray):
        if value.dtype.kind in "biuf":
            yield value.astype(float)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from numbers_in(part, seen)
    elif isinstance(value, list | tuple | set | frozenset):
        for part in value:
            yield from numbers_in(part, seen)
    elif hasattr(value, "__dict__") and type(value).__module__.startswith("cgsurvey."):
        yield from numbers_in(vars(value), seen)


def test_no_answers_inside(result, data):
    """No column of answers, keyed or not, stands anywhere in what is kept of a result."""
    kept = pickle.loads(pickle.dumps(result))
    columns = {name: data[name].to_numpy(float) for name in ITEMS}
    for table in numbers_in(kept):
        if not table.size:
            continue
        flat = table.reshape(-1, table.shape[-1]) if table.ndim > 1 else table.reshape(-1, 1)
        for part in (flat, flat.T):
            if len(part) < len(data):
                continue
            for vector in part.T:
                for name, answers in columns.items():
                    for shown in (answers, 6 - answers, answers[~np.isnan(answers)]):
                        assert not np.array_equal(vector[: len(shown)], shown, equal_nan=True), f"answers to {name}"


def test_results_do_not_grow_with_the_sample(result, data):
    """Whatever holds rows is larger for a sample twice the size; sums, tables and patterns are not."""
    if type(result).__name__ in PER_RESPONDENT:
        assert len(result.respondents) == len(data)
        return
    twice = EXAMPLES[type(result).__name__](pd.concat([data, data], ignore_index=True))
    assert len(pickle.dumps(twice)) < len(pickle.dumps(result)) + 8 * len(data)


def test_saved_files_name_no_folder(result, tmp_path: Path):
    import zipfile

    path = result.save(tmp_path / "result")
    with zipfile.ZipFile(path) as archive:
        content = archive.read("result.json").decode()
    assert str(Path.home()) not in content and str(tmp_path) not in content and str(Path.cwd()) not in content
