"""The graphs of the page "How it works", of three words and two phrases, drawn step by step from the compiler itself.

python docs/figures/graphs.py [OUT]     # needs graphviz; OUT is this folder where none is given
"""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wfst_bias.core.symbols import BACKOFF, CLASS, SymbolTable
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.speller import Speller
from wfst_bias.fst.columns import ColumnLayout
from wfst_bias.fst.ctc import FINAL_LABEL, ctc_product, ctc_states
from wfst_bias.fst.wfst import from_arcs
from wfst_bias.graph.biasing_trie import splice
from wfst_bias.graph.compile import base_graph
from wfst_bias.graph.compile_list import compile_list
from wfst_bias.graph.config import ClassConfig
from wfst_bias.graph.draw import draw
from wfst_bias.graph.exchange import plain_machine
from wfst_bias.graph.token_graph import compile_token_graph, compose_lexicon_and_grammar
from wfst_bias.lang.lang import Lang
from wfst_bias.lang.lexicon import Lexicon, lexicon_fst, padded
from wfst_bias.lang.units import PHONES, Units
from wfst_bias.lm.grammar import read_grammar, with_class_arcs

LEXICON = {"call": "K AO L", "me": "M IY", "up": "AH P"}
PHRASES = {"Mia": "M IY AH", "Mimi": "M IY M IY"}
# base-10 logarithms: P(call | <s>) is a bigram, all else backs off
ARPA = """\\data\\
ngram 1=5
ngram 2=1

\\1-grams:
-99 <s> -0.3
-0.6 </s>
-0.6 call 0
-0.6 me 0
-0.6 up 0

\\2-grams:
-0.2 <s> call

\\end\\
"""
LIST_COLOR, CLASS_COLOR, BACKOFF_COLOR, QUIET = "#c2410c", "#7c3aed", "#2563eb", "#64748b"


@dataclass(frozen=True)
class Style:
    """The color and the line of an arc."""

    color: str = "#1e293b"
    line: str = "solid"


def example():
    """The lang, the grammar and the words of the example."""
    tokens = SymbolTable(("<blk>", "<wb>", *dict.fromkeys(" ".join([*LEXICON.values(), *PHRASES.values()]).split())))
    lexicon = Lexicon({word: (tuple(units.split()),) for word, units in LEXICON.items()})
    lang = Lang(Units(PHONES, tokens, "<wb>"), lexicon)
    words = lang.words.extended((CLASS,))
    with tempfile.TemporaryDirectory() as folder:
        arpa = Path(folder) / "lm.arpa"
        arpa.write_text(ARPA)
        return lang, read_grammar(arpa, words), words


def compiled_list(base):
    """The phrases with their one pronunciation each, without inflected and partial forms."""
    entities = [Entity(phrase, pronunciations=(tuple(units.split()),)) for phrase, units in PHRASES.items()]
    spelled = Speller(base.lang, base.known_words).spell(entities)
    return compile_list(base, spelled, ClassConfig(inflections=False))


def picture(machine, input_of, output_of, style_of=None, state_names=None, with_final_scores=False):
    """A machine in graphviz's language; an arc is INPUT : OUTPUT / SCORE, nats, and a score of 0 is left out.

    Args:
      input_of, output_of: the text of a label.
      style_of: the :class:`Style` of the arc with a number.
      state_names: texts of states by their numbers.
      with_final_scores: whether final states show their scores.
    """
    lines = ["digraph {", 'rankdir = LR; bgcolor = "white"; pad = 0.1; nodesep = 0.2; ranksep = 0.25']
    lines.append('node [shape = circle, fontname = "Helvetica", fontsize = 12, height = 0.3, margin = 0.02]')
    lines.append('edge [fontname = "Helvetica", fontsize = 13, arrowsize = 0.7]')
    for state in np.union1d(machine.src, machine.dst).tolist():
        final = machine.final[state]
        name = (state_names or {}).get(state, str(state))
        name += f"\\n{final:.1f}" if with_final_scores and np.isfinite(final) else ""
        shape = "doublecircle" if np.isfinite(final) else "circle"
        bold = ", penwidth = 2" if state == machine.start else ""
        lines.append(f'{state} [label = "{name}", shape = {shape}{bold}]')
    for arc in range(machine.num_arcs):
        style = style_of(arc) if style_of else Style()
        output = output_of(int(machine.olabel[arc]))
        score = float(machine.score[arc])
        text = input_of(int(machine.ilabel[arc])) + (f" : {output}" if output else "")
        text += f" / {score:.1f}" if abs(score) > 0.05 else ""
        lines.append(
            f'{machine.src[arc]} -> {machine.dst[arc]} [label = "{text}", color = "{style.color}", '
            f'fontcolor = "{style.color}", style = {style.line}]'
        )
    return "\n".join([*lines, "}", ""])


def word_of(words):
    """The text of an output label; the class is shown as it is in the page."""
    names = {0: "", words[BACKOFF]: ""}
    return lambda label: names.get(label, words.symbols[label] if label < len(words) else "")


def lexicon_picture(lang, words):
    """L: the lexicon."""
    backoff_unit = len(lang.tokens)
    rows = [[lang.tokens[unit] for unit in units] for _, units in lang.lexicon.pairs]
    machine = lexicon_fst(
        padded(rows),
        np.array([words[word] for word, _ in lang.lexicon.pairs]),
        boundary_id=lang.tokens["<wb>"],
        is_token=True,
        backoff_ids=(backoff_unit, words[BACKOFF]),
        first_disambiguation_id=backoff_unit + 1,
    )
    inputs = [*lang.tokens.symbols, "#0"]
    style_of = lambda arc: Style(BACKOFF_COLOR, "dashed") if machine.ilabel[arc] == backoff_unit else Style()
    outputs = lambda label: "#0" if label == words[BACKOFF] else word_of(words)(label)
    return picture(machine, inputs.__getitem__, outputs, style_of)


def grammar_picture(grammar, words):
    """G: the language model with the class as one more word of the state without a history."""
    machine = with_class_arcs(grammar, [words[CLASS]])
    colors = {words[BACKOFF]: Style(BACKOFF_COLOR, "dashed"), words[CLASS]: Style(CLASS_COLOR)}
    style_of = lambda arc: colors.get(int(machine.ilabel[arc]), Style())
    return picture(machine, words.symbols.__getitem__, lambda label: "", style_of, with_final_scores=True)


def composed_picture(lang, grammar, words):
    """det(L o G), with its epsilons and the class."""
    machine, is_epsilon = compose_lexicon_and_grammar(lang, grammar, words, (CLASS,))
    names = {**dict(enumerate(lang.tokens.symbols)), len(lang.tokens): CLASS}

    def style_of(arc):
        if is_epsilon[arc]:
            return Style(BACKOFF_COLOR, "dashed")
        return Style(CLASS_COLOR) if machine.ilabel[arc] == len(lang.tokens) else Style()

    return picture(machine, lambda label: names.get(label, "#0"), word_of(words), style_of)


def with_class_arcs_drawn(token_graph):
    """The machine of a token graph with its class arcs as arcs, and which ones they are."""
    fst, arcs = token_graph.fst, token_graph.class_arcs
    is_class = np.repeat([False, True], [fst.num_arcs, len(arcs.src)])
    joined = from_arcs(
        fst.start,
        *(
            np.concatenate(pair)
            for pair in zip((fst.src, fst.dst, fst.ilabel), (arcs.src, arcs.dst, -1 - 0 * arcs.src))
        ),
        np.concatenate([fst.olabel, 0 * arcs.src]),
        np.concatenate([fst.score, arcs.score]),
        fst.final,
    )
    order = np.argsort(np.concatenate([fst.src, arcs.src]), kind="stable")
    return joined, is_class[order]


def token_picture(lang, words, token_graph):
    """LG without epsilons, its states of the class numbered last."""
    machine, is_class = with_class_arcs_drawn(token_graph)
    style_of = lambda arc: Style(CLASS_COLOR) if is_class[arc] else Style()
    input_of = lambda label: CLASS if label < 0 else lang.tokens.symbols[label]
    return picture(machine, input_of, word_of(words), style_of)


def column_name(lang):
    """The text of an emission column: a prime for boosted ones."""
    layout = ColumnLayout(len(lang.tokens))
    return lambda column: lang.tokens.symbols[layout.token(column)] + "′" * (not layout.is_plain(column))


def trie_picture(lang, compiled):
    """The biasing trie of the list."""
    phrases = ["", *(entity.written for entity in compiled.entities)]
    return picture(compiled.trie, column_name(lang), phrases.__getitem__, lambda arc: Style(LIST_COLOR))


def inserted_picture(base, token_graph, compiled):
    """The token graph with the trie in the place of the class."""
    layout = ColumnLayout(len(base.lang.tokens))
    (expansion,) = base.expansions([compiled], [-1], layout)
    machine = splice(token_graph.fst, token_graph.class_arcs, [expansion])
    first_phrase = len(base.words)
    phrases = {first_phrase + i: entity.written for i, entity in enumerate(compiled.entities)}
    output_of = lambda label: phrases.get(label) or word_of(base.words)(label)
    of_list = (machine.src >= token_graph.fst.num_states) | (machine.dst >= token_graph.fst.num_states)
    style_of = lambda arc: Style(LIST_COLOR) if of_list[arc] else Style()
    return picture(machine, column_name(base.lang), output_of, style_of)


def topology_picture():
    """The CTC topology of the letters t, o, o: between two equal tokens a blank has to be read."""
    tokens = ["blank", "t", "o"]
    spelled = from_arcs(
        0, [0, 1, 2], [1, 2, 3], [1, 2, 2], [0, 0, 0], [0.0, 0.0, 0.0], [-np.inf, -np.inf, -np.inf, 0.0]
    )
    states, _ = ctc_states(spelled.num_states, spelled.dst, spelled.ilabel)
    names = {i: f"{s}, {tokens[t] if t else '–'}" for i, (s, t) in enumerate(zip(states.owner, states.emitted))}
    table = ctc_product(spelled, len(tokens))
    src, dst, column, _ = table.arcs.T
    ends = column == FINAL_LABEL
    final = np.full(len(names), -np.inf)
    final[src[ends]] = 0.0
    inner = np.flatnonzero(~ends)
    machine = from_arcs(0, src[inner], dst[inner], column[inner], 0 * inner, 0.0 * inner, final)
    style_of = lambda arc: Style(QUIET) if machine.ilabel[arc] == 0 else Style()
    return picture(machine, tokens.__getitem__, lambda label: "", style_of, names)


PIPELINE = f"""digraph {{
rankdir = LR; bgcolor = "white"; pad = 0.1; nodesep = 0.22; ranksep = 0.32
node [shape = box, style = "rounded,filled", fillcolor = "#f1f5f9", color = "#cbd5e1", fontname = "Helvetica", fontsize = 12]
edge [color = "{QUIET}", arrowsize = 0.7, fontname = "Helvetica", fontsize = 11]
list [label = "your list", fillcolor = "#ffedd5", color = "{LIST_COLOR}"]
trie [label = "pronunciations,\nbiasing trie", fillcolor = "#ffedd5", color = "{LIST_COLOR}"]
lm [label = "lexicon,\nlanguage model"]
tokens [label = "L o G with a class,\nwithout epsilons"]
decoding [label = "decoding graph\nwith the CTC topology"]
audio [label = "audio"]
emissions [label = "your CTC model:\nemissions"]
columns [label = "adapter (if wanted),\nboosted columns"]
search [label = "k2: search,\nlattice"]
second [label = "second pass:\nverification, ..."]
result [label = "text, times, lattices,\nentities with evidence", fillcolor = "#ecfdf5", color = "#10b981"]
list -> trie -> decoding; lm -> tokens -> decoding -> search
audio -> emissions -> columns -> search -> second -> result
}}
"""


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    lang, grammar, words = example()
    token_graph = compile_token_graph(lang, grammar, words, (CLASS,))
    base = base_graph(lang, words, token_graph, "standard")
    compiled = compiled_list(base)
    pictures = {
        "pipeline": PIPELINE,
        "lexicon": lexicon_picture(lang, words),
        "grammar": grammar_picture(grammar, words),
        "composed": composed_picture(lang, grammar, words),
        "tokens": token_picture(lang, words, token_graph),
        "trie": trie_picture(lang, compiled),
        "inserted": inserted_picture(base, token_graph, compiled),
        "topology": topology_picture(),
    }
    for name, dot in pictures.items():
        draw(dot, out / f"{name}.svg")
        print(out / f"{name}.svg")
    for name, graph in (("without a list", base.plain), ("with the list", base.with_entities(compiled))):
        machine = plain_machine(graph)
        print(f"decoding graph {name}: {machine.num_states} states, {machine.num_arcs} arcs")


if __name__ == "__main__":
    main()
