"""Structural equation models: syntax, parameter table, matrices, estimate, inference, fit."""

from cgsurvey.sem.compare import Comparison, compare
from cgsurvey.sem.cross_check import CrossCheck
from cgsurvey.sem.fit import cfa, growth, sem
from cgsurvey.sem.invariance import Invariance, invariance
from cgsurvey.sem.mediation import Mediation, mediation
from cgsurvey.sem.moderation import SimpleSlopes
from cgsurvey.sem.pooled import PooledFit
from cgsurvey.sem.population import population_model
from cgsurvey.sem.products import Products, product_indicators
from cgsurvey.sem.result import SemFit
from cgsurvey.sem.simulate import simulate

__all__ = [
    "Comparison",
    "CrossCheck",
    "Invariance",
    "Mediation",
    "PooledFit",
    "Products",
    "SemFit",
    "SimpleSlopes",
    "cfa",
    "compare",
    "growth",
    "invariance",
    "mediation",
    "population_model",
    "product_indicators",
    "sem",
    "simulate",
]
