"""The emulated Tikting as a source: what it holds of a world, shows of a ticket, and does while it is read."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from syncer.deskkit.world import SeedComment, SeedFile, SeedPerson, World
from syncer.desks.tikting.emulator import FALLBACK_EMAIL, Account, TiktingEmulator, extended
from syncer.desks.tikting.emulator_accounts import guid_of
from tests.desks.test_tikting_emulator import Caller, calling, small_world

MEMBER = Account(email="rita1@example.org", password="pw", roles=("Member",), permissions=(), groups=(302,))
WORST_NAMES = ["../../etc/passwd", "..", "a;b=c\"d'.txt", "报告 最终版.pdf", "no extension", "C:\\boot.ini"]


def talking_world() -> World:
    """The small world, whose first ticket is told in every way: replies, a private note, images, files, who is gone."""
    world = small_world()
    world.people.append(SeedPerson(name="Gone", lastname="Away", email="gone@example.org", deleted=True))
    gone, ticket = len(world.people) - 1, world.tickets[0]
    ticket.body = '<p>See <img alt="jam.png" src="jam.png"> and <IMG SRC=\'b&amp;w.png\'></p>'
    ticket.files = [
        SeedFile("jam.png", b"inline", inline=True),
        SeedFile("b&w.png", b"grey", inline=True),
        SeedFile("a.bin", bytes(range(256)) * 2000),
    ]
    ticket.comments = [
        SeedComment(2, "<p>Still <b>jammed</b></p>", 1_714_551_000),
        SeedComment(1, "Do not tell them", 1_714_552_000, private=True, files=[SeedFile("secret.txt", b"secret")]),
        SeedComment(gone, '<img src="shot.png">', 1_714_553_000, files=[SeedFile("shot.png", b"shot", inline=True)]),
        SeedComment(0, "Tray cleaned", 1_714_555_000, solution=True),
    ]
    return world


def telling(world: World | None = None, others: tuple[Account, ...] = (), **switches: Any) -> TiktingEmulator:
    return TiktingEmulator(world or talking_world(), switches=extended(**switches), others=others)


async def fetched(caller: Caller, address: str, **headers: str) -> tuple[int, bytes, str]:
    async with caller.client.get(address, headers=caller.headers | headers) as answer:
        return answer.status, await answer.read(), answer.headers.get("Content-Disposition", "")


# --- what is held -------------------------------------------------------------------------------------


async def test_replies_have_author_time_files_and_say_who_may_read_them() -> None:
    async with calling(telling()) as caller:
        replies = (await caller.get("/api/TicketsApi/1001"))[1]["replies"]
        assert [reply["body"] for reply in replies[:2]] == ["<p>Still <b>jammed</b></p>", "Do not tell them"]
        people = [reply["creator"] and reply["creator"]["email"] for reply in replies]
        assert people == ["rita1@example.org", "bo@example.org", None, "ann@example.org"]
        assert [reply["isPrivate"] for reply in replies] == [False, True, False, False]
        assert replies[0]["createdDate"] == "2024-05-01T08:10:00.0000000"
        assert [[file["fileName"] for file in reply["attachments"]] for reply in replies] == [
            [],
            ["secret.txt"],
            ["shot.png"],
            [],
        ]
        assert len({reply["id"] for reply in replies}) == 4


@pytest.mark.parametrize(("flag", "said"), [("isPrivate", True), ("isPublic", False), ("none", None)])
async def test_a_private_reply_says_so_in_either_way_or_in_none(flag: str, said: bool | None) -> None:
    async with calling(telling(reply_flag=flag)) as caller:
        note = (await caller.get("/api/TicketsApi/1001"))[1]["replies"][1]
        assert {name: note[name] for name in note if name.startswith("is")} == ({} if said is None else {flag: said})


async def test_authors_may_be_told_by_id_only() -> None:
    async with calling(telling(reply_author="id", detail="nested")) as caller:
        replies = (await caller.get("/api/TicketsApi/1001"))[1]["comments"]
        assert [reply["creatorId"] for reply in replies[1:3]] == [caller.desk.people.at(1), None]
        assert all("creator" not in reply for reply in replies)


async def test_a_plain_member_gets_no_private_reply() -> None:
    async with calling(telling(others=(MEMBER,))) as caller:
        await caller.log_in(Email=MEMBER.email, Password="pw")
        replies = (await caller.get("/api/TicketsApi/1001"))[1]["replies"]
        assert [reply["id"] for reply in replies] == [1001001, 1001003, 1001004]
        assert "Do not tell them" not in str(replies)


async def test_a_ticket_holds_solution_people_and_when_it_was_done() -> None:
    async with calling(telling(detail="nested")) as caller:
        _, ticket = await caller.get("/api/TicketsApi/1001")
        assert ticket["resolution"] == {"text": "Tray cleaned"}
        assert (ticket["creator"]["email"], ticket["assignee"]["email"]) == ("rita1@example.org", "ann@example.org")
        assert ticket["closedDate"] == "2024-05-01T09:16:40.0000000"
        assert (await caller.get("/api/TicketsApi/1003"))[1]["closedDate"] == "2024-05-01T10:40:00.0000000"
        assert (await caller.get("/api/TicketsApi/1004"))[1]["closedDate"] == "0001-01-01T00:00:00"
        assert (await caller.get("/api/TicketsApi/1004"))[1]["creator"]["email"] == FALLBACK_EMAIL


async def test_who_is_gone_is_nobodys_assignee() -> None:
    world = talking_world()
    world.tickets[1].assignee = len(world.people) - 1
    async with calling(telling(world)) as caller:
        assert (await caller.get("/api/TicketsApi/1002"))[1]["assigneeId"] is None


async def test_a_seventh_requester_with_a_ticket_here_is_known_here() -> None:
    world = talking_world()
    world.tickets[1].requester = 8
    async with calling(telling(world)) as caller:
        assert world.people[8].email == "rita7@example.org"
        assert (await caller.get("/api/TicketsApi/1002"))[1]["creatorId"] == guid_of("rita7@example.org")
    async with calling(telling()) as caller:
        assert guid_of("rita7@example.org") not in caller.desk.people.by_id


async def test_a_title_is_one_line_of_255_characters() -> None:
    world = talking_world()
    world.tickets[1].title = "one\r\n\ttwo " + "x" * 300
    async with calling(telling(world)) as caller:
        title = (await caller.get("/api/TicketsApi/1002"))[1]["title"]
        assert title == ("one two " + "x" * 300)[:255]


async def test_judges_see_replies_people_and_fingerprints() -> None:
    async with calling(telling()) as caller:
        ticket = caller.desk.state()["tickets"][0]
        assert ticket["assignee_email"] == "ann@example.org"
        assert [reply["private"] for reply in ticket["replies"]] == [False, True, False, False]
        assert [reply["author_email"] for reply in ticket["replies"]][1:3] == ["bo@example.org", None]
        secret = ticket["replies"][1]["uploads"][0]
        assert (secret["name"], secret["sha256"]) == ("secret.txt", hashlib.sha256(b"secret").hexdigest())


# --- files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("detail", "files", "key"), [("flat", "attachments", "url"), ("nested", "files", "downloadUrl")]
)
async def test_files_come_byte_for_byte_from_their_addresses(detail: str, files: str, key: str) -> None:
    async with calling(telling(detail=detail)) as caller:
        _, ticket = await caller.get("/api/TicketsApi/1001")
        contents = [(await fetched(caller, file[key]))[:2] for file in ticket[files]]
        assert contents == [(200, b"inline"), (200, b"grey"), (200, bytes(range(256)) * 2000)]
        assert [file["size"] for file in ticket[files]] == [6, 4, 512_000]
        assert len({file["id"] for file in ticket[files]}) == 3


async def test_images_in_texts_are_shown_from_the_address_of_their_file() -> None:
    async with calling(telling()) as caller:
        _, ticket = await caller.get("/api/TicketsApi/1001")
        jam, grey, _ = (file["url"] for file in ticket["attachments"])
        assert ticket["description"] == f'<p>See <img alt="jam.png" src="{jam}"> and <IMG SRC="{grey}"></p>'
        shot = ticket["replies"][2]
        assert shot["body"] == f'<img src="{shot["attachments"][0]["url"]}">'
        assert (await fetched(caller, jam))[1] == b"inline"


async def test_a_file_that_is_not_shown_in_the_text_leaves_the_text_alone() -> None:
    world = talking_world()
    world.tickets[0].files[0].inline = False
    async with calling(telling(world)) as caller:
        assert 'src="jam.png"' in (await caller.get("/api/TicketsApi/1001"))[1]["description"]


@pytest.mark.parametrize(
    ("urls", "begin"),
    [
        ("relative", "/desk/files/"),
        ("absolute", "http://127.0.0.1:"),
        ("internal", "http://tikting-web.internal:8080/desk/"),
    ],
)
async def test_addresses_are_relative_whole_or_of_an_internal_host(urls: str, begin: str) -> None:
    async with calling(telling(file_urls=urls, base_path="/desk")) as caller:
        _, ticket = await caller.get("/api/TicketsApi/1001")
        address = ticket["attachments"][0]["url"]
        assert address.startswith(begin)
        assert f'src="{address}"' in ticket["description"]
        path = address[address.index("/desk/files/") :]
        assert (await fetched(caller, path))[1] == b"inline"


async def test_files_may_have_no_address_and_have_none_where_only_the_documented_is() -> None:
    async with calling(telling(file_urls="none")) as caller:
        assert "url" not in (await caller.get("/api/TicketsApi/1001"))[1]["attachments"][0]
    async with calling(telling(profile="documented")) as caller:
        file = (await caller.get("/api/TicketsApi/1001"))[1]["attachments"][0]
        assert file.keys() == {"id", "fileName", "size"}
        assert (await fetched(caller, f"/files/{file['id']}"))[0] == 404


async def test_a_file_needs_a_token_unless_switched_off_and_ends_with_its_ticket() -> None:
    for needed, status in ((True, 401), (False, 200)):
        async with calling(telling(files_need_token=needed)) as caller:
            address = (await caller.get("/api/TicketsApi/1001"))[1]["attachments"][0]["url"]
            assert (await fetched(caller, address, Authorization=""))[0] == status
            assert (await fetched(caller, "/files/99999"))[0] == 404
            await caller.control("delete", {"id": 1001})
            assert (await fetched(caller, address))[0] == 404


async def test_file_names_harm_nobody_on_their_way() -> None:
    world = talking_world()
    world.tickets[0].files = [SeedFile(name, name.encode()) for name in WORST_NAMES]
    async with calling(telling(world)) as caller:
        files = (await caller.get("/api/TicketsApi/1001"))[1]["attachments"]
        assert [file["fileName"] for file in files] == WORST_NAMES
        for file in files:
            status, content, disposition = await fetched(caller, file["url"])
            assert (status, content) == (200, file["fileName"].encode())
            assert "/" not in disposition
            assert re.fullmatch(r"attachment; filename\*=UTF-8''[\w.%~-]+", disposition)


async def test_of_a_large_upload_only_the_fingerprint_is_left() -> None:
    async with calling(telling(keep_content=10)) as caller:
        for content, status in ((b"x" * 10, 200), (b"x" * 11, 410)):
            form = caller.form(Uploads=content)
            _, body = await caller.send(form)
            file = (await caller.get(f"/api/TicketsApi/{body['id']}"))[1]["attachments"][0]
            assert (await fetched(caller, file["url"]))[0] == status


# --- dates --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("switches", "date"),
    [
        ({"time_zone": "Europe/Berlin"}, "2024-05-01T09:53:20.0000000"),
        ({"time_zone": "Asia/Kolkata", "dates": "offset"}, "2024-05-01T13:23:20.0000000+05:30"),
        ({"time_zone": "America/New_York", "dates": "offset", "fractions": "none"}, "2024-05-01T03:53:20-04:00"),
        ({"time_zone": "Asia/Kolkata", "dates": "z"}, "2024-05-01T07:53:20.0000000Z"),
        ({"fractions": "trimmed"}, "2024-05-01T07:53:20"),
    ],
    ids=str,
)
async def test_dates_are_of_the_instances_zone(switches: dict[str, Any], date: str) -> None:
    async with calling(telling(**switches)) as caller:
        assert (await caller.get("/api/TicketsApi/1002"))[1]["createdDate"] == date
        assert (await caller.rows())[0]["createdDate"] == date


async def test_fractions_have_any_length_and_tell_the_time() -> None:
    async with calling(telling(fractions="varying", time_zone="Europe/Berlin")) as caller:
        zone, lengths = ZoneInfo("Europe/Berlin"), set()
        for _ in range(100):
            _, body = await caller.register()
            date = (await caller.get(f"/api/TicketsApi/{body['id']}"))[1]["createdDate"]
            seconds, _, fraction = date.partition(".")
            lengths.add(len(fraction))
            created = caller.desk.state()["tickets"][-1]["created"]
            told = datetime.fromisoformat(seconds).replace(tzinfo=zone).timestamp() + float(f"0.{fraction or 0}")
            assert -1e-6 <= created - told < 10.0 ** -min(len(fraction), 6) + 1e-6
            assert date == (await caller.rows())[0]["createdDate"]
            if lengths == set(range(10)):
                return
            caller.desk.carrier.clock.advance(1)
        raise AssertionError(lengths)


async def test_no_date_may_be_null() -> None:
    async with calling(telling(no_date="null")) as caller:
        assert (await caller.get("/api/TicketsApi/1002"))[1]["closedDate"] is None


@pytest.mark.parametrize(
    ("rows", "key"), [("flat", "updatedDate"), ("nested", "modifiedOn"), ("labels", "lastUpdated")]
)
async def test_each_layout_of_rows_can_tell_the_last_change(rows: str, key: str) -> None:
    async with calling(telling(rows=rows)) as caller:
        before = (await caller.rows(search="1002"))[0][key]
        assert before == "2024-05-06T12:53:19.0000000"
        assert await caller.control("reply", {"id": 1002, "author": "ann@example.org", "body": "Soon"}) == 200
        after = (await caller.rows(search="1002"))[0][key]
        assert after[:19] == datetime.fromtimestamp(caller.desk.shelf.live[1].updated, UTC).isoformat()[:19]
        assert after > before


# --- during a walk, and who sees what -----------------------------------------------------------------


async def test_what_lay_longest_moves_to_the_front_during_a_walk_by_activity() -> None:
    async with calling(telling(order="activity", move=1)) as caller:
        first, second = await caller.ids(length=2, page=1), await caller.ids(length=2, page=2)
        assert len({*first, *second}) < 4
        caller.desk.switches.move = 0
        assert set(await caller.ids(length=50)) == {1001, 1002, 1003, 1004}


async def test_a_search_moves_nothing() -> None:
    async with calling(telling(order="activity", move=4)) as caller:
        before = [ticket.updated for ticket in caller.desk.shelf.live]
        await caller.ids(search="ZD")
        assert [ticket.updated for ticket in caller.desk.shelf.live] == before


@pytest.mark.parametrize(
    ("presets", "groups", "unassigned"),
    [("own", [1002, 1001], [1002]), ("as_named", [1004, 1003, 1002, 1001], [1004, 1002])],
)
async def test_presets_show_members_their_own_or_what_they_say(
    presets: str, groups: list[int], unassigned: list[int]
) -> None:
    async with calling(telling(others=(MEMBER,), member_presets=presets)) as caller:
        await caller.log_in(Email=MEMBER.email, Password="pw")
        assert await caller.ids(listType="AllTickets") == [1002, 1001]
        assert await caller.ids() == [1002, 1001]
        assert await caller.ids(listType="AllMyGroups") == groups
        assert await caller.ids(listType="UnassignedTickets") == unassigned
        caller.desk.switches.hide_unseen = True
        assert (await caller.get("/api/TicketsApi/1004"))[0] == (200 if presets == "as_named" else 404)


async def test_an_account_of_private_tickets_sees_no_others_in_any_preset() -> None:
    private = Account(email="rita1@example.org", password="pw", permissions=("Tickets.OnlyPrivate",), groups=(302,))
    async with calling(telling(others=(private,), member_presets="as_named")) as caller:
        await caller.log_in(Email=private.email, Password="pw")
        assert await caller.ids(listType="AllMyGroups") == [1002, 1001]


async def test_a_ticket_that_is_opened_again_is_not_closed_any_more() -> None:
    async with calling(telling()) as caller:
        await caller.control("edit", {"id": 1003, "status": 1})
        assert (await caller.get("/api/TicketsApi/1003"))[1]["closedDate"] == "0001-01-01T00:00:00"
        _, body = await caller.register(TicketStatusId="4")
        _, ticket = await caller.get(f"/api/TicketsApi/{body['id']}")
        assert ticket["closedDate"] == ticket["createdDate"]


async def test_nobody_says_anything_on_no_ticket_and_strangers_on_none() -> None:
    async with calling(telling()) as caller:
        assert await caller.control("reply", {"id": 9, "author": "ann@example.org", "body": "x"}) == 400
        assert await caller.control("reply", {"id": 1001, "author": "nobody@example.org", "body": "x"}) == 400
