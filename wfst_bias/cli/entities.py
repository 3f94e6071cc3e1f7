"""``wfst-bias entities``: lists of phrases."""

import sys
from pathlib import Path
from typing import Optional, Tuple

import click

from wfst_bias.cli.bases import BASE, base_folder
from wfst_bias.cli.options import LIST, PATH, format_option, g2g_options, is_set
from wfst_bias.cli.renamed import add_former
from wfst_bias.cli.sections import Group
from wfst_bias.g2p.config import G2GConfig


@click.group(cls=Group)
def entities() -> None:
    """Check, rewrite and make lists of phrases."""


@entities.command("check", short_help="Show what becomes of the phrases of a list, and which are a risk.")
@click.argument("source", type=LIST, metavar="LIST")
@format_option
@click.option(
    "--base",
    "base_dir",
    type=BASE,
    metavar="BASE_DIR",
    help="Base to check it against; else 'default', the English one that 'transcribe' takes.",
)
@click.option(
    "--json", "json_file", type=PATH, metavar="FILE", help="Write all findings there; '-' to print them."
)
@click.option("--strict", is_flag=True, help="Warnings are errors.")
@g2g_options
def entities_check(
    source: Path,
    format_name: str,
    base_dir: Optional[Path],
    json_file: Optional[Path],
    strict: bool,
    g2g_config: G2GConfig,
) -> None:
    """Show what becomes of the phrases of LIST, and which of them are a risk.

    Exit code 0: nothing is wrong; 1: there is an error, with --strict a warning, or LIST cannot be read; 2: usage.

    \b
    unusable       error    no pronunciation
    duplicate      warning  the same words as an earlier phrase
    combined       note     the same words as an earlier phrase, but spoken otherwise: one phrase, spoken both ways
    dropped        warning  one of its pronunciations or spoken forms cannot be used: the model has no tokens for it
    short          warning  up to 3 phones or letters: found where it was not spoken
    common-word    warning  a common word itself (one in 3,000 or more)
    homophone      warning  sounds exactly like a common word (one in 60,000); like a rare one, a note
    two-words      warning  sounds like two common words together, or as two words like one
    near-word      note     4 phones or letters, and one of them from a common word
    sounds-alike   warning  sounds like an earlier phrase; if only by some of its pronunciations, a note
    weight         warning  of another scale, or below 0 but not for what the language model writes itself; all the same, a note
    guessed        note     a word of it is in no lexicon, and was read aloud

    How common a word is, BASE_DIR says. Of a phrase with a weight below 0, only others of the same sound are reported.

    Below the findings are the false alarms that the list is predicted to give in an hour of speech in which nobody says any
    phrase of it, before verification, and the phrases that cause most of them (models of phones only). With defaults of 'graph
    compile'; --json has false_alarms_per_hour of each phrase.

    Examples:

    wfst-bias entities check names.txt

    wfst-bias entities check names.txt --base exp/base --strict --json - | jq .findings
    """
    from wfst_bias.core.files import check_not_input, publish_file
    from wfst_bias.graph.checked_list import check_list

    to_stdout = json_file == Path("-")
    if json_file and not to_stdout:
        check_not_input(json_file, source)
    checked = check_list(source, base_folder(base_dir), format_name, g2g_config)
    if json_file and not to_stdout:
        publish_file(json_file, checked.to_json())
    click.echo(checked.to_json() if to_stdout else checked.text(), nl=not to_stdout)
    sys.exit(int(checked.fails(strict)))


@entities.command("convert", short_help="Rewrite a list, of any format, as lines of JSON.")
@click.argument("source", type=LIST, metavar="LIST")
@click.argument("out", type=PATH, metavar="OUT.jsonl")
@format_option
def entities_convert(source: Path, out: Path, format_name: str) -> None:
    """Rewrite LIST, of any format, as our own lines of JSON: all that is known of a phrase, weights in nats.

    Example: wfst-bias entities convert phrase_set.json names.jsonl

    \b
    Formats of --format, here and in all commands:
    auto                by the content; what is read as more than a phrase a line is reported on standard error
    lines               each line is a phrase, whatever it holds
    plain               a phrase a line, with an optional TAB and weight in nats; comments, bullets, numbers are left out
    separated           phrases in one line, with commas or semicolons between
    weighted:SCALE      phrases with weights of another scale, in various notations
    tsv, csv:COLUMN     tables; of a CSV file the column with the phrases
    jsonl, strings      our own lines of JSON; a JSON list of strings
    sherpa, nemo, nemo-spellings, deepgram, aws, google, azure, speechmatics, gladia, ibm
                        hotwords, boosting files and vocabularies of these programs and services
    """
    from wfst_bias.core.files import check_not_input, publish_file
    from wfst_bias.entities.formats.documents import own_line
    from wfst_bias.entities.lists import read_entities

    check_not_input(out, source)
    phrases = read_entities(source, format_name)
    publish_file(out, "".join(own_line(entity) for entity in phrases))
    click.echo(f"{out}: {len(phrases):,} phrases")


_distractors = click.option(
    "--distractors", type=click.IntRange(0), required=True, metavar="N", help="Phrases that are not spoken."
)
_seed = click.option("--seed", type=int, default=0, show_default=True, help="Another one draws other distractors.")


@entities.command("sample", short_help="Make a list for a test: spoken phrases and distractors.")
@click.argument("paths", type=PATH, nargs=-1, required=True, metavar="[LIST [DATA]] OUT")
@_distractors
@click.option("--biasing", type=PATH, metavar="TSV", help="Lists of utterances, in the form of the public LibriSpeech lists.")
@click.option("--unsaid", is_flag=True, help="Distractors only: a list of which nothing is spoken in DATA.")
@_seed
@format_option
def entities_sample(
    paths: Tuple[Path, ...], distractors: int, biasing: Optional[Path], unsaid: bool, seed: int, format_name: str
) -> None:
    """Make a list for a test: phrases that are spoken in it, and distractors, which are not.

    \b
    LIST DATA OUT.jsonl       the phrases of LIST, or of a domain, that the texts of DATA have; distractors from LIST
    OUT.txt --biasing TSV     one list for all utterances of TSV: their rare words; distractors from their lists
    LIST OUT.tsv --biasing TSV   a list for each utterance of TSV: its rare words; distractors from LIST, a word a line

    A smaller list is a part of a larger one of the same kind and seed. OUT.jsonl has all that LIST has of a phrase;
    OUT.tsv is in the form of the public LibriSpeech lists, which were made so from 'all_rare_words.txt'.

    \b
    Examples:
    wfst-bias entities sample medicine data/test list_1000.jsonl --distractors 1000
    wfst-bias entities sample all_1000.txt --biasing biasing_1000.tsv --distractors 1000
    wfst-bias entities sample all_rare_words.txt biasing_500.tsv --biasing biasing_100.tsv --distractors 500
    """
    *sources, out = paths
    if biasing and (unsaid or is_set("format_name")):
        raise click.UsageError("--unsaid and --format are for LIST DATA OUT, without --biasing")
    if biasing and not sources:
        _write_pool(biasing, out, distractors, seed)
    elif biasing and len(sources) == 1:
        _write_lists(biasing, sources[0], out, distractors, seed)
    elif len(sources) == 2 and not biasing:
        _write_sample(sources[0], sources[1], out, format_name, distractors, unsaid, seed)
    else:
        expected = "OUT or LIST OUT" if biasing else "LIST DATA OUT, or --biasing TSV"
        raise click.UsageError(f"found {len(paths)} arguments; {expected} was expected")


def _write_sample(
    source: Path, data: Path, out: Path, format_name: str, distractors: int, unsaid: bool, seed: int
) -> None:
    """Write the phrases of a list that some texts have, and distractors."""
    from wfst_bias.core.files import check_not_input, publish_file
    from wfst_bias.data.cuts import read_texts
    from wfst_bias.entities.formats.documents import own_line
    from wfst_bias.entities.lists import read_entities
    from wfst_bias.entities.pool import sample_list

    check_not_input(out, source)
    texts = read_texts(data).values()
    phrases = sample_list(read_entities(source, format_name), texts, distractors, with_spoken=not unsaid, seed=seed)
    publish_file(out, "".join(own_line(entity) for entity in phrases))
    click.echo(f"{out}: {len(phrases):,} phrases, {distractors:,} of them distractors")


def _write_pool(biasing: Path, out: Path, distractors: int, seed: int = 0) -> None:
    """Write one list for all utterances."""
    from wfst_bias.core.files import check_not_input, publish_file
    from wfst_bias.entities.pool import pool_lists

    check_not_input(out, biasing)
    phrases = pool_lists(biasing, distractors, seed)
    publish_file(out, "".join(f"{phrase}\n" for phrase in phrases))
    click.echo(f"{out}: {len(phrases):,} phrases, {distractors:,} of them distractors")


def _write_lists(biasing: Path, words: Path, out: Path, distractors: int, seed: int) -> None:
    """Write a list for each utterance."""
    from wfst_bias.core.files import check_not_input, publish_file
    from wfst_bias.entities.distractors import lists_with_distractors

    check_not_input(out, biasing, words)
    rows = lists_with_distractors(biasing, words, distractors, seed)
    publish_file(out, "".join(row.serialize() for row in rows))
    click.echo(f"{out}: {len(rows):,} utterances, {distractors:,} distractors each")


_biasing = click.argument("biasing", type=PATH, metavar="TSV")


@click.command()
@_biasing
@click.argument("out", type=PATH, metavar="LIST")
@_distractors
def _pool(biasing: Path, out: Path, distractors: int) -> None:
    """Make one LIST for all utterances of TSV: all their rare words and some distractors."""
    _write_pool(biasing, out, distractors)


@click.command()
@_biasing
@click.argument("words", type=PATH)
@click.argument("out", type=PATH, metavar="OUT.tsv")
@_distractors
@_seed
def _lists(biasing: Path, words: Path, out: Path, distractors: int, seed: int) -> None:
    """Make a list for each utterance of TSV: its rare words, and distractors drawn from WORDS, one a line."""
    _write_lists(biasing, words, out, distractors, seed)


add_former(entities, "pool", _pool, "entities sample LIST --biasing TSV")
add_former(entities, "lists", _lists, "entities sample WORDS OUT.tsv --biasing TSV")
