"""Word lattices for k2 and icefall: one FsaVec, as ``torch.save(fsas.as_dict(), FILE)`` writes it.

Words are ``labels`` and ``aux_labels``, ids of ``words.txt``, with -1 on the arcs into the end, so that both
``k2.intersect`` with a language model and icefall's ``get_texts`` read them. ``scores`` are what the terms add up to:
``acoustic_scores`` (scaled), ``boost_scores``, ``lm_scores`` (where icefall looks for them) and ``list_scores``, nats.
``tokens`` ``[arc][frame]`` has the frames. ``phrases`` numbers, from 1, the row of ``phrase_names`` that an arc's
utterance has; 0 is none. ``names``, ``beams`` and ``phrase_names`` are lists, an item an utterance.
"""

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
import torch

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import publish_file
from wfst_bias.core.torch_files import load_data
from wfst_bias.core.types import IntArray
from wfst_bias.lattice.word_lattice import NO_PHRASE, NO_WORD, WordLattice

if TYPE_CHECKING:
    import k2

_TERMS = ("acoustic_scores", "boost_scores", "lm_scores", "list_scores")  # in the order of Terms
_LISTS = ("names", "beams", "phrase_names")
_RAGGED = {"_k2.ragged RaggedTensor"}
_ROUNDING = 1e-3  # nats; what scores may differ by from the sum of their terms


@dataclass(frozen=True)
class K2Lattices:
    """The content of a file of word lattices.

    Args:
      lattices: of its utterances.
      phrases: for each of them, what the numbers of its phrases mean.
      acoustic_scale: of their scores.
    """

    lattices: Sequence[WordLattice]
    phrases: Sequence[Tuple[str, ...]]
    acoustic_scale: float

    def scaled(self, acoustic_scale: Optional[float]) -> "K2Lattices":
        """The same with acoustic terms of another scale, if any is given."""
        if not acoustic_scale:
            return self
        factor = np.array([acoustic_scale / self.acoustic_scale, 1.0, 1.0, 1.0], np.float32)
        lattices = [replace(lattice, terms=lattice.terms * factor) for lattice in self.lattices]
        return replace(self, lattices=lattices, acoustic_scale=acoustic_scale)


def k2_lattices(stored: K2Lattices) -> "k2.Fsa":
    """The lattices as one FsaVec; one without a path has no state."""
    import k2

    lattices = stored.lattices
    states = _bounds([lattice.num_states for lattice in lattices])
    arcs = _bounds([lattice.num_arcs for lattice in lattices])
    words = _joined(lattices, "words")
    words[words == NO_WORD] = -1
    terms = np.concatenate([np.zeros((0, len(_TERMS)), np.float32), *(lattice.terms for lattice in lattices)])
    scores = terms.sum(axis=1).view(np.int32)
    table = np.stack([_joined(lattices, "src"), _joined(lattices, "dst"), words, scores], axis=1)
    # the layout of k2's FsaVecToTensor
    header = np.concatenate([[len(lattices), 0], states, arcs])
    fsas = k2.Fsa(torch.from_numpy(np.append(header, table.ravel()).astype(np.int32)))
    fsas.aux_labels = torch.from_numpy(words)
    for name, column in zip(_TERMS, terms.T):
        setattr(fsas, name, torch.from_numpy(column.copy()))
    fsas.phrases = torch.from_numpy(_joined(lattices, "phrases") - NO_PHRASE)
    lengths = np.concatenate([np.zeros(0, np.int64), *(np.diff(lattice.splits) for lattice in lattices)])
    splits = torch.from_numpy(_bounds(lengths).astype(np.int32))
    shape = k2.ragged.create_ragged_shape2(splits, None, -1)
    fsas.tokens = k2.RaggedTensor(shape, torch.from_numpy(_joined(lattices, "tokens")))
    fsas.names = [lattice.name for lattice in lattices]
    fsas.segments_of = [lattice.segment_of for lattice in lattices]
    fsas.starts = [float(lattice.start) for lattice in lattices]
    fsas.beams = [float(lattice.beam) for lattice in lattices]
    fsas.phrase_names = [list(table) for table in stored.phrases]
    fsas.acoustic_scale = float(stored.acoustic_scale)
    return fsas


def _joined(lattices: Sequence[WordLattice], name: str) -> IntArray:
    """A field of integers of all lattices, one after the other, int32."""
    return np.concatenate([np.zeros(0, np.int32), *(getattr(one, name) for one in lattices)])


def write_k2(path: Path, stored: K2Lattices) -> None:
    """Write the lattices as a ``.pt``, whole or not at all."""
    stream = io.BytesIO()
    torch.save(k2_lattices(stored).as_dict(), stream)
    publish_file(path, stream.getvalue())


def read_k2(path: Path) -> K2Lattices:
    """The lattices of a file that :func:`write_k2` wrote, or k2 from it.

    Where its scores are others than the terms add up to, a program has rescored them: what differs counts as language
    model.

    Raises:
      InputError: it is no such file.
    """
    import k2

    if not Path(path).is_file():
        raise InputError("no such file; check the path", path)
    try:
        content = load_data(path, _RAGGED)
    except Exception as error:  # torch raises whatever it meets in the file
        raise InputError("is no whole file of k2; make it anew with 'wfst-bias lattice copy'", path) from error
    wanted = ("arcs", "aux_labels", "phrases", "tokens", "acoustic_scale", *_TERMS, *_LISTS)
    missing = [name for name in wanted if not isinstance(content, dict) or name not in content]
    if missing:
        raise InputError(
            f"has no {', '.join(missing[:3])}: it is no file of word lattices; make one with 'wfst-bias lattice copy'",
            path,
        )
    try:
        fsas = k2.Fsa.from_dict(content)
    except Exception as error:  # k2 raises whatever it meets in the arcs
        raise InputError("its arcs are none that k2 can read; make it anew with 'wfst-bias lattice copy'", path) from error
    if fsas.arcs.num_axes() != 3 or {len(content[name]) for name in _LISTS} != {fsas.shape[0]}:
        raise InputError("has not a name, a beam and phrases for each of its lattices; make it anew", path)
    src, dst = fsas.arcs.values()[:, :2].numpy().T
    if (src >= dst).any():
        raise InputError("its states are in no topological order; pass it through k2.top_sort", path)
    return K2Lattices(
        _lattices(fsas, content), [tuple(table) for table in content["phrase_names"]], float(content["acoustic_scale"])
    )


def _lattices(fsas: "k2.Fsa", content: Dict[str, Any]) -> List[WordLattice]:
    src, dst = fsas.arcs.values()[:, :2].numpy().T
    terms = np.stack([content[name].numpy() for name in _TERMS], axis=1)
    other = fsas.scores.detach().numpy() - terms.sum(axis=1)
    terms[:, 2] += np.where(np.abs(other) > _ROUNDING, other, 0.0)
    words = np.where(fsas.labels.numpy() < 0, NO_WORD, content["aux_labels"].numpy())
    phrases = content["phrases"].numpy() + NO_PHRASE
    tokens, splits = fsas.tokens.values.numpy(), fsas.tokens.shape.row_splits(1).numpy().astype(np.int64)
    num_lattices = len(content["names"])
    segments_of, starts = content.get("segments_of", [""] * num_lattices), content.get("starts", [0.0] * num_lattices)
    bounds = fsas.arcs.row_splits(2)[fsas.arcs.row_splits(1).long()].tolist()
    return [
        WordLattice(
            name=name,
            src=src[begin:end],
            dst=dst[begin:end],
            words=words[begin:end],
            phrases=phrases[begin:end],
            terms=terms[begin:end],
            tokens=tokens[splits[begin] : splits[end]],
            splits=splits[begin : end + 1] - splits[begin],
            sources=np.zeros(0, np.int64),
            beam=beam,
            segment_of=segment_of,
            start=start,
        )
        for name, segment_of, start, beam, begin, end in zip(
            content["names"], segments_of, starts, content["beams"], bounds, bounds[1:]
        )
    ]


def _bounds(lengths: Sequence[int]) -> IntArray:
    """The bounds of parts of these lengths, one after the other, int64 ``(N + 1,)``."""
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
