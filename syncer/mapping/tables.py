"""The lookup tables of a route as mapping needs them: in memory, by source id, with names for people to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from syncer.mapping.names import shown
from syncer.model.lookups import LookupValue, StatusClass
from syncer.model.ticket import Ticket

DROP = ""
"""A decision to leave the value out."""


class Tables(Struct):
    """`decided` maps (source kind, target kind) to source id -> target id, or DROP. Values without an entry have no
    decision; a decision to take the rule's default has none either and stands in `defaulted`."""

    decided: dict[tuple[str, str], dict[str, str]]
    defaulted: dict[tuple[str, str], set[str]]
    source: dict[tuple[str, str], LookupValue]
    target: dict[tuple[str, str], LookupValue]
    people: dict[str, str]
    """Source person id -> target person id."""
    emails: dict[str, str] = {}
    """Normalised e-mail -> target person id, of the operator's table and of people the target lists as active."""
    guests: dict[str, str] = {}
    """Source person id -> target person id, of people who were brought to the target. They are known in tickets that
    they ask for or are told of, and in no other: so it does not matter which ticket comes first."""
    brought: dict[str, str] = {}
    """Normalised e-mail -> target person id, of people who were brought to the target, now or by an earlier run."""
    addresses: dict[str, str] = {}
    """Target person id -> normalised e-mail, where there is one."""

    def whom(self, id: str | None, ticket: Ticket) -> str | None:
        """Who somebody of this ticket is on the target; None where that is not known."""
        if id is None:
            return None
        found = self.people.get(id)
        if found is None and self.guests and (id == ticket.requester or id in ticket.cc):
            return self.guests.get(id)
        return found

    def name(self, kind: str, id: str | None) -> str:
        """What the source calls a value; its id where nobody told."""
        if id is None:
            return ""
        value = self.source.get((kind, id))
        if value is None:
            return id
        return " / ".join(value.path) if len(value.path) > 1 else value.name

    def target_id(self, kind: str, word: str) -> str | None:
        """A target's value by id, by its path in a tree or by name; None when none is called so, or several are."""
        if (kind, word) in self.target:
            return word
        wanted = word.casefold()
        there = [v for (k, _), v in self.target.items() if k == kind]
        hits = [v.id for v in there if shown(v).casefold() == wanted]
        hits = hits or [v.id for v in there if v.name.casefold() == wanted]
        return hits[0] if len(hits) == 1 else None

    def person_id(self, word: str) -> str:
        """Somebody on the target by e-mail; any other word is taken to be an id."""
        return self.emails.get(normal_email(word), word)

    def first_of_class(self, kind: str, wanted: StatusClass) -> str | None:
        """The target's first value of a class, by id."""
        hits = [v for (k, _), v in self.target.items() if k == kind and v.status_class == wanted and v.active]
        return min(hits, key=lambda v: (len(v.id), v.id)).id if hits else None


def indexed(values: Iterable[LookupValue]) -> dict[tuple[str, str], LookupValue]:
    """Values by (kind, id)."""
    return {(v.kind, v.id): v for v in values}


def by_email(people: Mapping[tuple[str, str], LookupValue]) -> dict[str, list[str]]:
    """Normalised e-mail -> ids of the people who have it."""
    found: dict[str, list[str]] = {}
    for (kind, id), person in people.items():
        if kind == "person" and person.email:
            found.setdefault(normal_email(person.email), []).append(id)
    return found


def normal_email(email: str) -> str:
    """E-mail as it is compared: trimmed, case folded."""
    return email.strip().casefold()
