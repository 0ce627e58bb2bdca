# Figures that the tests compare with: Rscript reference.R, in this folder. Needs lme4, metafor and psych.
suppressPackageStartupMessages({library(lme4); library(metafor); library(psych)})
figures <- list()

personas <- read.csv("personas.csv")
for (grouping in c("pair", "uneven")) {
  fit <- lmer(as.formula(paste("y ~ x + z + (1 |", grouping, ")")), data = personas, REML = TRUE,
              control = lmerControl(optCtrl = list(ftol_abs = 1e-14, xtol_abs = 1e-14)))
  variance <- as.data.frame(VarCorr(fit))$vcov
  figures[[paste0("lmer_", grouping)]] <- list(
    coefficients = unname(fixef(fit)), standard_errors = unname(sqrt(diag(as.matrix(vcov(fit))))),
    category_variance = variance[1], residual_variance = variance[2], log_likelihood = as.numeric(logLik(fit)))
}

cells <- read.csv("cells.csv")
cells$cell <- seq_len(nrow(cells))
cells$logit <- log((cells$hits + 0.5) / (cells$samples - cells$hits + 0.5))
fit <- lmer(logit ~ 1 + (1 | persona) + (1 | seed), data = cells, REML = TRUE,
            control = lmerControl(optCtrl = list(ftol_abs = 1e-14, xtol_abs = 1e-14)))
variance <- as.data.frame(VarCorr(fit))
figures$components <- as.list(setNames(variance$vcov, variance$grp))

fit <- glmer(cbind(hits, samples - hits) ~ x + factor(seed) + (1 | category) + (1 | persona) + (1 | cell),
             family = binomial, data = cells,
             control = glmerControl(optimizer = "bobyqa", optCtrl = list(maxfun = 1e5, rhoend = 1e-9)))
figures$glmer <- list(
  coefficients = unname(fixef(fit)), standard_errors = unname(sqrt(diag(as.matrix(vcov(fit))))),
  standard_deviations = unname(c(attr(VarCorr(fit)$category, "stddev"), attr(VarCorr(fit)$persona, "stddev"),
                                 attr(VarCorr(fit)$cell, "stddev"))),
  log_likelihood = as.numeric(logLik(fit)))

wide <- reshape(cells[, c("persona", "seed", "logit")], idvar = "persona", timevar = "seed", direction = "wide")
agreement <- ICC(wide[, -1], lmer = FALSE)$results
for (type in c("ICC1", "ICC3", "ICC1k", "ICC3k")) {
  row <- agreement[agreement$type == type, ]
  figures[[type]] <- c(row$ICC, row[["lower bound"]], row[["upper bound"]])
}

fit <- rma(yi, vi, data = escalc(measure = "RR", ai = tpos, bi = tneg, ci = cpos, di = cneg, data = dat.bcg),
           method = "REML", test = "knha")
interval <- predict(fit)
figures$bcg <- list(effects = as.numeric(fit$yi), variances = as.numeric(fit$vi), tau2 = fit$tau2,
                    estimate = as.numeric(fit$beta), standard_error = fit$se, low = fit$ci.lb, high = fit$ci.ub,
                    i2 = fit$I2, prediction_low = interval$pi.lb, prediction_high = interval$pi.ub, q = fit$QE)

number <- function(x) paste(formatC(x, digits = 12, format = "g", width = 1), collapse = ", ")
json <- function(x) {
  if (is.list(x)) {
    paste0("{", paste(sprintf("\"%s\": %s", names(x), vapply(x, json, "")), collapse = ", "), "}")
  } else if (length(x) == 1) number(x) else paste0("[", number(x), "]")
}
lines <- vapply(names(figures), function(name) sprintf("\"%s\": %s", name, json(figures[[name]])), "")
writeLines(paste0("{\n", paste(lines, collapse = ",\n"), "\n}"), "reference.json")
cat(R.version.string, "lme4", as.character(packageVersion("lme4")), "metafor",
    as.character(packageVersion("metafor")), "psych", as.character(packageVersion("psych")), "\n")
