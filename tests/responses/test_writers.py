"""Answers that are written and read back: every format, odd texts, bad targets."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

import cgsurvey as cg
from cgsurvey import read_responses
from cgsurvey.instrument import Choice, Instrument, Scale
from cgsurvey.responses.readers.text import guarded, unguarded
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.writers import Written
from tests.responses.reading import INSTRUMENT

FORMATS = ("sav", "zsav", "dta", "csv", "xlsx", "parquet")
REASONS = ["", "blank", "not_asked", "dont_know", "refused"]


def save(data: Responses, path: Path, **options: object) -> Written:
    """Write in the format of the suffix."""
    verb = {".sav": "to_sav", ".zsav": "to_sav", ".dta": "to_dta", ".csv": "to_csv", ".xlsx": "to_excel"}
    written = getattr(data, verb.get(path.suffix, "to_parquet"))(path, **options)
    assert isinstance(written, Written)
    return written


def every_reason(instrument: Instrument | None = INSTRUMENT, **beside: list[object]) -> Responses:
    """Return five respondents, one per reason in the first item."""
    frame = pd.DataFrame({n: [4.0, 2.0, 5.0, 1.0, 3.0] for n in ("tru1", "tru2", "tru3r", "sat1", "sat2")})
    frame["tru1"] = [3.0, np.nan, np.nan, np.nan, np.nan]
    frame["att1"] = [2.0, 2.0, np.nan, 1.0, 2.0]
    frame = frame.assign(age=[30, 31, 32, 33, 34], **beside)
    reasons = pd.DataFrame("", frame.index, ["tru1", "tru2", "tru3r", "sat1", "sat2"], dtype="str")
    reasons["tru1"] = pd.array(REASONS, dtype="str")
    return Responses(frame=frame, instrument=instrument, reasons=reasons)


def codes(written: Written) -> set[str]:
    """Return the codes of the notes, without the room."""
    return {n.code.partition(".")[2] for n in written.notes}


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("language", ["en", "id"])
def test_every_reason_comes_back(tmp_path: Path, kind: str, language: str) -> None:
    data = every_reason(office=["K1", "K2", "K1", "", "K3"], weight=[1.5, 0.25, np.nan, 1.0, 1e-3])
    data = data.replace(frame=data.frame.assign(office=pd.array(["K1", "K2", "K1", None, "K3"], dtype="str")))
    written = save(data, tmp_path / f"x.{kind}", language=language)
    assert written.equal is True and os.fspath(written) == str(tmp_path / f"x.{kind}")
    back = read_responses(written.path, INSTRUMENT)
    assert back.equals(data)
    assert back.reasons["tru1"].tolist() == REASONS
    assert [p.name for p in tmp_path.iterdir()] == [f"x.{kind}"]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("name", ["same", "partners", "users"])
def test_sample_comes_back(tmp_path: Path, kind: str, name: str) -> None:
    data = cg.load_sample(name)
    written = save(data, tmp_path / f"x.{kind}")
    assert written.equal is True
    flagged = kind not in ("csv", "xlsx")
    told = next(n.text for n in written.notes if n.code == "responses.written_beside")
    assert ("simulated=True" in told) is not flagged and "design=Design(...)" in told
    back = read_responses(written.path, data.instrument, design=data.design, simulated=not flagged)
    assert back.simulated and back.equals(data)


@pytest.mark.reference
@pytest.mark.parametrize("kind", FORMATS)
def test_real_submissions_come_back(shared: Path, tmp_path: Path, kind: str) -> None:
    data = read_responses(shared / "data" / "kobo" / "synthetic_cgsurvey_core__xml.csv", "cgsurvey_core")
    assert (data.reasons == "not_asked").to_numpy().any() and (data.reasons == "dont_know").to_numpy().any()
    written = save(data, tmp_path / f"x.{kind}")
    assert written.equal is True
    assert read_responses(written.path, "cgsurvey_core").equals(data)


@pytest.mark.parametrize(("kind", "delimiter", "bom"), [("csv", ";", True), ("csv", "\t", False), ("xlsx", "", False)])
def test_labels_come_back(tmp_path: Path, kind: str, delimiter: str, bom: bool) -> None:
    data = every_reason(role=["gov", "gov", "user", "civil", "user"])
    data = data.replace(frame=data.frame.astype({"role": "str"}))
    # With a column of roles a reader would tell "not asked" itself, so partners and users answered all.
    options: dict[str, object] = {"delimiter": delimiter, "bom": bom} if kind == "csv" else {}
    written = save(data, tmp_path / f"x.{kind}", answers="labels", language="id", **options)
    raw = read_responses(written.path)
    assert raw.frame["sat1"].tolist() == ["Setuju", "Tidak setuju", "Sangat setuju", "Sangat tidak setuju", "Netral"]
    assert raw.frame["role"].tolist()[:3] == ["Instansi pemerintah"] * 2 + ["Pengguna layanan"]
    assert raw.frame["tru1"].fillna("").tolist() == [
        "Netral",
        "",
        "Tidak ditanyakan",
        "Tidak tahu",
        "Menolak menjawab",
    ]
    assert written.path.read_bytes().startswith(b"\xef\xbb\xbf") is bom
    back = read_responses(written.path, INSTRUMENT)
    assert back.frame[list(data.items)].reset_index(drop=True).equals(data.frame[list(data.items)])
    assert back.frame["role"].tolist() == data.frame["role"].tolist()


def test_sav_declares_what_spss_needs(tmp_path: Path) -> None:
    path = every_reason().to_sav(tmp_path / "x.sav", language="en").path
    frame, meta = pyreadstat.read_sav(path, user_missing=True)
    # The scale's own 98 and 99; the two others take numbers that the scale does not use.
    assert frame["tru1"].tolist() == [3, 97, 96, 98, 99]
    assert meta.variable_value_labels["tru1"] == {
        1: "Strongly disagree",
        2: "Disagree",
        3: "Neutral",
        4: "Agree",
        5: "Strongly agree",
        96: "Not asked",
        97: "No answer",
        98: "Don't know",
        99: "Prefer not to say",
    }
    assert meta.missing_ranges["tru1"] == [{"lo": 96, "hi": 99}]
    assert meta.variable_measure["tru1"] == "ordinal" and meta.variable_measure["age"] == "scale"
    assert meta.column_names_to_labels["tru1"] == "Partners keep their promises."
    assert pyreadstat.read_sav(path)[0]["tru1"].isna().sum() == 4
    assert path.stat().st_size > 0 and meta.file_label == "cgsurvey: survey answers"


def test_codes_of_reasons_never_meet_a_score(tmp_path: Path) -> None:
    percent = Scale("percent", tuple(Choice(str(s), float(s)) for s in (0, 25, 97, 100)))
    asked = Instrument.from_items({"f": ["q1", "q2"]}, scale=percent)
    frame = pd.DataFrame({"q1": [0.0, np.nan, np.nan, np.nan, np.nan], "q2": [97.0, 100.0, 25.0, 0.0, 97.0]})
    reasons = pd.DataFrame({"q1": REASONS, "q2": [""] * 5}, dtype="str")
    data = Responses(frame=frame, instrument=asked, reasons=reasons)
    told, _ = pyreadstat.read_sav(data.to_sav(tmp_path / "x.sav").path, user_missing=True)
    assert told["q1"].tolist() == [0, 999, 996, 997, 998]
    for kind in FORMATS:
        assert save(data, tmp_path / f"y.{kind}").equal is True, kind


def test_names_of_choices_are_the_codes(tmp_path: Path) -> None:
    turned = Scale("turned", tuple(Choice(str(6 - k), float(k), {"en": f"word {k}"}) for k in range(1, 6)))
    lettered = Scale("lettered", tuple(Choice(c, float(k), {"en": c * 3}) for k, c in enumerate("abc")))
    for scale, cells in ((turned, [5, 4, 1]), (lettered, [1, 2, 2])):
        asked = Instrument.from_items({"f": ["q1"]}, scale=scale)
        data = Responses(frame=pd.DataFrame({"q1": [1.0, 2.0, scale.max]}), instrument=asked)
        told, _ = pyreadstat.read_sav(data.to_sav(tmp_path / "x.sav", overwrite=True).path)
        assert told["q1"].tolist() == cells
        for kind in FORMATS:
            assert save(data, tmp_path / f"x.{kind}", overwrite=True).equal is True, (scale.name, kind)


def test_dta_has_tagged_missing_values(tmp_path: Path) -> None:
    path = every_reason().to_dta(tmp_path / "x.dta", language="id").path
    frame, meta = pyreadstat.read_dta(path, user_missing=True)
    assert frame["tru1"].tolist() == [3.0, "b", "n", "d", "r"]
    assert meta.variable_value_labels["tru1"]["n"] == "Tidak ditanyakan"
    # An independent reader.
    with pd.io.stata.StataReader(path, convert_categoricals=False, convert_missing=True) as reader:
        assert [str(v) for v in reader.read()["tru1"]] == ["3.0", ".b", ".n", ".d", ".r"]
        assert reader.variable_labels()["tru1"] == "Para mitra menepati janji."


def test_names_that_a_program_refuses(tmp_path: Path) -> None:
    names = [
        "_id",
        "group/age",
        "group_age",
        "GROUP_AGE",
        "with",
        "1st",
        "x" * 90,
        "x" * 91,
        "日本",
        "a b",
        "byte",
        "_n",
    ]
    data = read_responses(pd.DataFrame({n: [f"{k}a", "b"] for k, n in enumerate(names)}))
    for kind, limit in (("sav", 64), ("dta", 32)):
        written = save(data, tmp_path / f"x.{kind}")
        _, meta = getattr(pyreadstat, f"read_{kind}")(written.path)
        assert len({n.casefold() for n in meta.column_names}) == len(names)
        assert all(len(n) <= limit for n in meta.column_names)
        assert "written_renamed" in codes(written)
        back = read_responses(written.path)
        short = [n for n in names if len(n) < 70]
        assert [c for c in back.frame.columns if c in short] == short
        # A label of Stata keeps 80 letters, too few for a name of 90 in it.
        assert written.equal is (kind == "sav") and ("written_cut_label" in codes(written)) is (kind == "dta")


def test_what_is_cut_is_told(tmp_path: Path) -> None:
    data = read_responses(pd.DataFrame({"says": ["y" * 40_000, "word"], "n": [1, 2]}))
    written = data.to_sav(tmp_path / "x.sav")
    assert written.equal is False and codes(written) == {"written_cut_text", "written_changed"}
    assert "'says'" in next(n.text for n in written.notes if n.code.endswith("changed"))
    assert data.to_dta(tmp_path / "x.dta").equal is True
    whole = data.to_excel(tmp_path / "x.xlsx")
    assert whole.equal is False and codes(whole) == {"written_cut_text", "written_changed"}


LIVE = ["=1+1", "+62 812", "-1+2", "@SUM(A1)", "'=1", "''+2", "\t=1", "-", "-5", "plain", "it's", "'quoted'", "#N/A"]


def test_formulas_are_texts(tmp_path: Path) -> None:
    data = read_responses(pd.DataFrame({"=cmd|calc": LIVE, "k": range(len(LIVE))}))
    assert data.to_csv(tmp_path / "x.csv").equal is True
    with (tmp_path / "x.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    cells = [c for row in rows for c in row]
    assert not [c for c in cells if c[:1] in tuple("=+@\t\r")] and {c for c in cells if c[:1] == "-"} <= {"-", "-5"}
    assert data.to_excel(tmp_path / "x.xlsx").equal is True
    page = load_workbook(tmp_path / "x.xlsx")["answers"]
    assert {c.data_type for row in page.iter_rows() for c in row} == {"s", "n"}
    assert page["A1"].value == "=cmd|calc" and page["A2"].value == "=1+1" and page["A2"].quotePrefix


@given(st.text())
def test_guard_is_undone(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert guarded(text)[:1] not in tuple("=+@\t\r") or not text


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(
        st.one_of(st.text(max_size=40), st.text("=+-@'\"\n\r\t;,|_x0041\u200b\x00\u00e9\U0001f600", max_size=30)),
        min_size=3,
        max_size=6,
    )
)
@pytest.mark.parametrize("kind", FORMATS)
def test_odd_texts_come_back_or_are_told(tmp_path: Path, kind: str, texts: list[str]) -> None:
    frame = pd.DataFrame({"k": range(len(texts) + 1), "says": [*texts, "word"]})
    data = read_responses(frame, source="table")
    written = save(data, tmp_path / f"x.{kind}", overwrite=True)
    lossless = written.equal is True
    assert lossless is not bool(codes(written) & {"written_changed", "written_rows", "written_unreadable"})
    if lossless:
        assert read_responses(written.path, personal="keep").frame["says"].equals(data.frame["says"])


ODD = [
    "日本 é 😀",
    'a "quoted" word',
    "one;two,three|four",
    "line\nbreak",
    "<b>bold</b> &amp;",
    "_x0041_",
    "word " * 60 + "end",
    "'",
    '"',
    "None of these",
]


@pytest.mark.parametrize("kind", FORMATS)
def test_odd_texts_come_back(tmp_path: Path, kind: str) -> None:
    data = read_responses(pd.DataFrame({"k": range(len(ODD)), "says": ODD}))
    assert data.frame["says"].tolist() == ODD
    assert save(data, tmp_path / f"x.{kind}").notes == ()
    assert read_responses(tmp_path / f"x.{kind}").frame["says"].tolist() == ODD


def test_parquet_keeps_reasons_beside(tmp_path: Path) -> None:
    written = every_reason().to_parquet(tmp_path / "x.parquet", language="en")
    table = pq.read_table(written.path)
    told = json.loads(table.schema.metadata[b"cgsurvey"])
    assert told["reasons"] == {"tru1": "reason.tru1"} and told["simulated"] is False
    assert table["reason.tru1"].to_pylist() == [None, *REASONS[1:]]
    assert told["values"]["tru1"]["5"] == "Strongly agree"
    # What somebody else writes under that key is no reason to fail.
    for text in (b"[]", b"{", b'{"format": "cgsurvey-parquet/1", "reasons": 3}', b"\xff"):
        pq.write_table(table.replace_schema_metadata({b"cgsurvey": text}), tmp_path / "y.parquet")
        assert len(read_responses(tmp_path / "y.parquet", INSTRUMENT)) == 5


def test_workbook_has_three_sheets(tmp_path: Path) -> None:
    book = load_workbook(every_reason().to_excel(tmp_path / "x.xlsx", language="en").path)
    assert book.sheetnames == ["answers", "labels", "notes"]
    rows = {r[0]: r for r in book["labels"].iter_rows(values_only=True)}
    assert rows["tru1"][1] == "Partners keep their promises." and "5 = Strongly agree" in rows["tru1"][2]
    assert "98 = dont_know" in rows["tru1"][3]
    assert ("simulated", "no") in list(book["notes"].iter_rows(values_only=True))


def test_personal_columns_stay_dropped(tmp_path: Path) -> None:
    frame = pd.DataFrame({"Nama lengkap": ["Sri Rahayu", "Budi"], "e-mail": ["sri@x.id", "b@x.id"], "area": ["u", "r"]})
    data = read_responses(frame)
    assert data.provenance.dropped == ("Nama lengkap", "e-mail")
    for kind in ("csv", "sav", "dta", "parquet", "xlsx"):
        path = save(data, tmp_path / f"x.{kind}").path
        assert b"sri@x.id" not in path.read_bytes() and b"Rahayu" not in path.read_bytes()
        assert list(read_responses(path).frame.columns) == ["area"]


def test_what_cannot_come_back_is_told(tmp_path: Path) -> None:
    data = every_reason()
    odd = data.replace(frame=data.frame.assign(tru2=[3.5, 2.0, 9.0, 1.0, 2.0]))
    written = odd.to_csv(tmp_path / "a.csv")
    assert written.equal is False and {"written_off_scale", "written_unreadable"} <= codes(written)
    assert any("a.csv" in n.text and "tru2" in n.text for n in written.notes)
    reasons = data.reasons.replace("refused", "invalid")
    invalid = data.replace(reasons=reasons).to_sav(tmp_path / "b.sav")
    assert invalid.equal is False and {"written_invalid", "written_changed"} <= codes(invalid)
    empty = read_responses(pd.DataFrame({"a": ["x", "y"], "b": ["1", "2"]}))
    empty = empty.replace(frame=pd.DataFrame({"a": ["x", None], "b": [1.0, np.nan]}))
    assert codes(empty.to_csv(tmp_path / "c.csv")) == {"written_rows"}
    assert all(n.render("id") != n.text for n in (*written.notes, *invalid.notes))
    assert data.to_csv(tmp_path / "d.csv", check=False).equal is None


def test_bad_targets_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = every_reason()
    path = data.to_csv(tmp_path / "x.csv").path
    before = path.read_bytes()
    with pytest.raises(cg.OptionError, match=r"x\.csv exists already.*overwrite=True"):
        data.to_csv(path, answers="labels")
    with pytest.raises(cg.OptionError, match=r"ends in \.sav or \.zsav, not '\.csv'"):
        data.to_sav(path, overwrite=True)
    with pytest.raises(cg.DataError, match=r"the folder '.*nowhere' does not exist"):
        data.to_csv(tmp_path / "nowhere" / "x.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(cg.DataError, match="a folder has this name"):
        data.to_csv(tmp_path / "folder.csv", overwrite=True)
    with pytest.raises(cg.OptionError, match="answers='words' is not known"):
        data.to_csv(tmp_path / "y.csv", answers="words")
    with pytest.raises(cg.OptionError, match="delimiter='::' is not known"):
        data.to_csv(tmp_path / "y.csv", delimiter="::")
    with pytest.raises(cg.OptionError, match="language='fr' is not known"):
        data.to_csv(tmp_path / "y.csv", language="fr")

    def full(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("cgsurvey.responses.writers.tables.write_csv", full)
    with pytest.raises(cg.DataError, match=r"x\.csv cannot be written \(No space left on device\)"):
        data.to_csv(path, overwrite=True)
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder.csv", "x.csv"]
