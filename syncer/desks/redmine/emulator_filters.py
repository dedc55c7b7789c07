"""What a query of issues keeps. A filter nobody knows is ignored, and everything comes; of those that are known some
values are refused, and some break the database."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from syncer.desks.redmine.emulator_answers import Invalid, Refused
from syncer.desks.redmine.emulator_custom import words_of
from syncer.desks.redmine.emulator_dates import is_moment, within
from syncer.desks.redmine.emulator_params import to_flag, to_number
from syncer.desks.redmine.emulator_records import Field, Issue, User
from syncer.desks.redmine.emulator_relations import OTHER_SIDE
from syncer.desks.redmine.emulator_search import contains, tokens
from syncer.desks.redmine.emulator_tables import Tables
from syncer.desks.redmine.emulator_words import CLOSED_STATUSES

Keeps = Callable[[Issue], bool]
_DATES = ("=", ">=", "<=", "><", ">t-", "<t-", "><t-", "t-", "t", "ld", "w", "lw", "l2w", "m", "lm", "y", "!*", "*")
_OPERATORS: dict[str, tuple[str, ...]] = {
    "list": ("=", "!"),
    "list_status": ("o", "=", "!", "c", "*"),
    "list_optional": ("=", "!", "!*", "*"),
    "date": _DATES,
    "string": ("~", "=", "!~", "!", "^", "$", "!*", "*"),
    "text": ("~", "!~", "^", "$", "!*", "*"),
    "number": ("=", ">=", "<=", "><", "!*", "*"),
    "relation": ("=", "!", "!*", "*"),
    "tree": ("=", "~", "!*", "*"),
}
_ALONE = frozenset({"o", "c", "!*", "*", "t", "ld", "w", "lw", "l2w", "m", "lm", "y"})
_BIGGEST = 2**63


class _Filter(Struct):
    """A filter there is: its kind, its name in messages, and what of an issue it looks at."""

    kind: str
    label: str
    of: Callable[[Issue], Any]


class Query:
    """The filters of one query. `project` is set where it is about one project only."""

    def __init__(self, tables: Tables, by: User, query: Mapping[str, str], project: int | None) -> None:
        self._tables, self._by = tables, by
        self._asked = query
        self._filters = self._known(project)

    def keeps(self) -> list[Keeps]:
        """What each filter that was given keeps. Raises Invalid with all that is wrong, Refused(500) for values that
        the database cannot compare."""
        found, errors = [], []
        for name, one in self._filters.items():
            if name not in self._asked:
                continue
            operator, values = _read(one.kind, self._asked[name])
            if error := _wrong(one, operator, values):
                errors.append(f"{one.label} {error}")
            else:
                found.append(self._keep(one, operator, self._meant(name, values)))
        if "status_id" not in self._asked:
            found.append(lambda issue: issue.status_id not in CLOSED_STATUSES)
        if errors:
            raise Invalid(*errors)
        return found

    def _meant(self, name: str, values: list[str]) -> list[str]:
        if name in ("author_id", "assigned_to_id", "watcher_id", "updated_by", "last_updated_by"):
            return [str(self._by.id) if one == "me" else one for one in values]
        return values

    def _known(self, project: int | None) -> dict[str, _Filter]:
        tables = self._tables
        known = {
            "status_id": _Filter("list_status", "Status", lambda one: one.status_id),
            "tracker_id": _Filter("list", "Tracker", lambda one: one.tracker_id),
            "priority_id": _Filter("list", "Priority", lambda one: one.priority_id),
            "author_id": _Filter("list", "Author", lambda one: one.author_id),
            "assigned_to_id": _Filter("list_optional", "Assignee", lambda one: one.assigned_to_id),
            "watcher_id": _Filter("list", "Watcher", lambda one: one.watchers),
            "updated_by": _Filter("list", "Updated by", lambda one: [said.user_id for said in one.journals]),
            "last_updated_by": _Filter("list", "Last updated by", lambda one: _last(one)),
            "subject": _Filter("text", "Subject", lambda one: one.subject),
            "description": _Filter("text", "Description", lambda one: one.description or ""),
            "notes": _Filter("text", "Notes", self._notes),
            "attachment": _Filter("text", "File", lambda one: [row.filename for row in tables.files_of(one)]),
            "created_on": _Filter("date", "Created", lambda one: one.created),
            "updated_on": _Filter("date", "Updated", lambda one: one.updated),
            "closed_on": _Filter("date", "Closed", lambda one: one.closed),
            "start_date": _Filter("date", "Start date", lambda one: one.start_date),
            "due_date": _Filter("date", "Due date", lambda one: one.due_date),
            "estimated_hours": _Filter("number", "Estimated time", lambda one: one.estimated_hours),
            "done_ratio": _Filter("number", "% Done", lambda one: one.done_ratio),
            "issue_id": _Filter("number", "Issue", lambda one: one.id),
            "parent_id": _Filter("tree", "Parent task", lambda one: [one.parent_id] if one.parent_id else []),
            "child_id": _Filter("tree", "Subtasks", lambda one: [part.id for part in tables.children(one)]),
        }
        if project is not None:
            known["category_id"] = _Filter("list_optional", "Category", lambda one: one.category_id)
        if tables.may_somewhere(self._by, "set_issues_private"):
            known["is_private"] = _Filter("flag", "Private", lambda one: one.is_private)
        known |= {name: _Filter("relation", name.capitalize(), self._related(name)) for name in OTHER_SIDE}
        known |= {f"cf_{id}": _custom(field) for id, field in tables.fields.items() if field.is_filter}
        return known

    def _notes(self, issue: Issue) -> list[str]:
        return [said.notes or "" for said in self._tables.seen_journals(self._by, issue)]

    def _related(self, kind: str) -> Callable[[Issue], list[int]]:
        def others(issue: Issue) -> list[int]:
            found = []
            for row in self._tables.relations_of(issue):
                first = row.issue_id == issue.id
                if (row.relation_type if first else OTHER_SIDE[row.relation_type]) == kind:
                    found.append(row.issue_to_id if first else row.issue_id)
            return found

        return others

    def _keep(self, one: _Filter, operator: str, values: list[str]) -> Keeps:
        match one.kind:
            case "list_status":
                return _status(operator, values)
            case "flag":
                return lambda issue: one.of(issue) in [to_flag(value) for value in values]
            case "list" | "list_optional":
                return _listed(one.of, operator, _ids(values))
            case "choice":
                return _listed(one.of, operator, set(values))
            case "date":
                return within(self._tables, one.of, operator, values, moved=one.label == "Updated")
            case "string" | "text":
                return _text(one.of, operator, values)
            case "number":
                return _number(one.of, operator, values)
        return _listed(one.of, operator, {to_number(value) for value in values[:1]})


def _last(issue: Issue) -> list[int]:
    return [issue.journals[-1].user_id] if issue.journals else []


def _custom(field: Field) -> _Filter:
    kind = {"string": "string", "list": "choice", "date": "date", "int": "number"}[field.format]
    many: Callable[[Issue], Any] = lambda issue: words_of(issue, field)  # noqa: E731 - a value of a row
    if kind in ("date", "number"):
        return _Filter(kind, field.name, lambda issue: next(iter(words_of(issue, field)), None))
    return _Filter(kind, field.name, many)


def _read(kind: str, asked: str) -> tuple[str, list[str]]:
    """An operator in front of values, the longest that fits; without one they are to be equal."""
    operators = _OPERATORS["list_optional" if kind == "choice" else "list" if kind == "flag" else kind]
    for operator in sorted(operators, reverse=True):
        if asked.startswith(operator):
            rest = asked[len(operator) :]
            return operator, rest.split("|") if rest.strip() else [""]
    return "=", asked.split("|")


def _wrong(one: _Filter, operator: str, values: list[str]) -> str:
    if operator not in _ALONE and not values[0].strip():
        return "cannot be blank"
    given = [value for value in values if value]
    if one.kind == "number" and not all(re.fullmatch(r"[+-]?\d+(\.\d*)?(,[+-]?\d+)*", value) for value in given):
        return "is invalid"
    if one.kind == "date" and operator in ("=", ">=", "<=", "><") and not all(map(is_moment, given)):
        return "is invalid"
    if one.kind == "date" and operator.endswith("t-") and not all(value.isdecimal() for value in given):
        return "is invalid"
    return ""


def _ids(values: list[str]) -> set[int]:
    """Ids of a list, as the database takes them: what is no number or too big a one breaks the query."""
    for value in values:
        if value and (not re.fullmatch(r"[+-]?\d+", value) or abs(int(value)) >= _BIGGEST):
            raise Refused(500)
    return {int(value) for value in values if value}


def _status(operator: str, values: list[str]) -> Keeps:
    if operator == "*":
        return lambda issue: True
    if operator in ("o", "c"):
        return lambda issue: (issue.status_id in CLOSED_STATUSES) == (operator == "c")
    ids = _ids(values)
    return lambda issue: (issue.status_id in ids) == (operator == "=")


def _held(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _listed(of: Callable[[Issue], Any], operator: str, wanted: set[Any]) -> Keeps:
    if operator in ("*", "!*"):
        return lambda issue: bool(_held(of(issue))) == (operator == "*")
    return lambda issue: wanted.isdisjoint(_held(of(issue))) == (operator == "!")


def _texts(value: Any) -> Iterator[str]:
    yield from value if isinstance(value, list) else [value or ""]


def _text(of: Callable[[Issue], Any], operator: str, values: list[str]) -> Keeps:
    wanted = values[0]
    low = wanted.lower()
    match operator:
        case "*" | "!*":
            return lambda issue: any(_texts(of(issue))) == (operator == "*")
        case "^":
            return lambda issue: any(one.lower().startswith(low) for one in _texts(of(issue)))
        case "$":
            return lambda issue: any(one.lower().endswith(low) for one in _texts(of(issue)))
        case "~" | "!~":
            words = tokens(wanted) or [wanted]
            return lambda issue: any(contains(one, words) for one in _texts(of(issue))) == (operator == "~")
    return lambda issue: any(one in values for one in _texts(of(issue))) == (operator == "=")


def _number(of: Callable[[Issue], Any], operator: str, values: list[str]) -> Keeps:
    def value(issue: Issue) -> float | None:
        found = of(issue)
        return None if found is None else float(found)

    if operator in ("*", "!*"):
        return lambda issue: (value(issue) is not None) == (operator == "*")
    if operator == "=":
        wanted = {float(one) for one in values[0].split(",")}
        return lambda issue: value(issue) in wanted
    first, last = float(values[0]), float(values[-1])
    low, high = {">=": (first, float("inf")), "<=": (-float("inf"), first)}.get(operator, (first, last))
    return lambda issue: (found := value(issue)) is not None and low <= found <= high
