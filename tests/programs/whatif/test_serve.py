"""The served page: real runs against runs of the study, and who is answered."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

from sim.base.errors import StudyError
from sim.programs.whatif.payload import offsets
from sim.programs.whatif.real import Runs
from sim.programs.whatif.serve import application, serve
from sim.programs.whatif.study import Ready
from tests.programs.whatif.test_whatif import stored

PLAN = "name: what_if\nname_en: A\nname_zh: B\ndescription: C\nevery_lever: 0.5\n"


def asked(prepared: Ready, page: Path, runs: Runs, calls: list[tuple[str, dict[str, Any]]]) -> list[HTTPResponse]:
    """Return the answers to calls; ``progress`` is asked until it is done."""

    async def go() -> list[HTTPResponse]:
        listening, port = bind_unused_port()
        server = HTTPServer(application(prepared, page, runs))
        server.add_socket(listening)
        client, answers = AsyncHTTPClient(), []
        for path, options in calls:
            until = time.monotonic() + 120.0
            while True:
                answer = await client.fetch(f"http://127.0.0.1:{port}{path}", raise_error=False, **options)
                if path != "/progress" or time.monotonic() > until or json.loads(answer.body).get("done"):
                    break
                await asyncio.sleep(0.2)
            answers.append(answer)
        server.stop()
        return answers

    return asyncio.run(go())


def post(body: dict[str, Any], **headers: str) -> dict[str, Any]:
    return {"method": "POST", "body": json.dumps(body), "headers": {"X-What-If": "1"} | headers}


@pytest.fixture(scope="module")
def runs(prepared: Ready) -> Any:
    made = Runs(prepared.setup, 3, 1)
    yield made
    made.close()


def test_a_real_run_is_the_run_of_the_study(prepared: Ready, page: Path, runs: Runs) -> None:
    begun, ended = asked(prepared, page, runs, [("/run", post({"yaml": PLAN})), ("/progress", post({}))])
    assert json.loads(begun.body)["draws"] == 3
    found = json.loads(ended.body)["result"]
    plan = 100.0 * stored(page.parent, "plan", "resident_urban_rate")[list(prepared.design.years)].iloc[:3]
    base = 100.0 * stored(page.parent, "no_new_policy", "resident_urban_rate")[list(prepared.design.years)].iloc[:3]
    effect = np.quantile(plan - base, [0.05, 0.5, 0.95], axis=0).T
    np.testing.assert_allclose(found["effect"], effect, atol=1e-9)
    told = plan.to_numpy()[:, None, :] + offsets(prepared, "published")[None]
    np.testing.assert_allclose(found["median"], np.median(told, axis=(0, 1)), atol=1e-9)


def test_a_wrong_scenario_is_refused_with_its_reason(prepared: Ready, page: Path, runs: Runs) -> None:
    (answer,) = asked(prepared, page, runs, [("/run", post({"yaml": PLAN + "levers: {T99: 1}\n"}))])
    assert answer.code == 400 and "unknown lever 'T99'" in json.loads(answer.body)["error"]


def test_stopping_forgets_the_choice(prepared: Ready, page: Path, runs: Runs) -> None:
    _, stopped = asked(prepared, page, runs, [("/run", post({"yaml": PLAN})), ("/stop", post({}))])
    assert json.loads(stopped.body)["stopped"]


def test_pages_from_elsewhere_are_not_answered(prepared: Ready, page: Path, runs: Runs) -> None:
    plain = {"method": "POST", "body": "{}"}
    foreign = post({"yaml": PLAN}, Host="example.org")
    here = ("/here", {})
    answers = asked(prepared, page, runs, [("/run", plain), ("/run", foreign), here, ("/", {})])
    assert [answer.code for answer in answers] == [403, 403, 200, 200]
    assert answers[3].body == page.read_bytes()


def test_a_taken_port_is_said(prepared: Ready, page: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(StudyError, match="port = "):
            serve(prepared, page, taken.getsockname()[1])
