"""Prior distributions written as small mappings, sampled through their quantile function.

A prior is a mapping such as ``{dist: lognormal, median: 1.5, gsd: 1.32}``. Every
distribution is sampled as ``quantile(prior, u)`` with one uniform number u, so that
a draw depends on nothing but (prior, u).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from sim.base.errors import shown

Prior = Mapping[str, Any]

PARAMETERS: dict[str, dict[str, str]] = {
    "point": {"value": "any"},
    "uniform": {"low": "any", "high": "any"},
    "normal": {"mean": "any", "sd": "positive"},
    "lognormal": {"median": "positive", "gsd": "above 1"},
    "beta": {"a": "positive", "b": "positive"},
    "gamma": {"shape": "positive", "scale": "positive"},
    "quantiles": {"p05": "any", "p50": "any", "p95": "any"},
}
"""Required parameters of each distribution and the numbers each one allows."""

OPTIONAL: dict[str, dict[str, str]] = {"beta": {"scale": "positive"}}
"""Optional parameters of single distributions (``scale``: upper end of a beta, default 1)."""

BOUNDS = ("low", "high", "floor", "ceiling")
"""``low``/``high`` truncate (the rest is rescaled); ``floor``/``ceiling`` move draws beyond to the bound."""

EXTREME = 1e-6
"""Tail probability at which the draws of a prior must still be numbers."""

Z95 = 1.6448536269514722
"""Standard normal quantile at 0.95."""

_CHECKS: dict[str, Callable[[float], bool]] = {
    "any": lambda x: True,
    "positive": lambda x: x > 0,
    "above 1": lambda x: x > 1,
}


class DistributionError(ValueError):
    """A prior that cannot be read; the message names the key, the value and what is allowed."""


def quantile(prior: Prior, u: float) -> float:
    """Return the value of ``prior`` at cumulative probability ``u``.

    Args:
        prior: mapping with ``dist``, the parameters of ``PARAMETERS`` and optional bounds.
        u: cumulative probability, strictly between 0 and 1.

    Returns:
        The quantile, in the unit of the prior.

    Raises:
        DistributionError: the prior or ``u`` is not valid.

    Example:
        >>> round(quantile({"dist": "quantiles", "p05": 0.0, "p50": 0.5, "p95": 1.5}, 0.95), 9)
        1.5
    """
    _check_form(prior)
    if not 0.0 < u < 1.0:
        raise DistributionError(f"cumulative probability u = {u}: allowed is strictly between 0 and 1")
    return _quantile(prior, u)


def _quantile(prior: Prior, u: float) -> float:
    name = prior["dist"]
    if name == "point":
        return float(prior["value"])
    if name == "uniform":
        value = float(prior["low"]) + u * (float(prior["high"]) - float(prior["low"]))
    else:
        value = _INVERSE[name](prior, _truncated(prior, u))
    return float(min(max(value, prior.get("floor", -math.inf)), prior.get("ceiling", math.inf)))


def summary(prior: Prior) -> tuple[float, float, float]:
    """Return the 5%, 50% and 95% quantiles of ``prior``."""
    return quantile(prior, 0.05), quantile(prior, 0.5), quantile(prior, 0.95)


def validate(prior: Prior) -> None:
    """Check the names and values of ``prior``, and that its draws are numbers and differ.

    Raises:
        DistributionError: unknown distribution, missing, unknown or impossible parameter; draws that are not
            finite, or that the bounds pin to one value.
    """
    _check_form(prior)
    name = prior["dist"]
    try:
        drawn = [_quantile(prior, u) for u in (EXTREME, 0.25, 0.75, 1.0 - EXTREME)]
    except OverflowError:
        drawn = [math.inf]
    if not all(math.isfinite(value) for value in drawn):
        raise DistributionError(f"{name} prior: its draws are not finite numbers; allowed are moderate parameters")
    if name != "point" and not drawn[1] < drawn[2]:
        raise DistributionError(
            f"{name} prior: its bounds pin the draws to {drawn[1]:g}; move the bounds, or write "
            f"{{dist: point, value: {drawn[1]:g}}}"
        )


def _must_be_valid(prior: Any) -> Any:
    """Let a schema take ``prior`` where ``validate`` does."""
    if isinstance(prior, Mapping):
        try:
            validate(prior)
        except DistributionError as error:
            raise PydanticCustomError("prior", "{problem}", {"problem": str(error)}) from error
    return prior


PriorMapping = Annotated[dict[str, float | str], BeforeValidator(_must_be_valid)]
"""A prior as a field of a file's schema."""


def _check_form(prior: Prior) -> None:
    """Refuse an unknown distribution and missing, unknown or impossible parameters."""
    name = prior.get("dist")
    if not isinstance(name, str) or name not in PARAMETERS:
        raise DistributionError(f"dist = {shown(name)}: allowed are {', '.join(PARAMETERS)}")
    required = PARAMETERS[name]
    rules = required | OPTIONAL.get(name, {})
    bounds = () if name == "point" else BOUNDS
    for key in required:
        if key not in prior:
            raise DistributionError(f"{name} prior without {key}: it needs {', '.join(required)}")
    for key, value in prior.items():
        if key == "dist":
            continue
        if key not in rules and key not in bounds:
            allowed = ", ".join([*rules, *(b for b in bounds if b not in rules)])
            raise DistributionError(f"{name} prior with unknown key {shown(key)}: allowed are {allowed}")
        _check_number(name, key, value, rules.get(key, "any"))
    _check_order(name, prior)


def _check_number(name: str, key: str, value: object, rule: str) -> None:
    """Refuse a parameter that is not a finite number or breaks its rule."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise DistributionError(f"{name} prior: {key} = {shown(value)} is not a finite number")
    if not _CHECKS[rule](float(value)):
        raise DistributionError(f"{name} prior: {key} = {value!r}, allowed is a number that is {rule}")


def _check_order(name: str, prior: Prior) -> None:
    """Refuse bounds or quantiles in the wrong order, and truncation that leaves nothing."""
    for lower, upper in (("low", "high"), ("floor", "ceiling"), ("p05", "p50"), ("p50", "p95")):
        if lower in prior and upper in prior and not prior[lower] < prior[upper]:
            raise DistributionError(f"{name} prior: {lower} = {prior[lower]} must be below {upper} = {prior[upper]}")
    if name not in ("point", "uniform") and ("low" in prior or "high" in prior):
        left, right = _mass(prior)
        if not right - left > 1e-9:
            ends = " and ".join(f"{end} = {prior[end]}" for end in ("low", "high") if end in prior)
            raise DistributionError(f"{name} prior: no probability is left inside {ends}")


def _mass(prior: Prior) -> tuple[float, float]:
    """Return the cumulative probabilities at ``low`` and ``high``."""
    cumulative = _CUMULATIVE[prior["dist"]]
    left = cumulative(prior, float(prior["low"])) if "low" in prior else 0.0
    right = cumulative(prior, float(prior["high"])) if "high" in prior else 1.0
    return left, right


def _truncated(prior: Prior, u: float) -> float:
    """Map ``u`` into the part of the distribution between ``low`` and ``high``."""
    if "low" not in prior and "high" not in prior:
        return u
    left, right = _mass(prior)
    return left + u * (right - left)


def _z(u: float) -> float:
    """Return the standard normal quantile."""
    from scipy.special import ndtri

    return float(ndtri(u))


def _phi(z: float) -> float:
    """Return the standard normal cumulative probability."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def _beta_inverse(prior: Prior, u: float) -> float:
    from scipy.special import betaincinv

    return float(betaincinv(prior["a"], prior["b"], u)) * float(prior.get("scale", 1.0))


def _beta_cumulative(prior: Prior, x: float) -> float:
    from scipy.special import betainc

    share = min(max(x / float(prior.get("scale", 1.0)), 0.0), 1.0)
    return float(betainc(prior["a"], prior["b"], share))


def _gamma_inverse(prior: Prior, u: float) -> float:
    from scipy.special import gammaincinv

    return float(gammaincinv(prior["shape"], u)) * float(prior["scale"])


def _gamma_cumulative(prior: Prior, x: float) -> float:
    from scipy.special import gammainc

    return float(gammainc(prior["shape"], max(x, 0.0) / float(prior["scale"])))


def _spread(prior: Prior, below: bool) -> float:
    """Return the standard deviation of the normal half below or above the median."""
    width = prior["p50"] - prior["p05"] if below else prior["p95"] - prior["p50"]
    return float(width) / Z95


def _quantiles_inverse(prior: Prior, u: float) -> float:
    """Two normal halves that meet at the median and pass p05 and p95 exactly."""
    return float(prior["p50"]) + _spread(prior, below=u < 0.5) * _z(u)


def _quantiles_cumulative(prior: Prior, x: float) -> float:
    distance = x - float(prior["p50"])
    return _phi(distance / _spread(prior, below=distance < 0))


_INVERSE: dict[str, Callable[[Prior, float], float]] = {
    "normal": lambda p, u: float(p["mean"]) + float(p["sd"]) * _z(u),
    "lognormal": lambda p, u: float(p["median"]) * math.exp(math.log(p["gsd"]) * _z(u)),
    "beta": _beta_inverse,
    "gamma": _gamma_inverse,
    "quantiles": _quantiles_inverse,
}

_CUMULATIVE: dict[str, Callable[[Prior, float], float]] = {
    "normal": lambda p, x: _phi((x - p["mean"]) / p["sd"]),
    "lognormal": lambda p, x: _phi(math.log(x / p["median"]) / math.log(p["gsd"])) if x > 0 else 0.0,
    "beta": _beta_cumulative,
    "gamma": _gamma_cumulative,
    "quantiles": _quantiles_cumulative,
}
