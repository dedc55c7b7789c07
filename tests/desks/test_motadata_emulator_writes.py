"""The emulated ServiceOps against its contract over real HTTP: what writing does to requests, and what rules refuse."""

from __future__ import annotations

from typing import Any

import pytest

from tests.desks.test_motadata_emulator import LAPTOP, OLD, PRINTER, TOM, WAITS, Site, site

ALL_FIELDS = {
    "External Id": "text",
    "Affected users": "number",
    "Seen at": "datetime",
    "Channels": "multiselect",
    "Colours": "checkbox",
    "Story": "richtext",
}


# Creating (contract 3.2, 8)


async def test_a_new_request_has_the_defaults_of_the_product() -> None:
    async with site() as desk:
        made = await desk.create(name="INC-9999", id=9999, createdTime=1, colour="red")
        row = await desk.get(made["id"])
    assert (row["id"], row["name"]) == (WAITS + 1, "INC-51")
    assert row["createdTime"] > 1_700_000_000_000
    assert 0 <= row["updatedTime"] - row["createdTime"] <= 500
    assert (row["statusName"], row["priorityName"], row["impactName"], row["urgencyName"]) == (
        "Open",
        "Low",
        "Low",
        "Low",
    )
    assert (row["source"], row["supportLevel"], row["spam"]) == ("External", "tier1", False)
    assert (row["createdByName"], row["updatedByName"]) == ("Sync Bot", "Sync Bot")
    assert not row.keys() & {"assigneeEmail", "categoryName", "locationName"}


async def test_what_a_create_is_given_is_kept_and_partly_not_shown_by_its_answer() -> None:
    values: dict[str, Any] = {
        "description": "<p>Text</p>",
        "statusName": "in progress",
        "priorityName": "URGENT",
        "urgencyName": "High",
        "impactName": "On Departments",
        "categoryName": "Printers",
        "departmentName": "Finance",
        "locationName": "Plant",
        "supportLevel": "Tier3",
        "assigneeEmail": "EVA@example.org",
        "source": "Email",
        "spam": True,
        "tags": ["a", "b"],
        "ccEmailSet": ["x@example.org"],
        "customField": {"Order": "PO-9", "External Id": "zd:1", "Affected users": 3},
    }
    async with site() as desk:
        made = await desk.create(**values)
        row = await desk.get(made["id"])
    assert (made["tags"], made["customField"]) == ([], {})
    assert made["supportLevel"] != row["supportLevel"]
    kept = values | {
        "description": "Text",
        "statusName": "In Progress",
        "priorityName": "Urgent",
        "impactName": "On department",
        "supportLevel": "tier3",
        "assigneeEmail": "eva@example.org",
        "customField": {
            "Order": "PO-9",
            "Area": "",
            "External Id": "zd:1",
            "Affected users": 3.0,
            "Seen at": 0,
            "Channels": [],
        },
    }
    assert {key: row[key] for key in values} == kept


async def test_an_honest_server_shows_what_it_kept() -> None:
    async with site(echo_loss=False) as desk:
        made = await desk.create(tags=["a"], customField={"Order": "PO-9"}, supportLevel="Tier2")
        assert made == await desk.get(made["id"])
        assert made["customField"]["Order"] == "PO-9"


@pytest.mark.parametrize(
    "values",
    [
        {"subject": ""},
        {"subject": None},
        {"requesterEmail": ""},
        {"requesterEmail": "nobody@example.org"},
        {"requesterEmail": "ana@example.org"},
        {"subject": "x" * 256},
        {"description": "x" * 60_001},
        {"locationName": "Moon"},
        {"categoryName": "Cheese"},
        {"departmentName": "Cheese"},
        {"statusName": "Cheese"},
        {"priorityName": "Cheese"},
        {"supportLevel": "Tier9"},
        {"assigneeEmail": "mia@example.org"},
        {"assigneeEmail": "nobody@example.org"},
        {"spam": "yes"},
        {"tags": "vpn"},
        {"customField": []},
        {"customField": {"Area": "Cheese"}},
        {"customField": {"Order": 7}},
        {"customField": {"Affected users": "many"}},
        {"customField": {"Affected users": True}},
        {"customField": {"Seen at": "today"}},
        {"customField": {"Channels": "Mail"}},
        {"customField": {"Channels": [7]}},
        {"fileAttachments": [{"refFileName": "none", "realName": "a.txt"}]},
    ],
    ids=str,
)
async def test_a_payload_that_is_wrong_creates_nothing(values: dict[str, Any]) -> None:
    body = {"subject": "New", "requesterEmail": "mia@example.org"} | values
    async with site() as desk:
        status, answer = await desk.call("POST", "/api/v1/request", json=body)
        assert (status, answer["status"]) == (400, 400)
        assert answer["error"]
        assert (await desk.search())["totalCount"] == 5
        assert desk.emulator.state()["mails"] == []


async def test_a_requester_goes_by_logon_name_and_comes_back_by_email() -> None:
    async with site() as desk:
        assert (await desk.create(requesterEmail="mia"))["requesterEmail"] == "mia@example.org"
        assert (await desk.create(requesterEmail="MIA@Example.org"))["requesterEmail"] == "mia@example.org"
        assert (await desk.create(requesterEmail="tom@example.org"))["requesterName"] == "Tom Berg"
        assert (await desk.create(requesterEmail="bo@example.org"))["requesterName"] == "Bo Kim"


async def test_disabled_people_may_be_refused() -> None:
    async with site() as desk:
        desk.emulator.tables.people[TOM].disabled = True
        assert (await desk.patch(LAPTOP, assigneeEmail="tom@example.org"))[0] == 200
    async with site(disabled_people="reject") as desk:
        body = {"subject": "New", "requesterEmail": "bo@example.org"}
        assert (await desk.call("POST", "/api/v1/request", json=body))[0] == 400
        desk.emulator.tables.people[TOM].disabled = True
        assert (await desk.patch(LAPTOP, assigneeEmail="tom@example.org"))[0] == 400


async def test_an_unknown_requester_may_be_made_on_the_way() -> None:
    async with site(unknown_requester="create") as desk:
        made = await desk.create(requesterEmail="New.One@example.org")
        assert (made["requesterName"], made["requesterEmail"]) == ("New.One", "New.One@example.org")
        again = await desk.create(requesterEmail="new.one@example.org")
        assert again["requesterEmail"] == "New.One@example.org"


async def test_unknown_names_and_labels_may_be_left_out_or_refused() -> None:
    async with site(unknown_names="ignore") as desk:
        made = await desk.create(
            categoryName="Cheese",
            priorityName="Cheese",
            supportLevel="Tier9",
            assigneeEmail="nobody@example.org",
            customField={"Area": "Cheese"},
        )
        row = await desk.get(made["id"])
        assert (row["priorityName"], row["supportLevel"]) == ("Low", "tier1")
        assert not row.keys() & {"categoryName", "assigneeEmail"}
        assert row["customField"]["Area"] == ""
        assert (await desk.patch(PRINTER, locationName="Moon"))[0] == 400
    async with site() as desk:
        assert (await desk.patch(PRINTER, customField={"order": "PO-8"}))[1]["customField"]["Order"] == "PO-7"
    async with site(unknown_label="reject") as desk:
        assert (await desk.patch(PRINTER, customField={"order": "PO-8"}))[0] == 400


async def test_a_form_may_demand_more() -> None:
    async with site(mandatory=frozenset({"categoryName"})) as desk:
        body = {"subject": "New", "requesterEmail": "mia@example.org"}
        assert (await desk.call("POST", "/api/v1/request", json=body))[0] == 400
        await desk.create(categoryName="Software")


async def test_keys_may_be_taken_and_forgotten() -> None:
    async with site(ignored_keys=frozenset({"tags", "customField"})) as desk:
        made = await desk.create(tags=["ext:a:1"], customField={"External Id": "a:1"}, description="[ext:a:1]")
        row = await desk.get(made["id"])
        assert (row["tags"], row["customField"]["External Id"], row["description"]) == ([], "", "[ext:a:1]")
        assert (await desk.patch(PRINTER, tags=["x"]))[1]["tags"] == ["vpn", "p1"]


async def test_what_is_too_long_may_be_cut() -> None:
    async with site(too_long="cut", max_subject=5, max_description=4) as desk:
        made = await desk.create(subject="Printer", description="Paper")
        assert (made["subject"], made["description"]) == ("Print", "Pape")


async def test_a_group_travels_under_the_configured_key_only() -> None:
    async with site() as desk:
        made = await desk.create(groupName="IT")
        assert desk.emulator.state()["requests"][str(made["id"])]["group"] == ""
    async with site(group_key="groupName") as desk:
        assert (await desk.create(groupName="facilities"))["groupName"] == "Facilities"
        assert (await desk.patch(PRINTER, groupName="Nobody"))[0] == 400


async def test_a_server_may_assign_new_requests_itself() -> None:
    async with site(auto_assign=True) as desk:
        assert (await desk.create())["assigneeEmail"] == "bot@example.org"
        assert (await desk.create(assigneeEmail="tom@example.org"))["assigneeEmail"] == "tom@example.org"


# Updating (contract 3.4)


async def test_a_patch_changes_what_it_names_and_nothing_else() -> None:
    async with site() as desk:
        before = await desk.get(PRINTER)
        values = {"subject": "Jam again", "assigneeEmail": "eva@example.org", "customField": {"Order": "PO-8"}}
        status, row = await desk.patch(PRINTER, **values, requesterEmail="tom@example.org", source="Email 2", name="X")
        assert status == 200
        assert row == await desk.get(PRINTER)
        assert row.pop("updatedTime") > before["updatedTime"]
        fields = before["customField"] | {"Order": "PO-8"}
        changed = {"subject": "Jam again", "assigneeEmail": "eva@example.org", "customField": fields}
        assert row == {key: value for key, value in before.items() if key != "updatedTime"} | changed | {
            "updatedByName": "Sync Bot"
        }


async def test_a_service_request_is_patched_at_the_same_path() -> None:
    async with site() as desk:
        assert (await desk.patch(LAPTOP, priorityName="Low"))[1]["name"] == "SR-47"


async def test_a_patch_that_is_refused_changes_nothing() -> None:
    async with site() as desk:
        before = await desk.get(PRINTER)
        assert (await desk.patch(PRINTER, subject="Other", priorityName="Cheese"))[0] == 400
        assert (await desk.patch(PRINTER, subject=" "))[0] == 400
        assert (await desk.patch(4711, subject="Other"))[0] == 404
        assert await desk.get(PRINTER) == before


async def test_a_patch_that_changes_nothing_moves_the_time_only_by_switch() -> None:
    async with site() as desk:
        before = await desk.get(PRINTER)
        await desk.patch(PRINTER, subject="Jam & noise", tags=["vpn", "p1"])
        assert await desk.get(PRINTER) == before
    async with site(idle_patch_bumps=True) as desk:
        assert (await desk.patch(PRINTER, subject="Jam & noise"))[1]["updatedTime"] > before["updatedTime"]


async def test_a_server_may_want_the_subject_in_every_patch_and_answer_with_nothing() -> None:
    async with site(patch_requires_subject=True, patch_answer="empty") as desk:
        assert (await desk.patch(PRINTER, spam=True))[0] == 400
        assert await desk.patch(PRINTER, spam=True, subject="Jam & noise") == (200, "")
        assert (await desk.get(PRINTER))["spam"] is True


async def test_lists_custom_values_and_files_are_replaced_or_merged() -> None:
    async def patched(desk: Site) -> Any:
        desk.emulator.switches.upload_path = "/api/oprfile"
        file = desk.emulator.tables.add_file("new.txt", b"x")
        mention = {"refFileName": file.ref, "realName": "new.txt"}
        values = {"tags": ["new"], "customField": {"Area": "Sales"}, "fileAttachments": [mention]}
        row = (await desk.patch(PRINTER, **values))[1]
        return row["tags"], row["customField"]["Order"], len(row["fileAttachments"])

    async with site() as desk:
        assert await patched(desk) == (["new"], "PO-7", 3)
    async with site(list_patch="merge", custom_patch="replace", file_patch="replace") as desk:
        assert await patched(desk) == (["vpn", "p1", "new"], "", 1)
    async with site(file_patch="ignore") as desk:
        assert (await patched(desk))[2] == 2


EMPTY = {
    "description": "",
    "assigneeEmail": "",
    "categoryName": "",
    "customField": {"Order": "", "Area": "", "Seen at": ""},
}
NULL: dict[str, Any] = {
    "subject": None,
    "assigneeEmail": None,
    "categoryName": None,
    "tags": None,
    "customField": {"Order": None, "Area": None},
}


@pytest.mark.parametrize(
    ("mode", "values", "description", "assigned", "custom"),
    [
        ("empty", EMPTY, False, True, ""),
        ("empty", NULL, True, True, "PO-7"),
        ("never", EMPTY, True, True, "PO-7"),
        ("never", NULL, True, True, "PO-7"),
        ("null", EMPTY, True, True, "PO-7"),
        ("null", NULL, True, False, ""),
    ],
)
async def test_what_clears_a_value(mode: str, values: Any, description: bool, assigned: bool, custom: str) -> None:
    async with site(clearing=mode) as desk:
        status, row = await desk.patch(PRINTER, **values)
        assert status == 200
        assert ("description" in row, "assigneeEmail" in row, "categoryName" in row) == (
            description,
            assigned,
            assigned,
        )
        assert row["customField"]["Order"] == custom
        assert (row["subject"], row["tags"]) == ("Jam & noise", ["vpn", "p1"])


async def test_custom_values_take_the_form_of_their_kind() -> None:
    values = {
        "External Id": "zd:1",
        "Affected users": "4.5",
        "Seen at": 1_767_000_000_123,
        "Channels": ["Mail", "Chat"],
        "Colours": ["red"],
        "Story": "<p>long</p>",
    }
    async with site(extra_fields=ALL_FIELDS) as desk:
        unset = (await desk.get(PRINTER))["customField"]
        assert {label: unset[label] for label in ALL_FIELDS} == {
            "External Id": "",
            "Affected users": 0.0,
            "Seen at": 0,
            "Channels": [],
            "Colours": [],
            "Story": "",
        }
        _, row = await desk.patch(PRINTER, customField=values)
        assert {label: row["customField"][label] for label in ALL_FIELDS} == values | {"Affected users": 4.5}
        assert isinstance(
            (await desk.patch(PRINTER, customField={"Affected users": 3}))[1]["customField"]["Affected users"], float
        )


# Rules (contract 3.10)


async def test_the_status_of_approval_is_the_systems() -> None:
    async with site() as desk:
        assert (await desk.patch(PRINTER, statusName="Pending in Approval"))[0] == 400
        body = {"subject": "New", "requesterEmail": "mia", "statusName": "Pending in Approval"}
        assert (await desk.call("POST", "/api/v1/request", json=body))[0] == 400
        assert (await desk.get(PRINTER))["statusName"] == "In Progress"


async def test_a_request_may_have_to_be_resolved_before_it_is_closed() -> None:
    async with site(closed_after_resolved=True, rule_status=409) as desk:
        assert (await desk.patch(PRINTER, statusName="Closed"))[0] == 409
        body = {"subject": "New", "requesterEmail": "mia", "statusName": "Closed"}
        assert (await desk.call("POST", "/api/v1/request", json=body))[0] == 409
        assert (await desk.patch(PRINTER, statusName="Resolved"))[0] == 200
        assert (await desk.patch(PRINTER, statusName="Closed"))[1]["statusName"] == "Closed"
    async with site() as desk:
        assert (await desk.patch(PRINTER, statusName="Closed"))[1]["statusName"] == "Closed"


async def met(desk: Site, need: str) -> None:
    match need:
        case "note":
            await desk.say(LAPTOP)
        case "reply":
            await desk.say(LAPTOP, conversationType="technician_to_requester")
        case "assignee":
            await desk.patch(LAPTOP, assigneeEmail="tom@example.org")
        case "location":
            await desk.patch(LAPTOP, locationName="HQ")
        case "solution":
            desk.emulator.staff.edit(LAPTOP, solution="Turned it on")
        case "approval":
            desk.emulator.staff.edit(LAPTOP, approved=True)
        case "tasks":
            desk.emulator.staff.edit(LAPTOP, open_tasks=0)


@pytest.mark.parametrize("need", ["note", "reply", "assignee", "location", "solution", "approval", "tasks"])
@pytest.mark.parametrize("status", ["Resolved", "Closed"])
async def test_an_end_may_need_something_first(need: str, status: str) -> None:
    needs: Any = {"resolve_needs" if status == "Resolved" else "close_needs": frozenset({need})}
    async with site(**needs) as desk:
        desk.emulator.staff.edit(LAPTOP, location="", approved=False, open_tasks=1)
        refused, answer = await desk.patch(LAPTOP, statusName=status)
        assert (refused, need in answer["error"]) == (400, True)
        await met(desk, need)
        assert (await desk.patch(LAPTOP, statusName=status))[1]["statusName"] == status


async def test_some_moves_are_blocked() -> None:
    async with site(blocked_transitions=frozenset({("Closed", "Open")})) as desk:
        assert (await desk.patch(OLD, statusName="Open"))[0] == 400
        assert (await desk.patch(OLD, statusName="In Progress"))[0] == 200


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("assigneeEmail", "eva@example.org"),
        ("supportLevel", "Tier4"),
        ("categoryName", "Software"),
        ("departmentName", "Operations"),
        ("priorityName", "Low"),
    ],
)
async def test_a_note_may_be_needed_before_a_change(key: str, value: str) -> None:
    async with site(note_first=frozenset({key})) as desk:
        assert (await desk.patch(PRINTER, **{key: value}))[0] == 400
        assert (await desk.patch(PRINTER, subject="Allowed"))[0] == 200
        await desk.say(PRINTER)
        assert (await desk.patch(PRINTER, **{key: value}))[1][key].lower() == value.lower()


async def test_a_rule_may_be_broken_in_vain_and_without_a_word() -> None:
    switches: Any = {"note_first": frozenset({"priorityName"}), "resolve_needs": frozenset({"solution"})}
    async with site(rule_violation="ignore", **switches) as desk:
        status, row = await desk.patch(PRINTER, statusName="Resolved", priorityName="Low", subject="Kept")
        assert (status, row["statusName"], row["priorityName"], row["subject"]) == (200, "In Progress", "High", "Kept")


# Service requests (contract 3.5)


async def test_a_service_request_loses_much_of_what_it_is_given() -> None:
    values = {
        "requester": "mia",
        "serviceName": "New laptop",
        "serviceCategoryName": "Hardware",
        "subject": "Laptop for Mia",
        "description": "<p>Small</p>",
        "categoryName": "Laptops",
        "source": "Email",
        "impact": "On User",
        "priorityName": "High",
        "location": "Plant",
        "customField": {"Memory": "32", "Order": "PO-1"},
    }
    path = "/api/v1/service_catalog/servicerequest"
    async with site() as desk:
        row = await desk.get((await desk.ok("POST", path, values))["id"])
        assert (row["name"], row["subject"], row["source"]) == ("SR-51", "---", "External")
        assert not row.keys() & {"description", "categoryName"}
        assert (row["impactName"], row["priorityName"], row["locationName"]) == ("On Users", "High", "Plant")
        assert "Memory" not in row["customField"]
        assert row["requesterEmail"] == "mia@example.org"
    async with site(service_losses=False) as desk:
        row = await desk.ok("POST", path, values)
        assert (row["subject"], row["description"], row["categoryName"]) == ("Laptop for Mia", "Small", "Laptops")


@pytest.mark.parametrize(
    "change",
    [
        {"requester": ""},
        {"requester": "nobody"},
        {"serviceName": "Cheese"},
        {"serviceCategoryName": "Network"},
        {"impact": "Cheese"},
    ],
    ids=str,
)
async def test_a_bad_service_request_is_500_without_a_word(change: dict[str, str]) -> None:
    body = {"requester": "mia", "serviceName": "New laptop", "serviceCategoryName": "Hardware"} | change
    async with site() as desk:
        status, _, raw, _ = await desk.raw("POST", "/api/v1/service_catalog/servicerequest", json=body)
        assert (status, raw) == (500, b"")
        assert (await desk.search())["totalCount"] == 5
