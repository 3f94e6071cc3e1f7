"""Words, times and phrases of a path, whose arcs have only a token and an output for each frame."""

from dataclasses import dataclass
from operator import attrgetter
from typing import List, Sequence, Tuple

import numpy as np

from wfst_bias.core.symbols import BLANK_ID, OOV
from wfst_bias.core.text import comparable
from wfst_bias.core.types import BoolArray, FloatArray, IntArray, Seconds
from wfst_bias.decode.config import GateConfig
from wfst_bias.decode.transcript import LANGUAGE_MODEL, LIST, PARTIAL, FoundEntity, Word
from wfst_bias.g2p.p2g import GraphoneP2G
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.graph.listed import ListedPhrase
from wfst_bias.lang.lexicon import Pronunciation
from wfst_bias.lang.phones import PHONES as ENGLISH
from wfst_bias.lang.units import PHONES, Units

# A CTC model writes a unit where it is sure of it, and then blanks while it goes on. In 300 sentences of clean speech the
# sound ended 0.07 to 0.13 s (quartiles) after the last frame of the last unit.
_LAST_UNIT: Seconds = 0.16

Span = Tuple[int, int]  # the first of some words or frames, and the next one after the last


@dataclass(frozen=True)
class FramePath:
    """A path through a lattice, an arc a frame: ``(T,)`` each.

    Args:
      tokens: blank is 0.
      begins: where a token begins, bool.
      outputs: words and phrases of the graph; 0 is none.
      ends_word: which arcs are marked to end a word, bool.
      frames: of the audio; the free frames of a second search stand at the last one.
      acoustic: log-probability of each token against the best one of its frame, nats.
      boost: added to that by adaptive boosting, nats.
      num_frames: of the utterance.
    """

    tokens: IntArray
    begins: BoolArray
    outputs: IntArray
    ends_word: BoolArray
    frames: IntArray
    acoustic: FloatArray
    boost: FloatArray
    num_frames: int

    def units(self, frames: slice, units: Units) -> Pronunciation:
        """The units that begin in some frames."""
        return tuple(units.tokens.symbols[unit] for unit in self.tokens[frames][self.begins[frames]])


@dataclass(frozen=True)
class _Occurrence:
    """A phrase among the words of a path, and by which part of the graph it came."""

    first: int
    end: int
    phrase: ListedPhrase
    found_by: str


def words_and_entities(
    path: FramePath, frame_shift: Seconds, graph: DecodingGraph, list_gate: int, gates: GateConfig
) -> Tuple[Tuple[Word, ...], Tuple[FoundEntity, ...], Tuple[FoundEntity, ...]]:
    """The words of a path, the phrases among them, whether by a list or by the language model, and partial phrases.

    A word lasts until the next one begins, but no longer than :data:`_LAST_UNIT` behind its last frame.

    Args:
      frame_shift: seconds.
      graph: that the path is of.
      list_gate: number of the utterance's list.
      gates: the least evidence of phrases.
    """
    texts, by_list = _outputs(path, graph)
    spans = _word_spans(path, texts, by_list, graph)
    texts = [
        spell(path.units(slice(*span), graph.units), graph.units) if text == OOV else text
        for text, span in zip(texts, spans)
    ]

    starts = [float(path.frames[first]) * frame_shift for first, _ in spans]
    ends = [float(path.frames[last - 1] + 1) * frame_shift for _, last in spans]
    audio_end = float(path.num_frames) * frame_shift
    words = tuple(
        Word(text, round(start, 4), round(max(end, min(end + _LAST_UNIT, following)), 4))
        for text, start, end, following in zip(texts, starts, ends, [*starts[1:], audio_end])
    )
    phrases, partial = ([one for one in by_list if one.found_by == kind] for kind in (LIST, PARTIAL))
    entities, some_words = (
        tuple(
            _found(one, path, words, slice(spans[one.first][0], spans[one.end - 1][1]), ends[one.end - 1], graph, gates)
            for one in sorted(occurrences, key=attrgetter("first"))
        )
        for occurrences in ([*phrases, *_by_language_model(texts, phrases, graph, list_gate)], partial)
    )
    return words, entities, some_words


def _outputs(path: FramePath, graph: DecodingGraph) -> Tuple[List[str], List[_Occurrence]]:
    """The words that the graph writes on a path, and the phrases and partial phrases that came by a list."""
    texts: List[str] = []
    by_list: List[_Occurrence] = []
    for output in path.outputs[path.outputs > 0].tolist():
        if output < graph.first_phrase:
            texts.append(graph.base_words.symbols[output])
        else:
            phrase = graph.phrase_of(output)
            words = graph.phrases[output - graph.first_phrase]
            found_by = LIST if output < graph.first_partial else PARTIAL
            by_list.append(_Occurrence(len(texts), len(texts) + len(words), phrase, found_by))
            texts += words
    return texts, by_list


def _word_spans(path: FramePath, texts: Sequence[str], by_list: Sequence[_Occurrence], graph: DecodingGraph) -> List[Span]:
    """The frames of each word.

    They are known from the tokens between words. Where there are none, marks show where words end or, in an imported
    graph whose words need no token between them, the outputs do; of a phrase only the end is known then, and its words
    share its time.
    """
    has_boundaries = graph.units.marks_words
    spans = graph.units.word_spans(path.tokens, path.begins) if has_boundaries else []
    if len(spans) != len(texts):
        num_words = [1] * len(texts)
        for one in by_list:
            num_words[one.first : one.end] = [one.end - one.first] + [0] * (one.end - one.first - 1)
        ends = marked_spans(path.tokens, path.begins, path.outputs > 0 if has_boundaries else path.ends_word)
        spans = [span for span, count in zip(ends, filter(None, num_words)) for _ in range(count)]
    assert len(texts) == len(spans), "a path has as many outputs as words"
    return spans


def _by_language_model(
    texts: Sequence[str], by_list: Sequence[_Occurrence], graph: DecodingGraph, list_gate: int
) -> List[_Occurrence]:
    """The phrases of the lists among words that did not come by a list; the longest counts, whichever list has it."""
    taken = {word for phrase in by_list for word in range(phrase.first, phrase.end)}
    keys = tuple(map(comparable, texts))
    candidates = [
        (first, end, part.phrase_of[keys[first:end]])
        for part in graph.lists_of(list_gate)
        for first, end in part.phrase_list.occurrences(keys)
    ]
    found = []
    for first, end, phrase in sorted(candidates, key=lambda one: one[0] - one[1]):
        # the pronoun "us" is not US, which is pronounced as two letters
        if phrase.entity.is_spoken_as_written and not taken.intersection(range(first, end)):
            found.append(_Occurrence(first, end, phrase, LANGUAGE_MODEL))
            taken.update(range(first, end))
    return found


def _found(
    one: _Occurrence,
    path: FramePath,
    words: Sequence[Word],
    inside: slice,
    last_frame_end: Seconds,
    graph: DecodingGraph,
    gates: GateConfig,
) -> FoundEntity:
    """A phrase on a path.

    Args:
      words: all those of the path.
      inside: the frames of the phrase.
      last_frame_end: when the last one of them ends.
    """
    entity, form = one.phrase.entity, one.phrase.form
    return FoundEntity(
        phrase=entity.written,
        display=one.phrase.shown,
        entity_class=entity.entity_class,
        first_word=one.first,
        num_words=one.end - one.first,
        start=words[one.first].start,
        end=words[one.end - 1].end,
        found_by=one.found_by,
        units=path.units(inside, graph.units),
        gap=float(path.acoustic[inside].sum()),
        boost=float(path.boost[inside].sum()),
        gate=gates.of(entity),
        form=form.text if form else "",
        after_last_unit=round(words[one.end - 1].end - last_frame_end, 4),
    )


def marked_spans(tokens: IntArray, begins: BoolArray, is_last: BoolArray) -> List[Span]:
    """The frames of each word, where arcs are marked that end one.

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


def spell(units: Pronunciation, kind: Units) -> str:
    """A word that no lexicon has, as its units spell it, or as its phones sound."""
    if kind.kind == PHONES:
        phones = tuple(unit for unit in units if unit != kind.boundary)
        return _P2G.spell([phones])[phones] if set(phones) <= set(ENGLISH) else "".join(phones)
    return kind.text_of(units)
