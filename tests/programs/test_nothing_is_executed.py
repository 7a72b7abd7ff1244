"""Configuration is data: no file, flag, setting or variable of the environment makes a program call anything."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from sim.config import CONFIGS, ConfigError
from sim.programs.command_line import exit_status, read_command
from sim.programs.program import run_program
from sim.programs.project import project_job

ROOT = CONFIGS.parent
PROGRAMS = sorted(
    p.stem for p in (ROOT / "experiments").glob("*.py") if (CONFIGS / p.name).with_suffix(".yaml").is_file()
)
CALL = "{_target_: pandas.read_pickle, _args_: [FILE]}"
FILES = {
    "callback": f"hydra: {{callbacks: {{e: {CALL}}}}}",
    "launcher": f"hydra: {{launcher: {CALL}}}",
    "sweeper": f"hydra: {{sweeper: {CALL}}}",
    "logging": "hydra: {job_logging: {version: 1, handlers: {h: {(): pandas.read_pickle, filepath_or_buffer: FILE}}}}",
    "search path": "hydra: {searchpath: ['pkg://trap']}",
    "environment": "hydra: {job: {env_set: {PYTHONSTARTUP: FILE}}}",
    "group": "defaults: [_self_, {override hydra/callbacks: trap}]",
    "path of a file": "defaults: [hydra/callbacks/trap, _self_]",
    "variable": "results: ${oc.env:HOME}",
    "decoded": "seed: ${oc.decode:'1'}",
    "run time": "levers: {T3: '${hydra:runtime.cwd}'}",
    "another key": "draws: ${households}",
    "tag": "seed: !!python/object/apply:os.mkdir [FILE]",
}
SETTINGS = (
    f"+hydra.callbacks.e={CALL}",
    "+hydra.callbacks.e._target_=pandas.read_pickle",
    "hydra.launcher._target_=pandas.read_pickle",
    "hydra/launcher=trap",
    "hydra/callbacks=trap",
    "hydra/sweeper=trap",
    "hydra.searchpath=[pkg://trap]",
    "hydra.output_subdir=out",
    "hydra.job.env_set.A=b",
    "hydra.launcher.n_jobs=${oc.env:HOME}",
    "~hydra.mode=x",
    "results=${oc.env:HOME}",
    "seed=${oc.decode:'1'}",
    "hydra=x",
)


class Trap:
    """Makes a folder when it is read."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder with a pickle and a module that leave a mark when they are executed."""
    (tmp_path / "trap.pkl").write_bytes(pickle.dumps(Trap(tmp_path / "executed")))
    (tmp_path / "trap.py").write_text("raise SystemExit('executed')", encoding="utf-8")
    group = tmp_path / "hydra" / "callbacks"
    group.mkdir(parents=True)
    (group / "trap.yaml").write_text(f"e: {CALL}".replace("FILE", str(tmp_path / "trap.pkl")), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def start(program, argv, monkeypatch, capsys):
    """Return exit status and message of a program whose job would say that it was reached."""
    reached = []
    monkeypatch.setattr("sim.programs.project.main_job", lambda values: reached.append(values) or 0)
    monkeypatch.setattr(sys, "argv", [program, *argv])
    with pytest.raises(SystemExit) as ended:
        if program == "project":
            from experiments.project import main

            sys.exit(main())
        run_program(program, "About.", lambda values: reached.append(values) or 0)
    assert not reached
    return ended.value.code, capsys.readouterr().err


def test_the_trap_works(folder):
    with (folder / "trap.pkl").open("rb") as file:
        pickle.load(file)  # noqa: S301
    assert (folder / "executed").is_dir()


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("flag", ["--config-path", "--config-dir"])
@pytest.mark.parametrize("what", FILES)
def test_a_file_that_would_call_something_is_refused(what, flag, program, folder, monkeypatch, capsys):
    content = FILES[what].replace("FILE", str(folder / "trap.pkl"))
    keys = "\n".join(
        line
        for line in (CONFIGS / f"{program}.yaml").read_text(encoding="utf-8").splitlines()
        if line.partition(":")[0] != content.partition(":")[0]
    )
    (folder / f"{program}.yaml").write_text(f"{keys}\n{content}\n", encoding="utf-8")
    status, message = start(program, [flag, str(folder)], monkeypatch, capsys)
    assert status == 2
    assert message.count("Next:") == 1 and "Traceback" not in message
    assert not (folder / "executed").exists()


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("sweep", [(), ("-m", "seed=1,2")])
def test_a_setting_that_would_call_something_is_refused(setting, program, sweep, folder, monkeypatch, capsys):
    argv = [setting.replace("FILE", str(folder / "trap.pkl")), *sweep]
    status, message = start(program, argv, monkeypatch, capsys)
    assert status == 2
    assert message.count("Next:") == 1 and "Traceback" not in message
    assert not (folder / "executed").exists()


def test_a_target_in_a_mapping_is_a_wrong_value_and_nothing_else(folder, capsys):
    (folder / "mine.yaml").write_text(f"defaults: [demo]\nparams: {CALL}".replace("FILE", str(folder / "trap.pkl")))
    for argv in (["-cd", str(folder), "-cn", "mine"], ["params._target_=pandas.read_pickle"]):
        for sweep in ([], ["-m", "seed=1,2"]):
            assert exit_status(lambda arguments=(*argv, *sweep): project_job(arguments)) == 2
            assert "params._target_ = 'pandas.read_pickle': allowed is a finite number" in capsys.readouterr().err
    assert not (folder / "executed").exists()


def test_packages_and_variables_of_the_environment_are_no_way_in(folder):
    """A package as a search path, and every variable that Hydra reads."""
    environment = os.environ | {"HYDRA_MAIN_MODULE": "trap", "HYDRA_FULL_ERROR": "1", "PYTHONPATH": f"{ROOT}:{folder}"}
    for argv in (["--config-path", "pkg://trap"], ["--config-dir=pkg://trap"], ["--config-name", "pkg://trap/x"]):
        command = [sys.executable, "-m", "experiments.project", *argv]
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 2
        assert "executed" not in done.stderr and "Traceback" not in done.stderr


def test_a_folder_of_ones_own_files_works(tmp_path):
    (tmp_path / "mine.yaml").write_text("defaults: [demo]\nstudy: mine\nlevers: {T3: 0.5}\n", encoding="utf-8")
    command = read_command(["levers.T4=1", "--config-name", "mine", f"--config-dir={tmp_path}"], "project")
    assert (command.values["study"], command.values["draws"]) == ("mine", 4)
    assert command.values["levers"] == {"T3": 0.5, "T4": 1}


def test_files_that_name_each_other_are_refused(tmp_path):
    for name, other in (("a", "b"), ("b", "a")):
        (tmp_path / f"{name}.yaml").write_text(f"defaults: [{other}]\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="lead back to this file"):
        read_command(["-cd", str(tmp_path), "-cn", "a"], "project")
