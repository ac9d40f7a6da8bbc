"""PDF by typst: it compiles whatever a cell holds, and without the compiler the way out is told."""

from __future__ import annotations

import re
import sys

import pytest

from cgsurvey.base.errors import MissingDependencyError
from cgsurvey.present.document import Document, Em, Heading, Numbered, Paragraph, Ref
from cgsurvey.present.table import Column, Table, words
from cgsurvey.present.writers import typst

NASTY = [
    "#let x = 1",
    "= a",
    "- b",
    "1. c",
    "/ d: e",
    "$x$ @y <z>",
    "[a](b) `c` ~ ^ {d} | \\",
    "// no",
    "\"q\" 's'",
    "a..b...c",
    "(a)",
]


def nasty() -> Document:
    columns = (Column("item", words("#item")), Column("value", words("= v"), "number"))
    table = Table(
        "T",
        "nasty",
        words("@title"),
        columns,
        tuple((t, 1.5) for t in NASTY),
        notes=(words("*note*"),),
        indents={2: 1, 10: 2},
    )
    wide = (columns[0], *(Column(f"c{j}", words("Residual"), "coefficient") for j in range(40)))
    broad = Table("T", "wide", words("Wide"), wide, tuple((t, *[0.5] * 40) for t in NASTY[:2]))
    blocks = (
        Heading("#h"),
        *(Paragraph((t, Em("volume, 1"), "(2)")) for t in NASTY),
        Paragraph(("Lihat ", Ref("a"), "(", Ref("b"), ").")),
        Numbered("a", table),
        Numbered("b", broad),
        Paragraph(('f =~ "x"\n# y',), "code"),
    )
    return Document('#set & "title"', "id", blocks, ("A. [B]",), simulated=True, contents=True)


def test_a_pdf_is_made_of_whatever_a_text_holds(tmp_path):
    content = typst.write_pdf(nasty(), tmp_path / "r.pdf").read_bytes()
    assert content.startswith(b"%PDF-") and b"/StructTreeRoot" in content and b"/Lang" in content
    assert [p.name for p in tmp_path.iterdir()] == ["r.pdf"]
    assert typst.write_pdf(nasty(), tmp_path / "again.pdf").read_bytes() == content


def test_tables_keep_their_number_head_and_language(tmp_path):
    source = typst.write(nasty(), tmp_path / "r.typ").read_text(encoding="utf-8")
    assert 'lang: "id"' in source and "supplement: [Tabel]" in source and "(lanjutan)" in source
    assert source.count("table.header(") == 1 + len(re.findall(r"\*Tabel 2\* \(lanjutan\)", source)) + 1
    assert "#page(flipped: true)" in source and "Data simulasi, bukan hasil lapangan" in source
    assert "#ref(<t-1>);(#ref(<t-2>);)" in source


def test_without_the_compiler_the_way_out_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'cgsurvey\[pdf\]'.*\.docx or \.html"):
        typst.write_pdf(nasty(), tmp_path / "r.pdf")
    assert not list(tmp_path.iterdir())
