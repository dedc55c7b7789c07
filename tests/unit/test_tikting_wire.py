"""Tikting's JSON and form parts against its samples: contract sections 2.1, 3.1, 3.3, 5 and 7."""

from __future__ import annotations

import base64
import json
import sys
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

import syncer
from syncer.deskkit.contract import Download
from syncer.deskkit.multipart import Form
from syncer.desks.tikting import wire
from syncer.desks.tikting.config import TiktingConfig
from syncer.desks.tikting.names import Names
from syncer.desks.tikting.snapshot import ROWLESS, Snapshot
from syncer.desks.tikting.uploads import Uploads
from syncer.desks.tikting.wire_fields import BUILT_IN, CANDIDATES, NAMES, FieldMap, Hit, lowered
from syncer.desks.tikting.wire_files import names as file_names
from syncer.desks.tikting.wire_files import parts, shown
from syncer.desks.tikting.wire_in import Reader, digest, person_id, reply_texts
from syncer.errors import AuthFailed, Fatal, InDoubt
from syncer.model.draft import Draft
from syncer.model.ids import Key, TicketId, Version
from syncer.model.lookups import LookupValue, StatusClass

SAMPLES = Path(syncer.__file__).parent / "desks" / "tikting" / "samples"
LABELS = {"group": "Network", "level": "First line", "priority": "Medium", "category": "Software", "status": "Open",
         "company": "Example Ltd", "site": "Main site", "department": "IT"}  # fmt: skip


def raw(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


def sample(name: str) -> Any:
    return json.loads(raw(name))


def token(**said: Any) -> str:
    return f"x.{base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip('=')}.y"


def draft(**more: Any) -> Draft:
    fields = {"requester": "guid", "site_id": "1", "department_id": "2", "status": "3"}
    made = {"title": "Jam [IG-1]", "body": "a\nb", "fields": fields, **more}
    return Draft(source_id=TicketId("1"), version=Version("1"), key=Key("IG-1"), **made)


def form(body: bytes, content_type: str) -> list[Message]:
    """The parts of a form as the standard library reads them, not as we write them."""
    parts = message_from_bytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + body).get_payload()
    assert isinstance(parts, list)
    return [part for part in parts if isinstance(part, Message)]


@pytest.mark.parametrize("name", [path.stem for path in sorted(SAMPLES.glob("*.json"))])
def test_every_sample_is_json_that_no_reader_stumbles_over(name: str) -> None:
    value = wire.decoded(raw(name), name)
    list(wire.lookups(value))
    for row in value if isinstance(value, list) else [value]:
        wire.row_id(row), wire.row_marker(row), wire.technician(row)


def test_each_list_of_the_metadata_has_a_label_key_of_its_own() -> None:
    first = {v.kind: v.name for v in reversed(list(wire.lookups(sample("appmetadata_contract"))))}
    assert first == LABELS
    classes = [v.status_class for v in wire.lookups(sample("appmetadata_contract")) if v.kind == "status"]
    assert classes == [StatusClass.OPEN, StatusClass.PENDING]


def test_missing_lists_are_empty_and_unknown_status_types_are_no_error() -> None:
    values = list(wire.lookups(sample("appmetadata_pascal_and_gaps")))
    assert {v.kind for v in values} == {"group", "category", "status", "site"}
    assert [(v.id, v.name) for v in values if v.kind == "group"] == [("1", "Réseau"), ("2", "Réseau")]
    assert [(v.id, v.name) for v in values if v.kind == "category"] == [("11", "11")]
    expected = [StatusClass.OPEN, None, StatusClass.RESOLVED, StatusClass.CLOSED, None, None, None]
    assert [v.status_class for v in values if v.kind == "status"] == expected


def test_technicians_are_read_in_any_casing_and_without_what_is_not_told() -> None:
    people = [wire.technician(row) for row in sample("group_users_sparse")]
    assert [p and (p.id, p.name, p.email, p.username) for p in people] == [
        ("32E57F2B-6834-5708-B7F6-7C4ACA283E6A", "Agent", None, "ann"),
        ("e71f38d7-02d0-5883-b487-cbb010eeab90", "e71f38d7-02d0-5883-b487-cbb010eeab90", None, None),
        None,
    ]
    told = wire.technician(sample("group_users")[0])
    assert told is not None
    assert (told.name, told.email) == ("Ann Agent", "ann@example.org")


def test_log_in_answers_are_pascal_case() -> None:
    assert lowered(sample("authenticate"))["token"].startswith("eyJ")


@pytest.mark.parametrize(
    "said",
    [
        {"permission": ["Tickets.Create", "X"]},
        {"http://schemas.example.org/ws/2008/06/identity/claims/permission": ["Tickets.Create", "X"]},
        {"Permission": "Tickets.Create", "urn:claims:permission": "X"},
    ],
)
def test_permissions_are_found_by_the_end_of_the_claims_name(said: dict[str, Any]) -> None:
    assert wire.claims(token(**said))["permission"] == ["Tickets.Create", "X"]


@pytest.mark.parametrize("odd", ["", "opaque", "a.b", "a.!!.c", "a.aGVsbG8.c", token() + "=", "a.W10.c", "é.é.é"])
def test_a_token_that_cannot_be_read_tells_nothing(odd: str) -> None:
    assert wire.claims(odd) == {}


@pytest.mark.parametrize(
    ("exp", "ends"), [(1754000000, 1754000000.0), ("1754000000", 1754000000.0), ("soon", None), ([], None)]
)
def test_the_end_of_a_token_is_used_where_it_can_be_read(exp: Any, ends: float | None) -> None:
    assert wire.expiry(wire.claims(token(exp=exp))) == ends
    assert wire.expiry({}) is None


@pytest.mark.parametrize(
    ("sample_name", "location", "id"),
    [
        ("register_201", "https://desk.example/api/TicketsApi/1003", "1003"),
        ("register_201_pascal_and_text_id", "", "1003"),
        ("list_empty", "http://internal:8080/sub/api/TicketsApi/1004/", "1004"),
        ("problem_400", "/api/TicketsApi/1005?version=1", "1005"),
    ],
)
def test_the_new_id_is_in_the_body_or_at_the_end_of_location(sample_name: str, location: str, id: str) -> None:
    assert wire.made_id(raw(sample_name), {"Location": location}, "register") == id


@pytest.mark.parametrize(
    ("body", "location"),
    [
        (b'{"id": 5}', "/api/TicketsApi/6"),
        (b"", ""),
        (b"{}", "/api/TicketsApi/register"),
        (b'{"id": 0}', ""),
        (b'{"id": true}', "/login"),
        (b"<html>", "/api/TicketsApi/\u00b2"),
    ],
)
def test_an_answer_without_one_id_is_a_doubt(body: bytes, location: str) -> None:
    with pytest.raises(InDoubt):
        wire.made_id(body, {"Location": location}, "register")


def test_rows_are_read_by_the_first_key_that_holds_something() -> None:
    rows = sample("list_rows_mixed")
    assert [wire.row_id(row) for row in rows] == ["1009", "1008", "1007", "1006", "1005", None]
    assert [wire.row_marker(row) for row in rows] == ["IG-9", "IG-8", None, None, None, "IG-4"]


@pytest.mark.parametrize("name", ["list_rows_flat", "list_rows_nested", "list_rows_labels", "list_rows_pascal"])
def test_every_layout_of_a_list_shows_id_and_marker(name: str) -> None:
    assert [(wire.row_id(row), wire.row_marker(row)) for row in wire.rows(raw(name), "list")] == [
        ("1002", "ZD-1234"),
        ("1001", None),
    ]


@pytest.mark.parametrize("name", ["get_flat", "get_flat_full", "get_nested", "get_nested_full"])
def test_every_layout_of_a_ticket_shows_id_and_title(name: str) -> None:
    assert (wire.row_id(sample(name)), wire.title(sample(name))) == ("1001", "Printer is jammed")


@pytest.mark.parametrize("name", ["register_201", "problem_400"])
def test_an_object_is_not_an_empty_list(name: str) -> None:
    with pytest.raises(Fatal):
        wire.rows(raw(name), "list")
    assert wire.rows(raw("list_empty"), "list") == []


def test_a_page_instead_of_json_is_told_without_its_words() -> None:
    with pytest.raises(AuthFailed) as raised:
        wire.decoded(b" <!DOCTYPE html><title>Mia Ortiz</title>", "list")
    assert "Mia" not in str(raised.value)
    with pytest.raises(Fatal) as broken:
        wire.decoded(b'{"Token": "eyJhbGciOiJIUzI1NiJ9.eyJuYW1lIjoi', "log-in")
    assert "eyJ" not in str(broken.value)


def test_empty_optional_parts_are_left_out_and_the_type_is_always_told() -> None:
    fields = {"requester": "guid", "site_id": "1", "priority": "", "ticket_type": "", "level": "7"}
    assert wire.parts(draft(fields=fields)) == [
        ("Title", "Jam [IG-1]"), ("Description", "a\nb"), ("CreatorId", "guid"), ("SiteId", "1"),
        ("TierLevelId", "7"), ("TicketType", "1"),
    ]  # fmt: skip
    assert ("TicketType", "2") in wire.parts(draft(fields={"ticket_type": "2"}))


def test_a_form_is_read_by_others_as_it_was_meant() -> None:
    files = [
        Download('naïve "q" 文\r\nX-Evil: 1\x00.txt', "text/plain", 3, content=b"a\r\n"),
        Download("same.bin", "application/octet-stream", 0, content=b""),
        Download("same.bin", "application/octet-stream", 4, content=b"\x00\xff\r\n"),
    ]
    uploads = Uploads(max_text=1000, html=False)
    one = draft(title="שלום 👍🏽 [IG-1]", body="é\r\n--\r\n")
    body = uploads.body(one, files)
    assert body.length == len(body.data) == int(body.headers["Content-Length"])
    parts = form(body.data, body.headers["Content-Type"])
    assert [p.get_param("name", header="content-disposition") for p in parts][:2] == ["Title", "Description"]
    assert {p.get_content_charset() for p in parts[:-3]} == {"utf-8"}
    texts = [p.get_payload(decode=True) for p in parts]
    assert texts[:2] == [one.title.encode(), one.body.encode()]
    assert texts[-3:] == [b"a\r\n", b"", b"\x00\xff\r\n"]
    assert [p.get_param("name", header="content-disposition") for p in parts[-3:]] == ["Uploads"] * 3
    assert 'filename="naïve %22q%22 文%0D%0AX-Evil: 1_.txt"'.encode() in body.data
    assert "X-Evil" not in parts[-3]


async def test_a_large_file_is_read_in_pieces_that_add_up_to_the_length_told(tmp_path: Path) -> None:
    large = tmp_path / "large"
    large.write_bytes(b"0123456789abcdef" * 200_000)
    files = [Download("l", "text/plain", 3_200_000, path=large), Download("s", "text/plain", 1, content=b"s")]
    data, length = Form().body(wire.parts(draft()), "Uploads", files)
    pieces = [len(piece) async for piece in data]
    assert sum(pieces) == length
    assert max(pieces) <= 256 * 1024


def test_what_was_too_large_once_is_left_out_and_named() -> None:
    files = [Download(f"<{n}>", "text/plain", n, content=b"x" * n) for n in (10, 5000, 2000)]
    uploads = Uploads(max_text=1000, html=True)
    uploads.refused(uploads.body(draft(), files))
    second = uploads.body(draft(), files)
    assert [f.size for f in second.left_out] == [5000]
    assert b"[File &lt;5000&gt; (5000 bytes) was too large" in second.data
    uploads.refused(second)
    assert [f.size for f in uploads.body(draft(), files).left_out] == [5000, 2000]
    assert uploads.body(draft(), files[:1]).left_out == []
    full = uploads.body(draft(body="b" * 990), files)
    assert len(full.left_out) == 2
    assert b"too large" not in full.data


def test_a_log_in_page_is_told_by_where_a_redirect_leads() -> None:
    assert wire.is_login_page("/Account/Login?ReturnUrl=%2Fapi%2FTicketsApi")
    assert wire.is_login_page("https://sso.example/sign-in")
    assert not wire.is_login_page("/tickets/5?from=login")
    assert not wire.is_login_page(None)


# The field map and what is read by it


def test_every_name_has_candidates_of_its_own_and_the_contract_is_among_them() -> None:
    assert set(CANDIDATES) == set(NAMES)
    told = {
        "id": "id ticketId", "title": "title subject", "description": "description body details",
        "requester_id": "creatorId creator.id requesterId",
        "requester_name": "creator.fullName creator.userName requester", "requester_email": "creator.email",
        "assignee": "assigneeId assignee.id assignedToId", "status": "ticketStatusId status.id statusId",
        "priority": "ticketPriorityId priority.id", "category": "ticketCategoryId category.id",
        "group": "groupId group.id", "site": "siteId site.id", "department": "departmentId department.id",
        "level": "tierLevelId", "created": "createdDate createdOn createdAt dateCreated creationDate",
        "updated": "updatedDate modifiedOn lastUpdated updatedAt", "closed": "closedDate resolvedDate",
        "resolution": "resolution resolution.text", "replies": "replies comments ticketReplies conversations",
        "attachments": "attachments uploads ticketAttachments files",
    }  # fmt: skip
    for name, paths in told.items():
        assert CANDIDATES[name][: len(paths.split())] == tuple(paths.split())  # type: ignore[index]


def test_a_path_leads_through_objects_in_any_casing_and_the_first_of_the_right_kind_counts() -> None:
    row = {"A": {"B": {"c": 7}}, "a.b": 5, "list": [1], "flag": False, "nothing": None, "text": "x"}
    fields = FieldMap(
        {"id": ["a.b.c"], "status": ["list", "flag", "a", "a.b", "a.b.C.d", "text"], "replies": ["a", "list"]}
    )
    assert fields.number(row, "id") == "7"
    assert fields.hit(row, "status") == Hit("text", "x")
    assert fields.rows(row, "replies") == [1]
    assert fields.hit(row, "title") is None


def test_what_is_null_is_there_and_what_is_of_another_kind_is_not() -> None:
    row: dict[str, Any] = {"title": None, "subject": 5, "replies": None, "comments": 3, "attachments": {}}
    assert BUILT_IN.there(row, "title")
    assert not BUILT_IN.there({"subject": 5}, "title")
    assert BUILT_IN.rows(row, "replies") == []
    assert BUILT_IN.rows({"comments": 3}, "replies") is None
    assert BUILT_IN.rows(row, "attachments") is None
    assert not BUILT_IN.there([], "title")


def test_a_map_without_id_or_title_reads_nothing() -> None:
    assert BUILT_IN.reads
    assert not FieldMap({"id": []}).reads
    assert not FieldMap({"title": []}).reads


@pytest.mark.parametrize(
    ("value", "other", "same"),
    [
        ({"a": 1, "b": [1, 2]}, {"B": [1, 2], "A": 1}, True), ({"a": 1}, {"a": "1"}, False),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"a": None}, {}, False), ({"a": {"Avatar": 1, "c": 2}}, {"a": {"c": 2}}, True),
        ([{"avatar": 1}], [{}], True), ({"a": True}, {"a": 1}, False), ({"a": "É"}, {"a": "é"}, False),
        ({"a": 1.5}, {"a": 1.5}, True), ({"a": 2**63}, {"a": 2**63 + 1}, False),
    ],
    ids=str,
)  # fmt: skip
def test_a_digest_changes_with_all_but_order_casing_of_keys_and_what_is_volatile(
    value: Any, other: Any, same: bool
) -> None:
    assert (digest(value, frozenset({"avatar"})) == digest(other, frozenset({"avatar"}))) == same
    assert len(digest(value, frozenset())) == 8


def test_a_snapshot_remembers_rows_of_any_id() -> None:
    snapshot = Snapshot()
    ids = [1, 2, 63, 64, 65, 4711, 10**12, 2**63 - 1]
    for id in ids:
        snapshot.put(TicketId(str(id)), digest(id, frozenset()), closed=id % 2 == 0)
    snapshot.put_rowless(TicketId("3"))
    seen = [snapshot.get(TicketId(str(id))) for id in ids]
    assert len({one.row for one in seen if one}) == len(ids)
    assert [one.closed for one in seen if one] == [id % 2 == 0 for id in ids]
    assert snapshot.get(TicketId("3")) is ROWLESS
    assert snapshot.get(TicketId("4")) is None
    assert snapshot.get(TicketId("4712")) is None
    snapshot.put(TicketId("1"), b"\0" * 8, closed=False)  # also a hash of nothing is one
    one = snapshot.get(TicketId("1"))
    assert one is not None
    assert one.row


def test_a_version_is_of_the_row_and_of_the_detail_while_it_is_open() -> None:
    snapshot, id = Snapshot(), TicketId("9")
    made = []
    for row, closed in ((b"12345678", False), (b"12345678", True), (b"x2345678", True), (b"x2345678", False)):
        snapshot.put(id, row, closed=closed)
        one = snapshot.get(id)
        assert one is not None
        made.append((one.version(b"a"), one.version(b"b")))
    assert [a == b for a, b in made] == [False, True, True, False]
    assert len({version for pair in made for version in pair}) == 6
    assert ROWLESS.version(b"a") != ROWLESS.version(b"b")


def test_a_snapshot_of_many_tickets_is_small() -> None:
    snapshot = Snapshot()
    for id in range(1, 100_001):
        snapshot.put(TicketId(str(id)), b"12345678", closed=False)
    assert sum(sys.getsizeof(chunk) for chunk in snapshot._chunks.values()) < 1_200_000


@pytest.mark.parametrize(
    ("hit", "id"),
    [
        (Hit("status", "Open"), "1"), (Hit("status", " Open "), "1"), (Hit("status", "open"), None),
        (Hit("status", "2"), "2"), (Hit("status", 9), "9"), (Hit("statusId", "x9"), "x9"), (Hit("status", "x9"), None),
        (Hit("status", "77"), "77"), (Hit("status", "Twice"), None), (Hit("status", "404"), "5"),
        (Hit("status", 0), None), (Hit("status", ""), None), (None, None),
    ],
    ids=str,
)  # fmt: skip
def test_a_label_means_the_one_value_that_has_it(hit: Hit | None, id: str | None) -> None:
    told = {"1": "Open", "2": "Closed", "3": "Twice", "4": "Twice", "5": "404"}
    names = Names("old", [LookupValue("status", id, name) for id, name in told.items()])
    assert names.one("status", hit) == id
    assert bool(names.told()) == (id is None and hit is not None and bool(hit.value))


def test_a_class_is_told_by_id_or_by_a_label_whose_values_agree() -> None:
    values = [("1", "A", StatusClass.OPEN), ("2", "B", StatusClass.CLOSED), ("3", "B", StatusClass.CLOSED),
              ("4", "C", StatusClass.CLOSED), ("5", "C", StatusClass.OPEN), ("10", "D", None)]  # fmt: skip
    names = Names("old", [LookupValue("status", id, name, status_class=kind) for id, name, kind in values])
    hits = [Hit("status", value) for value in (1, "A", "B", "C", "D", 99, "none")]
    closed = StatusClass.CLOSED
    assert [names.of_class(hit) for hit in hits] == [StatusClass.OPEN, StatusClass.OPEN, closed, None, None, None, None]
    assert (names.first_of(closed), names.first_of(StatusClass.PENDING)) == ("2", None)


@pytest.mark.parametrize(
    ("id", "email", "name", "known"),
    [
        ("51EC6518-CE26-5105-9643-B01284698A76", "a@x.org", "A", "51ec6518-ce26-5105-9643-b01284698a76"),
        ("User7", "a@x.org", "", "User7"),
        ("", " A@X.org ", "A", "a@x.org"), ("", "", " Ann ", "Ann"), ("", "", "", None),
    ],
)  # fmt: skip
def test_people_are_known_by_guid_or_mail_or_name(id: str, email: str, name: str, known: str | None) -> None:
    assert person_id(id, email, name) == known


@pytest.mark.parametrize(
    "file",
    [{"id": 7, "fileName": "a/b ä.txt", "url": "/x?a=1/2"}, {"fileName": "a"}, {"url": "/d/a.png?x=1"}, "/d/a b.png",
     {}],
)  # fmt: skip
def test_a_files_id_holds_all_that_is_needed_to_get_it(file: Any) -> None:
    one = parts(shown(BUILT_IN, file).file.id)
    expected = {
        "id": {"id": "7", "url": "/x?a=1/2", "name": "a/b ä.txt"}, "fileName": {"id": "", "url": "", "name": "a"},
        "url": {"id": "", "url": "/d/a.png?x=1", "name": "a.png"},
        "/d/a b.png": {"id": "", "url": "/d/a b.png", "name": "a b.png"},
        "": {"id": "", "url": "", "name": "file"},
    }[file if isinstance(file, str) else next(iter(file), "")]  # fmt: skip
    assert {"id": one.id, "url": one.url, "name": one.name} == expected


@pytest.mark.parametrize("name", ["get_flat_full", "get_nested_full", "get_flat", "get_nested"])
def test_replies_and_files_are_seen_where_a_ticket_shows_them(name: str) -> None:
    texts, names = reply_texts(BUILT_IN, sample(name)), file_names(BUILT_IN, sample(name))
    if name.endswith("full"):
        assert (texts, names) == (["<p>Tray cleaned.</p>"], ["jam.png", "tray.jpg"])
    else:
        assert (texts, names) == (None, None)


def test_every_sample_of_a_ticket_is_read_whole() -> None:
    block = {"base_url": "https://desk.example", "auth": {"email": "a", "password": "b"}}
    reader = Reader(TiktingConfig.model_validate(block), BUILT_IN)
    names = Names("old", wire.lookups(sample("appmetadata")))
    whole = [reader.ticket(TicketId("1001"), sample(name), Version("1"), names)
             for name in ("get_flat_full", "get_nested_full")]  # fmt: skip
    assert whole[0] == whole[1]
    assert {person.id: person.email for person in reader.people(sample("get_nested_full"))} == {
        "51ec6518-ce26-5105-9643-b01284698a76": "rita@example.org",
        "32e57f2b-6834-5708-b7f6-7c4aca283e6a": "ann@example.org",
    }
