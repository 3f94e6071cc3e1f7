"""The same graph and the same emissions in kaldi-decoder: equal words, and the time of its search against ours.

python benchmarks/against_kaldi_decoder.py GRAPH_DIR DATA [--utterances N] [--beam NATS]
"""

import argparse
import tempfile
import time
from itertools import islice
from pathlib import Path

import kaldi_decoder
import kaldifst
import numpy as np
import torch

from wfst_bias.acoustic.contract import compute_emissions
from wfst_bias.acoustic.hama import HamaModel
from wfst_bias.data.audio import load_audio
from wfst_bias.data.cuts import read_data
from wfst_bias.decode.config import SearchConfig
from wfst_bias.decode.paths import best_paths
from wfst_bias.decode.search import Decoder
from wfst_bias.graph.exchange import KALDI_GRAPH, export_graph
from wfst_bias.graph.store import read_decoding


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("graph_dir", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--utterances", type=int, default=100)
    parser.add_argument("--beam", type=float, default=18.0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    graph, model = read_decoding(arguments.graph_dir), HamaModel()
    config = SearchConfig(search_beam=arguments.beam)
    decoder = Decoder(graph, config)
    with tempfile.TemporaryDirectory() as folder:
        export_graph(graph, Path(folder) / "kaldi", "kaldi", keep_boosted=True)
        fst = kaldifst.StdVectorFst.read(str(Path(folder) / "kaldi" / KALDI_GRAPH))
    options = kaldi_decoder.FasterDecoderOptions(beam=arguments.beam, max_active=config.max_active)
    ours = theirs = audio_seconds = 0.0
    different, worse, total = [], 0, 0
    for cut in islice(read_data(arguments.data), arguments.utterances):
        audio = load_audio(cut, model.sampling_rate)
        audio_seconds += len(audio) / model.sampling_rate
        emissions = compute_emissions(model, [cut.id], [audio])
        begin = time.perf_counter()
        lattices = decoder.lattices(emissions)
        (transcript,) = best_paths(lattices, decoder)
        ours += time.perf_counter() - begin
        columns = (lattices.columns[0] * config.acoustic_scale).numpy()
        begin = time.perf_counter()
        peer = kaldi_decoder.FasterDecoder(fst, options)
        peer.decode(kaldi_decoder.DecodableCtc(np.ascontiguousarray(columns)))
        _, path = peer.get_best_path()
        theirs += time.perf_counter() - begin
        _, _, words, weight = kaldifst.get_linear_symbol_sequence(path)
        text = " ".join(graph.words.symbols[word] for word in words)
        total += 1
        if text != transcript.text:
            score = -(weight.value1 + weight.value2)
            worse += transcript.score < score - 1e-2
            different.append(
                f"{cut.id}: {transcript.text!r} {transcript.score:.3f}, kaldi-decoder {text!r} {score:.3f}"
            )
    print(
        f"{total} utterances, {len(different)} with other words, {worse} of them with a better score in kaldi-decoder"
    )
    print("\n".join(different))
    print(
        f"ours {ours / audio_seconds:.5f} of real time, kaldi-decoder {theirs / audio_seconds:.5f}, ratio {theirs / ours:.2f}"
    )


if __name__ == "__main__":
    main()
