"""The codebook of an instrument: every column of the data, its wording, its codes, what it measures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cgsurvey.base.errors import OptionError, some
from cgsurvey.base.references import reference
from cgsurvey.instrument import Construct, Instrument, Item, Question, Scale, load_instrument
from cgsurvey.instrument.parts import in_language
from cgsurvey.present.table import Column, Table, Words

_ENDINGS = (".html", ".xlsx", ".docx")
_ALWAYS = ("variable", "wording_", "codes")  # others only where an item has them
_LANGUAGE = {"en": ("English", "Inggris"), "id": ("Indonesian", "Indonesia")}
_YES = Words("yes", "ya")
_ROLE = {"partner": Words("partners", "mitra"), "user": Words("users", "pengguna")}
_TYPE = {
    "integer": Words("whole number", "bilangan bulat"),
    "number": Words("number", "bilangan"),
    "text": Words("text", "teks"),
    "date": Words("date", "tanggal"),
}
_CHECK = Words("attention check", "butir pemeriksa perhatian")


def codebook(instrument: Instrument | str, path: str | Path | None = None, *, language: str | None = None) -> Table:
    """Make the codebook of an instrument; write it where `path` is given.

    Parameters
    ----------
    instrument : Instrument or str
        An instrument, or its name in the bank.
    path : str or Path, optional
        An ``.html``, ``.xlsx`` or ``.docx`` file.
    language : {"en", "id"}, optional
        Language of headings and labels; wordings stand in all languages of the instrument. Default: that of the
        instrument where it is one of these.

    Returns
    -------
    Table
        One row per question and item: name, wording per language, construct, codes with their labels, whether reverse,
        codes that mean no answer, who is asked, sources.

    Raises
    ------
    OptionError
        For another kind of file.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> cg.codebook("psq", language="en").to_frame()[["variable", "wording_en"]].head(2).values.tolist()
    [['tan1', 'The service area is clean.'], ['tan2', 'The equipment used to serve the public works properly.']]
    """
    one = load_instrument(instrument)
    spoken = language or (one.default_language if one.default_language in ("en", "id") else "en")
    languages = sorted(one.languages, key=lambda x: x != spoken)  # that of the reader first
    place = {i: leaf for leaf in one.leaf_constructs for i in leaf.items}
    rows = [_row(one, languages, q, None) for q in one.demographics] + [
        _row(one, languages, i, place.get(i.name)) for i in one.items
    ]
    groups = {0: Words("Questions", "Pertanyaan")} if one.demographics else {}
    if one.items:
        groups[len(one.demographics)] = Words("Items", "Butir")
    title = {x: in_language(one.title, x, one.default_language) for x in ("en", "id")}
    columns = _columns(languages)
    used = [j for j, c in enumerate(columns) if c.name.startswith(_ALWAYS) or any(row[j] for row in rows)]
    made = Table(
        key="codebook",
        name="codebook",
        title=Words(f"Codebook: {title['en']} ({one.version})", f"Buku kode: {title['id']} ({one.version})"),
        columns=tuple(columns[j] for j in used),
        rows=tuple(tuple(row[j] for j in used) for row in rows),
        groups=groups,
        notes=tuple(Words(n.render("en"), n.render("id")) for n in one.notes),
        language=spoken,
    )
    if path is not None:
        _write(made, Path(path))
    return made


def _columns(languages: Sequence[str]) -> list[Column]:
    wordings = [
        (
            f"wording_{x}",
            Words(
                *(
                    f"{head} ({_LANGUAGE[x][k] if x in _LANGUAGE else x})"
                    for k, head in enumerate(("Wording", "Redaksi"))
                )
            ),
        )
        for x in languages
    ]
    heads = [
        ("variable", Words("Name", "Nama")),
        *wordings,
        ("construct", Words("Construct", "Konstruk")),
        ("codes", Words("Codes", "Kode")),
        ("reverse", Words("Reverse", "Terbalik")),
        ("missing", Words("No answer", "Tanpa jawaban")),
        ("respondent", Words("Asked of", "Ditanyakan kepada")),
        ("source", Words("Source", "Sumber")),
    ]
    return [Column(name, head, kind="text") for name, head in heads]


def _row(one: Instrument, languages: Sequence[str], part: Item | Question, leaf: Construct | None) -> tuple[Any, ...]:
    item = part if isinstance(part, Item) else None
    construct = _words(one, leaf.label, leaf.id) if leaf else _CHECK if item and item.role != "item" else ""
    return (
        part.name,
        *(part.label.get(x, "") for x in languages),
        construct,
        _codes(one, part.scale) if part.scale else _TYPE[part.type] if isinstance(part, Question) else "",
        _YES if item and item.reverse else "",
        ", ".join(part.scale.missing) if part.scale else "",
        _ROLE[part.respondent] if part.respondent else "",
        "; ".join(map(_cited, item.sources)) if item else "",
    )


def _codes(one: Instrument, scale: Scale) -> Words:
    told = {
        x: "; ".join(
            f"{c.name} = {in_language(c.label, x, one.default_language)}" if c.label else c.name for c in scale.choices
        )
        for x in ("en", "id")
    }
    return Words(told["en"], told["id"])


def _words(one: Instrument, words: Any, name: str) -> Words:
    return Words(*(in_language(words, x, one.default_language) or name for x in ("en", "id")))


def _cited(key: str) -> str:
    try:
        return reference(key).short
    except KeyError:
        return key


def _write(made: Table, path: Path) -> None:
    ending = path.suffix.lower()
    if ending not in _ENDINGS:
        raise OptionError(f"a codebook is written as {some(_ENDINGS)}; '{path.name}' ends otherwise.")
    if ending == ".html":
        made.to_html(path)
    elif ending == ".xlsx":
        made.to_xlsx(path)
    else:
        made.to_docx(path)
