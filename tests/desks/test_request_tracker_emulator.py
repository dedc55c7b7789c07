"""Who may call, errors, and what becomes of a ticket that is made or changed: the emulator, and a live server too.

How to play these tests against a live Request Tracker: `tests/desks/request_tracker_site.py`.
"""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import pytest

from syncer.desks.request_tracker.emulator import Auth
from tests.desks.request_tracker_site import custom, emulated, names, site

UNSET = "1970-01-01T00:00:00Z"


# The way in


@pytest.mark.parametrize("header", ["", "token 1-27-ff", "Bearer x", "Basic eDp5", "nonsense"])
async def test_without_a_credential_that_is_known_all_is_401(header: str) -> None:
    async with site() as desk:
        for path in ("/rt", "/ticket/1", "/nope"):
            said = await desk.call("GET", path, token="", headers={"Authorization": header} if header else {})
            assert (said.status, said.body) == (401, {"message": "Unauthorized"})


async def test_a_token_may_stand_in_the_address_and_its_word_in_any_case() -> None:
    async with site() as desk:
        assert (await desk.call("GET", "/rt", token="", params={"token": desk.token})).status == 200
        said = await desk.call("GET", "/rt", token="", headers={"Authorization": f"Token {desk.token}"})
        assert said.status == 200


async def test_what_looks_like_a_browser_is_sent_to_the_login_page() -> None:
    async with site() as desk:
        said = await desk.call("GET", "/rt", token="", headers={"User-Agent": "Mozilla/5.0"})
        assert said.status == 302
        assert "/REST/" not in said.headers["Location"]


@emulated
async def test_a_login_with_its_password_is_as_good_as_a_token() -> None:
    async with site() as desk:
        for password, status in ((Auth().password, 200), ("wrong", 401)):
            text = base64.b64encode(f"sync:{password}".encode()).decode()
            assert (
                await desk.call("GET", "/rt", token="", headers={"Authorization": f"Basic {text}"})
            ).status == status


@emulated
async def test_what_is_not_of_the_api_is_a_login_page_with_200() -> None:
    async with site() as desk, desk._session.get(desk.url + "/Ticket/Display.html") as answer:
        assert (answer.status, answer.content_type) == (200, "text/html")


# Making tickets


async def test_created_is_dropped_in_silence() -> None:
    async with site() as desk:
        ticket = await desk.get(await desk.ticket(Created="2024-01-02 03:04:05", LastUpdated="2024-01-02 03:04:05"))
    assert ticket["Created"] > "2026"
    assert ticket["LastUpdated"] > "2026"


@emulated
async def test_a_version_from_before_takes_created_as_utc() -> None:
    async with site(takes_created=True) as desk:
        ticket = await desk.get(await desk.ticket(Created="2024-01-02 03:04:05"))
    assert ticket["Created"] == "2024-01-02T03:04:05Z"
    assert ticket["LastUpdated"] > "2026"


async def test_other_dates_are_taken_as_utc_and_lost_with_an_offset() -> None:
    dates = {"Started": "2024-01-03T03:04:05Z", "Resolved": "2024-01-05 00:00:00", "Due": "2024-02-03T03:04:05+02:00"}
    async with site() as desk:
        ticket = await desk.get(await desk.ticket(**dates, Starts="garbage"))
    assert ticket["Started"] == "2024-01-03T03:04:05Z"
    assert ticket["Resolved"] == "2024-01-05T00:00:00Z"
    assert ticket["Due"] == ticket["Starts"] == UNSET
    assert "Told" not in ticket


async def test_a_change_drops_the_offset_instead_and_says_not_set() -> None:
    async with site() as desk:
        id = await desk.ticket()
        said = await desk.put(id, Due="2026-01-01T03:04:05+02:00")
        ticket = await desk.get(id)
        bad = await desk.put(id, Due="garbage")
    assert said == [f"Ticket {id}: Due changed from Not set to Not set"]
    assert ticket["Due"] == "2026-01-01T03:04:05Z"
    assert bad == [f"Ticket {id}: Due could not be set to garbage."]


@pytest.mark.parametrize(
    ("subject", "kept"),
    [
        ("s" * 300, "s" * 200),
        ("é" * 250 + "x", "é" * 100),
        ("🔥" * 250, "🔥" * 50),
        ("x" + "é" * 250, "x" + "é" * 99),
        ("a\nb\r\n\tc", "ab\r\tc"),
        ("", ""),
        (" lead & <b> ", " lead & <b> "),
    ],
)
async def test_a_subject_is_cut_at_200_bytes_and_loses_line_feeds(subject: str, kept: str) -> None:
    async with site() as desk:
        ticket = await desk.get(await desk.ticket(Subject=subject))
    assert ticket["Subject"] == kept


async def test_what_a_create_cannot_use_is_dropped_in_silence() -> None:
    given = {"External ID": ["x", "y"], "Severity": "bogus", "Tags": ["a", "a", "b"], "Nope": "x"}
    more = {"Owner": "nosuch", "Requestor": "not-an-email", "Creator": "root", "Unknown": 1}
    async with site() as desk:
        ticket = await desk.get(await desk.ticket(**more, CustomFields=given, Priority=55))
    assert ticket["Owner"]["id"] == "Nobody"
    assert ticket["Requestor"] == []
    assert ticket["Creator"]["id"] == "sync"
    assert ticket["Priority"] == "55"
    values = custom(ticket)
    assert (values["External ID"], values["Severity"], values["Tags"]) == (["y"], [], ["a", "b"])
    assert "Nope" not in values


async def test_ids_are_texts_in_answers_and_lists_and_numbers_by_themselves() -> None:
    async with site() as desk:
        made = await desk.ok("POST", "/ticket", {"Queue": "General", "Subject": f"EMU {desk.mark}"})
        ticket = await desk.get(made["id"])
        row = (await desk.search(f"id = {made['id']}"))["items"][0]
    assert isinstance(made["id"], str)
    assert row["id"] == made["id"]
    assert ticket["id"] == int(made["id"])


@pytest.mark.parametrize("status", ["stalled", "rejected", "deleted"])
async def test_not_every_status_can_be_the_first(status: str) -> None:
    async with site() as desk:
        said = await desk.call("POST", "/ticket", {"Queue": "General", "Subject": "x", "Status": status})
    assert (said.status, said.body) == (
        400,
        {"message": f"New tickets can not have status '{status}' in this queue."},
    )


async def test_a_ticket_may_be_born_resolved() -> None:
    async with site() as desk:
        ticket = await desk.get(await desk.ticket(Status="Resolved"))
    assert ticket["Status"] == "resolved"
    assert UNSET not in {ticket["Resolved"], ticket["Started"]}


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"Status": "bogus"}, 400, "Status 'bogus' isn't a valid status for tickets in this queue."),
        ({"Queue": "Nope"}, 403, "No permission to create tickets in the queue 'Nope'"),
        ({"Queue": None}, 400, "Could not create ticket. Queue not set"),
        ({"Priority": "High"}, 400, "Ticket could not be created due to an internal error"),
        ({"Attachments": {}}, 400, "Attachments must be an array"),
        ({"Attachments": [{"FileName": "x"}]}, 400, "Field FileType is required for each attachment in Attachments"),
    ],
)
async def test_what_is_refused_aloud(change: dict[str, Any], status: int, message: str) -> None:
    async with site() as desk:
        said = await desk.call("POST", "/ticket", {"Queue": "General", "Subject": "x"} | change)
    assert (said.status, said.body) == (status, {"message": message})


async def test_people_are_made_on_the_fly_by_their_address_and_found_in_any_case() -> None:
    async with site() as desk:
        email = f"Emu-{desk.mark}@Example.org"
        ticket = await desk.get(await desk.ticket(Requestor=[f"Emu Lator <{email}>", email.lower()]))
        person = await desk.ok("GET", f"/user/{email.lower()}")
        found = await desk.ok("POST", "/users?fields=Name", [{"field": "EmailAddress", "value": email.upper()}])
    assert names(ticket["Requestor"]) == [email]
    assert (person["Name"], person["RealName"], person["Privileged"]) == (email, "Emu Lator", 0)
    assert names(found["items"]) == [email]


# Changing tickets


async def test_a_change_fails_in_part_with_200() -> None:
    async with site() as desk:
        id = await desk.ticket(Subject="a")
        said = await desk.put(id, Status="bogus", Subject="b", Queue="Nope", Owner="nosuch")
        ticket = await desk.get(id)
    assert said == [
        f"Ticket {id}: That user does not exist",
        f"Ticket {id}: Queue Nope does not exist",
        f"Ticket {id}: Status 'bogus' isn't a valid status for this ticket.",
        f"Ticket {id}: Subject changed from 'a' to 'b'",
    ]
    assert (ticket["Subject"], ticket["Status"]) == ("b", "new")


async def test_what_a_change_does_not_know_is_nothing_with_200() -> None:
    async with site() as desk:
        id = await desk.ticket(Subject="a")
        before = (await desk.call("GET", f"/ticket/{id}")).headers["ETag"]
        unknown = {"Foo": 1, "Created": "2024-01-01 00:00:00", "Creator": "root", "LastUpdated": "2024-01-01 00:00:00"}
        for change in (unknown, {"Subject": "a"}, {"CustomFields": {"Nope": "x"}}, {"Due": None}, {}):
            assert await desk.put(id, **change) == []
        assert (await desk.call("GET", f"/ticket/{id}")).headers["ETag"] == before


async def test_values_of_fields_are_changed_by_the_message() -> None:
    async with site() as desk:
        id = await desk.ticket(CustomFields={"External ID": "old", "Tags": ["a", "b"]})
        assert await desk.put(id, CustomFields={"External ID": "new"}) == ["External ID old changed to new"]
        assert await desk.put(id, CustomFields={"Severity": "bogus"}) == ["Invalid value for custom field"]
        assert await desk.put(id, CustomFields={"Severity": "LOW"}) == ["Severity low added"]
        assert await desk.put(id, CustomFields={"Tags": ["b", "c"]}) == [
            "c added as a value for Tags",
            "a is no longer a value for custom field Tags",
        ]
        assert await desk.put(id, CustomFields={"External ID": None}) == [
            "new is no longer a value for custom field External ID"
        ]
        values = custom(await desk.get(id))
    assert (values["External ID"], values["Severity"], sorted(map(str, values["Tags"]))) == ([], ["low"], ["b", "c"])


async def test_null_clears_one_value_and_is_two_nulls_among_several() -> None:
    async with site() as desk:
        id = await desk.ticket(CustomFields={"External ID": "old", "Tags": ["x"]})
        await desk.put(id, CustomFields={"External ID": None})
        said = await desk.put(id, CustomFields={"Tags": None})
        values = custom(await desk.get(id))
        assert (values["External ID"], values["Tags"]) == ([], [None, None])
        assert said == [*[" added as a value for Tags"] * 2, "x is no longer a value for custom field Tags"]
        await desk.put(id, CustomFields={"External ID": "", "Tags": []})
        values = custom(await desk.get(id))
        assert (values["External ID"], values["Tags"]) == ([None], [])


async def test_a_moment_in_a_field_is_midnight_when_a_t_stands_in_it() -> None:
    async with site() as desk:
        id = await desk.ticket(CustomFields={"Due On": "2026-05-05T10:00:00Z"})
        assert custom(await desk.get(id))["Due On"] == ["2026-05-05T00:00:00Z"]
        await desk.put(id, CustomFields={"Due On": "2026-05-05 10:00:00"})
        assert custom(await desk.get(id))["Due On"] == ["2026-05-05T10:00:00Z"]
        await desk.put(id, CustomFields={"Due On": "garbage"})
        assert custom(await desk.get(id))["Due On"] == [UNSET]


async def test_a_long_value_is_kept_whole() -> None:
    text = "multi\nline\r\nü " + "y" * 70_000
    async with site() as desk:
        id = await desk.ticket()
        await desk.put(id, CustomFields={"External ID": text})
        assert custom(await desk.get(id))["External ID"] == [text]


async def test_a_list_of_people_is_replaced_and_a_bad_address_breaks_the_server() -> None:
    async with site() as desk:
        one, two = f"emu-1-{desk.mark}@example.org", f"emu-2-{desk.mark}@example.org"
        id = await desk.ticket(Requestor=one)
        assert await desk.put(id, Requestor=[two]) == [
            f"Added {two} as Requestor for this ticket",
            f"{one} is no longer Requestor for this ticket",
        ]
        said = await desk.call("PUT", f"/ticket/{id}", {"Subject": "done", "Requestor": "not-an-email"})
        ticket = await desk.get(id)
    assert (said.status, said.body) == (500, b"")
    assert ticket["Subject"] == "done"  # what came before stays done
    assert names(ticket["Requestor"]) == [two]


@emulated
async def test_an_address_of_the_server_itself_is_taken_with_a_new_ticket_and_breaks_the_server_later() -> None:
    own, other = "help@desk.example.org", "emu-other@example.org"
    async with site() as desk:
        id = await desk.ticket(Cc=[own])
        assert names((await desk.get(id))["Cc"]) == [own]
        said = await desk.call("PUT", f"/ticket/{id}", {"Requestor": [other, own.upper(), "emu-more@example.org"]})
        assert (said.status, said.body) == (500, b"")
        assert (await desk.get(id))["Requestor"] == []


async def test_an_owner_goes_by_login_and_not_by_address() -> None:
    async with site() as desk:
        id = await desk.ticket(Owner="root")
        assert (await desk.get(id))["Owner"]["id"] == "root"
        email = (await desk.ok("GET", "/user/sync"))["EmailAddress"]
        assert await desk.put(id, Owner=email) == [f"Ticket {id}: That user does not exist"]
        assert await desk.put(id, Owner="root") == []
        assert await desk.put(id, Owner="ROOT") == [f"Ticket {id}: That user already owns that ticket"]
        assert await desk.put(id, Owner="sync") == [f"Ticket {id}: Owner changed from root to sync"]
        assert (await desk.types(id))[-2:] == ["Set", "SetWatcher"]
        other = await desk.get(await desk.ticket(Owner=email))
    assert other["Owner"]["id"] == "sync"


async def test_links_are_told_by_both_ends() -> None:
    async with site() as desk:
        one, two = await desk.ticket(), await desk.ticket()
        assert await desk.put(one, RefersTo=two) == [f"Ticket {one} refers to Ticket {two}."]
        assert await desk.put(one, AddRefersTo=[two]) == ["Link already exists"]
        assert await desk.put(one, DependsOn=999999999) == ["Couldn't resolve '999999999' into a link."]
        shown = [(link["ref"], link.get("id")) for id in (one, two) for link in (await desk.get(id))["_hyperlinks"]]
        assert ("refers-to", str(two)) in shown
        assert ("referred-to-by", str(one)) in shown
        assert (await desk.types(two))[-1] == "AddLink"
        assert await desk.put(one, DeleteRefersTo=two) == [f"Ticket {one} no longer refers to Ticket {two}."]


async def test_a_ticket_that_depends_on_another_cannot_end_before_it() -> None:
    async with site() as desk:
        one, two = await desk.ticket(), await desk.ticket()
        await desk.put(one, DependsOn=two)
        assert await desk.put(one, Status="resolved") == [f"Ticket {one}: That ticket has unresolved dependencies"]
        await desk.put(two, Status="resolved")
        assert await desk.put(one, Status="resolved") == [f"Ticket {one}: Status changed from 'new' to 'resolved'"]


async def test_a_merged_ticket_answers_as_the_other_and_is_found_no_more() -> None:
    async with site() as desk:
        one, two = await desk.ticket(Content="one"), await desk.ticket(Content="two")
        assert await desk.put(one, MergeInto=two) == ["Merge Successful"]
        assert (await desk.get(one))["id"] == two
        assert await desk.found(f"id = {one}") == []
        row = await desk.say(one)
        rows = [row["id"] for row in await desk.history(two)]
        assert str(row) in rows
        assert (await desk.types(two)).count("Create") == 2
        query = f"ObjectType='RT::Ticket' AND Type='AddLink' AND Field='MergedInto' AND ObjectId={one}"
        assert (await desk.ok("GET", "/transactions", params={"query": query}))["count"] == 1
        assert await desk.put(two, MergeInto=two) == ["Can't merge a ticket into itself"]
        assert await desk.put(two, MergeInto=999999999) == ["New ticket doesn't exist"]


async def test_a_deleted_ticket_answers_and_is_found_no_more() -> None:
    async with site() as desk:
        id = await desk.ticket()
        assert (await desk.call("DELETE", f"/ticket/{id}")).status == 204
        assert (await desk.get(id))["Status"] == "deleted"
        for query in (f"id = {id}", f"id = {id} AND Status = 'deleted'"):
            assert await desk.found(query) == []
        again = await desk.call("DELETE", f"/ticket/{id}")
        assert (again.status, again.body) == (500, {"message": "Internal Server Error"})
        query = f"ObjectType='RT::Ticket' AND ObjectId={id} AND Type='Status' AND NewValue='deleted'"
        assert (await desk.ok("GET", "/transactions", params={"query": query}))["count"] == 1


# Errors


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/ticket/999999999", None, 404),
        ("GET", "/nope", None, 404),
        ("GET", "/ticket", None, 404),
        ("GET", "/", None, 404),
        ("DELETE", "/ticket/999999999", None, 404),
        ("GET", "/user/nobody-has-this-name", None, 404),
        ("GET", "/queue/Nope", None, 404),
        ("GET", "/customfield/999999", None, 404),
        ("GET", "/transaction/999999999", None, 500),
        ("GET", "/attachment/999999999", None, 500),
        ("DELETE", "/tickets", None, 405),
        ("PATCH", "/tickets", {}, 501),
    ],
)
async def test_statuses_of_what_is_not_there(method: str, path: str, body: Any, status: int) -> None:
    async with site() as desk:
        said = await desk.call(method, path, body)
    assert said.status == status
    assert list(said.body) == ["message"]


@pytest.mark.parametrize(
    ("raw", "kind", "status"),
    [
        ("{bad", "application/json", 400),
        ("[]", "application/json", 400),
        ("", "application/json", 200),
        ("x", "text/plain", 415),
        ("a=b", "application/x-www-form-urlencoded", 415),
    ],
)
async def test_statuses_of_bodies_that_are_no_objects(raw: str, kind: str, status: int) -> None:
    async with site() as desk:
        id = await desk.ticket()
        said = await desk.call("PUT", f"/ticket/{id}", data=raw.encode(), headers={"Content-Type": kind})
    assert said.status == status


# Versions


async def test_a_version_is_the_id_of_the_last_transaction_and_a_comment_moves_it() -> None:
    async with site() as desk:
        id = await desk.ticket()
        said = await desk.call("GET", f"/ticket/{id}")
        assert said.headers["ETag"].strip('"') == (await desk.history(id))[-1]["id"]
        assert "T" in said.headers["Last-Modified"]  # no date that HTTP knows
        known = {"If-None-Match": said.headers["ETag"]}
        assert (await desk.call("GET", f"/ticket/{id}", headers=known)).status == 304
        row = await desk.say(id)
        newer = await desk.call("GET", f"/ticket/{id}", headers=known)
        assert (newer.status, newer.headers["ETag"]) == (200, f'"{row}"')


async def test_a_stale_version_is_refused_and_nothing_is_done() -> None:
    async with site() as desk:
        id = await desk.ticket(Subject="a")
        stale = (await desk.call("GET", f"/ticket/{id}")).headers["ETag"]
        await desk.say(id)
        said = await desk.call("PUT", f"/ticket/{id}", {"Subject": "b"}, headers={"If-Match": stale})
        assert (said.status, said.body) == (412, {"message": "Precondition Failed"})
        assert (await desk.call("DELETE", f"/ticket/{id}", headers={"If-Match": stale})).status == 412
        fresh = (await desk.call("GET", f"/ticket/{id}")).headers["ETag"]
        for version in (fresh, "*"):
            assert (
                await desk.call("PUT", f"/ticket/{id}", {"Subject": version}, headers={"If-Match": version})
            ).status == 200
        # A message has no version: whatever one names is stale.
        body = {"Content": "x", "ContentType": "text/plain"}
        assert (await desk.call("POST", f"/ticket/{id}/comment", body, headers={"If-Match": fresh})).status == 412


async def test_a_version_lets_some_of_many_writers_through() -> None:
    async with site() as desk:
        id = await desk.ticket()
        match = {"If-Match": (await desk.call("GET", f"/ticket/{id}")).headers["ETag"]}
        calls = [desk.call("PUT", f"/ticket/{id}", {"Subject": f"w{n}"}, headers=match) for n in range(16)]
        statuses = [said.status for said in await asyncio.gather(*calls)]
        assert set(statuses) == {200, 412}
        if desk.emulator is not None:
            assert statuses.count(200) == 4


# Many at once


async def test_of_many_at_once_each_has_its_own_answer_and_all_have_success() -> None:
    async with site() as desk:
        good = {"Queue": "General", "Subject": f"EMU {desk.mark}"}
        made = await desk.call("POST", "/tickets/bulk", [good, good | {"Queue": "Nope"}, good | {"Status": "bogus"}])
        id = int(made.body[0]["id"])
        changed = await desk.call(
            "PUT", "/tickets/bulk", [{"id": id, "Subject": "n"}, {"id": 999999999}, {"Subject": "x"}]
        )
    assert made.status == 201
    assert [row.get("message") for row in made.body] == [
        None,
        "No permission to create tickets in the queue 'Nope'",
        "Status 'bogus' isn't a valid status for tickets in this queue.",
    ]
    assert changed.status == 200
    assert [row[0] for row in changed.body] == [id, 999999999, None]
    assert [row[1] for row in changed.body][1:] == ["Resource does not exist"] * 2
