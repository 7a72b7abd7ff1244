"""Tables of the documentation, generated from the code and files they describe.

python -m sim.programs.docs                    rewrite every generated block of the READMEs and below docs/
python -m sim.programs.docs --check            write nothing; exit status 1 if a page would change
python -m sim.programs.docs --results FOLDER   first take the answer of a finished main job for the READMEs
python -m sim.programs.docs --register FOLDER  first fix the forecast of a finished main job in docs/forecasts/

A block stands between ``<!-- generated: NAME -->`` and ``<!-- /generated -->``; ``BLOCKS`` lists the names.
"""

from __future__ import annotations

import ast
import csv
import re
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

from sim.agents.state import COLUMNS, bytes_per_household
from sim.agents.world import ACCOUNTS
from sim.base.config_text import allowed, plain
from sim.base.markdown import table
from sim.base.numbers import short
from sim.base.paths import ROOT
from sim.config import CONFIGS, ProjectConfig, read_yaml
from sim.model.path import indicators as indicator
from sim.model.year import terms as utility
from sim.model.year.processes import PROCESSES, writers
from sim.parameters.declared import declared
from sim.parameters.distributions import summary
from sim.policies import (
    lever_notes,
    lever_table,
    load_levers,
    load_scenario,
    quantity_table,
    scenario_names,
    scenario_table,
)
from sim.policies.plan import plan_years
from sim.policies.table import cost_table_text
from sim.population.judged import CONSTANTS
from sim.programs.attribute.attribution import first_open
from sim.programs.attribute.claims import CLAIMS
from sim.programs.attribute.partial import claimed
from sim.programs.docs.forecasts import REGION, RegistryError, forecasts, register
from sim.programs.docs.household_text import BLOCKS as HOUSEHOLD_BLOCKS
from sim.programs.docs.results import collect, results
from sim.programs.docs.validation_text import BLOCKS as PARTS
from sim.programs.docs.validation_text import limits

DOCS = ROOT / "docs"
EVIDENCE = DOCS / "evidence.csv"
_BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- /generated -->)", re.DOTALL)
_JUDGED = re.compile(r"\(judged|judged\)")

ACCOUNT_WORDS = {
    "born": "residents by birth, where the mother lives",
    "died": "residents lost by death, where they lived",
    "moved_in": "persons who came from another zone or county of the province",
    "moved_out": "persons who left for another zone or county of the province",
    "counted_in": "residents of rural blocks that became urban (in the urban zone)",
    "counted_out": "the same persons (in the rural zone)",
    "entered": "persons who came from an outside place, whoever they are",
    "left": "persons who left for an outside place, or registered there",
    "registered_in": "persons who registered in this town; not a change of residents, carries costs",
}
"""Meaning of every account; output tables join the two sides of reclassification as ``counted``."""


def parameters() -> str:
    """Return every declared parameter with its prior, accepted values, source and grade."""
    rows = []
    for p in declared().values():
        low, median, high = summary(p.prior)
        shown = short(median) if low == high else f"{short(median)} ({short(low)} to {short(high)})"
        accepted = f"{plain(p.low)} to {plain(p.high)}"
        meaning = p.meaning["en"] + (f" ({p.note})" if p.note else "")
        rows.append((f"`{p.name}`", meaning, shown, p.unit, accepted, source(p.source), p.grade))
    return table(("parameter", "meaning", "median (90% range)", "unit", "accepted", "source", "grade"), rows)


def source(key: str) -> str:
    """Return a source key, linked to its row in the register."""
    return key if key == "judgement" else f"[{key}](evidence.md#{key.lower()})"


def quantities() -> str:
    """Return the named quantities that levers modify."""
    return quantity_table()


def levers() -> str:
    """Return one row per effect of a lever."""
    return lever_table(load_levers())


def costs() -> str:
    """Return the unit costs of the levers."""
    plan = plan_years()
    words = (
        f"Yuan of {plan.price_year}, public money only, additional to {plan.before}; an observed year costs nothing."
    )
    return f"{words} A judged unit cost is a judgement on its range too.\n\n{cost_table_text(load_levers())}"


def projects() -> str:
    """Return the lines and roads with their judged years and savings."""
    rows = [
        (lever.id, p.name_en, p.name_zh, p.opens, f"{p.saving:.0%}", p.prior_id)
        for lever in load_levers().values()
        for p in lever.projects
    ]
    return table(("lever", "project", "名称", "opens", "travel time saved", "source"), rows)


def notes() -> str:
    """Return a section per lever: the plan's words, intensity, evidence, honest note."""
    return lever_notes(load_levers())


def scenarios() -> str:
    """Return the scenarios of this project."""
    known = load_levers()
    return scenario_table([load_scenario(name, known) for name in scenario_names()])


def columns() -> str:
    """Return the columns of the household table and the processes that may change them."""
    changed = writers()
    rows = [
        (
            f"`{c.name}`",
            c.dtype + (f" x {c.width}" if c.width > 1 else ""),
            c.meaning,
            ", ".join(f"`{name}`" for name in changed[c.name]) or "nobody",
        )
        for c in COLUMNS
    ]
    head = ("column", "type", "meaning", "changed by")
    return table(head, rows) + f"\n{bytes_per_household()} bytes a household.\n"


def processes() -> str:
    """Return what happens in a year, in order."""
    rows = [
        (
            str(k),
            f"`{row.name}`",
            MONTHS.get(row.month or 0, "every step"),
            row.meaning,
            row.reads,
            ", ".join(f"`{name}`" for name in row.writes),
        )
        for k, row in enumerate(PROCESSES, 1)
    ]
    return table(("order", "process", "when", "what happens", "reads", "may change"), rows)


def terms() -> str:
    """Return the terms of V, in the order of explanations."""
    rows = [
        (
            t.label_en,
            t.label_zh,
            t.formula,
            f"`{t.parameter}`" if t.parameter else "",
            ", ".join(t.alternatives.split()),
        )
        for t in utility.TERMS
    ]
    return table(("term", "名称", "what it adds", "parameter", "alternatives"), rows)


def indicators() -> str:
    """Return the indicators of a run: unit, label, meaning, places and times."""
    rows = [
        (
            f"`{row.name}`",
            row.unit,
            row.label_en,
            row.meaning,
            "counties too" if row.by_county else "",
            "every step (province)" if row.by_step else "year-ends",
        )
        for row in indicator.INDICATORS
    ]
    return table(("indicator", "unit", "label", "meaning", "besides province, prefectures, groups", "when"), rows)


def accounts() -> str:
    """Return the accounts of a place."""
    return table(("account", "meaning"), [(f"`{name}`", ACCOUNT_WORDS[name]) for name in ACCOUNTS])


def population() -> str:
    """Return the judged constants of the synthetic population."""
    rows = [(f"`{c.name}`", _shown(c.value), c.unit, c.meaning, c.source, c.grade) for c in CONSTANTS]
    return table(("constant", "value", "unit", "meaning", "leans on", "grade"), rows)


def _shown(value: object) -> str:
    if isinstance(value, tuple) and isinstance(value[0], tuple):
        return f"table {len(value)} x {len(value[0])}"
    return ", ".join(f"{v:g}" for v in value) if isinstance(value, tuple) else f"{value:g}"


def judged() -> str:
    """Return the judged numbers that are fixed in the code: constants and functions whose text says so."""
    rows = []
    for path in sorted((ROOT / "sim").rglob("*.py")):
        if path.name not in ("docs.py", "judged.py"):
            rows += [(path.relative_to(ROOT).as_posix(), *found) for found in _judged_of(path)]
    return table(("module", "constant or function", "meaning"), rows)


def _judged_of(path: Path) -> list[tuple[str, str]]:
    """Return every constant and function of a module whose text says judged, and that text."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    found = []
    for statement, after in pairwise([*body, ast.Pass()]):
        if isinstance(statement, ast.FunctionDef):
            name, text = f"{statement.name}()", ast.get_docstring(statement) or ""
        elif isinstance(statement, ast.Assign):
            name, text = ast.unparse(statement), _text_of(after)
        else:
            continue
        said = [part for part in re.split(r"(?<=[.;])\s+(?=[A-Z])", text) if _JUDGED.search(part)]
        if said:
            found.append((f"`{name}`", " ".join(" ".join(said).split())))
    return found


def _text_of(statement: ast.stmt) -> str:
    """Return the text of a statement that is nothing but a string."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    return str(value.value) if isinstance(value, ast.Constant) else ""


def evidence() -> str:
    """Return the register of evidence: what each source key of a prior rests on."""
    with EVIDENCE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    head = ("key", "quantity", "point [range]", "unit", "setting", "grade", "status", "rests on", "note")
    cells = [
        (
            f'<a id="{row["key"].lower()}"></a>{row["key"]}',
            row["quantity"],
            f"{row['point']} [{row['low']}, {row['high']}]" if row["low"] else row["point"],
            row["unit"],
            row["setting"],
            row["grade"],
            row["status"],
            f"[{row['citation']}]({row['url']})" if row["url"] else row["citation"],
            row["note"],
        )
        for row in rows
    ]
    return table(head, cells)


def keys() -> str:
    """Return the keys of the main job."""
    defaults = read_yaml(CONFIGS / "project.yaml")
    rows = []
    for name, field in ProjectConfig.model_fields.items():
        default = defaults[name]
        shown = f"{len(default)} scenarios" if isinstance(default, list) else default
        shown = "none" if shown is None or shown == {} else shown
        rows.append((f"`{name}`", str(shown), allowed(field), field.description))
    return table(("key", "default", "allowed", "meaning"), rows)


VALIDATION = (
    "measures",
    "winners",
    "scorecard",
    "added",
    "agency",
    "errors",
    "posteriors",
    "targets",
    "ranks",
    "patterns",
    "variance",
    "claims",
)
"""Blocks of the validation page, made by ``sim.programs.docs.validation_text``."""


def validation(part: str) -> str:
    """Return a block of the validation page from the committed tables."""
    return PARTS[part]()


def claims() -> str:
    """Return what the evidence on every lever says about something the model reports, and by which formula."""
    known, rows, start = load_levers(), [], first_open(REGION, None)
    for claim in CLAIMS:
        low, median, high = (short(round(end, 6) + 0.0) for end in claimed(claim, known, start))
        name = claim.indicator if isinstance(claim.indicator, str) else " / ".join(claim.indicator)
        years = "-".join(str(year) for year in dict.fromkeys(claim.years))
        what = f"`{name}`, {claim.place}, {years}, {'percent' if claim.kind == 'percent' else 'points'}"
        rows.append((claim.lever, what, f"{median} ({low} to {high})", claim.en, claim.why[0]))
    return table(("lever", "what is compared", "from its priors", "formula", "what it leaves out"), rows)


MONTHS = {1: "January", 3: "March", 6: "June", 9: "September", 12: "December"}

BLOCKS: dict[str, Callable[[], str]] = {
    "parameters": parameters,
    "quantities": quantities,
    "levers": levers,
    "costs": costs,
    "projects": projects,
    "claims": claims,
    "lever_notes": notes,
    "scenarios": scenarios,
    "columns": columns,
    "processes": processes,
    "terms": terms,
    "indicators": indicators,
    "accounts": accounts,
    **HOUSEHOLD_BLOCKS,
    "population": population,
    "judged": judged,
    "evidence": evidence,
    "keys": keys,
    "results_en": partial(results, "en"),
    "results_zh": partial(results, "zh"),
    "limits_en": partial(limits, "en"),
    "limits_zh": partial(limits, "zh"),
    **{f"validation_{part}": partial(validation, part) for part in VALIDATION},
    "forecasts": forecasts,
}
"""Every generated block by its name."""


def renewed(text: str) -> str:
    """Return a page with every generated block written anew.

    Raises:
        KeyError: a block that does not exist.
    """
    return _BLOCK.sub(lambda found: f"{found[1]}{BLOCKS[found[2]]()}{found[3]}", text)


STUDY_FILES = ("config.yaml", "env.json", "summary.csv", "target.csv", "effects.csv", "figures/hero.png")
"""What ``--results`` and ``--register`` read of a study."""


def main(arguments: Sequence[str]) -> int:
    """Rewrite or check the READMEs and the pages below ``docs/`` and return the exit status."""
    if {"--help", "-h"} & set(arguments):
        sys.stdout.write(__doc__ or "")
        return 0
    taken: dict[str, Callable[[Path], object]] = {"--results": collect, "--register": register}
    if list(arguments) not in ([], ["--check"]) and (arguments[0] not in taken or len(arguments) != 2):
        allowed = "--check, --results FOLDER or --register FOLDER"
        sys.stderr.write(f"{' '.join(arguments)}: not understood; allowed are {allowed}\n")
        return 2
    stale = []
    if arguments[:1] and arguments[0] in taken:
        folder = Path(arguments[1])
        if missing := [name for name in STUDY_FILES if not (folder / name).is_file()]:
            sys.stderr.write(
                f"{arguments[0]} {folder}: {', '.join(missing)} missing; allowed is the folder of a finished study\n"
                "  Next: run `python -m experiments.project` and name the folder that it prints.\n"
            )
            return 2
        try:
            taken[arguments[0]](folder)
        except RegistryError as error:
            sys.stderr.write(f"{error}\n")
            return 2
    for path in (*sorted(ROOT.glob("README*.md")), *sorted(DOCS.rglob("*.md"))):
        text = path.read_text(encoding="utf-8")
        fresh = renewed(text)
        if fresh == text:
            continue
        stale.append(path.relative_to(ROOT).as_posix())
        if "--check" not in arguments:
            path.write_text(fresh, encoding="utf-8")
    verb = "out of date; run `python -m sim.programs.docs`" if "--check" in arguments else "written"
    sys.stdout.write("".join(f"{name}: {verb}\n" for name in stale) or "every page is up to date\n")
    return 1 if stale and "--check" in arguments else 0
