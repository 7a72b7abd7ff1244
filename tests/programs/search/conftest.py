"""The tiny study of the what-if page, made once more for this folder."""

from __future__ import annotations

from tests.programs.whatif.conftest import emulators, keys, page, prepared

__all__ = ["emulators", "keys", "page", "prepared"]
