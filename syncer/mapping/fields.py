"""The rules of a mapping file, one by one, as functions of a ticket. Compiled once for a route."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from syncer.mapping.body import html_to_text, text_to_html
from syncer.mapping.convert import compile_conversions
from syncer.mapping.rules import TEMPLATE_NAMES, FieldRule
from syncer.mapping.tables import DROP, Tables
from syncer.mapping.template import compile_template
from syncer.mapping.transcript import Teller, stamp
from syncer.model.ticket import Ticket

Missing = list[tuple[str, str, str]]
"""(field, kind, source value) of each value without a decision."""
FieldOf = Callable[[Ticket, Missing, list[str]], str | None]
"""A field of a ticket in the target's words; what is missing and what is lost goes into the lists."""


class TargetField(Struct, frozen=True):
    """What mapping must know of a field of the target."""

    lookup: str | None
    required: bool


class Fields:
    """Compiles rules against the tables of a route and the fields of its target."""

    def __init__(self, tables: Tables, targets: Mapping[str, TargetField], teller: Teller) -> None:
        self._tables = tables
        self._targets = targets
        self._teller = teller

    def field(self, name: str, rule: FieldRule) -> FieldOf:
        """Any field but title and body: its value is an id where the target has a list for it."""
        target = self._targets.get(name, TargetField(None, False))
        default = None if rule.default is None else self._id_of(target, str(rule.default))
        if rule.value is not None:
            constant = self._id_of(target, str(rule.value))
            return lambda ticket, missing, losses: constant
        if rule.lookup is not None:
            return self._lookup_field(name, rule.lookup, target.lookup or name, default)
        text = self.text(name, rule)

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
                if found == DROP:
                    losses.append(f"{name}_left_out")
                    return None
                return found
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

    def text(self, name: str, rule: FieldRule) -> FieldOf:
        """The text a rule gives, whatever the target takes it for."""
        convert = compile_conversions(rule.do) if rule.do else None
        default = None if rule.default is None else str(rule.default)
        origin: FieldOf
        if rule.template is not None:
            render = compile_template(rule.template, TEMPLATE_NAMES)
            origin = lambda ticket, missing, losses: render(self.named(ticket))  # noqa: E731
        elif rule.value is not None:
            constant = str(rule.value)
            origin = lambda ticket, missing, losses: constant  # noqa: E731
        elif rule.source == "body" and name == "body":
            origin = self._body(rule)
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

    def _body(self, rule: FieldRule) -> FieldOf:
        teller = self._teller
        if rule.as_ == "text" and teller.html:
            return lambda ticket, missing, losses: text_to_html(
                html_to_text(ticket.body) if ticket.html else ticket.body
            )
        if rule.as_ == "html" and not teller.html:

            def flattened(ticket: Ticket, missing: Missing, losses: list[str]) -> str:
                if ticket.html and "<" in ticket.body:
                    losses.append("markup_as_text")
                return teller.text(ticket.body, ticket.html)

            return flattened
        return lambda ticket, missing, losses: teller.text(ticket.body, ticket.html)

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
                (self._teller.custom(uid, ticket.custom[uid]) for uid in uids if uid in ticket.custom), None
            )
        key = f"ticket.{source}"
        return lambda ticket, missing, losses: str(self.named(ticket).get(key, ""))

    def named(self, ticket: Ticket) -> dict[str, object]:
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
