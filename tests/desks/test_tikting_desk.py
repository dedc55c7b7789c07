"""Tikting as a target, through real HTTP: one key makes one ticket, and each refusal is told for what it is."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import msgspec
import pytest

from syncer.deskkit.contract import Download, Newer
from syncer.deskkit.emulation import Faults
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.desk import Tikting
from syncer.desks.tikting.emulator import FALLBACK_GUID, Switches, TiktingEmulator
from syncer.errors import AuthFailed, ConfigError, InDoubt, Rejected, Retryable
from syncer.model.draft import Draft
from syncer.model.ids import Key, TicketId, Version
from syncer.sandbox.seed import generate
from tests.desks.serving import opened, served

WORLD = msgspec.structs.replace(generate(1, 20), tickets=[])
REGISTER = "POST .*/register"


def config(url: str, **more: Any) -> TiktingConfig:
    block = {"name": "new", "base_url": url, "timeout": 20, "budget": {"per_second": 5000, "parallel": 8},
             "auth": {"email": "sync@example.org", "password": "sandbox-secret"}, **more}  # fmt: skip
    return TiktingConfig.model_validate(block)


def desk(emulator: TiktingEmulator, **more: Any) -> AbstractAsyncContextManager[Tikting]:
    return opened(emulator, lambda url: Tikting(config(url, **more)))


async def ids(new: Tikting) -> dict[str, str]:
    """One id of each list a draft needs."""
    found: dict[str, str] = {}
    async for value in new.lookups():
        found.setdefault(value.kind, value.id)
    return found


async def draft(new: Tikting, number: int = 1, **more: Any) -> Draft:
    lists = await ids(new)
    key = Key(f"IG-{number}")
    fields = {
        "requester": FALLBACK_GUID, "status": lists["status"], "site_id": lists["site"],
        "department_id": lists["department"], "category": lists["category"],
    }  # fmt: skip
    made = {"title": f"A title [{key}]", "body": "what happened", "fields": fields, **more}
    return Draft(source_id=TicketId(str(number)), version=Version("1"), key=key, **made)


def tickets(emulator: TiktingEmulator) -> list[dict[str, Any]]:
    found = emulator.state()["tickets"]
    return list(found.values()) if isinstance(found, dict) else found


def calls(emulator: TiktingEmulator, path: str) -> int:
    return sum(1 for entry in emulator.carrier.log if entry.path.endswith(path))


async def test_a_draft_arrives_with_its_files_byte_for_byte(tmp_path: Path) -> None:
    emulator = TiktingEmulator(WORLD)
    large = tmp_path / "large"
    large.write_bytes(bytes(range(256)) * 4096)
    files = [
        Download('naïve "q" 文.txt', "text/plain", 3, content=b"a\r\n"),
        Download("empty.bin", "application/octet-stream", 0, content=b""),
        Download("empty.bin", "application/octet-stream", large.stat().st_size, path=large),
    ]
    async with desk(emulator) as new:
        one = await draft(new, body="a\nb ✓ שלום\r\n--", title="x" * 240 + " [IG-1]")
        written = await new.create(one, files)
    (ticket,) = tickets(emulator)
    assert str(ticket["id"]) == written.id
    assert ticket["title"] == one.title
    assert ticket["description"] == one.body
    assert [(u["size"], u["sha256"]) for u in ticket["uploads"]] == [
        (f.size, hashlib.sha256(f.content if f.content is not None else large.read_bytes()).hexdigest()) for f in files
    ]
    assert [u["name"] for u in ticket["uploads"]][1:] == ["empty.bin", "empty.bin"]
    assert "文" in ticket["uploads"][0]["name"]


@pytest.mark.parametrize(
    "switches",
    [
        {}, {"flip_casing": True}, {"rows": "nested"}, {"search_match": "prefix"}, {"search_match": "token"},
        {"length_cap": 1}, {"page_ignored": True}, {"order": "random"}, {"internal_location": True},
        {"answer_id": "location"}, {"answer_id": "body"}, {"detail": "nested"},
    ],
    ids=str,
)  # fmt: skip
async def test_a_ticket_is_found_by_its_whole_marker_only(switches: dict[str, Any]) -> None:
    emulator = TiktingEmulator(WORLD, switches=Switches(**switches))
    async with desk(emulator) as new:
        made = {n: (await new.create(await draft(new, n), ())).id for n in (1, 11, 111, 12)}
        assert await new.find([Key("IG-1"), Key("IG-11"), Key("IG-2")], None) == {
            Key("IG-1"): made[1],
            Key("IG-11"): made[11],
        }


async def test_a_title_in_no_list_is_read_from_the_ticket() -> None:
    emulator = TiktingEmulator(WORLD, switches=Switches(rows="labels"))
    async with desk(emulator) as new:
        made = await new.create(await draft(new, 7), ())
        assert await new.find([Key("IG-7")], None) == {Key("IG-7"): made.id}


async def test_a_search_that_lags_is_overtaken_by_looking_at_newer_ids() -> None:
    emulator = TiktingEmulator(WORLD)
    async with desk(emulator) as new:
        first = await new.create(await draft(new, 1), ())
        emulator.carrier.set_faults(Faults(search_lag=60))
        others = [(await new.create(await draft(new, n), ())).id for n in (2, 3)]
        lost = await new.create(await draft(new, 4), ())
        assert await new.find([Key("IG-4")], None) == {}
        newer = Newer(first.id, set(others))
        assert await new.find([Key("IG-4"), Key("IG-5")], newer) == {Key("IG-4"): lost.id}


@pytest.mark.parametrize("fault", ["after", "before", "cut_before", "cut_after", "html", "half"])
async def test_a_lost_answer_is_a_doubt_and_never_a_second_request(fault: str) -> None:
    emulator = TiktingEmulator(WORLD)
    async with desk(emulator) as new:
        one = await draft(new)
        emulator.carrier.set_faults(Faults(where=REGISTER, first=[fault]))
        with pytest.raises(InDoubt):
            await new.create(one, ())
    assert calls(emulator, "/register") == 1


async def test_no_answer_in_time_is_a_doubt() -> None:
    emulator = TiktingEmulator(WORLD)
    async with desk(emulator, timeout=0.3) as new:
        one = await draft(new)
        emulator.carrier.set_faults(Faults(where=REGISTER, latency=1.5))
        with pytest.raises(InDoubt, match=r"within 0\.3 s"):
            await new.create(one, ())


async def test_a_throttled_desk_did_nothing() -> None:
    emulator = TiktingEmulator(WORLD)
    async with desk(emulator) as new:
        one = await draft(new)
        emulator.carrier.set_faults(Faults(per_second=1))
        errors: list[Retryable] = []
        for _ in range(3):
            try:
                await new.create(one, ())
            except Retryable as e:
                errors.append(e)
        assert errors
        assert all(e.after is not None and e.after > 0 for e in errors)
        assert "429" in (new.budget.limiting() or "")
    assert len(tickets(emulator)) == 3 - len(errors)


@pytest.mark.parametrize(("part", "more"), [("Title", {"title": "t" * 256}), ("Description", {"body": ""})])
async def test_what_the_desk_refuses_is_rejected_with_its_words(part: str, more: dict[str, Any]) -> None:
    emulator = TiktingEmulator(WORLD)
    async with desk(emulator) as new:
        with pytest.raises(Rejected, match=f'"{part}"') as refused:
            await new.create(await draft(new, **more), ())
        assert refused.value.reason == "refused"
    assert tickets(emulator) == []


@pytest.mark.parametrize("permissions", [("Tickets.Read",), ("Tickets.Read", "Tickets.Close"), ()], ids=len)
async def test_a_400_for_a_missing_permission_is_told_as_that(permissions: tuple[str, ...]) -> None:
    emulator = TiktingEmulator(WORLD, permissions=permissions)
    async with desk(emulator) as new:
        account = await new.check()
        assert any("Tickets.Create" in finding for finding in account.findings)
        with pytest.raises(AuthFailed, match=r"lacks Tickets\.Create"):
            await new.create(await draft(new), ())


async def test_a_wrong_password_is_tried_once_only() -> None:
    emulator = TiktingEmulator(WORLD, password="other")
    async with desk(emulator) as new:
        for _ in range(3):
            with pytest.raises(AuthFailed, match="refused"):
                await new.check()
    assert len(emulator.carrier.log) == 1


async def test_sixty_four_at_once_log_in_once_and_again_when_the_token_ends() -> None:
    emulator = TiktingEmulator(WORLD)
    async with desk(emulator) as new:
        drafts = [await draft(new, n) for n in range(1, 193)]
    emulator.carrier.log.clear()
    async with desk(emulator, budget={"per_second": 5000, "parallel": 64}) as new:
        for some in range(0, 192, 64):
            await asyncio.gather(*(new.create(d, ()) for d in drafts[some : some + 64]))
            assert calls(emulator, "/authenticate") == 1 + some // 64
            emulator.carrier.clock.advance(8 * 86400)  # every token given so far has run out
    assert sorted(t["title"] for t in tickets(emulator)) == sorted(d.title for d in drafts)
    assert calls(emulator, "/register") == 64 + 2 * 128  # each is refused once, and sent again


async def test_files_too_large_are_left_out_and_counted() -> None:
    emulator = TiktingEmulator(WORLD, switches=Switches(max_body=20_000))
    async with desk(emulator) as new:
        big = Download("big.bin", "application/octet-stream", 50_000, content=b"x" * 50_000)
        written = await new.create(await draft(new), [big])
    assert written.losses == ("file_too_large",)
    assert tickets(emulator)[0]["uploads"] == []


async def test_a_wrong_address_is_a_matter_of_configuration() -> None:
    emulator = TiktingEmulator(WORLD)
    async with served(emulator) as url:
        new = Tikting(config(url + "/sub"))
        with pytest.raises(ConfigError) as wrong:
            await new.check()
        assert "404" in wrong.value.message
        await new.close()


async def test_no_secret_shows_in_errors_or_repr() -> None:
    emulator = TiktingEmulator(WORLD, password="other")
    async with desk(emulator) as new:
        with pytest.raises(AuthFailed) as refused:
            await new.check()
        assert "sandbox-secret" not in repr(refused.value) + repr(new.__dict__) + str(refused.value.hint)
