"""What drives the rate of 2029 and the plan's effect? ``python -m experiments.sensitivity``.

Splits the variance into behaviour, drift, structural switches, demography, lever effects and
Monte Carlo by Sobol indices. Keys and groups are in ``configs/sensitivity.yaml``.
"""

from __future__ import annotations

from typing import Any, cast

import hydra
from omegaconf import DictConfig, OmegaConf


@hydra.main(version_base="1.3", config_path="../configs", config_name="sensitivity")
def main(config: DictConfig) -> None:
    """Run the design, print the indices and write them."""
    from sim.calibrate.sensitivity import sensitivity_job
    from sim.runs.command import told

    values = cast("dict[str, Any]", OmegaConf.to_container(config, resolve=True))
    raise SystemExit(told(lambda: sensitivity_job(values)))


if __name__ == "__main__":
    main()
