"""A ticket is read again until the second of its last change is over, and else not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest

from syncer.deskkit.contract import Unreadable
from syncer.deskkit.settled import LOOKS, ONE_SECOND, ServerClock, settled
from syncer.model.ids import TicketId, Version
from syncer.model.ticket import Comment, Ticket
from tests.unit.tickets import ticket

NOW = datetime(2026, 12, 1, 12, 0, 30, tzinfo=UTC)
DATE = {"Date": "Tue, 01 Dec 2026 12:00:30 GMT"}
LONG_AGO, JUST_NOW = NOW.replace(minute=0, hour=11), NOW.replace(second=29)


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    times: list[float] = []

    async def sleep(seconds: float) -> None:
        times.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return times


def clock(told: bool = True) -> ServerClock:
    there = ServerClock(lambda: 1000.0)
    if told:
        there.told(DATE)
    return there


class Desk:
    """Tells tickets by the version and time that `says` gives for a look."""

    def __init__(self, **says: Callable[[int], tuple[str, datetime | None] | None]) -> None:
        self._says = says
        self.asked: list[list[str]] = []

    async def read(self, ids: Sequence[TicketId]) -> list[Ticket | Unreadable]:
        self.asked.append(list(ids))
        return [self._one(id) for id in ids]

    def _one(self, id: TicketId) -> Ticket | Unreadable:
        told = self._says[id](sum(id in asked for asked in self.asked))
        if told is None:
            return Unreadable(id, "gone", gone=True)
        version, at = told
        return ticket(id=id, version=Version(version), updated_at=at)


async def versions(desk: Desk, *ids: str, told: bool = True) -> list[str | None]:
    found = await settled(desk.read, [TicketId(id) for id in ids], clock(told))
    assert [one.id for one in found] == list(ids)
    return [one.version if isinstance(one, Ticket) else None for one in found]


async def test_only_what_changed_just_now_is_read_again(waited: list[float]) -> None:
    desk = Desk(a=lambda n: ("1", LONG_AGO), b=lambda n: ("2", JUST_NOW), c=lambda n: ("3", None), d=lambda n: None)
    assert await versions(desk, "a", "b", "c", "d") == ["1", "2", "3", None]
    assert desk.asked == [["a", "b", "c", "d"], ["b"]]
    assert waited == [ONE_SECOND]


async def test_a_ticket_with_a_comment_younger_than_its_own_change_is_read_again() -> None:
    """As Redmine tells one on which somebody comments right then: the row is older than what hangs on it."""
    said = Comment(id="1", author=None, created_at=JUST_NOW, body="x", public=True)
    looks = 0

    async def read(ids: Sequence[TicketId]) -> list[Ticket | Unreadable]:
        nonlocal looks
        looks += 1
        old = looks == 1
        return [ticket(id="a", version=Version(str(looks > 1)), updated_at=LONG_AGO if old else NOW, comments=(said,))]

    (found,) = await settled(read, [TicketId("a")], clock())
    assert isinstance(found, Ticket)
    assert (found.version, looks) == ("True", 3)


async def test_a_server_that_does_not_tell_its_clock_is_asked_twice() -> None:
    desk = Desk(a=lambda n: ("1", LONG_AGO))
    assert await versions(desk, "a", told=False) == ["1"]
    assert len(desk.asked) == 2


async def test_it_is_read_until_two_looks_agree() -> None:
    desk = Desk(a=lambda n: (str(min(n, 3)), JUST_NOW))
    assert await versions(desk, "a") == ["3"]
    assert len(desk.asked) == 4


async def test_what_never_rests_has_no_version_that_could_be_taken_for_read() -> None:
    desk = Desk(a=lambda n: (str(n), JUST_NOW))
    assert await versions(desk, "a") == [""]
    assert len(desk.asked) == LOOKS + 1


async def test_what_vanishes_meanwhile_is_gone() -> None:
    desk = Desk(a=lambda n: ("1", JUST_NOW) if n == 1 else None)
    assert await versions(desk, "a") == [None]


def test_a_date_that_is_none_tells_nothing_and_takes_nothing_back() -> None:
    there = clock()
    there.told({"Date": "yesterday"})
    there.told({})
    assert there.at(1000.0) == NOW.timestamp()
