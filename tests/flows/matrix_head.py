"""What a target has no place for stands in the head of the text: each beside its label, in whole words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from syncer.deskkit.world import SeedPerson
from tests.flows.matrix_compared import Compared
from tests.flows.matrix_expected import full_name, is_field, is_rated, is_told, opener, unruled
from tests.flows.matrix_texts import spelled, stamp

Told = tuple[str, str]
"""What to say where the head has nothing like this, and a pattern of the line, or of a part of one."""
_DAY = 86_400
END = r"(?=,|$)"


def untold(one: Compared) -> Iterator[str]:
    """What should stand in the head, and does not."""
    if not one.e.holds.adopts:
        for told in (_people, _facts, _custom, _beside, _world):
            yield from (fault for fault, pattern in told(one) if not one.tells(pattern))


def _people(one: Compared) -> Iterator[Told]:
    old, seed, e = one.old, one.seed, one.e
    yield "its requester is not told", rf"^Requester: {_told_as(one, old.requester)}$"
    if is_told(e, old.assignee, seed.assignee):
        yield "its assignee is not told", rf"^Assigned to: {_told_as(one, old.assignee)}$"
    opened = opener(e, seed)
    if opened is not None:
        yield "who opened it is not told", rf"^Opened by: {_named_as(one, opened)}$"


def _named_as(one: Compared, person: SeedPerson | Literal["gone"]) -> str:
    if person == "gone":
        return ".+"
    return one.person(person.email.lower()) if one.e.tells.creator == "known" else spelled(full_name(person))


def _told_as(one: Compared, email: str | None) -> str:
    return one.person(email) if email else ".+"


def _facts(one: Compared) -> Iterator[Told]:
    old = one.old
    for kind in dict.fromkeys(("status", "priority", *unruled(one.e, old))):
        if kind in old.values:
            name, label = old.values[kind], kind.replace("_", " ").capitalize()
            yield f"its {kind} {name!r} is not told", rf"(?:^|, ){label}: {spelled(name)}[^\w,\n]*{END}"
    if old.created is not None:
        at = stamp(old.created, minutes=False)
        yield f"when it was created is not told: {at}", rf"^Created {at}{END}"
    changed = stamp(_changed(one), minutes=False)
    yield f"when it was changed is not told: {changed}", rf"(?:^|, )changed {changed}{END}"


def _changed(one: Compared) -> int:
    work = (work.at for work in one.seed.work) if one.e.tells.work_changes else ()
    return max(one.seed.updated, one.seed.created, *work)


def _custom(one: Compared) -> Iterator[Told]:
    e = one.e
    for name, value in one.old.custom.items() if e.tells.custom else ():
        if not is_field(e, name):
            words = spelled(" ".join(value))
            yield f"{name} {value} is neither there nor told", rf"^(?:[^:\n]* / )?{spelled(name)}: \W*{words}"


def _beside(one: Compared) -> Iterator[Told]:
    e, old = one.e, one.old
    for tag in () if e.holds.tags else old.tags:
        yield f"the tag {tag!r} is not told", rf"^Tags: (?:.*, )?{re.escape(tag)}{END}"
    for email in old.cc:
        if not (e.holds.cc and one.knows(email)):
            yield f"that {email} is told stands nowhere", rf"^Also told: (?:.*, )?{one.person(email)}{END}"
    for other in old.links if e.tells.links and not e.holds.links else ():
        yield f"the link to {other} is not told", rf"^Linked: (?:.*, )?related {re.escape(other)}{END}"


def _world(one: Compared) -> Iterator[Told]:
    """Work and ratings."""
    e, seed = one.e, one.seed
    for work in seed.work if e.tells.work and not e.holds.work else ():
        who, at = (
            spelled(full_name(e.world.people[work.author])),
            stamp(work.at - work.at % _DAY * e.tells.days, minutes=False),
        )
        note = f": {spelled(work.note)}" if e.tells.noted else ""
        said = rf"^Work: {work.seconds / 60:.0f} min, {who} <.*>, {at}{note}$"
        yield f"work of {work.seconds} seconds is not told", said
    if is_rated(e, seed) and not e.holds.rating:
        yield f"its rating {seed.rating} is not told", rf"^Rated {seed.rating} of 5{END}"
