"""What a plan counts on the way: how tickets spread over lists and months, on both sides, and what would mail."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from syncer.deskkit.contract import DraftField
from syncer.mapping.tables import Tables
from syncer.model.draft import Draft
from syncer.model.lookups import StatusClass
from syncer.model.ticket import Ticket

EXAMPLES = 5
UNKNOWN = "unknown"


class Census:
    """Counts of the tickets that were read. Its size depends on how many values there are, never on how many tickets.

    `source` counts by (kind, value id) and `target` by (draft field, value) what is carried over; `occasions` the
    writes that may mail, by what they are, and `mailing` the tickets these are of.
    """

    def __init__(self, tables: Tables, fields: Mapping[str, DraftField]) -> None:
        self.names = tables
        self._fields = fields
        self.source: Counter[tuple[str, str]] = Counter()
        self.target: Counter[tuple[str, str]] = Counter()
        self.months: Counter[str] = Counter()
        self.occasions: Counter[str] = Counter()
        self.mailing: Counter[str] = Counter()
        self.comments = self.files = self.bytes = 0
        self.examples: dict[tuple[str, str], list[str]] = {}
        """By (kind, value id) of the source, and by ("mails", occasion)."""

    def add(self, ticket: Ticket, draft: Draft | None) -> None:
        """One ticket, and what it would become; None where it stays behind."""
        for kind, id in ticket.values.items():
            self.source[kind, id] += 1
            self._example((kind, id), ticket.id)
        self.months[ticket.created_at.strftime("%Y-%m") if ticket.created_at else UNKNOWN] += 1
        if draft is not None:
            self._drafted(draft)

    def _drafted(self, draft: Draft) -> None:
        for name, value in draft.fields.items():
            field = self._fields.get(name)
            if field is not None and field.lookup not in {None, "person"}:
                self.target[name, value] += 1
        files = (*draft.files, *(file for comment in draft.comments for file in comment.files))
        self.comments += len(draft.comments)
        self.files += len(files)
        self.bytes += sum(file.size or 0 for file in files)
        for occasion, times in self._occasions(draft).items():
            if times:
                self.occasions[occasion] += times
                self.mailing[occasion] += 1
                self._example(("mails", occasion), draft.source_id)

    def _example(self, of: tuple[str, str], id: str) -> None:
        some = self.examples.setdefault(of, [])
        if len(some) < EXAMPLES:
            some.append(id)

    def _occasions(self, draft: Draft) -> dict[str, int]:
        public = sum(comment.public for comment in draft.comments)
        status = self.names.target.get(("status", draft.fields.get("status", "")))
        return {
            "ticket": 1,
            "reply": public,
            "note": len(draft.comments) - public,
            "assignee": int(bool(draft.fields.get("assignee"))),
            "status": int(status is not None and status.status_class != StatusClass.OPEN),
            "cc": len(draft.cc),
            "link": len(draft.links),
        }
