"""Worlds: the same for the same arguments, ugly where they should be, and readable from CSV."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncer.deskkit.world import SeedComment, SeedFile, SeedTicket, World
from syncer.errors import ConfigError
from syncer.sandbox.prose import STATUSES
from syncer.sandbox.seed import from_csv, generate


@pytest.fixture(scope="module")
def world() -> World:
    return generate(1, 2_000)


def comments(world: World) -> list[SeedComment]:
    return [comment for ticket in world.tickets for comment in ticket.comments]


def files(world: World) -> list[SeedFile]:
    return [file for ticket in world.tickets for file in ticket.files]


def has(world: World, *fragments: str) -> bool:
    return all(any(part in t.title + t.body for t in world.tickets) for part in fragments)


def check_references(world: World) -> None:
    """Everything a ticket names is in the world's lists, and its times make sense."""
    people = range(-1, len(world.people))
    for ticket in world.tickets:
        assert {ticket.requester, ticket.creator} <= set(people)
        assert ticket.assignee is None or ticket.assignee in people
        assert ticket.category in world.categories
        assert ticket.queue in world.queues
        assert ticket.location is None or ticket.location in world.locations
        assert ticket.status in STATUSES
        for name, value in ticket.custom.items():
            assert not world.custom[name] or value in world.custom[name]
        times = [ticket.created, *(comment.at for comment in ticket.comments), ticket.updated]
        assert times == sorted(times)
        assert ticket.closed in (None, ticket.updated)
        assert all(comment.author in people for comment in ticket.comments)


@settings(max_examples=15)
@given(st.integers(), st.integers(0, 200))
def test_the_same_arguments_give_the_same_world(seed: int, tickets: int) -> None:
    world = generate(seed, tickets)
    assert world == generate(seed, tickets)
    assert len(world.tickets) == tickets


def test_another_seed_gives_another_world() -> None:
    assert generate(1, 50).tickets != generate(2, 50).tickets


@settings(max_examples=15)
@given(st.integers(), st.integers(0, 300))
def test_every_reference_leads_somewhere_and_times_are_in_order(seed: int, tickets: int) -> None:
    check_references(generate(seed, tickets))


def test_a_small_world_has_all_statuses() -> None:
    assert {ticket.status for ticket in generate(9, 8).tickets} == set(STATUSES)


def test_texts_come_in_all_scripts_and_with_markup(world: World) -> None:
    assert has(world, "漢字", "שלום", "الطابعة", "👩🏽‍💻", "Cafe\u0301", "<script>", "&amp;lt;", "<img src=", "<table>")


def test_bodies_are_empty_and_64_kb_long(world: World) -> None:
    sizes = {len(ticket.body) for ticket in world.tickets}
    assert {0, 65_536} <= sizes


def test_titles_are_long_broken_and_like_formulas(world: World) -> None:
    titles = [ticket.title for ticket in world.tickets]
    assert max(map(len, titles)) == 300
    assert any("\r\n" in title for title in titles)
    assert {"=", "+", "-", "@", "\t"} <= {title[0] for title in titles}
    assert all(titles)


def test_no_character_is_one_that_json_html_or_a_database_refuses(world: World) -> None:
    texts = [t.title + t.body for t in world.tickets] + [c.body for c in comments(world)]
    seen = set("".join(texts))
    control = {c for c in seen if ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000}
    assert control <= set("\t\n\f\r")
    assert {"\t", "\f", "\r", "\u2028", "\u200b", "\ufeff"} <= seen
    assert msgspec.json.decode(msgspec.json.encode(world), type=World) == world


def test_a_quarter_of_the_comments_is_private(world: World) -> None:
    said = comments(world)
    assert 0.2 < sum(comment.private for comment in said) / len(said) < 0.3
    assert not any(comment.private and comment.solution for comment in said)
    assert any(comment.solution for comment in said)


def test_some_tickets_have_no_comments_and_some_more_than_a_transcript_holds(world: World) -> None:
    assert any(not ticket.comments for ticket in world.tickets)
    longest = max(world.tickets, key=lambda ticket: len(ticket.comments))
    assert len(longest.comments) == 60
    assert sum(len(comment.body) for comment in longest.comments) > 60_000


def test_files_have_every_kind_of_name_and_content(world: World) -> None:
    names = {file.name for file in files(world)}
    assert {"../../../etc/passwd", "报告 最终版.pdf", "C:\\boot.ini"} <= names
    assert any(not file.content for file in files(world))
    assert any(set(file.content) == set(range(256)) for file in files(world))
    doubles = [t for t in world.tickets if len({f.name for f in t.files}) < len(t.files)]
    assert len({file.content for file in doubles[0].files}) == 2


def test_inline_images_are_shown_in_the_text_they_belong_to(world: World) -> None:
    owners: list[SeedTicket | SeedComment] = [*world.tickets, *comments(world)]
    inline = [(owner.body, file.name) for owner in owners for file in owner.files if file.inline]
    assert inline
    assert all(f'src="{name}"' in body for body, name in inline)


def test_comments_have_files_and_private_ones_too(world: World) -> None:
    assert any(comment.files and comment.private for comment in comments(world))
    assert any(comment.files and not comment.private for comment in comments(world))


def test_people_are_missing_disabled_and_deleted(world: World) -> None:
    acting = {p for t in world.tickets for p in (t.requester, t.creator, t.assignee) if p is not None}
    acting |= {comment.author for comment in comments(world)}
    assert -1 in acting
    assert any(world.people[p].disabled for p in acting if p >= 0)
    assert any(world.people[p].deleted for p in acting if p >= 0)
    assert len({person.email.lower() for person in world.people}) == len(world.people)


def test_times_are_equal_within_a_ticket_and_between_tickets(world: World) -> None:
    created = Counter(ticket.created for ticket in world.tickets)
    assert created.most_common(1)[0][1] > 1
    assert any(len(t.comments) > 1 and t.comments[0].at == t.comments[-1].at for t in world.tickets)


def test_categories_have_three_levels_and_leaves_of_the_same_name(world: World) -> None:
    assert {len(path) for path in world.categories} == {1, 2, 3}
    leaves = Counter(path[-1] for path in world.categories)
    assert leaves["Other"] > 1
    assert {ticket.category for ticket in world.tickets} == set(world.categories)


def test_lists_are_used_and_places_are_sometimes_unknown(world: World) -> None:
    assert {None, *world.locations} == {ticket.location for ticket in world.tickets}
    assert {ticket.queue for ticket in world.tickets} == set(world.queues)
    assert {name for ticket in world.tickets for name in ticket.custom} == set(world.custom)
    assert {bool(options) for options in world.custom.values()} == {True, False}


def test_four_of_five_tickets_are_plain(world: World) -> None:
    plain = [t for t in world.tickets if t.body.startswith("<p>Hello,</p>") and len(t.comments) <= 6]
    assert len(plain) >= 0.8 * len(world.tickets)


def write(path: Path, text: str) -> Path:
    path.write_bytes(text.encode())
    return path


def test_a_csv_of_documents_becomes_tickets(tmp_path: Path) -> None:
    rows = "".join(f"printer {n} in the hall is on fire again <b> & burns,Hardware\n" for n in range(40))
    path = write(tmp_path / "tickets.csv", f"Document,Topic_group\n{rows}")
    world = from_csv(path)
    check_references(world)
    first = world.tickets[0]
    assert first.title == "printer 0 in the hall is on fire"
    assert first.body == "<p>printer 0 in the hall is on fire again &lt;b&gt; &amp; burns</p>"
    assert first.category == ("Hardware",)
    assert {len(ticket.comments) for ticket in world.tickets} == {0, 1, 2, 3}


def test_a_csv_may_be_packed(tmp_path: Path) -> None:
    text = "Document,Topic_group\nhelp,Access\n"
    plain, packed = write(tmp_path / "a.csv", text), tmp_path / "a.csv.gz"
    packed.write_bytes(gzip.compress(text.encode()))
    assert from_csv(packed) == from_csv(plain)


def test_a_limit_takes_the_first_rows_and_changes_nothing_about_them(tmp_path: Path) -> None:
    rows = "".join(f"text number {n},T{n % 3}\n" for n in range(30))
    path = write(tmp_path / "t.csv", f"Document,Topic_group\n{rows}")
    assert from_csv(path, 7).tickets == from_csv(path).tickets[:7]
    assert from_csv(path, 0).tickets == []


@pytest.mark.parametrize(
    "header", ["Subject,Description,Category", "TITLE,Body,category", "\ufefftitle, Text ,CATEGORY"]
)
def test_columns_are_found_by_name_whatever_their_case(tmp_path: Path, header: str) -> None:
    path = write(tmp_path / "t.csv", f'{header}\nNo ink,"line 1\n\nline 2",Printers\n')
    ticket = from_csv(path).tickets[0]
    assert (ticket.title, ticket.body, ticket.category) == ("No ink", "<p>line 1</p><p>line 2</p>", ("Printers",))


def test_title_and_category_may_be_missing(tmp_path: Path) -> None:
    path = write(tmp_path / "t.csv", "id,body\n7,the lamp is dark\n8,\n")
    lamp, nothing = from_csv(path).tickets
    assert (lamp.title, lamp.category) == ("the lamp is dark", ("Other",))
    assert (nothing.title, nothing.body) == ("Ticket 2", "")


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "title,category\nx,y\n", ""])
def test_other_columns_are_an_error_that_names_file_found_and_wanted(tmp_path: Path, text: str) -> None:
    path = write(tmp_path / "odd.csv", text)
    with pytest.raises(ConfigError) as error:
        from_csv(path)
    for part in ("odd.csv", text.partition("\n")[0].replace(",", ", ") or "none", "description", "subject"):
        assert part in error.value.message


@pytest.mark.parametrize(
    "row",
    [b"only one", b"a,b,c", b"\xff\xfe,b", b'"a"b,c', b"nul\0,b", b'"never closed,c', b"x" * 200_000 + b",c"],
    ids=["short", "long", "not utf-8", "quote", "nul", "open", "huge"],
)
def test_an_unreadable_row_is_an_error_with_its_line(tmp_path: Path, row: bytes) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"Document,Topic_group\nfine,b\n" + row + b"\n")
    with pytest.raises(ConfigError, match=r"t\.csv: line 3"):
        from_csv(path)


def test_a_file_that_cannot_be_read_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.csv"):
        from_csv(tmp_path / "absent.csv")
    broken = tmp_path / "broken.csv.gz"
    broken.write_bytes(gzip.compress(b"Document,Topic_group\n" + b"a,b\n" * 50)[:-12])
    with pytest.raises(ConfigError, match=r"broken\.csv\.gz"):
        from_csv(broken)
