"""``wfst-bias lattice``: what else the words of a decode folder could have been."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Optional

import click

from wfst_bias.cli.options import PATH
from wfst_bias.cli.renamed import add_former
from wfst_bias.cli.sections import Group

if TYPE_CHECKING:
    from wfst_bias.lattice.stored import StoredLattices

_source = click.argument("source", type=PATH)
_words = click.option("--words", type=PATH, metavar="FILE", help="Table of the words, for a SOURCE that is a file.")
_scale = click.option(
    "--acoustic-scale",
    type=click.FloatRange(0, min_open=True),
    default=None,
    show_default="that of the search, 1 for a text archive",
    help="Weight of the acoustic costs.",
)


@click.group(cls=Group)
def lattice() -> None:
    """Print, rescore, prune, draw and convert word lattices.

    SOURCE is a decode folder, what 'copy', 'prune' or 'rescore' made, or, with --words, a Kaldi text archive or k2's .pt.

    A lattice has each word sequence within the output beam of the search once, by its best path. In lat.J.gz, Kaldi's
    CompactLattice, acoustic costs are unscaled; list and boost count as graph there, and terms.J.jsonl.gz has them.
    """


@lattice.command(short_help="Print the best words, or the N best word sequences.")
@_source
@click.option(
    "--nbest",
    "num_best",
    type=click.IntRange(1),
    metavar="N",
    help="Print the N best word sequences instead, as JSON lines with their terms in nats.",
)
@_words
@_scale
def best(source: Path, num_best: Optional[int], words: Optional[Path], acoustic_scale: Optional[float]) -> None:
    """Print the best words of each utterance of SOURCE, as Kaldi's text.

    A long recording has one line, the texts of its segments joined; with --nbest it has the N best of each segment, named as
    in the file segments of the folder.

    \b
    Examples:
    wfst-bias lattice best exp/decode_names
    wfst-bias lattice best exp/decode_names --nbest 100 > nbest.jsonl
    """
    from wfst_bias.lattice.stored import stored_lattices
    from wfst_bias.lattice.utterances import best_text, by_utterance

    stored = stored_lattices(source, words, acoustic_scale)
    if num_best is not None:
        _print_nbest(stored, num_best)
        return
    for segments in by_utterance(stored):
        lattices = [one for one, _ in segments]
        click.echo(" ".join(filter(None, [lattices[0].utterance, best_text(lattices, stored.words)])))


def _print_nbest(stored: "StoredLattices", num_best: int) -> None:
    from wfst_bias.lattice.nbest import nbest_of

    for one, phrases in stored:
        for row in nbest_of(one, num_best, stored.words).rows(phrases):
            click.echo(json.dumps(row, ensure_ascii=False))


@click.command()
@_source
@click.option("--nbest", "num_best", type=click.IntRange(1), default=10, show_default=True, metavar="N", help="How many.")
@_words
@_scale
def _nbest(source: Path, num_best: int, words: Optional[Path], acoustic_scale: Optional[float]) -> None:
    """Print the N best word sequences of each utterance of SOURCE as JSON lines, with their terms in nats."""
    from wfst_bias.lattice.stored import stored_lattices

    _print_nbest(stored_lattices(source, words, acoustic_scale), num_best)


add_former(lattice, "nbest", _nbest, "lattice best --nbest N")


@lattice.command(short_help="Write lattices for k2, as a Kaldi archive, or a folder.")
@_source
@click.argument("out", type=PATH)
@_words
@_scale
def copy(source: Path, out: Path, words: Optional[Path], acoustic_scale: Optional[float]) -> None:
    """Write the lattices of SOURCE as OUT: .pt for k2, .gz, .txt or .ark as a Kaldi text archive alone, else a folder.

    The .pt is what torch.save(fsas.as_dict(), OUT) writes of an FsaVec: words as labels and aux_labels; of each arc
    lm_scores, acoustic_scores, boost_scores and list_scores, which add up to scores, its tokens and its phrase; names.

    Example: wfst-bias lattice copy exp/decode_names lattices.pt
    """
    from wfst_bias.lattice.stored import copy_lattices, stored_lattices

    count = copy_lattices(stored_lattices(source, words, acoustic_scale), out)
    click.echo(f"{out}: {count:,} lattices")


@lattice.command(short_help="Change weights, or the language model, of lattices.")
@_source
@click.argument("folder", type=PATH)
@click.option(
    "--lm", type=PATH, metavar="ARPA", help="Another language model, whose scores take the place of the graph's."
)
@click.option("--lm-scale", type=float, default=1.0, show_default=True, help="Times the language model's scores.")
@click.option("--word-penalty", type=float, default=0.0, show_default=True, help="Taken off for each word; nats.")
@_words
@_scale
def rescore(
    source: Path,
    folder: Path,
    lm: Optional[Path],
    lm_scale: float,
    word_penalty: float,
    words: Optional[Path],
    acoustic_scale: Optional[float],
) -> None:
    """Write the lattices of SOURCE with other weights, or with another language model, into FOLDER.

    With --lm each path has the score that the model gives its words, states being split by history. A word that it does
    not have is its <unk>, or, without one, as rare as its rarest word. A phrase of the list keeps the scores of the
    list; to the model it is the backoff to no history, as in a graph whose model does not have the class (of a phrase that
    begins a sentence the graph's own). An archive without terms has no phrases: there all words are the model's, and
    what list and boost paid is lost.

    Examples:

    wfst-bias lattice rescore exp/decode_names exp/rescored --lm-scale 0.8 --word-penalty 0.5

    wfst-bias lattice rescore exp/decode_names exp/rescored --lm big.arpa.gz
    """
    from wfst_bias.core.notes import Notes
    from wfst_bias.lattice.stored import rescore_lattices, stored_lattices

    notes = Notes()
    stored = stored_lattices(source, words, acoustic_scale)
    count = rescore_lattices(stored, folder, lm, lm_scale, word_penalty, notes)
    for note in notes.texts:
        click.echo(f"wfst-bias: {lm}: {note}", err=True)
    click.echo(f"{folder}: {count:,} lattices")


@lattice.command(short_help="Prune lattices to a narrower beam.")
@_source
@click.argument("folder", type=PATH)
@click.option("--beam", type=click.FloatRange(0), required=True, help="Arcs this far below the best path go; nats.")
@_words
@_scale
def prune(source: Path, folder: Path, beam: float, words: Optional[Path], acoustic_scale: Optional[float]) -> None:
    """Write the lattices of SOURCE within a narrower beam into FOLDER.

    Example: wfst-bias lattice prune exp/decode_names exp/pruned --beam 4
    """
    from wfst_bias.lattice.rescored import pruned
    from wfst_bias.lattice.stored import stored_lattices, write_lattices

    stored = stored_lattices(source, words, acoustic_scale)
    count = write_lattices(stored, folder, lambda one: pruned(one, beam), {"beam": beam})
    click.echo(f"{folder}: {count:,} lattices")


@lattice.command(short_help="Print the errors that a perfect rescoring would leave.")
@_source
@click.argument("data", type=PATH)
@_words
def oracle(source: Path, data: Path, words: Optional[Path]) -> None:
    """Print the lattice word error rate of SOURCE, of the paths nearest to the texts of DATA, and the lattices' size.

    Example: wfst-bias lattice oracle exp/decode_names data/test
    """
    from wfst_bias.data.cuts import read_texts
    from wfst_bias.lattice.oracle_score import oracle_score
    from wfst_bias.lattice.stored import stored_lattices

    found = oracle_score(stored_lattices(source, words), read_texts(data))
    click.echo(
        f"{found.percent:.2f} % of {found.words:,} words; {found.density:.1f} arcs a word, {found.depth:.1f} across a frame"
    )


@lattice.command(short_help="Draw the lattice of an utterance.")
@_source
@click.argument("utterance")
@click.argument("picture", type=PATH)
@click.option("--beam", type=click.FloatRange(0), default=None, help="Draw only what is this close to the best; nats.")
@click.option(
    "--frame-shift",
    type=click.FloatRange(0, min_open=True),
    default=None,
    show_default="times are frames",
    help="Seconds from frame to frame.",
)
@_words
@_scale
def draw(
    source: Path,
    utterance: str,
    picture: Path,
    beam: Optional[float],
    frame_shift: Optional[float],
    words: Optional[Path],
    acoustic_scale: Optional[float],
) -> None:
    """Draw the lattice of UTTERANCE into PICTURE (.svg, .pdf, .png): phrases of the list colored, the best path bold.

    Of a long utterance, name a segment, as the file segments of the folder does; seconds are those of the utterance.

    Example: wfst-bias lattice draw exp/decode_names utt_0001 utt_0001.svg --beam 6 --frame-shift 0.02
    """
    from wfst_bias.lattice.draw import draw_lattice
    from wfst_bias.lattice.rescored import pruned
    from wfst_bias.lattice.stored import stored_lattices

    stored = stored_lattices(source, words, acoustic_scale)
    one, _ = stored.lattice_of(utterance)
    draw_lattice(one if beam is None else pruned(one, beam), stored.words, picture, frame_shift)
