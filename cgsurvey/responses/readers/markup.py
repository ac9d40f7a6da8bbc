"""Texts with markup, and XML that may come from anywhere."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

from cgsurvey.base.errors import DataError
from cgsurvey.responses.readers.raw import tidy

_TAG = re.compile(r"<[^<>]{1,2000}>")
_SCRIPT = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)


def without_tags(text: str) -> str:
    """Return the words of a text that may hold HTML."""
    if "<" not in text and "&" not in text:
        return tidy(text)
    return tidy(html.unescape(_TAG.sub(" ", _SCRIPT.sub(" ", text[:100_000]))))


def parse(text: str, where: str) -> ElementTree.Element:
    """Return the root of an XML text; entities are refused, because they can read other files and fill the memory."""
    if "<!doctype" in text.casefold() or "<!entity" in text.casefold():
        raise DataError(
            f"{where} declares XML entities, which no export of a survey does. It is not read; export it again."
        )
    try:
        return ElementTree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))
    except (ElementTree.ParseError, ValueError, RecursionError) as error:
        raise DataError(f"{where} is no well-formed XML: {error}. Export it again.") from error
