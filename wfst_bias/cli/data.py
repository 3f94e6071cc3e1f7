"""``wfst-bias data``: synthetic corpora to train, to tune and to test on."""

from pathlib import Path
from typing import TYPE_CHECKING, Optional, Tuple

import click

from wfst_bias.cli.options import PATH, channel_option, format_option
from wfst_bias.cli.pseudo_labels import pseudo_labels
from wfst_bias.cli.renamed import add_former
from wfst_bias.cli.sections import Group

if TYPE_CHECKING:
    from wfst_bias.data.channels import Channel


_seed = click.option("--seed", type=int, default=0, show_default=True, help="Another one makes other data.")


@click.group(cls=Group)
def data() -> None:
    """Make sentences, synthetic speech, noise and manifests."""


data.add_command(pseudo_labels)


@data.command("sentences", short_help="Put rare words into sentences.")
@click.argument("text", type=PATH)
@click.argument("out", type=PATH)
@click.option("--rare", type=PATH, metavar="WORDS", help="Words to put in, one a line; else words of CMUdict.")
@click.option("--exclude", type=PATH, metavar="WORDS", help="Words never to put in: those of a later test.")
@click.option("--mean", type=click.FloatRange(0.0, 4.0), default=1.3, show_default=True, help="Rare words a sentence.")
@click.option("--copies", type=click.IntRange(1), default=1, show_default=True, help="Of each sentence, other words.")
@_seed
def data_sentences(
    text: Path, out: Path, rare: Optional[Path], exclude: Optional[Path], mean: float, copies: int, seed: int
) -> None:
    """Cut TEXT (a sentence a line) into stretches of 4 to 16 words and exchange some words for rare ones.

    Example: wfst-bias data sentences ljspeech.txt exp/sentences.txt --exclude test_words.txt
    """
    import random

    from wfst_bias.core.errors import InputError
    from wfst_bias.core.files import check_not_input, lines_of, publish_file
    from wfst_bias.lang.model_langs import read_vocabulary
    from wfst_bias.synth.sentences import clauses, rare_words, with_rare_words

    check_not_input(out, *filter(None, (text, rare, exclude)))
    excluded = set(read_vocabulary(exclude)) if exclude else set()
    words = [word for word in (read_vocabulary(rare) if rare else rare_words()) if word not in excluded]
    stretches = list(clauses(line for _, line in lines_of(text)))
    if not stretches or not words:
        what = "sentence of 4 to 16 plain words" if not stretches else "rare word that is not excluded"
        raise InputError(f"gives no {what}; expected English sentences, one a line", text if not stretches else rare)
    random.Random(seed).shuffle(stretches)
    lines = [line for i in range(copies) for line in with_rare_words(stretches, words, mean, seed + i)]
    publish_file(out, "".join(f"{line}\n" for line in lines))
    click.echo(f"{out}: {len(lines):,} sentences")


@data.command("templates", short_help="Fill sentences with slots with phrases of a list.")
@click.argument("templates", type=PATH)
@click.argument("source", type=PATH, metavar="LIST")
@click.argument("out", type=PATH)
@format_option
@click.option("--count", type=click.IntRange(1), default=300, show_default=True, help="Sentences.")
@click.option(
    "--part",
    default="1/1",
    show_default=True,
    metavar="K/N",
    help="The K-th of N parts, which share no template and no phrase: one to tune on, one to test on.",
)
@_seed
def data_templates(
    templates: Path, source: Path, out: Path, format_name: str, count: int, part: str, seed: int
) -> None:
    """Fill the slots of TEMPLATES, a sentence a line, with phrases of LIST, or of a domain, of the classes they name.

    A slot is the name of a class: 'We stopped $DRUG because of a rash.' Phrases that contain each other (Merkel, Angela
    Merkel) are in the same part, and no sentence has a phrase of another part.

    \b
    wfst-bias data templates conf/templates.txt medicine exp/dev.txt --part 1/2
    wfst-bias data templates conf/templates.txt medicine exp/test.txt --part 2/2
    """
    from wfst_bias.core.files import check_not_input, publish_file
    from wfst_bias.entities.lists import read_entities
    from wfst_bias.entities.split import Part
    from wfst_bias.synth.templates import filled

    check_not_input(out, templates, source)
    sentences = filled(templates, read_entities(source, format_name), count, Part.parse(part), seed)
    publish_file(out, "".join(f"{sentence}\n" for sentence in sentences))
    click.echo(f"{out}: {len(sentences):,} sentences")


@data.command("synthesize", short_help="Speak sentences, with several voices and noise.")
@click.argument("sentences", type=PATH)
@click.argument("data_dir", type=PATH)
@click.option(
    "--voice",
    "voices",
    multiple=True,
    default=("hibari",),
    show_default=True,
    metavar="VOICE",
    help="hibari, flite:VOICE (slt, rms, awb, kal16), espeak-ng:VOICE (en-us, en-gb+f3) or piper:FILE.onnx; may be given "
    "again, the same one to use it more often.",
)
@click.option("--speed", nargs=2, type=float, default=(1.0, 1.0), show_default=True, help="Slowest and fastest pace.")
@click.option(
    "--noise",
    nargs=2,
    type=float,
    metavar="SNR SNR",
    help="Put noise in, this far below the speech, least and most; dB.",
)
@_seed
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Sentences spoken at once.")
@click.option(
    "--named", is_flag=True, help="Lines are 'UTTERANCE SENTENCE', as in Kaldi's text; else they are numbered."
)
def data_synthesize(
    sentences: Path,
    data_dir: Path,
    voices: Tuple[str, ...],
    speed: Tuple[float, float],
    noise: Optional[Tuple[float, float]],
    seed: int,
    jobs: int,
    named: bool,
) -> None:
    """Speak SENTENCES, one a line, into the Kaldi data folder DATA_DIR; each by one of the voices, at random.

    flite and espeak-ng are programs of their own (apt install flite espeak-ng); hibari comes with wfst-bias[demo], piper
    with pip install piper-tts.

    Example: wfst-bias data synthesize sentences.txt data/train --voice hibari --voice flite:slt --speed 0.85 1.2
    """
    from wfst_bias.core.files import lines_of
    from wfst_bias.synth.synthesis import read_named_sentences, synthesize
    from wfst_bias.synth.voices import voice_of

    by_name = read_named_sentences(sentences) if named else {}
    lines = list(by_name.values()) if named else [line for _, line in lines_of(sentences) if line.strip()]
    made = {voice: voice_of(voice) for voice in dict.fromkeys(voices)}
    speakers = [made[voice] for voice in voices]
    silent = synthesize(lines, speakers, data_dir, speed, seed, jobs, progress=True, snrs=noise, names=list(by_name))
    click.echo(f"{data_dir}: {len(lines) - silent:,} utterances of synthetic speech")
    if silent:
        click.echo(f"wfst-bias: {silent:,} sentences gave no sound and are left out", err=True)


add_former(data, "synthesise", data_synthesize, "data synthesize")


@data.command("noise", short_help="Write silence and noises, in which nobody speaks.")
@click.argument("data_dir", type=PATH)
@click.option("--minutes", type=float, default=10.0, show_default=True, help="Minutes of audio.")
@_seed
def data_noise(data_dir: Path, minutes: float, seed: int) -> None:
    """Write silence and noises (white, pink, brown, hum, knocks), ten seconds each, into the Kaldi data folder DATA_DIR.

    Whatever is found in it is a false alarm.

    Example: wfst-bias data noise data/noise --minutes 10
    """
    from wfst_bias.synth.noise import write_noise

    count = write_noise(data_dir, minutes, seed)
    click.echo(f"{data_dir}: {count:,} utterances in which nobody speaks")


@data.command(
    "cuts",
    common=("--channel",),
    short_help="Write data as a lhotse cut manifest.",
)
@click.argument("data", type=PATH)
@click.argument("out", type=PATH, metavar="OUT.jsonl.gz")
@channel_option
def data_cuts(data: Path, out: Path, channel: "Channel") -> None:
    """Write DATA as a lhotse cut manifest, checked; the audio stays where it is.

    Example: wfst-bias data cuts data/test data/test.jsonl.gz
    """
    from wfst_bias.data.cuts import read_data, write_cuts

    click.echo(f"{out}: {write_cuts(read_data(data, channel), out):,} cuts")


@data.command("combine", short_help="Put data folders or manifests together.")
@click.argument("out", type=PATH)
@click.argument("parts", type=PATH, nargs=-1, required=True, metavar="DATA...")
def data_combine(out: Path, parts: Tuple[Path, ...]) -> None:
    """Put data folders or cut manifests together, into the Kaldi data folder OUT; the audio stays where it is.

    Utterances are named anew, by the number of the part and their old name.

    Example: wfst-bias data combine data/all data/synthetic data/real
    """
    from wfst_bias.synth.combine import combine

    count = combine(parts, out)
    click.echo(f"{out}: {count:,} utterances of {len(parts)} parts")
