# Intervals that lavaan makes of bootstrap draws: draws in, limits out, for a path model on simulated data.
# Rscript boot_intervals.R > boot_intervals.json
suppressMessages({library(lavaan); library(jsonlite)})
set.seed(20261125)
n <- 60
x <- rexp(n); m <- 0.5 * x + rnorm(n); y <- 0.6 * m + rexp(n)
fit <- sem("m ~ a*x\ny ~ b*m\nind := a*b", data.frame(x, m, y), se = "bootstrap", bootstrap = 299, iseed = 7)
draws <- fit@boot$coef
attributes(draws) <- attributes(draws)["dim"]
limits <- lapply(c("perc", "bca.simple", "norm", "basic"), function(type) lapply(c(0.8, 0.95, 0.99), function(level) {
  p <- parameterEstimates(fit, boot.ci.type = type, level = level)
  p <- p[p$op == "~" | p$lhs == p$rhs & p$lhs != "x" | (p$op == ":=" & type != "norm"), ]
  list(type = unbox(type), level = unbox(level), name = paste0(p$lhs, p$op, p$rhs), lower = p$ci.lower, upper = p$ci.upper)
}))
cat(toJSON(list(lavaan = unbox(as.character(packageVersion("lavaan"))), names = names(coef(fit)), estimate = as.vector(coef(fit)), draws = draws,
  error = sqrt(diag(vcov(fit))), limits = unlist(limits, recursive = FALSE)), digits = 12))
