"""The options of a plan reach both models as they would reach cfa() and sem(); what is unknown is refused at once."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import cgsurvey as cg
from cgsurvey.study import new_study, read_plan

MEASURED = """discovery =~ pe_dis1 + pe_dis2 + pe_dis3
determination =~ pe_det1 + pe_det2 + pe_det3
satisfaction =~ sat1 + sat2 + sat3
"""
PATHS = "determination ~ discovery\nsatisfaction ~ determination + discovery\n"


def planned(folder, estimation, design=""):
    """A study of three constructs of the simulated sample."""
    plan = new_study(folder)
    text = plan.read_text(encoding="utf-8")
    text = re.sub(r'estimator = "MLR"\nmissing = "fiml"\n', f"{estimation}\n", text)
    text = re.sub(r"\[measurement\][\s\S]*?\[report\]", "", text).replace('formats = ["docx", "html", "xlsx"]', "")
    text = re.sub(r'^(weights|cluster) = "\w+"\n', "", text, flags=re.M)
    text = text.replace("[data]\n", f"[data]\n{design}\n")
    text += f'[measurement]\nmodel = """{MEASURED}"""\n[structure]\nmodel = """{MEASURED}{PATHS}"""\n'
    plan.write_text(text + '[hypotheses]\nH1 = "determination ~ discovery > 0"\n', encoding="utf-8")
    return plan


def test_ordered_items_run_as_they_do_in_a_script(tmp_path):
    plan = planned(tmp_path / "s", 'estimator = "WLSMV"\nordered = true\nmissing = "pairwise"')
    found = cg.run_study(plan, write=False)
    for name in ("measurement", "structure"):
        fit = found[name]
        assert fit.options.estimator == "WLSMV" and fit.options.missing == "pairwise" and fit.options.ordered is True
        assert len(fit.table.ordered) == 9
    # Reliability is that of the answers; validity that of the model, HTMT of the correlations it was fitted to.
    rel, val = found["reliability"], found["validity"]
    fit = found["measurement"]
    again = cg.validity(fit)
    pd.testing.assert_frame_equal(val.htmt, again.htmt)
    r = pd.DataFrame(fit.samples[0].cov, fit.observed, fit.observed)
    a, b = list(fit.observed[:3]), list(fit.observed[3:6])
    within = [np.mean([r.loc[i, j] for n, i in enumerate(k) for j in k[:n]]) for k in (a, b)]
    assert val.htmt.iloc[0, 1] == pytest.approx(r.loc[a, b].to_numpy().mean() / np.sqrt(np.prod(within)))
    std = fit.standardized().query("op == '=~' and lhs == 'discovery'")["estimate"]
    assert val.tidy().set_index("construct").loc["discovery", "ave"] == pytest.approx((std**2).mean())
    assert rel.tidy()["alpha"].between(0.6, 0.95).all()
    assert any(n.code == "study.cross_check_complete_rows_ordered" for n in found.notes)
    assert found["hypotheses"].tidy()["decision"].tolist() == ["supported"]


def test_items_can_be_named(tmp_path):
    found = cg.run_study(planned(tmp_path / "s", 'ordered = ["sat1", "sat2"]'), write=False)
    assert found["structure"].table.ordered == ("sat1", "sat2")
    assert found["structure"].options.estimator == "WLSMV"
    with pytest.raises(
        cg.OptionError, match=r"ordered names what is no item of the models: 'satt1'. Did you mean 'sat1'"
    ):
        cg.run_study(planned(tmp_path / "t", 'ordered = ["satt1"]'), write=False)


def test_resamples_take_the_seed_of_the_study(tmp_path):
    chosen = 'estimator = "ML"\nse = "bootstrap"\nbootstrap = 40\nci_type = "bc"\nci = 0.9'
    found = cg.run_study(planned(tmp_path / "s", chosen), write=False)
    fit = found["structure"]
    assert fit.meta.seed == 20261122 and fit.options.ci_type == "bc" and fit.options.ci == 0.9
    assert fit.bootstrap.requested == 40
    again = cg.run_study(planned(tmp_path / "t", chosen), write=False)["structure"]
    pd.testing.assert_frame_equal(fit.tidy(), again.tidy())


def test_design_of_the_data_and_of_the_options(tmp_path):
    design = 'weights = "weight"\ncluster = "office"\nstrata = "district"'
    found = cg.run_study(planned(tmp_path / "s", 'estimator = "MLR"', design), write=False)
    options = found["measurement"].options
    assert (options.weights, options.cluster, options.strata) == ("weight", "office", "district")
    assert "cross_check" in found.parts
    off = 'estimator = "ML"\ncluster = false\nstrata = false\nweights = false'
    options = cg.run_study(planned(tmp_path / "t", off, design), write=False)["measurement"].options
    assert (options.weights, options.cluster, options.strata, options.se) == (None, None, None, "standard")


@pytest.mark.parametrize(
    ("estimation", "words"),
    [
        ('estimater = "ML"', r"study.toml: \[estimation\] unknown option: 'estimater'. Did you mean 'estimator'"),
        ('estimator = "WLSMW"', r"estimator='WLSMW' is not known. Did you mean"),
        ('estimator = "MLR"\nordered = true', "ordered items are not fitted by estimator='MLR'"),
        ('estimator = "WLSMV"\nordered = true\nmissing = "fiml"', "likelihood method"),
        ('se = "bootstrap"\nbootstrap = 2', "bootstrap=2 must be a whole number of 10 or more"),
        ('se = "bootstrap"\nci_type = "prec"', "ci_type='prec' is not known"),
        ("seed = 4", r"takes no seed \(the seed of a study stands in \[study\]\)"),
        ('group = "district"', "groups are compared by a section of their own"),
        ('engine = "semopy"', "the second engine checks the final model"),
    ],
)
def test_what_cannot_take_effect_is_refused_before_the_data_are_read(tmp_path, estimation, words):
    with pytest.raises(cg.OptionError, match=words):
        read_plan(planned(tmp_path / "s", estimation))


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_scaffold_names_the_options(tmp_path, language):
    text = new_study(tmp_path / "s", language=language).read_text(encoding="utf-8")
    for word in ("WLSMV", "ordered = true", "pairwise", 'se = "bootstrap"', "ci_type", "parameterization", "cluster"):
        assert word in text
