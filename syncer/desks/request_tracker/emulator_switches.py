"""How one emulated Request Tracker differs from the next: versions, what its administrator set, how busy it is."""

from __future__ import annotations

from msgspec import Struct

from syncer.desks.request_tracker.emulator_words import RIGHTS


class Auth(Struct, kw_only=True, frozen=True):
    """The user of the API and what it may do. `admin_token` is that of root, who may do everything."""

    token: str = "1-27-5f0c6e1d9a7b4832c1d0e9f8a7b6c5d4"  # noqa: S105 - known to everybody
    admin_token: str = "1-14-0f1e2d3c4b5a69788796a5b4c3d2e1f0"  # noqa: S105 - known to everybody
    user: str = "sync"
    password: str = "sandbox-secret"  # noqa: S105 - known to everybody
    rights: frozenset[str] = RIGHTS


class Switches(Struct, kw_only=True, forbid_unknown_fields=True):
    """Defaults are what the live server does; every other value is a server that is set up or built otherwise."""

    version: str = "5.0.3+dfsg-3~deb12u7"
    organization: str = "desk.example.org"
    tag: str = "desk"  # stands in the subject of each mail
    # Where mails to the server itself go: nobody of these may be put on a ticket later.
    own_addresses: tuple[str, ...] = ("help@desk.example.org", "help-comment@desk.example.org")

    # Versions before the security update of 2026 take `Created` on create; this one drops it in silence.
    takes_created: bool = False

    # Where the literals of a query are at home: the preference of the API's user, else the server's own.
    timezone: str = ""
    server_timezone: str = "UTC"

    # Custom fields; an empty name is a server without such a field.
    marker_field: str = "External ID"
    tags_field: str = "Tags"
    date_field: str = "Due On"
    created_field: str = "Original Created"  # made for whoever brings tickets from elsewhere

    # Who works there has the right OwnTicket; whether the page that completes names of owners is open to tokens.
    staff_own: bool = True
    tells_owners: bool = True

    # What happens by itself: a reply opens, watchers are mailed.
    opens_on_reply: bool = True
    mails: bool = True
    # A scrip of its administrator's: requestors hear of it when somebody puts them on a ticket.
    greets_requestors: bool = False

    # Cut without a word, in bytes of UTF-8.
    max_subject: int = 200
    max_file_name: int = 255

    # Server processes. That many may be past the look at If-Match when the first of them writes.
    workers: int = 4
    write_seconds: float = 0.005
    # Each so-manieth transaction is seen only some seconds after those with higher ids; 0: none.
    late_every: int = 0
    late_seconds: float = 0.5

    # Each so-manieth ticket of the world came by mail, in plain text and HTML side by side; 0: none.
    alternative_every: int = 0
