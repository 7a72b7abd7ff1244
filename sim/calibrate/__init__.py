"""Calibration and validation: many lean runs, compared with what was published."""
