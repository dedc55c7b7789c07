"""A whole answer of a desk, and from a response to an error."""

from __future__ import annotations

import email.utils
import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from syncer.errors import AuthFailed, ConfigError, Fatal, NotFound, Rejected, Retryable
from syncer.log import redact

EXCERPT = 300


class Reply:
    """A whole answer. `body` is bytes; nothing has been judged yet."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def excerpt(self) -> str:
        """The beginning of the body, redacted, for messages."""
        return redact(self.body[:EXCERPT].decode("utf-8", "replace"))


Judge = Callable[[str, Reply], Exception | None]


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds from a Retry-After header, given as seconds or as an HTTP date."""
    value = headers.get("Retry-After")
    if not value:
        return None
    with suppress(ValueError):
        seconds = float(value)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    with suppress(ValueError, TypeError):
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    return None


def classify(what: str, reply: Reply) -> Exception | None:
    """The error a response stands for; None when it is a success. One function for all desks."""
    status = reply.status
    if 200 <= status < 300:
        return None
    text = f"{what} answered {status}: {reply.excerpt()}"
    if status == 429:
        return Retryable(text, after=retry_after(reply.headers))
    if status in {401, 403}:
        return AuthFailed(text)
    if status in {404, 410}:
        return NotFound(text)
    if status >= 500:
        return Retryable(text, after=retry_after(reply.headers))
    if 300 <= status < 400:
        return ConfigError(text, hint="Give base_url as the desk itself writes it; redirects are not followed.")
    if 400 <= status < 500:
        return Rejected(text, reason=f"http_{status}")
    return Fatal(text)
