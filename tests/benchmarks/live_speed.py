"""What it costs a classifier's training that its pictures are made live, for each batch anew."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from measure import Row, in_turns

from helpers.learnable.datasets import augment, pictograms
from helpers.learnable.models import narrow_resnet, with_adaptation
from helpers.learnable.scramble import BlockScrambler, random_key
from helpers.quiet_keras import keras

BATCH = 128  # the paper's


def rows(batches: int = 20, repeats: int = 5) -> list[Row]:
    """The narrow network on plain pictures, and behind an adaptation network on encrypted ones.

    The peer trains the same network on pictures that are floats already, neither augmented nor
    encrypted: a ratio of 0.95 says that making them takes 5 % of the time.
    """
    rng = np.random.default_rng(0)
    pictures, labels = pictograms(rng, BATCH)
    encrypt = BlockScrambler(random_key(rng)).encrypt
    ready = np.float32(pictures) / 255

    def train(model: keras.Model, make: Callable[[], np.ndarray]) -> Callable[[], None]:
        def some_batches() -> None:
            for _ in range(batches):
                model.train_on_batch(make(), labels)

        return some_batches

    def row(name: str, model: keras.Model, make: Callable[[], np.ndarray]) -> Row:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.SGD(0.01, momentum=0.9), loss)
        jobs = train(model, lambda: np.float32(make()) / 255), train(model, lambda: ready)
        rates = (batches * BATCH / took for took in in_turns(*jobs, repeats=repeats))
        return Row(name, "its pictures ready beforehand", *rates, "pictures/s")

    plain, adapted = narrow_resnet(), with_adaptation(narrow_resnet(channels=32))
    return [
        row("classifier, augmented", plain, lambda: augment(rng, pictures)),
        row("classifier, augmented, encrypted", adapted, lambda: encrypt(augment(rng, pictures))),
    ]
