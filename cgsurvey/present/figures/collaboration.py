"""Pictures of the collaboration room: the gate of criteria, giving and receiving, matrices and networks of partners."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.collaboration import Activities, Criteria, Ladder
from cgsurvey.present.figures.picture import FAINT, GREY, INK, NEGATIVE, PAGE, POSITIVE, Picture, drawing, wrapped
from cgsurvey.present.numbers import show
from cgsurvey.present.tables.style import label, term

WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "gate": "Gate",
        "all": "All raters",
        "gate_alt": "Six criteria of collaborative governance in {n} units: met, partly met, not met. {told}",
        "gate_told": "{name}: {count} of 6 met, gate {verdict}.",
        "give": "giving",
        "receive": "receiving",
        "bars_axis": "Mean intensity, 0 never to 1 monthly; r: reciprocity",
        "bars_alt": "Giving and receiving side by side for {n} activities. {told}",
        "bars_told": "{name}: giving {give}, receiving {receive}, reciprocity {r}.",
        "ladder_axis": "Step named by the partner in the row of the partner in the column, 1 to 9",
        "ladder_alt": "Steps of working together that {n} partners name of one another, 1 to 9. {told}",
        "highest": "Highest: {a} of {b}, {value}. Pairs without a rating are empty.",
        "network_alt": "Network of {n} partners; lines are thicker and darker, the higher the step of the pair. {told}",
        "network_told": "{name}: mean step {value}.",
        "network": "Line: step of the pair, the lower of both sides; size of the dot: mean step of the partner",
        "step": "step {value}",
    },
    "id": {
        "gate": "Saringan",
        "all": "Semua penilai",
        "gate_alt": "Enam kriteria tata kelola kolaboratif pada {n} unit: terpenuhi, sebagian, atau tidak. {told}",
        "gate_told": "{name}: {count} dari 6 terpenuhi, saringan {verdict}.",
        "give": "memberi",
        "receive": "menerima",
        "bars_axis": "Rerata intensitas, 0 tidak pernah sampai 1 setiap bulan; r: timbal balik",
        "bars_alt": "Memberi dan menerima berdampingan untuk {n} kegiatan. {told}",
        "bars_told": "{name}: memberi {give}, menerima {receive}, timbal balik {r}.",
        "ladder_axis": "Tahap yang disebut mitra pada baris tentang mitra pada kolom, 1 sampai 9",
        "ladder_alt": "Tahap kerja sama yang disebut {n} mitra satu tentang yang lain, 1 sampai 9. {told}",
        "highest": "Tertinggi: {a} tentang {b}, {value}. Pasangan tanpa penilaian dikosongkan.",
        "network_alt": "Jaringan {n} mitra; makin tebal dan gelap garisnya, makin tinggi tahap pasangan itu. {told}",
        "network_told": "{name}: rerata tahap {value}.",
        "network": "Garis: tahap pasangan, yang terendah dari kedua sisi; besar titik: rerata tahap mitra",
        "step": "tahap {value}",
    },
}
# Shade, fill and cross tell the states apart without colour.
STATES: Mapping[str, dict[str, Any]] = {
    "yes": {"marker": "o", "fillstyle": "full", "color": POSITIVE},
    "partly": {"marker": "o", "fillstyle": "left", "color": GREY},
    "no": {"marker": "X", "fillstyle": "none", "color": NEGATIVE},
    "unknown": {"marker": "$?$", "fillstyle": "full", "color": FAINT},
}


def gate_table(x: Criteria, units: Sequence[str], *, language: str = "en") -> Picture:
    """Draw which criteria each unit meets, and its gate, by symbols.

    Parameters
    ----------
    x : Criteria
    units : sequence of str
        Names of the units to be drawn, in their order.
    language : {"en", "id"}
    """
    words = WORDS[language]
    verdicts = x.table.pivot(index="group", columns="criterion", values="verdict")
    columns = list(dict.fromkeys(x.table["criterion"]))
    gates, met = (x.units.set_index("group")[c] for c in ("verdict", "n_met"))
    names = [u or words["all"] for u in units]
    state = {s: term("criterion_state", s).of(language) for s in STATES}
    told = " ".join(
        words["gate_told"].format(name=name, count=met[u], verdict=state[gates[u]])
        for u, name in zip(units, names, strict=True)
    )
    step, top, bottom = 0.24, 0.95, 0.3
    height = step * len(units) + top + bottom
    with drawing(PAGE, height, words["gate_alt"].format(n=len(units), told=told)) as picture:
        panel = picture.add_axes((0.24, bottom / height, 0.74, step * len(units) / height))
        for k, unit in enumerate(units):
            cells = [*(str(verdicts.loc[unit, c]) for c in columns), str(gates[unit])]
            for j, cell in enumerate(cells):
                at = j + (0.15 if j == len(columns) else 0.0)
                panel.plot([at], [k], linestyle="none", markersize=7.5, markerfacecoloralt="white",
                           markeredgewidth=1.0, **STATES[cell])  # fmt: skip
            panel.axhline(k, color="#efefef", linewidth=0.5, zorder=0)
        panel.axvline(len(columns) - 0.42, color=GREY, linewidth=0.6)
        panel.set(xlim=(-0.5, len(columns) + 0.6), ylim=(len(units) - 0.5, -0.5))
        heads = [wrapped(label(x.meta, c).of(language).rstrip("."), 16, 5) for c in columns] + [words["gate"]]
        panel.set_xticks([*range(len(columns)), len(columns) + 0.15], heads, fontsize=5.8)
        panel.xaxis.tick_top()
        panel.set_yticks(range(len(units)), [wrapped(n, 30) for n in names], fontsize=6.8)
        panel.tick_params(length=0)
        for spine in panel.spines.values():
            spine.set_visible(False)
        used = [s for s in STATES if s in set(verdicts.loc[list(units)].to_numpy().ravel()) | set(gates[list(units)])]
        handles = [
            panel.plot([], [], linestyle="none", markersize=6, markerfacecoloralt="white", label=state[s], **STATES[s])[
                0
            ]
            for s in used
        ]
        picture.legend(handles=handles, loc="lower center", ncols=len(used), fontsize=6.8, handlelength=1)
    return picture


def exchange_bars(x: Activities, group: str, *, language: str = "en") -> Picture:
    """Draw giving and receiving of a group as paired bars, with their reciprocity.

    Parameters
    ----------
    x : Activities
        With pairs.
    group : str
        Name of the group, "" where there is only one.
    language : {"en", "id"}
    """
    words = WORDS[language]
    rows = x.pairs[x.pairs["group"] == group].reset_index(drop=True)
    names = [term("exchange", a).of(language) for a in rows["activity"]]
    spoken = [
        {c: show(v, "coefficient", language, 2) for c, v in zip(("give", "receive", "r"), values, strict=True)}
        for values in rows[["give", "receive", "reciprocity"]].to_numpy()
    ]
    told = " ".join(words["bars_told"].format(name=n, **s) for n, s in zip(names, spoken, strict=True))
    alt = words["bars_alt"].format(n=len(rows), told=told)
    height = 0.36 * len(rows) + 0.85
    with drawing(PAGE * 0.75, height, f"{group}. {alt}" if group else alt) as picture:
        panel = picture.add_axes((0.26, 0.45 / height, 0.64, 0.36 * len(rows) / height))
        at = np.arange(len(rows))
        looks = {"give": {"color": POSITIVE}, "receive": {"color": "white", "edgecolor": INK, "hatch": "////"}}
        for shift, (side, look) in zip((-0.18, 0.18), looks.items(), strict=True):
            panel.barh(at + shift, rows[side].fillna(0.0), height=0.32, linewidth=0.7, label=words[side], **look)
        for k, s in enumerate(spoken):
            panel.text(1.015, k, f"r = {s['r']}", fontsize=6.8, va="center", transform=panel.get_yaxis_transform())
        panel.set(xlim=(0, 1), ylim=(len(rows) - 0.5, -0.5))
        panel.set_yticks(at, names, fontsize=6.8)
        panel.xaxis.set_major_formatter(lambda v, _: show(float(v), "coefficient", language, 1))
        panel.set_xlabel(words["bars_axis"], fontsize=7)
        panel.tick_params(axis="y", length=0)
        panel.tick_params(axis="x", labelsize=6.8)
        if group:
            panel.text(0.0, 1.12, group, transform=panel.transAxes, fontsize=7.5, weight="bold", ha="left")
        panel.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, fontsize=6.8)
    return picture


def ladder_map(x: Ladder, *, language: str = "en") -> Picture:
    """Draw the steps that partners name of one another, the darker the higher."""
    words = WORDS[language]
    told = highest(x.matrix, words["highest"], language, digits=0)
    alt = words["ladder_alt"].format(n=len(x.matrix), told=told)
    return square_map(x.matrix, least=1.0, most=9.0, digits=0, axis=words["ladder_axis"], alt=alt, language=language)


def square_map(
    matrix: pd.DataFrame, *, least: float, most: float, digits: int, axis: str, alt: str, language: str = "en"
) -> Picture:
    """Draw a whole square matrix with its values on a scale of one hue; rows and columns share their names.

    Parameters
    ----------
    matrix : DataFrame, shape (k, k)
        NaN stays empty.
    least, most : float
        Ends of the scale of shades.
    digits : int
        Decimals of the values.
    axis : str
        Words below the matrix.
    alt : str
        Alternative text.
    language : {"en", "id"}
    """
    from matplotlib import colormaps
    from matplotlib.patches import Rectangle

    k, values = len(matrix), matrix.to_numpy(dtype=float)
    side = min(0.44, (PAGE - 2.1) / k)
    width, height = 2.0 + side * k, side * k + 0.75
    with drawing(width, height, alt) as picture:
        panel = picture.add_axes((1.9 / width, 0.5 / height, side * k / width, side * k / height))
        for i in range(k):
            for j in range(k):
                known = bool(np.isfinite(values[i, j]))
                share = (values[i, j] - least) / (most - least) if known and most > least else 0.0
                colour = colormaps["Blues"](0.08 + 0.87 * share) if known else ("#f2f2f2" if i == j else "white")
                edge = "white" if known or i == j else FAINT
                panel.add_patch(Rectangle((j, i), 1, 1, facecolor=colour, edgecolor=edge, linewidth=0.8))
                if known and side > 0.16:
                    panel.text(j + 0.5, i + 0.5, show(values[i, j], "number", language, digits), ha="center",
                               va="center", fontsize=6.8 if side > 0.3 else 5,
                               color="white" if share > 0.55 else INK)  # fmt: skip
        panel.set(xlim=(0, k), ylim=(k, 0))
        panel.set_yticks(np.arange(k) + 0.5, [f"{i}. {wrapped(str(n), 28)}" for i, n in enumerate(matrix.index, 1)])
        panel.set_xticks(np.arange(k) + 0.5, [str(i) for i in range(1, k + 1)])
        panel.xaxis.tick_top()
        panel.tick_params(length=0, labelsize=6.8)
        for spine in panel.spines.values():
            spine.set_visible(False)
        picture.text(0.5, 0.12 / height, wrapped(axis, int(width * 17), 3), fontsize=6.8, color=GREY, ha="center")
    return picture


def ladder_network(x: Ladder, *, language: str = "en") -> Picture:
    """Draw partners on a circle and the step of each rated pair as a line."""
    words = WORDS[language]
    names, k = list(x.matrix.index), len(x.matrix)
    m = x.matrix.to_numpy(dtype=float)
    steps = np.fmin(m, m.T)
    means = x.partners["mean"].to_numpy(dtype=float)
    told = " ".join(
        words["network_told"].format(name=n, value=show(v, "number", language, 1))
        for n, v in zip(names, means, strict=True)
        if np.isfinite(v)
    )
    angle = np.pi / 2 - 2 * np.pi * np.arange(k) / k
    at = np.column_stack([np.cos(angle), np.sin(angle)])
    width, height = PAGE * 0.8, 3.9
    with drawing(width, height, words["network_alt"].format(n=k, told=told)) as picture:
        panel = picture.add_axes((0.02, 0.08, 0.96, 0.9))
        for i in range(k):
            for j in range(i + 1, k):
                if np.isfinite(steps[i, j]):
                    share = (steps[i, j] - 1) / 8
                    line, grey = 0.3 + 3.2 * share, str(0.82 - 0.75 * share)
                    panel.plot(*at[[i, j]].T, linewidth=line, color=grey, zorder=1 + share)
        for i, name in enumerate(names):
            size = 3 + (means[i] if np.isfinite(means[i]) else 0.0)
            panel.plot(*at[i], marker="o", markersize=size, color=POSITIVE, markeredgecolor="white", zorder=3)
            x_, y_ = at[i] * 1.12
            side = "center" if abs(x_) < 0.2 else "left" if x_ > 0 else "right"
            panel.text(x_, y_, wrapped(str(name), 24), fontsize=6.8, ha=side, va="center")
        panel.set(xlim=(-2.1, 2.1), ylim=(-1.3, 1.3), aspect="equal")
        panel.axis("off")
        handles = [
            panel.plot([], [], linewidth=0.3 + 3.2 * (s - 1) / 8, color=str(0.82 - 0.75 * (s - 1) / 8),
                       label=words["step"].format(value=s))[0]
            for s in (1, 5, 9)
        ]  # fmt: skip
        panel.legend(handles=handles, loc="lower right", fontsize=6.8)
        picture.text(0.5, 0.02, words["network"], fontsize=6.8, color=GREY, ha="center")
    return picture


def highest(matrix: pd.DataFrame, sentence: str, language: str, *, digits: int) -> str:
    """Say which cell of a matrix is the highest."""
    values = matrix.to_numpy(dtype=float)
    i, j = np.unravel_index(int(np.nanargmax(values)), values.shape)
    said = show(float(values[i, j]), "number", language, digits)
    return sentence.format(a=matrix.index[i], b=matrix.columns[j], value=said)
