"""The main job: does Hunan reach its urbanization target, under which policy, how surely?

python -m experiments.project key=value ...    (--help explains every key)
"""

from __future__ import annotations

import sys
from typing import Any, cast

import hydra
from omegaconf import DictConfig, OmegaConf

from sim.runs.command import arguments, main_job, told


@hydra.main(version_base="1.3", config_path="../configs", config_name="project")
def project(config: DictConfig) -> None:
    """Run the study of a composed configuration and end the program with its status."""
    values = cast("dict[str, Any]", OmegaConf.to_container(config, resolve=True))
    sys.exit(main_job(values))


def main() -> int:
    """Check the arguments, hand them to Hydra and return the exit status."""
    sys.argv[1:] = arguments(sys.argv[1:])
    project()
    return 0


if __name__ == "__main__":
    sys.exit(told(main))
