# psych's side of benchmarks/run.py: one R process, warm, that times a call for each line it is given.
# A line holds, separated by tabs: file of data, name of the work (one of `works`), R code of further arguments as list(...).
suppressPackageStartupMessages({library(psych); library(GPArotation)})
frames <- list()
works <- list(
  parallel_analysis = function(data, n.iter = 100) fa.parallel(data, fm = "minres", fa = "both", n.iter = n.iter, quant = .95, plot = FALSE),
  polychoric = function(data) polychoric(data),
  alpha = function(data, size = 3) for (first in seq(1, ncol(data), size)) alpha(data[, first:(first + size - 1)]),
  omega = function(data, items = 12) omega(data[, 1:items], nfactors = 3, fm = "minres", rotate = "oblimin", plot = FALSE)
)
run <- function(line) {
  parts <- strsplit(line, "\t", fixed = TRUE)[[1]]
  if (is.null(frames[[parts[1]]])) frames[[parts[1]]] <<- read.csv(parts[1])
  data <- frames[[parts[1]]]
  options <- if (length(parts) > 2 && nzchar(parts[3])) eval(parse(text = paste0("list(", parts[3], ")"))) else list()
  work <- works[[parts[2]]]
  if (is.null(work)) stop("no such work: ", parts[2])
  gc(FALSE)
  sink(nullfile())
  on.exit(sink())
  started <- Sys.time()
  suppressMessages(suppressWarnings(do.call(work, c(list(data), options))))
  as.numeric(Sys.time() - started, units = "secs")
}
cat(sprintf("psych %s, R %s.%s\n", packageVersion("psych"), R.version$major, R.version$minor))
input <- file("stdin", "r")
while (length(line <- readLines(input, 1)) > 0) {
  took <- tryCatch(run(line), error = function(e) paste("error:", conditionMessage(e)))
  cat(took, "\n", sep = "")
  flush(stdout())
}
