"""How large an experiment is: for a classroom, for a laptop, and as in the paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.studies import cifar10
from data.studies.resnet18 import resnet18
from helpers.learnable import datasets
from helpers.learnable.gradients import Labels
from helpers.learnable.models import narrow_resnet
from helpers.learnable.scenarios import Scenario
from helpers.learnable.scramble import Pictures
from helpers.quiet_keras import keras


@dataclass(frozen=True)
class Scale:
    """The pictures, the network, how long and how fast it learns, and against which noise.

    The learning rate climbs to `rate` and falls to 0 along a cosine; where it `drops_after` so many
    epochs, it is `rate` before and a tenth of it after. `eps_iter` and `nb_iter` are the attack's
    in adversarial training; tests are always attacked as in the paper.
    """

    name: str
    dataset: str
    network: Callable[..., keras.Model]
    epochs: int
    encrypted_epochs: int
    adversarial_epochs: int
    eps_iter: float
    nb_iter: int
    attacked: int  # test pictures for Table I
    climbed: int  # test pictures for the ladder
    rate: float = 0.1
    drops_after: int = 0
    batch: int = 128
    precision: str = "float32"
    eps: float = 0.1

    def epochs_of(self, scenario: Scenario) -> int:
        """How often a scenario sees all pictures. (To read a cipher takes longer to learn.)"""
        if scenario.adversarial:
            return self.adversarial_epochs
        return self.encrypted_epochs if scenario.encrypted else self.epochs

    def attack(self) -> dict[str, Any]:
        """The budget of the attack in adversarial training."""
        return {"eps": self.eps, "eps_iter": self.eps_iter, "nb_iter": self.nb_iter}


SCALES = {
    "classroom": Scale(
        name="classroom",
        dataset="pictograms",
        network=narrow_resnet,
        epochs=8,
        encrypted_epochs=8,
        adversarial_epochs=8,
        eps_iter=0.1,
        nb_iter=1,
        attacked=500,
        climbed=200,
    ),
    "laptop": Scale(
        name="laptop",
        dataset="cifar10",
        network=narrow_resnet,
        epochs=8,
        encrypted_epochs=12,
        adversarial_epochs=3,
        eps_iter=0.04,
        nb_iter=5,
        attacked=1000,
        climbed=1000,
    ),
    "paper": Scale(
        name="paper",
        dataset="cifar10",
        network=resnet18,
        epochs=100,
        encrypted_epochs=100,
        adversarial_epochs=100,
        eps_iter=0.01,
        nb_iter=20,
        attacked=10_000,
        climbed=1000,
        drops_after=40,
        precision="mixed_bfloat16",  # as wide as float32: an attack's small slopes do not vanish
    ),
}


@dataclass(frozen=True)
class Examples:
    """Pictures uint8 (n, 32, 32, 3) and labels uint8 (n,), to learn from and to be tested on."""

    x_train: Pictures
    y_train: Labels
    x_test: Pictures
    y_test: Labels


def examples(scale: Scale, file: str | None = None) -> Examples:
    """The pictures of a scale: 6,000 + 2,000 pictograms, the same at each call, or CIFAR-10."""
    if scale.dataset == "cifar10":
        train, test = cifar10.cifar10(file)
    else:
        train = datasets.pictograms(np.random.default_rng(1), 6000)
        test = datasets.pictograms(np.random.default_rng(2), 2000)
    return Examples(*train, *test)
