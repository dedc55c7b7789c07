"""What the losses of a way must be, counted anew: from the world, the source, the mapping and what either kind can, by
no code of the engine. The target is not looked at but where nothing else can tell: see `matrix_expected.is_cut`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from syncer.deskkit.kept import KeptTicket
from syncer.deskkit.world import SeedTicket
from tests.flows import matrix_expected as expected
from tests.flows.matrix_compared import CUT
from tests.flows.matrix_evidence import Evidence, Over


def counted(evidence: Evidence) -> Counter[str]:
    """Code -> how often, of the tickets that are over."""
    found: Counter[str] = Counter()
    if evidence.holds.adopts:  # what a source tells, such a target takes as it is
        return found
    new = {ticket.id: ticket for ticket in evidence.new}
    over = {one.old: one for one in evidence.over}
    for old, seed in zip(evidence.old, evidence.world.tickets, strict=True):
        if old.id in over and (there := new.get(over[old.id].new)) is not None:
            found.update(_of(evidence, seed, old, over[old.id]))
            cut = expected.is_cut(evidence, old)
            found["body_rest_attached"] += CUT in there.body if cut is None else cut
    return found


def _of(e: Evidence, seed: SeedTicket, old: KeptTicket, over: Over) -> Iterator[str]:
    title = " ".join(old.title.split()) + (f" [{over.key}]" if e.holds.marked else "")
    if e.holds.max_title is not None and expected.length(e, title) > e.holds.max_title:
        yield "title_cut"
    if not e.holds.times:
        yield "times_as_text"
    yield from _people(e, seed, old)
    yield from _values(e, seed, old)
    yield from _comments(e, old)
    yield from _beside(e, seed, old)
    said = (comment for comment in expected.carried(e, old) if expected.is_brought(e, comment))
    files = [*old.files, *(file for comment in said for file in comment.files)]
    if e.tells.files and not e.holds.files:
        yield from ("file_not_taken" for _ in files)
    if e.tells.files and e.holds.files:
        yield from ("value_not_kept" for file in files if e.holds.file_name(file.name) != file.name)


def _people(e: Evidence, seed: SeedTicket, old: KeptTicket) -> Iterator[str]:
    if old.requester not in e.known:
        yield "requester_fallback"
    _, lost = expected.worker(e, seed, old)
    if lost is not None:
        yield lost
    if expected.opener(e, seed) is not None:
        yield "creator_as_text"


def _values(e: Evidence, seed: SeedTicket, old: KeptTicket) -> Iterator[str]:
    for one in e.listed:
        was = old.values.get(one.of) if one.of else None
        if was is not None and was not in one.table:
            yield f"{one.field}_defaulted"
    if expected.unruled(e, old):
        yield "list_values_as_text"
    name, lost = expected.status(e, seed, old)
    if lost is not None:
        yield lost
    elif name in e.holds.ends_rated and not expected.is_rated(e, seed):
        yield "rating_invented"


def _comments(e: Evidence, old: KeptTicket) -> Iterator[str]:
    for one in old.comments if e.tells.comments and not e.holds.private else ():
        if not one.public:
            yield "private_note_withheld"
            yield from ("private_file_withheld" for _ in (one.files if e.tells.files else ()))
    for one in expected.carried(e, old):
        if not e.holds.comments:
            yield "comment_as_text"
            continue
        if not expected.is_brought(e, one):
            yield from ("private_file_withheld" for _ in (one.files if e.tells.files else ()))
        if not (e.holds.authors and one.author in e.known):
            yield "comment_author_as_text"
        if not e.holds.times:
            yield "comment_time_as_text"
        if one.public and not e.holds.public:
            yield "public_as_note"


def _beside(e: Evidence, seed: SeedTicket, old: KeptTicket) -> Iterator[str]:
    if e.tells.custom and not all(expected.is_field(e, name) for name in old.custom):
        yield "custom_fields_as_text"
    if old.tags and not e.holds.tags:
        yield "tags_as_text"
    yield from ("cc_as_text" for one in old.cc if not (e.holds.cc and one in e.known))
    if e.tells.links and not e.holds.links:
        yield from ("link_as_text" for _ in old.links)
    if e.tells.work and not e.holds.work:
        yield from ("time_entry_as_text" for _ in seed.work)
    if expected.is_rated(e, seed) and not e.holds.rating:
        yield "rating_as_text"
