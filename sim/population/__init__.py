"""Synthetic populations: household agents fitted to the census margins of a region."""

from sim.population.build import build_population, full_size
from sim.population.cache import cached_population
from sim.population.fit import fit_report

__all__ = ["build_population", "cached_population", "fit_report", "full_size"]
