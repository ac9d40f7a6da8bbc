"""The examples in the docstrings of what is public are run, and print what they say."""

from __future__ import annotations

import doctest
import inspect
import re
from functools import cache
from pathlib import Path

import pytest

import cgsurvey as cg

FINDER = doctest.DocTestFinder(recurse=False)
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
DOCUMENTED = [
    name
    for name in cg.__all__
    if name != "__version__"
    and any(not e.options.get(doctest.SKIP) for t in FINDER.find(getattr(cg, name)) for e in t.examples)
]
WHOLE_STUDIES = {"run_study", "verify"}  # run by the tests of tests/study and by the guide


@pytest.fixture(autouse=True, scope="module")
def sample_read_once():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cg, "load_sample", cache(cg.load_sample))
        yield


@pytest.mark.parametrize("name", DOCUMENTED)
def test_examples_print_what_they_say(name, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    thing = getattr(cg, name)
    module = inspect.getmodule(thing)
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    for test in FINDER.find(thing, name, globs={**vars(module), "cg": cg}):
        runner.run(test)
    told = runner.summarize(verbose=False)
    assert told.attempted and not told.failed, capsys.readouterr().out


def test_every_function_has_an_example():
    functions = {name for name in cg.__all__ if inspect.isfunction(getattr(cg, name))}
    assert sorted(functions - set(DOCUMENTED)) == sorted(WHOLE_STUDIES)


@pytest.mark.parametrize("page", ["index.md", "start.md", "id/index.md"])
def test_the_first_lines_of_code_of_the_site_run(page, tmp_path, monkeypatch):
    text = (Path(__file__).resolve().parents[1] / "docs" / page).read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cg, "read_responses", lambda *_: cg.load_sample())
    (code,) = re.findall(r"```python\n(.*?)```", text, re.S)
    exec(compile(code, page, "exec"), {})
    assert page == "index.md" or [p.suffix for p in tmp_path.iterdir()] == [".docx"]
