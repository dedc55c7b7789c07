"""ServiceOps through real HTTP against its emulator: read whole whatever the version; what is written reads back."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from syncer.deskkit.contract import Download, Newer, Page, Written
from syncer.deskkit.emulation import Faults, Handler
from syncer.desks.motadata.config import MotadataConfig
from syncer.desks.motadata.desk import Motadata
from syncer.desks.motadata.emulator import MotadataEmulator, Switches
from syncer.errors import AuthFailed, ConfigError, InDoubt, Rejected, Retryable, SyncerError
from syncer.mapping.body import html_to_text
from syncer.model.draft import CommentDraft, Draft, TextFile
from syncer.model.ids import Cursor, Key, TicketId, Version
from syncer.model.ticket import File, Ticket
from syncer.sandbox.seed import generate
from tests.desks.serving import opened

KEY = {"kind": "api_key", "key": "sandbox%2Bkey%40example"}
PASSWORD = {"kind": "password", "client_id": "syncer", "client_secret": "sandbox-secret", "username": "bot@example.org",
            "password": "sandbox-secret"}  # fmt: skip
UPLOAD, DOWNLOAD = "/api/oprfile", "/api/files/{refFileName}"


def config(url: str, **more: Any) -> MotadataConfig:
    block = {"name": "ops", "base_url": url, "auth": KEY, "timeout": 5, "search_lag": 0.2, "pause": 0.2,
             "budget": {"per_second": 5000, "parallel": 8}, **more}  # fmt: skip
    return MotadataConfig.model_validate(block)


def desk(emulator: Any, **more: Any) -> AbstractAsyncContextManager[Motadata]:
    return opened(emulator, lambda url: Motadata(config(url, **more)))


def emulator(tickets: int = 60, seed: int = 1, **switches: Any) -> MotadataEmulator:
    return MotadataEmulator(generate(seed, tickets), switches=Switches(**switches))


async def ids_of(pages: AsyncIterator[Page]) -> set[str]:
    return {ref.id async for page in pages for ref in page.refs}


def all_ids(held: MotadataEmulator) -> set[str]:
    return {str(id) for id in held.tables.requests}


async def read(ops: Motadata, ids: set[str]) -> list[Ticket]:
    found = [(await ops.fetch([TicketId(id)]))[0] for id in sorted(ids, key=int)]
    tickets = [one for one in found if isinstance(one, Ticket)]
    assert len(tickets) == len(found)
    return tickets


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncer.deskkit.repeating.READ_ATTEMPTS", 2)


# --- as a source --------------------------------------------------------------------------------------


@pytest.mark.parametrize("auth", [KEY, PASSWORD, {**PASSWORD, "form": "urlencoded"}], ids=["key", "multipart", "form"])
async def test_a_scan_sees_every_ticket(auth: dict[str, str]) -> None:
    held = emulator(130)
    async with desk(held, auth=auth, page_size=20) as ops:
        assert await ids_of(ops.scan()) == all_ids(held)


@pytest.mark.parametrize(
    "switches",
    [
        {"absent_as_null": True, "absent_lists": True},
        {"size_cap": 7},
        {"size_cap": 7, "with_total": False},
        {"sort_direction": "asc"},
        {"sort_direction": "random"},
        {"sorts": frozenset()},
        {"type_spelling": "requester"},
        {"type_spelling": "capital", "file_links": True},
        {"drifting_names": False},
        {"empty_conversation_search": "refuse"},
        {"empty_conversation_search": "refuse", "invalid_status": 500, "error_body": "empty"},
        {"companies": False, "lives_by": "jwt", "opaque_tokens": True},
    ],
    ids=lambda one: "-".join(one) or "plain",
)
async def test_whole_tickets_read_the_same_whatever_the_version(switches: dict[str, Any]) -> None:
    plain = emulator()
    async with desk(plain) as ops:
        ids = await ids_of(ops.scan())
        expected = await read(ops, ids)
    odd = emulator(**switches)
    # Both fill themselves with files of random names.
    async with desk(odd, page_size=15) as ops:
        assert await ids_of(ops.scan()) == ids
        got = await read(ops, ids)
        told = {ref.id: ref.version async for page in ops.list_changed(Cursor("0")) for ref in page.refs}
    assert [shape(one) for one in got] == [shape(one) for one in expected]
    assert told == {one.id: one.version for one in got}


def shape(ticket: Ticket) -> dict[str, Any]:
    """A ticket without the random names of its files."""
    whole = {name: getattr(ticket, name) for name in ticket.__struct_fields__}
    said = [(c.id, c.author, c.created_at, c.body, c.public, names(c.files)) for c in ticket.comments]
    return {**whole, "files": names(ticket.files), "comments": said}


def names(files: Sequence[File]) -> list[str]:
    return [file.id.partition("/")[2] for file in files]


async def test_texts_arrive_as_the_desk_holds_them_and_private_stays_private() -> None:
    world = generate(3, 80)
    held = MotadataEmulator(world)
    async with desk(held) as ops:
        tickets = await read(ops, await ids_of(ops.scan()))
    for seed, ticket, request in zip(world.tickets, tickets, held.tables.requests.values(), strict=True):
        assert ticket.id == str(request.id)
        assert ticket.number == request.name
        assert ticket.title == " ".join(seed.title.split())
        assert [(c.body, c.public) for c in ticket.comments] == [(c.body, not c.private) for c in seed.comments]
        assert [c.created_at for c in ticket.comments] == [
            datetime.fromtimestamp(c.at // 60 * 60, UTC) for c in seed.comments
        ]
        assert ticket.values["status"] == request.status
        assert ticket.values["type"] == ("SR" if request.service else "INC")
        assert ticket.values.get("category", "") == request.category
        assert {k: v for k, v in ticket.custom.items() if k in seed.custom} == {
            k: v for k, v in seed.custom.items() if v
        }


async def test_a_description_with_its_markup_is_read_as_that_where_the_settings_say_so() -> None:
    world = generate(3, 40)
    async with desk(MotadataEmulator(world, switches=Switches(strip_html=False)), description_is="html") as ops:
        tickets = await read(ops, await ids_of(ops.scan()))
    assert [t.body for t in tickets] == [seed.body for seed in world.tickets]


async def test_times_of_conversations_are_in_the_zone_of_the_settings() -> None:
    world = generate(3, 40)
    held = MotadataEmulator(world, switches=Switches(conversation_zone="Asia/Kolkata"))
    async with desk(held, conversation_timezone="Asia/Kolkata") as ops:
        tickets = await read(ops, await ids_of(ops.scan()))
    times = [c.created_at for t in tickets for c in t.comments]
    assert times == [datetime.fromtimestamp(c.at // 60 * 60, UTC) for t in world.tickets for c in t.comments]


async def test_files_are_byte_equal_where_there_is_a_path_and_named_where_there_is_none(tmp_path: Path) -> None:
    held = emulator(150, 4, download_path=DOWNLOAD)
    wanted = {one["ref"]: one for t in held.state()["requests"].values()
              for holder in (t, *t["conversations"]) for one in holder["files"]}  # fmt: skip
    assert len(wanted) > 5
    async with desk(held, attachment_download_path=DOWNLOAD) as ops:
        for ticket in await read(ops, await ids_of(ops.scan())):
            for file in (*ticket.files, *(f for c in ticket.comments for f in c.files)):
                got = await ops.download(ticket.id, file.id, tmp_path)
                told = wanted.pop(file.id.partition("/")[0])
                assert got.path is not None
                assert got.name == told["name"]
                assert hashlib.sha256(got.path.read_bytes()).hexdigest() == told["sha256"]
        assert not wanted
        with pytest.raises(Rejected):
            await ops.download(TicketId("65"), "nothing/x.png", tmp_path)
    async with desk(held) as ops:
        with pytest.raises(Rejected) as e:
            await ops.download(ticket.id, file.id, tmp_path)
        assert e.value.reason == "no_download_path"


async def test_every_name_and_everybody_is_known_before_a_ticket_is_read() -> None:
    held = emulator(120)
    async with desk(held) as ops:
        known = {(v.kind, v.id) async for v in ops.lookups()}
        assert {kind for kind, _ in known} <= set(ops.capabilities.lookup_kinds)
        tickets = await read(ops, await ids_of(ops.scan()))
        assert not {pair for ticket in tickets for pair in ticket.values.items()} - known
        people = {t.requester for t in tickets} | {t.assignee for t in tickets}
        strangers = {id for id in people - {None} if ("person", id) not in known}
        assert all("@" not in str(id) for id in strangers)
    labels = {field.label for field in held.tables.fields.values()}
    assert {id for kind, id in known if kind == "custom_field"} == labels


async def test_configured_lists_add_their_names() -> None:
    held = emulator(5, lookup_paths=True)
    paths = {"status": "/api/request/status/search/byqual", "category": "/api/request/category"}
    async with desk(held, lookup_paths=paths, auth=PASSWORD) as ops:
        found = {(v.kind, v.id): v async for v in ops.lookups()}
    assert {("status", name) for name in held.tables.lookups["status"].values()} <= found.keys()
    assert {("category", name) for name in held.tables.lookups["category"].values()} <= found.keys()
    assert not found["status", "Pending in Approval"].active
    async with desk(held, lookup_paths=paths) as ops:  # a key may not be enough for these: they are done without
        less = {(v.kind, v.id) async for v in ops.lookups()}
        findings = (await ops.check()).findings
    assert {("status", "Open"), ("status", "Resolved")} <= less < found.keys()
    assert len(findings) == 2


async def test_changes_are_told_back_to_the_cursor_and_the_cursor_moves_on() -> None:
    held = emulator()
    async with desk(held) as ops:
        cursor = [page async for page in ops.scan()][-1].cursor
        assert cursor is not None
        edited = sorted(held.tables.requests)[7]
        held.staff.edit(edited, subject="changed")
        pages = [page async for page in ops.list_changed(cursor)]
    assert str(edited) in {ref.id for page in pages for ref in page.refs}
    assert int(pages[-1].cursor or 0) > int(cursor)
    assert len({ref.id for page in pages for ref in page.refs}) < 60


class Busy:
    """An emulator where somebody does something after each page of the list."""

    def __init__(self, held: MotadataEmulator, after: Callable[[int], None]) -> None:
        self.held = held
        self._after = after

    def app(self) -> web.Application:
        app = self.held.app()

        @web.middleware
        async def people(request: web.Request, handler: Handler) -> web.StreamResponse:
            response = await handler(request)
            if request.path == "/api/v1/request/search/byqual":
                self._after(int(request.query["offset"]))
            return response

        app.middlewares.append(people)
        return app


@pytest.mark.parametrize("direction", ["asc", "desc"])
async def test_nothing_that_existed_throughout_is_missed_while_requests_come_and_go(direction: str) -> None:
    held = emulator(200, sort_direction=direction)
    before = all_ids(held)
    read_already = sorted(map(int, before), reverse=direction == "desc")[:80]

    made: list[int] = []

    def people(offset: int) -> None:
        if len(made) < 40:
            made.append(held.staff.create())
        if offset > 100:  # far more go at once than an overlap makes up for
            for _ in range(min(12, len(read_already))):
                held.staff.vanish(read_already.pop())

    async with desk(Busy(held, people), page_size=10) as ops:
        found = await ids_of(ops.scan())
    assert not read_already
    assert before & all_ids(held) - found == set()


async def test_a_change_during_a_scan_is_told_by_the_delta_after_it() -> None:
    held = emulator(100)
    ids = sorted(held.tables.requests)
    edited: list[int] = []

    def people(offset: int) -> None:
        held.carrier.clock.advance(600)  # longer than any overlap
        edited.append(ids[len(edited) % len(ids)])
        held.staff.edit(edited[-1], subject=f"edited {len(edited)}")

    async with desk(Busy(held, people), page_size=10) as ops:
        cursor = [page async for page in ops.scan()][-1].cursor
        assert cursor is not None
        count = len(edited)
        told = {ref.id: ref.version async for page in ops.list_changed(cursor) for ref in page.refs}
    # But for the three pages from which the cursor is made, all edits came after it.
    assert {str(id) for id in edited[3:count]} <= set(told)


async def test_a_token_that_ends_within_a_scan_is_renewed_and_nobody_notices() -> None:
    held = emulator(60, expires_in=7199)
    seen: set[str] = set()
    async with desk(held, auth=PASSWORD, page_size=10) as ops:
        async for page in ops.scan():
            seen |= {ref.id for ref in page.refs}
            held.carrier.clock.advance(7200)
    assert seen == all_ids(held)
    assert any(entry.status == 401 for entry in held.carrier.log)


async def test_a_limit_is_kept_to_by_its_own_headers() -> None:
    held = emulator(30, rate_limit=5, rate_refill=50.0)
    async with desk(held, page_size=5) as ops:
        assert await ids_of(ops.scan()) == all_ids(held)


async def test_wrong_credentials_and_a_wrong_address_are_told_apart() -> None:
    for auth in ({**PASSWORD, "password": "wrong-one"}, {"kind": "api_key", "key": "wrong-one"}):
        async with desk(emulator(5), auth=auth) as ops:
            with pytest.raises(AuthFailed) as refused:
                await ops.check()
            assert "wrong-one" not in refused.value.message
    async with desk(emulator(5, missing=frozenset({"search"}))) as ops:
        with pytest.raises(ConfigError, match="unsupported server generation"):
            await ops.check()
    async with desk(emulator(5, missing=frozenset({"search"}), unknown_path="html_200")) as ops:
        with pytest.raises(ConfigError):
            await ops.check()
    async with desk(emulator(5, expects_https=True), auth=PASSWORD) as ops:
        with pytest.raises(AuthFailed) as refused:
            await ops.check()
        assert "https" in refused.value.hint


async def test_check_finds_nothing_to_say_of_a_desk_that_is_as_documented() -> None:
    async with desk(emulator(30), marker_field="External Id") as ops:
        account = await ops.check()
    assert account.findings == ()
    assert "30 requests" in account.detail


# --- as a target --------------------------------------------------------------------------------------


def people_of(held: MotadataEmulator) -> tuple[str, str]:
    """A requester and a technician."""
    live = [one for one in held.tables.people.values() if one.email and not one.deleted and not one.disabled]
    return (next(one.email for one in live if not one.technician), next(one.email for one in live if one.technician))


def draft(held: MotadataEmulator, number: int = 7, **more: Any) -> Draft:
    requester, technician = people_of(held)
    fields = {
        "requester": requester.lower(), "assignee": technician.lower(), "status": "Closed", "priority": "High",
        "impact": "On User", "urgency": "Low", "support_level": "Tier2", "department": "IT", "source": "Email",
        "category": next(iter(held.tables.lookups["category"].values())),
        "location": next(iter(held.tables.lookups["location"].values())),
    }  # fmt: skip
    said = tuple(
        CommentDraft(
            str(n), Key(f"IG-{number}-c{n}"), None, f"<p>Ada wrote on 2025-0{n}:</p><p>näh <b>{n}</b></p>", n != 2
        )
        for n in (1, 2, 3)
    )
    known: dict[str, Any] = {
        "source_id": TicketId(str(number)), "version": Version("1"), "key": Key(f"IG-{number}"),
        "title": f"Down 🚒 [IG-{number}]", "body": "<p>It <b>burns</b></p>", "fields": fields, "comments": said,
    }  # fmt: skip
    return Draft(**{**known, **more})


async def loaded(ops: Motadata, one: Draft, files: tuple[Download, ...] = ()) -> tuple[TicketId, list[str]]:
    """The ticket made and all its steps done; its id, and the losses on the way."""
    await ops.admit()
    made = await ops.create(one, files)
    losses = list(made.losses)
    for step in ops.steps(one):
        await ops.admit()
        there = tuple(files) if step.comment is not None and step.comment.files else ()
        done: Written = await ops.step(made.id, one, step, there, lambda: None)
        losses += done.losses
        assert await ops.happened(made.id, one, step) is not None, step.name
    return made.id, losses


@pytest.mark.parametrize(
    "switches",
    [
        {},
        {"echo_loss": False, "patch_answer": "empty"},
        {"patch_requires_subject": True},
        {"patch_requires_subject": True, "invalid_status": 500, "error_body": "empty"},
        {"closed_after_resolved": True, "close_needs": frozenset({"note", "assignee", "location"})},
        {"note_first": frozenset({"priorityName"}), "on_resolved": "refuse"},
        {"on_resolved": "reopen", "bump_on_conversation": True},
        {"drifting_names": False, "sort_direction": "asc"},
        {"absent_as_null": True, "empty_conversation_search": "refuse"},
        {"custom_patch": "replace", "list_patch": "merge", "idle_patch_bumps": True},
        {"auto_assign": True},
        {"subject_replaced": False, "create_lag_ms": 0},
    ],
    ids=lambda one: "-".join(one) or "plain",
)
async def test_what_was_drafted_reads_back_whatever_the_version(switches: dict[str, Any]) -> None:
    held = emulator(20, **switches)
    one = draft(held)
    async with desk(held) as ops:
        id, losses = await loaded(ops, one)
        (ticket,) = await read(ops, {id})
    assert losses == ["public_as_note", "public_as_note"]
    values = {kind: v for kind, v in one.fields.items() if kind not in {"requester", "assignee"}}
    assert ticket.values == {"type": "INC", **values}
    assert (ticket.title, ticket.requester, ticket.assignee) == (
        one.title, one.fields["requester"], one.fields["assignee"],
    )  # fmt: skip
    assert html_to_text(ticket.body) == "It burns"
    assert [html_to_text(c.body).splitlines() for c in ticket.comments] == [
        [f"({'Private' if n == 2 else 'Public'}) Ada wrote on 2025-0{n}:", "", f"näh {n}", "", f"[ext:IG-7-c{n}]"]
        for n in (1, 2, 3)
    ]
    assert not any(c.public for c in ticket.comments)
    assert ticket.tags == ()
    assert held.state()["deletions_tried"] == 0
    assert not any(mail["kind"] == "reply" for mail in held.state()["mails"])


async def test_public_replies_are_written_and_mailed_only_where_that_is_wanted() -> None:
    held = emulator(20)
    one = draft(held)
    async with desk(held, public_replies=True) as ops:
        assert [mail.to for mail in ops.capabilities.mails if mail.on == "reply"] == [("requester",)]
        id, losses = await loaded(ops, one)
        (ticket,) = await read(ops, {id})
    assert losses == []
    assert [c.public for c in ticket.comments] == [True, False, True]
    to = [mail["to"] for mail in held.state()["mails"] if mail["conversation"] is not None]
    assert [[email.lower() for email in one] for one in to] == [[one.fields["requester"]]] * 2


async def test_files_go_with_the_request_and_with_the_comment_they_belong_to() -> None:
    held = emulator(20, upload_path=UPLOAD, download_path=DOWNLOAD)
    log = Download('log ü".txt', "text/plain", 5, content=b"lines")
    big = Download("big.bin", "application/octet-stream", 6_000_000, content=b"x" * 6_000_000)
    said = CommentDraft("1", Key("IG-7-c1"), None, "<p>Ada:</p>see", False, (File("f"),))
    one = draft(held, comments=(said,))
    async with desk(held, attachment_upload_path=UPLOAD) as ops:
        id, losses = await loaded(ops, one, (log, big))
    assert losses == ["file_too_large", "file_too_large"]
    kept = held.state()["requests"][id]
    assert [f["sha256"] for f in kept["files"]] == [hashlib.sha256(b"lines").hexdigest()]
    assert [f["sha256"] for f in kept["conversations"][0]["files"]] == [hashlib.sha256(b"lines").hexdigest()]
    assert "big.bin" in kept["description"]
    assert held.state()["unused_files"] == []


async def test_without_a_way_for_files_the_rest_of_a_long_text_goes_into_notes() -> None:
    held = emulator(20)
    rest = "<p>" + "".join(f"line {n}<br>" for n in range(6000)) + "</p>"
    one = draft(held, texts=(TextFile("IG-7-rest.html", rest),), comments=())
    text = Download("IG-7-rest.html", "text/plain", len(rest), content=rest.encode())
    async with desk(held) as ops:
        id, losses = await loaded(ops, one, (text,))
        (ticket,) = await read(ops, {id})
    assert losses == []
    whole = " ".join(html_to_text(c.body) for c in ticket.comments)
    assert len(ticket.comments) > 1
    assert "line 0" in whole
    assert "line 5999" in whole


async def test_the_marker_stands_in_its_field_where_there_is_one_and_in_the_text_where_it_did_not_stick() -> None:
    held = emulator(20)
    async with desk(held, marker_field="External Id") as ops:
        id, losses = await loaded(ops, draft(held, comments=()))
    assert losses == []
    assert held.state()["requests"][id]["custom_by_label"]["External Id"] == "IG-7"
    async with desk(held, marker_field="No such field") as ops:
        _, losses = await loaded(ops, draft(held, 8, comments=()))
        assert losses == ["marker_as_text"]
        id, _ = await loaded(ops, draft(held, 9, comments=()))
    assert held.state()["requests"][id]["description"].endswith("<p>[ext:IG-9]</p>")


async def test_what_is_taken_and_not_kept_is_counted() -> None:
    held = emulator(20, ignored_keys=frozenset({"priorityName", "assigneeEmail"}))
    async with desk(held) as ops:
        _, losses = await loaded_but(ops, draft(held, comments=()))
    assert sorted(losses) == ["assignee_as_text", "value_not_kept"]


async def loaded_but(ops: Motadata, one: Draft) -> tuple[TicketId, list[str]]:
    """As `loaded`, where not every step leaves what it was to leave."""
    made = await ops.create(one, ())
    losses = list(made.losses)
    for step in ops.steps(one):
        losses += (await ops.step(made.id, one, step, (), lambda: None)).losses
    return made.id, losses


async def test_somebody_who_is_no_technician_is_left_out_as_assignee() -> None:
    held = emulator(20)
    one = draft(held, comments=())
    one.fields["assignee"] = one.fields["requester"]
    async with desk(held) as ops:
        id, losses = await loaded_but(ops, one)
    assert losses == ["assignee_as_text"]
    assert held.state()["requests"][id]["status"] == "Closed"


@pytest.mark.parametrize("violation", ["refuse", "ignore"])
@pytest.mark.parametrize("status", [400, 500])
async def test_a_rule_that_forbids_to_close_parks_the_ticket_with_all_else_done(violation: str, status: int) -> None:
    held = emulator(20, close_needs=frozenset({"solution"}), rule_violation=violation, rule_status=status)
    one = draft(held)
    async with desk(held) as ops:
        with pytest.raises(Rejected) as e:
            await loaded(ops, one)
    assert e.value.reason == "refused"
    kept = next(r for r in held.state()["requests"].values() if "[IG-7]" in r["subject"])
    assert (kept["status"], len(kept["conversations"])) == ("Resolved", 3)


@pytest.mark.parametrize("number", [400, 500])
async def test_a_requester_the_desk_does_not_know_is_no_ticket(number: int) -> None:
    held = emulator(20, invalid_status=number)
    before = all_ids(held)
    one = draft(held)
    one.fields["requester"] = "nobody@nowhere.example"
    async with desk(held) as ops:
        with pytest.raises(Rejected if number == 400 else InDoubt):
            await ops.create(one, ())
        assert await ops.find([one.key], Newer(TicketId(max(before, key=int)), before)) == {}
    assert all_ids(held) == before


@pytest.mark.parametrize("fault", ["after", "cut_after", "half", "html"])
@pytest.mark.parametrize("unknown_id", ["404", "empty_200", "html_200", "400", "500"])
async def test_a_create_whose_answer_was_lost_is_found_though_no_list_shows_it(fault: str, unknown_id: str) -> None:
    held = emulator(20, unknown_id=unknown_id)
    newest = TicketId(max(all_ids(held), key=int))
    one = draft(held)
    async with desk(held, probe_misses=3) as ops:
        held.carrier.set_faults(Faults(where="POST /api/v1/request", first=[fault], search_lag=3600.0))
        with pytest.raises(InDoubt):
            await ops.create(one, ())
        assert await ops.find([one.key], None) == {}
        found = await ops.find([one.key, Key("IG-70")], Newer(newest, set()))
        held.carrier.set_faults(Faults())
        assert await ops.find([one.key], None) == found
    assert list(found) == [one.key]
    assert int(found[one.key]) == int(newest) + 1


@pytest.mark.parametrize("fault", ["before", "cut_before"])
async def test_a_create_that_never_arrived_is_surely_absent(fault: str) -> None:
    held = emulator(20)
    newest = TicketId(max(all_ids(held), key=int))
    held.carrier.set_faults(Faults(where="POST /api/v1/request", first=[fault]))
    async with desk(held) as ops:
        with pytest.raises(InDoubt):
            await ops.create(draft(held), ())
        assert await ops.find([Key("IG-7")], Newer(newest, set())) == {}


@pytest.mark.parametrize("direction", ["asc", "desc", "random"])
async def test_a_marker_is_found_in_a_large_list_whichever_way_it_is_sorted(direction: str) -> None:
    held = emulator(300, sort_direction=direction, size_cap=13)
    async with desk(held, page_size=20) as ops:
        id, _ = await loaded(ops, draft(held, comments=()))
        for _ in range(20):
            held.staff.create()
        assert await ops.find([Key("IG-7")], None) == {"IG-7": id}


@pytest.mark.parametrize("broken", ["ignored", "refused", "nothing"])
@pytest.mark.parametrize("style", ["any", "underscore", "camel"])
@pytest.mark.parametrize("field", [None, "External Id"])
async def test_a_search_condition_helps_or_does_no_harm(broken: str, style: str, field: str | None) -> None:
    for filters in (frozenset({"customField", "request.tags"}), frozenset[str]()):
        held = emulator(20, broken_filters=filters, broken_filter=broken, operator_style=style)
        ours = "camel" if style == "camel" else "lower"
        async with desk(held, marker_search=True, marker_field=field, operator_style=ours, find_pages=1) as ops:
            id, _ = await loaded(ops, draft(held, comments=()))
            assert await ops.find([Key("IG-7")], None) == {"IG-7": id}


@pytest.mark.parametrize("fault", ["after", "cut_after", "half", "html"])
async def test_a_comment_whose_answer_was_lost_is_seen_on_the_request(fault: str) -> None:
    held = emulator(20)
    one = draft(held)
    async with desk(held) as ops:
        made = await ops.create(one, ())
        step = next(s for s in ops.steps(one) if s.comment)
        assert await ops.happened(made.id, one, step) is None
        held.carrier.set_faults(Faults(where="POST .*/conversation", first=[fault]))
        with pytest.raises(InDoubt):
            await ops.step(made.id, one, step, (), lambda: None)
        assert await ops.happened(made.id, one, step) is not None
    assert len(held.state()["requests"][made.id]["conversations"]) == 1


@pytest.mark.parametrize("fault", ["after", "cut_after", "half"])
@pytest.mark.parametrize("name", ["assign", "status"])
async def test_a_change_whose_answer_was_lost_is_seen_on_the_request(fault: str, name: str) -> None:
    held = emulator(20)
    one = draft(held)
    one.fields["status"] = "In Progress"
    async with desk(held) as ops:
        made = await ops.create(one, ())
        step = next(s for s in ops.steps(one) if s.name == name)
        assert await ops.happened(made.id, one, step) is None
        held.carrier.set_faults(Faults(where="PATCH .*", first=[fault]))
        with pytest.raises(InDoubt):
            await ops.step(made.id, one, step, (), lambda: None)
        assert await ops.happened(made.id, one, step) == ""


async def test_a_fence_that_closes_lets_nothing_out() -> None:
    class Closed(SyncerError):
        """We may not write any more."""

    def closed() -> None:
        raise Closed("closed")

    held = emulator(20, upload_path=UPLOAD)
    one = draft(held)
    async with desk(held, attachment_upload_path=UPLOAD) as ops:
        id = (await ops.create(one, ())).id
        before = held.state()["requests"]
        with pytest.raises(Closed):
            await ops.create(one, [Download("a", "text/plain", 1, content=b"a")], closed)
        for step in ops.steps(one):
            if step.name != "verify":
                with pytest.raises(Closed):
                    await ops.step(id, one, step, (), closed)
    assert held.state()["requests"] == before
    assert held.state()["unused_files"] == []


async def test_a_group_is_written_under_the_key_of_the_settings() -> None:
    held = emulator(20, group_key="technicianGroupName")
    one = draft(held, comments=())
    one.fields["group"] = next(iter(held.tables.lookups["group"].values()))
    async with desk(held, group_key="technicianGroupName") as ops:
        assert "group" in ops.capabilities.fields
        id, losses = await loaded(ops, one)
    assert losses == []
    assert held.state()["requests"][id]["group"] == one.fields["group"]
    async with desk(held) as ops:
        assert "group" not in ops.capabilities.fields


async def test_a_desk_that_is_down_is_retryable_with_its_address() -> None:
    ops = Motadata(config("http://127.0.0.1:9"))
    with pytest.raises(Retryable, match=r"127\.0\.0\.1:9"):
        await ops.check()
    await ops.close()
