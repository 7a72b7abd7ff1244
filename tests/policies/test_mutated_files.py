"""Shipped files with one thing wrong are accepted or refused in one clean message, never answered with a crash."""

from __future__ import annotations

import copy
import random

import pytest

from sim.base.paths import CONFIGS
from sim.base.textfiles import dump_yaml, read_content
from sim.data import load_region
from sim.parameters.declared import ParameterError, check_names, declared
from sim.policies import PolicyFileError, check_lever_places, load_levers, load_scenario
from sim.policies.loader import load_combining, load_lever

REGION = load_region("hunan")
LEVERS = load_levers(region=REGION)
VALUES = (
    *(
        None,
        True,
        -1,
        0,
        3.5,
        10**17,
        1e300,
        float("nan"),
        "yes",
        "03752",
        "33:46",
        "3",
        "",
        "{a}",
        "%s",
        "：",
        "x" * 999,
    ),
    *([], {}, [1], [[]], {"a": 1}, {1: 2}, {"dist": {"a": 1}}, "all", "a: b", "\U0001f642"),
)


def load_parameters(file):
    check_names(declared(file))


def load_mutated_lever(file):
    check_lever_places({file.stem: load_lever(file)}, REGION)


def load_mutated_scenario(file):
    load_scenario(file, LEVERS, REGION)


FILES = [
    *((file, load_mutated_lever) for file in sorted((CONFIGS / "policy").glob("[TP]*.yaml"))),
    *((file, load_mutated_scenario) for file in sorted((CONFIGS / "scenario").glob("*.yaml"))),
    (CONFIGS / "policy" / "combining.yaml", load_combining),
    (CONFIGS / "parameters.yaml", load_parameters),
]


def places(content, path=()):
    """Return the path of everything inside plain data."""
    items = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return [found for key, value in items for found in ((*path, key), *places(value, (*path, key)))]


def changed(content, chance: random.Random):
    """Return plain data with one thing changed: a value, a key, the number or the nesting of what is there."""
    content = copy.deepcopy(content)
    *path, key = chance.choice(places(content))
    inside = content
    for part in path:
        inside = inside[part]
    kind = chance.choice(("value", "value", "value", "without", "renamed", "more", "wrapped", "bare", "scaled"))
    value = inside[key]
    if kind == "without":
        del inside[key]
    elif kind == "renamed" and isinstance(inside, dict):
        inside[chance.choice((f"{key}x", f"{key}：", f"{{{key}}}", 7))] = inside.pop(key)
    elif kind == "more" and isinstance(inside, dict):
        inside[chance.choice(("more", "{}", 5, "<<"))] = chance.choice(VALUES)
    elif kind == "wrapped":
        inside[key] = chance.choice(([value], {"a": value}, {key: value}))
    elif kind == "bare" and isinstance(value, dict | list) and value:
        inside[key] = next(iter(value.values() if isinstance(value, dict) else value))
    elif kind == "scaled" and isinstance(value, int | float):
        inside[key] = value * chance.choice((-1, 1e9, 1e-9))
    else:
        inside[key] = chance.choice(VALUES)
    return content


def misspelt(text: str, chance: random.Random) -> bytes:
    """Return a text with characters changed, lost or in another encoding."""
    at = chance.randrange(len(text))
    return chance.choice(
        (
            text.replace(":", "：", 3).encode(),
            (text[:at] + chance.choice("{}[]&*!|>'\"%@`,:#?\t\0") + text[at:]).encode(),
            (text[:at] + text[at + 9 :]).encode(),
            text.replace(",", "，", 3).encode(),
            f"{text}\n---\n{text}".encode(),
            text.encode("gbk", "replace"),
            text.encode("utf-16"),
        )
    )


@pytest.mark.parametrize(("file", "load"), FILES, ids=[file.stem for file, _ in FILES])
def test_a_mutated_file_is_accepted_or_refused_in_one_message(tmp_path, file, load):
    chance = random.Random(file.stem)  # noqa: S311
    content, text = read_content(file), file.read_text(encoding="utf-8")
    outcomes = set()
    for number in range(10):
        made = tmp_path / str(number) / file.name
        made.parent.mkdir()
        made.write_bytes(misspelt(text, chance) if number % 3 == 0 else dump_yaml(changed(content, chance)).encode())
        try:
            load(made)
            outcomes.add("accepted")
        except (PolicyFileError, ParameterError) as error:
            outcomes.add("refused")
            assert "Traceback" not in str(error)
            assert file.name in str(error)
            assert len(str(error).splitlines()) < 100
    assert "refused" in outcomes
