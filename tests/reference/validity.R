# Golden values of validity and common method variance from lavaan and semTools, on the simulated validity.csv:
# three traits of four items (a, b, c) and a marker of three (m1-m3), a method factor behind all, five categories.
#     Rscript validity.R      (in this folder; lavaan 0.6-14, semTools 0.5-6)
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
d <- read.csv("validity.csv")
traits <- list(A = paste0("a", 1:4), B = paste0("b", 1:4), C = paste0("c", 1:4))
items <- unlist(traits, use.names = FALSE); marker <- paste0("m", 1:3)
loads <- function(f, i, w = "") paste0(f, " =~ ", paste0(w, i, collapse = " + "))
base <- paste(mapply(loads, names(traits), traits), collapse = "\n")
apart <- function(f) paste0(f, " ~~ 0*", names(traits), collapse = "\n")
fitted <- function(m, ...) suppressWarnings(cfa(m, d, std.lv = TRUE, ...))
mat <- function(x) { x <- unclass(x); list(names = rownames(x), values = unname(lapply(seq_len(nrow(x)), function(i) unname(x[i, ])))) }
out <- list()

out$htmt <- list(
  pearson = mat(htmt(base, d, htmt2 = FALSE)), pearson2 = mat(htmt(base, d, htmt2 = TRUE)),
  polychoric = mat(htmt(base, d, ordered = items, htmt2 = FALSE)), polychoric2 = mat(htmt(base, d, ordered = items)))
m <- fitted(base)
out$ave <- as.list(unclass(AVE(m)))

# semTools stops where a scaling factor of 2001 is negative; such a cut-off is left out.
discriminant <- function(fit) lapply(c(.8, .9, 1), function(k) {
  x <- tryCatch(suppressWarnings(suppressMessages(discriminantValidity(fit, cutoff = k))), error = function(e) NULL)
  if (is.null(x)) return(list(cutoff = k))
  list(cutoff = k, lhs = x$lhs, rhs = x$rhs, r = x$est, ci_lower = x$ci.lower, ci_upper = x$ci.upper,
       chisq_diff = x[["Chisq diff"]], p_value = x[["Pr(>Chisq)"]]) })
out$discriminant <- list(ML = discriminant(m), MLR = discriminant(fitted(base, estimator = "MLR")),
                         WLSMV = discriminant(cfa(base, d, std.lv = TRUE, ordered = items, estimator = "WLSMV")))

models <- list(measurement = m, one_factor = fitted(loads("M", items)))
models$ulmc_equal <- fitted(paste(base, loads("M", items, "k*"), apart("M"), sep = "\n"))
models$ulmc_free <- fitted(paste(base, loads("M", items, "NA*"), apart("M"), sep = "\n"))
models$marker_cfa <- fitted(paste(base, loads("K", marker), sep = "\n"))
p <- parameterEstimates(models$marker_cfa)
value <- function(l, o, r) sprintf("%.17g*", p$est[p$lhs == l & p$op == o & p$rhs == r])
held <- paste(c(loads("K", marker, sapply(marker, function(i) value("K", "=~", i))),
                sapply(marker, function(i) paste0(i, " ~~ ", value(i, "~~", i), i)), apart("K")), collapse = "\n")
models$baseline <- fitted(paste(base, held, sep = "\n"))
c_text <- paste(base, held, loads("K", items, "k*"), sep = "\n")
u_text <- paste(base, held, loads("K", items, "NA*"), sep = "\n")
models$method_c <- fitted(c_text)
models$method_u <- fitted(u_text)
phi <- lavInspect(models$baseline, "cor.lv")
pairs <- combn(names(traits), 2)
fixed <- paste(apply(pairs, 2, function(x) sprintf("%s ~~ %.17g*%s", x[1], phi[x[1], x[2]], x[2])), collapse = "\n")
better <- if (anova(models$method_u, models$method_c)[["Pr(>Chisq)"]][2] < .05) u_text else c_text
models$method_r <- fitted(paste(better, fixed, sep = "\n"))
out$retained <- if (identical(better, u_text)) "method_u" else "method_c"
out$models <- lapply(models, function(f) as.list(fitMeasures(f, c("chisq", "df", "cfi", "rmsea", "srmr", "aic", "bic"))))
out$loadings <- lapply(models[c("measurement", "ulmc_equal", "ulmc_free", "method_c", "method_u")], function(f) {
  s <- standardizedSolution(f, se = FALSE); s <- s[s$op == "=~", ]; list(lhs = s$lhs, rhs = s$rhs, est = s$est.std) })

R <- cor(d[, items])
scores <- sapply(traits, function(i) rowMeans(d[, i]))
out$harman <- list(component = eigen(R)$values[1] / 12)
out$vif <- list(scores = as.list(diag(solve(cor(scores)))), latent = as.list(diag(solve(lavInspect(m, "cor.lv")))))
stopifnot(all(sapply(models, lavInspect, "converged")))
write_json(out, "validity.json", digits = 15, auto_unbox = TRUE, pretty = TRUE, na = "null")
