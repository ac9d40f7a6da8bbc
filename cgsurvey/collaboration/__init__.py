"""What the theory of collaborative governance asks of a forum: its criteria and the activities of its partners."""

from cgsurvey.collaboration.activities import Activities, activities
from cgsurvey.collaboration.criteria import Criteria, criteria

__all__ = ["Activities", "Criteria", "activities", "criteria"]
