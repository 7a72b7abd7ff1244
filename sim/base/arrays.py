"""Types of arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Bytes", "Floats", "Ints"]

Bytes = NDArray[np.uint8]
"""An array of small codes, of any shape."""
Floats = NDArray[np.float64]
"""An array of numbers, of any shape."""
Ints = NDArray[np.int64]
"""An array of counts or indices, of any shape."""
