"""Lexicon lookup: writes a phrase of the list where a phone network recognized exactly its phones.

The words of a transcript are aligned with the emissions of a phone network, which gives the part of each word in
the phone string of the network. Where the phones of one word, or of a few neighbouring ones, are exactly
a pronunciation of a phrase and none of these words themselves, the phrase takes their place. After the lookup of
Dingliwal et al., *Personalization of CTC speech recognition models*, SLT 2022.
"""

from typing import Dict, List, Sequence, Set, Tuple

import numpy as np

from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.decode.transcript import Transcript
from wfst_bias.entities.entity import Entity, Phrases
from wfst_bias.g2p.g2g import ScoredPronunciation
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.units import Units
from wfst_bias.second_pass.config import LookupConfig
from wfst_bias.second_pass.lookup_matches import Match, PhoneRun, Replacement, with_matches, without_boundaries
from wfst_bias.second_pass.phone_graphs import Alignment, alignments, phone_emissions
from wfst_bias.second_pass.phone_string import PhoneString, phone_string
from wfst_bias.second_pass.pronunciations import ListPronunciations, Piece, Pronunciations

_Index = Dict[Pronunciation, Tuple[Entity, Pronunciation]]


class Lookup:
    """A list indexed by its pronunciations.

    Args:
      pronunciations: of the list and of words, in the phones of the network.
      config: limits of replacements.
    """

    def __init__(self, pronunciations: Pronunciations, config: LookupConfig = LookupConfig()):
        self._pronunciations = pronunciations
        self._config = config
        self._indices: Dict[int, Tuple[ListPronunciations, _Index]] = {}  # by the identity of the list

    def corrected(
        self, transcripts: Sequence[Transcript], emissions: Emissions, lists: Sequence[Phrases] = ()
    ) -> List[Tuple[Transcript, Tuple[Replacement, ...]]]:
        """Return each transcript with its replacements, and these in the order of time.

        Args:
          lists: of each utterance; that of the pronunciations where none are given.
          emissions: of the same utterances, by a phone network or by a model with a phone head; their frame shift
            may be another one than that of the transcripts.

        Raises:
          InputError: the network has other phones than the pronunciations.
        """
        units = self._pronunciations.lang.units
        phones = phone_emissions(emissions, units)
        assert list(phones.names) == [transcript.name for transcript in transcripts]
        texts = self._pronunciations.pieces(
            [[word.text for word in transcript.words] for transcript in transcripts], lists
        )
        strings = phone_string(phones, units)
        indices = map(self._index_of, self._pronunciations.of_lists(lists, len(transcripts)))
        corrected = []
        for transcript, pieces, string, alignment, index in zip(
            transcripts, texts, strings, alignments(texts, phones, units), indices
        ):
            matches = self._matches(transcript, pieces, string, alignment, index) if alignment else []
            rows = tuple(match.replacement(transcript, phones.frame_shift) for match in matches)
            corrected.append((with_matches(transcript, matches, phones.frame_shift, units.boundary), rows))
        return corrected

    def _index_of(self, own: ListPronunciations) -> _Index:
        if id(own) not in self._indices:
            self._indices[id(own)] = own, self._index(own)
        return self._indices[id(own)][1]

    def _index(self, own: ListPronunciations) -> _Index:
        """Map phones without boundaries to the first phrase that has them, and its pronunciation with boundaries."""
        index: _Index = {}
        scores: Dict[Pronunciation, float] = {}
        for outcome in own.outcomes:
            if outcome.entity.weight < 0:
                continue
            for pronunciation, score, homophones in zip(outcome.pronunciations, outcome.scores, outcome.homophones):
                phones = without_boundaries(pronunciation, self._pronunciations.lang.units)
                # phones cannot decide between homophones
                is_exact = score == 0 or self._config.variants
                is_usable = is_exact and len(phones) >= self._config.min_phones and not homophones
                if is_usable and score > scores.get(phones, -np.inf):
                    index[phones], scores[phones] = (outcome.entity, pronunciation), score
        return index

    def _matches(
        self, transcript: Transcript, pieces: Sequence[Piece], string: PhoneString, alignment: Alignment, index: _Index
    ) -> List[Match]:
        """Return the replacements, none overlapping; of two overlapping ones that of more phones, or of surer ones."""
        piece = string.pieces(alignment, len(pieces))
        bounds = np.searchsorted(piece, np.arange(len(pieces) + 1)).tolist()
        matches = []
        for first in range(len(pieces)):
            for end in range(first + 1, len(pieces) + 1):
                if pieces[end - 1].end - pieces[first].first > self._config.max_words:
                    break
                run = PhoneRun(string, bounds[first], bounds[end], -alignment.gap_of(first, end))
                known = index.get(run.phones)
                if known and self._may_replace(transcript, pieces[first:end], run, known[0]):
                    matches.append(Match(pieces[first].first, pieces[end - 1].end, *known, run))
        taken: Set[int] = set()
        kept = []
        for match in sorted(matches, key=lambda match: (-len(match.run.phones), -match.run.posterior, match.first)):
            words = range(match.first, match.end)
            if not taken.intersection(words):
                taken.update(words)
                kept.append(match)
        return sorted(kept, key=lambda match: match.first)

    def _may_replace(self, transcript: Transcript, pieces: Sequence[Piece], run: PhoneRun, entity: Entity) -> bool:
        config = self._config
        words = tuple(word.text for word in transcript.words[pieces[0].first : pieces[-1].end])
        listed = any(
            entity.first_word < pieces[-1].end and entity.first_word + entity.num_words > pieces[0].first
            for entity in transcript.entities
        )
        return (
            words != entity.words
            and run.posterior >= config.min_posterior
            and run.lead >= config.min_lead
            and (run.stands_alone or not config.whole_words)
            and not (listed and config.keep_listed)
            and not _is_pronunciation(
                run.phones, [piece.pronunciations for piece in pieces], self._pronunciations.lang.units
            )
        )


def _is_pronunciation(phones: Pronunciation, pieces: Sequence[Sequence[ScoredPronunciation]], units: Units) -> bool:
    """Whether phones are the pieces, each in one of its pronunciations."""
    ends = {0}  # phones that the pieces up to here may take
    for scored in pieces:
        plain = [without_boundaries(pronunciation, units) for pronunciation, _ in scored]
        ends = {begin + len(one) for begin in ends for one in plain if phones[begin : begin + len(one)] == one}
    return len(phones) in ends
