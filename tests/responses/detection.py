"""How many careless respondents the default rules of `screen` find, and how many careful ones they flag.

    python tests/responses/detection.py --seeds 200 --others 50 --write

writes the table and the curve of docs/screening.md. Samples depend on the seed and the condition alone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

import cgsurvey as cg

DOCS = Path(__file__).parents[2] / "docs"
REVERSED = (1, 3, 0)  # places of the reversed items of a scale, in the order in which they are needed
KINDS = ("straight", "random", "")
COLUMNS = (
    "condition",
    "straight %",
    "random %",
    "false alarms %",
    "without scales: straight %",
    "random % ",
    "false alarms % ",
    "samples",
)


@dataclass(frozen=True)
class Condition:
    """A survey: scales of equally many items, some reversed, correlated factors, and who does not read."""

    n: int = 400
    scales: int = 10
    items: int = 5
    reverse: int = 2
    loadings: tuple[float, ...] = (0.7,)
    correlation: float = 0.3
    categories: int = 5
    skew: float = 0.0
    share: float = 0.1
    missing: float = 0.0

    @property
    def constructs(self) -> dict[str, list[str]]:
        """Items of each scale."""
        return {f"f{s}": [f"x{s}_{i}" for i in range(self.items)] for s in range(self.scales)}

    @property
    def reversed(self) -> list[str]:
        """Items with negative loadings."""
        return [block[i] for block in self.constructs.values() for i in REVERSED[: self.reverse]]

    @property
    def model(self) -> str:
        """The population as lavaan syntax."""
        turned, lines, k = set(self.reversed), [], 0
        for name, block in self.constructs.items():
            terms = []
            for item in block:
                b = self.loadings[k % len(self.loadings)]
                terms.append(f"{-b if item in turned else b}*{item}")
                k += 1
            lines.append(f"{name} =~ " + " + ".join(terms))
        names = list(self.constructs)
        for k, name in enumerate(names[:-1]):
            lines.append(f"{name} ~~ " + " + ".join(f"{self.correlation}*{other}" for other in names[k + 1 :]))
        return "\n".join(lines)

    def answers(self, seed: int) -> pd.DataFrame:
        """Draw one sample; the column "careless" holds the truth."""
        return cg.simulate(
            self.model,
            self.n,
            seed=seed,
            categories=self.categories,
            skew=self.skew,
            missing=self.missing,
            careless={"straight": self.share, "random": self.share},
        )


MAIN = Condition()
CONDITIONS: Mapping[str, Condition] = {
    "ten scales of five, loadings .7, n = 400": MAIN,
    "n = 300": replace(MAIN, n=300),
    "n = 150": replace(MAIN, n=150),
    "uncorrelated scales": replace(MAIN, correlation=0.0),
    "loadings .5 to .8": replace(MAIN, loadings=(0.5, 0.6, 0.7, 0.8)),
    "loadings .5": replace(MAIN, loadings=(0.5,)),
    "four categories": replace(MAIN, categories=4),
    "seven categories": replace(MAIN, categories=7),
    "one reversed item per scale": replace(MAIN, reverse=1),
    "no reversed item": replace(MAIN, reverse=0),
    "skewed: half tick the highest": replace(MAIN, skew=-1.3),
    "5 % of the answers missing": replace(MAIN, missing=0.05),
    "three scales of four": replace(MAIN, scales=3, items=4, reverse=1),
    "five scales of four": replace(MAIN, scales=5, items=4, reverse=1),
    "1 % straight, 1 % random": replace(MAIN, share=0.01),
    "30 % straight, 30 % random": replace(MAIN, share=0.3),
}


def screened(condition: Condition, seed: int, *, scales: bool) -> tuple[cg.Screening, pd.Series]:
    """Screen one sample by the default rules; return the screening and the truth."""
    data = condition.answers(seed)
    known = {"constructs": condition.constructs, "reverse": condition.reversed} if scales else {}
    return cg.screen(data, **known), data["careless"]


def rates(condition: Condition, seed: int, *, scales: bool) -> list[float]:
    """Return the shares flagged of straight-liners, random responders and careful respondents."""
    found, truth = screened(condition, seed, scales=scales)
    flagged = (found.respondents["flags"] > 0).to_numpy()
    return [float(flagged[(truth == kind).to_numpy()].mean()) for kind in KINDS]


def mean_rates(condition: Condition, seeds: int, *, scales: bool) -> np.ndarray:
    """Return the means of `rates` over samples 1..seeds, shape (3,)."""
    return np.mean([rates(condition, seed, scales=scales) for seed in range(1, seeds + 1)], axis=0)


# Indices as scores that are high for careless answers, and the cut-off by default.
SCORES = {
    "repeated answers": lambda r: r["repeat_share"],
    "longest run": lambda r: r["longstring"],
    "IRV (low)": lambda r: -r["irv"],
    "random: misfit and order": lambda r: np.where(r["order_p"] > 0.05, 1 - r["misfit_p"], -np.inf),
    "Mahalanobis distance": lambda r: r["mahalanobis"],
    "even-odd consistency": lambda r: -r["even_odd"],
    "person-total correlation": lambda r: -r["person_total"],
    "contradictions": lambda r: r["contradiction_share"],
}


def curve(seeds: int) -> tuple[dict[str, dict[str, tuple[np.ndarray, np.ndarray]]], np.ndarray]:
    """Return detection against false alarms by kind and index, and the mean rates of the default rules."""
    tables, truths, done = [], [], []
    for seed in range(1, seeds + 1):
        found, truth = screened(MAIN, seed, scales=True)
        tables.append(found.respondents)
        truths.append(truth)
        flagged = (found.respondents["flags"] > 0).to_numpy()
        done.append([flagged[(truth == kind).to_numpy()].mean() for kind in KINDS])
    table, truth = pd.concat(tables), pd.concat(truths).to_numpy()
    lines: dict[str, dict[str, tuple[np.ndarray, np.ndarray]]] = {}
    for kind in KINDS[:2]:
        lines[kind] = {}
        for name, score in SCORES.items():
            s = np.nan_to_num(np.asarray(score(table), dtype=float), nan=-np.inf)
            cuts = np.quantile(s[truth == ""], 1 - np.linspace(0, 0.2, 201), method="higher")
            cuts = cuts[np.isfinite(cuts)]
            lines[kind][name] = tuple(np.array([(s[truth == k] >= c).mean() for c in cuts]) for k in ("", kind))
    return lines, np.mean(done, axis=0)


def draw(seeds: int, path: Path) -> None:
    """Draw the curve."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    lines, done = curve(seeds)
    figure, axes = plt.subplots(1, 2, figsize=(9, 4), sharey=True, layout="constrained")
    styles = ["-", "--", ":", "-", "--", "-", "--", ":"]
    colours = ["#0072B2", "#0072B2", "#0072B2", "#D55E00", "#D55E00", "#777777", "#777777", "#000000"]
    for axis, (kind, title) in zip(
        axes, {"straight": "Straight-liners", "random": "Random responders"}.items(), strict=True
    ):
        for (name, (alarms, hits)), style, colour in zip(lines[kind].items(), styles, colours, strict=True):
            axis.plot(100 * alarms, 100 * hits, linestyle=style, color=colour, label=name, linewidth=1.6)
        hit = done[KINDS.index(kind)]
        axis.plot(
            100 * done[2], 100 * hit, "s", color="#009E73", markersize=9, label="default rules together", zorder=5
        )
        axis.axvline(5, color="0.75", linewidth=0.8, zorder=0)
        axis.set(title=title, xlabel="False alarms (%)", xlim=(-0.4, 20), ylim=(-2, 103))
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("Found (%)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", frameon=False)
    figure.savefig(path, dpi=150)
    plt.close(figure)


def main() -> None:
    """Run all conditions; print, or write, the table and the curve."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200, help="samples of the first condition")
    parser.add_argument("--others", type=int, default=50, help="samples of each other condition")
    parser.add_argument("--curve", type=int, default=50, help="samples of the curve")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + " --- |" * len(COLUMNS)]
    for name, condition in CONDITIONS.items():
        seeds = given.seeds if condition is MAIN else given.others
        shown = [f"{100 * r:.1f}" for known in (True, False) for r in mean_rates(condition, seeds, scales=known)]
        lines.append(f"| {name} | " + " | ".join(shown) + f" | {seeds} |")
        sys.stdout.write(f"{lines[-1]}\n")
        sys.stdout.flush()
    if given.write:
        begin, end = "<!-- table: written by tests/responses/detection.py -->", "<!-- end of table -->"
        page = DOCS / "screening.md"
        text = page.read_text(encoding="utf-8")
        table = "\n".join(lines)
        page.write_text(f"{text.split(begin)[0]}{begin}\n\n{table}\n\n{end}{text.split(end)[1]}", encoding="utf-8")
        draw(given.curve, DOCS / "images" / "screening.png")


if __name__ == "__main__":
    main()
