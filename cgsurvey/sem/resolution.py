"""From model text and a table of answers to the parameter table and the sample statistics."""

from __future__ import annotations

from collections import Counter
from functools import partial

import pandas as pd

from cgsurvey.base.errors import ModelError, OptionError, some
from cgsurvey.moments.build import Grouped, numbers, sample_statistics
from cgsurvey.moments.ordered import categories, ordered_frame
from cgsurvey.moments.scanned import scanned_statistics
from cgsurvey.responses.importing.scan import ResponseFile
from cgsurvey.sem.model.placement import restrictions, structure
from cgsurvey.sem.model.table import Kind, ParameterTable, explained_variables, parameter_table
from cgsurvey.sem.options import Options


def table_of(model: str, frame: pd.DataFrame, kind: Kind, options: Options, groups: int) -> ParameterTable:
    """Complete the model; thresholds of ordered items are counted in the data."""
    if not isinstance(model, str):
        raise OptionError(
            f"model must be text in lavaan syntax, not {type(model).__name__}. An instrument writes one: "
            "cg.load_instrument(name).model()."
        )
    made = partial(
        parameter_table,
        str(model),
        frame.columns,
        kind=kind,
        groups=groups,
        meanstructure=options.meanstructure,
        fixed_x=options.fixed_x,
        std_lv=options.std_lv,
        orthogonal=options.orthogonal,
        auto=options.auto,
        auto_fix_first=options.auto_fix_first,
        group_equal=options.group_equal,
        group_partial=options.group_partial,
        parameterization=options.parameterization,
    )
    ordered = options.names_ordered
    explained = () if ordered == () else explained_variables(str(model), groups)
    names = [n for n in explained if ordered is None or n in ordered]
    if not names:
        table = made()
        if table.ordered:
            raise OptionError(
                f"The model has thresholds ('{table.ordered[0]} | t1'), which ordered items have: give ordered=True or "
                "ordered=[names]."
            )
        return table
    y = numbers(frame, names, [n for n in names if ":" in n and n not in frame])
    counts = {n: len(values) - 1 for n, values in categories(y, names, names).items()}
    table = made(ordered=counts)
    found = Counter(table.lhs[k] for k in table.where("|") if table.group[k] == 1)
    wrong = [f"'{n}' has {counts.get(n, 0)}, the model {found[n]}" for n in found if found[n] != counts.get(n, 0)]
    wrong += [f"'{n}' has {k}, the model none" for n, k in counts.items() if n not in found]
    if wrong:
        raise ModelError(
            f"Thresholds of the model and of the data differ: {some(wrong)} (a threshold lies between two categories "
            "that occur). Write all of an item's thresholds, 'item | t1 + t2', or none, and name it in ordered=."
        )
    return table


def sample_of(
    frame: pd.DataFrame, table: ParameterTable, options: Options, scan: ResponseFile | None = None
) -> Grouped:
    """Sample statistics that a model with these options is fitted to, of a table or of a file in parts."""
    shared = partial(
        sample_statistics if scan is None else scanned_statistics,
        observed=table.observed,
        missing=options.missing,
        covariates=table.exogenous,
        products=table.products,
        group=options.group,
        weights=options.weights,
        wishart=options.likelihood == "wishart",
        weight=options.weight,
        gamma=options.gamma,
        means=table.means,
        fixed_x=options.fixed_x,
        ordered=table.ordered,
        # Moments of ordered items are dear: no use in them where the rows cannot carry the model.
        least=restrictions(table, structure(table)).K.shape[1] if table.ordered else 0,
    )
    if scan is not None:
        refuse_rows(options)
        return shared(scan, diagonal=options.diagonal, casewise=options.casewise)
    return shared(
        ordered_frame(frame, options.ordered),
        cluster=options.cluster,
        strata=options.strata,
        information="expected" if options.information == "expected" else "observed",
    )


def refuse_rows(options: Options) -> None:
    """Raise OptionError for options that need the rows of a file in parts more than twice, or in another order."""
    faults = {
        "se='bootstrap' draws rows again and again": options.se == "bootstrap",
        "test='bollen.stine' draws rows again and again": options.bollen_stine,
        f"cluster='{options.cluster}' needs rows together that lie apart": options.cluster is not None,
        f"strata='{options.strata}' needs rows together that lie apart": options.strata is not None,
        f"missing='{options.missing}' needs the rows again and again": options.two_stage,
        "engine='semopy' needs all rows": options.engine == "semopy",
    }
    if wrong := [fault for fault, here in faults.items() if here]:
        raise OptionError(
            f"data that are passed in parts: {'; '.join(wrong)}. Leave the option out (of a design: cluster=False, "
            "strata=False; errors then take rows as drawn one by one), or draw rows and fit them: "
            "data.sample(100_000, seed=1)."
        )
