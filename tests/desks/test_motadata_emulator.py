"""The emulated ServiceOps against its contract over real HTTP: who may call, errors, reading, files, what it holds."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import unquote

import pytest
from aiohttp import ClientSession, FormData, ServerDisconnectedError, encode_basic_auth
from aiohttp.test_utils import TestServer
from yarl import URL

from syncer.deskkit.emulation import Faults
from syncer.deskkit.world import SeedComment, SeedFile, SeedPerson, SeedTicket, World
from syncer.desks.motadata.emulator import Auth, MotadataEmulator, Switches
from syncer.sandbox.up import emptied

BOT, MIA, TOM, EVA, ANA, BO = 1, 101, 102, 103, 104, 105
PRINTER, LAPTOP, OLD, ORPHAN, WAITS = 65, 66, 67, 68, 69
START = 1_700_000_000


def world() -> World:
    def ticket(title: str, status: str, at: int, **more: Any) -> SeedTicket:
        fields: dict[str, Any] = {
            "body": "<p>Paper &amp; <b>noise</b></p><p>Help</p>",
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
        SeedComment(author=0, body="<p>Any news?</p>", at=START + 10),
        SeedComment(author=1, body="<p>Secret</p>", at=START + 20, private=True),
        SeedComment(author=1, body="<p>Done</p>", at=START + 30, solution=True, files=[SeedFile("log.txt", b"\0one")]),
        SeedComment(author=-1, body="<p>Thanks</p>", at=START + 40),
    ]
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
        custom={"Order": [], "Area": ["Finance", "Sales"]},
        tickets=[
            ticket("Jam & noise", "open", START, custom={"Order": "PO-7", "Area": "Finance"},
                   tags=["vpn", "p1"], cc=[2],
                   files=[SeedFile("log.txt", b"\0one"), SeedFile("log.txt", b"two")]),
            ticket("Laptop", "new", START + 100, assignee=None, kind="service request", priority="critical"),
            ticket("Old", "closed", START + 200, comments=said, closed=START + 250, updated=START + 900),
            ticket("Orphan", "solved", START + 300, requester=-1, creator=-1, assignee=3),
            ticket("Waits", "waiting", START + 400, location=None, requester=4, links=[0]),
        ],
    )  # fmt: skip


KEY = {"Authorization": "Apikey sandbox%2Bkey%40example"}
CLIENT = encode_basic_auth("syncer", "sandbox-secret")
LOGIN = {"username": "bot@example.org", "password": "sandbox-secret", "grant_type": "password"}


class Site:
    """The emulator and a client that has its API key."""

    def __init__(self, emulator: MotadataEmulator, session: ClientSession, base: str) -> None:
        self.emulator = emulator
        self.session = session
        self.base = base

    async def raw(self, method: str, path: str, **options: Any) -> tuple[int, str, bytes, dict[str, str]]:
        options.setdefault("headers", KEY)
        url = URL(self.base + path, encoded=True)
        async with self.session.request(method, url, **options) as response:
            return response.status, response.content_type, await response.read(), dict(response.headers)

    async def call(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        status, kind, body, _ = await self.raw(method, path, **options)
        return status, json.loads(body) if kind == "application/json" and body else body.decode()

    async def ok(self, method: str, path: str, body: Any = None) -> Any:
        options = {} if body is None else {"json": body}
        status, answer = await self.call(method, path, **options)
        assert status == 200, answer
        return answer

    async def get(self, id: int) -> Any:
        return await self.ok("GET", f"/api/v1/request/{id}")

    async def create(self, **values: Any) -> Any:
        required = {"subject": "New", "requesterEmail": "mia@example.org"}
        return await self.ok("POST", "/api/v1/request", required | values)

    async def patch(self, id: int, **values: Any) -> tuple[int, Any]:
        return await self.call("PATCH", f"/api/v1/request/{id}", json=values)

    async def say(self, id: int, **values: Any) -> tuple[int, Any]:
        body = {"conversationType": "note", "details": "<p>text</p>"} | values
        return await self.call("POST", f"/api/v1/request/{id}/conversation", json=body)

    async def search(self, qual: Any = None, **query: Any) -> Any:
        asked = "&".join(f"{key}={value}" for key, value in query.items())
        body = {} if qual is None else {"qualDetails": qual}
        return await self.ok("POST", f"/api/v1/request/search/byqual?{asked}", body)

    async def found(self, qual: Any) -> set[int]:
        return {row["id"] for row in (await self.search(qual, size=100))["objectList"]}

    async def token(self, *, multipart: bool = True, **changes: str) -> tuple[int, Any]:
        form: Any = LOGIN | changes
        if multipart:
            form = FormData(default_to_multipart=True)
            for name, value in (LOGIN | changes).items():
                form.add_field(name, value)
        return await self.call("POST", "/api/oauth/token", data=form, headers={"Authorization": CLIENT})

    async def bearer(self, token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return (await self.call("GET", f"/api/v1/request/{PRINTER}", headers=headers))[0]


@asynccontextmanager
async def site(seeds: World | None = None, *, auth: Auth | None = None, **switches: Any) -> AsyncIterator[Site]:
    emulator = MotadataEmulator(seeds or world(), switches=Switches(**switches), auth=auth)
    async with TestServer(emulator.app()) as server, ClientSession() as session:
        yield Site(emulator, session, f"http://127.0.0.1:{server.port}")


def relation(left: Any, operator: str, value: Any, kind: str = "StringValueRest") -> dict[str, Any]:
    operand = {"type": "PropertyOperandRest", "key": left} if isinstance(left, str) else left
    right = {"type": "ValueOperandRest", "value": {"type": kind, "value": value}}
    return {
        "type": "RelationalQualificationRest",
        "leftOperand": operand,
        "operator": operator,
        "rightOperand": right,
    }


def flat(*quals: Any) -> dict[str, Any]:
    return {"type": "FlatQualificationRest", "quals": list(quals)}


def custom(label: str) -> dict[str, str]:
    return {"type": "CustomFieldOperandRest", "fieldName": label}


ID = {"type": "DbOperandRest", "key": "id"}


# Who may call (contract 2)


async def test_the_key_opens_only_as_it_is_shown() -> None:
    async with site() as desk:
        assert (await desk.get(PRINTER))["id"] == PRINTER
        for wrong in (
            "Apikey " + unquote("sandbox%2Bkey%40example"),
            "ApiKey sandbox%2Bkey%40example",
            "Apikey  sandbox%2Bkey%40example",
            "Token sandbox%2Bkey%40example",
            "Basic sandbox%2Bkey%40example",
            "",
        ):
            status, answer = await desk.call("GET", f"/api/v1/request/{PRINTER}", headers={"Authorization": wrong})
            assert (status, answer["status"]) == (401, 401), wrong


async def test_old_versions_know_no_key_and_some_instances_no_token() -> None:
    async with site(auth=Auth(by_key=False)) as desk:
        assert (await desk.call("GET", f"/api/v1/request/{PRINTER}"))[0] == 401
        assert await desk.bearer((await desk.token())[1]["access_token"]) == 200
    async with site(auth=Auth(by_token=False)) as desk:
        assert await desk.bearer((await desk.token())[1]["access_token"]) == 401


@pytest.mark.parametrize("multipart", [True, False])
async def test_a_token_is_given_for_a_form_in_either_encoding(multipart: bool) -> None:
    async with site() as desk:
        status, answer = await desk.token(multipart=multipart)
        assert status == 200
        assert await desk.bearer(answer["access_token"]) == 200
    only_other: Any = frozenset({"form" if multipart else "multipart"})
    async with site(token_bodies=only_other) as desk:
        assert (await desk.token(multipart=multipart))[0] == 400
        assert (await desk.token(multipart=not multipart))[0] == 200


async def test_wrong_credentials_get_no_token() -> None:
    async with site() as desk:
        assert (await desk.token(password="wrong"))[1]["error"] == "invalid_grant"
        assert (await desk.token(username="nobody"))[0] == 400
        assert (await desk.token(grant_type="refresh_token"))[1]["error"] == "unsupported_grant_type"
        status, answer = await desk.call("POST", "/api/oauth/token", data=LOGIN, headers={"Authorization": "Basic x"})
        assert (status, answer["error"]) == (401, "unauthorized")
        assert desk.emulator.state()["logins"] == 0
    async with site(login_refusal="bare_401") as desk:
        assert await desk.token(password="wrong") == (401, "")


async def test_a_client_of_any_user_takes_every_technician_and_nobody_else() -> None:
    async with site() as desk:
        assert (await desk.token(username="tom@example.org"))[0] == 400
    async with site(auth=Auth(client_users="any")) as desk:
        assert (await desk.token(username="mia@example.org"))[0] == 400
        _, answer = await desk.token(username="tom")
        headers = {"Authorization": f"Bearer {answer['access_token']}"}
        body = {"subject": "By Tom", "requesterEmail": "mia@example.org"}
        _, made = await desk.call("POST", "/api/v1/request", json=body, headers=headers)
        assert made["createdByName"] == "Tom Berg"


def claims(token: str) -> Any:
    middle = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))


@pytest.mark.parametrize(("lives_by", "seconds"), [("expires_in", 43_199), ("jwt", 172_800)])
async def test_the_two_ends_of_a_token_disagree_and_the_server_keeps_to_one(lives_by: str, seconds: int) -> None:
    async with site(lives_by=lives_by) as desk:
        _, answer = await desk.token()
        end = claims(answer["access_token"])["exp"]
        assert answer["expires_in"] == 43_199
        assert abs(end - desk.emulator.carrier.clock.now() - 172_800) < 5
        assert claims(answer["refresh_token"])["exp"] == end
        desk.emulator.carrier.clock.advance(seconds - 2)
        assert await desk.bearer(answer["access_token"]) == 200
        desk.emulator.carrier.clock.advance(3)
        assert await desk.bearer(answer["access_token"]) == 401


async def test_a_token_may_be_opaque_and_short_lived_and_be_revoked() -> None:
    async with site(opaque_tokens=True, expires_in=7199) as desk:
        _, answer = await desk.token()
        assert "." not in answer["access_token"]
        assert answer["expires_in"] == 7199
        assert await desk.bearer(answer["access_token"]) == 200
        await desk.ok("POST", "/_control/revoke")
        assert await desk.bearer(answer["access_token"]) == 401
        _, answer = await desk.token()
        desk.emulator.carrier.set_faults(Faults(token_seconds=5))
        desk.emulator.carrier.clock.advance(6)
        assert await desk.bearer(answer["access_token"]) == 401


async def test_plain_http_is_401_on_a_host_that_expects_https() -> None:
    async with site(expects_https=True) as desk:
        assert (await desk.token())[0] == 401


# Paths, errors, limits (contract 1, 6)


async def test_an_unknown_path_is_404_or_a_web_page() -> None:
    old = "/api/v1/incident"
    async with site() as desk:
        assert (await desk.call("POST", old, json={}))[0] == 404
    async with site(unknown_path="html_200") as desk:
        status, kind, body, _ = await desk.raw("POST", old, json={})
        assert (status, kind) == (200, "text/html")
        assert b"<html>" in body


async def test_a_double_slash_is_another_path_unless_the_server_forgives_it() -> None:
    path = f"/api//v1/request/{PRINTER}"
    async with site() as desk:
        assert (await desk.call("GET", path))[0] == 404
    async with site(double_slash="accept") as desk:
        assert (await desk.call("GET", path))[1]["id"] == PRINTER


@pytest.mark.parametrize(
    ("mode", "status", "kind"),
    [
        ("404", 404, "application/json"),
        ("empty_200", 200, "application/json"),
        ("html_200", 200, "text/html"),
        ("400", 400, "application/json"),
        ("500", 500, "application/json"),
    ],
)
async def test_an_unknown_id_is_told_in_five_ways(mode: str, status: int, kind: str) -> None:
    async with site(unknown_id=mode) as desk:
        found, content, body, _ = await desk.raw("GET", "/api/v1/request/4711")
        assert (found, content) == (status, kind)
        assert (body == b"") == (mode == "empty_200")


@pytest.mark.parametrize(("mode", "kind"), [("empty", None), ("html", "text/html")])
async def test_errors_may_have_no_body_or_be_a_page(mode: str, kind: str | None) -> None:
    async with site(error_body=mode, invalid_status=500) as desk:
        for status, options in ((401, {"headers": {}}), (500, {"json": {"subject": ""}})):
            found, content, body, _ = await desk.raw("POST", "/api/v1/request", **options)
            assert found == status
            assert body == b"" if kind is None else content == kind


async def test_a_body_that_is_no_json_object_is_invalid() -> None:
    async with site() as desk:
        bodies: list[Any] = [
            {"data": b"{", "headers": KEY | {"Content-Type": "application/json"}},
            {"json": []},
            {"data": {"subject": "x", "requesterEmail": "mia@example.org"}},
            {"json": {"subject": 7, "requesterEmail": "mia@example.org"}},
        ]
        for options in bodies:
            assert (await desk.call("POST", "/api/v1/request", **options))[0] == 400


async def test_an_endpoint_can_be_missing_or_forbidden() -> None:
    async with site(missing=frozenset({"search"}), forbidden=frozenset({"update"})) as desk:
        assert (await desk.call("POST", "/api/v1/request/search/byqual", json={}))[0] == 404
        assert (await desk.patch(PRINTER, subject="x"))[0] == 403
        assert (await desk.get(PRINTER))["subject"] == "Jam & noise"


async def test_nobody_may_delete_and_trying_stays_on_record() -> None:
    async with site() as desk:
        assert (await desk.call("DELETE", f"/api/v1/request/{PRINTER}"))[0] == 403
        assert desk.emulator.state()["deletions_tried"] == 1
        assert (await desk.get(PRINTER))["id"] == PRINTER


async def test_too_many_calls_wait_as_the_headers_say_in_milliseconds() -> None:
    async with site(rate_limit=2, rate_refill=0.5) as desk:
        path = f"/api/v1/request/{PRINTER}"
        statuses = [(await desk.raw("GET", path))[0] for _ in range(3)]
        assert statuses == [200, 200, 429]
        status, _, _, headers = await desk.raw("GET", path)
        assert status == 429
        assert headers["X-RateLimit-Limit"] == "2"
        assert headers["X-RateLimit-Remaining"] == "0"
        assert 1000 < int(headers["X-RateLimit-Reset"]) <= 2001
        assert "Retry-After" not in headers
        desk.emulator.carrier.clock.advance(int(headers["X-RateLimit-Reset"]) / 1000)
        assert (await desk.raw("GET", path))[0] == 200


async def test_a_reset_may_be_a_moment_and_a_refusal_may_say_when_to_come_back() -> None:
    switches: Any = {"rate_reset": "epoch", "rate_retry_after": True, "rate_status": 503}
    async with site(rate_limit=1, rate_refill=0.1, **switches) as desk:
        await desk.get(PRINTER)
        status, _, _, headers = await desk.raw("GET", f"/api/v1/request/{PRINTER}")
        assert status == 503
        assert int(headers["X-RateLimit-Reset"]) > 10**12
        assert 9 <= int(headers["Retry-After"]) <= 11
    async with site(rate_limit=1, rate_headers=False) as desk:
        assert "X-RateLimit-Limit" not in (await desk.raw("GET", f"/api/v1/request/{PRINTER}"))[3]


async def test_a_request_is_there_although_the_answer_to_its_creation_was_lost() -> None:
    async with site() as desk:
        desk.emulator.carrier.set_faults(Faults(first=["cut_after"]))
        with pytest.raises(ServerDisconnectedError):
            await desk.create(subject="Lost", tags=["ext:a:1"])
        assert await desk.found(flat(relation("request.tags", "equal", "ext:a:1"))) == {WAITS + 1}


# Reading requests (contract 3.1, 3.9)


async def test_a_request_reads_as_seeded() -> None:
    async with site() as desk:
        row = await desk.get(PRINTER)
    files = row.pop("fileAttachments")
    assert [file["realName"] for file in files] == ["log.txt", "log.txt"]
    assert row == {
        "id": 65,
        "name": "INC-46",
        "subject": "Jam & noise",
        "description": "Paper & noise\nHelp",
        "createdTime": 1_700_000_000_455,
        "updatedTime": 1_700_000_100_455,
        "createdByName": "Mia Ortiz",
        "updatedByName": "Tom Berg",
        "requesterName": "Mia Ortiz",
        "requesterEmail": "mia@example.org",
        "assigneeEmail": "tom@example.org",
        "statusName": "In Progress",
        "priorityName": "High",
        "impactName": "Low",
        "urgencyName": "Medium",
        "categoryName": "Printers",
        "departmentName": "IT",
        "locationName": "HQ",
        "supportLevel": "tier1",
        "source": "Email",
        "spam": False,
        "tags": ["vpn", "p1"],
        "ccEmailSet": ["eva@example.org"],
        "customField": {"Order": "PO-7", "Area": "Finance", "External Id": "", "Affected users": 0.0, "Seen at": 0,
                        "Channels": []},
    }  # fmt: skip


async def test_ids_and_names_are_numbers_of_their_own_that_both_kinds_share() -> None:
    async with site() as desk:
        rows = [await desk.get(id) for id in (PRINTER, LAPTOP, OLD)]
        assert [row["name"] for row in rows] == ["INC-46", "SR-47", "INC-48"]
        assert (await desk.create())["name"] == "INC-51"


async def test_what_has_no_value_is_absent_or_null() -> None:
    async with site() as desk:
        assert "assigneeEmail" not in await desk.get(LAPTOP)
        assert "locationName" not in await desk.get(WAITS)
        orphan = await desk.get(ORPHAN)
        assert not orphan.keys() & {"requesterName", "requesterEmail", "createdByName"}
        assert orphan["tags"] == []
        assert "resolvedTime" not in orphan
    async with site(absent_as_null=True, absent_lists=True) as desk:
        orphan = await desk.get(ORPHAN)
        assert (orphan["requesterEmail"], orphan["createdByName"]) == (None, None)
        assert "tags" not in orphan
        assert (await desk.get(PRINTER))["tags"] == ["vpn", "p1"]


async def test_statuses_and_priorities_of_a_world_have_names_here() -> None:
    async with site() as desk:
        rows = [await desk.get(id) for id in (PRINTER, LAPTOP, OLD, ORPHAN, WAITS)]
    assert [row["statusName"] for row in rows] == ["In Progress", "Open", "Closed", "Resolved", "Waiting for Requester"]
    assert [row["priorityName"] for row in rows] == ["High", "Urgent", "High", "High", "High"]


async def test_html_is_kept_where_the_switch_says_so() -> None:
    async with site(strip_html=False) as desk:
        assert (await desk.get(PRINTER))["description"].startswith("<p>Paper &amp; <b>")


async def test_scripts_leave_no_text_and_breaks_leave_lines() -> None:
    async with site() as desk:
        made = await desk.create(
            description="<p>a<br>b &lt;c&gt;</p><script>evil()</script><style>p{}</style>\n\n<p>d</p>"
        )
        assert made["description"] == "a\nb <c>\nd"


async def test_names_read_otherwise_than_they_are_written() -> None:
    async with site() as desk:
        made = await desk.create(impactName="On User", supportLevel="Tier3")
        row = await desk.get(made["id"])
        assert (row["impactName"], row["supportLevel"]) == ("On Users", "tier3")
    async with site(drifting_names=False) as desk:
        made = await desk.create(impactName="on users", supportLevel="tier3")
        row = await desk.get(made["id"])
        assert (row["impactName"], row["supportLevel"]) == ("On User", "Tier3")


async def test_some_builds_tell_more() -> None:
    async with site(lifecycle_times=True, companies=True, file_links=True, group_key="groupName") as desk:
        row = await desk.get(OLD)
        assert (row["lastClosedTime"], row["resolvedTime"]) == ((START + 250) * 1000, (START + 250) * 1000)
        assert (row["companyName"], row["groupName"]) == ("Example Ltd", "IT")
        assert (await desk.get(PRINTER))["fileAttachments"][0]["link"] is None
        assert "companyName" not in await desk.get(ORPHAN)
        for status in ("Resolved", "Open", "Resolved"):
            before = (await desk.patch(LAPTOP, statusName=status))[1]
            desk.emulator.carrier.clock.advance(5)
        assert before["lastResolvedTime"] > before["lastOpenedTime"] > before["resolvedTime"]


async def test_categories_go_by_leaf_or_by_path() -> None:
    async with site(category_separator=" / ") as desk:
        assert (await desk.get(PRINTER))["categoryName"] == "Hardware / Printers"
        assert (await desk.patch(PRINTER, categoryName="Hardware"))[1]["categoryName"] == "Hardware"


# Files (contract 3.7)


async def upload(desk: Site, path: str, name: str, content: bytes, part: str = "file") -> tuple[int, Any]:
    form = FormData(quote_fields=False)
    form.add_field(part, content, filename=name)
    return await desk.call("POST", path, data=form)


async def test_files_go_up_and_down_at_the_configured_paths_only() -> None:
    paths: Any = {"upload_path": "/api/oprfile", "download_path": "/api/attachment/{refFileName}"}
    async with site() as desk:
        assert (await upload(desk, "/api/oprfile", "a.txt", b"x"))[0] == 404
        ref = (await desk.get(PRINTER))["fileAttachments"][0]["refFileName"]
        assert (await desk.call("GET", f"/api/attachment/{ref}"))[0] == 404
    async with site(**paths) as desk:
        status, answer = await upload(desk, "/api/oprfile", "Öl.txt", b"\0\xff")
        assert (status, answer["realName"], answer["link"]) == (200, "Öl.txt", None)
        status, _, body, headers = await desk.raw("GET", f"/api/attachment/{answer['refFileName']}")
        assert (status, body) == (200, b"\0\xff")
        assert "%C3%96l.txt" in headers["Content-Disposition"]
        assert (await desk.raw("GET", "/api/attachment/none"))[0] == 404
        assert (await desk.raw("GET", f"/api/attachment/{answer['refFileName']}", headers={}))[0] == 401
        assert (await desk.raw("POST", "/api/oprfile", headers={}))[0] == 401
    async with site(download_path="/api/file?ref={refFileName}") as desk:
        ref = (await desk.get(PRINTER))["fileAttachments"][1]["refFileName"]
        assert (await desk.raw("GET", f"/api/file?ref={ref}"))[2] == b"two"


async def test_an_upload_is_one_part_named_file_and_not_too_big() -> None:
    async with site(upload_path="/api/attachment", max_file=3) as desk:
        assert (await upload(desk, "/api/attachment", "a.txt", b"four"))[0] == 400
        assert (await upload(desk, "/api/attachment", "a.txt", b"two", part="upload"))[0] == 400
        assert (await desk.call("POST", "/api/attachment", json={}))[0] == 400
        assert (await upload(desk, "/api/attachment", "a.txt", b"two"))[0] == 200


async def test_a_file_is_part_of_a_request_once_that_refers_to_it() -> None:
    async with site(upload_path="/api/oprfile") as desk:
        _, answer = await upload(desk, "/api/oprfile", "a.txt", b"abc")
        state = desk.emulator.state()
        seen = {"name": "a.txt", "size": 3, "sha256": hashlib.sha256(b"abc").hexdigest()}
        assert [file.items() >= seen.items() for file in state["unused_files"]] == [True]
        mention = {"refFileName": answer["refFileName"], "realName": "b.txt"}
        made = await desk.create(fileAttachments=[mention])
        assert made["fileAttachments"] == [mention]
        _, said = await desk.say(OLD, fileAttachments=[mention])
        assert said["fileAttachments"] == [mention]
        state = desk.emulator.state()
        assert state["unused_files"] == []
        assert [file["name"] for file in state["requests"][str(made["id"])]["files"]] == ["b.txt"]
        assert (await desk.say(OLD, fileAttachments=[{"refFileName": "none"}]))[0] == 400


# Lists of the web pages (contract 3.10)


LOOKUPS = [
    ("POST", "/api/request/status/search/byqual", {"id": 9, "name": "Open"}),
    ("POST", "/api/request/priority/search/byqual", {"id": 4, "name": "Urgent"}),
    ("POST", "/api/urgency/search/byqual", {"id": 2, "name": "Medium"}),
    ("POST", "/api/request/technician/search/byqual", {"id": TOM, "name": "Tom Berg"}),
    ("GET", "/api/request/category", {"id": 22, "name": "Printers"}),
]


@pytest.mark.parametrize(("method", "path", "row"), LOOKUPS)
async def test_the_lists_of_the_web_pages_are_off_until_switched_on(method: str, path: str, row: Any) -> None:
    async with site() as desk:
        assert (await desk.call(method, path, json={}))[0] == 404
    async with site(lookup_paths=True, lookups_by_key=True) as desk:
        assert row in (await desk.ok(method, path, {}))["objectList"]
    async with site(lookup_paths=True) as desk:
        assert (await desk.call(method, path, json={}))[0] == 401
        _, answer = await desk.token()
        headers = {"Authorization": f"Bearer {answer['access_token']}"}
        assert (await desk.call(method, path, json={}, headers=headers))[0] == 200


# What it is filled with, and what judges see


async def test_a_target_has_people_and_lists_and_no_requests() -> None:
    async with site(emptied(world())) as desk:
        assert await desk.search() == {"objectList": [], "totalCount": 0}
        state = desk.emulator.state()
        assert state["requests"] == {}
        assert list(state["lookups"]["category"].values()) == ["Hardware", "Printers", "Laptops", "Software"]
        assert list(state["lookups"]["location"].values()) == ["HQ", "Plant"]
        assert state["people"][str(MIA)]["email"] == "mia@example.org"
        assert (await desk.create(locationName="hq"))["locationName"] == "HQ"


async def test_the_state_is_plain_json_with_all_that_matters_to_a_judge() -> None:
    async with site() as desk:
        state = await desk.ok("GET", "/_control/state")
    printer, old, waits = (state["requests"][str(id)] for id in (PRINTER, OLD, WAITS))
    assert state == json.loads(json.dumps(state))
    assert printer["description"] == "<p>Paper &amp; <b>noise</b></p><p>Help</p>"
    assert printer["custom_by_label"] == {"Order": "PO-7", "Area": "Finance"}
    assert (printer["requester_email"], printer["assignee_email"]) == ("mia@example.org", "tom@example.org")
    assert [file["sha256"] for file in printer["files"]] == [hashlib.sha256(b).hexdigest() for b in (b"\0one", b"two")]
    assert [(said["type"], said["public"]) for said in old["conversations"]] == [
        ("requestor_to_technician", True),
        ("note", False),
        ("technician_to_requester", True),
        ("requestor_to_technician", True),
    ]
    assert old["conversations"][2]["files"][0]["size"] == 4
    assert waits["links"] == [PRINTER]
    assert state["mails"] == []
    assert state["unused_files"] == []


async def test_it_can_be_steered_from_another_process() -> None:
    async with site() as desk:
        assert "tom@example.org,102" in (await desk.raw("GET", "/_control/people.csv"))[2].decode()
        assert "ana@example.org" not in desk.emulator.people_csv()
        assert (await desk.ok("POST", "/_control/switches", {"size_cap": 3}))["size_cap"] == 3
        assert len((await desk.search(size=5))["objectList"]) == 3
        assert (await desk.call("POST", "/_control/switches", json={"size_cup": 3}))[0] == 400
        made = (await desk.ok("POST", "/_control/staff/create", {"subject": "Walk-in"}))["result"]
        await desk.ok("POST", "/_control/staff/edit", {"id": made, "subject": "Walked in"})
        assert (await desk.get(made))["subject"] == "Walked in"
        assert (await desk.call("POST", "/_control/staff/dance", json={}))[0] == 404
        assert (await desk.call("POST", "/_control/staff/vanish", json={"id": 4711}))[0] == 400


async def test_requests_are_merged_and_deleted_without_an_event() -> None:
    async with site() as desk:
        desk.emulator.staff.merge(WAITS, into=PRINTER)
        merged = await desk.get(WAITS)
        assert merged["statusName"] == "Closed"
        assert merged.keys() == (await desk.get(PRINTER)).keys() - {"locationName"}
        assert desk.emulator.state()["requests"][str(WAITS)]["merged_into"] == PRINTER
        desk.emulator.staff.vanish(LAPTOP)
        assert (await desk.call("GET", f"/api/v1/request/{LAPTOP}"))[0] == 404
        assert (await desk.search())["totalCount"] == 4
        assert (await desk.create())["id"] == WAITS + 1


async def test_names_and_labels_change_between_runs() -> None:
    async with site() as desk:
        desk.emulator.staff.rename_field("Order", "Purchase order")
        desk.emulator.staff.rename("status", "In Progress", "Being worked on")
        row = await desk.get(PRINTER)
        assert row["customField"]["Purchase order"] == "PO-7"
        assert "Order" not in row["customField"]
        assert row["statusName"] == "Being worked on"
        _, row = await desk.patch(PRINTER, customField={"Order": "PO-8"})
        assert row["customField"]["Purchase order"] == "PO-7"
        assert (await desk.patch(LAPTOP, statusName="In Progress"))[0] == 400
        with pytest.raises(KeyError):
            desk.emulator.staff.rename_field("Order", "x")
        with pytest.raises(KeyError):
            desk.emulator.staff.rename("status", "x", "y")
