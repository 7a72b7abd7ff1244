"""The one Markdown table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

__all__ = ["table"]


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    r"""Return a Markdown table that ends with a line end; bars and line ends inside cells are escaped.

    Example:
        >>> print(table(("county", "residents"), [("a|b", 7)]), end="")
        | county | residents |
        | --- | --- |
        | a\|b | 7 |
    """
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    for row in rows:
        cells = (str(cell).replace("|", "\\|").replace("\n", " ") for cell in row)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
