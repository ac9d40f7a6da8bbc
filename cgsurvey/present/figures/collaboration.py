"""Pictures of the collaboration room: criteria by symbols, giving beside receiving, matrices, networks, profiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.collaboration import Activities, Criteria, Exchange, Forms, Ladder, Strains
from cgsurvey.present.figures.forest import COLUMNS, Axis, forest
from cgsurvey.present.figures.picture import FAINT, GREY, INK, PAGE, POSITIVE, Picture, drawing, wrapped
from cgsurvey.present.numbers import show
from cgsurvey.present.tables.collaboration import activity_words
from cgsurvey.present.tables.style import term

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "criteria_alt": "Six criteria of collaborative governance by unit, told by symbols. {told}",
        "gate": "Gate",
        "forum": "The forum",
        "told": "{name}: {value}.",
        "give": "giving",
        "receive": "receiving",
        "joint": "done together",
        "intensity": "Intensity (0 never, 1 monthly)",
        "activities_alt": "Bars of the intensity of activities{group}, giving beside receiving. {told}",
        "of": " of {group}",
        "ladder_alt": "Heat map of the steps 1 to 9 between {n} partners, who tells (rows) of whom (columns); the "
        "highest is {value}, told by {a} of {b}.",
        "exchange_alt": "Heat map of the frequency of giving between {n} partners ({told}), giver (rows) by receiver "
        "(columns), 0 never to 3 monthly; the highest is {value}, from {a} to {b}.",
        "ladder_axes": "who is told of|who tells",
        "exchange_axes": "receiver|giver",
        "network_alt": "Network of {n} partners and {links} ties; the wider and darker a line, the higher the step. "
        "The highest is {value}, between {a} and {b}.",
        "network_key": "Line: step of the pair, the lower of both sides",
        "flow_alt": "Network of {n} partners and {links} flows of help; the wider and darker an arrow, the more often. "
        "The largest is {value}, from {a} to {b}.",
        "flow_key": "Arrow: from giver to receiver, mean frequency 0 (never) to 3 (monthly)",
        "forms": "Share that names it, {level}% interval",
        "forms_alt": "Shares of the forms of the collaboration with intervals. {told}",
        "together_alt": "Heat map of Jaccard coefficients between {n} forms; the highest is {value}, {a} with {b}.",
        "strains": "Mean (1 disagree, 5 agree), {level}% interval",
        "challenges_alt": "Profile of the challenges of the collaboration with intervals. {told}",
        "harms_alt": "Profile of the harms of the collaboration with intervals. {told}",
        "middle": "middle",
        "all": "mean of the activities",
    },
    "id": {
        "criteria_alt": "Enam kriteria tata kelola kolaboratif menurut unit, dinyatakan dengan simbol. {told}",
        "gate": "Saringan",
        "forum": "Forum",
        "told": "{name}: {value}.",
        "give": "memberi",
        "receive": "menerima",
        "joint": "dilakukan bersama",
        "intensity": "Intensitas (0 tidak pernah, 1 setiap bulan)",
        "activities_alt": "Diagram batang intensitas kegiatan{group}, memberi di samping menerima. {told}",
        "of": " {group}",
        "ladder_alt": "Peta panas tahap 1 sampai 9 antara {n} mitra, yang menerangkan (baris) tentang mitra (kolom); "
        "yang tertinggi {value}, oleh {a} tentang {b}.",
        "exchange_alt": "Peta panas frekuensi pemberian antara {n} mitra ({told}), pemberi (baris) dan penerima "
        "(kolom), 0 tidak pernah sampai 3 setiap bulan; yang tertinggi {value}, dari {a} kepada {b}.",
        "ladder_axes": "mitra yang diterangkan|yang menerangkan",
        "exchange_axes": "penerima|pemberi",
        "network_alt": "Jaringan {n} mitra dan {links} hubungan; makin tebal dan gelap garisnya, makin tinggi "
        "tahapnya. Yang tertinggi {value}, antara {a} dan {b}.",
        "network_key": "Garis: tahap pasangan, yang lebih rendah dari kedua pihak",
        "flow_alt": "Jaringan {n} mitra dan {links} aliran bantuan; makin tebal dan gelap panahnya, makin sering. Yang "
        "terbesar {value}, dari {a} kepada {b}.",
        "flow_key": "Panah: dari pemberi kepada penerima, rerata frekuensi 0 (tidak pernah) sampai 3 (setiap bulan)",
        "forms": "Proporsi yang menyebutnya, interval {level}%",
        "forms_alt": "Proporsi bentuk kolaborasi beserta intervalnya. {told}",
        "together_alt": "Peta panas koefisien Jaccard antara {n} bentuk; yang tertinggi {value}, {a} dengan {b}.",
        "strains": "Rerata (1 tidak setuju, 5 setuju), interval {level}%",
        "challenges_alt": "Profil tantangan kolaborasi beserta intervalnya. {told}",
        "harms_alt": "Profil dampak buruk kolaborasi beserta intervalnya. {told}",
        "middle": "nilai tengah",
        "all": "rerata kegiatan",
    },
}
# Told apart by filling, so that grey paper and every colour vision keep them: full, half, empty, a question mark.
SIGNS = {"yes": ("full", POSITIVE), "partly": ("left", "#e0a030"), "no": ("none", "#b2182b"), "unknown": ("", GREY)}
ABOVE = "#7b9fc4"


def criteria_signs(x: Criteria, groups: Sequence[str], *, language: str = "en") -> Picture:
    """Draw the verdict on each criterion in some units, and that of the gate, as symbols."""
    words = WORDS[language]
    names = list(dict.fromkeys(x.table["criterion"]))
    verdicts = x.table.pivot(index="group", columns="criterion", values="verdict")
    gates = x.units.set_index("group")["verdict"]
    told = " ".join(
        words["told"].format(
            name=x.meta.label(g, language) or words["forum"], value=term("criterion_state", gates[g]).of(language)
        )
        for g in groups
    )
    row, head = 0.24, 1.3
    height = head + row * len(groups) + 0.36
    with drawing(PAGE, height, words["criteria_alt"].format(told=told)) as picture:
        panel = picture.add_axes((0.2, 0.36 / height, 0.78, row * len(groups) / height))
        panel.set(xlim=(-0.5, len(names) + 0.6), ylim=(len(groups) - 0.5, -0.5))
        for i, group in enumerate(groups):
            for j, name in enumerate(names):
                _sign(panel, j, i, str(verdicts.loc[group, name]))
            _sign(panel, len(names) + 0.1, i, str(gates[group]), "s")
            panel.axhline(i + 0.5, color="#efefef", linewidth=0.5, zorder=0)
        panel.axvline(len(names) - 0.45, color=FAINT, linewidth=0.8)
        panel.set_yticks(
            range(len(groups)), [wrapped(x.meta.label(g, language) or words["forum"], 26) for g in groups], fontsize=6.8
        )
        labels = [wrapped(x.meta.label(n, language), 15, 6) for n in names]
        panel.set_xticks([*range(len(names)), len(names) + 0.1], [*labels, words["gate"]], fontsize=5.8)
        panel.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
        _bare(panel)
        for k, state in enumerate(SIGNS):
            at = 0.2 + 0.2 * k
            key = picture.add_axes((at, 0.04 / height, 0.02, 0.2 / height))
            key.set(xlim=(-1, 1), ylim=(-1, 1))
            _sign(key, 0, 0, state)
            key.axis("off")
            picture.text(
                at + 0.025, 0.14 / height, term("criterion_state", state).of(language), fontsize=6.8, va="center"
            )
    return picture


def _sign(panel: Any, x: float, y: float, state: str, shape: str = "o") -> None:
    fill, colour = SIGNS[state]
    if not fill:
        panel.text(x, y, "?", ha="center", va="center", fontsize=8, color=colour, weight="bold")
        return
    panel.plot(
        [x], [y], marker=shape, markersize=8.5, fillstyle=fill, color=colour, markeredgecolor=INK, markeredgewidth=0.8,
        markerfacecoloralt="white", linestyle="none", gid=state,
    )  # fmt: skip


def activity_bars(x: Activities, group: str, *, language: str = "en") -> Picture:
    """Draw the intensity of activities in a group as bars, giving above receiving."""
    from matplotlib.patches import Patch

    words = WORDS[language]
    here = x.table[x.table["group"] == group].set_index("activity")["intensity"]
    pairs = x.pairs[(x.pairs["group"] == group) & (x.pairs["activity"] != "all")] if len(x.pairs) else x.pairs
    paired = {f"{s}{end}" for s in pairs["activity"] for end in ("_give", "_get")}
    bars: list[tuple[str, list[tuple[str, float]]]] = [
        (x.meta.label(n, language), [("joint", float(v))]) for n, v in here.items() if n not in paired
    ]
    for s in pairs["activity"]:
        both = [("give", float(here[f"{s}_give"])), ("receive", float(here[f"{s}_get"]))]
        bars.append((activity_words(x, s).of(language), both))
    looks = {"give": (POSITIVE, ""), "receive": ("white", "////"), "joint": (FAINT, "")}
    told = " ".join(
        words["told"].format(name=name, value=", ".join(f"{words[k]} {show(v, 'number', language)}" for k, v in values))
        for name, values in bars
    )
    alt = words["activities_alt"].format(
        told=told, group=words["of"].format(group=x.meta.label(group, language)) if group else ""
    )
    height = 0.3 * len(bars) + 0.95
    with drawing(PAGE, height, alt) as picture:
        panel = picture.add_axes((0.36, 0.62 / height, 0.6, 0.3 * len(bars) / height))
        for i, (_, values) in enumerate(bars):
            thick = 0.72 / len(values)
            for k, (what, value) in enumerate(values):
                if not np.isfinite(value):
                    continue
                at = i + (k - (len(values) - 1) / 2) * thick
                colour, hatch = looks[what]
                panel.barh(at, value, thick * 0.9, color=colour, hatch=hatch, edgecolor=INK, linewidth=0.6, gid=what)
                said = show(value, "number", language)
                panel.text(value + 0.01, at, said, fontsize=5.8, va="center", color=INK)
        panel.set(xlim=(0, 1.08), ylim=(len(bars) - 0.5, -0.5))
        panel.set_yticks(range(len(bars)), [wrapped(name, 44) for name, _ in bars], fontsize=6.8)
        panel.set_xlabel(words["intensity"], fontsize=7)
        panel.xaxis.set_major_formatter(lambda v, _: show(float(v), "number", language, 1))
        panel.tick_params(axis="y", length=0)
        panel.tick_params(axis="x", labelsize=6.8)
        if group:
            panel.set_title(wrapped(x.meta.label(group, language), 60), fontsize=7.5, loc="left")
        used = [w for w in looks if any(w == k for _, values in bars for k, _ in values)]
        handles = [
            Patch(facecolor=looks[w][0], hatch=looks[w][1], edgecolor=INK, linewidth=0.6, label=words[w]) for w in used
        ]
        picture.legend(handles=handles, loc="lower center", ncols=3, fontsize=6.8)
    return picture


def ladder_map(x: Ladder, *, language: str = "en") -> Picture:
    """Draw the matrix of steps, who tells by who is told of."""
    return _map(x.matrix, (1.0, 9.0), 0, "ladder", language)


def exchange_map(x: Exchange, activity: str, *, language: str = "en") -> Picture:
    """Draw the matrix of an activity, giver by receiver."""
    what = WORDS[language]["all"] if activity == "all" else activity_words(x, activity).of(language).lower()
    return _map(x.matrix(activity), (0.0, 3.0), 1 if activity == "all" else 0, "exchange", language, told=what)


def forms_map(x: Forms, *, language: str = "en") -> Picture:
    """Draw Jaccard's coefficients between the forms."""
    names = list(dict.fromkeys(x.table["form"]))
    square = x.pairs.pivot(index="form_1", columns="form_2", values="jaccard").reindex(index=names, columns=names)
    square = square.combine_first(square.T).loc[names, names]
    said = [x.meta.label(n, language) for n in names]
    return _map(square.set_axis(said, axis=0).set_axis(said, axis=1), (0.0, 1.0), 2, "together", language)


def _map(
    square: pd.DataFrame, limits: tuple[float, float], digits: int, what: str, language: str, **said: str
) -> Picture:
    """Draw a square table as a heat map in shades of one hue, its numbers inside, columns numbered."""
    from matplotlib import colormaps
    from matplotlib.colors import Normalize
    from matplotlib.patches import Rectangle

    words, k = WORDS[language], len(square)
    values = square.to_numpy(dtype=float)
    i, j = np.unravel_index(int(np.argmax(np.where(np.isfinite(values), values, -1.0))), values.shape)
    kind = "coefficient" if what == "together" else "number"
    alt = words[f"{what}_alt"].format(
        n=k, a=square.index[i], b=square.columns[j], value=show(values[i, j], kind, language, digits), **said
    )
    side = min(0.42, (PAGE - 2.4) / k)
    width, height = 2.4 + side * k, side * k + 0.75
    scale, norm = colormaps["Blues"], Normalize(*limits)
    with drawing(width, height, alt) as picture:
        panel = picture.add_axes((2.3 / width, 0.12 / height, side * k / width, side * k / height))
        for a, b in np.ndindex(k, k):
            if a == b or not np.isfinite(values[a, b]):
                face = "#f2f2f2" if a == b else "white"
                panel.add_patch(Rectangle((b, a), 1, 1, facecolor=face, edgecolor=FAINT, linewidth=0.5))
                continue
            colour = scale(norm(values[a, b]))
            panel.add_patch(Rectangle((b, a), 1, 1, facecolor=colour, edgecolor="white", linewidth=0.8))
            dark = 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2] < 0.5
            panel.text(
                b + 0.5, a + 0.5, show(values[a, b], kind, language, digits), ha="center", va="center",
                fontsize=6.6 if side > 0.3 else 4.8, color="white" if dark else INK,
            )  # fmt: skip
        panel.set(xlim=(0, k), ylim=(k, 0))
        named = [wrapped(f"{n}. {name}", 34) for n, name in enumerate(square.index, 1)]
        panel.set_yticks(np.arange(k) + 0.5, named, fontsize=6.8)
        panel.set_xticks(np.arange(k) + 0.5, [str(n) for n in range(1, k + 1)], fontsize=6.8)
        panel.tick_params(length=0, labeltop=True, labelbottom=False)
        if f"{what}_axes" in words:
            across, down = words[f"{what}_axes"].split("|")
            panel.set_xlabel(f"{across} →", fontsize=6.8, color=GREY, loc="left")
            panel.xaxis.set_label_position("top")
            panel.annotate(
                f"{down} ↓", (0, 1), xycoords="axes fraction", xytext=(-4, 4), textcoords="offset points",
                fontsize=6.8, color=GREY, ha="right", va="bottom",
            )  # fmt: skip
        _bare(panel)
    return picture


def ladder_network(x: Ladder, *, language: str = "en") -> Picture:
    """Draw the partners on a circle and the step of each pair as a line."""
    m = x.matrix.to_numpy(dtype=float)
    pair = np.triu(np.nan_to_num(np.fmin(m, m.T)), 1)
    return _network(list(x.matrix.index), pair, 9.0, "network", language, 0)


def exchange_network(x: Exchange, *, language: str = "en") -> Picture:
    """Draw the partners on a circle and what they give one another as arrows."""
    return _network(list(x.names), np.nan_to_num(x.matrix().to_numpy(dtype=float)), 3.0, "flow", language, 1)


def _network(names: list[str], w: np.ndarray, most: float, what: str, language: str, digits: int) -> Picture:
    from matplotlib.lines import Line2D

    words, k = WORDS[language], len(names)
    i, j = np.unravel_index(int(np.argmax(w)), w.shape)
    value = show(float(w[i, j]), "number", language, digits)
    alt = words[f"{what}_alt"].format(n=k, links=int((w > 0).sum()), a=names[i], b=names[j], value=value)
    angle = np.pi / 2 - 2 * np.pi * np.arange(k) / k
    at = np.column_stack([np.cos(angle), np.sin(angle)])
    with drawing(PAGE * 0.75, 4.3, alt) as picture:
        panel = picture.add_axes((0.2, 0.13, 0.6, 0.78))
        for a, b in sorted(zip(*np.nonzero(w > 0), strict=True), key=lambda e: w[e]):
            strength = w[a, b] / most
            panel.annotate(
                "", at[b], at[a], gid="tie",
                arrowprops={
                    "arrowstyle": "-|>" if what == "flow" else "-",
                    "connectionstyle": "arc3,rad=0.12" if what == "flow" else "arc3,rad=0",
                    "linewidth": 0.4 + 2.6 * strength,
                    "color": str(0.8 - 0.7 * strength),
                    "shrinkA": 6, "shrinkB": 7, "mutation_scale": 5 + 4 * strength,
                },
            )  # fmt: skip
        panel.plot(
            at[:, 0], at[:, 1], "o", markersize=8, color=ABOVE, markeredgecolor=INK, markeredgewidth=0.8, zorder=3
        )
        for name, (x, y) in zip(names, at, strict=True):
            across = "center" if abs(x) < 0.2 else "left" if x > 0 else "right"
            panel.text(
                1.12 * x, 1.12 * y, wrapped(name, 18), ha=across, fontsize=6.8,
                va="center" if abs(x) >= 0.2 else "bottom" if y > 0 else "top",
            )  # fmt: skip
        panel.set(xlim=(-1.1, 1.1), ylim=(-1.15, 1.15), aspect="equal")
        panel.axis("off")
        for n, part in enumerate((most, (most + (what == "network")) / 2, 1.0)):  # 9, 5, 1 and 3, 1.5, 1
            height, width, grey = 0.2 - 0.045 * n, 0.4 + 2.6 * part / most, str(0.8 - 0.7 * part / most)
            place = picture.transFigure
            picture.add_artist(Line2D([0.84, 0.88], [height] * 2, linewidth=width, color=grey, transform=place))
            said = show(part, "number", language, 0 if part.is_integer() else 1)
            picture.text(0.9, height, said, fontsize=6.8, va="center")
        picture.text(0.5, 0.02, words[f"{what}_key"], ha="center", fontsize=6.8, color=GREY)
    return picture


def form_shares(x: Forms, *, language: str = "en") -> Picture:
    """Draw the share of each form with its interval, of each group where there are groups."""
    return _forest(x, x.table, "form", "share", "forms", "forms_alt", language, {})


def strain_profile(x: Strains, *, language: str = "en") -> Picture:
    """Draw the mean of each kind with its interval, of each group where there are groups."""
    axis = {"least": 1.0, "most": 5.0, "guides": {WORDS[language]["middle"]: 3.0}}
    return _forest(x, x.table, "construct", "mean", "strains", f"{x.what}_alt", language, axis)


def _forest(
    x: Forms | Strains, rows: pd.DataFrame, name: str, value: str, title: str, alt: str, language: str,
    axis: Mapping[str, Any],
) -> Picture:  # fmt: skip
    words = WORDS[language]
    groups = list(dict.fromkeys(rows["group"].astype(str)))
    said_of = {g: x.meta.label(g, language) for g in groups}
    heads = dict.fromkeys(rows[name])
    drawn, told = [], []
    for one in heads:
        label = x.meta.label(str(one), language)
        for r in rows[rows[name] == one].to_dict("records"):
            drawn.append(("", "", label, str(r["group"]), r[value], r["ci_lower"], r["ci_upper"]))
            said = show(r[value], "coefficient" if value == "share" else "number", language, 2)
            told.append(
                words["told"].format(name=f"{label} ({said_of[str(r['group'])]})" if r["group"] else label, value=said)
            )
    return forest(
        pd.DataFrame(drawn, columns=list(COLUMNS)),
        axes={"": Axis(words[title].format(level=show(100 * x.confidence, "count", language)), **axis)},
        series=said_of,
        language=language,
        alt=words[alt].format(told=" ".join(told)),
    )


def _bare(panel: Any) -> None:
    for spine in panel.spines.values():
        spine.set_visible(False)
