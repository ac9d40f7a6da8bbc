"""Draw the decision trees of the explanation pages: python docs/images/trees.py

A spine of questions; "yes" leads to the box at its right, "no" to the next question. The pages say the same in words.
"""

from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
WIDTH, LEFT, RIGHT, STEP, TALL = 860, 400, 380, 96, 64

TREES = {
    "estimator": (
        "Which estimator",
        [
            (("Too few rows for the model?", "(cg.power tells)"), ("Scores and cg.regress,", "or a smaller model")),
            (("Items with two to four answers,", "or most answers in one?"), ("ordered=True,", 'estimator="WLSMV"')),
            (("Clusters, weights, skewed items,", "or missing answers?"), ('estimator="MLR",', 'missing="fiml"')),
        ],
        ('estimator="ML" (MLR costs nothing)',),
    ),
    "reliability": (
        "Which coefficient of reliability",
        [
            (("Several raters or two occasions", "instead of several items?"), ("cg.icc,", "cg.test_retest")),
            (("Items cause the construct", "(formative)?"), ("none: describe the items,", "and collinearity")),
            (
                ("Answers with two to four steps,", "or very skewed?"),
                ("cg.reliability(categorical=True):", "omega of ordered items"),
            ),
            (("Several dimensions in one sum?",), ("cg.omega: omega h (common),", "omega total (all)")),
            (("Loadings clearly unequal?",), ("composite reliability", "(one-factor omega)")),
        ],
        ("alpha, with its interval",),
    ),
}


def box(x: float, y: float, width: float, lines: tuple[str, ...], answer: bool) -> str:
    style = 'fill="#e7eef7" stroke="#1f4e79"' if answer else 'fill="#ffffff" stroke="#333333"'
    top = y + TALL / 2 - 9 * (len(lines) - 1) + 5
    text = "".join(
        f'<text x="{x + width / 2}" y="{top + 19 * i}" text-anchor="middle">{escape(line)}</text>'
        for i, line in enumerate(lines)
    )
    place = f'x="{x}" y="{y}" width="{width}" height="{TALL}" rx="{12 if answer else 2}"'
    return f'<rect {place} {style} stroke-width="1.5"/>{text}'


def arrow(x1: float, y1: float, x2: float, y2: float, word: str) -> str:
    at = (x1 + x2) / 2 + (0 if y1 == y2 else 20), (y1 + y2) / 2 + (-6 if y1 == y2 else 5)
    return (
        f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#333333" stroke-width="1.5" marker-end="url(#head)"/>'
        f'<text x="{at[0]}" y="{at[1]}" text-anchor="middle" font-style="italic">{word}</text>'
    )


def draw(title: str, questions: list[tuple[tuple[str, ...], tuple[str, ...]]], last: tuple[str, ...]) -> str:
    parts = []
    for i, (question, answer) in enumerate(questions):
        y = 10 + i * STEP
        parts += [box(10, y, LEFT - 10, question, False), box(WIDTH - RIGHT + 60, y, RIGHT - 70, answer, True)]
        parts.append(arrow(LEFT, y + TALL / 2, WIDTH - RIGHT + 58, y + TALL / 2, "yes"))
        parts.append(arrow(LEFT / 2, y + TALL, LEFT / 2, y + STEP - 2, "no"))
    y = 10 + len(questions) * STEP
    parts.append(box(10, y, LEFT - 10, last, True))
    head = (
        '<marker id="head" markerWidth="9" markerHeight="9" refX="7" refY="4" orient="auto">'
        '<path d="M0,0 L8,4 L0,8 z" fill="#333333"/></marker>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + TALL + 10}" role="img" '
        f'font-family="sans-serif" font-size="15" fill="#111111"><title>{title}</title><defs>{head}</defs>'
        f'<rect width="100%" height="100%" fill="#ffffff"/>{"".join(parts)}</svg>\n'
    )


if __name__ == "__main__":
    for name, tree in TREES.items():
        (HERE / f"{name}.svg").write_text(draw(*tree), encoding="utf-8")
