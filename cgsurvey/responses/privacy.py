"""Columns that say who somebody is: they are left behind, and only their headers are told."""

from __future__ import annotations

import re

import numpy as np

from cgsurvey.responses.words import plain

# The header as a whole; "nama kantor" (name of the office) is no personal name, so what follows a name is listed.
_WHO = (
    r"(?:lengkap|anda|responden\w*|saudara\w*|bapak\w*|ibu|petugas|pewawancara|enumerator|panggilan|pengisi|pemohon"
    r"|siapa|inisial|kepala keluarga)"
)
# What a form puts around the words that matter: the number of the question, and how it is to be answered.
_AROUND = re.compile(
    r"^\(?[a-z]?\d{1,3}[.)]+ ?|\((?:inisial|boleh|opsional|optional|tidak wajib|jika|bila|sesuai)[^)]*\)"
)
_HEADERS = re.compile(
    rf"^(?:siapa(?:kah)? )?nama(?:[ /,]+{_WHO})*$"
    r"|^(?:(?:your|full|first|last|family|given|sur|nick|user) ?)?name$|^submitted by$"
    r"|^(?:respondent|enumerator|interviewer)(?:'s)? ?(?:full |first |last )?name$|^recipient ?(?:first|last) ?name$"
    r"|\be[ -]?mails?\b|\bsurel\b|\brecipientemail\b"
    r"|\b(?:tele)?phone(?: ?number)?\b|\btelepon\b|\btelp\b|\bhandphone\b|^(?:hp|wa|whatsapp|ponsel)$"
    r"|\bno(?:mor)?\.? ?(?:hp|wa|telp|telepon|handphone|whatsapp|ponsel)\b"
    r"|^(?:nomor |no\.? )?kontak(?: (?:anda|responden|yang (?:bisa|dapat) dihubungi))?$"
    r"|^(?:contact|mobile)(?: (?:number|no|phone|details?))?$"
    r"|\bnik\b|\bktp\b|\bpaspor\b|\bpassport\b|\bnip\b|\bno(?:mor)? (?:induk|kk)\b"
    r"|\bidentity (?:number|card)\b|\bnational id\b"
    r"|\bip ?address\b|\balamat ip\b|\b(?:device|subscriber) ?id\b|\bsim ?serial\b|\bimei\b"
    r"|\bgps\b|\bgeo ?(?:point|location|trace|shape)\b|\b(?:location)?(?:latitude|longitude)\b"
    r"|\blintang\b|\bbujur\b|\bkoordinat\b|^(?:lat|lon|lng|long)$"
    r"|\balamat (?:rumah|lengkap|responden|anda|tinggal)\b|^alamat$|\bhome address\b"
)
_VALUES = re.compile(
    r"[^@\s]+@[^@\s]+\.[a-z]{2,}"  # e-mail
    r"|\d{16}"  # NIK
    r"|(?:\+?62|0)[\s-]?8\d{1,2}[\s-]?\d{3,4}[\s-]?\d{3,5}"  # mobile number
    r"|(?:62)?8\d{8,11}(?:\.0)?"  # the same in a column of numbers, which lose their leading zero
    r"|\d{1,3}(?:\.\d{1,3}){3}"  # IP address
    r"|-?\d{1,2}\.\d{3,} -?\d{1,3}\.\d{3,}(?: -?\d+(?:\.\d+)?){0,2}",  # GPS point of ODK and Kobo
    re.IGNORECASE,
)


def is_personal(header: str, cells: np.ndarray) -> bool:
    """Say whether a column holds names, e-mails, phones, identity numbers, IP addresses or positions.

    Told by the header, or by half of the filled cells (a thousand are looked at).
    """
    words = plain(_AROUND.sub("", re.sub(r"[_\s]+", " ", plain(header)).strip()))
    last = words.rpartition("/")[2].strip()
    if (len(words) <= 80 and _HEADERS.search(words)) or (len(last) <= 80 and _HEADERS.search(last)):
        return True
    filled = [c for c in cells[:5000] if c.strip()][:1000]
    return bool(filled) and 2 * sum(bool(_VALUES.fullmatch(c.strip())) for c in filled) >= len(filled)
