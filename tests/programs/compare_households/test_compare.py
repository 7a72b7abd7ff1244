"""What households gain and lose adds up to the difference of two runs, household by household and in their accounts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.agents.observe import RESIDENTS
from sim.agents.state import INSURED, LAND, PUBLIC_PLACE, empty_households
from sim.agents.utility import origin_state
from sim.base.arrays import Floats
from sim.config import ConfigError, load_config
from sim.model.path.begin import begin
from sim.model.path.history import branch, follow
from sim.model.path.setup import prepare
from sim.model.year.books import AccountError
from sim.programs.compare_households.compare import STANDINGS, check_books, compared, pair_up
from sim.programs.compare_households.figures import FIGURES
from sim.programs.compare_households.groups import DIMENSIONS, kinds
from sim.programs.compare_households.job import compare_draw, compare_job
from sim.programs.compare_households.outcomes import OUTCOMES, books
from sim.programs.compare_households.tables import made_tables
from sim.studies.ensemble import ERROR, JOB
from sim.studies.household_view import View
from tests.programs.compare_households.tiny import region
from tests.worlds import AWAY, TOWN_0, TOWN_1, VILLAGE_0, VILLAGE_1

NAMES = ["no_new_policy", "plan"]


@pytest.fixture(scope="module")
def setup():
    return prepare(load_config(households=5_000, draws=1, scenarios=NAMES, end_year=2029))


@pytest.fixture(scope="module")
def history(setup):
    return begin(setup, 0, 0)


@pytest.fixture(scope="module")
def ends(setup, history):
    """The two runs at their end."""
    return [follow(setup, history, name, 2029)[0] for name in NAMES]


@pytest.fixture(scope="module")
def views(ends):
    return [View.of(end.sim) for end in ends]


@pytest.fixture(scope="module")
def row(setup):
    return compare_draw(setup, 0)


@pytest.fixture(scope="module")
def tables(setup, row):
    return made_tables(pd.DataFrame([{JOB: 0, ERROR: "", **row}]), setup.region)


def test_every_outcome_is_the_difference_of_the_indicators_of_the_two_runs(setup, history, tables):
    last = []
    for name in NAMES:
        table = branch(setup, history, name).indicators
        table = table[(table["place"] == "430000") & (table["year"] == 2029) & (table["step"] == setup.steps_per_year)]
        last.append(table.set_index("indicator")["value"])
    whole = tables.gains[tables.gains["dimension"] == "all"].set_index("outcome")
    named = [outcome for outcome in OUTCOMES if outcome.indicator]
    assert len(named) == 4
    for outcome in named:
        difference = last[1][outcome.indicator] - last[0][outcome.indicator]
        assert whole.loc[outcome.name, "net"] == pytest.approx(difference, abs=1e-3)
    paper = tables.accounts.set_index("outcome").loc["paper_registered", "from_books"]
    registered = last[1]["registered_urban"] - last[0]["registered_urban"]
    assert whole.loc["registered_urban", "net"] + paper == pytest.approx(registered, abs=1e-3)


def test_urban_residents_are_the_difference_of_the_accounts_of_all_years(history, ends, row):
    """Births, deaths, moves and reclassification of both runs since they parted, booked while they ran."""
    grown = []
    for end in ends:
        towns = sum(record.ledger.counts for record in end.records if record.year > history.sim.year)[
            1 : end.sim.edge : 2
        ]
        born, died, moved_in, moved_out, counted_in, counted_out, entered, left, _ = towns.sum(axis=0)
        grown.append(born - died + moved_in - moved_out + counted_in - counted_out + entered - left)
    net = row["urban_residents|all|all|after"] - row["urban_residents|all|all|before"]
    assert net == grown[1] - grown[0] != 0


def test_parts_add_up_in_every_kind_and_kinds_add_up_to_all(tables):
    draws = tables.draws
    parts = draws["gained"] - draws["lost"] + draws["appeared"] - draws["gone"]
    assert (draws["net"] == parts).all() and (draws["net"] == draws["after"] - draws["before"]).all()
    whole = draws[draws["dimension"] == "all"].set_index("outcome")
    for dimension in (d for d in DIMENSIONS if d.partition):
        sums = draws[draws["dimension"] == dimension.name].groupby("outcome")[["net", "gained", "lost", "better"]].sum()
        assert sums.equals(whole.loc[sums.index, list(sums)])
    reasons = whole.loc[["moved", "counted"], ["before", "after", "net"]].sum()
    assert reasons.equals(whole.loc["urban_residents", ["before", "after", "net"]])


def test_standings_are_all_households(views, row):
    pair = pair_up(*views)
    numbers = [row[f"households|all|all|{standing}"] for standing in STANDINGS]
    assert sum(numbers) == len(np.union1d(views[0].households.key, views[1].households.key))
    assert numbers[5:] == [len(pair.only_a.base), len(pair.only_b.base)]
    assert 0 < numbers[0] < numbers[4]


def test_a_run_beside_itself_differs_in_nothing(views, setup):
    row = compared(pair_up(views[0], views[0]), setup.region)
    changes = ("gained", "lost", "appeared", "gone", "better", "worse", "households_more")
    assert not any(value for key, value in row.items() if key.rsplit("|", 1)[1] in changes)
    assert row["households|all|all|same"] == len(views[0].base)
    assert not [key for key in row if key.startswith("flow")]


def test_the_other_way_round_gains_and_losses_change_places(views, setup):
    there, back = (compared(pair_up(*pair), setup.region) for pair in (views, views[::-1]))
    for one, other in (
        ("gained", "lost"),
        ("appeared", "gone"),
        ("before", "after"),
        ("households_more", "households_less"),
    ):
        for outcome in OUTCOMES:
            assert there[f"{outcome.name}|all|all|{one}"] == back[f"{outcome.name}|all|all|{other}"]
    flows = {key: value for key, value in there.items() if key.startswith("flow")}
    turned = {"|".join(("flow", *key.split("|")[2:0:-1], "households")): value for key, value in flows.items()}
    assert turned == {key: value for key, value in back.items() if key.startswith("flow")} != {}


def test_what_a_view_counts_is_what_the_engine_counts(ends, views):
    for end, view in zip(ends, views, strict=True):
        check_books(view, end.sim.stocks, "run")
        geo = end.sim.engine.geo
        rows = range(0, len(view.base), 7)
        assert [origin_state(view.households, i, geo) for i in rows] == list(view.state[rows])
        residents = np.bincount(view.living[view.exists], minlength=len(end.sim.stocks))
        assert np.array_equal(residents, end.sim.stocks[:, RESIDENTS])


def test_books_that_differ_are_refused(ends, views):
    stocks = ends[0].sim.stocks.copy()
    stocks[1, RESIDENTS] += 1
    with pytest.raises(AccountError, match=r"plan: urban_residents of all households is \d+, booked are \d+"):
        check_books(views[0], stocks, "plan")


def household(base, hukou, members=((30, 1), (30, 0)), away=(), away_place=255, social=0, flags=0, block=0, county=0):
    """Return one household: members are (age, sex) by slot, away the slots that are away."""
    hh = empty_households(1)
    for slot, (age, sex) in enumerate(members):
        hh.members[0, slot] = 2 * age + sex
    hh.away[0] = sum(1 << slot for slot in away)
    hh.base[0], hh.hukou[0], hh.away_place[0] = base, hukou, away_place
    hh.social[0], hh.flags[0], hh.home_county[0], hh.home_block[0] = social, flags, county, block
    hh.key[0] = 7
    return hh


def view(hh, urban_blocks=(10, 11), burden: Floats | None = None):
    zone = np.full((2, 256), 255, np.uint8)
    zone[:, :3] = 0
    zone[:, list(urban_blocks)] = 1
    return View(hh, zone, np.zeros(2) if burden is None else burden)


FAMILY = ((30, 1), (31, 0), (8, 1))


def told(first: View, second: View) -> tuple[dict[str, int], str]:
    """Return the changes of a household by outcome, and its standing."""

    row = compared(pair_up(first, second), region())
    changes = {o.name: int(row[f"{o.name}|all|all|after"] - row[f"{o.name}|all|all|before"]) for o in OUTCOMES}
    standing = next(name for name in STANDINGS if row[f"households|all|all|{name}"])
    return {name: value for name, value in changes.items() if value}, standing


@pytest.mark.parametrize(
    ("first", "second", "changes", "standing"),
    [
        (  # parents away, child left in the village: the family is together in town, the child refused a place
            view(household(VILLAGE_0, VILLAGE_0, FAMILY, (0, 1), TOWN_0)),
            view(household(TOWN_0, VILLAGE_0, FAMILY)),
            {"urban_residents": 1, "moved": 1, "split_households": -1, "left_behind_children": -1, "refused_pupils": 1},
            "mixed",
        ),
        (  # registers: the permit-free insured earner is no migrant any more, which is no loss
            view(household(TOWN_0, VILLAGE_0, social=INSURED)),
            view(household(TOWN_0, TOWN_0, social=INSURED, block=10)),
            {"registered_urban": 2, "insured": -1},
            "better",
        ),
        (  # insurance lost while it stays a migrant
            view(household(TOWN_0, VILLAGE_0, social=INSURED)),
            view(household(TOWN_0, VILLAGE_0)),
            {"insured": -1},
            "worse",
        ),
        (  # a public place goes to somebody else
            view(household(TOWN_0, VILLAGE_0, FAMILY, flags=PUBLIC_PLACE)),
            view(household(TOWN_0, VILLAGE_0, FAMILY)),
            {"public_pupils": -1, "refused_pupils": 1},
            "worse",
        ),
        (  # staying in the village is no gain of a school place
            view(household(TOWN_0, VILLAGE_0, FAMILY)),
            view(household(VILLAGE_0, VILLAGE_0, FAMILY)),
            {"urban_residents": -3, "moved": -3, "refused_pupils": -1},
            "other",
        ),
        (  # the village becomes a town and nobody moves
            view(household(VILLAGE_0, VILLAGE_0)),
            view(household(TOWN_0, TOWN_0), urban_blocks=(0, 10, 11)),
            {"urban_residents": 2, "counted": 2, "registered_urban": 2},
            "better",
        ),
        (  # out of the province
            view(household(VILLAGE_1, VILLAGE_1, county=1)),
            view(household(AWAY, VILLAGE_1, county=1)),
            {"outside_migrants": 2},
            "other",
        ),
        (  # rents rise by 2% over wages where it lives
            view(household(TOWN_1, TOWN_1, block=10, county=1)),
            view(household(TOWN_1, TOWN_1, block=10, county=1), burden=np.array([0.0, 0.02])),
            {"dearer_housing": 1},
            "other",
        ),
        (  # land rights alone are no outcome
            view(household(VILLAGE_0, VILLAGE_0, social=LAND)),
            view(household(VILLAGE_0, VILLAGE_0)),
            {},
            "same",
        ),
    ],
)
def test_single_households_by_hand(first, second, changes, standing):
    assert told(first, second) == (changes, standing)


def test_households_of_one_run_alone_are_rows_of_their_own():

    first, second = household(TOWN_0, TOWN_0, block=10), household(TOWN_1, TOWN_1, FAMILY, block=10, county=1)
    second.key[0] = 8
    row = compared(pair_up(view(first), view(second)), region())
    found = [row[f"urban_residents|all|all|{field}"] for field in ("gained", "lost", "appeared", "gone")]
    assert found == [0, 0, 3, 2]
    assert row["households|all|all|only_first"] == row["households|all|all|only_second"] == 1


def test_kinds_of_a_partition_hold_every_household_once(views, setup):
    found = kinds(views[0], setup.region)
    for dimension in (d for d in DIMENSIONS if d.partition):
        member = np.stack([kind.member for kind in found if kind.dimension == dimension.name])
        assert (member.sum(axis=0) == 1).all()


def test_books_name_every_outcome_that_they_hold(ends):
    assert set(books(ends[0].sim.stocks, ends[0].sim.edge)) == {o.name for o in OUTCOMES if o.booked is not None}


def values(tmp_path, **changes):
    keys = {
        "study": "gains",
        "scenarios": NAMES,
        "year": 2027,
        "posterior": None,
        "params": {},
        "households": 5_000,
        "draws": 2,
        "steps_per_year": 4,
        "seed": 1,
        "threads": 1,
        "workers": 1,
        "results": str(tmp_path),
    }
    return keys | changes


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scenarios": ["plan", "plan"]}, "allowed are two different ones"),
        ({"scenarios": ["plan"]}, "scenarios = ['plan']: allowed are two different ones"),
        ({"scenarios": ["plan", "nope"]}, "scenarios: nope: unknown scenario"),
        ({"year": 2024}, "year = 2024: published, and passed by every run"),
        ({"draws": 0}, "draws = 0"),
    ],
)
def test_bad_keys_are_one_message_and_write_nothing(changes, words, tmp_path):
    with pytest.raises(ConfigError) as refused:
        compare_job(values(tmp_path, **changes))
    assert words in str(refused.value) and not list(tmp_path.iterdir())


def test_more_draws_extend_fewer_and_files_are_the_same_bytes(tmp_path, capsys):
    assert compare_job(values(tmp_path / "a", draws=1)) == 0
    assert compare_job(values(tmp_path / "a")) == 0
    assert "2/2 runs" in "".join(capsys.readouterr())
    assert compare_job(values(tmp_path / "b")) == 0
    folders = [tmp_path / name / "gains" for name in ("a", "b")]
    files = sorted(p.relative_to(folders[0]) for p in folders[0].rglob("*") if p.is_file() and "draws" not in p.parts)
    assert {"gains.parquet", "gains.csv", "flows.csv", "gains.html", "gains.zh.html"} <= {p.name for p in files}
    for file in files:
        assert (folders[0] / file).read_bytes() == (folders[1] / file).read_bytes(), file
    assert all((folders[0] / "figures" / lang / f"{name}.png").is_file() for lang in ("en", "zh") for name in FIGURES)
    accounts = pd.read_csv(folders[0] / "accounts.csv").dropna()
    assert (accounts["equal"] == 2).all() and len(accounts) == 9
