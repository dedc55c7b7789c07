"""The judge of the matrix sees each single thing that may be wrong, believes no desk's claims, and shares no code with
the engine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from syncer.deskkit import registry
from syncer.deskkit.contract import Capabilities
from tests.conformance.asked import claims
from tests.flows import matrix, matrix_facts
from tests.flows.matrix_breaks import OF_THE_ENGINE
from tests.flows.matrix_edits_of import EDITS
from tests.flows.matrix_judge import judge
from tests.flows.matrix_published import PUBLISHED
from tests.flows.matrix_world import unlike
from tests.flows.test_matrix import TICKETS

KINDS = sorted(matrix_facts.HOLDS)
COMPARED = {
    "adopts_lists", "takes_comments", "keeps_private", "shows_private_files", "keeps_authors", "keeps_times",
    "takes_files", "takes_tags", "takes_cc", "takes_custom", "takes_times", "takes_links", "keeps_links",
    "keeps_rating", "keeps_status", "body", "marker_in", "max_title", "title_in_bytes", "max_body", "fields", "reads",
    "writes",
}  # fmt: skip
BESIDE = {
    "fetch_batch", "lookup_kinds", "finds_by_key", "needs_body", "takes_people", "mails", "remote",
    "max_file", "takes_changes", "takes_back",
}  # fmt: skip
"""What a desk claims and no ticket shows."""


@pytest.mark.parametrize("way", EDITS, ids="-to-".join)
def test_whatever_a_target_keeps_wrongly_is_seen(way: tuple[str, str], tmp_path: Path, dsn: str) -> None:
    source, into = way
    kind, published = into.removesuffix(" as published"), into.endswith(" as published")
    target = PUBLISHED[kind] if published else matrix.whole(kind)
    with matrix.way(source, target, matrix.world(TICKETS), tmp_path, dsn) as moving:
        seen = moving.move()
    assert not judge(seen)
    for what, (edit, words) in EDITS[way].items():
        told = judge(edit(seen))
        assert any(re.fullmatch(words, sentence, re.DOTALL) for sentence in told), f"{what}: {told}"


@pytest.mark.parametrize("what", OF_THE_ENGINE)
def test_every_break_of_the_engine_is_seen(
    what: str, tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, words = OF_THE_ENGINE[what]
    put(monkeypatch)
    with matrix.way("motadata", "motadata", matrix.world(TICKETS), tmp_path, dsn) as way:
        told = judge(way.move())
    assert any(re.fullmatch(words, sentence, re.DOTALL) for sentence in told), told


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_kind_must_hold_is_what_its_desk_claims(kind: str) -> None:
    claimed, holds = claims(kind), matrix_facts.HOLDS[kind]
    lists = {name: field.lookup for name, field in claimed.fields.items() if field.lookup not in {None, "person"}}
    assert {
        "adopts": claimed.adopts_lists,
        "comments": claimed.takes_comments,
        "private": claimed.takes_comments and claimed.keeps_private,
        "private_files": not claimed.shows_private_files,
        "authors": claimed.keeps_authors,
        "times": claimed.keeps_times,
        "files": claimed.takes_files,
        "tags": claimed.takes_tags,
        "cc": claimed.takes_cc,
        "custom": claimed.takes_custom,
        "links": claimed.takes_links or claimed.keeps_links,
        "work": claimed.takes_times,
        "rating": claimed.keeps_rating,
        "status": claimed.keeps_status,
        "creator": "creator" in claimed.fields,
        "assignee": "assignee" in claimed.fields,
        "created": claimed.keeps_times or "created_at" in claimed.fields,
        "html": claimed.body == "html",
        "marked": "title" in claimed.marker_in,
        "max_title": claimed.max_title,
        "title_in_bytes": claimed.title_in_bytes,
        "max_body": claimed.max_body,
        "lists": {} if claimed.adopts_lists else lists,
    } == {
        name: getattr(holds, name)
        for name in (
            "adopts", "comments", "private", "private_files", "authors", "times", "files", "tags", "cc", "custom",
            "links", "work", "rating", "status", "creator", "assignee", "created", "html", "marked", "max_title",
            "title_in_bytes", "max_body", "lists",
        )
    }  # fmt: skip
    assert set(Capabilities.__struct_fields__) == COMPARED | BESIDE


def test_every_kind_that_claims_to_be_read_or_written_is() -> None:
    assert set(matrix_facts.TELLS) == {kind for kind in registry.kinds() if claims(kind).reads}
    assert set(matrix_facts.HOLDS) == {kind for kind in registry.kinds() if claims(kind).writes}


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_emulated_desk_says_it_holds_is_what_it_was_filled_with(kind: str) -> None:
    world = matrix.world(150)
    kept = registry.spec(kind).emulator(world).kept()
    assert not list(unlike(kind, world, kept))
    for field in ("title", "body", "requester", "created", "files", "comments", "values"):
        spoiled = [replace(one, **{field: type(getattr(one, field) or "")()}) for one in kept]
        assert list(unlike(kind, world, spoiled)), field
