"""Audio files to words, with the default language model, for a newcomer."""

import os
import tempfile
from pathlib import Path
from typing import Iterator, Sequence, Tuple

from tqdm import tqdm

from wfst_bias.acoustic.emissions import AcousticModel
from wfst_bias.corpus.data import audio_recording
from wfst_bias.corpus.decode import Timing, decode_cuts
from wfst_bias.decode.paths import Transcript
from wfst_bias.decode.search import Decoder
from wfst_bias.graph.compile import compile_base
from wfst_bias.graph.store import content_key
from wfst_bias.lang.default_lm import write_default_lm
from wfst_bias.lang.lang import hama_lang


def cache_folder() -> Path:
    """``$WFST_BIAS_CACHE``, else ``wfst_bias`` in the user's cache folder."""
    own = os.environ.get("WFST_BIAS_CACHE")
    return Path(own) if own else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wfst_bias"


def default_base(progress: bool = False) -> Path:
    """The base folder of the default lang and language model, built where the cache does not have it."""
    lang = hama_lang()
    with tempfile.TemporaryDirectory() as folder, tqdm(total=3, disable=None if progress else True, leave=False) as bar:
        lang_dir, arpa = Path(folder) / "lang", Path(folder) / "lm.arpa.gz"
        bar.set_description("first use: language model")
        write_default_lm(arpa)
        bar.update()
        base_dir = cache_folder() / f"base-{content_key('base', lang.checksum, arpa)[:16]}"
        if not base_dir.exists():
            bar.set_description("first use: lexicon")
            lang.write(lang_dir)
            bar.update()
            bar.set_description("first use: graph")
            compile_base(lang_dir, arpa, base_dir)
            bar.update()
    return base_dir


def transcribe_files(
    paths: Sequence[Path], model: AcousticModel, decoder: Decoder
) -> Iterator[Tuple[Path, Transcript]]:
    """Each file and its transcript, in their order."""
    cuts = [audio_recording(Path(path), str(path)).to_cut() for path in paths]
    for path, ((transcript,), _) in zip(paths, decode_cuts(cuts, model, decoder, 1, Timing())):
        yield path, transcript
