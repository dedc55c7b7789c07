"""The comments of one ticket on both desks, compared: as comments of the target's own, or told in its text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from syncer.deskkit.kept import KeptComment, KeptFile
from tests.flows.matrix_compared import Compared
from tests.flows.matrix_evidence import Evidence
from tests.flows.matrix_expected import carried, is_brought
from tests.flows.matrix_texts import OWN, lines, missing, stamp, words

Named = tuple[str, str]


def comments(one: Compared) -> Iterator[str]:
    """What is wrong with them."""
    wanted = carried(one.e, one.old)
    yield from _added(one)
    if not one.e.holds.comments:
        if one.ours:
            yield "comments, though it takes none"
        yield from _transcript(one, wanted)
        return
    before, after = ([OWN.findall(said.text) for said in told] for told in (wanted, one.ours))
    if before != after:
        yield f"comments {after} instead of {before}"
        return
    for was, now in zip(wanted, one.ours, strict=True):
        yield from (f"comment {OWN.findall(was.text)[0]}: {fault}" for fault in _comment(one, was, now))


def becomes(e: Evidence, files: Iterable[KeptFile]) -> list[KeptFile]:
    """Files as they must be named there."""
    return [replace(file, name=e.holds.file_name(file.name)) for file in files]


def untold_names(e: Evidence, files: Iterable[KeptFile], text: str) -> Iterator[str]:
    """Files that are called otherwise there, and no line of the text says so."""
    told = {line.strip() for line in text.split("\n")}
    for old, new in zip(files, becomes(e, files), strict=True) if e.tells.files else ():
        if old != new and f"[File {old.name} ({old.size} bytes) is here as {new.name}.]" not in told:
            yield f"that the file {old.name!r} is called otherwise is not told"


def named(files: Iterable[KeptFile]) -> Counter[Named]:
    """Files by name and bytes."""
    # In a form's quoted name a backslash may stand for itself, as browsers write it, or escape the next character; and
    # browsers write a quote as %22, which few servers take back.
    return Counter((file.name.replace("\\", "").replace("%22", '"'), file.sha256) for file in files)


def _transcript(one: Compared, wanted: Sequence[KeptComment]) -> Iterator[str]:
    """Comments told one after the other in the text, each with who and when before it."""
    text, at = one.text, one.end_of_body()
    told, before = OWN.findall(text, at), [OWN.findall(said.text)[0] for said in wanted]
    if told != before:
        yield f"comments told as {told} instead of {before}"
        return
    for said, word in zip(wanted, before, strict=True):
        end = text.find(word, at) + len(word)
        part, at = text[at:end], end
        yield from (f"comment {word}: {fault}" for fault in _told(one, said, part))


def _told(one: Compared, said: KeptComment, text: str) -> Iterator[str]:
    """Every word of it, and before them who said it when."""
    who = one.name(said.author) if said.author else r"[^\n]+?"
    when = stamp(said.at, minutes=one.e.tells.minutes) if said.at is not None else "an unknown time"
    found = re.search(rf"^(?P<how>\((?:Public|Private)\) )?{who} wrote on (?P<when>[^\n]*?):$", text, re.MULTILINE)
    if found is None:
        yield f"who said it is not named before it: {said.author}"
    elif found["when"] != when:
        yield f"it says {found['when']}, and it was said at {when}"
    if not one.e.holds.public and (found is None or found["how"] != f"({'Public' if said.public else 'Private'}) "):
        yield "whether it was public is not told before it"
    if lost := missing(words(said.text, html=one.e.tells.html), words(text[found.end() if found else 0 :], html=False)):
        yield f"the word {lost!r} is missing, or not in its order"


def _comment(one: Compared, was: KeptComment, now: KeptComment) -> Iterator[str]:
    e, text = one.e, lines(now.text, html=one.e.shows_html)
    if now.public and not was.public:
        yield "it was private and is public"
    if was.public and not now.public and e.holds.public:
        yield "it was public and is private"
    if not e.holds.times:
        yield from _told(one, was, text)
    elif lost := missing(words(was.text, html=e.tells.html), words(text, html=False)):
        yield f"the word {lost!r} is missing, or not in its order"
    if e.holds.authors and one.knows(was.author) and now.author != was.author:
        yield f"said by {now.author} instead of {was.author}"
    if was.at is not None and e.holds.times and now.at != (was.at - was.at % 60 if e.tells.minutes else was.at):
        yield f"said at {now.at} instead of {was.at}"
    if e.tells.files and e.holds.files:
        yield from _files(one, was, now, text)


def _files(one: Compared, was: KeptComment, now: KeptComment, text: str) -> Iterator[str]:
    files = was.files if is_brought(one.e, was) else ()
    wanted = named(becomes(one.e, files))
    if named(now.files) != wanted:
        yield f"files {sorted(named(now.files))} instead of {sorted(wanted)}"
    yield from untold_names(one.e, files, text)
    left = f"[{len(was.files)} of its files stayed behind: whoever sees this ticket could open them.]"
    if was.files and not files and left not in text:
        yield "that its files stayed behind is told nowhere"


def _added(one: Compared) -> Iterator[str]:
    """What nobody of the source said is said by us, and once."""
    says = one.e.holds.says
    own = Counter(next((said for said in says if said in added.text), added.text) for added in one.added)
    yield from (f"a comment that nobody said: {text[:80]!r}" for text in own if text not in says)
    yield from (f"{times} times {text!r}" for text, times in own.items() if times > 1)
