"""What was planned before an analysis, and where it departs from the plan."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from cgsurvey.base.result import Result


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Registration(Result):
    """What was planned, when, and where the analysis departs from it.

    Attributes
    ----------
    deviations : DataFrame
        One row per part of the plan that was changed after it was registered: `section key planned run`.
    registered : str
        Date and time of the registration (ISO 8601), "" when the plan was not registered.
    sha256, sha256_run : str
        Hash of the plan as registered ("" when it was not), and of the plan that was run.
    """

    deviations: pd.DataFrame
    registered: str = ""
    sha256: str = ""
    sha256_run: str = ""

    def tidy(self) -> pd.DataFrame:
        """Return the deviations, one row each."""
        return self.deviations

    def glance(self) -> pd.DataFrame:
        """Return one row: when the plan was registered, and in how many points the analysis departs from it."""
        return pd.DataFrame({"registered": [self.registered], "n_deviations": [len(self.deviations)]})
