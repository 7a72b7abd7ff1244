"""Mutated tables of a region and of posteriors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tests.fuzz.cases import Case

Rng = np.random.Generator
Cells = list[list[str]]

CELLS = (
    "", "inf", "-inf", "nan", "1e15", "-1", "1e400", "9" * 400, "abc", "中文", "1,5", " 1", "0", "1.5", "True",
    "NULL", "=1+1", "2026-13-01", "'", "1e-320", "0x10", "１２", "1_000", "é", "-0", "+1", "1 000", "#REF!",
    "x" * 3_000,
)  # fmt: skip


def table(rng: Rng, tables: Mapping[str, bytes]) -> Case:
    """Return the check of the tables, or the reader of a posterior, after one of them was changed."""
    path = sorted(tables)[int(rng.integers(len(tables)))]
    way = WAYS[int(rng.integers(len(WAYS)))]
    content = way(rng, tables[path])
    name, about = path.rpartition("/")[2], f"{path}: {way.__name__.strip('_')}"
    if path.startswith("configs/posteriors/"):
        argv = (f"posterior={name[:-4]}",)
        return Case("file", "experiments.project", argv, about, {path: content}, (name,), _other(content, tables[path]))
    return Case("table", "sim.data", ("check",), about, {path: content}, ("hunan/", name[:-4]))


def _other(content: bytes, before: bytes) -> bool:
    """Tell whether more than the line ends differs; a posterior holds the digest of its table."""
    return content.splitlines() != before.splitlines()


def _read(content: bytes) -> Cells:
    return [line.split(",") for line in content.decode("utf-8").rstrip("\n").split("\n")]


def _write(cells: Cells) -> bytes:
    return ("\n".join(",".join(row) for row in cells) + "\n").encode("utf-8")


def _pick(rng: Rng, values: Sequence[str]) -> str:
    return values[int(rng.integers(len(values)))]


def _place(rng: Rng, cells: Cells) -> tuple[int, int]:
    row = int(rng.integers(1, len(cells))) if len(cells) > 1 else 0
    return row, int(rng.integers(len(cells[row])))


def _cell(rng: Rng, content: bytes) -> bytes:
    """Another value in a cell."""
    cells = _read(content)
    row, column = _place(rng, cells)
    cells[row][column] = _pick(rng, CELLS)
    return _write(cells)


def _swap(rng: Rng, content: bytes) -> bytes:
    """Two cells of a column exchanged."""
    cells = _read(content)
    row, column = _place(rng, cells)
    other = _place(rng, cells)[0]
    if column < len(cells[other]):
        cells[row][column], cells[other][column] = cells[other][column], cells[row][column]
    return _write(cells)


def _column(rng: Rng, content: bytes) -> bytes:
    """A column dropped, doubled, renamed, emptied, filled or moved."""
    cells = _read(content)
    column = int(rng.integers(len(cells[0])))
    way = _pick(rng, ("drop", "twice", "rename", "empty", "fill", "first", "blank"))
    value = _pick(rng, CELLS)
    for k, row in enumerate(cells):
        if column >= len(row):
            continue
        if way == "drop":
            del row[column]
        elif way == "twice":
            row.append(row[column])
        elif way == "first":
            row.insert(0, row.pop(column))
        elif way in ("empty", "fill") and k:
            row[column] = "" if way == "empty" else value
        elif way in ("rename", "blank") and not k:
            row[column] = "bogus" if way == "rename" else ""
    return _write(cells)


def _rows(rng: Rng, content: bytes) -> bytes:
    """Rows dropped, doubled, shuffled, shortened or lengthened."""
    cells = _read(content)
    row = _place(rng, cells)[0]
    way = _pick(rng, ("drop", "half", "twice", "short", "long", "none", "shuffle", "blank"))
    if way == "drop":
        del cells[row]
    elif way == "half":
        del cells[1::2]
    elif way == "twice":
        cells.append(list(cells[row]))
    elif way == "short":
        cells[row].pop()
    elif way == "long":
        cells[row] += ["1", "2"]
    elif way == "none":
        del cells[1:]
    elif way == "shuffle":
        order = 1 + rng.permutation(len(cells) - 1)
        cells = [cells[0], *(cells[k] for k in order)]
    else:
        cells.insert(row, [""])
    return _write(cells)


def _header(rng: Rng, content: bytes) -> bytes:
    """The header gone, doubled or as a row."""
    head, _, rest = content.partition(b"\n")
    made = (rest, head + b"\n" + content, rest + head + b"\n", head.upper() + b"\n" + rest, head + b"\n", head)
    return made[int(rng.integers(len(made)))]


def _bytes(rng: Rng, content: bytes) -> bytes:
    """Other encodings, separators and ends."""
    text = content.decode("utf-8")
    made = {
        "gbk": (text + "湖南\n").encode("gbk", "replace"),
        "utf-16": text.encode("utf-16"),
        "bom": b"\xef\xbb\xbf" + content,
        "crlf": content.replace(b"\n", b"\r\n"),
        "cr": content.replace(b"\n", b"\r"),
        "semicolon": content.replace(b",", b";"),
        "tab": content.replace(b",", b"\t"),
        "noise": rng.integers(0, 256, 500, dtype=np.uint8).tobytes(),
        "nul": content[:50] + b"\x00" + content[50:],
        "cut": content[: int(rng.integers(len(content)))],
        "empty": b"",
        "newline": b"\n",
        "latin": content + b"caf\xe9\n",
    }
    return made[_pick(rng, list(made))]


def _quote(rng: Rng, content: bytes) -> bytes:
    """A quotation mark that nothing closes."""
    k = int(rng.integers(len(content)))
    return content[:k] + b'"' + content[k:]


def _flip(rng: Rng, content: bytes) -> bytes:
    """A character in place of another."""
    k = int(rng.integers(len(content)))
    return content[:k] + bytes([int(rng.integers(32, 127))]) + content[k + 1 :]


WAYS: tuple[Callable[[Rng, bytes], bytes], ...] = (
    _cell,
    _cell,
    _cell,
    _swap,
    _column,
    _column,
    _rows,
    _header,
    _bytes,
    _quote,
    _flip,
)
"""Kinds of changes; a kind that stands more than once is made more often."""
