"""How many requests it takes to bring a draft. Pure."""

from __future__ import annotations

from syncer.desks.request_tracker import wire_out
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.model.draft import Draft

CHANGE = 2
"""What is changed is read back."""


def calls(draft: Draft, config: RequestTrackerConfig, *, late: bool) -> int:
    """The ticket, a look at it and at its files, what was said, its status, people, owner. `late`: its status cannot
    be set before it is there."""
    made = 2 + bool(draft.files or draft.texts)
    said = sum(1 + bool(one.files) for one in draft.comments)
    told = draft.fields.get
    people = CHANGE * (bool(draft.cc or told("requester")) + bool(told("assignee")))
    return made + said + _status(draft, config, late=late) + people


def _status(draft: Draft, config: RequestTrackerConfig, *, late: bool) -> int:
    """Public words bring the status along, for they would open a ticket again; then it did not end when it should."""
    if not draft.fields.get("status"):
        return 0
    spoken = any(one.public for one in draft.comments)
    led = CHANGE * (late and not spoken)
    ended = CHANGE * (wire_out.closed_at(draft, config) is not None and (late or spoken))
    return bool(draft.comments) + led + ended
