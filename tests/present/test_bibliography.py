"""The sources of a report, in three formats: nothing is lost on the way, and programs that read them can."""

from __future__ import annotations

import json
import re

import pytest

from cgsurvey.base.data import package_yaml
from cgsurvey.base.errors import OptionError
from cgsurvey.base.references import reference
from cgsurvey.present import report
from cgsurvey.present.report.bibliography import bibtex, csl, fields
from cgsurvey.reliability import reliability

ALL = [reference(k) for k in package_yaml("base/references.yaml")]


@pytest.mark.parametrize("entry", ALL, ids=lambda e: e.key)
def test_a_source_is_taken_apart_and_nothing_is_lost(entry):
    item = fields(entry)
    names = [", ".join(n[k] for k in ("family", "given", "suffix", "literal") if k in n) for n in item["author"]]
    joined = names[0] if len(names) == 1 else ", ".join(names[:-1]) + f", & {names[-1]}"
    assert joined == entry.authors
    assert item["issued"] == {"date-parts": [[int(entry.year)]]} and item.get("DOI", "") == entry.doi
    if entry.kind == "article":
        pages = item.get("page", "") or (f"Article {item['number']}" if "number" in item else "")
        issue = f"({item['issue']})" if "issue" in item else ""
        assert entry.place == ", ".join(
            filter(None, (item["container-title"], f"{item.get('volume', '')}{issue}", pages))
        )
        assert item["volume"].isdigit()
    if entry.kind == "chapter":
        assert item["editor"] and item["publisher"] and item["page"] and item["container-title"]
        assert all("family" in e for e in item["editor"])
    if entry.kind == "book":
        assert item["publisher"] == entry.place and "ed." not in item["title"]


def test_bibtex_is_balanced_and_keyed():
    text = bibtex(ALL)
    keys = re.findall(r"^@(\w+)\{(\w+),$", text, re.MULTILINE)
    assert [k for _, k in keys] == [e.key for e in ALL]
    assert {kind for kind, _ in keys} <= {"article", "book", "incollection", "techreport", "misc"}
    assert text.count("{") == text.count("}") and not re.search(r"(?<!\\)[%#&]", text)
    assert "  author = {Hu, L. and Bentler, P. M.}," in text and "  pages = {1--55}," in text
    assert "  author = {Cronin, Jr., J. J. and Taylor, S. A.}," in text
    assert "  author = {{Kementerian Pendayagunaan" in text and "  edition = {4}," in text


def test_csl_is_what_reference_managers_read():
    items = {i["id"]: i for i in json.loads(csl(ALL))}
    assert items["hu1999"]["type"] == "article-journal" and items["hu1999"]["page"] == "1–55"
    assert items["satorra1994"]["editor"][0] == {"family": "von Eye", "given": "A."}
    assert items["kline2016"]["edition"] == "4" and items["permenpanrb2017"]["type"] == "legislation"


def test_a_report_gives_its_sources(answers, tmp_path):
    made = report(reliability(answers, {"f1": ["x1", "x2", "x3"]}), figures=False)
    lines = made.references().splitlines()
    assert lines == sorted(lines, key=str.casefold) and all(line in made.to_text().replace("\n", " ") for line in lines)
    assert made.save(tmp_path / "x.bib").read_text(encoding="utf-8") == made.references("bibtex")
    assert json.loads(made.save(tmp_path / "x.json").read_text(encoding="utf-8"))[0]["id"] in made.sources
    assert len(lines) == len(made.sources) == made.references("bibtex").count("\n@") + 1
    with pytest.raises(OptionError, match="style='ris'"):
        made.references("ris")
