# Parameter tables as lavaan makes them, for the models of partable_models.json.
#   python partable_models.py && Rscript partable.R     writes partable.json
suppressMessages({library(lavaan); library(jsonlite)})
models <- fromJSON("partable_models.json", simplifyVector = FALSE)
set.seed(1)
n <- 400
names <- c(paste0("x", 1:9), paste0("y", 1:3), paste0("z", 1:3))
common <- rnorm(n)
data <- as.data.frame(sapply(names, function(v) 0.7 * common + rnorm(n)))
for (k in 1:4) data[[paste0("o", k)]] <- findInterval(0.7 * common + rnorm(n), c(-0.5, 0.6)) + 1
data$grp <- rep(c("a", "b"), length.out = n)
data$grp3 <- rep(c("a", "b", "c"), length.out = n)
for (k in 1:4) data[[paste0("b", k)]] <- as.integer(0.7 * common + rnorm(n) > 0.2 * k - 0.4) + 1
out <- lapply(models, function(m) {
  options <- lapply(m$options, function(o) if (is.list(o)) unlist(o) else o)
  if (!is.null(options$ordered)) options$estimator <- "WLSMV"
  fit <- suppressWarnings(do.call(m$kind, c(list(model = m$model, data = data, do.fit = FALSE), options)))
  t <- parTable(fit)
  keep <- c("lhs", "op", "rhs", "user", "group", "free", "ustart", "exo", "label", "plabel")
  list(id = m$id, table = as.list(t[keep]), observed = lavNames(fit, "ov"), latents = lavNames(fit, "lv"))
})
write(toJSON(out, na = "null", digits = 15), "partable.json")
