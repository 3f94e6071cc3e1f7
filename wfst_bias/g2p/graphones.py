"""A joint model of sound and spelling: n-grams of graphones, pieces of words such as ``TH:th R:r UW:ough``.

It is learnt from CMUdict and from how hama reads it, because what the phone network hears is the latter. The
model is shipped; this command makes it again, in a minute and 3 GB of memory::

    python -m wfst_bias.g2p.graphones

After Bisani and Ney, *Joint-sequence models for grapheme-to-phoneme conversion*, Speech Communication 2008.
"""

import io
import re
from pathlib import Path
from typing import Iterable, List, Sequence, Tuple

import numpy as np

from wfst_bias.core.files import publish_file
from wfst_bias.g2p.alignment import Chunk, align
from wfst_bias.lang.default_lexicons import cmudict_lexicon, hama_pronunciations
from wfst_bias.lang.lexicon import Lexicon, Pronunciation
from wfst_bias.lm.kneser_ney import kneser_ney
from wfst_bias.lm.ngrams import Ngrams
from wfst_bias.lm.prune import pruned

MODEL_FILE = Path(__file__).with_name("graphones.npz")

# Chosen on held-out words (benchmarks/p2g.py): without pruning the file is three times as big and spells no better,
# at 3e-7 it is two thirds as big and one word in a hundred is lost.
ORDER = 6
THRESHOLD = 1e-7  # relative rise of the perplexity
_STEP = 0.125  # nats; scores in the file are whole numbers of these, in a byte each


def graphone_name(chunk: Chunk) -> str:
    """A graphone as a word of the model: ``K_S:x``."""
    return ":".join(("_".join(chunk[0]), "".join(chunk[1])))


def sound_and_letters(name: str) -> Tuple[Pronunciation, str]:
    """The one phone or two of a graphone, and its spelling."""
    phones, letters = name.split(":")
    return tuple(phones.split("_")), letters


def write_graphones(path: Path, model: Ngrams) -> None:
    """The same model gives the same file. Scores are rounded."""
    small = lambda scores: np.clip(np.rint(scores / _STEP), -128, 127).astype(np.int8)
    file = io.BytesIO()
    np.savez_compressed(
        file,
        words=np.array(model.words),
        begin=model.begin,
        num_children=np.bincount(model.parent[1:], minlength=len(model.parent)).astype(np.uint16),
        word=model.word[1:].astype(np.uint16),
        log_prob=small(model.log_prob),
        backoff=small(model.backoff),
    )
    publish_file(path, file.getvalue())


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


def heard_lexicon() -> Lexicon:
    """CMUdict and hama's readings of its words, without those that are not letters and apostrophes between them."""
    pairs = cmudict_lexicon().merged(hama_pronunciations()).pairs
    return Lexicon.of_pairs((word, p) for word, p in pairs if re.fullmatch("[a-z]+('[a-z]+)*", word))


def cut_words(lexicon: Lexicon) -> List[Tuple[Chunk, ...]]:
    """Each pronunciation with its word as graphones, each with a letter; the few that cannot be cut so are left out."""
    cuts = align([(p, word) for word, p in lexicon.pairs])
    return [cut for cut in cuts if cut and ("'",) not in {letters for _, letters in cut}]


def graphone_model(cuts: Iterable[Sequence[Chunk]], order: int = ORDER, threshold: float = THRESHOLD) -> Ngrams:
    """A model of words cut into graphones, of that order, pruned to that threshold."""
    return pruned(kneser_ney([[graphone_name(chunk) for chunk in cut] for cut in cuts], order), threshold)


if __name__ == "__main__":
    write_graphones(MODEL_FILE, graphone_model(cut_words(heard_lexicon())))
