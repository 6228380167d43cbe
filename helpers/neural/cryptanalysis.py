"""What a cryptanalyst counts of a cipher so small that all of it can be counted. NumPy only.

difference_table   how often a difference of two inputs becomes which difference of the outputs
differences        the same for Alice's rounds, one input difference, round after round
correlations       how often a sum of input bits agrees with a sum of output bits
cycles             how a permutation runs in circles
schedule_periods   which keys give the same round keys again and again
slid_key           the key under which Alice does the same, one round later
best_eve           what nobody can do better who hears one block and does not know the key
ceiling            what nobody can do better who must tell two distributions apart

A *box* is a permutation as a table: an S-box of 16 entries, or a cipher of 16 bits under one key.
What is counted over all messages and all keys is exact; over some keys it is a sample.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from helpers.bits import ALL_BLOCKS, Block, is_whole, short
from helpers.neural.rounds import Rounds, as_signs

# --- differences ----------------------------------------------------------------------------------


def difference_table(box: np.ndarray) -> np.ndarray:
    """How often each input difference becomes each output difference.

    Args:
        box: whole numbers (n,), what becomes of 0, 1, ..., n - 1; n is a power of 2, up to 4,096.

    Returns:
        int (n, n): in row a and column d, of how many x box[x] ^ box[x ^ a] is d.

    Raises:
        ValueError: for what is no such table.

    Source: Biham and Shamir (1991, "Differential Cryptanalysis of DES-like Cryptosystems").

    >>> difference_table(np.array([1, 0, 3, 2])).tolist()  # x ^ 1 changes no difference
    [[4, 0, 0, 0], [0, 4, 0, 0], [0, 0, 4, 0], [0, 0, 0, 4]]
    """
    check_box(box, 4096)
    x = np.arange(len(box))
    return np.stack([np.bincount(box ^ box[x ^ a], minlength=len(box)) for a in x])


class Differences(NamedTuple):
    """What became of one input difference after 1, 2, ... rounds."""

    counts: np.ndarray  # int (rounds, 65536): of how many pairs the output difference was this
    pairs: int  # of message and key that were tried
    exact: bool  # whether that is all there are

    @property
    def best(self) -> tuple[np.ndarray, np.ndarray]:
        """The most frequent output difference after each round, and its share: (rounds,) each."""
        return self.counts.argmax(axis=1), self.counts.max(axis=1) / self.pairs


def differences(alice: Rounds, difference: int, keys: Block = ALL_BLOCKS) -> Differences:
    """What becomes of an input difference, round after round: all messages under these keys.

    Args:
        alice: rounds, those of the pair `diffusing`, say.
        difference: from 1 to 65,535; a message x is tried beside x ^ difference.
        keys: uint16 (k,), distinct; a hundred take about a second, all of them a quarter of an
            hour.

    Returns:
        Counts of all output differences, after each round.

    Raises:
        ValueError: for 0 and what is no difference of 16 bits; and where Alice has no rounds.

    >>> from helpers.neural.cipher import NeuralCipher
    >>> found = differences(NeuralCipher.load("diffusing").alice, 0x8000, np.uint16([0x5555]))
    >>> [hex(found.best[0][0]), float(found.best[1][0])]  # the left half becomes the right one
    ['0x80', 1.0]
    """
    check_rounds(alice)
    check_difference(difference, 1 << 16)
    x = ALL_BLOCKS[ALL_BLOCKS & (difference & -difference) == 0]  # of each two messages one
    counts = np.zeros((alice.count, 1 << 16), np.int64)
    for key in as_signs(keys):
        for count, table in zip(counts, alice.after_each_round(key)):
            count += np.bincount(table[x] ^ table[x ^ np.uint16(difference)], minlength=1 << 16)
    return Differences(2 * counts, len(keys) << 16, len(keys) == 1 << 16)


# --- correlations ---------------------------------------------------------------------------------


def walsh_hadamard(values: np.ndarray) -> np.ndarray:
    """Sums over x of values[x], each with the sign of (-1)^(number of bits set in x & mask).

    Args:
        values: numbers (..., n), n a power of 2.

    Returns:
        float (..., n), one sum for each mask. Twice the same gives n times the values.

    >>> walsh_hadamard(np.array([5.0, 1.0, 0.0, 0.0])).tolist()
    [6.0, 4.0, 6.0, 4.0]
    """
    sums, step = np.array(values, float, order="C"), 1
    while step < sums.shape[-1]:
        pairs = sums.reshape(-1, 2, step)
        left, right = pairs[:, 0].copy(), pairs[:, 1].copy()
        pairs[:, 0], pairs[:, 1] = left + right, left - right
        step *= 2
    return sums


def correlations(box: np.ndarray, output_masks: np.ndarray) -> np.ndarray:
    """How well sums of input bits tell sums of output bits: from -1, never equal, to 1, always.

    Args:
        box: whole numbers (n,), as in `difference_table`; n up to 65,536.
        output_masks: whole numbers (m,): which output bits are added up, modulo 2.

    Returns:
        float (m, n): one row for each of these masks, in it one column for each mask of the input.

    Raises:
        ValueError: for what is no such table.

    Source: Matsui (1993, "Linear Cryptanalysis Method for DES Cipher").

    >>> correlations(np.array([1, 0, 3, 2]), np.array([1])).tolist()  # the last bit, turned over
    [[0.0, -1.0, 0.0, 0.0]]
    """
    check_box(box, 1 << 16)
    masked = np.asarray(box) & np.asarray(output_masks)[:, None]
    return walsh_hadamard(1.0 - 2.0 * (np.bitwise_count(masked) & 1)) / len(box)


# --- one key, and keys that are related -----------------------------------------------------------


def cycles(box: np.ndarray) -> np.ndarray:
    """The lengths of the circles in which a permutation runs, the longest first: int (c,).

    A random permutation of n has about ln n + 0.58 of them, and one that ends where it begins.
    Each number is named after the smallest that it reaches in 1, 2, 4, ... steps.

    >>> cycles(np.array([1, 2, 0, 3])).tolist()
    [3, 1]
    """
    check_permutation(box)
    name, jump = np.arange(len(box)), np.array(box, np.int64)
    for _ in range(len(box).bit_length()):
        name = np.minimum(name, name[jump])
        jump = jump[jump]
    return -np.sort(-np.bincount(name)[np.unique(name)])


def schedule_periods(alice: Rounds) -> np.ndarray:
    """After how many rounds the round keys of each key begin anew: int (65536,), 0 where never.

    Only what is seen at least twice in Alice's rounds counts. Such keys are weak: Alice is then a
    few rounds again and again, a power of something simpler.

    Raises ValueError where Alice has no rounds.
    """
    check_rounds(alice)
    keys, periods = np.arange(1 << 16), np.zeros(1 << 16, int)
    round_keys = np.stack([step.of_numbers(keys) for step in alice.schedule])
    for period in range(alice.count // 2, 0, -1):
        periods[(round_keys[period:] == round_keys[:-period]).all(axis=0)] = period
    return periods


def slid_key(alice: Rounds, key: int) -> int | None:
    """The key that has the round keys of `key`, each one round earlier; None where there is none.

    Then all of Alice under it, after one round under `key`, is one more round after all of Alice
    under `key`: Biryukov and Wagner (1999, "Slide Attacks").

    Raises ValueError where Alice has no rounds.
    """
    check_rounds(alice)
    steps = alice.first(alice.count + 1).schedule
    later = [step.of_numbers(np.array(key)) for step in steps[1:]]
    earlier = [step.of_numbers(np.arange(1 << 16)) for step in steps[:-1]]
    fits = np.all([one == other for one, other in zip(earlier, later)], axis=0)
    return int(np.flatnonzero(fits)[0]) if fits.any() else None


# --- the best Eve of all --------------------------------------------------------------------------


class BestEve(NamedTuple):
    """What she reads of each ciphertext block, (n,) each. All messages are as likely before."""

    bits: np.ndarray  # the share that is right if each bit is what most keys say
    blocks: np.ndarray  # how likely the message is that most keys say
    information: np.ndarray  # bits, of the 16 that the message has
    messages: np.ndarray  # how many are possible


def best_eve(messages: Block) -> BestEve:
    """Whoever hears one block and does not know the key can know no more than she does.

    Args:
        messages: uint16 (65536, n), what each key makes of n blocks: `every_key.under_every_key`.

    Returns:
        Her shares, exactly: over all keys, each as likely as any other.

    Source: Shannon (1949, "Communication Theory of Secrecy Systems", section 10), for what is left
    open.

    >>> pad = ALL_BLOCKS[:, None] ^ np.uint16([1234])  # message xor key
    >>> [float(share[0]) for share in best_eve(pad)]
    [0.5, 1.52587890625e-05, 0.0, 65536.0]
    """
    keys = len(messages)
    ones = np.stack([np.mean(messages >> place & 1, axis=0) for place in range(16)])
    counts = [np.bincount(column)[np.unique(column)] for column in messages.T]
    open_ = [float(np.sum(count / keys * np.log2(keys / count))) for count in counts]
    return BestEve(
        np.maximum(ones, 1 - ones).mean(axis=0),
        np.array([count.max() / keys for count in counts]),
        16 - np.array(open_),
        np.array([len(count) for count in counts]),
    )


def ceiling(counts: np.ndarray) -> float:
    """How often the best guess is right: was it drawn from this distribution, or evenly?

    Both are as likely before. It is 1/2 plus half of their total variation distance, and no
    network that sees nothing else can be better.

    Args:
        counts: numbers from 0 up, one for each thing that may be drawn.

    Returns:
        From 0.5, where the distribution is even, to nearly 1.

    >>> ceiling(np.array([1, 1, 1, 1])), ceiling(np.array([2, 2, 0, 0]))
    (0.5, 0.75)
    """
    shares = np.asarray(counts) / np.sum(counts)
    return float(0.5 + np.abs(shares - 1 / shares.size).sum() / 4)


# --- what is asked of the caller ------------------------------------------------------------------


def check_box(box: np.ndarray, most: int) -> None:
    """ValueError unless it is a table of a size that can be counted."""
    size = len(box)
    if size & (size - 1) or not 1 < size <= most or not set(np.unique(box)) <= set(range(size)):
        raise ValueError(
            f"A box says what becomes of each number below its size, a number below it too, and "
            f"the size is a power of 2 from 2 to {most:,}; here is {short(box)}: give such a table."
        )


def check_permutation(box: np.ndarray) -> None:
    """ValueError unless it is a table in which each number stands once."""
    check_box(box, 1 << 16)
    if len(np.unique(box)) < len(box):
        raise ValueError(
            f"Only where no two numbers become the same one does all run in circles; here are "
            f"{len(np.unique(box)):,} different ones of {len(box):,}: give a permutation."
        )


def check_difference(difference: int, size: int) -> None:
    """ValueError unless it is a difference of two different inputs."""
    if not is_whole(difference) or not 0 < difference < size:
        raise ValueError(
            f"A difference of two messages is a whole number from 1 to {size - 1:,}; here is "
            f"{short(difference)}: choose one of those, 0x8000 for example."
        )


def check_rounds(alice: Rounds) -> None:
    """ValueError unless Alice is made of rounds."""
    if not isinstance(alice, Rounds):
        raise ValueError(
            f"Only a cipher of rounds can be taken apart round by round, and here is "
            f"{type(alice).__name__}: give Alice of the pair 'diffusing' or 'resisting'."
        )
