"""Word lattices written and read back, and archives that cannot be read."""

import gzip
import re
from dataclasses import replace

import kaldifst
import numpy as np
import pytest
import torch

from helpers.emissions import ANN_WHITTEMORE, CITY, ZELENSKYY, decoded
from wfst_bias.acoustic.emissions import Emissions
from wfst_bias.core.errors import InputError
from wfst_bias.lattice.archive import lattice_terms, lattice_text, read_lattices
from wfst_bias.lattice.draw import draw_lattice
from wfst_bias.lattice.k2_lattices import K2Lattices, read_k2, write_k2
from wfst_bias.lattice.nbest import nbest_of
from wfst_bias.lattice.word_lattice import word_lattices

TEXTS = (CITY, ZELENSKYY, ANN_WHITTEMORE, "")


@pytest.fixture(scope="module")
def written(decoder, tmp_path_factory):
    """Transcripts, lattices, the archive, the file of terms and the acoustic scale."""
    folder = tmp_path_factory.mktemp("lattices")
    transcripts, lattices = decoded(decoder, *TEXTS, sharpness=3.0)
    scale = decoder.search.acoustic_scale
    names = {i: entity.written for i, entity in enumerate(decoder.graph.entities)}
    with gzip.open(folder / "lat.1.gz", "wt") as archive:
        archive.writelines(lattice_text(lattice, scale) for lattice in lattices)
    (folder / "terms.jsonl").write_text("".join(lattice_terms(lattice, names) for lattice in lattices))
    return transcripts, lattices, folder / "lat.1.gz", folder / "terms.jsonl", scale


def test_what_is_read_back_is_what_was_written(written, decoder):
    transcripts, lattices, archive, terms, scale = written
    back = list(read_lattices(archive, scale, terms))
    assert len(back) == len(lattices)
    for transcript, lattice, (other, phrases) in zip(transcripts, lattices, back):
        for field in ("src", "dst", "words", "tokens", "splits"):
            assert (getattr(lattice, field) == getattr(other, field)).all()
        assert other.terms == pytest.approx(lattice.terms, abs=1e-3)
        own, read = (nbest_of(x, 20, decoder.graph.words).hypotheses for x in (lattice, other))
        assert read[0].text == transcript.text
        assert {h.words for h in own} == {h.words for h in read}
        written_of = [decoder.graph.entities[span.phrase].written for span in own[0].phrases]
        assert [phrases[span.phrase] for span in read[0].phrases] == written_of


def test_without_the_terms_the_totals_are_the_same(written):
    _, lattices, archive, _, scale = written
    for lattice, (other, phrases) in zip(lattices, read_lattices(archive, scale)):
        assert other.scores == pytest.approx(lattice.scores, abs=1e-3)
        assert not other.terms[:, 1].any() and not other.terms[:, 3].any() and phrases == ()


def test_kaldifst_finds_the_best_path(written, decoder):
    transcripts, _, archive, _, scale = written
    blocks = gzip.decompress(archive.read_bytes()).decode().split("\n\n")
    for transcript, block in zip(transcripts, blocks):
        name, *lines = block.strip().split("\n")
        assert name == transcript.name
        text = []
        for *states, weight in map(str.split, lines):
            graph, sound, _ = weight.split(",")
            cost = str(float(graph) + scale * float(sound))
            text.append(" ".join([*states, *states[2:], cost]))  # an acceptor's word is said, too
        fst = kaldifst.compile("\n".join(text), acceptor=False)
        _, _, words, total = kaldifst.get_linear_symbol_sequence(kaldifst.shortest_path(fst))
        assert " ".join(decoder.graph.words.symbols[word] for word in words) == transcript.text
        assert -total.value == pytest.approx(transcript.score, abs=1e-2)


def test_a_word_more_than_once_and_all_frames_in_every_path(written):
    _, lattices, *_ = written
    for lattice, text in zip(lattices, TEXTS):
        frames = np.diff(lattice.splits)
        reached = {0: {0}}
        for src, dst, count in zip(lattice.src.tolist(), lattice.dst.tolist(), frames.tolist()):
            reached.setdefault(dst, set()).update(before + count for before in reached[src])
        assert reached[lattice.num_states - 1] == {max(1, 3 * len(text.split()))}


def test_an_empty_lattice_is_a_name(written, tmp_path):
    _, (lattice, *_), _, _, scale = written
    columns = ("src", "dst", "words", "phrases", "terms", "tokens")
    empty = replace(lattice, **{c: getattr(lattice, c)[:0] for c in columns}, splits=np.zeros(1, np.int64))
    (tmp_path / "lat").write_text(lattice_text(empty, scale))
    assert (tmp_path / "lat").read_text() == "utt0\n\n"
    ((back, _),) = read_lattices(tmp_path / "lat", scale)
    assert (back.name, back.num_arcs) == ("utt0", 0)


def test_an_archive_cut_in_the_middle_is_told(written, tmp_path):
    _, _, archive, _, scale = written
    content = archive.read_bytes()
    (tmp_path / "cut.gz").write_bytes(content[: len(content) * 2 // 3])
    with pytest.raises(InputError, match="cut.gz.*the gzip file is damaged"):
        list(read_lattices(tmp_path / "cut.gz", scale))
    text = gzip.decompress(content).decode()
    (tmp_path / "cut").write_text("\n".join(text.split("\n")[:4]) + "\n")
    with pytest.raises(InputError, match=r"cut:4: ends within the lattice of 'utt0'"):
        list(read_lattices(tmp_path / "cut", scale))


@pytest.mark.parametrize(
    "block, message",
    [
        ("a b\n", "lat:1: found 'a b'; expected the name"),
        ("utt\n0 1 2 3 4.5,6\n\n", "lat:2: found '0 1 2 3 4.5,6'"),
        ("utt\n0 1 2 4.5,x,1\n\n", "lat:2: found '0 1 2 4.5,x,1'"),
        ("utt\n0 1 2 4.5,inf,1\n1 0,0,\n\n", "lat:2: found '0 1 2 4.5,inf,1'"),
        ("utt\n0 1 2 1,1,1\n\n", "lat:1: the lattice of 'utt' has no final state"),
        ("utt\n1 0 2 1,1,1\n0 0,0,\n\n", "lat:1: the states of 'utt' are in no topological order"),
    ],
)
def test_what_is_no_lattice_is_told_with_its_line(tmp_path, block, message):
    (tmp_path / "lat").write_text(block)
    with pytest.raises(InputError, match=re.escape(message)):
        list(read_lattices(tmp_path / "lat", 1.8))


def test_terms_of_others_are_refused(written, tmp_path):
    _, _, archive, terms, scale = written
    (tmp_path / "terms").write_text("".join(terms.read_text().splitlines(keepends=True)[1:]))
    with pytest.raises(InputError, match="terms:1: has not the terms of 'utt0'"):
        list(read_lattices(archive, scale, tmp_path / "terms"))


@pytest.mark.parametrize(
    "line, message",
    [
        ("{", "terms:1: is not JSON"),
        ("[1]", "terms:1: found '[1]'; expected the terms"),
        ('{"utterance": "utt0"}', "terms:1: has not the terms of 'utt0'"),
    ],
)
def test_what_are_no_terms_is_told(written, tmp_path, line, message):
    _, _, archive, _, scale = written
    (tmp_path / "terms").write_text(line + "\n")
    with pytest.raises(InputError, match=re.escape(message)):
        list(read_lattices(archive, scale, tmp_path / "terms"))


def test_an_archive_cut_between_two_lattices_is_told_by_its_terms(written, tmp_path):
    _, _, archive, terms, scale = written
    first, *_ = gzip.decompress(archive.read_bytes()).decode().split("\n\n")
    (tmp_path / "lat").write_text(first + "\n\n")
    with pytest.raises(InputError, match="lat:.*ends before the lattice of 'utt1'"):
        list(read_lattices(tmp_path / "lat", scale, terms))


def test_weights_that_kaldi_leaves_out_are_one(tmp_path):
    (tmp_path / "lat").write_text("utt\n0 1 2\n1 2 3 4,1,5\n2\n\n")
    ((lattice, _),) = read_lattices(tmp_path / "lat", 2.0)
    assert lattice.words.tolist() == [2, 3, 0]
    assert lattice.scores.tolist() == [0.0, -6.0, 0.0]
    assert lattice.splits.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("num_frames", [1, 2])
def test_utterances_of_a_frame_go_through_all_forms(decoder, tmp_path, num_frames):
    tokens, scale = decoder.graph.tokens, decoder.search.acoustic_scale
    noise = torch.randn(1, num_frames, len(tokens), generator=torch.Generator().manual_seed(1)).log_softmax(-1)
    lattices = decoder.lattices(Emissions(noise, torch.tensor([num_frames]), 0.02, tokens, ["tiny"]))
    (lattice,) = word_lattices(lattices, decoder)
    (tmp_path / "lat").write_text(lattice_text(lattice, scale))
    (tmp_path / "terms").write_text(lattice_terms(lattice, {}))
    ((read, phrases),) = read_lattices(tmp_path / "lat", scale, tmp_path / "terms")
    write_k2(tmp_path / "lat.pt", K2Lattices([read], [phrases], scale))
    (back,) = read_k2(tmp_path / "lat.pt").lattices
    own, other = (nbest_of(one, 100, decoder.graph.words).hypotheses for one in (lattice, back))
    assert [h.words for h in own] == [h.words for h in other] and len(own) >= 1
    assert [h.total for h in own] == pytest.approx([h.total for h in other], abs=1e-3)
    assert back.times[-1] == num_frames
    draw_lattice(back, decoder.graph.words, tmp_path / "tiny.svg")
