"""The one HTTP client: session, budget, deadlines, safe retries, and from a response to an error."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from syncer.deskkit.budget import Budget
from syncer.deskkit.deadlines import Deadlines
from syncer.deskkit.repeating import repeated
from syncer.deskkit.reply import EXCERPT, Judge, Reply, classify, retry_after
from syncer.deskkit.settled import ServerClock
from syncer.errors import Fatal, InDoubt, Rejected, Retryable

DOWNLOAD_MOST = 3600.0  # a file that drips in for ever must not hold a connection for ever
MOST_URLS = 200
_CHUNK = 256 * 1024


class DeskHttp:
    """One desk account's connection. All calls share its budget and its limit of parallel requests.

    `request` gives whole replies of any status and raises Retryable when surely nothing was sent, InDoubt
    when a request left and no whole answer came back. `read` adds the safe repetition reads allow.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        per_second: float,
        parallel: int,
        timeout: float = 30.0,
        ca_file: Path | None = None,
        judge: Judge = classify,
        pause: float = 1.0,
    ) -> None:
        self.name = name
        self.base = base_url.rstrip("/")
        self.host = URL(self.base).host
        self.budget = Budget(per_second)
        self.clock = ServerClock()
        self.parallel = parallel
        self.timeout = timeout
        self.judge = judge
        self.pause = pause
        """Seconds to wait after a 429 that does not say how long."""
        self.headers: CIMultiDict[str] = CIMultiDict()
        self._ca_file = ca_file
        self._sealed = False
        self._session: aiohttp.ClientSession | None = None
        self._gate = asyncio.Semaphore(parallel)
        self._deadlines = Deadlines()
        self._urls: dict[str, URL] = {}

    def seal(self) -> None:
        """From now on nothing leaves but what may be repeated without harm: `request` raises Fatal."""
        self._sealed = True

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            https = self.base.startswith("https:") or self._ca_file is not None
            context = ssl.create_default_context(cafile=self._ca_file) if https else True
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self.parallel, ssl=context),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=10),
            )
            # Else aiohttp sends a PUT or DELETE whose connection is lost a second time, past any fence.
            self._session._retry_connection = False
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        self._deadlines.close()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        budgeted: bool = True,
        timeout: float | None = None,
        fence: Callable[[], None] | None = None,
        reads: bool = False,
    ) -> Reply:
        """Send once and read the whole answer, whatever its status; within `timeout` from now if one is given.

        `fence` may raise at the last moment. What does not say that it `reads` writes.
        """
        url = self._url(path, query)
        if self._sealed and not reads:
            raise Fatal(
                f"{self._what(method, url)}: not sent, for nothing may be written to this desk",
                hint="This is a fault of syncer's, please report it. Nothing was written.",
            )
        until = None if timeout is None else time.monotonic() + timeout
        async with self._gate:
            if budgeted:
                await self.budget.take()
            departure = await self.budget.depart()
            if fence is not None:
                fence()
            left = self.timeout if until is None else until - time.monotonic()
            if left <= 0:
                raise Retryable(f"{self._what(method, url)}: not sent, its time was over before its turn", after=0.0)
            reply = await self._send(method, url, data, headers, left)
            self.budget.answered(departure, "read" if reads else "write")
            return reply

    def _url(self, path: str, query: str) -> URL:
        if query:
            return URL(f"{self.base}{path}?{query}", encoded=True)
        if (url := self._urls.get(path)) is None:
            url = URL(path if "://" in path else self.base + path, encoded=True)
            if len(self._urls) < MOST_URLS:
                self._urls[path] = url
        return url

    async def _send(self, method: str, url: URL, data: Any, headers: Mapping[str, str] | None, timeout: float) -> Reply:
        session = self._open()
        all_headers: Mapping[str, str] = self.headers
        if headers is not None:  # an empty value takes a header away
            all_headers = {k: v for k, v in {**self.headers, **headers}.items() if v}
        self._deadlines.enter(timeout)
        try:
            # Reading the whole body gives the connection back; no context manager is needed for that.
            response = await session.request(method, url, data=data, headers=all_headers, allow_redirects=False)
            reply = Reply(response.status, response.headers, await response.read())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as e:
            message = f"{self._what(method, url)}: no connection: {e}"
            raise Retryable(message, hint=f"Is {self.base} right and up?") from e
        except (aiohttp.ClientError, ConnectionError) as e:
            raise InDoubt(f"{self._what(method, url)}: the answer was lost: {type(e).__name__}") from e
        except asyncio.CancelledError:
            if self._deadlines.overdue():
                raise InDoubt(f"{self._what(method, url)}: no answer within {round(timeout, 1):g} s") from None
            raise
        finally:
            self._deadlines.leave()
        self._heed(reply)
        return reply

    def _heed(self, reply: Reply) -> None:
        """What the server's clock shows; slow down when told to, come back to the pace when not."""
        self.clock.told(reply.headers)
        if reply.status == 429 or (reply.status == 503 and "Retry-After" in reply.headers):
            told = retry_after(reply.headers)
            # Several processes that were refused together must not come back together.
            seconds = self.pause * random.uniform(1.0, 1.1) if told is None else told or 1.0  # noqa: S311 - no secret
            self.budget.pause(seconds, f"{self.name} answered {reply.status}")
        else:
            self.budget.ease()

    def _what(self, method: str, url: URL) -> str:
        return f"{self.name}: {method} {url.path}"

    async def download(self, url: str, into: Path, *, credentials: bool, limit: int) -> Reply:
        """Stream a file's bytes to `into`. The reply's body holds only its beginning.

        Credentials go along only when asked for. Raises Rejected over `limit` bytes, Retryable when cut.
        """
        what = f"{self.name}: GET {URL(url).path}"
        async with self._gate:
            await self.budget.take()
            departure = await self.budget.depart()
            try:
                async with self._open().get(
                    URL(url, encoded=True),
                    headers=self.headers if credentials else None,
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(total=DOWNLOAD_MOST, sock_connect=10, sock_read=self.timeout),
                ) as response:
                    self.budget.answered(departure, "file")
                    head, size = b"", 0
                    with into.open("wb") as out:
                        async for chunk in response.content.iter_chunked(_CHUNK):
                            head = head or chunk[:EXCERPT]
                            size += len(chunk)
                            if size > limit:
                                raise Rejected(f"{what}: over {limit} bytes", reason="file_too_large")
                            out.write(chunk)
                    reply = Reply(response.status, response.headers, head)
                    self._heed(reply)
                    return reply
            except (aiohttp.ClientError, TimeoutError, ConnectionError) as e:
                raise Retryable(f"{what}: the download broke off: {type(e).__name__}") from e

    async def read(self, method: str, path: str, *, judge: Judge | None = None, **kwargs: Any) -> Reply:
        """A call that may be repeated without harm: retries outages, raises what `judge` says of the rest."""
        what = f"{self.name}: {method} {path}"
        judge = judge or self.judge

        async def once() -> Reply:
            try:
                reply = await self.request(method, path, reads=True, **kwargs)
            except InDoubt as e:
                raise Retryable(e.message, hint=f"Is {self.base} up?") from e
            if error := judge(what, reply):
                raise error
            return reply

        return await repeated(once)
