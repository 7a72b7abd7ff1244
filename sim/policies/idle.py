"""Settings of a scenario that can never act in a study, each told in one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from sim.base.names import BASELINE
from sim.policies.apply import acting, effect_effort, modifier_table
from sim.policies.cost import lever_costs
from sim.policies.effects import EffectKey, effects_at
from sim.policies.lever import Lever, Levers
from sim.policies.quantities import ENABLERS, QUANTITIES, QUANTITY_INDEX
from sim.policies.scenario import LeverSetting, Scenario
from sim.policies.schema import RegionLike
from sim.policies.travel import saved_tenths

HIGH = 0.9
"""Quantile at which effects are looked at: a median may be neutral where the draws are not."""


class Idle(NamedTuple):
    """A sentence on a setting that never acts, in both languages."""

    en: str
    zh: str


@dataclass(frozen=True)
class _Case:
    """A scenario, and the years in which it can act."""

    scenario: Scenario
    levers: Levers
    region: RegionLike
    years: Sequence[int]
    effects: Mapping[EffectKey, float]


def idle_settings(scenario: Scenario, levers: Levers, region: RegionLike, first: int, last: int) -> tuple[Idle, ...]:
    """Return the settings of a scenario that change nothing in the years of a study.

    Args:
        scenario: the scenario, overrides applied.
        levers: the levers that it was loaded with.
        region: counties and groups.
        first: first projected year; observed years know no policy.
        last: last simulated year.
    """
    name = scenario.name
    if scenario.baseline:
        return ()
    if not scenario.pulls():
        return (
            Idle(
                f"{name}: pulls no lever and assumes nothing of its own, so it is the same as {BASELINE}",
                f"{name}：未动用任何政策，也无其他设定，与{BASELINE}相同",
            ),
        )
    if first > last:
        return (
            Idle(
                f"{name}: nothing of it acts, since the study ends in {last} and policy acts from {first} on",
                f"{name}：全部设定均不起作用，因为模拟止于{last}年，而政策自{first}年起才起作用",
            ),
        )
    case = _Case(scenario, levers, region, range(first, last + 1), effects_at(levers, HIGH))
    return tuple(Idle(f"{name}: {en}", f"{name}：{zh}") for en, zh in (*_levers(case), *_assumptions(case)))


def _levers(case: _Case) -> Iterator[tuple[str, str]]:
    idle = []
    for lever in case.levers.values():
        setting = case.scenario.settings[lever.id]
        if setting.zero:
            yield from _at_zero(lever.id, setting)
        elif not _acts(case, lever):
            idle.append(lever.id)
        else:
            parts = _idle_parts(case, lever, setting)
            idle += [f"{lever.id} ({', '.join(parts)})"] if parts else []
            yield from _years(case, lever.id, setting)
            yield from _switches(lever, setting)
    if idle:
        first, last = case.years[0], case.years[-1]
        en, zh = (f"from {first} to {last}", f"{first}—{last}年") if first < last else (f"in {last}", f"{last}年")
        yield (
            f"{', '.join(idle)}: pulled, but nothing changes {en} (by years, places, switches, or for want of the "
            "levers to help)",
            f"{'、'.join(idle)}：虽已动用，但在{zh}不改变任何量（因年份、地点、开关，或缺少其所辅助的措施）",
        )


def _idle_parts(case: _Case, lever: Lever, setting: LeverSetting) -> list[str]:
    """Return effects without a year or county in the study, and how many projects open after it."""
    parts = [
        effect.quantity
        for effect in acting(lever, setting)
        if not effect_effort(lever, effect, setting, case.effects, case.region, case.years).any()
    ]
    late = sum(project.opens + setting.delay > case.years[-1] for project in lever.projects)
    return [*parts, f"projects: {late}/{len(lever.projects)}"] if late else parts


def _at_zero(lever: str, setting: LeverSetting) -> Iterator[tuple[str, str]]:
    written = sorted(setting.model_fields_set - {"intensity"})
    if written:
        keys = ", ".join(f"levers.{lever}.{key}" for key in written)
        yield f"{keys}: never acts, the intensity of {lever} is 0", f"{keys}：不起作用，{lever}的强度为0"


def _years(case: _Case, lever: str, setting: LeverSetting) -> Iterator[tuple[str, str]]:
    """Yield years of an intensity beyond the study, or replaced before a lever acts at all."""
    first, last = case.years[0], case.years[-1]
    path = sorted(setting.intensity) if isinstance(setting.intensity, dict) else []
    replaced = [year for year, following in pairwise(path) if following <= first]
    for year in [*replaced, *(year for year in path if year > last)]:
        yield (
            f"levers.{lever}.intensity in {year}: never acts, the study projects {first} to {last}",
            f"levers.{lever}.intensity（{year}年）：不起作用，推算年份为{first}—{last}年",
        )


def _switches(lever: Lever, setting: LeverSetting) -> Iterator[tuple[str, str]]:
    """Yield switches that are so anyway."""
    active = {effect.quantity: effect.active for effect in lever.effects}
    for key, already in (("with_effects", True), ("without_effects", False)):
        for quantity in getattr(setting, key):
            if active[quantity] is already:
                yield (
                    f"levers.{lever.id}.{key}: {quantity} changes nothing, it is {'on' if already else 'off'} anyway",
                    f"levers.{lever.id}.{key}：{quantity}不起作用，本已{'启用' if already else '停用'}",
                )


def _assumptions(case: _Case) -> Iterator[tuple[str, str]]:
    first, last = case.years[0], case.years[-1]
    projected = f"the study projects {first} to {last}", f"推算年份为{first}—{last}年"
    exogenous = case.scenario.exogenous
    for year in sorted(exogenous.reclassification_wave):
        if not first <= year <= last:
            key = "exogenous.reclassification_wave"
            yield f"{key} in {year}: never acts, {projected[0]}", f"{key}（{year}年）：不起作用，{projected[1]}"
    for number, shock in enumerate(exogenous.local_shocks):
        key = f"exogenous.local_shocks[{number}].start = {shock.start}"
        if shock.start > last:
            yield f"{key}: never acts, {projected[0]}", f"{key}：不起作用，{projected[1]}"
        elif shock.start < first:
            yield (
                f"{key}: only what is left of it in {first} acts, {projected[0]}",
                f"{key}：仅{first}年时的剩余部分起作用，{projected[1]}",
            )
    if case.scenario.budget is not None and all(setting.zero for setting in case.scenario.settings.values()):
        yield "budget: never acts, no lever is pulled", "budget：不起作用，未动用任何政策"


def _acts(case: _Case, lever: Lever) -> bool:
    """Return whether a lever changes a quantity or costs something, alone or in its package."""
    alone = Levers({lever.id: lever}, case.levers.combining)
    own = case.scenario, alone, case.effects, case.region, case.years
    if any(table.any() for table in lever_costs(*own).values()):
        return True
    table = modifier_table(*own)
    for quantity in (q for q in QUANTITIES if q.name not in ENABLERS):
        if (table[:, QUANTITY_INDEX[quantity.name]] != quantity.neutral).any():
            return quantity.name != "travel_time" or bool(saved_tenths(*own[:2], *own[3:]).any())
    helped = {target.split(".")[0] for effect in lever.effects for target in effect.targets}
    return any(not case.scenario.settings[other].zero for other in helped)
