"""What verification needs of a route that is ready to run."""

from __future__ import annotations

from pathlib import Path

from syncer.migrate.engine import Engine
from syncer.verify.compare import Comparing
from syncer.verify.population import Sides


def sides(engine: Engine, spool: Path) -> Sides:
    """Both desks, and what was written."""
    return Sides(
        route=engine.id, mark=engine.config.mark, source=engine.source, target=engine.target, mapper=engine.mapper(),
        comparing=Comparing(engine.target.capabilities, engine.tables), pool=engine.pool, spool=spool,
    )  # fmt: skip
