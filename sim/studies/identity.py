"""Identity of runs: what determines a result, and nothing else.

A run is known by a hash of the content of its scenario, draw, replicate, seed, start,
end, steps, households, data, priors and the sources that determine results (``SOURCES``).
The engine, threads, workers, language, name of the study and commit leave results unchanged
and are left out, as are the sources of figures, pages, programs, statistics and of the store.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from sim.base.paths import PACKAGE
from sim.base.sources import content_of, files_in, modules_in
from sim.base.textfiles import read_content
from sim.config import CONFIGS, ProjectConfig
from sim.parameters.posterior import content_hash

__all__ = ["Basis", "basis_of", "code_hash", "digest", "history_id", "prior_files", "priors_hash", "run_id"]

SETTINGS = (
    "region",
    "seed",
    "start",
    "observed_until",
    "posterior",
    "end_year",
    "steps_per_year",
    "order",
    "households",
    "params",
    "priors",
)
"""Keys of the configuration that every run of a study shares and that determine results."""

SOURCES = ("base", "data", "agents", "population", "parameters", "policies", "model")
"""Folders of ``sim/`` whose sources determine results; none imports another folder (``tests/test_layout.py``).

``sim/config.py`` is no part: it checks keys, and their values are in the identity themselves.
"""


class Basis(NamedTuple):
    """What the runs of a study share.

    Attributes:
        settings: the keys of ``SETTINGS`` and their values.
        scenarios: hash of the content of every scenario, levers included.
        data: content hash of the tables of the region.
        priors: hash of the declared parameters and levers.
        code: hash of the sources that determine results.
    """

    settings: dict[str, Any]
    scenarios: dict[str, str]
    data: str
    priors: str
    code: str


def basis_of(
    config: ProjectConfig, scenario_content: Mapping[str, object], data_hash: str, configs: Path = CONFIGS
) -> Basis:
    """Return what the runs of a study share.

    Args:
        config: the checked configuration.
        scenario_content: content of every scenario by name, JSON-able.
        data_hash: content hash of the tables of the region.
        configs: folder of parameters, levers and posteriors.
    """
    values = config.model_dump()
    posterior = content_hash(config.posterior, configs / "posteriors")
    return Basis(
        settings={key: values[key] for key in SETTINGS} | {"posterior": posterior},
        scenarios={name: digest(content) for name, content in scenario_content.items()},
        data=data_hash,
        priors=priors_hash(configs),
        code=code_hash(),
    )


def run_id(basis: Basis, scenario: str, draw: int, replicate: int) -> str:
    """Return the identity of one run, 16 hexadecimal digits."""
    content = {
        "settings": basis.settings,
        "scenario": [scenario, basis.scenarios[scenario]],
        "draw": draw,
        "replicate": replicate,
        "data": basis.data,
        "priors": basis.priors,
        "code": basis.code,
    }
    return digest(content)


def history_id(basis: Basis, draw: int, replicate: int) -> str:
    """Return the identity of what the scenarios of a draw and replicate share."""
    return digest([basis.settings, basis.data, basis.priors, basis.code, draw, replicate])


def digest(content: object) -> str:
    """Return the hash of JSON-able content, independent of the order of keys."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, allow_nan=False, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def code_hash(package: Path = PACKAGE) -> str:
    """Return the hash of the sources that determine results, names and contents.

    Line ends do not matter, and what editors and file managers leave behind is no source.
    """
    total = hashlib.sha256()
    for path in (path for folder in sorted(SOURCES) for path in modules_in(package / folder)):
        total.update(path.relative_to(package).as_posix().encode() + b"\0")
        total.update(content_of(path) + b"\0")
    return total.hexdigest()[:16]


@cache
def priors_hash(root: Path = CONFIGS) -> str:
    """Return the hash of the meaning of the parameter and lever files, comments left out."""
    return digest({p.name: read_content(p) for p in prior_files(root)})


def prior_files(root: Path) -> list[Path]:
    """Return the files of parameters and levers in a folder laid out like ``configs/``."""
    files = [root / "parameters.yaml", *files_in(root / "policy", "*.yaml")]
    return [path for path in files if path.is_file()]


def _plain(value: object) -> object:
    """Turn array scalars, arrays, tuples and dates into JSON-able values."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} in the content of a run cannot be hashed")
