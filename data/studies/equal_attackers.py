"""The same attackers on networks of plain and of encrypted pictures, and on one that resists.

python -m data.studies.equal_attackers --scale classroom

Everybody knows everything here, key and network; noise of eps = 1, 4, 8 of 255 goes onto the
plain picture, which is encrypted where there is a key. Each row of the result is an attack:

no_attack     pictures that are read wrongly as they are
pgd           20 steps of a tenth of eps on the cross-entropy, the paper's attack
pgd_margin    the same on the difference of two logits
apgd, dlr     APGD, 50 steps, two starts, on the cross-entropy and on the ratio of logits
search        the discrete search, which knows nibbles
square        2,000 questions without any gradient, at eps 1, for the first 200 pictures alone
worst         a picture is lost if any of these fools the network: the row that counts

All are measured at whole bytes, on 1,000 pictures, the same for all networks, so that pictures can
be compared in pairs (McNemar's exact test).

The last parts are the warning flags (`helpers.learnable.flags`) on 200 pictures, PGD with up to 500
steps, Square among the others: for the mismatched attack, and where the lesson compares.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from data.studies import attackers
from data.studies.attacked import Bools, Setting, Victim, paired, share, study
from helpers.learnable import flags, ladder
from helpers.learnable.apgd import auto_pgd
from helpers.learnable.gradients import Labels, gradient
from helpers.learnable.scramble import Pictures

NETWORKS = ("Plain", "Encrypted", "Plain-Adv")
SIZES = (1, 4, 8)  # eps, of 255
ATTACKED, ASKED = 1000, 200
STEPS, RESTARTS, QUERIES = 50, 2, 2000

Lost = dict[str, Bools]  # by attack: which pictures the network gets wrong


def of(size: int) -> Callable[[Setting], Any]:
    """The part for one eps."""

    def part(setting: Setting) -> dict[str, Any]:
        victims = {name: setting.victim(name) for name in NETWORKS}
        return summary({n: losses(v, *setting.test(ATTACKED), size) for n, v in victims.items()})

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
        return ladder.through_cipher(*given, attack=auto_pgd, rng=own(1), **budget)

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
    if size > SIZES[0]:
        return lost
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
    found["pairs"] = {
        f"{name}, Plain": {
            attack: paired(one, full["Plain"][attack]) for attack, one in lost.items()
        }
        for name, lost in full.items()
        if name != "Plain"
    }
    return found


def flags_of(name: str, eps: float, **options: Any) -> Callable[[Setting], Any]:
    """The part with the flags of one attack: what was looked at and seen, and whether it is up."""

    def part(setting: Setting) -> list[Any]:
        victim, rng = setting.victim(name), np.random.default_rng(1)

        def square(answer: ladder.Answer, pictures: Pictures, labels: Labels) -> Pictures:
            asked: dict[str, Any] = {"rng": rng, "eps": eps, "n_queries": QUERIES}
            return attackers.squares(answer, pictures, labels, **asked)

        given = victim.model, victim.cipher, *setting.test(ASKED)
        found = flags.warning_flags(*given, rng=rng, eps=eps, Square=square, **options)
        print(flags.table(found))
        return [[flag.what, flag.seen, bool(flag.up)] for flag in found]

    return part


PARTS = {f"seed 1, eps {size}": of(size) for size in SIZES} | {
    "flags, Encrypted, mismatched, eps 25": flags_of("Encrypted", 0.1, grad=gradient),
    "flags, Encrypted, eps 1": flags_of("Encrypted", 1 / 255),
    "flags, Plain-Adv, eps 8": flags_of("Plain-Adv", 8 / 255),
    "flags, Plain-Adv, eps 4": flags_of("Plain-Adv", 4 / 255),
}
main = study("equal_attackers", __doc__, PARTS)

if __name__ == "__main__":
    main()
