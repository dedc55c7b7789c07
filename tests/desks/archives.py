"""Archives for tests: opened as the config opens them, and drafts to put into them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from syncer.deskkit import registry
from syncer.deskkit.contract import Download
from syncer.desks.archive.desk import Archive
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId, Version
from syncer.model.lookups import LookupValue
from syncer.model.ticket import File, Ticket

AT = datetime(2024, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)


def archive(folder: Path, **more: Any) -> Archive:
    """The desk of a block in a config file."""
    spec = registry.spec("archive")
    config = spec.config().model_validate({"kind": "archive", "name": "vault", "path": str(folder), **more})
    desk = spec.open(config)
    assert isinstance(desk, Archive)
    return desk


@asynccontextmanager
async def opened(folder: Path, **more: Any) -> AsyncIterator[Archive]:
    """While the block lasts."""
    desk = archive(folder, **more)
    try:
        await desk.connect()
        yield desk
    finally:
        await desk.close()


def drafted(number: int, *comments: CommentDraft, **more: Any) -> Draft:
    """The so-manyth ticket."""
    told: dict[str, Any] = {
        "title": f"Ticket {number}", "body": f"<p>Text of {number}.</p>", "fields": {"status": "2", "requester": "7"},
    }  # fmt: skip
    return Draft(
        source_id=TicketId(str(number)), version=Version(f"v{number}"), key=Key(f"IG-{number}"), comments=comments,
        **(told | more),
    )  # fmt: skip


def said(number: int, *files: str, **more: Any) -> CommentDraft:
    """The so-manyth comment; `files` are what the source calls its files."""
    told: dict[str, Any] = {"author": "7", "body": f"Comment {number}", "public": True, "created_at": AT}
    return CommentDraft(
        id=str(number), key=Key(f"IG-c{number}"), files=tuple(File(one) for one in files), **(told | more)
    )


def file(name: str, content: bytes, content_type: str = "text/plain") -> Download:
    """A small file that was fetched."""
    return Download(name, content_type, len(content), content=content)


async def each(values: Iterable[LookupValue]) -> AsyncIterator[LookupValue]:
    """As a desk would tell them."""
    for value in values:
        yield value


async def whole(desk: Archive) -> list[Ticket]:
    """Every ticket, by the front door: scanned, then fetched in batches."""
    ids = [ref.id async for page in desk.scan() for ref in page.refs]
    found = [one for start in range(0, len(ids), 200) for one in await desk.fetch(ids[start : start + 200])]
    assert all(isinstance(one, Ticket) for one in found), found
    return [one for one in found if isinstance(one, Ticket)]


async def migrated(desk: Archive, draft: Draft, files: dict[str, Download] | None = None) -> TicketId:
    """What the engine does with a draft; `files` are those of comments, by what the source calls them."""
    made = await desk.create(draft, ())
    for step in desk.steps(draft):
        brought = [(files or {})[one.id] for one in step.comment.files] if step.comment else []
        await desk.step(made.id, draft, step, brought, lambda: None)
    return made.id
