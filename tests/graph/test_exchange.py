"""Graphs that go to other decoders and come back."""

import shutil
from dataclasses import replace

import k2
import kaldifst
import numpy as np
import pytest
import torch

from helpers.emissions import ANN_WHITTEMORE, CITY, ZELENSKYY, emissions
from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import EPS, SymbolTable
from wfst_bias.decode.config import SearchConfig
from wfst_bias.decode.paths import best_paths
from wfst_bias.decode.search import Decoder
from wfst_bias.graph.compile import graph_of_list
from wfst_bias.graph.draw import dot_of, draw_graph
from wfst_bias.graph.exchange import FORMATS, export_graph, import_graph
from wfst_bias.graph.store import read_base, read_decoding
from wfst_bias.lang.lang import read_lang

SAID = (CITY, ZELENSKYY, ANN_WHITTEMORE, "DH AH <wb> T R EY N")
WIDE = SearchConfig(search_beam=30.0, max_active=20000)


@pytest.fixture(scope="module")
def names(world, run, tmp_path_factory):
    """A graph folder of a list with phrases of one word and of several."""
    folder = tmp_path_factory.mktemp("names")
    (folder / "names.txt").write_text("Zelenskyy\nAnn Whittemore\nAnn\nSaint Anne of the City\n")
    assert run("graph", "compile", world / "base", folder / "names.txt", folder / "graph").exit_code == 0
    return folder / "graph"


def heard(tokens):
    """Emissions without ties."""
    batch = emissions(tokens, *SAID, sharpness=5.0)
    noise = torch.randn(batch.log_probs.shape, generator=torch.Generator().manual_seed(1))
    batch.log_probs.add_(noise)
    return batch


def texts(graph, boost):
    decoder = Decoder(graph, WIDE, boost)
    return [(t.text, t.score) for t in best_paths(decoder.lattices(heard(graph.tokens)), decoder)]


def by_kaldi_decoder(fst_path, words, columns, lengths):
    """Texts and scores of kaldi-decoder on the same scaled emissions."""
    kaldi_decoder = pytest.importorskip("kaldi_decoder", reason="kaldi-decoder is not installed")
    fst = kaldifst.StdVectorFst.read(str(fst_path))
    found = []
    for matrix, length in zip(columns, lengths.tolist()):
        decoder = kaldi_decoder.FasterDecoder(fst, kaldi_decoder.FasterDecoderOptions(max_active=20000, beam=30.0))
        decoder.decode(kaldi_decoder.DecodableCtc(np.ascontiguousarray(matrix[:length])))
        ok, best = decoder.get_best_path()
        assert ok
        _, _, said, weight = kaldifst.get_linear_symbol_sequence(best)
        found.append((" ".join(words.symbols[w] for w in said), -(weight.value1 + weight.value2)))
    return found


@pytest.mark.parametrize("keep_boosted", [True, False], ids=["boosted columns", "plain columns"])
def test_kaldi_decoder_says_the_same_on_the_same_graph(names, tmp_path, keep_boosted):
    graph = read_decoding(names)
    export_graph(graph, tmp_path / "kaldi", "kaldi", keep_boosted=keep_boosted)
    boost = BoostConfig(alpha=0.5 if keep_boosted else 0.0)
    decoder = Decoder(graph, WIDE, boost)
    columns = decoder.lattices(heard(graph.tokens)).columns * WIDE.acoustic_scale
    if not keep_boosted:
        columns = columns[..., : len(graph.tokens)]
    words = SymbolTable.read(tmp_path / "kaldi" / "words.txt", first=EPS)
    theirs = by_kaldi_decoder(tmp_path / "kaldi" / "HLG.fst", words, columns.numpy(), heard(graph.tokens).lengths)
    ours = texts(graph, boost)
    assert [text for text, _ in theirs] == [text for text, _ in ours]
    assert [score for _, score in theirs] == pytest.approx([score for _, score in ours], abs=1e-2)
    assert "zelenskyy" in ours[1][0] and "ann whittemore" in ours[2][0]


@pytest.mark.parametrize("form", ["openfst", "kaldi"])
def test_what_went_out_comes_back(world, names, tmp_path, form):
    graph = read_decoding(names)
    export_graph(graph, tmp_path / "out", form, keep_boosted=True)
    back = import_graph(tmp_path / "out", form, read_lang(world / "lang"), graph.words)
    assert "saint anne of the city" in {entity.written for entity in back.entities}
    ours, theirs = texts(graph, BoostConfig()), texts(back, BoostConfig())
    assert [text for text, _ in ours] == [text for text, _ in theirs]
    assert [score for _, score in ours] == pytest.approx([score for _, score in theirs], abs=1e-2)


def test_k2_reads_the_graph_with_the_words_of_each_arc(names, tmp_path):
    graph = read_decoding(names)
    export_graph(graph, tmp_path / "HLG.pt", "k2", keep_boosted=True)
    fsa = k2.Fsa.from_dict(torch.load(tmp_path / "HLG.pt", weights_only=False))
    decoder = Decoder(graph, WIDE)
    lattices = decoder.lattices(batch := heard(graph.tokens))
    segments = torch.tensor([[i, 0, length] for i, length in enumerate(batch.lengths.tolist())], dtype=torch.int32)
    dense = k2.DenseFsaVec(lattices.columns * WIDE.acoustic_scale, segments)
    best = k2.shortest_path(k2.intersect_dense_pruned(fsa, dense, 30.0, 8.0, 30, 20000), use_double_scores=True)
    said = best.aux_labels.remove_values_leq(0).tolist()
    bounds = best.arcs.row_splits(2)[best.arcs.row_splits(1).long()].tolist()
    found = [" ".join(graph.words.symbols[w] for row in said[a:b] for w in row) for a, b in zip(bounds, bounds[1:])]
    assert found == [text for text, _ in texts(graph, BoostConfig())]


def test_a_graph_of_single_words_comes_back_from_k2(world, run, tmp_path):
    (tmp_path / "names.txt").write_text("Zelenskyy\nWhittemore\n")
    graph, _ = graph_of_list(read_base(world / "base"), tmp_path / "names.txt")
    export_graph(graph, tmp_path / "HLG.pt", "k2")
    back = import_graph(tmp_path / "HLG.pt", "k2", read_lang(world / "lang"), graph.words)
    plain = BoostConfig(alpha=0.0)
    assert [text for text, _ in texts(graph, plain)] == [text for text, _ in texts(back, plain)]


def test_single_words_with_boosted_columns_come_back_as_a_folder(world, run, tmp_path):
    (tmp_path / "names.txt").write_text("Zelenskyy\n")
    for command in (
        ("compile", world / "base", tmp_path / "names.txt", tmp_path / "names"),
        ("export", tmp_path / "names", tmp_path / "kaldi", "--format", "kaldi", "--keep-twins"),
        ("import", tmp_path / "kaldi", world / "lang", tmp_path / "back", "--format", "kaldi"),
    ):
        result = run("graph", *command)
        assert result.exit_code == 0, result.output
    ours, theirs = (texts(read_decoding(tmp_path / name), BoostConfig()) for name in ("names", "back"))
    assert [text for text, _ in ours] == [text for text, _ in theirs]


def test_words_without_a_token_between_them_are_read_from_the_graphs_of_others(world, tmp_path):
    """Their silence between words is optional."""
    lang = read_lang(world / "lang")
    ids = [lang.tokens[phone] + 1 for phone in ("N", "UW", "Y", "AO", "R", "K")]
    arcs = "".join(f"{i} {i + 1} {label} {said}\n" for i, (label, said) in enumerate(zip(ids, (1, 0, 2, 0, 0, 0))))
    loops = "".join(f"{i} {i} 1 0\n" for i in range(7))
    kaldifst.compile(arcs + loops + "6\n", acceptor=False).write(str(tmp_path / "HLG.fst"))
    (tmp_path / "words.txt").write_text("<eps> 0\nNEW 1\nYORK 2\n")
    graph = import_graph(tmp_path, "kaldi", lang)
    batch = emissions(graph.tokens, "N UW Y AO R K")
    frames = batch.log_probs[:, [0, 3, 6, 9, 12, 15]]
    batch = replace(batch, log_probs=frames, lengths=torch.tensor([6]))
    decoder = Decoder(graph, WIDE)
    (transcript,) = best_paths(decoder.lattices(batch), decoder)
    assert transcript.text == "NEW YORK"


def test_phrases_of_several_words_are_no_data_for_k2(world, names, tmp_path):
    graph = read_decoding(names)
    export_graph(graph, tmp_path / "HLG.pt", "k2")
    with pytest.raises(
        InputError, match="HLG.pt: is no k2 graph with one word an arc; .* in the openfst or kaldi form"
    ):
        import_graph(tmp_path / "HLG.pt", "k2", read_lang(world / "lang"), graph.words)


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_no_graph_is_told(world, tmp_path, form):
    (tmp_path / "words.txt").write_text("<eps> 0\nnew 1\n")
    (tmp_path / "HLG.fst").write_text("this is no graph")
    source = tmp_path if form == "kaldi" else tmp_path / "HLG.fst"
    with pytest.raises(InputError, match="HLG.fst: is no"):
        import_graph(source, form, read_lang(world / "lang"), SymbolTable.read(tmp_path / "words.txt", first=EPS))


def test_words_beyond_the_table_are_told(world, names, tmp_path):
    graph = read_decoding(names)
    export_graph(graph, tmp_path / "HLG.fst", "openfst")
    with pytest.raises(InputError, match="outputs beyond the 2 words"):
        import_graph(tmp_path / "HLG.fst", "openfst", read_lang(world / "lang"), SymbolTable((EPS, "new")))


def test_commands(world, names, run, tmp_path):
    result = run("graph", "export", names, tmp_path / "kaldi", "--format", "kaldi")
    assert result.exit_code == 0, result.output
    result = run("graph", "import", tmp_path / "kaldi", world / "lang", tmp_path / "back", "--format", "kaldi")
    assert result.exit_code == 0, result.output
    assert read_decoding(tmp_path / "back").words.symbols == read_decoding(names).words.symbols
    for folder in (world / "base", names, tmp_path / "back"):
        result = run("graph", "info", folder)
        assert result.exit_code == 0 and "phones" in result.output, result.output
    result = run("graph", "draw", names, tmp_path / "names.dot")
    assert result.exit_code == 1 and "up to 300 can be drawn" in result.output


@pytest.fixture(scope="module")
def small(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    (folder / "lexicon").write_text("new N UW\nyork Y AO R K\n")
    (folder / "sentences").write_text("new york\n")
    (folder / "names").write_text("Ann\n")
    (folder / "vocab").write_text('| \n"\nn\ne\nw\n')
    (folder / "tokens").write_text("|\na\ne\nn\nw\n")
    for command in (
        ("lm", "train", folder / "sentences", folder / "lm.arpa", "--order", 2),
        ("lang", "chars", folder / "lang", "--tokens", folder / "tokens", "--words", folder / "lm.arpa"),
    ):
        result = run(*command)
        assert result.exit_code == 0, result.output
    return folder


def test_a_small_graph_is_drawn(small, run, tmp_path):
    assert run("graph", "base", small / "lang", small / "lm.arpa", tmp_path / "base").exit_code == 0
    graph, _ = graph_of_list(read_base(tmp_path / "base"), small / "names")
    text = dot_of(graph)
    assert text.count("->") == text.count("fontsize = 9]") > 10
    assert "new" in text and "n':" in text.replace(" ", "") or "Ann" in text
    draw_graph(graph, tmp_path / "graph.dot")
    if shutil.which("dot"):
        draw_graph(graph, tmp_path / "graph.svg")
        assert (tmp_path / "graph.svg").read_text().lstrip().startswith("<?xml")
    else:
        with pytest.raises(InputError, match="apt install graphviz"):
            draw_graph(graph, tmp_path / "graph.svg")
