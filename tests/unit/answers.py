"""A desk of one socket that answers what it is told, byte for byte, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

CUT = b""
"""No answer: the connection is closed."""
SILENCE = None
"""No answer, ever."""


def answer(status: int, body: bytes = b"", *, length: int | None = None, **headers: str) -> bytes:
    """An HTTP answer; a `length` above the body's makes it half of one."""
    count = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {count}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Asked:
    """The heads of the requests that arrived, and how many were under way at most."""

    def __init__(self) -> None:
        self.url = ""
        self.heads: list[str] = []
        self.under_way = 0
        self.most = 0


@asynccontextmanager
async def answering(*answers: bytes | None, wait: float = 0.0) -> AsyncIterator[Asked]:
    """Serve these answers in turn, the last one for ever, each after `wait` seconds."""
    asked, left = Asked(), list(answers)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())  # type: ignore[arg-type]
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            asked.heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
            asked.under_way += 1
            asked.most = max(asked.most, asked.under_way)
            await asyncio.sleep(wait)
            what = left.pop(0) if len(left) > 1 else left[0]
            if what is SILENCE:
                await asyncio.sleep(60)
            else:
                writer.write(what)
                await writer.drain()
            asked.under_way -= 1
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()[:2]
    asked.url = f"http://{host}:{port}"
    try:
        yield asked
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
