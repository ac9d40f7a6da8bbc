"""The result protocol itself: what can be saved, what is refused, what a page shows."""

from __future__ import annotations

import json
import math
import pickle
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cgsurvey.base.errors import DataError
from cgsurvey.base.model import Model
from cgsurvey.base.notes import Note, note
from cgsurvey.base.result import Meta, Result, data_hash, load_result


@dataclass(frozen=True)
class Inner:
    """A nested part."""

    values: np.ndarray
    names: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Example(Result):
    """Every kind of field that a result may have."""

    table: pd.DataFrame
    series: pd.Series
    array: np.ndarray
    inner: Inner
    model: Model
    mapping: Mapping[Any, Any] = field(default_factory=dict)
    number: float = 1.5
    numpy_number: Any = None
    listed: tuple[Any, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """Return the table."""
        return self.table

    def glance(self) -> pd.DataFrame:
        """Return one row."""
        return pd.DataFrame({"n": [len(self.table)]})


@pytest.fixture
def example() -> Example:
    return Example(
        table=pd.DataFrame({"item": ["a<b>", "=1+1"], "mean": [1.23456789012345, np.nan], "reverse": [True, False]}),
        series=pd.Series({"cfi": 0.95, "rmsea": np.nan}, name="fit"),
        array=np.arange(6.0).reshape(2, 3),
        inner=Inner(np.array([[1, 2]]), ("x", "y")),
        model=Model("f =~ x1", name="one", labels={"f": {"en": "F", "id": "F"}}),
        mapping={"a": np.int64(3), 2: {"deep": (1, None, math.inf)}},
        numpy_number=np.float64(2.5),
        listed=(np.bool_(True), [1, "x"]),
        notes=(note("reliability.one_item", construct="trust", item="<tru1>"),),
        meta=Meta(function="example", n=2, groups=("A",), simulated=True, options={"ci": 0.95, "nan": math.nan}),
    )


def check_equal(a: Any, b: Any) -> None:
    assert type(a) is type(b)
    if isinstance(a, pd.DataFrame):
        pd.testing.assert_frame_equal(a, b)
    elif isinstance(a, pd.Series):
        pd.testing.assert_series_equal(a, b)
    elif isinstance(a, np.ndarray):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype
    elif isinstance(a, Mapping):
        assert list(a) == list(b)
        for key in a:
            check_equal(a[key], b[key])
    elif isinstance(a, tuple | list):
        assert len(a) == len(b)
        for x, y in zip(a, b, strict=True):
            check_equal(x, y)
    elif hasattr(a, "__dataclass_fields__"):
        for name in a.__dataclass_fields__:
            check_equal(getattr(a, name), getattr(b, name))
    else:
        assert a == b or (a != a and b != b)


@pytest.fixture
def as_part_of_the_package(monkeypatch):
    """Let the classes above pass for classes of the package; loading refuses all others."""
    monkeypatch.setitem(sys.modules, "cgsurvey.example", sys.modules[__name__])
    for cls in (Example, Inner):
        monkeypatch.setattr(cls, "__module__", "cgsurvey.example")


@pytest.mark.usefixtures("as_part_of_the_package")
def test_save_and_load_give_the_same(example, tmp_path):
    path = example.save(tmp_path / "result")
    assert path.name == "result.cgr"
    again = load_result(path)
    plain = {"numpy_number": 2.5, "mapping": {"a": 3, 2: {"deep": (1, None, math.inf)}}, "listed": (True, [1, "x"])}
    for name in Example.__dataclass_fields__:
        check_equal(plain.get(name, getattr(example, name)), getattr(again, name))
    assert again.model.labels == {"f": {"en": "F", "id": "F"}}
    assert again.notes[0].render("id") == example.notes[0].render("id")


@pytest.mark.usefixtures("as_part_of_the_package")
def test_numbers_are_saved_unrounded(example, tmp_path):
    assert load_result(example.save(tmp_path / "r.cgr")).tidy()["mean"][0] == 1.23456789012345


def test_where_a_result_cannot_be_saved(example, tmp_path):
    with pytest.raises(DataError, match=r"the folder 'absent' for r\.cgr does not exist"):
        example.save(tmp_path / "absent" / "r")
    with pytest.raises(DataError, match=r"saved as .cgr, not as '.docx'.*cg.report"):
        example.save(tmp_path / "r.docx")
    with pytest.raises(DataError, match=r"r\.cgr is not a saved result: there is no such file"):
        load_result(tmp_path / "r.cgr")
    assert not list(tmp_path.iterdir())


def test_pickle(example):
    check_equal(example, pickle.loads(pickle.dumps(example)))


def test_frozen(example):
    with pytest.raises(FrozenInstanceError):
        example.number = 2


def test_html_escapes_and_has_no_colours(example):
    html = example._repr_html_()
    assert "<b>" not in html and "a&lt;b&gt;" in html and "&lt;tru1&gt;" in html
    assert "Simulated data." in html
    assert "color:" not in html.replace("currentColor", "") and "background" not in html


def test_summary(example):
    text = example.summary()
    assert text.startswith("Example\n=======\nSimulated data.") and "[warning]" in text
    assert example.to_frame() is example.table


def test_a_part_that_cannot_be_saved_is_named(example, tmp_path):
    bad = Example(**{**{f: getattr(example, f) for f in Example.__dataclass_fields__}, "mapping": {"f": object()}})
    with pytest.raises(TypeError, match=r"result\.mapping\.0: a object cannot be part of a saved result"):
        bad.save(tmp_path / "bad.cgr")
    assert not (tmp_path / "bad.cgr").exists()


@pytest.mark.parametrize("content", [b"", b"no zip", None])
def test_what_is_no_saved_result_is_refused(tmp_path, content):
    path = tmp_path / "other.cgr"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"other\.cgr is not a saved result"):
        load_result(path)


@pytest.mark.parametrize("named", ["os:system", "cgsurvey.base.data:read_yaml", "pathlib:Path"])
def test_a_saved_result_cannot_name_foreign_code(tmp_path, named):
    path = tmp_path / "evil.cgr"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("result.json", json.dumps({"result": {"$type": named, "fields": {"path": "x"}}}))
    with pytest.raises(DataError, match=r"foreign class|no part of a result"):
        load_result(path)


def test_data_hash():
    frame = pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]})
    assert data_hash(frame) == data_hash(frame.copy())
    assert data_hash(frame) != data_hash(frame.rename(columns={"a": "c"}))
    assert data_hash(frame) != data_hash(frame.assign(b=["x", "z"]))
    assert data_hash(frame[["a"]]) == data_hash(frame[["a"]].astype(int))
    assert data_hash(np.eye(2)) != data_hash(np.ones((2, 2)))


def test_labels():
    meta = Meta(labels={"f": {"en": "Trust", "id": "Kepercayaan"}, "g": {"en": "Goal"}})
    assert [meta.label("f", "id"), meta.label("g", "id"), meta.label("h")] == ["Kepercayaan", "Goal", "h"]
    assert {"python", "cgsurvey", "numpy"} <= set(meta.versions)


def test_a_result_without_tables_says_so():
    with pytest.raises(AttributeError, match="Result has no tidy table"):
        Result().tidy()
    with pytest.raises(AttributeError, match="one-row summary"):
        Result().glance()
    assert Result(notes=(Note("info", "a.b", "text"),)).notes[0].text == "text"
