"""Desks as they are when nobody configured what no public page describes: targets that can do far less."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from syncer.desks.motadata.emulator import MotadataEmulator
from syncer.desks.rezolve.emulator import RezolveEmulator
from syncer.desks.tikting.emulator import Switches as TiktingSwitches
from syncer.desks.tikting.emulator import TiktingEmulator
from tests.flows.matrix import Target
from tests.flows.matrix_facts import HOLDS


def _silent(block: dict[str, Any]) -> dict[str, Any]:
    """A reply that mails nobody is none."""
    return block | {"public_replies": False}


def _without_transcript(block: dict[str, Any]) -> dict[str, Any]:
    types = {id: {key: one[key] for key in one if key != "transcript_field_id"} for id, one in block["types"].items()}
    return block | {"types": types}


_GROUPLESS = {field: kind for field, kind in HOLDS["motadata"].lists.items() if field != "group"}
PUBLISHED = {
    "motadata": Target(
        "motadata", MotadataEmulator, replace(HOLDS["motadata"], public=False, files=False, lists=_GROUPLESS), _silent
    ),
    "rezolve": Target(
        "rezolve",
        RezolveEmulator,
        replace(
            HOLDS["rezolve"], comments=False, private=False, cc=False, status=False, begins="Open",
            # Its README: tickets stay in their first status, and the text tells what it was.
            open=frozenset({"Open", "In Progress"}), turns={"In Progress": "Open"},
            turned="status_as_text",
        ),
        _without_transcript,
    ),
    "tikting": Target(
        "tikting",
        lambda world: TiktingEmulator(world, switches=TiktingSwitches(status_at_registration="open_only")),
        replace(
            HOLDS["tikting"], comments=False, assignee=False, status=False, begins="Open", open=frozenset({"Open"})
        ),
    ),
}  # fmt: skip
"""By kind; what each of them must hold still."""
