"""Write the figures and the report of a finished study again, in either language.

python -m experiments.report study=NAME language=zh    (--help explains every key)
"""

from __future__ import annotations

import sys

from sim.programs.command_line import exit_status
from sim.programs.report import report_job


def main() -> int:
    """Run the command line and return the exit status."""
    return report_job(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(exit_status(main, program="report"))
