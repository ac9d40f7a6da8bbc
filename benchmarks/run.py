"""Time cgsurvey against lavaan, psych and semopy, row by row, in one run on the same files.

    python benchmarks/run.py                         all rows but those in which lavaan takes minutes
    python benchmarks/run.py --slow --write          all rows; put the table into benchmarks/README.md
    python benchmarks/run.py hs_ml cg41_mlr          these rows
    python benchmarks/run.py --ours                  no peers

The whole call counts, with all default output: `sem; parameterEstimates; standardizedSolution; fitMeasures` in one R
process, `sem(); .tidy() .standardized() .fit_measures` here; works of psych likewise. Both sides are warm, hold the
data in memory and keep nothing between calls; their calls alternate; the figure is the median. Peak memory is that of a
process of its own, data read from the file included. Peers that are not installed are left out, and the table says so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import metadata, util
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd
from cases import CASES, DATA, WORKS, Case, polychoric

import cgsurvey as cg

README = Path(__file__).with_name("README.md")
MARKS = {
    "lavaan": ("<!-- table: written by run.py -->", "<!-- end of table -->"),
    "psych": ("<!-- table of psych: written by run.py -->", "<!-- end of table of psych -->"),
}
COLUMNS = {
    "lavaan": ("work", "cgsurvey", "lavaan", "lavaan/ours", "asked", "met", "semopy", "calls", "peak memory"),
    "psych": ("work", "cgsurvey", "psych", "psych/ours", "asked", "met", "calls"),
}
Peer = Callable[[Case, Path], float]


class NotAvailableError(Exception):
    """The package lacks what the row asks for."""


def ours(case: Case, data: pd.DataFrame) -> Any:
    """One call of this package with all default output; nothing is kept."""
    try:
        if case.blocks:
            return cg.validity(data, case.blocks, **case.options).intervals
        if case.work:
            return WORKS[case.work](data)
        if not case.model:
            return polychoric(data)
        fit = cg.sem(case.model, data, **case.options)
    except (cg.OptionError, ImportError) as error:
        raise NotAvailableError(str(error)) from error
    return fit.tidy(), fit.standardized(), fit.fit_measures


def semopy(case: Case, data: pd.DataFrame) -> None:
    """One call of semopy with its output, at its default tolerance, which gives three digits."""
    from semopy import Model, calc_stats

    model = Model(case.model)
    model.fit(data)
    model.inspect(std_est=True)
    calc_stats(model)


@contextmanager
def in_r(program: str) -> Iterator[tuple[Peer | None, str]]:
    """Give the function that times one call inside a running R process, and the peer's version; None without R."""
    if shutil.which("Rscript") is None:
        yield None, f"{program} left out: R is not installed"
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            ["Rscript", str(Path(__file__).with_name(f"{program}.R"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process,
    ):
        assert process.stdin is not None and process.stdout is not None
        version = process.stdout.readline().strip()

        def call(case: Case, file: Path) -> float:
            model = Path(folder) / f"{case.key}.lav"
            model.write_text(case.model)
            what = case.work or (str(model) if case.model else "")
            given = [str(file), what, r_code(case.options)]
            process.stdin.write("\t".join(given) + "\n")
            process.stdin.flush()
            answer = process.stdout.readline().strip()
            try:
                return float(answer)
            except ValueError:
                raise RuntimeError(f"{program}, {case.key}: {answer or 'the R process ended'}") from None

        yield (call, version) if version else (None, f"{program} left out: it is not installed")
        process.stdin.close()


def r_code(options: Any) -> str:
    """Options as R arguments; random numbers need no seed there."""
    text = {True: "TRUE", False: "FALSE"}
    given = {k.replace("_", "."): v for k, v in options.items() if k not in ("seed", "n_jobs")}
    return ", ".join(f"{k} = {text[v] if isinstance(v, bool) else json.dumps(v)}" for k, v in given.items())


def seconds(call: Callable[[], Any]) -> float:
    """Seconds of one call."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def measure(case: Case, file: Path, peer: Peer | None) -> dict[str, Any]:
    """Time one row on all sides in turn."""
    data = pd.read_csv(file)
    row: dict[str, Any] = {"work": case.title, "asked": case.asked, "limit": case.limit, "program": case.program}
    peer = None if case.limit == case.limit else peer  # seconds are asked, no peer does this work
    own: list[float] = []
    theirs: list[float] = []
    other: list[float] = []
    try:
        ours(case, data)  # does not count
    except NotAvailableError as error:
        return row | {"why": str(error)}
    calls = case.peer or case.repetitions
    if peer is not None and not case.slow:
        peer(case, file)
    for k in range(max(case.repetitions, calls)):
        if k < case.repetitions:
            own.append(seconds(lambda: ours(case, data)))
        if peer is not None and k < calls:
            theirs.append(peer(case, file))
        if case.key == "hs_ml" and peer is not None and util.find_spec("semopy"):
            other.append(seconds(lambda: semopy(case, data)))
    row |= {"cgsurvey": median(own), "calls": f"{case.repetitions}"}
    if theirs:
        row |= {
            "peer": median(theirs),
            "ratio": median(theirs) / median(own),
            "calls": f"{case.repetitions} / {calls}",
        }
    if other:
        row["semopy"] = median(other)
    if case.memory == case.memory:
        row |= {"memory": peak_memory(case, file), "memory_asked": case.memory}
    return row


def peak_memory(case: Case, file: Path) -> float:
    """Peak memory in GB of a process that reads the file and makes one call."""
    command = [sys.executable, __file__, "--peak", case.key, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(done.stdout) / 1024**2


def _peak(key: str, file: str) -> None:
    ours(next(c for c in CASES if c.key == key), pd.read_csv(file))
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(size if sys.platform != "darwin" else size / 1024)


def time_of(value: float | None) -> str:
    """Seconds as text with three digits."""
    if value is None:
        return "-"
    return f"{1e3 * value:.3g} ms" if value < 0.9995 else f"{value:.3g} s"


def asked(row: dict[str, Any]) -> str:
    """What a row aims at: a ratio to the peer, or seconds."""
    return f"{row['asked']:g} x" if row["limit"] != row["limit"] else f"< {row['limit']:g} s"


def table(rows: Sequence[dict[str, Any]]) -> list[list[str]]:
    """Rows of text under `COLUMNS`."""
    out = []
    for row in rows:
        of_psych = row["program"] == "psych"
        if "why" in row:
            rest = ["-"] * (len(COLUMNS[row["program"]]) - 5)
            out.append([row["work"], "not available", "-", "-", asked(row), *rest])
            continue
        ratio, memory = row.get("ratio"), row.get("memory")
        good = ratio >= row["asked"] if ratio is not None else row["cgsurvey"] < row["limit"]
        met = "-" if ratio is None and row["limit"] != row["limit"] else "yes" if good else "no"
        size = "-" if memory is None else f"{memory:.2f} GB (asked < {row['memory_asked']:g})"
        times = [time_of(row.get(k)) for k in ("cgsurvey", "peer")]
        shown = "-" if ratio is None else f"{ratio:.3g} x"
        last = [row["calls"]] if of_psych else [time_of(row.get("semopy")), row["calls"], size]
        out.append([row["work"], *times, shown, asked(row), met, *last])
    return out


def machine() -> str:
    """The processor and its cores; no names."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [s.split(":", 1)[1].strip() for s in info.read_text().splitlines() if s.startswith("model name")]
        cpu = names[0] if names else cpu
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()}"


def versions(r: str) -> str:
    """What ran, in one line."""
    packages = ", ".join(
        f"{p} {metadata.version(p)}" for p in ("numpy", "scipy", "pandas", "semopy") if util.find_spec(p)
    )
    return f"{machine()}; cgsurvey {cg.__version__}, Python {platform.python_version()}, {packages}; {r}"


def write(program: str, rows: list[list[str]], footer: str) -> None:
    """Put the table between its marks in the README."""
    heads, (begin, end) = COLUMNS[program], MARKS[program]
    lines = ["| " + " | ".join(heads) + " |", "| " + " | ".join(["---"] * len(heads)) + " |"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    text = README.read_text()
    before, after = text.split(begin)[0], text.split(end)[1]
    README.write_text(f"{before}{begin}\n\n" + "\n".join(lines) + f"\n\n{footer}\n\n{end}{after}")


def main() -> None:
    """Run the rows that are asked for and print them."""
    if sys.argv[1:2] == ["--peak"]:
        _peak(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    keys = [c.key for c in CASES]
    parser.add_argument("cases", nargs="*", metavar="row", help=f"rows of the table: {', '.join(keys)}")
    parser.add_argument("--slow", action="store_true", help="rows in which the peer takes minutes, too")
    parser.add_argument("--ours", action="store_true", help="leave the peers out")
    parser.add_argument("--write", action="store_true", help=f"put the tables into {README.name}")
    given = parser.parse_args()
    if wrong := [k for k in given.cases if k not in keys]:
        parser.error(f"no such row: {', '.join(wrong)}; rows are {', '.join(keys)}")
    chosen = [
        c for c in CASES if c.key in given.cases or (not given.cases and (given.slow or given.ours or not c.slow))
    ]
    with tempfile.TemporaryDirectory() as folder:
        for program in COLUMNS:
            rows = [c for c in chosen if c.program == program]
            if rows:
                compare(program, rows, Path(folder), ours_alone=given.ours, keep=given.write)


def compare(program: str, cases: Sequence[Case], folder: Path, *, ours_alone: bool, keep: bool) -> None:
    """Measure and print the rows of one peer."""
    rows = []
    with in_r(program) as (peer, version):
        for case in cases:
            file = folder / f"{case.data}.csv"
            if not file.exists():
                DATA[case.data]().to_csv(file, index=False, na_rep="NA")
            rows.append(measure(case, file, None if ours_alone else peer))
            print(" | ".join(table(rows[-1:])[0]), flush=True)
    shown, heads = table(rows), list(COLUMNS[program])
    width = [max(len(r[k]) for r in [heads, *shown]) for k in range(len(heads))]
    print()
    for line in [heads, *shown]:
        print("  ".join(cell.ljust(w) for cell, w in zip(line, width, strict=True)).rstrip())
    footer = versions("no peers" if ours_alone else version)
    print(f"\n{footer}\n")
    for row in rows:
        if "why" in row:
            print(f"not available, {row['work']}: {row['why']}")
    if keep and len(cases) == sum(c.program == program for c in CASES):
        write(program, shown, footer)
    elif keep:
        print(f"{README.name} keeps its table of {program}: one run measures all its rows or none.")


if __name__ == "__main__":
    main()
