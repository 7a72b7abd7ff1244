"""A made-up study folder for tests of the report. FAKE: no number here comes from the model.

Growth, noise and policy effects are invented; only the format is real. Accounts,
stocks and rates are consistent with each other, so that identities can be tested.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from sim.config import load_config
from sim.model.path.equal_cost import ready_scenario
from sim.policies import load_levers
from sim.policies.content import policy_content
from sim.studies import environment, manifest
from sim.studies.identity import basis_of, digest
from sim.studies.inputs import write_inputs
from sim.studies.tables import seal
from sim.studies.target import COLUMNS

ACCOUNT_NAMES = ("born", "died", "moved_in", "moved_out", "counted", "entered", "left")
FAKE_EFFECT = {
    "no_new_policy": 0.0,
    "plan": 0.0008,
    "services_first": 0.0004,
    "jobs_first": 0.0006,
    "housing_first": 0.0002,
    "registration_first": -0.0001,
}
FAKE_PARAMETERS = ("income_weight", "distance_decay", "reclassification", "moving_cost", "job_finding", "school_weight")


@dataclass(frozen=True)
class Fake:
    """What to invent."""

    scenarios: tuple[str, ...] = ("no_new_policy", "plan")
    draws: int = 8
    end: int = 2030
    start: int = 2020
    level: float = 0.0
    effect: float = 1.0
    seed: int = 5


def config_of(folder, fake):
    return load_config(
        study=folder.name,
        results=str(folder.parent),
        scenarios=list(fake.scenarios),
        draws=fake.draws,
        start=fake.start,
        end_year=fake.end,
        households=50_000,
        posterior=None,
    )


def write_identity(folder, region, fake):
    """Write configuration, inputs, environment and manifest; return the run identifiers by scenario and draw."""
    config, levers = config_of(folder, fake), load_levers()
    scenarios = {name: ready_scenario(name, config, levers, region) for name in fake.scenarios}
    basis = basis_of(config, {n: policy_content(s, levers) for n, s in scenarios.items()}, region.data_hash())
    write_inputs(folder, config, basis, scenarios)
    (folder / "config.yaml").write_text(yaml.safe_dump(config.model_dump()))
    environment.write(folder, {"python": "3.11", "versions": {"numpy": "2.4.6"}, "commit": "fake"})
    rows = manifest.plan(config, basis)
    done = {key: row._replace(status="done", seconds=1.0, peak_mb=100.0) for key, row in rows.items()}
    manifest.write(folder, done)
    return {(row.scenario, row.draw): key for key, row in done.items()}


def write_record(folder):
    """Write the record that closes the only part of the runs."""
    parts = {}
    for name in ("runs", "accounts"):
        content = (folder / name / "part-0.parquet").read_bytes()
        parts[name] = [len(content), hashlib.blake2b(content, digest_size=8).hexdigest()]
    record = {"draw": 0, "parts": parts}
    (folder / "draws").mkdir(exist_ok=True)
    (folder / "draws" / "part-0.json").write_text(json.dumps(record | {"digest": digest(record)}))


def simulate(region, fake, scenario, draw):
    """Return accounts [county x zone x year] and year-end stocks of one invented run."""
    rng = np.random.default_rng([fake.seed, draw])
    n = region.n_counties
    draw_level = rng.normal(0, 0.0012)
    residents = 664.5e5 * (w := rng.dirichlet(np.full(n, 6.0)))
    share = 1 / (1 + np.exp(-(np.random.default_rng(9).normal(0.3, 0.8, n))))
    shift = 0.5877 - (share * w).sum()
    urban = np.clip(share + shift, 0.08, 0.995) * residents
    urban *= 0.5877 * residents.sum() / urban.sum()
    stocks, accounts = [(fake.start, urban.copy(), residents.copy())], []
    gain = rng.uniform(0.4, 1.6, n)
    for year in range(fake.start + 1, fake.end + 1):
        rural = residents - urban
        pace = (
            0.0098
            + fake.level
            + draw_level
            + (FAKE_EFFECT.get(scenario, 0.0005) * fake.effect if year > region.last_observed else 0.0)
        )
        noise = rng.normal(0, 0.0004)
        moved = np.clip((pace * 0.55 + noise) * gain, -0.01, 0.03) * residents * np.clip(rural / residents * 2.4, 0, 1)
        counted = np.full(n, 0.0013) * residents * np.clip(rural / residents * 2.4, 0, 1)
        rows = {}
        for zone, stock, sign in (("urban", urban, 1), ("rural", rural, -1)):
            rows[zone] = {
                "born": 0.0061 * stock,
                "died": (0.0068 if sign > 0 else 0.0116) * stock,
                "moved_in": np.maximum(moved * sign, 0) + 0.004 * residents,
                "moved_out": np.maximum(-moved * sign, 0) + 0.004 * residents,
                "counted": counted * sign,
                "entered": 0.011 * stock,
                "left": (0.0105 if sign > 0 else 0.0143) * stock,
            }
            accounts.append((year, zone, rows[zone]))
        urban, rural = (s + change(rows[z]) for z, s in (("urban", urban), ("rural", rural)))
        residents = urban + rural
        stocks.append((year, urban.copy(), residents.copy()))
    return accounts, stocks


def change(row):
    gains = row["born"] + row["moved_in"] + row["counted"] + row["entered"]
    return gains - row["died"] - row["moved_out"] - row["left"]


def places_of(region):
    """Return (code, county indices) of every place that is reported."""
    yield region.province_code, np.arange(region.n_counties)
    for index, code in enumerate(region.prefecture_codes):
        yield code, np.flatnonzero(region.county_prefecture == index)
    for name, members in region.groups.items():
        yield f"group:{name}", members
    for index, code in enumerate(region.county_codes):
        yield code, np.array([index])


def indicator_rows(region, stocks, draw, scenario):
    gap_start = 0.2 + 0.02 * np.sin(draw)
    slope = -0.001 if scenario == "no_new_policy" else -0.0022
    frames = []
    for year, urban, residents in stocks:
        rows = []
        for code, members in places_of(region):
            u, t = urban[members].sum(), residents[members].sum()
            gap = gap_start + slope * max(year - region.last_observed, 0)
            rows += [
                (code, "resident_urban_rate", u / t, "share"),
                (code, "residents", t, "persons"),
                (code, "urban_residents", u, "persons"),
                (code, "rate_gap", gap, "share"),
                (code, "registered_urban_rate", u / t - gap, "share"),
            ]
        rows += money_rows(region.province_code, scenario, year, draw)
        frames.append(pd.DataFrame(rows, columns=["place", "indicator", "value", "unit"]).assign(year=year))
    return pd.concat(frames)


def money_rows(province, scenario, year, draw):
    """Return cost and registered people of the province: a policy costs from 2026 on and registers in even draws."""
    acts = FAKE_EFFECT.get(scenario, 0.0005) != 0 and year >= 2026
    registered = 2.9e7 + (1e5 * (year - 2025) * (1 if draw % 2 == 0 else -1) if acts else 0.0)
    return [
        (province, "fiscal_cost", 1e10 * (1 + 0.1 * draw) if acts else 0.0, "yuan per year"),
        (province, "registered_urban", registered, "persons"),
        (province, "paper_registered", 2e4 if acts else 0.0, "persons"),
    ]


def write_fake_study(folder: Path, region, fake: Fake | None = None) -> Path:
    """Write a whole invented study folder and return it."""
    fake = fake or Fake()
    folder.mkdir(parents=True, exist_ok=True)
    runs, accounts, ids = [], [], write_identity(folder, region, fake)
    for scenario in fake.scenarios:
        for draw in range(fake.draws):
            booked, stocks = simulate(region, fake, scenario, draw)
            key = ids[scenario, draw]
            runs.append(indicator_rows(region, stocks, draw, scenario).assign(run_id=key, step=4))
            for year, zone, row in booked:
                accounts.append(
                    pd.DataFrame(row).assign(run_id=key, year=year, zone=zone, county_code=list(region.county_codes))
                )
    table = pd.concat(runs, ignore_index=True)
    for name, frame in (("runs", table), ("accounts", pd.concat(accounts, ignore_index=True))):
        (folder / name).mkdir(exist_ok=True)
        frame.to_parquet(folder / name / "part-0.parquet")
    listed = pd.DataFrame([(key, *pair) for pair, key in ids.items()], columns=["run_id", "scenario", "draw"])
    table = table.merge(listed, on="run_id")
    write_summaries(folder, table, fake)
    write_side_tables(folder, region, fake)
    write_record(folder)
    seal(folder)
    return folder


def write_summaries(folder, table, fake):
    keys = ["scenario", "year", "place", "indicator", "unit"]
    grouped = table.groupby(keys)["value"]
    summary = quantiles(grouped, {"median": 0.5, "p05": 0.05, "p25": 0.25, "p75": 0.75, "p95": 0.95})
    summary["mean"], summary["runs"] = grouped.mean(), grouped.size()
    summary.reset_index().to_csv(folder / "summary.csv", index=False)
    base = table[table["scenario"] == "no_new_policy"]
    on = ["draw", "year", "place", "indicator"]
    paired = table[table["scenario"] != "no_new_policy"].merge(base[[*on, "value"]], on=on, suffixes=("", "_base"))
    paired["difference"] = paired["value"] - paired["value_base"]
    grouped = paired.groupby(["scenario", "year", "place", "indicator"])["difference"]
    effects = quantiles(grouped, {"median": 0.5, "p05": 0.05, "p95": 0.95})
    effects["mean"] = grouped.mean()
    effects["variance_reduction"] = 0.9
    effects.reset_index().to_csv(folder / "effects.csv", index=False)
    write_target(folder, table, fake)


def quantiles(grouped, shares):
    return pd.DataFrame({name: grouped.quantile(share) for name, share in shares.items()})


def write_target(folder, table, fake):
    province = table[(table["place"] == "430000") & (table["indicator"] == "resident_urban_rate")]
    rows = []
    for scenario in fake.scenarios:
        wide = province[province["scenario"] == scenario].pivot_table(index="draw", columns="year", values="value")
        for goal, threshold in (("resident_rate_66", 0.66), ("resident_rate_65_5", 0.655)):
            for year in [year for year in (2028, 2029) if year in wide.columns]:
                hit = wide[year] >= threshold
                p, n = hit.mean(), len(hit)
                centre = (p + 1.92 / n) / (1 + 3.84 / n)
                half = 1.96 / (1 + 3.84 / n) * np.sqrt(p * (1 - p) / n + 0.96 / n**2)
                crossing = (wide >= threshold).idxmax(axis=1).where((wide >= threshold).any(axis=1)).median()
                short = 100 * np.maximum(threshold - wide[year], 0).median()
                rows.append((scenario, goal, year, p, max(centre - half, 0), min(centre + half, 1), crossing, short))
    table = pd.DataFrame(rows, columns=COLUMNS[:-2])
    table = table.assign(probability_runs=table["probability"], probability_census=table["probability"])
    table.to_csv(folder / "target.csv", index=False)


def write_side_tables(folder, region, fake):
    rng = np.random.default_rng(fake.seed + 1)
    ends = [*region.prefecture_codes, *region.outside_codes]
    size = rng.lognormal(0, 1, len(ends)) + 0.3
    size[0] *= 4
    size[-3] *= 6
    flows = []
    for scenario in fake.scenarios:
        for year in range(fake.start + 1, fake.end + 1):
            for i, a in enumerate(ends):
                for j, b in enumerate(ends):
                    if i >= len(region.prefecture_codes) and j >= len(region.prefecture_codes):
                        continue
                    total = 2500 * size[i] ** 0.5 * size[j] * (6 if i == j else 1)
                    for band, part in (("0-15", 0.15), ("16-29", 0.4), ("30-49", 0.3), ("50+", 0.15)):
                        flows.append((scenario, year, a, b, band, total * part))
    names = ["scenario", "year", "origin", "destination", "age_band", "persons"]
    pd.DataFrame(flows, columns=names).to_csv(folder / "flows.csv", index=False)
    write_pyramid(folder, fake)
    normal = rng.normal(size=(fake.draws, len(FAKE_PARAMETERS)))
    level = [np.random.default_rng([fake.seed, d]).normal(0, 0.0012) for d in range(fake.draws)]
    normal[:, 0] += 3 * np.array(level) / 0.0012
    values = pd.DataFrame(normal, columns=list(FAKE_PARAMETERS)).rename_axis("draw").reset_index()
    values.melt("draw", var_name="name").to_parquet(folder / "parameters.parquet")
    write_start_and_fit(folder, region, fake)


def write_start_and_fit(folder, region, fake):
    published = region.table("province_series").set_index("year")
    rows = []
    for draw in range(fake.draws):
        for year in range(2021, region.last_observed + 1):
            people, rate = published.loc[year, "residents"], published.loc[year, "urban_rate"]
            near = (people * (1 + 0.0001 * draw), rate + 0.0002, people, rate)
            rows.append((draw, year, 0.1 * draw, -0.05, 3, *near))
    names = ["draw", "year", "pull_in", "pull_out", "tries", "residents", "urban_rate"]
    names += ["published_residents", "published_urban_rate"]
    pd.DataFrame(rows, columns=names).to_csv(folder / "start.csv", index=False)
    fit = [(place, "residents", "urban", 1000.0, 1010.0) for place in (region.province_code, *region.county_codes[:3])]
    fit.append((region.county_codes[0], "fake_margin", "", 0.0, 0.0))
    frame = pd.DataFrame(fit, columns=["place", "margin", "category", "target", "achieved"])
    frame.to_csv(folder / "fit.csv", index=False)


def write_pyramid(folder, fake):
    rows = []
    for scenario in fake.scenarios:
        for year in sorted({fake.start, *(year for year in (2020, 2025, 2029) if year < fake.end), fake.end}):
            for zone in ("urban", "rural"):
                for sex in ("m", "f"):
                    for age in range(0, 90, 5):
                        peak = (35 if zone == "urban" else 57) + (year - fake.start) * 0.8
                        shape = np.exp(-(((age - peak) / 24) ** 2)) + 0.5 * np.exp(-(((age - peak + 28) / 9) ** 2))
                        grown = 1 + (0.012 if zone == "urban" else -0.02) * (year - fake.start)
                        rows.append((scenario, year, zone, sex, age, 1.45e6 * shape * grown))
    names = ["scenario", "year", "zone", "sex", "age_lo", "persons"]
    pd.DataFrame(rows, columns=names).drop_duplicates(names[:-1]).to_csv(folder / "pyramid.csv", index=False)
