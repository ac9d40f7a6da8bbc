"""What a form has and an instrument has not is told by name; conditions are kept, and come back from our own forms."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from pyxform.xls2xform import convert

from cgsurvey import Instrument, InstrumentError, load_instrument
from cgsurvey.instrument import Choice, Question, Scale
from cgsurvey.instrument.xlsform_logic import beyond, chosen, conjuncts, goes_on, one_of, together
from cgsurvey.instrument.xlsform_sheets import opened, table

Rows = list[list[object]]
CHOICES: Rows = [
    ["list_name", "name", "label", "region", "image"],
    ["agree", 5, "Yes", None, None],
    ["agree", 1, "No", None, "no.png"],
    ["town", "a", "A", "x", None],
    ["town", "b", "B", "y", None],
    ["never", "z", "Z", None, None],
    [None, "lost", "Lost", None, None],
]


def written(path: Path, sheets: dict[str, Rows]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def told(one: Instrument) -> dict[str, str]:
    return {n.code.removeprefix("instrument.xlsform_"): n.values["what"] for n in one.remarks}


@pytest.fixture
def foreign(tmp_path: Path) -> Instrument:
    """Return what is read of a form with one of everything that an instrument has no place for."""
    head = ["type", "name", "label", "hint", "relevant", "constraint", "constraint_message", "appearance", "required"]
    survey: Rows = [
        [*head, "calculation", "choice_filter", "media::image", None],
        ["start", "start"],
        ["deviceid", "device"],
        ["integer", "age", "Age", "In years", None, ". >= 17", "Too young", None, "yes"],
        ["calculate", "old", None, None, None, None, None, None, None, "${age} > 60"],
        ["begin group", "section", "Section", None, "${age} > 20"],
        ["select_one town", "my town", "Town", None, "${old} = 1", None, None, "minimal", "${age} > 3", None, "x=1"],
        ["text", "why", "Why?", None, "${my town} = 'a' or ${age} > 30", None, None, None, None, None, None, None, "!"],
        ["note", "hello", "Hello"],
        ["end group"],
        ["select_one agree", "q1", "One", None, None, None, None, "likert", None, None, None, "a.png"],
        ["text", "far", "Far", None, "pulldata('x', 'y', 'z', ${age}) = 1"],
        ["text", "off", "Off"],
    ]
    survey[0].append("disabled")
    survey[-1] += [None] * 10 + ["yes"]
    settings: Rows = [["form_title", "form_id", "style"], ["Title", "f", "pages"]]
    sheets = {"survey": survey, "choices": CHOICES, "settings": settings, "external_choices": [["a"], ["b"]]}
    return Instrument.from_xlsform(written(tmp_path / "foreign.xlsx", sheets))


def test_everything_that_is_dropped_is_named_with_sheet_and_row(foreign: Instrument) -> None:
    assert told(foreign) == {
        "sheets": "external_choices",
        "cells": "style (settings:2); choice_filter (survey:7); appearance minimal (survey:7); "
        "required ${age} > 3 (survey:7); (M) (survey:8); media::image (survey:11); image (choices:3); "
        "region (choices:4-5)",
        "dropped": "lost (choices:7); old (calculate, survey:5); hello (note, survey:9); off (disabled, survey:13)",
        "system": "device (deviceid, survey:3)",
        "renamed": "my town = my_town (survey:7)",
        "scored": "agree",
        "reordered": "agree",
        "conditions": "relevant (survey:7, 12)",
        "required": "survey:11",
        "lists": "never (choices:6)",
        "groups": "section (survey:6)",
    }
    assert all("survey:" in n.render("id") for n in foreign.remarks if "survey:" in n.text)


def test_hints_relevance_and_constraints_are_kept(foreign: Instrument, tmp_path: Path) -> None:
    asked = {q.name: q for q in foreign.demographics}
    age = asked["age"]
    assert (age.hint, age.constraint, age.constraint_message) == ({"en": "In years"}, ". >= 17", {"en": "Too young"})
    assert asked["my_town"].relevant == "${age} > 20"
    assert asked["why"].relevant == "${age} > 20 and (${my_town} = 'a' or ${age} > 30)"
    assert asked["far"].relevant == ""
    again = foreign.to_xlsform(tmp_path / "again.xlsx")
    assert convert(str(again)).warnings == []
    back = Instrument.from_xlsform(again)
    assert back == foreign
    assert back.remarks == ()
    assert Instrument.from_file(_saved(foreign, tmp_path)) == foreign


def _saved(one: Instrument, folder: Path) -> Path:
    one.to_yaml(folder / "one.yaml")
    return folder / "one.yaml"


def test_refused_consent_ends_the_form(tmp_path: Path) -> None:
    one = load_instrument("cgsurvey_core")
    path = one.to_xlsform(tmp_path / "core.xlsx")
    form = convert(str(path)).xform
    assert one.demographics[0].ends == ("no",)
    for q in one.demographics[1:]:
        assert f'nodeset="/data/{q.name}"' in form or f"/{q.name}" in form
    sheet = openpyxl.load_workbook(path)["survey"]
    rows = [dict(zip((c.value for c in sheet[1]), (c.value for c in r), strict=True)) for r in sheet.iter_rows(2)]
    depth, free = 0, []
    for row in rows:
        depth -= row["type"] == "end_group"
        if depth == 0 and row["type"] != "end_group" and "${consent} = 'yes'" not in str(row["relevant"]):
            free.append(row["name"])
        depth += row["type"] == "begin_group"
    assert free == ["start", "end", "consent"]


def test_an_answer_that_not_everybody_gives_ends_only_where_it_was_given(tmp_path: Path) -> None:
    yes_no = Scale("yn", (Choice("yes"), Choice("no"), Choice("later")), "nominal")
    one = Instrument(
        "gate",
        (),
        title={"en": "Gate"},
        demographics=(
            Question("first", {"en": "1"}, "one", yes_no, ends=("no", "later"), block="gate"),
            Question("again", {"en": "2"}, "one", yes_no, ends=("no",), relevant="${first} = 'yes'", block="gate"),
            Question("third", {"en": "3"}, "many", yes_no, ends=("no",), optional=True, block="gate"),
            Question("last", {"en": "4"}, block="gate", relevant="${first} = 'x' or ${again} = 'y'"),
        ),
    )
    path = one.to_xlsform(tmp_path / "gate.xlsx")
    assert Instrument.from_xlsform(path) == one
    assert convert(str(path)).warnings == []
    shown = [c.value for c in openpyxl.load_workbook(path)["survey"]["E"]][3:]
    assert shown[1:] == [
        "${first} = 'yes'",
        "${first} = 'yes' and not(${again} = 'no')",
        "${first} = 'yes' and not(${again} = 'no') and not(selected(${third}, 'no')) "
        "and (${first} = 'x' or ${again} = 'y')",
    ]


def test_roles_are_told_by_the_sheet_and_may_be_changed_there(tmp_path: Path) -> None:
    one = load_instrument("cgsurvey_core")
    path = one.to_xlsform(tmp_path / "core.xlsx")
    book = openpyxl.load_workbook(path)
    del book["cgsurvey"]
    sheet = book["survey"]
    at = {c.value: c.column for c in sheet[1]}
    for row in sheet.iter_rows(2):
        cell = row[at["relevant"] - 1]
        if cell.value and "'user'" in cell.value:
            cell.value = cell.value.replace("${role} = 'user'", "(${role} = 'user' or ${role} = 'civil')")
    moved = next(r for r in sheet.iter_rows(2) if r[1].value == "channel")
    moved[at["relevant"] - 1].value = "${consent} = 'yes' and ${age} > 30"
    book.save(path)
    back = Instrument.from_xlsform(path)
    assert back.roles == replace(one.roles, user=("user", "civil"))  # type: ignore[type-var]
    asked = {q.name: q for q in back.demographics}
    assert (asked["visits"].respondent, asked["visits"].relevant) == ("user", "")
    assert (asked["channel"].respondent, asked["channel"].relevant) == (None, "${age} > 30")
    assert told(back)["respondent"] == "channel (survey:18)"
    assert [i.respondent for i in back.items] == [i.respondent for i in one.items]


def test_conditions_on_users_are_taken_for_roles_where_no_column_tells(tmp_path: Path) -> None:
    survey: Rows = [
        ["type", "name", "label", "relevant", "required"],
        ["select_one role", "who", "Who", None, "yes"],
        ["text", "a", "A", "${who} != 'user'", "yes"],
        ["text", "b", "B", '${who}="user"', "yes"],
        ["text", "c", "C", "${who} = 'gov'", "yes"],
    ]
    choices: Rows = [["list_name", "name", "label"], *(["role", n, n.upper()] for n in ("gov", "ngo", "user"))]
    one = Instrument.from_xlsform(written(tmp_path / "a.xlsx", {"survey": survey, "choices": choices}))
    assert one.roles is not None
    assert (one.roles.column, one.roles.partner, one.roles.user) == ("who", ("gov", "ngo"), ("user",))
    asked = {q.name: (q.respondent, q.relevant) for q in one.demographics}
    assert asked == {
        "who": (None, ""),
        "a": ("partner", ""),
        "b": ("user", ""),
        "c": (None, "${who} = 'gov'"),
    }
    assert told(one) == {"roles": "${who} != 'user' = partner (survey:3); ${who}=\"user\" = user (survey:4)"}


def test_what_an_instrument_cannot_ask(tmp_path: Path) -> None:
    text = """
id: odd
version: "1"
title: {en: Odd}
languages: [en]
questions:
  a:
    label: {en: A}
    type: integer
    relevant: ${b} > 1
    ends: [x]
  c:
    label: {en: C}
    choices: {x: {label: {en: X}}}
    ends: [x]
"""
    (tmp_path / "odd.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InstrumentError) as caught:
        Instrument.from_file(tmp_path / "odd.yaml")
    assert "questions.a.relevant: there is no question 'b'" in str(caught.value)
    assert "questions.a.ends: 'x' is none of the choices" in str(caught.value)
    assert "questions.c.ends: every choice ends the questions" in str(caught.value)


@pytest.mark.parametrize(
    ("expression", "parts"),
    [
        ("", []),
        ("${a} = 1", ["${a} = 1"]),
        ("${a} = 1 and ${b} = 2", ["${a} = 1", "${b} = 2"]),
        ("(${a} = 1 or ${b} = 2) and ((${c}))", ["${a} = 1 or ${b} = 2", "${c}"]),
        ("${a} = 1 or ${b} = 2 and ${c}", ["${a} = 1 or ${b} = 2 and ${c}"]),
        ("${and} = 'a and b' and selected(${or}, 'x')", ["${and} = 'a and b'", "selected(${or}, 'x')"]),
        ("(${a}) = (${b})", ["(${a}) = (${b})"]),
        ("${a} and(${b} or(${c}))", ["${a}", "${b} or(${c})"]),
        ("((${a}", ["((${a}"]),
    ],
)
def test_conditions_taken_apart_and_put_together(expression: str, parts: list[str]) -> None:
    assert conjuncts(expression) == parts
    assert conjuncts(together(parts)) == parts


def test_conditions_that_are_written_here() -> None:
    assert chosen(one_of("a", ["x", "it's"], many=False)) == ("a", ("x", "it's"))
    assert chosen(one_of("a", ["x"], many=True)) == ("a", ("x",))
    assert chosen("${a} = 'x' or ${b} = 'x'") is None
    assert chosen("${a} = 'x' and ${a} = 'y'") is None
    assert goes_on("a", ["n"], ["y", "n", "m"], many=False, everybody=True) == "${a} = 'y' or ${a} = 'm'"
    assert goes_on("a", ["n"], ["y", "n"], many=True, everybody=True) == "not(selected(${a}, 'n'))"
    assert beyond("../a = 1") and beyond("pulldata('x', 'y', 'z', ${a}) = 1") and beyond("${last-saved#a} = 1")
    assert not beyond("${a} = 'D4/S1' and ${b} div 2 > 1")


def test_forms_that_mean_harm(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xlsx"
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file,
        file.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member,
    ):
        for _ in range(300):
            member.write(b"1," * 2**19)
    with pytest.raises(InstrumentError, match=r"the form bomb\.xlsx unpacks from 0\.3 to 300 MB or more"):
        Instrument.from_xlsform(bomb)
    far = written(tmp_path / "far.xlsx", {"survey": [["type", "name", "label"], ["text", "a", "A"]]})
    book = openpyxl.load_workbook(far)
    book["survey"].cell(1_048_576, 16_384, "x")
    book.save(far)
    with pytest.raises(InstrumentError, match="cells as far away as row 1048576 and column 16384"):
        Instrument.from_xlsform(far)
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + "EncryptedPackage".encode("utf-16-le") + bytes(3000)
    (tmp_path / "locked.xlsx").write_bytes(old)
    with pytest.raises(InstrumentError, match="protected by a password"):
        Instrument.from_xlsform(tmp_path / "locked.xlsx")


def test_the_example_of_the_guide_is_a_form(tmp_path: Path) -> None:
    guide = Path(__file__).parents[2] / "docs" / "guides" / "forms.md"
    example = guide.read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    scale = "scales: {yes_no: {type: nominal, choices: {'yes': {}, 'no': {}}}}"
    head = f"id: guide\nversion: '1'\ntitle: {{en: Guide, id: Panduan}}\nlanguages: [id, en]\n{scale}\n"
    (tmp_path / "guide.yaml").write_text(head + example, encoding="utf-8")
    one = load_instrument(str(tmp_path / "guide.yaml"))
    path = one.to_xlsform(tmp_path / "guide.xlsx")
    form = convert(str(path))
    assert form.warnings == []
    assert Instrument.from_xlsform(path) == one
    age = next(line for line in form.xform.splitlines() if "/age" in line and "constraint=" in line)
    assert "/consent  = 'yes'" in age and "&lt; 120" in age


@pytest.mark.reference
def test_each_row_of_real_forms_is_kept_or_named(shared: Path) -> None:
    forms = sorted((shared / "data" / "xlsform").glob("*.xls*"))
    assert len(forms) >= 8
    for path in forms:
        one = Instrument.from_xlsform(path)
        sheets = {n.strip().casefold(): table(rows, "en") for n, rows in opened(path).items()}
        words = " ".join(told(one).values())
        for row in sheets["survey"].rows:
            kind, name = row.text("type").lower(), row.text("name")
            kept = name in one.labels or f"{name} " in words or f"{name};" in words
            assert kept or kind.startswith("end") or (kind, name) == ("start", "start"), (path.name, row)
        for row in sheets["choices"].rows:
            scales = one.scales.values()
            kept = any(row.text("name") in (c.name, *c.aliases) for s in scales for c in s.choices)
            assert kept or row.text("list_name") in words or f"choices:{row.number}" in words, (path.name, row)
