"""The calls there are, by method and path."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from aiohttp import web

from syncer.desks.redmine import emulator_files as files
from syncer.desks.redmine import emulator_issues as issues
from syncer.desks.redmine import emulator_lists as lists
from syncer.desks.redmine import emulator_people as people
from syncer.desks.redmine import emulator_relations as relations
from syncer.desks.redmine import emulator_times as times
from syncer.desks.redmine.emulator_params import Call
from syncer.desks.redmine.emulator_search import search
from syncer.desks.redmine.emulator_tables import Tables

Answer = Callable[[Tables, Call], Awaitable[web.Response]]
_CALLS: list[tuple[str, str, Answer]] = [
    ("GET", "issues", lists.issues),
    ("POST", "issues", issues.create),
    ("GET", "projects/{}/issues", lists.issues),
    ("POST", "projects/{}/issues", issues.create),
    ("GET", "issues/{}", issues.show),
    ("PUT", "issues/{}", issues.update),
    ("DELETE", "issues/{}", issues.delete),
    ("PUT", "journals/{}", issues.update_journal),
    ("GET", "issues/{}/relations", relations.index),
    ("POST", "issues/{}/relations", relations.create),
    ("GET", "relations/{}", relations.show),
    ("DELETE", "relations/{}", relations.delete),
    ("POST", "issues/{}/watchers", relations.watch),
    ("DELETE", "issues/{}/watchers/{}", relations.unwatch),
    ("GET", "time_entries", times.index),
    ("POST", "time_entries", times.create),
    ("POST", "uploads", files.upload),
    ("GET", "attachments/{}", files.show),
    ("PUT", "attachments/{}", files.update),
    ("DELETE", "attachments/{}", files.delete),
    ("GET", "projects", lists.projects),
    ("GET", "projects/{}", lists.project),
    ("GET", "projects/{}/memberships", lists.memberships),
    ("POST", "projects/{}/memberships", people.add_member),
    ("GET", "projects/{}/issue_categories", lists.categories),
    ("GET", "trackers", lists.trackers),
    ("GET", "issue_statuses", lists.statuses),
    ("GET", "enumerations/issue_priorities", lists.priorities),
    ("GET", "roles", lists.roles),
    ("GET", "roles/{}", lists.role),
    ("GET", "custom_fields", lists.custom_fields),
    ("GET", "users/current", people.me),
    ("GET", "my/account", people.own_account),
    ("GET", "users", people.users),
    ("POST", "users", people.create),
    ("GET", "users/{}", people.user),
    ("PUT", "users/{}", people.update),
    ("DELETE", "users/{}", people.delete),
    ("GET", "search", search),
    ("GET", "projects/{}/search", search),
]
_ROUTES = [(method, re.compile("/" + path.replace("{}", "([^/]+)")), answer) for method, path, answer in _CALLS]
_DOWNLOAD = re.compile(r"/attachments/download/(\d+)(?:/(.*))?", re.DOTALL)
_FORMAT = ".json"
_SAME = {"HEAD": "GET", "PATCH": "PUT"}


def find(method: str, path: str) -> tuple[Answer, tuple[str, ...]] | None:
    """What answers such a call, and the ids of its path; none where there is no such call."""
    method = _SAME.get(method, method)
    if method == "GET" and (found := _DOWNLOAD.fullmatch(path)):
        return files.download, (found[1], found[2] or "")
    if not path.endswith(_FORMAT):
        return None
    for verb, pattern, answer in _ROUTES:
        if verb == method and (found := pattern.fullmatch(path.removesuffix(_FORMAT))):
            return answer, found.groups()
    return None


def is_page(path: str) -> bool:
    """Whether people find a page there."""
    return path in ("/", "/login") or find("GET", f"{path}{_FORMAT}") is not None
