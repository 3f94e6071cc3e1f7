"""Weights of other systems, in nats.

Ours is what a phrase is given beyond the bonus that all phrases of a list have; 0 is a phrase like all others. A
weight of another system counts from what that system gives a phrase by default, so that a list whose weights are all
the default is one without weights; one unit is worth so many nats that the ends of the scale that its makers recommend
are about 4 nats from the middle, nearly as much as the bonus itself.
"""

from dataclasses import dataclass

LARGEST = 8.0  # nats; what another scale exaggerates is cut there


@dataclass(frozen=True)
class Scale:
    """A scale of weights.

    Args:
      name: for messages.
      neutral: the weight of a phrase without one.
      nats: that one unit is worth.
      example: how such a weight is written.
    """

    name: str
    neutral: float
    nats: float
    example: str


SCALES = {
    scale.name: scale
    for scale in (
        # log-score for each token of a match; 1.5 is the default of sherpa-onnx, 0.5 to 3.5 are usual
        Scale("context-score", 1.5, 2.0, "'PHRASE :2.0'"),
        # pyctcdecode's hotword_weight, 10 by default, 0 to 20 usual
        Scale("hotword-weight", 10.0, 0.4, "10"),
        # Google's boost, 0 to 20; negative is against
        Scale("google-boost", 0.0, 0.2, '"boost": 10'),
        # Azure's biasingWeight, 0 to 2 about 1
        Scale("azure-weight", 1.0, 4.0, '"biasingWeight": 1.5'),
        # Deepgram's intensifier, 1 by default, -10 to 10 allowed
        Scale("deepgram-intensifier", 1.0, 0.5, "WORD:2"),
        # Gladia's intensity, 0 to 1 about 0.5
        Scale("gladia-intensity", 0.5, 8.0, '"intensity": 0.5'),
        # the boost of NeMo's and Riva's Flashlight files, 20 to 100 and their negatives
        Scale("nemo-boost", 0.0, 0.08, "'PHRASE<TAB>40'"),
    )
}


def nats(weight: float, scale: Scale) -> float:
    """A weight of a scale in nats, :data:`LARGEST` at most."""
    return min(LARGEST, max(-LARGEST, (weight - scale.neutral) * scale.nats))
