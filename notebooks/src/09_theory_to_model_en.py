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
# # 09 From theory to model: two frameworks and two roads to trust
#
# Books on collaborative governance are written in sentences, models in arrows. This notebook goes from one to the other:
# the contingency model of Ansell and Gash (2008) becomes paths, and a dispute becomes a test. Does trust between partners
# grow from meeting face to face, as they say, or from shared systems and open data, as smart cities claim? The sample is
# **simulated**, and how it was made is known: in section 4 that matters. For your own study change the next cell.

# %% tags=["parameters"]
# Change only this cell.
data_file = None  # your file, e.g. "data/my_export.csv"; None: the simulated sample
instrument = "cgsurvey_core"  # a name in the bank, or your own file
contingency = "M3"  # models that the instrument proposes: Ansell and Gash,
rivalry = "M4"  # and the two roads side by side
roads = ["face_to_face_dialogue", "system_mediated"]  # where the two roads begin
outcome = "service_quality"  # and where both end
group = "area"  # a column that names groups: city or regency
seed = 20261122

# %% [markdown]
# ## 1. From sentences to constructs
#
# A theory names things; a questionnaire asks for them. Between the two stands a table like the next: which construct of the
# theory, which items. What has no items cannot be tested, and what has items but no place in the theory is not needed.

# %%
import pandas as pd

import cgsurvey as cg

pd.set_option("display.max_colwidth", 120)
answers = cg.load_sample() if data_file is None else cg.read_responses(data_file, instrument)
kept = cg.screen(answers, max_missing=0.20, attention=True, random=0.025).keep()
bank, models = kept.instrument, kept.instrument.models
wanted = [item for name in ["facilitative_leadership", *roads] for item in bank.construct(name).all_items]
bank.describe("en").query("item in @wanted")[["construct", "item", "wording", "source"]]

# %% [markdown]
# **Read it:** read the items aloud. Would a partner in an agency answer them as the theory means them? Emerson, Nabatchi and
# Balogh (2012) give twelve elements in three dimensions; notebooks 03 and 04 measure and connect those. Nothing here has
# been tested in the field: experts and a pilot come before the main survey.
#
# ## 2. Ansell and Gash as a model
#
# In one sentence: starting conditions, institutional design and leadership shape the process, and the process shapes its
# outcome. Each verb of the sentence becomes an arrow.

# %%
cg.diagram(models[contingency])

# %%
fit = cg.sem(models[contingency], kept, estimator="MLR", missing="fiml")
cg.table(fit, kind="fit")

# %%
cg.table(fit, kind="paths")

# %%
cg.narrate(fit, language="en")

# %% [markdown]
# **Read it:** starting conditions, design and outcome are *composites*: their items make them up and need not go together
# (a balance of power and a history of conflict are two things). They enter as means of their items, boxes in the diagram,
# and bring their measurement error along, which pulls their paths towards zero. The process is a loop in the book and an
# arrow here; one survey sees one moment.
#
# ## 3. Two roads to trust
#
# In the first road partners meet, come to trust each other, and serve better. In the second they work through shared
# systems, see each other's data, therefore trust each other, and serve better. Both stand in one model; otherwise each
# would take the credit of the other.

# %%
cg.diagram(models[rivalry])

# %%
both = cg.sem(models[rivalry], kept, estimator="MLR", missing="fiml")
cg.table(both, kind="fit")

# %%
cg.table(both, kind="paths")

# %%
cg.table(both, kind="effects")

# %%
ways = cg.mediation(both, causes=roads, outcomes=outcome, seed=seed)
cg.plot(ways)

# %% [markdown]
# **Read it:** the row *difference* is the test between the roads. That one indirect effect is significant and the other is
# not would not be enough. Here the road through dialogue is shown, the one through systems is not, and their difference is
# just significant. A thesis could end here, with the headline "Dialogue builds trust, data do not".
#
# ## 4. What was left out?
#
# It would be wrong. In the population behind this sample dialogue has *no* path to trust at all. Both follow from
# principled engagement: where partners discover, define and decide together, they also meet and also trust. A cause of
# both ends that is missing from the model makes a road out of nothing. So put it in.

# %%
paths = """
data_transparency ~ s1*system_mediated
mutual_trust ~ d1*face_to_face_dialogue + s2*data_transparency + principled_engagement
service_quality ~ t*mutual_trust + face_to_face_dialogue + system_mediated + principled_engagement
via_dialogue := d1*t
via_systems := s1*s2*t
"""
wider = cg.Model(bank.model("second_order", paths=paths), labels=bank.labels | models[rivalry].labels)
fuller = cg.sem(wider, kept, estimator="MLR", missing="fiml")

# %%
cg.table(fuller, kind="paths")

# %%
cg.table(fuller, kind="effects")

# %% [markdown]
# **Read it:** nothing remains of the road through dialogue, although not a single answer has changed. No measure of fit gave
# a warning before: the first model fitted well.
#
# The road through systems now has a *negative* effect with p < .05, and in the population that is zero as well. One test in
# twenty errs so; with thirty offices, where errors tend to be too small, a few more do. The lesson is the same twice: a
# star is no proof, and a result that no theory foresaw is a question for the next survey.
#
# ## 5. City or regency?
#
# The smart-city claim is about cities. Do the roads differ by area? Without labels the paths are free in each group; loadings
# are held equal, as relations need (notebook 05). A second model holds the paths equal, and the comparison is the test.

# %%
free_paths = """
data_transparency ~ system_mediated
mutual_trust ~ face_to_face_dialogue + data_transparency
service_quality ~ mutual_trust + face_to_face_dialogue + system_mediated
"""
measured = bank.model("second_order", paths=free_paths)
how = {"group": group, "estimator": "MLR", "missing": "fiml"}
free = cg.sem(cg.Model(measured, name="paths free", labels=bank.labels), kept, group_equal=["loadings"], **how)

# %%
cg.plot(cg.mediation(free, causes=roads, outcomes=outcome, seed=seed))

# %%
equal = ["loadings", "regressions"]
same = cg.sem(cg.Model(measured, name="paths equal", labels=bank.labels), kept, group_equal=equal, **how)
cg.table(cg.compare(free, same))

# %%
cg.narrate(cg.compare(free, same), language="en")

# %% [markdown]
# **Read it:** intervals of the two groups that overlap, or one that holds zero while the other does not, decide nothing; the
# comparison of the models does. The groups of the sample were made alike, so *not enough evidence* is the right answer.
#
# ## Exercise
#
# 1. Which sentence of your own theory is missing from the models above? Write it as a path, and name the items that it needs.
# 2. Add `trust_gov` as a further outcome of `service_quality` in the paths of section 4 and run it. What happens to the roads?
# 3. Name a common cause of dialogue and trust that this questionnaire did *not* ask for. How would you defend your result?
#
# <details><summary>Solution</summary>
#
# 1. An example: "short-term successes feed the process". Path: `collab_outcome ~ intermediate_outcomes`; items `ag_io1` to
#    `ag_io3`. As a loop it needs two waves.
# 2. Next to nothing: the roads end at service quality, and what follows from it does not change how it came about. If they
#    change much, look for a path from trust to trust that goes past the service.
# 3. The budget of the programme, the years that partners have known each other, a mayor who wants both. Ask for them in the
#    next survey, measure dialogue earlier than trust, or state the limitation plainly.
#
# </details>
#
# **Sources:** Ansell & Gash (2008); Emerson, Nabatchi & Balogh (2012); on models that cannot be told apart and causes left out:
# MacCallum, R. C., Wegener, D. T., Uchino, B. N., & Fabrigar, L. R. (1993). The problem of equivalent models in applications
# of covariance structure analysis. *Psychological Bulletin, 114*(1), 185-199.
