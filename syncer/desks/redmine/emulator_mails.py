"""Mails that would leave: no call can keep them back, only an administrator or each reader can."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal

from syncer.desks.redmine.emulator_records import ACTIVE, Issue, Journal, Mail, User
from syncer.desks.redmine.emulator_tables import Tables


def mail_add(tables: Tables, issue: Issue) -> None:
    """An issue is new: who works on it, who watches it and who wants to be told of everything are told, its author is
    not told of what is their own."""
    _send(tables, issue, "issue_add", issue.author_id, lambda user: True)


def mail_edit(tables: Tables, issue: Issue, journal: Journal) -> None:
    """Something was said or changed: author, worker, the one before and watchers are told, those of private words only
    who may read them."""

    def reads(user: User) -> bool:
        return not journal.private or tables.may(user, "view_private_notes", issue.project_id)

    _send(tables, issue, "issue_edit", journal.user_id, reads, *_previous(journal))


def _previous(journal: Journal) -> Iterable[int]:
    return (int(one.old) for one in journal.details if one.name == "assigned_to_id" and one.old)


def _send(
    tables: Tables,
    issue: Issue,
    about: Literal["issue_add", "issue_edit"],
    by: int,
    reads: Callable[[User], bool],
    *more: int,
) -> None:
    if not tables.switches.notify:
        return
    concerned = [issue.author_id, *([issue.assigned_to_id] if issue.assigned_to_id else []), *more, *issue.watchers]
    members = (one.user_id for one in tables.members.values() if one.project_id == issue.project_id)
    concerned += [id for id in members if tables.users[id].mail_notification == "all"]
    for id in dict.fromkeys(concerned):
        user = tables.users.get(id)
        if user is None or user.id == by or user.status != ACTIVE or not user.mail or user.mail_notification == "none":
            continue
        if tables.sees(user, issue) and reads(user):
            tables.mails.append(Mail(to=user.mail, issue_id=issue.id, about=about))
