"""Hands requests on to a real server, so that they can be logged, lost and counted on the way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from aiohttp import ClientSession, web
from multidict import CIMultiDict
from yarl import URL

from syncer.deskkit.emulation import Carrier

if TYPE_CHECKING:
    from aiohttp.typedefs import Middleware

_OF_THE_LINE = frozenset({"connection", "content-length", "date", "host", "keep-alive", "server", "transfer-encoding"})
_NOT_OURS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_BIGGEST_BODY = 1 << 30
_LONGEST_LINE = 4 << 20


def proxy(server: str, carrier: Carrier) -> web.Application:
    """An application that asks this server, whatever the path of its address, and says what it says."""
    origin = URL(server).origin()

    async def forward(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        # A session for each request: nobody tells this application when its time is over.
        async with ClientSession(
            auto_decompress=False, max_line_size=_LONGEST_LINE, max_field_size=_LONGEST_LINE
        ) as one:
            one._retry_connection = False  # else a write whose answer is lost is sent twice
            async with one.request(
                request.method, URL(f"{origin}{request.raw_path}", encoded=True), data=body or None,
                headers=_passed_on(request.headers), skip_auto_headers=_NOT_OURS, allow_redirects=False,
            ) as answer:  # fmt: skip
                content, headers = await answer.read(), _passed_on(answer.headers)
                return web.Response(status=answer.status, reason=answer.reason, headers=headers, body=content)

    app = web.Application(middlewares=[cast("Middleware", carrier.middleware())], client_max_size=_BIGGEST_BODY)
    app.router.add_route("*", "/{path:.*}", forward)
    return app


def _passed_on(headers: Mapping[str, str]) -> CIMultiDict[str]:
    return CIMultiDict((name, value) for name, value in headers.items() if name.lower() not in _OF_THE_LINE)
