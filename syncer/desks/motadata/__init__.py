"""Motadata ServiceOps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncer.deskkit.contract import Desk, DeskSpec

if TYPE_CHECKING:
    from pydantic import BaseModel

    from syncer.deskkit.emulation import EmulatedDesk
    from syncer.deskkit.world import World


def _config() -> type[BaseModel]:
    from syncer.desks.motadata.config import MotadataConfig

    return MotadataConfig


def _open(config: Any) -> Desk:
    from syncer.desks.motadata.desk import Motadata

    return Motadata(config)


def _emulator(world: World) -> EmulatedDesk:
    from syncer.desks.motadata.emulator import MotadataEmulator, Switches

    # What its documentation leaves open, and some servers have.
    more = Switches(upload_path="/api/oprfile", download_path="/api/files/{refFileName}", group_key="technicianGroup")
    return MotadataEmulator(world, switches=more)


SPEC = DeskSpec(kind="motadata", title="Motadata ServiceOps", mark="MD", config=_config, open=_open, emulator=_emulator)
