"""Identities between columns and tables. Each function returns messages, none if all hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from sim.data.contracts import TOLERANCE
from sim.data.schemas import Table

Tables = Mapping[str, pd.DataFrame]
BULLETIN_TOLERANCE = 0.0002


def shares_add_to_one(table: pd.DataFrame, spec: Table) -> list[str]:
    """Rows and columns declared to add to one do."""
    problems = []
    for columns in spec.adds_to_one:
        off = (table[list(columns)].sum(axis=1) - 1.0).abs() > TOLERANCE
        if off.any():
            position = int(off.to_numpy().argmax())
            key = "/".join(str(table[c].iloc[position]) for c in spec.key)
            problems.append(f"line {position + 2} ({key}): {', '.join(columns)} do not add to one")
    for column in spec.sums_to_one:
        total = float(table[column].sum())
        if abs(total - 1.0) > TOLERANCE:
            problems.append(f"column {column} adds to {total:.6f}, not to one")
    return problems


def _rows(table: pd.DataFrame, wrong: pd.Series, text: str) -> list[str]:
    return [f"{row.county_code}/{row.year}: {text}" for row in table[wrong.to_numpy()].head(3).itertuples()]


def census_rows(tables: Tables) -> list[str]:
    """Within each county and year: zones, sexes, households and generations add up; the registered identity holds."""
    t = tables["county_census"]
    generations = t[["households_1gen", "households_2gen", "households_3gen", "households_4gen_plus"]].sum(axis=1)
    present = t["residents"] - t["in_other_county"] - t["in_other_province"]
    rules = (
        (t["residents_urban"] + t["residents_rural"] != t["residents"], "urban + rural is not residents"),
        (t["male"] + t["female"] != t["residents"], "male + female is not residents"),
        (t["family_residents"] + t["collective_residents"] != t["residents"], "family + collective is not residents"),
        (generations != t["family_households"], "households by generations do not add to family_households"),
        (t["households_1person"] > t["households_1gen"], "more one-person than one-generation households"),
        (present + t["out_in_province"] + t["outside_migrants"] != t["registered"], "registered identity does not hold"),
    )
    return [message for wrong, text in rules for message in _rows(t, wrong, text)]


def census_sums(tables: Tables) -> list[str]:
    """Counties add to the published prefecture and province totals, exactly."""
    census = tables["county_census"].copy()
    prefecture = tables["counties"].set_index("county_code")["prefecture_code"]
    census["place_code"] = census["county_code"].map(prefecture)
    problems = []
    for row in tables["census_totals"].itertuples():
        part = census[census["year"] == row.year]
        if len(str(row.place_code)) == 4:
            part = part[part["place_code"] == row.place_code]
        for column in tables["census_totals"].columns.drop(["place_code", "year"]):
            published = getattr(row, column)
            if not pd.isna(published) and int(part[column].sum()) != int(published):
                problems.append(f"{row.place_code}/{row.year}: counties add {column} to {int(part[column].sum())}, published {int(published)}")
    return problems


def registered_sums(tables: Tables) -> list[str]:
    """Those away in the province are those arrived; those outside add to the outside total."""
    problems = []
    anchors = tables["anchors"].set_index("name")["value"]
    for year, part in tables["county_census"].groupby("year"):
        if int(part["out_in_province"].sum()) != int(part["in_other_county"].sum()):
            problems.append(f"{year}: out_in_province does not add to in_other_county")
        if int(part["outside_migrants"].sum()) != round(float(anchors[f"outside_migrants_{year}"])):
            problems.append(f"{year}: outside_migrants does not add to anchor outside_migrants_{year}")
    return problems


def age_sums(tables: Tables) -> list[str]:
    """Ages add to the residents of each sex."""
    ages = tables["county_age_sex"].groupby(["county_code", "year", "sex"])["persons"].sum().unstack()
    census = tables["county_census"].set_index(["county_code", "year"])
    problems = []
    for sex, column in (("m", "male"), ("f", "female")):
        gap = ages[sex] - census[column].reindex(ages.index)
        problems += [f"{code}/{year}: ages of sex {sex} miss {column} by {int(value)}" for (code, year), value in gap[gap != 0].head(3).items()]
    return problems


def bulletin_totals(tables: Tables) -> list[str]:
    """Counties agree with the announced totals within 0.02 percent."""
    census = tables["county_census"]
    prefecture = census["county_code"].map(tables["counties"].set_index("county_code")["prefecture_code"])
    problems = []
    for row in tables["bulletin_totals"].itertuples():
        mask = census["year"] == row.year
        if len(str(row.place_code)) == 4:
            mask &= prefecture == row.place_code
        for column in ("residents", "residents_urban"):
            own, announced = float(census.loc[mask, column].sum()), float(getattr(row, column))
            if abs(own / announced - 1.0) > BULLETIN_TOLERANCE:
                problems.append(f"{row.place_code}/{row.year}: {column} {own:.0f} against {announced:.0f} announced")
    return problems


def outside_sums(tables: Tables) -> list[str]:
    """Outside migrants by county and by destination add to the same totals."""
    places, by_county = tables["outside_places"], tables["county_outside"]
    codes = list(places["code"])
    census = tables["county_census"].set_index(["county_code", "year"])["outside_migrants"]
    gap = by_county.set_index(["county_code", "year"])[codes].sum(axis=1) - census
    problems = [f"{code}/{year}: destinations miss outside_migrants by {int(v)}" for (code, year), v in gap[gap != 0].head(3).items()]
    for year, part in by_county.groupby("year"):
        for row in places.itertuples():
            if int(part[str(row.code)].sum()) != int(getattr(row, f"migrants_{year}")):
                problems.append(f"{row.code}: migrants_{year} is not the sum over counties")
    return problems


def province_rates(tables: Tables) -> list[str]:
    """The urban rate is urban over residents within rounding (10,000 persons)."""
    t = tables["province_series"]
    off = (t["urban_residents"] / t["residents"] - t["urban_rate"]).abs() > 2e-4
    return [f"{year}: urban_rate is not urban_residents / residents" for year in t.loc[off, "year"]]


def fertility_sums(tables: Tables) -> list[str]:
    """The shares of each period add to one."""
    sums = tables["fertility_age"].groupby("year_from")["asfr_share"].sum()
    return [f"{year}: asfr_share adds to {value:.6f}" for year, value in sums.items() if abs(value - 1.0) > 1e-5]


def long_form_sums(tables: Tables) -> list[str]:
    """Tenure adds to the households of the sample; employed are part of those asked."""
    t = tables["county_long_form"]
    tenure = t[["owner_built", "owner_bought", "owner_inherited", "renter", "other_tenure"]].sum(axis=1)
    problems = [f"{code}: tenures do not add to households_sampled" for code in t.loc[tenure != t["households_sampled"], "county_code"]]
    wrong = (t["employed_sampled"] > t["persons_15plus_sampled"]) | (t["agriculture_sampled"] > t["employed_sampled"])
    return problems + [f"{code}: employed or agriculture exceeds its base" for code in t.loc[wrong, "county_code"]]


def household_means(tables: Tables) -> list[str]:
    """Household sizes keep the observed one-person share and mean size."""
    from sim.data.derive.households import MEAN_OF_LARGEST

    census = tables["county_census"].set_index(["county_code", "year"])
    sizes = tables["household_sizes"].set_index(["county_code", "year"])
    mean = sum(sizes[f"p{n}"] * (MEAN_OF_LARGEST if n == 7 else n) for n in range(1, 8))
    target = census["family_residents"] / census["family_households"]
    single = census["households_1person"] / census["family_households"]
    off = ((mean - target).abs() > 1e-3) | ((sizes["p1"] - single).abs() > 1e-5)
    return [f"{code}/{year}: household sizes miss the mean or the one-person share" for code, year in off[off].index[:3]]


def notes_refer(tables: Tables) -> list[str]:
    """Sources exist, and cell notes name tables and columns that exist."""
    from sim.data.schemas import TABLES

    known = set(tables["sources"]["key"])
    problems = [f"anchors {row.name}: source {row.source!r} is not in sources" for row in tables["anchors"].itertuples(index=False) if row.source not in known]
    for row in tables["cell_notes"].itertuples():
        spec = TABLES.get(str(row.table))
        if spec is None or (row.column != "*" and row.column not in {c.name for c in spec.columns}):
            problems.append(f"cell_notes: {row.table}.{row.column} is not a column of a table")
        elif row.source not in known:
            problems.append(f"cell_notes {row.table}/{row.key}: source {row.source!r} is not in sources")
    used = {column.source for spec in TABLES.values() for column in spec.columns}
    return problems + [f"schemas: source {key!r} is not in sources" for key in sorted(used - known - {"see_row"})]


def imputed_noted(tables: Tables) -> list[str]:
    """Every imputed income has a cell note."""
    economy, notes = tables["prefecture_economy"], tables["cell_notes"]
    problems = []
    for zone in ("urban", "rural"):
        column = f"{zone}_income_2023"
        noted = set(notes.loc[(notes["table"] == "prefecture_economy") & (notes["column"] == column), "key"])
        imputed = set(economy.loc[economy[f"{zone}_income_published_2023"].isna(), "prefecture_code"])
        problems += [f"prefecture_economy {code}: imputed {column} has no row in cell_notes" for code in sorted(imputed ^ noted)]
    return problems


IDENTITIES: tuple[tuple[str, str, Callable[[Tables], list[str]]], ...] = (
    ("county_census", "zones, sexes, households, generations and registered add up in every row", census_rows),
    ("county_census", "counties add to the tabulated prefecture and province totals", census_sums),
    ("county_census", "persons away in the province and outside add to their totals", registered_sums),
    ("county_age_sex", "ages add to male and female residents", age_sums),
    ("county_long_form", "tenures add up; employed within their base", long_form_sums),
    ("household_sizes", "one-person share and mean size as observed", household_means),
    ("bulletin_totals", "counties within 0.02 % of the announced totals", bulletin_totals),
    ("county_outside", "destinations add to outside migrants", outside_sums),
    ("province_series", "urban rate is urban over residents", province_rates),
    ("fertility_age", "shares add to one in every period", fertility_sums),
    ("prefecture_economy", "every imputed income is noted", imputed_noted),
    ("cell_notes", "sources, tables and columns exist", notes_refer),
)
"""Table that is named in the report, what holds, and the function that tests it."""
