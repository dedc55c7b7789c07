"""`cutover`: freeze, last delta, verify, hand over; each step on record, and a way back until the last."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from syncer.cli import opening, whom
from syncer.cli.asking import agree
from syncer.cli.main import CONFIG, JSON, YES
from syncer.cli.output import PARKED, document, leave, run
from syncer.cli.silence import accepted

if TYPE_CHECKING:
    from syncer.bootstrap import OpenRoute
    from syncer.cli.progress import Progress
    from syncer.migrate.cutover import Step
    from syncer.migrate.engine import Engine


@click.command(epilog="Example: syncer cutover move")
@click.argument("route", required=False)
@click.option("--back", is_flag=True, help="Take the last step back.")
@click.option("--status", is_flag=True, help="Only say how far it is.")
@CONFIG
@JSON
@YES
def cutover(route: str | None, back: bool, status: bool, config: Path, as_json: bool, yes: bool) -> None:
    """Do the next step of handing over, and write the checklist: freeze (you say that the source is read only now),
    catch up (deltas until nothing is new), verify (everything, field by field), hand over (id map, redirects).

    Each step is on record: killed at any point, the same command goes on. Until the last one there is a way back.
    Exit code 0: the step is done; 1: verification found differences, look at them first; 3: the source still changes.
    """

    async def main() -> dict[str, Any]:
        if back or status:
            return await _on_record(config, route, back=back)
        async with opening.engine(config, route, "cutover", quiet=as_json) as (engine, progress):
            try:
                return await _on(engine, progress, config, yes=yes)
            finally:
                progress.close()

    told = run(main())
    if as_json:
        document(told)
    else:
        click.echo(told["said"])
        click.echo(f"checklist: {told['checklist']}")
    leave(PARKED if told["state"] == "failed" else 0)


async def _on_record(config: Path, route: str | None, *, back: bool) -> dict[str, Any]:
    """How far it is, or a step back: no desk is asked, so none needs to be up."""
    from syncer import bootstrap, settings
    from syncer.migrate import cutover as machine
    from syncer.store import cutovers

    async with bootstrap.open_route(settings.load(config), route) as opened:
        if back:
            step: Step | None = await machine.take_back(opened.pool, opened.id, whom.name())
            said = f"{step} was taken back; next: syncer cutover {opened.config.name}"
        else:
            step = machine.next_step(await cutovers.standing(opened.pool, opened.id))
            said = f"next: {step or 'nothing, all is done'}"
        return _told(opened, step, "done", said, await _checklist(opened, config))


async def _on(engine: Engine, progress: Progress, config: Path, *, yes: bool) -> dict[str, Any]:
    from syncer.migrate import cutover as machine
    from syncer.store import cutovers

    step = machine.next_step(await cutovers.standing(engine.pool, engine.id))
    await machine.ready(engine)
    state, said = "done", "Everything is done: people work on the new desk."
    if step is not None:
        state, said = await _step(engine, progress, config, step, yes=yes)
    return _told(engine, step, state, said, await _checklist(engine, config))


def _told(engine: Engine | OpenRoute, step: Step | None, state: str, said: str, list_of_all: Path) -> dict[str, Any]:
    return {"route": engine.config.name, "step": step, "state": state, "said": said, "checklist": str(list_of_all)}


async def _step(engine: Engine, progress: Progress, config: Path, step: Step, *, yes: bool) -> tuple[str, str]:
    """Do it: whether it is done or failed, and in words."""
    from syncer.cli import proofs
    from syncer.migrate import cutover as machine
    from syncer.reports import verified

    by, state, detail, said = whom.name(), "done", "", ""
    if step == machine.Step.FREEZE:
        progress.close()
        question = f"Is {engine.config.source} read only from now on, for agents, customers and mail?"
        await asyncio.to_thread(agree, question, yes=yes)
        said = f"{engine.config.source} counts as frozen"
    elif step == machine.Step.CATCH_UP:
        await accepted(engine, accept=False, ask=not yes)
        reports = await machine.catch_up(engine)
        created = sum(report.tally.results["created"] for report in reports)
        detail = f"{created:,} created in {len(reports)} deltas"
        said = f"caught up: {detail}"
    elif step == machine.Step.VERIFY:
        found = await proofs.verified(engine, progress, None)
        good = verified.is_good(found.end)
        state, detail = "done" if good else "failed", f"root {found.end.root}"
        said = verified.text(found)
    else:
        files = await _files(engine, config)
        detail = ", ".join(files.values())
        said = f"handed over: {detail}"
    await machine.note(engine, step, state, by, detail)
    if state == "done":
        said += f"\nnext: syncer cutover {engine.config.name}" if step != machine.Step.HAND_OVER else ""
    return state, said


async def _files(engine: Engine, config: Path) -> dict[str, str]:
    """Id map and redirects, written."""
    from syncer.cli import records

    folder = _folder(engine)
    found = {"id map": folder / "idmap.csv", "redirects for nginx": folder / "redirects.map"}
    for what, path in found.items():
        with path.open("w", encoding="utf-8", newline="") as file:
            await records.written(config, engine.config.name, file, "csv" if what == "id map" else "redirects")
    return {what: str(path) for what, path in found.items()}


def _folder(engine: Engine | OpenRoute) -> Path:
    folder = engine.home / "cutover" / engine.config.name
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def _checklist(engine: Engine | OpenRoute, config: Path) -> Path:
    from syncer.cli import records
    from syncer.reports import checklist
    from syncer.store import cutovers

    folder = _folder(engine)
    (standing,) = await records.standing_of(config, engine.config.name)
    files = {"id map": folder / "idmap.csv", "redirects for nginx": folder / "redirects.map"}
    facts = checklist.Facts(
        route=engine.config.name, source=engine.config.source, target=engine.config.target, standing=standing,
        done=await cutovers.standing(engine.pool, engine.id), mails=engine.target.capabilities.mails,
        files={what: str(path) for what, path in files.items() if path.exists()},
    )  # fmt: skip
    path = folder / "checklist.md"
    path.write_text(checklist.markdown(facts), encoding="utf-8")
    return path
