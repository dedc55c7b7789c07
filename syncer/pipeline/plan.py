"""Pure: what shall happen to a ticket, from what is known of it."""

from __future__ import annotations

import hashlib

import msgspec
from msgspec import Struct

from syncer.deskkit.contract import Ref
from syncer.model.draft import Draft
from syncer.model.link import EffectState, Intent, Link
from syncer.pipeline.tally import Result

LOOK_AGAIN = frozenset({"unmapped", "unreadable", "gone"})
"""Reasons that cost the target nothing to try again: every run does."""


class Settled(Struct, frozen=True):
    """Nothing to do, and why."""

    result: Result
    reason: str = ""
    detail: str = ""
    park: bool = False


def before_reading(ref: Ref, link: Link | None, updates: bool) -> Settled | None:
    """What can be said without reading the ticket; None when it must be read."""
    if link is None:
        return None
    if link.parked == "dropped":
        return Settled(Result.SKIPPED, "dropped")
    if link.state == EffectState.DONE:
        if ref.version is None or ref.version == link.version:
            return Settled(Result.UNCHANGED)
        if not updates:
            return Settled(
                Result.PARKED,
                "changed_after",
                f"changed on the source after it was migrated as {link.target_id}; the target takes no updates",
                park=link.parked != "changed_after",
            )
        return None
    if link.parked and link.parked not in LOOK_AGAIN:
        return Settled(Result.PARKED, link.parked)
    return None


def fingerprint(draft: Draft) -> bytes:
    """16 bytes that change when anything the target would hear changes."""
    return hashlib.blake2b(msgspec.msgpack.encode(draft), digest_size=16).digest()


def intent(draft: Draft) -> Intent:
    """The effect of creating this draft, to be announced."""
    return Intent(draft.source_id, draft.key, draft.version, fingerprint(draft))
