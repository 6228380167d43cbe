"""Challenges of lesson 06, adversarial tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from helpers.bits import Picture
from helpers.challenges import Handed, challenge, flags
from helpers.exercises import kind
from helpers.learnable import attacks, datasets, ladder, scenarios

NEAR, FAR = 8, 16  # eps in bytes
QUESTIONS = 2000


def out_of_reach(flag: Any, picture: Picture, eps: int) -> str:
    """What is wrong with a changed picture before any network sees it; nothing if nothing is."""
    try:
        changed = np.asarray(flag)
    except ValueError:
        return f"the flag is a picture, and this is {kind(flag)}."
    if changed.shape != picture.shape or changed.dtype.kind not in "iu":
        return (
            f"the flag is a picture of whole numbers, {picture.shape}, and this is {kind(flag)}"
            f"{' of fractions' if changed.dtype.kind == 'f' and changed.ndim == 3 else ''}."
        )
    if changed.min() < 0 or changed.max() > 255:
        return "a byte is a number from 0 to 255, and here is another."
    most = int(np.abs(changed.astype(int) - picture).max())
    return f"a byte differs by {most}, and {eps} is what is allowed." if most > eps else ""


@challenge(
    title="Make it read what you want",
    task=f"Change .picture by at most {NEAR} of 255 in each byte, so that .network, which takes "
    "values from 0 to 1, names the class .wanted.",
    grade=2,
    hints=[
        "PGD goes up the loss of the right answer; here you want to go down the loss of another.",
        "attacks.projected_gradient_descent(network, x, [wanted], ..., targeted=True) does that, "
        "for x of shape (1, 32, 32, 3), from 0 to 1.",
        f"Take eps={NEAR}/255, eps_iter=1/255, nb_iter=100, and round 255 times the result to "
        "bytes, np.uint8.",
    ],
    moral="whoever knows a network can make it say what they like.",
)
def misread(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """A pictogram, and a class that PGD reaches within eps."""
    network, _ = scenarios.load("Plain")
    answer = ladder.victim(network)
    shown, labels = datasets.pictograms(rng, 12)
    wanted = (labels + rng.integers(1, 10, len(labels))) % 10
    x = shown / np.float32(255)
    reached = attacks.projected_gradient_descent(
        network, x, wanted, eps=NEAR / 255, eps_iter=1 / 255, nb_iter=60, targeted=True
    )
    said = answer(np.round(255 * reached).astype(np.uint8)).argmax(axis=1)
    i = rng.choice(np.flatnonzero(said == wanted))
    picture, goal = shown[i], int(wanted[i])

    def judge(flag: Any) -> str:
        if complaint := out_of_reach(flag, picture, NEAR):
            return complaint
        named = int(answer(np.asarray(flag, np.uint8)[None]).argmax())
        return "" if named == goal else f"the network says {datasets.CLASSES[named]}."

    handed = {"network": network, "picture": picture, "wanted": goal}
    return handed | {"name_of_wanted": datasets.CLASSES[goal]}, judge


@challenge(
    title="Scores alone",
    task=f"Change .picture by at most {FAR} of 255 in each byte, so that the service names it "
    "wrongly. service.ask(pictures) gives the ten scores of each of several pictures, uint8 "
    f"(n, 32, 32, 3); you have {QUESTIONS:,} questions in all.",
    grade=3,
    hints=[
        "Try a change, ask, and keep it if the right class leads by less than before.",
        "The right class is the one with the highest score for the picture as it is. Try changes "
        f"of {FAR} up or down in squares of a random size, place and colour.",
        "Ask about 20 random changes at once and keep the best of them, a hundred times over; "
        "large squares first, small ones later.",
    ],
    moral="neither key nor network is needed, where somebody may ask often enough.",
)
def scores_alone(rng: np.random.Generator) -> tuple[Handed, flags.Judge]:
    """A pictogram that the encrypted network names rightly, and an oracle of its scores."""
    network, about = scenarios.load("Encrypted")
    cipher = scenarios.cipher_of(scenarios.SCENARIOS["Encrypted"], about["seed"])
    service = ladder.victim(network, cipher)
    shown, labels = datasets.pictograms(rng, 20)
    i = int(np.flatnonzero(service(shown).argmax(axis=1) == labels)[0])
    picture, label, left = shown[i], int(labels[i]), [QUESTIONS]

    def ask(pictures: np.ndarray) -> np.ndarray:
        """ask(pictures): float32 (n, 10), the scores of uint8 (n, 32, 32, 3)"""
        pictures = np.asarray(pictures)
        if pictures.shape[1:] != picture.shape or pictures.dtype != np.uint8:
            raise ValueError(
                f"Ask about pictures, uint8 (n, 32, 32, 3); here are {pictures.dtype} "
                f"{pictures.shape}."
            )
        if len(pictures) > left[0]:
            raise ValueError(f"You have {left[0]} questions left: start anew for {QUESTIONS:,}.")
        left[0] -= len(pictures)
        return service(pictures)

    def judge(flag: Any) -> str:
        if complaint := out_of_reach(flag, picture, FAR):
            return complaint
        named = int(service(np.asarray(flag, np.uint8)[None]).argmax())
        return f"the service still says {datasets.CLASSES[named]}." if named == label else ""

    return {"picture": picture, "ask": ask}, judge
