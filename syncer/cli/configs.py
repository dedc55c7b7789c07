"""`config` and `check`: is what was configured right, and do the desks let us in?"""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import click

from syncer.cli.main import CONFIG, JSON
from syncer.cli.output import PARKED, document, leave, run


@click.group(epilog="Example: syncer config check")
def config() -> None:
    """Check the config and mapping files; print the schema an editor completes them by."""


@config.command(
    "check",
    short_help="Read config and mapping files; tell all mistakes.",
    epilog="Example: syncer config check --config syncer.yaml",
)
@CONFIG
@JSON
def config_check(config: Path, as_json: bool) -> None:
    """Read the config file and every mapping it names; all mistakes at once, with file and line. Asks no desk."""
    from syncer import bootstrap, settings

    found = settings.load(config)
    for route in found.routes.values():
        bootstrap.check_rules(found, route)
    if as_json:
        document({"config": str(config), "desks": sorted(found.desks), "routes": sorted(found.routes), "ok": True})
    else:
        click.echo(f"{config}: fine: desks {', '.join(found.desks)}; routes {', '.join(found.routes) or 'none'}")


@config.command(
    "schema",
    short_help="Print a JSON Schema, for editors.",
    epilog="Example: syncer config schema mapping > mapping.schema.json",
)
@click.argument("which", type=click.Choice(["config", "mapping", "plan", "verification"]), default="config")
def config_schema(which: str) -> None:
    """Print the JSON Schema of the config file, of mapping files, of the report of a plan, or of a line of a
    verification."""
    from syncer import settings
    from syncer.mapping import rules
    from syncer.reports import schemas

    of = {"config": settings.schema, "mapping": rules.schema, "plan": schemas.plan, "verification": schemas.line}
    document(of[which]())


@click.command(epilog="Example: syncer check old")
@click.argument("desk", required=False)
@CONFIG
@JSON
def check(desk: str | None, config: Path, as_json: bool) -> None:
    """Log in to a desk, or to all, and look around: account, rights, time zone, what it can, whom it mails, what is
    missing. Writes nothing.

    Then runs the examples of the mapping files against the lookup tables, where those were pulled.
    """
    result = run(_check(config, desk))
    if as_json:
        document(result)
    else:
        for one in result["desks"]:
            click.echo(f"{one['desk']}: logged in as {one['account']}; {one['detail']}")
            for finding in one["findings"]:
                click.echo(f"  look at this: {finding}")
            for fact in one["facts"]:
                click.echo(f"  {fact}")
            for word, what in (("can, with all rights", one["can"]), ("cannot", one["cannot"])):
                if what:
                    click.echo(f"  {word}: {'; '.join(what)}")
            for line in one["mails"]:
                click.echo(f"  mails: {line}")
        for one in result["examples"]:
            click.echo(f"{one['mapping']}: example {one['number']}: {one['said']}")
    failed = any(not e["ok"] for e in result["examples"])
    found = any(one["findings"] for one in result["desks"])
    leave(2 if failed else PARKED if found else 0)


async def _check(path: Path, name: str | None) -> dict[str, Any]:
    from syncer import bootstrap, settings
    from syncer.reports import mailing
    from syncer.reports.cards import abilities

    found = settings.load(path)
    names = [name] if name else list(found.desks)
    desks = []
    for one in names:
        async with bootstrap.open_desk(found, one) as desk:
            account = await desk.check()
            can, cannot = abilities(desk.capabilities)
            desks.append(
                {
                    "desk": one,
                    "kind": found.desk(one).kind,  # type: ignore[attr-defined]
                    "account": account.name,
                    "detail": account.detail,
                    "findings": list(account.findings),
                    "facts": list(account.facts),
                    "can": can,
                    "cannot": cannot,
                    "mails": mailing.lines(desk.capabilities.mails),
                }
            )
    return {"desks": desks, "examples": [] if name else await _examples(found)}


async def _examples(found: Any) -> list[dict[str, Any]]:
    from syncer import bootstrap
    from syncer.migrate import lookups
    from syncer.migrate.examples import failures

    routes = [route for route in found.routes.values() if route.rules.examples]
    if not routes:
        return []
    said: list[dict[str, Any]] = []
    async with AsyncExitStack() as stack:
        for route in routes:
            opened = await stack.enter_async_context(bootstrap.open_route(found, route.name))
            if not await lookups.pulled(opened.pool, route.source):
                told = "not run: the lists were not pulled yet (syncer lookups match)"
                said.append({"mapping": str(route.mapping), "number": 0, "ok": True, "said": told})
                continue
            tables = await lookups.tables(opened.pool, opened.id, route, adopts=opened.adopts)
            problems = failures(route.rules, tables, opened.limits)
            for number in range(1, len(route.rules.examples) + 1):
                problem = problems.get(number)
                said.append(
                    {
                        "mapping": str(route.mapping),
                        "number": number,
                        "ok": problem is None,
                        "said": problem or "as expected",
                    }
                )
    return said
