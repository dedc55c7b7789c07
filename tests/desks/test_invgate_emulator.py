"""The emulated instance against the contract of the API, over real HTTP."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession, FormData, TCPConnector, encode_basic_auth
from aiohttp.test_utils import TestServer

from syncer.deskkit.emulation import Faults
from syncer.deskkit.world import SeedComment, SeedFile, SeedPerson, SeedTicket, World
from syncer.desks.invgate.emulator import GONE_USER, NEWER, Auth, InvGateEmulator, Switches
from syncer.desks.invgate.emulator_matrix import METHODS, SCOPES

CUSTOMER, AGENT, OTHER_AGENT, LEFT, DISABLED = 301, 302, 303, 304, 305
PRINTER, LAPTOP, OLD, ORPHAN, WAITS = 1001, 1002, 1003, 1004, 1005


def world() -> World:
    def ticket(title: str, status: str, at: int, **more: Any) -> SeedTicket:
        fields: dict[str, Any] = {
            "body": "<p>Paper &amp; noise</p>",
            "requester": 0,
            "creator": 0,
            "assignee": 1,
            "priority": "high",
            "kind": "incident",
            "category": ("Hardware", "Printers"),
            "location": "HQ",
            "queue": "IT",
            "created": at,
            "updated": at + 100,
        }
        return SeedTicket(title=title, status=status, **(fields | more))

    said = [
        SeedComment(author=1, body="<p>Looking</p>", at=1_700_000_010),
        SeedComment(author=1, body="<p>Secret</p>", at=1_700_000_020, private=True),
        SeedComment(
            author=1,
            body="<p>Done</p>",
            at=1_700_000_030,
            solution=True,
            files=[SeedFile(name="log.txt", content=b"")],
        ),
    ]
    files = [SeedFile(name="log.txt", content=b"\x00\xff one"), SeedFile(name="log.txt", content=b"two")]
    return World(
        people=[
            SeedPerson(name="Mia", lastname="Ortiz", email="mia@example.org"),
            SeedPerson(name="Tom", lastname="Berg", email="tom@example.org", agent=True),
            SeedPerson(name="Eva", lastname="Lind", email="eva@example.org", agent=True),
            SeedPerson(name="Ana", lastname="Ruiz", email="ana@example.org", deleted=True),
            SeedPerson(name="Bo", lastname="Kim", email="bo@example.org", disabled=True),
        ],
        categories=[("Hardware", "Printers"), ("Hardware", "Laptops"), ("Software",)],
        locations=["HQ", "Plant"],
        queues=["IT", "Facilities"],
        companies=["Example Ltd"],
        custom={"Order": [], "Area": ["Finance", "Sales"], "Site": ["Europe > Spain", "Europe > Italy"]},
        tickets=[
            ticket("Jam & <noise>", "open", 1_700_000_000, custom={"Order": "PO-7", "Area": "Finance"}, files=files),
            ticket("Laptop", "new", 1_700_000_100, assignee=None, queue="Facilities"),
            ticket("Old", "closed", 1_700_000_200, comments=said, closed=1_700_000_400),
            ticket("Orphan", "solved", 1_700_000_300, requester=-1, creator=3, comments=said[2:]),
            ticket("Waits", "waiting", 1_700_000_250, location=None),
        ],
    )


def signed(key: str) -> dict[str, str]:
    return {"Authorization": encode_basic_auth("api", key)}


KEY = signed("sandbox-key")


class Site:
    """The emulator and a client that signs in by Basic."""

    def __init__(self, emulator: InvGateEmulator, session: ClientSession, base: str) -> None:
        self.emulator = emulator
        self.session = session
        self.base = base

    async def call(self, method: str, endpoint: str, **options: Any) -> tuple[int, Any]:
        options.setdefault("headers", KEY)
        async with self.session.request(method, f"{self.base}/api/v1/{endpoint}", **options) as response:
            return response.status, await response.json()

    async def get(self, endpoint: str, **params: Any) -> Any:
        status, body = await self.call("GET", endpoint, params=flat(params))
        assert status == 200, body
        return body

    async def put(self, endpoint: str, **params: Any) -> tuple[int, Any]:
        return await self.call("PUT", endpoint, params=flat(params))

    async def post(self, endpoint: str, **values: Any) -> tuple[int, Any]:
        return await self.call("POST", endpoint, json=values)

    async def token(self, **form: str) -> Any:
        fields = {
            "grant_type": "client_credentials",
            "client_id": "syncer",
            "client_secret": "sandbox-secret",
        }
        async with self.session.post(f"{self.base}/oauth/v2.0/access_token", data=fields | form) as response:
            return response.status, await response.json()

    async def bearer(self, endpoint: str, token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return (await self.call("GET", endpoint, headers=headers))[0]

    async def ticket(self, id: int) -> Any:
        return await self.get("incident", id=id)


def flat(params: dict[str, Any]) -> list[tuple[str, str]]:
    pairs = []
    for name, value in params.items():
        if isinstance(value, list):
            pairs += [(f"{name}[]", str(item)) for item in value]
        else:
            pairs.append((name, str(value)))
    return pairs


@asynccontextmanager
async def site(seeds: World | None = None, *, auth: Auth | None = None, **switches: Any) -> AsyncIterator[Site]:
    emulator = InvGateEmulator(seeds or world(), switches=Switches(**switches), auth=auth)
    async with (
        TestServer(emulator.app()) as server,
        ClientSession(connector=TCPConnector(limit=0)) as session,
    ):
        yield Site(emulator, session, f"http://127.0.0.1:{server.port}")


# Who may call


async def test_basic_needs_the_right_key() -> None:
    async with site() as desk:
        assert await desk.get("sd.version") == {"version": "v8.15.13"}
        assert (await desk.call("GET", "sd.version", headers=signed("wrong")))[0] == 401
        status, body = await desk.call("GET", "sd.version", headers={})
        assert (status, body["status"]) == (401, 401)


async def test_a_token_opens_only_what_its_scopes_name() -> None:
    async with site() as desk:
        _, answer = await desk.token(scope="api.v1.sd.version:get api.v1.users:get")
        assert answer["expires_in"] == 3600
        assert await desk.bearer("sd.version", answer["access_token"]) == 200
        assert await desk.bearer("levels", answer["access_token"]) == 403


async def test_a_token_without_scope_opens_nothing() -> None:
    async with site() as desk:
        _, answer = await desk.token()
        assert await desk.bearer("sd.version", answer["access_token"]) == 403


async def test_bad_client_credentials_are_told_with_200() -> None:
    async with site() as desk:
        status, answer = await desk.token(client_secret="wrong")
        assert status == 200
        assert answer["error"] == "invalid_client"
        assert "access_token" not in answer


async def test_scopes_that_do_not_exist_or_are_not_granted_are_invalid() -> None:
    granted = frozenset({"api.v1.users:get"})
    async with site(auth=Auth(scopes=granted)) as desk:
        assert "access_token" in (await desk.token(scope="api.v1.users:get"))[1]
        assert (await desk.token(scope="api.v1.incident:get"))[1]["error"] == "invalid_scope"
        assert (await desk.token(scope="api.v1.*"))[1]["error"] == "invalid_scope"


async def test_a_token_expires_by_the_instances_clock() -> None:
    async with site() as desk:
        _, answer = await desk.token(scope="api.v1.sd.version:get")
        desk.emulator.carrier.clock.advance(3599)
        assert await desk.bearer("sd.version", answer["access_token"]) == 200
        desk.emulator.carrier.clock.advance(2)
        assert await desk.bearer("sd.version", answer["access_token"]) == 401


async def test_the_fault_schedule_shortens_tokens_already_given() -> None:
    async with site(expires_in="3600") as desk:
        _, answer = await desk.token(scope="api.v1.sd.version:get")
        desk.emulator.carrier.set_faults(Faults(token_seconds=10))
        desk.emulator.carrier.clock.advance(11)
        assert await desk.bearer("sd.version", answer["access_token"]) == 401
        assert (await desk.token())[1]["expires_in"] == 3600


# Router and parameters


MATRIX = """
sd.version: GET
incident: GET POST PUT
incidents: GET
incidents.by.status incidents.by.view incidents.details.by.view incidents.by.helpdesk incidents.by.agent: GET
incidents.by.customer incidents.by.cis incidents.last.hour incidents.by.sentiment* incidents.by.asset*: GET
incident.attachment incident.linked_cis.counters.from incident.tasks*: GET
incident.comment incident.observer incident.collaborator incident.link incident.external_entity: GET POST
incident.custom_approval: GET POST
incident.custom_field: POST PATCH DELETE
incident.reassign incident.reject incident.cancel* incident.promote.to.major.incident*: POST
incident.spontaneous_approval incident.relate.ci.by.keyword: POST
incident.waitingfor.agent incident.waitingfor.customer incident.waitingfor.date: POST
incident.waitingfor.external_entity incident.waitingfor.incident: POST
incident.reopen incident.solution.accept incident.solution.reject: PUT
incident.approval incident.approval.status incident.approval.type incident.approval.vote_status: GET
incident.approval.possible_voters: GET
incident.approval.accept incident.approval.reject incident.approval.cancel: PUT
incident.approval.add_voter: POST
incident.attributes.priority incident.attributes.source incident.attributes.status incident.attributes.type: GET
incident.attributes.category* incident.attributes.statuses*: GET
categories cf.fields.all cf.fields.types cf.fields.by.category cf.fields.shared.all*: GET
cf.starting.fields.by.category* cf.field.options.list.config*: GET
cf.field.options.list: GET POST DELETE
cf.field.options.tree: GET POST PUT DELETE
timetracking: GET POST* DELETE
timetracking.attributes.category: GET
user: GET POST PUT DELETE
users user.by users.by users.groups users.by.extended*: GET
user.convert user.password.reset user.token: POST
user.disable user.enable user.password: PUT
groups locations: GET POST DELETE
companies: GET POST PUT* DELETE
groups.users companies.users companies.groups locations.users: GET POST DELETE
companies.observers groups.observers helpdesks.observers levels.observers locations.observers: GET POST DELETE
helpdesks levels helpdesksandlevels: GET
kb.articles kb.categories: GET POST PUT DELETE
kb.articles.attachments: GET POST DELETE
kb.articles.by.ids kb.articles.by.category kb.articles.by.keywords kb.categories.by.ids: GET
internalnotes: GET POST PUT DELETE
breakingnews: GET POST PUT
breakingnews.status: GET POST
breakingnews.all breakingnews.attributes.status breakingnews.attributes.type: GET
triggers triggers.executions cis.by.id assets* data.export*: GET
wf.initialfields.by.category workflow.process*: GET
workflow.field.list.values*: GET POST
wf.deploy: PUT
"""
"""Section 3.12 of the contract, row by row."""
LACKED = """
incidents.by.cis incidents.by.sentiment incidents.by.asset incident.linked_cis.counters.from: GET
incident.approval.status incident.approval.type incident.approval.vote_status incident.approval.possible_voters: GET
cf.fields.shared.all cf.field.options.list.config users.by.extended cis.by.id assets data.export: GET
kb.articles.by.ids kb.articles.by.category kb.articles.by.keywords kb.categories.by.ids: GET
breakingnews.attributes.status breakingnews.attributes.type workflow.process: GET
incident.custom_approval breakingnews.status workflow.field.list.values: GET POST
incident.promote.to.major.incident incident.spontaneous_approval incident.relate.ci.by.keyword: POST
incident.approval.add_voter user.convert user.password.reset user.token: POST
incident.approval.accept incident.approval.reject incident.approval.cancel user.password wf.deploy: PUT
cf.field.options.list timetracking user: DELETE
cf.field.options.tree companies kb.articles kb.categories: POST PUT DELETE
groups locations groups.users companies.users locations.users: POST DELETE
companies.groups companies.observers groups.observers helpdesks.observers levels.observers: GET POST DELETE
locations.observers kb.articles.attachments: GET POST DELETE
internalnotes: GET POST PUT DELETE
breakingnews: GET POST PUT
"""
"""What is not emulated: it answers as an edition that lacks it."""


def methods_in(matrix: str) -> dict[str, set[str]]:
    rows = [line.replace("*", "").split(": ") for line in matrix.strip().splitlines()]
    return {endpoint: set(methods.split()) for endpoints, methods in rows for endpoint in endpoints.split()}


def test_the_calls_and_their_scopes_are_those_of_the_contract() -> None:
    wanted = methods_in(MATRIX)
    assert wanted == METHODS
    assert {f"api.v1.{name}:{method.lower()}" for name, methods in wanted.items() for method in methods} == SCOPES
    assert {name.rstrip(":*") for name in MATRIX.split() if name[0].islower() and "*" in name} == NEWER


async def test_unknown_endpoints_are_404_and_wrong_methods_405() -> None:
    lacked = methods_in(LACKED)
    async with site() as desk:
        assert (await desk.call("GET", "incidents.all"))[0] == 404
        for endpoint, methods in methods_in(MATRIX).items():
            answering = methods - lacked.get(endpoint, set())
            for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
                status, _ = await desk.call(method, endpoint)
                expected = (200, 428) if method in answering else (405,) if answering else (404,)
                assert status in expected, (method, endpoint, status)


async def test_older_instances_lack_the_newer_endpoints() -> None:
    async with site(missing=NEWER) as desk:
        assert (await desk.call("POST", "incident.cancel"))[0] == 404
        assert (await desk.call("GET", "sd.version"))[0] == 200


async def test_missing_and_malformed_parameters_are_428() -> None:
    async with site() as desk:
        for query in ("", "?ids=1001", "?ids[]=1001,1002", "?ids=1001,1002", "?ids[]=x"):
            status, body = await desk.call("GET", f"incidents{query}")
            assert (status, body["status"]) == (428, 428), query
            assert body["error"]
        assert (await desk.call("GET", "incident?id=abc"))[0] == 428


async def test_arrays_may_be_indexed() -> None:
    async with site() as desk:
        assert list(await desk.get("incidents", **{"ids[0]": PRINTER, "ids[1]": OLD})) == ["1001", "1003"]


async def test_put_reads_its_query_only() -> None:
    async with site() as desk:
        assert (await desk.call("PUT", "incident", json={"id": PRINTER, "title": "New"}))[0] == 428
        assert (await desk.put("incident", id=PRINTER, title="New"))[1]["title"] == "New"


async def test_post_reads_json_forms_and_query_alike() -> None:
    async with site() as desk:
        values = {"request_id": str(PRINTER), "author_id": str(AGENT), "comment": "hi", "customer_visible": "1"}
        for how in ("json", "data", "params"):
            status, body = await desk.call("POST", "incident.comment", **{how: values})
            assert (status, body["status"]) == (200, "OK"), how
        assert len(await desk.get("incident.comment", request_id=PRINTER)) == 3


async def test_addresses_that_are_too_long_are_414() -> None:
    async with site() as desk:
        assert (await desk.put("incident", id=PRINTER, description="x" * 9000))[0] == 414


# Tickets


async def test_a_ticket_is_an_object_with_the_keys_of_the_contract() -> None:
    async with site() as desk:
        ticket = await desk.ticket(PRINTER)
        assert ticket["user_id"] == CUSTOMER
        assert ticket["assigned_id"] == AGENT
        assert ticket["assigned_group_id"] == 101
        assert (ticket["status_id"], ticket["priority_id"], ticket["type_id"]) == (2, 3, 1)
        assert ticket["date_ocurred"] == ticket["created_at"] == 1_700_000_000
        assert ticket["custom_fields"]["71"] == "PO-7"
        assert list(ticket["custom_fields"]["72"].values()) == ["Finance"]
        assert ticket["attachments"] == [901, 902]
        assert "rating" not in ticket
        assert "comments" not in ticket
        assert (await desk.ticket(LAPTOP))["custom_fields"] == []
        old = await desk.ticket(OLD)
        assert (old["solved_at"], old["closed_at"], old["closed_reason"]) == (1_700_000_030, 1_700_000_400, 1)


async def test_text_is_escaped_unless_it_is_asked_for_decoded() -> None:
    async with site() as desk:
        ticket = await desk.ticket(PRINTER)
        assert ticket["description"] == "&lt;p&gt;Paper &amp;amp; noise&lt;/p&gt;"
        assert ticket["title"] == "Jam &amp; &lt;noise&gt;"
        plain = await desk.get("incident", id=PRINTER, decoded_special_characters=1)
        assert (plain["title"], plain["description"]) == ("Jam & <noise>", "<p>Paper &amp; noise</p>")
        [bulk] = (await desk.get("incidents", ids=[PRINTER], decoded_special_characters=1)).values()
        assert bulk["description"].startswith("&lt;p&gt;")
        assert (await desk.get("incident.comment", request_id=OLD))[0]["message"] == "&lt;p&gt;Looking&lt;/p&gt;"


async def test_older_versions_send_numbers_as_strings_and_lists_for_objects() -> None:
    async with site(
        numbers_as_strings=True, incident_as_list=True, incidents_as_list=True, empty_map_as_list=False
    ) as desk:
        [ticket] = await desk.get("incident", id=LAPTOP)
        assert (ticket["id"], ticket["created_at"], ticket["assigned_id"]) == ("1002", "1700000100", None)
        assert ticket["custom_fields"] == {}
        assert [row["id"] for row in await desk.get("incidents", ids=[OLD, LAPTOP])] == ["1003", "1002"]
        assert (await desk.get("incidents.by.view", view_id=2))["requestIds"][0] == "1001"


async def test_times_can_be_had_as_iso8601() -> None:
    async with site() as desk:
        ticket = await desk.get("incident", id=PRINTER, date_format="iso8601")
        assert ticket["created_at"] == "2023-11-14T22:13:20+00:00"
        assert ticket["closed_at"] is None


async def test_the_bulk_call_leaves_out_what_does_not_exist() -> None:
    async with site() as desk:
        assert list(await desk.get("incidents", ids=[LAPTOP, 5000])) == ["1002"]
        assert await desk.get("incidents", ids=[5000]) == []
    async with site(unknown_in_bulk="error") as desk:
        assert (await desk.get("incidents", ids=[LAPTOP, 5000]))["status"] == "ERROR"


async def test_an_unknown_ticket_is_404_or_an_error_inside_200() -> None:
    async with site() as desk:
        assert (await desk.call("GET", "incident?id=5000"))[0] == 404
    async with site(unknown_ticket="error") as desk:
        assert (await desk.get("incident", id=5000))["status"] == "ERROR"


async def test_embedded_comments_differ_from_those_of_the_comment_call() -> None:
    async with site() as desk:
        embedded = (await desk.get("incidents", ids=[OLD], comments=1))["1003"]["comments"]
        assert [row["customer_visible"] for row in embedded] == [1, 0, 1]
        assert not any(isinstance(row["customer_visible"], bool) for row in embedded)
        assert not any("is_solution" in row for row in embedded)
        full = await desk.get("incident.comment", request_id=OLD)
        assert [row["customer_visible"] for row in full] == [True, False, True]
        assert [row["is_solution"] for row in full] == [False, False, True]
        assert [row["msg_num"] for row in full] == [1, 2, 3]
        assert len(full[2]["attached_files"]) == 1
        assert len(await desk.get("incident.comment", request_id=OLD, is_solution=1)) == 1


async def test_older_versions_send_visibility_as_a_string_that_is_not_empty() -> None:
    async with site(numbers_as_strings=True) as desk:
        embedded = (await desk.get("incidents", ids=[OLD], comments=1))["1003"]["comments"]
        assert [row["customer_visible"] for row in embedded] == ["1", "0", "1"]
        full = await desk.get("incident.comment", request_id=OLD)
        assert [row["customer_visible"] for row in full] == ["1", "0", "1"]


async def test_comments_may_come_in_any_order() -> None:
    async with site(comments_order="newest") as desk:
        assert [row["msg_num"] for row in await desk.get("incident.comment", request_id=OLD)] == [3, 2, 1]
        embedded = (await desk.get("incident", id=OLD, comments=1))["comments"]
        assert [row["msg_num"] for row in embedded] == [3, 2, 1]


@pytest.mark.parametrize(("how", "value"), [("null", None), ("zero", 0), ("empty", "")])
async def test_a_time_that_never_came_is_null_or_zero_or_empty(how: Any, value: Any) -> None:
    async with site(no_moment=how) as desk:
        assert (await desk.get("incident", id=PRINTER))["closed_at"] == value
        assert (await desk.get("incident", id=PRINTER, date_format="iso8601"))["solved_at"] == value


async def test_envelopes_differ_in_case_and_in_where_they_tell_an_error() -> None:
    async with site(status_word="lower", error_key="error") as desk:
        assert (await desk.get("incidents.by.view", view_id=1))["status"] == "ok"
        refusal = await desk.get("incidents.by.view", view_id=99)
        assert refusal == {"status": "error", "error": "The view does not exist"}


async def test_the_files_of_a_comment_may_be_called_attachments() -> None:
    async with site(files_key="attachments") as desk:
        row = (await desk.get("incident.comment", request_id=OLD))[2]
        assert len(row["attachments"]) == 1
        assert "attached_files" not in row


async def test_people_who_are_gone_stay_on_their_tickets() -> None:
    async with site() as desk:
        ticket = await desk.ticket(ORPHAN)
        assert (ticket["user_id"], ticket["creator_id"]) == (GONE_USER, LEFT)
        assert (await desk.call("GET", f"user?id={GONE_USER}&include_disabled=1"))[0] == 404
        assert (await desk.get("user", id=LEFT, include_disabled=1))["is_deleted"] is True
        assert LEFT not in [row["id"] for row in await desk.get("users", include_disabled=1)]


# Files


async def fetch(desk: Site, url: str, headers: dict[str, str]) -> tuple[int, bytes, str]:
    async with desk.session.get(url, headers=headers) as response:
        return response.status, await response.read(), response.content_type


async def test_files_come_byte_for_byte_and_need_the_credential() -> None:
    async with site() as desk:
        first, second = [await desk.get("incident.attachment", id=id) for id in (901, 902)]
        assert first["name"] == second["name"] == "log.txt"
        assert first["extension"] == "txt"
        assert await fetch(desk, first["url"], KEY) == (200, b"\x00\xff one", "text/plain")
        assert await fetch(desk, second["url"], KEY) == (200, b"two", "text/plain")
        assert (await fetch(desk, first["url"], {}))[0] == 401


async def test_a_file_may_be_empty() -> None:
    async with site(download="open") as desk:
        [id] = (await desk.get("incident.comment", request_id=OLD))[2]["attached_files"]
        url = (await desk.get("incident.attachment", id=id))["url"]
        assert await fetch(desk, url, {}) == (200, b"", "text/plain")


async def test_files_may_live_on_another_host_that_must_not_see_the_credential() -> None:
    async with site(download="other_host") as desk:
        url = (await desk.get("incident.attachment", id=901))["url"]
        assert url.startswith("http://localhost:")
        assert (await fetch(desk, url, {}))[1] == b"\x00\xff one"
        assert (await fetch(desk, url, KEY))[0] == 400
        assert desk.emulator.state()["credential_leaks"] == 1


async def test_a_signed_address_of_the_same_host_opens_without_the_credential_only() -> None:
    async with site(download="signed") as desk:
        url = (await desk.get("incident.attachment", id=901))["url"]
        assert (await fetch(desk, url, KEY))[0] == 403
        assert (await fetch(desk, url, {}))[:2] == (200, b"\x00\xff one")
        assert desk.emulator.state()["credential_leaks"] == 0


async def test_files_may_be_hidden_behind_a_login_page() -> None:
    async with site(download="login_page") as desk:
        url = (await desk.get("incident.attachment", id=901))["url"]
        assert (await fetch(desk, url, KEY))[2] == "text/html"


# Lists


async def test_by_status_shows_open_tickets_only() -> None:
    async with site() as desk:
        answer = await desk.get("incidents.by.status", status_ids=[1, 2, 3, 4, 5, 6])
        assert answer["requestIds"] == [PRINTER, LAPTOP, ORPHAN, WAITS]
        assert (answer["total"], answer["limit"], answer["offset"]) == (4, None, 0)
        assert (await desk.get("incidents.by.status", status_id=6))["requestIds"] == []
        assert (await desk.get("incidents.by.status"))["status"] == "ERROR"
        assert (await desk.call("GET", "incidents.by.status?status_ids=1,2"))[0] == 428
    async with site(closed_by_status=True) as desk:
        assert (await desk.get("incidents.by.status", status_id=6, limit=1))["requestIds"] == [OLD]


async def test_by_view_pages_by_offset_without_a_total() -> None:
    async with site() as desk:
        first = await desk.get("incidents.by.view", view_id=1, limit=3)
        rest = await desk.get("incidents.by.view", view_id=1, limit=3, offset=3)
        assert first["requestIds"] + rest["requestIds"] == [PRINTER, LAPTOP, OLD, ORPHAN, WAITS]
        assert "total" not in first
        assert OLD not in (await desk.get("incidents.by.view", view_id=2))["requestIds"]


@pytest.mark.parametrize("endpoint", ["incidents.by.view", "incidents.details.by.view"])
async def test_an_unknown_view_is_an_error_inside_200(endpoint: str) -> None:
    async with site() as desk:
        assert (await desk.get(endpoint, view_id=77))["status"] == "ERROR"
        assert (await desk.call("GET", endpoint))[0] == 428


async def test_by_view_has_no_order_one_can_rely_on() -> None:
    async with site(by_view_order="last_update") as desk:
        assert (await desk.get("incidents.by.view", view_id=1))["requestIds"] == [1004, 1005, 1003, 1002, 1001]
    async with site(by_view_order="random") as desk:
        ids = (await desk.get("incidents.by.view", view_id=1))["requestIds"]
        assert sorted(ids) == [1001, 1002, 1003, 1004, 1005]
        assert ids != sorted(ids)


async def test_lists_may_be_capped() -> None:
    async with site(list_cap=2) as desk:
        answer = await desk.get("incidents.by.view", view_id=1, limit=100)
        assert (answer["requestIds"], answer["limit"]) == ([PRINTER, LAPTOP], 2)


async def walk(desk: Site, **params: Any) -> list[int]:
    """All ids of a view by its page keys; after the first page the last ticket of it is edited."""
    ids: list[int] = []
    key: str | None = None
    while True:
        more = {"page_key": key} if key else {}
        page = await desk.get("incidents.details.by.view", view_id=1, **params, **more)
        ids += [row["id"] for row in page["data"]]
        if key is None:
            desk.emulator.edit(ids[-1], title="moved")
        key = page["next_page_key"]
        if not key:
            return ids


async def test_view_details_walk_by_keyset_also_when_rows_move() -> None:
    async with site(details_page=2) as desk:
        assert await walk(desk) == [1001, 1002, 1003, 1004, 1005]
        assert await walk(desk, order_by="desc") == [1005, 1004, 1003, 1002, 1001]
        # 1002 and 1004 were just moved, so they are the newest; ties go by id.
        assert await walk(desk, sort_by="last_update", order_by="desc") == [1004, 1002, 1005, 1003, 1001]


async def test_view_details_rows_have_the_columns_of_the_view() -> None:
    async with site() as desk:
        page = await desk.get("incidents.details.by.view", view_id=1)
        row = page["data"][0]
        assert row["request"]["category"]["label"] == "Hardware » Printers"
        assert row["last_update"]["value"] == 1_700_000_100
        [key] = row["cf_72"]
        assert page["metadata"]["cf_72"]["values"][key] == {"label": "Finance"}
        assert page["next_page_key"] is None
        assert page["data"][4]["waiting_for"]["value"] == CUSTOMER
    async with site(view_last_update=False, view_fields=False, view_data_as_dict=True) as desk:
        page = await desk.get("incidents.details.by.view", view_id=1)
        assert "last_update" not in page["data"]["1001"]
        assert page["metadata"] == []


async def test_a_view_may_show_nothing_but_ids() -> None:
    async with site(view_columns=frozenset()) as desk:
        page = await desk.get("incidents.details.by.view", view_id=1)
        assert page["data"] == [{"id": id} for id in (1001, 1002, 1003, 1004, 1005)]
        assert page["metadata"] == []
    async with site(view_columns=frozenset({"status", "cf_71"})) as desk:
        page = await desk.get("incidents.details.by.view", view_id=1)
        assert page["data"][0].keys() == {"id", "status", "cf_71"}
        assert page["metadata"].keys() == {"cf_71"}


async def test_a_page_key_may_be_an_offset_in_disguise() -> None:
    query = {"view_id": 1, "sort_by": "last_update", "order_by": "desc"}
    async with site(details_page=2, details_key="offset") as desk:
        first = await desk.get("incidents.details.by.view", **query)
        desk.emulator.edit(1001, title="moved to the front")
        second = await desk.get("incidents.details.by.view", **query, page_key=first["next_page_key"])
        assert second["data"][0]["id"] == first["data"][1]["id"]


async def test_by_customer_and_by_agent_give_open_tickets_by_id() -> None:
    async with site(person_page=2) as desk:
        page = await desk.get("incidents.by.customer", email="mia@example.org", comments=1)
        assert list(page["requests"]) == ["1001", "1002"]
        page = await desk.get("incidents.by.customer", id=CUSTOMER, page_key=page["next_page_key"])
        assert (list(page["requests"]), page["next_page_key"]) == (["1005"], None)
        assert list((await desk.get("incidents.by.agent", id=AGENT))["requests"]) == ["1001", "1004"]
        assert (await desk.get("incidents.by.agent", id=OTHER_AGENT))["requests"] == []
        assert (await desk.get("incidents.by.agent"))["status"] == "ERROR"


async def test_by_helpdesk_takes_level_ids() -> None:
    async with site() as desk:
        assert (await desk.get("incidents.by.helpdesk", helpdesk_id=103))["requestIds"] == [LAPTOP]
        assert (await desk.get("incidents.by.helpdesk", helpdesk_ids=[101, 102]))["requestIds"] == [1001, 1004, 1005]
        assert (await desk.get("incidents.by.helpdesk", id=101))["status"] == "ERROR"


async def test_last_hour_shows_what_was_just_created() -> None:
    async with site() as desk:
        assert (await desk.get("incidents.last.hour"))["data"] == []
        id = desk.emulator.create("Fresh")
        assert [row["id"] for row in (await desk.get("incidents.last.hour"))["data"]] == [id]
        desk.emulator.carrier.clock.advance(3700)
        assert (await desk.get("incidents.last.hour"))["data"] == []
    async with site(last_hour_as_list=True) as desk:
        assert await desk.get("incidents.last.hour") == []


# Value lists and people


async def test_enumerations_have_fixed_ids_and_local_names() -> None:
    async with site() as desk:
        assert (await desk.get("incident.attributes.status"))[5] == {"id": 6, "name": "Closed"}
        assert len(await desk.get("incident.attributes.source")) == 14
    async with site(language="es") as desk:
        assert (await desk.get("incident.attributes.priority"))[2] == {"id": 3, "name": "Alta"}


async def test_categories_are_cut_to_a_page() -> None:
    async with site(categories_page=2) as desk:
        assert len(await desk.get("categories")) == 2
        assert len(await desk.get("categories", page_size=500)) == 4
        second = await desk.get("categories", page=2, page_size=3)
        assert second == [{"id": "54", "name": "Software", "parent_category_id": None}]
        assert (await desk.get("categories", id=52))[0]["parent_category_id"] == 51
    async with site(categories_page=0) as desk:
        assert len(await desk.get("categories", page=7, page_size=1)) == 4


async def test_help_desks_are_objects_by_id_and_levels_include_deleted_ones() -> None:
    async with site() as desk:
        assert [row["name"] for row in await desk.get("helpdesks")] == ["IT", "Facilities"]
        assert (await desk.get("helpdesks", id=2))["name"] == "Facilities"
        assert (await desk.get("levels", id=104))["parent_id"] == 2
        assert len(await desk.get("levels")) == 5
        assert [row["id"] for row in await desk.get("levels", include_deleted=0)] == [101, 102, 103, 104]
        both = await desk.get("helpdesksandlevels")
        assert [row["type_id"] for row in both] == [2, 2, 1, 1, 1, 1]
        assert not any("name" in row for row in both if row["type_id"] == 1)


async def test_custom_fields_tell_their_options() -> None:
    async with site(tree_children_as_dict=True) as desk:
        fields = await desk.get("cf.fields.all")
        types = {row["id"]: row["name"] for row in await desk.get("cf.fields.types")}
        assert [(row["uid"], types[row["type"]]) for row in fields] == [(71, "text"), (72, "list"), (73, "tree")]
        options = (await desk.get("cf.field.options.list", uid=72))["key-value"]
        assert sorted(options.values()) == ["Finance", "Sales"]
        assert (await desk.get("cf.field.options.list", uid=71))["key-value"] == []
        [europe] = await desk.get("cf.field.options.tree", uid=73)
        assert [row["name"] for row in europe["children"].values()] == ["Spain", "Italy"]
        assert await desk.get("cf.fields.by.category", category_id=52) == [71, 72, 73]


async def test_the_fields_of_a_category_are_numbers_or_objects() -> None:
    async with site() as desk:
        assert await desk.get("cf.fields.by.category", category_id=51) == [71, 72, 73]
    async with site(category_fields_as_objects=True) as desk:
        assert (await desk.get("cf.fields.by.category", category_id=51))[0] == {"uid": 71}


async def test_users_come_all_at_once_and_disabled_ones_on_request() -> None:
    async with site() as desk:
        assert [row["id"] for row in await desk.get("users", limit=1)] == [CUSTOMER, AGENT, OTHER_AGENT]
        everyone = await desk.get("users", include_disabled=1)
        assert [row["id"] for row in everyone] == [CUSTOMER, AGENT, OTHER_AGENT, DISABLED]
        assert [row["user_type"] for row in everyone] == [2, 1, 1, 2]
    async with site(users_as_strings=True) as desk:
        user = await desk.get("user", id=AGENT)
        assert (user["id"], user["user_type"], user["is_disabled"]) == ("302", "1", "0")


async def test_users_by_matches_substrings_unless_told_otherwise() -> None:
    async with site() as desk:
        assert list((await desk.get("users.by", email="A@example"))["data"]) == ["301", "303"]
        assert (await desk.get("users.by", email="mia", exact_match=1))["data"] == []
        found = await desk.get("users.by", email="BO@example.org", exact_match=1, include_disabled=1)
        assert list(found["data"]) == ["305"]


async def test_users_by_pages_by_ten() -> None:
    seeds = world()
    seeds.people += [SeedPerson(name=f"P{i}", lastname="X", email=f"p{i}@many.org") for i in range(12)]
    async with site(seeds) as desk:
        page = await desk.get("users.by", email="many.org")
        assert len(page["data"]) == 10
        page = await desk.get("users.by", email="many.org", page_key=page["next_page_key"])
        assert (len(page["data"]), page["next_page_key"]) == (2, None)


@pytest.mark.parametrize(("how", "body"), [("empty", []), ("null", None)])
async def test_nobody_may_be_told_by_an_empty_answer(how: str, body: Any) -> None:
    async with site(unknown_user=how) as desk:
        assert await desk.get("user.by", email="no@example.org") == body


async def test_users_groups_are_maps_or_empty_lists() -> None:
    async with site() as desk:
        groups = await desk.get("users.groups", ids=[CUSTOMER, AGENT])
        assert groups["301"]["groups"] == groups["301"]["helpdesks"] == []
        assert groups["302"]["helpdesks"]["1"]["name"] == "IT"
        assert groups["301"]["companies"] == [{"id": 31, "name": "Example Ltd"}]
        assert [row["id"] for row in await desk.get("locations.users", id=11)] == [CUSTOMER, OTHER_AGENT]


async def test_what_hangs_on_a_ticket_is_read_from_calls_of_its_own() -> None:
    async with site() as desk:
        assert await desk.get("timetracking", request_id=PRINTER) == []
        assert (await desk.get("timetracking"))["status"] == "ERROR"
        await desk.post("incident.observer", request_id=PRINTER, author_id=AGENT, users_id=[CUSTOMER])
        await desk.post("incident.link", request_id=PRINTER, request_ids=[LAPTOP])
        assert await desk.get("incident.observer", request_id=PRINTER) == [CUSTOMER]
        assert await desk.get("incident.link", request_id=LAPTOP) == [
            {"id": PRINTER, "title": "Jam &amp; &lt;noise&gt;"}
        ]


@pytest.mark.parametrize("side_bumps", [False, True])
@pytest.mark.parametrize(
    ("endpoint", "values"),
    [
        ("incident.observer", {"author_id": AGENT, "users_id": [CUSTOMER]}),
        ("incident.collaborator", {"author_id": AGENT, "user_id": OTHER_AGENT}),
        ("incident.link", {"request_ids": [LAPTOP]}),
        ("incident.external_entity", {"external_entity_id": 8}),
    ],
)
async def test_people_and_links_on_a_ticket_move_its_last_update_only_where_switched(
    endpoint: str, values: dict[str, Any], side_bumps: bool
) -> None:
    async with site(side_bumps=side_bumps) as desk:
        before = (await desk.ticket(PRINTER))["last_update"]
        assert (await desk.post(endpoint, request_id=PRINTER, **values))[1]["status"] == "OK"
        assert ((await desk.ticket(PRINTER))["last_update"] > before) == side_bumps


# Writing

DRAFT = {
    "title": "Made",
    "description": "<p>x</p>",
    "creator_id": AGENT,
    "customer_id": CUSTOMER,
    "category_id": 52,
    "priority_id": 2,
    "type_id": 1,
}


async def test_a_created_ticket_is_new_and_stands_in_its_categorys_queue() -> None:
    async with site() as desk:
        _, answer = await desk.post("incident", **DRAFT, date=1_600_000_000, related_to=[PRINTER])
        ticket = await desk.ticket(int(answer["request_id"]))
        assert (ticket["status_id"], ticket["assigned_id"], ticket["assigned_group_id"]) == (1, None, 101)
        assert ticket["date_ocurred"] == 1_600_000_000
        assert ticket["created_at"] > 1_700_000_000
        assert len(await desk.get("incident.link", request_id=PRINTER)) == 1


async def test_a_ticket_without_a_required_field_or_with_a_wrong_id_is_refused() -> None:
    async with site() as desk:
        for name in DRAFT:
            values = {key: value for key, value in DRAFT.items() if key != name}
            assert (await desk.post("incident", **values))[0] == 428, name
        assert (await desk.post("incident", **DRAFT | {"category_id": 9}))[1]["status"] == "ERROR"
        assert (await desk.post("incident", **DRAFT | {"customer_id": DISABLED}))[1]["status"] == "ERROR"
        assert len(desk.emulator.state()["tickets"]) == 5


async def test_files_go_up_in_parts_beside_a_query() -> None:
    async with site() as desk:
        form = FormData(quote_fields=False)
        form.add_field("attachments[]", b"\x00\x01", filename="ä b.bin", content_type="application/octet-stream")
        form.add_field("attachments[]", b"", filename="empty.txt")
        query = {"request_id": PRINTER, "author_id": AGENT, "comment": "see", "customer_visible": 0}
        status, body = await desk.call("POST", "incident.comment", params=query, data=form)
        assert (status, body) == (200, {"status": "OK", "info": "Done"})
        [comment] = desk.emulator.state()["tickets"]["1001"]["comments"]
        assert comment["customer_visible"] is False
        assert [file["name"] for file in comment["files"]] == ["ä b.bin", "empty.txt"]
        assert comment["files"][0]["sha256"] == hashlib.sha256(b"\x00\x01").hexdigest()


async def test_only_parts_called_attachments_are_files() -> None:
    async with site() as desk:
        form = FormData(quote_fields=False)
        for name in ("file", "attachments", "attachments[0]", "attachments[]"):
            form.add_field(name, name.encode(), filename=f"{name}.txt")
        query = {"request_id": PRINTER, "author_id": AGENT, "comment": "see", "customer_visible": 1}
        assert (await desk.call("POST", "incident.comment", params=query, data=form))[0] == 200
        [comment] = desk.emulator.state()["tickets"]["1001"]["comments"]
        assert [file["name"] for file in comment["files"]] == ["attachments[0].txt", "attachments[].txt"]


async def test_reassigning_takes_a_level_and_one_of_its_members() -> None:
    async with site() as desk:
        move = {"request_id": LAPTOP, "group_id": 104, "author_id": AGENT}
        assert (await desk.post("incident.reassign", **move, agent_id=CUSTOMER))[1]["status"] == "ERROR"
        assert (await desk.post("incident.reassign", **move | {"group_id": 2}))[1]["status"] == "ERROR"
        assert (await desk.post("incident.reassign", **move, agent_id=OTHER_AGENT))[1]["status"] == "OK"
        ticket = await desk.ticket(LAPTOP)
        assert (ticket["status_id"], ticket["assigned_id"], ticket["assigned_group_id"]) == (2, OTHER_AGENT, 104)
        await desk.post("incident.reassign", **move)
        assert (await desk.ticket(LAPTOP))["assigned_id"] is None


async def test_a_solution_must_be_public_and_may_be_accepted_once() -> None:
    async with site() as desk:
        solve = {"request_id": PRINTER, "author_id": AGENT, "comment": "ok", "is_solution": 1}
        assert (await desk.put("incident.solution.accept", id=PRINTER, rating=5))[1]["status"] == "ERROR"
        assert (await desk.post("incident.comment", **solve, customer_visible=0))[0] == 409
        assert (await desk.post("incident.comment", **solve, customer_visible=1))[1]["status"] == "OK"
        assert (await desk.ticket(PRINTER))["status_id"] == 5
        assert (await desk.put("incident.solution.accept", id=PRINTER, rating=2))[0] == 428
        assert (await desk.put("incident.solution.accept", id=PRINTER, rating=5))[1]["status"] == "OK"
        ticket = await desk.ticket(PRINTER)
        assert (ticket["status_id"], ticket["closed_reason"], ticket["rating"]) == (6, 1, 5)


async def test_transitions_lead_only_where_they_may() -> None:
    async with site() as desk:
        by = {"request_id": LAPTOP, "author_id": AGENT}
        assert (await desk.put("incident.reopen", request_id=LAPTOP))[1]["status"] == "ERROR"
        assert (await desk.post("incident.waitingfor.date", **by))[0] == 428
        assert (await desk.post("incident.waitingfor.date", **by, timestamp="1900000000"))[1]["status"] == "OK"
        assert (await desk.ticket(LAPTOP))["status_id"] == 4
        await desk.post("incident.comment", **by, comment="here", customer_visible=1)
        assert (await desk.ticket(LAPTOP))["status_id"] == 2
        await desk.put("incident.solution.reject", id=ORPHAN, comment="no")
        assert (await desk.ticket(ORPHAN))["status_id"] == 2
        await desk.put("incident.reopen", request_id=OLD)
        assert (await desk.ticket(OLD))["status_id"] == 2
        assert (await desk.post("incident.reject", **by))[1]["status"] == "OK"
        assert (await desk.post("incident.cancel", **by))[1]["status"] == "ERROR"
        assert (await desk.ticket(LAPTOP))["status_id"] == 7


@pytest.mark.parametrize(
    ("method", "endpoint", "ticket", "values"),
    [
        ("PUT", "incident", PRINTER, {"title": "New"}),
        ("POST", "incident.comment", PRINTER, {"author_id": AGENT, "comment": "x", "customer_visible": 1}),
        ("POST", "incident.comment", PRINTER, {"author_id": AGENT, "comment": "x", "customer_visible": 0}),
        ("POST", "incident.reassign", PRINTER, {"author_id": AGENT, "group_id": 104}),
        ("POST", "incident.waitingfor.agent", PRINTER, {}),
        ("POST", "incident.waitingfor.customer", PRINTER, {}),
        ("POST", "incident.waitingfor.date", PRINTER, {"timestamp": "1900000000"}),
        ("POST", "incident.waitingfor.incident", PRINTER, {"wait_request_id": LAPTOP}),
        ("POST", "incident.reject", PRINTER, {"author_id": AGENT}),
        ("POST", "incident.cancel", PRINTER, {"author_id": AGENT}),
        ("PUT", "incident.reopen", OLD, {}),
        ("PUT", "incident.solution.accept", ORPHAN, {"rating": 5}),
        ("PUT", "incident.solution.reject", ORPHAN, {"comment": "no"}),
    ],
)
async def test_a_change_of_a_ticket_moves_its_last_update(
    method: str, endpoint: str, ticket: int, values: dict[str, Any]
) -> None:
    name = "id" if endpoint == "incident" or "solution" in endpoint else "request_id"
    async with site() as desk:
        now = desk.emulator.tables.now()
        ask = desk.put if method == "PUT" else desk.post
        status, answer = await ask(endpoint, **{name: ticket}, **values)
        assert (status, answer.get("status", "OK")) == (200, "OK")
        assert (await desk.ticket(ticket))["last_update"] >= now
        newest = await desk.get("incidents.details.by.view", view_id=1, sort_by="last_update", order_by="desc")
        assert newest["data"][0]["id"] == ticket


async def test_ok_may_mean_nothing() -> None:
    async with site(hollow_ok=True) as desk:
        assert (await desk.post("incident.waitingfor.agent", request_id=LAPTOP))[1]["status"] == "OK"
        assert (await desk.ticket(LAPTOP))["status_id"] == 1


async def test_a_custom_field_takes_option_keys_and_an_empty_value_erases_it() -> None:
    async with site() as desk:
        by = {"request_id": LAPTOP, "author_id": AGENT, "custom_field_uid": 72}
        options = (await desk.get("cf.field.options.list", uid=72))["key-value"]
        key = next(key for key, label in options.items() if label == "Sales")
        assert (await desk.post("incident.custom_field", **by, values=["Sales"]))[1]["status"] == "ERROR"
        await desk.post("incident.custom_field", **by, values=[key])
        assert (await desk.ticket(LAPTOP))["custom_fields"] == {"72": {key: "Sales"}}
        await desk.post("incident.custom_field", **by, values=[""])
        assert (await desk.ticket(LAPTOP))["custom_fields"] == []


# For tests


async def test_tickets_moved_from_outside_show_it() -> None:
    async with site() as desk:
        desk.emulator.edit(LAPTOP, title="Changed")
        desk.emulator.close(PRINTER)
        desk.emulator.vanish(WAITS)
        laptop, printer = await desk.ticket(LAPTOP), await desk.ticket(PRINTER)
        assert laptop["last_update"] > 1_750_000_000
        assert (printer["status_id"], printer["closed_reason"]) == (6, 1)
        assert printer["closed_at"] == printer["last_update"]
        assert (await desk.get("incidents.by.view", view_id=2))["requestIds"] == [LAPTOP, ORPHAN]


async def test_the_state_is_plain_and_tells_names_and_digests() -> None:
    async with site() as desk:
        async with desk.session.get(f"{desk.base}/_control/state") as response:
            state = await response.json()
        ticket = state["tickets"]["1001"]
        assert (ticket["status"], ticket["queue"], ticket["location"]) == ("Open", "IT", "HQ")
        assert ticket["category"] == ["Hardware", "Printers"]
        assert ticket["custom_by_label"]["Order"] == "PO-7"
        assert ticket["files"][0]["sha256"] == hashlib.sha256(b"\x00\xff one").hexdigest()
        assert [row["customer_visible"] for row in state["tickets"]["1003"]["comments"]] == [True, False, True]


async def test_an_answer_may_get_lost_after_the_write() -> None:
    async with site() as desk:
        desk.emulator.carrier.set_faults(Faults(first=["after"]))
        with pytest.raises(Exception, match="502"):
            await desk.post("incident", **DRAFT)
        assert len(desk.emulator.state()["tickets"]) == 6


async def test_fifty_thousand_tickets_are_served_quickly() -> None:
    seeds = world()
    first = seeds.tickets[2]
    seeds.tickets = [
        msgspec.structs.replace(first, title=f"T{i}", updated=1_700_000_000 + i % 977) for i in range(50_000)
    ]
    async with site(seeds) as desk:
        started = time.perf_counter()
        for start in range(1001, 11_001, 1000):
            blocks = [range(start + n, start + n + 100) for n in range(0, 1000, 100)]
            found = await asyncio.gather(*(desk.get("incidents", ids=list(b), comments=1) for b in blocks))
            assert all(len(block) == 100 for block in found)
        assert time.perf_counter() - started < 120  # it takes two or three seconds
        key, count = "", 0
        while key is not None:
            more = {"page_key": key} if key else {}
            page = await desk.get("incidents.details.by.view", view_id=1, sort_by="last_update", **more)
            count, key = count + len(page["data"]), page["next_page_key"]
        assert count == 50_000
