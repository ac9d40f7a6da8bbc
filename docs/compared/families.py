"""The families of the battery as the page shows them: what is compared with whom, and what is asked."""

from __future__ import annotations

from dataclasses import dataclass, field

from compared.battery import DERIVED, ERROR, ESTIMATE, TEST


def asked(estimates: float, errors: float, tests: float, derived: float) -> dict[str, float]:
    return {ESTIMATE: estimates, ERROR: errors, TEST: tests, DERIVED: derived}


NUMERIC, ORDERED = asked(1e-6, 1e-5, 1e-5, 1e-4), asked(1e-5, 1e-4, 1e-4, 1e-3)
CLOSED = asked(1e-9, 1e-9, 1e-9, 1e-9)


@dataclass(frozen=True)
class Family:
    """One row of the page: words, program, largest differences allowed by kind of number."""

    words: str
    program: str = "lavaan"
    limits: dict[str, float] = field(default_factory=lambda: NUMERIC)


FAMILIES = {
    "cfa_continuous": Family("factor models of numeric items"),
    "missing": Family("missing answers: FIML, two-stage"),
    "saturated": Family("moments of incomplete rows (EM)", limits=CLOSED),
    "mcar_test": Family("Little's test", "lavaan's EM, formula", CLOSED),
    "multiple_imputation": Family("pooled fits, D2, D3, pooled measures", "lavaan, semTools, mice"),
    "multigroup": Family("several groups"),
    "nested": Family("nested models, invariance ladders, difference tests"),
    "growth": Family("growth curves"),
    "mediation": Family("mediation"),
    "mediation_bootstrap": Family(
        "intervals of 20 000 resamples: estimates, acceleration; limits in bootstrap errors (lavaan's 1000 to 2000: "
        "errors and intervals)",
        "R, lavaan",
        asked(1e-6, 0.25, 0.25, 0.08),
    ),
    "bollen_stine": Family("Bollen-Stine: p, quantiles of resamples", limits=asked(1e-8, 0.03, 0.03, 0.06)),
    "moderation": Family("moderation"),
    "complex_survey": Family("clusters and weights"),
    "polychoric": Family("polychoric correlations, thresholds, their errors", limits=asked(1e-6, 1e-5, 1e-5, 1e-5)),
    "psych_polychoric": Family("polychoric correlations of psych", "psych", asked(1e-3, 1e-3, 1e-3, 1e-3)),
    "ordinal": Family("ordered items", limits=ORDERED),
    "multigroup_ordinal": Family("ordered items in several groups", limits=ORDERED),
    "problem": Family("models that go wrong, where both give numbers"),
    "reliability": Family("alpha, lambda, split halves, item statistics", "psych", CLOSED),
    "splits": Family("all split halves", "psych", CLOSED),
    "one_factor": Family("omega, ordinal alpha, categorical omega", "semTools, lavaan"),
    "second_order": Family("omega of a second-order model", "semTools"),
    "glb_fa": Family("bound by factor analysis", "psych", asked(2e-5, 2e-5, 2e-5, 2e-5)),
    "validity": Family("composite reliability, AVE, omega, HTMT, HTMT2", "semTools, lavaan"),
    "raters": Family("intraclass correlations", "psych", CLOSED),
    "adequacy": Family("correlations, KMO, Bartlett's test", "psych, lavaan"),
    "extraction": Family("unrotated factors: principal axes, ML", "psych, factanal", asked(1e-6, 1e-6, 1e-5, 1e-5)),
    "psych_minima": Family(
        "unrotated factors: minres and ML of psych, which stop early", "psych", asked(3e-5, 3e-5, 3e-5, 3e-5)
    ),
    "rotation": Family("varimax, promax, oblimin", "psych, factanal", asked(1e-3, 1e-3, 1e-3, 1e-3)),
    "dimensions": Family(
        "parallel analysis: observed eigenvalues, decisions; Harman's shares", "psych", asked(1e-6, 1e-6, 1e-6, 1e-5)
    ),
    "chance": Family(
        "parallel analysis: eigenvalues of random and permuted data", "psych", asked(0.05, 0.05, 0.05, 0.05)
    ),
    "rules": Family("MAP, VSS, BIC of successive solutions", "psych", asked(1e-9, 1e-5, 1e-4, 2e-3)),
    "hierarchy": Family("Schmid-Leiman, omega hierarchical", "psych", asked(1e-3, 1e-3, 1e-3, 2e-3)),
    "normality": Family("description, skewness, kurtosis, Mardia", "psych, semTools", CLOSED),
    "correlations": Family("correlations (three kinds), intervals, Holm", "psych, R", CLOSED),
    "distances": Family("Mahalanobis distances", "R", CLOSED),
    "survey": Family("estimates by design, regression, Rao-Scott", "survey", CLOSED),
    "composites": Family("partial least squares, mode A, path weighting", "seminr", asked(1e-7, 1e-7, 1e-7, 1e-7)),
}

# Files of the battery without a comparison, and fields of compared files; patterns of fnmatch, first match counts.
FILES: dict[str, tuple[str, ...]] = {
    "compared by behaviour (above)": ("cases/prob_*",),
    "factorial weighting": ("pls/*_factorial",),
    "mode B": ("pls/*_modeB",),
    "consistent partial least squares": ("pls/*_plsc",),
}
FIELDS: dict[str, tuple[str, ...]] = {
    "counts, labels, words, options, and what was given": (
        *("*.type", "*.label", "*.block", "*.level", "*.note", "*_note", "*.rows", "*.cols", "*.lhs", "*.op", "*.name"),
        *("*.term", "*.item", "*.variable", "*.vars", "*.norig", "*.nobs", "*.n*groups*", "*.group_label", "*.ntotal"),
        *("*.npatterns", "*.effective_options", "*.R", "*.n", "*.seed", "*.error", "*.warnings", "*.post_check"),
        *("fits.*.options*", "fits.*.model", "expected.factor_scores_case_idx", "expected.pooled.m"),
    ),
    "how exact the reference is, and the steps of its optimiser": ("*.iterations", "*.precision", "*.polish"),
    "numbers that stand twice: among parameters, fit measures or estimates they are compared": (
        *(
            "*.partable",
            "*.tests",
            "*.logl",
            "*.npar*",
            "comparisons.*.AIC",
            "comparisons.*.BIC",
            "comparisons.*.Chisq",
        ),
        *(
            "comparisons.*.Df",
            "*.fit_measures.*.group",
            "*.standardized_nox",
            "*.sepc.nox",
            "*.th",
            "expected.fa_values",
        ),
        *("*.est", "expected.summary.estimate", "expected.summary.df", "per_imputation.df", "*.df_resid", "*.dfcom"),
        *(
            "*.psych_feldt.alpha",
            "*.omega.alpha",
            "*.omega.G6",
            "*.glb_fa",
            "expected.pooled.lambda",
            "*.mean_normal_ci.se",
        ),
    ),
    "quotients of numbers that are compared": (
        *("*.z", "*.pvalue", "*.cov.se", "*.S/N", "expected.summary.*", "expected.anova*", "*.default.table.RMSEA"),
    ),
    "of one factor model or of no latent variable there is nothing to say": (
        *(
            "expected.c??_lv",
            "expected.factor_scores_first10.*.values",
            "expected.factanal_varimax",
            "expected.factanal_promax",
        ),
        *("*.var.r",),
    ),
    "fit, communalities and eigenvalues of rotated factors: those before rotation are compared": (
        *("expected.fa.*_varimax.*", "expected.fa.*_promax.*", "expected.fa.*_oblimin.*", "*.rotmat"),
    ),
    "eigenvalues of reduced matrices: in other cases we show those of correlations": (
        *("expected.fa.*.values", "expected.fa.*.e_values"),
    ),
    "of the measures of successive solutions VSS, MAP and two BIC are ours": ("expected.vss_map.stats.*",),
    "residuals of means and thresholds; Bentler's residual correlations: we give those of covariances, and Bollen's": (
        *(
            "*residuals*.mean*",
            "*residuals*.th*",
            "*.residuals_cor_bentler",
            "*lavresiduals.*.cov",
            "*lavresiduals.cov",
        ),
    ),
    "ordered items in groups: lavaan's errors are those of all rows (validation.md)": ("expected.lavresiduals.*",),
    "moments given covariates: compared by tests/moments/test_ordinal.py": ("*.res.*", "*.cov.x", "*.mean.x"),
    "of incomplete rows the unrestricted moments are compared, not those of complete rows": (
        *("expected.sample*.mean", "expected.sample*.cov", "expected.coverage"),
    ),
    "tests not defined for the estimator; other formatting of the same": ("comparisons.*.head", "comparisons.*"),
    "defined otherwise (validation.md)": (*("*semTools.fit.*.robust", "*semTools.fit.crmr*"),),
    "of an odd number of items psych looks at half of the splits; best and worst of these are compared": (
        *("*.psych_splithalf.meanr", "expected.guttman.lambda.4"),
    ),
    "of pooled measures we give the usual ones": (
        *("expected.semTools.fit.*", "expected.semTools.anova_*", "expected.semTools_nested.*.fmi"),
    ),
    "tails of 1000 resamples, and shares of random error": (
        "expected.quantiles.*",
        "*.boot_bias",
        "*.z0",
        "lavaan_bootstrap.*.se",
    ),
    "robust or plain descriptions that no table of ours shows": (
        *("expected.describe.*", "*.psych_alpha_total.mean", "*.psych_alpha_total.sd"),
    ),
    "psych could not compute it (a program is not installed)": ("expected.glb_algebraic",),
    "AVE of one construct: compared for several (`cg.validity`)": (
        *("expected.cfa_one_factor.ave", "expected.cfa_one_factor_ordinal.semTools_reliability"),
    ),
    "alpha of the codes of ordered items: of a model of latent responses we give ordinal alpha": (
        "expected.compRelSEM_tau",
    ),
    "of partial least squares what explaining a difference needs is compared": (
        *(
            "expected.vif_*",
            "expected.total_*effects",
            "expected.reliability",
            "expected.plspredict_10fold",
            "expected.bootstrap",
        ),
        *("expected.it_criteria", "expected.fornell_larcker", "expected.f2", "expected.cSEM"),
    ),
}
