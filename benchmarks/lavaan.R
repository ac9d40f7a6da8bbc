# lavaan's side of benchmarks/run.py: one R process, warm, that times a call for each line it is given.
# A line holds, separated by tabs: file of data, file of the model (empty: polychoric correlations), options as R code.
suppressPackageStartupMessages(library(lavaan))
frames <- list()
whole <- function(model, data, options) {
  fit <- eval(as.call(c(list(quote(sem), quote(model), quote(data)), options)))
  parameterEstimates(fit)
  standardizedSolution(fit)
  fitMeasures(fit)
}
polychoric <- function(data) lavCor(data, ordered = names(data))
run <- function(line) {
  parts <- strsplit(line, "\t", fixed = TRUE)[[1]]
  if (is.null(frames[[parts[1]]])) frames[[parts[1]]] <<- read.csv(parts[1])
  data <- frames[[parts[1]]]
  options <- if (length(parts) > 2) eval(parse(text = paste0("list(", parts[3], ")"))) else list()
  model <- if (nzchar(parts[2])) paste(readLines(parts[2]), collapse = "\n") else ""
  gc(FALSE)
  started <- Sys.time()
  suppressWarnings(if (nzchar(model)) whole(model, data, options) else polychoric(data))
  as.numeric(Sys.time() - started, units = "secs")
}
cat(sprintf("lavaan %s, R %s.%s\n", packageVersion("lavaan"), R.version$major, R.version$minor))
input <- file("stdin", "r")
while (length(line <- readLines(input, 1)) > 0) {
  took <- tryCatch(run(line), error = function(e) paste("error:", conditionMessage(e)))
  cat(took, "\n", sep = "")
  flush(stdout())
}
