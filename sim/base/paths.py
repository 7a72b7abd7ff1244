"""Where the package, its configuration and its documentation lie."""

from __future__ import annotations

from pathlib import Path

__all__ = ["CONFIGS", "DOCS", "PACKAGE", "ROOT"]

PACKAGE = Path(__file__).resolve().parents[1]
"""Folder of the package ``sim``."""
ROOT = PACKAGE.parent
"""Folder that holds the package, ``configs/`` and ``docs/``."""
CONFIGS = ROOT / "configs"
DOCS = ROOT / "docs"
