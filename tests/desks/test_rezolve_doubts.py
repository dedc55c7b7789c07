"""Rezolve.ai where it says little, late or nothing: no doubt is closed on a guess, no write leaves out of its time."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from syncer.deskkit.contract import Step
from syncer.desks.rezolve import wire
from syncer.desks.rezolve.desk import Rezolve
from syncer.errors import AuthFailed, Fatal, InDoubt, LeaseLost, Rejected, Retryable
from syncer.model.ids import Key, TicketId
from tests.desks.test_rezolve_answers import (
    CREATE,
    EXPIRED,
    LIST,
    MADE,
    PAGE,
    REFUSED,
    STALE,
    WHOLE,
    Script,
    T,
    Tickets,
    comment,
    created,
    desk,
    draft,
    record,
    rows_of,
)
from tests.unit.test_rezolve_wire import BODY, MARK, RECORD, STATE, SUBJECT, TYPE

ID, KEY = TicketId("REQ-2041"), Key("IG-812")
GET, UPDATE, NOTES = f"{T}/ticket/REQ-2041", f"{T}/ticket/REQ-2041/update", f"{T}/ticket/REQ-2041/notes"
WHERE = f"{T}/ticket/{{objectId}}/notes"
FORBIDDEN = (403, {"success": False, "error": {"code": "FORBIDDEN", "message": "not for you"}})
STATUS = Step("status")
PATIENT = {"list_lag": 0.6}


def late(seconds: float, answer: Any) -> Callable[[Any], Awaitable[Any]]:
    """An answer that takes its time."""

    async def answered(_: Any) -> Any:
        await asyncio.sleep(seconds)
        return answer

    return answered


class Fence:
    """Lets so many writes pass."""

    def __init__(self, passes: int) -> None:
        self.passes = passes

    def __call__(self) -> None:
        if self.passes == 0:
            raise LeaseLost("another process writes now")
        self.passes -= 1


def line(*names: str) -> dict[str, Any]:
    """A type whose statuses stand in a line."""
    return {
        **TYPE,
        "workflow": {
            "statuses": [{"id": f"s{n}", "name": name, "key": name} for n, name in enumerate(names)],
            "transitions": [{"from": [f"s{n}"], "to": f"s{n + 1}"} for n in range(len(names) - 1)],
        },
    }


def workflow(kind: dict[str, Any]) -> dict[str, Any]:
    return {f"{T}/ticket-type": {"data": {"value": [kind], "@odata.count": 1}}}


LINE = workflow(line("Open", "Doing", "Done", "Over"))


async def lead(rz: Rezolve, wanted: str, fence: Callable[[], None] = lambda: None) -> None:
    await rz.step(ID, draft(status=wanted), STATUS, [], fence)


# --- a create -----------------------------------------------------------------------------------------


async def test_a_create_that_was_refused_late_does_not_leave_once_more_after_its_time() -> None:
    script = Script({CREATE: [late(0.7, EXPIRED), MADE]})
    with pytest.raises(Retryable, match="no time is left"):
        await created(script, timeout=1)
    assert len(script.sent(CREATE)) == 1


async def test_a_create_that_goes_once_more_takes_a_slot_of_the_budget_of_its_own() -> None:
    async with desk(Script({CREATE: [EXPIRED, MADE]}), verify_created=False) as rz:
        await rz.admit()
        taken = rz.budget.taken
        await rz.create(draft(), [])
        assert rz.budget.taken - taken == 2  # the log-in, and the create once more; its first slot was taken before


async def test_the_answer_is_waited_for_no_longer_than_the_attempt_lasts() -> None:
    script = Script({CREATE: [late(0.8, EXPIRED), late(3, MADE)]})
    async with desk(script, timeout=2) as rz:
        await rz.admit()
        began = time.monotonic()
        with pytest.raises(InDoubt, match="no answer"):
            await rz.create(draft(), [])
        assert time.monotonic() - began < 2.5
    assert len(script.sent(CREATE)) == 2


async def test_who_lost_the_right_to_write_sends_no_create_again() -> None:
    script = Script({CREATE: [EXPIRED, MADE]})
    async with desk(script) as rz:
        with pytest.raises(LeaseLost):
            await rz.create(draft(), [], Fence(1))
    assert len(script.sent(CREATE)) == 1


async def test_a_ticket_that_shows_late_is_made() -> None:
    script = Script({CREATE: MADE, GET: [(404, PAGE), (404, PAGE), {"data": WHOLE}]})
    assert (await created(script, list_lag=5)).losses == ()


async def test_what_a_new_ticket_does_not_keep_is_counted() -> None:
    kept = {key: value for key, value in WHOLE["data"].items() if key not in {SUBJECT, BODY}}
    script = Script({CREATE: MADE, GET: {"data": {**WHOLE, "data": kept}}})
    assert (await created(script)).losses == ("value_not_kept",) * 2


# --- the look for a ticket ----------------------------------------------------------------------------


def pointers(*rows: dict[str, Any]) -> dict[str, Any]:
    return {LIST: rows_of(list(rows), pointers=True, indexed=False)}


NOW = datetime.now(UTC)
OURS = record(50, NOW, data={**RECORD["data"], MARK: KEY}, summary="Printer")


async def test_a_list_that_is_not_for_us_does_not_say_that_a_ticket_is_absent() -> None:
    script = Script()
    async with desk(script) as rz:
        await rz.connect()
        script.paths[LIST] = [FORBIDDEN]
        with pytest.raises(AuthFailed, match="403"):
            await rz.find([KEY], None)


@pytest.mark.parametrize("answer", [FORBIDDEN, (400, REFUSED), {"success": False}], ids=str)
async def test_a_row_that_cannot_be_looked_at_may_be_ours_also_next_time(answer: Any) -> None:
    path = f"{T}/ticket/{OURS['object_id']}"
    async with desk(Script({**pointers(OURS), path: [answer, answer, {"data": OURS}]})) as rz:
        for _ in range(2):
            with pytest.raises(Rejected):
                await rz.find([KEY], None)
        assert await rz.find([KEY], None) == {KEY: "REQ-50"}


async def test_rows_that_show_some_of_their_fields_are_read_themselves_and_once() -> None:
    bare = record(48, NOW - timedelta(minutes=2), data={"offerId": "40112"})
    other = record(49, NOW - timedelta(minutes=1))
    shown = [bare, *({**row, "data": {SUBJECT: "Printer", "offerId": "40112"}} for row in (other, OURS))]
    paths = {f"{T}/ticket/{row['object_id']}": {"data": row} for row in (bare, other, OURS)}
    script = Script({LIST: rows_of(shown, indexed=False), **paths})
    async with desk(script) as rz:
        assert await rz.find([KEY], None) == {KEY: "REQ-50"}
        assert await rz.find([Key("IG-9")], None) == {}
    assert [len(script.sent(path)) for path in paths] == [1, 1, 1]


async def test_a_walk_that_broke_off_is_walked_again() -> None:
    """An earlier life's ticket is old; the look for it breaks off before it comes to it, and is then made again."""
    old = [record(n, NOW - timedelta(days=30 - n), data={**RECORD["data"]}) for n in range(1, 6)]
    old[4]["data"][MARK] = KEY
    rows = [*old, record(60, NOW)]
    whole = rows_of(rows, indexed=False)
    script = Script({LIST: whole, CREATE: None, **{f"{T}/ticket/{r['object_id']}": {"data": r} for r in rows}})
    async with desk(script, list_rows=3) as rz:
        with pytest.raises(InDoubt):
            await rz.create(replace(draft(), key=Key("IG-9")), [])
        assert await rz.find([Key("IG-9")], None) == {}
        # Searched, one page of the walk, and no more.
        script.paths[LIST] = [whole, whole, FORBIDDEN]
        with pytest.raises(AuthFailed):
            await rz.find([KEY], None)
        script.paths[LIST] = [whole]
        assert await rz.find([KEY], None) == {KEY: "REQ-5"}


@pytest.mark.parametrize("count", [FORBIDDEN, {"data": {}}, {"data": {"counts": {"all": 3}}}], ids=str)
async def test_the_silence_of_a_list_that_never_showed_a_ticket_proves_nothing(count: Any) -> None:
    async with desk(Script({LIST: rows_of([]), f"{T}/ticket/count": count}), list_lag=0.1) as rz:
        await rz.connect()
        with pytest.raises(Rejected, match="never shown a ticket"):
            await rz.find([KEY], None)


async def test_a_list_that_begins_to_show_tickets_is_waited_for() -> None:
    rows: list[dict[str, Any]] = []
    script = Script({LIST: rows_of(rows, indexed=False)})
    async with desk(script, list_lag=5) as rz:
        look = asyncio.create_task(rz.find([KEY], None))
        await asyncio.sleep(0.3)
        rows.append(OURS)
        assert await look == {KEY: "REQ-50"}


async def test_a_ticket_that_a_list_shows_late_is_found_in_time_that_was_walked_before() -> None:
    rows = [record(60, NOW)]
    async with desk(
        Script({
            LIST: rows_of(rows, indexed=False), f"{T}/ticket/REQ-60": {"data": rows[0]},
            f"{T}/ticket/REQ-50": {"data": OURS},
        }),
        list_lag=100, recovery_minutes=1,
    ) as rz:  # fmt: skip
        assert await rz.find([KEY], None) == {}
        rows.append({**OURS, "created_at": wire.stamp(NOW - timedelta(seconds=100))})
        assert await rz.find([KEY], None) == {KEY: "REQ-50"}


async def test_a_text_that_ends_like_a_marker_does_not_hide_the_marker() -> None:
    theirs = {**RECORD["data"], BODY: "<p>The same as [IG-1]</p>"}
    ours = record(50, NOW, data={**theirs, MARK: KEY}, summary="See [IG-2]")
    script = Script({LIST: rows_of([ours], indexed=False), CREATE: MADE, GET: {"data": ours}})
    async with desk(script) as rz:
        assert await rz.find([KEY], None) == {KEY: "REQ-50"}
        assert await rz.find([Key("IG-1")], None) == {}
        assert (await rz.create(draft(), [])).losses == ()


# --- a change under its etag --------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [{}, [], {"message": "hello"}, "", (500, ""), (408, "")], ids=str)
async def test_an_answer_that_does_not_say_yes_leaves_a_change_in_doubt(answer: Any) -> None:
    script = Tickets([answer])
    async with desk(script) as rz:
        with pytest.raises(InDoubt):
            await lead(rz, "Work in progress")
    assert len(script.updates) == 1


async def test_a_ticket_that_may_not_be_changed_is_parked_and_does_not_stop_the_others() -> None:
    async with desk(Tickets([FORBIDDEN])) as rz:
        with pytest.raises(Rejected, match="403"):
            await lead(rz, "Work in progress")


async def test_after_a_stale_etag_the_way_is_planned_from_where_the_ticket_is_now() -> None:
    script = Tickets([], **LINE)

    def moved_on(_: Any) -> Any:
        script.row = {**script.row, "etag": "another", "status_type": "Done"}
        return (409, STALE)

    script.paths[UPDATE] = [moved_on, script._update]
    async with desk(script) as rz:
        await lead(rz, "Over")
    assert [one["ticketUpdate"][STATE] for one in script.updates] == ["Doing", "Over"]


async def test_a_stale_etag_of_a_ticket_that_is_there_already_is_no_second_change() -> None:
    script = Tickets([])

    def done(_: Any) -> Any:
        script.row = {**script.row, "etag": "another", "status_type": "Work in progress"}
        return (409, STALE)

    script.paths[UPDATE] = [done, script._update]
    async with desk(script) as rz:
        await lead(rz, "Work in progress")
    assert len(script.updates) == 1


async def test_a_transcript_that_landed_after_all_is_not_written_over() -> None:
    own = {"team": "it", "offer": "40112", "transcript_field_id": SUBJECT}
    made = replace(draft(), comments=(comment("1"),))
    script = Tickets([])

    def landed(_: Any) -> Any:
        told = {**script.row["data"], SUBJECT: "<p>said 1</p><p>[IG-812-transcript]</p>"}
        script.row = {**script.row, "etag": "another", "data": told}
        return (412, STALE)

    script.paths[UPDATE] = [landed, script._update]
    async with desk(script, types={"17020": own}) as rz:
        (step,) = rz.steps(made)
        await rz.step(ID, made, step, [], lambda: None)
    assert len(script.updates) == 1


async def test_a_stale_etag_that_is_the_newest_one_is_not_tried_for_ever() -> None:
    script = Tickets([])
    script.paths[UPDATE] = [(409, STALE)]
    async with desk(script, list_lag=0.6) as rz:
        with pytest.raises(Rejected, match="shows no change") as e:
            await lead(rz, "Work in progress")
    assert (len(script.updates), e.value.reason) == (1, "refused")


async def test_a_status_that_is_turned_back_each_time_is_not_led_for_ever() -> None:
    script = Tickets([], **LINE)
    states = ["Doing", "Open"] * 20

    def turned(_: Any) -> Any:
        script.row = {**script.row, "etag": f"{len(states)}", "status_type": states.pop(0)}
        return {"success": True}

    script.paths[UPDATE] = [turned]
    async with desk(script) as rz:
        with pytest.raises(Rejected, match="stays in status"):
            await lead(rz, "Over")
    assert len(script.updates) <= 8


async def test_what_was_taken_and_does_not_show_is_in_doubt() -> None:
    script = Tickets([])
    script.paths[UPDATE] = [{"success": True, "ticket": {"etag": "new"}}]
    async with desk(script, list_lag=0.6) as rz:
        with pytest.raises(Rejected, match="shows no change") as e:
            await lead(rz, "Work in progress")
    assert e.value.reason == "in_doubt"
    assert len(script.updates) == 1


async def test_a_ticket_that_is_shown_as_it_was_is_waited_for() -> None:
    script = Tickets([], **LINE)
    lagging: list[dict[str, Any]] = []
    update = script._update

    def slowly(body: Any) -> Any:
        lagging.extend([script.row] * 2)
        return update(body)

    script.paths[UPDATE] = [slowly]
    script.paths[GET] = [lambda _: {"data": lagging.pop() if lagging else script.row}]
    async with desk(script, timeout=20) as rz:
        await lead(rz, "Over")
    assert [one["ticketUpdate"][STATE] for one in script.updates] == ["Doing", "Done", "Over"]


async def test_a_change_is_looked_for_as_long_as_what_is_read_may_lag() -> None:
    script = Tickets([])
    before, at = script.row, time.monotonic() + 2.2
    script.paths[GET] = [lambda _: {"data": script.row if time.monotonic() > at else before}]
    async with desk(script, list_lag=6) as rz:
        await lead(rz, "Work in progress")
    assert len(script.updates) == 1


async def test_a_way_of_many_slow_hops_goes_on_in_the_next_attempt() -> None:
    script = Tickets([], **LINE)
    update = script._update
    script.paths[UPDATE] = [lambda body: late(0.6, update(body))(body)]
    attempts = 1
    async with desk(script, timeout=1) as rz:
        while True:
            try:
                await lead(rz, "Over")
                break
            except Retryable:
                attempts += 1
    assert (attempts, len(script.updates)) == (3, 3)


async def test_who_lost_the_right_to_write_changes_nothing_more() -> None:
    script = Tickets([], **LINE)
    async with desk(script) as rz:
        with pytest.raises(LeaseLost):
            await lead(rz, "Over", Fence(1))
    assert len(script.updates) == 1
    script = Tickets([(409, STALE)])
    async with desk(script) as rz:
        with pytest.raises(LeaseLost):
            await lead(rz, "Work in progress", Fence(1))
    assert len(script.updates) == 1


async def test_what_a_transition_needs_comes_from_the_settings_and_only_then() -> None:
    kind = line("Open", "Doing", "Done")
    kind["workflow"]["transitions"][1]["requiredFields"] = [SUBJECT.upper(), BODY]
    own = {
        "team": "it",
        "offer": "40112",
        "status_field_id": STATE,
        "fills": {BODY: "Done before.", SUBJECT: "Another"},
    }
    script = Tickets([], **workflow(kind))
    script.row["data"] = {SUBJECT: "Printer"}
    async with desk(script, types={"17020": own}) as rz:
        await lead(rz, "Done")
    assert [one["ticketUpdate"] for one in script.updates] == [{STATE: "Doing"}, {STATE: "Done", BODY: "Done before."}]


# --- did it happen ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [FORBIDDEN, (400, REFUSED), {"success": False}, (404, PAGE), {"data": {**WHOLE, "deleted_seq": 4}},
     {"data": {**WHOLE, "object_id": "INC-9"}}, {"data": {}}, PAGE],
    ids=str,
)  # fmt: skip
async def test_a_look_that_is_not_answered_does_not_say_that_nothing_happened(answer: Any) -> None:
    async with desk(Tickets([], **{GET: answer})) as rz:
        with pytest.raises((Rejected, Fatal, AuthFailed)):
            await rz.happened(ID, draft(status="Work in progress"), STATUS)


def notes(**more: Any) -> dict[str, Any]:
    return {"notes_read_path": WHERE, "notes_write_path": WHERE, **more}


SAID = replace(draft(), comments=(comment("1"), comment("2", public=False), comment("3", public=False)))


@pytest.mark.parametrize(
    "answer",
    [FORBIDDEN, (404, PAGE), {"data": {}}, {"data": {"notes": {}}}, {"data": {"notes": [], "total": 40}},
     {"data": {"notes": [], "pagination": {"hasMore": True}}}, {"data": {"notes": []}, "pagination": {"total": 1}}],
    ids=str,
)  # fmt: skip
async def test_notes_that_are_not_all_there_do_not_say_that_one_is_absent(answer: Any) -> None:
    async with desk(Script({NOTES: answer}), **notes()) as rz:
        with pytest.raises(Rejected):
            await rz.happened(ID, SAID, rz.steps(SAID)[0])


@pytest.mark.parametrize("answer", [{}, [], "", 204, (500, "")], ids=str)
async def test_a_note_whose_answer_says_nothing_is_in_doubt(answer: Any) -> None:
    async with desk(Script({NOTES: answer}), **notes()) as rz:
        with pytest.raises(InDoubt):
            await rz.step(ID, SAID, rz.steps(SAID)[0], [], lambda: None)


async def test_a_note_is_written_in_its_time_and_behind_the_fence() -> None:
    script = Script({NOTES: [late(0.7, EXPIRED), {"success": True}]})
    async with desk(script, timeout=1, **notes()) as rz:
        with pytest.raises(Retryable, match="no time is left"):
            await rz.step(ID, SAID, rz.steps(SAID)[0], [], lambda: None)
        with pytest.raises(LeaseLost):
            await rz.step(ID, SAID, rz.steps(SAID)[0], [], Fence(0))
    assert len(script.sent(NOTES)) == 1


# --- what a check tells -------------------------------------------------------------------------------


def jwt(**told: Any) -> str:
    body = base64.urlsafe_b64encode(msgspec.json.encode(told)).rstrip(b"=").decode()
    return f"eyJhbGciOiJub25lIn0.{body}.c2ln"


@pytest.mark.parametrize(
    ("told", "roles", "words"),
    [
        ({"scope": "tickets:read"}, ["ticket_admin"], "needs a scope such as tickets:write, and has tickets:read"),
        ({}, ["offline_access"], "needs one of the roles ticket_agent, ticket_user, tenant_admin, ticket_admin, and"),
        ({"tenant_id": "tenant-2"}, ["ticket_admin"], "the token is of tenant tenant-2, and tenant_id is tenant-1"),
        ({}, ["ticket_user"], "only change_manager may create tickets of type Incident"),
        ({}, ["ticket_user"], "only ticket_agent may lead tickets of type Incident to Work in progress"),
        ({"realm_access": {"roles": ["ticket_user"]}}, [], "only change_manager may create"),
    ],
    ids=str,
)
async def test_a_check_names_the_role_and_the_scope_that_is_missing(
    told: dict[str, Any], roles: list[str], words: str
) -> None:
    kind = {**TYPE, "action_permissions": {"create": ["change_manager"]}}
    script = Script({
        "/realms/acme/token": {"access_token": jwt(**told), "expires_in": 60},
        f"{T}/user/userinfo": {"data": {"username": "bot", "roles": roles}},
        **workflow(kind),
    })  # fmt: skip
    async with desk(script) as rz:
        findings = (await rz.check()).findings
    assert any(words in one for one in findings), findings


async def test_a_check_does_not_complain_of_what_is_enough() -> None:
    token = jwt(scope="openid ticketing:write", tenant_id="TENANT-1", realm_access={"roles": ["ticket_admin"]})
    kind = {**TYPE, "action_permissions": {"create": ["ticket_admin"]}, "workflow": {}}
    script = Script({"/realms/acme/token": {"access_token": token, "expires_in": 60}, **workflow(kind)})
    async with desk(script) as rz:
        findings = (await rz.check()).findings
    assert not [one for one in findings if "token" in one or "role" in one or "only" in one], findings
