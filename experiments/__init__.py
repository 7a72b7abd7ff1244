"""Thin command-line applications: one file per question."""
