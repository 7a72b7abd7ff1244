"""The page on 127.0.0.1, with real runs at a click. Nobody but pages served from here is answered."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.web import Application, HTTPError, RequestHandler

from sim.base.errors import StudyError
from sim.policies import Scenario, load_scenario
from sim.programs.whatif.payload import offsets
from sim.programs.whatif.real import CHOICE, Runs
from sim.programs.whatif.study import FOLDER, Ready
from sim.studies import environment
from sim.studies.files import replacing
from sim.studies.target import GOALS

__all__ = ["ADDRESS", "application", "serve"]

ADDRESS = "127.0.0.1"
REAL_DRAWS = 40
"""Draws of a real run: half a minute on two cores with 50,000 households."""
LARGEST_BODY = 20_000
HEADER = "X-What-If"
"""Sent by the page alone: a page from elsewhere cannot send it without being asked, and is not allowed."""


class _Page(RequestHandler):
    """The page, and whether it is served."""

    def initialize(self, prepared: Ready, page: Path, runs: Runs) -> None:
        self.prepared, self.page, self.runs = prepared, page, runs

    def prepare(self) -> None:
        if self.request.host.split(":")[0] not in (ADDRESS, "localhost"):
            raise HTTPError(403)
        if self.request.method == "POST" and self.request.headers.get(HEADER) != "1":
            raise HTTPError(403)

    def get(self) -> None:
        if self.request.path == "/here":
            self.write({"draws": self.runs.draws})
            return
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.write(self.page.read_bytes())

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self.finish({"error": f"{status_code}: {self._reason}"})


class _Run(_Page):
    """Begin, stop, or tell how far real runs are."""

    def post(self) -> None:
        action = self.request.path.strip("/")
        if action == "run":
            try:
                self.runs.start(self._scenario())
            except ValueError as error:
                self.set_status(400)
                self.write({"error": str(error)})
                return
        elif action == "stop":
            self.runs.stop()
        self.write(self._state())

    def _scenario(self) -> Scenario:
        """Return the scenario that the page sends, checked as a file of a user is."""
        text = json.loads(self.request.body).get("yaml", "")
        path = self.prepared.folder / FOLDER / f"{CHOICE}.yaml"
        with replacing(path) as temporary:
            temporary.write_text(str(text), encoding="utf-8")
        return load_scenario(path, self.prepared.setup.levers, self.prepared.setup.region)

    def _state(self) -> dict[str, Any]:
        runs, finished = self.runs, self.runs.finished()
        if not runs.running():
            return {"done": False, "stopped": True, "finished": 0, "draws": runs.draws, "share": 0.0}
        done = finished == runs.draws
        said: dict[str, Any] = {"done": done, "finished": finished, "draws": runs.draws, "share": finished / runs.draws}
        if done:
            years = self.prepared.design.years
            levels = sorted(100.0 * goal for goal in GOALS.values())
            said["result"] = runs.result(years, offsets(self.prepared, "published"), levels)
        return said


def application(prepared: Ready, page: Path, runs: Runs) -> Application:
    """Return the application: page at ``/``, ``/run``, ``/progress`` and ``/stop``."""
    shared = {"prepared": prepared, "page": page, "runs": runs}
    return Application([(r"/(?:here)?", _Page, shared), (r"/(?:run|progress|stop)", _Run, shared)])


def serve(prepared: Ready, page: Path, port: int) -> None:
    """Serve the page on this machine alone until Ctrl+C.

    Raises:
        StudyError: the port is taken.
    """
    runs = Runs(prepared.setup, min(REAL_DRAWS, prepared.config.draws), environment.cores())

    async def run() -> None:
        server = HTTPServer(application(prepared, page, runs), max_body_size=LARGEST_BODY)
        try:
            server.listen(port, address=ADDRESS)
        except OSError as error:
            raise StudyError(f"port = {port}: {error.strerror}.\n  Next: choose another one with port=N.") from None
        print(f"Served: http://{ADDRESS}:{port}/   (Ctrl+C ends it)", flush=True)
        await asyncio.Event().wait()

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        print("Ended.", flush=True)
    finally:
        runs.close()
