"""``wfst-bias score``: error rates and entity scores of a decode folder."""

from functools import partial
from pathlib import Path
from typing import Optional, Sequence, Tuple

import click

from wfst_bias.cli.options import PATH, format_option

Lists = Tuple[Optional[Path], Optional[Path], Optional[Path], str]  # one list, lists, utterances, format


@click.command()
@click.argument("data", type=PATH)
@click.argument("decode_dirs", type=PATH, nargs=-1, required=True, metavar="DECODE_DIR...")
@click.option("--entities", type=PATH, metavar="LIST", help="One list for all utterances.")
@format_option
@click.option("--biasing", type=PATH, metavar="TSV", help="A list for each utterance, as the public LibriSpeech lists.")
@click.option("--librispeech", is_flag=True, help="Count words as the public score.py of the --biasing lists does.")
@click.option("--utterances", type=PATH, metavar="FILE", help="Score only these, one name a line.")
@click.option("--ladder", "as_ladder", is_flag=True, help="A row for each folder and each stage that it went through.")
@click.option("--confidence", is_flag=True, help="Score the confidences of words and entities, too.")
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
    json_file: Optional[Path],
) -> None:
    """Score DECODE_DIR against the texts of DATA, a Kaldi data folder or a lhotse cut manifest.

    U-WER counts the words outside the list, B-WER those in it, an inserted word where it belongs; an entity
    recognized as another one is a miss and a false alarm. Intervals are 95 % bootstrap over utterances.

    With --confidence: how many words are right of those with a confidence, the normalized cross entropy of it, and the
    area under the ROC curve by which a measure separates entities that were spoken from false alarms.

    With --ladder, of one folder or of many: what each stage of 'decode --stages', and each folder, adds to what stands
    before it.

    With --librispeech, WER, U-WER and B-WER are those of the score.py of Le et al. 2021, for comparison with others.
    Biased are the rare words of an utterance's own text (third column of TSV) instead of its list, so that inserted
    distractors count in U-WER; and the alignment is the cheapest one with insertions and deletions at 3 and
    substitutions at 4, which may have more errors than the least possible. Entities are counted as without it.

    Examples:

    wfst-bias score data/test exp/decode_names --entities names.txt

    wfst-bias score data/test exp/decode_none exp/decode_names --entities names.txt --ladder

    wfst-bias score data/test exp/decode_own --biasing test-clean.biasing_100.tsv --librispeech
    """
    from wfst_bias.core.files import publish_file

    _check(len(decode_dirs), entities, biasing, librispeech, as_ladder, confidence)
    lists = (entities, biasing, utterances, format_name)
    scored = _ladder if as_ladder else partial(_scores, confidence=confidence)
    table, content = scored(data, decode_dirs, lists, librispeech)
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


def _ladder(data: Path, decode_dirs: Sequence[Path], lists: Lists, librispeech: bool) -> Tuple[str, str]:
    """Return table and JSON of the rungs of folders."""
    from wfst_bias.data.cuts import read_texts
    from wfst_bias.score.ladder import ladder, ladder_json, ladder_table

    rungs = ladder(read_texts(data), decode_dirs, *lists, librispeech)
    return ladder_table(rungs), ladder_json(rungs)


def _scores(
    data: Path, decode_dirs: Sequence[Path], lists: Lists, librispeech: bool, confidence: bool
) -> Tuple[str, str]:
    """Return table and JSON of the scores of one folder."""
    from wfst_bias.data.cuts import read_texts
    from wfst_bias.score.confidence import score_confidence
    from wfst_bias.score.report import score_decoding

    texts, (decode_dir,) = read_texts(data), decode_dirs
    scores = score_decoding(texts, decode_dir, *lists, librispeech=librispeech)
    if not confidence:
        return scores.table(), scores.to_json()
    *_, utterances, _ = lists
    sure = score_confidence(texts, decode_dir, utterances)
    return f"{scores.table()}\n\n{sure.table()}", scores.to_json(confidence=sure.content())
