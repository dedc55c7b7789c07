"""The emulated tenant's notes and attachments, its kinds of error, and what judges see."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest
from aiohttp import FormData

from syncer.desks.rezolve.emulator import Auth
from tests.desks.test_rezolve_emulator import (
    EVA,
    FILES,
    LAPTOP,
    MIA,
    NOTES,
    OLD,
    PRINTER,
    TOM,
    T,
    listing,
    reason,
    site,
)

# Notes and attachments (3.10), errors of all kinds (6)


async def test_notes_and_attachments_have_no_endpoint_until_switched_on() -> None:
    async with site() as tenant:
        for path in (f"/ticket/{OLD}/notes", f"/ticket/{OLD}/attachments", "/attachment/1"):
            assert (await tenant.raw("GET", T + path))[0] == 404
        assert (await tenant.raw("POST", f"{T}/ticket/{OLD}/note", json={"note": "x"}))[0] == 404
        assert "Looking" not in str(await tenant.ticket(OLD))


async def test_notes_are_read_with_their_kinds_and_files() -> None:
    async with site(**NOTES) as tenant:
        notes = (await tenant.read(f"/ticket/{OLD}/notes"))["data"]["notes"]
        assert [(one["note"], one["noteType"], one["createdBy"]["email"]) for one in notes] == [
            ("<p>Looking</p>", "public", TOM), ("<p>Secret</p>", "private", TOM), ("<p>Fixed</p>", "resolution", TOM),
        ]  # fmt: skip
        assert notes[0]["createdAt"] == "2023-11-14T22:13:30.000Z"
        assert [one["name"] for one in notes[2]["attachments"]] == ["log.txt"]
    async with site(auth=Auth(client_roles=("ticket_user",)), **NOTES) as tenant:
        await tenant.create()
        tenant.emulator.steering.comment("INC-2004", "hidden", private=True)
        tenant.emulator.steering.comment("INC-2004", "shown")
        notes = (await tenant.read("/ticket/INC-2004/notes"))["data"]["notes"]
        assert [one["note"] for one in notes] == ["shown"]


async def test_a_note_is_written_and_changes_the_etag_or_not() -> None:
    for bumps in (True, False):
        async with site(note_bumps=bumps, **NOTES) as tenant:
            before = (await tenant.ticket(PRINTER))["etag"]
            status, answer = await tenant.call("POST", f"/ticket/{PRINTER}/note", json={"note": "<p>Hi</p>"})
            assert (status, answer["data"]["note"]["noteType"]) == (200, "public")
            assert ((await tenant.ticket(PRINTER))["etag"] != before) is bumps
            await tenant.call("POST", f"/ticket/{PRINTER}/note", json={"note": "Psst", "noteType": "private"})
            kept = tenant.emulator.state()["tickets"][PRINTER]["notes"]
            assert [(one["body"], one["private"]) for one in kept] == [("<p>Hi</p>", False), ("Psst", True)]
            assert tenant.mails() == [("note", MIA), ("note", EVA), ("note", TOM)]


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({}, "note"),
        ({"note": ["x"]}, "note"),
        ({"note": ""}, "note"),
        ({"note": "x", "noteType": "loud"}, "noteType"),
        ({"note": "x", "attachments": ["?"]}, "attachments"),
    ],
)
async def test_a_note_that_does_not_fit_is_refused(body: Any, key: str) -> None:
    async with site(**NOTES) as tenant:
        status, answer = await tenant.call("POST", f"/ticket/{PRINTER}/note", json=body)
    assert status == 400
    assert list(reason(answer)) == [key]


def form(name: str, content: bytes) -> FormData:
    made = FormData(quote_fields=False)
    made.add_field("file", content, filename=name, content_type="text/plain")
    return made


async def test_a_file_goes_up_and_comes_down_byte_for_byte() -> None:
    async with site(**FILES, **NOTES) as tenant:
        before = (await tenant.ticket(LAPTOP))["etag"]
        status, answer = await tenant.call("POST", f"/ticket/{LAPTOP}/attachment", data=form("ä b.txt", b"\x00\xff"))
        assert status == 200, answer
        (made,) = answer["data"]["attachments"]
        assert (made["name"], made["size"]) == ("ä b.txt", 2)
        assert (await tenant.ticket(LAPTOP))["etag"] not in (before, None)
        assert (await tenant.raw("GET", f"{T}/attachment/{made['id']}"))[2] == b"\x00\xff"
        assert (await tenant.read(f"/ticket/{LAPTOP}/attachments"))["data"]["attachments"] == [made]
        note = {"note": "see file", "attachments": [made["id"]]}
        assert (await tenant.call("POST", f"/ticket/{LAPTOP}/note", json=note))[0] == 200
        kept = tenant.emulator.state()["tickets"][LAPTOP]
        assert kept["files"] == []
        assert kept["notes"][0]["files"][0]["sha256"] == hashlib.sha256(b"\x00\xff").hexdigest()
        assert (await tenant.call("GET", "/attachment/none"))[0] == 404


async def test_a_file_that_is_too_large_or_of_another_type_is_refused() -> None:
    async with site(max_attachment=3, allowed_types=("image/png",), **FILES) as tenant:
        path = f"/ticket/{LAPTOP}/attachment"
        for content, text in ((b"four", "too large"), (b"one", "is not allowed")):
            status, answer = await tenant.call("POST", path, data=form("a.txt", content))
            assert status == 400
            assert text in reason(answer)["file"][0]
        empty = FormData({"x": "1"}, default_to_multipart=True)
        assert reason((await tenant.call("POST", path, data=empty))[1])["file"] == ["file is required"]
        settings = (await tenant.read("/tenant/meta"))["data"]["workflowSettings"]
        assert (settings["maxAttachmentSize"], settings["allowedAttachmentTypes"]) == (3, ["image/png"])


async def test_a_200_may_be_a_failure() -> None:
    async with site(hollow=frozenset({"create", "list"})) as tenant:
        for status, answer in (await tenant.create(), await tenant.call("POST", "/ticket/list", json=listing())):
            assert (status, answer["success"], answer["error"]["code"]) == (200, False, "INTERNAL_ERROR")
        assert len(tenant.emulator.tables.tickets) == 5


async def test_a_500_comes_before_or_after_the_work() -> None:
    async with site(broken={"create": "after", "update": "before", "meta": "before"}) as tenant:
        assert await tenant.create() == (500, b"")
        assert len(tenant.emulator.tables.tickets) == 6
        assert await tenant.update(PRINTER, Order="lost") == (500, b"")
        assert tenant.emulator.state()["tickets"][PRINTER]["by_label"]["Order"] == "PO-7"
        status, answer = await tenant.call("GET", "/tenant/meta")
        assert (status, answer["error"]["code"]) == (500, "INTERNAL_ERROR")


@pytest.mark.parametrize("unit", ["seconds", "epoch_s", "epoch_ms"])
async def test_a_limit_is_told_in_each_unit(unit: str) -> None:
    async with site(rate_limit=2, rate_reset=unit, rate_retry_after=unit == "seconds") as tenant:
        clock = tenant.emulator.carrier.clock
        clock.advance(60 - clock.now() % 60 + 1)  # to the begin of a window, so that no other begins meanwhile
        path = f"{T}/ticket/{PRINTER}"
        for left in (1, 0):
            status, headers, _ = await tenant.raw("GET", path)
            assert (status, headers["X-RateLimit-Limit"], headers["X-RateLimit-Remaining"]) == (200, "2", str(left))
        status, headers, content = await tenant.raw("GET", path)
        assert status == 429
        assert msgspec.json.decode(content)["success"] is False
        reset, now = int(headers["X-RateLimit-Reset"]), clock.now()
        ahead = {"seconds": reset, "epoch_s": reset - now, "epoch_ms": reset / 1000 - now}[unit]
        assert 50 < ahead <= 60
        assert ("Retry-After" in headers) is (unit == "seconds")
        clock.advance(60)
        assert (await tenant.raw("GET", path))[0] == 200


async def test_without_a_limit_no_header_tells_of_one() -> None:
    async with site() as tenant:
        assert "X-RateLimit-Limit" not in (await tenant.raw("GET", f"{T}/ticket/{PRINTER}"))[1]


async def test_what_does_not_exist_is_404_html() -> None:
    async with site() as tenant:
        status, headers, _ = await tenant.raw("DELETE", f"{T}/ticket/{PRINTER}/x")
    assert (status, headers["Content-Type"].split(";")[0]) == (404, "text/html")


async def test_the_state_shows_a_ticket_by_uuid_and_by_label() -> None:
    async with site() as tenant:
        async with tenant.session.get(tenant.base + "/_control/state") as response:
            state = await response.json()
        ticket = state["tickets"][PRINTER]
        assert ticket["by_label"] == {
            "Subject": "Jam & <noise>", "Description": "<p>Paper &amp; noise</p>", "Priority": "High",
            "Category": "Hardware > Printers", "Location": "HQ", "Requested For": MIA, "Assigned To": TOM,
            "Tags": ["vpn", "p1"], "Order": "PO-7", "Area": "Finance",
        }  # fmt: skip
        assert ticket["by_uuid"][tenant.uuid("Area")] == tenant.option("Area", "Finance")
        assert (ticket["type"], ticket["team"], ticket["status"], ticket["cc"]) == (
            "Incident", "it-desk", "In Progress", [EVA],
        )  # fmt: skip
        assert [(one["name"], one["size"], one["sha256"]) for one in ticket["files"]] == [
            ("log.txt", len(content), hashlib.sha256(content).hexdigest()) for content in (b"\x00\xff one", b"two")
        ]
        assert state["tickets"][LAPTOP]["links"] == [PRINTER]
        assert [one["private"] for one in state["tickets"][OLD]["notes"]] == [False, True, False]
        assert set(state) >= {"people", "teams", "types", "offers", "mails", "mail_counts"}
