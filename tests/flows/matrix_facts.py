"""What each kind of desk tells and what it must hold, as plain facts, written down from the contracts and the READMEs:
a desk's own claims are not asked."""

from __future__ import annotations

import re
from typing import Any

from syncer.deskkit import registry
from syncer.deskkit.contract import Desk
from tests.flows.matrix_evidence import Holds, Tells

TELLS: dict[str, Tells] = {
    "archive": Tells(),
    "invgate": Tells(ghosts=True),
    "motadata": Tells(
        links=False, work=False, rating=False, creator="by name", nameless=True, minutes=True, stripped=True
    ),
    "redmine": Tells(rating=False, days=True, html=False, nameless=True, by_address=True),
    "request_tracker": Tells(rating=False, erased=True, work_changes=True, noted=False),
    "rezolve": Tells(files=False, links=False, work=False, rating=False, ghosts=True, gone_as="departed@example.org"),
    "tikting": Tells(
        links=False, custom=False, work=False, rating=False, creator="no", untold=frozenset({"ticket_type"})
    ),
    "znuny": Tells(links=False, work=False, rating=False, creator="no", nameless=True),
}
"""What a reader of a kind learns."""

_INVGATE = Holds(
    lists={name: name for name in ("category", "priority", "type", "status", "source", "location", "group")},
    authors=True, cc=True, custom=True, links=True, work=True, rating=True, creator=True, assignee=True, created=True,
    marked=True, max_title=255, members=True, turns={"Pending": "Waiting"}, worked=("New", "Open"),
    ends_rated=frozenset({"Closed"}),
    says=(
        "Files of the request.", "Solved before this request was migrated.", "Rated before this request was migrated.",
    ),
)  # fmt: skip
_MOTADATA = Holds(
    lists={
        name: name
        for name in (
            "status", "priority", "urgency", "impact", "category", "department", "location", "support_level", "source",
            "group",
        )
    },
    tags=True, cc=True, custom=True, assignee=True, marked=True, max_title=255, max_body=59_800, own_tags="ext:",
    own_custom=frozenset({"External Id"}),
)  # fmt: skip
_REDMINE = Holds(
    lists={name: name for name in ("status", "priority", "type", "category", "group")},
    private_files=False, cc=True, custom=True, links=True, assignee=True, html=False, max_title=255,
    own_custom=frozenset({"External ID"}),
    # No folders, and one underline for what file systems refuse.
    file_name=lambda name: re.sub(r"[/?%*:|\"'<>\n\r]+", "_", re.split(r"[\\/]", name)[-1]),
)  # fmt: skip
_REQUEST_TRACKER = Holds(
    lists={name: name for name in ("status", "priority", "queue")},
    tags=True, cc=True, custom=True, links=True, assignee=True, created=True, max_title=200, title_in_bytes=True,
    file_name=lambda name: name.rpartition("/")[2],  # the last step of a path
    created_in="Original Created", own_custom=frozenset({"External ID", "Original Created"}),
)  # fmt: skip
_REZOLVE = Holds(
    lists={name: name for name in ("type", "priority", "category", "group", "status")},
    files=False, tags=True, cc=True, custom=True, assignee=True, created=True, max_title=255, max_body=1_000_000,
    created_in="Original Created", own_custom=frozenset({"External Id", "Original Created", "Resolution"}),
)  # fmt: skip
_TIKTING = Holds(
    lists={
        **{name: name for name in ("status", "priority", "category", "group", "level")},
        "site_id": "site", "department_id": "department",
    },
    private=False, assignee=True, html=False, marked=True, max_title=255, max_body=60_000, people_csv=True,
)  # fmt: skip
_ZNUNY = Holds(
    lists={name: name for name in ("queue", "status", "priority", "type")},
    authors=True, custom=True, assignee=True, max_title=255, own_custom=frozenset({"ExternalID"}),
    file_name=lambda name: name.lstrip(".") or "file",
    says=("More files of the same names.",),
)  # fmt: skip
HOLDS: dict[str, Holds] = {
    "archive": Holds(
        adopts=True, authors=True, times=True, tags=True, cc=True, custom=True, links=True, work=True, rating=True,
        creator=True, assignee=True, created=True,
    ),
    "invgate": _INVGATE,
    "motadata": _MOTADATA,
    "redmine": _REDMINE,
    "request_tracker": _REQUEST_TRACKER,
    "rezolve": _REZOLVE,
    "tikting": _TIKTING,
    "znuny": _ZNUNY,
}  # fmt: skip
"""What a kind must hold when its desk has all that can be configured."""
LOOKS = re.compile(
    r"POST (/api/v\d+/ticketing/ticket/list|/api/TicketsApi|.*/search/byqual|.*/Ticket(List|Search)"
    r"|/REST/2\.0/(attachments|customfields|users))"
)
"""Calls that only read, though they are no GET, besides those that read a desk's lists."""


def opened(block: dict[str, Any]) -> Desk:
    """The desk of this block. Nobody is asked yet."""
    spec = registry.spec(block["kind"])
    return spec.open(spec.config().model_validate({**block, "name": "desk"}))


def members(state: dict[str, Any]) -> dict[str, frozenset[str]]:
    """Group -> e-mails of those who may work for it, on a desk that asks for that."""
    desks, users = state.get("helpdesks", {}), state.get("users", {})
    return {
        f"{desk['name']} / level {level['order']}": frozenset(users[str(id)]["email"].lower() for id in desk["members"])
        for level in state.get("levels", {}).values()
        if (desk := desks.get(str(level["helpdesk_id"]))) is not None
    }
