"""The ladder of threat models: one attack a rung, by what its attacker knows of cipher, key, model.

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

Pictures go in and come out as bytes, uint8 (n, height, width, 3), since that is what the cipher
takes; labels are whole numbers (n,). eps counts from 0 to 1, and of eps * 255 the whole bytes are
used: 25 of the paper's 25.5. `options` are eps, eps_iter, nb_iter and the others of
`attacks.projected_gradient_descent`, and so are the errors. "The paper" is that of `attacks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from helpers.learnable import attacks, scramble
from helpers.learnable.cipher_gradients import (
    as_bytes,
    as_floats,
    border_bytes,
    cropped,
    most_promising,
    nibble_slopes,
    straight_through,
)
from helpers.learnable.gradients import classes_of, margin, scores
from helpers.learnable.scramble import BlockScrambler
from helpers.quiet_keras import keras

# --- the victim -----------------------------------------------------------------------------------


def victim(model: keras.Model, cipher: BlockScrambler | None = None) -> Callable:
    """The service under attack, pictures -> logits (n, classes); with a key it encrypts first."""
    if cipher is None:
        return lambda pictures: scores(model, as_floats(pictures))
    return lambda pictures: scores(model, as_floats(cipher.encrypt(pictures)))


def fooled(answer: Callable, pictures: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Which pictures a `victim` gets wrong, bool (n,): their share is the error of Table I.

    Right is a label whose logit is larger than all others: a network that says the same of all
    classes is wrong everywhere, not robust. ValueError where its answers are not finite numbers.
    """
    return margin(answer(pictures), attacks.check_labels(labels, len(pictures))) >= 0


# --- attackers without the model ------------------------------------------------------------------


def random_noise(
    pictures: np.ndarray, *, rng: np.random.Generator, eps: float = 0.1, corners: bool = False
) -> np.ndarray:
    """The control, knowing nothing: noise uniform within eps, or for `corners` +-eps everywhere.

    An attack that does no better has found nothing out.
    """
    size, shape = whole_bytes(eps), scramble.check_pictures(pictures).shape
    if corners:
        return add_noise(pictures, rng.choice(np.int16([-size, size]), shape))
    return add_noise(pictures, rng.integers(-size, size, shape, np.int16, endpoint=True))


def random_signs(
    pictures: np.ndarray, noisy: np.ndarray, *, rng: np.random.Generator
) -> np.ndarray:
    """The matched control: an attack's noise, value by value, with its signs tossed anew.

    Attacks move most values to the border of eps, farther than uniform noise does on average and
    less than `corners` do. So only this says whether an attack's *direction* is worth anything.
    """
    noise = noisy.astype(np.int16) - scramble.check_pictures(pictures)
    return add_noise(pictures, noise * rng.choice(np.int16([-1, 1]), noise.shape))


def transfer(
    plain_model: keras.Model, pictures: np.ndarray, labels: np.ndarray, **options
) -> np.ndarray:
    """(a) Knowing the task alone: PGD on a model of one's own, trained on plain pictures.

    Against that very model it is the white-box attack, the paper's row "Plain".
    """
    return pgd_on_bytes(plain_model, pictures, labels, **options)


def squares(
    answer: Callable,
    pictures: np.ndarray,
    labels: np.ndarray,
    *,
    rng: np.random.Generator,
    eps: float = 0.1,
    n_queries: int = 100,
) -> np.ndarray:
    """Knowing neither model nor key, but the `victim`'s scores for n_queries tries a picture."""
    found = attacks.square_attack(
        lambda x: answer(as_bytes(x)),
        as_floats(pictures),
        labels,
        rng=rng,
        eps=whole_bytes(eps) / 255,
        n_queries=n_queries,
    )
    return as_bytes(found)


# --- mismatched gradients -------------------------------------------------------------------------


def cipher_noise_on_plain(
    model: keras.Model, cipher: BlockScrambler, pictures: np.ndarray, labels: np.ndarray, **options
) -> np.ndarray:
    """(b1) Knowing everything, but noise made for the ciphertext is added to the plain picture.

    The cipher then moves it elsewhere: one way to read the paper's "added the noise to the test
    images and then, encrypted them".
    """
    ciphertexts = cipher.encrypt(pictures)
    found = on_ciphertext(model, cipher, pictures, labels, **options)
    return add_noise(pictures, cropped(found.astype(np.int16) - ciphertexts, pictures))


def model_fed_plain(
    model: keras.Model, pictures: np.ndarray, labels: np.ndarray, **options
) -> np.ndarray:
    """(b2) Knowing the model, but not that it sees ciphertexts: PGD on plain pictures fed to it.

    The other way to read the paper. The gradient is that of a place where no input ever is.
    """
    return pgd_on_bytes(model, pictures, labels, **options)


# --- matched gradients ----------------------------------------------------------------------------


def on_ciphertext(
    model: keras.Model, cipher: BlockScrambler, pictures: np.ndarray, labels: np.ndarray, **options
) -> np.ndarray:
    """(c) Knowing the model and changing what it is sent: the ciphertext, within eps of itself.

    Returns ciphertexts, for a `victim` without cipher. No key is needed: `cipher` merely makes the
    ciphertexts that this attacker catches on their way.
    """
    return pgd_on_bytes(model, cipher.encrypt(pictures), labels, **options)


def through_cipher(
    model: keras.Model, cipher: BlockScrambler, pictures: np.ndarray, labels: np.ndarray, **options
) -> np.ndarray:
    """(d) Knowing everything: PGD on the picture, its gradient carried back through the cipher."""
    return pgd_on_bytes(model, pictures, labels, grad=straight_through(lambda: cipher), **options)


def wrong_key(
    model: keras.Model,
    pictures: np.ndarray,
    labels: np.ndarray,
    *,
    rng: np.random.Generator,
    block_size: int = 4,
    **options,
) -> np.ndarray:
    """(e) Knowing everything but the key: `through_cipher` under one that is guessed at random."""
    guess = BlockScrambler(scramble.random_key(rng, block_size), block_size)
    return through_cipher(model, guess, pictures, labels, **options)


def fresh_keys(
    model: keras.Model,
    pictures: np.ndarray,
    labels: np.ndarray,
    *,
    rng: np.random.Generator,
    block_size: int = 4,
    **options,
) -> np.ndarray:
    """(e) Knowing everything but the key, and hoping for the average: a new guess at each step."""

    def guess():
        return BlockScrambler(scramble.random_key(rng, block_size), block_size)

    return pgd_on_bytes(model, pictures, labels, grad=straight_through(guess), **options)


def discrete_search(
    model: keras.Model,
    cipher: BlockScrambler | None,
    pictures: np.ndarray,
    labels: np.ndarray,
    *,
    rng: np.random.Generator,
    eps: float = 0.1,
    nb_iter: int = 20,
) -> np.ndarray:
    """(d) Knowing everything, and that a nibble jumps: from 15 to 16, a byte of the cipher can move
    by 240. Without a cipher, the same search on a model of plain pictures, to compare with.

    Each step gives most of the values, later fewer, the byte in the ball that promises most, by the
    slopes of this step and, fading, of those before (momentum: Dong et al. 2018). The best picture
    met is kept, and left alone once it has succeeded.
    """
    labels = attacks.check_labels(labels, len(pictures), classes_of(model))
    attacks.check_budget(eps, eps, nb_iter, np.inf, 1.0)
    candidates = border_bytes(pictures, whole_bytes(eps))
    best, now, lead = pictures.copy(), pictures.copy(), np.full(len(pictures), -np.inf)
    slopes, stuck = np.zeros((2, *pictures.shape), np.float32), np.zeros(len(pictures), bool)
    for step in range(nb_iter + 1):
        active = np.flatnonzero(lead < 0)
        if not active.size:
            break
        low, high, logits = nibble_slopes(model, cipher, now[active], labels[active])
        new = margin(logits, labels[active])
        better = new > lead[active]
        best[active[better]], lead[active[better]] = now[active[better]], new[better]
        still = attacks.no_way_up(np.stack([low, high], axis=1))
        low[still], high[still], stuck[active[still]] = 0, 0, True
        slopes[:, active] = 0.75 * slopes[:, active] + unit_slopes(low, high)
        wanted = most_promising(candidates[:, active], *slopes[:, active])
        chosen = rng.random(wanted.shape) < (0.7 if step < nb_iter / 2 else 0.3)
        chosen[still] = False
        now[active] = np.where(chosen, wanted, now[active])
    attacks.warn_of(stuck)
    return best


def unit_slopes(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Both slopes of each picture over the mean size of its high ones, so that steps compare."""
    size = np.abs(high).mean(axis=(1, 2, 3), keepdims=True)
    return np.stack([low, high]) / np.maximum(size, np.finfo(np.float32).tiny)


# --- all rungs ------------------------------------------------------------------------------------

RUNGS = ("random_noise", "transfer", "cipher_noise_on_plain", "model_fed_plain", "on_ciphertext")
RUNGS += ("through_cipher", "discrete_search", "wrong_key", "fresh_keys", "squares")


def climb(
    model: keras.Model,
    plain_model: keras.Model,
    cipher: BlockScrambler,
    pictures: np.ndarray,
    labels: np.ndarray,
    *,
    rng: np.random.Generator,
    eps: float = 0.1,
    eps_iter: float = 0.01,
    nb_iter: int = 20,
    n_queries: int = 100,
) -> Iterator[tuple[str, np.ndarray]]:
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


# --- bytes ----------------------------------------------------------------------------------------


def pgd_on_bytes(
    model: keras.Model, pictures: np.ndarray, labels: np.ndarray, eps: float = 0.1, **options
) -> np.ndarray:
    """PGD between floats, its result rounded to the nearest byte within eps of the picture."""
    size = whole_bytes(eps)
    found = attacks.projected_gradient_descent(
        model, as_floats(pictures), labels, eps=size / 255, **options
    )
    return as_bytes(found)


def whole_bytes(eps: float) -> int:
    """The whole bytes in eps. (33 * (1 / 255) * 255 is a hair below 33: hence the 1e-6.)"""
    attacks.check_budget(eps, eps, 0, np.inf, 1.0)
    return int(eps * 255 + 1e-6)


def add_noise(pictures: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Pictures, uint8, plus noise, int16 in bytes, cut off at 0 and 255."""
    return np.clip(pictures + noise, 0, 255).astype(np.uint8)
