"""Files that mean harm, or look as if: refused in words of our own, within bounded time and memory."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from formats import ods, write_rows, write_sheets
from reading import TRUST, scores, write
from test_formats import FIELD, tiny

import cgsurvey as cg
from cgsurvey.base import archive
from cgsurvey.responses import read_responses
from cgsurvey.responses.readers.raw import MOST_COLUMNS


def refused(path: Path, **options: Any) -> str:
    """Return the message of a file that is refused, which took neither long nor much memory."""
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(cg.DataError) as caught:
        read_responses(path, **options)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.process_time() - began < 20 and peak < 600e6
    assert path.name in str(caught.value)
    return str(caught.value)


def workbook(path: Path, sheet: str, **others: str) -> Path:
    """Write the smallest workbook with the given XML of its sheet."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    relation = (
        '<Relationships xmlns="{}/relationships"><Relationship Id="r1" Type="{}/{}" Target="{}"/></Relationships>'
    )
    book = f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets><sheet name="Data" sheetId="1" r:id="r1"/></sheets>'
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types"></Types>',
        "_rels/.rels": relation.format(package, rel, "officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f"{book}</workbook>",
        "xl/_rels/workbook.xml.rels": relation.format(package, rel, "worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": sheet.replace("<worksheet", f'<worksheet xmlns="{main}"', 1),
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in (parts | others).items():
            file.writestr(name, text)
    return path


def cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


PLAIN = (
    "<worksheet><sheetData><row r='1'>"
    + cell("A1", "tru1")
    + "</row><row r='2'>"
    + cell("A2", "5")
    + "</row></sheetData></worksheet>"
)


def test_smallest_workbook_is_read(tmp_path: Path) -> None:
    assert read_responses(workbook(tmp_path / "a.xlsx", PLAIN)).frame["tru1"].tolist() == [5]


@pytest.mark.parametrize("name", ["bomb.zip", "bomb.xlsx"])
def test_archive_that_unpacks_to_gigabytes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        inside = "xl/worksheets/sheet1.xml" if name.endswith("xlsx") else "data.csv"
        with file.open(inside, "w", force_zip64=True) as member:
            for _ in range(300):
                member.write(b"1," * 2**19)
    assert "unpacks from 0.3 to 300 MB or more" in refused(path)


def test_archive_that_lies_about_its_size(tmp_path: Path) -> None:
    text = b"a,b\n" + b"1,2\n" * 5_000_000
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("data.csv", text)
    content = out.getvalue().replace(struct.pack("<I", len(text)), struct.pack("<I", 1000))
    (tmp_path / "lie.zip").write_bytes(content)
    assert "cannot be unpacked" in refused(tmp_path / "lie.zip") or len(content) < 1000


def test_archive_in_an_archive_is_not_opened(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "inner.zip", "w") as file:
        file.writestr("data.csv", "a,b\n1,2\n")
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as file:
        file.write(tmp_path / "inner.zip", "inner.zip")
    assert "an archive without a table (inner.zip)" in refused(tmp_path / "outer.zip")
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as file:
        file.write(tmp_path / "inner.zip", "data.csv")
    assert "archive in an archive" in refused(tmp_path / "outer.zip")


def test_archive_of_many_files_and_of_paths_outside(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as file:
        for k in range(10_001):
            file.writestr(f"{k}.txt", "")
    assert "holds 10001 files" in refused(tmp_path / "many.zip")
    with zipfile.ZipFile(tmp_path / "out.zip", "w") as file:
        file.writestr("../../data.csv", "tru1\n5\n")
    assert read_responses(tmp_path / "out.zip").frame["tru1"].tolist() == [5]
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".csv"] == []


def test_password(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "locked.zip", "w") as file:
        file.writestr("data.csv", "tru1\n5\n")
    content = bytearray((tmp_path / "locked.zip").read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    (tmp_path / "locked.zip").write_bytes(bytes(content))
    assert "protected by a password" in refused(tmp_path / "locked.zip")
    # Excel wraps what it encrypts in a container of the old format, with a stream of this name.
    old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + "EncryptedPackage".encode("utf-16-le") + bytes(3000)
    (tmp_path / "locked.xlsx").write_bytes(old)
    assert "protected by a password" in refused(tmp_path / "locked.xlsx")


def test_few_cells_over_a_vast_sheet(tmp_path: Path) -> None:
    sheet = PLAIN.replace("</sheetData>", "<row r='1048576'>" + cell("XFD1048576", "x") + "</row></sheetData>")
    text = refused(workbook(tmp_path / "far.xlsx", sheet))
    assert "cells as far away as row 1048576 and column 16384, but only 3 in all" in text
    more = (
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell table:number-columns-repeated="16000">'
        "<text:p>x</text:p></table:table-cell></table:table-row>"
    )
    (tmp_path / "far.ods").write_bytes(ods([["tru1"], ["5"]], more))
    assert "repeats cells with a content 16,000,000,000 times" in refused(tmp_path / "far.ods")
    rest = more.replace("<text:p>x</text:p>", "")
    (tmp_path / "empty.ods").write_bytes(ods([["tru1"], ["5"]], rest))
    assert len(read_responses(tmp_path / "empty.ods")) == 1


def test_entities_are_never_resolved(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden words")
    doctype = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}"><!ENTITY b "{"y" * 1000}">]>'
    lss = f'<?xml version="1.0"?>{doctype}<document><LimeSurveyDocType>Survey</LimeSurveyDocType>&x;</document>'
    for encoding in ("utf-8", "utf-16"):
        assert "it holds questions and no answers" in refused(write(tmp_path, lss, "a.lss", encoding))
    data = write_rows(tmp_path / "r.csv", [["id", "submitdate", "lastpage", "Q1"], ["1", "x", "1", "5"]])
    for encoding in ("utf-8", "utf-16"):
        write(tmp_path, lss, "s.lss", encoding)
        with pytest.raises(cg.DataError, match=r"s\.lss declares XML entities"):
            read_responses(data, structure=tmp_path / "s.lss", source="limesurvey")
    sheet = doctype + PLAIN.replace(">5<", ">&x;&b;<")
    try:
        data = read_responses(workbook(tmp_path / "e.xlsx", sheet))
    except cg.DataError as error:
        assert "e.xlsx" in str(error)
    else:
        assert "hidden" not in str(data.frame.to_numpy().tolist())


def test_formulas_and_markup_stay_text(tmp_path: Path) -> None:
    harm = ['=HYPERLINK("http://x")', "+cmd|' /C calc'!A0", "@SUM(1)", "<script>alert(1)</script>", "-2+3", "{{7*7}}"]
    path = write_rows(tmp_path / "a.csv", [["tru1", "tru2", "tru3", "note"], *(["1", "2", "3", h] for h in harm)])
    data = read_responses(path, TRUST)
    assert data.frame["note"].tolist() == harm
    assert "<script>" not in data._repr_html_()


def test_very_long_headers_and_cells(tmp_path: Path) -> None:
    long = "word " * 20_000
    path = write_rows(
        tmp_path / "a.csv", [["tru1", "tru2", "tru3", long, "nama " * 20_000], ["1", "2", "3", long, "x"]]
    )
    began = time.process_time()
    data = read_responses(path, TRUST)
    assert scores(data.frame, "tru1", "tru2", "tru3") == [[1, 2, 3]] and time.process_time() - began < 5
    assert data.describe_import()["value"].map(len).max() < 10_000


def test_null_bytes_and_mixed_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"tru1,tru2,tru3,x\r\n1,2,3,a\x00b\n4,5,1,c\r5,5,5,d\r\n")
    data = read_responses(path, TRUST)
    assert scores(data.frame, "tru1", "tru2", "tru3") == [[1, 2, 3], [4, 5, 1], [5, 5, 5]]
    (tmp_path / "zeros.csv").write_bytes(bytes(100_000))
    assert "is empty" in refused(tmp_path / "zeros.csv")


def test_five_thousand_columns_and_too_many(tmp_path: Path) -> None:
    rows = [[*TRUST.item_names, *(f"q{k}" for k in range(5000))]] + [["5"] * 5003] * 50
    began = time.process_time()
    data = read_responses(write_rows(tmp_path / "wide.csv", rows), TRUST)
    assert data.frame.shape == (50, 5003) and time.process_time() - began < 20
    path = write(tmp_path, "tru1,tru2,tru3\n1,2,3\n" + "," * (MOST_COLUMNS + 10) + "\n", "broken.csv")
    assert f"row 3 has {MOST_COLUMNS + 11} cells, more than a sheet can hold" in refused(path)


def test_duplicate_and_empty_headers(tmp_path: Path) -> None:
    path = write_rows(tmp_path / "a.csv", [["x", "x", "", "", "x "], ["1", "2", "3", "", "5"]])
    data = read_responses(path)
    assert list(data.frame.columns) == ["x", "x (2)", "column 3", "x (3)"]


def test_truncated_files(tmp_path: Path) -> None:
    for form, path in tiny().write_all(tmp_path).items():
        content = path.read_bytes()
        for share in (0.05, 0.5, 0.95):
            (tmp_path / f"cut{path.suffix}").write_bytes(content[: int(share * len(content))])
            try:
                data = read_responses(tmp_path / f"cut{path.suffix}", FIELD, missing_items="allow")
            except cg.CgSurveyError as error:
                assert len(str(error)) > 20, form
            else:
                # A text that ends early has fewer rows, and no way to say so; a binary file that does is broken.
                assert path.suffix == ".csv" and 0 < len(data) <= 30, form


def test_what_a_file_is_is_told_by_its_content(tmp_path: Path) -> None:
    files = tiny().write_all(tmp_path)
    first = read_responses(files["kobo names"], FIELD)
    for form, ending in (
        ("sav", ".csv"),
        ("kobo xlsx", ".csv"),
        ("dta", ".xlsx"),
        ("kobo names", ".xlsx"),
        ("odk zip", ".sav"),
    ):
        path = tmp_path / f"wrong{ending}"
        path.write_bytes(files[form].read_bytes())
        data = read_responses(path, FIELD)
        assert data.frame["tru1"].reset_index(drop=True).equals(first.frame["tru1"].reset_index(drop=True)), form


def test_folders_and_impossible_paths(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()
    assert "is a folder" in refused(tmp_path / "folder.csv")
    for path in ("nul\x00l.csv", "x" * 5000, ""):
        with pytest.raises(cg.DataError):
            read_responses(path)


def test_sav_that_states_more_than_it_holds(tmp_path: Path) -> None:
    content = bytearray(tiny().statistics(tmp_path / "a.sav").read_bytes())
    content[80:84] = struct.pack("<i", 2_000_000_000)
    (tmp_path / "a.sav").write_bytes(bytes(content))
    try:
        data = read_responses(tmp_path / "a.sav", FIELD)
    except cg.DataError as error:
        assert "a.sav" in str(error)
    else:
        assert len(data) == 30
    zeros = write_sheets(tmp_path / "a.xlsx", {"a": [["tru1", "tru2", "tru3"], [1, 2, 3]]}).read_bytes()
    assert archive.open_archive(zeros, "a.xlsx").namelist()


@pytest.mark.reference
def test_old_workbook_with_broken_places_of_cells(shared: Path, tmp_path: Path) -> None:
    content = bytearray((shared / "data" / "xlsform" / "pyxform__table-list.xls").read_bytes())
    at = int(0.6777617940163104 * len(content))
    content[at : at + 3] = b"\xdb\n\xed"  # found by the long run of broken files: asks for 100 GB
    (tmp_path / "broken.xls").write_bytes(bytes(content))
    assert "the places of its cells are broken" in refused(tmp_path / "broken.xls")
