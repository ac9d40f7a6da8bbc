"""What theory asks of a forum: criteria, activities and ties of its partners, its forms, challenges and harms."""

from cgsurvey.collaboration.activities import Activities, activities
from cgsurvey.collaboration.criteria import Criteria, criteria
from cgsurvey.collaboration.exchange import Exchange, exchange
from cgsurvey.collaboration.forms import Forms, forms
from cgsurvey.collaboration.ladder import Ladder, ladder
from cgsurvey.collaboration.strains import Strains, challenges, harms

__all__ = [
    "Activities",
    "Criteria",
    "Exchange",
    "Forms",
    "Ladder",
    "Strains",
    "activities",
    "challenges",
    "criteria",
    "exchange",
    "forms",
    "harms",
    "ladder",
]
