"""Files larger than memory: time and peak memory of thresholds, polychorics, estimates, robust errors and tests.

``python benchmarks/big.py [--rows 10000000] [--items 40]`` simulates a parquet file of answers on 1 to 5 (eight
factors) in a temporary folder and fits it in processes of their own, so that the peak memory of each is its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

FACTORS = 8
CUTS = (-1.5, -0.7, 0.1, 1.0)
PART = 1 << 18


def simulate(path: Path, rows: int, items: int, seed: int = 7) -> None:
    """Write answers to `items` items of eight correlated factors, a part at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng = np.random.default_rng(seed)
    root = np.linalg.cholesky(0.4 + 0.6 * np.eye(FACTORS)).astype(np.float32)
    loading = np.linspace(0.6, 0.8, items, dtype=np.float32)
    names = [f"y{k + 1}" for k in range(items)]
    with pq.ParquetWriter(path, pa.schema([(n, pa.int8()) for n in names])) as out:
        for at in range(0, rows, PART):
            n = min(PART, rows - at)
            factors = rng.standard_normal((n, FACTORS), dtype=np.float32) @ root.T
            columns = []
            for k in range(items):
                y = loading[k] * factors[:, k * FACTORS // items]
                y += np.sqrt(1 - loading[k] ** 2) * rng.standard_normal(n, dtype=np.float32)
                columns.append(pa.array((np.searchsorted(CUTS, y) + 1).astype(np.int8)))
            out.write_table(pa.table(columns, names=names))


def model(items: int) -> str:
    """The model that was simulated."""
    parts = [[f"y{k + 1}" for k in range(items) if k * FACTORS // items == f] for f in range(FACTORS)]
    return "\n".join(f"f{f + 1} =~ " + " + ".join(p) for f, p in enumerate(parts))


def constructs(items: int) -> dict[str, list[str]]:
    """The same as constructs."""
    return {line.split(" =~ ")[0]: line.split(" =~ ")[1].split(" + ") for line in model(items).splitlines()}


def peak() -> float:
    """Peak memory of this process in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def work(path: str, what: str, items: int) -> None:
    """One row of the table, as JSON."""
    import cgsurvey as cg

    start = time.perf_counter()
    data = cg.scan_responses(path)
    looked = time.perf_counter() - start
    if what == "reliability":
        cg.reliability(data, constructs(items))
    elif what == "ML":
        cg.cfa(model(items), data)
    elif what == "MLR":
        cg.cfa(model(items), data, estimator="MLR")
    elif what == "DWLS":
        cg.cfa(model(items), data, ordered=True, estimator="DWLS")
    elif what == "WLSMV":
        cg.cfa(model(items), data, ordered=True)
    seconds = time.perf_counter() - start
    print(json.dumps({"scan": looked, "seconds": seconds, "cpu": time.process_time(), "peak": peak()}))


WORK = {
    "ML": "means, covariances, ML estimates",
    "DWLS": "thresholds, polychoric correlations, DWLS estimates",
    "reliability": "reliability of eight constructs",
    "MLR": "MLR: robust errors and scaled test",
    "WLSMV": "WLSMV: robust errors and scaled test",
}


def main() -> None:
    """Simulate, measure, print."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=10_000_000)
    asked.add_argument("--items", type=int, default=40)
    asked.add_argument("--only", nargs="*", default=list(WORK), choices=list(WORK))
    asked.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    given = asked.parse_args()
    if given.child:
        work(*given.child, given.items)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "answers.parquet"
        simulate(path, given.rows, given.items)
        print(f"{given.rows} rows x {given.items} items, {path.stat().st_size / 2**20:.0f} MB of parquet\n")
        print("| work | seconds | of which looking through the file | processor seconds | peak memory | load before |")
        print("| --- | --- | --- | --- | --- | --- |")
        for what in given.only:
            load = os.getloadavg()[0]
            ran = subprocess.run(
                [sys.executable, __file__, "--items", str(given.items), "--child", str(path), what],
                capture_output=True, text=True, check=False,
            )  # fmt: skip
            if ran.returncode:
                print(f"| {WORK[what]} | failed: {ran.stderr.strip().splitlines()[-1]} |")
                continue
            told = json.loads(ran.stdout)
            seconds, scan, cpu, used = (told[k] for k in ("seconds", "scan", "cpu", "peak"))
            print(f"| {WORK[what]} | {seconds:.0f} | {scan:.0f} | {cpu:.0f} | {used:.2f} GB | {load:.1f} |", flush=True)


if __name__ == "__main__":
    main()
