"""Real exports: Google Forms saved by Excel in Korean encoding, its workbook, one Kobo survey in five shapes."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

import cgsurvey as cg
from cgsurvey.instrument import Choice, Construct, Item, Question, Roles, Scale
from cgsurvey.responses import Responses, read_responses

pytestmark = pytest.mark.reference

PERCEPTIONS = {f"x{k}": 3 + 2 * k for k in range(1, 25)}
OUTCOMES = {f"y{k}": 158 + k for k in range(1, 5)}
KIOSK = {"perception": list(PERCEPTIONS), "outcome": list(OUTCOMES)}
SHAPES = ("xml.csv", "xml_groups.csv", "label_id.csv", "label_id.xlsx", "label_en_groups.csv")


def kiosk_instrument() -> cg.Instrument:
    return cg.Instrument.from_items(KIOSK, scale={"perception": (1, 7), "outcome": (1, 5)})


def kobo_instrument(form: Path) -> cg.Instrument:
    """Make the instrument from the XLSForm that the five exports were collected with."""
    book = CalamineWorkbook.from_path(form)
    survey, choices = (
        pd.DataFrame(rows[1:], columns=rows[0])
        for rows in (book.get_sheet_by_name(n).to_python() for n in ("survey", "choices"))
    )
    labels = {"id": "label::Bahasa Indonesia (id)", "en": "label::English (en)"}

    def words(row: pd.Series) -> dict[str, str]:
        return {language: str(row[column]) for language, column in labels.items()}

    scales = {}
    for name, rows in choices.groupby("list_name"):
        made = [
            Choice(str(r["name"]), float(r["score"]) if r["score"] != "" else None, words(r))
            for _, r in rows.iterrows()
        ]
        kind = "nominal" if name == "role" else "likert"
        scales[name] = Scale(str(name), tuple(made), kind, ("98",) if name == "agree5" else ())
    asked = survey[survey["type"].str.startswith("select_one") & (survey["name"] != "role")]
    items = []
    for _, row in asked.iterrows():
        check = row["name"] == "att1"
        items.append(
            Item(
                str(row["name"]),
                scales[row["type"].split()[1]],
                words(row),
                reverse=str(row["name"]).endswith("r"),
                role="attention_check" if check else "item",
                expected="2" if check else None,
                respondent="partner"
                if row["instrument"] in ("en_dynamics", "ansell_gash", "digital_path", "culture")
                else "user",
            )
        )
    blocks = {
        b: [i.name for i in items if i.name in set(asked["name"][asked["instrument"] == b])]
        for b in asked["instrument"].unique()
    }
    role = survey[survey["name"] == "role"].iloc[0]
    return cg.Instrument(
        "kobo_core",
        tuple(items),
        tuple(
            Construct(b, {"id": b, "en": b}, items=tuple(n for n in names if n != "att1"))
            for b, names in blocks.items()
        ),
        title={"id": "Survei", "en": "Survey"},
        languages=("id", "en"),
        default_language="id",
        demographics=(Question("role", words(role), "one", scales["role"]),),
        roles=Roles("role", partner=("gov", "private", "civil", "academic"), user=("user",)),
        status="piloted",
    )


def test_kiosk_export_is_read_without_loss(shared: Path) -> None:
    path = shared / "data" / "kiosk" / "kiosk_cp949.csv"
    with path.open(encoding="cp949", newline="") as handle:
        header, *lines = csv.reader(handle)
    assert len(lines) == 211 and len(header) == 163
    assert all("인지 설문" in header[j - 1] for j in PERCEPTIONS.values())
    assert sum("인지 설문" in h for h in header) == 24

    mapping = PERCEPTIONS | OUTCOMES
    data = read_responses(path, kiosk_instrument(), mapping=mapping)
    p = data.provenance
    assert (p.encoding, p.delimiter, p.rows_read, p.columns_read) == ("cp949", ",", 211, 163)
    assert [n.values["encoding"] for n in data.notes if n.code == "responses.encoding_guessed"] == ["cp949"]
    assert data.frame.index.tolist() == list(range(2, 213))
    for name, place in mapping.items():
        independent = np.array([float(line[place - 1]) if line[place - 1].strip() else np.nan for line in lines])
        assert np.array_equal(data.frame[name].to_numpy(), independent, equal_nan=True), name
        assert p.mapping[name] == " ".join(header[place - 1].split())
    # Nothing else is lost either: every other column stands in the frame as it was written.
    others = [j for j in range(163) if j + 1 not in mapping.values()]
    assert len(data.others) == len(others) and not p.dropped
    for name, j in zip(data.others, others, strict=True):
        column = data.frame[name]
        written = [line[j].strip() for line in lines]
        if column.dtype.kind in "if":
            assert np.array_equal(
                column.to_numpy(float), np.array([float(c or "nan") for c in written]), equal_nan=True
            )
        else:
            assert column.fillna("").tolist() == written


def test_kiosk_columns_can_be_named_by_their_text(shared: Path) -> None:
    path = shared / "data" / "kiosk" / "kiosk_cp949.csv"
    by_place = read_responses(path, kiosk_instrument(), mapping=PERCEPTIONS | OUTCOMES)
    by_text = read_responses(path, kiosk_instrument(), mapping=dict(by_place.provenance.mapping))
    assert by_text.equals(by_place)


def test_kiosk_workbook_asks_for_a_sheet(shared: Path) -> None:
    path = shared / "data" / "kiosk" / "responses_raw.xlsx"
    with pytest.raises(cg.DataError, match=r"has 10 sheets: 1 '전체' \(201 rows\); 2 '서브퀄_문항만' \(197 rows\)"):
        read_responses(path, kiosk_instrument(), mapping=PERCEPTIONS)
    raw = read_responses(path, sheet="전체")
    assert len(raw) == 200 and raw.provenance.source == "google_forms"


def test_kiosk_cleaned_files(shared: Path) -> None:
    for name in ("ipa_satisfaction_clean.csv", "servqual_perception_clean.csv"):
        path = shared / "data" / "kiosk" / name
        data = read_responses(path, kiosk_instrument())
        plain = pd.read_csv(path)
        assert data.frame[list(plain.columns)].to_numpy().tolist() == plain.to_numpy(float).tolist()
        assert len(data) == 194 and (data.reasons == "").to_numpy().all()


@pytest.mark.parametrize("origin", ["form", "bank"])
def test_kobo_export_in_five_shapes_is_one_and_the_same(shared: Path, origin: str) -> None:
    folder = shared / "data" / "kobo"
    form = folder / "cgsurvey_core_xlsform.xlsx"
    instrument = kobo_instrument(form) if origin == "form" else cg.load_instrument("cgsurvey_core")
    data = [read_responses(folder / f"synthetic_cgsurvey_core__{shape}", instrument) for shape in SHAPES]
    assert [d.provenance.language for d in data] == ["", "", "id", "id", "en"]
    assert {d.provenance.source for d in data} == {"kobo"}
    assert all(d.provenance.delimiter == ";" for d in data if d.provenance.reader == "csv")
    for other in data[1:]:
        pd.testing.assert_frame_equal(data[0].frame, other.frame)
        pd.testing.assert_frame_equal(data[0].reasons, other.reasons)
        pd.testing.assert_frame_equal(data[0].keyed, other.keyed)
        assert data[0].equals(other)
    _check_against_file(data[0], folder / "synthetic_cgsurvey_core__xml.csv")


def _check_against_file(data: Responses, path: Path) -> None:
    plain = pd.read_csv(path, sep=";", encoding="utf-8-sig", dtype=str, keep_default_na=False)
    assert len(plain) == len(data) == 25 and len(data.items) == 132
    for name in (*data.items, "att1"):
        expected = pd.to_numeric(plain[name].replace("98", ""), errors="coerce").to_numpy(float)
        assert np.array_equal(data.frame[name].to_numpy(), expected, equal_nan=True), name
    told = data.reasons.to_numpy() == "dont_know"
    assert (told == (plain[list(data.items)] == "98").to_numpy()).all() and told.sum() > 0
    assert data.frame["role"].tolist() == plain["role"].tolist()
    assert data.frame["start"].tolist() == plain["start"].tolist() and "_submission_time" in data.frame
    # In this made-up file users answered the blocks of partners too: kept, and told.
    outside = next(n for n in data.notes if n.code == "responses.answered_though_not_asked")
    assert outside.values["n"] > 0


def test_kobo_export_with_blanks_for_what_was_not_asked(shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "kobo"
    instrument = kobo_instrument(folder / "cgsurvey_core_xlsform.xlsx")
    plain = pd.read_csv(folder / "synthetic_cgsurvey_core__xml_groups.csv", sep=";", encoding="utf-8-sig", dtype=str)
    users = plain["role"] == "user"
    partner_only = [
        c for c in plain if c.partition("/")[0] in ("en_dynamics", "ansell_gash", "digital_path", "culture")
    ]
    plain.loc[users, partner_only] = None
    plain.to_csv(tmp_path / "export.csv", sep=";", index=False)
    data = read_responses(tmp_path / "export.csv", instrument)
    names = [i.name for i in instrument.items if i.respondent == "partner" and i.role == "item"]
    assert (data.reasons.loc[users.to_numpy(), names] == "not_asked").to_numpy().all()
    assert not data.asked.loc[users.to_numpy(), names].to_numpy().any()
    assert (data.reasons.loc[~users.to_numpy(), names] != "not_asked").to_numpy().all()


def test_form_versions_with_one_question_twice_are_not_guessed(shared: Path) -> None:
    path = shared / "data" / "kobo" / "site_inspection__xmlvalues.csv"
    question = "was there damage to the site?"
    scale = Scale("yes_no", (Choice("0", 0.0, {"en": "no"}, ("no",)), Choice("1", 1.0, {"en": "yes"}, ("yes",))))
    instrument = cg.Instrument.from_items(
        {"harm": {"damage": question}, "site": {"found": "did you find the site"}}, scale=scale
    )
    with pytest.raises(cg.DataError, match=r"2 columns hold item 'damage': .*\(column 3\).*\(column 9\)"):
        read_responses(path, instrument)


@pytest.mark.parametrize(
    "folder", ["careless", "kobo", "limesurvey", "qualtrics", "redcap", "spss_stata", "xlsform", "kiosk"]
)
def test_every_real_file_is_read_or_refused_with_a_reason(shared: Path, folder: str) -> None:
    files = sorted((shared / "data" / folder).iterdir())
    assert files
    for path in files:
        try:
            data = read_responses(path)
        except cg.DataError as error:
            assert path.name in str(error), path
        else:
            assert len(data) > 0 and data.frame.columns.is_unique and data.items == (), path
