"""Custom fields: each kind of value made into each kind of field, with the loss that is stated, or none in silence."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from syncer.mapping.custom import field_named
from syncer.mapping.extras import Holds
from syncer.mapping.tables import Tables, indexed
from syncer.model.draft import Draft, Unmapped
from syncer.model.lookups import LookupValue
from tests.unit.tickets import SOURCE, TARGET, limits, mapper, tables, ticket, value

DAY, MOMENT = date(2025, 8, 1), datetime(2025, 8, 1, 9, 30, tzinfo=UTC)
FIELDS = [
    value("custom_field", f"cf_{form}", form.capitalize(), form=form)
    for form in ("text", "number", "bool", "date", "datetime", "choice", "choices", "person", "people")
]
OPTIONS = [
    value("custom_option", f"{field}/{key}", name, path=(field.removeprefix("cf_").capitalize(), *path), parent=field)
    for field in ("cf_choice", "cf_choices")
    for key, name, path in (
        ("1", "Finance", ("Finance",)), ("2", "Sales", ("Sales",)), ("3", "Spain", ("Europe", "Spain")),
        ("4", "Spain", ("America", "Spain")),
    )
]  # fmt: skip


def known(*more: LookupValue) -> Tables:
    """What the small source and target know, and a field of every kind on the target."""
    found = tables(emails={"mia@acme.example": "guid-mia"})
    found.target = indexed([*TARGET, *FIELDS, *OPTIONS])
    found.source = indexed([*SOURCE, *more])
    return found


def mapped(form: str, given: Any, **rule: Any) -> Draft | Unmapped:
    to = limits(holds=Holds(custom=True))
    rules = {"custom": {form.capitalize(): {"from": "custom.Asset tag", **rule}}}
    found = mapper(rules, known(), to).map(ticket(custom={"72": given}))
    assert isinstance(found, Draft | Unmapped)
    return found


TABLE: list[tuple[Any, dict[str, tuple[Any, str | None]]]] = [
    ("12.5", {
        "text": ("12.5", None), "number": (12.5, None), "bool": (None, "custom_value_unfit"),
        "date": (None, "custom_value_unfit"), "datetime": (None, "custom_value_unfit"),
    }),
    ("yes", {"text": ("yes", None), "number": (None, "custom_value_unfit"), "bool": (True, None)}),
    (7, {"text": ("7", None), "number": (7, None), "bool": (None, "custom_value_unfit")}),
    (3.0, {"text": ("3", None), "number": (3.0, None)}),
    (0, {"text": ("0", None), "number": (0, None), "bool": (False, None)}),
    (False, {"text": ("no", None), "number": (0, None), "bool": (False, None)}),
    (DAY, {
        "text": ("2025-08-01", None), "date": (DAY, None), "datetime": (datetime(2025, 8, 1, tzinfo=UTC), None),
        "number": (None, "custom_value_unfit"),
    }),
    (MOMENT, {"text": ("2025-08-01 09:30 UTC", None), "date": (DAY, "custom_time_cut"), "datetime": (MOMENT, None)}),
    ("2025-08-01", {"date": (DAY, None), "datetime": (datetime(2025, 8, 1, tzinfo=UTC), None)}),
    (("Finance",), {"text": ("Finance", None), "choice": ("cf_choice/1", None), "choices": (("cf_choices/1",), None)}),
    (("Sales", "Finance"), {
        "text": ("Sales, Finance", "custom_values_joined"), "choice": ("cf_choice/2", "custom_choices_cut"),
        "choices": (("cf_choices/2", "cf_choices/1"), None), "number": (None, "custom_value_unfit"),
    }),
    ("europe / spain", {"choice": ("cf_choice/3", None)}),
    (("301",), {"person": ("guid-mia", None), "people": (("guid-mia",), None)}),
    ("Mia@ACME.example", {"person": ("guid-mia", None)}),
    (("301", "9"), {"people": (("guid-mia",), "custom_person_unknown")}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "form", "made", "loss"), [
    (given, form, made, loss) for given, row in TABLE for form, (made, loss) in row.items()
])  # fmt: skip
def test_a_value_becomes_what_the_field_holds_and_says_what_it_lost(
    given: Any, form: str, made: Any, loss: str | None
) -> None:
    found = mapped(form, given)
    assert isinstance(found, Draft)
    assert found.custom.get(f"cf_{form}") == made
    assert type(found.custom.get(f"cf_{form}")) is type(made)
    assert [code for code in found.losses if code.startswith("custom_")] == ([loss] if loss else [])


@pytest.mark.parametrize("given", ["Marketing", "Spain", ("Finance", "Marketing")])
def test_a_choice_that_is_not_there_or_is_the_name_of_two_needs_a_decision(given: Any) -> None:
    found = mapped("choices", given)
    assert isinstance(found, Unmapped)
    word = given if isinstance(given, str) else "Marketing"
    assert found.missing == (("custom.Choices", "custom_option", word),)


def test_a_default_stands_in_for_a_choice_that_is_not_there_and_is_counted() -> None:
    found = mapped("choice", "Marketing", default="Sales")
    assert isinstance(found, Draft)
    assert found.custom == {"cf_choice": "cf_choice/2"}
    assert "custom_choice_defaulted" in found.losses


def test_a_field_no_rule_carries_is_told_and_a_carried_one_is_not_told_twice() -> None:
    field = value("custom_field", "80", "Cost centre", form="text")
    rules = {"custom": {"Text": {"from": "custom.Cost centre", "do": ["upper"]}}}
    found = mapper(rules, known(field), limits(holds=Holds(custom=True))).map(
        ticket(custom={"72": "A-17", "80": "r&d"})
    )
    assert isinstance(found, Draft)
    assert found.custom == {"cf_text": "R&D"}
    assert "Asset tag: A-17" in found.body
    assert "Cost centre" not in found.body
    assert found.losses.count("custom_fields_as_text") == 1


def test_a_conversion_that_fails_names_the_field() -> None:
    found = mapped("number", "many", do=["number"])
    assert isinstance(found, Unmapped)
    assert found.missing[0][:2] == ("custom.Number", "conversion")


@pytest.mark.parametrize(
    ("rule", "got"),
    [({"value": 4}, "4"), ({"template": "was {{ ticket.key }}"}, "was #4711"), ({"lookup": "status"}, "New")],
)
def test_a_custom_field_may_come_from_elsewhere(rule: dict[str, Any], got: str) -> None:
    found = mapper({"custom": {"Text": rule}}, known(), limits(holds=Holds(custom=True))).map(ticket())
    assert isinstance(found, Draft)
    assert found.custom == {"cf_text": got}


@pytest.mark.parametrize(("form", "found"), [("text", "80"), ("number", None)])
def test_a_name_may_be_that_of_several_fields_of_one_kind_and_of_no_others(form: str, found: str | None) -> None:
    twins = [value("custom_field", "80", "Order", form="text"), value("custom_field", "81", "Order", form=form)]
    of = known()
    of.target = indexed(twins)
    one = field_named(of, "order")
    assert (one.id if one else None) == found


def test_an_empty_field_stays_empty() -> None:
    assert isinstance(mapped("text", ""), Draft)
    assert isinstance(empty := mapped("choices", ()), Draft)
    assert empty.custom == {}
