"""Who is who. People are known by their e-mail; agents and customers of whom only a login is known, by that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.utils import getaddresses
from typing import Any

from syncer.desks.znuny.config import ZnunyConfig
from syncer.model.lookups import LookupValue

AGENT, CUSTOMER = "agent/", "customer/"
"""Begin the id of somebody whose e-mail nobody told."""
MOST_PEOPLE = 100_000
_ADDRESS = re.compile(r"[^@\s<>\"',;]+@[^@\s<>\"',;]+\.[^@\s<>\"',;]+")
_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_TAKEN = re.compile(
    rf"(?=.{{1,254}}\Z)(?=[^@]{{1,64}}@){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+", re.ASCII | re.IGNORECASE
)
"""What Znuny takes for an address, but for names in quotes."""


def email_of(word: Any) -> str | None:
    """An address in lower case; None for what is none."""
    return word.strip().lower() if isinstance(word, str) and _ADDRESS.fullmatch(word.strip()) else None


def mailboxes(header: Any) -> list[tuple[str, str]]:
    """Name and address, in lower case, of each person in a From or Cc."""
    if not isinstance(header, str):
        return []
    return [(name.strip(), email) for name, address in getaddresses([header]) if (email := email_of(address))]


class People:
    """The people that the settings tell, and those that tickets name."""

    def __init__(self, config: ZnunyConfig) -> None:
        self._nobody = frozenset(config.nobody)
        self._user = config.auth.user
        self._agents = {one.login: self._id(AGENT, one.login, one.email) for one in config.lists.agents}
        self._by_number = {one.id: self._agents[one.login] for one in config.lists.agents if one.id is not None}
        self._customers = {
            (one.login or one.email).lower(): self._id(CUSTOMER, one.login or "", one.email)
            for one in config.lists.customers
        }
        self._logins = {id: login for login, id in self._agents.items()}
        self._customer_logins = {
            self._id(CUSTOMER, one.login or "", one.email): one.login or one.email
            for one in config.lists.customers
            if one.active
        }
        # Whoever left is refused by their login only: their address is as good as a stranger's.
        gone = ((one.login or one.email).lower() for one in config.lists.customers if not one.active)
        self._refused = frozenset(gone)
        self._known: dict[str, LookupValue] = {}
        for customer in config.lists.customers:
            id = self._id(CUSTOMER, customer.login or "", customer.email)
            self._know(id, customer.name, customer.login, active=customer.active)
        for agent in config.lists.agents:
            self._know(self._agents[agent.login], agent.name, agent.login, active=agent.active)
        self._listed = frozenset(self._known)

    @staticmethod
    def _id(prefix: str, login: str, email: str | None) -> str:
        return email_of(email) or email_of(login) or prefix + login

    def _know(self, id: str, name: str, login: str | None, *, active: bool = True) -> None:
        email = email_of(id)
        name = name or login or id.partition("/")[2] or id
        self._known[id] = LookupValue("person", id, name, active=active, email=email, username=login)

    def _meet(self, id: str, name: str = "", login: str | None = None) -> str:
        known = self._known.get(id)
        if (known is None and len(self._known) < MOST_PEOPLE) or (
            known is not None and name and known.name == id and id not in self._listed
        ):
            self._know(id, name, login)
        return id

    def agent(self, login: Any) -> str | None:
        """The id of an agent; None for whoever stands for nobody."""
        if not isinstance(login, str) or not login or login in self._nobody:
            return None
        if login in self._agents:
            return self._agents[login]
        return self._meet(AGENT + login, login=login)

    def assignee(self, row: dict[str, Any]) -> str | None:
        """Whose ticket it is. What syncer itself made, and nobody took, is nobody's."""
        owner = row.get("Owner")
        if owner == self._user and row.get("Lock") == "unlock" and owner not in self._agents:
            return None
        return self.agent(owner)

    def customer(self, login: Any) -> str | None:
        """The id of whoever asks, whom Znuny knows by login or only by e-mail."""
        if not isinstance(login, str) or not login.strip():
            return None
        word = login.strip()
        known = self._customers.get(word.lower())
        if known is not None:
            return known
        if email := email_of(word):
            return self._meet(email)
        for name, email in mailboxes(word):
            return self._meet(email, name)
        return self._meet(CUSTOMER + word, login=word)

    def asker(self, row: dict[str, Any], first: dict[str, Any] | None) -> str | None:
        """Who asks: the customer; where only a login is known of them, whoever the ticket's text is from."""
        id = self.customer(row.get("CustomerUserID"))
        if id is None or not id.startswith(CUSTOMER) or first is None or first.get("SenderType") != "customer":
            return id
        senders = mailboxes(first.get("From"))
        return self._meet(senders[0][1], senders[0][0]) if len(senders) == 1 else id

    def is_asker(self, row: dict[str, Any], id: str) -> bool:
        """Whether a ticket is of this customer, as far as can be told: Znuny keeps the login of one it knows."""
        there = self.customer(row.get("CustomerUserID"))
        return there == id or bool(there and there.startswith(CUSTOMER) and "@" in id)

    def author(self, article: dict[str, Any], row: dict[str, Any]) -> str | None:
        """Who wrote an article: whom it is from; whoever typed it, where that is an agent and it is from a queue."""
        senders = mailboxes(article.get("From"))
        if article.get("SenderType") == "agent":
            for _, email in senders:
                if email in self._logins:
                    return email
            if typed := self._typist(article.get("CreateBy"), row):
                return typed
        for name, email in senders:
            return self._meet(email, name)
        return self.customer(row.get("CustomerUserID")) if article.get("SenderType") == "customer" else None

    def _typist(self, number: Any, row: dict[str, Any]) -> str | None:
        """The agent of this number, where settings or the ticket itself tell; never syncer's own account."""
        if not isinstance(number, int):
            return None
        for role in ("Owner", "Responsible"):
            if row.get(f"{role}ID") == number:
                return None if row.get(role) == self._user else self.agent(row.get(role))
        return self._by_number.get(number)

    def copied(self, header: Any) -> list[str]:
        """Whom a mail went to besides."""
        return [self._meet(email, name) for name, email in mailboxes(header)]

    def owner(self, id: str | None) -> str | None:
        """The login of an agent; None for who is none, as far as anybody told."""
        if not id:
            return None
        return id.removeprefix(AGENT) if id.startswith(AGENT) else self._logins.get(id)

    def requester(self, id: str) -> str:
        """What Znuny takes for somebody who asks: their login, else their e-mail."""
        return self._customer_logins.get(id) or id.removeprefix(CUSTOMER).removeprefix(AGENT)

    def known(self, email: str) -> str | None:
        """Who has this address: whoever has one that Znuny takes may ask. None for all others."""
        found = email_of(email)
        if found is None or found in self._refused or not _TAKEN.fullmatch(found):
            return None
        return self._meet(found)

    def mailbox(self, id: str | None) -> str | None:
        """Name and e-mail as in a From; None for whom no e-mail is known of."""
        email = email_of(id)
        if email is None:
            return None
        known = self._known.get(email)
        name = " ".join(re.sub(r"[\"\\\x00-\x1f\x7f]+", " ", known.name if known else "").split())
        return f'"{name}" <{email}>' if name and name.lower() != email else email

    def value(self, id: str) -> LookupValue:
        """Somebody by id."""
        known = self._known.get(id)
        return known or LookupValue("person", id, id.partition("/")[2] or id, email=email_of(id))

    def values(self) -> Iterator[LookupValue]:
        """Everybody who is known so far."""
        yield from list(self._known.values())
