"""The emulated Tikting keeps to the documented interface, over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient, TestServer

import syncer
from syncer.deskkit.emulation import Faults
from syncer.deskkit.world import SeedComment, SeedFile, SeedPerson, SeedTicket, World
from syncer.desks.tikting.emulator import FALLBACK_GUID, Account, Switches, TiktingEmulator

SAMPLES = Path(syncer.__file__).parent / "desks" / "tikting" / "samples"
LOGIN = {"Email": "sync@example.org", "Password": "sandbox-secret", "RememberMe": False}
DAY = 86_400


def small_world() -> World:
    """Two agents, eight requesters and four tickets, one in each state that matters."""
    people = [
        SeedPerson(name="Ann", lastname="Agent", email="ann@example.org", agent=True),
        SeedPerson(name="Bo", lastname="Fixer", email="bo@example.org", agent=True),
    ]
    people += [SeedPerson(name=f"Rita{n}", lastname="Asker", email=f"rita{n}@example.org") for n in range(1, 9)]

    def ticket(title: str, status: str, **more: Any) -> SeedTicket:
        plain: dict[str, Any] = {
            "body": "<p>Help</p>",
            "requester": 2,
            "creator": 2,
            "assignee": None,
            "priority": "high",
            "kind": "incident",
            "category": ("IT", "Hardware"),
            "location": "Warehouse",
            "queue": "Desktop",
            "created": 1_714_550_000,
            "updated": 1_714_550_000,
        }
        return SeedTicket(title=title, status=status, **(plain | more))

    solution = SeedComment(0, "Tray cleaned", 1_714_555_000, solution=True, files=[SeedFile("tray.jpg", b"jpeg")])
    return World(
        people=people,
        categories=[("IT", "Hardware"), ("IT", "Software"), ("HR", "Software")],
        locations=["Main site", "Warehouse"],
        queues=["Network", "Desktop"],
        companies=["Example Ltd"],
        custom={},
        tickets=[
            ticket("Printer jammed", "solved", assignee=0, comments=[solution], files=[SeedFile("a.png", b"png")]),
            ticket("VPN drops [ZD-12]", "new", updated=1_714_999_999, priority="low"),
            ticket("Laptop [ZD-123]", "closed", requester=3, closed=1_714_560_000),
            ticket("Keyboard waits", "waiting", requester=-1),
        ],
    )


class Caller:
    """A client of the emulator that carries its token."""

    def __init__(self, desk: TiktingEmulator, client: TestClient[Any, Any]) -> None:
        self.desk = desk
        self.client = client
        self.headers: dict[str, str] = {}

    async def log_in(self, **changes: Any) -> tuple[int, dict[str, Any]]:
        async with self.client.post(self.path("/api/Users/authenticate"), json=LOGIN | changes) as answer:
            body = await answer.json(content_type=None)
            if answer.status == 200:
                self.headers = {"Authorization": f"Bearer {body.get('Token') or body.get('token')}"}
            return answer.status, body

    def path(self, path: str) -> str:
        return self.desk.switches.base_path + path

    async def get(self, path: str) -> tuple[int, Any]:
        async with self.client.get(self.path(path), headers=self.headers) as answer:
            return answer.status, await answer.json(content_type=None)

    async def rows(self, **body: Any) -> list[dict[str, Any]]:
        async with self.client.post(self.path("/api/TicketsApi"), json=body, headers=self.headers) as answer:
            assert answer.status == 200, await answer.text()
            rows: list[dict[str, Any]] = await answer.json()
            return rows

    async def ids(self, **body: Any) -> list[int]:
        return [row["id"] for row in await self.rows(**body)]

    def parts(self, **changes: str | None) -> dict[str, str]:
        plain: dict[str, str | None] = {
            "Title": "VPN drops [ZD-1234]",
            "Description": "Every hour.",
            "CreatorId": self.desk.people.at(2),
            "SiteId": "101",
            "DepartmentId": "201",
            "TicketStatusId": "1",
            "TicketType": "1",
        }
        return {name: value for name, value in (plain | changes).items() if value is not None}

    async def register(self, **changes: str | None) -> tuple[int, dict[str, Any]]:
        return await self.send(form_of(self.parts(**changes)))

    def form(self, **files: bytes) -> FormData:
        form = form_of(self.parts())
        for part, content in files.items():
            form.add_field(part, content, filename="file.bin", content_type="application/octet-stream")
        return form

    async def send(self, form: FormData) -> tuple[int, dict[str, Any]]:
        path = self.path("/api/TicketsApi/register")
        async with self.client.post(path, data=form, headers=self.headers) as answer:
            return answer.status, await answer.json() if "json" in answer.content_type else {}

    async def send_raw(self, body: bytes, content_type: str) -> int:
        headers = self.headers | {"Content-Type": content_type}
        async with self.client.post("/api/TicketsApi/register", data=body, headers=headers) as answer:
            return answer.status

    async def control(self, name: str, body: Any) -> int:
        async with self.client.post(f"/_control/{name}", json=body) as answer:
            return answer.status


def form_of(parts: dict[str, str]) -> FormData:
    form = FormData(default_to_multipart=True)
    for name, value in parts.items():
        form.add_field(name, value, content_type="text/plain; charset=utf-8")
    return form


@asynccontextmanager
async def calling(desk: TiktingEmulator | None = None, **switches: Any) -> AsyncIterator[Caller]:
    desk = desk or TiktingEmulator(small_world(), switches=Switches(**switches))
    async with TestClient(TestServer(desk.app())) as client:
        caller = Caller(desk, client)
        await caller.log_in()
        yield caller


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    decoded: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return decoded


def sample(name: str) -> Any:
    return json.loads((SAMPLES / name).read_text())


# --- log in -------------------------------------------------------------------------------------------


async def test_a_log_in_answers_in_pascal_case_with_a_token_of_seven_days() -> None:
    async with calling() as caller:
        _, body = await caller.log_in()
        assert body.keys() == sample("authenticate.json").keys()
        told = claims(body["Token"])
        assert abs(told["exp"] - caller.desk.carrier.clock.now() - 7 * DAY) < 5
        assert (told["nameidentifier"], told["permission"]) == (body["Id"], "Tickets.Create")
        assert told["roles"] == "Administrator"


async def test_a_user_name_is_as_good_as_an_e_mail() -> None:
    async with calling() as caller:
        assert (await caller.log_in(Email="sync"))[0] == 200


async def test_claim_names_may_be_uris_and_several_permissions_a_list() -> None:
    desk = TiktingEmulator(
        small_world(), switches=Switches(claim_uris=True), permissions=("Tickets.Create", "Tickets.Close")
    )
    async with calling(desk) as caller:
        told = claims(caller.headers["Authorization"].removeprefix("Bearer "))
        permission = next(value for name, value in told.items() if name.endswith("/permission"))
        assert permission == ["Tickets.Create", "Tickets.Close"]


async def test_an_account_without_permissions_has_no_claim_of_one_and_a_token_may_not_tell_its_end() -> None:
    desk = TiktingEmulator(small_world(), switches=Switches(with_exp=False), permissions=())
    async with calling(desk) as caller:
        told = claims(caller.headers["Authorization"].removeprefix("Bearer "))
        assert "permission" not in told
        assert "exp" not in told


@pytest.mark.parametrize(
    "body",
    [
        {"email": "sync@example.org", "password": "sandbox-secret"},
        {"Email": "sync@example.org"},
        {"Email": "sync@example.org", "Password": ""},
        LOGIN | {"Password": 5},
        LOGIN | {"RememberMe": "no"},
        [],
    ],
    ids=str,
)
async def test_a_log_in_is_spelt_as_documented_and_a_malformed_one_locks_nobody(body: Any) -> None:
    async with calling() as caller:
        for _ in range(6):
            async with caller.client.post("/api/Users/authenticate", json=body) as answer:
                assert answer.status == 400
        async with caller.client.post("/api/Users/authenticate", data=LOGIN) as answer:
            assert answer.status == 415
        assert (await caller.log_in())[0] == 200


async def test_five_failures_lock_the_account_even_for_the_right_password() -> None:
    async with calling() as caller:
        for _ in range(5):
            assert (await caller.log_in(Password="wrong"))[0] == 401
        assert (await caller.log_in())[0] == 401
        caller.desk.carrier.clock.advance(301)
        assert (await caller.log_in())[0] == 200


async def test_a_domain_account_needs_its_domain_and_a_local_one_none() -> None:
    ldap = Account(email="ad@example.org", password="pw", domain="CORP")
    async with calling(TiktingEmulator(small_world(), others=[ldap])) as caller:
        assert (await caller.log_in(Email="ad@example.org", Password="pw"))[0] == 401
        assert (await caller.log_in(Email="ad@example.org", Password="pw", Domain="corp"))[0] == 200
        assert (await caller.log_in(Domain="corp"))[0] == 401


@pytest.mark.parametrize("header", ["", "Bearer nonsense", "Basic abc"])
async def test_every_other_call_needs_a_token(header: str) -> None:
    async with calling() as caller:
        caller.headers = {"Authorization": header} if header else {}
        assert (await caller.get("/api/TicketsApi/appmetadata"))[0] == 401
        assert (await caller.get("/api/TicketsApi/1001"))[0] == 401
        assert (await caller.get("/api/Users/GroupUsers"))[0] == 401
        assert (await caller.register())[0] == 401
        async with caller.client.post("/api/TicketsApi", json={}, headers=caller.headers) as answer:
            assert answer.status == 401


async def test_a_token_ends_by_the_clock_by_the_fault_and_by_revocation() -> None:
    async with calling() as caller:
        caller.desk.carrier.clock.advance(7 * DAY + 1)
        assert (await caller.get("/api/TicketsApi/1001"))[0] == 401
        caller.desk.carrier.set_faults(Faults(token_seconds=60))
        await caller.log_in()
        assert (await caller.get("/api/TicketsApi/1001"))[0] == 200
        caller.desk.carrier.clock.advance(61)
        assert (await caller.get("/api/TicketsApi/1001"))[0] == 401
        await caller.log_in()
        await caller.control("revoke", {})
        assert (await caller.get("/api/TicketsApi/1001"))[0] == 401


# --- paths, casing, look-ups --------------------------------------------------------------------------


async def test_undocumented_paths_are_404_and_logged_so() -> None:
    async with calling() as caller:
        for path in (
            "/api/TicketsApi/1001/replies",
            "/api/Users",
            "/api/TicketsApi/abc",
            "/api/ticketsapi/1001",
        ):
            assert (await caller.get(path))[0] == 404
        assert caller.desk.carrier.counts()["GET /api/Users 404"] == 1


async def test_a_sub_path_holds_the_whole_interface() -> None:
    async with calling(base_path="/desk") as caller:
        assert (await caller.get("/api/TicketsApi/1001"))[0] == 200
        async with caller.client.get("/api/TicketsApi/1001") as answer:
            assert answer.status == 404


async def test_casing_can_be_turned_around() -> None:
    async with calling(flip_casing=True) as caller:
        _, body = await caller.log_in()
        assert "token" in body
        assert sample("list_rows_pascal.json")[0].keys() == (await caller.rows())[0].keys()


async def test_metadata_has_a_label_key_of_its_own_in_each_list() -> None:
    async with calling() as caller:
        _, lists = await caller.get("/api/TicketsApi/appmetadata")
        expected = sample("appmetadata.json")
        assert {kind: values[0].keys() for kind, values in lists.items()} == {
            kind: values[0].keys() for kind, values in expected.items()
        }
        assert [row["priority"] for row in lists["priorities"]] == ["Low", "Medium", "High", "Urgent"]
        assert {row["status"]: row["statusType"] for row in lists["status"]}["On hold"] == 5
        assert [row["name"] for row in lists["categories"]].count("Software") == 1


async def test_labels_may_be_ambiguous_and_lists_missing() -> None:
    async with calling(duplicate_labels=True, omit_lookups=("clients",)) as caller:
        _, lists = await caller.get("/api/TicketsApi/appmetadata")
        assert [row["name"] for row in lists["categories"]].count("Software") == 2
        assert "clients" not in lists


async def test_group_users_are_the_technicians_only() -> None:
    async with calling() as caller:
        _, everyone = await caller.get("/api/Users/GroupUsers")
        assert [user["Email"] for user in everyone] == ["ann@example.org", "bo@example.org"]
        assert everyone[0].keys() == sample("group_users.json")[0].keys()
        assert [user["FirstName"] for user in (await caller.get("/api/Users/GroupUsers/302"))[1]] == ["Bo"]
        assert (await caller.get("/api/Users/GroupUsers/9"))[1] == []


async def test_every_seventh_requester_is_missing_in_the_export() -> None:
    async with calling() as caller:
        async with caller.client.get("/_control/people.csv") as answer:
            lines = (await answer.text()).splitlines()
        assert lines[0] == "email,id"
        known = dict(line.split(",") for line in lines[1:])
        assert "rita6@example.org" in known
        assert "rita7@example.org" not in known
        assert "rita8@example.org" in known
        assert FALLBACK_GUID in known.values()
        assert known["rita1@example.org"] == caller.desk.people.at(2)


# --- register -----------------------------------------------------------------------------------------


async def test_a_registration_answers_201_with_location_and_body() -> None:
    async with calling() as caller:
        path = "/api/TicketsApi/register"
        async with caller.client.post(path, data=form_of(caller.parts()), headers=caller.headers) as answer:
            body = await answer.json()
            assert answer.status == 201
            location = str(answer.headers["Location"])
        assert body.keys() == sample("register_201.json").keys()
        assert location == str(caller.client.make_url(f"/api/TicketsApi/{body['id']}"))
        assert (await caller.get(f"/api/TicketsApi/{body['id']}"))[1]["title"] == "VPN drops [ZD-1234]"


async def test_every_given_value_is_kept() -> None:
    async with calling() as caller:
        optional = {"TicketPriorityId": "4", "TicketCategoryId": "402", "GroupId": "302", "TierLevelId": "52"}
        text = "Zeile 1\nZeile 2 <b>&amp; 🎫</b>"
        _, body = await caller.register(**optional, Description=text, TicketStatusId="4")
        ticket = caller.desk.state()["tickets"][-1]
        assert ticket["id"] == body["id"]
        assert ticket["description"] == text
        assert [ticket[key] for key in ("priority", "category", "group", "level", "status")] == [
            4,
            402,
            302,
            52,
            4,
        ]
        assert ticket["creator_email"] == "rita1@example.org"


@pytest.mark.parametrize(
    "part", ["Title", "Description", "CreatorId", "SiteId", "DepartmentId", "TicketStatusId", "TicketType"]
)
async def test_a_required_part_may_be_neither_missing_nor_empty(part: str) -> None:
    async with calling() as caller:
        for value in (None, "", "  "):
            status, problem = await caller.register(**{part: value})
            assert status == 400
            assert part in problem["errors"]
        assert problem.keys() == sample("problem_400.json").keys()
        assert caller.desk.summary()["tickets"] == 4


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("CreatorId", "8d3f0c2e-0000-4000-8000-000000000000"),
        ("CreatorId", "rita1@example.org"),
        ("SiteId", "1"),
        ("DepartmentId", "101"),
        ("TicketStatusId", "99"),
        ("TicketType", "2"),
        ("TicketPriorityId", "5"),
        ("TicketCategoryId", "1"),
        ("GroupId", "1"),
        ("GroupId", ""),
        ("TierLevelId", "First line"),
        ("TicketPriorityId", "1.0"),
        ("SiteId", " 101"),
        ("SiteId", "+101"),
        ("SiteId", "1.01e2"),
        ("Title", "two\nlines"),
        ("Title", "two\rlines"),
    ],
)
async def test_unknown_and_malformed_values_are_refused(part: str, value: str) -> None:
    async with calling() as caller:
        status, problem = await caller.register(**{part: value})
        assert status == 400
        assert list(problem["errors"]) == [part]


async def test_a_title_has_255_characters_not_bytes() -> None:
    async with calling() as caller:
        assert (await caller.register(Title="ü" * 255))[0] == 201
        assert (await caller.register(Title="ü" * 256))[0] == 400
        assert (await caller.register(Title="🎫" * 255))[0] == 201
        caller.desk.switches.title_units = "utf16"
        assert (await caller.register(Title="🎫" * 128))[0] == 400


@pytest.mark.parametrize("part", ["Title", "Description", "CreatorId", "SiteId", "GroupId"])
async def test_a_part_that_is_given_twice_is_refused(part: str) -> None:
    async with calling() as caller:
        form = form_of(caller.parts(GroupId="302"))
        form.add_field(part, caller.parts(GroupId="302")[part], content_type="text/plain")
        status, problem = await caller.send(form)
        assert status == 400
        assert list(problem["errors"]) == [part]


async def test_only_uploads_are_kept_and_only_as_files() -> None:
    async with calling() as caller:
        form = form_of(caller.parts(Assignee="ann", Uploads="no file", title="not the title"))
        form.add_field("Files", b"x", filename="lost.txt")
        assert (await caller.send(form))[0] == 201
        ticket = caller.desk.state()["tickets"][-1]
        assert (ticket["uploads"], ticket["assignee"], ticket["title"]) == ([], None, "VPN drops [ZD-1234]")


async def test_guids_are_compared_regardless_of_case() -> None:
    async with calling() as caller:
        assert (await caller.register(CreatorId=caller.desk.people.at(2).upper()))[0] == 201


async def test_a_missing_permission_is_a_plain_400() -> None:
    async with calling(TiktingEmulator(small_world(), permissions=())) as caller:
        status, problem = await caller.register()
        assert status == 400
        assert "errors" not in problem


async def test_what_is_not_multipart_is_415_and_what_is_broken_400() -> None:
    async with calling() as caller:
        assert await caller.send_raw(b"{}", "application/json") == 415
        assert await caller.send_raw(b"Title=x", "application/x-www-form-urlencoded") == 415
        assert await caller.send_raw(b"--b\r\n", "multipart/form-data") == 400
        assert await caller.send_raw(b"--b\r\n\r\nno head", "multipart/form-data; boundary=b") == 400
        cut = b'--b\r\nContent-Disposition: form-data; name="Title"\r\n\r\nx'
        assert await caller.send_raw(cut, "multipart/form-data; boundary=b") == 400


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_413(chunked: bool) -> None:
    async with calling(max_body=20_000) as caller:
        form = form_of(caller.parts())
        form.add_field("Uploads", b"x" * 30_000, filename="big.bin")
        path = "/api/TicketsApi/register"
        async with caller.client.post(path, data=form, headers=caller.headers, chunked=chunked or None) as answer:
            assert answer.status == 413
        assert caller.desk.summary()["tickets"] == 4


async def test_files_arrive_byte_for_byte_several_under_one_name() -> None:
    contents = [bytes(range(256)) * 300, b"", b"\r\n--x\r\n\r\n--\r\n"]
    async with calling() as caller:
        form = form_of(caller.parts())
        for number, content in enumerate(contents):
            form.add_field("Uploads", content, filename=f"f{number}.bin", content_type="image/png")
        assert (await caller.send(form))[0] == 201
        uploads = caller.desk.state()["tickets"][-1]["uploads"]
        assert [file["sha256"] for file in uploads] == [hashlib.sha256(c).hexdigest() for c in contents]
        assert [file["size"] for file in uploads] == [len(c) for c in contents]
        assert {file["content_type"] for file in uploads} == {"image/png"}


@pytest.mark.parametrize(
    ("parameter", "name"),
    [
        ('filename="plain.txt"', "plain.txt"),
        ("filename=bare.txt", "bare.txt"),
        ('filename="Übergröße 📎.pdf"', "Übergröße 📎.pdf"),
        ('filename="a \\"quoted\\"; b.txt"', 'a "quoted"; b.txt'),
        ("filename=\"x.txt\"; filename*=UTF-8''na%C3%AFve%20%E2%82%AC.txt", "naïve €.txt"),
        ("filename*=iso-8859-1'en'%A3%20rates", "£ rates"),
        ('filename="100%25.txt"', "100%25.txt"),
    ],
)
async def test_file_names_are_read_in_every_documented_spelling(parameter: str, name: str) -> None:
    async with calling() as caller:
        fields = [(f'name="{part}"', value) for part, value in caller.parts().items()]
        fields.append((f'name="Uploads"; {parameter}', "content"))
        body = "".join(f"--B'x\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n" for head, value in fields)
        raw = f"preamble\r\n{body}--B'x--\r\n".encode()
        assert await caller.send_raw(raw, 'multipart/form-data; boundary="B\'x"') == 201
        assert caller.desk.state()["tickets"][-1]["uploads"][0]["name"] == name


async def test_the_location_may_name_an_internal_host_and_ids_may_disagree() -> None:
    async with calling(internal_location=True, answer_id="differ") as caller:
        path = "/api/TicketsApi/register"
        async with caller.client.post(path, data=form_of(caller.parts()), headers=caller.headers) as answer:
            location = str(answer.headers["Location"])
            assert "internal" in location
            assert int(location.rsplit("/", 1)[1]) != (await answer.json())["id"]
        caller.desk.switches.answer_id = "location"
        assert "id" not in (await caller.register())[1]


async def test_every_registration_tells_technicians_and_may_assign() -> None:
    async with calling(auto_assign=True) as caller:
        await caller.register(GroupId="302")
        mail, push = caller.desk.aftermath.notifications
        assert (mail.channel, push.channel) == ("mail", "push")
        bo = caller.desk.people.at(1)
        assert mail.to == [bo] == [caller.desk.state()["tickets"][-1]["assignee"]]
        caller.desk.switches.notify = False
        await caller.register()
        assert caller.desk.state()["notifications"] == 2


async def test_a_status_at_registration_may_be_refused_or_ignored() -> None:
    async with calling(status_at_registration="open_only") as caller:
        assert (await caller.register(TicketStatusId="4"))[0] == 400
        caller.desk.switches.status_at_registration = "ignored"
        assert (await caller.register(TicketStatusId="4"))[1]["ticketStatusId"] == 1


@pytest.mark.parametrize(("fault", "stored"), [("after", True), ("cut_after", True), ("cut_before", False)])
async def test_an_ambiguous_failure_leaves_the_ticket_to_be_found(fault: str, stored: bool) -> None:
    async with calling() as caller:
        caller.desk.carrier.set_faults(Faults(where="POST .*/register", first=[fault]))
        if fault.startswith("cut"):
            with pytest.raises(aiohttp.ClientError):
                await caller.register(Title="Lost [ZD-777]")
        else:
            assert (await caller.register(Title="Lost [ZD-777]"))[0] == 502
        assert len(await caller.ids(search="ZD-777", filterBy="Subject", listType="AllTickets")) == stored


# --- list and search ----------------------------------------------------------------------------------


async def test_a_list_is_a_bare_array_of_ten_rows_from_page_one() -> None:
    async with calling() as caller:
        for number in range(20):
            await caller.register(Title=f"Ticket {number}")
        assert len(await caller.rows()) == 10
        pages = [await caller.ids(page=page, length=7, listType="AllTickets") for page in (1, 2, 3, 4, 5)]
        assert [len(page) for page in pages] == [7, 7, 7, 3, 0]
        assert sorted(row for page in pages for row in page) == list(range(1001, 1025))


async def test_pages_may_be_capped_ignored_and_in_any_order() -> None:
    async with calling(length_cap=3) as caller:
        assert await caller.ids(length=50) == [1004, 1003, 1002]
        assert await caller.ids(length=50, page=2) == [1001]
        caller.desk.switches.order = "oldest"
        assert await caller.ids() == [1001, 1002, 1003]
        caller.desk.switches.order = "activity"
        assert (await caller.ids())[0] == 1002
        caller.desk.switches.order = "random"
        assert len({tuple(await caller.ids()) for _ in range(20)}) > 1
        assert await caller.ids(page=3) == []
        caller.desk.switches.page_ignored = True
        assert len(await caller.ids(page=99)) == 3


async def test_rows_come_in_during_a_walk_when_told_to() -> None:
    async with calling(appear=1) as caller:
        assert await caller.ids(length=2, page=1) == [1004, 1003]
        assert await caller.ids(length=2, page=2) == [1003, 1002]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"page": "1"}, 400),
        ({"listType": "Everything"}, 400),
        ({"filterBy": "Body"}, 400),
        ({"filterBy": "subject"}, 400),
        ({"filterBy": "Subject,TicketId,Priority,Requester"}, 200),
        ({"listType": "alltickets"}, 400),
        ({"listType": "MyTicketsOnHold"}, 400),
        ({"listType": "TicketsOnhold"}, 400),
        ({"page": 0}, 400),
        ({"length": 0}, 400),
        ({"page": None}, 400),
        ({"search": 5}, 400),
        ([], 400),
        ({}, 200),
    ],
)
async def test_a_list_call_with_nonsense_is_400(body: Any, status: int) -> None:
    async with calling() as caller:
        async with caller.client.post("/api/TicketsApi", json=body, headers=caller.headers) as answer:
            assert answer.status == status
        async with caller.client.post("/api/TicketsApi", data=b"x", headers=caller.headers) as answer:
            assert answer.status == 415


async def test_a_name_that_is_not_spelt_as_documented_means_nothing() -> None:
    async with calling() as caller:
        assert len(await caller.ids(Length=1, LISTTYPE="CompletedTickets", listtype="nonsense")) == 4


PRESETS = (
    "AllTickets AllMyGroups AllMyTickets UnassignedTickets MyOpenOrUnassigned MyOpenTickets MyPendingTickets"
    " MyTicketsOnhold MyOverdueTickets MyTicketsDueToday MyCompletedTickets MyEscalated AllEscalated PendingTickets"
    " TicketsOnHold OverdueTickets TicketsDueToday CompletedTickets MyOpenTasks MyCompletedTasks"
)


@pytest.mark.parametrize("preset", PRESETS.split())
async def test_every_documented_preset_is_answered(preset: str) -> None:
    async with calling() as caller:
        assert set(await caller.ids(listType=preset)) <= {1001, 1002, 1003, 1004}


async def test_presets_divide_the_tickets() -> None:
    async with calling() as caller:
        assert await caller.ids(listType="CompletedTickets") == [1003, 1001]
        assert await caller.ids(listType="TicketsOnHold") == [1004]
        assert await caller.ids(listType="MyTicketsOnhold") == []
        assert await caller.ids(listType="UnassignedTickets") == [1004, 1002]
        assert await caller.ids(listType="PendingTickets") == []
        assert await caller.ids(listType="OverdueTickets") == [1004, 1002]
        assert await caller.ids(listType="MyOpenTasks") == []


@pytest.mark.parametrize(
    "account",
    [
        Account(email="rita1@example.org", password="pw", roles=("Member",)),
        Account(email="rita1@example.org", password="pw", permissions=("Tickets.OnlyPrivate",)),
    ],
)
async def test_members_and_private_accounts_see_only_their_own(account: Account) -> None:
    async with calling(TiktingEmulator(small_world(), others=[account])) as caller:
        await caller.log_in(Email="rita1@example.org", Password="pw")
        assert await caller.ids(listType="AllTickets") == [1002, 1001]
        assert await caller.ids(search="ZD-123", listType="AllTickets") == []
        assert (await caller.get("/api/TicketsApi/1003"))[0] == 200
        caller.desk.switches.hide_unseen = True
        assert (await caller.get("/api/TicketsApi/1003"))[0] == 404


@pytest.mark.parametrize(
    ("match", "search", "found"),
    [
        ("substring", "zd-12", [1003, 1002]),
        ("substring", "D-123", [1003]),
        ("substring", "[ZD-12]", [1002]),
        ("prefix", "ZD-12", [1003, 1002]),
        ("prefix", "D-123", []),
        ("token", "ZD-12", [1002]),
        ("token", "[ZD-12] vpn", [1002]),
        ("like", "[ZD-12]", [1004, 1003, 1002, 1001]),
        ("never", "ZD-12", []),
    ],
)
async def test_search_matches_as_switched(match: str, search: str, found: list[int]) -> None:
    async with calling(search_match=match) as caller:
        assert await caller.ids(search=search, filterBy="Subject") == found


async def test_filter_by_limits_where_search_looks() -> None:
    async with calling() as caller:
        assert await caller.ids(search="1003") == [1003]
        assert await caller.ids(search="1003", filterBy="Subject") == []
        assert await caller.ids(search="rita1@", filterBy="Requester") == [1002, 1001]
        assert await caller.ids(search="low", filterBy="Priority,TicketId") == [1002]


async def test_search_may_leave_closed_tickets_to_their_own_preset() -> None:
    async with calling(search_closed=False) as caller:
        assert await caller.ids(search="ZD-123", listType="AllTickets") == []
        assert await caller.ids(search="ZD-123", listType="CompletedTickets") == [1003]


async def test_search_lags_behind_while_lists_and_gets_do_not() -> None:
    async with calling() as caller:
        caller.desk.carrier.set_faults(Faults(search_lag=30))
        _, body = await caller.register(Title="Fresh [ZD-900]")
        assert await caller.ids(search="ZD-900") == []
        assert (await caller.ids())[0] == body["id"]
        assert (await caller.get(f"/api/TicketsApi/{body['id']}"))[0] == 200
        caller.desk.carrier.clock.advance(31)
        assert await caller.ids(search="ZD-900") == [body["id"]]


async def test_search_finds_across_thousands_and_follows_edits() -> None:
    world = small_world()
    world.tickets = [
        SeedTicket(
            **{name: getattr(world.tickets[1], name) for name in world.tickets[1].__struct_fields__ if name != "title"},
            title=f"Ticket [QX-{number}]",
        )
        for number in range(3000)
    ]
    async with calling(TiktingEmulator(world)) as caller:
        assert await caller.ids(search="QX-2999") == [4000]
        assert await caller.ids(search="QX-1000") == [2001]
        assert await caller.control("edit", {"id": 2001, "title": "Renamed"}) == 200
        assert await caller.ids(search="QX-1000") == []
        assert await caller.ids(search="renamed") == [2001]


# --- one ticket ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rows", "file"), [("flat", "flat"), ("nested", "nested"), ("labels", "labels")])
async def test_rows_have_three_layouts(rows: str, file: str) -> None:
    async with calling(rows=rows) as caller:
        assert (await caller.rows())[0].keys() == sample(f"list_rows_{file}.json")[0].keys()


@pytest.mark.parametrize("detail", ["flat", "nested"])
async def test_a_ticket_has_two_layouts_with_and_without_the_rest(detail: str) -> None:
    async with calling(detail=detail) as caller:
        plain = (await caller.get("/api/TicketsApi/1001"))[1]
        assert plain.keys() == sample(f"get_{detail}.json").keys()
        for name in ("with_replies", "with_attachments", "with_updated"):
            setattr(caller.desk.switches, name, True)
        full = (await caller.get("/api/TicketsApi/1001"))[1]
        assert full.keys() == sample(f"get_{detail}_full.json").keys()
        reply = (full.get("replies") or full.get("comments"))[0]
        assert reply["body"] == "Tray cleaned"
        assert [file["fileName"] for file in reply["attachments"]] == ["tray.jpg"]


async def test_dates_are_naive_with_seven_digits_and_year_one_for_none() -> None:
    async with calling() as caller:
        _, ticket = await caller.get("/api/TicketsApi/1002")
        assert ticket["createdDate"] == "2024-05-01T07:53:20.0000000"
        assert ticket["closedDate"] == "0001-01-01T00:00:00"


async def test_volatile_keys_change_without_a_change() -> None:
    async with calling(volatile=True) as caller:
        before = (await caller.rows())[0]
        await caller.get(f"/api/TicketsApi/{before['id']}")
        caller.desk.carrier.clock.advance(60)
        after = (await caller.rows())[0]
        assert {name for name in after if after[name] != before[name]} == {"isUnread", "age", "creatorAvatar"}


async def test_unknown_and_deleted_tickets_are_404_and_ids_are_not_used_again() -> None:
    async with calling(gap_every=5) as caller:
        assert (await caller.get("/api/TicketsApi/99999999999999999999"))[0] == 404
        await caller.control("delete", {"id": 1004})
        assert (await caller.get("/api/TicketsApi/1004"))[0] == 404
        assert await caller.ids() == [1003, 1002, 1001]
        assert (await caller.register())[1]["id"] == 1006


# --- control ------------------------------------------------------------------------------------------


async def test_the_summary_counts_markers_and_names_those_seen_twice() -> None:
    async with calling() as caller:
        for title in ("A [ZD-1]", "B [ZD-1]", "C [ZD-2] not at the end", "D [12]"):
            await caller.register(Title=title)
        async with caller.client.get("/_control/summary") as answer:
            assert await answer.json() == {"tickets": 8, "distinct_markers": 3, "duplicate_markers": ["ZD-1"]}


async def test_tickets_stream_as_lines_equal_to_the_state() -> None:
    async with calling() as caller:
        async with caller.client.get("/_control/tickets.jsonl") as answer:
            lines = [json.loads(line) for line in (await answer.text()).splitlines()]
        async with caller.client.get("/_control/state") as answer:
            assert lines == (await answer.json())["tickets"]
        assert len(lines) == 4


async def test_switches_are_turned_from_outside() -> None:
    async with calling() as caller:
        assert await caller.control("switches", {"length_cap": 2}) == 200
        assert len(await caller.rows(length=50)) == 2
