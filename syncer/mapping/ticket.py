"""From a ticket to the draft the target shall hear. Compiled once for a route, then called for every ticket."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from syncer.mapping.convert import compile_conversions
from syncer.mapping.rules import TEMPLATE_NAMES, FieldRule, Rules
from syncer.mapping.tables import DROP, Tables
from syncer.mapping.template import compile_template
from syncer.mapping.transcript import CUT_NOTE, CUT_NOTE_DROPPED, Teller, split_at, stamp
from syncer.model.draft import Draft, PrivateNote, TextFile, Unmapped
from syncer.model.ids import Key, TicketId
from syncer.model.lookups import StatusClass
from syncer.model.ticket import Comment, Ticket

_NOT_IN_KEY = re.compile(r"[^A-Za-z0-9]+")
Missing = list[tuple[str, str, str]]
FieldOf = Callable[[Ticket, Missing, list[str]], str | None]


class TargetField(Struct, frozen=True):
    """What mapping must know of a field of the target."""

    lookup: str | None
    required: bool


class Limits(Struct, frozen=True, kw_only=True):
    """What mapping must know of the target."""

    fields: dict[str, TargetField]
    max_title: int | None
    max_body: int | None
    needs_body: bool
    html: bool
    folds: bool
    """Comments, authors and times have no place of their own there: they go into the body."""
    keeps_private: bool
    keeps_status: bool


class Skipped(Struct, frozen=True):
    """A rule says to leave this ticket behind."""

    source_id: TicketId
    rule: str


class Mapper:
    """The mapping of one route. `map` is pure: the same ticket gives the same draft."""

    def __init__(self, rules: Rules, tables: Tables, limits: Limits, mark: str) -> None:
        self._rules = rules
        self._tables = tables
        self._limits = limits
        self._mark = mark
        self._teller = Teller(tables, html=limits.html, attribution=rules.comments.attribution)
        self._title = self._text_field(
            "title", rules.fields.get("title") or FieldRule.model_validate({"from": "title"})
        )
        self._body = self._text_field("body", rules.fields.get("body") or FieldRule.model_validate({"from": "body"}))
        self._fields = [
            (name, self._field(name, rule)) for name, rule in rules.fields.items() if name not in {"title", "body"}
        ]
        self._required = [(name, f.lookup or name) for name, f in limits.fields.items() if f.required]
        self._skip = self._skips()
        self._fallback = tables.person_id(rules.people.fallback) if rules.people.fallback else None
        self._open = tables.first_of_class("status", StatusClass.OPEN)

    def key(self, id: TicketId) -> Key:
        """The marker of a ticket: letters, digits and hyphens only."""
        return Key(f"{self._mark}-{_NOT_IN_KEY.sub('-', id).strip('-')}")

    def map(self, ticket: Ticket) -> Draft | Unmapped | Skipped:
        """The draft, or each value without a decision, or the rule that leaves the ticket behind."""
        for kind, ids in self._skip:
            if ticket.values.get(kind) in ids:
                return Skipped(ticket.id, f"skip.{kind}")
        missing: Missing = []
        losses: list[str] = []
        title, body, fields = self.values(ticket, missing, losses)
        if missing:
            return Unmapped(ticket.id, ticket.version, tuple(missing))
        return self._draft(ticket, title, body, fields, losses)

    def values(self, ticket: Ticket, missing: Missing, losses: list[str]) -> tuple[str, str, dict[str, str]]:
        """Title, body and fields in the target's words; what has no decision goes to `missing`."""
        fields: dict[str, str] = {}
        title = body = ""
        try:
            for name, of in self._fields:
                value = of(ticket, missing, losses)
                if value is not None and value != "":
                    fields[name] = value
            title = " ".join((self._title(ticket, missing, losses) or "").split())
            body = self._body(ticket, missing, losses) or ""
        except ValueError as e:
            missing.append(("conversion", "value", str(e)[:200]))
            return title, body, fields
        self._status(fields, losses)
        self._requester(ticket, fields, missing, losses)
        for name, kind in self._required:
            if name not in fields and not any(m[0] == name for m in missing):
                missing.append((name, kind, "(empty)"))
        return title, body, fields

    def _draft(self, ticket: Ticket, title: str, body: str, fields: dict[str, str], losses: list[str]) -> Draft:
        key = self.key(ticket.id)
        full_title = None
        room = (self._limits.max_title or 10**9) - len(key) - 3
        if len(title) > room:
            full_title, title = title, title[: room - 1].rstrip() + "…"
            losses.append("title_cut")
        files = list(ticket.files)
        withheld: list[PrivateNote] = []
        told: list[str] = []
        for comment in ticket.comments:
            if comment.public:
                files += comment.files
                told.append(self._teller.comment(comment, ticket.html))
            else:
                self._private(ticket, comment, withheld, losses)
        if self._limits.folds:
            losses.append("times_as_text")
            losses += ("comment_as_text",) * len(told)
            if ticket.assignee:
                losses.append("assignee_as_text")
            if ticket.custom:
                losses.append("custom_fields_as_text")
        head = self._teller.head(ticket, full_title) if self._rules.header and self._limits.folds else []
        text = self._teller.join(head, body, told)
        texts: tuple[TextFile, ...] = ()
        if not text.strip() and self._limits.needs_body:
            text = "(no description)"
        if self._limits.max_body and len(text) > self._limits.max_body:
            text, texts = self._shortened(text, key, losses)
        return Draft(
            source_id=ticket.id, version=ticket.version, key=key, title=f"{title} [{key}]".lstrip(), body=text,
            fields=fields, files=tuple(files), texts=texts, losses=tuple(losses), withheld=tuple(withheld),
        )  # fmt: skip

    def _shortened(self, text: str, key: Key, losses: list[str]) -> tuple[str, tuple[TextFile, ...]]:
        most = self._limits.max_body or 0
        if self._rules.too_long.body == "attach":
            losses.append("body_rest_attached")
            text, rest = split_at(text, most, CUT_NOTE)
            return text, (TextFile(f"{key}-rest.{'html' if self._limits.html else 'txt'}", rest),)
        losses.append("body_cut")
        return split_at(text, most, CUT_NOTE_DROPPED)[0], ()

    def _private(self, ticket: Ticket, comment: Comment, withheld: list[PrivateNote], losses: list[str]) -> None:
        """A private note never goes where a requester can read it: it stays with us, or is dropped; counted."""
        if self._rules.comments.private == "drop":
            losses.append("private_note_dropped")
            return
        losses.append("private_note_withheld")
        author = self._teller.named(comment.author)
        withheld.append(PrivateNote(ticket.id, comment.id, author, comment.created_at, comment.body))
        if comment.files:
            losses.extend(("private_file_withheld",) * len(comment.files))

    def _status(self, fields: dict[str, str], losses: list[str]) -> None:
        """A target that only registers open tickets gets an open one; the head tells what it was."""
        if self._limits.keeps_status or "status" not in fields or self._open is None:
            return
        value = self._tables.target.get(("status", fields["status"]))
        if value is None or value.status_class != StatusClass.OPEN:
            fields["status"] = self._open
            losses.append("status_as_text")

    def _requester(self, ticket: Ticket, fields: dict[str, str], missing: Missing, losses: list[str]) -> None:
        if "requester" not in self._limits.fields or "requester" in fields:
            return
        found = self._tables.people.get(ticket.requester) if ticket.requester else None
        if found is None:
            if not self._fallback:
                missing.append(("requester", "person", ticket.requester or "(empty)"))
                return
            found = self._fallback
            losses.append("requester_fallback")
        fields["requester"] = found

    def _skips(self) -> list[tuple[str, frozenset[str]]]:
        found = []
        for kind, words in self._rules.skip.items():
            wanted = {str(w).casefold() for w in words}
            ids = {
                id for (k, id), v in self._tables.source.items()
                if k == kind and (id in wanted or v.name.casefold() in wanted)
            }  # fmt: skip
            found.append((kind, frozenset(ids)))
        return found

    def _field(self, name: str, rule: FieldRule) -> FieldOf:
        target = self._limits.fields.get(name, TargetField(None, False))
        default = None if rule.default is None else self._id_of(target, str(rule.default))
        if rule.value is not None:
            constant = self._id_of(target, str(rule.value))
            return lambda ticket, missing, losses: constant
        if rule.lookup is not None:
            return self._lookup_field(name, rule.lookup, target.lookup or name, default)
        text = self._text_field(name, rule)

        def of(ticket: Ticket, missing: Missing, losses: list[str]) -> str | None:
            value = text(ticket, missing, losses)
            if not value:
                return default
            if target.lookup is None:
                return value
            found = self._tables.target_id(target.lookup, value)
            if found is None and default is None:
                missing.append((name, target.lookup, value))
            return found or default

        return of

    def _lookup_field(self, name: str, kind: str, target_kind: str, default: str | None) -> FieldOf:
        decided = self._tables.decided.get((kind, target_kind), {})
        defaulted = self._tables.defaulted.get((kind, target_kind), set())
        loss = f"{name}_defaulted"

        def of(ticket: Ticket, missing: Missing, losses: list[str]) -> str | None:
            id = ticket.values.get(kind)
            if id is None:
                return default
            found = decided.get(id)
            if found is not None:
                return None if found == DROP else found
            if default is not None:
                losses.append(loss)
                return default
            if id not in defaulted:
                missing.append((name, kind, id))
            return None

        return of

    def _id_of(self, target: TargetField, word: str) -> str:
        """A word of the mapping file as the target's id: by id or name; kept as it is where no list is known."""
        return (target.lookup and self._tables.target_id(target.lookup, word)) or word

    def _text_field(self, name: str, rule: FieldRule) -> FieldOf:
        convert = compile_conversions(rule.do) if rule.do else None
        default = None if rule.default is None else str(rule.default)
        origin: FieldOf
        if rule.template is not None:
            render = compile_template(rule.template, TEMPLATE_NAMES)
            origin = lambda ticket, missing, losses: render(self._values(ticket))  # noqa: E731
        elif rule.value is not None:
            constant = str(rule.value)
            origin = lambda ticket, missing, losses: constant  # noqa: E731
        elif rule.source == "body" and name == "body":
            origin = lambda ticket, missing, losses: self._teller.text(ticket.body, ticket.html)  # noqa: E731
        else:
            origin = self._plain(rule.source or name)
        if convert is None and default is None:
            return origin

        def of(ticket: Ticket, missing: Missing, losses: list[str]) -> str | None:
            value = origin(ticket, missing, losses)
            if convert is not None:
                value = convert(value)
            return value or default

        return of

    def _plain(self, source: str) -> FieldOf:
        if source == "title":
            return lambda ticket, missing, losses: ticket.title
        if source.startswith("custom."):
            name = source.removeprefix("custom.")
            uids = {
                id for (k, id), v in self._tables.source.items()
                if k == "custom_field" and name.casefold() in {id.casefold(), v.name.casefold()}
            } or {name}  # fmt: skip
            return lambda ticket, missing, losses: next(
                (self._teller.custom(ticket.custom[uid]) for uid in uids if uid in ticket.custom), None
            )
        key = f"ticket.{source}"
        return lambda ticket, missing, losses: str(self._values(ticket).get(key, ""))

    def _values(self, ticket: Ticket) -> dict[str, object]:
        """What templates may name."""
        requester = self._teller.person(ticket.requester)
        values: dict[str, object] = {
            "ticket.key": ticket.number,
            "ticket.id": ticket.id,
            "ticket.url": ticket.url or "",
            "ticket.title": ticket.title,
            "ticket.created_at": stamp(ticket.created_at),
            "ticket.updated_at": stamp(ticket.updated_at),
            "ticket.closed_at": stamp(ticket.closed_at) if ticket.closed_at else "",
            "ticket.requester": requester.name,
            "ticket.requester_email": requester.email or "",
            "ticket.assignee": self._teller.person(ticket.assignee).name if ticket.assignee else "",
        }
        for kind in ("status", "priority", "type", "category", "location", "group", "source"):
            values[f"ticket.{kind}"] = self._tables.name(kind, ticket.values.get(kind))
        return values
