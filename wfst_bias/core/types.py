"""Names for quantities and arrays in annotations; docstrings give the shapes."""

from typing import Any

import numpy as np
import numpy.typing as npt

Seconds = float  # a time or a duration
Nats = float  # a score or a cost: natural logarithm

Array = npt.NDArray[Any]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.signedinteger[Any]]
FloatArray = npt.NDArray[np.floating[Any]]
