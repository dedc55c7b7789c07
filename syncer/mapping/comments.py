"""What becomes of a ticket's comments: told in the body, comments of their own, or kept on this machine."""

from __future__ import annotations

import re

from msgspec import Struct

from syncer.mapping.rules import Rules
from syncer.mapping.tables import Tables
from syncer.mapping.transcript import Teller
from syncer.model.draft import CommentDraft, PrivateNote
from syncer.model.ids import Key
from syncer.model.ticket import Comment, File, Ticket

_NOT_IN_KEY = re.compile(r"[^A-Za-z0-9]+")


def in_key(id: str) -> str:
    """An id of the source as it stands in a marker: letters, digits and hyphens only."""
    return _NOT_IN_KEY.sub("-", id).strip("-")


class Abilities(Struct, frozen=True, kw_only=True):
    """What a target can hold of comments."""

    folds: bool
    """It has none of their own: they go into the body."""
    private: bool
    """What is private stays so."""
    private_files: bool = True
    """Files of what is private stay so, too."""
    authors: bool
    times: bool


class Sorted(Struct):
    """The comments of one ticket, each in exactly one place."""

    told: list[str]
    """In the body, with author and time."""
    files: list[File]
    """Files of these, which become files of the ticket."""
    own: list[CommentDraft]
    withheld: list[PrivateNote]


class Comments:
    """The comments of a route's tickets. `sort` is pure."""

    def __init__(self, rules: Rules, teller: Teller, tables: Tables, can: Abilities) -> None:
        self._drop = rules.comments.private == "drop"
        self._teller = teller
        self._tables = tables
        self._can = can

    def sort(self, ticket: Ticket, key: Key, losses: list[str]) -> Sorted:
        """Public before all else stays public, private stays private or stays here; what is lost is counted."""
        found = Sorted([], [], [], [])
        for comment in ticket.comments:
            if not comment.public and (self._drop or not self._can.private):
                self._withhold(ticket, comment, found.withheld, losses)
            elif self._can.folds:
                found.files += comment.files
                found.told.append(self._teller.comment(comment, ticket.html))
                losses.append("comment_as_text")
            else:
                found.own.append(self._own(ticket, comment, key, losses))
        return found

    def _own(self, ticket: Ticket, comment: Comment, key: Key, losses: list[str]) -> CommentDraft:
        author = self._tables.whom(comment.author, ticket) if self._can.authors else None
        if author is None:
            losses.append("comment_author_as_text")
        if not self._can.times:
            losses.append("comment_time_as_text")
        whole = author is not None and self._can.times
        text = self._teller.text(comment.body, ticket.html) if whole else self._teller.comment(comment, ticket.html)
        files = comment.files
        if files and not comment.public and not self._can.private_files:
            text = self._teller.without_files(text, len(files))
            losses.extend(("private_file_withheld",) * len(files))
            files = ()
        return CommentDraft(
            comment.id, Key(f"{key}-c{in_key(comment.id)}"), author, text, comment.public, files,
            solution=comment.solution and comment.public, created_at=comment.created_at,
        )  # fmt: skip

    def _withhold(self, ticket: Ticket, comment: Comment, withheld: list[PrivateNote], losses: list[str]) -> None:
        """A private note never goes where a requester can read it: it stays with us, or is dropped; counted."""
        if self._drop:
            losses.append("private_note_dropped")
            losses.extend(("private_file_dropped",) * len(comment.files))
            return
        losses.append("private_note_withheld")
        author = self._teller.named(comment.author)
        withheld.append(PrivateNote(ticket.id, comment.id, author, comment.created_at, comment.body))
        losses.extend(("private_file_withheld",) * len(comment.files))
