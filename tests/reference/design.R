# Golden values of estimates by design on simulated data (design.csv), with R's survey.
suppressPackageStartupMessages({library(survey); library(jsonlite)})
set.seed(5); n <- 240
d <- data.frame(h = sample(1:6, n, TRUE), y = round(rnorm(n, 10, 3), 3), x = round(rnorm(n, 5, 1), 3), w = round(runif(n, .5, 9), 3), g = sample(c("a", "b", "c"), n, TRUE), s = sample(c("f", "m"), n, TRUE))
d$c <- d$h * 100 + sample(1:5, n, TRUE); d <- d[!(d$h == 6 & d$c != 601) & !(d$h == 5 & d$c != 502), ]
d$fpc <- c(12, 10, 20, 9, 4, 8)[d$h]; d$y[c(3, 9)] <- NA
for (r in 1:8) d[[paste0("r", r)]] <- round(d$w * rexp(nrow(d)), 3)
write.csv(d, "design.csv", row.names = FALSE)
out <- list(); v <- function(s) list(est = as.numeric(coef(s)), se = as.numeric(SE(s)))
for (o in c("remove", "certainty", "adjust", "average")) { options(survey.lonely.psu = o)
  de <- svydesign(id = ~c, strata = ~h, weights = ~w, fpc = ~fpc, data = d)
  out[[paste0("lonely_", o)]] <- list(mean = v(svymean(~y, de, na.rm = TRUE)), total = v(svytotal(~x, de)), by = v(svyby(~x, ~g, de, svymean))) }
options(survey.lonely.psu = "adjust"); de <- svydesign(id = ~c, strata = ~h, weights = ~w, data = d)
b <- svyby(~x, ~g, de, svymean, deff = TRUE, covmat = TRUE); out$by <- list(est = as.numeric(coef(b)), se = as.numeric(SE(b)), deff = as.numeric(deff(b)), cov = as.matrix(vcov(b)), contrast = v(svycontrast(b, c(1, -1, 0))))
b <- svyby(~x, ~g, de, svytotal, deff = TRUE); out$by_total <- list(est = as.numeric(coef(b)), se = as.numeric(SE(b)), deff = as.numeric(deff(b)))
out$by_ratio <- v(svyby(~x, ~g, denominator = ~w, de, svyratio))
p <- c(.1, .25, .5, .9); for (k in c("math", "school", paste0("hf", 4:9))) { q <- svyquantile(~x, de, p, qrule = k)[[1]]; out$quantile[[k]] <- list(est = q[, 1], low = q[, 2], high = q[, 3], se = q[, 4]) }
for (k in c("logit", "beta", "asin", "mean")) out$share[[k]] <- as.numeric(attr(svyciprop(~I(as.numeric(x > 5.5)), de, method = k), "ci"))
for (k in c("F", "Chisq", "Wald", "adjWald")) { t <- svychisq(~g + s, de, statistic = k); out$chisq[[k]] <- c(t$statistic, t$p.value) }
m <- summary(svyglm(x ~ y + g, de)); out$regression <- list(coef = m$coefficients, df = m$df.residual)
few <- d[d$h < 5, ]; dj <- svydesign(id = ~c, strata = ~h, weights = ~w, fpc = ~fpc, data = few); r <- as.svrepdesign(dj, type = "JKn"); out$JKn <- list(mean = v(svymean(~x, r)), var = v(svyvar(~x, r)), ratio = v(svyratio(~x, ~w, r)), by = v(svyby(~x, ~g, r, svymean)), df = degf(r))
r <- as.svrepdesign(svydesign(id = ~c, weights = ~w, data = few), type = "JK1"); out$JK1 <- list(mean = v(svymean(~x, r)), total = v(svytotal(~x, r)))
W <- as.matrix(d[paste0("r", 1:8)]); for (k in c("bootstrap", "BRR", "JK1", "successive-difference")) for (mse in c(FALSE, TRUE)) { r <- suppressWarnings(svrepdesign(weights = ~w, repweights = W, data = d, type = k, combined.weights = TRUE, mse = mse)); out$given[[paste(k, mse)]] <- c(v(svymean(~x, r)), v(svyratio(~x, ~w, r)), df = degf(r)) }
pop <- data.frame(g = c("a", "b", "c"), Freq = c(400, 500, 300)); pops <- data.frame(s = c("f", "m"), Freq = c(650, 550))
for (k in c("w", "c")) { base <- if (k == "w") svydesign(id = ~1, weights = ~w, data = d) else svydesign(id = ~c, strata = ~h, weights = ~w, fpc = ~fpc, data = d)
  ps <- postStratify(base, ~g, pop); rk <- rake(base, list(~g, ~s), list(pop, pops), control = list(epsilon = 1e-11, maxit = 500))
  for (z in list(list("post", ps), list("rake", rk))) out[[paste(z[[1]], k)]] <- list(weights = head(as.numeric(weights(z[[2]])), 6), mean = v(svymean(~x, z[[2]])), total = v(svytotal(~x, z[[2]])), by = v(svyby(~x, ~s, z[[2]], svymean)), missing = v(svymean(~y, z[[2]], na.rm = TRUE)), reg = v(svyglm(x ~ w, z[[2]])))
  tr <- trimWeights(rk, lower = .3 * mean(weights(rk)), upper = 1.6 * mean(weights(rk)), strict = TRUE); out[[paste("trim", k)]] <- list(weights = range(weights(tr)), mean = v(svymean(~x, tr))) }
write(toJSON(out, digits = I(15), auto_unbox = FALSE, na = "null"), "design.json")
