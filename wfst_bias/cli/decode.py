"""``wfst-bias decode``: a corpus to words and lattices."""

import functools
import re
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional, Tuple

import click

from wfst_bias.cli.bases import BASE, base_folder
from wfst_bias.cli.decoding import LISTS_SECTION, decoding_options
from wfst_bias.cli.options import PATH, was_given, with_options
from wfst_bias.cli.pseudo_labels import check_output, write_pseudo_labels
from wfst_bias.cli.sections import Command, in_section

if TYPE_CHECKING:
    from wfst_bias.corpus.options import OutputOptions, RunOptions
    from wfst_bias.corpus.run import CorpusRun
    from wfst_bias.corpus.worker import Work
    from wfst_bias.recognize.setup import DecodeSetup


class _Job(click.ParamType):  # type: ignore[type-arg]  # generic in new versions of click only
    """``K/N``: the K-th of N jobs."""

    name = "K/N"

    def convert(self, value: Any, param: Any, ctx: Any) -> Tuple[int, int]:
        if isinstance(value, tuple):
            return value
        found = re.fullmatch(r"(\d+)/(\d+)", value)
        if not found or not 1 <= int(found[1]) <= int(found[2]):
            self.fail(f"found {value!r}; K/N with K from 1 to N was expected, such as 3/8", param, ctx)
        return int(found[1]), int(found[2])


@dataclass(frozen=True)
class _Workers:
    """Who decodes the parts of a corpus; this process where nothing is given.

    Args:
      num_jobs: processes on this machine.
      job: the share of this process, and the number of shares.
      merge: nobody; the parts are joined.
      scheduler: address of a Dask scheduler.
    """

    num_jobs: Optional[int]
    job: Optional[Tuple[int, int]]
    merge: bool
    scheduler: Optional[str]

    def decode(self, run: "CorpusRun", work: "Work") -> None:
        """Decode the parts."""
        if self.merge:
            return
        if not self.scheduler:
            from wfst_bias.decode.search import usable_device

            usable_device(work.device)
        if self.num_jobs:
            from wfst_bias.corpus.local_workers import LocalWorkers

            run.decode(LocalWorkers(work, self.num_jobs).run)
        elif self.scheduler:
            from wfst_bias.corpus.dask_workers import DaskWorkers

            run.decode(DaskWorkers(work, self.scheduler).run)
        else:
            number, of = self.job or (1, 1)
            run.decode(lambda tasks: work.decode_all(tasks, number), number, of)


_WORKER_OPTIONS = (
    click.option(
        "--nj",
        "num_jobs",
        type=click.IntRange(1),
        metavar="N",
        help="Decode in N processes with one thread each; else in this process with all threads.",
    ),
    in_section(
        "Clusters",
        "--job",
        type=_Job(),
        metavar="K/N",
        help="Decode only the K-th of N shares, for queue.pl or a job array; then run the same command with --merge.",
    ),
    in_section("Clusters", "--merge", is_flag=True, help="Join what the jobs have decoded."),
    in_section(
        "Clusters",
        "--scheduler", metavar="ADDRESS", help="Decode on the workers of a Dask scheduler: its address or its file."
    ),
)
_RUN_OPTIONS = (
    in_section(
        "Parts and failures",
        "--part-seconds",
        type=click.FloatRange(1),
        default=300.0,
        show_default=True,
        metavar="S",
        help="Audio that is decoded and written at once; this much is lost when a process is killed.",
    ),
    in_section("Parts and failures", "--strict", is_flag=True, help="End at the first input that cannot be read or decoded."),
    in_section(
        "Parts and failures",
        "--max-failed",
        type=click.FloatRange(0, 1),
        default=0.5,
        show_default=True,
        metavar="SHARE",
        help="End where a larger share of the inputs fails.",
    ),
)
_OUTPUT_OPTIONS = (
    in_section(
        "Output",
        "--lattices",
        "lattice_form",
        type=click.Choice(["words", "frames"]),
        default="words",
        show_default=True,
        help="What an arc of lat.1.gz is: a word (each word sequence once, Kaldi's CompactLattice), or a frame (all paths).",
    ),
    in_section(
        "Output",
        "--nbest",
        "num_best",
        type=click.IntRange(0),
        default=0,
        show_default=True,
        metavar="N",
        help="Write the N best word sequences of each utterance and their terms into nbest.jsonl; a wider "
        "--search-output-beam holds more.",
    ),
)


_to_cuts_option = in_section(
    "Output",
    "--to-cuts",
    type=PATH,
    metavar="FILE",
    help="Write a lhotse cut manifest with what was found as supervisions, as 'wfst-bias data pseudo-labels' does.",
)


def _corpus_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a corpus; the command receives ``workers``, ``output`` and ``options``."""

    @functools.wraps(command)
    def with_corpus(*args: Any, batch_size: int, **kwargs: Any) -> Any:
        from wfst_bias.corpus.options import OutputOptions, RunOptions

        workers = _Workers(*(kwargs.pop(name) for name in ("num_jobs", "job", "merge", "scheduler")))
        if sum(map(bool, astuple(workers))) > 1:
            raise click.UsageError("give one of --nj, --job, --merge and --scheduler")
        output = OutputOptions(kwargs.pop("lattice_form"), kwargs.pop("num_best"), batch_size)
        options = RunOptions(*(kwargs.pop(name) for name in ("part_seconds", "strict", "max_failed")))
        return command(*args, workers=workers, output=output, options=options, **kwargs)

    return with_options(with_corpus, *_OUTPUT_OPTIONS, *_WORKER_OPTIONS, *_RUN_OPTIONS)


_FILES = """DECODE_DIR has these files, all of them or none:

\b
text, text.display         the words; the phrases as LIST writes them
ctm, ctm.with_list         words with times and confidences, without what the list pays and with it
entities.jsonl             each phrase found, with its evidence and its competitor
rejected.jsonl             phrases that were found and removed again, and why
lat.1.gz, lat.2.gz, ...    Kaldi text lattices, an hour of audio each
terms.1.jsonl.gz, ...      what list and boost have in their scores
nbest.jsonl                with --nbest
failed.jsonl               inputs that cannot be read or decoded, and why
segments, words.txt, meta.json

TSV has rows 'UTTERANCE<TAB>TEXT<TAB>["rare word", ...]<TAB>["phrase", ...]', of which the last column counts here; MAP has rows
'VALUE LIST', LIST being relative to MAP, or '-' for none. The costs and the pronunciations of a list are options for these
alone: a compiled graph has its own. Unfinished parts are in DECODE_DIR.parts.
"""


@click.command(
    cls=Command,
    common=("--model", "--nj", "--device", "--stages", "--boost-alpha", "--nbest"),
    short_help="Decode a corpus with a graph, to words, entities and lattices.",
    epilog=_FILES,
)
@click.argument("graph_dir", type=BASE)
@click.argument("data", type=PATH)
@click.argument("decode_dir", type=PATH)
@in_section(
    LISTS_SECTION,
    "--list",
    "--adapter-list",
    "side_list",
    hidden_names=("--adapter-list",),
    type=PATH,
    metavar="LIST",
    help="Phrases for the adapter and the stages; else those of the graph, or of each utterance's own list.",
)
@decoding_options
@_corpus_options
@_to_cuts_option
def decode(
    graph_dir: Path,
    data: Path,
    decode_dir: Path,
    side_list: Optional[Path],
    setup_of: "Callable[..., DecodeSetup]",
    device: str,
    workers: _Workers,
    output: "OutputOptions",
    options: "RunOptions",
    to_cuts: Optional[Path],
) -> None:
    """Decode DATA, a Kaldi data folder, a lhotse cut manifest or a Shar folder, with GRAPH_DIR into DECODE_DIR.

    GRAPH_DIR is a graph with a list; a base decodes, too, without a list, or with a list for each utterance (--biasing,
    --entities-by); 'default' is the base that comes with the package. After an interruption the same command continues.

    \b
    Examples:
    wfst-bias decode exp/names data/test exp/decode_names --nj 8
    wfst-bias decode exp/base data/test exp/decode_own --biasing test.biasing_100.tsv --model onnx:nemo/model.onnx
    queue.pl JOB=1:40 exp/log/decode.JOB.log wfst-bias decode exp/names data/test exp/decode_names --job JOB/40
    """
    from wfst_bias.corpus.decode import corpus_run
    from wfst_bias.corpus.worker import Work

    setup = setup_of(graph=base_folder(graph_dir), data=data, side_list=side_list)
    if (was_given("class") or was_given("g2g")) and not setup.has_own_lists:
        raise click.UsageError("the class and G2G options are compiled into a graph: give them to 'graph compile'")
    if to_cuts and workers.job:
        raise click.UsageError("--to-cuts is for the whole corpus: give it to --merge")
    if to_cuts:
        check_output(data, to_cuts)
    run = corpus_run(setup, decode_dir, device, output, options)
    _report_plan(run)
    workers.decode(run, Work(setup, device, output, run.folder, run.run_key))
    if not workers.job:
        _report_decoded(decode_dir, run.merge())
        if to_cuts:
            write_pseudo_labels(data, decode_dir, to_cuts)


def _report_plan(run: "CorpusRun") -> None:
    """How much there is to decode."""
    plan = run.plan
    unreadable = f"; {plan.num_failed:,} cannot be read" if plan.num_failed else ""
    duration = f"{plan.duration:,.0f} s" if plan.duration < 3600 else f"{plan.duration / 3600:,.2f} h"
    click.echo(
        f"wfst-bias: {plan.num_inputs:,} utterances, {duration} of audio, in {plan.num_parts:,} parts{unreadable}",
        err=True,
    )


def _report_decoded(decode_dir: Path, meta: Dict[str, Any]) -> None:
    """Counts and times of a decoding, what failed, and which transcripts are empty."""
    click.echo(
        f"{decode_dir}: {meta['num_utterances']:,} utterances, {meta['audio_seconds']:,.0f} s of audio, "
        f"{meta['num_entities_found']:,} entities found; search {meta['search_real_time_factor']} of real time, "
        f"acoustic model {meta['acoustic_real_time_factor']}"
    )
    if meta["empty_transcripts"]:
        names = ", ".join(meta["empty_transcripts"][:5])
        click.echo(f"{len(meta['empty_transcripts'])} transcripts are empty: {names} ...", err=True)
    if meta["num_unusable_phrases"]:
        some = ", ".join(meta["unusable_phrases"])
        click.echo(
            f"wfst-bias: not used: {meta['num_unusable_phrases']:,} of the phrases: {some} ...; report.tsv has them all",
            err=True,
        )
    for what in meta.get("unreached_weights", ()):
        click.echo(f"wfst-bias: {what}", err=True)
    if (more := meta.get("num_unreached_weights", 0) - len(meta.get("unreached_weights", ()))) > 0:
        click.echo(f"wfst-bias: {more:,} more weights of this kind; report.tsv has them all", err=True)
    if meta["num_failed"]:
        click.echo(
            f"wfst-bias: {meta['num_failed']:,} of {meta['num_inputs']:,} inputs failed; {decode_dir}/failed.jsonl has "
            f"them all, the first: {meta['first_failure']}",
            err=True,
        )
