"""The protocol that every result follows: frozen, picklable, no raw rows, tidy tables, saved as JSON and parquet."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd

from cgsurvey.base.errors import DataError
from cgsurvey.base.model import Model
from cgsurvey.base.notes import Note

Labels = Mapping[str, Mapping[str, str]]


@cache
def versions() -> Mapping[str, str]:
    """Return the versions that a report must name."""
    names = ("cgsurvey", "numpy", "scipy", "pandas", "statsmodels", "semopy")
    found = {"python": platform.python_version()}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "source tree"
    return found


@dataclass(frozen=True)
class Meta:
    """Where a result comes from.

    Attributes
    ----------
    function : str
        The public function that made it, e.g. "cfa".
    options : mapping
        Its options as they took effect.
    n : int
        Rows of data that were used.
    seed : int, optional
        Seed of the random numbers, None where none were drawn.
    data_hash : str
        SHA-256 of the numbers that were used.
    source : str
        Name of the data file, without its folder.
    simulated : bool
        True when the data are simulated; said wherever the result is shown.
    labels : mapping
        Variable name to its words per language; an answer in a column has the name "column=answer".
    groups : tuple of str
        Labels of the groups 1..G in order of first appearance.
    references : tuple of str
        Keys of the sources of the methods that were used.
    versions : mapping
        Versions of Python, cgsurvey and the numerical libraries.
    """

    function: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    n: int = 0
    seed: int | None = None
    data_hash: str = ""
    source: str = ""
    simulated: bool = False
    labels: Labels = field(default_factory=dict)
    groups: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=lambda: dict(versions()))

    def label(self, name: str, language: str = "en") -> str:
        """Return the words for a variable, its name where there are none."""
        words = self.labels.get(name, {})
        return words.get(language) or words.get("en") or name

    def answer(self, column: str, value: Any, language: str = "en") -> str:
        """Return the words for an answer in a column, the answer as it stands in the data where there are none."""
        words = self.labels.get(f"{column}={value}", {})
        return words.get(language) or words.get("en") or str(value)

    def group(self, number: int, language: str = "en") -> str:
        """Return the words for a group of a model, counted from 1."""
        return self.answer(str(self.options.get("group", "")), self.groups[number - 1], language)


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Result:
    """Base of all results.

    A result holds numbers unrounded, never a raw row of data. Columns of `tidy()` and `glance()` stand in the glossary.
    """

    notes: tuple[Note, ...] = ()
    meta: Meta = field(default_factory=Meta)

    def tidy(self) -> pd.DataFrame:
        """Return one row per unit of the result (parameter, item, construct, respondent group)."""
        raise AttributeError(f"{type(self).__name__} has no tidy table")

    def glance(self) -> pd.DataFrame:
        """Return one row that sums the result up."""
        raise AttributeError(f"{type(self).__name__} has no one-row summary")

    def to_frame(self) -> pd.DataFrame:
        """Return `tidy()`, under the name that pandas users expect."""
        return self.tidy()

    def summary(self) -> str:
        """Return the result as plain text for a terminal."""
        parts = [type(self).__name__, "=" * len(type(self).__name__)]
        if self.meta.simulated:
            parts.append("Simulated data.")
        parts += [self.glance().T.to_string(header=False), "", self.tidy().to_string(index=False)]
        parts += ["", *map(str, self.notes)] if self.notes else []
        return "\n".join(parts)

    def __str__(self) -> str:
        return self.summary()

    def __repr__(self) -> str:
        row: dict[str, Any] = next(iter(self.glance().to_dict("records")), {})
        told = ", ".join(f"{k}={v:.4g}" if isinstance(v, float) else f"{k}={v}" for k, v in row.items())
        return f"<{type(self).__name__} {told}; see .summary(), .tidy(), .glance()>"

    def _repr_html_(self) -> str:
        """Show the tables in a notebook; colours are inherited, so that a dark theme stays legible."""
        from html import escape

        style = "border-left:3px solid currentColor;padding-left:.6em;margin:.4em 0;opacity:.85"
        notes = "".join(f'<div style="{style}">{escape(str(n))}</div>' for n in self.notes)
        flag = "<p><em>Simulated data.</em></p>" if self.meta.simulated else ""
        tables = "".join(
            t.to_html(index=False, border=0, float_format="{:.3f}".format) for t in (self.glance(), self.tidy())
        )
        return f"<div><strong>{type(self).__name__}</strong>{flag}{tables}{notes}</div>"

    def save(self, path: str | Path) -> Path:
        """Write the result to one file (a zip of ``result.json`` and parquet tables) and return its path.

        Parameters
        ----------
        path : str or Path
            File to write; ``.cgr`` is added when it has no ending.

        Raises
        ------
        DataError
            When the folder is absent, or the ending is another one: tables and reports are written by `cg.report`.
        """
        target = Path(path)
        target = target if target.suffix else target.with_suffix(".cgr")
        if target.suffix.lower() != ".cgr":
            raise DataError(
                f"a result is saved as .cgr, not as '{target.suffix}': save('{target.stem}.cgr'). "
                f"For Word, web pages and Excel: cg.report([result], title=...).save('{target.name}')."
            )
        if not target.parent.is_dir():
            raise DataError(f"the folder '{target.parent.name}' for {target.name} does not exist. Make it first.")
        tables: dict[str, pd.DataFrame] = {}
        content = {
            "format": "cgsurvey-result/1",
            "versions": dict(versions()),
            "result": _encode(self, tables, "result"),
        }
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("result.json", json.dumps(content, ensure_ascii=False, indent=1))
            for name, frame in tables.items():
                archive.writestr(f"{name}.parquet", frame.to_parquet())
        target.write_bytes(buffer.getvalue())
        return target


def group_words(
    labels: Labels, columns: Sequence[str], groups: Iterable[Sequence[Any]], limit: int = 8
) -> dict[str, str]:
    """Return the words for groups, each by its answers in the columns, as a value of a note."""
    known, shown = Meta(labels=labels), [tuple(g) for g in groups]
    told = {
        x: [" / ".join(known.answer(c, v, x) for c, v in zip(columns, g, strict=False)) for g in shown]
        for x in ("en", "id")
    }
    more = len(shown) - limit
    rest = {"en": f" and {more} more", "id": f" dan {more} lainnya"}
    return {x: ", ".join(words[:limit]) + (rest[x] if more > 0 else "") for x, words in told.items()}


def load_result(path: str | Path) -> Any:
    """Read a result that `Result.save` wrote.

    Raises
    ------
    DataError
        When the file is no saved result.

    Examples
    --------
    >>> import cgsurvey as cg
    >>> path = cg.reliability(cg.load_sample(), ["psq_empathy"]).save("alpha.cgr")
    >>> cg.load_result(path).tidy()[["construct", "alpha"]].round(3)
         construct  alpha
    0  psq_empathy  0.781
    """
    try:
        with zipfile.ZipFile(path) as archive:
            content = json.loads(archive.read("result.json"))
            names = [n for n in archive.namelist() if n.endswith(".parquet")]
            tables = {n.removesuffix(".parquet"): pd.read_parquet(io.BytesIO(archive.read(n))) for n in names}
    except FileNotFoundError:
        raise DataError(f"{Path(path).name} is not a saved result: there is no such file.") from None
    except (zipfile.BadZipFile, KeyError, IsADirectoryError, ValueError) as error:
        raise DataError(
            f"{Path(path).name} is not a saved result: {error}. Save one with result.save(path)."
        ) from error
    return _decode(content["result"], tables)


def data_hash(values: np.ndarray | pd.DataFrame) -> str:
    """Return the SHA-256 of numbers and column names, the same on every machine."""
    digest = hashlib.sha256()
    if isinstance(values, pd.DataFrame):
        digest.update("\x1f".join(map(str, values.columns)).encode())
        numeric = values.select_dtypes("number")
        if numeric.shape[1] < values.shape[1]:
            for name in values.columns.difference(numeric.columns, sort=False):
                digest.update("\x1f".join(values[name].astype(str).fillna("\0")).encode())
        values = numeric.to_numpy(dtype=float)
    digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
    return digest.hexdigest()


def _encode(value: Any, tables: dict[str, pd.DataFrame], path: str) -> Any:
    if value is None or (isinstance(value, bool | int | str) and not isinstance(value, Model)):
        return value
    if isinstance(value, Model):
        return {"$model": [value.syntax, value.name, dict(value.titles), {k: dict(v) for k, v in value.labels.items()}]}
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else {"$float": repr(float(value))}
    if isinstance(value, np.integer | np.bool_):
        return value.item()
    if isinstance(value, np.ndarray):
        tables[path] = pd.DataFrame({"value": value.ravel()})
        return {"$array": path, "shape": list(value.shape)}
    if isinstance(value, pd.DataFrame):
        tables[path] = value
        return {"$frame": path}
    if isinstance(value, pd.Series):
        tables[path] = value.to_frame("value")
        return {"$series": path, "name": value.name}
    if is_dataclass(value) and not isinstance(value, type):
        inner = {f.name: _encode(getattr(value, f.name), tables, f"{path}.{f.name}") for f in fields(value)}
        return {"$type": f"{type(value).__module__}:{type(value).__qualname__}", "fields": inner}
    if isinstance(value, Mapping):
        return {
            "$map": [
                [_encode(k, tables, f"{path}.{i}k"), _encode(v, tables, f"{path}.{i}")]
                for i, (k, v) in enumerate(value.items())
            ]
        }
    if isinstance(value, tuple | list):
        kind = "$tuple" if isinstance(value, tuple) else "$list"
        return {kind: [_encode(v, tables, f"{path}.{i}") for i, v in enumerate(value)]}
    if isinstance(value, Path):
        return value.name
    raise TypeError(f"{path}: a {type(value).__name__} cannot be part of a saved result")


def _decode(value: Any, tables: Mapping[str, pd.DataFrame]) -> Any:
    if not isinstance(value, dict):
        return value
    if "$model" in value:
        syntax, name, titles, labels = value["$model"]
        return Model(syntax, name=name, titles=titles, labels=labels)
    if "$float" in value:
        return float(value["$float"])
    if "$array" in value:
        return tables[value["$array"]]["value"].to_numpy().reshape(value["shape"])
    if "$frame" in value:
        return tables[value["$frame"]]
    if "$series" in value:
        return tables[value["$series"]]["value"].rename(value["name"])
    if "$map" in value:
        return {_decode(k, tables): _decode(v, tables) for k, v in value["$map"]}
    if "$tuple" in value:
        return tuple(_decode(v, tables) for v in value["$tuple"])
    if "$list" in value:
        return [_decode(v, tables) for v in value["$list"]]
    module, _, name = value["$type"].partition(":")
    if not module.startswith("cgsurvey."):
        raise DataError(f"the saved result names a foreign class ({value['$type']}) and is not read.")
    made = getattr(import_module(module), name)
    if not is_dataclass(made):
        raise DataError(f"the saved result names {value['$type']}, which is no part of a result.")
    return cast(type, made)(**{k: _decode(v, tables) for k, v in value["fields"].items()})
