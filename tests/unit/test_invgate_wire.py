"""InvGate's quirks, decoded: contract sections 3.1, 3.2, 7 and 9."""

from __future__ import annotations

import json

import pytest

from syncer.desks.invgate import wire
from syncer.errors import Fatal, Rejected

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
