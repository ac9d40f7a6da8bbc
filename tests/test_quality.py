"""The rules of the house that a program can check."""

from __future__ import annotations

import ast
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import cgsurvey
from cgsurvey.base.data import package_yaml, read_yaml

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "cgsurvey"
SOURCES = sorted(PACKAGE.rglob("*.py"))
CATALOGUES = sorted(PACKAGE.glob("*/notes.yaml"))
HEAVY = ("statsmodels", "semopy", "seaborn", "matplotlib", "docx", "pydantic", "sklearn")

# Files of the estimating rooms that know names, frames and notes. All others there are numeric: no pandas, and nothing
# from a labelled file.
LABELLED = {
    "moments": {
        "build",
        "usable",
        "scanned",
        "correlations",
        "ordered",
        "missingness",
        "missing",
        "imputation",
        "chained",
    },
    "sem": {
        "fit",
        "resolution",
        "compiled",
        "estimation",
        "remarks",
        "options",
        "residual_summary",
        "products",
        "moderation",
        "result",
        "summary",
        "cross_check",
        "engine_semopy",
        "simulate",
        "population",
        "hypotheses",
        "joint_tests",
        "resampled",
        "mediation",
        "pooled",
        "compare",
        "nested",
        "invariance",
        "levels",
        "sources",
    },
    "classical": {
        "correlations",
        "crosstab",
        "formula",
        "groups",
        "regression",
        "regression_linear",
        "regression_ordinal",
        "steps",
        "variables",
    },
    "factor": {"gathered", "factorability", "parallel_analysis", "efa", "labelling", "result"},
    "service_quality": {
        "elements",
        "sampled",
        "grouping",
        "periods",
        "satisfaction",
        "ikm",
        "link",
        "asked",
        "perceived",
        "perceived_tables",
        "importance",
        "drivers",
        "measured",
        "path_effects",
    },
    "reliability": {
        "scanned",
        "common_method",
        "method_models",
        "method_tables",
        "model_tests",
        "constructs",
        "discriminant",
        "exclusions",
        "htmt",
        "measured",
        "reliability",
        "rivals",
        "rivals_models",
        "validity",
        "categorical",
        "estimates",
        "scale",
        "experts",
        "retest",
        "hierarchical",
        "factors",
    },
    "planning": {"allocation", "models", "power", "repeated", "sample_size", "told"},
}


def name_of(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def run(*command: str) -> None:
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"


def test_ruff():
    run("-m", "ruff", "check", "--no-cache", ".")


def test_mypy():
    run("-m", "mypy")


def test_rooms_import_downward():
    run("-c", "import sys; from importlinter.cli import lint_imports_command as run; sys.exit(run())")


def loaded_by(code: str, names: tuple[str, ...]) -> None:
    """Run code in a fresh process; fail when it loads any of the named libraries."""
    run(
        "-c",
        f"import sys; import cgsurvey as cg; {code}; sys.exit(' '.join({set(names)!r} & set(sys.modules)) or None)",
    )


def test_import_costs_nothing():
    loaded_by("pass", ("numpy", "pandas", "scipy", *HEAVY))


def test_heavy_libraries_are_loaded_where_they_are_used():
    drawing = "{'plot', 'diagram', 'figure_style', 'report', 'Report', 'run_study', 'StudyResult'}"
    loaded_by(f"[getattr(cg, name) for name in dir(cg) if name not in {drawing}]", HEAVY)
    loaded_by("[getattr(cg, name) for name in dir(cg)]", tuple(name for name in HEAVY if name != "matplotlib"))


def test_public_names():
    assert dir(cgsurvey) == sorted(cgsurvey.__all__)
    for name in cgsurvey.__all__:
        value = getattr(cgsurvey, name)
        assert isinstance(value, str) or value.__doc__, f"{name} has no docstring"
    imported = next(
        n for n in ast.parse((PACKAGE / "__init__.py").read_text()).body if isinstance(n, ast.If)
    )  # what type checkers see
    seen = {a.name for n in imported.body if isinstance(n, ast.ImportFrom) for a in n.names}
    assert seen == set(cgsurvey.__all__) - {"__version__"}
    with pytest.raises(AttributeError, match="Did you mean 'reliability'"):
        _ = cgsurvey.reliabilty


def imports(tree: ast.Module) -> Iterator[str]:
    """Modules that a file imports, inside functions too, those for type checkers alone left out."""
    typing_only = {
        id(n)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for n in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{a.name}" for a in node.names)


NUMERIC = [
    p
    for room, labelled in LABELLED.items()
    for p in sorted((PACKAGE / room).rglob("*.py"))
    if p.stem != "__init__" and p.stem not in labelled
]


@pytest.mark.parametrize("path", NUMERIC, ids=name_of)
def test_numeric_files_know_arrays_only(path):
    forbidden = {"pandas"} | {f"cgsurvey.{room}.{stem}" for room, stems in LABELLED.items() for stem in stems}
    forbidden |= {f"cgsurvey.{room}" for room in ("responses", "instrument")}
    arrays = "cgsurvey.responses.two_samples."  # takes arrays though its room holds answers
    found = {
        module
        for module in imports(ast.parse(path.read_text()))
        for f in forbidden
        if f"{module}.".startswith(f"{f}.") and not f"{module}.".startswith(arrays)
    }
    assert not found, f"{name_of(path)} imports {sorted(found)}: a numeric file takes arrays and returns arrays"


def codes_in(node: ast.AST, values: set[str]) -> list[str]:
    """Codes written in an expression; of a text put together those of the catalogue that it can make with `values`."""
    if isinstance(node, ast.JoinedStr | ast.BinOp):
        parts = node.values if isinstance(node, ast.JoinedStr) else [node.left, node.right]
        pattern = "".join(re.escape(str(p.value)) if isinstance(p, ast.Constant) else r"\w+" for p in parts)
        known = {code: placeholders(entry["en"]) for code, entry in entries().items()}
        return [code for code, needed in known.items() if re.fullmatch(pattern, code) and needed <= values]
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) and re.fullmatch(r"\w+\.\w+", node.value) else []
    return [code for child in ast.iter_child_nodes(node) for code in codes_in(child, values)]


def note_calls() -> Iterator[tuple[str, str, set[str] | None]]:
    """Yield file:line, code and the names of the values of every call of note(); None: values are passed on as **."""
    for path in SOURCES:
        tree = ast.parse(path.read_text())
        for scope in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
            assigned: dict[str, list[ast.expr]] = {}
            for node in ast.walk(scope):
                if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                    assigned.setdefault(node.targets[0].id, []).append(node.value)
            for node in ast.walk(scope):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "note":
                    where, code = f"{name_of(path)}:{node.lineno}", node.args[0]
                    names = {k.arg for k in node.keywords if k.arg}
                    sources = assigned.get(code.id, []) if isinstance(code, ast.Name) else [code]
                    codes = [c for source in sources for c in codes_in(source, names)]
                    assert codes, f"{where}: the code of a note is written out, so that it can be found"
                    for found in codes:
                        yield where, found, None if len(names) < len(node.keywords) else names


@cache
def entries() -> dict[str, dict[str, str]]:
    return {f"{p.parent.name}.{code}": entry for p in CATALOGUES for code, entry in read_yaml(p).items()}


def placeholders(text: str) -> set[str]:
    return {re.split(r"[.\[]", field)[0] for _, field, _, _ in string.Formatter().parse(text) if field is not None}


def test_every_note_that_is_made_has_its_sentences():
    known, problems = entries(), []
    for where, code, values in note_calls():
        if code not in known:
            problems.append(f"{where}: {code} is not in the catalogue of its room")
        elif values is not None and (lacking := placeholders(known[code]["en"]) - values):
            problems.append(f"{where}: {code} needs {sorted(lacking)}")
    assert not problems, "\n".join(problems)


def test_no_sentence_is_left_over():
    made = {code for _, code, _ in note_calls()}
    assert sorted(set(entries()) - made) == []


@pytest.mark.parametrize("code", sorted(entries()))
def test_sentences_say_the_same_in_both_languages(code):
    entry = entries()[code]
    assert set(entry) == {"level", "en", "id"} and entry["level"] in {"info", "warning", "serious"}
    assert placeholders(entry["en"]) == placeholders(entry["id"])
    assert entry["en"] != entry["id"]
    for text in (entry["en"], entry["id"]):
        assert text == text.strip() and text[-1] in ".}", "a full sentence"


def test_every_reference_in_the_code_exists():
    known, found = package_yaml("base/references.yaml"), {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and re.fullmatch(r"[a-z]{3,}(19|20)\d\d[a-z]?", text):
                found.setdefault(text, name_of(path))
    assert {k: where for k, where in found.items() if k not in known} == {}


def texts() -> Iterator[Path]:
    folders = ("cgsurvey", "tests", "docs", "instruments", "data", "benchmarks", "notebooks", ".ci", ".github")
    suffixes = {
        ".py",
        ".md",
        ".yaml",
        ".yml",
        ".toml",
        ".txt",
        ".csv",
        ".ipynb",
        ".cff",
        ".R",
        ".json",
        ".html",
        ".cfg",
        "",
    }
    yield from (p for p in ROOT.iterdir() if p.is_file() and p.suffix in suffixes)
    for folder in folders:
        yield from (p for p in (ROOT / folder).rglob("*") if p.is_file() and p.suffix in suffixes)


def test_no_file_names_a_machine_or_a_package_registry():
    # written in pieces, so that this file is clean too
    hosts = ["pypi" + r"\.org", "python" + "hosted", "index" + "-url", "extra" + "-index", "cran" + r"\.r-project"]
    paths = r"(?<![\w.:/~-])/(?:work|home|root|Users|mnt|srv)/\w"
    pattern = re.compile("|".join([*hosts, paths]))
    found = []
    for path in texts():
        if "__pycache__" in path.parts or path.name in ("package-lock.json", ".git"):
            continue
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        found += [
            f"{path.relative_to(ROOT)}:{i}: {line[:120]}" for i, line in enumerate(lines, 1) if pattern.search(line)
        ]
    assert not found, "\n".join(found)
