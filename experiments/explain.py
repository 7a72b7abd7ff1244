"""Explain one household: ``python -m experiments.explain household=any year=2027`` (--help explains every key)."""

from __future__ import annotations

import sys

from sim.programs.command_line import exit_status
from sim.programs.explain.explain_text import explain_job


def main() -> int:
    """Run the command line and return the exit status."""
    return exit_status(lambda: explain_job(sys.argv[1:]), program="explain")


if __name__ == "__main__":
    sys.exit(main())
