"""Write docs/differences.md: every convention with its number on one simulated example.

`python tests/robustness/differences_page.py --write` from the root; the test of the page runs the same code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

import cgsurvey as cg
from cgsurvey.base.references import reference
from cgsurvey.present.tables.differences import convention_words
from cgsurvey.robustness.evidence import catalogue

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "differences.md"
BEGIN, END = "<!-- tables: written by tests/robustness/differences_page.py -->", "<!-- end of tables -->"
MODEL = "t =~ t1 + t2 + t3\nq =~ q1 + q2 + q3\nq ~ t + z1 + z2\nt ~ z1 + z2"
ITEM = ("mean", "sd", "variance", "skewness", "kurtosis", "skewness_cr", "kurtosis_cr")
ABOUT: dict[str, str | list[str]] = {
    **dict.fromkeys(("estimate", "std_error", "statistic"), "q ~ t"),
    **dict.fromkeys(("alpha", "cr", "ave", "ave_root"), "t"),
    **dict.fromkeys(ITEM, "t1"),
    **{"p_value": "q ~ z1", "r2": "q", "htmt": ["t", "q"], "correlation": ["t1", "t2"]},
}
MEASUREMENT = ("alpha", "cr", "ave", "ave_root", "htmt")
# Sections, and the quantities that share a table in each.
SECTIONS: dict[str, list[list[str]]] = {
    "Chi-square and what follows from it": [
        ["chisq", "chisq_df", "pvalue"],
        ["cfi", "tli", "nfi", "ifi", "rfi"],
        ["rmsea"],
        ["ecvi", "mfi"],
        ["npar"],
    ],
    "Goodness of fit and residuals": [["gfi", "agfi", "pgfi"], ["srmr", "rmr"]],
    "Information criteria": [["aic", "bic", "bic2", "caic"]],
    "Estimates": [["estimate"], ["std_error", "statistic"], ["p_value"], ["r2"]],
    "Reliability and validity": [["alpha"], ["cr"], ["ave", "ave_root"], ["htmt"]],
    "Items": [["mean"], ["sd", "variance"], ["skewness", "kurtosis"], ["skewness_cr", "kurtosis_cr"], ["correlation"]],
    "Satisfaction index": [["ikm"]],
}
REFITTED = ["chisq", "cfi", "rmsea", "srmr", "estimate", "std_error"]
ANY = ("percent", "opposite", "complement")


class Example:
    """One simulated survey, its fits, and the numbers of each quantity under each convention."""

    def __init__(self) -> None:
        data = pd.read_csv(ROOT / "tests" / "reference" / "differences.csv")
        data.loc[::20, "q2"] = np.nan
        self.data, self.complete = data, data.dropna()
        self.fit = cg.sem(MODEL, data, estimator="MLR")
        self.measured = cg.cfa("t =~ t1 + t2 + t3\nq =~ q1 + q2 + q3", self.complete)
        answers = np.random.default_rng(2).integers(2, 5, (57, 9))
        self.index = cg.ikm(pd.DataFrame(answers, columns=[f"U{k}" for k in range(1, 10)]))

    @cache  # noqa: B019
    def of(self, name: str) -> dict[tuple[str, str], float]:
        """Return the numbers of a quantity by convention and variant."""
        measured = name in MEASUREMENT
        result = self.index if name == "ikm" else self.measured if measured else self.fit
        rows = self.complete if measured else self.data if name in (*REFITTED, *ITEM, "correlation") else None
        given = name in (*MEASUREMENT, *ITEM, "correlation", "caic")
        found = cg.why_different(
            0.0 if given else None, "-987654.321", quantity=name, of=ABOUT.get(name), result=result, data=rows
        ).table
        return {(r.convention, r.detail): r.value for r in found.itertuples() if r.convention not in ("same", *ANY)}


def table(example: Example, names: list[str], *, refits: bool) -> Iterator[str]:
    """Go through the lines of a table: conventions down, quantities across."""
    known = catalogue()["conventions"]
    numbers = {name: example.of(name) for name in names}
    keys = {k for found in numbers.values() for k in found if ("options" in known[k[0]]) == refits}
    if len(names) == 1 and names[0] == "estimate" and not refits:
        keys -= {("other_reference", d) for _, d in list(keys) if d not in ("q2, t3", "q3", "t2")}
    codes = list(known)
    heads = ["convention", "programs", *names, "source"]
    yield f"| {' | '.join(heads)} |"
    yield "|" + " --- |" * len(heads)
    for code, detail in sorted(keys, key=lambda k: (codes.index(k[0]), k[1])):
        cells = [numbers[n].get((code, detail)) for n in names]
        shown = ["–" if v is None else f"{v:.4f}" for v in cells]
        words = convention_words(code, detail).en.replace("|", "/")
        programs = ", ".join(known[code]["programs"]) or "–"
        yield f"| {words} | {programs} | {' | '.join(shown)} | {_source(known[code])} |"


def tables() -> str:
    """Return the tables."""
    known, example = catalogue()["quantities"], Example()
    out: list[str] = []
    for title, tables in SECTIONS.items():
        out += [f"## {title}", ""]
        for names in tables:
            for name in names:
                about = ABOUT.get(name, "")
                tail = f" (here of `{about if isinstance(about, str) else ', '.join(about)}`)" if about else ""
                also = "".join(f", `{a}`" for a in known[name]["aliases"])
                out.append(f"- `{name}`{also}: {known[name]['en']}{tail}")
            out += ["", *table(example, names, refits=False), ""]
    out += ["## The model fitted again", "", "With `data=` these are tried for every fit measure and parameter.", ""]
    out += [*table(example, REFITTED, refits=True), ""]
    out += ["## Where no convention gives their number", "", "The explanation then says what to ask for:", ""]
    out += [f"- {words['en']};" for words in catalogue()["ask"].values()]
    return "\n".join(out)[:-1] + ".\n"


def _source(convention: dict[str, str]) -> str:
    found = reference(convention["source"])
    who = "PermenPANRB 14" if convention["source"] == "permenpanrb2017" else found.authors.split(",")[0]
    return f"{who} ({found.year})"


if __name__ == "__main__":
    if "--write" in sys.argv:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n\n{tables()}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    else:
        print(tables())  # noqa: T201
