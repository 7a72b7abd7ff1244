"""Settings that can never act are named with their reason; those that act are not."""

from __future__ import annotations

import pytest

from sim.config import load_config
from sim.data import load_region
from sim.studies.idle import idle_keys
from sim.studies.study import run_study
from tests.studies import fake_simulator

LAST = load_region().last_observed


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"observed_until": LAST}, []),
        ({"observed_until": 2050}, [f"observed_until = 2050: nothing later than {LAST} is published"]),
        ({"workers": 2}, []),
        ({"workers": 2, "executor": "dask"}, []),
        ({"workers": 2, "executor": "serial"}, ["workers = 2: runs go one after the other with executor = serial"]),
        ({"workers": 2, "executor": "tcp://a:1"}, ["workers = 2: runs go on the workers of the scheduler"]),
        ({"threads": 2}, []),
        ({"threads": 2, "engine": "reference"}, ["threads = 2: engine = reference"]),
        ({"on_error": "stop"}, []),
        ({"on_error": "stop", "draws": 1}, ["on_error = stop: one draw"]),
        ({"on_error": "stop", "draws": 1, "until_half_width": 0.1}, []),
    ],
)
def test_settings_that_never_act(keys, told):
    found = [key.en for key in idle_keys(load_config(**keys))]
    assert len(found) == len(told)
    assert all(words in line for words, line in zip(told, found, strict=True))


def test_a_study_tells_them_once_before_it_runs(make, capsys):
    config = make(observed_until=2030, executor="serial")
    run_study(config, fake_simulator.simulator(), fake_simulator.report)
    message = capsys.readouterr().err
    assert message.count("A setting never acts") == 2
    assert message.index("observed_until = 2030") < message.index("workers = 1") < message.index("Preparing")
