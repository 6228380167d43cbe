"""What the studies of attacks have in common: which networks and pictures, and a result that grows.

Each study takes `--scale classroom`, the shipped networks and pictograms, or `--scale laptop`,
networks on CIFAR-10 that `data.studies.train` made. Each of its parts is kept as soon as it is
measured, and skipped when the command is given again.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.stats

from data.studies import publish, trained
from data.studies.scenarios import CHECKPOINTS, SCALES, Examples, Scale, examples, weights_of
from helpers import manifest
from helpers.files import read_json, write_json
from helpers.learnable import ladder
from helpers.learnable.gradients import Labels
from helpers.learnable.scenarios import NETWORKS, cipher_of
from helpers.learnable.scramble import BlockScrambler, Pictures
from helpers.metrics import Proportion
from helpers.quiet_keras import keras

Bools = npt.NDArray[np.bool_]
SEEDS = range(1, 10)
WHERE = {"classroom": manifest.DATA, "laptop": CHECKPOINTS.parent}  # is shipped, is not


@dataclass(frozen=True)
class Victim:
    """A network as a service: pictures go in as bytes, and are encrypted where it has a key."""

    name: str
    seed: int
    model: keras.Model
    cipher: BlockScrambler | None

    def fooled(self, pictures: Pictures, labels: Labels) -> Bools:
        """Which of these it gets wrong, bool (n,)."""
        return ladder.fooled(self.answer, pictures, labels)

    @property
    def answer(self) -> ladder.Answer:
        return ladder.victim(self.model, self.cipher)


@dataclass(frozen=True)
class Setting:
    """The pictures of a scale, and its networks by name and seed."""

    scale: Scale
    data: Examples

    def test(self, n: int, first: int = 0) -> tuple[Pictures, Labels]:
        """n of the pictures that no network has seen, from `first` on, and their labels."""
        some = slice(first, first + n)
        return self.data.x_test[some], self.data.y_test[some]

    def seeds(self, name: str) -> list[int]:
        """Of which seeds a network of this name is at hand."""
        return [seed for seed in SEEDS if self._file(name, seed).exists()]

    def victim(self, name: str, seed: int = 1) -> Victim:
        """A trained network; ValueError, with the command that makes it, where it is missing."""
        file = self._file(name, seed)
        if not file.exists():
            raise ValueError(
                f"There is no network {name} of seed {seed} at this scale: train it, "
                f"python -m data.studies.train --scale {self.scale.name} --seed {seed} {name}"
            )
        model, _ = trained.load(file, self.scale.network)
        return Victim(name, seed, model, cipher_of(NETWORKS[name], seed))

    def _file(self, name: str, seed: int) -> Path:
        return weights_of(WHERE[self.scale.name], self.scale, seed, name)


# --- numbers for a result -------------------------------------------------------------------------


def share(fooled: Bools, called: str = "wrong") -> dict[str, object]:
    """How many of how many, and the interval of 95 % around their share."""
    found = Proportion(int(np.sum(fooled)), fooled.size)
    return {called: found.hits, "of": found.total, "interval": rounded(found.interval)}


def paired(one: Bools, other: Bools) -> dict[str, object]:
    """McNemar's test, exact: pictures lost in one row alone, in the other alone, and how likely
    counts so far apart are if both rows are alike (1947).
    """
    alone, alone_there = int(np.sum(one & ~other)), int(np.sum(other & ~one))
    tossed = alone + alone_there
    p = scipy.stats.binomtest(alone, tossed).pvalue if tossed else 1.0
    return {"first_alone": alone, "second_alone": alone_there, "p": float(f"{p:.2g}")}


def rounded(values: Sequence[float], digits: int = 4) -> list[float]:
    return [round(float(value), digits) for value in values]


# --- as a command ---------------------------------------------------------------------------------

Part = Callable[[Setting], Any]


def study(name: str, about: str | None, parts: Mapping[str, Part]) -> Callable[..., None]:
    """The command line of a study: every part that is not in its result yet, one after another."""

    def main(words: Sequence[str] | None = None) -> None:
        parser = argparse.ArgumentParser(prog=f"python -m data.studies.{name}", description=about)
        parser.add_argument("--scale", choices=WHERE, default="classroom")
        parser.add_argument("--cifar10", help="an .npz file; default: Keras' download")
        options = parser.parse_args(words)
        path = manifest.DATA / "results" / f"{name}_{options.scale}.json"
        command = f"python -m data.studies.{name} --scale {options.scale}"
        with publish.result_at(path, command):
            scale = SCALES[options.scale]
            setting = Setting(scale, examples(scale, options.cifar10))
            measure(setting, parts, path, command)

    return main


def measure(setting: Setting, parts: Mapping[str, Part], path: Path, command: str) -> None:
    """Each missing part, kept as soon as it is there."""
    for name, part in parts.items():
        content = read_json(path) if path.exists() else {}
        if name in content:
            continue
        started = perf_counter()
        found = part(setting)
        if found is None:  # of a network that is not there yet, say
            continue
        seconds = perf_counter() - started
        content[name] = found
        before = content.get("provenance", {}).get("training_seconds", 0)
        content["provenance"] = publish.provenance(command, None, before + seconds)
        write_json(path, content)
        print(name, json.dumps(found), f"{seconds:.0f} s", flush=True)
