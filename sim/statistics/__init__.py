"""Calculations on numbers alone: benchmarks, scores, decomposition, Shapley values, likelihood, ranks."""
