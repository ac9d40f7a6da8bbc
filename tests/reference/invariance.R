# Levels of invariance of ordered items by semTools (Wu & Estabrook, 2016), fitted by lavaan to the data of compare.csv:
# four categories o1..o9, three t1..t9, two b1..b9.     Rscript invariance.R     writes invariance.json
suppressMessages({library(lavaan); library(semTools); library(jsonlite)})
d <- read.csv("compare.csv")
for (k in 1:9) { o <- d[[paste0("o", k)]]; d[[paste0("t", k)]] <- pmin(o, 3); d[[paste0("b", k)]] <- as.integer(o > 2) + 1 }
d$two <- ifelse(d$grp == "south", "south", "other")
steps <- list(configural = "", threshold = "thresholds", metric = c("thresholds", "loadings"),
  scalar = c("thresholds", "loadings", "intercepts"), strict = c("thresholds", "loadings", "intercepts", "residuals"))
sets <- list(
  four = list(model = "f =~ o1 + o2 + o3\ng =~ o4 + o5 + o6", ordered = paste0("o", 1:6)),
  three = list(model = "f =~ t1 + t2 + t3\ng =~ t4 + t5 + t6", ordered = paste0("t", 1:6)),
  two = list(model = "f =~ b1 + b2 + b3\ng =~ b4 + b5 + b6", ordered = paste0("b", 1:6)),
  crossed = list(model = "f =~ o1 + o2 + o3 + o5\ng =~ o4 + o5 + o6\no1 ~~ o4", ordered = paste0("o", 1:6)),
  mixed = list(model = "f =~ o1 + t2 + x3 + o7\ng =~ o4 + x5 + t6", ordered = c("o1", "t2", "o7", "o4", "t6"))
)
out <- list()
for (s in names(sets)) for (g in c("two", "grp")) for (p in c("delta", "theta")) for (k in names(steps)) {
  if (p == "delta" && k == "strict") next
  a <- list(configural.model = sets[[s]]$model, data = d, ordered = sets[[s]]$ordered, parameterization = p,
    ID.fac = "std.lv", ID.cat = "Wu.Estabrook.2016", group = g)
  if (k != "configural") a$group.equal <- steps[[k]]
  r <- try(suppressWarnings(suppressMessages({
    t <- as.character(do.call(measEq.syntax, a))
    lavaan(t, data = d, ordered = sets[[s]]$ordered, group = g, estimator = "WLSMV", parameterization = p)
  })), silent = TRUE)
  m <- if (inherits(r, "try-error") || !lavInspect(r, "converged")) NULL else
    c(chisq = r@test[[1]]$stat, df = r@test[[1]]$df, chisq_scaled = r@test[[2]]$stat)
  cat(s, g, p, k, m, "\n")
  out[[length(out) + 1]] <- list(set = s, group = g, parameterization = p, level = k, model = sets[[s]]$model, ordered = sets[[s]]$ordered, measures = as.list(m))
}
write(toJSON(out, auto_unbox = TRUE, na = "null", digits = 15), "invariance.json")
