"""Do step length and sample size change the answer? ``python -m experiments.consistency draws=20``.

Compares the resident rate of 2030 without new policy at 4 and 12 steps a year, and at
50 thousand and 1 million households, over the same parameter draws. Keys are explained
in ``configs/consistency.yaml``.
"""

from __future__ import annotations

import hydra
from omegaconf import DictConfig


@hydra.main(version_base="1.3", config_path="../configs", config_name="consistency")
def main(config: DictConfig) -> None:
    """Run the comparison, print the table and write it."""
    from sim.analysis.consistency import consistency_job
    from sim.runs.command import told

    raise SystemExit(told(lambda: consistency_job(dict(config))))


if __name__ == "__main__":
    main()
