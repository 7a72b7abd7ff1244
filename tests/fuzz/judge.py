"""What an answer is worth: accepted, refused as it should be, or a fault."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from tests.fuzz.cases import Case
from tests.fuzz.runner import LIMIT, STOPPED, Answer

ACCEPTED, REFUSED, FAULT = "accepted", "refused", "FAULT"
LONGEST, MOST = 2_000, 200
"""Most characters of a line and most lines of a message."""
FOREIGN = ("Error executing job", "HYDRA_FULL_ERROR", "Warning:", "warnings.warn", "Exception ignored", "Fatal Python")
"""What only a library says."""
HEADS = ("is refused; nothing", "Next:", "usage:")
"""What a message holds once at most."""


class Verdict(NamedTuple):
    """The judgement of a case.

    Attributes:
        word: accepted, refused or FAULT.
        why: what is wrong, in a few words; equal for equal faults.
    """

    word: str
    why: str = ""


def judge(case: Case, answer: Answer, changed: Iterable[str]) -> Verdict:
    """Return the verdict on an answer; ``changed`` are the files that are new, changed or gone."""
    wrong = _crash(case, answer) or _noise(answer) or _writing(answer, list(changed)) or _contradiction(case, answer)
    if wrong:
        return Verdict(FAULT, wrong)
    return Verdict(ACCEPTED if _content(answer) else REFUSED)


def _content(answer: Answer) -> bool:
    return answer.status in (0, STOPPED)


def _crash(case: Case, answer: Answer) -> str:
    """Tell a crash by its last line and place."""
    if answer.seconds >= LIMIT:
        return f"longer than {LIMIT:.0f} s: {case.module}"
    if "Traceback (most recent call last)" in answer.err:
        last = next((line for line in reversed(answer.err.strip().split("\n")) if re.match(r"[\w.]+(:|$)", line)), "?")
        places = re.findall(r'File "[^"]*?/((?:sim|benchmarks|experiments)/[^"]+)", line (\d+)', answer.err)
        return f"traceback: {last[:100]} ({':'.join(places[-1]) if places else 'outside'})"
    if answer.status < 0 or answer.status == 99:
        return f"killed: status {answer.status}"
    return ""


def _noise(answer: Answer) -> str:
    """Tell what a library says, more than one message, and messages of any length."""
    foreign = [text for text in FOREIGN if text in answer.err]
    if foreign:
        lines = [line for line in answer.err.split("\n") if line.strip()]
        at = next(k for k, line in enumerate(lines) if foreign[0] in line)
        told = lines[0] if "HYDRA" in lines[at] else lines[at]
        plain = re.sub(r"'[^']*'|/[^ ]*/", "...", told)
        return f"words of a library: {plain[:100]}"
    for head in HEADS:
        if answer.err.count(head) > 1:
            return f"{answer.err.count(head)} times {head!r} in one message"
    lines = [] if _content(answer) else answer.err.split("\n")
    if len(lines) > MOST or max(map(len, lines), default=0) > LONGEST:
        return "a message of a length that nobody reads"
    if not _content(answer) and not answer.err.strip():
        return f"says nothing and ends with status {answer.status}"
    return ""


def _writing(answer: Answer, changed: list[str]) -> str:
    """Tell files that were written by a program that refused or had not begun; one that ended well may write."""
    return f"wrote {changed[0]}" if changed and answer.status != 0 else ""


def _contradiction(case: Case, answer: Answer) -> str:
    """Tell an answer that does not fit its status or the case."""
    if answer.status == 0 and any(word in answer.err for word in ("refused", "Next:", "error:")):
        return "refused with status 0"
    if case.malformed and _content(answer):
        how = "refused by sim.data check" if case.kind == "table" else case.about.rpartition(": ")[2]
        return f"accepted although it cannot be right: {case.kind}, {how}"
    if not _content(answer) and case.names and not any(name in answer.err + answer.out for name in case.names):
        return "the message names neither key nor file"
    return ""
