"""The emulated tenant's catalogue, people and queues, its streams, and how others steer it, over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from aiohttp import ClientResponse

from syncer.desks.rezolve.emulator import Auth
from tests.desks.test_rezolve_emulator import (
    ANA,
    BO,
    CHANGE,
    EVA,
    FOR_HR,
    INACTIVE,
    INCIDENT,
    LAPTOP,
    MIA,
    PRINTER,
    QUERY,
    REQUEST,
    TOM,
    Site,
    T,
    listing,
    site,
)
from tests.desks.test_rezolve_lists import where

# Catalogue, people and queues (3.7 to 3.9)


async def test_types_are_paged_and_cut_to_what_is_selected() -> None:
    async with site() as tenant:
        whole = (await tenant.read("/ticket-type"))["data"]
        assert whole["@odata.count"] == 5
        assert [(one["id"], one["name"]) for one in whole["value"]][:2] == [
            (INCIDENT, "Incident"), (REQUEST, "Service Request"),
        ]  # fmt: skip
        page = (await tenant.read("/ticket-type", **{"$select": "id,name", "$top": "2", "$skip": "1"}))["data"]
        assert [list(one) for one in page["value"]] == [["id", "name"]] * 2
        assert (page["value"][0]["id"], page["@odata.count"]) == (REQUEST, 5)
        for wrong, code in (({"$select": "id,secret"}, "INVALID_SELECT_FIELD"), ({"$top": "x"}, "VALIDATION_ERROR")):
            status, answer = await tenant.call("GET", "/ticket-type", params=QUERY | wrong)
            assert (status, answer["error"]["code"]) == (400, code)


@pytest.mark.parametrize(
    "path", ["/ticket-type", "/tenant/sc/offers", "/tenant/meta", "/user/list", "/queue/list", "/user/userinfo"]
)
async def test_an_unchanged_catalogue_is_304(path: str) -> None:
    async with site() as tenant:
        _, headers, _ = await tenant.raw("GET", T + path)
        again = tenant.headers | {"if-none-match": headers["ETag"]}
        status, _, content = await tenant.raw("GET", T + path, headers=again)
        assert (status, content) == (304, b"")
        other = tenant.headers | {"if-none-match": '"other"'}
        assert (await tenant.raw("GET", T + path, headers=other))[0] == 200
        if path == "/ticket-type":
            tenant.emulator.steering.relabel(INCIDENT, "Order", "Purchase order")
            assert (await tenant.raw("GET", T + path, headers=again))[0] == 200


async def test_a_new_label_leaves_the_uuid_but_a_new_type_does_not() -> None:
    async with site() as tenant:
        uuid = tenant.uuid("Order")
        tenant.emulator.steering.relabel(INCIDENT, "Order", "Purchase order")
        assert tenant.uuid("Purchase order") == uuid
        new = tenant.emulator.steering.recreate_type(INCIDENT)
        ids = [one["id"] for one in (await tenant.read("/ticket-type"))["data"]["value"]]
        assert INCIDENT not in ids
        assert new in ids
        assert tenant.uuid("Purchase order", new) != uuid
        assert (await tenant.ticket(PRINTER))["data"][uuid] == "PO-7"
        assert (await tenant.raw("POST", f"{T}/ticket/create/it-desk/{INCIDENT}", json=tenant.draft()))[0] == 404
        assert (await tenant.create(tenant.draft(new), kind=new))[0] == 200


@pytest.mark.parametrize("key", ["item_type", "itemType", "itemTypeId", "template_id", "none"])
async def test_an_offer_names_its_type_under_some_key_or_not(key: str) -> None:
    async with site(offer_type_key=key) as tenant:
        data = (await tenant.read("/tenant/sc/offers"))["data"]
        (offer, *_) = data["offers"]
        keys = {"item_type", "itemType", "itemTypeId", "template_id"} & offer.keys()
        assert keys == {key} - {"none"}
        assert offer.get(key, INCIDENT) == INCIDENT
        assert data["totalOffers"] == len(data["offers"]) == 9


async def test_offers_are_cut_to_the_callers_audience() -> None:
    async with site() as tenant:
        offers = {one["id"]: one for one in (await tenant.read("/tenant/sc/offers"))["data"]["offers"]}
        assert FOR_HR not in offers
        assert offers[INACTIVE]["status"] == "inactive"
        assert [one["approvalRequired"] for one in offers.values()].count(True) == 1
    async with site(auth=Auth(client_roles=("ticket_admin", "hr_agent"))) as tenant:
        assert FOR_HR in str(await tenant.read("/tenant/sc/offers"))


async def test_metadata_names_teams_by_their_slug() -> None:
    async with site() as tenant:
        data = (await tenant.read("/tenant/meta"))["data"]
    assert [(one["name"], one["key"]) for one in data["teams"]] == [
        ("IT Desk", "it-desk"), ("Büro Zürich", "buro-zurich"),
    ]  # fmt: skip
    assert [one["key"] for one in data["statuses"] if one["isDefault"]] == ["open"]
    assert [one["key"] for one in data["priorities"]] == ["low", "medium", "high", "urgent", "critical"]
    assert [(one["name"], len(one["subcategories"])) for one in data["categories"]] == [
        ("Hardware", 2),
        ("Software", 0),
    ]
    assert [one["name"] for one in data["customFields"]] == ["Order", "Area"]


async def test_people_are_agents_or_users() -> None:
    async def names(kind: str) -> list[str]:
        data = (await tenant.read("/user/list", type=kind))["data"]
        assert data["totalCount"] == len(data["users"])
        return [one["username"] for one in data["users"]]

    async with site() as tenant:
        assert await names("agent") == [TOM, EVA, "bot@example.org"]
        assert await names("user") == [MIA, BO]
        assert ANA not in await names("template")


async def test_the_own_user_shows_roles_tenant_and_the_end_of_the_session() -> None:
    async with site(auth=Auth(teams=("it-desk",))) as tenant:
        data = (await tenant.read("/user/userinfo"))["data"]
        assert data["user"]["roles"] == ["ticket_admin", "ticket_agent"]
        assert data["user"]["teams"] == ["it-desk"]
        assert data["tenant"]["id"] == Auth().tenant
        assert data["session"]["expiresAt"].endswith("Z")


async def test_queues_are_named_by_uuid_or_number() -> None:
    async with site() as tenant:
        queues = (await tenant.read("/queue/list"))["data"]["queues"]
        assert [one["key"] for one in queues] == ["it-desk", "buro-zurich"]
        assert TOM in [one["email"] for one in queues[0]["members"]]
        assert (await tenant.read("/queue/current"))["data"]["queue"] == queues[0]
        for id in (queues[0]["id"], "1"):
            assert (await tenant.read(f"/queue/{id}/users"))["data"]["users"] == queues[0]["members"]
        status, answer = await tenant.call("GET", "/queue/99/users")
        assert (status, answer["error"]["code"]) == (404, "QUEUE_NOT_FOUND")
        tenant.emulator.switches.members_by = "number"
        assert (await tenant.call("GET", f"/queue/{queues[0]['id']}/users"))[0] == 422
        tenant.emulator.switches.members_by = "uuid"
        assert (await tenant.call("GET", "/queue/1/users"))[0] == 422
        tenant.emulator.switches.queue_ids = "number"
        assert (await tenant.read("/queue/list"))["data"]["queues"][0]["id"] == 1
    async with site(auth=Auth(teams=())) as tenant:
        assert (await tenant.call("GET", "/queue/current"))[1]["error"]["code"] == "QUEUE_NOT_FOUND"


async def test_client_mappings_are_still_of_the_first_version() -> None:
    async with site() as tenant:
        _, _, content = await tenant.raw("GET", "/api/v1/ticketing/clientMap/findAndCountAll")
    data = msgspec.json.decode(content)["data"]
    assert data["count"] == len(data["rows"]) == 1


async def test_notifications_need_no_query_and_are_the_callers_own() -> None:
    async with site() as tenant:
        await tenant.create()
        await tenant.create(tenant.draft(Requested_For=MIA))
        assert (await tenant.call("GET", "/ticket/notification/count", params={}))[1]["data"]["count"] == 1
        _, answer = await tenant.call("POST", "/ticket/notifications", params={}, json={"top": 10, "offset": 0})
        assert [one["ticketNumber"] for one in answer["data"]["notifications"]] == ["INC-2004"]
        assert answer["data"]["pagination"] == {"total": 1, "top": 10, "offset": 0, "hasMore": False}
        _, answer = await tenant.call("POST", "/ticket/notifications", params={}, json={"top": 1, "offset": 1})
        assert (answer["data"]["notifications"], answer["data"]["pagination"]["hasMore"]) == ([], False)
        assert (await tenant.call("POST", "/ticket/notifications", params={}, json={"top": 101}))[0] == 400


# Streams (3.11)


class Events:
    """Reads server-sent events from an open response."""

    def __init__(self, response: ClientResponse) -> None:
        self.response = response

    async def next(self) -> tuple[str, Any]:
        lines = (await asyncio.wait_for(self.response.content.readuntil(b"\n\n"), 5)).decode().splitlines()
        assert [line.partition(": ")[0] for line in lines if line] == ["event", "data"]
        return lines[0].removeprefix("event: "), msgspec.json.decode(lines[1].removeprefix("data: "))

    async def names(self, count: int) -> list[str]:
        return [(await self.next())[0] for _ in range(count)]


@asynccontextmanager
async def stream(tenant: Site, **body: Any) -> AsyncIterator[Events]:
    url = f"{tenant.base}{T}/ticket/sse/list/updates"
    headers = tenant.headers | {"accept": "text/event-stream"}
    async with tenant.session.post(url, params=QUERY, json=listing(**body), headers=headers) as response:
        assert response.status == 200, await response.text()
        assert response.content_type == "text/event-stream"
        yield Events(response)


async def test_a_stream_tells_what_happens_to_the_tickets_of_its_filter() -> None:
    async with site() as tenant, stream(tenant, filter=where(("summary", "LIKE", "j"))) as events:
        assert (await events.next())[0] == "connected"
        name, data = await events.next()
        assert (name, [row["ticketNumber"] for row in data["tickets"]], data["total"]) == ("snapshot", [PRINTER], 1)
        await tenant.update(LAPTOP, REQUEST, Order="not told")
        await tenant.update(PRINTER, Order="PO-8")
        name, data = await events.next()
        assert (name, data["ticket"]["ticketNumber"]) == ("updated", PRINTER)
        assert data["changes"] == {"custom_order": {"from": "PO-7", "to": "PO-8"}}
        await tenant.create(tenant.draft() | {"summary": "Jam again"})
        name, data = await events.next()
        assert (name, data["ticket"]["ticketNumber"]) == ("created", "INC-2004")
        tenant.emulator.steering.edit(PRINTER, Order="PO-9")
        name, data = await events.next()
        assert (name, data["changes"]) == ("updated", {"custom_order": {"from": "PO-8", "to": "PO-9"}})
        tenant.emulator.steering.delete(PRINTER)
        name, data = await events.next()
        assert (name, data["ticketNumber"]) == ("deleted", PRINTER)


async def test_a_stream_has_no_replay() -> None:
    async with site() as tenant:
        async with stream(tenant) as events:
            await events.names(2)
        await tenant.update(PRINTER, Order="PO-8")
        async with stream(tenant) as events:
            assert await events.names(2) == ["connected", "snapshot"]
            await tenant.update(PRINTER, Order="PO-9")
            _, data = await events.next()
            assert data["changes"]["custom_order"]["from"] == "PO-8"


async def test_a_stream_beats_and_ends_with_its_token() -> None:
    async with site(token_life=100.0) as tenant, stream(tenant) as events:
        await events.names(2)
        tenant.emulator.carrier.clock.advance(31)
        assert (await events.next())[0] == "heartbeat"
        tenant.emulator.carrier.clock.advance(100)
        name, data = await events.next()
        assert (name, data["code"]) == ("error", "TOKEN_EXPIRED")
        assert await events.response.content.read() == b""


async def test_an_idle_stream_is_closed() -> None:
    async with site(stream_idle=50.0, heartbeat=1000.0) as tenant, stream(tenant) as events:
        await events.names(2)
        tenant.emulator.carrier.clock.advance(51)
        assert await asyncio.wait_for(events.response.content.read(), 5) == b""


async def test_a_stream_whose_client_went_does_not_count() -> None:
    async with site(max_streams=1) as tenant:
        for _ in range(3):
            async with stream(tenant) as events:
                await events.names(2)
            await asyncio.sleep(0.3)


async def test_too_many_streams_are_refused() -> None:
    async with site(max_streams=1) as tenant, stream(tenant) as events:
        await events.names(2)
        headers = tenant.headers | {"accept": "text/event-stream"}
        status, _ = await tenant.call("POST", "/ticket/sse/list/updates", json=listing(), headers=headers)
        assert status == 429
        tenant.emulator.switches.streams_down = True
        status, _ = await tenant.call("POST", "/ticket/sse/list/updates", json=listing(), headers=headers)
        assert status == 503


async def test_a_stream_is_asked_for_as_a_list_is() -> None:
    async with site() as tenant:
        headers = tenant.headers | {"accept": "text/event-stream"}
        path = "/ticket/sse/list/updates"
        assert (await tenant.call("POST", path, json=listing()))[0] == 400  # asks for JSON
        assert (await tenant.call("POST", path, json={}, headers=headers))[0] == 400
        wrong = listing(filter=where(("etag", "EQ", "x")))
        assert (await tenant.call("POST", path, json=wrong, headers=headers))[0] == 422
        assert (await tenant.call("POST", path, json=listing(), headers=headers, params={}))[0] == 400
        foreign = headers | {"x-tenantid": "other"}
        assert (await tenant.call("POST", path, json=listing(), headers=foreign))[0] == 404


async def test_the_stream_of_notifications_says_that_it_is_there() -> None:
    async with site() as tenant:
        headers = tenant.headers | {"accept": "text/event-stream"}
        url = f"{tenant.base}{T}/ticket/sse/notifications"
        async with tenant.session.get(url, headers=headers) as response:
            events = Events(response)
            assert (await events.next())[0] == "connected"
            tenant.emulator.carrier.clock.advance(31)
            assert (await events.next())[0] == "heartbeat"


# Steering from another process


async def test_others_are_steered_over_http() -> None:
    async with site() as tenant:

        async def steer(name: str, **body: Any) -> Any:
            async with tenant.session.post(f"{tenant.base}/_control/{name}", json=body) as response:
                assert response.status == 200
                return await response.json()

        made = (await steer("create", title="Walk-in"))["id"]
        assert (await tenant.ticket(made))["summary"] == "Walk-in"
        await steer("edit", id=made, Subject="Changed", Priority="High", Order=None, status="closed")
        ticket = await tenant.ticket(made)
        assert (ticket["summary"], ticket["status_type"]) == ("Changed", "Closed")
        await steer("comment", id=made, text="Psst", private=True)
        assert tenant.emulator.state()["tickets"][made]["notes"][0]["private"] is True
        assert (await steer("switches", order_obeyed=False))["order_obeyed"] is False
        assert (await tenant.listed())[0] == made
        moved = (await steer("move", id=made, type=CHANGE))["id"]
        await steer("delete", id=moved)
        assert (await tenant.call("GET", f"/ticket/{moved}"))[0] == 404
        await steer("switches", deleted_rows=True)
        assert moved in await tenant.listed()
