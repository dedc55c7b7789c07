"""InvGate Service Desk (Service Management)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncer.deskkit.contract import Desk, DeskSpec

if TYPE_CHECKING:
    from pydantic import BaseModel

    from syncer.deskkit.emulation import EmulatedDesk
    from syncer.deskkit.world import World


def _config() -> type[BaseModel]:
    from syncer.desks.invgate.config import InvGateConfig

    return InvGateConfig


def _open(config: Any) -> Desk:
    from syncer.desks.invgate.desk import InvGate

    return InvGate(config)


def _emulator(world: World) -> EmulatedDesk:
    from syncer.desks.invgate.emulator import InvGateEmulator

    return InvGateEmulator(world)


SPEC = DeskSpec(kind="invgate", title="InvGate Service Desk", mark="IG", config=_config, open=_open, emulator=_emulator)
