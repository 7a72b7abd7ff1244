"""The commands: what holds, and what is said when something does not."""

from pathlib import Path

import pytest

from sim.data import DataError, check, load_region
from sim.data.__main__ import main
from sim.data.check import check_region
from sim.data.dictionary import PATH, dictionary_text
from sim.data.schemas import TABLES


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def without(path: Path, start: str) -> None:
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(start)]
    assert len(kept) < len(lines)
    path.write_text("".join(kept), encoding="utf-8")


def run(copied: Path, *command: str) -> int:
    return main(["--root", str(copied.parent), *command])


def test_everything_holds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    printed = capsys.readouterr()
    assert "32 of 32 tables hold" in printed.out
    assert printed.err == ""


def test_dictionary_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert PATH.read_text(encoding="utf-8") == dictionary_text(PATH.parent / "hunan")
    assert main(["dictionary", "--check"]) == 0


def test_a_root_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--root", str(tmp_path / "nowhere")]) == 1
    assert capsys.readouterr().err.startswith(f"error: --root = '{tmp_path / 'nowhere'}': no such folder.")
    assert main(["check", "--root", "[1," * 3_000]) == 1
    assert capsys.readouterr().err.startswith("error: --root = '[1,[1,")


def test_a_name_that_no_folder_can_have_is_no_region(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--region", "[" * 10_000]) == 1
    message = capsys.readouterr().err
    assert "no tables for region" in message
    assert len(message) < 2_000


def test_a_county_missing_from_a_table(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without(copied / "county_census.csv", "430102,")
    assert run(copied, "check") == 1
    message = capsys.readouterr().err
    assert message.count("\n") == 1
    assert f"{copied / 'county_census.csv'}: no row at all with county_code 430102 (Furong District)" in message
    assert "Restore the rows" in message
    with pytest.raises(DataError, match="county_code 430102"):
        load_region("hunan", copied.parent)
    assert run(copied, "derive") == 1
    assert "county_code 430102" in capsys.readouterr().err


def test_a_county_year_missing_from_a_table(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without(copied / "county_census.csv", "430102,2010,")
    assert run(copied, "check") == 1
    assert "no row for county_code 430102 (Furong District), year 2010" in capsys.readouterr().err


def test_a_county_missing_from_the_list(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    without(copied / "counties.csv", "430102,")
    assert run(copied, "check") == 1
    assert f"430102 is not in {copied / 'counties.csv'}" in capsys.readouterr().err
    with pytest.raises(DataError, match="430102 is not in"):
        load_region("hunan", copied.parent)


@pytest.mark.parametrize(
    ("table", "old", "new", "message"),
    [
        ("county_census", "430102,2020,642010", "430102,2020,abc", "column residents is 'abc', not a number"),
        ("county_census", "430102,2020,642010", "430102,2020,642_010", "column residents is '642_010', not a number"),
        ("county_census", "430102,2020,642010", "430102,2020,", "column residents is empty"),
        ("county_census", "430102,2020,642010", "430102,2020,-5", "column residents is -5, must be 0 to 200,000,000"),
        ("county_census", "430102,2020,642010", "430102,2020,642010.5", "must be a whole number"),
        ("county_census", "430102,2020,642010", "430102,2020,642011", "430102/2020: urban + rural is not residents"),
        ("county_census", "430102,2020,", "430102,2010,", "county_code 430102, year 2010 occurs more than once"),
        ("county_census", "residents_urban", "urban", "column 'residents_urban' is missing"),
        ("county_age_sex", "430102,2010,f,0,0,", "430102,2010,f,0,0,1", "ages of sex f do not add to female"),
        (
            "group_rules",
            ",loss,",
            ",lost,",
            "column kind is 'lost', must be one of prefecture, county, type, loss, inflow",
        ),
        ("counties", "430102,Furong", "43010x,Furong", "43010x"),
        ("outside_shares", "4301,0.", "4301,0.9", "do not add to one"),
        ("anchors", "nbs_migrant_workers", "hearsay", "source 'hearsay' is not in sources.csv"),
        (
            "anchors",
            "0.901,0.88,0.92",
            "0.701,0.88,0.92",
            "public_school_share: value 0.701 is not between low and high",
        ),
        ("county_social", "0.6", "0.5", "do not add to one"),
        ("region_groups", "chang_zhu_tan,", "chang_zhu_tan_2,", "Run `python -m sim.data derive`"),
    ],
)
def test_broken_cells_are_named(
    copied: Path, capsys: pytest.CaptureFixture[str], table: str, old: str, new: str, message: str
) -> None:
    edit(copied / f"{table}.csv", old, new)
    assert run(copied, "check") == 1
    error = capsys.readouterr().err
    assert message in error
    assert f"{table}.csv" in error


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("county_census", "430102,2020,642010", "430102,2020,{0}"),
        ("group_rules", ",loss,", ",{0},"),
        ("anchors", "nbs_migrant_workers", "{0}"),
        ("mortality", "age_lo,mx", "age_lo,{0}"),
    ],
)
def test_what_is_too_long_to_read_is_cut(
    copied: Path, capsys: pytest.CaptureFixture[str], table: str, old: str, new: str
) -> None:
    edit(copied / f"{table}.csv", old, new.format("x" * 3_000))
    assert run(copied, "check") == 1
    error = capsys.readouterr().err
    assert "xxx… (" in error
    assert max(map(len, error.splitlines())) < 1_000


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "not a readable CSV table"), (b"\xff\xfe\x00", "not a readable CSV table"), (b"key\n1,2\n", "more cells")],
)
def test_unreadable_tables(copied: Path, capsys: pytest.CaptureFixture[str], content: bytes, message: str) -> None:
    (copied / "mortality.csv").write_bytes(content)
    assert run(copied, "check") == 1
    assert f"{copied / 'mortality.csv'}: " in (error := capsys.readouterr().err)
    assert message in error
    with pytest.raises(DataError, match=message):
        load_region("hunan", copied.parent)


def test_an_imputed_cell_without_note(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(copied / "cell_notes.csv", "4302,urban_income_2023", "4302,rural_income_2023")
    assert run(copied, "check") == 1
    assert "4302: urban_income_2023 imputed without note" in capsys.readouterr().err


def test_a_missing_and_an_extra_table(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (copied / "mortality.csv").rename(copied / "deaths.csv")
    assert run(copied, "check") == 1
    error = capsys.readouterr().err
    assert f"{copied / 'mortality.csv'}: table not found" in error
    assert f"{copied / 'deaths.csv'}: no contract" in error


def test_derive_restores_a_deleted_derived_table(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = copied / "household_sizes.csv"
    before = path.read_bytes()
    path.unlink()
    assert run(copied, "derive", "--check") == 1
    assert not path.exists()
    assert run(copied, "derive") == 0
    assert "changed  household_sizes" in capsys.readouterr().out
    assert path.read_bytes() == before


def test_an_unknown_region(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--region", "atlantis", "check"]) == 1
    assert "available: hunan" in capsys.readouterr().err


def test_a_number_out_of_range_is_refused_before_anything_is_simulated(copied: Path) -> None:
    edit(copied / "county_census.csv", "430102,2020,", "430102,2020,-")
    with pytest.raises(DataError, match=r"line 3 \(430102/2020\), column residents is -\d+, must be 0 to 200,000,000"):
        load_region(copied.name, root=copied.parent)


def test_what_holds_is_checked_once_and_what_changes_again(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path / "cache"))
    checked = []
    monkeypatch.setattr(check, "check_region", lambda name, root: checked.append(name) or check_region(name, root))
    check.require_valid(copied)
    check.require_valid(copied)
    assert checked == ["hunan"]
    edit(copied / "county_census.csv", "430102,2020,642010", "430102,2020,642011")
    for _ in range(2):
        with pytest.raises(DataError, match=r"urban \+ rural is not residents"):
            check.require_valid(copied)
    assert len(checked) == 3


def test_stamps_lie_where_everything_else_is_kept(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home folder in the name is one, and the variable of the compiler's cache counts as it does for rules."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, value, folder in (("SIM_CACHE_DIR", "~/a", "a"), ("NUMBA_CACHE_DIR", str(tmp_path / "b"), "b")):
        monkeypatch.delenv("SIM_CACHE_DIR", raising=False)
        monkeypatch.setenv(name, value)
        check.require_valid(copied)
        assert len(list((tmp_path / folder / "tables").iterdir())) == 1


def test_a_cache_that_cannot_be_written_is_no_error(
    copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path / "file"))
    check.require_valid(copied)


def test_every_number_of_every_table_has_bounds() -> None:
    free = [
        f"{spec.name}.{column.name}"
        for spec in TABLES.values()
        for column in spec.columns
        if column.kind != "text" and column.allowed is None and (column.low is None or column.high is None)
    ]
    assert free == []


@pytest.mark.parametrize(
    "argv", [["--region", "zzz", "check"], ["check", "--region", "zzz"], ["check", "--region=zzz"]]
)
def test_flags_may_stand_before_and_after_the_command(argv, capsys):
    assert main(argv) == 1
    assert "no tables for region 'zzz'; available: hunan" in capsys.readouterr().err
