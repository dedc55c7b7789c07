"""How one emulated instance differs from the next: settings of its administrator, and what it is filled with."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

MEGABYTE = 1_000_000
SESSION_IDLE = 7_200.0
"""Seconds after which a session nobody used is over."""


class Auth(Struct, kw_only=True, frozen=True):
    """The agent that calls; `service` is the name of the web service."""

    user: str = "sync"
    password: str = "sandbox-secret"  # noqa: S105 - known to everybody
    service: str = "desk"
    prefix: str = "/otrs"


class Switches(Struct, kw_only=True, forbid_unknown_fields=True):
    """The defaults are what the running 6.5.15 does.

    `timezone` is OTRSTimeZone. `search_limit` is how many ids a search gives that names no limit. `rich_text`: what the
    world's people wrote is stored with its HTML; else as plain text. `logins` of customers are their addresses or short
    names. `hidden_queues` are of a group the calling agent is not in; `may` is what its groups let it do elsewhere.
    `invalid_address` is CheckEmailInvalidAddress, `mail_domains` those a look-up finds (none: not looked up). `notify`:
    agents are mailed of what happens to their tickets. `auto_response` queues answer each new ticket and follow-up.
    `mail_works` off: what is to be sent cannot be handed over. `missing` holds the operations the web service does not
    have. `extra_fields` are there besides those of the world: a list of options, or a kind.
    """

    timezone: str = "UTC"
    search_limit: int = 500
    max_body: int = 100 * MEGABYTE
    rich_text: bool = True
    logins: Literal["email", "name"] = "email"
    hidden_queues: frozenset[str] = frozenset()
    may: frozenset[str] = frozenset({"ro", "create", "rw"})
    invalid_address: str = r"@invalid\.invalid$"
    mail_domains: frozenset[str] | None = None
    notify: bool = True
    auto_response: frozenset[str] = frozenset()
    mail_works: bool = True
    missing: frozenset[str] = frozenset()
    session_seconds: float = SESSION_IDLE
    type_required: bool = False
    extra_fields: dict[str, list[str] | str] = field(
        default_factory=lambda: {
            "ExternalID": "Text",
            "Severity": ["high", "low", "normal"],
            "Tags": "Multiselect: blue, green, red",
            "DueOn": "DateTime",
        }
    )
