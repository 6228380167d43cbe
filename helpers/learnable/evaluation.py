"""Measuring a trained scenario: the columns of Table I, and the ladder of attacks by eps.

All errors are shares of wrong answers, 0 to 1; pictures are uint8 (n, 32, 32, 3), labels (n,).
"The paper" is AprilPyone, Sirichotedumrong and Kiya, "Adversarial Test on Learnable Image
Encryption".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from helpers.learnable import ladder
from helpers.learnable.gradients import BATCH
from helpers.learnable.scramble import BlockScrambler
from helpers.quiet_keras import keras

PAPERS_ATTACK = {"eps": 0.1, "eps_iter": 0.01, "nb_iter": 20}  # section III
EPS_IN_BYTES = (1, 2, 4, 8, 16, 25.5, 51, 127.5)

RUNGS = ("white_box_on_plain", *ladder.RUNGS)
LEAKING = ("clean", "noise_against_right_label", "noise_against_wrong_label", "noise_on_grey")

Ciphers = Callable[[int], BlockScrambler | None]  # the cipher for batch i, None for plain pictures


def batches(*arrays: np.ndarray) -> Iterator[tuple[int, tuple[np.ndarray, ...]]]:
    """(i, the i-th batch of each array): as many pictures as one key is for, at most."""
    for i, start in enumerate(range(0, len(arrays[0]), BATCH)):
        yield i, tuple(array[start : start + BATCH] for array in arrays)


def error(
    model: keras.Model, cipher_at: Ciphers, pictures: np.ndarray, labels: np.ndarray
) -> float:
    """The share that the model gets wrong, each batch encrypted as `cipher_at` has it."""
    wrong = [
        ladder.fooled(ladder.victim(model, cipher_at(i)), *batch)
        for i, batch in batches(pictures, labels)
    ]
    return float(np.concatenate(wrong).mean())


def adversarial_error(
    model: keras.Model, cipher_at: Ciphers, pictures: np.ndarray, labels: np.ndarray, **budget
) -> float:
    """The last column of Table I, as we read it: PGD on the model fed plain pictures, its noise
    added before encryption.

    For a model of plain pictures this is the usual white-box attack. For all others the gradient is
    mismatched, rung (b2) of the `ladder`.
    """
    noisy = ladder.model_fed_plain(model, pictures, labels, **(PAPERS_ATTACK | budget))
    return error(model, cipher_at, noisy, labels)


def adaptive_error(
    model: keras.Model, cipher_at: Ciphers, pictures: np.ndarray, labels: np.ndarray
) -> float:
    """What the paper did not measure: PGD within the same eps by one who knows the keys."""
    noisy = []
    for i, batch in batches(pictures, labels):
        cipher = cipher_at(i)
        if cipher is None:
            noisy.append(ladder.model_fed_plain(model, *batch, **PAPERS_ATTACK))
        else:
            noisy.append(ladder.through_cipher(model, cipher, *batch, **PAPERS_ATTACK))
    return error(model, cipher_at, np.concatenate(noisy), labels)


def rungs(
    encrypted: keras.Model,
    plain: keras.Model,
    cipher: BlockScrambler,
    pictures: np.ndarray,
    labels: np.ndarray,
    eps: float,
    rng: np.random.Generator,
) -> dict[str, float]:
    """The error under each attack of the `ladder`, and of the plain model under PGD, for one eps.

    20 steps of a tenth of eps, as in the paper; 100 queries for the Square attack.
    """
    budget = {"eps": eps, "eps_iter": eps / 10, "nb_iter": 20}
    white_box = ladder.transfer(plain, pictures, labels, **budget)
    found = {"white_box_on_plain": ladder.fooled(ladder.victim(plain), white_box, labels)}
    found |= dict(ladder.climb(encrypted, plain, cipher, pictures, labels, rng=rng, **budget))
    return {name: float(fooled.mean()) for name, fooled in found.items()}


# --- label leaking --------------------------------------------------------------------------------


def label_leaking(
    model: keras.Model,
    cipher: BlockScrambler,
    pictures: np.ndarray,
    labels: np.ndarray,
    rng: np.random.Generator,
    **budget,
) -> dict[str, float]:
    """Does a network read the label off the noise? (Kurakin, Goodfellow, Bengio 2016.)

    Noise made against the right label of a picture, against a wrong one, and that first noise on
    a plain grey picture. The shares of answers that equal the label the noise was made against: a
    network that looks at pictures gives few of these.
    """
    wrong = (labels + rng.integers(1, 10, len(labels))) % 10
    against_right = ladder.model_fed_plain(model, pictures, labels, **budget)
    against_wrong = ladder.model_fed_plain(model, pictures, wrong, **budget)
    noise = against_right.astype(np.int16) - pictures
    on_grey = ladder.add_noise(np.full_like(pictures, 128), noise)

    def follows(noisy: np.ndarray, made_against: np.ndarray) -> float:
        answers = ladder.victim(model, cipher)(noisy).argmax(axis=1)
        return float((answers == made_against).mean())

    tests = (pictures, labels), (against_right, labels), (against_wrong, wrong), (on_grey, labels)
    return {name: follows(*test) for name, test in zip(LEAKING, tests)}
