"""Registration of a ticket: what the form must hold, and what it is told otherwise."""

from __future__ import annotations

import re
from typing import Any

from syncer.deskkit.forms import Form

from .emulator_accounts import People
from .emulator_answers import Problems
from .emulator_files import upload_of
from .emulator_lookups import OPEN, Lookups
from .emulator_switches import Switches

# Part, the ticket's field, the list it must be in, and whether it may be left out.
_INTEGERS = [
    ("SiteId", "site", "sites", True),
    ("DepartmentId", "department", "departments", True),
    ("TicketStatusId", "status", "status", True),
    ("TicketType", "type", "", True),
    ("TicketPriorityId", "priority", "priorities", False),
    ("TicketCategoryId", "category", "categories", False),
    ("GroupId", "group", "groups", False),
    ("TierLevelId", "level", "levels", False),
]
_INTEGER = re.compile(r"-?[0-9]{1,10}", re.ASCII)
_SINGLE = ("Title", "Description", "CreatorId", *(part for part, *_ in _INTEGERS))
_LINE_BREAK = re.compile(r"[\r\n]")
_LONGEST_TITLE = 255


class Registrar:
    """Turns forms into tickets, or names what is wrong with them."""

    def __init__(self, people: People, lookups: Lookups, switches: Switches) -> None:
        self._people = people
        self._lookups = lookups
        self._switches = switches

    def read(self, form: Form) -> tuple[dict[str, Any], Problems]:
        """The ticket's fields, good only when there are no problems."""
        problems: Problems = {part: [f"{part} is given more than once."] for part in _SINGLE if part in form.repeated}
        fields: dict[str, Any] = {
            "title": self._title(form, problems),
            "description": _text(form, "Description", problems),
            "creator": self._creator(form, problems),
        }
        for part, field, kind, required in _INTEGERS:
            fields[field] = self._integer(form, part, kind, required, problems)
        if not problems:
            self._apply_status_rule(fields, problems)
            fields["uploads"] = [
                upload_of(file.name, file.content, file.content_type, self._switches.keep_content)
                for file in form.files
                if file.part == "Uploads"
            ]
        return fields, problems

    def _title(self, form: Form, problems: Problems) -> str:
        title = _text(form, "Title", problems)
        if problem := title_problem(title, self._switches):
            problems["Title"] = [problem]
        return title

    def _creator(self, form: Form, problems: Problems) -> str:
        creator = _text(form, "CreatorId", problems).lower()
        if "CreatorId" not in problems and creator not in self._people.by_id:
            problems["CreatorId"] = ["The creator does not exist."]
        return creator

    def _integer(self, form: Form, part: str, kind: str, required: bool, problems: Problems) -> int | None:
        text = form.texts.get(part)
        if text is None:
            if required:
                problems[part] = [f"The {part} field is required."]
            return None
        if not _INTEGER.fullmatch(text):
            problems[part] = [f"The value '{text}' is not valid for {part}."]
            return None
        value = int(text)
        known = self._lookups.labels[kind] if kind else self._switches.ticket_types
        if value not in known:
            problems[part] = [f"{part} is invalid."]
        return value

    def _apply_status_rule(self, fields: dict[str, Any], problems: Problems) -> None:
        if self._lookups.status_types[fields["status"]] == OPEN:
            return
        if self._switches.status_at_registration == "open_only":
            problems["TicketStatusId"] = ["A ticket must be registered as open."]
        elif self._switches.status_at_registration == "ignored":
            fields["status"] = next(key for key, kind in self._lookups.status_types.items() if kind == OPEN)


def title_problem(title: str, switches: Switches) -> str | None:
    """Why this can be no title, if so."""
    utf16 = switches.title_units == "utf16"
    length = len(title.encode("utf-16-le", "surrogatepass")) // 2 if utf16 else len(title)
    if length > _LONGEST_TITLE:
        return f"The field Title must be a string with a maximum length of {_LONGEST_TITLE}."
    if _LINE_BREAK.search(title):
        return "The field Title must be one line."
    return None


def _text(form: Form, part: str, problems: Problems) -> str:
    text = form.texts.get(part, "")
    if not text.strip():
        problems[part] = [f"The {part} field is required."]
    return text
