"""The notebooks run in a fresh kernel, equal their sources, and keep to the house's form."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "notebooks"))
from build import execute  # noqa: E402

SOURCES = sorted((ROOT / "notebooks" / "src").glob("*.py"))
IMPORT = re.compile(r"\s*(import|from) ")
ENGLISH_ONLY = {"05_groups_and_invariance", "09_theory_to_model"}


def cells(notebook, kind="code"):
    return [c for c in notebook.cells if c.cell_type == kind]


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.stem)
def test_a_notebook_runs_in_a_fresh_kernel(source):
    notebook = execute(source)
    outputs = [o for c in cells(notebook) for o in c.outputs]
    assert outputs and not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]
    figures = [o for o in outputs if "image/png" in o.get("data", {})]
    assert len(figures) >= 2 and all(o.metadata["image/png"]["alt"] for o in figures)


FILE = str(ROOT / "data" / "sample" / "same.csv")
CHANGED = {
    "04_structural_model_en": {"data_file": FILE, "cause": "shared_motivation"},
    "05_groups_and_invariance_en": {"data_file": FILE, "group": "sex", "spoiled": "cj_lea1"},
    "09_theory_to_model_en": {"data_file": FILE, "group": "sex"},
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CHANGED)
def test_a_notebook_runs_with_other_parameters(name, tmp_path):
    notebook = jupytext.read(ROOT / "notebooks" / "src" / f"{name}.py")
    at = next(k for k, c in enumerate(notebook.cells) if "parameters" in c.metadata.get("tags", []))
    values = "\n".join(f"{key} = {value!r}" for key, value in CHANGED[name].items())
    notebook.cells.insert(at + 1, nbformat.v4.new_code_cell(values))  # where papermill puts them
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert not [o for c in cells(notebook) for o in c.outputs if o.output_type == "error"]


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.stem)
def test_the_committed_notebook_is_executed_and_says_what_its_source_says(source):
    committed = nbformat.read(source.parents[1] / f"{source.stem}.ipynb", as_version=4)
    nbformat.validate(committed)
    assert [c.source for c in committed.cells] == [c.source for c in jupytext.read(source).cells]
    assert all(c.execution_count for c in cells(committed))
    assert not [o for c in cells(committed) for o in c.outputs if o.output_type == "error" or o.get("name") == "stderr"]


@pytest.mark.parametrize("source", SOURCES, ids=lambda s: s.stem)
def test_one_cell_is_to_be_changed_and_cells_are_short(source):
    notebook = jupytext.read(source)
    marked = [c for c in cells(notebook) if "parameters" in c.metadata.get("tags", [])]
    assert len(marked) == 1 and marked[0] is cells(notebook)[0]
    for cell in cells(notebook):
        assert len(cell.source.splitlines()) <= 10, cell.source
        assert "def " not in cell.source and "lambda" not in cell.source
        roots = {line.split()[1].partition(".")[0] for line in cell.source.splitlines() if IMPORT.match(line)}
        assert roots <= {"cgsurvey", "pandas", "pathlib", "shutil"}, "a plain installation has no more than these"


def test_both_languages_have_the_same_code():
    names = {language: {s.stem[:-3] for s in SOURCES if s.stem.endswith(language)} for language in ("_en", "_id")}
    assert names["_en"] - names["_id"] == ENGLISH_ONLY and names["_id"] <= names["_en"]
    for name in names["_id"]:
        english, other = (ROOT / "notebooks" / "src" / f"{name}_{language}.py" for language in ("en", "id"))
        pair = [cells(jupytext.read(s)) for s in (english, other)]
        assert len(pair[0]) == len(pair[1])
        for a, b in zip(*pair, strict=True):
            assert a.source.count("cg.") == b.source.count("cg.")


def test_the_index_names_each_notebook_by_its_title():
    index = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    for source in SOURCES:
        title = next(c.source for c in jupytext.read(source).cells if c.cell_type == "markdown").splitlines()[0]
        assert f"[{title.removeprefix('# ')[3:]}]({source.stem}.ipynb)" in index
    assert index.count(".ipynb)") == len(SOURCES)
