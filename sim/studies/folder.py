"""The folder of a study: made whole, resumed only by the configuration, data and code that made it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.base.errors import StudyError
from sim.base.textfiles import dump_yaml
from sim.config import ProjectConfig, load_config, read_yaml, scenario_name, validate
from sim.studies import environment, manifest
from sim.studies.files import TEMPORARY, check_writable, locked, remove_temporaries, replacing
from sim.studies.identity import SETTINGS, Basis
from sim.studies.manifest import Manifest
from sim.studies.progress import say
from sim.studies.store import stored

__all__ = [
    "CONFIG",
    "STAMPS",
    "check_folder",
    "differences",
    "grow",
    "open_study",
    "stored_config",
    "with_stored_draws",
]

CONFIG = "config.yaml"
GROWING = ("draws", "replicates")
"""Keys that a resumed study may raise: draws and replicates extend each other."""
STAMPS = {
    "data_hash": "data (tables of the region)",
    "priors_hash": "priors (configs/parameters.yaml, configs/policy/)",
    "code_hash": "code (sources of sim/ that determine results)",
}


def check_folder(config: ProjectConfig) -> None:
    """Refuse a folder that cannot take the study, as far as the configuration alone can tell.

    Raises:
        StudyError: the folder holds something else, or another study, or this one without ``resume``.
    """
    folder = config.study_dir
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / manifest.FILE).is_file():
        raise StudyError(
            f"{folder}: exists but holds no study ({manifest.FILE} is missing).\n"
            "  Next: choose another name with study=NAME, or remove it."
        )
    check_writable(folder)
    _refuse(config, _setting_differences(config))
    if not config.resume:
        rows = manifest.read(folder)
        done = manifest.count(rows, manifest.DONE)
        raise StudyError(
            f"{folder}: already holds this study ({done} of {len(rows)} runs done).\n"
            "  Next: resume=true goes on with it, study=NAME starts another one, or remove the folder."
        )


def stored_config(study_dir: Path) -> ProjectConfig:
    """Return the configuration of a stored study; keys that it does not know yet have their defaults.

    Raises:
        StudyError: the folder holds no study.
        ConfigError: the stored configuration is not accepted any more.
    """
    if not (study_dir / manifest.FILE).is_file() or not (study_dir / CONFIG).is_file():
        near = sorted(path.parent.name for path in study_dir.parent.glob(f"*/{manifest.FILE}"))
        raise StudyError(f"{study_dir}: no such study; here are {', '.join(near) or 'none'}")
    known = load_config().model_dump()
    stored = read_yaml(study_dir / CONFIG)
    return validate(known | stored | {"study": study_dir.name, "results": str(study_dir.parent)})


def differences(config: ProjectConfig, basis: Basis) -> list[str]:
    """Return in what the stored study differs from the wanted one, in words; empty if they can mix."""
    stored = environment.read(config.study_dir)
    wanted = {"data_hash": basis.data, "priors_hash": basis.priors, "code_hash": basis.code}
    found = _setting_differences(config)
    found += [text for key, text in STAMPS.items() if stored.get(key) != wanted[key]]
    known = stored.get("scenario_hashes", {})
    changed = [name for name, content in basis.scenarios.items() if known.get(name, content) != content]
    return found + [f"scenario {name} (its content has changed)" for name in changed]


@contextmanager
def open_study(config: ProjectConfig, basis: Basis) -> Iterator[Manifest]:
    """Make or reopen the folder of a study, keep others out, and give its manifest.

    Raises:
        StudyError: the stored study was made by another configuration, data or code.
    """
    folder = config.study_dir
    fresh = not (folder / manifest.FILE).is_file()
    rows = manifest.plan(config, basis)
    if fresh:
        _create(config, basis, rows)
    with locked(folder):
        if not fresh:
            rows = _reopen(config, basis, rows)
        yield rows


def _create(config: ProjectConfig, basis: Basis, rows: Manifest) -> None:
    """Make the folder with configuration, environment and manifest; it appears whole."""
    folder = config.study_dir
    temporary = folder.with_name(f"{TEMPORARY}{os.getpid()}-{folder.name}")
    try:
        temporary.mkdir(parents=True)
        _write_config(temporary, config)
        environment.write(temporary, environment.describe(config, basis))
        manifest.write(temporary, rows)
        temporary.replace(folder)
    except OSError as error:
        if (folder / manifest.FILE).is_file():
            check_folder(config)
        raise StudyError(f"{folder}: cannot be written ({error.strerror}).\n  Next: choose results=FOLDER.") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _reopen(config: ProjectConfig, basis: Basis, rows: Manifest) -> Manifest:
    """Check a stored study against the wanted one and return the manifest of both.

    The files decide which runs are done: a run whose files are damaged is pending again, and
    one that was stored just before its process was killed counts.
    """
    folder = config.study_dir
    _refuse(config, differences(config, basis))
    before = manifest.read(folder)
    if not before.keys() <= rows.keys():
        _refuse(config, ["content of the runs (something they read has changed, such as the table of the posterior)"])
    remove_temporaries(folder)
    known = manifest.extend(rows, before)
    rows = {key: row.pending() if row.status == manifest.DONE else row for key, row in known.items()}
    rows |= stored(folder, rows)
    lost = sum(known[key].status == manifest.DONE != row.status for key, row in rows.items())
    if lost:
        say(f"{lost} finished runs have missing or damaged files and are simulated again.")
    created = environment.read(folder).get("created")
    _write_config(folder, config)
    environment.write(folder, environment.describe(config, basis, created))
    manifest.write(folder, rows)
    return rows


def grow(config: ProjectConfig, basis: Basis, rows: Manifest) -> Manifest:
    """Return the manifest of a study that is open here with more draws; configuration and manifest are written."""
    rows = manifest.extend(manifest.plan(config, basis), rows)
    _write_config(config.study_dir, config)
    manifest.write(config.study_dir, rows)
    return rows


def with_stored_draws(config: ProjectConfig) -> ProjectConfig:
    """Return the configuration with the draws that a study has already grown to by itself."""
    path = config.study_dir / CONFIG
    if config.until_half_width is None or not path.is_file():
        return config
    return config.model_copy(update={"draws": max(config.draws, int(read_yaml(path).get("draws", 0)))})


def _refuse(config: ProjectConfig, found: list[str]) -> None:
    if found:
        raise StudyError(
            f"{config.study_dir}: holds a study that cannot be mixed with this one. It differs in:\n"
            + "".join(f"  {text}\n" for text in found)
            + "  Next: choose another name with study=NAME, or remove the folder."
        )


def _setting_differences(config: ProjectConfig) -> list[str]:
    """Return the keys that determine results and differ from the stored configuration."""
    stored = read_yaml(config.study_dir / CONFIG)
    wanted = config.model_dump()
    found = [
        f"{key} = {wanted[key]} (the study has {stored.get(key)})"
        for key in (*SETTINGS, "levers")
        if wanted[key] != stored.get(key)
    ]
    found += [
        f"{key} = {wanted[key]} (the study has {stored[key]}; it can only grow)"
        for key in GROWING
        if wanted[key] < stored.get(key, 0)
    ]
    names = {scenario_name(name) for name in config.scenarios}
    gone = [name for name in map(scenario_name, stored.get("scenarios", [])) if name not in names]
    return found + [f"scenarios without {name} (the study has it; it can only grow)" for name in gone]


def _write_config(folder: Path, config: ProjectConfig) -> None:
    with replacing(folder / CONFIG) as temporary:
        text = dump_yaml(config.model_dump())
        temporary.write_text(text, encoding="utf-8")
