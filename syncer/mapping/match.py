"""Proposes which target value a source value becomes, and which person is who: sure ones decided, others suggested."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct
from rapidfuzz import fuzz, process

from syncer.mapping.names import flat, grouped, leaf, loose_path, same, shown, strict_path
from syncer.mapping.tables import normal_email
from syncer.model.lookups import Decision, How, LookupValue, Outcome

MOST = 3  # suggestions for one value
SIMILAR = 0.6  # the least score of a suggestion
LEAD = 0.03  # how far the best must be ahead of the second to be applied
_BY_HAND = (How.HAND, How.TABLE)
_STRENGTH = (How.ALIAS, How.EXACT, How.PATH, How.CLASS, How.FUZZY)
_NUMBER = re.compile(r"\d+")


class Suggestion(Struct, frozen=True):
    """A target value somebody may choose, and why it comes to mind."""

    target: LookupValue
    score: float
    reason: str


class Proposal(Struct, frozen=True):
    """What is proposed for one source value. No decision: a person has to choose."""

    source: LookupValue
    decision: Decision | None
    suggestions: tuple[Suggestion, ...] = ()
    problem: str = ""


class Ambiguous(Struct, frozen=True):
    """A source person whom several people of the target match."""

    source: LookupValue
    target_ids: tuple[str, ...]


def _age(value: LookupValue) -> tuple[int, str]:
    return len(value.id), value.id


class _Matcher:
    """Both lists of one pair, indexed. Only active targets are in it."""

    def __init__(self, source: Sequence[LookupValue], target: Sequence[LookupValue], fuzzy: float) -> None:
        self.targets = sorted((v for v in target if v.active), key=_age)
        self.by_id = {v.id: v for v in self.targets}
        self.by_strict_path = grouped(self.targets, strict_path)
        self.by_loose_path = grouped(self.targets, loose_path)
        self.by_leaf = grouped(self.targets, leaf)
        self.one_is_flat = flat(self.targets) or flat(source)
        self.source_leaves = Counter(name for name, _ in {(leaf(v), _apart(v)) for v in source})
        self.fuzzy = fuzzy
        self._compared = leaf if self.one_is_flat else loose_path
        self._choices = [_sorted(self._compared(v)) for v in self.targets]

    def named(self, word: str) -> list[LookupValue]:
        """The targets of this id, or else of this name or path."""
        if word in self.by_id:
            return [self.by_id[word]]
        return [v for v in self.targets if same(word) in (same(v.name), same(shown(v)))]

    def by_name(self, value: LookupValue) -> tuple[list[LookupValue], How]:
        """The targets of the same whole path; else, between a tree and a flat list, those of the same leaf."""
        hits = self.by_strict_path.get(strict_path(value)) or self.by_loose_path.get(loose_path(value), [])
        level = flat([value, *hits])
        if not hits and self.one_is_flat and self._leaf_is_clear(value):
            hits, level = self.by_leaf.get(leaf(value), []), False
        return hits, How.EXACT if level else How.PATH

    def of_class(self, value: LookupValue) -> list[LookupValue]:
        """The target's first value that means the same."""
        if value.status_class is None:
            return []
        return [v for v in self.targets if v.status_class == value.status_class][:1]

    def similar(self, value: LookupValue) -> list[Suggestion]:
        """The best of similar name, best first."""
        wanted = _sorted(self._compared(value))
        if not wanted:
            return []
        # Words are sorted on both sides already, so that this is token_sort_ratio, many times faster.
        hits = process.extract(wanted, self._choices, scorer=fuzz.ratio, limit=MOST, score_cutoff=SIMILAR * 100)
        return [Suggestion(self.targets[index], round(score / 100, 4), "similar name") for _, score, index in hits]

    def clearly(self, value: LookupValue, hits: Sequence[Suggestion]) -> bool:
        """Whether the first of these is similar enough, alone in that, and of the same numbers."""
        if not hits or hits[0].score < self.fuzzy or (self.one_is_flat and not self._leaf_is_clear(value)):
            return False
        if len(hits) > 1 and round(hits[0].score - hits[1].score, 4) < LEAD:
            return False
        # Level 1 and Level 2 differ in one letter and could not be more different.
        ours, theirs = self._compared(value), self._compared(hits[0].target)
        return sorted(_NUMBER.findall(ours)) == sorted(_NUMBER.findall(theirs))

    def kin(self, value: LookupValue) -> list[Suggestion]:
        """What the tree suggests: the same leaf elsewhere, the nearest ancestor."""
        found = [Suggestion(v, 1.0, "same name, other path") for v in self.by_leaf.get(leaf(value), [])]
        for depth in range(len(value.path) - 1, 0, -1):
            above = tuple(map(same, value.path[:depth]))
            hits = self.by_strict_path.get(above) or self.by_strict_path.get(above[-1:], [])
            if hits:
                score = round(depth / len(value.path), 4)
                return found + [Suggestion(v, score, "nearest ancestor") for v in hits]
        return found

    def _leaf_is_clear(self, value: LookupValue) -> bool:
        return self.source_leaves[leaf(value)] <= 1


def _apart(value: LookupValue) -> tuple[str, ...]:
    """What sets it apart from others of its name. Levels of a group are named after it: for a list without levels they
    are all that group."""
    path = strict_path(value)
    return path[:1] if len(path) > 1 and path[0] == same(value.name) else (*path, value.id)


def _sorted(words: str) -> str:
    return " ".join(sorted(words.split()))


def propose(
    source: Sequence[LookupValue],
    target: Sequence[LookupValue],
    kind: str,
    target_kind: str,
    aliases: Mapping[str, str],
    fuzzy: float,
    existing: Mapping[str, Decision],
) -> list[Proposal]:
    """One proposal for each source value, in order. `existing` is by source id; what a hand decided stays.

    A decision in a proposal holds from now on. It is `undecided` where an earlier one lost its ground: its target
    is gone, its alias was taken out, its names are no longer similar enough.
    """
    matcher = _Matcher(source, target, fuzzy)
    words = {same(name): word for name, word in aliases.items()}
    found = []
    for value in source:
        old = existing.get(value.id)
        fresh = _fresh(value, matcher, words, kind, target_kind)
        if old is not None and old.how in _BY_HAND:
            found.append(_kept(value, old, fresh, matcher))
            continue
        found.append(Proposal(value, _settled(old, fresh.decision, matcher), fresh.suggestions, fresh.problem))
    return found


def identical(source: Sequence[LookupValue], existing: Mapping[str, Decision]) -> list[Proposal]:
    """Each value is itself, one that nobody uses any more, too: for a target whose lists are the source's own.

    What a hand decided stays.
    """
    found = []
    for value in source:
        same_one = Decision(value.kind, value.kind, value.id, Outcome.MAP, value.id, How.EXACT)
        old = existing.get(value.id)
        found.append(Proposal(value, old if old is not None and old.how in _BY_HAND else same_one))
    return found


def _kept(value: LookupValue, old: Decision, fresh: Proposal, matcher: _Matcher) -> Proposal:
    problem, found = "", fresh.suggestions
    if old.outcome == Outcome.MAP and old.target_id not in matcher.by_id:
        problem = f"{old.kind} {shown(value)!r} was mapped by hand to {old.target_kind} {old.target_id}, which is gone"
    if fresh.decision is not None:
        found = (
            Suggestion(matcher.by_id[fresh.decision.target_id or ""], fresh.decision.score, fresh.decision.how),
            *found,
        )
    return Proposal(value, old, found if problem or old.outcome == Outcome.UNDECIDED else (), problem)


def _fresh(value: LookupValue, matcher: _Matcher, words: Mapping[str, str], kind: str, target_kind: str) -> Proposal:
    """What the lists and the mapping file say, whatever was decided before."""

    def decided(target: LookupValue, how: How, score: float = 1.0) -> Decision:
        return Decision(kind, target_kind, value.id, Outcome.MAP, target.id, how, score)

    word = words.get(same(shown(value)), words.get(same(value.name)))
    if word is not None:
        hits = matcher.named(word)
        if len(hits) == 1:
            return Proposal(value, decided(hits[0], How.ALIAS))
        wrong = "names several values" if hits else "is no active value"
        problem = f"alias of {kind} {shown(value)!r}: {word!r} {wrong} of the target's {target_kind}"
        return Proposal(
            value, None, _best([Suggestion(v, 1.0, "alias") for v in hits], matcher.similar(value)), problem
        )
    hits, how = matcher.by_name(value)
    if len(hits) == 1:
        return Proposal(value, decided(hits[0], how))
    if hits:
        return Proposal(value, None, _best([Suggestion(v, 1.0, "same name") for v in hits]))
    if meant := matcher.of_class(value):
        return Proposal(value, decided(meant[0], How.CLASS))
    similar = matcher.similar(value)
    if matcher.clearly(value, similar):
        return Proposal(value, decided(similar[0].target, How.FUZZY, similar[0].score), tuple(similar[1:]))
    return Proposal(value, None, _best(matcher.kin(value), similar))


def _settled(old: Decision | None, new: Decision | None, matcher: _Matcher) -> Decision | None:
    """The stronger of what was decided by itself before and what would be now."""
    if old is None or old.outcome == Outcome.UNDECIDED:
        return new
    if old.outcome != Outcome.MAP or old.target_id in matcher.by_id:
        if new is not None:
            return new if _STRENGTH.index(new.how) <= _STRENGTH.index(old.how) else old
        # A value that was renamed is still the same one; an alias or a likeness holds while it is there.
        if old.how not in (How.ALIAS, How.FUZZY):
            return old
    if new is not None:
        return new
    return Decision(old.kind, old.target_kind, old.source_id, Outcome.UNDECIDED, None, old.how, 0.0)


def _best(*groups: Sequence[Suggestion]) -> tuple[Suggestion, ...]:
    """The first few, each target once, for its first reason."""
    found: dict[str, Suggestion] = {}
    for suggestion in (s for group in groups for s in group):
        found.setdefault(suggestion.target.id, suggestion)
    return tuple(found.values())[:MOST]


def match_people(
    source: Sequence[LookupValue],
    target: Sequence[LookupValue],
    by: Sequence[Literal["email", "username"]],
    table: Mapping[str, str],
) -> tuple[dict[str, str], list[Ambiguous]]:
    """Source person id -> target person id, and those whom several match, who are left out.

    The table (e-mail or source id -> target id) wins and is believed as it is: a target may know more people than
    it lists. Of several with one e-mail, the user name may tell; the first found never counts. Two source people
    with one e-mail are one person.
    """
    active = [v for v in target if v.active]
    indexes = {field: _people_by(active, field) for field in by}
    found: dict[str, str] = {}
    unclear: list[Ambiguous] = []
    for person in source:
        email = normal_email(person.email or "")
        told = table.get(email) or table.get(person.id) or table.get(normal_email(person.id))
        ids = (told,) if told else _candidates(person, indexes)
        if len(ids) == 1:
            found[person.id] = ids[0]
        elif ids:
            unclear.append(Ambiguous(person, ids))
    return found, unclear


def _candidates(
    person: LookupValue, indexes: Mapping[Literal["email", "username"], Mapping[str, list[str]]]
) -> tuple[str, ...]:
    ids: list[str] = []
    for field, index in indexes.items():
        hits = index.get(_identity(person, field), [])
        both = [id for id in ids if id in hits]
        ids = (both or ids) if ids else hits
        if len(ids) == 1:
            break
    return tuple(ids)


def _people_by(people: Iterable[LookupValue], field: Literal["email", "username"]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for person in people:
        if identity := _identity(person, field):
            found.setdefault(identity, []).append(person.id)
    return found


def _identity(person: LookupValue, field: Literal["email", "username"]) -> str:
    return normal_email((person.email if field == "email" else person.username) or "")
