"""From lattices to words: the best path, its word times and the entities on it."""

from dataclasses import dataclass
from typing import List, Sequence, Tuple

import k2
import numpy as np

from wfst_bias.acoustic.emissions import Seconds
from wfst_bias.decode.search import Decoder, Lattices, arc_bounds
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.symbols import BLANK_ID


@dataclass(frozen=True)
class Word:
    """A word of a transcript: where its first unit begins and its last one ends."""

    text: str
    start: Seconds
    end: Seconds


@dataclass(frozen=True)
class FoundEntity:
    """A phrase of the list in a transcript, and why it is there.

    Args:
      phrase: as it stands in the list.
      first_word, num_words: its place among the words of the transcript.
      start, end: its time.
      units: the pronunciation that matched.
      gap: log-probability of its units against the best ones of the same frames, the whole span,
        before any boost, nats; 0 where the model itself writes them, far below 0 where it heard others.
      boost: what adaptive boosting gave back of that gap, nats.
    """

    phrase: str
    first_word: int
    num_words: int
    start: Seconds
    end: Seconds
    units: Tuple[str, ...]
    gap: float
    boost: float

    def describe(self) -> str:
        return (
            f"{self.start:.2f}-{self.end:.2f} s  {self.phrase}  heard as {' '.join(self.units)}, "
            f"{abs(self.gap):.1f} nats below the best units, {self.boost:.1f} of them given back"
        )


@dataclass(frozen=True)
class Transcript:
    """The best path of an utterance.

    Args:
      name: of the utterance.
      words, entities: in the order of time.
      score: of the path, scaled and boosted, relative to each frame's best, nats; minus infinity where
        the lattice is empty.
    """

    name: str
    words: Tuple[Word, ...]
    entities: Tuple[FoundEntity, ...]
    score: float

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    def marked(self) -> str:
        """The text with its entities in brackets."""
        texts = [word.text for word in self.words]
        for entity in self.entities:
            texts[entity.first_word] = "[" + texts[entity.first_word]
            texts[entity.first_word + entity.num_words - 1] += "]"
        return " ".join(texts)


def best_paths(lattices: Lattices, decoder: Decoder) -> List[Transcript]:
    """The 1-best transcript of each utterance."""
    best = k2.shortest_path(lattices.fsas, use_double_scores=True)
    bounds = arc_bounds(best).tolist()
    on_path = {name: getattr(best, name).cpu().numpy() for name in ("labels", "graph_arc", "frame", "scores")}
    transcripts = []
    for i, (name, begin, end) in enumerate(zip(lattices.emissions.names, bounds, bounds[1:])):
        path = {key: values[begin:end] for key, values in on_path.items()}
        consumed = path["labels"] >= 0
        labels, graph_arc, frames = (path[key][consumed] for key in ("labels", "graph_arc", "frame"))
        length = int(lattices.lengths[i])
        columns = lattices.columns[i].cpu().numpy()
        transcripts.append(
            Transcript(
                name,
                *_read_path(labels, graph_arc, frames, columns, length, lattices.emissions.frame_shift, decoder.graph),
                score=float(path["scores"].sum()) if begin < end else -np.inf,
            )
        )
    return transcripts


def _read_path(
    labels: np.ndarray,
    graph_arc: np.ndarray,
    frames: np.ndarray,
    columns: np.ndarray,
    length: int,
    frame_shift: Seconds,
    graph: DecodingGraph,
) -> Tuple[Tuple[Word, ...], Tuple[FoundEntity, ...]]:
    """Words and entities of one path; labels, graph_arc and frames ``(T,)``, columns ``(T, C)``."""
    num_tokens = len(graph.tokens)
    tokens = labels % num_tokens
    begins = (tokens != BLANK_ID) & (tokens != np.roll(tokens, 1))
    begins[:1] = tokens[:1] != BLANK_ID
    spans = word_spans(tokens, begins, graph.tokens[graph.boundary])
    outputs = graph.olabels[graph_arc]
    outputs = outputs[outputs > 0].tolist()

    gap = columns[frames, tokens]
    boost = columns[frames, labels] - gap
    words: List[Word] = []
    entities: List[FoundEntity] = []
    seconds = lambda frame: round(min(int(frame), length) * frame_shift, 4)
    for output in outputs:
        phrase = output - len(graph.words)
        ids: Sequence[int] = graph.phrase_words[phrase] if phrase >= 0 else (output,)
        own = spans[len(words) : len(words) + len(ids)]
        assert len(own) == len(ids), "a path has as many words as spans between boundaries"
        if phrase >= 0:
            inside = slice(own[0][0], own[-1][1])
            units = tokens[inside][begins[inside]]
            entities.append(
                FoundEntity(
                    phrase=graph.entities[phrase].written,
                    first_word=len(words),
                    num_words=len(ids),
                    start=seconds(frames[own[0][0]]),
                    end=seconds(frames[own[-1][1] - 1] + 1),
                    units=tuple(graph.tokens.symbols[u] for u in units),
                    gap=float(gap[inside].sum()),
                    boost=float(boost[inside].sum()),
                )
            )
        words += [
            Word(graph.words.symbols[word], seconds(frames[first]), seconds(frames[last - 1] + 1))
            for word, (first, last) in zip(ids, own)
        ]
    return tuple(words), tuple(entities)


def word_spans(tokens: np.ndarray, begins: np.ndarray, boundary: int) -> List[Tuple[int, int]]:
    """First frame and frame behind the last of each run of units between boundaries.

    Args:
      tokens: of each frame ``(T,)``, blank 0.
      begins: where a token begins, bool ``(T,)``.
      boundary: the token that stands between words.
    """
    is_unit = (tokens != BLANK_ID) & (tokens != boundary)
    unit_frames = np.flatnonzero(is_unit)
    if not len(unit_frames):
        return []
    num_boundaries = np.cumsum(begins & (tokens == boundary))[unit_frames]
    opens = np.concatenate([[True], num_boundaries[1:] != num_boundaries[:-1]])
    first = unit_frames[opens]
    last = unit_frames[np.concatenate([opens[1:], [True]])] + 1
    return list(zip(first.tolist(), last.tolist()))
