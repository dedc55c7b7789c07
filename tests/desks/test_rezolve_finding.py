"""Rezolve.ai where a marker is looked for: no row is believed that may hide one, nothing is absent on a guess."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from syncer.desks.rezolve.desk import Rezolve
from syncer.errors import Rejected
from syncer.model.ids import Key, TicketId
from tests.desks.test_rezolve_answers import (
    CREATE,
    LIST,
    MADE,
    NO_ROLE,
    PAGE,
    WHOLE,
    Script,
    T,
    desk,
    draft,
    record,
    rows_of,
)
from tests.unit.test_rezolve_wire import BODY, MARK, RECORD, SUBJECT, TYPE

KEY, OTHER = Key("IG-812"), Key("IG-9")
GET = f"{T}/ticket/REQ-2041"
NOW = datetime.now(UTC)
FORBIDDEN = (403, {"success": False, "error": {"code": "FORBIDDEN", "message": "not for you"}})
Row = dict[str, Any]


def ticket(number: int, minutes: float = 0, kind: str = "17020", summary: str = "Printer", **data: Any) -> Row:
    """A ticket; `data` by the names of its fields in capitals."""
    fields = {"BODY": BODY, "MARK": MARK, "SUBJECT": SUBJECT}
    told = {**RECORD["data"], **{fields[name]: value for name, value in data.items()}}
    at = NOW - timedelta(minutes=minutes)
    return record(
        number, at, data=told, summary=summary, lookup_props={"teamId": "it", "itemTypeId": kind}
    )  # fmt: skip


def tenant(*tickets: Row, shows: Callable[[Row], Row] = lambda row: row, **how: Any) -> Script:
    """Tickets that are read whole, and listed as `shows` has it; no search finds them."""
    listed = [shows(row) for row in tickets]
    read = {f"{T}/ticket/{row['object_id']}": {"data": row} for row in tickets}
    return Script({LIST: rows_of(listed, indexed=False, **how), **read})


def without(*fields: str) -> Callable[[Row], Row]:
    """Rows that have all keys, and no value for these."""
    return lambda row: {**row, "data": {**row["data"], **{name: None for name in fields if name in row["data"]}}}


def bare(row: Row) -> Row:
    """A row of the second generation without its fields."""
    return {name: value for name, value in row.items() if name != "data"}


def read_of(script: Script) -> list[str]:
    """The numbers of the tickets that were read themselves, in their order."""
    found = (request.path.removeprefix(f"{T}/ticket/") for request, _ in script.asked if request.method == "GET")
    return [id for id in found if id.startswith("REQ-")]


async def found(script: Script, *keys: Key, **more: Any) -> dict[Key, TicketId]:
    async with desk(script, list_lag=0.1, **more) as rz:
        return await rz.find(keys or (KEY,), None)


# --- what a row proves --------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [{"pointers": True}, {"shows": bare}], ids=["pointers", "bare"])
async def test_a_summary_that_ends_like_a_marker_proves_nothing_of_a_row_without_fields(how: dict[str, Any]) -> None:
    theirs = ticket(49, 2, summary="Answer to [IG-812]", MARK="IG-7")
    ours = ticket(50, summary="Answer to [IG-7]", MARK=KEY)
    assert await found(tenant(theirs, ours, **how)) == {KEY: "REQ-50"}


async def test_a_summary_that_ends_like_a_marker_proves_nothing_where_the_field_for_it_is_hidden() -> None:
    theirs = ticket(49, 2, summary="Answer to [IG-812]", MARK="IG-7")
    ours = ticket(50, summary="Answer to [IG-7]", MARK=KEY)
    assert await found(tenant(theirs, ours, shows=without(MARK))) == {KEY: "REQ-50"}


async def test_a_hit_of_the_search_counts_whatever_its_summary_ends_with() -> None:
    ours = ticket(50, summary="Printer [third-floor]", MARK=KEY)
    script = tenant(ours)
    script.paths[LIST] = [rows_of([ours])]
    assert await found(script) == {KEY: "REQ-50"}
    assert not [body for body in script.sent(LIST) if "filter" in body]  # found at once, without a walk


async def test_a_list_that_shows_all_keys_and_not_the_marker_hides_no_ticket() -> None:
    theirs, ours = ticket(49, 1), ticket(50, MARK=KEY)
    assert await found(tenant(theirs, ours, shows=without(MARK))) == {KEY: "REQ-50"}


async def test_rows_of_one_type_say_nothing_of_those_of_another() -> None:
    """The first type's rows tell their markers, the second's do not."""
    second = {**TYPE, "id": 17021, "name": "Request"}
    own = {"team": "it", "offer": "40112", "external_id_field_id": MARK}

    def shows(row: Row) -> Row:
        return row if row["lookup_props"]["itemTypeId"] == "17020" else without(MARK)(row)

    first = [ticket(n, 9 - n, MARK=f"IG-{n}") for n in range(1, 4)]
    script = tenant(*first, ticket(50, kind="17021", MARK=KEY), shows=shows)
    script.paths[f"{T}/ticket-type"] = [{"data": {"value": [TYPE, second], "@odata.count": 2}}]
    assert await found(script, types={"17020": own, "17021": own}) == {KEY: "REQ-50"}
    assert len(read_of(script)) == 2  # one of each type


async def test_a_list_that_cuts_texts_hides_no_marker_at_their_end() -> None:
    own = {"team": "it", "offer": "40112"}

    def cut(row: Row) -> Row:
        return {**row, "data": {**row["data"], BODY: row["data"][BODY][:100]}}

    theirs = [ticket(n, 20 - n, BODY="x" * n * 5) for n in range(1, 19)]
    ours = ticket(50, BODY="<p>" + "x" * 200 + f"</p><p>[{KEY}]</p>")
    script = tenant(*theirs, ours)
    rows = [cut(row) for row in theirs]
    script.paths[LIST] = [rows_of(rows, indexed=False)]
    async with desk(script, types={"17020": own}) as rz:
        assert await rz.find([KEY], None) == {}
        assert read_of(script) == ["REQ-18"]  # what is seen of the longest holds for the others
        rows.append(cut(ours))
        assert await rz.find([KEY], None) == {KEY: "REQ-50"}
    assert read_of(script) == ["REQ-18", "REQ-50"]


async def test_rows_that_are_seen_to_tell_their_markers_are_not_read_one_by_one() -> None:
    script = tenant(*(ticket(n, n, **({"MARK": f"IG-{n}"} if n % 2 else {})) for n in range(20)))
    assert await found(script, Key("IG-7"), KEY) == {"IG-7": "REQ-7"}
    assert len(read_of(script)) == 1


async def test_rows_of_which_none_shows_a_marker_are_read_one_by_one() -> None:
    """Nothing says that this list would show it."""
    script = tenant(*(ticket(n, n) for n in range(20)))
    assert await found(script) == {}
    assert sorted(read_of(script)) == sorted(f"REQ-{n}" for n in range(20))


async def test_a_row_that_was_seen_to_hide_its_marker_is_not_believed_for_one_that_tells_it() -> None:
    """What a list shows of a few it may have begun to show late; what it hid once is read, whatever came after."""
    hidden = ticket(40, 9, MARK=OTHER)
    script = tenant(hidden, ticket(41, 8, MARK="IG-7"), ticket(42, MARK=KEY))
    rows = [without(MARK)(hidden)]
    script.paths[LIST] = [rows_of(rows, indexed=False)]
    async with desk(script, list_lag=0.1) as rz:
        assert await rz.find([Key("IG-7")], None) == {}
        rows += [ticket(41, 8, MARK="IG-7"), without(MARK)(ticket(42, MARK=KEY))]
        assert await rz.find([Key("IG-7")], None) == {"IG-7": "REQ-41"}
        assert await rz.find([KEY], None) == {KEY: "REQ-42"}


# --- what is listed and not there ---------------------------------------------------------------------


async def test_a_listed_ticket_that_is_not_there_may_be_the_one() -> None:
    ours = ticket(50, 60, MARK=KEY)
    script = tenant(ours, ticket(51, MARK=OTHER), pointers=True)
    script.paths[f"{T}/ticket/REQ-50"] = [(404, PAGE)]
    async with desk(script, list_lag=0.1) as rz:
        for _ in range(2):  # nor is the time walked over that was not seen
            with pytest.raises(Rejected, match="its list shows REQ-50, and reading gives 404") as e:
                await rz.find([KEY], None)
            assert (e.value.reason, "ticket_admin" in e.value.hint) == ("not_listed", True)
        script.paths[f"{T}/ticket/REQ-50"] = [{"data": ours}]
        assert await rz.find([KEY], None) == {KEY: "REQ-50"}


async def test_a_listed_ticket_that_shows_a_little_later_is_waited_for() -> None:
    ours = ticket(50, MARK=KEY)
    script = tenant(ours, pointers=True)
    script.paths[f"{T}/ticket/REQ-50"] = [(404, PAGE), (404, PAGE), {"data": ours}]
    async with desk(script, list_lag=5) as rz:
        assert await rz.find([KEY], None) == {KEY: "REQ-50"}


async def test_what_cannot_be_read_does_not_hide_what_can() -> None:
    script = tenant(ticket(49, 1), ticket(50, MARK=KEY), pointers=True)
    script.paths[f"{T}/ticket/REQ-49"] = [(404, PAGE)]
    assert await found(script) == {KEY: "REQ-50"}


@pytest.mark.parametrize("gone", [{"deleted_seq": 7}, {"moved_to": "INC-9"}], ids=str)
async def test_a_listed_ticket_that_says_it_is_gone_is_passed_over(gone: dict[str, Any]) -> None:
    theirs = {**ticket(49, 1), **gone}
    script = tenant(theirs, ticket(50, MARK=OTHER), shows=bare)
    script.paths[f"{T}/ticket/REQ-49"] = [(404, PAGE)]
    assert await found(script) == {}


async def test_a_ticket_that_was_moved_here_and_is_not_there_is_not_passed_over() -> None:
    theirs = {**ticket(49, 1), "moved_to": "REQ-49"}
    script = tenant(theirs, ticket(50, MARK=OTHER), shows=bare)
    script.paths[f"{T}/ticket/REQ-49"] = [(404, PAGE)]
    with pytest.raises(Rejected, match="its list shows REQ-49,"):
        await found(script)


# --- what reading back tells --------------------------------------------------------------------------


async def absent(rz: Rezolve) -> dict[Key, TicketId]:
    return await rz.find([OTHER], None)


@pytest.mark.parametrize(
    ("back", "losses", "why"),
    [
        ((404, PAGE), ("not_shown",), "does not see all tickets it makes: REQ-2041 is not shown"),
        (FORBIDDEN, ("not_shown",), "does not see all tickets it makes: REQ-2041 is not shown"),
        (NO_ROLE, ("not_shown",), "does not see all tickets it makes: REQ-2041 is not shown"),
        ({"data": RECORD}, ("marker_not_kept",), "do not keep their markers: REQ-2041 does not show IG-812"),
    ],
    ids=str,
)
async def test_where_a_new_ticket_or_its_marker_does_not_show_nothing_is_absent(
    back: Any, losses: tuple[str, ...], why: str
) -> None:
    script = Script({CREATE: MADE, GET: {"data": WHOLE}})
    async with desk(script, list_lag=0.1) as rz:
        assert await absent(rz) == {}
        script.paths[GET] = [back]
        made = await rz.create(draft(), [])
        assert (made.id, made.losses) == ("REQ-2041", losses)
        script.paths[GET] = [{"data": WHOLE}]
        with pytest.raises(Rejected, match=why) as e:
            await absent(rz)
        assert e.value.reason == "not_listed"
        assert ("external_id_field_id" if losses == ("marker_not_kept",) else "ticket_admin") in e.value.hint
        assert await rz.find([KEY], None) == {KEY: "REQ-2041"}


async def test_a_look_that_says_nothing_of_the_account_does_not_stop_the_looking() -> None:
    script = Script({CREATE: MADE, GET: 500})
    async with desk(script, list_lag=0.1) as rz:
        await rz.create(draft(), [])
        script.paths[GET] = [{"data": WHOLE}]
        assert await absent(rz) == {}
