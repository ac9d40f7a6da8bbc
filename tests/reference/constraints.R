# lavaan 0.6-14 within nonlinear equalities and inequalities, and its Wald and score tests, on simulated data.
#   Rscript constraints.R     writes constraints.csv (the data) and constraints.json
suppressMessages({library(lavaan); library(jsonlite)})
set.seed(20261125)
n <- 300
f <- matrix(rnorm(3 * n), n) %*% chol(matrix(c(1, .5, .4, .5, 1, .3, .4, .3, 1), 3))
load <- c(.8, .5, .6, .9, 1, .8, .6, .7, .65)
y <- sapply(1:9, function(k) load[k] * f[, (k + 2) %/% 3] + rnorm(n, sd = sqrt(c(.5, .9, .8)[(k + 2) %% 3 + 1])))
y[151:300, 2] <- y[151:300, 2] + 0.4 * f[151:300, 1]
data <- round(as.data.frame(y), 4)
names(data) <- paste0("x", 1:9)
data$school <- rep(c("a", "b"), each = n / 2)
write.csv(data, "constraints.csv", row.names = FALSE, quote = FALSE)

H <- "f =~ x1 + l2*x2 + l3*x3\ng =~ x4 + l5*x5 + l6*x6\nh =~ x7 + l8*x8 + l9*x9\n"
models <- list(
  product = list("l2*l3 == l5 - 0.3"), square = list("l5 == l3^2"), two = list("l2*l3 == l5 - 0.3\nl8 == exp(l9 - 1)"),
  ratio_mlr = list("l2/l3 == l5/l6", estimator = "MLR"), linear_and_not = list("l2 + l3 == 2*l5\nl6^2 == l8"),
  bound_far = list("l6 > 0.2"), bound = list("l6 > 1.1"), bounds = list("l6 > 1.1\nl2 < 0.4"),
  bound_mlr = list("l6 > 1.1", estimator = "MLR"), bound_and_equal = list("l2*l3 == l5 - 0.3\nl6 > 1.1"),
  bound_and_linear = list("l2 == l3\nl6 > 1.1"), order = list("l2 < l3\nl3 < l6\nl5 < l6"), sum = list("l2 + l3 > 2"),
  defined = list("s := l2*l3\ns < 0.3"), groups = list("", group = "school"), groups_product = list("", group = "school"),
  bound_mlm = list("l2*l3 == l5 - 0.3\nl6 > 1.1", estimator = "MLM"), bound_dwls = list("l2*l3 == l5\nl6 > 1.1", estimator = "DWLS"),
  product_wls = list("l2*l3 == l5 - 0.3", estimator = "WLS"), mean = list("", meanstructure = TRUE)
)
own <- list(
  groups = "f =~ x1 + c(a1, a2)*x2 + x3\ng =~ x4 + c(b1, b2)*x5 + x6\na1 == b2^2\nb1 > 0.2",
  groups_product = "f =~ x1 + c(a1, a2)*x2 + x3 + x4\na1*a2 == 0.6\n",
  mean = "f =~ x1 + a*x2 + x3\nx1 ~ m*1\nx2 ~ k*1\nx3 ~ 1\nm == a*k + 0.01"
)
out <- lapply(names(models), function(name) {
  m <- models[[name]]
  text <- if (is.null(own[[name]])) paste0(H, m[[1]]) else own[[name]]
  # lavaan stops early within constraints; even so tightened its estimates are good to about 1e-5.
  fit <- suppressWarnings(do.call("cfa", c(list(model = text, data = data, control = list(rel.tol = 1e-14, x.tol = 1e-14)), m[-1])))
  if (!lavInspect(fit, "converged")) fit <- suppressWarnings(do.call("cfa", c(list(model = text, data = data), m[-1])))
  pe <- parameterEstimates(fit)
  std <- standardizedSolution(fit)
  keep <- pe$op %in% c("=~", "~~", "~1", ":=")
  mi <- modindices(fit, sort. = TRUE)[1:8, ]
  list(
    id = name, model = text, options = c(m[-1], list(fixed.x = FALSE)), converged = lavInspect(fit, "converged"),
    parameters = as.list(pe[keep, c("lhs", "op", "rhs", if ("group" %in% names(pe)) "group", "est", "se")]),
    std = list(est = std$est.std[std$op %in% c("=~", "~~", "~1", ":=")], se = std$se[std$op %in% c("=~", "~~", "~1", ":=")]),
    mi = as.list(mi[, c("lhs", "op", "rhs", if ("group" %in% names(mi)) "group", "mi", "epc")]),
    measures = as.list(fitMeasures(fit)[intersect(names(fitMeasures(fit)), c("npar", "chisq", "df", "pvalue", "chisq.scaled",
      "df.scaled", "chisq.scaling.factor", "cfi", "rmsea", "srmr", "logl", "aic", "bic"))])
  )
})

# Wald and score tests. Every seventh answer or so is taken away for missing = "ml".
holes <- data
for (k in 1:9) holes[[k]][(7 * seq_len(n) + 3 * k) %% 11 == 0] <- NA
tight <- list(rel.tol = 1e-14, x.tol = 1e-14)
G <- "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\n"
tested <- list(
  wald = list(H, wald = "l2 == l3\nl5 == 1"), wald_nonlinear = list(H, wald = "l2*l3 == l5\nl5^2 == 1"),
  wald_mlr = list(H, estimator = "MLR", wald = "l2 == l3\nl5 == 1"),
  wald_within = list(paste0(H, "l8 == l9\nl2*l3 == l5 - 0.3"), wald = "l5 == 1\nl2 == l6"),
  wald_fiml = list(H, missing = "ml", wald = "l8 == l9"),
  groups = list(G, group = "school", group.equal = c("loadings", "intercepts")),
  groups_mlr = list(G, group = "school", group.equal = "loadings", estimator = "MLR"),
  nonlinear = list(paste0(H, "l2*l3 == l5\nl8 == l9")), three = list(paste0(H, "l2 == l3^2\nl8 == l9\nl5 + l6 == 2")),
  labels = list("f =~ a*x1 + a*x2 + a*x3 + a*x4", std.lv = TRUE),
  mixed = list("f =~ a*x1 + a*x2 + b*x3 + x4\na == 2*b", std.lv = TRUE),
  fiml = list(paste0(H, "l2 == l3\nl5 + l6 == 2"), missing = "ml"),
  wishart = list("f =~ x1 + a*x2 + a*x3\ng =~ x4 + x5 + x6\n", likelihood = "wishart"),
  path = list("x1 ~ a*x2 + a*x3\nx4 ~ x1 + x5", add = "x4 ~ x2"),
  add = list(H, add = "x1 ~~ x2\nx1 ~~ x3"), add_groups = list(G, group = "school", group.equal = "loadings", add = "x1 ~~ x2\nf =~ x4"),
  gls = list(paste0(H, "l2 == l3\nl5 + l6 == 2"), estimator = "GLS"), wald_wls = list(H, estimator = "WLS", wald = "l5 == 1\nl2 == l6"),
  dwls = list(paste0(H, "l2 == l3"), estimator = "DWLS"), add_uls = list(H, estimator = "ULS", add = "x1 ~~ x2\nf =~ x9"),
  add_fiml = list(paste0(H, "l2 == l3"), missing = "ml", add = "x1 ~~ x5\ng =~ x9")
)
found <- lapply(names(tested), function(name) {
  m <- tested[[name]]
  options <- m[-1][setdiff(names(m)[-1], c("wald", "add"))]
  frame <- if (is.null(options$missing)) data else holes
  fit <- suppressWarnings(do.call("sem", c(list(model = m[[1]], data = frame, control = tight), options)))
  if (!lavInspect(fit, "converged")) fit <- do.call("sem", c(list(model = m[[1]], data = frame), options))
  out <- list(id = name, model = m[[1]], options = c(options, list(fixed.x = TRUE)), wald = m$wald, add = m$add)
  if (!is.null(m$wald)) return(c(out, lavTestWald(fit, m$wald)[c("stat", "df", "p.value")]))
  s <- suppressWarnings(lavTestScore(fit, add = m$add, epc = TRUE, univariate = TRUE))
  c(out, list(stat = s$test$X2, df = s$test$df, each = as.list(s$uni[c("lhs", "op", "rhs", "X2", "p.value")]), epc = s$epc$epc[!is.na(s$epc$epc)]))
})
write(toJSON(list(fits = out, tests = found), na = "null", digits = 15, auto_unbox = TRUE), "constraints.json")
