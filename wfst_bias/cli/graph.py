"""``wfst-bias graph``: compile a base, and lists into it."""

from collections import Counter

import click

from wfst_bias.cli.options import PATH, config_options
from wfst_bias.graph.config import ClassConfig

class_options = config_options(
    ClassConfig,
    "class",
    prior="Probability of an entity where the language model has no history.",
    bonus="What a phrase is given, once, whatever its length; nats.",
)


@click.group()
def graph():
    """Compile decoding graphs."""


@graph.command("base")
@click.argument("lang_dir", type=PATH)
@click.argument("lm", type=PATH)
@click.argument("base_dir", type=PATH)
def graph_base(lang_dir, lm, base_dir):
    """Compile lexicon and language model (ARPA, gzipped or not) into BASE_DIR, which lists are compiled into.

    Example: wfst-bias graph base data/lang lm.arpa.gz exp/base
    """
    from wfst_bias.files import read_json
    from wfst_bias.graph.compile import compile_base

    made = compile_base(lang_dir, lm, base_dir)
    click.echo(f"{base_dir}: {'compiled' if made else 'is up to date'}")
    skipped = read_json(base_dir / "meta.json")["language_model"]["skipped_ngrams"]
    if skipped:
        click.echo(
            f"wfst-bias: {lm}: {skipped:,} n-grams are left out, a word of theirs is not in the lexicon; "
            "give it a pronunciation with 'wfst-bias lang hama --lexicon FILE'",
            err=True,
        )


@graph.command("compile")
@click.argument("base_dir", type=PATH)
@click.argument("entity_list", type=PATH, metavar="LIST")
@click.argument("graph_dir", type=PATH)
@class_options
@click.option("--strict", is_flag=True, help="Fail where a phrase cannot be used.")
def graph_compile(base_dir, entity_list, graph_dir, class_config, strict):
    """Compile LIST, one phrase a line with an optional TAB and weight in nats, into GRAPH_DIR.

    GRAPH_DIR/report.tsv tells what became of each phrase.

    Example: wfst-bias graph compile exp/base names.txt exp/names
    """
    from wfst_bias.entities.spelling import UNUSABLE
    from wfst_bias.graph.compile import compile_graph

    outcomes = compile_graph(base_dir, entity_list, graph_dir, class_config, strict)
    for outcome in outcomes:
        if outcome.status == UNUSABLE:
            click.echo(
                f"wfst-bias: {entity_list}:{outcome.entity.line}: {outcome.entity.written!r} {outcome.note}", err=True
            )
    counts = Counter(outcome.status for outcome in outcomes)
    summary = ", ".join(f"{count:,} {status}" for status, count in counts.items())
    click.echo(f"{graph_dir}: {summary}; see {graph_dir / 'report.tsv'}")
