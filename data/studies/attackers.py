"""All rungs of the ladder of threat models, one attack each, by what its attacker knows.

rung                        knows                                  adds its noise to
`random_noise`              nothing                                the picture
`transfer`                  the task: trains a model of one's own  the picture
`cipher_noise_on_plain`     everything, and mistakes the place     the picture
`model_fed_plain`           the model, and overlooks the cipher    the picture
`on_ciphertext`             everything, and reaches so far         the ciphertext
`through_cipher`            everything                             the picture
`discrete_search`           everything                             the picture
`wrong_key`, `fresh_keys`   everything but the key                 the picture
`squares`                   the scores of what is sent in          the picture

What is not here is in `helpers.learnable.ladder`, whose words hold here, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from data.studies.square import square_attack
from helpers.learnable import scramble
from helpers.learnable.cipher_gradients import bytes_to_floats, floats_to_bytes
from helpers.learnable.gradients import Labels
from helpers.learnable.ladder import (
    Answer,
    add_noise,
    discrete_search,
    fooled,
    model_fed_plain,
    random_noise,
    through_cipher,
    victim,
    whole_bytes,
)
from helpers.learnable.scramble import BlockScrambler, Pictures
from helpers.learnable.without_key import UNKNOWN, guessing_the_rest
from helpers.quiet_keras import keras

RUNGS = (
    *("random_noise", "transfer", "cipher_noise_on_plain", "model_fed_plain", "on_ciphertext"),
    *("through_cipher", "discrete_search", "wrong_key", "fresh_keys", "squares"),
)

# --- without the model ----------------------------------------------------------------------------


def transfer(
    plain_model: keras.Model, pictures: Pictures, labels: Labels, **options: Any
) -> Pictures:
    """(a) Knowing the task alone: PGD on a model of one's own, trained on plain pictures.

    Against that very model it is the white-box attack, the paper's row "Plain".
    """
    return model_fed_plain(plain_model, pictures, labels, **options)


def squares(
    answer: Answer,
    pictures: Pictures,
    labels: Labels,
    *,
    rng: np.random.Generator,
    eps: float = 0.1,
    n_queries: int = 100,
) -> Pictures:
    """Knowing neither model nor key, but the victim's scores for n_queries tries a picture."""
    x, size = bytes_to_floats(pictures), whole_bytes(eps)
    found = square_attack(
        lambda x: answer(floats_to_bytes(x)),
        x,
        labels,
        rng=rng,
        eps=size / 255,
        n_queries=n_queries,
    )
    return floats_to_bytes(found)


# --- the model, and mistaken ----------------------------------------------------------------------


def cipher_noise_on_plain(
    model: keras.Model, cipher: BlockScrambler, pictures: Pictures, labels: Labels, **options: Any
) -> Pictures:
    """(b1) Knowing everything, but noise made for the ciphertext is added to the plain picture.

    The cipher then moves it elsewhere: one way to read the paper's "added the noise to the test
    images and then, encrypted them".
    """
    found = on_ciphertext(model, cipher, pictures, labels, **options)
    noise = found.astype(np.int16) - cipher.encrypt(pictures)
    return add_noise(pictures, noise[:, : pictures.shape[1], : pictures.shape[2]])


# --- the model, and in place ----------------------------------------------------------------------


def on_ciphertext(
    model: keras.Model, cipher: BlockScrambler, pictures: Pictures, labels: Labels, **options: Any
) -> Pictures:
    """(c) Knowing the model and changing what it is sent: the ciphertext, within eps of itself.

    Returns ciphertexts, for a `victim` without cipher. No key is needed: `cipher` merely makes the
    ciphertexts that this attacker catches on their way.
    """
    return model_fed_plain(model, cipher.encrypt(pictures), labels, **options)


# --- everything but the key -----------------------------------------------------------------------


def wrong_key(
    model: keras.Model,
    pictures: Pictures,
    labels: Labels,
    *,
    rng: np.random.Generator,
    block_size: int = 4,
    **options: Any,
) -> Pictures:
    """(e) Knowing everything but the key: `through_cipher` under one that is guessed at random."""
    guess = BlockScrambler(scramble.random_key(rng, block_size), block_size)
    return through_cipher(model, guess, pictures, labels, **options)


def fresh_keys(
    model: keras.Model,
    pictures: Pictures,
    labels: Labels,
    *,
    rng: np.random.Generator,
    block_size: int = 4,
    **options: Any,
) -> Pictures:
    """(e) Knowing everything but the key, and hoping for the average over keys: EOT."""
    nothing = np.full(6 * block_size**2, UNKNOWN)
    grad = guessing_the_rest(nothing, rng=rng)
    return model_fed_plain(model, pictures, labels, grad=grad, **options)


# --- all rungs ------------------------------------------------------------------------------------


def all_rungs(
    model: keras.Model,
    plain_model: keras.Model,
    cipher: BlockScrambler,
    pictures: Pictures,
    labels: Labels,
    *,
    rng: np.random.Generator,
    eps: float = 0.1,
    eps_iter: float = 0.01,
    nb_iter: int = 20,
    n_queries: int = 100,
) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """All `RUNGS` in turn: the name, and which pictures it fooled the victim with, bool (n,).

    `model` learned pictures that `cipher` encrypts, `plain_model` plain ones.
    """
    given, pgd = (pictures, labels), {"eps": eps, "eps_iter": eps_iter, "nb_iter": nb_iter}
    guessing = {"rng": rng, "block_size": cipher.block_size}
    answer, answer_to_ciphertexts = victim(model, cipher), victim(model)

    def rung(attack, *knows, against=answer, **settings):
        return attack.__name__, fooled(against, attack(*knows, **settings), labels)

    yield rung(random_noise, pictures, rng=rng, eps=eps)
    yield rung(transfer, plain_model, *given, **pgd)
    yield rung(cipher_noise_on_plain, model, cipher, *given, **pgd)
    yield rung(model_fed_plain, model, *given, **pgd)
    yield rung(on_ciphertext, model, cipher, *given, against=answer_to_ciphertexts, **pgd)
    yield rung(through_cipher, model, cipher, *given, **pgd)
    yield rung(discrete_search, model, cipher, *given, rng=rng, eps=eps, nb_iter=nb_iter)
    yield rung(wrong_key, model, *given, **guessing, **pgd)
    yield rung(fresh_keys, model, *given, **guessing, **pgd)
    yield rung(squares, answer, *given, rng=rng, eps=eps, n_queries=n_queries)
