"""Training of a Conformer: its losses, its configuration file, its experiment folder."""

import dataclasses
import hashlib
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import AbstractSet, Dict, List, Optional, Sequence, Tuple

import kaldialign
import torch
from lhotse import CutSet
from torch import Tensor, nn

from wfst_bias.acoustic.conformer import Conformer, ConformerOutput
from wfst_bias.acoustic.conformer_config import ARTICLE, HAMA, ON_HAMA, SMALL, ConformerConfig
from wfst_bias.acoustic.conformer_model import ConformerVocabulary, write_description
from wfst_bias.core.errors import InputError
from wfst_bias.core.files import lines_of
from wfst_bias.lang.lang import Lang, read_lang
from wfst_bias.lang.units import PHONES
from wfst_bias.training.conformer.augment import AugmentConfig
from wfst_bias.training.conformer.ctc_data import CtcBatch, CtcCorpus, CtcSource, read_corpora
from wfst_bias.training.conformer.simulated import MixedSource, banks_of, read_texts
from wfst_bias.training.losses import ctc_loss
from wfst_bias.training.ranks import Ranks
from wfst_bias.training.recipe import describe_run, read_recipe
from wfst_bias.training.source import BatchSource
from wfst_bias.training.trainer import Trainer, Values
from wfst_bias.training.trainer_config import TrainerConfig

_VALID_SHARE = 50  # one utterance in so many is validated on where no validation data are given


@dataclass(frozen=True)
class DataConfig:
    """Batches.

    Args:
      batch_seconds: of audio a batch, padding included.
      text_share: of the batches that are of texts with simulated phones, where the input is hama's phones and there
        are texts.
    """

    batch_seconds: float = 100.0
    text_share: float = 0.8

    def __post_init__(self) -> None:
        if not self.batch_seconds > 0:
            raise InputError(f"batch_seconds is {self.batch_seconds}; more than 0 was expected")
        if not 0.0 <= self.text_share < 1.0:
            raise InputError(f"text_share is {self.text_share}; at least 0 and below 1 was expected")


@dataclass(frozen=True)
class TrainingRecipe:
    """How a Conformer is trained; see :func:`wfst_bias.training.recipe.read_recipe`."""

    model: ConformerConfig = SMALL
    training: TrainerConfig = TrainerConfig()
    data: DataConfig = DataConfig()
    augment: AugmentConfig = AugmentConfig()


# "small" is meant for a CPU and an hour or two: many updates on little audio each, and little augmentation, because it
# is the time until the network leaves the state of all blanks that counts. A rate of 3e-3 made it diverge.
NAMED_RECIPES = {
    "small": TrainingRecipe(
        SMALL,
        TrainerConfig(peak_learning_rate=1.2e-3, warmup_steps=400, validate_every=600, checkpoint_every=300, bf16=True),
        DataConfig(batch_seconds=45.0),
    ),
    "hama": TrainingRecipe(
        ON_HAMA,
        TrainerConfig(peak_learning_rate=1.5e-3, warmup_steps=300, validate_every=400, checkpoint_every=200, bf16=True),
        DataConfig(batch_seconds=60.0),
    ),
    "article": TrainingRecipe(
        ARTICLE,
        TrainerConfig(
            peak_learning_rate=1e-3,
            warmup_steps=15000,
            max_steps=200000,
            validate_every=2000,
            average=10,
            num_workers=4,
        ),
        DataConfig(batch_seconds=600.0),
        AugmentConfig(
            noise_share=0.5,
            low_snr=5.0,
            num_time_masks=10,
            time_mask_share=0.3,
            num_frequency_masks=2,
            frequency_mask=27,
        ),
    ),
}


def ctc_recipe(name: str) -> TrainingRecipe:
    """Return a named recipe, or that of a file; what is not in the file is as in ``small``, or as in ``hama``."""
    if name in NAMED_RECIPES:
        return NAMED_RECIPES[name]
    if not Path(name).is_file():
        raise InputError(f"no such file; name a file or one of {', '.join(NAMED_RECIPES)}", Path(name))
    reads_hama = any(line.strip() == "--model-input=hama" for _, line in lines_of(Path(name)))
    return read_recipe(Path(name), NAMED_RECIPES["hama" if reads_hama else "small"])


def limited(
    recipe: TrainingRecipe, minutes: Optional[float], steps: Optional[int], batch_seconds: Optional[float]
) -> TrainingRecipe:
    """Return the recipe with other limits: a time alone lifts the limit of steps, and vice versa."""
    training, data = recipe.training, recipe.data
    if minutes is not None or steps is not None:
        training = dataclasses.replace(training, max_minutes=minutes or 0.0, max_steps=steps or 0)
    if batch_seconds is not None:
        data = dataclasses.replace(data, batch_seconds=batch_seconds)
    return dataclasses.replace(recipe, training=training, data=data)


def conformer_loss(model: nn.Module, batch: CtcBatch, config: ConformerConfig) -> Tuple[Tensor, Values]:
    """Return the weighted CTC losses of all heads, in nats a target token; on validation token error rates, too."""
    output = model(batch.features, batch.lengths)
    final = ctc_loss(output.log_probs, output.lengths, batch.subwords)
    inner = [ctc_loss(log_probs, output.lengths, batch.subwords) for log_probs in output.intermediate]
    subword = final
    if inner:
        share = config.intermediate_weight
        subword = torch.mul(final, 1.0 - share) + torch.stack(inner).mean().mul(share)
    values = {"subword_loss": float(final.detach())}
    loss = subword
    if output.phone_log_probs is not None and batch.phones is not None:
        phone = ctc_loss(output.phone_log_probs, output.lengths, batch.phones)
        loss = subword + phone.mul(config.phone_weight)
        values["phone_loss"] = float(phone.detach())
    if not model.training:
        values.update(_error_rates(output, batch))
    return loss, values


def _error_rates(output: ConformerOutput, batch: CtcBatch) -> Values:
    heads = (("subword", output.log_probs, batch.subwords), ("phone", output.phone_log_probs, batch.phones))
    return {
        f"{name}_error": token_error_rate(scores, output.lengths, targets)
        for name, scores, targets in heads
        if scores is not None and targets is not None
    }


def token_error_rate(log_probs: Tensor, lengths: Tensor, targets: Tensor) -> float:
    """Return the errors of the best path for each target token."""
    errors = total = 0
    for best, length, target in zip(log_probs.argmax(dim=-1).cpu(), lengths.tolist(), targets.cpu()):
        path = torch.unique_consecutive(best[:length])
        written, wanted = path[path > 0].tolist(), target[target >= 0].tolist()
        errors += kaldialign.edit_distance(wanted, written)["total"]
        total += len(wanted)
    return errors / max(1, total)


def train_conformer(
    recipe: TrainingRecipe,
    data: Path,
    exp: Path,
    lang: Path,
    phone_lang: Path,
    valid: Optional[Path] = None,
    device: str = "cpu",
    texts: Optional[Path] = None,
    excluded: AbstractSet[str] = frozenset(),
) -> Tuple[Path, List[CtcCorpus]]:
    """Train, or go on with, a Conformer.

    Args:
      data: to train on, see :func:`wfst_bias.data.cuts.read_data`.
      exp: the experiment folder.
      lang: subword lang folder, a character lang will do.
      phone_lang: phone lang folder.
      valid: to validate on; where not given a small share of ``data`` is kept back.
      texts: one a line, whose phones are simulated, for a network that reads hama's phones.
      excluded: words of a later test: no utterance and no text that has one is trained on.

    Returns:
      the file of the final weights, and the corpora for training and validation.
    """
    if texts is not None and recipe.model.input != HAMA:
        raise InputError("texts are for a network that reads phones (--model-input=hama); leave --texts out", texts)
    subword_lang, phones = _read_langs(lang, phone_lang)
    vocabulary = ConformerVocabulary(subword_lang.units, phones.units, subword_lang.piece_model)
    exp = Path(exp)
    paths = [data] + ([valid] if valid else [])
    ranks = Ranks()
    with ranks.first_alone():
        describe_run(exp, {**dataclasses.asdict(recipe), **_checksums(vocabulary, texts, excluded)})
        write_description(exp, recipe.model, vocabulary)
        folders = [exp / "features" / "train", exp / "features" / "valid"]
        corpora = read_corpora(paths, folders, subword_lang, phones, recipe.model, excluded)
    if ranks.first:
        _report_dropped(paths, corpora)
    if not valid:
        corpora = _kept_back(corpora[0], data)
    torch.manual_seed(recipe.training.seed)
    model = Conformer(recipe.model, len(vocabulary.subwords.tokens), len(vocabulary.phones.tokens))
    source: BatchSource = _speech(corpora[0], recipe, recipe.augment)
    if texts is not None:
        source = _with_texts(source, corpora[0], texts, (subword_lang, phones), excluded, recipe)
    loss, valid_source = partial(conformer_loss, config=recipe.model), _speech(corpora[1], recipe, None)
    return Trainer(model, loss, source, valid_source, recipe.training, exp, device).run(), corpora


def _checksums(
    vocabulary: ConformerVocabulary, texts: Optional[Path], excluded: AbstractSet[str]
) -> Dict[str, str]:
    """Return checksums of tokens, texts and excluded words, for :func:`wfst_bias.training.recipe.describe_run`."""
    checksums = {"tokens": vocabulary.subwords.tokens.checksum, "phones": vocabulary.phones.tokens.checksum}
    if texts is not None:
        checksums["texts"] = hashlib.sha256(Path(texts).read_bytes()).hexdigest()
    if excluded:
        checksums["excluded"] = hashlib.sha256("\n".join(sorted(excluded)).encode()).hexdigest()
    return checksums


def _speech(corpus: CtcCorpus, recipe: TrainingRecipe, augment: Optional[AugmentConfig]) -> CtcSource:
    return CtcSource(corpus, recipe.data.batch_seconds, augment, recipe.training.seed, recipe.model)


def _with_texts(
    speech: BatchSource,
    corpus: CtcCorpus,
    path: Path,
    langs: Tuple[Lang, Lang],
    excluded: AbstractSet[str],
    recipe: TrainingRecipe,
) -> MixedSource:
    """Return batches of speech and of simulated texts."""
    texts = read_texts(path, *langs, excluded)
    if texts.dropped:
        why = "with words that are excluded or that a lang cannot write"
        print(f"wfst-bias: {path}: {texts.dropped:,} texts {why} are left out", file=sys.stderr)
    seed = recipe.training.seed
    banks = banks_of(corpus, langs[1], seed)
    frames = recipe.data.batch_seconds / recipe.model.frame_shift * recipe.model.subsampling
    return MixedSource(speech, texts, banks, langs[1], recipe.model, recipe.data.text_share, frames, seed)


def _read_langs(lang: Path, phone_lang: Path) -> Tuple[Lang, Lang]:
    """Read the langs of subwords and of phones.

    Raises:
      InputError: one is of other units.
    """
    subwords, phones = read_lang(lang), read_lang(phone_lang)
    for folder, found, wanted in ((lang, subwords, False), (phone_lang, phones, True)):
        if (found.units.kind == PHONES) != wanted:
            raise InputError(f"is a lang of {found.units.kind}; --lang is for subwords and --phones for phones", folder)
    return subwords, phones


def _report_dropped(paths: Sequence[Path], corpora: Sequence[CtcCorpus]) -> None:
    """Print how many utterances are left out, and why."""
    for path, corpus in zip(paths, corpora):
        for why, count in corpus.dropped.items():
            print(f"wfst-bias: {path}: {count:,} utterances {why} are left out", file=sys.stderr)


def _kept_back(corpus: CtcCorpus, data: Path) -> List[CtcCorpus]:
    """Split a corpus for training and validation."""
    cuts = list(corpus.cuts)
    if len(cuts) < 2:
        raise InputError("holds one utterance that can be trained on; two at least were expected", data)
    valid = {cut.id for cut in cuts[:: min(_VALID_SHARE, len(cuts))]}
    parts = ([cut for cut in cuts if (cut.id in valid) == kept] for kept in (False, True))
    return [dataclasses.replace(corpus, cuts=CutSet.from_cuts(part)) for part in parts]
