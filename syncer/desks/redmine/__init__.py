"""Redmine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncer.deskkit.contract import Desk, DeskSpec

if TYPE_CHECKING:
    from pydantic import BaseModel

    from syncer.deskkit.emulation import EmulatedDesk
    from syncer.deskkit.world import World


def _config() -> type[BaseModel]:
    from syncer.desks.redmine.config import RedmineConfig

    return RedmineConfig


def _open(config: Any) -> Desk:
    from syncer.desks.redmine.desk import Redmine

    return Redmine(config)


def _emulator(world: World) -> EmulatedDesk:
    from syncer.desks.redmine.emulator import RedmineEmulator

    return RedmineEmulator(world)


SPEC = DeskSpec(
    kind="redmine",
    title="Redmine",
    mark="RM",
    tested_against="emulator, real server 5.0.4",
    config=_config,
    open=_open,
    emulator=_emulator,
)
