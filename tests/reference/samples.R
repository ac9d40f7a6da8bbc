# Two samples, tables of counts and shapes of simulated answers in base R, psych and semTools.
# Rscript tests/reference/samples.R writes samples.csv (simulated) and samples.json beside itself.
suppressMessages({library(psych); library(semTools); library(jsonlite)})
set.seed(20261125)
n <- 240
f <- rnorm(n)
item <- function(load, cut) findInterval(load * f + sqrt(1 - load^2) * rnorm(n), cut) + 1
d <- data.frame(
  a = item(.7, c(-1.5, -.5, .4, 1.4)), b = item(.6, c(-2.2, -1.2, -.4, .8)),
  c = item(.8, c(-1, 0, 1, 2)), d = item(.5, c(-2, -1.4, -.8, .1)),
  wave = rep(c("first", "second", "third"), c(90, 80, 70)),
  sex = sample(c("f", "m"), n, TRUE, c(.6, .4)),
  school = sample(c("low", "mid", "high"), n, TRUE, c(.3, .5, .2)))
d$d[d$wave == "third"] <- pmax(1, d$d[d$wave == "third"] - 1)
d$c[sample(n, 9)] <- NA
here <- sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE))
folder <- dirname(here)
write.csv(d, file.path(folder, "samples.csv"), row.names = FALSE)
items <- c("a", "b", "c", "d")
early <- d[d$wave == "first", ]; late <- d[d$wave == "third", ]
means <- lapply(items, function(i) {
  x <- na.omit(early[[i]]); y <- na.omit(late[[i]])
  t <- t.test(x, y)
  n1 <- length(x); n2 <- length(y); df <- n1 + n2 - 2
  d <- (mean(x) - mean(y)) / sqrt(((n1 - 1) * var(x) + (n2 - 1) * var(y)) / df)
  J <- exp(lgamma(df / 2) - lgamma((df - 1) / 2)) * sqrt(2 / df)
  s <- sqrt(n1 * n2 / (n1 + n2))
  nc <- function(p) uniroot(function(q) pt(d * s, df, q) - p, d * s + c(-6, 6), tol = 1e-12)$root
  bound <- .3 * sqrt((var(x) + var(y)) / 2)
  lower <- t.test(x, y, mu = -bound, alternative = "greater")$p.value
  upper <- t.test(x, y, mu = bound, alternative = "less")$p.value
  list(t = unname(t$statistic), df = unname(t$parameter), p = t$p.value, g = J * d,
       lower = J * nc(.975) / s, upper = J * nc(.025) / s, equivalence = max(lower, upper))
})
names(means) <- items
tables <- lapply(c("sex", "school"), function(v) {
  x <- chisq.test(table(d$wave[d$wave != "second"], d[[v]][d$wave != "second"]), correct = FALSE)
  list(chisq = unname(x$statistic), df = unname(x$parameter), p = x$p.value)
})
names(tables) <- c("sex", "school")
p <- c(sapply(means, `[[`, "p"), sapply(tables, `[[`, "p"))
shares <- c(low = .25, mid = .5, high = .25)
g <- chisq.test(table(factor(d$school, names(shares))), p = shares)
fit <- list(chisq = unname(g$statistic), df = unname(g$parameter), p = g$p.value, stdres = as.vector(g$stdres))
m <- psych::mardia(d[items], plot = FALSE)
complete <- na.omit(d[items])
shape <- list(
  type2 = lapply(c(skew = "skew", kurtosis = "kurtosis"), function(v) psych::describe(d[items], type = 2)[[v]]),
  type3 = lapply(c(skew = "skew", kurtosis = "kurtosis"), function(v) psych::describe(d[items], type = 3)[[v]]),
  mardia = list(b1p = m$b1p, skew = m$skew, small = m$small.skew, p_skew = m$p.skew, p_small = m$p.small, b2p = m$b2p,
                kurtosis = m$kurtosis),
  semtools = list(skew = as.list(mardiaSkew(complete)), kurtosis = as.list(mardiaKurtosis(complete))))
answer <- list(versions = list(R = as.character(getRversion()), psych = as.character(packageVersion("psych")),
                               semTools = as.character(packageVersion("semTools"))),
               means = means, tables = tables, holm = p.adjust(unname(p), "holm"), fit = fit, shape = shape)
write_json(answer, file.path(folder, "samples.json"), auto_unbox = TRUE, digits = 15, pretty = TRUE)
