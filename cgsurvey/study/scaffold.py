"""A new study: a folder with a plan to edit, the data in their place and the notebooks to start from."""

from __future__ import annotations

import re
import shutil
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path
from string import Template
from typing import Any

import pandas as pd

from cgsurvey.base.data import package_yaml, read_yaml, shipped
from cgsurvey.base.errors import DataError, OptionError
from cgsurvey.base.options import choose
from cgsurvey.instrument import Instrument, Scale, load_instrument
from cgsurvey.responses import read_responses
from cgsurvey.responses.words import plain
from cgsurvey.study.further import FURTHER

_TEMPLATES = Path(__file__).with_name("templates")


def new_study(
    folder: str | Path,
    *,
    data: str | Path | None = None,
    instrument: str | None = None,
    language: str = "en",
    force: bool = False,
) -> Path:
    """Make the folder of a new study and return the path of its ``study.toml``.

    Parameters
    ----------
    folder : str or Path
        Folder to make.
    data : str or Path, optional
        Field file to copy into ``data/``; without it the simulated sample is used, so that the study runs before
        anything is changed.
    instrument : str, optional
        Name in the bank or path of an instrument file. With `data` and no instrument a first ``instrument.yaml`` is
        drawn up from the columns that look like rating items, to be completed by hand.
    language : {"en", "id"}, default "en"
        Language of the plan and the report.
    force : bool, default False
        Write into a folder that is not empty; files of the same name are replaced, others stay.

    Raises
    ------
    OptionError
        When the folder is not empty and `force` is not given.
    DataError
        When the data file does not exist.
    """
    choose("language", language, ("en", "id"))
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())) and not force:
        raise OptionError.of("study.folder_not_empty", folder=target.name)
    source = Path(data) if data is not None else None
    if source is not None and not source.is_file():
        raise DataError.of("study.no_such_data", name=source.name)

    plan = _sample_plan() if source is None else _own_plan(source, instrument, target, language)
    (target / "data").mkdir(parents=True, exist_ok=True)
    for file in plan.pop("files"):
        shutil.copyfile(file, target / "data" / file.name)
    text = Template((_TEMPLATES / f"study.{language}.toml").read_text(encoding="utf-8"))
    title = plan.pop("title")[language]
    functions = textwrap.fill(", ".join(FURTHER), 112, initial_indent="# ", subsequent_indent="# ")
    content = text.substitute(plan, title=title, functions=f"\n{functions}")
    (target / "study.toml").write_text(content, encoding="utf-8")
    _notebooks(target, language)
    return target / "study.toml"


def _sample_plan() -> dict[str, Any]:
    sample = shipped("sample")
    entry: Mapping[str, Any] = read_yaml(sample / "sample.yaml")["same"]
    defaults = package_yaml("study/templates/sample.yaml")
    data = [f'file = "data/{entry["file"]}"', "simulated = true"]
    data += [f'{key} = "{entry[key]}"' for key in ("weights", "cluster") if entry.get(key)]
    return {**defaults, "data": "\n".join(data), "instrument": entry["instrument"], "files": [sample / entry["file"]]}


def _own_plan(source: Path, instrument: str | None, target: Path, language: str) -> dict[str, Any]:
    data = [f'file = "data/{source.name}"']
    if instrument is None:
        made = "instrument.yaml"
        draft, mapping = draft_instrument(source, language)
        target.mkdir(parents=True, exist_ok=True)
        words = package_yaml("study/templates/own.yaml")["draft"]
        (target / made).write_text(f"# {words['en']}\n# {words['id']}\n{draft.to_yaml()}", encoding="utf-8")
        if mapping:
            import yaml

            text = yaml.safe_dump(mapping, sort_keys=False, allow_unicode=True, width=10_000)
            (target / "mapping.yaml").write_text(text, encoding="utf-8")
            data.append('mapping = "mapping.yaml"')
    elif Path(instrument).is_file():
        made = Path(instrument).name
        target.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(instrument, target / made)
    else:
        made = instrument
    known = load_instrument(target / made if (target / made).is_file() else made)
    empty = {k: v for k, v in package_yaml("study/templates/own.yaml").items() if k != "draft"}
    kind = "second_order" if any(c.elements for c in known.constructs) else "first_order"
    return {**empty, "data": "\n".join(data), "instrument": made, "measurement": f'"{kind}"', "files": [source]}


def draft_instrument(source: Path, language: str = "en") -> tuple[Instrument, dict[str, str | int]]:
    """Draw up an instrument from columns that look like ratings: few whole numbers from 0 to 11, or words of a scale.

    One cell in ten may be something else, such as a code for "no answer". Headers are taken as wordings in `language`.

    Returns
    -------
    Instrument
        One construct per stem of the column names (``x1 x2 y1`` gives ``x_block`` and ``y_block``); the ends of a scale
        are those observed within the construct, or the shared scale whose labels stand in the cells. To be completed
        by hand.
    dict
        Item to header of its column, for columns whose headers are questions and no names; to its position (from 1)
        where several columns have that header.

    Raises
    ------
    DataError
        When no column looks like ratings.
    """
    # Positions count all columns of the file, also those of persons, which are no items.
    frame = read_responses(source, personal="keep").frame
    persons = read_responses(source).provenance.dropped
    labelled = {s.name: s for s in load_instrument("cgsurvey_core").scales.values() if s.type == "likert"}
    items: dict[str, dict[str, str]] = {}
    words: dict[str, Scale] = {}
    ends: dict[str, tuple[int, int]] = {}
    mapping: dict[str, str | int] = {}
    for k, header in enumerate(frame.columns, start=1):
        cells = frame[header].dropna()
        values = pd.to_numeric(cells, errors="coerce").dropna()
        values = values[values.between(0, 11)]
        scale = None if len(values) else _scale_of(cells, labelled.values())
        if header in persons or not (scale or _looks_like_ratings(values, answered=len(cells))):
            continue
        if re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,31}", header):
            name, stem = header, re.sub(r"_?\d+r?$", "", header) or header
        else:
            name, stem = f"q{k}", "q"
            mapping[name] = k if _shared(header, set(frame.columns)) else header
        block = f"{stem}_block"
        items.setdefault(block, {})[name] = header
        if scale:
            words[name] = scale
            continue
        low, high = ends.get(block, (1, 2))
        ends[block] = (min(low, int(values.min())), max(high, int(values.max())))
    if not items:
        raise DataError.of("study.no_ratings", name=source.name, scales=", ".join(labelled))
    made = Instrument.from_items(items, id="my_instrument", scale={**ends, **words}, language=language)
    return made, mapping


def _shared(header: str, headers: set[str]) -> bool:
    """Say whether several columns of the file have a header; all but the first were given a number."""
    first = re.sub(r" \(\d+\)$", "", header)
    return f"{header} (2)" in headers or (first != header and first in headers)


def _looks_like_ratings(values: pd.Series, answered: int) -> bool:
    return (
        len(values) >= 0.9 * max(answered, 1)
        and 3 <= values.nunique() <= 11
        and bool((values == values.round()).all())
        and 0 <= values.min() <= values.max() <= 11
    )


def _scale_of(cells: pd.Series, scales: Iterable[Scale]) -> Scale | None:
    """The scale whose words stand in at least nine of ten cells, three of its points or more."""
    counts = cells.astype(str).map(plain).value_counts()
    for scale in scales:
        points = {
            plain(word): c.name
            for c in scale.choices
            if c.score is not None
            for word in (*c.label.values(), *c.aliases)
        }
        found = counts[counts.index.isin(points)]
        if found.sum() >= 0.9 * max(counts.sum(), 1) and len({points[w] for w in found.index}) >= 3:
            return scale
    return None


def _notebooks(target: Path, language: str) -> None:
    """Copy the notebooks and their index, in English where there is none in the language of the study."""
    folder = target / "notebooks"
    folder.mkdir(exist_ok=True)
    for english in sorted(shipped("notebooks").glob("[0-9]*_en.ipynb")):
        own = english.with_name(english.name.replace("_en.ipynb", f"_{language}.ipynb"))
        file = own if own.is_file() else english
        shutil.copyfile(file, folder / file.name)
    shutil.copyfile(shipped("notebooks") / "README.md", folder / "README.md")
