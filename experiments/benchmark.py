"""How fast is it? ``python -m experiments.benchmark [floors|processes|startup|workers|peers ...] [key=value ...]``.

Times every process of a step, population, start-up and two workers against one, beside the
floors of the machine; ``peers`` runs a common workload in compiled loops, NumPy and Mesa.
Keys are explained in ``configs/benchmark.yaml``; ``docs/performance.md`` says how to read the tables.
"""

from __future__ import annotations

import sys
from typing import Any, cast

import hydra
from omegaconf import DictConfig, OmegaConf


@hydra.main(version_base="1.3", config_path="../configs", config_name="benchmark")
def benchmark(config: DictConfig) -> None:
    """Measure what the configuration asks for and end the program with its status."""
    from sim.bench.command import benchmark_job
    from sim.runs.command import told

    values = cast("dict[str, Any]", OmegaConf.to_container(config, resolve=True))
    sys.exit(told(lambda: benchmark_job(values)))


def main() -> None:
    """Turn bare words into the parts to measure and hand the arguments to Hydra."""
    words = [word for word in sys.argv[1:] if "=" not in word and not word.startswith("-")]
    others = [word for word in sys.argv[1:] if word not in words]
    sys.argv[1:] = [*others, f"parts=[{','.join(words)}]"] if words else others
    benchmark()


if __name__ == "__main__":
    main()
