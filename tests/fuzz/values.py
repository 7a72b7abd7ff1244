"""Values that people and machines write where something else belongs."""

from __future__ import annotations

DIGITS = "9" * 6_000

NUMBERS = (
    "-5", "1e20", "1" + "0" * 23, DIGITS, "-" + DIGITS, "0." + DIGITS, "nan", ".nan", "inf", "-inf", ".inf",
    "1e400", "2026-13-01", "2026-11-27", "03752", "33:46", "0x1F", "0b1", "1_000", "1.5", "１２", "½", "5 000",
    "5'000", "1e", "--5",
)  # fmt: skip
"""Numbers of many kinds, most of them out of any range."""

WORDS = (
    "true", "yes", "on", "no", "off", "null", "~", "None", "zzz", "''", '""', "' '", ".", "..", "/", "-", "*", "?",
    "a b", "a\tb", "a\nb", "a#b", "a: b", "a=b", "中文", "🙂", "é", "\x07", "\x1b[31m", "\u202e", "\ufeff", "\udcff",
    "＝", "a：b", "$x", "${x}", "${oc.env:HOME}", "${oc.env:NOPE}", "${study}", "${results}/${study}", "${", "}${",
    "${hydra:runtime.cwd}", "!!python/name:os.system", "_target_", "../../etc", "../x", "/nonexistent/a",
    "/dev/null", "configs", "con", "CON:", "x" * 300, "x" * 5_000, "a/b", "a\\b", "'", '"', "`id`", "$(id)", "%s",
    "{0}", "\\",
)  # fmt: skip
"""Texts."""

NESTED = (
    "[]", "[[]]", "[1]", "[a]", "[a,a]", "[null]", "[true]", "[1.5,x]", "[,]", "[a,,b]", "{}", "{a: 1}", "{a:1}",
    "{a: {b: [c]}}", "[{a: 1}]", "{1: 2}", "{null: 1}", "{a: 1, a: 2}", "{_target_: os.system, _args_: [ls]}",
    "[" * 40 + "]" * 40, "{a:" * 40 + "1" + "}" * 40, "[" + "1," * 4_000 + "1]",
)  # fmt: skip
"""Lists and mappings."""

BROKEN = (
    "[1", "1]", "{a: 1", "}", "{", "[", "]", "(", ")", "'a", 'a"', "[a}", "{a]", "a,b", "1,2", "range(1,3)",
    "choice(1)", "glob(*)", "glob(", "sort(1,2)", "shuffle(1,2)", "interval(0,1)", "f(x)", "tag(a,1)", "int(3)",
    "float(x)", "str(", "extend_list(1)", "extend_list(", "[" * 3_000 + "]" * 3_000, "[" * 100_000,
    "{a:" * 3_000 + "1" + "}" * 3_000, "((((((1))))))", "\\", "\\'", "a,", ",a", ",", ":", "=", "==", "${a", "@",
    "a@b",
)  # fmt: skip
"""What no grammar of values reads, or reads as several."""

EVERY = (*NUMBERS, *WORDS, *NESTED, *BROKEN)

NOT_A_NUMBER = (
    "true", "yes", "on", "no", "off", "zzz", "中文", "nan", "inf", "-inf", "1e400", "1e20", "2026-13-01", DIGITS,
    "[1]", "[a]", "{a: 1}", "-" + DIGITS, "-5", "1" + "0" * 23, "[[]]", "[1", "{a: 1", "1,2", "${oc.env:HOME}",
)  # fmt: skip
"""Values that no whole number of any program is."""
NOT_A_LIST = ("{a: 1}", "true", "1.5", "[1", "{a: {b: [c]}}", "1,2", "[{a: 1}]", "-5", "nan")
NOT_A_MAPPING = ("[1]", "[a]", "true", "1.5", "zzz", "[1", "1,2", "-5", "[{a: 1}]")
NOT_A_SWITCH = ("zzz", "1.5", "[1]", "{a: 1}", "-5", "1,2", "nan", "2026-13-01")


def impossible(value: str, default: object) -> bool:
    """Return whether a key whose default is this can take the value under no circumstances; text is taken as typed."""
    if isinstance(default, bool):
        return value in NOT_A_SWITCH
    if isinstance(default, int | float):
        return value in NOT_A_NUMBER
    if isinstance(default, list):
        return value in NOT_A_LIST
    return isinstance(default, dict) and value in NOT_A_MAPPING
