"""``wfst-bias score``: error rates and entity scores of a decode folder."""

from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Sequence, Tuple

import click

from wfst_bias.cli.options import LIST, PATH, format_option
from wfst_bias.cli.sections import Command


@dataclass(frozen=True)
class _Scored:
    """Lists and definitions of a score, the arguments of :func:`wfst_bias.score.report.score_decoding`."""

    entities: Optional[Path]
    biasing: Optional[Path]
    utterances: Optional[Path]
    format_name: str
    librispeech: bool
    has_inflections: bool


_HELP = """Score DECODE_DIR against the texts of DATA, a Kaldi data folder or a lhotse cut manifest.

With a list, U-WER counts the words outside it, B-WER those in it, and entities are counted as found, missed and false alarms.
Intervals are 95 % bootstrap over utterances. The rules are below, and in docs/scoring.md.

\b
Examples:
wfst-bias score data/test exp/decode_names --entities names.txt
wfst-bias score data/test exp/decode_none exp/decode_names --entities names.txt --ladder
wfst-bias score data/test exp/decode_own --biasing test-clean.biasing_100.tsv --librispeech
"""
_RULES = """U-WER counts the words outside the list, B-WER those in it, an inserted word where it belongs; an entity
recognized as another one is a miss and a false alarm. Intervals are 95 % bootstrap over utterances.

Spelling is compared, not its form: case, punctuation and the Unicode form of letters and apostrophes do not count.
A phrase as LIST writes or displays it (A380) and each of its spoken forms (a three eighty) are the same words, in
texts as in hypotheses; of several ways to see it, the one with the fewest errors counts. The rates are divided by
the words of DATA's texts as they stand there, so that they are the same for all systems.

A possessive or plural (Selden's) of a phrase (Selden) is another word, an error where the other text has the
phrase; but it is the same entity, found, missed or a false alarm. 'inflected hits' tells how many hits have such
a form on one side or on both. With --no-inflections it is no phrase of the list.

With --confidence: how many words are right of those with a confidence, the normalized cross entropy of it, and the
area under the ROC curve by which a measure separates entities that were spoken from false alarms.

With --ladder, of one folder or of many: what each stage of 'decode --stages', and each folder, adds to what stands
before it.

With --librispeech, WER, U-WER and B-WER are those of the score.py of Le et al. 2021, for comparison with others.
Biased are the rare words of an utterance's own text (third column of TSV) instead of its list, so that inserted
distractors count in U-WER; and the alignment is the cheapest one with insertions and deletions at 3 and
substitutions at 4, which may have more errors than the least possible. Entities are counted as without it.
"""


@click.command(
    cls=Command, help=_HELP, epilog=_RULES, short_help="Compute error rates and entity scores of decode folders."
)
@click.argument("data", type=PATH)
@click.argument("decode_dirs", type=PATH, nargs=-1, required=True, metavar="DECODE_DIR...")
@click.option("--entities", type=LIST, metavar="LIST", help="One list for all utterances.")
@format_option
@click.option("--biasing", type=PATH, metavar="TSV", help="A list for each utterance, as the public LibriSpeech lists.")
@click.option("--librispeech", is_flag=True, help="Count words as the public score.py of the --biasing lists does.")
@click.option("--utterances", type=PATH, metavar="FILE", help="Score only these, one name a line.")
@click.option("--ladder", "as_ladder", is_flag=True, help="A row for each folder and each stage that it went through.")
@click.option("--confidence", is_flag=True, help="Score the confidences of words and entities, too.")
@click.option("--no-inflections", is_flag=True, help="Do not count the possessive or plural of a phrase as the phrase.")
@click.option("--json", "json_file", type=PATH, metavar="FILE", help="Write the scores there, too.")
def score(
    data: Path,
    decode_dirs: Tuple[Path, ...],
    entities: Optional[Path],
    format_name: str,
    biasing: Optional[Path],
    librispeech: bool,
    utterances: Optional[Path],
    as_ladder: bool,
    confidence: bool,
    no_inflections: bool,
    json_file: Optional[Path],
) -> None:
    """Score decode folders; the help is :data:`_HELP`."""
    from wfst_bias.core.files import publish_file

    _check(len(decode_dirs), entities, biasing, librispeech, as_ladder, confidence)
    scored = _Scored(entities, biasing, utterances, format_name, librispeech, not no_inflections)
    if as_ladder:
        table, content = _ladder(data, decode_dirs, scored)
    else:
        table, content = _scores(data, decode_dirs[0], scored, confidence)
    click.echo(table)
    if json_file:
        publish_file(json_file, content)


def _check(
    num_folders: int,
    entities: Optional[Path],
    biasing: Optional[Path],
    librispeech: bool,
    as_ladder: bool,
    confidence: bool,
) -> None:
    """Raise a usage error where options exclude each other."""
    if entities and biasing:
        raise click.UsageError("give --entities or --biasing, not both")
    if librispeech and not biasing:
        raise click.UsageError("--librispeech needs the lists: give --biasing")
    if num_folders > 1 and not as_ladder:
        raise click.UsageError("give one DECODE_DIR, or --ladder to compare them")
    if as_ladder and confidence:
        raise click.UsageError("give --ladder or --confidence, not both")


def _ladder(data: Path, decode_dirs: Sequence[Path], scored: _Scored) -> Tuple[str, str]:
    """Return table and JSON of the rungs of folders."""
    from wfst_bias.data.cuts import read_texts
    from wfst_bias.score.ladder import ladder, ladder_json, ladder_table

    rungs = ladder(read_texts(data), decode_dirs, **vars(scored))
    return ladder_table(rungs), ladder_json(rungs)


def _scores(data: Path, decode_dir: Path, scored: _Scored, confidence: bool) -> Tuple[str, str]:
    """Return table and JSON of the scores of one folder."""
    from wfst_bias.data.cuts import read_texts
    from wfst_bias.score.confidence import score_confidence
    from wfst_bias.score.phrase_lists import phrase_lists, rare_words, required
    from wfst_bias.score.report import score_with
    from wfst_bias.score.texts import read_names

    texts = read_texts(data)
    names = texts if scored.utterances is None else read_names(scored.utterances, texts)
    lists = phrase_lists(names, scored.entities, scored.biasing, scored.format_name, scored.has_inflections)
    rare = rare_words(texts, lists, required(scored.biasing)) if scored.librispeech else None
    scores = score_with(texts, decode_dir, lists, rare=rare)
    if not confidence:
        return scores.table(), scores.to_json()
    sure = score_confidence(texts, decode_dir, scored.utterances, lists)
    return f"{scores.table()}\n\n{sure.table()}", scores.to_json(confidence=sure.content())
