"""Tables and sentences of criteria, activities and ties, in both languages."""

from __future__ import annotations

import pandas as pd

import cgsurvey as cg


def test_criteria_activities_and_ties_are_shown_in_both_languages():
    raters = pd.DataFrame({"crit_formal": ["yes", "no"], "act_grant_give": [3, 0], "act_grant_get": [1, 0]})
    told = pd.DataFrame({"of": ["a", "b", "a"], "about": ["b", "a", "c"], "wog_step": [4, 3, 9]})
    wanted = (
        (cg.criteria(raters), "gate", "not met", "tidak terpenuhi", "In 0 of 1 units", "Pada 0 dari 1 unit"),
        (cg.criteria(raters), "criteria", "unknown", "tidak diketahui", "2 respondents", "2 responden"),
        (cg.activities(raters), "activities", "Managing grants", "Mengelola hibah", "is 0.33", "0,33"),
        (
            cg.activities(raters),
            "reciprocity",
            "Grant management",
            "Pengelolaan",
            "reciprocity of giving",
            "Timbal balik antara",
        ),
        (cg.ladder(told, "of", "about"), "ladder", " .67", "0,67", "2 pairs were rated", "2 pasangan dinilai"),
        (
            cg.ladder(told, "of", "about"),
            "partners",
            "13.00",
            "13,00",
            "named the same step",
            "menyebut tahap yang sama",
        ),
    )
    for result, kind, cell, sel, sentence, kalimat in wanted:
        assert cell in str(cg.table(result, kind)) and sel in str(cg.table(result, kind, language="id"))
        assert sentence in str(cg.narrate(result)) and kalimat in str(cg.narrate(result, language="id"))
