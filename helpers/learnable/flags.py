"""Warning flags: signs that it is the attack that failed, and not the network that resists.

A network can only be called robust if the attack on it does its best. Where a gradient leads
nowhere (it is masked), attacks fail in ways that can be seen (Athalye, Carlini and Wagner 2018,
"Obfuscated Gradients Give a False Sense of Security", section 3.1; Carlini et al. 2019, "On
Evaluating Adversarial Robustness"). A flag that is down proves nothing; one that is up says that
the error measured is too small.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy  # loads `scipy.stats` only at its first use

from helpers.learnable import gradients, ladder
from helpers.learnable.cipher_gradients import bpda, bytes_to_floats, floats_to_bytes
from helpers.learnable.gradients import Gradient, Labels
from helpers.learnable.scramble import BlockScrambler, Pictures
from helpers.quiet_keras import keras, silent_stderr

FLAT = 0.02  # an error that grows by no more has come to rest
Other = Callable[[ladder.Answer, Pictures, Labels], Pictures]  # asks the service alone


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
    **others: Other,
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
        others: more attacks that need no gradient, by name: square=..., for example.

    Returns:
        The flags in the order in which they are measured.

    Raises:
        ValueError: as `attacks.projected_gradient_descent`, and for fewer than two numbers of
            steps, or no start.

    Source: Athalye, Carlini and Wagner (2018), section 3.1; Carlini et al. (2019), section 4.
    """
    if len(steps) < 2 or starts < 1:
        raise ValueError(f"Flags take two numbers of steps and a start; {steps}, {starts} came.")
    climber = Climber(model, ladder.victim(model, cipher), pictures, labels, grad or bpda(cipher))
    lost, given = climber.fooled(pictures), (model, cipher, pictures, labels)
    flags = [by_steps(climber, lost, eps, steps), by_starts(climber, lost, eps, starts, rng)]
    chance: dict[str, Any] = {"rng": rng, "eps": eps}
    others["random noise"] = lambda *_: ladder.random_noise(pictures, corners=True, **chance)
    others["discrete search"] = lambda *_: ladder.discrete_search(*given, **chance)
    flags += [beaten_by(name, other, climber, lost) for name, other in others.items()]
    return [*flags, *without_slope(climber, cipher), by_eps(climber, eps, steps[0])]


@dataclass
class Climber:
    """PGD in slices: pictures that fall drop out, and the others go on from where they are.

    So a picture is lost if it fools the service after any of the numbers of steps asked for.
    """

    model: keras.Model
    answer: ladder.Answer
    pictures: Pictures
    labels: Labels
    grad: Gradient

    def fooled(self, pictures: Pictures) -> np.ndarray:
        """Which of them the service gets wrong, bool (n,)."""
        return ladder.fooled(self.answer, pictures, self.labels)

    def climb(self, start: Pictures, lost: np.ndarray, eps: float, steps: Sequence[int]):
        """The share lost after each of these numbers of steps of a tenth of eps.

        `lost`, bool (n,), says what had fallen before, and, in the end, what has fallen since.
        """
        x, now, errors = bytes_to_floats(self.pictures), bytes_to_floats(start), []
        size = np.float32(ladder.whole_bytes(eps) / 255)
        low, high = np.clip(x - size, 0, 1), np.clip(x + size, 0, 1)
        for step in range(1, max(steps) + 1):
            if len(left := np.flatnonzero(~lost)):
                slope, _ = self.grad(self.model, now[left], self.labels[left], "cross-entropy")
                ahead = now[left] + size / 10 * np.sign(slope)
                now[left] = np.clip(ahead, low[left], high[left])
            if step in steps:
                lost |= self.fooled(floats_to_bytes(now))
                errors.append(float(lost.mean()))
        return errors


# --- one flag each --------------------------------------------------------------------------------


def by_steps(climber: Climber, lost: np.ndarray, eps: float, steps: Sequence[int]) -> Flag:
    """Up if the error still grows in the end: the attack was stopped too early."""
    errors = climber.climb(climber.pictures, lost, eps, steps)
    what = f"error after {', '.join(map(str, steps))} steps: still grows"
    return Flag(what, listed(errors), errors[-1] - errors[-2] > FLAT)


def by_starts(climber: Climber, lost, eps: float, starts: int, rng: np.random.Generator) -> Flag:
    """Up if the last start still finds more: one start says too little."""
    errors = [float(lost.mean())]
    for _ in range(starts):
        start = ladder.random_noise(climber.pictures, rng=rng, eps=eps)
        errors += climber.climb(start, lost, eps, (20,))
    what = f"error after 0 to {starts} new starts: still grows"
    return Flag(what, listed(errors), errors[-1] - errors[-2] > FLAT)


def beaten_by(name: str, other: Other, climber: Climber, lost) -> Flag:
    """Up if an attack without this gradient fools more, beyond chance (McNemar's exact test)."""
    too = climber.fooled(other(climber.answer, climber.pictures, climber.labels))
    alone, lost_alone = int((too & ~lost).sum()), int((lost & ~too).sum())
    chance = scipy.stats.binomtest(alone, max(alone + lost_alone, 1), alternative="greater")
    return Flag(
        f"{name} beats PGD", f"~{too.mean():.2f} to ~{lost.mean():.2f}", chance.pvalue < 0.05
    )


def without_slope(climber: Climber, cipher: BlockScrambler | None) -> list[Flag]:
    """Up if slopes are exactly 0: as PGD takes them, and in a copy that computes in float16."""
    x, y = bytes_to_floats(climber.pictures), climber.labels.astype(np.int32)
    seen = bytes_to_floats(cipher.encrypt(climber.pictures)) if cipher else x
    slope, _ = climber.grad(climber.model, x, y, "cross-entropy")
    half = in_half_precision(climber.model)
    with silent_stderr():  # TensorFlow says that a CPU is slow at this
        grad = gradients.compiled_gradient(half, gradients.cross_entropy)
        halved, _ = gradients.in_batches(grad, seen, y)
    zero, zero_in_half = np.mean(slope == 0), np.mean(halved == 0)
    return [
        Flag("slopes that are 0, float32", f"~{zero:.2%}", zero > 0.01),
        Flag("slopes that are 0, in half precision", f"~{zero_in_half:.2%}", zero_in_half > 0.01),
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
        lost = climber.fooled(climber.pictures)
        errors += climber.climb(climber.pictures, lost, size, (steps,))
    falls = bool(np.diff(errors).min() < -FLAT)
    what = "error at eps, 2 eps and 0.5: does not rise to 1"
    return Flag(what, listed(errors), falls or errors[-1] < 1)


def listed(errors: Sequence[float]) -> str:
    return ", ".join(f"~{error:.2f}" for error in errors)


def table(flags: Sequence[Flag]) -> str:
    """The flags as lines of text.

    >>> print(table([Flag("random noise beats PGD", "0.05 to 0.90", False)]))
    down  random noise beats PGD  0.05 to 0.90
    """
    width = max(len(flag.what) for flag in flags)
    return "\n".join(
        f"{'UP' if flag.up else 'down':4}  {flag.what:{width}}  {flag.seen}" for flag in flags
    )
