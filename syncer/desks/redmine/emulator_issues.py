"""The calls that make, change and delete issues."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
from aiohttp import web

from syncer.desks.redmine import emulator_shapes as shapes
from syncer.desks.redmine.emulator_answers import Broken, Invalid, Refused, done, json_answer
from syncer.desks.redmine.emulator_custom import echoed_custom
from syncer.desks.redmine.emulator_files import sanitized
from syncer.desks.redmine.emulator_journals import changes, write
from syncer.desks.redmine.emulator_mails import mail_add
from syncer.desks.redmine.emulator_params import Call, blank, to_flag, to_number, to_text
from syncer.desks.redmine.emulator_records import ACTIVE, Attachment, Detail, Issue, Journal
from syncer.desks.redmine.emulator_tables import Tables
from syncer.desks.redmine.emulator_values import Change
from syncer.desks.redmine.emulator_words import BUG, CLOSED_STATUSES, NEW, NORMAL

_TELLING = ("edit_issues", "add_issue_notes", "copy_issues")


def issue_of(tables: Tables, call: Call) -> Issue:
    """The issue a path means; who may not see it is told that."""
    issue = tables.issues.get(to_number(call.ids[0]))
    if issue is None:
        raise Refused(404)
    if not tables.sees(call.by, issue):
        raise refused_to(call)
    return issue


def refused_to(call: Call) -> Refused:
    """No for somebody; who is nobody is asked to log in."""
    return Refused(403) if call.by.logged else Refused(401, challenge=True)


async def create(tables: Tables, call: Call) -> web.Response:
    """POST issues.json. The author is who calls and the time is now, whatever else is asked for."""
    asked = call.section("issue")
    now = tables.now()
    new = Issue(
        id=0, project_id=0, tracker_id=BUG, status_id=NEW, priority_id=NORMAL, author_id=call.by.id, created=now,
        updated=now,
    )  # fmt: skip
    project = tables.project_of(call.ids[0]) if call.ids else None
    if call.ids and project is None:
        raise Refused(404)
    # Somebody who is in no project is told of what is blank; nobody at all is asked to log in.
    if not call.by.logged and not tables.may_somewhere(call.by, "add_issues"):
        raise refused_to(call)
    change = Change(tables, call.by, None, new)
    change.take({**({"project_id": project.id} if project else {}), **asked})
    files, errors = _uploads(tables, asked)
    if change.errors or errors:
        raise Invalid(*errors, *change.errors)
    new.watchers = _watchers(tables, call, new, asked)
    _keep(tables, new)
    _attach(tables, new, files)
    mail_add(tables, new)
    _parent_changed(tables, call, None, new)
    shown = shapes.issue(tables, new)
    shown["custom_fields"] = echoed_custom(tables, shown["custom_fields"], asked)
    return json_answer({"issue": shown}, 201, f"{call.here}/issues/{new.id}")


def _keep(tables: Tables, issue: Issue) -> None:
    issue.id = tables.take("issue")
    if issue.status_id in CLOSED_STATUSES:
        issue.closed = issue.created
    tables.issues[issue.id] = issue


def _watchers(tables: Tables, call: Call, issue: Issue, asked: dict[str, Any]) -> list[int]:
    if not tables.may(call.by, "add_issue_watchers", issue.project_id):
        return []
    wanted = asked.get("watcher_user_ids")
    ids = list(dict.fromkeys(to_number(one) for one in wanted if not blank(one))) if isinstance(wanted, list) else []
    if any(id not in tables.users for id in ids):
        raise Broken(404)
    return [id for id in ids if tables.users[id].status == ACTIVE]


async def update(tables: Tables, call: Call) -> web.Response:
    """PUT issues/{id}.json. Whatever was done or left undone: 204, and the issue counts as changed."""
    old = issue_of(tables, call)
    if not any(tables.may(call.by, right, old.project_id) for right in _TELLING):
        raise refused_to(call)
    asked = _without_none(call.section("issue"))
    new = msgspec.structs.replace(old)
    change = Change(tables, call.by, old, new)
    change.take(asked)
    files, errors = _uploads(tables, asked)
    if change.errors or errors:
        raise Invalid(*errors, *change.errors)
    version = old.version
    await asyncio.sleep(tables.switches.clash_window)
    known = to_number(asked["lock_version"]) if asked.get("lock_version") is not None else version
    present = tables.issues.get(old.id)
    if present is None:
        raise Refused(404)
    if present.version != version or known != version:
        raise Invalid
    said = _journal(tables, call, old, asked)
    attached = [Detail(property="attachment", name=str(one.id), new=one.filename) for one in files]
    said.details = attached + changes(old, new)
    _save(tables, old, new)
    _attach(tables, new, files)
    write(tables, new, call.by, said)
    _parent_changed(tables, call, old, new)
    return done()


def _without_none(asked: dict[str, Any]) -> dict[str, Any]:
    """A change takes the word `none` for nothing at all, also where it is all that somebody says."""
    found = {name: "" if value == "none" else value for name, value in asked.items()}
    if isinstance(values := found.get("custom_field_values"), dict):
        found["custom_field_values"] = {id: "" if value == "__none__" else value for id, value in values.items()}
    return found


def _save(tables: Tables, old: Issue, new: Issue) -> None:
    new.version += 1
    new.updated = tables.now()
    if new.status_id in CLOSED_STATUSES and old.status_id not in CLOSED_STATUSES:
        new.closed = new.updated
    new.files, new.journals, new.watchers = old.files, old.journals, old.watchers
    tables.issues[new.id] = new


def _journal(tables: Tables, call: Call, issue: Issue, asked: dict[str, Any]) -> Journal:
    may = tables.may
    tells = may(call.by, "add_issue_notes", issue.project_id)
    hides = may(call.by, "set_notes_private", issue.project_id)
    return Journal(
        id=0,
        user_id=call.by.id,
        notes=(to_text(asked.get("notes")) or "") if tells else "",
        created=tables.now(),
        private=hides and to_flag(asked.get("private_notes")),
    )


def _uploads(tables: Tables, asked: dict[str, Any]) -> tuple[list[Attachment], list[str]]:
    """The files that tokens stand for, renamed as asked for; a token works once."""
    rows = asked.get("uploads")
    files, lost = [], 0
    for row in rows if isinstance(rows, list) else []:
        if not isinstance(row, dict) or blank(row.get("token")):
            continue
        id = to_number(str(row["token"]).partition(".")[0])
        file = tables.attachments.get(id)
        if file is None or file.issue_id is not None or file.token != row["token"]:
            lost += 1
            continue
        named = "" if blank(row.get("filename")) else sanitized(str(row["filename"]))
        files.append(
            msgspec.structs.replace(
                file,
                filename=named or file.filename,
                content_type=str(row.get("content_type") or "") or file.content_type,
                description=str(row.get("description") or "").strip(),
            )
        )
    return files, [f"{lost} file(s) could not be saved."] if lost else []


def _attach(tables: Tables, issue: Issue, files: Sequence[Attachment]) -> None:
    for file in files:
        file.issue_id = issue.id
        tables.attachments[file.id] = file
        issue.files.append(file.id)


def _parent_changed(tables: Tables, call: Call, old: Issue | None, new: Issue) -> None:
    """A parent has the priority and the dates of its parts, and its history tells of them."""
    before = old.parent_id if old else None
    for id, there in ((before, False), (new.parent_id, True)):
        parent = tables.issues.get(id or 0)
        if parent is None:
            continue
        if before != new.parent_id:
            moved = {"new": str(new.id)} if there else {"old": str(new.id)}
            detail = Detail(property="attr", name="child_id", **moved)
            said = Journal(id=0, user_id=call.by.id, notes="", created=tables.now(), details=[detail])
            write(tables, parent, call.by, said)
        _derive(tables, parent)


def _derive(tables: Tables, parent: Issue) -> None:
    parts = list(tables.children(parent))
    if not parts:
        return
    parent.priority_id = max(one.priority_id for one in parts)
    parent.start_date = min((one.start_date for one in parts if one.start_date), default=None)
    parent.due_date = max((one.due_date for one in parts if one.due_date), default=None)
    parent.done_ratio = sum(one.done_ratio for one in parts) // len(parts)
    parent.updated = tables.now()
    parent.version += 1


async def delete(tables: Tables, call: Call) -> web.Response:
    """DELETE issues/{id}.json: gone for good, its parts with it, and nothing tells of it."""
    issue = issue_of(tables, call)
    if not tables.may(call.by, "delete_issues", issue.project_id):
        raise refused_to(call)
    _forget(tables, issue)
    return done()


def _forget(tables: Tables, issue: Issue) -> None:
    for part in list(tables.children(issue)):
        _forget(tables, part)
    for relation in tables.relations_of(issue):
        del tables.relations[relation.id]
    for file in issue.files:
        del tables.attachments[file]
    del tables.issues[issue.id]


async def show(tables: Tables, call: Call) -> web.Response:
    """GET issues/{id}.json."""
    return json_answer({"issue": shapes.whole_issue(tables, issue_of(tables, call), call)})


async def update_journal(tables: Tables, call: Call) -> web.Response:
    """PUT journals/{id}.json: other words, or none, which deletes it. The issue does not count as changed."""
    for issue in tables.issues.values():
        journal = next((one for one in issue.journals if one.id == to_number(call.ids[0])), None)
        if journal is not None and journal in tables.seen_journals(call.by, issue) and tables.sees(call.by, issue):
            break
    else:
        raise Refused(404)
    if not tables.may(call.by, "edit_issue_notes", issue.project_id):
        raise refused_to(call)
    asked = call.section("journal")
    if "notes" in asked:
        journal.notes = to_text(asked["notes"])
    if "private_notes" in asked and tables.may(call.by, "set_notes_private", issue.project_id):
        journal.private = to_flag(asked["private_notes"])
    if not journal.says and not journal.details:
        issue.journals.remove(journal)
    return done()
