"""What becomes of a ticket that is there: changed where it is asked and nowhere else, or taken away; and what it costs
and whom it mails to bring one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from msgspec.structs import replace

from syncer.deskkit.changing import TellsMails
from syncer.deskkit.kept import KeptTicket
from syncer.errors import Rejected
from syncer.model.draft import Draft
from syncer.model.ids import TicketId
from syncer.model.lookups import StatusClass
from tests.conformance.asked import desks, lacking
from tests.conformance.drafts import Drafter, Sent, drafter, file, with_fields
from tests.conformance.driving import bring, no_fence
from tests.conformance.promised import promises
from tests.conformance.test_writing import kept_as_drafted
from tests.conformance.trial import Trial, on_trial
from tests.conformance.words import seen, squeezed

# --- changes


@desks("writes", "takes_changes")
async def test_a_ticket_is_changed_where_it_is_asked_and_nowhere_else(kind: str) -> None:
    """One name at a time, then all of them; what was said on it stays."""
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        old, new = _two_drafts(trial, made)
        id = (await bring(trial, old)).id
        for name in _names(new):
            before = trial.kept()[id]
            written = await trial.desk.change(id, new, [name], no_fence)
            after = trial.kept()[id]
            if name in promises(kind).lasting and not _is_there(made, name, new, before):
                assert (after, written.losses) == (before, ("value_not_kept",)), f"{name} can never change"
                continue
            assert _is_there(made, name, new, after), f"{name}: {after}"
            others = [one for one in _names(new) if one != name and not _follows(one, name)]
            assert _without(name, before, others, made) == _without(name, after, others, made), name
            assert after.comments[: len(before.comments)] == before.comments, "what was said was changed"


@desks("writes", "takes_changes")
async def test_the_same_change_twice_is_one(kind: str) -> None:
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        old, new = _two_drafts(trial, made)
        id = (await bring(trial, old)).id
        await trial.desk.change(id, new, _names(new), no_fence)
        once = trial.kept()[id]
        changes = [name for name in _names(new) if name not in promises(kind).lasting]
        wrong = [name for name in changes if not _is_there(made, name, new, once)]
        assert not wrong, f"{wrong}: {once}"
        await trial.desk.change(id, new, _names(new), no_fence)
        assert replace(trial.kept()[id], comments=once.comments) == once


@desks("writes", "takes_changes")
async def test_what_a_draft_leaves_empty_is_emptied(kind: str) -> None:
    """Or it is told that somebody stays, where no call takes people away."""
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        _, full = _two_drafts(trial, made)
        words = _custom_words(made)
        names = ["tags", "cc", *(f"custom.{id}" for id in words)]
        names = [name for name in names if name in _names(full) and name not in promises(kind).lasting]
        if not names:
            lacking("takes_custom")
        id = (await bring(trial, full)).id
        written = await trial.desk.change(id, replace(full, tags=(), cc=(), custom={}), names, no_fence)
        kept = trial.kept()[id]
        held = {"tags": kept.tags, "cc": kept.cc}
        held |= {f"custom.{field}": kept.custom.get(name, ()) for field, (name, _) in words.items()}
        left = [name for name in names if held[name]]
        assert left in ([], ["cc"])
        assert written.losses == ("value_not_kept",) * len(left)


@desks("writes", "takes_changes")
async def test_what_is_gone_cannot_be_changed(kind: str) -> None:
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        with pytest.raises(Rejected) as refused:
            await trial.desk.change(TicketId("987654"), made.draft("New words"), ["body"], no_fence)
        assert refused.value.reason == "gone"


def _two_drafts(trial: Trial, made: Drafter) -> tuple[Draft, Draft]:
    """One ticket before and after everything about it was changed."""
    one, other = made.models[0], _other(made)
    said = (made.comment(1, public=True),) if trial.claims.takes_comments else ()
    old = made.draft("As it was", title="As it was", fields=made.fields(one), comments=said)
    fields = made.fields(other)
    if (pending := made.status(StatusClass.PENDING)) and "status" in fields:
        fields["status"] = pending
    more: dict[str, Any] = {}
    if trial.claims.takes_tags:
        more["tags"] = ("later", "and-more")
    if trial.claims.takes_cc:
        more["cc"] = (made.person(other.requester),)
    if trial.claims.takes_custom:
        more["custom"] = {field: value for field, (_, value) in made.custom(other).items()}
    new = replace(old, title=made.marked("As it is", old.key), body=made.text("As it is"), fields=fields, **more)
    return old, new


def _other(made: Drafter) -> KeptTicket:
    """A second ticket of the desk, with as many additional fields as there are."""
    return max(made.models[1:], key=lambda one: len(made.custom(one)))


def _names(draft: Draft) -> list[str]:
    """All that a draft says of a ticket."""
    custom = [f"custom.{id}" for id in draft.custom]
    return ["title", "body", *draft.fields, *(name for name in ("tags", "cc") if getattr(draft, name)), *custom]


def _follows(one: str, changed: str) -> bool:
    """Whether a desk may set `one` anew when the other changes: what belongs to a group or a type, and its assignee."""
    return one.startswith("custom.") or (
        changed in {"group", "type", "status"} and one in {"category", "assignee", "status"}
    )


def _is_there(made: Drafter, name: str, draft: Draft, kept: KeptTicket) -> bool:
    match name.partition("."):
        case ("title", _, _):
            return squeezed(draft.title) == squeezed(kept.title)
        case ("body", _, _):
            return seen(draft.body) in seen(kept.body)
        case ("tags", _, _):
            return set(draft.tags) == set(kept.tags)
        case ("cc", _, _):
            return set(kept.cc) == {made.known.email(one) for one in draft.cc}
        case ("custom", _, id):
            name, words = _custom_words(made)[id]
            return kept.custom.get(name) == words
    return kept_as_drafted(made, name, draft.fields[name], kept)


def _custom_words(made: Drafter) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Each additional field of that one: its name, and what stands in it."""
    model = _other(made)
    return {id: (name, model.custom[name]) for id, (name, _) in made.custom(model).items()}


def _without(changed: str, kept: KeptTicket, names: Iterable[str], made: Drafter) -> dict[str, object]:
    """What stands under the other names."""
    values = {
        name: kept.values.get(made.claims.fields[name].lookup or "") for name in names if name in made.claims.fields
    }
    people = {"requester": kept.requester, "assignee": kept.assignee}
    texts = {"title": kept.title, "body": kept.body, "tags": kept.tags, "cc": kept.cc}
    return values | {name: value for name, value in (people | texts).items() if name in names and name != changed}


# --- taken away


@desks("writes", "takes_back")
async def test_a_ticket_is_taken_away_and_no_other(kind: str) -> None:
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        gone, stays = made.draft("Never mind"), made.draft("Do mind")
        id, other = (await bring(trial, gone)).id, (await bring(trial, stays)).id
        assert not await trial.desk.removed(id)
        await trial.desk.remove(id, no_fence)
        assert await trial.desk.removed(id)
        await trial.desk.remove(id, no_fence)
        assert await trial.target.find([gone.key, stays.key], None) == {stays.key: other}
        assert not await trial.desk.removed(other)


# --- what it costs


@desks("writes", "remote")
async def test_bringing_a_ticket_takes_as_many_requests_as_it_says(kind: str) -> None:
    """From the second ticket on, when its lists are known."""
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        whole, files = _whole(trial, made)
        await bring(trial, whole, files)
        again, files = _whole(trial, made)
        for draft, sent in ((made.draft("Short"), []), (again, files)):
            trial.carrier.log.clear()
            await bring(trial, draft, sent)
            took, said = len(trial.carrier.log), trial.target.calls(draft)
            assert abs(took - said) <= max(1, 0.1 * took), f"{took} requests, and not {said}"


def _whole(trial: Trial, made: Drafter) -> tuple[Draft, list[Sent]]:
    """A ticket with all that takes calls of its own."""
    files = [file(1, "one.txt", b"1"), file(2, "two.bin", b"\x00\x02")] if trial.claims.takes_files else []
    own = files[:1]
    said = []
    if trial.claims.takes_comments:
        said = [made.comment(1, public=True, files=[one.file for one in files[1:]])]
        said.append(made.comment(2, public=not trial.claims.keeps_private))
    model = made.models[0]
    fields = made.fields(model)
    if (closed := made.status(StatusClass.CLOSED)) and trial.claims.keeps_status:
        fields["status"] = closed
    custom = {field: value for field, (_, value) in made.custom(model).items()} if trial.claims.takes_custom else {}
    draft = made.draft(
        "All of it", fields=fields, comments=tuple(said), files=tuple(one.file for one in own), custom=custom,
        tags=("one", "two") if trial.claims.takes_tags else (),
    )  # fmt: skip
    return draft, files


# --- whom it mails


@desks("writes", "remote")
async def test_whatever_mails_was_told(kind: str) -> None:
    """A draft with one occasion more than the last one: what is mailed because of it was said to be."""
    async with on_trial(kind) as trial:
        if "mails" not in trial.emulator.state():
            lacking("mails")
        told = {mail.on for mail in trial.claims.mails}
        certain = {mail.on for mail in trial.claims.mails if mail.certain}
        made = await drafter(trial)
        plain = await _mailed(trial, _bare(made))
        assert not plain or "ticket" in told
        for occasion, draft in _occasions(trial, made).items():
            more = await _mailed(trial, draft) > plain
            assert not more or occasion in told, f"{occasion} mails, and nobody was told"
            assert more or occasion not in certain, f"{occasion} is said to mail, and does not"


@desks("writes", "mails")
async def test_mails_a_desk_keeps_a_record_of_are_those_that_went(kind: str) -> None:
    async with on_trial(kind) as trial:
        if not isinstance(trial.desk, TellsMails) or "mails" not in trial.emulator.state():
            lacking("mails")
        made = await drafter(trial)
        quiet = await bring(trial, _bare(made))
        before = len(trial.emulator.state()["mails"])
        assignee = made.fields(made.models[0])["assignee"]
        told = await bring(trial, with_fields(_bare(made), assignee=assignee))
        lines = await trial.desk.mailed(told.id)
        assert len(lines) == len(trial.emulator.state()["mails"]) - before
        assert {address for line in lines for address in line.to} == {made.known.email(assignee)}
        assert not await trial.desk.mailed(quiet.id)


def _bare(made: Drafter) -> Draft:
    """Nobody's yet; all else stays, for a type of ticket may require it."""
    draft = made.draft("Quiet")
    field = made.claims.fields.get("assignee")
    keeps = field is not None and field.required
    return replace(draft, fields={name: one for name, one in draft.fields.items() if name != "assignee" or keeps})


def _occasions(trial: Trial, made: Drafter) -> dict[str, Draft]:
    found = {}
    if trial.claims.takes_comments:
        found["reply"] = replace(_bare(made), comments=(made.comment(1, public=True),))
        if trial.claims.keeps_private:
            found["note"] = replace(_bare(made), comments=(made.comment(1, public=False),))
    if "assignee" in made.claims.fields:
        found["assignee"] = with_fields(_bare(made), assignee=made.fields(made.models[0])["assignee"])
    if (closed := made.status(StatusClass.CLOSED)) and trial.claims.keeps_status:
        found["status"] = with_fields(_bare(made), status=closed)
    if trial.claims.takes_cc:
        found["cc"] = replace(_bare(made), cc=(made.person(made.models[-1].requester),))
    return found


async def _mailed(trial: Trial, draft: Draft) -> int:
    before = len(trial.emulator.state()["mails"])
    await bring(trial, draft)
    return len(trial.emulator.state()["mails"]) - before
