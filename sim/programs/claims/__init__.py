"""Conclusions of the report as claims, judged again under variants of the model."""
