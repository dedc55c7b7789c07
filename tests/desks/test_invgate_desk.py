"""InvGate as a source, through real HTTP: all is read, whatever the quirks, and also while it moves."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from syncer.deskkit.contract import Page, Unreadable
from syncer.deskkit.emulation import Faults
from syncer.desks.invgate.config import InvGateConfig
from syncer.desks.invgate.desk import InvGate
from syncer.desks.invgate.emulator import InvGateEmulator, Switches
from syncer.errors import AuthFailed, ConfigError, Rejected, Retryable, SyncerError
from syncer.model.ids import Cursor, TicketId
from syncer.model.ticket import Ticket
from syncer.sandbox.seed import generate
from tests.desks.serving import served

OAUTH = {"kind": "oauth2", "client_id": "syncer", "client_secret": "sandbox-secret"}
BASIC = {"kind": "basic", "user": "api", "key": "sandbox-key"}


def config(url: str, **more: Any) -> InvGateConfig:
    block = {"name": "old", "base_url": url, "view_id": 1, "auth": OAUTH, "timeout": 5,
             "budget": {"per_second": 5000, "parallel": 8}, **more}  # fmt: skip
    return InvGateConfig.model_validate(block)


@asynccontextmanager
async def desk(emulator: InvGateEmulator, **more: Any) -> AsyncIterator[InvGate]:
    async with served(emulator) as url:
        found = InvGate(config(url, **more))
        try:
            yield found
        finally:
            await found.close()


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
    plain_url = {f.url for f in expected if isinstance(f, Ticket)}
    assert len(plain_url) == 60
    for a, b in zip(expected, got, strict=True):
        assert isinstance(a, Ticket)
        assert isinstance(b, Ticket)
        for name in ("id", "title", "body", "values", "requester", "created_at", "comments", "files"):
            assert getattr(a, name) == getattr(b, name), name


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


async def test_every_list_is_read() -> None:
    emulator = InvGateEmulator(generate(1, 10), switches=Switches(categories_page=20))
    async with desk(emulator) as old:
        found: dict[str, int] = {}
        async for value in old.lookups():
            found[value.kind] = found.get(value.kind, 0) + 1
        assert set(found) == set(old.capabilities.lookup_kinds)
        assert found["status"] == 8


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
        assert int(after) >= int(cursor)


@pytest.mark.parametrize("seed", range(10))
async def test_nothing_that_existed_throughout_is_missed_while_tickets_move(seed: int) -> None:
    pick = random.Random(seed)
    emulator = InvGateEmulator(generate(seed, 400), switches=Switches(by_view_order="last_update"))
    before = all_ids(emulator)
    async with desk(emulator, list_rows=20) as old:
        moving = True

        async def people() -> None:
            while moving:
                emulator.edit(pick.choice(sorted(map(int, before))), title="edited")
                if pick.random() < 0.2:
                    emulator.close(pick.choice(sorted(map(int, before))))
                await asyncio.sleep(0.001)

        work = asyncio.create_task(people())
        found = await ids_of(old.scan())
        moving = False
        await work
    assert before <= found


async def test_a_short_token_is_renewed_and_nobody_notices() -> None:
    emulator = InvGateEmulator(generate(1, 60), switches=Switches(expires_in="3600"))
    emulator.carrier.set_faults(Faults(token_seconds=0.3, latency=0.03))
    async with desk(emulator, list_rows=10) as old:
        assert await ids_of(old.scan()) == all_ids(emulator)


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


async def test_a_desk_that_is_down_is_retryable_with_its_address() -> None:
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


async def test_the_budget_is_kept_and_used() -> None:
    emulator = InvGateEmulator(generate(1, 100))
    async with desk(emulator, budget={"per_second": 50, "parallel": 4}, list_rows=10) as old:
        started = asyncio.get_running_loop().time()
        for _ in range(3):
            await ids_of(old.scan())
        took = asyncio.get_running_loop().time() - started
    assert emulator.carrier.busiest_second() <= 50
    assert len(emulator.carrier.log) > 60
    assert took > 0
