"""`status`, `runs` and `idmap`: what the database knows. No desk is asked. `parked` is in parked.py."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import AsyncIterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from syncer.cli.main import CONFIG, JSON
from syncer.cli.output import document, leave, run, table
from syncer.cli.parked import parked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from syncer.reports.idmap import Row

__all__ = ["idmap", "parked", "runs", "status"]
CHUNK = 1000


@click.command(epilog="Example: syncer status move")
@click.argument("route", required=False)
@CONFIG
@JSON
def status(route: str | None, config: Path, as_json: bool) -> None:
    """Where each route stands: migrated, parked, in doubt, the last run, who is at work, and the next safe command.

    Asks the database only: works while a run is on and while a desk is down. A doubt is a write whose outcome nobody
    knows yet; the next run looks for it on the target before it writes anything.
    """
    from syncer.reports import standing

    result = run(standing_of(config, route))
    if as_json:
        document({"routes": result})
        return
    for number, one in enumerate(result):
        if number:
            click.echo()
        click.echo(standing.route_text(one))


async def standing_of(config: Path, route: str | None) -> list[dict[str, Any]]:
    """Where a route stands, or each of them."""
    from syncer import bootstrap, settings
    from syncer.reports import standing
    from syncer.store import dead_letters, effects, leases
    from syncer.store import runs as records

    found = settings.load(config)
    wanted = [found.route(route)] if route else list(found.routes.values())
    suffix = "" if config == settings.DEFAULT_FILE else f" --config {shlex.quote(str(config))}"
    result = []
    async with bootstrap.open_store(found) as pool:
        writers = await leases.holders(pool)
        for one in wanted:
            id = await records.route_id(pool, one.name)
            last = await records.latest(pool, one.name, 1)
            known = standing.Known(
                route=one.name,
                source=one.source,
                target=one.target,
                migrated=(await effects.count(pool, id)).get("done", 0),
                open=await effects.open_doubts(pool, id),
                letters=await dead_letters.states(pool, id),
                checkpoint=await records.checkpointed(pool, id),
                last=last[0] if last else None,
                writer=writers.get(one.name),
            )
            result.append(standing.of_route(known, suffix))
    return result


@click.command(epilog="Example: syncer runs move --limit 5")
@click.argument("route", required=False)
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="So many, the newest first.")
@CONFIG
@JSON
def runs(route: str | None, limit: int, config: Path, as_json: bool) -> None:
    """What was run, when, and how it ended: done, stopped (an error), interrupted (on request), killed, or running."""
    from syncer.reports import standing

    async def main() -> list[dict[str, Any]]:
        from syncer import bootstrap, settings
        from syncer.store import leases
        from syncer.store import runs as records

        found = settings.load(config)
        name = found.route(route).name if route else None
        async with bootstrap.open_store(found) as pool:
            writers = await leases.holders(pool)
            return [standing.of_run(r, writers.get(r.route)) for r in await records.latest(pool, name, limit)]

    result = run(main())
    if as_json:
        document({"runs": result})
    else:
        table(standing.RUN_HEAD, map(standing.run_row, result))


@click.command(epilog="Example: syncer idmap move --out old-to-new.csv")
@click.argument("route", required=False)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write to this file.")
@click.option("--redirects", is_flag=True, help="A map for nginx instead: from old addresses to new ones.")
@CONFIG
@JSON
def idmap(route: str | None, out: Path | None, redirects: bool, config: Path, as_json: bool) -> None:
    """Old and new id of every migrated ticket, as CSV: ids and addresses on both desks, marker, when. In order of
    migration. Addresses are those of each kind of desk, or `ticket_page` of its block in the config.

    With --redirects the lines of a map for nginx: include them in `map $request_uri $new_ticket { ... }`.
    With --json one document instead; with --out and --json the file is as without and stdout tells where it is.
    """
    form = "redirects" if redirects else "csv"
    if out is None:
        with _reader_may_leave():
            run(written(config, route, sys.stdout, "json" if as_json and not redirects else form))
            sys.stdout.flush()
        return
    fresh = out.with_name(f"{out.name}.part")
    try:
        with fresh.open("w", encoding="utf-8", newline="") as file:
            count = run(written(config, route, file, form))
        fresh.replace(out)
    finally:
        fresh.unlink(missing_ok=True)
    if as_json:
        document({"file": str(out), "tickets": count})
    else:
        click.echo(f"{out}: {count:,} tickets")


async def written(config: Path, route: str | None, to: TextIO, form: str) -> int:
    """Write the map in this form; how many tickets are in it."""
    import msgspec

    from syncer import settings
    from syncer.cli import opening
    from syncer.reports.idmap import COLUMNS, Crosswalk
    from syncer.store import effects

    count, found = 0, settings.load(config)
    async with opening.ledger(found, route) as (one, id, pool):
        lines = Crosswalk(found.desk(one.source).page, found.desk(one.target).page)
        say = {"json": lines.json_lines, "csv": lines.csv_lines, "redirects": lines.redirects}[form]
        heads = {"json": f'{{"route": {msgspec.json.encode(one.name).decode()}, "tickets": [\n', "redirects": ""}
        to.write(heads.get(form, ",".join(COLUMNS) + "\n"))
        async with pool.acquire() as conn, conn.transaction():
            async for rows in _chunks(await effects.crosswalk(conn, id)):
                to.write((",\n" if count and form == "json" else "") + say(rows))
                count += len(rows)
        to.write("\n]}\n" if form == "json" else "")
    return count


async def _chunks(cursor: Any) -> AsyncIterator[list[Row]]:
    rows: list[Row] = []
    async for row in cursor:
        rows.append(tuple(row))
        if len(rows) == CHUNK:
            yield rows
            rows = []
    if rows:
        yield rows


@contextmanager
def _reader_may_leave() -> Iterator[None]:
    """`syncer idmap | head` is no error."""
    try:
        yield
    except BrokenPipeError:
        # What is still buffered has nowhere to go; Python would complain about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        leave(0)
