"""`desks`: what each desk can do, by kind, or as it is configured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from syncer.cli.main import CONFIG, JSON
from syncer.cli.output import document, table

if TYPE_CHECKING:
    from syncer.deskkit.contract import Capabilities

_MAKES_A_TARGET = ("acting_user",)
"""Settings without which a desk is only read."""
_ANSWER = {"base_url": "https://desk.example.org"}


@click.command(epilog="Example: syncer desks invgate")
@click.argument("name", required=False)
@CONFIG
@JSON
def desks(name: str | None, config: Path, as_json: bool) -> None:
    """What each kind of desk can do; or one of them; or a desk of your config file, as it is configured. Asks no desk.
    Where your config file has a desk that is called like a kind, that desk is meant.

    What only shows when a desk is asked is told by `syncer check`.
    """
    found = _wanted(name, config)
    if as_json:
        document({one: msgspec.to_builtins(facts) for one, facts in found.items()})
        return
    from syncer.reports.cards import card

    cards = {one: card(facts) for one, facts in found.items()}
    for one, rows in cards.items():
        click.echo(f"{one}:")
        table(("what", "how"), rows)
        click.echo()


def _wanted(name: str | None, config: Path) -> dict[str, Capabilities]:
    from syncer import settings
    from syncer.deskkit import registry
    from syncer.errors import ConfigError

    if name is None:
        return {registry.spec(kind).title: facts(kind) for kind in registry.kinds()}
    if name in registry.kinds() and not (config.exists() and _has(config, name)):
        return {registry.spec(name).title: facts(name)}
    if not config.exists():
        raise ConfigError(
            f"no kind of desk {name!r}, and no config file {config}", hint=f"There are: {', '.join(registry.kinds())}"
        )
    block: Any = settings.load(config).desk(name)
    return {name: registry.spec(block.kind).open(block).capabilities}


def _has(config: Path, name: str) -> bool:
    """Whether the config file has a desk of this name, whatever else is wrong in it."""
    from syncer.documents import Document

    desks = Document(config).data.get("desks")
    return isinstance(desks, dict) and name in desks


def facts(kind: str) -> Capabilities:
    """The capabilities of a desk as it is configured with nothing but what must be, and what makes it a target."""
    from syncer.cli.first_desk import DeskDraft

    draft = DeskDraft(name="desk", kind=kind, answers={})
    draft.answers |= {key: answer for key, answer in _ANSWER.items() if key in draft.model.model_fields}
    draft.answers |= {key: "1" for key in _MAKES_A_TARGET if key in draft.model.model_fields}
    while missing := [q for q in draft.questions() if not q.secret and not q.choices and q.key not in draft.answers]:
        draft.answers[missing[0].key] = "1"
    return draft.capabilities()
