"""Every issue by its id, and what changed by time: always from where the last row ended, never by offset.

Rows that move while they are read then move to the end, where they are read again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from syncer.deskkit import blindness
from syncer.deskkit.contract import Page, Ref
from syncer.deskkit.paging import SeenIds
from syncer.desks.redmine import wire
from syncer.desks.redmine.calls import Calls, Row
from syncer.desks.redmine.config import RedmineConfig
from syncer.errors import ConfigError
from syncer.model.ids import Cursor, TicketId

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
SEE = "Make its user a member of the projects, by a role with View issues and visibility of all, then: syncer check"


class Listing:
    """Walks the list of issues. A cursor is a time of the server's own clock."""

    def __init__(self, config: RedmineConfig, calls: Calls) -> None:
        self._config = config
        self._calls = calls

    async def scan(self) -> AsyncIterator[Page]:
        """Refs of all issues by id; the cursor is the youngest change before the walk."""
        start = Cursor(stamp(await self._newest()))
        yield Page((), begins=start)
        after = 0
        while True:
            page = await self._calls.issues(("sort", "id"), ("issue_id", f">={after + 1}"))
            if any(int(row["id"]) <= after for row in page.rows):
                raise self._calls.ignores("issue_id")
            if page.rows:
                yield Page(tuple(map(ref, page.rows)))
                after = max(int(row["id"]) for row in page.rows)
            if page.is_last:
                break
        # Had the key been taken back, the list would have been that of a stranger.
        await self._calls.access.confirm()
        yield Page((), swept=True, note=None if after else await self._nothing())
        yield Page((), cursor=start)

    async def _nothing(self) -> str:
        """What an empty list means. Of one project alone nobody could say that issues of others should be seen."""
        if self._config.read_project is not None:
            return f"{self._config.name} shows no issue in the project {self._config.read_project}"
        return await blindness.emptiness(self._config.name, self._calls.issue, SEE)

    async def changed(self, since: Cursor) -> AsyncIterator[Page]:
        """Refs of what changed since the cursor, less the overlap, oldest first."""
        begin = wire.moment(since)
        if begin is None:
            raise ConfigError(f"{self._config.name}: {since!r} is no cursor of a Redmine", hint="Migrate anew.")
        last, seen = begin, SeenIds()
        at = max(BEGINNING, begin - timedelta(minutes=self._config.overlap_minutes))
        while True:
            page = await self._calls.issues(("sort", "updated_on,id"), ("updated_on", f">={stamp(at)}"))
            times = [self._time(row, at) for row in page.rows]
            if fresh := [row for row, _ in zip(page.rows, times, strict=True) if _is_new(row, seen)]:
                yield Page(tuple(map(ref, fresh)))
            last = max([last, *times])
            if page.is_last:
                break
            if times[-1] > at:
                at = times[-1]
                continue
            # All of a page was changed in one second: the rest of that second by id, then on.
            async for rows in self._within(at):
                if fresh := [row for row in rows if _is_new(row, seen)]:
                    yield Page(tuple(map(ref, fresh)))
            at += SECOND
        await self._calls.access.confirm()
        yield Page((), cursor=Cursor(stamp(last)))

    async def _within(self, at: datetime) -> AsyncIterator[list[Row]]:
        """All issues that were changed in this second. Its bounds are wider on the server, which keeps fractions."""
        after = 0
        between = ("updated_on", f"><{stamp(at)}|{stamp(at + SECOND)}")
        while True:
            page = await self._calls.issues(("sort", "id"), between, ("issue_id", f">={after + 1}"))
            if any(int(row["id"]) <= after for row in page.rows):
                raise self._calls.ignores("issue_id")
            yield page.rows
            if page.is_last:
                return
            after = max(int(row["id"]) for row in page.rows)

    def _time(self, row: Row, asked: datetime) -> datetime:
        at = wire.updated(row)
        if at is None:
            raise ConfigError(f"{self._config.name}: issue {row['id']} in the list has no updated_on")
        if at < asked - SECOND:
            raise self._calls.ignores("updated_on")
        return at

    async def _newest(self) -> datetime:
        """The time of the youngest change there is: the server's clock, surely not after now."""
        page = await self._calls.issues(("sort", "updated_on:desc,id"), ("limit", 1))
        return max((wire.updated(row) or BEGINNING for row in page.rows), default=BEGINNING)


def _is_new(row: Row, seen: SeenIds) -> bool:
    """Whether this state of a row was not told yet: one that changed again is told again."""
    return seen.add(f"{row['id']} {wire.version(row)}")


def ref(row: Row) -> Ref:
    """A row as the engine knows tickets."""
    return Ref(wire.ident(row) or TicketId(""), wire.version(row) or None)


def stamp(at: datetime) -> str:
    """A time as Redmine takes it in a filter."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
