"""A decode folder as Kaldi's ``steps/scoring/score_kaldi_wer.sh DATA GRAPH DIR`` reads it."""

import re
import subprocess

import kaldifst

from wfst_bias.core.symbols import EPS, SymbolTable

ARC = re.compile(r"\d+ \d+ \d+ [-\d.e]+,[-\d.e]+,[\d_]*")
END = re.compile(r"\d+ [-\d.e]+,[-\d.e]+,[\d_]*")


def test_lattices_of_the_folder_give_its_words(long_folder):
    jobs = [path.name for path in long_folder.glob("lat.*.gz")]
    assert jobs == [f"lat.{job}.gz" for job in range(1, int((long_folder / "num_jobs").read_text()) + 1)]
    # the script: gunzip -c DIR/lat.*.gz | lattice-scale --inv-acoustic-scale=LMWT | lattice-best-path
    archive = subprocess.run("gunzip -c lat.*.gz", shell=True, cwd=long_folder, capture_output=True, check=True)
    symbols = SymbolTable.read(long_folder / "words.txt", first=EPS).symbols
    assert symbols[0] == "<eps>"
    found = {}
    for block in archive.stdout.decode().split("\n\n")[:-1]:
        name, *lines = block.split("\n")
        assert all(ARC.fullmatch(line) or END.fullmatch(line) for line in lines)
        costs = []
        for *states, weight in map(str.split, lines):
            graph, sound, _ = weight.split(",")
            costs.append(" ".join([*states, *states[2:], str(float(graph) + 1.8 * float(sound))]))
        fst = kaldifst.compile("\n".join(costs), acceptor=False)
        _, _, words, _ = kaldifst.get_linear_symbol_sequence(kaldifst.shortest_path(fst))
        found[name] = " ".join(symbols[word] for word in words)
    names = [line.split()[0] for line in (long_folder / "segments").read_text().splitlines()]
    assert list(found) == names == sorted(names)
    texts = dict(line.split(" ", 1) for line in (long_folder / "text").read_text().splitlines())
    for utterance, text in texts.items():
        assert " ".join(words for name, words in found.items() if name.startswith(utterance)) == text
