"""Tikting's calls that the operator configures, through real HTTP: off until tried, never doubled, never guessed."""

from __future__ import annotations

import asyncio
import re
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web
from pydantic import ValidationError

from syncer.deskkit.contract import Download, Step, TakesSteps
from syncer.deskkit.forms import read_form
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.desk import Tikting
from syncer.errors import AuthFailed, ConfigError, Fatal, InDoubt, LeaseLost, Rejected, Retryable, SyncerError
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId, Version
from syncer.model.lookups import LookupValue
from syncer.model.ticket import File
from tests.desks.serving import opened
from tests.desks.tikting_site import ANN, LOGIN, REGISTER, RITA, STATUS, Site, said, sent

REPLY = {"method": "POST", "path": "/api/x/reply/{id}", "fields": {"message": "Text"}, "tested": True}
CLOSE = {"method": "POST", "path": "/api/x/close/{id}", "tested": True}
RESOLVE = {"method": "PUT", "path": "/api/x/resolve/{id}", "tested": True}
UPDATE = {"method": "PUT", "path": "/api/x/{id}", "fields": {"status": "StatusId"}, "tested": True}
ATTACH = {"method": "POST", "path": "/api/x/{id}/files", "encoding": "multipart", "fields": {"files": "Upload"},
          "tested": True}  # fmt: skip
ALL = {"method": "GET", "path": "/api/Users/all", "tested": True}
SEARCH = {"method": "GET", "path": "/api/Users/search/{search}", "tested": True}
REFRESH = {"method": "POST", "path": "/api/Users/refresh", "tested": True}
SENT = {"reply": "POST /api/x/reply/1", "close": "POST /api/x/close/1", "resolve": "PUT /api/x/resolve/1",
        "update": "PUT /api/x/1", "attach": "POST /api/x/1/files"}  # fmt: skip


def config(url: str = "http://desk.example", **more: Any) -> TiktingConfig:
    block = {"name": "new", "base_url": url, "timeout": 4, "search_lag": 0.1, "registrations": None,
             "budget": {"per_second": 5000, "parallel": 8},
             "auth": {"email": "sync@example.org", "password": "sandbox-secret"}, **more}  # fmt: skip
    return TiktingConfig.model_validate(block)


def desk(site: Site, endpoints: Any, **more: Any) -> AbstractAsyncContextManager[Tikting]:
    return opened(site, lambda url: Tikting(config(url, endpoints=endpoints, **more)))


def comment(number: int = 5, **more: Any) -> CommentDraft:
    made = {"id": str(number), "key": Key(f"IG-1-c{number}"), "author": None, "body": "a\nb ✓", "public": True, **more}
    return CommentDraft(**made)


def draft(status: str = "open", **more: Any) -> Draft:
    fields = {"requester": RITA, "status": str(STATUS[status]), "site_id": "101", "department_id": "201"}
    made = {"title": "Jam [IG-1]", "body": "b", **more, "fields": {**fields, **more.get("fields", {})}}
    return Draft(source_id=TicketId("1"), version=Version("1"), key=Key("IG-1"), **made)


def no_fence() -> None:
    """Everybody may write."""


async def does(new: Tikting, step: Step, files: Any = (), of: Draft | None = None) -> Any:
    return await new.step(TicketId("1"), of or draft(), step, files, no_fence)


def calls(site: Site) -> list[str]:
    """What was written, in order."""
    return [f"{method} {path}" for method, path, _ in site.asked if path.startswith("/api/x/")]


def bodies(site: Site) -> list[Any]:
    return [body for _, path, body in site.asked if path.startswith("/api/x/")]


# What may be configured


WRONG = [
    ({"ticket.delete": {"method": "POST", "path": "/api/x/{id}"}}, "ticket.delete: syncer never deletes"),
    ({"user.forgot_password": {"method": "POST", "path": "/api/x"}}, "forgot_password: syncer never"),
    ({"ticket.reply": {**REPLY, "path": "/api/Tickets/Delete/{id}"}}, "nothing that deletes"),
    ({"ticket.close": {**CLOSE, "path": "/api/users/resetPassword/{id}"}}, "has to do with passwords"),
    ({"ticket.close": {**CLOSE, "method": "DELETE"}}, "'GET', 'POST', 'PUT' or 'PATCH'"),
    ({"ticket.forward": CLOSE}, "ticket.forward"),
    ({"ticket.reply": {**REPLY, "path": "https://evil.example/{id}"}}, "must begin with /"),
    ({"ticket.reply": {**REPLY, "path": "//evil.example/{id}"}}, "must begin with /"),
    ({"ticket.reply": {**REPLY, "path": "api/x/{id}"}}, "must begin with /"),
    ({"ticket.reply": {**REPLY, "path": "/api/../x/{id}"}}, "must begin with /"),
    ({"ticket.reply": {**REPLY, "path": "/api/%2e%2e/{id}"}}, "must begin with /"),
    ({"ticket.reply": {**REPLY, "path": "/api/x/{id}?force=1"}}, "must begin with /"),
    ({"ticket.reply": {**REPLY, "path": "/api/x/{id}#a"}}, "must begin with /"),
    ({"ticket.reply": {**REPLY, "path": "/api/x/{id} "}}, "must begin with /"),
    ({"ticket.reply": {**REPLY, "path": "/api\\x/{id}"}}, "must begin with /"),
    ({"ticket.reply": {**REPLY, "path": "/api/{id}{"}}, "must begin with /"),
    ({"ticket.reply": {**REPLY, "path": "/api/{id}/{user}"}}, r"ticket.reply: path: user: only \{id\} is put in"),
    ({"user.all": {**ALL, "path": "/api/{id}"}}, "user.all: path: id: nothing is put in"),
    ({"ticket.reply": {**REPLY, "path": "/api/x/reply"}}, "nothing says which one"),
    ({"ticket.reply": {**REPLY, "fields": {}}}, "ticket.reply: fields: message is missing"),
    ({"ticket.reply": {**REPLY, "fields": {"message": None}}}, "ticket.reply: fields: message is missing"),
    ({"ticket.reply": {**REPLY, "fields": {"message": "a", "words": "b"}}}, "fields: words: there are id"),
    ({"ticket.reply": {**REPLY, "fields": {"message": "a", "files": "b"}}}, "files travel with encoding: multipart"),
    ({"ticket.reply": {**REPLY, "method": "GET"}}, "a GET changes nothing"),
    ({"ticket.reply": {**REPLY, "success": [200, 404]}}, "less than or equal to 299"),
    ({"ticket.reply": {**REPLY, "success": []}}, "at least 1"),
    ({"ticket.update": {**UPDATE, "fields": {"id": "T"}}}, "ticket.update: fields: nothing of a ticket is among them"),
    ({"ticket.close": {**CLOSE, "read_back": True}}, "read_back is for ticket.reply"),
    ({"ticket.close": {**CLOSE, "url": "x"}}, "Extra inputs"),
    ({"user.all": {**ALL, "method": "PUT"}}, "user.all: a PUT changes something"),
    ({"ticket.reply": {**REPLY, "result": "data"}}, "ticket.reply: result is for calls of users"),
    ({"user.all": {**ALL, "result_id": "id"}}, "user.all: result_id is for calls that make something"),
    ({"user.all": {**ALL, "encoding": "form"}}, "user.all: encoding: this call has no body: a GET has it all"),
    ({"user.refresh": {**REFRESH, "encoding": "form"}}, "user.refresh: encoding: this call has no body"),
    ({"user.all": {**ALL, "fields": {"length": "size"}}}, "user.all: fields: length without page"),
    ({"user.search": {**SEARCH, "fields": {"length": "size", "page": None}}}, "user.search: fields: length without"),
]  # fmt: skip


@pytest.mark.parametrize(("endpoints", "why"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
def test_a_call_that_must_not_be_is_refused_when_the_config_is_read(endpoints: Any, why: str) -> None:
    with pytest.raises(ValidationError, match=why.replace("(", r"\(")):
        config(endpoints=endpoints)


def test_what_is_right_is_taken() -> None:
    config(endpoints={
        "ticket.reply": {**REPLY, "encoding": "multipart", "fields": {"message": "m", "files": "f", "public": None}},
        "ticket.close": {**CLOSE, "path": "/api/TicketsApi/close", "fields": {"id": "TicketId", "message": "why"}},
        "ticket.resolve": RESOLVE, "ticket.update": UPDATE, "ticket.attach": ATTACH, "user.all": ALL,
        "user.search": {**SEARCH, "path": "/api/Users/find", "fields": {"search": "q"}}, "user.refresh": REFRESH,
    })  # fmt: skip


@pytest.mark.parametrize("path", ["files/{file}", "/files", "//host/{file}", "/../{file}", "https://host/{file}"])
def test_a_path_of_files_stays_on_the_desk(path: str) -> None:
    with pytest.raises(ValidationError, match="must begin with /"):
        config(file_path=path)


@pytest.mark.parametrize("more", [{"instance_timezone": "Mars"}, {"fields": {"headline": ["a"]}},
                                  {"fields": {"id": ["a b"]}},
                                  {"fields": {"id": [".a"]}}, {"fields": {"id": [""]}}], ids=str)  # fmt: skip
def test_a_field_map_or_zone_that_means_nothing_is_refused(more: Any) -> None:
    with pytest.raises(ValidationError):
        config(**more)


# What they make possible


@pytest.mark.parametrize("tested", [True, False])
async def test_a_call_counts_when_it_was_tried_and_not_before(tested: bool) -> None:
    every = {"ticket.reply": REPLY, "ticket.close": CLOSE, "ticket.attach": ATTACH,
             "ticket.update": {**UPDATE, "fields": {"assignee": "a"}}}  # fmt: skip
    site = Site()
    async with desk(site, {key: {**one, "tested": tested} for key, one in every.items()}) as new:
        facts = new.capabilities
        assert isinstance(new, TakesSteps)
        assert (facts.takes_comments, facts.keeps_status, "assignee" in facts.fields) == (tested, tested, tested)
        assert not facts.keeps_private
        one = draft("closed", comments=(comment(files=(File("a"),)),), fields={"assignee": ANN})
        names = ["assign", "reply 5", "file 5 1", "status"] if tested else []
        assert [step.name for step in new.steps(one)] == names
        said = (await new.check()).findings
        assert [s.partition(" ")[0] for s in said] == ([] if tested else list(every))
        assert any(mail.on == "reply" for mail in facts.mails) == tested


async def test_without_calls_a_ticket_is_registered_and_that_is_all() -> None:
    site = Site()
    site.always[f"POST {REGISTER}"] = sent({"id": 7}, 201)
    async with desk(site, {}) as new:
        assert new.steps(draft("closed", comments=(comment(),))) == []
        assert not new.capabilities.keeps_status
        assert (await new.create(draft("closed"), ())).id == "7"
    assert registered(site)["TicketStatusId"] == "4"


def registered(site: Site) -> dict[str, str]:
    (body,) = [body for _, path, body in site.asked if path == REGISTER]
    boundary = body.partition(b"\r\n")[0][2:].decode()
    form = read_form(f"multipart/form-data; boundary={boundary}", body)
    assert form is not None
    return form.texts


@pytest.mark.parametrize(
    ("endpoints", "more", "status", "first"),
    [
        ({"ticket.close": CLOSE}, {}, "closed", "1"), ({"ticket.close": CLOSE}, {}, "hold", "1"),
        ({"ticket.close": CLOSE}, {}, "open", "1"), ({"ticket.update": UPDATE}, {}, "pending", "1"),
        ({"ticket.close": CLOSE}, {"register_status": "any"}, "closed", "4"),
        ({"ticket.close": CLOSE}, {"open_status": 9}, "closed", "9"), ({"ticket.reply": REPLY}, {}, "closed", "4"),
    ],
    ids=str,
)  # fmt: skip
async def test_a_ticket_whose_status_comes_later_is_registered_as_open(
    endpoints: Any, more: Any, status: str, first: str
) -> None:
    site = Site()
    site.always[f"POST {REGISTER}"] = sent({"id": 7}, 201)
    async with desk(site, endpoints, **more) as new:
        await new.admit()
        asked = len(site.asked)
        await new.create(draft(status), ())
        assert len(site.asked) == asked + 1  # nothing is asked between the announcement and the write
        assert ("status" in [step.name for step in new.steps(draft(status))]) == (first != "4")
    assert registered(site)["TicketStatusId"] == first


async def test_a_ticket_of_another_open_status_is_registered_in_it() -> None:
    site = Site()
    site.always[f"POST {REGISTER}"] = sent({"id": 7}, 201)
    site.lists = {**site.lists, "status": [*site.lists["status"], {"id": 8, "status": "New", "statusType": 1}]}
    async with desk(site, {"ticket.close": CLOSE}) as new:
        await new.create(draft(fields={"status": "8"}), ())
    assert registered(site)["TicketStatusId"] == "8"


async def test_without_an_open_status_nothing_is_registered() -> None:
    site = Site()
    site.lists = {**site.lists, "status": [{"id": 4, "status": "Closed", "statusType": 4}]}
    async with desk(site, {"ticket.close": CLOSE}) as new:
        with pytest.raises(ConfigError, match="no status of the type open") as raised:
            await new.create(draft("closed"), ())
    assert "open_status" in raised.value.hint
    assert site.count("POST", REGISTER) == 0


# Replies


async def test_a_reply_carries_its_marker_and_goes_as_the_operator_says() -> None:
    site = Site([1])
    site.always[SENT["reply"]] = sent({"data": {"Id": 77}}, 201)
    async with desk(site, {"ticket.reply": {**REPLY, "result_id": "Data.id"}}) as new:
        (step,) = new.steps(draft(comments=(comment(),)))
        assert (await does(new, step)).id == "77"
    assert bodies(site) == [{"Text": "a\nb ✓\n\n[IG-1-c5]"}]


@pytest.mark.parametrize("encoding", ["json", "form", "multipart"])
async def test_a_reply_in_every_encoding(encoding: str) -> None:
    fields = {"message": "Reply.Text", "id": "TicketId", "public": "IsPublic"}
    site = Site([1])
    types: list[str] = []
    raw: list[bytes] = []

    async def taken(request: web.Request) -> web.Response:
        types.append(request.headers["Content-Type"])
        raw.append(await request.read())
        return web.Response(status=204)

    site.always["POST /api/x/reply"] = taken
    endpoint = {**REPLY, "path": "/api/x/reply", "encoding": encoding, "fields": fields}
    async with desk(site, {"ticket.reply": endpoint}, text_mode="html") as new:
        (step,) = new.steps(draft(comments=(comment(body="<p>é & ü</p>"),)))
        assert (await does(new, step)).id == ""
    text = "<p>é & ü</p><p>[IG-1-c5]</p>"
    if encoding == "json":
        assert msgspec.json.decode(raw[0]) == {"Reply.Text": text, "TicketId": 1, "IsPublic": True}
    elif encoding == "form":
        from urllib.parse import parse_qs

        assert types == ["application/x-www-form-urlencoded"]
        assert parse_qs(raw[0].decode()) == {"Reply.Text": [text], "TicketId": ["1"], "IsPublic": ["true"]}
    else:
        form = read_form(types[0], raw[0])
        assert form is not None
        assert form.texts == {"Reply.Text": text, "TicketId": "1", "IsPublic": "true"}


async def test_files_go_with_a_reply_that_takes_them(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"x" * 300_000)
    files = [Download("ä.txt", "text/plain", 1, content=b"a"),
             Download("l.bin", "application/octet-stream", 300_000, path=large)]  # fmt: skip
    site = Site([1])
    site.answers[SENT["reply"]] = [said(401), sent({})]
    endpoint = {**REPLY, "encoding": "multipart", "fields": {"message": "Text", "files": "Up"}}
    async with desk(site, {"ticket.reply": endpoint, "ticket.attach": ATTACH}) as new:
        (step,) = new.steps(draft(comments=(comment(files=(File("a"), File("b"))),)))
        assert step.comment is not None
        assert len(step.comment.files) == 2
        assert (await does(new, step, files)).losses == ()
    first, second = bodies(site)  # the token had run out, and a stream is not read twice
    assert first == second
    form = read_form("multipart/form-data; boundary=" + second.partition(b"\r\n")[0][2:].decode(), second)
    assert form is not None
    assert [(f.part, f.name, len(f.content)) for f in form.files] == [("Up", "ä.txt", 1), ("Up", "l.bin", 300_000)]


async def test_files_too_large_for_a_reply_are_named_and_it_goes_without_them() -> None:
    site = Site([1])
    site.answers[SENT["reply"]] = [said(413), sent({})]
    endpoint = {**REPLY, "encoding": "multipart", "fields": {"message": "Text", "files": "Up"}}
    async with desk(site, {"ticket.reply": endpoint}, text_mode="html") as new:
        file = Download("<b>.txt", "text/plain", 9, content=b"x" * 9)
        assert (await does(new, Step("reply 5", comment(files=(File("a"),))), [file])).losses == ("file_too_large",)
        site.answers[SENT["reply"]] = [said(413)]
        with pytest.raises(Rejected) as raised:
            await does(new, Step("reply 5", comment()))
        assert raised.value.reason == "too_large"
    assert b"<p>[File &lt;b&gt;.txt (9 bytes) was too large and is not here.]</p><p>[IG-1-c5]</p>" in bodies(site)[1]
    assert b"filename" not in bodies(site)[1]


async def test_files_no_call_takes_are_named_and_counted() -> None:
    site = Site([1])
    site.always[SENT["reply"]] = sent({})
    async with desk(site, {"ticket.reply": REPLY}) as new:
        one = draft(comments=(comment(files=(File("a"), File("b"))),))
        (step,) = new.steps(one)
        assert step.comment is not None
        assert step.comment.files == ()  # so that none is fetched in vain
        assert (await does(new, step, of=one)).losses == ("file_not_taken",) * 2
    assert bodies(site) == [{"Text": "a\nb ✓\n\n[2 files of this were not brought over.]\n\n[IG-1-c5]"}]


async def test_a_private_note_is_never_a_reply() -> None:
    site = Site([1])
    site.always[SENT["reply"]] = sent({})
    async with desk(site, {"ticket.reply": {**REPLY, "fields": {"message": "m", "public": "p"}}}) as new:
        with pytest.raises(Rejected, match="private note"):
            await does(new, Step("reply 5", comment(public=False)))
    assert calls(site) == []


ANSWERS = [
    (said(500), InDoubt), (said(503), InDoubt), (said(408), InDoubt), (said(202), InDoubt),
    (said(200, "<html>Log in"), InDoubt), (said(302, Location="/tickets/1"), InDoubt),
    (said(302, Location="/Account/Login"), AuthFailed), (said(401), AuthFailed), (said(403), AuthFailed),
    (said(429, **{"Retry-After": "7"}), Retryable), (said(404), ConfigError), (said(405), ConfigError),
    (said(415), ConfigError), (said(301, Location="/x"), ConfigError), (said(400, "no"), Rejected),
    (said(409), Rejected), (said(422), Rejected), (said(413), Rejected),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "error"), ANSWERS, ids=lambda v: getattr(v, "__name__", ""))
@pytest.mark.parametrize("name", ["reply", "close", "update", "attach"])
async def test_an_answer_is_a_doubt_unless_the_desk_surely_did_nothing(
    name: str, answer: Any, error: type[SyncerError]
) -> None:
    site = Site([1])
    site.always[SENT[name]] = answer
    endpoints = {"ticket.reply": REPLY, "ticket.attach": ATTACH, f"ticket.{name}": {
        "reply": REPLY, "close": CLOSE, "update": UPDATE, "attach": ATTACH}[name]}  # fmt: skip
    step = {"reply": Step("reply 5", comment()), "close": Step("status"), "update": Step("status"),
            "attach": Step("file 5 1", comment(files=(File("a"),)))}[name]  # fmt: skip
    async with desk(site, endpoints) as new:
        files = [Download("a.txt", "text/plain", 1, content=b"a")] if name == "attach" else []
        if name == "attach" and error is Rejected:
            assert (await does(new, step, files)).losses[0] in {"file_refused", "file_too_large"}
            assert (await does(new, step)).losses == ()
            return
        with pytest.raises(SyncerError) as raised:
            await does(new, step, files, of=draft("closed"))
        assert type(raised.value) is error
        if error is Retryable:
            assert 6 < (raised.value.after or 0) < 8  # type: ignore[attr-defined]
    assert len(calls(site)) == (2 if (type(raised.value) is AuthFailed and "401" in raised.value.message)
                                or ("302" in raised.value.message and error is AuthFailed) else 1)  # fmt: skip


async def test_a_404_for_a_ticket_that_is_gone_is_about_that_ticket_only() -> None:
    async with desk(Site(), {"ticket.reply": REPLY}) as new:
        with pytest.raises(Rejected, match="not there any more"):
            await does(new, Step("reply 5", comment()))


async def test_a_lost_connection_is_a_doubt() -> None:
    site = Site([1])

    async def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    site.always[SENT["reply"]] = cut
    async with desk(site, {"ticket.reply": REPLY}) as new:
        with pytest.raises(InDoubt):
            await does(new, Step("reply 5", comment()))
    assert len(calls(site)) == 1


async def test_nothing_is_written_by_who_may_not_write_any_more() -> None:
    site = Site([1])
    site.always[SENT["reply"]] = site.always[SENT["close"]] = sent({})

    def fence() -> None:
        raise LeaseLost("somebody else is the writer")

    async with desk(site, {"ticket.reply": REPLY, "ticket.close": CLOSE}) as new:
        for step in (Step("reply 5", comment()), Step("status")):
            with pytest.raises(LeaseLost):
                await new.step(TicketId("1"), draft("closed"), step, (), fence)
    assert calls(site) == []


async def test_a_log_in_that_took_the_time_of_an_attempt_sends_nothing_in_it() -> None:
    site = Site([1])
    site.answers[SENT["reply"]] = [said(401)]
    slow = site._answer

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == LOGIN and site.log_ins:
            await asyncio.sleep(0.7)
        return await slow(request)

    site._answer = answer  # type: ignore[method-assign]
    async with desk(site, {"ticket.reply": REPLY}, timeout=1) as new:
        with pytest.raises(Retryable, match="goes again") as raised:
            await does(new, Step("reply 5", comment()))
    assert raised.value.after == 0
    assert len(calls(site)) == 1


# What became of a lost answer


READ_BACK = {**REPLY, "read_back": True}
SAYING = "x [IG-1-c5] y"


@pytest.mark.parametrize(
    ("endpoint", "shown", "there"),
    [
        (READ_BACK, {"replies": [{"id": 1, "body": "<p>x</p><p>[IG-1-c5]</p>"}]}, ""),
        (READ_BACK, {"replies": [{"id": 1, "body": "[IG-1-c55] [IG-1-c5-f1] [XIG-1-c5]"}]}, None),
        (READ_BACK, {"replies": []}, None),
        (READ_BACK, {"replies": None}, None),
        (READ_BACK, {"comments": [{"message": SAYING}]}, ""),
        (READ_BACK, {}, "unknown"),
        (READ_BACK, {"replies": 5}, "unknown"),
        (REPLY, {"replies": [{"id": 1, "body": SAYING}]}, ""),
        (REPLY, {"replies": [{"id": 1, "body": "another"}]}, "unknown"),
        (REPLY, {"replies": []}, "unknown"),
        (REPLY, {}, "unknown"),
    ],
)
async def test_a_lost_reply_is_looked_for_and_where_nobody_can_tell_that_is_said(
    endpoint: Any, shown: Any, there: str | None
) -> None:
    site = Site([1])
    site.tickets[1].update(shown)
    async with desk(site, {"ticket.reply": endpoint}) as new:
        (step,) = new.steps(draft(comments=(comment(),)))
        if there == "unknown":
            with pytest.raises(Rejected, match=r"does not show what ticket\.reply made"):
                await new.happened(TicketId("1"), draft(), step)
        else:
            assert await new.happened(TicketId("1"), draft(), step) == there


@pytest.mark.parametrize("answer", [said(404), said(403), said(200, "{"), sent({"id": 2, "title": "x"})])
async def test_a_look_that_shows_nothing_is_no_proof_of_absence(answer: Any) -> None:
    site = Site([1])
    site.always["GET /api/TicketsApi/1"] = answer
    async with desk(site, {"ticket.reply": READ_BACK, "ticket.close": CLOSE}) as new:
        for step in (Step("reply 5", comment()), Step("status")):
            with pytest.raises(Rejected):
                await new.happened(TicketId("1"), draft("closed"), step)


@pytest.mark.parametrize(
    ("names", "there"),
    [(["IG-1-c5-f1 a.txt"], ""), (["9f_IG-1-c5-f1_a.txt"], ""), (["IG-1-c5-f11 a.txt", "a.txt"], None), ([], None)],
)
async def test_a_lost_file_is_looked_for_by_the_marker_before_its_name(names: list[str], there: str | None) -> None:
    site = Site([1])
    site.tickets[1]["attachments"] = [{"id": n, "fileName": name} for n, name in enumerate(names, 1)]
    async with desk(site, {"ticket.reply": REPLY, "ticket.attach": {**ATTACH, "read_back": True}}) as new:
        step = new.steps(draft(comments=(comment(files=(File("a"),)),)))[1]
        assert await new.happened(TicketId("1"), draft(), step) == there
    async with desk(site, {"ticket.reply": REPLY, "ticket.attach": ATTACH}) as new:
        if there is None:
            with pytest.raises(Rejected, match=r"ticket\.attach"):
                await new.happened(TicketId("1"), draft(), step)


async def test_a_file_among_those_of_a_reply_is_seen_too() -> None:
    site = Site([1])
    site.tickets[1] |= {"attachments": [], "replies": [{"id": 1, "body": "x", "files": [{"name": "IG-1-c5-f1 a"}]}]}
    async with desk(site, {"ticket.reply": REPLY, "ticket.attach": {**ATTACH, "read_back": True}}) as new:
        step = new.steps(draft(comments=(comment(files=(File("a"),)),)))[1]
        assert await new.happened(TicketId("1"), draft(), step) == ""


# Files of their own


async def test_each_file_of_a_comment_is_a_step_of_its_own() -> None:
    site = Site([1])
    site.always[SENT["reply"]] = sent({})
    site.answers[SENT["attach"]] = [sent({"Id": 3}), said(413), sent({}), said(400), said(400), sent({})]
    endpoints = {"ticket.reply": REPLY, "ticket.attach": {**ATTACH, "result_id": "id"}}
    async with desk(site, endpoints) as new:
        one = draft(comments=(comment(files=(File("a"), File("b"))),))
        reply, first, second = new.steps(one)
        assert (reply.name, first.name, second.name) == ("reply 5", "file 5 1", "file 5 2")
        assert [s.comment.files for s in (reply, first, second) if s.comment] == [(), (File("a"),), (File("b"),)]
        assert (await does(new, reply, of=one)).losses == ()
        file = Download("a.txt", "text/plain", 1, content=b"a")
        made = await does(new, first, [file])
        assert (made.id, made.losses) == ("3", ())
        assert (await does(new, first, [file])).losses == ("file_too_large",)
        assert (await does(new, second, [file])).losses == ("file_refused",)
        lost = Step(first.name, comment(key=Key("IG-1-c5-f1"), body="\n\n[File a could not be read: gone]"))
        assert (await does(new, lost)).losses == ()
    bodies_of_files = [body for _, path, body in site.asked if path.endswith("/files")]
    assert bodies(site)[0] == {"Text": "a\nb ✓\n\n[IG-1-c5]"}
    assert b'name="Upload"; filename="IG-1-c5-f1 a.txt"' in bodies_of_files[0]
    assert b'filename="IG-1-c5-f1 not taken.txt"' in bodies_of_files[2]
    assert b"a.txt (1 bytes) was refused and is not here." in bodies_of_files[2]
    assert b'filename="IG-1-c5-f2 a.txt"' in bodies_of_files[3]
    assert b'filename="IG-1-c5-f1 not read.txt"' in bodies_of_files[5]
    assert b"[File a could not be read: gone]" in bodies_of_files[5]


# The status


def obeying(site: Site, name: str, status: int | None) -> None:
    """The call is taken, and leads to this status if to any."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if status is not None:
            site.tickets[1]["ticketStatusId"] = status
        return web.Response(status=204)

    site.always[SENT[name]] = answer


@pytest.mark.parametrize(
    ("endpoints", "status", "led_to", "sent_by", "losses"),
    [
        (["close"], "closed", 4, ["close"], ()),
        (["close"], "closed", 6, ["close"], ("value_not_kept",)),
        (["close"], "solved", None, [], ("status_as_text",)),
        (["close"], "hold", None, [], ("status_as_text",)),
        (["close"], "open", None, [], ()),
        (["resolve", "close"], "solved", 3, ["resolve"], ()),
        (["resolve", "close", "update"], "closed", 4, ["close"], ()),
        (["resolve", "update"], "closed", 4, ["update"], ()),
        (["update"], "pending", 2, ["update"], ()),
        (["update"], "hold", 5, ["update"], ()),
    ],
)
async def test_a_ticket_comes_to_its_status_by_the_call_for_it(
    endpoints: list[str], status: str, led_to: int | None, sent_by: list[str], losses: tuple[str, ...]
) -> None:
    site = Site([1])
    for name in endpoints:
        obeying(site, name, led_to)
    blocks = {"close": CLOSE, "resolve": RESOLVE, "update": UPDATE}
    async with desk(site, {f"ticket.{name}": blocks[name] for name in endpoints}) as new:
        one = draft(status)
        before = await new.happened(TicketId("1"), one, Step("status"))
        assert before == ("" if status == "open" else None)
        assert (await does(new, Step("status"), of=one)).losses == losses
        assert calls(site) == [SENT[name] for name in sent_by]
        if sent_by:
            assert await new.happened(TicketId("1"), one, Step("status")) == ""
            assert (await does(new, Step("status"), of=one)).losses == ()  # again changes nothing
            assert len(calls(site)) == 1


@pytest.mark.parametrize(("name", "led_to"), [("close", None), ("close", 3), ("update", None), ("update", 6)])
async def test_a_status_that_did_not_come_is_told(name: str, led_to: int | None) -> None:
    site = Site([1])
    obeying(site, name, led_to)
    async with desk(site, {f"ticket.{name}": {"close": CLOSE, "update": UPDATE}[name]}) as new:
        with pytest.raises(Rejected, match="did not come to status 4 by ticket"):
            await does(new, Step("status"), of=draft("closed"))
        assert await new.happened(TicketId("1"), draft("closed"), Step("status")) is None


async def test_a_status_that_tickets_do_not_show_is_counted_and_cannot_be_looked_for() -> None:
    site = Site([1])
    del site.tickets[1]["ticketStatusId"]
    site.always[SENT["close"]] = sent({})
    async with desk(site, {"ticket.close": CLOSE}) as new:
        assert (await does(new, Step("status"), of=draft("closed"))).losses == ("status_as_text",)
        with pytest.raises(Rejected, match="does not show status"):
            await new.happened(TicketId("1"), draft("closed"), Step("status"))
    assert calls(site) == [SENT["close"]]


async def test_calls_are_told_what_they_have_names_for() -> None:
    site = Site([1])
    obeying(site, "close", 4)
    endpoint = {**CLOSE, "fields": {"message": "Why", "status": "StatusId", "id": None}}
    async with desk(site, {"ticket.close": endpoint}) as new:
        await does(new, Step("status"), of=draft("closed"))
    assert bodies(site) == [{"Why": "This ticket had ended where it came from.", "StatusId": 4}]


async def test_a_call_that_wants_the_whole_ticket_gets_it_as_it_was_registered_and_stands_now() -> None:
    fields = {"title": "T", "description": "D", "requester": "C", "site": "S", "department": "Dep",
              "status": "St", "ticket_type": "Ty", "priority": "P", "category": "Ca", "group": "G", "level": "L",
              "assignee": "A"}  # fmt: skip
    site = Site([1])
    site.tickets[1] |= {"assigneeId": ANN, "ticketStatusId": 2}

    async def taken(request: web.Request) -> web.StreamResponse:
        body = msgspec.json.decode(await request.read())
        site.tickets[1] |= {"assigneeId": body["A"], "ticketStatusId": body["St"]}
        return web.Response(status=200, text="{}")

    site.always[SENT["update"]] = taken
    one = draft("hold", title="1", fields={"priority": "3", "assignee": RITA})
    async with desk(site, {"ticket.update": {**UPDATE, "fields": fields}}) as new:
        assert [step.name for step in new.steps(one)] == ["assign", "status"]
        assert await new.happened(TicketId("1"), one, Step("assign")) is None
        for step in new.steps(one):
            assert (await does(new, step, of=one)).losses == ()
        assert await new.happened(TicketId("1"), one, Step("assign")) == ""
    whole = {"T": "1", "D": "b", "C": RITA, "S": 101, "Dep": 201, "Ty": 1, "P": 3, "A": RITA}
    assert bodies(site) == [{**whole, "St": 2}, {**whole, "St": 5}]


@pytest.mark.parametrize("added", ["", "\n\n[File a was too large for Tikting and is not here.]"])
async def test_what_was_added_to_a_description_stays_when_a_call_wants_the_whole_ticket(added: str) -> None:
    site = Site([1])
    site.tickets[1]["description"] = f"b{added}" if added else "changed by the desk"
    obeying(site, "update", 2)
    async with desk(site, {"ticket.update": {**UPDATE, "fields": {"status": "St", "description": "D"}}}) as new:
        await does(new, Step("status"), of=draft("pending"))
    assert bodies(site) == [{"St": 2, "D": f"b{added}"}]


async def test_who_works_on_a_ticket_by_now_is_not_taken_off_by_a_call_for_its_status() -> None:
    site = Site([1])
    site.tickets[1]["assigneeId"] = ANN
    obeying(site, "update", 2)
    fields = {"status": "St", "assignee": "A"}
    async with desk(site, {"ticket.update": {**UPDATE, "fields": fields}}) as new:
        await does(new, Step("status"), of=draft("pending"))
    assert bodies(site) == [{"St": 2, "A": ANN}]


@pytest.mark.parametrize(
    ("answer", "kept", "losses"),
    [(said(400), ANN, ("assignee_as_text",)), (sent({}), ANN, ("assignee_as_text",)), (sent({}), RITA.upper(), ())],
)
async def test_an_assignee_that_is_not_taken_is_counted_and_no_reason_to_stop(
    answer: Any, kept: str, losses: Any
) -> None:
    site = Site([1])
    site.tickets[1]["assigneeId"] = kept
    site.always[SENT["update"]] = answer
    one = draft(fields={"assignee": RITA})
    async with desk(site, {"ticket.update": {**UPDATE, "fields": {"assignee": "A"}}}) as new:
        assert (await does(new, Step("assign"), of=one)).losses == losses


# Users and tokens


async def test_all_users_are_people_of_the_desk() -> None:
    site = Site()
    rows = [{"Id": RITA.upper(), "Email": "rita@x.org", "FirstName": "Rita"}, {"id": ANN, "userName": "ann"}, {"x": 1}]
    site.always["GET /api/Users/all"] = sent({"data": {"Items": rows}})
    site.technicians = [{"id": ANN, "email": "ann@x.org"}, {"id": "9", "email": "t@x.org"}]
    async with desk(site, {"user.all": {**ALL, "result": "Data.items"}}) as new:
        people = [(v.id, v.email) async for v in new.lookups() if v.kind == "person"]
    assert people == [(RITA, "rita@x.org"), (ANN, None), ("9", "t@x.org")]


@pytest.mark.parametrize("way", ["asked", "capped", "ignored"])
async def test_all_users_are_read_page_by_page(way: str) -> None:
    site = Site()
    users = [{"id": f"u{n}", "email": f"u{n}@x.org"} for n in range(250)]
    pages: list[Any] = []

    async def page(request: web.Request) -> web.StreamResponse:
        body = msgspec.json.decode(await request.read())
        pages.append(body)
        start, length = (body["Page"] - 1) * body["Size"], body["Size"]
        found = {"asked": users[start : start + length], "capped": users[start : start + min(length, 30)],
                 "ignored": users[:length]}[way]  # fmt: skip
        return web.Response(body=msgspec.json.encode(found), content_type="application/json")

    site.always["POST /api/Users/all"] = page
    endpoint = {**ALL, "method": "POST", "fields": {"page": "Page", "length": "Size"}}
    async with desk(site, {"user.all": endpoint}) as new:
        people = [v.id async for v in new.lookups() if v.kind == "person"]
    assert people == [f"u{n}" for n in range(100 if way == "ignored" else 250)]
    assert pages[:2] == [{"Page": 1, "Size": 100}, {"Page": 2, "Size": 30 if way == "capped" else 100}]


@pytest.mark.parametrize("answer", [said(403), said(404), sent({"users": []}), said(200, "<html>")])
async def test_a_list_of_users_that_fails_is_not_an_empty_one(answer: Any) -> None:
    site = Site()
    site.always["GET /api/Users/all"] = answer
    async with desk(site, {"user.all": ALL}) as new:
        with pytest.raises((ConfigError, AuthFailed)):
            [v async for v in new.lookups()]


@pytest.mark.parametrize("status", [200, 206])
async def test_a_call_of_users_succeeds_by_the_statuses_that_say_so(status: int) -> None:
    site = Site([1])
    site.always["GET /api/Users/all"] = sent([{"id": RITA, "email": "rita@x.org"}], status)
    site.always["POST /api/Users/refresh"] = sent({"Token": "x.y.z"}, status)
    every = {"user.all": {**ALL, "success": [200]}, "user.refresh": {**REFRESH, "success": [200]}}
    async with desk(site, every) as new:
        for key in every:
            tried = await new.probe(key, TicketId("1"))
            assert (tried.worked, "only 200 says" in tried.hint) == (status == 200, status != 200)
        if status == 206:  # a part of the list
            with pytest.raises(ConfigError, match="answered 206") as raised:
                [v async for v in new.lookups()]
            assert "Set success" in raised.value.hint


async def test_a_page_that_brings_nobody_new_is_not_the_end_of_all_users() -> None:
    site = Site()
    users = [{"id": f"u{n}", "email": f"u{n}@x.org"} for n in range(300)]

    async def page(request: web.Request) -> web.StreamResponse:
        number = {1: 1, 2: 1, 3: 2, 4: 3}.get(int(request.query["p"]), 9)  # the list moved between the first two
        found = users[(number - 1) * 100 : number * 100]
        return web.Response(body=msgspec.json.encode(found), content_type="application/json")

    site.always["GET /api/Users/all"] = page
    async with desk(site, {"user.all": {**ALL, "fields": {"page": "p"}}}) as new:
        assert len([v async for v in new.lookups() if v.kind == "person"]) == 300


async def test_a_list_of_users_without_an_end_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncer.desks.tikting.catalogue.MOST_PAGES", 3)
    site = Site()

    async def page(request: web.Request) -> web.StreamResponse:
        return web.Response(body=msgspec.json.encode([{"id": f"u{site.count('GET', '/api/Users/all')}"}]))

    site.always["GET /api/Users/all"] = page
    async with desk(site, {"user.all": {**ALL, "fields": {"page": "p"}}}) as new:
        with pytest.raises(Fatal, match="over 3 pages of users") as raised:
            [v async for v in new.lookups()]
    assert "page" in raised.value.hint


async def test_a_requester_is_searched_for_by_what_the_ticket_says() -> None:
    site = Site([1])
    site.tickets[1] |= {"requester": "Rita / R"}
    site.always[f"GET /api/Users/search/{RITA}"] = sent([])
    site.always["GET /api/Users/search/Rita / R"] = sent([{"id": ANN}, {"id": RITA.upper(), "email": "rita@x.org"}])
    async with desk(site, {"user.search": SEARCH}) as new:
        await new.fetch([TicketId("1")])
        found = await new.person(RITA)
        assert found is not None
        assert (found.id, found.email) == (RITA, "rita@x.org")
        site.always["GET /api/Users/search/u9"] = sent([{"id": "u8", "email": "a@x.org"}])
        assert await new.person("u9") is None
        twins = [{"id": "a", "email": "z@x.org"}, {"id": "b", "email": "Z@x.org"}]
        site.always["GET /api/Users/search/z@x.org"] = sent(twins)
        assert await new.person("z@x.org") is None  # never the first of several
        site.always["GET /api/Users/search/z@x.org"] = sent(twins[1:])
        assert await new.person("z@x.org") == LookupValue("person", "z@x.org", "b", email="Z@x.org")
    asked = [path for _, path, _ in site.asked if "search" in path]
    assert asked[:3] == [f"/api/Users/search/{RITA}", "/api/Users/search/Rita / R", "/api/Users/search/u9"]


async def test_a_search_by_query_is_encoded() -> None:
    site = Site()
    queries: list[str] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        queries.append(request.query["q"])
        return web.Response(text="[]", content_type="application/json")

    site.always["GET /api/Users/find"] = answer
    async with desk(site, {"user.search": {**SEARCH, "path": "/api/Users/find", "fields": {"search": "q"}}}) as new:
        assert await new.person("a b&c=1") is None
    assert queries == ["a b&c=1"]


def ending(site: Site, seconds: float) -> None:
    """Tokens of this desk live so long."""
    import base64
    import json
    import time

    def token(number: int) -> str:
        claims = {"exp": time.time() + seconds, "permission": ["Tickets.Create"], "n": number}
        return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.c2ln"

    async def answer(request: web.Request) -> web.StreamResponse:
        site.log_ins += 1
        return web.Response(body=msgspec.json.encode({"Token": token(site.log_ins)}), content_type="application/json")

    site.always[f"POST {LOGIN}"] = answer
    site.answers[f"POST {LOGIN}"] = [answer] * 50


@pytest.mark.parametrize("answer", ["new", "refused", "none", "page"])
async def test_a_token_is_refreshed_before_it_ends_or_there_is_a_log_in(answer: str) -> None:
    site = Site()
    ending(site, 1.0)  # renewed after 0.8 s
    fresh = {"New": "e30.eyJwZXJtaXNzaW9uIjpbIlRpY2tldHMuQ3JlYXRlIl19.fresh"}
    site.always["POST /api/Users/refresh"] = {"new": sent(fresh), "refused": said(403), "none": sent({}),
                                              "page": said(200, "<html>")}[answer]  # fmt: skip
    async with desk(site, {"user.refresh": {**REFRESH, "result": "new"}}) as new:
        await new.connect()
        await new.connect()
        assert site.count("POST", "/api/Users/refresh") == 0
        await asyncio.sleep(0.85)
        await asyncio.gather(*(new.connect() for _ in range(8)))
        assert site.count("POST", "/api/Users/refresh") == 1
        assert site.log_ins == (1 if answer == "new" else 2)
        await asyncio.sleep(0.85)
        await new.connect()
    assert site.log_ins == (1 if answer == "new" else 3)


async def test_a_token_that_is_refused_or_over_is_not_refreshed() -> None:
    site = Site()
    site.always["POST /api/Users/refresh"] = sent({"Token": "x.y.z"})
    site.answers["GET /api/TicketsApi/appmetadata"] = [said(401)]
    async with desk(site, {"user.refresh": REFRESH}) as new:
        [v async for v in new.lookups()]
    assert (site.log_ins, site.count("POST", "/api/Users/refresh")) == (2, 0)


# Trying them


def untested(endpoint: Any) -> Any:
    return {**endpoint, "tested": False}


def keeping(site: Site, field: str | None, part: str) -> None:
    """A call that keeps what it is told, under this key of the ticket."""

    async def answer(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        found = re.search(rb"syncer-test-[0-9a-f]{8}", body)
        assert found is not None
        if field is not None:
            site.tickets[1].setdefault(field, []).append({"id": 1, part: found[0].decode()})
        return web.Response(status=200, text="{}")

    site.always[SENT["reply"]] = site.always[SENT["attach"]] = answer


@pytest.mark.parametrize(("name", "endpoint", "field", "part"), [
    ("ticket.reply", REPLY, "replies", "body"), ("ticket.attach", ATTACH, "attachments", "fileName"),
    ("ticket.reply", REPLY, None, ""), ("ticket.attach", ATTACH, None, ""),
])  # fmt: skip
async def test_a_reply_or_file_is_tried_and_looked_for(name: str, endpoint: Any, field: str | None, part: str) -> None:
    site = Site([1])
    keeping(site, field, part)
    async with desk(site, {name: untested(endpoint)}) as new:
        assert new.probes() == {name: True}
        tried = await new.probe(name, TicketId("1"))
    assert tried.worked
    assert tried.settings == {"tested": True, "read_back": field is not None}
    assert len(calls(site)) == 1


@pytest.mark.parametrize(
    ("name", "led_to", "worked"), [("close", 4, True), ("close", 6, True), ("close", 3, False),
                                  ("resolve", 3, True), ("resolve", None, False)]
)  # fmt: skip
async def test_an_end_is_tried_by_where_it_leads(name: str, led_to: int | None, worked: bool) -> None:
    site = Site([1])
    obeying(site, name, led_to)
    async with desk(site, {f"ticket.{name}": untested({"close": CLOSE, "resolve": RESOLVE}[name])}) as new:
        tried = await new.probe(f"ticket.{name}", TicketId("1"))
    assert (tried.worked, dict(tried.settings)) == (worked, {"tested": True} if worked else {})


async def test_an_end_is_not_tried_on_a_ticket_that_has_ended() -> None:
    site = Site([1])
    site.tickets[1]["ticketStatusId"] = STATUS["closed"]
    obeying(site, "close", None)
    async with desk(site, {"ticket.close": untested(CLOSE)}) as new:
        tried = await new.probe("ticket.close", TicketId("1"))
    assert (tried.worked, calls(site)) == (False, [])
    assert "closed already" in tried.said


async def test_an_update_is_tried_by_changing_nothing() -> None:
    site = Site([1])
    site.always[SENT["update"]] = sent({})
    endpoint = untested({**UPDATE, "fields": {"title": "T", "status": "St", "requester": "C"}})
    async with desk(site, {"ticket.update": endpoint}) as new:
        assert (await new.probe("ticket.update", TicketId("1"))).worked
        assert bodies(site) == [{"T": "Ticket 1", "St": 1, "C": RITA}]

        async def emptying(request: web.Request) -> web.StreamResponse:
            site.tickets[1] |= {"description": ""}
            return web.Response(status=200, text="{}")

        site.always[SENT["update"]] = emptying
        tried = await new.probe("ticket.update", TicketId("1"))
        assert not tried.worked
        assert "changed what it was not told to: description" in tried.said


async def test_an_update_of_what_a_ticket_does_not_show_is_not_tried() -> None:
    site = Site([1])
    async with desk(site, {"ticket.update": untested({**UPDATE, "fields": {"status": "s", "site": "x"}})}) as new:
        tried = await new.probe("ticket.update", TicketId("1"))
    assert (tried.worked, calls(site)) == (False, [])
    assert "does not show its site" in tried.said


async def test_a_ticket_that_is_not_there_is_not_written_to() -> None:
    site = Site()
    every = {"ticket.reply": REPLY, "ticket.close": CLOSE, "ticket.resolve": RESOLVE, "ticket.update": UPDATE,
             "ticket.attach": ATTACH}  # fmt: skip
    async with desk(site, {key: untested(one) for key, one in every.items()}) as new:
        assert list(new.probes()) == [
            "ticket.update",
            "ticket.reply",
            "ticket.attach",
            "ticket.resolve",
            "ticket.close",
        ]
        for key in every:
            assert not (await new.probe(key, TicketId("1"))).worked
    assert calls(site) == []


async def test_a_call_that_is_refused_does_not_work() -> None:
    site = Site([1])
    site.always[SENT["reply"]] = said(500)
    async with desk(site, {"ticket.reply": untested(REPLY)}) as new:
        tried = await new.probe("ticket.reply", TicketId("1"))
        assert (tried.worked, dict(tried.settings)) == (False, {})
        site.always[SENT["reply"]] = said(405)
        tried = await new.probe("ticket.reply", TicketId("1"))
        assert (tried.worked, "Is this call of desk new right?" in tried.hint) == (False, True)
        with pytest.raises(ConfigError, match=r"no call 'ticket\.close'"):
            await new.probe("ticket.close", TicketId("1"))
    assert len(calls(site)) == 2


async def test_calls_of_users_are_tried_without_writing() -> None:
    site = Site([1])
    site.always["GET /api/Users/all"] = sent([{"id": RITA, "email": "rita@x.org"}, {"id": ANN}])
    site.always[f"GET /api/Users/search/{RITA}"] = sent([{"id": RITA}])
    site.always["POST /api/Users/refresh"] = sent({"Token": "x.y.z"})
    every = {"user.all": untested(ALL), "user.search": untested(SEARCH), "user.refresh": untested(REFRESH)}
    async with desk(site, every) as new:
        assert new.probes() == dict.fromkeys(("user.refresh", "user.all", "user.search"), False)
        for key in every:
            tried = await new.probe(key, TicketId("1"))
            assert (tried.worked, dict(tried.settings)) == (True, {"tested": True}), tried
        site.always["GET /api/Users/all"] = sent([{"id": ANN}])
        assert not (await new.probe("user.all", TicketId("1"))).worked
        site.always[f"GET /api/Users/search/{RITA}"] = sent([])
        assert not (await new.probe("user.search", TicketId("1"))).worked
