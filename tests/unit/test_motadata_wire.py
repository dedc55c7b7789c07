"""ServiceOps' quirks, decoded and told: contract sections 3.1, 3.6, 3.9, 4.4, 5, 7 and 9."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from syncer.desks.motadata import limits, shapes, wire, wire_out
from syncer.desks.motadata.config import MotadataConfig
from syncer.desks.motadata.names import Names, flat
from syncer.errors import ConfigError, Rejected
from syncer.log import protect
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId, Version
from syncer.model.lookups import StatusClass
from syncer.model.ticket import File

ROW: dict[str, Any] = {
    "id": 812, "name": "INC-640", "subject": "VPN drops\n every hour",
    "description": "Since Monday <the> tunnel\ndrops",
    "createdTime": 1767000000123, "updatedTime": 1767003600456, "createdByName": "Sync Bot",
    "requesterName": "Ana Lima", "requesterEmail": "Ana@Example.org", "assigneeEmail": "tech1@example.org",
    "statusName": "In Progress", "priorityName": "High", "impactName": "On Users", "urgencyName": "Medium",
    "categoryName": "Network", "supportLevel": "tier1", "source": "External", "spam": False,
    "tags": ["vpn"], "ccEmailSet": ["Eva@example.org"],
    "fileAttachments": [{"refFileName": "0a-1/b", "realName": "log.txt"}],
    "customField": {"External Id": "zd:4711", "Affected": 3.0, "Ratio": 2.5, "Zero": 0.0, "Seen at": 0,
                    "Due": 1767000000000, "Channels": [], "Site": "", "Boxes": ["a", "b"]},
}  # fmt: skip


def config(**more: Any) -> MotadataConfig:
    block = {"name": "ops", "base_url": "http://ops", "auth": {"kind": "api_key", "key": "k%40ey-1234"}}
    return MotadataConfig.model_validate({**block, **more})


def reader(**more: Any) -> wire.Reader:
    return wire.Reader(config(**more), Names(config(**more)))


def talk(id: int, kind: str, **more: Any) -> dict[str, Any]:
    said = {"id": id, "conversationType": kind, "details": f"<p>{id}</p>", "createdByEmail": "Bot@x.org"}
    return {**said, "createdTime": "Wed, Jul 16, 2025 04:33 pm", **more}


def draft(**more: Any) -> Draft:
    known: dict[str, Any] = {
        "source_id": TicketId("7"), "version": Version("1"), "key": Key("IG-7"), "title": "Down [IG-7]",
        "body": "<p>b</p>", "fields": {"requester": "ana@example.org", "priority": "High", "status": "Closed",
                                       "assignee": "tech1@example.org", "support_level": "Tier1", "category": ""},
    }  # fmt: skip
    return Draft(**{**known, **more})


# --- reading ------------------------------------------------------------------------------------------


def test_a_request_is_read_whole() -> None:
    ticket = reader().ticket(ROW, [])
    assert (ticket.id, ticket.number, ticket.title) == ("812", "INC-640", "VPN drops every hour")
    assert (ticket.requester, ticket.creator, ticket.assignee) == ("ana@example.org", "Sync Bot", "tech1@example.org")
    assert ticket.created_at == datetime(2025, 12, 29, 9, 20, 0, 123000, UTC)
    assert ticket.version == "1767003600456"
    assert ticket.closed_at is None
    assert (ticket.tags, ticket.cc) == (("vpn",), ("eva@example.org",))
    assert ticket.values == {
        "type": "INC", "status": "In Progress", "priority": "High", "impact": "On User", "urgency": "Medium",
        "category": "Network", "support_level": "Tier1", "source": "External",
    }  # fmt: skip


def test_the_group_is_read_where_its_key_is_known() -> None:
    row = {**ROW, "technicianGroup": "Field Support"}
    assert "group" not in reader().values(row)
    assert reader(group_key="technicianGroup").values(row)["group"] == "Field Support"


def test_a_description_is_text_and_stays_text_among_html() -> None:
    assert reader().ticket(ROW, []).body == "Since Monday &lt;the&gt; tunnel<br>drops"
    assert reader(description_is="html").ticket(ROW, []).body == ROW["description"]


def test_unset_custom_fields_are_none_and_a_zero_stays_unless_told() -> None:
    found = reader().ticket(ROW, []).custom
    assert found == {
        "External Id": "zd:4711", "Affected": 3, "Ratio": 2.5, "Zero": 0, "Due": 1767000000000, "Boxes": ("a", "b"),
    }  # fmt: skip
    told = reader(zero_is_unset=["Zero"], date_fields=["Due"]).ticket(ROW, []).custom
    assert "Zero" not in told
    assert told["Due"] == datetime(2025, 12, 29, 9, 20, tzinfo=UTC)


def test_tags_and_cc_are_told_and_syncers_own_marks_are_not() -> None:
    row = ROW | {"tags": ["vpn", "ext:IG-7", " vpn", 3], "ccEmailSet": ["Ana@Example.org", "ana@example.org", ""]}
    ticket = reader(marker_field="External Id").ticket(row, [])
    assert (ticket.tags, ticket.cc) == (("vpn",), ("ana@example.org",))
    assert "External Id" not in ticket.custom


def test_what_custom_fields_hold_is_told_by_settings_else_by_shape() -> None:
    fields = reader(custom_fields={"Site": "choices"}, date_fields=["Due"]).custom
    shapes_of = {"Site": "", "Due": 5, "Seen": 0, "Number": 0.0, "Boxes": [], "Word": ""}
    assert {label: fields.form(label, value) for label, value in shapes_of.items()} == {
        "Site": "choices", "Due": "datetime", "Seen": "datetime", "Number": "number", "Boxes": "choices",
        "Word": "text",
    }  # fmt: skip


def test_a_bare_request_has_nothing_and_breaks_nothing() -> None:
    ticket = reader().ticket({"id": "5", "assigneeEmail": None, "customField": None, "lastClosedTime": 1000}, [])
    assert (ticket.number, ticket.values, ticket.requester, ticket.custom) == ("#5", {}, None, {})
    assert ticket.closed_at == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    with pytest.raises(Rejected, match="without an id"):
        reader().ticket({"id": None}, [])


def test_only_types_known_to_be_public_are_public_whatever_their_case() -> None:
    kinds = ["note", "Note", "collaborate", "diagnosis", "", "technician_to_requester", "Requestor_To_Technician"]
    found = reader().comments([talk(n, kind) for n, kind in enumerate(kinds, 1)])
    assert [c.public for c in found] == [False] * 5 + [True] * 2
    assert not reader().comments([{"id": 1, "details": "x"}])[0].public


def test_conversations_are_ordered_by_id_not_by_their_times() -> None:
    rows = [talk(10, "note", createdTime="Wed, Jul 16, 2025 01:00 am"), talk(9, "note"), talk(10, "note")]
    assert [c.id for c in reader().comments(rows)] == ["9", "10"]
    with pytest.raises(Rejected, match="without an id"):
        reader().comments([{"details": "x"}])


@pytest.mark.parametrize(
    ("said", "zone", "utc"),
    [
        ("Wed, Jul 16, 2025 04:33 pm", "UTC", (2025, 7, 16, 16, 33)),
        ("Wed, Jul 16, 2025 04:33 PM", "Europe/Madrid", (2025, 7, 16, 14, 33)),
        ("Wed, Jan 15, 2025 12:05 am", "Asia/Kolkata", (2025, 1, 14, 18, 35)),
        ("16-07-2025 16:33", "UTC", (2025, 7, 16, 16, 33)),
        (1752683580000, "Europe/Madrid", (2025, 7, 16, 16, 33)),
    ],
)
def test_the_three_forms_of_dates(said: Any, zone: str, utc: tuple[int, ...]) -> None:
    assert reader(conversation_timezone=zone).said_at(said) == datetime(*utc, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize("said", ["soon", "", None, 0, [], True, 10**20])
def test_a_time_that_is_none_is_none(said: Any) -> None:
    assert reader().said_at(said) is None
    assert shapes.moment(said) is None


def test_a_file_keeps_its_name_in_its_id() -> None:
    (file,) = wire.files(ROW)
    assert file == File("0a-1%2Fb/log.txt", name="log.txt")
    assert wire.file_parts(file.id) == ("0a-1/b", "log.txt")
    assert wire.files({"fileAttachments": [{"realName": "lost"}, "x", None]}) == ()


def test_a_list_is_rows_and_a_total_and_nothing_else_passes_for_an_empty_one() -> None:
    body = msgspec.json.encode({"objectList": [{"id": 1}, None], "totalCount": "7"})
    assert wire.listed(body, "w") == wire.Rows([{"id": 1}], 7)
    assert wire.listed(b'{"objectList":[]}', "w") == wire.Rows([], None)
    for odd in (b"", b"<html>", b"{}", b'"x"', b'{"objectList":{}}'):
        with pytest.raises(ConfigError):
            wire.listed(odd, "w")


def test_an_odd_answer_is_told_without_secrets() -> None:
    protect(["tops3cret"])
    with pytest.raises(Rejected) as e:
        wire.decoded(b"<p>tops3cret</p>", "w")
    assert "tops3cret" not in e.value.message


def test_people_are_known_by_e_mail_and_the_blocked_are_not_active() -> None:
    row = {"id": 3, "name": "Ana", "email": "Ana@X.org", "userLogOnName": "ana", "isBlock": True}
    person = wire.person(row)
    assert person is not None
    assert (person.id, person.email, person.username, person.active) == ("ana@x.org", "Ana@X.org", "ana", False)
    assert wire.person({"name": "nobody"}) is None
    assert [(p.id, p.name) for p in wire.people(ROW)] == [
        ("ana@example.org", "Ana Lima"), ("tech1@example.org", "tech1@example.org"),
    ]  # fmt: skip


# --- names --------------------------------------------------------------------------------------------


def test_spellings_that_drift_are_one_name() -> None:
    names = Names(config())
    assert names.one("impact", "On Users") == names.one("impact", "on user") == "On User"
    assert names.one("support_level", "tier3") == "Tier3"
    assert names.one("status", "Waiting for parts") == "Waiting for parts"
    assert flat("Access") == "access"


def test_the_approval_status_is_no_choice_and_classes_follow_names() -> None:
    names = Names(config(status_classes={"Parked": "pending"}, names={"priority": ["P1", "P2"]}))
    assert not names.value("status", "Pending in Approval").active
    classes = {s: names.status_class(s) for s in ("open", "In Progress", "Pending", "Resolved", "Closed", "Parked")}
    assert classes == {
        "open": StatusClass.OPEN, "In Progress": StatusClass.OPEN, "Pending": StatusClass.PENDING,
        "Resolved": StatusClass.RESOLVED, "Closed": StatusClass.CLOSED, "Parked": StatusClass.PENDING,
    }  # fmt: skip
    assert names.status_class("Odd") is None
    assert {v.id for v in names.told() if v.kind == "priority"} == {"P1", "P2"}
    assert {(v.id, v.name) for v in names.told() if v.kind == "type"} == {
        ("INC", "Incident"),
        ("SR", "Service Request"),
    }


# --- writing ------------------------------------------------------------------------------------------


def test_a_new_request_has_no_status_no_assignee_and_nothing_empty() -> None:
    made = wire_out.new_request(draft(), config(), (), line=False)
    assert made == {
        "subject": "Down [IG-7]", "requesterEmail": "ana@example.org", "description": "<p>b</p>",
        "priorityName": "High", "supportLevel": "Tier1", "tags": ["ext:IG-7"],
    }  # fmt: skip
    files = [{"refFileName": "r", "realName": "n"}]
    made = wire_out.new_request(draft(), config(marker_field="External Id"), files, line=True)
    assert made["customField"] == {"External Id": "IG-7"}
    assert "tags" not in made
    assert made["description"] == "<p>b</p><p>[ext:IG-7]</p>"
    assert made["fileAttachments"] == files


def test_tags_people_and_custom_values_go_with_the_request_and_are_looked_for_in_it() -> None:
    day = datetime(2025, 8, 1, tzinfo=UTC)
    full = replace(
        draft(), tags=("vpn",), cc=("mia@example.org",),
        custom={"Order": "PO-7", "Seats": 3, "Seen": day, "Due": day.date(), "Boxes": ("a", "b"), "Urgent": True},
    )  # fmt: skip
    made = wire_out.new_request(full, config(), (), line=False)
    assert made["tags"] == ["vpn", "ext:IG-7"]
    assert made["ccEmailSet"] == ["mia@example.org"]
    millis = 1754006400000
    held = {"Order": "PO-7", "Seats": 3, "Seen": millis, "Due": millis, "Boxes": ["a", "b"], "Urgent": "Yes"}
    assert made["customField"] == held
    row = {"priorityName": "High", "supportLevel": "Tier1", **made, "ccEmailSet": ["MIA@example.org"]}
    assert wire_out.not_kept(row, full, Names(config())) == []
    row |= {"tags": [], "customField": held | {"Seats": 4}}
    assert wire_out.not_kept(row, full, Names(config())) == ["vpn", "Seats"]


def test_a_marker_is_found_wherever_it_is_and_only_at_an_end() -> None:
    rows: list[dict[str, Any]] = [
        {"subject": "Down [IG-7]"}, {"tags": ["x", "ext:IG-7"]}, {"customField": {"Ext": "IG-7"}},
        {"description": "b\n[ext:IG-7]"}, {"description": "<p>b</p><p>[ext:IG-7]</p>\n"},
    ]  # fmt: skip
    assert all(wire_out.markers(row, "Ext") == {"IG-7"} for row in rows)
    assert (
        wire_out.markers({"description": "[ext:IG-7] and more", "subject": "[IG-7] Down", "tags": "x"}, None) == set()
    )
    assert wire_out.hidden_markers(rows[0], "Ext") == set()


@pytest.mark.parametrize("public", [True, False])
def test_a_note_says_in_its_first_line_who_could_read_it(public: bool) -> None:
    said = CommentDraft("c", Key("IG-7-c1"), None, "<p>Ada wrote on 2025:</p>hello", public)
    made = wire_out.conversation(said, "ana@example.org", (), reply=False)
    assert made["conversationType"] == "note"
    word = "Public" if public else "Private"
    assert made["details"] == f"<p>({word}) Ada wrote on 2025:</p>hello<p>[ext:IG-7-c1]</p>"
    assert made["emailIds"] == []


def test_a_reply_names_whom_it_is_mailed_to() -> None:
    said = CommentDraft("c", Key("IG-7-c1"), None, "hello", True)
    made = wire_out.conversation(said, "ana@example.org", (), reply=True)
    assert (made["conversationType"], made["emailIds"]) == ("technician_to_requester", ["ana@example.org"])
    assert wire_out.talk_marker(made) == "IG-7-c1"


def test_what_did_not_stick_is_named_whatever_the_spelling() -> None:
    names = Names(config())
    assert wire_out.not_kept({"priorityName": "high", "supportLevel": "tier1"}, draft(), names) == []
    assert wire_out.not_kept({"priorityName": "Low"}, draft(), names) == ["priority", "support_level"]


def test_conditions_are_written_as_documented_and_as_a_server_wants() -> None:
    assert wire_out.of_type("note") == {
        "qualDetails": {"type": "FlatQualificationRest", "quals": [{
            "type": "RelationalQualificationRest",
            "leftOperand": {"type": "PropertyOperandRest", "key": ".conversation.conversationType"},
            "operator": "equal",
            "rightOperand": {"type": "ValueOperandRest", "value": {"type": "EnumValueRest", "value": "note"}},
        }]}
    }  # fmt: skip
    styles = ("lower", "title", "camel")
    spelled = [wire_out.operator("start_with", style) for style in styles]
    assert spelled == ["start_with", "Start_With", "StartWith"]


# --- limits and settings ------------------------------------------------------------------------------


def test_a_reset_is_milliseconds_or_a_moment_and_never_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syncer.desks.motadata.limits.time.time", lambda: 1_767_000_000.0)
    told = {"1500": 1.5, "1767000004000": 4.0, "1766999999000": 0.0, "99999999": 900.0}
    assert {value: limits.reset_after({"X-RateLimit-Reset": value}) for value in told} == told
    assert [limits.reset_after({"X-RateLimit-Reset": odd}) for odd in ("", "soon", "nan", "-1", "inf")] == [None] * 5
    assert limits.reset_after({}) is None


@pytest.mark.parametrize(
    "odd",
    [
        {"conversation_timezone": "Nowhere/Land"}, {"attachment_upload_path": "http://elsewhere/x"},
        {"attachment_download_path": "/api/file"}, {"requester_search": "//evil/x"}, {"names": {"colour": ["red"]}},
        {"lookup_paths": {"status": "https://x"}}, {"status_classes": {"Odd": "whatever"}},
    ],
    ids=str,
)  # fmt: skip
def test_a_setting_that_cannot_work_is_refused(odd: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        config(**odd)


def test_secrets_are_in_no_repr() -> None:
    password = {
        "kind": "password",
        "client_id": "c",
        "client_secret": "s3cret-1",
        "username": "u",
        "password": "s3cret-2",
    }
    assert "s3cret" not in repr(config(auth=password))
    assert "k%40ey" not in repr(config())


# --- the samples --------------------------------------------------------------------------------------

SAMPLES = Path(wire.__file__).parent / "samples"


def sample(name: str) -> Any:
    return msgspec.json.decode((SAMPLES / f"{name}.json").read_bytes())


@pytest.mark.parametrize(
    "name",
    [
        "request", "request_as_written", "request_created", "request_nulls", "request_with_times",
        "request_without_values", "service_request",
    ],
)  # fmt: skip
def test_each_form_of_a_request_is_read(name: str) -> None:
    row = sample(name)
    ticket = reader().ticket(row, [])
    assert (ticket.id, ticket.number, ticket.version) == (str(row["id"]), row["name"], str(row["updatedTime"]))
    assert ticket.values["type"] == row["name"].partition("-")[0]
    assert all(value and isinstance(value, str) for value in ticket.values.values())
    assert ticket.requester == ((row.get("requesterEmail") or "").lower() or None)
    assert None not in ticket.custom.values()


@pytest.mark.parametrize(
    "name", ["conversation", "conversation_reply", "conversations", "conversations_in_other_spelling"]
)
def test_each_form_of_conversations_is_read(name: str) -> None:
    value = sample(name)
    rows = value.get("objectList", [value])
    found = reader().comments(rows)
    assert [int(c.id) for c in found] == sorted(row["id"] for row in rows)
    assert all(c.created_at is not None and c.body for c in found)
    kinds = {str(row["id"]): row["conversationType"].lower() for row in rows}
    assert all(c.public == ("_to_" in kinds[c.id]) for c in found)


@pytest.mark.parametrize("name", ["search", "search_empty", "search_without_total", "requesters", "lookup"])
def test_each_list_is_read(name: str) -> None:
    value = sample(name)
    page = wire.listed(msgspec.json.encode(value), name)
    assert page.rows == value["objectList"]
    assert page.total == value.get("totalCount")
    if name == "lookup":
        assert [wire.named(row) for row in page.rows] == [row["name"] for row in page.rows]


@pytest.mark.parametrize("name", ["requester", "requester_blocked", "requester_created", "technician"])
def test_each_form_of_a_person_is_read(name: str) -> None:
    person = wire.person(sample(name))
    assert person is not None
    assert person.active == (name != "requester_blocked")
    assert person.email == sample(name)["email"]
