"""Whether a table of graphemes is enough for another language: German names, spoken by espeak-ng's German voice.

python benchmarks/german_names.py BASE_DIR

Each name is spoken alone; the list holds all of them. Needs espeak-ng.
"""

import argparse
from pathlib import Path

import torch
from scipy.signal import resample_poly

from wfst_bias.acoustic.contract import compute_emissions
from wfst_bias.acoustic.hama import HamaModel
from wfst_bias.decode.paths import best_paths
from wfst_bias.decode.search import Decoder
from wfst_bias.entities.entity import Entity
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.compile_list import compile_lists
from wfst_bias.graph.store import read_base
from wfst_bias.synth.voices import voice_of

_SPEED = 0.8

NAMES = """
Schröder Zweig Jürgen Müller Kirchschläger Übelacker Quandt Vogel Scholz Weizsäcker Schäuble Söder Böhmermann Grönemeyer
Tübingen Göttingen Würzburg Saarbrücken Zwickau Jena Chemnitz Gelsenkirchen Neumünster Lüneburg Wuppertal Kaiserslautern
Hölderlin Nietzsche Schopenhauer Eichendorff Büchner Jünger Dürrenmatt Böll Handke Jelinek Wieland Klopstock Lichtenberg
Schulze Schütz Töpfer Jäger Köhler Zimmermann Schwarzenegger Krüger Lötsch Pfeiffer Wagenknecht Lauterbach Özdemir
Heidelberg Vöcklabruck Zürich Winterthur Klagenfurt Bregenz Sankt-Gallen Ludwigsburg Freudenberg Oberstdorf
""".split()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base_dir", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    base, model = read_base(arguments.base_dir), HamaModel()
    voice, batches = voice_of("espeak-ng:de"), []
    for name in NAMES:
        samples, rate = voice.speak(f"{name}.", _SPEED, 0)
        samples = resample_poly(samples, model.sampling_rate, rate).astype("float32")
        batches.append(compute_emissions(model, [name], [samples]))
    for title, config in (
        ("no variant", G2GConfig(variants=0)),
        ("4 by graphones", G2GConfig(variants=4)),
        ("4 by the table de", G2GConfig(variants=4, sources="de")),
        ("8 by graphones", G2GConfig(variants=8)),
        ("8 by both", G2GConfig(variants=8, sources="graphones,de")),
    ):
        outcomes = speller_of(base, g2g=config).spell([Entity(name) for name in NAMES])
        decoder = Decoder(base.with_entities(*compile_lists(base, outcomes)))
        transcripts = [t for batch in batches for t in best_paths(decoder.lattices(batch), decoder)]
        hits = sum(t.name in [entity.phrase for entity in t.entities] for t in transcripts)
        others = sum(entity.phrase != t.name for t in transcripts for entity in t.entities)
        print(f"{title:<20} {hits} of {len(NAMES)} names found, {others} others", flush=True)
        del decoder


if __name__ == "__main__":
    main()
