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
# # 03 Measurement: do the items measure what they claim?
#
# Four questions in their order: does each item go with its neighbours, how many things do the items measure, does a model
# of these things hold, and are the things different from each other? Screening (notebook 02) comes first. The sample is
# **simulated**. For your own study change the next cell.

# %% tags=["parameters"]
# Change only this cell.
data_file = None  # your file, e.g. "data/my_export.csv"; None: the simulated sample
instrument = "cgsurvey_core"  # a name in the bank, or your own file
dimension = "principled_engagement"  # explored item by item in sections 1 to 3
elements = ["discovery", "definition", "deliberation", "determination"]  # its constructs
others = ["mutual_trust", "mutual_understanding", "leadership"]  # told apart from them in sections 4 to 6
seed = 20261122

# %%
import cgsurvey as cg

answers = cg.load_sample() if data_file is None else cg.read_responses(data_file, instrument)
kept = cg.screen(answers, max_missing=0.20, attention=True, random=0.025).keep()
constructs = [*elements, *others]
items = kept.instrument.construct(dimension).all_items

# %% [markdown]
# ## 1. Do the items of a construct hang together?
#
# Alpha equals the reliability only where all items reflect their construct equally strongly; otherwise it is too low, and too
# high where errors of items go together. Omega lets loadings differ. Look at intervals, not at points: with few items or few
# people they are wide.

# %%
reliability = cg.reliability(kept, constructs)
cg.table(reliability)

# %%
cg.plot(reliability)

# %%
cg.plot(reliability, kind="item_rest")

# %%
cg.narrate(reliability, language="en")

# %% [markdown]
# **Read it:** an item to the left of the dotted line agrees little with the rest. Read its wording before you drop it: a reverse
# item that was misread, a double question, or another subject? Dropping it for a better alpha narrows what is measured.
#
# ## 2. How many things do the items measure?
#
# The number of factors is not decided by eigenvalues above 1. Parallel analysis asks which factors are stronger than those
# of pure chance in a sample of this size; other rules stand beside it.

# %%
cg.table(cg.factorability(kept, items))

# %%
parallel = cg.parallel_analysis(kept, items, seed=seed)
cg.plot(parallel)

# %%
cg.table(parallel)

# %% [markdown]
# **Read it:** rules that disagree are no defect of the software but news about the data. Compare the solutions with one
# factor more and one less, and take the one that can be explained.
#
# ## 3. Which items go together?
#
# The factors may correlate (oblimin): in the social world nothing is orthogonal. The picture prints small loadings pale.

# %%
explored = cg.efa(kept, factors=len(elements), items=items, seed=seed)
cg.table(explored)

# %%
cg.plot(explored)

# %% [markdown]
# **Read it:** an item belongs where its loading is large (.40 as a guideline) and alone. Exploring and confirming on the
# same people proves nothing: the confirmation below is a description here, and a test only on new data.
#
# ## 4. Does the model hold?

# %%
model = kept.instrument.model("first_order", constructs=constructs)
fit = cg.cfa(model, kept, estimator="MLR", missing="fiml")
cg.table(fit, kind="fit")

# %%
cg.table(fit, kind="loadings")

# %% [markdown]
# **Read it:** answers are not normal and some are missing, so the scaled chi-square and the robust measures count. A
# significant chi-square says that the model is not exact, which no model is; the measures say how far off it is. The smallest
# loadings belong to reverse items: more than half of such an item is something else, a
# habit of agreeing for instance.
#
# ## 5. Are the constructs different from each other?
#
# Two constructs that correlate near 1 are one, whatever their names. HTMT and the correlation of the factors come with
# intervals; the upper end decides.

# %%
validity = cg.validity(fit)
cg.table(validity)

# %%
cg.plot(validity)

# %%
cg.table(cg.discriminant_validity(fit, data=kept))

# %% [markdown]
# **Read it:** elements of one dimension *should* correlate highly; the theory says so. What must differ are constructs
# that a hypothesis connects. Where a pair is marked, join the two or say why they stay apart.
#
# ## 6. Is it the constructs, or the questionnaire?
#
# All answers of a person come from the same sheet. No test removes that doubt; each of the following looks at a part of it.

# %%
method = cg.common_method(kept, constructs)
cg.table(method)

# %% [markdown]
# **Read it:** Harman's share is no test, and a method factor that takes little is no proof of innocence. What helps lies before the
# analysis: ask the outcome of other people than the cause (partners and users), or at another time (Podsakoff et al., 2003).
#
# ## 7. Which model of the theory?
#
# The framework can be read as one factor, three dimensions, six (Beeton et al. 2024), a second order, or a bifactor model.
# They are fitted side by side. No index picks the winner: a bifactor model fits better even where it is wrong.

# %%
rivals = cg.rivals(kept)
cg.table(rivals)

# %%
cg.narrate(rivals, language="en")

# %% [markdown]
# **Read it:** three correlated dimensions and a second order fit to the last digit alike; only the theory can choose. To keep this
# notebook quick the rivals were fitted to complete rows; for your thesis use all of them, `cg.rivals(kept, missing="fiml")`, and
# give it some minutes.
#
# ## Exercise
#
# Put `"psq_responsiveness"` into `others` in the parameters cell and run everything again. It is about the service, the rest is
# about the collaboration: what should happen to its HTMT, and does it?
#
# <details><summary>Solution</summary>
#
# It should lie below the values of elements of one dimension, and does: between .27 and .44 instead of about .6 to .75. That is
# what discriminant validity looks like. The values are not zero, since collaboration and service are connected in the theory.
#
# </details>
#
# **Sources:** Horn (1965) on parallel analysis; Henseler, Ringle & Sarstedt (2015) on HTMT; Rönkkö & Cho (2022); Podsakoff et al.
# (2003); Emerson, Nabatchi & Balogh (2012); Beeton et al. (2024). Full entries stand at the end of each report (`cg.report`).
