"""Twice: one key makes one ticket, and each step is done once, also when an answer was lost."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping

import pytest
from msgspec import Struct

from syncer.deskkit.contract import Newer
from syncer.deskkit.kept import KeptTicket
from syncer.errors import InDoubt
from syncer.model.draft import Draft
from syncer.model.ids import Key, TicketId
from syncer.model.lookups import StatusClass
from syncer.model.ticket import Rating, TicketLink, TimeEntry
from tests.conformance.asked import desks
from tests.conformance.drafts import Drafter, Sent, drafter, file, said_at, with_fields, words_of
from tests.conformance.driving import bring, bring_stubbornly, create, looked_for, no_fence, steps_of, take
from tests.conformance.reading import kept_files
from tests.conformance.trial import Trial, on_trial
from tests.conformance.words import seen


@desks("writes", "finds_by_key", "remote")
@pytest.mark.parametrize("fault", ["cut_after", "after", "hang", "half", "html", "cut_before"])
async def test_one_key_makes_one_ticket_when_the_answer_is_lost(kind: str, fault: str) -> None:
    """It is in doubt, looked for by its key and no other, and found where it was made."""
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        older = (await create(trial, made.draft(), {})).id
        await trial.again(timeout=0.8)
        before = trial.kept().keys()
        lost = made.draft()
        with pytest.raises(InDoubt):
            await create(trial, lost, {}, lambda: trial.fail(first=[fault]))
        new = trial.kept().keys() - before
        assert len(new) == (0 if fault == "cut_before" else 1)
        others = [Key("CF-0"), Key(f"{lost.key}1"), Key(lost.key[:-1])]

        async def look() -> str | None:
            return (await trial.target.find([lost.key, *others], None)).get(lost.key)

        assert await looked_for(trial, look) == next(iter(new), None)
        trial.fail(search_lag=3600)  # what was made since, no index can hide
        there = {lost.key: TicketId(next(iter(new)))} if new else {}
        assert await trial.target.find([lost.key, *others], Newer(older, before)) == there
        trial.fail()
        assert await trial.target.find(others, None) == {}
        if not new:
            new = {(await create(trial, lost, {})).id}
        assert trial.kept().keys() - before == new


class Run(Struct):
    """Counts the writes of a ticket; one of them is made to lose its answer."""

    lose: int
    fail: Callable[..., None]
    writes: int = 0

    def fence(self) -> None:
        """Asked before each write."""
        self.writes += 1
        if self.writes == self.lose:
            self.fail(first=["cut_after"])


@desks("writes", "finds_by_key", "remote")
async def test_nothing_is_done_twice_when_the_answer_to_any_write_is_lost(kind: str) -> None:
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        await trial.again(timeout=1.2)
        draft, files = whole(made)
        clean = Run(0, trial.fail)
        first = await bring(trial, draft, files, clean.fence)
        wanted = shape(trial.kept()[first.id])
        assert sum(wanted.hangs.values()) == len(wanted.hangs) == once(draft)
        for lose in range(1, clean.writes + 1):
            before, run = trial.kept().keys(), Run(lose, trial.fail)
            draft, files = whole(made)
            brought = await asyncio.wait_for(bring_stubbornly(trial, draft, files, run.fence), 60)
            place = f"the answer to write {lose} of {clean.writes} was lost"
            assert trial.kept().keys() - before == {brought.id}, place
            assert shape(trial.kept()[brought.id]) == wanted, place


@desks("writes", "finds_by_key", "remote")
async def test_a_step_whose_answer_was_lost_is_seen_to_have_happened(kind: str) -> None:
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        await trial.again(timeout=1.2)
        draft, files = whole(made)
        held = {one.file: one.download for one in files}
        id = (await create(trial, draft, held)).id
        for step in steps_of(trial, draft):
            count = Run(0, trial.fail)
            # Whether one write ends it shows on another ticket, which is as far.
            twin, twin_id = await _as_far(trial, made, step.name)
            await take(trial, twin_id, twin, next(s for s in steps_of(trial, twin) if s.name == step.name), held,
                       count.fence)  # fmt: skip
            if count.writes == 1:
                run = Run(1, trial.fail)
                assert await trial.desk.happened(id, draft, step) is None, f"{step.name} was not done yet"
                with pytest.raises(InDoubt):
                    await take(trial, id, draft, step, held, run.fence)
            else:
                await take(trial, id, draft, step, held)
            assert await trial.desk.happened(id, draft, step) is not None, step.name


@desks("writes", "finds_by_key")
async def test_a_second_life_finds_all_that_was_done(kind: str) -> None:
    """Another connector, which knows no more than the draft: the ticket by its key, each step that happened, and no
    reason to write again."""
    async with on_trial(kind) as trial:
        draft, files = whole(await drafter(trial))
        first = await bring(trial, draft, files)
        before = shape(trial.kept()[first.id])
        assert sum(before.hangs.values()) == len(before.hangs) == once(draft)
        await trial.desk.close()
        await trial.again()
        assert await trial.target.find([draft.key], None) == {draft.key: first.id}
        done = {step.name: await trial.desk.happened(first.id, draft, step) for step in steps_of(trial, draft)}
        assert None not in done.values(), done
        assert shape(trial.kept()[first.id]) == before


@desks("writes")
async def test_what_makes_nothing_with_an_id_may_be_done_twice(kind: str) -> None:
    """Fields, people who are told, group, status: the second time changes nothing."""
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        draft, files = whole(made)
        once_only = (await bring(trial, draft, files)).id
        wanted = shape(trial.kept()[once_only])
        draft, files = whole(made)
        held = {one.file: one.download for one in files}
        id = (await create(trial, draft, held)).id
        for step in steps_of(trial, draft):
            await take(trial, id, draft, step, held)
            if step.comment is None and await trial.desk.happened(id, draft, step) == "":
                await take(trial, id, draft, step, held)
        assert shape(trial.kept()[id]) == wanted


async def _as_far(trial: Trial, made: Drafter, name: str) -> tuple[Draft, TicketId]:
    """Another ticket on which everything before that step is done."""
    draft, files = whole(made)
    held = {one.file: one.download for one in files}
    id = (await create(trial, draft, held)).id
    for step in steps_of(trial, draft):
        if step.name == name:
            break
        await take(trial, id, draft, step, held, no_fence)
    return draft, id


def whole(made: Drafter) -> tuple[Draft, list[Sent]]:
    """A draft with all there may be: fields, comments, files, what hangs on a ticket, closed in the end."""
    claims, model = made.claims, max(made.models, key=lambda one: len(made.custom(one)))
    files = [file(1, "log.txt", b"one"), file(2, "all.bin", bytes(range(256)))] if claims.takes_files else []
    said = []
    if claims.takes_comments:
        said = [
            made.comment(1, public=True, files=[one.file for one in files[1:]]),
            made.comment(2, public=not claims.keeps_private),
        ]
    author, told = made.person(model.assignee), made.person(model.requester)
    draft = made.draft(
        fields=made.fields(model),
        files=tuple(one.file for one in files[:1]),
        comments=tuple(said),
        tags=("vpn", "größer") if claims.takes_tags else (),
        cc=tuple(dict.fromkeys((author, told))) if claims.takes_cc else (),
        custom={id: value for id, (_, value) in made.custom(model).items()} if claims.takes_custom else {},
        times=tuple(TimeEntry(str(n), author, said_at(n), 60 * n, f"Looked {n}") for n in (1, 2))
        if claims.takes_times
        else (),
        links=(TicketLink(TicketId("77"), "child"),) if claims.keeps_links else (),
        rating=Rating(4) if claims.keeps_rating else None,
    )
    closed = made.status(StatusClass.CLOSED)
    return (with_fields(draft, status=closed) if closed and claims.keeps_status else draft), files


class Shape(Struct, frozen=True):
    """A ticket but for its numbers and keys. `hangs` are work, tags and links, each as often as it is there."""

    fields: object
    said: object
    files: object
    custom: object
    rating: object
    hangs: Mapping[str, int]


def shape(kept: KeptTicket) -> Shape:
    """What may not differ between two of the same."""
    said = [
        (
            [n for n in (1, 2) if seen(words_of(n)) in seen(comment.text)],
            comment.author,
            comment.public,
            kept_files(comment.files),
        )
        for comment in kept.comments
    ]
    work = [f"{one.author} {one.at} {one.seconds} {one.note[:8]}" for one in kept.times]
    # The marker of a ticket or of its work may stand beside what was drafted.
    custom = {name: values for name, values in kept.custom.items() if not any("CF-" in one for one in values)}
    tags = [one for one in kept.tags if "CF-" not in one]
    return Shape(
        fields=(kept.requester, kept.assignee, kept.values),
        said=said,
        files=kept_files(kept.files),
        custom=custom,
        rating=kept.rating,
        hangs=Counter((*work, *tags, *kept.cc, *kept.links)),
    )


def once(draft: Draft) -> int:
    """How many of work, tags, people and links a draft has."""
    return len(draft.times) + len(draft.tags) + len(draft.cc) + len(draft.links)
