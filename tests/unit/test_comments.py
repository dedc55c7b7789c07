"""Each comment is in exactly one place: told in the body, one of its own, or kept here; private ones never leave."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from syncer.mapping.comments import Abilities
from syncer.mapping.ticket import Mapper
from syncer.model.draft import Draft
from tests.unit.tickets import comment, limits, mapper, ticket

OWN = Abilities(folds=False, private=True, authors=True, times=False)


def drafted(maps: Mapper, *comments: object) -> Draft:
    found = maps.map(ticket(comments=comments))
    assert isinstance(found, Draft)
    return found


def test_a_target_with_comments_gets_them_in_order_with_author_and_visibility() -> None:
    said = [comment("<p>one</p>", author="301", files=1), comment("<p>two</p>", public=False, author="9")]
    found = drafted(mapper(to=limits(comments=OWN)), *said)
    first, second = found.comments
    assert (first.author, first.public, [f.id for f in first.files]) == ("guid-mia", True, ["f-<p>one</p>-0"])
    assert (second.author, second.public, second.files) == (None, False, ())
    assert first.body.endswith("one")
    assert (first.key, second.key) == ("IG-4711-cc-p-one-p", "IG-4711-cc-p-two-p")
    assert "one" not in found.body
    assert found.files == ()
    assert found.losses.count("comment_time_as_text") == 2
    assert found.losses.count("comment_author_as_text") == 1
    assert "comment_as_text" not in found.losses


def test_who_and_when_is_told_only_where_the_target_cannot_hold_it() -> None:
    whole = Abilities(folds=False, private=True, authors=True, times=True)
    known, unknown = drafted(
        mapper(to=limits(comments=whole)), comment("hello", author="301"), comment("hello", author="9")
    ).comments
    assert known.body == "hello"
    assert unknown.body.startswith("Ada")


def test_private_comments_stay_here_where_the_target_would_show_them() -> None:
    shows = Abilities(folds=False, private=False, authors=True, times=False)
    found = drafted(mapper(to=limits(comments=shows)), comment("hush", public=False, files=2), comment("hello"))
    assert [c.body.splitlines()[-1] for c in found.comments] == ["hello"]
    assert [note.body for note in found.withheld] == ["hush"]
    assert found.losses.count("private_file_withheld") == 2


def test_files_of_private_comments_stay_here_where_the_target_would_show_them() -> None:
    shows = Abilities(folds=False, private=True, private_files=False, authors=True, times=False)
    said = [comment("hush", public=False, files=2), comment("hello", files=1)]
    found = drafted(mapper(to=limits(comments=shows)), *said)
    assert [len(one.files) for one in found.comments] == [0, 1]
    assert found.files == ()
    assert "[2 of its files stayed behind" in found.comments[0].body
    assert "stayed behind" not in found.comments[1].body
    assert found.losses.count("private_file_withheld") == 2


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from(["301", "9", None])), max_size=8),
    st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans(),
)  # fmt: skip
def test_whatever_the_target_can_each_comment_is_in_one_place(
    said: list[tuple[bool, str | None]], folds: bool, private: bool, authors: bool, times: bool, drop: bool
) -> None:
    can = Abilities(folds=folds, private=private and not folds, authors=authors, times=times)
    rules = {"comments": {"private": "drop" if drop else "keep"}}
    comments = [comment(f"word{n}end", public=public, author=who) for n, (public, who) in enumerate(said)]
    found = drafted(mapper(rules, to=limits(comments=can, max_body=None)), *comments)
    for n, (public, _) in enumerate(said):
        word = f"word{n}end"
        in_body = found.body.count(word)
        own = [c for c in found.comments if word in c.body]
        kept = sum(word in note.body for note in found.withheld)
        dropped = int(not public and drop)
        assert in_body + len(own) + kept + dropped == 1
        if not public:
            assert in_body == 0
            assert all(not c.public for c in own)
            assert not own or can.private
    assert found.losses.count("private_note_dropped") == (sum(not p for p, _ in said) if drop else 0)
