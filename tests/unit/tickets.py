"""A small source, a small target, and the tickets between them, for tests of mapping."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from syncer.mapping.comments import Abilities
from syncer.mapping.fields import TargetField
from syncer.mapping.rules import Rules
from syncer.mapping.tables import Tables, indexed
from syncer.mapping.ticket import Limits, Mapper
from syncer.model.ids import TicketId, Version
from syncer.model.lookups import LookupValue, StatusClass
from syncer.model.ticket import Comment, File, Ticket

AT = datetime(2025, 7, 31, 22, 15, 0, tzinfo=UTC)
FALLBACK = "guid-fallback"


def value(kind: str, id: str, name: str, status_class: StatusClass | None = None, **more: Any) -> LookupValue:
    return LookupValue(kind=kind, id=id, name=name, status_class=status_class, **more)


SOURCE = [
    value("status", "1", "New"), value("status", "6", "Closed"), value("status", "9", "Odd"),
    value("priority", "3", "Urgent"), value("priority", "4", "Whenever"),
    value("category", "12", "Printers", path=("Hardware", "Printers")),
    value("custom_field", "72", "Asset tag"),
    value("person", "301", "Mia Muster", email="mia@acme.example"), value("person", "9", "Ada Agent"),
]  # fmt: skip
TARGET = [
    value("status", "10", "Open", StatusClass.OPEN), value("status", "40", "Closed", StatusClass.CLOSED),
    value("priority", "2", "High"), value("priority", "5", "Medium"), value("site", "1", "Head office"),
]  # fmt: skip
DECIDED = {("status", "status"): {"1": "10", "6": "40"}, ("priority", "priority"): {"3": "2"}}
RULES: dict[str, Any] = {
    "fields": {"status": {"lookup": "status"}, "priority": {"lookup": "priority"}, "site_id": {"value": "Head office"}},
    "people": {"fallback": FALLBACK},
}


def tables(**more: Any) -> Tables:
    """What was decided: New and Closed, Urgent; Mia is known on the target."""
    known = {"decided": DECIDED, "defaulted": {}, "people": {"301": "guid-mia"}, **more}
    return Tables(source=indexed(SOURCE), target=indexed(TARGET), **known)


def limits(**more: Any) -> Limits:
    """A target that folds everything into the text, as Tikting does."""
    fields = {
        "status": TargetField("status", True), "priority": TargetField("priority", False),
        "site_id": TargetField("site", True), "requester": TargetField(None, True), "note": TargetField(None, False),
    }  # fmt: skip
    comments = Abilities(folds=True, private=False, authors=False, times=False)
    known = {"max_title": 60, "max_body": 2000, "needs_body": True, "html": False, "comments": comments}
    return Limits(**{"fields": fields, "keeps_status": True, **known, **more})


def mapper(rules: dict[str, Any] | None = None, of: Tables | None = None, to: Limits | None = None) -> Mapper:
    """The rules above with these on top, field by field."""
    rules = rules or {}
    fields = {**RULES["fields"], **rules.get("fields", {})}
    return Mapper(Rules.model_validate({**RULES, **rules, "fields": fields}), of or tables(), to or limits(), "IG")


def ticket(**more: Any) -> Ticket:
    """An open, urgent ticket of Mia's."""
    known: dict[str, Any] = {
        "id": TicketId("4711"), "number": "#4711", "title": "Printer is down", "body": "<p>It <b>burns</b></p>",
        "html": True, "values": {"status": "1", "priority": "3"}, "requester": "301", "creator": "301",
        "assignee": None, "created_at": AT, "updated_at": AT, "closed_at": None, "version": Version("v1"),
    }  # fmt: skip
    return Ticket(**{**known, **more})


def comment(body: str, *, public: bool = True, files: int = 0, author: str | None = "9") -> Comment:
    """A reply, or a note, of Ada's."""
    return Comment(f"c-{body}", author, AT, body, public, tuple(File(f"f-{body}-{n}") for n in range(files)))
