"""Files of a Tikting's tickets and replies: none becomes everybody's, and none is taken for another one."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.desk import Tikting
from syncer.errors import Rejected
from syncer.model.ids import TicketId
from syncer.model.ticket import File, Ticket
from tests.desks.serving import opened
from tests.desks.tikting_site import Site, detail, row, said

SECRET, OPEN = {"id": 7, "fileName": "secret.png"}, {"id": 8, "fileName": "jam.png"}
GUID = "0f8a5d3c-0000-4000-8000-000000000001"


def desk(site: Site, **more: Any) -> AbstractAsyncContextManager[Tikting]:
    block = {"name": "old", "timeout": 5, "budget": {"per_second": 5000, "parallel": 8},
             "auth": {"email": "sync@example.org", "password": "sandbox-secret"}, **more}  # fmt: skip
    return opened(site, lambda url: Tikting(TiktingConfig.model_validate({"base_url": url, **block})))


async def reads(attachments: Any, *replies: tuple[bool, Any]) -> Ticket:
    """A ticket with these files, and with replies, public or not, with theirs."""
    said = [{"id": n, "body": f"reply {n}", "isPrivate": not public, "attachments": files}
            for n, (public, files) in enumerate(replies, 1)]  # fmt: skip
    site = Site()
    site.rows, site.tickets = {1: row(1)}, {1: detail(1, attachments=attachments, replies=said)}
    async with desk(site) as old:
        (found,) = await old.fetch([TicketId("1")])
    assert isinstance(found, Ticket)
    return found


def names(files: tuple[File, ...]) -> list[str]:
    return [file.id.split("/", 2)[2] for file in files]


@pytest.mark.parametrize(
    ("at_the_ticket", "at_the_note"),
    [
        (SECRET, SECRET),
        ({"attachmentId": "7", "name": "secret.png"}, SECRET),
        ({"id": 7, "fileName": "secret.png", "url": "/f/7"}, {"id": 7}),
        ({"id": 7}, SECRET),
        ({"id": 7, "url": "/f/7"}, {"url": "/f/7", "fileName": "secret.png"}),
        ("/f/7/secret.png", {"url": "/f/7/secret.png"}),
        (SECRET, {"fileName": "secret.png"}),
        (SECRET, {"fileName": "secret.png", "url": "/f/7"}),
        ({"fileName": "secret.png", "url": "/tickets/1/7"}, {"fileName": "secret.png", "url": "/replies/1/7"}),
        (7, SECRET), (7, 7), ("secret.png", "secret.png"), (GUID, {"id": GUID}),
        (GUID.upper(), {"id": GUID, "name": "a"}), ({"id": GUID, "name": "a"}, {"id": GUID.upper()}),
    ],
    ids=str,
)  # fmt: skip
async def test_a_file_of_a_private_note_that_the_ticket_lists_too_stays_with_the_note(
    at_the_ticket: Any, at_the_note: Any
) -> None:
    found = await reads([OPEN, at_the_ticket], (False, [at_the_note]))
    assert names(found.files) == ["jam.png"]
    assert len(found.comments[0].files) >= 1


async def test_of_two_files_with_the_name_of_a_note_neither_is_everybodys() -> None:
    twins = [{"id": 7, "fileName": "a.png"}, {"id": 8, "fileName": "a.png"}]
    found = await reads(twins, (True, [{"fileName": "a.png"}]), (False, [{"fileName": "a.png"}]))
    assert names(found.files) == []
    assert [file.id[:2] for file in found.comments[1].files] == ["7/", "8/"]
    assert [file.id[:2] for file in found.comments[0].files] == ["//"]


async def test_a_file_of_a_public_reply_goes_over_once() -> None:
    found = await reads([OPEN, SECRET], (True, [SECRET]))
    assert (names(found.files), names(found.comments[0].files)) == (["jam.png"], ["secret.png"])


@pytest.mark.parametrize(
    ("at_the_ticket", "at_the_reply"),
    [
        ({"id": 1, "fileName": "image.png"}, {"id": 2, "fileName": "image.png"}),
        ({"url": "/download?id=1"}, {"url": "/download?id=2"}),
        ({"id": 1}, {"id": 2}), ({}, {}),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("public", [True, False])
async def test_another_file_is_not_taken_for_that_of_a_reply(
    at_the_ticket: Any, at_the_reply: Any, public: bool
) -> None:
    found = await reads([at_the_ticket], (public, [at_the_reply]))
    assert len(found.files) == len(found.comments[0].files) == 1
    assert found.files != found.comments[0].files


@pytest.mark.parametrize("public", [True, False])
async def test_one_id_with_two_names_may_be_two_files_and_both_go_with_the_reply(public: bool) -> None:
    found = await reads([OPEN, {"id": 7, "fileName": "7_secret.png"}], (public, [SECRET]))
    assert names(found.files) == ["jam.png"]
    assert names(found.comments[0].files) == ["secret.png", "7_secret.png"]


async def test_a_file_of_which_a_reply_tells_the_name_only_is_had_by_what_the_ticket_tells(tmp_path: Path) -> None:
    site = Site([1])
    site.files = {"/f/7": b"x"}
    reply = {"id": 1, "body": "x", "isPrivate": False, "files": [{"id": 7}, {"fileName": "b.txt"}]}
    files = [{"id": 7, "fileName": "a.txt", "url": "/f/7"}, {"id": 8, "fileName": "b.txt", "url": "/f/7"}]
    site.tickets[1] |= {"attachments": files, "replies": [reply]}
    async with desk(site) as old:
        (found,) = await old.fetch([TicketId("1")])
        assert isinstance(found, Ticket)
        got = [await old.download(TicketId("1"), file.id, tmp_path) for file in found.comments[0].files]
    assert [one.name for one in got] == ["a.txt", "b.txt"]
    assert found.files == ()


@pytest.mark.parametrize(
    ("attachments", "ids"),
    [
        ([5, 6], ["5//5", "6//6"]),
        ([5, 5, "6", "6"], ["5//5", "6//6"]),
        ([GUID, GUID], [f"{GUID}//{GUID}"]),
        (["a.png", "b.png", "a.png", "a.png"], ["a.png//a.png", "b.png//b.png", "//a.png", "//a.png (2)"]),
        ([{"name": "a.png"}, {"name": "a.png"}, {"name": "b/c"}], ["//a.png", "//a.png (2)", "//b/c"]),
        ([{}, None, True, [], 0], ["//file", "//file (2)", "//file (3)", "//file (4)", "//file (5)"]),
        ([SECRET, SECRET, {"id": 7, "fileName": "b"}], ["7//secret.png", "7//b"]),
        (["/f/1", "/f/1"], ["/%2Ff%2F1/1"]),
    ],
    ids=str,
)  # fmt: skip
async def test_files_stay_apart_whatever_little_is_told_of_them(attachments: Any, ids: list[str]) -> None:
    assert [file.id for file in (await reads(attachments)).files] == ids


async def test_names_without_more_are_counted_one_by_one_across_a_ticket() -> None:
    found = await reads([], (True, [{"name": "a.png"}]), (True, [{"name": "a.png"}]))
    assert [file.id for comment in found.comments for file in comment.files] == ["//a.png", "//a.png (2)"]


async def test_files_told_by_ids_or_names_only_are_had_by_the_path_of_files(tmp_path: Path) -> None:
    site = Site([1])
    site.tickets[1]["attachments"] = [5, "a b.png", "b.png", "b.png"]
    site.files = {"/get/5": b"5", "/get/a b.png": b"a", "/get/b.png": b"b"}
    async with desk(site, file_path="/get/{file}") as old:
        (found,) = await old.fetch([TicketId("1")])
        assert isinstance(found, Ticket)
        got = [await old.download(TicketId("1"), file.id, tmp_path) for file in found.files[:3]]
        with pytest.raises(Rejected) as raised:
            await old.download(TicketId("1"), found.files[3].id, tmp_path)
    assert [one.path.read_bytes() for one in got if one.path] == [b"5", b"a", b"b"]
    assert raised.value.reason == "no_download_path"


# Files that say themselves whose they are, and who may see them


@pytest.mark.parametrize("key", ["replyId", "commentId", "TicketReplyId"])
@pytest.mark.parametrize("public", [True, False])
async def test_a_file_that_says_of_which_reply_it_is_is_that_replys(key: str, public: bool) -> None:
    found = await reads([OPEN, {**SECRET, key: 2}], (True, []), (public, []))
    assert (names(found.files), [names(c.files) for c in found.comments]) == (["jam.png"], [[], ["secret.png"]])


@pytest.mark.parametrize(
    "says", [{"isPrivate": True}, {"isInternal": True, "isPublic": True}, {"isPublic": False}, {"isPublic": None},
             {"replyId": 99}]
)  # fmt: skip
async def test_a_file_that_not_all_may_see_is_a_note_of_its_own(says: Any) -> None:
    found = await reads([OPEN, {**SECRET, **says}, SECRET], (True, []))
    assert names(found.files) == ["jam.png"]
    assert [(c.id, c.public, names(c.files)) for c in found.comments] == [
        ("1", True, []), ("files", False, ["secret.png"]),
    ]  # fmt: skip


@pytest.mark.parametrize("at_the_ticket", [[], [SECRET], [{"id": 7}]], ids=str)
async def test_a_file_that_not_all_may_see_is_taken_from_a_public_reply(at_the_ticket: Any) -> None:
    found = await reads(at_the_ticket, (True, [{**SECRET, "isPrivate": True}, OPEN]))
    assert [(c.public, names(c.files)) for c in found.comments] == [(True, ["jam.png"]), (False, ["secret.png"])]
    assert found.files == ()
    found = await reads([{**SECRET, "isPrivate": True}], (True, [SECRET, OPEN]))
    assert [(c.public, names(c.files)) for c in found.comments] == [(True, ["jam.png"]), (False, ["secret.png"])]


async def test_a_file_that_all_may_see_is_everybodys_whoever_has_it() -> None:
    found = await reads([{**OPEN, "isPrivate": False, "replyId": None}], (False, [{**SECRET, "isPublic": True}]))
    assert (names(found.files), [(c.public, names(c.files)) for c in found.comments]) == (
        ["jam.png"], [(False, ["secret.png"])],
    )  # fmt: skip


# A log-in page in place of a file


async def test_a_desk_that_wants_something_else_than_a_token_for_files_costs_one_log_in(tmp_path: Path) -> None:
    site = Site([1])
    site.tickets[1]["attachments"] = [f"/f/{n}" for n in range(6)]
    for n in range(6):
        site.always[f"GET /f/{n}"] = said(302, Location="/Account/Login")
    async with desk(site) as old:
        (found,) = await old.fetch([TicketId("1")])
        assert isinstance(found, Ticket)
        for file in found.files:
            with pytest.raises(Rejected):
                await old.download(TicketId("1"), file.id, tmp_path)
    assert site.log_ins == 2


@pytest.mark.parametrize(
    "page", ["\ufeff<!DOCTYPE html><title>Log in", "<!-- v1 --><html>Log in", "<script>go()</script>", "  <HTML>"]
)
async def test_a_page_in_place_of_a_file_of_another_kind_is_no_file(page: str, tmp_path: Path) -> None:
    site = Site([1])
    site.tickets[1]["attachments"] = [{"id": 7, "fileName": "a.png", "url": "/f/7"}]
    site.always["GET /f/7"] = said(200, page)
    async with desk(site) as old:
        (found,) = await old.fetch([TicketId("1")])
        assert isinstance(found, Ticket)
        with pytest.raises(Rejected, match="a page came instead"):
            await old.download(TicketId("1"), found.files[0].id, tmp_path)
        site.tickets[1]["attachments"] = [{"id": 7, "fileName": "a.html", "url": "/f/7"}]
        (found,) = await old.fetch([TicketId("1")])
        assert isinstance(found, Ticket)
        assert (await old.download(TicketId("1"), found.files[0].id, tmp_path)).content_type == "text/html"


async def test_a_text_that_a_desk_calls_a_page_is_a_file_all_the_same(tmp_path: Path) -> None:
    site = Site([1])
    site.tickets[1]["attachments"] = [{"id": 7, "fileName": "a.txt", "url": "/f/7"}]
    site.always["GET /f/7"] = said(200, "12:00 <ann> hello")
    async with desk(site) as old:
        (found,) = await old.fetch([TicketId("1")])
        assert isinstance(found, Ticket)
        assert (await old.download(TicketId("1"), found.files[0].id, tmp_path)).size == 17


# Behind a proxy, below a path


class Below(Site):
    """All of this desk lies below /desk; what else this host serves is not its own."""

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        if not request.path.startswith("/desk/"):
            self.asked.append((request.method, f"outside: {request.path}", None))
            return web.Response(body=b"another's")
        return await super()._answer(request.clone(rel_url=str(request.rel_url).removeprefix("/desk")))


def below(site: Site) -> AbstractAsyncContextManager[Tikting]:
    block = {"name": "old", "auth": {"email": "a", "password": "sandbox-secret"}}
    return opened(site, lambda at: Tikting(TiktingConfig.model_validate({"base_url": f"{at}/desk/", **block})))


@pytest.mark.parametrize(
    "url", ["/files/a%20b/7?v=1", "/desk/files/a%20b/7?v=1", "files/a%20b/7?v=1", "/files/a b/7", "/desk/files/a b/7"]
)
async def test_a_file_of_a_desk_below_a_path_is_asked_for_below_it(url: str, tmp_path: Path) -> None:
    site = Below([1])
    site.files = {"/files/a b/7": b"x"}
    site.tickets[1]["attachments"] = [{"id": 7, "fileName": "a.txt", "url": url}]
    async with below(site) as old:
        (found,) = await old.fetch([TicketId("1")])
        assert isinstance(found, Ticket)
        got = await old.download(TicketId("1"), found.files[0].id, tmp_path)
    assert got.path is not None
    assert got.path.read_bytes() == b"x"


async def test_a_path_that_is_told_in_other_case_is_not_put_before_itself(tmp_path: Path) -> None:
    site = Below([1])
    site.tickets[1]["attachments"] = [{"id": 7, "fileName": "a.txt", "url": "/Desk/files/7"}]
    async with below(site) as old:
        (found,) = await old.fetch([TicketId("1")])
        assert isinstance(found, Ticket)
        await old.download(TicketId("1"), found.files[0].id, tmp_path)
    assert site.asked[-1][1] == "outside: /Desk/files/7"


@pytest.mark.parametrize("answer", [said(301, Location="/elsewhere"), said(404), said(403), said(200, "<html>Log in")])
async def test_a_file_that_does_not_come_says_what_to_do(answer: Any, tmp_path: Path) -> None:
    site = Site([1])
    site.tickets[1]["attachments"] = [{"id": 7, "fileName": "a.png", "url": "/f/7"}]
    site.always["GET /f/7"] = answer
    async with desk(site) as old:
        (found,) = await old.fetch([TicketId("1")])
        assert isinstance(found, Ticket)
        with pytest.raises(Rejected) as raised:
            await old.download(TicketId("1"), found.files[0].id, tmp_path)
    assert ("base_url" if "301" in raised.value.message else "file_path") in raised.value.hint
