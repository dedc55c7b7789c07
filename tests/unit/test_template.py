"""Templates: filled in the same way by the short road and by Jinja, refused early when a name is wrong."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from syncer.mapping.template import compile_template

NAMES = frozenset({"ticket.key", "ticket.title", "author", "created_at", "tags", "person"})
VALUES: dict[str, object] = {
    "ticket": SimpleNamespace(key="IG-7", title="<b> & {{ author }}"),
    "author": "Ann",
    "created_at": None,
    "tags": ["a", "b"],
    "person": {"name": "Bo", "address": {"city": "Zürich"}},
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("", ""),
        ("no names } { % }}", "no names } { % }}"),
        ("{{ author }} wrote:", "Ann wrote:"),
        ("{{author}}{{  ticket.key  }}", "AnnIG-7"),
        ("a\r\nb\rc {{ author }}\n", "a\nb\nc Ann\n"),
        ("[{{ created_at }}]", "[]"),
        ("{{ person.address.city }}", "Zürich"),
        ("{{ ticket.title }}", "<b> & {{ author }}"),
        ("{{ ticket.key | lower }}", "ig-7"),
        ("{{ ticket['key'] }}!\n", "IG-7!\n"),
        ("{% for tag in tags %}{{ loop.index }}{{ tag }} {% endfor %}", "1a 2b "),
        ("{% if created_at %}at {{ created_at }}{% else %}some day{% endif %}", "some day"),
        ("{# not shown #}{{ ticket.title }}", "<b> & {{ author }}"),
        ("{{ author or 'nobody' }}{{ created_at }}{{ true }}", "AnnTrue"),
        ("{% set a = author %}{{ a.upper() }}", "ANN"),
    ],
)
def test_values_are_filled_in_as_they_are(template: str, text: str) -> None:
    assert compile_template(template, NAMES)(VALUES) == text


@pytest.mark.parametrize("template", ["{{ ticket.key }}/{{ author }}", "{{ ticket.key|upper }}/{{ author }}"])
def test_a_dotted_name_is_found_as_a_key_or_below_its_owner(template: str) -> None:
    render = compile_template(template, NAMES)
    for ticket in ({"ticket.key": "IG-7"}, {"ticket": {"key": "IG-7"}}, {"ticket": SimpleNamespace(key="IG-7")}):
        assert render({"author": "Ann", **ticket}) == "IG-7/Ann"


LITERALS = st.text(st.characters(exclude_characters="{}%#", exclude_categories=["Cs"]), max_size=10)
PIECES = st.lists(LITERALS | st.sampled_from(["{{ author }}", "{{ticket.key}}", "{{ created_at }}", "}}", "}"]))


@settings(max_examples=150)
@given(PIECES.map("".join))
def test_both_roads_give_the_same(template: str) -> None:
    # A comment sends the same template through Jinja.
    short, long = compile_template(template, NAMES), compile_template("{##}" + template, NAMES)
    assert short(VALUES) == long(VALUES)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ nobody }}", ["line 1, column 1", "'nobody'", "author, created_at"]),
        ("a\nbc {{ ticket.kex }}", ["line 2, column 4", "did you mean 'ticket.key'"]),
        ("{{ ticket }}", ["'ticket'"]),
        ("\n{{ ticket.kex | upper }}", ["line 2", "did you mean 'ticket.key'"]),
        ("{% for x in nothing %}{{ x }}{% endfor %}", ["'nothing'"]),
        ("{{ range(9) }}", ["'range'"]),
        ("{{ author | nofilter }}", ["line 1", "nofilter"]),
        ("a\n{% if %}", ["line 2"]),
        ("{{ author", ["line 1"]),
        ("{{ person.__class__ }}", ["__class__"]),
        ("{{ person.__class__ | upper }}", ["__class__"]),
        ("{{ person['__class__'] }}", ["__class__"]),
    ],
)
def test_a_wrong_template_is_refused_with_its_place_and_the_names_there_are(template: str, words: list[str]) -> None:
    with pytest.raises(ValueError) as error:
        compile_template(template, NAMES)
    assert all(word in str(error.value) for word in words)


@pytest.mark.parametrize(
    "template",
    [
        "{{ person.phone }}",
        "{{ person.phone | upper }}",
        "{{ author / 2 }}",
        "{{ 1 // 0 }}{{ author }}",
        "{{ (author|attr('__class__')).mro() }}",
        "{{ ''.__class__.__mro__ }}",
    ],
)
def test_a_value_that_is_not_there_or_not_allowed_is_a_value_error(template: str) -> None:
    render = compile_template(template, NAMES)
    with pytest.raises(ValueError):
        render(VALUES)


@settings(max_examples=150)
@given(
    st.text()
    | st.lists(st.sampled_from(["{{", "}}", "{%", "%}", "{#", " ", "author", ".", "if", "'", "|"])).map("".join)
)
def test_any_text_is_compiled_or_refused_by_a_value_error(template: str) -> None:
    try:
        render = compile_template(template, NAMES)
        text: Any = render(VALUES)
    except ValueError:
        return
    assert isinstance(text, str)


def test_plain_templates_do_not_load_jinja() -> None:
    code = (
        "import sys; from syncer.mapping.template import compile_template as c;"
        "c('{{ a.b }}', frozenset({'a.b'}))({'a.b': 1}); sys.exit('jinja2' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
