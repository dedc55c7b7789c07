"""Request Tracker 5."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from syncer.deskkit.contract import Desk, DeskSpec

if TYPE_CHECKING:
    from pydantic import BaseModel

    from syncer.deskkit.emulation import EmulatedDesk
    from syncer.deskkit.world import World


def _config() -> type[BaseModel]:
    from syncer.desks.request_tracker.config import RequestTrackerConfig

    return RequestTrackerConfig


def _open(config: Any) -> Desk:
    from syncer.desks.request_tracker.desk import RequestTracker

    return RequestTracker(config)


def _emulator(world: World) -> EmulatedDesk:
    from syncer.desks.request_tracker.emulator import RequestTrackerEmulator

    return RequestTrackerEmulator(world)


SPEC = DeskSpec(
    kind="request_tracker",
    title="Request Tracker 5",
    mark="RT",
    tested_against="emulator, real server 5.0.3",
    config=_config,
    open=_open,
    emulator=_emulator,
)
