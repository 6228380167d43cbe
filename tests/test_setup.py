"""The set-up makes `.venv`, brings it up to date, mends it, and loses nothing that works."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import venv
from pathlib import Path

import pytest
from jupyterlab.commands import get_app_dir

from helpers import set_up

ROOT = Path(__file__).resolve().parents[1]
on_posix = pytest.mark.skipif(os.name == "nt", reason="a Python that is a script is POSIX's")
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")


@pytest.mark.parametrize("version", [(3, 9), (3, 14), (4, 0)])
def test_a_python_without_tensorflow_is_told_which_to_take(version):
    complaint = set_up.complaint_about(version)
    assert f"Python {version[0]}.{version[1]}" in complaint and "3.10 to 3.13" in complaint


@pytest.fixture
def steps(monkeypatch, tmp_path):
    """What a set-up does, in a project in `tmp_path` whose packages take no time to come."""
    (tmp_path / "requirements.lock").write_text(set_up.stanza("uv", LOCK), encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    root, steps = set_up.ROOT, []
    for name in ["LOCK", "PROJECT", "VENV", "BEFORE", "STAMP", "PYTHON", "SITE"]:
        monkeypatch.setattr(set_up, name, tmp_path / getattr(set_up, name).relative_to(root))
    monkeypatch.setattr(set_up, "ROOT", tmp_path)

    def make_venv():
        steps.append("venv")
        venv.create(set_up.VENV, symlinks=os.name != "nt")

    def install():
        steps.append("install")
        package("numpy")

    monkeypatch.setattr(set_up, "make_venv", make_venv)
    monkeypatch.setattr(set_up, "install", install)
    return steps


def package(name: str, code: str = "x = 1\n") -> Path:
    """Install a package of one module into `.venv`; the folder of its metadata."""
    info = set_up.SITE / f"{name}-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (set_up.SITE / f"{name}.py").write_text(code, encoding="utf-8")
    rows = [f"{name}.py,sha256=00,{len(code)}", f"{info.name}/RECORD,,", f"../../../bin/{name},,9"]
    (info / "RECORD").write_text("\n".join(rows), encoding="utf-8")
    return info


def fails() -> None:
    raise SystemExit("no network")


def test_the_first_call_sets_up_and_the_second_has_nothing_to_do(steps):
    set_up.set_up()
    assert steps == ["venv", "install"]
    set_up.set_up()
    assert steps == ["venv", "install"]
    set_up.set_up(thoroughly=True)
    assert steps == ["venv", "install", "install"]


@pytest.mark.parametrize("name", ["LOCK", "PROJECT"])
def test_a_changed_file_brings_it_up_to_date_where_it_stands(steps, name):
    set_up.set_up()
    getattr(set_up, name).write_text("changed", encoding="utf-8")
    set_up.set_up()
    assert steps == ["venv", "install", "install"]


def test_a_package_that_is_gone_is_put_back_and_one_that_was_added_is_no_trouble(steps):
    set_up.set_up()
    package("mine")
    set_up.set_up()
    assert steps == ["venv", "install"]
    shutil.rmtree(set_up.SITE / "numpy-1.0.dist-info")
    set_up.set_up()
    assert steps == ["venv", "install", "install"]


@on_posix
def test_another_python_s_folder_is_replaced_once_the_new_one_is_there(steps, monkeypatch):
    set_up.set_up()
    set_up.PYTHON.unlink()
    set_up.PYTHON.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")  # of another version, say
    set_up.PYTHON.chmod(0o755)
    set_up.LOCK.write_text("changed", encoding="utf-8")
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(set_up, "install", fails)
        set_up.set_up()
    assert "exit 1" in set_up.PYTHON.read_text(encoding="utf-8") and steps[2:] == ["venv"]
    set_up.set_up()
    assert set_up.is_finished() and set_up.runs_this_python() and not set_up.BEFORE.exists()
    assert steps[3:] == ["venv", "install"]


def test_a_replacement_that_was_killed_is_undone(steps):
    set_up.set_up()
    (set_up.VENV / "mine").touch()
    set_up.VENV.rename(set_up.BEFORE)
    set_up.VENV.mkdir()
    set_up.set_up()
    assert (set_up.VENV / "mine").exists() and not set_up.BEFORE.exists()
    assert steps == ["venv", "install", "install"]


@pytest.mark.parametrize("damage", ["gone", "dead link", "broken"])
def test_a_python_that_does_not_run_is_replaced(steps, damage):
    set_up.set_up()
    set_up.PYTHON.unlink()
    if damage == "dead link":
        set_up.PYTHON.symlink_to("/nowhere/python")
    if damage == "broken":
        set_up.PYTHON.write_text("no program", encoding="utf-8")
    set_up.set_up(thoroughly=True)
    assert steps == ["venv", "install"] * 2 and set_up.runs_this_python()


def test_a_folder_that_was_moved_is_set_up_where_it_is_now(steps):
    set_up.set_up()
    stamp = set_up.STAMP.read_text(encoding="utf-8")
    stamp = stamp.replace(str(set_up.ROOT), "/before/the move")
    set_up.STAMP.write_text(stamp, encoding="utf-8")
    script, binary = (set_up.PYTHON.parent / name for name in ("jupyter", "tool"))
    script.write_text("#!/before/the move/.venv/bin/python\n", encoding="utf-8")
    binary.write_bytes(b"\0/before/the move/.venv")
    set_up.set_up()
    assert script.read_text(encoding="utf-8") == f"#!{set_up.ROOT}/.venv/bin/python\n"
    assert binary.read_bytes() == b"\0/before/the move/.venv"
    assert steps == ["venv", "install", "install"]


def test_an_interrupted_set_up_says_so_and_goes_on_the_next_time(steps, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(SystemExit, match="interrupted"):
        patch.setattr(set_up, "install", interrupted)
        set_up.set_up()
    set_up.set_up()
    assert steps == ["venv", "install"] and set_up.is_finished()


def test_what_is_no_folder_of_ours_is_left_alone(steps, tmp_path):
    set_up.VENV.write_text("my notes", encoding="utf-8")
    with pytest.raises(SystemExit, match="is a file: move it away"):
        set_up.set_up()
    assert set_up.VENV.read_text(encoding="utf-8") == "my notes"
    set_up.VENV.unlink()
    set_up.VENV.symlink_to(tmp_path / "nowhere")
    with pytest.raises(SystemExit, match="a link that leads nowhere: move it away"):
        set_up.set_up()
    (tmp_path / "nowhere").mkdir()
    (tmp_path / "nowhere" / "mine").touch()
    with pytest.raises(SystemExit, match="not set up from here.*: move it away"):
        set_up.set_up()
    assert steps == []


def test_a_link_to_where_ours_was_moved_stays_a_link(steps, tmp_path):
    set_up.set_up()
    set_up.VENV.rename(tmp_path / "large disk")
    set_up.VENV.symlink_to(tmp_path / "large disk")
    set_up.LOCK.write_text("changed", encoding="utf-8")
    set_up.set_up()
    assert set_up.VENV.is_symlink() and steps == ["venv", "install", "install"]


def test_a_folder_that_cannot_be_written_ends_in_a_sentence(steps, monkeypatch, capsys):
    def make_venv():
        raise PermissionError(13, "Permission denied", str(set_up.VENV))

    monkeypatch.setattr(set_up, "make_venv", make_venv)
    with pytest.raises(SystemExit, match="may not write"):
        set_up.set_up()
    assert ".venv" in capsys.readouterr().err


ANOTHER = """
import sys, time
from pathlib import Path
from helpers import set_up
set_up.ROOT = Path(sys.argv[1])
with set_up.alone():
    print("in", flush=True)
    time.sleep(60)
"""


def test_two_set_ups_at_once_wait_for_each_other(steps, tmp_path, capsys):
    command = [sys.executable, "-c", ANOTHER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "in\n"
        threading.Timer(0.2, other.kill).start()
        set_up.set_up()
        assert other.poll() is not None, "it did not wait"
    assert steps == ["venv", "install"]
    assert capsys.readouterr().out.count("Another set-up is at work") == 1


# Lines of pip 23.2 and uv 0.13, each from a real failure.
FAILURES = {
    "cause: invalid peer certificate: UnknownIssuer": "SSL_CERT_FILE=",
    "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed\nversions: none": "SSL_CERT_FILE=",
    "dns error: failed to lookup address information": "The network does not answer",
    "[Errno -3] Temporary failure in name resolution": "The network does not answer",
    "No space left on device (os error 28)": "The disk is full",
    "[Errno 30] Read-only file system: '.venv'": "may not write",
    "a meteorite": "The set-up stopped at the lines above",
}


@pytest.mark.parametrize("line", FAILURES)
def test_a_step_that_fails_says_what_to_do(line, steps, monkeypatch, capsys):
    monkeypatch.setattr(set_up, "PYTHON", Path(sys.executable))
    with pytest.raises(SystemExit, match=FAILURES[line]):
        set_up.step("-c", f"print({line!r}); raise SystemExit(2)")
    assert line in capsys.readouterr().err


def test_a_step_shows_its_progress_and_keeps_the_rest_to_itself(monkeypatch, capsys):
    monkeypatch.setattr(set_up, "PYTHON", Path(sys.executable))
    set_up.step("-c", "print('Downloading tensorflow (540 MiB)\\n + six==1.17.0')")
    assert capsys.readouterr().out == "  Downloading tensorflow (540 MiB)\n"


def test_a_damaged_package_is_found_whatever_is_wrong_with_it(steps):
    set_up.set_up()
    assert set_up.damaged() == []
    for name in ["gone", "longer", "bare"]:
        package(name)
    (set_up.SITE / "gone.py").unlink()
    (set_up.SITE / "longer.py").write_text("x = 1  # one\n", encoding="utf-8")
    (set_up.SITE / "bare-1.0.dist-info" / "RECORD").unlink()
    assert set_up.damaged() == ["bare", "gone", "longer"]


def test_jupyterlab_asks_nobody_about_news(steps):
    """The name of the setting is JupyterLab's own; its schema is where JupyterLab keeps it."""
    set_up.set_up()
    (overrides,) = set_up.VENV.rglob("overrides.json")
    ((plugin, settings),) = json.loads(overrides.read_text(encoding="utf-8")).items()
    package, name = plugin.split(":")
    schema = Path(get_app_dir()) / "schemas" / package / f"{name}.json"
    known = json.loads(schema.read_text(encoding="utf-8"))["properties"]
    assert settings["fetchNews"] == "false" and set(settings) <= set(known)


def test_without_ensurepip_debian_users_are_told_the_package(monkeypatch):
    monkeypatch.setattr(set_up.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        set_up.make_venv()


def test_a_home_that_cannot_be_written_is_replaced_for_a_while(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    set_up.settle()
    assert os.environ["HOME"] == str(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    set_up.settle()
    assert os.access(os.environ["HOME"], os.W_OK)
