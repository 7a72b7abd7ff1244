"""Would the model have forecast the past? ``python -m experiments.hindcast``.

Counties from the census of 2010 to that of 2020, the province and prefectures from 2020 to
2024, each with nothing known after its information date, scored against benchmarks fitted
on the same window. Keys are explained in ``configs/hindcast.yaml``.
"""

from __future__ import annotations

from typing import Any, cast

import hydra
from omegaconf import DictConfig, OmegaConf


@hydra.main(version_base="1.3", config_path="../configs", config_name="hindcast")
def main(config: DictConfig) -> None:
    """Run the hindcasts, print the scorecard and write it."""
    from sim.calibrate.hindcast import hindcast_job
    from sim.runs.command import told

    values = cast("dict[str, Any]", OmegaConf.to_container(config, resolve=True))
    raise SystemExit(told(lambda: hindcast_job(values)))


if __name__ == "__main__":
    main()
