"""Compile the rules once and keep them in the cache: python -m sim.programs.warm."""

from __future__ import annotations

import sys
import time

from sim.config import load_config


def warm() -> int:
    """Simulate one draw of the tiny study, which compiles every rule; nothing is written."""
    from sim.model.path.ahead import finish_ahead
    from sim.studies.progress import duration
    from sim.studies.simulator import default_simulator

    begin = time.monotonic()
    simulator = default_simulator()
    config = load_config("demo", draws=1)
    setup = simulator.prepare(config)
    simulator.branch(setup, simulator.begin(setup, 0, 0), config.scenarios[0])
    finish_ahead()
    sys.stderr.write(f"Compiled in {duration(time.monotonic() - begin)}.\n")
    return 0


if __name__ == "__main__":
    from sim.programs.command_line import exit_status

    sys.exit(exit_status(warm))
