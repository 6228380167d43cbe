"""The pair `diffusing`: one round is learned, and run many times (see `rounds`).

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

import argparse
import json
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np
from tqdm import tqdm

from helpers import commands, manifest
from helpers.bits import ALL_BLOCKS
from helpers.files import write_json
from helpers.neural import binary, training
from helpers.neural.chain import Chain, Layer
from helpers.neural.cipher import NeuralCipher, check_pair_file
from helpers.neural.rounds import (
    HALF,
    Coupling,
    Mixing,
    Rounds,
    as_signs,
    avalanche,
    distinct_ciphertexts,
    round_table,
)
from helpers.quiet_keras import keras
from helpers.quiet_keras import tensorflow as tf

ROUNDS, KEY_STEP = 20, 3
BLOCK_WEIGHTS, KEY_WEIGHTS = 3, 2  # that each of the 8 masks keeps
READERS = 3  # masks that should read each of the 8 bits that pass
recipe = binary.Recipe(noisy=1200, falling=2000, margins=800, rate=2e-3)

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

    `x` (n, 32) are signs of block and key; the masks' signs are noisy, see `binary.noisy_sign`.
    """
    z = binary.in_rms(x[:, HALF:] @ wired(kernel) + bias)
    changed = x[:, :HALF] * binary.noisy_sign(z, sigma, noise)
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


def train(seed: int, name: str = "mine", progress: bool = False) -> NeuralCipher:
    """A pair after a few thousand steps; on one machine the same seed gives the same weights."""
    kernel = keras.initializers.GlorotUniform(seed)((24, HALF)).numpy()
    kernel, bias, *bob = learn([kernel, np.zeros(HALF)], coupling_loss, seed, progress)
    return as_cipher(Coupling(wired(kernel).numpy(), bias), bob, name)


def as_cipher(alice: Coupling | Mixing, bob: list[np.ndarray], name: str = "mine") -> NeuralCipher:
    """Alice's round and the weights of Bob's, each repeated."""
    bob = Chain([Layer("gate"), Layer("linear")], bob)
    rounds = Rounds(alice, ROUNDS, KEY_STEP), Rounds(bob, ROUNDS, KEY_STEP, backwards=True)
    return NeuralCipher(*rounds, name)


def learn(alice: list, loss: Callable, seed: int, progress: bool = False) -> list[np.ndarray]:
    """Walk the recipe from Alice's first weights and a new Bob; the weights of both at the end."""
    bob = binary.build_gate(seed=1000 + seed).get_weights()
    theta = [tf.Variable(w, dtype=tf.float32) for w in (*alice, *bob)]
    optimizer = keras.optimizers.Adam(global_clipnorm=1.0)
    optimizer.build(theta)

    def chunk(first, sigma):
        for i in tf.range(binary.CHUNK):
            with tf.GradientTape() as tape:
                now = loss(theta[:-4], theta[-4:], sigma, draw=[seed, first + i])
            optimizer.apply(tape.gradient(now, theta), theta)

    graph = tf.function(chunk, jit_compile=True)
    for first in tqdm(range(0, recipe.steps, binary.CHUNK), disable=not progress):
        optimizer.learning_rate = recipe.rate_at(first)
        graph(tf.constant(first), tf.constant(recipe.noise_at(first)))
    return [w.numpy() for w in theta]


def coupling_loss(
    alice: Sequence[tf.Tensor], bob: Sequence[tf.Tensor], sigma: tf.Tensor, draw: Sequence
) -> tf.Tensor:
    """The loss on one batch: Bob reads, every bit that passes is read, and masks are clear."""
    x, noise = batch(draw, HALF)
    ciphertext, z = encrypt(*alice, x, sigma, noise)
    wiring = tf.reduce_sum(unread(alice[0])) + tf.reduce_sum(unheard(alice[0]))
    return pair_loss(bob, ciphertext, x, sigma, narrow(z)) + wiring


def pair_loss(
    bob: Sequence[tf.Tensor], ciphertext: tf.Tensor, x: tf.Tensor, sigma: tf.Tensor, near: tf.Tensor
) -> tf.Tensor:
    """How far Bob is from reading all; and the less noise, the more the details count.

    They are the worst bit of each block, and masks that come `near` their thresholds. Asked for at
    once, equal weights would keep Alice from finding out which wiring Bob can read.
    """
    block, key = x[:, :16], x[:, 16:]
    logits = binary.gate_forward(bob, tf.concat([ciphertext, key], axis=1))
    quiet = 1 - sigma / recipe.noise
    return binary.focal(block, logits) + quiet * (training.sharp_loss(block, logits) + near)


def batch(draw: Sequence, masks: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Random signs of block and key, (n, 32), and noise of variance 1 for the masks, (n, masks)."""
    bits = tf.random.stateless_uniform((recipe.batch, 32), draw, 0, 2, tf.int32)
    noise = tf.random.stateless_normal((recipe.batch, masks), draw)
    return 2 * tf.cast(bits, tf.float32) - 1, noise


# --- the frontier: which bits pass is learned, too ------------------------------------------------


def train_mixing(seed: int) -> NeuralCipher:
    """A pair whose Alice is free to choose which 8 bits pass: that she can be undone is learned.

    By hand remains that 8 bits change and 8 pass, how many weights a mask keeps, and the turning.
    """
    kernel = keras.initializers.GlorotUniform(seed)((32, 16)).numpy()
    choice = 0.1 * np.random.default_rng(seed).standard_normal(16)
    kernel, bias, choice, *bob = learn([kernel, np.zeros(16), choice], mixing_loss, seed)
    changes = chosen(choice).numpy() == 1
    kernel = np.where(changes, wired(kernel * OTHERS).numpy(), 0)
    return as_cipher(Mixing(kernel, np.where(changes, bias, 1)), bob)


def mixing_loss(
    alice: Sequence[tf.Tensor], bob: Sequence[tf.Tensor], sigma: tf.Tensor, draw: Sequence
) -> tf.Tensor:
    """As `coupling_loss`; of masks only those of bits that change count."""
    kernel, bias, choice = alice
    kernel, changes = kernel * OTHERS, chosen(choice)
    x, noise = batch(draw, 16)
    z = binary.in_rms(x @ wired(kernel) + bias)
    masks = 1 + changes * (binary.noisy_sign(z, sigma, noise) - 1)  # 1 where a bit passes
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

TRIED = range(0, 65536, 15)  # keys of the study; `python -m helpers.neural.proof NAME` tries all
SAMPLE = range(0, 65536, 8192)  # messages whose distinct ciphertexts are counted
PAIRS = 5000  # random pairs for an avalanche: a share is then known to within 0.4 % or so


def results(cipher: NeuralCipher) -> dict[str, object]:
    """What a pair can do: errors, distinct ciphertexts and the avalanche of each position.

    It is a success with no error and every position between 40 and 60 %.
    """
    wrong, diffusion = misread(cipher, TRIED), diffusion_of(cipher.alice)
    inside = all(of["min"] >= 0.4 and of["max"] <= 0.6 for of in diffusion.values())
    return {
        "success": inside and wrong == 0,
        "wrong": wrong,
        "pairs": len(TRIED) << 16,
        "distinct_ciphertexts": round(float(np.mean(distinct_ciphertexts(cipher.alice, SAMPLE)))),
        **diffusion,
    }


def misread(cipher: NeuralCipher, keys: Iterable[int]) -> int:
    """Of all blocks under these keys, how many Bob's round does not give back after Alice's."""
    alice, bob, wrong = cipher.alice.round, cipher.bob.round, 0
    for key in as_signs(np.array(keys, np.uint16)):
        wrong += np.count_nonzero(round_table(bob, key)[round_table(alice, key)] != ALL_BLOCKS)
    return int(wrong)


def diffusion_of(encrypt: Callable[[np.ndarray], np.ndarray]) -> dict[str, dict[str, float]]:
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
    return [{"rounds": n} | diffusion_of(Rounds(alice.round, n, alice.key_step)) for n in counts]


# --- the frontier: perfectly secret and diffusing -------------------------------------------------


def pad_then_rounds(pad: Chain, rounds: Rounds) -> Callable[[np.ndarray], np.ndarray]:
    """Alice of the pair `proven`, then Alice's rounds with a key that everyone knows.

    The pad is perfectly secret, and what follows is one permutation of the blocks, known to all: so
    for each message another key still gives another ciphertext. It diffuses too, since a bit of
    message or key changes a bit of the pad, and that half of what comes out.

    What it does not buy: one known block tells the key, since there are only as many keys as
    messages (message and ciphertext then leave one), and here no search is needed to find it.
    """
    known = as_signs(np.uint16([PUBLIC_KEY]))
    return lambda x: rounds(np.hstack([pad(x), np.broadcast_to(known, (len(x), 16))]))


PUBLIC_KEY = 0x9D17  # any will do


def frontier(pad: Chain, rounds: Rounds) -> list[dict[str, object]]:
    """A learned pad and learned rounds, apart and together: how secret they are, how diffusing."""
    ciphers = {
        "pad": pad,
        "rounds": rounds,
        "pad, then rounds with a public key": pad_then_rounds(pad, rounds),
        "pad, then rounds with the same key": lambda x: rounds(np.hstack([pad(x), x[:, 16:]])),
    }
    return [
        {"cipher": name, "fewest_distinct_ciphertexts": min(distinct_ciphertexts(cipher, SAMPLE))}
        | diffusion_of(cipher)
        for name, cipher in ciphers.items()
    ]


# --- as a command ---------------------------------------------------------------------------------

SHIPPED_SEED, SEEDS = 1, range(1, 11)


def ship(seed: int, path: Path) -> None:
    """Train a pair, measure it, and write it with its provenance."""
    started, command = time.perf_counter(), f"python -m helpers.neural.diffusion --seed {seed}"
    with commands.result_at(path, command):
        check_pair_file(path)
        cipher = train(seed, "diffusing", progress=True)
        cipher.about = manifest.provenance(command, seed, time.perf_counter() - started)
        cipher.about |= results(cipher)
        cipher.save(path)
        print(json.dumps(cipher.about, indent=2))


def study(path: Path) -> None:
    """Ten seeds of each kind, the avalanche against the number of rounds, and the frontier."""
    started, command = time.perf_counter(), "python -m helpers.neural.diffusion --study"
    with commands.result_at(path, command):
        found = {
            "seeds": [one_seed(train, seed) for seed in tqdm(SEEDS, "coupling")],
            "mixing_seeds": [one_seed(train_mixing, seed) for seed in tqdm(SEEDS, "mixing")],
        }
        partners, alice = binary.Partners(seed=1), train(SHIPPED_SEED).alice
        binary.train(partners)
        found["by_rounds"] = by_rounds(alice)
        found["frontier"] = frontier(partners.cipher().alice, alice)
        about = manifest.provenance(command, SHIPPED_SEED, time.perf_counter() - started)
        write_json(path, about | found)


def one_seed(train: Callable[[int], NeuralCipher], seed: int) -> dict[str, object]:
    """A line of the study. Its seconds are those of one core, whatever else the machine does."""
    started = time.process_time()
    cipher = train(seed)
    seconds = time.process_time() - started
    return {"seed": seed, "seconds": round(seconds, 1)} | results(cipher)


def main() -> None:
    """Train the pair `diffusing` and measure it; or ten pairs, and what lies beyond."""
    parser = argparse.ArgumentParser(
        prog="python -m helpers.neural.diffusion", description=main.__doc__
    )
    parser.add_argument("--seed", type=commands.seed, default=SHIPPED_SEED)
    parser.add_argument("--study", action="store_true", help="seeds 1 to 10, whatever --seed is")
    parser.add_argument("--output", type=Path, help="a file; default: the shipped one in data/")
    options = parser.parse_args()
    if options.study:
        study(options.output or manifest.DATA / "results" / "diffusion.json")
    else:
        ship(options.seed, options.output or manifest.DATA / "weights" / "diffusing.npz")


if __name__ == "__main__":
    main()
