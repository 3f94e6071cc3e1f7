"""``wfst-bias graph``: compile a base, and lists into it."""

from collections import Counter
from pathlib import Path
from typing import FrozenSet, Optional, Tuple

import click

from wfst_bias.cli.bases import BASE, base_folder
from wfst_bias.cli.options import LIST, PATH, config_options, format_option, g2g_options
from wfst_bias.cli.outcomes import echo_outcomes
from wfst_bias.cli.sections import Group, Option, in_section
from wfst_bias.core.symbols import CLASS
from wfst_bias.g2p.config import G2GConfig
from wfst_bias.graph.config import ClassConfig, OpenVocabulary

class_options = config_options(
    ClassConfig, "class", "Costs of the list", short={"inflections": "--inflections/--no-inflections"}
)


topology_option = click.option(
    "--topology",
    type=click.Choice(["standard", "modified"]),
    default="standard",
    show_default=True,
    help="CTC topology: the modified one needs no blank between equal tokens and keeps graphs of many tokens small.",
)


_ORDER_HELP = "Longest n-gram of units; 0 takes all units for equally likely."


@click.group(cls=Group)
def graph() -> None:
    """Make bases, compile lists into them, exchange and show graphs."""


@graph.command("base", short_help="Compile lexicon and language model into a base for lists.")
@click.argument("lang_dir", type=PATH)
@click.argument("lm", type=PATH)
@click.argument("base_dir", type=PATH)
@click.option(
    "--class",
    "classes",
    multiple=True,
    metavar="NAME",
    help="A class that lists may be put into, such as '$DRUG' or '<unk>': where LM has it as a word, its n-grams give "
    "where an entity may stand; else it may stand where any word may. May be given again.",
)
@topology_option
def graph_base(lang_dir: Path, lm: Path, base_dir: Path, classes: Tuple[str, ...], topology: str) -> None:
    """Compile lexicon and language model (ARPA, gzipped or not) into BASE_DIR, which lists are compiled into.

    Example: wfst-bias graph base data/lang lm.arpa.gz exp/base --class '$DRUG'
    """
    from wfst_bias.core.files import read_json
    from wfst_bias.graph.compile import compile_base
    from wfst_bias.lm.files import LEFT_OUT_WORDS, UNKNOWN_WORDS

    made = compile_base(lang_dir, lm, base_dir, classes, topology)
    click.echo(f"{base_dir}: {'compiled' if made else 'is up to date'}")
    meta = read_json(base_dir / "meta.json")
    for entity_class in meta["classes"][1:]:
        where = "by its n-grams in the language model" if entity_class["in_model"] else "where any word may stand"
        copies = meta["list_copies"][entity_class["name"]]
        often = f"; a list of it stands {copies} times in a graph, once for each of its histories" if copies > 1 else ""
        click.echo(f"class {entity_class['name']}: {where}{often}")
    skipped, words = (meta["language_model"][name] for name in ("skipped_ngrams", "skipped_words"))
    missing = [word for word in words if word.lower() not in UNKNOWN_WORDS]
    for note in meta["language_model"].get("notes", ()):
        if not (missing and LEFT_OUT_WORDS in note):  # told below, with what to do
            click.echo(f"wfst-bias: {lm}: {note}", err=True)
    if missing:
        click.echo(
            f"wfst-bias: {lm}: {skipped:,} n-grams are left out, a word of theirs is not in the lexicon: "
            f"{', '.join(missing)} ...; give it to the lexicon of 'wfst-bias lang', or, if it is a class, to --class",
            err=True,
        )


@graph.command("loop", short_help="Make a base without a language model.")
@click.argument("lang_dir", type=PATH)
@click.argument("base_dir", type=PATH)
@click.option("--order", type=int, default=3, show_default=True, help=_ORDER_HELP)
@topology_option
def graph_loop(lang_dir: Path, base_dir: Path, order: int, topology: str) -> None:
    """Make BASE_DIR without a language model: any word, spelled by n-grams of the units of LANG_DIR.

    Decoding is then greedy but for these n-grams and the lists that are compiled in.

    Example: wfst-bias graph loop data/lang exp/loop
    """
    from wfst_bias.graph.compile import compile_loop

    made = compile_loop(lang_dir, base_dir, OpenVocabulary(order=order).order, topology)
    click.echo(f"{base_dir}: {'compiled' if made else 'is up to date'}")


@graph.command(
    "compile",
    common=("--class-bonus", "--class-prior", "--inflections", "--format", "--strict"),
    short_help="Compile lists into a base.",
)
@click.argument("base_dir", type=BASE)
@click.argument("lists", nargs=-1, metavar="[CLASS=]LIST...", shell_complete=LIST.shell_complete)
@click.argument("graph_dir", type=PATH)
@class_options
@g2g_options
@in_section(
    "Costs of the list",
    "--class",
    "class_configs",
    type=(str, float, float),
    multiple=True,
    metavar="CLASS PRIOR BONUS",
    help="Prior and bonus of one class, where other than --class-prior and --class-bonus; may be given again.",
)
@in_section(
    "Open vocabulary",
    "--oov-cost",
    type=float,
    help="Open the vocabulary: a word that is neither in the lexicon nor in a list is spelled, at this cost in nats; 10 is "
    "a beginning. Off by default.",
)
@in_section("Open vocabulary", "--oov-order", type=int, help=f"{_ORDER_HELP} 3 by default.")
@format_option
@click.option("--strict", is_flag=True, help="Fail where a phrase cannot be used.")
def graph_compile(
    base_dir: Path,
    lists: Tuple[str, ...],
    graph_dir: Path,
    class_config: ClassConfig,
    g2g_config: G2GConfig,
    class_configs: Tuple[Tuple[str, float, float], ...],
    oov_cost: Optional[float],
    oov_order: Optional[int],
    format_name: str,
    strict: bool,
) -> None:
    """Compile LISTs, one phrase a line with an optional TAB and weight in nats, or another --format, into GRAPH_DIR.

    BASE_DIR is a base of 'graph base', or 'default', the English one that comes with the package. GRAPH_DIR/report.tsv has
    the outcome of each phrase and its predicted false alarms an hour, see 'entities check'. A LIST may be put into a class
    that the base was made with (CLASS=LIST). It may also be a domain, medicine or parliament, or a folder of yours with a
    domain.toml: its lists go into their classes where the base has them.

    \b
    Examples:
    wfst-bias graph compile default names.txt exp/names
    wfst-bias graph compile exp/base '$DRUG=drugs.txt' people.txt exp/ward --class '$DRUG' 0.02 3
    wfst-bias graph compile exp/base medicine people.txt exp/ward
    """
    from wfst_bias.entities.domains import find_domain
    from wfst_bias.graph.compile import ListFile, compile_graph

    own = {name: ClassConfig(prior, bonus) for name, prior, bonus in class_configs}
    parts = [ListFile(path, name, format_name) for name, path in map(_class_and_path, lists)]
    if oov_order is not None and oov_cost is None:
        raise click.UsageError("--oov-order needs --oov-cost: without it the vocabulary is closed")
    open_vocabulary = OpenVocabulary(oov_cost, 3 if oov_order is None else oov_order) if oov_cost is not None else None
    if not parts and not open_vocabulary:
        raise click.UsageError("name a list, or --oov-cost")
    compiled = compile_graph(
        base_folder(base_dir), parts, graph_dir, strict, open_vocabulary, None, class_config, own, g2g_config, predict=True
    )
    counts: Counter[str] = sum((Counter(spelled.counts) for spelled in compiled.values()), Counter())
    for part, spelled in compiled.items():
        echo_outcomes(part.path, spelled)
        if domain := find_domain(Path(str(part.path))):
            used = Counter(entity.entity_class for entity in spelled.entities)
            click.echo(f"{part.path}: {_describe_classes(used, domain.classes - used.keys())}")
    summary = ", ".join(f"{count:,} {status}" for status, count in counts.items()) or "no list"
    click.echo(f"{graph_dir}: {summary}; see {graph_dir / 'report.tsv'}")


def _describe_classes(used: Counter[str], missing: FrozenSet[str]) -> str:
    """How many phrases of a domain went where, and which classes the base does not have for them."""
    where = ", ".join(f"{n:,} {'where any word may stand' if c == CLASS else f'in {c}'}" for c, n in used.items())
    names = ", ".join(sorted(missing))
    return f"{where}; the base has no class {names}: see 'wfst-bias graph base --class'" if missing else where


def _class_and_path(source: str) -> Tuple[str, Path]:
    """``CLASS=LIST`` or ``LIST``."""
    name, equals, path = source.rpartition("=")
    return (name, Path(path)) if equals and not Path(source).exists() else (CLASS, Path(source))


@graph.command("info", short_help="Show what a base or graph folder holds.")
@click.argument("graph_dir", type=BASE)
def graph_info(graph_dir: Path) -> None:
    """Show what a base or graph folder holds: units, classes, sizes, what it was made of."""
    from tabulate import tabulate

    from wfst_bias.graph.store import graph_facts

    click.echo(tabulate(graph_facts(base_folder(graph_dir)), tablefmt="plain"))


@graph.command("export", short_help="Write a graph for Kaldi, k2 or OpenFst.")
@click.argument("graph_dir", type=BASE)
@click.argument("out", type=PATH)
@click.option("--format", "form", type=click.Choice(["k2", "openfst", "kaldi"]), required=True, help="Format of OUT.")
@click.option(
    "--keep-boosted",
    "--keep-twins",
    cls=Option,
    hidden_names=("--keep-twins",),
    is_flag=True,
    help="Let the inner arcs of entities read boosted columns, which the decoder then has to append to the emissions.",
)
def graph_export(graph_dir: Path, out: Path, form: str, keep_boosted: bool) -> None:
    """Write a base or graph folder for other decoders.

    \b
    k2        a file that k2.Fsa.from_dict reads, labels as columns of the emissions
    openfst   a file, labels as columns plus one
    kaldi     a folder with HLG.fst (the same), words.txt and tokens.txt, for kaldi-decoder, Kaldi and sherpa

    Weights, words and paths go out; which words are entities does not, nor, without --keep-boosted, adaptive boosting.

    Example: wfst-bias graph export exp/names exp/names_kaldi --format kaldi
    """
    from wfst_bias.graph.exchange import export_graph
    from wfst_bias.graph.store import read_decoding

    export_graph(read_decoding(base_folder(graph_dir)), out, form, keep_boosted)
    click.echo(f"{out}: written")


@graph.command("import", short_help="Read a graph of Kaldi, k2 or OpenFst.")
@click.argument("source", type=PATH)
@click.argument("lang_dir", type=PATH)
@click.argument("graph_dir", type=PATH)
@click.option("--format", "form", type=click.Choice(["k2", "openfst", "kaldi"]), required=True, help="Format of SOURCE.")
@click.option("--words", type=PATH, metavar="FILE", help="words.txt of SOURCE, where it is a file.")
def graph_import(source: Path, lang_dir: Path, graph_dir: Path, form: str, words: Optional[Path]) -> None:
    """Make GRAPH_DIR of a graph that others compiled over the tokens of LANG_DIR.

    Example: wfst-bias graph import kaldi/graph data/lang exp/theirs --format kaldi
    """
    from wfst_bias.core.symbols import EPS, SymbolTable
    from wfst_bias.entities.spelled_list import SpelledList
    from wfst_bias.graph.exchange import import_graph
    from wfst_bias.graph.store import content_key, write_graph
    from wfst_bias.lang.lang import read_lang

    table = SymbolTable.read(words, first=EPS) if words else None
    imported = import_graph(source, form, read_lang(lang_dir), table)
    files = sorted(file for file in source.iterdir() if file.is_file()) if source.is_dir() else [source]
    key = content_key("import", form, *files, list(imported.words.symbols))
    write_graph(graph_dir, imported, SpelledList(), key, {"imported_from": source.name})
    click.echo(f"{graph_dir}: {imported.num_arcs:,} arcs, {len(imported.words):,} words")


@graph.command("draw", short_help="Draw a small graph.")
@click.argument("graph_dir", type=BASE)
@click.argument("out", type=PATH, metavar="OUT.dot|OUT.svg|OUT.pdf")
def graph_draw(graph_dir: Path, out: Path) -> None:
    """Draw a small graph (up to 300 states), with graphviz where OUT is not a .dot file."""
    from wfst_bias.graph.draw import draw_graph
    from wfst_bias.graph.store import read_decoding

    draw_graph(read_decoding(base_folder(graph_dir)), out)
    click.echo(f"{out}: written")
