"""Age groups that tables and the model share."""

from __future__ import annotations

__all__ = ["LEAVING_AGES"]

LEAVING_AGES = tuple(range(15, 65, 5))
"""Lower limits of the age groups in which adults leave the province more or less often; the last is open."""
