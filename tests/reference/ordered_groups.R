# Ordered items: unequal groups, weights with a covariate, indices of scales. Simulated data.
#   Rscript ordered_groups.R   (in this folder; R 4.2.2, lavaan 0.6-14)
suppressMessages(library(lavaan)); library(jsonlite)
set.seed(20261125)
n <- 360
g <- sample(c("b", "a"), n, TRUE, c(.75, .25))
x <- rnorm(n); f <- .4 * x + rnorm(n, 0, .9); h <- .6 * f + rnorm(n, 0, .8)
U <- sapply(1:6, function(i) {
  y <- c(.9, .8, .6, .7, .9, .6)[i] * (if (i < 4) f else h) + rnorm(n, 0, c(.6, .7, .8, .7, .9, .8)[i])
  as.integer(cut(y, c(-Inf, -.7, .5, Inf)))
})
colnames(U) <- paste0("u", 1:6)
d <- data.frame(U, x = round(x, 4), g, w = round(runif(n, .5, 2), 3))
write.csv(d, "ordered_groups.csv", row.names = FALSE)
items <- colnames(U)
two <- "f =~ u1 + u2 + u3\nh =~ u4 + u5 + u6"
a <- cfa(two, d, ordered = items, group = "g")
b <- cfa(two, d, ordered = items, group = "g", group.equal = "loadings")
lrt <- lavTestLRT(a, b)
equal <- paste0("u", 1:3, " | a*t1 + b*t2", collapse = "\n")
m <- modindices(sem(paste0("f =~ u1 + u2 + u3\nf ~ x\n", equal), d, ordered = items))
weighted <- sem("f =~ u1 + u2 + u3\nf ~ x", d, ordered = items, sampling.weights = "w")
s <- standardizedSolution(weighted)
uls <- cfa("f =~ u1 + u2 + u3\nh =~ u4 + u5 + u6", d, estimator = "ULS", sampling.weights = "w")
out <- list(
  uls_chisq = fitMeasures(uls, "chisq")[[1]],
  satorra_2000 = c(lrt[["Chisq diff"]][2], lrt[["Pr(>Chisq)"]][2]),
  indices = as.data.frame(m)[!is.na(m$mi), c("lhs", "op", "rhs", "mi")],
  x_variance = lavInspect(weighted, "sampstat")$cov.x[1, 1],
  std_slope = s$est.std[s$op == "~"]
)
writeLines(toJSON(out, digits = NA, dataframe = "columns"), "ordered_groups.json")
