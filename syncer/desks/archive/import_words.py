"""What words in somebody else's file mean: values of lists, people, times."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from syncer.desks.archive.config import Import
from syncer.model.lookups import LookupValue

_NAMED = re.compile(r"\s*(.*?)\s*<\s*([^<>\s]+@[^<>\s]+)\s*>\s*")


class Words:
    """Learns every value it meets: the words are the ids. Its lists are what the file has of them, and no more."""

    def __init__(self, settings: Import) -> None:
        self._settings = settings
        self._zone = ZoneInfo(settings.timezone)
        self._classes = {word.casefold(): meant for word, meant in settings.status_classes.items()}
        self._values: dict[tuple[str, str], LookupValue] = {}

    def lists(self) -> Iterable[LookupValue]:
        """Everything met so far."""
        return self._values.values()

    def value(self, kind: str, text: str) -> str:
        """The id of a value."""
        word = " ".join(text.split())
        if (kind, word) not in self._values:
            separator = self._settings.trees.get(kind)
            # Spaces around a separator mean nothing: what matters is the sign.
            steps = [step.strip() for step in word.split(separator.strip())] if separator else [word]
            path = tuple(step for step in steps if step) or (word,)
            meant = self._classes.get(word.casefold()) if kind == "status" else None
            self._values[kind, word] = LookupValue(
                kind, word, path[-1], path=path if separator else (), status_class=meant
            )
        return word

    def person(self, text: str, name: str = "") -> str:
        """The id of somebody: the e-mail in small letters, or else the name. `Ana Diaz <ana@example.org>` is both."""
        word, name = " ".join(text.split()), " ".join(name.split())
        if found := _NAMED.fullmatch(word):
            name, word = name or found[1].strip('"'), found[2]
        email = word if "@" in word else None
        id = word.casefold() if email else word
        known = self._values.get(("person", id))
        if known is None or (name and known.name == (known.email or known.id)):
            self._values["person", id] = LookupValue("person", id, name or word, email=email)
        return id

    def custom(self, name: str) -> None:
        """There is such a field."""
        self._values.setdefault(("custom_field", name), LookupValue("custom_field", name, name, form="text"))

    def parts(self, values: Iterable[object]) -> list[str]:
        """Several words in one cell, or in several, each once."""
        separator = self._settings.split
        words = (word.strip() for value in values for word in str(value).split(separator))
        return list(dict.fromkeys(word for word in words if word))

    def moment(self, text: str) -> datetime:
        """A time in UTC. Raises ValueError, with what to do about it."""
        word = text.strip()
        for form in self._settings.dates:
            try:
                return self._aware(datetime.strptime(word, form))
            except ValueError:
                continue
        try:
            return self._aware(datetime.fromisoformat(word))
        except (ValueError, OverflowError):
            known = ", ".join(self._settings.dates) or "none"
            raise ValueError(
                f"{word[:40]!r} is no time as they are known here; say how it is written in import.dates, for instance"
                f" %d/%m/%Y %H:%M (now: {known}; and ISO 8601)"
            ) from None

    def _aware(self, at: datetime) -> datetime:
        return (at if at.tzinfo else at.replace(tzinfo=self._zone)).astimezone(UTC)
