"""The emulated tenant's create, update and status over real HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientError

from syncer.deskkit.emulation import Faults
from syncer.desks.rezolve.emulator import Auth
from syncer.sandbox.up import emptied
from tests.desks.test_rezolve_emulator import (
    ANA,
    APPROVAL,
    ARCHIVED,
    BO,
    CHANGE,
    CHANGE_OFFER,
    DRAFT,
    EVA,
    FOR_HR,
    INACTIVE,
    INCIDENT,
    MIA,
    OFFER,
    OLD,
    ORPHAN,
    PRINTER,
    REQUEST,
    REQUEST_OFFER,
    TOM,
    Site,
    T,
    reason,
    site,
    world,
)

# Create (3.1)


async def test_a_created_ticket_is_answered_whole_with_200() -> None:
    async with site() as tenant:
        draft = tenant.draft(Description="<p>Since <b>today</b></p>", Effort=2.5, Escalated=True, Tags=["a", "b"])
        draft["ticketBody"][tenant.uuid("Due Date")] = "2026-03-01T00:00:00.000Z"
        draft["ticketBody"][tenant.uuid("Assigned To")] = TOM.upper()
        before = tenant.emulator.tables.now()
        status, answer = await tenant.create(draft)
        assert (status, answer["success"], answer["status"], answer["message"]) == (
            200, True, 200, "ticket created successfully",
        )  # fmt: skip
        made = answer["ticket"]
        assert answer["objectId"] == made["object_id"] == "INC-2004"
        assert made == await tenant.ticket("INC-2004")
        assert (made["version"], made["status_type"], made["summary"]) == (2, "Open", "New")
        assert made["data"]["submittedBy"] == made["data"]["lastUpdatedBy"]["username"] == "service-account-syncer"
        assert made["data"][tenant.uuid("Assigned To")] == TOM
        assert made["data"][tenant.uuid("Effort")] == 2.5
        ticket = tenant.emulator.tables.tickets["INC-2004"]
        assert before <= ticket.created == ticket.updated <= tenant.emulator.tables.now()
        assert tenant.emulator.state()["tickets"]["INC-2004"]["source"] == "api"


async def test_an_empty_target_takes_tickets_of_each_type() -> None:
    async with site(emptied(world())) as tenant:
        assert await tenant.listed() == []
        for kind, offer, prefix in (
            (INCIDENT, OFFER, "INC"),
            (REQUEST, REQUEST_OFFER, "REQ"),
            (CHANGE, CHANGE_OFFER, "CHG"),
        ):
            status, answer = await tenant.create(tenant.draft(kind, offer), "buro-zurich", kind)
            assert (status, answer.get("objectId")) == (200, f"{prefix}-2001"), answer


@pytest.mark.parametrize("key", ["source", "summary", "ticketBody", "attachments", "ticketRelation"])
async def test_a_missing_key_is_refused(key: str) -> None:
    async with site() as tenant:
        draft = tenant.draft()
        del draft[key]
        status, answer = await tenant.create(draft)
        assert status == 400
        assert key in reason(answer)
        assert len(tenant.emulator.tables.tickets) == 5


@pytest.mark.parametrize(("key", "value"), [("attachments", None), ("attachments", {"a": 1}), ("ticketRelation", {})])
async def test_what_nobody_documented_must_be_empty(key: str, value: Any) -> None:
    async with site() as tenant:
        status, answer = await tenant.create(tenant.draft() | {key: value})
    assert status == 400
    assert list(reason(answer)) == [key]


async def test_relations_are_taken_where_the_switch_says() -> None:
    async with site(relations=True) as tenant:
        related = tenant.draft() | {"ticketRelation": {"relatedTickets": [PRINTER]}}
        assert (await tenant.create(related))[0] == 200
        assert tenant.emulator.state()["tickets"]["INC-2004"]["links"] == [PRINTER]
        unknown = tenant.draft() | {"ticketRelation": {"relatedTickets": ["INC-9"]}}
        assert (await tenant.create(unknown))[0] == 400


@pytest.mark.parametrize(
    ("label", "value", "text"),
    [
        ("Due Date", "", "must be a valid date"),
        ("Due Date", "2026-03-01", "must be a valid date"),
        ("Original Created", "2026-02-30T00:00:00.000Z", "must be a valid date"),
        ("Original Created", "", "must be a valid date"),
        ("Effort", "2", "must be a number"),
        ("Effort", True, "must be a number"),
        ("Escalated", "yes", "must be a boolean"),
        ("Area", "Finance", "has no such option"),
        ("Tags", "vpn", "must be an array"),
        ("Tags", [1], "has no such option"),
        ("Order", 7, "must be a string"),
        ("Order", "x" * 256, "must be at most 255"),
        ("Assigned To", "nobody@example.org", "names no user"),
        ("Assigned To", ANA, "names no user"),
        ("Assigned To", BO, "not active"),
        ("Priority", None, "is required"),
        ("Subject", "", "is required"),
    ],
)  # fmt: skip
async def test_a_value_that_does_not_fit_is_blamed_on_its_uuid(label: str, value: Any, text: str) -> None:
    async with site() as tenant:
        draft = tenant.draft()
        draft["ticketBody"][tenant.uuid(label)] = value
        status, answer = await tenant.create(draft)
        assert status == 400
        (texts,) = [reason(answer)[tenant.uuid(label)]]
        assert text in texts[0]
        assert len(reason(answer)) == 1
        update = await tenant.patch(PRINTER, tenant.emulator.tables.tickets[PRINTER].etag, {tenant.uuid(label): value})
        assert update[0] == 400
        assert text in reason(update[1])[tenant.uuid(label)][0]


async def test_labels_are_taken_for_values_where_the_switch_says() -> None:
    async with site(accept_labels=True) as tenant:
        assert (await tenant.create(tenant.draft(Area="Sales")))[0] == 200
        assert (await tenant.create(tenant.draft(Area="Other")))[0] == 400
        assert (await tenant.ticket("INC-2004"))["data"][tenant.uuid("Area")] == tenant.option("Area", "Sales")


async def test_the_uuid_of_another_type_is_refused_dropped_or_kept() -> None:
    for mode, status, there in (("refuse", 400, False), ("drop", 200, False), ("keep", 200, True)):
        async with site(unknown_field=mode) as tenant:
            foreign = tenant.uuid("Location", REQUEST)
            draft = tenant.draft()
            draft["ticketBody"][foreign] = "x"
            got, answer = await tenant.create(draft)
            assert got == status, mode
            assert (foreign in answer.get("ticket", {}).get("data", {})) is there


@pytest.mark.parametrize(
    ("offer", "text"),
    [
        (REQUEST_OFFER, "does not match"),
        (INACTIVE, "not available"),
        (DRAFT, "not available"),
        (ARCHIVED, "not available"),
        (FOR_HR, "not available"),
        ("1", "not available"),
        (None, "is required"),
        (int(OFFER), "must be a string"),
    ],
)
async def test_an_offer_that_does_not_fit_is_refused(offer: Any, text: str) -> None:
    async with site() as tenant:
        status, answer = await tenant.create(tenant.draft(offer=offer))
    assert status == 400
    assert text in reason(answer)["offerId"][0]


async def test_an_offer_for_an_audience_is_open_to_it() -> None:
    async with site(auth=Auth(client_roles=("ticket_admin", "hr_agent"))) as tenant:
        assert (await tenant.create(tenant.draft(offer=FOR_HR)))[0] == 200


@pytest.mark.parametrize(("team", "kind"), [("IT Desk", INCIDENT), ("nowhere", INCIDENT), ("it-desk", "1")])
async def test_an_unknown_team_or_type_is_a_page_of_html(team: str, kind: str) -> None:
    async with site() as tenant:
        path = f"{T}/ticket/create/{team}/{kind}"
        status, headers, content = await tenant.raw("POST", path, json=tenant.draft())
        assert (status, headers["Content-Type"].split(";")[0]) == (404, "text/html")
        assert content.startswith(b"<!DOCTYPE html>")
        tenant.emulator.switches.create_404 = "json"
        status, answer = await tenant.create(tenant.draft(), team, kind)
        assert (status, answer["code"]) == (404, "NOT_FOUND")


async def test_a_role_that_may_not_use_type_or_team_is_refused_without_a_word() -> None:
    async with site(auth=Auth(client_roles=("ticket_user",)), closed_teams=frozenset({"buro-zurich"})) as tenant:
        assert await tenant.create(tenant.draft(CHANGE, CHANGE_OFFER), kind=CHANGE) == (403, b"")
        assert await tenant.create(team="buro-zurich") == (403, b"")
        assert (await tenant.create())[0] == 200


async def test_a_long_summary_is_refused_or_cut() -> None:
    async with site() as tenant:
        status, answer = await tenant.create(tenant.draft() | {"summary": "x" * 256})
        assert status == 400
        assert list(reason(answer)) == ["summary"]
    async with site(long_summary="cut", max_summary=10) as tenant:
        _, answer = await tenant.create(tenant.draft() | {"summary": "y" * 11})
        assert answer["ticket"]["summary"] == "y" * 10


async def test_a_field_may_be_required_by_the_value_of_another() -> None:
    async with site(dynamic_required=True) as tenant:
        critical = tenant.option("Priority", "Critical")
        status, answer = await tenant.create(tenant.draft(Priority=critical))
        assert status == 400
        assert reason(answer) == {tenant.uuid("Resolution"): ["Field Resolution is required"]}
        assert (await tenant.create(tenant.draft(Priority=critical, Resolution="x")))[0] == 200
        assert (await tenant.create())[0] == 200
        types = (await tenant.read("/ticket-type"))["data"]["value"]
        assert not next(one for one in types[0]["fields"] if one["label"] == "Resolution")["required"]


async def test_watchers_can_be_written_where_the_switch_says() -> None:
    async with site() as tenant:
        draft = tenant.draft()
        draft["ticketBody"]["ccWatchers"] = [MIA]
        assert list(reason((await tenant.create(draft))[1])) == ["ccWatchers"]
        tenant.emulator.switches.watchers_writable = True
        assert (await tenant.create(draft))[1]["ticket"]["data"]["ccWatchers"] == [MIA]
        for wrong in ("mia@example.org", ["mia"], [7]):
            draft["ticketBody"]["ccWatchers"] = wrong
            assert list(reason((await tenant.create(draft))[1])) == ["ccWatchers"]


async def test_unsafe_html_is_taken_out_where_the_switch_says() -> None:
    text = '<p onclick="x()">a<script>b</script></p>'
    async with site(sanitizes=True) as tenant:
        _, answer = await tenant.create(tenant.draft(Description=text))
        assert answer["ticket"]["data"][tenant.uuid("Description")] == "<p>a</p>"
    async with site() as tenant:
        _, answer = await tenant.create(tenant.draft(Description=text))
        assert answer["ticket"]["data"][tenant.uuid("Description")] == text


async def test_a_lost_answer_leaves_a_ticket_behind() -> None:
    async with site() as tenant:
        tenant.emulator.carrier.set_faults(Faults(where="POST .*create.*", first=["after", "before", "cut_after"]))
        assert (await tenant.create())[0] == 502
        assert (await tenant.create())[0] == 503
        with pytest.raises(ClientError):
            await tenant.create()
        assert len(tenant.emulator.tables.tickets) == 7


# Update (3.5)


async def test_an_update_changes_only_what_it_names_and_gives_a_new_etag() -> None:
    async with site() as tenant:
        before = await tenant.ticket(PRINTER)
        status, answer = await tenant.patch(PRINTER, before["etag"], tenant.fields(Description="<p>4th floor</p>"))
        assert (status, answer["success"], answer["objectId"]) == (200, True, PRINTER)
        after = await tenant.ticket(PRINTER)
        assert after == answer["ticket"]
        assert after["etag"] != before["etag"]
        assert after["version"] == before["version"] + 1
        assert after["updated_at"] > before["updated_at"]
        changed = {key for key in after["data"] if after["data"][key] != before["data"].get(key)}
        assert changed == {tenant.uuid("Description"), "lastUpdatedBy"}
        assert (await tenant.patch(PRINTER, after["etag"], tenant.fields(Order="PO-8")))[0] == 200


@pytest.mark.parametrize("stale", [409, 400, 412, 428])
async def test_a_stale_etag_is_refused_and_nothing_is_written(stale: int) -> None:
    async with site(stale=stale) as tenant:
        old = (await tenant.ticket(PRINTER))["etag"]
        tenant.emulator.steering.edit(PRINTER, Order="PO-9")
        now = await tenant.ticket(PRINTER)
        status, answer = await tenant.patch(PRINTER, old, tenant.fields(Subject="Lost"))
        assert (status, answer["status"], answer["code"]) == (stale, stale, "ETAG_MISMATCH")
        assert "etag" in answer["message"]
        assert await tenant.ticket(PRINTER) == now


@pytest.mark.parametrize("body", [{}, {"etag": ""}, {"ticketUpdate": {}}, []])
async def test_an_update_needs_etag_and_fields(body: Any) -> None:
    async with site() as tenant:
        status, answer = await tenant.call("PATCH", f"/ticket/{PRINTER}/update", json=body)
        assert status == 400
        assert reason(answer)
        etag = tenant.emulator.tables.tickets[PRINTER].etag
        assert "ticketUpdate" in reason((await tenant.patch(PRINTER, etag, {}))[1])


@pytest.mark.parametrize(
    ("shape", "path"),
    [("ticket", ["ticket", "etag"]), ("data", ["data", "etag"]), ("etag", ["etag"]), ("bare", None)],
)
async def test_the_new_etag_is_where_the_switch_says(shape: str, path: list[str] | None) -> None:
    async with site(update_answer=shape) as tenant:
        _, answer = await tenant.update(PRINTER, Order="PO-8")
        assert answer["message"] == "ticket updated successfully"
        if path is None:
            assert "etag" not in str(answer)
        else:
            for key in path:
                answer = answer[key]
            assert answer == (await tenant.ticket(PRINTER))["etag"]


async def test_null_clears_a_field() -> None:
    async with site() as tenant:
        assert (await tenant.update(PRINTER, Order=None, Tags=None))[0] == 200
        data = (await tenant.ticket(PRINTER))["data"]
    assert tenant.uuid("Order") not in data
    assert tenant.uuid("Tags") not in data


async def test_the_summary_follows_the_subject_field_or_not() -> None:
    for follows, summary in ((True, "Changed"), (False, "Jam & <noise>")):
        async with site(summary_follows=follows) as tenant:
            await tenant.update(PRINTER, Subject="Changed")
            ticket = await tenant.ticket(PRINTER)
            assert (ticket["summary"], ticket["data"][tenant.uuid("Subject")]) == (summary, "Changed")


@pytest.mark.parametrize("key", ["summary", "offerId", "teamId"])
async def test_what_is_no_field_cannot_be_updated(key: str) -> None:
    async with site() as tenant:
        etag = tenant.emulator.tables.tickets[PRINTER].etag
        status, answer = await tenant.patch(PRINTER, etag, {key: "x"} | tenant.fields(Order="PO-8"))
        if key == "offerId":
            assert (await tenant.ticket(PRINTER))["data"]["offerId"] == OFFER
        else:
            assert status == 400
            assert list(reason(answer)) == [key]


async def test_automation_makes_the_answered_etag_stale() -> None:
    async with site(automation="touch") as tenant:
        _, answer = await tenant.update(PRINTER, Order="PO-8")
        now = await tenant.ticket(PRINTER)
        assert now["etag"] != answer["ticket"]["etag"]
        assert now["version"] == answer["ticket"]["version"] + 1
        assert now["data"]["lastUpdatedBy"]["username"] == "automation"
        same = {key: value for key, value in now["data"].items() if key != "lastUpdatedBy"}
        assert same.items() <= answer["ticket"]["data"].items()


async def test_automation_assigns_what_nobody_has() -> None:
    async with site(automation="assign") as tenant:
        _, answer = await tenant.create()
        assert tenant.uuid("Assigned To") not in answer["ticket"]["data"]
        now = await tenant.ticket(answer["objectId"])
        assert now["data"][tenant.uuid("Assigned To")] == "bot@example.org"
        assert tenant.mails()[-2:] == [("automation", "automation"), ("assigned", "bot@example.org")]


async def test_mails_can_be_counted() -> None:
    async with site() as tenant:
        await tenant.create(tenant.draft(Requested_For=MIA, Assigned_To=TOM))
        assert tenant.mails() == [("created", MIA), ("assigned", TOM)]
        await tenant.update(PRINTER, Order="PO-8")
        assert len(tenant.mails()) == 2
        await tenant.update(PRINTER, Assigned_To=EVA)
        await tenant.create(tenant.draft(offer=APPROVAL, Requested_For=MIA))
        assert tenant.mails()[2:] == [("assigned", EVA), ("created", MIA), ("approval", "manager@example.org")]
        assert tenant.emulator.state()["mail_counts"] == {"created": 2, "assigned": 2, "approval": 1}
    async with site(mails=False) as tenant:
        await tenant.create(tenant.draft(Requested_For=MIA))
        assert tenant.mails() == []


# Status (3.6)


def status_id(tenant: Site, key: str) -> str:
    return next(one.id for one in tenant.emulator.tables.types[INCIDENT].statuses.values() if one.key == key)


async def test_without_a_status_field_a_ticket_stays_as_it_began() -> None:
    async with site() as tenant:
        types = (await tenant.read("/ticket-type"))["data"]["value"]
        assert all(field["name"] != "status" for one in types for field in one["fields"])
        await tenant.create()
        assert (await tenant.ticket("INC-2004"))["status_type"] == "Open"


async def test_a_status_moves_one_hop_at_a_time() -> None:
    async with site(status_field=True) as tenant:
        await tenant.create(tenant.draft(Status=status_id(tenant, "closed")))
        assert (await tenant.ticket("INC-2004"))["status_type"] == "Open"
        status, answer = await tenant.update("INC-2004", Status=status_id(tenant, "closed"))
        assert status == 400
        text = "Transition from Open to Closed is not allowed"
        assert reason(answer) == {tenant.uuid("Status"): [text]}
        assert (await tenant.update("INC-2004", Status=status_id(tenant, "in_progress")))[0] == 200
        status, answer = await tenant.update("INC-2004", Status=status_id(tenant, "resolved"))
        assert status == 400
        assert list(reason(answer)) == [tenant.uuid("Resolution")]
        assert (await tenant.update("INC-2004", Status=status_id(tenant, "resolved"), Resolution="Cable"))[0] == 200
        assert (await tenant.update("INC-2004", Status=status_id(tenant, "closed")))[0] == 200
        ticket = await tenant.ticket("INC-2004")
        assert (ticket["status_type"], ticket["status_category"]) == ("Closed", "Done Category")
        assert ticket["data"][tenant.uuid("Status")] == status_id(tenant, "closed")
        assert (await tenant.update("INC-2004", Status=None))[0] == 400
        assert ("status", "service-account-syncer") in tenant.mails()


async def test_a_transition_needs_its_role_and_its_time() -> None:
    async with site(status_field=True, auth=Auth(client_roles=("ticket_user",))) as tenant:
        await tenant.create()
        assert await tenant.update("INC-2004", Status=status_id(tenant, "rejected")) == (403, b"")
    async with site(status_field=True) as tenant:
        status, answer = await tenant.update(OLD, Status=status_id(tenant, "in_progress"))
        assert status == 400
        assert "not allowed after 14 days" in reason(answer)[tenant.uuid("Status")][0]
        tenant.emulator.tables.tickets[OLD].updated = tenant.emulator.tables.now()
        assert (await tenant.update(OLD, Status=status_id(tenant, "in_progress")))[0] == 400
        tenant.emulator.steering.edit(ORPHAN, status="closed")
        tenant.emulator.tables.tickets[ORPHAN].closed = tenant.emulator.tables.now()
        assert (await tenant.update(ORPHAN, Status=status_id(tenant, "in_progress")))[0] == 200


async def test_the_workflow_names_statuses_and_fields_by_their_ids() -> None:
    async with site(status_field=True) as tenant:
        (kind, *_) = (await tenant.read("/ticket-type"))["data"]["value"]
        flow = kind["workflow"]
        ids = {one["id"] for one in flow["statuses"]}
        fields = {one["id"] for one in kind["fields"]}
        assert [one["name"] for one in flow["statuses"] if one["isInitial"]] == ["Open"]
        for one in flow["transitions"]:
            assert {*one["from"], one["to"]} <= ids
            assert set(one["requiredFields"]) <= fields
        assert {"maxDaysAfterClose": 14} in [one["conditions"] for one in flow["transitions"]]
        (field,) = [one for one in kind["fields"] if one["name"] == "status"]
        assert {one["value"] for one in field["options"]} == ids
