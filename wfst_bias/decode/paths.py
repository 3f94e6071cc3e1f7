"""From lattices to words: the best path, its word times and the entities on it."""

import math
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import List, NamedTuple, Sequence, Tuple

import k2
import numpy as np
import torch

from wfst_bias.acoustic.emissions import Seconds
from wfst_bias.core.symbols import BLANK_ID, OOV
from wfst_bias.decode.config import GateConfig
from wfst_bias.decode.search import Decoder, Lattices, arc_bounds
from wfst_bias.entities.entity import Entity
from wfst_bias.fst.wfst import WORD_END
from wfst_bias.g2p.p2g import GraphoneP2G
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.phones import PHONES as ENGLISH
from wfst_bias.lang.units import PHONES, Units

LIST, LANGUAGE_MODEL = "list", "language model"


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
      display: as it is to be shown.
      entity_class: name of the class that it belongs to.
      first_word, num_words: its place among the words of the transcript.
      start, end: its time.
      way: :data:`LIST` where it came through the list's class, :data:`LANGUAGE_MODEL` where the language model
        knew the words and its path was the better one.
      units: the pronunciation that matched.
      gap: log-probability of its units against the best ones of the same frames, the whole span,
        before any boost, nats; 0 where the model itself writes them, far below 0 where it heard others.
      boost: what adaptive boosting gave back of that gap, nats.
      gate: the least evidence that it may be found by; 0 where any will do.
    """

    phrase: str
    display: str
    entity_class: str
    first_word: int
    num_words: int
    start: Seconds
    end: Seconds
    way: str
    units: Tuple[str, ...]
    gap: float
    boost: float
    gate: float

    @property
    def evidence(self) -> float:
        """Probability of a unit against the best one of the same frames, the geometric mean over its units."""
        return math.exp(self.gap / len(self.units))

    @property
    def is_below_gate(self) -> bool:
        return self.evidence < self.gate

    def overlaps(self, other: "FoundEntity") -> bool:
        """Whether they share time."""
        return self.start < other.end and other.start < self.end

    def describe(self) -> str:
        return (
            f"{self.start:.2f}-{self.end:.2f} s  {self.phrase}  by the {self.way}, heard as {' '.join(self.units)}, "
            f"{abs(self.gap):.1f} nats below the best units, {self.boost:.1f} of them given back, "
            f"evidence {self.evidence:.2f} a unit"
        )


@dataclass(frozen=True)
class Transcript:
    """The best path of an utterance.

    Args:
      name: of the utterance.
      words, entities: in the order of time.
      score: of the path, scaled and boosted, relative to each frame's best, nats; minus infinity where
        the lattice is empty.
      refused: phrases below their gates: those that a better path said, whose words they count, and words of this one.
    """

    name: str
    words: Tuple[Word, ...]
    entities: Tuple[FoundEntity, ...]
    score: float
    refused: Tuple[FoundEntity, ...] = ()

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def display(self) -> str:
        """The text with its entities as they are to be shown."""
        return self._with_entities("{}")

    def marked(self) -> str:
        """The same, the entities in brackets."""
        return self._with_entities("[{}]")

    def _with_entities(self, form: str) -> str:
        texts = [word.text for word in self.words]
        for entity in reversed(self.entities):
            texts[entity.first_word : entity.first_word + entity.num_words] = [form.format(entity.display)]
        return " ".join(texts)


def best_paths(lattices: Lattices, decoder: Decoder) -> List[Transcript]:
    """The 1-best transcript of each utterance."""
    best = k2.shortest_path(lattices.fsas, use_double_scores=True)
    bounds = arc_bounds(best)
    lengths = bounds.diff().tolist()
    transcripts = _transcripts(_Arcs.of(best), range(len(lengths)), lengths, lattices, decoder)
    scores = best.scores.cpu().numpy()
    return [
        replace(transcript, score=float(scores[begin:end].sum()) if begin < end else -np.inf)
        for transcript, begin, end in zip(transcripts, bounds, bounds[1:])
    ]


def transcript_of(arcs: np.ndarray, utterance: int, score: float, lattices: Lattices, decoder: Decoder) -> Transcript:
    """The transcript of another path than the best one.

    Args:
      arcs: of the lattices, all those of the path that read a frame, ``(T,)``.
      utterance: its number in the batch.
      score: of the path, nats.
    """
    numbers = torch.from_numpy(arcs).to(lattices.fsas.device)
    path = _Arcs(*(column[numbers] for column in _Arcs.of(lattices.fsas)))
    return replace(_transcripts(path, [utterance], [len(arcs)], lattices, decoder)[0], score=score)


class _Arcs(NamedTuple):
    """Arcs of lattices: what they read, their row in the decoding graph and their frame, int32 ``(A,)`` each."""

    labels: torch.Tensor
    graph_arcs: torch.Tensor
    frames: torch.Tensor

    @classmethod
    def of(cls, fsas: k2.Fsa) -> "_Arcs":
        return cls(fsas.labels, fsas.graph_arc, fsas.frame)


def _transcripts(
    arcs: _Arcs, utterances: Sequence[int], lengths: Sequence[int], lattices: Lattices, decoder: Decoder
) -> List[Transcript]:
    """Transcripts of some paths, one behind the other, their scores not yet known.

    Args:
      arcs: of the paths; one into the last state is not read.
      utterances: the number of each path's utterance in the batch ``(P,)``.
      lengths: arcs of each path ``(P,)``.
    """
    utterance = torch.repeat_interleave(torch.tensor(utterances), torch.tensor(lengths)).to(arcs.labels.device)
    layout = decoder.graph.layout
    label = arcs.labels.long().clamp(min=0)
    frame = arcs.frames.long().clamp(max=lattices.columns.shape[1] - 1)
    plain = lattices.columns[utterance, frame, layout.token(label)]
    boost = lattices.columns[utterance, frame, label] - plain
    begins = decoder.graph.begins_unit(arcs.graph_arcs.long())
    # one copy to the CPU a batch
    labels, graph_arcs, frames, begins = torch.stack([*arcs, begins]).cpu().numpy()
    plain, boost = torch.stack([plain, boost]).cpu().numpy()
    transcripts = []
    end = 0
    for i, num_arcs in zip(utterances, lengths):
        begin, end = end, end + num_arcs
        consumed = begin + np.flatnonzero(labels[begin:end] >= 0)  # all but the arc into the last state
        path = _Path(
            tokens=layout.token(labels[consumed]),
            begins=begins[consumed] > 0,
            outputs=decoder.graph.olabels[graph_arcs[consumed]],
            frames=np.minimum(frames[consumed], int(lattices.lengths[i]) - 1),
            gap=plain[consumed],
            boost=boost[consumed],
        )
        emissions = lattices.emissions
        words, entities = _read_path(path, emissions.frame_shift, decoder.graph, lattices.gates[i], decoder.gate)
        transcripts.append(Transcript(emissions.names[i], words, entities, -math.inf))
    return transcripts


@dataclass(frozen=True)
class _Path:
    """A path through a lattice, an arc a frame: ``(T,)`` each.

    Args:
      tokens: blank 0.
      begins: where a token begins, bool.
      outputs: words and phrases, marked where words end if no token tells it; 0 is none.
      frames: of the audio; the free frames of a second search stand at the last one.
      gap, boost: of each token below the frame's best, and given back, nats.
    """

    tokens: np.ndarray
    begins: np.ndarray
    outputs: np.ndarray
    frames: np.ndarray
    gap: np.ndarray
    boost: np.ndarray


def _read_path(
    path: _Path, frame_shift: Seconds, graph: DecodingGraph, list_gate: int, gates: GateConfig
) -> Tuple[Tuple[Word, ...], Tuple[FoundEntity, ...]]:
    """Words of one path and the phrases of the list among them, those that the language model said included."""
    begins = path.begins
    seconds = lambda frame: round(float(frame) * frame_shift, 4)
    texts: List[str] = []
    phrases: List[Tuple[int, int, Entity, str]] = []  # first word, word behind the last, by which way
    outputs = path.outputs % WORD_END
    for output in outputs[outputs > 0].tolist():
        if output < graph.first_phrase:
            texts.append(graph.base_words.symbols[output])
        else:
            entity = graph.entities[output - graph.first_phrase]
            phrases.append((len(texts), len(texts) + len(entity.words), entity, LIST))
            texts += entity.words
    spans = graph.units.word_spans(path.tokens, begins) if graph.units.tells_words else []
    if len(spans) != len(texts):
        # marks tell where words end or, in a graph of others whose words need no token between them, outputs do;
        # of a phrase only the end is known: its words share its time
        is_last = outputs > 0 if graph.units.tells_words else path.outputs >= WORD_END
        num_words = [1] * len(texts)
        for first, end, *_ in phrases:
            num_words[first:end] = [end - first] + [0] * (end - first - 1)
        ends = marked_spans(path.tokens, begins, is_last)
        spans = [span for span, count in zip(ends, filter(None, num_words)) for _ in range(count)]
    assert len(texts) == len(spans), "a path has as many outputs as words"
    units_of = lambda first, last: tuple(
        graph.tokens.symbols[unit] for unit in path.tokens[first:last][begins[first:last]]
    )
    texts = [written(units_of(*span), graph.units) if text == OOV else text for text, span in zip(texts, spans)]
    words = tuple(
        Word(text, seconds(path.frames[first]), seconds(path.frames[last - 1] + 1))
        for text, (first, last) in zip(texts, spans)
    )
    taken = {word for first, end, *_ in phrases for word in range(first, end)}
    said = [
        (first, end, part.phrase_of[tuple(texts[first:end])])
        for part in graph.lists_of(list_gate)
        for first, end in part.phrase_list.occurrences(texts)
    ]
    # the longest counts, whichever list has it
    for first, end, entity in sorted(said, key=lambda one: one[0] - one[1]):
        # the pronoun "us" is not US, which nobody says so
        if entity.words in entity.forms and not taken.intersection(range(first, end)):
            phrases.append((first, end, entity, LANGUAGE_MODEL))
            taken.update(range(first, end))
    entities = []
    for first, end, entity, way in sorted(phrases, key=itemgetter(0)):
        inside = slice(spans[first][0], spans[end - 1][1])
        entities.append(
            FoundEntity(
                phrase=entity.written,
                display=entity.shown,
                entity_class=entity.entity_class,
                first_word=first,
                num_words=end - first,
                start=words[first].start,
                end=words[end - 1].end,
                way=way,
                units=units_of(inside.start, inside.stop),
                gap=float(path.gap[inside].sum()),
                boost=float(path.boost[inside].sum()),
                gate=gates.of(entity),
            )
        )
    return words, tuple(entities)


def marked_spans(tokens: np.ndarray, begins: np.ndarray, is_last: np.ndarray) -> List[Tuple[int, int]]:
    """First frame and frame behind the last of each word, where arcs are marked that end one.

    Args:
      tokens: of each frame ``(T,)``, blank 0.
      begins: where a token begins, bool ``(T,)``.
      is_last: where the last unit of a word begins, bool ``(T,)``.
    """
    unit_frames = np.flatnonzero(tokens != BLANK_ID)
    unit = np.cumsum(begins & (tokens != BLANK_ID))[unit_frames] - 1
    last_units = np.flatnonzero(is_last[begins & (tokens != BLANK_ID)])
    first_units = np.concatenate([[0], last_units[:-1] + 1])
    first = unit_frames[np.searchsorted(unit, first_units[: len(last_units)])]
    last = unit_frames[np.searchsorted(unit, last_units, side="right") - 1] + 1
    return list(zip(first.tolist(), last.tolist()))


_P2G = GraphoneP2G()  # read from disk when a word is spelled for the first time


def written(units: Pronunciation, kind: Units) -> str:
    """How a word that no lexicon has is written: as its units spell, or as its phones sound."""
    if kind.kind == PHONES:
        heard = tuple(unit for unit in units if unit != kind.boundary)
        return _P2G.spell([heard])[heard] if set(heard) <= set(ENGLISH) else "".join(heard)
    return kind.text_of(units)
