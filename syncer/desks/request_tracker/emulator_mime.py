"""Messages as they are taken apart: their parts, what becomes of texts and of the names of files."""

from __future__ import annotations

import binascii
import re

from msgspec import Struct

from syncer.desks.request_tracker.emulator_answers import Broke
from syncer.desks.request_tracker.emulator_dates import posted
from syncer.desks.request_tracker.emulator_records import Attachment, Transaction
from syncer.desks.request_tracker.emulator_tables import Tables

_CHARSET = re.compile(r';\s*charset="?([\w.:-]+)', re.IGNORECASE)
_WORD = re.compile(r"=\?([^?\s]+)\?([QqBb])\?([^?]*)\?=")
_BETWEEN = re.compile(r"\?=\s+(?==\?)")
_NARROW = 0xFF
NOTHING = "application/octet-stream"


class Part(Struct):
    """A file, or a piece of text without a name."""

    kind: str
    content: bytes
    name: str = ""


def text_part(text: str, kind: str) -> Part:
    """What is said. Line ends are those of Unix, whatever came."""
    return Part(_bare(kind), text.replace("\r\n", "\n").encode("utf-8", "replace"))


def file_part(tables: Tables, name: str, kind: str, content: bytes) -> Part:
    """A file as it is kept: texts in UTF-8, of its name what stands behind the last slash."""
    if re.match(r"(?i)(text|message)/", kind):
        content = _as_utf8(content, kind)
    name = re.sub(r"[\r\n]+", "", name).rpartition("/")[2]
    return Part(_bare(kind), content, cut(name, tables.switches.max_file_name))


def squeezed(name: str) -> str:
    """What becomes of a file's name within JSON: its letters are taken for bytes of UTF-8, and beyond Latin-1 the
    server breaks."""
    if any(ord(letter) > _NARROW for letter in name):
        raise Broke
    return name.encode("latin-1").decode("utf-8", "replace")


def spelled_out(name: str) -> str:
    """What becomes of a file's name on its way into a reply or a comment: encoded words, as in the head of a mail, are
    read. Those of a new ticket's files are not."""
    return _WORD.sub(_spelled, _BETWEEN.sub("?=", name)).rpartition("/")[2]


def _spelled(word: re.Match[str]) -> str:
    raw = word[3].encode("utf-8", "replace")
    try:
        found = binascii.a2b_base64(raw) if word[2] in "Bb" else binascii.a2b_qp(raw, header=True)
        return found.decode(word[1], "replace")
    except binascii.Error:
        return word[0]
    except LookupError:
        return found.decode("utf-8", "replace")


def cut(text: str, most: int) -> str:
    """As much of a text as fits into so many bytes."""
    return text.encode("utf-8", "replace")[:most].decode("utf-8", "ignore")


def keep_message(tables: Tables, row: Transaction, subject: str, parts: list[Part], kind: str = "mixed") -> None:
    """Keep the parts of a message: one stands alone, several within a part that holds them."""
    if len(parts) == 1 and not parts[0].name:
        _keep(tables, row, parts[0], subject=subject)
        return
    root = _keep(tables, row, Part(f"multipart/{kind}", b""), subject=subject)
    for part in parts:
        _keep(tables, row, part, parent=root.id)


def keep_mail(tables: Tables, row: Transaction, subject: str, heads: dict[str, str], parts: list[Part]) -> None:
    """Keep a copy of a mail, with those heads of it that tell to whom it went."""
    root = _keep(tables, row, Part("multipart/alternative", b""), subject=subject)
    told = [f"{name}: {value}" for name, value in heads.items() if value]
    root.headers = "\n".join([*told, root.headers])
    for part in parts:
        _keep(tables, row, part, parent=root.id)


def message_id(tables: Tables, row: Transaction) -> str:
    """What a message is called among mails."""
    return f"rt-{tables.switches.version}-{row.id}-{row.created}-{row.object_id}-0-0@{tables.switches.organization}"


def _keep(tables: Tables, row: Transaction, part: Part, *, parent: int = 0, subject: str = "") -> Attachment:
    holds = part.kind.startswith("multipart/")
    made = Attachment(
        id=tables.take("attachment"),
        transaction=row.id,
        parent=parent,
        kind=part.kind,
        creator=row.creator,
        created=row.created,
        name=part.name,
        subject=re.sub(r"[\r\n]+", "", subject),
        message_id="" if parent else message_id(tables, row),
        content=None if holds else part.content,
    )
    made.headers = _head(made)
    tables.add_attachment(made)
    return made


def _head(part: Attachment) -> str:
    kind = part.kind
    if part.kind.startswith("multipart/"):
        kind += f'; boundary="----------=_{part.created}-{part.id}"'
    elif part.kind.startswith("text/"):
        kind += '; charset="utf-8"'
    if part.name:
        kind += f'; name="{part.name}"'
    place = f'inline; filename="{part.name}"' if part.name else "inline"
    lines = [f"Content-Type: {kind}", f"Content-Disposition: {place}", "Content-Transfer-Encoding: binary"]
    if not part.parent:
        lines += [f"Message-ID: <{part.message_id}>", f"Subject: {part.subject}", f"Date: {posted(part.created)}"]
    return "\n".join([*lines, f"Content-Length: {len(part.content or b'')}"])


def _bare(kind: str) -> str:
    return kind.partition(";")[0].strip().lower()


def _as_utf8(content: bytes, kind: str) -> bytes:
    """As the product guesses: by its mark, as UTF-8, else as Latin-1."""
    named = _CHARSET.search(kind)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        guesses = ["utf-16"]
    else:
        guesses = [named[1]] if named else ["utf-8", "latin-1"]
    for guess in guesses:
        try:
            return content.decode(guess).encode()
        except (UnicodeDecodeError, LookupError):
            continue
    return content.decode("utf-8", "replace").encode()
