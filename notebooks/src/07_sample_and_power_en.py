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
# # 07 Sample and power: how many respondents?
#
# Two questions hide in this one. How wide may the interval of a percentage be? And will the study find the effects that it was made
# for? Formulas such as Slovin's answer the first only. This notebook answers both **before** the field work. All numbers in the
# next cell are assumptions: change them to those of your study.

# %% tags=["parameters"]
# Change only this cell.
people = 985  # in the population
response_rate = 0.6  # share of the invited who will answer usably
offices = {"Blitar": 420, "Kediri": 365, "Malang": 200}  # people per office
spread = {"Blitar": 0.5, "Kediri": 0.7, "Malang": 1.0}  # expected SD of the score
measured = "lead =~ .7*l1 + .8*l2 + .7*l3; trust =~ .7*t1 + .7*t2 + .6*t3; qual =~ .8*q1 + .7*q2 + .7*q3"
paths = "trust ~ .4*lead; qual ~ .35*trust + .15*lead"
categories, per_office = 5, 20  # choices of an item; respondents per office
sizes, seed = [200, 400, 600, 800], 20261125

# %%
import cgsurvey as cg

population = f"{measured}\n{paths}"

# %% [markdown]
# ## 1. How many for a percentage?
#
# Slovin's formula is the one most theses quote. It is the formula of a proportion of 50% with z = 2, nothing more. Cochran's says
# openly what it assumes, and people who do not answer are added at the end.

# %%
slovin = cg.sample_size("slovin", people, margin=0.05)
cg.table(slovin)

# %%
cochran = cg.sample_size("cochran", people, margin=0.05, response_rate=response_rate)
cg.table(cochran)

# %%
cg.plot(cochran)

# %%
cg.table(cg.sample_size("krejcie_morgan", people))

# %%
cochran.at([100, 200, 300])

# %% [markdown]
# **Read it:** the three formulas are one; Slovin's rounds z = 1.96 up to 2. The dashed line in the picture is the n that was found; to its
# right the curve is flat: doubling n does not halve the margin. None of them knows your model.

# %% [markdown]
# ## 2. How many in each office?
#
# In proportion to people is simple and needs no weights. Where offices differ in how much answers vary, Neyman's allocation gives a
# smaller error with the same number of interviews.

# %%
divided = cg.allocate(cochran.n, offices, method="neyman", sd=spread, minimum=2)
cg.table(divided)

# %%
cg.narrate(divided, language="en")

# %% [markdown]
# **Read it:** offices with a large spread get more than their share, so that results for the whole population need the weights in the
# table. The standard errors below the table tell whether the gain is worth it.

# %% [markdown]
# ## 3. What do quick rules say about a model?
#
# The test of the RMSEA asks whether the fit of a whole model can be judged. The inverse square root method of PLS asks for the
# smallest path, one-sided, as if it were measured without error.

# %%
cg.table(cg.sample_size("rmsea", df=24))

# %%
cg.table(cg.sample_size("inverse_square_root", path=0.15))

# %% [markdown]
# **Read it:** these rules know one number of your model each (degrees of freedom, the smallest path). They are a first look.

# %% [markdown]
# ## 4. Will the study find its paths?
#
# Simulation knows everything that was assumed: loadings, paths, five choices per item. A thousand studies of each size are made and
# fitted, and the share that finds a path is its power. Values should come from earlier studies, or be the smallest effects that
# would matter.

# %%
found = cg.power(population, sizes, categories=categories, seed=seed)
cg.table(found)

# %%
cg.plot(found)

# %%
cg.table(found, kind="needed")

# %%
cg.narrate(found, language="en")

# %% [markdown]
# **Read it:** each panel is a path; the dotted line is the power of 80% that is usually asked for, the dashed one the n that reaches
# it. The path that needs most respondents decides. A study far to the left of it that finds nothing has shown nothing. Coverage near
# 95% says that intervals can be trusted at that n.

# %% [markdown]
# ## 5. What if respondents share an office?
#
# People of one office see the same leader and the same queue: their answers resemble each other, and a hundred of them tell less
# than a hundred strangers. `icc` is the share of the variance that they have in common.

# %%
shared = {"cluster_size": per_office, "icc": 0.15}
together = cg.power(population, sizes, categories=categories, seed=seed, replications=400, **shared)
cg.table(together, kind="needed")

# %% [markdown]
# **Read it:** compare with the table before. More offices help more than more people per office.

# %% [markdown]
# ## 6. And with a pilot study?
#
# The estimates of a fitted model can be taken as true. Here the **simulated** sample stands for a pilot.

# %%
pilot = cg.screen(cg.load_sample(), max_missing=0.20, attention=True).keep()
model = pilot.instrument.model("direct", constructs=["mutual_trust", "leadership"], paths="mutual_trust ~ leadership")
fit = cg.sem(model, pilot, estimator="MLR")
again = cg.power(fit, [50, 100, 150], seed=seed, replications=400)
cg.table(again)

# %%
cg.plot(again)

# %% [markdown]
# **Read it:** estimates of a small pilot are uncertain, and large ones are lucky ones: plan for an effect smaller than that of the pilot.
#
# ## Exercise
#
# Halve the path `qual ~ .15*lead` in the parameters cell and run everything again. How many respondents would it take? Is an effect of
# that size worth so many interviews?
