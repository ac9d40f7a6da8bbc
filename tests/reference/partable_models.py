"""Models whose parameter tables are compared with lavaan's; `python partable_models.py` writes partable_models.json."""

from __future__ import annotations

import json
from pathlib import Path

THREE = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nh =~ x7 + x8 + x9"
SECOND = f"{THREE}\ntop =~ f + g + h"
GROUPS = {"group": "grp"}
MODELS: list[tuple[str, str, str, dict[str, object]]] = [
    ("cfa", "three", THREE, {}),
    ("cfa", "three_means", THREE, {"meanstructure": True}),
    ("cfa", "three_std_lv", THREE, {"std.lv": True}),
    ("cfa", "three_orthogonal", THREE, {"orthogonal": True}),
    ("cfa", "second_order", SECOND, {}),
    ("cfa", "second_order_std_lv", SECOND, {"std.lv": True}),
    ("sem", "second_order_outcome", f"{SECOND}\ny1 ~ top + z1\n", {}),
    ("cfa", "third_order", f"{THREE}\nk =~ y1 + y2 + y3\na =~ f + g\nb =~ h + k\ntop =~ a + b", {}),
    ("sem", "chain", f"{THREE}\ng ~ f\nh ~ g + f", {}),
    ("sem", "two_outcomes", f"{THREE}\nk =~ y1 + y2 + y3\nh ~ f + g\nk ~ f", {}),
    ("sem", "two_outcomes_orthogonal", f"{THREE}\nk =~ y1 + y2 + y3\nh ~ f + g\nk ~ f", {"orthogonal": True}),
    ("sem", "mixed_outcomes", f"{THREE}\nh ~ f + g\ny1 ~ f\ny2 ~ y1 + g", {}),
    ("sem", "mimic", f"{THREE}\nf + g ~ z1 + z2\nh ~ f", {}),
    ("sem", "mimic_random", f"{THREE}\nf + g ~ z1 + z2", {"fixed.x": False}),
    ("sem", "mimic_means", f"{THREE}\nf + g ~ z1 + z2", {"meanstructure": True}),
    ("sem", "path", "y1 ~ z1 + z2\ny2 ~ y1 + z1\ny3 ~ y1 + y2", {}),
    ("sem", "path_random", "y1 ~ z1 + z2\ny2 ~ y1 + z1", {"fixed.x": False}),
    (
        "sem",
        "path_parallel",
        "y1 ~ a1*z1\ny2 ~ a2*z1\ny3 ~ b1*y1 + b2*y2 + c*z1\ntotal := a1*b1 + a2*b2 + c\ny1 ~~ y2",
        {},
    ),
    ("sem", "path_covariates_modelled", "y1 ~ z1 + z2 + z3\nz1 ~~ z2\nz1 ~~ z1", {}),
    ("sem", "path_covariate_mean", "y1 + y2 ~ z1 + z2\ny3 ~ y1\nz1 ~ 1", {}),
    ("sem", "nonrecursive", "y1 ~ y2 + z1\ny2 ~ y1 + z2\ny1 ~~ y2", {}),
    ("sem", "covariances_only", "x1 ~~ x2\nx3 ~~ x2\nx4 ~~ x1 + x3\nx2 ~~ x2", {}),
    ("sem", "reversed_covariances", f"{THREE}\ng ~~ f\nh ~~ 0*f + g\nx5 ~~ x4\nx9 ~~ x1\nz1 ~~ f", {}),
    ("sem", "covariance_before", f"g ~~ 0*f\n{THREE}\nx2 ~~ x1 + x3", {}),
    ("sem", "observed_order", "y1 ~ z1 + f\nf =~ x2 + x3 + x4\nz2 ~~ y1\ny3 ~ 1\ny2 ~~ y2", {}),
    ("cfa", "single_indicator", "f =~ x1\ng =~ x2 + x3 + x4\nh =~ x5", {}),
    ("cfa", "single_indicator_variance", "f =~ x1\nx1 ~~ 0.3*x1\ng =~ x2 + x3 + x4", {}),
    ("cfa", "single_indicator_shared", "f =~ 1*x1\ng =~ x1 + x2 + x3 + x4", {}),
    ("cfa", "marker_freed", "f =~ NA*x1 + x2 + x3\nf ~~ 1*f", {}),
    ("cfa", "marker_elsewhere", "f =~ NA*x1 + x2 + 1*x3 + x4", {}),
    ("cfa", "marker_value", "f =~ 0.7*x1 + x2 + x3", {}),
    ("cfa", "marker_start", "f =~ start(2)*x1 + x2 + x3", {}),
    ("cfa", "labels_equal", "f =~ x1 + a*x2 + a*x3\ng =~ x4 + b*x5 + b*x6\nx1 ~~ v*x1\nx2 ~~ v*x2\nx3 ~~ v*x3", {}),
    ("cfa", "label_on_marker", "f =~ a*x1 + a*x2 + x3 + x4", {}),
    ("cfa", "label_and_value", "f =~ x1 + b*x2 + b*x3 + 0.5*x3 + x4", {}),
    ("cfa", "label_and_start", "f =~ x1 + a*x2 + start(.8)*x2 + start(1/3)*x3 + 2*3*x4 + -0.5*x5 + 0.4?x6", {}),
    (
        "cfa",
        "constraints",
        "f =~ x1 + a*x2 + b*x3\ng =~ x4 + c*x5 + d*x6\na == b\nm := (a + c)/2\nc > 0\nd == 2*c - 1\nk := m^2",
        {},
    ),
    ("cfa", "comments", "# head\nf =~ x1 + # first\n  x2 +\n  x3 ! last\ng =~ x4\n  + x5 + x6; f ~~ 0*g", {}),
    ("cfa", "intercepts", "f =~ x1 + x2 + x3\nx1 ~ 0*1\nf ~ 1\nx2 ~ m*1", {}),
    ("sem", "intercept_zero", "y1 ~ 0 + z1\ny2 ~ 1 + y1", {}),
    ("sem", "indicator_as_cause", "f =~ x1 + x2 + x3\ny1 ~ f + x1\nx2 ~ z1", {}),
    ("sem", "latent_covariate", f"{THREE}\ny1 ~ 0.5*f + NA*z1\nz1 ~~ z2", {}),
    ("sem", "fixed_regression", "y1 ~ 1*z1 + z2\ny2 ~ b*y1 + start(0.3)*z1", {}),
    ("sem", "phantom", "f =~ 0*x1\ng =~ x2 + x3 + x4\ng ~ f\nf ~~ 1*f", {}),
    ("sem", "observed_indicator_of_second", "f =~ x1 + x2 + x3\ntop =~ f + y1 + y2\ny1 ~ z1\ny3 ~ f + y2", {}),
    ("growth", "growth", "i =~ 1*y1 + 1*y2 + 1*y3\ns =~ 0*y1 + 1*y2 + 2*y3", {}),
    ("growth", "growth_covariates", "i =~ 1*y1 + 1*y2 + 1*y3\ns =~ 0*y1 + 1*y2 + 2*y3\ni + s ~ z1\ny2 ~ z2", {}),
    ("growth", "growth_groups", "i =~ 1*y1 + 1*y2 + 1*y3\ns =~ 0*y1 + 1*y2 + 2*y3\ns ~~ 0*i", GROUPS),
    ("cfa", "groups", THREE, GROUPS),
    ("cfa", "groups_loadings", THREE, {**GROUPS, "group.equal": ["loadings"]}),
    ("cfa", "groups_scalar", THREE, {**GROUPS, "group.equal": ["loadings", "intercepts"]}),
    (
        "cfa",
        "groups_all",
        THREE,
        {
            **GROUPS,
            "group.equal": [
                "loadings",
                "intercepts",
                "means",
                "residuals",
                "residual.covariances",
                "lv.variances",
                "lv.covariances",
                "regressions",
            ],
        },
    ),
    (
        "cfa",
        "groups_partial",
        f"{THREE}\nx1 ~~ x2",
        {
            **GROUPS,
            "group.equal": ["loadings", "intercepts", "residuals", "residual.covariances"],
            "group.partial": ["f=~x2", "x4~1", "x1~~x2", "x3 ~~ x3"],
        },
    ),
    ("cfa", "groups_std_lv", THREE, {**GROUPS, "group.equal": ["loadings", "intercepts"], "std.lv": True}),
    ("cfa", "groups_std_lv_variances", THREE, {**GROUPS, "group.equal": ["loadings", "lv.variances"], "std.lv": True}),
    ("cfa", "groups_second_order", SECOND, {**GROUPS, "group.equal": ["loadings", "intercepts"]}),
    ("cfa", "groups_means_only", THREE, {**GROUPS, "group.equal": ["means"]}),
    ("sem", "groups_regressions", f"{THREE}\nh ~ f + g", {**GROUPS, "group.equal": ["regressions"]}),
    (
        "sem",
        "groups_regressions_intercepts",
        f"{THREE}\nh ~ f + z1\ny1 ~ h",
        {**GROUPS, "group.equal": ["loadings", "intercepts", "regressions"]},
    ),
    (
        "sem",
        "groups_mimic",
        f"{THREE}\nf + g ~ z1 + z2",
        {**GROUPS, "group.equal": ["loadings", "lv.variances", "residuals"]},
    ),
    ("sem", "groups_path", "y1 ~ z1 + z2\ny2 ~ y1", {**GROUPS, "group.equal": ["intercepts", "residuals"]}),
    ("cfa", "groups_labels", "f =~ x1 + a*x2 + c(b, b)*x3 + c(d, e)*x4\nf ~~ c(1, NA)*f", GROUPS),
    (
        "cfa",
        "groups_values",
        "f =~ x1 + c(0.5, 0.6)*x2 + c(1, NA)*x3 + start(c(.7, .8))*x4\nx1 ~ c(0, 0)*1\nf ~ c(m1, m2)*1",
        GROUPS,
    ),
    ("cfa", "groups_labels_equal", "f =~ x1 + a*x2 + c(b, b)*x3 + c(d, e)*x4", {**GROUPS, "group.equal": ["loadings"]}),
    ("cfa", "groups_user_mean", "f =~ x1 + x2 + x3\nf ~ 0*1", {**GROUPS, "group.equal": ["loadings", "intercepts"]}),
    ("cfa", "three_groups", THREE, {"group": "grp3", "group.equal": ["loadings", "intercepts"]}),
    ("sem", "groups_constraints", "y1 ~ c(a1, a2)*z1 + c(b, b)*z2\ndiff := a1 - a2\na1 == 2*a2", GROUPS),
    ("cfa", "ordered", THREE, {"ordered": ["o1"]}),
    ("cfa", "ordered_all", "f =~ o1 + o2 + o3", {"ordered": ["o1", "o2", "o3"]}),
    ("cfa", "ordered_theta", "f =~ o1 + o2 + o3 + x1", {"ordered": ["o1", "o2", "o3"], "parameterization": "theta"}),
    ("sem", "ordered_outcome", f"{THREE}\no1 ~ f + g\ny1 ~ h", {"ordered": ["o1"]}),
    ("sem", "ordered_two_outcomes", f"{THREE}\no1 ~ f + g\no2 ~ h", {"ordered": ["o1", "o2"]}),
    (
        "cfa",
        "ordered_groups",
        "f =~ o1 + o2 + o3 + o4",
        {**GROUPS, "ordered": ["o1", "o2", "o3", "o4"], "group.equal": ["loadings", "thresholds"]},
    ),
    (
        "cfa",
        "ordered_groups_theta",
        "f =~ o1 + o2 + o3 + o4",
        {
            **GROUPS,
            "ordered": ["o1", "o2", "o3", "o4"],
            "parameterization": "theta",
            "group.equal": ["loadings", "thresholds"],
        },
    ),
    ("cfa", "ordered_groups_free", "f =~ o1 + o2 + o3 + o4", {**GROUPS, "ordered": ["o1", "o2", "o3", "o4"]}),
    ("cfa", "ordered_thresholds", "f =~ o1 + o2 + o3\no1 | 0*t1 + a*t2\no1 ~*~ NA*o1", {"ordered": ["o1", "o2", "o3"]}),
    ("lavaan", "bare", "f =~ 1*x1 + x2 + x3\nx1 ~~ x1\nx2 ~~ x2\nx3 ~~ x3\nf ~~ f", {}),
    ("lavaan", "bare_covariates", "f =~ 1*x1 + x2 + x3\nf ~ z1 + z2\nx1 ~~ x1\nx2 ~~ x2\nx3 ~~ x3\nf ~~ f", {}),
    (
        "lavaan",
        "bare_means",
        "f =~ 1*x1 + x2 + x3\nf ~ z1\nx1 ~ 1\nx1 ~~ x1\nx2 ~~ x2\nx3 ~~ x3\nf ~~ f",
        {"meanstructure": True},
    ),
    *(
        ("cfa", f"equal_{kind}", f"{THREE}\nx1 ~~ x5", {**GROUPS, "group.equal": [kind]})
        for kind in (
            "loadings",
            "intercepts",
            "means",
            "residuals",
            "residual.covariances",
            "lv.variances",
            "lv.covariances",
        )
    ),
    *(
        ("cfa", f"equal_{kind}_std_lv", THREE, {**GROUPS, "group.equal": ["loadings", kind], "std.lv": True})
        for kind in ("intercepts", "means", "residuals", "lv.variances", "lv.covariances")
    ),
    *(
        (
            "cfa",
            f"equal_{kind}_values_{k}",
            f"{THREE}\nx1 ~~ {modifier}*x5",
            {**GROUPS, "group.equal": ["residual.covariances", kind]},
        )
        for kind in ("loadings", "residuals")
        for k, modifier in enumerate(("c(0, NA)", "c(NA, 0)", "c(0, 0)", "c(0.2, NA)", "c(a, b)", "0", "c(0.1, 0.2)"))
    ),
    (
        "cfa",
        "equal_values_loadings",
        "f =~ x1 + c(1, NA)*x2 + c(NA, 0.8)*x3 + x4\nx1 ~ c(0, NA)*1",
        {**GROUPS, "group.equal": ["loadings", "intercepts"]},
    ),
    (
        "cfa",
        "equal_values_three",
        "f =~ x1 + c(1, NA, NA)*x2 + c(NA, 0.8, NA)*x3 + x4\nx3 ~~ c(0, NA, NA)*x4",
        {"group": "grp3", "group.equal": ["loadings", "residual.covariances"]},
    ),
    ("cfa", "equal_values_mean", f"{THREE}\nf ~ c(0, NA)*1", {**GROUPS, "group.equal": ["means"]}),
    (
        "cfa",
        "equal_values_scalar",
        f"{THREE}\nf ~ c(0, NA)*1\nf ~~ c(1, NA)*f",
        {**GROUPS, "group.equal": ["loadings", "intercepts", "lv.variances"]},
    ),
    (
        "cfa",
        "equal_partial_latent",
        f"{THREE}\nf ~~ 0.5*g",
        {**GROUPS, "group.equal": ["lv.variances", "lv.covariances"], "group.partial": ["f ~~ f", "g ~~ h"]},
    ),
    (
        "sem",
        "equal_partial_paths",
        f"{THREE}\nh ~ f + g\ny1 ~ h + z1",
        {
            **GROUPS,
            "group.equal": ["regressions", "means", "intercepts"],
            "group.partial": ["h ~ f", "y1 ~ z1", "y1 ~ 1"],
        },
    ),
    *(
        (
            "cfa",
            f"equal_ordered_{'_'.join(kinds)}_{way}",
            "f =~ o1 + o2 + o3 + o4",
            {**GROUPS, "ordered": ["o1", "o2", "o3", "o4"], "parameterization": way, "group.equal": list(kinds)},
        )
        for way in ("delta", "theta")
        for kinds in (
            ("thresholds",),
            ("loadings",),
            ("thresholds", "intercepts"),
            ("thresholds", "loadings", "means"),
            ("thresholds", "loadings", "residuals"),
            ("thresholds", "loadings", "lv.variances"),
            ("residuals",),
        )
    ),
    (
        "cfa",
        "equal_ordered_std_lv",
        "f =~ o1 + o2 + o3 + o4",
        {**GROUPS, "ordered": ["o1", "o2", "o3", "o4"], "std.lv": True, "group.equal": ["thresholds", "loadings"]},
    ),
    (
        "cfa",
        "equal_ordered_mixed",
        "f =~ o1 + o2 + x3 + x4",
        {**GROUPS, "ordered": ["o1", "o2"], "group.equal": ["thresholds", "loadings", "intercepts", "residuals"]},
    ),
    (
        "cfa",
        "equal_ordered_partial",
        "f =~ o1 + o2 + o3 + o4",
        {
            **GROUPS,
            "ordered": ["o1", "o2", "o3", "o4"],
            "group.equal": ["thresholds", "loadings"],
            "group.partial": ["o1 | t2", "f =~ o3"],
        },
    ),
    (
        "cfa",
        "equal_ordered_three",
        "f =~ o1 + o2 + o3 + o4",
        {"group": "grp3", "ordered": ["o1", "o2", "o3", "o4"], "group.equal": ["thresholds", "loadings"]},
    ),
    (
        "cfa",
        "equal_ordered_partial_residuals",
        "f =~ o1 + o2 + o3 + o4",
        {
            **GROUPS,
            "ordered": ["o1", "o2", "o3", "o4"],
            "parameterization": "theta",
            "group.equal": ["thresholds", "loadings", "residuals"],
            "group.partial": ["o1 ~~ o1"],
        },
    ),
    (
        "cfa",
        "equal_partial_values",
        f"{THREE}\nx1 ~~ c(0, NA)*x5",
        {**GROUPS, "group.equal": ["residual.covariances"], "group.partial": ["x1 ~~ x5"]},
    ),
    (
        "cfa",
        "equal_labels_and_values",
        f"{THREE}\nx1 ~~ c(0, NA)*x5 + c(a, b)*x5",
        {**GROUPS, "group.equal": ["residual.covariances"]},
    ),
    (
        "cfa",
        "binary_groups",
        "f =~ b1 + b2 + b3 + b4",
        {**GROUPS, "ordered": ["b1", "b2", "b3", "b4"], "group.equal": ["thresholds", "loadings"]},
    ),
    (
        "cfa",
        "binary_groups_theta",
        "f =~ b1 + b2 + b3 + b4",
        {**GROUPS, "ordered": ["b1", "b2", "b3", "b4"], "parameterization": "theta", "group.equal": ["thresholds"]},
    ),
]

if __name__ == "__main__":
    rows = [{"kind": k, "id": i, "model": m, "options": o} for k, i, m, o in MODELS]
    Path(__file__).with_name("partable_models.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
