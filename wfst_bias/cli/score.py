"""``wfst-bias score``: error rates and entity scores of a decode folder."""

import click

from wfst_bias.cli.options import PATH, format_option


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
def score(data, decode_dirs, entities, format_name, biasing, librispeech, utterances, as_ladder, confidence, json_file):
    """Score DECODE_DIR against the texts of DATA, a Kaldi data folder or a lhotse cut manifest.

    U-WER counts the words outside the list, B-WER those in it, an inserted word where it belongs; an entity
    recognised as another one is a miss and a false alarm. Intervals are 95 % bootstrap over utterances.

    With --confidence: how many words are right of those with a confidence, the normalised cross entropy of it, and the
    area under the ROC curve by which a measure parts entities that were said from false alarms.

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
    from wfst_bias.data.cuts import read_texts
    from wfst_bias.score.confidence import score_confidence
    from wfst_bias.score.ladder import ladder, ladder_json, ladder_table
    from wfst_bias.score.report import score_decoding

    if entities and biasing:
        raise click.UsageError("give --entities or --biasing, not both")
    if librispeech and not biasing:
        raise click.UsageError("--librispeech needs the lists: give --biasing")
    if len(decode_dirs) > 1 and not as_ladder:
        raise click.UsageError("give one DECODE_DIR, or --ladder to compare them")
    if as_ladder and confidence:
        raise click.UsageError("give --ladder or --confidence, not both")
    texts = read_texts(data)
    if as_ladder:
        rungs = ladder(texts, decode_dirs, entities, biasing, utterances, format_name, librispeech)
        table, content = ladder_table(rungs), ladder_json(rungs)
    else:
        scores = score_decoding(
            texts, *decode_dirs, entities, biasing, utterances, format_name, librispeech=librispeech
        )
        sure = score_confidence(texts, *decode_dirs, utterances) if confidence else None
        table = f"{scores.table()}\n\n{sure.table()}" if sure else scores.table()
        content = scores.to_json(confidence=sure.content()) if sure else scores.to_json()
    click.echo(table)
    if json_file:
        publish_file(json_file, content)
