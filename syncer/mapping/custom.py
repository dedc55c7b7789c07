"""The custom fields of a target and the rules that fill them; choices by their names, people by who they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from syncer.mapping.convert import compile_conversions
from syncer.mapping.custom_values import PLAIN, in_words
from syncer.mapping.rules import TEMPLATE_NAMES, FieldRule
from syncer.mapping.tables import Tables, normal_email
from syncer.mapping.template import compile_template
from syncer.model.lookups import FieldForm, LookupValue
from syncer.model.ticket import CustomValue, Ticket

FIELD, OPTION = "custom_field", "custom_option"
CHOICES_CUT, DEFAULTED, UNKNOWN = "custom_choices_cut", "custom_choice_defaulted", "custom_person_unknown"
Values = Callable[[Ticket], Mapping[str, object]]
Missing = list[tuple[str, str, str]]


class Options:
    """What may be chosen in one field of the target: by id, by name, by path; any word where the desk tells none."""

    def __init__(self, field: LookupValue, values: Iterable[LookupValue]) -> None:
        self._ids: dict[str, str | None] = {}
        for one in values:
            if one.parent != field.id or not one.active:
                continue
            path = one.path[1:] if one.path[:1] == (field.name,) else one.path
            for word in {one.name.casefold(), " / ".join(path).casefold(), one.id.casefold()}:
                # Two of one name are none: only their paths tell which is meant.
                self._ids[word] = None if word in self._ids else one.id

    def id(self, word: str) -> str | None:
        """The option of this name; None where there is none, or several."""
        if not self._ids:
            return word
        return self._ids.get(word.strip().casefold())


class CustomField:
    """One custom field of the target and the rule that fills it."""

    def __init__(self, name: str, rule: FieldRule, field: LookupValue, tables: Tables, values: Values) -> None:
        self.field = field
        self.sources = _sources(rule.source, tables)
        self.name = f"custom.{name}"
        self._rule = rule
        self._form: FieldForm = field.form or "text"
        self._tables = tables
        self._values = values
        self._convert = compile_conversions(rule.do) if rule.do else None
        self._template = compile_template(rule.template, TEMPLATE_NAMES) if rule.template is not None else None
        self._options = Options(field, (v for (kind, _), v in tables.target.items() if kind == OPTION))

    def of(self, ticket: Ticket, missing: Missing, losses: list[str]) -> CustomValue | None:
        """The value for this ticket; a choice nobody can place goes to `missing`. Raises ValueError as `do` does."""
        value = self._origin(ticket)
        if value is not None and self._convert is not None:
            value = self._convert(in_words(value))
        if value is None or value in ("", ()):
            value = self._rule.default
            if value is None:
                return None
        if self._form in {"choice", "choices"}:
            return self._chosen(value, missing, losses)
        if self._form in {"person", "people"}:
            return self._people(value, losses)
        made = PLAIN[self._form](value)
        if made.loss:
            losses.append(made.loss)
        return made.value

    def _origin(self, ticket: Ticket) -> CustomValue | None:
        rule = self._rule
        if rule.value is not None:
            return rule.value
        if self._template is not None:
            return self._template(self._values(ticket))
        if rule.lookup is not None:
            return self._tables.name(rule.lookup, ticket.values.get(rule.lookup)) or None
        if self.sources:
            return next((ticket.custom[id] for id in self.sources if id in ticket.custom), None)
        return str(self._values(ticket).get(f"ticket.{rule.source}", ""))

    def _chosen(self, value: CustomValue, missing: Missing, losses: list[str]) -> CustomValue | None:
        words = value if isinstance(value, tuple) else (in_words(value),)
        found = []
        for word in words:
            id = self._options.id(word)
            if id is None and self._rule.default is not None:
                id = self._options.id(str(self._rule.default))
                losses.append(DEFAULTED)
            if id is None:
                missing.append((self.name, OPTION, word))
            else:
                found.append(id)
        if self._form == "choices":
            return tuple(dict.fromkeys(found)) or None
        if len(found) > 1:
            losses.append(CHOICES_CUT)
        return found[0] if found else None

    def _people(self, value: CustomValue, losses: list[str]) -> CustomValue | None:
        ids = value if isinstance(value, tuple) else (in_words(value),)
        known = [self._tables.people.get(id) or self._tables.emails.get(normal_email(id)) for id in ids]
        found = tuple(id for id in known if id)
        losses.extend((UNKNOWN,) * (len(ids) - len(found)))
        if self._form == "people":
            return found or None
        if len(found) > 1:
            losses.append(CHOICES_CUT)
        return found[0] if found else None


def _sources(source: str | None, tables: Tables) -> tuple[str, ...]:
    """The custom fields of the source that a rule means, by id or by name."""
    if source is None or not source.startswith("custom."):
        return ()
    name = source.removeprefix("custom.")
    return tuple(field.id for field in _named(tables.source, name)) or (name,)


def field_named(tables: Tables, name: str) -> LookupValue | None:
    """The target's custom field of this name or id; None where there is none, or several that hold different things.

    Several of one name and kind are one field of several types of tickets: the desk knows which is meant.
    """
    hits = _named(tables.target, name)
    return hits[0] if len({hit.form for hit in hits}) == 1 else None


def _named(values: Mapping[tuple[str, str], LookupValue], name: str) -> list[LookupValue]:
    word = name.casefold()
    return [v for (k, _), v in values.items() if k == FIELD and word in {v.id.casefold(), v.name.casefold()}]
