# lavaan's side of benchmarks/run.py: seconds per call, inside one R process, as JSON lines.
# Arguments: file of data, repetitions.
suppressPackageStartupMessages(library(lavaan))
args <- commandArgs(TRUE)
data <- read.csv(args[1])
model <- "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
calls <- list(
  "fit" = function(...) cfa(model, data, ...),
  "fit with all output" = function(...) {
    fit <- cfa(model, data, ...)
    parameterEstimates(fit)
    standardizedSolution(fit)
    fitMeasures(fit)
  }
)
seconds <- function(call, ...) {
  invisible(call(...))
  vapply(seq_len(as.integer(args[2])), function(i) {
    started <- Sys.time()
    invisible(call(...))
    as.numeric(Sys.time() - started, units = "secs")
  }, 0)
}
for (estimator in c("ML", "MLR")) for (name in names(calls)) {
  took <- seconds(calls[[name]], estimator = estimator)
  cat(sprintf('{"task": "%s, %s", "seconds": [%s]}\n', name, estimator, paste(sprintf("%.6f", took), collapse = ", ")))
}
cat(sprintf('{"version": "lavaan %s, R %s.%s"}\n', packageVersion("lavaan"), R.version$major, R.version$minor))
