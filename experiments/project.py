"""The main job: does Hunan reach its urbanization target, under which policy, how surely?

python -m experiments.project key=value ...    (--help explains every key)
python -m experiments.project -m seed=1,2 ...  (a study for every value; hydra/launcher=joblib runs them side by side)
"""

from __future__ import annotations

import sys

from sim.programs.command_line import exit_status
from sim.programs.project import project_job


def main() -> int:
    """Run the command line and return the exit status."""
    return exit_status(lambda: project_job(sys.argv[1:]))


if __name__ == "__main__":
    sys.exit(main())
