"""The same submissions in every format give the same answers; what each format knows besides is kept."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from formats import Submissions, as_text, lss, r_syntax, tsv, write_rows, write_sheets
from openpyxl import Workbook
from reading import INSTRUMENT, WHO, scores

import cgsurvey as cg
from cgsurvey.instrument import Choice, Question, Scale
from cgsurvey.responses import Responses, read_responses

SERVICES = Scale(
    "services",
    (
        Choice("permit", None, {"en": "Permits, licences", "id": "Perizinan, izin usaha"}),
        Choice("tax", None, {"en": "Tax", "id": "Pajak"}),
        Choice("health", None, {"en": "Health (BPJS, clinics)", "id": "Kesehatan (BPJS, klinik)"}),
    ),
    "nominal",
)
FIELD = replace(
    INSTRUMENT,
    demographics=(
        *INSTRUMENT.demographics,
        Question(
            "services", {"en": "Which services did you use?", "id": "Layanan apa yang Anda gunakan?"}, "many", SERVICES
        ),
    ),
)


def tiny() -> Submissions:
    rng = np.random.default_rng(5)
    n = 30
    codes = pd.DataFrame({i.name: rng.choice(["1", "2", "3", "4", "5", "98", ""], n) for i in FIELD.items})
    codes["role"] = rng.choice([c.name for c in WHO.choices], n)
    codes["age"] = rng.integers(17, 80, n).astype(str)
    picked = rng.random((n, 3)) < 0.5
    picked[:, 1] |= ~picked.any(axis=1)
    codes["services"] = [" ".join(np.array(["permit", "tax", "health"])[row]) for row in picked]
    return Submissions(FIELD, codes)


def only(data: Responses) -> Responses:
    """Leave the columns of the instrument, which all formats share."""
    names = [*data.items, "att1", *(q.name for q in FIELD.demographics if q.name in data.frame)]
    return data.replace(frame=data.frame[names])


def test_one_survey_in_every_format(tmp_path: Path) -> None:
    made = tiny()
    files = made.write_all(tmp_path)
    read = {name: read_responses(path, FIELD) for name, path in files.items()}
    first = only(read["kobo names"])
    assert first.frame["services"].tolist() == made.codes["services"].tolist()
    for name in ("tru1", "sat2", "att1"):
        told = pd.to_numeric(made.codes[name].replace({"98": None, "": None})).to_numpy(float)
        assert np.array_equal(first.frame[name], told, equal_nan=True)
        assert (first.reasons.get(name, pd.Series("")) == "dont_know").sum() in (0, (made.codes[name] == "98").sum())
    for name, data in read.items():
        pd.testing.assert_frame_equal(only(data).frame.reset_index(drop=True), first.frame.reset_index(drop=True))
        assert only(data).equals(first), name
    sources = {n: d.provenance.source for n, d in read.items()}
    others = {"odk zip": "odk", "sav": "spss", "zsav": "spss", "dta": "stata"}
    assert all(s == others[n] if n in others else s.startswith(n.split()[0]) for n, s in sources.items())
    assert all(d.provenance.source_why for d in read.values())
    for name, path in files.items():
        told = read_responses(path, FIELD, source=sources[name])
        assert only(told).equals(first) and told.provenance.source_why.startswith("as told")


@pytest.mark.reference
def test_real_submissions_in_every_format(shared: Path, tmp_path: Path) -> None:
    instrument = cg.load_instrument("cgsurvey_core")
    path = shared / "data" / "kobo" / "synthetic_cgsurvey_core__xml.csv"
    codes = pd.read_csv(path, sep=";", encoding="utf-8-sig", dtype=str, keep_default_na=False)
    made = Submissions(instrument, codes)
    names = [*(i.name for i in instrument.items), "role"]
    first = read_responses(path, instrument)
    first = first.replace(frame=first.frame[names])
    assert len(made.codes) == 25 and len(first.items) == 132
    files = made.write_all(tmp_path)
    for name, file in files.items():
        data = read_responses(file, instrument)
        assert data.replace(frame=data.frame[names]).equals(first), name


@pytest.mark.parametrize(
    ("wrong", "file", "words"),
    [
        ("qualtrics", "kobo names", "is not an export of Qualtrics, which needs a row of import ids"),
        ("kobo", "qualtrics words", "It looks like an export of Qualtrics (import ids in row 3): source='qualtrics'"),
        ("spss", "kobo names", "is not a file of SPSS"),
        ("spss", "dta", "It looks like a file of Stata"),
        ("google_forms", "sav", "is not an export of Google Forms"),
        ("redcap", "limesurvey", "It looks like an export of LimeSurvey"),
        ("odk", "kobo xlsx", "is not an export of ODK"),
    ],
)
def test_wrong_source_is_told(tmp_path: Path, wrong: str, file: str, words: str) -> None:
    path = tiny().write_all(tmp_path)[file]
    with pytest.raises(cg.OptionError) as caught:
        read_responses(path, FIELD, source=wrong)
    assert words in str(caught.value) and "Leave source out" in str(caught.value)


def test_statistics_files_keep_labels_and_reasons(tmp_path: Path) -> None:
    made = tiny()
    for kind in ("sav", "zsav"):
        data = read_responses(made.statistics(tmp_path / f"x.{kind}"), FIELD)
        told = (made.codes[list(data.items)] == "98").to_numpy()
        assert told.any() and ((data.reasons == "dont_know").to_numpy() == told).all()
        blank = (made.codes[list(data.items)] == "").to_numpy()
        assert ((data.reasons == "").to_numpy() == ~(told | blank)).all()
        raw = read_responses(tmp_path / f"x.{kind}")
        assert raw.provenance.labels["tru1"] == "Partners keep their promises."
        assert raw.provenance.values["tru1"]["5"] == "Strongly agree"
        assert np.isnan(raw.frame["tru1"]).sum() == (told[:, 0] | blank[:, 0]).sum()
        stated = raw.stated[raw.stated["column"] == "tru1"]
        assert (
            (stated["value"] == "98").all()
            and (stated["word"] == "Don't know").all()
            and len(stated) == told[:, 0].sum()
        )
        assert set(stated["reason"]) == {"dont_know"}


def test_repeated_groups(tmp_path: Path) -> None:
    main = [["name", "_id", "_uuid", "_submission_time", "_index"]]
    main += [["Ani", "7", "u", "2026", "1"], ["Budi", "8", "v", "2026", "2"]]
    repeat = [["role", "_index", "_parent_table_name", "_parent_index", "_submission__id"]]
    repeat += [["lead", "1", "form", "1", "7"], ["member", "2", "form", "1", "7"]]
    repeat += [["lead", "3", "form", "2", "8"], ["x", "4", "form", "9", "9"]]
    deep = [["tool", "_index", "_parent_table_name", "_parent_index"], ["phone", "1", "team", "3"]]
    path = write_sheets(tmp_path / "kobo.xlsx", {"form": main, "team": repeat, "tools": deep})
    data = read_responses(path, personal="keep")
    assert data.frame["name"].tolist() == ["Ani", "Budi"] and data.provenance.sheet == "form"
    note = next(n for n in data.notes if n.code == "responses.repeats_left")
    assert note.values["repeats"] == "team, tools"
    team = read_responses(path, personal="keep", repeat="team")
    assert team.frame["name"].tolist() == ["Ani", "Ani", "Budi"] and team.frame["role"].tolist() == [
        "lead",
        "member",
        "lead",
    ]
    assert team.frame.index.tolist() == [2, 3, 4]
    assert {"responses.repeat_joined", "responses.repeat_orphans"} <= {n.code for n in team.notes}
    tools = read_responses(path, personal="keep", repeat="tools")
    assert tools.frame[["name", "role", "tool"]].to_numpy().tolist() == [["Budi", "lead", "phone"]]
    with pytest.raises(cg.OptionError, match=r"repeat='teams' is no repeated group.* Did you mean 'team'\?"):
        read_responses(path, repeat="teams")
    with pytest.raises(cg.OptionError, match="holds one table and no repeated groups"):
        read_responses(write_rows(tmp_path / "a.csv", main), repeat="team")


def test_archive_of_odk_central(tmp_path: Path) -> None:
    made = tiny()
    path = made.odk(tmp_path)
    data = read_responses(path, FIELD)
    assert data.provenance.file == "survey.zip" and data.provenance.sheet == "survey.csv"
    assert next(n for n in data.notes if n.code == "responses.repeats_left").values["repeats"] == "survey-member.csv"
    member = read_responses(path, FIELD, repeat="member", personal="keep")
    assert len(member) == 2 and member.frame["name"].tolist() == ["a", "b"]
    assert member.frame["tru1"].tolist() == pytest.approx([data.frame["tru1"].iloc[0]] * 2, nan_ok=True)


def test_archives_of_other_programs(tmp_path: Path) -> None:
    made = tiny()
    first = only(read_responses(made.write_all(tmp_path)["kobo names"], FIELD))
    for name, inside in (("q.zip", "qualtrics_words.csv"), ("s.zip", "data.sav"), ("x.zip", "google.xlsx")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.write(tmp_path / inside, f"export/{inside}")
            archive.writestr("__MACOSX/export/._x.csv", b"junk")
        assert only(read_responses(tmp_path / name, FIELD)).equals(first)
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", "tru1\n1\n")
        archive.writestr("b.csv", "tru1\n2\n")
    with pytest.raises(cg.DataError, match=r"two.zip has 2 sheets: 1 'a.csv' \(2 rows\); 2 'b.csv'"):
        read_responses(tmp_path / "two.zip")
    assert read_responses(tmp_path / "two.zip", sheet="b.csv").frame["tru1"].tolist() == [2]
    with zipfile.ZipFile(tmp_path / "none.zip", "w") as archive:
        archive.writestr("photo.jpg", b"x")
    with pytest.raises(cg.DataError, match=r"archive without a table \(photo.jpg\)"):
        read_responses(tmp_path / "none.zip")


def test_questions_with_several_answers_that_contradict_their_boxes(tmp_path: Path) -> None:
    rows = tiny().kobo()
    main = rows[0].index("services")
    rows[3][main] = "tax" if rows[3][main] != "tax" else "health"
    data = read_responses(write_rows(tmp_path / "k.csv", rows, ";"), FIELD)
    note = next(n for n in data.notes if n.code == "responses.choices_contradict")
    assert note.values["n"] == 1 and note.values["rows"] == "4"
    assert data.frame["services"].iloc[2] == tiny().codes["services"].iloc[2]


def test_qualtrics_previews_unfinished_and_texts(tmp_path: Path) -> None:
    rows = tiny().qualtrics()
    rows[3][1], rows[4][1], rows[4][2] = "1", "1", "0"
    data = read_responses(write_rows(tmp_path / "q.csv", rows), FIELD)
    found = {n.code.partition(".")[2]: n.values for n in data.notes}
    assert found["previews"]["n"] == 2 and found["unfinished"]["n"] == 1
    assert found["stated_missing"]["n"] == (tiny().codes[[i.name for i in FIELD.items]] == "").to_numpy().sum()
    assert data.provenance.labels["tru1"] == "Partners keep their promises."
    assert set(data.stated["word"]) == {"Seen but unanswered"} and set(data.stated["reason"]) == {"blank"}
    assert data.frame.index[0] == 4 and len(data) == 30


def test_redcap_dictionary_and_events(tmp_path: Path) -> None:
    data, dictionary = tiny().redcap()
    data[0].insert(1, "redcap_event_name")
    for row in data[1:]:
        row.insert(1, "baseline_arm_1")
    data.append([data[-1][0], "visit_arm_1", *data[-1][2:]])
    path = write_rows(tmp_path / "d.csv", data)
    write_rows(tmp_path / "dictionary.csv", dictionary)
    read = read_responses(path, FIELD, structure=tmp_path / "dictionary.csv")
    assert next(n for n in read.notes if n.code == "responses.several_rows").values["n"] == 1
    assert read.provenance.labels["tru1"] == "Partners keep their promises."
    assert read.provenance.values["services"] == {c.name: c.label["en"] for c in SERVICES.choices}
    with pytest.raises(cg.DataError, match="is the data dictionary of a REDCap project"):
        read_responses(tmp_path / "dictionary.csv")
    with pytest.raises(cg.DataError, match="is no data dictionary of REDCap"):
        read_responses(path, FIELD, structure=path)
    with pytest.raises(cg.DataError, match=r"structure '.*no.csv' cannot be read"):
        read_responses(path, FIELD, structure=tmp_path / "no.csv")
    with pytest.raises(cg.OptionError, match="a plain table, which has no structure file"):
        read_responses(write_rows(tmp_path / "t.csv", [["a", "b"], ["1", "2"]]), structure=path)


def test_limesurvey_with_its_syntax_file(tmp_path: Path) -> None:
    """After the export for R of LimeSurvey (manual, "Exporting results"); names stand in the syntax file only."""
    ticks = {"1": "Yes", "0": "Not selected"}
    agree = {"1": "No \\ never", "5": "Yes", "decl": "I prefer not to say"}
    columns = [("id", "id", {}), ("submitdate", "submitdate", {}), ("lastpage", "lastpage", {})]
    columns += [("tru_1", '[Partners say "yes"] How far do you agree?', agree)]
    columns += [
        ("use_a", "[Tax] Services", ticks),
        ("use_b", "[Health] Services", ticks),
        ("gender_other", "[Other]", {}),
    ]
    rows = [["Response ID", "Date submitted", "Last page", "<p>How far?</p>", "Services [Tax]", "Services [Health]"]]
    rows[0].append(" [Other]")
    rows += [["1", "2026-11-02", "3", "5", "1", "0", ""], ["2", "", "1", "decl", "1", "1", "x"]]
    path = write_rows(tmp_path / "survey_1_R_data_file.csv", rows)
    (tmp_path / "survey_1_R_syntax_file.R").write_text(r_syntax(columns), encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "survey.zip", "w") as archive:
        archive.write(path, path.name)
        archive.write(tmp_path / "survey_1_R_syntax_file.R", "survey_1_R_syntax_file.R")
    for file in (path, tmp_path / "survey.zip"):
        data = read_responses(file)
        assert list(data.frame.columns) == [n for n, _, _ in columns] + ["use"]
        assert data.frame["use"].tolist() == ["a", "a b"]
        assert data.provenance.labels["tru_1"] == 'How far do you agree? [Partners say "yes"]'
        assert data.provenance.values["tru_1"] == agree
        assert next(n for n in data.notes if n.code == "responses.unfinished").values["n"] == 1
        told = next(n for n in data.notes if n.code == "responses.structure")
        assert told.values["file"] == "survey_1_R_syntax_file.R"


@pytest.mark.parametrize("form", ["lss", "tsv"])
def test_limesurvey_structure(tmp_path: Path, form: str) -> None:
    """After the manual of LimeSurvey: .lss is the dump of its tables, TSV one row per question, subquestion, answer."""
    codes, boxes, sexes = {"1": "Tidak", "5": "Ya"}, {"x": "Pajak", "y": "Izin"}, {"F": "Perempuan"}
    questions = {
        "tru": ("F", "Setuju?", {"a": "Mitra jujur"}, codes),
        "use": ("M", "Layanan", boxes, {}),
        "sex": ("L", "Jenis kelamin", {}, sexes),
    }
    text = lss(questions) if form == "lss" else as_text(tsv(questions), "\t")
    (tmp_path / f"survey.{form}").write_text(text, encoding="utf-8-sig")
    data = [
        ["id", "submitdate", "lastpage", "tru[a]", "use[x]", "use[y]", "sex"],
        ["1", "2026", "2", "5", "Y", "", "F"],
    ]
    path = write_rows(tmp_path / "results.csv", data)
    read = read_responses(path, structure=tmp_path / f"survey.{form}")
    assert (
        read.provenance.labels["tru_a"] == "Setuju? [Mitra jujur]" and read.provenance.labels["sex"] == "Jenis kelamin"
    )
    assert read.provenance.values["tru_a"] == codes and read.provenance.values["sex"]["F"] == "Perempuan"
    assert read.frame["use"].tolist() == ["x"] and read.provenance.labels["use"] == "Layanan"
    with pytest.raises(
        cg.DataError, match="is the structure of a LimeSurvey survey: it holds questions and no answers"
    ):
        read_responses(tmp_path / f"survey.{form}")


@pytest.mark.parametrize(
    ("stamps", "first", "code"),
    [
        (["01/11/2026 8:00:00", "13/11/2026 8:00:00"], "2026-11-01T08:00:00", "dates_by_numbers"),
        (["11/1/2026 8:00:00", "11/13/2026 8:00:00"], "2026-11-01T08:00:00", "dates_by_numbers"),
        (["1/11/2026 8:00:00", "2/11/2026 8:00:00", "1/12/2026 8:00:00"], "2026-11-01T08:00:00", "dates_by_order"),
        (["01/01/2026 8:00", "02/02/2026 9:00"], "01/01/2026 8:00", "dates_undecided"),
        (["2026/11/01 9:00:00 AM GMT+7", "2026/11/01 1:00:00 PM GMT+7"], "2026/11/01 9:00:00 AM GMT+7", ""),
        (["13/11/2026 8:00", "11/13/2026 8:00"], "13/11/2026 8:00", "dates_undecided"),
    ],
)  # fmt: skip
def test_order_of_day_and_month_is_told_by_evidence(tmp_path: Path, stamps: list[str], first: str, code: str) -> None:
    rows = [["Timestamp", "How?"], *([s, "a"] for s in stamps)]
    data = read_responses(write_rows(tmp_path / "g.csv", rows))
    assert data.frame["Timestamp"].iloc[0] == first
    found = [n.code.partition(".")[2] for n in data.notes]
    assert (code in found) if code else not any(c.startswith("dates") for c in found)
    if code:
        told = read_responses(tmp_path / "g.csv", day_first=True)
        assert "dates_by_asked" in [n.code.partition(".")[2] for n in told.notes]


def test_checkbox_grid_and_late_question_of_google(tmp_path: Path) -> None:
    rows = tiny().google("en")
    rows[0] = [
        h if h not in ("Partners keep their promises.",) else "How far do you agree? [Partners keep their promises.]"
        for h in rows[0]
    ]
    for row, late in zip(rows, ("Late question", *[""] * 29, "x"), strict=True):
        row += [late, ""]
    data = read_responses(write_rows(tmp_path / "g.csv", rows), FIELD)
    assert only(data).equals(only(read_responses(tiny().write_all(tmp_path)["kobo names"], FIELD)))
    assert data.frame["Late question"].iloc[-1] == "x"


def test_workbooks_as_people_make_them(tmp_path: Path) -> None:
    rows = [
        ["SURVEI KEPUASAN MASYARAKAT 2026"], [],
        ["No", "Tanggal", "Unsur pelayanan", None, None, "Kantor"],
        [None, None, "tru1", "tru2", "tru3r", None],
        [1, 46328, 4, 5, 2, "A"], [2, 46329, 3, 3, 3, None], [3, 46330.25, 5, 4, 1, None], [4, 46331, 5, 5, 1, "B"],
        ["Jumlah nilai per unsur", None, 17, 17, 7], ["NRR per unsur", None, 4.25, 4.25, 1.75],
    ]  # fmt: skip

    def merge(book: Workbook) -> None:
        page = book["Data"]
        for area in ("A1:F1", "C3:E3", "A3:A4", "B3:B4", "F3:F4", "F5:F7"):
            page.merge_cells(area)

    path = write_sheets(tmp_path / "skm.xlsx", {"Data": rows}, merge)
    data = read_responses(path, FIELD)
    assert data.frame.index.tolist() == [5, 6, 7, 8]
    assert scores(data.frame, "tru1", "tru2", "tru3r") == [[4, 5, 2], [3, 3, 3], [5, 4, 1], [5, 5, 1]]
    assert data.frame["Kantor"].tolist() == ["A", "A", "A", "B"] and data.frame["No"].tolist() == [1, 2, 3, 4]
    assert data.frame["Tanggal"].tolist() == ["2026-11-02", "2026-11-03", "2026-11-04T06:00:00", "2026-11-05"]
    notes = {n.code.partition(".")[2]: n.values for n in data.notes}
    assert notes["totals"]["rows"] == "9, 10" and notes["merged_cells"] == {"n": 2, "columns": 1}
    assert "two_header_rows" in notes and "date_serials" in notes and notes["header_row"]["row"] == 4


def test_answers_that_look_like_totals_stay(tmp_path: Path) -> None:
    rows = [["Komentar", "nilai"], ["bagus", "5"], ["Total kekacauan di loket", "2"]]
    assert len(read_responses(write_rows(tmp_path / "a.csv", rows))) == 2
    rows = [["nama kantor", "nilai"], ["A", "5"], ["B", "2"], ["Total", "7"]]
    data = read_responses(write_rows(tmp_path / "b.csv", rows))
    assert len(data) == 2 and next(n for n in data.notes if n.code == "responses.totals").values["words"] == "Total"


def test_groups_over_headers_that_occur_twice(tmp_path: Path) -> None:
    rows = [["Harapan", "", "Persepsi", ""], ["U1", "U2", "U1", "U2"], ["1", "2", "3", "4"], ["4", "3", "2", "1"]]
    data = read_responses(write_rows(tmp_path / "a.csv", rows), header_row=2)
    assert list(data.frame.columns) == ["Harapan/U1", "Harapan/U2", "Persepsi/U1", "Persepsi/U2"]


def test_csv_saved_again_by_excel(tmp_path: Path) -> None:
    text = "tru1;tru2;tru3r;bobot;kesan\r\n1;2;3;0,75;“baik” – café\r\n4;5;5;1,25;ça\r\n"
    for encoding in ("cp1252", "utf-8-sig", "utf-16"):
        path = tmp_path / f"{encoding}.csv"
        path.write_bytes(text.encode(encoding))
        data = read_responses(path, FIELD)
        assert data.frame["bobot"].tolist() == [0.75, 1.25] and data.provenance.decimal == ","
        assert data.frame["kesan"].tolist() == ["“baik” – café", "ça"]
