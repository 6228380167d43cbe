"""Broken checkpoints, models, reports and CIFAR-10 files by the thousand: refused, or right."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fuzzing import altered, cases, mutated, outcome

from data.studies import cifar10, reports, scenarios, trained
from data.studies.reports import Report
from data.studies.scenarios import SCALES, Examples
from helpers.files import digest_of, read_npz, write_npz
from helpers.learnable.models import resnet
from helpers.learnable.scenarios import SCENARIOS
from helpers.quiet_keras import keras


def tiny_network(seed: int = 0):
    return resnet("tiny", (2,), 1, 8, 3, 10, 32, seed)


TINY = replace(SCALES["classroom"], name="tiny", network=tiny_network, epochs=2, batch=2)
DATA = Examples(*[np.zeros((3, 32, 32, 3), np.uint8), np.arange(3, dtype=np.uint8)] * 2)
ABOUT = scenarios.describe(TINY, DATA, 1)


def altered_arrays(rng: np.random.Generator, arrays: dict[str, np.ndarray]) -> dict:
    """One array missing, doubled, of another type or shape, not finite, or with other words."""
    name, other = (list(arrays)[i] for i in rng.integers(len(arrays), size=2))
    array, fault = arrays[name], rng.integers(7)
    if fault == 0:
        return {kept: array for kept, array in arrays.items() if kept != name}
    if fault == 1 and arrays[other].shape != array.shape:
        return arrays | {name: arrays[other]}
    if fault == 2:
        return arrays | {f"{rng.integers(10**4):05d}": array}
    if fault == 3 and array.dtype.kind == "f":
        return arrays | {name: np.full_like(array, [np.nan, np.inf, -np.inf][rng.integers(3)])}
    if fault == 4:
        return arrays | {name: array[None]}
    if fault == 5:
        return arrays | {
            name: array.astype("U9" if array.dtype.kind == "f" else float)
            if array.dtype.kind != "U"
            else np.array(0.0)
        }
    words = altered(rng, json.loads(str(arrays["about"])))
    return arrays | {"about": np.array(json.dumps(words))}


def try_broken(path: Path, few: int, arrays: dict, use: Callable, right: Callable) -> None:
    """Break the bytes of a file, or what stands in it under a good digest, and `use` it.

    `right` judges what comes back where nothing was refused, and what words there were.
    """
    write_npz(path, arrays)
    whole = path.read_bytes()
    assert not isinstance(outcome(use), Exception)
    refused = 0
    for case in range(cases(few)):
        rng = np.random.default_rng([case, few])
        if case % 2:
            broken = arrays
            path.write_bytes(mutated(rng, whole))
        else:
            broken = altered_arrays(rng, arrays)
            np.savez(path, digest=digest_of(broken), **broken)  # no fsync: it would take long
        found = outcome(use)
        refused += isinstance(found, Exception)
        assert isinstance(found, Exception) or right(found, broken), f"case {case} was accepted"
    assert refused > 0.8 * cases(few)


@pytest.mark.slow
def test_broken_checkpoints(tmp_path):
    path = tmp_path / "checkpoint.npz"
    training = scenarios.training(SCENARIOS["Plain"], TINY, DATA, 1)
    training.advance()
    training.save(path)

    def state() -> list[np.ndarray]:
        values = [keras.ops.convert_to_numpy(variable) for variable in training.variables()]
        return [*values, np.array([training.done, training.wrong, training.seen])]

    before = state()

    def resume() -> list[np.ndarray]:
        training.resume(path)
        return state()

    def unchanged(after: list, broken: dict | None = None) -> bool:
        return all(np.array_equal(a, b) for a, b in zip(before, after))

    try_broken(path, 300, read_npz(path), resume, unchanged)
    assert unchanged(state())


@pytest.mark.slow
def test_broken_models(tmp_path, monkeypatch):
    path, built = tmp_path / "model.npz", {}
    training = scenarios.training(SCENARIOS["Plain"], TINY, DATA, 1)
    training.advance()
    trained.save(path, training)
    make = trained.build

    def build_once(scenario, seed, network):  # a network takes a while to be built
        if scenario.name not in built:
            built[scenario.name] = make(scenario, seed, network)
        return built[scenario.name]

    monkeypatch.setattr(trained, "build", build_once)
    weights = [array.astype(trained.kept_as(array)) for array in training.model.get_weights()]

    def right(found: tuple[keras.Model, dict], broken: dict) -> bool:
        """The weights as they were, and words that say a scenario that they fit."""
        model, about = found
        same = all(np.array_equal(a, b) for a, b in zip(weights, model.get_weights()))
        numbers = [about["seed"], about["error"], about["seconds"]]
        ordinary = all(type(number) in (int, float) and 0 <= number < 1e10 for number in numbers)
        named = about["scenario"], about["scale"]["network"]
        return same and ordinary and named == ("Plain", "tiny_network")

    try_broken(path, 300, read_npz(path), lambda: trained.load(path, tiny_network), right)


def a_report() -> dict:
    content = {"about": json.loads(json.dumps(ABOUT)), "scenarios": {}, "label_leaking": {}}
    content["ladder"] = {}
    for (part, name), columns in reports.rows_and_columns().items():
        content[part][name] = dict.fromkeys(columns, 0.5)
    return content | {"provenance": {"date": "2026-11-22"}}


def test_broken_reports(tmp_path):
    path, content = tmp_path / "report.json", a_report()
    text = json.dumps(content, indent=1).encode()
    known = reports.rows_and_columns()

    def is_right(found: dict) -> bool:
        """Nothing in it but rows that there are, with shares in every column."""
        rows = [
            (part, name, row)
            for part in ("scenarios", "label_leaking", "ladder")
            for name, row in found[part].items()
        ]
        return all(
            set(row) == set(known[part, name])
            and all(type(share) in (int, float) and share >= 0 for share in row.values())
            and all(row[column] <= 1 for column in row if column != "training_seconds")
            for part, name, row in rows
        )

    refused = 0
    for case in range(cases(600)):
        rng = np.random.default_rng([case, 5])
        broken = json.dumps(altered(rng, content)).encode() if case % 2 else mutated(rng, text)
        path.write_bytes(broken)
        found = outcome(lambda: Report(path, ABOUT, "a command").content)
        refused += isinstance(found, Exception)
        assert isinstance(found, Exception) or is_right(found), f"case {case} was accepted"
    assert refused > 0.5 * cases(600)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_broken_files_of_cifar10(tmp_path, save):
    path = tmp_path / "cifar10.npz"
    rng = np.random.default_rng(0)
    pictures, labels = rng.integers(0, 256, (4, 32, 32, 3), np.uint8), np.arange(4)
    parts = {"x_train": pictures, "y_train": labels, "x_test": pictures, "y_test": labels}
    save(path, **parts)
    whole = path.read_bytes()
    for case in range(cases(300)):
        path.write_bytes(mutated(np.random.default_rng(case), whole))
        found = outcome(cifar10.cifar10, path)
        if not isinstance(found, Exception):
            for x, y in found:
                assert np.array_equal(x, pictures) and np.array_equal(y, labels), f"case {case}"
