"""Exploratory factor analysis: factorability, number of factors, extraction, rotation."""

from cgsurvey.factor.efa import efa
from cgsurvey.factor.factorability import Factorability, factorability
from cgsurvey.factor.parallel_analysis import ParallelAnalysis, parallel_analysis
from cgsurvey.factor.result import FactorAnalysis

__all__ = ["FactorAnalysis", "Factorability", "ParallelAnalysis", "efa", "factorability", "parallel_analysis"]
