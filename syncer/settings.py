"""Settings in: a YAML file, secrets by environment or secrets folder; every mistake found in one go, with its line."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic_settings import BaseSettings, NestedSecretsSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from syncer.deskkit import registry
from syncer.deskkit.config import DeskBlock
from syncer.documents import Document, merged
from syncer.errors import ConfigError
from syncer.mapping.rules import Rules
from syncer.pipeline.route import Route

_NAME = re.compile(r"[a-z0-9_]+")
DEFAULT_FILE = Path("syncer.yaml")


def _percent(value: Any) -> Any:
    """`50%` as 0.5."""
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            return float(value.strip()[:-1]) / 100
        except ValueError:
            return value
    return value


_SHARES: dict[str, Any] = {
    "anyOf": [
        {"type": "number", "minimum": 0, "maximum": 1},
        {"type": "string", "format": "percent", "pattern": r"^\s*(100|\d{1,2}(\.\d*)?)\s*%\s*$"},
    ]
}


def _address(value: str) -> str:
    """Checked without repeating it: it may hold a password."""
    try:
        url = urlsplit(value)
        fine = value == "embedded" or (url.scheme in {"postgresql", "postgres"} and (url.port or 1) > 0)
    except ValueError:  # a port that is no number, brackets that do not close
        fine = False
    if not fine:
        raise ValueError("must be embedded, or an address: postgresql://user@host/name, with :port after the host")
    return value


Share = Annotated[float, BeforeValidator(_percent), Field(ge=0, le=1), WithJsonSchema(_SHARES)]


class Brakes(BaseModel):
    """Stops before harm."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    change: Share = Field(default=0.5, description="A delta that finds more of the migrated tickets changed stops.")
    shrink: Share = Field(default=0.5, description="A source that shows fewer than this share of before stops a run.")
    missing: Share = Field(
        default=0.05,
        description="A repair that finds more of the migrated tickets missing on the target stops: the account may be"
        " blind there, and all would be made a second time.",
    )


class RouteConfig(BaseModel):
    """One direction: from which desk to which, by which mapping."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(description="Name of the desk that tickets come from.")
    target: str = Field(description="Name of the desk that tickets go to.")
    mapping: Path = Field(description="The mapping file, beside the config file.")
    marker: Literal["title"] = Field(default="title", description="Where the target carries our marker.")
    marker_prefix: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9]{1,12}$",
        description="How markers begin; 1 to 12 letters and digits. Default: the source's own, such as IG of InvGate.",
    )
    brakes: Brakes = Brakes()
    accept_mails: bool = Field(
        default=False,
        description="What the target mails by itself is all right. Else a command that writes asks, or is told so by"
        " --accept-mails.",
    )


class _File(BaseSettings):
    """The shape of the file; desks are judged by their own models."""

    model_config = SettingsConfigDict(env_prefix="SYNCER_", env_nested_delimiter="__", extra="forbid")

    database: Annotated[str, AfterValidator(_address)] = Field(
        default="embedded", description="embedded, or postgresql://user@host/name"
    )
    home: Path = Field(default=Path(".syncer"), description="Where syncer keeps its files, beside the config file.")
    desks: dict[str, dict[str, Any]] = {}
    routes: dict[str, RouteConfig] = {}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Environment over secrets folder over file."""
        folder = os.environ.get("SYNCER_SECRETS_DIR")
        if not folder:
            return env_settings, init_settings
        secrets = NestedSecretsSettingsSource(
            file_secret_settings, secrets_dir=folder, secrets_nested_delimiter="__", env_prefix=""
        )
        return env_settings, secrets, init_settings


class Settings(BaseModel):
    """Everything that was configured, valid in itself. Whether desks agree is for `syncer check`."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    path: Path
    database: str
    home: Path
    desks: dict[str, Any]
    routes: dict[str, Route]

    def desk(self, name: str) -> DeskBlock:
        """A desk's block; ConfigError names those there are."""
        if name not in self.desks:
            raise ConfigError(f"no desk named {name}", hint=f"There are: {', '.join(self.desks) or 'none'}")
        found = self.desks[name]
        assert isinstance(found, DeskBlock)
        return found

    def route(self, name: str | None) -> Route:
        """A route by name; the only one when none is named."""
        if name is None and len(self.routes) == 1:
            return next(iter(self.routes.values()))
        if not self.routes:
            raise ConfigError(f"{self.path}: no route in it", hint="Add one under `routes`: source, target, mapping")
        if name is None or name not in self.routes:
            said = f"no route named {name}" if name else "which route?"
            raise ConfigError(said, hint=f"There are: {', '.join(self.routes) or 'none'}")
        return self.routes[name]


def load(path: Path) -> Settings:
    """Read a config file and the mapping files it names. Raises ConfigError with all problems at once."""
    folder = os.environ.get("SYNCER_SECRETS_DIR")
    if folder and not Path(folder).is_dir():
        raise ConfigError(f"SYNCER_SECRETS_DIR: {folder} is no folder", hint="Name the folder that holds the secrets.")
    document = Document(path)
    problems: list[str] = []
    try:
        file = _File(**document.data)
    except ValidationError as e:
        problems += document.problems(e, _File)
        blocks = document.data.get("desks")
        for name, block in blocks.items() if isinstance(blocks, dict) else ():
            if isinstance(block, dict):
                _desk(document, str(name), block, problems)
        raise _wrong(path, problems) from e
    desks = {name: _desk(document, name, block, problems) for name, block in file.desks.items()}
    routes = {name: _route(document, name, route, desks, problems) for name, route in file.routes.items()}
    _marks_differ(document, routes, problems)
    if problems:
        raise _wrong(path, problems)
    home = file.home if file.home.is_absolute() else path.parent / file.home
    whole = {name: route for name, route in routes.items() if route is not None}
    return Settings(path=path, database=file.database, home=home, desks=desks, routes=whole)


def _wrong(path: Path, problems: list[str]) -> ConfigError:
    count = f"{len(problems)} mistakes" if len(problems) != 1 else "1 mistake"
    return ConfigError(f"{path}: {count}", hint="Mend these, then: syncer config check", problems=tuple(problems))


def _desk(document: Document, name: str, block: dict[str, Any], problems: list[str]) -> DeskBlock | None:
    place = ("desks", name)
    if not _NAME.fullmatch(name):
        problems.append(
            f"{document.where(place)}: a desk's name is made of a-z, 0-9 and _ (its secrets are named after it)"
        )
        return None
    kind = block.get("kind")
    if kind not in registry.kinds():
        said = "is missing" if kind is None else f"{kind!r} is unknown"
        problems.append(f"{document.where((*place, 'kind'))}: {said}; there are {', '.join(registry.kinds())}")
        return None
    model = registry.spec(str(kind)).config()
    try:
        # Paths in a block begin where the file is.
        config = model.model_validate({**block, "name": name}, context={"folder": document.path.parent})
    except ValidationError as e:
        secrets = _secrets(model)

        def missing(at: tuple[str | int, ...]) -> str:
            name = "SYNCER_" + "__".join(map(str, at)).upper()
            return f"is missing; a secret, it comes from the environment: {name}" if at[-1] in secrets else "is missing"

        problems += document.problems(e, model, place, missing)
        return None
    assert isinstance(config, DeskBlock)
    return config


def _secrets(model: type[BaseModel]) -> set[str]:
    """The keys of a desk's block, nested ones too, that are secrets."""
    whole = model.model_json_schema()
    blocks = [whole, *whole.get("$defs", {}).values()]
    return {k for one in blocks for k, v in one.get("properties", {}).items() if v.get("format") == "password"}


def _route(
    document: Document, name: str, route: RouteConfig, desks: dict[str, Any], problems: list[str]
) -> Route | None:
    for side in ("source", "target"):
        desk = getattr(route, side)
        if desk not in desks:
            there = ", ".join(desks) or "none"
            problems.append(f"{document.where(('routes', name, side))}: no desk named {desk}; there are {there}")
    rules = _rules(document.path.parent / route.mapping, problems)
    source = desks.get(route.source)
    if rules is None or source is None:
        return None
    return Route(
        name=name, source=route.source, target=route.target, rules=rules,
        change=route.brakes.change, shrink=route.brakes.shrink, missing=route.brakes.missing,
        accept_mails=route.accept_mails,
        mark=route.marker_prefix or registry.spec(source.kind).mark, mapping=document.path.parent / route.mapping,
    )  # fmt: skip


def _rules(path: Path, problems: list[str]) -> Rules | None:
    try:
        document = Document(path)
    except ConfigError as e:
        problems.append(e.message)
        return None
    data = document.data
    table = (data.get("people") or {}).get("table") if isinstance(data.get("people"), dict) else None
    if isinstance(table, str):
        data = merged(data, {"people": {"table": str(path.parent / table)}})
    try:
        return Rules.model_validate(data)
    except ValidationError as e:
        problems += document.problems(e, Rules)
        return None


def _marks_differ(document: Document, routes: dict[str, Any], problems: list[str]) -> None:
    """Two sources of one target must not use the same marks: their tickets could not be told apart."""
    taken: dict[tuple[str, str], Route] = {}
    for name, route in routes.items():
        if route is None:
            continue
        other = taken.setdefault((route.target, route.mark.upper()), route)
        if other is not route and other.source != route.source:
            problems.append(
                f"{document.where(('routes', name))}: its tickets get the same marks ({route.mark}-...) in"
                f" {route.target} as those of {other.name}; give one of them a marker_prefix"
            )


def schema() -> dict[str, Any]:
    """The JSON Schema of the config file, desks of every kind included; secrets may be left to the environment."""
    whole = _File.model_json_schema()
    definitions = whole.setdefault("$defs", {})
    blocks = []
    for kind in registry.kinds():
        block = registry.spec(kind).config().model_json_schema(ref_template=f"#/$defs/{kind}_{{model}}")
        del block["properties"]["name"]  # the block's own key
        definitions |= {f"{kind}_{name}": one for name, one in block.pop("$defs", {}).items()}
        block["required"] = ["kind", *block.get("required", [])]
        blocks.append(block)
    for one in (*definitions.values(), *blocks):
        if "required" in one:
            one["required"] = [name for name in one["required"] if not _is_secret(one["properties"][name])]
    whole["properties"]["desks"]["additionalProperties"] = {"oneOf": blocks}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole}


def _is_secret(value: dict[str, Any]) -> bool:
    return value.get("format") == "password"
