"""The index in which words of articles are looked up: not all words are in it, and each of an article's only once."""

from __future__ import annotations

import re

_REMOVED = re.compile(r"[,&<>?\"!*|;\[\]()+$^=]")
_ENDS = re.compile(r"^[':.]|[':.]$")
_SHORTEST, _LONGEST, _MOST = 3, 30, 1_000
_STOP_WORDS = frozenset(
    "about after again all also and any are because been before but can could did does done each for from had has have "
    "her here him his how into its more most not now off once only other our out over own same she should some such "
    "than that the their them then there these they this those too under until very was were what when where which "
    "while who why will with would you your über".split()
)
"""The most usual of them."""


def indexed(text: str) -> str:
    """What of a text is in the index."""
    words = (_ENDS.sub("", _REMOVED.sub("", word)) for word in text.lower().split())
    usable = [
        word
        for word in words
        if _SHORTEST <= len(word) <= _LONGEST and word not in _STOP_WORDS and re.search(r"\w", word)
    ]
    return " ".join(dict.fromkeys(usable[:_MOST]))
