# Ordered mediators under delta: lavaan's estimates of y ~ o2 where o2 depends on the ordered outcome o1 (docs/validation.md).
# Rscript ordered_path.R   (R 4.2.2, lavaan 0.6-14); prints means over samples and the share of models rejected at 5 %.
suppressMessages(library(lavaan))
set.seed(3)
one <- function(parameterization) {
  n <- 4000
  x <- rnorm(n); s1 <- .3 * x + rnorm(n); s2 <- .6 * s1 + .2 * x + rnorm(n, 0, .8); y <- .5 * s2 + rnorm(n)
  d <- data.frame(x, y, o1 = as.integer(cut(s1, c(-Inf, -.8, .2, Inf))), o2 = as.integer(cut(s2, c(-Inf, -.5, .6, Inf))))
  fit <- sem("o1 ~ x\no2 ~ a*o1 + x\ny ~ b*o2", d, ordered = c("o1", "o2"), parameterization = parameterization)
  c(coef(fit)[c("a", "b")], fitMeasures(fit, c("chisq.scaled", "df", "pvalue.scaled")))
}
for (p in c("delta", "theta")) {
  found <- replicate(40, one(p))
  cat(p, round(rowMeans(found)[1:4], 3), "rejected", mean(found[5, ] < .05), "\n")
}
