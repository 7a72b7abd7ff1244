"""When the levers act: rules first, buildings, parks and lines later; none in a year that is observed."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import NDArray

from sim.base.names import BASELINE, PLAN
from sim.policies import Lever, Scenario, median_effects
from sim.policies.effects import half_life_key
from sim.policies.lever import Levers
from sim.policies.plan import plan_years
from sim.policies.quantities import ENABLERS
from sim.report.figures.canvas import Canvas, Drawing
from sim.report.finished_study import Study
from sim.report.style import FAINT, INK, SOFT, drawn_name, finish, new_figure, year_ticks


def lever_effort(lever: Lever, found: Scenario, known: Levers, years: list[int]) -> NDArray[np.float64]:
    """Return the largest intensity x ramp of the effects of a lever in every year, at median half-lives.

    Effects that are switched off do not count; a lever with lines and roads counts the share
    of them that is open.
    """
    setting, effects = found.settings[lever.id], median_effects(known)
    shapes = [np.zeros(len(years))]
    for effect in lever.effects:
        if setting.acts(effect.quantity, effect.active):
            half_life = effects.get(half_life_key(lever, effect))
            shapes.append((effect.ramp or lever.ramp).values(years, setting.delay, half_life))
    effort = np.max(shapes, axis=0) * setting.values(years)
    if lever.projects:
        opens = np.array([project.opens + setting.delay for project in lever.projects])
        effort = effort * np.array([(opens <= year).mean() for year in years])
    return np.asarray(effort)


def draw_timeline(canvas: Canvas) -> Drawing | None:
    """Draw the effort of every lever by year under the plan, or the first scenario with levers, if one acts yet."""
    study, words = canvas.study, canvas.text
    names = [PLAN, *(name for name in study.scenarios if name not in (PLAN, BASELINE))]
    name = next((n for n in names if n in study.scenarios and n in study.inputs.scenarios), None)
    found = study.inputs.scenarios[name] if name is not None else None
    if name is None or found is None or all(setting.zero for setting in found.settings.values()):
        return None
    known = study.inputs.levers
    plan = plan_years()
    years = list(range(plan.before, study.years[-1] + 1))
    effort = np.array([lever_effort(lever, found, known, years) for lever in known.values()])
    effort[:, np.array(years) <= study.last_observed] = 0.0
    if not effort.any():
        return None
    figure = new_figure(1.3 + 0.2 * len(known))
    axes = figure.add_subplot()
    shades = LinearSegmentedColormap.from_list("effort", ["#ffffff", canvas.colours[name]])
    axes.pcolormesh(
        np.arange(years[0] - 0.5, years[-1] + 1.0),
        np.arange(len(known) + 1) - 0.5,
        effort,
        cmap=shades,
        vmin=0.0,
        vmax=max(1.0, float(effort.max())) if effort.max() > 0.6 else 0.75,
        edgecolors="white",
        linewidth=0.8,
    )
    if years[-1] >= plan.built_from:
        axes.axvline(plan.built_from - 0.5, color=INK, linewidth=0.9, linestyle=(0, (3, 2)))
        axes.text(plan.built_from - 0.42, -0.72, words("timeline.from"), size=7.8, color=SOFT, va="bottom")
    axes.set_ylim(len(known) - 0.5, -0.6)
    axes.set_yticks(range(len(known)))
    axes.set_yticklabels([_label(canvas, lever) for lever in known.values()], fontsize=7.8)
    axes.set_xlim(years[0] - 0.5, years[-1] + 0.5)
    year_ticks(axes, 20)
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_color(FAINT)
    finish(figure, words("timeline.title", name=canvas.name(name)), words("timeline.note"))
    early = [lever for lever, row in zip(known, effort, strict=True) if row[: plan.built_from - plan.before].any()]
    alt = canvas.page("timeline.alt", built=plan.built_from, levers=canvas.page.join(early))
    title = canvas.page("timeline.title", name=canvas.page_name(name))
    return Drawing("timeline", figure, title, canvas.page("timeline.caption", **_caption_years(study)), alt)


def _caption_years(study: Study) -> dict[str, int]:
    plan = plan_years()
    acts = max(plan.first, study.last_observed + 1)
    return {"observed": study.last_observed, "first": acts, "built": plan.built_from, "last": plan.last}


def _label(canvas: Canvas, lever: Lever) -> str:
    """Return id and name of a lever; enablers carry a mark."""
    mark = " *" if all(effect.quantity in (*ENABLERS, "budget") for effect in lever.effects) else ""
    name = lever.name_zh if canvas.text.language == "zh" else lever.name_en
    return f"{lever.id}  {drawn_name(name, 60)}{mark}"
