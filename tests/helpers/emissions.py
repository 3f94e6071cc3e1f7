"""Emissions of strings of units, and the sentences that the tests of search and lattices share."""

import itertools
from dataclasses import replace

import torch

from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.decode.config import SearchConfig
from wfst_bias.decode.paths import best_paths
from wfst_bias.decode.search import Decoder
from wfst_bias.lattice.word_lattice import word_lattices

FRAMES_A_TOKEN = 2
CITY = "DH AH <wb> S IH T IY"
ZELENSKYY = "W IY <wb> M EH T <wb> Z EH L EH N S K IY"
ANN_WHITTEMORE = "K AO L <wb> AE N <wb> W IH T M AO R"
# a boost as large as a phrase may need that is spoken badly
GIVING = BoostConfig(alpha=0.5, cap=6.0, top_k=41)
CUT = "DH AH <wb> S T EY SH"


def frames_of(tokens, text, sharpness=6.0):
    """Log-probabilities ``(T, C)`` of a string of units: two frames each, a blank between."""
    ids = list(itertools.chain.from_iterable([tokens[u]] * FRAMES_A_TOKEN + [0] for u in text.split())) or [0]
    logits = torch.zeros(len(ids), len(tokens))
    logits[torch.arange(len(ids)), torch.tensor(ids)] = sharpness
    return logits.log_softmax(-1)


def emissions(tokens, *texts, **options):
    """A batch of strings of units, one utterance each."""
    frames = [frames_of(tokens, text, **options) for text in texts]
    return Emissions(
        torch.nn.utils.rnn.pad_sequence(frames, batch_first=True),
        torch.tensor([len(x) for x in frames]),
        0.02,
        tokens,
        [f"utt{i}" for i in range(len(texts))],
    )


def kaldi_best(block: str):
    """Name, number of frames, word ids and score of the cheapest path of a lattice in Kaldi's text form."""
    import kaldifst

    name, *lines = block.strip().splitlines()
    text = []
    for *states_and_labels, weight in map(str.split, lines):
        graph_cost, acoustic_cost = map(float, weight.split(","))
        text.append(" ".join([*states_and_labels, str(graph_cost + SearchConfig().acoustic_scale * acoustic_cost)]))
    fst = kaldifst.compile("\n".join(text), acceptor=False)
    _, frames, words, total = kaldifst.get_linear_symbol_sequence(kaldifst.shortest_path(fst))
    return name, len(frames), words, -total.value


NOTHING = ""


def decoded(decoder, *texts, sharpness=4.0, output_beam=8.0):
    """Transcripts and word lattices of strings of units."""
    wide = Decoder(decoder.graph, replace(decoder.search, output_beam=output_beam))
    lattices = wide.lattices(emissions(decoder.graph.tokens, *texts, sharpness=sharpness))
    return best_paths(lattices, wide), word_lattices(lattices, wide)


def best_transcript(graph, tokens, log_probs, search=SearchConfig()):
    """The best path of one utterance ``(T, C)``."""
    decoder = Decoder(graph, search)
    emissions = Emissions(log_probs[None], torch.tensor([len(log_probs)]), 0.04, tokens, ["utt"])
    return best_paths(decoder.lattices(emissions), decoder)[0]
