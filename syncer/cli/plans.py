"""`plans`: those on record; how two differ, or a plan and its result; findings waived. No desk is asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syncer.cli import opening, whom
from syncer.cli.main import CONFIG, JSON
from syncer.cli.output import PARKED, document, leave, run, table

if TYPE_CHECKING:
    from syncer.migrate.comparing import Unlike
    from syncer.store.plans import Head
    from syncer.store.pool import Pool

SHORT = 12


@click.group(epilog="Example: syncer plans diff move 3f9a21c07b1e")
def plans() -> None:
    """Plans on record: list and show them, compare one with another or with what became of it, waive findings."""


@plans.command("list", epilog="Example: syncer plans list move")
@click.argument("route", required=False)
@CONFIG
@JSON
def list_plans(route: str | None, config: Path, as_json: bool) -> None:
    """Every plan of a route, the newest first."""
    from syncer import settings
    from syncer.migrate.approved import report_of
    from syncer.store import plans as records

    async def main() -> list[dict[str, Any]]:
        async with opening.ledger(settings.load(config), route) as (_, id, pool):
            found = []
            for head in await records.found(pool, id):
                told = report_of(head)
                found.append(
                    {
                        "plan": head.hash, "parent": head.parent, "made_at": head.made_at, "counts": told.counts,
                        "blocks": sum(f.severity == "blocks" for f in told.findings),
                    }
                )  # fmt: skip
            return found

    rows = run(main())
    if as_json:
        document({"plans": rows})
        return
    table(
        ("plan", "made", "read", "created", "parked", "blocks", "follows"),
        [
            (
                row["plan"][:SHORT], row["made_at"].astimezone().strftime("%Y-%m-%d %H:%M:%S"), row["counts"]["read"],
                row["counts"]["created"], row["counts"]["parked"], row["blocks"], (row["parent"] or "")[:SHORT],
            )
            for row in rows
        ],
    )  # fmt: skip


@plans.command(epilog="Example: syncer plans show move 3f9a21c07b1e")
@click.argument("route")
@click.argument("hash", required=False, default="")
@click.option("--out", type=click.Path(path_type=Path), help="A folder for the report: page, JSON, CSV and text.")
@CONFIG
@JSON
def show(route: str, hash: str, out: Path | None, config: Path, as_json: bool) -> None:
    """The report of a plan, of the newest one if none is named; the first letters of its hash are enough."""
    from syncer import settings
    from syncer.cli import reporting
    from syncer.migrate.approved import report_of
    from syncer.reports.plan_text import plan_text

    async def main() -> Head:
        async with opening.ledger(settings.load(config), route) as (found, id, pool):
            head = await _one(pool, id, found.name, hash)
            if out is not None:
                await reporting.write(pool, id, report_of(head), out)
            return head

    told = report_of(run(main()))
    if as_json:
        document(told)
    else:
        click.echo(plan_text(told))


@plans.command(epilog="Example: syncer plans diff move 3f9a21c07b1e")
@click.argument("route")
@click.argument("hash")
@click.argument("other", required=False)
@click.option("--run", "number", type=int, metavar="RUN", help="What became of it by this run, whatever it was to do.")
@CONFIG
@JSON
def diff(route: str, hash: str, other: str | None, number: int | None, config: Path, as_json: bool) -> None:
    """How a plan differs from what became of it, record by record; or from another plan, if one is named.

    Exit code 0: not at all; 1: it does.
    """
    from syncer import settings
    from syncer.migrate import comparing
    from syncer.reports import differences

    async def main() -> tuple[list[int] | None, list[Unlike]]:
        async with opening.ledger(settings.load(config), route) as (found, id, pool):
            one = await _one(pool, id, found.name, hash)
            if other is None:
                return await comparing.with_result(pool, id, one, number)
            return None, await comparing.with_other(pool, one, await _one(pool, id, found.name, other))

    runs, unlike = run(main())
    if as_json:
        document({"runs": runs, "differences": [_row(one, differences.kind(one)) for one in unlike]})
    else:
        if runs is not None:
            click.echo(f"Carried out by: {', '.join(f'run {number}' for number in runs) or 'no run'}")
        click.echo(differences.text(unlike))
    leave(PARKED if unlike else 0)


def _row(one: Unlike, kind: str) -> dict[str, Any]:
    there = one.becomes or one.was
    assert there is not None
    sides = {
        name: None if side is None else {"outcome": side.outcome, "reason": side.reason, "detail": side.detail}
        for name, side in (("was", one.was), ("is", one.becomes))
    }
    return {"id": there.source_id, "kind": kind, **sides}


@plans.command(epilog='Example: syncer plans waive move loss:title_cut --reason "titles stand whole in the text"')
@click.argument("route")
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option("--all-losses", is_flag=True, help="Sign off every loss of the newest plan.")
@click.option("--reason", required=True, help="Why it is all right.")
@click.option("--by", default=None, help="Who says so; default: the user of this system.")
@CONFIG
@JSON
def waive(
    route: str, codes: tuple[str, ...], all_losses: bool, reason: str, by: str | None, config: Path, as_json: bool
) -> None:
    """Go on in spite of findings of the newest plan, by their codes. A waiver holds for later plans of the route, too,
    as long as its finding does not grow."""
    from syncer import settings
    from syncer.errors import ConfigError
    from syncer.migrate.approved import report_of
    from syncer.store import waivers

    async def main() -> list[str]:
        async with opening.ledger(settings.load(config), route) as (found, id, pool):
            told = report_of(await _one(pool, id, found.name, ""))
            there = {one.code: one for one in told.findings}
            wanted = {*codes, *(code for code in there if all_losses and code.startswith("loss:"))}
            problems = [f"{code}: the plan finds no such thing" for code in sorted(wanted - there.keys())]
            problems += [f"{code}: cannot be waived" for code in wanted & there.keys() if not there[code].waivable]
            if problems or not wanted:
                hint = f"See the codes: syncer plans show {route} --json"
                raise ConfigError("nothing was waived", problems=tuple(problems), hint=hint)
            await waivers.give(
                pool, id, [(code, there[code].count) for code in sorted(wanted)], by or whom.name(), reason
            )
            return sorted(wanted)

    waived = run(main())
    if as_json:
        document({"waived": waived})
    else:
        click.echo(f"Waived: {', '.join(waived)}")


async def _one(pool: Pool, id: int, route: str, hash: str) -> Head:
    """The plan whose hash begins so; without one the newest."""
    from syncer.errors import ConfigError
    from syncer.store import plans as records

    found = await records.found(pool, id, hash)
    if not found or (hash and len(found) > 1):
        said = f"several plans begin with {hash}" if found else f"route {route} has no plan{f' {hash}' if hash else ''}"
        raise ConfigError(said, hint=f"See: syncer plans list {route}" if found else f"Make one: syncer plan {route}")
    return found[0]
