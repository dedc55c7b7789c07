"""A target that mails whom nobody was told of: the first ticket shows it, and there is no second one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.cli.front_door import Answer, syncer
from tests.flows.into import TwinPlace
from tests.flows.into_request_tracker import two_request_trackers
from tests.flows.worlds import small


@pytest.fixture
def place(tmp_path: Path, dsn: str) -> Iterator[TwinPlace]:
    with two_request_trackers(small(), tmp_path, dsn) as place:
        yield place


def migrate(place: TwinPlace, *more: str) -> Answer:
    return syncer("migrate", "move", "--yes", "--no-plan", *more, "--config", place.config)


def greets(place: TwinPlace, yes: bool) -> None:
    """Whether the target's administrator has added a scrip that mails requestors."""
    tables = place.desks.new.tables
    tables.switches = msgspec.structs.replace(tables.switches, greets_requestors=yes)


def test_a_mail_that_nobody_was_told_of_stops_the_run_before_the_second_ticket(place: TwinPlace) -> None:
    greets(place, yes=True)
    stopped = migrate(place, "--accept-mails")
    assert stopped.code == 3
    assert "(who asked for help) about its ticket" in stopped.err
    assert "nobody was told that it would" in stopped.err
    assert "accept_mails: true in the route's config" in stopped.err
    mailed = {mail.ticket for mail in place.desks.new.tables.mails if "Requestor" in mail.reason}
    assert len(mailed) == 1
    assert len(place.desks.new.tables.tickets) == 1
    greets(place, yes=False)
    assert migrate(place).code == 0
    assert {mail.ticket for mail in place.desks.new.tables.mails if "Requestor" in mail.reason} == mailed
    place.desks.new.tables.mails = [mail for mail in place.desks.new.tables.mails if mail.ticket not in mailed]
    place.judge()


def test_what_was_accepted_in_the_config_goes_on(place: TwinPlace) -> None:
    greets(place, yes=True)
    text = place.config.read_text()
    place.config.write_text(
        text.replace('"mapping": "mapping.yaml"', '"mapping": "mapping.yaml", "accept_mails": true')
    )
    assert migrate(place).code == 0
    assert len(place.desks.new.tables.tickets) == place.tickets


def test_mails_that_were_told_of_stop_nothing(place: TwinPlace) -> None:
    assert migrate(place, "--accept-mails").code == 0
    assert place.desks.new.tables.mails, "owners hear of it"
    place.judge()
