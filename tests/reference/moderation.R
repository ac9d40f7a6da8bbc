# Products of indicators and simple slopes of semTools, on simulated data.
# Rscript moderation.R, in this folder; writes moderation.csv and moderation.json.
suppressPackageStartupMessages({library(lavaan); library(semTools); library(jsonlite)})
set.seed(20261125)
n <- 400
f <- matrix(rnorm(2 * n), n) %*% chol(matrix(c(1, .3, .3, 1), 2))
y <- .4 * f[, 1] + .3 * f[, 2] + .25 * f[, 1] * f[, 2] + rnorm(n, 0, .7)
items <- cbind(sapply(c(.9, .8, .7), function(l) l * f[, 1]), sapply(c(.9, .8, .7), function(l) l * f[, 2]),
  sapply(c(.9, .8, .7), function(l) l * y)) + matrix(rnorm(9 * n, 0, .5), n)
items <- round(sweep(items, 2, c(3, 2.5, 3.2, 2.8, 3, 3.1, 3, 2.7, 3.3), "+"), 3)
colnames(items) <- c(paste0("x", 1:3), paste0("z", 1:3), paste0("y", 1:3))
write.csv(items, "moderation.csv", row.names = FALSE)
data <- read.csv("moderation.csv")
x <- paste0("x", 1:3); z <- paste0("z", 1:3)
products <- list()
for (match in c(TRUE, FALSE)) for (center in c("double", "mean", "none")) {
  made <- indProd(data, x, z, match = match, meanC = center != "none", doubleMC = center == "double")
  new <- setdiff(names(made), names(data))
  products[[length(products) + 1]] <- list(method = if (match) "matched" else "all", center = center, names = new,
    sums = unname(colMeans(made[new])), squares = unname(colMeans(made[new]^2)), first = unname(unlist(made[1, new])))
}
made <- indProd(data, x, z)
model <- "X =~ x1 + x2 + x3\nZ =~ z1 + z2 + z3\nY =~ y1 + y2 + y3\nXZ =~ x1.z1 + x2.z2 + x3.z3\nY ~ X + Z + XZ"
fit <- sem(model, made, meanstructure = TRUE, estimator = "MLR")
at <- c(-1, 0, .5, 1)
slopes <- probe2WayMC(fit, nameX = c("X", "Z", "XZ"), nameY = "Y", modVar = "Z", valProbe = at)$SimpleSlope
observed <- "y1 ~ b1*x1 + b2*z1 + b3*x1:z1\nlow := b1 + b3*2\nmid := b1 + b3*2.8\nhigh := b1 + b3*3.5"
path <- parameterEstimates(sem(observed, data))
path <- path[path$op == ":=", ]
write(toJSON(list(products = products, latent = list(model = model, at = at, est = slopes$est, se = slopes$se),
  observed = list(at = c(2, 2.8, 3.5), est = path$est, se = path$se)), digits = 12, auto_unbox = TRUE), "moderation.json")
