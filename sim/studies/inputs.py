"""What a study was made from, kept in its folder, so that reading it needs nothing else.

``inputs/`` is laid out like ``configs/``: parameters, levers, the posterior, every scenario
written out in full with its overrides, and beside them the tables of the region. ``index.json``
holds the identity of the runs and a digest of every file; it is written last.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from sim.base.errors import StudyError
from sim.base.paths import CONFIGS
from sim.config import ProjectConfig, scenario_name
from sim.data import Region, load_region
from sim.data.tables import content_hash, region_folder
from sim.model.path.equal_cost import ready_scenario
from sim.parameters.declared import Parameter, declared
from sim.parameters.posterior import Head, read_head
from sim.parameters.posterior import content_hash as posterior_hash
from sim.policies import Levers, Scenario, load_levers, load_scenario
from sim.policies.written import scenario_text
from sim.studies.digested import dump_digested, load_digested
from sim.studies.files import replacing
from sim.studies.identity import Basis, code_hash, prior_files, priors_hash

__all__ = ["FOLDER", "StudyInputs", "changed_since", "open_inputs", "write_inputs"]

FOLDER = "inputs"
INDEX = "index.json"
FIT = "fit.csv"
"""Fit of the population, which no part of a run holds: tables that are made again take it from here."""


@dataclass(frozen=True, eq=False)
class StudyInputs:
    """What a study was made from, as its folder has it.

    Attributes:
        folder: laid out like ``configs/``.
        basis: what the runs share, and with it their identity.
    """

    folder: Path
    basis: Basis

    @cached_property
    def levers(self) -> Levers:
        """The levers as they were."""
        return load_levers(self.folder / "policy")

    @cached_property
    def scenarios(self) -> dict[str, Scenario]:
        """The scenarios as they were run, by name."""
        place = self.folder / "scenario"
        return {name: load_scenario(name, self.levers, folder=place) for name in self.basis.scenarios}

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """The parameters as they were declared."""
        return declared(self.folder / "parameters.yaml")

    @cached_property
    def posterior(self) -> Head | None:
        """What is known of the posterior that was drawn from, or None."""
        files = sorted((self.folder / "posteriors").glob("*.yaml"))
        return read_head(files[0].stem, files[0].parent) if files else None

    @cached_property
    def region(self) -> Region:
        """The region with the tables as they were."""
        return load_region(str(self.basis.settings["region"]), self.folder / "data")


def write_inputs(
    study_dir: Path,
    config: ProjectConfig,
    basis: Basis,
    scenarios: Mapping[str, Scenario],
    fit: pd.DataFrame | None = None,
) -> None:
    """Keep what a study is made from; what it keeps already stays as it is, a scenario may be added.

    Args:
        study_dir: folder of the study.
        config: the checked configuration.
        basis: what the runs share.
        scenarios: resolved scenarios by name.
        fit: fit of the population to its margins, where one is known.

    Raises:
        StudyError: files were edited since the study was prepared.
    """
    folder = study_dir / FOLDER
    files = _read_index(folder)["files"] if (folder / INDEX).is_file() else {}
    if not files:
        files = {name: _write(folder / name, content) for name, content in _sources(config).items()}
        _check_kept(folder, config, basis)
    if fit is not None and FIT not in files:
        files[FIT] = _write(folder / FIT, fit.to_csv(index=False).encode())
    for name, scenario in scenarios.items():
        path = f"scenario/{name}.yaml"
        if path not in files:
            files[path] = _write(folder / path, scenario_text(scenario, name).encode())
    content = {"basis": basis._asdict(), "files": files}
    with replacing(folder / INDEX) as temporary:
        temporary.write_text(dump_digested(content, indent=1) + "\n", encoding="utf-8")


def open_inputs(study_dir: Path) -> StudyInputs:
    """Return what a study was made from, after comparing every file with its digest.

    Raises:
        StudyError: nothing was kept, or a file is missing or not as it was written.
    """
    folder = study_dir / FOLDER
    index = _read_index(folder)
    for name, wanted in index["files"].items():
        path = folder / name
        if not path.is_file() or _digest(path.read_bytes()) != wanted:
            raise _damaged(path)
    return StudyInputs(folder, Basis(**index["basis"]))


def changed_since(inputs: StudyInputs, config: ProjectConfig) -> list[tuple[str, str]]:
    """Return in what this checkout differs from what a study was made from: the kind and, of scenarios, the name.

    Kinds are code, data, priors, posterior and scenario; a file that cannot be read any more differs.
    """
    known = inputs.basis
    now: dict[str, Callable[[], object]] = {
        "code": code_hash,
        "data": lambda: content_hash(region_folder(config.region)),
        "priors": priors_hash,
        "posterior": lambda: posterior_hash(config.posterior),
    }
    then = known._asdict() | {"posterior": known.settings["posterior"]}
    found = [(kind, "") for kind, ask in now.items() if _or_none(ask) != then[kind]]
    for entry in config.scenarios:
        name = scenario_name(entry)
        if _or_none(lambda entry=entry: _as_now(entry, config)) != inputs.scenarios[name]:  # type: ignore[misc]
            found.append(("scenario", name))
    return found


def _as_now(entry: str, config: ProjectConfig) -> Scenario:
    """Return a scenario as the files of this checkout have it."""
    return ready_scenario(entry, config, load_levers(), load_region(config.region))


def _or_none(ask: Callable[[], object]) -> object:
    """Return an answer, None where files cannot be read."""
    try:
        return ask()
    except (OSError, ValueError):
        return None


def _sources(config: ProjectConfig) -> dict[str, bytes]:
    """Return the files of the installation that a study is made from, by path below ``inputs/``."""
    paths = {path.relative_to(CONFIGS).as_posix(): path for path in prior_files(CONFIGS)}
    if config.posterior is not None:
        pair = (f"posteriors/{config.posterior}{end}" for end in (".yaml", ".csv"))
        paths |= {name: CONFIGS / name for name in pair}
    tables = load_region(config.region).folder
    paths |= {f"data/{config.region}/{path.name}": path for path in sorted(tables.glob("*.csv"))}
    return {name: path.read_bytes() for name, path in paths.items()}


def _check_kept(folder: Path, config: ProjectConfig, basis: Basis) -> None:
    """Refuse files that were edited between the moment when they were read and the one when they were kept.

    Raises:
        StudyError: what is kept is not what the identity of the runs says.
    """
    kept: dict[str, tuple[Callable[[], object], object]] = {
        "configs/: a parameter or lever file": (lambda: priors_hash(folder), basis.priors),
        "configs/posteriors/: the posterior": (
            lambda: posterior_hash(config.posterior, folder / "posteriors"),
            basis.settings["posterior"],
        ),
        f"sim/data/{config.region}/: a table": (lambda: content_hash(folder / "data" / config.region), basis.data),
    }
    for what, (ask, wanted) in kept.items():
        if _or_none(ask) != wanted:
            raise StudyError(
                f"{what} was edited while the study was prepared; nothing was simulated.\n"
                "  Next: start the same command again."
            )


def _write(path: Path, content: bytes) -> str:
    """Write a file and return its digest."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)
    return _digest(content)


def _read_index(folder: Path) -> dict[str, Any]:
    """Return the checked index."""
    path = folder / INDEX
    if not path.is_file():
        raise StudyError(
            f"{folder.parent}: {path.relative_to(folder.parent)} is missing, which says what the study was made from; "
            "versions before this one did not keep it.\n"
            "  Next: read the study with the commit that env.json names, or run it anew with study=NAME."
        )
    content = load_digested(path.read_bytes())
    if content is None:
        raise _damaged(path)
    return content


def _damaged(path: Path) -> StudyError:
    return StudyError(
        f"{path}: missing or not as it was written, so what the study was made from is not known.\n"
        "  Next: restore the file from a copy, or run the study anew with study=NAME."
    )


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
