"""Verbalizations: the spoken word sequences of a piece of a phrase, and of pieces in a row."""

from itertools import groupby
from operator import itemgetter
from typing import Dict, Iterable, List, Tuple

Form = Tuple[str, ...]
"""Words of letters; where a word has hyphens, its parts are spoken in a row without a pause (``f-b-i``)."""

Verbalizations = Tuple[Form, ...]
"""The likeliest first."""

MOST = 6  # verbalizations of a phrase
_TIMES = {2: "double", 3: "triple"}


def joined(pieces: Iterable[Verbalizations]) -> Verbalizations:
    """The likeliest verbalizations of some pieces in a row, :data:`MOST` at most, by the sum of their ranks."""
    ranks: Dict[Form, int] = {(): 0}
    for verbalizations in pieces:
        longer: Dict[Form, int] = {}
        for form, rank in ranks.items():
            for i, more in enumerate(verbalizations):
                longer[form + more] = min(rank + i, longer.get(form + more, rank + i))
        ranks = dict(sorted(longer.items(), key=itemgetter(1))[:MOST])
    return tuple(ranks)


def distinct(forms: Iterable[Form]) -> Verbalizations:
    return tuple(dict.fromkeys(filter(None, forms)))


def ending_in(verbalizations: Verbalizations, suffix: str) -> Verbalizations:
    """The same forms with a suffix at the last word."""
    return tuple((*form[:-1], form[-1] + suffix) for form in verbalizations)


def doubled(form: Form) -> Form:
    """``i e e e`` as ``i triple e``."""
    words: List[str] = []
    for word, run in groupby(form):
        times = len(list(run))
        words += [_TIMES[times], word] if times in _TIMES else [word] * times
    return tuple(words)
