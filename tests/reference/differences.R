# One model under the conventions of several programs, by lavaan, semTools and survey, for tests/robustness/test_explanation.py.
# Run from the folder of this file: Rscript differences.R. Writes differences.csv (simulated data) and differences.json.
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
set.seed(20261126)
n <- 260
z1 <- rnorm(n); z2 <- 0.4 * z1 + rnorm(n)
t <- 0.4 * z1 + 0.2 * z2 + rnorm(n)
q <- 0.5 * t + 0.2 * z2 + rnorm(n)
shared <- rnorm(n)
item <- function(f, l, s) round(f * l + rnorm(n, sd = s) + 0.15 * rexp(n), 3)
d <- data.frame(z1 = round(z1, 3), z2 = round(z2, 3), t1 = item(t, 1, .8), t2 = item(t, .8, 1) + round(0.4 * shared, 3), t3 = item(t, 1.3, .9),
                q1 = item(q, 1, .7), q2 = item(q, .7, .9) + round(0.4 * shared, 3), q3 = item(q + 0.35 * z1, 1.2, 1), side = rep(c("a", "b"), n / 2))
write.csv(d, "differences.csv", row.names = FALSE)
model <- "t =~ t1 + t2 + t3
q =~ q1 + q2 + q3
q ~ t + z1 + z2
t ~ z1 + z2"
other <- sub("q1 \\+ q2", "q2 + q1", sub("t1 \\+ t2 \\+ t3", "t3 + t2 + t1", model))
out <- list()
keep <- function(fit, names) as.list(unclass(fitMeasures(fit, names)))
pick <- function(fit, l, o, r, what = "est") {p <- parameterEstimates(fit); p[p$lhs == l & p$op == o & p$rhs == r, what]}
all <- c("chisq", "df", "cfi", "tli", "nfi", "ifi", "rfi", "rmsea", "gfi", "agfi", "pgfi", "aic", "bic", "bic2", "npar", "rmr",
         "srmr", "srmr_mplus", "crmr", "ecvi", "mfi")
ml <- sem(model, d)
out$ml <- keep(ml, all)
out$wishart <- keep(sem(model, d, likelihood = "wishart"), c("chisq", "cfi", "tli", "rmsea"))
out$means <- keep(sem(model, d, meanstructure = TRUE), c("gfi", "agfi", "pgfi", "npar", "srmr"))
out$free_x <- keep(sem(model, d, fixed.x = FALSE), c("cfi", "tli", "nfi", "ifi", "rfi", "gfi", "npar"))
names <- setdiff(colnames(d), "side")
alone <- lavaan(paste(names, "~~", names, collapse = "\n"), d)
out$independence <- keep(alone, c("chisq", "df"))
out$uls <- keep(sem(model, d, estimator = "ULS"), c("gfi"))
out$mlm <- keep(sem(model, d, estimator = "MLM"), c("chisq.scaled", "cfi.robust", "rmsea.robust"))
out$mlr <- keep(sem(model, d, estimator = "MLR"), c("chisq.scaled", "cfi.scaled", "rmsea.scaled"))
grouped <- sem(model, d, group = "side")
out$grouped <- keep(grouped, c("chisq", "df", "rmsea"))
out$grouped_wishart <- keep(sem(model, d, group = "side", likelihood = "wishart"), c("chisq", "rmsea"))
out$path <- list(ml = pick(ml, "q", "~", "t"), se = pick(ml, "q", "~", "t", "se"),
                 other = pick(sem(other, d), "q", "~", "t"), std_lv = pick(sem(model, d, std.lv = TRUE), "q", "~", "t"),
                 variance = pick(ml, "t1", "~~", "t1"),
                 variance_wishart = pick(sem(model, d, likelihood = "wishart"), "t1", "~~", "t1"),
                 se_wishart = pick(sem(model, d, likelihood = "wishart"), "q", "~", "t", "se"),
                 se_variance_wishart = pick(sem(model, d, likelihood = "wishart"), "t1", "~~", "t1", "se"),
                 se_mlr = pick(sem(model, d, estimator = "MLR"), "q", "~", "t", "se"))
s <- standardizedSolution(ml); u <- standardizedSolution(ml, type = "std.nox")
out$path$std_all <- s$est.std[s$lhs == "q" & s$op == "~" & s$rhs == "t"]
out$path$std_nox_z1 <- u$est.std[u$lhs == "q" & u$op == "~" & u$rhs == "z1"]
measurement <- cfa("t =~ t1 + t2 + t3\nq =~ q1 + q2 + q3", d)
out$reliability <- list(omega = compRelSEM(measurement, obs.var = FALSE)[["t"]],
                        observed = compRelSEM(measurement, obs.var = TRUE)[["t"]],
                        alpha = suppressMessages(reliability(measurement))["alpha", "t"],
                        ave = AVE(measurement, obs.var = FALSE)[["t"]],
                        htmt = htmt("t =~ t1 + t2 + t3\nq =~ q1 + q2 + q3", d, htmt2 = FALSE)["q", "t"],
                        htmt2 = htmt("t =~ t1 + t2 + t3\nq =~ q1 + q2 + q3", d, htmt2 = TRUE)["q", "t"])
# One office of twenty rows left out at a time.
suppressMessages(library(survey))
offices <- svydesign(~office, data = transform(d, office = (seq_len(n) - 1) %/% 20), weights = ~1)
out$jackknife <- unname(SE(svyglm(q1 ~ t1, as.svrepdesign(offices, type = "JK1", mse = TRUE)))[2])
out$versions <- list(survey = as.character(packageVersion("survey")), R = as.character(getRversion()), lavaan = as.character(packageVersion("lavaan")),
                     semTools = as.character(packageVersion("semTools")))
write(toJSON(out, auto_unbox = TRUE, digits = 12, pretty = TRUE), "differences.json")
