"""One ticket on both desks: what the world says of it, what the source holds, what it became, and its texts there."""

from __future__ import annotations

import re
from functools import cached_property

from syncer.deskkit.kept import KeptTicket
from syncer.deskkit.world import SeedTicket
from tests.flows.matrix_evidence import Evidence, Over
from tests.flows.matrix_expected import full_name
from tests.flows.matrix_texts import OWN, begins, lines, missing, spelled, words

CUT = "[The rest is in the attached file.]"
REST = ("-rest.txt", "-rest.html")
_BODY = re.compile(r"body\d+end")
"""The word of a body's own."""
_PART = re.compile(r"<p>\(Private\) The description, part \d+:</p>")
"""How a note begins that holds what had no room."""


class Compared:
    """A ticket of the source, what the world says of it, and what it became."""

    def __init__(self, e: Evidence, seed: SeedTicket, old: KeptTicket, new: KeptTicket, over: Over) -> None:
        self.e, self.seed, self.old, self.new, self.over = e, seed, old, new, over
        self.ours = [one for one in new.comments if OWN.search(one.text)]
        """Comments that came over."""
        self.rest = [one for one in new.files if one.name.startswith(over.key) and one.name.endswith(REST)]
        """Files with what the text had no room for; or it stands in notes."""
        self.parts = [one for one in new.comments if _PART.match(one.text)]
        others = (one for one in new.comments if one not in self.parts)
        self.added = [one for one in others if not OWN.search(one.text)]

    @property
    def is_cut(self) -> bool:
        """Whether a part of its text stands elsewhere."""
        return bool(self.rest or self.parts)

    @cached_property
    def body(self) -> list[str]:
        """The words of its text on the source."""
        return words(self.old.body, html=True)

    @cached_property
    def text(self) -> str:
        """All of the ticket's own text on the target, in lines."""
        first, *others = self._joined()
        return next((text for text in others if self._lacks(first) and not self._lacks(text)), first)

    @cached_property
    def head(self) -> str:
        """What is told before the text itself."""
        # A custom field may say what the text says, and comes after the line of times.
        after = max(self.text.find("\nCreated "), 0)
        return self.text[: begins(self.text, self.body, after)]

    @cached_property
    def said(self) -> str:
        """All that can be read of it, in lines."""
        told = (lines(comment.text, html=self.e.holds.html) for comment in self.new.comments)
        return "\n".join((self.text, *told))

    def lacks(self) -> str | None:
        """The first word of its text that is not there, or not in its order."""
        return self._lacks(self.text)

    def own_words(self) -> list[str]:
        """The words of its text that no other text has."""
        return [word for word in self.body if _BODY.fullmatch(word)]

    def end_of_body(self) -> int:
        """Where its own text ends."""
        return max((found.end() for found in _BODY.finditer(self.text)), default=0)

    def knows(self, email: str | None) -> bool:
        """Whether the target knows this person of the source."""
        return email is not None and (self.e.holds.adopts or email in self.e.known)

    def name(self, email: str) -> str:
        """A pattern for what this person is called."""
        found = next((one for one in self.e.world.people if one.email.lower() == email), None)
        if found is None:
            return r"[^<\n]*?"
        nameless = found.deleted and self.e.tells.nameless
        return rf"(?:{spelled(full_name(found))}|{re.escape(email)})" if nameless else spelled(full_name(found))

    def person(self, email: str) -> str:
        """A pattern for the name and the address of this person."""
        return f"{self.name(email)} <(?i:{re.escape(email)})>"

    def tells(self, pattern: str) -> bool:
        """Whether the head has a line, or part of one, like this."""
        return re.search(pattern, self.head, re.MULTILINE) is not None

    def _lacks(self, text: str) -> str | None:
        there = words(text, html=False)
        if not self.e.tells.stripped:
            return missing(self.body, there)
        run, at = "".join(there), 0
        for word in self.body:
            at = run.find(word, at) + len(word)
            if at < len(word):
                return word
        return None

    def _joined(self) -> list[str]:
        """Description and rest: cut between two lines, or within a word."""
        html, whole = self.e.holds.html, self.new.body
        if not self.is_cut:
            return [lines(whole, html=html)]
        rest = [self.e.contents.get(file.sha256, b"").decode() for file in self.rest]
        rest += (_PART.sub("", part.text) for part in self.parts)
        before = whole.replace(CUT, "", 1).rstrip()
        return [lines(f"{before}{between}{''.join(rest)}", html=html) for between in ("\n", "")]
