"""Every error raised on purpose, sorted by what the engine does about it.

SyncerError
├── ConfigError        settings, rules or lookups are wrong: nothing moves            exit 2
├── Interrupted        a person or a signal said stop: resumable                      exit 130
└── Stopped            the run ends, the checkpoint stays                             exit 3
    ├── StoreUnavailable   the database cannot be started or reached
    ├── Retryable          429, 5xx, timeout, connection lost; at last ends the pass
    ├── AuthFailed         the desk does not accept us, or not for this call
    ├── LeaseLost          another process is the writer of this route now
    ├── Brake              a stop before harm
    └── Fatal              a desk broke its contract; also what nobody foresaw
InDoubt                a write went out and its answer got lost: look before you write
Rejected               this one record cannot pass: it is parked, the rest goes on     exit 1
└── NotFound           it is gone
"""

from __future__ import annotations


class SyncerError(Exception):
    """What happened (`message`: place and cause) and what to do next (`hint`)."""

    exit_code = 3

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(SyncerError):
    """Settings, rules or lookups are wrong. `problems` lists all of them, each with its place."""

    exit_code = 2

    def __init__(self, message: str, *, hint: str = "", problems: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.problems = problems


class Interrupted(SyncerError):
    """A person or a signal asked to stop; the same command goes on."""

    exit_code = 130


class Stopped(SyncerError):
    """The run ends here; the checkpoint stays where it is."""


class StoreUnavailable(Stopped):
    """The database cannot be started or reached."""


class Retryable(Stopped):
    """The desk said "not now", and said or implied that it did nothing. `after` is in seconds."""

    def __init__(self, message: str, *, after: float | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.after = after


class AuthFailed(Stopped):
    """The desk does not accept our credentials, or not for this call."""


class LeaseLost(Stopped):
    """Another process has become the writer of this route."""


class Brake(Stopped):
    """A stop before harm."""


class Fatal(Stopped):
    """The desk broke its contract, or we did."""


class InDoubt(SyncerError):
    """A write may have happened: the request went out and no usable answer came back."""


class Rejected(SyncerError):
    """This record cannot pass. `reason` is a stable code, `field` the place where known."""

    exit_code = 1

    def __init__(self, message: str, *, reason: str, field: str | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason
        self.field = field


class NotFound(Rejected):
    """The record is gone."""

    def __init__(self, message: str) -> None:
        super().__init__(message, reason="not_found")
