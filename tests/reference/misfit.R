# Size of misfit of lavaan: SRMR, CRMR and RMR with errors, tests and intervals, on simulated data.
# Rscript misfit.R, in this folder; writes misfit.csv and misfit.json.
suppressPackageStartupMessages(library(lavaan))
set.seed(20261125)
n <- 240
f <- matrix(rnorm(2 * n), n) %*% chol(matrix(c(1, .5, .5, 1), 2))
u <- matrix(rchisq(6 * n, 3) - 3, n) / sqrt(6)
y <- cbind(.8 * f[, 1], .7 * f[, 1], .6 * f[, 1], .8 * f[, 2], .7 * f[, 2] + .25 * f[, 1], .6 * f[, 2]) + .65 * u
y <- round(sweep(y, 2, c(3, 2, 4, 1, 0, 3), "+"), 3)
colnames(y) <- paste0("x", 1:6)
write.csv(y, "misfit.csv", row.names = FALSE)
data <- read.csv("misfit.csv")
model <- "trust =~ x1 + a*x2 + a*x3\nquality =~ x4 + x5 + x6\nx1 ~~ e*x1\nx2 ~~ e*x2"
text <- function(v) paste0("[", paste(ifelse(is.na(v), "null", sprintf("%.15g", v)), collapse = ", "), "]")
cases <- list(ml = list(), mlr = list(estimator = "MLR"), mlm = list(estimator = "MLM"), gls = list(estimator = "GLS"))
out <- character()
for (id in names(cases)) for (means in c(FALSE, TRUE)) {
  given <- c(cases[[id]], list(meanstructure = means))
  fit <- eval(as.call(c(list(quote(cfa), model, quote(data)), given)))
  parts <- character()
  for (type in c(srmr = "cor.bentler", crmr = "cor.bollen", rmr = "raw")) {
    s <- as.data.frame(lavResiduals(fit, type = type)$summary)
    name <- c(cor.bentler = "srmr", cor.bollen = "crmr", raw = "rmr")[[type]]
    s <- s[!grepl("closefit.h0.value", rownames(s)), , drop = FALSE]
    block <- paste(sprintf('"%s": %s', names(s), vapply(s, text, "")), collapse = ", ")
    parts <- c(parts, sprintf('"%s": {%s}', name, block))
  }
  if (id == "mlm" && !means) next # lavaan's MLM has means
  options <- paste(c(if (length(cases[[id]])) sprintf('"estimator": "%s"', cases[[id]]$estimator),
    sprintf('"meanstructure": %s', if (means) "true" else "false")), collapse = ", ")
  out <- c(out, sprintf('{"id": "%s%s", "model": "%s", "options": {%s}, "summary": {%s}}', id, if (means) "_means" else "",
    gsub("\n", "\\\\n", model), options, paste(parts, collapse = ", ")))
}
writeLines(c("[", paste(out, collapse = ",\n"), "]"), "misfit.json")
