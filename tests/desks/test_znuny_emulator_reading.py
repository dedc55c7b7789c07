"""The emulated Znuny, and the running one beside it: what reading tells, what searching passes over, what files and
texts become. How to name the running server stands in test_znuny_emulator.py."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import ClientSession

from syncer.deskkit.emulation import Faults
from syncer.desks.znuny.emulator import ZnunyEmulator
from syncer.sandbox.seed import generate
from tests.desks.serving import served
from tests.desks.test_znuny_emulator import CARRIERS, Site, carried, emulated, file, said

EXTERNAL = "DynamicField_ExternalID"
HTML = "text/html; charset=utf-8"
LONG_AGO, NEVER = "2001-01-01 00:00:00", "2090-01-01 00:00:00"


@pytest.fixture(params=CARRIERS)
async def site(request: pytest.FixtureRequest) -> AsyncIterator[Site]:
    """The emulator, and the running server where there is one."""
    async with carried(request.param) as desk:
        yield desk


async def pair(site: Site, key: str) -> list[str]:
    """Two tickets with keys that begin alike."""
    first = [
        {"Name": "ExternalID", "Value": f"{key}-A1"},
        {"Name": "Tags", "Value": ["red", "blue"]},
        {"Name": "DueOn", "Value": "2024-02-29 10:00:00"},
    ]
    second = [{"Name": "ExternalID", "Value": f"{key}-a11"}]
    titles = {"Title": "Zebra 100% sure"}, {"Title": "Zebra_two", "Priority": "5 very high", "State": "open"}
    return [await site.made(titles[0], DynamicField=first), await site.made(titles[1], DynamicField=second)]


# --- reading


async def test_one_ticket_that_may_not_be_seen_fails_all(site: Site) -> None:
    one, two = await site.made(), await site.made()
    told = await site.ok("POST", "/TicketList", {"TicketID": [two, one, two]})
    assert [str(row["TicketID"]) for row in told["Ticket"]] == [two, one, two]
    told = await site.ok("GET", "/TicketList", TicketID=f"{one}, {two}")
    assert [str(row["TicketID"]) for row in told["Ticket"]] == [one, two]
    gone = {"TicketID": [one, 99_999_999]}
    assert await site.refused("POST", "/TicketList", gone) == "TicketGet.AccessDenied"
    for wrong in ([], [one, "x"], {"a": 1}):
        assert await site.refused("POST", "/TicketList", {"TicketID": wrong}) == "TicketGet.WrongStructure"
    assert await site.refused("POST", "/TicketList") == "TicketGet.MissingParameter"


async def test_articles_come_only_when_asked_and_ordered_only_with_a_limit(site: Site) -> None:
    id = await site.made()
    for body, sender in (("one", "customer"), ("two", "system")):
        await site.change(id, Article=said(Body=body, SenderType=sender))

    async def bodies(**query: Any) -> list[str]:
        told = (await site.ok("GET", f"/Ticket/{id}", **query))["Ticket"][0]
        return [one["Body"] for one in told.get("Article", [])]

    assert await bodies() == []
    assert await bodies(AllArticles=1, ArticleOrder="DESC") == ["Body", "one", "two"]
    assert await bodies(AllArticles=1, ArticleOrder="DESC", ArticleLimit=2) == ["two", "one"]
    assert await bodies(AllArticles=1, ArticleLimit=2) == ["Body", "one"]
    assert await bodies(AllArticles=1, ArticleSenderType="customer") == ["one"]


async def test_extended_tells_when_it_was_closed(site: Site) -> None:
    id = await site.made({"State": "closed successful"})
    told = (await site.ok("GET", f"/Ticket/{id}", Extended=1))["Ticket"][0]
    assert told["Closed"] >= told["Created"]
    assert "Closed" not in await site.kept(id)
    open_ticket = await site.made()
    assert "Closed" not in (await site.ok("GET", f"/Ticket/{open_ticket}", Extended=1))["Ticket"][0]


async def test_only_what_changes_something_moves_the_time_of_change(site: Site) -> None:
    id = await site.made({"Queue": "Raw", "Lock": "unlock"}, DynamicField=[{"Name": "ExternalID", "Value": "q"}])

    async def moves(**body: Any) -> bool:
        before = (await site.kept(id))["Changed"]
        if site.emulator is None:
            await asyncio.sleep(1.1)
        else:
            site.emulator.carrier.clock.advance(2)
        await site.change(id, **body)
        return bool((await site.kept(id))["Changed"] != before)

    same = {"Title": "Emulated", "Queue": "Raw", "State": "new", "Priority": "3 normal", "Lock": "unlock",
            "CustomerUser": "mia.o@example.org"}  # fmt: skip
    assert not await moves()
    assert not await moves(Ticket=same, DynamicField=[{"Name": "ExternalID", "Value": "q"}])
    assert await moves(Article=said(IsVisibleForCustomer=0))
    assert await moves(DynamicField=[{"Name": "ExternalID", "Value": "other"}])
    assert await moves(Ticket={"Title": "Another"})


async def test_time_that_was_worked_adds_up(site: Site) -> None:
    id = await site.made(None, {"TimeUnit": "1.5"})
    await site.change(id, Article=said(TimeUnit=15))
    kept = await site.kept(id)
    assert [one["TimeUnit"] for one in kept["Article"]] == [1.5, 15]
    assert kept["TimeUnit"] == 16.5


# --- searching


async def test_a_key_is_found_by_a_filter_that_is_an_object_whatever_its_case(site: Site) -> None:
    key = uuid4().hex[:8]
    ids = await pair(site, key)
    for filters, found in (
        ({EXTERNAL: {"Equals": f"{key}-A1"}}, [0]),
        ({EXTERNAL: {"Equals": f"{key.upper()}-a1"}}, [0]),
        ({EXTERNAL: {"Equals": [f"{key}-a1", f"{key}-a11"]}}, [0, 1]),
        ({EXTERNAL: {"Like": f"{key}*"}}, [0, 1]),
        ({EXTERNAL: {"Like": f"{key}-a_"}}, []),
        ({EXTERNAL: {"Equals": f"{key}*"}}, []),
        ({"DynamicField": [{"Name": "ExternalID", "Equals": f"{key}-A1"}]}, [0]),
        ({"DynamicField_Tags": {"Equals": "red"}}, [0]),
        ({"DynamicField_DueOn": {"GreaterThanEquals": "2024-01-01 00:00:00"}}, [0]),
        ({"DynamicField_DueOn": {"GreaterThan": LONG_AGO, "SmallerThan": "2024-01-02 00:00:00"}}, []),
        ({"DynamicField_DueOn": {"Empty": 1}}, [1]),
        ({"DynamicField_DueOn": {"Empty": 0}}, [0]),
    ):
        assert sorted(await site.find(ids, **filters)) == found, filters


async def test_a_filter_it_cannot_use_is_passed_over_and_everything_is_found(site: Site) -> None:
    ids = await pair(site, "x")
    several: tuple[dict[str, Any], ...] = (
        {EXTERNAL: "none"}, {EXTERNAL: ["none"]}, {EXTERNAL: {"Equals": ""}}, {EXTERNAL: {"Equals": "*"}},
        {"DynamicField_Nope": {"Equals": "x"}}, {"DynamicField": [{"Name": "Nope", "Equals": "x"}]},
        {"Nope": "x"}, {"Body": "none"}, {"Queues": []}, {"Title": "*"}, {"TicketLastChangeTimeNewerDate": ""},
        {"CustomerUserLoginRaw": "nobody"},
    )  # fmt: skip
    for filters in several:
        assert sorted(await site.find(ids, **filters)) == [0, 1], filters
    told = await site.ok("GET", "/TicketSearch", TicketID=ids, DynamicField_ExternalID="none")
    assert sorted(told["TicketID"]) == sorted(ids)


async def test_a_filter_it_cannot_make_out_finds_nothing_and_does_not_say_so(site: Site) -> None:
    ids = await pair(site, "x")
    changed = "TicketLastChangeTimeNewerDate"
    for filters in (
        {changed: "2024-01-01T00:00:00Z"}, {changed: "2024-01-01"}, {changed: "junk"}, {changed: NEVER},
        {changed: "2024-13-01 00:00:00"}, {changed: "2024-01-01 00:00:00", "TicketLastChangeTimeOlderDate": LONG_AGO},
        {"TicketCreateTimeNewerDate": "junk"}, {EXTERNAL: {"Nope": "x"}}, {"DynamicField_DueOn": {"Equals": "junk"}},
        {"Queues": ["Raw", "Nope"]}, {"Queues": ["raw"]}, {"QueueIDs": ["x"]}, {"States": ["New"]},
        {"StateType": "Open"}, {"Limit": -1}, {"Limit": "x"}, {"SortBy": "TicketID"}, {"OrderBy": "Nope"},
        {"SortBy": ["Changed", "Age"]}, {"Fulltext": "zebra"}, {"MIMEBase_Body": "said"},
    ):  # fmt: skip
        assert await site.find(ids, **filters) == [], filters


async def test_other_filters_do_what_they_say(site: Site) -> None:
    ids = await pair(site, "x")
    for filters, found in (
        ({"Title": "zebra*"}, [0, 1]), ({"Title": "zebra 100% SURE"}, [0]), ({"Title": "zebra"}, []),
        ({"Title": "*two"}, [1]), ({"Title": "zebra 100_sure"}, []),
        ({"CustomerUserLogin": "MIA.o@example.org"}, [0, 1]),
        ({"CustomerUserLogin": "nobody"}, []), ({"Queues": "Raw"}, [0, 1]), ({"Queues": ["Misc"]}, []),
        ({"States": ["open"]}, [1]), ({"StateType": ["open", "closed"]}, [1]), ({"StateType": "new"}, [0]),
        ({"PriorityIDs": [5]}, [1]), ({"Priorities": ["3 normal"]}, [0]), ({"Locks": ["lock"]}, []),
        ({"TicketLastChangeTimeNewerDate": "2024-1-1 0:0:0"}, [0, 1]),
        ({"TicketLastChangeTimeNewerMinutes": 60}, [0, 1]), ({"TicketLastChangeTimeOlderMinutes": 60}, []),
        ({"TicketLastChangeTimeOlderDate": NEVER}, [0, 1]), ({"TicketChangeTimeNewerDate": LONG_AGO}, [0, 1]),
        ({"TicketCreateTimeNewerDate": LONG_AGO}, [0, 1]), ({"TicketCloseTimeNewerDate": LONG_AGO}, []),
        ({"Limit": 0}, [0, 1]),
    ):  # fmt: skip
        assert sorted(await site.find(ids, **filters)) == found, filters


async def test_a_second_is_found_whole_and_what_is_alike_comes_by_its_id(site: Site) -> None:
    ids = [await site.made() for _ in range(4)]
    changed = [(await site.kept(id))["Changed"] for id in ids]
    assert len(await site.find(ids, TicketLastChangeTimeNewerDate=changed[0])) == len(ids)
    for order in ("Up", "Down"):
        found = await site.find(ids, SortBy="Changed", OrderBy=order)
        sign = 1 if order == "Up" else -1
        wanted = sorted(range(4), key=lambda n: (sign * int("".join(filter(str.isdigit, changed[n]))), n))
        assert found == wanted
    assert len(await site.find(ids, Limit=3)) == 3
    assert await site.find(ids, SortBy=["State", "TicketNumber"], OrderBy=["Up", "Down"]) == [3, 2, 1, 0]
    assert await site.ok("POST", "/TicketSearch", {"TicketID": 99_999_999}) == {}


async def test_a_search_has_a_limit_nobody_named() -> None:
    async with emulated(search_limit=3) as desk:
        assert len((await desk.ok("POST", "/TicketSearch"))["TicketID"]) == 3
        assert len((await desk.ok("POST", "/TicketSearch", {"Limit": 5}))["TicketID"]) == 5
        assert (await desk.ok("POST", "/TicketSearch", {"SortBy": "Queue", "Limit": 1}))["TicketID"] == ["101"]


async def test_words_of_articles_are_found_but_not_all_of_them(site: Site) -> None:
    body = f"The wombat jumped over the lazy (dog) fence in 42 zd:123-4 and the wombat {'x' * 31}"
    ids = [await site.made(None, {"Subject": "Quokka", "Body": body, "From": '"Zed" <zed@example.org>'})]
    for words in ("WOMBAT", "omba", "womb*", "wombat jumped", "dog", "zd:123-4", "jumped lazy"):
        assert await site.find(ids, MIMEBase_Body=words) == await site.find(ids, Fulltext=words) == [0], words
    for words in ("the", "over", "42", "(dog)", "jumped over", "xxxxx", "quokka", "zd:123-4 wombat"):
        assert await site.find(ids, MIMEBase_Body=words) == [], words
    assert await site.find(ids, MIMEBase_Subject="quokka", MIMEBase_From="zed", MIMEBase_Body="fence") == [0]
    assert await site.find(ids, MIMEBase_Subject="wombat") == []


async def test_times_are_those_of_the_servers_own_zone_with_its_hour_that_comes_twice() -> None:
    async with emulated(timezone="Europe/Berlin") as desk:
        clock = desk.emulator.carrier.clock
        clock.advance(1_761_438_600 - clock.now())  # 2025-10-26 00:30 UTC: summer, 02:30
        one = await desk.made()
        clock.advance(3_600)
        two = await desk.made()
        assert [(await desk.kept(id))["Created"] for id in (one, two)] == ["2025-10-26 02:30:00"] * 2
        told = [(await desk.kept(id))["Article"][0]["IncomingTime"] for id in (one, two)]
        assert told[1] - told[0] == 3_600
        assert sorted(await desk.find([one, two], TicketLastChangeTimeNewerDate="2025-10-26 02:30:00")) == [0, 1]


async def test_a_clock_that_is_ahead_finds_nothing_whatever_there_is() -> None:
    async with emulated() as desk:
        tables = desk.emulator.tables
        tables.tickets[101].changed = tables.now() + 1_000
        ahead = tables.stamp(tables.now() + 500)
        assert await desk.find(["101"], TicketLastChangeTimeNewerDate=ahead) == []
        desk.emulator.carrier.clock.advance(600)
        assert await desk.find(["101"], TicketLastChangeTimeNewerDate=ahead) == [0]


async def test_search_lags_when_that_is_asked_for() -> None:
    async with emulated() as desk:
        desk.emulator.carrier.set_faults(Faults(search_lag=10))
        id = await desk.made()
        assert await desk.find([id]) == []
        desk.emulator.carrier.clock.advance(11)
        assert await desk.find([id]) == [0]


# --- texts and files


async def test_html_becomes_plain_and_the_original_is_a_file_one_must_ask_for(site: Site) -> None:
    sent = '<p>Hello <b>bold</b>, see <a href="https://x.example/?a=1&amp;b=2">this</a></p><p>' + "word " * 40 + "</p>"
    kept = await site.first({"Body": sent, "ContentType": HTML})
    assert kept["ContentType"] == "text/plain; charset=utf-8"
    assert kept["Body"].startswith("\nHello bold, see [1]this\n\nword word")
    assert kept["Body"].endswith("\n\n[1] https://x.example/?a=1&amp;b=2\n")
    assert max(map(len, kept["Body"].splitlines())) <= 78
    assert "Attachment" not in kept
    [original] = (await site.first({"Body": sent, "ContentType": HTML}, HTMLBodyAsAttachment=1))["Attachment"]
    assert base64.b64decode(original["Content"]).decode() == sent
    assert (original["Filename"], original["ContentType"]) == ("file-2", 'text/html; charset="utf-8"')


async def test_text_that_looks_like_a_tag_is_gone(site: Site) -> None:
    for html, body in (("a < b and c > d", "a  d"), ('<a name="q">lost</a><a href="u">kept</a>', "[1]kept\n\n[1] u\n")):
        assert (await site.first({"Body": html, "ContentType": HTML}))["Body"] == body


async def test_an_image_within_html_becomes_a_file(site: Site) -> None:
    html = '<p>x<img src="data:image/png;base64,iVBORw0KGgo=">y</p>'
    kept = await site.first({"Body": html, "ContentType": HTML}, HTMLBodyAsAttachment=1)
    original, image = kept["Attachment"]
    assert base64.b64decode(image["Content"]) == b"\x89PNG\r\n\x1a\n"
    assert f'src="cid:{image["ContentID"].strip("<>")}"' in base64.b64decode(original["Content"]).decode()
    assert image["Disposition"] == "inline"


async def test_what_is_no_text_becomes_a_file(site: Site) -> None:
    kept = await site.first({"Body": "%PDF", "ContentType": "application/pdf; charset=utf-8"})
    assert kept["Body"] == "- no text message => see attachment -"
    assert [one["Filename"] for one in kept["Attachment"]] == ["unknown"]


async def files(site: Site, *given: dict[str, Any], **query: Any) -> list[tuple[str, str, bytes]]:
    article = (await site.kept(await site.made(Attachment=list(given)), **query))["Article"][0]
    found = article.get("Attachment", [])
    return [(one["FileID"], one["Filename"], base64.b64decode(one["Content"])) for one in found]


async def test_bytes_are_kept_and_names_are_not(site: Site) -> None:
    everything = bytes(range(256))
    assert await files(site, file("a.bin", everything)) == [("1", "a.bin", everything)]
    names = ("..hidden", " sp ace.txt ", "über/../x.txt", "a\nb.txt", "日本語" * 60 + ".txt", "../../etc/passwd")
    found = [name for _, name, _ in await files(site, *(file(name) for name in names))]
    wanted = ["hidden", "sp ace.txt", "über/../x.txt", "ab.txt", "日本語" * 24 + ".txt", "/../etc/passwd"]
    assert sorted(found) == sorted(wanted)
    assert await files(site, file("..")) == [("1", "", b"1")]


async def test_files_of_one_name_get_others_and_come_by_name(site: Site) -> None:
    given = [file("b.txt", b"1"), file("a.txt", b"2"), file("b.txt", b"3"), file("b.txt", b"4")]
    assert await files(site, *given) == [
        ("1", "a.txt", b"2"), ("2", "b-1.txt", b"3"), ("3", "b-2.txt", b"4"), ("4", "b.txt", b"1"),
    ]  # fmt: skip
    many = await files(site, *(file(f"{n:02}.txt") for n in range(12)))
    assert [id for id, _, _ in many] == ["1", "10", "11", "12", "2", "3", "4", "5", "6", "7", "8", "9"]


async def test_a_file_named_like_an_articles_text_is_not_shown(site: Site) -> None:
    assert await files(site, file("file-1", kind="text/plain")) == []
    assert await files(site, file("file-2", kind="text/html")) == []
    assert len(await files(site, file("file-2", kind="text/html"), HTMLBodyAsAttachment=1)) == 1
    assert len(await files(site, file("file-2", kind="text/html", Disposition="attachment"))) == 1
    beside_html = {"Article": said(Body="<p>b</p>", ContentType="text/html; charset=utf8")}
    for disposition, shown in (("", 0), ("inline", 0), ("attachment", 1)):
        given = [file("file-1", kind="text/plain", Disposition=disposition)]
        assert await files(site, *given) == []
        kept = await site.kept(await site.made(**beside_html, Attachment=given))
        assert len(kept["Article"][0].get("Attachment", [])) == shown


async def test_a_files_size_is_a_text_unless_it_is_nothing(site: Site) -> None:
    nonsense = {"Content": "!!!", "ContentType": "Text/Plain; Charset=UTF-8", "Filename": "n"}
    kept = await site.kept(await site.made(Attachment=[file("m", b"12"), nonsense]))
    assert [one["FilesizeRaw"] for one in kept["Article"][0]["Attachment"]] == ["2", 0]
    assert kept["Article"][0]["Attachment"][1]["ContentType"] == "text/plain; charset=utf-8"
    bare = await site.kept(str(kept["TicketID"]), GetAttachmentContents=0)
    assert [one["Content"] for one in bare["Article"][0]["Attachment"]] == ["", ""]


# --- a generated world


async def test_an_ugly_world_is_told_whole() -> None:
    emulator = ZnunyEmulator(generate(7, 120))
    async with served(emulator) as url, ClientSession() as session:
        block = emulator.block(url)
        desk = Site(session, block["base_url"], ("sync", "sandbox-secret"))
        told = await desk.ok("POST", "/TicketSearch", {"SortBy": "TicketNumber", "OrderBy": "Up"})
        kept = {row.id: row for row in emulator.kept()}
        assert told["TicketID"] == sorted(kept, key=lambda id: emulator.tables.tickets[int(id)].number)
        for start in range(0, 120, 40):
            asked = {"TicketID": told["TicketID"][start : start + 40], "AllArticles": 1, "Attachments": 1}
            for row in (await desk.ok("POST", "/TicketList", asked))["Ticket"]:
                one = kept[str(row["TicketID"])]
                assert [article["IncomingTime"] for article in row["Article"][1:]] == [c.at for c in one.comments]
                files = [f for article in row["Article"] for f in article.get("Attachment", [])]
                names = [f["Filename"] or f"unnamed-{f['FileID']}" for f in files]
                assert names == [f.name for held in (one.files, *(c.files for c in one.comments)) for f in held]
    assert emulator.carrier.counts()
