"""Contracts of all tables: `TABLES` by name, in reading order."""

from sim.data.schemas import census, places, series
from sim.data.schemas.spec import Column, Cover, Table

TABLES: dict[str, Table] = {table.name: table for table in (*places.TABLES, *census.TABLES, *series.TABLES)}

__all__ = ["TABLES", "Column", "Cover", "Table"]
