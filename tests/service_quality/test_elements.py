"""Which column is which element: by key or words, never by position; and whose answers count."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg

NAMES = [f"U{k}" for k in range(1, 10)]
HEADINGS = {
    "U1": "Kesesuaian persyaratan pelayanan dengan jenis pelayanannya",
    "U2": "Kemudahan prosedur pelayanan di unit ini",
    "U3": "Kecepatan waktu dalam memberikan pelayanan",
    "U4": "Kewajaran biaya/tarif dalam pelayanan",
    "U5": "Kesesuaian produk pelayanan antara yang tercantum dalam standar dengan hasil yang diberikan",
    "U6": "Kompetensi/kemampuan petugas dalam pelayanan",
    "U7": "Perilaku petugas terkait kesopanan dan keramahan",
    "U8": "Penanganan pengaduan pengguna layanan",
    "U9": "Kualitas sarana dan prasarana",
}


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame(rng.integers(1, 5, size=(40, 9)), columns=NAMES)


def codes(x: cg.Result) -> set[str]:
    return {n.code.partition(".")[2] for n in x.notes}


def test_order_of_columns_does_not_matter(frame):
    turned = frame[frame.columns[::-1]].assign(age=30)
    pd.testing.assert_frame_equal(cg.ikm(frame).tidy(), cg.ikm(turned).tidy())


@pytest.mark.parametrize(
    "spell", [str.lower, lambda u: f"Unsur {u[1:]}", lambda u: f"U-0{u[1:]}", lambda u: f"U_{u[1:]}"]
)
def test_spellings_of_the_key(frame, spell):
    pd.testing.assert_frame_equal(cg.ikm(frame).tidy(), cg.ikm(frame.rename(columns=spell)).tidy())


def test_headings_of_the_official_form_are_recognised(frame):
    found = cg.ikm(frame.rename(columns=HEADINGS))
    pd.testing.assert_frame_equal(found.tidy(), cg.ikm(frame).tidy())
    assert "by_words" in codes(found) and "keys_only" not in codes(found)


def test_words_win_over_the_number(frame):
    """The form asks facilities eighth and complaints ninth: the elements of the regulation change their columns."""
    form = frame.rename(columns={"U8": "U8. Sarana dan prasarana", "U9": "U9. Penanganan pengaduan"})
    one, other = cg.ikm(frame).tidy().set_index("element"), cg.ikm(form)
    told = other.tidy().set_index("element")
    assert told.loc["U8", "nrr"] == one.loc["U9", "nrr"] and told.loc["U9", "nrr"] == one.loc["U8", "nrr"]
    assert "U8 = 'U9. Penanganan pengaduan'" in next(n.text for n in other.notes if n.code.endswith("by_words"))


def test_importance_beside_the_elements_is_no_second_element(frame):
    both = frame.join(frame.add_suffix("_importance")).assign(U10_importance=3)
    pd.testing.assert_frame_equal(cg.ikm(both).tidy(), cg.ikm(frame).tidy())


def test_bare_keys_are_told(frame):
    text = next(n.text for n in cg.ikm(frame).notes if n.code.endswith("keys_only"))
    assert "U8 is complaint handling and U9 facilities" in text


def test_elements_are_named(frame):
    columns = {u: f"q{k}" for k, u in enumerate(NAMES)}
    named = frame.rename(columns=columns)
    swapped = {**columns, "U8": columns["U9"], "U9": columns["U8"]}
    found = cg.ikm(named, elements=swapped).tidy()
    assert found["sum"].tolist()[7:] == [frame["U9"].sum(), frame["U8"].sum()]
    words = "requirements procedure time cost product competence conduct complaints facilities"
    keys = dict(zip(words.split(), columns.values(), strict=True))
    pd.testing.assert_frame_equal(cg.ikm(named, elements=keys).tidy(), cg.ikm(frame).tidy())


def test_an_instrument_names_the_elements():
    core = cg.ikm(cg.load_sample("users"))
    assert "keys_only" not in codes(core) and core.meta.options["elements"]["U8"] == "U8"
    assert core.meta.label("U9", "id") == "Sarana dan prasarana"


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda d: d.drop(columns="U5"), cg.ColumnNotFoundError, r"lacks 1 of the nine elements.*: U5 \(Product"),
        (lambda d: d.assign(U10=3), cg.DataError, r"beyond the nine of PermenPANRB 14/2017: U10.*leave_out"),
        (lambda d: d.assign(u8=3), cg.DataError, r"U8 .Complaint handling.: U8, u8\. Say which is which"),
        (
            lambda d: d.rename(columns={"U8": "U8 sarana"}),
            cg.DataError,
            r"more than one column could be the same element.*U9 .Facilities.: U8 sarana, U9",
        ),
        (
            lambda d: d.assign(U3=d["U3"].replace(4, 5)),
            cg.CodingError,
            r"'U3' holds \d+ scores that are not 1 to 4: 5 \(row .*scale=\(1, 5\)",
        ),
        (lambda d: d.assign(U3=d["U3"].replace(4, 9)), cg.CodingError, r"9 \(row \d+\).*leave those empty"),
        (lambda d: d.assign(U3=2.5), cg.CodingError, r"'U3' holds 40 scores that are not 1 to 4: 2.5 \(row 0\)"),
        (lambda d: d.assign(U3="puas"), cg.CodingError, r"'U3': 'puas' \(row 0\)"),
        (lambda d: d.assign(U3=np.nan), cg.SampleError, r"nobody answered U3 \('U3'\)"),
        (lambda d: d.iloc[:0], cg.SampleError, "nobody to compute an index of"),
    ],
)  # fmt: skip
def test_bad_input(frame, change, error, message):
    with pytest.raises(error, match=message):
        cg.ikm(change(frame))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"elements": {"U1": "U1"}}, "lacks U2"),
        ({"elements": NAMES}, "never by position"),
        ({"elements": {"U12": "U1"}}, "names no element of the index by 'U12'"),
        ({"elements": dict.fromkeys(NAMES, "U1")}, "twice: U1"),
        ({"weight": 0.12}, "weight=0.12 is not known"),
        ({"interval": "normal"}, "interval='normal' is not known"),
        ({"scale": (4, 1)}, "the lowest and the highest score"),
        ({"users": "user"}, "users must name one column"),
        ({"order": [1, 2]}, "name their column"),
        ({"by": ["U1", "U1"]}, "names a column twice"),
    ],
)
def test_bad_options(frame, options, message):
    with pytest.raises(cg.OptionError, match=message):
        cg.ikm(frame, **options)


def test_unknown_columns(frame):
    with pytest.raises(cg.ColumnNotFoundError, match=r"'offices'.*Did you mean 'office'"):
        cg.ikm(frame.assign(office="a"), by="offices")


def test_further_elements_are_left_out_on_request(frame):
    found = cg.ikm(frame.assign(U10=3, U11=4), extra="leave_out")
    pd.testing.assert_frame_equal(found.tidy(), cg.ikm(frame).tidy())
    assert "U10, U11" in next(n.text for n in found.notes if n.code.endswith("extra_left_out"))


def test_five_answers_are_converted_on_request(frame):
    five = frame.replace({4: 5, 3: 4, 2: 2})
    found = cg.ikm(five, scale=(1, 5))
    expected = 25 * (1 + 0.75 * (five.mean() - 1)).mean()
    assert found.glance()["ikm"][0] == pytest.approx(expected, abs=1e-12)
    text = next(n for n in found.notes if n.code.endswith("converted"))
    assert text.level == "warning" and "convention of this software" in text.text


def test_partners_are_left_out(frame):
    role = ["user", "gov", "private", "user"] * 10
    found = cg.ikm(frame.assign(role=role))
    users = np.array(role) == "user"
    assert found.glance()["n"][0] == users.sum()
    assert found.glance()["ikm"][0] == pytest.approx(25 * frame[users].mean().mean(), abs=1e-12)
    assert "20 rows of others" in next(n.text for n in found.notes if n.code.endswith("not_users"))
    own = cg.ikm(frame.assign(who=role), users={"who": "gov"})
    assert own.glance()["n"][0] == 10
    with pytest.raises(cg.OptionError, match="nobody answered 'guest' in 'who'"):
        cg.ikm(frame.assign(who=role), users={"who": "guest"})


def test_roles_that_are_not_known_are_told(frame):
    found = cg.ikm(frame.assign(role="tamu"))
    assert found.glance()["n"][0] == 40 and "role_unknown" in codes(found)


def test_the_sample_of_both_roles_keeps_its_users():
    partners = cg.load_sample("partners")
    with pytest.raises(cg.CgSurveyError):
        cg.ikm(partners)
