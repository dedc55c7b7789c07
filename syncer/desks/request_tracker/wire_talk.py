"""RT's history turned into what was said: transactions, and the trees of attachments that hang on them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email import message_from_string
from email.utils import getaddresses
from typing import Any

from msgspec import Struct

from syncer.desks.request_tracker.times import moment
from syncer.errors import Rejected
from syncer.mapping.body import text_to_html
from syncer.model.ticket import Comment, File, TimeEntry

MOVE_FIELDS = "Type,ObjectId,Creator,Created,TimeTaken"
PART_FIELDS = "Filename,ContentType,TransactionId,Headers"
FIRST, PUBLIC, PRIVATE = "Create", "Correspond", "Comment"
MAILS = ("EmailRecord", "CommentEmailRecord")
"""Copies of mails that RT sent: nothing that was said on a ticket, and no change of it."""
SILENT = frozenset({
    *MAILS, "Set", "Status", "CustomField", "AddWatcher", "DelWatcher", "SetWatcher", "AddLink", "DeleteLink", "Take",
    "Give", "Steal", "Untake", "Force", "AddReminder", "OpenReminder", "ResolveReminder", "DeleteReminder", "Told",
    "SystemError", "Forward Ticket", "Forward Transaction", "SetPrivateKey", "Subject", "Disabled", "Enabled",
})  # fmt: skip
"""Transactions that carry no words of their own. One of a kind nobody knows is looked at, and is private."""
_LENGTH = re.compile(r"(?mi)^Content-Length:\s*(\d+)")
_CONTENT_ID = re.compile(r"(?mi)^Content-ID:\s*<?([^>\s]+)>?")
_ALTERNATIVES = "multipart/alternative"


class Move(Struct, frozen=True):
    """One transaction of a ticket."""

    id: int
    on: str
    type: str
    author: str | None
    at: datetime | None
    minutes: int

    @property
    def speaks(self) -> bool:
        """Whether words may hang on it."""
        return self.type not in SILENT


class Part(Struct, frozen=True):
    """An attachment: a text of a message, a file, or only what holds others together."""

    id: int
    of: int
    type: str
    name: str
    size: int
    content: str = ""

    @property
    def is_text(self) -> bool:
        """Whether it is what somebody wrote, and no file."""
        return self.type.startswith("text/") and not self.name


class Said(Struct, frozen=True):
    """What hangs on one transaction, in HTML, and its files."""

    html: str = ""
    files: tuple[File, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.html or self.files)


class Moves(Struct, frozen=True):
    """What happened to a ticket: its first words, what was said then, the work, and the number of the last change."""

    first: Said
    comments: list[Comment]
    times: list[TimeEntry]
    version: str


def move(row: Mapping[str, Any]) -> Move:
    """A transaction. Raises Rejected when it does not say which one of which ticket it is."""
    id, on = str(row.get("id") or ""), str(row.get("ObjectId") or "")
    if not id.isdigit() or not on.isdigit():
        raise Rejected("a transaction that does not say what it is of", reason="schema", field="ObjectId")
    creator = row.get("Creator")
    author = str(creator.get("id") or "") if isinstance(creator, dict) else ""
    taken = str(row.get("TimeTaken") or "0")
    return Move(
        id=int(id), on=on, type=str(row.get("Type") or ""), author=author or None, at=moment(row.get("Created")),
        minutes=int(taken) if taken.isdigit() else 0,
    )  # fmt: skip


def part(row: Mapping[str, Any]) -> Part:
    """An attachment. Raises Rejected when it does not say on which transaction it hangs."""
    id, of = str(row.get("id") or ""), str(row.get("TransactionId") or "")
    if not id.isdigit() or not of.isdigit():
        raise Rejected("an attachment that does not say what it hangs on", reason="schema", field="TransactionId")
    size = _LENGTH.search(str(row.get("Headers") or ""))
    return Part(
        id=int(id), of=int(of), type=str(row.get("ContentType") or "").lower(),
        name=str(row.get("Filename") or ""), size=int(size[1]) if size else -1,
    )  # fmt: skip


def content_id(headers: Any) -> str | None:
    """By what name the texts of a message show this part of it."""
    found = _CONTENT_ID.search(str(headers or ""))
    return found[1] if found else None


def recipients(headers: Any) -> list[str]:
    """To whom a mail went, by the head of the copy that RT kept of it."""
    head = message_from_string(str(headers or ""))
    lines = [line for name in ("To", "Cc", "Bcc") for line in head.get_all(name, [])]
    return list(dict.fromkeys(address for _, address in getaddresses(lines) if address))


def said(parts: Sequence[Part]) -> Said:
    """A message put together: all its texts in their order, but of alternatives the HTML; the rest are files.

    The ids of parts rise in the order of the message, a part before those it holds.
    """
    texts: list[Part] = []
    files: list[File] = []
    alternatives = False
    for one in sorted(parts, key=lambda each: each.id):
        if one.type.startswith("multipart/"):
            alternatives = alternatives or one.type == _ALTERNATIVES
        elif one.is_text:
            if alternatives and texts and one.type == "text/html" and texts[-1].type != "text/html":
                texts.pop()  # the same in plain words
            texts.append(one)
        elif one.name or one.size:
            files.append(File(str(one.id), one.name, one.size if one.size >= 0 else None))
    html = [one.content if one.type == "text/html" else text_to_html(one.content) for one in texts if one.content]
    return Said("<br>".join(html), tuple(files))


def moves(id: str, found: Sequence[Move], hung: Mapping[int, Said]) -> Moves:
    """The history of ticket `id`, and of those merged into it, whose first words are comments then.

    Raises Rejected when its beginning is not among them: then its text would be lost in silence.
    """
    ordered = sorted(found, key=lambda one: one.id)
    own = [one for one in ordered if one.on == id]
    first = next((one for one in own if one.type == FIRST), None)
    if first is None and own and own[0].type not in {PUBLIC, PRIVATE, *SILENT}:
        first = own[0]  # whatever it is called: the oldest one is how the ticket came to be
    if first is None:
        raise Rejected(f"the history of ticket {id} does not show its beginning", reason="schema", field="history")
    return Moves(
        first=hung.get(first.id, Said()),
        comments=[
            _comment(one, hung.get(one.id, Said()))
            for one in ordered
            if one.id != first.id and (one.type in {PUBLIC, PRIVATE} or (one.speaks and hung.get(one.id)))
        ],
        times=[TimeEntry(str(one.id), one.author, one.at, one.minutes * 60) for one in ordered if one.minutes],
        version=str(max(one.id for one in own if one.type not in MAILS)),
    )


def _comment(one: Move, words: Said) -> Comment:
    return Comment(
        id=str(one.id),
        author=one.author,
        created_at=one.at,
        body=words.html,
        public=one.type in {PUBLIC, FIRST},
        files=words.files,
    )
