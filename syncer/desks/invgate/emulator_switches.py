"""How one emulated instance differs from the next: versions, tenant rules, what nobody documented."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

OLD_CATEGORIES = 0


class Auth(Struct, kw_only=True, frozen=True):
    """The credentials the emulated instance accepts. `scopes` None grants the client every scope there is."""

    client_id: str = "syncer"
    client_secret: str = "sandbox-secret"  # noqa: S105 - known to everybody
    user: str = "api"
    key: str = "sandbox-key"
    scopes: frozenset[str] | None = None
    oauth: bool = True
    basic: bool = True


class Switches(Struct, kw_only=True):
    """The response variants seen in the wild; the defaults are those of a recent cloud instance.

    `missing` endpoints answer 404, as on older versions. `list_cap` is the most ids one by.* list gives.
    `categories_page` rows come without page_size; 0 is an old instance that ignores paging altogether.
    `by_view_order` random is arbitrary but stable. `download` tells who may fetch a file: with the credential
    (401 without), anybody, from another host (which must never see the credential), or nobody (a login page).
    `other_host` names that host; without it 127.0.0.1 and localhost change places. `signed` addresses of its own
    host open themselves and refuse a credential beside that. `view_columns` are those a view shows beside the id,
    None for all. `no_moment` is how a time that never came is written. A page key that is an `offset` shifts when
    rows move.
    """

    numbers_as_strings: bool = False
    users_as_strings: bool = False
    empty_map_as_list: bool = True
    incident_as_list: bool = False
    incidents_as_list: bool = False
    last_hour_as_list: bool = False
    view_data_as_dict: bool = False
    tree_children_as_dict: bool = False
    field_types_by_name: bool = False
    files_key: Literal["attached_files", "attachments"] = "attached_files"
    titles_escaped: bool = True
    no_moment: Literal["null", "zero", "empty"] = "null"
    comments_order: Literal["oldest", "newest"] = "oldest"
    status_word: Literal["upper", "lower"] = "upper"
    error_key: Literal["info", "error"] = "info"
    category_fields_as_objects: bool = False
    language: Literal["en", "es"] = "en"
    missing: frozenset[str] = frozenset()

    details_page: int = 1000
    person_page: int = 100
    categories_page: int = 20
    details_key: Literal["row", "offset"] = "row"
    view_columns: frozenset[str] | None = None
    view_last_update: bool = True
    view_fields: bool = True
    by_view_order: Literal["id", "last_update", "random"] = "id"
    by_view_total: bool = False
    list_cap: int | None = None
    closed_by_status: bool = False

    unknown_ticket: Literal["404", "error"] = "404"
    unknown_in_bulk: Literal["left_out", "error"] = "left_out"
    unknown_user: Literal["404", "error", "empty", "null"] = "404"

    token_error_status: int = 200
    expired_status: Literal[401, 403] = 401
    expires_in: Literal["true", "3600", "absent"] = "true"
    download: Literal["auth", "open", "other_host", "signed", "login_page"] = "auth"
    other_host: str = ""

    max_uri: int = 8192
    max_file: int = 100 * 1024 * 1024
    put_reads_body: bool = False
    leaf_only: bool = False
    may_solve: bool = True
    hollow_ok: bool = False
    comment_ends_waiting: bool = True
    comment_on_final: Literal["accept", "refuse", "reopen"] = "accept"
    side_bumps: bool = False
