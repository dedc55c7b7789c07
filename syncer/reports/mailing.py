"""The mails of a target in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from syncer.deskkit.mails import Mail

OCCASIONS = {
    "ticket": "a new ticket", "reply": "a public comment", "note": "a private note", "assignee": "an assignment",
    "status": "a status", "cc": "being told of a ticket", "link": "a link between tickets",
}  # fmt: skip
READERS = {
    "requester": "requesters", "assignee": "assignees", "cc": "people who are told", "group": "agents of its group",
    "account": "syncer's own user",
}  # fmt: skip


def readers(mail: Mail) -> str:
    """Who is mailed."""
    return _and([READERS[one] for one in mail.to])


def lines(mails: Iterable[Mail]) -> list[str]:
    """Whom it mails, on which occasions, and how to make it silent: a line for each way to do that."""
    ways: dict[tuple[bool, str], dict[tuple[str, ...], list[str]]] = {}
    for mail in mails:
        ways.setdefault((mail.certain, mail.silence), {}).setdefault(mail.to, []).append(OCCASIONS[mail.on])
    found = []
    for (certain, silence), readers in ways.items():
        said = "; ".join(f"{_and([READERS[one] for one in to])} on {_and(on)}" for to, on in readers.items())
        found.append(f"{'it mails' if certain else 'it may mail'} {said}: {silence}")
    return found


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
