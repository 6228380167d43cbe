"""Ways to a secret pair, compared: Carol's certificate, opponents in her place, and neither.

`python -m helpers.neural.binary --study` trains each way from several seeds and counts what came of
it. An opponent asks one question about a ciphertext; Alice and Bob learn to keep her at a coin's
success. A question that cannot be answered is not yet secrecy: count the ciphertexts of a message.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from helpers import commands, manifest
from helpers.files import write_json
from helpers.neural import binary, proof
from helpers.neural.binary import Partners, Recipe, Talk, gate_forward, in_rms, side_by_side
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
    answer: Callable[[Weights, Talk], Answer]


def guess_bits(eve: Weights, talk: Talk) -> Answer:
    """Which message is it? The Eve of Abadi & Andersen (2016), who sees one ciphertext."""
    return talk.message, gate_forward(eve[0], talk.ciphertext)


def choose_plaintexts(eve: Weights, talk: Talk) -> Answer:
    """Which of two messages of her own choice is it? Coutinho et al. (2018, Sensors 18, 1306).

    The batch's own messages are not sent: their bits are her coins, and say which of the two is.
    """
    which, coins = talk.message[:, :1], talk.message[:, 1:]
    z = in_rms(gate_forward(eve[0], coins))
    one, other = tf.split(binary.noisy_sign(z, 0.0, tf.zeros_like(z)), 2, axis=1)
    ciphertext = talk.encrypt(tf.where(which > 0, one, other), talk.key)
    return which, gate_forward(eve[1], side_by_side(one, other, ciphertext))


def real_or_random(eve: Weights, talk: Talk) -> Answer:
    """Is it the ciphertext of this message, or 16 coins?

    Rogaway (2004, "Nonce-Based Symmetric Encryption") calls it indistinguishable from random bits.
    If nobody can tell, whatever they compute, all ciphertexts of a message are equally likely. The
    coins are the messages of other rows.
    """
    which, coins = tf.roll(talk.message, 1, axis=0)[:, :1], tf.roll(talk.message, 2, axis=0)
    shown = tf.where(which > 0, talk.ciphertext, coins)
    return which, twice(eve, side_by_side(talk.message, shown))


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
        eves = [binary.build_gate(*size, seed=first + 2 * i) for i, size in enumerate(sizes)]
        self.eves = Team(eves, keras.optimizers.Adam(recipe.rate, clipnorm=1.0))

    def answers(self, theta: tf.Tensor, talk: Talk) -> list[Answer]:
        """What each opponent is asked, and says."""
        networks = iter(self.eves.weights(theta))
        return [o.answer([next(networks) for _ in o.networks], talk) for o in self.opponents]

    def secrecy(self, talk: Talk, carol: list[tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """What the opponents know beyond a coin, in nats a bit, and how often they err."""
        answers = self.answers(self.eves.theta.value, talk)
        known = [tf.nn.relu(np.log(2) - cross_entropy(*answer)) for answer in answers]
        errors = [binary.error_rates(*answer) for answer in answers]
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
            _, talk = binary.converse(self, alice, draw, noise)
            answers = self.answers(theta, talk)
            loss = sum(tf.reduce_mean(cross_entropy(*answer)) for answer in answers)
        self.eves.learn(tape.gradient(loss, theta), 0.0)


def cross_entropy(truth: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """In nats, (bits,); a coin has log 2."""
    return tf.reduce_mean(tf.nn.softplus(-truth * logits), axis=0)


class Uncorrelated(Partners):
    """Nobody listens, nobody certifies: the bits of a message's ciphertexts shall not correlate."""

    def secrecy(self, talk: Talk, carol: list[tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """`correlation` of 4 messages of the batch, each under 128 of its keys."""
        message = tf.repeat(talk.message[:4], len(talk.key) // 4, axis=0)
        bits = tf.reshape(talk.encrypt(message, talk.key), (4, -1, 16))
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


class Alone(Partners):
    """Alice and Bob want nothing but to understand each other."""

    def secrecy(self, talk: Talk, carol: list[tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        """No loss."""
        return tf.zeros(()), tf.zeros(1)


# --- the ways, and what came of each --------------------------------------------------------------

UNCORRELATED = Recipe(noisy=3500)
GAME = Recipe(noisy=4000, falling=1500, margins=500, starts=1)


def against(*opponents: Opponent) -> Callable[[int], Partners]:
    """A game against these opponents, from a seed."""

    def way(seed: int) -> Partners:
        contest = Contest(seed, GAME, *opponents)
        binary.train(contest)
        return contest

    return way


def then_certified(seed: int) -> Partners:
    """Both opponents of the literature; then Carol comes, and the noise once more."""
    contest, partners = against(BITS, CHOSEN)(seed), Partners(seed, Recipe(starts=1))
    partners.team.theta.assign(contest.team.theta)
    binary.train(partners)
    return partners


def of(kind: type[Partners], recipe: Recipe) -> Callable[[int], Partners]:
    """Partners of this kind, trained by this recipe, from a seed."""

    def way(seed: int) -> Partners:
        partners = kind(seed, recipe)
        binary.train(partners)
        return partners

    return way


WAYS = {
    "certificate": (of(Partners, binary.proven_recipe), range(1, 11)),
    "uncorrelated bits": (of(Uncorrelated, UNCORRELATED), range(1, 6)),
    "nobody": (of(Alone, GAME), range(1, 6)),
    "bit-guessing Eve": (against(BITS), range(1, 6)),
    "chosen-plaintext Eve": (against(CHOSEN), range(1, 6)),
    "both, then the certificate": (then_certified, range(1, 6)),
    "real-or-random Eve": (against(REAL), range(1, 6)),
}
PART = range(0, 65536, 31)  # the messages, and the keys, that are counted of each pair at first


def trial(name: str, way: Callable[[int], Partners], seed: int) -> dict[str, object]:
    """A line of the table. Its seconds are those of one core, whatever else the machine does."""
    started = time.process_time()
    partners = way(seed)
    seconds = round(time.process_time() - started, 1)
    cipher = partners.cipher()
    line = {"way": name, "seed": seed, "starts": partners.starts, "core_seconds": seconds}
    return line | binary.first_look(cipher) | counted(cipher)


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


def main() -> None:
    """Train every way from its seeds, and write data/results/secrecy_by_training.json."""
    command = "python -m helpers.neural.binary --study"
    path = manifest.DATA / "results" / "secrecy_by_training.json"
    todo = [(name, way, seed) for name, (way, seeds) in WAYS.items() for seed in seeds]
    with commands.result_at(path, command):
        lines = [trial(*one) for one in tqdm(todo, unit=" pairs")]
        about = manifest.provenance(command, None, sum(line["core_seconds"] for line in lines))
        write_json(path, about | {"trials": lines})
