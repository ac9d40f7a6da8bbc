# Golden values of tests/moments/test_fourth.py: Rscript tests/reference/fourth.R (lavaan 0.6-14, survey 4.1-1)
# Gamma of means and covariances of the simulated rows written beside it.
suppressMessages({library(lavaan); library(survey); library(jsonlite)})
here <- "tests/reference"
set.seed(20261125)
n <- 90
f <- rt(n, 6)
x <- rexp(n)
data <- data.frame(y1 = f + 0.5 * x + rnorm(n), y2 = 0.8 * f + rnorm(n), y3 = 0.7 * f + rt(n, 5), x = x, z = rnorm(n) + 0.3 * x)
data <- round(data, 3)
data$w <- round(runif(n, 0.5, 2), 2)
data$cluster <- rep(1:30, each = 3)
data$stratum <- c(1, 1, 2, 3)[findInterval(data$cluster, c(1, 8, 15, 30))]
write.csv(data, file.path(here, "fourth.csv"), row.names = FALSE)
gamma <- function(...) unclass(as.matrix(lavInspect(sem(..., data = data, meanstructure = TRUE), "gamma")))
one <- "f =~ y1 + y2 + y3 + x"
cov <- "f =~ y1 + y2 + y3
f ~ x + z"
options(survey.lonely.psu = "adjust")
both <- function(design) list(mean = unname(vcov(svymean(~ y1 + y2 + y3 + x, design))), cov = unname(vcov(svyvar(~ y1 + y2 + y3 + x, design))))
out <- list(
  simple = unname(gamma(one, estimator = "MLM", fixed.x = FALSE)),
  unbiased = unname(gamma(one, estimator = "MLM", gamma.unbiased = TRUE)),
  fixed = unname(gamma(cov, estimator = "WLS", fixed.x = TRUE)),
  cluster = unname(gamma(one, estimator = "MLR", cluster = "cluster")),
  survey_clusters = both(svydesign(ids = ~cluster, strata = ~stratum, weights = ~w, data = data)),
  survey_rows = both(svydesign(ids = ~1, strata = ~stratum, weights = ~w, data = data))
)
write(toJSON(out, digits = 15, matrix = "rowmajor"), file.path(here, "fourth.json"))
