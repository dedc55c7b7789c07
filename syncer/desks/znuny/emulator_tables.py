"""What the emulated instance holds: tickets and people by id, and its value lists."""

from __future__ import annotations

from syncer.deskkit.emulation import Clock
from syncer.desks.znuny.emulator_records import Agent, Customer, Field, History, Mail, Ticket
from syncer.desks.znuny.emulator_switches import Switches
from syncer.desks.znuny.emulator_times import written
from syncer.desks.znuny.emulator_words import LOCKS, PRIORITIES, QUEUES, ROOT, ROOT_LOGIN, STATES, UNCLASSIFIED

_FIRST = {"ticket": 101, "article": 301, "attachment": 501, "agent": 3, "field": 6}
_SYSTEM_ID = "10"


class Tables:
    """Everything an instance knows. Whoever changes a ticket calls `bump`, or `note` where that leaves a line."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self.clock = clock
        self.switches = switches
        self.tickets: dict[int, Ticket] = {}
        self.agents: dict[int, Agent] = {}
        self.customers: dict[str, Customer] = {}
        self.fields: dict[int, Field] = {}
        self.mails: list[Mail] = []
        self.lists: dict[str, dict[int, str]] = {
            "Queue": dict(enumerate(QUEUES, 1)),
            "State": dict(STATES),
            "Priority": dict(PRIORITIES),
            "Type": {1: UNCLASSIFIED},
            "Lock": dict(LOCKS),
        }
        self._next = dict(_FIRST)
        self.add_agent(Agent(id=ROOT, login=ROOT_LOGIN, name="Admin OTRS", email=ROOT_LOGIN, technical=True))

    def now(self) -> int:
        """The instance's time in whole seconds."""
        return int(self.clock.now())

    def stamp(self, at: int) -> str:
        """A moment as the instance writes it."""
        return written(at, self.switches.timezone)

    def take(self, kind: str) -> int:
        """The next number of a counter."""
        number = self._next[kind]
        self._next[kind] = number + 1
        return number

    # People

    @property
    def caller(self) -> Agent:
        """The agent in whose name the API is called."""
        return self.agents[2]

    def add_agent(self, agent: Agent) -> Agent:
        """Keep somebody who works here."""
        self.agents[agent.id] = agent
        return agent

    def agent(self, login: str) -> Agent | None:
        """Whom a login means, in whatever case."""
        wanted = login.lower()
        return next((one for one in self.agents.values() if one.login.lower() == wanted), None)

    def customer(self, login: str) -> Customer | None:
        """Whom a customer's login means, in whatever case."""
        return self.customers.get(login.lower())

    def customer_of(self, email: str) -> Customer | None:
        """The known customer with this address."""
        wanted = email.lower()
        return next((one for one in self.customers.values() if one.email.lower() == wanted), None)

    # Lists

    def name(self, kind: str, id: int) -> str:
        """An entry's name."""
        return self.lists[kind][id]

    def field(self, name: str) -> Field | None:
        """The dynamic field with exactly this name."""
        return next((one for one in self.fields.values() if one.name == name), None)

    # Tickets

    def visible(self, id: int) -> Ticket | None:
        """A ticket the calling agent may see."""
        ticket = self.tickets.get(id)
        return None if ticket is None or self.is_hidden(ticket.queue) else ticket

    def is_hidden(self, queue: int) -> bool:
        """Whether a queue is of a group the calling agent is not in."""
        return "ro" not in self.switches.may or self.lists["Queue"].get(queue, "") in self.switches.hidden_queues

    def new_number(self, id: int, at: int) -> str:
        """A ticket's number: day, system, counter, and a digit that proves them."""
        digits = f"{self.stamp(at)[:10].replace('-', '')}{_SYSTEM_ID}{id:05d}"
        total = sum(int(digit) * (1 + place % 2) for place, digit in enumerate(digits))
        proof = 10 - total % 10
        return f"{digits}{1 if proof == 10 else proof}"

    def bump(self, ticket: Ticket, by: int) -> None:
        """The ticket changed just now."""
        ticket.changed = max(ticket.changed, self.now())
        ticket.changed_by = by

    def note(self, ticket: Ticket, type: str, name: str, by: int, *, article: int = 0, at: int | None = None) -> None:
        """Write down what happened to a ticket."""
        ticket.history.append(
            History(
                type=type,
                name=name,
                at=self.now() if at is None else at,
                by=by,
                article=article,
                owner=ticket.owner,
                priority=ticket.priority,
                queue=ticket.queue,
                state=ticket.state,
                ticket_type=ticket.type,
            )
        )
