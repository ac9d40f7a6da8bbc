"""How numbers are printed."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cgsurvey.base.errors import OptionError
from cgsurvey.present.numbers import excel_format, language_of, p_phrase, show


@pytest.mark.parametrize(
    ("value", "kind", "digits", "en", "id_"),
    [
        (0.834, "coefficient", None, ".83", "0,83"),
        (-0.0451, "coefficient", 3, "−.045", "−0,045"),
        (1.021, "coefficient", None, "1.02", "1,02"),
        (-0.0001, "coefficient", None, ".00", "0,00"),
        (0.0321, "p", None, ".032", "0,032"),
        (0.00099, "p", None, "< .001", "< 0,001"),
        (0.0, "p", None, "< .001", "< 0,001"),
        (0.9999, "p", None, "> .999", "> 0,999"),
        (0.5, "number", None, "0.50", "0,50"),
        (12345.678, "statistic", None, "12,345.68", "12.345,68"),
        (1234, "count", None, "1,234", "1.234"),
        (0.1234, "share", None, "12.3", "12,3"),
        (71.25, "percent", None, "71.2", "71,2"),
        (True, "flag", None, "Yes", "Ya"),
        (False, "flag", None, "No", "Tidak"),
        ("teks", "number", None, "teks", "teks"),
        (math.nan, "coefficient", None, "–", "–"),
        (None, "number", None, "–", "–"),
        (pd.NA, "flag", None, "–", "–"),
        (-math.inf, "number", None, "−∞", "−∞"),
    ],
)
def test_each_kind_in_both_languages(value: object, kind: str, digits: int | None, en: str, id_: str) -> None:
    assert show(value, kind, "en", digits) == en
    assert show(value, kind, "id", digits) == id_


def test_p_in_running_text() -> None:
    assert [p_phrase(p) for p in (0.0324, 0.0004, 1.0)] == ["p = .032", "p < .001", "p > .999"]
    assert [p_phrase(p, "id") for p in (0.0324, 0.0004)] == ["p = 0,032", "p < 0,001"]


@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_a_printed_number_reads_back_within_its_digits(value: float, digits: int) -> None:
    for language, swap in (("en", str.maketrans({",": ""})), ("id", str.maketrans({".": "", ",": "."}))):
        text = show(value, "number", language, digits)
        assert math.isclose(float(text.translate(swap).replace("−", "-")), value, abs_tol=0.5000001 * 10.0**-digits)


@given(st.floats(0, 1))
def test_a_printed_p_never_claims_less_than_it_knows(p: float) -> None:
    text = show(p, "p", "en")
    if text.startswith("<"):
        assert p < 0.001
    elif text.startswith(">"):
        assert p > 0.999
    else:
        assert 0.001 <= float(text) <= 0.9995 and abs(float(text) - p) <= 0.000501


def test_excel_shows_what_is_printed() -> None:
    assert excel_format("coefficient", "en", 3) == ".000"
    assert excel_format("coefficient", "id", 2, " ✓") == '0.00" ✓"'
    assert excel_format("p", "en") == '[<0.001]"< .001";[>0.9995]"> .999";.000'
    assert excel_format("p", "id").startswith('[<0.001]"< 0,001"')
    assert excel_format("count") == "#,##0"
    assert excel_format("text") == "General"


def test_an_unknown_language_is_refused_with_what_is_known() -> None:
    with pytest.raises(OptionError, match=r"language='de' is not known.*'en', 'id'"):
        language_of("de")
