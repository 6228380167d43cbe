"""The set-up: the lock, environment.yml, `python3 -m helpers`, and what an import loads."""

from __future__ import annotations

import json
import re
import subprocess
import sys
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
    (group,) = re.findall(r"^peers = \[(.*?)^\]", kit.PROJECT.read_text("utf-8"), re.M | re.S)
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


# --- the command ----------------------------------------------------------------------------------


def test_uv_is_pinned_alone_with_its_hashes():
    text = kit.stanza("uv", LOCK)
    ((requirement, hashes),) = stanzas(text)
    assert requirement.name == "uv" and len(hashes) > 3
    assert text in LOCK and text.count("==") == 1


def test_a_lock_without_the_package_says_so():
    with pytest.raises(ValueError, match=r"pins no uv: .*uv pip compile"):
        kit.stanza("uv", "uvicorn==1.0 \\\n    --hash=sha256:00\n")


@pytest.mark.parametrize("version", [(3, 9), (3, 14), (4, 0)])
def test_a_python_without_tensorflow_is_told_which_to_take(version):
    complaint = kit.complaint_about(version)
    assert f"Python {version[0]}.{version[1]}" in complaint and "3.10 to 3.13" in complaint


def test_the_pythons_that_are_taken_are_those_of_the_project_file():
    declared = SpecifierSet(project()["python"])
    for minor in range(6, 20):
        assert (kit.complaint_about((3, minor)) is None) == declared.contains(f"3.{minor}")


@pytest.fixture
def elsewhere(monkeypatch, tmp_path):
    """A project in `tmp_path`, with its files, whose environment takes no time to make."""
    steps = []
    for name in ["requirements.lock", "pyproject.toml"]:
        (tmp_path / name).write_text(name, encoding="utf-8")
    venv = tmp_path / ".venv"
    python = venv / "bin" / "python"

    def make_venv():
        steps.append("venv")
        python.parent.mkdir(parents=True, exist_ok=True)
        python.touch()

    paths = {"ROOT": tmp_path, "VENV": venv, "STAMP": venv / "set-up-from", "PYTHON": python}
    paths |= {"LOCK": tmp_path / "requirements.lock", "PROJECT": tmp_path / "pyproject.toml"}
    for name, value in paths.items():
        monkeypatch.setattr(kit, name, value)
    monkeypatch.setattr(kit, "make_venv", make_venv)
    monkeypatch.setattr(kit, "install", lambda: steps.append("install"))
    return steps


def test_the_first_call_sets_up_and_the_second_has_nothing_to_do(elsewhere):
    kit.set_up()
    assert elsewhere == ["venv", "install"]
    kit.set_up()
    assert elsewhere == ["venv", "install"]


@pytest.mark.parametrize("name", ["LOCK", "PROJECT"])
def test_a_changed_file_sets_up_anew(elsewhere, name):
    kit.set_up()
    getattr(kit, name).write_text("changed", encoding="utf-8")
    kit.set_up()
    assert elsewhere == ["venv", "install"] * 2


def test_another_python_sets_up_anew(elsewhere, monkeypatch):
    kit.set_up()
    monkeypatch.setattr(sys, "version_info", (3, 10, 1, "final", 0))
    changed = kit.wanted_stamp()
    monkeypatch.undo()
    assert changed != kit.wanted_stamp()


def test_an_environment_whose_python_is_gone_is_made_anew(elsewhere):
    kit.set_up()
    kit.PYTHON.unlink()
    kit.set_up()
    assert elsewhere == ["venv", "install"] * 2


def test_a_set_up_that_was_interrupted_is_made_anew(elsewhere, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(kit, "install", interrupted)
        kit.set_up()
    kit.set_up()
    assert elsewhere == ["venv", "venv", "install"]


def test_a_failed_installation_says_what_to_look_for(elsewhere, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(kit, "run", lambda *arguments: 1)
    with pytest.raises(SystemExit, match="network"):
        kit.install()


def test_jupyterlab_asks_nobody_about_news(elsewhere):
    """The name of the setting is JupyterLab's own; its schema is where JupyterLab keeps it."""
    kit.set_up()
    (overrides,) = kit.VENV.rglob("overrides.json")
    ((plugin, settings),) = json.loads(overrides.read_text(encoding="utf-8")).items()
    package, name = plugin.split(":")
    schema = Path(get_app_dir()) / "schemas" / package / f"{name}.json"
    known = json.loads(schema.read_text(encoding="utf-8"))["properties"]
    assert settings["fetchNews"] == "false" and set(settings) <= set(known)


def test_without_ensurepip_debian_users_are_told_the_package(monkeypatch):
    monkeypatch.setattr(kit.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="apt install python3-venv"):
        kit.make_venv()


def test_a_failing_part_of_the_tests_fails_them_all(monkeypatch):
    for failing in ["ruff", "pytest"]:
        monkeypatch.setattr(kit, "run", lambda *a, failing=failing: -9 if failing in a else 0)
        assert kit.test([]) != 0
    monkeypatch.setattr(kit, "run", lambda *a: 0)
    assert kit.test([]) == 0


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


def test_the_command_needs_nothing_but_python():
    """`-S` hides everything that is installed: the help must come all the same."""
    assert run_python("-S", "-m", "helpers", "--help").returncode == 0
