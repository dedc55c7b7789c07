"""An issue that is there: brought to what a draft says of some names, and read back; or taken away."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from msgspec import Struct

from syncer.deskkit.attempt import Attempt
from syncer.deskkit.contract import Written
from syncer.desks.redmine import fields, wire, wire_out
from syncer.desks.redmine.calls import Calls, Row
from syncer.desks.redmine.catalogue import Catalogue
from syncer.desks.redmine.config import RedmineConfig
from syncer.desks.redmine.ending import NO_CATEGORY, Ending
from syncer.desks.redmine.people import People
from syncer.desks.redmine.writes import Writes, clean
from syncer.errors import NotFound, Rejected
from syncer.model.draft import Draft
from syncer.model.ids import TicketId

REFERS = {
    "group": "project", "type": "tracker", "priority": "priority", "category": "category", "assignee": "assigned_to",
    "status": "status",
}  # fmt: skip
"""Fields of a draft, and what of an issue refers to their value."""
CAN_BE_EMPTY = frozenset({"category", "assignee"})
_CUSTOM = "custom."
_ORDER = ("group", "type")
_NEVER: dict[str, Any] = {}


class Part(Struct, frozen=True):
    """One name: what is written for it, and whether an issue shows it. Nothing to write: it cannot be."""

    name: str
    body: dict[str, Any]
    is_kept: Callable[[Row], bool]


class Changing:
    """Changes and takes away. A yes comes without a word, so each change is read back."""

    def __init__(self, calls: Calls, writes: Writes, parts: tuple[RedmineConfig, Catalogue, People, Ending]) -> None:
        self._calls = calls
        self._writes = writes
        self._config, self._catalogue, self._people, self._ending = parts

    async def change(self, id: TicketId, draft: Draft, names: Collection[str], fence: Callable[[], None]) -> Written:
        """What differs in one call; a part that is refused is a loss, unless nothing was taken at all."""
        attempt = Attempt(self._config.timeout, fence)
        row = await self._there(id)
        parts = [part for name in _ordered(names) if (part := await self._part(name, draft, row)) is not None]
        left = [part for part in parts if part.body and not part.is_kept(row)]
        if left:
            refused = await self._ending.put(id, [part.body for part in left], attempt)
            if refused is not None:
                raise refused
            after = await self._calls.issue(id, "watchers")
            await self._unwatch(id, row, after, attempt)
            row = after
        losses = ["value_not_kept" for part in parts if not part.is_kept(row)]
        if "cc" in names:
            losses += _as_text(draft, row)
            losses += await self._ending.watched_by(id, draft.cc, attempt)
        return Written(id, version=wire.version(row), losses=tuple(losses))

    async def _there(self, id: TicketId) -> Row:
        try:
            return await self._calls.issue(id, "watchers")
        except NotFound as e:
            raise Rejected(e.message, reason="gone", hint="It was deleted on Redmine, for good.") from e

    async def _unwatch(self, id: TicketId, before: Row, after: Row, attempt: Attempt) -> None:
        me = (await self._calls.access.me()).id
        watched, watches = ({wire.ident(one) for one in wire.rows(row, "watchers")} for row in (before, after))
        if me in watches - watched:
            await self._ending.unwatch(id, attempt)

    async def _part(self, name: str, draft: Draft, row: Row) -> Part | None:
        """None for what is dealt with elsewhere."""
        if name == "cc":
            return None
        if name == "title":
            subject = draft.title or wire_out.NO_SUBJECT
            return Part(name, {"subject": subject}, lambda one: _same(one.get("subject"), subject))
        if name == "body":
            text = await self._body(draft, row)
            return Part(name, {"description": text}, lambda one: _same(one.get("description"), text))
        if name.startswith(_CUSTOM):
            return _custom(name, draft)
        if name == "requester":
            return await self._requester(draft)
        if name in REFERS:
            return await self._reference(name, draft, row)
        said = draft.tags if name == "tags" else draft.fields.get(name)
        return Part(name, _NEVER, lambda _: not said)

    async def _body(self, draft: Draft, row: Row) -> str:
        said = wire_out.defused(draft.body) if self._config.mentions == "defuse" else draft.body
        there = wire_out.told_of_files(wire.text(row.get("description")))
        told = [line for line in there if line not in said]
        text = wire_out.described(said, told, [one for one in draft.cc if "@" in one])
        marker = await self._catalogue.marker()
        if marker is not None and wire_out.held_marker(row, marker) != draft.key:
            text = wire_out.with_marker(text, draft.key)
        return text

    async def _requester(self, draft: Draft) -> Part:
        field = await self._catalogue.requester()
        person = draft.fields.get("requester", "")
        email = person if "@" in person or not person else await self._people.email(person)
        if field is None or email is None:
            return Part("requester", _NEVER, lambda _: not person)
        body = {"custom_fields": [{"id": int(field), "value": email}]}
        return Part(
            "requester", body,
            lambda one: wire.text(fields.held(one).get(field)).strip().casefold() == email.strip().casefold(),
        )  # fmt: skip

    async def _reference(self, name: str, draft: Draft, row: Row) -> Part:
        id = draft.fields.get(name, "")
        if name == "group" and id:
            id = await self._catalogue.project(id)
        if name == "category" and id:
            # A category belongs to the project where the issue will be.
            there = await self._catalogue.project(draft.fields.get("group") or wire.ref(row, "project") or "")
            id = await self._catalogue.category(id, there) or NO_CATEGORY
        possible = id != NO_CATEGORY and (bool(id) or name in CAN_BE_EMPTY)
        key = REFERS[name]
        return Part(name, {f"{key}_id": id} if possible else _NEVER, lambda one: (wire.ref(one, key) or "") == id)

    async def remove(self, id: TicketId, fence: Callable[[], None]) -> Written:
        """DELETE issue, for good. Raises Rejected where what other people made would go with it."""
        attempt = Attempt(self._config.timeout, fence)
        try:
            row = await self._calls.issue(id, "children")
        except NotFound:
            return Written(id)
        if wire.rows(row, "children"):
            raise self._refused(id, "has subtasks, which Redmine deletes with it", "Give them another parent, or none.")
        if row.get("spent_hours"):
            raise self._refused(id, "has spent time, which Redmine deletes with it", "Move the time to another issue.")
        try:
            await self._writes.delete(f"/issues/{id}.json", attempt)
        except Rejected as e:
            e.hint = "Give the account's role the right Delete issues."
            raise
        return Written(id)

    def _refused(self, id: TicketId, why: str, hint: str) -> Rejected:
        return Rejected(f"{self._config.name}: issue {id} {why}", reason="refused", hint=hint)

    async def removed(self, id: TicketId) -> bool:
        """Redmine knows no such issue, and knows us still."""
        try:
            await self._calls.issue(id)
        except NotFound:
            await self._calls.access.confirm()
            return True
        return False


def _ordered(names: Collection[str]) -> Iterator[str]:
    """Where it is first, for all else is valid there only; the status last, because it may be the last change that is
    allowed."""
    yield from (name for name in _ORDER if name in names)
    yield from (name for name in names if name not in (*_ORDER, "status"))
    yield from (name for name in ("status",) if name in names)


def _custom(name: str, draft: Draft) -> Part:
    id = name.removeprefix(_CUSTOM)
    value = draft.custom.get(id)
    if value is None:
        return Part(name, wire_out.emptied(id), lambda one: fields.is_empty(one, id))
    return Part(name, wire_out.changed(id, value), lambda one: fields.is_kept(one, id, value))


def _same(there: Any, wanted: str) -> bool:
    """Line ends become Redmine's own, and it may trim a text."""
    return wire.text(there).split() == str(clean(wanted)).split()


def _as_text(draft: Draft, row: Mapping[str, Any]) -> list[str]:
    """Addresses are no watchers: they stand in the description, or nowhere."""
    there = wire.text(row.get("description"))
    return ["cc_as_text" if one in there else "cc_dropped" for one in draft.cc if "@" in one]
