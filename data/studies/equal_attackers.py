"""The same attackers on networks of plain and of encrypted pictures, and on one that resists.

python -m data.studies.equal_attackers --scale classroom

Everybody knows everything here, key and network; noise of eps = 1, 2, 4, 8 of 255 goes onto the
plain picture, which is encrypted where there is a key. Each row of the result is an attack:

no_attack     pictures that are read wrongly as they are
pgd           20 steps of a tenth of eps on the cross-entropy, the paper's attack
pgd_margin    the same on the difference of two logits
apgd, dlr     APGD, 50 steps, two starts, on the cross-entropy and on the ratio of logits
search        the discrete search, which knows nibbles
square        2,000 questions without any gradient, for the first 200 pictures alone
worst         a picture is lost if any of these fools the network: the row that counts

All are measured at whole bytes, on 1,000 pictures, the same for all networks, so that pictures can
be compared in pairs (McNemar's exact test).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from data.studies import attackers
from data.studies.attacked import Bools, Setting, Victim, paired, share, study
from helpers.learnable import ladder
from helpers.learnable.apgd import apgd_on_bytes
from helpers.learnable.gradients import Labels
from helpers.learnable.scramble import Pictures

NETWORKS = ("Plain", "Encrypted", "Plain-Adv")
SIZES = (1, 2, 4, 8)  # eps, of 255
SEEDS = (1, 2, 3)
ATTACKED, ASKED = 1000, 200
STEPS, RESTARTS, QUERIES = 50, 2, 2000

Lost = dict[str, Bools]  # by attack: which pictures the network gets wrong


def of(seed: int, size: int) -> Callable[[Setting], Any]:
    """The part for one eps and the networks of one seed; of seeds 2 and 3, those at hand."""

    def part(setting: Setting) -> dict[str, Any] | None:
        names = [name for name in NETWORKS if seed == 1 or seed in setting.seeds(name)]
        lost = {
            name: losses(setting.victim(name, seed), *setting.test(ATTACKED), size)
            for name in names
        }
        return summary(lost) if lost else None

    return part


def losses(victim: Victim, pictures: Pictures, labels: Labels, size: int) -> Lost:
    """Every attack on one network, within `size` bytes."""
    model, cipher, eps = victim.model, victim.cipher, size / 255
    given = model, cipher, pictures, labels
    pgd: dict[str, Any] = {"eps": eps, "eps_iter": eps / 10, "nb_iter": 20}

    def own(purpose: int) -> np.random.Generator:
        return np.random.default_rng([victim.seed, size, purpose])

    def apgd(loss: str) -> Pictures:
        budget: dict[str, Any] = {"eps": eps, "nb_iter": STEPS, "restarts": RESTARTS, "loss": loss}
        return apgd_on_bytes(*given, rng=own(1), **budget)

    noisy = {
        "no_attack": pictures,
        "pgd": ladder.through_cipher(*given, **pgd),
        "pgd_margin": ladder.through_cipher(*given, loss="margin", **pgd),
        "apgd": apgd("cross-entropy"),
        "dlr": apgd("dlr"),
        "search": ladder.discrete_search(*given, rng=own(2), eps=eps),
    }
    lost = {
        name: victim.fooled(within(found, pictures, size), labels) for name, found in noisy.items()
    }
    few = pictures[:ASKED], labels[:ASKED]
    found = attackers.squares(victim.answer, *few, rng=own(3), eps=eps, n_queries=QUERIES)
    return lost | {"square": victim.fooled(within(found, few[0], size), few[1])}


def within(noisy: Pictures, pictures: Pictures, size: int) -> Pictures:
    """The noisy pictures; ValueError where an attack went farther than it may."""
    most = np.abs(noisy.astype(np.int16) - pictures).max()
    if most > size:
        raise ValueError(f"An attack within {size} bytes went {most} far: look at its borders.")
    return noisy


def worst(lost: Lost) -> Bools:
    """Which pictures any of the attacks gets; an attack on the first few counts for these."""
    found = np.zeros(max(map(len, lost.values())), bool)
    for one in lost.values():
        found[: len(one)] |= one
    return found


def summary(by_network: dict[str, Lost]) -> dict[str, Any]:
    """The error of each network under each attack and all, and pairs of networks."""
    full = {name: lost | {"worst": worst(lost)} for name, lost in by_network.items()}
    found: dict[str, Any] = {
        name: {attack: share(one) for attack, one in lost.items()} for name, lost in full.items()
    }
    if "Plain" in full:
        found["pairs"] = {
            f"{name}, Plain": {
                attack: paired(one, full["Plain"][attack]) for attack, one in lost.items()
            }
            for name, lost in full.items()
            if name != "Plain"
        }
    return found


PARTS = {f"seed {seed}, eps {size}": of(seed, size) for seed in SEEDS for size in SIZES}
main = study("equal_attackers", __doc__, PARTS)

if __name__ == "__main__":
    main()
