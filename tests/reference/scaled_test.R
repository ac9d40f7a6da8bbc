# lavaan's p-value of the scaled test (MLR) for one model of psych's sat_act, scores divided by 1, 10 and 100.
# Run: Rscript scaled_test.R sat_act.csv
library(lavaan)
data <- read.csv(commandArgs(TRUE)[1], na.strings = "NA")
model <- "
  ACT ~ age + education
  SATV ~ ACT + gender
  SATQ ~ ACT + gender + age
  SATV ~~ SATQ
"
for (unit in c(1, 10, 100)) {
  scaled <- data
  for (name in c("SATV", "SATQ", "ACT", "age")) scaled[[name]] <- scaled[[name]] / unit
  fit <- suppressWarnings(sem(model, scaled, estimator = "MLR", fixed.x = FALSE))
  cat(unit, sprintf("%.12f", fitMeasures(fit, "pvalue.scaled")), "\n")
}
