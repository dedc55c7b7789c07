"""How one emulated instance differs from the next: versions, tenant rules, and what nobody documented."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

MEGABYTE = 1024 * 1024


class Auth(Struct, kw_only=True, frozen=True):
    """The credentials the instance accepts (contract 2). The key stands here as the UI shows it: never decode it.

    A client of `any` users takes every technician's name beside the one password, a `specific` one only `user`.
    """

    client_id: str = "syncer"
    client_secret: str = "sandbox-secret"  # noqa: S105 - known to everybody
    user: str = "bot@example.org"
    password: str = "sandbox-secret"  # noqa: S105 - known to everybody
    client_users: Literal["specific", "any"] = "specific"
    api_key: str = "sandbox%2Bkey%40example"
    by_key: bool = True
    by_token: bool = True


class Switches(Struct, kw_only=True, forbid_unknown_fields=True):
    """Defaults are what the contract documents or assumes; every other value is a trap for a connector."""

    # The way in (contract 1, 2). `lives_by` says which of the two ends the server keeps to.
    token_bodies: frozenset[Literal["multipart", "form"]] = frozenset({"multipart", "form"})
    opaque_tokens: bool = False
    lives_by: Literal["expires_in", "jwt"] = "expires_in"
    expires_in: int = 43_199
    jwt_seconds: int = 172_800
    login_refusal: Literal["oauth", "bare_401"] = "oauth"
    expects_https: bool = False  # the token call over plain http is 401, whatever the credentials

    # Paths and errors (contract 3.3, 6). `missing` and `forbidden` hold names of emulator_routes.
    missing: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    double_slash: Literal["unknown", "accept"] = "unknown"
    unknown_path: Literal["404", "html_200"] = "404"
    unknown_id: Literal["404", "empty_200", "html_200", "400", "500"] = "404"
    error_body: Literal["json", "empty", "html"] = "json"
    invalid_status: int = 400  # 500 was recorded, too

    # Rate limits (contract 6): a bucket of so many calls that fills by `rate_refill` a second; 0 is no limit.
    rate_limit: int = 0
    rate_refill: float = 2.0
    rate_headers: bool = True
    rate_reset: Literal["delay", "epoch"] = "delay"
    rate_retry_after: bool = False
    rate_status: int = 429

    # How values read (contract 3.1, 7).
    strip_html: bool = True
    absent_as_null: bool = False
    absent_lists: bool = False  # empty tags and ccEmailSet are not shown
    drifting_names: bool = True  # what is written Tier1 and On User reads tier1 and On Users
    lifecycle_times: bool = False
    companies: bool = False
    file_links: bool = False
    category_separator: str = ""  # empty: a category goes by the name of its leaf, else by its path
    extra_fields: dict[str, str] = field(
        default_factory=lambda: {
            "External Id": "text",
            "Affected users": "number",
            "Seen at": "datetime",
            "Channels": "multiselect",
        }
    )

    # Writing requests (contract 3.2, 3.4, 8).
    echo_loss: bool = True  # the answer to a create shows no tags, no custom values and another support level
    create_lag_ms: int = 120
    ignored_keys: frozenset[str] = frozenset()  # taken and not kept, on create and PATCH
    unknown_requester: Literal["reject", "create"] = "reject"
    unknown_names: Literal["reject", "ignore"] = "reject"  # a location must exist in any case
    unknown_label: Literal["ignore", "reject"] = "ignore"
    disabled_people: Literal["accept", "reject"] = "accept"
    mandatory: frozenset[str] = frozenset()
    max_subject: int = 255
    max_description: int = 60_000
    too_long: Literal["reject", "cut"] = "reject"
    group_key: str = ""
    auto_assign: bool = False
    patch_requires_subject: bool = False
    patch_answer: Literal["object", "empty"] = "object"
    custom_patch: Literal["merge", "replace"] = "merge"
    list_patch: Literal["replace", "merge"] = "replace"
    file_patch: Literal["append", "replace", "ignore"] = "append"
    clearing: Literal["empty", "never", "null"] = "empty"
    idle_patch_bumps: bool = False  # a PATCH that changes nothing moves updatedTime
    service_losses: bool = True

    # Rules of an administrator (contract 3.10). A need is one of note, reply, solution, assignee, location,
    # approval, tasks; `note_first` holds the keys that change only on a request with a note.
    closed_after_resolved: bool = False
    resolve_needs: frozenset[str] = frozenset()
    close_needs: frozenset[str] = frozenset()
    note_first: frozenset[str] = frozenset()
    blocked_transitions: frozenset[tuple[str, str]] = frozenset()
    rule_violation: Literal["refuse", "ignore"] = "refuse"
    rule_status: int = 400

    # Conversations and mails (contract 3.6).
    conversation_zone: str = "UTC"
    type_spelling: Literal["documented", "requester", "capital"] = "documented"
    subject_replaced: bool = True
    bump_on_conversation: bool = False
    on_resolved: Literal["accept", "refuse", "reopen"] = "accept"
    editable: frozenset[str] = frozenset({"note"})
    empty_conversation_search: Literal["all", "refuse"] = "all"
    empty_email_ids: Literal["requester", "nobody", "refuse"] = "requester"
    notify: bool = True  # mails about new, assigned and moved requests

    # Search (contract 4). `broken_filters` are keys whose conditions do not work, customField for all of those.
    default_size: int = 10
    size_cap: int = 100
    with_total: bool = True
    sorts: frozenset[str] = frozenset({"createdTime", "updatedTime", "id"})
    sort_direction: Literal["desc", "asc", "random"] = "desc"
    operator_style: Literal["any", "underscore", "camel"] = "any"
    broken_filters: frozenset[str] = frozenset()
    broken_filter: Literal["ignored", "refused", "nothing"] = "ignored"
    time_values: frozenset[str] = frozenset({"LongValueRest", "TimeValueRest"})
    appear: int = 0  # so many foreign requests come in after each page of a search

    # Files (contract 3.7); an empty path is off. The download path holds {refFileName}.
    upload_path: str = ""
    download_path: str = ""
    max_file: int = 5 * MEGABYTE

    # People and lists (contract 3.8, 3.10).
    technicians_as_requesters: bool = True
    duplicate_status: int = 400
    lookup_paths: bool = False
    lookups_by_key: bool = False
