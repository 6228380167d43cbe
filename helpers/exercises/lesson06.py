"""Exercises of lesson 06, Adversarial tests."""

from __future__ import annotations

import numpy as np

from helpers.exercises import Choice, Exercise, FunctionExercise

largest_move = Exercise(
    expected=16,
    because="one nibble moves by 1 and may stand in the high place; at a border it would be 240.",
    hints=[
        "Only the low nibble of the byte changes, and only by one.",
        "Write both bytes in hexadecimal: 64 and 65. Where may the key put the changed nibble?",
        "A nibble in the high place counts sixteen times.",
    ],
    solution_text="largest_move = 1 * 2**4  # one step of a nibble, in the high place",
    slips=[
        (1, "so much if the nibble stays a low one; the key may put it elsewhere."),
        (240, "so much where a byte crosses a nibble border, and there is none here."),
        (15, "this is the largest value of a nibble."),
        (255, "only one nibble changes, and by one step."),
        (17, "only one of the two nibbles changes."),
    ],
)


def beaten_by_any(fooled: np.ndarray) -> float:
    return float(np.mean(np.any(fooled, axis=0)))


def outcomes(seed: int, attacks: int, pictures: int) -> np.ndarray:
    return np.random.default_rng(seed).random((attacks, pictures)) < 0.3


worst_case = FunctionExercise(
    expected=beaten_by_any,
    inputs=[
        np.array([[True, False, False, False], [False, True, True, False]]),
        outcomes(1, 3, 20),
        outcomes(2, 10, 50),
        np.zeros((2, 5), bool),
        np.ones((4, 4), bool),
        outcomes(3, 5, 5),
        outcomes(4, 1, 9),
        outcomes(5, 4, 7),
    ],
    because="an attacker may choose the attack for each picture, so one that works is enough.",
    hints=[
        "One attack that fools the model on a picture is enough to lose it.",
        "Look down each column: is there a True in it?",
        "fooled.any(axis=0) has one entry a picture; the share is its mean.",
    ],
    solution_text="def worst_case(fooled):\n    return np.mean(fooled.any(axis=0))",
    slips=[
        (
            lambda fooled: float(np.mean(fooled)),
            "this is the mean of all attacks; an attacker does not take an average one.",
        ),
        (
            lambda fooled: float(np.max(np.mean(fooled, axis=1))),
            "this is the best single attack; another may get pictures that it does not.",
        ),
        (
            lambda fooled: float(np.mean(np.all(fooled, axis=0))),
            "these pictures are lost under every attack; one that works is enough.",
        ),
        (
            lambda fooled: float(np.mean(np.any(fooled, axis=1))),
            "these are the attacks that work at all; the share of the pictures is asked for.",
        ),
        (
            lambda fooled: int(np.sum(np.any(fooled, axis=0))),
            "you counted the pictures, and their share is asked for.",
        ),
    ],
)

ask_first = Choice(
    expected="c",
    because="the attack overlooked the defence, so it says nothing about it.",
    wrong={
        "a": (
            "more noise in a direction that means nothing to the network is still a wrong "
            "direction."
        ),
        "b": (
            "a narrow interval around the error of a wrong attack is a precise answer to another "
            "question."
        ),
        "d": "another network would show the same mistake: the attack overlooks the filter.",
    },
    hints=[
        "What does the attacker know of the filter?",
        "Which part of the defence has the gradient never seen?",
        (
            "In this lesson one change of the attacker made all the difference on eight "
            "pictures: which?"
        ),
    ],
    solution_text='ask_first = "c"',
)


def one_step(
    now: np.ndarray, slope: np.ndarray, original: np.ndarray, eps: float, alpha: float
) -> np.ndarray:
    """One step of PGD (the paper's equation 1)."""
    near = np.clip(now + alpha * np.sign(slope), original - eps, original + eps)
    return np.clip(near, 0, 1)


def some_step(seed: int, eps: float, alpha: float) -> tuple:
    """A picture, how far an attack has come, and slopes there, some of them 0."""
    rng = np.random.default_rng(seed)
    original = rng.random((4, 4, 3))
    now = np.clip(original + rng.uniform(-eps, eps, original.shape), 0, 1)
    slope = rng.normal(size=original.shape) * rng.integers(0, 2, original.shape) * 1e-3
    return now, slope, original, eps, alpha


EDGES = np.array([0.02, 0.5, 0.99])

pgd_step = FunctionExercise(
    expected=one_step,
    arguments=5,
    inputs=[
        (EDGES, np.array([-3.0, 0.2, 0.7]), EDGES, 0.1, 0.05),
        (EDGES + [0.05, 0.1, 0], np.array([1.0, 1.0, -2.0]), EDGES, 0.1, 0.03),
        *(
            some_step(seed, eps, alpha)
            for seed, (eps, alpha) in enumerate(
                [(8 / 255, 0.8 / 255), (0.1, 0.01), (0.3, 0.2), (0.02, 0.5)]
            )
        ),
    ],
    tolerance=1e-6,
    because="a step by the sign, back to within eps, back to what a picture can be.",
    hints=[
        "Three things happen: a step, a clip to eps, a clip to the range of a picture.",
        "Only the direction of each slope counts, not its size: np.sign has it.",
        "near is within eps already; what is left is to keep it between 0 and 1, by np.clip again.",
    ],
    solution_text=(
        "def pgd_step(now, slope, original, eps, alpha):\n"
        "    moved = now + alpha * np.sign(slope)\n"
        "    near = np.clip(moved, original - eps, original + eps)\n"
        "    return np.clip(near, 0, 1)"
    ),
    slips=[
        (
            lambda now, slope, original, eps, alpha: np.clip(
                np.clip(now + alpha * slope, original - eps, original + eps), 0, 1
            ),
            "the step follows the sign of the slope, not its size.",
        ),
        (
            lambda now, slope, original, eps, alpha: np.clip(
                np.clip(now - alpha * np.sign(slope), original - eps, original + eps), 0, 1
            ),
            "this goes down: the attacker wants the loss to grow.",
        ),
        (
            lambda now, slope, original, eps, alpha: np.clip(
                now + alpha * np.sign(slope), original - eps, original + eps
            ),
            "some values are no longer between 0 and 1, as those of a picture are.",
        ),
        (
            lambda now, slope, original, eps, alpha: np.clip(now + alpha * np.sign(slope), 0, 1),
            "some values are farther than eps from the original.",
        ),
    ],
)
