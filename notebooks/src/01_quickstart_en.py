# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 01 Quickstart: from a field file to a report
#
# This notebook takes a survey on collaborative governance and perceived service quality from the export of the field
# tool to a report in Word. It runs as it is, on a **simulated** sample. For your own study change one cell, the next one.

# %% tags=["parameters"]
# Change only this cell.
data_file = None  # your file, e.g. "data/my_export.csv"; None: the simulated sample
instrument = "cgsurvey_core"  # a name in the bank, or your own file, e.g. "instrument.yaml"
measurement = "second_order"  # how the items measure the constructs
constructs = ["principled_engagement", "shared_motivation", "capacity_joint_action", "service_quality"]
paths = """
shared_motivation ~ principled_engagement
capacity_joint_action ~ shared_motivation + principled_engagement
service_quality ~ capacity_joint_action + shared_motivation + principled_engagement
"""

# %% [markdown]
# ## 1. Read the answers
#
# The reader recognises codes and labels in English and Indonesian, finds the items by name or by question, keeps the
# reasons for missing answers apart, and lists every fault of a file at once. Nothing is repaired silently.

# %%
import cgsurvey as cg

answers = cg.load_sample() if data_file is None else cg.read_responses(data_file, instrument)
questionnaire = cg.load_instrument(instrument)
answers

# %% [markdown]
# ## 2. Are the answers usable?
#
# Screening flags and never deletes. A rule counts only where it is named, and who leaves is written into a log.

# %%
screening = cg.screen(answers, max_missing=0.20, longstring=20, attention=True)
cg.table(screening)

# %%
kept = screening.keep()
kept.exclusions.head()

# %% [markdown]
# **Read it:** the table says how many respondents each rule flags. Look at some flagged rows in your file before you
# believe a rule, and report the number that left.
#
# ## 3. What did they answer?

# %%
description = cg.describe(kept)
cg.table(description, kind="constructs")

# %%
cg.plot(description)

# %% [markdown]
# **Read it:** the bars of reverse items (their names end in `r`) lie on the other side; in the scores they are turned. Means
# tell where people stand, the width of the bars whether they differ at all: where everybody agrees, nothing can be explained.
#
# ## 4. Do the items hang together?
#
# Alpha comes with its interval. A value near a guideline is neither good nor bad by itself: look at the interval.

# %%
reliability = cg.reliability(kept)
cg.table(reliability)

# %% [markdown]
# ## 5. Do they measure what they claim?
#
# The measurement model comes before any path. Items on a five-point scale are not normal, and answers are missing, hence
# robust maximum likelihood (`MLR`) with full information (`fiml`).

# %%
model = questionnaire.model(measurement, constructs=constructs)
measured = cg.cfa(model, kept, estimator="MLR", missing="fiml")
cg.table(measured, kind="fit")

# %%
validity = cg.validity(measured)
cg.table(validity)

# %% [markdown]
# **Read it:** the fit table shows the robust measures beside the guideline and its source. A guideline is no law: where
# a value misses it, look at the residuals and at the modification indices, and think before you change a model.
#
# ## 6. Do the paths hold?

# %%
structural = questionnaire.model(measurement, paths=paths)
fit = cg.sem(structural, kept, estimator="MLR", missing="fiml")
cg.table(fit, kind="paths")

# %%
cg.diagram(fit)

# %%
cg.narrate(fit, language="en")

# %% [markdown]
# **Read it:** a path with p of .05 or more is *not enough evidence*, never "no effect". A same-respondent survey cannot
# separate the effect from a shared source of both answers; the report says so.
#
# ## 7. Write the report

# %%
report = cg.report(
    [kept, screening, description, reliability, measured, validity, fit],
    title="Collaborative governance and perceived service quality",
)
report.save("quickstart_report.docx")

# %% [markdown]
# ## Exercise
#
# Drop the direct path from `principled_engagement` to `service_quality` in the parameters cell and run everything again.
# Which sentence of the narration changes, and what does that say about mediation?
#
# <details><summary>Solution</summary>
#
# The sentence on the direct path is gone, and the two paths that remain to service quality grow: they take over what went
# straight. Leaving an arrow out claims that it is zero, and here it is not, so the fit gets a little worse. Whether the
# effect runs through motivation and capacity *only* is a question for notebook 04.
#
# </details>
