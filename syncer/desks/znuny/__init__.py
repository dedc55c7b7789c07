"""Znuny, and the OTRS Community Edition it continues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncer.deskkit.contract import Desk, DeskSpec

if TYPE_CHECKING:
    from pydantic import BaseModel

    from syncer.deskkit.emulation import EmulatedDesk
    from syncer.deskkit.world import World


def _config() -> type[BaseModel]:
    from syncer.desks.znuny.config import ZnunyConfig

    return ZnunyConfig


def _open(config: Any) -> Desk:
    from syncer.desks.znuny.desk import Znuny

    return Znuny(config)


def _emulator(world: World) -> EmulatedDesk:
    from syncer.desks.znuny.emulator import ZnunyEmulator

    return ZnunyEmulator(world)


SPEC = DeskSpec(
    kind="znuny",
    title="Znuny",
    mark="ZN",
    tested_against="emulator, real server 6.5.15",
    config=_config,
    open=_open,
    emulator=_emulator,
)
