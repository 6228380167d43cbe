"""The best Eve that there can be: exact, over all messages, all keys and all ciphertexts.

python -m data.studies.best_eves
python -m data.studies.best_eves resisting

The first takes all ciphers, a quarter of an hour and more; the second takes one again.

She hears one block of ciphertext and knows the cipher, but not the key, which may be any of 65,536.
Nobody can read more of a block than somebody who tries every key. So one table says it all: how
many keys turn message m into ciphertext c. From it follow, as means over all ciphertexts,

bits: the share of the message's bits that she reads, each bit as most keys have it;
blocks_in_chances: how often she names the whole message, as most keys have it (maximum likelihood,
    Fisher 1922), in units of a guess, 1 in 65,536;
information: what the ciphertext tells of the message, I(P;C) in bits (Shannon 1948), of 16;
distinct_ciphertexts: how many ciphertexts a message has, as a mean over all messages.

The table has 2^32 numbers. It is made for a few messages at a time, and what is asked of it is
added up: how often each number stands in it, the largest for each ciphertext, and for each
ciphertext and each bit the keys under which that bit is 1. For a cipher of rounds each round's
table is looked up on the way to the last.

Beside the pairs stands the ideal cipher with as many keys: each of them shuffles the blocks at
random. There all four can be expected, and 50 % of the bits is out of reach for it, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial, reduce
from time import perf_counter
from typing import NamedTuple

import numpy as np
from scipy.stats import binom

from data.studies import publish
from data.studies.ceilings import by_all_cores
from helpers import manifest
from helpers.neural.chain import Chain
from helpers.neural.cipher import NeuralCipher
from helpers.neural.every_key import encrypt, masks_of
from helpers.neural.rounds import Coupling, Rounds
from helpers.neural.rows import GateRows

BLOCKS = 1 << 16  # as many messages as ciphertexts as keys
AT_ONCE = 64  # messages whose tables of 65,536 numbers are in memory
IN_A_PART = 2048  # messages between two reports
KEYS_AT_ONCE = 1024  # so that what is looked up stays in the processor's cache

ROUNDS = {"diffusing": (4, 6, 8, 12, 20, 24), "resisting": (2, 4, 6, 8, 12)}
NAMES = ("proven", *ROUNDS)

Measures = dict[str, float]

# --- what is asked of the table -------------------------------------------------------------------


class Tally(NamedTuple):
    """What was found for some messages; the sum of two is what was found for both."""

    repeats: np.ndarray  # int64 (keys + 1,): so many numbers of the table are 0, 1, 2, ...
    most: np.ndarray  # (ciphertexts,): the largest number of each ciphertext
    ones: np.ndarray  # float64 (bits, ciphertexts): keys under which the message has a 1 there

    @classmethod
    def of(cls, messages: np.ndarray, ciphertexts: np.ndarray) -> Tally:
        """Of messages (n,) with their ciphertexts (n, keys), of as many kinds as there are keys."""
        size = ciphertexts.shape[1]
        table = np.stack([np.bincount(row, minlength=size) for row in ciphertexts])
        bits = messages >> np.arange(size.bit_length() - 1)[:, None] & 1
        ones = bits.astype(np.float32) @ table.astype(np.float32)  # below 2^24: exact
        repeats = np.bincount(table.ravel(), minlength=size + 1)
        return cls(repeats, table.max(axis=0), ones.astype(np.float64))

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        most = np.maximum(self.most, other.most)
        return Tally(self.repeats + other.repeats, most, self.ones + other.ones)

    def measures(self) -> Measures:
        """What the top of this file names, once all messages are in."""
        size, numbers = len(self.most), np.arange(len(self.repeats))
        as_most_have_it = np.maximum(self.ones, size - self.ones)
        told = numbers * np.log2(np.maximum(numbers, 1)) * self.repeats
        return {
            "bits": float(as_most_have_it.mean() / size),
            "blocks_in_chances": float(self.most.mean()),
            "information": float(told.sum() / size**2),
            "distinct_ciphertexts": float(self.repeats[1:].sum() / size),
        }


def ideal(size: int) -> Measures:
    """What is to be expected where each of `size` keys shuffles `size` blocks at random.

    How many keys turn m into c is then binomial. For the largest of a ciphertext's numbers they
    are taken as independent, though their sum is fixed: for 65,536 that hardly matters.
    """
    numbers = np.arange(size + 1)
    one_of_table, largest = binom(size, 1 / size), 1 - binom.cdf(numbers, size, 1 / size) ** size
    told = numbers * np.log2(np.maximum(numbers, 1))
    return {
        "bits": float(0.5 + binom.pmf(size // 2, size, 0.5) / 2),  # half the mean distance
        "blocks_in_chances": float(largest.sum()),
        "information": float((one_of_table.pmf(numbers) * told).sum()),
        "distinct_ciphertexts": float(size * (1 - one_of_table.pmf(0))),
    }


# --- the table, for a few messages at a time ------------------------------------------------------


def tallies(name: str, messages: range) -> dict[int, Tally]:
    """By number of rounds, what is found for a part of the messages; for a pair without, by 1."""
    alice, found = NeuralCipher.load(name).alice, dict[int, Tally]()
    asked = ROUNDS.get(name, (1,))
    for some in np.array_split(messages, -(-len(messages) // AT_ONCE)):
        for rounds, ciphertexts in zip(asked, under_every_key(alice, some, asked)):
            tally = Tally.of(some, ciphertexts)
            found[rounds] = found[rounds].plus(tally) if rounds in found else tally
    return found


def under_every_key(
    alice: Chain | Rounds, messages: np.ndarray, asked: Sequence[int]
) -> Iterator[np.ndarray]:
    """What all keys make of some messages, uint16 (n, 65536), after each number of rounds."""
    if isinstance(alice, Chain):
        rows = rows_of(alice)
        yield np.stack([rows(message)[0] for message in messages.tolist()])
        return
    found = np.empty((len(asked), BLOCKS, len(messages)), np.uint16)
    for first in range(0, BLOCKS, KEYS_AT_ONCE):
        keys = np.arange(first, first + KEYS_AT_ONCE)
        found[:, keys] = after_rounds(alice, keys, messages, asked)
    for ciphertexts in found:
        yield np.ascontiguousarray(ciphertexts.T)


@lru_cache(maxsize=1)
def rows_of(alice: Chain) -> GateRows:
    """Its tables, which take longer to make than a few rows."""
    return GateRows(alice, "block")


def after_rounds(
    alice: Rounds, keys: np.ndarray, messages: np.ndarray, asked: Sequence[int]
) -> list[np.ndarray]:
    """What becomes of messages (n,) under keys (k,) after so many rounds, uint16 (k, n) each."""
    assert isinstance(alice.round, Coupling)
    masks, schedule = masks_of(alice.round), alice.first(max(asked)).schedule
    blocks, done, found = messages.astype(np.uint16), 0, []
    for count in asked:
        blocks = encrypt(masks, schedule[done:count], blocks, keys[:, None])
        found.append(blocks)
        done = count
    return found


# --- as a command ---------------------------------------------------------------------------------

COMMAND = "python -m data.studies.best_eves"


def of_pair(name: str) -> dict[str, object]:
    """What the best Eve gets, by number of rounds, and how that was found."""
    started, rounds = perf_counter(), of_all_messages(name)
    about = publish.provenance(f"{COMMAND} {name}", None, perf_counter() - started)
    return {"rounds": rounds, "provenance": about}


def of_all_messages(name: str) -> dict[str, Measures]:
    """By number of rounds, what the best Eve gets; by all of the cores."""
    parts = [range(first, first + IN_A_PART) for first in range(0, BLOCKS, IN_A_PART)]
    found = added_up(by_all_cores(partial(tallies, name), parts))
    return {str(rounds): tally.measures() for rounds, tally in found.items()}


def added_up(parts: Iterable[dict[int, Tally]]) -> dict[int, Tally]:
    """All parts together."""
    return reduce(lambda one, other: {n: one[n].plus(other[n]) for n in one}, parts)


def main(words: Sequence[str] | None = None) -> None:
    """The command line."""
    path, measures = manifest.DATA / "results" / "best_eves.json", dict.fromkeys(NAMES, of_pair)
    beside = {"ideal": ideal(BLOCKS)}
    publish.measure_by_name(words, COMMAND, __doc__, path, measures, beside)


if __name__ == "__main__":
    main()
