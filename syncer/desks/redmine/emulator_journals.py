"""What is written down of a change: one journal, or two where its words are private and its changes are not."""

from __future__ import annotations

from syncer.desks.redmine.emulator_mails import mail_edit
from syncer.desks.redmine.emulator_records import Custom, Detail, Issue, Journal, User
from syncer.desks.redmine.emulator_tables import Tables

_NAMES = (
    "tracker_id", "project_id", "subject", "description", "due_date", "category_id", "status_id", "assigned_to_id",
    "priority_id", "start_date", "done_ratio", "estimated_hours", "is_private", "parent_id",
)  # fmt: skip


def changes(old: Issue, new: Issue) -> list[Detail]:
    """Each value that is another one. What was and is blank did not change."""
    found = []
    for name in _NAMES:
        before, after = _word(getattr(old, name)), _word(getattr(new, name))
        if before != after and (before or after):
            found.append(Detail(property="attr", name=name, old=before, new=after))
    for id in sorted(old.custom.keys() | new.custom.keys()):
        found += _custom_changes(id, old.custom.get(id), new.custom.get(id))
    return found


def _custom_changes(id: int, before: Custom, after: Custom) -> list[Detail]:
    if isinstance(before, list) or isinstance(after, list):
        was, now = before or [], after or []
        gone = [Detail(property="cf", name=str(id), old=one) for one in was if one not in now]
        return gone + [Detail(property="cf", name=str(id), new=one) for one in now if one not in was]
    if before == after or not (before or after):
        return []
    return [Detail(property="cf", name=str(id), old=before, new=after)]


def _word(value: object) -> str | None:
    if value is None:
        return None
    return str(int(value)) if isinstance(value, bool) else str(value)


def write(tables: Tables, issue: Issue, by: User, said: Journal) -> None:
    """Put a journal on its issue, if there is anything in it; who says something watches from then on.

    Words that are private stand alone: the changes and files that came with them are for everybody.
    """
    if not said.says and not said.details:
        return
    if said.private and not said.says:
        said.private = False
    if said.private and said.details:
        _add(tables, issue, by, Journal(id=0, user_id=by.id, notes=None, created=said.created, details=said.details))
        said.details = []
    _add(tables, issue, by, said)


def _add(tables: Tables, issue: Issue, by: User, journal: Journal) -> None:
    journal.id = tables.take("journal")
    issue.journals.append(journal)
    watching = by.watches and tables.may(by, "add_issue_watchers", issue.project_id)
    if watching and by.id not in issue.watchers:
        issue.watchers.append(by.id)
    mail_edit(tables, issue, journal)
