"""Valid files made invalid at random: by bytes, by pieces that formats stumble over, inside archives."""

from __future__ import annotations

import io
import zipfile

from hypothesis import strategies as st

PIECES = st.sampled_from(
    [
        *(b"", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"'", b";", b",", b"\t", b"\r", b"\n", b"\r\n", b"=1+1"),
        *(b"<b>", b"&amp;", b"]]>", b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>", b"-99", b"1e400", b".a"),
        *(b"99999999999999999999", b"\xff" * 8, b"\x00" * 8, b"\x7f\xff\xff\xff", b"A" * 10_000, b"[", b"]", b"/"),
        *(b'{"ImportId":"QID1"}', b"Timestamp", b"KEY", b"PARENT_KEY", b"_index", b"submitdate", b"\xf0\x9f\x92\xa9"),
    ]
)  # fmt: skip
CHANGE = st.tuples(
    st.sampled_from(["set", "insert", "delete", "double", "cut", "swap"]),
    st.floats(0, 1, allow_nan=False),
    st.integers(0, 200),
    PIECES | st.binary(max_size=8),
)


def changed(content: bytes, changes: list[tuple[str, float, int, bytes]]) -> bytes:
    """Return content with each change made at a place given as a share of its length."""
    for what, place, size, piece in changes:
        at = int(place * len(content))
        if what == "set":
            content = content[:at] + piece + content[at + len(piece) :]
        elif what == "insert":
            content = content[:at] + piece + content[at:]
        elif what == "delete":
            content = content[:at] + content[at + size :]
        elif what == "double":
            content = content[:at] + content[at : at + 20 * size] + content[at:]
        elif what == "cut":
            content = content[: max(at, 1)]
        else:
            content = (
                content[:at] + content[at + size : at + 2 * size] + content[at : at + size] + content[at + 2 * size :]
            )
    return content


def repacked(content: bytes, member: float, changes: list[tuple[str, float, int, bytes]]) -> bytes:
    """Return an archive with one of its members changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        chosen = names[min(int(member * len(names)), len(names) - 1)]
        for name in names:
            new.writestr(name, changed(old.read(name), changes) if name == chosen else old.read(name))
    return out.getvalue()
