"""RT's lists: queues, statuses, priorities, custom fields with their options, people."""

from __future__ import annotations

from collections.abc import AsyncIterator

from msgspec import Struct

from syncer.desks.request_tracker import wire, wire_custom
from syncer.desks.request_tracker.calls import Calls
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.desks.request_tracker.wire import Row
from syncer.desks.request_tracker.wire_custom import Field
from syncer.errors import ConfigError, NotFound, Rejected
from syncer.model.ids import TicketId
from syncer.model.lookups import LookupValue, StatusClass

KINDS = ("status", "queue", "priority", "custom_field", "custom_option", "person")
QUEUES = "/queues/all"
OF_TICKETS = [{"field": "LookupType", "value": "RT::Queue-RT::Ticket"}]
EVERYBODY = [{"field": "id", "operator": ">", "value": 0}]
MOST_STATUSES = 50


class Queue(Struct, frozen=True):
    """A queue as it was looked up: the ids of the custom fields its tickets have, by name; who watches it."""

    id: str
    name: str
    fields: dict[str, str]
    watchers: tuple[str, ...]
    offers: frozenset[str]


class Catalogue:
    """What this desk calls things and who is there."""

    def __init__(self, config: RequestTrackerConfig, calls: Calls) -> None:
        self._config = config
        self._calls = calls
        self._fields: dict[str, Field] | None = None
        self._queues: dict[str, Queue] = {}

    async def values(self) -> AsyncIterator[LookupValue]:
        """Every entry of every list, each once, people last."""
        async for value in self._statuses():
            yield value
        for row in await self.queue_rows():
            active = str(row.get("Disabled") or "0") == "0"
            yield LookupValue("queue", wire.ident(row) or "", wire.text(row.get("Name")), active=active)
        for name, at in self._config.priorities.items():
            yield LookupValue("priority", str(at), name)
        self._fields = None
        own = (self._config.marker_field, self._config.tag_field)
        for field in [one for one in (await self.fields()).values() if one.name not in own]:
            yield wire_custom.lookup(field)
            for option in await self._options(field):
                yield option
        async for person in self._people():
            yield person

    async def queue_rows(self) -> list[Row]:
        """All queues we may see, those out of use too."""
        params = {"fields": "Name,Lifecycle,Disabled", "find_disabled_rows": 1, "orderby": "id"}
        return [row async for row in self._calls.every(QUEUES, params) if wire.ident(row)]

    async def _statuses(self) -> AsyncIterator[LookupValue]:
        """Those of the settings, and what else tickets have: each is asked for until there is none."""
        known = dict(self._config.statuses)
        while len(known) < MOST_STATUSES:
            others = " AND ".join(f"Status != '{_quoted(name)}'" for name in known)
            page = await self._calls.listed("/tickets", {"query": others, "fields": "Status", "per_page": 2})
            names = {wire.text(row.get("Status")).lower() for row in page.rows} - known.keys() - {"", wire.DELETED}
            if not names:
                break
            for name in names:
                known[name] = await self._meaning(name)
        for name, meaning in known.items():
            yield LookupValue("status", name, name, status_class=meaning)

    async def _meaning(self, status: str) -> StatusClass:
        """What RT itself knows of a status: whether it is an active one."""
        query = f"Status = '{_quoted(status)}' AND Status = '__Active__'"
        page = await self._calls.listed("/tickets", {"query": query, "per_page": 2})
        return StatusClass.OPEN if page.rows else StatusClass.CLOSED

    async def fields(self) -> dict[str, Field]:
        """The custom fields of tickets by id, as far as we may see them."""
        if self._fields is None:
            params = {"fields": "Name,Type,MaxValues", "orderby": "id"}
            rows = [row async for row in self._calls.every("/customfields", params, OF_TICKETS)]
            self._fields = {field.id: field for row in rows if (field := wire_custom.field(row))}
        return self._fields

    async def _options(self, field: Field) -> list[LookupValue]:
        if not field.is_chosen:
            return []
        try:
            return list(wire_custom.options(field, await self._calls.one(f"/customfield/{field.id}")))
        except NotFound:
            return []
        except Rejected as e:
            raise ConfigError(e.message, hint="Give the API user the right SeeCustomField.") from e

    async def _people(self) -> AsyncIterator[LookupValue]:
        """Whoever is active, then those who are only there: no list tells which of the two somebody is."""
        known = set[str]()
        for more in ({}, {"find_disabled_rows": 1}):
            params = {"fields": wire.PERSON_FIELDS, "orderby": "id", **more}
            async for row in self._calls.every("/users", params, EVERYBODY):
                person = wire.person(row, active=not more)
                if person is not None and person.id not in known:
                    known.add(person.id)
                    yield person

    async def person(self, id: str) -> LookupValue | None:
        """Somebody by login name."""
        try:
            return wire.person({"id": id, **await self._calls.user(id)})
        except NotFound:
            return None
        except Rejected:
            return LookupValue("person", id, id, active=False, email=id if "@" in id else None)

    async def queue(self, word: str) -> Queue:
        """A queue by name or id. Raises ConfigError where there is none that we may see."""
        if word not in self._queues:
            rows = await self.queue_rows()
            id = next((wire.ident(row) for row in rows if word in (wire.ident(row), row.get("Name"))), None)
            if id is None:
                raise ConfigError(
                    f"{self._config.name}: there is no queue {word!r} that the account may see",
                    hint="Check queue of the desk and the mapping, and the right SeeQueue.",
                )
            self._queues[word] = await self._whole_queue(id)
        return self._queues[word]

    async def _whole_queue(self, id: TicketId) -> Queue:
        try:
            row = await self._calls.one(f"/queue/{id}")
        except Rejected as e:
            raise ConfigError(e.message, hint="Give the API user the right SeeQueue.") from e
        applied = row.get("TicketCustomFields")
        rows = applied if isinstance(applied, list) else []
        return Queue(
            id=id,
            name=wire.text(row.get("Name")),
            fields={str(one.get("name")): str(one.get("id")) for one in rows if isinstance(one, dict)},
            watchers=tuple(dict.fromkeys((*wire.members(row.get("Cc")), *wire.members(row.get("AdminCc"))))),
            offers=frozenset(wire.offers(row)),
        )

    def forget(self) -> None:
        """Look at queues and fields again when they are needed."""
        self._fields = None
        self._queues.clear()


def _quoted(word: str) -> str:
    return word.replace("\\", "").replace("'", "\\'")
