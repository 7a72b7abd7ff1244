"""Tables of money: cost, people and cost per person of every scenario, and what is paid beside the total."""

from __future__ import annotations

import math

import pandas as pd

from sim.policies.lever import Unbooked
from sim.policies.plan import plan_years
from sim.report.figures.canvas import Canvas
from sim.report.frames import row
from sim.report.money import GAINS, ends
from sim.report.page_tables import Table
from sim.report.text import Text, signed, signed_minus
from sim.studies.value import FILE


def value_table(canvas: Canvas) -> Table | None:
    """Return cost, additional people and cost per additional person of every scenario in the focus year."""
    study, page = canvas.study, canvas.page
    if study.value_for_money is None:
        return None
    table = study.value_for_money
    now = table[table["year"] == study.focus]
    rows = []
    for name in (name for name in study.policies if name in set(now["scenario"])):
        own = now[now["scenario"] == name].set_index("gain")
        bought = [row(own, gain) for gain in GAINS]
        cells = [cell for each in bought for cell in (_people(page, each), _each(page, each))]
        rows.append([canvas.page_name(name), _money(page, bought[0]), *cells])
    if not rows:
        return None
    head = [page("table.scenario"), page("table.value.cost")]
    head += [page(f"table.value.{kind}.{gain}") for gain in GAINS for kind in ("people", "each")]
    caption = page("table.value.caption", first=int(now["first_year"].iloc[0]), last=study.focus)
    return Table(caption, head, rows, page("table.value.note", price_year=plan_years().price_year), source=FILE)


def beside_table(canvas: Canvas) -> Table | None:
    """Return what levers that a scenario pulls cost beside the total, at intensity 1 over the years of the plan."""
    study, page = canvas.study, canvas.page
    rows = []
    for lever in study.inputs.levers.values():
        if not any(not scenario.settings[lever.id].zero for scenario in study.inputs.scenarios.values()):
            continue
        name = f"{lever.id} {page.pick({'en': lever.name_en, 'zh': lever.name_zh})}"
        for part in lever.unbooked:
            what = page.pick({"en": part.what_en, "zh": part.what_zh})
            rows.append([name, what, _range(page, part)])
    if not rows:
        return None
    head = [page(f"table.beside.{key}") for key in ("lever", "what", "billion")]
    return Table(page("table.beside.caption"), head, rows, page("table.beside.note"), numeric=False)


def _range(page: Text, part: Unbooked) -> str:
    """Return a range in billion yuan or 亿元, or that none is known."""
    if part.billion is None:
        return page("table.beside.unknown")
    unit = 0.1 if page.language == "zh" else 1.0
    low, high = (f"{end / unit:g}" for end in part.billion)
    return page("table.beside.range", low=low, high=high, grade=page(f"table.beside.{part.grade}"))


def _money(page: Text, own: pd.Series[float]) -> str:
    """Return the cost with its middle 90%, in billion yuan or 亿元."""
    unit, digits = (0.1, 0) if page.language == "zh" else (1.0, 1)
    middle, low, high = (signed_minus(own[f"cost_billion_{end}"] / unit, digits) for end in ("median", "p05", "p95"))
    return f"{middle} ({low}–{high})"


def _people(page: Text, own: pd.Series[float]) -> str:
    """Return the additional people with their middle 90%, in thousand or 万."""
    unit, digits = (1e4, 1) if page.language == "zh" else (1e3, 0)
    middle, low, high = (signed(own[f"persons_{end}"] / unit, digits) for end in ("median", "p05", "p95"))
    return f"{middle} ({low} {page('table.to')} {high})"


def _each(page: Text, own: pd.Series[float]) -> str:
    """Return the cost per additional person, or why there is none, in thousand yuan or 万元."""
    told, (middle, least, most) = str(own["told"]), ends(page, own)
    if told == "open" and math.isfinite(float(own["per_person_p05"])):
        return page("table.value.open_least", low=least)
    return f"{middle} ({least}–{most})" if told == "yes" else page(f"table.value.{told}")
