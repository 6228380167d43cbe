"""Exercises of lesson 08, Break your own cipher."""

from __future__ import annotations

import numpy as np

from helpers.exercises import Choice, Exercise, FunctionExercise

rounds_needed = Exercise(
    expected=34,
    because="so says the line; counted, it takes some more, for chance adds pairs of its own.",
    hints=[
        "Chance is reached where the price is 16 bits. How many are missing after 20 rounds?",
        "The last two rounds together added 10.23 - 9.36 bits. What does one round add?",
        "Divide what is missing by what one round adds, round up, and do not forget the 20 rounds "
        "that have been run.",
    ],
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


def of_partners(box: np.ndarray, difference: int) -> np.ndarray:
    """What the box makes of the partner of each input."""
    return box[np.arange(len(box)) ^ difference]


def row_of_the_table(box: np.ndarray, difference: int) -> np.ndarray:
    return np.bincount(box ^ of_partners(box, difference), minlength=len(box))


def by_adding(box: np.ndarray, difference: int) -> np.ndarray:
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
    arguments=2,
    because="this is one row of the difference table, and its largest number is Eve's best bet.",
    hints=[
        "The partner of x is the input that differs from x by the difference; what is asked for is "
        "what the box makes of it.",
        "Two numbers differ by d where one is the other xor d, which Python writes ^.",
        "First make all partners at once, from x and the difference; then look each of them up in "
        "box, as in box[...].",
    ],
    solution_text=(
        "def output_differences(box, difference):\n"
        "    x = np.arange(len(box))\n"
        "    outputs = box[x]\n"
        "    partners = box[x ^ difference]\n"
        "    return np.bincount(outputs ^ partners, minlength=len(box))"
    ),
    slips=[
        (
            lambda box, difference: row_of_the_table(box, difference) // 2,
            "count x and its partner both: each input counts once, so that the sum is len(box).",
        ),
        (
            lambda box, difference: row_of_the_table(box, difference) / len(box),
            "these are shares, and whole numbers are asked for: how often each one comes.",
        ),
        (
            lambda box, difference: box ^ of_partners(box, difference),
            "this is the output difference of each input; count how often each of them comes.",
        ),
        (
            lambda box, difference: np.bincount(of_partners(box, difference)),
            "these are outputs; the difference is of the outputs of x and of its partner.",
        ),
        (
            lambda box, difference: np.bincount(
                box ^ np.arange(len(box)) ^ difference, minlength=len(box)
            ),
            "this is the partner itself; look up what the box makes of it.",
        ),
        (by_adding, "the partner of x is x xor the difference, and you added it."),
    ],
)


def share_right(first: np.ndarray, second: np.ndarray) -> float:
    """For each number the likelier machine is guessed; each machine has every second turn."""
    return np.maximum(first, second).sum() / 2


def machines(seed: int, numbers: int) -> tuple[np.ndarray, ...]:
    return tuple(np.random.default_rng(seed).dirichlet(np.full(numbers, 0.7), 2))


best_guess = FunctionExercise(
    expected=share_right,
    inputs=[
        (np.array([0.5, 0.5, 0.0]), np.array([0.0, 0.5, 0.5])),
        (np.array([0.9, 0.1]), np.array([0.6, 0.4])),
        (np.array([0.25, 0.75]), np.array([0.25, 0.75])),
        (np.array([0.0, 1.0]), np.array([1.0, 0.0])),
        *(machines(seed, 5) for seed in range(4)),
        machines(4, 256),
    ],
    arguments=2,
    because="no network that sees this number, and nothing else, is right more often.",
    hints=[
        "Whoever sees the number i guesses the machine that shows it more often.",
        "np.maximum(first, second) is, for each number, how often the likelier machine shows it.",
        "Add these up for all numbers. But each machine has only every second turn: what does that "
        "do to the sum?",
    ],
    solution_text=(
        "def best_guess(first, second):\n    return np.maximum(first, second).sum() / 2"
    ),
    slips=[
        (
            lambda first, second: np.maximum(first, second).sum(),
            "each machine has only every second turn, so that its shares count half.",
        ),
        (
            lambda first, second: np.abs(first - second).sum() / 2,
            "this is how far apart they are, and who guesses blindly is right half of the time.",
        ),
        (
            lambda first, second: 0.5 + np.abs(first - second).sum() / 2,
            "you added all of the total variation distance to 1/2: half of it is gained.",
        ),
        (
            lambda first, second: 0.5 + np.abs(first - second).max() / 2,
            "this looks at one number only, and the guess gains from each.",
        ),
        (
            lambda first, second: first[first > second].sum(),
            "this is how often you are right if it was the first machine; the second has its turn.",
        ),
        (
            lambda first, second: (np.maximum(first, second) / (first + second)).mean(),
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
    hints=[
        "Its round 0 must read what round 1 reads of the old key. What has round 1 turned?",
        "key >> 3 moves all bits by three places to the right. What becomes of the last three?",
        "The three bits that fall out must come in again in front, 13 places further left, which "
        "<< does; and the number must keep its 16 bits, which & does.",
    ],
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

what_follows = Choice(
    expected="c",
    because="a test can find a weakness and cannot show that there is none; whoever reports that "
    "nothing was found says who looked, how, and how small the advantage was at most.",
    hints=[
        "Read each sentence and ask: who says so of which attacks?",
        "What was tried: one kind of network, one difference or two, ten rounds, and a certain "
        "number of pairs. Which sentence speaks of this alone?",
        "Two sentences speak of the whole cipher, or of all attacks that there are, and one of a "
        "training that nobody has run: none of these was measured.",
    ],
    solution_text='what_follows = "c"',
    wrong={
        "a": "that these networks are blind at ten rounds does not mean that everybody is: a "
        "network with ten times the pairs, or no network at all, was not tried.",
        "b": "the interval is of what these networks do; what the best possible attack does is "
        "another number, and for the pair diffusing it was higher.",
        "d": "perhaps, but nobody has measured it, and one cannot conclude it from a failure.",
    },
)
