"""Label leaking: do networks read the label off adversarial noise, and not off the picture?

    python -m data.studies.leaking --scale classroom

For each network, and for noise of one step (as the classroom's training makes it), of 5 (as the
laptop's) and of 20 (the paper's): how often it names the label that the noise was made against; see
`helpers.learnable.ladder.label_leaking`. eps is the paper's, 0.1. All noise is made on the network
that is asked, fed plain pictures, as in training; "Plain" and "Plain-Adv", which learned plain
pictures, are the controls: what they do is not due to a cipher, or not to leaking. The control of
each stamp is the same noise with its signs tossed anew, on the same pictures.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from data.studies.attacked import Bools, Part, Setting, Victim, paired, share, study
from helpers.learnable import ladder
from helpers.learnable.gradients import Labels
from helpers.learnable.scramble import Pictures

ASKED = 1000
EPS = 0.1
EPS_ITER = {1: 0.1, 5: 0.04, 20: 0.01}  # by nb_iter


def leaking(setting: Setting, name: str) -> dict[str, Any] | None:
    """By number of steps: the share of answers that equal the label, by test."""
    if not setting.seeds(name):
        return None
    given = setting.victim(name), *setting.test(ASKED)
    return {str(nb_iter): of_noise(nb_iter, *given) for nb_iter in EPS_ITER}


def of_noise(nb_iter: int, victim: Victim, pictures: Pictures, labels: Labels) -> dict[str, Any]:
    """All tests with noise of so many steps, and with the same noise of other signs."""
    budget: dict[str, Any] = {"eps": EPS, "eps_iter": EPS_ITER[nb_iter], "nb_iter": nb_iter}
    made: list[Pictures] = []

    def attack(pictures: Pictures, labels: Labels) -> Pictures:
        made.append(ladder.model_fed_plain(victim.model, pictures, labels, **budget))
        return made[-1]

    named = tests(victim, attack, pictures, labels)
    again, rng = iter(made), np.random.default_rng(nb_iter)

    def toss(pictures: Pictures, labels: Labels) -> Pictures:
        return ladder.random_signs(pictures, next(again), rng=rng)

    named["stamp_of_random_signs"] = tests(victim, toss, pictures, labels)["stamp"]
    counted: dict[str, Any] = {test: share(hits, "named") for test, hits in named.items()}
    return counted | {"paired": paired(named["stamp"], named["stamp_of_random_signs"])}


def tests(
    victim: Victim,
    attack: Callable[[Pictures, Labels], Pictures],
    pictures: Pictures,
    labels: Labels,
) -> dict[str, Bools]:
    """The same wrong labels and other pictures at each call."""
    rng = np.random.default_rng(victim.seed)
    return ladder.label_leaking(victim.answer, attack, pictures, labels, rng=rng)


PARTS: dict[str, Part] = {
    name: functools.partial(leaking, name=name)
    for name in ("Encrypted-Adv", "Encrypted", "Plain", "Plain-Adv")
}
main = study("leaking", __doc__, PARTS)

if __name__ == "__main__":
    main()
