# lavaan's polyserial correlation where one row lies far out: the likelihood of a row is not let below sqrt(eps) there.
# Run: Rscript polyserial.R   (lavaan 0.6-14)
suppressMessages(library(lavaan))
set.seed(11)
n <- 400
g <- rnorm(n)
y <- as.integer(cut(.6 * g + rnorm(n, sd = .7), c(-Inf, -.4, .5, 1, Inf)))
z <- .4 * g + rnorm(n)
for (far in c(FALSE, TRUE)) {
  if (far) z[1] <- mean(z) + 7 * sd(z)
  tau <- c(-Inf, qnorm(cumsum(table(y) / n)[-4]), Inf)
  s <- (z - mean(z)) / sqrt(mean((z - mean(z))^2))
  row <- function(r) pnorm((tau[y + 1] - r * s) / sqrt(1 - r^2)) - pnorm((tau[y] - r * s) / sqrt(1 - r^2))
  best <- function(f) optimize(f, c(-.9, .9), tol = 1e-12)$minimum
  full <- best(function(r) -sum(log(row(r))))
  floored <- best(function(r) -sum(log(pmax(row(r) * dnorm(s) / sd(z), sqrt(.Machine$double.eps)))))
  cat(if (far) "one row 7 sd out" else "no row far out  ",
      sprintf("maximum %.6f  with the floor %.6f  lavaan %.6f\n", full, floored, lavCor(data.frame(y, z), ordered = "y")[2, 1]))
}
