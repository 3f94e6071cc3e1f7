"""Why a phrase of the list is in a transcript, or is not."""

from dataclasses import dataclass
from typing import List, Optional, Sequence, Tuple

from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.decode.config import SearchConfig
from wfst_bias.decode.search import Decoder
from wfst_bias.decode.transcript import LIST, FoundEntity, Transcript
from wfst_bias.entities.entity import MAX_WEIGHT
from wfst_bias.explain.acoustic_match import AcousticMatch, best_matches, nats
from wfst_bias.explain.comparison import PathComparison, Pruning
from wfst_bias.explain.constrained_search import ConstrainedSearch
from wfst_bias.lang.lexicon import Pronunciation

FOUND, PRUNED, LOST, FAR = "found", "pruned", "lost", "far"

_SAME = 1e-3  # nats
_MOST_PLACES = 5  # of other pronunciations, in a text


@dataclass(frozen=True)
class Explanation:
    """Why a phrase was found in an utterance, or was not.

    Args:
      transcript: what was written.
      found: the phrase in it.
      place: where the best path that says it by the list does so, if there is one.
      contest: that path against the best one without it; one of the two is what was written.
      pruning: where the path with the phrase left the beam, if it was not found.
      places: where each pronunciation fits best, in words or across them; the best one first.
      weight: of the phrase, nats.
      search: of the decoding.
      widest: that the path with the phrase or, where that was written, the one without it was looked for by; in
        vain where there is no contest.
    """

    transcript: Transcript
    found: Tuple[FoundEntity, ...]
    place: Optional[AcousticMatch]
    contest: Optional[PathComparison]
    pruning: Optional[Pruning]
    places: Tuple[AcousticMatch, ...]
    weight: float
    search: SearchConfig
    widest: SearchConfig

    @property
    def verdict(self) -> str:
        """Which case it is.

        :data:`FOUND`; :data:`PRUNED`, where the best path with the phrase is better than the one that was written,
        but left the beam; :data:`LOST`, where it is worse; :data:`FAR`, where it is further behind than the search
        beam, and so by its sound alone, or the widest search holds no path with the phrase.
        """
        if self.found:
            return FOUND
        if self.contest and self.contest.margin > _SAME:
            return PRUNED
        is_near = self.contest and max(self.contest.sound, self.contest.margin) > -self.search.search_beam
        return LOST if is_near else FAR

    def summary(self) -> str:
        """The verdict, as a sentence of which the phrase is the subject."""
        contest = self.contest
        nothing_else = f"a search beam of {self.widest.search_beam:g} nats holds no path without it"
        rival = repr(contest.rival.text) if contest and contest.rival.text else "no word at its place"
        if self.verdict == FOUND:
            times = ", ".join(f"{found.start:.2f}-{found.end:.2f} s" for found in self.found)
            if any(found.found_by == LIST for found in self.found):
                won = f"it wins by {nats(contest.margin)} nats over {rival}" if contest else nothing_else
                why = f"by the list; {won}"
            else:
                compared = contest and f"{nats(abs(contest.margin))} nats {'better' if contest.margin > 0 else 'worse'}"
                why = "by the language model" + (f"; by the list it is {compared}" if contest else "")
            return f"is found at {times} {why}"
        if self.verdict == PRUNED:
            return f"is not found, but would have won by {nats(contest.margin)} nats over {rival}"
        if self.verdict == LOST:
            return f"is not found: it loses by {nats(-contest.margin)} nats to {rival}"
        if contest:
            return (
                "is not found: it is not close to what was heard; it loses by "
                f"{nats(-contest.margin)} nats to {rival}, by its sound alone by {nats(-contest.sound)}; "
                f"--search-beam is {self.search.search_beam:g}"
            )
        return (
            "is not found: nothing that was heard is close to it; a search beam of "
            f"{self.widest.search_beam:g} nats holds no path with it"
        )

    def details(self) -> List[str]:
        """Blocks of text: where it is said and heard, the terms of the score, the beam, other pronunciations."""
        best = self.place or next(iter(self.places), None)
        blocks = [f"{best.describe()}\n{best.table()}"] if best else []
        if self.contest:
            note = (
                f"acoustic: below the best units, times {self.search.acoustic_scale:g}; "
                "given back: by adaptive boosting;\nlist: what its class and its choice cost, what bonus and weight pay"
            )
            blocks.append(f"{self.contest.table()}\n{note}")
        if self.verdict == PRUNED:
            blocks.append(self._left_the_beam())
        elif self.verdict in (LOST, FAR) and self.contest:
            blocks.append(self._what_it_takes())
        others = [place for place in self.places if best is None or place.units != best.units]
        if others:
            lines = [f"{' '.join(place.units)}  {place.describe()}" for place in others[:_MOST_PLACES]]
            more = [f"and {len(others) - _MOST_PLACES} more"] if len(others) > _MOST_PLACES else []
            blocks.append("\n".join(["Other pronunciations, each where it fits best:", *lines, *more]))
        return blocks

    def _what_it_takes(self) -> str:
        takes = self.weight - self.contest.margin
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
    decoder: Decoder,
    emissions: Emissions,
    gate: int,
    phrases: Sequence[int],
    pronunciations: Sequence[Pronunciation] = (),
) -> Explanation:
    """Why a phrase is in the transcript of an utterance, or is not.

    Args:
      decoder: that the utterance was decoded with.
      emissions: of this utterance alone.
      gate: of its list.
      phrases: numbers of the phrase among the graph's entities: one, or one in each of several classes.
      pronunciations: of the phrase, to tell where they fit.
    """
    graph = decoder.graph
    hearing = ConstrainedSearch(decoder, emissions, gate)
    outputs = [graph.first_phrase + number for number in phrases]
    names = {graph.entities[number].written for number in phrases}
    written, pruning = hearing.written, None
    found = tuple(entity for entity in written.transcript.entities if entity.phrase in names)
    if any(entity.found_by == LIST for entity in found):
        phrase, (rival, search) = written, hearing.best_without(outputs)
    else:
        (phrase, search), rival = hearing.best_with(outputs), written
    contest = hearing.contest(phrase, rival, outputs) if phrase and rival else None
    if contest and not found:
        pruning = hearing.pruning(phrase, contest)
    places = best_matches(hearing.plain, pronunciations, graph.units, emissions.frame_shift) if pronunciations else []
    return Explanation(
        written.transcript,
        found,
        hearing.place(phrase, outputs) if phrase else None,
        contest,
        pruning,
        tuple(sorted(filter(None, places), key=lambda place: -place.gap)),
        graph.entities[phrases[0]].weight,
        decoder.search,
        search,
    )
