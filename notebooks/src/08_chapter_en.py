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
# # 08 The chapter: from a plan to a report that can be checked
#
# Notebooks 01 to 07 go step by step. A thesis needs one thing more: that all steps were laid down beforehand, run in one go,
# and can be computed again by anybody. That is what a *study* is: a plan in a file, `study.toml`, and a folder of results. This
# notebook takes a small one from plan to chapter. The sample is **simulated**. For your own study change the next cell.

# %% tags=["parameters"]
# Change only this cell.
study = None  # the folder of your own study, ".." beside a plan made by `cgsurvey new`; None: the plan below
leave_out = "district"  # a column of the file: each of its values is left out once in section 5
plan = """study = {title = "Trust, leadership and responsive service", language = "en", seed = 20261122}
data = {file = "same.csv", instrument = "cgsurvey_core", cluster = "office", weights = "weight", simulated = true}
screening = {max_missing = 0.20, attention = true}
estimation = {estimator = "MLR", missing = "fiml"}
measurement = {model = "first_order", constructs = ["leadership", "mutual_trust", "psq_responsiveness"]}
structure = {model = "psq_responsiveness ~ leadership + mutual_trust"}
hypotheses = {H1 = "psq_responsiveness ~ leadership > 0", H2 = "psq_responsiveness ~ mutual_trust > 0"}"""

# %% [markdown]
# ## 1. The plan
#
# Who is left out, which model, which estimator, which hypotheses: each of these is a choice, and each choice made after
# looking at the results bends them a little. So the plan is written first. `cgsurvey new my_study` writes one with
# explanations, to be filled in.

# %%
import shutil
from pathlib import Path
import cgsurvey as cg
from cgsurvey.base.data import shipped

folder = Path("my_study" if study is None else study)
if study is None:
    folder.mkdir(exist_ok=True)
    shutil.copy(shipped("sample") / "same.csv", folder)
    (folder / "study.toml").write_text(plan, encoding="utf-8")

# %% [markdown]
# ## 2. Register it
#
# The record holds the plan, its hash and the date. Every later run is compared with it. A file of your own proves no date:
# send a copy to your supervisor, or put it into a public registry (Nosek et al., 2018).

# %%
record = folder / "registration.json"
if not record.exists():
    cg.register(folder)
print(*record.read_text(encoding="utf-8").splitlines()[1:4], sep="\n")

# %% [markdown]
# ## 3. Run it
#
# One call reads, screens, describes, measures, estimates, decides the hypotheses and writes the report. On the command
# line it is `cgsurvey run my_study`. Results of an earlier run are replaced only because `force=True` says so.

# %%
result = cg.run_study(folder, force=True)
print("parts:  ", *result.parts)
print("written:", *sorted(file.name for file in (folder / "results").iterdir()))

# %%
cg.diagram(result.parts["structure"])

# %%
cg.table(result.parts["hypotheses"])

# %%
cg.narrate(result.parts["structure"], language="en")

# %% [markdown]
# **Read it:** `report.docx` is the chapter: tables, figures, text, limitations and references, in the order of a thesis.
# The sentences are a draft. A program knows the numbers and not your case: who these partners are, what happened in that year,
# why a path came out weak. Read each sentence against its table, then write your own.
#
# Your campus has a template? `report = {template = "campus.docx"}` takes over its styles; `languages = ["id"]` adds the report in
# Bahasa Indonesia, `dialect="thesis"` of `cg.table` the wording of Indonesian theses.
#
# ## 4. What if the plan changes?
#
# It will: an office sent no answers, an item was misread. Changing a plan is no fault; hiding the change is one. Here the
# screening is made stricter after the results are known.

# %%
text = (folder / "study.toml").read_text(encoding="utf-8")
changed = folder / "changed.toml"
changed.write_text(text.replace("max_missing = 0.20", "max_missing = 0.05"), encoding="utf-8")
later = cg.run_study(changed, write=False)
changed.unlink()
cg.table(later.parts["registration"])

# %% [markdown]
# **Read it:** the table stands in the report of a run whose plan was changed, entry by entry. Give the reason for each.
#
# ## 5. Would other choices have told another story?
#
# Another researcher might have kept the careless respondents, ignored the offices, or taken the answers as ordered. The same
# hypotheses are decided again under each of these choices, one at a time, and with one district left out at a time (Simonsohn,
# Simmons & Nelson, 2020). With a large model this takes minutes.

# %%
from cgsurvey.study import read_plan

chosen = read_plan(folder)
data_file = folder / str(chosen.data.file)
answers = cg.load_sample() if study is None else cg.read_responses(data_file, chosen.data.instrument)
others = {"estimators": ["MLR", "ML", "WLSMV"], "missing": ["fiml", "listwise"], "leave_out": leave_out}
others |= {"hypotheses": chosen.hypotheses, "screening": cg.screen(answers, **chosen.screening)}
survives = cg.fragility(result.parts["structure"].model, answers, **others)
cg.table(survives)

# %%
cg.plot(survives)

# %%
cg.narrate(survives, language="en")

# %% [markdown]
# **Read it:** each point is one way to analyse the same answers. A conclusion that holds in all of them does not hang on the
# choices *that were varied*; whether the model is right, or the arrow points the other way, no such picture can tell. A
# conclusion that falls with one choice is reported together with that choice.
#
# ## 6. Can it be checked?
#
# The study is computed again from the plan and the data file, and every number and sentence that was written is compared
# with what comes out now. On the command line: `cgsurvey verify my_study`.

# %%
checked = cg.verify(folder)
print("nothing differs:", checked.clean)
checked.glance()

# %% [markdown]
# **Read it:** hand in three things: the plan, the data without names, the results. Anyone with the same version of the software
# can then do this check. Do it yourself on the day you print.
#
# ## Exercise
#
# 1. Open `my_study/results/report.html` in an editor, change one digit of a coefficient, save, and call `cg.verify(folder)`
#    again. What does `differences` say?
# 2. Add a third hypothesis to the plan, `psq_responsiveness ~ mutual_understanding > 0`. What else must change in the plan?
# 3. Write the paragraph "Deviations from the plan" for section 4.
#
# <details><summary>Solution</summary>
#
# 1. One row: the file, the place of the number, what was printed and what was computed.
# 2. The construct must be measured and stand in the path: `constructs = [..., "mutual_understanding"]` and
#    `structure = {model = "psq_responsiveness ~ leadership + mutual_trust + mutual_understanding"}`. A hypothesis about a path
#    that the model lacks is an error that names the path.
# 3. For example: "The plan allowed 20 % of missing answers. After the results were known the limit was lowered to 5 %, since
#    ...; all hypotheses were decided as before (see the comparison of specifications)."
#
# </details>
#
# **Sources:** Nosek, Ebersole, DeHaven & Mellor (2018); Simonsohn, Simmons & Nelson (2020); Steegen, Tuerlinckx, Gelman &
# Vanpaemel (2016). Full entries stand at the end of each report.
