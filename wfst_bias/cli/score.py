"""``wfst-bias score``: error rates and entity scores of a decode folder."""

import click

from wfst_bias.cli.options import PATH, format_option


@click.command()
@click.argument("data", type=PATH)
@click.argument("decode_dir", type=PATH)
@click.option("--entities", type=PATH, metavar="LIST", help="One list for all utterances.")
@format_option
@click.option("--biasing", type=PATH, metavar="TSV", help="A list for each utterance, as the public LibriSpeech lists.")
@click.option("--utterances", type=PATH, metavar="FILE", help="Score only these, one name a line.")
@click.option("--confidence", is_flag=True, help="Score the confidences of words and entities, too.")
@click.option("--json", "json_file", type=PATH, metavar="FILE", help="Write the scores there, too.")
def score(data, decode_dir, entities, format_name, biasing, utterances, confidence, json_file):
    """Score DECODE_DIR against the texts of DATA, a Kaldi data folder or a lhotse cut manifest.

    U-WER counts the words outside the list, B-WER those in it, an inserted word where it belongs; an entity
    recognised as another one is a miss and a false alarm. Intervals are 95 % bootstrap over utterances.

    With --confidence: how many words are right of those with a confidence, the normalised cross entropy of it, and the
    area under the ROC curve by which a measure parts entities that were said from false alarms.

    Example: wfst-bias score data/test exp/decode_names --entities names.txt
    """
    from wfst_bias.corpus.data import read_texts
    from wfst_bias.files import publish_file
    from wfst_bias.score.confidence import score_confidence
    from wfst_bias.score.report import score_decoding

    if entities and biasing:
        raise click.UsageError("give --entities or --biasing, not both")
    texts = read_texts(data)
    scores = score_decoding(texts, decode_dir, entities, biasing, utterances, format_name)
    click.echo(scores.table())
    more = {}
    if confidence:
        sure = score_confidence(texts, decode_dir, utterances)
        click.echo(f"\n{sure.table()}")
        more["confidence"] = sure.content()
    if json_file:
        publish_file(json_file, scores.to_json(**more))
