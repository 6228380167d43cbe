"""`python3 -m helpers COMMAND`: each does what its words say; an unknown one is refused."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from jupyterlab.labapp import LabApp

from helpers import __main__ as kit

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def ran(monkeypatch):
    """What a command runs, all with success."""
    ran = []
    monkeypatch.setattr(kit, "run", lambda *arguments: ran.append(arguments) or 0)
    return ran


def as_jupyterlab_takes_it(words: tuple[str, ...], monkeypatch) -> LabApp:
    """JupyterLab, not started, as it is set by the words of a command."""
    monkeypatch.chdir(ROOT)
    assert words[:2] == ("-m", "jupyterlab")
    app = LabApp()
    app.parse_command_line(list(words[2:]))
    app.load_config_file()
    return app


def test_jupyterlab_opens_the_copy_or_where_there_is_none_the_lesson(monkeypatch, ran):
    kit.lab(["--no-browser"])
    copy = as_jupyterlab_takes_it(ran[-1], monkeypatch).config
    monkeypatch.setattr(kit, "run", lambda *a: ran.append(a) or int("helpers.copies" in a))
    kit.lab([])
    lesson = as_jupyterlab_takes_it(ran[-1], monkeypatch).config
    assert copy.LabApp.default_url == "/lab/tree/my_lessons/00_start_here.ipynb"
    assert lesson.LabApp.default_url == "/lab/tree/notebooks/00_start_here.ipynb"
    assert copy.ServerApp.open_browser is False and "open_browser" not in lesson.ServerApp


@pytest.mark.parametrize("root", [True, False])
def test_root_is_let_in_and_still_from_this_machine_alone(root, monkeypatch, ran):
    monkeypatch.setattr(kit, "is_root", lambda: root)
    kit.lab([])
    server = as_jupyterlab_takes_it(ran[-1], monkeypatch).config.ServerApp
    assert server.get("allow_root", False) is root
    assert server.ip == "127.0.0.1" and "token" not in server


def test_a_failing_part_of_the_tests_fails_them_all(monkeypatch):
    for failing in ["ruff", "mypy", "pytest"]:
        monkeypatch.setattr(kit, "run", lambda *a, failing=failing: -9 if failing in a else 0)
        assert kit.test([]) != 0
    monkeypatch.setattr(kit, "run", lambda *a: 0)
    assert kit.test([]) == 0


def test_the_style_of_all_the_code_that_is_the_kits_own_is_looked_at(ran):
    kit.test([])
    tracked = run_git("ls-files", "*.py").split()
    assert tracked, "no git here, or no files in it"
    for style in ran[:2]:
        assert "ruff" in style
        assert all(any(Path(top) in [Path(p), *Path(p).parents] for top in style) for p in tracked)


def run_git(*arguments: str) -> str:
    try:
        return subprocess.run(
            ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a checkout of git")


def test_the_quick_check_is_the_whole_one_without_what_takes_long(ran):
    kit.test([])
    kit.check(["-x"])
    whole, quick = ran[:4], ran[4:]
    assert quick[:3] == whole[:3] and "mypy" in whole[2]
    assert quick[3][: len(whole[3])] == whole[3]
    assert {"-m", "not slow", "-x"} <= set(quick[3])


@pytest.mark.slow
def test_lessons_and_the_browser_take_long():
    no_tests = 5
    asked = ["--collect-only", "-q", "-m", "not slow", "notebooks", "tests/browser"]
    assert run_python("-m", "pytest", *asked).returncode == no_tests


def test_fuzzing_runs_its_tests_alone_and_many_times(monkeypatch, ran):
    monkeypatch.setenv("FUZZ_CASES", "7")
    kit.fuzz(["-x"])
    assert os.environ["FUZZ_CASES"] == "7"
    monkeypatch.delenv("FUZZ_CASES")
    kit.fuzz([])
    assert int(os.environ["FUZZ_CASES"]) >= 2000
    tests = [word for word in ran[0] if word.endswith(".py")]
    assert tests and all("test_fuzz_" in word for word in tests) and "-x" in ran[0]


@pytest.mark.parametrize("network", [True, False])
def test_the_benchmark_runs_with_its_peers_or_without(monkeypatch, capsys, network):
    ran = []

    def run(*arguments):
        ran.append(arguments)
        return 0 if network or "sync" not in arguments else 2

    monkeypatch.setattr(kit, "run", run)
    assert kit.bench(["--tiny"]) == 0
    fetch, measure = ran
    assert fetch[fetch.index("--target") + 1] == str(kit.PEERS) and kit.PEERS_LOCK.name in fetch
    assert measure == ("tests/benchmarks/run.py", "--tiny")
    assert ("left out" in capsys.readouterr().out) != network


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals to send")
def test_ctrl_c_is_for_what_a_command_runs_to_answer(monkeypatch):
    monkeypatch.setattr(kit, "PYTHON", sys.executable)
    stop = "import os, signal, sys, time; time.sleep(0.1); os.kill(os.getppid(), signal.SIGINT);"
    assert kit.run("-c", stop + "time.sleep(0.1); sys.exit(3)") == 3


def run_python(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")


def test_an_unknown_command_is_refused_with_the_known_ones():
    refused = run_python("-m", "helpers", "brew")
    assert refused.returncode == 2 and "brew" in refused.stderr
    assert all(name in refused.stderr for name in kit.COMMANDS)


def test_help_names_every_command():
    helped = run_python("-m", "helpers", "--help")
    assert helped.returncode == 0
    assert all(re.search(rf"^  {name} ", helped.stdout, re.M) for name in kit.COMMANDS)


def test_make_knows_every_command():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (targets,) = re.findall(r"^(lab .*):$", makefile, re.M)
    assert targets.split() == list(kit.COMMANDS)


@pytest.mark.parametrize("switch", ["-S", "-OO"])
def test_the_command_needs_nothing_but_python(switch):
    """`-S` hides what is installed, `-OO` every docstring: the help must come all the same."""
    helped = run_python(switch, "-m", "helpers", "--help")
    assert helped.returncode == 0 and "open JupyterLab" in helped.stdout
