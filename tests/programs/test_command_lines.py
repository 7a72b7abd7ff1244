"""Command lines as people mistype them: one message, status 2, nothing written; and those that are right."""

from __future__ import annotations

import os
import runpy
import signal
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from sim.base.config_files import read_yaml
from sim.config import CONFIGS, ConfigError, load_config
from sim.data import load_region
from sim.programs.command_line import read_command
from sim.programs.docs.blocks import main
from sim.programs.program import ProgramConfig, checked

ROOT = CONFIGS.parent
PROGRAMS = sorted(p.stem for p in (ROOT / "experiments").glob("*.py") if (CONFIGS / f"{p.stem}.yaml").is_file())
FOLDER = "a/b"
LAST = load_region().last_observed


def said(program, argv, monkeypatch, capsys):
    """Run a program as ``python -m`` does; return its status and what it wrote to both streams."""
    monkeypatch.setattr(sys, "argv", [program, *argv])
    monkeypatch.delitem(sys.modules, f"experiments.{program}", raising=False)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(f"experiments.{program}", run_name="__main__")
    heard = capsys.readouterr()
    return ended.value.code or 0, heard.out, heard.err


def refused(program, argv, monkeypatch, capsys, tmp_path):
    """Return the message of a refusal, which is one, says what is next, and leaves nothing behind."""
    own = [] if any(word.startswith("results=") for word in argv) else [f"results={tmp_path / FOLDER}"]
    status, out, message = said(program, [*argv, *own], monkeypatch, capsys)
    assert status == 2, message
    assert out == ""
    assert message.count("Next:") == 1 and "Traceback" not in message, message
    assert len(message) < 4_000
    assert not list(tmp_path.iterdir())
    return message


def first_key(program, kind):
    """Return a key of a program whose default is of a kind."""
    found = read_yaml(CONFIGS / f"{program}.yaml")
    return next((k for k, v in found.items() if type(v) is kind and k != "start"), None)


ANY = {
    "an unknown key": ("keyy=1", "keyy: unknown key"),
    "no setting": ("word=", "word: unknown key"),
    "a flag": ("--nope", "--nope: unknown flag"),
    "a key away": ("~KEY=1", "a key is written without ~"),
    "a key more": ("+KEY=1", "a key is written without +"),
    "a package": ("KEY@x=1", "KEY@x: unknown key"),
    "a group": ("KEY/x=1", "KEY/x: unknown key"),
    "a part": ("KEY.x=1", "KEY.x: unknown key"),
    "no key": ("=1", "=1: key=value is expected"),
    "several values": ("KEY=1,2", "KEY=1,2: several values"),
    "a range": ("KEY=range(1,3)", "several values"),
    "a glob": ("KEY=glob(*)", "several values"),
    "an open bracket": ("KEY=[1", "this value cannot be read"),
    "brackets": (f"KEY={'[' * 3000}{']' * 3000}", "brackets inside brackets 3000 deep"),
    "maps": (f"KEY={'{a:' * 1500}1{'}' * 1500}", "brackets inside brackets 1500 deep"),
    "open brackets": (f"KEY={'[' * 100_000}", "a value of 100,000 characters"),
    "a long list": (f"KEY=[{'1,' * 600}1]", "a value of 1,203 characters; allowed are 1,000"),
    "digits": (f"KEY={'9' * 6000}", "a number of more than 300 digits"),
    "a large number": ("KEY=100000000000000000000", "KEY = 100000000000000000000: allowed is a whole number"),
    "a real number": ("KEY=1e20", "KEY = 1e+20: allowed is a whole number"),
    "a date": ("KEY=2026-13-01", "KEY = '2026-13-01': allowed is a whole number"),
    "a list": ("KEY=[1]", "KEY = [1]: allowed is a whole number"),
    "a mapping": ("KEY={a:1}", "KEY = {'a': 1}: allowed is a whole number"),
    "nothing": ("KEY=", "KEY = '': allowed is a whole number"),
    "a variable": ("KEY=${oc.env:HOME}", "${...} is not replaced here"),
    "a file": ("--config-name=nope", "--config-name nope: unknown configuration"),
    "a folder": ("--config-dir=/nope", "--config-dir /nope: no such folder"),
    "a long name": (f"--config-name={'a' * 5000}", "aaa: unknown configuration"),
    "a long folder": (f"--config-dir=/{'a' * 5000}", "aaa: no such folder"),
    "bytes": ("KEY=\udce7", "cannot be read in the encoding of this terminal"),
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_program_refuses_the_same_in_the_same_words(program, monkeypatch, capsys, tmp_path):
    key = first_key(program, int)
    for argument, words in ANY.values():
        if key is not None or "KEY" not in argument:
            message = refused(program, [argument.replace("KEY", key or "")], monkeypatch, capsys, tmp_path)
            assert words.replace("KEY", key or "") in message


CASES = [
    ("project", ["study=1,2"], "study = '1,2': allowed is a name"),
    ("project", ["study=[a]"], "study = ['a']: allowed is a name"),
    ("project", ["~study"], "~study: key=value is expected"),
    ("project", ["scenarios=plan"], "scenarios = 'plan': allowed is a list"),
    ("project", ["scenarios=plan,no_new_policy"], "scenarios=plan,no_new_policy: several values"),
    ("project", ["scenarios={plan:1}"], "scenarios = {'plan': 1}: allowed is a list"),
    (
        "project",
        ["levers=[T3]"],
        "levers = ['T3']: allowed is levers.NAME=value, for each name a finite",
    ),
    ("project", ["levers=T3"], "levers = 'T3': allowed is levers.NAME=value"),
    ("project", ["levers.T3={a:1}"], "levers.T3 = {'a': 1}: allowed is a finite number"),
    ("project", ["levers.T3.x=1"], "levers.T3 = {'x': 1}: allowed is a finite number"),
    ("project", ["levers..T3=1"], "levers..T3: unknown key"),
    ("project", [f"scenarios=[{'a' * 3000}.yaml]"], "aaa.yaml (3005 characters): no such file"),
    ("project", ["region=430000"], "region = '430000': allowed is a name"),
    ("project", ["results=[a]"], "results = ['a']: allowed is text"),
    ("project", ["results=''"], "results = '': allowed is text that is not empty"),
    ("project", ["seed=1_000"], "seed=1_000: 1_000: numbers are written without underscores"),
    ("project", ["start=2020.0"], "start: 2020.0 is no whole number"),
    ("project", ["steps_per_year=4.0"], "steps_per_year: 4.0 is no whole number"),
    ("compare_households", ["scenarios=[plan]"], "scenarios = ['plan']: allowed are two different ones"),
    ("compare_households", ["scenarios=[plan,plan]"], "scenarios = ['plan', 'plan']: allowed are two different ones"),
    ("sampling", ["sizes=[5000]"], "sizes = [5000]: allowed is a list of at least 2, each"),
    ("project", ["--draws=3"], "--draws=3: settings are written without dashes: draws=value"),
    ("project", ["draws＝3"], "draws＝3: key=value is expected, with = and no spaces"),
    ("sensitivity", ["package=no_new_policy"], "package = no_new_policy: this is the baseline"),
    ("attribute", ["package=no_new_policy"], "package = no_new_policy: this is the baseline"),
    ("explain", ["household=any"], "year: needed, for example year=2027"),
    ("project", ["--cfg"], "argument --cfg/-c: "),
    ("project", ["--cfg", "all"], "invalid choice"),
    ("project", ["hydra/launcher=joblib"], "works with -m"),
    ("project", ["-m", "seed=1"], "no key has several values"),
    ("project", ["-m", "seed=1,2", "posterior=glob(*)"], "posterior = 'glob(*)': allowed is a name"),
    ("project", ["-m", "seed=glob(*)"], "several values"),
    ("project", ["-m", "seed=1,2", "draws=3,0"], "draws = 0: allowed is a whole number"),
    ("project", ["-m", "seed=range(1,1000000000)"], "more than 1,000 values"),
    ("project", ["-m", "seed=range(0,1000)", "draws=range(1,1000)"], "999,000 studies; allowed are 10,000"),
    ("project", ["executor=nowhere.json"], "executor = nowhere.json: cannot be read (No such file"),
    ("project", ["executor=empty.json"], "executor = empty.json: cannot be read (No such file"),
    ("project", ["observed_until=2022", "start=2010"], "take posterior_hindcast or null"),
    ("project", ["observed_until=2015", "start=2010", "posterior=posterior_hindcast"], "take null, which draws"),
    ("hindcast", ["-m", "seed=1,2"], "only the main job"),
    ("hindcast", ["posterior=posterior_projection"], f"uses data up to {LAST}, later than observed_until = 2020"),
    ("sampling", ["sizes=[5000,5000]", "replicates=[1,1]"], "5000 is given twice"),
    ("sampling", ["sizes={a:1}"], "sizes = {'a': 1}: allowed is a list"),
    ("calibrate", ["posterior_folder="], "posterior_folder: '' is not allowed"),
    ("calibrate", ["posterior_folder=''"], "posterior_folder: '' is not allowed"),
    ("benchmark", ["floors", "--nope"], "--nope: unknown flag"),
    ("benchmark", ["floor"], "parts.0 = 'floor': allowed is"),
    ("attribute", ["study=../x"], "study = '../x': allowed is a name"),
    ("explain", ["household=10²³", "year=2027"], "household = 10²³: allowed is a whole number"),
    ("explain", [f"household={10**23}", "year=2027"], f"household = {10**23}: allowed is a whole number"),
    ("explain", ["household=any", "year=20270"], "year = 20270: allowed is a whole number"),
    ("explain", ["household=any", "year=2027", "scenarios=[plan"], "scenarios = [plan: this value cannot be read"),
    ("explain", ["household=any", "year=2027", "study=../x"], "study = ../x: allowed is the name of a study"),
    ("report", ["study=../x"], "study = ../x: allowed is the name of a study"),
    ("report", ["study=a", "study=b"], "study: given twice"),
    ("study", ["status", "study=[a]"], "study = [a]: allowed is the name of a study"),
    ("study", ["compare", "study=a", "with=../x"], "with = ../x: allowed is the name of a study"),
    ("study", ["status", "study=nowhere"], "no such study"),
]


@pytest.mark.parametrize(("program", "argv", "words"), CASES, ids=[f"{p} {' '.join(a)}"[:60] for p, a, _ in CASES])
def test_refusals(program, argv, words, monkeypatch, capsys, tmp_path):
    assert words in refused(program, argv, monkeypatch, capsys, tmp_path)


TEXTS = ["2026_11_27", "1e3", "007", "true", "null", "0x10", "1_000", "12:30", "a.b"]
PATHS = [
    "out/结果",
    "a b",
    "it's",
    "a=b",
    "a[1]",
    "a{b}",
    "a,b",
    "#1",
    "$HOME",
    "a\\b",
    "~x",
    "a@b",
    "a:b",
    "100%",
    '"',
]


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_taken_as_typed(text):
    for program in ("project", "hindcast", "attribute", "calibrate"):
        for quote in ("", "'", '"'):
            assert read_command([f"study={quote}{text}{quote}"], program).values["study"] == text
    assert read_command([f"scenarios=[plan,{text}]"], "project").values["scenarios"] == ["plan", text]
    assert read_command([f"posterior='{text}'"], "hindcast").values["posterior"] == text
    for program in ("hindcast", "claims", "attribute", "patterns", "sensitivity"):
        assert read_command(["posterior=null"], program).values["posterior"] is None


@pytest.mark.parametrize("text", PATHS)
def test_paths_are_taken_as_typed_with_and_without_quotes(text):
    quotes = [q for q in ("", "'", '"') if q == "" or q not in text]
    for program in PROGRAMS:
        found = {read_command([f"results={quote}{text}{quote}"], program).values["results"] for quote in quotes}
        assert found == {text}
    for quote in quotes[1:]:
        assert read_command([f"scenarios=[{quote}{text}{quote},plan]"], "project").values["scenarios"] == [text, "plan"]
        swept = read_command(["-m", f"results={quote}{text}{quote},x"], "project").swept
        assert swept == {"results": [text, "x"]}


@pytest.mark.parametrize("text", PATHS)
def test_programs_without_configuration_take_paths_alike(text, monkeypatch, capsys, tmp_path):
    (tmp_path / text).mkdir(parents=True)
    for quote in [q for q in ("", "'", '"') if q == "" or q not in f"{tmp_path}/{text}"]:
        argv = ["status", f"results={quote}{tmp_path}/{text}{quote}", "study=none"]
        status, _, message = said("study", argv, monkeypatch, capsys)
        assert status == 2
        assert f"{tmp_path}/{text}/none" in message


@pytest.mark.parametrize("argv", [["--chekc"], ["--results"], ["--check", "now"]])
def test_the_documentation_is_not_rewritten_by_a_mistyped_flag(argv, monkeypatch, capsys):
    monkeypatch.setattr("sim.programs.docs.blocks.renewed", lambda text: pytest.fail("a page was made"))
    assert main(argv) == 2
    assert "allowed are --check, --results FOLDER or --register FOLDER" in capsys.readouterr().err


def test_flags_stand_anywhere(monkeypatch, capsys):
    assert read_command(["study=a", "-m", "seed=1,2"], "project") == read_command(
        ["seed=1,2", "study=a", "-m"], "project"
    )
    assert read_command(["draws=7", "--config-name", "demo", "seed=3"], "project").values["draws"] == 7
    for program in [*PROGRAMS, "study", "report", "explain"]:
        for flag in ("--help", "-h"):
            status, out, message = said(program, ["study=x", flag], monkeypatch, capsys)
            assert (status, message) == (0, "") and "python -m experiments" in out


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_configuration_is_shown_as_a_file_would_hold_it(program, monkeypatch, capsys):
    status, out, message = said(program, ["--cfg", "job", "results=out/结 果"], monkeypatch, capsys)
    assert (status, message) == (0, "")
    assert yaml.safe_load(out) == read_yaml(CONFIGS / f"{program}.yaml") | {"results": "out/结 果"}


def test_values_of_numpy_and_pathlib_are_taken_as_plain_ones():
    plain = {"draws": 3, "seed": 2, "levers": {"T3": 0.5}, "scenarios": ["plan"], "results": "a/b", "resume": True}
    given = {
        "draws": np.int64(3),
        "seed": np.uint32(2),
        "levers": {np.str_("T3"): np.float32(0.5)},
        "scenarios": ("plan",),
        "results": Path("a/b"),
        "resume": np.bool_(True),
    }
    assert load_config(**given) == load_config(**plain)
    assert load_config(scenarios=np.array(["plan"])).scenarios == ["plan"]
    with pytest.raises(ConfigError, match=r"draws = 2\.5"):
        load_config(draws=np.float64(2.5))

    class Config(ProgramConfig):
        sizes: list[int]

    assert checked(Config, {"results": Path("a"), "sizes": np.array([1, 2])}, "hindcast").sizes == [1, 2]


def nested(kind, depth=3000):
    """Return lists in lists or mappings in mappings."""
    value = []
    for _ in range(depth):
        value = [value] if kind is list else {"a": value}
    return value


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"draws": 10**5000}, "draws = a int too large to show: allowed is a whole number"),
        ({"levers": {"T3": 10**400}}, "levers.T3 = 1000"),
        ({"levers": nested(list)}, "levers = "),
        ({"levers": nested(dict)}, "levers.a = "),
        ({"scenarios": nested(list)}, "scenarios.0 = "),
        ({"scenarios": {"plan"}}, "scenarios = {'plan'}: allowed is a list"),
        ({"results": "a\0b"}, "allowed is a path, which has no character 0"),
        ({"study": b"x"}, "study = b'x': allowed is a name"),
    ],
    ids=range(8),
)
def test_absurd_values_from_python_are_refused(keys, words):
    with pytest.raises(ConfigError) as caught:
        load_config(**keys)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is no file of a Dask scheduler"),
        ("[]", "is no file of a Dask scheduler"),
        ('{"address": "here"}', "names no address"),
        ('{"address": "tcp://127.0.0.1:1"}', "no Dask scheduler answers at tcp://127.0.0.1:1"),
    ],
)
def test_a_scheduler_that_is_not_there_is_refused_before_anything_is_written(
    content, words, monkeypatch, capsys, tmp_path
):
    monkeypatch.setattr("sim.studies.scheduler.ANSWER_SECONDS", 0.5)
    file = tmp_path / "scheduler.json"
    file.write_text(content, encoding="utf-8")
    argv = [f"executor={file}", f"results={tmp_path / FOLDER}", "draws=1"]
    status, out, message = said("project", argv, monkeypatch, capsys)
    assert (status, out) == (2, "")
    assert words in message and message.count("Next:") == 1
    assert list(tmp_path.iterdir()) == [file]


def test_a_server_that_says_nothing_is_waited_for_in_vain_and_interrupted_at_once(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        command = [sys.executable, "-m", "experiments.project", f"executor={address}", f"results={tmp_path / FOLDER}"]
        with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as program:
            server.accept()[0].recv(1)  # it is asked now
            program.send_signal(signal.SIGINT)
            _, message = program.communicate(timeout=60)
    assert program.returncode == 130
    assert message.count("Interrupted") == 1 and "Traceback" not in message
    assert not list(tmp_path.iterdir())


def test_a_sweep_ends_as_its_worst_study(monkeypatch, capsys, tmp_path):
    asked = []
    monkeypatch.setattr(
        "sim.programs.project._study", lambda values: asked.append(values["seed"]) or values["seed"] - 1
    )
    argv = ["-m", "seed=1,2", f"results={tmp_path}"]
    status, _, message = said("project", argv, monkeypatch, capsys)
    assert (status, asked) == (1, [1, 2])
    assert "study main_seed-2: ended with status 1" in message and "Traceback" not in message


def test_a_sweep_over_folders_writes_into_the_first_alone(monkeypatch, capsys, tmp_path):
    asked = []
    monkeypatch.setattr("sim.programs.project._study", lambda values: asked.append(values["results"]) or 0)
    folders = [f"{tmp_path}/a b", f"{tmp_path}/结果"]
    argv = [
        "-m",
        f"results='{folders[0]}',{folders[1]}",
        "scenarios=[plan],[no_new_policy,plan]",
        "levers={T3:0.1},{T3:0.9}",
    ]
    assert said("project", argv, monkeypatch, capsys)[0] == 0
    assert sorted(asked) == sorted(folders * 4)
    assert [p.name for p in tmp_path.iterdir()] == ["a b"]


def test_an_interruption_ends_a_sweep(monkeypatch, capsys, tmp_path):
    def interrupted(values):
        raise KeyboardInterrupt

    monkeypatch.setattr("sim.programs.project._study", interrupted)
    status, _, message = said("project", ["-m", "seed=1,2", f"results={tmp_path}"], monkeypatch, capsys)
    assert status == 130
    assert message.count("Interrupted") == 1 and "Traceback" not in message


@pytest.mark.parametrize(
    "environment", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}]
)
def test_a_terminal_without_chinese_shows_question_marks(environment, tmp_path):
    (tmp_path / "mine.yaml").write_text("defaults: [demo]\nresults: 结果\n", encoding="utf-8")
    command = [sys.executable, "-m", "experiments.project", "-cd", str(tmp_path), "-cn", "mine", "--cfg", "job"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "results: ??" in done.stdout
