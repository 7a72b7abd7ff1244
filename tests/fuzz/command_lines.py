"""Malformed command lines of every program."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tests.fuzz.cases import Case
from tests.fuzz.programs import Program
from tests.fuzz.values import BROKEN, EVERY, NESTED, NUMBERS, impossible

Rng = np.random.Generator
Change = tuple[list[str], tuple[str, ...], bool]
"""Arguments to add, what a refusal must name (one of them), whether the arguments cannot be right."""

FLAGS = (
    "--help", "--halp", "-x", "--", "-", "---", "--draws=3", "--draws", "-m", "--multirun", "--cfg", "--cfg=job",
    "--info", "--config-name=nope", "--config-name", "--config-path=/nonexistent", "--config-dir=configs",
    "--config-dir=/nonexistent", "--config-dir=README.md", "--package=x", "--resolve", "--version", "--hydra-help",
    "--run", "-r", "-c", "-cn=demo", "--resume", "—draws=3", "--experimental-rerun=x.pickle", "-é", "--check",
    "--region", "--root=/nonexistent",
)  # fmt: skip
HYDRA = (
    "hydra.run.dir=/nonexistent/a", "hydra.run.dir=.", "hydra/launcher=nope", "hydra/job_logging=nope", "hydra=1",
    "+hydra.callbacks.e._target_=builtins.print", "hydra.callbacks={e: {_target_: os.getcwd}}",
    "hydra.job.chdir=true", "hydra.launcher._target_=os.getcwd", "hydra.sweeper._target_=builtins.print",
    "hydra.output_subdir=x", "hydra.searchpath=[file:///nonexistent]", "hydra.verbose=true",
    "hydra.job.env_set={A: b}", "~hydra", "hydra.mode=x", "hydra.mode=MULTIRUN", "+hydra.x=1", "hydra/help=nope",
    "hydra.job.num=x", "hydra.sweep.dir=[1]", "hydra.job.name=${x}",
)  # fmt: skip
FILES = (
    "/nonexistent/a.yaml",
    "configs",
    "configs/scenario",
    "/dev/null",
    "../x.yaml",
    "../../x",
    "a\x01.yaml",
    "README.md",
)
PLACES = (
    "/nonexistent/scheduler.json",
    "tcp://",
    "tcp://256.0.0.1:1",
    "tcp://[::1",
    "http://x",
    "empty.json",
    ".json",
    "x",
)

PARTS = ("T3", "T33", "t3", "P1", "housing_price", "housing_prise", "age_tilt", "", ".", "中文", "T3.x", "0")
PATHS = ("results", "scenarios", "package", "posterior_folder", "study", "with", "--root")


def command_line(rng: Rng, programs: Sequence[Program]) -> Case:
    """Return a program with one or two mistakes in its arguments."""
    program = programs[int(rng.integers(len(programs)))]
    way = WAYS[int(rng.integers(len(WAYS)))]
    added, names, malformed = way(rng, program)
    if names:
        names = tuple(name.lstrip("-") for name in names)
        names += tuple(value for argument in added if len(value := argument.partition("=")[2]) > 2)
    argv = [*program.base, *added]
    if program.base and rng.random() < 0.15:
        argv.remove(_pick(rng, program.base))
        names = ()
    if rng.random() < 0.1:
        argv += [f"{_key(rng, program)}={_pick(rng, EVERY)}"]
        names = ()
    if rng.random() < 0.2:
        rng.shuffle(argv)
        names = () if program.base else names
    if {"--help", "-h"} & set(argv) or program.module == "sim.data":
        malformed = False
    return Case("command", program.module, tuple(argv), way.__name__.strip("_"), names=names, malformed=malformed)


def _pick(rng: Rng, values: Sequence[str]) -> str:
    return values[int(rng.integers(len(values)))]


def _key(rng: Rng, program: Program) -> str:
    return _pick(rng, list(program.keys))


def _value(rng: Rng, program: Program) -> Change:
    key, value = _key(rng, program), _pick(rng, EVERY)
    return [f"{key}={value}"], (key,), program.hydra and impossible(value, program.keys[key])


def _wrong_kind(rng: Rng, program: Program) -> Change:
    """Lists for mappings and the reverse, texts for numbers and the reverse."""
    key = _key(rng, program)
    wrong = [value for value in EVERY if impossible(value, program.keys[key])]
    return [f"{key}={_pick(rng, wrong or (*NESTED, *NUMBERS))}"], (key,), bool(wrong)


def _several(rng: Rng, program: Program) -> Change:
    key = _key(rng, program)
    value = _pick(rng, ("1,2", "a,b", "choice(1,2)", "range(1,3)", "[a],[b]", "true,false"))
    return [f"{key}={value}"], (key,), isinstance(program.keys[key], int | float)


def _sweep(rng: Rng, program: Program) -> Change:
    key = _key(rng, program)
    value = _pick(rng, ("1,2", "glob(*)", "glob(x*)", "range(1,3)", "choice(a,b)", "5000,5000", "[a],[b]", "1"))
    extra = [_pick(rng, ("hydra/launcher=joblib", "hydra/launcher=nope"))] if rng.random() < 0.2 else []
    return [_pick(rng, ("-m", "--multirun")), f"{key}={value}", *extra], (), False


def _prefix(rng: Rng, program: Program) -> Change:
    key = _key(rng, program)
    ways = (
        f"~{key}", f"~{key}=1", f"+{key}=1", f"++{key}=1", f"+++{key}=1", f"{key}@x=1", f"{key}@a:b=1",
        f"+{key}@_global_=1", f"{key}.x=1", f"{key}/x=1", f"{key}[0]=1", f"{key}.=1", f".{key}=1", f"{key}:=1",
        f"{key}+=1", f" {key}=1", f"{key} =1", f"{key}= 1", f"~~{key}", f"-{key}=1", f"{key}._target_=os.getcwd",
        f"{key.upper()}=1", f"{key}＝1", f"{key}：1",
    )  # fmt: skip
    written = _pick(rng, ways)
    sure = written[0] == "~" or "@" in written or "＝" in written or "：" in written or written.startswith("+++")
    return [written], (key, key.upper()), sure and program.hydra


def _unknown(rng: Rng, program: Program) -> Change:
    key = _key(rng, program)
    at = int(rng.integers(len(key)))
    near = (key[:at] + key[at + 1 :] or "q", key[:at] + "x" + key[at:], key + "s")
    wrong = _pick(rng, (*near, "bogus", "中文", "🙂", "", "_target_", "a.b"))
    if wrong in program.keys:
        wrong += "_q"
    return [f"{wrong}={_pick(rng, ('1', 'a', '[1]', ''))}"], (wrong,), True


def _twice(rng: Rng, program: Program) -> Change:
    key = _key(rng, program)
    return [f"{key}={_pick(rng, EVERY)}", f"{key}={_pick(rng, EVERY)}"], (key,), False


def _bare(rng: Rng, program: Program) -> Change:
    key = _key(rng, program)
    word = _pick(rng, (key, f"{key}=", "x", "", " ", "=", "=1", "==", "中文", "\x07", "a b", "@file", "[", "{a: 1}"))
    return [word], (), False


def _flag(rng: Rng, program: Program) -> Change:
    flag = _pick(rng, FLAGS)
    after = [_pick(rng, ("job", "x", "configs", "all", ""))] if rng.random() < 0.3 else []
    return [flag, *after], (), flag in ("--halp", "-x", "--draws=3", "--draws") and not after


def _hydra(rng: Rng, program: Program) -> Change:
    argument = _pick(rng, HYDRA)
    return [argument], ("hydra", argument), "_target_" in argument


def _path(rng: Rng, program: Program) -> Change:
    key = _pick(rng, [key for key in program.keys if key in PATHS] or list(program.keys))
    path = _pick(rng, FILES)
    return [f"{key}=[{path}]" if key == "scenarios" else f"{key}={path}"], (key, path), False


def _place(rng: Rng, program: Program) -> Change:
    place = _pick(rng, PLACES)
    known = "executor" in program.keys
    return [f"executor={place}"], ("executor", place), not known


def _part(rng: Rng, program: Program) -> Change:
    top = _pick(rng, ("levers", "params", "priors", "groups", "study"))
    name, value = _pick(rng, PARTS), _pick(rng, EVERY)
    whole = f"{top}.{name}={value}"
    written = _pick(rng, (whole, whole, f"+{whole}", f"{top}={{{name}: {value}}}", f"~{top}.{name}"))
    wrong = top != "groups" and impossible(value, 1) and written.startswith(f"{top}.{name}=")
    return [written], (top, name or top), wrong and program.hydra


def _list(rng: Rng, program: Program) -> Change:
    keys = [key for key, value in program.keys.items() if isinstance(value, list)] or list(program.keys)
    key, inner = _pick(rng, keys), [_pick(rng, EVERY) for _ in range(int(rng.integers(1, 4)))]
    joined = ",".join(inner)
    whole = _pick(rng, (f"[{joined}]", f"[{joined}", f"{{{joined}}}", joined, f"[[{joined}]]"))
    return [f"{key}={whole}"], (key,), False


def _syntax(rng: Rng, program: Program) -> Change:
    key = _key(rng, program)
    return [f"{key}={_pick(rng, BROKEN)}"], (key,), False


WAYS: tuple[Callable[[Rng, Program], Change], ...] = (
    _value, _value, _value, _wrong_kind, _several, _sweep, _prefix, _unknown, _twice, _bare, _flag, _hydra, _path,
    _place, _part, _list, _syntax,
)  # fmt: skip
"""Kinds of mistakes; a kind that stands more than once is made more often."""
