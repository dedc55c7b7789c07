"""What each kind of desk can hold and tell, as plain facts: from its capabilities, and from its README what these
have no word for."""

from __future__ import annotations

import re
from typing import Any

from syncer.deskkit import registry
from syncer.deskkit.contract import Capabilities, Desk
from tests.flows.matrix_evidence import Holds, Tells

TELLS: dict[str, dict[str, Any]] = {
    "invgate": {"ghosts": True},
    "motadata": {
        "links": False, "work": False, "rating": False, "creator": "by name", "minutes": True,
    },
    "tikting": {
        "links": False, "custom": False, "work": False, "rating": False, "creator": "no",
        "untold": frozenset({"ticket_type"}),
    },
    "rezolve": {"files": False, "links": False, "work": False, "rating": False, "ghosts": True},
}  # fmt: skip
"""What a reader of a kind does not learn, or learns in another way; all else is told."""
WAYS: dict[str, dict[str, Any]] = {
    "invgate": {
        "members": True,
        "as_good": (frozenset({"New", "Open"}), frozenset({"Pending", "Waiting"})),
        "ends_rated": frozenset({"Closed"}),
        "says": (
            "Files of the request.",
            "Solved before this request was migrated.",
            "Rated before this request was migrated.",
        ),
    },
    "motadata": {"own_tags": "ext:", "own_custom": frozenset({"External Id"})},
    "rezolve": {
        "created_in": "Original Created",
        "own_custom": frozenset({"External Id", "Original Created", "Resolution"}),
    },
}
"""What a kind does in its own way when tickets are brought to it."""
LOOKS = re.compile(r"POST (/api/v\d+/ticketing/ticket/list|/api/TicketsApi|.*/search/byqual)")
"""Calls that only read, though they are no GET, besides those that read a desk's lists."""


def opened(block: dict[str, Any]) -> Desk:
    """The desk of this block. Nobody is asked yet."""
    spec = registry.spec(block["kind"])
    return spec.open(spec.config().model_validate({**block, "name": "desk"}))


def tells(kind: str) -> Tells:
    """What is learned by reading it."""
    return Tells(**TELLS.get(kind, {}))


def holds(kind: str, facts: Capabilities) -> Holds:
    """What it takes and keeps."""
    return Holds(
        adopts=facts.adopts_lists,
        comments=facts.takes_comments,
        private=facts.takes_comments and facts.keeps_private,
        authors=facts.keeps_authors,
        times=facts.keeps_times,
        files=facts.takes_files,
        tags=facts.takes_tags,
        cc=facts.takes_cc,
        custom=facts.takes_custom,
        links=facts.takes_links or facts.keeps_links,
        work=facts.takes_times,
        rating=facts.keeps_rating,
        status=facts.keeps_status,
        creator="creator" in facts.fields,
        assignee="assignee" in facts.fields,
        created=facts.keeps_times or "created_at" in facts.fields,
        html=facts.body == "html",
        marked="title" in facts.marker_in,
        max_title=facts.max_title,
        **WAYS.get(kind, {}),
    )
