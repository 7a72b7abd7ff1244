"""What can the data say about the parameters? ``python -m experiments.calibrate``.

Waves of runs from the census of 2010 to that of 2020, and from 2020 through the published
totals, are compared with published values; two posterior tables with provenance are written
to ``configs/posteriors/``. Keys are explained in ``configs/calibrate.yaml``, parameters and
targets in ``configs/targets.yaml``.
"""

from __future__ import annotations

from typing import Any, cast

import hydra
from omegaconf import DictConfig, OmegaConf


@hydra.main(version_base="1.3", config_path="../configs", config_name="calibrate")
def main(config: DictConfig) -> None:
    """Run the calibration, print contraction and labels, and write the posteriors."""
    from sim.calibrate.calibrate import calibrate_job
    from sim.runs.command import told

    values = cast("dict[str, Any]", OmegaConf.to_container(config, resolve=True))
    raise SystemExit(told(lambda: calibrate_job(values)))


if __name__ == "__main__":
    main()
