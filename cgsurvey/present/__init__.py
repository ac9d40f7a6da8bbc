"""What a reader sees: tables and their writers, figures, path diagram, narration, report."""

from cgsurvey.present.table import Table

__all__ = ["Table"]
