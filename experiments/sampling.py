"""What does sampling cost, and where does it hurt? ``python -m experiments.sampling key=value ...``.

Runs the province with one agent per household and with samples of 50 thousand and 1 million,
without and with policy, and writes bias and Monte Carlo error by indicator, prefecture and
county. Keys are explained in ``configs/sampling.yaml``.
"""

from __future__ import annotations

import sys
from typing import Any, cast

import hydra
from omegaconf import DictConfig, OmegaConf


@hydra.main(version_base="1.3", config_path="../configs", config_name="sampling")
def main(config: DictConfig) -> None:
    """Run what is not done yet, print the text and write tables and figure."""
    from sim.analysis.sampling import sampling_job
    from sim.runs.command import told

    values = cast("dict[str, Any]", OmegaConf.to_container(config, resolve=True))
    sys.exit(told(lambda: sampling_job(values)))


if __name__ == "__main__":
    main()
