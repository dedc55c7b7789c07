"""The settings of the config file, from its models."""

from __future__ import annotations

from pydantic import BaseModel
from settings_rows import Row, rows, table

from syncer import settings
from syncer.deskkit import registry


def file() -> str:
    """A table for the top level, for routes, and one for each kind of desk."""
    top = [row for row in rows(settings._File) if row.key not in {"desks", "routes"}]
    said = ["### Top level", "", table(top)]
    for kind in registry.kinds():
        said += ["", f"### `desks.NAME` with `kind: {kind}` ({registry.spec(kind).title})", ""]
        said.append(table(_desk(kind)))
    said += ["", "### `routes.NAME`", "", table(rows(settings.RouteConfig))]
    return "\n".join(said)


def secrets() -> str:
    """Which secrets there are, and under which names syncer looks for them."""
    lines = ["| Desk | Secret | Environment variable | File in `SYNCER_SECRETS_DIR` |", "|---|---|---|---|"]
    for kind in registry.kinds():
        for row in _desk(kind):
            if row.secret:
                path = f"desks.NAME.{row.key}"
                lines.append(f"| `{kind}` | `{row.key}` | `{_env(path)}` | `{path.replace('.', '__').lower()}` |")
    return "\n".join(lines).replace("desks__name__", "desks__NAME__")


def _desk(kind: str) -> list[Row]:
    model: type[BaseModel] = registry.spec(kind).config()
    return [row for row in rows(model) if row.key not in {"name", "kind"}]


def _env(path: str) -> str:
    return "SYNCER_" + path.replace(".", "__").upper()
