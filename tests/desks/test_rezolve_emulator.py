"""The emulated tenant against the contract of the API, over real HTTP: signing in, one ticket, create and update."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession, encode_basic_auth
from aiohttp.test_utils import TestServer

from syncer.deskkit.emulation import Faults
from syncer.deskkit.world import SeedComment, SeedFile, SeedPerson, SeedTicket, World
from syncer.desks.rezolve.emulator import GONE_USER, Auth, RezolveEmulator, Switches

T = "/api/v2/ticketing"
QUERY = {"type": "template", "module": "ticketing"}
INCIDENT, REQUEST, QUESTION, PROBLEM, CHANGE = "17020", "17021", "17022", "17023", "17024"
OFFER, REQUEST_OFFER, CHANGE_OFFER, APPROVAL, INACTIVE, DRAFT, ARCHIVED, FOR_HR = (
    "40112", "40113", "40116", "40117", "40118", "40119", "40120", "40121",
)  # fmt: skip
PRINTER, LAPTOP, OLD, ORPHAN, WAITS = "INC-2001", "REQ-2001", "INC-2002", "INC-2003", "CHG-2001"
MIA, TOM, EVA, ANA, BO = (f"{name}@example.org" for name in ("mia", "tom", "eva", "ana", "bo"))
NOTES: dict[str, Any] = {
    "notes_read_path": T + "/ticket/{objectId}/notes",
    "notes_write_path": T + "/ticket/{objectId}/note",
}
FILES: dict[str, Any] = {
    "attachment_list_path": T + "/ticket/{objectId}/attachments",
    "attachment_upload_path": T + "/ticket/{objectId}/attachment",
    "attachment_download_path": T + "/attachment/{fileId}",
}
ROLELESS = Auth(client_roles=("offline_access",))


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
            "queue": "IT Desk",
            "created": at,
            "updated": at + 100,
        }
        return SeedTicket(title=title, status=status, **(fields | more))

    said = [
        SeedComment(author=1, body="<p>Looking</p>", at=1_700_000_010),
        SeedComment(author=1, body="<p>Secret</p>", at=1_700_000_020, private=True),
        SeedComment(
            author=1, body="<p>Fixed</p>", at=1_700_000_030, solution=True, files=[SeedFile("log.txt", b"")]
        ),
    ]  # fmt: skip
    files = [SeedFile(name="log.txt", content=b"\x00\xff one"), SeedFile(name="log.txt", content=b"two")]
    return World(
        people=[
            SeedPerson(name="Mia", lastname="Ortiz", email=MIA),
            SeedPerson(name="Tom", lastname="Berg", email=TOM, agent=True),
            SeedPerson(name="Eva", lastname="Lind", email=EVA, agent=True),
            SeedPerson(name="Ana", lastname="Ruiz", email=ANA, deleted=True),
            SeedPerson(name="Bo", lastname="Kim", email=BO, disabled=True),
        ],
        categories=[("Hardware", "Printers"), ("Hardware", "Laptops"), ("Software",)],
        locations=["HQ", "Plant"],
        queues=["IT Desk", "Büro Zürich"],
        companies=["Example Ltd"],
        custom={"Order": [], "Area": ["Finance", "Sales"]},
        tickets=[
            ticket("Jam & <noise>", "open", 1_700_000_000, custom={"Order": "PO-7", "Area": "Finance"}, files=files,
                   tags=["vpn", "p1"], cc=[2]),
            ticket("Laptop", "new", 1_700_000_100, assignee=None, queue="Büro Zürich", kind="service request",
                   links=[0]),
            ticket("Old", "closed", 1_700_000_200, comments=said, closed=1_700_000_400),
            ticket("Orphan", "solved", 1_700_000_300, requester=-1, creator=3),
            ticket("Waits", "waiting", 1_700_000_250, location=None, kind="change", creator=4, requester=4),
        ],
    )  # fmt: skip


class Site:
    """The emulator and a client that signs in by client credentials."""

    def __init__(self, emulator: RezolveEmulator, session: ClientSession, base: str) -> None:
        self.emulator = emulator
        self.session = session
        self.base = base
        self.headers: dict[str, str] = {}

    async def token(self, path: str = "/oauth/token", **form: str) -> tuple[int, Any]:
        given = {"grant_type": "client_credentials", "client_id": "syncer", "client_secret": "sandbox-secret"} | form
        async with self.session.post(self.base + path, data=given) as response:
            return response.status, await response.json()

    async def sign_in(self, **form: str) -> None:
        status, answer = await self.token(**form)
        assert status == 200, answer
        self.use(answer["access_token"])

    def use(self, token: str) -> None:
        self.headers = self.identity() | {"Authorization": f"Bearer {token}"}

    def identity(self) -> dict[str, str]:
        auth = self.emulator.auth
        return {"accept": "application/json", "x-tenantid": auth.tenant, "realmname": auth.realm}

    async def raw(self, method: str, path: str, **options: Any) -> tuple[int, Any, bytes]:
        options.setdefault("headers", self.headers)
        options.setdefault("params", QUERY)
        async with self.session.request(method, self.base + path, **options) as response:
            return response.status, response.headers, await response.read()

    async def call(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        status, _, content = await self.raw(method, T + path, **options)
        return status, msgspec.json.decode(content) if content.startswith((b"{", b"[")) else content

    async def read(self, path: str, **params: str) -> Any:
        status, answer = await self.call("GET", path, params=QUERY | params)
        assert status == 200, answer
        return answer

    async def page(self, **body: Any) -> Any:
        status, answer = await self.call("POST", "/ticket/list", json=listing(**body))
        assert status == 200, answer
        return answer["data"]

    async def listed(self, **body: Any) -> list[str]:
        return [row["object_id"] for row in (await self.page(**body))["tickets"]]

    async def ticket(self, id: str) -> Any:
        return (await self.read(f"/ticket/{id}"))["ticket"]

    def uuid(self, label: str, kind: str = INCIDENT) -> str:
        return next(id for id, field in self.emulator.tables.types[kind].fields.items() if field.label == label)

    def option(self, label: str, text: str, kind: str = INCIDENT) -> str:
        field = self.emulator.tables.types[kind].fields[self.uuid(label, kind)]
        return next(value for value, one in field.options.items() if one == text)

    def fields(self, kind: str = INCIDENT, **values: Any) -> dict[str, Any]:
        return {self.uuid(label.replace("_", " "), kind): value for label, value in values.items()}

    def draft(self, kind: str = INCIDENT, offer: str = OFFER, **values: Any) -> dict[str, Any]:
        given = {"Subject": "New", "Priority": self.option("Priority", "Low", kind)} | values
        body = {"offerId": offer} | self.fields(kind, **given)
        return {
            "source": "api", "summary": "New", "ticketBody": body, "attachments": {}, "ticketRelation": None,
        }  # fmt: skip

    async def create(self, draft: Any = None, team: str = "it-desk", kind: str = INCIDENT) -> tuple[int, Any]:
        draft = self.draft() if draft is None else draft
        return await self.call("POST", f"/ticket/create/{team}/{kind}", json=draft)

    async def patch(self, id: str, etag: str, update: dict[str, Any]) -> tuple[int, Any]:
        return await self.call("PATCH", f"/ticket/{id}/update", json={"etag": etag, "ticketUpdate": update})

    async def update(self, id: str, kind: str = INCIDENT, **values: Any) -> tuple[int, Any]:
        etag = self.emulator.tables.tickets[id].etag
        return await self.patch(id, etag, self.fields(kind, **values))

    def mails(self) -> list[tuple[str, str]]:
        return [(mail["kind"], mail["to"]) for mail in self.emulator.state()["mails"]]


def listing(**body: Any) -> dict[str, Any]:
    plain = {"search": "", "top": 100, "offset": 0, "sort": "createdAt", "searchOrder": "ASC", "sortOrder": []}
    return plain | body


def reason(answer: Any) -> dict[str, list[str]]:
    assert (answer["error"], answer["code"], answer["status"]) == (True, "INPUT_VALIDATION_FAILURE", 400)
    assert answer["validationResult"]["result"] is False
    found: dict[str, list[str]] = answer["validationResult"]["reason"]
    return found


@asynccontextmanager
async def site(seeds: World | None = None, *, auth: Auth | None = None, **switches: Any) -> AsyncIterator[Site]:
    emulator = RezolveEmulator(seeds or world(), switches=Switches(**switches), auth=auth)
    async with TestServer(emulator.app()) as server, ClientSession() as session:
        made = Site(emulator, session, str(server.make_url("")).rstrip("/"))
        if emulator.switches.client_credentials and emulator.switches.token_path == "/oauth/token":
            await made.sign_in()
        yield made


# Signing in (2)


async def test_each_grant_gives_a_token_that_opens() -> None:
    async with site() as tenant:
        assert (await tenant.read("/user/userinfo"))["data"]["user"]["username"] == "service-account-syncer"
        await tenant.sign_in(grant_type="password", username="bot@example.org", password="sandbox-password")
        assert (await tenant.read("/user/userinfo"))["data"]["user"]["username"] == "bot@example.org"
        _, given = await tenant.token()
        assert (given["expires_in"], given["token_type"]) == (3600, "Bearer")
        await tenant.sign_in(grant_type="refresh_token", refresh_token=given["refresh_token"])
        await tenant.ticket(PRINTER)
        assert (await tenant.token(grant_type="refresh_token", refresh_token=given["refresh_token"]))[0] == 400


async def test_a_client_may_prove_itself_in_the_header() -> None:
    async with site() as tenant:
        header = {"Authorization": encode_basic_auth("syncer", "sandbox-secret")}
        form = {"grant_type": "client_credentials"}
        async with tenant.session.post(tenant.base + "/oauth/token", data=form, headers=header) as response:
            assert response.status == 200
        header["Authorization"] = "Basic !"
        async with tenant.session.post(tenant.base + "/oauth/token", data=form, headers=header) as response:
            assert response.status == 401


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"scope": "ticketing:write"}, 400, "invalid_scope"),
        ({"grant_type": "implicit"}, 400, "unsupported_grant_type"),
        ({"grant_type": "password", "username": "bot@example.org", "password": "no"}, 401, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "no"}, 400, "invalid_grant"),
    ],
)
async def test_a_wrong_credential_is_refused_in_the_words_of_oauth(
    form: dict[str, str], status: int, error: str
) -> None:
    async with site() as tenant:
        got, answer = await tenant.token(**form)
    assert (got, answer["error"]) == (status, error)


async def test_grants_and_refresh_tokens_can_be_missing() -> None:
    async with site(client_credentials=False, refresh_tokens=False) as tenant:
        assert (await tenant.token())[1]["error"] == "unsupported_grant_type"
        password = {"grant_type": "password", "username": "bot@example.org", "password": "sandbox-password"}
        assert "refresh_token" not in (await tenant.token(**password))[1]
    async with site(password_grant=False) as tenant:
        assert (await tenant.token(grant_type="password"))[1]["error"] == "unsupported_grant_type"


async def test_the_token_endpoint_is_where_the_switch_says() -> None:
    async with site(token_path="/auth/realms/example/token") as tenant:
        assert (await tenant.token("/auth/realms/example/token"))[0] == 200
        async with tenant.session.post(tenant.base + "/oauth/token") as response:
            assert response.status == 404


async def test_a_token_ends_with_its_life() -> None:
    async with site(token_life=60.0) as tenant:
        tenant.emulator.carrier.clock.advance(59)
        await tenant.ticket(PRINTER)
        tenant.emulator.carrier.clock.advance(2)
        status, answer = await tenant.call("GET", f"/ticket/{PRINTER}")
        assert (status, answer["error"]["code"]) == (401, "TOKEN_EXPIRED")
        status, answer = await tenant.create()
        assert (status, answer["code"]) == (401, "TOKEN_EXPIRED")
        tenant.emulator.carrier.set_faults(Faults(token_seconds=7))
        assert (await tenant.token())[1]["expires_in"] == 7


async def test_a_refresh_token_ends_with_its_life() -> None:
    async with site(refresh_life=100.0) as tenant:
        _, given = await tenant.token()
        tenant.emulator.carrier.clock.advance(101)
        assert (await tenant.token(grant_type="refresh_token", refresh_token=given["refresh_token"]))[0] == 400


async def test_a_revoked_token_opens_nothing() -> None:
    async with site() as tenant:
        async with tenant.session.post(tenant.base + "/_control/revoke") as response:
            assert response.status == 200
        status, answer = await tenant.call("GET", f"/ticket/{PRINTER}")
    assert (status, answer["error"]["code"]) == (401, "UNAUTHORIZED")


async def test_a_token_carries_tenant_and_roles() -> None:
    async with site() as tenant:
        _, given = await tenant.token(scope="tickets:read")
    part = given["access_token"].split(".")[1]
    claims = msgspec.json.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    assert claims["tenant_id"] == Auth().tenant
    assert claims["realm_access"] == {"roles": ["ticket_admin", "ticket_agent"]}
    assert claims["scope"] == "tickets:read"


async def test_a_key_opens_in_place_of_a_token_where_keys_are_taken() -> None:
    async with site() as tenant:
        tenant.headers = tenant.identity() | {"X-API-Key": "ak_test_sandbox"}
        info = (await tenant.read("/user/userinfo"))["data"]
        assert (info["user"]["username"], info["session"]["expiresAt"]) == ("bot@example.org", None)
        assert (await tenant.create())[0] == 200
        tenant.headers = tenant.headers | {"X-API-Key": "ak_test_other"}
        assert (await tenant.call("GET", "/user/userinfo"))[0] == 401
        tenant.headers = {"accept": "application/json", "X-API-Key": "ak_test_sandbox"}
        assert (await tenant.call("GET", "/user/userinfo"))[0] == 404
    async with site(api_keys=False) as tenant:
        tenant.headers = tenant.identity() | {"X-API-Key": "ak_test_sandbox"}
        assert (await tenant.call("GET", "/user/userinfo"))[0] == 401


@pytest.mark.parametrize(
    ("header", "value", "message"),
    [
        ("x-tenantid", "1f2e0000-0000-4000-8000-000000000002", "Tenant not found"),
        ("x-tenantid", None, "Tenant not found"),
        ("realmname", "other", "Realm not found"),
        ("realmname", None, "Realm not found"),
    ],
)
async def test_another_tenant_or_realm_is_not_found(header: str, value: str | None, message: str) -> None:
    async with site() as tenant:
        tenant.headers.pop(header)
        if value is not None:
            tenant.headers[header] = value
        status, answer = await tenant.call("GET", f"/ticket/{PRINTER}")
        assert (status, answer["error"]["code"], answer["error"]["message"]) == (404, "TENANT_NOT_FOUND", message)
        status, answer = await tenant.create()
        assert (status, answer["error"], answer["code"], answer["message"]) == (404, True, "TENANT_NOT_FOUND", message)


async def test_without_a_role_writes_are_refused_and_reads_go_on() -> None:
    async with site(auth=ROLELESS) as tenant:
        for status, answer in (await tenant.create(), await tenant.update(PRINTER, Subject="No")):
            assert (status, answer["code"]) == (401, "USER_PERMISSION_FAILURE")
        assert (await tenant.ticket(PRINTER))["summary"] == "Jam & <noise>"
    async with site(auth=ROLELESS, roleless="none") as tenant:
        assert await tenant.listed() == []
    async with site(auth=ROLELESS, roleless="403") as tenant:
        status, answer = await tenant.call("POST", "/ticket/list", json=listing())
        assert (status, answer["error"]["code"]) == (403, "FORBIDDEN")


async def test_without_the_scope_writes_are_refused() -> None:
    async with site() as tenant:
        await tenant.sign_in(scope="tickets:read")
        status, answer = await tenant.create()
        assert (status, answer["code"]) == (401, "USER_PERMISSION_FAILURE")
    other = Auth(scopes=("ticketing:write",), write_scope="ticketing:write")
    async with site(auth=other) as tenant:
        assert (await tenant.create())[0] == 200


@pytest.mark.parametrize("params", [{}, {"type": "template"}, {"module": "ticketing"}, QUERY | {"type": "ticket"}])
async def test_each_call_needs_type_and_module(params: dict[str, str]) -> None:
    async with site() as tenant:
        for path in (f"/ticket/{PRINTER}", "/tenant/meta", "/user/list"):
            status, answer = await tenant.call("GET", path, params=params)
            assert (status, answer["error"]["code"]) == (400, "VALIDATION_ERROR"), path
        status, answer = await tenant.call("PATCH", f"/ticket/{PRINTER}/update", params=params, json={})
        assert (status, answer["code"]) == (400, "VALIDATION_ERROR")
        tenant.emulator.switches.get_needs_query = False
        assert (await tenant.call("GET", f"/ticket/{PRINTER}", params=params))[0] == 200


async def test_the_headers_of_a_call_are_checked() -> None:
    async with site() as tenant:
        any_kind = tenant.headers | {"accept": "*/*"}
        assert (await tenant.call("GET", f"/ticket/{PRINTER}", headers=any_kind))[0] == 400
        as_text = tenant.headers | {"content-type": "text/plain"}
        assert (await tenant.call("POST", "/ticket/list", headers=as_text, data="{}"))[0] == 400
        assert (await tenant.call("POST", "/ticket/list", headers=tenant.headers, json=listing()))[0] == 200
        broken = tenant.headers | {"content-type": "application/json"}
        status, answer = await tenant.call("POST", "/ticket/list", headers=broken, data="{")
        assert (status, answer["error"]["message"]) == (400, "The body is not JSON")


# One ticket (3.2, 3.3)


async def test_a_ticket_is_a_record_with_its_values_by_uuid() -> None:
    async with site() as tenant:
        ticket = await tenant.ticket(PRINTER)
        data = ticket["data"]
        assert data[tenant.uuid("Subject")] == ticket["summary"] == "Jam & <noise>"
        assert data[tenant.uuid("Description")] == "<p>Paper &amp; noise</p>"
        assert data[tenant.uuid("Priority")] == tenant.option("Priority", "High")
        assert data[tenant.uuid("Category")] == tenant.option("Category", "Hardware > Printers")
        assert data[tenant.uuid("Tags")] == ["vpn", "p1"]
        assert (data[tenant.uuid("Requested For")], data[tenant.uuid("Assigned To")]) == (MIA, TOM)
        assert (data[tenant.uuid("Order")], data[tenant.uuid("Area")]) == ("PO-7", tenant.option("Area", "Finance"))
        assert (data["submittedBy"], data["ccWatchers"], data["offerId"]) == (MIA, [EVA], OFFER)
        assert data["lastUpdatedBy"] == {"username": TOM, "firstName": "Tom", "lastName": "Berg"}
        assert (ticket["status_type"], ticket["status_category"]) == ("In Progress", "In-Progress Category")
        assert (ticket["created_at"], ticket["updated_at"]) == ("2023-11-14T22:13:20.000Z", "2023-11-14T22:15:00.000Z")
        assert ticket["lookup_props"] == {"teamId": "it-desk", "itemTypeId": INCIDENT}
        assert (ticket["deleted_seq"], ticket["moved_to"]) == (-1, None)


async def test_every_status_of_the_world_has_a_name_here() -> None:
    async with site() as tenant:
        shown = [(await tenant.ticket(id))["status_type"] for id in (PRINTER, LAPTOP, OLD, ORPHAN, WAITS)]
    assert shown == ["In Progress", "Open", "Closed", "Resolved", "Waiting for User"]


async def test_missing_people_are_named_but_not_listed() -> None:
    async with site() as tenant:
        data = (await tenant.ticket(ORPHAN))["data"]
        users = {one["username"]: one["status"] for one in (await tenant.read("/user/list"))["data"]["users"]}
    assert (data[tenant.uuid("Requested For")], data["submittedBy"]) == (GONE_USER, ANA)
    assert users == {MIA: "active", TOM: "active", EVA: "active", BO: "inactive", "bot@example.org": "active"}


async def test_somebody_without_an_address_has_a_user_name() -> None:
    seeds = world()
    seeds.people[0].email = ""
    async with site(seeds) as tenant:
        assert (await tenant.ticket(PRINTER))["data"]["submittedBy"] == "user1"


def test_the_defaults_are_what_the_contract_assumes() -> None:
    shown = msgspec.to_builtins(Switches())
    assert (shown["stale"], shown["list_type"], shown["row_generation"], shown["date_columns"]) == (
        409, "template", 2, "camel",
    )  # fmt: skip
    on = {name for name, value in shown.items() if value is True}
    assert on == {
        "refresh_tokens", "client_credentials", "password_grant", "api_keys", "get_needs_query", "summary_follows",
        "mails", "order_obeyed", "note_bumps",
    }  # fmt: skip
    delays = ("list_delay", "search_delay", "touched_per_page", "rate_limit")
    assert [shown[name] for name in delays] == [0, 0, 0, 0]


async def test_field_uuids_and_option_values_differ_per_type() -> None:
    async with site() as tenant:
        types = list(tenant.emulator.tables.types.values())
        uuids = [id for one in types for id in one.fields]
        values = [value for one in types for field in one.fields.values() for value in field.options]
        assert len(set(uuids)) == len(uuids)
        assert len(set(values)) == len(values)
        assert tenant.uuid("Location", CHANGE) not in (await tenant.ticket(WAITS))["data"]


@pytest.mark.parametrize(
    ("wrapper", "path"),
    [("ticket", ["ticket"]), ("data.ticket", ["data", "ticket"]), ("data", ["data"]), ("root", [])],
)
async def test_the_record_is_where_the_switch_says(wrapper: str, path: list[str]) -> None:
    async with site(get_wrapper=wrapper) as tenant:
        answer = await tenant.read(f"/ticket/{PRINTER}")
    for key in path:
        answer = answer[key]
    assert answer["object_id"] == PRINTER


async def test_an_unknown_ticket_is_404_in_json_or_html() -> None:
    async with site() as tenant:
        status, answer = await tenant.call("GET", "/ticket/INC-9")
        assert (status, answer["error"]["code"]) == (404, "TICKET_NOT_FOUND")
        assert (await tenant.patch("INC-9", "x", {"a": 1}))[1]["code"] == "TICKET_NOT_FOUND"
    async with site(ticket_404="html") as tenant:
        status, headers, content = await tenant.raw("GET", f"{T}/ticket/INC-9")
        assert (status, headers["Content-Type"].split(";")[0]) == (404, "text/html")
        assert b"Ticket not found" in content


async def test_option_labels_and_people_are_shown_as_the_switches_say() -> None:
    async with site(options_as="label", people_as="object") as tenant:
        data = (await tenant.ticket(PRINTER))["data"]
        assert data[tenant.uuid("Priority")] == "High"
        assert data[tenant.uuid("Assigned To")]["email"] == TOM
        gone = (await tenant.ticket(ORPHAN))["data"][tenant.uuid("Requested For")]
        assert gone == {"id": None, "name": GONE_USER, "email": GONE_USER}
    async with site(people_as="id") as tenant:
        id = tenant.emulator.tables.people[TOM].id
        assert (await tenant.ticket(PRINTER))["data"][tenant.uuid("Assigned To")] == id
        assert (await tenant.update(PRINTER, Assigned_To=tenant.emulator.tables.people[EVA].id))[0] == 200
        assert (await tenant.update(PRINTER, Assigned_To=TOM))[0] == 400


async def test_serial_numbers_grow_with_gaps() -> None:
    async with site() as tenant:
        serials = [(await tenant.ticket(id))["id_serial"] for id in (PRINTER, LAPTOP, OLD, ORPHAN, WAITS)]
        steps = {after - before for before, after in pairwise(serials)}
        assert min(steps) > 0
        assert max(steps) > 1
    async with site(serial_gap=0) as tenant:
        assert (await tenant.ticket(LAPTOP))["id_serial"] - (await tenant.ticket(PRINTER))["id_serial"] == 1
