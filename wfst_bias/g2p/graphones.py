"""A joint model of phones and letters: n-grams of graphones, pieces of words such as ``TH:th R:r UW:ough``.

It is trained on CMUdict and on hama's pronunciations of its words, which are those that the phone network recognizes.
The model is shipped; this command makes it again, in a minute and 3 GB of memory::

    python -m wfst_bias.g2p.graphones

After Bisani and Ney, *Joint-sequence models for grapheme-to-phoneme conversion*, Speech Communication 2008.
"""

import io
import re
from pathlib import Path
from typing import Iterable, List, Sequence, Tuple

import numpy as np

from wfst_bias.core.files import publish_file
from wfst_bias.core.types import FloatArray, IntArray
from wfst_bias.g2p.alignment import Chunk, align
from wfst_bias.lang.default_lexicons import cmudict_lexicon, hama_pronunciations
from wfst_bias.lang.lexicon import Lexicon, Pronunciation
from wfst_bias.lm.kneser_ney import kneser_ney
from wfst_bias.lm.ngrams import Ngrams
from wfst_bias.lm.prune import pruned

MODEL_FILE = Path(__file__).with_name("graphones.npz")

# Chosen on held-out words (benchmarks/p2g.py): without pruning the file is three times as large and spells no better,
# at 3e-7 it has two thirds of the size, and one percent of the words is spelled worse.
ORDER = 6
THRESHOLD = 1e-7  # relative rise of the perplexity
_STEP = 0.125  # nats; scores in the file are whole numbers of these, in a byte each


def graphone_name(chunk: Chunk) -> str:
    """Return a graphone as a word of the model: ``K_S:x``."""
    return ":".join(("_".join(chunk[0]), "".join(chunk[1])))


def phones_and_letters(name: str) -> Tuple[Pronunciation, str]:
    """Return the one or two phones of a graphone, and its letters."""
    phones, letters = name.split(":")
    return tuple(phones.split("_")), letters


def write_graphones(path: Path, model: Ngrams) -> None:
    """Write a model with rounded scores; the same model gives the same file."""
    file = io.BytesIO()
    np.savez_compressed(
        file,
        words=np.array(model.words),
        begin=model.begin,
        num_children=np.bincount(model.parent[1:], minlength=len(model.parent)).astype(np.uint16),
        word=model.word[1:].astype(np.uint16),
        log_prob=_in_steps(model.log_prob),
        backoff=_in_steps(model.backoff),
    )
    publish_file(path, file.getvalue())


def _in_steps(scores: FloatArray) -> IntArray:
    steps: FloatArray = np.clip(np.rint(scores / _STEP), -128, 127)
    return steps.astype(np.int8)


def read_graphones(path: Path = MODEL_FILE) -> Ngrams:
    with np.load(path, allow_pickle=False) as file:
        num_children = file["num_children"]
        return Ngrams(
            words=tuple(file["words"].tolist()),
            begin=file["begin"],
            parent=np.append(-1, np.repeat(np.arange(len(num_children)), num_children)),
            word=np.append(-1, file["word"].astype(np.int64)),
            log_prob=file["log_prob"] * _STEP,
            backoff=file["backoff"] * _STEP,
        )


def graphone_lexicon() -> Lexicon:
    """Return CMUdict with hama's pronunciations, of the words that are letters with apostrophes between them only."""
    pairs = cmudict_lexicon().merged(hama_pronunciations()).pairs
    return Lexicon.of_pairs((word, p) for word, p in pairs if re.fullmatch("[a-z]+('[a-z]+)*", word))


def cut_words(lexicon: Lexicon) -> List[Tuple[Chunk, ...]]:
    """Cut each pronunciation and its word into graphones, each with a letter; leave out the few that cannot be cut."""
    cuts = align([(p, word) for word, p in lexicon.pairs])
    return [cut for cut in cuts if cut and ("'",) not in {letters for _, letters in cut}]


def graphone_model(cuts: Iterable[Sequence[Chunk]], order: int = ORDER, threshold: float = THRESHOLD) -> Ngrams:
    """Estimate the pruned n-grams of words cut into graphones."""
    return pruned(kneser_ney([[graphone_name(chunk) for chunk in cut] for cut in cuts], order), threshold)


if __name__ == "__main__":
    write_graphones(MODEL_FILE, graphone_model(cut_words(graphone_lexicon())))
