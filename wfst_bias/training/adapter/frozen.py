"""The frozen model whose emissions a network is trained on, and the speech for the training."""

import dataclasses
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import AbstractSet, Dict, Iterable, List, Optional, Sequence, Tuple

from wfst_bias.acoustic.emissions import AcousticModel, Emissions
from wfst_bias.acoustic.models import HAMA
from wfst_bias.adapter.calibration import Calibration
from wfst_bias.adapter.emission_adapter import EmissionAdapter
from wfst_bias.adapter.matching import Matcher
from wfst_bias.adapter.store import weights_checksum
from wfst_bias.core.errors import InputError
from wfst_bias.core.symbols import SymbolTable
from wfst_bias.core.text import words_of
from wfst_bias.core.types import FloatArray, Seconds
from wfst_bias.data.cuts import read_data, text_of
from wfst_bias.entities.entity import Entity
from wfst_bias.entities.speller import Speller
from wfst_bias.lang.lang import Lang, hama_lang, read_lang
from wfst_bias.recognize.emissions import EmissionPipeline
from wfst_bias.training.adapter.emission_store import EmissionStore, store_emissions
from wfst_bias.training.adapter.lists import Pool
from wfst_bias.training.adapter.speech import TokenIds, Utterance, align_texts, confusions

_VALID_SHARE = 20  # one utterance in so many is validated on where no validation data are given


@dataclass(frozen=True)
class FrozenModel:
    """A model that stays as it is, with the pronunciations of words in its tokens; an acoustic model itself.

    Args:
      model: what is frozen.
      name: by which ``--model`` knows it.
      lang: of its tokens.
      sounding: of its phone head, where it has one.
      calibration: that its emissions go through.

    Raises:
      InputError: the lang is of other tokens.
    """

    model: AcousticModel
    name: str
    lang: Lang
    sounding: Optional[Lang] = None
    calibration: Optional[Calibration] = None

    def __post_init__(self) -> None:
        if self.lang.tokens.checksum != self.model.tokens.checksum:
            raise InputError("the lang folder is of other tokens than the model's; make one with 'wfst-bias lang'")

    @property
    def tokens(self) -> SymbolTable:
        return self.model.tokens

    @property
    def sampling_rate(self) -> int:
        return self.model.sampling_rate

    @property
    def frame_shift(self) -> Seconds:
        return self.model.frame_shift

    def emissions(self, names: Sequence[str], audio: Sequence[FloatArray]) -> Emissions:
        """See :class:`wfst_bias.acoustic.emissions.AcousticModel`; calibrated."""
        pipeline = EmissionPipeline(self.model, EmissionAdapter(self.calibration))
        emissions = pipeline.adapted_emissions(names, audio)
        if self.sounding is not None:
            _check_phones(emissions, self.sounding)
        return emissions

    def described(self) -> Dict[str, str]:
        """Return what a training with it depends on, for :func:`wfst_bias.training.recipe.describe_run`."""
        return {
            "model": self.name,
            "weights": self.checksum,
            "calibration": weights_checksum(self.calibration),
            "lang": self.lang.checksum,
            "phones": self.sounding.checksum if self.sounding else "",
        }

    @property
    def checksum(self) -> str:
        """A checksum of the weights of a model that shows them; of others nothing can change."""
        return weights_checksum(getattr(self.model, "network", None))


def _check_phones(emissions: Emissions, sounding: Lang) -> None:
    if emissions.phones is None:
        raise InputError("the model has no phone head; leave --phones out")
    if emissions.phones.tokens.checksum != sounding.tokens.checksum:
        raise InputError(
            "the --phones lang is of other phones than the model's phone head; name the one of its training"
        )


def lang_of_model(model_name: str, lang_dir: Optional[Path]) -> Lang:
    """Return the lang that is named, or that of hama."""
    if lang_dir is not None:
        return read_lang(lang_dir)
    if model_name != HAMA:
        raise InputError(f"name the lang folder of the model {model_name!r} with --lang; see 'wfst-bias lang'")
    return hama_lang()


@dataclass(frozen=True)
class SpeechCorpus:
    """A corpus with the emissions of a model.

    Args:
      name: of the data.
      store: emissions.
      texts: of the utterances.
    """

    name: str
    store: EmissionStore
    texts: Dict[str, str]

    def without(self, words: AbstractSet[str]) -> "SpeechCorpus":
        """Return the corpus without the utterances that have one of some words."""
        texts = {name: text for name, text in self.texts.items() if words.isdisjoint(words_of(text))}
        return dataclasses.replace(self, texts=texts)


def read_corpus(data: Path, model: AcousticModel, folder: Path) -> SpeechCorpus:
    """Read a corpus and compute the emissions of a model, kept in a folder."""
    cuts = read_data(data)
    texts = {cut.id: text_of(cut) for cut in cuts}
    if not any(texts.values()):
        raise InputError("has no text; training needs transcripts", data)
    return SpeechCorpus(Path(data).name, store_emissions(cuts, model, folder), texts)


def pronunciations_in(lang: Lang, words: Sequence[str]) -> Dict[str, List[TokenIds]]:
    """Return the pronunciations of each word in the tokens of a lang, the likeliest first; words without any are left out."""
    spelled = Speller(lang).spell([Entity(word) for word in words])
    ids = lang.tokens.ids
    return {
        o.entity.written: [tuple(ids[unit] for unit in pronunciation) for pronunciation in o.pronunciations]
        for o in spelled
        if o.pronunciations
    }


@dataclass(frozen=True)
class TrainingSpeech:
    """Speech to train and to validate on, with the emissions of a frozen model.

    Args:
      train, valid: emissions; of the same corpus where no other was given to validate on.
      train_spoken, valid_spoken: their utterances, aligned.
      pool: the words of the texts and of lists, with pronunciations.
      matcher: that has learned the model's confusions.
    """

    train: SpeechCorpus
    valid: SpeechCorpus
    train_spoken: Dict[str, Utterance]
    valid_spoken: Dict[str, Utterance]
    pool: Pool
    matcher: Matcher


def training_speech(
    frozen: FrozenModel,
    data: Path,
    valid: Optional[Path],
    exp: Path,
    more_words: Iterable[str] = (),
    held_out: AbstractSet[str] = frozenset(),
) -> TrainingSpeech:
    """Read, align and split speech to train on.

    Args:
      data: with text.
      valid: to validate on, else every twentieth utterance of ``data``.
      exp: folder to keep emissions in.
      more_words: that lists may have.
      held_out: words whose utterances are left out.
    """
    train = read_corpus(data, frozen, exp / "emissions").without(held_out)
    held = train if valid is None else read_corpus(valid, frozen, exp / "emissions_valid").without(held_out)
    words = {word for corpus in (train, held) for text in corpus.texts.values() for word in words_of(text)}
    pool = _pool(frozen, sorted(words.union(more_words)))
    units = frozen.lang.units
    matcher = Matcher.of(units)
    matcher.learn(
        *confusions(train.store.log_probs, align_texts(train.store, train.texts, pool.pronunciations, units, matcher))
    )
    spoken = align_texts(train.store, train.texts, pool.pronunciations, units, matcher)
    if held is train:
        spoken, held_spoken = _kept_back(spoken, data)
    else:
        held_spoken = align_texts(held.store, held.texts, pool.pronunciations, units, matcher)
        if not held_spoken:
            raise InputError("no utterance can be validated on: none could be aligned with its text", valid)
    left_out = len(train.texts) - len(spoken) - (len(held_spoken) if held is train else 0)
    if left_out:
        print(
            f"wfst-bias: {data}: {left_out:,} utterances that cannot be pronounced or aligned are left out",
            file=sys.stderr,
        )
    if frozen.sounding is not None:
        matcher = _phone_matcher(train, pool)
    return TrainingSpeech(train, held, spoken, held_spoken, pool, matcher)


def _pool(frozen: FrozenModel, words: List[str]) -> Pool:
    pool = Pool(frozen.lang.units, pronunciations_in(frozen.lang, words))
    if frozen.sounding is None:
        return pool
    return dataclasses.replace(pool, sounding=frozen.sounding.units, sounds=pronunciations_in(frozen.sounding, words))


def _phone_matcher(train: SpeechCorpus, pool: Pool) -> Matcher:
    """Return a matcher of the model's phones, which has learned their confusions."""
    assert pool.sounding is not None and pool.sounds is not None  # the model has a phone head
    matcher = Matcher.of(pool.sounding)
    aligned = align_texts(train.store, train.texts, pool.sounds, pool.sounding, matcher, phones=True)
    matcher.learn(*confusions(train.store.phones, aligned))
    return matcher


def _kept_back(spoken: Dict[str, Utterance], data: Path) -> Tuple[Dict[str, Utterance], Dict[str, Utterance]]:
    """Split utterances for training and validation."""
    if len(spoken) == 1:
        raise InputError("has one utterance that can be trained on; two at least were expected", data)
    names = sorted(spoken)
    held = set(names[::_VALID_SHARE])
    train, valid = ({name: u for name, u in spoken.items() if (name in held) == kept} for kept in (False, True))
    return train, valid
