"""``wfst-bias graph``: compile a base, and lists into it."""

from collections import Counter
from pathlib import Path
from typing import Tuple

import click

from wfst_bias.cli.options import PATH, config_options
from wfst_bias.graph.config import ClassConfig
from wfst_bias.symbols import CLASS

class_options = config_options(
    ClassConfig,
    "class",
    prior="Probability of an entity where the language model has no history.",
    bonus="What a phrase is given, once, whatever its length; nats.",
)


topology_option = click.option(
    "--topology",
    type=click.Choice(["standard", "modified"]),
    default="standard",
    show_default=True,
    help="CTC topology: the modified one needs no blank between equal tokens and keeps graphs of many tokens small.",
)


@click.group()
def graph():
    """Compile decoding graphs."""


@graph.command("base")
@click.argument("lang_dir", type=PATH)
@click.argument("lm", type=PATH)
@click.argument("base_dir", type=PATH)
@click.option(
    "--class",
    "classes",
    multiple=True,
    metavar="NAME",
    help="A class that lists may be put into, such as '$DRUG' or '<unk>': where LM has it as a word, its n-grams say "
    "where an entity may stand; else it may stand where any word may. May be given again.",
)
@topology_option
def graph_base(lang_dir, lm, base_dir, classes, topology):
    """Compile lexicon and language model (ARPA, gzipped or not) into BASE_DIR, which lists are compiled into.

    Example: wfst-bias graph base data/lang lm.arpa.gz exp/base --class '$DRUG'
    """
    from wfst_bias.files import read_json
    from wfst_bias.graph.compile import compile_base

    made = compile_base(lang_dir, lm, base_dir, classes, topology)
    click.echo(f"{base_dir}: {'compiled' if made else 'is up to date'}")
    meta = read_json(base_dir / "meta.json")
    for entity_class in meta["classes"][1:]:
        where = "by its n-grams in the language model" if entity_class["in_model"] else "where any word may stand"
        click.echo(f"class {entity_class['name']}: {where}")
    skipped = meta["language_model"]["skipped_ngrams"]
    if skipped:
        click.echo(
            f"wfst-bias: {lm}: {skipped:,} n-grams are left out, a word of theirs is not in the lexicon; "
            "give it a pronunciation with 'wfst-bias lang hama --lexicon FILE'",
            err=True,
        )


@graph.command("compile")
@click.argument("base_dir", type=PATH)
@click.argument("lists", nargs=-1, required=True, metavar="[CLASS=]LIST...")
@click.argument("graph_dir", type=PATH)
@class_options
@click.option(
    "--class",
    "class_configs",
    type=(str, float, float),
    multiple=True,
    metavar="CLASS PRIOR BONUS",
    help="Prior and bonus of the lists of one class; may be given again.",
)
@click.option("--strict", is_flag=True, help="Fail where a phrase cannot be used.")
def graph_compile(base_dir, lists, graph_dir, class_config, class_configs, strict):
    """Compile LISTs, one phrase a line with an optional TAB and weight in nats, into GRAPH_DIR.

    A list may be put into a class that the base was made with. GRAPH_DIR/report.tsv tells what became of each phrase.

    Examples:

    wfst-bias graph compile exp/base names.txt exp/names

    wfst-bias graph compile exp/base '$DRUG=drugs.txt' people.txt exp/ward --class '$DRUG' 0.02 3
    """
    from wfst_bias.entities.spelling import UNUSABLE
    from wfst_bias.graph.compile import ListFile, compile_graph

    own = {name: ClassConfig(prior, bonus) for name, prior, bonus in class_configs}
    sources = [_class_and_path(source) for source in lists]
    if unused := own.keys() - {name for name, _ in sources}:
        raise click.UsageError(f"no list is put into the class {min(unused)!r}; write '{min(unused)}=LIST'")
    parts = [ListFile(path, name, own.get(name, class_config)) for name, path in sources]
    counts = Counter()
    for path, outcomes in compile_graph(base_dir, parts, graph_dir, strict).items():
        for outcome in outcomes:
            if outcome.status == UNUSABLE:
                click.echo(
                    f"wfst-bias: {path}:{outcome.entity.line}: {outcome.entity.written!r} {outcome.note}", err=True
                )
        counts.update(outcome.status for outcome in outcomes)
    summary = ", ".join(f"{count:,} {status}" for status, count in counts.items())
    click.echo(f"{graph_dir}: {summary}; see {graph_dir / 'report.tsv'}")


def _class_and_path(source: str) -> Tuple[str, Path]:
    """``CLASS=LIST`` or ``LIST``."""
    name, equals, path = source.rpartition("=")
    return (name, Path(path)) if equals and not Path(source).exists() else (CLASS, Path(source))
