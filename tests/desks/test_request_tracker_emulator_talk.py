"""What is said on tickets, files with it, and the mails that leave: the emulator, and a live server too."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.desks.request_tracker_site import custom, emulated, site

OCTETS = "application/octet-stream"
NOTE = '{"Content": "text", "ContentType": "text/plain"}'


def inside(name: str, content: bytes, kind: str = OCTETS) -> dict[str, str]:
    """A file within JSON."""
    return {"FileName": name, "FileType": kind, "FileContent": base64.b64encode(content).decode()}


async def test_the_text_of_a_ticket_is_in_its_first_transaction() -> None:
    async with site() as desk:
        id = await desk.ticket(Content="<p>x\r\ny ü</p>\n", ContentType="text/html")
        assert "Content" not in await desk.get(id)
        first = (await desk.history(id))[0]
        (part,) = await desk.parts(int(first["id"]))
    assert first["Type"] == "Create"
    assert (part["ContentType"], part["Parent"]) == ("text/html", "0")
    assert part["bytes"].decode() == "<p>x\ny ü</p>\n"


async def test_a_ticket_without_a_text_has_no_part_and_an_empty_text_is_a_part_without_content() -> None:
    async with site() as desk:
        none, empty = await desk.ticket(), await desk.ticket(Content="")
        assert await desk.parts(int((await desk.history(none))[0]["id"])) == []
        (part,) = await desk.parts(int((await desk.history(empty))[0]["id"]))
    assert (part["ContentType"], part["Content"]) == (OCTETS, None)


async def test_files_make_a_tree_of_parts() -> None:
    async with site() as desk:
        id = await desk.ticket(Content="hi", Attachments=[inside("a.bin", b"\0\1\2")])
        root, text, file = await desk.parts(int((await desk.history(id))[0]["id"]))
    assert (root["ContentType"], root["Content"], root["Parent"]) == ("multipart/mixed", None, "0")
    assert text["Parent"]["id"] == file["Parent"]["id"] == str(root["id"])
    assert (text["ContentType"], text["bytes"], "Filename" in text) == ("text/plain", b"hi", False)
    assert (file["Filename"], file["bytes"]) == ("a.bin", b"\0\1\2")


@pytest.mark.parametrize(("how", "type"), [("comment", "Comment"), ("correspond", "Correspond")])
async def test_a_message_is_a_transaction_of_now_by_whoever_calls(how: str, type: str) -> None:
    async with site() as desk:
        id = await desk.ticket()
        row = await desk.ok("GET", f"/transaction/{await desk.say(id, how, Creator='root', Created='2024-01-01')}")
    assert (row["Type"], row["Creator"]["id"], row["Object"]["id"]) == (type, "sync", str(id))
    assert row["Created"] > "2026"
    assert row["Data"] == "No Subject"


async def test_a_reply_opens_what_was_new_or_over_and_a_comment_does_not() -> None:
    async with site() as desk:
        id = await desk.ticket()
        await desk.say(id)
        assert (await desk.get(id))["Status"] == "new"
        await desk.say(id, "correspond")
        assert (await desk.get(id))["Status"] == "open"
        last = (await desk.history(id))[-1]
        assert (last["Type"], last["Creator"]["id"]) == ("Status", "RT_System")
        await desk.put(id, Status="resolved")
        await desk.say(id, "correspond")
        assert (await desk.get(id))["Status"] == "open"
        await desk.put(id, Status="stalled")
        await desk.say(id, "correspond")
        assert (await desk.get(id))["Status"] == "stalled"


async def test_a_status_in_the_same_call_comes_after_the_opening() -> None:
    async with site() as desk:
        id = await desk.ticket()
        body = {"Content": "x", "ContentType": "text/plain", "TimeTaken": 7, "CustomFields": {"Tags": ["q"]}}
        said = await desk.call("POST", f"/ticket/{id}/correspond", body | {"Status": "resolved"})
        bad = await desk.call("POST", f"/ticket/{id}/comment", body | {"Status": "bogus"})
        ticket = await desk.get(id)
    assert said.body == [
        "Correspondence added", "q added as a value for Tags", "Status changed from 'open' to 'resolved'",
    ]  # fmt: skip
    assert (bad.status, bad.body[-1]) == (201, "Status 'bogus' isn't a valid status for this ticket.")
    assert (ticket["Status"], ticket["TimeWorked"], custom(ticket)["Tags"]) == ("resolved", "14", ["q"])


@pytest.mark.parametrize(
    ("body", "status"),
    [({"Content": ""}, 201), ({}, 201), ({"Content": "x"}, 400), ({"Content": "x", "ContentType": "text/html"}, 201)],
)
async def test_an_empty_message_is_taken_and_a_text_without_its_type_is_not(body: Any, status: int) -> None:
    async with site() as desk:
        said = await desk.call("POST", f"/ticket/{await desk.ticket()}/comment", body)
    assert said.status == status


async def test_a_text_may_be_the_whole_body() -> None:
    async with site() as desk:
        id = await desk.ticket()
        said = await desk.send(f"/ticket/{id}/comment", b"raw text", "text/plain")
        (part,) = await desk.parts(int(said.headers["Location"].rpartition("/")[2]))
        assert part["bytes"] == b"raw text"
        assert (await desk.send(f"/ticket/{id}/comment", b"x", "image/png")).status == 415


@pytest.mark.parametrize("raw", ["{bad", "[]", ""])
async def test_a_message_that_is_no_object_breaks_the_server(raw: str) -> None:
    async with site() as desk:
        said = await desk.send(f"/ticket/{await desk.ticket()}/comment", raw.encode(), "application/json")
    assert (said.status, said.body) == (500, b"")


async def test_a_message_on_a_ticket_there_is_not_is_400() -> None:
    async with site() as desk:
        said = await desk.call("POST", "/ticket/999999999/comment", {"Content": "x", "ContentType": "text/plain"})
    assert (said.status, said.body) == (400, {"message": "Message could not be recorded"})


# Files


@pytest.mark.parametrize("size", [1, 5120, 300_000])
async def test_bytes_come_back_as_they_were(size: int) -> None:
    content = (bytes(range(256)) * (size // 256 + 1))[:size]
    async with site() as desk:
        id = await desk.ticket()
        row = await desk.say(id, Attachments=[inside("a.bin", content)])
        said = await desk.send_form(f"/ticket/{id}/comment", NOTE, ("b.bin", OCTETS, content))
        assert await desk.files(row) == {"a.bin": content}
        assert await desk.files(int(said.headers["Location"].rpartition("/")[2])) == {"b.bin": content}


@pytest.mark.parametrize(
    ("kind", "content", "kept"),
    [
        ("text/plain", b"\xe4\xf6 latin", "äö latin".encode()),
        ("text/plain; charset=iso-8859-1", b"\xe4\r\n", "ä\r\n".encode()),
        ("text/plain; charset=utf-8", "ä\r\nb\n".encode(), "ä\r\nb\n".encode()),
        ("text/plain", "hi".encode("utf-16"), b"hi"),
        ("text/html", "<p>ä</p>".encode(), "<p>ä</p>".encode()),
        (OCTETS, b"\xe4\xf6", b"\xe4\xf6"),
        ("image/png", b"\x89PNG", b"\x89PNG"),
    ],
)
async def test_texts_are_written_anew_in_utf_8(kind: str, content: bytes, kept: bytes) -> None:
    async with site() as desk:
        said = await desk.send_form(f"/ticket/{await desk.ticket()}/comment", NOTE, ("t.txt", kind, content))
        assert await desk.files(int(said.headers["Location"].rpartition("/")[2])) == {"t.txt": kept}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("ä ö.txt", "ä ö.txt"),
        ("🔥.png", "🔥.png"),
        ("b%22c.png", "b%22c.png"),
        ("../../../etc/passwd", "passwd"),
        ("..", ".."),
        ("C:\\boot.ini", "C:\\boot.ini"),
        (";a;b=c'd.txt", ";a;b=c'd.txt"),
        ("日本語" * 30 + ".png", ("日本語" * 30)[:85]),
        ("a =?UTF-8?Q?=C3=A4_?= =?UTF-8?Q?b?=.txt", "a ä b.txt"),
        ("=?ISO-8859-1?q?=E4?= =?x?Q?y?=", "äy"),
        ("=?UTF-8?Q?", "=?UTF-8?Q?"),
    ],
)
async def test_names_of_files_in_a_form(name: str, kept: str) -> None:
    async with site() as desk:
        said = await desk.send_form(f"/ticket/{await desk.ticket()}/comment", NOTE, (name, OCTETS, b"x"))
        assert said.status == 201
        assert await desk.files(int(said.headers["Location"].rpartition("/")[2])) == {kept: b"x"}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("ä.txt", "\ufffd.txt"),
        ("报 🔥ä.txt".encode().decode("latin-1"), "报 🔥ä.txt"),
        ('x"y.txt', 'x"y.txt'),
        ("a/b.txt", "b.txt"),
        (" sp ", " sp "),
        ("=?utf-8?B?w6Q=?=", "ä"),
    ],
)
async def test_names_of_files_within_json(name: str, kept: str) -> None:
    async with site() as desk:
        row = await desk.say(await desk.ticket(), Attachments=[inside(name, b"x")])
        assert await desk.files(row) == {kept: b"x"}


async def test_encoded_words_in_the_name_of_a_new_tickets_file_are_left_as_they_are() -> None:
    async with site() as desk:
        id = await desk.ticket(Attachments=[inside("=?utf-8?B?w6Q=?=", b"x")])
        assert await desk.files(int((await desk.history(id))[0]["id"])) == {"=?utf-8?B?w6Q=?=": b"x"}


@pytest.mark.parametrize("name", ["日本.txt", "🔥.png"])
async def test_a_name_beyond_latin_1_within_json_breaks_the_server(name: str) -> None:
    async with site() as desk:
        id = await desk.ticket()
        body = {"Content": "x", "ContentType": "text/plain", "Attachments": [inside(name, b"x")]}
        said = await desk.call("POST", f"/ticket/{id}/comment", body)
        assert (said.status, said.body) == (500, b"")
        assert await desk.types(id) == ["Create"]


async def test_an_empty_file_cannot_be_sent_in_either_way() -> None:
    async with site() as desk:
        id = await desk.ticket()
        body = {"Content": "x", "ContentType": "text/plain", "Attachments": [inside("e.txt", b"")]}
        said = await desk.call("POST", f"/ticket/{id}/comment", body)
        formed = await desk.send_form(f"/ticket/{id}/comment", NOTE, ("e.txt", OCTETS, b""))
        made = await desk.send_form("/ticket", '{"Queue": "General", "Subject": "x"}', ("e.txt", OCTETS, b""))
    for one in (said, formed, made):
        assert one.status == 400
        assert "FileContent" in one.body["message"]


async def test_a_form_without_json_is_refused_and_with_bad_json_breaks() -> None:
    async with site() as desk:
        id = await desk.ticket()
        said = await desk.send_form(f"/ticket/{id}/comment", "", ("a", OCTETS, b"x"))
        made = await desk.send_form("/ticket", "", ("a", OCTETS, b"x"))
        bad = await desk.send_form(f"/ticket/{id}/comment", "{bad", ("a", OCTETS, b"x"))
    assert (said.status, said.body["message"]) == (400, "JSON is a required field for multipart/form-data")
    assert (made.status, made.body["message"]) == (400, "Json is a required field for multipart/form-data")
    assert (bad.status, bad.body) == (500, b"")


async def test_several_files_of_one_name_are_all_kept() -> None:
    async with site() as desk:
        id = await desk.ticket()
        said = await desk.send_form(f"/ticket/{id}/comment", NOTE, ("x", OCTETS, b"1"), ("x", OCTETS, b"2"))
        parts = await desk.parts(int(said.headers["Location"].rpartition("/")[2]))
    assert [part["bytes"] for part in parts if part.get("Filename")] == [b"1", b"2"]


# Mails


async def test_watchers_are_mailed_and_each_mail_is_on_record() -> None:
    async with site() as desk:
        people = {role: f"emu-{role}-{desk.mark}@example.org".lower() for role in ("Requestor", "Cc", "AdminCc")}
        id = await desk.ticket(**people, Content="hi")
        assert await desk.types(id) == ["Create", *["EmailRecord"] * 3]
        await desk.say(id)
        assert (await desk.types(id))[-2:] == ["Comment", "CommentEmailRecord"]
        await desk.say(id, "correspond")
        assert (await desk.types(id))[-4:] == ["Correspond", "EmailRecord", "EmailRecord", "Status"]
        await desk.put(id, Owner="root")
        assert (await desk.types(id))[-3:] == ["Set", "EmailRecord", "SetWatcher"]
        await desk.put(id, Status="resolved")
        assert (await desk.types(id))[-2:] == ["Status", "EmailRecord"]
        copies = [row for row in await desk.history(id) if row["Type"] == "EmailRecord"]
        assert {row["Creator"]["id"] for row in copies} == {"RT_System"}
        root, *rest = await desk.parts(int(copies[0]["id"]))
    assert (root["ContentType"], [part["ContentType"] for part in rest]) == (
        "multipart/alternative", ["text/plain", "text/html"],
    )  # fmt: skip
    assert f"#{id}] AutoReply: EMU {desk.mark}" in root["Subject"]


async def test_nobody_is_mailed_about_what_they_did_but_of_the_ticket_they_asked_for() -> None:
    async with site() as desk:
        id = await desk.ticket(Requestor="sync", Cc="sync", AdminCc="sync", Owner="sync")
        assert await desk.types(id) == ["Create", "EmailRecord"]
        await desk.say(id)
        await desk.say(id, "correspond")
        assert (await desk.types(id))[2:] == ["Comment", "Correspond", "Status"]


@emulated
async def test_the_mails_that_left_are_counted() -> None:
    async with site() as desk:
        id = await desk.ticket(Requestor="a@example.org", Cc=["b@example.org"], AdminCc="c@example.org")
        await desk.say(id)
        await desk.say(id, "correspond")
        mails = desk.emulator.state()["mails"]
    assert [(mail["to"], mail["cc"], mail["bcc"]) for mail in mails] == [
        (["a@example.org"], [], []),
        ([], [], ["c@example.org"]),
        ([], ["b@example.org"], []),
        ([], [], ["c@example.org"]),
        ([], [], ["c@example.org"]),
        (["a@example.org"], ["b@example.org"], []),
    ]
    assert {mail["ticket"] for mail in mails} == {id}


@emulated
async def test_a_server_without_scrips_mails_nobody_and_opens_nothing() -> None:
    async with site(mails=False, opens_on_reply=False) as desk:
        id = await desk.ticket(Requestor="a@example.org")
        await desk.say(id, "correspond")
        assert await desk.types(id) == ["Create", "Correspond"]
        assert desk.emulator.state()["mails"] == []


async def test_a_file_without_a_type_is_refused_and_a_name_with_an_open_quote_breaks() -> None:
    async with site() as desk:
        id = await desk.ticket()
        untyped = await desk.send_form(f"/ticket/{id}/comment", NOTE, ("a", "", b"x"))
        quoted = await desk.send_form(f"/ticket/{id}/comment", NOTE, ('b"c.png', OCTETS, b"x"))
        escaped = await desk.send_form(f"/ticket/{id}/comment", NOTE, ('b\\"c.png', OCTETS, b"x"))
        nameless = await desk.send_form(f"/ticket/{id}/comment", NOTE, ("", OCTETS, b"x"))
        assert (untyped.status, "FileType" in untyped.body["message"]) == (400, True)
        assert (quoted.status, quoted.body) == (500, b"")
        assert await desk.files(int(escaped.headers["Location"].rpartition("/")[2])) == {'b\\"c.png': b"x"}
        assert await desk.files(int(nameless.headers["Location"].rpartition("/")[2])) == {}


async def test_what_the_server_does_by_itself_is_not_the_last_change_of_anybody() -> None:
    async with site() as desk:
        id = await desk.ticket(Requestor="emu-last@example.org")
        await desk.say(id, "correspond")
        assert (await desk.history(id))[-1]["Creator"]["id"] == "RT_System"
        ticket = await desk.get(id)
    assert ticket["LastUpdatedBy"]["id"] == "sync"
    assert ticket["Told"] > "2026"
