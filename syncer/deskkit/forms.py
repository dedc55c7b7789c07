"""For emulators: reads whole multipart/form-data bodies in memory, thousands of forms a second."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote

from msgspec import Struct

_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]+)"|([^;\s]+))', re.IGNORECASE)
_CHARSET = re.compile(r';\s*charset="?([\w.:-]+)', re.IGNORECASE)
_PARAMETER = re.compile(r';\s*([\w!#$&+.^`|~*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))')
_ESCAPED = re.compile(r"\\(.)")


class FormFile(Struct):
    """A file as it was sent."""

    part: str
    name: str
    content_type: str
    content: bytes


class Form(Struct):
    """The text parts by name, those that came again (the first counts), and all file parts in order."""

    texts: dict[str, str]
    files: list[FormFile]
    repeated: set[str]


class _Head(Struct, frozen=True):
    name: str
    filename: str | None
    content_type: str
    charset: str


def is_form(content_type: str) -> bool:
    """Whether this is the type of a multipart form at all."""
    return content_type.lower().startswith("multipart/form-data")


def read_form(content_type: str, body: bytes) -> Form | None:
    """The form in `body`, or None when boundary, closing delimiter or a part's head is broken."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        return None
    delimiter = b"\r\n--" + (found[1] or found[2]).encode("latin-1", "replace")
    pieces = body.split(delimiter)
    if body.startswith(delimiter[2:]):
        pieces[0] = pieces[0][len(delimiter) - 2 :]
    else:
        del pieces[0]
    form = Form(texts={}, files=[], repeated=set())
    for piece in pieces:
        if piece.startswith(b"--"):
            return form
        if not _take(piece, form):
            return None
    return None


def _take(piece: bytes, form: Form) -> bool:
    line_end = piece.find(b"\r\n")
    head_end = piece.find(b"\r\n\r\n", line_end)
    if line_end < 0 or head_end < 0 or piece[:line_end].strip():
        return False
    head = _head(piece[line_end + 2 : head_end])
    if head is None:
        return False
    content = piece[head_end + 4 :]
    if head.filename is not None:
        form.files.append(FormFile(head.name, head.filename, head.content_type, content))
        return True
    if head.name in form.texts:
        form.repeated.add(head.name)
    try:
        form.texts.setdefault(head.name, content.decode(head.charset))
    except (UnicodeDecodeError, LookupError):
        return False
    return True


# The heads of text parts are the same in every form of a client: parsed once.
@lru_cache(maxsize=4096)
def _head(raw: bytes) -> _Head | None:
    fields: dict[str, str] = {}
    for line in raw.decode("utf-8", "replace").split("\r\n"):
        key, _, value = line.partition(":")
        fields[key.strip().lower()] = value.strip()
    disposition = fields.get("content-disposition", "")
    if not disposition.lower().startswith("form-data"):
        return None
    parameters = {
        key.lower(): _ESCAPED.sub(r"\1", quoted) if quoted else plain
        for key, quoted, plain in _PARAMETER.findall(disposition)
    }
    if "name" not in parameters:
        return None
    content_type = fields.get("content-type", "")
    charset = _CHARSET.search(content_type)
    return _Head(
        name=parameters["name"],
        filename=_extended(parameters["filename*"]) if "filename*" in parameters else parameters.get("filename"),
        content_type=content_type.partition(";")[0].strip() or "application/octet-stream",
        charset=charset[1] if charset else "utf-8",
    )


def _extended(value: str) -> str:
    """RFC 2231: charset'language'percent-encoded."""
    charset, _, rest = value.partition("'")
    encoded = rest.partition("'")[2] if rest else value
    try:
        return unquote(encoded, encoding=charset or "utf-8", errors="replace")
    except LookupError:
        return unquote(encoded)
