"""RT's JSON, as a running server gave it: read into tickets, and what is written in its form."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from syncer.deskkit.contract import Download
from syncer.desks.request_tracker import times, wire, wire_custom, wire_out, wire_talk
from syncer.desks.request_tracker.config import RequestTrackerConfig
from syncer.desks.request_tracker.wire_custom import Field
from syncer.desks.request_tracker.wire_out import Place
from syncer.desks.request_tracker.wire_talk import Moves, Part, Said
from syncer.errors import ConfigError, Rejected
from syncer.model.draft import CommentDraft, Draft
from syncer.model.ids import Key, TicketId, Version
from syncer.model.lookups import LookupValue, StatusClass
from syncer.model.ticket import File, TicketLink

TOKEN = "1-27-0123456789abcdef0123456789abcdef"
NEVER = "1970-01-01T00:00:00Z"
FIELDS = {
    "2": Field("2", "External ID", "Freeform", True),
    "3": Field("3", "Severity", "Select", True),
    "4": Field("4", "Tags", "Freeform", False),
    "5": Field("5", "Due On", "DateTime", True),
    "6": Field("6", "Bought", "Date", True),
    "7": Field("7", "Photo", "Image", True),
}
SAID = Moves(first=Said("<p>It burns</p>", (File("31"),)), comments=[], times=[], version="413")


def config(**more: Any) -> RequestTrackerConfig:
    block = {"name": "rt", "base_url": "https://rt.example.org", "auth": {"token": TOKEN}, **more}
    return RequestTrackerConfig.model_validate(block)


def user(name: str) -> dict[str, str]:
    return {"type": "user", "id": name, "_url": f"https://rt.example.org/REST/2.0/user/{name}"}


def custom(id: str, name: str, *values: Any) -> dict[str, Any]:
    return {"id": id, "name": name, "type": "customfield", "values": list(values)}


def link(ref: str, id: str) -> dict[str, str]:
    return {"ref": ref, "id": id, "type": "ticket"}


def row(**more: Any) -> dict[str, Any]:
    return {
        "id": "8", "Type": "ticket", "Subject": "Printer  is down", "Status": "open", "Priority": "60",
        "Queue": {"type": "queue", "id": "3"}, "Owner": user("Nobody"), "Creator": user("sync"),
        "Requestor": [user("ana@x.org")], "Cc": [], "AdminCc": [], "Created": "2026-11-30T20:18:07Z",
        "LastUpdated": "2026-11-30T20:23:11Z", "Resolved": NEVER, "EffectiveId": "8", "CustomFields": [],
        "_hyperlinks": [], **more,
    }  # fmt: skip


def ticket(**more: Any) -> Any:
    return wire.Reader(config(tag_field="Tags")).ticket(row(**more), SAID, FIELDS)


# --- tickets


def test_a_ticket_is_read_whole() -> None:
    found = ticket(
        Owner=user("agent"),
        CustomFields=[custom("2", "External ID", "IG-1"), custom("3", "Severity", "high"),
                      custom("4", "Tags", "vpn", "wlan"), custom("5", "Due On", "2026-05-05T10:00:00Z"),
                      custom("6", "Bought", "2026-05-05")],
        _hyperlinks=[link("self", "8"), link("parent", "5"), {"ref": "refers-to", "type": "external"},
                     {"ref": "refers-to", "type": "asset", "id": "77"}],
    )  # fmt: skip
    assert (found.id, found.number, found.title, found.body) == ("8", "#8", "Printer is down", "<p>It burns</p>")
    assert found.values == {"status": "open", "queue": "3", "priority": "50"}
    assert (found.requester, found.creator, found.assignee) == ("ana@x.org", "sync", "agent")
    assert found.created_at == datetime(2026, 11, 30, 20, 18, 7, tzinfo=UTC)
    assert (found.closed_at, found.version, found.tags) == (None, "413", ("vpn", "wlan"))
    assert found.url == "https://rt.example.org/Ticket/Display.html?id=8"
    assert found.links == (TicketLink(TicketId("5"), "parent"),)
    assert found.files == (File("31"),)
    assert found.custom == {
        "3": ("high",), "5": datetime(2026, 5, 5, 10, 0, tzinfo=UTC), "6": date(2026, 5, 5),
    }  # fmt: skip


def test_nobody_works_on_a_ticket_of_nobody_and_groups_are_no_people() -> None:
    found = ticket(Requestor=[], Cc=[{"type": "group", "id": "77"}, user("cc@x.org")])
    assert (found.requester, found.assignee, found.cc) == (None, None, ("cc@x.org",))


def test_of_several_who_ask_the_others_are_told() -> None:
    found = ticket(Requestor=[user("a"), user("b")], Cc=[user("c"), user("b")], AdminCc=[user("d")])
    assert (found.requester, found.cc) == ("a", ("b", "c", "d"))


@pytest.mark.parametrize(("number", "id"), [("0", "0"), ("49", "0"), ("50", "50"), ("99", "50"), ("120", "100")])
def test_a_priority_between_two_names_is_the_lower_one_as_rt_shows_it(number: str, id: str) -> None:
    assert ticket(Priority=number).values["priority"] == id


def test_a_ticket_that_is_open_again_is_not_closed_whatever_its_time_says() -> None:
    closed = "2026-11-30T20:23:11Z"
    assert ticket(Resolved=closed).closed_at is None
    assert ticket(Resolved=closed, Status="resolved").closed_at == times.moment(closed)
    assert ticket(Resolved=closed, Status="of a lifecycle of our own").closed_at == times.moment(closed)


def test_a_link_is_told_once_in_its_strongest_sense() -> None:
    both = ticket(_hyperlinks=[link("refers-to", "9"), link("child", "9"), link("depended-on-by", "9")])
    assert both.links == (TicketLink(TicketId("9"), "child"),)


def test_something_else_of_the_same_number_is_no_ticket() -> None:
    shown = row(_hyperlinks=[link("parent", "9"), {"ref": "refers-to", "type": "asset", "id": "9"}])
    assert wire.refs(shown, "9") == {"parent"}


def test_a_file_in_a_field_is_told_by_its_name() -> None:
    photo = {"content_type": "image/png", "filename": "desk.png", "_url": "https://rt.example.org/x"}
    assert ticket(CustomFields=[custom("7", "Photo", photo)]).custom == {"7": "desk.png"}


def test_a_field_nobody_listed_is_read_as_words() -> None:
    assert ticket(CustomFields=[custom("99", "New", "a"), custom("98", "More", "a", "b")]).custom == {
        "99": "a", "98": ("a", "b"),
    }  # fmt: skip


def test_no_page_passes_for_an_empty_list() -> None:
    for body in (b"<html>log in</html>", b"", b"[]", b'{"message": "no"}', b'{"items": [{"Subject": "x"}]}'):
        with pytest.raises(ConfigError):
            wire.listed(body, "rt")
    assert wire.listed(b'{"items": [], "total": 0, "page": 1, "pages": 0.0}', "rt").total == 0


@pytest.mark.parametrize("value", [NEVER, "", None, 5, "soon"])
def test_what_is_no_time_is_none(value: Any) -> None:
    assert times.moment(value) is None


def test_rts_own_users_are_none_of_the_people() -> None:
    assert wire.person({"Name": "Nobody"}) is None
    assert wire.person({"Name": "RT_System"}) is None
    found = wire.person({"Name": "ana", "EmailAddress": "ana@x.org", "RealName": "", "Disabled": "1"})
    assert found == LookupValue("person", "ana", "ana@x.org", active=False, email="ana@x.org", username="ana")


# --- what was said


def move(id: int, type: str, on: str = "8", **more: Any) -> wire_talk.Move:
    base = {"id": str(id), "Type": type, "ObjectId": on, "Creator": user("ana"), "Created": "2026-11-30T20:18:07Z"}
    return wire_talk.move({**base, "TimeTaken": "0", **more})


HUNG = {1: Said("first"), 2: Said("public"), 3: Said("private"), 5: Said("what is this"), 7: Said("mail")}


def test_only_correspondence_is_public() -> None:
    found = wire_talk.moves(
        "8",
        [move(5, "Of An Extension"), move(3, "Comment"), move(2, "Correspond"), move(1, "Create"), move(4, "Status")],
        HUNG,
    )
    assert found.first.html == "first"
    assert [(one.id, one.body, one.public) for one in found.comments] == [
        ("2", "public", True), ("3", "private", False), ("5", "what is this", False),
    ]  # fmt: skip


def test_a_word_of_which_nobody_says_what_it_is_is_private() -> None:
    found = wire_talk.moves("8", [move(1, ""), move(2, ""), move(3, "")], HUNG)
    assert (found.first.html, {one.public for one in found.comments}) == ("first", {False})


def test_the_first_words_of_a_merged_ticket_are_said_on_the_other_one() -> None:
    found = wire_talk.moves("8", [move(1, "Create"), move(2, "Create", on="7"), move(4, "AddLink", on="7")], HUNG)
    assert [(one.body, one.public) for one in found.comments] == [("public", True)]
    assert found.version == "1", "what happened to the other one is no change of this one"


def test_a_copy_of_a_mail_is_neither_said_nor_a_change() -> None:
    found = wire_talk.moves("8", [move(1, "Create"), move(7, "EmailRecord")], HUNG)
    assert (found.comments, found.version) == ([], "1")


def test_a_history_without_its_beginning_is_not_read() -> None:
    with pytest.raises(Rejected, match="beginning"):
        wire_talk.moves("8", [move(2, "Correspond")], HUNG)


def test_work_is_read_with_who_did_it() -> None:
    found = wire_talk.moves(
        "8", [move(1, "Create"), move(2, "Comment", TimeTaken="7"), move(3, "Set", TimeTaken="-5")], HUNG
    )
    assert [(one.id, one.author, one.seconds) for one in found.times] == [("2", "ana", 420)]


def part(id: int, type: str, name: str = "", size: int = 5, content: str = "") -> Part:
    return Part(id, 1, type, name, size, content)


def test_a_message_is_its_texts_and_its_files() -> None:
    found = wire_talk.said([
        part(4, "application/pdf", "a.pdf"), part(1, "multipart/mixed", size=0), part(3, "text/plain", "log.txt"),
        part(2, "text/html", content="<p>hi</p>"), part(5, "application/octet-stream", size=0),
        part(6, "text/plain", content="1 < 2\nthe end"),
    ])  # fmt: skip
    assert found == Said("<p>hi</p><br>1 &lt; 2<br>the end", (File("3", "log.txt", 5), File("4", "a.pdf", 5)))


def test_a_file_of_which_rt_tells_no_size_has_none() -> None:
    assert wire_talk.said([part(4, "image/png", "a.png", size=-1)]).files == (File("4", "a.png"),)


def test_of_two_ways_to_say_the_same_the_one_with_markup_is_read() -> None:
    found = wire_talk.said([
        part(1, "multipart/alternative", size=0), part(2, "text/plain", content="hi"),
        part(3, "text/html", content="<p>hi</p>"), part(4, "image/png"),
    ])  # fmt: skip
    assert found == Said("<p>hi</p>", (File("4", "", 5),))


def test_an_attachment_tells_its_size_and_by_what_name_texts_show_it() -> None:
    headers = "MIME-Version: 1.0\nContent-ID: <logo@x.org>\nContent-Length: 512"
    found = wire_talk.part(
        {"id": "9", "TransactionId": "1", "ContentType": "Image/PNG", "Filename": "l.png", "Headers": headers}
    )
    assert (found.size, found.type) == (512, "image/png")
    assert wire_talk.content_id(headers) == "logo@x.org"
    with pytest.raises(Rejected):
        wire_talk.part({"id": "9"})
    with pytest.raises(Rejected):
        wire_talk.move({"id": "9", "ObjectId": ""})


# --- lists


def test_many_texts_are_choices_of_any_words() -> None:
    forms = {field.name: field.form for field in FIELDS.values()}
    assert forms == {
        "External ID": "text", "Severity": "choice", "Tags": "choices", "Due On": "datetime", "Bought": "date",
        "Photo": "text",
    }  # fmt: skip
    assert not wire_custom.lookup(FIELDS["7"]).active, "nothing can be written into a field of files"


@pytest.mark.parametrize("values", [["high", "low"], [{"name": "high", "category": ""}, {"name": "low"}, {}]])
def test_an_option_is_known_by_its_word(values: list[Any]) -> None:
    found = list(wire_custom.options(FIELDS["3"], {"Values": values}))
    assert [(one.id, one.name, one.parent) for one in found] == [("3/high", "high", "3"), ("3/low", "low", "3")]
    assert wire_custom.told("3", ("3/high", "any word")) == ["high", "any word"]


# --- what is written


def draft(**more: Any) -> Draft:
    base: dict[str, Any] = {
        "source_id": TicketId("1"), "version": Version("1"), "key": Key("IG-1"), "title": "Printer", "body": "<p>x</p>",
        "fields": {"requester": "ana@x.org", "assignee": "agent", "queue": "3", "status": "resolved", "priority": "50"},
    }  # fmt: skip
    return Draft(**{**base, **more})


PLACE = Place("3", marker="2", tags="4", created="5")


def test_a_ticket_is_made_without_people() -> None:
    """RT would mail them about it, and about all that is said then."""
    made = wire_out.new_ticket(draft(cc=("cc@x.org",), tags=("vpn",), custom={"3": "3/high"}), PLACE, config())
    assert made == {
        "Queue": "3", "Subject": "Printer", "Content": "<p>x</p>", "ContentType": "text/html", "Priority": "50",
        "Status": "resolved", "CustomFields": {"3": "high", "2": "IG-1", "4": ["vpn"]},
    }  # fmt: skip


def test_times_are_told_in_the_one_form_rt_reads_whole() -> None:
    told = draft()
    told = replace(told, fields={**told.fields, "closed_at": "2021-02-03 04:05:06 UTC", "created_at": "1600000000"})
    made = wire_out.new_ticket(told, PLACE, config(native_created=True))
    assert (made["Resolved"], made["Created"]) == ("2021-02-03 04:05:06", "2020-09-13 12:26:40")
    assert made["CustomFields"]["5"] == "2020-09-13 12:26:40"
    assert "Created" not in wire_out.new_ticket(told, PLACE, config())
    still_open = replace(told, fields={**told.fields, "status": "open"})
    assert "Resolved" not in wire_out.new_ticket(still_open, PLACE, config())


def test_a_public_word_brings_the_status_along_which_it_would_change() -> None:
    said = CommentDraft("7", Key("IG-1-c7"), None, "<p>hi</p>", True)
    assert wire_out.message(said, "resolved") == {
        "Content": "<p>hi</p><p>[ext:IG-1-c7]</p>", "ContentType": "text/html", "Status": "resolved",
    }  # fmt: skip
    assert "Status" not in wire_out.message(replace(said, public=False), "resolved")


def test_a_marker_is_only_what_stands_at_the_end() -> None:
    assert wire_out.text_marker("<p>hi</p><p>[ext:IG-1-c7]</p>\n") == "IG-1-c7"
    assert wire_out.text_marker("<p>[ext:IG-1-c7] was said before</p>") is None


def test_a_marker_is_looked_for_in_its_field_alone_and_else_in_the_title() -> None:
    held = row(Subject="x [IG-2]", CustomFields=[custom("2", "External ID", "IG-1"), custom("9", "Else", "IG-3")])
    assert wire_out.markers(held, "External ID") == {"IG-1"}
    assert wire_out.markers(held, None) == {"IG-2"}
    assert wire_out.with_marker([Key("A-1"), Key("A-2")], "External ID") == (
        "'CF.{External ID}' = 'A-1' OR 'CF.{External ID}' = 'A-2'"
    )


@pytest.mark.parametrize("name", ["it's", "a}b", 'a"b', "a\\b", " "])
def test_a_field_whose_name_would_break_a_query_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        config(marker_field=name)


def test_deleted_is_no_status_of_a_ticket_that_is_there() -> None:
    with pytest.raises(ValidationError):
        config(statuses={"new": "open", "Deleted": "closed"})
    assert config(statuses={"New": "open"}).statuses == {"new": StatusClass.OPEN}


def test_a_file_goes_as_bytes_but_images_that_rt_shows() -> None:
    def sent(kind: str) -> str:
        return wire_out.as_sent(Download("a", kind, 1, content=b"x")).content_type

    assert [sent(kind) for kind in ("text/plain", "image/svg+xml", "message/rfc822", "image/png")] == [
        "application/octet-stream", "application/octet-stream", "application/octet-stream", "image/png",
    ]  # fmt: skip


def test_an_empty_file_travels_in_json_under_a_name_that_rt_reads_right() -> None:
    (made,) = wire_out.inline([Download("Ärger 🔥.log", "x/y", 0, content=b"")])
    assert made["FileContent"] == "\n", "RT takes no content for no file"
    assert made["FileName"].encode("latin-1").decode() == "Ärger 🔥.log"


# --- read back


def test_what_did_not_stick_is_seen() -> None:
    told = draft(custom={"3": "3/high"}, tags=("b", "a"))
    there = [custom("3", "Severity", "high"), custom("2", "External ID", "IG-1"), custom("4", "Tags", "a", "b")]
    kept = row(Subject="Printer", Priority="50", CustomFields=there)
    assert list(wire_out.not_kept(kept, told, PLACE)) == []
    lost = row(Subject="Print", Priority="0", Queue={"id": "1"}, CustomFields=[custom("3", "Severity")])
    assert list(wire_out.not_kept(lost, told, PLACE)) == [
        "title", "queue", "priority", "custom field 3", "custom field 2", "custom field 4",
    ]  # fmt: skip


def test_a_moment_is_the_same_in_either_form() -> None:
    told = draft(custom={"5": datetime(2026, 5, 5, 10, 0, tzinfo=UTC)})
    place = Place("3")
    assert wire_out.unlike(row(CustomFields=[custom("5", "Due On", "2026-05-05T10:00:00Z")]), told, place) == {}
    off = wire_out.unlike(row(CustomFields=[custom("5", "Due On", "2026-05-05T14:00:00Z")]), told, place)
    assert off == {"5": ["2026-05-05T14:00:00Z"]}


def test_a_moment_that_is_off_by_the_time_zone_of_the_api_user_is_written_that_much_earlier() -> None:
    assert wire_out.shifted("2026-05-05 10:00:00", ["2026-05-05T14:00:00Z"]) == "2026-05-05 06:00:00"
    assert wire_out.shifted("2026-05-05 10:00:00", ["2026-05-09T14:00:00Z"]) is None
    assert wire_out.shifted("high", ["low"]) is None
    assert wire_out.shifted("2026-05-05 10:00:00", []) is None
