"""What an answer means, what may be sent again, and what never leaves."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
import stamina
from aioresponses import aioresponses
from hypothesis import given
from hypothesis import strategies as st

from syncer import log
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.repeating import READ_ATTEMPTS
from syncer.deskkit.reply import Reply, classify, retry_after
from syncer.errors import AuthFailed, ConfigError, Fatal, InDoubt, NotFound, Rejected, Retryable, SyncerError
from tests.unit.answers import CUT, SILENCE, answer, answering

OK = answer(200, b"{}")
SECRET = "s3cr3t-of-the-desk"


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    """Repetitions come at once: how long they wait is not what these tests are about."""
    stamina.set_testing(True, attempts=READ_ATTEMPTS, cap=True)
    yield
    stamina.set_testing(False)


@asynccontextmanager
async def desk(url: str, **more: Any) -> AsyncIterator[DeskHttp]:
    http = DeskHttp("new", url, **{"per_second": 5000.0, "parallel": 4, "timeout": 20.0, **more})
    http.headers["Authorization"] = f"Bearer {SECRET}"
    try:
        yield http
    finally:
        await http.close()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, None), (201, None), (204, None),
        (301, ConfigError), (302, ConfigError), (307, ConfigError),
        (400, Rejected), (409, Rejected), (422, Rejected), (428, Rejected),
        (401, AuthFailed), (403, AuthFailed),
        (404, NotFound), (410, NotFound),
        (429, Retryable), (500, Retryable), (502, Retryable), (503, Retryable), (504, Retryable),
        (100, Fatal),
    ],
)  # fmt: skip
def test_each_status_is_told_for_what_it_is(status: int, kind: type | None) -> None:
    error = classify("new: GET /tickets", Reply(status, {}, b"what the desk said"))
    if kind is None:
        assert error is None
    else:
        assert type(error) is kind
        assert str(error).startswith(f"new: GET /tickets answered {status}")
        assert "what the desk said" in str(error)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7.0), ("0", 0.0), (" 2.5 ", 2.5), ("-3", 0.0), ("soon", None), ("", None), ("nan", None), ("inf", None),
     ("Mon, 01 Jan 2001 00:00:00 GMT", 0.0), ("Mon, 01 Jan 99999 00:00:00 GMT", None)],
)  # fmt: skip
def test_retry_after_is_read_as_seconds_or_not_at_all(header: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": header}) == seconds


def test_retry_after_may_be_a_date() -> None:
    found = retry_after({"Retry-After": formatdate(time.time() + 90, usegmt=True)})
    assert found == pytest.approx(90, abs=3)


@given(st.one_of(st.text(max_size=40), st.floats().map(str), st.integers().map(str)))
def test_no_retry_after_makes_us_fail_or_wait_for_ever(header: str) -> None:
    found = retry_after({"Retry-After": header})
    assert found is None or (math.isfinite(found) and found >= 0)


@pytest.mark.parametrize(
    "trouble",
    [CUT, answer(503), answer(500, b"<html>oops"), answer(429, Retry_After="0"), answer(200, b'{"a', length=90)],
    ids=["cut", "503", "500", "429", "half a body"],
)
async def test_a_read_is_repeated_until_it_is_answered_whole(trouble: bytes) -> None:
    async with answering(trouble, trouble, OK) as asked, desk(asked.url) as http:
        assert (await http.read("GET", "/tickets")).body == b"{}"
    assert len(asked.heads) == 3


async def test_a_read_that_never_succeeds_ends_with_the_desks_words() -> None:
    async with answering(answer(503, b"under repair")) as asked, desk(asked.url) as http:
        with pytest.raises(Retryable, match="under repair"):
            await http.read("GET", "/tickets")
    assert len(asked.heads) == 1 + READ_ATTEMPTS


@pytest.mark.parametrize("status", [400, 401, 404, 302])
async def test_a_read_that_was_refused_is_not_repeated(status: int, odd: aioresponses) -> None:
    odd.get("http://desk.test/tickets", status=status)
    odd.get("http://desk.test/tickets", body=b"{}")
    async with desk("http://desk.test") as http:
        with pytest.raises(SyncerError):
            await http.read("GET", "/tickets")
        assert (await http.read("GET", "/tickets")).body == b"{}"


@pytest.mark.parametrize(
    "lost", [CUT, answer(201, b'{"Id', length=90), b"HTTP/1.1 201 Created\r\nContent-Le", b"\x00\x01\x02 what"],
    ids=["cut", "half a body", "half a head", "no HTTP"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_write_without_a_whole_answer_is_in_doubt_and_sent_once(lost: bytes, method: str) -> None:
    async with answering(lost, OK) as asked, desk(asked.url) as http:
        with pytest.raises(InDoubt, match=f"{method} /register"):
            await http.request(method, "/register", data=b"x")
    assert len(asked.heads) == 1


async def test_no_answer_in_time_is_in_doubt_and_leaves_the_task_in_order() -> None:
    async with answering(SILENCE, OK) as asked, desk(asked.url, timeout=0.2) as http:
        with pytest.raises(InDoubt, match=r"no answer within 0\.2 s"):
            await http.request("POST", "/register", data=b"x")
        await asyncio.sleep(0.6)  # were the cancellation still on its way, it would hit here
        assert (await http.request("POST", "/register", data=b"x")).status == 200


async def test_whoever_cancels_a_request_gets_a_cancellation() -> None:
    async with answering(SILENCE) as asked, desk(asked.url, timeout=60.0) as http:
        task = asyncio.create_task(http.request("POST", "/register", data=b"x"))
        while not asked.heads:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_desk_that_is_not_there_got_nothing() -> None:
    async with answering(OK) as asked:
        pass
    async with desk(asked.url) as http:
        with pytest.raises(Retryable, match="no connection") as error:
            await http.request("POST", "/register", data=b"x")
    assert asked.url in error.value.hint


async def test_a_429_holds_back_every_other_request(odd: aioresponses) -> None:
    odd.post("http://desk.test/register", status=429, headers={"Retry-After": "30"})
    async with desk("http://desk.test") as http:
        assert (await http.request("POST", "/register", data=b"x")).status == 429
        assert http.budget.left() == pytest.approx(30, abs=2)
        assert "429" in (http.budget.limiting() or "")


async def test_a_503_holds_the_others_back_only_when_it_says_how_long(odd: aioresponses) -> None:
    odd.get("http://desk.test/a", status=503)
    odd.get("http://desk.test/a", status=503, headers={"Retry-After": "30"})
    async with desk("http://desk.test") as http:
        await http.request("GET", "/a")
        assert http.budget.left() == 0
        await http.request("GET", "/a")
        assert http.budget.left() == pytest.approx(30, abs=2)


async def test_a_redirect_is_not_followed_and_the_other_host_gets_nothing() -> None:
    async with answering(OK) as other, answering(answer(302, Location=other.url)) as asked, desk(asked.url) as http:
        with pytest.raises(ConfigError, match="answered 302") as error:
            await http.read("GET", "/tickets")
    assert other.heads == []
    assert "base_url" in error.value.hint


async def test_no_more_requests_are_under_way_than_allowed() -> None:
    async with answering(OK, wait=0.05) as asked, desk(asked.url, parallel=3) as http:
        await asyncio.gather(*(http.request("GET", "/a") for _ in range(12)))
    assert (asked.most, len(asked.heads)) == (3, 12)


async def test_a_header_can_be_taken_away_for_one_call() -> None:
    async with answering(OK) as asked, desk(asked.url) as http:
        await http.request("POST", "/login", headers={"Authorization": ""})
        await http.request("GET", "/tickets", headers={"Accept": "application/json"})
    assert SECRET not in asked.heads[0]
    assert SECRET in asked.heads[1]


@pytest.mark.parametrize(
    "trouble", [answer(401, SECRET.encode()), answer(400, SECRET.encode()), answer(302, Location=f"/{SECRET}"), CUT]
)
async def test_no_secret_is_in_an_error_a_repr_or_a_log(
    trouble: bytes, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    log.protect([SECRET])
    caplog.set_level(logging.DEBUG)
    async with answering(trouble) as asked, desk(asked.url) as http:
        error: BaseException | None = None
        try:
            await http.read("GET", "/tickets", query=f"token={SECRET}")
        except SyncerError as e:
            error = e
        assert error is not None
        seen = [repr(http)]
        while error is not None:
            seen += [str(error), repr(error), str(getattr(error, "hint", ""))]
            error = error.__cause__ or error.__context__
    out, err = capfd.readouterr()
    assert SECRET not in "".join([*seen, caplog.text, out, err])


async def test_a_file_is_streamed_to_its_place(tmp_path: Path) -> None:
    content = bytes(range(256)) * 4096
    async with answering(answer(200, content)) as asked, desk(asked.url) as http:
        reply = await http.download(f"{asked.url}/f", tmp_path / "f", credentials=True, limit=len(content))
    assert (reply.status, (tmp_path / "f").read_bytes()) == (200, content)
    assert len(reply.body) <= 300
    assert SECRET in asked.heads[0]


async def test_a_file_without_credentials_gets_none(tmp_path: Path) -> None:
    async with answering(answer(200, b"x")) as asked, desk(asked.url) as http:
        await http.download(f"{asked.url}/f", tmp_path / "f", credentials=False, limit=10)
    assert SECRET not in asked.heads[0]


async def test_a_file_over_the_limit_is_refused_early(tmp_path: Path) -> None:
    async with answering(answer(200, b"x" * 3_000_000)) as asked, desk(asked.url) as http:
        with pytest.raises(Rejected) as refused:
            await http.download(f"{asked.url}/f", tmp_path / "f", credentials=True, limit=1_000_000)
    assert refused.value.reason == "file_too_large"
    assert (tmp_path / "f").stat().st_size <= 1_000_000


async def test_half_a_file_is_no_file(tmp_path: Path) -> None:
    async with answering(answer(200, b"x" * 1000, length=5000)) as asked, desk(asked.url) as http:
        with pytest.raises(Retryable, match="broke off"):
            await http.download(f"{asked.url}/f", tmp_path / "f", credentials=True, limit=10_000)


async def test_a_file_is_not_fetched_from_where_it_was_moved(tmp_path: Path) -> None:
    async with answering(OK) as other, answering(answer(302, Location=other.url)) as asked, desk(asked.url) as http:
        reply = await http.download(f"{asked.url}/f", tmp_path / "f", credentials=True, limit=10)
    assert (reply.status, other.heads) == (302, [])


async def test_a_file_that_stands_still_is_given_up(tmp_path: Path) -> None:
    async with answering(SILENCE) as asked, desk(asked.url, timeout=0.2) as http:
        with pytest.raises(Retryable, match="broke off"):
            await http.download(f"{asked.url}/f", tmp_path / "f", credentials=True, limit=10)
