"""Znuny's quirks, decoded and told: articles, people, dynamic fields, times without a zone, texts made to text."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from syncer.deskkit.contract import Download
from syncer.deskkit.reply import Reply
from syncer.desks.znuny import answers, times, wire, wire_out
from syncer.desks.znuny.config import ZnunyConfig
from syncer.desks.znuny.custom import DynamicFields
from syncer.desks.znuny.names import Names
from syncer.desks.znuny.people import People
from syncer.desks.znuny.wire_out import Leave, Sending
from syncer.errors import AuthFailed, ConfigError, NotFound, Rejected, Retryable
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId, Version
from syncer.model.lookups import StatusClass
from syncer.model.ticket import CustomValue, File, TimeEntry

URL = "http://zn/otrs/nph-genericinterface.pl/Webservice/desk"
LISTS = {
    "queues": ["Support::Network"],
    "agents": [
        {"login": "tom", "email": "Tom@Desk.example", "name": "Tom Ate", "id": 7},
        {"login": "kim", "email": "kim@desk.example", "id": 8},
    ],
    "customers": [{"login": "mia", "email": "Mia@Acme.example", "name": 'Mia "M" Ost'}],
    "dynamic_fields": {
        "Severity": {"form": "choice", "options": {"hi": "High", "lo": "Low"}},
        "Parts": {"form": "choices", "options": ["red", "blue"]},
        "Due": "datetime",
        "Day": "date",
        "Vip": "bool",
        "Count": "number",
    },
}


def b64(data: bytes | str) -> str:
    return base64.b64encode(data.encode() if isinstance(data, str) else data).decode()


def article(id: int, **more: Any) -> dict[str, Any]:
    known = {
        "ArticleID": id, "ArticleNumber": id, "From": '"Mia Ost" <Mia@acme.example>', "SenderType": "customer",
        "IsVisibleForCustomer": 1, "Subject": "S", "Body": f"text {id}\n", "CreateBy": 2, "TimeUnit": 0,
        "CreateTime": f"2024-07-01 10:00:{id:02}", "ContentType": "text/plain; charset=utf-8",
    }  # fmt: skip
    return known | more


def row(*said: dict[str, Any], **more: Any) -> dict[str, Any]:
    known = {
        "TicketID": 12, "TicketNumber": "2024070110000012", "Title": "VPN\n drops", "Queue": "Support::Network",
        "State": "open", "StateType": "open", "Priority": "4 high", "Type": "Unclassified", "Owner": "tom",
        "OwnerID": 7, "Lock": "lock", "CustomerUserID": "mia", "Created": "2024-07-01 10:00:00",
        "Changed": "2024-07-01 12:00:00", "Age": 9_000, "Service": "", "Closed": "2024-07-01 11:00:00",
        "Article": list(said),
        "DynamicField": [{"Name": "ExternalID", "Value": "IG-7"}, {"Name": "Severity", "Value": "hi"}],
    }  # fmt: skip
    return known | more


def config(**more: Any) -> ZnunyConfig:
    block = {"name": "zn", "base_url": URL, "auth": {"user": "sync", "password": "s3cret"}, "lists": LISTS}
    return ZnunyConfig.model_validate({**block, **more})


def reader(**more: Any) -> wire.Reader:
    made = config(**more)
    return wire.Reader(made, People(made), Names(made), DynamicFields(made))


def writer(**more: Any) -> wire_out.Writer:
    made = config(**more)
    return wire_out.Writer(made, People(made), Names(made))


def draft(**more: Any) -> Draft:
    known: dict[str, Any] = {
        "source_id": TicketId("7"), "version": Version("1"), "key": Key("IG-7"), "title": "Down", "body": "<p>b</p>",
        "fields": {"requester": "mia@acme.example", "queue": "Raw", "status": "closed successful"},
    }  # fmt: skip
    return Draft(**{**known, **more})


# --- reading


def test_a_ticket_is_read_whole() -> None:
    mail = article(1, Cc='"Otto" <otto@acme.example>, mia@acme.example')
    ticket = reader(timezone="Europe/Berlin").ticket(row(article(2), mail, article(3, IsVisibleForCustomer=0)))
    assert (ticket.id, ticket.number, ticket.title) == ("12", "2024070110000012", "VPN drops")
    assert ticket.url == "http://zn/otrs/index.pl?Action=AgentTicketZoom;TicketID=12"
    assert (ticket.requester, ticket.assignee) == ("mia@acme.example", "tom@desk.example")
    assert ticket.values == {
        "queue": "Support::Network", "status": "open", "priority": "4 high", "type": "Unclassified"
    }  # fmt: skip
    assert (ticket.created_at, ticket.updated_at) == (
        datetime(2024, 7, 1, 8, 0, tzinfo=UTC), datetime(2024, 7, 1, 10, 0, tzinfo=UTC)
    )  # fmt: skip
    assert ticket.closed_at is None, "it was closed, and is open again"
    assert ticket.version == "2024-07-01 12:00:00"
    assert ticket.custom == {"Severity": ("High",)}
    assert ticket.body == "text 1"
    assert ticket.cc == ("otto@acme.example", "mia@acme.example")
    assert [(c.id, c.public, c.author, c.body) for c in ticket.comments] == [
        ("2", True, "mia@acme.example", "text 2"), ("3", False, "mia@acme.example", "text 3")
    ]  # fmt: skip


def test_when_a_closed_ticket_was_closed_is_read() -> None:
    closed = reader().ticket(row(State="closed successful", StateType="closed"))
    assert closed.closed_at == datetime(2024, 7, 1, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize("flag", [0, "0", None, "", "something new", True, 2, "absent"])
def test_what_is_not_clearly_public_is_private(flag: Any) -> None:
    """And a ticket whose first words are private has no text that everybody could read."""
    first = article(1) if flag == "absent" else article(1, IsVisibleForCustomer=flag, Attachment=[{"Filename": "a"}])
    if flag == "absent":
        del first["IsVisibleForCustomer"]
    ticket = reader().ticket(row(first, article(2)))
    assert (ticket.body, ticket.files) == ("", ())
    assert [(c.id, c.public) for c in ticket.comments] == [("1", False), ("2", True)]


def test_a_text_that_was_html_is_read_as_it_was() -> None:
    """Also in another charset; it is none of the files. A page that somebody attached is one."""
    body = {"Filename": "file-2", "ContentType": 'text/html; charset="iso-8859-1"', "Disposition": "inline"}
    page = {"Filename": "page.html", "ContentType": "text/html", "Content": b64("<p>p</p>"), "FileID": "3"}
    said = article(
        1,
        Body="\nGr\u00fc\u00dfe\n",
        Attachment=[page, {**body, "Content": b64("<p>Gr\u00fc\u00dfe</p>".encode("latin-1"))}],
    )
    ticket = reader().ticket(row(said))
    assert ticket.body == "<p>Gr\u00fc\u00dfe</p>"
    assert ticket.files == (File("1/3", "page.html"),)
    unsent = article(1, Body="\na < b\n", Attachment=[{**body, "Content": ""}])
    assert reader().ticket(row(unsent)).body == "a &lt; b"
    odd = article(1, Attachment=[{**body, "ContentType": "text/html; charset=klingon", "Content": b64("<p>x</p>")}])
    assert reader().ticket(row(odd)).body == "<p>x</p>"


def test_files_are_known_by_article_and_number_else_by_their_place() -> None:
    files = [{"Filename": "a.txt", "ContentType": "text/plain; name=a", "FileID": "2", "FilesizeRaw": "5",
              "ContentID": "<img1>", "Content": b64("hello")}, {"Filename": "b"}, "odd"]  # fmt: skip
    first, second = wire.attached(article(4, Attachment=files))
    assert (first.id, first.name, first.content_type, first.size, first.content_id) == (
        "4/2",
        "a.txt",
        "text/plain",
        5,
        "img1",
    )
    assert wire.content(first) == b"hello"
    assert (second.id, second.content_type, second.content) == ("4/2", wire_out.OCTETS, None)
    with pytest.raises(Rejected):
        wire.content(wire.attached(article(4, Attachment=[{"Filename": "c", "Content": "x"}]))[0])


def test_an_article_without_an_id_is_not_lost_in_silence() -> None:
    """But of one that broke while it was made there is only a hull."""
    with pytest.raises(Rejected, match="without an id"):
        reader().ticket(row(article(1), {"Body": "x", "TimeUnit": None}))
    assert reader().ticket(row({"TimeUnit": None}, article(2))).body == "text 2"


@pytest.mark.parametrize(
    ("more", "author"),
    [
        ({"SenderType": "agent", "From": "Tom <tom@desk.example>"}, "tom@desk.example"),
        ({"SenderType": "agent", "From": "Kim <kim@desk.example>", "CreateBy": 7}, "kim@desk.example"),
        ({"SenderType": "agent", "From": "Support <support@desk.example>", "CreateBy": 7}, "tom@desk.example"),
        ({"SenderType": "agent", "From": "Support <support@desk.example>", "CreateBy": 8}, "kim@desk.example"),
        ({"SenderType": "agent", "From": "Support <support@desk.example>", "CreateBy": 99}, "support@desk.example"),
        ({"SenderType": "agent", "From": "Sync Bot", "CreateBy": 99}, None),
        ({"SenderType": "customer", "From": ""}, "mia@acme.example"),
        ({"SenderType": "customer", "From": '"Ost, Eva" <EVA@acme.example>'}, "eva@acme.example"),
        ({"SenderType": "system", "From": "Znuny"}, None),
        ({"SenderType": "system", "From": None}, None),
    ],
)
def test_who_said_something(more: dict[str, Any], author: str | None) -> None:
    """Whom it is from, and not the queue it went out by where the agent is known."""
    ticket = reader().ticket(row(article(1), article(2, **more)))
    assert ticket.comments[0].author == author


def test_what_the_account_of_syncer_typed_for_others_is_theirs() -> None:
    typed = article(2, SenderType="agent", From="Eva <eva@acme.example>", CreateBy=2)
    ticket = reader().ticket(row(article(1), typed, Owner="sync", OwnerID=2))
    assert ticket.comments[0].author == "eva@acme.example"


@pytest.mark.parametrize(
    ("owner", "lock", "assignee"),
    [
        ("tom", "unlock", "tom@desk.example"),
        ("jo", "lock", "agent/jo"),
        ("root@localhost", "lock", None),
        ("sync", "unlock", None),
        ("sync", "lock", "agent/sync"),
        (None, "lock", None),
    ],
)
def test_whose_ticket_it_is(owner: str | None, lock: str, assignee: str | None) -> None:
    assert reader().ticket(row(Owner=owner, Lock=lock)).assignee == assignee


@pytest.mark.parametrize(
    ("customer", "requester"),
    [
        ("MIA", "mia@acme.example"),
        ("Ana@Acme.example", "ana@acme.example"),
        ("Ana <ana@acme.example>", "ana@acme.example"),
        ("ana", "mia@acme.example"),
        ("", None),
        (None, None),
    ],
)
def test_who_asks(customer: str | None, requester: str | None) -> None:
    """Of a login nobody listed, the text of the ticket tells whose it is."""
    assert reader().ticket(row(article(1), CustomerUserID=customer)).requester == requester


def test_a_login_without_a_text_stays_a_login() -> None:
    people = People(config())
    assert people.customer("ana") == "customer/ana"
    assert people.value("customer/ana").name == "ana"
    assert people.requester("customer/ana") == "ana"
    assert people.is_asker({"CustomerUserID": "ana"}, "eva@acme.example"), "it may be hers"
    assert not people.is_asker({"CustomerUserID": "mia"}, "eva@acme.example")


def test_dynamic_fields_are_read_as_the_settings_say_what_they_hold() -> None:
    values = {"Severity": "hi", "Parts": ["red", "x"], "Due": "2024-02-29 12:00:00", "Day": "2024-02-29 00:00:00",
              "Vip": 1, "Count": "2.0", "Other": "o", "Many": ["a"], "Unset": None, "Empty": [], "ExternalID": "IG-7",
              "ProcessManagementProcessID": "P1"}  # fmt: skip
    fields = DynamicFields(config(timezone="Europe/Berlin"))
    held = {"DynamicField": [{"Name": name, "Value": value} for name, value in values.items()]}
    assert fields.of(held) == {
        "Severity": ("High",), "Parts": ("red", "x"), "Due": datetime(2024, 2, 29, 11, 0, tzinfo=UTC),
        "Day": date(2024, 2, 29), "Vip": True, "Count": 2, "Other": "o", "Many": ("a",),
    }  # fmt: skip
    assert [(one.id, one.form) for one in fields.met(held)] == [("Other", "text"), ("Many", "choices")]
    options = [(one.id, one.name, one.parent) for one in fields.listed() if one.kind == "custom_option"]
    assert options[:2] == [("Severity/hi", "High", "Severity"), ("Severity/lo", "Low", "Severity")]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("Severity", "Severity/hi", "hi"),
        ("Severity", ("Severity/hi",), "hi"),
        ("Parts", ("Parts/red", "Parts/blue"), ["red", "blue"]),
        ("Due", datetime(2024, 2, 29, 11, 0, tzinfo=UTC), "2024-02-29 12:00:00"),
        ("Day", date(2024, 2, 29), "2024-02-29 00:00:00"),
        ("Day", datetime(2024, 2, 29, 11, 0, tzinfo=UTC), "2024-02-29 00:00:00"),
        ("Vip", True, "1"),
        ("Vip", False, "0"),
        ("Count", 2.0, "2"),
        ("Other", " o ", "o"),
    ],
)
def test_custom_values_are_told_and_seen_to_be_kept(name: str, value: CustomValue, told: Any) -> None:
    fields = DynamicFields(config(timezone="Europe/Berlin"))
    assert fields.told(name, value) == told
    there = told[::-1] if isinstance(told, list) else told
    assert fields.is_kept({"DynamicField": [{"Name": name, "Value": there}]}, name, value)
    assert not fields.is_kept({"DynamicField": [{"Name": name, "Value": "else"}]}, name, value)
    assert not fields.is_kept({}, name, value)


def test_a_value_that_would_break_a_create_in_the_middle_is_not_told() -> None:
    with pytest.raises(Rejected):
        DynamicFields(config()).told("Other", "x" * 3801)


def test_accounted_time_is_read_where_its_unit_is_known() -> None:
    said = (article(1), article(2, TimeUnit="1.50", SenderType="agent", From="tom@desk.example"))
    assert reader().ticket(row(*said)).times == ()
    at = datetime(2024, 7, 1, 10, 0, 2, tzinfo=UTC)
    assert reader(time_unit_minutes=10).ticket(row(*said)).times == (TimeEntry("2", "tom@desk.example", at, 900),)


def test_a_second_that_is_not_over_is_seen() -> None:
    """By the server's own clock: how old it says the ticket is."""
    assert wire.is_settled(row())
    assert not wire.is_settled(row(Age=7_200))
    assert wire.is_settled(row(Age=7_201))
    assert wire.is_settled(row(Age=None))
    assert wire.is_settled(row(Changed="soon"))


def test_times_are_in_the_zone_of_the_server_and_a_clock_may_be_put_back() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert times.moment("2024-07-01 10:00:00", berlin) == datetime(2024, 7, 1, 8, 0, tzinfo=UTC)
    for junk in ("2024-07-01T10:00:00Z", "2024-13-01 10:00:00", "0000-00-00 00:00:00", "", None, 5):
        assert times.moment(junk, berlin) is None
    assert times.before("2024-07-01 10:00:00", 5, berlin) == "2024-07-01 09:55:00"
    assert times.before("2024-10-27 02:30:00", 5, berlin) == "2024-10-27 01:25:00", "its hands came there twice"
    assert times.before("2024-10-27 02:30:00", 5, ZoneInfo("UTC")) == "2024-10-27 02:25:00"
    assert times.before(times.FIRST, 5, berlin) == times.before("junk", 5, berlin) == times.FIRST


def test_states_are_known_by_the_settings_else_by_their_type() -> None:
    names = Names(config(status_classes={"parked": "pending"}))
    assert names.meaning("pending auto close+") == StatusClass.RESOLVED
    assert names.meaning("pending reminder") == StatusClass.PENDING
    assert names.meaning("closed with workaround") == StatusClass.CLOSED
    assert names.meaning("parked") == StatusClass.PENDING
    assert names.meaning("escalated") is None
    names.of(row(State="escalated", StateType="open"))
    assert names.meaning("escalated") == StatusClass.OPEN
    told = {one.name: one.active for one in names.told() if one.kind == "status"}
    assert (told["removed"], told["merged"], told["new"]) == (False, False, True)
    chosen = Names(config(lists={"states": ["open", "removed"]}))
    assert {one.name: one.active for one in chosen.told() if one.kind == "status"} == {
        "open": True, "removed": True, "new": True
    }  # fmt: skip
    (queue, *_) = chosen.told()
    assert Names(config()).value("queue", "Support::Network").path == ("Support", "Network")
    assert queue.kind == "status", "a list that is not told is empty"


# --- telling


def test_a_ticket_goes_out_in_one_call() -> None:
    made = writer().ticket(draft(), "<p>b</p>", Sending([], {"Severity": "hi"}))
    assert made["Ticket"] == {
        "Title": "Down", "CustomerUser": "mia", "Queue": "Raw", "State": "closed successful", "Priority": "3 normal",
        "Lock": "unlock", "Owner": "root@localhost",
    }  # fmt: skip
    assert made["DynamicField"] == [{"Name": "Severity", "Value": "hi"}, {"Name": "ExternalID", "Value": "IG-7"}]
    said = made["Article"]
    assert (said["Body"], said["IsVisibleForCustomer"], said["SenderType"]) == ("<p>b</p>", 1, "customer")
    assert said["From"] == '"Mia M Ost" <mia@acme.example>'
    assert (said["AutoResponseType"], said["NoAgentNotify"]) == ("auto remove", 1), "nobody is answered, or told"
    assert "Attachment" not in made


def test_an_owner_locks_and_a_pending_state_has_a_time() -> None:
    fields = {"requester": "new@acme.example", "assignee": "tom@desk.example", "status": "pending reminder"}
    ticket = writer(queue="Raw").ticket(draft(fields=fields), "b", Sending([]))["Ticket"]
    assert (ticket["Owner"], ticket["Lock"], ticket["CustomerUser"]) == ("tom", "lock", "new@acme.example")
    assert ticket["PendingTime"] == {"Diff": 14 * 24 * 60}
    closed = fields | {"status": "closed successful"}
    ended = writer(queue="Raw").ticket(draft(fields=closed), "b", Sending([]))["Ticket"]
    assert (ended["Owner"], ended["Lock"]) == ("tom", "unlock"), "its owner would be mailed of the lock's end"
    refused = writer(queue="Raw").ticket(draft(fields=fields), "b", Sending([], leave=Leave(owner=True)))["Ticket"]
    assert (refused["Owner"], refused["Lock"]) == ("root@localhost", "unlock"), "else it were the account's own"


def test_files_of_one_name_come_in_articles_of_their_own() -> None:
    """Within one Znuny would rename the second."""
    files = [wire_out.file(Download(name, "text/plain", 1, content=b"x")) for name in ("a", "A", "b", "a")]
    made = writer().ticket(draft(), "b", Sending(files))
    assert [[one["Filename"] for one in said["Attachment"]] for said in made["Article"]] == [["a", "b"], ["A"], ["a"]]
    assert {said["IsVisibleForCustomer"] for said in made["Article"]} == {1}
    flat = writer().ticket(draft(), "b", Sending(files, leave=Leave(apart=True)))
    assert len(flat["Attachment"]) == 4
    assert isinstance(flat["Article"], dict)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("application/vnd.ms-excel", "application/vnd.ms-excel"),
        ("Text/Plain; charset=klingon", "text/plain"),
        ("x-world/x-vrml", wire_out.OCTETS),
        ("text/", wire_out.OCTETS),
        ("", wire_out.OCTETS),
    ],
)
def test_a_file_is_of_a_type_that_is_taken(kind: str, told: str) -> None:
    assert wire_out.file(Download("a", kind, 1, content=b"x"))["ContentType"] == told


@pytest.mark.parametrize(
    ("name", "kind", "kept"),
    [
        ("...", "text/plain", "file"),
        (" . ../etc/passwd ", "text/plain", "/etc/passwd"),
        ("file-1", "text/plain", "attached file-1"),
        ("file-2", "text/html", "attached file-2"),
        ("file-1", "image/png", "file-1"),
        ("ä" * 200 + ".tar.gz", "", "ä" * 108 + ".gz"),
        ("a." + "ä" * 200, "", "a." + "ä" * 109),
    ],
)
def test_a_file_is_named_so_that_its_name_is_kept(name: str, kind: str, kept: str) -> None:
    assert wire_out.kept_name(name, kind) == kept
    assert wire_out.kept_name(kept, kind) == kept
    assert len(kept.encode()) <= 220


def test_an_empty_file_is_told_by_base64_of_nothing() -> None:
    made = wire_out.file(Download("a", "text/plain", 0, content=b""))
    assert made["Content"]
    assert base64.b64decode(made["Content"]) == b""


def test_a_comment_carries_its_marker_and_who_said_it() -> None:
    said = CommentDraft("1", Key("IG-7-c1"), "tom@desk.example", "<p>hi</p>", public=False)
    made = writer().comment(TicketId("12"), draft(), said, Sending([]))
    told = made["Article"]
    assert (told["IsVisibleForCustomer"], told["SenderType"]) == (0, "agent")
    assert (told["From"], told["Subject"]) == ('"Tom Ate" <tom@desk.example>', "Re: Down")
    assert wire_out.said_by({"Body": f"\n{told['Body']}\n\n[1] https://x.example"}, Key("IG-7-c1"))
    assert not wire_out.said_by({"Body": told["Body"]}, Key("IG-7-c"))
    assert not wire_out.said_by({}, Key("IG-7-c1"))
    by_customer = CommentDraft("1", Key("IG-7-c1"), "mia@acme.example", "", public=True)
    assert writer().comment(TicketId("12"), draft(), by_customer, Sending([]))["Article"]["SenderType"] == "customer"
    nobody = CommentDraft("1", Key("IG-7-c1"), None, "\0 \ud83d", public=True)
    odd = writer().comment(TicketId("12"), draft(), nobody, Sending([]))["Article"]
    assert "From" not in odd
    assert odd["Body"].encode()
    assert "\0" not in odd["Body"]


def test_without_a_field_the_marker_is_the_end_of_the_title() -> None:
    assert wire.markers({"Title": "Down [IG-7]"}, None) == {"IG-7"}
    assert wire.markers({"Title": "[IG-7] Down"}, None) == set()
    assert wire.markers(row(Title="Down [IG-8]"), "ExternalID") == {"IG-7"}
    assert "DynamicField" not in writer(marker_field=None).ticket(draft(), "b", Sending([]))


# --- what answers mean


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b'{"TicketID":"2"}', None),
        (200, b"{}", None),
        (200, b'{"Error":{"ErrorCode":"TicketGet.AuthFail","ErrorMessage":"x"}}', AuthFailed),
        (200, b'{"Error":{"ErrorCode":"TicketGet.AccessDenied","ErrorMessage":"x"}}', NotFound),
        (200, b'{"Error":{"ErrorCode":"TicketCreate.InvalidParameter","ErrorMessage":"x"}}', Rejected),
        (200, b'{"Ticket":[{"Title":"Error","DynamicField":[{"Name":"Error"}]}]}', None),
        (200, b"<html>Please log in</html>", ConfigError),
        (500, b"HTTP::REST Error while determine Operation for request URI '/x'.", ConfigError),
        (500, b'{"faultcode":"Server","faultstring":"Article could not be created"}', Retryable),
        (404, b"<html>", ConfigError),
        (413, b"Payload Too Large", Rejected),
        (403, b"", AuthFailed),
        (429, b"", Retryable),
    ],
)
def test_an_error_is_one_whatever_its_status(status: int, body: bytes, error: type | None) -> None:
    found = answers.judge("zn", Reply(status, {}, body))
    assert found is None if error is None else isinstance(found, error)


# --- settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"timezone": "Mars/Olympus"},
        {"routes": {"search": "GET /TicketSearch"}},
        {"routes": {"create": "/Ticket"}},
        {"lists": {"dynamic_fields": {"A": "matrix"}}},
        {"auth": {"user": "sync"}},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        config(**wrong)
