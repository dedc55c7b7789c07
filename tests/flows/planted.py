"""Differences planted on a target after a migration: each of them must be found, and nothing else."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import Any

from msgspec import Struct

from syncer.desks.invgate.emulator import InvGateEmulator

_NO_WORDS = re.compile(r"<[^<>]*>|\[[^\[\]]*\]|&#?\w+;|<!--.*?-->", re.DOTALL)
"""What nobody reads: tags, entities, and the brackets of markers."""
_OURS = re.compile(r"\[IG-\d+-c\d+\]")
KINDS = ("letter", "swapped", "dropped", "altered", "visibility", "doubled", "deleted")


class Planted(Struct, frozen=True):
    """What was done to which ticket of the target."""

    kind: str
    target_id: str
    said: str

    @property
    def found_as(self) -> str:
        """The ticket of the target by which it must be told."""
        return self.said.removeprefix("as ") if self.kind == "doubled" else self.target_id


def _brought(ticket: Any) -> list[Any]:
    """What was said that came with it: a solution may be the connector's own words."""
    return [one for one in ticket.comments if _OURS.search(one.message)]


class Gardener:
    """Plants in an emulated InvGate, in no ticket twice."""

    def __init__(self, desk: InvGateEmulator, seed: int) -> None:
        self._tables = desk.tables
        self._desk = desk
        self._dice = random.Random(seed)
        self._left = list(self._tables.tickets)
        self._dice.shuffle(self._left)

    def plant(self, many: int) -> list[Planted]:
        """So many, of every kind as often as it goes."""
        ways: Sequence[tuple[str, Callable[[Any], str | None]]] = (
            ("letter", self._letter), ("swapped", self._swapped), ("dropped", self._dropped),
            ("altered", self._altered), ("visibility", self._visibility), ("doubled", self._doubled),
            ("deleted", self._deleted),
        )  # fmt: skip
        found = [self._one(*ways[number % len(ways)]) for number in range(many)]
        self._tables.changed()
        return found

    def _one(self, kind: str, way: Callable[[Any], str | None]) -> Planted:
        for id in list(self._left):
            said = way(self._tables.tickets[id])
            if said is not None:
                self._left.remove(id)
                return Planted(kind, str(id), said)
        raise AssertionError(f"no ticket is left for: {kind}")

    def _texts(self, ticket: Any) -> Iterator[tuple[Any, str]]:
        yield ticket, "title"
        yield ticket, "description"
        yield from ((comment, "message") for comment in _brought(ticket))

    def _letter(self, ticket: Any) -> str | None:
        """One letter of a text, somewhere in a word of it."""
        holder, name = self._dice.choice(list(self._texts(ticket)))
        text = getattr(holder, name)
        hidden = {at for found in _NO_WORDS.finditer(text) for at in range(*found.span())}
        places = [at for at, letter in enumerate(text) if letter.isascii() and letter.isalpha() and at not in hidden]
        if not places:
            return None
        at = self._dice.choice(places)
        other = "x" if text[at] != "x" else "y"
        setattr(holder, name, text[:at] + other + text[at + 1 :])
        return f"{name}: {text[at]} became {other} at {at}"

    def _swapped(self, ticket: Any) -> str | None:
        said = _brought(ticket)
        places = [n for n in range(len(said) - 1) if said[n].message != said[n + 1].message]
        if not places:
            return None
        n = self._dice.choice(places)
        one, other = said[n], said[n + 1]
        for name in ("message", "author_id", "customer_visible", "is_solution", "files"):
            mine, yours = getattr(one, name), getattr(other, name)
            setattr(one, name, yours)
            setattr(other, name, mine)
        return f"comments {n + 1} and {n + 2}"

    def _holder(self, ticket: Any) -> Any | None:
        return next((one for one in (ticket, *ticket.comments) if one.files), None)

    def _dropped(self, ticket: Any) -> str | None:
        holder = self._holder(ticket)
        if holder is None:
            return None
        return f"file {holder.files.pop()}"

    def _altered(self, ticket: Any) -> str | None:
        holder = self._holder(ticket)
        if holder is None:
            return None
        file = self._tables.files[holder.files[0]]
        file.content = file.content[:-1] + bytes([(file.content[-1] + 1) % 256]) if file.content else b"!"
        return f"file {file.id}"

    def _visibility(self, ticket: Any) -> str | None:
        told = [one for one in _brought(ticket) if not one.is_solution]
        if not told:
            return None
        one = self._dice.choice(told)
        one.customer_visible = not one.customer_visible
        return f"comment {one.id} became {'public' if one.customer_visible else 'private'}"

    def _doubled(self, ticket: Any) -> str | None:
        copy = deepcopy(ticket)
        copy.id = max(self._tables.tickets) + 1
        self._tables.tickets[copy.id] = copy
        return f"as {copy.id}"

    def _deleted(self, ticket: Any) -> str | None:
        del self._tables.tickets[ticket.id]
        return "gone"
