# What R's survey package says of the design-weighted share, for tests/consistency to be compared with.
#
#   Rscript tests/consistency/survey.R > tests/consistency/survey.json      # survey 4.1-1, R 4.2.2
#
# The first design is the worked example; the others are random, some groups seen whole, one of them of a single episode.
# Of each: groups (frame, seen, agreed), share, standard error, degrees of freedom, and the 95% interval on the logit.

suppressMessages(library(survey))

of_design <- function(groups) {
  rows <- lapply(seq_len(nrow(groups)), function(i) with(groups[i, ], data.frame(
    group = i, frame = frame, agreed = rep(c(1, 0), c(agreed, seen - agreed)))))
  design <- svydesign(ids = ~1, strata = ~group, fpc = ~frame, data = do.call(rbind, rows))
  share <- svymean(~agreed, design)
  ends <- confint(svyciprop(~I(agreed == 1), design, method = "logit", level = 0.95))
  triples <- sprintf("[%d,%d,%d]", groups$frame, groups$seen, groups$agreed)
  sprintf("{\"groups\":[%s],\"share\":%.12f,\"error\":%.12f,\"free\":%d,\"low\":%.12f,\"high\":%.12f}",
          paste(triples, collapse = ","), coef(share), SE(share), degf(design), ends[1], ends[2])
}

random <- function() {
  repeat {
    count <- sample(2:6, 1)
    frame <- sample(2:40, count, replace = TRUE)
    seen <- pmin(frame, 1 + ceiling(runif(count) * frame * sample(c(0.3, 0.6, 1), 1)))
    if (runif(1) < 0.3) frame[1] <- seen[1]
    if (runif(1) < 0.3) frame[1] <- seen[1] <- 1
    agreed <- rbinom(count, seen, runif(1, 0.3, 0.95))
    inside <- seen < frame & agreed > 0 & agreed < seen
    if (any(inside)) return(data.frame(frame = frame, seen = seen, agreed = agreed))
  }
}

set.seed(20261124)
worked <- data.frame(frame = c(9, 27, 14, 10), seen = c(9, 9, 5, 4), agreed = c(5, 7, 4, 3))
designs <- c(list(worked), replicate(60, random(), simplify = FALSE))
cat("[", paste(vapply(designs, of_design, ""), collapse = ",\n"), "]\n", sep = "")
