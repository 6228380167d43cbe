"""Train a pair that can be proved, for its ciphertext is 16 bits: Alice, Bob, and perhaps Carol.

python -m data.studies.proven --recipe proven --seed 1 --output data/weights/proven.npz

Where all that Alice sends is -1 or +1, what holds of every message under every key can be counted.
Two things are wanted of them:

correct: Bob reads every message back.
perfectly secret: a ciphertext says nothing about its message (Shannon 1949, "Communication Theory
    of Secrecy Systems"). With as many keys as messages that is so where, for every message, another
    key gives another ciphertext.

The recipe `proven` has Carol, who is no opponent. She is told message and ciphertext, and names the
key: where she never errs, no two keys give the same ciphertext of a message. So her success
certifies secrecy, and Alice helps her as she helps Bob. The recipe `uncorrelated` has nobody. What
opponents in Carol's place achieve: `data.studies.secrecy`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from data.studies import publish
from helpers.bits import ALL_BLOCKS, bits_to_signs
from helpers.neural.chain import Chain, Layer, forward
from helpers.neural.cipher import NeuralCipher
from helpers.neural.rounds import as_blocks, as_signs
from helpers.neural.training import Team, random_pairs
from helpers.quiet_keras import keras
from helpers.quiet_keras import tensorflow as tf

GATES = Layer("gate"), Layer("linear")  # Bob, and Carol; Alice sends signs alone

# --- a gate network -------------------------------------------------------------------------------


def build_gate(inputs: int = 32, outputs: int = 16, gates: int = 64, seed: int = 0) -> keras.Model:
    """Signs (n, inputs) -> logits (n, outputs): products of two weighted sums, then sums of those.

    A product of signs is what XOR is of bits, and a threshold of sums makes no XOR alone.
    """
    initial = keras.initializers.GlorotUniform
    signs = keras.Input((inputs,))
    sums = keras.layers.Dense(2 * gates, kernel_initializer=initial(seed))(signs)
    products = keras.layers.Multiply()([sums[:, :gates], sums[:, gates:]])
    logits = keras.layers.Dense(outputs, kernel_initializer=initial(seed + 1))(products)
    return keras.Model(signs, logits)


def gate_forward(weights: Sequence[tf.Tensor], signs: tf.Tensor) -> tf.Tensor:
    """The same from weights [kernel, bias, kernel, bias], in TensorFlow or in NumPy."""
    return forward(GATES, list(zip(weights[0::2], weights[1::2])), signs)


# --- a channel of bits, and what is lost on it ----------------------------------------------------


def in_rms(z: tf.Tensor) -> tf.Tensor:
    """z (n, bits), each column in units of its root mean square."""
    return z / tf.sqrt(tf.reduce_mean(z**2, axis=0) + 1e-6)


@tf.custom_gradient
def noisy_sign(z: tf.Tensor, sigma: tf.Tensor, noise: tf.Tensor):
    """+1 where z + sigma * noise >= 0, else -1; all of one shape, or sigma a scalar.

    A step has no slope to learn from, so backward it counts as tanh(z / max(sigma, 0.5)): a
    straight-through estimator (Bengio et al. 2013, arXiv:1308.3432).
    """
    width = tf.maximum(sigma, 0.5)

    def gradient(upstream):
        return upstream * (1 - tf.tanh(z / width) ** 2) / width, None, None

    return tf.where(z + sigma * noise >= 0, 1.0, -1.0), gradient


def focal(signs: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Cross-entropy of the bits (n, bits), each bit weighted by its own mean loss: a scalar.

    What is learned already falls silent, and what is not is heard. Lin et al. (2017,
    arXiv:1708.02002) weigh examples so; here it is the 16 positions of a block.
    """
    loss = tf.reduce_mean(tf.nn.softplus(-signs * logits), axis=0)
    weight = tf.stop_gradient(loss)
    return tf.reduce_sum(weight * loss) / (tf.reduce_sum(weight) + 1e-9)


def margin_loss(z: tf.Tensor, signs: tf.Tensor) -> tf.Tensor:
    """How far the worst value of a block falls short of 0.8 on its side of 0: a scalar.

    z (n, bits), in units of its root mean square; signs (n, bits), the sides it should be on. What
    is far from 0 has the same sign on every machine, however that rounds.
    """
    short = tf.nn.relu(1 - signs * z / 0.8)
    return tf.reduce_mean(tf.reduce_max(short, axis=1))


# --- the recipe -----------------------------------------------------------------------------------

CHUNK = 100  # steps in one call of the compiled graph

# Noise of 0.7 flips one bit in 13: what errs oftener than that has not been learned.
STUCK = 0.15


@dataclass(frozen=True)
class Recipe:
    """Three stretches of training, in steps, and how they are walked.

    noisy: the channel flips bits, so that Alice learns to keep far from 0.
    falling: the noise falls to nothing, and with it the rate of learning.
    margins: without noise; what is still near 0 is pushed away (`margin_loss`).
    A position of the block that has not been learned when the noise begins to fall will not be:
    then the partners start again, from other weights, `starts` times in all.
    """

    noisy: int = 2000
    falling: int = 2000
    margins: int = 1000
    noise: float = 0.7
    rate: float = 5e-3
    batch: int = 512
    starts: int = 6

    def __post_init__(self):
        for name in ("noisy", "falling", "margins"):
            if (steps := getattr(self, name)) < 0 or steps % CHUNK:
                raise ValueError(
                    f"Steps are walked {CHUNK} at a time, but `{name}` is {steps}: "
                    f"choose 0 or a multiple of {CHUNK}."
                )

    @property
    def steps(self) -> int:
        """The steps of all three stretches."""
        return self.noisy + self.falling + self.margins

    def noise_at(self, step: int) -> float:
        """The noise on the channel, in units of the root mean square of what Alice sends."""
        left = self.noisy + self.falling - step
        return self.noise * float(np.clip(left / max(self.falling, 1), 0, 1))

    def rate_at(self, step: int) -> float:
        """The rate of learning: constant while it is noisy, then down to a fiftieth."""
        fall = max(0, step - self.noisy) / max(self.falling + self.margins, 1)
        return self.rate * (1 - 0.98 * fall)


PROVEN, UNCORRELATED = Recipe(), Recipe(noisy=3500)


class Batch(NamedTuple):
    """What is said in one batch: signs (batch, 16), and the way to have Alice say more."""

    message: tf.Tensor
    key: tf.Tensor
    ciphertext: tf.Tensor
    encrypt: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]  # (message, key) -> ciphertext


class Partners:
    """Alice, Bob and Carol, who learn as one team.

    The seed fixes the weights of every start and every random bit, so on one machine the same seed
    gives the same pair.
    """

    m_bits = k_bits = 16

    def __init__(self, seed: int, recipe: Recipe = PROVEN):
        self.seed, self.recipe, self.starts = seed, recipe, 1
        self.team = Team(self.beginners(), keras.optimizers.Adam(clipnorm=1.0))
        self.walk = tf.function(lambda *now: chunk(self, *now), jit_compile=True)

    def beginners(self) -> list[keras.Model]:
        """Three networks that have learned nothing; other ones at every start."""
        first = 1000 * self.seed + 10 * self.starts
        return [build_gate(seed=first + 2 * i) for i in range(3)]

    def start_again(self) -> None:
        """Forget what was learned, and begin from other weights."""
        self.starts += 1
        for variable in self.team.optimizer.variables:
            variable.assign(tf.zeros_like(variable))
        self.team.theta.assign(Team(self.beginners(), "Adam").theta)

    def secrecy(self, batch: Batch, carol: list[tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """What Alice and Bob want beside understanding each other: that Carol names the key.

        The loss, and how often she errs at each position, (16,).
        """
        named = gate_forward(carol, side_by_side(batch.ciphertext, batch.message))
        return focal(batch.key, named), error_rates(batch.key, named)

    def step(self, draw: tf.Tensor, noise: tf.Tensor, margins: tf.Tensor) -> tf.Tensor:
        """One batch, and one step down the loss.

        Returned is how often Bob errs at his worst position, and Carol at hers: (2,).
        """
        theta = self.team.theta.value
        with tf.GradientTape() as tape:
            tape.watch(theta)
            alice, bob, carol = self.team.weights(theta)
            z, batch = one_batch(self, alice, draw, noise)
            read = gate_forward(bob, side_by_side(batch.ciphertext, batch.key))
            secrecy, unknown = self.secrecy(batch, carol)
            near = margin_loss(z, tf.sign(z)) + margin_loss(in_rms(read), batch.message)
            loss = focal(batch.message, read) + secrecy + margins * near
        self.team.learn(tape.gradient(loss, theta), 0.0)
        wrong = error_rates(batch.message, read)
        return tf.stack([tf.reduce_max(wrong), tf.reduce_max(unknown)])

    def cipher(self, name: str = "mine", about: dict | None = None) -> NeuralCipher:
        """Alice and Bob as they are now. Carol has done her part."""
        alice, bob, _ = self.team.weights(self.team.theta.value)
        sender = Chain([Layer("gate"), Layer("sign")], alice)
        return NeuralCipher(sender, Chain(GATES, bob), name, about)


def one_batch(
    partners: Partners, alice: list[tf.Tensor], draw: tf.Tensor, noise: tf.Tensor
) -> tuple[tf.Tensor, Batch]:
    """The `draw`-th batch: what Alice computes, (batch, 16) in units of its rms, and the batch."""
    message, key = random_pairs(partners.seed, draw, partners.recipe.batch)
    shaking = tf.random.stateless_normal((partners.recipe.batch, 16), [partners.seed, draw])

    def compute(message: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        return in_rms(gate_forward(alice, side_by_side(message, key)))

    def encrypt(message: tf.Tensor, key: tf.Tensor) -> tf.Tensor:
        return noisy_sign(compute(message, key), noise, shaking)

    z = compute(message, key)
    return z, Batch(message, key, noisy_sign(z, noise, shaking), encrypt)


def side_by_side(*signs: tf.Tensor) -> tf.Tensor:
    """What a network reads: several inputs (n, ...) in one row."""
    return tf.concat(signs, axis=1)


def error_rates(signs: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """The share of wrong bits at each position, (bits,)."""
    return tf.reduce_mean(tf.cast(signs * logits <= 0, tf.float32), axis=0)


def chunk(partners: Partners, first: tf.Tensor, noise: tf.Tensor, margins: tf.Tensor) -> tf.Tensor:
    """CHUNK steps from number `first` on; the means of what the steps return, (2,)."""
    total = tf.zeros(2)
    for i in tf.range(CHUNK):
        total += partners.step(first + i, noise, margins)
    return total / CHUNK


def train(
    partners: Partners, watch: Callable[[int, np.ndarray], object] = lambda done, errors: None
) -> None:
    """Walk the recipe. `watch` sees the steps done and the error rates, (2,), after every chunk."""
    recipe, done = partners.recipe, 0
    while done < recipe.steps:
        quiet = float(done >= recipe.noisy + recipe.falling)
        partners.team.optimizer.learning_rate = recipe.rate_at(done)
        first = done + recipe.steps * partners.starts  # other bits at every start
        errors = partners.walk(*map(tf.constant, (first, recipe.noise_at(done), quiet))).numpy()
        done += CHUNK
        watch(done, errors)
        if done == recipe.noisy and errors.max() > STUCK and partners.starts < recipe.starts:
            partners.start_again()
            done = 0


# --- without a third network ----------------------------------------------------------------------


class Uncorrelated(Partners):
    """Nobody listens, nobody certifies: the bits of a message's ciphertexts shall not correlate."""

    def secrecy(self, batch: Batch, carol: list[tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """`correlation` of 4 messages of the batch, each under 128 of its keys."""
        message = tf.repeat(batch.message[:4], len(batch.key) // 4, axis=0)
        bits = tf.reshape(batch.encrypt(message, batch.key), (4, -1, 16))
        return correlation(bits), tf.zeros(1)


def correlation(bits: tf.Tensor) -> tf.Tensor:
    """How far two bits of a ciphertext go together, or one goes its own way, over many keys.

    bits: signs (messages, keys, 16). Were all parities of a message's ciphertext bits fair, all
    ciphertexts would be equally likely (Vazirani 1986, the XOR lemma); these are the parities of
    two bits, and of one. A squared correlation below 0.05 costs nothing: chance makes as much, and
    Alice needs room to move in.
    """
    both = tf.matmul(bits, bits, transpose_a=True) / bits.shape[1] - tf.eye(16)
    single = tf.reduce_mean(bits, axis=1)
    clear = tf.reduce_sum(tf.nn.relu(both**2 - 0.05), axis=[1, 2])
    return tf.reduce_mean(clear + tf.reduce_sum(single**4, axis=1)) / 8


# --- a first look at a pair; `proof` is the last word ---------------------------------------------


def distinct_ciphertexts(encrypt: Callable, messages: Iterable[int]) -> list[int]:
    """How many ciphertexts each message has under all 65,536 keys: as many, if it is secret.

    `encrypt` takes signs of block and key, (n, 32), to signs of a block, (n, 16).
    """
    keys = as_signs(ALL_BLOCKS)
    rows = (np.broadcast_to(as_signs(ALL_BLOCKS[[m]]), keys.shape) for m in messages)
    return [np.unique(as_blocks(encrypt(np.hstack([m, keys])))).size for m in rows]


def wrong_share(cipher: NeuralCipher, rng: np.random.Generator, pairs: int = 200_000) -> float:
    """The share of blocks that Bob misreads, of random messages and keys."""
    message, key = bits_to_signs(rng.integers(0, 2, (2, pairs, 16), np.uint8)).astype(np.float32)
    sent = cipher.alice(np.hstack([message, key]))
    return float(np.mean((message * cipher.bob(np.hstack([sent, key])) <= 0).any(axis=1)))


def first_look(cipher: NeuralCipher) -> dict[str, object]:
    """Counted for 16 messages under all keys, and sampled: no proof, but soon there."""
    rng = np.random.default_rng(1)
    distinct = distinct_ciphertexts(cipher.alice, rng.choice(65536, 16, replace=False))
    return {
        "fewest_distinct_ciphertexts_of_16_messages": min(distinct),
        "median_distinct_ciphertexts_of_16_messages": float(np.median(distinct)),
        "wrong_share_of_200000_pairs": wrong_share(cipher, rng),
    }


# --- as a command ---------------------------------------------------------------------------------

COMMAND = "python -m data.studies.proven"


def make(recipe: str, seed: int, path: Path) -> None:
    """Train a pair and write it, with what a first look shows."""
    command = f"{COMMAND} --recipe {recipe} --seed {seed} --output {path}"
    with publish.result_at(path, command):
        publish.check_pair_file(path)
        started, partners = perf_counter(), partners_for(recipe, seed)
        with tqdm(total=partners.recipe.steps, unit=" steps") as bar:
            train(partners, lambda done, errors: bar.update(done - bar.n))
        about = publish.provenance(command, seed, perf_counter() - started)
        cipher = partners.cipher(path.stem, about)
        cipher.about |= {"starts": partners.starts} | first_look(cipher)
        cipher.save(path)
        print(json.dumps(cipher.about, indent=2))


def partners_for(recipe: str, seed: int) -> Partners:
    """Partners with Carol, or with nobody at all."""
    return Partners(seed) if recipe == "proven" else Uncorrelated(seed, UNCORRELATED)


def main(words: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--recipe", choices=["proven", "uncorrelated"], default="proven")
    parser.add_argument("--seed", type=publish.seed, default=1)
    parser.add_argument("--output", type=Path, default=Path("mine.npz"), help="default: mine.npz")
    options = parser.parse_args(words)
    make(options.recipe, options.seed, options.output)


if __name__ == "__main__":
    main()
