"""The report of a plan as files: a page, JSON, text, and every record as CSV."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from syncer.reports.document import PlanReport
    from syncer.store.pool import Pool


async def write(pool: Pool, route: int, made: PlanReport, folder: Path) -> None:
    """Write all four; what was there of the same name is replaced. Raises OSError."""
    import msgspec

    from syncer.reports.plan_page import page
    from syncer.reports.plan_text import plan_text

    folder.mkdir(parents=True, exist_ok=True)
    pretty = msgspec.json.format(msgspec.json.encode(made), indent=2)
    for name, content in (("html", page(made).encode()), ("json", pretty), ("txt", plan_text(made).encode())):
        await asyncio.to_thread((folder / f"plan.{name}").write_bytes, content)
    await _records(pool, route, made, folder / "plan.csv")


async def _records(pool: Pool, route: int, made: PlanReport, path: Path) -> None:
    from syncer.reports import plan_csv
    from syncer.store import plans

    (head,) = await plans.found(pool, route, made.plan)
    async with pool.acquire() as conn, conn.transaction():
        names = await plans.trait_names(conn, head.id)
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(plan_csv.HEAD)
            async for one, traits in plans.records(conn, head.id):
                file.write(plan_csv.line(one, [names[trait] for trait in traits]))
