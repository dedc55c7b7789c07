"""Which losses that were counted when a ticket was written explain that which field is not as it was. Pure.

What the mapping leaves out is not in the draft, so nothing of that needs an excuse. Titles, texts and what was said in
which order have none at all: whoever cuts or changes them, it is told.
"""

from __future__ import annotations

from collections.abc import Mapping

PUBLIC_AS_NOTE = "public_as_note"
FILES = ("file_unreadable", "file_too_large", "file_refused", "file_not_taken", "private_file_withheld")
VALUES = ("value_not_kept", "field_missing", "not_shown")
BY_FIELD = {
    "status": ("status_as_good", "status_dropped", "status_as_text", "rating_invented", *VALUES),
    "assignee": ("assignee_not_member", "assignee_as_text", "assignee_dropped", *VALUES),
    "requester": ("requester_fallback", "person_not_created", *VALUES),
    "group": ("assignee_not_member", *VALUES),
    "tags": ("tag_not_taken", *VALUES),
    "cc": ("cc_as_text", "cc_dropped", *VALUES),
}
UNTOLD = "loss_untold"
"""Of a write whose answer was lost nobody told what the target did not take."""


def of_value(field: str, losses: Mapping[str, int]) -> str:
    """The code that explains another value of this field; empty where none does."""
    wanted: tuple[str, ...] = BY_FIELD.get(field, VALUES)
    if field.startswith("custom."):
        wanted = (*VALUES, *(code for code in losses if code.startswith("custom_")))
    return next((code for code in (*wanted, UNTOLD) if losses.get(code)), "")


def of_files(missing: int, others: int, losses: Mapping[str, int]) -> str:
    """The code that explains that so many are missing; nothing explains that there are `others` instead."""
    counted = [code for code in FILES if losses.get(code)]
    if others or not missing:
        return ""
    if missing <= sum(losses[code] for code in counted):
        return counted[0]
    return UNTOLD if losses.get(UNTOLD) else ""


def of_visibility(expected: str, found: str, losses: Mapping[str, int]) -> str:
    """The code that explains that a public comment is private; never the other way round."""
    return PUBLIC_AS_NOTE if (expected, found) == ("public", "private") and losses.get(PUBLIC_AS_NOTE) else ""
