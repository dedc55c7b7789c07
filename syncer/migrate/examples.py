"""The examples of a mapping file, run: names of the source's values in, names of the target's out."""

from __future__ import annotations

from syncer.mapping.rules import Example, Rules
from syncer.mapping.tables import Tables
from syncer.mapping.ticket import Limits, Mapper
from syncer.model.ids import TicketId, Version
from syncer.model.ticket import CustomValue, Ticket

_WORDS = ("title", "body", "requester")


def failures(rules: Rules, tables: Tables, limits: Limits) -> dict[int, str]:
    """What each failing example (counted from 1) gave instead; {} when all hold."""
    mapper = Mapper(rules, tables, limits, "EX")
    found = {}
    for number, example in enumerate(rules.examples, 1):
        if problem := _run(mapper, example, tables, limits):
            found[number] = problem
    return found


def _run(mapper: Mapper, example: Example, tables: Tables, limits: Limits) -> str | None:
    values: dict[str, str] = {}
    for kind, word in example.given.items():
        if kind in _WORDS or kind.startswith("custom."):
            continue
        ids = [
            id for (k, id), v in tables.source.items() if k == kind and str(word).casefold() in {v.name.casefold(), id}
        ]
        if not ids:
            return f"the source has no {kind} {word!r}; were its lists pulled? (syncer lookups pull)"
        values[kind] = ids[0]
    missing: list[tuple[str, str, str]] = []
    title, body, fields = mapper.values(_ticket(example, values), missing, [])
    for name, word in example.expect.items():
        undecided = [f"{name}: no decision for {kind} {value}" for field, kind, value in missing if field == name]
        if undecided:
            return undecided[0]
        if name in {"title", "body"}:
            got = title if name == "title" else body
            if str(word) not in got:
                return f"{name}: {got[:80]!r} does not hold {word!r}"
            continue
        known = limits.fields.get(name)
        id = fields.get(name, "")
        value = tables.target.get((known.lookup, id)) if known and known.lookup else None
        if str(word).casefold() not in {id.casefold(), value.name.casefold() if value else ""}:
            return f"{name}: got {(value.name if value else id) or 'nothing'!r}, expected {word!r}"
    return None


def _ticket(example: Example, values: dict[str, str]) -> Ticket:
    given = example.given
    custom: dict[str, CustomValue] = {k.removeprefix("custom."): v for k, v in given.items() if k.startswith("custom.")}
    return Ticket(
        id=TicketId("0"), number="#0", title=str(given.get("title", "example")), body=str(given.get("body", "example")),
        html=True, values=values, requester=str(given["requester"]) if "requester" in given else None, creator=None,
        assignee=None, created_at=None, updated_at=None, closed_at=None, version=Version("0"), custom=custom,
    )  # fmt: skip
