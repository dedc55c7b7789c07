"""What an emulated instance holds, in words that are the same for every kind of desk; and how syncer gets at it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from syncer.deskkit.kept import KeptComment, KeptFile, KeptTicket, KeptWork
from syncer.desks.redmine.emulator_custom import words_of
from syncer.desks.redmine.emulator_fill import MARKER, REQUESTER
from syncer.desks.redmine.emulator_records import Issue, Journal, Spent
from syncer.desks.redmine.emulator_switches import Auth
from syncer.desks.redmine.emulator_tables import ADMIN_ID, SECOND, SYNC_ID, Tables
from syncer.desks.redmine.emulator_words import PRIORITIES, STATUSES, SUPPORT, TRACKERS


def block(auth: Auth, tables: Tables, url: str) -> dict[str, Any]:
    """The config block, with all that the instance's switches allow."""
    return {
        "kind": "redmine",
        "base_url": url,
        "auth": {"key": auth.admin_key if tables.switches.account == "admin" else auth.sync_key},
        "budget": {"per_second": 5000, "parallel": 32},
        "pause": 1,
        "project": next((one.identifier for one in tables.projects.values()), "support"),
        "tracker": TRACKERS[SUPPORT],
        "marker_field": MARKER,
        "requester_field": REQUESTER,
        **({"make_users": True} if tables.switches.account == "admin" else {}),
    }


def kept(tables: Tables) -> list[KeptTicket]:
    """Every issue, in the order of its coming."""
    pairs = [(one.issue_id, one.issue_to_id) for one in tables.relations.values()]
    pairs += [(one.id, one.parent_id) for one in tables.issues.values() if one.parent_id is not None]
    links: dict[int, set[int]] = {}
    for first, second in pairs:
        links.setdefault(first, set()).add(second)
        links.setdefault(second, set()).add(first)
    return [_ticket(tables, issue, links.get(issue.id, set())) for issue in tables.issues.values()]


def _ticket(tables: Tables, issue: Issue, links: set[int]) -> KeptTicket:
    category = tables.categories.get(issue.category_id or 0)
    said = sorted((one for one in issue.journals if one.says), key=lambda one: (one.created, one.id))
    spoken_for = {int(detail.name) for one in said for detail in one.details if detail.property == "attachment"}
    fields = [field for field in tables.fields.values() if field.name != REQUESTER]
    return KeptTicket(
        id=str(issue.id),
        title=issue.subject,
        body=issue.description or "",
        requester=_requester(tables, issue),
        assignee=_mail(tables, issue.assigned_to_id),
        values={
            "status": STATUSES[issue.status_id],
            "priority": PRIORITIES[issue.priority_id],
            "type": TRACKERS[issue.tracker_id],
            "group": tables.projects[issue.project_id].name,
            **({"category": category.name} if category else {}),
        },
        created=issue.created // SECOND,
        comments=tuple(_comment(tables, issue, one) for one in said),
        files=_files(tables, (id for id in issue.files if id not in spoken_for)),
        cc=tuple(_mail(tables, id) or "" for id in issue.watchers if id not in (ADMIN_ID, SYNC_ID)),
        links=tuple(map(str, sorted(links))),
        custom={field.name: tuple(values) for field in fields if (values := words_of(issue, field))},
        times=tuple(_work(tables, one) for one in issue.spent),
    )


def _work(tables: Tables, row: Spent) -> KeptWork:
    """Time is kept by the day, and told in hundredths of an hour."""
    day = int(datetime.fromisoformat(f"{row.day}T00:00:00+00:00").timestamp())
    return KeptWork(_mail(tables, row.user_id), day, round(round(row.hours, 2) * 3600), row.comments or "")


def _requester(tables: Tables, issue: Issue) -> str | None:
    """Whose address stands in its field; else who made it."""
    field = tables.field_called(REQUESTER)
    named = words_of(issue, field) if field else []
    return named[0].lower() if named else _mail(tables, issue.author_id)


def _mail(tables: Tables, id: int | None) -> str | None:
    user = tables.users.get(id or 0)
    return user.mail.lower() if user is not None and user.mail else None


def _comment(tables: Tables, issue: Issue, said: Journal) -> KeptComment:
    own = {int(detail.name) for detail in said.details if detail.property == "attachment" and detail.new}
    return KeptComment(
        id=str(said.id),
        author=_mail(tables, said.user_id),
        text=said.notes or "",
        public=not said.private,
        at=said.created // SECOND,
        files=_files(tables, (id for id in issue.files if id in own)),
    )


def _files(tables: Tables, ids: Iterable[int]) -> tuple[KeptFile, ...]:
    rows = [tables.attachments[id] for id in sorted(ids)]
    return tuple(KeptFile(one.filename, hashlib.sha256(one.content).hexdigest(), len(one.content)) for one in rows)
