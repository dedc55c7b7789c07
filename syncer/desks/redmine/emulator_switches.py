"""How one emulated Redmine differs from the next: settings of its administrator, and rights of the account."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

MEGABYTE = 1024 * 1024


class Auth(Struct, kw_only=True, frozen=True):
    """The keys and the password the instance accepts: of an administrator, and of the user `sync` with rights in every
    project but none to administer."""

    admin_key: str = "0123456789abcdef0123456789abcdef01234567"
    sync_key: str = "89abcdef0123456789abcdef0123456789abcdef"
    password: str = "sandbox-secret"  # noqa: S105 - known to everybody


class Switches(Struct, kw_only=True, forbid_unknown_fields=True):
    """Defaults are what the contract says and a real server shows; every other value is a trap for a connector."""

    # The way in.
    rest_api: bool = True  # off: keys count for nothing
    login_required: bool = False  # on: nobody sees anything without a key
    public_projects: bool = False  # on: a wrong key sees what the world may see
    account: Literal["admin", "sync"] = "admin"  # whose key the config block holds
    lacking: frozenset[str] = frozenset()  # permissions that the role of `sync` does not have

    # People.
    hide_mail: bool = True
    customers: Literal["users", "mail only"] = "users"  # mail only: whoever asks is no user, only an address
    auto_watch: bool = True  # who says something on an issue watches it from then on
    notify: bool = True  # mails about new and changed issues

    # Fields.
    required_fields: frozenset[str] = frozenset()
    unfiltered_fields: frozenset[str] = frozenset()  # not "used as a filter": a query by them is ignored
    inline_marks: bool = False  # images within texts are seeded as !name.png!

    # Time.
    time_tracking: bool = True  # a module of every project; without it, no time is to be seen

    # Writing.
    cross_project_relations: bool = True  # off, as on a fresh server: issues of two projects cannot be related
    max_file: int = 20 * MEGABYTE
    clash_window: float = 0.002  # seconds between reading an issue and writing it, in which somebody else may
