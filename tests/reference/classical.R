# Golden values of the classical block: base R and MASS on simulated data. Formulas of papers stand where base R has none.
suppressMessages({library(MASS); library(jsonlite)})
set.seed(20260911)
n <- 90
d <- data.frame(age = round(rnorm(n, 40, 10)), trust = round(rnorm(n, 3.4, .7), 2), sex = sample(c("f", "m"), n, TRUE),
                school = sample(c("a", "b", "c"), n, TRUE, c(.3, .45, .25)), office = sample(1:15, n, TRUE))
d$mood <- .5 * d$trust + rnorm(n, 0, .6)
d$quality <- round(1 + .02 * d$age + .5 * d$trust + .3 * (d$school == "b") + rnorm(n, 0, .3 + .25 * d$trust), 3)
d$later <- round(d$quality + rnorm(n, .2, .5), 3)
d$last <- round(d$quality + rnorm(n, .1, .8), 3)
d$level <- as.integer(cut(d$quality + rlogis(n, 0, .5), c(-Inf, 2.6, 3.3, 4.1, Inf)))
d$item <- as.integer(cut(d$trust + rnorm(n, 0, .6), c(-Inf, 2.5, 3, 3.6, 4.2, Inf)))
d$w <- round(runif(n, .5, 3), 2)
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
write.csv(d, file.path(here, "classical.csv"), row.names = FALSE)
d <- read.csv(file.path(here, "classical.csv"))

f <- lm(quality ~ age + trust + school, d); s <- summary(f); X <- model.matrix(f); e <- resid(f); h <- hatvalues(f); k <- ncol(X)
bread <- solve(crossprod(X)); se <- function(w) unname(sqrt(diag(bread %*% crossprod(X * w, X) %*% bread)))
sums <- rowsum(X * e, d$office); G <- nrow(sums)
cluster <- unname(sqrt(diag(bread %*% crossprod(sums) %*% bread * G / (G - 1) * (n - 1) / (n - k))))
V <- bread %*% crossprod(X * (e^2 / (1 - h)^2), X) %*% bread; b <- coef(f)
small <- lm(quality ~ age, d); change <- anova(small, f)
aux <- summary(lm(e^2 ~ age + trust + school, d))
white <- summary(lm(e^2 ~ (age + trust + school)^2 + I(age^2) + I(trust^2), d))
glejser <- summary(lm(abs(e) ~ age + trust + school, d))
reset <- anova(f, lm(quality ~ age + trust + school + I(fitted(f)^2) + I(fitted(f)^3), d))
A <- crossprod(diff(diag(n))); Q <- qr.Q(qr(X), complete = TRUE)[, -(1:k)]; dw <- sum(diff(e)^2) / sum(e^2)
l <- eigen(t(Q) %*% A %*% Q, symmetric = TRUE)$values - dw
imhof <- .5 - integrate(function(u) sapply(u, function(v) sin(.5 * sum(atan(l * v))) / (v * prod((1 + l^2 * v^2)^.25))),
                        0, Inf, rel.tol = 1e-9, subdivisions = 2000)$value / pi
jb <- { m <- function(p) mean((e - mean(e))^p); n / 6 * (m(3)^2 / m(2)^3 + (m(4) / m(2)^2 - 3)^2 / 4) }
linear <- list(b = unname(b), se = unname(s$coefficients[, 2]), t = unname(s$coefficients[, 3]), p = unname(s$coefficients[, 4]),
  ci = unname(confint(f)), r2 = s$r.squared, r2_adj = s$adj.r.squared, F = unname(s$fstatistic), sigma = s$sigma, aic = AIC(f), bic = BIC(f),
  HC0 = se(e^2), HC1 = se(e^2 * n / (n - k)), HC2 = se(e^2 / (1 - h)), HC3 = se(e^2 / (1 - h)^2), HC4 = se(e^2 / (1 - h)^pmin(4, n * h / k)),
  cluster = cluster, wald_HC3 = as.numeric(t(b[-1]) %*% solve(V[-1, -1]) %*% b[-1] / (k - 1)),
  change = list(F = change$F[2], df1 = change$Df[2], p = change$`Pr(>F)`[2]),
  beta = unname(b[-1] * apply(X[, -1], 2, sd) / sd(d$quality)),
  vif_age = 1 / (1 - summary(lm(age ~ trust + school, d))$r.squared),
  part_age = sqrt(s$r.squared - summary(lm(quality ~ trust + school, d))$r.squared),
  partial_age = cor(resid(lm(quality ~ trust + school, d)), resid(lm(age ~ trust + school, d))),
  gvif_school = { R <- cor(X[, -1]); (det(R[3:4, 3:4]) * det(R[1:2, 1:2]) / det(R))^(1 / 2) },
  shapiro = unname(c(shapiro.test(e)$statistic, shapiro.test(e)$p.value)), jb = c(jb, pchisq(jb, 2, lower.tail = FALSE)),
  ks = unname(ks.test(e, "pnorm", 0, sd(e))$statistic),
  bp = c(n * aux$r.squared, pchisq(n * aux$r.squared, 4, lower.tail = FALSE)),
  white = c(n * white$r.squared, white$df[1] - 1), glejser = unname(glejser$fstatistic[1]), glejser_t = unname(glejser$coefficients[-1, 3]),
  dw = c(dw, imhof), reset = c(reset$F[2], reset$`Pr(>F)`[2]), cooks = max(cooks.distance(f)), rstudent = unname(rstudent(f)[which.max(cooks.distance(f))]))

o <- polr(factor(level) ~ age + trust + sex, d, Hess = TRUE, control = list(reltol = 1e-15, maxit = 1000)); so <- summary(o)
null <- polr(factor(level) ~ 1, d)
J <- 4; y <- d$level; Z <- model.matrix(o)
B <- sapply(1:(J - 1), function(j) coef(glm(I(y > j) ~ age + trust + sex, binomial, d, epsilon = 1e-14)))
P <- sapply(1:(J - 1), function(j) fitted(glm(I(y > j) ~ age + trust + sex, binomial, d, epsilon = 1e-14)))
Z <- model.matrix(~ age + trust + sex, d); inv <- lapply(1:(J - 1), function(j) solve(crossprod(Z * (P[, j] * (1 - P[, j])), Z)))
Vb <- matrix(0, 9, 9)
for (j in 1:3) for (m in j:3) {
  block <- (inv[[j]] %*% crossprod(Z * (P[, m] - P[, j] * P[, m]), Z) %*% inv[[m]])[-1, -1]
  Vb[3 * j - 2:0, 3 * m - 2:0] <- block; Vb[3 * m - 2:0, 3 * j - 2:0] <- t(block)
}
D <- kronecker(cbind(-1, diag(2)), diag(3)); db <- D %*% as.vector(B[-1, ])
brant <- as.numeric(t(db) %*% solve(D %*% Vb %*% t(D)) %*% db)
ordinal <- list(b = unname(o$coefficients), theta = unname(o$zeta), se = unname(so$coefficients[, 2]), logl = as.numeric(logLik(o)),
                null = as.numeric(logLik(null)), aic = AIC(o), brant = brant)

two <- split(d$quality, d$sex); three <- split(d$quality, d$school); x <- two$f; z <- two$m
ncp <- function(F, a, c, p) { g <- function(l) pf(F, a, c, ncp = l) - p; if (g(0) < 0) 0 else uniroot(g, c(0, 1000), tol = 1e-11)$root }
an <- oneway.test(quality ~ school, d, var.equal = TRUE); wa <- oneway.test(quality ~ school, d)
tk <- TukeyHSD(aov(quality ~ school, d))$school
gh <- t(combn(3, 2, function(i) { a <- three[[i[1]]]; c <- three[[i[2]]]; va <- var(a) / length(a); vc <- var(c) / length(c)
  df <- (va + vc)^2 / (va^2 / (length(a) - 1) + vc^2 / (length(c) - 1)); q <- abs(mean(a) - mean(c)) / sqrt((va + vc) / 2)
  c(df, ptukey(q, 3, df, lower.tail = FALSE), qtukey(.95, 3, df) * sqrt((va + vc) / 2)) }))
it <- split(d$item, d$school); rk <- split(rank(d$item), rep(d$school)); ties <- table(d$item)
vr <- n * (n + 1) / 12 - sum(ties^3 - ties) / (12 * (n - 1))
dunn <- combn(3, 2, function(i) (mean(rk[[i[1]]]) - mean(rk[[i[2]]])) / sqrt(vr * sum(1 / lengths(rk)[i])))
brown <- anova(lm(abs(quality - ave(quality, school, FUN = median)) ~ school, d)); lev <- anova(lm(abs(quality - ave(quality, school)) ~ school, d))
wide <- as.matrix(d[c("quality", "later", "last")]); rm <- anova(lm(wide ~ 1), X = ~1, test = "Spherical")
wt <- function(...) { w <- suppressWarnings(wilcox.test(...)); c(unname(w$statistic), w$p.value) }
tt <- function(...) { w <- t.test(...); c(unname(w$statistic), unname(w$parameter), w$p.value, w$conf.int) }
groups <- list(t = tt(x, z, var.equal = TRUE), welch = tt(x, z), paired = tt(d$quality, d$later, paired = TRUE),
  mann_whitney = wt(d$item[d$sex == "f"], d$item[d$sex == "m"]), exact = wt(d$trust[1:9], d$mood[10:20]),
  wilcoxon = wt(d$quality, d$later, paired = TRUE), anova = c(unname(an$statistic), an$p.value),
  eta2_ci = { F <- unname(an$statistic); l <- c(ncp(F, 2, n - 3, .975), ncp(F, 2, n - 3, .025)); l / (l + n) },
  welch_anova = unname(c(wa$statistic, wa$parameter[2], wa$p.value)), kruskal = unname(unlist(kruskal.test(item ~ school, d)[c("statistic", "p.value")])),
  friedman = unname(unlist(friedman.test(wide)[c("statistic", "p.value")])), repeated = c(rm$F[1], rm$`G-G Pr`[1]),
  tukey = unname(tk[, 4]), tukey_upper = unname(tk[, 3]), games_howell = gh, dunn = dunn, dunn_p = p.adjust(2 * pnorm(-abs(dunn)), "holm"),
  levene = c(brown$F[1], brown$`Pr(>F)`[1], lev$F[1]), pair_holm = p.adjust(c(t.test(wide[, 1], wide[, 2], paired = TRUE)$p.value,
  t.test(wide[, 1], wide[, 3], paired = TRUE)$p.value, t.test(wide[, 2], wide[, 3], paired = TRUE)$p.value), "holm"))

ct <- function(a, b, m) { w <- suppressWarnings(cor.test(a, b, method = m, exact = FALSE)); c(unname(w$estimate), unname(w$statistic), w$p.value, w$conf.int) }
pr <- cor(resid(lm(quality ~ age, d)), resid(lm(trust ~ age, d)))
correlation <- list(pearson = ct(d$quality, d$trust, "pearson"), spearman = ct(d$item, d$level, "spearman"), kendall = ct(d$item, d$level, "kendall"), partial = pr)

t2 <- table(d$sex, d$item > 3); t3 <- table(d$school, d$item); ch <- suppressWarnings(chisq.test(t3)); fi <- fisher.test(t2)
cross <- list(chisq = unname(c(ch$statistic, ch$parameter, ch$p.value)), stdres = unname(as.matrix(unclass(ch$stdres))), fisher = fisher.test(t3, workspace = 2e7)$p.value,
  two = unname(c(chisq.test(t2, correct = FALSE)$statistic, chisq.test(t2)$statistic, chisq.test(t2)$p.value)),
  fisher2 = c(fi$p.value, unname(fi$estimate), fi$conf.int))
ds <- survey::svydesign(ids = ~office, weights = ~w, data = d)
sv <- survey::svychisq(~school + item, ds, statistic = "F"); sw <- survey::svychisq(~school + item, ds, statistic = "adjWald")
cross$survey <- list(shares = as.vector(t(as.matrix(prop.table(survey::svytable(~school + item, ds))))),
  rao_scott = unname(c(sv$statistic, sv$parameter, sv$p.value)), wald = unname(c(sw$statistic, sw$p.value)))
write_json(list(versions = list(R = as.character(getRversion()), MASS = as.character(packageVersion("MASS"))), linear = linear, ordinal = ordinal,
                groups = groups, correlation = correlation, cross = cross), file.path(here, "classical.json"), auto_unbox = TRUE, digits = 15, pretty = TRUE)
