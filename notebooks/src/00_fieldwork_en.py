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
# # 00 Field work: from the questionnaire to the answers
#
# A result is only as good as the way its data came in. This notebook goes that way once: a questionnaire becomes a form
# for KoboToolbox or ODK, the export of the field is checked, its columns are matched with the items, and the answers are
# written with their labels. It runs as it is, on a **simulated** export. For your own study change the next cell.

# %% tags=["parameters"]
# Change only this cell.
name = "cgsurvey_core"  # an instrument of the bank, or your own file, e.g. "study.yaml"
export_file = None  # the export of your field tool, e.g. "data/export.csv"; None: the simulated export
constructs = ["satisfaction", "mutual_trust"]  # what to look at when the answers are in

# %% [markdown]
# ## 1. The questionnaire
#
# Everything begins with the instrument: what is asked, of whom, on which scale, and what it is meant to measure. It is
# written once, in a file; form, paper and codebook are made from it and cannot contradict one another.

# %%
import pandas as pd

import cgsurvey as cg

pd.set_option("display.max_colwidth", 120)
instrument = cg.load_instrument(name)
instrument.describe("en").head(6)

# %% [markdown]
# **Read it:** one row per item, with the construct that it measures and the source that it draws on. `reverse` marks
# statements that speak against their construct. A draft has not been tested in the field: let experts judge it first.
#
# For reviewers and for places without a network the questionnaire is printed, in one language or in several.

# %%
cg.questionnaire(instrument, "questionnaire.docx", language=["en", "id"])

# %% [markdown]
# **Read it:** the printed page shows neither names of constructs nor directions of items; respondents are not to know.
#
# ## 2. The form for KoboToolbox or ODK
#
# The form is a workbook with the sheets `survey`, `choices` and `settings`. Both field tools translate it by the program
# pyxform; who installs it (`pip install pyxform`) sees the warnings of the upload beforehand: `xls2xform form.xlsx`.

# %%
form = instrument.to_xlsform("form.xlsx")
print("reads back equal:", cg.Instrument.from_xlsform(form) == instrument)

# %%
survey = pd.read_excel(form, sheet_name="survey", engine="calamine")
survey.loc[survey["relevant"].notna(), ["type", "name", "relevant"]].drop_duplicates("relevant").head(6)

# %% [markdown]
# **Read it:** the column `relevant` says who sees a question. Whoever refuses consent is asked nothing more; partners
# and users each get their own part. Upload `form.xlsx` in KoboToolbox (*New*, *Upload an XLSForm*), preview it in both
# languages, and send some test submissions before the field work begins. `docs/guides/forms.md` tells the steps.
#
# ## 3. The export, checked before anything else
#
# Never trust an export unread. The check says what kind of file it is and by what that was told, which columns were
# matched, and every fault at once.

# %%
from cgsurvey.base.data import shipped

export = shipped("sample") / "same.csv" if export_file is None else export_file
print(cg.check_responses(export, instrument).text("en"))

# %% [markdown]
# **Read it:** columns of the field tool belong to no item and are kept; those that look personal are left behind. What
# the notes tell is not repaired in secret: it is for you to judge.
#
# What does a fault look like? Here two answers of the export are spoiled on purpose, in a copy in memory.

# %%
rows = pd.read_csv(export, sep=None, engine="python", dtype=str)
item = next(c for c in rows.columns if c.endswith(instrument.item_names[0]))
rows.loc[[3, 8], item] = ["9", "Setju"]
cg.check_responses(rows, instrument).frame("en")

# %% [markdown]
# **Read it:** each line names the row as a spreadsheet counts it, the column, the value, and what to do. A number outside
# the scale is never turned into a missing answer by itself: declare it (`missing_codes=`) if that is what it means.
#
# ## 4. The mapping: which column is which item
#
# What was recognised once is written down for review. Reading with this file gives the same answers again, today and
# in the revision of your thesis.

# %%
answers = cg.read_responses(export, instrument)
mapping = answers.write_mapping("mapping.yaml")
again = cg.read_responses(export, instrument, mapping="mapping.yaml")
print("the same answers:", again.equals(answers))
answers

# %% [markdown]
# **Read it:** this table is the memory of the import: file and checksum, what was recognised, what was decided, what was
# left behind. As a data frame it is `answers.describe_import()`. Report it with your results.
#
# ## 5. The first look at the answers
#
# Before any analysis: did people answer, and did they use the whole scale?

# %%
items = [i for c in constructs for i in instrument.construct(c).all_items]
cg.plot(cg.missingness(answers, items))

# %%
cg.plot(cg.describe(answers, items=items))

# %% [markdown]
# **Read it:** a question that many skip is often a question that is hard to understand. Bars that lie almost wholly on
# one side leave little to explain. Notebook 02 takes it from here.
#
# ## 6. The codebook and the data for others
#
# Whoever opens the data in ten years needs to know what each column means. The file is written with labels and with the
# reasons why an answer is missing, then read back.

# %%
cg.codebook(instrument, "codebook.html", language="en")
written = answers.to_sav("field.sav")
print("comes back equal:", written.equal)
for told in written.notes:
    print(told.text)

# %% [markdown]
# **Read it:** "comes back equal" means that no answer, label or reason was lost in the format. Where something is, a note
# says what.
#
# ## Exercise
#
# 1. Write your own instrument with one question that ends the interview (`ends:`), make its form, and preview it.
# 2. Rename one column of an export in a spreadsheet program, read it, and mend it with `mapping=`.
# 3. Read a form that somebody else made with `cg.Instrument.from_xlsform` and go through its `remarks`: what of it
#    would you have to ask again?
