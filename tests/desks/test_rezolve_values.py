"""Custom fields, tags and watchers of Rezolve.ai over real HTTP, both ways; and what its emulator tells of itself."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from syncer.desks.rezolve import SPEC, custom_values, known, reading, ticket_types, wire, wire_out
from syncer.desks.rezolve.config import RezolveConfig
from syncer.desks.rezolve.desk import Rezolve
from syncer.desks.rezolve.emulator import RezolveEmulator, Switches
from syncer.desks.rezolve.ticket_types import FieldType
from syncer.errors import Rejected
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId
from syncer.model.lookups import FieldForm
from syncer.model.ticket import CustomValue, Ticket
from syncer.sandbox.seed import generate
from syncer.sandbox.up import emptied
from tests.desks.serving import opened
from tests.desks.test_rezolve_desk import INCIDENT, WORLD, desk, draft, made, target, uuids
from tests.unit.test_rezolve_wire import ASKER, BODY, MARK, PRIORITY, RECORD, STATE, TYPE, body_of, config, lists

REQUEST = "17021"
LIST_FIELD = next(label for label, options in WORLD.custom.items() if options)
TEXT_FIELD = next(label for label, options in WORLD.custom.items() if not options)
MOMENT = datetime(2026, 2, 3, 9, 10, 11, 120_000, UTC)


async def only(rz: Rezolve, id: str) -> Ticket:
    (ticket,) = await rz.fetch([TicketId(id)])
    assert isinstance(ticket, Ticket)
    return ticket


# --- forms --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "more", "form"),
    [
        ("text", {}, "text"), ("rich text", {}, "text"), ("e-mail", {}, "text"), ("media", {}, "text"),
        ("number", {}, "number"), ("checkbox", {}, "bool"), ("boolean", {}, "bool"), ("date", {}, "date"),
        ("datetime", {}, "datetime"), ("dropdown", {"options": [{"value": "a", "label": "A"}]}, "choice"),
        ("multiselect", {"options": [{"value": "a", "label": "A"}]}, "choices"), ("multiselect", {}, "text"),
        ("checkbox", {"options": [{"value": "a", "label": "A"}]}, "choices"), ("user", {}, "person"),
        ("dropdown", {"dataSource": "users"}, "person"), ("multiselect", {"dataSource": "users"}, "people"),
    ],
    ids=str,
)  # fmt: skip
def test_each_kind_of_field_has_its_form(kind: str, more: dict[str, Any], form: FieldForm) -> None:
    row = {**TYPE, "fields": [{"id": "f", "name": "f", "label": "F", "type": kind, **more}]}
    assert lists(row).index["custom_field", "f"].form == form


def field(kind: str, **more: Any) -> FieldType:
    return FieldType("f", "f", "F", kind, False, **more)


OPTIONS = (("a", "Alpha"), ("b", "Beta"))


@pytest.mark.parametrize(
    ("one", "value", "read", "told"),
    [
        (field("text"), "x, y", "x, y", "x, y"),
        (field("number"), 2.5, 2.5, 2.5),
        (field("number"), "2", 2, 2),
        (field("number"), "many", "many", "many"),
        (field("checkbox"), False, False, False),
        (field("checkbox"), "true", True, True),
        (field("date"), "2026-02-03T00:00:00.000Z", date(2026, 2, 3), "2026-02-03T00:00:00.000Z"),
        (field("datetime"), "2026-02-03T09:10:11.120Z", MOMENT, "2026-02-03T09:10:11.120Z"),
        (field("date"), "soon", "soon", "soon"),
        (field("multiselect"), ["x", "y, z"], ("x", "y, z"), ["x", "y, z"]),
        (field("user", people=True), "ada@EXAMPLE.org", "u1", "Ada@example.org"),
        (field("user", people=True), "gone@example.org", "gone@example.org", "gone@example.org"),
        (field("multiselect", people=True), ["ada", {"email": "eve@x.org"}], ("u1", "eve@x.org"),
         ["Ada@example.org", "eve@x.org"]),
        (field("dropdown", options=OPTIONS), "b", ("Beta",), "b"),
        (field("dropdown", options=OPTIONS), "BETA", ("Beta",), "b"),
        (field("multiselect", options=OPTIONS), ["b", "a"], ("Beta", "Alpha"), ["b", "a"]),
    ],
    ids=str,
)  # fmt: skip
def test_values_are_read_by_their_form_and_told_back(one: FieldType, value: Any, read: CustomValue, told: Any) -> None:
    found = custom_values.read(value, one, lists())
    assert (found, type(found)) == (read, type(read))
    assert found is not None
    back = custom_values.told(found, one, lists(), "email")
    assert (back, type(back)) == (told, type(told))


@pytest.mark.parametrize("value", [None, "", [], {}], ids=str)
def test_an_empty_field_is_absent(value: Any) -> None:
    for one in (None, field("text"), field("date"), field("dropdown", options=OPTIONS), field("user", people=True)):
        assert custom_values.read(value, one, lists()) is None


# --- reading ------------------------------------------------------------------------------------------


async def test_custom_fields_arrive_with_their_types_and_watchers_and_tags_besides() -> None:
    emulator = RezolveEmulator(WORLD)
    id = next(id for id, one in emulator.tables.tickets.items() if one.type_id == INCIDENT)
    ids = uuids(emulator)
    edits: dict[str, Any] = {"Due Date": "2026-03-01T00:00:00.000Z", "Effort": 2.5, "Escalated": True,
                                  "Original Created": "2026-02-03T09:10:11.120Z", "Tags": ["a", "b c"],
                                  LIST_FIELD: WORLD.custom[LIST_FIELD][0], TEXT_FIELD: "0042"}  # fmt: skip
    emulator.steering.edit(id, **edits)
    people = [one for one in emulator.tables.people.values() if one.email and not one.deleted][:3]
    emulator.tables.tickets[id].cc = [people[0].email.upper(), people[1].username, "stranger@example.net"]
    emulator.tables.tickets[id].to = [people[1].username, people[2].username]
    async with desk(emulator) as rz:
        ticket = await only(rz, id)
        stranger = await rz.person("stranger@example.net")
    held = {label: ticket.custom.get(uuid) for label, uuid in ids.items()}
    assert (held["Due Date"], held["Effort"], held["Escalated"]) == (date(2026, 3, 1), 2.5, True)
    assert held["Original Created"] == MOMENT
    assert (held[LIST_FIELD], held[TEXT_FIELD]) == ((WORLD.custom[LIST_FIELD][0],), "0042")
    assert (ticket.tags, held["Tags"]) == (("a", "b c"), None)
    assert ticket.cc == (people[0].id, people[1].id, "stranger@example.net", people[2].id)
    assert stranger is not None
    assert stranger.email == "stranger@example.net"


def test_a_status_field_that_is_configured_is_no_custom_field() -> None:
    row = wire.record({**RECORD, "data": {**RECORD["data"], STATE: "Open"}}, "get")
    assert STATE in reading.ticket(row, lists(), config(), ()).custom
    own = {"team": "it", "offer": "1", "status_field_id": STATE.upper()}
    assert STATE not in reading.ticket(row, lists(), config(types={"17020": own}), ()).custom


# --- writing ------------------------------------------------------------------------------------------


async def option(rz: Rezolve, field_id: str, name: str) -> str:
    found = [v.id async for v in rz.lookups() if (v.kind, v.parent, v.name) == ("custom_option", field_id, name)]
    assert len(found) == 1
    return found[0]


async def test_custom_fields_are_written_by_their_ids_and_read_back() -> None:
    emulator = RezolveEmulator(emptied(WORLD))
    ids, name = uuids(emulator), WORLD.custom[LIST_FIELD][-1]
    async with desk(emulator, **target(emulator)) as rz:
        assert rz.capabilities.takes_custom
        custom: dict[str, CustomValue] = {
            ids["Due Date"]: date(2026, 3, 1), ids["Original Created"]: MOMENT, ids["Effort"]: 2.5,
            ids["Escalated"]: False, ids[TEXT_FIELD]: "0042", ids[LIST_FIELD]: await option(rz, ids[LIST_FIELD], name),
        }  # fmt: skip
        await rz.admit()
        written = await rz.create(draft(custom=custom), [])
        ticket = await only(rz, written.id)
    assert written.losses == ()
    assert {id: ticket.custom[id] for id in custom} == custom | {ids[LIST_FIELD]: (name,)}


async def test_a_field_of_another_type_is_the_one_that_is_called_so_here() -> None:
    emulator = RezolveEmulator(emptied(WORLD))
    mine, theirs = uuids(emulator), uuids(emulator, REQUEST)
    assert mine[LIST_FIELD] != theirs[LIST_FIELD]
    async with desk(emulator, **target(emulator)) as rz:
        custom: dict[str, CustomValue] = {
            theirs[LIST_FIELD]: await option(rz, theirs[LIST_FIELD], WORLD.custom[LIST_FIELD][0]), "no-such": "x",
        }  # fmt: skip
        await rz.admit()
        written = await rz.create(draft(custom=custom), [])
        ticket = await only(rz, written.id)
    assert ticket.custom[mine[LIST_FIELD]] == (WORLD.custom[LIST_FIELD][0],)
    assert written.losses == ("field_missing",)


def test_a_choice_that_is_not_there_is_told_with_those_there_are() -> None:
    with pytest.raises(Rejected, match="Priority has no option 'Gigantic'; it has High, Normal"):
        body_of(config(), replace(drafted(), custom={PRIORITY: "Gigantic"}))


def drafted() -> Draft:
    return replace(draft(), fields={})


def test_what_syncer_writes_itself_no_mapping_writes_over() -> None:
    own = {"team": "it", "offer": "1", "external_id_field_id": MARK, "fields": {"marker": MARK}}
    made = replace(drafted(), custom={MARK.upper(): "theirs", BODY: "theirs"}, fields={"marker": "theirs"})
    body, losses = body_of(config(types={"17020": own}), made)
    assert (body["ticketBody"][MARK], body["ticketBody"][BODY]) == ("IG-1", made.body)
    assert losses == ("field_missing",)


async def test_tags_are_written_where_settings_name_their_field() -> None:
    emulator = RezolveEmulator(emptied(WORLD))
    async with desk(emulator, **target(emulator)) as rz:
        assert not rz.capabilities.takes_tags
    async with desk(emulator, **target(emulator, fields={"tags": uuids(emulator)["Tags"]})) as rz:
        assert (rz.capabilities.takes_tags, "tags" in rz.capabilities.fields) == (True, False)
        ticket = await only(rz, await made(rz, draft(tags=("vpn", "a, b"))))
    assert ticket.tags == ("vpn", "a, b")


def test_a_tag_that_is_no_option_is_counted() -> None:
    kinds = {**TYPE, "fields": [*TYPE["fields"], {"id": "t", "name": "tags", "type": "multiselect",  # type: ignore[misc]
                                                  "options": [{"value": "v", "label": "VPN"}]}]}  # fmt: skip
    way = wire_out.Way(config().types["17020"], lists(kinds).types["17020"])
    body, losses = wire_out.new_ticket(replace(drafted(), tags=("vpn", "lan")), (), way, lists(kinds), config())
    assert (body["ticketBody"]["t"], losses) == (["v"], ("tag_not_taken",))


WATCHED = {"write_watchers": True}


@pytest.mark.parametrize(
    ("switches", "kept", "losses"),
    [({"watchers_writable": True}, 2, ()), ({"unknown_field": "drop"}, 0, ("value_not_kept",) * 2)],
    ids=str,
)
async def test_watchers_are_sent_where_settings_say_so_and_looked_for(
    switches: dict[str, Any], kept: int, losses: tuple[str, ...]
) -> None:
    emulator = RezolveEmulator(emptied(WORLD), switches=Switches(**switches))
    people = [one for one in emulator.tables.people.values() if one.email and one.active and not one.deleted][:2]
    cc = tuple(one.id for one in people)
    async with desk(emulator, **WATCHED, **target(emulator)) as rz:
        assert rz.capabilities.takes_cc
        await rz.admit()
        written = await rz.create(draft(cc=cc), [])
        assert (await only(rz, written.id)).cc == cc[:kept]
    assert written.losses == losses
    async with desk(emulator, **target(emulator)) as rz:
        assert not rz.capabilities.takes_cc
        assert (await only(rz, await made(rz, draft(2, cc=cc)))).cc == ()


async def test_a_tenant_that_refuses_watchers_says_so_and_no_ticket_is_made() -> None:
    emulator = RezolveEmulator(emptied(WORLD))
    async with desk(emulator, **WATCHED, **target(emulator)) as rz:
        with pytest.raises(Rejected, match="ccWatchers"):
            await made(rz, draft(cc=("x@example.org",)))
    assert emulator.tables.tickets == {}


def test_a_person_of_a_custom_field_goes_as_settings_say() -> None:
    made = replace(drafted(), custom={ASKER: "u1"})
    people = {**TYPE, "fields": [*TYPE["fields"][:3], {"id": ASKER, "name": "x", "type": "user"}]}  # type: ignore[index]
    way = wire_out.Way(config().types["17020"], lists(people).types["17020"])
    for how, told in (("email", "Ada@example.org"), ("username", "ada"), ("id", "u1")):
        body, _ = wire_out.new_ticket(made, (), way, lists(people), config(people_as=how))
        assert body["ticketBody"][ASKER] == told


def test_options_of_two_fields_with_the_same_values_are_told_apart() -> None:
    twice = [{"id": id, "name": id, "label": id, "type": "dropdown", "options": [{"value": "1", "label": label}]}
             for id, label in (("x", "One"), ("y", "Uno"))]  # fmt: skip
    kind = ticket_types.ticket_type({**TYPE, "fields": twice})
    assert kind is not None
    found = known.known({kind.id: kind}, {}, {}, {}, [])
    assert {(v.id, v.name) for v in found.of("custom_option")} == {("x/1", "One"), ("y/1", "Uno")}


# --- what the emulator tells of itself ----------------------------------------------------------------


async def test_by_its_block_a_tenant_is_read_and_written_whole() -> None:
    source, there = SPEC.emulator(generate(4, 40)), SPEC.emulator(emptied(generate(4, 40)))

    def at(emulator: Any) -> Any:
        return lambda url: Rezolve(RezolveConfig.model_validate({"name": "rz", **emulator.block(url)}))

    async with opened(source, at(source)) as old:
        assert (await old.check()).findings == ()
        ids = [ref.id async for page in old.scan() for ref in page.refs]
        tickets = {one.id: one for one in await old.fetch(sorted(set(ids))) if isinstance(one, Ticket)}
    kept = {one.id: one for one in source.kept()}
    assert tickets.keys() == kept.keys()
    assert len(kept) == 40
    for id, ticket in tickets.items():
        one = kept[id]
        assert (one.title, one.body) == (" ".join(ticket.title.split()) and one.title, ticket.body)
        assert [(c.text, c.public) for c in one.comments] == [(c.body, c.public) for c in ticket.comments]
        assert one.tags == ticket.tags
    async with opened(there, at(there)) as new:
        facts = new.capabilities
        assert facts.takes_comments and facts.keeps_private and facts.keeps_status  # noqa: PT018
        assert facts.takes_cc and facts.takes_tags and facts.takes_custom and not facts.takes_files  # noqa: PT018
        await new.connect()
        (resolved,) = [v.id async for v in new.lookups() if (v.kind, v.name) == ("status", "Resolved")]
        said = CommentDraft("1", Key("IG-1-c1"), None, "<p>ours</p>", public=False)
        drafted = draft(tags=("vpn",), comments=(said,), fields={"status": resolved, "created_at": "1770109811"})
        id = TicketId(await made(new, drafted))
        for step in new.steps(drafted):
            await new.step(id, drafted, step, [], lambda: None)
    (kept_one,) = there.kept()
    assert (kept_one.id, kept_one.title, kept_one.values["status"]) == (id, "Printer 1", "Resolved")
    assert (kept_one.values["type"], kept_one.values["priority"], kept_one.tags) == ("Incident", "High", ("vpn",))
    assert [(c.public, "ours" in c.text) for c in kept_one.comments] == [(False, True)]
    assert kept_one.custom["External Id"] == ("IG-1",)
    assert kept_one.custom["Original Created"] == ("2026-02-03T09:10:11.000Z",)
    assert kept_one.custom["Resolution"] == ("Resolved before it came here.",)


def test_what_was_kept_is_told_in_words_that_every_desk_has() -> None:
    world = generate(4, 40)
    people = world.people
    people[world.tickets[0].requester].deleted = people[world.tickets[1].requester].deleted = True
    emulator = RezolveEmulator(world)

    def email(position: int) -> str | None:
        one = people[position] if position >= 0 else None
        return one.email.lower() or None if one is not None and not one.deleted else None

    for seed, one in zip(world.tickets, emulator.kept(), strict=True):
        assert (one.title, one.body, one.created) == (seed.title, seed.body, seed.created)
        assert one.requester == email(seed.requester)
        assert one.assignee == (None if seed.assignee is None else email(seed.assignee))
        top, *below = seed.category  # the tenant's list has two levels
        assert one.values["category"] == " / ".join((top, " > ".join(below)) if below else (top,))
        assert one.values["group"] == seed.queue
        assert [(c.text, c.public, c.at, c.author) for c in one.comments] == [
            (c.body, not c.private, c.at, email(c.author)) for c in seed.comments
        ]
        assert [(f.name, f.size) for f in one.files] == [(f.name, len(f.content)) for f in seed.files]
        assert one.cc == tuple(filter(None, dict.fromkeys(map(email, seed.cc))))
        assert {name: value for name, (value,) in one.custom.items() if name in seed.custom} == seed.custom
    emulator.steering.delete(next(iter(emulator.tables.tickets)))
    assert len(emulator.kept()) == 39
