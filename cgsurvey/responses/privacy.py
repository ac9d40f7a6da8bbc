"""Columns that say who somebody is: left behind, or replaced by a keyed hash; only their headers are told."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from statistics import median

import numpy as np
import pandas as pd

from cgsurvey.base.errors import OptionError
from cgsurvey.base.options import choose
from cgsurvey.responses.words import number, plain

# A salt that can be guessed undoes the hash: there are few phone numbers.
SALT_LENGTH = 16

# The header as a whole; "nama kantor" (name of the office) is no personal name, so what follows a name is listed.
_WHO = (
    r"(?:lengkap|anda|responden\w*|saudara\w*|bapak\w*|ibu|petugas|pewawancara|enumerator|panggilan|pengisi|pemohon"
    r"|siapa|inisial|kepala keluarga)"
)
# What a form puts around the words that matter: the number of the question, and how it is to be answered.
_AROUND = re.compile(
    r"^\(?[a-z]?\d{1,3}[.)]+ ?|\((?:inisial|boleh|opsional|optional|tidak wajib|jika|bila|sesuai)[^)]*\)"
)
_NUMBER_OF = r"(?:no(?:mor)?\.?|number|id) ?"
_HEADERS = re.compile(
    rf"^(?:siapa(?:kah)? )?nama(?:[ /,]+{_WHO})*$"
    r"|^(?:(?:your|full|first|last|family|given|sur|nick|user) ?)?name$|^submitted by$"
    r"|^(?:respondent|enumerator|interviewer)(?:'s)? ?(?:full |first |last )?name$|^recipient ?(?:first|last) ?name$"
    r"|\be[ -]?mails?\b|\bsurel\b|\brecipientemail\b"
    r"|\b(?:tele)?phone(?: ?number)?\b|\btelepon\b|\btelp\b|\bhandphone\b|^(?:hp|wa|whatsapp|ponsel)$"
    rf"|\b{_NUMBER_OF}(?:hp|wa|telp|telepon|handphone|whatsapp|ponsel)\b"
    r"|^(?:nomor |no\.? )?kontak(?: (?:anda|responden|yang (?:bisa|dapat) dihubungi))?$"
    r"|^(?:contact|mobile)(?: (?:number|no|phone|details?))?$"
    rf"|\bnik\b|^(?:ktp|e-?ktp|paspor|passport|nip|npwp)$|\b{_NUMBER_OF}(?:e-?ktp|ktp|paspor|passport|nip|npwp|induk|kk)\b"
    r"|\b(?:ktp|nip|npwp|passport) (?:anda|responden|number|no)\b"
    r"|\bidentity (?:number|card)\b|\bnational id\b"
    r"|\bip ?address\b|\balamat ip\b|\b(?:device|subscriber) ?id\b|\bsim ?serial\b|\bimei\b"
    r"|\bgps\b|\bgeo ?(?:point|location|trace|shape)\b|\b(?:location)?(?:latitude|longitude)\b"
    r"|\blintang\b|\bbujur\b|\bkoordinat\b|^(?:lat|lon|lng|long)$"
    r"|\balamat (?:rumah|lengkap|responden|anda|tinggal)\b|^alamat$|\bhome address\b"
    r"|^(?:tanggal lahir|tgl\.? lahir|date of birth|birth ?date|dob)(?: (?:anda|responden))?$"
    r"|^(?:e-?)?(?:tanda ?tangan|signature|ttd|paraf)(?: (?:anda|responden|of respondent|petugas|pewawancara))?$"
    r"|^(?:foto|photo|selfie|picture)(?: (?:diri|anda|responden|wajah|ktp|of (?:the )?respondent))?$"
    r"|^(?:rekaman suara|voice recording|audio ?recording)$"
)
_VALUES = re.compile(
    r"[^@\s]+@[^@\s]+\.[a-z]{2,}"  # e-mail
    r"|\d{16}|\d{6}[ .-]\d{6}[ .-]\d{4}"  # NIK
    r"|(?:\+?62|0)[\s-]?8\d{1,2}[\s-]?\d{3,4}[\s-]?\d{3,5}"  # mobile number
    r"|(?:62)?8\d{8,11}(?:\.0)?"  # the same in a column of numbers, which lose their leading zero
    r"|\+\d{1,3}[\s-]?\(?\d{1,4}\)?(?:[\s-]?\d{2,4}){2,4}"  # number with the code of a country
    r"|\(0\d{2,3}\)[\s-]?\d{3,4}[\s-]?\d{3,5}"  # number of a town
    r"|\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}"  # IP address
    r"|-?\d{1,3}\.\d{3,},? ?-?\d{1,3}\.\d{3,}(?: -?\d+(?:\.\d+)?){0,2}"  # GPS point
    r"|(?:https?://\S+/)?[^/\n]{1,200}\.(?:jpe?g|png|heic|gif|webp|amr|m4a|mp3|wav|ogg|aac|mp4|mov|3gpp?|webm|pdf|docx?)",
    re.IGNORECASE,
)
_LOOKED_AT = 1000


def is_personal(header: str, cells: np.ndarray, label: str = "") -> bool:
    """Say whether a column says who somebody is.

    Names, e-mails, phones, identity numbers, IP addresses, positions, dates of birth, signatures, photos, recordings
    and files that were handed in. Told by the header, by the text of the question, or by half of the filled cells (a
    thousand are looked at). Names in a column whose header does not say so are not recognised.
    """
    filled = [c.strip() for c in cells[:5000] if c.strip()][:_LOOKED_AT]
    if any(_named(t) for t in (header, label)) and not _ratings(filled):
        return True
    return bool(filled) and 2 * sum(bool(_VALUES.fullmatch(c)) for c in filled) >= len(filled)


def _named(header: str) -> bool:
    words = plain(_AROUND.sub("", re.sub(r"[_\s]+", " ", plain(header)).strip()))
    last = words.rpartition("/")[2].strip()
    return any(len(w) <= 80 and bool(_HEADERS.search(w)) for w in (words, last))


def _ratings(filled: list[str]) -> bool:
    """Say whether cells are ratings that come again and again: "the reply by e-mail was fast" asks for no address."""
    kinds = set(filled)
    few = bool(kinds) and len(kinds) <= 11 and len(filled) >= 3 * len(kinds)
    return few and all((n := number(k)) is not None and n == int(n) and n < 100 for k in kinds)


def is_free_text(cells: np.ndarray) -> bool:
    """Say whether a column holds sentences: most filled cells differ, and half of them have four words or more."""
    filled = [c.strip() for c in cells[:5000] if c.strip()][:_LOOKED_AT]
    if not filled:
        return False
    return 2 * len(set(filled)) > len(filled) and median(len(c.split()) for c in filled) >= 4


@dataclass(frozen=True)
class Discretion:
    """What becomes of columns that say who somebody is, and of free text.

    Parameters
    ----------
    personal : {"drop", "hash", "keep"}
    salt : str, optional
        Key of the hash; needed for "hash", and never kept in a result.
    free_text : {"keep", "drop"}

    Raises
    ------
    OptionError
        When a word is not known, hashing lacks its salt, or a salt would be used for nothing.
    """

    personal: str = "drop"
    salt: str | None = field(default=None, repr=False)
    free_text: str = "keep"

    def __post_init__(self) -> None:
        choose("personal", self.personal, ("drop", "hash", "keep"))
        choose("free_text", self.free_text, ("keep", "drop"))
        if self.salt is not None and not isinstance(self.salt, str):
            raise OptionError(f"salt must be a text, not {type(self.salt).__name__}.")
        if self.personal == "hash" and not self.salt:
            raise OptionError(
                "personal='hash' needs a salt of your own, salt='...': without one a hash is undone by trying all "
                "phone numbers. Make one with secrets.token_hex(16) and keep it apart from the data."
            )
        if self.personal != "hash" and self.salt is not None:
            raise OptionError(
                f"salt is used with personal='hash' only, not with personal='{self.personal}'. Leave it out."
            )

    def of(self, header: str, cells: np.ndarray, label: str = "") -> str:
        """Return what becomes of a column: "keep", "hash", "drop", or "text" for free text that is left behind."""
        if self.personal != "keep" and is_personal(header, cells, label):
            return self.personal
        return "text" if self.free_text == "drop" and is_free_text(cells) else "keep"

    def hashed(self, cells: np.ndarray) -> np.ndarray:
        """Return the pseudonyms of cells, see `hashed`."""
        return hashed(cells, self.salt or "")


def hashed(cells: np.ndarray, salt: str) -> np.ndarray:
    """Return a keyed hash of each cell, shape (n,); blank cells stay blank.

    HMAC-SHA256 (RFC 2104) of the text, case and outer blanks aside, cut to 64 bits in hexadecimal: equal texts get
    equal marks within and across files hashed with one salt. Two of 100 000 different texts share a mark with a
    probability of 3e-10. It is a pseudonym: whoever has the salt can test a guess.
    """
    codes, texts = pd.factorize(cells)
    key = salt.encode("utf-8")
    marks = [
        hmac.new(key, plain(t).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:16] if t.strip() else ""
        for t in texts
    ]
    return np.array([*marks, ""], dtype=object)[codes]
