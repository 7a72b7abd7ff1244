"""Renew the track record in ``docs/``: ``python -m experiments.validation``.

Takes the tables of ``experiments.calibrate``, ``hindcast``, ``patterns`` and ``sensitivity``
into ``docs/validation/``, draws their figures and writes the numbers of ``docs/validation.md``.
"""

from __future__ import annotations

from typing import Any, cast

import hydra
from omegaconf import DictConfig, OmegaConf


@hydra.main(version_base="1.3", config_path="../configs", config_name="validation")
def main(config: DictConfig) -> None:
    """Collect tables, draw figures, renew the documentation."""
    from sim.calibrate.collect import collect_job
    from sim.runs.command import told

    values = cast("dict[str, Any]", OmegaConf.to_container(config, resolve=True))
    raise SystemExit(told(lambda: collect_job(values)))


if __name__ == "__main__":
    main()
