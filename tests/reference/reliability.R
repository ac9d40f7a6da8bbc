# Coefficients of reliability of simulated five-point items, by psych, semTools and lavaan.
# Rscript tests/reference/reliability.R tests/reference
suppressPackageStartupMessages({library(lavaan); library(semTools); library(psych); library(GPArotation); library(jsonlite)})
out <- commandArgs(TRUE)[1]
set.seed(20)
n <- 400
general <- rnorm(n); group <- matrix(rnorm(n * 3), n)
x <- sapply(1:9, function(i) {
  j <- (i - 1) %/% 3 + 1
  y <- .65 * general + c(.5, .4, .45)[j] * group[, j] + .6 * rnorm(n)
  as.integer(cut(y, c(-Inf, -1.4, -.5, .3, 1.2, Inf)))
})
colnames(x) <- paste0("y", 1:9)
write.csv(x, file.path(out, "reliability.csv"), row.names = FALSE)
x <- read.csv(file.path(out, "reliability.csv"))
quiet <- function(e) suppressWarnings(suppressMessages(e))
a <- quiet(psych::alpha(x)); R <- cor(x)
o <- quiet(psych::omega(R, nfactors = 3, n.obs = n, fm = "minres", rotate = "oblimin", flip = FALSE, plot = FALSE))
P <- unclass(quiet(lavCor(x, ordered = names(x))))
h <- quiet(psych::splitHalf(x[, 1:8], raw = FALSE, brute = TRUE))
items <- paste(names(x), collapse = " + ")
parts <- "A =~ y1 + y2 + y3\nB =~ y4 + y5 + y6\nC =~ y7 + y8 + y9"
fit <- function(model, ...) quiet(cfa(model, x, std.lv = TRUE, ...))
rows <- function(f) { m <- as.matrix(quiet(semTools::reliability(f))); split(m, rownames(m)) |> lapply(as.numeric) }
one <- fit(paste("f =~", items)); one_o <- fit(paste("f =~", items), ordered = TRUE)
bif <- paste0("g =~ ", items, "\n", parts)
second <- quiet(cfa(paste0(parts, "\ng =~ A + B + C"), x))
l <- paste0("l", 1:9); v <- paste0("v", 1:9)
robust <- paste0("f =~ ", paste0(l, "*", names(x), collapse = " + "), "\n", paste0(names(x), " ~~ ", v, "*", names(x), collapse = "\n"),
  "\nomega := (", paste(l, collapse = "+"), ")^2 / ((", paste(l, collapse = "+"), ")^2 + ", paste(v, collapse = "+"), ")")
mlr <- fit(robust, estimator = "MLR", information = "observed", observed.information = "hessian")
d <- parameterEstimates(mlr); d <- d[d$op == ":=", ]
values <- list(
  versions = list(psych = as.character(packageVersion("psych")), semTools = as.character(packageVersion("semTools")), lavaan = as.character(packageVersion("lavaan"))),
  total = as.list(a$total), drop = as.list(a$alpha.drop), items = as.list(a$item.stats), ase = a$total$ase,
  response_freq = unname(as.matrix(a$response.freq)),
  omega_h = o$omega_h, omega_total = o$omega.tot, omega_limit = o$omega.lim, omega_group = as.list(o$omega.group),
  schmid_leiman = unname(unclass(o$schmid$sl)[, ]),
  split_half = list(best = h$maxrb, worst = h$minrb, mean = h$meanr),
  alpha_ordinal = { r <- mean(P[lower.tri(P)]); 9 * r / (1 + 8 * r) },
  one_factor = rows(one), one_factor_observed = as.numeric(compRelSEM(one)),
  one_factor_ordinal = rows(one_o), one_factor_ordinal_observed = as.numeric(compRelSEM(one_o)),
  omega_delta = list(est = d$est, se = d$se),
  bifactor = rows(fit(bif, orthogonal = TRUE)), bifactor_ordinal = rows(fit(bif, orthogonal = TRUE, ordered = TRUE)),
  second_order = as.list(quiet(reliabilityL2(second, "g"))), second_order_observed = as.list(unlist(quiet(compRelSEM(second, higher = "g")))),
  icc = as.list(quiet(psych::ICC(x[, 1:3], lmer = FALSE)$results))
)
write_json(values, file.path(out, "reliability.json"), digits = 15, auto_unbox = TRUE, pretty = TRUE, na = "null")
