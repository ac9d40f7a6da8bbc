"""Models written from constructs: their syntax, their degrees of freedom, that they are identified, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from cgsurvey.base.errors import ModelError, OptionError
from cgsurvey.base.model import Model
from cgsurvey.instrument import Construct, Instrument, Item, Proposal, Scale, list_instruments, load_instrument
from cgsurvey.instrument.check import HYPOTHESIS
from cgsurvey.instrument.writing import KINDS
from cgsurvey.sem.model.placement import structure
from cgsurvey.sem.model.ram import jacobian
from cgsurvey.sem.model.table import ParameterTable, parameter_table

CORE = load_instrument("cgsurvey_core")
SHORT = load_instrument("cgsurvey_short")
SATISFACTION = "satisfaction ~ service_quality\ntrust_gov ~ satisfaction"
SIX = """\
service_quality ~ principled_engagement + shared_motivation + leadership + resources
    + knowledge + institutional_arrangements"""


def rows(model: Model, op: str) -> dict[str, tuple[str, ...]]:
    """Return lhs -> rhs of the rows that the model's text makes for an operator."""
    table = parameter_table(model, kind="sem")
    out: dict[str, tuple[str, ...]] = {}
    for left, o, right in zip(table.lhs, table.op, table.rhs, strict=True):
        if o == op:
            out[left] = (*out.get(left, ()), right)
    return out


def degrees_of_freedom(table: ParameterTable) -> int:
    p = len(table.observed)
    return p * (p + 1) // 2 - structure(table).q


def undetermined(table: ParameterTable, seed: int = 1) -> int:
    """Return how many free parameters the moments do not determine, at a random interior point (0: identified)."""
    made = structure(table)
    rng = np.random.default_rng(seed)
    theta = np.empty(made.q)
    low = {"=~": 0.6, "~": 0.2, "~~": 0.05}
    for left, op, right, k in zip(table.lhs, table.op, table.rhs, table.free, strict=True):
        if k:
            theta[k - 1] = rng.uniform(0.5, 0.9) if left == right else low[op] + rng.uniform(0, 0.2)
    derivative = jacobian(made, theta)[0]
    scaled = derivative / np.linalg.norm(derivative, axis=0)
    return made.q - int(np.linalg.matrix_rank(scaled, tol=1e-8))


# Degrees of freedom of lavaan 0.6-14: fitMeasures(sem(model, sample.cov, sample.nobs = 1000), "df").
LAVAAN_DF = {
    ("en_dynamics", "three_factor"): 816,
    ("en_dynamics", "six_factor"): 804,
    ("en_dynamics", "first_order"): 753,
    ("en_dynamics", "bifactor"): 777,
    ("psq", "bifactor"): 150,
    ("digital_path", "second_order"): 8,
    ("digital_path", "first_order"): 8,
    ("digital_path", "one_factor"): 9,
    ("cgsurvey_core", "M1"): 1806,
    ("cgsurvey_core", "M2"): 2187,
    ("cgsurvey_core", "M3"): 180,
    ("cgsurvey_core", "M4"): 483,
    ("cgsurvey_core", "M5"): 1806,
    ("cgsurvey_short", "M1"): 113,
    ("cgsurvey_short", "first_order"): 152,
    ("cgsurvey_short", "one_factor"): 170,
}


@pytest.mark.parametrize(("name", "kind"), LAVAAN_DF)
def test_degrees_of_freedom_are_those_of_lavaan(name: str, kind: str) -> None:
    table = parameter_table(load_instrument(name).model(kind), kind="sem")
    assert degrees_of_freedom(table) == LAVAAN_DF[name, kind]


def written() -> list[tuple[str, Model]]:
    out: list[tuple[str, Model]] = []
    for name in list_instruments()["name"]:
        one = load_instrument(name)
        out += [(f"{name}.{m}", model) for m, model in one.models.items()]
        for kind in KINDS:
            try:
                out.append((f"{name}.{kind}", one.model(kind)))
            except ModelError as error:
                assert "bifactor" in str(error) or "gives no measurement model" in str(error)
    out += [(f"core.{c.id}", CORE.model(constructs=c.id, reflective=c.id)) for c in CORE.constructs]
    out.append(("core.six_factor with paths", CORE.model("six_factor", paths=SIX)))
    out.append(("short with single items", SHORT.model(paths=SATISFACTION, variances={"sat1": 0.9, "trg1": 0.8})))
    return out


WRITTEN = written()


@pytest.mark.parametrize("model", [m for _, m in WRITTEN], ids=[n for n, _ in WRITTEN])
def test_every_model_is_read_and_identified(model: Model) -> None:
    table = parameter_table(model, kind="sem")
    assert degrees_of_freedom(table) >= 0
    assert undetermined(table) == 0
    assert max(map(len, model.splitlines())) <= 120


def test_what_is_not_identified_is_seen_by_the_check_above() -> None:
    assert undetermined(parameter_table("f =~ x1 + x2\ng =~ x3 + x4\nh =~ f + g", kind="cfa")) > 0


@pytest.mark.parametrize("one", [CORE, SHORT], ids=["core", "short"])
def test_hypotheses_name_parameters_of_their_model(one: Instrument) -> None:
    assert list(one.hypotheses) == [f"H{i + 1}" for i in range(len(one.hypotheses))]
    for proposal in one.proposals:
        table = parameter_table(one.models[proposal.name], kind="sem")
        there = {(left, op, right) for left, op, right in zip(table.lhs, table.op, table.rhs, strict=True)}
        defined = {left for left, op, _ in there if op == ":="}
        for statement in proposal.hypotheses.values():
            found = HYPOTHESIS.match(statement)
            assert found is not None
            assert (found["lhs"], found["op"], found["rhs"]) in there or found["lhs"] in defined


def test_second_order_and_first_order() -> None:
    psq = load_instrument("psq")
    measured = rows(psq.model(), "=~")
    assert measured["service_quality"] == tuple(e.id for e in psq.construct("service_quality").elements)
    assert measured["psq_empathy"] == ("emp1", "emp2", "emp3", "emp4r")
    assert "service_quality" not in rows(psq.model("first_order"), "=~")
    assert rows(psq.model("one_factor"), "=~") == {"service_quality": psq.item_names}
    assert rows(CORE.model("first_order", constructs=["discovery", "satisfaction"]), "=~") == {
        "discovery": ("pe_dis1", "pe_dis2", "pe_dis3"),
        "satisfaction": ("sat1", "sat2", "sat3"),
    }


def test_bifactor_has_uncorrelated_factors_of_variance_one() -> None:
    table = parameter_table(load_instrument("psq").model("bifactor"), kind="cfa")
    factors = set(table.latents)
    between = [
        (a == b, k, v)
        for a, op, b, k, v in zip(table.lhs, table.op, table.rhs, table.free, table.value, strict=True)
        if op == "~~" and {a, b} <= factors
    ]
    assert len(factors) == 6 and len(between) == 21
    assert all(k == 0 and v == float(same) for same, k, v in between)
    with pytest.raises(ModelError, match="three specific factors"):
        load_instrument("digital_path").model("bifactor")


def test_paths_choose_what_is_measured() -> None:
    model = CORE.model(
        paths=["service_quality ~ shared_motivation", "satisfaction ~ service_quality  # not leadership"]
    )
    assert set(rows(model, "~")) == {"service_quality", "satisfaction"}
    top = set(rows(model, "=~"))
    assert {"shared_motivation", "mutual_trust", "service_quality", "satisfaction"} <= top
    assert not {"principled_engagement", "leadership", "collab_culture"} & top
    both = CORE.model(paths="service_quality ~ mutual_trust + shared_motivation")
    assert rows(both, "=~")["mutual_trust"] == ("sm_tru1", "sm_tru2", "sm_tru3", "sm_tru4r")
    assert str(both).count("mutual_trust =~") == 1


def test_named_models() -> None:
    assert str(CORE.model("structural")) == str(CORE.models["M1"]) and CORE.models["M1"].name == "M1"
    assert CORE.models["M1"].titles["id"].startswith("Dinamika")
    assert str(CORE.models["M5"]) == str(CORE.models["M1"])
    assert rows(CORE.model("six_factor"), "=~").keys() == {
        "principled_engagement",
        "shared_motivation",
        "leadership",
        "resources",
        "knowledge",
        "institutional_arrangements",
    }
    assert rows(CORE.model("six_factor", paths=SIX), "~")["service_quality"][0] == "principled_engagement"
    with pytest.raises(OptionError, match=r"'cgsurvey_short' has no model 'M2'. .*Models of its own: M1, M5"):
        SHORT.model("M2")
    with pytest.raises(OptionError, match=r"no model 'second_ordr'. Did you mean 'second_order'"):
        SHORT.model("second_ordr")
    with pytest.raises(OptionError, match="has its own constructs"):
        CORE.model("M1", constructs="satisfaction")
    with pytest.raises(OptionError, match="proposes no structural model"):
        load_instrument("culture").model("structural")
    with pytest.raises(OptionError, match=r"no construct 'satisfction'. Did you mean 'satisfaction'"):
        CORE.model(constructs=["satisfction"])


def test_labels_hold_the_words_of_all_that_is_used() -> None:
    model = CORE.models["M2"]
    table = parameter_table(model, kind="sem")
    defined = {left for left, op in zip(table.lhs, table.op, strict=True) if op == ":="}
    assert set(model.labels) == {*table.observed, *table.latents, *defined}
    assert model.labels["collaborative_governance"]["id"] == "Tata kelola kolaboratif"
    assert model.labels["pe_dis1"]["en"].startswith("The partners openly")
    assert load_instrument("psq").model("bifactor").labels["general_factor"]["id"] == "Faktor umum"


def test_composites_are_never_factors_by_accident() -> None:
    assert CORE.composites.keys() == {"collab_outcome", "starting_conditions", "institutional_design", "ikm"}
    assert {e.kind for e in CORE.construct("starting_conditions").elements} == {"composite"}
    for kind in ("first_order", "second_order", "direct", "one_factor"):
        items = {i for right in rows(CORE.model(kind), "=~").values() for i in right}
        assert not items & {i for block in CORE.composites.values() for i in block}
    with pytest.raises(ModelError) as caught:
        CORE.model(constructs=["satisfaction", "institutional_design"])
    assert "institutional_design of 'cgsurvey_core': a composite is made up by its items" in str(caught.value)
    assert "reflective=['institutional_design']" in str(caught.value)
    with pytest.raises(ModelError, match="'ikm' gives no measurement model: all its constructs are composites"):
        load_instrument("ikm").model()
    forced = CORE.model(constructs="institutional_design", reflective="institutional_design")
    assert rows(forced, "=~") == {"institutional_design": ("ag_id1", "ag_id2", "ag_id3", "ag_id4")}
    wide = CORE.model("direct", constructs="starting_conditions", reflective=["starting_conditions"])
    assert rows(wide, "=~") == {"starting_conditions": ("ag_sc1r", "ag_sc2", "ag_sc3", "ag_sc4r")}


def test_a_composite_in_a_path_is_an_observed_variable() -> None:
    table = parameter_table(CORE.models["M3"], kind="sem")
    assert {"starting_conditions", "institutional_design", "collab_outcome"} <= set(table.observed)
    assert "# starting_conditions: composite" in CORE.models["M3"]
    covary = {
        frozenset((a, b)) for a, op, b in zip(table.lhs, table.op, table.rhs, strict=True) if op == "~~" and a != b
    }
    outside = ("starting_conditions", "institutional_design", "facilitative_leadership")
    assert {frozenset((a, b)) for a in outside for b in outside if a < b} == covary
    model = CORE.model(
        paths="collaborative_governance =~ satisfaction + trust_gov\ncollaborative_governance ~\n  collab_outcome"
    )
    assert "~~" not in model.splitlines()[3] and "collab_outcome ~~" not in model


def test_single_items_with_a_stated_reliability() -> None:
    free = SHORT.model(paths=SATISFACTION)
    assert "sat1 ~~ 0*sat1  # reliability 0.7 is used when variances= is given" in free
    given = SHORT.model(paths=SATISFACTION, variances={"sat1": 0.9, "trg1": 0.8, "tan1": 1.0})
    assert "sat1 ~~ 0.27*sat1" in given and "trg1 ~~ 0.24*trg1" in given and "satisfaction =~ 1*sat1" in given
    with pytest.raises(OptionError, match="the variance of sat1 is not above 0"):
        SHORT.model(paths=SATISFACTION, variances={"sat1": 0.0})
    bare = Instrument.from_items({"one": ["x1"], "two": ["x2", "x3"]})
    assert "x1 ~~ 0*x1  # single item, taken as free of error" in bare.model()


def test_a_factor_that_stands_alone_with_two_indicators_has_equal_loadings() -> None:
    one = Instrument.from_items({"f": ["x1", "x2"], "g": ["x3", "x4", "x5"]})
    assert "f =~ 1*x1 + 1*x2" in one.model(constructs="f")
    assert "f =~ x1 + x2" in one.model()
    assert "digital_path =~ 1*system_mediated + 1*data_transparency" in load_instrument("digital_path").model()


def test_paths_that_no_factor_can_carry() -> None:
    with pytest.raises(ModelError, match="service_quality has elements and is no factor in a first-order model"):
        CORE.model("first_order", paths="satisfaction ~ service_quality")
    for kind in ("one_factor", "bifactor"):
        with pytest.raises(OptionError, match="no constructs between which paths could run"):
            CORE.model(kind, paths="satisfaction ~ service_quality")


def test_a_composite_element_of_a_reflective_dimension_is_observed() -> None:
    scale = Scale.between(1, 5)
    items = tuple(Item(f"x{i}", scale, {"en": f"x{i}"}) for i in range(1, 7))
    parts = tuple(Construct(n, {"en": n}, items=tuple(f"x{i}" for i in at)) for n, at in (("a", (1, 2)), ("b", (3, 4))))
    last = Construct("c", {"en": "c"}, items=("x5", "x6"), kind="composite")
    one = Instrument("t", items, (Construct("d", {"en": "d"}, (*parts, last)),), title={"en": "t"})
    assert rows(one.model(), "=~") == {"a": ("x1", "x2"), "b": ("x3", "x4"), "d": ("a", "b", "c")}
    assert "c: composite" in one.model()
    assert rows(one.model("first_order"), "=~") == {"a": ("x1", "x2"), "b": ("x3", "x4")}
    assert rows(one.model("direct"), "=~") == {"d": ("x1", "x2", "x3", "x4")}
    assert rows(one.model("direct", reflective="c"), "=~") == {"d": ("x1", "x2", "x3", "x4", "x5", "x6")}


def test_a_whole_model_of_its_own() -> None:
    scale = Scale.between(1, 5)
    items = tuple(Item(f"x{i}", scale, {"en": f"x{i}"}) for i in range(1, 4))
    own = Proposal(
        "whole", {"en": "Whole"}, measurement="none", syntax="f =~ x1 + x2 + x3\nf ~~ 1*f", labels={"f": {"en": "F"}}
    )
    one = Instrument("t", items, title={"en": "t"}, proposals=(own,))
    assert str(one.models["whole"]) == "f =~ x1 + x2 + x3\nf ~~ 1*f\n" and one.models["whole"].labels["f"] == {
        "en": "F"
    }
    with pytest.raises(ModelError, match="it has no constructs"):
        one.model()


def test_paths_between_composites_alone_make_a_path_model() -> None:
    model = CORE.model(paths="collab_outcome ~ starting_conditions + institutional_design")
    table = parameter_table(model, kind="sem")
    assert table.latents == () and set(table.observed) == {
        "collab_outcome",
        "starting_conditions",
        "institutional_design",
    }
    with pytest.raises(ModelError, match="names none of them"):
        CORE.model(paths="y ~ x")
