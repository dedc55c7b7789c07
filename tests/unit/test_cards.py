"""The card of a desk says all it can do."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from syncer.deskkit.contract import Capabilities
from syncer.reports.cards import card

UNSAID = {"fetch_batch", "fields", "mails", "needs_body", "body", "adopts_lists", "remote"}
"""What nobody chooses a desk by; mails are told where somebody is about to write."""
WHOLE: dict[str, Any] = {
    name: True for name, field in Capabilities.__annotations__.items() if field == "bool" and name != "keeps_links"
}


def other(value: object) -> object:
    if isinstance(value, bool):
        return not value
    return ("title",) if isinstance(value, tuple) else 7_000_000


@pytest.mark.parametrize("name", sorted({field.name for field in structs.fields(Capabilities)} - UNSAID))
def test_each_thing_a_desk_can_do_has_its_word(name: str) -> None:
    whole = Capabilities(**{**WHOLE, "max_title": 255})
    told = card(whole)
    assert card(structs.replace(whole, **{name: other(getattr(whole, name))})) != told


def test_of_a_desk_that_is_only_read_nothing_is_said_of_writing() -> None:
    told = dict(card(Capabilities(reads=True)))
    assert {told[what] for what in ("Tickets can be taken back", "Largest file", "Longest text")} == {"-"}
