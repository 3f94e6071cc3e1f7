"""``wfst-bias entities``: lists of phrases."""

import click

from wfst_bias.cli.options import PATH, format_option


@click.group()
def entities():
    """Make and rewrite lists of phrases."""


@entities.command("convert")
@click.argument("source", type=PATH, metavar="LIST")
@click.argument("out", type=PATH, metavar="OUT.jsonl")
@format_option
def entities_convert(source, out, format_name):
    """Rewrite LIST, of any format, as our own lines of JSON: all that is known of a phrase, weights in nats.

    Example: wfst-bias entities convert phrase_set.json names.jsonl
    """
    from wfst_bias.entities.formats.documents import own_line
    from wfst_bias.entities.lists import read_entities
    from wfst_bias.files import publish_file, refuse_same

    refuse_same(out, source)
    phrases = read_entities(source, format_name)
    publish_file(out, "".join(own_line(entity) for entity in phrases))
    click.echo(f"{out}: {len(phrases):,} phrases")


@entities.command("pool")
@click.argument("biasing", type=PATH, metavar="TSV")
@click.argument("out", type=PATH, metavar="LIST")
@click.option("--distractors", type=click.IntRange(0), required=True, help="Words that nobody says, from the lists.")
def entities_pool(biasing, out, distractors):
    """One LIST for all utterances of TSV: all their rare words and some distractors.

    TSV has a list for each utterance, in the form of the public LibriSpeech lists.

    Example: wfst-bias entities pool biasing_1000.tsv all_1000.txt --distractors 1000
    """
    from wfst_bias.entities.pool import pool_lists
    from wfst_bias.files import publish_file, refuse_same

    refuse_same(out, biasing)
    phrases = pool_lists(biasing, distractors)
    publish_file(out, "".join(f"{phrase}\n" for phrase in phrases))
    click.echo(f"{out}: {len(phrases):,} phrases, {distractors:,} of them distractors")
