"""Rezolve.ai as a source and as a target, through real HTTP: all is read, whatever the tenant, and written once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec
import pytest
from aiohttp import web

from syncer.deskkit.contract import Download, Page, Unreadable
from syncer.deskkit.emulation import Faults, Handler
from syncer.desks.rezolve.config import RezolveConfig
from syncer.desks.rezolve.desk import Rezolve
from syncer.desks.rezolve.emulator import Auth, RezolveEmulator, Switches
from syncer.errors import AuthFailed, ConfigError, InDoubt, Rejected, Retryable
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Cursor, Key, TicketId, Version
from syncer.model.ticket import Ticket
from syncer.sandbox.seed import generate
from syncer.sandbox.up import emptied
from tests.desks.serving import opened

INCIDENT, OFFER, TEAM = "17020", "40112", "it-desk"
NOTES = "/api/v2/ticketing/ticket/{objectId}/notes"
NOTE_KEYS = {"id": "/id", "body": "/note", "author": "/createdBy", "time": "/createdAt", "kind": "/noteType"}
WORLD = generate(1, 130)


def config(url: str, **more: Any) -> RezolveConfig:
    auth = {"kind": "client_credentials", "token_url": f"{url}/oauth/token", "client_id": "syncer",
            "client_secret": "sandbox-secret"}  # fmt: skip
    block = {
        "name": "rz", "base_url": url, "realm": Auth().realm, "tenant_id": Auth().tenant, "auth": auth, "timeout": 5,
        "budget": {"per_second": 5000, "parallel": 8}, "list_lag": 0.1, "pause": 0.2, **more,
    }  # fmt: skip
    return RezolveConfig.model_validate(block)


def desk(emulator: Any, **more: Any) -> AbstractAsyncContextManager[Rezolve]:
    return opened(emulator, lambda url: Rezolve(config(url, **more)))


def uuids(emulator: RezolveEmulator, kind: str = INCIDENT) -> dict[str, str]:
    return {field.label: field.id for field in emulator.tables.types[kind].fields.values()}


def target(emulator: RezolveEmulator, **own: Any) -> dict[str, Any]:
    """Settings under which incidents can be made."""
    ids = uuids(emulator)
    one = {"team": next(iter(emulator.tables.teams)), "offer": OFFER, "external_id_field_id": ids["External Id"], **own}
    return {"types": {INCIDENT: {name: value for name, value in one.items() if value is not None}}}


def draft(number: int = 1, **more: Any) -> Draft:
    key = Key(f"IG-{number}")
    fields = {"type": INCIDENT, "priority": "pr-3", **more.pop("fields", {})}
    return Draft(
        source_id=TicketId(str(number)), version=Version("1"), key=key, title=f"Printer {number} [{key}]",
        body="<p>It <b>is</b> down &amp; out</p>", fields=fields, **more,
    )  # fmt: skip


async def ids_of(pages: AsyncIterator[Page]) -> set[str]:
    return {ref.id async for page in pages for ref in page.refs}


def live(emulator: RezolveEmulator) -> set[str]:
    return {id for id, one in emulator.tables.tickets.items() if not one.deleted}


async def made(rz: Rezolve, one: Draft, files: tuple[Download, ...] = ()) -> str:
    await rz.admit()
    return (await rz.create(one, files)).id


# --- reading ------------------------------------------------------------------------------------------

TENANTS: list[dict[str, Any]] = [
    {},
    {"row_generation": 1},
    {"rows_lack": "etag"},
    {"rows_lack": "both", "rows_at": "data.value", "total_at": "data.@odata.count"},
    {"rows_at": "data.rows", "total_at": "data.count"},
    {"rows_at": "tickets", "total_at": "nowhere"},
    {"list_type": "agent"},
    {"list_type": "user", "row_generation": 1},
    {"list_type": "ticket"},
    {"order_obeyed": False},
    {"order_obeyed": False, "date_columns": "none"},
    {"date_columns": "snake"},
    {"date_columns": "none"},
    {"get_wrapper": "data.ticket"},
    {"get_wrapper": "data"},
    {"get_wrapper": "root"},
    {"options_as": "label", "people_as": "object"},
    {"people_as": "id"},
    {"status_field": True},
    {"ticket_404": "html", "get_needs_query": False},
    {"queue_ids": "number", "offer_type_key": "none"},
]


@pytest.mark.parametrize("switches", TENANTS, ids=str)
async def test_whole_tickets_read_the_same_whatever_the_tenant(switches: dict[str, Any]) -> None:
    async with desk(RezolveEmulator(WORLD)) as plain:
        ids = sorted(await ids_of(plain.scan()))
        expected = await plain.fetch([TicketId(i) for i in ids])
    emulator = RezolveEmulator(WORLD, switches=Switches(**switches))
    assert set(ids) == live(emulator)
    async with desk(emulator, list_rows=17) as odd:
        assert sorted(await ids_of(odd.scan())) == ids
        got = await odd.fetch([TicketId(i) for i in ids])
        told = {ref.id: ref.version async for page in odd.list_changed(Cursor("")) for ref in page.refs}
    assert [same(one) for one in got] == [same(one) for one in expected]
    assert told == {one.id: one.version for one in got if isinstance(one, Ticket)}


def same(one: Ticket | Unreadable) -> Ticket:
    """Without the etag, which each emulator makes anew, the status field, which not each tenant has, and people who
    are in no list: how a tenant names them is its own affair."""
    assert isinstance(one, Ticket)
    custom = {k: v for k, v in one.custom.items() if not (isinstance(v, tuple) and set(v) & WORDS_OF_STATUS)}
    people = {name: getattr(one, name) if getattr(one, name) in LISTED else None for name in PEOPLE}
    return msgspec.structs.replace(one, version=Version(""), custom=custom, **people)


PEOPLE = ("requester", "creator", "assignee")
LISTED = {one.id for one in RezolveEmulator(WORLD).tables.people.values() if not one.deleted}
WORDS_OF_STATUS = {"Open", "In Progress", "Pending", "Waiting for User", "Resolved", "Closed", "Rejected", "Cancelled"}


async def test_texts_values_and_people_arrive_as_they_were_seeded() -> None:
    emulator = RezolveEmulator(WORLD)
    async with desk(emulator) as rz:
        lists = {(v.kind, v.id): v async for v in rz.lookups()}
        shown = emulator.state()["tickets"]
        tickets = await rz.fetch([TicketId(id) for id in shown])
    for seed, ticket, state in zip(WORLD.tickets, tickets, shown.values(), strict=True):
        assert isinstance(ticket, Ticket)
        assert ticket.body == seed.body
        assert ticket.title == " ".join(seed.title.split())
        assert lists["status", ticket.values["status"]].name == state["status"]
        assert lists["type", ticket.values["type"]].name == state["type"]
        assert lists["group", ticket.values["group"]].name == seed.queue
        assert lists["priority", ticket.values["priority"]].name == state["by_label"]["Priority"]
        category = lists["category", ticket.values["category"]]
        assert " > ".join(category.path or (category.name,)) == " > ".join(seed.category)
        for position, id in ((seed.requester, ticket.requester), (seed.creator, ticket.creator)):
            assert id is not None
            person = WORLD.people[position] if position >= 0 else None
            if person is not None and not person.deleted and person.email:
                assert (lists["person", id].email or "").lower() == person.email.lower()
        assert {lists["custom_field", id].name: value for id, value in ticket.custom.items()}.items() >= {
            (label, (value,) if WORLD.custom[label] else value) for label, value in seed.custom.items() if value
        }
        assert ticket.tags == tuple(seed.tags)
        told = [state["cc"].index(lists["person", id].username if ("person", id) in lists else id) for id in ticket.cc]
        assert told == list(range(len(seed.cc)))


async def test_a_ticket_that_moves_while_it_is_listed_is_not_lost() -> None:
    emulator = RezolveEmulator(WORLD, switches=Switches(touched_per_page=3))
    async with desk(emulator, list_rows=20) as rz:
        task = asyncio.create_task(_until_settled(emulator))
        assert await ids_of(rz.scan()) == live(emulator)
        await task


async def _until_settled(emulator: RezolveEmulator) -> None:
    """Somebody touches tickets for a while."""
    await asyncio.sleep(0.5)
    emulator.switches.touched_per_page = 0


async def test_a_delta_tells_what_changed_and_nothing_that_did_not() -> None:
    emulator = RezolveEmulator(WORLD)
    async with desk(emulator) as rz:
        pages = [page async for page in rz.scan()]
        cursor = pages[-1].cursor
        assert cursor is not None
        versions = {ref.id: ref.version for page in pages for ref in page.refs}
        first, *_, last = emulator.tables.tickets
        emulator.steering.edit(first, Subject="Another")
        fresh = emulator.steering.create("Walk-in")
        emulator.steering.delete(last)
        changed = {ref.id: ref.version async for page in rz.list_changed(cursor) for ref in page.refs}
        assert {id for id, version in changed.items() if version != versions.get(TicketId(id))} == {first, fresh}
        (gone,) = await rz.fetch([TicketId(last)])
        assert isinstance(gone, Unreadable)
        assert gone.gone


@pytest.mark.parametrize("follows", [False, True])
async def test_a_moved_ticket_is_gone_under_its_old_number_and_there_under_the_new(follows: bool) -> None:
    emulator = RezolveEmulator(WORLD, switches=Switches(old_id_follows=follows))
    old = next(iter(emulator.tables.tickets))
    new = emulator.steering.move(old, "17021")
    async with desk(emulator) as rz:
        pages = [page async for page in rz.scan()]
        before, after = await rz.fetch([TicketId(old), TicketId(new)])
    assert isinstance(before, Unreadable)
    assert before.gone
    assert isinstance(after, Ticket)
    assert any(page.note and "moved" in page.note for page in pages)


class Deaf:
    """A tenant whose list gives its youngest ticket, whatever is asked for."""

    def __init__(self, emulator: RezolveEmulator) -> None:
        self._emulator = emulator

    def app(self) -> web.Application:
        app = self._emulator.app()
        first: list[bytes] = []

        @web.middleware
        async def deaf(request: web.Request, handler: Handler) -> web.StreamResponse:
            response = await handler(request)
            if not request.path.endswith("/ticket/list"):
                return response
            assert isinstance(response, web.Response)
            assert isinstance(response.body, bytes)
            answer = msgspec.json.decode(response.body)
            answer["data"]["tickets"] = answer["data"]["tickets"][-1:]
            first.append(msgspec.json.encode(answer))
            return web.Response(body=first[0], content_type="application/json")

        app.middlewares.append(deaf)
        return app


async def test_a_list_that_is_the_same_whatever_is_asked_for_has_an_end() -> None:
    emulator = RezolveEmulator(generate(1, 20))
    async with desk(Deaf(emulator)) as rz:
        assert len(await asyncio.wait_for(ids_of(rz.scan()), 20)) == 1


async def test_deleted_tickets_that_are_still_listed_are_passed_over() -> None:
    emulator = RezolveEmulator(WORLD, switches=Switches(deleted_rows=True))
    old = next(iter(emulator.tables.tickets))
    emulator.steering.delete(old)
    async with desk(emulator) as rz:
        assert await ids_of(rz.scan()) == live(emulator)
        (gone,) = await rz.fetch([TicketId(old)])
    assert isinstance(gone, Unreadable)


async def test_notes_are_read_where_a_path_is_known_and_private_stays_private() -> None:
    emulator = RezolveEmulator(WORLD, switches=Switches(notes_read_path=NOTES))
    async with desk(emulator, notes_read_path=NOTES, notes_keys=NOTE_KEYS) as rz:
        tickets = await rz.fetch([TicketId(id) for id in emulator.tables.tickets])
    for seed, ticket in zip(WORLD.tickets, tickets, strict=True):
        assert isinstance(ticket, Ticket)
        assert [(c.body, c.public) for c in ticket.comments] == [
            (c.body, not c.private and not c.solution) for c in seed.comments
        ]


async def test_without_a_path_each_run_says_of_how_many_tickets_comments_are_missing() -> None:
    async with desk(RezolveEmulator(WORLD)) as rz:
        notes = [page.note async for page in rz.scan() if page.note]
    assert notes == ["comments and files of 130 tickets cannot be read: Rezolve.ai has no public call for them"]


@pytest.mark.parametrize("kind", ["password", "api_key"])
async def test_other_ways_in(kind: str) -> None:
    ways = {
        "password": {"username": "bot@example.org", "password": "sandbox-password", "client_id": "syncer",
                     "client_secret": "sandbox-secret"},
        "api_key": {"key": "ak_test_sandbox"},
    }  # fmt: skip

    def at(url: str) -> Rezolve:
        more = {"token_url": f"{url}/oauth/token"} if kind == "password" else {}
        return Rezolve(config(url, auth={"kind": kind, **ways[kind], **more}))

    async with opened(RezolveEmulator(WORLD), at) as rz:
        assert (await rz.check()).name == "bot@example.org"


@pytest.mark.parametrize("refresh", [True, False])
async def test_a_long_read_outlives_its_tokens(refresh: bool) -> None:
    emulator = RezolveEmulator(WORLD, switches=Switches(refresh_tokens=refresh))
    async with desk(emulator) as rz:
        ids = [TicketId(id) for id in emulator.tables.tickets]
        for part in (ids[:40], ids[40:80], ids[80:]):
            assert all(isinstance(one, Ticket) for one in await rz.fetch(part))
            emulator.gate.revoke_all()
    assert emulator.gate.issued <= 4


@pytest.mark.parametrize("reset", ["seconds", "epoch_s", "epoch_ms"])
async def test_a_limit_is_kept_whatever_the_unit(reset: Any) -> None:
    emulator = RezolveEmulator(WORLD, switches=Switches(rate_limit=10, rate_window=1.0, rate_reset=reset))
    async with desk(emulator) as rz:
        tickets = await rz.fetch([TicketId(id) for id in list(emulator.tables.tickets)[:25]])
    assert all(isinstance(one, Ticket) for one in tickets)
    assert sum(entry.status == 429 for entry in emulator.carrier.log) < 30


async def test_a_check_tells_wrong_tenants_roles_and_empty_lists() -> None:
    async with desk(RezolveEmulator(WORLD), tenant_id="another") as rz:
        with pytest.raises(ConfigError, match="404"):
            await rz.check()
    async with desk(RezolveEmulator(WORLD, auth=Auth(client_roles=("ticket_user",)))) as rz:
        told = "\n".join((await rz.check()).findings)
        assert "may not see all tickets" in told
        assert "no ticket is shown" in told
    async with desk(RezolveEmulator(WORLD, switches=Switches(list_type="none"))) as rz:
        assert any("cannot be listed" in one for one in (await rz.check()).findings)
    emulator = RezolveEmulator(WORLD)
    async with desk(emulator, **target(emulator, offer="40117")) as rz:
        assert any("needs approval" in one for one in (await rz.check()).findings)
    async with desk(emulator, **target(emulator)) as rz:
        account = await rz.check()
    assert account.detail.endswith(f"{len(emulator.tables.types)} types, 130 tickets")
    assert account.findings == (
        "comments cannot be read: no notes_read_path is configured, and no public page has one",
    )


# --- writing ------------------------------------------------------------------------------------------


async def test_what_was_drafted_reads_back() -> None:
    emulator = RezolveEmulator(emptied(WORLD))
    people = {p.email: p.id for p in emulator.tables.people.values() if p.active and not p.deleted and p.email}
    requester, assignee = list(people.values())[:2]
    category = " > ".join(WORLD.categories[-1])
    async with desk(emulator, **target(emulator, fields={"created_at": uuids(emulator)["Original Created"]})) as rz:
        lists = {(v.kind, " > ".join(v.path) or v.name): v.id async for v in rz.lookups()}
        fields = {"requester": requester, "assignee": assignee, "category": lists["category", category],
                  "created_at": "1770109811"}  # fmt: skip
        id = await made(rz, draft(fields=fields))
        (ticket,) = await rz.fetch([TicketId(id)])
    assert isinstance(ticket, Ticket)
    assert (ticket.title, ticket.body) == ("Printer 1", "<p>It <b>is</b> down &amp; out</p>")
    assert (ticket.requester, ticket.assignee) == (requester, assignee)
    assert ticket.values["priority"] == "pr-3"
    assert ticket.values["category"] == lists["category", category]
    (state,) = emulator.state()["tickets"].values()
    assert state["by_label"]["External Id"] == "IG-1"
    assert state["by_label"]["Original Created"] == "2026-02-03T09:10:11.000Z"
    assert (state["source"], state["offer_id"]) == ("api", OFFER)


@pytest.mark.parametrize("people_as", ["email", "id", "object"])
async def test_people_are_written_as_the_tenant_takes_them(people_as: Any) -> None:
    emulator = RezolveEmulator(emptied(WORLD), switches=Switches(people_as=people_as))
    person = next(p.id for p in emulator.tables.people.values() if p.active and p.email)
    how = "id" if people_as == "id" else "email"
    async with desk(emulator, people_as=how, **target(emulator)) as rz:
        id = await made(rz, draft(fields={"requester": person}))
        (ticket,) = await rz.fetch([TicketId(id)])
    assert isinstance(ticket, Ticket)
    assert ticket.requester == person


async def test_what_has_no_place_is_counted_and_what_is_refused_is_told_by_label() -> None:
    emulator = RezolveEmulator(emptied(WORLD))
    async with desk(emulator, **target(emulator)) as rz:
        await rz.admit()
        file = Download("log.txt", "text/plain", 3, b"abc")
        assert (await rz.create(draft(), [file])).losses == ("file_not_taken",)
        with pytest.raises(Rejected, match="Priority is required"):
            await rz.create(draft(2, fields={"priority": ""}), [])
        with pytest.raises(Rejected, match="Priority has no option"):
            await rz.create(draft(3, fields={"priority": "enormous"}), [])
    assert "log.txt" in next(iter(emulator.state()["tickets"].values()))["by_label"]["Description"]


@pytest.mark.parametrize(
    ("switches", "more", "error"),
    [
        ({"create_404": "html"}, {"team": "nowhere"}, ConfigError),
        ({"create_404": "json"}, {"team": "nowhere"}, ConfigError),
        ({}, {"offer": "40118"}, Rejected),
        ({}, {"offer": "40113"}, Rejected),
        ({"hollow": frozenset(("create",))}, {}, InDoubt),
        ({"broken": {"create": "before"}}, {}, InDoubt),
        ({"broken": {"create": "after"}}, {}, InDoubt),
    ],
    ids=str,
)  # fmt: skip
async def test_what_a_refused_create_comes_to(switches: Any, more: Any, error: type[Exception]) -> None:
    emulator = RezolveEmulator(emptied(WORLD), switches=Switches(**switches))
    async with desk(emulator, **target(emulator, **more)) as rz:
        with pytest.raises(error):
            await made(rz, draft())


async def test_a_closed_team_and_a_missing_role_stop_the_writing() -> None:
    emulator = RezolveEmulator(emptied(WORLD))
    team = next(iter(emulator.tables.teams))
    emulator.switches.closed_teams = frozenset((team,))
    async with desk(emulator, **target(emulator)) as rz:
        with pytest.raises(AuthFailed, match=f"team {team}"):
            await made(rz, draft())
    emulator = RezolveEmulator(emptied(WORLD), auth=Auth(client_roles=("offline_access",)))
    async with desk(emulator, **target(emulator)) as rz:
        with pytest.raises(AuthFailed, match="USER_PERMISSION_FAILURE"):
            await made(rz, draft())
        assert isinstance(await rz.check(), object)  # reading goes on


LOST: list[dict[str, Any]] = [
    {},
    {"search_delay": 60.0},
    {"search_delay": 60.0, "row_generation": 1},
    {"search_delay": 60.0, "order_obeyed": False},
    {"search_delay": 60.0, "date_columns": "none"},
    {"search_delay": 60.0, "rows_lack": "data"},
]


@pytest.mark.parametrize("switches", LOST, ids=str)
@pytest.mark.parametrize("place", ["field", "summary", "description"])
async def test_a_lost_create_is_found_whatever_the_index(switches: dict[str, Any], place: str) -> None:
    emulator = RezolveEmulator(generate(2, 40), switches=Switches(**switches))
    own = {} if place == "field" else {"external_id_field_id": None}
    async with desk(emulator, marker_in_summary=place == "summary", **target(emulator, **own)) as rz:
        await rz.connect()
        emulator.carrier.set_faults(
            Faults(where="POST .*/create/.*", first=["cut_after", "after", "half", "cut_before"])
        )
        for number in range(1, 5):
            await rz.admit()
            with pytest.raises(InDoubt):
                await rz.create(draft(number), [])
        found = await rz.find([Key(f"IG-{n}") for n in range(1, 5)], None)
        assert set(found) == {"IG-1", "IG-2", "IG-3"}
        for key, id in found.items():
            (ticket,) = await rz.fetch([id])
            assert isinstance(ticket, Ticket)
            assert ticket.title.startswith(f"Printer {key[3:]}")
    # An earlier life left them: nothing is remembered.
    async with desk(emulator, marker_in_summary=place == "summary", **target(emulator, **own)) as rz:
        assert await rz.find([Key("IG-2"), Key("IG-4"), Key("IG-20")], None) == {Key("IG-2"): found[Key("IG-2")]}


async def test_a_list_that_lags_shows_the_ticket_in_the_end() -> None:
    emulator = RezolveEmulator(generate(2, 40), switches=Switches(list_delay=0.4))
    async with desk(emulator, **target(emulator)) as rz:
        emulator.carrier.set_faults(Faults(where="POST .*/create/.*", first=["cut_after"]))
        await rz.admit()
        with pytest.raises(InDoubt):
            await rz.create(draft(), [])
        assert await rz.find([Key("IG-1")], None) == {}
        await asyncio.sleep(0.5)
        assert set(await rz.find([Key("IG-1")], None)) == {"IG-1"}


async def test_no_answer_in_time_is_a_doubt_and_429_is_none() -> None:
    emulator = RezolveEmulator(emptied(WORLD))
    async with desk(emulator, timeout=0.3, **target(emulator)) as rz:
        await rz.admit()
        emulator.carrier.set_faults(Faults(where="POST .*/create/.*", latency=1.0))
        with pytest.raises(InDoubt):
            await rz.create(draft(), [])
    emulator = RezolveEmulator(emptied(WORLD))
    async with desk(emulator, **target(emulator)) as rz:
        await rz.admit()
        emulator.switches.rate_limit = 1
        await rz.fetch([TicketId("INC-1")])
        with pytest.raises(Retryable):
            await rz.create(draft(), [])


async def test_many_at_once_are_made_once_each() -> None:
    emulator = RezolveEmulator(emptied(WORLD))
    async with desk(emulator, **target(emulator)) as rz:
        ids = await asyncio.gather(*(made(rz, draft(n)) for n in range(30)))
    assert len(set(ids)) == 30 == len(emulator.tables.tickets)
    assert emulator.gate.issued == 1


# --- steps --------------------------------------------------------------------------------------------


def statuses(emulator: RezolveEmulator) -> dict[str, str]:
    return {one.key: one.id for one in emulator.tables.types[INCIDENT].statuses.values()}


STALE: list[dict[str, Any]] = [
    {}, {"automation": "touch"}, {"automation": "assign"}, {"stale": 400, "automation": "touch"},
    {"stale": 412, "update_answer": "bare"}, {"update_answer": "etag"}, {"update_answer": "data"},
]  # fmt: skip


@pytest.mark.parametrize("switches", STALE, ids=str)
@pytest.mark.parametrize("wanted", ["open", "in_progress", "pending", "cancelled"])
async def test_a_status_is_reached_hop_by_hop(switches: dict[str, Any], wanted: str) -> None:
    emulator = RezolveEmulator(emptied(WORLD), switches=Switches(status_field=True, **switches))
    own = {"status_field_id": uuids(emulator)["Status"]}
    one = draft(fields={"status": statuses(emulator)[wanted]})
    async with desk(emulator, **target(emulator, **own)) as rz:
        assert rz.capabilities.keeps_status
        await rz.connect()
        id = TicketId(await made(rz, one))
        (step,) = rz.steps(one)
        await rz.admit()
        await rz.step(id, one, step, [], lambda: None)
        assert await rz.happened(id, one, step) == ""
        await rz.step(id, one, step, [], lambda: None)  # a second time changes nothing
    assert emulator.tables.tickets[id].status == statuses(emulator)[wanted]


async def test_a_transition_that_needs_a_field_says_which() -> None:
    emulator = RezolveEmulator(emptied(WORLD), switches=Switches(status_field=True))
    ids = uuids(emulator)
    one = draft(fields={"status": statuses(emulator)["closed"]})
    async with desk(emulator, **target(emulator, status_field_id=ids["Status"])) as rz:
        id = TicketId(await made(rz, one))
        (step,) = rz.steps(one)
        with pytest.raises(Rejected, match="need Resolution"):
            await rz.step(id, one, step, [], lambda: None)
    own = {"status_field_id": ids["Status"], "fields": {"resolution": ids["Resolution"]}}
    one = draft(2, fields={"status": statuses(emulator)["closed"], "resolution": "Done before"})
    async with desk(emulator, **target(emulator, **own)) as rz:
        id = TicketId(await made(rz, one))
        await rz.step(id, one, step, [], lambda: None)
    assert emulator.state()["tickets"][id]["status"] == "Closed"


async def test_a_lost_answer_to_a_change_is_seen_on_the_ticket() -> None:
    emulator = RezolveEmulator(emptied(WORLD), switches=Switches(status_field=True))
    one = draft(fields={"status": statuses(emulator)["in_progress"]})
    async with desk(emulator, **target(emulator, status_field_id=uuids(emulator)["Status"])) as rz:
        id = TicketId(await made(rz, one))
        (step,) = rz.steps(one)
        emulator.carrier.set_faults(Faults(where="PATCH .*", first=["cut_before", "cut_after"]))
        for happened in (None, ""):
            with pytest.raises(InDoubt):
                await rz.step(id, one, step, [], lambda: None)
            assert await rz.happened(id, one, step) == happened


def comments() -> tuple[CommentDraft, ...]:
    return tuple(
        CommentDraft(str(n), Key(f"IG-1-c{n}"), None, f"<p>said {n}</p>", public)
        for n, public in ((1, True), (2, False))
    )


async def test_comments_become_notes_once_and_stay_private() -> None:
    emulator = RezolveEmulator(emptied(WORLD), switches=Switches(notes_read_path=NOTES, notes_write_path=NOTES))
    how = {"notes_read_path": NOTES, "notes_write_path": NOTES, "notes_keys": NOTE_KEYS,
           "notes_body": {"note": "{text}", "noteType": "{kind}"}}  # fmt: skip
    one = draft(comments=comments())
    async with desk(emulator, **how, **target(emulator)) as rz:
        assert (rz.capabilities.takes_comments, rz.capabilities.keeps_private) == (True, True)
        id = TicketId(await made(rz, one))
        first, second = rz.steps(one)
        emulator.carrier.set_faults(Faults(where="POST .*/notes", first=["cut_after"]))
        with pytest.raises(InDoubt):
            await rz.step(id, one, first, [], lambda: None)
        assert await rz.happened(id, one, first)
        assert await rz.happened(id, one, second) is None
        await rz.step(id, one, second, [], lambda: None)
    kept = emulator.state()["tickets"][id]["notes"]
    assert [(note["body"].split("</p>")[0], note["private"]) for note in kept] == [
        ("<p>said 1", False),
        ("<p>said 2", True),
    ]


async def test_comments_become_one_transcript() -> None:
    emulator = RezolveEmulator(emptied(WORLD), switches=Switches(automation="touch"))
    one = draft(comments=comments()[:1])
    async with desk(emulator, **target(emulator, transcript_field_id=uuids(emulator)["Transcript"])) as rz:
        id = TicketId(await made(rz, one))
        (step,) = rz.steps(one)
        assert await rz.happened(id, one, step) is None
        await rz.step(id, one, step, [], lambda: None)
        assert await rz.happened(id, one, step) == ""
    assert emulator.state()["tickets"][id]["by_label"]["Transcript"].startswith("<p>said 1</p>")
