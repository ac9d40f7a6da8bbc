# lavaan's values for estimators of the least-squares family, ordered and numeric items, groups, weights, missing answers.
# Run: Rscript least_squares.R   (writes least_squares.csv and least_squares.json beside it; lavaan 0.6-14, jsonlite)
suppressMessages({library(lavaan); library(jsonlite)})
set.seed(20261125)
n <- 500
x1 <- round(rnorm(n), 3); x2 <- rbinom(n, 1, .4)
f <- .4 * x1 + rnorm(n); g <- .5 * f + .3 * x2 + rnorm(n, sd = .8)
item <- function(load, z, k, shift = 0) {
  y <- load * z + rnorm(n, sd = .7)
  as.integer(cut(y, c(-Inf, qnorm(seq_len(k - 1) / k) * 1.1 + shift, Inf)))
}
d <- data.frame(
  a1 = item(.8, f, 5), a2 = item(.7, f, 5, .4), a3 = item(.6, f, 4), a4 = item(.7, f, 3),
  b1 = item(.8, g, 5), b2 = item(.7, g, 2), b3 = item(.6, g, 4, -.3), b4 = item(.5, g, 5), x1 = x1, x2 = x2,
  c1 = round(.7 * f + rnorm(n), 3), c2 = round(.6 * g + rnorm(n), 3), c3 = round(.5 * f + rnorm(n), 3),
  c4 = round(.6 * g + rnorm(n), 3), area = sample(c("urban", "rural"), n, TRUE, c(.6, .4)), w = round(runif(n, .5, 2), 2)
)
d$o1 <- as.integer(cut(.5 * x1 + rnorm(n), c(-Inf, -.5, .6, Inf)))
d$o2 <- as.integer(cut(.4 * d$o1 + .3 * x1 + rnorm(n), c(-Inf, 0, 1, 2, Inf)))
for (v in c("a1", "a2", "b1", "b3")) d[[paste0(v, "m")]] <- replace(d[[v]], sample(n, 50), NA)
write.csv(d, "least_squares.csv", row.names = FALSE, na = "")
d <- read.csv("least_squares.csv")

two <- "f =~ a1 + a2 + a3 + a4\ng =~ b1 + b2 + b3 + b4\ng ~ f"
gaps <- "f =~ a1m + a2m + a3 + a4\ng =~ b1m + b2 + b3m + b4\ng ~ f"
mixed <- "f =~ a1 + a2 + c1 + c3\ng =~ b1 + b2 + c2 + c4\ng ~ f"
one <- "f =~ c1 + c2 + c3 + c4"
cause <- "\nf ~ x1\ng ~ x2"
all8 <- c("a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4")
gap8 <- c("a1m", "a2m", "a3", "a4", "b1m", "b2", "b3m", "b4")
four <- c("a1", "a2", "b1", "b2")
cases <- list(
  base = list(two, list(ordered = all8)),
  theta_std_lv = list(two, list(ordered = all8, parameterization = "theta", std.lv = TRUE)),
  mediators = list("o1 ~ x1 + x2\no2 ~ o1 + x1", list(ordered = c("o1", "o2"))),
  mediators_theta = list("o1 ~ x1 + x2\no2 ~ o1 + x1", list(ordered = c("o1", "o2"), parameterization = "theta")),
  covariates = list(paste0(two, cause), list(ordered = all8)),
  covariates_groups = list(paste0(two, cause), list(ordered = all8, group = "area", group.equal = c("loadings", "thresholds"))),
  mixed = list(mixed, list(ordered = four)),
  mixed_theta = list(mixed, list(ordered = four, parameterization = "theta")),
  mixed_covariates = list(paste0(mixed, cause), list(ordered = four)),
  groups = list(two, list(ordered = all8, group = "area")),
  groups_scalar = list(two, list(ordered = all8, group = "area", group.equal = c("loadings", "thresholds", "intercepts"))),
  groups_theta = list(two, list(ordered = all8, group = "area", parameterization = "theta", group.equal = c("loadings", "thresholds"))),
  groups_equal = list(two, list(ordered = all8, group = "area", group.equal = c("loadings", "thresholds", "regressions", "lv.variances", "means"))),
  residual_covariances = list(paste0(two, "\na1 ~~ b1\na2 ~~ a3"), list(ordered = all8)),
  wls = list(two, list(ordered = all8, estimator = "WLS")),
  wlsm = list(two, list(ordered = all8, estimator = "WLSM")),
  wlsmvs = list(two, list(ordered = all8, estimator = "WLSMVS")),
  ulsm = list(two, list(ordered = all8, estimator = "ULSM")),
  ulsmv_groups = list(two, list(ordered = all8, estimator = "ULSMV", group = "area")),
  pairwise = list(gaps, list(ordered = gap8, missing = "pairwise")),
  pairwise_groups = list(gaps, list(ordered = gap8, missing = "pairwise", group = "area")),
  weights = list(two, list(ordered = all8, sampling.weights = "w")),
  weights_mixed = list(mixed, list(ordered = four, sampling.weights = "w")),
  weights_groups = list(two, list(ordered = all8, sampling.weights = "w", group = "area")),
  gls = list(paste0(one, "\nf ~ x1 + x2"), list(estimator = "GLS")),
  gls_groups = list(one, list(estimator = "GLS", group = "area")),
  gls_means = list(one, list(estimator = "GLS", meanstructure = TRUE)),
  gls_constraint = list("f =~ c1 + a*c2 + b*c3 + c4\na == 2*b", list(estimator = "GLS")),
  uls = list(paste0(one, "\nf ~ x1 + x2"), list(estimator = "ULS")),
  uls_groups = list(one, list(estimator = "ULS", group = "area")),
  wls_numeric = list(paste0(one, "\nf ~ x1 + x2"), list(estimator = "WLS")),
  wls_numeric_groups = list(one, list(estimator = "WLS", group = "area", group.equal = "loadings")),
  dwls_numeric = list(paste0(one, "\nf ~ x1 + x2"), list(estimator = "DWLS")),
  wlsmv_numeric = list(paste0(one, "\nf ~ x1 + x2"), list(estimator = "WLSMV")),
  wlsmv_numeric_groups = list(one, list(estimator = "WLSMV", group = "area")),
  ulsm_numeric = list(one, list(estimator = "ULSM")),
  mlm_groups = list(one, list(estimator = "MLM", group = "area", group.equal = "loadings")),
  mlm_covariates = list(paste0(one, "\nf ~ x1 + x2"), list(estimator = "MLM", meanstructure = TRUE)),
  mlmv_groups = list(one, list(estimator = "MLMV", group = "area", group.equal = c("loadings", "intercepts"))),
  mlmvs_groups = list(one, list(estimator = "MLMVS", group = "area"))
)
out <- lapply(cases, function(case) {
  fit <- suppressWarnings(do.call("sem", c(list(case[[1]], data = d), case[[2]])))
  stopifnot(lavInspect(fit, "converged"))
  p <- parameterEstimates(fit, remove.nonfree = FALSE)
  s <- standardizedSolution(fit)
  p$group <- if (is.null(p$group)) 1 else p$group
  s$group <- p$group
  measures <- fitMeasures(fit)
  list(model = case[[1]], options = case[[2]],
       parameters = p[, c("lhs", "op", "rhs", "group", "est", "se")],
       standardized = s[, c("lhs", "op", "rhs", "group", "est.std", "se")],
       measures = as.list(measures[!is.na(measures)]))
})
write_json(out, "least_squares.json", digits = 10, auto_unbox = TRUE, na = "null")
