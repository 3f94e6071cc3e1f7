"""Where the data beside the project are; tests that want them skip without them."""

import os
from pathlib import Path

DATA = Path(os.environ.get("WFST_BIAS_DATA", Path(__file__).parents[2] / "../shared/data"))
