"""What a reader sees: tables and their writers, figures, path diagram, narration, report.

Names are loaded when they are first used: a table needs no matplotlib, a picture no report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cgsurvey.base.lazy import lazy

_WHERE = {
    "Table": "table",
    "table": "tables",
    "tables": "tables",
    "plot": "figures.plot",
    "plot_kinds": "figures.plot",
    "diagram": "figures.diagram",
    "figure_style": "figures.picture",
    "narrate": "narration",
    "codebook": "codebook",
    "ikm_recap": "satisfaction_sheets",
    "ikm_publication": "satisfaction_sheets",
    "questionnaire": "questionnaire",
    "Report": "report",
    "report": "report",
}

__all__ = [
    "Report",
    "Table",
    "codebook",
    "diagram",
    "figure_style",
    "ikm_publication",
    "ikm_recap",
    "narrate",
    "plot",
    "plot_kinds",
    "questionnaire",
    "report",
    "table",
    "tables",
]

if TYPE_CHECKING:
    from cgsurvey.present.codebook import codebook
    from cgsurvey.present.figures.diagram import diagram
    from cgsurvey.present.figures.picture import figure_style
    from cgsurvey.present.figures.plot import plot, plot_kinds
    from cgsurvey.present.narration import narrate
    from cgsurvey.present.questionnaire import questionnaire
    from cgsurvey.present.report import Report, report
    from cgsurvey.present.satisfaction_sheets import ikm_publication, ikm_recap
    from cgsurvey.present.table import Table
    from cgsurvey.present.tables import table, tables

lazy(__name__, _WHERE)
