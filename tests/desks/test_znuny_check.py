"""`syncer check` on a Znuny: what the agent's groups lack, which operations are not there; and nothing is written."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import Any

import pytest

from syncer.deskkit.contract import Account
from syncer.desks.znuny.config import ZnunyConfig
from syncer.desks.znuny.desk import Znuny
from syncer.desks.znuny.emulator import Switches, ZnunyEmulator
from syncer.sandbox.seed import generate
from tests.desks.serving import served


@asynccontextmanager
async def checked(settings: dict[str, Any] | None = None, **switches: Any) -> Any:
    """What the check says; and afterwards the desk holds what it did."""
    emulator = ZnunyEmulator(generate(3, 6), switches=Switches(**switches))
    before = emulator.kept()
    async with served(emulator) as url:
        block = {**emulator.block(url), "name": "zn", "budget": {"per_second": 5000, "parallel": 8}, **(settings or {})}
        zn = Znuny(ZnunyConfig.model_validate(block))
        try:
            yield await zn.check()
        finally:
            await zn.close()
    assert emulator.kept() == before


def may(*rights: str) -> frozenset[str]:
    return frozenset(rights)


def lacks(account: Account) -> set[str]:
    said = [one for one in account.findings if " lack the permission" in one]
    return {right for right in ("ro", "create", "rw") if any(f"permission {right} " in one for one in said)}


@pytest.mark.parametrize(
    ("rights", "missing"),
    [
        (may("ro", "create", "rw"), set()),
        (may("ro"), {"create", "rw"}),
        (may("ro", "create"), {"rw"}),
        (may("ro", "rw"), {"create"}),
        (may(), {"ro", "create"}),
    ],
    ids=["all", "reads only", "no rw", "no create", "blind"],
)
async def test_a_check_names_each_permission_that_is_lacking(rights: frozenset[str], missing: set[str]) -> None:
    async with checked(may=rights) as account:
        assert lacks(account) == missing, account.findings


async def test_a_check_says_what_the_account_may_do_and_whether_the_clock_fits() -> None:
    async with checked() as account:
        facts = "\n".join(account.facts)
    assert "may create tickets in the queue " in facts
    assert "may write on tickets of the queue " in facts
    assert "the server's clock fits UTC" in facts
    async with checked({"timezone": "Asia/Tokyo"}) as account:
        assert any("does timezone say what OTRSTimeZone does" in one for one in account.findings)


@pytest.mark.parametrize(("operation", "route"), [("TicketCreate", "routes.create"), ("TicketUpdate", "routes.update")])
async def test_an_operation_that_the_web_service_does_not_have_is_told_before_it_is_needed(
    operation: str, route: str
) -> None:
    async with checked(missing=frozenset({operation})) as account:
        said = [one for one in account.findings if f"no operation {operation} at " in one]
    assert len(said) == 1, account.findings
    assert route in said[0]


async def test_a_route_that_leads_to_another_operation_is_told() -> None:
    async with checked({"routes": {"create": "POST /TicketList"}}) as account:
        said = "\n".join(account.findings)
    assert "routes.create, POST /TicketList, leads to TicketGet and not to TicketCreate" in said


@pytest.mark.parametrize("setting", ["queue", "state", "priority"])
async def test_a_name_in_the_settings_that_znuny_does_not_know_is_told_with_its_setting(setting: str) -> None:
    async with checked({setting: "Nowhere"}) as account:
        said = "\n".join(account.findings)
    assert "would be refused" in said
    assert f"see {setting} of the desk" in said
