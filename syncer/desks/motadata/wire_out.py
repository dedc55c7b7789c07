"""What ServiceOps is told, in its field names; what it says is read in wire.py (contract 3.2, 3.4, 3.6, 4.4 and 5)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from syncer.desks.motadata import shapes, wire
from syncer.desks.motadata.config import MotadataConfig
from syncer.desks.motadata.custom import told
from syncer.desks.motadata.names import Names
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key

NOTE, REPLY = "note", "technician_to_requester"
TYPES = (NOTE, "collaborate", REPLY, "requestor_to_technician")
# What POST request takes at once, by the names drafts have for it.
KEYS = {
    "category": "categoryName",
    "priority": "priorityName",
    "urgency": "urgencyName",
    "impact": "impactName",
    "department": "departmentName",
    "location": "locationName",
    "support_level": "supportLevel",
    "source": "source",
}
_MARKER = re.compile(r"\[ext:([A-Za-z0-9][A-Za-z0-9-]*)\](?:\s|&nbsp;|</?\w+[^<>]*>)*\Z")
_TITLE_MARKER = re.compile(r"\[([A-Za-z0-9][A-Za-z0-9-]*)\]\s*\Z")

Attached = Mapping[str, str]
"""A file that was taken: refFileName and realName."""


def marker_line(key: Key) -> str:
    """The last line of a text by which it is found again."""
    return f"<p>[ext:{key}]</p>"


def new_request(draft: Draft, config: MotadataConfig, files: Sequence[Attached], *, line: bool) -> dict[str, Any]:
    """POST request: neither status nor assignee, which come last; `line`: the marker in the description too."""
    fields = draft.fields
    made: dict[str, Any] = {
        "subject": draft.title,
        "requesterEmail": fields["requester"],
        "description": draft.body + (marker_line(draft.key) if line else ""),
    }
    made |= {key: fields[field] for field, key in KEYS.items() if fields.get(field)}
    custom: dict[str, Any] = {label: told(value) for label, value in draft.custom.items()}
    tags = list(draft.tags)
    if config.marker_field:
        custom[config.marker_field] = draft.key
    else:
        tags.append(wire.TAG + draft.key)
    made |= {key: value for key, value in (("customField", custom), ("tags", tags)) if value}
    if draft.cc:
        made["ccEmailSet"] = list(draft.cc)
    if files:
        made["fileAttachments"] = list(files)
    return made


def not_kept(row: dict[str, Any], draft: Draft, names: Names) -> list[str]:
    """The fields, tags, people and custom fields of a draft that did not stick, whatever the spelling."""
    fields = [
        field
        for field, key in KEYS.items()
        if (wanted := draft.fields.get(field)) and not names.same(shapes.text(row.get(key)), wanted)
    ]
    for key, wanted_words in (("tags", draft.tags), ("ccEmailSet", draft.cc)):
        there = {word.lower() for word in wire.words(row, key)}
        fields += [word for word in wanted_words if word.lower() not in there]
    held = row.get("customField")
    held = held if isinstance(held, dict) else {}
    return fields + [label for label, value in draft.custom.items() if held.get(label) != told(value)]


def conversation(comment: CommentDraft, requester: str, files: Sequence[Attached], *, reply: bool) -> dict[str, Any]:
    """POST conversation: a note, or a reply that is mailed to the requester."""
    text = comment.body if reply else _first_line(comment)
    made: dict[str, Any] = {
        "conversationType": REPLY if reply else NOTE,
        "details": f"{text}{marker_line(comment.key)}",
        "conversationState": "published",
        "emailIds": [requester] if reply else [],
        "ccEmailIds": [],
    }
    if files:
        made["fileAttachments"] = list(files)
    return made


def _first_line(comment: CommentDraft) -> str:
    """Who could read it stands in the line that says who wrote it and when."""
    word = "Public" if comment.public else "Private"
    if comment.body.startswith("<p>"):
        return f"<p>({word}) {comment.body.removeprefix('<p>')}"
    return f"<p>({word})</p>{comment.body}"


def marker(text: str) -> Key | None:
    """The marker in the last line of a description or conversation."""
    found = _MARKER.search(text)
    return Key(found[1]) if found else None


def talk_marker(row: Mapping[str, Any]) -> Key | None:
    """The marker of a conversation."""
    return marker(shapes.text(row.get("details")))


def hidden_markers(row: Mapping[str, Any], field: str | None) -> set[Key]:
    """The markers in a request's field and tags."""
    values = row.get("customField")
    found = {shapes.text(values.get(field)).strip()} if field and isinstance(values, dict) else set()
    tags = row.get("tags")
    words = [shapes.text(tag).strip() for tag in tags] if isinstance(tags, list) else []
    found |= {word[len(wire.TAG) :] for word in words if word.lower().startswith(wire.TAG)}
    return {Key(key) for key in found if key}


def markers(row: Mapping[str, Any], field: str | None) -> set[Key]:
    """Every marker a request carries: in its field, tags, description and subject."""
    found = hidden_markers(row, field)
    if in_text := marker(shapes.text(row.get("description"))):
        found.add(in_text)
    if in_title := _TITLE_MARKER.search(shapes.text(row.get("subject"))):
        found.add(Key(in_title[1]))
    return found


def of_type(kind: str) -> dict[str, Any]:
    """The condition: conversations of one type."""
    left = {"type": "PropertyOperandRest", "key": ".conversation.conversationType"}
    return _all([_leaf(left, "equal", {"type": "EnumValueRest", "value": kind})])


def with_email(email: str, style: str) -> dict[str, Any]:
    """The condition: people with this e-mail."""
    left = {"type": "PropertyOperandRest", "key": "user.email"}
    return _all([_leaf(left, operator("equal", style), {"type": "StringValueRest", "value": email})])


def with_marker(key: Key, field: str | None, style: str) -> dict[str, Any]:
    """The condition: requests with this marker in their field, or as a tag (not documented, so always checked)."""
    if field:
        left = {"type": "CustomFieldOperandRest", "fieldName": field}
        return _all([_leaf(left, operator("equal", style), {"type": "StringValueRest", "value": key})])
    left = {"type": "PropertyOperandRest", "key": "request.tags"}
    right = {"type": "ListStringValueRest", "value": [wire.TAG + key]}
    return _all([_leaf(left, operator("all_members_exist", style), right)])


def operator(word: str, style: str) -> str:
    """An operator as a server wants it written."""
    parts = word.split("_")
    if style == "lower":
        return word
    return ("_" if style == "title" else "").join(part.capitalize() for part in parts)


def _leaf(left: dict[str, Any], how: str, value: dict[str, Any]) -> dict[str, Any]:
    right = {"type": "ValueOperandRest", "value": value}
    return {"type": "RelationalQualificationRest", "leftOperand": left, "operator": how, "rightOperand": right}


def _all(quals: list[dict[str, Any]]) -> dict[str, Any]:
    return {"qualDetails": {"type": "FlatQualificationRest", "quals": quals}}
