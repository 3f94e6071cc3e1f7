"""The compilers that users call: a base from a lang and a language model, a graph from a base and lists."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Dict, Iterable, Mapping, Optional, Sequence, Tuple, Union

import numpy as np

import wfst_bias
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import CLASS, SymbolTable
from wfst_bias.entities.inflections import FOLLOWED_LIKE
from wfst_bias.entities.lists import AUTO, EntityList, list_path, read_list_with_notices
from wfst_bias.entities.spelled_list import SpelledList
from wfst_bias.entities.speller import Speller
from wfst_bias.fst.ctc import STANDARD, ctc_product
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.base import BaseGraph
from wfst_bias.graph.compile_list import compile_lists, compile_open_vocabulary
from wfst_bias.graph.config import ClassConfig, OpenVocabulary
from wfst_bias.graph.decoding import DecodingGraph
from wfst_bias.graph.false_alarms import predicted_report
from wfst_bias.graph.frontier import frontier_of
from wfst_bias.graph.open_vocabulary import unit_loop
from wfst_bias.graph.store import content_key, has_spelled_list, is_current, read_base, write_base, write_graph
from wfst_bias.graph.token_graph import TokenGraph, compile_token_graph
from wfst_bias.graph.unigrams import unigrams
from wfst_bias.lang.lang import Lang, read_lang
from wfst_bias.lang.pronounce import G2P


def compile_base(
    lang_dir: Path, arpa: Path, base_dir: Path, classes: Sequence[str] = (), topology: str = STANDARD
) -> bool:
    """L o G with its classes and the CTC topology, into a base folder.

    Args:
      classes: names of entity classes; where the language model has such a word, its n-grams say where
        an entity may stand, else it is a word of the unigram state. There is always :data:`CLASS`.
      topology: of the CTC product.

    Returns:
      False where ``base_dir`` was already made from the same content.
    """
    lang = read_lang(lang_dir)
    for name in classes:
        if name in lang.words and name != CLASS or not name or name.split() != [name]:
            raise InputError(
                f"class {name!r} cannot be: it is a word of the lexicon, a symbol of the graphs or has a space; "
                "name a class as the language model writes it, '$DRUG'"
            )
    classes = tuple(dict.fromkeys((CLASS, *classes)))
    key = content_key("base", lang.checksum, Path(arpa), classes, topology, FOLLOWED_LIKE)
    if is_current(base_dir, key):
        return False
    words = lang.words.extended(classes)
    from wfst_bias.lm.grammar import read_grammar

    grammar = read_grammar(arpa, words)
    token_graph = compile_token_graph(lang, grammar, words, classes)
    notes = {
        "list_copies": list_copies(token_graph),
        "language_model": {
            "file": Path(arpa).name,
            "skipped_ngrams": grammar.num_skipped,
            "skipped_words": grammar.skipped_words,
            "notes": grammar.notes,
        },
        "wfst_bias": wfst_bias.__version__,
    }
    write_base(base_dir, base_graph(lang, words, token_graph, topology, key), token_graph, notes)
    return True


def list_copies(graph: TokenGraph) -> Dict[str, int]:
    """How often a list of each class stands in a graph: once for each state that its n-grams lead to."""
    arcs = graph.class_arcs
    return {c.name: len(np.unique(arcs.dst[arcs.entity_class == i])) for i, c in enumerate(graph.classes)}


def base_graph(lang: Lang, words: SymbolTable, token_graph: TokenGraph, topology: str, key: str = "") -> BaseGraph:
    """A token graph with the CTC topology."""
    return BaseGraph(
        lang,
        words,
        token_graph.classes,
        topology,
        ctc_product(token_graph.fst, len(lang.tokens), topology),
        frontier_of(token_graph),
        key,
        unigrams=unigrams(token_graph, words),
    )


def compile_loop(lang_dir: Path, base_dir: Path, order: int, topology: str = STANDARD) -> bool:
    """A base without a language model: any word in the units of the lang, by n-grams of its units.

    Args:
      order: of the n-grams, 2 or more; 0 takes all units for equally likely.

    Returns:
      False where ``base_dir`` was already made from the same content.
    """
    lang = read_lang(lang_dir)
    key = content_key("loop", lang.checksum, order, topology)
    if is_current(base_dir, key):
        return False
    token_graph = unit_loop(lang, lang.words, order)
    notes = {"language_model": {"unit_order": order, "skipped_ngrams": 0}, "wfst_bias": wfst_bias.__version__}
    write_base(base_dir, base_graph(lang, lang.words, token_graph, topology, key), token_graph, notes)
    return True


@dataclass(frozen=True)
class ListFile:
    """A list, and the class that it goes into.

    Args:
      path: of the list; or its phrases and entities, see :func:`wfst_bias.entities.lists.read_entities`.
      entity_class: name of the class; rows may name others where it is :data:`CLASS`.
      format_name: see :func:`wfst_bias.entities.lists.read_entities`.
    """

    path: EntityList
    entity_class: str = CLASS
    format_name: str = AUTO

    def __post_init__(self) -> None:
        if isinstance(self.path, Iterable) and not isinstance(self.path, str):
            object.__setattr__(self, "path", tuple(self.path))  # a key of what compile_graph returns


def speller_of(base: BaseGraph, g2p: Optional[G2P] = None, g2g: G2GConfig = G2GConfig()) -> Speller:
    """The speller of lists for a base.

    Args:
      g2p: reads the words that the lexicon does not have; that of the units where not given.
      g2g: variants of the phrases.
    """
    return Speller(base.lang, base.known_words, g2g, g2p)


def spelled_list(
    source: EntityList,
    speller: Speller,
    strict: bool = False,
    format_name: str = AUTO,
    entity_class: str = CLASS,
    classes: Sequence[str] = (CLASS,),
) -> SpelledList:
    """Read a list and spell it.

    Args:
      source, format_name, entity_class, classes: see :func:`wfst_bias.entities.lists.read_classed_entities`.

    Raises:
      InputError: no phrase can be used or, if ``strict``, some cannot; or a class is not one of ``classes``.
    """
    read = read_list_with_notices(source, classes, format_name, entity_class)
    spelled = replace(speller.spell(read.entities, lexicon=read.lexicon), notices=read.notices)
    unusable = spelled.unusable
    if unusable and (strict or len(unusable) == len(spelled)):
        first = unusable[0]
        more = f"; {len(unusable)} phrases of {len(spelled)} cannot be used" if len(unusable) > 1 else ""
        raise InputError(f"{first.entity.written!r} {first.note}{more}", list_path(source), first.entity.line)
    return spelled


def graph_of_list(
    base: BaseGraph,
    source: EntityList,
    config: ClassConfig = ClassConfig(),
    g2p: Optional[G2P] = None,
    format_name: str = AUTO,
    g2g: G2GConfig = G2GConfig(),
) -> Tuple[DecodingGraph, SpelledList]:
    """The decoding graph of a list, each phrase in its class, and the list as it was spelled."""
    speller = speller_of(base, g2p, g2g)
    spelled = spelled_list(source, speller, format_name=format_name, classes=base.class_names)
    return base.with_entities(*compile_lists(base, spelled, config)), spelled


def compile_graph(
    base_dir: Path,
    lists: Sequence[Union[ListFile, EntityList]],
    graph_dir: Path,
    strict: bool = False,
    open_vocabulary: Optional[OpenVocabulary] = None,
    g2p: Optional[G2P] = None,
    config: ClassConfig = ClassConfig(),
    configs: Mapping[str, ClassConfig] = {},
    g2g: G2GConfig = G2GConfig(),
    predict: bool = False,
) -> Dict[ListFile, SpelledList]:
    """Compile lists into a base, into a graph folder, and return them as they were spelled.

    Nothing is written where ``graph_dir`` was already made from the same content.

    Args:
      lists: each a :class:`ListFile`, the path of a list, or phrases and entities.
      config, configs: see :func:`compile_lists`.
      g2g: variants of the phrases.
      predict: whether ``report.tsv`` has the false alarms that each phrase is predicted to give.

    Raises:
      InputError: no phrase is of a class that ``configs`` names; ``lists`` is one list, not several.
    """
    base = read_base(base_dir)
    spelled = _spelled_lists(lists, base, speller_of(base, g2p, g2g), strict)
    names = dict.fromkeys(entity.entity_class for some in spelled.values() for entity in some.table.entities)
    _check_configs(configs, names)
    classes = {name: asdict(configs.get(name, config)) for name in names}
    open_ = asdict(open_vocabulary) if open_vocabulary else None
    contents = [some.table.checksum for some in spelled.values()]
    has_weights_below_0 = any(entity.weight < 0.0 for some in spelled.values() for entity in some.table.entities)
    # these lower words of the language model, which former versions did not do
    key = content_key("graph", base.key, classes, contents, open_, *["lowered words"] * has_weights_below_0)
    if not is_current(graph_dir, key) or not has_spelled_list(graph_dir):
        compiled = [part for some in spelled.values() for part in compile_lists(base, some, config, configs)]
        compiled += [compile_open_vocabulary(base, open_vocabulary)] if open_vocabulary else []
        notes = {
            "base": base.key,
            "classes": classes,
            "open_vocabulary": open_,
            "g2g": asdict(g2g),
            "list_notices": [str(notice) for some in spelled.values() for notice in some.notices],
            "wfst_bias": wfst_bias.__version__,
        }
        joined = SpelledList.joined(list(spelled.values()))
        report = predicted_report(base_dir, base, list(spelled.values()), config, configs) if predict else ""
        write_graph(graph_dir, base.with_entities(*compiled), joined, key, notes, report)
    return spelled


def _check_configs(configs: Mapping[str, ClassConfig], names: Iterable[str]) -> None:
    if unused := configs.keys() - set(names):
        name = min(unused)
        raise InputError(f"no list is put into the class {name!r}; write '{name}=LIST', or name it in rows of a list")


def _spelled_lists(
    lists: Sequence[Union[ListFile, EntityList]], base: BaseGraph, speller: Speller, strict: bool
) -> Dict[ListFile, SpelledList]:
    if isinstance(lists, (str, Path)):
        raise InputError(f"lists is {str(lists)!r}; give several lists, as in [{str(lists)!r}]")
    parts = [part if isinstance(part, ListFile) else ListFile(part) for part in lists]
    return {
        part: spelled_list(part.path, speller, strict, part.format_name, part.entity_class, base.class_names)
        for part in parts
    }
