"""Round trip: what was drafted is what the desk holds then, each field it claims; a yes means that it was done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from msgspec.structs import replace

from syncer.deskkit.contract import Download, TakesLinks, TakesLists, TakesPeople
from syncer.deskkit.kept import KeptComment, KeptTicket
from syncer.errors import InDoubt, LeaseLost, Rejected, SyncerError
from syncer.model.draft import Draft
from syncer.model.ids import TicketId
from syncer.model.lookups import LookupValue, StatusClass
from syncer.model.ticket import File, Rating, Ticket, TicketLink, TimeEntry
from tests.conformance.asked import desks
from tests.conformance.breaks import hollow, is_versioned
from tests.conformance.drafts import OCCURRED, SAID, Drafter, Sent, drafter, file, said_at, with_fields, words_of
from tests.conformance.driving import bring, create, no_fence, steps_of, take
from tests.conformance.promised import promises
from tests.conformance.reading import Known, fetched, kept_files
from tests.conformance.trial import Answer, Trial, on_trial
from tests.conformance.words import levels, seen, squeezed

LONG = 65_536
TEXTS = {
    "longest": "",
    "markup": '<table><tr><td>1 &lt; 2</td></tr></table><p>a <b>b</b> <a href="https://example.org/?a=1&amp;b=2">c</a></p>',
    "emoji": "🔥👩🏽‍💻 🏳️‍🌈 🇨🇭 1️⃣ 𝔘𝔫𝔦",
    "right to left": "שלום, המדפסת 214 \u202bمرحبا\u202c \u202etxt.exe\u202c",
    "control": "\x07bell \x08back \x01\x02\x1b[31m del\x7f \x85 \u2028line \ufeff\u200b joiner\u2060 \ufffd end",
    "like markup": "a < b & c > d &amp; &lt;b&gt; %s {{ 7 * 7 }} ${x} \\n '\"` --boundary\r\n\r\nline",
}


@desks("writes", "remote")
async def test_a_yes_means_that_it_was_done(kind: str) -> None:
    """And a 200 that says no means that it was not."""
    async with on_trial(kind) as trial:
        made, before = await drafter(trial), trial.kept().keys()
        draft = made.draft()
        first = await create(trial, draft, {})
        assert trial.kept().keys() - before == {first.id}

        async def deny(request: web.Request, answer: Answer) -> web.StreamResponse:
            return hollow()

        def fence() -> None:
            trial.through = deny

        with pytest.raises(SyncerError):
            await create(trial, made.draft(), {}, fence)
        assert trial.kept().keys() - before == {first.id}


@desks("writes")
async def test_each_field_is_kept(kind: str) -> None:
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        for model in made.models[:4]:
            draft = made.draft(fields=made.fields(model))
            assert {name for name, field in trial.claims.fields.items() if field.required} <= set(draft.fields)
            brought = await bring(trial, draft)
            kept = trial.kept()[brought.id]
            wrong = [name for name in draft.fields if not kept_as_drafted(made, name, draft.fields[name], kept)]
            assert not wrong, f"{wrong} of {draft.fields}: {kept}"
            assert squeezed(kept.title) == squeezed(draft.title)
            assert seen(draft.body) in seen(kept.body)
            if trial.claims.reads:
                await _reads_back(trial, made, draft, brought.id)


def kept_as_drafted(made: Drafter, name: str, value: str, kept: KeptTicket) -> bool:
    """Whether a field of the draft can be seen on the ticket."""
    kind = made.claims.fields[name].lookup
    match name, kind:
        case "requester", _:
            return kept.requester == made.known.email(value)
        case "assignee", _:
            return kept.assignee == made.known.email(value)
        case "status", _:
            wanted = made.known.shown("status", value)
            return _meaning(made.known, kept.values["status"]) == _meaning(made.known, wanted)
        case "created_at", _:
            return kept.created == OCCURRED or any(map(_is_when_it_occurred, sum(kept.custom.values(), ())))
        case "updated_at" | "closed_at", _:
            return True  # which only the desk's own answers tell
        case _, "person":
            return True  # who opened it, which only the desk's own answers tell
        case _, None:
            return value in (kept.values.get(name), *sum(kept.custom.values(), ()))
    return levels(kept.values.get(kind or "", "")) == made.known.shown(kind or "", value)


def _is_when_it_occurred(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).timestamp() == OCCURRED
    except ValueError:
        return value in (str(OCCURRED), f"{OCCURRED}000")


def _meaning(known: Known, name: str) -> StatusClass | None:
    return next(one.status_class for one in known.values if one.kind == "status" and one.name == name)


async def _reads_back(trial: Trial, made: Drafter, draft: Draft, id: str) -> None:
    """The same by the connector's own reading."""
    (ticket,) = await fetched(trial, [id])
    assert isinstance(ticket, Ticket)
    assert squeezed(ticket.title) == squeezed(draft.title)
    assert seen(draft.body) in seen(ticket.body)
    people = {"requester": ticket.requester, "assignee": ticket.assignee, "creator": ticket.creator}
    for name, value in draft.fields.items():
        kind = trial.claims.fields[name].lookup
        if name in people:
            assert people[name] == value, name
        elif name.endswith("_at") and trial.claims.keeps_times:
            at = getattr(ticket, name)
            assert (at and at.timestamp()) == OCCURRED, name
        elif kind == "status":
            wanted, found = (made.known.shown(kind, one) for one in (value, ticket.values[kind]))
            assert _meaning(made.known, wanted) == _meaning(made.known, found)
        elif kind in trial.claims.lookup_kinds:
            assert ticket.values.get(kind) == value, name


@desks("writes")
@pytest.mark.parametrize("what", TEXTS)
async def test_texts_are_kept_whole(kind: str, what: str) -> None:
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        body, most = TEXTS[what], trial.claims.max_body or LONG
        if what == "longest":
            body = made.text("🔥 " + "log line: refused; " * (LONG // 16))
            body = body[: min(most, LONG) - 8] + ("ends</p>" if trial.claims.body == "html" else "the ends")
            assert len(body) == min(most, LONG)
        elif trial.claims.body == "html" and what != "markup":
            body = made.text(body)
        long_title = "🔥 " + "please read all of this " * 20
        draft = made.draft(title=long_title if trial.claims.max_title else "Short", body=body)
        draft = replace(draft, body=body)
        brought = await bring(trial, draft)
        kept = trial.kept()[brought.id]
        look = seen if trial.claims.body == "html" else squeezed
        assert look(body) in look(kept.body)
        assert squeezed(kept.title) == squeezed(draft.title)
        if trial.claims.reads:
            await _reads_back(trial, made, draft, brought.id)


@desks("writes", without="needs_body")
async def test_an_empty_text_is_kept(kind: str) -> None:
    async with on_trial(kind) as trial:
        draft = replace((await drafter(trial)).draft(), body="")
        brought = await bring(trial, draft)
        assert squeezed(seen(trial.kept()[brought.id].body)) in ("", draft.key)


# --- files


def _files(folder: Path) -> list[Sent]:
    large = folder / "spooled"
    large.write_bytes(bytes(range(256)) * 2000)
    return [
        file(1, "empty.log", b""),
        file(2, "same.txt", b"first", "text/plain"),
        file(3, "same.txt", b"second\r\n--\r\n", "text/plain"),
        file(4, "Ärger mit Öl 报告 🔥.pdf", b"%PDF-1.4\n\x00\xff", "application/pdf"),
        file(5, "all bytes (1).bin", bytes(range(256))),
        Sent(File("6"), Download("large.bin", "application/octet-stream", large.stat().st_size, path=large)),
    ]


@desks("writes", "takes_files")
@pytest.mark.parametrize("length", ["short", "long"])
async def test_files_are_kept_byte_for_byte(kind: str, length: str, tmp_path: Path) -> None:
    """Also beside a text that leaves no room in one call."""
    async with on_trial(kind) as trial:
        made, files = await drafter(trial), _files(tmp_path)
        words = "It does not work. " * (1 if length == "short" else 800)
        draft = made.draft(words, files=tuple(one.file for one in files))
        brought = await bring(trial, draft, files)
        assert not [loss for loss in brought.losses if loss.startswith("file")]
        kept = trial.kept()[brought.id]
        assert _all_files(kept) == sorted(one.named for one in files)


def _all_files(kept: KeptTicket) -> list[tuple[str, str]]:
    """Those of the ticket and of what was said on it, each once."""
    holders: Sequence[KeptTicket | KeptComment] = (kept, *kept.comments)
    return sorted(named for holder in holders for named in kept_files(holder.files))


# --- what was said


@desks("writes", "takes_comments")
async def test_comments_are_kept_in_order_and_no_more_public_than_they_were(kind: str) -> None:
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        author = made.person(made.models[0].assignee)
        sent = [file(7, "log.txt", b"told\x00"), file(8, "log.txt", b"in private")] if trial.claims.takes_files else []
        visibility = [True, False, True, False, True] if trial.claims.keeps_private else [True] * 5
        comments = tuple(
            made.comment(n, public=public, author=author, files=[one.file for one in sent[n - 1 : n]])
            for n, public in enumerate(visibility, 1)
        )
        brought = await bring(trial, made.draft(comments=comments), sent)
        kept = trial.kept()[brought.id]
        ours = {n: one for n in range(1, 6) for one in kept.comments if seen(words_of(n)) in seen(one.text)}
        assert [one.id for one in kept.comments if one in ours.values()] == [ours[n].id for n in range(1, 6)]
        for n, public in enumerate(visibility, 1):
            if public and not ours[n].public:
                assert [loss for loss in brought.losses if loss.startswith("public")], "told to fewer than before"
            else:
                assert ours[n].public == public
            shown = public or not trial.claims.shows_private_files
            assert kept_files(ours[n].files) == ([one.named for one in sent[n - 1 : n]] if shown else [])
            if trial.claims.keeps_times:
                assert ours[n].at == said_at(n).timestamp()
            if trial.claims.keeps_authors:
                assert ours[n].author == made.known.email(author)
        if trial.claims.reads:
            (ticket,) = await fetched(trial, [brought.id])
            assert isinstance(ticket, Ticket)
            read = {comment.id: comment.public for comment in ticket.comments}
            assert {one.id: read[one.id] for one in ours.values()} == {one.id: one.public for one in ours.values()}


# --- status, and what hangs on a ticket


@desks("writes", "keeps_status")
@pytest.mark.parametrize("meaning", list(StatusClass))
async def test_a_ticket_ends_in_its_status(kind: str, meaning: StatusClass) -> None:
    """With what was said before it: words after the end may open a ticket again."""
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        status = made.status(meaning)
        assert status is not None, f"no status that means {meaning}"
        said = (made.comment(1, public=True),) if trial.claims.takes_comments else ()
        brought = await bring(trial, with_fields(made.draft(comments=said), status=status))
        kept = trial.kept()[brought.id]
        assert _meaning(made.known, kept.values["status"]) == meaning
        assert [one for one in kept.comments if seen(words_of(1)) in seen(one.text)] or not said


@desks("writes", "takes_tags")
async def test_tags_are_kept(kind: str) -> None:
    async with on_trial(kind) as trial:
        brought = await bring(trial, (await drafter(trial)).draft(tags=("vpn", "größer")))
        assert {"vpn", "größer"} <= set(trial.kept()[brought.id].tags)


@desks("writes", "takes_cc")
async def test_people_who_are_told_are_kept(kind: str) -> None:
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        emails = [one.requester for one in made.models][:2]
        brought = await bring(trial, made.draft(cc=tuple(dict.fromkeys(made.person(one) for one in emails))))
        assert set(trial.kept()[brought.id].cc) == {made.known.email(made.person(one)) for one in emails}


@desks("writes", "takes_custom")
async def test_additional_fields_are_kept(kind: str) -> None:
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        model = max(made.models, key=lambda one: len(made.custom(one)))
        wanted = made.custom(model)
        assert wanted, "no ticket of the desk holds an additional field that is listed"
        custom = {id: value for id, (_, value) in wanted.items()}
        brought = await bring(trial, made.draft(fields=made.fields(model), custom=custom))
        kept = trial.kept()[brought.id].custom
        assert {name: kept.get(name) for name, _ in wanted.values()} == {n: model.custom[n] for n, _ in wanted.values()}


@desks("writes", "takes_times")
async def test_work_is_kept(kind: str) -> None:
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        author = made.person(made.models[0].assignee)
        work = (TimeEntry("1", author, SAID, 1500, "Swapped it"), TimeEntry("2", author, SAID, 60))
        brought = await bring(trial, made.draft(times=work))
        wanted = [(made.known.email(author), SAID.timestamp(), one.seconds) for one in work]
        kept = trial.kept()[brought.id].times
        assert [(one.author, one.at, one.seconds) for one in kept] == wanted
        # Behind the note there may be a marker, by which it is found again.
        assert all(there.note.startswith(one.note) for there, one in zip(kept, work, strict=True))
        if trial.claims.reads:
            (ticket,) = await fetched(trial, [brought.id])
            assert isinstance(ticket, Ticket)
            assert [(one.author, one.at, one.seconds) for one in ticket.times] == [
                (one.author, one.at, one.seconds) for one in work
            ]


@desks("writes", "keeps_rating")
async def test_a_rating_is_kept(kind: str) -> None:
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        closed = made.status(StatusClass.CLOSED)
        assert closed is not None
        brought = await bring(trial, with_fields(made.draft(rating=Rating(4)), status=closed))
        assert trial.kept()[brought.id].rating == (4, 5)
        if trial.claims.reads:
            (ticket,) = await fetched(trial, [brought.id])
            assert isinstance(ticket, Ticket)
            assert ticket.rating is not None
            assert (ticket.rating.score, ticket.rating.most) == (4, 5)


@desks("writes", "keeps_links")
async def test_links_are_kept_by_the_ids_of_the_source(kind: str) -> None:
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        brought = await bring(
            trial, made.draft(links=(TicketLink(TicketId("77"), "child"), TicketLink(TicketId("78"))))
        )
        assert trial.kept()[brought.id].links == ("77", "78")


@desks("writes", "takes_links")
async def test_links_between_two_tickets_are_kept(kind: str) -> None:
    """Once, also when the answer was lost."""
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        assert isinstance(trial.desk, TakesLinks)
        one, other = [(await bring(trial, made.draft())).id for _ in range(2)]
        link = TicketLink(other)
        assert not await trial.desk.linked(one, link)
        with pytest.raises(InDoubt):
            await trial.desk.link(one, link, lambda: trial.fail(first=["cut_after"]))
        assert await trial.desk.linked(one, link)
        await trial.desk.link(one, link, no_fence)
        assert trial.kept()[one].links == (other,)


@desks("writes", "takes_people")
async def test_somebody_who_asks_for_help_is_made_once(kind: str) -> None:
    """Found by their address then, whatever its case, also when the answer was lost; and may have a ticket."""
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        assert isinstance(trial.desk, TakesPeople)
        someone = LookupValue("person", "7", "Ínes Nueva", email="Ines.Nueva@acme.example")
        if promises(kind).anybody:
            await _anybody_may_ask(trial, made, someone)
            return
        assert await trial.desk.known(someone.email or "") is None
        assert await trial.desk.known("eva@acme.example.org") is None, "a part of an address is another one"
        with pytest.raises(InDoubt):
            await trial.desk.invite(someone, lambda: trial.fail(first=["cut_after"]))
        id = await trial.desk.known("ines.nueva@ACME.example")
        assert id is not None
        brought = await bring(trial, with_fields(made.draft(), requester=id))
        assert trial.kept()[brought.id].requester == "ines.nueva@acme.example"
        for refusal in (401, 403, 422, 500):
            trial.fail(before=1.0, refusal=refusal)
            with pytest.raises(SyncerError):
                await trial.desk.known("nobody.yet@acme.example")


async def _anybody_may_ask(trial: Trial, made: Drafter, someone: LookupValue) -> None:
    """Whoever has an address is known by it, and nobody is made; without one nobody is."""
    people = {one.id for one in made.known.values if one.kind == "person"}
    id = await trial.desk.known(someone.email or "")
    assert id is not None
    assert id not in people
    brought = await bring(trial, with_fields(made.draft(), requester=id))
    assert trial.kept()[brought.id].requester == "ines.nueva@acme.example"
    for word in ("", "Ínes", "ínes@acme.example", "ines nueva@acme.example", "ines@acme"):
        assert await trial.desk.known(word) is None
        with pytest.raises(Rejected):
            await trial.desk.invite(replace(someone, email=word), no_fence)


@desks("writes", "adopts_lists")
async def test_lists_of_the_source_become_its_own(kind: str) -> None:
    async with on_trial(kind) as trial:
        made = await drafter(trial)
        assert isinstance(trial.desk, TakesLists)
        theirs = [
            LookupValue("status", "st-77", "Half done", status_class=StatusClass.PENDING),
            LookupValue("category", "c-77", "Lamps", path=("Furniture", "Lamps")),
            LookupValue("person", "p-77", "Nora Neu", email="nora.neu@acme.example"),
        ]

        async def told() -> AsyncIterator[LookupValue]:
            for value in theirs:
                yield value

        await trial.desk.adopt(told())
        values = [value async for value in trial.target.lookups()]
        assert all(value in values for value in theirs)
        brought = await bring(trial, with_fields(made.draft(), status="st-77", category="c-77", requester="p-77"))
        kept = trial.kept()[brought.id]
        assert (kept.values["status"], kept.values["category"]) == ("Half done", "Furniture / Lamps")
        assert kept.requester == "nora.neu@acme.example"


# --- who may write


@desks("writes")
async def test_who_may_not_write_any_more_writes_nothing(kind: str) -> None:
    def fenced() -> None:
        raise LeaseLost("somebody else is the writer now")

    async with on_trial(kind) as trial:
        made = await drafter(trial)
        said = (made.comment(1, public=True),) if trial.claims.takes_comments else ()
        draft = made.draft(fields=made.fields(made.models[0]), comments=said)
        before = trial.kept()
        with pytest.raises(LeaseLost):
            await create(trial, draft, {}, fenced)
        assert trial.kept() == before
        id = (await create(trial, draft, {})).id
        for step in steps_of(trial, draft):
            before, fence = trial.kept(), Counted()
            try:
                await take(trial, id, draft, step, {}, fence.shut)
            except LeaseLost:
                assert fence.times == 1
            else:
                assert fence.times == 0, "it went on behind a closed fence"
            assert trial.kept() == before
            await take(trial, id, draft, step, {})


@desks("writes")
async def test_a_change_of_an_older_version_is_refused(kind: str) -> None:
    """Where changes name the version they are of: the same one a second time is of a version that is past."""
    async with on_trial(kind) as trial:
        seen_on_its_way = Conditional(trial)
        made = await drafter(trial)
        said = (made.comment(1, public=True),) if trial.claims.takes_comments else ()
        draft = made.draft(fields=made.fields(made.models[0]), comments=said)
        closed = made.status(StatusClass.CLOSED)
        await bring(trial, with_fields(draft, status=closed) if closed and trial.claims.keeps_status else draft)
        assert (seen_on_its_way.last is not None) == promises(kind).conditional
        if promises(kind).conditional:
            assert await seen_on_its_way.again() >= 400


class Counted:
    """A fence that is asked, and counts."""

    def __init__(self) -> None:
        self.times = 0

    def shut(self) -> None:
        """Nobody may pass."""
        self.times += 1
        raise LeaseLost("somebody else is the writer now")


class Conditional:
    """Remembers the last change that named a version and was taken."""

    def __init__(self, trial: Trial) -> None:
        self.last: tuple[str, str, dict[str, str], bytes] | None = None
        self._trial = trial
        self._before, trial.through = trial.through, self.take

    async def take(self, request: web.Request, answer: Answer) -> web.StreamResponse:
        body = await request.read()
        response = await self._before(request, answer)
        if response.status < 300 and is_versioned(request.headers, body):
            headers = {k: v for k, v in request.headers.items() if k.lower() not in {"host", "content-length"}}
            self.last = (request.method, request.path_qs, headers, body)
        return response

    async def again(self) -> int:
        """The same once more: the status it is answered with."""
        assert self.last is not None
        method, path, headers, body = self.last
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self._trial.url + path, headers=headers, data=body) as response,
        ):
            return response.status
