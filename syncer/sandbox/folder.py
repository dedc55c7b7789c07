"""The folder of a sandbox: a config, a mapping and people that fit its emulated desks, ready to use."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

from syncer.errors import ConfigError
from syncer.store.embedded import EmbeddedPostgres, running
from syncer.store.place import known_place

NOTE, HOME = "sandbox.json", ".syncer"
SOURCE, TARGET, ROUTE = "old", "new", "move"
_FALLBACK = "unknown.requester@example.org"

_CONFIG = """\
# Written by `syncer sandbox`, for its emulated desks and no others. For real ones: syncer init
database: embedded

desks:
  {source}:
    kind: invgate
    base_url: {source_url}
    # Everybody may know the secrets of a sandbox. Real ones never stand in a file:
    # export SYNCER_DESKS__OLD__AUTH__CLIENT_SECRET=...
    auth: {{kind: oauth2, client_id: syncer, client_secret: sandbox-secret}}  # sandbox only
    view_id: 1  # all tickets
{also}    # No brake, nobody works on this desk. For real ones keep the default, which is gentle.
    budget: {{per_second: 5000, parallel: 32}}
    timeout: 5
  {target}:
    kind: tikting
    base_url: {target_url}
    auth: {{email: sync@example.org, password: sandbox-secret}}  # sandbox only
    budget: {{per_second: 5000, parallel: 32}}
    timeout: 5
    # The emulated Tikting takes closed tickets, and its search sees new ones at once. Try that with yours first.
    register_status: any
    search_lag: 0.5

routes:
  {route}:
    source: {source}
    target: {target}
    mapping: mapping.yaml
    accept_mails: true  # emulated desks mail nobody
"""

_PLAIN = "    also_read: []  # these have no observers, links or work: three requests for each are saved\n"

_MAPPING = """\
# Which field of the target comes from where. Written by `syncer sandbox`; change it and see what `syncer plan` says.
fields:
  title: {{from: title}}
  body: {{from: body}}
  status: {{lookup: status}}
  priority: {{lookup: priority, default: Medium}}
  category: {{lookup: category, default: General}}
  group: {{lookup: group, default: Service Desk}}
  site_id: {{lookup: location, default: Head office}}  # tickets without a location need a site, too
  department_id: {{value: IT}}

# Values that have another name on the target, and names that mean several values of the source: Tikting's groups
# have no levels and its categories are no tree, so that Password under Accounts and under VPN becomes one.
aliases:
  status: {{New: Open, Waiting: On hold, Solved: Resolved, Rejected: Closed, Cancelled: Closed}}
  priority: {{Critical: Urgent}}
  category: {{Connection: Connection, Other: Other, Password: Password}}
  group:
    Service Desk: Service Desk
    Field Support: Field Support
    Network & VPN: Network & VPN
    Business Applications: Business Applications
    Büro Zürich: Büro Zürich

people:
  match: [email]
  table: people.csv  # Tikting cannot list its requesters: an administrator exports them
  missing: fallback
  fallback: {fallback}  # {email}

comments:
  private: keep  # Tikting has no private notes: they stay in a file on this machine

# Tests of this mapping, run by `syncer check` once the lists were pulled:
# examples:
#   - given: {{priority: Critical, status: Waiting}}
#     expect: {{priority: Urgent, status: On hold, department_id: IT}}
"""


def prepare(folder: Path) -> None:
    """Make the folder; one of an earlier sandbox forgets what was migrated to desks that are gone.

    Raises ConfigError when the folder is something else, or when syncer is at work in it.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is not a folder", hint="Give another one: --folder DIR")
    strange = folder.is_dir() and any(one.suffix != ".log" for one in folder.iterdir())
    if strange and not (folder / NOTE).exists():
        raise ConfigError(f"{folder} holds other things than a sandbox", hint="Give another one: --folder DIR")
    folder.mkdir(parents=True, exist_ok=True)
    _forget(folder / HOME / "postgres")
    if (folder / HOME).exists():
        shutil.rmtree(folder / HOME)


def clear(folder: Path) -> None:
    """Remove the folder of an earlier sandbox. Raises ConfigError as `prepare` does."""
    if folder.exists():
        prepare(folder)
        shutil.rmtree(folder)


def tidy(folder: Path) -> None:
    """Leave nothing outside of the folder: root's server may have had to keep the ledger elsewhere."""
    postgres = folder / HOME / "postgres"
    if known_place(postgres.absolute()) not in (None, postgres.absolute()):
        _forget(postgres)


def _forget(postgres: Path) -> None:
    """Remove the ledger, wherever its server kept it."""
    if running(postgres):  # left behind by a killed process, or in use
        server = EmbeddedPostgres(postgres)
        server.join()
        server.leave()
        if running(postgres):
            raise ConfigError(f"syncer is at work with {postgres}", hint="Wait for it, or give another --folder.")
    if kept := known_place(postgres.absolute()):
        shutil.rmtree(kept)
    if postgres.exists():
        shutil.rmtree(postgres)


def fill(folder: Path, source_url: str, target_url: str, people: str, *, beside: bool = False) -> bool:
    """Write the files. A mapping that is there stays as it is; whether that was so. `beside`: the source's tickets
    have more than one call tells, and it shall be read."""
    ids = {row["email"]: row["id"] for row in csv.DictReader(people.splitlines())}
    config = _CONFIG.format(
        source=SOURCE, target=TARGET, route=ROUTE, source_url=source_url, target_url=target_url,
        also="" if beside else _PLAIN,
    )  # fmt: skip
    (folder / "syncer.yaml").write_text(config, encoding="utf-8")
    (folder / "people.csv").write_text(people, encoding="utf-8")
    mapping = folder / "mapping.yaml"
    if mapping.exists():
        return True
    mapping.write_text(_MAPPING.format(fallback=ids[_FALLBACK], email=_FALLBACK), encoding="utf-8")
    return False
