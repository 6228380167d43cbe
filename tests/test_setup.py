"""The set-up: the lock, environment.yml, `python3 -m helpers`, and what an import loads."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
import venv
from collections import defaultdict
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from jupyterlab.commands import get_app_dir
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from helpers import __main__ as kit
from helpers import set_up

ROOT = Path(__file__).resolve().parents[1]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PEERS_LOCK = (ROOT / "requirements-bench.lock").read_text(encoding="utf-8")
PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
MACHINES = {
    "linux": {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"},
    "macos": {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix"},
    "windows": {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt"},
}


def stanzas(lock: str) -> list[tuple[Requirement, list[str]]]:
    """Each pin of a lock, with its hashes."""
    parts = re.split(r"\n(?=\S)", lock.strip())
    return [
        (Requirement(part.split("\\")[0]), re.findall(r"--hash=sha256:([0-9a-f]{64})\b", part))
        for part in parts
    ]


def pins(environment: dict[str, str] | None = None) -> dict[str, list[str]]:
    """The versions that the lock pins for a machine, by name; for this machine if none is given."""
    found = defaultdict(list)
    for requirement, _ in stanzas(LOCK):
        if requirement.marker is None or requirement.marker.evaluate(environment):
            (pin,) = requirement.specifier
            assert pin.operator == "=="
            found[canonicalize_name(requirement.name)].append(pin.version)
    return found


def project() -> dict:
    """What pyproject.toml asks for, as the installed project's metadata repeats it."""
    data = metadata.metadata("learned-ciphers")
    return {"python": data["Requires-Python"], "requires": data.get_all("Requires-Dist")}


# --- the lock -------------------------------------------------------------------------------------


def test_every_pin_has_hashes_and_the_lock_names_no_address():
    assert len(stanzas(LOCK)) > 100
    assert not [str(requirement) for requirement, hashes in stanzas(LOCK) if not hashes]
    assert "://" not in LOCK


def test_what_the_pinned_packages_require_is_pinned_in_range():
    missing = []
    for name in pins():
        for line in metadata.requires(name) or []:
            required = Requirement(line)
            if required.marker is None or required.marker.evaluate({"extra": ""}):
                versions = pins().get(canonicalize_name(required.name), [])
                if not any(required.specifier.contains(v, prereleases=True) for v in versions):
                    missing.append(f"{name} requires {line}")
    assert not missing


@pytest.mark.parametrize("machine", MACHINES)
@pytest.mark.parametrize("python", PYTHONS)
def test_each_machine_gets_one_version_of_each_requirement_in_its_range(python, machine):
    environment = {"python_version": python, "python_full_version": f"{python}.9"}
    found = pins({**environment, **MACHINES[machine], "implementation_name": "cpython"})
    assert {name: versions for name, versions in found.items() if len(versions) > 1} == {}
    for line in project()["requires"]:
        required = Requirement(line)
        (version,) = found[canonicalize_name(required.name)]
        assert version in required.specifier, f"{line}, but {version} is pinned"


def test_the_peers_of_the_benchmark_are_pinned_with_hashes_and_without_an_address():
    assert not [str(requirement) for requirement, hashes in stanzas(PEERS_LOCK) if not hashes]
    assert "://" not in PEERS_LOCK


def test_the_peers_are_in_range_and_learners_install_none_of_them():
    (group,) = re.findall(r"^peers = \[(.*?)^\]", set_up.PROJECT.read_text("utf-8"), re.M | re.S)
    wanted = [Requirement(line) for line in re.findall(r'"(.+)"', group)]
    assert len(wanted) == 2
    for required in wanted:
        (pin,) = [r.specifier for r, _ in stanzas(PEERS_LOCK) if r.name == required.name]
        assert str(pin).removeprefix("==") in required.specifier
    assert not set(kit.pinned(PEERS_LOCK)) & set(kit.pinned(LOCK))


# --- conda and Binder -----------------------------------------------------------------------------


@pytest.fixture
def conda() -> dict:
    return yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))


def test_conda_takes_no_package_but_python_and_pip_and_those_from_conda_forge(conda):
    assert conda["channels"] == ["conda-forge", "nodefaults"]
    python, pip, from_pip = conda["dependencies"]
    assert re.fullmatch(r"python=3\.\d+", python) and pip == "pip" and list(from_pip) == ["pip"]


def test_conda_installs_what_runs_here(conda):
    """The pins behind environment.yml against the versions that this environment really has."""
    python, _, from_pip = conda["dependencies"]
    version = python.removeprefix("python=")
    assert SpecifierSet(project()["python"]).contains(f"{version}.1")
    (line,) = from_pip["pip"]
    lock = (ROOT / line.removeprefix("-r ")).read_text(encoding="utf-8")
    here = [r for r, _ in stanzas(lock) if r.marker is None or r.marker.evaluate()]
    assert len(here) > 100
    assert [str(r) for r in here if metadata.version(r.name) not in r.specifier] == []


@pytest.mark.parametrize("chosen", [None, "2"])
def test_numpy_keeps_to_one_thread_unless_told_otherwise(chosen, conda, monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    if chosen:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", chosen)
    code = "import os, helpers; print(os.environ['OPENBLAS_NUM_THREADS'])"
    assert run_python("-c", code).stdout.strip() == (chosen or "1")
    assert conda["variables"] == {"OPENBLAS_NUM_THREADS": "1"}


# --- the set-up -----------------------------------------------------------------------------------


def test_uv_is_pinned_alone_with_its_hashes():
    text = set_up.stanza("uv", LOCK)
    ((requirement, hashes),) = stanzas(text)
    assert requirement.name == "uv" and len(hashes) > 3
    assert text in LOCK and text.count("==") == 1


def test_a_lock_without_the_package_says_so():
    with pytest.raises(ValueError, match=r"pins no uv: .*uv pip compile"):
        set_up.stanza("uv", "uvicorn==1.0 \\\n    --hash=sha256:00\n")


@pytest.mark.parametrize("version", [(3, 9), (3, 14), (4, 0)])
def test_a_python_without_tensorflow_is_told_which_to_take(version):
    complaint = set_up.complaint_about(version)
    assert f"Python {version[0]}.{version[1]}" in complaint and "3.10 to 3.13" in complaint


def test_the_pythons_that_are_taken_are_those_of_the_project_file():
    declared = SpecifierSet(project()["python"])
    for minor in range(6, 20):
        assert (set_up.complaint_about((3, minor)) is None) == declared.contains(f"3.{minor}")


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


def test_another_python_replaces_it_once_the_new_one_is_there(steps, monkeypatch):
    set_up.set_up()
    mine = set_up.VENV / "made by the other"
    mine.touch()
    monkeypatch.setattr(set_up, "runs_this_python", lambda: False)
    monkeypatch.setattr(set_up, "is_finished", lambda: False)
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(set_up, "install", fails)
        set_up.set_up()
    assert mine.exists() and set_up.stamped()[:3] == set_up.wanted_stamp()
    set_up.set_up()
    assert not mine.exists() and not set_up.BEFORE.exists()
    assert steps == ["venv", "install", "venv", "venv", "install"]


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
    set_up.write_stamp("Python 3.10", "/before/the move")
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
        threading.Timer(1, other.kill).start()
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


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def ran(monkeypatch):
    """What a command runs, all with success."""
    ran = []
    monkeypatch.setattr(kit, "run", lambda *arguments: ran.append(arguments) or 0)
    return ran


def test_jupyterlab_opens_the_copy_or_where_there_is_none_the_lesson(monkeypatch, ran):
    kit.lab(["--no-browser"])
    monkeypatch.setattr(kit, "run", lambda *a: ran.append(a) or int("helpers.copies" in a))
    kit.lab([])
    (_, copy, _, lesson) = ran
    assert "--LabApp.default_url=/lab/tree/my_lessons/00_start_here.ipynb" in copy
    assert "--LabApp.default_url=/lab/tree/notebooks/00_start_here.ipynb" in lesson
    assert copy[-1] == "--no-browser"
    (config,) = [word.removeprefix("--config=") for word in copy if word.startswith("--config")]
    assert (ROOT / config).is_file()


@pytest.mark.parametrize("root", [True, False])
def test_root_is_let_in_and_still_from_this_machine_alone(root, monkeypatch, ran):
    monkeypatch.setattr(kit, "is_root", lambda: root)
    kit.lab([])
    assert ("--allow-root" in ran[-1]) == root
    config = (ROOT / "helpers" / "jupyter_server_config.py").read_text(encoding="utf-8")
    assert 'c.ServerApp.ip = "127.0.0.1"' in config


def test_a_failing_part_of_the_tests_fails_them_all(monkeypatch):
    for failing in ["ruff", "pytest"]:
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


def test_the_second_lock_keeps_to_the_first_and_repeats_nothing_of_it(monkeypatch):
    compiled = {}
    monkeypatch.setattr(kit, "run", lambda *a: compiled.update({a[a.index("-o") + 1]: a}) or 0)
    assert kit.lock(["--upgrade"]) == 0
    first, second = compiled["requirements.lock"], compiled["requirements-bench.lock"]
    assert "--all-extras" in first and "--upgrade" in first and "--upgrade" in second
    assert second[second.index("-c") + 1] == "requirements.lock"
    assert {f"--no-emit-package={name}" for name in kit.pinned(LOCK)} < set(second)


def test_where_the_first_lock_fails_the_second_is_left_alone(monkeypatch):
    calls = []
    monkeypatch.setattr(kit, "run", lambda *a: calls.append(a) or 1)
    assert kit.lock([]) == 1 and len(calls) == 1


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


# --- what an import loads -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "module",
    ["helpers", "helpers.bits", "helpers.pictures", "helpers.metrics", "helpers.neural.cipher"],
)
def test_a_lesson_without_networks_starts_without_tensorflow(module):
    loaded = run_python("-c", f"import {module}, sys; print(*sys.modules)").stdout.split()
    assert module in loaded
    assert not {"tensorflow", "keras"} & set(loaded)


@pytest.mark.parametrize("switch", ["-S", "-OO"])
def test_the_command_needs_nothing_but_python(switch):
    """`-S` hides what is installed, `-OO` every docstring: the help must come all the same."""
    helped = run_python(switch, "-m", "helpers", "--help")
    assert helped.returncode == 0 and "open JupyterLab" in helped.stdout


# --- what a user has elsewhere --------------------------------------------------------------------

KERAS = """
import {first}
from helpers.quiet_keras import keras
config = keras.config
print(keras.backend.backend(), config.floatx(), config.image_data_format(), config.epsilon())
"""


WRONG = '{"backend": "torch", "floatx": "float16", "image_data_format": "channels_first"}'


@pytest.mark.parametrize("content", [WRONG, "[]"])
def test_no_keras_json_of_the_users_has_a_say(content, tmp_path):
    folder = tmp_path / ".keras"
    folder.mkdir()
    (folder / "keras.json").write_text(content, encoding="utf-8")
    without = {"KERAS_BACKEND", "KERAS_HOME"}
    env = {name: value for name, value in os.environ.items() if name not in without}
    command = [sys.executable, "-c", KERAS.format(first="os")]
    ran = subprocess.run(
        command, env={**env, "HOME": str(tmp_path)}, capture_output=True, text=True
    )
    assert ran.stdout.split() == ["tensorflow", "float32", "channels_last", "1e-07"], ran.stderr


def test_keras_is_set_right_where_it_was_imported_before(tmp_path):
    (tmp_path / "keras.json").write_text(WRONG, encoding="utf-8")
    env = {**os.environ, "KERAS_HOME": str(tmp_path), "KERAS_BACKEND": "tensorflow"}
    command = [sys.executable, "-c", KERAS.format(first="keras")]
    ran = subprocess.run(command, env=env, capture_output=True, text=True)
    assert ran.stdout.split()[1:3] == ["float32", "channels_last"], ran.stderr


def test_no_matplotlibrc_of_the_users_changes_a_figure(tmp_path):
    """Matplotlib looks where a program runs first of all, and no variable forbids it."""
    (tmp_path / "matplotlibrc").write_text("axes.facecolor: black", encoding="utf-8")
    code = "import helpers.figures, matplotlib; print(matplotlib.rcParams['axes.facecolor'])"
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ran.stdout == "white\n", ran.stderr
