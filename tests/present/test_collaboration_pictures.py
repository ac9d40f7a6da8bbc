"""Pictures of the collaboration room: what is drawn, in both languages, no text over another."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.present.figures.plot import plot_kinds
from cgsurvey.present.report.pictures import BESIDE, CAPTIONS
from cgsurvey.present.tables import tables
from tests.present.pictured import overlapping, words

PARTNERS = ["Dinas Perizinan Terpadu", "Kantor Pajak", "LSM Peduli Layanan", "Universitas Wanasari", "Radio Kota"]


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    rng, block = np.random.default_rng(3), cg.load_instrument("partnership")
    data = pd.DataFrame({i.name: rng.choice(i.scale.scores, 90) for i in block.items})
    of, shift = rng.integers(0, 5, 90), rng.integers(1, 5, 90)
    names = np.array(PARTNERS, dtype=object)
    return data.assign(
        organisation=names[of], about_partner=names[(of + shift) % 5], role=rng.choice(["gov", "civil"], 90)
    )


def results(data: pd.DataFrame) -> list[cg.Result]:
    return [
        cg.criteria(data, unit="role"),
        cg.activities(data),
        cg.exchange(data),
        cg.ladder(data, "organisation", "about_partner"),
        cg.forms(data, by="role"),
        cg.challenges(data, by="role"),
        cg.harms(data),
    ]


@pytest.mark.parametrize("language", ["en", "id"])
def test_every_picture_has_its_words_and_none_covers_another(answers: pd.DataFrame, language: str) -> None:
    kinds = []
    for result in results(answers):
        for kind in plot_kinds(result, language=language):
            picture = cg.plot(result, kind, language=language)
            assert picture.alt and not overlapping(picture), kind
            kinds.append(kind)
    assert kinds == [
        *("gate", "activities", "exchange", "exchange_network", "exchange_training", "exchange_equipment"),
        *("exchange_technical", "exchange_grant", "ladder", "ladder_network", "forms", "forms_together"),
        *("challenges", "harms"),
    ]
    of_one_activity = {k for k in kinds if k.startswith("exchange_") and k != "exchange_network"}
    assert set(kinds) - set(CAPTIONS) == of_one_activity  # a report shows all activities together


def test_pictures_stand_beside_tables_that_there_are(answers: pd.DataFrame) -> None:
    for result in results(answers):
        shown = {t.name for t in tables(result)}
        assert {BESIDE[k] for k in plot_kinds(result) if k in BESIDE} <= shown


def test_the_gate_is_drawn_by_symbols() -> None:
    raters = {f"crit_{n}": ["yes", "no"] for n in ("initiated", "nonstate", "deciding", "formal", "consensus")}
    found = cg.criteria(pd.DataFrame({**raters, "crit_public": ["partly", None], "office": ["a", "b"]}), unit="office")
    signs = [line.get_gid() for line in cg.plot(found).axes[0].lines if line.get_gid()]
    assert signs == [*["yes"] * 5, "partly", "partly", *["no"] * 5, "no"]
    assert "?" in words(cg.plot(found)) and "a: partly met. b: not met." in cg.plot(found).alt


def test_bars_stand_for_giving_and_receiving() -> None:
    found = cg.activities(pd.DataFrame({"act_aid": [3], "act_grant_give": [2], "act_grant_get": [1]}))
    bars = {bar.get_gid(): bar.get_width() for bar in cg.plot(found).axes[0].patches}
    assert bars == {"joint": pytest.approx(1), "give": pytest.approx(2 / 3), "receive": pytest.approx(1 / 3)}
    assert "Grant management: giving 0.67, receiving 0.33." in cg.plot(found).alt


def test_maps_and_networks_show_what_is_known() -> None:
    told = pd.DataFrame({"of": ["a", "b", "a"], "about": ["b", "a", "c"], "wog_step": [4, 3, 9]})
    found = cg.ladder(told, "of", "about")
    inside = [t.get_text() for t in cg.plot(found).axes[0].texts]
    assert inside[:3] == ["4", "9", "3"]
    network = cg.plot(found, "ladder_network")
    lines = [t.arrow_patch.get_linewidth() for t in network.axes[0].texts if t.get_gid() == "tie"]
    assert lines == pytest.approx([0.4 + 2.6 * 3 / 9, 0.4 + 2.6]) and "between a and c" in network.alt
    flows = cg.exchange(told.assign(act_grant_give=[3, 1, 0]), "of", "about")
    assert "2 flows" in cg.plot(flows, "exchange_network").alt and plot_kinds(flows) == ("exchange", "exchange_network")


def test_the_sample_speaks_of_its_groups_in_words() -> None:
    data = cg.load_sample("partnership")
    found = cg.challenges(data, by="role")
    assert "Instansi pemerintah" in words(cg.plot(found, language="id")) and "Civil society" in str(cg.table(found))
    gate = cg.plot(cg.criteria(data, unit="office"))
    assert not overlapping(gate) and "Forum Layanan Wanasari" in words(gate)


def test_many_partners_have_no_picture() -> None:
    told = pd.DataFrame({"of": "a", "about": [f"p{k}" for k in range(20)], "wog_step": 3, "act_grant_give": 1})
    with pytest.raises(cg.OptionError, match="nothing that a picture could show"):
        cg.plot(cg.exchange(told, "of", "about"))
