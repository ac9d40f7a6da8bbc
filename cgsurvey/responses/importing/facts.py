"""What was read and decided of a file, told one fact a row in the language of the reader."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from cgsurvey.base.options import choose
from cgsurvey.responses.words import short

if TYPE_CHECKING:
    from cgsurvey.responses.responses import Responses

# What a fact is called in Indonesian; in English it bears its name.
_INDONESIAN = {
    "file": "berkas",
    "sha256": "sha256",
    "reader": "pembaca",
    "source": "asal",
    "sheet": "lembar",
    "encoding": "pengodean",
    "delimiter": "pemisah kolom",
    "decimal": "tanda desimal",
    "language of labels": "bahasa label",
    "header row": "baris judul",
    "rows read": "baris dibaca",
    "columns read": "kolom dibaca",
    "instrument": "instrumen",
    "items matched": "butir yang cocok",
    "answers missing of asked": "jawaban kosong dari yang ditanyakan",
    "columns kept beside the items": "kolom lain yang disimpan",
    "columns of personal data dropped": "kolom data pribadi yang dihapus",
}
_WORDS = {
    "en": {"frame": "(data frame)", "tab": "tab", "of": "{} of {}", "more": "{} and {} more", "note": "note"},
    "id": {"frame": "(tabel data)", "tab": "tab", "of": "{} dari {}", "more": "{} dan {} lainnya", "note": "catatan"},
}


def import_facts(answers: Responses, language: str) -> pd.DataFrame:
    """Return the facts of an import as a frame of `step` and `value`."""
    words = _WORDS[choose("language", language, tuple(_WORDS))]
    p = answers.provenance
    asked = int(answers.asked.to_numpy().sum())
    missing = int(((answers.reasons != "") & (answers.reasons != "not_asked")).to_numpy().sum())
    known = answers.instrument
    facts: dict[str, object] = {
        "file": p.file or words["frame"],
        "sha256": p.sha256,
        "reader": p.reader,
        "source": f"{p.source} ({p.source_why})" if p.source_why else p.source,
        "sheet": p.sheet,
        "encoding": p.encoding,
        "delimiter": {"\t": words["tab"]}.get(p.delimiter, p.delimiter),
        "decimal": p.decimal,
        "language of labels": p.language,
        "header row": p.header_row,
        "rows read": p.rows_read,
        "columns read": p.columns_read,
        "instrument": f"{known.id} {known.version}" if known is not None else "",
        "items matched": len(answers.items),
        "answers missing of asked": words["of"].format(missing, asked),
        "columns kept beside the items": _some([short(str(c), 40) for c in answers.others], 12, words["more"]),
        "columns of personal data dropped": _some([short(d, 40) for d in p.dropped], 40, words["more"]),
    }
    names = _INDONESIAN if language == "id" else {}
    rows = [(names.get(k, k), str(v)) for k, v in facts.items() if v not in ("", None)]
    rows += [(f"{words['note']}: {n.code.partition('.')[2]}", n.render(language)) for n in answers.notes]
    return pd.DataFrame(rows, columns=["step", "value"], dtype="str")


def _some(values: Sequence[str], limit: int, more: str) -> str:
    shown, rest = ", ".join(values[:limit]), len(values) - limit
    return more.format(shown, rest) if rest > 0 else shown
