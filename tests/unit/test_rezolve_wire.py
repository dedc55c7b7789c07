"""Rezolve.ai's two generations, decoded: contract sections 3 to 7. The payloads are made from the contract's tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from syncer.deskkit.contract import Download
from syncer.deskkit.reply import Reply
from syncer.desks.rezolve import calls, known, readiness, reading, ticket_types, wire, wire_out
from syncer.desks.rezolve.config import RezolveConfig
from syncer.errors import AuthFailed, ConfigError, Fatal, NotFound, Rejected, Retryable
from syncer.model.draft import Draft
from syncer.model.ids import Key, TicketId, Version
from syncer.model.lookups import StatusClass

SUBJECT, BODY, PRIORITY, ASKER, AREAS, MARK, BIRTH, STATE = (
    f"0b1f5c1e-1111-4a6a-9a01-00000000000{n}" for n in range(1, 9)
)
TYPE = {
    "id": 17020,
    "name": "Incident",
    "fields": [
        {"id": SUBJECT, "name": "summary", "label": "Summary", "type": "text", "required": True},
        {"id": BODY, "name": "description", "label": "Description", "type": "rich text", "required": True},
        {"id": PRIORITY, "name": "priority", "label": "Priority", "type": "dropdown", "required": True,
         "options": [{"value": "p1", "label": "High"}, {"value": "p2", "label": "Normal"}]},
        {"id": ASKER, "name": "requested_for", "label": "Requested For", "type": "text"},
        {"id": AREAS, "name": "areas", "label": "Areas", "type": "multiselect",
         "options": [{"value": "n", "label": "North"}, {"value": "s", "label": "South"}]},
        {"id": MARK, "name": "external_id", "label": "External Id", "type": "text"},
        {"id": BIRTH, "name": "opened", "label": "Opened", "type": "datetime"},
        {"id": STATE, "name": "status", "label": "Status", "type": "dropdown"},
    ],
    "workflow": {
        "statuses": [{"id": "s1", "name": "Open", "key": "open", "isInitial": True},
                     {"id": "s2", "name": "Work in progress", "key": "wip"}],
        "transitions": [{"from": ["s1"], "to": "s2", "requiredFields": [AREAS], "allowedRoles": ["ticket_agent"]}],
    },
}  # fmt: skip
META = {
    "data": {
        "statuses": [{"id": "11", "name": "Open", "key": "open", "category": "To-do Category"},
                     {"id": "12", "name": "Closed", "key": "closed", "isTerminal": True}],
        "priorities": [{"id": "21", "name": "High", "key": "high"}, {"id": "22", "name": "Normal", "key": "normal"}],
        "categories": [{"id": "31", "name": "Hardware", "subcategories": [{"id": "32", "name": "Printer"}]}],
        "teams": [{"id": "uuid-of-it", "name": "IT Support", "key": "it"}],
    }
}  # fmt: skip
PEOPLE = [{"id": "u1", "username": "ada", "firstName": "Ada", "lastName": "Byron", "email": "Ada@example.org"}]
RECORD: dict[str, Any] = {
    "id": "7b0c0000-0000-4000-8000-000000000001", "object_id": "REQ-2041", "etag": "a9d4", "version": 2,
    "summary": "Printer on  floor 3\noffline",
    "data": {SUBJECT: "Printer on floor 3 offline", BODY: "<p>Since this morning.</p>", PRIORITY: "p1",
             ASKER: "ada@EXAMPLE.org", AREAS: ["n", "s"], BIRTH: "", "offerId": "40112", "ccWatchers": [],
             "toWatchers": [], "submittedBy": "bot@example.org", "lastUpdatedBy": {"username": "bot@example.org"}},
    "lookup_props": {"teamId": "it", "itemTypeId": "17020"}, "status_type": "Open",
    "status_category": "To-do Category", "created_at": "2026-02-03T09:10:11.120Z",
    "updated_at": "2026-02-03T09:10:12.999Z", "id_serial": 99120, "moved_to": None, "deleted_seq": -1,
}  # fmt: skip
POINTER = {
    "id": "9", "ticketNumber": "REQ-7", "subject": "Old words", "status": "open",
    "createdAt": "2026-02-03T09:10:11Z", "updatedAt": "2026-02-03T10:10:11+01:00", "assignee": {"id": "u1"},
}  # fmt: skip


def config(**more: Any) -> RezolveConfig:
    block = {
        "name": "rz", "base_url": "https://rz.test", "realm": "acme", "tenant_id": "t",
        "auth": {"kind": "api_key", "key": "ak_test_secret"},
        "types": {"17020": {"team": "it", "offer": "40112"}}, **more,
    }  # fmt: skip
    return RezolveConfig.model_validate(block)


def lists(row: Any = TYPE) -> known.Known:
    kind = ticket_types.ticket_type(row)
    assert kind is not None
    return known.known({kind.id: kind}, META, {"data": {"offers": [{"id": "40112", "name": "Fix"}]}}, {}, PEOPLE)


def way(settings: RezolveConfig) -> wire_out.Way:
    return wire_out.Way(settings.types["17020"], lists().types["17020"])


def draft(**fields: str) -> Draft:
    return Draft(
        source_id=TicketId("812"), version=Version("1"), key=Key("IG-812"), title="Printer is down [IG-812]",
        body="<p>It is.</p>", fields=fields,
    )  # fmt: skip


def body_of(settings: RezolveConfig, made: Draft, *files: Download) -> tuple[dict[str, Any], tuple[str, ...]]:
    return wire_out.new_ticket(made, files, way(settings), lists(), settings)


def reply(status: int, value: Any, **headers: str) -> Reply:
    return Reply(status, headers, value if isinstance(value, bytes) else msgspec.json.encode(value))


# --- reading ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [RECORD, {"ticket": RECORD}, {"success": True, "data": RECORD}, {"data": {"ticket": RECORD}}],
    ids=["root", "ticket", "data", "data.ticket"],
)
def test_a_ticket_is_found_wherever_the_answer_has_it(answer: Any) -> None:
    row = wire.ticket(answer, "get")
    assert (row.id, row.etag, row.type, row.team, row.status, row.serial) == (
        "REQ-2041", "a9d4", "17020", "it", "Open", 99120
    )  # fmt: skip
    assert row.created == datetime(2026, 2, 3, 9, 10, 11, 120_000, UTC)


@pytest.mark.parametrize("answer", [{}, [], {"data": {"id": "1"}}, {"ticket": {"object_id": "A-1"}}], ids=str)
def test_an_answer_without_a_ticket_is_a_broken_contract(answer: Any) -> None:
    with pytest.raises(Fatal):
        wire.ticket(answer, "get")


def test_a_row_of_the_first_generation_is_a_pointer() -> None:
    row = wire.record(POINTER, "list")
    assert (row.id, row.summary, row.status, row.etag, row.data) == ("REQ-7", "Old words", "open", None, None)
    assert row.updated == datetime(2026, 2, 3, 9, 10, 11, tzinfo=UTC)


def test_moved_and_deleted_are_told() -> None:
    row = wire.record({**RECORD, "moved_to": "INC-3", "deleted_seq": 4}, "list")
    assert (row.moved_to, row.away, row.deleted) == ("INC-3", True, True)
    row = wire.record(RECORD, "list")
    assert (row.moved_to, row.away, row.deleted) == (None, False, False)


@pytest.mark.parametrize("itself", [RECORD["object_id"], RECORD["id"]])
def test_a_ticket_that_was_moved_here_is_not_away(itself: str) -> None:
    row = wire.record({**RECORD, "moved_to": itself}, "list")
    assert (row.moved_to, row.away) == (itself, False)


@pytest.mark.parametrize(
    "answer",
    [{"data": {"tickets": [POINTER]}}, {"data": {"rows": [POINTER], "count": 1}}, {"data": {"value": [POINTER]}},
     {"tickets": [POINTER]}],
)  # fmt: skip
def test_rows_lie_in_one_of_four_places(answer: Any) -> None:
    assert wire.list_rows(answer) == [POINTER]


def test_a_template_of_the_catalogue_is_no_ticket() -> None:
    assert wire.is_ticket(RECORD)
    assert wire.is_ticket(POINTER)
    assert not wire.is_ticket({"id": "tpl_1", "name": "Laptop", "status": "active", "formFields": []})
    assert not wire.is_ticket({"object_id": "REQ-1", "status": "active", "formFields": []})
    assert wire.list_rows({"data": {}}) is None


def test_a_ticket_is_read_by_the_fields_of_its_type() -> None:
    ticket = reading.ticket(wire.record(RECORD, "get"), lists(), config(), ())
    assert (ticket.id, ticket.title, ticket.body, ticket.html) == (
        "REQ-2041", "Printer on floor 3 offline", "<p>Since this morning.</p>", True
    )  # fmt: skip
    assert ticket.values == {"status": "11", "type": "17020", "group": "it", "offer": "40112", "priority": "21"}
    assert (ticket.requester, ticket.creator) == ("u1", "bot@example.org")
    assert ticket.custom == {AREAS: ("North", "South")}
    assert ticket.version == "a9d4"


def test_what_a_type_of_its_own_calls_otherwise_is_configured() -> None:
    own = {"team": "it", "offer": "1", "fields": {"description": AREAS.upper(), "priority": MARK}}
    row = wire.record({**RECORD, "data": {AREAS: "a\nb", MARK: "normal"}}, "get")
    ticket = reading.ticket(row, lists(), config(types={"17020": own}), ())
    assert (ticket.body, ticket.html, ticket.values["priority"]) == ("a\nb", False, "22")


def test_a_ticket_of_an_unknown_type_keeps_all_it_has() -> None:
    row = wire.record({**RECORD, "lookup_props": {}}, "get")
    ticket = reading.ticket(row, lists(), config(), ())
    assert ticket.custom[BODY] == "<p>Since this morning.</p>"
    with pytest.raises(Rejected):
        reading.ticket(wire.record(POINTER, "get"), lists(), config(), ())


def test_lists_tell_classes_paths_and_people() -> None:
    values = {(one.kind, one.id): one for one in lists().index.values()}
    assert values["status", "11"].status_class == StatusClass.OPEN
    assert values["status", "12"].status_class == StatusClass.CLOSED
    assert values["status", "Work in progress"].status_class == StatusClass.OPEN
    assert values["category", "32"].path == ("Hardware", "Printer")
    assert values["group", "it"].name == "IT Support"
    assert values["person", "u1"].name == "Ada Byron"
    assert values["custom_option", f"{PRIORITY}/p1"].path == ("Priority", "High")
    assert (values["custom_option", f"{PRIORITY}/p1"].parent, values["custom_field", PRIORITY].form) == (
        PRIORITY, "choice"
    )  # fmt: skip
    assert {kind for kind, _ in values} >= {"type", "offer", "custom_field"}


def test_times_are_iso_with_milliseconds() -> None:
    at = wire.moment("2026-02-03T09:10:12.999999Z")
    assert at is not None
    assert wire.stamp(at) == "2026-02-03T09:10:12.999Z"
    assert [wire.moment(value) for value in ("", None, "soon", 5)] == [None] * 4


# --- what went wrong ----------------------------------------------------------------------------------

HANDLER = {
    "error": True, "code": "INPUT_VALIDATION_FAILURE", "message": "no", "status": 400,
    "validationResult": {"result": False, "reason": {AREAS.upper(): ["is required"], "9-9": ["is odd"]}},
}  # fmt: skip


def test_four_shapes_of_errors() -> None:
    handler = wire.problem(reply(400, HANDLER))
    assert wire.in_words(handler, lists().types["17020"].labels()) == (
        "INPUT_VALIDATION_FAILURE; no; Areas: is required; field 9-9: is odd"
    )
    envelope = {"success": False, "error": {"code": "INVALID_FILTER", "message": "bad", "details": "column x"}}
    assert wire.in_words(wire.problem(reply(422, envelope)), {}) == "INVALID_FILTER; bad: column x"
    assert not wire.problem(reply(404, b"<html>Cannot POST</html>"))
    assert not wire.problem(reply(500, b""))
    assert wire.problem(reply(200, {"success": False, "message": "no"}))
    assert not wire.problem(reply(200, {"success": True, "error": False}))


@pytest.mark.parametrize(
    ("status", "value", "error"),
    [
        (401, {"error": True, "code": "USER_PERMISSION_FAILURE"}, calls.MissingRole),
        (401, {"success": False, "error": {"code": "TOKEN_EXPIRED"}}, AuthFailed),
        (403, b"", calls.NotForUs),
        (404, {"error": True, "code": "TENANT_NOT_FOUND"}, ConfigError),
        (404, {"message": "Tenant not found"}, ConfigError),
        (404, b"<html>Cannot GET</html>", NotFound),
        (422, {"success": False, "error": {"code": "INVALID_FILTER"}}, Rejected),
        (429, b"", Retryable),
        (503, b"", Retryable),
        (200, {"success": False, "message": "no"}, Rejected),
        (200, b"<!doctype html>", AuthFailed),
    ],
    ids=str,
)
def test_what_an_answer_means(status: int, value: Any, error: type[Exception]) -> None:
    found = calls.judge("read", reply(status, value))
    assert type(found) is error


def test_the_unit_of_a_reset_is_told_by_its_size() -> None:
    now = datetime.now(UTC).timestamp()
    for value in ("40", str(int(now + 40.5)), str(int((now + 40) * 1000))):
        after = calls.reset_after({"X-RateLimit-Reset": value})
        assert after is not None
        assert 38 < after <= 41
    assert calls.reset_after({"X-RateLimit-Reset": "100000"}) == 900
    assert calls.reset_after({"X-RateLimit-Reset": "soon"}) is None
    assert calls.reset_after({"Retry-After": "7", "X-RateLimit-Reset": "40"}) == 7


# --- writing ------------------------------------------------------------------------------------------


def test_a_create_has_every_key_the_desk_asks_for() -> None:
    made = draft(type="17020", priority="21", requester="u1", created_at="1770109811", status="11", group="it")
    own = {"team": "it", "offer": "40112", "external_id_field_id": MARK, "fields": {"created_at": BIRTH}}
    body, losses = body_of(config(types={"17020": own}), made)
    assert body == {
        "source": "api",
        "summary": "Printer is down",
        "ticketBody": {
            "offerId": "40112", SUBJECT: "Printer is down", BODY: "<p>It is.</p>", MARK: "IG-812", PRIORITY: "p1",
            ASKER: "Ada@example.org", BIRTH: "2026-02-03T09:10:11.000Z",
        },
        "attachments": {},
        "ticketRelation": None,
    }  # fmt: skip
    assert losses == ()


def test_the_marker_stands_in_the_description_unless_the_summary_may_show_it() -> None:
    hidden, _ = body_of(config(), draft())
    assert hidden["summary"] == "Printer is down"
    assert hidden["ticketBody"][BODY] == "<p>It is.</p><p>[IG-812]</p>"
    shown, _ = body_of(config(marker_in_summary=True), draft())
    assert shown["summary"] == "Printer is down [IG-812]"
    assert shown["ticketBody"][BODY] == "<p>It is.</p>"


@pytest.mark.parametrize(
    ("data", "summary", "found"),
    [
        ({MARK.upper(): "IG-812"}, "x", "IG-812"),
        ({BODY: "<p>a</p><p>[IG-812]</p>\n"}, "x", "IG-812"),
        ({BODY: "a\n\n[IG-812]"}, "x", "IG-812"),
        ({BODY: "[IG-812] and more"}, "x", None),
        ({AREAS: "IG-812"}, "x", None),
        (None, "x [IG-812]", "IG-812"),
    ],
    ids=str,
)
def test_a_marker_is_found_in_its_places_only(data: Any, summary: str, found: str | None) -> None:
    row = wire.record({**RECORD, "data": data, "summary": summary}, "list")
    assert wire_out.marker_of(row, {MARK: True, BODY: False}) == found


def test_values_travel_as_their_fields_take_them() -> None:
    own = {"team": "it", "offer": "1", "fields": {"areas": AREAS}}
    settings = config(types={"17020": own})
    body, _ = body_of(settings, draft(areas="south; North"))
    assert body["ticketBody"][AREAS] == ["s", "n"]
    with pytest.raises(Rejected, match="Areas has no option 'West'; it has North, South"):
        body_of(settings, draft(areas="West"))
    field = ticket_types.FieldType("f", "n", "N", "number", False)
    assert wire_out.told("n", "4.0", field, lists()) == 4
    assert wire_out.told("n", "yes", msgspec.structs.replace(field, kind="checkbox"), lists()) is True


def test_what_has_no_place_is_counted_and_files_are_named() -> None:
    body, losses = body_of(config(), draft(assignee="u1"), Download("a<b>.txt", "text/plain", 7, b"1234567"))
    assert sorted(losses) == ["field_missing", "file_not_taken"]
    assert "a&lt;b&gt;.txt (7 bytes)" in body["ticketBody"][BODY]


def test_a_template_is_filled_once() -> None:
    template = {"note": {"html": "<b>{text}</b>"}, "kinds": ["{kind}", 5], "whole": "{text}"}
    filled = wire_out.filled(template, {"text": "a {kind}", "kind": "private"})
    assert filled == {"note": {"html": "<b>a {kind}</b>"}, "kinds": ["private", 5], "whole": "a {kind}"}


def test_what_stands_in_the_way_of_writing_is_named() -> None:
    assert readiness.missing(config(types={}), lists())
    (problem,) = readiness.missing(config(types={"9": {"team": "it", "offer": "1"}}), lists())
    assert "17020 (Incident)" in problem
    bare = {**TYPE, "fields": [{"id": STATE, "name": "status"}]}
    (problem,) = readiness.missing(config(), lists(bare))
    assert "types.17020.fields.description" in problem
    assert readiness.missing(config(), lists()) == []


def test_what_a_person_should_know_of_the_settings() -> None:
    own = {"team": "hr", "offer": "5", "external_id_field_id": "nope"}
    offers = [{"id": 5, "status": "draft", "approvalRequired": True, "itemType": "9"}]
    told = "\n".join(readiness.findings(config(types={"17020": own}), lists(), offers))
    for words in ("slug hr", "5 is draft", "needs approval", "of type 9", "external_id_field_id: type Incident has no"):
        assert words in told
    assert "does not see offer 40112" in "\n".join(readiness.findings(config(), lists(), []))
    demanding = {**TYPE, "fields": [*TYPE["fields"], {"id": "q", "label": "Room", "required": True}]}  # type: ignore[misc]
    assert "Room (q) is required" in "\n".join(readiness.findings(config(), lists(demanding), offers))


@pytest.mark.parametrize(
    "block",
    [{"notes_write_path": "/x/{objectId}"}, {"notes_read_path": "/x"}, {"list_rows": 101}, {"colour": "red"}],
    ids=str,
)
def test_settings_that_cannot_work_are_refused(block: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"notes|objectId|100|Extra|extra"):
        config(**block)


def test_of_two_that_are_called_alike_none_is_guessed() -> None:
    twice = [{"id": "41", "name": "A", "subcategories": [{"id": "43", "name": "Other"}]},
             {"id": "42", "name": "B", "subcategories": [{"id": "44", "name": "Other"}]}]  # fmt: skip
    people = [{"id": "u1", "email": "a@x.org"}, {"id": "u2", "email": "A@x.org"}]
    found = known.known({}, {"data": {"categories": twice}}, {}, {}, people)
    assert [found.id("category", word) for word in ("A > other", "B > Other", "Other", "44")] == [
        "43",
        "44",
        "Other",
        "44",
    ]
    assert found.person("a@x.org") == "a@x.org"
    assert found.person({"id": "u2", "email": "a@x.org"}) == "u2"


def test_a_list_with_a_row_that_is_none_is_no_list() -> None:
    assert wire.list_rows({"data": {"value": [{"displayId": "1"}]}}) is not None
    assert wire.list_rows({"data": {"value": [{"displayId": "1"}, None]}}) is None
