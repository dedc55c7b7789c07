"""structlog set-up: JSON lines on stderr, plain text on a terminal; secrets are redacted last of all."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable
from typing import Any

import structlog

_SECRETS: list[str] = []
_PATTERNS = re.compile(r"(?i)(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9._-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def protect(secrets: Iterable[str]) -> None:
    """From now on these strings never appear in a log line or an error message."""
    known = {*_SECRETS, *(s for s in secrets if len(s) >= 4)}
    # The longest first: one secret may be the beginning of another.
    _SECRETS[:] = sorted(known, key=len, reverse=True)


def redact(text: str) -> str:
    """The text without protected secrets, tokens, or characters that could steer a terminal."""
    for secret in _SECRETS:
        if secret in text:
            text = text.replace(secret, "***")
    text = _PATTERNS.sub("***", text)
    return _CONTROL.sub(lambda m: f"\\x{ord(m[0]):02x}", text)


def _redact_event(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    return {k: _redacted(v) for k, v in event.items()}


def _redacted(value: Any) -> Any:
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, dict):
        return {redact(str(k)): _redacted(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_redacted(v) for v in value]
    return redact(value if isinstance(value, str) else repr(value))


def set_up(*, verbose: bool = False) -> None:
    """Call once per process, before the first log line."""
    renderer: Any = structlog.processors.JSONRenderer()
    if sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    # Its pool tells of each failed attempt with a traceback; what matters of it is told as an error of ours.
    logging.getLogger("asyncpg").setLevel(logging.DEBUG if verbose else logging.CRITICAL)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            _redact_event,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if verbose else logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
