"""Pure: what an account can do on a tenant, as far as settings tell (contract, the table of capabilities)."""

from __future__ import annotations

from syncer.deskkit.contract import Capabilities, DraftField
from syncer.deskkit.mails import Reader, may_mail
from syncer.desks.rezolve.catalogue import KINDS
from syncer.desks.rezolve.config import RezolveConfig

FIELDS = {
    "requester": DraftField(lookup="person"),
    "assignee": DraftField(lookup="person"),
    "priority": DraftField(lookup="priority"),
    "category": DraftField(lookup="category"),
    "group": DraftField(lookup="group"),
    "status": DraftField(lookup="status"),
    "created_at": DraftField(number=True),
}
NOT_FIELDS = frozenset(("subject", "description", "tags"))
_ALL: tuple[Reader, ...] = ("requester", "assignee", "cc", "group")
# Any event of a type may mail anybody: a create, a field, a transition, a note, whoever reads it (contract 4 and 8).
MAILS = may_mail(
    "switch workflows, approvals and notifications of its ticket types off in Rezolve.ai",
    ticket=_ALL, reply=_ALL, note=_ALL, assignee=_ALL, status=_ALL, cc=("cc",),
)  # fmt: skip


def capabilities(config: RezolveConfig) -> Capabilities:
    """What this account can do, as far as settings tell."""
    types = config.writable.values()
    own = {name for one in types for name in one.fields} - NOT_FIELDS - FIELDS.keys()
    return Capabilities(
        reads=True,
        writes=True,
        fetch_batch=10,
        lookup_kinds=KINDS,
        fields={
            "type": DraftField(lookup="type", required=len(types) != 1),
            **FIELDS,
            **{name: DraftField() for name in sorted(own)},
        },
        marker_in=("field",) if _all(one.external_id_field_id for one in types) else (),
        finds_by_key=True,
        takes_files=False,
        takes_tags=_all("tags" in one.fields for one in types),
        takes_cc=config.write_watchers,
        takes_custom=True,
        takes_comments=config.notes_write_path is not None or _all(one.transcript_field_id for one in types),
        keeps_private=config.keeps_private,
        keeps_status=_all(one.status_field_id for one in types),
        max_title=config.max_summary,
        max_body=config.max_body,
        needs_body=True,
        body="html" if config.text_mode == "html" else "text",
        takes_changes=True,
        mails=MAILS,
    )


def _all(values: object) -> bool:
    found = list(values)  # type: ignore[call-overload]
    return bool(found) and all(found)
