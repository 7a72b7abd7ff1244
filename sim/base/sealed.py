"""Bytes that tell whether they are as they were written: a digest of owner and content, then the content.

Whatever a run reads back (compiled rules, populations, saved states, rows of runs) is verified by
it first: what is damaged, cut off or of something else is made again and never believed.
"""

from __future__ import annotations

from hashlib import blake2b

__all__ = ["DamagedError", "fingerprint", "seal", "unseal"]

SIZE = 16
"""Bytes of a digest."""


class DamagedError(ValueError):
    """Bytes that are not as they were sealed, or belong to something else."""


def fingerprint(content: bytes | memoryview, owner: str = "") -> str:
    """Return the digest of what something belongs to and of its content, 32 hexadecimal digits."""
    total = blake2b(owner.encode() + b"\0", digest_size=SIZE)
    total.update(content)
    return total.hexdigest()


def seal(content: bytes, owner: str = "") -> bytes:
    """Return a digest and the content.

    Args:
        content: what is kept.
        owner: what it belongs to, asked for again by ``unseal``.

    Example:
        >>> unseal(seal(b"rows", "study"), "study")
        b'rows'
        >>> unseal(seal(b"rows", "study"), "another")
        Traceback (most recent call last):
        sim.base.sealed.DamagedError: not as it was written, or of something else
    """
    return bytes.fromhex(fingerprint(content, owner)) + content


def unseal(sealed: bytes, owner: str = "") -> bytes:
    """Return the content that was sealed for ``owner``.

    Raises:
        DamagedError: the digest does not fit.
    """
    content = memoryview(sealed)[SIZE:]
    if fingerprint(content, owner) != sealed[:SIZE].hex():
        raise DamagedError("not as it was written, or of something else")
    return bytes(content)
