"""The ladder of threat models: one attack a rung, by what its attacker knows of cipher, key, model.

rung                        knows                                  adds its noise to
`random_noise`              nothing                                the picture
`model_fed_plain`           the model, and overlooks the cipher    the picture
`through_cipher`            everything                             the picture
`discrete_search`           everything                             the picture

These are the rungs that lesson 6 climbs by itself, with half a key (`without_key`) between the last
two and the others; more are in data/studies/attackers.py.

Pictures go in and come out as bytes, uint8 (n, height, width, 3), since that is what the cipher
takes; labels are whole numbers (n,). eps counts from 0 to 1, and of eps * 255 the whole bytes are
used: 25 of the paper's 25.5. `options` are eps_iter, nb_iter and the others of
`attacks.projected_gradient_descent`, and so are the errors. "The paper" is that of `attacks`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from helpers.learnable import attacks, scramble
from helpers.learnable.cipher_gradients import (
    bpda,
    bytes_to_floats,
    floats_to_bytes,
    nibble_slopes,
)
from helpers.learnable.gradients import Floats, Labels, margin, scores
from helpers.learnable.scramble import BlockScrambler, Pictures
from helpers.quiet_keras import keras

Answer = Callable[[Pictures], Floats]


def victim(model: keras.Model, cipher: BlockScrambler | None = None) -> Answer:
    """The service under attack, pictures -> logits (n, classes); with a key it encrypts first."""
    if cipher is None:
        return lambda pictures: scores(model, bytes_to_floats(pictures))
    return lambda pictures: scores(model, bytes_to_floats(cipher.encrypt(pictures)))


def fooled(answer: Answer, pictures: Pictures, labels: Labels) -> npt.NDArray[np.bool_]:
    """Which pictures a victim gets wrong: their share is the error of Table I.

    Right is a label whose logit is larger than all others: a network that says the same of all
    classes is wrong everywhere, not robust.

    Args:
        answer: a `victim`, or any function from pictures to logits (n, classes).
        pictures: uint8 (n, height, width, 3).
        labels: whole numbers (n,).

    Returns:
        bool (n,).

    Raises:
        ValueError: where there is not one label a picture, or an answer is no finite number.

    Source: the paper, Table I.

    >>> def always_undecided(pictures):
    ...     return np.float32([[1, 1, 0]] * len(pictures))
    >>> fooled(always_undecided, np.zeros((2, 1, 1, 3), np.uint8), np.array([0, 2])).tolist()
    [True, True]
    """
    return margin(answer(pictures), attacks.check_labels(labels, len(pictures))) >= 0


def random_noise(
    pictures: Pictures, *, rng: np.random.Generator, eps: float = 0.1, corners: bool = False
) -> Pictures:
    """The control: an attack that does no better has found nothing out.

    Args:
        pictures: uint8 (n, height, width, 3).
        rng: where the noise comes from.
        eps: how far a byte may go, of 1 for 255.
        corners: to move every value by all of eps, up or down; otherwise noise is uniform within.

    Returns:
        uint8 like the pictures.

    Raises:
        ValueError: for other pictures, or an eps that is not from 0 to 1.

    Source: none in the paper, which has no such control.

    >>> grey = np.full((1, 1, 2, 3), 128, np.uint8)
    >>> noisy = random_noise(grey, rng=np.random.default_rng(1), eps=2 / 255, corners=True)
    >>> sorted(set(noisy.ravel().tolist()))
    [126, 130]
    """
    size, shape = whole_bytes(eps), scramble.check_pictures(pictures).shape
    if corners:
        return add_noise(pictures, rng.choice(np.array([-size, size], np.int16), shape))
    return add_noise(pictures, rng.integers(-size, size, shape, np.int16, endpoint=True))


def random_signs(pictures: Pictures, noisy: Pictures, *, rng: np.random.Generator) -> Pictures:
    """The matched control: an attack's noise, value by value, with its signs tossed anew.

    Attacks move most values to the border of eps, farther than uniform noise does on average and
    less than `corners` do. So only this says whether an attack's *direction* is worth anything.

    Args:
        pictures: uint8 (n, height, width, 3).
        noisy: the same after an attack.
        rng: where the signs come from.

    Returns:
        uint8 like the pictures.

    Raises:
        ValueError: for pictures that are none.

    Source: none in the paper, which has no such control.

    >>> grey = np.full((1, 1, 1, 3), 128, np.uint8)
    >>> control = random_signs(grey, grey + np.uint8([0, 3, 5]), rng=np.random.default_rng(1))
    >>> np.abs(control.astype(int) - grey).tolist()
    [[[[0, 3, 5]]]]
    """
    noise = noisy.astype(np.int16) - scramble.check_pictures(pictures)
    return add_noise(pictures, noise * rng.choice(np.array([-1, 1], np.int16), noise.shape))


def model_fed_plain(
    model: keras.Model,
    pictures: Pictures,
    labels: Labels,
    eps: float = 0.1,
    *,
    attack: Callable[..., Floats] = attacks.projected_gradient_descent,
    **options: Any,
) -> Pictures:
    """PGD on plain pictures that are fed to the model, though it sees ciphertexts at other times.

    So we read the paper, which does not say what its gradient is of. For a model of plain pictures
    it is the usual white-box attack; for others the gradient is that of a place where no input ever
    is.

    Args:
        model: a Keras model of floats from 0 to 1.
        pictures: uint8 (n, height, width, 3).
        labels: whole numbers (n,).
        eps: how far a byte may go, of 1 for 255.
        attack: PGD, or another that takes and gives floats, as `apgd.auto_pgd`.
        options: the attack's, eps_iter and nb_iter of PGD for instance.

    Returns:
        uint8 like the pictures: what PGD found between floats, rounded to the nearest byte.

    Raises:
        ValueError: as `attacks.projected_gradient_descent`.

    Source: the paper, section III ("We generated adversarial noise by PGD").

    >>> model = keras.Sequential([keras.Input((1, 1, 3)), keras.layers.Flatten()])
    >>> grey, label = np.full((1, 1, 1, 3), 128, np.uint8), np.array([0])
    >>> model_fed_plain(model, grey, label, eps=2 / 255).tolist()
    [[[[126, 130, 130]]]]
    """
    size, x = whole_bytes(eps), bytes_to_floats(pictures)
    return floats_to_bytes(attack(model, x, labels, eps=size / 255, **options))


def through_cipher(
    model: keras.Model,
    cipher: BlockScrambler | None,
    pictures: Pictures,
    labels: Labels,
    eps: float = 0.1,
    **options: Any,
) -> Pictures:
    """Knowing everything: PGD on the picture, its gradient carried back through the cipher, BPDA.

    Without a cipher, PGD that asks the model at whole bytes, to compare with.
    """
    return model_fed_plain(model, pictures, labels, eps, grad=bpda(cipher), **options)


def discrete_search(
    model: keras.Model,
    cipher: BlockScrambler | None,
    pictures: Pictures,
    labels: Labels,
    *,
    rng: np.random.Generator,
    eps: float = 0.1,
    nb_iter: int = 20,
) -> Pictures:
    """Knowing everything, and that a nibble jumps: from 15 to 16, a byte of the cipher can move
    by 240. Without a cipher, the same search on a model of plain pictures, to compare with.

    Each step gives most of the values, later fewer, the byte in the ball that promises most, by the
    slopes of this step and, fading, of those before (momentum: Dong et al. 2018). The best picture
    met is kept, and left alone once it has succeeded.
    """
    labels = attacks.check_labels(labels, len(pictures), attacks.classes_of(model))
    attacks.check_budget(eps, eps, nb_iter)
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


def unit_slopes(low: Floats, high: Floats) -> Floats:
    """Both slopes of each picture over the mean size of its high ones, so that steps compare."""
    size = np.abs(high).mean(axis=(1, 2, 3), keepdims=True)
    return np.stack([low, high]) / np.maximum(size, np.finfo(np.float32).tiny)


def border_bytes(pictures: Pictures, size: int) -> npt.NDArray[np.uint8]:
    """The six bytes within `size` of each byte that can be best, uint8 (6, n, height, width, 3).

    A sum g_high * high(v) + g_low * low(v) is straight between two nibble borders, and rises or
    falls evenly from one border to the next. So its greatest value in the ball is at an end, or
    beside the first or the last border.
    """
    first = np.maximum(pictures.astype(np.int16) - size, 0)
    last = np.minimum(pictures.astype(np.int16) + size, 255)
    after, before = (first | 15) + 1, last & ~15  # the lowest and highest multiple of 16 inside
    six = np.stack([first, last, after - 1, after, before - 1, before])
    return np.clip(six, first, last).astype(np.uint8)


def most_promising(candidates: npt.NDArray[np.uint8], low: Floats, high: Floats) -> Pictures:
    """Of candidates v, uint8 (k, ...), those with the greatest g_high high(v) + g_low low(v)."""
    gain = high * (candidates >> 4) + low * (candidates & 15)
    return np.take_along_axis(candidates, gain.argmax(axis=0)[None], axis=0)[0]


def label_leaking(
    answer: Answer,
    attack: Callable[[Pictures, Labels], Pictures],
    pictures: Pictures,
    labels: Labels,
    *,
    rng: np.random.Generator,
) -> dict[str, npt.NDArray[np.bool_]]:
    """Does a network read the label off the noise, and not off the picture?

    Noise that an attack made against the right label of a picture, then against a wrong one; and
    that first noise elsewhere: on plain grey, and, as a stamp, on a picture of another class. An
    honest attack drives a network away from the label: one that leaks names it all the more.

    Args:
        answer: a `victim`, or any function from pictures to logits (n, 10).
        attack: (pictures, labels) -> pictures with noise against these labels, all uint8.
        pictures: uint8 (n, height, width, 3), of at least two classes.
        labels: whole numbers (n,), from 0 to 9.
        rng: which wrong label, and which other picture.

    Returns:
        By the name of a test, bool (n,): whether the network names the label that the noise was
        made against. Under "clean" there is no noise, and it is the picture's; under
        "picture_below_stamp" it is the label of the picture that was stamped.

    Raises:
        ValueError: where all pictures are of one class, and as the attack.

    Source: Kurakin, Goodfellow, Bengio (2016, "Adversarial Machine Learning at Scale", section
        4.3), who found it; the tests on grey and by a stamp are the kit's own.

    >>> def brightest_row(pictures):
    ...     return np.float32(pictures.sum(axis=(2, 3)))
    >>> def whiten_row(pictures, labels):
    ...     return np.where(np.eye(10)[labels][:, :, None, None], 255, pictures).astype(np.uint8)
    >>> black, labels = np.zeros((2, 10, 1, 3), np.uint8), np.array([3, 8])
    >>> rng = np.random.default_rng(1)
    >>> found = label_leaking(brightest_row, whiten_row, black, labels, rng=rng)
    >>> found["stamp"].tolist(), found["picture_below_stamp"].tolist()
    ([True, True], [False, False])
    """
    if len(set(labels.tolist())) < 2:
        raise ValueError(
            "A stamp goes onto a picture of another class; here is one class: add some."
        )
    wrong = (labels + rng.integers(1, 10, len(labels))) % 10
    others = np.array([rng.choice(np.flatnonzero(labels != label)) for label in labels])
    against_right = attack(pictures, labels)
    noise = against_right.astype(np.int16) - pictures
    stamped = add_noise(pictures[others], noise)
    tests = {
        "clean": (pictures, labels),
        "noise_against_right_label": (against_right, labels),
        "noise_against_wrong_label": (attack(pictures, wrong), wrong),
        "noise_on_grey": (add_noise(np.full_like(pictures, 128), noise), labels),
        "stamp": (stamped, labels),
        "picture_below_stamp": (stamped, labels[others]),
    }
    return {name: answer(shown).argmax(axis=1) == label for name, (shown, label) in tests.items()}


def whole_bytes(eps: float) -> int:
    """The whole bytes in eps. (33 * (1 / 255) * 255 is a hair below 33: hence the 1e-6.)"""
    attacks.check_budget(eps, eps, 0)
    return int(eps * 255 + 1e-6)


def add_noise(pictures: Pictures, noise: npt.NDArray[np.int16]) -> Pictures:
    """Pictures, uint8, plus noise, int16 in bytes, cut off at 0 and 255."""
    return np.clip(pictures + noise, 0, 255).astype(np.uint8)
