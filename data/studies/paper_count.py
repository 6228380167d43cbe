"""The pair `paper`, counted: Bob reads every message under every key, all 2^32 pairs of them.

python -m data.studies.paper_count

It takes half an hour on two cores, and may be stopped: the same command then goes on.

A ciphertext of this pair is 16 real numbers, sent as float16. Each of Bob's 16 logits, which are
what his last tanh reads, has to be on the right side of 0; a pair of message and key is wrong where
one is not.

How it is fast: the networks are compiled (XLA) into plain arithmetic, one message beside the other.
What the message gives to the first sums is the same under all keys, and a convolution reads only
the few numbers that are in its window.

What it is worth: another machine may add in another order, and then round a value that lies between
two numbers of float16 to the other one. `bounds` says how far all that can move a logit at most.
Whatever comes as near to 0 is read by the plain networks, too, so that `wrong` is what they find;
and under each key they read some random messages. The logits of both are compared: `strayed`.
"""

from __future__ import annotations

import argparse
import math
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from signal import SIG_IGN, SIGINT, signal
from time import process_time
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from data.studies import publish
from data.studies.proofs import from_one_up
from helpers import manifest
from helpers.bits import ALL_BLOCKS
from helpers.files import read_json, write_json
from helpers.neural.chain import Chain, Layer, placement
from helpers.neural.cipher import NeuralCipher
from helpers.neural.rounds import as_blocks, as_signs
from helpers.quiet_keras import tensorflow as tf

COMMAND = "python -m data.studies.paper_count"
RESULT = manifest.DATA / "results" / "paper_count.json"
PROGRESS = Path("build") / "paper_count.json"

KEYS = 1 << 16
IN_A_PART = 16  # keys between two reports
AT_ONCE = 4096  # messages, so that the work on them stays in the processor's cache
COMPARED = 32  # messages under each key that the plain networks read, too
UNIT = 2.0**-24  # of float32: by such a share an addition errs at most
ULPS = 8  # such units by which a library's tanh may err
HALF_STEP = 2.0**-12  # of float16, from 0.5 to 1: so far its rounding moves a value at most

SIGNS = as_signs(ALL_BLOCKS)  # (65536, 16)

# --- what is counted ------------------------------------------------------------------------------


class Nearest(NamedTuple):
    """The smallest logit, above 0 where it is on the right side, and where it is."""

    logit: float = math.inf
    message: int = 0
    key: int = 0


@dataclass(frozen=True)
class Count:
    """What was counted under some keys; the sum of two is what was counted under both."""

    keys: int = 0
    wrong: int = 0  # pairs that Bob misreads
    compared: int = 0  # pairs that the plain networks have read, too
    nearest: Nearest = Nearest()
    strayed: float = 0.0  # how far the plain networks' logits were from those counted, at most
    seconds: float = 0.0  # of one core

    def __add__(self, other: Count) -> Count:
        return Count(
            self.keys + other.keys,
            self.wrong + other.wrong,
            self.compared + other.compared,
            min(self.nearest, other.nearest),
            max(self.strayed, other.strayed),
            self.seconds + other.seconds,
        )


class Counter:
    """A pair of convolutional networks, ready to be counted."""

    def __init__(self, cipher: NeuralCipher):
        self.alice, self.bob = networks(cipher)
        self.fast_alice, self.fast_bob = compiled_alice(self.alice), compiled_bob(self.bob)
        self.far = bounds(self.alice, self.bob)["another_ciphertext"]
        starts = range(0, len(SIGNS), AT_ONCE)
        self.messages = [tf.constant(SIGNS[i : i + AT_ONCE].T) for i in starts]

    def count(self, keys: range) -> Count:
        """Every message under these keys. ArithmeticError where the counting itself is wrong."""
        return sum(map(self.key, keys), Count())

    def key(self, key: int) -> Count:
        """Every message under one key."""
        started = process_time()
        smallest = self.smallest(key)
        first, near = int(smallest.argmin()), np.flatnonzero(smallest <= self.far)
        random = np.random.default_rng(key).integers(len(smallest), size=COMPARED)
        tried = np.unique(np.concatenate([[first], near, random]))
        plainly, misread = self.plainly(tried, key)
        strayed = float(np.abs(plainly - smallest[tried]).max())
        if not strayed <= self.far:
            raise ArithmeticError(
                f"What was counted for the key {key} is not what the networks answer: nothing is "
                "known before data/studies/paper_count.py is right."
            )
        nearest = Nearest(float(smallest[first]), first, key)
        counts = 1, int(misread.sum()), len(tried)
        return Count(*counts, nearest, strayed, process_time() - started)

    def smallest(self, key: int) -> np.ndarray:
        """Of each message the smallest of Bob's logits, above 0 where it is right, (65536,)."""
        alice, bob = (first_of_key(network, key) for network in (self.alice, self.bob))
        return np.concatenate(
            [self.fast_bob(self.fast_alice(x, alice), bob, x).numpy() for x in self.messages]
        )

    def plainly(self, messages: np.ndarray, key: int) -> tuple[np.ndarray, np.ndarray]:
        """The same of some messages, by the plain networks; and which of them Bob misreads."""
        keys = np.broadcast_to(SIGNS[key], (len(messages), 16))
        sent = self.alice(np.hstack([SIGNS[messages], keys])).astype(np.float16)
        logits = self.bob(np.hstack([sent, keys]).astype(np.float32))
        return (logits * SIGNS[messages]).min(axis=1), as_blocks(logits) != messages


def networks(cipher: NeuralCipher) -> tuple[Chain, Chain]:
    """Alice, and Bob up to his logits. ValueError for a pair of another kind than `paper`."""
    alice, bob = cipher.alice, cipher.bob
    if not isinstance(alice, Chain) or not isinstance(bob, Chain) or cipher.binary:
        raise ValueError(
            f"Pairs that send real numbers are counted here, and {cipher.name!r} sends bits: count "
            "it with `python -m data.studies.proofs`."
        )
    logits = bob.layers[-1]._replace(activation="linear")
    return alice, Chain([*bob.layers[:-1], logits], bob.weights)


# --- compiled -------------------------------------------------------------------------------------


def first_of_key(network: Chain, key: int) -> np.ndarray:
    """What the key gives to the first sums, float32 (32, 1): the same for all messages."""
    kernel, bias = network.weights[:2]
    return (SIGNS[key] @ kernel[16:] + bias)[:, None]


def compiled_alice(network: Chain) -> Callable:
    """Signs of messages (16, n) and `first_of_key` to ciphertexts, float16 (16, n)."""

    @tf.function(jit_compile=True)
    def alice(signs: Any, of_key: Any) -> Any:
        return tf.cast(tf.tanh(last_sums(network, signs, of_key)), tf.float16)

    return alice


def compiled_bob(network: Chain) -> Callable:
    """Ciphertexts, `first_of_key` and signs of messages to the smallest logit of each, (n,)."""

    @tf.function(jit_compile=True)
    def bob(sent: Any, of_key: Any, signs: Any) -> Any:
        logits = last_sums(network, tf.cast(sent, tf.float32), of_key)
        return tf.reduce_min(logits * signs, axis=0)

    return bob


def last_sums(network: Chain, block: Any, of_key: Any) -> Any:
    """What the last layer's activation reads, (16, n), from values of blocks (16, n)."""
    sums = tf.matmul(network.weights[0][:16], block, transpose_a=True) + of_key
    places = [[place] for place in tf.unstack(sigmoid(sums))]  # a channel each
    for layer, kernel, bias in zip(
        network.layers[1:], network.weights[2::2], network.weights[3::2]
    ):
        sums = tf.stack(list(map(tf.stack, convolved(places, layer, kernel, bias))))
        places = [tf.unstack(place) for place in tf.unstack(sigmoid(sums))]
    return sums[:, 0]


def sigmoid(x: Any) -> Any:
    """As in `chain`, through tanh."""
    return 0.5 * tf.tanh(0.5 * x) + 0.5


def convolved(places: list, layer: Layer, kernel: np.ndarray, bias: np.ndarray) -> list:
    """The sums of a convolution: lists of places, and in them of channels, all of them (n,)."""
    where = placement(len(kernel), layer.length, layer.stride)
    return [
        [
            sum(
                (
                    float(weight) * channel
                    for k, i in np.argwhere(where[:, :, j])
                    for weight, channel in zip(kernel[k, :, filter_], places[i])
                ),
                float(bias[filter_]),
            )
            for filter_ in range(len(bias))
        ]
        for j in range(where.shape[2])
    ]


# --- how far another order of adding can move a logit ---------------------------------------------


def bounds(alice: Chain, bob: Chain) -> dict[str, float]:
    """How far apart two machines' logits can be, whatever the order in which they add.

    Returns:
        "same_ciphertext": where Bob reads the same 16 numbers; "another_ciphertext": where each of
        Alice's values was rounded to the next number of float16 besides, all to the worst side.

    Source: Higham (2002, "Accuracy and Stability of Numerical Algorithms", chapter 3).
    """
    exact = np.zeros(16)
    values = apart(alice, exact) + 2 * ULPS * UNIT + HALF_STEP * 2
    return {
        name: float(apart(bob, differing).max())
        for name, differing in (("same_ciphertext", exact), ("another_ciphertext", values))
    }


def apart(network: Chain, differing: np.ndarray) -> np.ndarray:
    """How far apart a network's last sums can be, (16,), if its block's values (16,) differ so."""
    differing = np.append(differing, np.zeros(16))  # all know the same key
    for matrix, bias in network.matrices:
        sizes = np.abs(matrix.astype(np.float64))
        terms = np.count_nonzero(sizes, axis=0).max() + 3
        rounding = terms * UNIT / (1 - terms * UNIT) * (sizes.sum(axis=0) + np.abs(bias))
        sums = differing @ sizes + 2 * rounding  # all that is read is between -1 and 1
        differing = sums / 4 + 2 * ULPS * UNIT  # nowhere is a sigmoid steeper than 1/4
    return sums


# --- by several processes, and in several goes ----------------------------------------------------

ITS_OWN: list[Counter] = []  # of a process that counts


def start_worker(cipher: NeuralCipher) -> None:
    """Make a process ready to count on one core; stopping is left to the one that started it."""
    signal(SIGINT, SIG_IGN)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    ITS_OWN.append(Counter(cipher))


def count_part(keys: range) -> Count:
    """`Counter.count`, in a process that was made ready."""
    return ITS_OWN[0].count(keys)


def count_all(cipher: NeuralCipher, keys: int, workers: int, progress: Path) -> Count:
    """The first so many keys, from where `progress` says that an earlier run was stopped."""
    found = so_far(cipher, keys, progress)
    parts = [range(i, min(i + IN_A_PART, keys)) for i in range(found.keys, keys, IN_A_PART)]
    progress.parent.mkdir(parents=True, exist_ok=True)
    with (
        tqdm(total=keys, initial=found.keys, unit=" keys") as bar,
        ProcessPoolExecutor(workers, get_context("spawn"), start_worker, (cipher,)) as pool,
    ):
        try:
            for part in pool.map(count_part, parts):
                found += part
                bar.update(part.keys)
                write_json(progress, {"fingerprint": cipher.fingerprint, **asdict(found)})
        except (KeyboardInterrupt, BrokenProcessPool):
            pool.shutdown(cancel_futures=True)
            raise SystemExit(f"Stopped: the same command goes on from {progress}.") from None
    return found


def so_far(cipher: NeuralCipher, keys: int, progress: Path) -> Count:
    """What an earlier run has counted. ValueError for another run's file, and for too many keys."""
    if keys > KEYS:
        raise ValueError(f"There are {KEYS:,} keys, and {keys:,} are asked for: ask for fewer.")
    if not progress.exists():
        return Count()
    found = read_json(progress)
    try:
        fingerprint, nearest = found.pop("fingerprint"), Nearest(*found.pop("nearest"))
        count = Count(nearest=nearest, **found)
    except (KeyError, TypeError):
        fingerprint, count = None, Count()
    if fingerprint != cipher.fingerprint or not 0 < count.keys <= keys:
        raise ValueError(
            f"{progress} is not of a count of these weights and so many keys: move it away to "
            "begin anew."
        )
    return count


# --- as a command ---------------------------------------------------------------------------------


def result(cipher: NeuralCipher, found: Count) -> dict[str, object]:
    """What was counted, and what it rests on, as plain numbers."""
    numbers = asdict(found) | {"nearest": found.nearest._asdict()}
    del numbers["seconds"]
    about = {"pair": cipher.name, "fingerprint": cipher.fingerprint, "pairs": found.keys * KEYS}
    return {**about, **numbers, "moved_at_most": bounds(*networks(cipher))}


def main(words: Sequence[str] | None = None) -> None:
    options = command_line().parse_args(words)
    cipher = NeuralCipher.load("paper")
    with publish.result_at(options.output, COMMAND):
        found = count_all(cipher, options.keys, options.workers, options.progress)
        about = publish.provenance(COMMAND, None, found.seconds)
        about["core_seconds"] = about.pop("training_seconds")
        write_json(options.output, about | result(cipher, found))
        options.progress.unlink()
    print(in_words(found))


def in_words(found: Count) -> str:
    """What was found, in a sentence or two."""
    nearest = found.nearest
    return (
        f"Bob misreads {found.wrong:,} of {found.keys * KEYS:,} pairs of message and key. His "
        f"smallest logit is {nearest.logit:.3f} (message {nearest.message:04x}, key "
        f"{nearest.key:04x})."
    )


def command_line() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    words = "the first so many; default: all"
    parser.add_argument("--keys", type=from_one_up, default=KEYS, help=words)
    cores = os.cpu_count() or 1
    parser.add_argument("--workers", type=from_one_up, default=cores, help="default: all cores")
    parser.add_argument("--progress", type=Path, default=PROGRESS, help="to go on from")
    parser.add_argument("--output", type=Path, default=RESULT)
    return parser


if __name__ == "__main__":
    main()
