"""The model behind a mapping file: which field comes from where, and what becomes of what does not fit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from syncer.mapping.convert import compile_conversions
from syncer.mapping.template import compile_template

TEMPLATE_NAMES = frozenset(
    "ticket.key ticket.id ticket.url ticket.title ticket.created_at ticket.updated_at ticket.closed_at"
    " ticket.requester ticket.requester_email ticket.assignee ticket.status ticket.priority ticket.type"
    " ticket.category ticket.location ticket.group ticket.source".split()
)
ATTRIBUTION_NAMES = frozenset({"author", "author_email", "created_at"})
_NAMED = re.compile(r"\bticket\.(\w+)")
Scalar = str | int | float | bool


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class FieldRule(_Model):
    """One field of the target: exactly one of from, lookup, value and template."""

    source: str | None = Field(default=None, alias="from", description="A field of the ticket, or custom.NAME.")
    lookup: str | None = Field(default=None, description="A kind of value of the source, carried over by the tables.")
    value: Scalar | None = Field(default=None, description="Always this: id, name or path in the target's list.")
    template: str | None = Field(default=None, description="Text with {{ ticket.key }} and the like.")
    default: Scalar | None = Field(default=None, description="For what is empty or has no counterpart: the same.")
    do: list[str | dict[str, Any]] = Field(default=[], description="Conversions, in order.")
    as_: Literal["text", "html"] | None = Field(
        default=None,
        alias="as",
        description="Only for the body. text: without markup, also where the target shows it. html: with markup, and"
        " counted as lost where the target takes none. Else what the target takes.",
    )

    @field_validator("do")
    @classmethod
    def _known_steps(cls, value: list[str | dict[str, Any]]) -> list[str | dict[str, Any]]:
        compile_conversions(value)
        return value

    @field_validator("template")
    @classmethod
    def _known_names(cls, value: str | None) -> str | None:
        if value is not None:
            compile_template(value, TEMPLATE_NAMES)
        return value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        given = [n for n, v in zip(("from", "lookup", "value", "template"),
                 (self.source, self.lookup, self.value, self.template), strict=True) if v is not None]  # fmt: skip
        if len(given) != 1:
            raise ValueError(f"needs exactly one of from, lookup, value, template; it has {', '.join(given) or 'none'}")
        return self


class People(_Model):
    """Who is who: by e-mail, by user name, by a table; and who stands in for somebody unknown."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    match: list[Literal["email", "username"]] = Field(
        default=["email"], description="What makes two people one: `email`, `username` or both, in this order."
    )
    table: Path | None = Field(default=None, description="CSV with the columns email and id.")
    missing: Literal["fallback", "create", "placeholder"] = Field(
        default="fallback",
        description="For requesters, and people who are told, unknown to the target, which must be able to do what is"
        " asked. create: they are made there, by name and e-mail, and who has none is stood in for. placeholder: made"
        " with an address that no mail can reach, to be put right later.",
    )
    fallback: str | None = Field(default=None, description="E-mail or id on the target of who stands in.")


class Comments(_Model):
    """What becomes of comments."""

    private: Literal["keep", "drop"] = Field(
        default="keep",
        description="keep: private where the target can, else in a file of the run on this machine. drop: counted.",
    )
    attribution: str = Field(
        default="{{ author }} wrote on {{ created_at }}:", description="The line before a comment that is told as text."
    )

    @field_validator("attribution")
    @classmethod
    def _known_names(cls, value: str) -> str:
        compile_template(value, ATTRIBUTION_NAMES)
        return value


class Tags(_Model):
    """What becomes of tags."""

    carry: bool = Field(default=True, description="Carry the ticket's own; else only those of `add`.")
    add: list[str] = Field(default=[], description="Tags that every migrated ticket gets.")


class TooLong(_Model):
    """What becomes of what is too long for the target; nothing is lost without being counted."""

    title: Literal["cut"] = Field(default="cut", description="The whole title goes to the head of the body.")
    body: Literal["attach", "cut"] = Field(default="attach", description="attach: the rest becomes a text file.")


class Example(_Model):
    """A test of this mapping: names of the source's values in, names of the target's out."""

    given: dict[str, Scalar]
    expect: dict[str, Scalar]


class Rules(_Model):
    """A mapping file."""

    fields: dict[str, FieldRule]
    custom: dict[str, FieldRule] = Field(default={}, description="Custom fields of the target, by name.")
    people: People = People()
    comments: Comments = Comments()
    tags: Tags = Tags()
    cc: Literal["keep", "text"] = Field(
        default="keep",
        description="People who are told of what happens. keep: on the target too, which may mail them. text: named in"
        " the body only.",
    )
    too_long: TooLong = TooLong()
    header: bool = Field(default=True, description="A head in the body with what the target cannot hold.")
    skip: dict[str, list[Scalar]] = Field(default={}, description="Tickets to leave behind: kind -> names or ids.")
    aliases: dict[str, dict[str, str]] = Field(default={}, description="kind -> source name -> target name.")
    fuzzy: Annotated[float, Field(gt=0.5, le=1)] = Field(
        default=1.0, description="Similar names from this score on are applied; below they are suggestions only."
    )
    examples: list[Example] = Field(
        default=[], description="Tests of this mapping: `given` names of the source, `expect` names of the target."
    )

    @model_validator(mode="before")
    @classmethod
    def _custom_within_fields(cls, data: Any) -> Any:
        """`custom` may stand inside `fields`, where people look for it."""
        if isinstance(data, dict) and isinstance(data.get("fields"), dict) and "custom" in data["fields"]:
            fields = dict(data["fields"])
            return {**data, "custom": fields.pop("custom"), "fields": fields}
        return data

    @model_validator(mode="after")
    def _only_a_body_has_a_form(self) -> Self:
        for name, rule in (*self.fields.items(), *self.custom.items()):
            if rule.as_ and (name != "body" or rule.source != "body"):
                raise ValueError(f"fields.{name}: `as` is for the field body when it comes from: body")
        return self

    def lists(self) -> frozenset[str]:
        """The kinds of value of the source that some rule reads: by tables, as they are, or within a template."""
        rules = (*self.fields.values(), *self.custom.values())
        told = (name for rule in rules if rule.template for name in _NAMED.findall(rule.template))
        return frozenset((*told, *(kind for rule in rules for kind in (rule.lookup, rule.source) if kind)))

    def lookup_kinds(self) -> list[tuple[str, str]]:
        """(target field, source kind) of every field carried over by tables."""
        return [(name, rule.lookup) for name, rule in self.fields.items() if rule.lookup]


def schema() -> dict[str, Any]:
    """The JSON Schema of a mapping file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Rules.model_json_schema(by_alias=True)}
