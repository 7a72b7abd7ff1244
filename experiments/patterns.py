"""Does the model do what was seen elsewhere? ``python -m experiments.patterns``.

Patterns with a source in the province, graded plausibility, and replays of two past policies as
plumbing checks. Keys are explained in ``configs/patterns.yaml``.
"""

from __future__ import annotations

from typing import Any, cast

import hydra
from omegaconf import DictConfig, OmegaConf


@hydra.main(version_base="1.3", config_path="../configs", config_name="patterns")
def main(config: DictConfig) -> None:
    """Simulate the patterns, print and write them."""
    from sim.calibrate.patterns import patterns_job
    from sim.runs.command import told

    values = cast("dict[str, Any]", OmegaConf.to_container(config, resolve=True))
    raise SystemExit(told(lambda: patterns_job(values)))


if __name__ == "__main__":
    main()
