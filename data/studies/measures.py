"""Measuring a trained scenario: the columns of Table I, and the ladder of attacks by eps.

All errors are shares of wrong answers, 0 to 1; pictures are uint8 (n, 32, 32, 3), labels (n,).
"The paper" is AprilPyone, Sirichotedumrong and Kiya, "Adversarial Test on Learnable Image
Encryption".
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from data.studies import attackers
from helpers.learnable import ladder
from helpers.learnable.gradients import BATCH, Labels
from helpers.learnable.scramble import BlockScrambler, Pictures
from helpers.quiet_keras import keras

PAPERS_ATTACK: dict[str, Any] = {"eps": 0.1, "eps_iter": 0.01, "nb_iter": 20}  # section III
EPS_IN_BYTES = (1, 2, 4, 8, 16, 25.5, 51, 127.5)

RUNGS = ("white_box_on_plain", *attackers.RUNGS)
LEAKING = ("clean", "noise_against_right_label", "noise_against_wrong_label", "noise_on_grey")

Ciphers = Callable[[int], BlockScrambler | None]  # the cipher for batch i, None for plain pictures


def batches(pictures: Pictures, labels: Labels) -> Iterator[tuple[int, Pictures, Labels]]:
    """(i, the pictures of batch i, their labels): as many as one key is for, at most."""
    for i, start in enumerate(range(0, len(pictures), BATCH)):
        yield i, pictures[start : start + BATCH], labels[start : start + BATCH]


def error(model: keras.Model, cipher_at: Ciphers, pictures: Pictures, labels: Labels) -> float:
    """The share that the model gets wrong, each batch encrypted as `cipher_at` has it."""
    wrong = [
        ladder.fooled(ladder.victim(model, cipher_at(i)), some, of_some)
        for i, some, of_some in batches(pictures, labels)
    ]
    return float(np.concatenate(wrong).mean())


def adversarial_error(
    model: keras.Model, cipher_at: Ciphers, pictures: Pictures, labels: Labels, **budget: Any
) -> float:
    """The last column of Table I, as we read it: PGD on the model fed plain pictures, its noise
    added before encryption.

    For a model of plain pictures this is the usual white-box attack. For all others the gradient is
    mismatched, rung (b2) of the ladder.
    """
    noisy = ladder.model_fed_plain(model, pictures, labels, **(PAPERS_ATTACK | budget))
    return error(model, cipher_at, noisy, labels)


def adaptive_error(
    model: keras.Model, cipher_at: Ciphers, pictures: Pictures, labels: Labels
) -> float:
    """What the paper did not measure: PGD within the same eps by one who knows the keys."""
    noisy = [
        adaptive_attack(model, cipher_at(i), some, of_some)
        for i, some, of_some in batches(pictures, labels)
    ]
    return error(model, cipher_at, np.concatenate(noisy), labels)


def adaptive_attack(
    model: keras.Model, cipher: BlockScrambler | None, pictures: Pictures, labels: Labels
) -> Pictures:
    """Through the cipher where there is one."""
    if cipher is None:
        return ladder.model_fed_plain(model, pictures, labels, **PAPERS_ATTACK)
    return ladder.through_cipher(model, cipher, pictures, labels, **PAPERS_ATTACK)


def leaking(
    model: keras.Model,
    cipher: BlockScrambler | None,
    pictures: Pictures,
    labels: Labels,
    rng: np.random.Generator,
    **budget: Any,
) -> dict[str, float]:
    """How often the answer is the label that the noise was made against, by the tests of `LEAKING`.

    The noise is that of adversarial training: PGD on the model fed plain pictures.
    """
    attack = functools.partial(ladder.model_fed_plain, model, **budget)
    found = ladder.label_leaking(ladder.victim(model, cipher), attack, pictures, labels, rng=rng)
    return {name: float(found[name].mean()) for name in LEAKING}


def ladder_errors(
    encrypted: keras.Model,
    plain: keras.Model,
    cipher: BlockScrambler,
    pictures: Pictures,
    labels: Labels,
    eps: float,
    rng: np.random.Generator,
) -> dict[str, float]:
    """The error under each attack of the ladder, and of the plain model under PGD, for one eps.

    20 steps of a tenth of eps, as in the paper; 100 queries for the Square attack.
    """
    budget: dict[str, Any] = {"eps": eps, "eps_iter": eps / 10, "nb_iter": 20}
    white_box = attackers.transfer(plain, pictures, labels, **budget)
    found = {"white_box_on_plain": ladder.fooled(ladder.victim(plain), white_box, labels)}
    given = (encrypted, plain, cipher, pictures, labels)
    found |= dict(attackers.all_rungs(*given, rng=rng, **budget))
    return {name: float(fooled.mean()) for name, fooled in found.items()}
