"""The target file is refused with file, line and key where it is wrong."""

from __future__ import annotations

import pytest

from sim.programs.calibrate.targets import TARGET_FILE, TargetError, declared_targets


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "discrepancy: 1.0, unit: points",
            "discrepancy: yes, unit: points",
            "'yes' is not allowed: a number is expected",
        ),
        ("discrepancy: 1.0, unit: points", "discrepancy: -1, unit: points", "a number above 0"),
        ("grade: recalled", "grade: remembered", r"line \d+: to_2020.outside_2020.grade: 'remembered'"),
        ("move_trend: drift", "move_trent: drift", "no such parameter; did you mean 'move_trend'"),
        ("move_trend: drift", "move_trend: true", "true is not allowed"),
        ("  county_slope:", "  county_slop:", "unknown key 'county_slop'; did you mean 'county_slope'"),
    ],
)
def test_a_wrong_target_file_is_refused(tmp_path, old, new, message):
    text = TARGET_FILE.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "targets.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TargetError, match=message):
        declared_targets(file)
