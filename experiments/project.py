"""The main job: does Hunan reach its urbanization target, under which policy, how surely?

python -m experiments.project key=value ...    (--help explains every key)
python -m experiments.project -m seed=1,2 ...  (a study for every value; hydra/launcher=joblib runs them side by side)
"""

from __future__ import annotations

import sys
from typing import Any, cast

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from sim.config import CONFIGS
from sim.programs.command_line import exit_status
from sim.programs.project import arguments, main_job, sweep_job


@hydra.main(version_base="1.3", config_path=str(CONFIGS), config_name="project")
def project(config: DictConfig) -> None:
    """Run the study of a composed configuration and end the program with its status."""
    values = cast("dict[str, Any]", OmegaConf.to_container(config, resolve=True))
    own = HydraConfig.get()
    if own.mode == RunMode.MULTIRUN:
        sweep_job(values, own.job.override_dirname, own.runtime.choices["hydra/launcher"])
    else:
        sys.exit(main_job(values))


def main() -> int:
    """Check the arguments, hand them to Hydra and return the exit status."""
    sys.argv[1:] = arguments(sys.argv[1:])
    if any(argument.startswith("hydra/launcher=") for argument in sys.argv[1:]):
        from sim.programs.warm import warm

        warm()
    project()
    return 0


if __name__ == "__main__":
    sys.exit(exit_status(main))
