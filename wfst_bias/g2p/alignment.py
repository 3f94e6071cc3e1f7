"""Many-to-many alignment of two spellings of the same words, learnt by EM without any example.

Each pair is cut into chunks of one or two symbols on one side and one to four on the other, such as
``TH:th R:r UW:ough``; a chunk's probability is its share of all chunks, and a pair's the product of its chunks',
summed over the ways to cut it. After Jiampojamarn et al., *Applying many-to-many alignments and hidden Markov
models to letter-to-phoneme conversion*, NAACL 2007.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Dict, Iterable, List, Sequence, Tuple

import numpy as np

Chunk = Tuple[Tuple[str, ...], Tuple[str, ...]]

_SHAPES = ((1, 1), (1, 2), (1, 3), (1, 4), (2, 1))  # symbols of the source and of the target in a chunk
_LONGEST = (2, 4)
_ROUNDS = 8
_ROUNDS_WITH_RARE = 2  # by then a chunk that is true in some pair has got its share


@dataclass(frozen=True)
class _Group:
    """Pairs of S source and T target symbols.

    Args:
      rows: where the pairs stand in the input ``(N,)``.
      chunks: what chunk of each shape begins at each place, 0 where none fits, int ``(S, T, shape, N)``.
    """

    rows: Sequence[int]
    chunks: np.ndarray


def align(pairs: Sequence[Tuple[Sequence[str], Sequence[str]]], rare: float = 2.0) -> List[Tuple[Chunk, ...]]:
    """The most likely cut of each pair into chunks; an empty one where a pair cannot be cut.

    Args:
      pairs: source and target symbols.
      rare: a chunk that is expected less often than this in all pairs is noise and not used.
    """
    alphabets = [sorted({symbol for pair in pairs for symbol in pair[side]}) for side in (0, 1)]
    groups, codes = _number_chunks(list(_code_chunks(pairs, alphabets)))
    counts = np.append(0.0, np.ones(len(codes) - 1))
    for round_ in range(_ROUNDS):
        log_probs = _log_shares(counts)
        counts = sum(_expected_counts(group.chunks, log_probs) for group in groups)
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


def _code_chunks(pairs, alphabets) -> Iterable[_Group]:
    """Groups with the code of each chunk: the source symbols and the target symbols, each as a number's digits."""
    digit = [{symbol: i for i, symbol in enumerate(alphabet, 1)} for alphabet in alphabets]
    base = [len(alphabet) + 1 for alphabet in alphabets]
    rows_of = defaultdict(list)
    for row, (source, target) in enumerate(pairs):
        rows_of[len(source), len(target)].append(row)
    for (num_sources, num_targets), rows in sorted(rows_of.items()):
        if not num_sources or not num_targets:
            continue
        source, target = (np.array([[digit[k][s] for s in pairs[r][k]] for r in rows], np.int64).T for k in (0, 1))
        codes = np.zeros((num_sources, num_targets, len(_SHAPES), len(rows)), np.int64)
        for shape, (a, b) in enumerate(_SHAPES):
            left, right = _runs(source, a, base[0]), _runs(target, b, base[1])
            codes[: len(left), : len(right), shape] = left[:, None] * base[1] ** _LONGEST[1] + right
        yield _Group(rows, codes)


def _runs(symbols: np.ndarray, length: int, base: int) -> np.ndarray:
    """Each run of ``length`` rows as one number, ``(rows - length + 1, N)``."""
    num_runs = max(0, len(symbols) - length + 1)
    return sum(symbols[k : k + num_runs] * base ** (length - 1 - k) for k in range(length))


def _number_chunks(groups: List[_Group]) -> Tuple[List[_Group], np.ndarray]:
    """Groups with numbers from 1 in the place of codes, and the code of each number."""
    codes, numbers = np.unique(np.concatenate([[0], *(g.chunks.ravel() for g in groups)]), return_inverse=True)
    parts = np.split(numbers[1:].astype(np.int32), np.cumsum([g.chunks.size for g in groups])[:-1])
    return [_Group(g.rows, part.reshape(g.chunks.shape)) for g, part in zip(groups, parts)], codes


def _name(code: int, alphabets) -> Chunk:
    sides = divmod(code, (len(alphabets[1]) + 1) ** _LONGEST[1])
    names = []
    for number, alphabet in zip(sides, alphabets):
        symbols = []
        while number:
            number, digit = divmod(number, len(alphabet) + 1)
            symbols.append(alphabet[digit - 1])
        names.append(tuple(reversed(symbols)))
    return tuple(names)


def _log_shares(counts: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(counts / max(counts.sum(), 1.0))


def _rest_scores(chunks: np.ndarray, log_probs: np.ndarray, plus: np.ufunc) -> np.ndarray:
    """Score of what is left from each place on, over all ways to cut it, ``(S + 2, T + 4, N)``."""
    num_sources, num_targets, _, num_pairs = chunks.shape
    scores = np.full((num_sources + _LONGEST[0], num_targets + _LONGEST[1], num_pairs), -np.inf)
    scores[num_sources, num_targets] = 0.0
    for i in reversed(range(num_sources)):
        for j in reversed(range(num_targets)):
            scores[i, j] = plus.reduce(
                [log_probs[chunks[i, j, k]] + scores[i + a, j + b] for k, (a, b) in enumerate(_SHAPES)]
            )
    return scores


def _expected_counts(chunks: np.ndarray, log_probs: np.ndarray) -> np.ndarray:
    """How often each chunk is expected in the pairs."""
    rest = _rest_scores(chunks, log_probs, np.logaddexp)
    total = np.where(np.isfinite(rest), rest, 0.0)
    mass = np.zeros_like(rest)  # probability that a cut passes each place
    mass[0, 0] = np.isfinite(rest[0, 0])
    shares = np.zeros(chunks.shape)
    for i in range(chunks.shape[0]):
        for j in range(chunks.shape[1]):
            for k, (a, b) in enumerate(_SHAPES):
                shares[i, j, k] = mass[i, j] * np.exp(log_probs[chunks[i, j, k]] + rest[i + a, j + b] - total[i, j])
                mass[i + a, j + b] += shares[i, j, k]
    return np.bincount(chunks.ravel(), shares.ravel(), len(log_probs))


def _best_paths(chunks: np.ndarray, log_probs: np.ndarray) -> np.ndarray:
    """Chunks of the best cut of each pair, 0 behind its end, ``(N, S)``."""
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
