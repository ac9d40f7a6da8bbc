"""Products of indicators, from which the interaction of two latent variables is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from cgsurvey.base.errors import DataError, OptionError, some
from cgsurvey.base.options import choose
from cgsurvey.moments.build import numbers
from cgsurvey.responses.responses import Responses
from cgsurvey.responses.source import as_source


@dataclass(frozen=True)
class Products:
    """Data with products of indicators, and the model of the product factor.

    Attributes
    ----------
    data : Responses or DataFrame
        The data, of the kind that was given, with one more column per product, "x1.z1". Responses keep their design,
        so that a fit allows for clusters and weights.
    syntax : str
        Lavaan syntax that measures the product factor.
    names : tuple of str
        The new columns.
    """

    data: Responses | pd.DataFrame = field(repr=False)
    syntax: str
    names: tuple[str, ...]


def product_indicators(
    data: Any,
    first: Sequence[str],
    second: Sequence[str],
    name: str,
    *,
    method: Literal["matched", "all"] = "matched",
    center: Literal["double", "mean", "none"] = "double",
) -> Products:
    """Make products of the indicators of two latent variables.

    Parameters
    ----------
    data : Responses or DataFrame
        Reverse items of Responses are keyed.
    first, second : sequence of str
        Indicators of the two latent variables.
    name : str
        Name of the product factor in the syntax.
    method : {"matched", "all"}
        The first with the first, the second with the second ... (Marsh, Wen & Hau, 2004), or each with each; then
        residuals of products that share an indicator are correlated.
    center : {"double", "mean", "none"}
        "mean" takes the mean off indicators before they are multiplied, "double" off the products too, so that no
        means are needed in the model (Lin, Wen, Marsh & Lin, 2010).

    Returns
    -------
    Products
        Equal to ``semTools::indProd``; products of missing answers are missing.

    Raises
    ------
    OptionError
        When matched products are asked of unequal numbers of indicators.
    ColumnNotFoundError, CodingError, DataError
        When a column is absent, holds text, or exists under the name of a product.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> answers = cg.load_sample().frame
    >>> made = cg.product_indicators(answers, ["tan1", "tan2", "tan3"], ["emp1", "emp2", "emp3"], "txe")
    >>> print(made.syntax)
    txe =~ tan1.emp1 + tan2.emp2 + tan3.emp3
    """
    method = choose("method", method, ("matched", "all"))
    center = choose("center", center, ("double", "mean", "none"))
    first, second = (
        [first] if isinstance(first, str) else list(first),
        [second] if isinstance(second, str) else list(second),
    )
    if not first or not second:
        raise OptionError("product_indicators needs at least one indicator of each latent variable.")
    if method == "matched" and len(first) != len(second):
        raise OptionError(
            f"matched products need as many indicators on both sides ({len(first)} and {len(second)} are given). "
            "Average the less reliable ones of the longer side into parcels, or use method='all'."
        )
    if both := [n for n in first if n in second]:
        raise OptionError(f"{some(both)} cannot be an indicator of both latent variables of a product.")
    frame = as_source(data).frame
    wanted = [*first, *second]
    y = numbers(frame, wanted)
    if center != "none":
        y = y - np.nanmean(y, axis=0)
    n = len(first)
    pairs = (
        list(zip(range(n), range(n), strict=True))
        if method == "matched"
        else [(a, b) for a in range(n) for b in range(len(second))]
    )
    names = tuple(f"{first[a]}.{second[b]}" for a, b in pairs)
    if there := [k for k in names if k in frame.columns]:
        raise DataError(f"the data have columns {some(there)} already; rename them, or leave product_indicators out.")
    made = np.column_stack([y[:, a] * y[:, n + b] for a, b in pairs])
    if center == "double":
        made = made - np.nanmean(made, axis=0)
    lines = [f"{name} =~ {' + '.join(names)}"]
    if method == "all":
        lines += [
            f"{names[k]} ~~ {names[m]}"
            for k, (a, b) in enumerate(pairs)
            for m, (c, d) in enumerate(pairs[:k])
            if (a == c) != (b == d)
        ]
    more = pd.DataFrame(made, index=frame.index, columns=list(names))
    held = data.frame if isinstance(data, Responses) else frame
    wide = pd.concat([held, more], axis=1)
    return Products(data.replace(frame=wide) if isinstance(data, Responses) else wide, "\n".join(lines), names)
