"""Many-to-many alignment of two spellings of the same words, learned by EM without examples.

Each pair is cut into chunks of one or two symbols on one side and one to four on the other, such as
``TH:th R:r UW:ough``; the probability of a chunk is its share of all chunks, and that of a pair the product of those of
its chunks, summed over its cuts. After Jiampojamarn et al., *Applying many-to-many alignments and hidden Markov
models to letter-to-phoneme conversion*, NAACL 2007.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Dict, Iterable, List, Sequence, Tuple

import numpy as np

from wfst_bias.core.types import FloatArray, IntArray

Chunk = Tuple[Tuple[str, ...], Tuple[str, ...]]
Pair = Tuple[Sequence[str], Sequence[str]]

_SHAPES = ((1, 1), (1, 2), (1, 3), (1, 4), (2, 1))  # numbers of source and target symbols in a chunk
_LONGEST = (2, 4)
_ROUNDS = 8
_ROUNDS_WITH_RARE = 2  # by then a correct chunk has got its share


@dataclass(frozen=True)
class _Group:
    """Pairs of S source and T target symbols.

    Args:
      rows: of the pairs in the input ``(N,)``.
      chunks: number of the chunk of each shape at each position, 0 where none fits, int ``(S, T, shape, N)``.
    """

    rows: Sequence[int]
    chunks: IntArray


def align(pairs: Sequence[Pair], rare: float = 2.0) -> List[Tuple[Chunk, ...]]:
    """Return the most likely cut of each pair into chunks; an empty one where a pair cannot be cut.

    Args:
      pairs: source and target symbols.
      rare: chunks with a smaller expected count in all pairs are noise and not used.
    """
    alphabets = [sorted({symbol for pair in pairs for symbol in pair[side]}) for side in (0, 1)]
    groups, codes = _number_chunks(list(_code_chunks(pairs, alphabets)))
    counts = np.append(0.0, np.ones(len(codes) - 1))
    for round_ in range(_ROUNDS):
        log_probs = _log_shares(counts)
        counts = sum((_expected_counts(group.chunks, log_probs) for group in groups), np.zeros(len(codes)))
        if round_ >= _ROUNDS_WITH_RARE:
            counts[counts < rare] = 0.0
    log_probs = _log_shares(counts)
    cuts: List[Tuple[Chunk, ...]] = [()] * len(pairs)
    names: Dict[int, Chunk] = {}
    for group in groups:
        for row, path in zip(group.rows, _best_paths(group.chunks, log_probs).tolist()):
            path = [chunk for chunk in path if chunk]
            for chunk in path:
                if chunk not in names:
                    names[chunk] = _name(int(codes[chunk]), alphabets)
            cuts[row] = tuple(names[chunk] for chunk in path)
    return cuts


def _code_chunks(pairs: Sequence[Pair], alphabets: Sequence[Sequence[str]]) -> Iterable[_Group]:
    """Yield groups with the code of each chunk: a number whose digits are its source and target symbols."""
    digit = [{symbol: i for i, symbol in enumerate(alphabet, 1)} for alphabet in alphabets]
    base = [len(alphabet) + 1 for alphabet in alphabets]
    rows_of = defaultdict(list)
    for row, (source, target) in enumerate(pairs):
        rows_of[len(source), len(target)].append(row)
    for (num_sources, num_targets), rows in sorted(rows_of.items()):
        if not num_sources or not num_targets:
            continue
        sources, targets = (np.array([[digit[k][s] for s in pairs[r][k]] for r in rows], np.int64).T for k in (0, 1))
        codes = np.zeros((num_sources, num_targets, len(_SHAPES), len(rows)), np.int64)
        for shape, (a, b) in enumerate(_SHAPES):
            left, right = _runs(sources, a, base[0]), _runs(targets, b, base[1])
            codes[: len(left), : len(right), shape] = left[:, None] * base[1] ** _LONGEST[1] + right
        yield _Group(rows, codes)


def _runs(symbols: IntArray, length: int, base: int) -> IntArray:
    """Return each run of ``length`` rows as one number, ``(rows - length + 1, N)``."""
    num_runs = max(0, len(symbols) - length + 1)
    digits = (symbols[k : k + num_runs] * base ** (length - 1 - k) for k in range(length))
    return sum(digits, np.zeros_like(symbols[:num_runs]))


def _number_chunks(groups: List[_Group]) -> Tuple[List[_Group], IntArray]:
    """Replace codes by numbers from 1; return the groups, and the code of each number."""
    codes, numbers = np.unique(np.concatenate([[0], *(g.chunks.ravel() for g in groups)]), return_inverse=True)
    parts = np.split(numbers[1:].astype(np.int32), np.cumsum([g.chunks.size for g in groups])[:-1])
    return [_Group(g.rows, part.reshape(g.chunks.shape)) for g, part in zip(groups, parts)], codes


def _name(code: int, alphabets: Sequence[Sequence[str]]) -> Chunk:
    source, target = divmod(code, (len(alphabets[1]) + 1) ** _LONGEST[1])
    return _symbols(source, alphabets[0]), _symbols(target, alphabets[1])


def _symbols(number: int, alphabet: Sequence[str]) -> Tuple[str, ...]:
    """Return the symbols of which a number consists, see :func:`_runs`."""
    symbols = []
    while number:
        number, digit = divmod(number, len(alphabet) + 1)
        symbols.append(alphabet[digit - 1])
    return tuple(reversed(symbols))


def _log_shares(counts: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):
        log_shares: FloatArray = np.log(counts / max(counts.sum(), 1.0))
    return log_shares


def _rest_scores(chunks: IntArray, log_probs: FloatArray, plus: np.ufunc) -> FloatArray:
    """Return the score of the rest from each position on, over all its cuts, ``(S + 2, T + 4, N)``."""
    num_sources, num_targets, _, num_pairs = chunks.shape
    scores = np.full((num_sources + _LONGEST[0], num_targets + _LONGEST[1], num_pairs), -np.inf)
    scores[num_sources, num_targets] = 0.0
    for i in reversed(range(num_sources)):
        for j in reversed(range(num_targets)):
            scores[i, j] = plus.reduce(
                [log_probs[chunks[i, j, k]] + scores[i + a, j + b] for k, (a, b) in enumerate(_SHAPES)]
            )
    return scores


def _expected_counts(chunks: IntArray, log_probs: FloatArray) -> FloatArray:
    """Return the expected count of each chunk in the pairs."""
    rest = _rest_scores(chunks, log_probs, np.logaddexp)
    total = np.where(np.isfinite(rest), rest, 0.0)
    mass = np.zeros_like(rest)  # probability that a cut passes each position
    mass[0, 0] = np.isfinite(rest[0, 0])
    shares = np.zeros(chunks.shape)
    for i in range(chunks.shape[0]):
        for j in range(chunks.shape[1]):
            for k, (a, b) in enumerate(_SHAPES):
                shares[i, j, k] = mass[i, j] * np.exp(log_probs[chunks[i, j, k]] + rest[i + a, j + b] - total[i, j])
                mass[i + a, j + b] += shares[i, j, k]
    counts: FloatArray = np.bincount(chunks.ravel(), shares.ravel(), len(log_probs))  # type: ignore[assignment]
    return counts


def _best_paths(chunks: IntArray, log_probs: FloatArray) -> IntArray:
    """Return the chunks of the best cut of each pair, 0 after its end, ``(N, S)``."""
    num_sources, num_targets, _, num_pairs = chunks.shape
    rest = _rest_scores(chunks, log_probs, np.maximum)
    i, j, n = np.zeros(num_pairs, int), np.zeros(num_pairs, int), np.arange(num_pairs)
    steps = np.array(_SHAPES)
    path = np.zeros((num_pairs, num_sources), int)
    for position in range(num_sources):
        inside = (i < num_sources) & np.isfinite(rest[0, 0])
        here = np.where(inside, i, 0), np.where(inside, j, 0)
        ahead = here[0] + steps[:, :1], here[1] + steps[:, 1:]
        choice = (log_probs[chunks[here[0], here[1], :, n].T] + rest[ahead[0], ahead[1], n]).argmax(axis=0)
        path[:, position] = np.where(inside, chunks[here[0], here[1], choice, n], 0)
        i, j = i + inside * steps[choice, 0], j + inside * steps[choice, 1]
    return path
