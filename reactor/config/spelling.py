"""Names that were probably meant to be others."""

import difflib
from collections.abc import Collection

ALIKE = 0.82
"""From 0 to 1, how alike two words are of which one is taken for the other. Names of different
things are alike, too: `stage` and `state` by 0.8."""


def near(word: str, known: Collection[str], *, alike: float = ALIKE) -> str | None:
    """The known name that `word` differs from by a letter or two, by upper and lower case, or by
    what joins its parts; None where it may well be a name of its own."""
    plain = {_plain(name): name for name in reversed(list(known))}
    found = difflib.get_close_matches(_plain(word), plain, n=1, cutoff=alike)
    return plain[found[0]] if found else None


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))
