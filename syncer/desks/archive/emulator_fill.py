"""Writes an archive from a seeded world, as anybody might who has read the README of the format."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from syncer.deskkit.world import SeedComment, SeedFile, SeedTicket, SeedWork, World

FIRST_TICKET = 1001
STATUSES = {
    "new": "open", "open": "open", "pending": "pending", "waiting": "pending", "solved": "resolved",
    "closed": "closed", "rejected": "closed", "cancelled": "closed",
}  # fmt: skip
PRIORITIES = ("low", "medium", "high", "urgent", "critical")


def fill(folder: Path, world: World) -> None:
    """The lists first, then a line for each ticket. Without tickets nobody is named as its origin."""
    for name in ("lists", "tickets", "blobs"):
        (folder / name).mkdir()
    manifest: dict[str, Any] = {"format": 1, "created": "2025-01-01T00:00:00Z"}
    if world.tickets:
        manifest["origin"] = "an emulated world"
    _write(folder / "archive.json", [manifest])
    filler = _Filler(folder, world)
    for kind, rows in filler.lists().items():
        if rows:
            _write(folder / "lists" / f"{kind}.jsonl", rows)
    if world.tickets:
        _write(folder / "tickets" / "00001.jsonl", map(filler.ticket, range(len(world.tickets))))


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


class _Filler:
    """The names of a world resolved once."""

    def __init__(self, folder: Path, world: World) -> None:
        self._blobs = folder / "blobs"
        self._world = world
        self._comments = 0
        nodes = dict.fromkeys(path[:depth] for path in world.categories for depth in range(1, len(path) + 1))
        self._categories = {path: str(number) for number, path in enumerate(nodes, 1)}
        self._kinds = sorted({ticket.kind for ticket in world.tickets} | {"incident", "service request"})
        self._fields = {name: str(number) for number, name in enumerate(world.custom, 1)}

    def lists(self) -> dict[str, list[dict[str, Any]]]:
        """Rows by kind."""
        world = self._world
        classes = list(STATUSES.values())
        statuses = [row | {"status_class": meant} for row, meant in zip(_named(STATUSES), classes, strict=True)]
        return {
            "status": statuses,
            "priority": _named(PRIORITIES),
            "type": _named(self._kinds),
            "category": [self._category(path) for path in self._categories],
            "location": _named(world.locations),
            "group": _named(world.queues),
            "company": _named(world.companies),
            "custom_field": [
                {"id": id, "name": name, "form": "choice" if world.custom[name] else "text"}
                for name, id in self._fields.items()
            ],
            "custom_option": [
                {"id": f"{id}-{number}", "name": label, "parent": id}
                for name, id in self._fields.items()
                for number, label in enumerate(world.custom[name], 1)
            ],
            "person": [
                {
                    "id": str(position), "name": f"{one.name} {one.lastname}".strip(), "email": one.email,
                    "active": not (one.disabled or one.deleted),
                }
                for position, one in enumerate(world.people, 1)
            ],
        }  # fmt: skip

    def _category(self, path: tuple[str, ...]) -> dict[str, Any]:
        above = {"parent": self._categories[path[:-1]]} if len(path) > 1 else {}
        return {"id": self._categories[path], "name": path[-1], "path": list(path), **above}

    def ticket(self, number: int) -> dict[str, Any]:
        """The line of one ticket."""
        seed = self._world.tickets[number]
        id = str(FIRST_TICKET + number)
        return {
            "id": id,
            "number": f"#{id}",
            "title": seed.title,
            "body": seed.body,
            "values": self._values(seed),
            "requester": self._person(seed.requester),
            "creator": self._person(seed.creator),
            "assignee": self._person(seed.assignee),
            "created_at": _time(seed.created),
            "updated_at": _time(seed.updated),
            "closed_at": _time(seed.closed),
            "tags": seed.tags,
            "cc": [self._person(one) for one in seed.cc if one >= 0],
            "custom": self._custom(seed),
            "links": [{"id": str(FIRST_TICKET + other)} for other in seed.links],
            "comments": [self._comment(one) for one in seed.comments],
            "files": [self._file(one) for one in seed.files],
            "times": [self._work(one, at) for at, one in enumerate(seed.work, 1)],
            **({"rating": {"score": seed.rating}} if seed.rating is not None else {}),
        }

    def _values(self, seed: SeedTicket) -> dict[str, str]:
        values = {
            "status": _place(seed.status, list(STATUSES)),
            "priority": _place(seed.priority, PRIORITIES),
            "type": _place(seed.kind, self._kinds),
            "category": self._categories.get(seed.category),
            "location": _place(seed.location, self._world.locations),
            "group": _place(seed.queue, self._world.queues),
        }
        return {kind: id for kind, id in values.items() if id is not None}

    def _custom(self, seed: SeedTicket) -> dict[str, Any]:
        choices = self._world.custom
        return {self._fields[name]: [value] if choices[name] else value for name, value in seed.custom.items()}

    def _person(self, position: int | None) -> str | None:
        return str(position + 1) if position is not None and position >= 0 else None

    def _comment(self, seed: SeedComment) -> dict[str, Any]:
        self._comments += 1
        return {
            "id": str(self._comments), "author": self._person(seed.author), "created_at": _time(seed.at),
            "body": seed.body, "public": not seed.private, "solution": seed.solution,
            "files": [self._file(one) for one in seed.files],
        }  # fmt: skip

    def _work(self, seed: SeedWork, number: int) -> dict[str, Any]:
        return {"id": str(number), "author": self._person(seed.author), "at": _time(seed.at), "seconds": seed.seconds,
                "note": seed.note}  # fmt: skip

    def _file(self, seed: SeedFile) -> dict[str, Any]:
        sha256 = hashlib.sha256(seed.content).hexdigest()
        place = self._blobs / sha256[:2] / sha256
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(seed.content)
        return {"sha256": sha256, "name": seed.name, "size": len(seed.content)}


def _named(names: Iterable[str]) -> list[dict[str, Any]]:
    return [{"id": str(number), "name": name[:1].upper() + name[1:]} for number, name in enumerate(names, 1)]


def _place(name: str | None, names: Sequence[str]) -> str | None:
    return str(names.index(name) + 1) if name in names and name is not None else None


def _time(seconds: int | None) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds is not None else None
