"""How one emulated tenant differs from the next: what the vendor's pages leave open, one switch per question."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

ALL_ROLES = ("ticket_user", "ticket_agent", "ticket_admin", "tenant_admin")


class Auth(Struct, kw_only=True, frozen=True):
    """The credentials and the tenant the emulated instance knows (contract 2).

    `client_roles` are those of client-credential tokens, `user_roles` those of password tokens and of the key; `teams`
    None makes the accounts members of all teams. A token for which no scope was asked gets all `scopes`.
    """

    tenant: str = "1f2e0000-0000-4000-8000-000000000001"
    realm: str = "example"
    client_id: str = "syncer"
    client_secret: str = "sandbox-secret"  # noqa: S105 - known to everybody
    username: str = "bot@example.org"
    password: str = "sandbox-password"  # noqa: S105 - known to everybody
    api_key: str = "ak_test_sandbox"
    client_roles: tuple[str, ...] = ("ticket_agent", "ticket_admin")
    user_roles: tuple[str, ...] = ("ticket_agent", "ticket_admin")
    teams: tuple[str, ...] | None = None
    scopes: tuple[str, ...] = ("tickets:read", "tickets:write")
    write_scope: str = "tickets:write"


class Switches(Struct, kw_only=True, forbid_unknown_fields=True):
    """Defaults are what the contract assumes; every other value is an alternative it names, or a hazard of section 9.

    `hollow` operations answer 200 with success:false and do nothing; `broken` ones answer 500 before or after they did
    it. Operations are create, get, update, list, types, offers, meta, users, userinfo, queues, members, current, count.
    """

    # Signing in (2). `roleless` is what a caller without a role may read.
    token_path: str = "/oauth/token"  # noqa: S105 - a path
    token_life: float = 3600.0
    refresh_life: float = 86_400.0
    refresh_tokens: bool = True
    client_credentials: bool = True
    password_grant: bool = True
    api_keys: bool = True
    roleless: Literal["all", "none", "403"] = "all"
    get_needs_query: bool = True

    # Errors (6).
    ticket_404: Literal["json", "html"] = "json"
    create_404: Literal["html", "json"] = "html"
    hollow: frozenset[str] = frozenset()
    broken: dict[str, Literal["before", "after"]] = {}

    # Rate limits (6): so many requests in a window of `rate_window` seconds, 0 for no limit.
    rate_limit: int = 0
    rate_window: float = 60.0
    rate_reset: Literal["seconds", "epoch_s", "epoch_ms"] = "seconds"
    rate_retry_after: bool = False

    # One ticket (3.2, 3.3).
    get_wrapper: Literal["ticket", "data.ticket", "data", "root"] = "ticket"
    options_as: Literal["value", "label"] = "value"
    people_as: Literal["email", "id", "object"] = "email"
    serial_gap: int = 2  # other tenants take up to so many serial numbers between two of ours
    old_id_follows: bool = False  # a moved ticket is still found under the id it had

    # Create and update (3.1, 3.5). `closed_teams` are slugs the caller's role cannot use.
    closed_teams: frozenset[str] = frozenset()
    unknown_field: Literal["refuse", "drop", "keep"] = "refuse"
    accept_labels: bool = False
    watchers_writable: bool = False
    relations: bool = False  # ticketRelation may be {"relatedTickets": [objectId]}
    max_summary: int = 255
    long_summary: Literal["refuse", "cut"] = "refuse"
    max_text: int = 1_000_000
    sanitizes: bool = False
    dynamic_required: bool = False  # a critical ticket needs a resolution, which no template tells
    stale: Literal[409, 400, 412, 428] = 409
    update_answer: Literal["ticket", "data", "etag", "bare"] = "ticket"
    summary_follows: bool = True  # the top-level summary follows the type's subject field
    automation: Literal["off", "touch", "assign"] = "off"
    mails: bool = True

    # Status (3.6).
    status_field: bool = False

    # Lists (3.4). Other types than `list_type` answer the catalogue's templates.
    list_type: Literal["template", "agent", "user", "ticket", "none"] = "template"
    row_generation: Literal[1, 2] = 2
    rows_lack: Literal["", "etag", "data", "both"] = ""
    rows_at: Literal["data.tickets", "data.rows", "data.value", "tickets"] = "data.tickets"
    total_at: Literal["data.pagination.total", "data.count", "data.@odata.count", "nowhere"] = "data.pagination.total"
    top_over_100: Literal["400", "cap"] = "400"
    order_obeyed: bool = True  # else the newest come first, whatever is asked
    date_columns: Literal["camel", "snake", "none"] = "camel"
    deleted_rows: bool = False  # deleted tickets are still listed and read, with their deleted_seq
    list_delay: float = 0.0  # a new ticket is not in any list for so long
    search_delay: float = 0.0  # a new ticket is not found by its text for so long, beside the faults' search_lag
    touched_per_page: int = 0  # so many tickets of a page are changed by somebody once it was sent

    # Catalogue, people and queues (3.7, 3.8, 3.9).
    offer_type_key: Literal["item_type", "itemType", "itemTypeId", "template_id", "none"] = "item_type"
    queue_ids: Literal["uuid", "number"] = "uuid"
    members_by: Literal["both", "number", "uuid"] = "both"

    # Notes and attachments (3.10): paths with {objectId} or {fileId}, empty for no such endpoint.
    notes_read_path: str = ""
    notes_write_path: str = ""
    note_bumps: bool = True
    attachment_list_path: str = ""
    attachment_upload_path: str = ""
    attachment_download_path: str = ""
    max_attachment: int = 10_485_760
    allowed_types: tuple[str, ...] = ()

    # Streams (3.11).
    heartbeat: float = 30.0
    max_streams: int = 5
    stream_idle: float = 3600.0
    streams_down: bool = False
