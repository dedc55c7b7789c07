"""A request of ServiceOps that is there, changed: what a server does not do, or does besides, is seen and told."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest
from msgspec.structs import replace

from syncer.deskkit.contract import Download
from syncer.desks.motadata.emulator import MotadataEmulator
from syncer.errors import Rejected
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId
from syncer.model.ticket import File
from tests.desks.test_motadata_desk import UPLOAD, desk, draft, emulator, loaded

LOST = "value_not_kept"
FIELD = "External Id"


def no_fence() -> None:
    """We are the writer."""


async def changed(
    held: MotadataEmulator, old: Draft, new: Draft, names: Collection[str], **settings: Any
) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The losses, and the request then."""
    async with desk(held, **settings) as ops:
        id, _ = await loaded(ops, old)
        losses = (await ops.change(TicketId(id), new, names, no_fence)).losses
    return losses, held.state()["requests"][id]


def custom(held: MotadataEmulator, there: dict[str, Any]) -> dict[str, Any]:
    """Custom fields by their labels."""
    return {held.tables.fields[int(id)].label: value for id, value in there["custom"].items()}


async def test_what_differs_by_its_spelling_only_is_left_alone() -> None:
    held = emulator(20)
    old = draft(held)
    async with desk(held) as ops:
        id, _ = await loaded(ops, old)
        held.carrier.log.clear()
        names = ["title", "tags", "cc", "requester", *old.fields]
        assert (await ops.change(TicketId(id), old, names, no_fence)).losses == ()
    assert not [one for one in held.carrier.log if one.method == "PATCH"]


@pytest.mark.parametrize("switches", [{}, {"custom_patch": "replace"}], ids=str)
async def test_other_custom_fields_stay_whatever_a_change_does_to_them(switches: dict[str, Any]) -> None:
    held = emulator(20, **switches)
    old = replace(draft(held), custom={"Affected users": 3.0, "Channels": ("Mail",)})
    async with desk(held, marker_field=FIELD) as ops:
        id, _ = await loaded(ops, old)
        calls = []
        for number in (4.0, 5.0):
            held.carrier.log.clear()
            new = replace(old, custom={"Affected users": number})
            assert (await ops.change(TicketId(id), new, ["custom.Affected users"], no_fence)).losses == ()
            there = custom(held, held.state()["requests"][id])
            assert there == {"Affected users": number, "Channels": ["Mail"], FIELD: old.key}
            calls.append(sum(one.method == "PATCH" for one in held.carrier.log))
    assert calls[1] == 1, "a server that empties them is known from then on"


async def test_texts_and_choices_are_emptied_and_numbers_stay() -> None:
    held = emulator(20)
    old = replace(draft(held), custom={"Affected users": 3.0, "Channels": ("Mail",), FIELD: "zd:1"})
    names = [f"custom.{label}" for label in old.custom]
    losses, there = await changed(held, old, replace(old, custom={}), names)
    assert losses == (LOST,)
    assert custom(held, there) == {"Affected users": 3.0, "Channels": []}


async def test_what_is_named_and_empty_stays_and_is_told() -> None:
    held = emulator(20)
    old = draft(held)
    bare = replace(old, fields={"requester": old.fields["requester"]})
    names = ["priority", "category", "assignee", "status", "created_at"]
    losses, there = await changed(held, old, bare, names)
    assert losses == (LOST,) * 5
    assert there["assignee"]


async def test_who_asks_and_by_what_way_are_of_the_create_alone() -> None:
    held = emulator(20)
    old = draft(held)
    new = replace(old, fields=old.fields | {"requester": "somebody.else@acme.example", "source": "External"})
    old = replace(old, fields={name: value for name, value in old.fields.items() if name in {"requester", "source"}})
    losses, there = await changed(held, old, new, ["requester", "source"])
    assert losses == (LOST, LOST)
    assert not [one for one in held.carrier.log if one.method == "PATCH"]
    assert held.tables.email_of(there["requester"]).lower() == old.fields["requester"]


@pytest.mark.parametrize(
    "switches",
    [{"ignored_keys": frozenset({"priorityName"})}, {"ignored_keys": frozenset({"description"})},
     {"ignored_keys": frozenset({"tags"})}, {"ignored_keys": frozenset({"customField"})}, {"list_patch": "merge"}],
    ids=str,
)  # fmt: skip
async def test_a_change_that_was_taken_and_not_kept_is_told(switches: dict[str, Any]) -> None:
    held = emulator(20)
    old = replace(draft(held), tags=("old",))
    new = replace(
        old, body="<p>Other words</p>", fields=old.fields | {"priority": "Urgent"}, tags=("new",),
        custom={"Affected users": 9.0},
    )  # fmt: skip
    async with desk(held) as ops:
        id, _ = await loaded(ops, old)
        for name, value in switches.items():
            setattr(held.switches, name, value)
        names = ["body", "priority", "tags", "custom.Affected users"]
        assert (await ops.change(TicketId(id), new, names, no_fence)).losses == (LOST,)


async def test_one_name_that_is_refused_keeps_no_other_from_its_change() -> None:
    held = emulator(20)
    old = draft(held)
    new = replace(old, title="New [IG-7]", fields=old.fields | {"location": "Nowhere"})
    losses, there = await changed(held, old, new, ["title", "location"])
    assert (losses, there["subject"]) == ((LOST,), "New [IG-7]")
    with pytest.raises(Rejected):
        await changed(held, old, new, ["location"])
    new = replace(new, fields=new.fields | {"category": "Nothing"})
    with pytest.raises(Rejected):
        await changed(held, old, new, ["location", "category"])


async def test_somebody_who_is_refused_leaves_the_group_as_it_is_drafted() -> None:
    held = emulator(20, group_key="technicianGroup")
    old = draft(held)
    group = list(held.tables.lookups["group"].values())[-1]
    new = replace(old, fields=old.fields | {"assignee": "nobody@acme.example", "group": group})
    losses, there = await changed(held, old, new, ["assignee", "group"], group_key="technicianGroup")
    assert (losses, there["group"]) == ((LOST,), group)


@pytest.mark.parametrize("ignored", [frozenset(), frozenset({"tags"})], ids=["tag", "line"])
async def test_a_request_is_found_by_its_marker_after_every_change(ignored: frozenset[str]) -> None:
    held = emulator(20, ignored_keys=ignored)
    old, first = draft(held, comments=()), replace(draft(held), key=Key("IG-6"), title="First [IG-6]", comments=())
    new = replace(old, title="No marker here", body="<p>New words</p>", tags=("new",))
    async with desk(held) as ops:
        await loaded(ops, first)  # by which it learns where a marker is kept
        id, _ = await loaded(ops, old)
        await ops.change(TicketId(id), new, ["title", "body", "tags"], no_fence)
        assert await ops.find([old.key], None) == {old.key: id}


async def test_a_marker_stays_where_it_was_when_another_place_is_set_for_it() -> None:
    held = emulator(20)
    old = draft(held, comments=())
    async with desk(held) as ops:
        id, _ = await loaded(ops, old)
    async with desk(held, marker_field=FIELD) as ops:
        await ops.change(TicketId(id), replace(old, title="No marker", tags=("new",)), ["title", "tags"], no_fence)
        assert await ops.find([old.key], None) == {old.key: id}


async def test_lines_that_tell_which_files_are_not_there_outlast_the_text() -> None:
    held = emulator(20)
    file = Download("a&b.txt", "text/plain", 5, content=b"lines")
    old = replace(draft(held, comments=()), files=(File("f"),))
    async with desk(held) as ops:
        id, _ = await loaded(ops, old, (file,))
        for _ in range(2):
            await ops.change(TicketId(id), replace(old, body="<p>Other words</p>"), ["body"], no_fence)
    text = held.state()["requests"][id]["description"]
    assert text.count("[File a&amp;b.txt (5 bytes) was not brought over.]") == 1
    assert text.startswith("<p>Other words</p>")


@pytest.mark.parametrize("wants_subject", [False, True])
async def test_what_a_draft_takes_is_known_before(wants_subject: bool) -> None:
    held = emulator(20, upload_path=UPLOAD, patch_requires_subject=wants_subject)
    said = CommentDraft("1", Key("IG-7-c1"), None, "<p>Ada:</p>see", False, (File("f", "a.txt", 5),))
    big = File("g", "b.bin", 6_000_000)
    file, large = Download("a.txt", "text/plain", 5, content=b"lines"), Download("b.bin", "x/y", 6_000_000, content=b"")
    one = draft(held, comments=(said,), files=(big,))
    one = replace(one, fields=one.fields | {"status": "Closed"})
    async with desk(held, attachment_upload_path=UPLOAD) as ops:
        for number in range(2):
            again = replace(one, key=Key(f"IG-{number}"), title=f"It burns [IG-{number}]")
            held.carrier.log.clear()
            written = await ops.create(again, [large])
            for step in ops.steps(again):
                await ops.step(written.id, again, step, [file] if step.comment else [], no_fence)
        assert len(held.carrier.log) == ops.calls(again)


async def test_a_file_tells_its_name() -> None:
    held = emulator(60)
    async with desk(held) as ops:
        found = [await ops.fetch([TicketId(id)]) for id in map(str, held.tables.requests)]
    files = [file for (ticket,) in found for file in ticket.files]  # type: ignore[union-attr]
    assert files
    assert all(file.id.endswith(f"/{file.name}") and file.name for file in files)
