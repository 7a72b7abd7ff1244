"""Which part of the plan does what? ``python -m experiments.attribute draws=40``.

Shapley values over the four action areas and the measures, leave-one-out and one-at-a-time
for all levers, conflicts, costs, and every lever beside its evidence. The time is estimated
first; ``resume=true`` goes on. Keys are explained in ``configs/attribute.yaml``.
"""

from __future__ import annotations

import hydra
from omegaconf import DictConfig, OmegaConf


@hydra.main(version_base="1.3", config_path="../configs", config_name="attribute")
def main(config: DictConfig) -> None:
    """Run the study, write its tables and page."""
    from sim.analysis.attribute_job import attribute_job
    from sim.runs.command import told

    values = OmegaConf.to_container(config, resolve=True)
    raise SystemExit(told(lambda: attribute_job(values)))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
