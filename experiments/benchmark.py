"""How fast is it? ``python -m experiments.benchmark [floors|processes|startup|workers|peers ...] [key=value ...]``.

Times every process of a step, population, start-up and two workers against one, beside the
floors of the machine; ``peers`` runs a common workload in compiled loops, NumPy and Mesa.
Keys are explained in ``configs/benchmark.yaml``; ``docs/performance.md`` says how to read the tables.
"""

from __future__ import annotations

import sys
from itertools import takewhile
from typing import Any

from sim.programs.program import run_program


def job(values: dict[str, Any]) -> int:
    """Measure what the configuration asks for."""
    from benchmarks.command import benchmark_job

    return benchmark_job(values)


if __name__ == "__main__":
    # bare words at the beginning are the parts to measure
    words = list(takewhile(lambda word: "=" not in word and not word.startswith("-"), sys.argv[1:]))
    others = sys.argv[1 + len(words) :]
    sys.argv[1:] = [*others, f"parts=[{','.join(words)}]"] if words else others
    run_program("benchmark", __doc__ or "", job)
