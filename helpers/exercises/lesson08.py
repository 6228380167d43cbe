"""Exercises of lesson 08, Break your own cipher."""

from __future__ import annotations

import numpy as np

from helpers.exercises import Exercise, FunctionExercise

rounds_needed = Exercise(
    expected=34,
    because="so says the line; counted, it takes some more, for chance adds pairs of its own.",
    hint_text="How many of the 16 bits are missing after 20 rounds, and what does one round add?",
    solution_text="rounds_needed = 20 + int(np.ceil((16 - 10.23) / ((10.23 - 9.36) / 2)))",
    slips=[
        (33, "after so many it is still a little likelier than chance."),
        (14, "so many rounds are missing; 20 have been run before them."),
        (27, "10.23 - 9.36 is what two rounds add, and you took it for one."),
        (32, "this takes half a bit a round, and the last two added less."),
        (37, "the first rounds added more than the last two: begin at 10.23 bits."),
        (16, "this is how many bits it must cost, and the rounds are asked for."),
    ],
)

Question = tuple[np.ndarray, int]  # a box, and the difference of its inputs


def of_partners(question: Question) -> np.ndarray:
    """What the box makes of the partner of each input."""
    box, difference = question
    return box[np.arange(len(box)) ^ difference]


def row_of_the_table(question: Question) -> np.ndarray:
    box, _ = question
    return np.bincount(box ^ of_partners(question), minlength=len(box))


def by_adding(question: Question) -> np.ndarray:
    box, difference = question
    partners = box[(np.arange(len(box)) + difference) % len(box)]
    return np.bincount(box ^ partners, minlength=len(box))


def some_box(seed: int, size: int) -> Question:
    rng = np.random.default_rng(seed)
    return rng.permutation(size), int(rng.integers(1, size))


output_differences = FunctionExercise(
    expected=row_of_the_table,
    inputs=[
        (np.array([0, 2, 1, 3]), 1),
        (np.array([3, 0, 2, 1]), 2),
        *(some_box(seed, 16) for seed in range(6)),
        *(some_box(seed, 256) for seed in range(6, 9)),
        (np.random.default_rng(9).permutation(16), 0),
    ],
    because="this is one row of the difference table, and its largest number is Eve's best bet.",
    hint_text="np.arange(len(box)) is every input x at once. Which input is the partner of x?",
    solution_text=(
        "def output_differences(question):\n"
        "    box, difference = question\n"
        "    x = np.arange(len(box))\n"
        "    return np.bincount(box ^ box[x ^ difference], minlength=len(box))"
    ),
    slips=[
        (
            lambda question: row_of_the_table(question) // 2,
            "count x and its partner both: each input counts once, so that the sum is len(box).",
        ),
        (
            lambda question: row_of_the_table(question) / len(question[0]),
            "these are shares, and whole numbers are asked for: how often each one comes.",
        ),
        (
            lambda question: question[0] ^ of_partners(question),
            "this is the output difference of each input; count how often each of them comes.",
        ),
        (
            lambda question: np.bincount(of_partners(question)),
            "these are outputs; the difference is of the outputs of x and of its partner.",
        ),
        (by_adding, "the partner of x is x xor the difference, and you added it."),
    ],
)


def share_right(shares: np.ndarray) -> float:
    """For each number the likelier machine is guessed; each machine has every second turn."""
    return np.maximum(*shares).sum() / 2


def machines(seed: int, numbers: int) -> np.ndarray:
    return np.random.default_rng(seed).dirichlet(np.full(numbers, 0.7), 2)


best_guess = FunctionExercise(
    expected=share_right,
    inputs=[
        np.array([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5]]),
        np.array([[0.9, 0.1], [0.6, 0.4]]),
        np.array([[0.25, 0.75], [0.25, 0.75]]),
        np.array([[0.0, 1.0], [1.0, 0.0]]),
        *(machines(seed, 5) for seed in range(4)),
        machines(4, 256),
    ],
    because="no network that sees this number, and nothing else, is right more often.",
    hint_text="For each number guess the likelier machine. How often does it come from that one?",
    solution_text=(
        "def best_guess(shares):\n"
        "    first, second = shares\n"
        "    return np.maximum(first, second).sum() / 2"
    ),
    slips=[
        (
            lambda shares: np.maximum(*shares).sum(),
            "each machine has only every second turn, so that its shares count half.",
        ),
        (
            lambda shares: np.abs(shares[0] - shares[1]).sum() / 2,
            "this is how far apart they are, and who guesses blindly is right half of the time.",
        ),
        (
            lambda shares: 0.5 + np.abs(shares[0] - shares[1]).sum() / 2,
            "you added all of the total variation distance to 1/2: half of it is gained.",
        ),
        (
            lambda shares: 0.5 + np.abs(shares[0] - shares[1]).max() / 2,
            "this looks at one number only, and the guess gains from each.",
        ),
        (
            lambda shares: shares[0][shares[0] > shares[1]].sum(),
            "this is how often you are right if it was the first machine; the second has its turn.",
        ),
        (
            lambda shares: (np.maximum(*shares) / shares.sum(axis=0)).mean(),
            "some numbers come more often than others: weigh each by how often it comes.",
        ),
    ],
)


def turned(key: int) -> int:
    return (key >> 3 | key << 13) & 0xFFFF


slid = FunctionExercise(
    expected=turned,
    inputs=[
        0b1000,
        0b0111,
        0x5555,
        0xFFFF,
        0,
        *np.random.default_rng(8).integers(0, 1 << 16, 10).tolist(),
    ],
    because="under it Alice repeats her rounds but the first, and adds one; constants end that.",
    hint_text="Its round 0 must read what round 1 reads of the old key. What has round 1 turned?",
    solution_text="def slid(key):\n    return (key >> 3 | key << 13) & 0xFFFF",
    slips=[
        (lambda key: key >> 3, "the last three bits are lost: turned bits come in again in front."),
        (
            lambda key: key >> 3 | key << 13,
            "this has more than 16 bits: keep the last 16 with & 0xFFFF.",
        ),
        (
            lambda key: (key << 3 | key >> 13) & 0xFFFF,
            "you turned to the left: this key is one round behind, not ahead.",
        ),
        (
            lambda key: (key >> 12 | key << 4) & 0xFFFF,
            "this is what is read after all 20 rounds; go one round further only.",
        ),
        (
            lambda key: (key >> 1 | key << 15) & 0xFFFF,
            "a round turns the key by 3 places, not by 1.",
        ),
        (lambda key: key, "under the same key each round does the same at the same place."),
    ],
)
