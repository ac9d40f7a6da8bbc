"""Which column was taken for which name: the list for review, and the mapping file that repeats an import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from cgsurvey.base.data import read_yaml
from cgsurvey.base.errors import DataError, OptionError
from cgsurvey.responses.words import short

Mapped = Mapping[str, "str | int | Sequence[str | int]"]
Targets = tuple["str | int", ...]
FORMAT = "cgsurvey-mapping/1"
# How a column stands that serves no name.
APART = ("doubtful", "unmatched", "personal", "empty")

_HEAD = """\
# Which column of {file} holds which item, written for review.
# Correct what is wrong, take the "# " away from a doubtful line that is right, and read the file again with
# mapping="{name}" (cgsurvey check FILE --mapping {name}). A column is named by its header, or by its position counted
# from 1 where several columns share a header; [5, 9] joins the columns of two versions of a form.
"""


@dataclass(frozen=True)
class Match:
    """One column of a file, or one name without a column.

    Attributes
    ----------
    name : str
        Item or question; of a doubtful column the one it resembles most; "" for a column that serves none.
    column : str
        Header; "" for a name without a column.
    position : int
        Counted from 1; 0 for a name without a column.
    how : str
        "name", "group/name", "label:id", "similar:id", "mapping", ...; "doubtful" for a resemblance that was not used,
        "unmatched", "personal" (left behind), "empty" (the blank double of an edited question), "absent".
    score : float
        1 for equal texts, else the resemblance between 0 and 1; NaN where nothing was compared.
    second_best : str
        The nearest rival: another column for this name, or another name for this column.
    second_score : float
    """

    name: str
    column: str
    position: int
    how: str
    score: float = np.nan
    second_best: str = ""
    second_score: float = np.nan

    @property
    def used(self) -> bool:
        """Whether the column serves the name."""
        return bool(self.name and self.position) and self.how not in APART


@dataclass(frozen=True)
class Matches:
    """All columns of a file, in their order, then the names without a column.

    Attributes
    ----------
    rows : tuple of Match
    file, sha256, instrument : str
        Of what they tell.
    """

    rows: tuple[Match, ...] = ()
    file: str = ""
    sha256: str = ""
    instrument: str = ""

    def frame(self) -> pd.DataFrame:
        """Return one row per column (or absent name): name, column, position, how, score, second_best, second_score."""
        frame = pd.DataFrame(
            {
                "name": pd.array([m.name for m in self.rows], dtype="str"),
                "column": pd.array([m.column for m in self.rows], dtype="str"),
                "position": pd.array([m.position for m in self.rows], dtype="Int64"),
                "how": pd.array([m.how for m in self.rows], dtype="str"),
                "score": np.array([m.score for m in self.rows], dtype=float),
                "second_best": pd.array([m.second_best for m in self.rows], dtype="str"),
                "second_score": np.array([m.second_score for m in self.rows], dtype=float),
            }
        )
        return frame.assign(position=frame["position"].mask(frame["position"] == 0))

    def write(self, path: str | Path) -> Path:
        """Write the mapping file.

        Raises
        ------
        DataError
            When there is nothing to write or the file cannot be written.
        """
        target = Path(path)
        headers = [m.column for m in self.rows if m.position]
        if not headers:
            raise DataError("there is no mapping to write: no file was read.")
        lines = [_HEAD.format(file=_shown(self.file or "the data frame"), name=_shown(target.name))]
        facts = {"format": FORMAT, "instrument": self.instrument, "file": self.file, "sha256": self.sha256}
        lines += [_entry(k, v) for k, v in facts.items()]
        lines += ["columns:"]
        names: dict[str, list[Match]] = {}
        for m in self.rows:
            names.setdefault(m.name, []).append(m)
        for name, found in names.items():
            used = [m for m in found if m.used]
            aside = [m for m in found if name and m.position and not m.used]
            aside = aside or [m for m in found if name and not used]
            if used:
                targets = [_target(m, headers) for m in used]
                said = f"  # {'; '.join(_remark(m) for m in used)}"
                lines.append("  " + _entry(name, targets if len(targets) > 1 else targets[0]) + said)
            for m in aside:
                target_of = _target(m, headers) if m.position else "header or position"
                lines.append(f"  # {_entry(name, target_of)}  # {_remark(m)}")
        lines += ["# All headers as they were, to tell what has changed in another export.", "headers:"]
        lines += [f"  - {_scalar(m.column)}  # {m.position}{_serves(m)}" for m in self.rows if m.position]
        try:
            target.write_text("\n".join(lines) + "\n", encoding="utf-8")
        except OSError as error:
            raise DataError(f"the mapping cannot be written to '{target.name}': {error.strerror}.") from error
        return target


def _entry(name: str, value: object) -> str:
    return f"{_scalar(name, plain=True)}: " + (
        "[" + ", ".join(_scalar(v) for v in value) + "]" if isinstance(value, list) else _scalar(value)
    )


def _scalar(value: object, *, plain: bool = False) -> str:
    """Return a value on one line of YAML; texts are quoted, names only where they must be."""
    style = None if plain or not isinstance(value, str) else '"'
    written = yaml.safe_dump([value], default_style=style, allow_unicode=True, width=2**31, default_flow_style=True)
    return written.strip()[1:-1] if style is None else written.strip().removeprefix("[").removesuffix("]")


def _target(m: Match, headers: Sequence[str]) -> str | int:
    return m.column if headers.count(m.column) == 1 else m.position


def _remark(m: Match) -> str:
    if not m.position:
        return "no column was found"
    score = "" if np.isnan(m.score) else f", score {m.score:.2f}"
    second = f"; next '{_shown(m.second_best)}' {m.second_score:.2f}" if m.second_best else ""
    return f"column {m.position} '{_shown(m.column)}': {m.how}{score}{second}"


def _shown(text: str) -> str:
    """Return a text for a comment, which must not hold signs that YAML forbids."""
    return "".join(c if c.isprintable() else "?" for c in short(text, 50))


def _serves(m: Match) -> str:
    return f" {m.name}" if m.used else f" {m.how}" + (f" ({m.name})" if m.name else "")


@dataclass(frozen=True)
class Plan:
    """What a mapping asks for.

    Attributes
    ----------
    columns : mapping of str to tuple
        Name to headers and positions counted from 1.
    headers : tuple of str
        Of a written mapping file: the headers of the file it was written for. Such a mapping is complete: no further
        column among these is matched.
    file, sha256, instrument : str
        Of a written mapping file.
    """

    columns: Mapping[str, Targets] = field(default_factory=dict)
    headers: tuple[str, ...] = ()
    file: str = ""
    sha256: str = ""
    instrument: str = ""

    def onto(self, headers: Sequence[str]) -> Plan:
        """Return the plan for another order of columns: positions follow the column that stood there."""
        if not self.headers or tuple(headers) == self.headers:
            return self

        def moved(target: str | int) -> str | int:
            if isinstance(target, str) or not 1 <= target <= len(self.headers):
                return target
            was = self.headers[target - 1]
            there = [j for j, h in enumerate(headers) if h == was]
            nth = self.headers[: target - 1].count(was)
            return there[nth] + 1 if nth < len(there) else was

        moved_all = {name: tuple(moved(t) for t in targets) for name, targets in self.columns.items()}
        return Plan(moved_all, self.headers, self.file, self.sha256, self.instrument)


def read_mapping(mapping: Mapped | str | Path | None) -> Plan:
    """Return what a mapping asks for; a path names a YAML file of the same form, or one that `Matches.write` wrote.

    Raises
    ------
    DataError
        When there is no such file or it is no YAML.
    OptionError
        When it does not give a column for each name.
    """
    if mapping is None:
        return Plan()
    if isinstance(mapping, str | Path):
        try:
            loaded: Any = read_yaml(Path(mapping))
        except FileNotFoundError as error:
            raise DataError(
                f"there is no mapping file '{mapping}'. It holds lines such as  tan1: 5  (column 5)."
            ) from error
        except (OSError, UnicodeDecodeError, ValueError, yaml.YAMLError) as error:
            raise DataError(f"mapping file '{Path(mapping).name}' cannot be read: {error}") from error
    else:
        loaded = mapping
    if not isinstance(loaded, Mapping):
        raise OptionError("mapping must give a column for each item, e.g. {'tan1': 5, 'tan2': 'Header of the column'}.")
    if loaded.get("format") != FORMAT:
        return Plan(_columns(loaded))
    headers, columns = loaded.get("headers") or [], loaded.get("columns") or {}
    if not isinstance(headers, list) or not headers or not isinstance(columns, Mapping):
        raise OptionError(
            "the mapping file lacks its list of headers or its columns. Write it again with write_mapping, or take "
            "the line 'format' and all but the columns away."
        )
    facts = {k: str(loaded.get(k) or "") for k in ("file", "sha256", "instrument")}
    return Plan(_columns(columns), tuple(str(h) for h in headers), **facts)


def _columns(given: Mapping[Any, Any]) -> dict[str, Targets]:
    out: dict[str, Targets] = {}
    for name, target in given.items():
        targets = tuple(target) if isinstance(target, list | tuple) else (target,)
        if not targets or any(isinstance(t, bool) or not isinstance(t, str | int | np.integer) for t in targets):
            raise OptionError(
                f"mapping: '{name}' needs the header of a column or its position counted from 1, not {target!r}."
            )
        out[str(name)] = tuple(t if isinstance(t, str) else int(t) for t in targets)
    return out
