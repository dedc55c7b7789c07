"""Which losses explain that which field is not as it was. Pure."""

from __future__ import annotations

from collections.abc import Collection

TEXTS = frozenset({"body_cut", "body_rest_attached", "markup_as_text", "marker_as_text", "file_unreadable"})
FILES = frozenset({
    "file_unreadable", "file_too_large", "file_refused", "file_not_taken", "private_file_withheld",
    "private_file_dropped", "body_rest_attached",
})  # fmt: skip
COMMENTS = frozenset({"comment_as_text", "public_as_note", "private_note_withheld", "private_note_dropped"})
VALUES = frozenset({"value_not_kept", "field_missing", "not_shown"})
BY_FIELD = {
    "title": frozenset({"title_cut", "value_not_kept"}),
    "body": TEXTS,
    "status": frozenset({"status_as_good", "status_dropped", "status_as_text", "rating_invented"}) | VALUES,
    "assignee": frozenset({"assignee_not_member", "assignee_as_text", "assignee_dropped"}) | VALUES,
    "requester": frozenset({"requester_fallback", "person_not_created"}) | VALUES,
    "group": frozenset({"assignee_not_member"}) | VALUES,
    "tags": frozenset({"tag_not_taken"}) | VALUES,
    "cc": frozenset({"cc_as_text", "cc_dropped"}) | VALUES,
    "files": FILES,
    "comments": COMMENTS | {"private_file_withheld"},
}
UNTOLD = "loss_untold"


def excuse(field: str, losses: Collection[str]) -> str:
    """The code that explains it; empty where none does."""
    if field.startswith("custom."):
        wanted = VALUES | {code for code in losses if code.startswith("custom_")}
    else:
        wanted = BY_FIELD.get(field, VALUES)
    return next((code for code in losses if code in wanted), UNTOLD if UNTOLD in losses else "")
