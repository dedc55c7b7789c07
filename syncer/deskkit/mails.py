"""The mails a target sends by itself, whatever syncer would like."""

from __future__ import annotations

from typing import Literal, cast

from msgspec import Struct

Occasion = Literal["ticket", "reply", "note", "assignee", "status", "cc", "link"]
"""The write that mails: the ticket itself, a public or a private comment, an assignment, a status other than an open
one, people who are told, a link."""
Reader = Literal["requester", "assignee", "cc", "group", "account"]
"""Who is mailed: `group` are agents who watch a queue or a project, `account` is syncer's own user."""


class Mail(Struct, frozen=True, kw_only=True):
    """A mail the target sends by itself. `certain`: out of the box it is sent, whatever rules there are; else it
    depends on rules nobody can read. `silence` tells how to switch it off."""

    on: Occasion
    to: tuple[Reader, ...]
    certain: bool
    silence: str

    @property
    def code(self) -> str:
        """What is accepted, when it is: this occasion for these readers, and nobody else."""
        return f"mails:{self.on}:{'+'.join(sorted(self.to))}"


class Mailed(Struct, frozen=True):
    """A mail that the target has sent: the addresses it went to, and its subject."""

    to: tuple[str, ...]
    about: str


def may_mail(silence: str, **readers: tuple[Reader, ...]) -> tuple[Mail, ...]:
    """Mails that depend on rules nobody can read: who is mailed, by occasion."""
    return tuple(Mail(on=cast("Occasion", on), to=to, certain=False, silence=silence) for on, to in readers.items())
