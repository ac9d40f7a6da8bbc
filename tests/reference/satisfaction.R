# Writes satisfaction.csv (simulated answers to nine elements, drawn by clusters in strata) and satisfaction.json
# (index and standard errors by R's survey package). Run in this folder: Rscript satisfaction.R
suppressPackageStartupMessages({library(survey); library(jsonlite)})
set.seed(61)
n <- 240
stratum <- rep(c("north", "south", "west"), c(100, 80, 60))
cluster <- paste0(substr(stratum, 1, 1), ceiling(ave(seq_len(n), stratum, FUN = seq_along) / 10))
unit <- sample(c("A", "B", "C"), n, TRUE)
size <- c(north = 40, south = 25, west = 30)[stratum]
weight <- round(runif(n, 0.4, 2.5), 3)
latent <- rnorm(n) + rnorm(length(unique(cluster)), sd = 0.5)[match(cluster, unique(cluster))]
x <- sapply(1:9, function(u) pmin(4, pmax(1, round(3.1 + 0.1 * (u - 5) + 0.5 * latent + rnorm(n, sd = 0.6)))))
x[matrix(runif(n * 9) < 0.03, n)] <- NA
x[1, ] <- replace(x[1, ], is.na(x[1, ]), 3)
colnames(x) <- paste0("U", 1:9)
data <- data.frame(unit, stratum, cluster, size, weight, x)
write.csv(data, "satisfaction.csv", row.names = FALSE, na = "")

index <- function(design) {
  # 25/9 times the sum of nine ratios (score given) / (answered): answers that are missing count in neither
  scores <- as.formula(paste("~", paste0("s", 1:9, collapse = "+")))
  given <- as.formula(paste("~", paste0("a", 1:9, collapse = "+")))
  r <- svyratio(scores, given, design, covmat = TRUE)
  own <- which(as.vector(diag(9)) == 1)
  V <- vcov(r)[own, own]
  list(ikm = 25 / 9 * sum(coef(r)[own]), se = 25 / 9 * sqrt(sum(V)), nrr = unname(coef(r)[own]),
       nrr_se = unname(sqrt(diag(V))))
}
for (u in 1:9) {
  data[[paste0("s", u)]] <- ifelse(is.na(x[, u]), 0, x[, u])
  data[[paste0("a", u)]] <- as.numeric(!is.na(x[, u]))
}
srs <- svydesign(~1, weights = ~1, data = data)
clustered <- svydesign(~cluster, strata = ~stratum, weights = ~1, data = data)
full <- svydesign(~cluster, strata = ~stratum, weights = ~weight, fpc = ~size, data = data)
by <- function(design) lapply(c(A = "A", B = "B", C = "C"), function(k) index(subset(design, unit == k)))
out <- list(
  srs = index(srs), clustered = index(clustered), full = index(full),
  by_clustered = by(clustered), by_full = by(full),
  by_srs = lapply(c(A = "A", B = "B", C = "C"), function(k)
    index(svydesign(~1, weights = ~1, data = data[data$unit == k, ])))
)
suppressPackageStartupMessages({library(lavaan); library(semTools)})
complete <- as.data.frame(x[complete.cases(x), ])
fit <- cfa(paste("f =~", paste0("U", 1:9, collapse = "+")), complete, ordered = TRUE, std.lv = TRUE)
out$link <- list(n = nrow(complete), r2 = unname(reliability(fit)["omega", 1]), loadings = unname(inspect(fit, "std")$lambda[, 1]))
write(toJSON(out, digits = 15, auto_unbox = TRUE, pretty = TRUE), "satisfaction.json")
