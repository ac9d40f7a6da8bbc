"""What was asked: instruments, their constructs, items and scales, the bank, and models written from them."""

from cgsurvey.instrument.bank import list_instruments, load_instrument
from cgsurvey.instrument.instrument import Instrument
from cgsurvey.instrument.parts import Choice, Construct, Item, Proposal, Question, Roles, Scale, Scoring

__all__ = [
    "Choice",
    "Construct",
    "Instrument",
    "Item",
    "Proposal",
    "Question",
    "Roles",
    "Scale",
    "Scoring",
    "list_instruments",
    "load_instrument",
]
