# Robust fit measures of one FIML model of the reference battery by the tolerance of EM for the unrestricted moments.
# Run: Rscript fiml_em.R <folder of the battery, that holds dev/ and scripts/>   (lavaan 0.6-14)
# The last row has the optimum made more exact too; the inner call that must not optimise is left alone.
root <- commandArgs(TRUE)[1]
Sys.setenv(REF_ROOT = root)
suppressPackageStartupMessages(library(lavaan))
case <- jsonlite::fromJSON(file.path(root, "dev/cases/hs_mar_mimic_fimlx.json"))
data <- read.csv(file.path(root, "dev/data", case$data$file))
show <- function(label, tol) {
  fit <- do.call(case$call$fun, c(list(case$model, data = data), case$call$options,
    list(em.h1.tol = tol, em.h1.iter.max = 20000L)))
  cat(sprintf("%-12s", label), sprintf("%.12f", fitMeasures(fit, c("srmr", "rmsea.robust", "rmsea.notclose.pvalue.robust"))), "\n")
}
cat("em.h1.tol    SRMR           RMSEA          p (not close)\n")
for (tol in c(1e-3, 1e-5, 1e-7, 1e-9, 1e-14)) show(format(tol), tol)
source(file.path(root, "scripts/lib/lib.R"))
polished <- .polished_estimate
assignInNamespace("lav_model_estimate", function(...) {
  if (identical(list(...)$lavoptions$optim.method, "none")) .orig_estimate(...) else polished(...)
}, "lavaan")
show("1e-14, exact", 1e-14)
