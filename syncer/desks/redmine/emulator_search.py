"""Full text: every word, in any order, in one text of an issue; its subject and its description are one."""

from __future__ import annotations

import re
from typing import Any

from aiohttp import web

from syncer.desks.redmine import emulator_shapes as shapes
from syncer.desks.redmine.emulator_answers import Refused, json_answer
from syncer.desks.redmine.emulator_custom import words_of
from syncer.desks.redmine.emulator_params import Call
from syncer.desks.redmine.emulator_records import Issue, Project
from syncer.desks.redmine.emulator_tables import Tables
from syncer.desks.redmine.emulator_words import CLOSED_STATUSES, STATUSES, TRACKERS

_MOST = 5


def tokens(question: str) -> list[str]:
    """The first few words that are looked for; one alone that is no more than a letter is none."""
    found = re.findall(r'(?:\s|^)"[^"]+"(?:\s|$)|\S+', question)
    plain = [re.sub(r'^\s*"\s*|\s*"\s*$', "", one) for one in found]
    return [one for one in dict.fromkeys(plain) if len(one) > 1 or re.match(r"[\u3400-\u9fff]", one)][:_MOST]


def contains(text: str, words: list[str]) -> bool:
    """Whether all words are in it, whatever their case."""
    low = text.lower()
    return all(word.lower() in low for word in words)


async def search(tables: Tables, call: Call) -> web.Response:
    """GET search.json. Without a word to look for, not even their number is told."""
    project = tables.project_of(call.ids[0]) if call.ids else None
    if call.ids and project is None:
        raise Refused(404)
    offset, limit = call.page()
    words = tokens(call.query.get("q", "").strip())
    rows: list[tuple[int, int, dict[str, Any]]] = []
    if words:
        rows = [_found(one, call) for one in tables.issues.values() if _fits(tables, call, one, words, project)]
        if project is None and not call.query.get("issues"):
            rows += [
                _found_project(one, call)
                for one in tables.projects.values()
                if tables.sees_project(call.by, one) and contains(f"{one.name} {one.identifier}", words)
            ]
        rows.sort(key=lambda row: row[:2], reverse=True)
    shown = [row for _, _, row in rows[offset : offset + limit]]
    return json_answer(
        {"results": shown, "total_count": len(rows) if words else None, "offset": offset, "limit": limit}
    )


def _fits(tables: Tables, call: Call, issue: Issue, words: list[str], project: Project | None) -> bool:
    if not tables.sees(call.by, issue) or (project is not None and issue.project_id != project.id):
        return False
    if call.query.get("open_issues") and issue.status_id in CLOSED_STATUSES:
        return False
    files = call.query.get("attachments", "0")
    texts = [] if files == "only" else _texts(tables, call, issue)
    if files != "0":
        texts += [one.filename for one in tables.files_of(issue)]
    if call.query.get("all_words") == "":
        return any(contains(text, [word]) for text in texts for word in words)
    return any(contains(text, words) for text in texts)


def _texts(tables: Tables, call: Call, issue: Issue) -> list[str]:
    if call.query.get("titles_only"):
        return [issue.subject]
    own = f"{issue.subject}\n{issue.description or ''}"
    said = [one.notes or "" for one in tables.seen_journals(call.by, issue)]
    fields = [field for field in tables.fields.values() if field.searchable]
    return [own, *said, *(text for field in fields for text in words_of(issue, field))]


def _found(issue: Issue, call: Call) -> tuple[int, int, dict[str, Any]]:
    shown = {
        "id": issue.id,
        "title": f"{TRACKERS[issue.tracker_id]} #{issue.id} ({STATUSES[issue.status_id]}): {issue.subject}",
        "type": "issue-closed" if issue.status_id in CLOSED_STATUSES else "issue",
        "url": f"{call.here}/issues/{issue.id}",
        "description": issue.description,
        "datetime": shapes.moment(issue.created),
    }
    return issue.created, issue.id, shown


def _found_project(project: Project, call: Call) -> tuple[int, int, dict[str, Any]]:
    shown = {
        "id": project.id,
        "title": f"Project: {project.name}",
        "type": "project",
        "url": f"{call.here}/projects/{project.identifier}",
        "description": None,
        "datetime": shapes.moment(project.created),
    }
    return project.created, project.id, shown
