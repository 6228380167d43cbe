"""Is the mismatched attack any better than noise? Noise of three kinds beside it, seed by seed.

python -m data.studies.noise_controls --scale classroom

The attack is the paper's on "Encrypted", as we read it: PGD on the model that is fed plain
pictures, eps 0.1, 20 steps of 0.01. Beside it, ten draws each of

uniform   noise anywhere within eps: smaller, on average, than what PGD makes
corners   every value moved by all of eps, up or down: larger
matched   the attack's own noise, value by value, with its signs tossed anew

Only the last decides whether the attack's direction is worth anything. The test: if it were worth
nothing, the attack would be one more toss among the ten. So of a picture that the network gets
wrong in t of these eleven, it would be the attack's with probability t / 11, whatever the picture;
the sum over all pictures, which are independent, has a distribution that is computed exactly. With
one draw in place of ten this is McNemar's test. A picture has its own share in it, which a
comparison of two errors would leave out, and ten draws blur the control less than one does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from data.studies.attacked import Bools, Setting, Victim, rounded, share, study
from data.studies.measures import PAPERS_ATTACK
from helpers.learnable import ladder
from helpers.learnable.gradients import Labels
from helpers.learnable.scramble import Pictures

VICTIM, ATTACKED, DRAWS = "Encrypted", 2000, 10
SEEDS = (1, 2, 3)
EPS = PAPERS_ATTACK["eps"]

Noise = Callable[[np.random.Generator], Pictures]  # one draw: the pictures with noise


def of_seed(seed: int) -> Callable[[Setting], Any]:
    """The part for the network of this seed; it gives None where there is no such network."""

    def part(setting: Setting) -> dict[str, Any] | None:
        if seed not in setting.seeds(VICTIM):
            return None
        return controls(setting.victim(VICTIM, seed), *setting.test(ATTACKED))

    return part


def controls(victim: Victim, pictures: Pictures, labels: Labels) -> dict[str, Any]:
    """The attack, and each kind of noise beside it."""
    attacked = ladder.model_fed_plain(victim.model, pictures, labels, **PAPERS_ATTACK)
    lost = victim.fooled(attacked, labels)
    kinds: dict[str, Noise] = {
        "uniform": lambda rng: ladder.random_noise(pictures, rng=rng, eps=EPS),
        "corners": lambda rng: ladder.random_noise(pictures, rng=rng, eps=EPS, corners=True),
        "matched": lambda rng: ladder.random_signs(pictures, attacked, rng=rng),
    }
    found: dict[str, Any] = {
        "no_attack": share(victim.fooled(pictures, labels)),
        "mismatched": {**share(lost), "rms": rms(attacked, pictures)},
    }
    for kind, draw in kinds.items():
        noisy = [draw(np.random.default_rng([victim.seed, i])) for i in range(DRAWS)]
        tossed = np.stack([victim.fooled(one, labels) for one in noisy])
        size = {"rms": rms(noisy[0], pictures)}
        found[kind] = {"wrong": tossed.sum(axis=1).tolist(), **size, **beside(lost, tossed)}
    return found


def rms(noisy: Pictures, pictures: Pictures) -> float:
    """The root of the mean square of the noise, in bytes."""
    return round(float(np.sqrt(np.mean(np.square(noisy.astype(float) - pictures)))), 2)


def beside(lost: Bools, tossed: Bools) -> dict[str, Any]:
    """An attack, bool (n,), beside draws of noise, bool (draws, n), picture by picture.

    The mean and the range of the draws' errors; by how much the attack's is larger, with the
    interval of 95 % for other pictures and the same draws; and the exact p of both directions.
    """
    errors, more = tossed.mean(axis=1), lost - tossed.mean(axis=0)
    reach = 1.96 * more.std(ddof=1) / np.sqrt(len(more))
    by_chance = (lost + tossed.sum(axis=0)) / (1 + len(tossed))
    return {
        "mean": round(float(errors.mean()), 4),
        "range": rounded([errors.min(), errors.max()]),
        "attack_minus_mean": round(float(more.mean()), 4),
        "interval": rounded([more.mean() - reach, more.mean() + reach]),
        "p": float(f"{two_sided(int(lost.sum()), by_chance):.2g}"),
    }


def two_sided(hits: int, chances: npt.NDArray[np.float64]) -> float:
    """How likely so few or so many hits are, twice the smaller of the two, if each trial i hits
    with chances[i] on its own: the Poisson binomial distribution, by convolution.
    """
    distribution = np.ones(1)
    for chance in chances:
        distribution = np.convolve(distribution, [1 - chance, chance])
    return float(min(1, 2 * min(distribution[: hits + 1].sum(), distribution[hits:].sum())))


main = study("noise_controls", __doc__, {f"seed {seed}": of_seed(seed) for seed in SEEDS})

if __name__ == "__main__":
    main()
