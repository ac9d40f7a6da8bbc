"""How a model was estimated, in words: estimator, test, standard errors, missing answers, resamples, design."""

from __future__ import annotations

from cgsurvey.present.numbers import show
from cgsurvey.present.table import Words
from cgsurvey.present.tables.style import group_label, said, term
from cgsurvey.sem import PooledFit, SemFit

Fit = SemFit | PooledFit


def ordered(x: Fit) -> bool:
    """Tell whether the model has items that are ordered categories."""
    return bool(x.table.ordered)


def scope(x: Fit) -> str:
    """Return which cut-offs apply: "ml", or those of "ordinal" or "least_squares", of which none is established."""
    return "ml" if x.options.weight is None else "ordinal" if ordered(x) else "least_squares"


def resampled(x: Fit) -> bool:
    """Tell whether errors and intervals come from resamples."""
    return x.options.se == "bootstrap"


def minimised(x: Fit) -> Words:
    """Return what the estimator minimises."""
    name = x.options.weight or ("ML.wishart" if x.options.likelihood == "wishart" else "ML")
    return term("estimation", f"{name}.ordered" if ordered(x) else name)


def named(x: Fit) -> Words:
    """Return the estimator with what it stands for, "WLSMV, diagonally weighted least squares on ..."."""
    what, code = minimised(x), x.options.estimator
    return Words(f"{code}, {what.en}", f"{code}, {what.id}")


def tested(x: Fit) -> Words:
    """Return the test of the model that fit is judged by."""
    return term("model_test", x.options.test[0] if x.options.test else "standard")


def errors(x: Fit) -> Words:
    """Return the kind of standard errors."""
    o = x.options
    if o.two_stage and o.se == "robust.sem":
        return term("errors", o.missing)
    return term("errors", o.information if o.se == "standard" else o.se)


def missing(x: Fit) -> Words:
    """Return what was done about missing answers."""
    return term("missing_data", "imputed" if isinstance(x, PooledFit) else x.options.missing)


def sentence(x: Fit) -> Words:
    """Return the remark below a table of fit."""

    def text(language: str) -> str:
        parts = (named(x), tested(x), errors(x), missing(x))
        return f"Estimator {'; '.join(w.of(language) for w in parts)}."

    return Words(text("en"), text("id"))


def design(x: Fit) -> list[Words]:
    """Return what of the sampling design was allowed for."""
    out = []
    for name in ("cluster", "strata", "weights"):
        if column := getattr(x.options, name):
            words = term("design", name)
            out.append(Words(words.en.format(column=column), words.id.format(column=column)))
    return out


def resamples(x: SemFit) -> tuple[int, int]:
    """Return how many resamples were used, and how many were asked for."""
    drawn = x.bootstrap
    return (0, 0) if drawn is None else (drawn.requested - drawn.failed, drawn.requested)


def error_note(x: Fit) -> Words:
    """Return where the errors of defined effects come from."""
    if not resampled(x) or not isinstance(x, SemFit):
        return said("delta")
    used, asked = (Words(*(show(n, "count", g) for g in ("en", "id"))) for n in resamples(x))
    return said("resampled", kind=term("intervals", x.options.ci_type), used=used, asked=asked)


def structural(x: Fit) -> bool:
    """Tell whether the model has paths between variables."""
    return bool((x.tidy()["op"] == "~").any())


def of_model(x: Fit, en: str, id: str) -> Words:
    """Return a title that says which of the two models of a chapter is shown."""
    which = ("structural model", "model struktural") if structural(x) else ("measurement model", "model pengukuran")
    return Words(f"{en} ({which[0]})", f"{id} ({which[1]})")


def in_group(x: Fit, group: int, words: Words) -> Words:
    """Put the label of the group before words, where the model has several groups."""
    if len(x.meta.groups) < 2:
        return words
    name = group_label(x.meta, group)
    return Words(f"{name.en}: {words.en}", f"{name.id}: {words.id}")
