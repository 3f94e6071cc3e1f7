"""The phrases that each utterance is scored by."""

from functools import lru_cache, partial
from pathlib import Path
from typing import AbstractSet, Dict, Iterable, Mapping, Optional

from wfst_bias.core.errors import InputError
from wfst_bias.core.text import words_of
from wfst_bias.entities.biasing import read_biasing
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.lists import AUTO, read_entities
from wfst_bias.entities.verbalize.phrases import is_all_caps
from wfst_bias.score.counting import RareWords
from wfst_bias.score.listed import ScoredPhrases


def required(biasing: Optional[Path]) -> Path:
    """Return the file of lists.

    Raises:
      InputError: there is none.
    """
    if biasing is None:
        raise InputError("the LibriSpeech definitions need a list for each utterance; name it with --biasing")
    return biasing


def phrase_lists(
    utterances: Iterable[str],
    entities: Optional[Path] = None,
    biasing: Optional[Path] = None,
    format_name: str = AUTO,
    has_inflections: bool = True,
) -> Dict[str, ScoredPhrases]:
    """Read the list of each utterance; the arguments are those of :func:`score_decoding`.

    Raises:
      InputError: an utterance has no list.
    """
    if biasing is None:
        listed = [] if entities is None else read_entities(entities, format_name)
        return dict.fromkeys(utterances, ScoredPhrases.of(listed, has_inflections))
    rows = read_biasing(biasing)
    names = list(utterances)
    missing = next((name for name in names if name not in rows), None)
    if missing is not None:
        raise InputError(f"has no row for utterance {missing!r}; add it", biasing)
    all_caps = is_all_caps({phrase for row in rows.values() for phrase in row.phrases})
    entity_of = lru_cache(None)(partial(Entity, all_caps=all_caps))  # the same phrase is in many lists
    return {name: ScoredPhrases.of(map(entity_of, rows[name].phrases), has_inflections) for name in names}


def rare_words(texts: Mapping[str, str], utterances: Iterable[str], biasing: Path) -> RareWords:
    """Return the rare words of each utterance, in the third column of its row.

    Raises:
      InputError: an utterance has another text there.
    """
    rows = read_biasing(biasing)
    rare: Dict[str, AbstractSet[str]] = {}
    for name in utterances:
        row, words = rows[name], words_of(texts[name])
        if words_of(row.text) != words:
            raise InputError(
                f"utterance {name!r} has the text {row.text!r} here and {' '.join(words)!r} in the data; "
                "name the lists of the data that was decoded",
                biasing,
                row.line,
            )
        rare[name] = {word for phrase in row.rare for word in words_of(phrase)}
    return rare
