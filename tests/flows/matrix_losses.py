"""What the losses of a way must be, counted anew: from what both desks hold and what either kind can, by no code of
the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from syncer.deskkit.kept import KeptComment, KeptTicket
from syncer.deskkit.world import SeedTicket
from tests.flows.matrix_evidence import Evidence, Over
from tests.flows.matrix_texts import OWN, units

REST = ("-rest.txt", "-rest.html")


def counted(evidence: Evidence) -> Counter[str]:
    """Code -> how often, of the tickets that are over."""
    found: Counter[str] = Counter()
    if evidence.holds.adopts:  # what a source tells, such a target takes as it is
        return found
    new = {ticket.id: ticket for ticket in evidence.new}
    over = {one.old: one for one in evidence.over}
    for old, seed in zip(evidence.old, evidence.world.tickets, strict=True):
        if old.id in over and (there := new.get(over[old.id].new)) is not None:
            found.update(_of(evidence, seed, old, there, over[old.id]))
    return found


def _of(e: Evidence, seed: SeedTicket, old: KeptTicket, new: KeptTicket, over: Over) -> Iterator[str]:
    yield from _texts(e, old, new, over)
    yield from _people(e, seed, old, new)
    yield from _values(e, seed, old)
    yield from _comments(e, old, new)
    yield from _beside(e, seed, old)
    files = [*old.files, *(file for comment in carried(e, old) for file in comment.files)]
    if e.tells.files and not e.holds.files:
        yield from ("file_not_taken" for _ in files)


def _texts(e: Evidence, old: KeptTicket, new: KeptTicket, over: Over) -> Iterator[str]:
    title = " ".join(old.title.split()) + (f" [{over.key}]" if e.holds.marked else "")
    if e.holds.max_title is not None and units(title) > e.holds.max_title:
        yield "title_cut"
    if any(file.name.endswith(REST) and file.name.startswith(over.key) for file in new.files):
        yield "body_rest_attached"
    if not e.holds.times:
        yield "times_as_text"


def _people(e: Evidence, seed: SeedTicket, old: KeptTicket, new: KeptTicket) -> Iterator[str]:
    if old.requester not in e.known:
        yield "requester_fallback"
    worked_on = old.assignee is not None or (e.tells.ghosts and seed.assignee is not None)
    if worked_on and not (e.holds.assignee and old.assignee in e.known):
        yield "assignee_as_text"
    elif worked_on and new.assignee != old.assignee:
        grouped = e.holds.members and any(one.kind == "group" for one in e.listed)
        yield "assignee_not_member" if grouped else "assignee_as_text"
    if e.holds.creator and _creator_is_unknown(e, seed.creator):
        yield "creator_as_text"


def _creator_is_unknown(e: Evidence, creator: int) -> bool:
    if creator < 0:
        return e.tells.ghosts
    if e.tells.creator == "by name":
        return True
    return e.tells.creator == "known" and e.world.people[creator].email.lower() not in e.known


def _values(e: Evidence, seed: SeedTicket, old: KeptTicket) -> Iterator[str]:
    for one in e.listed:
        was = old.values.get(one.of) if one.of else None
        if was is not None and was not in one.table:
            yield f"{one.field}_defaulted"
        if one.kind != "status":
            continue
        status = one.value(was)
        if not e.holds.status and status not in e.opened:
            yield "status_as_text"
        elif e.holds.status and status in e.holds.ends_rated and not _is_rated(e, seed):
            yield "rating_invented"


def _is_rated(e: Evidence, seed: SeedTicket) -> bool:
    return e.tells.rating and seed.rating is not None


def carried(e: Evidence, old: KeptTicket) -> list[KeptComment]:
    """The comments that go to the target, as comments or told in the text."""
    return [one for one in old.comments if e.tells.comments and (one.public or e.holds.private)]


def _comments(e: Evidence, old: KeptTicket, new: KeptTicket) -> Iterator[str]:
    for one in old.comments if e.tells.comments and not e.holds.private else ():
        if not one.public:
            yield "private_note_withheld"
            yield from ("private_file_withheld" for _ in (one.files if e.tells.files else ()))
    hidden = {word for one in new.comments if not one.public for word in OWN.findall(one.text)}
    for one in carried(e, old):
        if not e.holds.comments:
            yield "comment_as_text"
            continue
        if not (e.holds.authors and one.author in e.known):
            yield "comment_author_as_text"
        if not e.holds.times:
            yield "comment_time_as_text"
        if one.public and hidden & set(OWN.findall(one.text)):
            yield "public_as_note"


def _beside(e: Evidence, seed: SeedTicket, old: KeptTicket) -> Iterator[str]:
    if e.tells.custom and set(old.custom) - (e.custom if e.holds.custom else set()):
        yield "custom_fields_as_text"
    if old.tags and not e.holds.tags:
        yield "tags_as_text"
    yield from ("cc_as_text" for one in old.cc if not (e.holds.cc and one in e.known))
    if e.tells.links and not e.holds.links:
        yield from ("link_as_text" for _ in old.links)
    if e.tells.work and not e.holds.work:
        yield from ("time_entry_as_text" for _ in seed.work)
    if _is_rated(e, seed) and not e.holds.rating:
        yield "rating_as_text"
