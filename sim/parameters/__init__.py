"""Declared parameters: distributions, information dates and posteriors."""
