"""The connector against the emulator, each written from the contract alone: what one holds, the other reads."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from syncer.desks.tikting.desk import Tikting
from syncer.desks.tikting.emulator import Switches, TiktingEmulator, extended
from syncer.desks.tikting.emulator_endpoints import FIXTURES
from syncer.errors import Rejected
from syncer.model.ids import Cursor, TicketId
from syncer.model.ticket import Ticket
from syncer.sandbox.seed import generate
from tests.desks.serving import opened
from tests.desks.test_tikting_source import config

WORLD = generate(1, 60)
USED = ("user.refresh", "user.all", "user.search", "ticket.update", "ticket.reply", "ticket.attach", "ticket.resolve",
        "ticket.close")  # fmt: skip
LAYOUTS: list[dict[str, Any]] = [
    {}, {"rows": "nested", "detail": "nested"}, {"rows": "labels", "duplicate_labels": True}, {"flip_casing": True},
    {"length_cap": 7}, {"page_ignored": True}, {"order": "random"}, {"order": "oldest"}, {"gap_every": 3},
    {"volatile": True}, {"dates": "offset", "time_zone": "Europe/Madrid"}, {"dates": "z", "fractions": "varying"},
    {"no_date": "null"}, {"reply_flag": "isPublic"}, {"reply_author": "id"}, {"file_urls": "absolute"},
]  # fmt: skip


async def everything(old: Tikting) -> dict[str, Ticket]:
    ids = [ref.id async for page in old.scan() for ref in page.refs]
    assert len(ids) == len(set(ids))
    found = await old.fetch(ids)
    return {one.id: one for one in found if isinstance(one, Ticket)}


def values(stored: dict[str, Any]) -> dict[str, str]:
    kinds = ("status", "priority", "category", "group", "site", "department", "level")
    return {kind: str(stored[kind]) for kind in kinds if stored[kind] is not None}


@pytest.mark.parametrize("switches", LAYOUTS, ids=str)
async def test_all_that_is_there_is_read_and_nothing_of_it_has_changed_the_next_time(switches: dict[str, Any]) -> None:
    emulator = TiktingEmulator(WORLD, switches=extended(**switches))
    async with opened(emulator, lambda url: Tikting(config(url, page_length=20))) as old:
        found = await everything(old)
        emulator.carrier.clock.advance(3)  # ages and addresses of pictures change, and no ticket
        again = {ref.id: ref.version async for page in old.list_changed(Cursor("")) for ref in page.refs}
    there = {str(one["id"]): one for one in emulator.state()["tickets"]}
    assert found.keys() == there.keys()
    assert again == {id: one.version for id, one in found.items()}
    for id, one in found.items():
        stored = there[id]
        assert one.title == " ".join(stored["title"].split())
        assert one.values == values(stored)
        assert (one.requester, one.assignee) == (stored["creator"], stored["assignee"])
        moments = [at and int(at.timestamp()) for at in (one.created_at, one.updated_at, one.closed_at)]
        assert moments == [at and int(at) for at in (stored["created"], stored["updated"], stored["closed"])]
        said = [(c.id, c.public, c.author, len(c.files)) for c in one.comments if c.id != "resolution"]
        assert said == [(str(r["id"]), not r["private"], r["author"], len(r["uploads"])) for r in stored["replies"]]
        assert len(one.files) == len(stored["uploads"])


@pytest.mark.parametrize("where", ["relative", "absolute", "internal", "none"])
async def test_files_come_byte_for_byte_or_are_refused(where: str, tmp_path: Path) -> None:
    emulator = TiktingEmulator(WORLD, switches=extended(file_urls=where))
    async with opened(emulator, lambda url: Tikting(config(url))) as old:
        stored = next(one for one in emulator.state()["tickets"] if one["uploads"])
        (ticket,) = await old.fetch([TicketId(str(stored["id"]))])
        assert isinstance(ticket, Ticket)
        for file, upload in zip(ticket.files, stored["uploads"], strict=True):
            if where in {"internal", "none"}:
                with pytest.raises(Rejected):
                    await old.download(ticket.id, file.id, tmp_path)
                continue
            got = await old.download(ticket.id, file.id, tmp_path)
            assert got.path is not None
            assert hashlib.sha256(got.path.read_bytes()).hexdigest() == upload["sha256"]
            assert got.name == upload["name"]


async def test_an_instance_of_the_documented_calls_only_is_read_as_far_as_it_tells() -> None:
    emulator = TiktingEmulator(WORLD, switches=Switches())
    async with opened(emulator, lambda url: Tikting(config(url))) as old:
        notes = [page.note async for page in old.scan() if page.note]
        found = await everything(old)
    assert len(found) == 60
    assert all(comment.solution for one in found.values() for comment in one.comments)
    assert any("shows no replies, no attachments: see syncer describe old" in note for note in notes)


async def test_every_configured_call_is_tried_with_success() -> None:
    emulator = TiktingEmulator(WORLD, switches=extended(detail="nested"))
    endpoints = {key: _block(key) for key in USED}
    types = {one["id"]: one["statusType"] for one in emulator.state()["lookups"]["status"]}
    id = next(one["id"] for one in emulator.state()["tickets"] if types[one["status"]] == 1)
    async with opened(emulator, lambda url: Tikting(config(url, search_lag=0.2, endpoints=endpoints))) as new:
        assert set(new.probes()) == set(USED)
        tried = [await new.probe(call, TicketId(str(id))) for call in new.probes()]
    assert {one.call: one.worked for one in tried} == dict.fromkeys(USED, True), tried
    assert {one.call for one in tried if one.settings.get("read_back")} == {"ticket.reply", "ticket.attach"}
    (stored,) = [one for one in emulator.state()["tickets"] if one["id"] == id]
    assert "syncer-test-" in " ".join(reply["body"] for reply in stored["replies"])


def _block(key: str) -> dict[str, Any]:
    return {name: value for name, value in msgspec.to_builtins(FIXTURES[key]).items() if value is not None}
