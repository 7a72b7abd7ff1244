"""Whether a Dask scheduler answers, found before a study is announced and anything is written."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from threading import Thread

from sim.base.errors import StudyError, shown

__all__ = ["check_scheduler"]

ANSWER_SECONDS = 5.0
"""How long to wait for an answer."""
NEXT = "  Next: start `dask scheduler` and `dask worker`, or use executor=pool; nothing was simulated or written."


def check_scheduler(executor: str) -> None:
    """Refuse the address or file of a Dask scheduler that does not answer.

    Args:
        executor: where runs go; names of executors on this machine are accepted.

    Raises:
        StudyError: a file that is missing or names no scheduler, or a scheduler that is not there.
    """
    if "://" not in executor and not executor.endswith(".json"):
        return
    address = executor if "://" in executor else _address(Path(executor))
    answer = [f"no answer in {ANSWER_SECONDS:g} seconds"]
    # a thread of its own: a notebook has a loop that runs already, and an interruption need not wait
    asking = Thread(target=lambda: answer.append(asyncio.run(_ask(address))), daemon=True)
    asking.start()
    asking.join(2 * ANSWER_SECONDS)
    if answer[-1]:
        raise StudyError(f"executor = {executor}: no Dask scheduler answers at {address} ({answer[-1]}).\n{NEXT}")


async def _ask(address: str) -> str:
    """Return why no scheduler answers at an address, nothing if one does."""
    from distributed.core import rpc

    try:
        async with asyncio.timeout(ANSWER_SECONDS), rpc(address, timeout=ANSWER_SECONDS) as scheduler:
            kind = (await scheduler.identity())["type"]
    except TimeoutError:
        return f"no answer in {ANSWER_SECONDS:g} seconds"
    except OSError as error:
        return str(error)[:120]
    except Exception:  # whatever another kind of server makes of the question
        return "something else answers"
    return "" if kind == "Scheduler" else f"it is a {kind}"


def _address(file: Path) -> str:
    """Return the address that a scheduler wrote into its file."""
    try:
        address = json.loads(file.read_text(encoding="utf-8"))["address"]
        if re.match(r"[a-z]+://", address):
            return str(address)
        problem = f"names no address ({shown(address)})"
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    except (ValueError, KeyError, TypeError, RecursionError):
        problem = "is no file of a Dask scheduler, which writes its address there when it starts"
    raise StudyError(f"executor = {file}: {problem}.\n{NEXT}")
