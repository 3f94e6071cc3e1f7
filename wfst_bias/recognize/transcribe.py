"""The default base graph, built once into the user's cache folder."""

import logging
from pathlib import Path

from tqdm import tqdm

from wfst_bias.core.cache import cache_folder
from wfst_bias.core.files import temporary_folder
from wfst_bias.graph.compile import compile_base
from wfst_bias.graph.store import content_key
from wfst_bias.lang.lang import hama_lang, hama_lang_key
from wfst_bias.lm.default import default_lm_key, write_default_lm

_logger = logging.getLogger(__name__)


def default_base(progress: bool = False) -> Path:
    """The base folder of the default lang and language model, built where the cache does not have it."""
    base_dir = cache_folder() / f"base-{content_key('default', 'inflected forms', default_lm_key(), hama_lang_key())[:16]}"
    if base_dir.exists():
        return base_dir
    if progress:
        _logger.info("building the default lexicon, language model and graph into %s, once", base_dir.parent)
    with temporary_folder() as folder, tqdm(total=3, disable=None if progress else True, leave=False) as bar:
        lang_dir, arpa = folder / "lang", folder / "lm.arpa.gz"
        steps = (
            ("language model", lambda: write_default_lm(arpa)),
            ("lexicon", lambda: hama_lang().write(lang_dir)),
            ("graph", lambda: compile_base(lang_dir, arpa, base_dir)),
        )
        for name, step in steps:
            bar.set_description(f"first use: {name}")
            step()
            bar.update()
    return base_dir
