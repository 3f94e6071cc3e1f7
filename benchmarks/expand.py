"""A long list, from its file to a decoding graph: read, five or more pronunciations a phrase, inserted into a base.

python benchmarks/expand.py BASE_DIR LIST [--phrases N ...] [--variants N]
"""

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

from wfst_bias.entities.lists import read_entities
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.compile import speller_of
from wfst_bias.graph.compile_list import compile_lists
from wfst_bias.graph.store import read_base


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base_dir", type=Path)
    parser.add_argument("list", type=Path)
    parser.add_argument("--phrases", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--variants", type=int, default=G2GConfig().variants)
    arguments = parser.parse_args()

    begin = time.perf_counter()
    base = read_base(arguments.base_dir)
    assert base.known_words and base.lang.lexicon and base.plain.num_arcs  # made when they are first asked for
    print(f"base: {base.table.num_arcs:,} arcs, read in {time.perf_counter() - begin:.1f} s")
    lines = arguments.list.read_text(encoding="utf-8").splitlines()
    for num_phrases in arguments.phrases:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "list.txt"
            path.write_text("\n".join(lines[:num_phrases]) + "\n", encoding="utf-8")
            clock, cpu = time.perf_counter(), _cpu()
            entities = read_entities(path)
            seconds = {"read": time.perf_counter() - clock}
            speller = speller_of(base, g2g=G2GConfig(variants=arguments.variants))
            outcomes = speller.spell(entities)
            seconds["expanded"] = time.perf_counter() - clock - sum(seconds.values())
            graph = base.with_entities(*compile_lists(base, outcomes))
            seconds["compiled"] = time.perf_counter() - clock - sum(seconds.values())
        num_pronunciations = sum(len(outcome.pronunciations) for outcome in outcomes)
        steps = ", ".join(f"{name} {value:.2f}" for name, value in seconds.items())
        print(
            f"{len(entities):,} phrases, {sum(bool(o.unknown_words) for o in outcomes):,} of them not in the lexicon, "
            f"{num_pronunciations:,} pronunciations: {sum(seconds.values()):.1f} s ({steps}), {_cpu() - cpu:.1f} s of {os.cpu_count()} cores; "
            f"{graph.num_arcs:,} arcs; peak {_peak():.1f} GB"
        )
        del graph


def _cpu() -> float:
    """Seconds of this process and of those that it waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _peak() -> float:
    """Memory of this process and of the largest that it waited for, GB."""
    usage = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage) / 1e6


if __name__ == "__main__":
    main()
