"""Tikting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncer.deskkit.contract import Desk, DeskSpec

if TYPE_CHECKING:
    from pydantic import BaseModel

    from syncer.deskkit.emulation import EmulatedDesk
    from syncer.deskkit.world import World


def _config() -> type[BaseModel]:
    from syncer.desks.tikting.config import TiktingConfig

    return TiktingConfig


def _open(config: Any) -> Desk:
    from syncer.desks.tikting.desk import Tikting

    return Tikting(config)


def _emulator(world: World) -> EmulatedDesk:
    from syncer.desks.tikting.emulator import TiktingEmulator, extended

    return TiktingEmulator(world, switches=extended())


SPEC = DeskSpec(kind="tikting", title="Tikting", mark="TK", config=_config, open=_open, emulator=_emulator)
