"""A credential is replaced by one at a time, and a refused log-in is never tried again."""

from __future__ import annotations

import asyncio

import pytest

from syncer.deskkit.credential import Credential
from syncer.deskkit.reply import Reply
from syncer.errors import AuthFailed


class Door:
    """Lets in whoever has the newest ticket; counts how many it gave out."""

    def __init__(self, life: float = 60.0, *, renewable: bool = True) -> None:
        self.given = self.asked = 0
        self.life = life
        self.good = -1
        self.open = True
        self.credential = Credential(self.obtain, renewable=renewable)

    async def obtain(self) -> float:
        await asyncio.sleep(0)
        self.asked += 1
        if not self.open:
            raise AuthFailed("wrong password")
        self.given += 1
        self.good = self.given
        return self.life

    async def enter(self) -> int:
        """Refuses everybody after the good one was taken away."""
        shown = self.given
        await asyncio.sleep(0)
        if shown != self.good:
            raise AuthFailed("not with this one")
        return shown


async def test_many_that_are_refused_at_once_get_one_new_credential() -> None:
    door = Door()
    assert await door.credential.asking(door.enter) == 1
    door.good = 0
    assert await asyncio.gather(*(door.credential.asking(door.enter) for _ in range(20))) == [2] * 20
    assert door.given == 2


async def test_a_refusal_that_outlives_a_new_credential_is_told() -> None:
    door = Door()

    async def never() -> int:
        raise AuthFailed("no right")

    with pytest.raises(AuthFailed, match="no right"):
        await door.credential.asking(never)
    assert door.given == 2
    with pytest.raises(AuthFailed, match="no right"):
        await door.credential.asking(never, lambda error: False)
    assert door.given == 2


async def test_a_credential_whose_time_was_over_meanwhile_is_replaced_once_more() -> None:
    door, tries = Door(life=0.0), 0

    async def slow() -> int:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise AuthFailed("over")
        return tries

    assert await door.credential.asking(slow) == 3


async def test_a_key_is_got_once_and_never_replaced() -> None:
    door = Door(life=float("inf"), renewable=False)
    await door.credential.ready()
    door.good = 0
    with pytest.raises(AuthFailed, match="not with this one"):
        await door.credential.asking(door.enter)
    assert (await door.credential.sending(lambda: _reply(401), lambda reply: reply.status == 401)).status == 401
    assert door.given == 1


async def test_a_log_in_that_was_refused_is_not_tried_again() -> None:
    door = Door()
    door.open = False
    for _ in range(3):
        with pytest.raises(AuthFailed, match="wrong password"):
            await door.credential.asking(door.enter)
    found = await asyncio.gather(*(door.credential.ready() for _ in range(5)), return_exceptions=True)
    assert all(isinstance(one, AuthFailed) for one in found)
    assert door.asked == 1


async def test_a_write_is_sent_once_more_only_where_it_was_refused() -> None:
    door, sent = Door(), [401, 200, 500]
    reply = await door.credential.sending(lambda: _reply(sent.pop(0)), lambda reply: reply.status == 401)
    assert (reply.status, door.given) == (200, 2)
    reply = await door.credential.sending(lambda: _reply(sent.pop(0)), lambda reply: reply.status == 401)
    assert (reply.status, door.given) == (500, 2)


async def _reply(status: int) -> Reply:
    return Reply(status, {}, b"")
