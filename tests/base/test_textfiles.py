"""One reader of YAML, one did-you-mean and one Markdown table."""

from __future__ import annotations

import pytest

from sim.base.markdown import table
from sim.base.names import nearest
from sim.base.textfiles import YamlError, parse_yaml, read_content
from sim.config import ConfigError, read_yaml
from sim.parameters.declared import ParameterError, declared

WRONG = {
    b"a: 1\nb: [1, 2\nc: 3\n": r"made\.yaml, line 3, column 2: not valid YAML: did not find",
    b"a: 1\nb: 2\na: 3\n": r"line 3, column 1: not valid YAML: the key 'a' is written twice \(first on line 1\)",
    b"a: 1\nb: \xff\n": r"made\.yaml, line 2: cannot be read \(not UTF-8",
    b"a: \x00\n": r"made\.yaml: not valid YAML: unacceptable character",
    b"a: &x 1\nb: *x\n": r"line 2, column 4: not valid YAML: aliases",
    b"a: !!set {b}\n": r"line 1, column 4: not valid YAML: the tag",
    b"1.5: a\n": r"line 1, column 1: not valid YAML: a key must be a word",
}


@pytest.mark.parametrize("content", WRONG)
@pytest.mark.parametrize(
    ("read", "refusal"), [(read_content, YamlError), (read_yaml, ConfigError), (declared, ParameterError)]
)
def test_every_reader_refuses_with_file_and_line(tmp_path, content, read, refusal):
    file = tmp_path / "made.yaml"
    file.write_bytes(content)
    with pytest.raises(refusal, match=WRONG[content]):
        read(file)


def test_lines_lead_to_every_key_and_item(tmp_path):
    file = tmp_path / "made.yaml"
    file.write_text("a:\n  b: 1\n  c:\n    - x\n    - y\n", encoding="utf-8")
    lines = {}
    assert read_content(file, lines) == {"a": {"b": 1, "c": ["x", "y"]}}
    assert lines == {("a",): 1, ("a", "b"): 2, ("a", "c"): 3, ("a", "c", 0): 4, ("a", "c", 1): 5}
    assert parse_yaml("") is None


def test_the_nearest_name_is_found_or_none():
    assert nearest("housholds", ["households", "threads"]) == "households"
    assert nearest("qqqq", ["households", "threads"]) is None


def test_a_table_keeps_bars_and_line_ends_inside_its_cells():
    assert table(("a", "b"), [("x|y", "1\n2")]) == "| a | b |\n| --- | --- |\n| x\\|y | 1 2 |\n"
