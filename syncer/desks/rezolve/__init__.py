"""Rezolve.ai ticketing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncer.deskkit.contract import Desk, DeskSpec

if TYPE_CHECKING:
    from pydantic import BaseModel

    from syncer.deskkit.emulation import EmulatedDesk
    from syncer.deskkit.world import World


def _config() -> type[BaseModel]:
    from syncer.desks.rezolve.config import RezolveConfig

    return RezolveConfig


def _open(config: Any) -> Desk:
    from syncer.desks.rezolve.desk import Rezolve

    return Rezolve(config)


def _emulator(world: World) -> EmulatedDesk:
    from syncer.desks.rezolve.emulator import RezolveEmulator, Switches

    # A tenant whose administrator knows of notes, watchers and a status field: all that can be configured.
    notes = "/api/v2/ticketing/ticket/{objectId}/notes"
    known = Switches(status_field=True, notes_read_path=notes, notes_write_path=notes, watchers_writable=True)
    return RezolveEmulator(world, switches=known)


SPEC = DeskSpec(kind="rezolve", title="Rezolve.ai ticketing", mark="RZ", config=_config, open=_open, emulator=_emulator)
