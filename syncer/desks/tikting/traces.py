"""What a call left on a ticket, as the ticket shows it; unknown where its silence proves nothing (contract 5)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from syncer.desks.tikting import wire_files, wire_in
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.config_endpoints import EndpointKey
from syncer.desks.tikting.names import Names
from syncer.desks.tikting.wire_fields import FieldMap
from syncer.errors import Rejected
from syncer.mapping.body import html_to_text
from syncer.model.draft import CommentDraft
from syncer.model.ids import Key

_MARKED = re.compile(r"\[[A-Za-z0-9-]+\]$")


class Traces:
    """Reads back. Raises Rejected where nobody can tell."""

    def __init__(self, config: TiktingConfig, fields: FieldMap) -> None:
        self._config = config
        self._fields = fields

    def reply(self, ticket: Any, comment: CommentDraft) -> str | None:
        """ "" where the ticket shows this reply, None where it is surely not there."""
        texts = wire_in.reply_texts(self._fields, ticket)
        if texts is not None:
            texts = [None if text is None or _is_cut(text, comment.body) else text for text in texts]
        return self._found(comment.key, texts, "ticket.reply")

    def file(self, ticket: Any, key: Key) -> str | None:
        """ "" where the ticket shows a file with this marker, None where there is surely none."""
        return self._found(key, wire_files.names(self._fields, ticket), "ticket.attach")

    def assignee(self, ticket: Any) -> str:
        """Whom the ticket shows."""
        if not self._fields.there(ticket, "assignee"):
            raise self.unseen("assignee")
        return self._fields.ident(ticket, "assignee")

    def is_in(self, ticket: Any, wanted: str, names: Names, *, chosen: bool) -> bool | None:
        """Whether it is in this status, or where the call has `chosen` one, in one of its kind; None where the ticket
        does not tell its status, or tells one of which nobody knows what it is."""
        now = names.one("status", self._fields.hit(ticket, "status"))
        if now is None or now == wanted:
            return None if now is None else True
        kind = names.status_class(wanted)
        if not chosen or kind is None:
            return False
        return names.status_class(now) == kind if names.has("status", now) else None

    def unseen(self, what: str) -> Rejected:
        """What to raise where a ticket does not tell."""
        return Rejected(
            f"{self._config.name} does not show {what} on tickets, or not clearly, so that a lost answer cannot be"
            " looked for",
            reason="unreadable",
            hint="Look on the desk by hand.",
        )

    def _found(self, key: Key, texts: Sequence[str | None] | None, endpoint: EndpointKey) -> str | None:
        marker = re.compile(rf"(?<![A-Za-z0-9-]){re.escape(key)}(?![A-Za-z0-9-])")
        if any(marker.search(text) for text in texts or () if text is not None):
            return ""
        active = self._config.active(endpoint)
        if texts is None or None in texts or active is None or not active.read_back:
            raise self.unseen(f"what {endpoint} made")
        return None


def _is_cut(shown: str, body: str) -> bool:
    """Whether this may be the beginning of that reply, whose marker stands at its end."""
    told, said = _words(shown), _words(body)
    if _MARKED.search(told):
        return False
    told = told.rstrip("….").rstrip()
    # Behind the body stand lines of ours in brackets: files that are missing, then the marker.
    longer = told.startswith(said) and told[len(said) :].lstrip().startswith("[")
    return bool(told) and (said.startswith(told) or longer)


def _words(text: str) -> str:
    return " ".join(html_to_text(text).split())
