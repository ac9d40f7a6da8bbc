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
# # 04 Structural model: what leads to what, by which way, and when?
#
# A structural model is a theory written as arrows. This notebook estimates one, asks by which way a cause works
# (mediation), and whether a path depends on circumstances (moderation). Screening (02) and measurement (03) come first: a
# path between constructs that are not measured is worth nothing. The sample is **simulated**, so that the truth is known.
# For your own study change the next cell.

# %% tags=["parameters"]
# Change only this cell.
data_file = None  # your file, e.g. "data/my_export.csv"; None: the simulated sample
instrument = "cgsurvey_core"  # a name in the bank, or your own file
model = "M1"  # a model that the instrument proposes
hypotheses = ["H1", "H2", "H3", "H4", "H5", "H6"]  # those of the model
cause = "principled_engagement"  # where the effects of section 3 begin
outcome = "service_quality"  # and where they end
interaction = ["leadership", "mutual_understanding", "psq_responsiveness"]  # predictor, moderator, outcome
seed = 20261122

# %% [markdown]
# ## 1. The theory, before the data
#
# Draw the arrows before you look at a single coefficient. Each arrow needs a reason from the literature, and so does each
# arrow that is *not* there: leaving one out claims that its path is zero.

# %%
import cgsurvey as cg

answers = cg.load_sample() if data_file is None else cg.read_responses(data_file, instrument)
kept = cg.screen(answers, max_missing=0.20, attention=True, random=0.025).keep()
theory = kept.instrument.models[model]
cg.diagram(theory)

# %% [markdown]
# **Read it:** the framework of Emerson, Nabatchi and Balogh (2012) is a loop: engagement feeds motivation, motivation feeds
# capacity, capacity feeds engagement again. One survey at one time cannot see a loop, so it is cut to one direction. That
# is a decision of the researcher, and it belongs into the limitations.
#
# ## 2. Do the paths hold?
#
# Answers on five points are not normal and some are missing, hence robust maximum likelihood (`MLR`) with full information
# (`fiml`). Respondents of one office resemble each other; the sample says which office each belongs to, and standard
# errors allow for it.

# %%
fit = cg.sem(theory, kept, estimator="MLR", missing="fiml")
cg.table(fit, kind="fit")

# %%
cg.table(fit, kind="paths")

# %%
cg.diagram(fit)

# %%
decided = fit.hypotheses({name: kept.instrument.hypotheses[name] for name in hypotheses})
cg.table(decided)

# %% [markdown]
# **Read it:** first the fit, then the paths: coefficients of a model that does not fit mean little. B is in points of the
# scale, β in standard deviations; compare paths by β and its interval, not by p. *Not enough evidence*
# means just that, never "no effect". With 30 offices the errors are rough: a note of the fit says so (`fit.notes`).
#
# ## 3. By which way? Mediation
#
# An indirect effect is a product of paths, and a product is not normally distributed. Its interval is therefore drawn by
# simulation from the estimates (Monte Carlo; MacKinnon, Lockwood & Williams, 2004). The old steps of Baron and Kenny,
# which want a significant total effect first, are not needed (Zhao, Lynch & Chen, 2010).

# %%
ways = cg.mediation(fit, causes=cause, outcomes=outcome, seed=seed)
cg.table(ways)

# %%
cg.plot(ways)

# %%
cg.narrate(ways, language="en")

# %% [markdown]
# **Read it:** an interval that leaves out zero is evidence of the path. *Complementary* means that a direct path remains beside the
# indirect one, with the same sign: perhaps a mediator that nobody measured. The rows of differences compare the ways; a
# difference whose interval holds zero is *not enough evidence* that one way is stronger.
#
# Here the truth is known. In the population behind the sample the direct path is .15 and the indirect ones are .11 (through
# motivation), .10 (through capacity) and .10 (through both). Do the intervals hold them?
#
# ## 4. When? Moderation
#
# Does leadership help more where partners understand each other? Then the effect of one construct changes with another. It
# is estimated with a factor of products of their items, centred twice, so that the other paths keep their meaning
# (Marsh, Wen & Hau, 2004; Lin, Wen, Marsh & Lin, 2010).

# %%
predictor, moderator, result = interaction
first, second = (kept.instrument.construct(name).all_items for name in (predictor, moderator))
products = cg.product_indicators(kept, first, second, "product")
measures = kept.instrument.model("first_order", constructs=interaction)
paths = f"{result} ~ {predictor} + {moderator} + product"
moderated = cg.sem(f"{measures}\n{products.syntax}\n{paths}", products.data, estimator="MLR", missing="fiml")
cg.table(moderated, kind="paths")

# %%
slopes = moderated.simple_slopes(result, predictor, moderator, "product")
cg.table(slopes)

# %%
cg.plot(slopes)

# %%
cg.narrate(slopes, language="en")

# %% [markdown]
# **Read it:** the row of the product is the test: does the slope change with the moderator? The slopes at low, middle and
# high values only show *how*. That one slope is significant and another is not is no evidence that they differ. Items
# are multiplied in pairs, so both constructs need as many; `method="all"` multiplies each with each.
#
# The truth, again: the sample was made without any interaction, so the right answer is *not enough evidence*. Interactions
# are small as a rule, and most surveys are too small to see them; notebook 07 tells how many respondents one needs.
#
# ## 5. What the model cannot tell
#
# * **Direction.** Where every construct is tied to every other, as here, turning arrows round gives the same fit to the last
#   digit. The direction comes from theory and from time, not from the data.
# * **What was left out.** A cause of both ends that is not in the model makes a path out of nothing.
# * **One source.** The same people judged collaboration and service; part of the relation may be their mood of that day.
#
# Write "is associated with" unless your design earns "leads to".
#
# ## Exercise
#
# 1. Set `cause = "shared_motivation"` in the parameters cell and run everything again. How many ways to service quality are
#    left, and what became of the direct path?
# 2. A friend turns the first arrow round, `principled_engagement ~ shared_motivation`, and reports "the same fit, so both
#    directions are proved". What do you answer?
#
# <details><summary>Solution</summary>
#
# 1. One indirect way, through capacity, and the direct path. Both are those of the same fitted model: choosing another
#    cause asks another question and changes no coefficient.
# 2. The two models are equivalent: they imply the same correlations, so no data can tell them apart. The same fit is
#    evidence for neither direction. An earlier measurement of one of the two would help, or an experiment.
#
# </details>
#
# **Sources:** Emerson, Nabatchi & Balogh (2012); MacKinnon, Lockwood & Williams (2004); Zhao, Lynch & Chen (2010); Marsh,
# Wen & Hau (2004); Lin, Wen, Marsh & Lin (2010). Full entries stand at the end of each report (`cg.report`).
