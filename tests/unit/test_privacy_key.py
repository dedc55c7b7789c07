"""The comment that is looked at to see whether it is private is the one that was written, and no other."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from msgspec.structs import replace

from syncer.errors import Fatal
from syncer.model.draft import CommentDraft
from syncer.model.ids import Key, TicketId
from syncer.pipeline.privacy import Privacy
from tests.unit.tickets import comment, ticket


@pytest.mark.parametrize("other", ["[IG-1-c10]", "[XIG-1-c1]", "[IG-1-c1-files]"])
async def test_a_key_that_begins_or_ends_like_another_is_another(other: str) -> None:
    said = (comment(other), comment("[IG-1-c1]", public=False))
    assert await _written(said) == ()


async def test_the_one_that_was_written_must_be_private() -> None:
    with pytest.raises(Fatal, match="became public"):
        await _written((comment("x [IG-1-c1]"),))


async def _written(said: Any) -> tuple[str, ...]:
    target: Any = SimpleNamespace(settle=0.0, capabilities=SimpleNamespace(remote=True))

    async def fetch(_: Any) -> list[Any]:
        return [replace(ticket(), comments=said)]

    async def write() -> tuple[str, ...]:
        return ()

    source: Any = SimpleNamespace(fetch=fetch)
    privacy = Privacy(target)
    privacy._source = source
    return await privacy.kept(TicketId("1"), CommentDraft("1", Key("IG-1-c1"), None, "x", False), write)
