"""The bank: what it holds, that it follows its sources, and how other packages add to it."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import openpyxl
import pytest
import yaml
from jsonschema import Draft202012Validator

from cgsurvey.base.data import shipped
from cgsurvey.base.errors import InstrumentError
from cgsurvey.base.references import reference
from cgsurvey.instrument import Instrument, list_instruments, load_instrument
from cgsurvey.instrument.bank import names

SIZES = {
    "en_dynamics": 42,
    "psq": 20,
    "outcome": 10,
    "ansell_gash": 26,
    "digital_path": 6,
    "culture": 7,
    "egov": 12,
    "ikm": 9,
    "profile": 0,
    "partnership": 46,
    "cgsurvey_theory": 46,
    "cgsurvey_core": 132,
    "cgsurvey_short": 20,
}
BANK = sorted(SIZES)
STUDIES = ("cgsurvey_core", "cgsurvey_short", "cgsurvey_theory")


def test_list_has_every_instrument_and_no_problem() -> None:
    listed = list_instruments().set_index("name")
    assert listed["n_items"].to_dict() == SIZES
    assert set(listed["problem"]) == {""} and set(listed["origin"]) == {"cgsurvey"}
    assert set(listed["languages"]) == {"id, en"} and set(listed["licence"]) == {"CC0-1.0"}
    assert listed.loc["outcome", "respondent"] == "partner, user" and listed.loc["psq", "respondent"] == "user"
    assert list_instruments("id").set_index("name").loc["ikm", "title"].startswith("Indeks Kepuasan")


@pytest.mark.parametrize("name", BANK)
def test_yaml_round_trip_and_pickle(name: str, tmp_path: Path) -> None:
    one = load_instrument(name)
    path = tmp_path / f"{name}.yaml"
    one.to_yaml(path)
    again = Instrument.from_file(path)
    assert again == one
    assert again.to_yaml() == path.read_text(encoding="utf-8")
    assert pickle.loads(pickle.dumps(one)) == one
    assert {n: m.titles for n, m in again.models.items()} == {n: m.titles for n, m in one.models.items()}


@pytest.mark.parametrize("name", BANK)
def test_every_word_is_there_in_both_languages(name: str) -> None:
    one = load_instrument(name)
    said = [
        one.title,
        one.description,
        *one.labels.values(),
        *(p.title for p in one.proposals),
        *(p.description for p in one.proposals),
    ]
    said += [c.label for s in one.scales.values() for c in s.choices]
    assert all(set(words) == {"en", "id"} and all(words.values()) for words in said)
    assert all(words["en"] != words["id"] or len(words["en"]) < 12 for words in one.labels.values())


@pytest.mark.parametrize("name", BANK)
def test_references_are_known(name: str) -> None:
    one = load_instrument(name)
    keys = {*one.references, *(k for p in one.proposals for k in p.sources), *(k for i in one.items for k in i.sources)}
    assert all(reference(k).title for k in keys)


@pytest.mark.parametrize("name", BANK)
def test_drafts_say_that_they_are_not_field_tested(name: str) -> None:
    one = load_instrument(name)
    assert [n.code for n in one.notes] == ["instrument.not_field_tested"]
    assert name in one.notes[0].text and "belum diuji" in one.notes[0].render("id")


def test_json_schema_is_current_and_accepts_the_bank() -> None:
    from cgsurvey.instrument.schema import json_schema_text

    folder = shipped("instruments")
    written = (folder / "schema.json").read_text(encoding="utf-8")
    assert written == json_schema_text(), "run: python -m cgsurvey.instrument.schema"
    validator = Draft202012Validator(json.loads(written))
    for name in BANK:
        text = (folder / f"{name}.yaml").read_text(encoding="utf-8")
        assert text.startswith("# yaml-language-server: $schema=schema.json\n")
        assert not [e.message for e in validator.iter_errors(yaml.safe_load(text))], name
    assert list(validator.iter_errors({"id": "x", "itemz": {}}))


def test_reverse_items_attention_check_and_scales() -> None:
    core = load_instrument("cgsurvey_core")
    turned = [i for i in core.items if i.reverse]
    assert {b: sum(i.block == b for i in turned) for b in ("en_dynamics", "psq", "ansell_gash")} == {
        "en_dynamics": 6,
        "psq": 3,
        "ansell_gash": 2,
    }
    assert all(i.name.endswith("r") for i in turned) and len(turned) == 11
    assert core.attention_checks == ("att1",) and "att1" not in core.item_names
    assert core.item("att1").expected == "2" and core.item("att1").scale.choice("2").score == 2
    agree = core.item("pe_dis1").scale
    assert agree.scores == (1, 2, 3, 4, 5) and (agree.min, agree.max) == (1, 5) and agree.missing == ("98",)
    assert core.item("U4").scale.choice("4").label["id"] == "Gratis"
    assert core.scoring[0].grades == {"A": 88.31, "B": 76.61, "C": 65.0, "D": 25.0}


def test_aliases_of_the_agreement_scales() -> None:
    shared = yaml.safe_load((shipped("instruments") / "scales.yaml").read_text(encoding="utf-8"))["scales"]

    def meaning(scale: str, word: str) -> str:
        return next(n for n, c in shared[scale]["choices"].items() if word in c["aliases"])

    assert [meaning("agree5", w) for w in ("STS", "TS", "N", "S", "SS")] == ["1", "2", "3", "4", "5"]
    assert {meaning("agree5", w) for w in ("R", "KS", "CS", "Ragu-ragu", "Kurang setuju", "Cukup setuju")} == {"3"}
    assert (meaning("agree4", "Kurang setuju"), meaning("agree4", "Cukup setuju")) == ("2", "3")


def test_who_is_asked_what() -> None:
    core = load_instrument("cgsurvey_core")
    partner, user = core.asked_of("partner"), core.asked_of("user")
    assert len(partner) == 42 + 26 + 6 + 7 + 4 and len(user) == 20 + 12 + 6 + 9
    assert set(partner) | set(user) == set(core.item_names) and not set(partner) & set(user)
    assert core.asked_of("civil") == partner and "out1" in partner and {"sat1", "trg1", "U1"} <= set(user)
    assert "att1" in core.asked_of("gov", checks=True) and "att1" not in core.asked_of("user", checks=True)
    with pytest.raises(InstrumentError, match=r"no role 'civl'. Did you mean 'civil'"):
        core.asked_of("civl")


def test_what_is_a_question_here_and_an_item_there_is_asked_once(tmp_path: Path) -> None:
    profile, block = load_instrument("profile"), load_instrument("partnership")
    asked = {q.name: q for q in profile.demographics}
    both = [i for i in block.items if i.name in asked]
    assert len(both) == 11 + 6 + 1
    for item in both:
        question = asked[item.name]
        assert item.label == question.label and question.scale is not None
        answers = [(c.name, c.score, c.label) for c in question.scale.choices]
        assert [(c.name, c.score, c.label) for c in item.scale.choices] == answers
    path = tmp_path / "both.yaml"
    head = "id: both\nversion: 0.1.0\ntitle: {en: Both, id: Keduanya}\nlanguages: [id, en]\n"
    path.write_text(f"{head}include: [cgsurvey_core, partnership]\n", encoding="utf-8")
    study = Instrument.from_file(path)
    assert len(study.item_names) == SIZES["cgsurvey_core"] + SIZES["partnership"]
    assert {q.name for q in study.demographics} == {*asked, "organisation", "about_partner"} - {i.name for i in both}


def test_short_form_follows_its_rule() -> None:
    core, short = load_instrument("cgsurvey_core"), load_instrument("cgsurvey_short")
    firsts = [next(i for i in e.items if not core.item(i).reverse) for d in core.constructs[:3] for e in d.elements]
    assert short.item_names == (*firsts, "tan1", "rel1", "res1", "ass1", "emp1", "sat1", "trg1", "out1")
    assert [c.id for c in short.constructs[:4]] == [
        "principled_engagement",
        "shared_motivation",
        "capacity_joint_action",
        "service_quality",
    ]
    assert [c.reliability for c in short.constructs[4:]] == [0.7, 0.7, 0.7]
    assert short.construct("service_quality").label == core.construct("service_quality").label
    assert {short.construct(c).respondent for c in ("satisfaction", "trust_gov")} == {"user"}
    assert all(short.item(i) == core.item(i) for i in short.item_names)
    assert set(short.models) == {"M1", "M5"} and {"M1", "M2", "M3", "M4", "M5"} <= set(core.models)


def test_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(InstrumentError, match=r"no instrument 'cgsurvey_cor'. Did you mean 'cgsurvey_core'\?"):
        load_instrument("cgsurvey_cor")
    with pytest.raises(InstrumentError, match=r"no instrument 'absent.yaml'"):
        load_instrument("absent.yaml")
    one = load_instrument("culture")
    assert load_instrument(one) is one


def test_other_packages_bring_instruments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "brought_pkg" / "instruments"
    folder.mkdir(parents=True)
    (tmp_path / "brought_pkg" / "__init__.py").write_text("")
    Instrument.from_items({"care": ["care1", "care2"]}, id="care_scale").to_yaml(folder / "care_scale.yaml")
    Instrument.from_items({"other": ["oth1", "oth2"]}, id="psq").to_yaml(folder / "psq.yaml")
    (folder / "broken.yaml").write_text("id: broken\n")
    info = tmp_path / "brought_pkg-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: brought-pkg\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[cgsurvey.instruments]\nhealth = brought_pkg:instruments\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert load_instrument("care_scale").item_names == ("care1", "care2")
    assert load_instrument("psq").item_names[0] == "tan1" and load_instrument("health/psq").item_names == (
        "oth1",
        "oth2",
    )
    listed = list_instruments().set_index("name")
    assert listed.loc["care_scale", "origin"] == "health"
    assert "version: is missing" in listed.loc["broken", "problem"]
    assert set(names()) == {*SIZES, "care_scale", "broken", "health/psq"}


@pytest.mark.reference
@pytest.mark.parametrize("name", sorted({*BANK} - {*STUDIES, "profile", "partnership"}))
def test_items_constructs_and_wordings_are_those_of_the_drafts(name: str, shared: Path) -> None:
    draft = yaml.safe_load((shared / "instruments" / f"{name}.yaml").read_text(encoding="utf-8"))
    one = load_instrument(name)
    assert [i.name for i in one.items] == [d["name"] for d in draft["items"]]
    assert [dict(i.label) for i in one.items] == [d["label"] for d in draft["items"]]
    assert [i.reverse for i in one.items] == [d.get("reverse", False) for d in draft["items"]]

    def tree(parts: list[dict]) -> list:
        return [(p["id"], tree(p.get("elements", [])), tuple(p.get("items", []))) for p in parts]

    def ours(parts: tuple) -> list:
        return [(c.id, ours(c.elements), c.items) for c in parts]

    assert ours(one.constructs) == tree(draft["constructs"])
    assert [c.kind for c in one.constructs] == [d.get("kind", "reflective") for d in draft["constructs"]]


@pytest.mark.reference
def test_core_agrees_with_the_kobo_form(shared: Path) -> None:
    book = openpyxl.load_workbook(shared / "data" / "kobo" / "cgsurvey_core_xlsform.xlsx", read_only=True)
    rows = [
        r[:4]
        for r in book["survey"].iter_rows(min_row=2, values_only=True)
        if r[0] and str(r[0]).startswith("select_one")
    ]
    core = load_instrument("cgsurvey_core")
    question = {q.name: q for q in core.demographics}["role"]
    assert (rows[0][1], rows[0][2], rows[0][3]) == ("role", question.label["id"], question.label["en"])
    asked = [(r[1], r[2], r[3]) for r in rows[1:]]
    assert sorted(asked) == sorted((i.name, i.label["id"], i.label["en"]) for i in core.items)
    lists: dict[str, list] = {}
    for name, code, indonesian, english, score, *_ in book["choices"].iter_rows(min_row=2, values_only=True):
        lists.setdefault(name, []).append((str(code), indonesian, english, score))
    used = {**core.scales, "role": question.scale}
    for name, choices in lists.items():
        assert [(c.name, c.label["id"], c.label["en"], c.score) for c in used[name].choices] == choices
    assert core.roles is not None and {*core.roles.partner, *core.roles.user} == {c[0] for c in lists["role"]}


def test_the_example_of_the_readme_is_read(tmp_path: Path) -> None:
    text = (shipped("instruments") / "README.md").read_text(encoding="utf-8")
    (tmp_path / "my_survey.yaml").write_text(text.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    one = load_instrument(tmp_path / "my_survey.yaml")
    assert one.item_names == ("sat1", "sat2", "sat3", "bel1", "bel2", "bel3r")
    assert one.construct("satisfaction").label["en"] == "Satisfaction" and one.item("sat1").respondent == "user"
    assert one.models["M1"].splitlines()[-1] == "satisfaction ~ belonging" and one.hypotheses.keys() == {"H1"}
    assert all(f"`{name}`" in text for name in BANK)
