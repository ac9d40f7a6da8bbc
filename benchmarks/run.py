"""Time the Holzinger-Swineford model with all its output against lavaan and semopy, in one run.

    python benchmarks/run.py [--repetitions 21]

Each engine runs in a process that is warm (one call before the clock starts); the figure is the median of the calls.
lavaan is timed inside one R process. Peers that are not installed are left out, and the table says so.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from importlib import metadata, util
from pathlib import Path
from statistics import median
from typing import Any

import pandas as pd

import cgsurvey as cg

MODEL = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
ITEMS = [f"x{k}" for k in range(1, 10)]
TASKS = ("fit, ML", "fit with all output, ML", "fit, MLR", "fit with all output, MLR")


def seconds(call: Callable[[], Any], repetitions: int) -> list[float]:
    """Seconds of each of several calls, after one that does not count."""
    call()
    out = []
    for _ in range(repetitions):
        started = time.perf_counter()
        call()
        out.append(time.perf_counter() - started)
    return out


def holzinger() -> pd.DataFrame:
    """The data that semopy ships: 301 pupils, nine tests."""
    from semopy.examples import holzinger39

    return holzinger39.get_data()[ITEMS]


def ours(data: pd.DataFrame, repetitions: int) -> dict[str, list[float]]:
    """Time the fit and the fit with everything lavaan's side prints; nothing is kept between calls."""

    def everything(estimator: str) -> None:
        fit = cg.cfa(MODEL, data, estimator=estimator)
        fit.tidy(), fit.standardized(), fit.fit_measures

    out = {}
    for estimator in ("ML", "MLR"):
        out[f"fit, {estimator}"] = seconds(lambda e=estimator: cg.cfa(MODEL, data, estimator=e), repetitions)
        out[f"fit with all output, {estimator}"] = seconds(lambda e=estimator: everything(e), repetitions)
    return out


def semopy(data: pd.DataFrame, repetitions: int) -> dict[str, list[float]]:
    """Time semopy with its default tolerance, which gives three digits; robust errors and tests it lacks."""
    from semopy import Model, calc_stats

    def fit() -> Any:
        model = Model(MODEL)
        model.fit(data)
        return model

    def everything() -> None:
        model = fit()
        model.inspect(std_est=True)
        calc_stats(model)

    return {"fit, ML": seconds(fit, repetitions), "fit with all output, ML": seconds(everything, repetitions)}


def lavaan(data: pd.DataFrame, repetitions: int) -> tuple[dict[str, list[float]], str]:
    """Time lavaan; empty when R or lavaan is not installed."""
    if shutil.which("Rscript") is None:
        return {}, ""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "data.csv"
        data.to_csv(file, index=False)
        command = ["Rscript", str(Path(__file__).with_name("lavaan.R")), str(file), str(repetitions)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {}, ""
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["task"]: line["seconds"] for line in lines if "task" in line}, lines[-1]["version"]


def machine() -> str:
    """The processor and its cores; no names."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        cpu = names[0] if names else cpu
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()}"


def main() -> None:
    """Run all engines and print medians, ratios and versions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=21)
    repetitions = parser.parse_args().repetitions
    if util.find_spec("semopy") is None:
        raise SystemExit("The data come with semopy: pip install 'semopy==2.3.11'.")
    data = holzinger()
    r, r_version = lavaan(data, repetitions)
    found = {"cgsurvey": ours(data, repetitions), "semopy": semopy(data, repetitions), "lavaan": r}
    print(
        f"{'median milliseconds':<28}{'cgsurvey':>10}{'semopy':>10}{'lavaan':>10}{'semopy/ours':>14}{'lavaan/ours':>14}"
    )
    for task in TASKS:
        own = median(found["cgsurvey"][task])
        peers = [median(found[p][task]) if task in found[p] else None for p in ("semopy", "lavaan")]
        cells = "".join(f"{1e3 * p:>10.1f}" if p else f"{'-':>10}" for p in peers)
        ratios = "".join(f"{p / own:>13.1f}x" if p else f"{'-':>14}" for p in peers)
        print(f"{task:<28}{1e3 * own:>10.1f}{cells}{ratios}")
    packages = ", ".join(f"{p} {metadata.version(p)}" for p in ("numpy", "scipy", "pandas", "semopy"))
    print(f"\n{machine()}; {repetitions} calls each")
    print(f"cgsurvey {cg.__version__}, Python {platform.python_version()}, {packages}")
    print(r_version or "lavaan left out: R or lavaan is not installed")


if __name__ == "__main__":
    main()
