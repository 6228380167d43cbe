"""The style of the lessons' own cells. Other code is the first thing that `make test` looks at."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from nbformat import v4

from helpers import lessons

ROOT = Path(__file__).resolve().parents[1]


def complaints_about(folder: Path) -> str:
    """What ruff says of the notebooks in a folder, under the project's rules."""
    ruff = [sys.executable, "-m", "ruff"]
    rules = ["--no-cache", "--config", str(ROOT / "pyproject.toml"), str(folder)]
    ran = [
        subprocess.run([*ruff, *what, *rules], capture_output=True, encoding="utf-8")
        for what in (["check", "--quiet"], ["format", "--check", "--quiet"])
    ]
    return "".join(each.stdout + each.stderr for each in ran)


def test_lessons_are_in_style_as_they_are_asked(tmp_path):
    for name in lessons.NAMES:
        lesson = lessons.read(lessons.path_of(name))
        lessons.write(lessons.with_blank_answers(lesson), tmp_path / f"{name}.ipynb")
    assert complaints_about(tmp_path) == ""


@pytest.mark.parametrize("source", ["import os", "x = [ 1,2 ]"])
def test_a_cell_that_is_out_of_style_is_noticed(source, tmp_path):
    lessons.write(v4.new_notebook(cells=[v4.new_code_cell(source)]), tmp_path / "x.ipynb")
    assert "x.ipynb" in complaints_about(tmp_path)
