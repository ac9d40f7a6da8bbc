"""The cases of the battery on single scales."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

CASES = ("bfi_A", "bfi_A_noreverse", "bfi_C", "bfi_E", "binary", "cg_dis", "cg_pe12", "cg_sq", "hs_9", "hs_visual")


@dataclass(frozen=True)
class Case:
    """Complete rows of a scale, keyed as psych keyed it, and what psych, semTools and lavaan say of it."""

    x: np.ndarray
    expected: dict[str, Any]
    turned: bool


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, shared: Path) -> Case:
    content = json.loads((shared / "reference/dev/reliability" / f"rel_{request.param}.json").read_text())
    spec = content["data"]
    frame = pd.read_csv(shared / "reference/dev/data" / spec["file"])[spec["variables"]].dropna()
    low, high = frame.min().min(), frame.max().max()
    for name in spec["reversed"] or []:
        frame[name] = low + high - frame[name]
    return Case(frame.to_numpy(float), content["expected"], bool(spec["reversed"]))
