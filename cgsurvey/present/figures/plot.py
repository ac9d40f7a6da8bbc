"""`plot`: one call for the pictures of any result."""

from __future__ import annotations

from typing import Any

from cgsurvey.base.errors import OptionError
from cgsurvey.base.options import choose
from cgsurvey.present.figures import (
    of_classical,
    of_collaboration,
    of_design,
    of_factor,
    of_planning,
    of_quality,
    of_reliability,
    of_responses,
    of_robustness,
    of_satisfaction,
    of_sem,
)
from cgsurvey.present.figures.drawers import drawable, drawers
from cgsurvey.present.figures.picture import Picture

# Each registers its classes when imported.
_ROOMS = (
    of_classical,
    of_collaboration,
    of_design,
    of_factor,
    of_planning,
    of_quality,
    of_reliability,
    of_responses,
    of_robustness,
    of_satisfaction,
    of_sem,
)


def plot_kinds(x: Any, *, language: str = "en") -> tuple[str, ...]:
    """Return the names of the pictures that `plot` can draw of a result; empty when there are none."""
    return tuple(drawers(x, language))


def plot(x: Any, kind: str | None = None, *, language: str = "en", **options: Any) -> Picture:
    """Draw a result.

    Parameters
    ----------
    x : Result
        Responses ("flow"), Description ("likert" per item, "likert_constructs"; by group where it was described by
        group), Screening ("screening"), McarTest and Missingness ("missing"), NonresponseBias ("nonresponse"),
        Reliability ("reliability", "item_rest"), Retest ("retest"), ExpertJudgement ("experts"), ParallelAnalysis
        ("scree"), FactorAnalysis ("pattern"), Validity ("htmt", "correlations", "pairs"), DiscriminantValidity
        ("discriminant"), SemFit ("diagram", "loadings"), SimpleSlopes ("interaction"), Regression ("residuals"),
        GroupComparison ("group_means"), Correlations ("correlation_matrix"), CrossTable ("crosstab"), Power ("power"),
        SampleSize ("sample_size"), SatisfactionIndex ("groups", "elements", "trend"), ServiceQuality ("quality",
        "gaps", "surface"), ImportancePerformance ("quadrants"), Drivers ("drivers", "driver_elements", "driver_items"),
        Fragility ("specification_curve" per hypothesis), Criteria ("gate"), Activities ("activities" per group),
        Exchange ("exchange", "exchange_network", per activity "exchange_training" and so on), Ladder ("ladder",
        "ladder_network"), Forms ("forms", "forms_together"), Strains ("challenges" or "harms"). What needs several
        pictures is numbered, "likert_1", "likert_2".
    kind : str, optional
        Which picture; the first of `plot_kinds(x)` by default.
    language : {"en", "id"}, default "en"
    **options
        Passed to the picture, e.g. ``indicators=True`` of a diagram.

    Returns
    -------
    Picture
        A matplotlib figure with `.save(path)` and an alternative text.

    Raises
    ------
    OptionError
        When there is no picture of such a result, or none of that kind.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> picture = cg.plot(cg.ikm(cg.load_sample()))
    >>> picture.alt[:75]
    'Index of the nine elements with intervals, best first; 75.76 is the index o'
    >>> picture.save("index.png", dpi=300).name
    'index.png'
    """
    choose("language", language, ("en", "id"))
    known = drawers(x, language)
    if not known:
        if drawers.dispatch(type(x)) is not drawers.dispatch(object):
            raise OptionError(f"this {type(x).__name__} has nothing that a picture could show.")
        raise OptionError(f"there is no picture of a {type(x).__name__}; pictures exist of {', '.join(drawable())}.")
    return known[choose("kind", kind or next(iter(known)), known)](**options)
