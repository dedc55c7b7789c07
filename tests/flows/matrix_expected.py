"""What must become of a ticket, from the world, the source, the mapping and what a kind of desk must hold: the target
is not looked at."""

from __future__ import annotations

from html import escape
from typing import Literal

from syncer.deskkit.kept import KeptComment, KeptTicket
from syncer.deskkit.world import SeedPerson, SeedTicket
from tests.flows.matrix_evidence import Evidence
from tests.flows.matrix_texts import units, words

HEAD, BEFORE_COMMENT = 2_000, 160
"""More characters than a head has, and what stands before a comment."""


def carried(e: Evidence, old: KeptTicket) -> list[KeptComment]:
    """The comments that go to the target, as comments or told in the text."""
    return [one for one in old.comments if e.tells.comments and (one.public or e.holds.private)]


def is_brought(e: Evidence, comment: KeptComment) -> bool:
    """Whether the files of a comment go where it goes."""
    return comment.public or e.holds.private_files


def wanted(e: Evidence, old: KeptTicket) -> dict[str, str]:
    """List -> the value by the mapping."""
    if e.holds.adopts:
        return {kind: name for kind, name in old.values.items() if kind not in e.tells.untold}
    return {one.kind: one.value(old.values.get(one.of) if one.of else None) for one in e.listed}


def unruled(e: Evidence, old: KeptTicket) -> list[str]:
    """The lists it holds something of that no rule is about."""
    ruled = {one.of for one in e.listed} | e.tells.untold
    return [] if e.holds.adopts else [kind for kind in old.values if kind not in ruled]


def is_told(e: Evidence, email: str | None, position: int | None) -> bool:
    """Whether the source tells of this person, who may be gone."""
    if email is not None or position is None:
        return email is not None
    return e.tells.ghosts or (e.tells.erased and position >= 0)


def worker(e: Evidence, seed: SeedTicket, old: KeptTicket) -> tuple[str | None, str | None]:
    """Who must work on it on the target; and the loss, where that is not who did."""
    if e.holds.adopts:
        return old.assignee or _gone(e, seed.assignee), None
    if not is_told(e, old.assignee, seed.assignee):
        return None, None
    if not e.holds.assignee or old.assignee not in e.known or old.assignee in _away(e):
        return None, "assignee_as_text"
    if e.holds.members:
        group = wanted(e, old).get("group")
        if group is None:
            return None, "assignee_as_text"
        if old.assignee not in e.members.get(group, frozenset()):
            return None, "assignee_not_member"
    return old.assignee, None


def _away(e: Evidence) -> frozenset[str]:
    """Those no desk lets work on anything, though some know them."""
    return frozenset(one.email.lower() for one in e.world.people if one.disabled or one.deleted)


def requester(e: Evidence, seed: SeedTicket, old: KeptTicket) -> str | None:
    """Whose ticket it must be."""
    if e.holds.adopts:
        return old.requester or _gone(e, seed.requester)
    return old.requester if old.requester in e.known else e.fallback


def _gone(e: Evidence, position: int | None) -> str | None:
    """The address by which somebody is told of who is gone."""
    if position is None or e.tells.gone_as is None:
        return None
    return e.tells.gone_as if position < 0 else e.world.people[position].email.lower()


def status(e: Evidence, seed: SeedTicket, old: KeptTicket) -> tuple[str | None, str | None]:
    """The status there; and the loss, where its ticket cannot be given the one the mapping says."""
    name = wanted(e, old).get("status")
    if name is None:
        return None, None
    if not e.holds.status and name not in e.holds.open:
        return e.holds.begins, "status_as_text"
    if e.holds.worked and name in e.holds.worked:
        turned = e.holds.worked[worker(e, seed, old)[0] is not None]
    else:
        turned = e.holds.turns.get(name, name)
    return turned, e.holds.turned if turned != name else None


def length(e: Evidence, title: str) -> int:
    """How long a title is, as the target counts."""
    return len(title.encode()) if e.holds.title_in_bytes else units(title)


def is_rated(e: Evidence, seed: SeedTicket) -> bool:
    """Whether the source tells a rating."""
    return e.tells.rating and seed.rating is not None


def opener(e: Evidence, seed: SeedTicket) -> SeedPerson | Literal["gone"] | None:
    """Whoever opened it and must be named in the text: somebody else than the requester, by all the source tells, whom
    the target has no place for."""
    if e.tells.by_address and (seed.creator < 0 or e.world.people[seed.creator].deleted):
        return "gone" if seed.requester >= 0 else None
    if e.tells.creator == "no" or seed.creator == seed.requester or (seed.creator < 0 and not e.tells.ghosts):
        return None
    if seed.creator < 0:
        return "gone"
    person = e.world.people[seed.creator]
    if e.tells.creator == "known":
        return None if e.holds.creator and person.email.lower() in e.known else person
    asking = e.world.people[seed.requester] if seed.requester >= 0 else None
    return None if asking is not None and full_name(asking) == full_name(person) else person


def full_name(person: SeedPerson) -> str:
    """Both names of somebody."""
    return f"{person.name} {person.lastname}".strip()


def is_field(e: Evidence, name: str) -> bool:
    """Whether a custom field of this name has a field of its own there."""
    return e.holds.adopts or (e.holds.custom and name in e.world.custom)


def is_cut(e: Evidence, old: KeptTicket) -> bool | None:
    """Whether its text has no room on the target; None where that depends on how it is told."""
    most = e.holds.max_body
    if most is None:
        return False
    texts = [old.body, *(one.text for one in carried(e, old) if not e.holds.comments)]
    if sum(len(" ".join(words(text, html=e.tells.html))) for text in texts) > most:
        return True
    texts += (" ".join(value) for value in old.custom.values())
    greatest = HEAD + sum(len(escape(text)) + 4 * text.count("\n") + BEFORE_COMMENT for text in texts)
    return False if greatest <= most else None
