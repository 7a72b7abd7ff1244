"""Proof that the phrases of the levers are the plan's own, without a copy of the plan.

The plan (湘政发〔2024〕15号) is cut into clauses at its punctuation; ``plan_clauses.txt`` keeps the
first 16 digits of the SHA-256 of every clause, in order. Whoever has the document makes the
same file with ``python -m sim.policies.fingerprint plan.txt``.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

CLAUSES = Path(__file__).with_name("plan_clauses.txt")
_END = re.compile(r"[，。；、：（）“”《》！]|\n\s*\n")
_NUMBER = re.compile(r"^\d+\.")


def clauses(text: str) -> list[str]:
    """Return the clauses of a Chinese text: cut at punctuation and empty lines, without blanks and item numbers.

    Example:
        >>> clauses("1.健全制度。适时 调增，")
        ['健全制度', '适时调增']
    """
    parts = ("".join(part.split()) for part in _END.split(text))
    return [clause for part in parts if (clause := _NUMBER.sub("", part))]


def fingerprint(text: str) -> list[str]:
    """Return 16 hexadecimal digits for every clause of a text, in order."""
    return [hashlib.sha256(clause.encode()).hexdigest()[:16] for clause in clauses(text)]


def in_plan(phrase: str) -> bool:
    """Return whether the clauses of a phrase stand in the plan one after the other."""
    plan = CLAUSES.read_text(encoding="utf-8").split()
    wanted = fingerprint(phrase)
    return any(plan[k : k + len(wanted)] == wanted for k in range(len(plan) - len(wanted) + 1))


if __name__ == "__main__":
    sys.stdout.write("\n".join(fingerprint(Path(sys.argv[1]).read_text(encoding="utf-8"))) + "\n")
