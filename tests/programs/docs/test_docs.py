"""The documentation does not drift from what it describes."""

from __future__ import annotations

import ast
import csv
import importlib
import re
from pathlib import Path

import pytest
import yaml

from sim.agents.world import ACCOUNTS
from sim.programs.docs import blocks as docs

ROOT = Path(__file__).resolve().parents[3]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md", ROOT / "README.zh.md"]


def test_generated_blocks_are_up_to_date(capsys):
    assert docs.main(["--check"]) == 0, capsys.readouterr().out


def test_every_block_is_used_once():
    used = re.findall(r"<!-- generated: (\w+) -->", "".join(p.read_text(encoding="utf-8") for p in PAGES))
    assert sorted(used) == sorted(docs.BLOCKS)


def test_accounts_are_all_explained():
    assert tuple(docs.ACCOUNT_WORDS) == ACCOUNTS


def test_every_source_of_a_prior_is_in_the_register():
    with docs.EVIDENCE.open(encoding="utf-8") as file:
        keys = [row["key"] for row in csv.DictReader(file)]
    assert len(keys) == len(set(keys))
    with docs.EVIDENCE.open(encoding="utf-8") as file:
        assert len({len(row) for row in csv.reader(file)}) == 1
    parameters = yaml.safe_load((ROOT / "configs/parameters.yaml").read_text(encoding="utf-8"))
    used = {entry["source"] for entry in parameters.values()}
    for file in (ROOT / "configs/policy").glob("*.yaml"):
        used |= set(re.findall(r"prior_id: (\w+)", file.read_text(encoding="utf-8")))
    assert used - {"judgement"} <= set(keys)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target and target != "docs/figures/hero.png":
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_inside_the_pages_have_their_anchor(page):
    for target, anchor in re.findall(r"\]\(([^)#\s:]*)#([^)]+)\)", page.read_text(encoding="utf-8")):
        text = ((page.parent / target) if target else page).read_text(encoding="utf-8")
        titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        heads = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
        assert anchor in heads or f'<a id="{anchor}"></a>' in text, f"{target}#{anchor}"


def test_scenario_example_of_the_readme_is_accepted(tmp_path):
    from sim import load_levers, load_region, load_scenario

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert example is not None
    file = tmp_path / f"{yaml.safe_load(example[1])['name']}.yaml"
    file.write_text(example[1], encoding="utf-8")
    region = load_region("hunan")
    scenario = load_scenario(file, load_levers(region=region), region)
    assert any(not setting.zero for setting in scenario.settings.values())
    assert example[1] in (ROOT / "README.zh.md").read_text(encoding="utf-8")


EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "howto.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("code", EXAMPLES, ids=lambda code: " ".join(code.split()[:8]))
def test_examples_of_the_how_to_import_names_that_exist(code):
    tree = ast.parse(code)
    for node in [
        node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and str(node.module).startswith("sim")
    ]:
        module = importlib.import_module(str(node.module))
        assert {alias.name for alias in node.names if not hasattr(module, alias.name)} == set()


def test_following_a_household_works_as_the_how_to_says(capsys):
    code = next(code for code in EXAMPLES if "run_year" in code)
    exec(compile(code, "howto.md", "exec"), {})
    years = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert years == ["2021", "2022", "2023", "2024", "2025"]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_paths_of_code_in_the_pages_exist(page):
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`((?:sim|tests|configs|benchmarks|experiments)/[\w/.]*?)/?`", text)
    assert [path for path in named if not (ROOT / path).exists() and not re.search(r"\b(NAME|ID)\b", path)] == []
