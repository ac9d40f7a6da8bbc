"""Every real file beside the repository: read as its own format expects, or refused with the right words."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.responses import Responses, read_responses
from cgsurvey.responses.readers import Request, open_table

pytestmark = pytest.mark.reference


def rows_of(path: Path, delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return [row for row in csv.reader(handle, delimiter=delimiter) if row]


def expected(path: Path) -> pd.DataFrame:
    """Return an expected file of pyreadstat: moments without microseconds, no answer as ""."""
    frame = pd.read_csv(path, encoding="utf-8-sig", dtype=str, keep_default_na=False, na_values=["#NULL!", "NaN"])
    return frame.apply(lambda c: c.str.replace(".000000", "").str.replace(r"^0:00:00$", "00:00:00", regex=True))


def agrees(data: Responses, frame: pd.DataFrame) -> None:
    assert list(data.frame.columns) == list(frame.columns)
    for name in frame:
        if data.frame[name].dtype.kind in "if":
            assert np.array_equal(data.frame[name].to_numpy(float), frame[name].to_numpy(float), equal_nan=True), name
        else:
            assert data.frame[name].fillna("").tolist() == frame[name].fillna("").tolist(), name


@pytest.mark.parametrize("kind", ["sav", "dta"])
def test_statistics_files_as_pyreadstat_expects(shared: Path, kind: str) -> None:
    folder = shared / "data" / "spss_stata"
    data = read_responses(folder / f"pyreadstat__sample.{kind}")
    agrees(data, expected(folder / "pyreadstat__expected__sample.csv"))
    assert dict(data.provenance.labels) == {
        **{"mychar": "character", "mynum": "numeric", "mydate": "date", "dtime": "datetime", "mylabl": "labeled"},
        **{"myord": "ordinal", "mytime": "time"},
    }
    assert data.provenance.values == {
        "mylabl": {"1": "Male", "2": "Female"},
        "myord": {"1": "low", "2": "medium", "3": "high"},
    }
    assert not len(data.stated) and data.provenance.source == {"sav": "spss", "dta": "stata"}[kind]


def test_user_missing_values_are_reasons(shared: Path) -> None:
    folder = shared / "data" / "spss_stata"
    data = read_responses(folder / "pyreadstat__sample_missing.sav")
    agrees(data, expected(folder / "pyreadstat__expected__sample_missing.csv"))
    kept = expected(folder / "pyreadstat__expected__sample_missing_user.csv")
    gone = expected(folder / "pyreadstat__expected__sample_missing.csv")
    cells = [(n, i) for n in kept for i in kept.index if kept.at[i, n] != gone.at[i, n] and pd.notna(kept.at[i, n])]
    told = {(n, i + 2): float(kept.at[i, n]) for n, i in cells}
    assert {(r.column, r.row): float(r.value) for r in data.stated.itertuples()} == told and len(told) == 5
    words = {(r.column, r.value): r.word for r in data.stated.itertuples()}
    assert words[("mylabl", "-1")] == "undetermined" and words[("myord", "-1")] == "missing"
    assert words[("myord", "-3")] == ""
    assert set(data.stated["reason"]) == {"blank"}


def test_tagged_missing_values_of_stata(shared: Path) -> None:
    folder = shared / "data" / "spss_stata"
    data = read_responses(folder / "haven__tagged-na-double.dta")
    assert np.array_equal(data.frame["x"], [1, 2, 3, 4, 5, np.nan, np.nan, np.nan], equal_nan=True)
    assert data.stated[["row", "value", "word"]].to_numpy().tolist() == [
        [7, ".a", "apple"],
        [8, ".h", ""],
        [9, ".z", ".zebra"],
    ]
    data = read_responses(folder / "pyreadstat__missing_test.dta")
    labelled = expected(folder / "pyreadstat__expected__missing_dta_labeled.csv").iloc[0]
    told = {r.column: r.word or r.value.lstrip(".") for r in data.stated.itertuples()}
    assert told == {n: v for n, v in labelled.items() if pd.notna(v) and n != "var9"}
    assert data.frame["var9"].tolist() == [1]


def test_labels_of_spss(shared: Path) -> None:
    folder = shared / "data" / "spss_stata"
    data = read_responses(folder / "pyreadstat__missing_test.sav")
    shown = [data.provenance.values["var1"].get(r.value, "") for r in data.stated.itertuples()]
    assert [*shown, f"{data.frame['var1'].iloc[1]:g}"] == expected(
        folder / "pyreadstat__expected__missing_sav_labeled.csv"
    )["var1"].tolist()
    data = read_responses(folder / "haven__labelled-num-na.sav")
    assert np.array_equal(data.frame["VAR00002"], [1, np.nan], equal_nan=True) and data.stated["value"].tolist() == [
        "9"
    ]
    assert data.provenance.labels == {"VAR00002": "Only one value"}
    # Labels for some of the values only leave the others as they are.
    data = read_responses(folder / "haven__labelled-num.sav")
    assert data.frame["VAR00002"].tolist() == [1] and data.provenance.values == {"VAR00002": {"1": "This is one"}}
    data = read_responses(folder / "pyreadstat__ordered_category.sav")
    assert data.frame["Col1"].tolist() == [1, 2, 3, 2] and data.provenance.values["Col1"]["2"] == "low"


def test_dates_that_python_cannot_hold(shared: Path) -> None:
    data = read_responses(shared / "data" / "spss_stata" / "haven__datetime.sav")
    assert data.frame["date"].tolist() == ["2014-09-22", "2014-09-23"]
    assert data.frame["date.posix"].iloc[1].startswith("2014-09-23T") and "T" not in data.frame["date.posix"].iloc[0]
    assert "responses.dates_beyond" in {n.code for n in data.notes}


@pytest.mark.parametrize(
    "form", ["labels", "labels2", "labels2__groups", "labels__groups", "xmlvalues", "xmlvalues__groups"]
)
def test_groups_and_several_answers_of_kobo(shared: Path, form: str) -> None:
    path = shared / "data" / "kobo" / f"grouped_translated__{form}.csv"
    header, *lines = rows_of(path, ";")
    table = open_table(path, Request(source="kobo"))
    assert list(table.headers) == header and [list(r) for r in zip(*table.cells, strict=True)] == lines
    assert {j: list(parts.values()) for j, parts in table.choices.items()} == {2: [3, 4, 5]}
    assert not [n for n in table.notes if n.code == "responses.choices_contradict"]


@pytest.mark.parametrize("form", ["labels", "labels2", "labels2__groups", "xmlvalues"])
def test_or_other_of_kobo(shared: Path, form: str) -> None:
    path = shared / "data" / "kobo" / f"or_other__{form}.csv"
    table = open_table(path, Request(source="kobo"))
    assert [list(table.headers), *(list(r) for r in zip(*table.cells, strict=True))] == rows_of(path, ";")
    assert list(table.choices[2]) == ["julius", "augustus", "tiberius", "caligula", "other"] or form != "xmlvalues"
    assert list(table.choices) == [2] and len(table.choices[2]) == 5


@pytest.mark.parametrize("name", ["customer_satisfaction__xmlvalues", "select_one_legacy__xmlvalues"])
def test_small_exports_of_kobo(shared: Path, name: str) -> None:
    path = shared / "data" / "kobo" / f"{name}.csv"
    header, *lines = rows_of(path, ";")
    data = read_responses(path, personal="keep")
    assert list(data.frame.columns) == header and data.frame.to_numpy().tolist() == lines


@pytest.mark.parametrize("form", ["labels__groups", "xmlvalues", "xmlvalues__groups"])
def test_form_versions_keep_both_columns(shared: Path, form: str) -> None:
    path = shared / "data" / "kobo" / f"site_inspection__{form}.csv"
    header, *lines = rows_of(path, ";")
    data = read_responses(path)
    assert [c.removesuffix(" (2)") for c in data.frame.columns] == header and header[2] == header[8]
    assert data.frame.iloc[:, 1].tolist() == [line[1] for line in lines] and {"0", "yes"} <= set(data.frame.iloc[:, 1])


def test_limesurvey_for_r(shared: Path) -> None:
    path = shared / "data" / "limesurvey" / "limonaid__survey_100001_R_data_file.csv"
    header, *lines = rows_of(path)
    data = read_responses(path, personal="keep")
    assert len(data) == len(lines) == 3 and data.frame.shape[1] == len(header) == 646
    assert data.provenance.source == "limesurvey" and "Response ID" in data.provenance.source_why
    assert data.frame.iloc[:, 7].fillna("").tolist() == [line[7] for line in lines]
    # An empty header is the tenth, and the next one is only "[Other]".
    assert list(data.frame.columns)[9:11] == ["column 10", "[Other]"] and data.frame["column 10"].iloc[0] == "unknw"
    assert (
        next(n for n in data.notes if n.code == "responses.unfinished").values["n"] == sum(not r[1] for r in lines) == 1
    )


def test_limesurvey_structure_is_no_data(shared: Path, tmp_path: Path) -> None:
    path = shared / "data" / "limesurvey" / "limonaid__export-en-nl-as-tsv.txt"
    with pytest.raises(
        cg.DataError, match="is the structure of a LimeSurvey survey: it holds questions and no answers"
    ):
        read_responses(path)
    (tmp_path / "a.csv").write_text("id,submitdate,lastpage,onlyQuestion\n1,2026-01-01,1,2\n")
    data = read_responses(tmp_path / "a.csv", structure=path)
    assert data.provenance.labels["onlyQuestion"] == "This is the question text of the only question in this survey."
    assert data.provenance.values["onlyQuestion"]["2"] == "This is the second answer option"


def test_qualtrics_with_three_rows_in_german(shared: Path) -> None:
    path = shared / "data" / "qualtrics" / "qualtRics__sample.csv"
    header, labels, _, line = rows_of(path)
    data = read_responses(path, personal="keep")
    assert list(data.frame.columns) == header and len(data) == 1 and data.frame.index.tolist() == [4]
    for name, words, cell in zip(header, labels, line, strict=True):
        value = data.frame[name].iloc[0]
        assert (pd.isna(value) and not cell) or str(value) == cell or float(value) == float(cell), name
        assert data.provenance.labels.get(name, name) == words
    dropped = read_responses(path).provenance.dropped
    assert {"IPAddress", "RecipientEmail", "RecipientLastName", "LocationLatitude"} <= set(dropped)


def test_redcap_boxes_and_dictionary(shared: Path) -> None:
    folder = shared / "data" / "redcap"
    path = folder / "REDCapR__checkboxes-1__data.csv"
    header, *lines = rows_of(path)
    data = read_responses(path)
    assert list(data.frame.columns)[: len(header)] == header and len(data) == 4
    for j, name in enumerate(header):
        column = data.frame[name]
        assert column.fillna("").astype(str).tolist() == [line[j] for line in lines], name
    assert data.frame["check_one"].fillna("").tolist() == ["1", "", "1 2 3 4", ""]
    assert data.frame["check_two"].fillna("").tolist() == ["a c", "b d", "", ""]
    assert data.provenance.values["check_two"] == {"a": "A", "b": "B", "c": "C", "d": "D", "e": "E"}
    assert data.provenance.labels["check_one___2"] == "check one [two]"
    assert data.provenance.labels["desired_result"] == "What should happen for this participant"
    told = next(n for n in data.notes if n.code == "responses.structure")
    assert told.values["file"] == "REDCapR__checkboxes-1__dictionary.csv"
    with pytest.raises(cg.DataError, match="is the data dictionary of a REDCap project"):
        read_responses(folder / "REDCapR__checkboxes-1__dictionary.csv")


def test_simulated_careless_answers(shared: Path) -> None:
    path = shared / "data" / "careless" / "careless_dataset.csv"
    header, *lines = rows_of(path)
    data = read_responses(path)
    assert list(data.frame.columns) == header and data.frame.to_numpy(float).tolist() == [
        [float(c) for c in r] for r in lines
    ]


def test_forms_are_no_answers(shared: Path) -> None:
    forms = [*sorted((shared / "data" / "xlsform").iterdir()), shared / "data" / "kobo" / "cgsurvey_core_xlsform.xlsx"]
    assert len(forms) == 9
    for path in forms:
        with pytest.raises(cg.DataError, match=r"is a form \(XLSForm\): it holds questions and no answers"):
            read_responses(path)


def test_no_file_is_left_out(shared: Path) -> None:
    """The folder holds what the tests of this and the neighbouring files know, and nothing else."""
    known = {
        "careless": 1, "kiosk": 4, "kobo": 21, "limesurvey": 2, "qualtrics": 1, "redcap": 2, "spss_stata": 15,
        "xlsform": 8,
    }  # fmt: skip
    found = {p.name: sum(f.is_file() for f in p.iterdir()) for p in (shared / "data").iterdir() if p.is_dir()}
    assert found == known
