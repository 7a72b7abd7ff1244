"""Read lever and scenario files; a wrong one is refused with file, line, key and reason."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sim.base.documents import FileText, parse, read_document, suggest
from sim.base.names import BASELINE
from sim.base.paths import CONFIGS
from sim.base.sources import files_in
from sim.base.textfiles import KeyPath
from sim.policies.lever import LEVER_ID, Combining, Lever, Levers
from sim.policies.scenario import Balance, EqualCost, Exogenous, LeverSetting, Scenario, ScenarioFile
from sim.policies.schema import PlaceError, PlaceList, PolicyFileError, RegionLike

POLICY_FOLDER = CONFIGS / "policy"
SCENARIO_FOLDER = CONFIGS / "scenario"
COMBINING_FILE = "combining.yaml"


def load_levers(folder: Path | str = POLICY_FOLDER, region: RegionLike | None = None) -> Levers:
    """Return the levers of all ``T*.yaml`` and ``P*.yaml`` files in a folder, tasks first.

    Args:
        folder: lever files and ``combining.yaml``.
        region: if given, the places that levers name are checked against it.

    Raises:
        PolicyFileError: no lever, or a wrong file.
    """
    folder = Path(folder)
    files = [file for file in files_in(folder, "*.yaml") if re.match(LEVER_ID, file.stem)]
    others = [f.name for f in files_in(folder, "*.y*ml") if f not in files and f.name != COMBINING_FILE]
    if others:
        raise PolicyFileError(
            f"{folder / others[0]}: a lever file is named after its id, T1.yaml to T17.yaml or P1.yaml to P7.yaml. "
            "Rename or move it."
        )
    if not files:
        raise PolicyFileError(f"{folder}: no lever file (T1.yaml, P1.yaml, ...). Check the folder.")
    levers = {file.stem: load_lever(file) for file in sorted(files, key=_lever_order)}
    result = Levers(levers, load_combining(folder / COMBINING_FILE))
    _check_targets(result)
    if region is not None:
        check_lever_places(result, region)
    return result


def load_lever(file: Path) -> Lever:
    """Return the lever of a file, places and targets unchecked.

    Raises:
        PolicyFileError: a wrong file.
    """
    data, source = read_document(file, PolicyFileError)
    lever = parse(Lever, data, source)
    if lever.id != file.stem:
        raise source.error(("id",), f"{lever.id!r} differs from the file name {file.stem!r}", "Rename one of them.")
    lever._source = source
    return lever


def load_combining(file: Path) -> Combining:
    """Return the numbers that levers share.

    Raises:
        PolicyFileError: a wrong file.
    """
    return parse(Combining, *read_document(file, PolicyFileError))


def load_scenario(
    name_or_path: str | Path,
    levers: Levers,
    region: RegionLike | None = None,
    folder: Path | str = SCENARIO_FOLDER,
) -> Scenario:
    """Return a scenario by name (``plan``) or from a file (``my/mix.yaml``).

    Args:
        name_or_path: name of a file in ``folder`` without its ending, or a path.
        levers: all levers; those that the scenario does not name are 0.
        region: if given, the places that the scenario names are checked against it.
        folder: where named scenarios are.

    Raises:
        PolicyFileError: no such scenario, or a wrong file.
    """
    file = _scenario_file(name_or_path, Path(folder))
    data, source = read_document(file, PolicyFileError)
    written = parse(ScenarioFile, data, source)
    if written.name != file.stem:
        raise source.error(
            ("name",), f"{written.name!r} differs from the file name {file.stem!r}", "Rename one of them."
        )
    return _resolve(written, source, file.parent, levers, region, (file.resolve(),))


def scenario_from_mapping(data: Mapping[str, Any], levers: Levers, region: RegionLike | None = None) -> Scenario:
    """Return a scenario written in Python, with the same keys and checks as a file."""
    source = FileText(f"scenario {data.get('name', '(without a name)')}", None, PolicyFileError)
    return _resolve(parse(ScenarioFile, data, source), source, SCENARIO_FOLDER, levers, region, ())


def scenario_names(folder: Path | str = SCENARIO_FOLDER) -> list[str]:
    """Return the names of the scenarios in a folder, sorted."""
    return [file.stem for file in files_in(Path(folder), "*.yaml")]


def check_lever_places(levers: Levers, region: RegionLike) -> None:
    """Refuse levers that name a county, prefecture or group that the region does not have."""
    for lever in levers.values():
        _check_where(lever.where, ("where",), lever._source, region)
        for index, effect in enumerate(lever.effects):
            _check_where(effect.where, ("effects", index, "where"), lever._source, region)
        for index, project in enumerate(lever.projects):
            for number, end in enumerate(project.ends):
                _check_where(end, ("projects", index, "ends", number), lever._source, region)


def _lever_order(file: Path) -> tuple[bool, int]:
    """Tasks before measures, each by number."""
    return file.stem[0] == "P", int(file.stem[1:])


def _check_targets(levers: Levers) -> None:
    """Refuse delivery effects on levers or effects that do not exist or are enablers themselves."""
    known = {lever.id for lever in levers.values()}
    known |= {f"{lever.id}.{e.quantity}" for lever in levers.values() for e in lever.effects if not e.targets}
    for lever in levers.values():
        for index, effect in enumerate(lever.effects):
            for number, target in enumerate(effect.targets):
                if target not in known or target.split(".")[0] == lever.id:
                    path = ("effects", index, "targets", number)
                    hint = suggest(target, sorted(known - {lever.id}), shown=24)
                    raise lever._source.error(path, f"{target!r} is not another lever or effect; {hint}")


def _scenario_file(name_or_path: str | Path, folder: Path) -> Path:
    """Return the file of a scenario given by name or path."""
    path = Path(name_or_path)
    is_name = path.suffix not in (".yaml", ".yml") and len(path.parts) == 1
    file = folder / f"{path}.yaml" if is_name else path
    if not os.path.isfile(file):
        if is_name:
            hint = suggest(path, scenario_names(folder), shown=24)
            shown = file.relative_to(CONFIGS.parent) if file.is_relative_to(CONFIGS) else file
            raise PolicyFileError(f"scenario {str(path)!r} is unknown; {hint}. To add one, write {shown}.")
        raise PolicyFileError(f"scenario file {file}: no such file. Check the path.")
    return file


def _resolve(
    written: ScenarioFile,
    source: FileText,
    folder: Path,
    levers: Levers,
    region: RegionLike | None,
    seen: tuple[Path, ...],
) -> Scenario:
    """Return the scenario with its base merged in and one setting for every lever."""
    for lever in written.levers:
        if lever not in levers:
            raise source.error(("levers", lever), f"unknown lever {lever!r}; {suggest(lever, levers, shown=24)}")
    _check_scenario(written, source, levers, region)
    settings: dict[str, LeverSetting] = {}
    exogenous, budget, equal_cost = written.exogenous, written.budget, None
    if written.base is not None:
        base = _load_other("base", written.base, source, folder, levers, region, seen)
        settings = dict(base.settings)
        stated = {key: getattr(exogenous, key) for key in exogenous.model_fields_set}
        exogenous = base.exogenous.model_copy(update=stated)
        budget, equal_cost = budget or base.budget, base.equal_cost
    if written.every_lever is not None or written.base is None:
        level = _rest_level(written, source, levers)
        settings = {lever: LeverSetting(intensity=level) for lever in levers}
        equal_cost = _equal_cost(written, source, folder, levers, region, seen)
    settings |= written.levers
    if equal_cost is not None:
        equal_cost = replace(equal_cost, named=tuple(dict.fromkeys((*equal_cost.named, *written.levers))))
    scenario = Scenario(
        name=written.name,
        name_en=written.name_en,
        name_zh=written.name_zh,
        description=written.description,
        description_zh=written.description_zh,
        baseline=written.name == BASELINE,
        settings=settings,
        exogenous=exogenous,
        budget=budget,
        source=source,
        equal_cost=equal_cost,
    )
    if written.baseline and not scenario.baseline:
        raise source.error(
            ("baseline",),
            f"true is not allowed: {BASELINE} alone is the baseline that effects are measured against",
            f"Take the key out, or name the scenario {BASELINE}.",
        )
    if scenario.baseline:
        _check_neutral(scenario)
    return scenario


def _check_neutral(baseline: Scenario) -> None:
    """Refuse a baseline with levers, shocks or a budget: effects are differences to it."""
    found = [f"levers.{lever}" for lever, setting in baseline.settings.items() if not setting.zero]
    neutral = Exogenous()
    found += [
        f"exogenous.{key}"
        for key in Exogenous.model_fields
        if getattr(baseline.exogenous, key) != getattr(neutral, key)
    ]
    found += ["budget"] if baseline.budget is not None else []
    if found:
        raise baseline.source.error(
            ("baseline",),
            f"{baseline.name!r} is the baseline that effects are measured against: it must leave every lever at 0 and "
            f"assume nothing of its own, and it sets {', '.join(found)}",
            f"Take these out, or give the scenario a name other than {BASELINE!r}.",
        )


def _equal_cost(
    written: ScenarioFile,
    source: FileText,
    folder: Path,
    levers: Levers,
    region: RegionLike | None,
    seen: tuple[Path, ...],
) -> EqualCost | None:
    """Return the scenario that the levers without a name are to be balanced with by cost, or None."""
    if not isinstance(written.every_lever, Balance) or written.every_lever.cost_of is None:
        return None
    other = _load_other("every_lever", written.every_lever.cost_of, source, folder, levers, region, seen)
    return EqualCost(other, ())


def _load_other(
    key: str,
    name: str,
    source: FileText,
    folder: Path,
    levers: Levers,
    region: RegionLike | None,
    seen: tuple[Path, ...],
) -> Scenario:
    """Return a scenario that another one starts from or costs as much as; its folder is searched first."""
    try:
        file = _scenario_file(name, folder)
    except PolicyFileError:
        try:
            file = _scenario_file(name, SCENARIO_FOLDER)
        except PolicyFileError as error:
            raise source.error((key,), str(error).rstrip(".")) from None
    if file.resolve() in seen:
        raise source.error((key,), f"{name!r} leads back to this scenario", "Break the circle.")
    data, other_source = read_document(file, PolicyFileError)
    other = parse(ScenarioFile, data, other_source)
    return _resolve(other, other_source, file.parent, levers, region, (*seen, file.resolve()))


def _rest_level(written: ScenarioFile, source: FileText, levers: Levers) -> float:
    """Return the intensity of the levers that the scenario does not name."""
    if written.every_lever is None:
        return 0.0
    if not isinstance(written.every_lever, Balance):
        return written.every_lever
    if written.every_lever.mean is None:
        return 0.0
    named = [setting.intensity for setting in written.levers.values()]
    constant = [level for level in named if isinstance(level, float)]
    if len(constant) < len(named):
        raise source.error(("every_lever",), "mean needs constant intensities for the levers that are named")
    rest = len(levers) - len(named)
    level = (written.every_lever.mean * len(levers) - sum(constant)) / rest if rest else 0.0
    if not -1e-12 <= level <= 1.0 + 1e-12:
        problem = f"a mean of {written.every_lever.mean} would need {level:.3f} from each of the other levers"
        raise source.error(("every_lever",), problem, "Choose a mean or intensities that leave 0 to 1 for the others.")
    return min(max(level, 0.0), 1.0)


def _check_scenario(written: ScenarioFile, source: FileText, levers: Levers, region: RegionLike | None) -> None:
    """Check the effects and places that lever settings and shocks name."""
    if region is not None:
        for index, shock in enumerate(written.exogenous.local_shocks):
            _check_where(shock.where, ("exogenous", "local_shocks", index, "where"), source, region)
    for lever, setting in written.levers.items():
        quantities = [effect.quantity for effect in levers[lever].effects]
        for key in ("with_effects", "without_effects"):
            for index, name in enumerate(getattr(setting, key)):
                if name not in quantities:
                    problem = f"{lever} has no effect on {name!r}; {suggest(name, quantities)}"
                    raise source.error(("levers", lever, key, index), problem)
        if region is not None:
            _check_where(setting.where, ("levers", lever, "where"), source, region)


def _check_where(where: PlaceList | None, path: KeyPath, source: FileText, region: RegionLike) -> None:
    if where is None:
        return
    try:
        selected = where.mask(region)
    except PlaceError as error:
        raise source.error((*path, *error.path), str(error)) from None
    if not selected.any():
        raise source.error(path, "no county is left; name more counties or exclude fewer")
