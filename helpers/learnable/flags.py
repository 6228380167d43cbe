"""Warning flags: signs that it is the attack that failed, and not the network that resists.

A network can only be called robust if the attack on it does its best. Where a gradient leads
nowhere (it is masked), attacks fail in ways that can be seen (Athalye, Carlini and Wagner 2018,
"Obfuscated Gradients Give a False Sense of Security", section 3.1; Carlini et al. 2019, "On
Evaluating Adversarial Robustness"). A flag that is down proves nothing; one that is up says that
the error measured is too small.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy  # loads `scipy.stats` only at its first use

from helpers.learnable.attacks import no_way_up
from helpers.learnable.cipher_gradients import bpda, bytes_to_floats, floats_to_bytes
from helpers.learnable.gradients import (
    Floats,
    Gradient,
    Labels,
    compiled_gradient,
    cross_entropy,
    in_batches,
)
from helpers.learnable.ladder import (
    Answer,
    discrete_search,
    fooled,
    random_noise,
    victim,
    whole_bytes,
)
from helpers.learnable.scramble import BlockScrambler, Pictures
from helpers.quiet_keras import keras, silent_stderr

FLAT = 0.02  # an error that grows by no more has come to rest
Other = Callable[[Answer, Pictures, Labels], Pictures]  # an attack that asks the service alone


class Flag(NamedTuple):
    """One sign: what was looked at, what was seen there, and whether it warns."""

    what: str
    seen: str
    up: bool


def warning_flags(
    model: keras.Model,
    cipher: BlockScrambler | None,
    pictures: Pictures,
    labels: Labels,
    *,
    rng: np.random.Generator,
    eps: float = 0.1,
    grad: Gradient | None = None,
    steps: Sequence[int] = (20, 50, 100, 500),
    starts: int = 3,
    others: Mapping[str, Other] = MappingProxyType({}),
) -> list[Flag]:
    """All flags for PGD on a network: six of them, and one for each of the `others`.

    Args:
        model: a Keras model.
        cipher: what its service encrypts with; None for a network of plain pictures.
        pictures: uint8 (n, height, width, 3); about a hundred.
        labels: whole numbers (n,).
        rng: for random starts and noise.
        eps: how far a byte may go, of 1 for 255.
        grad: what PGD takes for the gradient; by default the one through the cipher.
        steps: after how many steps the error is looked at, at least two numbers that grow.
        starts: how often PGD begins again, at random places.
        others: more attacks that need no gradient, by name, such as Square.

    Returns:
        The flags in the order in which they are measured.

    Raises:
        ValueError: as `attacks.projected_gradient_descent`.

    Source: Athalye, Carlini and Wagner (2018), section 3.1; Carlini et al. (2019), section 4.
    """
    climber = Climber(model, victim(model, cipher), pictures, labels, grad or bpda(cipher))
    lost = fooled(climber.answer, pictures, labels)
    flags = [by_steps(climber, lost, eps, steps), by_starts(climber, lost, eps, starts, rng)]

    def noise(*_: object) -> Pictures:
        return random_noise(pictures, rng=rng, eps=eps, corners=True)

    def search(*_: object) -> Pictures:
        return discrete_search(model, cipher, pictures, labels, rng=rng, eps=eps)

    for name, other in {"random noise": noise, **others, "the discrete search": search}.items():
        flags.append(beaten_by(name, other, climber, lost))
    return [*flags, *without_slope(climber, cipher), by_eps(climber, eps, steps[0])]


@dataclass
class Climber:
    """PGD in slices: pictures that fall drop out, and the others go on from where they are.

    So a picture is lost if it fools the service after any of the numbers of steps asked for.
    """

    model: keras.Model
    answer: Answer
    pictures: Pictures
    labels: Labels
    grad: Gradient

    def ball(self, eps: float) -> tuple[Floats, Floats]:
        """The lowest and the highest values within eps."""
        x, size = bytes_to_floats(self.pictures), np.float32(whole_bytes(eps) / 255)
        return np.clip(x - size, 0, 1), np.clip(x + size, 0, 1)

    def climb(self, now: Floats, lost: npt.NDArray[np.bool_], eps: float, steps: Sequence[int]):
        """The share lost after each of these numbers of steps of a tenth of eps.

        `lost`, bool (n,), says what had fallen before, and, in the end, what has fallen since.
        """
        now, (low, high), errors = now.copy(), self.ball(eps), []
        for step in range(1, max(steps) + 1):
            left = np.flatnonzero(~lost)
            if left.size:
                slope, _ = self.grad(self.model, now[left], self.labels[left], "cross-entropy")
                slope[no_way_up(slope)] = 0
                ahead = now[left] + np.float32(eps / 10) * np.sign(slope)
                now[left] = np.clip(ahead, low[left], high[left])
            if step in steps:
                if left.size:
                    noisy = floats_to_bytes(now[left])
                    lost[left] = fooled(self.answer, noisy, self.labels[left])
                errors.append(float(lost.mean()))
        return errors


# --- one flag each --------------------------------------------------------------------------------


def by_steps(climber: Climber, lost, eps: float, steps: Sequence[int]) -> Flag:
    """Up if the error still grows in the end: the attack was stopped too early."""
    errors = climber.climb(bytes_to_floats(climber.pictures), lost, eps, steps)
    what = f"error after {', '.join(map(str, steps))} steps: still grows"
    return Flag(what, shares(errors), errors[-1] - errors[-2] > FLAT)


def by_starts(climber: Climber, lost, eps: float, starts: int, rng: np.random.Generator) -> Flag:
    """Up if the last start still finds more: one start says too little."""
    errors, ball = [float(lost.mean())], climber.ball(eps)
    for _ in range(starts):
        errors += climber.climb(rng.uniform(*ball).astype(np.float32), lost, eps, (20,))
    what = f"error after 0 to {starts} new starts: still grows"
    return Flag(what, shares(errors), errors[-1] - errors[-2] > FLAT)


def beaten_by(name: str, other: Other, climber: Climber, lost) -> Flag:
    """Up if an attack without this gradient fools more, beyond chance (McNemar's exact test)."""
    noisy = other(climber.answer, climber.pictures, climber.labels)
    too = fooled(climber.answer, noisy, climber.labels)
    alone, lost_alone = int((too & ~lost).sum()), int((lost & ~too).sum())
    chance = scipy.stats.binomtest(alone, max(alone + lost_alone, 1), alternative="greater")
    return Flag(f"{name} beats PGD", f"{too.mean():.2f} to {lost.mean():.2f}", chance.pvalue < 0.05)


def without_slope(climber: Climber, cipher: BlockScrambler | None) -> list[Flag]:
    """Up if slopes are exactly 0: as PGD takes them, and in a copy that computes in float16."""
    x, y = bytes_to_floats(climber.pictures), climber.labels.astype(np.int32)
    slope, _ = climber.grad(climber.model, x, y, "cross-entropy")
    seen = climber.pictures if cipher is None else cipher.encrypt(climber.pictures)
    with silent_stderr():  # TensorFlow says that a CPU is slow at this
        grad = compiled_gradient(in_half_precision(climber.model), cross_entropy)
        halved, _ = in_batches(grad, bytes_to_floats(seen), y)
    return [
        Flag(f"slopes that are 0, {precision}", f"{zero:.2%}", zero > 0.01)
        for precision, zero in (
            ("float32", np.mean(slope == 0)),
            ("in half precision", np.mean(halved == 0)),
        )
    ]


def in_half_precision(model: keras.Model) -> keras.Model:
    """A copy with the same weights that computes in float16, as fast training does."""

    def clone(layer: keras.Layer) -> keras.Layer:
        return type(layer).from_config(layer.get_config() | {"dtype": "mixed_float16"})

    copy = keras.models.clone_model(model, clone_function=clone, recursive=True)
    copy.set_weights(model.get_weights())
    return copy


def by_eps(climber: Climber, eps: float, steps: int) -> Flag:
    """Up if more noise does not fool more, or if half of the whole range does not fool always."""
    errors = []
    for size in (eps, 2 * eps, 0.5):
        lost = fooled(climber.answer, climber.pictures, climber.labels)
        errors += climber.climb(bytes_to_floats(climber.pictures), lost, size, (steps,))
    falls = bool(np.diff(errors).min() < -FLAT)
    what = "error at eps, 2 eps and 0.5: does not rise to 1"
    return Flag(what, shares(errors), falls or errors[-1] < 1)


def shares(errors: Sequence[float]) -> str:
    return ", ".join(f"{error:.2f}" for error in errors)


def table(flags: Sequence[Flag]) -> str:
    """The flags as lines of text.

    >>> print(table([Flag("random noise beats PGD", "0.05 to 0.90", False)]))
    down  random noise beats PGD  0.05 to 0.90
    """
    width = max(len(flag.what) for flag in flags)
    return "\n".join(
        f"{'UP' if flag.up else 'down':4}  {flag.what:{width}}  {flag.seen}" for flag in flags
    )
