"""Znuny's config block. It has no call that lists anything: names and people it does not tell are settings here."""

from __future__ import annotations

import re
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from syncer.deskkit.config import BudgetConfig, DeskConfig, Positive
from syncer.model.lookups import FieldForm, StatusClass

_ROUTE = re.compile(r"(GET|POST|PUT|PATCH) /[^\s?#]*")


class Login(BaseModel):
    """An agent of syncer's own; the groups this agent is in decide what can be seen and done."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user: str = Field(description="The agent's login.")
    password: SecretStr = Field(description="The agent's password.")


class Routes(BaseModel):
    """Method and path of each operation, as the administrator defined them for this web service."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    session: str | None = Field(
        default="POST /Session", description="SessionCreate. null: name and password go along with each call."
    )
    create: str = Field(default="POST /Ticket", description="TicketCreate.")
    update: str = Field(default="PATCH /Ticket/:TicketID", description="TicketUpdate.")
    get: str = Field(
        default="POST /TicketList",
        description="TicketGet. With GET /Ticket/:TicketID the session stands in the server's access log.",
    )
    search: str = Field(default="POST /TicketSearch", description="TicketSearch; a GET would ignore the marker.")

    @field_validator("session", "create", "update", "get", "search")
    @classmethod
    def _is_a_route(cls, value: str | None) -> str | None:
        if value is not None and not _ROUTE.fullmatch(value):
            raise ValueError("must be a method and a path, such as POST /TicketSearch")
        return value

    @field_validator("session", "create", "update", "search")
    @classmethod
    def _has_a_body(cls, value: str | None) -> str | None:
        if value is not None and value.startswith("GET "):
            raise ValueError("must not be a GET: let the administrator allow POST for this route, too")
        return value


class Agent(BaseModel):
    """Somebody who works on tickets."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    login: str = Field(description="Their login.")
    email: str | None = Field(default=None, description="Their e-mail, by which people are matched.")
    name: str = Field(default="", description="Their full name.")
    id: int | None = Field(default=None, description="Their number: tells whose a note is that was sent as a queue.")
    active: bool = Field(
        default=True, description="false: they left; what was theirs is read, nothing is given to them."
    )


class Customer(BaseModel):
    """Somebody who asks for help."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    email: str = Field(description="Their e-mail, by which people are matched.")
    login: str | None = Field(default=None, description="Their login, where it is not the e-mail.")
    name: str = Field(default="", description="Their full name.")
    active: bool = Field(default=True, description="false: they left; nothing new is asked in their name.")


class DynamicField(BaseModel):
    """What a dynamic field holds, which no call tells."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str = Field(default="", description="What people see it called, where that is not its name.")
    form: FieldForm = Field(default="text", description="text, number, bool, date, datetime, choice or choices.")
    options: dict[str, str] = Field(default={}, description="What may be chosen: key as it is stored, and its name.")

    @model_validator(mode="before")
    @classmethod
    def _in_short(cls, value: Any) -> Any:
        """`Note: text` says as much as `Note: {form: text}`; options may be a list where keys are the names."""
        if isinstance(value, str):
            return {"form": value}
        if isinstance(value, dict) and isinstance(value.get("options"), list):
            return {**value, "options": {str(one): str(one) for one in value["options"]}}
        return value


class Lists(BaseModel):
    """Names and people of this desk. What tickets hold besides is found in them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    queues: list[str] = Field(default=[], description="Queues by their whole names: Support::Network.")
    states: list[str] = Field(default=[], description="States, in place of those Znuny comes with.")
    priorities: list[str] = Field(default=[], description="Priorities, in place of those Znuny comes with.")
    types: list[str] = Field(default=[], description="Ticket types.")
    services: list[str] = Field(default=[], description="Services by their whole names, where they are in use.")
    slas: list[str] = Field(default=[], description="SLAs, where they are in use.")
    agents: list[Agent] = Field(default=[], description="Agents.")
    customers: list[Customer] = Field(default=[], description="Customer users.")
    dynamic_fields: dict[str, DynamicField] = Field(
        default={}, description="Dynamic fields of tickets by name, and what each holds."
    )


class ZnunyConfig(DeskConfig):
    """A Znuny 6, or an OTRS Community Edition 6, by a REST web service of its generic interface."""

    kind: Literal["znuny"] = "znuny"
    base_url: str = Field(
        description="The web service: https://desk.example.org/otrs/nph-genericinterface.pl/Webservice/NAME."
    )
    auth: Login = Field(description="How syncer logs in.")
    budget: BudgetConfig = Field(
        default=BudgetConfig(per_second=5, parallel=3), description="Znuny has no limit of its own: spare the server."
    )
    pause: Positive = Field(default=5.0, description="Seconds to wait after a 429 that does not say how long.")
    routes: Routes = Field(default=Routes(), description="Method and path of each operation.")
    lists: Lists = Field(default=Lists(), description="Names and people, none of which Znuny's calls tell.")
    status_classes: dict[str, StatusClass] = Field(
        default={}, description="What a state of your own means: open, pending, resolved or closed."
    )
    timezone: str = Field(default="UTC", description="OTRSTimeZone of the server: its times come without a zone.")
    page_size: int = Field(default=200, ge=2, le=10_000, description="Tickets asked of one search.")
    bulk: int = Field(default=20, ge=1, le=500, description="Whole tickets read in one call.")
    overlap_minutes: int = Field(default=5, ge=1, description="How far a delta reads back before its cursor.")
    lookup_tickets: int | None = Field(
        default=None, ge=0, description="So many of the newest tickets are looked through for names. Default: all."
    )
    formatted: bool = Field(default=True, description="false: texts are read without their markup, by fewer calls.")
    nobody: list[str] = Field(
        default=["root@localhost"],
        description="Agents who stand for nobody: what they own has no assignee. What has none gets the first.",
    )
    time_unit_minutes: Positive | None = Field(
        default=None, description="Minutes of one accounted time unit. Without it accounted time is not read."
    )
    marker_field: str | None = Field(
        default="ExternalID", description="A dynamic field of type text for syncer's marker. null: it is in the title."
    )
    queue: str | None = Field(default=None, description="Queue of tickets for which the mapping gives none.")
    state: str = Field(default="new", description="State of tickets for which the mapping gives none.")
    removed_state: str = Field(
        default="removed", description="State of tickets that are taken back: one of the type `removed`."
    )
    priority: str = Field(default="3 normal", description="Priority of tickets for which the mapping gives none.")
    pending_days: Positive = Field(default=14.0, description="When what is written as pending is due.")
    auto_response: str = Field(
        default="auto remove", description="A type of auto response that no queue has, so that no customer is answered."
    )
    max_request_mb: Positive = Field(
        default=20.0, description="Files of one text, together; see the web service's maximum message length."
    )
    probe_misses: int = Field(default=20, ge=1, description="So many unknown ids in a row end a walk by id.")

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as e:
            raise ValueError("must be the name of a time zone, such as UTC or Europe/Berlin") from e
        return value

    def own_page(self) -> str:
        """As its web interface shows one, where the web service is under the usual address."""
        root, found, _ = self.base_url.partition("/nph-genericinterface.pl/")
        return f"{root}/index.pl?Action=AgentTicketZoom;TicketID={{id}}" if found else ""
