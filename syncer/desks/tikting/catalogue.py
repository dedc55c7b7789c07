"""Tikting's lists and its people: technicians, all users where a call for them is configured, and whom tickets name."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any
from urllib.parse import quote

import structlog
from msgspec.structs import replace

from syncer.deskkit.multipart import Form
from syncer.desks.tikting import wire, wire_in
from syncer.desks.tikting.access import TokenRefused
from syncer.desks.tikting.bodies import sent
from syncer.desks.tikting.calls import Calls
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.config_endpoints import Endpoint
from syncer.desks.tikting.names import Names
from syncer.desks.tikting.wire_fields import at
from syncer.errors import AuthFailed, ConfigError, Fatal, Rejected
from syncer.model.lookups import LookupValue

MOST_PEOPLE = 100_000
PAGE = 100
MOST_PAGES = 5000
MOST_STALE = 2
log = structlog.get_logger()


class Catalogue:
    """What this desk calls things and who is there."""

    def __init__(self, config: TiktingConfig, calls: Calls) -> None:
        self._config = config
        self._calls = calls
        self._names: Names | None = None
        self._form = Form()
        self._met: dict[str, LookupValue] = {}
        self._full = False

    async def names(self, *, anew: bool = False) -> Names:
        """The lists of values, as they were last read."""
        if self._names is None or anew:
            self._names = Names(self._config.name, wire.lookups(await self._calls.metadata()))
        return self._names

    @property
    def at_hand(self) -> Names | None:
        """The lists of values, where they were read already."""
        return self._names

    async def values(self) -> AsyncIterator[LookupValue]:
        """The entries of every list, people last and each once."""
        for value in wire.lookups(await self._calls.metadata()):
            yield value
        seen: set[str] = set()
        async for person in self._people():
            if person.id not in seen:
                seen.add(person.id)
                yield person

    async def _people(self) -> AsyncIterator[LookupValue]:
        if (every := self._config.active("user.all")) is not None:
            for person in await self.users(every):
                yield person
        try:
            rows = await self._calls.technicians()
        except TokenRefused:
            raise
        except (AuthFailed, Rejected) as e:  # which rights it needs is not documented; a table of people serves as well
            log.warning("technicians_not_listed", desk=self._config.name, error=e.message)
            return
        for person in _persons(rows):
            yield person

    async def users(self, endpoint: Endpoint, query: str = "") -> list[LookupValue]:
        """Users as a configured call shows them, all pages of it. Raises ConfigError where it is refused."""
        found: dict[str, LookupValue] = {}
        length, stale = PAGE, 0
        for page in range(1, MOST_PAGES + 1):
            before = len(found)
            rows = await self._page(endpoint, {"search": query, "page": str(page), "length": str(length)})
            # A server that gives fewer than asked may count its pages by what was asked, and skip the rest.
            length = min(length, len(rows)) if page == 1 else length
            found.update((person.id, person) for person in _persons(rows))
            stale = stale + 1 if len(found) == before else 0
            if not endpoint.name("page") or not rows or stale == MOST_STALE:  # one page may repeat what moved
                return list(found.values())
        raise Fatal(
            f"{self._config.name}: {endpoint.path} shows over {MOST_PAGES} pages of users",
            hint="Does it mind the number of the page? Set page in fields of this call to its name, or to null.",
        )

    async def _page(self, endpoint: Endpoint, values: Mapping[str, str]) -> list[Any]:
        path = endpoint.path.replace("{search}", quote(values["search"], safe=""))
        body = sent(endpoint, values, self._form)
        answer = await self._calls.users(endpoint, path, query=body.query, data=body.data, headers=body.headers)
        rows = at(answer, endpoint.result)[1] if endpoint.result else answer
        if not isinstance(rows, list):
            raise ConfigError(
                f"{self._config.name}: {endpoint.method} {endpoint.path}: no list but {type(rows).__name__}",
                hint=f"Set result of this endpoint of desk {self._config.name} to where the answer has its list.",
            )
        return rows

    def meet(self, people: Iterable[LookupValue]) -> None:
        """Remember whom tickets name: most requesters are in no list. What tells more replaces what tells less."""
        for person in people:
            known = self._met.get(person.id)
            if known is None and len(self._met) >= MOST_PEOPLE:
                if not self._full:
                    log.warning("too_many_people_to_remember", desk=self._config.name, most=MOST_PEOPLE)
                self._full = True
                continue
            if known is None or _says(person) > _says(known):
                self._met[person.id] = person

    async def person(self, id: str) -> LookupValue | None:
        """Whom a ticket named; with more of them from a configured search, where there is one."""
        met = self._met.get(id)
        search = self._config.active("user.search")
        if search is None or (met is not None and met.email):
            return met
        words = [id] if met is None or met.name == id else [id, met.name]
        for word in words:
            hits = [one for one in await self.users(search, word) if id in (one.id, (one.email or "").lower())]
            if len(hits) == 1:
                return replace(hits[0], id=id)
        return met


def _says(person: LookupValue) -> tuple[bool, bool]:
    """How much is told of somebody: an e-mail counts most."""
    return person.email is not None, person.name != person.id


def _persons(rows: Iterable[Any]) -> Iterable[LookupValue]:
    """Users as lists show them, known as tickets name them."""
    for row in rows:
        if found := wire.technician(row):
            yield replace(found, id=wire_in.person_id(found.id) or found.id)
