"""The classical block in tables, pictures, narration and report, in both languages."""

import re

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.present import narrate, plot_kinds, report
from cgsurvey.present.narration.sentences import paragraphs, say
from cgsurvey.present.tables import tables
from cgsurvey.present.tables.style import Style

from .pictured import overlapping
from .pictured import words as drawn
from .test_narration import known


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    rng = np.random.default_rng(17)
    n = 160
    d = pd.DataFrame({"trust": rng.normal(3.5, 0.8, n).round(2), "age": rng.integers(20, 60, n)})
    d["school"] = pd.Categorical(rng.choice(["low", "mid", "high"], n), ["low", "mid", "high"], ordered=True)
    d["sex"] = rng.choice(["f", "m"], n)
    d["mood"] = 0.4 * d["trust"] + rng.normal(size=n)
    d["quality"] = 1 + 0.5 * d["trust"] + 0.4 * (d["school"] == "high") + rng.normal(0, 0.6, n)
    d["later"], d["level"] = d["quality"] + 0.3 + rng.normal(0, 0.5, n), pd.cut(d["quality"], 4, labels=False) + 1
    return d


@pytest.fixture(scope="module")
def results(people: pd.DataFrame) -> dict[str, cg.Result]:
    steps = ["quality ~ age", "quality ~ age + trust + school"]
    return {
        "regression": cg.regress(people, steps),
        "robust": cg.regress(people, "quality ~ trust * age", errors="HC3"),
        "steps": cg.regress(people, "quality", predictors=["trust"], mediator="mood"),
        "ordinal": cg.regress(people, ["level ~ age", "level ~ age + trust"], kind="ordinal"),
        "welch": cg.compare_groups(people, "quality", by="sex"),
        "anova": cg.compare_groups(people, ["quality", "mood"], by="school", method="anova"),
        "games": cg.compare_groups(people, "quality", by="school"),
        "kruskal": cg.compare_groups(people, "quality", by="school", method="kruskal_wallis"),
        "mann": cg.compare_groups(people, "quality", by="sex", method="mann_whitney"),
        "paired": cg.compare_groups(people, ["quality", "later"], paired=True),
        "friedman": cg.compare_groups(people, ["quality", "later", "mood"], paired=True, method="friedman"),
        "correlations": cg.correlate(people, ["quality", "trust", "age", "mood"]),
        "partial": cg.correlate(people, ["quality", "mood"], method="spearman", controls=["trust"], adjust=True),
        "crosstab": cg.crosstab(people, "school", "level", seed=1, replicates=200),
        "two": cg.crosstab(people.assign(high=people["quality"] > 3), "sex", "high"),
        "designed": cg.crosstab(
            cg.Responses(
                frame=people.assign(w=1.0 + (people["age"] > 40), pool=people.index % 20),
                design=cg.Design(weights="w", cluster="pool"),
            ),
            "school",
            "level",
        ),
    }


NAMES = [
    "regression", "robust", "steps", "ordinal", "welch", "anova", "games", "kruskal", "mann", "paired", "friedman",
    "correlations", "partial", "crosstab", "two", "designed",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dialect", ["apa", "thesis"])
def test_tables_print_in_both_languages(results, name, dialect):
    for language in ("en", "id"):
        made = tables(results[name], language, dialect=dialect)
        assert made
        for one in made:
            text = str(one)
            assert not re.search(r"\bnan\b", text) and one.title.of(language).split(":")[0] in text.replace("\n", " ")
            assert one.name not in [t.name for t in made if t is not one]


def test_the_thesis_dialect_uses_its_words(results):
    told = "\n".join(str(t) for t in tables(results["regression"], "id", dialect="thesis"))
    for words in ("uji t", "Uji F dan koefisien determinasi", "Uji normalitas", "Uji multikolinearitas", "t hitung"):
        assert words in told
    for words in ("Uji heteroskedastisitas", "Uji autokorelasi", "Uji linearitas", "(Konstanta)", "Tahap 2"):
        assert words in told


def test_numbers_of_the_tables_are_those_of_the_result(results):
    found = results["regression"]
    table = cg.table(found)
    names = [c.name for c in table.columns]
    b = [row[names.index("estimate")] for row in table.rows]
    assert b == found.coefficients["estimate"].tolist()
    matrix = cg.table(results["correlations"])
    assert matrix.rows[1][3].value == results["correlations"].matrix.iloc[1, 0]
    assert matrix.rows[1][3].mark == "***"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["en", "id"])
def test_every_number_that_is_told_comes_from_the_result(results, name, language):
    found = results[name]
    told = paragraphs(found, Style())
    assert set(told) <= {t.name for t in tables(found, language)}
    for sentences in told.values():
        for sentence in sentences:
            words = re.sub(r"[A-Za-z]+\d+", "", say(sentence, language)).replace("−", "")
            numbers = set(re.findall(r"(?<![\w.])[.]?\d+(?:[.,]\d+)*", words))
            assert numbers <= known(sentence.values, language) | {"5", "100"}, (sentence.key, numbers)


def test_words_are_careful(results):
    en, id_ = narrate(results["regression"]), narrate(results["regression"], "id")
    assert (
        "Higher trust goes with higher quality" in en and "not enough evidence of a relation with quality for age" in en
    )
    assert "belum cukup bukti adanya hubungan" in id_.lower() and "no proof of a cause" in en
    assert "bukan bukti sebab-akibat" in id_ and "historical steps" in narrate(results["steps"])


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("regression", ("residuals",)),
        ("ordinal", ()),
        ("anova", ("group_means",)),
        ("paired", ("group_means",)),
        ("correlations", ("correlation_matrix",)),
        ("crosstab", ("crosstab",)),
    ],
)
@pytest.mark.parametrize("language", ["en", "id"])
def test_pictures(results, name, kinds, language):
    assert plot_kinds(results[name], language=language) == kinds
    for kind in kinds:
        picture = cg.plot(results[name], kind, language=language)
        assert picture.alt and overlapping(picture) == []


def test_bars_of_a_cross_table_show_its_shares(results):
    found = results["two"]
    picture = cg.plot(found)
    widths = [p.get_width() for p in picture.axes[0].patches]
    assert sorted(widths) == pytest.approx(sorted(found.cells["row_share"]))
    assert {"f", "m", "False", "True"} <= set(drawn(picture))


def test_the_report_has_their_sections(results, tmp_path):
    made = report([results[n] for n in ("regression", "games", "correlations", "crosstab")], title="T", language="id")
    made.save(tmp_path / "r.docx")
    text = made.save(tmp_path / "r.html").read_text(encoding="utf-8")
    for words in ("Perbandingan kelompok", "Korelasi dan tabel silang", "Uji asumsi klasik", "Peta panas korelasi"):
        assert words in text
