"""Train the pair `resisting`: a round that is learned against the cryptanalyst, run many times.

python -m data.studies.resisting
python -m data.studies.resisting --study

The first makes data/weights/resisting.npz. The second trains several seeds, measures them beside
controls (`data.studies.strength`), and writes data/results/resisting.json.

By hand: Feistel's halves that change places, the key turned by 3 places a round, a public constant
a round, and 12 rounds.
Learned: the network that tells which bits of a half change, 24 -> 64 -> 8 thresholds. In each step
the loss is what a cryptanalyst finds out about it under a few keys, over all 256 halves, and
exactly: the whole difference table (Biham and Shamir 1991) and all linear correlations (Matsui
1993). Nobody is trained against it.

Not learned: Bob. He undoes each round with Alice's own masks, which he is given (`Uncoupling`). So
a count of all pairs checks an implementation, which is weaker than a Bob who has learned to read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from data.studies import distinguishers, publish, strength
from data.studies.proven import in_rms, noisy_sign
from helpers.bits import ALL_BLOCKS
from helpers.files import write_json
from helpers.neural.cipher import NeuralCipher
from helpers.neural.rounds import ALL_HALVES, HALF, Coupling, Rounds, Uncoupling
from helpers.quiet_keras import keras
from helpers.quiet_keras import tensorflow as tf

HIDDEN = 64
ROUNDS, KEY_STEP = 12, 3
CONSTANT = 0x9E37  # of the golden ratio, as in TEA (Wheeler and Needham 1994): nothing up a sleeve

STEPS, CHUNK = 500, 25  # and after so many the weights are handed out
RATE = 5e-3
NOISE, QUIET = 0.5, 0.7  # of the thresholds, in units of their rms; it falls to 0 in this share
KEYS = 4  # in one step, and as many more, each with one bit changed
WHOLE = 24  # what the rms of a kernel's column becomes when its weights are rounded

# --- what the cryptanalyst finds out, so that it can be learned from ------------------------------


def hadamard() -> np.ndarray:
    """(-1)^(a . b) for all bytes a and b, a . b the parity of their common bits: (256, 256)."""
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(int)
    return (1 - 2 * (bits @ bits.T % 2)).astype(np.float32)


HADAMARD = hadamard()


def components(masks: tf.Tensor) -> tf.Tensor:
    """The products of every choice of masks: (..., 8) signs to (..., 256).

    Number b is the product of the masks whose bit of b is 1, the first mask the most significant:
    the sign of b . F, where a mask of -1 is a bit 1 of F, a bit that changes.
    """
    found = tf.ones_like(masks[..., :1])
    for i in range(HALF):
        both = tf.stack([found, found * masks[..., i : i + 1]], axis=-1)
        found = tf.reshape(both, (*masks.shape[:-1], 2 << i))
    return found


def correlations(found: tf.Tensor) -> tf.Tensor:
    """Of every parity a of the half with every component b: (keys, 256 halves, b) to (keys, a, b).

    Matsui (1993, "Linear Cryptanalysis Method for DES Cipher") calls half of it a bias.
    """
    return of_halves(found) / 256


def difference_table(linear: tf.Tensor) -> tf.Tensor:
    """From `correlations`: how often a difference a of halves becomes d of F, (keys, a, d).

    The squares of a component's correlations are, transformed, its autocorrelations, and those of
    all components the table (Chabaud and Vaudenay 1994, "Links between Differential and Linear
    Cryptanalysis"). Everything is a polynomial in the signs, so that it can be learned from.
    """
    autocorrelations = of_halves(linear**2)
    rows = tf.reshape(autocorrelations, (-1, 256)) @ HADAMARD  # one large product is the fastest
    return tf.reshape(rows, linear.shape) / 256


def of_halves(x: tf.Tensor) -> tf.Tensor:
    """The Walsh-Hadamard transform of the middle axis: (keys, 256, 256) to the same."""
    columns = tf.reshape(tf.transpose(x, (1, 0, 2)), (256, -1))
    return tf.transpose(tf.reshape(HADAMARD @ columns, (256, -1, 256)), (1, 0, 2))


def norm(x: tf.Tensor, power: float) -> tf.Tensor:
    """(the sum of |x|^power)^(1/power), which from a high power on is little more than the largest.

    In units of the largest, so that float32 is wide enough.
    """
    unit = tf.stop_gradient(tf.reduce_max(tf.abs(x)))
    return unit * tf.reduce_sum(tf.abs(x / unit) ** power) ** (1 / power)


def cryptanalysis(masks: tf.Tensor) -> tf.Tensor:
    """The loss: how much is found out about masks (2 * keys, 256, 8), keys and changed keys.

    The largest entry of the difference table, in pairs of 256; the largest correlation, in 1/16;
    how often a difference does not reach the other half at all; and how alike the components are
    under two keys that differ in a bit.
    """
    found = components(masks)
    linear = correlations(found)
    table = 256 * difference_table(linear)[:, 1:]
    unnoticed = tf.sqrt(tf.reduce_mean(table[:, :, 0] ** 2) + 1e-9)
    one, other = tf.split(found[..., 1:], 2)
    alike = tf.reduce_mean(tf.reduce_mean(one * other, axis=1) ** 4) ** 0.25
    return norm(table, 16.0) + norm(16 * linear[..., 1:], 16.0) + 0.3 * unnoticed + 0.5 * 16 * alike


# --- training -------------------------------------------------------------------------------------


def beginner(seed: int) -> list[np.ndarray]:
    """Kernel, bias, kernel, bias of a network that has learned nothing."""
    rng, shapes = np.random.default_rng(seed), [(24, HIDDEN), (HIDDEN, HALF)]
    kernels = [rng.standard_normal(shape) / shape[0] ** 0.5 for shape in shapes]
    return [w.astype(np.float32) for kernel in kernels for w in (kernel, np.zeros(len(kernel.T)))]


def noisy_masks(theta: Sequence[tf.Tensor], keys: tf.Tensor, sigma: tf.Tensor, draw: list):
    """The masks of all halves under each of the keys (n, 16), by noisy thresholds: (n, 256, 8)."""
    x = tf.concat([tf.tile(ALL_HALVES, (len(keys), 1)), tf.repeat(keys, 256, axis=0)], axis=1)
    for i, (kernel, bias) in enumerate(zip(theta[::2], theta[1::2])):
        z = in_rms(x @ kernel + bias)
        noise = tf.random.stateless_normal(z.shape, [draw[0], len(theta) * draw[1] + i])
        x = noisy_sign(z, sigma, noise)
    return tf.reshape(x, (len(keys), 256, HALF))


def some_keys(draw: list) -> tf.Tensor:
    """Random keys, and each with one bit changed: signs (2 * KEYS, 16)."""
    keys = 2 * tf.random.stateless_uniform((KEYS, 16), draw, 0, 2, tf.int32) - 1
    place = tf.random.stateless_uniform((KEYS,), draw, 0, 16, tf.int32)
    changed = keys * (1 - 2 * tf.one_hot(place, 16, dtype=tf.int32))
    return tf.cast(tf.concat([keys, changed], axis=0), tf.float32)


def learn(seed: int, steps: int = STEPS) -> Iterator[list[np.ndarray]]:
    """The weights before the first step and after every CHUNK; the last are the result.

    The same seed gives the same weights on one machine. Nothing is selected on the way.
    """
    theta = [tf.Variable(w) for w in beginner(seed)]
    optimizer = keras.optimizers.Adam(RATE, global_clipnorm=1.0)
    optimizer.build(theta)

    def step(i):
        sigma = NOISE * tf.nn.relu(1 - tf.cast(i, tf.float32) / (QUIET * steps))
        with tf.GradientTape() as tape:
            now = cryptanalysis(noisy_masks(theta, some_keys([seed, i]), sigma, [seed, i]))
        optimizer.apply(tape.gradient(now, theta), theta)

    graph = tf.function(step, jit_compile=True)  # a loop in the graph would be three times slower
    for i in range(steps):
        if i % CHUNK == 0:
            yield [w.numpy() for w in theta]
        graph(tf.constant(i))
    yield [w.numpy() for w in theta]


def in_whole_numbers(weights: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The same network, or nearly, of whole numbers: float32 then adds without error, everywhere.

    Each sum of a column's weights, whatever their signs, is even or each is odd. A bias of the
    other parity makes all odd: none is 0, and none nearer to its threshold than 1.
    """
    found = []
    for kernel, bias in zip(weights[::2], weights[1::2]):
        unit = np.sqrt((kernel.astype(float) ** 2).mean(axis=0)) / WHOLE
        whole = np.rint(kernel / unit)
        odd = 1 - whole.sum(axis=0) % 2  # what the bias must be, modulo 2
        found += [whole, 2 * np.rint((bias / unit - odd) / 2) + odd]
    return [w.astype(np.float32) for w in found]


def in_rounds(round_: Coupling) -> Rounds:
    """Alice of `resisting` with this round."""
    return Rounds(round_, ROUNDS, KEY_STEP, constant=CONSTANT)


class Pair(NamedTuple):
    """Alice's round repeated, and Bob, who is given her masks and undoes it."""

    alice: Rounds
    bob: Rounds

    @classmethod
    def of(cls, weights: Sequence[np.ndarray]) -> Pair:
        """From trained weights, which are rounded."""
        whole = in_whole_numbers(weights)
        return cls(
            in_rounds(Coupling(*whole)),
            Rounds(Uncoupling(*whole), ROUNDS, KEY_STEP, True, CONSTANT),
        )


def train(seed: int, progress: bool = False) -> Pair:
    """A pair after 500 steps."""
    *_, weights = tqdm(learn(seed), total=STEPS // CHUNK + 1, disable=not progress)
    return Pair.of(weights)


# --- the study ------------------------------------------------------------------------------------

SEEDS = range(1, 6)
FEW_KEYS, CHECKED = 2, (4, 8, 12)  # keys and rounds for which every input difference is counted
EVES = 3, ROUNDS - 2  # rounds against which networks are trained: few, and two less than shipped


def one_seed(seed: int) -> dict[str, object]:
    """What is found of a trained pair. Its process time is that of all cores together."""
    started, wall = process_time(), perf_counter()
    pair = train(seed)
    seconds = {"process": process_time() - started, "wall": perf_counter() - wall}
    about = {"seed": seed, "seconds": {name: round(s, 1) for name, s in seconds.items()}}
    return about | strength.of_cipher(pair.alice, seed)


def controls(seed: int) -> dict[str, dict[str, object]]:
    """The same of a network that has learned nothing, of random masks, and of permutations."""
    untrained = in_rounds(Coupling(*in_whole_numbers(beginner(seed))))
    masks = in_rounds(strength.RandomMasks(seed))
    return {
        "untrained": strength.of_cipher(untrained, seed),
        "random_masks": strength.of_cipher(masks, seed),
        "random_permutations": strength.of_permutations(seed, 20),
    }


def every_difference(alice: Rounds, seed: int) -> dict[str, object]:
    """The best differential of all input differences under a few keys, and that of permutations."""
    rng = np.random.default_rng(seed)
    tables = strength.tables_by_rounds(alice, rng.choice(ALL_BLOCKS, FEW_KEYS, replace=False))
    random = np.array([rng.permutation(ALL_BLOCKS) for _ in range(FEW_KEYS)])
    found: dict[str, object] = {
        f"{n} rounds": strength.of_every_difference(tables[n - 1]) for n in CHECKED
    }
    return found | {"random_permutations": strength.of_every_difference(random)}


def neural_eves(alice: Rounds, difference: int, seed: int) -> list[dict[str, object]]:
    """Networks after Gohr: do two messages differ by this, the best difference that was found?"""
    found = []
    for n in EVES:
        pairs = distinguishers.pairs_of(alice.first(n), np.uint16(difference))
        about = {"rounds": n, "difference": f"{difference:04x}"}
        found.append(about | distinguishers.distinguished(pairs, seed))
    return found


def study(path: Path) -> None:
    """Some seeds beside their controls and the pair `diffusing`; the shipped one more closely."""
    started, command = perf_counter(), f"{COMMAND} --study"
    with publish.result_at(path, command):
        trained = [one_seed(seed) for seed in tqdm(SEEDS, "trained")]
        beside = [controls(seed) for seed in tqdm(SEEDS, "controls")]
        alice = {name: shipped(name) for name in ("resisting", "diffusing")}
        ciphers = {name: strength.of_cipher(rounds, 1) for name, rounds in alice.items()}
        best = strength.best_input(ciphers["resisting"], EVES[0])
        found: dict[str, object] = {
            "trained": trained,
            **{name: [one[name] for one in beside] for name in beside[0]},
            "shipped": ciphers,
            "every_difference": every_difference(alice["resisting"], 1),
            "neural_eves": neural_eves(alice["resisting"], best, 1),
        }
        about = publish.provenance(command, None, perf_counter() - started)
        write_json(path, {"provenance": about, "how": strength.HOW, **found})


def shipped(name: str) -> Rounds:
    """Alice of a shipped pair."""
    alice = NeuralCipher.load(name).alice
    assert isinstance(alice, Rounds)
    return alice


# --- as a command ---------------------------------------------------------------------------------

COMMAND = "python -m data.studies.resisting"
SHIPPED_SEED = 2
BOB = (
    "Bob is given Alice's masks, and undoes her rounds as Feistel did: he has learned nothing. "
    "That he reads every block is a check of the implementation."
)


def ship(seed: int, path: Path) -> None:
    """Train a pair, and write it with its provenance."""
    started, command = perf_counter(), f"{COMMAND} --seed {seed}"
    with publish.result_at(path, command):
        publish.check_pair_file(path)
        pair = train(seed, progress=True)
        about = publish.provenance(command, seed, perf_counter() - started) | {"bob": BOB}
        cipher = NeuralCipher(*pair, "resisting", about)
        cipher.save(path)
        print(json.dumps(cipher.about, indent=2))


def main(words: Sequence[str] | None = None) -> None:
    """The command line."""
    publish.ship_or_study(
        words, COMMAND, __doc__, SHIPPED_SEED, ship, study, ("resisting", "resisting")
    )


if __name__ == "__main__":
    main()
