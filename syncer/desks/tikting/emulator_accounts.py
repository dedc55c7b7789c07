"""Who exists in an emulated Tikting, who may log in, and the tokens given out."""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import io
import itertools
from collections.abc import Iterable
from typing import Any
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from syncer.deskkit.emulation import Carrier
from syncer.deskkit.world import World

from .emulator_switches import DAY, Switches

PRIVILEGED_ROLES = frozenset({"Administrator", "Manager", "Technician"})
CREATE, ONLY_PRIVATE = "Tickets.Create", "Tickets.OnlyPrivate"
_NAMESPACE = UUID("6f1d1f52-6f3f-4a52-9d54-1f0a5b1c7e11")
_SIGNING_KEY = b"emulated"
_URI = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"


def guid_of(email: str) -> str:
    """The user id that belongs to an e-mail address, the same in every run."""
    return str(uuid5(_NAMESPACE, email.strip().lower()))


FALLBACK_EMAIL = "unknown.requester@example.org"
FALLBACK_GUID = guid_of(FALLBACK_EMAIL)


class User(Struct, frozen=True):
    """Somebody the desk knows; technicians are members of groups."""

    id: str
    email: str
    first: str
    last: str
    technician: bool = False
    active: bool = True
    groups: tuple[int, ...] = ()


class LogIn(Struct, kw_only=True):
    """The body of a log-in, spelt as documented."""

    Email: str  # an e-mail address or a user name
    Password: str
    RememberMe: bool | None = None
    Domain: str | None = None


class Account(Struct, kw_only=True):
    """Who can log in, by e-mail or user name; with a `domain` only together with it."""

    email: str
    password: str
    username: str = ""
    domain: str = ""
    roles: tuple[str, ...] = ("Administrator",)
    permissions: tuple[str, ...] = (CREATE,)
    groups: tuple[int, ...] = ()

    @property
    def id(self) -> str:
        """The GUID of the account's user."""
        return guid_of(self.email)

    @property
    def sees_all(self) -> bool:
        """Whether lists show more than the account's own tickets."""
        return self.staff and not self.private_only

    @property
    def staff(self) -> bool:
        """Whether it is more than a plain member."""
        return not PRIVILEGED_ROLES.isdisjoint(self.roles)

    @property
    def private_only(self) -> bool:
        """Whether a permission restricts it to its own tickets."""
        return ONLY_PRIVATE in self.permissions


class People:
    """All users by GUID. The deleted are unknown here, and so is every seventh requester who has nothing here."""

    def __init__(self, world: World, group_ids: list[int], accounts: Iterable[Account]) -> None:
        self.by_id: dict[str, User] = {}
        self._by_position: list[str] = []
        requesters = agents = 0
        here = _active_in(world)
        for position, person in enumerate(world.people):
            groups: tuple[int, ...] = ()
            if person.agent:
                groups = (group_ids[agents % len(group_ids)],) if group_ids else ()
                agents += 1
            else:
                requesters += 1
            stranger = not person.agent and requesters % 7 == 0 and position not in here
            unknown = not person.email or person.deleted or stranger
            self._by_position.append(FALLBACK_GUID if unknown else guid_of(person.email))
            if not unknown:
                active = not person.disabled
                self._add(
                    User(
                        guid_of(person.email),
                        person.email,
                        person.name,
                        person.lastname,
                        person.agent,
                        active,
                        groups,
                    )
                )
        self._add(User(FALLBACK_GUID, FALLBACK_EMAIL, "Unknown", "Requester"))
        for account in accounts:
            self._add(User(account.id, account.email, account.username or account.email, "", groups=account.groups))

    def _add(self, user: User) -> None:
        self.by_id.setdefault(user.id, user)

    def at(self, position: int | None) -> str:
        """The GUID of a person of the world by position; of the fallback user for who is unknown or gone."""
        if position is None or not 0 <= position < len(self._by_position):
            return FALLBACK_GUID
        return self._by_position[position]

    def known(self, position: int | None) -> str | None:
        """The GUID of a person of the world by position; None for nobody and for who is unknown or gone."""
        id = self.at(position)
        return None if id == FALLBACK_GUID else id

    def named(self, email: str) -> User | None:
        """The user with this e-mail address."""
        return self.by_id.get(guid_of(email))

    def email(self, id: str | None) -> str | None:
        """The e-mail address of a user; None for nobody."""
        return None if id is None else self.by_id[id].email

    def found(self, search: str) -> list[User]:
        """The users with this in their name or e-mail address."""
        wanted = search.strip().casefold()
        users = self.by_id.values()
        return [user for user in users if wanted in f"{user.first} {user.last} {user.email}".casefold()]

    def technicians(self, group: int | None = None) -> list[User]:
        """The active technicians, of one group or all."""
        users = (user for user in self.by_id.values() if user.technician and user.active)
        return [user for user in users if group is None or group in user.groups]

    def csv(self) -> str:
        """All users as an administrator would export them."""
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(("email", "id"))
        rows.writerows((user.email, user.id) for user in self.by_id.values())
        return text.getvalue()


def _active_in(world: World) -> set[int]:
    """The positions of those who did something in a world's tickets."""
    here: set[int] = set()
    for ticket in world.tickets:
        here.add(ticket.requester)
        here.update(said.author for said in ticket.comments)
    return here


class _Session(Struct):
    account: Account
    expires: float


class Sessions:
    """Log-ins, failures, lock-outs and live tokens."""

    def __init__(self, accounts: list[Account], carrier: Carrier, switches: Switches) -> None:
        self._accounts = accounts
        self._carrier = carrier
        self._switches = switches
        self._failures: dict[str, int] = {}
        self._locked_until: dict[str, float] = {}
        self._live: dict[str, _Session] = {}
        self._numbers = itertools.count(1)
        self.logins = 0
        self.failed_logins = 0

    def log_in(self, name: str, password: str, domain: str) -> tuple[Account, str] | None:
        """The account and a new token, or None when anything about it is wrong or the account is locked."""
        now = self._carrier.clock.now()
        account = self._named(name, domain)
        if account is not None and self._locked_until.get(account.id, 0.0) <= now:
            if account.password == password:
                self._failures.pop(account.id, None)
                self.logins += 1
                return account, self._issue(account, now)
            self._record_failure(account, now)
        self.failed_logins += 1
        return None

    def account(self, authorization: str) -> Account | None:
        """Whose live token this header carries."""
        scheme, _, token = authorization.partition(" ")
        session = self._live.get(token.strip()) if scheme.lower() == "bearer" else None
        if session is None or session.expires <= self._carrier.clock.now():
            return None
        return session.account

    def renew(self, account: Account) -> str:
        """One more token for somebody who is logged in."""
        return self._issue(account, self._carrier.clock.now())

    def revoke(self) -> None:
        """No token given out so far is good any more."""
        self._live.clear()

    def _named(self, name: str, domain: str) -> Account | None:
        wanted = name.strip().lower()
        for account in self._accounts:
            if wanted in (account.email.lower(), account.username.lower()) and wanted:
                return account if account.domain.lower() == domain.strip().lower() else None
        return None

    def _record_failure(self, account: Account, now: float) -> None:
        self._failures[account.id] = self._failures.get(account.id, 0) + 1
        if self._failures[account.id] >= self._switches.lockout_after:
            self._locked_until[account.id] = now + self._switches.lockout_seconds
            self._failures.pop(account.id)

    def _issue(self, account: Account, now: float) -> str:
        expires = now + (self._carrier.faults.token_seconds or 7 * DAY)
        prefix = _URI if self._switches.claim_uris else ""
        permissions = account.permissions
        claims: dict[str, Any] = {
            prefix + "name": account.username or account.email,
            prefix + "nameidentifier": account.id,
            prefix + "roles": ",".join(account.roles),
            "iat": int(now),
            "jti": str(next(self._numbers)),
        }
        if permissions:
            # One claim for each: several of one name become a list in a JWT, a single one stays a text.
            claims[prefix + "permission"] = permissions[0] if len(permissions) == 1 else list(permissions)
        if self._switches.with_exp:
            claims["exp"] = int(expires)
        signed = _part({"alg": "HS256", "typ": "JWT"}) + "." + _part(claims)
        token = signed + "." + _text(hmac.digest(_SIGNING_KEY, signed.encode(), hashlib.sha256))
        self._live[token] = _Session(account, expires)
        return token


def _part(value: dict[str, Any]) -> str:
    return _text(msgspec.json.encode(value))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
