"""What the parts of a study are called where one is spoken of."""

from __future__ import annotations

import re

from cgsurvey.present.report.outline import TITLES

# Sections of a plan whose name is none of a chapter.
_SECTIONS = {
    "sample_size": ("Sample size", "Ukuran sampel"),
    "power": ("Power", "Daya uji"),
    "k_anonymity": ("Anonymity of the respondents", "Anonimitas responden"),
    "representativeness": ("Sample and population", "Sampel dan populasi"),
    "nonresponse_bias": ("Bias by non-response", "Bias nonrespons"),
    "exclusion_sensitivity": ("Sensitivity to exclusions", "Kepekaan terhadap pengeluaran responden"),
    "missingness": ("Missing answers", "Jawaban kosong"),
    "mcar_test": ("Little's test", "Uji Little"),
    "normality": ("Normality", "Normalitas"),
    "survey_estimates": ("Estimates for the population", "Estimasi untuk populasi"),
    "ikm": ("Satisfaction index", "Indeks Kepuasan Masyarakat"),
    "ikm_link": ("Satisfaction index and score of quality", "Indeks kepuasan dan skor mutu"),
    "criteria": ("Criteria of a forum", "Kriteria forum"),
    "activities": ("Activities of the partners", "Kegiatan para mitra"),
    "exchange": ("Exchange among the partners", "Pertukaran antarmitra"),
    "ladder": ("Ladder of collaboration", "Jenjang kolaborasi"),
    "forms": ("Forms of collaboration", "Bentuk kolaborasi"),
    "challenges": ("Challenges", "Tantangan"),
    "harms": ("Harms", "Kerugian"),
    "service_quality": ("Service quality", "Mutu layanan"),
    "ipa": ("Importance and performance", "Kepentingan dan kinerja"),
    "factorability": ("Factorability", "Kelayakan analisis faktor"),
    "parallel_analysis": ("Parallel analysis", "Analisis paralel"),
    "efa": ("Exploratory factor analysis", "Analisis faktor eksploratori"),
    "omega": ("Reliability by omega", "Reliabilitas dengan omega"),
    "discriminant_validity": ("Discriminant validity", "Validitas diskriminan"),
    "correlate": ("Correlations", "Korelasi"),
    "crosstab": ("Cross-table", "Tabel silang"),
    "compare_groups": ("Comparison of groups", "Perbandingan kelompok"),
    "regress": ("Regression", "Regresi"),
}
_SIDES = {"partners": ("partners", "mitra"), "users": ("users", "pengguna")}


def words(name: str) -> dict[str, str]:
    """Return the words for a part such as "measurement", "description_users" or "crosstab_2", per language."""
    found = re.fullmatch(r"(\w+?)(?:_(\d+|partners|users))?", name)
    stem, more = (found[1], found[2]) if found and name not in TITLES and name not in _SECTIONS else (name, None)
    title = TITLES.get(stem)
    en, id_ = (title.en, title.id) if title is not None else _SECTIONS.get(stem, (stem, stem))
    said, told = _SIDES.get(more or "", (more, more))
    return {"en": f"{en} ({said})", "id": f"{id_} ({told})"} if more else {"en": en, "id": id_}
