"""why_different(): two programs, two numbers, and the conventions that lie between them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from cgsurvey.base.errors import ModelError, OptionError, did_you_mean, some
from cgsurvey.base.notes import Note, note
from cgsurvey.base.options import whole
from cgsurvey.base.result import Meta, Result
from cgsurvey.robustness import computed_estimates, computed_fit, computed_scores
from cgsurvey.robustness.evidence import COLUMNS, COMPUTED, Evidence, catalogue, parameter, row_of, value_of
from cgsurvey.sem import SemFit
from cgsurvey.service_quality import SatisfactionIndex

_FILES = (computed_estimates, computed_fit, computed_scores)  # each registers its conventions when imported
SAME = "same"
LOOSE = 1e-7  # programs stop iterating at different digits
_ABOUT = {
    **dict.fromkeys(COLUMNS, "a parameter, of='quality ~ trust'"),
    **dict.fromkeys(("r2", "cr", "ave", "ave_root"), "a construct, of='trust'"),
    "alpha": "a construct of the model, or its items: of=['tru1', 'tru2']",
    "htmt": "two constructs, of=['trust', 'quality']",
    "correlation": "two columns, of=['tru1', 'tru2']",
    **dict.fromkeys(
        ("mean", "sd", "variance", "skewness", "kurtosis", "skewness_cr", "kurtosis_cr"), "an item, of='tru1'"
    ),
}


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Explanation(Result):
    """The number of another program beside ours under every convention that is known.

    Attributes
    ----------
    quantity : str
        What kind of number it is.
    of : str
        What it is about: a parameter, a construct, an item; "" for fit measures.
    ours, theirs : float
    decimals : int
        Decimals with which theirs was printed.
    program : str
        The other program, "" where it was not named.
    table : DataFrame
        `rank convention detail value difference matches programs source`, causes first. `convention` is a key of
        `conventions.yaml` (its words: `cg.table(x)`), `detail` tells variants of one apart, `difference` is to theirs,
        `matches`: equal after rounding as theirs.
    """

    quantity: str
    of: str
    ours: float
    theirs: float
    decimals: int
    program: str
    table: pd.DataFrame

    @property
    def causes(self) -> pd.DataFrame:
        """The conventions that give their number, the likeliest first; "same" alone where it is ours, rounded."""
        found = self.table[self.table["matches"]]
        same = found["convention"] == SAME
        return (found[same] if same.any() else found).reset_index(drop=True)

    def tidy(self) -> pd.DataFrame:
        """Return one row per convention and variant."""
        return self.table.copy()

    def glance(self) -> pd.DataFrame:
        """Return one row: both numbers, how many conventions give theirs, and the likeliest of them."""
        first = self.causes
        return pd.DataFrame(
            {
                "quantity": [self.quantity],
                "of": [self.of],
                "ours": [self.ours],
                "theirs": [self.theirs],
                "difference": [self.ours - self.theirs],
                "program": [self.program],
                "n_matches": [len(first)],
                "convention": [str(first["convention"].iloc[0]) if len(first) else ""],
            }
        )


def why_different(
    ours: float | None,
    theirs: float | str,
    *,
    quantity: str,
    program: str | None = None,
    of: str | tuple[str, ...] | list[str] | None = None,
    result: SemFit | SatisfactionIndex | None = None,
    data: Any = None,
    settings: Mapping[str, Any] | None = None,
    decimals: int | None = None,
) -> Explanation:
    """Compute a number under the conventions of other programs and name those that give theirs.

    Parameters
    ----------
    ours : float or None
        The number of this package; None: taken from `result`.
    theirs : float or str
        The number of the other program. Text as it was printed (``".940"``, ``"0,94"``) tells its decimals too.
    quantity : str
        "chisq", "cfi", "rmsea", "gfi", "aic", "srmr", "estimate", "std_error", "p_value", "alpha", "cr", "ave", "sd",
        "skewness", "ikm" ...; names of AMOS and SPSS ("CMIN", "C.R.", "Sig.") are understood.
    program : str, optional
        "AMOS", "SmartPLS", "SPSS", "lavaan", "Mplus", "JASP", "LISREL", "EQS", "Excel", "psych", "Stata"; its own
        conventions come first.
    of : str or sequence of str, optional
        What the number is about: "quality ~ trust", "trust =~ tru1", a construct, an item, two of them. With groups,
        that of the first group.
    result : SemFit or SatisfactionIndex, optional
        Where our number comes from; conventions are computed from the sample statistics that it keeps.
    data : Responses or DataFrame, optional
        The data of the fit; the model is then fitted again under other treatments of missing answers, estimators,
        weights. Needed for numbers of single items.
    settings : mapping, optional
        Options of `sem` that correspond to the other program's, e.g. ``{"missing": "fiml"}``: fitted first.
    decimals : int, optional
        Decimals of `theirs`, where a float does not show them.

    Returns
    -------
    Explanation

    Raises
    ------
    OptionError
        For a quantity or program that is not known, a number that cannot be read, or when nothing is given from which
        variants could be computed.
    ModelError
        When the model has no such parameter or construct.

    Notes
    -----
    That a convention gives their number makes it a likely cause, not a certain one: few decimals fit several. A second
    number (degrees of freedom, n) decides.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> fit = cg.cfa("tangibles =~ tan1 + tan2 + tan3 + tan4", cg.load_sample())
    >>> found = cg.why_different(None, "4.499", quantity="chisq", program="AMOS", result=fit)
    >>> found.tidy().query("matches")[["convention", "value"]].head(2).round(3)
                 convention  value
    0  likelihood_n_minus_1  4.499
    """
    name = _quantity(quantity)
    other = _program(program)
    value, digits = _printed(theirs, decimals)
    fit, index = _result(result)
    about = parameter(of)
    _check(name, about, fit, index, data)
    mine = value_of(fit, name, about) if ours is None and fit is not None else ours
    mine = float(index.overall["ikm"].iloc[0]) if mine is None and index is not None else mine
    if mine is None:
        raise OptionError("our number is missing: give it, or the result that it comes from (result=fit).")
    evidence = Evidence(quantity=name, of=about, ours=float(mine), fit=fit, index=index, data=data)
    width = 0.5 * 10.0**-digits * (1 + 1e-9) + LOOSE * abs(value)
    rows = pd.DataFrame(_variants(evidence, settings), columns=["convention", "detail", "value"])
    rows["value"] = rows["value"].astype(float)
    table = _ranked(rows, value, width, other)
    notes = list(_notes(evidence, table, value, width, other))
    return Explanation(
        quantity=name,
        of=" ".join(about),
        ours=float(mine),
        theirs=value,
        decimals=digits,
        program=other,
        table=table,
        notes=tuple(notes),
        meta=_meta(result, table, digits),
    )


def _quantity(given: str) -> str:
    known = catalogue()["quantities"]
    asked = str(given).strip().lower().replace("χ²", "chi2").replace("²", "2")
    names = {alias: name for name, q in known.items() for alias in (name, *q["aliases"])}
    if asked not in names:
        raise OptionError(
            f"quantity='{given}' is not known.{did_you_mean(asked, names)} Known: {', '.join(known)}. Names of other "
            "programs (CMIN, C.R., Sig.) are understood."
        )
    return names[asked]


def programs() -> tuple[str, ...]:
    """Return the programs whose conventions are known."""
    found = {p for c in catalogue()["conventions"].values() for p in c["programs"]} - {"cgsurvey"}
    return tuple(sorted(found))


def _program(given: str | None) -> str:
    if given is None:
        return ""
    names = {p.lower(): p for p in programs()}
    if str(given).lower() not in names:
        raise OptionError(
            f"program='{given}' is not known.{did_you_mean(given, programs())} Known: {some(programs(), 20)}."
        )
    return names[str(given).lower()]


def _printed(theirs: float | str, decimals: int | None) -> tuple[float, int]:
    """Return a number and the decimals with which it was printed."""
    if isinstance(theirs, str):
        text = theirs.strip().replace("−", "-").replace(" ", "").rstrip("*")
        comma, point = text.rfind(","), text.rfind(".")
        text = text.replace(".", "").replace(",", ".") if comma > point else text.replace(",", "")
        if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text):
            raise OptionError(
                f"theirs='{theirs}' cannot be read as one number. Give it as printed, '0.941' or '0,941'; of '< .001' "
                "ask for more decimals."
            )
        found = float(text)
    else:
        found = float(theirs)
        text = repr(found) if abs(found) < 1e15 else f"{found:.0f}"
        if not math.isfinite(found):
            raise OptionError(f"theirs={theirs} is no number that could be compared.")
    shown = len(text.partition(".")[2]) if "e" not in text else 10
    if not isinstance(theirs, str) and found.is_integer():
        shown = 0
    return found, shown if decimals is None else whole("decimals", decimals, 0)


def _result(result: Any) -> tuple[SemFit | None, SatisfactionIndex | None]:
    if result is None or isinstance(result, SemFit):
        return result, None
    if isinstance(result, SatisfactionIndex):
        return None, result
    raise OptionError(
        f"result= takes a fit of cg.cfa or cg.sem, or the result of cg.ikm, not {type(result).__name__}. For "
        "reliability and validity give the fit of the measurement model, for items the data."
    )


def _check(name: str, of: tuple[str, ...], fit: SemFit | None, index: SatisfactionIndex | None, data: Any) -> None:
    """Refuse what leaves nothing to compute."""
    if fit is None and index is None and data is None:
        raise OptionError(
            "nothing is given from which the number could be computed in another way: give result=fit, and data=data "
            "where the other program may have used other rows."
        )
    if name == "ikm" and index is None:
        raise OptionError("the satisfaction index is explained from its result: result=cg.ikm(data).")
    if name in _ABOUT and not of:
        raise OptionError(f"quantity='{name}' needs to know what the number is about: {_ABOUT[name]}.")
    if fit is None:
        return
    if name in COLUMNS and row_of(fit, of) is None:
        t = fit.tidy()
        known = [r.lhs if r.op == ":=" else f"{r.lhs} {r.op} {r.rhs}".strip() for r in t.itertuples() if r.op != "|"]
        asked = " ".join(of)
        raise ModelError(f"the model has no parameter '{asked}'.{did_you_mean(asked, known)} It has: {some(known)}.")
    if name in ("cr", "ave", "ave_root", "htmt") and not set(of) <= set(fit.latents):
        wrong = next(f for f in of if f not in fit.latents)
        has = some(fit.latents) or "none"
        raise ModelError(f"the model has no construct '{wrong}'.{did_you_mean(wrong, fit.latents)} It has: {has}.")


def _variants(e: Evidence, settings: Mapping[str, Any] | None) -> Iterator[tuple[str, str, float]]:
    """Go through the number under every convention that can be computed."""
    yield SAME, "", e.ours
    groups = catalogue()["groups"]
    for code, c in catalogue()["conventions"].items():
        wanted = {q for name in c["for"] for q in groups.get(name, [name])}
        if e.quantity not in wanted:
            continue
        if "options" in c:
            options = dict(c["options"]) if code != "with_settings" else dict(settings or {})
            found = computed_estimates.refitted(e, options) if options else iter(())
        else:
            found = COMPUTED[code](e)
        yield from ((code, detail, v) for detail, v in found if np.isfinite(v))


def _ranked(rows: pd.DataFrame, theirs: float, width: float, program: str) -> pd.DataFrame:
    """Put causes first: what matches, then what the program does, then the order of the catalogue."""
    known = catalogue()["conventions"]
    rows["difference"] = rows["value"] - theirs
    rows["matches"] = rows["difference"].abs() <= width
    rows["programs"] = [some(known[c]["programs"], 20) if c in known else "" for c in rows["convention"]]
    rows["source"] = [known[c]["source"] if c in known else "" for c in rows["convention"]]
    own = [c in known and program in known[c]["programs"] for c in rows["convention"]]
    settled = rows["convention"].isin([SAME, "with_settings"])
    far = np.where(rows["matches"], 0.0, rows["difference"].abs())
    order = pd.DataFrame({"no": ~rows["matches"], "unset": ~settled, "other": ~np.array(own), "far": far})
    order.loc[~rows["matches"], ["unset", "other"]] = True
    rows = rows.loc[order.sort_values(["no", "unset", "other", "far"], kind="stable").index].reset_index(drop=True)
    rows.insert(0, "rank", np.arange(1, len(rows) + 1))
    return rows[["rank", "convention", "detail", "value", "difference", "matches", "programs", "source"]]


def _notes(e: Evidence, table: pd.DataFrame, theirs: float, width: float, program: str) -> Iterator[Note]:
    causes = table[table["matches"]]
    same = bool((causes["convention"] == SAME).any())
    if same:
        yield note("robustness.same_number")
    elif causes.empty:
        asked = catalogue()["ask"]
        wanted = catalogue()["quantities"][e.quantity]["ask"]
        words = {g: some([asked[a][g] for a in wanted], 20) for g in ("en", "id")}
        yield note("robustness.unexplained", n=len(table) - 1, ask=words)
    elif causes["convention"].nunique() > 1:
        yield note("robustness.several_causes", n=len(causes))
    if program == "SmartPLS" and e.quantity in ("estimate", "std_error", "statistic", "p_value", "r2", "ave", "cr"):
        yield note("robustness.other_estimand")
    if e.fit is not None and np.isfinite(mine := value_of(e.fit, e.quantity, e.of)) and not _stated(e, table, mine):
        yield note("robustness.not_ours", ours=float(e.ours), found=float(mine))
    if causes.empty and e.quantity == "chisq" and e.fit is not None and e.fit.options.weight is None:
        per_row = float(e.fit.fit_measures["chisq"]) / sum(s.size for s in e.fit.samples)
        if per_row > 0:
            yield note("robustness.implied_n", n=round(theirs / per_row), ours=e.fit.meta.n)
    if e.data is None and e.fit is not None and causes.empty:
        yield note("robustness.no_data")


def _stated(e: Evidence, table: pd.DataFrame, mine: float) -> bool:
    """Whether the number that was called ours is one that the result gives, under any convention."""
    values = table.loc[table["convention"] != SAME, "value"].to_numpy(float)
    return bool(np.any(np.abs(np.append(values, mine) - e.ours) <= 5e-3 * max(1.0, abs(e.ours))))


def _meta(result: Any, table: pd.DataFrame, decimals: int) -> Meta:
    sources = tuple(dict.fromkeys(s for s in table.loc[table["matches"], "source"] if s))
    base = result.meta if result is not None else Meta()
    return replace(base, function="why_different", options={"decimals": decimals}, references=sources)
