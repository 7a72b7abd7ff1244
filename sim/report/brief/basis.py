"""The small print: what the brief rests on."""

from __future__ import annotations

from sim.data.schemas import TABLES
from sim.report.brief.facts import Facts
from sim.report.labels import RECALLED

__all__ = ["GRADES", "basis", "grades"]

GRADES = ("observed", "derived", "judged", RECALLED)


def basis(facts: Facts) -> list[str]:
    """Return runs and band, population and data, parameters, and how to make it again, a sentence or two each."""
    study, page = facts.study, facts.page
    households = int(study.config["households"])
    total, listed = sum(study.runs.get(name, 0) for name in study.scenarios), "manifest.parquet"
    columns, parameters = grades(facts)
    weighted = page("brief.basis.calibrated" if facts.canvas.calibrated else "brief.basis.priors")
    return [
        page(
            "brief.basis.runs",
            runs=facts.sources.cite(f"{total:,}", listed, page("brief.source.done"), status="done"),
            scenarios=len(study.scenarios),
            households=facts.sources.cite(f"{households:,}", "config.yaml", "households", key="households"),
            band=page(study.told("brief.basis.band")),
        ),
        page("brief.basis.data", last=study.last_observed, **_cited(facts, columns, "inputs/data/", "grades")),
        page(
            "brief.basis.parameters", **_cited(facts, parameters, "inputs/parameters.yaml", "priors"), weighted=weighted
        ),
        page("brief.basis.plan"),
    ]


def _cited(facts: Facts, counts: dict[str, int], file: str, key: str) -> dict[str, str]:
    what = facts.page(f"brief.source.{key}")
    return {grade: facts.sources.cite(f"{count:,}", file, what, grade=grade) for grade, count in counts.items()}


def grades(facts: Facts) -> tuple[dict[str, int], dict[str, int]]:
    """Return how many value columns of the data and how many parameters have each grade."""
    columns: list[str] = [
        column.grade
        for spec in TABLES.values()
        for column in spec.columns
        if column.name not in spec.key and column.source != "own"
    ]
    parameters: list[str] = [parameter.grade for parameter in facts.study.inputs.parameters.values()]
    return {g: columns.count(g) for g in GRADES}, {g: parameters.count(g) for g in GRADES}
