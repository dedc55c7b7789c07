"""InvGate as a source, through real HTTP: all is read, whatever the quirks, and also while it moves."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from syncer.deskkit.contract import Page, Unreadable
from syncer.deskkit.emulation import Faults, Handler
from syncer.deskkit.paging import sweep_until_quiet
from syncer.desks.invgate.config import InvGateConfig
from syncer.desks.invgate.desk import InvGate
from syncer.desks.invgate.emulator import InvGateEmulator, Switches
from syncer.errors import AuthFailed, ConfigError, Rejected, Retryable, SyncerError
from syncer.model.ids import Cursor, TicketId
from syncer.model.ticket import Ticket
from syncer.sandbox.seed import generate
from tests.desks.serving import opened

OAUTH = {"kind": "oauth2", "client_id": "syncer", "client_secret": "sandbox-secret"}
BASIC = {"kind": "basic", "user": "api", "key": "sandbox-key"}


def config(url: str, **more: Any) -> InvGateConfig:
    block = {"name": "old", "base_url": url, "view_id": 1, "auth": OAUTH, "timeout": 5,
             "budget": {"per_second": 5000, "parallel": 8}, **more}  # fmt: skip
    return InvGateConfig.model_validate(block)


def desk(emulator: Any, **more: Any) -> AbstractAsyncContextManager[InvGate]:
    return opened(emulator, lambda url: InvGate(config(url, **more)))


async def ids_of(pages: AsyncIterator[Page]) -> set[str]:
    return {ref.id async for page in pages for ref in page.refs}


def all_ids(emulator: InvGateEmulator) -> set[str]:
    return {str(id) for id in emulator.state()["tickets"]}


@pytest.mark.parametrize("auth", [OAUTH, BASIC], ids=["oauth", "basic"])
async def test_a_scan_sees_every_ticket(auth: dict[str, str]) -> None:
    emulator = InvGateEmulator(generate(1, 130))
    async with desk(emulator, auth=auth, list_rows=20) as old:
        assert await ids_of(old.scan()) == all_ids(emulator)


@pytest.mark.parametrize(
    "switches",
    [
        {"numbers_as_strings": True},
        {"incidents_as_list": True, "incident_as_list": True},
        {"empty_map_as_list": False},
        {"list_cap": 7},
        {"details_page": 10},
        {"view_data_as_dict": True, "files_key": "attachments"},
        {"view_columns": frozenset(), "details_page": 10},
        {"details_key": "offset", "details_page": 10},
        {"comments_order": "newest", "status_word": "lower"},
        {"no_moment": "zero"},
        {"no_moment": "empty", "numbers_as_strings": True},
    ],
    ids=str,
)
async def test_whole_tickets_read_the_same_whatever_the_version(switches: dict[str, Any]) -> None:
    known = {f for f in Switches.__struct_fields__}
    assert set(switches) <= known, sorted(known)
    world = generate(2, 60)
    async with desk(InvGateEmulator(world)) as plain:
        ids = sorted(await ids_of(plain.scan()))
        expected = await plain.fetch([TicketId(i) for i in ids])
    async with desk(InvGateEmulator(world, switches=Switches(**switches)), list_rows=10) as odd:
        assert sorted(await ids_of(odd.scan())) == ids
        got = await odd.fetch([TicketId(i) for i in ids])
        told = {ref.id: ref.version async for page in odd.list_changed(Cursor("0")) for ref in page.refs}
    assert len({one.url for one in expected if isinstance(one, Ticket)}) == 60
    assert [without_url(one) for one in got] == [without_url(one) for one in expected]
    assert told == {one.id: one.version for one in got if isinstance(one, Ticket)}


def without_url(ticket: Ticket | Unreadable) -> Ticket:
    assert isinstance(ticket, Ticket)
    return msgspec.structs.replace(ticket, url=None)


async def test_texts_arrive_as_they_were_seeded_and_private_stays_private() -> None:
    world = generate(3, 80)
    emulator = InvGateEmulator(world)
    async with desk(emulator) as old:
        ids = sorted(await ids_of(old.scan()), key=int)
        tickets = await old.fetch([TicketId(i) for i in ids])
    for seed, ticket in zip(world.tickets, tickets, strict=True):
        assert isinstance(ticket, Ticket)
        assert ticket.body == seed.body
        assert ticket.title == " ".join(seed.title.split())
        assert [(c.body, c.public) for c in ticket.comments] == [(c.body, not c.private) for c in seed.comments]


@pytest.mark.parametrize("download", ["auth", "open", "signed"])
async def test_files_are_byte_equal(tmp_path: Path, download: Any) -> None:
    emulator = InvGateEmulator(generate(4, 150), switches=Switches(download=download))
    tickets = emulator.state()["tickets"].values()
    files = [f for t in tickets for holder in (t, *t["comments"]) for f in holder["files"]]
    wanted = {str(f["id"]): f["sha256"] for f in files}
    assert len(wanted) > 5
    async with desk(emulator) as old:
        ids = [TicketId(i) for i in sorted(await ids_of(old.scan()))]
        for ticket in await old.fetch(ids):
            assert isinstance(ticket, Ticket)
            for file in (*ticket.files, *(f for c in ticket.comments for f in c.files)):
                got = await old.download(ticket.id, file.id, tmp_path)
                assert got.path is not None
                assert hashlib.sha256(got.path.read_bytes()).hexdigest() == wanted.pop(file.id)
    assert not wanted


async def test_a_file_on_another_host_is_refused_and_no_credential_leaves(tmp_path: Path) -> None:
    emulator = InvGateEmulator(generate(4, 150), switches=Switches(download="other_host"))
    async with desk(emulator) as old:
        file = next(f for t in emulator.state()["tickets"].values() for f in t["files"])
        with pytest.raises(Rejected, match="another host"):
            await old.download(TicketId("1"), str(file["id"]), tmp_path)
    assert not list(tmp_path.iterdir())
    async with desk(emulator, file_hosts=["localhost"]) as old:
        assert (await old.download(TicketId("1"), str(file["id"]), tmp_path)).size == file["size"]
    assert emulator.state()["credential_leaks"] == 0


@pytest.mark.parametrize("key", ["info", "error"])
async def test_an_error_inside_200_is_told_in_the_desks_words(key: Any) -> None:
    emulator = InvGateEmulator(generate(1, 5), switches=Switches(error_key=key, status_word="lower"))
    async with desk(emulator, view_id=99) as old:
        with pytest.raises(SyncerError, match="The view does not exist"):
            await ids_of(old.scan())


async def test_an_unknown_ticket_is_left_out_not_fatal() -> None:
    async with desk(InvGateEmulator(generate(1, 5))) as old:
        known = next(iter(await ids_of(old.scan())))
        got = await old.fetch([TicketId(known), TicketId("999998")])
    assert isinstance(got[0], Ticket)
    assert isinstance(got[1], Unreadable)
    assert got[1].gone


async def test_every_list_is_read_whole() -> None:
    emulator = InvGateEmulator(generate(1, 10), switches=Switches(categories_page=5))
    held = emulator.tables
    found: dict[str, list[str]] = {}
    async with desk(emulator) as old:
        async for value in old.lookups():
            found.setdefault(value.kind, []).append(value.id)
        assert set(found) == set(old.capabilities.lookup_kinds)
    options = [f"{field.uid}/{key}" for field in held.fields.values() for key in field.options]
    assert len(held.categories) > 10
    assert sorted(found.pop("custom_option")) == sorted(options)
    assert {kind: sorted(map(int, ids)) for kind, ids in found.items()} == {
        "status": list(range(1, 9)),
        "priority": list(range(1, 6)),
        "type": list(range(1, 7)),
        "source": list(range(1, 15)),
        "category": sorted(held.categories),
        "location": sorted(held.locations),
        "group": sorted(id for id, level in held.levels.items() if not level.deleted),
        "user_group": sorted(held.groups),
        "company": sorted(held.companies),
        "custom_field": sorted(held.fields),
        "person": sorted(id for id, user in held.users.items() if not user.is_deleted),
    }


async def test_changes_are_told_back_to_the_cursor_and_the_cursor_moves_on() -> None:
    emulator = InvGateEmulator(generate(5, 60))
    async with desk(emulator) as old:
        cursor = None
        async for page in old.scan():
            cursor = page.cursor or cursor
        assert cursor is not None
        edited = sorted(all_ids(emulator), key=int)[7]
        emulator.edit(int(edited), title="changed")
        seen, after = set(), cursor
        async for page in old.list_changed(Cursor(cursor)):
            seen |= {ref.id for ref in page.refs}
            after = page.cursor or after
        assert edited in seen
        assert int(after) > int(cursor)


class Busy:
    """An emulator where somebody does something before and after each page of the view, told its offset."""

    def __init__(
        self,
        emulator: InvGateEmulator,
        before: Callable[[int], None] = lambda offset: None,
        after: Callable[[int], None] = lambda offset: None,
    ) -> None:
        self.emulator = emulator
        self._before = before
        self._after = after

    def app(self) -> web.Application:
        app = self.emulator.app()

        @web.middleware
        async def people(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not request.path.endswith("/incidents.by.view"):
                return await handler(request)
            offset = int(request.query["offset"])
            self._before(offset)
            response = await handler(request)
            self._after(offset)
            return response

        app.middlewares.append(people)
        return app


async def missed(busy: Busy, **more: Any) -> set[str]:
    """What a scan does not tell of what was there before it and still is after it."""
    before = all_ids(busy.emulator)
    async with desk(busy, **more) as old:
        found = await ids_of(old.scan())
    return before & all_ids(busy.emulator) - found


@pytest.mark.parametrize("seed", range(10))
async def test_nothing_that_existed_throughout_is_missed_while_tickets_move(seed: int) -> None:
    pick = random.Random(seed)
    emulator = InvGateEmulator(generate(seed, 400), switches=Switches(by_view_order="last_update"))
    ids = sorted(map(int, all_ids(emulator)))
    moves, moves_at_page = 0, []

    def people(offset: int) -> None:
        nonlocal moves
        moves_at_page.append(moves)
        for _ in range(pick.randrange(6)):
            emulator.edit(pick.choice(ids), title="edited")
            if pick.random() < 0.2:
                emulator.close(pick.choice(ids))
            moves += 1

    assert await missed(Busy(emulator, after=people), list_rows=20) == set()
    assert len(moves_at_page) > 20
    assert moves_at_page[-1] - moves_at_page[0] > 20


async def test_rows_that_leave_the_part_already_read_are_made_up_for_by_another_sweep(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def leaving() -> Busy:
        """At once so many leave that the rows behind them come further up than one sweep ever steps back."""
        emulator = InvGateEmulator(generate(1, 200))
        read = sorted(map(int, all_ids(emulator)))[:80]

        def leave(offset: int) -> None:
            while offset > 100 and read:
                emulator.vanish(read.pop())

        return Busy(emulator, after=leave)

    assert await missed(leaving(), list_rows=10) == set()
    monkeypatch.setattr("syncer.desks.invgate.desk.sweep_until_quiet", partial(sweep_until_quiet, most=1))
    assert await missed(leaving(), list_rows=10), "the proof has lost its teeth"


async def test_a_row_that_passes_us_in_each_sweep_is_found_among_the_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    def passing() -> Busy:
        """Before each sweep all others are edited, which puts one last; once a page is read, it is edited too."""
        emulator = InvGateEmulator(generate(1, 60), switches=Switches(by_view_order="last_update"))
        one, *others = sorted(map(int, all_ids(emulator)))

        def edit(offset: int, ids: list[int]) -> None:
            if offset == 0:
                emulator.carrier.clock.advance(1)
                for id in ids:
                    emulator.edit(id, title="edited")

        return Busy(emulator, before=partial(edit, ids=others), after=partial(edit, ids=[one]))

    async def nothing(old: InvGate, since: Cursor) -> AsyncIterator[Page]:
        yield Page((), cursor=since)

    assert await missed(passing(), list_rows=10) == set()
    monkeypatch.setattr(InvGate, "list_changed", nothing)
    assert await missed(passing(), list_rows=10), "the proof has lost its teeth"


async def test_a_token_that_ends_within_a_scan_is_renewed_and_nobody_notices() -> None:
    emulator = InvGateEmulator(generate(1, 60))
    seen: set[str] = set()
    async with desk(emulator, list_rows=10) as old:
        async for page in old.scan():
            seen |= {ref.id for ref in page.refs}
            emulator.carrier.clock.advance(3601)
    assert seen == all_ids(emulator)
    assert sum(1 for entry in emulator.carrier.log if entry.path.endswith("/access_token")) >= 2
    assert any(entry.status == 401 for entry in emulator.carrier.log)


async def test_wrong_credentials_and_an_unknown_view_are_told_apart() -> None:
    emulator = InvGateEmulator(generate(1, 5))
    async with desk(emulator, auth={**OAUTH, "client_secret": "wrong"}) as old:
        with pytest.raises(AuthFailed) as refused:
            await old.check()
        assert "client_secret" in refused.value.hint
        assert "wrong" not in refused.value.message
    async with desk(emulator, view_id=77) as old:
        with pytest.raises(ConfigError, match="view 77"):
            await ids_of(old.scan())


async def test_a_desk_that_is_down_is_retryable_with_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncer.deskkit.repeating.READ_ATTEMPTS", 2)
    old = InvGate(config("http://127.0.0.1:9", auth=BASIC))
    with pytest.raises(Retryable, match=r"127\.0\.0\.1:9") as down:
        await old.check()
    await old.close()
    assert "base_url" in down.value.hint or "up?" in down.value.hint


@pytest.mark.parametrize("fault", ["before", "cut_before", "cut_after", "half", "after"])
async def test_reads_survive_faults(fault: str) -> None:
    emulator = InvGateEmulator(generate(1, 60))
    emulator.carrier.set_faults(Faults(where="GET .*incidents.*", first=[fault, "ok", fault]))
    async with desk(emulator, list_rows=50) as old:
        assert await ids_of(old.scan()) == all_ids(emulator)
    assert Counter(entry.fault for entry in emulator.carrier.log if entry.fault) == {fault: 2}


async def test_the_budget_is_kept_and_used() -> None:
    emulator = InvGateEmulator(generate(1, 100))
    async with desk(emulator, budget={"per_second": 50, "parallel": 4}, list_rows=10) as old:
        for _ in range(3):
            await ids_of(old.scan())
    log = emulator.carrier.log
    assert len(log) > 60
    assert emulator.carrier.busiest_second() <= 50
    assert log[-1].at - log[0].at < 3 * len(log) / 50
