"""The emulated Request Tracker filled from a world: what is in it, what judges see, and who works on it meanwhile."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import pytest
from aiohttp import ClientSession

from syncer.deskkit.emulation import Faults
from syncer.deskkit.kept import KeptTicket
from syncer.deskkit.world import SeedComment, SeedFile, SeedPerson, SeedTicket, SeedWork, World
from syncer.desks.request_tracker.emulator import Auth, RequestTrackerEmulator
from syncer.sandbox.seed import generate
from syncer.sandbox.ugly import PNG
from tests.desks.request_tracker_site import Site, custom, names, site

START = 1_700_000_000
PRINTER, LAPTOP, OLD, ORPHAN = 1, 2, 3, 4


def world() -> World:
    def ticket(title: str, status: str, at: int, **more: Any) -> SeedTicket:
        fields: dict[str, Any] = {
            "body": "<p>Paper &amp; <b>noise</b></p>", "requester": 0, "creator": 0, "assignee": 1,
            "priority": "high", "kind": "incident", "category": ("Hardware",), "location": "HQ", "queue": "IT",
            "created": at, "updated": at + 100,
        }  # fmt: skip
        return SeedTicket(title=title, status=status, **(fields | more))

    said = [
        SeedComment(author=0, body="<p>Any news?</p>", at=START + 10),
        SeedComment(author=1, body="Secret", at=START + 20, private=True),
        SeedComment(author=1, body="<p>Done</p>", at=START + 30, files=[SeedFile("log.txt", "ä".encode("latin-1"))]),
        SeedComment(author=-1, body="<p>Thanks</p>", at=START + 40),
    ]
    return World(
        people=[
            SeedPerson(name="Mia", lastname="Ortiz", email="Mia@example.org"),
            SeedPerson(name="Tom", lastname="Berg", email="tom@example.org", agent=True),
            SeedPerson(name="Ana", lastname="Ruiz", email="ana@example.org", deleted=True),
            SeedPerson(name="Bo", lastname="Kim", email="bo@example.org", disabled=True),
        ],
        categories=[("Hardware",)],
        locations=["HQ"],
        queues=["IT", "Büro"],
        companies=[],
        custom={"Site": ["Porto", "Lisboa"], "Asset": []},
        tickets=[
            ticket("Printer", "open", START - 500, tags=["vpn", "größer"], cc=[3, 0], custom={"Site": "Porto"}),
            ticket("Laptop", "new", START - 400, links=[0], files=[SeedFile("../a.png", PNG)], body=""),
            ticket("Old", "closed", START, comments=said, closed=START + 90, queue="Büro", priority="low",
                   work=[SeedWork(author=1, at=START + 25, seconds=600)]),
            ticket("Orphan", "cancelled", START + 1, requester=-1, creator=-1, assignee=2, priority="medium"),
        ],
    )  # fmt: skip


def kept(desk: Site) -> dict[str, KeptTicket]:
    """What the emulator tells judges, by title."""
    return {ticket.title: ticket for ticket in desk.emulator.kept()}


async def test_a_world_is_told_as_it_is() -> None:
    async with site(world()) as desk:
        tickets = kept(desk)
    assert [ticket.id for ticket in tickets.values()] == ["1", "2", "3", "4"]
    printer, old = tickets["Printer"], tickets["Old"]
    assert printer.body == "<p>Paper &amp; <b>noise</b></p>"
    assert (printer.requester, printer.assignee, printer.created) == ("mia@example.org", "tom@example.org", START - 500)
    assert printer.values == {"status": "open", "priority": "High", "queue": "IT"}
    assert old.values == {"status": "resolved", "priority": "Low", "queue": "Büro"}
    assert (printer.tags, printer.cc) == (("vpn", "größer"), ("bo@example.org", "mia@example.org"))
    assert printer.custom == {"Site": ("Porto",)}
    assert tickets["Laptop"].links == ("1",)
    assert tickets["Orphan"].requester is None
    assert tickets["Orphan"].assignee is None  # who was erased has no address any more
    file = tickets["Laptop"].files[0]
    assert (file.name, file.sha256) == ("a.png", hashlib.sha256(PNG).hexdigest())


async def test_what_was_said_is_told_in_its_order_with_who_may_read_it() -> None:
    async with site(world()) as desk:
        said = kept(desk)["Old"].comments
    assert [(one.text, one.author, one.public, one.at) for one in said] == [
        ("<p>Any news?</p>", "mia@example.org", True, START + 10),
        ("Secret", "tom@example.org", False, START + 20),
        ("<p>Done</p>", "tom@example.org", True, START + 30),
        ("<p>Thanks</p>", None, True, START + 40),
    ]
    assert said[2].files[0].sha256 == hashlib.sha256("ä".encode()).hexdigest()  # in UTF-8, as all texts


async def test_the_same_is_read_through_the_api() -> None:
    async with site(world()) as desk:
        ticket = await desk.get(OLD)
        rows = await desk.history(OLD)
        by_type = {row["Type"]: row for row in rows}
        assert [row["Type"] for row in rows if row["Type"] not in {"EmailRecord", "CommentEmailRecord"}] == [
            "Create", "Correspond", "Status", "Comment", "Set", "Correspond", "Correspond", "Status",
        ]  # fmt: skip
        assert (await desk.parts(int(by_type["Comment"]["id"])))[0]["bytes"] == b"Secret"
        assert custom(await desk.get(PRINTER))["Tags"] == ["vpn", "größer"]
        assert names((await desk.get(ORPHAN))["Requestor"]) == []
    assert ticket["Created"] == "2023-11-14T22:13:20Z"
    assert ticket["LastUpdated"] == "2023-11-14T22:15:00Z"
    assert ticket["Resolved"] == "2023-11-14T22:15:00Z"
    assert (ticket["Creator"]["id"], ticket["Owner"]["id"]) == ("Mia@example.org", "tom")
    assert ticket["TimeWorked"] == "10"
    assert (by_type["Comment"]["Creator"]["id"], by_type["Create"]["Creator"]["id"]) == ("tom", "Mia@example.org")


async def test_ids_rise_with_time_and_no_mail_of_the_past_is_one_that_leaves() -> None:
    async with site(generate(5, 60)) as desk:
        rows = [row for row in desk.emulator.tables.transactions.values() if row.object_type == "RT::Ticket"]
        state = desk.emulator.state()
    assert [row.id for row in rows] == sorted(row.id for row in rows)
    assert [row.created for row in rows] == sorted(row.created for row in rows)
    assert state["mails"] == []
    assert state["transactions"]["RT::Ticket EmailRecord"] > 60


async def test_two_fillings_of_one_world_are_alike() -> None:
    one, two = (RequestTrackerEmulator(generate(5, 40)) for _ in range(2))
    assert one.kept() == two.kept()
    assert {id: row.type for id, row in one.tables.transactions.items()} == {
        id: row.type for id, row in two.tables.transactions.items()
    }


async def test_a_world_without_a_field_for_markers_or_tags_has_none() -> None:
    async with site(world(), marker_field="", tags_field="", date_field="", created_field="") as desk:
        asked = [{"field": "LookupType", "value": "RT::Queue-RT::Ticket"}]
        fields = await desk.ok("POST", "/customfields?fields=Name", asked)
        assert [row["Name"] for row in fields["items"]] == ["Asset", "Site"]
        assert kept(desk)["Printer"].tags == ()
        assert desk.emulator.block("x")["marker_field"] is None


async def test_a_ticket_that_came_by_mail_has_its_text_twice() -> None:
    async with site(world(), alternative_every=1) as desk:
        first = (await desk.history(PRINTER))[0]
        kinds = [part["ContentType"] for part in await desk.parts(int(first["id"]))]
        assert kinds == ["multipart/alternative", "text/plain", "text/html"]
        assert kept(desk)["Printer"].body == "<p>Paper &amp; <b>noise</b></p>"


async def test_people_have_logins_and_who_was_erased_is_nobody_one_knows() -> None:
    async with site(world()) as desk:
        everybody = await desk.ok("POST", "/users?fields=Name,EmailAddress&find_disabled_rows=1", [])
        shown = {row["Name"]: row["EmailAddress"] for row in everybody["items"]}
        assert shown["tom"] == "tom@example.org"
        assert shown["Mia@example.org"] == "Mia@example.org"
        assert [email for name, email in shown.items() if re.fullmatch(r"anon_\d+", name)] == [""]
        listed = names((await desk.ok("POST", "/users", []))["items"])
    assert "bo@example.org" not in listed
    assert "tom" in listed


async def test_the_block_is_what_a_connector_needs() -> None:
    async with site(world()) as desk:
        block = desk.emulator.block("http://desk.example.org")
    assert block["kind"] == "request_tracker"
    assert (block["base_url"], block["auth"]) == ("http://desk.example.org", {"token": Auth().token})
    assert (block["marker_field"], block["queue"]) == ("External ID", "General")
    assert (block["tag_field"], block["created_field"]) == ("Tags", "Original Created")


async def test_the_state_tells_deleted_and_merged_tickets_and_kept_does_not() -> None:
    async with site(world()) as desk:
        desk.emulator.staff.delete(PRINTER)
        desk.emulator.staff.merge(LAPTOP, OLD)
        assert set(kept(desk)) == {"Old", "Orphan"}
        state = desk.emulator.state()["tickets"]
    assert set(state) == {"1", "2", "3", "4"}
    assert (state["1"]["status"], state["2"]["effective"]) == ("deleted", OLD)
    assert [one["by"] for one in state["3"]["said"] if one["type"] == "Comment"] == ["tom"]


async def test_people_at_the_desk_go_on_working() -> None:
    async with site(world()) as desk:
        staff = desk.emulator.staff
        new = staff.create("Later", status="open")
        staff.edit(PRINTER, subject="Printer!", status="resolved")
        staff.custom(PRINTER, "Asset", "A-1")
        staff.comment(PRINTER, "<p>hm</p>", files={"x.txt": "x"})
        staff.comment(PRINTER, "<p>hello</p>", public=True)
        staff.link(PRINTER, OLD)
        staff.rename_field("Site", "Place")
        staff.rename_queue("IT", "Support")
        staff.shred(ORPHAN)
        ticket = kept(desk)["Printer!"]
        assert (await desk.call("GET", f"/ticket/{ORPHAN}")).status == 404
        assert (await desk.get(new))["Subject"] == "Later"
        assert {row["Creator"]["id"] for row in (await desk.history(PRINTER))[-3:]} >= {"root"}
        with pytest.raises(AttributeError):
            staff.edit(PRINTER, nonsense=1)
    assert ticket.values["queue"] == "Support"
    assert ticket.values["status"] == "open"  # the reply opened it again
    assert ticket.custom == {"Place": ("Porto",), "Asset": ("A-1",)}
    assert [(one.text, one.public) for one in ticket.comments] == [("<p>hm</p>", False), ("<p>hello</p>", True)]
    assert str(OLD) in ticket.links


async def test_it_is_steered_from_another_process() -> None:
    async with site(world()) as desk, ClientSession(desk.url) as session:

        async def control(path: str, body: Any) -> tuple[int, Any]:
            async with session.post(f"/_control/{path}", json=body) as answer:
                return answer.status, await answer.json()

        assert (await control("staff/edit", {"id": PRINTER, "subject": "x"}))[0] == 200
        assert (await desk.get(PRINTER))["Subject"] == "x"
        assert (await control("staff/edit", {"id": 99, "subject": "x"}))[0] == 400
        assert (await control("switches", {"mails": False}))[1]["mails"] is False
        assert (await control("switches", {"mails": "many"}))[0] == 400
        await control("rights", ["ShowTicket"])
        assert (await desk.call("DELETE", f"/ticket/{PRINTER}")).status == 500
        await control("revoke", {"token": desk.token})
        assert (await desk.call("GET", "/rt")).status == 401
        async with session.get("/_control/state") as answer:
            assert (await answer.json())["tickets"]["1"]["subject"] == "x"
        async with session.get("/_control/counts") as answer:
            assert (await answer.json())["GET /REST/2.0/rt 401"] == 1


async def test_faults_come_before_and_after_what_is_done() -> None:
    async with site(world()) as desk:
        desk.emulator.carrier.set_faults(Faults(where="POST .*", first=["before", "after", "ok"]))
        new = {"Queue": "IT", "Subject": "x"}
        statuses = [(await desk.call("POST", "/ticket", new)).status for _ in range(3)]
        assert statuses == [503, 502, 201]
        assert [ticket.title for ticket in desk.emulator.kept()].count("x") == 2


async def test_the_clock_of_the_desk_is_the_time_of_what_is_done() -> None:
    async with site(world()) as desk:
        before = desk.emulator.tables.now()
        desk.emulator.carrier.clock.advance(86_400)
        id = await desk.ticket()
    assert desk.emulator.tables.tickets[id].created >= before + 86_400
