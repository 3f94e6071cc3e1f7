"""G: an ARPA language model as an acceptor of words, read by kaldilm."""

import collections
import gzip
import math
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterator, List, Sequence, Tuple

import numpy as np
import pywrapfst

from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.core.symbols import BACKOFF, SymbolTable
from wfst_bias.fst.wfst import Wfst, from_arcs, from_openfst

BOS, EOS = "<s>", "</s>"
_SKIPPED_SHOWN = 6

_ARPA_TO_FST = f"""
import sys, kaldilm
arpa, binary, symbols = sys.argv[1:]
kaldilm.arpa2fst(
    input_arpa=arpa, output_fst=binary, disambig_symbol="{BACKOFF}", read_symbol_table=symbols,
    max_order=-1, max_arpa_warnings=-1,
)
"""


@dataclass(frozen=True)
class Grammar:
    """G and the state that every backoff chain ends in.

    Args:
      fst: words on both sides; backoff arcs carry ``#0``; every state that may end a sentence is final.
      unigram_state: the state without a history.
      num_skipped: n-grams left out because a word of theirs is not in the lexicon.
      skipped_words: some of these words.
    """

    fst: Wfst
    unigram_state: int
    num_skipped: int
    skipped_words: Tuple[str, ...] = ()

    def has(self, word_id: int) -> bool:
        """Whether the model knows a word."""
        return bool((self.fst.ilabel == word_id).any())


def read_arpa(path: Path, words: SymbolTable) -> Grammar:
    """G of an ARPA file, gzipped or not.

    N-grams with a word that ``words`` does not have are left out and counted. Final scores are closed
    over backoff: a history that has not seen ``</s>`` ends a sentence through its backoff weight, so
    that no arc is needed for it.

    Raises:
      InputError: the file is not a whole ARPA model, or shares no word with ``words``.
    """
    check_arpa(path)  # kaldilm takes a section that is too short without a word
    with tempfile.TemporaryDirectory() as folder:
        arpa, symbols, binary = (Path(folder) / name for name in ("lm.arpa", "words.txt", "G.fst"))
        if Path(path).suffix == ".gz":
            with gzip.open(path) as packed, open(arpa, "wb") as plain:
                shutil.copyfileobj(packed, plain)
        else:
            arpa = Path(path)
        words.extended([BOS, EOS]).write(symbols)
        # kaldilm aborts its process on a file that it does not like, so it gets one of its own
        done = subprocess.run(
            [sys.executable, "-c", _ARPA_TO_FST, str(arpa), str(binary), str(symbols)],
            capture_output=True,
            text=True,
            errors="replace",
        )
        if done.returncode:
            reason = next(
                (line for line in done.stderr.splitlines() if line.startswith(("[F]", "[E]"))), "no reason given"
            )
            raise InputError(f"kaldilm cannot read it ({reason}); is it a whole ARPA model?", path)
        skipped = re.findall("skipped: word '(.*?)' not in symbol table", done.stderr)
        fst = from_openfst(pywrapfst.Fst.read(str(binary)))
    if not np.isin(fst.ilabel, [words[BACKOFF]], invert=True).any():
        some = ", ".join(dict.fromkeys(skipped[:_SKIPPED_SHOWN]))
        raise InputError(
            f"no word of it is in the lexicon (it has {some}); the lexicon is in small letters, compare with words.txt",
            path,
        )
    backoff = fst.ilabel == words[BACKOFF]
    closed = _close_final(fst, backoff)
    if not np.isfinite(closed.final[closed.start]):
        raise InputError(f"has no n-gram that ends in {EOS}; a sentence could never end", path)
    has_backoff = np.zeros(fst.num_states, bool)
    has_backoff[fst.src[backoff]] = True
    targets = np.unique(fst.dst[backoff][~has_backoff[fst.dst[backoff]]]) if backoff.any() else [fst.start]
    assert len(targets) == 1, f"{len(targets)} states without a history"
    return Grammar(closed, int(targets[0]), len(skipped), tuple(dict.fromkeys(skipped))[:_SKIPPED_SHOWN])


def _close_final(fst: Wfst, backoff: np.ndarray) -> Wfst:
    """Give every state the score of ending through its backoff chain where it has none of its own."""
    target = np.arange(fst.num_states)
    weight = np.zeros(fst.num_states, np.float32)
    target[fst.src[backoff]] = fst.dst[backoff]
    weight[fst.src[backoff]] = fst.score[backoff]
    final = fst.final.copy()
    while True:
        through = weight + final[target]
        open_ = ~np.isfinite(final) & np.isfinite(through)
        if not open_.any():
            return replace(fst, final=final)
        final[open_] = through[open_]


def with_class_arcs(grammar: Grammar, class_ids: Sequence[int]) -> Wfst:
    """G with each class that the model does not have as one more word of the unigram state: a loop with score 0.

    The price of such a class is put on it when a list is compiled in; the model itself is not edited.
    """
    fst, state = grammar.fst, grammar.unigram_state
    missing = [i for i in class_ids if not grammar.has(i)]
    more = np.full(len(missing), state)
    return from_arcs(
        start=fst.start,
        src=np.append(fst.src, more),
        dst=np.append(fst.dst, more),
        ilabel=np.append(fst.ilabel, missing),
        olabel=np.append(fst.olabel, missing),
        score=np.append(fst.score, np.zeros(len(missing), np.float32)),
        final=fst.final,
    )


def check_arpa(path: Path) -> None:
    """Check the frame of an ARPA file: header, declared counts, fields, ``\\end\\``.

    Raises:
      InputError: with the line where it breaks.
    """
    collections.deque(arpa_ngrams(path), maxlen=0)


def arpa_ngrams(path: Path) -> Iterator[Tuple[int, int, List[str]]]:
    """Each n-gram of an ARPA file: its line, its order, its fields; the frame is checked on the way.

    Raises:
      InputError: with the line where the frame breaks.
    """
    declared, section, seen = {}, None, 0
    number = 0
    ended = False

    def close_section():
        if section and seen != declared[section]:
            raise InputError(
                f"the {section}-gram section ends after {seen} of {declared[section]} n-grams; fetch the file again",
                path,
                number,
            )

    for number, line in lines_of(path):
        if section and line.strip() and not line.startswith("\\"):
            seen += 1
            fields = line.split()
            if not _is_ngram(fields, section):
                what = "LOG10" + " WORD" * section + " [BACKOFF]"
                raise InputError(f"found {line!r}; expected '{what}'", path, number)
            yield number, section, fields
        elif line.startswith("ngram ") and section is None:
            match = re.fullmatch(r"ngram (\d+)\s*=\s*(\d+)\s*", line)
            if not match:
                raise InputError(f"found {line!r}; expected 'ngram ORDER=COUNT'", path, number)
            declared[int(match[1])] = int(match[2])
        elif re.fullmatch(r"\\\d+-grams:\s*", line):
            close_section()
            section, seen = int(line[1 : line.index("-")]), 0
            if section not in declared:
                raise InputError(f"{line!r} was not announced under \\data\\", path, number)
        elif line.strip() == "\\end\\":
            close_section()
            ended = True
            break
    if not declared or section is None:
        raise InputError("is no ARPA model: it has no \\data\\ section with counts", path)
    if not ended:
        raise InputError("ends before \\end\\: the file was cut short; fetch it again", path, number)


def _is_ngram(fields: List[str], order: int) -> bool:
    if len(fields) not in (order + 1, order + 2):
        return False
    try:
        numbers = [float(field) for field in (fields[0], *fields[order + 1 :])]
    except ValueError:
        return False
    return all(map(math.isfinite, numbers))
