"""Drawn numbers of the levers: one per effect, half-life, unit cost and combining rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sim.agents.rng import Purpose, name_key, uniform
from sim.parameters.distributions import quantile
from sim.policies.lever import Effect, Lever, Levers
from sim.policies.quantities import QUANTITIES, QUANTITY_INDEX
from sim.policies.schema import JUDGEMENT, Drawn, Ramp

EffectKey = tuple[str, str]
"""(lever id, name): the quantity, ``QUANTITY.half_life``, ``half_life`` or ``cost.DRIVER``."""

COMBINING = "combining"
"""Stands in the place of a lever id for the numbers that levers share."""


def draw_effects(
    levers: Levers, seed: int, draw: int, fixed: Mapping[str, float] | None = None
) -> dict[EffectKey, float]:
    """Return every drawn number of the levers; it depends on (seed, draw) and its prior alone.

    Scenarios share the draw, and adding a lever or an effect leaves the others unchanged.

    Args:
        levers: the levers of a folder.
        seed: seed of the study.
        draw: number of the draw, from 0.
        fixed: values instead of draws, keyed ``LEVER.NAME`` (``T3.bring_children``).

    Raises:
        ValueError: ``fixed`` names something that is not drawn.
    """
    values: dict[EffectKey, float] = {}
    rest = dict(fixed or {})
    for key, drawn, stream in _drawn_numbers(levers):
        name = ".".join(key)
        if name in rest:
            values[key] = float(rest.pop(name))
            continue
        u = float(uniform(seed, name_key(stream), 0, int(Purpose.EFFECT), draw))
        values[key] = quantile(drawn.prior, u)
    if rest:
        known = ", ".join(".".join(key) for key in values)
        raise ValueError(f"no such effect: {', '.join(rest)}; allowed: {known}")
    return {key: _admissible(key, value) for key, value in values.items()}


def median_effects(levers: Levers) -> dict[EffectKey, float]:
    """Return every number at the median of its prior."""
    return effects_at(levers, 0.5)


def effects_at(levers: Levers, u: float) -> dict[EffectKey, float]:
    """Return every number at one quantile of its prior."""
    return {key: _admissible(key, quantile(drawn.prior, u)) for key, drawn, _ in _drawn_numbers(levers)}


def half_life_key(lever: Lever, effect: Effect) -> EffectKey:
    """Return where the half-life of an effect's ramp stands among the drawn numbers."""
    return lever.id, f"{effect.quantity}.half_life" if effect.ramp is not None else "half_life"


def _drawn_numbers(levers: Levers) -> Iterator[tuple[EffectKey, Drawn, str]]:
    """Yield key, prior and random stream of every drawn number.

    Costs that rest on the same prior row share its stream: they are one unknown.
    """
    for lever in levers.values():
        for effect in lever.effects:
            yield (lever.id, effect.quantity), effect, f"{lever.id}.{effect.quantity}"
            yield from _half_life(lever.id, f"{effect.quantity}.half_life", effect.ramp)
        yield from _half_life(lever.id, "half_life", lever.ramp)
        for cost in lever.costs:
            own = f"{lever.id}.cost.{cost.driver}"
            yield (
                (lever.id, f"cost.{cost.driver}"),
                cost,
                own if cost.prior_id == JUDGEMENT else f"cost.{cost.prior_id}",
            )
    for name in ("displacement", "multiplier", "base_budget"):
        yield (COMBINING, name), getattr(levers.combining, name), f"{COMBINING}.{name}"


def _half_life(lever: str, name: str, ramp: Ramp | None) -> Iterator[tuple[EffectKey, Drawn, str]]:
    if ramp is not None and ramp.half_life is not None:
        yield (lever, name), ramp.half_life, f"{lever}.{name}"


def _admissible(key: EffectKey, value: float) -> float:
    """Keep a factor above zero, so that its powers are defined."""
    index = QUANTITY_INDEX.get(key[1])
    if index is None or QUANTITIES[index].combine == "add":
        return value
    return max(value, 0.01)
