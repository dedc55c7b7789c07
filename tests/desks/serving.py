"""Emulators on loopback for tests: real HTTP on a free port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from aiohttp import web

from syncer.deskkit.contract import Desk

D = TypeVar("D", bound=Desk)


@asynccontextmanager
async def served(emulator: Any) -> AsyncIterator[str]:
    """The emulator's base URL while it is up."""
    runner = web.AppRunner(emulator.app())
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def opened(emulator: Any, at: Callable[[str], D]) -> AsyncIterator[D]:
    """The desk that `at` makes of the emulator's base URL, closed in the end."""
    async with served(emulator) as url:
        desk = at(url)
        try:
            yield desk
        finally:
            await desk.close()
