"""Calibration: waves, posteriors and their checks."""
