"""An address of the old desk's other tickets gets the marker by which they are found on the new one."""

from __future__ import annotations

import pytest

from syncer.mapping.refer import referring
from syncer.model.draft import Draft
from syncer.model.ids import Key
from tests.unit.tickets import comment, limits, mapper, ticket

OLD = "https://old.example/requests/show/index/id/"
T = ticket(url=f"{OLD}4711")


def told(text: str, *, html: bool) -> str:
    return referring(text, T, lambda id: Key(f"IG-{id}"), html=html)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"see {OLD}4690.", f"see {OLD}4690 [IG-4690]."),
        (f"{OLD}1 and {OLD}22?x=1", f"{OLD}1 [IG-1] and {OLD}22 [IG-22]?x=1"),
        (f"this one: {OLD}4711", f"this one: {OLD}4711"),
        ("https://other.example/requests/show/index/id/4690", "https://other.example/requests/show/index/id/4690"),
        (f"{OLD}?list", f"{OLD}?list"),
        ("nothing", "nothing"),
    ],
)
def test_plain_addresses(before: str, after: str) -> None:
    assert told(before, html=False) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f'<p><a href="{OLD}4690">that one</a>!</p>', f'<p><a href="{OLD}4690">that one</a> [IG-4690]!</p>'),
        (f'<a href="{OLD}4690">{OLD}4690</a>', f'<a href="{OLD}4690">{OLD}4690</a> [IG-4690]'),
        (f'<a href="{OLD}4711">me</a> {OLD}5<br>', f'<a href="{OLD}4711">me</a> {OLD}5 [IG-5]<br>'),
        (f'<A HREF="{OLD}4690"><b>x</b></A>', f'<A HREF="{OLD}4690"><b>x</b></A> [IG-4690]'),
        (f'<img src="{OLD}4690">', f'<img src="{OLD}4690">'),
    ],
)
def test_links_of_a_page(before: str, after: str) -> None:
    assert told(before, html=True) == after


@pytest.mark.parametrize("html", [False, True])
def test_body_and_comments_refer_to_the_new_desk_and_the_head_does_not(html: bool) -> None:
    body = f'<p>As in <a href="{OLD}4690">the other</a></p>'
    abilities = limits().comments
    for folds in (True, False):
        to = limits(html=html, comments=type(abilities)(folds=folds, private=True, authors=False, times=False))
        found = mapper(None, None, to).map(ticket(url=f"{OLD}4711", body=body, comments=(comment(body),)))
        assert isinstance(found, Draft)
        whole = found.body + "".join(one.body for one in found.comments)
        assert whole.count("[IG-4690]") == 2
        assert f"Request #4711 {OLD}4711" in found.body
        assert "[IG-4711]" not in found.body


def test_a_desk_whose_addresses_do_not_end_with_the_id_tells_nothing() -> None:
    odd = ticket(url="https://old.example/t?id=4711")
    assert referring("https://old.example/t?id=1", odd, lambda id: Key(f"IG-{id}"), html=False).endswith("=1")
