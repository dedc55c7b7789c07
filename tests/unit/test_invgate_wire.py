"""InvGate's quirks, decoded: contract sections 3.1, 3.2, 7 and 9."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from syncer.desks.invgate import custom, lists, wire
from syncer.errors import Fatal, Rejected
from syncer.log import protect
from syncer.model.lookups import StatusClass

SAMPLES = Path(wire.__file__).parent / "samples"


def sample(name: str) -> bytes:
    return (SAMPLES / f"{name}.json").read_bytes()


def loaded(name: str) -> Any:
    return msgspec.json.decode(sample(name))


ROW = {
    "id": "4711",
    "title": "Printer &amp; noise\nagain",
    "description": "&lt;p&gt;a &amp;amp;lt; b&lt;/p&gt;",
    "status_id": "2",
    "user_id": 301,
    "assigned_id": None,
    "created_at": "1754000100",
    "last_update": 1754003600,
    "closed_at": 0,
    "custom_fields": [],
    "attachments": [],
    "comments": [
        {
            "id": 2,
            "author_id": "9",
            "message": "second",
            "created_at": 5,
            "customer_visible": 0,
            "msg_num": "2",
        },
        {
            "id": 1,
            "author_id": 9,
            "message": "first",
            "created_at": "5",
            "customer_visible": "1",
            "msg_num": 1,
        },
        {"id": 3, "message": "third", "msg_num": 3, "attached_files": [903]},
    ],
}


@pytest.mark.parametrize("shape", [{"4711": ROW}, [ROW], ROW])
def test_a_ticket_reads_the_same_from_dict_list_and_object(shape: object) -> None:
    (row,) = wire.incidents(json.dumps(shape).encode(), "incidents")
    ticket = wire.ticket(row, "https://desk.example")
    assert (ticket.id, ticket.title, ticket.requester) == ("4711", "Printer & noise again", "301")
    assert ticket.values == {"status": "2"}
    assert ticket.created_at is not None
    assert ticket.created_at.isoformat() == "2025-07-31T22:15:00+00:00"
    assert ticket.closed_at is None
    assert ticket.custom == {}


def test_text_is_unescaped_exactly_once() -> None:
    (row,) = wire.incidents(json.dumps([ROW]).encode(), "incidents")
    assert wire.ticket(row, "").body == "<p>a &amp;lt; b</p>"


@pytest.mark.parametrize("name", ["incident", "incident_decoded"])
def test_an_instance_that_escapes_nothing_reads_the_same(name: str) -> None:
    (row,) = wire.incidents(sample(name), name)
    assert wire.ticket(row, "").body == "<p>Paper jams &amp; noise since Monday</p>"
    assert wire.text("<p>1 &lt; 2</p>") == wire.text("&lt;p&gt;1 &amp;lt; 2&lt;/p&gt;")


def test_comments_are_in_order_and_unknown_visibility_is_private() -> None:
    (row,) = wire.incidents(json.dumps([ROW]).encode(), "incidents")
    comments = wire.ticket(row, "").comments
    assert [(c.id, c.public) for c in comments] == [("1", True), ("2", False), ("3", False)]
    assert [f.id for f in comments[2].files] == ["903"]


def test_an_empty_answer_is_no_tickets() -> None:
    assert wire.incidents(b"[]", "incidents") == []


def test_status_error_with_200_is_a_refusal_and_html_is_not_an_answer() -> None:
    with pytest.raises(Rejected, match="No such view"):
        wire.request_ids(b'{"status":"error","info":"No such view"}', "incidents.by.view")
    with pytest.raises(Fatal, match="no JSON"):
        wire.incidents(b"<html>log in</html>", "incidents")


def test_view_rows_come_as_list_or_dict_with_or_without_last_update() -> None:
    rows = {"data": {"1": {"id": "1", "last_update": {"value": "7"}}, "2": {"id": 2}}, "next_page_key": ""}
    assert wire.view_rows(json.dumps(rows).encode(), "view") == ([("1", 7), ("2", None)], None)


# Every shape an instance may answer with: the samples are what the contract shows.


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("incident", "4711"), ("incident_old_version", "4712"), ("incidents", "4711"), ("incidents_list", "4711"),
        ("incidents_empty", None),
    ],
)  # fmt: skip
def test_tickets_come_as_object_list_dict_or_nothing(name: str, id: str | None) -> None:
    tickets = [wire.ticket(row, "https://desk.example") for row in wire.incidents(sample(name), name)]
    if id is None:
        assert tickets == []
        return
    ticket = tickets[0]
    assert (ticket.id, ticket.title) == (id, "Printer on floor 2 jams")
    assert ticket.body == "<p>Paper jams &amp; noise since Monday</p>"
    assert (ticket.requester, ticket.creator, ticket.assignee) == ("301", "9", None)
    assert ticket.values["group"] == "77"
    assert all(type(value) is str for value in ticket.values.values())
    assert ticket.updated_at is not None
    assert ticket.updated_at.utcoffset() is not None


def test_comments_have_the_same_meaning_alone_embedded_and_as_the_manual_says() -> None:
    names = ("comments", "comments_embedded", "comments_as_the_manual_says")
    alone, embedded, manual = (wire.comments(wire.comment_rows(sample(name), name)) for name in names)
    assert [(c.id, c.author, c.body, c.public, c.files) for c in alone[:2]] == [
        (c.id, c.author, c.body, c.public, c.files) for c in embedded
    ]
    assert [c.public for c in alone] == [True, False, True]
    assert manual[0] == alone[0]
    assert [f.id for f in alone[0].files] == ["903"]


def test_a_file_named_under_both_keys_is_not_lost_and_not_doubled() -> None:
    said = {"id": 1, "attached_files": [903, "904"], "attachments": {"905": {"name": "a.txt"}, "904": {"id": 904}}}
    (comment,) = wire.comments(wire.comment_rows(json.dumps([said]).encode(), "comments"))
    assert [f.id for f in comment.files] == ["903", "904", "905"]
    with pytest.raises(Rejected, match="file without an id"):
        wire.files([{"name": "nobody knows"}])


def test_comments_without_a_number_are_told_by_time() -> None:
    rows = [{"id": 2, "created_at": "9"}, {"id": 1, "created_at": 5}, {"id": 3, "created_at": 9, "msg_num": ""}]
    assert [c.id for c in wire.comments(wire.comment_rows(json.dumps(rows).encode(), ""))] == ["1", "2", "3"]


def test_a_ticket_that_shows_no_comments_is_told_from_one_that_has_none() -> None:
    silent, empty = wire.incidents(b'[{"id": 1}, {"id": 2, "comments": []}]', "incidents")
    assert silent.comments is msgspec.UNSET
    assert empty.comments == []
    assert wire.ticket(silent, "").comments == wire.ticket(empty, "").comments == ()


def test_custom_values_are_told_by_their_shape_and_their_texts_are_decoded_once() -> None:
    values = {"72": {"46F4F3AC": "R&amp;D"}, "80": 1754006400, "81": "a &amp;lt; b", "82": ["x&#039;s", 7, None]}
    nothing: dict[str, Any] = {"83": "", "84": None, "85": {}, "86": []}
    assert custom.typed(values | nothing, {}) == {
        "72": ("R&D",),
        "80": 1754006400,
        "81": "a &lt; b",
        "82": ("x's", "7"),
    }


@pytest.mark.parametrize(
    ("type_name", "raw", "value"),
    [
        ("Date", "1754006400", date(2025, 8, 1)),
        ("Fecha y hora", 1754006460, datetime(2025, 8, 1, 0, 1, tzinfo=UTC)),
        ("Numeric", "12.50", 12.5),
        ("Numeric", "12", 12),
        ("Numeric", "a dozen", "a dozen"),
        ("Checkbox", "1", True),
        ("Date", "soon", "soon"),
        ("Text", "1754006400", "1754006400"),
    ],
)
def test_a_custom_value_is_read_by_the_type_of_its_field_and_written_back_the_same(
    type_name: str, raw: Any, value: Any
) -> None:
    assert custom.typed({"7": raw}, {"7": custom.form(type_name)}) == {"7": value}
    assert custom.is_kept(raw, value, "7")
    assert not custom.is_kept("something else", value, "7")


def test_chosen_options_are_written_by_their_keys() -> None:
    assert custom.told(("72/AB", "72/CD"), "72") == ["AB", "CD"]
    assert custom.is_kept({"CD": "Sales", "AB": "Finance"}, ("72/AB", "72/CD"), "72")
    assert not custom.is_kept({"AB": "Finance"}, ("72/AB", "72/CD"), "72")


@pytest.mark.parametrize("value", [0, "0", "", None, False, "soon", 10**15, "-99999999999999", "99999999999999999999"])
def test_what_is_no_time_is_none_and_breaks_nothing(value: Any) -> None:
    assert wire.moment(value) is None


@pytest.mark.parametrize(
    ("name", "rows", "more"),
    [
        ("details_by_view", [("4711", 1754003600)], True),
        ("details_by_view_dict", [("4711", 1754003600)], False),
        ("details_by_view_only_ids", [("4711", None), ("4712", None)], False),
        ("details_by_view_empty", [], False),
    ],
)
def test_a_view_page_is_read_in_every_shape(name: str, rows: list[Any], more: bool) -> None:
    found, key = wire.view_rows(sample(name), name)
    assert found == rows
    assert (key is not None) == more


def test_a_view_row_takes_its_id_from_the_key_of_the_dict() -> None:
    assert wire.view_rows(b'{"data": {"7": {"last_update": 5}, "8": null}}', "view") == ([("7", 5)], None)


@pytest.mark.parametrize("name", ["incidents_by_view", "incidents_by_status"])
def test_id_lists_are_strings_whatever_they_came_as(name: str) -> None:
    assert wire.request_ids(sample(name), name) == ["4711", "4712"]


@pytest.mark.parametrize("name", ["error_in_200", "incidents_by_status_without_status"])
def test_an_error_in_200_is_a_refusal_for_each_reader(name: str) -> None:
    for read in (wire.incidents, wire.request_ids, wire.view_rows, wire.comment_rows, wire.plain):
        with pytest.raises(Rejected) as refused:
            read(sample(name), name)
        assert refused.value.reason == "status_error"


def test_a_desk_s_words_are_redacted_before_they_are_shown() -> None:
    protect(["s3cret-value"])
    for body in (b'{"status": "ERROR", "error": "s3cret-value \\u001b[2J"}', b"no s3cret-value\x1b[2J"):
        with pytest.raises((Rejected, Fatal)) as refused:
            wire.plain(body, "call")
        assert "s3cret" not in refused.value.message
        assert "\x1b" not in refused.value.message


def test_lists_are_read_from_rows_a_dict_and_a_single_object() -> None:
    assert [r["id"] for r in wire.records(loaded("helpdesk"))] == [70]
    assert [r["id"] for r in wire.records(loaded("helpdesks"))] == [70]
    assert wire.records(loaded("groups_empty")) == []
    assert [r["id"] for r in wire.records({"5": {"name": "a"}, "6": {"id": "6"}, "7": None})] == ["5", "6"]


@pytest.mark.parametrize("language", ["status", "status_es"])
def test_a_status_has_its_class_by_its_id_in_any_language(language: str) -> None:
    open_, pending, resolved, closed = (StatusClass(name) for name in ("open", "pending", "resolved", "closed"))
    classes = {status.id: status.status_class for status in lists.named("status", loaded(language))}
    assert classes == {
        "1": open_, "2": open_, "3": pending, "4": pending, "5": resolved, "6": closed, "7": closed, "8": closed,
    }  # fmt: skip


def test_trees_give_their_paths_with_parents_as_numbers_and_strings() -> None:
    paths = {v.id: v.path for v in lists.tree("category", loaded("categories"), "parent_category_id")}
    assert paths == {"50": ("Hardware",), "55": ("Hardware", "Printers")}
    paths = {v.id: v.path for v in lists.tree("location", loaded("locations"), "parent_id")}
    assert paths == {"12": ("HQ",), "13": ("HQ", "Floor 2")}


def test_a_level_has_its_help_desk_s_name() -> None:
    (level,) = lists.levels(loaded("helpdesksandlevels"))
    assert (level.id, level.name, level.parent, level.active) == ("77", "IT", "70", True)


def test_people_are_read_with_escaped_addresses_and_flags_as_strings() -> None:
    gone = lists.person(loaded("user_deleted"))
    assert (gone.id, gone.active) == ("305", False)
    row = {
        "id": 1,
        "name": "Ann",
        "lastname": "O&#039;Neil",
        "email": "ann.o&#039;neil@example.org",
        "is_disabled": "0",
    }
    ann = lists.person(row)
    assert (ann.name, ann.email, ann.active) == ("Ann O'Neil", "ann.o'neil@example.org", True)


def test_options_of_lists_and_trees_have_paths_and_keys() -> None:
    types = {str(row["id"]): row["name"] for row in loaded("cf_fields_types")}
    area, order = loaded("cf_fields_all")
    field = lists.custom_field(area, "list", "List")
    assert (field.form, lists.custom_field(order, "plain", "Text").form) == ("choices", "text")
    assert lists.field_kind(area, types, {}) == "list"
    assert lists.field_kind(order, types, {}) == "plain"
    assert lists.field_kind(order, types, {"Text": "tree"}) == "tree"
    assert lists.field_kind({"type": "árbol"}, types, {}) == "tree"
    found = {v.id: v.path for v in lists.options(field, "list", loaded("cf_options_list"))}
    assert found == {"72/46F4F3AC": ("Area", "Finance"), "72/0A1B2C3D": ("Area", "Sales")}
    assert list(lists.options(field, "list", loaded("cf_options_list_empty"))) == []
    assert list(lists.options(field, "tree", [])) == []
    tree = {v.id: v.path for v in lists.options(field, "tree", loaded("cf_options_tree"))}
    assert tree == {
        "72/EU": ("Area", "Europe"),
        "72/9F00AA02": ("Area", "Europe", "Spain"),
        "72/AM": ("Area", "America"),
        "72/9F00AA04": ("Area", "America", "Chile"),
    }
