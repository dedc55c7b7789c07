"""Redmine's JSON, decoded and told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from syncer.desks.redmine import fields, wire, wire_out
from syncer.desks.redmine.fields import Field
from syncer.desks.redmine.wire_out import Place, Uploaded
from syncer.desks.redmine.writes import encoded
from syncer.errors import Rejected
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId, Version
from syncer.model.ticket import File, Ticket, TicketLink

AT = "2026-11-30T20:24:12Z"
PLACE = Place("5", "3", "1", "2")


def named(id: int, name: str = "x") -> dict[str, Any]:
    return {"id": id, "name": name}


def journal(
    id: int, notes: str | None, *, private: Any = False, at: str = AT, files: tuple[int, ...] = (), user: int = 5
) -> dict[str, Any]:
    details = [{"property": "attachment", "name": str(one), "old_value": None, "new_value": "f"} for one in files]
    return {"id": id, "user": named(user), "notes": notes, "created_on": at, "private_notes": private,
            "details": details}  # fmt: skip


def attachment(id: int) -> dict[str, Any]:
    return {"id": id, "filename": f"f{id}.txt", "filesize": 3}


FILE = {id: File(str(id), f"f{id}.txt", 3) for id in (3, 12, 40, 41)}


def issue(**more: Any) -> dict[str, Any]:
    base = {
        "id": 20, "project": named(1, "General"), "tracker": named(3), "status": {"id": 5, "name": "Closed"},
        "priority": named(4), "author": named(5, "Sync Bot"), "subject": " VPN\tdrops ", "description": "a\r\nb",
        "start_date": "2026-11-30", "due_date": None, "done_ratio": 0, "is_private": False, "estimated_hours": None,
        "custom_fields": [], "created_on": AT, "updated_on": "2026-11-30T20:25:00Z", "closed_on": None,
        "attachments": [], "journals": [], "watchers": [],
    }  # fmt: skip
    return {**base, **more}


def read(row: dict[str, Any], **more: Any) -> Ticket:
    known: dict[str, Any] = {"url": "http://rm", "requester": "9", "custom": {}, "work": [], "own": "5"}
    return wire.ticket(row, **{**known, **more})


def draft(**more: Any) -> Draft:
    known: dict[str, Any] = {
        "source_id": TicketId("7"), "version": Version("1"), "key": Key("IG-7"), "title": "Down", "body": "b",
        "fields": {"requester": "9", "priority": "4", "status": "5", "category": "3", "assignee": "9"},
    }  # fmt: skip
    return Draft(**{**known, **more})


# --- reading


def test_an_issue_reads_whole() -> None:
    ticket = read(issue(category=named(8, "Network"), assigned_to=named(6), closed_on="2026-11-30T20:26:00Z"))
    assert (ticket.id, ticket.number, ticket.title, ticket.body) == ("20", "#20", "VPN drops", "a\r\nb")
    assert ticket.values == {"status": "5", "priority": "4", "type": "3", "category": "Network", "group": "1"}
    assert (ticket.requester, ticket.creator, ticket.assignee) == ("9", "5", "6")
    assert ticket.created_at == datetime(2026, 11, 30, 20, 24, 12, tzinfo=UTC)
    assert ticket.closed_at == datetime(2026, 11, 30, 20, 26, tzinfo=UTC)
    assert ticket.version == "2026-11-30T20:25:00Z"
    assert ticket.url == "http://rm/issues/20"
    assert not ticket.html, "its markup is the server's own"


def test_a_journal_without_words_is_no_comment() -> None:
    row = issue(journals=[journal(1, None), journal(2, ""), journal(3, "  \r\n"), journal(4, "said")])
    assert [one.id for one in read(row).comments] == ["4"]


def test_comments_are_told_oldest_first_whatever_the_account_prefers() -> None:
    later = journal(2, "second", at="2026-11-30T20:24:13Z")
    row = issue(journals=[later, journal(9, "b"), journal(3, "a")])
    assert [one.body for one in read(row).comments] == ["a", "b", "second"]


@pytest.mark.parametrize("private", [True, None, "no", 0, "(left out)"])
def test_a_note_that_does_not_say_that_it_is_public_is_private(private: Any) -> None:
    note = journal(1, "said", private=private)
    if private == "(left out)":
        del note["private_notes"]
    assert not read(issue(journals=[note])).comments[0].public


@pytest.mark.parametrize("private", [True, None, "no"])
def test_a_note_of_an_issue_that_does_not_say_that_it_is_public_is_private(private: Any) -> None:
    assert not read(issue(is_private=private, journals=[journal(1, "said")])).comments[0].public
    assert read(issue(journals=[journal(1, "said")])).comments[0].public


def test_a_file_is_of_the_note_it_came_with_and_else_of_the_issue() -> None:
    row = issue(attachments=[attachment(12), attachment(3), attachment(40)],
                journals=[journal(1, "see", files=(40, 99)), journal(2, None, files=(12,))])  # fmt: skip
    ticket = read(row)
    assert ticket.comments[0].files == (FILE[40],)
    assert ticket.files == (FILE[3], FILE[12])


def test_a_file_written_together_with_a_private_note_is_private() -> None:
    """Redmine makes two journals of that, the one with the file public, in the same second and by the same user."""
    split = [journal(50, None, files=(41, 40)), journal(51, "secret", private=True)]
    ticket = read(issue(attachments=[attachment(40), attachment(41)], journals=split))
    assert ticket.comments[0].files == (FILE[40], FILE[41])
    assert ticket.files == ()


@pytest.mark.parametrize("note", [
    journal(51, "secret", private=True, at="2026-11-30T20:24:13Z"),
    journal(51, "secret", private=True, user=6),
    journal(51, "told to all"),
])  # fmt: skip
def test_a_file_that_came_alone_stays_with_the_issue(note: dict[str, Any]) -> None:
    ticket = read(issue(attachments=[attachment(40)], journals=[journal(50, None, files=(40,)), note]))
    assert ticket.files == (FILE[40],)


@pytest.mark.parametrize("part", ["id", "journals", "attachments"])
def test_an_answer_that_lacks_what_was_asked_for_is_no_ticket(part: str) -> None:
    with pytest.raises(Rejected):
        read({key: value for key, value in issue().items() if key != part})


def test_whoever_reads_is_not_among_those_who_are_told() -> None:
    assert read(issue(watchers=[named(5), named(9), named(12)])).cc == ("9", "12")


def test_links_are_told_with_what_they_are() -> None:
    relations = [
        {"id": 1, "issue_id": 20, "issue_to_id": 30, "relation_type": "duplicates"},
        {"id": 2, "issue_id": 31, "issue_to_id": 20, "relation_type": "duplicates"},
        {"id": 3, "issue_id": 32, "issue_to_id": 20, "relation_type": "blocks"},
    ]
    row = issue(parent={"id": 7}, children=[{"id": 8, "children": [{"id": 9}]}], relations=relations)
    assert read(row).links == (
        TicketLink(TicketId("7"), "parent"), TicketLink(TicketId("8"), "child"), TicketLink(TicketId("30")),
        TicketLink(TicketId("31"), "duplicate"), TicketLink(TicketId("32")),
    )  # fmt: skip


def test_spent_time_is_read_to_the_day() -> None:
    work = [{"id": 1, "user": named(9), "hours": 0.42, "comments": "Swapped", "spent_on": "2024-02-29"}]
    (entry,) = read(issue(), work=work).times
    assert (entry.author, entry.at, entry.seconds, entry.note) == ("9", datetime(2024, 2, 29, tzinfo=UTC), 1512,
                                                                   "Swapped")  # fmt: skip


def test_a_user_who_is_locked_is_not_active() -> None:
    row = {"id": 9, "login": "ana", "firstname": "Ana", "lastname": "Lima", "mail": "Ana@x.org"}
    person = wire.user(row)
    assert person is not None
    assert (person.id, person.name, person.email, person.username, person.active) == (
        "9", "Ana Lima", "Ana@x.org", "ana", True)  # fmt: skip
    locked = wire.user({**row, "status": 3})
    assert locked is not None
    assert not locked.active
    hidden = wire.user({"id": 9, "firstname": "Ana", "lastname": ""})
    assert hidden is not None
    assert hidden.email is None


# --- additional fields

FIELDS = {
    "3": Field("3", "Severity", "choice", {"low": "low"}),
    "4": Field("4", "Boxes", "choices", {"7": "Red", "8": "Blue"}),
    "5": Field("5", "Due on", "date"),
    "6": Field("6", "Count", "number"),
    "7": Field("7", "Paid", "bool"),
    "8": Field("8", "Owner", "person"),
}


def held(*pairs: tuple[int, Any]) -> dict[str, Any]:
    return issue(custom_fields=[{"id": id, "name": "n", "value": value} for id, value in pairs])


def test_additional_fields_read_as_what_they_hold() -> None:
    row = held((1, "IG-7"), (3, "low"), (4, ["8", "7"]), (5, "2024-02-29"), (6, "2.0"), (7, "0"), (8, "12"), (9, "x"))
    assert fields.read(row, FIELDS, ["1"]) == {
        "3": ("low",), "4": ("Blue", "Red"), "5": date(2024, 2, 29), "6": 2, "7": False, "8": ("12",), "9": "x",
    }  # fmt: skip


@pytest.mark.parametrize("value", [None, "", [], [""]])
def test_an_additional_field_that_is_empty_is_absent(value: Any) -> None:
    assert fields.read(held((3, value), (9, value)), FIELDS, []) == {}


def test_what_an_issue_has_besides_is_an_additional_field() -> None:
    row = issue(start_date="2026-12-24", due_date="2027-01-02", done_ratio=30, estimated_hours=2.5,
                fixed_version=named(1, "1.0"))  # fmt: skip
    assert fields.read(row, {}, []) == {
        "start_date": date(2026, 12, 24), "due_date": date(2027, 1, 2), "done_ratio": 30, "estimated_hours": 2.5,
        "fixed_version": "1.0",
    }  # fmt: skip
    assert fields.read(issue(), {}, []) == {}, "a start on the day of creation is Redmine's own doing"


def test_fields_are_told_by_administrators_lists_and_else_by_what_issues_hold() -> None:
    row = {"id": 4, "name": "Boxes", "customized_type": "issue", "field_format": "enumeration", "multiple": True,
           "is_filter": True, "possible_values": [{"value": "7", "label": "Red"}]}  # fmt: skip
    assert fields.defined(row) == Field("4", "Boxes", "choices", {"7": "Red"}, True)
    assert fields.defined({**row, "customized_type": "user"}) is None
    shown = {"custom_fields": [{"id": 4, "name": "Boxes", "multiple": True, "value": ["a"]},
                               {"id": 5, "name": "Due on", "value": "2024-02-29"}]}  # fmt: skip
    more = {"custom_fields": [{"id": 4, "name": "Boxes", "multiple": True, "value": ["b"]}]}
    found = fields.joined([*fields.met(shown, {"Due on": "date"}), *fields.met(more, {})])
    assert found == {"4": Field("4", "Boxes", "choices", {"a": "a", "b": "b"}), "5": Field("5", "Due on", "date")}


def test_an_option_is_of_its_field_and_no_other() -> None:
    listed = list(fields.listed([Field("3", "Severity", "choice", {"low": "Low"}), FIELDS["5"]]))
    options = [(one.id, one.name, one.parent) for one in listed if one.kind == "custom_option"]
    assert options == [("3/low", "Low", "3")]


@pytest.mark.parametrize(("id", "value", "told", "shown"), [
    ("3", "3/low", "low", "low"),
    ("4", ("4/7", "4/8"), ["7", "8"], ["8", "7"]),
    ("5", date(2024, 2, 29), "2024-02-29", "2024-02-29"),
    ("6", 2.0, "2", "2.0"),
    ("7", True, "1", "1"),
    ("9", "a\nb", "a\nb", "a\r\nb"),
])  # fmt: skip
def test_a_value_is_told_and_seen_to_be_kept(id: str, value: Any, told: Any, shown: Any) -> None:
    assert fields.told(id, value) == told
    assert fields.is_kept(held((int(id), shown)), id, value)
    assert not fields.is_kept(held((int(id), "other")), id, value)
    assert not fields.is_kept(held(), id, value)


def test_an_issues_own_field_is_seen_to_be_kept() -> None:
    assert fields.is_kept(issue(due_date="2027-01-02"), "due_date", date(2027, 1, 2))
    assert not fields.is_kept(issue(), "due_date", date(2027, 1, 2))


# --- writing


def test_a_new_issue_names_nobody_who_would_be_mailed() -> None:
    made = wire_out.new_issue(draft(), PLACE, "ana@x.org", Uploaded([], [], []), "b", custom=True)["issue"]
    assert made == {
        "project_id": 5, "tracker_id": 3, "priority_id": 4, "subject": "Down", "description": "b", "start_date": None,
        "custom_fields": [{"id": 1, "value": "IG-7"}, {"id": 2, "value": "ana@x.org"}],
    }  # fmt: skip


def test_a_new_issue_carries_its_additional_fields_and_files() -> None:
    token = {"token": "41.ab", "filename": "a.txt", "content_type": "text/plain"}
    said = draft(title="", custom={"3": "3/low", "due_date": date(2027, 1, 2)})
    made = wire_out.new_issue(said, PLACE, None, Uploaded([token], [], []), "b", custom=True)["issue"]
    assert made["custom_fields"] == [{"id": 3, "value": "low"}, {"id": 1, "value": "IG-7"}]
    assert (made["due_date"], made["uploads"], made["subject"]) == ("2027-01-02", [token], wire_out.NO_SUBJECT)
    bare = wire_out.new_issue(said, PLACE, None, Uploaded([], [], []), "b", custom=False)["issue"]
    assert bare["custom_fields"] == [{"id": 1, "value": "IG-7"}]
    assert "due_date" not in bare


@pytest.mark.parametrize(("text", "kept"), [
    ("@ana", "@\u2060ana"),
    ("@_ops @-x @.y", "@\u2060_ops @\u2060-x @\u2060.y"),
    ("see (@ana), é@ana", "see (@\u2060ana), é@\u2060ana"),
    ("Ana <ana@x.org>, 5 @ 3", "Ana <ana@x.org>, 5 @ 3"),
])  # fmt: skip
def test_a_login_in_a_text_mails_nobody(text: str, kept: str) -> None:
    assert wire_out.defused(text) == kept


def test_a_note_is_found_by_its_last_line() -> None:
    comment = CommentDraft("1", Key("IG-7-c1"), None, "said", public=False)
    made = wire_out.note(comment, "said", [])["issue"]
    assert made == {"notes": "said\n\n[ext:IG-7-c1]", "private_notes": True}
    assert wire_out.note_marker({"notes": made["notes"].replace("\n", "\r\n")}) == "IG-7-c1"
    assert wire_out.note_marker({"notes": "[ext:IG-7-c1] and more"}) is None
    assert wire_out.note_marker({"notes": None}) is None


def test_a_marker_is_found_in_field_subject_and_description_and_is_no_part_of_another() -> None:
    assert wire_out.markers(held((1, "IG-7")), "1") == {"IG-7"}
    assert wire_out.markers(held((1, "IG-7")), None) == set()
    assert wire_out.markers(issue(subject="Down [IG-77]"), None) == {"IG-77"}
    described = wire_out.with_marker("b", Key("IG-7"))
    assert wire_out.markers(issue(description=described), "1") == {"IG-7"}
    assert wire_out.markers(issue(description=wire_out.with_marker("", Key("IG-7"))), "1") == {"IG-7"}


def test_what_the_database_refuses_is_not_sent() -> None:
    """NUL is a 500, half a character is no JSON."""
    assert encoded({"a": {"b": ["x\0y", "\ud83d"]}}) == b'{"a":{"b":["x\xef\xbf\xbdy","?"]}}'


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("a.txt", "a.txt"), ("Ärger 报.txt", "Ärger 报.txt"), ("../../etc/passwd", "passwd"),
        ("C:\\win.ini", "win.ini"),
        ('what? "this" <now>|*.log', "what_ _this_ _now_.log"), ("a\r\nb.txt", "a_b.txt"), ("50%.txt", "50_.txt"),
    ],
)  # fmt: skip
def test_a_file_is_called_there_as_a_real_server_calls_it(name: str, there: str) -> None:
    assert wire_out.file_name(name) == there
