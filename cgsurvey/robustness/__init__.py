"""Whether conclusions survive other reasonable choices, and why two programs give different numbers."""

from cgsurvey.robustness.fragility import Fragility, fragility

__all__ = ["Fragility", "fragility"]
