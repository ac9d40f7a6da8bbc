"""Pictures of service quality: scores, gaps, response surface, quadrants, the map of drivers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.present.figures.forest import COLUMNS, Axis, forest
from cgsurvey.present.figures.picture import FAINT, GREY, INK, PAGE, POSITIVE, Picture, drawing, item_words, wrapped
from cgsurvey.present.figures.scatter import limits, name_points
from cgsurvey.present.numbers import show
from cgsurvey.present.tables.quality import by_words, dimension_words
from cgsurvey.present.tables.style import label, term
from cgsurvey.service_quality import Drivers, ImportancePerformance, ServiceQuality

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "scores": "Score from 0 to 100, {level}% interval",
        "scores_alt": "Scores of {n} rows of service quality with intervals. {told}",
        "gaps": "Gap: perception less expectation, {level}% interval",
        "gaps_alt": "Gaps between perceptions and expectations with intervals. {told}",
        "told": "{name}: {value}.",
        "perception": "Perception",
        "expectation": "Expectation",
        "surface_alt": "Contours of the expected outcome over perceptions and expectations; on the diagonal both are "
        "equal. Slope along it {a1}, across it {a3}.",
        "equal": "perception = expectation",
        "performance": "Performance",
        "importance": "Importance ({method})",
        "ipa_alt": "{n} items by performance (across) and importance (up). {told}",
        "sure": "quadrant in {percent}% of resamples or more",
        "unsure": "undecided",
        "diagonal": "importance = performance",
        "drivers_alt": "{n} drivers of {target} by total effect (across) and performance (up). {told}",
        "effect": "Importance: points of {target} per point",
        "interval": ", {level}% interval",
        "performance_100": "Performance (0-100)",
        "mean": "dashed: means",
    },
    "id": {
        "scores": "Skor dari 0 sampai 100, interval {level}%",
        "scores_alt": "Skor {n} baris mutu layanan beserta intervalnya. {told}",
        "gaps": "Kesenjangan: persepsi dikurangi harapan, interval {level}%",
        "gaps_alt": "Kesenjangan antara persepsi dan harapan beserta intervalnya. {told}",
        "told": "{name}: {value}.",
        "perception": "Persepsi",
        "expectation": "Harapan",
        "surface_alt": "Kontur nilai harapan variabel hasil menurut persepsi dan harapan; pada diagonal keduanya sama. "
        "Kemiringan sepanjang diagonal {a1}, melintang {a3}.",
        "equal": "persepsi = harapan",
        "performance": "Kinerja",
        "importance": "Kepentingan ({method})",
        "ipa_alt": "Diagram Kartesius {n} butir menurut kinerja (mendatar) dan kepentingan (tegak). {told}",
        "sure": "kuadran pada {percent}% resampel atau lebih",
        "unsure": "belum pasti",
        "diagonal": "kepentingan = kinerja",
        "drivers_alt": "{n} pendorong {target} menurut pengaruh total (mendatar) dan kinerja (tegak). {told}",
        "effect": "Kepentingan: poin {target} per poin",
        "interval": ", interval {level}%",
        "performance_100": "Kinerja (0-100)",
        "mean": "garis putus-putus: rerata",
    },
}
QUADRANT_PLACES = {"concentrate": (0.02, 0.98), "keep_up": (0.98, 0.98), "low_priority": (0.02, 0.02)}
QUADRANT_PLACES |= {"overkill": (0.98, 0.02)}


def _level(x: Any, language: str) -> str:
    return show(100 * float(x.meta.options.get("ci", 0.95)), "count", language)


def score_forest(x: ServiceQuality, rows: pd.DataFrame, *, language: str = "en") -> Picture:
    """Draw scores of dimensions on 0 to 100, of each group where there are groups; `rows` are those of `x.tidy()`."""
    found = rows.rename(columns={"score_100": "v", "score_100_lower": "lo", "score_100_upper": "hi"})
    return _forest(x, found, "scores", language, {"least": 0.0, "most": 100.0, "digits": 0}, 1)


def gap_forest(x: ServiceQuality, rows: pd.DataFrame, *, language: str = "en") -> Picture:
    """Draw gaps with their intervals against zero; `rows` are those of `x.gaps`."""
    found = rows.rename(columns={"gap": "v", "ci_lower": "lo", "ci_upper": "hi"})
    return _forest(x, found, "gaps", language, {"least": -0.5, "most": 0.5, "guides": {"0": 0.0}, "digits": 1}, 2)


def _forest(
    x: ServiceQuality, rows: pd.DataFrame, what: str, language: str, axis: dict[str, Any], digits: int
) -> Picture:
    words, level = WORDS[language], _level(x, language)
    keys = [k for k in x.by if k in rows]
    drawn, told = [], []
    for r in rows.to_dict("records"):
        item = r.get("level") == "item"
        one = str(r["dimension"])
        name = item_words(x.meta, one, language) if item else dimension_words(x.meta, one).of(language)
        head = by_words(x, [r[k] for k in keys]).of(language) if keys else ""
        drawn.append(("", head, name, "", r["v"], r["lo"], r["hi"]))
        told.append(words["told"].format(name=name, value=show(r["v"], "number", language, digits)))
    return forest(
        pd.DataFrame(drawn, columns=list(COLUMNS)),
        axes={"": Axis(words[what].format(level=level), **axis)},
        series={"": ""},
        language=language,
        alt=words[f"{what}_alt"].format(n=len(drawn), told=" ".join(told)),
    )


def surface_contour(x: ServiceQuality, dimension: str, *, language: str = "en") -> Picture:
    """Draw the response surface of a dimension as contours, between the scores where 95 % of the respondents lie."""
    words = WORDS[language]
    b = x.surface[x.surface["dimension"] == dimension].set_index("term")["estimate"]
    low, high = x.meta.options["scale"]
    span = x.surface_tests.set_index("dimension").loc[dimension]
    ends = [(span[f"{v}_lower"], span[f"{v}_upper"]) for v in ("perception", "expectation")]
    P, E = np.meshgrid(*(np.linspace(*e, 81) for e in ends))
    p, e = P - (low + high) / 2, E - (low + high) / 2
    Z = b["b0"] + b["b1"] * p + b["b2"] * e + b["b3"] * p**2 + b["b4"] * p * e + b["b5"] * e**2
    alt = words["surface_alt"].format(**{k: show(b[k], "number", language) for k in ("a1", "a3")})
    with drawing(4.3, 4.0, alt) as picture:
        panel = picture.add_axes((0.13, 0.13, 0.82, 0.8))
        panel.contourf(P, E, Z, levels=9, cmap="Blues", alpha=0.6)
        lines = panel.contour(P, E, Z, levels=9, colors=INK, linewidths=0.5)
        panel.clabel(lines, fontsize=6, fmt=lambda v: show(v, "number", language, 2))
        panel.plot([low, high], [low, high], color=GREY, linestyle="--", linewidth=0.9)
        panel.set_xlim(ends[0])
        panel.set_ylim(ends[1])
        panel.set_title(f"{dimension_words(x.meta, dimension).of(language)} (- - {words['equal']})", fontsize=7.5)
        panel.set_xlabel(words["perception"])
        panel.set_ylabel(words["expectation"])
        _numbers(panel, language)
    return picture


def quadrant_chart(x: ImportancePerformance, *, language: str = "en") -> Picture:
    """Draw items between performance and importance; filled marks are sure of their quadrant, hollow ones are not.

    With stated importance on the scale of performance the diagonal shows where both are equal.
    """
    words, t = WORDS[language], x.table
    px, py = t["performance_score"].to_numpy(), t["importance"].to_numpy()
    level = float(x.meta.options["ci"])
    sure = (t["certainty"] >= level).to_numpy()
    names = [wrapped(_short(x, i, language), 20) for i in t["item"]]
    told = "; ".join(
        f"{term('quadrant', q).of(language)}: {', '.join(block['item'])}" for q, block in t.groupby("quadrant")
    )
    with drawing(PAGE, 5.6, words["ipa_alt"].format(n=len(t), told=f"{told}.")) as picture:
        panel = picture.add_axes((0.085, 0.12, 0.895, 0.83))
        panel.set_xlim(limits(px, x.crosshair[0]))
        panel.set_ylim(limits(py, x.crosshair[1]))
        panel.axvline(x.crosshair[0], color=GREY, linewidth=0.8)
        panel.axhline(x.crosshair[1], color=GREY, linewidth=0.8)
        if "gap" in t:
            panel.axline((x.crosshair[0], x.crosshair[0]), slope=1, color=FAINT, linestyle="--", linewidth=0.8,
                         label=words["diagonal"])  # fmt: skip
        for q, (a, b) in QUADRANT_PLACES.items():
            panel.text(
                a, b, term("quadrant", q).of(language), transform=panel.transAxes, fontsize=8, color=GREY,
                weight="bold", ha="left" if a < 0.5 else "right", va="top" if b > 0.5 else "bottom",
            )  # fmt: skip
        percent = show(100 * level, "count", language)
        for mask, filled, name in ((sure, POSITIVE, words["sure"].format(percent=percent)),
                                   (~sure, "white", words["unsure"])):  # fmt: skip
            if mask.any():
                panel.scatter(px[mask], py[mask], s=22, facecolor=filled, edgecolor=POSITIVE, linewidth=0.9, zorder=3,
                              label=name)  # fmt: skip
        ends = (*panel.get_xlim(), *panel.get_ylim())
        cross = [(x.crosshair[0], ends[2], x.crosshair[0], ends[3]), (ends[0], x.crosshair[1], ends[1], x.crosshair[1])]
        name_points(panel, px, py, names, lines=cross)
        panel.set_xlabel(words["performance"])
        panel.set_ylabel(words["importance"].format(method=term("importance", x.method).of(language)))
        panel.legend(loc="upper center", bbox_to_anchor=(0.5, 1.075), ncols=3, handlelength=1.4)
        _numbers(panel, language)
    return picture


def driver_map(x: Drivers, level: str, *, language: str = "en") -> Picture:
    """Draw total effect and performance of constructs (with intervals), elements or items; lines at their means."""
    words = WORDS[language]
    t = x.table[(x.table["level"] == level) & x.table["total_effect"].notna()]
    effect, performance = t["total_effect"].to_numpy(), t["performance_score"].to_numpy()
    target = label(x.meta, x.target).of(language)
    names = [n if level == "item" else wrapped(label(x.meta, n).of(language), 22) for n in t["name"]]
    told = " ".join(
        words["told"].format(name=label(x.meta, r.name).of(language) if level != "item" else r.name,
                             value=f"{show(r.total_effect, 'number', language, 2)}; "
                                   f"{show(r.performance_score, 'number', language, 1)}")
        for r in t.itertuples()
    )  # fmt: skip
    alt = words["drivers_alt"].format(n=len(t), target=target, told=told)
    bars = t[["ci_lower", "performance_lower", "ci_upper", "performance_upper"]].to_numpy()
    bars = bars if level == "construct" else np.column_stack([effect, performance, effect, performance])
    with drawing(PAGE, 5.2, alt) as picture:
        panel = picture.add_axes((0.085, 0.12, 0.895, 0.83))
        panel.set_xlim(limits(bars[:, [0, 2]].ravel(), *((0.0,) if level == "construct" else ())))
        panel.set_ylim(limits(bars[:, [1, 3]].ravel()))
        panel.axvline(effect.mean(), color=GREY, linewidth=0.8, linestyle="--")
        panel.axhline(performance.mean(), color=GREY, linewidth=0.8, linestyle="--")
        lines = [(r[0], y, r[2], y) for r, y in zip(bars, performance, strict=True)]
        lines += [(v, r[1], v, r[3]) for r, v in zip(bars, effect, strict=True)]
        for x0, y0, x1, y1 in lines if level == "construct" else ():
            panel.plot([x0, x1], [y0, y1], color=FAINT, linewidth=1.0, zorder=1)
        panel.scatter(effect, performance, s=24, color=POSITIVE, zorder=3)
        (left, right), (low, high) = panel.get_xlim(), panel.get_ylim()
        lines += [(effect.mean(), low, effect.mean(), high), (left, performance.mean(), right, performance.mean())]
        name_points(panel, effect, performance, names, lines=lines)
        told = words["interval"].format(level=_level(x, language)) if level == "construct" else ""
        panel.set_xlabel(f"{words['effect'].format(target=target)}{told}; {words['mean']}")
        panel.set_ylabel(f"{words['performance_100']}{told}")
        _numbers(panel, language)
    return picture


def _short(x: ImportancePerformance, name: str, language: str) -> str:
    """The name of an item; the words of a dimension or construct, which are short."""
    items = x.meta.options["performance"].get(name, ())
    return name if tuple(items) == (name,) else label(x.meta, name).of(language)


def _numbers(panel: Any, language: str) -> None:
    """Print numbers of the axes with as many decimals as tell their ticks apart."""
    for axis in (panel.xaxis, panel.yaxis):
        step = float(np.diff(axis.get_ticklocs()[:2])[0])
        digits = next(d for d in range(9) if abs(round(step, d) - step) < 1e-6 * step)
        axis.set_major_formatter(lambda v, _, d=digits: show(v, "number", language, d))
