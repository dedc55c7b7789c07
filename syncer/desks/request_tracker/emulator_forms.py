"""Forms as the server reads them: what stands between the quotes of a file's name is its name, backslashes too."""

from __future__ import annotations

import re

from syncer.deskkit.forms import FormFile

_BOUNDARY = re.compile(r';\s*boundary=(?:"([^"]+)"|([^;\s]+))', re.IGNORECASE)
_NAME = re.compile(r';\s*name="((?:[^"\\]|\\.)*)"')
_FILENAME = re.compile(r';\s*filename="((?:[^"\\]|\\.)*)"\s*(?:;|$)')
_ANY_FILENAME = re.compile(r";\s*filename=")


def read(header: str, body: bytes) -> tuple[dict[str, str], list[FormFile]] | None:
    """The texts and the files of a form; None for what cannot be read."""
    found = _BOUNDARY.search(header)
    if found is None:
        return None
    delimiter = b"\r\n--" + (found[1] or found[2]).encode("latin-1", "replace")
    first, *pieces = (b"\r\n" + body).split(delimiter)
    if first or not pieces or not pieces[-1].startswith(b"--"):
        return None
    texts: dict[str, str] = {}
    files: list[FormFile] = []
    for piece in pieces[:-1]:
        raw, separator, content = piece.partition(b"\r\n\r\n")
        if not separator or not _take(raw.decode("utf-8", "replace"), content, texts, files):
            return None
    return texts, files


def _take(head: str, content: bytes, texts: dict[str, str], files: list[FormFile]) -> bool:
    fields: dict[str, str] = {}
    for line in head.split("\r\n"):
        key, _, value = line.partition(":")
        fields[key.strip().lower()] = value.strip()
    place = fields.get("content-disposition", "")
    name, filename = _NAME.search(place), _FILENAME.search(place)
    if name is None or (filename is None and _ANY_FILENAME.search(place)):
        return False
    if filename is not None:
        files.append(FormFile(name[1], filename[1], fields.get("content-type", ""), content))
    else:
        texts.setdefault(name[1], content.decode("utf-8", "replace"))
    return True
