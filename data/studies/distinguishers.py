"""Networks that tell related messages from independent ones, beside the best that anybody could.

python -m data.studies.distinguishers

After Gohr (CRYPTO 2019, "Improving Attacks on Round-Reduced Speck32/64 Using Deep Learning"); the
task, and what is possible, is in `data.studies.ceilings`, which runs first. Gohr could not compute
the ceiling for his cipher. Ours is so small that we can: a network above it shows a fault in the
test, and one above the ceiling from the XOR shows that it looks at more than differences.

Beside it Speck32/64 itself, with a network of the same shape, at 5 and 6 rounds. Gohr's networks
are deeper, and saw 10^7 pairs many times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

import numpy as np
from tqdm import tqdm

from data.studies import ceilings, publish, speck
from data.studies.ceilings import DIFFERENCE, alice_of, encrypted
from helpers import manifest
from helpers.bits import Signs
from helpers.files import read_json
from helpers.metrics import Proportion
from helpers.neural.cipher import NeuralCipher
from helpers.neural.rounds import Rounds, as_signs
from helpers.quiet_keras import keras

ROUNDS = {"diffusing": (3, 5, 7, 9, 12, 16, 20), "resisting": (2, 3, 4, 5, 10)}
GOHR = {5: 0.929, 6: 0.788}  # rounds of Speck, and the accuracy that he published
SEEDS = (1, 2)
AT_ONCE, BATCH = 1 << 17, 1024  # pairs that are made together, and that make one step
LESSONS = ((2e-3, 16), (1e-3, 8), (3e-4, 8))  # learning rates, and how often AT_ONCE fresh pairs
TESTED = 8 * AT_ONCE

Sample = tuple[Signs, np.ndarray]  # what Eve sees, (n, inputs); whether messages are related, (n,)
Draw = Callable[[np.random.Generator, int], Sample]

# --- pairs of ciphertexts -------------------------------------------------------------------------


def pairs_of(alice: Rounds, difference: np.uint16 = DIFFERENCE) -> Draw:
    """Fresh pairs, each under its own random key: one ciphertext, and the XOR of the two."""

    def draw(rng: np.random.Generator, n: int) -> Sample:
        keys, related = rng.integers(0, 1 << 16, n), rng.random(n) < 0.5
        message, other = rng.integers(0, 1 << 16, (2, n), np.uint16)
        other = np.where(related, message ^ difference, other)
        one, two = encrypted(alice, message, keys), encrypted(alice, other, keys)
        return np.hstack([as_signs(one), as_signs(one ^ two)]), related

    return draw


def pairs_of_speck(rounds: int) -> Draw:
    """The same for Speck: 64 signs, for a block has 32.

    What needs no key is undone first; Gohr's networks can learn that by themselves.
    """

    def draw(rng: np.random.Generator, n: int) -> Sample:
        keys, related = rng.integers(0, 1 << 16, (4, n), np.uint16), rng.random(n) < 0.5
        message, other = rng.integers(0, 1 << 16, (2, 2, n), np.uint16)
        other = np.where(related, message ^ speck.DIFFERENCE, other)
        one, two = (
            speck.without_the_last_turn(speck.encrypt(blocks, keys, rounds))
            for blocks in (message, other)
        )
        return np.hstack([as_signs(word) for word in (*one, *(one ^ two))]), related

    return draw


# --- the network ----------------------------------------------------------------------------------


def network(inputs: int, seed: int) -> keras.Model:
    """Three dense layers of 256, and a logit: above 0 for related messages."""
    first, *starts = (keras.initializers.GlorotUniform(4 * seed + i) for i in range(4))
    layers = [keras.layers.Dense(256, "relu", kernel_initializer=s) for s in (first, *starts[:2])]
    out = keras.layers.Dense(1, kernel_initializer=starts[2])
    return keras.Sequential([keras.Input((inputs,)), *layers, out])


def trained(draw: Draw, seed: int) -> keras.Model:
    """A network after LESSONS: no pair comes twice, so that there is nothing to learn by heart."""
    rng = np.random.default_rng([seed, 0])
    net = network(draw(rng, 1)[0].shape[1], seed)
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    net.compile(keras.optimizers.Adam(), loss, jit_compile=False)  # compiling is not worth it
    for rate, parts in LESSONS:
        net.optimizer.learning_rate = rate
        for _ in range(parts):
            net.fit(*draw(rng, AT_ONCE), batch_size=BATCH, shuffle=False, verbose=0)
    return net


def tried(net: Callable, draw: Draw, seed: int) -> Proportion:
    """How often it is right on TESTED fresh pairs."""
    rng, hits = np.random.default_rng([seed, 1]), 0
    for _ in range(TESTED // AT_ONCE):
        x, related = draw(rng, AT_ONCE)
        hits += np.count_nonzero((np.asarray(net(x))[:, 0] > 0) == related)
    return Proportion(int(hits), TESTED)


def distinguished(draw: Draw, seed: int) -> dict[str, object]:
    """A network trained and tried: its accuracy, with an interval of 95 %, and the seconds."""
    started = perf_counter()
    net, seconds = trained(draw, seed), perf_counter() - started
    found = tried(net, draw, seed)
    return {
        "seed": seed,
        "accuracy": found.share,
        "interval": found.interval,
        "training_seconds": round(seconds),
    }


# --- as a command ---------------------------------------------------------------------------------

COMMAND = "python -m data.studies.distinguishers"
PATH = manifest.DATA / "results" / "distinguishers.json"


def main(words: Sequence[str] | None = None) -> None:
    """The command line."""
    measures = {**dict.fromkeys(ROUNDS, of_pair), "speck": of_speck}
    publish.measure_by_name(words, COMMAND, __doc__, PATH, measures)


def of_pair(name: str) -> dict[str, object]:
    """Networks against a shipped pair with fewer rounds, each beside the two ceilings."""
    pair, best = NeuralCipher.load(name), read_json(ceilings.PATH)["ciphers"][name]
    if best["fingerprint"] != pair.fingerprint:
        raise ValueError(
            f"The ceilings in {ceilings.PATH.name} are of another pair {name!r} than the shipped "
            f"one: count them anew with `{ceilings.COMMAND} {name}`."
        )
    names = ("from_the_xor", "from_the_pair", "from_the_pair_error")
    beside = {n: {each: best[each][n - 1] for each in names} for n in ROUNDS[name]}
    found = of_rounds(name, lambda rounds: pairs_of(alice_of(name).first(rounds)), beside)
    return {"fingerprint": pair.fingerprint, **found}


def of_speck(name: str) -> dict[str, object]:
    """Networks against Speck, each beside the accuracy that Gohr published."""
    return of_rounds(name, pairs_of_speck, {n: {"gohr": share} for n, share in GOHR.items()})


def of_rounds(
    name: str, pairs: Callable[[int], Draw], beside: dict[int, dict[str, float]]
) -> dict[str, object]:
    """A network for each number of rounds and each seed, with what is to stand beside it."""
    started, networks = perf_counter(), [(n, seed) for n in beside for seed in SEEDS]
    found = [
        {"rounds": n, **distinguished(pairs(n), seed), **beside[n]}
        for n, seed in tqdm(networks, name)
    ]
    about = publish.provenance(f"{COMMAND} {name}", None, perf_counter() - started)
    return {"networks": found, "provenance": about}


if __name__ == "__main__":
    main()
