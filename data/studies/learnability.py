"""How soon a fresh Bob, who is told nothing, reads a round: the stronger it is, the less.

python -m data.studies.learnability

What he sees: the 16 bits of a block after one round, and the 16 bits of the round's key. What he
gives, and what is counted: the 8 bits of the block before that the round changed or let be. The
other 8 only change places, and are not counted.

Strength is measured by the best differential of four rounds (`data.studies.strength`). The rounds:
those on the way of training `resisting`, from several seeds; `diffusing`; and random masks, which
nobody can learn from fewer examples than there are masks. Beside it: a Bob who is told more, for he
answers with the mask itself, from the half that passed and the key, without having to multiply by
it; and how far either comes with more examples.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from time import perf_counter

import numpy as np
from tqdm import tqdm

from data.studies import publish, resisting, strength
from helpers import manifest, metrics
from helpers.bits import ALL_BLOCKS, Signs, bits_to_signs
from helpers.files import write_json
from helpers.neural.cipher import NeuralCipher
from helpers.neural.rounds import HALF, Coupling, Rounds
from helpers.quiet_keras import keras

EXAMPLES, TRIED = 1_200_000, 200_000
SEEDS, STOPS = (1, 2, 3), (0, 25, 50, 100, 200, 300, 500)  # of the training of `resisting`
MORE = 75_000, 150_000, 300_000, 600_000, 1_200_000, 2_400_000

Task = Callable[[Coupling, Signs], tuple[Signs, np.ndarray]]

# --- a fresh Bob ----------------------------------------------------------------------------------


def reading(round_: Coupling, x: Signs) -> tuple[Signs, np.ndarray]:
    """From signs of block and key, (n, 32): what Bob sees, (n, 32), and the bits he is to find."""
    return np.hstack([round_(x), x[:, 16:]]), x[:, :HALF] > 0


def telling_the_mask(round_: Coupling, x: Signs) -> tuple[Signs, np.ndarray]:
    """The same for a Bob who answers with the mask, from the half that passed and the key."""
    return x[:, HALF:], round_.mask(x[:, HALF:]) > 0


def beginner(inputs: int, seed: int) -> keras.Model:
    """Two hidden layers of 256, and a logit for each of the 8 bits."""
    starts = [keras.initializers.GlorotUniform(3 * seed + i) for i in range(3)]
    layers = [keras.layers.Dense(256, "relu", kernel_initializer=start) for start in starts[:2]]
    out = keras.layers.Dense(HALF, kernel_initializer=starts[2])
    bob = keras.Sequential([keras.Input((inputs,)), *layers, out])
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    bob.compile(keras.optimizers.Adam(2e-3), loss, jit_compile=False)  # compiling is not worth it
    return bob


def study(bob: keras.Model, examples: tuple[Signs, np.ndarray]) -> keras.Model:
    """Bob after he has seen each example once."""
    bob.fit(*examples, batch_size=1024, shuffle=False, verbose=0)
    return bob


def some(rng: np.random.Generator, n: int) -> Signs:
    """Random signs of blocks and keys, float32 (n, 32)."""
    return bits_to_signs(rng.integers(0, 2, (n, 32), np.uint8))


def fresh_bob(round_: Coupling, seed: int, task: Task = reading) -> keras.Model:
    """A Bob who has seen EXAMPLES, no one twice."""
    examples = task(round_, some(np.random.default_rng([seed, 0]), EXAMPLES))
    return study(beginner(examples[0].shape[1], seed), examples)


def tried(bob: keras.Model, round_: Coupling, seed: int, task: Task = reading) -> dict[str, object]:
    """On fresh examples: his share of the 8 bits, its interval of 95 %, and of all 8 at once."""
    seen, answer = task(round_, some(np.random.default_rng([seed, 1]), TRIED))
    right = (bob.predict(seen, batch_size=8192, verbose=0) > 0) == answer
    bits = metrics.Proportion(int(right.sum()), right.size)
    whole = float(right.all(axis=1).mean())
    return {"bits": bits.share, "interval": bits.interval, "all_8_bits": whole}


# --- the curves -----------------------------------------------------------------------------------


def strength_of(round_: Coupling, seed: int) -> float:
    """The best differential of four rounds, -log2."""
    rng = np.random.default_rng(seed)
    masks = strength.masks_by_key(
        round_, rng.choice(ALL_BLOCKS, strength.KEYS_OF_A_ROUND, replace=False)
    )
    inputs = strength.candidates(strength.difference_tables(masks)[0], 4)
    four = Rounds(round_, 4, resisting.KEY_STEP, constant=resisting.CONSTANT)
    keys = rng.choice(ALL_BLOCKS, strength.KEYS, replace=False)
    return strength.best_differential(strength.tables_by_rounds(four, keys)[-1], inputs).bits


def point(kind: str, round_: Coupling, seed: int, steps: int | None = None) -> dict[str, object]:
    """A round's strength, and what a fresh Bob reads of it."""
    found: dict[str, object] = {
        "kind": kind,
        "seed": seed,
        "bits_of_best_differential": strength_of(round_, seed),
    }
    if steps is not None:
        found["steps"] = steps
    return found | tried(fresh_bob(round_, seed), round_, seed)


def on_the_way(seed: int) -> list[dict[str, object]]:
    """A point for each of STOPS of one training."""
    found = []
    for number, weights in enumerate(resisting.learn(seed)):
        if (steps := number * resisting.CHUNK) in STOPS:
            round_ = Coupling(*resisting.in_whole_numbers(weights))
            found.append(point("training", round_, seed, steps))
    return found


def by_examples(name: str, task: Task, seed: int) -> list[dict[str, object]]:
    """What one Bob can do after more and more examples of a shipped pair's round."""
    round_, rng, found, so_far = shipped_round(name), np.random.default_rng([seed, 0]), [], 0
    bob = beginner(24 if task is telling_the_mask else 32, seed)
    for examples in MORE:
        study(bob, task(round_, some(rng, examples - so_far)))
        so_far = examples
        found.append({"examples": examples} | tried(bob, round_, seed, task))
    return found


def shipped_round(name: str) -> Coupling:
    """Alice's round of a shipped pair."""
    alice = NeuralCipher.load(name).alice
    assert isinstance(alice, Rounds) and isinstance(alice.round, Coupling)
    return alice.round


# --- as a command ---------------------------------------------------------------------------------

COMMAND = "python -m data.studies.learnability"


def measured() -> dict[str, object]:
    """All points and curves."""
    points = [one for seed in tqdm(SEEDS, "training") for one in on_the_way(seed)]
    for seed in tqdm(SEEDS, "controls"):
        points.append(point("diffusing", shipped_round("diffusing"), seed))
        points.append(point("resisting", shipped_round("resisting"), seed))
        points.append(point("random masks", strength.RandomMasks(seed), seed))
    tasks = {"reading": reading, "telling_the_mask": telling_the_mask}
    curves = [
        {"pair": name, "task": what, "seed": seed, "curve": by_examples(name, task, seed)}
        for name in tqdm(("diffusing", "resisting"), "examples")
        for what, task in tasks.items()
        for seed in SEEDS[:2]
    ]
    return {"points": points, "by_examples": curves}


def main(words: Sequence[str] | None = None) -> None:
    """The command line."""
    argparse.ArgumentParser(prog=COMMAND, description=__doc__).parse_args(words)
    path, started = manifest.DATA / "results" / "learnability.json", perf_counter()
    with publish.result_at(path, COMMAND):
        found = measured()
        about = publish.provenance(COMMAND, None, perf_counter() - started)
        write_json(path, {"provenance": about, "examples": EXAMPLES, "tried": TRIED, **found})


if __name__ == "__main__":
    main()
