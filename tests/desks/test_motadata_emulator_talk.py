"""The emulated ServiceOps against its contract over real HTTP: conversations, the mails they send, people."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desks.test_motadata_emulator import ANA, BO, MIA, OLD, ORPHAN, PRINTER, TOM, Site, site


def kinds(mails: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    return [(mail["kind"], mail["to"]) for mail in mails]


# Conversations and mails (contract 3.6)


async def talk(desk: Site, id: int, condition: Any = None, **query: Any) -> Any:
    asked = "&".join(f"{key}={value}" for key, value in query.items())
    body = {} if condition is None else {"qualDetails": condition}
    return await desk.ok("POST", f"/api/v1/request/{id}/conversation/search/byqual?{asked}", body)


def of_type(type: str) -> dict[str, Any]:
    left = {"type": "PropertyOperandRest", "key": ".conversation.conversationType"}
    right = {"type": "ValueOperandRest", "value": {"type": "EnumValueRest", "value": type}}
    return {
        "type": "FlatQualificationRest",
        "quals": [
            {"type": "RelationalQualificationRest", "leftOperand": left, "operator": "equal", "rightOperand": right}
        ],
    }


async def test_conversations_read_as_seeded_and_newest_first() -> None:
    async with site() as desk:
        answer = await talk(desk, OLD)
        types = [row["conversationType"] for row in answer["objectList"]]
        assert types == ["requestor_to_technician", "technician_to_requester", "note", "requestor_to_technician"]
        assert [row["id"] for row in answer["objectList"]] == [34, 33, 32, 31]
        assert answer["totalCount"] == 4
        gone, reply, note, message = answer["objectList"]
        assert not gone.keys() & {"createdByName", "createdByEmail"}
        assert reply["fileAttachments"][0]["realName"] == "log.txt"
        assert (note["createdByEmail"], message["createdByEmail"]) == ("tom@example.org", "mia@example.org")
        assert note["createdTime"] == "Tue, Nov 14, 2023 10:13 pm"
        assert (note["updatable"], reply["updatable"]) == (True, False)
        assert note["details"] == "<p>Secret</p>"
        assert note["subject"] == "[INC-48]: Old"
        assert (await talk(desk, PRINTER))["objectList"] == []
    async with site(sort_direction="asc", conversation_zone="Asia/Kolkata", type_spelling="requester") as desk:
        first = (await talk(desk, OLD))["objectList"][0]
        assert (first["id"], first["conversationType"]) == (31, "requester_to_technician")
        assert first["createdTime"] == "Wed, Nov 15, 2023 03:43 am"
    async with site(type_spelling="capital") as desk:
        assert (await talk(desk, OLD, of_type("Note")))["objectList"][0]["conversationType"] == "Note"


async def test_conversations_are_searched_by_type_and_in_pages() -> None:
    async with site() as desk:
        assert [row["id"] for row in (await talk(desk, OLD, of_type("NOTE")))["objectList"]] == [32]
        answer = await talk(desk, OLD, size=3, offset=3)
        assert ([row["id"] for row in answer["objectList"]], answer["totalCount"]) == ([31], 4)
        wrong = of_type("note")
        wrong["quals"][0]["leftOperand"]["key"] = "request.subject"
        path = f"/api/v1/request/{OLD}/conversation/search/byqual"
        assert (await desk.call("POST", path, json={"qualDetails": wrong}))[0] == 400
        assert (await desk.call("POST", path.replace(str(OLD), "4711"), json={}))[0] == 404
    async with site(empty_conversation_search="refuse") as desk:
        assert (await desk.call("POST", path, json={}))[0] == 400
        assert len((await talk(desk, OLD, of_type("note")))["objectList"]) == 1


async def test_a_new_conversation_is_by_the_caller_and_of_now() -> None:
    async with site() as desk:
        status, said = await desk.say(
            PRINTER, conversationType="NOTE", subject="Mine", createdByName="Mia", createdTime=1
        )
        assert status == 200
        assert (said["id"], said["conversationType"], said["details"]) == (35, "note", "<p>text</p>")
        assert (said["createdByName"], said["createdByEmail"]) == ("Sync Bot", "bot@example.org")
        assert not said["createdTime"].startswith("Thu, Jan 01, 1970")
        assert said["subject"] == "[INC-46]: Jam & noise"
        assert (await talk(desk, PRINTER))["objectList"] == [said]
    async with site(subject_replaced=False) as desk:
        assert (await desk.say(PRINTER, subject="Mine"))[1]["subject"] == "Mine"


@pytest.mark.parametrize(
    "values", [{"details": ""}, {"details": " "}, {"conversationType": "shout"}, {"emailIds": "x"}]
)
async def test_a_conversation_without_text_or_type_is_refused(values: dict[str, Any]) -> None:
    async with site() as desk:
        assert (await desk.say(PRINTER, **values))[0] == 400
        assert (await talk(desk, PRINTER))["totalCount"] == 0
        assert (await desk.say(4711))[0] == 404


async def test_a_conversation_moves_the_requests_time_only_by_switch() -> None:
    for bumps in (False, True):
        async with site(bump_on_conversation=bumps) as desk:
            before = (await desk.get(PRINTER))["updatedTime"]
            _, said = await desk.say(PRINTER)
            after = (await desk.get(PRINTER))["updatedTime"]
            assert (after > before) == bumps
            await desk.call("PATCH", f"/api/v1/request/{PRINTER}/conversation/{said['id']}", json={"details": "x"})
            assert ((await desk.get(PRINTER))["updatedTime"] > before) == bumps


@pytest.mark.parametrize(
    ("mode", "status", "then"), [("accept", 200, "Closed"), ("refuse", 400, "Closed"), ("reopen", 200, "Open")]
)
async def test_a_word_on_a_closed_request_is_taken_or_refused_or_reopens_it(mode: str, status: int, then: str) -> None:
    async with site(on_resolved=mode) as desk:
        before = (await desk.get(OLD))["updatedTime"]
        assert (await desk.say(OLD))[0] == status
        row = await desk.get(OLD)
        assert row["statusName"] == then
        assert (row["updatedTime"] > before) == (mode == "reopen")
        assert (await talk(desk, OLD))["totalCount"] == (4 if mode == "refuse" else 5)
        assert (await desk.say(PRINTER))[0] == 200


async def test_notes_can_be_edited_and_the_rest_cannot() -> None:
    async def edit(desk: Site, said: int, **values: Any) -> tuple[int, Any]:
        return await desk.call("PATCH", f"/api/v1/request/{OLD}/conversation/{said}", json=values)

    async with site() as desk:
        status, note = await edit(desk, 32, conversationType="note", details="<p>Less secret</p>")
        assert (status, note["details"]) == (200, "<p>Less secret</p>")
        assert note["updatedTime"] != note["createdTime"]
        assert (await talk(desk, OLD, of_type("note")))["objectList"] == [note]
        assert (await edit(desk, 33, details="x"))[0] == 400
        assert (await edit(desk, 32, details=""))[0] == 400
        assert (await edit(desk, 32, conversationType="collaborate"))[0] == 400
        assert (await edit(desk, 4711, details="x"))[0] == 404
        desk.emulator.staff.edit_comment(OLD, 32, "<p>Changed</p>")
        assert (await talk(desk, OLD, of_type("note")))["objectList"][0]["details"] == "<p>Changed</p>"
    async with site(editable=frozenset()) as desk:
        assert (await edit(desk, 32, details="x"))[0] == 400


async def test_a_public_reply_sends_a_mail_and_a_note_does_not() -> None:
    async with site(notify=False) as desk:
        await desk.say(PRINTER)
        await desk.say(PRINTER, conversationType="collaborate")
        await desk.say(PRINTER, conversationType="requestor_to_technician")
        await desk.say(PRINTER, conversationType="technician_to_requester", conversationState="draft")
        assert desk.emulator.state()["mails"] == []
        reply = {"conversationType": "technician_to_requester"}
        _, first = await desk.say(PRINTER, **reply)
        _, second = await desk.say(PRINTER, **reply, emailIds=["a@example.org"], ccEmailIds=["b@example.org"])
        assert desk.emulator.state()["mails"] == [
            {"request": 65, "kind": "reply", "to": ["mia@example.org"], "cc": [], "conversation": first["id"]},
            {
                "request": 65,
                "kind": "reply",
                "to": ["a@example.org"],
                "cc": ["b@example.org"],
                "conversation": second["id"],
            },
        ]
        await desk.say(ORPHAN, **reply)
        assert len(desk.emulator.state()["mails"]) == 2


@pytest.mark.parametrize(("mode", "status", "mails"), [("nobody", 200, 0), ("refuse", 400, 0), ("requester", 200, 1)])
async def test_a_reply_to_no_address_is_undefined(mode: str, status: int, mails: int) -> None:
    async with site(empty_email_ids=mode) as desk:
        assert (await desk.say(PRINTER, conversationType="technician_to_requester", emailIds=[]))[0] == status
        assert len(desk.emulator.state()["mails"]) == mails
        assert (await desk.say(PRINTER))[0] == 200


async def test_notifications_go_out_for_what_happens_to_a_request() -> None:
    async with site() as desk:
        made = await desk.create(assigneeEmail="tom@example.org")
        await desk.patch(made["id"], subject="Other")
        await desk.patch(made["id"], assigneeEmail="eva@example.org", statusName="Resolved")
        await desk.say(made["id"], conversationType="requestor_to_technician")
        await desk.say(made["id"])
        assert kinds(desk.emulator.state()["mails"]) == [
            ("created", ["mia@example.org"]),
            ("assigned", ["tom@example.org"]),
            ("status", ["mia@example.org"]),
            ("assigned", ["eva@example.org"]),
            ("message", ["eva@example.org"]),
        ]
    async with site(notify=False) as desk:
        made = await desk.create(assigneeEmail="tom@example.org")
        await desk.patch(made["id"], statusName="Resolved")
        assert desk.emulator.state()["mails"] == []


async def test_people_at_the_desk_say_things_too() -> None:
    async with site() as desk:
        said = desk.emulator.staff.comment(PRINTER, "<p>On it</p>", type="technician_to_requester")
        assert (await talk(desk, PRINTER))["objectList"][0]["id"] == said
        with pytest.raises(KeyError):
            desk.emulator.staff.edit_comment(PRINTER, 4711, "x")


# People (contract 3.8)


def by_email(email: str) -> dict[str, Any]:
    left = {"type": "PropertyOperandRest", "key": "user.email"}
    right = {"type": "ValueOperandRest", "value": {"type": "StringValueRest", "value": email}}
    return {"type": "RelationalQualificationRest", "leftOperand": left, "operator": "equal", "rightOperand": right}


async def people(desk: Site, condition: Any = None) -> list[Any]:
    body = {} if condition is None else {"qualDetails": condition}
    rows: list[Any] = (await desk.ok("POST", "/api/v1/requester/search/byqual", body))["objectList"]
    return rows


async def test_people_are_read_by_id() -> None:
    async with site() as desk:
        mia = await desk.ok("GET", f"/api/v1/requester/{MIA}")
        assert (mia["email"], mia["userLogOnName"], mia["locationName"]) == ("mia@example.org", "mia", "HQ")
        assert len(mia["createdTime"]) == len("16-07-2025 16:33")
        assert (await desk.ok("GET", f"/api/v1/requester/{BO}"))["isBlock"] is True
        tom = await desk.ok("GET", f"/api/v1/technician/{TOM}")
        assert (tom["roles"], tom["accessLevel"]) == (["Technician"], "global_access")
        assert (await desk.call("GET", f"/api/v1/technician/{MIA}"))[0] == 404
        assert (await desk.call("GET", f"/api/v1/requester/{ANA}"))[0] == 404
        assert (await desk.ok("GET", f"/api/v1/requester/{TOM}"))["id"] == TOM
    async with site(technicians_as_requesters=False) as desk:
        assert (await desk.call("GET", f"/api/v1/requester/{TOM}"))[0] == 404


async def test_requesters_are_found_by_email() -> None:
    async with site() as desk:
        assert [row["id"] for row in await people(desk, by_email("MIA@example.org"))] == [MIA]
        assert [row["id"] for row in await people(desk, by_email("tom@example.org"))] == [TOM]
        assert await people(desk, by_email("ana@example.org")) == []
        assert len(await people(desk)) == 5
    async with site(technicians_as_requesters=False) as desk:
        assert await people(desk, by_email("tom@example.org")) == []
    async with site(missing=frozenset({"requester_search"})) as desk:
        assert (await desk.call("POST", "/api/v1/requester/search/byqual", json={}))[0] == 404


async def test_a_new_requester_can_be_used_at_once() -> None:
    body = {
        "name": "Rui Sol",
        "email": "rui@example.org",
        "userLogOnName": "rui",
        "contactNo": "+351 1",
        "departmentName": "finance",
        "locationName": "Moon",
    }
    async with site() as desk:
        made = await desk.ok("POST", "/api/v1/requester", body)
        assert (made["id"], made["contactNo"], made["departmentName"]) == (106, "+351 1", "Finance")
        assert "locationName" not in made
        assert await people(desk, by_email("rui@example.org")) == [made]
        assert (await desk.create(requesterEmail="rui"))["requesterName"] == "Rui Sol"


@pytest.mark.parametrize("lacking", ["name", "email", "userLogOnName"])
async def test_a_requester_needs_name_email_and_logon(lacking: str) -> None:
    body = {"name": "Rui Sol", "email": "rui@example.org", "userLogOnName": "rui"} | {lacking: ""}
    async with site() as desk:
        assert (await desk.call("POST", "/api/v1/requester", json=body))[0] == 400


@pytest.mark.parametrize("taken", [{"email": "Mia@example.org"}, {"userLogOnName": "mia"}])
async def test_a_taken_name_is_refused(taken: dict[str, str]) -> None:
    body = {"name": "Rui Sol", "email": "rui@example.org", "userLogOnName": "rui"} | taken
    async with site(duplicate_status=409) as desk:
        assert (await desk.call("POST", "/api/v1/requester", json=body))[0] == 409
        assert len(await people(desk)) == 5
    async with site() as desk:
        assert (await desk.call("POST", "/api/v1/requester", json=body))[0] == 400
