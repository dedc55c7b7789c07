"""The emulated Znuny over real HTTP, and the running one beside it: who may call, what is refused, what is kept.

With SYNCER_LIVE_ZNUNY_URL (the web service's address), _USER, _PASSWORD and, for what is mailed, _AGENT (the login of
another agent), each test that asks for a `site` is done on that server, too. It makes tickets there and takes none
away.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession, ServerDisconnectedError, encode_basic_auth
from yarl import URL

from syncer.deskkit.world import SeedComment, SeedFile, SeedPerson, SeedTicket, World
from syncer.desks.znuny.emulator import Auth, Switches, ZnunyEmulator
from syncer.desks.znuny.emulator_records import Agent
from tests.desks.serving import served

START = 1_700_000_000
LIVE = os.environ.get("SYNCER_LIVE_ZNUNY_URL", "")
CARRIERS = ["emulator", *(["live"] if LIVE else [])]
TOM = "tom"


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
    picture = [SeedFile("shot.png", b"\x89PNG", inline=True)]
    return World(
        people=[
            SeedPerson(name="Mia", lastname="Ortiz", email="Mia@example.org"),
            SeedPerson(name="Tom", lastname="Berg", email="tom@example.org", agent=True),
            SeedPerson(name="Eva", lastname="Lind", email="eva@example.org", agent=True, disabled=True),
            SeedPerson(name="Ana", lastname="Ruiz", email="ana@example.org", deleted=True),
        ],
        categories=[("Hardware", "Printers")],
        locations=["HQ"],
        queues=["IT", "Facilities"],
        companies=["Example Ltd"],
        custom={"Order no": [], "Area": ["Finance", "Sales"]},
        tickets=[
            ticket("Jam & noise", "open", START, custom={"Order no": "PO-7", "Area": "Finance"},
                   files=[SeedFile("log.txt", b"\0one"), SeedFile("log.txt", b"two")]),
            ticket("Laptop", "new", START + 100, assignee=None, kind="service request", priority="critical"),
            ticket("Old", "closed", START + 200, comments=said, closed=START + 250, updated=START + 900),
            ticket("Orphan", "solved", START + 300, requester=-1, creator=-1, assignee=2, body=""),
            ticket("Waits", "pending", START + 400, requester=1, queue="Facilities", files=picture,
                   body='<p>See <img src="shot.png"></p>'),
        ],
    )  # fmt: skip


class Site:
    """A web service and somebody who may call it. `emulator` and `agent` are there where they are."""

    def __init__(self, session: ClientSession, base: str, login: tuple[str, str]) -> None:
        self.session = session
        self.base = base
        self.who: dict[str, Any] = {"UserLogin": login[0], "Password": login[1]}
        self.agent = os.environ.get("SYNCER_LIVE_ZNUNY_AGENT", "")
        self.name = ""
        self.emulator: Any = None

    async def raw(self, method: str, path: str, **options: Any) -> tuple[int, str, bytes]:
        url = URL(self.base + path, encoded=True) if "params" not in options else URL(self.base + path)
        async with self.session.request(method, url, **options) as response:
            return response.status, response.headers["Content-Type"], await response.read()

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None, **query: Any) -> tuple[int, Any]:
        """Status and answer of a call in this caller's name; what `body` says of who calls beats that."""
        if method == "GET":
            several = {key: value if isinstance(value, list) else [value] for key, value in (self.who | query).items()}
            params = [(key, str(one)) for key, values in several.items() for one in values]
            status, kind, answer = await self.raw(method, path, params=params)
        else:
            status, kind, answer = await self.raw(method, path, json=self.who | (body or {}))
        assert kind.partition(";")[0] == ("application/json" if status == 200 else "text/plain")
        try:
            return status, json.loads(answer)
        except ValueError:
            return status, answer.decode()

    async def ok(self, method: str, path: str, body: dict[str, Any] | None = None, **query: Any) -> Any:
        status, answer = await self.ask(method, path, body, **query)
        assert status == 200, answer
        assert "Error" not in answer, answer
        return answer

    async def refused(self, method: str, path: str, body: dict[str, Any] | None = None, **query: Any) -> str:
        """The code of a refusal."""
        status, answer = await self.ask(method, path, body, **query)
        assert status == 200, answer
        return str(answer["Error"]["ErrorCode"])

    async def made(self, ticket: Any = None, article: Any = None, **more: Any) -> str:
        """A new ticket's id."""
        return str((await self.ok("POST", "/Ticket", new(ticket, article, **more)))["TicketID"])

    async def kept(self, id: str, **query: Any) -> Any:
        everything = {"AllArticles": 1, "Attachments": 1, "DynamicFields": 1}
        return (await self.ok("GET", f"/Ticket/{id}", **(everything | query)))["Ticket"][0]

    async def first(self, article: Any, **query: Any) -> Any:
        """The article of a new ticket as it is kept."""
        return (await self.kept(await self.made(None, article), **query))["Article"][0]

    async def change(self, id: str, **body: Any) -> Any:
        return await self.ok("PATCH", f"/Ticket/{id}", body)

    async def find(self, among: list[str], **filters: Any) -> list[int]:
        """Which of these tickets are found, by their place."""
        answer = await self.ok("POST", "/TicketSearch", {"TicketID": among, **filters})
        return [among.index(id) for id in answer.get("TicketID", [])]

    async def past(self, id: str) -> list[str]:
        """What happened to a ticket."""
        answer = await self.ok("GET", f"/TicketHistory/{id}")
        return [row["HistoryType"] for row in answer["TicketHistory"][0]["History"]]


def new(ticket: Any = None, article: Any = None, **more: Any) -> dict[str, Any]:
    """A payload that is taken, but for what is given; None leaves a key out."""
    whole = {
        "Ticket": {"Title": "Emulated", "Queue": "Raw", "State": "new", "Priority": "3 normal",
                   "CustomerUser": "mia.o@example.org"} | (ticket or {}),
        "Article": said(**(article or {})),
    }  # fmt: skip
    return whole | more


def said(**more: Any) -> dict[str, Any]:
    article = {"Subject": "Said", "Body": "Body", "ContentType": "text/plain; charset=utf8"} | more
    return {key: value for key, value in article.items() if value is not None}


def file(name: str, content: bytes = b"1", kind: str = "a/b", **more: Any) -> dict[str, Any]:
    return {"Content": base64.b64encode(content).decode(), "ContentType": kind, "Filename": name, **more}


@asynccontextmanager
async def emulated(filled: World | None = None, **switches: Any) -> AsyncIterator[Site]:
    emulator = ZnunyEmulator(filled or world(), switches=Switches(**switches))
    async with served(emulator) as url, ClientSession() as session:
        block = emulator.block(url)
        desk = Site(session, block["base_url"], (block["auth"]["user"], block["auth"]["password"]))
        desk.emulator, desk.agent = emulator, TOM
        yield desk


@asynccontextmanager
async def carried(carrier: str) -> AsyncIterator[Site]:
    """A site of this carrier."""
    if carrier == "emulator":
        async with emulated() as desk:
            yield desk
        return
    login = os.environ["SYNCER_LIVE_ZNUNY_USER"], os.environ["SYNCER_LIVE_ZNUNY_PASSWORD"]
    async with ClientSession() as session:
        yield Site(session, LIVE, login)


@pytest.fixture(params=CARRIERS)
async def site(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    """The emulator, and the running server where there is one."""
    async with carried(request.param) as desk:
        yield desk


# --- who may call


@pytest.mark.parametrize(
    ("method", "path", "who", "code"),
    [
        ("POST", "/Session", {"Password": "wrong"}, "SessionCreate.AuthFail"),
        ("POST", "/Session", {"Password": ""}, "SessionCreate.MissingParameter"),
        ("POST", "/Ticket", {"UserLogin": ""}, "TicketCreate.MissingParameter"),
        ("POST", "/Ticket", {"Password": ""}, "TicketCreate.MissingParameter"),
        ("POST", "/Ticket", {"Password": "wrong"}, "TicketCreate.AuthFail"),
        ("POST", "/TicketList", {"Password": "wrong"}, "TicketGet.AuthFail"),
        ("POST", "/TicketSearch", {"UserLogin": "", "Password": ""}, "TicketSearch.AuthFail"),
        ("POST", "/TicketSearch", {"UserLogin": "SYNC"}, "TicketSearch.AuthFail"),
        ("POST", "/TicketSearch", {"SessionID": "wrong"}, "TicketSearch.AuthFail"),
        ("PATCH", "/Ticket/1", {"Password": "wrong"}, "TicketUpdate.AuthFail"),
    ],
)
async def test_a_caller_nobody_knows_is_told_so_in_a_200(
    site: Site, method: str, path: str, who: dict[str, Any], code: str
) -> None:
    assert await site.refused(method, path, who) == code


async def test_a_session_opens_each_way_of_calling_and_beats_a_password(site: Site) -> None:
    id = (await site.ok("POST", "/Session"))["SessionID"]
    ticket = await site.made()
    site.who = {"SessionID": id}
    assert await site.find([ticket]) == [0]
    assert (await site.ok("GET", "/TicketSearch", TicketID=ticket))["TicketID"] == [ticket]
    assert await site.change(ticket, Ticket={"Title": "By session"})
    header = {"X-OTRS-Header-SessionID": id}
    status, _, answer = await site.raw("GET", f"/TicketSearch?TicketID={ticket}", headers=header)
    assert (status, json.loads(answer)) == (200, {"TicketID": [ticket]})


async def test_basic_auth_is_not_looked_at(site: Site) -> None:
    header = {"Authorization": encode_basic_auth(site.who["UserLogin"], site.who["Password"])}
    _, _, answer = await site.raw("GET", "/TicketSearch", headers=header)
    assert json.loads(answer)["Error"]["ErrorCode"] == "TicketSearch.AuthFail"


@pytest.mark.parametrize(
    ("method", "path", "raw", "words"),
    [
        ("GET", "/Nope", None, "HTTP::REST Error while determine Operation for request URI '/Nope'."),
        ("DELETE", "/Ticket/1", b"{}", "HTTP::REST Error while determine Operation for request URI '/Ticket/1'."),
        ("GET", "/Ticket/1/", None, "HTTP::REST Error while determine Operation for request URI '/Ticket/1/'."),
        ("POST", "/TicketSearch", b"{bad", "Error while decoding request content."),
        ("POST", "/TicketSearch", b'{"Title": "\\ud800"}', "Error while decoding request content."),
        ("POST", "/TicketSearch", b"null", "Error while decoding request content."),
        ("POST", "/TicketSearch", b"{}", "Unsupported request content structure."),
        ("POST", "/TicketSearch", b'{"Title": "\xe9"}', "Could not read input data"),
    ],
)
async def test_what_reaches_no_operation_is_a_500_in_plain_text(
    site: Site, method: str, path: str, raw: bytes | None, words: str
) -> None:
    headers = {"Content-Type": "application/json"}
    status, kind, answer = await site.raw(method, path, data=raw, headers=headers)
    assert (status, kind, answer.decode()) == (500, "text/plain; charset=UTF-8", words)


async def test_a_web_service_there_is_not_hangs_up(site: Site) -> None:
    site.base = site.base.rpartition("/")[0] + "/nope"
    with pytest.raises(ServerDisconnectedError):
        await site.raw("GET", "/TicketSearch")


async def test_each_answer_ends_its_connection(site: Site) -> None:
    async with site.session.get(site.base + "/TicketSearch") as response:
        assert response.headers["Connection"] == "close"


# --- creating


@pytest.mark.parametrize(
    ("ticket", "article", "code"),
    [
        ({"Title": "0"}, {}, "MissingParameter"),
        ({"Title": "  "}, {}, "MissingParameter"),
        ({"CustomerUser": ""}, {}, "MissingParameter"),
        ({"CustomerUser": "mia"}, {}, "InvalidParameter"),
        ({"CustomerUser": "a..b@example.org"}, {}, "InvalidParameter"),
        ({"Queue": None}, {}, "MissingParameter"),
        ({"Queue": "raw"}, {}, "InvalidParameter"),
        ({"State": "New"}, {}, "InvalidParameter"),
        ({"Priority": "3 Normal"}, {}, "InvalidParameter"),
        ({"Type": "Nope"}, {}, "InvalidParameter"),
        ({"Service": "Nope"}, {}, "InvalidParameter"),
        ({"Owner": "nobody"}, {}, "InvalidParameter"),
        ({"Responsible": "nobody"}, {}, "InvalidParameter"),
        ({"State": "pending reminder", "PendingTime": {}}, {}, "InvalidParameter"),
        ({"State": "pending reminder", "PendingTime": "2030-01-01"}, {}, "InvalidParameter"),
        ({}, {"Body": "0"}, "MissingParameter"),
        ({}, {"Body": " \n"}, "MissingParameter"),
        ({}, {"Subject": ""}, "MissingParameter"),
        ({}, {"ContentType": None}, "MissingParameter"),
        ({}, {"ContentType": "text/plain"}, "InvalidParameter"),
        ({}, {"ContentType": "text/plain; charset=klingon"}, "InvalidParameter"),
        ({}, {"From": "Mia Ortiz"}, "InvalidParameter"),
        ({}, {"From": "Doe, John <john@example.org>"}, "InvalidParameter"),
        ({}, {"From": "mia@localhost"}, "InvalidParameter"),
        ({}, {"CommunicationChannel": "Chat"}, "InvalidParameter"),
        ({}, {"SenderType": "Agent"}, "InvalidParameter"),
        ({}, {"TimeUnit": "long"}, "InvalidParameter"),
        ({}, {"ArticleSend": 1}, "InvalidParameter"),
    ],
)
async def test_what_is_wrong_is_refused_and_makes_nothing(site: Site, ticket: Any, article: Any, code: str) -> None:
    named = {"Title": f"Refused {uuid4()}"}
    assert await site.refused("POST", "/Ticket", new(named | ticket, article)) == f"TicketCreate.{code}"
    assert await site.ok("POST", "/TicketSearch", named) == {}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"Attachment": []}, "MissingParameter"),
        ({"DynamicField": []}, "MissingParameter"),
        ({"DynamicField": "x"}, "MissingParameter"),
        ({"Attachment": [file("a.txt", b"")]}, "MissingParameter"),
        ({"Attachment": [file("")]}, "MissingParameter"),
        ({"Attachment": [file("a", kind="x")]}, "InvalidParameter"),
        ({"DynamicField": [{"Name": "Nope", "Value": "x"}]}, "InvalidParameter"),
        ({"DynamicField": [{"Name": "externalid", "Value": "x"}]}, "InvalidParameter"),
        ({"DynamicField": [{"Name": "Severity", "Value": "Low"}]}, "InvalidParameter"),
        ({"DynamicField": [{"Name": "Severity", "Value": None}]}, "MissingParameter"),
        ({"DynamicField": [{"Name": "Tags", "Value": ["red", "pink"]}]}, "InvalidParameter"),
        ({"DynamicField": [{"Name": "DueOn", "Value": "2024-01-01T00:00:00"}]}, "InvalidParameter"),
        ({"DynamicField": [{"Name": "DueOn", "Value": "2024-01-01"}]}, "InvalidParameter"),
    ],
)
async def test_an_empty_list_an_empty_file_and_an_unknown_field_are_refused(site: Site, more: Any, code: str) -> None:
    assert await site.refused("POST", "/Ticket", new(**more)) == f"TicketCreate.{code}"


async def test_ids_are_texts_in_one_answer_and_numbers_in_the_next(site: Site) -> None:
    made = await site.ok("POST", "/Ticket", new())
    assert isinstance(made["TicketID"], str)
    assert isinstance(made["ArticleID"], int)
    kept = await site.kept(made["TicketID"])
    assert isinstance(kept["TicketID"], int)
    assert kept["TicketNumber"] == made["TicketNumber"]
    of_customer = await site.ok("POST", "/Ticket", new(None, {"SenderType": "customer"}))
    assert isinstance(of_customer["ArticleID"], str)
    found = await site.ok("POST", "/TicketSearch", {"TicketID": int(made["TicketID"])})
    assert found == {"TicketID": [made["TicketID"]]}


async def test_a_date_and_keys_nobody_knows_are_passed_over(site: Site) -> None:
    past = "2001-01-01 00:00:00"
    id = await site.made({"Created": past, "Nope": 1}, {"CreateTime": past, "Nope": 2}, Nope=3)
    kept = await site.kept(id)
    assert kept["Created"] > past < kept["Article"][0]["CreateTime"]


async def test_a_title_is_cut_and_a_subject_loses_its_line_breaks(site: Site) -> None:
    kept = await site.kept(await site.made({"Title": "ü" * 300}))
    assert kept["Title"] == "ü" * 255
    kept = await site.kept(await site.made({"Title": " one\ntwo "}, {"Subject": " one\ntwo "}))
    assert (kept["Title"], kept["Article"][0]["Subject"]) == ("one\ntwo", "onetwo")


async def test_a_plain_text_is_trimmed_and_its_line_ends_change(site: Site) -> None:
    assert (await site.first({"Body": "  lead\r\n\tmid  \r\n \n"}))["Body"] == "lead\n\tmid"
    assert (await site.first({"Body": "all 🔥 of <b>it</b> & مرحبا"}))["Body"] == "all 🔥 of <b>it</b> & مرحبا"
    assert (await site.first({"Body": "before\0after"}))["Body"] == "before"


async def test_an_article_is_the_customers_unless_it_says_otherwise(site: Site) -> None:
    kept = await site.first({})
    assert (kept["From"], kept["To"], kept["SenderType"]) == ("mia.o@example.org", "Raw", "agent")
    assert kept["IsVisibleForCustomer"] == 1
    named = '"Jürgen, Dr." <j@example.org>'
    kept = await site.first({"From": named, "IsVisibleForCustomer": 0, "Cc": "c@example.org"})
    assert (kept["From"], kept["Cc"], kept["IsVisibleForCustomer"]) == (named, "", 0)
    assert (await site.first({"IsVisibleForCustomer": False}))["IsVisibleForCustomer"] == 0
    assert (await site.first({"From": "a@example.org, nonsense"}))["From"] == "a@example.org, nonsense"


async def test_a_ticket_without_an_owner_is_of_whoever_called_and_unlocked(site: Site) -> None:
    kept = await site.kept(await site.made())
    assert (kept["Owner"], kept["Lock"]) == (site.who["UserLogin"], "unlock")
    if site.agent:
        kept = await site.kept(await site.made({"Owner": site.agent.upper()}))
        assert (kept["Owner"], kept["Lock"]) == (site.agent, "lock")


async def test_a_new_ticket_may_be_pending_without_an_end_and_closed_at_once(site: Site) -> None:
    kept = await site.kept(await site.made({"State": "pending reminder"}))
    assert (kept["StateType"], kept["RealTillTimeNotUsed"]) == ("pending reminder", 0)
    end = {"Year": 2037, "Month": 1, "Day": 2, "Hour": 3, "Minute": 4}
    kept = await site.kept(await site.made({"State": "pending reminder", "PendingTime": end}))
    assert kept["RealTillTimeNotUsed"] > 2_114_000_000
    assert kept["UntilTime"] > 0
    kept = await site.kept(await site.made({"State": "closed successful", "Lock": "lock"}))
    assert (kept["StateType"], kept["Lock"]) == ("closed", "unlock")
    kept = await site.kept(await site.made({"State": "removed"}))
    assert kept["State"] == "removed"


async def test_a_pending_time_that_cannot_be_stored_is_dropped_or_fails(site: Site) -> None:
    for end in ({"Year": 2039, "Month": 1, "Day": 2, "Hour": 3, "Minute": 4}, {"Year": 2030, "Month": 1, "Day": 2}):
        pending = {"State": "pending reminder", "PendingTime": end}
        kept = await site.kept(await site.made(pending))
        assert (kept["State"], kept["RealTillTimeNotUsed"]) == ("pending reminder", 0)
        id = await site.made()
        assert (await site.ask("PATCH", f"/Ticket/{id}", {"Ticket": pending | {"Title": "Half"}}))[0] == 500
        kept = await site.kept(id)
        assert (kept["State"], kept["Title"]) == ("new", "Half")


# --- what is not atomic


async def test_a_failure_in_the_middle_of_creating_leaves_a_ticket(site: Site) -> None:
    one, two = {"Title": f"Left {uuid4()}"}, {"Title": f"Left {uuid4()}"}
    status, answer = await site.ask("POST", "/Ticket", new(one, {"Subject": "s" * 3801}))
    assert (status, answer["faultcode"]) == (500, "Server")
    [id] = (await site.ok("POST", "/TicketSearch", one))["TicketID"]
    left = await site.kept(id)
    assert left["Article"] == [{"TimeUnit": None}]
    assert left["Owner"] == "root@localhost"
    fields = [{"Name": "ExternalID", "Value": ["not", "one"]}]
    status, answer = await site.ask("POST", "/Ticket", new(two, DynamicField=fields))
    assert (status, answer["faultcode"]) == (500, "Server")
    [id] = (await site.ok("POST", "/TicketSearch", two))["TicketID"]
    assert "Article" not in await site.kept(id)


async def test_a_refused_update_keeps_what_it_did_before(site: Site) -> None:
    id = await site.made()
    half = {"Title": "Half", "Queue": "Misc", "State": "pending reminder", "Priority": "5 very high"}
    code = await site.refused("PATCH", f"/Ticket/{id}", {"Ticket": half, "Article": said()})
    assert code == "TicketUpdate.MissingParameter"
    kept = await site.kept(id)
    assert (kept["Title"], kept["Queue"], kept["State"], kept["Priority"]) == ("Half", "Misc", "new", "3 normal")
    assert len(kept["Article"]) == 1
    fields = [{"Name": "ExternalID", "Value": ["not", "one"]}]
    status, _ = await site.ask("PATCH", f"/Ticket/{id}", {"Article": said(), "DynamicField": fields})
    assert status == 500
    assert len((await site.kept(id))["Article"]) == 2


async def test_what_is_checked_first_leaves_nothing_behind(site: Site) -> None:
    id = await site.made()
    wrong = [{"Name": "Severity", "Value": "none"}]
    assert await site.refused("PATCH", f"/Ticket/{id}", {"Ticket": {"Title": "Half"}, "DynamicField": wrong})
    assert await site.refused("PATCH", f"/Ticket/{id}", {"Ticket": {"Title": "Half", "State": "none"}})
    assert (await site.kept(id))["Title"] == "Emulated"


async def test_many_at_once_all_succeed_and_the_last_one_wins(site: Site) -> None:
    id = await site.made()
    await asyncio.gather(*(site.change(id, Ticket={"Title": f"Title {n}"}) for n in range(8)))
    assert (await site.kept(id))["Title"] in {f"Title {n}" for n in range(8)}


# --- updating


async def test_an_empty_change_is_taken_and_an_empty_ticket_is_not(site: Site) -> None:
    id = await site.made()
    assert (await site.change(id)).keys() == {"TicketID", "TicketNumber"}
    await site.change(id, Ticket={"Nope": 1})
    await site.change(id, Ticket={"Title": ""})
    assert (await site.kept(id))["Title"] == "Emulated"
    wrong: tuple[dict[str, Any], ...] = ({"Ticket": {}}, {"Article": {}}, {"Article": "x"})
    for body in wrong:
        assert await site.refused("PATCH", f"/Ticket/{id}", body) == "TicketUpdate.InvalidParameter"
    missing: tuple[dict[str, Any], ...] = ({"DynamicField": []}, {"Attachment": [file("a")]})
    for more in missing:
        assert await site.refused("PATCH", f"/Ticket/{id}", more) == "TicketUpdate.MissingParameter"


async def test_articles_are_added_by_name_of_the_caller(site: Site) -> None:
    id = await site.made()
    one = await site.change(id, Article=said(Body="one", IsVisibleForCustomer=0))
    two = await site.change(id, Article=[said(Body="two"), said(Body="three")], Attachment=[file("a.txt")])
    assert isinstance(one["ArticleID"], int)
    assert len(two["ArticleIDs"]) == 2
    articles = (await site.kept(id))["Article"]
    assert [said["ArticleNumber"] for said in articles] == [1, 2, 3, 4]
    assert [said["IsVisibleForCustomer"] for said in articles] == [1, 0, 1, 1]
    assert [len(said.get("Attachment", [])) for said in articles] == [0, 0, 1, 0]
    assert "@" not in articles[1]["From"]


async def test_who_names_the_company_alone_takes_the_customer_away(site: Site) -> None:
    id = await site.made()
    await site.change(id, Ticket={"CustomerID": "ACME"})
    kept = await site.kept(id)
    assert (kept["CustomerUserID"], kept["CustomerID"]) == ("", "ACME")
    await site.change(id, Ticket={"CustomerUser": "tom.b@example.org"})
    kept = await site.kept(id)
    assert (kept["CustomerUserID"], kept["CustomerID"]) == ("tom.b@example.org", "")


async def test_closing_and_moving_unlock(site: Site) -> None:
    for change in ({"State": "closed successful"}, {"Queue": "Misc"}):
        id = await site.made({"Lock": "lock"})
        assert (await site.kept(id))["Lock"] == "lock"
        await site.change(id, Ticket=change)
        assert (await site.kept(id))["Lock"] == "unlock"


async def test_a_note_does_not_reopen(site: Site) -> None:
    id = await site.made({"State": "closed successful"})
    await site.change(id, Article=said(SenderType="customer"))
    assert (await site.kept(id))["State"] == "closed successful"


async def test_a_date_that_is_taken_away_stays_without_a_value(site: Site) -> None:
    values: list[dict[str, Any]] = [
        {"Name": "ExternalID", "Value": " ext:1 "},
        {"Name": "Tags", "Value": ["red", "blue"]},
        {"Name": "DueOn", "Value": "2024-02-29 10:00:00"},
        {"Name": "Severity", "Value": "low"},
    ]
    id = await site.made(DynamicField=values)
    assert (await site.kept(id))["DynamicField"] == [
        {"Name": "DueOn", "Value": "2024-02-29 10:00:00"},
        {"Name": "ExternalID", "Value": "ext:1"},
        {"Name": "Severity", "Value": "low"},
        {"Name": "Tags", "Value": ["red", "blue"]},
    ]
    await site.change(id, DynamicField=[{"Name": one["Name"], "Value": ""} for one in values])
    assert (await site.kept(id))["DynamicField"] == [{"Name": "DueOn", "Value": None}]
    assert "DynamicField" not in await site.kept(await site.made())


async def test_the_path_says_which_ticket_but_a_number_beats_it(site: Site) -> None:
    one, two = await site.made(), await site.made()
    await site.change(one, TicketID=two, Ticket={"Title": "By path"})
    number = (await site.kept(two))["TicketNumber"]
    await site.change(one, TicketNumber=number, Ticket={"Title": "By number"})
    titles = [(await site.kept(id))["Title"] for id in (one, two)]
    assert titles == ["By path", "By number"]


# --- who is told


async def test_an_owner_is_mailed_of_what_others_do_unless_that_is_quiet(site: Site) -> None:
    if not site.agent:
        return
    told = "SendAgentNotification"
    id = await site.made()
    await site.change(id, Article=said())
    assert told not in await site.past(id)  # one's own ticket
    await site.change(id, Ticket={"Owner": site.agent})
    assert (await site.past(id)).count(told) == 1
    await site.change(id, Article=said(IsVisibleForCustomer=0))
    await site.change(id, Article=said(NoAgentNotify=1))
    await site.change(id, Ticket={"Title": "Quiet", "Priority": "4 high", "State": "open"})
    assert (await site.past(id)).count(told) == 2


async def test_mails_are_counted() -> None:
    async with emulated(auto_response=frozenset({"Raw"})) as desk:
        id = await desk.made({"Owner": TOM})
        await desk.change(id, Article=said(IsVisibleForCustomer=0))
        await desk.change(id, Article=said(ArticleSend=1, To="x@example.org", NoAgentNotify=1, From="q@example.org"))
        mails = [(one["kind"], one["to"]) for one in desk.emulator.state()["mails"]]
        assert mails == [
            ("auto reply", "mia.o@example.org"), ("owner", "tom@example.org"), ("note", "tom@example.org"),
            ("article", "x@example.org"), ("auto follow up", "q@example.org"),
        ]  # fmt: skip
        article = (await desk.kept(id))["Article"][-1]
        assert article["Subject"].startswith("[Ticket#")
        assert article["CommunicationChannel"] == "Email"
        await desk.made({"State": "closed successful"})
        assert len(desk.emulator.tables.mails) == 5  # nobody is answered whose ticket is over
    async with emulated(notify=False, mail_works=False) as desk:
        id = await desk.made({"Owner": TOM})
        sent = {"Article": said(ArticleSend=1, To="x@example.org")}
        assert (await desk.ask("PATCH", f"/Ticket/{id}", sent))[0] == 500
        assert len((await desk.kept(id))["Article"]) == 2
        assert desk.emulator.tables.mails == []


# --- settings


async def test_a_session_ends_by_idleness_or_when_told() -> None:
    async with emulated(session_seconds=100) as desk:
        login, id = desk.who, (await desk.ok("POST", "/Session"))["SessionID"]
        desk.who = {"SessionID": id}
        for _ in range(3):
            desk.emulator.carrier.clock.advance(60)
            await desk.ok("POST", "/TicketSearch", {"Limit": 1})
        desk.emulator.carrier.clock.advance(101)
        assert await desk.refused("POST", "/TicketSearch") == "TicketSearch.AuthFail"
        desk.who = login
        desk.who = {"SessionID": (await desk.ok("POST", "/Session"))["SessionID"]}
        async with desk.session.post(URL(desk.base).with_path("/_control/revoke")) as response:
            assert response.status == 200
        assert await desk.refused("POST", "/TicketSearch") == "TicketSearch.AuthFail"
        assert desk.emulator.state()["logins"] == 2


async def test_a_queue_of_another_group_does_not_exist_for_the_caller() -> None:
    async with emulated(hidden_queues=frozenset({"Facilities"})) as desk:
        hidden = next(one.id for one in desk.emulator.tables.tickets.values() if one.title == "Waits")
        assert await desk.find(["101", str(hidden)]) == [0]
        assert await desk.refused("GET", f"/Ticket/{hidden}") == "TicketGet.AccessDenied"
        assert await desk.refused("PATCH", f"/Ticket/{hidden}", {}) == "TicketUpdate.AccessDenied"
        assert await desk.refused("GET", f"/TicketHistory/{hidden}") == "TicketHistoryGet.AccessDenied"
        assert await desk.refused("POST", "/Ticket", new({"Queue": "Facilities"})) == "TicketCreate.AccessDenied"
        status, answer = await desk.ask("PATCH", "/Ticket/101", {"Ticket": {"Queue": "Facilities"}})
        assert (status, "queue could not be updated" in answer["faultstring"]) == (500, True)
        assert "Facilities" not in desk.emulator.block("http://x")["lists"]["queues"]


async def test_addresses_can_be_checked_as_out_of_the_box() -> None:
    async with emulated(invalid_address=r"@(example)\.(..|...)$") as desk:
        assert await desk.refused("POST", "/Ticket", new({"CustomerUser": "x@example.org"}))
        known = await desk.made({"CustomerUser": "Mia@example.org"}, {"From": "mia@acme.test"})
        assert (await desk.kept(known))["CustomerUserID"] == "Mia@example.org"
    async with emulated(mail_domains=frozenset({"acme.test"})) as desk:
        assert await desk.refused("POST", "/Ticket", new({"CustomerUser": "x@nowhere.test"}))
        assert await desk.made({"CustomerUser": "x@acme.test"})


async def test_an_operation_can_be_missing_and_a_type_required() -> None:
    async with emulated(missing=frozenset({"TicketHistoryGet"}), type_required=True, max_body=2_000) as desk:
        assert (await desk.ask("GET", "/TicketHistory/101"))[0] == 500
        assert await desk.refused("POST", "/Ticket", new()) == "TicketCreate.MissingParameter"
        assert await desk.made({"Type": "Incident"})
        assert (await desk.ask("POST", "/Ticket", new(None, {"Body": "x" * 3_000})))[0] == 413


# --- what it is filled with


async def test_a_world_is_told_and_kept_alike() -> None:
    async with emulated() as desk:
        rows = {row.title: row for row in desk.emulator.kept()}
        jam, old, orphan, waits = rows["Jam & noise"], rows["Old"], rows["Orphan"], rows["Waits"]
        assert (jam.requester, jam.assignee, jam.created) == ("mia@example.org", "tom@example.org", START)
        assert jam.values == {"queue": "IT", "status": "open", "priority": "4 high", "type": "Incident"}
        assert jam.custom == {"Order no": ("PO-7",), "Area": ("Finance",)}
        assert [one.name for one in jam.files] == ["log-1.txt", "log.txt"]
        assert [(one.author, one.public, one.at) for one in old.comments] == [
            ("mia@example.org", True, START + 10), ("tom@example.org", False, START + 20),
            ("tom@example.org", True, START + 30), (None, True, START + 40),
        ]  # fmt: skip
        assert (orphan.requester, orphan.body, orphan.assignee) == (None, "", "eva@example.org")
        assert (rows["Laptop"].assignee, waits.requester) == (None, "tom@example.org")
        assert old.comments[1].text.startswith("<!DOCTYPE html>")
        assert (old.comments[0].text, jam.body) == ("<p>Any news?</p>", "<p>Paper &amp; <b>noise</b></p><p>Help</p>")
        for row in rows.values():
            told = await desk.kept(row.id, HTMLBodyAsAttachment=1)
            assert [a["IsVisibleForCustomer"] for a in told["Article"][1:]] == [int(c.public) for c in row.comments]
            html = [f for f in told["Article"][0].get("Attachment", []) if f["Filename"] == "file-2"]
            assert [base64.b64decode(f["Content"]).decode() for f in html] == ([row.body] if row.body else [])


async def test_an_image_within_a_text_is_a_file_with_an_id() -> None:
    async with emulated() as desk:
        waits = next(row for row in desk.emulator.kept() if row.title == "Waits")
        [image] = (await desk.kept(waits.id))["Article"][0]["Attachment"]
        assert (image["Filename"], image["Disposition"]) == ("shot.png", "inline")
        assert f'src="cid:{image["ContentID"].strip("<>")}"' in waits.body
        assert [one.name for one in waits.files] == ["shot.png"]


async def test_a_world_can_be_plain_text_under_short_logins() -> None:
    async with emulated(rich_text=False, logins="name", timezone="Europe/Berlin") as desk:
        kept = await desk.kept("101", HTMLBodyAsAttachment=1)
        assert kept["Article"][0]["Body"] == "Paper & noise\n\nHelp"
        assert kept["CustomerUserID"] == "Mia"
        assert kept["Created"] == "2023-11-14 23:13:20"
        assert kept["Article"][0]["IncomingTime"] == START
        assert desk.emulator.kept()[0].body == "Paper & noise\n\nHelp"
        assert desk.emulator.block("")["timezone"] == "Europe/Berlin"


async def test_a_number_ends_with_the_digit_that_proves_it(site: Site) -> None:
    number = (await site.kept(await site.made()))["TicketNumber"]
    total = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(number[:-1]))
    assert int(number[-1]) == (10 - total % 10 if total % 10 else 1)


async def test_the_block_has_the_lists_no_call_tells() -> None:
    async with emulated() as desk:
        block = desk.emulator.block("http://host:1")
    assert block["base_url"] == "http://host:1/otrs/nph-genericinterface.pl/Webservice/desk"
    assert block["auth"] == {"user": "sync", "password": "sandbox-secret"}
    assert (block["queue"], block["state"], block["marker_field"]) == ("IT", "new", "ExternalID")
    assert block["lists"]["types"][:3] == ["Unclassified", "Incident", "Service request"]
    assert [one["login"] for one in block["lists"]["agents"]] == ["tom", "eva"]
    assert [one["email"] for one in block["lists"]["customers"]] == ["Mia@example.org"]
    fields = block["lists"]["dynamic_fields"]
    assert (fields["OrderNo"]["label"], fields["Tags"]["options"]) == ("Order no", ["blue", "green", "red"])


async def test_staff_act_from_another_process() -> None:
    async with emulated() as desk:

        async def act(deed: str, /, **arguments: Any) -> Any:
            url = URL(desk.base).with_path(f"/_control/staff/{deed}")
            async with desk.session.post(url, json=arguments) as response:
                assert response.status == 200, await response.text()
                return (await response.json())["result"]

        id = await act("create", title="Phoned in", customer="mia@example.org", queue=5)
        await act("edit", id=id, title="Changed")
        await act("comment", id=id, body="<p>Note</p>", private=True, html=True)
        await act("merge", id=id, into=101)
        await act("rename", kind="Queue", name="IT", new="Office IT")
        kept = await desk.kept(str(id))
        assert (kept["Title"], kept["State"], kept["Queue"]) == ("Changed", "merged", "Office IT")
        assert [one["IsVisibleForCustomer"] for one in kept["Article"]] == [1, 0, 1]
        assert kept["Article"][1]["Body"] == "Note"
        await act("vanish", id=id)
        assert await desk.refused("GET", f"/Ticket/{id}") == "TicketGet.AccessDenied"
        url = URL(desk.base).with_path("/_control/switches")
        async with desk.session.post(url, json={"search_limit": 2}) as response:
            assert response.status == 200
        assert len((await desk.ok("POST", "/TicketSearch"))["TicketID"]) == 2


async def test_an_account_is_nobodys_and_auth_is_a_setting() -> None:
    emulator = ZnunyEmulator(world(), auth=Auth(user="bot", password="p", service="sync", prefix="/znuny"))
    emulator.tables.add_agent(Agent(id=50, login="x", name="X", email="x@example.org"))
    async with served(emulator) as url, ClientSession() as session:
        block = emulator.block(url)
        desk = Site(session, block["base_url"], ("bot", "p"))
        id = await desk.made()
        await desk.change(id, Article=said(), Ticket={"Owner": "x"})
        assert desk.base.endswith("/znuny/nph-genericinterface.pl/Webservice/sync")
        async with session.get(f"{url}/otrs/index.pl") as response:
            assert response.status == 404
    row = emulator.kept()[-1]
    assert (row.assignee, row.comments[0].author) == ("x@example.org", "bot@znuny.example")
