"""Pages of the site that are made from what the package holds: reference, bank, glossary, sources, tutorials.

`write_pages` puts them beside the written pages, in folders that git does not keep; a page is touched only when it
changes.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click
import typer

import cgsurvey as cg
from cgsurvey.base.data import package_yaml
from cgsurvey.base.glossary import column
from cgsurvey.base.references import reference
from cgsurvey.cli import app

ROOMS = {  # in the order in which data pass through them; a room that is not named here comes after
    "instrument": "What was asked",
    "responses": "What was answered",
    "moments": "Missing answers and moments",
    "factor": "Exploratory factors",
    "reliability": "Reliability and validity",
    "sem": "Structural equation models",
    "classical": "Regression and tests",
    "planning": "Planning a study",
    "collaboration": "Collaboration",
    "service_quality": "Service quality",
    "robustness": "Robustness",
    "present": "Tables, figures, reports",
    "study": "Studies from a plan",
    "base.model": "Models",
    "base.result": "Results",
    "base.notes": "Notes",
    "base.errors": "Errors",
}
KINDS = {
    "text": "text",
    "count": "whole number",
    "number": "number",
    "statistic": "test statistic",
    "coefficient": "coefficient",
    "p": "p-value",
    "share": "proportion, shown in per cent",
    "percent": "per cent",
    "flag": "yes or no",
}


def write_pages(docs: Path) -> None:
    """Write all pages below `docs`; pages of an earlier run that are not made any more go."""
    made = {docs / name: text for name, text in pages(docs.parent)}
    for folder in ("reference", "tutorials", "bank"):
        for old in (docs / folder).rglob("*.*"):
            if old not in made:
                old.unlink()
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def pages(root: Path) -> Iterator[tuple[str, str]]:
    """Yield name and text of every page."""
    yield from reference_pages()
    yield "reference/cli.md", commands()
    yield "reference/columns.md", columns()
    yield "reference/thresholds.md", thresholds()
    yield "reference/sources.md", sources()
    yield from bank()
    yield from tutorials(root / "notebooks")


# ---- reference ---------------------------------------------------------------------------------------------------


def rooms() -> dict[str, list[str]]:
    """Return the public names of each room, in the order of `ROOMS`."""
    where: dict[str, list[str]] = {}
    for name, room in cg._HOME.items():
        where.setdefault(room, []).append(name)
    return {room: where[room] for room in [*ROOMS, *(r for r in where if r not in ROOMS)] if room in where}


def reference_pages() -> Iterator[tuple[str, str]]:
    """Yield the index, one page per room with what it holds in one line each, and one page per name."""
    entries = []
    for room, names in rooms().items():
        title = ROOMS.get(room) or room.replace("_", " ").capitalize()
        functions = [n for n in names if not inspect.isclass(getattr(cg, n))]
        classes = [n for n in names if n not in functions]
        stem = room.replace("base.", "")
        entries.append(stem)
        parts = [heading(title, "="), first_line(f"cgsurvey.{room}")]
        for words, members, folder in (("Functions", functions, "functions"), ("Classes", classes, "classes")):
            if members:
                parts += [heading(words, "-"), listed(members), toctree(f"{folder}/{n}" for n in members)]
        yield f"reference/{stem}.rst", "\n\n".join(parts) + "\n"
        for name in functions:
            yield f"reference/functions/{name}.rst", member(name, f".. autofunction:: {name}")
        for name in classes:
            options = "\n   :members:\n   :show-inheritance:"
            if issubclass(getattr(cg, name), cg.Result) and name != "Result":
                options += "\n\nSaved, shown and told like every `Result`."
            yield f"reference/classes/{name}.rst", member(name, f".. autoclass:: {name}{options}")
    intro = (
        "Everything that ``import cgsurvey as cg`` offers, by room, in the order in which data pass through the "
        "package. The examples are executed by the tests."
    )
    data = ["columns", "thresholds", "sources", "cli"]
    index = [heading("Reference", "="), intro, toctree(entries, caption="By room", hidden=False)]
    yield "reference/index.rst", "\n\n".join([*index, toctree(data, caption="Lists", hidden=False)]) + "\n"


def heading(text: str, mark: str) -> str:
    return f"{text}\n{mark * len(text)}"


def listed(names: Iterable[str]) -> str:
    """Return a table of names with the first sentence of each."""
    first = {n: (inspect.getdoc(getattr(cg, n)) or "").split("\n\n")[0] for n in names}
    rows = [("name", "what it does"), *((f"`{n}`", words) for n, words in first.items())]
    lines = "\n".join(f"   * - {n}\n     - {' '.join(words.split())}" for n, words in rows)
    return f".. currentmodule:: cgsurvey\n\n.. list-table::\n   :header-rows: 1\n\n{lines}"


def toctree(names: Iterable[str], *, caption: str = "", hidden: bool = True) -> str:
    options = "   :maxdepth: 1\n" + (f"   :caption: {caption}\n" if caption else "") + "   :hidden:\n" * hidden
    return f".. toctree::\n{options}\n" + "\n".join(f"   {n}" for n in names)


def member(name: str, directive: str) -> str:
    return f"{heading(name, '=')}\n\n.. currentmodule:: cgsurvey\n\n{directive}\n"


def first_line(module: str) -> str:
    return (importlib.import_module(module).__doc__ or "").strip().splitlines()[0]


def commands() -> str:
    """Return the commands with their arguments, as the command line itself tells them."""
    group = typer.main.get_command(app)
    context = click.Context(group, info_name="cgsurvey")
    out = ["# Command line", group.help or "", "Faults end with one message and exit code 2, never with a traceback."]
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = type(context)(command, info_name=f"cgsurvey {name}")
        usage = command.get_usage(inner).removeprefix("Usage: ").replace("\n", " ")
        out += [f"## `{name}`", textwrap.dedent(command.help or "").strip(), f"```text\n{' '.join(usage.split())}\n```"]
        rows = [
            (f"`{p.make_metavar(inner) if isinstance(p, click.Argument) else ', '.join(p.opts)}`", p.help or "")
            for p in command.params
            if p.name != "help"
        ]
        if rows:
            out.append(table(("", "meaning"), rows))
    return "\n\n".join(out) + "\n"


# ---- lists -------------------------------------------------------------------------------------------------------


def cell(value: object) -> str:
    """Return text that can stand in a cell of a table and is taken as it is."""
    return re.sub(r"([|<>$*_\[\]{}\\])", r"\\\1", " ".join(str(value).split()))


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table of cells that are written already."""
    names = [h or "name" for h in head]
    lines = [" | ".join(names), " | ".join("---" for _ in names), *(" | ".join(r) for r in rows)]
    return "\n".join(f"| {line} |" for line in lines)


def columns() -> str:
    """Return the glossary of columns in both languages."""
    found = sorted((column(n) for n in package_yaml("base/glossary.yaml")), key=lambda c: c.name.lower())
    rows = [(f"`{c.name}`", cell(c.en), cell(c.id), KINDS[c.kind]) for c in found]
    return (
        "# Glossary English - Bahasa Indonesia\n\nEvery column that a table of results may have (`tidy()`, "
        "`glance()`), its heading in both languages, and how it is printed. Nothing else stands in results.\n\n"
        + table(("column", "English", "Bahasa Indonesia", "printed as"), rows)
        + "\n"
    )


def thresholds() -> str:
    """Return the rules of thumb with their sources."""
    rows = [
        (
            f"`{r['measure']}`",
            f"{'≥' if r['direction'] == '>=' else '≤'} {r['good']:g}",
            "" if r.get("fair") is None else f"{'≥' if r['direction'] == '>=' else '≤'} {r['fair']:g}",
            cell(", ".join(r["applies_to"])),
            f"[{cell(reference(r['source']).short)}](sources.md#{r['source']})",
        )
        for r in package_yaml("base/rules.yaml")
    ]
    return (
        "# Thresholds\n\nConventions that tables print beside a number, each with its source. They are aids to "
        "reading, not tests: a value on the other side of a line proves nothing.\n\n"
        + table(("measure", "good", "fair", "applies to", "source"), rows)
        + "\n"
    )


def sources() -> str:
    """Return the literature with its keys."""
    known = sorted((reference(k) for k in package_yaml("base/references.yaml")), key=lambda r: r.apa.lower())
    out = ["# Sources", "Literature of methods, thresholds and theories. A report lists that of the methods it used."]
    for r in known:
        told = f"{r.authors.rstrip('.')}. ({r.year}). {r.title.rstrip('.')}. {r.place}."
        link = f" [doi:{r.doi}](https://doi.org/{r.doi})" if r.doi else ""
        out.append(f"({r.key})=\n{cell(told)}{link} `{r.key}`")
    return "\n\n".join(out) + "\n"


# ---- bank --------------------------------------------------------------------------------------------------------


def bank() -> Iterator[tuple[str, str]]:
    """Yield the list of instruments and one page per instrument: constructs, items, scale, models."""
    names = list(cg.list_instruments()["name"])
    rows = []
    for name in names:
        it = cg.load_instrument(name)
        rows.append((f"[{name}]({name}.md)", cell(it.title["en"]), cell(it.title["id"]), str(len(it.items))))
        yield f"bank/{name}.md", instrument(it)
    yield (
        "bank/index.md",
        "# Instruments\n\nOwn wordings in two languages, free to use (CC0), **not yet tested in the field**: have them "
        "judged by experts and pilot them. `cg.load_instrument(name)` loads one; [from the questionnaire to the "
        "form](../guides/forms.md) tells the way to the field.\n\n"
        + table(("name", "English", "Bahasa Indonesia", "items"), rows)
        + "\n\n```{toctree}\n:hidden:\n\n"
        + "\n".join(names)
        + "\n```\n",
    )


def both(words: Mapping[str, str]) -> str:
    """Return words in both languages, those in Bahasa Indonesia in italics."""
    return f"{cell(words.get('en', ''))} / *{cell(words.get('id', ''))}*"


def instrument(it: cg.Instrument) -> str:
    """Return the page of an instrument."""
    out = [f"# {cell(it.title['en'])}", f"*{cell(it.title['id'])}*", cell(it.description.get("en", ""))]
    out.append(f"`{it.id}` version {it.version}, {it.status}, {it.licence}. {cell(it.citation)}")
    items = {i.name: i for i in it.items}

    def block(names: Iterable[str]) -> str:
        rows = [
            (
                f"`{n}`" + (" (reversed)" if items[n].reverse else ""),
                cell(items[n].label.get("en", "")),
                cell(items[n].label.get("id", "")),
            )
            for n in names
        ]
        return table(("item", "English", "Bahasa Indonesia"), rows)

    def constructs(found: Iterable[cg.Construct], depth: int) -> Iterator[str]:
        for c in found:
            yield f"{'#' * depth} {both(c.label)}"
            if c.description:
                yield both(c.description)
            if c.items:
                yield block(c.items)
            yield from constructs(c.elements, depth + 1)

    out += constructs(it.constructs, 2)
    inside = {n for c in it.leaf_constructs for n in c.items}
    if rest := [i.name for i in it.items if i.name not in inside]:
        out += ["## Outside constructs", block(rest)]
    if it.demographics:
        rows = [(f"`{q.name}`", cell(q.label.get("en", "")), cell(q.label.get("id", ""))) for q in it.demographics]
        out += ["## Questions about the respondent", table(("question", "English", "Bahasa Indonesia"), rows)]
    for scale in {i.scale.name: i.scale for i in it.items}.values():
        rows = [(f"`{c.name}`", cell(c.label.get("en", "")), cell(c.label.get("id", ""))) for c in scale.choices]
        out += [f"## Scale `{scale.name}`", table(("code", "English", "Bahasa Indonesia"), rows)]
    for p in it.proposals:
        out += [f"## Model `{p.name}`: {both(p.title)}", both(p.description), f"```text\n{p.syntax.strip()}\n```"]
    return "\n\n".join(part for part in out if part) + "\n"


# ---- tutorials ---------------------------------------------------------------------------------------------------


def tutorials(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield the notebooks as they are committed, executed already, and the list of them."""
    titles: dict[str, dict[str, str]] = {}
    for path in sorted(folder.glob("*.ipynb")):
        text = path.read_text(encoding="utf-8")
        first = "".join(json.loads(text)["cells"][0]["source"]).splitlines()[0].lstrip("# ")
        stem, _, language = path.stem.rpartition("_")
        titles.setdefault(stem, {})[language] = f"[{cell(first)}]({path.name})"
        yield f"tutorials/{path.name}", text
    rows = [(t.get("en", ""), t.get("id", "")) for t in titles.values()]
    yield (
        "tutorials/index.md",
        "# Tutorials\n\nNotebooks that run on the simulated sample before anything is changed, with an exercise at "
        'the end of each. `cgsurvey new` puts them into the folder of a study; "Show Source" gives the notebook.\n\n'
        + table(("English", "Bahasa Indonesia"), rows)
        + "\n\n```{toctree}\n:hidden:\n\n"
        + "\n".join(f"{stem}_{language}" for language in ("en", "id") for stem, t in titles.items() if language in t)
        + "\n```\n",
    )
