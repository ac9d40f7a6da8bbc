"""A finished study is computed again, and one number changed anywhere is found and named."""

from __future__ import annotations

import io
import json
import re
import zipfile

import docx
import openpyxl
import pandas as pd
import pytest
from typer.testing import CliRunner

import cgsurvey as cg
from cgsurvey.base.errors import DataError, OptionError
from cgsurvey.cli import app

from .test_estimation import planned


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verified") / "s"
    plan = planned(folder, "")
    wanted = '[report]\nformats = ["docx", "html", "xlsx", "tex", "pdf"]\n'
    plan.write_text(plan.read_text(encoding="utf-8") + wanted, encoding="utf-8")
    cg.run_study(folder)
    return folder


@pytest.fixture
def results(study):
    """The results of the study, put back as they were afterwards."""
    folder = study / "results"
    kept = {f: f.read_bytes() for f in [*folder.rglob("*"), *study.glob("data/*"), study / "study.toml"] if f.is_file()}
    yield folder
    for file, content in kept.items():
        file.write_bytes(content)


def test_a_finished_study_verifies(study):
    made = cg.verify(study)
    assert made.clean and made.notes == () and made.glance()["n_different"].item() == 0
    files = set(made.checked["file"])
    assert {"log.json", "report.docx", "report.html", "tables.xlsx", "report.tex", "report.pdf", "figures"} <= files
    assert "results/structure.cgr" in files and made.glance()["n_checked"].item() > 3000


def in_word(file):
    word = docx.Document(str(file))
    cells = (c for t in word.tables for row in t.rows for c in row.cells)
    run = next(r for c in cells for p in c.paragraphs for r in p.runs if ".9" in r.text)
    run.text = run.text.replace(".9", ".8")
    word.save(str(file))


def in_a_sentence(file):
    text = file.read_text(encoding="utf-8")
    at = re.search(r"<p>[^<]*?(\d\d\d)[^<]*?</p>", text).start(1)
    file.write_text(text[:at] + ("8" if text[at] == "9" else "9") + text[at + 1 :], encoding="utf-8")


def in_the_workbook(file):
    book = openpyxl.load_workbook(file)
    next(c for s in book for r in s.iter_rows() for c in r if isinstance(c.value, float)).value += 1e-5
    book.save(file)


def in_a_stored_result(file):
    with zipfile.ZipFile(file) as archive:
        parts = {n: archive.read(n) for n in archive.namelist()}
    frame = pd.read_parquet(io.BytesIO(parts["result.coefficients.parquet"]))
    frame.loc[frame.index[0], "alpha"] += 0.001
    parts["result.coefficients.parquet"] = frame.to_parquet()
    with zipfile.ZipFile(file, "w") as archive:
        for entry, data in parts.items():
            archive.writestr(entry, data)


def test_one_number_changed_in_any_file_is_found_and_named(results):
    in_word(results / "report.docx")
    in_a_sentence(results / "report.html")
    in_the_workbook(results / "tables.xlsx")
    in_a_stored_result(results / "results" / "reliability.cgr")
    picture = next((results / "figures").glob("*.svg"))
    picture.write_bytes(picture.read_bytes() + b"<!-- -->")
    (results / "report.tex").unlink()
    made = cg.verify(results)
    rows = made.differences.set_index("file")
    assert not made.clean and set(rows.index) == {
        "report.docx", "report.html", "tables.xlsx", "results/reliability.cgr", "figures", "report.tex"
    }  # fmt: skip
    one = rows.loc["report.docx"]
    assert one["place"].startswith("table ") and one["printed"].replace(".8", ".9") == one["recomputed"]
    assert rows.loc["report.html", "place"].startswith("paragraph ") and "!" in rows.loc["tables.xlsx", "place"]
    assert rows.loc["results/reliability.cgr", "place"].startswith("tidy, row 1, ")
    assert rows.loc["figures", "place"] == picture.name
    assert "report.tex cannot be read" in rows.loc["report.tex", "printed"]


def test_changed_data_are_named_first(results):
    data = next(results.parent.glob("data/*.csv"))
    text = data.read_text(encoding="utf-8")
    line = text.splitlines()[1]
    data.write_text(text.replace(line + "\n", "", 1), encoding="utf-8")
    rows = cg.verify(results).differences
    assert rows["place"].iloc[0] == f"sha256 of {data.name}"
    assert {"report.docx", "results/structure.cgr"} <= set(rows["file"])


def test_a_plan_changed_after_the_run_and_other_versions_are_told(results):
    plan = results.parent / "study.toml"
    plan.write_text(plan.read_text(encoding="utf-8") + "\n# later\n", encoding="utf-8")
    log = json.loads((results / "log.json").read_text(encoding="utf-8"))
    log["versions"]["numpy"] = "1.0"
    (results / "log.json").write_text(json.dumps(log), encoding="utf-8")
    shown = CliRunner().invoke(app, ["verify", str(results), "-l", "id"])
    assert shown.exit_code == 1 and "sha256 of study.toml in the folder of the study" in shown.stdout
    assert "1 berbeda" in shown.stdout and "numpy 1.0" in shown.output


def test_a_folder_without_a_study_is_refused(tmp_path):
    with pytest.raises(DataError, match="holds no finished study"):
        cg.verify(tmp_path)


def test_a_report_verifies_itself_and_its_files(tmp_path):
    answers = cg.load_sample("same")
    reliability = cg.reliability(answers, constructs=["discovery", "determination"])
    made = cg.report([reliability], title="T", figures=False)
    assert made.verify().clean
    for ending in ("docx", "html", "xlsx", "tex", "txt"):
        path = made.save(tmp_path / f"r.{ending}")
        assert made.verify(path).clean, ending
    path.write_text(path.read_text(encoding="utf-8").replace(".", ",", 1), encoding="utf-8")
    assert not made.verify(path).clean
    (tmp_path / "r.docx").write_bytes(b"no word file")
    with pytest.raises(DataError, match=r"r\.docx is no \.docx file"):
        made.verify(tmp_path / "r.docx")
    with pytest.raises(OptionError, match="format"):
        made.verify(tmp_path / "r.odt")
