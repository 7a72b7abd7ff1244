"""Whatever befalls a table: it is refused by name, or says what it said before."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from sim.data import DataError, Region, load_region
from sim.data.check import check_region
from tests.data.mutations import CELLS, FILES, HARMLESS, Mutation, mutations

LOUD = {*CELLS} - {"times 1.1", "plus one unit", "zero", "empty"} | {*FILES} - HARMLESS
"""Kinds that no table hides: no number becomes absurd, endless or a text, and no file another file."""
SAMPLE = 12


@pytest.fixture(scope="module")
def originals(region: Region) -> dict[str, str]:
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(region.folder.glob("*.csv"))}


def problems_after(copied: Path, mutation: Mutation) -> list[str]:
    path = copied / f"{mutation.table}.csv"
    if mutation.content is None:
        path.unlink()
    else:
        path.write_bytes(mutation.content)
    try:
        return [problem for report in check_region(copied.name, copied.parent) for problem in report.problems]
    except DataError as error:
        return [str(error)]


def test_a_sample_of_mutations(copied: Path, originals: dict[str, str]) -> None:
    originals = {name: text for name, text in originals.items() if name != "county_age_sex"}
    cases = random.Random(7).sample(list(mutations(originals, seed=7, cells=1)), SAMPLE)  # noqa: S311 - no secret
    silent = []
    for case in cases:
        found = problems_after(copied, case)
        for problem in found:
            assert f"{copied}" in problem or ".csv" in problem
            assert "\n" not in problem
        if not found and not case.same and case.kind in LOUD:
            silent.append((case.table, case.kind, case.where))
        (copied / f"{case.table}.csv").write_text(originals[case.table], encoding="utf-8")
    assert silent == []


@pytest.mark.parametrize("kind", FILES)
def test_a_file_is_refused_in_one_line_or_the_same(copied: Path, originals: dict[str, str], kind: str) -> None:
    content = FILES[kind](originals["province"])
    found = problems_after(copied, Mutation("province", kind, "", content, kind in HARMLESS))
    if kind in HARMLESS:
        assert found == []
    else:
        assert found
        assert all(f"{copied / 'province.csv'}: " in problem for problem in found)


@pytest.mark.parametrize(
    ("table", "old", "new", "message"),
    [
        ("province", "430000,Hunan,湖南省\n", "", "0 rows, must be 1"),
        ("counties", "county_code,", "code,", "column 'county_code' is missing"),
        ("counties", "430102,Furong", "430102,=Furong", "column name_en is '=Furong District', must be a text"),
        ("counties", "430102,Furong", "430102,@Furong", "does not begin with = + - @"),
        ("county_age_sex", "f,0,0,1599", "f,0,0,inf", "line 2 (430102/2010/f/0), column persons is inf"),
        ("county_age_sex", "f,0,0,1599", "f,0,0,1e15", "must be 0 to 200,000,000"),
        ("county_age_sex", "f,0,0,1599", "f,0,2,1599", "430102/2010: age_hi does not end the band"),
        ("prefecture_annual", "0.7204", "0.7402", "4302/2021: urban_rate is not urban_residents / residents"),
        ("province_series", "566500,526100,5", "656500,526100,6", "2020: births_published are not birth_rate"),
        ("mortality", "f,1,0.00066376", "f,1,0.06376", "leaves that before it"),
        ("fertility_total", "2005,1.6238,1.6238", "2005,1.6238,1.7238", "2005: tfr is not between"),
        ("special_zones", "430271,云龙示范区,430204", "430271,云龙示范区,430299", "added_to 430299 is not in counties"),
        ("county_long_form", "2526,2580,", "2526,92580,", "430102: persons by schooling are not the residents"),
        ("prefectures", "4301,Changsha,长沙市,112.9", "4301,Changsha,长沙市,114.9", "4301: seat far from its counties"),
        ("prefectures", "28.22808,3,1", "28.22808,3,2", "4302: tile of another prefecture"),
        ("anchors", "public_school_share,", "public_share,", "no row at all with name public_school_share"),
        ("outside_shares", "4301,", "4301;", "line 3: 3 cells, fewer cells than the header has columns (4)"),
    ],
)
def test_what_no_run_may_use(copied: Path, table: str, old: str, new: str, message: str) -> None:
    path = copied / f"{table}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        load_region(copied.name, copied.parent)
    assert message in str(refused.value)
    assert f"{table}.csv" in str(refused.value)
