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
# # 06 Service quality: the satisfaction index and what stands behind it
#
# How satisfied are the users of a public service, how sure is that, where should the service improve first, and how much of
# the index does perceived quality explain? The index (IKM) follows PermenPANRB 14/2017. This sample is **simulated**. For
# your study, change the next cell.

# %% tags=["parameters"]
# Change only this cell.
data_file = None  # your file, e.g. "data/my_export.csv"; None: the simulated sample
instrument = "cgsurvey_core"  # a name in the bank, or a file of your own; the nine elements alone: "ikm"
group = "service_used"  # a column: unit, service, office
weight = "exact"  # 1/9; 0.11 or 0.111 where your office prints it so
factor = "service_quality"  # construct that may explain the index

# %%
import cgsurvey as cg

users = cg.load_sample("users") if data_file is None else cg.read_responses(data_file, instrument)
index = cg.ikm(users, by=group, weight=weight)
index.glance()

# %% [markdown]
# ## 1. The index
#
# Each element has a mean over the answers given (NRR); the index is 25 times the mean of the nine. Only users count, each of
# them once.

# %%
cg.table(index)

# %%
cg.plot(index, "elements")

# %% [markdown]
# **How to read it:** the grade comes from the index of two decimals; the interval says how far the index of another sample
# of users could lie. Where the interval crosses a bound, the grade is not settled: the next table says how firmly the sample
# supports each grade.

# %%
cg.table(index, "grades")

# %% [markdown]
# ## 2. Groups: which differ, which are tied?
#
# A list of ranks looks exact and often is chance. Possible ranks are those that the differences between the groups, tested
# all at once, do not rule out.

# %%
cg.table(index, "satisfaction_groups")

# %%
cg.plot(index, "groups")

# %%
cg.narrate(index, "en")

# %% [markdown]
# ## 3. Traps of the regulation's arithmetic
#
# With the printed weight 0.11 the index cannot exceed 99; rounding must come before grading, because the printed intervals
# leave 64.995 without a grade.

# %%
rounded = cg.ikm(users, weight=0.11)
rounded.glance()

# %%
[cg.grade(value) for value in (64.994, 64.995, 76.605, 88.305)]

# %% [markdown]
# ## 4. Gaps: what users expected, and what they got
#
# Where the form asked each question twice, what is expected and what is received, the difference shows where a service falls
# short. Expectations stand in columns that end in `_e`, importance in columns that end in `_i`; where your file has none, a further
# simulated sample shows the way.

# %%
asked = users if "tan1_e" in users.frame else cg.load_sample("expectations")
quality = cg.service_quality(asked, expectations="_e", outcome="satisfaction")
cg.table(quality)

# %%
cg.plot(quality, "gaps_1")

# %% [markdown]
# **How to read it:** a negative gap says that the service stays behind what was expected. A dimension whose interval crosses zero
# is not shown to fall short. The gap is good for a picture, and poor as a variable: it takes for granted that a better service and
# a lower expectation do the same. Whether that holds is tested; the surface shows what the data say instead.

# %%
cg.plot(quality, "surface")

# %%
cg.narrate(quality, "en")

# %% [markdown]
# ## 5. Importance and performance: what comes first?
#
# Four quarters: important and weak comes first, important and strong is kept up. The cross stands at the means of the items here, so
# something always lies below it; another cross (`crosshair=`) gives another picture, and items near a line belong to no quarter.

# %%
first = cg.ipa(asked)
cg.plot(first)

# %%
cg.narrate(first, "en")

# %% [markdown]
# What people call important and what their satisfaction depends on are two things. Derived importance asks the data: which items go
# with satisfaction, each beside all others?

# %%
derived = cg.ipa(asked, importance="relative weights", outcome="satisfaction")
cg.plot(derived)

# %% [markdown]
# ## 6. What does perceived quality explain?
#
# The factor of perceived quality is measured by other questions of the same form. R² is the share of the index, from user to
# user, that it explains. Both come from the same people at the same time, which adds to the share.

# %%
link = cg.ikm_link(users, factor)
cg.table(link)

# %%
cg.narrate(link, "en")

# %% [markdown]
# ## 7. The official sheets
#
# The recap has the scores per respondent and element, without anything that names a person; the sheet for the public hides
# small counts.

# %%
recap = cg.ikm_recap(users, "recap.xlsx", language="en")
sheet = cg.ikm_publication(index, "publication.docx", language="en")
recap.to_frame().tail(5)[["respondent", "U1", "U2"]]

# %% [markdown]
# ## What is needed before it is published
#
# - the period, the number of users and how they were chosen beside the value;
# - the interval beside the grade;
# - no ranking of groups that are tied;
# - the elements to be improved first, with what will be done about them.

# %% [markdown]
# ## Exercise
#
# 1. Set `group = "channel"` in the first cell and run all. Which channels are tied, and what may be said of a difference between them?
# 2. Put the cross of section 5 at the middle of the scale: `cg.ipa(asked, crosshair="scale")`. Which items change their quarter?
# 3. Compare the items that come first by stated and by derived importance. Which would you name to the head of the office, and why?
