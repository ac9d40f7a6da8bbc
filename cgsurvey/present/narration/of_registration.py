"""What is said about the plan of a study."""

from __future__ import annotations

from cgsurvey.base.registration import Registration
from cgsurvey.present.narration.sentences import Paragraphs, Sentence, paragraphs
from cgsurvey.present.tables.style import Style


@paragraphs.register(Registration)
def _registration(x: Registration, style: Style) -> Paragraphs:
    if not x.registered:
        return {"deviations": [Sentence("plan.unregistered", {"sha256": x.sha256_run[:16]})]}
    values = {"when": x.registered[:16].replace("T", " "), "sha256": x.sha256[:16], "n": len(x.deviations)}
    code = "plan.departed" if len(x.deviations) else "plan.followed"
    return {"deviations": [Sentence(code, values)]}
