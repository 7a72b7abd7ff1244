"""Look after studies: ``python -m experiments.study COMMAND study=NAME`` (--help lists the commands)."""

from __future__ import annotations

import sys

from sim.programs.command_line import exit_status
from sim.programs.study import study_job


def main() -> int:
    """Run the command line and return the exit status."""
    return exit_status(lambda: study_job(sys.argv[1:]), program="study")


if __name__ == "__main__":
    sys.exit(main())
