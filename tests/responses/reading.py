"""A small bilingual instrument with two roles, and files made of it, for the tests of reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from cgsurvey.instrument import Choice, Construct, Instrument, Item, Question, Roles, Scale

AGREE = Scale(
    "agree5",
    (
        Choice("1", 1.0, {"en": "Strongly disagree", "id": "Sangat tidak setuju"}, ("STS",)),
        Choice("2", 2.0, {"en": "Disagree", "id": "Tidak setuju"}, ("TS",)),
        Choice("3", 3.0, {"en": "Neutral", "id": "Netral"}, ("N", "Ragu-ragu", "Kurang setuju", "KS")),
        Choice("4", 4.0, {"en": "Agree", "id": "Setuju"}, ("S",)),
        Choice("5", 5.0, {"en": "Strongly agree", "id": "Sangat setuju"}, ("SS",)),
        Choice("98", None, {"en": "Don't know", "id": "Tidak tahu"}),
        Choice("99", None, {"en": "Prefer not to say", "id": "Menolak menjawab"}),
    ),
    missing=("98", "99"),
)
WHO = Scale(
    "role",
    (
        Choice("gov", None, {"en": "Government agency", "id": "Instansi pemerintah"}),
        Choice("civil", None, {"en": "Civil society", "id": "Organisasi masyarakat"}),
        Choice("user", None, {"en": "Service user", "id": "Pengguna layanan"}),
    ),
    "nominal",
)
WORDS: Mapping[str, tuple[str, str]] = {
    "tru1": ("Partners keep their promises.", "Para mitra menepati janji."),
    "tru2": ("Partners share information/data openly.", "Para mitra berbagi informasi/data secara terbuka."),
    "tru3r": ("Partners hide things from one another.", "Para mitra saling menutup-nutupi."),
    "sat1": ("I am satisfied with the service.", "Saya puas dengan layanan ini."),
    "sat2": ("The service met my expectations.", "Layanan ini sesuai harapan saya."),
}


def _item(name: str) -> Item:
    label = dict(zip(("en", "id"), WORDS[name], strict=True))
    return Item(name, AGREE, label, reverse=name.endswith("r"), respondent="partner" if name[0] == "t" else "user")


INSTRUMENT = Instrument(
    "tiny",
    (
        *map(_item, WORDS),
        Item(
            "att1",
            AGREE,
            {"en": "Please tick Disagree.", "id": "Pilih Tidak setuju."},
            role="attention_check",
            expected="2",
        ),
    ),
    (
        Construct("trust", {"en": "Trust", "id": "Kepercayaan"}, items=("tru1", "tru2", "tru3r"), respondent="partner"),
        Construct("satisfaction", {"en": "Satisfaction", "id": "Kepuasan"}, items=("sat1", "sat2"), respondent="user"),
    ),
    title={"en": "Tiny", "id": "Kecil"},
    languages=("en", "id"),
    default_language="id",
    demographics=(
        Question("role", {"en": "Who are you?", "id": "Siapakah Anda?"}, "one", WHO),
        Question("age", {"en": "Your age in years", "id": "Usia Anda (tahun)"}, "integer"),
    ),
    roles=Roles("role", partner=("gov", "civil"), user=("user",)),
    status="piloted",
)
TRUST = Instrument.from_items({"trust": ["tru1", "tru2", "tru3"]}, scale=AGREE)


def write(folder: Path, text: str, name: str = "field.csv", encoding: str = "utf-8") -> Path:
    """Write a file and return its path."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def sheet(folder: Path, sheets: Mapping[str, Sequence[Sequence[object]]], name: str = "field.xlsx") -> Path:
    """Write a workbook of cells as given and return its path."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(list(row))
    book.save(folder / name)
    return folder / name


def scores(frame: pd.DataFrame, *names: str) -> list[list[float | None]]:
    """Return the scores of items by row, None where there is none."""
    return [[None if v != v else v for v in row] for row in frame[list(names)].to_numpy().tolist()]
