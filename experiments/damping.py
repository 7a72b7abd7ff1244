"""Do markets damp a response as the evidence says? ``python -m experiments.damping``.

Adds 0.1 utils to every town and compares the response of urban residents after five years
with free and with frozen markets. Keys are explained in ``configs/damping.yaml``.
"""

from __future__ import annotations

import hydra
from omegaconf import DictConfig


@hydra.main(version_base="1.3", config_path="../configs", config_name="damping")
def main(config: DictConfig) -> None:
    """Run the diagnostic and print it beside the evidence."""
    from sim.analysis.damping import damping_job
    from sim.runs.command import told

    raise SystemExit(told(lambda: damping_job(dict(config))))


if __name__ == "__main__":
    main()
