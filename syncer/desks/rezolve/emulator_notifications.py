"""The calls that tell the caller what happened to tickets of his (contract 3, row 13)."""

from __future__ import annotations

from typing import Any

from syncer.desks.rezolve.emulator_answers import bad, envelope
from syncer.desks.rezolve.emulator_asking import Ask, Route, T
from syncer.desks.rezolve.emulator_tables import Mail, Tables
from syncer.desks.rezolve.emulator_words import iso, uuid_of

_MOST = 100


def _mine(tables: Tables, ask: Ask) -> list[tuple[int, Mail]]:
    return [(number, mail) for number, mail in enumerate(tables.mails) if mail.to == ask.caller.username]


def _list(tables: Tables, ask: Ask) -> Any:
    body = ask.body if isinstance(ask.body, dict) else {}
    top, offset = body.get("top", _MOST), body.get("offset", 0)
    if not isinstance(top, int) or not isinstance(offset, int) or not 0 < top <= _MOST or offset < 0:
        raise bad(f"top must be from 1 to {_MOST}, offset from 0")
    mine = _mine(tables, ask)[::-1]
    rows = [
        {
            "id": uuid_of("notification", number),
            "type": mail.kind,
            "ticketNumber": mail.ticket,
            "createdAt": iso(mail.at),
        }
        for number, mail in mine[offset : offset + top]
    ]
    more = offset + len(rows) < len(mine)
    page = {"total": len(mine), "top": top, "offset": offset, "hasMore": more}
    return envelope(tables.now(), notifications=rows, pagination=page)


def _count(tables: Tables, ask: Ask) -> Any:
    return envelope(tables.now(), count=len(_mine(tables, ask)))


ROUTES = (
    Route(name="notifications", method="POST", path=f"{T}/ticket/notifications", call=_list, query=False),
    Route(name="notified", method="GET", path=f"{T}/ticket/notification/count", call=_count, query=False),
)
