"""InvGate's config block."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from syncer.deskkit.config import BudgetConfig, DeskConfig, Positive

MEGABYTE = 1024 * 1024
FieldKind = Literal["list", "tree", "plain"]


class OAuth(BaseModel):
    """OAuth 2 client credentials (Settings, Integrations, API). Contract 2.1."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["oauth2"] = "oauth2"
    client_id: str = Field(description="Id of the API client.")
    client_secret: SecretStr = Field(description="Secret of the API client.")
    token_url: str | None = Field(default=None, description="Default: BASE_URL/oauth/v2.0/access_token")
    scopes: list[str] | None = Field(default=None, description="Default: one for each call that reading makes.")


class Basic(BaseModel):
    """HTTP Basic with an API user and its key. Contract 2.2."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["basic"] = "basic"
    user: str = Field(default="api", description="The API user.")
    key: SecretStr = Field(description="The API user's key.")


class InvGateConfig(DeskConfig):
    """An InvGate Service Desk, cloud or on premises."""

    kind: Literal["invgate"] = "invgate"
    auth: Annotated[OAuth | Basic, Field(discriminator="kind", description="How syncer logs in.")]
    view_id: int = Field(
        description="A view that shows all requests in all statuses to the API user; its id is in the"
        " address bar. Closed requests cannot be listed in any other way."
    )
    budget: BudgetConfig = Field(
        default=BudgetConfig(per_second=4, parallel=3), description="InvGate publishes no limit; 429 was met."
    )
    list_rows: int = Field(default=1000, ge=10, le=1000, description="Rows asked of incidents.by.view.")
    bulk: int = Field(default=100, ge=1, le=200, description="Tickets asked in one incidents call.")
    also_read: list[Literal["observers", "links", "times", "solutions"]] = Field(
        default=["observers", "links", "times", "solutions"],
        description="What no call tells of many requests at once. Each costs a call for every request, solutions for"
        " every solved one; what is left out here is not migrated.",
    )
    overlap_minutes: int = Field(default=15, ge=1, description="How far a delta reads back before its cursor.")
    pause: Positive = Field(default=30.0, description="Seconds to wait after a 429 that does not say how long.")
    users_timeout: Positive = Field(
        default=120.0, description="Seconds the list of users may take: it comes in one piece, thousands are slow."
    )
    file_hosts: list[str] = Field(
        default=[],
        description="Other hosts that attachments may lie on, such as a storage service's (`host` or `host:port`)."
        " They are read without credentials; files on any other host are refused.",
    )
    acting_user: int | None = Field(
        default=None,
        description="Id of the agent in whose name syncer writes what has no author of its own. Without one this desk"
        " is only read and cannot be a target.",
    )
    solution: str = Field(
        default="Solved before this request was migrated.",
        description="What is said as the solution of a request that was solved: without one InvGate solves none.",
    )
    time_entries: bool = Field(
        default=False,
        description="true: work is written with POST timetracking, which newer versions have; else the text tells it.",
    )
    max_file_mb: Positive = Field(
        default=100.0,
        description="Larger files are not written: InvGate's guidelines name 100 MB, and a tenant may allow less.",
    )
    probe_misses: int = Field(
        default=200, ge=1, description="So many unknown ids in a row are taken for the end of all requests."
    )
    field_types: dict[str, FieldKind] = Field(
        default={},
        description="What a custom field type is, by its id or name, where its name does not say list or tree.",
    )

    def own_page(self) -> str:
        """As its web interface shows one."""
        return f"{self.base_url}/requests/show/index/id/{{id}}"
