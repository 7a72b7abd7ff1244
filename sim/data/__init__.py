"""Tables of a region, their contracts, and the loader."""

from sim.data.region import Region, load_region
from sim.data.tables import DataError

__all__ = ["DataError", "Region", "load_region"]
