"""Mutated levers, scenarios, parameters, information dates, posteriors and configurations of programs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from tests.fuzz.cases import Case
from tests.fuzz.programs import Program
from tests.fuzz.values import BROKEN, DIGITS, NESTED, NUMBERS, WORDS

Rng = np.random.Generator
Mutation = tuple[bytes | None, bool]
"""New content of a file, and whether it cannot be right."""
LINE = re.compile(r"^(\s*(?:- )?)([\w./-]+):( +)(\S.*)$")
"""A line of a mapping with a value."""
WHOLE = 1_000
"""Most lines of a file and characters of a line that are looked at for names."""
OTHERS = (
    "attribute",
    "compare_households",
    "consistency",
    "damping",
    "discover",
    "explain",
    "hindcast",
    "patterns",
    "sampling",
    "sensitivity",
)
"""Programs that read the same files as the main job."""

RAW = (
    *(v for v in (*NUMBERS, *WORDS, *NESTED, *BROKEN) if "\udcff" not in v), "", "|", ">", "? a", "- a", "&a 1",
    "*a", "&a [*a]", "!!binary YQ==", "!!float x", "!!timestamp 2026-13-01", "!x 1", "!!set {a}",
    "{a: {b: {c: 1}}}", "{ ramp: 2026 }", "[2030, 2026]", "[3, 0]", "[0, 0]", "{dist: normal}", "{from: 2030}",
    "{{x}}", "{x}", "[1, 2, 3]", "2026.5", "-2026", "9999", "'2026'", "2026-2030", '"\\x41"', '"\\q"', "1 2", "<<",
    "@a", "%a",
)  # fmt: skip


def yaml_file(rng: Rng, programs: Sequence[Program], files: Mapping[str, bytes]) -> Case:
    """Return a program that reads a file which was changed."""
    path = _pick(rng, sorted(files))
    way = WAYS[int(rng.integers(len(WAYS)))]
    content, malformed = way(rng, files[path])
    module, argv = _reader(rng, path, programs)
    stem = path.rpartition("/")[2].partition(".")[0]
    about = f"{path}: {way.__name__.strip('_')}"
    names = (f"{stem}.", stem, *_new_words(files[path], content or b""))
    return Case("file", module, argv, about, {path: content}, names, malformed)


def _new_words(before: bytes, after: bytes) -> list[str]:
    """Return the words of changed lines: a refusal may name the key instead of the file."""
    old, new = (content.decode("utf-8", "replace").split("\n") for content in (before, after))
    lines = (set(old) ^ set(new)) if len(new) < WHOLE else set()
    return sorted({word for line in lines for word in re.findall(r"[\w.：-]{2,}", line[:WHOLE])})


def _reader(rng: Rng, path: str, programs: Sequence[Program]) -> tuple[str, tuple[str, ...]]:
    """Return the program that reads a file, with the arguments that make it do so."""
    group, _, name = path.removeprefix("configs/").rpartition("/")
    stem = name.partition(".")[0]
    own = {program.name: program for program in programs if program.hydra}
    if not group and stem in own:
        return own[stem].module, own[stem].base
    if stem == "demo":
        return "experiments.project", ("--config-name", "demo")
    if stem == "targets":
        return "experiments.calibrate", ()
    argv = (f"posterior={stem}",) if group == "posteriors" else ()
    if group == "scenario":
        argv = (
            (f"scenarios=[no_new_policy,{stem}]",) if stem != "no_new_policy" else ("scenarios=[no_new_policy,plan]",)
        )
    if group in ("scenario", "posteriors") or rng.random() < 0.85:
        return "experiments.project", argv
    wanted = _pick(rng, OTHERS)
    other = next(program for program in programs if program.name == wanted)
    return other.module, other.base


def _pick(rng: Rng, values: Sequence[str]) -> str:
    return values[int(rng.integers(len(values)))]


def _text(content: bytes) -> list[str]:
    return content.decode("utf-8").split("\n")


def _join(lines: Sequence[str]) -> bytes:
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _at(rng: Rng, lines: Sequence[str]) -> int:
    """Return the number of a line that has key and value."""
    found = [k for k, line in enumerate(lines) if LINE.match(line)]
    return found[int(rng.integers(len(found)))] if found else 0


def _value(rng: Rng, content: bytes) -> Mutation:
    """Another value after a key."""
    lines = _text(content)
    k = _at(rng, lines)
    value = _pick(rng, RAW)
    lines[k] = LINE.sub(lambda m: f"{m[1]}{m[2]}: {value}", lines[k])
    return _join(lines), False


def _inner(rng: Rng, content: bytes) -> Mutation:
    """Another number or word inside a line."""
    lines = _text(content)
    k = _at(rng, lines)
    head, colon, tail = lines[k].partition(":")
    words = list(re.finditer(r"[\w.+-]+", tail))
    if words:
        word = words[int(rng.integers(len(words)))]
        tail = f"{tail[: word.start()]}{_pick(rng, RAW)}{tail[word.end() :]}"
    lines[k] = f"{head}{colon}{tail}"
    return _join(lines), False


def _key(rng: Rng, content: bytes) -> Mutation:
    """Another key."""
    lines = _text(content)
    k = _at(rng, lines)
    wrong = _pick(rng, ("bogus", "{0}s", "x{0}", "中文", "1", "true", "null", "_target_", "'{0}'", "{0}.x", "? {0}"))
    lines[k] = LINE.sub(lambda m: f"{m[1]}{wrong.replace('{0}', m[2])}:{m[3]}{m[4]}", lines[k])
    return _join(lines), False


def _unknown_key(rng: Rng, content: bytes) -> Mutation:
    return content.rstrip(b"\n") + f"\nbogus_key: {_pick(rng, ('1', 'a', '{a: 1}', '[1]', 'null'))}\n".encode(), True


def _twice(rng: Rng, content: bytes) -> Mutation:
    lines = _text(content)
    k = _at(rng, lines)
    whole = "{" not in lines[k] or "}" in lines[k]
    lines.insert(k, lines[k])
    return _join(lines), whole and not lines[k].lstrip().startswith("- ")


def _lines(rng: Rng, content: bytes) -> Mutation:
    """Lines dropped, swapped, doubled or indented."""
    lines = _text(content)
    k, other = (int(rng.integers(len(lines))) for _ in range(2))
    way = int(rng.integers(4))
    if way == 0:
        del lines[k : k + int(rng.integers(1, 4))]
    elif way == 1:
        lines[k], lines[other] = lines[other], lines[k]
    elif way == 2:
        lines.insert(other, lines[k])
    else:
        lines[k] = f"{' ' * int(rng.integers(1, 5))}{lines[k]}"
    return _join(lines), False


def _character(rng: Rng, content: bytes) -> Mutation:
    """A character in place of another."""
    text = content.decode("utf-8")
    k = int(rng.integers(len(text)))
    strange = _pick(rng, "：\t{}[]'\"*&!%\x00\x1bé\ufeff:-\u2028")
    return (text[:k] + strange + text[k + 1 :]).encode("utf-8"), strange in "\x00\x1b"


def _wide_colon(rng: Rng, content: bytes) -> Mutation:
    lines = _text(content)
    k = _at(rng, lines)
    lines[k] = lines[k].replace(": ", "：", 1)
    return _join(lines), bool(LINE.match(_text(content)[k])) and not lines[k].lstrip().startswith("- ")


def _tab(rng: Rng, content: bytes) -> Mutation:
    lines = _text(content)
    k = _at(rng, lines)
    lines[k] = "\t" + lines[k]
    return _join(lines), False


def _bytes(rng: Rng, content: bytes) -> Mutation:
    """Other encodings and line ends."""
    text = content.decode("utf-8") + "# 湖南\n"
    way = _pick(rng, ("bom", "gbk", "utf-16", "utf-32", "crlf", "cr", "latin", "noise", "nul"))
    if way == "bom":
        return b"\xef\xbb\xbf" + content, False
    if way in ("crlf", "cr"):
        return content.replace(b"\n", b"\r\n" if way == "crlf" else b"\r"), False
    if way == "latin":
        return content + b"# caf\xe9\n", True
    if way == "noise":
        return rng.integers(0, 256, 400, dtype=np.uint8).tobytes(), True
    if way == "nul":
        return content + b"\x00", True
    return text.encode(way, "replace"), True


def _size(rng: Rng, content: bytes) -> Mutation:
    """Too short, too long, too deep."""
    if rng.random() < 0.25:
        return content[: int(rng.integers(len(content)))], False
    deep = "".join(f"{' ' * k}a:\n" for k in range(1_500)).encode()
    laughs = "".join(f"a{k}: &a{k} [*a{k - 1},*a{k - 1},*a{k - 1}]\n" for k in range(1, 40))
    made: dict[str, bytes | None] = {
        "empty": b"",
        "blank": b"\n \n",
        "comment": b"# nothing\n",
        "gone": None,
        "deep": content + b"bogus:\n" + deep,
        "flow": b"a: " + b"[" * 3_000 + b"]" * 3_000 + b"\n",
        "maps": b"a: " + b"{a: " * 1_500 + b"1" + b"}" * 1_500 + b"\n",
        "long": b"a: " + b"x" * 1_000_000 + b"\n" + content,
        "bomb": b"a0: &a0 [x,x,x]\n" + laughs.encode() + content,
        "digits": content + f"bogus: {DIGITS}\n".encode(),
    }
    way = _pick(rng, list(made))
    return made[way], way not in ("empty", "blank", "comment", "gone")


def _document(rng: Rng, content: bytes) -> Mutation:
    """Several documents, lists, plain words, tags and merges for the whole file."""
    made = {
        "two": content + b"---\na: 1\n",
        "list": b"- a\n- b\n",
        "word": b"hello\n",
        "number": b"42\n",
        "null": b"null\n",
        "tag": b"!!python/object/apply:os.getcwd []\n",
        "merge": content + b"base: &base {a: 1}\nbogus:\n  <<: *base\n",
        "anchor": content + b"bogus: &a [*a]\n",
        "yaml": b"%YAML 9.9\n---\n" + content,
    }
    whole = _pick(rng, list(made))
    return made[whole], whole not in ("null", "yaml")


def _ranges(rng: Rng, content: bytes) -> Mutation:
    """Ranges and pairs of numbers turned round."""
    text = content.decode("utf-8")
    pairs = list(re.finditer(r"\[(-?[\d.]+), *(-?[\d.]+)\]", text))
    if not pairs:
        return _inner(rng, content)
    pair = pairs[int(rng.integers(len(pairs)))]
    low, high = pair[1], pair[2]
    turned = _pick(rng, (f"[{high}, {low}]", f"[{low}]", f"[{low}, {low}]", f"[{low}, .inf]", f"[{low}, x]", "[]"))
    return (text[: pair.start()] + turned + text[pair.end() :]).encode(), False


WAYS: tuple[Callable[[Rng, bytes], Mutation], ...] = (
    _value, _value, _value, _value, _inner, _inner, _inner, _key, _key, _unknown_key, _twice, _lines, _character,
    _character, _wide_colon, _tab, _bytes, _size, _document, _ranges,
)  # fmt: skip
"""Kinds of changes; a kind that stands more than once is made more often."""
