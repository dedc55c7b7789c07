"""What plausible tickets are made of: the people and lists of a company, and helpdesk prose."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeVar

from syncer.deskkit.world import SeedPerson

T = TypeVar("T")

STATUSES = ("new", "open", "pending", "waiting", "solved", "closed", "rejected", "cancelled")
PRIORITIES = ("low", "medium", "high", "urgent", "critical")
KINDS = ("incident", "service request", "question", "problem", "change")
QUEUES = ["Service Desk", "Field Support", "Network & VPN", "Business Applications", "Büro Zürich"]
LOCATIONS = ["Head office", "Warehouse", "Zürich", "São Paulo", "東京", "Home office"]
COMPANIES = ["Acme Industries", "Acme Logistics", "Müller & Söhne GmbH"]
CUSTOM: dict[str, list[str]] = {
    "Asset tag": [],
    "Root cause": [],
    "Impact": ["One person", "A team", "Everybody"],
    "Cost centre": ["1000 Administration", "2000 Sales", "3000 Production", "9000 Übriges"],
}

# Leaves have the same name under different parents, as they do in real trees.
CATEGORIES: list[tuple[str, ...]] = [
    ("Hardware", "Laptops", "Battery"),
    ("Hardware", "Laptops", "Other"),
    ("Hardware", "Printers", "Paper jam"),
    ("Hardware", "Printers", "Other"),
    ("Software", "E-mail", "Mailbox full"),
    ("Software", "E-mail", "Other"),
    ("Software", "ERP", "Error message"),
    ("Software", "ERP", "Other"),
    ("Access", "Accounts", "Password"),
    ("Access", "VPN", "Password"),
    ("Access", "Accounts", "New joiner"),
    ("Network", "VPN", "Connection"),
    ("Network", "Wi-Fi", "Connection"),
    ("Network", "Télétravail", "Connexion"),
    ("Facilities", "Keys"),
    ("Other",),
]

_ISSUES: dict[str, tuple[tuple[str, str], ...]] = {
    "Hardware": (
        (
            "Laptop {asset} shuts down",
            "my laptop {asset} shuts down without a warning about {count} times a day",
        ),
        ("Printer in room {room} jams", "the printer in room {room} jams on every second page"),
        ("Second screen stays black", "the second screen at desk {room} stays black since {day}"),
        ("Request: docking station", "I need a docking station for {asset}, the old one is broken"),
    ),
    "Software": (
        ("Mailbox is full", "my mailbox is full and I get {count} warnings an hour"),
        ("Error {count} when posting an invoice", "posting an invoice ends with error {count} since {day}"),
        ("Calendar does not sync", "my calendar shows no appointments on the phone since {day}"),
        ("Licence expired on {asset}", "the drawing program on {asset} says that its licence has expired"),
    ),
    "Access": (
        (
            "Password reset",
            "I cannot log in any more since {day}; the account is locked after {count} attempts",
        ),
        ("New joiner on {day}", "a new colleague starts on {day} and needs an account, a badge and a laptop"),
        ("No access to shared folder", "I lost access to the shared folder of room {room}"),
    ),
    "Network": (
        ("VPN drops every {count} minutes", "the VPN drops every {count} minutes when I work from home"),
        ("Wi-Fi slow in room {room}", "the Wi-Fi in room {room} is very slow since {day}"),
        ("No network at desk {room}", "the socket at desk {room} is dead; {asset} shows no link"),
    ),
    "Facilities": (("Key for room {room}", "I need a key for room {room} from {day} on"),),
    "Other": (("Question about {asset}", "whom do I ask about {asset}? Nobody here seems to know"),),
}
_MORE = (
    "I have restarted it twice and it did not help.",
    "A colleague next to me has the same problem.",
    "It worked until the update last week.",
    "This is urgent because we close the month on {day}.",
    "You can reach me at extension {count} all day.",
    "Please find the details in my earlier ticket about {asset}.",
    "It is not urgent, any day this week is fine.",
    "Nothing was changed on my side.",
)
_REPLIES = (
    "Thank you, we are looking into it.",
    "Could you tell us whether it also happens with {asset}?",
    "We have replaced the cable in room {room}. Please try again.",
    "It happens again, today for the {count}th time.",
    "The supplier has promised an answer by {day}.",
    "Works now, thank you very much!",
    "I tried what you wrote, without success.",
    "We have reset the account; please log in with the temporary password sent to you separately.",
)
_NOTES = (
    "Internal: same cause as {asset}, do not tell the customer yet.",
    "Internal: user called {count} times, very upset.",
    "Internal: waiting for the purchase to be approved by {day}.",
    "Internal: second level says it is the switch near room {room}.",
)
_CLOSINGS = (
    "Thanks",
    "Best regards",
    "Many thanks and kind regards",
    "Thank you &amp; bye",
    "Regards,<br>sent from my phone",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "1 March", "31/12")
_NAMES = (
    ("Ana", "ana"),
    ("Bjørn", "bjorn"),
    ("Chloé", "chloe"),
    ("Dmitri", "dmitri"),
    ("Eva", "eva"),
    ("Fatima", "fatima"),
    ("Gábor", "gabor"),
    ("Hiroshi", "hiroshi"),
    ("Inés", "ines"),
    ("John", "john"),
)
_LASTNAMES = (
    ("García Márquez", "garcia"),
    ("Smith", "smith"),
    ("O'Neill", "oneill"),
    ("Müller", "mueller"),
    ("Łukasiewicz", "lukasiewicz"),
    ("Nakamura", "nakamura"),
    ("van der Berg", "vanderberg"),
)


class Cast:
    """The people of a world, and the positions of those who may act in it."""

    def __init__(self, count: int) -> None:
        self.people = [_person(position) for position in range(count)]
        present = [p for p, person in enumerate(self.people) if not person.disabled and not person.deleted]
        self.agents = [p for p in present if self.people[p].agent]
        self.customers = [p for p in present if not self.people[p].agent]
        self.disabled = [p for p, person in enumerate(self.people) if person.disabled]
        self.deleted = [p for p, person in enumerate(self.people) if person.deleted]


def _person(position: int) -> SeedPerson:
    # 10 and 7 have no common divisor: the first pair of namesakes is 70 apart.
    name, plain = _NAMES[position % len(_NAMES)]
    lastname, plain_last = _LASTNAMES[position % len(_LASTNAMES)]
    email = f"{plain}.{plain_last}{position}@acme.example"
    return SeedPerson(
        name=name,
        lastname=lastname,
        email=email.title() if position % 10 == 3 else email,
        agent=position % 6 == 0,
        disabled=position % 18 in (5, 12),
        deleted=position % 24 in (17, 18),
    )


class Teller:
    """Tells helpdesk stories, the same ones for the same randomness."""

    def __init__(self, random: Random) -> None:
        self._random = random.random

    def number(self, below: int) -> int:
        """From 0 up to `below`, which it does not reach."""
        return int(self._random() * below)

    def chance(self, share: float) -> bool:
        """True as often as `share` says."""
        return self._random() < share

    def pick(self, choices: Sequence[T]) -> T:
        """One of them."""
        return choices[int(self._random() * len(choices))]

    def ticket(self, category: tuple[str, ...]) -> tuple[str, str]:
        """A title and a body in HTML."""
        title, problem = self.pick(_ISSUES[category[0]])
        slots = self._slots()
        begin = self.number(len(_MORE))
        more = " ".join((_MORE * 2)[begin : begin + self.number(5)]).format_map(slots)
        closing = self.pick(_CLOSINGS)
        return (
            title.format_map(slots),
            f"<p>Hello,</p><p>{problem.format_map(slots)}. {more}</p><p>{closing}</p>",
        )

    def reply(self) -> str:
        """What somebody answers, in HTML."""
        return f"<p>{self.pick(_REPLIES).format_map(self._slots())}</p>"

    def note(self) -> str:
        """What agents write for each other, in HTML."""
        return f"<p>{self.pick(_NOTES).format_map(self._slots())}</p>"

    def asset(self) -> str:
        """A tag as it is glued on laptops."""
        return f"NB-{self.number(9000) + 1000}"

    def _slots(self) -> dict[str, object]:
        return {
            "asset": self.asset(),
            "room": 100 + self.number(400),
            "count": 2 + self.number(60),
            "day": self.pick(_DAYS),
        }
