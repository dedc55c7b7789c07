"""A Redmine that answers what a test says, over real HTTP, and remembers what it was asked."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any

import msgspec
from aiohttp import web

from syncer.desks.redmine.config import RedmineConfig
from syncer.desks.redmine.desk import Redmine
from tests.desks.serving import opened

KEY = "0123456789abcdef0123456789abcdef01234567"
ME, ISSUES, UPLOADS = "/users/current.json", "/issues.json", "/uploads.json"
AT = "2026-11-30T20:24:12Z"
CUT = "cut"
RIGHTS = ["view_issues", "add_issues", "edit_issues", "add_issue_notes", "view_private_notes", "set_notes_private"]


def account(**more: Any) -> dict[str, Any]:
    """Who we are: an agent, member of project 5."""
    roles = [{"project": {"id": 5, "name": "Desk"}, "roles": [{"id": 6, "name": "Sync"}]}]
    return {"user": {"id": 5, "login": "sync", "admin": False, "memberships": roles, **more}}


def row(id: int, **more: Any) -> dict[str, Any]:
    """An issue in a list."""
    base: dict[str, Any] = {
        "id": id, "project": {"id": 5, "name": "Desk"}, "tracker": {"id": 3, "name": "Support"},
        "status": {"id": 1, "name": "New", "is_closed": False}, "priority": {"id": 2, "name": "Normal"},
        "author": {"id": 5, "name": "Sync Bot"}, "subject": f"Issue {id}", "description": "b", "is_private": False,
        "custom_fields": [], "created_on": AT, "updated_on": AT, "closed_on": None,
    }  # fmt: skip
    return {**base, **more}


def issue(id: int, **more: Any) -> dict[str, Any]:
    """An issue by itself."""
    return {"issue": row(id, **{"journals": [], "attachments": [], "watchers": [], **more})}


def listed(*rows: dict[str, Any], total: int | None = None) -> dict[str, Any]:
    """A page of issues."""
    return {"issues": list(rows), "total_count": len(rows) if total is None else total, "offset": 0, "limit": 100}


def users(*rows: dict[str, Any]) -> dict[str, Any]:
    """A page of users."""
    return {"users": list(rows), "total_count": len(rows)}


class Script:
    """Gives each path (or METHOD path) its answers in order, the last one again and again; else 404.

    An answer is a JSON value, a status, a pair of both, a page of HTML, bytes, CUT, or a function of request and body.
    """

    def __init__(self, paths: dict[str, Any]) -> None:
        known = {
            ME: account(),
            ISSUES: listed(),
            "/roles/6.json": {"role": {"id": 6, "permissions": RIGHTS, "issues_visibility": "all"}},
            "/projects.json": {"projects": [{"id": 5, "name": "Desk", "identifier": "desk"}], "total_count": 1},
            "/trackers.json": {"trackers": [{"id": 3, "name": "Support"}]},
            "/custom_fields.json": {"custom_fields": []},
            **paths,
        }
        self.paths = {path: answers if isinstance(answers, tuple) else (answers,) for path, answers in known.items()}
        self.asked: list[web.Request] = []
        self.bodies: list[Any] = []

    def app(self) -> web.Application:
        """What serves it."""
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{path:.*}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.asked.append(request)
        try:
            self.bodies.append(msgspec.json.decode(body) if body else None)
        except msgspec.DecodeError:
            self.bodies.append(body)
        name = f"{request.method} {request.path}"
        name = name if name in self.paths else request.path
        if name not in self.paths:
            return web.Response(status=404, content_type="application/json")
        answers = self.paths[name]
        self.paths[name] = answers[1:] or answers
        answer = answers[0](request, self.bodies[-1]) if callable(answers[0]) else answers[0]
        match answer:
            case "cut":
                assert request.transport is not None
                request.transport.close()
                return web.Response()
            case web.Response() as made:
                return made
            case [int() as status, value]:
                return web.json_response(value, status=status)
            case int() as status:
                return web.Response(status=status)
            case str() as page:
                return web.Response(text=page, content_type="text/html")
            case bytes() as content:
                return web.Response(body=content, content_type="application/octet-stream")
            case value:
                return web.json_response(value)

    def sent(self, name: str) -> list[Any]:
        """The bodies of these calls."""
        pairs = zip(self.asked, self.bodies, strict=True)
        return [body for request, body in pairs if f"{request.method} {request.path}" == name]

    def queries(self, path: str) -> list[dict[str, str]]:
        """What these lists were asked for."""
        return [dict(request.query) for request in self.asked if request.path == path]


def config(url: str, **more: Any) -> RedmineConfig:
    """Small waits, a project, a field for the marker and one for the requester."""
    block = {"name": "rm", "base_url": url, "auth": {"key": KEY}, "timeout": 5, "pause": 0.2, "project": "desk",
             "marker_field": "1", "requester_field": "2", "budget": {"per_second": 5000, "parallel": 8}}  # fmt: skip
    return RedmineConfig.model_validate({**block, **more})


def desk(script: Script, **more: Any) -> AbstractAsyncContextManager[Redmine]:
    """A connector to it."""
    return opened(script, lambda url: Redmine(config(url, **more)))
