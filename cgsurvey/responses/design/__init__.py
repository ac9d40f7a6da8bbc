"""How the respondents were drawn, and what the population is like: estimates, tests and weights by design."""

from __future__ import annotations

from cgsurvey.responses.design.design import Design

__all__ = ["Design"]
