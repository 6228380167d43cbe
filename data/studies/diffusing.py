"""Train the pair `diffusing`: one round is learned, and run many times (`helpers.neural.rounds`).

python -m data.studies.diffusing
python -m data.studies.diffusing --study

The first makes data/weights/diffusing.npz. The second trains ten seeds of each kind, measures the
avalanche against the number of rounds, and writes data/results/diffusion.json.

By hand: halves that change places, how many weights a mask keeps and by how many masks a bit is
read, the key turned by 3 places a round, and 20 rounds.
Learned: which bits each mask reads and how it weighs them, and all of Bob, a gate network from a
random start.

Nothing in the loss measures diffusion: it follows from the wiring. And only a single round is
trained: where Bob undoes it on all 2^32 pairs of block and key, he undoes any number of rounds, by
induction.

Beyond it, at the frontier: an Alice with nothing built in that lets her be undone, who learns which
bits pass (`train_mixing`), and rounds after a pad, perfectly secret and diffusing at once
(`pad_then_rounds`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from data.studies import proven, publish
from data.studies.proven import GATES, distinct_ciphertexts, gate_forward, in_rms, noisy_sign
from helpers.bits import ALL_BLOCKS, Block, Signs, bits_to_signs
from helpers.files import write_json
from helpers.neural.chain import Chain, Layer, sign
from helpers.neural.cipher import NeuralCipher
from helpers.neural.rounds import (
    ALL_HALVES,
    HALF,
    Coupling,
    Round,
    Rounds,
    as_signs,
    checked,
    packed,
    round_table,
)
from helpers.neural.training import sharp_loss
from helpers.quiet_keras import keras
from helpers.quiet_keras import tensorflow as tf

ROUNDS, KEY_STEP = 20, 3
BLOCK_WEIGHTS, KEY_WEIGHTS = 3, 2  # that each of the 8 masks keeps
READERS = 3  # masks that should read each of the 8 bits that pass
recipe = proven.Recipe(noisy=1200, falling=2000, margins=800, rate=2e-3)

Encrypt = Callable[[Signs], Signs]  # of block and key, (n, 32), to those of a block, (n, 16)

# --- Alice's round while she learns ---------------------------------------------------------------


def wired(kernel: tf.Tensor) -> tf.Tensor:
    """`kernel` (24, 8), each mask with its largest weights only: 3 of the block, 2 of the key.

    The gradient passes as if all were there, so that a weight left out can grow back: a
    straight-through estimator (Bengio et al. 2013, arXiv:1308.3432).
    """
    block, key = kernel[:-16], kernel[-16:]
    kept = tf.concat([largest(block, BLOCK_WEIGHTS), largest(key, KEY_WEIGHTS)], axis=0)
    return kernel + tf.stop_gradient(kept - kernel)


def largest(kernel: tf.Tensor, count: int) -> tf.Tensor:
    """The `count` weights of largest size in each column of `kernel` (n, masks), the others 0."""
    return tf.where(tf.abs(kernel) >= last_kept(kernel, count), kernel, 0.0)


def last_kept(kernel: tf.Tensor, count: int) -> tf.Tensor:
    """In each column the size of the weight that is number `count` in size, (1, masks)."""
    sizes = tf.transpose(tf.abs(kernel))
    return tf.math.top_k(sizes, count).values[None, :, -1]


def encrypt(kernel: tf.Tensor, bias: tf.Tensor, x: tf.Tensor, sigma: tf.Tensor, noise: tf.Tensor):
    """One round, and its masks in units of their rms: ciphertext (n, 16), masks (n, 8).

    `x` (n, 32) are signs of block and key; the masks' signs are noisy, see `proven.noisy_sign`.
    """
    z = in_rms(x[:, HALF:] @ wired(kernel) + bias)
    changed = x[:, :HALF] * noisy_sign(z, sigma, noise)
    return tf.concat([x[:, HALF:16], changed], axis=1), z


# --- losses ---------------------------------------------------------------------------------------


def narrow(z: tf.Tensor) -> tf.Tensor:
    """How far masks (n, 8), in units of their rms, come within 0.4 of their threshold: 0 to 1.

    Five equal weights, a majority vote, keep 0.447 away from it, and few other choices do.
    """
    return tf.reduce_mean(tf.nn.relu(1 - tf.abs(z) / 0.4))


def unread(kernel: tf.Tensor, acting: tf.Tensor | float = 1.0) -> tf.Tensor:
    """How much each bit of the block lacks of being read by `READERS` masks: (bits,).

    A mask reads the bits whose weights are its largest. What counts is a weight's share of the
    smallest that is kept, so that a bit that nobody reads is drawn in, mask after mask. `acting`
    (masks,): 0 for a mask that does not count.
    """
    share = tf.abs(kernel[:-16]) / tf.stop_gradient(last_kept(kernel[:-16], BLOCK_WEIGHTS))
    return tf.reduce_sum(tf.nn.relu(1.1 - tf.math.top_k(share * acting, READERS).values), axis=1)


def unheard(kernel: tf.Tensor) -> tf.Tensor:
    """How far the key's say in each mask falls short of the block's, 0 to 1: (masks,).

    The smallest key weight that is kept should be as large as the smallest of the block's. Left
    alone, Alice would all but ignore the key, for then Bob has less to learn.
    """
    of_block = tf.stop_gradient(last_kept(kernel[:-16], BLOCK_WEIGHTS))
    return tf.nn.relu(1 - last_kept(kernel[-16:], KEY_WEIGHTS) / of_block)[0]


# --- training -------------------------------------------------------------------------------------


class Pair(NamedTuple):
    """Alice's round and Bob's, each repeated."""

    alice: Rounds
    bob: Rounds

    @classmethod
    def of(cls, alice: Round, bob: list[np.ndarray]) -> Pair:
        """From Alice's round, and the weights of Bob's."""
        backwards = Rounds(Chain(GATES, bob), ROUNDS, KEY_STEP, backwards=True)
        return cls(Rounds(alice, ROUNDS, KEY_STEP), backwards)


def train(seed: int, progress: bool = False) -> Pair:
    """A pair after a few thousand steps; on one machine the same seed gives the same weights."""
    kernel = keras.initializers.GlorotUniform(seed)((24, HALF)).numpy()
    kernel, bias, *bob = learn([kernel, np.zeros(HALF)], coupling_loss, seed, progress)
    return Pair.of(Coupling(wired(kernel).numpy(), bias), bob)


def learn(alice: list, loss: Callable, seed: int, progress: bool = False) -> list[np.ndarray]:
    """Walk the recipe from Alice's first weights and a new Bob; the weights of both at the end."""
    bob = proven.build_gate(seed=1000 + seed).get_weights()
    theta = [tf.Variable(w, dtype=tf.float32) for w in (*alice, *bob)]
    optimizer = keras.optimizers.Adam(global_clipnorm=1.0)
    optimizer.build(theta)

    def chunk(first, sigma):
        for i in tf.range(proven.CHUNK):
            with tf.GradientTape() as tape:
                now = loss(theta[:-4], theta[-4:], sigma, draw=[seed, first + i])
            optimizer.apply(tape.gradient(now, theta), theta)

    graph = tf.function(chunk, jit_compile=True)
    for first in tqdm(range(0, recipe.steps, proven.CHUNK), disable=not progress):
        optimizer.learning_rate = recipe.rate_at(first)
        graph(tf.constant(first), tf.constant(recipe.noise_at(first)))
    return [w.numpy() for w in theta]


def coupling_loss(
    alice: Sequence[tf.Tensor], bob: Sequence[tf.Tensor], sigma: tf.Tensor, draw: Sequence
) -> tf.Tensor:
    """The loss on one batch: Bob reads, every bit that passes is read, and masks are clear."""
    x, noise = batch(draw, HALF)
    kernel, bias = alice
    ciphertext, z = encrypt(kernel, bias, x, sigma, noise)
    wiring = tf.reduce_sum(unread(kernel)) + tf.reduce_sum(unheard(kernel))
    return pair_loss(bob, ciphertext, x, sigma, narrow(z)) + wiring


def pair_loss(
    bob: Sequence[tf.Tensor], ciphertext: tf.Tensor, x: tf.Tensor, sigma: tf.Tensor, near: tf.Tensor
) -> tf.Tensor:
    """How far Bob is from reading all; and the less noise, the more the details count.

    They are the worst bit of each block, and masks that come `near` their thresholds. Asked for at
    once, equal weights would keep Alice from finding out which wiring Bob can read.
    """
    block, key = x[:, :16], x[:, 16:]
    logits = gate_forward(bob, tf.concat([ciphertext, key], axis=1))
    quiet = 1 - sigma / recipe.noise
    return proven.focal(block, logits) + quiet * (sharp_loss(block, logits) + near)


def batch(draw: Sequence, masks: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Random signs of block and key, (n, 32), and noise of variance 1 for the masks, (n, masks)."""
    bits = tf.random.stateless_uniform((recipe.batch, 32), draw, 0, 2, tf.int32)
    noise = tf.random.stateless_normal((recipe.batch, masks), draw)
    return 2 * tf.cast(bits, tf.float32) - 1, noise


# --- the frontier: which bits pass is learned, too ------------------------------------------------


class Mixing:
    """A round that nothing built in makes invertible: (n, 32) to (n, 16), as `Coupling`.

    Each bit has a mask, which may read every other bit and the key: let two bits read each other,
    and they may be lost for good. (A bit that passes has a kernel of zeros and a bias above 0.)
    Then the bits are turned by 5 places, so that those which passed will not all pass again.
    """

    layers: tuple[Layer, ...] = (Layer("mixing"),)
    turn = 5

    def __init__(self, kernel: np.ndarray, bias: np.ndarray):
        """`kernel` (32, 16) and `bias` (16,): from block and key to a mask for each bit."""
        self.weights = checked((kernel, bias), 32, 16)

    def __call__(self, x: Signs) -> Signs:
        """Each bit times the sign of its mask, then all turned."""
        kernel, bias = self.weights
        return np.roll(x[:, :16] * sign(x @ kernel + bias), self.turn, axis=1)


@round_table.register
def mixing_table(round_: Mixing, key: Signs) -> Block:
    """`round_table` for masks that may read both halves: of each half they read a number."""
    kernel, bias = round_.weights
    upper = (ALL_HALVES @ kernel[:HALF]).T[:, :, None]
    lower = (ALL_HALVES @ kernel[HALF:16] + (key @ kernel[16:] + bias)).T[:, None]
    changed = ALL_BLOCKS ^ ~packed((upper + lower).reshape(16, -1))
    return (changed >> round_.turn | changed << (16 - round_.turn)).astype(np.uint16)


def train_mixing(seed: int) -> Pair:
    """A pair whose Alice is free to choose which 8 bits pass: that she can be undone is learned.

    By hand remains that 8 bits change and 8 pass, how many weights a mask keeps, and the turning.
    """
    kernel = keras.initializers.GlorotUniform(seed)((32, 16)).numpy()
    choice = 0.1 * np.random.default_rng(seed).standard_normal(16)
    kernel, bias, choice, *bob = learn([kernel, np.zeros(16), choice], mixing_loss, seed)
    changes = chosen(choice).numpy() == 1
    kernel = np.where(changes, wired(kernel * OTHERS).numpy(), 0)
    return Pair.of(Mixing(kernel, np.where(changes, bias, 1)), bob)


def mixing_loss(
    alice: Sequence[tf.Tensor], bob: Sequence[tf.Tensor], sigma: tf.Tensor, draw: Sequence
) -> tf.Tensor:
    """As `coupling_loss`; of masks only those of bits that change count."""
    kernel, bias, choice = alice
    kernel, changes = kernel * OTHERS, chosen(choice)
    x, noise = batch(draw, 16)
    z = in_rms(x @ wired(kernel) + bias)
    masks = 1 + changes * (noisy_sign(z, sigma, noise) - 1)  # 1 where a bit passes
    ciphertext = tf.roll(x[:, :16] * masks, Mixing.turn, axis=1)
    acting = tf.stop_gradient(changes)
    near = 2 * narrow(tf.where(acting == 1, z, 1.0))
    wiring = tf.reduce_sum((1 - acting) * unread(kernel, acting))
    wiring += tf.reduce_sum(acting * unheard(kernel))
    return pair_loss(bob, ciphertext, x, sigma, near) + wiring


OTHERS = 1 - np.eye(32, 16, dtype=np.float32)  # no bit is read by its own mask


def chosen(choice: tf.Tensor) -> tf.Tensor:
    """1 for the 8 largest of `choice` (16,), else 0; backward a sigmoid, straight through."""
    last = tf.math.top_k(choice, HALF).values[-1]
    soft, hard = tf.sigmoid(4 * (choice - last)), tf.cast(choice >= last, choice.dtype)
    return soft + tf.stop_gradient(hard - soft)


# --- what was learned -----------------------------------------------------------------------------

TRIED = range(0, 65536, 15)  # keys of the study; `python -m data.studies.proofs NAME` tries all
SAMPLE = range(0, 65536, 8192)  # messages whose distinct ciphertexts are counted
PAIRS = 5000  # random pairs for an avalanche: a share is then known to within 0.4 % or so


def results(pair: Pair) -> dict[str, object]:
    """What a pair can do: errors, distinct ciphertexts and the avalanche of each position.

    It is a success with no error and every position between 40 and 60 %.
    """
    wrong, diffusion = misread(pair, TRIED), diffusion_of(pair.alice)
    inside = all(of["min"] >= 0.4 and of["max"] <= 0.6 for of in diffusion.values())
    return {
        "success": inside and wrong == 0,
        "wrong": wrong,
        "pairs": len(TRIED) << 16,
        "distinct_ciphertexts": round(float(np.mean(distinct_ciphertexts(pair.alice, SAMPLE)))),
        **diffusion,
    }


def misread(pair: Pair, keys: Iterable[int]) -> int:
    """Of all blocks under these keys, how many Bob's round does not give back after Alice's."""
    alice, bob, wrong = pair.alice.round, pair.bob.round, 0
    for key in as_signs(np.array(keys, np.uint16)):
        wrong += np.count_nonzero(round_table(bob, key)[round_table(alice, key)] != ALL_BLOCKS)
    return int(wrong)


def avalanche(encrypt: Encrypt, rng: np.random.Generator, pairs: int) -> np.ndarray:
    """The share of ciphertext bits that change with each bit of block and key: float (32,).

    `encrypt` takes signs (n, 32) to signs (n, 16); the mean is over random blocks and keys and all
    bits of the ciphertext. 0.5 is the ideal. Webster & Tavares (1985, "On the Design of S-Boxes")
    ask it of every single bit of the ciphertext; this is the mean over them.
    """
    x = bits_to_signs(rng.integers(0, 2, (pairs, 32), np.uint8))
    ciphertext, flips = encrypt(x), 1 - 2 * np.eye(32, dtype=np.float32)
    return np.array([np.mean(encrypt(x * flip) != ciphertext) for flip in flips])


def diffusion_of(encrypt: Encrypt) -> dict[str, dict[str, float]]:
    """The avalanche of message and key: its smallest, mean and largest share over the positions.

    It is a mean over random keys, and says nothing of single ones, nor of what an attacker can use:
    under the paper's key, 0101..., twenty rounds leave bits of message and ciphertext related.
    """
    shares = avalanche(encrypt, np.random.default_rng(1), PAIRS)
    names = "message_avalanche", "key_avalanche"
    return {
        name: {f: round(float(getattr(half, f)()), 4) for f in ("min", "mean", "max")}
        for name, half in zip(names, np.split(shares, 2))
    }


def by_rounds(alice: Rounds, most: int = 32) -> list[dict[str, object]]:
    """The avalanche after 1 to `most` of Alice's rounds."""
    counts = range(1, most + 1)
    return [{"rounds": n, **diffusion_of(alice.first(n))} for n in counts]


# --- the frontier: perfectly secret and diffusing -------------------------------------------------


def pad_then_rounds(pad: Encrypt, rounds: Rounds) -> Encrypt:
    """Alice of the pair `proven`, then Alice's rounds with a key that everyone knows.

    The pad is perfectly secret, and what follows is one permutation of the blocks, known to all: so
    for each message another key still gives another ciphertext. It diffuses too, since a bit of
    message or key changes a bit of the pad, and that half of what comes out.

    What it does not buy: one known block tells the key, since there are only as many keys as
    messages (message and ciphertext then leave one), and here no search is needed to find it.
    """
    known = as_signs(ALL_BLOCKS[[PUBLIC_KEY]])
    return lambda x: rounds(np.hstack([pad(x), np.broadcast_to(known, (len(x), 16))]))


PUBLIC_KEY = 0x9D17  # any will do


def frontier(pad: Encrypt, rounds: Rounds) -> list[dict[str, object]]:
    """A learned pad and learned rounds, apart and together: how secret they are, how diffusing."""
    ciphers: dict[str, Encrypt] = {
        "pad": pad,
        "rounds": rounds,
        "pad, then rounds with a public key": pad_then_rounds(pad, rounds),
        "pad, then rounds with the same key": lambda x: rounds(np.hstack([pad(x), x[:, 16:]])),
    }
    return [
        {
            "cipher": name,
            "fewest_distinct_ciphertexts": min(distinct_ciphertexts(cipher, SAMPLE)),
            **diffusion_of(cipher),
        }
        for name, cipher in ciphers.items()
    ]


# --- as a command ---------------------------------------------------------------------------------

COMMAND = "python -m data.studies.diffusing"
SHIPPED_SEED, SEEDS = 1, range(1, 11)


def ship(seed: int, path: Path) -> None:
    """Train a pair, measure it, and write it with its provenance."""
    started, command = perf_counter(), f"{COMMAND} --seed {seed}"
    with publish.result_at(path, command):
        publish.check_pair_file(path)
        pair = train(seed, progress=True)
        about = publish.provenance(command, seed, perf_counter() - started) | results(pair)
        cipher = NeuralCipher(*pair, "diffusing", about)
        cipher.save(path)
        print(json.dumps(cipher.about, indent=2))


def study(path: Path) -> None:
    """Ten seeds of each kind, the avalanche against the number of rounds, and the frontier."""
    started, command = perf_counter(), f"{COMMAND} --study"
    with publish.result_at(path, command):
        found: dict[str, object] = {
            "seeds": [one_seed(train, seed) for seed in tqdm(SEEDS, "coupling")],
            "mixing_seeds": [one_seed(train_mixing, seed) for seed in tqdm(SEEDS, "mixing")],
        }
        partners, alice = proven.Partners(seed=1), train(SHIPPED_SEED).alice
        proven.train(partners)
        found["by_rounds"] = by_rounds(alice)
        found["frontier"] = frontier(partners.cipher().alice, alice)
        about = publish.provenance(command, SHIPPED_SEED, perf_counter() - started)
        write_json(path, about | found)


def one_seed(train: Callable[[int], Pair], seed: int) -> dict[str, object]:
    """A line of the study. Its seconds are those of one core, whatever else the machine does."""
    started = process_time()
    pair = train(seed)
    seconds = process_time() - started
    return {"seed": seed, "seconds": round(seconds, 1)} | results(pair)


def main(words: Sequence[str] | None = None) -> None:
    """The command line."""
    publish.ship_or_study(
        words, COMMAND, __doc__, SHIPPED_SEED, ship, study, ("diffusing", "diffusion")
    )


if __name__ == "__main__":
    main()
