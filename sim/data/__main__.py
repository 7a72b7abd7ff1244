"""Command line: check the tables, write the dictionary, recompute derived tables."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from sim.base.arguments import print_anything
from sim.base.errors import shown, told
from sim.data.tables import DataError, region_folder


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0 all holds, 1 something does not."""
    print_anything()
    options = _parser().parse_args(arguments)
    region, folder = getattr(options, "region", "hunan"), getattr(options, "root", None)
    root = Path(folder) if folder else None
    try:
        if root is not None and not os.path.isdir(root):  # a name too long for a folder is none
            raise DataError(f"--root = {shown(folder)}: no such folder. Give the folder that holds the region.")
        commands = {"check": _check, "dictionary": _dictionary, "derive": _derive}
        return commands[options.command](region, root, getattr(options, "check", False))
    except (DataError, OSError) as error:
        print(told(f"error: {error}"), file=sys.stderr)
        return 1


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Refuse at a length that people read, and say where help is."""
        next_step = "Next: `python -m sim.data --help` explains the commands."
        self.exit(2, f"error: {told(message)}\n  {next_step}\n")


def _parser() -> argparse.ArgumentParser:
    """Return the parser; region and root may stand before and after the command."""
    anywhere = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    anywhere.add_argument("--region", help="folder of tables (default: hunan)")
    anywhere.add_argument("--root", help="folder that holds the region folder (default: the package)")
    about = "Tables of a region: checks, dictionary, derived tables."
    parser = _Parser(prog="python -m sim.data", description=about, parents=[anywhere])
    commands = parser.add_subparsers(dest="command", required=True)
    told_of_check = "print table by table what holds; exit 1 if something does not"
    commands.add_parser("check", parents=[anywhere], help=told_of_check)
    for name, text in (
        ("dictionary", "write DICTIONARY.md from the contracts"),
        ("derive", "recompute all derived tables"),
    ):
        command = commands.add_parser(name, parents=[anywhere], help=text)
        command.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file would change")
    return parser


def _check(region: str, root: Path | None, _: bool) -> int:
    from sim.data.check import check_region

    reports = check_region(region, root)
    problems = [message for report in reports for message in report.problems]
    for report in reports:
        state = "FAILS" if report.problems else "holds"
        print(f"{state}  {report.name:<26}{report.rows:>6} rows  {'; '.join(report.holds)}")
    for message in problems:
        print(told(f"error: {message}"), file=sys.stderr)
    tables = sum(1 for report in reports if not report.problems)
    print(f"{tables} of {len(reports)} tables hold" + (f"; {len(problems)} problems" if problems else ""))
    return 1 if problems else 0


def _dictionary(region: str, root: Path | None, only_check: bool) -> int:
    from sim.data.dictionary import PATH, dictionary_text

    text = dictionary_text(region_folder(region, root))
    if only_check:
        same = PATH.is_file() and PATH.read_text(encoding="utf-8") == text
        print(f"{PATH.name} is up to date" if same else f"{PATH} is out of date. Run `python -m sim.data dictionary`.")
        return 0 if same else 1
    PATH.write_text(text, encoding="utf-8")
    print(f"wrote {PATH}")
    return 0


def _derive(region: str, root: Path | None, only_check: bool) -> int:
    from sim.data.check import check_observed, drift, refuse
    from sim.data.derive import derive_all
    from sim.data.tables import write_table

    folder = region_folder(region, root)
    refuse(check_observed(folder))
    try:
        tables = derive_all(folder)
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"{folder}: the derived tables cannot be computed ({error}). Correct the observed tables."
        ) from None
    changed = [name for name, table in tables.items() if drift(folder, name, table)]
    for name in tables:
        if name in changed and not only_check:
            write_table(tables[name], folder, name)
        print(f"{'changed' if name in changed else 'same   '}  {name}")
    return 1 if only_check and changed else 0


if __name__ == "__main__":
    raise SystemExit(main())
