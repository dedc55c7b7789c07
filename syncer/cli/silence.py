"""Nobody is mailed unless somebody accepted it: what the target would mail is told before the first write."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from syncer.cli import whom
from syncer.cli.asking import agree

if TYPE_CHECKING:
    from syncer.migrate.engine import Engine

ACCEPT = click.option("--accept-mails", is_flag=True, help="What the target mails by itself is all right; remembered.")
ANY = 2**62
"""Of how many tickets it holds: nobody counts mails once they are accepted."""


async def accepted(engine: Engine, *, accept: bool, ask: bool) -> None:
    """Returns when the mails of this route are accepted: by its config, by an earlier command, by this one, or by
    somebody who is asked. Raises ConfigError where they are not, before anything was written."""
    from syncer.errors import ConfigError
    from syncer.reports import mailing
    from syncer.store import waivers

    if engine.config.accept_mails or not engine.target.capabilities.mails:
        return
    held = await waivers.held(engine.pool, engine.id)
    new = [mail for mail in engine.target.capabilities.mails if mail.code not in held]
    if not new:
        return
    lines = mailing.lines(new)
    if not accept and not ask:
        raise ConfigError(
            f"route {engine.config.name}: {engine.config.target} may mail people, and nobody has accepted that:"
            " nothing was written",
            problems=tuple(lines),
            hint="Switch it off there, or accept it: the same command with --accept-mails",
        )
    if not accept:
        click.echo("\n".join((f"{engine.config.target} may mail people:", *(f"  {line}" for line in lines))), err=True)
        await asyncio.to_thread(agree, "Is that all right?", yes=False)
    codes = [(mail.code, ANY) for mail in new]
    await waivers.give(engine.pool, engine.id, codes, whom.name(), "accepted")
