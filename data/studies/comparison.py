"""Five ciphers side by side: the pairs `paper`, `proven`, `diffusing` and `resisting`, and AES-128.

python -m data.studies.comparison
python -m data.studies.comparison --eves

The first measures them in one run, in NumPy, and writes data/results/comparison.json. AES works on
blocks of 128 bits under keys of 128 bits, the pairs on 16 bits under 16; so of AES two bytes of a
message vary, and two bytes of the ciphertext are looked at. Shares are from 0 to 1, seconds and
MB a second are those of one core (time of this process, whatever else the machine does). The second
trains strong Eves on three pairs, in Keras, and writes strong_eves.json. None is trained on AES,
since no attack on it is known that would be worth it.

What the best Eve reads, and what patches give away, are studies of their own: `best_eves`,
`patches`. `side_by_side` makes one table of all.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from time import perf_counter, process_time

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from tqdm import tqdm

from data.studies import publish
from helpers import manifest, metrics, pictures
from helpers.bits import (
    ALL_BLOCKS,
    PAPER_KEY,
    Block,
    Key,
    bits_to_blocks,
    bits_to_signs,
    blocks_to_bits,
    random_key,
    signs_to_bits,
)
from helpers.files import write_json
from helpers.neural import eavesdropping, fresh_eves
from helpers.neural.chain import tensorflow_activations
from helpers.neural.cipher import NeuralCipher
from helpers.neural.every_key import under_every_key
from helpers.neural.rounds import Rounds

PAIRS, AES = ("paper", "proven", "diffusing", "resisting"), "AES-128"
KEYS = 20  # random ones
KEYS_TURNED = 5  # of them, whose bits are changed one by one
EVES, STEPS, OVERHEARD = 5, 5000, ("paper", "proven", "diffusing")
TIMES, TIMED = 20, 2000  # how often something is timed; blocks that each have a key of their own

Measure = Callable[[str, int], dict[str, object]]  # of a cipher's name and a seed
Costs = dict[str, object]
Table = Callable[[Key], Block]  # from a key to what becomes of 65,536 messages, (65536,)

# --- the pairs ------------------------------------------------------------------------------------


def of_pair(name: str, seed: int) -> dict[str, object]:
    """Everything that is measured of a pair."""
    cipher, rng = NeuralCipher.load(name), np.random.default_rng(seed)
    keys = [random_key(rng) for _ in range(KEYS)]

    def table(key: Key) -> Block:
        return bits_to_blocks(signs_to_bits(cipher.encrypt_blocks(ALL_BLOCKS, key)))

    return {
        **avalanche(table, keys),
        "under_the_papers_key": avalanche(table, [PAPER_KEY]),
        "largest_correlation": float(np.median([correlation_under(cipher, key) for key in keys])),
        "largest_correlation_under_the_papers_key": correlation_under(cipher, PAPER_KEY),
        "bits_read_by_least_squares_from_64_blocks": linear(cipher, keys, rng),
        **known_blocks(cipher, keys, rng),
        "expansion": cipher.encrypt(SMALL, keys[0]).data.nbytes / SMALL.nbytes,
    }


SMALL = np.zeros((2, 2, 3), np.uint8)


def correlation_under(cipher: NeuralCipher, key: np.ndarray) -> float:
    """The largest correlation of a message bit with a ciphertext value, over all messages."""
    return largest_correlation(
        bits_to_signs(blocks_to_bits(ALL_BLOCKS)), cipher.encrypt_blocks(ALL_BLOCKS, key)
    )


def known_blocks(
    cipher: NeuralCipher, keys: list[np.ndarray], rng: np.random.Generator
) -> dict[str, object]:
    """How many of the 65,536 keys agree with one known block, and with two: 1 is the key alone."""
    blocks, left = rng.integers(0, 65536, (len(keys), 2), np.uint16), []
    for two, key in zip(blocks, keys):
        heard = cipher.encrypt_blocks(two, key)
        left.append([len(fits) for fits in (fitting(cipher, two[:n], heard[:n]) for n in (1, 2))])
    one, both = np.mean(left, axis=0)
    return {
        "keys_that_fit_one_known_block": float(one),
        "keys_that_fit_two_known_blocks": float(both),
    }


def fitting(cipher: NeuralCipher, blocks: Block, heard: np.ndarray) -> np.ndarray:
    """All keys under which these blocks (n,) have this ciphertext (n, 16)."""
    if not isinstance(cipher.alice, Rounds):
        return eavesdropping.exhaustive_key_search(cipher, blocks, heard)
    meant = under_every_key(cipher, bits_to_blocks(signs_to_bits(heard)))
    return eavesdropping.ALL_KEYS[(meant == blocks).all(axis=1)]


@fresh_eves.in_a_graph.register
def rounds_in_a_graph(alice: Rounds) -> Callable:
    """Alice of a pair whose rounds are couplings, in TensorFlow."""
    from helpers.quiet_keras import tensorflow as tf

    layers = list(zip(alice.round.weights[::2], alice.round.weights[1::2]))
    sign = tensorflow_activations()["sign"]

    def encrypt(x):
        block, key = tf.split(x, 2, axis=1)
        for step in alice.schedule:
            left, right = tf.split(block, 2, axis=1)
            constant = step.of_signs(np.ones(16, np.float32))  # the signs that a xor changes
            mask = tf.concat([right, tf.roll(key, step.turn, axis=1) * constant], axis=1)
            for kernel, bias in layers:
                mask = sign(mask @ kernel + bias)
            block = tf.concat([right, left * mask], axis=1)
        return block

    return encrypt


def strong_eves(name: str, seed: int) -> dict[str, object]:
    """Bits that fresh Eves, 16 -> 512 -> 512 -> 512 -> 16, read of 200,000 blocks each."""
    cipher, found = NeuralCipher.load(name), []
    for i in range(EVES):
        eve = fresh_eves.deep_eve(cipher, seed=10 * seed + i)
        fresh_eves.train_eve(eve, cipher, STEPS, seed=10 * seed + i)
        traffic = eavesdropping.random_traffic(cipher, 200_000, np.random.default_rng([seed, i]))
        found.append(metrics.bit_accuracy(traffic[0], fresh_eves.read(eve, traffic[1])))
    pooled = metrics.Proportion(sum(one.hits for one in found), sum(one.total for one in found))
    each = [one.share for one in found]
    return {"share": pooled.share, "interval": pooled.interval, "each": each, "batches": STEPS}


def linear(cipher: NeuralCipher, keys: list[np.ndarray], rng: np.random.Generator) -> float:
    """Bits of fresh blocks that 17 x 16 weights get right, fitted to 64 known blocks."""
    shares = []
    for key in keys:
        known, fresh = rng.integers(0, 65536, (2, 64), np.uint16)
        signs = bits_to_signs(blocks_to_bits(known)).astype(float)
        weights = np.linalg.lstsq(with_offset(cipher.encrypt_blocks(known, key)), signs)[0]
        guess = signs_to_bits(with_offset(cipher.encrypt_blocks(fresh, key)) @ weights)
        shares.append(metrics.bit_accuracy(blocks_to_bits(fresh), guess).share)
    return float(np.mean(shares))


def with_offset(values: np.ndarray) -> np.ndarray:
    """A column of ones beside the values, float (n, 17), so that one weight is an offset."""
    return np.hstack([values.astype(float), np.ones((len(values), 1))])


# --- AES ------------------------------------------------------------------------------------------


def of_aes(seed: int) -> dict[str, object]:
    """What is measured of AES-128, one block at a time (ECB).

    Of a message the first 16 bits take all values, and the first 16 of the ciphertext are looked
    at: as many as the pairs have, for more would find more by chance.
    """
    rng = np.random.default_rng(seed)
    keys = list(rng.integers(0, 2, (KEYS, 128), np.uint8))
    messages = np.hstack(
        [
            blocks_to_bits(ALL_BLOCKS),
            np.broadcast_to(rng.integers(0, 2, 112, np.uint8), (65536, 112)),
        ]
    )

    def table(key: Key) -> Block:
        return bits_to_blocks(through(aes(key).encryptor().update, messages)[:, :16])

    signs = bits_to_signs(messages[:, :16])
    found = [largest_correlation(signs, bits_to_signs(blocks_to_bits(table(key)))) for key in keys]
    return {
        **avalanche(table, keys),
        "largest_correlation": float(np.median(found)),
        "expansion": 1.0,
    }


def aes(key: np.ndarray) -> Cipher:
    """AES under a key of 128 bits, uint8 (128,)."""
    return Cipher(algorithms.AES(np.packbits(key).tobytes()), modes.ECB())


def through(update: Callable[[bytes], bytes], bits: np.ndarray) -> np.ndarray:
    """Bits (n, 128) through something that works on bytes."""
    data = update(np.packbits(bits).tobytes())
    return np.unpackbits(np.frombuffer(data, np.uint8)).reshape(bits.shape)


# --- measures that both share ---------------------------------------------------------------------


def avalanche(table: Table, keys: list[np.ndarray]) -> dict[str, object]:
    """How often a bit of the ciphertext changes with a bit of the message, and of the key.

    Exact over all 65,536 messages. Means over cells (a bit that is changed, a bit that is looked
    at) and keys; and the lowest and the highest cell under any key, where 0.5 is the ideal, and
    shuffles at random come to 0.5 +- 0.01.
    """
    by_message = np.stack([cells_of_message(table(key)) for key in keys])
    by_key = np.stack([cells_of_key(table, key) for key in keys[:KEYS_TURNED]])
    return {
        f"{what}_by_{whose}_bit": value
        for whose, cells in (("message", by_message), ("key", by_key))
        for what, value in (
            ("change", float(cells.mean())),
            ("worst", [float(cells.min()), float(cells.max())]),
        )
    }


def cells_of_message(table: Block) -> np.ndarray:
    """(16, 16): message bit, ciphertext bit."""
    return np.stack([changed(table, table[ALL_BLOCKS ^ (1 << 15 - i)]) for i in range(16)])


def cells_of_key(table: Table, key: Key) -> np.ndarray:
    """(16, 16): one of the first 16 key bits, ciphertext bit."""
    one_bit, before = np.eye(16, len(key), dtype=np.uint8), table(key)
    return np.stack([changed(before, table(key ^ flip)) for flip in one_bit])


def changed(one: Block, other: Block) -> np.ndarray:
    """The share of messages for which each bit of two tables differs, (16,)."""
    return blocks_to_bits(one ^ other).mean(axis=0)


def largest_correlation(message: np.ndarray, ciphertext: np.ndarray) -> float:
    """Of each column of one (n, a) with each of the other (n, b): the largest, without its sign."""
    one, other = ((x - x.mean(axis=0)) / x.std(axis=0) for x in (message, ciphertext))
    return float(np.abs(one.T @ other).max() / len(message))


# --- what it costs one core -----------------------------------------------------------------------


def on_one_core(work: Callable[..., Costs], *given: object) -> Costs:
    """Some work by a process of its own, in which NumPy multiplies matrices without helpers.

    Those who wait for work would count as time of the process, too.
    """
    os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(work, *given).result()


def costs_of_pair(name: str, seed: int) -> Costs:
    """Seconds of the attacks that find the key, and MB of message in a second.

    The attacks: all keys against two known blocks; and against the ciphertext alone, as in
    `patches`, of 8 x 8 pixels. The speeds: a picture of a megapixel under one key, for which all
    65,536 blocks are encrypted first and then looked up, all of which is counted; and blocks that
    have a key each.
    """
    cipher, rng = NeuralCipher.load(name), np.random.default_rng(seed)
    key, blocks = random_key(rng), np.array([7, 50_000], np.uint16)
    sent, patch = cipher.encrypt_blocks(blocks, key), cipher.encrypt(EYE[120:128, 120:128], key)
    signs = bits_to_signs(rng.integers(0, 2, (TIMED, 32), np.uint8))

    def one_patch() -> None:
        if cipher.binary:
            eavesdropping.smoothest_keys(cipher, patch)
        else:
            eavesdropping.consistency(cipher, patch.values[0])

    return {
        "seconds_for_known_blocks": seconds(lambda: fitting(cipher, blocks, sent)),
        "seconds_for_a_patch": seconds(one_patch),
        "mb_per_second": {
            "one_key": MEGAPIXEL.nbytes
            / 1e6
            / seconds(lambda: NeuralCipher.load(name).encrypt(MEGAPIXEL, key)),
            "a_key_for_each_block": 2 * TIMED / 1e6 / seconds(lambda: cipher.alice(signs)),
        },
    }


EYE = pictures.load("eye")
MEGAPIXEL = np.tile(EYE, (4, 4, 1))


def costs_of_aes(seed: int) -> Costs:
    """The same two speeds. A key for each block is a call from Python for each."""
    rng, picture = np.random.default_rng(seed), MEGAPIXEL.tobytes()
    key = rng.integers(0, 2, 128, np.uint8)
    pairs = [(rng.bytes(16), rng.bytes(16)) for _ in range(TIMED)]

    def each() -> None:
        for of_its_own, block in pairs:
            Cipher(algorithms.AES(of_its_own), modes.ECB()).encryptor().update(block)

    speeds = {
        "one_key": len(picture) / 1e6 / seconds(lambda: aes(key).encryptor().update(picture)),
        "a_key_for_each_block": 16 * TIMED / 1e6 / seconds(each),
    }
    return {"mb_per_second": speeds}


def seconds(work: Callable[[], object]) -> float:
    """How long some work takes one core, at best: what else the machine does can only add to it."""
    found = []
    for _ in range(TIMES):
        started = process_time()
        work()
        found.append(process_time() - started)
    return min(found)


# --- as a command ---------------------------------------------------------------------------------

COMMAND, SEED = "python -m data.studies.comparison", 1


def main(words: Sequence[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--eves", action="store_true", help="train strong Eves: strong_eves.json")
    if parser.parse_args(words).eves:
        measure_all("strong_eves", f"{COMMAND} --eves", OVERHEARD, strong_eves)
    else:
        measure_all("comparison", COMMAND, (*PAIRS, AES), measured)


def measured(name: str, seed: int) -> dict[str, object]:
    """A column of the table."""
    if name == AES:
        return of_aes(seed) | on_one_core(costs_of_aes, seed)
    return of_pair(name, seed) | on_one_core(costs_of_pair, name, seed)


def measure_all(name: str, command: str, ciphers: Sequence[str], measure: Measure) -> None:
    """Measure each cipher, and write all into data/results/."""
    path, started = manifest.DATA / "results" / f"{name}.json", perf_counter()
    with publish.result_at(path, command):
        found = {cipher: measure(cipher, SEED) for cipher in tqdm(ciphers)}
        about = publish.provenance(command, SEED, perf_counter() - started)
        write_json(path, {"provenance": about, "ciphers": found})


if __name__ == "__main__":
    main()
