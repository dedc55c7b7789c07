"""What Redmine is told, in its field names; what it says is read in wire.py."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from syncer.deskkit.contract import Download
from syncer.desks.redmine import fields, wire
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key

DEFUSED = "@\u2060"
# Redmine's own pattern, in which only ASCII makes a word.
_MENTION = re.compile(r"(?<![A-Za-z0-9_])@(?=[A-Za-z0-9_\-.@])")
_LINE = re.compile(r"\[ext:([A-Za-z0-9][A-Za-z0-9-]*)\]\s*\Z")
_ALONE = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9-]*)\s*\Z")
_TITLE = re.compile(r"\[([A-Za-z0-9][A-Za-z0-9-]*)\]\s*\Z")
_OF_A_FILE = re.compile(r"\[File .+ \(\d+ bytes\) .+\.\]")
_FOLDERS = re.compile(r"\A.*[\\/]", re.DOTALL)
_REFUSED = re.compile(r"[/?%*:|\"'<>\n\r]+")
NO_SUBJECT = "(no subject)"


class Place(Struct, frozen=True):
    """Where an issue goes, and by which fields it says whose it is."""

    project: str
    tracker: str | None
    marker: str | None
    requester: str | None


class Uploaded(Struct):
    """What became of files: those the desk took, lines that name those left or renamed, a loss for each of these."""

    tokens: list[dict[str, str]]
    told: list[str]
    losses: list[str]
    dealt_with: int = 0

    def with_lines(self, text: str) -> str:
        """A text, and what is missing at its end."""
        return described(text, self.told, ())

    def rename(self, file: Download, name: str) -> None:
        """One is called otherwise there."""
        self.told.append(f"[File {file.name} ({file.size} bytes) is here as {name}.]")
        self.losses.append("value_not_kept")

    def leave(self, file: Download, why: str, loss: str) -> None:
        """One was not taken."""
        self.told.append(f"[File {file.name} ({file.size} bytes) {why}.]")
        self.losses.append(loss)


def described(text: str, told: Sequence[str], addresses: Sequence[str]) -> str:
    """A description: what was said, what became of files, and who was told and can be no watcher."""
    also = [f"Also told: {', '.join(addresses)}"] if addresses else []
    return "\n\n".join(part for part in (text, *told, *also) if part)


def told_of_files(text: str) -> list[str]:
    """The lines of a description that tell of its files."""
    return [line for line in text.splitlines() if _OF_A_FILE.fullmatch(line)]


def file_name(name: str) -> str:
    """What becomes of a file's name: no folders, and one underline for what file systems refuse."""
    return _REFUSED.sub("_", _FOLDERS.sub("", name))


def defused(text: str) -> str:
    """A text in which no @login mails anybody."""
    return _MENTION.sub(DEFUSED, text)


def new_issue(
    draft: Draft, place: Place, email: str | None, files: Uploaded, body: str, *, custom: bool
) -> dict[str, Any]:
    """POST issues: neither status, category nor assignee, which come last; with its additional fields if `custom`."""
    values = [{"id": int(id), "value": fields.told(id, value)} for id, value in _custom(draft)] if custom else []
    if place.marker is not None:
        values.append({"id": int(place.marker), "value": draft.key})
    if place.requester is not None and email is not None:
        values.append({"id": int(place.requester), "value": email})
    made: dict[str, Any] = {
        "project_id": int(place.project),
        "subject": draft.title or NO_SUBJECT,
        "description": body,
        "start_date": None,  # else Redmine invents today
    }
    if custom:
        made |= {id: fields.told(id, draft.custom[id]) for id in fields.STANDARD if id in draft.custom}
    if place.tracker is not None:
        made["tracker_id"] = int(place.tracker)
    if draft.fields.get("priority"):
        made["priority_id"] = int(draft.fields["priority"])
    made |= {key: value for key, value in (("custom_fields", values), ("uploads", files.tokens)) if value}
    return {"issue": made}


def _custom(draft: Draft) -> list[tuple[str, Any]]:
    return [(id, value) for id, value in draft.custom.items() if id not in fields.STANDARD and id.isdigit()]


def changed(id: str, value: Any) -> dict[str, Any]:
    """One additional field, as a change of an issue."""
    if not id.isdigit():
        return {id: fields.told(id, value)}
    return {"custom_fields": [{"id": int(id), "value": fields.told(id, value)}]}


def emptied(id: str) -> dict[str, Any]:
    """The same of one that shall hold nothing."""
    if not id.isdigit():
        return {id: 0 if id == "done_ratio" else None}
    return {"custom_fields": [{"id": int(id), "value": ""}]}


def together(left: Mapping[str, Any], filled: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Several changes as one."""
    made: dict[str, Any] = dict(left)
    for part in filled:
        both = [*made.get("custom_fields", []), *part.get("custom_fields", [])]
        made |= {**part, **({"custom_fields": both} if both else {})}
    return made


def note(comment: CommentDraft, body: str, files: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """PUT issue of a note."""
    made: dict[str, Any] = {"notes": f"{body}\n\n{marker_line(comment.key)}", "private_notes": not comment.public}
    if files:
        made["uploads"] = list(files)
    return {"issue": made}


def marker_line(key: Key) -> str:
    """The last line of a text by which it is found again."""
    return f"[ext:{key}]"


def with_marker(text: str, key: Key) -> str:
    """A description that carries the marker too; of an empty one it is all."""
    return f"{text}\n\n{marker_line(key)}" if text.strip() else key


def note_marker(row: Mapping[str, Any]) -> Key | None:
    """The marker of a journal."""
    found = _LINE.search(wire.text(row.get("notes")))
    return Key(found[1]) if found else None


def held_marker(row: Mapping[str, Any], field: str) -> str:
    """What stands in an issue's field for the marker."""
    return wire.text(fields.held(row).get(field)).strip()


def markers(row: Mapping[str, Any], field: str | None) -> set[Key]:
    """Every marker an issue carries: in its field, its subject, its description."""
    described = wire.text(row.get("description"))
    found = [pattern.search(text) for pattern, text in ((_LINE, described), (_TITLE, wire.text(row.get("subject"))))]
    keys = {Key(one[1]) for one in found if one}
    if (alone := _ALONE.match(described)) is not None:
        keys.add(Key(alone[1]))
    if field is not None and (held := held_marker(row, field)):
        keys.add(Key(held))
    return keys
