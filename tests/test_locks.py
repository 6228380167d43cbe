"""The locks, pyproject.toml and environment.yml agree, on every machine and every Python."""

from __future__ import annotations

import re
from collections import defaultdict
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from data.studies import pin_versions
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


# --- the lock ---


def test_every_pin_has_hashes_and_the_lock_names_no_address():
    assert len(stanzas(LOCK)) > 100
    assert not [str(requirement) for requirement, hashes in stanzas(LOCK) if not hashes]
    assert "://" not in LOCK


def test_what_the_pinned_packages_require_is_pinned_in_range():
    missing, pinned = [], pins()
    for name in pinned:
        for line in metadata.requires(name) or []:
            required = Requirement(line)
            if required.marker is None or required.marker.evaluate({"extra": ""}):
                versions = pinned.get(canonicalize_name(required.name), [])
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
    assert not set(pin_versions.pinned(PEERS_LOCK)) & set(pin_versions.pinned(LOCK))


def test_the_second_lock_keeps_to_the_first_and_repeats_nothing_of_it(monkeypatch):
    compiled = {}
    monkeypatch.setattr(
        pin_versions, "compile_lock", lambda lock, *a: compiled.update({lock.name: a}) or 0
    )
    assert pin_versions.pin_versions(["--upgrade"]) == 0
    first, second = compiled["requirements.lock"], compiled["requirements-bench.lock"]
    assert "--all-extras" in first and "--upgrade" in first and "--upgrade" in second
    assert second[second.index("-c") + 1] == "requirements.lock"
    assert {f"--no-emit-package={name}" for name in pin_versions.pinned(LOCK)} < set(second)


def test_where_the_first_lock_fails_the_second_is_left_alone(monkeypatch):
    calls = []
    monkeypatch.setattr(pin_versions, "compile_lock", lambda *a: calls.append(a) or 1)
    assert pin_versions.pin_versions([]) == 1 and len(calls) == 1


def test_uv_is_pinned_alone_with_its_hashes():
    text = set_up.stanza("uv", LOCK)
    ((requirement, hashes),) = stanzas(text)
    assert requirement.name == "uv" and len(hashes) > 3
    assert text in LOCK and text.count("==") == 1


def test_a_lock_without_the_package_says_so():
    with pytest.raises(ValueError, match=r"pins no uv: .*uv pip compile"):
        set_up.stanza("uv", "uvicorn==1.0 \\\n    --hash=sha256:00\n")


def test_the_pythons_that_are_taken_are_those_of_the_project_file():
    declared = SpecifierSet(project()["python"])
    for minor in range(6, 20):
        assert (set_up.complaint_about((3, minor)) is None) == declared.contains(f"3.{minor}")


# --- conda and Binder ---


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


def test_conda_too_has_numpy_keep_to_one_thread(conda):
    assert conda["variables"] == {"OPENBLAS_NUM_THREADS": "1"}
