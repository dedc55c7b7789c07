"""Redmine's notes: each found again by its marker, because no answer tells which journal it made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import structlog

from syncer.deskkit.attempt import Attempt
from syncer.desks.redmine import wire, wire_out
from syncer.desks.redmine.calls import Calls, Row
from syncer.desks.redmine.config import RedmineConfig
from syncer.desks.redmine.people import People
from syncer.desks.redmine.rights import PRIVATE, Rights
from syncer.desks.redmine.writes import Writes
from syncer.errors import AuthFailed, ConfigError, Fatal, InDoubt, Rejected, Retryable
from syncer.model.draft import CommentDraft
from syncer.model.ids import Key, TicketId

OF_NOTES = ("add_issue_notes",)
log = structlog.get_logger()


class Notes:
    """Writes them, private ones only where Redmine surely will not ignore that they are."""

    def __init__(self, config: RedmineConfig, calls: Calls, writes: Writes, people: People, rights: Rights) -> None:
        self._config = config
        self._calls = calls
        self._writes = writes
        self._people = people
        self._rights = rights

    async def there(self, id: TicketId, key: Key) -> str | None:
        """The id of the journal with this marker; None where the issue shows none."""
        row = await self._journal(id, key)
        return None if row is None else wire.ident(row) or ""

    async def _journal(self, id: TicketId, key: Key) -> Row | None:
        row = await self._calls.issue(id, "journals")
        if not isinstance(row.get("journals"), list):
            raise Rejected(f"{self._config.name}: issue {id}: an answer without journals", reason="schema")
        return next((one for one in wire.rows(row, "journals") if wire_out.note_marker(one) == key), None)

    async def _made(self, id: TicketId, key: Key) -> Row | None:
        """The same after it was written: where one cannot look, nobody knows whether it is there."""
        try:
            return await self._journal(id, key)
        except (AuthFailed, ConfigError, Rejected, Retryable) as e:
            raise InDoubt(f"{e.message}; the note [{key}] may be there") from e

    async def write(
        self, id: TicketId, comment: CommentDraft, files: Sequence[Mapping[str, str]], attempt: Attempt
    ) -> tuple[str, tuple[str, ...]]:
        """The id of its journal, and what was lost. Raises Rejected where Redmine took it and kept nothing, Fatal
        where it made a private one public, InDoubt where it cannot be read back."""
        project = await self._project(id, comment)
        body = wire_out.note(comment, comment.body, files)
        login = await self._name(comment, project)
        losses: tuple[str, ...] = ()
        if login is not None:
            losses = await self._as_author(id, body, login, attempt)
        else:
            await self._writes.put(f"/issues/{id}.json", body, attempt)
        made = await self._made(id, comment.key)
        if made is None and login is not None and not losses:
            # A right that the author lacks is ignored in silence.
            await self._writes.put(f"/issues/{id}.json", body, attempt)
            losses, made = ("comment_author_as_text",), await self._made(id, comment.key)
        if made is None:
            raise Rejected(
                f"{self._config.name}: issue {id}: a note was taken and is not there",
                reason="refused",
                hint="Give the account's role the right Add notes.",
            )
        if not comment.public and made.get("private_notes") is not True:
            raise Fatal(
                f"{self._config.name}: the private note [{comment.key}] of issue {id} became public",
                hint="Make it private by hand, and give the account's role the right Set notes as private.",
            )
        unnamed = comment.author is not None and login is None and self._config.switch_user
        return wire.ident(made) or "", ("comment_author_as_text",) if unnamed else losses

    async def _project(self, id: TicketId, comment: CommentDraft) -> str:
        """The project of the issue, where it matters. Raises Rejected where a private note would become public."""
        if comment.public and not (self._config.switch_user and comment.author):
            return ""
        row = await self._calls.issue(id)
        project = wire.ref(row, "project") or ""
        me = await self._calls.access.me()
        if not comment.public and not await self._rights.may(me, project, *PRIVATE):
            raise Rejected(
                f"{self._config.name}: issue {id}: a private note would become public",
                reason="refused",
                hint="Give the account's role the rights View private notes and Set notes as private in this project.",
            )
        return project

    async def _name(self, comment: CommentDraft, project: str) -> str | None:
        """The login of its author, where it can be written in their name."""
        if not self._config.switch_user or comment.author is None:
            return None
        me = await self._calls.access.me()
        if not me.admin or comment.author == me.id:
            return None
        wanted = OF_NOTES if comment.public else (*OF_NOTES, *PRIVATE)
        if not await self._rights.other_may(comment.author, project, *wanted):
            return None
        return await self._people.login(comment.author)

    async def _as_author(
        self, id: TicketId, body: Mapping[str, object], login: str, attempt: Attempt
    ) -> tuple[str, ...]:
        try:
            await self._writes.put(f"/issues/{id}.json", body, attempt, login)
        except Rejected as e:  # locked, or no member any more
            log.info("author_not_taken", desk=self._config.name, issue=id, error=e.message)
            await self._writes.put(f"/issues/{id}.json", body, attempt)
            return ("comment_author_as_text",)
        return ()
