"""What an import loads, and what a user has elsewhere: neither changes what a lesson does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run_python(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8")


# --- what an import loads ---


@pytest.mark.parametrize(
    "module",
    ["helpers", "helpers.bits", "helpers.pictures", "helpers.metrics", "helpers.neural.cipher"],
)
def test_a_lesson_without_networks_starts_without_tensorflow(module):
    loaded = run_python("-c", f"import {module}, sys; print(*sys.modules)").stdout.split()
    assert module in loaded
    assert not {"tensorflow", "keras"} & set(loaded)


@pytest.mark.parametrize("chosen", [None, "2"])
def test_numpy_keeps_to_one_thread_unless_told_otherwise(chosen, monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    if chosen:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", chosen)
    code = "import os, helpers; print(os.environ['OPENBLAS_NUM_THREADS'])"
    assert run_python("-c", code).stdout.strip() == (chosen or "1")


# --- what a user has elsewhere ---

WRONG = '{"backend": "torch", "floatx": "float16", "image_data_format": "channels_first"}'


def keras_as_the_kit_has_it(first: str, home: Path, **variables: str) -> list[str]:
    """Backend and settings of Keras in a Python of its own, which imports `first` first of all."""
    code = (
        f"import {first}; from helpers.quiet_keras import keras; c = keras.config;"
        "print(keras.backend.backend(), c.floatx(), c.image_data_format(), c.epsilon())"
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KERAS_")}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        env={**kept, "HOME": str(home), **variables},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "variables", "backend"),
    [(WRONG, {}, "tensorflow"), ("[]", {"KERAS_BACKEND": "numpy"}, "numpy")],
)
def test_no_keras_json_of_the_users_has_a_say(content, variables, backend, tmp_path):
    (tmp_path / ".keras").mkdir()
    (tmp_path / ".keras" / "keras.json").write_text(content, encoding="utf-8")
    settings = keras_as_the_kit_has_it("os", tmp_path, **variables)
    assert settings == [backend, "float32", "channels_last", "1e-07"]


@pytest.mark.slow
def test_keras_is_set_right_where_it_was_imported_before(tmp_path):
    (tmp_path / "keras.json").write_text(WRONG, encoding="utf-8")
    variables = {"KERAS_HOME": str(tmp_path), "KERAS_BACKEND": "numpy"}
    settings = keras_as_the_kit_has_it("keras", tmp_path, **variables)
    assert settings[1:3] == ["float32", "channels_last"]


def test_no_matplotlibrc_of_the_users_changes_a_figure(tmp_path):
    """Matplotlib looks where a program runs first of all, and no variable forbids it."""
    (tmp_path / "matplotlibrc").write_text("axes.facecolor: black", encoding="utf-8")
    code = "import helpers.figures, matplotlib; print(matplotlib.rcParams['axes.facecolor'])"
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ran.stdout == "white\n", ran.stderr
