"""Request Tracker's config block. What RT tells by no call is a setting here."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from syncer.deskkit.config import BudgetConfig, DeskConfig, Positive
from syncer.model.lookups import StatusClass

_BREAKS_A_QUERY = re.compile(r"[{}'\"\\]")


class Token(BaseModel):
    """An authentication token of one RT user; that user's rights decide what it may do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token: SecretStr = Field(description="The token exactly as RT shows it once: 1-27-0123456789abcdef...")


class RequestTrackerConfig(DeskConfig):
    """A Request Tracker 5, by its REST API 2.0."""

    kind: Literal["request_tracker"] = "request_tracker"
    base_url: str = Field(description="The root of RT, as people open it in a browser, without /REST/2.0.")
    auth: Token = Field(description="How syncer logs in.")
    budget: BudgetConfig = Field(
        default=BudgetConfig(per_second=5, parallel=3),
        description="RT has no limit and says nothing when it is overloaded: each call costs it about 0.2 s of work.",
    )
    pause: Positive = Field(default=5.0, description="Seconds to wait after a 429, which only a proxy sends.")
    page_size: int = Field(default=100, ge=2, le=100, description="Rows asked of a list; RT gives no more than 100.")
    overlap: int = Field(
        default=500, ge=0,
        description="So many numbers of transactions a delta reads back: a lower one may show after a higher one.",
    )  # fmt: skip
    queue: str | None = Field(
        default=None, description="Name or id of the queue new tickets go to. Without one the mapping must say it."
    )
    marker_field: str | None = Field(
        default="External ID",
        description="Name of a custom field (one value, free text) made for syncer's marker; null: the title.",
    )
    tag_field: str | None = Field(
        default=None, description="Name of a custom field (many values, free text) that holds tags, which RT has not."
    )
    created_field: str | None = Field(
        default=None,
        description="Name of a custom field (one date and time) that takes when a ticket was created elsewhere.",
    )
    native_created: bool = Field(
        default=False,
        description="true: tickets are made with their own time of creation. Only unpatched servers take it; whether"
        " it was kept is seen and counted.",
    )
    statuses: dict[str, StatusClass] = Field(
        default={
            "new": StatusClass.OPEN,
            "open": StatusClass.OPEN,
            "stalled": StatusClass.PENDING,
            "resolved": StatusClass.RESOLVED,
            "rejected": StatusClass.CLOSED,
        },
        min_length=1,
        description="The statuses of your lifecycles and what they mean: open, pending, resolved or closed. No call"
        " lists them; others that tickets have are found.",
    )
    priorities: dict[str, int] = Field(
        default={"Low": 0, "Medium": 50, "High": 100}, min_length=1,
        description="What RT calls its numbers (PriorityAsString): each name stands for its number and those up to the"
        " next one.",
    )  # fmt: skip
    max_file_mb: Positive = Field(default=50.0, description="Larger files are not written.")
    write_lag: Positive = Field(
        default=5.0, description="Seconds after a timeout in which RT may still finish what it was asked."
    )

    @field_validator("marker_field", "tag_field", "created_field")
    @classmethod
    def _fits_a_query(cls, value: str | None) -> str | None:
        if value is not None and (not value.strip() or _BREAKS_A_QUERY.search(value)):
            raise ValueError("must be the name of a custom field, without quotes, braces and backslashes")
        return value

    @field_validator("statuses")
    @classmethod
    def _are_as_rt_writes_them(cls, value: dict[str, StatusClass]) -> dict[str, StatusClass]:
        if "deleted" in map(str.lower, value):
            raise ValueError("deleted is no status of a ticket that is there")
        return {name.lower(): meaning for name, meaning in value.items()}

    def own_page(self) -> str:
        """As its web interface shows one."""
        return f"{self.base_url}/Ticket/Display.html?id={{id}}"
