"""One reader of YAML, one did-you-mean and one Markdown table."""

from __future__ import annotations

import pytest

from sim.base.markdown import table
from sim.base.names import nearest
from sim.base.textfiles import YamlError, dump_yaml, parse_yaml, read_content
from sim.config import ConfigError, read_yaml
from sim.parameters.declared import ParameterError, declared

WRONG = {
    b"a: 1\nb: [1, 2\nc: 3\n": r"made\.yaml, line 3, column 2: not valid YAML: did not find",
    b"a: 1\nb: 2\na: 3\n": r"line 3, column 1: not valid YAML: the key 'a' is written twice \(first on line 1\)",
    b"a: 1\nb: \xff\n": r"made\.yaml, line 2: a byte is no UTF-8 text",
    b"a: \x00\n": r"made\.yaml: not valid YAML: unacceptable character",
    b"a: &x 1\nb: *x\n": r"line 2, column 4: not valid YAML: aliases",
    b"a: !!set {b}\n": r"line 1, column 4: not valid YAML: the tag",
    b"1.5: a\n": r"line 1, column 1: not valid YAML: a key must be a word",
    b"a: !!python/object/apply:os.system [x]\n": r"line 1, column 4: not valid YAML: the tag",
    b"a: 1\n---\nb: 1\n": r"line 2, column 1: not valid YAML: a second document begins here",
    b"a: " + b"9" * 6_000: r"line 1, column 4: not valid YAML: 9+… \(6000 characters\): a whole number has at most 18",
    b"a: 1e999\n": r"line 1, column 4: not valid YAML: 1e999: the number is too large",
    b"a: " + b"[" * 3_000 + b"]" * 3_000: r"line 1, column 33: not valid YAML: more than 30 lists and mappings inside",
    b"[" * 100_000: r"line 1, column 31: not valid YAML: more than 30 lists and mappings inside",
    b"{a: " * 100_000: r"not valid YAML: more than 30 lists and mappings inside",
    "a: 湖南\n".encode("gbk"): r"made\.yaml, line 1: a byte is no UTF-8 text.*save the file in the encoding UTF-8",
    "a: 湖南\n".encode("utf-16"): r"made\.yaml, line 1: a byte is no UTF-8 text.*save the file in the encoding UTF-8",
    "a: 1\n".encode("utf-16-le"): r"made\.yaml: not valid YAML.*is the file in the encoding UTF-8",
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


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *((word, None) for word in ("", "~", "null", "Null")),
        *((word, True) for word in ("true", "True", "TRUE")),
        *((word, False) for word in ("false", "False")),
        *((number, int(number)) for number in ("0", "-7", "+7", "2026")),
        *((number, float(number)) for number in ("0.5", "-.5", "1.", "1e3", "1E-3", "+1.5e+2")),
        *((text, text) for text in ("yes", "no", "on", "Off", "y", "nUll", "03752", "33:46", "1_000", "0x1F", "0o17")),
        *(
            (text, text)
            for text in (".inf", "-.Inf", ".nan", "2026-11-27", "2026-13-01", "1e", "--1", "٣", "１２", "=", "<<")
        ),
        ("'3'", "3"),
        ('"true"', "true"),
        ("|\n  5", "5\n"),
    ],
)
def test_words_and_numbers_are_those_of_yaml_1_2_and_all_else_is_text(written, value):
    found = parse_yaml(f"a: {written}\n")["a"]
    assert found == value
    assert type(found) is type(value)
    assert parse_yaml(dump_yaml({"a": value})) == {"a": value}
    assert parse_yaml(dump_yaml({"a": written})) == {"a": written}


def test_a_byte_order_mark_is_no_content(tmp_path):
    file = tmp_path / "made.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read_content(file) == {"a": 1}


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
