# Two-stage and pairwise estimation of simulated data with missing answers: lavaan's estimates, errors and tests.
# Run: Rscript two_stage.R   (writes two_stage.csv and two_stage.json beside itself)
# em.h1.tol: lavaan's default of 1e-5 leaves the moments of the first stage exact to five digits only.
suppressPackageStartupMessages({library(lavaan); library(jsonlite)})
here <- dirname(sub("--file=", "", grep("--file=", commandArgs(), value = TRUE)))
set.seed(7)
n <- 260
f <- rexp(n) - 1; g <- .5 * f + rnorm(n, 0, .8); sex <- rbinom(n, 1, .5)
y <- cbind(sapply(c(1, .8, .7), function(l) l * f + rnorm(n, 0, .7)), sapply(c(1, .9, .6), function(l) l * (g + .3 * sex) + rnorm(n, 0, .7)))
y <- round(y + 3, 2); y[matrix(runif(n * 6) < .12, n)] <- NA
y[, 5][!is.na(y[, 1]) & y[, 1] > 3.8 & runif(n) < .6] <- NA
d <- data.frame(y, sex = sex, school = rep(c("a", "b"), length.out = n)); names(d)[1:6] <- paste0("y", 1:6)
write.csv(d, file.path(here, "two_stage.csv"), row.names = FALSE)
d <- read.csv(file.path(here, "two_stage.csv"))
m <- "f =~ y1 + y2 + y3\ng =~ y4 + y5 + y6"
r <- paste0(m, "\ng ~ f + sex\nf ~ sex")
tight <- list(em.h1.tol = 1e-14, em.h1.iter.max = 50000L)
eq <- list(group = "school", group.equal = c("loadings", "intercepts"))
cases <- list(two_stage = list(m, missing = "two.stage"), robust = list(m, missing = "robust.two.stage"),
  expected = list(m, missing = "two.stage", information = "expected"),
  robust_expected = list(m, missing = "robust.two.stage", information = "expected"),
  groups = c(list(m, missing = "two.stage"), eq), robust_groups = c(list(m, missing = "robust.two.stage"), eq),
  covariates = list(r, missing = "robust.two.stage", fixed.x = FALSE),
  pairwise = list(m, missing = "pairwise"), pairwise_means = list(m, missing = "pairwise", meanstructure = TRUE),
  pairwise_observed = list(m, missing = "pairwise", information = "observed"),
  pairwise_wishart = list(m, missing = "pairwise", likelihood = "wishart"),
  pairwise_groups = c(list(m, missing = "pairwise"), eq), pairwise_covariates = list(r, missing = "pairwise"))
out <- lapply(cases, function(a) {
  fit <- do.call("sem", c(a, list(data = d), tight)); stopifnot(lavInspect(fit, "converged"))
  p <- as.data.frame(parameterEstimates(fit)); fm <- fitMeasures(fit)
  std <- standardizedSolution(fit)
  list(options = a[-1], model = a[[1]], lhs = p$lhs, op = p$op, rhs = p$rhs, group = if (is.null(p$group)) rep(1, nrow(p)) else p$group,
    est = p$est, se = p$se, std = std$est.std[seq_len(nrow(p))], std_se = std$se[seq_len(nrow(p))], fit = as.list(unclass(fm)))
})
writeLines(toJSON(out, digits = NA, auto_unbox = TRUE, na = "null"), file.path(here, "two_stage.json"))
