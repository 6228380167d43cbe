"""Lesson 00 asks whether everything is as it was tested; here it is not."""

from __future__ import annotations

from importlib import metadata
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement

from helpers import environment, manifest


def test_here_everything_is_as_it_was_tested():
    assert environment.problems() == []


def test_an_old_python_is_named(monkeypatch):
    monkeypatch.setattr(environment.sys, "version_info", (3, 9, 1))
    (sentence,) = environment.python_problems()
    assert "Python 3.9" in sentence and "3.10 to 3.13" in sentence


def test_a_package_of_another_version_is_named(monkeypatch):
    right = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "0.1" if name == "numpy" else right(name))
    (sentence,) = environment.package_problems()
    assert sentence.startswith("numpy is 0.1, tested was ")
    assert "make doctor" in sentence


def test_a_missing_package_is_named():
    (sentence,) = environment.version_problem(Requirement("no-such-package==1.0"))
    assert sentence.startswith("no-such-package is missing, tested was 1.0")


@pytest.mark.parametrize("damage", ["missing", "altered"])
def test_a_damaged_file_is_named(damage, tmp_path, monkeypatch):
    entries = {
        name: entry for name, entry in manifest.entries().items() if name == "pictures/eye.png"
    }
    monkeypatch.setattr(manifest, "entries", lambda: entries)
    monkeypatch.setattr(manifest, "DATA", tmp_path)
    if damage == "altered":
        (tmp_path / "pictures").mkdir()
        (tmp_path / "pictures" / "eye.png").write_bytes(b"not the eye")
    (sentence,) = environment.data_problems()
    assert "pictures/eye.png" in sentence and manifest.remedy("pictures/eye.png") in sentence


@pytest.mark.parametrize("content", [None, "", "[]", '{"pictures/eye.png": 1}'])
def test_a_manifest_that_is_missing_or_damaged_is_named(content, tmp_path, monkeypatch):
    monkeypatch.setattr(manifest, "MANIFEST", tmp_path / "MANIFEST.json")
    if content is not None:
        manifest.MANIFEST.write_text(content, encoding="utf-8")
    (sentence,) = environment.data_problems()
    assert "MANIFEST.json" in sentence and sentence.count("\n") == 0


def test_little_room_and_little_memory_are_named(monkeypatch):
    assert environment.memory_here() > 10**8
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda path: SimpleNamespace(free=10**8))
    monkeypatch.setattr(environment, "memory_here", lambda: 2e9)
    disk, memory = environment.machine_problems()
    assert "0.1 GB left" in disk and "2.0 GB of memory" in memory


def test_the_command_prints_what_is_wrong_and_fails(monkeypatch, capsys):
    assert environment.main() == 0 and "as it was tested" in capsys.readouterr().out
    monkeypatch.setattr(environment, "problems", lambda: ["It rains.", "It snows."])
    assert environment.main() == 1 and capsys.readouterr().out == "It rains.\nIt snows.\n"
