"""Request Tracker against single odd answers over real HTTP: each is taken for what the contract says."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from syncer.deskkit.contract import Download, Newer, Step, Unreadable
from syncer.deskkit.forms import read_form
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.desks.request_tracker.desk import RequestTracker
from syncer.errors import AuthFailed, ConfigError, InDoubt, Rejected, SyncerError
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Cursor, Key, TicketId, Version
from syncer.model.lookups import LookupValue, StatusClass
from syncer.model.ticket import File, Ticket, TicketLink
from tests.desks.serving import opened

REST = "/REST/2.0"
TOKEN = "1-27-0123456789abcdef0123456789abcdef"
NEVER = "1970-01-01T00:00:00Z"
FIELD_ROWS = [
    {"id": "2", "Name": "External ID", "Type": "Freeform", "MaxValues": "1"},
    {"id": "3", "Name": "Severity", "Type": "Select", "MaxValues": "1"},
    {"id": "5", "Name": "Due On", "Type": "DateTime", "MaxValues": "1"},
]


def user(name: str) -> dict[str, str]:
    return {"type": "user", "id": name}


def items(*rows: Any, total: int | None = None) -> dict[str, Any]:
    return {"items": list(rows), "count": len(rows), "total": total, "per_page": 100, "pages": None}


def custom(id: str, name: str, *values: str) -> dict[str, Any]:
    return {"id": id, "name": name, "type": "customfield", "values": list(values)}


def row(id: int, **more: Any) -> dict[str, Any]:
    return {
        "id": str(id), "Type": "ticket", "Subject": f"Ticket {id}", "Status": "open", "Priority": "0",
        "Queue": {"type": "queue", "id": "1"}, "Owner": user("Nobody"), "Creator": user("sync"), "Requestor": [],
        "Cc": [], "AdminCc": [], "Created": "2026-11-30T20:18:07Z", "LastUpdated": "2026-11-30T20:23:11Z",
        "Resolved": NEVER, "EffectiveId": str(id), "CustomFields": [custom("2", "External ID", "IG-1")],
        "_hyperlinks": [], **more,
    }  # fmt: skip


def move(id: int, on: int, type: str = "Create", **more: Any) -> dict[str, Any]:
    base = {"id": str(id), "ObjectId": str(on), "Type": type, "Creator": user("ana"), "TimeTaken": "0"}
    return {**base, "Created": "2026-11-30T20:18:07Z", **more}


def part(id: int, of: int, type: str = "text/html", name: str = "", size: int = 5) -> dict[str, Any]:
    headers = f"MIME-Version: 1.0\nContent-Length: {size}"
    return {"id": str(id), "TransactionId": str(of), "ContentType": type, "Filename": name, "Headers": headers}


Answer = Callable[[web.Request, Any], Any]


class Script:
    """Gives each `METHOD path` its answers in order, the last one again and again; else 404. An answer is a JSON value,
    a status, a pair of both, a web.Response, a text of HTML, or a function of request and body that gives one."""

    def __init__(self, **paths: Any) -> None:
        known = {
            "GET /rt": {"Version": "5.0.3"},
            "POST /customfields": (items(*FIELD_ROWS, total=3),),
            "GET /queues/all": items({"id": "1", "Name": "General", "Disabled": "0"}, total=1),
            "GET /queue/1": queue(),
            **{name.replace("__", " /").replace("_of_", "/"): answer for name, answer in paths.items()},
        }
        self.paths = {path: answer if isinstance(answer, tuple) else (answer,) for path, answer in known.items()}
        self.asked: list[tuple[str, dict[str, str], Any]] = []

    def app(self) -> web.Application:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        try:
            body = msgspec.json.decode(raw) if raw else None
        except msgspec.DecodeError:
            body = read_form(request.headers["Content-Type"], raw)
        name = f"{request.method} {request.path.removeprefix(REST)}"
        self.asked.append((name, dict(request.query), body))
        answers = self.paths.get(name, (404,))
        self.paths[name] = answers[1:] or answers
        answer = answers[0](request, body) if callable(answers[0]) else answers[0]
        match answer:
            case web.StreamResponse():
                return answer
            case [int() as status, value]:
                return web.json_response(value, status=status)
            case int() as status:
                return web.json_response({"message": "no"}, status=status)
            case str() as page:
                return web.Response(text=page, content_type="text/html")
        return web.json_response(answer)

    def sent(self, name: str) -> list[Any]:
        """The bodies of these calls."""
        return [body for asked, _, body in self.asked if asked == name]

    def queries(self, name: str) -> list[str]:
        """The conditions of these calls."""
        return [query.get("query", "") for asked, query, _ in self.asked if asked == name]


def queue(**more: Any) -> dict[str, Any]:
    own = [{"id": field["id"], "name": field["Name"]} for field in FIELD_ROWS]
    offers = [{"ref": "self"}, {"ref": "create"}]
    base = {"id": 1, "Name": "General", "TicketCustomFields": own, "Cc": [], "AdminCc": [], "_hyperlinks": offers}
    return {**base, **more}


def made(id: int) -> Any:
    return [201, {"type": "ticket", "id": str(id)}]


def said(transaction: int) -> Answer:
    def answer(request: web.Request, body: Any) -> web.Response:
        return web.json_response(["said"], status=201, headers={"Location": f"{REST}/transaction/{transaction}"})

    return answer


def broken(request: web.Request, body: Any) -> web.Response:
    return web.Response(status=500)


def desk(script: Script, **more: Any) -> AbstractAsyncContextManager[RequestTracker]:
    block = {"name": "rt", "auth": {"token": TOKEN}, "budget": {"per_second": 5000, "parallel": 8}, "timeout": 5,
             "queue": "General", "write_lag": 0.1, "pause": 0.1, **more}  # fmt: skip
    return opened(script, lambda url: RequestTracker(RequestTrackerConfig.model_validate({**block, "base_url": url})))


def draft(**more: Any) -> Draft:
    base: dict[str, Any] = {
        "source_id": TicketId("1"), "version": Version("1"), "key": Key("IG-1"), "title": "Ticket 8",
        "body": "<p>x</p>", "fields": {"status": "open"},
    }  # fmt: skip
    return Draft(**{**base, **more})


def pass_through() -> None:
    """We are the writer."""


async def take(there: RequestTracker, told: Draft, name: str, files: list[Download] | None = None) -> tuple[str, ...]:
    step = next(one for one in there.steps(told) if one.name == name)
    return (await there.step(TicketId("8"), told, step, files or [], pass_through)).losses


# --- who we are


@pytest.mark.parametrize("status", [401, 403])
async def test_a_wrong_token_is_told_at_once_and_is_no_empty_desk(status: int) -> None:
    async with desk(Script(GET__rt=status)) as there:
        with pytest.raises(AuthFailed) as refused:
            await there.connect()
    assert TOKEN not in str(refused.value)
    assert "auth.token" in refused.value.hint


@pytest.mark.parametrize("answer", [404, {"hello": "world"}, "<html>log in</html>", [400, {"message": "no"}]])
async def test_what_is_no_rt_is_told_as_a_wrong_address(answer: Any) -> None:
    async with desk(Script(GET__rt=answer)) as there:
        with pytest.raises(ConfigError):
            await there.connect()


@pytest.mark.parametrize("token", ["", "1-27-abc def", "1-27-abc\n"])
async def test_a_token_with_more_than_itself_is_not_sent(token: str) -> None:
    script = Script()
    async with desk(script, auth={"token": token}) as there:
        with pytest.raises(ConfigError):
            await there.connect()
    assert not script.asked


def account(**more: Any) -> Script:
    """A desk for `check` with one ticket on which all may be done."""
    offers = [{"ref": "correspond"}, {"ref": "comment"}, {"ref": "lifecycle", "to": "open"}]
    paths = {
        "GET__user_of_27": {"Name": "sync", "Timezone": "UTC"},
        "GET__user_of_RT_System": {"Name": "RT_System", "Memberships": []},
        "GET__tickets": items({"id": "8"}, total=1),
        "GET__ticket_of_8": row(8, _hyperlinks=offers),
        "GET__transactions": items(move(4, 8, "Comment")),
    }
    return Script(**{**paths, **more})


async def test_a_check_of_an_account_that_may_all_finds_nothing() -> None:
    async with desk(account()) as there:
        found = await there.check()
    assert (found.name, found.detail, found.findings) == ("sync", "RT 5.0.3, 1 ticket", ())


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"GET__tickets": items(total=0), "GET__ticket_of_2": 403}, "it refuses ticket 2"),
        ({"GET__tickets": items(total=0)}, "it seems to be empty"),
        ({"GET__tickets": items({"id": "8"})}, "does not count"),
        ({"GET__ticket_of_8": row(8, _hyperlinks=[{"ref": "comment"}])}, "ReplyToTicket"),
        ({"GET__ticket_of_8": row(8, _hyperlinks=[{"ref": "correspond"}])}, "CommentOnTicket"),
        ({"GET__ticket_of_8": row(8, _hyperlinks=[{"ref": "lifecycle", "to": "deleted"}])}, "ModifyTicket"),
        ({"GET__transactions": items()}, "ShowTicketComments"),
        ({"GET__ticket_of_8": 403}, "ticket 8 is listed and cannot be read"),
        ({"GET__user_of_RT_System": {"Name": "RT_System"}}, "AdminUsers"),
        ({"GET__user_of_RT_System": 403}, "AdminUsers"),
        ({"GET__queues_of_all": items(total=0)}, "SeeQueue"),
        ({"GET__queue_of_1": queue(_hyperlinks=[])}, "CreateTicket"),
        ({"GET__queue_of_1": queue(TicketCustomFields=[])}, "'External ID'"),
        ({"GET__queue_of_1": queue(Cc=[user("boss")])}, "boss watch the queue General"),
        ({"GET__user_of_27": {"Name": "sync", "Timezone": "Asia/Tokyo"}}, "Asia/Tokyo"),
    ],
)
async def test_a_check_names_what_is_missing(more: dict[str, Any], words: str) -> None:
    async with desk(account(**more)) as there:
        found = (await there.check()).findings
    assert any(words in one for one in found), found


# --- lists


async def test_an_empty_desk_is_told_and_said_to_be_perhaps_none() -> None:
    async with desk(Script(GET__tickets=items(total=0), GET__transactions=items())) as there:
        pages = [page async for page in there.scan()]
    assert [page.note for page in pages if page.note] == [
        "rt shows no ticket, and has none of the ids 1 to 5: it seems to be empty"
    ]
    assert pages[-1].cursor == "0"


async def test_a_desk_whose_tickets_are_hidden_is_no_empty_one() -> None:
    script = Script(GET__tickets=items(total=0), GET__transactions=items(), GET__ticket_of_3=403)
    async with desk(script) as there:
        with pytest.raises(ConfigError, match="has some: it refuses ticket 3") as told:
            [page async for page in there.scan()]
    assert "ShowTicket" in told.value.hint


async def test_a_page_whose_rows_are_hidden_is_not_the_end() -> None:
    """Rows are taken out of a page after it was cut: between what we may see there may be pages of nothing."""

    def tickets(request: web.Request, body: Any) -> Any:
        if request.query.get("order") == "DESC":
            return items(row(900))
        if request.query["query"] == "id > 0":
            return items(row(1), row(2))
        if request.query["query"] == "id > 2":
            return {**items(row(900)), "page": 4} if request.query["page"] == "4" else items()
        return items()

    async with desk(Script(GET__tickets=tickets, GET__transactions=items())) as there:
        assert [ref.id async for page in there.scan() for ref in page.refs] == ["1", "2", "900"]


async def test_an_ignored_condition_is_no_answer() -> None:
    async with desk(Script(GET__tickets=items(row(1), row(2)), GET__transactions=items())) as there:
        with pytest.raises(ConfigError, match="not what was asked for"):
            _ = [page async for page in there.scan()]


async def test_a_page_that_comes_again_is_not_taken_for_the_next_one() -> None:
    full = [{"id": f"u{n}", "Name": f"u{n}"} for n in range(100)]
    script = Script(POST__users={**items(*full), "page": 1}, GET__tickets=items())
    async with desk(script) as there:
        with pytest.raises(ConfigError, match="page 1 came, page 2 was asked for"):
            _ = [value async for value in there.lookups()]


def transactions(*moves: dict[str, Any]) -> Answer:
    """These, above what is asked for."""

    def answer(request: web.Request, body: Any) -> Any:
        if request.query.get("order") == "DESC":
            return items(*moves[-1:])
        since = int(request.query["query"].split()[2])
        return items(*(one for one in moves if int(one["id"]) > since))

    return answer


async def test_changes_are_told_with_the_number_that_a_ticket_is_read_with() -> None:
    moves = [
        move(700, 5),
        move(990, 8),
        move(995, 7),
        move(1001, 8, "Comment"),
        move(1002, 9),
        move(1003, 8, "EmailRecord"),
    ]
    listed = items(row(5), row(7), row(8), row(9))
    script = Script(GET__transactions=transactions(*moves), GET__tickets=listed)
    async with desk(script, overlap=20) as there:
        pages = [page async for page in there.list_changed(Cursor("1000"))]
    refs = {ref.id: ref.version for page in pages for ref in page.refs}
    assert refs == {"7": "995", "8": "1001", "9": "1002"}, "less the overlap, and a copy of a mail is no change"
    assert pages[-1].cursor == "1002"
    assert not [query for query in script.queries("GET /tickets") if "LastUpdated" in query], "no clock is asked"


async def test_what_vanished_is_told_once_and_a_reminder_is_no_ticket() -> None:
    moves = [move(995, 4, "Status"), move(1001, 5, "Status"), move(1002, 6, "AddLink"), move(1003, 7)]
    script = Script(
        GET__transactions=transactions(*moves), GET__tickets=items(),
        GET__ticket_of_5=row(5, Status="deleted"), GET__ticket_of_6=row(60), GET__ticket_of_7=row(7, Type="reminder"),
    )  # fmt: skip
    async with desk(script) as there:
        refs = [ref.id async for page in there.list_changed(Cursor("1000")) for ref in page.refs]
    assert refs == ["5", "6"], "what had vanished before the cursor was told before"


# --- whole tickets


def whole(**more: Any) -> Script:
    """Ticket 8 with a text, a note and a file on it."""
    texts = {"31": "<p>first</p>", "32": "noted"}

    def attachments(request: web.Request, body: Any) -> Any:
        if body[0]["field"] == "id":
            return items(*({"id": id, "Content": texts[id]} for id in body[0]["value"]))
        return items(part(31, 1), part(32, 2, "text/plain"), part(33, 2, "image/png", "pic.png"))

    moves = transactions(move(1, 8), move(2, 8, "Comment"))
    return Script(
        **{"GET__tickets": items(row(8)), "GET__transactions": moves, "POST__attachments": attachments, **more}
    )


async def fetched(script: Script, *ids: str, **more: Any) -> list[Ticket | Unreadable]:
    async with desk(script, **more) as there:
        return await there.fetch([TicketId(id) for id in ids])


async def test_many_tickets_are_read_by_few_calls() -> None:
    script = whole()
    async with desk(script, overlap=0) as there:
        for _ in range(2):
            (found,) = await there.fetch([TicketId("8")])
    assert isinstance(found, Ticket)
    assert (found.body, [one.body for one in found.comments]) == ("<p>first</p>", ["noted"])
    assert found.comments[0].files == (File("33", "pic.png", 5),)
    first, again = 6 + 3, 5
    assert len(script.asked) == first + again, "of the first one nobody knows how old its last change is"


async def test_a_ticket_on_which_something_happens_while_it_is_read_is_read_until_it_rests() -> None:
    moves: list[dict[str, Any]] = [move(1, 8), move(2, 8, "Comment")]

    def tickets(request: web.Request, body: Any) -> Any:
        answer = items(row(8, Subject=f"after {moves[-1]['id']}"))
        if len(moves) < 4:
            moves.append(move(len(moves) + 1, 8, "Set"))  # right after RT has read the row
        return answer

    def history(request: web.Request, body: Any) -> Any:
        return transactions(*moves)(request, body)

    (found,) = await fetched(whole(GET__tickets=tickets, GET__transactions=history), "8", overlap=0)
    assert isinstance(found, Ticket)
    assert (found.title, found.version) == ("after 4", "4")


async def test_the_row_of_a_ticket_that_never_rests_is_not_older_than_its_history() -> None:
    moves = [move(1, 8), move(2, 8, "Comment")]

    def tickets(request: web.Request, body: Any) -> Any:
        answer = items(row(8, Subject=f"after {moves[-1]['id']}"))
        moves.append(move(len(moves) + 1, 8, "Set"))
        return answer

    def history(request: web.Request, body: Any) -> Any:
        return transactions(*moves)(request, body)

    (found,) = await fetched(whole(GET__tickets=tickets, GET__transactions=history), "8", overlap=0)
    assert isinstance(found, Ticket)
    assert int(found.title.split()[1]) >= int(found.version)
    assert int(moves[-1]["id"]) > int(found.version), "so it is told again"


async def test_a_ticket_that_is_in_no_list_is_gone_only_where_rt_says_so() -> None:
    script = whole(
        GET__ticket_of_5=row(5, Status="deleted"), GET__ticket_of_6=row(8), GET__ticket_of_9=row(9),
        GET__ticket_of_10=403,
    )  # fmt: skip
    found = await fetched(script, "5", "6", "7", "8", "9", "10")
    assert [(one.id, one.gone) for one in found if isinstance(one, Unreadable)] == [
        ("5", True), ("6", True), ("7", True), ("9", False), ("10", False),
    ]  # fmt: skip


async def test_what_is_no_number_is_asked_of_nobody() -> None:
    script = whole()
    (found,) = await fetched(script, "8 OR id > 0")
    assert isinstance(found, Unreadable)
    assert found.gone
    assert not script.queries("GET /tickets")


async def test_words_of_a_merged_ticket_are_read_with_the_other_one() -> None:
    merged = items(row(7, EffectiveId="8"), row(8))

    def attachments(request: web.Request, body: Any) -> Any:
        if body[0]["field"] == "id":
            return items({"id": "31", "Content": "a"}, {"id": "32", "Content": "b"})
        return items(part(31, 1, "text/plain"), part(32, 2, "text/plain"))

    moves = transactions(move(1, 7), move(2, 8))
    (found,) = await fetched(whole(GET__tickets=merged, GET__transactions=moves, POST__attachments=attachments), "8")
    assert isinstance(found, Ticket)
    assert (found.body, [one.body for one in found.comments]) == ("b", ["a"])


@pytest.mark.parametrize(
    "more",
    [
        {"GET__tickets": items(row(8), row(77))},
        {"GET__transactions": transactions(move(1, 8), move(2, 77))},
        {"POST__attachments": items(part(33, 77, "image/png", "pic.png"))},
        {"POST__attachments": (items(part(31, 1)), items())},
    ],
)
async def test_what_was_not_asked_for_or_does_not_come_is_never_left_out_in_silence(more: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        await fetched(whole(**more), "8")


async def test_a_ticket_whose_beginning_is_hidden_takes_no_other_one_with_it() -> None:
    moves = transactions(move(1, 8), move(2, 9, "Comment"))
    found = await fetched(whole(GET__tickets=items(row(8), row(9)), GET__transactions=moves), "8", "9")
    assert [type(one) for one in found] == [Ticket, Unreadable]


# --- files


def attachment(**more: Any) -> dict[str, Any]:
    content = base64.b64encode(b"\x89PNG\n").decode()
    return {
        "id": 33, "Filename": "pic.png", "ContentType": "image/png", "TransactionId": {"id": "2"}, "Content": content,
        "Headers": "Content-ID: <pic@x.org>\nContent-Length: 5", **more,
    }  # fmt: skip


async def downloaded(answer: Any, spool: Path) -> Download:
    async with desk(Script(GET__attachment_of_33=answer)) as there:
        return await there.download(TicketId("8"), "33", spool)


async def test_a_file_comes_byte_for_byte_with_the_name_texts_show_it_by(tmp_path: Path) -> None:
    found = await downloaded(attachment(), tmp_path)
    assert found.path is not None
    assert found.path.read_bytes() == b"\x89PNG\n"
    assert (found.name, found.content_type, found.size, found.shown_as) == (
        "pic.png",
        "image/png",
        5,
        ("cid:pic@x.org",),
    )
    assert list(tmp_path.iterdir()) == [found.path]


async def test_an_empty_file_and_one_without_a_name_are_files(tmp_path: Path) -> None:
    empty = await downloaded(attachment(Content=None, Headers="Content-Length: 0"), tmp_path)
    assert empty.size == 0
    assert (await downloaded(attachment(Filename=""), tmp_path)).name == "attachment-33.png"


@pytest.mark.parametrize(
    "answer",
    [
        403,
        404,
        "<html>log in</html>",
        [1],
        attachment(id=34),
        attachment(Headers="Content-Length: 6"),
        attachment(Content="%%%="),
        attachment(TransactionId=None),
    ],
)
async def test_what_is_not_this_file_is_refused_and_leaves_nothing(answer: Any, tmp_path: Path) -> None:
    with pytest.raises(Rejected):
        await downloaded(answer, tmp_path)
    assert not list(tmp_path.iterdir())


# --- people and lists


async def test_who_is_not_listed_without_those_out_of_use_is_not_active() -> None:
    ana, bob = ({"id": name, "Name": name, "EmailAddress": f"{name}@x.org"} for name in ("ana", "bob"))

    def users(request: web.Request, body: Any) -> Any:
        return items(ana, bob, total=2) if request.query.get("find_disabled_rows") else items(ana, total=1)

    script = Script(POST__users=users, GET__tickets=items(), GET__customfield_of_3={"Values": ["high"]})
    async with desk(script) as there:
        values = [value async for value in there.lookups()]
    assert [(one.id, one.active) for one in values if one.kind == "person"] == [("ana", True), ("bob", False)]
    assert {one.id for one in values if one.kind == "custom_field"} == {"3", "5"}, "the marker's own field is ours"
    assert [one.id for one in values if one.kind == "custom_option"] == ["3/high"]


async def test_statuses_of_other_lifecycles_are_found_in_tickets() -> None:
    def tickets(request: web.Request, body: Any) -> Any:
        query = request.query["query"]
        if "__Active__" in query:
            return items(row(5)) if "'waiting'" in query else items()
        left = [name for name in ("waiting", "dropped") if f"!= '{name}'" not in query]
        return items(*(row(5, Status=name) for name in left[:1]))

    async with desk(Script(GET__tickets=tickets, POST__users=items(total=0), GET__customfield_of_3={})) as there:
        found = {one.id: one.status_class async for one in there.lookups() if one.kind == "status"}
    assert (found["waiting"], found["dropped"]) == (StatusClass.OPEN, StatusClass.CLOSED)


async def test_an_address_is_nobodys_who_only_has_a_part_of_it() -> None:
    eva = {"id": "eva", "Name": "eva", "EmailAddress": "Eva@x.org"}
    async with desk(Script(POST__users=items({**eva, "EmailAddress": "eva@x.org.uk"}, eva, total=2))) as there:
        assert await there.known("eva@X.org") == "eva"
        assert await there.known("va@x.org") is None


async def test_a_person_is_made_as_somebody_who_asks_for_help() -> None:
    script = Script(POST__user=[201, {"type": "user", "id": "eva@x.org"}])
    async with desk(script) as there:
        someone = LookupValue("person", "7", "Eva", email="eva@x.org")
        assert (await there.invite(someone, pass_through)).id == "eva@x.org"
    assert script.sent("POST /user") == [
        {"Name": "eva@x.org", "EmailAddress": "eva@x.org", "RealName": "Eva", "Privileged": 0}
    ]


# --- looked for


async def test_a_hit_that_only_differs_in_case_is_none() -> None:
    other, ours = (row(id, CustomFields=[custom("2", "External ID", key)]) for id, key in ((4, "ig-1"), (6, "IG-1")))
    async with desk(Script(GET__tickets=items(other, ours, {**ours, "id": "9"}))) as there:
        assert await there.find([Key("IG-1")], None) == {"IG-1": "6"}


async def test_tickets_made_since_are_looked_at_one_by_one() -> None:
    def tickets(request: web.Request, body: Any) -> Any:
        query = request.query["query"]
        if "CF." in query:
            return items()
        return items(row(7), row(8)) if query == "id > 5" and request.query["order"] == "ASC" else items(total=0)

    async with desk(Script(GET__tickets=tickets)) as there:
        assert await there.find([Key("IG-1")], Newer(TicketId("5"), {"7"})) == {"IG-1": "8"}


# --- made


async def test_without_a_field_for_the_marker_nothing_is_written() -> None:
    script = Script(GET__queue_of_1=queue(TicketCustomFields=[]))
    async with desk(script) as there:
        with pytest.raises(ConfigError, match="External ID"):
            await there.admit()
    async with desk(script, queue=None) as there:
        await there.admit()
        with pytest.raises(ConfigError, match="External ID"):
            await there.create(draft(fields={"queue": "1"}), [])
    assert not script.sent("POST /ticket")


async def test_a_status_in_which_no_ticket_may_begin_comes_after() -> None:
    script = Script(POST__ticket=([400, {"message": "New tickets can not"}], made(8), made(9)))
    async with desk(script) as there:
        told = draft(fields={"status": "stalled"})
        assert (await there.create(told, [])).id == "8"
        assert (await there.create(told, [])).id == "9"
    assert [body.get("Status") for body in script.sent("POST /ticket")] == ["stalled", None, None]


@pytest.mark.parametrize(
    ("answer", "error"),
    [(400, Rejected), (403, Rejected), (404, ConfigError), (401, AuthFailed), (500, InDoubt), (200, InDoubt),
     ([201, {"type": "user", "id": "8"}], InDoubt), ([201, ["8"]], InDoubt), ("<html>", InDoubt), (302, ConfigError),
     (413, Rejected)],
)  # fmt: skip
async def test_an_answer_that_is_no_ticket_is_taken_for_what_it_says(answer: Any, error: type[SyncerError]) -> None:
    async with desk(Script(POST__ticket=answer)) as there:
        with pytest.raises(error):
            await there.create(draft(fields={}), [])


async def test_files_go_in_a_form_and_an_empty_one_in_json() -> None:
    script = Script(POST__ticket=made(8))
    full, empty = Download("Ä.txt", "text/plain", 2, content=b"\xfc\r"), Download("e", "text/plain", 0, content=b"")
    async with desk(script) as there:
        await there.create(draft(), [full])
        await there.create(draft(), [full, empty])
    form, inline = script.sent("POST /ticket")
    (file,) = form.files
    assert (file.part, file.name, file.content_type, file.content) == (
        "Attachments", "Ä.txt", "application/octet-stream", b"\xfc\r",
    )  # fmt: skip
    assert msgspec.json.decode(form.texts["JSON"])["Subject"] == "Ticket 8"
    assert [base64.b64decode(one["FileContent"]) for one in inline["Attachments"]] == [b"\xfc\r", b""]


async def test_a_file_that_is_too_large_is_named_and_counted() -> None:
    script = Script(POST__ticket=made(8))
    async with desk(script, max_file_mb=0.001) as there:
        large = Download("large.bin", "x/y", 2000, content=bytes(2000))
        assert (await there.create(draft(), [large])).losses == ("file_too_large",)
    assert "large.bin" in script.sent("POST /ticket")[0]["Content"]


async def test_a_file_whose_name_rt_would_cut_goes_under_another_one_which_is_told_and_counted() -> None:
    script = Script(POST__ticket=made(8))
    long = "ä" * 200 + ".tar.gz"
    names = {"../etc/passwd": "passwd", "a/b/": "b", "/": "file", long: "ä" * 126 + ".gz", "..": ".."}
    files = [Download(name, "x/y", 1, content=b"x") for name in names]
    async with desk(script) as there:
        assert (await there.create(draft(), files)).losses == ("value_not_kept",) * 4
    (sent,) = script.sent("POST /ticket")
    assert [file.name for file in sent.files] == list(names.values())
    text = msgspec.json.decode(sent.texts["JSON"])["Content"]
    for name, kept in names.items():
        assert (f"[File {name} (1 bytes) is here as {kept}.]" in text) == (name != kept)


async def test_a_name_that_no_form_keeps_goes_within_json_and_where_all_is_too_large_for_that_it_is_told(
    tmp_path: Path,
) -> None:
    script, path = Script(POST__ticket=made(8)), tmp_path / "large"
    odd = Download('a"b\t\n.txt', "x/y", 1, content=b"x")
    small, large = (Download("l", "x/y", size, path=path) for size in (15 << 20, 16 << 20))
    async with desk(script) as there:
        path.write_bytes(bytes(15 << 20))
        assert (await there.create(draft(), [odd, small])).losses == ("value_not_kept",)
        path.write_bytes(bytes(16 << 20))
        assert (await there.create(draft(), [odd, large])).losses == ("value_not_kept",)
    inline, form = script.sent("POST /ticket")
    assert [one["FileName"] for one in inline["Attachments"]] == ['a"b\t.txt', "l"]
    assert [file.name for file in form.files] == ["a%22b_%0A.txt", "l"]
    assert "is here as a%22b_%0A.txt.]" in msgspec.json.decode(form.texts["JSON"])["Content"]


# --- read back


async def test_what_rt_took_and_did_not_keep_is_counted() -> None:
    script = Script(GET__ticket_of_8=row(8, Subject="cut"))
    async with desk(script) as there:
        assert await take(there, draft(fields={"priority": "50"}), "verify") == ("value_not_kept", "value_not_kept")


async def test_files_that_are_not_there_are_counted_and_those_under_another_name() -> None:
    files = [Download(name, "x/y", size, content=bytes(size)) for name, size in (("a", 1), ("b", 2), ("c", 3))]
    hung = items(part(1, 1, "x/y", "a", 1), part(2, 1, "x/y", "B", 2))
    async with desk(
        Script(POST__ticket=made(8), GET__ticket_of_8=row(8), GET__ticket_of_8_of_attachments=hung)
    ) as there:
        told = draft()
        await there.create(told, files)
        assert sorted(await take(there, told, "verify")) == ["file_refused", "value_not_kept"]


async def test_a_marker_that_did_not_stick_is_written_again_and_else_nothing_goes_on() -> None:
    script = Script(GET__ticket_of_8=(row(8, CustomFields=[]), row(8)), PUT__ticket_of_8=["ok"])
    async with desk(script) as there:
        assert await take(there, draft(), "verify") == ()
    assert script.sent("PUT /ticket/8") == [{"CustomFields": {"2": "IG-1"}}]
    async with desk(Script(GET__ticket_of_8=row(8, CustomFields=[]), PUT__ticket_of_8=["Permission Denied"])) as there:
        with pytest.raises(ConfigError, match="does not keep the marker"):
            await take(there, draft(), "verify")


async def test_a_moment_in_a_custom_field_comes_right_in_any_time_zone() -> None:
    marked = custom("2", "External ID", "IG-1")
    off, right = (
        row(8, CustomFields=[marked, custom("5", "Due On", f"2026-05-05T{hour}:00:00Z")]) for hour in ("14", "10")
    )
    script = Script(GET__ticket_of_8=(off, right), PUT__ticket_of_8=["ok"])
    async with desk(script) as there:
        told = draft(custom={"5": datetime(2026, 5, 5, 10, 0, tzinfo=UTC)})
        assert await take(there, told, "verify") == ()
    assert script.sent("PUT /ticket/8") == [{"CustomFields": {"5": "2026-05-05 06:00:00"}}]


# --- its status


async def test_a_status_that_did_not_stick_is_set_and_seen() -> None:
    script = Script(GET__ticket_of_8=(row(8), row(8, Status="stalled")), PUT__ticket_of_8=["ok"])
    async with desk(script) as there:
        assert await take(there, draft(fields={"status": "stalled"}), "verify") == ()
    assert script.sent("PUT /ticket/8") == [{"Status": "stalled"}]


@pytest.mark.parametrize("answer", [{"status": "ERROR"}, "<html>log in</html>", [503, {}]])
async def test_a_change_whose_answer_is_none_is_in_doubt(answer: Any) -> None:
    async with desk(Script(GET__ticket_of_8=row(8), PUT__ticket_of_8=answer)) as there:
        with pytest.raises(InDoubt):
            await take(there, draft(fields={"status": "resolved"}), "verify")


async def test_a_change_that_is_answered_with_yes_and_not_done_parks_the_ticket() -> None:
    script = Script(GET__ticket_of_8=row(8), PUT__ticket_of_8=["That ticket has unresolved dependencies"])
    async with desk(script) as there:
        with pytest.raises(Rejected, match="unresolved dependencies"):
            await take(there, draft(fields={"status": "resolved"}), "verify")


async def test_a_ticket_that_ended_long_ago_says_so_although_words_opened_it_again() -> None:
    now, long_ago = "2026-11-30T20:18:07Z", "2021-02-03T04:05:06Z"
    closed = row(8, Status="resolved", Resolved=now)
    script = Script(GET__ticket_of_8=(closed, row(8, Status="resolved", Resolved=long_ago)), PUT__ticket_of_8=["ok"])
    comment = CommentDraft("7", Key("IG-1-c7"), None, "<p>hi</p>", True)
    told = draft(fields={"status": "resolved", "closed_at": "2021-02-03 04:05:06 UTC"}, comments=(comment,))
    async with desk(script) as there:
        assert await take(there, told, "status") == ()
        assert await there.happened(TicketId("8"), told, Step("status")) == ""
    assert script.sent("PUT /ticket/8") == [{"Resolved": "2021-02-03 04:05:06"}]


# --- what was said

COMMENT = CommentDraft("7", Key("IG-1-c7"), None, "<p>hi</p>", True)


@pytest.mark.parametrize(("public", "path"), [(True, "correspond"), (False, "comment")])
async def test_private_words_are_never_correspondence(public: bool, path: str) -> None:
    script = Script(**{f"POST__ticket_of_8_of_{path}": said(60)})
    told = draft(comments=(msgspec.structs.replace(COMMENT, public=public),))
    async with desk(script) as there:
        step = next(one for one in there.steps(told) if one.comment is not None)
        assert (await there.step(TicketId("8"), told, step, [], pass_through)).id == "60"
    assert len(script.sent(f"POST /ticket/8/{path}")) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [([201, ["Correspondence added"]], InDoubt), ([200, {"status": "ERROR"}], InDoubt), (broken, InDoubt),
     ([400, {"message": "Permission Denied"}], Rejected)],
)  # fmt: skip
async def test_words_are_in_doubt_unless_rt_names_what_they_became(answer: Any, error: type[SyncerError]) -> None:
    told = draft(comments=(COMMENT,))
    async with desk(Script(POST__ticket_of_8_of_correspond=answer)) as there:
        with pytest.raises(error):
            await take(there, told, "comment 7")


async def test_words_that_are_there_are_not_said_again_because_their_files_cannot_be_looked_at() -> None:
    script = Script(POST__ticket_of_8_of_correspond=said(60), GET__transaction_of_60_of_attachments=403)
    told = draft(comments=(msgspec.structs.replace(COMMENT, files=(File("1"),)),))
    async with desk(script) as there:
        assert await take(there, told, "comment 7", [Download("a", "x/y", 1, content=b"a")]) == ()


async def test_words_are_found_again_by_the_marker_at_their_end() -> None:
    def attachments(request: web.Request, body: Any) -> Any:
        if body[0]["field"] == "id":
            texts = {"31": "<p>[ext:IG-1-c7] I quote</p>", "32": "<p>hi</p><p>[ext:IG-1-c7]</p>"}
            return items(*({"id": id, "Content": texts[id]} for id in body[0]["value"]))
        return items(part(31, 1), part(32, 2))

    script = whole(POST__attachments=attachments, GET__transactions=transactions(move(1, 8), move(2, 8, "Correspond")))
    told = draft(comments=(COMMENT,))
    async with desk(script) as there:
        step = next(one for one in there.steps(told) if one.comment is not None)
        assert await there.happened(TicketId("8"), told, step) == "2"


# --- people, last


def test_people_come_when_nothing_more_is_said() -> None:
    there = RequestTracker(
        RequestTrackerConfig.model_validate({"name": "rt", "base_url": "http://x", "auth": {"token": TOKEN}})
    )
    told = draft(fields={"requester": "ana", "assignee": "agent", "status": "open"}, comments=(COMMENT,), cc=("cc",))
    assert [one.name for one in there.steps(told)] == ["verify", "comment 7", "status", "people", "owner"]


async def test_an_owner_is_given_in_a_step_of_its_own() -> None:
    """So that a lost answer puts nobody else on the ticket again."""
    told = draft(fields={"requester": "ana", "assignee": "agent"}, cc=("cc",))
    full = row(8, Requestor=[user("Ana")], Cc=[user("cc")], Owner=user("agent"))
    script = Script(GET__ticket_of_8=(row(8), full), PUT__ticket_of_8=["ok"])
    async with desk(script) as there:
        assert await there.happened(TicketId("8"), told, Step("owner")) is None
        assert await take(there, told, "people") == ()
        assert script.sent("PUT /ticket/8") == [{"Requestor": ["ana"], "Cc": ["cc"]}]
        assert await take(there, told, "owner") == ()
        assert script.sent("PUT /ticket/8")[1:] == [{"Owner": "agent"}]
        for name in ("people", "owner"):
            assert await there.happened(TicketId("8"), told, Step(name)) == ""


async def test_who_is_not_taken_is_counted() -> None:
    told = draft(fields={"requester": "ana", "assignee": "agent"}, cc=("cc",))
    async with desk(Script(GET__ticket_of_8=row(8, Cc=[user("cc")]), PUT__ticket_of_8=["no"])) as there:
        assert await take(there, told, "people") == ("value_not_kept",)
        assert await take(there, told, "owner") == ("assignee_as_text",)


async def test_an_address_at_which_rt_breaks_off_takes_no_other_one_with_it() -> None:
    def put(request: web.Request, body: Any) -> Any:
        return broken(request, body) if "help@rt" in str(body) else ["ok"]

    script = Script(GET__ticket_of_8=row(8, Cc=[user("a"), user("b")]), PUT__ticket_of_8=put)
    async with desk(script) as there:
        assert await take(there, draft(cc=("a", "help@rt", "b")), "people") == ("value_not_kept",)
    assert script.sent("PUT /ticket/8")[-1] == {"Cc": ["a", "b"]}


async def test_a_name_that_rt_would_take_for_somebody_else_is_not_told() -> None:
    script = Script(GET__ticket_of_8=row(8))
    async with desk(script) as there:
        assert await take(there, draft(cc=("4711", "group:all")), "people") == ("value_not_kept",) * 2
    assert not script.sent("PUT /ticket/8")


# --- links


@pytest.mark.parametrize(
    ("kind", "shown", "asked", "losses"),
    [("parent", "parent", "AddMemberOf", ()), ("child", "child", "AddMembers", ()),
     ("related", "refers-to", "AddRefersTo", ()), ("duplicate", "refers-to", "AddRefersTo", ("link_kind_lost",))],
)  # fmt: skip
async def test_a_link_is_made_once_and_seen(kind: Any, shown: str, asked: str, losses: tuple[str, ...]) -> None:
    linked = row(8, _hyperlinks=[{"ref": shown, "type": "ticket", "id": "9"}])
    script = Script(GET__ticket_of_8=(row(8), linked), PUT__ticket_of_8=["ok"])
    async with desk(script) as there:
        link = TicketLink(TicketId("9"), kind)
        assert (await there.link(TicketId("8"), link, pass_through)).losses == losses
        await there.link(TicketId("8"), link, pass_through)
        assert await there.linked(TicketId("8"), link)
    assert script.sent("PUT /ticket/8") == [{asked: 9}]


async def test_a_link_that_rt_says_yes_to_and_does_not_make_is_refused() -> None:
    async with desk(Script(GET__ticket_of_8=row(8), PUT__ticket_of_8=["Permission Denied"])) as there:
        with pytest.raises(Rejected, match="Permission Denied"):
            await there.link(TicketId("8"), TicketLink(TicketId("9")), pass_through)
