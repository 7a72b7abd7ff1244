"""Sweeps by Hydra: a study for every combination of values, one after the other or side by side.

Hydra gets plain values from memory and no configuration file, so that nothing in a file can name a function for it
to call; of its settings only the launcher is the user's.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import hydra
from hydra.core.config_store import ConfigStore
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.types import Quote, QuotedString
from omegaconf import DictConfig, OmegaConf

from sim.programs.command_line import Command
from sim.studies.files import check_writable

__all__ = ["sweep"]

NAME = "sweep"


def sweep(command: Command, job: Callable[[dict[str, Any], str, str], object]) -> None:
    """Run the studies of a sweep.

    Args:
        command: the command line.
        job: runs one study; takes its keys, what distinguishes it in words of Hydra, and the launcher.

    Raises:
        StudyError: the results folder cannot be written.
        RuntimeError: what the first job that failed raised, after all of them.
    """

    def run(config: DictConfig) -> None:
        own = HydraConfig.get()
        values = cast("dict[str, Any]", OmegaConf.to_container(config))
        job(values, own.job.override_dirname, own.runtime.choices["hydra/launcher"])

    folder = Path(command.swept.get("results", [command.values["results"]])[0]).expanduser()
    check_writable(folder)
    own = {
        "sweep": {"dir": str(folder / "sweeps" / str(command.values["study"])), "subdir": "."},
        "output_subdir": None,
        "job": {"chdir": False},
    }
    defaults = [{f"override hydra/{part}": "none"} for part in ("job_logging", "hydra_logging")]
    ConfigStore.instance().store(NAME, {"defaults": ["_self_", *defaults], **command.values, "hydra": own})
    swept = [f"++{key}={','.join(map(written, values))}" for key, values in command.swept.items()]
    sys.argv[1:] = ["--multirun", *command.launcher, *swept]
    os.environ["HYDRA_FULL_ERROR"] = "1"
    hydra.main(version_base="1.3", config_path=None, config_name=NAME)(run)()


def written(value: Any) -> str:
    r"""Return a value as Hydra reads it back.

    Example:
        >>> written([None, True, 1.5, "it's"])
        "[null,true,1.5,'it\\'s']"
    """
    if isinstance(value, str):
        return str(QuotedString(value, Quote.single).with_quotes())
    if isinstance(value, list):
        return f"[{','.join(map(written, value))}]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}:{written(item)}" for key, item in value.items()) + "}"
    return "null" if value is None else repr(value).lower()
