"""JSON that carries the digest of its own content, so that a damaged file is noticed when it is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sim.studies.identity import digest

__all__ = ["DIGEST", "dump_digested", "load_digested"]

DIGEST = "digest"
"""Key of the digest."""


def dump_digested(content: Mapping[str, Any], indent: int | None = None) -> str:
    """Return content with its digest as JSON."""
    return json.dumps({**content, DIGEST: digest(content)}, indent=indent, ensure_ascii=False)


def load_digested(text: str | bytes) -> dict[str, Any] | None:
    """Return content without its digest, None if it is not as it was written.

    Example:
        >>> load_digested(dump_digested({"draw": 1}))
        {'draw': 1}
        >>> load_digested(dump_digested({"draw": 1}).replace("1,", "2,"))
    """
    try:
        content = dict(json.loads(text))
        return content if content.pop(DIGEST, "") == digest(content) else None
    except (ValueError, TypeError):
        return None
