"""Configuration of the second pass."""

import math
from dataclasses import dataclass
from typing import Tuple

from wfst_bias.core.errors import FieldError

SEARCH = "search"
NONE, AUTO, CONFIDENCE = "none", "auto", "confidence"

RESCORE, VERIFY, LOOKUP = STAGES = ("rescore", "verify", "lookup")


@dataclass(frozen=True)
class ChainConfig:
    """Stages of the second pass.

    Args:
      stages: the second pass: rescore (n-best lists by a phone network), verify (removes phrases that were probably not
        spoken), lookup (phrases where exactly their phones were recognized), with commas between, in this order; or none.
        auto is verify where there are a list and an evidence model for the acoustic model, else none.
      phone_model: phone network of rescore and lookup, as --model; else the searched emissions, or the phone head of
        the model.
      phone_lang: lang folder of the phone network; else that of hama.
    """

    stages: str = AUTO
    phone_model: str = ""
    phone_lang: str = ""

    def __post_init__(self) -> None:
        names = self.names
        unknown = next((name for name in names if name not in STAGES), None)
        if unknown is not None:
            raise FieldError("stages", f"has {unknown!r}; give some of {', '.join(STAGES)}, or none")
        if len(set(names)) < len(names) or LOOKUP in names[:-1]:
            raise FieldError("stages", f"is {self.stages!r}; name each stage once, and lookup last")
        if VERIFY in names and RESCORE in names[names.index(VERIFY) :]:
            raise FieldError("stages", f"is {self.stages!r}; name verify after rescore, which chooses anew")

    @property
    def names(self) -> Tuple[str, ...]:
        """Names of the stages."""
        if self.is_auto:
            return (VERIFY,)
        return () if self.stages in ("", NONE) else tuple(self.stages.split(","))

    @property
    def is_auto(self) -> bool:
        """Whether verification is left out where its evidence model, or a list, is missing."""
        return self.stages == AUTO

    @property
    def needs_phones(self) -> bool:
        """Whether a stage reads the emissions of a phone network."""
        return not {RESCORE, LOOKUP}.isdisjoint(self.names)


@dataclass(frozen=True)
class LookupConfig:
    """Limits of the lexicon lookup.

    Args:
      min_phones: phones that a phrase must have.
      max_words: words that one phrase may replace.
      min_posterior: least mean probability of the recognized phones, 0 to 1.
      min_lead: nats by which the recognized phones must be likelier than the words of the transcript.
      whole_words: whether a boundary of words must be recognized on both sides, where the network has one.
      keep_listed: whether phrases of the list that are in the transcript stay.
      variants: whether phrases may be found by variants, not only by pronunciations of list, lexicon and G2P.
    """

    min_phones: int = 3
    max_words: int = 3
    min_posterior: float = 0.5
    min_lead: float = 0.5
    whole_words: bool = True
    keep_listed: bool = True
    variants: bool = False

    def __post_init__(self) -> None:
        for name in ("min_phones", "max_words"):
            if getattr(self, name) < 1:
                raise FieldError(name, f"is {getattr(self, name)}; give 1 or more")
        if not 0 <= self.min_posterior <= 1:
            raise FieldError("min_posterior", f"is {self.min_posterior}; give a probability, 0 to 1")
        if not 0 <= self.min_lead < math.inf:
            raise FieldError("min_lead", f"is {self.min_lead}; give nats, 0 (off) or more")


SCOPES = UTTERANCE, RECORDING, SPEAKER, CORPUS = ("utterance", "recording", "speaker", "corpus")


@dataclass(frozen=True)
class VerifyConfig:
    """Demands on the phrases of a list that are kept.

    Args:
      min_confidence: least posterior of a phrase found by a list, without its bonus and boosting. It decides where there
        is no evidence model; given by itself, it means --verify-evidence confidence.
      min_posterior: least probability that a phrase was spoken, by the evidence model.
      false_alarms_per_hour: false alarms that are accepted in an hour of audio, which then decide instead of
        --min-posterior; 0 is off.
      evidence: evidence model: a file that 'wfst-bias evidence train' wrote, 'default', which comes with the package for
        hama, 'confidence' to go by --verify-min-confidence instead, or none.
      prior_over: speech in which the share of spoken phrases is estimated: utterance, recording, speaker or corpus. Of a
        corpus or speaker it is that of each part of a decoding, see --part-seconds; 'transcribe' takes each file for itself.
    """

    min_confidence: float = 0.5
    min_posterior: float = 0.5
    false_alarms_per_hour: float = 0.0
    evidence: str = "default"
    prior_over: str = "corpus"

    def __post_init__(self) -> None:
        for name in ("min_confidence", "min_posterior"):
            if not 0 <= getattr(self, name) <= 1:
                raise FieldError(name, f"is {getattr(self, name)}; give a probability, 0 (off) to 1")
        if not 0 <= self.false_alarms_per_hour < math.inf:
            raise FieldError("false_alarms_per_hour", f"is {self.false_alarms_per_hour}; give 0 (off) or more")
        if self.prior_over not in SCOPES:
            raise FieldError("prior_over", f"is {self.prior_over!r}; give {', '.join(SCOPES)}")


EMISSIONS, DISTANCE = "emissions", "distance"
MEASURES = (EMISSIONS, DISTANCE)


@dataclass(frozen=True)
class RescoringConfig:
    """Rescoring of hypotheses by a phone network.

    Args:
      num_best: hypotheses of an utterance that are rescored.
      weight: share of the acoustic score that is replaced by the score of the phone network, 0 to 1.
      measure: score of the phone network: emissions (log-probability of the pronunciations) or distance (minus their
        weighted edit distance from the recognized phones).
      bound: phones by which these may differ in number, for distance.
    """

    num_best: int = 100
    weight: float = 0.3
    measure: str = EMISSIONS
    bound: int = 8

    def __post_init__(self) -> None:
        if self.num_best < 1:
            raise FieldError("num_best", f"is {self.num_best}; give 1 or more")
        if not 0 <= self.weight <= 1:
            raise FieldError("weight", f"is {self.weight}; give a share, 0 (off) to 1")
        if self.measure not in MEASURES:
            raise FieldError("measure", f"is {self.measure!r}; give {' or '.join(MEASURES)}")
        if self.bound < 0:
            raise FieldError("bound", f"is {self.bound}; give 0 phones or more")
