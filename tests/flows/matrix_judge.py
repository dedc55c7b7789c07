"""Says whether a way of the matrix is whole, from what both desks hold: nothing of the engine is used here.

One sentence for each thing that is not as it was promised.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from syncer.deskkit.kept import KeptFile
from tests.flows.matrix_compared import Compared
from tests.flows.matrix_evidence import Evidence, Over
from tests.flows.matrix_losses import counted
from tests.flows.matrix_texts import OWN
from tests.flows.matrix_ticket import faults
from tests.flows.matrix_world import unlike
from tests.flows.worlds import SECRET


def judge(evidence: Evidence) -> list[str]:
    """All that is wrong, where one run moved it all."""
    return [*_sums(evidence), *judge_desks(evidence), *_ledger(evidence)]


def judge_desks(evidence: Evidence) -> list[str]:
    """All that is wrong with what the desks hold, in however many runs it came there."""
    return [
        *unlike(evidence.source, evidence.world, evidence.old),
        *_once(evidence),
        *_tickets(evidence),
        *_links(evidence),
        *_writers(evidence),
        *_secrets(evidence),
        *_again(evidence),
    ]


def _sums(e: Evidence) -> Iterator[str]:
    ended = {name: e.counts[name] for name in ("created", "updated", "unchanged", "skipped", "parked")}
    if e.counts["read"] != len(e.old) or sum(ended.values()) != len(e.old) or ended["created"] != len(e.old):
        yield f"{len(e.old)} tickets on the source, and the run says {e.counts}"


def _again(e: Evidence) -> Iterator[str]:
    if e.writes or e.again["unchanged"] != len(e.old):
        yield f"the second run wrote {e.writes} times and says {e.again}"


def _once(e: Evidence) -> Iterator[str]:
    """Each ticket of the source is there once, and nothing else is."""
    lines = Counter(one.old for one in e.over)
    yield from (f"lost: {ticket.id}" for ticket in e.old if not lines[ticket.id])
    yield from (f"{id} is over {times} times" for id, times in lines.items() if times > 1)
    yield from (f"invented: {id}" for id in lines.keys() - {ticket.id for ticket in e.old})
    there = Counter(ticket.id for ticket in e.new)
    named = Counter(one.new for one in e.over)
    yield from (f"{id} stands for {times} tickets" for id, times in named.items() if times > 1)
    yield from (f"not on the target: {id}" for id in named.keys() - there.keys())
    yield from (f"nobody's ticket on the target: {ticket.id} {ticket.title!r}" for ticket in e.new
                if ticket.id not in named)  # fmt: skip


def _tickets(e: Evidence) -> Iterator[str]:
    over: dict[str, Over] = {one.old: one for one in e.over}
    new = {ticket.id: ticket for ticket in e.new}
    for old, seed in zip(e.old, e.world.tickets, strict=True):
        line = over.get(old.id)
        there = new.get(line.new) if line else None
        if line is not None and there is not None:
            yield from (f"{old.id}: {one}" for one in faults(Compared(e, seed, old, there, line)))


def _links(e: Evidence) -> Iterator[str]:
    """Which tickets have to do with which, whoever of the two says it."""
    became = {one.old: one.new for one in e.over}
    wanted = {frozenset((became.get(old.id, ""), became.get(other, ""))) for old in e.old for other in old.links}
    there = {frozenset((new.id, other)) for new in e.new for other in new.links}
    wanted = {pair for pair in wanted if len(pair) == 2} if e.tells.links and e.holds.links else set()
    for what, pairs in (("is missing", wanted - there), ("is nobody's", there - wanted)):
        yield from (f"the link of {' and '.join(sorted(pair))} {what}" for pair in pairs)


def _writers(e: Evidence) -> Iterator[str]:
    """Whose comment has no author there is said by the one account that writes."""
    said = {word: one.author for old in e.old for one in old.comments for word in OWN.findall(one.text)}
    writers = {
        one.author
        for new in e.new
        for one in new.comments
        for word in OWN.findall(one.text)
        if not (e.holds.authors and said.get(word) in e.known)
    }
    if len(writers) > 1 and not e.holds.adopts:
        yield f"comments that have no author are said by several: {sorted(map(str, writers))}"


def _secrets(e: Evidence) -> Iterator[str]:
    """What was private is not where a requester can read; and it is kept on this machine where the target cannot."""
    for new in e.new:
        public = [comment for comment in new.comments if comment.public]
        said = (new.title, new.body, *new.tags, *(word for words in new.custom.values() for word in words),
                *(comment.text for comment in public))  # fmt: skip
        if any(SECRET in text for text in said):
            yield f"a private note can be read on the target: {new.id}"
        open_files: Iterable[KeptFile] = (*new.files, *(file for comment in public for file in comment.files))
        if any(SECRET.encode() in e.contents.get(file.sha256, b"") for file in open_files):
            yield f"the file of a private note can be read on the target: {new.id}"
    if not e.holds.private:
        told = sum(SECRET.encode() in content for content in e.contents.values())
        if told:
            yield f"{told} files on the target tell of private notes, which it cannot keep"
        yield from _withheld(e)
    elif e.withheld:
        yield f"{len(e.withheld)} private notes kept on this machine, though the target can keep them"


def _withheld(e: Evidence) -> Iterator[str]:
    wanted = Counter((old.id, _word(one.text)) for old in e.old for one in old.comments
                     if not one.public and e.tells.comments)  # fmt: skip
    kept = Counter((ticket, _word(text)) for ticket, text in e.withheld)
    if kept != wanted:
        yield f"private notes on this machine: {sorted((kept - wanted) + (wanted - kept))[:3]} too often or not at all"


def _word(text: str) -> str:
    return text[text.find(SECRET) :].partition("end")[0]


def _ledger(e: Evidence) -> Iterator[str]:
    """The losses are those that there are, no more and no less."""
    wanted = counted(e)
    for code in sorted(wanted.keys() | e.losses.keys()):
        if wanted[code] != e.losses.get(code, 0):
            yield f"the ledger says {code} {e.losses.get(code, 0)} times, and it is {wanted[code]}"
