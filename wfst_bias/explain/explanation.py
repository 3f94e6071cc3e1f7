"""Why a phrase of the list is in a transcript, or is not."""

from dataclasses import dataclass
from typing import List, Optional, Sequence, Tuple

from wfst_bias.decode.config import SearchConfig
from wfst_bias.decode.transcript import LIST, FoundEntity, Transcript
from wfst_bias.entities.entity import MAX_WEIGHT
from wfst_bias.explain.acoustic_match import AcousticMatch, best_matches, nats
from wfst_bias.explain.comparison import PathComparison, Pruning, ScoredPath
from wfst_bias.explain.constrained_search import ConstrainedSearch
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.recognize.recognition import SearchedBatch

FOUND, REJECTED, PRUNED, LOST, FAR = "found", "rejected", "pruned", "lost", "far"

_SAME = 1e-3  # nats
_MOST_MATCHES = 5  # of other pronunciations, in a text


@dataclass(frozen=True)
class Explanation:
    """Why a phrase was found in an utterance, or was not.

    Args:
      transcript: of the utterance.
      found: the phrase in it.
      match: of the phrase on the best path that has it by the list, if there is one.
      comparison: that path against the best one without it; one of the two is the path of the transcript.
      pruning: where the path with the phrase left the beam, if it was not found.
      matches: where each pronunciation fits best, in words or across them; the best one first.
      weight: of the phrase, nats.
      search: of the decoding.
      widest: the search for the path with the phrase or, where that is the transcript's, for the one without it; in
        vain where there is no comparison.
      rejected: where it was found, but its gate rejected it.
    """

    transcript: Transcript
    found: Tuple[FoundEntity, ...]
    match: Optional[AcousticMatch]
    comparison: Optional[PathComparison]
    pruning: Optional[Pruning]
    matches: Tuple[AcousticMatch, ...]
    weight: float
    search: SearchConfig
    widest: SearchConfig
    rejected: Tuple[FoundEntity, ...] = ()

    @property
    def verdict(self) -> str:
        """One of five cases.

        :data:`FOUND`; :data:`REJECTED`, where its gate rejected it; :data:`PRUNED`, where the best path with the phrase is better than the transcript's, but
        left the beam; :data:`LOST`, where it is worse; :data:`FAR`, where it is further behind than the search
        beam, and so by the emissions alone, or the widest search holds no path with the phrase.
        """
        if self.found:
            return FOUND
        if self.rejected:
            return REJECTED
        if self.comparison and self.comparison.margin > _SAME:
            return PRUNED
        is_near = self.comparison and max(self.comparison.sound, self.comparison.margin) > -self.search.search_beam
        return LOST if is_near else FAR

    def summary(self) -> str:
        """The verdict, as a sentence of which the phrase is the subject."""
        if self.verdict == FOUND:
            times = ", ".join(f"{found.start:.2f}-{found.end:.2f} s" for found in self.found)
            return f"is found at {times} {self._reason()}"
        if self.verdict == REJECTED:
            best = max(self.rejected, key=lambda entity: entity.evidence)
            return (
                f"is rejected at {best.start:.2f}-{best.end:.2f} s: its evidence of {best.evidence:.2f} a unit is below "
                f"its gate of {best.gate:g}"
            )
        if self.comparison is None:
            return (
                "is not found: nothing in the audio is close to it; a search beam of "
                f"{self.widest.search_beam:g} nats holds no path with it"
            )
        margin, competitor = self.comparison.margin, self.comparison.competitor.name
        if self.verdict == PRUNED:
            return f"is not found, but would have won by {nats(margin)} nats over {competitor}"
        if self.verdict == LOST:
            return f"is not found: it loses by {nats(-margin)} nats to {competitor}"
        return (
            f"is not found: it is not close to the audio; it loses by {nats(-margin)} nats to {competitor}, "
            f"by its sound alone by {nats(-self.comparison.sound)}; --search-beam is {self.search.search_beam:g}"
        )

    def _reason(self) -> str:
        """Why the phrase is in the transcript."""
        comparison = self.comparison
        if any(found.found_by == LIST for found in self.found):
            if comparison is None:
                return f"by the list; a search beam of {self.widest.search_beam:g} nats holds no path without it"
            return f"by the list; it wins by {nats(comparison.margin)} nats over {comparison.competitor.name}"
        if comparison is None:
            return "by the language model"
        compared = f"{nats(abs(comparison.margin))} nats {'better' if comparison.margin > 0 else 'worse'}"
        return f"by the language model; by the list it is {compared}"

    def details(self) -> List[str]:
        """Blocks of text: the acoustic match, the terms of the score, the beam, other pronunciations."""
        best = self.match or next(iter(self.matches), None)
        blocks = [f"{best.describe()}\n{best.table()}"] if best else []
        if self.comparison:
            note = (
                f"acoustic: below the best units, times {self.search.acoustic_scale:g}; "
                "given back: by adaptive boosting;\nlist: what its class and its choice cost, what bonus and weight pay"
            )
            blocks.append(f"{self.comparison.table()}\n{note}")
        if self.verdict == PRUNED:
            blocks.append(self._left_the_beam())
        elif self.verdict in (LOST, FAR) and self.comparison:
            blocks.append(self._needed_weight(self.comparison))
        others = [match for match in self.matches if best is None or match.units != best.units]
        if others:
            lines = [f"{' '.join(match.units)}  {match.describe()}" for match in others[:_MOST_MATCHES]]
            more = [f"and {len(others) - _MOST_MATCHES} more"] if len(others) > _MOST_MATCHES else []
            blocks.append("\n".join(["Other pronunciations, each where it fits best:", *lines, *more]))
        return blocks

    def _needed_weight(self, comparison: PathComparison) -> str:
        takes = self.weight - comparison.margin
        text = f"It takes a weight above {nats(takes)}"
        if takes >= MAX_WEIGHT:
            text += f", and {MAX_WEIGHT:g} is the largest"
        return f"{text}. {self._left_the_beam()}" if self.pruning else f"{text}."

    def _left_the_beam(self) -> str:
        if self.pruning is None:
            return "The search kept its path to the end."
        cause = (
            f"--search-beam is {self.search.search_beam:g}"
            if self.pruning.behind > self.search.search_beam
            else f"--search-max-active {self.search.max_active} narrowed the beam"
        )
        behind = nats(self.pruning.behind)
        return f"The search dropped its path at {self.pruning.time:.2f} s, {behind} nats behind: {cause}."


def explain(
    searched: SearchedBatch,
    phrases: Sequence[int],
    pronunciations: Sequence[Pronunciation] = (),
) -> Explanation:
    """Why a phrase is in the transcript of an utterance, or is not.

    Args:
      searched: the utterance alone, as the recognizer has searched it.
      phrases: numbers of the phrase among the graph's entities: one, or one in each of several classes.
      pronunciations: of the phrase, whose best matches are wanted.
    """
    graph = searched.decoder.graph
    search = ConstrainedSearch(searched)
    (transcript,) = searched.transcripts
    names = {graph.entities[number].written for number in phrases}
    # its inflected forms are the phrase, too
    outputs = [graph.first_phrase + i for i, name in enumerate(graph.phrase_names) if name in names]
    best, pruning = search.best, None
    found = tuple(entity for entity in transcript.entities if entity.phrase in names)
    rejected = tuple(entity for entity in transcript.rejected if entity.phrase in names)
    phrase: Optional[ScoredPath] = best
    competitor: Optional[ScoredPath] = best
    if any(entity.found_by == LIST for entity in found):
        competitor, widest = search.best_without(outputs)
    else:
        phrase, widest = search.best_with(outputs)
    comparison = search.compare(phrase, competitor, outputs) if phrase and competitor else None
    if phrase and comparison and not (found or rejected):
        pruning = search.pruning(phrase, comparison)
    frame_shift = searched.emissions.searched.frame_shift
    matches = best_matches(search.plain, pronunciations, graph.units, frame_shift) if pronunciations else []
    return Explanation(
        transcript,
        found,
        search.match(phrase, outputs) if phrase else None,
        comparison,
        pruning,
        tuple(sorted(filter(None, matches), key=lambda match: -match.gap)),
        graph.entities[phrases[0]].weight,
        searched.decoder.search,
        widest,
        rejected,
    )
