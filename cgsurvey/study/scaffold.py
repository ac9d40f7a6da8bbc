"""A new study: a folder with a plan to edit, the data in their place and the notebooks to start from."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from string import Template
from typing import Any

from cgsurvey.base.data import package_yaml, read_yaml, shipped
from cgsurvey.base.errors import DataError, OptionError
from cgsurvey.base.options import choose

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
        raise OptionError(f"the folder '{target.name}' is not empty; choose another name or say --force (force=True).")
    source = Path(data) if data is not None else None
    if source is not None and not source.is_file():
        raise DataError(f"there is no data file '{source.name}'.")

    plan = _sample_plan() if source is None else _own_plan(source, instrument, target)
    (target / "data").mkdir(parents=True, exist_ok=True)
    for file in plan.pop("files"):
        shutil.copyfile(file, target / "data" / file.name)
    text = Template((_TEMPLATES / f"study.{language}.toml").read_text(encoding="utf-8"))
    title = plan.pop("title")[language]
    (target / "study.toml").write_text(text.substitute(plan, title=title), encoding="utf-8")
    _notebooks(target, language)
    return target / "study.toml"


def _sample_plan() -> dict[str, Any]:
    sample = shipped("sample")
    entry: Mapping[str, Any] = read_yaml(sample / "sample.yaml")["same"]
    defaults = package_yaml("study/templates/sample.yaml")
    data = [f'file = "data/{entry["file"]}"', "simulated = true"]
    data += [f'{key} = "{entry[key]}"' for key in ("weights", "cluster") if entry.get(key)]
    return {**defaults, "data": "\n".join(data), "instrument": entry["instrument"], "files": [sample / entry["file"]]}


def _own_plan(source: Path, instrument: str | None, target: Path) -> dict[str, Any]:
    made = instrument or "instrument.yaml"
    if instrument is None:
        from cgsurvey.instrument import Instrument

        target.mkdir(parents=True, exist_ok=True)
        draft = Instrument.from_items(_constructs(source), id="my_instrument")
        (target / made).write_text(draft.to_yaml(), encoding="utf-8")
    elif Path(instrument).is_file():
        target.mkdir(parents=True, exist_ok=True)
        made = Path(instrument).name
        shutil.copyfile(instrument, target / made)
    empty = package_yaml("study/templates/own.yaml")
    return {**empty, "data": f'file = "data/{source.name}"', "instrument": made, "files": [source]}
