"""An InvGate exported into an archive, and a Tikting filled from that: the place, the judge, and lives that end there.

A life that is killed in this process leaves what a killed process leaves: files as far as they were written, no lock,
and an index without what was not committed.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import asyncpg

from syncer.deskkit.kept import KeptTicket
from syncer.desks.archive.emulator_kept import kept, state
from syncer.desks.archive.folder import Lock
from syncer.desks.archive.index import Index
from syncer.desks.archive.loading import Loading
from syncer.desks.archive.segments import Segments
from syncer.desks.archive.writing import Writing
from tests.flows import lives
from tests.flows.desks import Desks
from tests.flows.judge import Broken
from tests.flows.lives import Life
from tests.flows.place import Place

_EXPORT = """
  vault: {{kind: archive, path: {vault}}}
routes:
  export: {{source: old, target: vault, mapping: as-it-is.yaml}}
"""
_LOAD = "  load: {source: vault, target: new, mapping: mapping.yaml, marker_prefix: IG, accept_mails: true}\n"
_AS_IT_IS = "fields:\n  title: {from: title}\n  body: {from: body}\n"
SEGMENT = 6_000
"""Bytes of a segment here: several are filled by a dozen tickets."""


class ArchivePlace(Place):
    """Where an InvGate is exported. `both` has the way on into the Tikting, too."""

    both = False

    def __init__(self, desks: Desks, home: Path, dsn: str, admin: asyncpg.Connection) -> None:
        super().__init__(desks, home, dsn, admin)
        self.vault = home / "vault"

    def configure(self, *, timeout: float = 2, search_lag: float = 0.1, parallel: int = 2) -> None:
        """As the sandbox's config, with an archive."""
        super().configure(timeout=timeout, search_lag=search_lag, parallel=parallel)
        (self.config.parent / "as-it-is.yaml").write_text(_AS_IT_IS)
        desks = self.config.read_text().partition("\nroutes:")[0]
        self.config.write_text(desks + _EXPORT.format(vault=self.vault) + (_LOAD if self.both else ""))

    def reset(self, *, lists: bool = True) -> None:
        """The archive is gone, too."""
        super().reset(lists=lists)
        shutil.rmtree(self.vault, ignore_errors=True)

    def registered(self) -> dict[str, Any]:
        """What was written so far."""
        return state(self.vault)

    def judge(self) -> None:
        """Raises Broken unless every ticket is in the archive once, as it was."""
        self.desks.settle()
        if faults := list(_faults(self.desks.old.state(), self.vault)):
            raise Broken("\n".join(faults))


def _faults(source: dict[str, Any], vault: Path) -> Iterator[str]:
    there, held = {ticket.id: ticket for ticket in kept(vault)}, state(vault)
    if held["lines"] != len(there):
        yield f"{held['lines']} lines for {len(there)} tickets"
    if held["pending"]:
        yield f"{held['pending']} tickets are not whole"
    yield from (f"invented: {id}" for id in there.keys() - source["tickets"].keys())
    for id, old in source["tickets"].items():
        if id not in there:
            yield f"lost: {id}"
            continue
        yield from (f"{id}: {fault}" for fault in _ticket(old, there[id], source["users"]))
        if held["tickets"][id]["key"] != f"IG-{id}":
            yield f"{id}: its key is {held['tickets'][id]['key']}"
    wanted = {file["sha256"]: file["size"] for ticket in source["tickets"].values() for file in _all_files(ticket)}
    if held["blobs"] != wanted:
        yield f"{len(held['blobs'])} blobs instead of {len(wanted)}"


def _ticket(old: dict[str, Any], new: KeptTicket, users: dict[str, Any]) -> Iterator[str]:
    values = {name: old[name] for name in ("status", "priority", "type", "source", "location") if old[name]}
    comments = [
        (str(one["id"]), _email(one["author_id"], users), one["message"], one["customer_visible"], one["created_at"])
        for one in old["comments"]
    ]
    for name, before, after in (
        ("title", " ".join(old["title"].split()), new.title),  # InvGate's are read so
        ("text", old["description"], new.body),
        ("requester", _email(old["user_id"], users), new.requester),
        ("assignee", _email(old["assigned_id"], users), new.assignee),
        ("created", old["created_at"], new.created),
        ("values", values, {name: new.values[name] for name in values if name in new.values}),
        ("category", " / ".join(old["category"] or ()), new.values.get("category", "")),
        ("comments", comments, [(one.id, one.author, one.text, one.public, one.at) for one in new.comments]),
        ("files", _files(old), [(one.name, one.sha256, one.size) for one in new.files]),
        (
            "files of comments",
            [_files(one) for one in old["comments"]],
            [[(one.name, one.sha256, one.size) for one in comment.files] for comment in new.comments],
        ),
    ):
        if before != after:
            yield f"{name}: {after!r} instead of {before!r}"


def _email(id: int | None, users: dict[str, Any]) -> str | None:
    user = users.get(str(id))
    return user["email"].lower() if user and user["email"] else None


def _files(one: dict[str, Any]) -> list[tuple[str, str, int]]:
    return [(file["name"], file["sha256"], file["size"]) for file in one["files"]]


def _all_files(ticket: dict[str, Any]) -> list[dict[str, Any]]:
    return [*ticket["files"], *(file for comment in ticket["comments"] for file in comment["files"])]


@contextmanager
def small_segments() -> Iterator[None]:
    """So that the border between two of them is met."""
    with patch.dict(Segments.__init__.__kwdefaults__ or {}, most_bytes=SEGMENT):
        yield


def begin(place: ArchivePlace, *, kill: lives.When = lives.never) -> Life:
    """A life of an export. What it writes are steps of its own: before, and when it is on the disk."""
    life, threads = Life(kill, lives.never), ThreadPoolExecutor(4)
    life.loop.set_default_executor(threads)
    locks: list[Lock] = []
    indexes: list[Index] = []
    with ExitStack() as stack:
        for one, name in ((Writing, "_durably"), (Loading, "_pending"), (Loading, "_keep")):
            stepping = lives._stepping(life, getattr(one, name), lambda *_, name=name: f"the folder: {name}")
            stack.enter_context(patch.object(one, name, stepping))
        stack.enter_context(patch.object(Lock, "__init__", _noting(locks, Lock.__init__)))
        stack.enter_context(patch.object(Index, "__init__", _noting(indexes, Index.__init__)))
        stack.enter_context(small_segments())
        lives.run(place, life)
    threads.shutdown()  # what a thread was writing when its process was killed may be there, or not
    if life.killed:
        for index in indexes:
            with suppress(sqlite3.ProgrammingError):  # it was closed as it should be
                index._db.rollback()
                index._db.close()
        for lock in locks:
            lock.release()
    return life


def _noting(found: list[Any], init: Any) -> Any:
    def noting(self: Any, *args: Any, **more: Any) -> None:
        found.append(self)
        init(self, *args, **more)

    return noting
