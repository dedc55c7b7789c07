"""Queries, pages, and what is found by them: the emulator, and a live server too."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from syncer.desks.request_tracker.emulator import Auth
from tests.desks.request_tracker_site import Site, custom, emulated, names, site

TICKET = "ObjectType='RT::Ticket'"


async def transactions(desk: Site, query: str, **params: Any) -> Any:
    """A page of transactions."""
    fields = "Type,ObjectId,ObjectType,Field,OldValue,NewValue,Creator,Created,Object,Nope"
    return await desk.ok("GET", "/transactions", params={"query": query, "fields": fields, **params})


# Pages


@pytest.mark.parametrize(
    ("asked", "size"), [("500", 100), ("101", 100), ("100", 100), ("0", 20), ("abc", 20), ("-1", 20), ("3", 3)]
)
async def test_a_page_holds_a_hundred_rows_at_most_and_twenty_by_itself(asked: str, size: int) -> None:
    async with site() as desk:
        page = await desk.search("id > 0", per_page=asked)
    assert page["per_page"] == size


async def test_pages_of_tickets_tell_their_number_and_the_next_one() -> None:
    async with site() as desk:
        ids = [await desk.ticket(Subject=f"EMU page {desk.mark}") for _ in range(5)]
        query = {"query": f"Subject LIKE 'page {desk.mark}'", "per_page": "2", "orderby": "id"}
        page = await desk.ok("GET", "/tickets", params=query)
        assert (page["count"], page["total"], page["pages"], page["page"]) == (2, 5, 3, 1)
        seen = names(page["items"])
        while "next_page" in page:
            place = urlsplit(page["next_page"])
            page = await desk.ok("GET", f"/tickets?{place.query}")
            seen += names(page["items"])
        assert [int(id) for id in seen] == ids
        assert "prev_page" in page
        beyond = await desk.ok("GET", "/tickets", params=query | {"page": "99"})
        assert (beyond["count"], beyond["items"], beyond["total"]) == (0, [], 5)
        assert parse_qs(urlsplit(beyond["prev_page"]).query)["page"] == ["3"]
        for odd in ("0", "-1", "x"):
            assert (await desk.ok("GET", "/tickets", params=query | {"page": odd}))["page"] == 1


async def test_a_list_without_a_query_is_empty_and_of_no_pages() -> None:
    async with site() as desk:
        page = await desk.ok("GET", "/tickets")
    assert page == {"count": 0, "items": [], "page": 1, "pages": 0.0, "per_page": 20, "total": 0}


async def test_histories_tell_no_total_and_no_next_page() -> None:
    async with site() as desk:
        id = await desk.ticket()
        for _ in range(3):
            await desk.say(id)
        for path in (f"/ticket/{id}/history", f"/ticket/{id}/attachments", "/transactions?query=id>1"):
            page = await desk.ok("GET", path, params={"per_page": "2"} if "?" not in path else None)
            assert (page["total"], page["pages"]) == (None, None)
            assert "next_page" not in page
        last = await desk.ok("GET", f"/ticket/{id}/history?per_page=2&page=9")
        assert (last["count"], last["items"]) == (0, [])


async def test_an_order_by_two_keys_is_kept_in_both_directions() -> None:
    async with site() as desk:
        ids = [await desk.ticket(Subject=f"EMU order {desk.mark}", Priority=n % 2) for n in range(4)]
        query = f"Subject LIKE 'order {desk.mark}'"
        keys = [("orderby", "Priority"), ("order", "DESC"), ("orderby", "id"), ("order", "ASC")]
        page = await desk.ok("GET", "/tickets", params=[("query", query), *keys])
        assert [int(row["id"]) for row in page["items"]] == [ids[1], ids[3], ids[0], ids[2]]
        assert await desk.found(query, orderby="id", order="DESC") == ids[::-1]


async def test_an_unknown_order_loses_all_rows_but_not_their_number() -> None:
    async with site() as desk:
        page = await desk.search(f"id = {await desk.ticket()}", orderby="Nope")
    assert (page["count"], page["total"], page["items"]) == (0, 1, [])


async def test_without_an_order_rows_come_as_they_were_last_written() -> None:
    async with site() as desk:
        ids = [await desk.ticket(Subject=f"EMU heap {desk.mark}") for _ in range(3)]
        await desk.put(ids[0], Priority=3)
        found = await desk.found(f"Subject LIKE 'heap {desk.mark}'")
        assert sorted(found) == ids  # in no order one could rely on
        if desk.emulator is not None:
            assert found == [ids[1], ids[2], ids[0]]


async def test_fields_of_a_list_are_told_when_asked_and_empty_when_unknown() -> None:
    async with site() as desk:
        id = await desk.ticket(Requestor="emu-fields@example.org", CustomFields={"Tags": ["a"]})
        fields = {"fields": "Subject,Queue,Requestor,CustomFields,EffectiveId,Due,Told,Nope",
                  "fields[Queue]": "Name,Nope", "fields[Requestor]": "EmailAddress"}  # fmt: skip
        (row,) = (await desk.search(f"id = {id}", **fields))["items"]
        (bare,) = (await desk.search(f"id = {id}"))["items"]
    assert bare.keys() == {"id", "type", "_url"}
    assert (row["Nope"], row["Queue"]["Nope"], row["Queue"]["Name"]) == ("", "", "General")
    assert row["Requestor"][0]["EmailAddress"] == "emu-fields@example.org"
    assert custom(row)["Tags"] == ["a"]
    assert row["EffectiveId"] == str(id)
    assert row["Due"] == row["Told"] == "1970-01-01T00:00:00Z"


async def test_the_fields_parent_of_attachments_breaks_the_server() -> None:
    async with site() as desk:
        id = await desk.ticket(Content="x")
        said = await desk.call("GET", f"/ticket/{id}/attachments?fields=Parent")
        assert (said.status, said.body) == (500, b"")
        page = await desk.ok("GET", f"/ticket/{id}/attachments?fields=ContentType,Content,TransactionId")
    assert [row["Content"] for row in page["items"]] == ["x"]


# Queries of tickets


@pytest.mark.parametrize(
    ("condition", "fits"),
    [
        ("Subject = 'emu q_1% {mark}'", True),
        ("Subject LIKE 'Q_1%'", True),
        ("Subject LIKE 'qX1'", False),
        ("Subject STARTSWITH 'EMU'", True),
        ("Subject NOT LIKE 'emu'", False),
        ('SUBJECT LIKE "emu"', True),
        ("Status = 'NEW'", True),
        ("Status = '__Active__'", True),
        ("Status = '__Inactive__'", False),
        ("Status != 'new'", False),
        ("Queue = 'general'", True),
        ("Queue = 1", True),
        ("Queue = 'Nope'", False),
        ("Owner = 'Nobody'", True),
        ("Requestor.EmailAddress = 'emu-q-{mark}@example.org'", True),
        ("Requestor = 'EMU-q-{mark}@example.org'", True),
        ("Cc IS NULL", True),
        ("Requestor IS NULL", False),
        ("'CF.{External ID}' = 'aBc-{mark}'", True),
        ("CF.{External ID} = 'ABC-{mark}'", True),
        ("CF.{External ID} LIKE 'bc-{mark}'", True),
        ("'CustomField.{External ID}' = 'abc-{mark}'", True),
        ("CF.{External ID} IS NULL", False),
        ("CF.{Severity} IS NULL", True),
        ("CF.{Nope} = 'x'", False),
        ("CF.{Tags} = 't2'", True),
        ("CF.{Tags} != 't2'", False),
        ("Priority > 10", True),
        ("Priority = 10", False),
        ("Content LIKE 'body'", False),
        ("Due IS NULL", True),
        ("Due < '2000-01-01'", False),
        ("Type = 'ticket'", True),
        ("Lifecycle = 'default'", True),
        ("(Status = 'open' OR Status = 'new')", True),
        ("(Status = 'open' OR (Subject LIKE 'emu' AND Status = 'new'))", True),
    ],
)
async def test_what_conditions_mean(condition: str, fits: bool) -> None:
    async with site() as desk:
        id = await desk.ticket(
            Subject=f"EMU q_1% {desk.mark}", Requestor=f"emu-q-{desk.mark}@example.org", Priority=50, Content="body",
            CustomFields={"External ID": f"aBc-{desk.mark}", "Tags": ["t1", "t2"]},
        )  # fmt: skip
        found = await desk.found(f"id = {id} AND {condition.replace('{mark}', desk.mark)}")
    assert found == ([id] if fits else [])


async def test_and_behind_an_or_without_brackets_is_not_what_it_says() -> None:
    async with site() as desk:
        id = await desk.ticket()
        assert await desk.found(f"id = {id} AND (Subject = 'x' OR Subject LIKE 'emu' AND Status = 'new')") == []
        assert await desk.found(f"id = {id} AND (Subject = 'x' OR (Subject LIKE 'emu' AND Status = 'new'))") == [id]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("bogus", "Incomplete query, last element (KEYWORD) is not close paren or value in 'bogus'"),
        ("id >", "Incomplete query, last element (OPERATOR) is not close paren or value in 'id >'"),
        ("id > 0 AND", "Incomplete query, last element (AGGREGATOR) is not close paren or value in 'id > 0 AND'"),
        ("(id > 0", "Incomplete query, 1 unclosed paren in '(id > 0'"),
        ("Foo = 3", "Unknown field: Foo"),
        ("id IN (1,2)", "Wrong query, expecting a OPERATOR in 'id >IN<--here (1,2)'"),
        ("NOT id = 3", "Wrong query, expecting a OPERATOR in 'NOT >id<--here = 3'"),
        ("id > 0 ORDER BY id", "Wrong query, expecting a OPERATOR in 'id > 0 ORDER >BY<--here id'"),
        ("CustomField.{External ID} = 'x'",
         "Wrong query, expecting a OPERATOR in 'CustomField.{External >ID}<--here = 'x''"),
    ],
)  # fmt: skip
async def test_a_bad_query_is_400_with_its_reason(query: str, message: str) -> None:
    async with site() as desk:
        said = await desk.call("GET", "/tickets", params={"query": query})
        same = await desk.call("GET", "/transactions", params={"query": query})
    assert said.status == same.status == 400
    assert said.body["message"].startswith(message)
    assert same.body["message"].startswith(message)


# Dates of queries


async def test_a_date_with_a_t_is_read_as_midnight() -> None:
    async with site() as desk:
        id = await desk.ticket()
        at = (await desk.get(id))["LastUpdated"]
        day, time = at.removesuffix("Z").split("T")
        for query, fits in (
            (f"LastUpdated >= '{day} {time}'", True),
            (f"LastUpdated > '{day} {time}'", False),
            (f"LastUpdated > '{at}'", True),  # midnight, in silence
            (f"LastUpdated < '{at}'", False),
            (f"LastUpdated <= '{day} {time}'", True),
            (f"LastUpdated = '{day}'", True),
            (f"LastUpdated = '{day} 00:00:00'", True),  # the whole day
            ("LastUpdated > 'garbage'", True),  # 1970
            ("LastUpdated < 'garbage'", False),
            (f"LastUpdated >= '{day} {time} UTC'", True),
        ):
            assert await desk.found(f"id = {id} AND {query}") == ([id] if fits else []), query


@emulated
@pytest.mark.parametrize(("zone", "fits"), [("America/New_York", False), ("UTC", True), ("Asia/Tokyo", True)])
async def test_dates_of_queries_are_at_home_where_the_caller_is(zone: str, fits: bool) -> None:
    async with site(timezone=zone) as desk:
        id = await desk.ticket()
        stamp = (await desk.get(id))["LastUpdated"]
        assert stamp.endswith("Z")
        day, time = stamp.removesuffix("Z").split("T")
        assert await desk.found(f"id = {id} AND LastUpdated >= '{day} {time}'") == ([id] if fits else [])
        for suffix in (" UTC", " GMT", " +0000"):
            assert await desk.found(f"id = {id} AND LastUpdated >= '{day} {time}{suffix}'") == ([id] if fits else [])
        assert await desk.put_user("sync", Timezone="UTC") or zone == "UTC"
        assert await desk.found(f"id = {id} AND LastUpdated >= '{day} {time}'") == [id]


async def test_each_kind_of_change_moves_a_ticket_in_whole_seconds() -> None:
    async with site() as desk:
        id, other = await desk.ticket(), await desk.ticket()
        for change in (
            lambda: desk.say(id),
            lambda: desk.say(id, "correspond"),
            lambda: desk.put(id, Priority=7),
            lambda: desk.put(id, CustomFields={"Tags": ["z"]}),
            lambda: desk.put(other, RefersTo=id),
        ):
            before = (await desk.get(id))["LastUpdated"]
            if desk.emulator is not None:
                desk.emulator.carrier.clock.advance(2)
            else:
                await asyncio.sleep(1.1)
            await change()
            assert (await desk.get(id))["LastUpdated"] > before


# Transactions


async def test_transactions_by_rising_id_tell_what_was_done_and_by_whom() -> None:
    async with site() as desk:
        id = await desk.ticket(Content="x")
        first = int((await desk.history(id))[0]["id"])
        await desk.put(id, Subject="new")
        await desk.say(id)
        page = await transactions(desk, f"id >= {first} AND {TICKET} AND ObjectId = {id}", orderby="id", per_page="100")
    assert [row["Type"] for row in page["items"]] == ["Create", "Set", "Comment"]
    changed = page["items"][1]
    assert (changed["Field"], changed["NewValue"], changed["Creator"]["id"]) == ("Subject", "new", "sync")
    assert changed["ObjectId"] == str(id)
    assert changed["Object"] == changed["Nope"] == ""
    assert [int(row["id"]) for row in page["items"]] == sorted(int(row["id"]) for row in page["items"])


async def test_a_page_loses_the_rows_one_may_not_see_after_it_was_cut() -> None:
    async with site() as desk:
        id = await desk.ticket()
        first = int((await desk.history(id))[0]["id"])
        # Right before it stand the groups of its roles, which this user may not see.
        page = await transactions(desk, f"id >= {first - 4}", orderby="id", per_page="4")
        mine = await transactions(desk, f"id >= {first - 4} AND {TICKET} AND ObjectId = {id}", orderby="id")
        assert page["count"] < 4
        assert names(mine["items"]) == [str(first)]
        near = [(await desk.call("GET", f"/transaction/{first - n}")).status for n in range(1, 5)]
        assert 403 in near


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("Type = 'Status'", 1), ("Type = 'status'", 1), ("NewValue = 'STALLED'", 1), ("Field = 'Status'", 1),
        ("(Type = 'Create' OR Type = 'Comment')", 2), ("Creator = 'sync'", 3), ("Creator != 'sync'", 0),
        ("Type LIKE 'Comm'", 1), ("Created >= '2000-01-01 00:00:00'", 3), ("Created < '2000-01-01'", 0),
        ("Type != 'Comment'", 2),
    ],
)  # fmt: skip
async def test_what_conditions_on_transactions_mean(condition: str, count: int) -> None:
    async with site() as desk:
        id = await desk.ticket()
        await desk.say(id)
        await desk.put(id, Status="stalled")
        page = await transactions(desk, f"{TICKET} AND ObjectId = {id} AND {condition}")
    assert page["count"] == count


async def test_transactions_are_asked_in_json_too() -> None:
    async with site() as desk:
        id = await desk.ticket()
        await desk.say(id)
        comments = await desk.ok("POST", f"/ticket/{id}/history", [{"field": "Type", "value": "Comment"}])
        assert comments["count"] == 1
        asked = [{"field": "ObjectId", "value": id}, {"field": "ObjectType", "value": "RT::Ticket"}]
        assert (await desk.ok("POST", "/transactions", asked))["count"] == 2


async def test_some_transactions_break_the_server_when_asked_for_by_themselves() -> None:
    async with site() as desk:
        id, other = await desk.ticket(), await desk.ticket()
        await desk.put(id, RefersTo=other, Queue="Support")
        for row in await desk.history(id):
            said = await desk.call("GET", f"/transaction/{row['id']}")
            broken = row["Type"] == "AddLink" or row["Field"] == "Queue"
            assert said.status == (500 if broken else 200), row


@emulated
async def test_a_lower_id_may_come_to_light_after_a_higher_one() -> None:
    async with site(late_every=7, late_seconds=5) as desk:
        id = await desk.ticket()
        for _ in range(14):
            await desk.say(id)
        query = f"{TICKET} AND ObjectId = {id}"
        early = await transactions(desk, query, orderby="id", per_page="100")
        desk.emulator.carrier.clock.advance(6)
        late = await transactions(desk, query, orderby="id", per_page="100")
    missing = sorted(set(names(late["items"])) - set(names(early["items"])), key=int)
    assert len(missing) == 2
    assert int(missing[0]) < int(names(early["items"])[-1])


# People and lists


async def test_an_unknown_field_of_a_query_in_json_is_passed_over() -> None:
    async with site() as desk:
        everybody = await desk.ok("POST", "/users", [{"field": "Nope", "value": "x"}])
        nobody = await desk.ok("POST", "/users", [{"field": "Name", "operator": "bogus", "value": "x"}])
        assert everybody["total"] >= 4
        assert nobody["total"] == 0
        for path in ("/customfields", "/queues", "/transactions", "/attachments"):
            assert (await desk.ok("POST", path, [{"field": "Nope", "value": "x"}]))["count"] == 0
            assert (await desk.ok("GET", path))["count"] == 0
        assert (await desk.ok("GET", "/users"))["total"] >= 4


async def test_a_queue_out_of_use_comes_only_to_whoever_asks_for_such() -> None:
    async with site() as desk:
        asked, like = "fields=Name,Disabled", [{"field": "Name", "operator": "LIKE", "value": "approv"}]
        every = (await desk.ok("GET", f"/queues/all?{asked}&find_disabled_rows=1&orderby=id"))["items"]
        assert [(row["id"], row["Name"], row["Disabled"]) for row in every[:2]] == [
            ("1", "General", "0"), ("2", "___Approvals", "2"),
        ]  # fmt: skip
        usual = (await desk.ok("GET", f"/queues/all?{asked}"))["items"]
        assert {row["id"] for row in usual} == {row["id"] for row in every if row["Disabled"] == "0"}
        assert (await desk.ok("POST", "/queues", like))["total"] == 0
        assert (await desk.ok("POST", "/queues?find_disabled_rows=1", like))["total"] == 1
        assert (await desk.ok("GET", "/queue/___Approvals"))["Lifecycle"] == "approvals"


async def test_two_conditions_on_one_field_are_a_choice() -> None:
    async with site() as desk:
        asked = [{"field": "Name", "value": "sync"}, {"field": "Name", "value": "root"}]
        assert names((await desk.ok("POST", "/users", asked))["items"]) == ["root", "sync"]
        more = [*asked, {"field": "RealName", "operator": "LIKE", "value": "sync"}]
        assert names((await desk.ok("POST", "/users", more))["items"]) == ["sync"]


async def test_privileged_and_disabled_are_empty_in_lists_and_right_one_by_one() -> None:
    async with site() as desk:
        fields = "/users?fields=Name,Privileged,Disabled"
        (row,) = (await desk.ok("POST", fields, [{"field": "Name", "value": "sync"}]))["items"]
        person = await desk.ok("GET", "/user/sync")
    assert (row["Privileged"], row["Disabled"]) == ("", "")
    assert (person["Privileged"], person["Disabled"]) == (1, "0")


async def test_who_is_disabled_is_not_listed_but_answers() -> None:
    async with site() as desk:
        name = f"emu-{desk.mark}"
        await desk.ok("POST", "/user", {"Name": name, "EmailAddress": f"{name}@example.net"})
        asked = [{"field": "Name", "value": name}]
        assert (await desk.ok("POST", "/users", asked))["total"] == 1
        assert (await desk.call("DELETE", f"/user/{name}")).status == 204
        assert (await desk.ok("POST", "/users", asked))["total"] == 0
        assert (await desk.ok("POST", "/users?find_disabled_rows=1", asked))["total"] == 1
        assert (await desk.ok("GET", f"/user/{name}"))["Disabled"] == "1"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"Name": "sync"}, "Name in use"),
        ({}, "Must specify 'Name' attribute"),
        ({"Name": "emu-bad", "EmailAddress": "bad"}, "Invalid syntax for email address"),
    ],
)
async def test_people_that_cannot_be_made(body: Any, message: str) -> None:
    async with site() as desk:
        said = await desk.call("POST", "/user", body)
    assert (said.status, said.body) == (400, {"message": message})


async def test_an_address_belongs_to_one_person() -> None:
    async with site() as desk:
        name, email = f"emu-{desk.mark}", f"emu-{desk.mark}@example.net"
        await desk.ok("POST", "/user", {"Name": name, "EmailAddress": email})
        said = await desk.call("POST", "/user", {"Name": name + "2", "EmailAddress": email.upper()})
        assert (said.status, said.body) == (400, {"message": "Email address in use"})


# Rights


@emulated
@pytest.mark.parametrize(
    ("right", "method", "path", "body", "status"),
    [
        ("ShowTicket", "GET", "/ticket/1", None, 403),
        ("ShowTicket", "PUT", "/ticket/1", {"Subject": "x"}, 403),
        ("CreateTicket", "POST", "/ticket", {"Queue": "General", "Subject": "x"}, 403),
        ("CommentOnTicket", "POST", "/ticket/1/comment", {"Content": ""}, 400),
        ("ReplyToTicket", "POST", "/ticket/1/correspond", {"Content": ""}, 400),
        ("DeleteTicket", "DELETE", "/ticket/1", None, 500),
        ("SeeQueue", "GET", "/queue/1", None, 403),
        ("SeeCustomField", "GET", "/customfield/2", None, 403),
        ("AdminUsers", "POST", "/user", {"Name": "n"}, 400),
    ],
)
async def test_what_one_may_not_do(right: str, method: str, path: str, body: Any, status: int) -> None:
    async with site() as desk:
        await desk.ticket()
        desk.emulator.gate.rights = Auth().rights - {right}
        said = await desk.call(method, path, body)
    assert said.status == status


@emulated
async def test_changes_without_the_right_are_refused_with_200() -> None:
    async with site() as desk:
        id = await desk.ticket()
        desk.emulator.gate.rights = Auth().rights - {"ModifyTicket", "ReassignTicket", "ModifyCustomField"}
        changes = {"Subject": "x", "Status": "open", "Owner": "sync", "CustomFields": {"Tags": ["q"]}, "Cc": "sync"}
        said = await desk.put(id, **changes)
        assert {message.removeprefix(f"Ticket {id}: ").lower() for message in said} == {"permission denied"}
        assert len(said) == 5
        assert await desk.put_user("root", RealName="x") == ["User root: RealName changed from 'Enoch Root' to 'x'"]
        desk.emulator.gate.rights = Auth().rights - {"AdminUsers"}
        assert await desk.put_user("sync", Timezone="UTC") == ["User sync: Permission Denied"]


@emulated
async def test_what_one_may_not_see_is_missing_without_a_word() -> None:
    async with site() as desk:
        id = await desk.ticket(Requestor="a@example.org", Content="x", CustomFields={"External ID": "k"})
        row = await desk.say(id)
        desk.emulator.gate.rights = Auth().rights - {"ShowTicketComments", "ShowOutgoingEmail", "SeeCustomField"}
        assert await desk.types(id) == ["Create"]
        assert (await desk.call("GET", f"/transaction/{row}")).status == 403
        assert (await desk.ok("GET", f"/ticket/{id}/attachments"))["count"] == 1
        assert (await desk.get(id))["CustomFields"] == []
        (shown,) = (await desk.search(f"id = {id}", fields="CustomFields"))["items"]
        assert shown["CustomFields"] == ""
        asked = [{"field": "LookupType", "value": "RT::Queue-RT::Ticket"}]
        page = await desk.ok("POST", "/customfields", asked)
        assert (page["count"], page["total"]) == (0, None)
        desk.emulator.gate.rights = frozenset()
        assert (await desk.search("id > 0"))["total"] == 0
        assert (await desk.ok("GET", "/queues/all"))["total"] is None
        summary = await desk.ok("GET", "/user/root")
        assert "Disabled" not in summary
        assert summary["EmailAddress"]


async def test_an_address_that_is_taken_is_refused_with_200_and_the_rest_is_done() -> None:
    async with site() as desk:
        name, taken = f"emu-{desk.mark}", f"emu-taken-{desk.mark}@example.net"
        await desk.ok("POST", "/user", {"Name": name, "EmailAddress": f"{name}@example.net"})
        await desk.ok("POST", "/user", {"EmailAddress": taken})
        said = await desk.put_user(name, EmailAddress=taken, RealName="Emu")
        person = await desk.ok("GET", f"/user/{name}")
    assert said == [f"User {name}: Email address in use", f"User {name}: RealName changed from (no value) to 'Emu'"]
    assert (person["EmailAddress"], person["RealName"]) == (f"{name}@example.net", "Emu")
