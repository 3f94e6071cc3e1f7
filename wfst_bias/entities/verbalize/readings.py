"""Readings: the ways to say a piece of a phrase, and of the pieces one behind the other."""

from itertools import groupby
from operator import itemgetter
from typing import Dict, Iterable, List, Tuple

Form = Tuple[str, ...]
"""Words of letters; where a word has hyphens, its parts are said one behind the other without a pause (``f-b-i``)."""

Readings = Tuple[Form, ...]
"""The likeliest first."""

MOST = 6  # readings of a phrase
_TIMES = {2: "double", 3: "triple"}


def joined(pieces: Iterable[Readings]) -> Readings:
    """The likeliest readings of some pieces in a row, :data:`MOST` at most, by the sum of their ranks."""
    ranks: Dict[Form, int] = {(): 0}
    for readings in pieces:
        longer: Dict[Form, int] = {}
        for form, rank in ranks.items():
            for i, more in enumerate(readings):
                longer[form + more] = min(rank + i, longer.get(form + more, rank + i))
        ranks = dict(sorted(longer.items(), key=itemgetter(1))[:MOST])
    return tuple(ranks)


def distinct(forms: Iterable[Form]) -> Readings:
    return tuple(dict.fromkeys(filter(None, forms)))


def ending_in(readings: Readings, suffix: str) -> Readings:
    """With a suffix at the last word."""
    return tuple((*form[:-1], form[-1] + suffix) for form in readings)


def doubled(form: Form) -> Form:
    """``i e e e`` as ``i triple e``."""
    words: List[str] = []
    for word, run in groupby(form):
        times = len(list(run))
        words += [_TIMES[times], word] if times in _TIMES else [word] * times
    return tuple(words)
