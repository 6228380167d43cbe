"""What a cryptanalyst finds of a cipher of rounds, and of random ones, by one and the same search.

How the best differential is searched. For every input difference, all 65,535, the best trail of n
rounds is found (exactly, in the difference table of a round, a mean over keys, as if the round keys
were independent). The best few of each n are candidates, and those are counted: all 65,536 messages
under 64 keys. What such a count finds of random permutations is the floor: nobody sees below it.

The controls: a network that has learned nothing; a random table of masks in a network's place
(`RandomMasks`); and random permutations of all blocks.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from helpers.bits import ALL_BLOCKS, Block, Signs, bits_to_signs, blocks_to_bits
from helpers.neural import cryptanalysis
from helpers.neural.every_key import masks_of
from helpers.neural.rounds import HALF, Coupling, Round, Rounds, as_blocks, as_signs

KEYS, MOST = 64, 12  # keys under which all messages are counted, and rounds
KEYS_OF_A_ROUND = 1024  # under which a round's table is counted
CANDIDATES = 4  # input differences that are counted for each number of rounds
PAIRS = 20_000  # random pairs of block and key for an avalanche
HOW = {
    "rounds": MOST,
    "keys": KEYS,
    "messages": 65536,
    "input_differences": "all 65,535 by their best trails; counted are the best "
    f"{CANDIDATES} of each number of rounds up to {MOST}",
}
SPECIAL = 0x0000, 0xFFFF, 0x5555, 0xAAAA

# --- a control ------------------------------------------------------------------------------------


class RandomMasks(Coupling):
    """A coupling whose masks are drawn at random for each round key and half: no network at all."""

    def __init__(self, seed: int):
        rng = np.random.default_rng(seed)
        self.weights = [rng.integers(0, 256, (65536, 256), np.uint8)]  # bits that change

    def mask(self, x: Signs) -> Signs:
        """As of any coupling: signs (n, 24) to signs (n, 8), -1 where a bit changes."""
        half = np.packbits(x[:, :HALF] > 0, axis=1)[:, 0]
        changed = self.weights[0][as_blocks(x[:, HALF:]), half]
        return -as_signs(changed.astype(np.uint16))[:, HALF:]


def masks_by_key(round_: Round, keys: Block) -> np.ndarray:
    """The bits that each half changes under these round keys: uint8 (keys, 256)."""
    assert isinstance(round_, Coupling)
    every = round_.weights[0] if isinstance(round_, RandomMasks) else masks_of(round_)
    return every[keys]


# --- a round --------------------------------------------------------------------------------------


def difference_tables(masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The table of a round, a mean over the keys of masks (keys, 256); each key's largest entry.

    The first is float (256, 256), how often an input difference of the half becomes which of the
    masks. The second is int (keys,), of 256, without the input difference 0.
    """
    table, largest, halves = np.zeros((256, 256)), np.zeros(len(masks), int), np.arange(256)
    table[0, 0] = 1
    for a in range(1, 256):
        x = halves[halves & (a & -a) == 0]  # of each two halves one
        places = np.arange(len(masks))[:, None] << 8 | (masks[:, x] ^ masks[:, x ^ a])
        counts = 2 * np.bincount(places.ravel(), minlength=masks.size).reshape(-1, 256)
        largest = np.maximum(largest, counts.max(axis=1))
        table[a] = counts.sum(axis=0) / masks.size
    return table, largest


def linear_correlations(masks: np.ndarray) -> np.ndarray:
    """Of all sums of mask bits with all sums of a half's bits, by key: (keys, 255, 256)."""
    return np.array([cryptanalysis.correlations(m, np.arange(1, 256)) for m in masks])


def best_trails(table: np.ndarray, rounds: int) -> np.ndarray:
    """log2 of how likely the best trail of 1, 2, ... rounds is from each input: (rounds, 65536).

    A round changes (left, right) to (right, left ^ d), as often as the table has d for `right`.
    The difference 0 leads nowhere.
    """
    cost, halves = np.log2(np.maximum(table, 1e-30)), np.arange(256)
    after, best = np.zeros((256, 256)), []  # by left and right
    for _ in range(rounds):
        lefts = after[:, halves[:, None] ^ halves]  # (right, left, d): what follows
        after = (lefts + cost[:, None]).max(axis=2).T
        best.append(after.ravel().copy())
        best[-1][0] = -np.inf
    return np.array(best)


# --- the whole cipher -----------------------------------------------------------------------------


def candidates(table: np.ndarray, rounds: int) -> Block:
    """The input differences with the best trails of each number of rounds: uint16 (n,), sorted."""
    order = np.argsort(-best_trails(table, rounds), axis=1, kind="stable")
    return np.unique(order[:, :CANDIDATES]).astype(np.uint16)


def tables_by_rounds(alice: Rounds, keys: Block) -> np.ndarray:
    """What each key makes of every block after each round: uint16 (rounds, keys, 65536)."""
    return np.array([list(alice.after_each_round(key)) for key in as_signs(keys)]).swapaxes(0, 1)


def largest_count(tables: np.ndarray, difference: int) -> int:
    """Of all pairs with this difference, under all tables (keys, 65536), the most with one output.

    A pair counts twice, once from either side, as it does in a difference table.
    """
    x = ALL_BLOCKS[ALL_BLOCKS & (difference & -difference) == 0]
    found = tables[:, x] ^ tables[:, x ^ np.uint16(difference)]
    return 2 * int(np.bincount(found.ravel(), minlength=65536).max())


class Differential(NamedTuple):
    """The likeliest one that was found."""

    bits: float  # -log2 of its share
    difference: str  # of the input, in hexadecimal


def best_differential(tables: np.ndarray, differences: Iterable[int]) -> Differential:
    """The likeliest from these input differences, of the pairs under all tables (keys, 65536)."""
    most, which = max((largest_count(tables, int(d)), int(d)) for d in differences)
    return Differential(round(-math.log2(most / tables.size), 3), f"{which:04x}")


def floor(searches: int, keys: int = KEYS, chance: float = 0.001) -> float:
    """-log2 of a share that random permutations reach with this chance, in so many searches.

    Of each of 65,535 output differences they have a Poisson number of pairs, nearly.
    """
    mean, term, tail, pairs = keys / 2, math.exp(-keys / 2), 1.0, 0
    while tail * 65535 * searches > chance:
        tail, pairs = tail - term, pairs + 1
        term *= mean / pairs
    return -math.log2(2 * pairs / (keys << 16))


def of_every_difference(tables: np.ndarray) -> dict[str, object]:
    """The same from all 65,535 input differences, without any trail; and what to compare it with.

    Args:
        tables: uint16 (keys, 65536), of a few keys, for it takes a while.
    """
    every = range(1, 65536)
    best = best_differential(tables, tqdm(every, "every difference", leave=False))
    return best._asdict() | {"floor": floor(len(every), len(tables)), "keys": len(tables)}


def single_bit_correlations(tables: np.ndarray) -> np.ndarray:
    """The largest of each table's 256 correlations of a message bit with a ciphertext bit."""
    message, found = bits_to_signs(blocks_to_bits(ALL_BLOCKS)), []
    for table in tables:
        found.append(np.abs(message.T @ bits_to_signs(blocks_to_bits(table))).max() / 65536)
    return np.array(found)


def avalanche(alice: Rounds, rng: np.random.Generator) -> dict[str, dict[str, float]]:
    """How often each ciphertext bit changes with each bit of message and key: mean and extremes.

    Cell by cell, as Webster and Tavares (1985, "On the Design of S-Boxes") ask: a mean over the
    ciphertext bits would hide a bit that never changes.
    """
    x = bits_to_signs(rng.integers(0, 2, (PAIRS, 32), np.uint8))
    ciphertext, flips = alice(x), 1 - 2 * np.eye(32, dtype=np.float32)
    cells = np.array([np.mean(alice(x * flip) != ciphertext, axis=0) for flip in flips])
    return {
        name: {f: round(float(getattr(half, f)()), 4) for f in ("min", "mean", "max")}
        for name, half in zip(("message", "key"), np.split(cells, 2))
    }


def circles(table: Block) -> dict[str, int]:
    """How many cycles and fixed points a permutation has: of random ones about 12, and 1."""
    found = cryptanalysis.cycles(table)
    return {"cycles": len(found), "fixed_points": int(np.count_nonzero(found == 1))}


# --- all of it ------------------------------------------------------------------------------------


def of_cipher(alice: Rounds, seed: int) -> dict[str, object]:
    """Everything that is searched of a cipher of rounds of this kind, under random keys.

    Differentials, correlations of single bits and the avalanche are those of MOST rounds and fewer,
    however many there are; cycles are those of all rounds.
    """
    rng = np.random.default_rng(seed)
    masks = masks_by_key(alice.round, rng.choice(ALL_BLOCKS, KEYS_OF_A_ROUND, replace=False))
    table, largest = difference_tables(masks)
    inputs = candidates(table, MOST).tolist()
    tables = tables_by_rounds(alice.first(MOST), rng.choice(ALL_BLOCKS, KEYS, replace=False))
    best = [best_differential(after, inputs) for after in tables]
    return {
        **of_round(table, largest, linear_correlations(masks[:KEYS])),
        "candidates": len(inputs),
        "best_differential_by_rounds": [found._asdict() for found in best],
        "rounds_until_the_floor": until([found.bits for found in best], floor(len(inputs))),
        "single_bit_correlation": middle_and_most(single_bit_correlations(tables[-1])),
        "avalanche": avalanche(alice.first(MOST), rng),
        **of_keys(alice),
    }


def of_round(table: np.ndarray, largest: np.ndarray, linear: np.ndarray) -> dict[str, object]:
    """What is found of one round: `difference_tables` and `linear_correlations`, in short."""
    return {
        "largest_entry_mean_over_keys": float(table[1:].max()),
        "largest_entry_of_256": middle_and_most(largest),
        "largest_correlation": middle_and_most(np.abs(linear).max(axis=(1, 2))),
        "largest_squared_correlation_mean_over_keys": float((linear**2).mean(axis=0).max()),
    }


def of_permutations(seed: int, searches: int) -> dict[str, object]:
    """The same of KEYS random permutations, from so many input differences: which do not matter."""
    rng = np.random.default_rng(seed)
    tables = np.array([rng.permutation(ALL_BLOCKS) for _ in range(KEYS)])
    differences = rng.choice(np.arange(1, 65536), searches, replace=False)
    return {
        "best_differential": best_differential(tables, differences.tolist())._asdict(),
        "single_bit_correlation": middle_and_most(single_bit_correlations(tables)),
        "permutations": [circles(table) for table in tables[: len(SPECIAL)]],
    }


def slides(alice: Rounds) -> int:
    """How many keys have another key whose round keys are theirs, each one round earlier.

    As `cryptanalysis.slid_key`, of all keys at once: the first round reads a key as it is, so that
    only what is the second round's key here can be the first one's there.
    """
    steps, keys = alice.first(alice.count + 1).schedule, np.arange(1 << 16)
    later = [step.of_numbers(keys) for step in steps[1:]]
    earlier = [step.of_numbers(later[0]) for step in steps[:-1]]
    return int(np.all([one == two for one, two in zip(earlier, later)], axis=0).sum())


def of_keys(alice: Rounds) -> dict[str, object]:
    """What the schedule of round keys does, whatever the round: it is the constants' work."""
    return {
        "keys_with_a_period": int(np.count_nonzero(cryptanalysis.schedule_periods(alice))),
        "keys_that_slide": slides(alice),
        "special_keys": {
            f"{number:04x}": circles(alice.table(key))
            for number, key in zip(SPECIAL, as_signs(np.array(SPECIAL, np.uint16)))
        },
    }


def until(bits: Sequence, least: float) -> int | None:
    """After how many rounds a differential is no likelier than the floor, and stays so."""
    above = [n for n, found in enumerate(bits, 1) if found < least]
    last = max(above, default=0)
    return last + 1 if last < len(bits) else None


def best_input(found: dict, rounds: int) -> int:
    """The input difference of the best differential of so many rounds, out of `of_cipher`."""
    return int(found["best_differential_by_rounds"][rounds - 1]["difference"], 16)


def middle_and_most(values: np.ndarray) -> dict[str, float]:
    """The median and the largest."""
    return {"median": float(np.median(values)), "max": float(np.max(values))}
