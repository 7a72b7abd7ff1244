"""Measures of the run system; each prints what it did and saw.

python -m tests.studies.measure summary      2,000 runs x 122 counties x 15 years: seconds and memory of the tables
python -m tests.studies.measure overhead     500 runs of about two seconds on a stand-in: what storing and listing cost
python -m tests.studies.measure executors    the real simulation on every executor: are the rows the same?
python -m tests.studies.measure workers      one worker against two, five alternated pairs (wants a quiet machine)
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from sim.config import ProjectConfig, load_config
from sim.studies import manifest
from sim.studies.environment import peak_mb
from sim.studies.identity import basis_of
from sim.studies.manifest import DONE, Job
from sim.studies.simulator import default_simulator
from sim.studies.store import encode, save, tables_of
from sim.studies.study import run_study
from sim.studies.summarize import summarize
from tests.studies import fake_simulator


def summary(folder: Path) -> None:
    """Write 1,000 draws of two scenarios by changing one real draw, then reduce them in a process of its own."""
    config = load_config(study="wide", results=str(folder), scenarios=["no_new_policy", "plan"], draws=1000)
    engine = default_simulator()
    setup = engine.prepare(config.model_copy(update={"draws": 1, "households": 20_000}))
    history = engine.begin(setup, 0, 0)
    outputs = [engine.branch(setup, history, name) for name in config.scenarios]
    rows = list(manifest.plan(config, basis_of(config, setup.scenario_content, setup.data_hash)).values())
    rng = np.random.default_rng(1)
    plain = [output.indicators["value"].to_numpy() for output in outputs]
    for draw in range(config.draws):
        own = rows[2 * draw : 2 * draw + 2]
        for output, value in zip(outputs, plain, strict=True):
            output.indicators["value"] = value * (1.0 + 0.01 * rng.standard_normal(len(value)))
        tables = [tables_of(output, row.run_id) for output, row in zip(outputs, own, strict=True)]
        save(config.study_dir, encode(Job(draw, 0, tuple(config.scenarios)), own, tables, outputs[0].start))
    manifest.write(config.study_dir, {row.run_id: row._replace(status=DONE) for row in rows})
    size = sum(p.stat().st_size for p in config.study_dir.rglob("*") if p.is_file())
    count = sum(len(output.indicators) for output in outputs) * config.draws
    print(f"{len(rows)} runs, {count:,} rows of indicators, {size / 2**20:,.0f} MiB", flush=True)
    command = [sys.executable, "-m", "tests.studies.measure", "reduce", str(folder)]
    subprocess.run(command, check=True)


def reduce(folder: Path) -> None:
    """Reduce the study of ``summary``; prints seconds, processor seconds and peak memory."""
    config = load_config(study="wide", results=str(folder), scenarios=["no_new_policy", "plan"], draws=1000)
    rows = manifest.read(config.study_dir)
    began, used = time.perf_counter(), time.process_time()
    summarize(config.study_dir, config, rows)
    seconds, used = time.perf_counter() - began, time.process_time() - used
    print(f"tables: {seconds:.1f} s ({used:.1f} s of processor), peak {peak_mb() / 1024:.2f} GiB")


def overhead(folder: Path) -> None:
    """Run 250 draws of two scenarios that nap for two seconds a run, and compare with the naps alone."""
    config = load_config(
        study="nap", results=str(folder), scenarios=["no_new_policy", "plan"], draws=250, workers=1, households=5_000
    )
    nap = 4.0 / 3.0
    began = time.perf_counter()
    outcome = run_study(config, fake_simulator.simulator(nap=nap), fake_simulator.report)
    seconds = time.perf_counter() - began
    alone = 250 * 3 * nap
    print(
        f"{outcome.done} runs: {seconds:.1f} s, of which {alone:.0f} s are the runs: {seconds / alone - 1:.2%} overhead"
    )


def executors(folder: Path) -> None:
    """Run a small study of the real simulation on every executor and compare the rows."""
    tables = {}
    for name, workers in (("serial", 1), ("pool", 2), ("dask", 2)):
        config = _small(folder, name, workers, executor=name)
        run_study(config, default_simulator(), fake_simulator.report)
        tables[name] = _rows(config)
    same = all(tables["serial"][t].equals(tables[name][t]) for name in tables for t in tables["serial"])
    print(f"{ {name: sum(map(len, found.values())) for name, found in tables.items()} } rows; identical: {same}")


def workers(folder: Path) -> None:
    """Time one and two workers in turn, five times, and print the median of the ratios."""
    ratios = []
    for pair in range(5):
        seconds = []
        for count in (1, 2):
            config = _small(folder, f"pair{pair}-{count}", count, households=50_000, draws=48, end_year=2030)
            began = time.perf_counter()
            run_study(config, default_simulator(), fake_simulator.report)
            seconds.append(time.perf_counter() - began)
        ratios.append(seconds[0] / seconds[1])
        print(f"pair {pair}: {seconds[0]:.1f} s with one, {seconds[1]:.1f} s with two: {ratios[-1]:.2f}", flush=True)
    print(f"median {statistics.median(ratios):.2f}")


def _small(folder: Path, name: str, count: int, **keys: object) -> ProjectConfig:
    values = {"households": 10_000, "draws": 4, "end_year": 2027, "scenarios": ["no_new_policy", "plan"]}
    return load_config(study=name, results=str(folder), workers=count, **(values | keys))


def _rows(config: ProjectConfig) -> dict[str, pd.DataFrame]:
    """Return the sorted rows of every table of a study."""
    found = {}
    for table in ("runs", "accounts", "flows", "pyramid", "costs"):
        frame = ds.dataset(config.study_dir / table).to_table().to_pandas()
        text = {c: str for c in frame.columns if isinstance(frame[c].dtype, pd.CategoricalDtype)}
        found[table] = frame.astype(text).sort_values(list(frame.columns), ignore_index=True)
    return found


MEASURES = {f.__name__: f for f in (summary, reduce, overhead, executors, workers)}

if __name__ == "__main__":
    if len(sys.argv) > 2:
        MEASURES[sys.argv[1]](Path(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as made:
            MEASURES[sys.argv[1]](Path(made))
