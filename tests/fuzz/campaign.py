"""Make cases from a seed, run each on a copy of the project and tell the faults."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.fuzz.cases import Case
from tests.fuzz.command_lines import command_line
from tests.fuzz.judge import FAULT, REFUSED, Verdict, judge
from tests.fuzz.programs import Program, find_programs
from tests.fuzz.runner import Answer, answer, folder_state, load
from tests.fuzz.tables import table
from tests.fuzz.yaml_files import yaml_file

SHARES = {"command": 0.5, "file": 0.35, "table": 0.15}
FRESH, ASCII = 0.02, 0.3
"""Share of cases in an interpreter of their own, and of those with a terminal that knows ASCII alone."""
SHOWN = 5
"""Cases shown of every kind of fault."""
PROGRESS = 100


class Campaign:
    """Cases on a copy of the project: the working folder.

    Attributes:
        top: the copy.
        programs: what is attacked.
        spare: an untouched copy, from which a changed one is restored.
    """

    def __init__(self, top: Path, spare: Path) -> None:
        self.top, self.spare = top, spare
        self.programs: list[Program] = find_programs(top)
        configs, data = top / "configs", top / "sim" / "data" / "hunan"
        self.files = {p.relative_to(top).as_posix(): p.read_bytes() for p in sorted(configs.rglob("*.yaml"))}
        self.tables = {p.relative_to(top).as_posix(): p.read_bytes() for p in sorted(data.glob("*.csv"))}
        rows = sorted((configs / "posteriors").glob("*.csv"))
        self.tables |= {p.relative_to(top).as_posix(): p.read_bytes() for p in rows}

    def case(self, seed: int, number: int) -> Case:
        """Return case ``number`` of a seed; no other case matters."""
        rng = np.random.default_rng([seed, number])
        kind = rng.choice(list(SHARES), p=list(SHARES.values()))
        if kind == "command":
            made = command_line(rng, self.programs)
        elif kind == "file":
            made = yaml_file(rng, self.programs, self.files)
        else:
            made = table(rng, self.tables)
        fresh = bool(rng.random() < FRESH)
        return replace(made, fresh=fresh, ascii_only=fresh and bool(rng.random() < ASCII))

    def run(self, case: Case) -> tuple[Verdict, Answer]:
        """Run a case and put everything back; a refused table is tried on the main job, which must refuse it too."""
        self._apply(case)
        found = self._run(case)
        if case.kind == "table" and found[0].word == REFUSED:
            found = self._run(replace(case, module="experiments.project", argv=(), malformed=True))
        self._restore(case)
        return found

    def _run(self, case: Case) -> tuple[Verdict, Answer]:
        state = folder_state(self.top)
        said = answer(case)
        now = folder_state(self.top)
        changed = sorted(path for path in state.keys() | now.keys() if state.get(path) != now.get(path))
        if changed:
            self._renew(now, changed)
        return judge(case, said, [os.path.relpath(path, self.top) for path in changed]), said

    def _apply(self, case: Case) -> None:
        for path, content in case.edits.items():
            if content is None:
                (self.top / path).unlink()
            else:
                (self.top / path).write_bytes(content)

    def _restore(self, case: Case) -> None:
        for path in case.edits:
            (self.top / path).write_bytes((self.spare / path).read_bytes())

    def _renew(self, now: Iterable[str], changed: Iterable[str]) -> None:
        """Take back what a program wrote."""
        there = set(now)
        for path in sorted(changed, reverse=True):
            file, original = Path(path), self.spare / Path(path).relative_to(self.top)
            if file.is_dir() and not original.exists():
                shutil.rmtree(file)
            elif original.is_file():
                shutil.copy2(original, file)
            elif path in there and file.exists():
                file.unlink()


def campaign(top: Path, spare: Path, seed: int, numbers: Iterable[int], shown: bool = False) -> int:
    """Run cases, tell what came of them and return how many are faults.

    Args:
        top: a copy of the project, the working folder.
        spare: another one.
        seed: of all cases.
        numbers: which cases.
        shown: print what every program says.
    """
    load()
    work, begin = Campaign(top, spare), time.monotonic()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    faults: dict[str, list[tuple[int, Case]]] = defaultdict(list)
    with contextlib.suppress(KeyboardInterrupt):
        for done, number in enumerate(numbers, start=1):
            case = work.case(seed, number)
            verdict, said = work.run(case)
            counts[case.kind][verdict.word] += 1
            if verdict.word == FAULT:
                if not faults[verdict.why]:
                    print(f"case {number}: {verdict.why}", file=sys.stderr, flush=True)
                faults[verdict.why].append((number, case))
            if shown:
                print(f"case {number}: {case.about}\n{case.command()}\nstatus {said.status}, {said.seconds:.1f} s")
                print(f"{said.out}{said.err}{verdict.word} {verdict.why}", flush=True)
            elif done % PROGRESS == 0:
                found = sum(map(len, faults.values()))
                print(f"{done} cases, {found} faults, {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    _tell(counts, faults, seed)
    return sum(map(len, faults.values()))


def _tell(counts: dict[str, Counter[str]], faults: dict[str, list[tuple[int, Case]]], seed: int) -> None:
    for why, cases in sorted(faults.items(), key=lambda item: -len(item[1])):
        print(f"\n{len(cases)} x {why}")
        for number, case in cases[:SHOWN]:
            print(f"  {case.about}: {case.command()}\n    again: make fuzz SEED={seed} ONLY={number}")
    for kind, words in counts.items():
        print(f"{kind}: {', '.join(f'{count} {word}' for word, count in sorted(words.items()))}")
