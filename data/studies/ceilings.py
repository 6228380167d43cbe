"""How well anybody could tell related messages from independent ones, counted exactly.

python -m data.studies.ceilings
python -m data.studies.ceilings resisting

The first takes all pairs of rounds, the second one again.

The task is that of Gohr (CRYPTO 2019, "Improving Attacks on Round-Reduced Speck32/64 Using Deep
Learning"). Two messages are encrypted under one key, which is random and new each time. With
probability one half they differ by DIFFERENCE; else they are independent. Eve gets the two
ciphertexts and says which it was. 1/2 is guessing.

Independent messages give two independent, uniform ciphertexts under any key, for a key is a
permutation. So the best Eve compares what she sees with "uniform", and is right with probability
1/2 + TV / 2, with TV the total variation distance between what related messages give and uniform.
Nobody, a network or not, can do better. It is computed for two things that she may look at:

- the XOR of the two ciphertexts: counted over all keys and all messages, 2^32 pairs;
- both ciphertexts, which is all there is: for a ciphertext C each of the 65,536 keys says which C'
  would belong to it. As there are as many C' as keys, TV is the share of the C' that no key makes.
  This Eve tries all keys. A mean over a sample of C, with its standard error.

An ideal cipher, a random permutation for each of 65,536 keys, has ceilings too. Its 2^31 XORs are
uneven by chance, and their ceiling is about 50.11 %. About 1/e of the C' are made by no key, so
that the other ceiling is about 1/2 + 1 / (2e) = 68.39 %: mixing well is no help against somebody
who tries so few keys.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from time import perf_counter
from typing import TypeVar

import numpy as np
from tqdm import tqdm

from data.studies import publish
from helpers import manifest
from helpers.bits import ALL_BLOCKS, Block
from helpers.neural.cipher import NeuralCipher
from helpers.neural.cryptanalysis import ceiling
from helpers.neural.every_key import EVERY_KEY, decrypt, encrypt, masks_of
from helpers.neural.rounds import Coupling, Rounds

DIFFERENCE = np.uint16(0x8000)
NAMES = ("diffusing", "resisting")
HEARD, AT_ONCE = 256, 4  # ciphertexts in the sample, and how many are looked at together
KEYS_OF_A_PART, KEYS_AT_ONCE = 512, 16  # so many that what is counted stays in the cache

Part = TypeVar("Part")
Found = TypeVar("Found")

# --- what related messages give -------------------------------------------------------------------


def masks(alice: Rounds) -> np.ndarray:
    """`masks_of` her round, uint8 (65536, 256); ValueError unless it is a coupling."""
    if not isinstance(alice.round, Coupling):
        raise ValueError(
            f"All keys are tried on rounds of couplings; this round is {type(alice.round).__name__}"
            ": pass the Alice of `diffusing`, say."
        )
    return masks_of(alice.round)


def encrypted(alice: Rounds, blocks: Block, keys: np.ndarray) -> Block:
    """`every_key.encrypt` by all of Alice's rounds: each block under the key beside it."""
    return encrypt(masks(alice), alice.schedule, blocks, keys)


def differences(alice: Rounds, keys: np.ndarray) -> np.ndarray:
    """How often each XOR of two ciphertexts comes after each round, int64 (rounds, 65536).

    Over all pairs of messages that differ by DIFFERENCE, 32,768 of them, under each key, (k,).
    `cryptanalysis.differences` counts the same several times as slowly, in fewer lines.
    """
    one = ALL_BLOCKS[ALL_BLOCKS < ALL_BLOCKS ^ DIFFERENCE]
    messages = np.concatenate([one, one ^ DIFFERENCE])
    start = (messages >> 8).astype(np.uint8), messages.astype(np.uint8)
    tables, counts = masks(alice), np.zeros((alice.count, 1 << 16), np.int64)
    for some in (keys[i : i + KEYS_AT_ONCE] for i in range(0, len(keys), KEYS_AT_ONCE)):
        blocks = [start] * len(some)
        for r, step in enumerate(alice.schedule):
            of_keys = zip(tables[step.of_numbers(some.astype(np.int64))], blocks)
            blocks = [(low, up ^ looked_up(table, low)) for table, (up, low) in of_keys]
            xors = np.concatenate([xor_of_halves(up, low) for up, low in blocks])
            counts[r] += np.bincount(xors, minlength=1 << 16)
    return counts


def looked_up(table: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """`table[numbers]`, both uint8, the table of 256: as text is translated, which is faster."""
    return np.frombuffer(numbers.tobytes().translate(table.tobytes()), np.uint8)


def xor_of_halves(upper: np.ndarray, lower: np.ndarray) -> Block:
    """Blocks as their upper and lower bytes, uint8 (2n,): the first n xor the last n, uint16."""
    half = len(upper) // 2
    high, low = (byte[:half] ^ byte[half:] for byte in (upper, lower))
    return high.astype(np.uint16) << np.uint16(8) | low


def partners(alice: Rounds, heard: Block) -> np.ndarray:
    """How many keys make each C' of each C of `heard`, (n,): whole numbers (n, 65536)."""
    messages = decrypt(masks(alice), alice.schedule, heard)
    found = encrypted(alice, messages ^ DIFFERENCE, EVERY_KEY)
    return np.stack([np.bincount(column, minlength=1 << 16) for column in found.T])


# --- the ceilings ---------------------------------------------------------------------------------


def from_the_pair(alice: Rounds, heard: Block) -> np.ndarray:
    """The best accuracy given each ciphertext of `heard`, after each round: (rounds, n)."""
    shorter = (alice.first(count) for count in range(1, alice.count + 1))
    return np.array([[ceiling(row) for row in partners(each, heard)] for each in shorter])


def ceilings(alice: Rounds, seed: int) -> dict[str, object]:
    """Both ceilings, and the likeliest XOR, after 1, 2, ... rounds; by all of the cores."""
    keys = ALL_BLOCKS.reshape(-1, KEYS_OF_A_PART)
    counts = np.zeros((alice.count, 1 << 16), np.int64)
    for part in by_all_cores(partial(differences, alice), list(keys)):
        counts += part
    heard = np.random.default_rng(seed).choice(ALL_BLOCKS, HEARD, replace=False)
    found = by_all_cores(partial(from_the_pair, alice), list(heard.reshape(-1, AT_ONCE)))
    of_pair = np.hstack(list(found))
    return {
        "from_the_xor": [ceiling(row) for row in counts],
        "likeliest_xor": [f"0x{xor:04x}" for xor in counts.argmax(axis=1)],
        "likeliest_xor_share": (counts.max(axis=1) / counts.sum(axis=1)).tolist(),
        "from_the_pair": of_pair.mean(axis=1).tolist(),
        "from_the_pair_error": (of_pair.std(axis=1, ddof=1) / HEARD**0.5).tolist(),
    }


def by_all_cores(work: Callable[[Part], Found], parts: Sequence[Part]) -> Iterable[Found]:
    """`map` by several processes, with a progress bar."""
    with ProcessPoolExecutor(os.cpu_count(), get_context("spawn")) as pool:
        yield from tqdm(pool.map(work, parts), total=len(parts))


# --- as a command ---------------------------------------------------------------------------------

COMMAND, SEED = "python -m data.studies.ceilings", 1
PATH = manifest.DATA / "results" / "ceilings.json"


def main(words: Sequence[str] | None = None) -> None:
    """The command line."""
    publish.measure_by_name(words, COMMAND, __doc__, PATH, dict.fromkeys(NAMES, of_pair))


def of_pair(name: str) -> dict[str, object]:
    """The ceilings of a shipped pair, and how they came about."""
    started = perf_counter()
    found = ceilings(alice_of(name), SEED)
    about = publish.provenance(f"{COMMAND} {name}", SEED, perf_counter() - started)
    sizes = {"difference": f"0x{DIFFERENCE:04x}", "ciphertexts": HEARD}
    pair = {"fingerprint": NeuralCipher.load(name).fingerprint}
    return {**pair, **sizes, **found, "provenance": about}


def alice_of(name: str) -> Rounds:
    """Alice of a shipped pair of rounds."""
    alice = NeuralCipher.load(name).alice
    assert isinstance(alice, Rounds)  # of the pairs here
    return alice


if __name__ == "__main__":
    main()
