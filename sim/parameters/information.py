"""Where the parameters of a draw come from at an information date, the year-end ``observed_until``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from sim.base.documents import read_document
from sim.base.paths import CONFIGS
from sim.data import Region
from sim.parameters.declared import PARAMETER_FILE, ParameterSource, check_names, parameters_at, with_ranges
from sim.parameters.posterior import Posterior, PosteriorError, edited_priors


def source_at(
    region: Region,
    date: int | None,
    posterior: Posterior | None = None,
    configs: Path = CONFIGS,
    ranges: Mapping[str, Sequence[float]] | None = None,
    fixed: Iterable[str] = (),
) -> ParameterSource:
    """Return where the parameters of a draw come from.

    Args:
        region: the region.
        date: last year-end that may be used; None for all that is published.
        posterior: weighted rows that replace the priors of the parameters they hold.
        configs: folder of the declarations.
        ranges: ranges that replace prior and posterior of single parameters.
        fixed: parameters that are not drawn.

    Raises:
        ParameterError: the declared names are not those that the model reads, or a range cannot be drawn from.
        PosteriorError: a prior was edited that the posterior would override.
    """
    known, ranges = parameters_at(region, date, configs / PARAMETER_FILE.name), ranges or {}
    check_names(known)
    if posterior is not None:
        _refuse_edited(region, posterior, configs, {*ranges, *fixed})
    return with_ranges(ParameterSource(known, posterior), ranges)


def _refuse_edited(region: Region, posterior: Posterior, configs: Path, given: Collection[str]) -> None:
    """Refuse priors that differ from those that a posterior was made from, unless the user gave values of his own."""
    date, name = posterior.head.information, posterior.head.name
    file, problems = configs / PARAMETER_FILE.name, []
    known = parameters_at(region, date, file)
    for parameter in edited_priors(posterior, known):
        if parameter in given:
            continue
        text = read_document(file, PosteriorError)[1]
        problem = f"the prior is not the one that {name} was made from, and draws come from {name}: it would do nothing"
        ways = (
            f"Next: posterior=null draws all from the priors, priors.{parameter}=[LOW,HIGH] this one from a range, or "
            "python -m experiments.calibrate makes the posterior again"
        )
        problems.append(
            text.describe((parameter, "around" if known[parameter].around else "prior"), problem, f"{ways}.")
        )
    if problems:
        raise PosteriorError("\n".join(problems))
