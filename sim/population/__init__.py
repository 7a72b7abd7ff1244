"""Synthetic populations: household agents fitted to the census margins of a region."""

from sim.population.build import build_population

__all__ = ["build_population"]
