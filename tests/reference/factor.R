# Golden values of exploratory factor analysis: psych, GPArotation and lavaan on simulated answers.
#   Rscript factor.R     writes factor.csv and factor.json beside itself
suppressMessages({ library(psych); library(GPArotation); library(lavaan); library(jsonlite) })
set.seed(4)
n <- 400; p <- 12
general <- c(.5, .6, .4, .5, .6, .5, .4, .6, .5, .5, .4, .6)
L <- matrix(0, p, 4); L[, 1] <- general; for (k in 1:3) L[(4 * k - 3):(4 * k), k + 1] <- c(.5, .4, .6, .5)
y <- matrix(rnorm(n * 4), n) %*% t(L) + matrix(rnorm(n * p), n) %*% diag(sqrt(1 - rowSums(L^2)))
x <- as.data.frame(apply(y, 2, function(v) as.integer(cut(v, c(-Inf, -1.2, -.4, .5, 1.3, Inf)))))
names(x) <- paste0("x", 1:p)
write.csv(x, "factor.csv", row.names = FALSE)

m <- function(a) unname(as.matrix(unclass(a)))
R <- cor(x); P <- matrix(as.numeric(lavCor(x, ordered = names(x))), p); dimnames(P) <- dimnames(R)
out <- list(versions = list(psych = as.character(packageVersion("psych")), GPArotation = as.character(packageVersion("GPArotation")), lavaan = as.character(packageVersion("lavaan"))), R = m(R), polychoric = m(P))

k <- KMO(R); b <- cortest.bartlett(R, n = n)
out$kmo <- list(overall = unbox(k$MSA), items = as.numeric(k$MSAi)); out$bartlett <- lapply(b, function(v) unbox(as.numeric(v)))
kp <- KMO(P); out$kmo_polychoric <- unbox(kp$MSA)

# the minimum itself: uniquenesses by factanal at its finest, loadings as psych prints them
f <- factanal(covmat = R, factors = 3, n.obs = n, rotation = "none", control = list(nstart = 5, opt = list(factr = 10, maxit = 5000)))
A <- m(f$loadings); out$unrotated <- A
fine <- list(eps = 1e-10, maxit = 20000)
target <- matrix(NA, p, 3); for (j in 1:3) target[-((4 * j - 3):(4 * j)), j] <- 0
W <- matrix(as.numeric(!is.na(target)), p); T0 <- target; T0[is.na(T0)] <- 0
go <- function(kind, method, args = NULL, starts = 4) { best <- NULL; set.seed(1)
  for (s in seq_len(starts)) { T <- if (s == 1) diag(3) else Random.Start(3)
    g <- suppressWarnings(try((if (kind == "T") GPForth else GPFoblq)(A, Tmat = T, method = method, methodArgs = args, eps = 1e-7, maxit = 1000), silent = TRUE))
    if (!inherits(g, "try-error") && g$convergence && (is.null(best) || tail(g$Table[, 2], 1) < best$f - 1e-12)) best <- list(loadings = m(g$loadings), phi = if (is.null(g$Phi)) diag(3) else m(g$Phi), f = tail(g$Table[, 2], 1)) }
  best$f <- unbox(best$f); best }
out$rotations <- list(
  varimax = go("T", "varimax", starts = 1), quartimax = go("T", "quartimax", starts = 1), geomin_orthogonal = go("T", "geomin", list(delta = .01)),
  target_orthogonal = go("T", "pst", list(W = W, Target = T0)), bifactor = go("T", "bifactor", starts = 2),
  oblimin = go("Q", "oblimin", list(gam = 0), starts = 1), oblimin_negative = go("Q", "oblimin", list(gam = -.5), starts = 1),
  geomin = go("Q", "geomin", list(delta = .01)), target = go("Q", "pst", list(W = W, Target = T0)), bifactor_oblique = go("Q", "bifactor", starts = 1))

one <- function(R, fm, rot) { f <- suppressWarnings(suppressMessages(fa(R, 3, n.obs = n, fm = fm, rotate = rot, max.iter = 5000, min.err = 1e-12)))
  list(loadings = m(f$loadings), phi = if (is.null(f$Phi)) NULL else m(f$Phi), communality = as.numeric(f$communality), complexity = as.numeric(f$complexity),
       fit = list(chisq = unbox(f$STATISTIC), df = unbox(f$dof), pvalue = unbox(f$PVAL), rmsea = unbox(f$RMSEA[[1]]), rmsea_ci_lower = unbox(f$RMSEA[[2]]), rmsea_ci_upper = unbox(f$RMSEA[[3]]), tli = unbox(f$TLI), bic = unbox(f$BIC), rmsr = unbox(f$rms), rmsr_corrected = unbox(f$crms), fit_off_diagonal = unbox(f$fit.off), fit = unbox(f$fit)), r2 = as.numeric(f$R2)) }
out$fa <- list(pa_promax = one(R, "pa", "promax"), ml_oblimin = one(R, "ml", "oblimin"), pa_varimax = one(R, "pa", "varimax"), polychoric_pa_oblimin = one(P, "pa", "oblimin"))

f <- suppressMessages(fa(R, 3, n.obs = n, fm = "pa", rotate = "oblimin", max.iter = 5000, min.err = 1e-12)); v <- suppressMessages(fa(R, 3, n.obs = n, fm = "pa", rotate = "varimax", max.iter = 5000, min.err = 1e-12))
s <- function(f, method) { q <- factor.scores(x, f, method = method); m(q$scores)[1:5, ] }
out$scores <- list(loadings = m(f$loadings), phi = m(f$Phi), uniquenesses = as.numeric(f$uniquenesses), regression = s(f, "Thurstone"), bartlett = s(f, "Bartlett"), tenberge = s(f, "tenBerge"))
out$scores_orthogonal <- list(loadings = m(v$loadings), uniquenesses = as.numeric(v$uniquenesses), anderson = s(v, "Anderson"))

w <- suppressMessages(suppressWarnings(vss(R, n = 4, n.obs = n, plot = FALSE, rotate = "varimax", fm = "minres")))
out$map <- w$map; out$vss1 <- w$cfit.1; out$vss2 <- w$cfit.2; out$ebic <- w$vss.stats$eBIC
set.seed(7); q <- suppressMessages(suppressWarnings({ sink(nullfile()); a <- fa.parallel(x, fm = "minres", fa = "both", n.iter = 100, plot = FALSE, quant = .95); sink(); a }))
out$parallel <- list(nfact = unbox(q$nfact), fa_values = q$fa.values, pc_values = q$pc.values, fa_sim = q$fa.sim, pc_sim = q$pc.sim)

# standard errors of rotated ML loadings, and least squares on polychoric correlations
e <- efa(x, nfactors = 3, rotation = "oblimin", rotation.args = list(algorithm = "gpa", rstarts = 0, row.weights = "none", order.lv.by = "none"), output = "lavaan", std.ov = TRUE)
ss <- standardizedSolution(e); ss <- ss[ss$op %in% c("=~", "~~"), c("lhs", "op", "rhs", "est.std", "se")]
out$lavaan_ml <- as.list(ss)
d <- try(efa(x, nfactors = 3, rotation = "none", ordered = names(x), estimator = "DWLS", output = "lavaan"), silent = TRUE)
if (!inherits(d, "try-error")) { sd <- standardizedSolution(d); out$lavaan_dwls <- list(loadings = matrix(sd$est.std[sd$op == "=~"], p)) }
write(toJSON(out, digits = 12, na = "null"), "factor.json")
