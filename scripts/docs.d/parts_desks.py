"""What each desk can do, from the capabilities it states about itself."""

from __future__ import annotations

from collections.abc import Callable

from syncer.cli.first_desk import DeskDraft
from syncer.deskkit import registry
from syncer.deskkit.contract import Capabilities

_MAKES_A_TARGET = ("acting_user",)
"""Settings without which a desk is only read."""
_ANSWER = {"base_url": "https://desk.example.org"}


def abilities() -> str:
    """One column for each desk. A fact about writing is no fact of a desk that is only read."""
    facts = {registry.spec(kind).title: _facts(kind) for kind in registry.kinds()}
    rows = [
        ("Tickets are read from it", [_yes(f.reads) for f in facts.values()]),
        ("Tickets are created on it", [_yes(f.writes) for f in facts.values()]),
        ("Lists it has", [", ".join(f.lookup_kinds) for f in facts.values()]),
        ("A lost answer can be looked for", _of_target(facts, lambda f: _yes(f.finds_by_key))),
        ("Our marker stands in", _of_target(facts, lambda f: ", ".join(f.marker_in))),
        ("Tickets can be changed afterwards", _of_target(facts, lambda f: _yes(f.updates))),
        ("Comments of their own", _of_target(facts, lambda f: _yes(f.takes_comments, "no: told in the body"))),
        ("Private notes", _of_target(facts, lambda f: _yes(f.keeps_private, "no: kept in a local file"))),
        ("Original dates", _of_target(facts, lambda f: _yes(f.keeps_times, "no: told in the body"))),
        ("Original authors", _of_target(facts, lambda f: _yes(f.keeps_authors, "no: told in the body"))),
        ("Longest title", _of_target(facts, lambda f: f"{f.max_title:,}" if f.max_title else "no limit known")),
    ]
    head = f"| | {' | '.join(facts)} |"
    return "\n".join([head, "|---" * (len(facts) + 1) + "|", *(f"| {n} | {' | '.join(cells)} |" for n, cells in rows)])


def fields() -> str:
    """The fields of each target that a mapping may set."""
    said = []
    for kind in registry.kinds():
        facts = _facts(kind)
        if not facts.writes:
            continue
        said += [f"### {registry.spec(kind).title}", "", "| Field | Comes from its list | Required |", "|---|---|---|"]
        said += [
            f"| `{name}` | {field.lookup or ('a number' if field.number else 'free text')} | {_yes(field.required)} |"
            for name, field in facts.fields.items()
        ]
    return "\n".join(said)


def _facts(kind: str) -> Capabilities:
    """The capabilities of a desk as it is configured with nothing but what must be, and what makes it a target."""
    draft = DeskDraft(name="desk", kind=kind, answers=dict(_ANSWER))
    draft.answers |= {key: "1" for key in _MAKES_A_TARGET if key in draft.model.model_fields}
    for _ in range(20):
        missing = [q for q in draft.questions() if not q.secret and not q.choices and q.key not in draft.answers]
        if not missing:
            return draft.capabilities()
        draft.answers[missing[0].key] = "1"
    raise RuntimeError(f"{kind}: its questions do not end")


def _of_target(facts: dict[str, Capabilities], say: Callable[[Capabilities], str]) -> list[str]:
    return [say(f) if f.writes else "-" for f in facts.values()]


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
