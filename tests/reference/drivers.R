# Simulated data and golden values of the drivers of a construct, by lavaan.
# Rscript tests/reference/drivers.R (from the root of the repository); writes drivers.csv and drivers.json.
suppressPackageStartupMessages(library(lavaan))
set.seed(20261125)
n <- 400
trust <- rnorm(n); open <- .5 * trust + rnorm(n, sd = .9)
quality <- .4 * trust + .3 * open + rnorm(n, sd = .8)
elements <- sapply(c(.9, .8, .7), function(l) l * open + rnorm(n, sd = .5))
item <- function(f, l, high) pmin(pmax(round((high + 1) / 2 + l * f + rnorm(n, sd = .7)), 1), high)
d <- data.frame(
  t1 = item(trust, .9, 5), t2 = item(trust, .7, 5), t3 = item(trust, 1.2, 7),
  o1 = item(elements[, 1], .9, 5), o2 = item(elements[, 1], .8, 5), o3 = item(elements[, 2], .9, 5),
  o4 = item(elements[, 2], .7, 5), o5 = item(elements[, 3], .9, 5), o6 = item(elements[, 3], .8, 5),
  q1 = item(quality, .8, 5), q2 = item(quality, .9, 5), q3 = item(quality, .7, 4)
)
write.csv(d, "tests/reference/drivers.csv", row.names = FALSE)
model <- "
trust =~ t1 + a2*t2 + a3*t3
e1 =~ o1 + b2*o2
e2 =~ o3 + b4*o4
e3 =~ o5 + b6*o6
open =~ e1 + g2*e2 + g3*e3
quality =~ q1 + c2*q2 + c3*q3
open ~ p1*trust
quality ~ p2*trust + p3*open
kt := 100 * (1/4 + a2/4 + a3/6) / 3
ko := 100 * ((1 + b2)/8 + g2*(1 + b4)/8 + g3*(1 + b6)/8) / 3
kq := 100 * (1/4 + c2/4 + c3/3) / 3
tau_trust := (p2 + p1*p3) * kq / kt
tau_open := p3 * kq / ko
"
out <- list()
for (e in c("ML", "MLR")) {
  fit <- sem(model, d, estimator = e)
  p <- parameterEstimates(fit)
  p <- p[grepl("^tau", p$lhs), ]
  out[[e]] <- setNames(lapply(seq_len(nrow(p)), function(k)
    as.list(p[k, c("est", "se", "ci.lower", "ci.upper")])), p$lhs)
}
cat(jsonlite::toJSON(out, digits = 12, auto_unbox = TRUE, pretty = TRUE), file = "tests/reference/drivers.json")
cat("\n", file = "tests/reference/drivers.json", append = TRUE)
