"""LaTeX source: letters that its compilers know, tables that fit on the page."""

import re
import unicodedata

import pytest

from cgsurvey.base.data import package_yaml
from cgsurvey.present.document import Document, Em, Figure, Numbered, Paragraph
from cgsurvey.present.table import Column, Table, words
from cgsurvey.present.writers import latex

ROOMS = ("responses", "factor", "sem", "reliability", "classical", "planning", "collaboration", "service_quality")
KNOWN = "“”‘’…·"  # what the T1 encoding holds beyond letters


def broad() -> Table:
    names = [f"c{j}" for j in range(60)]
    columns = (Column("item", words("Item")), *(Column(n, words(n), "coefficient") for n in names))
    return Table("T", "broad", words("Broad"), columns, (("x", *[0.5] * 60), ("0123456789" * 6, *[0.25] * 60)))


def test_every_letter_of_our_texts_is_known_to_the_compiler():
    catalogues = [package_yaml(f"{room}/notes.yaml") for room in ROOMS]
    catalogues += [package_yaml(f"present/narration/{language}.yaml") for language in ("en", "id")]
    text = f"{[*catalogues, package_yaml('base/glossary.yaml')]} b₁ b₂ ↓ ∩ μ"
    unknown = {
        c for c in latex.escape(text) if not c.isascii() and c not in KNOWN and "LATIN" not in unicodedata.name(c, "")
    }
    assert unknown == set()


def test_a_table_broader_than_the_page_turns_it_and_comes_in_bands():
    source = latex.render(Document("t", "id", (Numbered("a", broad()),)))
    assert source.count(r"\begin{landscape}") == source.count(r"\end{landscape}") == 1
    bands = source.count(r"\begin{longtable}")
    assert bands > 1 and source.count(r"\caption*{\textbf{Tabel 1 (lanjutan)}}") == bands - 1
    assert source.count(r"\addtocounter{table}{-1}") == bands - 1  # the next table is the second
    for spec in re.findall(r"\\begin\{longtable\}\[l\]\{@\{\}(.*)@\{\}\}", source):
        assert sum(float(w) for w in re.findall(r"p\{([\d.]+)cm\}", spec)) < 24.7
    assert r"01234567\allowbreak{}89012345" in source
    heads = re.findall(r"\bc\d+\b", source.split(r"\endhead")[0])
    assert heads and source.count("{") - source.count(r"\{") == source.count("}") - source.count(r"\}")


def test_addresses_pictures_and_syntax_keep_within_the_lines():
    figure = Figure(b"", b"", "F", "alt", 9.0)
    code = "factor =~ " + " + ".join(f"item_{k}" for k in range(30))
    cited = Paragraph(("Ani. (2020). ", Em("Book"), ". https://doi.org/10.1/a_b%c"), "reference")
    source = latex.render(Document("t", "en", (Numbered("f", figure), Paragraph((code,), "code"), cited)))
    assert r"\includegraphics[width=9.0cm,height=0.85\textheight,keepaspectratio]" in source
    lines = source.split(r"\begin{verbatim}")[1].split(r"\end{verbatim}")[0].strip("\n").splitlines()
    assert max(map(len, lines)) <= 88 and " ".join(line.strip() for line in lines) == code
    assert r"\url{https://doi.org/10.1/a_b%c}" in source


@pytest.mark.parametrize("language", ["en", "id"])
def test_a_table_alone_has_columns_as_broad_as_they_need(example: Table, language: str):
    assert r"\begin{longtable}[l]{@{}lrrrr@{}}" in example.to_latex(language=language)
