"""An archive's config block: its folder, and the file of somebody else's that it is made from, if there is one."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from syncer.deskkit.config import DeskBlock
from syncer.model.lookups import StatusClass

KINDS = (
    "status", "priority", "urgency", "impact", "type", "category", "group", "user_group", "level", "support_level",
    "location", "site", "department", "company", "source",
)  # fmt: skip
"""Lists a ticket may have a value of."""
PEOPLE = ("requester", "creator", "assignee")
TICKET_COLUMNS = (
    "id", "number", "url", "title", "body", *KINDS, *PEOPLE, *(f"{one}_name" for one in PEOPLE), "created_at",
    "updated_at", "closed_at", "tags", "cc", "comments",
)  # fmt: skip
COMMENT_COLUMNS = ("ticket", "id", "author", "author_name", "created_at", "body", "public")
CUSTOM = "custom."
JSON_LINES = (".jsonl", ".ndjson")


def _beside(path: Path, info: ValidationInfo) -> Path:
    """Paths begin where the config file is."""
    folder = (info.context or {}).get("folder")
    return folder / path if folder is not None else path


def _flat(columns: Any) -> Any:
    """`custom: {Asset: ...}` as `custom.Asset: ...`."""
    if not isinstance(columns, dict) or not isinstance(columns.get("custom"), dict):
        return columns
    rest = {name: column for name, column in columns.items() if name != "custom"}
    return rest | {f"{CUSTOM}{name}": column for name, column in columns["custom"].items()}


def _known(columns: dict[str, str], names: tuple[str, ...]) -> dict[str, str]:
    for name in columns:
        if name in names or (name.startswith(CUSTOM) and name != CUSTOM and names is TICKET_COLUMNS):
            continue
        close = difflib.get_close_matches(name, names, n=1)
        meant = f"; did you mean {close[0]}?" if close else ""
        raise ValueError(f"{name} is nothing to take from a column{meant}; there are {', '.join(names)}")
    return columns


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as e:
        raise ValueError("must be the name of a time zone, such as UTC or Europe/Madrid") from e
    return value


Beside = Annotated[Path, AfterValidator(_beside)]
TicketColumns = Annotated[
    dict[str, str], BeforeValidator(_flat), AfterValidator(lambda columns: _known(columns, TICKET_COLUMNS))
]
CommentColumns = Annotated[dict[str, str], AfterValidator(lambda columns: _known(columns, COMMENT_COLUMNS))]


class CommentImport(BaseModel):
    """Comments in a file of their own, or as objects within the tickets of a JSONL file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Beside | None = Field(
        default=None, description="A file of comments, one in each row. None: within the tickets, in column `comments`."
    )
    columns: CommentColumns = Field(
        default={},
        description="Which column holds what: ticket (the id of its ticket; for a file), id, author (e-mail or name),"
        " author_name, created_at, body, public.",
    )
    public: list[str] = Field(
        default=["true", "yes", "1", "public"],
        description="What stands in the column public of comments the requester could read. All others are private.",
    )
    visible: Literal["private", "public"] = Field(
        default="private", description="What comments are that have no column public."
    )


class Import(BaseModel):
    """A file of tickets somebody else made, and what its columns mean."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Beside = Field(description="A CSV with a line of heads, or JSON lines (.jsonl, .ndjson); also as .gz.")
    columns: TicketColumns = Field(
        description="What of a ticket stands in which column, such as `title: Subject`; in JSON lines a key, `a.b`"
        " where nested. See the README of the archive for all names."
    )
    comments: CommentImport = Field(default=CommentImport(), description="Where comments stand.")
    html: bool = Field(default=False, description="true: texts are HTML.")
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC", description="Zone of times that have none: Europe/Madrid."
    )
    dates: list[str] = Field(
        default=[], description="How times are written, such as %d/%m/%Y %H:%M, tried in order; then ISO 8601."
    )
    delimiter: str = Field(default=",", min_length=1, max_length=1, description="Between the cells of a CSV.")
    split: str = Field(default=",", min_length=1, description="Between several tags or people in one cell.")
    trees: dict[str, str] = Field(
        default={}, description="Lists that are trees, and what stands between their steps: `category: ' > '`."
    )
    status_classes: dict[str, StatusClass] = Field(
        default={}, description="What a status means: open, pending, resolved or closed."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not {"title", "body"} & self.columns.keys():
            raise ValueError("columns: neither title nor body is taken from any column")
        said = self.comments
        if said.file is not None and (lacking := {"ticket", "body"} - said.columns.keys()):
            raise ValueError(f"comments.columns: {' and '.join(sorted(lacking))} must be named for a file of comments")
        if said.file is None and said.columns and not self.file.name.removesuffix(".gz").endswith(JSON_LINES):
            raise ValueError("comments.columns: a CSV of tickets has no columns within `comments`; name comments.file")
        if said.file is not None and "comments" in self.columns:
            raise ValueError("comments come from comments.file, or from the column `comments`: not from both")
        return self

    @field_validator("trees")
    @classmethod
    def _are_lists(cls, value: dict[str, str]) -> dict[str, str]:
        for kind, separator in value.items():
            if kind not in KINDS or not separator.strip():
                raise ValueError(f"{kind}: must be a list ({', '.join(KINDS)}) with what stands between its steps")
        return value


class ArchiveConfig(DeskBlock):
    """A folder of tickets: a target for everything, and a source without a server."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["archive"] = "archive"
    path: Beside = Field(description="Its folder, beside the config file.")
    imported: Import | None = Field(
        default=None, alias="import",
        description="A file the archive is made from, and made anew when the file changes; it is only read then.",
    )  # fmt: skip

    @property
    def address(self) -> str:
        """Its folder."""
        return str(self.path.absolute())
