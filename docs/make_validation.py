"""Compare with the reference battery, number by number, and write ``agreement.md``: python docs/make_validation.py

The battery ($CGSURVEY_REFERENCE, default ``../shared`` beside the repository) holds values of lavaan, psych, semTools,
survey and others. How each family is compared stands in ``compared/``; `FAMILIES` names them, `FILES` and `FIELDS`
say why what is left has no comparison. A field that nobody asked for and that is not in these lists fails a test.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from compared import factors, golden, incomplete, models, problems, samples, scales
from compared.battery import KINDS, Case, Part, Tally, count, files
from compared.families import FAMILIES, FIELDS, FILES

HERE = Path(__file__).resolve().parent
BATTERY = Path(os.environ.get("CGSURVEY_REFERENCE") or HERE.parents[1] / "shared") / "reference" / "dev"
HELD = ("expected", "fits", "comparisons", "bootstrap", "lavaan_bootstrap", "per_imputation", "designs")


@dataclass
class Found:
    """Tallies by family, and the files that were read for them."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    read: dict[str, Part] = field(default_factory=dict)

    def unread(self) -> Iterator[tuple[str, str]]:
        """Yield file and field of all that no comparison asked for."""
        for name, content in self.read.items():
            for part in HELD:
                if isinstance(content.get(part), Part):
                    yield from ((name, what) for what in content[part].unread(f"{part}."))


def cases(battery: Path) -> Iterator[Case]:
    for source in (models, incomplete, problems, scales, factors, samples):
        yield from source.cases(battery)


def tallies(battery: Path, families: Iterable[str] = FAMILIES) -> Found:
    """Compare all cases of some families."""
    found, wanted = Found(), set(families)
    for case in cases(battery):
        if case.family in wanted:
            count(case, FAMILIES[case.family].limits, found.tallies.setdefault(case.family, Tally()))
            found.read[case.name.split(",")[0]] = case.content
    return found


def reason(reasons: dict[str, tuple[str, ...]], name: str) -> str | None:
    """Return why something has no comparison; None where nothing is said of it."""
    return next((why for why, patterns in reasons.items() if any(fnmatchcase(name, p) for p in patterns)), None)


def files_of(battery: Path) -> list[str]:
    folders = sorted(p.name for p in battery.iterdir() if p.is_dir() and p.name != "data")
    return [f"{folder}/{path.stem}" for folder in folders for path, _ in files(battery, folder)]


# ---- page --------------------------------------------------------------------------------------------------------


def shown(value: float) -> str:
    """Return a difference in one digit, from .01 on in two."""
    return f"{value:.2g}" if value >= 0.01 or value == 0 else f"{value:.0e}".replace("e-0", "e-")


def cell(tally: Tally, limits: dict[str, float], kind: str) -> str:
    if kind not in tally.largest:
        return ""
    return f"{shown(tally.largest[kind])} ({shown(limits[kind])})"


def table(lines: Iterable[Iterable[Any]]) -> str:
    return "\n".join("| " + " | ".join(str(x) for x in line) + " |" for line in lines)


def page(found: Found, battery: Path) -> str:
    """Return the page: a row per family, what lies beyond, what goes wrong, what is not compared, golden values."""
    lines, apart = [], []
    for family, told in FAMILIES.items():
        if t := found.tallies.get(family):
            cells = (cell(t, told.limits, k) for k in KINDS)
            lines.append([told.words, told.program, t.cases, t.numbers, *cells, len(t.beyond)])
            for name, (whats, gap) in t.beyond.items():
                some = "; ".join(f"`{w}`" for w in whats[:3]) + (
                    f" and {len(whats) - 3} more" if len(whats) > 3 else ""
                )
                apart.append([f"`{name}`", told.words, len(whats), shown(gap), some])
    left: dict[str, list[str]] = {}
    for name in files_of(battery):
        if why := reason(FILES, name):
            left.setdefault(why, []).append(f"`{name}`")
    return TEXT.format(
        numbers=sum(t.numbers for t in found.tallies.values()),
        cases=sum(t.cases for t in found.tallies.values()),
        files=len(found.read),
        kinds=" | ".join(KINDS),
        rows=table(lines),
        apart=table(apart),
        problems=table([f"`{b.name}`", b.title, b.lavaan, b.ours] for b in problems.behaviours(battery)),
        left=table([", ".join(names), why] for why, names in left.items()),
        fields=table([", ".join(f"`{p}`" for p in patterns), why] for why, patterns in FIELDS.items()),
        golden=table(golden.rows()),
    )


TEXT = """# Agreement, family by family

<!-- written by docs/make_validation.py -->

{numbers} numbers of {cases} cases ({files} files), computed by cgsurvey and by lavaan 0.6-14, psych 2.2.9, semTools
0.5-6, GPArotation 2022.10-2, survey 4.1-1, mice 3.15.0 and seminr 2.3.1 from the same files. The table gives the
largest difference of each kind, in brackets the tolerance. A difference is |ours - reference| / max(|reference|, .01):
relative, and for values below .01 in units of .01. Loadings, scores, eigenvalues and p-values by simulation are
compared absolutely, intervals of resamples in units of the standard error. "Derived" are standardised solutions with
errors, R2, implied and sample moments, residuals with z, modification indices, factor scores; of exploratory factors
the loadings. "Apart" counts the cases of which a number lies beyond the tolerance; they are listed below and not in the
largest differences.

| family | program | cases | numbers | {kinds} | apart |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
{rows}

## Beyond the tolerance

Why these differ, and who is right, stands under [where we differ](validation.md).

| case | family | numbers | largest difference | which |
| --- | --- | ---: | ---: | --- |
{apart}

## Models and data that go wrong

Never more silent than lavaan: what it refuses or warns of, cgsurvey refuses or notes.

| case | problem | lavaan | cgsurvey |
| --- | --- | --- | --- |
{problems}

## Not compared

Of partial least squares cgsurvey computes what it needs to explain differences (`cg.why_different`: mode A, path
weighting); those cases are in the table above. For other kinds it has no function: it estimates latent variables by
covariances. Population values of simulated data and timings of lavaan lie in the battery too; they are no results of
another program ([speed](benchmarks.md) is measured in one run).

| file | why |
| --- | --- |
{left}

Fields of the files above that no comparison reads (`*` stands for anything):

| field | why |
| --- | --- |
{fields}

## Golden values of simulated data

Beside the battery the tests hold values that R computed from simulated data. Data, values and the R script that made
them stand in `tests/reference`, so that the comparison runs everywhere, without R.

| file | what | program | numbers | tolerance | asked by |
| --- | --- | --- | ---: | --- | --- |
{golden}
"""

if __name__ == "__main__":
    if not BATTERY.is_dir():
        sys.exit("the reference battery is absent ($CGSURVEY_REFERENCE)")
    warnings.simplefilter("ignore")
    (HERE / "agreement.md").write_text(page(tallies(BATTERY), BATTERY), encoding="utf-8")
