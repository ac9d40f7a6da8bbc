"""Forms for KoboToolbox and ODK: they compile, come back equal, and forms of others are read or refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyxform.xls2xform import convert

from cgsurvey import Instrument, InstrumentError, OptionError, load_instrument
from cgsurvey.instrument import Choice, Construct, Item, Question, Scale
from cgsurvey.instrument.bank import names

Rows = list[list[object]]
LIKERT: Rows = [["list_name", "name", "label"], *(["agree", n, f"Level {n}"] for n in (1, 2, 3, 4, 5))]


@pytest.fixture
def form(tmp_path: Path) -> Callable[..., Path]:
    """Write sheets into a workbook."""

    def written(survey: Rows, choices: Rows | None = None, **others: Rows) -> Path:
        book = openpyxl.Workbook()
        book.active.title = "survey"
        for name, rows in {"survey": survey, "choices": choices or LIKERT, **others}.items():
            sheet = book[name] if name in book.sheetnames else book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        book.save(tmp_path / "form.xlsx")
        return tmp_path / "form.xlsx"

    return written


def edited(path: Path, sheet: str, change: Callable[[openpyxl.worksheet.worksheet.Worksheet], object]) -> Path:
    book = openpyxl.load_workbook(path)
    change(book[sheet])
    book.save(path)
    return path


def columns(sheet: openpyxl.worksheet.worksheet.Worksheet) -> dict[str, int]:
    return {str(cell.value): cell.column for cell in sheet[1]}


def row_of(sheet: openpyxl.worksheet.worksheet.Worksheet, name: str) -> int:
    return next(r for r in range(2, sheet.max_row + 1) if sheet.cell(r, columns(sheet)["name"]).value == name)


# ---- forms of our own --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", names())
def test_the_bank_comes_back_equal_and_compiles_without_a_warning(name: str, tmp_path: Path) -> None:
    one = load_instrument(name)
    path = one.to_xlsform(tmp_path / f"{name}.xlsx")
    back = Instrument.from_xlsform(path)
    assert back == one
    assert back.to_yaml() == one.to_yaml()
    assert back.remarks == ()
    compiled = convert(str(path))
    assert compiled.warnings == []
    assert all(f"<{i}/>" in compiled.xform for i in one.item_names)


def test_what_stands_in_the_sheets(tmp_path: Path) -> None:
    one = load_instrument("cgsurvey_core")
    book = openpyxl.load_workbook(one.to_xlsform(tmp_path / "core.xlsx"))
    assert book.sheetnames == ["survey", "choices", "settings", "cgsurvey"]
    settings_ = dict(zip(*[[c.value for c in row] for row in book["settings"].iter_rows()], strict=True))
    assert settings_["form_id"] == "cgsurvey_core"
    assert settings_["default_language"] == "Bahasa Indonesia (id)"
    survey = book["survey"]
    at = columns(survey)
    turned = next(i for i in one.items if i.reverse and i.respondent == "partner")
    row = row_of(survey, turned.name)
    assert survey.cell(row, at["label::English (en)"]).value == turned.label["en"]
    assert survey.cell(row, at["appearance"]).value == "likert"
    assert survey.cell(row, at["reverse"]).value == "yes"
    group = max(r for r in range(2, row) if survey.cell(r, at["type"]).value == "begin_group")
    assert survey.cell(group, at["appearance"]).value == "field-list"
    who = "${role} = 'gov' or ${role} = 'private' or ${role} = 'civil' or ${role} = 'academic'"
    asked = f"${{consent}} = 'yes' and ({who})"
    assert survey.cell(group, at["relevant"]).value == asked
    checks = [row_of(survey, n) for n in one.attention_checks]
    assert checks
    assert all(survey.cell(r, at["expected"]).value for r in checks)
    choices = book["choices"]
    scores = {row[1].value: row[columns(choices)["score"] - 1].value for row in choices if row[0].value == "agree5"}
    assert scores == {"1": 1, "2": 2, "3": 3, "4": 4, "5": 5, "98": None}


def test_what_a_form_cannot_say_comes_back_too(tmp_path: Path) -> None:
    ends = Scale("ends", (Choice("1", 1.0, {"en": "Never"}), Choice("2", 2.0), Choice("3", 3.0, {"en": "Always"})))
    named = Scale("named", (Choice("1", 1.0, {"en": "1"}), Choice("2", 2.5, {"en": "2"}, ("two", "zwei"))))
    one = Instrument(
        "odd",
        (
            Item("a", Scale.between(0, 10), {"en": "=1+1"}, block="odd", sources=("A | B",)),
            Item("b", ends, {"en": "b"}, block="odd", sources=("x", "y")),
            Item("start", named, {"en": "Two\nlines, 'quoted' & <marked>"}, reverse=True, block="other"),
        ),
        (
            Construct(
                "whole",
                {"en": "Whole"},
                (
                    Construct("part", {"en": "Part"}, items=("start", "a")),
                    Construct("rest", {"en": "Rest"}, items=("b",), kind="composite", reliability=0.8),
                ),
            ),
        ),
        title={"en": "yes"},
        demographics=(Question("when", {"en": "null"}, "date", optional=True, block="odd"),),
        version="1.10",
    )
    path = one.to_xlsform(tmp_path / "odd.xlsx")
    assert Instrument.from_xlsform(path) == one
    assert convert(str(path)).warnings == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.lists(
        st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1).filter(lambda t: t == t.strip()),
        min_size=4,
        max_size=4,
        unique_by=lambda t: t.casefold(),
    )
)
def test_any_wording_comes_back(tmp_path: Path, words: list[str]) -> None:
    one = Instrument.from_items({"c": {"x1": words[0], "x2": words[1]}}, labels={"c": words[2]}, title=words[3])
    if any("${" in w for w in words):
        with pytest.raises(InstrumentError, match="cannot stand in a form"):
            one.to_xlsform(tmp_path / "any.xlsx")
    else:
        assert Instrument.from_xlsform(one.to_xlsform(tmp_path / "any.xlsx")) == one


def test_what_is_changed_in_the_sheets_holds(tmp_path: Path) -> None:
    one = load_instrument("en_dynamics")
    path = one.to_xlsform(tmp_path / "form.xlsx")
    leaf = one.leaf_constructs[0]
    first, second, *_ = leaf.items

    def change(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        at = columns(sheet)
        sheet.cell(row_of(sheet, first), at["label::English (en)"], "A better wording.")
        new = [sheet.cell(row_of(sheet, first), c).value for c in range(1, sheet.max_column + 1)]
        new[at["name"] - 1] = "one_more"
        sheet.insert_rows(row_of(sheet, first))
        for c, value in enumerate(new, start=1):
            sheet.cell(row_of(sheet, first) - 1, c, value)
        sheet.delete_rows(row_of(sheet, second))

    back = Instrument.from_xlsform(edited(path, "survey", change))
    assert back.item(first).label["en"] == "A better wording."
    assert back.construct(leaf.id).items == ("one_more", first, *leaf.items[2:])
    assert second not in back.labels
    assert back.proposals == one.proposals
    assert back.construct(leaf.id).label == leaf.label


def test_words_that_a_form_takes_for_a_reference_are_refused(tmp_path: Path) -> None:
    one = Instrument.from_items({"c": ["x1", "x2"]}, labels={"x2": "It costs ${price}"})
    with pytest.raises(InstrumentError, match=r"survey, x2, label::English \(en\).*reword"):
        one.to_xlsform(tmp_path / "form.xlsx")
    with pytest.raises(OptionError, match=r"\.xlsx"):
        one.to_xlsform(tmp_path / "form.csv")
    with pytest.raises(InstrumentError, match="cannot be written"):
        load_instrument("culture").to_xlsform(tmp_path / "absent" / "form.xlsx")


# ---- forms of others ---------------------------------------------------------------------------------------------


def test_headers_in_other_spellings(form: Callable[..., Path]) -> None:
    path = form(
        [
            [" TYPE ", "Name", "Label : Bahasa Indonesia (id)", "LABEL::en", "Appearance ", "required"],
            [],
            ["Select One From agree", "q1", "Puas", None, "likert", "TRUE()"],
            [None, None, "a comment"],
            ["integer", "age", "Usia", "Age", None, True],
            ["note", "thanks", "Terima kasih", "Thanks", None, None],
        ],
        [["List Name", "VALUE", "label::id"], ["agree", 5, "Puas"], ["agree", 1.0, "Tidak"], ["agree", 99, "Entah"]],
    )
    one = Instrument.from_xlsform(path)
    assert one.languages == ("id", "en")
    item = one.item("q1")
    assert item.label == {"id": "Puas", "en": "Puas"}
    assert [(c.name, c.score) for c in item.scale.choices] == [("1", 1), ("5", 5), ("99", None)]
    assert item.scale.missing == ("99",)
    assert one.demographics == (Question("age", {"id": "Usia", "en": "Age"}, "integer", block="form"),)
    told = {n.code.partition("_")[2]: n for n in one.remarks}
    assert set(told) == {"scored", "untranslated", "dropped", "reordered"}
    assert "a comment (survey:4); thanks (note, survey:6)" in told["dropped"].text
    assert "skor" in told["scored"].render("id")


def test_groups_of_rated_statements_are_constructs(form: Callable[..., Path]) -> None:
    path = form(
        [
            ["type", "name", "label", "appearance"],
            ["begin group", "trust", "Trust in partners", "table-list"],
            ["select_one agree", "t1", "One", None],
            ["select_one agree", "t2", "Two", None],
            ["end group"],
            ["begin_repeat", "children", "Children"],
            ["text", "child", "Child"],
            ["end_repeat"],
            ["select_one agree or_other", "other_q", "Which?"],
            ["geopoint", "where", "Where"],
        ]
    )
    one = Instrument.from_xlsform(path, language="fr")
    assert one.constructs == (Construct("trust", {"fr": "Trust in partners"}, items=("t1", "t2")),)
    assert [q.name for q in one.demographics] == ["other_q", "other_q_other"]
    scale = one.demographics[0].scale
    assert scale is not None
    assert [c.name for c in scale.choices] == ["1", "2", "3", "4", "5", "other"]
    assert one.demographics[1].relevant == "selected(${other_q}, 'other')"
    told = {n.code.partition("_")[2]: n.values["what"] for n in one.remarks}
    assert told == {
        "constructs": "trust (survey:2)",
        "repeats": "children (survey:6); child (survey:7)",
        "dropped": "where (geopoint, survey:10)",
        "scored": "agree",
        "required": "survey:3-4",
    }


def test_names_that_an_instrument_cannot_have(form: Callable[..., Path]) -> None:
    path = form(
        [
            ["type", "name", "label", "label"],
            ["text", "my-name", "A", "again"],
            ["text", "my.name", "B", "again"],
            ["text", "a" * 40, "C", "again"],
            ["text", "_1", "D", "again"],
        ]
    )
    one = Instrument.from_xlsform(path)
    assert [q.name for q in one.demographics] == ["my_name", "my_name_2", "a" * 32, "q__1"]
    assert [n.code for n in one.remarks] == [f"instrument.xlsform_{c}" for c in ("twice", "renamed", "lists")]
    assert "my-name = my_name (survey:2)" in one.remarks[1].text


@pytest.mark.parametrize(
    ("survey", "told"),
    [
        ([["type", "name", "label"], ["select_one agre", "q", "Q"]], r"row 2: there is no list 'agre'.*agree"),
        ([["type", "label"], ["text", "Q"]], r"row 1: there is no column name"),
        ([["type", "name", "label"], ["begin group", "g", "G"]], r"the group 'g' has no end"),
        ([["type", "name", "label"], ["end group", "g", "G"]], r"row 2: 'end group' ends a group"),
        ([["type", "name", "label"], ["text", None, "G"]], r"row 2: a question of type 'text' has no name"),
        ([["type", "name", "label"], ["note", "n", "G"]], r"neither items nor questions"),
        ([[]], r"no column"),
    ],
)
def test_what_is_no_form_is_told(form: Callable[..., Path], survey: Rows, told: str) -> None:
    with pytest.raises(InstrumentError, match=told):
        Instrument.from_xlsform(form(survey))


def test_files_that_are_no_workbook(tmp_path: Path) -> None:
    with pytest.raises(InstrumentError, match="there is no file"):
        Instrument.from_xlsform(tmp_path / "none.xlsx")
    with pytest.raises(InstrumentError, match="is a folder"):
        Instrument.from_xlsform(tmp_path)
    (tmp_path / "text.xlsx").write_text("type,name", encoding="utf-8")
    with pytest.raises(InstrumentError, match=r"the form text\.xlsx cannot be opened as a workbook.*Save it again"):
        Instrument.from_xlsform(tmp_path / "text.xlsx")
    book = openpyxl.Workbook()
    book.active.title = "Surveys"
    book.save(tmp_path / "other.xlsx")
    with pytest.raises(InstrumentError, match=r"a sheet 'survey'.*Did you mean"):
        Instrument.from_xlsform(tmp_path / "other.xlsx")


def test_what_is_kept_beside_the_sheets_is_read_safely(tmp_path: Path) -> None:
    path = load_instrument("culture").to_xlsform(tmp_path / "form.xlsx")
    for line, told in (
        ("a: &x [1]\nb: *x", "anchors"),
        ("a: !!python/none", "tag"),
        ("- a", "a list"),
        ("{", "expected"),
    ):
        edited(path, "cgsurvey", lambda sheet, line=line: (sheet.delete_rows(2, 999), sheet.append([line])))
        with pytest.raises(InstrumentError, match=told):
            Instrument.from_xlsform(path)


SAID = ["select_one agree", "select_multiple l or_other", "begin group", "end group", "begin_repeat", "text", "likert"]
SAID += ["name", "type", "label", "label::x", "agree", "list_name", "construct", "yes", "attention_check", "1", "role"]
CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 99),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=8),
    st.sampled_from(SAID),
)
GRID = st.lists(st.lists(CELLS, max_size=6), max_size=8)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(survey=GRID, choices=GRID)
def test_nothing_but_the_typed_error_escapes(form: Callable[..., Path], survey: Rows, choices: Rows) -> None:
    head: Rows = [["type", "name", "label", "appearance", "construct", "role"]]
    path = form([*head, *survey], [["list_name", "name", "label", "score", "missing"], *choices])
    try:
        assert Instrument.from_xlsform(path).languages
    except InstrumentError as error:
        assert "form" in str(error)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("file", "languages", "asked"),
    [
        ("allow_comment_rows_test.xls", ("en",), ["farmer_name"]),
        ("case_insensitivity.xlsx", ("en",), ["q1", "q2"]),
        ("or_other.xlsx", ("en",), ["fav_color", "fav_color_other", "fav_pastel"]),
        ("spaces_in_choices_header.xls", ("en",), ["my_select_all", "my_select"]),
        ("table-list.xls", ("en",), ["table_list_3", "table_list_4", "happy_sad_brian", "happy_sad_michael"]),
        ("attribute_columns_test.xlsx", ("en", "zh"), ["skip_to_end", "my_name", "address"]),
        ("duplicate_columns.xlsx", ("en", "zh"), ["skip_to_end", "my_name", "address"]),
        ("xlsform_spec_test.xlsx", ("en", "zh"), ["skip_to_end", "my_name", "address"]),
    ],
)
def test_real_forms(shared: Path, file: str, languages: tuple[str, ...], asked: list[str]) -> None:
    one = Instrument.from_xlsform(shared / "data" / "xlsform" / f"pyxform__{file}")
    assert one.languages == languages
    assert [q.name for q in one.demographics][: len(asked)] == asked


@pytest.mark.reference
def test_the_form_that_made_the_field_files(shared: Path) -> None:
    one = Instrument.from_xlsform(shared / "data" / "kobo" / "cgsurvey_core_xlsform.xlsx")
    bank = load_instrument("cgsurvey_core")
    assert one.languages == ("id", "en")
    assert one.item("rel4r").reverse
    assert one.item("rel1").scale.missing == ("98",)
    common = set(one.item_names) & set(bank.item_names)
    assert len(common) > 100
    assert all(one.item(n).label == bank.item(n).label for n in common)
