"""Pictures of one utterance of the page "How it works": its boosted columns and its lattice.

The sentence is spoken by the voice that `make demo` uses, and recognized with the default base, which the first call builds.

python docs/figures/speech.py [OUT]     # OUT is this folder where none is given
"""

import sys
from pathlib import Path

import numpy as np
import torch
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

import wfst_bias as wb
from wfst_bias.acoustic.boost import boosted
from wfst_bias.acoustic.config import BoostConfig
from wfst_bias.core.figures import render_figure
from wfst_bias.core.files import publish_file
from wfst_bias.data.audio import cuts_of_audio
from wfst_bias.data.channels import MEAN
from wfst_bias.decode.search import Decoder, relative
from wfst_bias.graph.compile import graph_of_list
from wfst_bias.graph.store import read_base
from wfst_bias.lattice.draw import draw_lattice
from wfst_bias.recognize.biasing import OneGraph
from wfst_bias.recognize.transcribe import default_base
from wfst_bias.synth.voices import voice_of

SENTENCE, PHRASES = "we met zelenskyy at the station", ["Zelenskyy", "Zelensky Bridge", "Stationer"]
SHOWN = -9.0  # nats below the best of a frame; what is lower looks the same
COLORS = LinearSegmentedColormap.from_list("columns", ["#f8fafc", "#fdba74", "#c2410c", "#431407"])
GAIN_COLORS = LinearSegmentedColormap.from_list("gain", ["#ffffff", "#2563eb"])


def columns_figure(plain, boosted_columns, times, names):
    """Heat maps of the plain columns, the boosted ones and what boosting adds: nats ``(T, U)``, times of the edges ``(T + 1,)``."""
    figure = Figure(figsize=(9.0, 6.2))
    axes = figure.subplots(3, 1, sharex=True)
    parts = (
        (plain, COLORS, (SHOWN, 0.0), "plain columns"),
        (boosted_columns, COLORS, (SHOWN, 0.0), "boosted columns"),
        (boosted_columns - plain, GAIN_COLORS, (0.0, float((boosted_columns - plain).max())), "what boosting adds"),
    )
    for ax, (values, colors, limits, title) in zip(axes, parts):
        rows = np.arange(len(names) + 1)
        image = ax.pcolormesh(times, rows, values.T, cmap=colors, vmin=limits[0], vmax=limits[1], rasterized=True)
        ax.set_yticks(rows[:-1] + 0.5, names, fontsize=8)
        ax.invert_yaxis()
        ax.set_title(title, fontsize=10, loc="left")
        figure.colorbar(image, ax=ax, label="nats", pad=0.01)
    axes[-1].set_xlabel("seconds")
    figure.tight_layout()
    return figure


def boosting_picture(emissions, entity):
    """The columns of the frames of a phrase: the units of its pronunciation, and what else is near the best ones there."""
    first, end = (round(time / emissions.frame_shift) for time in (entity.start - 0.06, entity.end + 0.06))
    plain = relative(emissions.log_probs)
    both = [columns[0, first:end].numpy() for columns in (plain, boosted(plain, BoostConfig()))]
    units = [emissions.tokens[unit] for unit in dict.fromkeys(entity.units)]
    near = np.argsort(-np.exp(both[0]).sum(axis=0)).tolist()
    shown = list(dict.fromkeys([0, *units, *near]))[: len(units) + 6]
    names = [emissions.tokens.symbols[token] + " •" * (token in units) for token in shown]
    times = (first + np.arange(end - first + 1)) * emissions.frame_shift
    return render_figure(lambda: columns_figure(both[0][:, shown], both[1][:, shown], times, names), ".svg", "boosting")


def main() -> None:
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    torch.set_num_threads(1)
    samples, rate = voice_of("hibari").speak(SENTENCE, 1.0, 1)
    graph, _ = graph_of_list(read_base(default_base(progress=True)), PHRASES)
    recognizer = wb.Recognizer(biasing=OneGraph(Decoder(graph)))
    (result,) = recognizer.recognize(cuts_of_audio([np.asarray(samples, np.float32)], rate, MEAN), keep_emissions=True)
    print(result.text)
    for entity in result.entities:
        print(entity.describe())
    publish_file(out / "boosting.svg", boosting_picture(result.emissions, result.entities[0]))
    draw_lattice(result.lattice, graph.words, out / "lattice.svg", result.emissions.frame_shift)


if __name__ == "__main__":
    main()
