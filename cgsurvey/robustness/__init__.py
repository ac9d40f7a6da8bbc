"""Whether conclusions survive other reasonable choices, and why two programs give different numbers."""

from cgsurvey.robustness.explanation import Explanation, why_different
from cgsurvey.robustness.fragility import Fragility, fragility

__all__ = ["Explanation", "Fragility", "fragility", "why_different"]
