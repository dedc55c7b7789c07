"""Redmine's reading calls: each row compared with what was asked, because a filter it does not know is ignored."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from syncer.deskkit.blindness import NOT_ALLOWED
from syncer.deskkit.http import DeskHttp
from syncer.deskkit.reply import Reply, classify
from syncer.desks.redmine import wire
from syncer.desks.redmine.access import Access
from syncer.desks.redmine.config import RedmineConfig
from syncer.errors import AuthFailed, ConfigError, NotFound, Rejected
from syncer.log import redact
from syncer.model.ids import TicketId

ISSUES = "/issues.json"
WHOLE = "journals,attachments,watchers,relations,children"
Row = dict[str, Any]
Params = Sequence[tuple[str, object]]


class NotAllowed(Rejected):
    """403: the account has no right to this one thing."""


class Rows(Struct, frozen=True):
    """A page of a list, and how many rows match in all, where that is told."""

    rows: list[Row]
    total: int | None

    @property
    def is_last(self) -> bool:
        """Whether nothing that matches is left for another page."""
        return not self.rows or len(self.rows) == self.total


class Calls:
    """Asks the desk, with a key that was accepted once."""

    def __init__(self, config: RedmineConfig, http: DeskHttp, access: Access) -> None:
        self._config = config
        self._http = http
        self.access = access

    def judge(self, what: str, reply: Reply) -> Exception | None:
        """As for every desk, but 403 is about one call."""
        if reply.status == 401:
            return self.access.refused(what, reply)
        if reply.status == 403:
            return NotAllowed(f"{what} answered 403", reason=NOT_ALLOWED)
        return classify(what, reply)

    async def get(self, path: str, params: Params = ()) -> Row:
        """An answer. Raises NotFound, Rejected where it is no JSON object, NotAllowed, AuthFailed, Retryable."""
        await self.access.credential.ready()
        what = f"{self._config.name}: {path}"
        reply = await self._http.read("GET", path, judge=self.judge, query=urlencode(params))
        try:
            value = msgspec.json.decode(reply.body)
        except msgspec.DecodeError as e:
            start = redact(reply.body[:60].decode("utf-8", "replace").strip())
            said = f"no JSON but {start!r}" if start else "an empty answer"
            raise Rejected(f"{what}: {said}", reason="no_json", hint="Is base_url right?") from e
        if not isinstance(value, dict):
            raise Rejected(f"{what}: an answer that is no object", reason="schema")
        return value

    async def page(self, path: str, key: str, params: Params) -> Rows:
        """A page of a list. Raises as `get` does; an answer without the list is none, never an empty one."""
        value = await self.get(path, params)
        rows = value.get(key)
        if not isinstance(rows, list):
            raise Rejected(f"{self._config.name}: {path}: an answer without {key}", reason="schema")
        return Rows([row for row in rows if isinstance(row, dict)], wire.whole(value.get("total_count")))

    async def every(self, path: str, key: str, params: Params = ()) -> AsyncIterator[Row]:
        """All rows of a short list, each once, by as many as came until all were counted."""
        offset, seen = 0, set[int]()
        while True:
            page = await self.page(path, key, [*params, ("limit", self._config.page_size), ("offset", offset)])
            fresh = [row for row in page.rows if (id := wire.whole(row.get("id"))) is not None and id not in seen]
            for row in fresh:
                seen.add(int(row["id"]))
                yield row
            offset += len(page.rows)
            if not fresh or page.total is None or offset >= page.total:
                return

    async def issues(self, *params: tuple[str, object], scoped: bool = True) -> Rows:
        """A page of issues, open and closed; of the project that is read, or of all.

        Raises ConfigError where this account or server has no such list, AuthFailed without the right.
        """
        asked: list[tuple[str, object]] = [("status_id", "*"), ("limit", self._config.page_size), *params]
        if scoped and self._config.read_project:
            asked.append(("project_id", self._config.read_project))
        try:
            page = await self.page(ISSUES, "issues", asked)
        except NotFound as e:
            hint = "Is base_url right, and read_project the identifier of a project the account sees?"
            raise ConfigError(e.message, hint=hint) from e
        except NotAllowed as e:
            raise AuthFailed(e.message, hint="Give the account's role the right View issues.") from e
        except Rejected as e:
            raise ConfigError(e.message, hint="This server refuses the list of issues as syncer asks for it.") from e
        if any(wire.ident(row) is None for row in page.rows):
            raise ConfigError(f"{self._config.name}: an issue in the list has no id", hint="Is this a Redmine?")
        return page

    async def newest(self, below: int | None = None) -> Rows:
        """A page of issues, the youngest first, of all projects; those up to this id."""
        bound: Params = [] if below is None else [("issue_id", f"<={below}")]
        page = await self.issues(("sort", "id:desc"), *bound, scoped=False)
        if below is not None and any(int(row["id"]) > below for row in page.rows):
            raise self.ignores("issue_id")
        return page

    def ignores(self, filter: str) -> ConfigError:
        """What it means when rows come that were not asked for."""
        return ConfigError(
            f"{self._config.name}: the list of issues ignores the filter {filter}",
            hint="syncer needs Redmine 5. Does a plugin or a proxy change the API?",
        )

    async def issue(self, id: TicketId, include: str = "") -> Row:
        """One issue. Raises NotFound, or Rejected where the answer is none."""
        value = await self.get(f"/issues/{id}.json", [("include", include)] if include else [])
        row = value.get("issue")
        if not isinstance(row, dict) or wire.ident(row) != id:
            raise Rejected(f"{self._config.name}: issue {id}: an answer that is not this issue", reason="schema")
        return row
