"""The sources of a report as a reader or a reference manager wants them: APA, BibTeX, CSL-JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cgsurvey.base.references import Reference, reference
from cgsurvey.present.document import Em, Paragraph

_ARTICLE = re.compile(r"(?P<container>.*?), (?P<volume>\d+)(?:\((?P<issue>[^)]*)\))?(?:, (?P<page>.+))?")
_CHAPTER = re.compile(
    r"In (?P<editors>.*?) \(Eds?\.\), (?P<container>.*) \(pp?\. (?P<page>[\d–-]+)\)\. (?P<publisher>.*)"
)
_EDITION = re.compile(r"(.*) \((\d+)(?:st|nd|rd|th) ed\.\)")
_CSL = {"article": "article-journal", "book": "book", "chapter": "chapter", "regulation": "legislation"}
_BIBTEX = {"article": "article", "book": "book", "chapter": "incollection", "report": "techreport"}
_PLAIN = str.maketrans({c: rf"\{c}" for c in "&%$#_"})


def sources(keys: Sequence[str]) -> list[Reference]:
    """Return the sources of these keys, each once, in the order of a list of references."""
    return sorted({reference(k) for k in keys}, key=lambda r: r.apa.casefold())


def people(authors: str) -> list[dict[str, str]]:
    """Return authors written as APA writes them, "Hu, L., & Bentler, P. M.", as families and given names."""
    names: list[dict[str, str]] = []
    parts = iter(authors.replace("& ", "").split(", "))
    for part in parts:
        if part in ("Jr.", "Sr.") and names:
            names[-1]["suffix"] = part
        elif given := next(parts, ""):
            names.append({"family": part, "given": given})
        else:
            return [{"literal": authors}]
    return names


def fields(entry: Reference) -> dict[str, Any]:
    """Return a source as an item of CSL-JSON.

    Its place is taken apart into journal, volume, issue and pages, or editors, book and publisher.
    """
    issued = {"date-parts": [[int(entry.year)]]}
    item: dict[str, Any] = {
        "id": entry.key,
        "type": _CSL.get(entry.kind, "report"),
        "title": entry.title.rstrip("."),
        "author": people(entry.authors),
        "issued": issued,
    }
    if entry.kind == "article" and (found := _ARTICLE.fullmatch(entry.place)):
        item |= {k: v for k, v in found.groupdict().items() if v}
        if item.get("page", "").startswith("Article "):
            item["number"] = item.pop("page").removeprefix("Article ")
    elif entry.kind == "chapter" and (found := _CHAPTER.fullmatch(entry.place)):
        item |= {k: v for k, v in found.groupdict().items() if k != "editors"}
        item["editor"] = [_first_name_first(name) for name in re.split(r",? & |, ", found["editors"])]
    elif entry.kind == "article":
        item["container"] = entry.place
    else:
        item["publisher"] = entry.place
    if edition := _EDITION.fullmatch(item["title"]):
        item["title"], item["edition"] = edition.groups()
    if "container" in item:
        item["container-title"] = item.pop("container")
    return item | ({"DOI": entry.doi} if entry.doi else {})


def _first_name_first(name: str) -> dict[str, str]:
    found = re.fullmatch(r"((?:\w\.[ -]?)+) ?(.*)", name)
    return {"family": found[2], "given": found[1].strip()} if found else {"literal": name}


def csl(entries: Sequence[Reference]) -> str:
    """Return sources as CSL-JSON, which Zotero, Mendeley and pandoc read."""
    return json.dumps([fields(e) for e in entries], ensure_ascii=False, indent=1) + "\n"


def bibtex(entries: Sequence[Reference]) -> str:
    """Return sources as BibTeX; titles in double braces keep their capitals."""
    return "\n".join(_bibtex(e) for e in entries)


def _bibtex(entry: Reference) -> str:
    item = fields(entry)
    place = {"article": "journal", "chapter": "booktitle"}.get(entry.kind, "")
    publisher = "institution" if entry.kind == "report" else "publisher"
    said: Mapping[str, Any] = {
        "author": _names(item["author"]),
        "title": f"{{{item['title'].translate(_PLAIN)}}}",
        place: item.get("container-title"),
        "editor": _names(item.get("editor", [])),
        publisher: item.get("publisher"),
        "edition": item.get("edition"),
        "year": entry.year,
        "volume": item.get("volume"),
        "number": item.get("issue"),
        "eid": item.get("number"),
        "pages": item.get("page", "").replace("–", "--"),
        "doi": entry.doi,
    }
    lines = [
        f"  {k} = {{{v if k in ('title', 'doi', 'author') else str(v).translate(_PLAIN)}}},"
        for k, v in said.items()
        if k and v
    ]
    return "\n".join([f"@{_BIBTEX.get(entry.kind, 'misc')}{{{entry.key},", *lines, "}", ""])


def _names(names: Sequence[Mapping[str, str]]) -> str:
    parts = (
        (n[k] for k in ("family", "suffix", "given") if k in n) if "family" in n else [f"{{{n['literal']}}}"]
        for n in names
    )
    return " and ".join(", ".join(p) for p in parts)


def apa(entry: Reference) -> Paragraph:
    """Return a reference in APA style: the title of a book, or journal and volume, in italics; ranges with a dash."""
    link = f" https://doi.org/{entry.doi}" if entry.doi else ""
    where = entry.place
    head, title = f"{entry.authors.rstrip('.')}. ({entry.year}). ", entry.title.rstrip(".")
    if entry.kind == "chapter" and (found := re.match(r"(In .*?\(Eds?\.\), )(.*?)( \(pp.*)", where)):
        return Paragraph((f"{head}{title}. {found[1]}", Em(found[2]), f"{found[3]}.{link}"), "reference")
    if entry.kind == "article" and (found := re.match(r"(.*?, \d+)(?=[(,]|$)(.*)", where)):
        return Paragraph((f"{head}{title}. ", Em(found[1]), f"{found[2]}.{link}"), "reference")
    edition = _EDITION.fullmatch(title)
    book = edition[1] if edition else title
    return Paragraph((head, Em(book), f"{title[len(book) :]}. {where}.{link}"), "reference")
