"""``wfst-bias lang`` and ``wfst-bias lm``: what a base graph is built from."""

from pathlib import Path
from typing import TYPE_CHECKING, Optional, Tuple

import click

from wfst_bias.cli.options import PATH
from wfst_bias.cli.sections import Group
from wfst_bias.core.notes import Notes

if TYPE_CHECKING:
    from wfst_bias.lang.lang import Lang


@click.group(cls=Group)
def lang() -> None:
    """Make lang folders: tokens, words, lexicon."""


@lang.command("hama", short_help="Phones of the built-in model, and your lexicons.")
@click.argument("lang_dir", type=PATH)
@click.option(
    "--lexicon",
    "lexicons",
    type=PATH,
    multiple=True,
    metavar="FILE",
    help="Lexicon of your own, 'WORD PHONE PHONE ...' lines in ARPAbet or IPA, as CMUdict, pocketsphinx, Kaldi, MFA and "
    "HTK write them; may be given again.",
)
@click.option(
    "--readings/--no-readings",
    "own_pronunciations",
    default=True,
    show_default=True,
    help="Add the pronunciations of CMUdict's words by hama's own G2P.",
)
def lang_hama(lang_dir: Path, lexicons: Tuple[Path, ...], own_pronunciations: bool) -> None:
    """Phones of the pretrained model hama, CMUdict, those of the model's own G2P, and your lexicons.

    Example: wfst-bias lang hama data/lang --lexicon names.lexicon
    """
    from wfst_bias.lang.lang import hama_lang

    notes = Notes()
    made = hama_lang(lexicons, own_pronunciations, notes)
    made.write(lang_dir)
    _echo(notes)
    click.echo(f"{lang_dir}: {len(made.lexicon.entries):,} words, {len(made.lexicon.pairs):,} pronunciations")


tokens_option = click.option(
    "--tokens",
    type=PATH,
    required=True,
    metavar="FILE",
    help="Vocabulary of the model: vocab.json, tokenizer.json, tokens.txt or units.txt (TOKEN ID lines), sentencepiece's "
    ".vocab, or a token a line (NeMo).",
)
words_option = click.option(
    "--words",
    type=PATH,
    required=True,
    metavar="FILE",
    help="The words of the language model: its ARPA file, a words.txt, or one word a line.",
)
blank_option = click.option("--blank", metavar="TOKEN", help="The blank of the model, where it has no usual name.")


@lang.command("phones", short_help="Phones of a model of your own, and a lexicon.")
@click.argument("lang_dir", type=PATH)
@tokens_option
@click.option(
    "--lexicon",
    "lexicons",
    type=PATH,
    multiple=True,
    required=True,
    metavar="FILE",
    help="'WORD PHONE PHONE ...' lines, as CMUdict, pocketsphinx, Kaldi, MFA and HTK write them; may be given again.",
)
@blank_option
@click.option(
    "--boundary", metavar="TOKEN", help="The token between words, if the model has one ('<wb>' and '|' are known)."
)
def lang_phones(
    lang_dir: Path, tokens: Path, lexicons: Tuple[Path, ...], blank: Optional[str], boundary: Optional[str]
) -> None:
    """Phones of a CTC model of your own, and a lexicon.

    Words of a list that the lexicon does not have are read by a G2P where the phones are ARPAbet.

    Example: wfst-bias lang phones data/lang --tokens tokens.txt --lexicon lexicon.txt
    """
    from wfst_bias.lang.model_langs import phones_lang

    notes = Notes()
    made = phones_lang(tokens, lexicons, blank, boundary, notes)
    made.write(lang_dir)
    _echo(notes)
    click.echo(f"{lang_dir}: {len(made.lexicon.entries):,} words, {len(made.tokens):,} tokens")


@lang.command("chars", short_help="Characters of a model such as wav2vec2.")
@click.argument("lang_dir", type=PATH)
@tokens_option
@words_option
@blank_option
@click.option("--boundary", metavar="TOKEN", help="The token between words, where it is not '|' or a space.")
def lang_chars(lang_dir: Path, tokens: Path, words: Path, blank: Optional[str], boundary: Optional[str]) -> None:
    """Characters of a CTC model such as wav2vec2 or NeMo's; each word is spelled.

    Example: wfst-bias lang chars data/lang --tokens vocab.json --words lm.arpa.gz
    """
    from wfst_bias.lang.model_langs import chars_lang

    notes = Notes()
    _write_spelled(lang_dir, chars_lang(tokens, words, blank, boundary, notes)[0], notes)


@lang.command("subwords", short_help="Subwords of a sentencepiece model.")
@click.argument("lang_dir", type=PATH)
@click.option("--model", type=PATH, required=True, metavar="FILE", help="The sentencepiece model, bpe.model.")
@words_option
@blank_option
def lang_subwords(lang_dir: Path, model: Path, words: Path, blank: Optional[str]) -> None:
    """Subwords of a sentencepiece model; each word is spelled by it, a word of a list in its best few spellings.

    Example: wfst-bias lang subwords data/lang --model bpe.model --words lm.arpa.gz
    """
    from wfst_bias.lang.model_langs import subwords_lang

    notes = Notes()
    _write_spelled(lang_dir, subwords_lang(model, words, blank, notes)[0], notes)


@lang.command("pieces", short_help="Learn a sentencepiece model of a text.")
@click.argument("text", type=PATH)
@click.argument("out", type=PATH, metavar="OUT.model")
@click.option("--size", type=click.IntRange(10), default=500, show_default=True, help="Pieces of the model.")
def lang_pieces(text: Path, out: Path, size: int) -> None:
    """Learn a sentencepiece model of TEXT, one sentence a line, for a model of your own.

    Example: wfst-bias lang pieces sentences.txt bpe.model --size 500
    """
    from wfst_bias.lang.pieces import train_pieces

    train_pieces(text, out, size)
    click.echo(f"{out}: {size} pieces")


def _echo(notes: Notes, place: str = "") -> None:
    for note in notes.texts:
        click.echo(f"wfst-bias: {place}{note}", err=True)


def _write_spelled(lang_dir: Path, made: "Lang", notes: Notes) -> None:
    made.write(lang_dir)
    click.echo(f"{lang_dir}: {len(made.lexicon.entries):,} words of {len(made.tokens):,} {made.units.kind}")
    _echo(notes)


@click.group(cls=Group)
def lm() -> None:
    """Make language models in ARPA format."""


@lm.command("default", short_help="Write the default English word bigram.")
@click.argument("out", type=PATH, metavar="OUT.arpa.gz")
def lm_default(out: Path) -> None:
    """The default English word bigram, from the public counts in symspellpy."""
    from wfst_bias.lm.default import write_default_lm

    write_default_lm(out)
    click.echo(f"{out}: written")


@lm.command("train", short_help="Estimate a language model on a text.")
@click.argument("text", type=PATH)
@click.argument("out", type=PATH, metavar="OUT.arpa.gz")
@click.option("--order", type=click.IntRange(1, 5), default=3, show_default=True, help="Longest n-gram, words.")
def lm_train(text: Path, out: Path, order: int) -> None:
    """Estimate a language model (interpolated Kneser-Ney) on TEXT, one sentence a line.

    Example: wfst-bias lm train sentences.txt lm.arpa.gz --order 2
    """
    from wfst_bias.lm.train import train_lm

    model = train_lm(text, out, order)
    counts = (f"{count:,} {order}-grams" for order, count in enumerate(model.counts, 1))
    click.echo(f"{out}: {', '.join(counts)}")


@lm.command("sample", short_help="Draw sentences from a language model.")
@click.argument("arpa", type=PATH, metavar="IN.arpa[.gz]")
@click.argument("out", type=PATH, metavar="OUT.txt")
@click.option("--count", type=click.IntRange(1), default=10000, show_default=True, help="Sentences.")
@click.option("--most", type=click.IntRange(1), default=14, show_default=True, help="Words a sentence; longer ones are cut.")
@click.option("--seed", type=int, default=0, show_default=True, help="Another one draws other sentences.")
def lm_sample(arpa: Path, out: Path, count: int, most: int, seed: int) -> None:
    """Draw sentences from a language model, one a line: text to train on (model train --texts).

    Example: wfst-bias lm sample lm.arpa.gz sentences.txt --count 150000
    """
    from wfst_bias.core.files import check_not_input, publish_file
    from wfst_bias.lm.files import read_ngrams
    from wfst_bias.lm.sample import sampled_sentences

    check_not_input(out, arpa)
    notes = Notes()
    sentences = sampled_sentences(read_ngrams(arpa, notes=notes), count, most, seed)
    publish_file(out, "".join(f"{sentence}\n" for sentence in sentences))
    _echo(notes, f"{arpa}: ")
    click.echo(f"{out}: {len(sentences):,} sentences")


@lm.command("prune", short_help="Make a language model smaller.")
@click.argument("arpa", type=PATH, metavar="IN.arpa[.gz]")
@click.argument("out", type=PATH, metavar="OUT.arpa.gz")
@click.option(
    "--threshold",
    type=float,
    default=1e-8,
    show_default=True,
    help="Leave an n-gram out where the model's perplexity rises by a smaller share than this; 0 keeps all.",
)
def lm_prune(arpa: Path, out: Path, threshold: float) -> None:
    """Leave out of a language model what hardly changes it (relative entropy, Stolcke 1998).

    Example: wfst-bias lm prune 3gram.arpa.gz 3gram.pruned.arpa.gz --threshold 1e-8
    """
    from wfst_bias.lm.prune import prune_lm

    notes = Notes()
    before, after = prune_lm(arpa, out, threshold, notes)
    _echo(notes, f"{arpa}: ")
    left = dict(enumerate(after.counts, 1))
    counts = (f"{left.get(order, 0):,} of {count:,} {order}-grams" for order, count in enumerate(before.counts, 1))
    click.echo(f"{out}: {', '.join(counts)}")
