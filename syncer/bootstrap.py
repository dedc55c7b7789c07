"""The one composition root: settings in; open desks, the store, journals out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from msgspec import Struct

from syncer.deskkit import registry
from syncer.deskkit.config import DeskBlock
from syncer.deskkit.contract import Capabilities, Desk, Source, Target
from syncer.errors import ConfigError
from syncer.mapping.comments import Abilities
from syncer.mapping.extras import Holds
from syncer.mapping.fields import TargetField
from syncer.mapping.ticket import Limits
from syncer.migrate.lookups import operators_table
from syncer.pipeline.route import Route
from syncer.reports.document import DeskSide
from syncer.settings import Settings
from syncer.store import pool as store
from syncer.store import runs
from syncer.store.embedded import EmbeddedPostgres
from syncer.store.pool import Pool


class OpenRoute(Struct):
    """A route with both desks open and its number in the ledger."""

    config: Route
    id: int
    source: Source
    target: Target
    pool: Pool
    home: Path
    origin: str
    """Which desk the source is, whatever the config calls it."""
    sides: tuple[DeskSide, DeskSide]

    @property
    def adopts(self) -> bool:
        """Whether the target's lists are the source's own."""
        return self.target.capabilities.adopts_lists

    @property
    def limits(self) -> Limits:
        """What mapping must know of the target."""
        return limits(self.target.capabilities)


def limits(facts: Capabilities) -> Limits:
    """A target's capabilities in the words of mapping."""
    return Limits(
        fields={name: TargetField(f.lookup, f.required) for name, f in facts.fields.items()},
        max_title=facts.max_title,
        title_in_bytes=facts.title_in_bytes,
        max_body=facts.max_body,
        needs_body=facts.needs_body,
        html=facts.body == "html",
        comments=Abilities(
            folds=not facts.takes_comments,
            private=facts.keeps_private,
            private_files=not facts.shows_private_files,
            authors=facts.keeps_authors,
            times=facts.keeps_times,
        ),
        keeps_status=facts.keeps_status,
        holds=Holds(
            tags=facts.takes_tags,
            cc=facts.takes_cc,
            custom=facts.takes_custom,
            times=facts.takes_times,
            links=facts.takes_links or facts.keeps_links,
            rating=facts.keeps_rating,
        ),
        marked="title" in facts.marker_in,
    )


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Pool]:
    """The database of the settings; an embedded one is started, and stopped when its last user leaves."""
    if settings.database != "embedded":
        async with store.connect(settings.database) as pool:
            yield pool
        return
    postgres = EmbeddedPostgres(settings.home / "postgres")
    server = await asyncio.to_thread(postgres.join)
    try:
        async with store.connect(server.dsn) as pool:
            yield pool
    finally:
        await asyncio.to_thread(postgres.leave)


@asynccontextmanager
async def open_desk(settings: Settings, name: str) -> AsyncIterator[Desk]:
    """A desk, ready to be called."""
    config = settings.desk(name)
    desk = registry.spec(config.kind).open(config)  # type: ignore[attr-defined]
    try:
        yield desk
    finally:
        await desk.close()


@asynccontextmanager
async def open_route(settings: Settings, name: str | None) -> AsyncIterator[OpenRoute]:
    """Both desks of a route and the ledger. Raises ConfigError when a desk cannot play its part."""
    config = settings.route(name)
    async with AsyncExitStack() as stack:
        source = await stack.enter_async_context(open_desk(settings, config.source))
        target = await stack.enter_async_context(open_desk(settings, config.target))
        if not source.capabilities.reads:
            raise ConfigError(f"desk {config.source} cannot be read from by this syncer, only written to")
        if not target.capabilities.writes:
            raise ConfigError(f"desk {config.target} cannot be written to by this syncer, only read from")
        check_rules(settings, config)
        pool = await stack.enter_async_context(open_store(settings))
        yield OpenRoute(
            config=config,
            id=await runs.route_id(pool, config.name),
            source=source,  # type: ignore[arg-type]
            target=target,  # type: ignore[arg-type]
            pool=pool,
            home=settings.home,
            origin=_origin(settings.desk(config.source)),
            sides=(_side(settings, config.source), _side(settings, config.target)),
        )


def _side(settings: Settings, name: str) -> DeskSide:
    kind = settings.desk(name).kind  # type: ignore[attr-defined]
    return DeskSide(name, kind, registry.spec(kind).title)


def _origin(source: DeskBlock) -> str:
    return f"{source.kind} {source.address}"  # type: ignore[attr-defined]


def check_rules(settings: Settings, route: Route) -> None:
    """The mapping against what the target takes; all problems at once. Asks no desk."""
    config = settings.desk(route.target)
    facts = registry.spec(config.kind).open(config).capabilities  # type: ignore[attr-defined]
    if facts.adopts_lists:
        _check_what_is_kept(route, facts)
        return
    there = ", ".join(sorted({"title", "body", *facts.fields}))
    problems = [
        f"{route.mapping}: fields.{name}: the target has no such field; it has {there}"
        for name in route.rules.fields
        if name not in {"title", "body", *facts.fields}
    ]
    problems += [
        f"{route.mapping}: fields.{name}: is required by the target and has no rule"
        for name, field in facts.fields.items()
        if field.required and name != "requester" and name not in route.rules.fields
    ]
    if route.rules.custom and not facts.takes_custom:
        problems.append(f"{route.mapping}: custom: the target takes no custom fields; they go into the body's head")
    people = route.rules.people
    if people.missing != "fallback" and not facts.takes_people:
        problems.append(f"{route.mapping}: people.missing: the target cannot be given new people; use fallback")
    if "requester" in facts.fields and not people.fallback:
        problems.append(
            f"{route.mapping}: people.fallback: is missing: who stands in for people unknown to the target?"
        )
    try:
        operators_table(people.table)
    except ConfigError as e:
        problems += [f"{e.message}: {problem}" for problem in e.problems] or [e.message]
    if problems:
        raise ConfigError(
            f"{route.mapping}: does not fit the target",
            hint="Mend these, then: syncer config check",
            problems=tuple(problems),
        )


def _check_what_is_kept(route: Route, facts: Capabilities) -> None:
    """A target that adopts lists needs no rules; those there are must not send it elsewhere."""
    problems = []
    for name, rule in route.rules.fields.items():
        place = f"{route.mapping}: fields.{name}"
        if rule.lookup is not None and rule.lookup != name:
            problems.append(f"{place}: lists go over as they are: {rule.lookup}: {{lookup: {rule.lookup}}}")
        elif rule.lookup is None and name not in {"title", "body", *facts.fields}:
            problems.append(f"{place}: the target has no such field; what it needs of a ticket it takes by itself")
    if route.rules.custom:
        problems.append(f"{route.mapping}: custom: custom fields go over as they are")
    if problems:
        raise ConfigError(
            f"{route.mapping}: does not fit the target",
            hint="Mend these, then: syncer config check",
            problems=tuple(problems),
        )
