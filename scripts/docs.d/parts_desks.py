"""What each desk can do, from the capabilities it states about itself."""

from __future__ import annotations

from syncer.cli.cards import facts
from syncer.deskkit import registry
from syncer.reports.cards import card


def abilities() -> str:
    """One column for each desk."""
    cards = {registry.spec(kind).title: dict(card(facts(kind))) for kind in registry.kinds()}
    rows = list(next(iter(cards.values())))
    head = f"| | {' | '.join(cards)} |"
    lines = [f"| {what} | {' | '.join(one[what] for one in cards.values())} |" for what in rows]
    tested = f"| Tested against | {' | '.join(registry.spec(kind).tested_against for kind in registry.kinds())} |"
    return "\n".join([head, "|---" * (len(cards) + 1) + "|", tested, *lines])


def fields() -> str:
    """The fields of each target that a mapping may set."""
    said = []
    for kind in registry.kinds():
        known = facts(kind)
        if not known.writes:
            continue
        said += [f"### {registry.spec(kind).title}", "", "| Field | Comes from its list | Required |", "|---|---|---|"]
        said += [
            f"| `{name}` | {field.lookup or ('a number' if field.number else 'free text')} | {_yes(field.required)} |"
            for name, field in known.fields.items()
        ]
    return "\n".join(said)


def _yes(fact: bool, otherwise: str = "no") -> str:
    return "yes" if fact else otherwise


def invgate_scopes() -> str:
    """What syncer asks of InvGate, as the scopes of an API client."""
    from syncer.desks.invgate.access import NEEDED, OPTIONAL, WRITING, scope

    must = "\n".join(f"    {scope(name)}" for name in NEEDED)
    may = "\n".join(f"    {scope(name)}" for name in OPTIONAL)
    between = "Without one of these something stays behind, and `syncer check` says so:"
    writing = "\n".join(f"    {scope(*one)}" for one in WRITING)
    target = "A target (`acting_user`) needs these besides:"
    return f"Must be granted:\n\n{must}\n\n{between}\n\n{may}\n\n{target}\n\n{writing}"
