"""Ways to a secret pair, compared: Carol's certificate, opponents in her place, and neither.

python -m data.studies.secrecy

It trains each way from several seeds, counts what came of it, and writes
data/results/secrecy_by_training.json. An opponent asks one question about a ciphertext; Alice and
Bob learn to keep her at a coin's success. A question that cannot be answered is not yet secrecy:
count the ciphertexts of a message.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from time import process_time
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from data.studies import proven, publish
from data.studies.proven import (
    UNCORRELATED,
    Batch,
    Partners,
    Recipe,
    Uncorrelated,
    gate_forward,
    in_rms,
    side_by_side,
)
from helpers import manifest
from helpers.files import write_json
from helpers.neural import proof
from helpers.neural.cipher import NeuralCipher
from helpers.neural.training import Team
from helpers.quiet_keras import keras
from helpers.quiet_keras import tensorflow as tf

Weights = list[list[tf.Tensor]]  # of each network of an opponent
Answer = tuple[tf.Tensor, tf.Tensor]  # the truth, signs (n, bits), and her logits for it

# --- opponents: a question each -------------------------------------------------------------------


class Opponent(NamedTuple):
    """The inputs and outputs of her gate networks, and what she is asked."""

    networks: tuple[tuple[int, int], ...]
    answer: Callable[[Weights, Batch], Answer]


def guess_bits(eve: Weights, batch: Batch) -> Answer:
    """Which message is it? The Eve of Abadi & Andersen (2016), who sees one ciphertext."""
    return batch.message, gate_forward(eve[0], batch.ciphertext)


def choose_plaintexts(eve: Weights, batch: Batch) -> Answer:
    """Which of two messages of her own choice is it? Coutinho et al. (2018, Sensors 18, 1306).

    The batch's own messages are not sent: their bits are her coins, and say which of the two is.
    """
    which, coins = batch.message[:, :1], batch.message[:, 1:]
    z = in_rms(gate_forward(eve[0], coins))
    one, other = tf.split(proven.noisy_sign(z, 0.0, tf.zeros_like(z)), 2, axis=1)
    ciphertext = batch.encrypt(tf.where(which > 0, one, other), batch.key)
    return which, gate_forward(eve[1], side_by_side(one, other, ciphertext))


def real_or_random(eve: Weights, batch: Batch) -> Answer:
    """Is it the ciphertext of this message, or 16 coins?

    Rogaway (2004, "Nonce-Based Symmetric Encryption") calls it indistinguishable from random bits.
    If nobody can tell, whatever they compute, all ciphertexts of a message are equally likely. The
    coins are the messages of other rows.
    """
    which, coins = tf.roll(batch.message, 1, axis=0)[:, :1], tf.roll(batch.message, 2, axis=0)
    shown = tf.where(which > 0, batch.ciphertext, coins)
    return which, twice(eve, side_by_side(batch.message, shown))


def twice(eve: Weights, signs: tf.Tensor) -> tf.Tensor:
    """A gate network on what a gate network makes: sums of products of up to four inputs."""
    return gate_forward(eve[1], in_rms(gate_forward(eve[0], signs)))


BITS = Opponent(((16, 16),), guess_bits)
CHOSEN = Opponent(((15, 32), (48, 1)), choose_plaintexts)
REAL = Opponent(((32, 64), (64, 1)), real_or_random)

# --- who plays ------------------------------------------------------------------------------------


class Contest(Partners):
    """Alice and Bob against opponents, who take two steps for each of theirs. Carol is idle."""

    def __init__(self, seed: int, recipe: Recipe, *opponents: Opponent):
        super().__init__(seed, recipe)
        self.opponents = opponents
        sizes = [size for opponent in opponents for size in opponent.networks]
        first = 1000 * seed + 500
        eves = [proven.build_gate(*size, seed=first + 2 * i) for i, size in enumerate(sizes)]
        self.eves = Team(eves, keras.optimizers.Adam(recipe.rate, clipnorm=1.0))

    def answers(self, theta: tf.Tensor, batch: Batch) -> list[Answer]:
        """What each opponent is asked, and says."""
        networks = iter(self.eves.weights(theta))
        return [o.answer([next(networks) for _ in o.networks], batch) for o in self.opponents]

    def secrecy(self, batch: Batch, carol: list[tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """What the opponents know beyond a coin, in nats a bit, and how often they err."""
        answers = self.answers(self.eves.theta.value, batch)
        known = [tf.nn.relu(np.log(2) - cross_entropy(*answer)) for answer in answers]
        errors = [proven.error_rates(*answer) for answer in answers]
        return tf.reduce_sum(tf.concat(known, axis=0)), tf.concat(errors, axis=0)

    def step(self, draw: tf.Tensor, noise: tf.Tensor, margins: tf.Tensor) -> tf.Tensor:
        """A step of Alice and Bob, and two of the opponents."""
        errors = super().step(3 * draw, noise, margins)
        self.listen(3 * draw + 1, noise)
        self.listen(3 * draw + 2, noise)
        return errors

    def listen(self, draw: tf.Tensor, noise: tf.Tensor) -> None:
        """The opponents learn to answer; Alice stays as she is."""
        theta = self.eves.theta.value
        alice, _, _ = self.team.weights(self.team.theta.value)
        with tf.GradientTape() as tape:
            tape.watch(theta)
            _, batch = proven.one_batch(self, alice, draw, noise)
            answers = self.answers(theta, batch)
            loss = sum(tf.reduce_mean(cross_entropy(*answer)) for answer in answers)
        self.eves.learn(tape.gradient(loss, theta), 0.0)


def cross_entropy(truth: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """In nats, (bits,); a coin has log 2."""
    return tf.reduce_mean(tf.nn.softplus(-truth * logits), axis=0)


class Alone(Partners):
    """Alice and Bob want nothing but to understand each other."""

    def secrecy(self, batch: Batch, carol: list[tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """No loss."""
        return tf.zeros(()), tf.zeros(1)


# --- the ways, and what came of each --------------------------------------------------------------

GAME = Recipe(noisy=4000, falling=1500, margins=500, starts=1)


def against(*opponents: Opponent) -> Callable[[int], Partners]:
    """A game against these opponents, from a seed."""

    def way(seed: int) -> Partners:
        contest = Contest(seed, GAME, *opponents)
        proven.train(contest)
        return contest

    return way


def then_certified(seed: int) -> Partners:
    """Both opponents of the literature; then Carol comes, and the noise once more."""
    contest, partners = against(BITS, CHOSEN)(seed), Partners(seed, Recipe(starts=1))
    partners.team.theta.assign(contest.team.theta)
    proven.train(partners)
    return partners


def of(kind: type[Partners], recipe: Recipe) -> Callable[[int], Partners]:
    """Partners of this kind, trained by this recipe, from a seed."""

    def way(seed: int) -> Partners:
        partners = kind(seed, recipe)
        proven.train(partners)
        return partners

    return way


WAYS = {
    "certificate": (of(Partners, proven.PROVEN), range(1, 11)),
    "uncorrelated bits": (of(Uncorrelated, UNCORRELATED), range(1, 6)),
    "nobody": (of(Alone, GAME), range(1, 6)),
    "bit-guessing Eve": (against(BITS), range(1, 6)),
    "chosen-plaintext Eve": (against(CHOSEN), range(1, 6)),
    "both, then the certificate": (then_certified, range(1, 6)),
    "real-or-random Eve": (against(REAL), range(1, 6)),
}
PART = range(0, 65536, 31)  # the messages, and the keys, that are counted of each pair at first


def trial(name: str, way: Callable[[int], Partners], seed: int) -> dict[str, Any]:
    """A line of the table. Its seconds are those of one core, whatever else the machine does."""
    started = process_time()
    partners = way(seed)
    seconds = round(process_time() - started, 1)
    cipher = partners.cipher()
    line = {"way": name, "seed": seed, "starts": partners.starts, "core_seconds": seconds}
    return line | proven.first_look(cipher) | counted(cipher)


def counted(cipher: NeuralCipher) -> dict[str, object]:
    """What `proof` finds in a part of all pairs, and where that has no fault, in all of them."""
    found = proof.count(cipher, PART, PART)
    if not found.refuted:
        found = proof.count(cipher)
    return {
        "proved": found.proved,
        "messages": found.tally.messages,
        "bijective": found.tally.bijective,
        "keys": found.tally.keys,
        "wrong": found.tally.wrong,
        "alice_margin": round(float(found.alice.at_least), 3),
        "bob_margin": round(float(found.bob.at_least), 3),
    }


COMMAND = "python -m data.studies.secrecy"


def main(words: Sequence[str] | None = None) -> None:
    """The command line, which has nothing to choose."""
    argparse.ArgumentParser(prog=COMMAND, description=__doc__).parse_args(words)
    path = manifest.DATA / "results" / "secrecy_by_training.json"
    todo = [(name, way, seed) for name, (way, seeds) in WAYS.items() for seed in seeds]
    with publish.result_at(path, COMMAND):
        lines = [trial(*one) for one in tqdm(todo, unit=" pairs")]
        about = publish.provenance(COMMAND, None, sum(line["core_seconds"] for line in lines))
        write_json(path, about | {"trials": lines})


if __name__ == "__main__":
    main()
