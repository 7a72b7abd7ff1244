"""Checks of the model: consistency, damping, patterns, sensitivity."""
