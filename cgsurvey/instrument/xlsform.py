"""An instrument as a form for KoboToolbox and ODK: the sheets of an XLSForm.

A fourth sheet, `cgsurvey`, holds what the others have no place for; see `xlsform_rest`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from cgsurvey.base.errors import InstrumentError, OptionError
from cgsurvey.instrument.dumping import as_yaml
from cgsurvey.instrument.instrument import tell
from cgsurvey.instrument.parts import Choice, Construct, Item, Question, Respondent, Scale, Words, in_language
from cgsurvey.instrument.xlsform_logic import goes_on, one_of, together

if TYPE_CHECKING:
    from cgsurvey.instrument.instrument import Instrument

SHEET = "cgsurvey"
HEADING = "What a form has no place for; kept for cgsurvey, one line of YAML per row"
SEPARATOR = " | "
TYPES: Mapping[str, str] = {
    "one": "select_one",
    "many": "select_multiple",
    "integer": "integer",
    "number": "decimal",
    "text": "text",
    "date": "date",
}
LANGUAGES: Mapping[str, str] = {
    "id": "Bahasa Indonesia",
    "en": "English",
    "ms": "Bahasa Melayu",
    "jv": "Basa Jawa",
    "su": "Basa Sunda",
    "ar": "العربية",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "hi": "हिन्दी",
    "ja": "日本語",
    "ko": "한국어",
    "nl": "Nederlands",
    "pt": "Português",
    "ru": "Русский",
    "tl": "Tagalog",
    "vi": "Tiếng Việt",
    "zh": "中文",
}
EXTRA = ("instrument", "construct", "reverse", "role", "expected", "respondent", "ends", "source")
_LOGIC = ("relevant", "constraint")
_UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]|\$\{")
Row = dict[str, str | float | None]


def write_xlsform(one: Instrument, path: Path) -> Path:
    """Write the form; see `Instrument.to_xlsform`."""
    if path.suffix.lower() != ".xlsx":
        raise OptionError(f"a form is written as .xlsx; '{path.name}' ends otherwise.")
    sheets = sheets_of(one)
    _refuse(one, sheets)
    from cgsurvey.instrument.xlsform_rest import rest_of

    lines = as_yaml(rest_of(one, sheets)).splitlines()
    _save({**sheets, SHEET: [[HEADING], *([line] for line in lines)]}, path)
    return path


def sheets_of(one: Instrument) -> dict[str, list[list[str | float | None]]]:
    """Return the rows of the sheets survey, choices and settings, headers first."""
    spoken = [one.default_language, *(x for x in one.languages if x != one.default_language)]
    asked: tuple[Item | Question, ...] = (*one.demographics, *one.items)
    labels = [f"label::{spoken_name(x)}" for x in spoken]
    hints = [f"hint::{spoken_name(x)}" for x in spoken] if any(a.hint for a in asked) else []
    told = [f"constraint_message::{spoken_name(x)}" for x in spoken] if any(a.constraint_message for a in asked) else []
    limits = ["constraint", *told] if told or any(a.constraint for a in asked) else []
    survey = ["type", "name", *labels, *hints, "required", "relevant", *limits, "appearance", *EXTRA]
    settings: Row = {
        "form_title": in_language(one.title, one.default_language),
        "form_id": one.id,
        "version": one.version,
        "default_language": spoken_name(one.default_language),
    }
    return {
        "survey": _table(survey, _survey(one, spoken)),
        "choices": _table(["list_name", "name", *labels, "score", "missing"], _choices(one, spoken)),
        "settings": _table(list(settings), [settings]),
    }


def spoken_name(code: str) -> str:
    """Return a language as forms name it, e.g. "Bahasa Indonesia (id)"."""
    return f"{LANGUAGES.get(code, code)} ({code})"


def _table(header: list[str], rows: Iterable[Row]) -> list[list[str | float | None]]:
    return [list(header), *([row.get(column) for column in header] for row in rows)]


# ---- survey ------------------------------------------------------------------------------------------------------


def _survey(one: Instrument, spoken: Sequence[str]) -> Iterator[Row]:
    names = {n.casefold() for n in (*one.labels, *(i.name for i in one.items))}
    for when in ("start", "end"):
        if when not in names:
            yield {"type": when, "name": when}
    gates: list[str] = []
    for question in one.demographics:
        yield _question_row(one, question, spoken, gates)
        gates += gate(question)
    groups: set[str] = set()
    for (construct, asked), block in groupby(_blocks(one), key=lambda b: (b[0], b[1].respondent)):
        items = [item for _, item in block]
        if construct is None:
            for item in items:
                yield _item_row(one, item, "", spoken) | _relevant(*gates, *_role(one, asked), item.relevant)
            continue
        name = _free(f"block_{construct.id}", names | groups)
        groups.add(name.casefold())
        words = _labels(construct.label, construct.id, spoken)
        shown = _relevant(*gates, *_role(one, asked))
        yield {"type": "begin_group", "name": name, **words, "appearance": "field-list"} | shown
        for item in items:
            yield _item_row(one, item, construct.id if item.name in construct.items else "", spoken)
        yield {"type": "end_group", "name": name}


def _blocks(one: Instrument) -> Iterator[tuple[Construct | None, Item]]:
    """Yield items with the construct on whose page they stand; an attention check stands with the items before it."""
    place = {i: leaf for leaf in one.leaf_constructs for i in leaf.items}
    current: Construct | None = None
    asked: Respondent | None = None
    for item in one.items:
        own = place.get(item.name)
        if own is None and item.role == "attention_check" and item.respondent == asked:
            own = current
        current, asked = own, item.respondent
        yield own, item


def _free(name: str, taken: set[str]) -> str:
    n = 1
    while (found := name if n == 1 else f"{name}_{n}").casefold() in taken:
        n += 1
    return found


def _question_row(one: Instrument, q: Question, spoken: Sequence[str], gates: Sequence[str]) -> Row:
    kind = TYPES[q.type] + (f" {q.scale.name}" if q.scale else "")
    row: Row = {
        "type": kind,
        "name": q.name,
        **_labels(q.label, q.name, spoken),
        "required": None if q.optional else "yes",
        "instrument": q.block,
        "respondent": q.respondent,
        "ends": " ".join(q.ends) or None,
    }
    own = one.roles is not None and one.roles.column == q.name
    return row | _asked(q, spoken) | _relevant(*gates, *(() if own else _role(one, q.respondent)), q.relevant)


def _item_row(one: Instrument, i: Item, construct: str, spoken: Sequence[str]) -> Row:
    return {
        "type": f"select_one {i.scale.name}",
        "name": i.name,
        **_labels(i.label, i.name, spoken),
        "required": "yes",
        "appearance": "likert" if i.scale.type == "likert" else None,
        "instrument": i.block,
        "construct": construct or None,
        "reverse": "yes" if i.reverse else None,
        "role": i.role,
        "expected": i.expected,
        "respondent": i.respondent,
        "source": SEPARATOR.join(i.sources) or None,
        **_asked(i, spoken),
        **_relevant(i.relevant),
    }


def _asked(part: Item | Question, spoken: Sequence[str]) -> Row:
    row: Row = {"constraint": part.constraint or None}
    for column, words in (("hint", part.hint), ("constraint_message", part.constraint_message)):
        row |= {f"{column}::{spoken_name(x)}": words.get(x) for x in spoken}
    return row


def gate(q: Question) -> list[str]:
    """Return the condition under which the questions after one go on; none where no answer ends them."""
    if not q.ends or q.scale is None:
        return []
    choices = [c.name for c in q.scale.choices]
    everybody = not (q.optional or q.respondent or q.relevant)
    return [goes_on(q.name, q.ends, choices, many=q.type == "many", everybody=everybody)]


def _role(one: Instrument, asked: Respondent | None) -> list[str]:
    """Return who is asked: those whose answer to the question about roles stands for the role."""
    values = getattr(one.roles, asked) if one.roles and asked else ()
    if not values or one.roles is None:
        return []
    question = next(q for q in one.demographics if q.name == one.roles.column)
    return [one_of(question.name, values, many=question.type == "many")]


def _relevant(*conditions: str) -> Row:
    shown = together(filter(None, conditions))
    return {"relevant": shown} if shown else {}


def _labels(words: Words, name: str, spoken: Sequence[str]) -> Row:
    """Return the label columns; a form wants words everywhere, so a part without any shows its name."""
    return {f"label::{spoken_name(x)}": words.get(x) or name for x in spoken}


# ---- choices -----------------------------------------------------------------------------------------------------


def _choices(one: Instrument, spoken: Sequence[str]) -> Iterator[Row]:
    for scale in one.scales.values():
        for choice in scale.choices:
            yield _choice_row(scale, choice, spoken)


def _choice_row(scale: Scale, choice: Choice, spoken: Sequence[str]) -> Row:
    return {
        "list_name": scale.name,
        "name": choice.name,
        **_labels(choice.label, choice.name, spoken),
        "score": choice.score,
        "missing": "yes" if choice.name in scale.missing else None,
    }


# ---- the workbook ------------------------------------------------------------------------------------------------


def _refuse(one: Instrument, sheets: Mapping[str, list[list[str | float | None]]]) -> None:
    """Refuse words that a form would take for a reference, or that no workbook holds."""
    found = []
    for sheet, (header, *rows) in sheets.items():
        for row in rows:
            for column, text in zip(header, row, strict=True):
                if column not in _LOGIC and isinstance(text, str) and (sign := _UNFIT.search(text)):
                    shown = "${" if sign[0] == "${" else "a control character"
                    found.append(f"{sheet}, {row[1]}, {column}: {shown} cannot stand in a form; reword it.")
                elif isinstance(text, str) and len(text) > 32767:
                    found.append(f"{sheet}, {row[1]}, {column}: a cell holds 32 767 characters, not {len(text)}.")
    if found:
        raise InstrumentError(tell(f"instrument '{one.id}' as a form", found))


def _save(sheets: Mapping[str, Sequence[Sequence[str | float | None]]], path: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for r, row in enumerate(rows, start=1):
            for c, value in enumerate(row, start=1):
                if value is None:
                    continue
                cell = sheet.cell(r, c, value)
                if isinstance(value, str):
                    cell.data_type = "s"  # a wording that begins with = is no formula
                    cell.alignment = Alignment(vertical="top", wrap_text=name != SHEET and r > 1)
                if r == 1:
                    cell.font = Font(bold=True)
        for column, head in zip(sheet.columns, rows[0], strict=True):
            wide = 100 if name == SHEET else 48 if str(head).startswith("label") else 18
            sheet.column_dimensions[column[0].column_letter].width = wide
        sheet.freeze_panes = "C2" if name in ("survey", "choices") else "A2"
    try:
        book.save(path)
    except OSError as error:
        raise InstrumentError(f"the form cannot be written to '{path}': {error.strerror or error}.") from error
