"""From a ticket to the draft the target shall hear. Compiled once for a route, then called for every ticket."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from syncer.mapping.comments import Abilities, Comments, in_key
from syncer.mapping.custom import CustomField, field_named
from syncer.mapping.extras import Extras, Holds
from syncer.mapping.fields import FieldOf, Fields, Missing, TargetField
from syncer.mapping.refer import prefix_of, referring
from syncer.mapping.rules import FieldRule, Rules
from syncer.mapping.tables import Tables
from syncer.mapping.title import fit
from syncer.mapping.transcript import CUT_NOTE, CUT_NOTE_DROPPED, HEAD, Teller, split_at
from syncer.model.draft import CommentDraft, Draft, TextFile, Unmapped
from syncer.model.ids import Key, TicketId
from syncer.model.lookups import StatusClass
from syncer.model.ticket import CustomValue, Ticket

_TITLE = FieldRule.model_validate({"from": "title"})
_BODY = FieldRule.model_validate({"from": "body"})


class Limits(Struct, frozen=True, kw_only=True):
    """What mapping must know of the target."""

    fields: dict[str, TargetField]
    max_title: int | None
    max_body: int | None
    needs_body: bool
    html: bool
    comments: Abilities
    keeps_status: bool
    holds: Holds = Holds()
    title_in_bytes: bool = False
    """A title is measured in bytes of UTF-8, and not in UTF-16 units."""
    marked: bool = True
    """The marker goes into the title; else into a field of its own."""


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
        self._comments = Comments(rules, self._teller, tables, limits.comments)
        self._tells = limits.comments.folds or not limits.comments.times
        self._extras = Extras(rules, self._teller, tables, limits.holds, in_head=HEAD if self._tells else ())
        self._as = "as_text" if rules.header else "dropped"
        fields = Fields(tables, limits.fields, self._teller)
        self._title = fields.text("title", rules.fields.get("title") or _TITLE)
        self._body = fields.text("body", rules.fields.get("body") or _BODY)
        self._fields = [
            (name, fields.field(name, rule)) for name, rule in rules.fields.items() if name not in {"title", "body"}
        ]
        self._custom = [
            CustomField(name, rule, field, tables, fields.named)
            for name, rule in rules.custom.items()
            if (field := field_named(tables, name)) is not None
        ]
        self._carried = frozenset(id for field in self._custom for id in field.sources)
        self._required = [(name, f.lookup or name) for name, f in limits.fields.items() if f.required]
        self._skip = self._skips()
        self._fallback = tables.person_id(rules.people.fallback) if rules.people.fallback else None
        self._open = tables.first_of_class("status", StatusClass.OPEN)

    def key(self, id: TicketId) -> Key:
        """The marker of a ticket: letters, digits and hyphens only."""
        return Key(f"{self._mark}-{in_key(id)}")

    def map(self, ticket: Ticket) -> Draft | Unmapped | Skipped:
        """The draft, or each value without a decision, or the rule that leaves the ticket behind."""
        for kind, ids in self._skip:
            if ticket.values.get(kind) in ids:
                return Skipped(ticket.id, f"skip.{kind}")
        missing: Missing = []
        losses: list[str] = []
        title, body, fields = self.values(ticket, missing, losses)
        custom = self._custom_values(ticket, missing, losses) if self._custom else {}
        if missing:
            return Unmapped(ticket.id, ticket.version, tuple(missing))
        return self._draft(ticket, (title, body), fields, custom, losses)

    def values(self, ticket: Ticket, missing: Missing, losses: list[str]) -> tuple[str, str, dict[str, str]]:
        """Title, body and fields in the target's words; what has no decision goes to `missing`."""
        fields: dict[str, str] = {}
        lost = len(losses)
        try:
            for name, of in self._fields:
                if value := of(ticket, missing, losses):
                    fields[name] = value
            title = self._title(ticket, missing, losses) or ""
            body = self._body(ticket, missing, losses) or ""
        except ValueError:  # a conversion, and rare: each field by itself, so that all that is missing is named
            missing.clear()
            del losses[lost:]
            tried = {name: _tried(name, of, ticket, missing, losses) for name, of in self._fields}
            fields = {name: value for name, value in tried.items() if value}
            title = _tried("title", self._title, ticket, missing, losses)
            body = _tried("body", self._body, ticket, missing, losses)
        title = " ".join(title.split())
        self._status(fields, losses)
        self._requester(ticket, fields, missing, losses)
        self._sides(ticket, fields, losses)
        for name, kind in self._required:
            if name not in fields and not any(m[0] == name for m in missing):
                missing.append((name, kind, "(empty)"))
        return title, body, fields

    def _custom_values(self, ticket: Ticket, missing: Missing, losses: list[str]) -> dict[str, CustomValue]:
        found: dict[str, CustomValue] = {}
        for field in self._custom:
            try:
                value = field.of(ticket, missing, losses)
            except ValueError as e:
                missing.append((field.name, "conversion", str(e)[:200]))
                continue
            if value is not None:
                found[field.field.id] = value
        return found

    def _draft(
        self, ticket: Ticket, texts: tuple[str, str], fields: dict[str, str], custom: dict[str, CustomValue],
        losses: list[str],
    ) -> Draft:  # fmt: skip
        title, body = texts
        key = self.key(ticket.id)
        full_title = None
        most, in_bytes = self._limits.max_title, self._limits.title_in_bytes
        marked, cut = fit(title, f"[{key}]" if self._limits.marked else "", most, in_bytes=in_bytes)
        if cut:
            full_title = title
            losses.append("title_cut")
        comments = self._comments.sort(ticket, key, losses)
        carried = self._extras.of(ticket, losses)
        self._as_text(ticket, losses)
        said = self._refer(ticket, self._teller.join([], body, comments.told))
        text = self._teller.join(self._head(ticket, full_title, carried.lines, losses), said, [])
        rest: tuple[TextFile, ...] = ()
        if not text.strip() and self._limits.needs_body:
            text = "(no description)"
        if self._limits.max_body and len(text) > self._limits.max_body:
            text, rest = self._shortened(text, key, losses)
        return Draft(
            source_id=ticket.id, version=ticket.version, key=key, title=marked, body=text, fields=fields,
            files=(*ticket.files, *comments.files), texts=rest, losses=tuple(losses),
            withheld=tuple(comments.withheld), comments=self._own(ticket, comments.own), tags=carried.tags,
            cc=carried.cc, custom=custom, times=carried.times, links=carried.links,
            rating=ticket.rating if self._limits.holds.rating else None,
        )  # fmt: skip

    def _refer(self, ticket: Ticket, text: str) -> str:
        return referring(text, ticket, self.key, html=self._limits.html)

    def _own(self, ticket: Ticket, comments: list[CommentDraft]) -> tuple[CommentDraft, ...]:
        prefix = prefix_of(ticket)
        if prefix is None or not any(prefix in one.body for one in comments):
            return tuple(comments)
        return tuple(replace(one, body=self._refer(ticket, one.body)) for one in comments)

    def _head(
        self, ticket: Ticket, full_title: str | None, extras: tuple[str, ...], losses: list[str]
    ) -> list[str]:  # fmt: skip
        """What the target has no place for; a title that was cut in any case."""
        head = [full_title] if full_title else []
        if not self._rules.header:
            return head
        if self._tells:
            head = self._teller.head(ticket, full_title, self._opener(ticket))
        else:
            head += self._teller.lost(ticket, self._opener(ticket), losses)
        return [*head, *self._teller.custom_lines(ticket, self._carried), *extras]

    def _opener(self, ticket: Ticket) -> str | None:
        """Who opened it, where that is not the requester and the target is not told."""
        if not ticket.creator or self._teller.same(ticket.creator, ticket.requester):
            return None
        can_be_told = "creator" in self._rules.fields or self._tables.whom(ticket.creator, ticket) is not None
        return None if can_be_told and "creator" in self._limits.fields else ticket.creator

    def _as_text(self, ticket: Ticket, losses: list[str]) -> None:
        if not self._limits.comments.times:
            losses.append(f"times_{self._as}")
        if self._opener(ticket):
            losses.append(f"creator_{self._as}")
        if ticket.assignee and "assignee" not in self._limits.fields:
            losses.append(f"assignee_{self._as}")
        if ticket.custom and not self._carried.issuperset(ticket.custom):
            losses.append(f"custom_fields_{self._as}")

    def _shortened(self, text: str, key: Key, losses: list[str]) -> tuple[str, tuple[TextFile, ...]]:
        most = self._limits.max_body or 0
        if self._rules.too_long.body == "attach":
            losses.append("body_rest_attached")
            text, rest = split_at(text, most, CUT_NOTE)
            return text, (TextFile(f"{key}-rest.{'html' if self._limits.html else 'txt'}", rest),)
        losses.append("body_cut")
        return split_at(text, most, CUT_NOTE_DROPPED)[0], ()

    def _status(self, fields: dict[str, str], losses: list[str]) -> None:
        """A target that only registers open tickets gets an open one; the head tells what it was."""
        if self._limits.keeps_status or "status" not in fields or self._open is None:
            return
        value = self._tables.target.get(("status", fields["status"]))
        if value is None or value.status_class != StatusClass.OPEN:
            fields["status"] = self._open
            losses.append(f"status_{self._as}")

    def _requester(self, ticket: Ticket, fields: dict[str, str], missing: Missing, losses: list[str]) -> None:
        if "requester" not in self._limits.fields or "requester" in fields:
            return
        found = self._tables.whom(ticket.requester, ticket)
        if found is None:
            if not self._fallback:
                missing.append(("requester", "person", ticket.requester or "(empty)"))
                return
            found = self._fallback
            losses.append("requester_fallback")
        fields["requester"] = found

    def _sides(self, ticket: Ticket, fields: dict[str, str], losses: list[str]) -> None:
        """Who opened it, who works on it and when it began, where the target can be told and no rule says it."""
        if "creator" in self._limits.fields and "creator" not in fields:
            creator = self._tables.whom(ticket.creator, ticket)
            if stand_in := creator or fields.get("requester"):
                fields["creator"] = stand_in
        if "assignee" in self._limits.fields and "assignee" not in fields and ticket.assignee:
            if assignee := self._tables.people.get(ticket.assignee):
                fields["assignee"] = assignee
            else:
                losses.append(f"assignee_{self._as}")
        if "created_at" in self._limits.fields and "created_at" not in fields and ticket.created_at:
            fields["created_at"] = str(int(ticket.created_at.timestamp()))

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


def _tried(name: str, of: FieldOf, ticket: Ticket, missing: Missing, losses: list[str]) -> str:
    """A field's value; one that cannot be converted is missing like one without a decision."""
    try:
        return of(ticket, missing, losses) or ""
    except ValueError as e:
        missing.append((name, "conversion", str(e)[:200]))
        return ""
