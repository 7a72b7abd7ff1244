"""Calibration: waves of runs, weights, two posterior tables with provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from sim.base.arrays import Floats, Ints
from sim.base.numbers import short
from sim.data import load_region
from sim.parameters.information import source_at
from sim.parameters.posterior import FOLDER, FitTarget, Wave, read_posterior
from sim.programs.calibrate import targets as tg
from sim.programs.calibrate.reweigh import Made, write_posterior
from sim.programs.calibrate.runs import REPLICATES, ROWS, Block, block_setup, design_values, own_scores, simulate_row
from sim.programs.calibrate.stored_tables import predictive_table, rank_table
from sim.programs.program import ProgramConfig, checked
from sim.statistics import waves as wv
from sim.statistics.likelihood import Surrogate, fit_surrogate
from sim.statistics.ranks import Calibration, calibrate_weights
from sim.studies.ensemble import JOB, Ensemble, ensemble_id, run_ensemble, setup_basis, succeeded
from sim.studies.files import check_writable, write_table


class CalibrateConfig(ProgramConfig):
    """Keys of the calibration; ``configs/calibrate.yaml`` holds the defaults."""

    study: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    region: str
    households: int = Field(ge=5_000, le=40_000_000)
    first_wave: int = Field(ge=20, le=20_000)
    later_wave: int = Field(ge=10, le=20_000)
    waves: int = Field(ge=1, le=6)
    repeated: int = Field(ge=20, le=20_000)
    truths: int = Field(ge=10, le=5_000)
    seed: int = Field(ge=0, le=2**32 - 1)
    workers: int = Field(ge=1, le=1024)
    posterior_folder: str | None

    @field_validator("posterior_folder")
    @classmethod
    def _named(cls, value: str | None) -> str | None:
        if value is not None and not value.strip():
            raise ValueError("'' is not allowed: name a folder; configs/posteriors is where runs draw from")
        return value


@dataclass(frozen=True)
class Period:
    """Runs of a period with what they were compared with.

    Attributes:
        rows: design rows that were run.
        outputs: targets of these runs, one column per target.
        targets: published values with their errors.
    """

    rows: Ints
    outputs: pd.DataFrame
    targets: list[FitTarget]

    @property
    def sd(self) -> Floats:
        """Discrepancy and noise together, float64[targets]."""
        return np.array([np.hypot(t.discrepancy, t.noise) for t in self.targets])

    @property
    def misfit(self) -> wv.Misfit:
        """Distance of the runs from the targets."""
        observed = np.array([t.observed for t in self.targets])
        return wv.misfit(self.outputs.to_numpy(np.float64), observed, self.sd)

    def surrogate(self, z: Floats) -> Surrogate:
        """Return expected outputs at the parameters of the runs, float64[runs, d]."""
        return fit_surrogate(z, self.outputs.to_numpy(np.float64))

    def log_likelihood(self, z: Floats) -> Floats:
        """Return the log likelihood of the published values at the parameters of the runs."""
        return self.surrogate(z).log_likelihood(np.array([t.observed for t in self.targets]), self.sd)


@dataclass(frozen=True)
class First:
    """Outcome of the waves on 2010-2020."""

    z: Floats
    log_weight: Floats
    period: Period
    waves: list[Wave]


class Calibrator:
    """Runs the calibration of one configuration."""

    def __init__(self, config: CalibrateConfig) -> None:
        self.config = config
        self.region = load_region(config.region)
        self.kinds = tg.calibrated()
        self.names = tuple(name for name, kind in self.kinds.items() if kind != "later")
        self.folder = config.folder(config.study)
        named = config.posterior_folder
        self.made = self.folder / "posteriors" if named is None else Path(named).expanduser()
        check_writable(self.made, "posterior_folder")

    def run(self) -> tuple[list[Path], Calibration]:
        """Run everything that is missing and write both posteriors and the tables."""
        first = self.first_period()
        hindcast = self._write("posterior_hindcast", 2020, self._hindcast(first))
        check = self.check(first)
        second = self.second_period(first)
        projection = self._write("posterior_projection", self.region.last_observed, self._projection(first, second))
        write_table(rank_table(self.names, check), self.folder / "sbc.csv")
        weight = wv.normalised(first.log_weight)
        write_table(predictive_table(first.period, weight, self._prior_weight(first)), self.folder / "predictive.csv")
        write_table(pd.DataFrame(first.z, columns=list(self.names)).assign(weight=weight), self.folder / "design.csv")
        return [hindcast, projection], check

    def first_period(self) -> First:
        """Run the waves from the census of 2010 to that of 2020."""
        config, d = self.config, len(self.names)
        sizes = [config.first_wave, *[config.later_wave] * (config.waves - 1)]
        setup = block_setup(config.region, 2010, config.households, config.seed, sum(sizes))
        proposals = [wv.PRIOR]
        z, made, runs = np.zeros((0, d)), list[Wave](), pd.DataFrame()
        for k, size in enumerate(sizes):
            z = np.vstack([z, proposals[k].draw(size, d, config.seed + 10 * k)])
            print(f"wave {k + 1} of {len(sizes)}: {size} runs of 2010-2020", flush=True)
            block = Block(setup, z, self.names, config.seed)
            runs = pd.concat([runs, self._runs("to_2020", block, np.arange(len(z) - size, len(z)))])
            period = self._period("to_2020", block, np.arange(len(z)), runs)
            kept, cutoff = wv.keep(period.misfit.implausibility())
            made.append(Wave(runs=size, kept=int(kept[-size:].sum()), cutoff=round(cutoff, 3)))
            log_weight = wv.log_prior(z) - wv.mixture(z, proposals, sizes[: k + 1])
            proposals.append(wv.next_proposal(z, kept, log_weight, period.misfit.log_likelihood()))
            print(f"  {made[-1].kept} not implausible at {cutoff:.2f}", flush=True)
        return First(z, log_weight + period.log_likelihood(z), period, made)

    def second_period(self, first: First) -> tuple[Period, Block]:
        """Repeat runs drawn by their weight from 2020 on, through the published totals of the province."""
        config = self.config
        rows = wv.resampled(wv.normalised(first.log_weight), config.repeated)
        setup = block_setup(config.region, 2020, config.households, config.seed, len(first.z))
        names = tuple(name if self.kinds[name] == "shared" else None for name in self.names)
        block = Block(setup, first.z, names, config.seed + 1)
        print(f"after 2020: {len(rows)} runs", flush=True)
        return self._period("after_2020", block, rows, self._runs("after_2020", block, np.unique(rows))), block

    def check(self, first: First) -> Calibration:
        """Check the weighting on synthetic truths from the waves after the first."""
        z, outputs = first.z, first.period.outputs.to_numpy(np.float64)
        surrogate = first.period.surrogate(z)
        fine = np.isfinite(outputs).all(axis=1)
        if self.config.waves > 1:
            fine &= np.arange(len(z)) >= self.config.first_wave
        pool = surrogate._replace(mean=surrogate.mean[fine])
        return calibrate_weights(z[fine], outputs[fine], pool, first.period.sd, self.config.truths, self.config.seed)

    def _runs(self, name: str, block: Block, jobs: Ints) -> pd.DataFrame:
        """Return the runs of some rows of the design, kept in a folder named by all that determines them."""
        basis = setup_basis(block.setup) | {
            "block": name,
            "seed": block.seed,
            "names": block.names,
            "households": self.config.households,
            "design": [] if jobs[0] >= ROWS else block.z[jobs].tolist(),
        }
        folder = self.folder / name / ensemble_id(basis, simulate_row)
        made = run_ensemble(Ensemble(folder, basis, simulate_row, block), jobs.tolist(), self.config.workers)
        succeeded(made)
        return made

    def _period(self, name: str, block: Block, rows: Ints, made: pd.DataFrame) -> Period:
        """Return what runs of a period came to.

        Args:
            name: to_2020 or after_2020.
            block: what makes the runs.
            rows: rows of the design, some perhaps more than once.
            made: their runs, one row each.
        """
        replicates = self._runs(name, block, np.arange(ROWS, ROWS + REPLICATES))
        made = pd.concat([made.set_index(JOB).loc[rows.tolist()].reset_index(), replicates])
        observe, outputs = (
            (tg.observed_to_2020, tg.outputs_to_2020)
            if name == "to_2020"
            else (tg.observed_after_2020, tg.outputs_after_2020)
        )
        table = outputs(made, self.region)
        noise = table.iloc[len(rows) :].std(ddof=1)
        return Period(rows, table.iloc[: len(rows)], tg.make_targets(name, observe(self.region), noise))

    def _hindcast(self, first: First) -> Made:
        source = source_at(self.region, 2020)
        names, at = self._shared()
        values = pd.DataFrame([design_values(source, names, z) for z in first.z[:, at]])
        return Made(values, first.z[:, at], wv.normalised(first.log_weight), first.period.targets, first.waves, source)

    def _shared(self) -> tuple[tuple[str, ...], list[int]]:
        """Return the parameters that hold in both decades and their columns in the design."""
        at = [k for k, name in enumerate(self.names) if self.kinds[name] == "shared"]
        return tuple(self.names[k] for k in at), at

    def _projection(self, first: First, second: tuple[Period, Block]) -> Made:
        period, block = second
        source, rows = block.setup.source, period.rows
        shared, at = self._shared()
        later = tuple(name for name, kind in self.kinds.items() if kind == "later")
        z = np.hstack([own_scores(block.seed, later, rows), first.z[rows][:, at]])
        names = (*later, *shared)
        values = [design_values(source, names, row) for row in z]
        targets = [*first.period.targets, *period.targets]
        weight = wv.normalised(period.log_likelihood(z))
        return Made(pd.DataFrame(values), z, weight, targets, first.waves, source)

    def _write(self, name: str, information: int, made: Made) -> Path:
        config = self.config
        command = " ".join(
            ["python -m experiments.calibrate"]
            + [
                f"{key}={getattr(config, key)}"
                for key in ("households", "first_wave", "later_wave", "waves", "repeated", "truths", "seed")
            ]
        )
        return write_posterior(self.made, name, information, made, self.region, config.households, config.seed, command)

    def _prior_weight(self, first: First) -> Floats:
        """Return weights that make the first wave stand for the prior."""
        return np.where(np.arange(len(first.z)) < self.config.first_wave, 1.0, 0.0) / self.config.first_wave


def calibrate_job(values: Mapping[str, Any]) -> int:
    """Calibrate, print what the data could say, and write the posteriors.

    Raises:
        InputError: a key is unknown or out of range.
    """
    config = checked(CalibrateConfig, values, "calibrate")
    paths, check = Calibrator(config).run()
    word: Literal["pass", "fail"] = "pass" if check.passed else "fail"
    print(
        f"simulation-based calibration: ranks {word} the test of uniformity "
        f"(smallest p {check.smallest:.3f} of {2 * len(check.p_values)} tests, "
        f"median effective size {np.median(check.effective):.0f})"
    )
    _tell(paths)
    if paths[0].resolve().parent != FOLDER:
        print(f"Runs draw from the posteriors in {FOLDER}; posterior_folder={FOLDER} replaces them.")
    return 0


def _tell(paths: Sequence[Path]) -> None:
    """Print the contraction of every parameter in both posteriors."""
    for path in paths:
        head = read_posterior(path.stem, path.parent).head
        print(f"{path}: data up to {head.information}, effective size {head.effective_size:.0f}")
        for p in head.parameters:
            low, middle, high = (short(v) for v in p.posterior)
            print(f"  {p.name:<28} {middle:>10} ({low} to {high})  contraction {p.contraction:5.2f}  {p.label}")
