"""Reads may be repeated: after an outage they are, for a few attempts with growing waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import structlog

from syncer.deskkit.reply import Reply
from syncer.errors import Retryable

if TYPE_CHECKING:
    from stamina.instrumentation import RetryDetails

READ_ATTEMPTS = 6
READ_WAIT_MAX = 60.0
log = structlog.get_logger()


async def repeated(once: Callable[[], Awaitable[Reply]]) -> Reply:
    """What `once` gives, tried again while it raises Retryable, for a few attempts with growing waits."""
    try:
        return await once()
    except Retryable as first:
        await asyncio.sleep(first.after if first.after is not None else 0.05)
    import stamina  # only trouble needs it

    stamina.instrumentation.set_on_retry_hooks([_told])  # in place of its own, which warns each time
    async for attempt in stamina.retry_context(
        on=_wait,
        attempts=READ_ATTEMPTS,
        timeout=None,
        wait_initial=0.2,
        wait_max=READ_WAIT_MAX,
        wait_jitter=0.5,
    ):
        with attempt:
            return await once()
    raise AssertionError("stamina either returns or raises")


def _told(details: RetryDetails) -> None:
    """A retry is nothing a person must act on: it is told with --verbose only."""
    log.info("read_repeated", after=round(details.wait_for, 2), cause=str(details.caused_by))


def _wait(error: Exception) -> bool | float:
    if isinstance(error, Retryable):
        return True if error.after is None else min(error.after, READ_WAIT_MAX)
    return False
