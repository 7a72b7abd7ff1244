"""The folder of a study: made whole, resumed only by the configuration, data and code that made it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.base.config_text import findings
from sim.base.errors import StudyError
from sim.base.textfiles import dump_yaml
from sim.config import CONFIGS, ConfigError, ProjectConfig, read_yaml, scenario_name
from sim.studies import environment, manifest
from sim.studies.files import TEMPORARY, cannot_write, check_writable, locked, remove_temporaries, replacing
from sim.studies.identity import SETTINGS, Basis, digest
from sim.studies.inputs import open_inputs, write_inputs
from sim.studies.manifest import Manifest
from sim.studies.progress import say
from sim.studies.simulator import Prepared
from sim.studies.store import stored

__all__ = [
    "CONFIG",
    "STAMPS",
    "check_folder",
    "differences",
    "grow",
    "open_study",
    "stored_config",
    "stored_rows",
    "with_stored_draws",
]

CONFIG = "config.yaml"
DIGEST = "# digest of the lines above: "
GROWING = ("draws", "replicates")
"""Keys that a resumed study may raise: draws and replicates extend each other."""
STAMPS = {
    "data": "data (tables of the region)",
    "priors": "priors (configs/parameters.yaml, configs/policy/)",
    "code": "code (sources of sim/ that determine results)",
}
"""What of the basis of a study a checkout can differ in, in words."""


def check_folder(config: ProjectConfig) -> None:
    """Refuse a folder that cannot take the study, as far as the configuration alone can tell.

    Raises:
        StudyError: the folder holds something else, or another study, or this one without ``resume``.
    """
    folder = config.study_dir
    _refuse_links(folder)
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

    The folder alone is read: files that the configuration names need not be there any more.

    Raises:
        StudyError: the folder holds no study, or its configuration cannot be read.
    """
    missing = [name for name in (manifest.FILE, CONFIG) if not (study_dir / name).is_file()]
    if len(missing) == 1:
        raise StudyError(f"{study_dir / missing[0]}: missing.\n{_RESTORE}")
    if missing:
        near = sorted(path.parent.name for path in study_dir.parent.glob(f"*/{manifest.FILE}"))
        raise StudyError(
            f"{study_dir}: no such study; here are {', '.join(near) or 'none'}.\n"
            "  Next: name one of them; python -m experiments.project makes studies, results=FOLDER says where they are."
        )
    stored = {key: value for key, value in _stored_values(study_dir).items() if key in ProjectConfig.model_fields}
    new = ProjectConfig.model_fields.keys() - stored.keys()
    if new:
        stored |= {key: value for key, value in read_yaml(CONFIGS / "project.yaml").items() if key in new}
    try:
        return ProjectConfig.model_validate(stored | {"study": study_dir.name, "results": str(study_dir.parent)})
    except ValidationError as error:
        found = "".join(f"  {text}\n" for text in findings(error, ProjectConfig.model_fields, "project"))
        raise StudyError(f"{study_dir / CONFIG}: not a configuration.\n{found}{_RESTORE}") from None


_RESTORE = "  Next: restore the file from a copy; inputs/index.json holds the keys that determine results."


def _stored_values(study_dir: Path) -> dict[str, Any]:
    """Return the configuration of a study as it is written."""
    path = study_dir / CONFIG
    try:
        values = read_yaml(path)
    except ConfigError as error:
        raise StudyError(f"{path}: cannot be read ({'; '.join(error.problems)}).\n{_RESTORE}") from None
    text, mark, known = path.read_text(encoding="utf-8").rpartition(DIGEST)
    if mark and known.strip() != digest(text):
        raise StudyError(f"{path}: not as it was written.\n{_RESTORE}")
    return values


def stored_rows(study_dir: Path) -> Manifest:
    """Return the runs of a stored study: which they are says what it was made from, how they ended the manifest.

    Raises:
        StudyError: the manifest lists other runs than those of the study, or a file is damaged.
    """
    planned = manifest.plan(stored_config(study_dir), open_inputs(study_dir).basis)
    found = manifest.read(study_dir)
    if not found.keys() <= planned.keys():
        raise StudyError(
            f"{study_dir}: {manifest.FILE} lists runs that are not those of {CONFIG} and inputs/.\n"
            "  Next: the command that made the study, with resume=true, makes the manifest again."
        )
    return manifest.extend(planned, found)


def differences(config: ProjectConfig, basis: Basis) -> list[str]:
    """Return in what the stored study differs from the wanted one, in words; empty if they can mix."""
    known = open_inputs(config.study_dir).basis
    found = _setting_differences(config)
    found += [text for key, text in STAMPS.items() if getattr(known, key) != getattr(basis, key)]
    if not found and known.settings != basis.settings:
        found.append("settings of the runs (something they read has changed, such as the table of the posterior)")
    known_scenarios = known.scenarios
    changed = [name for name, content in basis.scenarios.items() if known_scenarios.get(name, content) != content]
    return found + [f"scenario {name} (its content has changed)" for name in changed]


@contextmanager
def open_study(config: ProjectConfig, basis: Basis, setup: Prepared) -> Iterator[Manifest]:
    """Make or reopen the folder of a study, keep others out, and give its manifest.

    Args:
        config: the checked configuration.
        basis: what the runs share.
        setup: what is run, of which scenarios and fit are kept.

    Raises:
        StudyError: the stored study was made by another configuration, data or code.
    """
    folder = config.study_dir
    fresh = not (folder / manifest.FILE).is_file()
    rows = manifest.plan(config, basis)
    if fresh:
        _create(config, basis, setup, rows)
    with locked(folder):
        if not fresh:
            rows = _reopen(config, basis, rows)
            write_inputs(folder, config, basis, setup.scenarios, setup.fit)
        yield rows


def _create(config: ProjectConfig, basis: Basis, setup: Prepared, rows: Manifest) -> None:
    """Make the folder with configuration, inputs, environment and manifest; it appears whole."""
    folder = config.study_dir
    temporary = folder.with_name(f"{TEMPORARY}{os.getpid()}-{folder.name}")
    try:
        temporary.mkdir(parents=True)
        _write_config(temporary, config)
        write_inputs(temporary, config, basis, setup.scenarios, setup.fit)
        environment.write(temporary, environment.describe(config, basis))
        manifest.write(temporary, rows)
        temporary.replace(folder)
    except (OSError, StudyError) as error:
        if (folder / manifest.FILE).is_file():
            check_folder(config)
        reason = error if isinstance(error, OSError) else error.__cause__
        if reason is None:
            raise
        raise cannot_write(folder, reason) from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _reopen(config: ProjectConfig, basis: Basis, rows: Manifest) -> Manifest:
    """Check a stored study against the wanted one and return the manifest of both.

    The files decide which runs are done: a run whose files are damaged is pending again, and
    one that was stored just before its process was killed counts.
    """
    folder = config.study_dir
    _refuse(config, differences(config, basis))
    remove_temporaries(folder)
    known = manifest.extend(rows, _read_or_rebuild(folder))
    rows = {key: row.pending() if row.status == manifest.DONE else row for key, row in known.items()}
    rows |= stored(folder, rows)
    lost = sum(known[key].status == manifest.DONE != row.status for key, row in rows.items())
    if lost:
        say(f"{lost} finished runs have missing or damaged files and are simulated again.")
    created = None
    with suppress(StudyError):
        created = environment.read(folder).get("created")
    _write_config(folder, config)
    environment.write(folder, environment.describe(config, basis, created))
    manifest.write(folder, rows)
    return rows


def _read_or_rebuild(folder: Path) -> Manifest:
    """Return the manifest as it is stored, or nothing where it is damaged: the files of the runs say what is done."""
    try:
        return manifest.read(folder)
    except StudyError:
        say(f"{folder / manifest.FILE}: damaged; it is made again from the files of the runs.")
        return {}


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
    return config.model_copy(update={"draws": max(config.draws, stored_config(config.study_dir).draws)})


def _refuse_links(folder: Path) -> None:
    """Refuse a study that is a link, or has one in place of a folder: files there are replaced and removed.

    Raises:
        StudyError: with the link and where it leads.
    """
    inside = sorted(folder.iterdir()) if folder.is_dir() else []
    for path in (folder, *inside):
        if path.is_symlink() and (path == folder or path.is_dir()):
            raise StudyError(
                f"{path}: a link to {path.resolve()}; files of a study are replaced and removed, and none outside its "
                "folder may be.\n  Next: name the folder itself with results=FOLDER, or put a copy there."
            )


def _refuse(config: ProjectConfig, found: list[str]) -> None:
    if found:
        raise StudyError(
            f"{config.study_dir}: holds a study that cannot be mixed with this one. It differs in:\n"
            + "".join(f"  {text}\n" for text in found)
            + "  Next: choose another name with study=NAME, or remove the folder."
        )


def _setting_differences(config: ProjectConfig) -> list[str]:
    """Return the keys that determine results and differ from the stored configuration."""
    stored = _stored_values(config.study_dir)
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
        temporary.write_text(f"{text}{DIGEST}{digest(text)}\n", encoding="utf-8")
