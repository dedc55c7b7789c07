"""What an archive holds, read line by line with nothing of the connector's: for judges."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from syncer.deskkit.kept import KeptComment, KeptFile, KeptTicket, KeptWork

Row = dict[str, Any]
Lists = dict[str, dict[str, Row]]


def state(folder: Path) -> dict[str, Any]:
    """Tickets by id, lists by kind and id, sizes of blobs by name, and how many tickets are not whole yet."""
    manifest = folder / "archive.json"
    return {
        "manifest": json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else None,
        "tickets": _tickets(folder),
        "lists": _lists(folder),
        "blobs": {path.name: path.stat().st_size for path in sorted((folder / "blobs").glob("*/*"))},
        "lines": sum(len(_rows(path)) for path in (folder / "tickets").glob("*.jsonl")),
        "pending": len(list((folder / "pending").glob("*.jsonl"))),
    }


def kept(folder: Path) -> list[KeptTicket]:
    """The tickets in the order in which they stand there."""
    lists = _lists(folder)
    return [_ticket(line, lists) for line in _tickets(folder).values()]


def _rows(path: Path) -> list[Row]:
    text = path.read_text(encoding="utf-8")
    # What has no end yet was never acknowledged.
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].split("\n") if line.strip()]


def _tickets(folder: Path) -> dict[str, Row]:
    return {line["id"]: line for path in sorted((folder / "tickets").glob("*.jsonl")) for line in _rows(path)}


def _lists(folder: Path) -> Lists:
    return {path.stem: {row["id"]: row for row in _rows(path)} for path in sorted((folder / "lists").glob("*.jsonl"))}


def _ticket(line: Row, lists: Lists) -> KeptTicket:
    values = {kind: _name(kind, id, lists) for kind, id in line.get("values", {}).items()}
    rating = line.get("rating")
    return KeptTicket(
        id=line["id"], title=line["title"], body=line.get("body", ""), requester=_email(line.get("requester"), lists),
        assignee=_email(line.get("assignee"), lists), values=values, created=_seconds(line.get("created_at")),
        comments=tuple(_comment(one, lists) for one in line.get("comments", [])), files=_files(line),
        tags=tuple(line.get("tags", [])), cc=tuple(filter(None, (_email(one, lists) for one in line.get("cc", [])))),
        links=tuple(one["id"] for one in line.get("links", [])),
        custom={lists["custom_field"][id]["name"]: _custom(value) for id, value in line.get("custom", {}).items()},
        times=tuple(_work(one, lists) for one in line.get("times", [])),
        rating=(rating["score"], rating.get("most", 5)) if rating else None,
    )  # fmt: skip


def _comment(line: Row, lists: Lists) -> KeptComment:
    return KeptComment(
        id=line["id"], author=_email(line.get("author"), lists), text=line["body"], public=line.get("public", False),
        at=_seconds(line.get("created_at")), files=_files(line),
    )  # fmt: skip


def _work(line: Row, lists: Lists) -> KeptWork:
    return KeptWork(_email(line.get("author"), lists), _seconds(line.get("at")), line["seconds"], line.get("note", ""))


def _files(line: Row) -> tuple[KeptFile, ...]:
    return tuple(KeptFile(one["name"], one["sha256"], one["size"]) for one in line.get("files", []))


def _name(kind: str, id: str, lists: Lists) -> str:
    row = lists.get(kind, {}).get(id)
    if row is None:
        return id
    return " / ".join(row["path"]) if len(row.get("path", [])) > 1 else str(row["name"])


def _email(id: str | None, lists: Lists) -> str | None:
    email = lists.get("person", {}).get(id or "", {}).get("email")
    return email.lower() if email else None


def _custom(value: Any) -> tuple[str, ...]:
    if isinstance(value, dict):
        return tuple(map(str, value.values()))
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def _seconds(at: str | None) -> int | None:
    return int(datetime.fromisoformat(at).timestamp()) if at else None
