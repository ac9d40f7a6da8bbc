"""Time and memory of reading a field file: 100 000 rows x 60 columns, decoded with an instrument.

    python benchmarks/reading.py                 all formats
    python benchmarks/reading.py csv sav         these
    python benchmarks/reading.py --rows 10000    a smaller file

Each format is read in a process of its own, once, cold: the figure is the whole call of `read_responses`, with what it
imports. Memory is the peak of that process less what it holds before the call, as a multiple of what it returns (frame
and reasons). The files are made here, of simulated answers.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

import cgsurvey as cg
from cgsurvey.instrument import Choice, Scale

COLUMNS = 60
ASKED = {"csv": 3.0, "xlsx": 25.0, "sav": 3.0, "dta": None, "parquet": None}
WORDS = ("Sangat tidak setuju", "Tidak setuju", "Netral", "Setuju", "Sangat setuju")


def instrument() -> cg.Instrument:
    """Return sixty items of one agreement scale."""
    scale = Scale("agree5", tuple(Choice(str(k), float(k), {"en": w}) for k, w in enumerate(WORDS, start=1)))
    return cg.Instrument.from_items({"t": [f"q{k}" for k in range(COLUMNS)]}, scale=scale)


def make(kind: str, folder: Path, rows: int) -> Path:
    """Write one file of simulated answers, in words where the format holds words."""
    codes = np.random.default_rng(1).integers(0, 5, (rows, COLUMNS))
    names = [f"q{k}" for k in range(COLUMNS)]
    path = folder / f"field.{kind}"
    if kind == "xlsx":
        write_workbook(path, names, codes)
        return path
    frame = pd.DataFrame(codes + 1.0, columns=names)
    if kind in ("sav", "dta"):
        import pyreadstat

        labels = {n: dict(enumerate(WORDS, start=1)) for n in names}
        getattr(pyreadstat, f"write_{kind}")(frame, str(path), variable_value_labels=labels)
    elif kind == "parquet":
        pd.DataFrame(np.array(WORDS, dtype=object)[codes], columns=names).to_parquet(path)
    else:
        pd.DataFrame(np.array(WORDS, dtype=object)[codes], columns=names).to_csv(path, sep=";", index=False)
    return path


def write_workbook(path: Path, names: list[str], codes: np.ndarray) -> None:
    """Write a workbook as Excel does, words in the shared strings; libraries take minutes for six million cells."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    rel = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    letters = [chr(65 + k) if k < 26 else chr(64 + k // 26) + chr(65 + k % 26) for k in range(len(names))]
    relation = '<Relationships xmlns="{}"><Relationship Id="r1" Type="{}/{}" Target="{}"/>{}</Relationships>'
    strings = f'<Relationship Id="r2" Type="{rel}/sharedStrings" Target="sharedStrings.xml"/>'
    shared = "".join(f"<si><t>{w}</t></si>" for w in (*WORDS, *names))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        book.writestr("_rels/.rels", relation.format(package, rel, "officeDocument", "xl/workbook.xml", ""))
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{main}" xmlns:r="{rel}"><sheets><sheet name="Data" sheetId="1" r:id="r1"/></sheets>'
            "</workbook>",
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels", relation.format(package, rel, "worksheet", "worksheets/sheet1.xml", strings)
        )
        book.writestr("xl/sharedStrings.xml", f'<sst xmlns="{main}">{shared}</sst>')
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(f'<worksheet xmlns="{main}"><sheetData>'.encode())
            for r, row in enumerate([range(len(WORDS), len(WORDS) + len(names)), *codes.tolist()], start=1):
                cells = "".join(f'<c r="{c}{r}" t="s"><v>{v}</v></c>' for c, v in zip(letters, row, strict=True))
                sheet.write(f'<row r="{r}">{cells}</row>'.encode())
            sheet.write(b"</sheetData></worksheet>")


def peak_memory(reset: bool = False) -> float:
    """Return the peak of this process in KB since its last reset; that of `resource` counts the parent's memory too."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("VmHWM")))


def read(path: Path) -> None:
    """Read one file in this process, and print what it took as JSON."""
    asked = instrument()
    before = peak_memory(reset=True)
    began, spent = time.perf_counter(), time.process_time()
    data = cg.read_responses(path, asked)
    took, spent = time.perf_counter() - began, time.process_time() - spent
    peak = peak_memory() - before
    held = (data.frame.memory_usage(deep=True).sum() + data.reasons.memory_usage(deep=True).sum()) / 1024
    assert data.frame.notna().to_numpy().all()
    print(json.dumps({"seconds": took, "cpu": spent, "peak": peak / 1024, "ratio": peak / held}))


def main() -> None:
    """Make, read and show each format."""
    parser = argparse.ArgumentParser()
    parser.add_argument("formats", nargs="*", default=list(ASKED))
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--read", type=Path)
    told = parser.parse_args()
    if told.read is not None:
        read(told.read)
        return
    print(f"{told.rows} rows x {COLUMNS} columns")
    print("| format | seconds | asked | CPU seconds | peak MB | times what is returned |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for kind in told.formats:
            path = make(kind, Path(folder), told.rows)
            out = subprocess.run([sys.executable, __file__, "--read", path], capture_output=True, text=True, check=True)
            f = json.loads(out.stdout)
            asked = f"{ASKED[kind]:g}" if ASKED.get(kind) else ""
            print(f"| {kind} | {f['seconds']:.2f} | {asked} | {f['cpu']:.2f} | {f['peak']:.0f} | {f['ratio']:.1f} |")
            path.unlink()


if __name__ == "__main__":
    main()
