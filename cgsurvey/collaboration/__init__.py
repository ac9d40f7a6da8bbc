"""What the theory of collaborative governance asks of a forum: its criteria, activities and ties of its partners."""

from cgsurvey.collaboration.activities import Activities, activities
from cgsurvey.collaboration.criteria import Criteria, criteria
from cgsurvey.collaboration.ladder import Ladder, ladder

__all__ = ["Activities", "Criteria", "Ladder", "activities", "criteria", "ladder"]
