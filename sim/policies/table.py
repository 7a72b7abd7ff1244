"""Lever, quantity and scenario tables in Markdown, generated from the files they describe."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sim.base.markdown import table
from sim.parameters.distributions import Prior, summary
from sim.policies.lever import Cost, Effect, Lever, Levers, Unbooked
from sim.policies.quantities import QUANTITIES
from sim.policies.scenario import LeverSetting, Scenario
from sim.policies.schema import PlaceList, Ramp, Where

Language = Literal["en", "zh"]

_HEADS: dict[str, dict[Language, tuple[str, ...]]] = {
    "levers": {
        "en": ("lever", "name", "quantity", "at intensity 1", "unit", "prior", "where", "ramp", "evidence"),
        "zh": ("编号", "名称", "作用量", "强度为1时", "单位", "先验", "范围", "时序", "证据"),
    },
    "quantities": {
        "en": ("quantity", "combines", "unit", "limits", "meaning"),
        "zh": ("作用量", "合并方式", "单位", "界限", "含义"),
    },
    "costs": {
        "en": ("lever", "paid for", "unit cost", "unit", "part that applies", "prior", "when"),
        "zh": ("编号", "计费对象", "单位成本", "单位", "适用比例", "先验", "时序"),
    },
    "scenarios": {"en": ("scenario", "name", "levers", "description"), "zh": ("情景", "名称", "政策强度", "说明")},
}


def lever_table(levers: Levers, language: Language = "en") -> str:
    """Return one row per effect: median and 90% range at intensity 1, prior, place, ramp, evidence; one if none."""
    rows = []
    for lever in levers.values():
        name = lever.name_en if language == "en" else lever.name_zh
        if not lever.evaluable:
            told = "not evaluable" if language == "en" else "无法评估"
            place, ramp = where_text(lever.where), ramp_text(lever.ramp)
            rows.append((lever.id, f"{name} ({lever.section})", "", told, "", "", place, ramp, lever.evidence.grade))
        for effect in lever.effects:
            rows.append(
                (
                    lever.id,
                    f"{name} ({lever.section})",
                    effect.quantity + ("" if effect.active else " (off)"),
                    _range(effect.prior) + _scaled(effect),
                    effect.unit,
                    effect.prior_id,
                    where_text(effect.where or lever.where),
                    ramp_text(effect.ramp or lever.ramp),
                    lever.evidence.grade,
                )
            )
    return table(_HEADS["levers"][language], rows)


def quantity_table(language: Language = "en") -> str:
    """Return one row per named quantity."""
    rows = [
        (q.name, q.combine, q.unit, f"{q.low:g} to {q.high:g}", q.meaning_en if language == "en" else q.meaning_zh)
        for q in QUANTITIES
    ]
    return table(_HEADS["quantities"][language], rows)


def cost_table_text(levers: Levers, language: Language = "en") -> str:
    """Return one row per cost: driver, median and 90% range of the unit cost."""
    rows = [
        (lever.id, cost.driver, _range(cost.prior), cost.unit, f"{cost.scale:g}", cost.prior_id, _paid(lever, cost))
        for lever in levers.values()
        for cost in lever.costs
    ]
    return table(_HEADS["costs"][language], rows)


def scenario_table(scenarios: Sequence[Scenario], language: Language = "en") -> str:
    """Return one row per scenario with its lever settings."""
    rows = [
        (
            s.name,
            s.name_en if language == "en" else s.name_zh,
            _settings(s),
            s.description if language == "en" else s.description_zh or s.description,
        )
        for s in scenarios
    ]
    return table(_HEADS["scenarios"][language], rows)


def lever_notes(levers: Levers) -> str:
    """Return a section per lever: the plan's words, what intensity means, sources, honest note."""
    return "\n".join(_lever_note(lever) for lever in levers.values())


def where_text(where: Where) -> str:
    """Return where a lever acts, in a few words."""
    text = "all" if where.empty else _places(where)
    return text if where.exclude.empty else f"{text} except {_places(where.exclude)}"


def ramp_text(ramp: Ramp) -> str:
    """Return how an effect builds up, in a few words."""
    if ramp.half_life is not None:
        low, median, high = summary(ramp.half_life.prior)
        return f"pulse from {ramp.start}, half-life {median:g} years ({low:g} to {high:g})"
    return f"{ramp.kind} {ramp.start}" + (f"-{ramp.end}" if ramp.end is not None else "")


def _paid(lever: Lever, cost: Cost) -> str:
    """Return when a cost is due: its ramp, or the effects it follows."""
    return f"as {' or '.join(cost.follows)} acts" if cost.follows else ramp_text(cost.ramp or lever.ramp)


def _lever_note(lever: Lever) -> str:
    lines = [
        f"### {lever.id} {lever.name_en} {lever.name_zh}",
        "",
        f"> {'；'.join(lever.phrase)} ({lever.section})",
        "",
        f"Intensity: {lever.intensity.meaning}. Indicators: {'; '.join(lever.intensity.indicators)}.",
        "",
        f"Where ({where_text(lever.where)}): {lever.aimed}",
        "",
        f"Evidence ({lever.evidence.grade}): {lever.evidence.basis}.",
        "",
        lever.note,
        "",
    ]
    lines += [f"- {effect.quantity}: {text}" for effect in lever.effects if (text := _effect_note(effect))]
    lines += [f"- cost, {cost.driver}: {text}" for cost in lever.costs if (text := _effect_note(cost))]
    lines += [f"- beside the total, {part.what_en}: {_beside(part)}" for part in lever.unbooked]
    lines += [f"- {source}" for source in lever.evidence.sources]
    return "\n".join(lines) + "\n"


def _beside(part: Unbooked) -> str:
    """Return the range of what is not booked, and what it rests on."""
    if part.billion is None:
        return part.basis
    low, high = part.billion
    return f"{low:g} to {high:g} billion yuan over the plan at intensity 1, {part.grade}. {part.basis}"


def _effect_note(item: Effect | Cost) -> str:
    part = f"{item.scale:g} of the drawn number applies: {item.scale_reason}" if item.scale_reason else ""
    return ". ".join(text for text in (part, item.note) if text)


def _scaled(item: Effect | Cost) -> str:
    return f" x {item.scale:g}" if item.scale != 1.0 else ""


def _range(prior: Prior) -> str:
    low, median, high = summary(prior)
    return f"{median:g}" if low == high else f"{median:g} ({low:g} to {high:g})"


def _places(places: PlaceList) -> str:
    return ", ".join((*places.groups, *places.prefectures, *places.counties))


def _settings(scenario: Scenario) -> str:
    by_level: dict[str, list[str]] = {}
    rule = scenario.equal_cost
    for lever, setting in scenario.settings.items():
        found = rule is not None and lever not in rule.named
        by_level.setdefault(f"at the cost of {rule.of.name}" if rule and found else _level(setting), []).append(lever)
    return "; ".join(f"{', '.join(levers)}: {level}" for level, levers in by_level.items())


def _level(setting: LeverSetting) -> str:
    if isinstance(setting.intensity, dict):
        return ", ".join(f"{level:g} from {year}" for year, level in sorted(setting.intensity.items()))
    return f"{setting.intensity:.3g}"
