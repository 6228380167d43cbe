"""Training: the compiled game against the loop that a reader of the paper would write in Keras."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from measure import Row, in_turns

from helpers.neural import networks
from helpers.neural.training import Phase, Players, train
from helpers.quiet_keras import keras

from keras import ops  # isort: skip

BATCH = 256


def rows(iterations: int = 500, peer_iterations: int = 10, repeats: int = 5) -> list[Row]:
    """An iteration: one step of Alice and Bob, two of Eve, each on 256 pairs, on either side."""
    players, phase = Players(1), Phase("all", iterations, batch=BATCH)
    iterate = paper_style()

    def paper_loop() -> None:
        for _ in range(peer_iterations):
            iterate()

    ours, peer = in_turns(lambda: train(players, phase), paper_loop, repeats=repeats)
    return [
        Row(
            "training",
            "train_on_batch and predict, as in the paper",
            iterations / ours,
            peer_iterations / peer,
            "iterations/s",
            f"{repeats} times {iterations} and {peer_iterations} iterations timed, compiled before",
        )
    ]


def paper_style() -> Callable[[], float]:
    """One iteration of the paper's training, written as its text suggests; returns Bob's loss."""
    alice, bob, eve = networks.build_alice(), networks.build_bob(), networks.build_eve()
    message, key = keras.Input((16,)), keras.Input((16,))
    ciphertext = alice([message, key])
    bob_error = wrong_bits(message, bob([ciphertext, key]))
    eve_error = wrong_bits(message, eve(ciphertext))
    game = keras.Model([message, key], [bob_error, eve_error])
    listening = keras.Model([message, key], eve_error)
    rng, no_labels = np.random.default_rng(1), np.zeros(BATCH)

    # Keras looks at `trainable` when it compiles the first step, so each model takes one here.
    eve.trainable = False
    game.compile("rmsprop", loss=[mean, eve_term])
    game.train_on_batch(random_pairs(rng), [no_labels, no_labels])
    eve.trainable, alice.trainable = True, False
    listening.compile("rmsprop", loss=mean)
    listening.train_on_batch(random_pairs(rng), no_labels)

    def iterate() -> float:
        message, key = random_pairs(rng)
        game.train_on_batch([message, key], [no_labels, no_labels])
        ciphertext = alice.predict([message, key], verbose=0)
        guess = bob.predict([ciphertext, key], verbose=0)
        for _ in range(2):
            listening.train_on_batch(random_pairs(rng), no_labels)
        return np.abs(message - guess).sum(axis=1).mean() / 2

    return iterate


def random_pairs(rng: np.random.Generator) -> list[np.ndarray]:
    return [rng.choice(np.float32([-1, 1]), (BATCH, 16)) for _ in range(2)]


def wrong_bits(message, guess):
    return ops.sum(ops.abs(message - guess), axis=1) / 2


def mean(no_labels, errors):
    return ops.mean(errors)


def eve_term(no_labels, errors):
    return ops.square(8 - ops.mean(errors)) / 64
