"""Exercises of lesson 06, Adversarial tests."""

from __future__ import annotations

import numpy as np

from helpers.exercises import Exercise, FunctionExercise

steps_to_the_border = Exercise(
    expected=10,
    because="the other steps of the 20 can change direction, but lead no farther.",
    hint_text="Each step moves a value by alpha = 0.01; how many of them make eps = 0.1?",
    solution_text="steps_to_the_border = round(0.1 / 0.01)",
    slips=[
        (20, "so many steps are taken in all, and a value is at the border before the last."),
        (0.1, "this is how far a value may go, and the number of steps is asked for."),
        (100, "so many would lead from black to white."),
        (26, "this is eps in bytes, and a step is more than one byte."),
    ],
)

largest_move = Exercise(
    expected=16,
    because="one nibble moves by 1 and may stand in the high place; at a border it would be 240.",
    hint_text="Write both bytes in hexadecimal: 64 and 65. How far may the changed nibble count?",
    solution_text="largest_move = 1 * 2**4  # one step of a nibble, in the high place",
    slips=[
        (1, "so much if the nibble stays a low one; the key may put it elsewhere."),
        (240, "so much where a byte crosses a nibble border, and there is none here."),
        (15, "this is the largest value of a nibble."),
        (255, "only one nibble changes, and by one step."),
        (17, "only one of the two nibbles changes."),
    ],
)


def shortened(values: tuple[np.ndarray, np.ndarray, int]) -> np.ndarray:
    """Noisy bytes, int16, put back within `size` of a picture's, and into 0 to 255."""
    picture, noisy, size = values
    return np.clip(np.clip(noisy, picture - size, picture + size), 0, 255)


def noisy_picture(seed: int, size: int) -> tuple[np.ndarray, np.ndarray, int]:
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (4, 4, 3)).astype(np.int16)
    return picture, picture + rng.integers(-40, 41, picture.shape).astype(np.int16), size


put_back = FunctionExercise(
    expected=shortened,
    inputs=[
        (np.array([250, 100, 3], np.int16), np.array([270, 95, -9], np.int16), 8),
        noisy_picture(1, 8),
        noisy_picture(2, 25),
        noisy_picture(3, 0),
        noisy_picture(4, 255),
        noisy_picture(5, 1),
    ],
    because="this is the clip of the paper's equation, and it is done after every step.",
    hint_text="np.clip keeps values between two limits, and the limits may be arrays.",
    solution_text=(
        "def put_back(values):\n"
        "    picture, noisy, size = values\n"
        "    near = np.clip(noisy, picture - size, picture + size)\n"
        "    return np.clip(near, 0, 255)"
    ),
    slips=[
        (
            lambda values: np.clip(values[1], values[0] - values[2], values[0] + values[2]),
            "this is near the picture, but some values are no bytes: they leave 0 to 255.",
        ),
        (
            lambda values: np.clip(values[1], 0, 255),
            "these are bytes, but some are farther from the picture than the size allows.",
        ),
        (
            lambda values: np.clip(values[1] - values[0], -values[2], values[2]),
            "this is the noise alone, and the noisy picture is asked for.",
        ),
        (lambda values: values[0], "this is the picture without any noise."),
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
    hint_text="A picture is lost as soon as one attack fools the model with it: np.any, and axis.",
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
