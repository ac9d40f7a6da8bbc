"""Structural equation models: syntax, parameter table, matrices, estimate, inference, fit."""

from cgsurvey.sem.fit import cfa, growth, sem
from cgsurvey.sem.result import SemFit

__all__ = ["SemFit", "cfa", "growth", "sem"]
