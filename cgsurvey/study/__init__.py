"""A study: its plan, its run from raw file to report, and the scaffold of a new one."""

from cgsurvey.study.plan import Plan, read_plan
from cgsurvey.study.registration import register
from cgsurvey.study.run import StudyResult, run_study
from cgsurvey.study.scaffold import new_study
from cgsurvey.study.verifying import verify

__all__ = ["Plan", "StudyResult", "new_study", "read_plan", "register", "run_study", "verify"]
