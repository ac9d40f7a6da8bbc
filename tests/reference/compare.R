# Difference tests of lavaan on nested models, over estimators and methods: writes compare.csv (simulated data) and
# compare.json, for ordered items compare_ordinal.json.     Rscript compare.R
suppressMessages({library(lavaan); library(jsonlite)})
set.seed(20263)
n <- 360
z1 <- rnorm(n); z2 <- rexp(n) - 1
grp <- rep(c("north", "south", "east"), length.out = n)
f <- matrix(rnorm(3 * n), n) %*% chol(matrix(c(1, .5, .3, .5, 1, .4, .3, .4, 1), 3)) + cbind(.3 * z1, .2 * z2, 0)
f[, 1] <- f[, 1] + .4 * (grp == "south")
load <- c(.8, .7, .6, .75, .65, .8, .7, .6, .7)
y <- sapply(1:9, function(k) load[k] * f[, (k - 1) %/% 3 + 1] + sqrt(1 - load[k]^2) * (rchisq(n, 4) - 4) / sqrt(8))
y[, 3] <- y[, 3] + .3 * (grp == "east")
d <- data.frame(round(y, 4), round(z1, 4), round(z2, 4), grp)
names(d) <- c(paste0("x", 1:9), "z1", "z2", "grp")
for (k in 1:9) d[[paste0("o", k)]] <- findInterval(y[, k], c(-.9, 0, .9)) + 1
m <- d
for (k in 1:9) m[[paste0("x", k)]][runif(n) < .06] <- NA
names(m)[1:9] <- paste0("m", 1:9)
d <- cbind(d, m[1:9])
write.csv(d, "compare.csv", row.names = FALSE, na = "NA")
d <- read.csv("compare.csv")

three <- "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nh =~ x7 + x8 + x9"
equal <- "f =~ x1 + a*x2 + a*x3\ng =~ x4 + b*x5 + b*x6\nh =~ x7 + x8 + x9"
pairs <- list(
  cov0 = list(a = three, b = paste0(three, "\nf ~~ 0*h")),
  residual = list(a = paste0(three, "\nx2 ~~ x5\nx3 ~~ x9"), b = three),
  crossloading = list(a = sub("x4", "x4 + x2", three), b = three),
  equal_loadings = list(a = three, b = equal),
  equal_residuals = list(a = three, b = paste0(three, "\nx1 ~~ r*x1\nx2 ~~ r*x2\nx3 ~~ r*x3\nx4 ~~ r*x4")),
  linear = list(a = "f =~ x1 + a*x2 + b*x3\ng =~ x4 + x5 + x6", b = "f =~ x1 + a*x2 + b*x3\ng =~ x4 + x5 + x6\na == 2*b - 0.4"),
  mimic = list(a = paste0(three, "\nf ~ z1 + z2\ng ~ z1 + z2\nh ~ z1 + z2"), b = paste0(three, "\nf ~ z1 + 0*z2\ng ~ 0*z1 + z2\nh ~ 0*z1 + 0*z2")),
  second_order = list(a = paste0(three, "\ntop =~ f + g + h"), b = paste0(three, "\ntop =~ 1*f + 1*g + 1*h")),
  path = list(a = "x4 ~ x1 + z1\nx7 ~ x4 + x1 + z2", b = "x4 ~ x1 + z1\nx7 ~ x4 + 0*x1 + 0*z2"),
  saturated = list(a = "x4 ~ x1 + z1\nx7 ~ x4 + x1 + z1", b = "x4 ~ x1 + z1\nx7 ~ x4 + 0*x1 + 0*z1")
)
steps <- list(metric = "loadings", scalar = c("loadings", "intercepts"), strict = c("loadings", "intercepts", "residuals"),
  means = c("loadings", "intercepts", "residuals", "means"), variances = c("loadings", "lv.variances"), covariances = c("loadings", "lv.variances", "lv.covariances"))
grouped <- list(c("none", "metric"), c("metric", "scalar"), c("scalar", "strict"), c("strict", "means"), c("metric", "variances"), c("variances", "covariances"), c("none", "scalar"))
methods <- c("satorra.bentler.2001", "satorra.bentler.2010", "satorra.2000")
scaled <- c("MLM", "MLR", "WLSM", "ULSM")
rows <- function(a, b, estimator) {
  use <- if (estimator %in% scaled) methods else if (estimator %in% c("MLMV", "MLMVS", "WLSMV", "ULSMV", "WLSMVS")) "satorra.2000" else "standard"
  lapply(setNames(use, use), function(me) {
    t <- suppressWarnings(lavTestLRT(a, b, method = if (me == "standard") "default" else me))
    c(chisq_diff = t[2, "Chisq diff"], df_diff = t[2, "Df diff"], p_value = t[2, "Pr(>Chisq)"])
  })
}
out <- list()
add <- function(id, fun, a, b, options_a, options_b = options_a) {
  fits <- suppressWarnings(lapply(list(c(list(a), options_a), c(list(b), options_b)), function(x) do.call(fun, c(list(model = x[[1]], data = d), x[-1]))))
  if (!all(sapply(fits, lavInspect, "converged"))) return(invisible())
  r <- try(rows(fits[[1]], fits[[2]], options_a$estimator), silent = TRUE)
  if (inherits(r, "try-error")) { cat(id, "failed\n"); return(invisible()) }
  out[[length(out) + 1]] <<- list(id = id, fun = fun, models = list(a, b), options = list(options_a, options_b), expected = lapply(r, as.list))
}
for (k in names(pairs)) for (e in c("ML", "MLM", "MLR", "MLMV", "MLMVS"))
  add(paste(k, e), "sem", pairs[[k]]$a, pairs[[k]]$b, list(estimator = e))
for (e in c("GLS", "ULS", "DWLS", "ULSMV", "WLS")) for (k in c("cov0", "equal_loadings"))
  add(paste(k, e), "sem", pairs[[k]]$a, pairs[[k]]$b, list(estimator = e))
for (k in c("cov0", "mimic")) add(paste(k, "MLR means"), "sem", pairs[[k]]$a, pairs[[k]]$b, list(estimator = "MLR", meanstructure = TRUE))
for (k in c("cov0", "mimic")) add(paste(k, "MLR random x"), "sem", pairs[[k]]$a, pairs[[k]]$b, list(estimator = "MLR", fixed.x = FALSE))
for (p in grouped) for (e in c("ML", "MLM", "MLR", "MLMV"))
  add(paste(p[1], p[2], e), "cfa", three, three, c(list(estimator = e, group = "grp"), if (p[1] != "none") list(group.equal = steps[[p[1]]])), list(estimator = e, group = "grp", group.equal = steps[[p[2]]]))
gaps <- function(x) gsub("x", "m", x)
for (k in c("cov0", "residual", "equal_loadings", "second_order")) for (e in c("ML", "MLR"))
  add(paste(k, e, "fiml"), "sem", gaps(pairs[[k]]$a), gaps(pairs[[k]]$b), list(estimator = e, missing = "ml"))
for (p in grouped[c(1, 3)]) add(paste(p[1], p[2], "MLR fiml"), "cfa", gaps(three), gaps(three), c(list(estimator = "MLR", missing = "ml", group = "grp"), if (p[1] != "none") list(group.equal = steps[[p[1]]])), list(estimator = "MLR", missing = "ml", group = "grp", group.equal = steps[[p[2]]]))
for (e in c("ML", "MLR")) add(paste("mimic", e, "fiml"), "sem", gaps(pairs$mimic$a), gaps(pairs$mimic$b), list(estimator = e, missing = "ml"))
write(toJSON(out, auto_unbox = TRUE, na = "null", digits = 15), "compare.json")
cat(length(out), "pairs\n")
out <- list()
ordinal <- function(x) gsub("x", "o", x)
for (k in c("cov0", "residual", "crossloading", "equal_loadings", "second_order")) for (e in c("WLSMV", "ULSMV", "WLSM", "ULSM", "WLSMVS"))
  add(paste(k, e, "ordinal"), "sem", ordinal(pairs[[k]]$a), ordinal(pairs[[k]]$b), list(estimator = e, ordered = paste0("o", 1:9)))
ordered <- list(estimator = "WLSMV", ordered = paste0("o", 1:9), group = "grp")
add("none thresholds WLSMV ordinal", "cfa", ordinal(three), ordinal(three), ordered, c(ordered, list(group.equal = "thresholds")))
add("thresholds loadings WLSMV ordinal", "cfa", ordinal(three), ordinal(three), c(ordered, list(group.equal = "thresholds")), c(ordered, list(group.equal = c("thresholds", "loadings"))))
write(toJSON(out, auto_unbox = TRUE, na = "null", digits = 15), "compare_ordinal.json")
cat(length(out), "pairs\n")
