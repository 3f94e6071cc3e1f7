"""The two compilers that users call: a base from a lang and a language model, a graph from a base and a list."""

from dataclasses import asdict
from pathlib import Path
from typing import Sequence, Tuple

import numpy as np

import wfst_bias
from wfst_bias.entities.entity import read_entities
from wfst_bias.entities.spelling import UNUSABLE, USED, Outcome, pronounce_entities, spellings
from wfst_bias.errors import InputError
from wfst_bias.graph.base import compile_token_graph
from wfst_bias.graph.branch import compile_branch, splice
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.decoding import DecodingGraph, decoding_graph
from wfst_bias.graph.store import Base, content_key, is_current, read_base, write_base, write_graph
from wfst_bias.lang.arpa import read_arpa
from wfst_bias.lang.g2p import G2P, HamaG2P
from wfst_bias.lang.lang import read_lang


def compile_base(lang_dir: Path, arpa: Path, base_dir: Path) -> bool:
    """L o G with the class arc and the CTC topology, into a base folder.

    Returns:
      False where ``base_dir`` was already made from the same content.
    """
    lang = read_lang(lang_dir)
    key = content_key("base", lang.checksum, Path(arpa))
    if is_current(base_dir, key):
        return False
    grammar = read_arpa(arpa, lang.words)
    token_graph = compile_token_graph(lang, grammar)
    notes = {
        "language_model": {"file": Path(arpa).name, "skipped_ngrams": grammar.num_skipped},
        "num_token_arcs": token_graph.fst.num_arcs,
        "wfst_bias": wfst_bias.__version__,
    }
    decoding = decoding_graph(token_graph.fst, lang.tokens, lang.words, lang.boundary)
    write_base(base_dir, Base(lang, token_graph, key), decoding, notes)
    return True


def bias(base: Base, outcomes: Sequence[Outcome], config: ClassConfig) -> DecodingGraph:
    """The decoding graph of a base with the usable phrases of a list in its class."""
    used = [outcome.entity for outcome in outcomes if outcome.status == USED]
    if not used:
        raise InputError("no phrase of the list can be used; see the reasons above")
    lang = base.lang
    words = lang.words.extended(word for entity in used for word in entity.words)
    branch = compile_branch(spellings(outcomes, config.bonus), lang.tokens, first_label=len(words))
    has_twin = np.arange(len(lang.tokens)) != lang.tokens[lang.boundary]
    graph = splice(
        base.token_graph.fst,
        base.token_graph.class_arcs,
        branch,
        config.entry_score(len(used)),
        has_twin,
        len(lang.tokens),
    )
    return decoding_graph(graph, lang.tokens, words, lang.boundary, used)


def graph_of_list(
    base: Base,
    entity_list: Path,
    config: ClassConfig = ClassConfig(),
    strict: bool = False,
    g2p: G2P = HamaG2P(),
) -> Tuple[DecodingGraph, Sequence[Outcome]]:
    """The decoding graph of a list, and what became of each of its phrases.

    Raises:
      InputError: no phrase can be used or, if ``strict``, some cannot.
    """
    outcomes = outcomes_of_list(base, entity_list, strict, g2p)
    return bias(base, outcomes, config), outcomes


def outcomes_of_list(base: Base, entity_list: Path, strict: bool, g2p: G2P) -> Sequence[Outcome]:
    """How each phrase of a list is said."""
    entities = read_entities(entity_list)
    outcomes = pronounce_entities(entities, base.lang.lexicon, base.known_words, g2p, base.lang.boundary)
    unusable = [outcome for outcome in outcomes if outcome.status == UNUSABLE]
    if unusable and (strict or len(unusable) == len(outcomes)):
        first = unusable[0]
        more = f"; {len(unusable)} phrases of {len(outcomes)} cannot be used" if len(unusable) > 1 else ""
        raise InputError(f"{first.entity.written!r} {first.note}{more}", entity_list, first.entity.line)
    return outcomes


def compile_graph(
    base_dir: Path,
    entity_list: Path,
    graph_dir: Path,
    config: ClassConfig = ClassConfig(),
    strict: bool = False,
    g2p: G2P = HamaG2P(),
) -> Sequence[Outcome]:
    """A list compiled into a base, into a graph folder; see :func:`graph_of_list`.

    Nothing is done where ``graph_dir`` was already made from the same content.
    """
    base = read_base(base_dir)
    outcomes = outcomes_of_list(base, entity_list, strict, g2p)
    key = content_key("graph", base.key, [asdict(outcome) for outcome in outcomes], asdict(config))
    if not is_current(graph_dir, key):
        notes = {"base": base.key, "class": asdict(config), "wfst_bias": wfst_bias.__version__}
        write_graph(graph_dir, bias(base, outcomes, config), outcomes, key, notes)
    return outcomes
