"""Pure: what shall happen to a ticket, from what is known of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from syncer.deskkit.contract import Ref
from syncer.model.draft import Draft
from syncer.model.link import EffectState, Intent, Link
from syncer.pipeline.tally import Result

LOOK_AGAIN = frozenset({"unmapped", "unreadable", "gone", "moved"})
"""Reasons that cost the target nothing to try again: every run does."""


class Settled(Struct, frozen=True):
    """Nothing to do, and why."""

    result: Result
    reason: str = ""
    detail: str = ""
    park: bool = False


def before_reading(ref: Ref, link: Link | None) -> Settled | None:
    """What can be said without reading the ticket; None when it must be read."""
    if link is None:
        return None
    if link.parked == "dropped":
        return Settled(Result.SKIPPED, "dropped")
    if link.state == EffectState.DONE:
        if ref.version is None or ref.version == link.version:
            return Settled(Result.UNCHANGED)
        return Settled(
            Result.PARKED,
            "changed_after",
            f"changed on the source after it was migrated as {link.target_id}; the target takes no updates",
            park=link.parked != "changed_after",
        )
    if link.parked and link.parked not in LOOK_AGAIN:
        return Settled(Result.PARKED, link.parked)
    return None


def fingerprint(draft: Draft) -> bytes:
    """16 bytes that change when anything the target would hear changes."""
    return hashlib.blake2b(msgspec.msgpack.encode(draft), digest_size=16).digest()


_PEOPLE = ("requester", "creator", "assignee")


def planned_fingerprint(draft: Draft, addresses: Mapping[str, str]) -> bytes:
    """As `fingerprint`, with people by their addresses: who is yet to be made on the target has no id there."""
    if not addresses:
        return fingerprint(draft)
    who = addresses.get
    told = {name: who(id, id) for name, id in draft.fields.items() if name in _PEOPLE}
    comments = tuple(
        one if one.author is None else replace(one, author=who(one.author, one.author)) for one in draft.comments
    )
    cc = tuple(who(id, id) for id in draft.cc)
    return fingerprint(replace(draft, fields=draft.fields | told, comments=comments, cc=cc))


def intent(draft: Draft) -> Intent:
    """The effect of creating this draft, to be announced."""
    return Intent(draft.source_id, draft.key, draft.version, fingerprint(draft))
