"""Names and people. V1 has no lists of names: they are what is documented, configured, and met in requests (3.10)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import structlog

from syncer.desks.motadata import wire, wire_out
from syncer.desks.motadata.calls import Calls, Row
from syncer.desks.motadata.config import MotadataConfig
from syncer.desks.motadata.names import Names
from syncer.errors import AuthFailed, ConfigError, Rejected, Retryable
from syncer.model.lookups import LookupValue

MOST_PEOPLE = 100_000
log = structlog.get_logger()


class Catalogue:
    """What this desk calls things and who is there. A list that cannot be read is left out, aloud."""

    def __init__(self, config: MotadataConfig, calls: Calls, names: Names) -> None:
        self._config = config
        self._calls = calls
        self._names = names
        self._reader = wire.Reader(config, names)
        self._met: dict[str, LookupValue] = {}
        self._searches = config.requester_search is not None

    async def values(self) -> AsyncIterator[LookupValue]:
        """Every name and everybody, each once, people last."""
        seen: set[tuple[str, str]] = set()
        people: dict[str, LookupValue] = {}
        async for value in self._all():
            if value.kind == "person":
                # What a list of people says is more than what a request does.
                if value.id not in people or value.username or not value.active:
                    people[value.id] = value
            elif (value.kind, value.id) not in seen:
                seen.add((value.kind, value.id))
                yield value
        for person in people.values():
            yield person

    async def _all(self) -> AsyncIterator[LookupValue]:
        for value in self._names.told():
            yield value
        for label, form in self._config.custom_fields.items():
            yield LookupValue("custom_field", label, label, form=form)
        for kind, path in self._config.lookup_paths.items():
            for row in await self.listed(path):
                if name := wire.named(row):
                    yield self._names.value(kind, name)
        async for row in self._requests():
            for value in self.told_by(row):
                yield value
        for search in (self._config.requester_search, self._config.technician_search):
            for row in await self.listed(search) if search else ():
                if person := wire.person(row):
                    yield person

    def told_by(self, row: Row) -> list[LookupValue]:
        """The names and people in one request."""
        found = [self._names.value(kind, name) for kind, name in self._reader.values(row).items() if kind != "type"]
        found += [
            LookupValue("custom_field", label, label, form=self._reader.custom.form(label, value))
            for label, value in self._reader.custom.labels(row).items()
        ]
        people = list(wire.people(row))
        for person in people:
            self.meet(person)
        return found + people

    def meet(self, person: LookupValue) -> None:
        """Remember somebody a request or conversation names: no call may ever tell more of them."""
        if person.id not in self._met and len(self._met) < MOST_PEOPLE:
            self._met[person.id] = person

    async def listed(self, path: str) -> list[Row]:
        """A list a migration can do without; undocumented, so whatever goes wrong with it is only told."""
        return [row async for rows in self._pages(path) for row in rows]

    async def shows(self, path: str) -> bool:
        """Whether the first page of such a list holds anything."""
        async for rows in self._pages(path):
            return bool(rows)
        return False

    async def _pages(self, path: str) -> AsyncIterator[list[Row]]:
        try:
            if not path.endswith("/byqual"):
                yield wire.listed(await self._calls.read("GET", path), f"{self._config.name}: {path}").rows
                return
            async for rows in self._calls.every(path):
                yield rows
        except (AuthFailed, Rejected, ConfigError, Retryable) as e:  # a key may be refused here only (3.9)
            log.warning("list_not_read", desk=self._config.name, path=path, error=e.message)
            if path == self._config.requester_search:
                self._searches = False

    async def person(self, id: str) -> LookupValue | None:
        """By e-mail: from the list of requesters, else as a request named them; others are only a name."""
        if "@" not in id:
            return LookupValue("person", id, id)
        if self._searches and self._config.requester_search and id not in self._met:
            body = wire_out.with_email(id, self._config.operator_style)
            try:
                page = await self._calls.page(self._config.requester_search, 0, 10, body=body)
            except (AuthFailed, Rejected, ConfigError, Retryable) as e:
                log.info("requester_not_searched", desk=self._config.name, error=e.message)
                self._searches = False
            else:
                for person in filter(None, map(wire.person, page.rows)):
                    self.meet(person)
        return self._met.get(id) or LookupValue("person", id, id, email=id)

    async def _requests(self) -> AsyncIterator[Row]:
        pages, offset = 0, 0
        most = self._config.lookup_pages
        while most is None or pages < most:
            page = await self._calls.requests(offset)
            for row in page.rows:
                yield row
            pages, offset = pages + 1, offset + len(page.rows)
            if not page.rows or (page.total is not None and offset >= page.total):
                return
