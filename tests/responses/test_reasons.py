"""What a file itself declares as no answer is kept apart by its reason."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from reading import TRUST

from cgsurvey.responses import read_responses
from cgsurvey.responses.importing import read
from cgsurvey.responses.readers import open_table
from cgsurvey.responses.readers.reasons import reason_of


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("Refused to answer", "refused"),
        ("Menolak menjawab", "refused"),
        ("Prefer not to say", "refused"),
        ("Don’t know", "dont_know"),
        ("Tidak tahu / tidak berlaku", "dont_know"),
        ("Not applicable", "dont_know"),
        ("Question not asked", "not_asked"),
        ("Seen but unanswered", "blank"),
        ("Tidak ditanyakan", "not_asked"),
        ("missing", "blank"),
        ("", "blank"),
    ],
)
def test_reason_is_told_by_words(words: str, reason: str) -> None:
    assert reason_of(words) == reason


def test_stated_reasons_reach_the_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame({"tru1": ["1", "-7", ".b", ""], "tru2": ["5", "98", "4", "9"], "tru3": list("3333"), "x": "9"})
    stated = {
        0: {"-7": "refused", ".b": "not_asked"},
        1: {"98": "blank", "9": "blank", "5": "blank"},
        3: {"9": "blank"},
    }
    monkeypatch.setattr(read, "open_table", lambda *a, **k: replace(open_table(*a, **k), reasons=stated))
    data = read_responses(frame, TRUST)
    assert data.reasons["tru1"].tolist() == ["", "refused", "not_asked", "blank"]
    # The scale knows 98 as "don't know", which says more than "missing"; 5 is a score, and the file is followed.
    assert data.reasons["tru2"].tolist() == ["blank", "dont_know", "", "blank"]
    assert np.array_equal(data.frame["tru2"], [np.nan, np.nan, 4, np.nan], equal_nan=True)
    assert data.frame["x"].isna().all()
    notes = {n.code: n.text for n in data.notes}
    assert "declares 5 as no answer" in notes["responses.stated_over_score"]
    assert "no answer: 9, in 3 columns (7 blank, 1 not_asked, 1 refused)" in notes["responses.stated_missing"]
    told = read_responses(frame, TRUST, missing_codes={9: "refused"})
    assert told.reasons["tru2"].tolist() == ["blank", "dont_know", "", "refused"]
