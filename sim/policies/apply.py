"""From lever settings to modifiers: one table of named quantities by year and county.

For an effect with drawn value x at intensity 1, and effort e = intensity x ramp x
delivery in a county and year, a quantity that adds receives x * e and a quantity that
multiplies is multiplied by x ** e. Vacancies of all levers go through one multiplier; the share that
is displaced from elsewhere in the province is taken off in the markets. Every quantity is cut to its limits at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sim.policies.effects import COMBINING, EffectKey, half_life_key
from sim.policies.lever import Cost, Effect, Lever, Levers
from sim.policies.quantities import QUANTITIES, QUANTITY_INDEX
from sim.policies.scenario import LeverSetting, Scenario
from sim.policies.schema import Ramp, RegionLike

Table = NDArray[np.float64]


def modifier_table(
    scenario: Scenario,
    levers: Levers,
    effects: Mapping[EffectKey, float],
    region: RegionLike,
    years: Sequence[int],
) -> Table:
    """Return the value of every quantity, float64[len(years), len(QUANTITIES), n_counties].

    Args:
        scenario: lever settings.
        levers: the levers that the scenario was loaded with.
        effects: drawn numbers from ``draw_effects``.
        region: counties and groups.
        years: calendar years.

    Raises:
        PlaceError: a lever or the scenario names a place that the region does not have.
    """
    neutral = np.array([quantity.neutral for quantity in QUANTITIES])
    table = np.empty((len(years), len(QUANTITIES), len(region.county_codes)))
    table[:] = neutral[None, :, None]
    delivered = enabled("delivery", scenario, levers, effects, region, years)
    for lever in levers.values():
        setting = scenario.settings[lever.id]
        for effect in acting(lever, setting):
            effort = effect_effort(lever, effect, setting, effects, region, years)
            for target in (lever.id, f"{lever.id}.{effect.quantity}"):
                if target in delivered:
                    effort = effort * delivered[target]
            _apply(table, effect, effects[lever.id, effect.quantity], effort)
    jobs = table[:, QUANTITY_INDEX["vacancies"], :]
    jobs *= 1.0 + effects[COMBINING, "multiplier"]
    low = np.array([quantity.low for quantity in QUANTITIES])
    high = np.array([quantity.high for quantity in QUANTITIES])
    return np.clip(table, low[None, :, None], high[None, :, None])


def cost_effort(
    scenario: Scenario,
    lever: Lever,
    cost: Cost,
    effects: Mapping[EffectKey, float],
    region: RegionLike,
    years: Sequence[int],
) -> Table:
    """Return intensity x ramp of a cost where its lever acts, float64[len(years), n_counties].

    A cost that follows effects has the largest of their efforts, in place and time; what enablers
    deliver on top is paid for by the enabler.
    """
    setting = scenario.settings[lever.id]
    if cost.follows:
        paid = [
            effect_effort(lever, effect, setting, effects, region, years)
            for effect in acting(lever, setting)
            if effect.quantity in cost.follows
        ]
        return np.max(paid, axis=0) if paid else np.zeros((len(years), len(region.county_codes)))
    ramp = cost.ramp or lever.ramp
    half_life = effects.get((lever.id, "half_life")) if cost.ramp is None else None
    shape = setting.values(years) * ramp.values(years, setting.delay, half_life)
    where = setting.where or lever.where
    return np.outer(shape, where.mask(region))


def acting(lever: Lever, setting: LeverSetting) -> list[Effect]:
    """Return the effects of a lever that the setting lets act."""
    if setting.zero:
        return []
    return [effect for effect in lever.effects if setting.acts(effect.quantity, effect.active)]


def effect_effort(
    lever: Lever,
    effect: Effect,
    setting: LeverSetting,
    effects: Mapping[EffectKey, float],
    region: RegionLike,
    years: Sequence[int],
) -> Table:
    """Return intensity x ramp where the effect acts, float64[len(years), n_counties]."""
    ramp: Ramp = effect.ramp or lever.ramp
    half_life = effects.get(half_life_key(lever, effect))
    shape = setting.values(years) * ramp.values(years, setting.delay, half_life)
    if setting.where is None:
        mask = (effect.where or lever.where).mask(region)
    else:
        mask = setting.where.mask(region)
        if effect.where is not None:
            mask &= effect.where.mask(region)
    return np.outer(shape, mask)


def _apply(table: Table, effect: Effect, value: float, effort: Table) -> None:
    """Add or multiply one effect into its column."""
    index = QUANTITY_INDEX[effect.quantity]
    if QUANTITIES[index].combine == "add":
        table[:, index, :] += value * effect.scale * effort
    else:
        table[:, index, :] *= value**effort


def enabled(
    quantity: str,
    scenario: Scenario,
    levers: Levers,
    effects: Mapping[EffectKey, float],
    region: RegionLike,
    years: Sequence[int],
) -> dict[str, Table]:
    """Return the factor on every lever or effect that an enabler (``delivery``, ``unit_cost``) targets.

    Each factor is float64[len(years), n_counties]; several enablers multiply.
    """
    factors: dict[str, Table] = {}
    for lever in levers.values():
        setting = scenario.settings[lever.id]
        for effect in acting(lever, setting):
            if effect.quantity != quantity:
                continue
            effort = effect_effort(lever, effect, setting, effects, region, years)
            factor = effects[lever.id, quantity] ** effort
            for target in effect.targets:
                factors[target] = factors.get(target, np.ones_like(factor)) * factor
    return factors
