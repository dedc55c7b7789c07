"""How an emulated Tikting behaves where its documentation is silent: one switch per open question."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from .emulator_endpoints import FIXTURES, Endpoint

DAY = 86_400.0


class Switches(Struct, kw_only=True, forbid_unknown_fields=True):
    """Defaults are the plain reading of the documentation; every other value is a trap for a connector."""

    # What there is: the six documented calls, or files and the configured calls too.
    profile: Literal["documented", "extended"] = "documented"
    endpoints: dict[str, Endpoint] = {}

    # Where it lives and how it writes JSON.
    base_path: str = ""
    flip_casing: bool = False
    text_errors: bool = False
    dates: Literal["naive", "z", "offset"] = "naive"
    time_zone: str = "UTC"  # of dates that are naive or have an offset
    fractions: Literal["seven", "trimmed", "varying", "none"] = "seven"
    no_date: Literal["year_one", "null"] = "year_one"

    # Accounts.
    lockout_after: int = 5
    lockout_seconds: float = 300.0
    claim_uris: bool = False
    with_exp: bool = True  # whether a token says when it ends
    hide_unseen: bool = False  # a ticket an account may not list is 404 by id, too
    # What the presets but AllTickets show to plain members: their own tickets, or what the preset's name says.
    member_presets: Literal["own", "as_named"] = "own"

    # Lookups.
    omit_lookups: tuple[str, ...] = ()
    duplicate_labels: bool = False

    # Registration.
    max_body: int = 30_000_000
    keep_content: int = 262_144  # of a larger upload only the fingerprint is kept; its download is 410
    title_units: Literal["characters", "utf16"] = "characters"
    status_at_registration: Literal["any", "open_only", "ignored"] = "any"
    ticket_types: tuple[int, ...] = (1,)
    internal_location: bool = False
    answer_id: Literal["both", "body", "location", "differ"] = "both"
    auto_assign: bool = False
    notify: bool = True
    first_id: int = 1001
    gap_every: int = 0

    # Lists and search.
    length_cap: int = 0
    page_ignored: bool = False
    order: Literal["newest", "oldest", "activity", "random"] = "newest"
    rows: Literal["flat", "nested", "labels"] = "flat"
    volatile: bool = False
    appear: int = 0  # this many foreign tickets come in after each page of a list
    move: int = 0  # on this many of the longest untouched something happens after each page of a list
    search_closed: bool = True
    search_match: Literal["substring", "prefix", "token", "like", "never"] = "substring"

    # One ticket.
    detail: Literal["flat", "nested"] = "flat"
    with_replies: bool = False
    with_attachments: bool = False
    with_updated: bool = False
    reply_flag: Literal["isPrivate", "isPublic", "none"] = "isPrivate"  # how a reply says who may read it
    reply_author: Literal["person", "id"] = "person"
    file_urls: Literal["relative", "absolute", "internal", "none"] = "relative"
    files_need_token: bool = True

    # What the configured calls do.
    on_done: Literal["accept", "refuse", "reopen"] = "accept"  # with a reply to what is resolved or closed


def extended(**more: Any) -> Switches:
    """An instance that tells all a Tikting may tell, with a call for everything that can be configured."""
    whole: dict[str, Any] = {
        "profile": "extended",
        "endpoints": FIXTURES,
        "with_replies": True,
        "with_attachments": True,
        "with_updated": True,
    }
    return Switches(**whole | more)
