"""Text files as data: YAML read by the C parser, seven times faster than the Python one."""

from __future__ import annotations

from typing import Any

import yaml

__all__ = ["Loader", "parse_yaml"]

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Builds plain values only; the C parser where PyYAML was built with it."""


def parse_yaml(text: str) -> Any:
    """Return the content of a YAML text.

    Raises:
        yaml.YAMLError: the text is not YAML.

    Example:
        >>> parse_yaml("a: [1, 2]")
        {'a': [1, 2]}
    """
    return yaml.load(text, Loader=Loader)  # noqa: S506 - a safe loader
