"""Which program wrote a file, told by its headers."""

from __future__ import annotations

from collections.abc import Sequence

from cgsurvey.responses.words import plain

SOURCES = ("auto", "kobo", "odk", "google_forms", "table")

_KOBO = ("_id", "_uuid", "_submission_time", "_validation_status", "__version__", "_index", "_submitted_by", "_tags")
_ODK = ("submissiondate", "key", "meta-instanceid", "instanceid", "formversion", "submitterid")
_STAMP = ("timestamp", "cap waktu", "stempel waktu", "zeitstempel", "타임스탬프", "marca temporal", "horodateur")


def recognise(source: str, headers: Sequence[str]) -> tuple[str, str]:
    """Return the source and what gave it away; a source that was named is taken at its word."""
    if source != "auto":
        return source, "as told"
    seen = [plain(h).rpartition("/")[2] for h in headers]
    kobo = [h for h in _KOBO if h in seen]
    odk = [h for h in _ODK if h in seen]
    if len(kobo) >= 3:
        return "kobo", f"columns {', '.join(kobo[:4])}"
    if "submissiondate" in odk and len(odk) >= 2:
        return "odk", f"columns {', '.join(odk)}"
    if seen and seen[0] in _STAMP:
        return "google_forms", f"first column '{headers[0]}'"
    return "table", ""
