# Golden values of tests/moments/test_ordinal.py: Rscript tests/reference/ordinal.R (lavaan 0.6-14, survey 4.1-1)
# Statistics (WLS.obs) and Gamma of simulated rows, written beside it.
suppressMessages({library(lavaan); library(survey); library(jsonlite)})
here <- "tests/reference"
set.seed(31)
n <- 200
f <- rnorm(n); x1 <- round(rnorm(n), 2); x2 <- rbinom(n, 1, 0.4)
latent <- sapply(1:5, function(k) 0.7 * f + 0.2 * x1 - 0.3 * x2 + 0.8 * rnorm(n))
cut_at <- function(z, at) as.integer(cut(z, c(-Inf, at, Inf)))
data <- data.frame(a = cut_at(latent[, 1], c(-1, -0.3, 0.4, 1.2)), b = cut_at(latent[, 2], c(-0.8, 0.7)), c = cut_at(latent[, 3], 0.2),
  u = round(exp(0.3 * latent[, 4]), 3), v = round(2 * latent[, 5] + 3, 3), x1 = x1, x2 = x2)
data$w <- round(runif(n, 0.4, 2.2), 2)
data$cluster <- rep(1:40, each = 5)
data$stratum <- rep(c(1, 2, 3), c(75, 75, 50))
write.csv(data, file.path(here, "ordinal.csv"), row.names = FALSE)
holes <- data
for (k in 1:5) holes[sample(n, 12 + 3 * k), k] <- NA
holes <- holes[rowSums(is.na(holes[, 1:5])) < 5, ]
write.csv(holes, file.path(here, "ordinal_holes.csv"), row.names = FALSE)
ordered <- c("a", "b", "c")
one <- function(model, data = holes, ...) {
  fit <- suppressWarnings(sem(model, data = data, ordered = ordered, do.fit = FALSE, ...))
  list(s = as.numeric(lavInspect(fit, "wls.obs")), gamma = unname(unclass(as.matrix(lavInspect(fit, "gamma")))))
}
plain <- "f =~ u + a + b + v + c"
given <- "f =~ u + a + b + v + c
f ~ x1 + x2"
out <- list(
  plain = one("f =~ a + b + c", data), mixed = one(plain, data), weights = one(plain, data, sampling.weights = "w"),
  given = one(given, data), given_weights = one(given, data, sampling.weights = "w"),
  holes = one(plain, missing = "pairwise"), given_holes = one(given, missing = "pairwise")
)
# 2 x 2 tables with empty cells, by columns
tables <- list(c(0, 10, 12, 30), c(20, 0, 12, 30), c(20, 10, 0, 30), c(20, 10, 15, 0), c(1, 0, 1, 30), c(20, 0, 0, 30), c(0, 20, 30, 0))
pair <- function(cells) {
  rows <- expand.grid(a = 1:2, b = 1:2)[rep(1:4, cells), ]
  fit <- suppressWarnings(lavaan("a ~~ b\na | t1\nb | t1\na ~~ 1*a\nb ~~ 1*b", data = rows, ordered = c("a", "b"), do.fit = FALSE))
  list(cells = cells, s = as.numeric(lavInspect(fit, "wls.obs")), gamma = unname(unclass(as.matrix(lavInspect(fit, "gamma")))))
}
out$tables <- lapply(tables, pair)
# Thresholds by the delta method from cumulative proportions; means and variances
cumulative <- do.call(cbind, lapply(ordered, function(k) sapply(seq_len(max(data[[k]]) - 1), function(t) as.numeric(data[[k]] <= t))))
colnames(cumulative) <- paste0("t", seq_len(ncol(cumulative)))
survey_of <- function(...) {
  design <- svydesign(..., weights = ~w, data = cbind(data, cumulative))
  m <- svymean(as.formula(paste("~", paste(c(colnames(cumulative), "u", "v"), collapse = "+"))), design)
  k <- ncol(cumulative)
  D <- diag(c(1 / dnorm(qnorm(coef(m)[1:k])), -1, -1))
  list(acov = unname(D %*% vcov(m) %*% D), cov = unname(vcov(svyvar(~ u + v, design))))
}
out$survey <- list(clusters = survey_of(ids = ~cluster, strata = ~stratum), rows = survey_of(ids = ~1, strata = ~stratum))
write(toJSON(out, digits = 11, matrix = "rowmajor"), file.path(here, "ordinal.json"))
