# Robust CFI, TLI and RMSEA with missing values (FIML) of two models of the reference battery, computed four ways.
# Run: Rscript robust_fiml.R <folder of the battery, that holds dev/ and scripts/>
#   1 lavaan as it is
#   2 lavaan with every inner call of its optimiser made more exact, also those that are told not to optimise
#     (optim.method = "none"): what the battery does
#   3 the same, but calls that are told not to optimise are left alone
#   4 the formulas of Zhang & Savalei (2023), with numerical derivatives of the saturated likelihood (numDeriv);
#     from lavaan only the moments, estimates and Jacobian of the two fits of 3
root <- commandArgs(TRUE)[1]
Sys.setenv(REF_ROOT = root)
suppressPackageStartupMessages(library(lavaan))
want <- c("cfi.robust", "tli.robust", "rmsea.robust", "rmsea.ci.upper.robust")
tight <- list(em.h1.iter.max = 20000L, em.h1.tol = 1e-14)
cases <- lapply(c(groups = "hs_mcar_fiml_groups", growth = "growth_fiml"), function(id)
  jsonlite::fromJSON(file.path(root, "dev/cases", paste0(id, ".json"))))
fit_case <- function(case) do.call(case$call$fun, c(list(case$model,
  data = read.csv(file.path(root, "dev/data", case$data$file))), case$call$options, tight))
show <- function(way, id, x) cat(sprintf("%d %-7s", way, id), sprintf("%.12f", x), "\n")

cat("way case   ", want, "\n")
for (id in names(cases)) show(1, id, fitMeasures(fit_case(cases[[id]]), want))

source(file.path(root, "scripts/lib/lib.R"))
for (id in names(cases)) show(2, id, fitMeasures(fit_case(cases[[id]]), want))
for (id in names(cases)) {
  .polish$log <- list()
  invisible(fitMeasures(fit_case(cases[[id]]), want))
  inner <- Filter(function(l) l$gradient_max_before > 1e-3, .polish$log)
  cat("  inner calls of", id, ":", vapply(inner, function(l) if (is.null(l$failed))
    sprintf("re-estimated, largest move %.4f;", l$max_param_move) else "left alone (would move too far);", ""), "\n")
}

polished <- .polished_estimate
assignInNamespace("lav_model_estimate", function(...) {
  call <- list(...)
  if (identical(call$lavoptions$optim.method, "none")) .orig_estimate(...) else polished(...)
}, "lavaan")
fits <- lapply(cases, fit_case)
for (id in names(fits)) show(3, id, fitMeasures(fits[[id]], want))

# --- 4 ---
pack <- function(S) S[lower.tri(S, diag = TRUE)]
unpack <- function(v, p) { S <- matrix(0, p, p); S[lower.tri(S, diag = TRUE)] <- v; S + t(S) - diag(diag(S), p) }
slope <- function(x, Y) { # gradient of -(log-likelihood) / n of incomplete rows by means and vech of covariances
  p <- ncol(Y); mu <- x[1:p]; S <- unpack(x[-(1:p)], p); b <- numeric(p); W <- matrix(0, p, p)
  key <- apply(!is.na(Y), 1, function(r) paste(which(r), collapse = " "))
  for (k in unique(key)) {
    o <- as.integer(strsplit(k, " ")[[1]]); E <- sweep(Y[key == k, o, drop = FALSE], 2, mu[o])
    K <- solve(S[o, o, drop = FALSE])
    b[o] <- b[o] - K %*% colSums(E)
    W[o, o] <- W[o, o] + nrow(E) * K - K %*% crossprod(E) %*% K
  }
  c(b, pack(W - diag(diag(W), p) / 2)) / nrow(Y)
}
complete_weight <- function(S) { # expected information of complete data by (mu, vech Sigma)
  p <- nrow(S); K <- solve(S); D <- lavaan::lav_matrix_duplication(p)
  as.matrix(Matrix::bdiag(K, t(D) %*% kronecker(K, K) %*% D / 2))
}
listed <- function(x) if (is.list(x) && !is.null(x$cov)) list(x) else x
# chi-square of complete data at the estimates, and the expected value of it under the model: tr(W C),
# C = G - D (D' H D)^-1 D', G = H^-1 the inverse observed information of the saturated moments
misfit <- function(Sigmas, mus, Ds, Ss, ms, Hs, n) {
  share <- n / sum(n); chisq <- 0
  for (g in seq_along(n)) {
    K <- solve(Sigmas[[g]]); d <- ms[[g]] - mus[[g]]
    chisq <- chisq + n[g] * (sum(K * Ss[[g]]) - nrow(K) + as.numeric(determinant(Sigmas[[g]])$modulus) -
      as.numeric(determinant(Ss[[g]])$modulus) + sum(d * (K %*% d)))
  }
  W <- as.matrix(Matrix::bdiag(Map(function(S, s) s * complete_weight(S), Ss, share)))
  H <- as.matrix(Matrix::bdiag(Map(function(H, s) s * H, Hs, share)))
  D <- do.call(rbind, Ds)
  C <- solve(H) - D %*% solve(t(D) %*% H %*% D, t(D))
  df <- nrow(D) - ncol(D)
  c(chisq = chisq[[1]], df = df, c = sum(W * C) / df)
}
for (id in names(fits)) {
  fit <- fits[[id]]; Y <- lavInspect(fit, "data"); Y <- if (is.list(Y)) Y else list(Y)
  h1 <- listed(lavInspect(fit, "h1")); ours <- listed(lavInspect(fit, "implied"))
  delta <- lavInspect(fit, "delta"); delta <- if (is.list(delta)) delta else list(delta)
  K <- if (fit@Model@eq.constraints) fit@Model@eq.constraints.K else diag(ncol(delta[[1]]))
  n <- unname(vapply(Y, nrow, 0L)); p <- ncol(Y[[1]])
  Ss <- lapply(h1, function(x) unclass(x$cov)); ms <- lapply(h1, function(x) as.numeric(x$mean))
  Hs <- Map(function(y, S, m) {
    H <- numDeriv::jacobian(slope, c(m, pack(S)), Y = y)
    (H + t(H)) / 2
  }, Y, Ss, ms)
  user <- misfit(lapply(ours, function(x) unclass(x$cov)), lapply(ours, function(x) as.numeric(x$mean)),
    lapply(delta, function(x) unclass(x) %*% K), Ss, ms, Hs, n)
  # Independence: means and variances of what was answered; only means and variances are parameters.
  mus <- lapply(Y, colMeans, na.rm = TRUE)
  vars <- lapply(Y, function(y) colMeans(sweep(y, 2, colMeans(y, na.rm = TRUE))^2, na.rm = TRUE))
  at <- c(seq_len(p), p + cumsum(c(1, p:2)))
  E <- diag(p + p * (p + 1) / 2)[, at]; G <- length(n)
  Ds <- lapply(seq_len(G), function(g) kronecker(t(diag(G)[g, ]), E))
  base <- misfit(lapply(vars, diag), mus, Ds, Ss, ms, Hs, n)
  lack <- function(m) m[["chisq"]] - m[["df"]] * m[["c"]]
  cfi <- 1 - max(lack(user), 0) / max(lack(user), lack(base), 0)
  tli <- 1 - lack(user) / lack(base) * base[["df"]] / user[["df"]]
  rmsea <- sqrt(max(lack(user), 0) / user[["df"]] / sum(n)) * sqrt(length(n))
  show(4, id, c(cfi, tli, rmsea))
}
