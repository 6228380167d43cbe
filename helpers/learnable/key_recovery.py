"""The scrambling of `scramble` undone without its key, in three ways that ask for less and less.

chosen_plaintext   blocks of one's own, encrypted by whoever has the key: two of 4 x 4 give it
known_plaintext    pictures beside their ciphertexts: one of 32 x 32 gives it, if it has colour
ciphertext_only    ciphertexts alone, and what neighbours have in common in all natural pictures

Output nibble i is input nibble key[i], upright or reversed (15 - v). So no two keys are the same
cipher; but pictures in which two nibbles are equal everywhere cannot tell which is which. NumPy and
SciPy only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt
import scipy  # loads `scipy.optimize` only at its first use

from helpers.learnable import scramble
from helpers.learnable.scramble import BlockScrambler, Nibbles, Order, Pictures

Tables = npt.NDArray[np.float64]  # (3, k, k): how alike each two of k nibbles are; see `likeness`
Fits = npt.NDArray[np.bool_]  # (6 M M, 6 M M): [i, j] says whether key[i] can be j


def chosen_plaintext(encrypt: Callable[[Pictures], Pictures], block_size: int = 4) -> Order:
    """The key, int64 (6 M M,), from what `encrypt` makes of the `telling_blocks`.

    `encrypt` takes and gives uint8 (n, M, M, 3), as `BlockScrambler.encrypt` does. ValueError where
    it is no such cipher.
    """
    if not callable(encrypt):
        raise ValueError(
            f"encrypt is a function of blocks; this is {type(encrypt).__name__}: "
            "pass cipher.encrypt, for example, and do not call it."
        )
    blocks = telling_blocks(block_size)
    return known_plaintext(blocks, encrypt(blocks), block_size)


def telling_blocks(block_size: int = 4) -> Pictures:
    """Blocks in which every nibble has a code of its own, upright or reversed: uint8 (n, M, M, 3).

    Nibble j of the n blocks spells the number j with n digits of base 16. The last digit stays
    below 8, so a reversed code, each digit 15 - d, is never another one. Two blocks do up to M = 4.
    """
    count = 6 * scramble.check_block_size(block_size) ** 2
    digits = 16 ** np.arange(math.ceil(math.log(2 * count, 16)))
    codes = np.arange(count)[:, None] // digits % 16
    return scramble.from_nibbles(codes[:, :, None, None])


def known_plaintext(pictures: Pictures, ciphertexts: Pictures, block_size: int = 4) -> Order:
    """Find the one key that makes these ciphertexts of these pictures.

    Args:
        pictures: uint8 (n, height, width, 3), before or after padding.
        ciphertexts: uint8 of the padded shape, all under one key.
        block_size: the side M of a block in pixels, 1 to 1024.

    Returns:
        int64 (6 M M,), the key.

    Raises:
        ValueError: where no key does it, or where several do: it names the entries that stay open.

    Source: none; the attack is the kit's own.

    >>> pictures = np.random.default_rng(1).integers(0, 256, (1, 32, 32, 3), np.uint8)
    >>> cipher = BlockScrambler(np.random.default_rng(2).permutation(96))
    >>> np.array_equal(known_plaintext(pictures, cipher.encrypt(pictures)), cipher.key)
    True
    """
    pictures = scramble.pad(pictures, block_size)
    if pictures.shape != scramble.check_ciphertexts(ciphertexts, block_size).shape:
        raise ValueError(
            f"Each picture needs its ciphertext; padded they are {pictures.shape}, the ciphertexts "
            f"{ciphertexts.shape}: check that they belong together."
        )
    fits = possible_keys(*(scramble.to_nibbles(x, block_size) for x in (pictures, ciphertexts)))
    candidates, key = fits.sum(axis=1), fits.argmax(axis=1)
    if (candidates > 1).any() and candidates.all():
        places = np.flatnonzero(candidates > 1)
        first = ", ".join(map(str, places[:6])) + ", ..." * (len(places) > 6)
        raise ValueError(
            f"These pictures leave {len(places)} of the key's {len(key)} entries open, at "
            f"{first}: add another picture, with more colours and detail."
        )
    is_order = len(set(key.tolist())) == len(key)
    if not is_order or (BlockScrambler(key, block_size).encrypt(pictures) != ciphertexts).any():
        raise ValueError(
            "No key makes these ciphertexts of these pictures: check the block size, and that they "
            "belong together."
        )
    return key


def possible_keys(plaintext: Nibbles, ciphertext: Nibbles) -> Fits:
    """Whether key[i] can be j, bool (6 M M, 6 M M), for nibbles (6 M M, ...) of the same blocks.

    Output nibble i must equal input nibble j everywhere, or its reverse. Then every entry that the
    others exclude is struck out, until none is left to strike.
    """
    upright, reverse = equal_nibbles(plaintext, ciphertext)
    fits, before = upright | reverse, np.empty(0, bool)
    while not np.array_equal(fits, before):
        before = fits
        fits = strike_by_reversals(fits, upright, reverse)
        fits = strike_taken(fits)  # an output nibble has one input nibble ...
        fits = strike_taken(fits.T).T  # ... and the other way round
    return fits


def equal_nibbles(plaintext: Nibbles, ciphertext: Nibbles) -> tuple[Fits, Fits]:
    """Where output nibble i always equals input nibble j, and where its reverse: [i, j] of each."""
    rows = [row.tobytes() for x in (ciphertext, plaintext, 15 - plaintext) for row in x]
    number_of = {row: number for number, row in enumerate(rows)}  # equal rows, equal numbers
    out, upright, reverse = np.array([number_of[row] for row in rows]).reshape(3, -1)
    return out[:, None] == upright, out[:, None] == reverse


def strike_by_reversals(fits: Fits, upright: Fits, reverse: Fits) -> Fits:
    """Leave key[i] = j only where place i and place j can be reversed as the nibble shows.

    The key settles it: a place is reversed if its entry is above 3 M M. The nibble comes out
    upright if both places are, or neither; from its own place it always does.
    """
    above = scramble.reversed_nibbles(np.arange(len(fits)))  # entries that reverse their place
    can_be, can_stay = fits[:, above].any(axis=1), fits[:, ~above].any(axis=1)
    alike, unlike = np.where(above, can_be, can_stay), np.where(above, can_stay, can_be)
    return fits & (upright & alike | reverse & unlike & ~np.eye(len(fits), dtype=bool))


def strike_taken(fits: Fits) -> Fits:
    """Where a row has one candidate left, no other row can have it."""
    settled = fits.sum(axis=1) == 1
    return fits & (settled[:, None] | ~fits[settled].any(axis=0))


def ciphertext_only(ciphertexts: Pictures, public: Pictures, block_size: int = 4) -> Pictures:
    """Estimate the pictures under these ciphertexts, having seen none of them.

    Of each byte it finds the high nibble; the low one it sets to 8, so it comes within 34.7 dB at
    best. One natural picture mostly gives enough, four nearly always, unless they are flat. The
    same ciphertexts are read alike each time.

    Args:
        ciphertexts: uint8 (n, height, width, 3), all under one key.
        public: uint8 (n', height', width', 3), a hundred or so other natural pictures,
            which show how alike neighbouring nibbles are.
        block_size: the side M of a block in pixels, 1 to 1024.

    Returns:
        uint8 of the ciphertexts' shape.

    Raises:
        ValueError: where there is no picture, or not 2 x 2 blocks in each.

    Source: none; the attack is the kit's own. Its search is that of Vogelstein et al., "Fast
        Approximate Quadratic Programming for Graph Matching", 2015.

    >>> grey = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    >>> ciphertexts = BlockScrambler(np.arange(96)).encrypt(grey)
    >>> ciphertext_only(ciphertexts, grey).shape
    (1, 16, 16, 3)
    """
    slots, places, signs = high_half(ciphertexts, public, block_size)
    nibbles = scramble.to_nibbles(ciphertexts, block_size)
    signs, estimate = signs[:, None, None, None], np.full_like(nibbles, 8)
    estimate[len(nibbles) // 2 + places] = np.where(signs > 0, nibbles[slots], 15 - nibbles[slots])
    return scramble.from_nibbles(estimate)


def high_half(
    ciphertexts: Pictures, public: Pictures, block_size: int = 4
) -> tuple[Order, Order, Order]:
    """The half of the key that `ciphertext_only` finds: (slots, places, signs), (3 M M,) each.

    Output nibble slots[i] is the high nibble of byte places[i] of a block, upright or reversed as
    signs[i] says, +1 or -1. Arguments and errors are those of `ciphertext_only`.
    """
    nibbles = _with_neighbours(scramble.check_ciphertexts(ciphertexts, block_size), block_size)
    ours = likeness(nibbles)
    theirs = likeness(_with_neighbours(public, block_size)[len(nibbles) // 2 :])
    slots = high_slots(ours[0])
    return slots, *best_match(ours[:, slots[:, None], slots], theirs, slots)


def likeness(nibbles: Nibbles) -> Tables:
    """Measure how alike each two nibbles are, in three neighbourhoods.

    In the same block, in a block and its right neighbour, in a block and the one below. Their
    correlations over a picture, cubed, so that the closest pixels count most; then the mean over
    pictures, so that each counts the same.

    Args:
        nibbles: (k, n, rows, columns), as `to_nibbles` gives them, or some of its rows.

    Returns:
        float64 (3, k, k), from -1 to 1; 0 where a nibble is the same everywhere.

    Source: none; the attack is the kit's own.

    >>> blocks = np.uint8([[[[1, 2], [3, 5]]], [[[14, 13], [12, 10]]]])  # two nibbles, 2 x 2 blocks
    >>> likeness(blocks)[0].round(3).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    pairs = (
        [(x, x), (x[:, :, :-1], x[:, :, 1:]), (x[:, :-1], x[:, 1:])] for x in nibbles.swapaxes(0, 1)
    )
    return np.mean([[correlation(a, b) ** 3 for a, b in three] for three in pairs], axis=0)


def correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Of each row of a (k, ...) with each row of b, -1 to 1, (k, k); 0 where a row is constant."""
    a, b = (x.reshape(len(x), -1).astype(np.float64) for x in (a, b))
    a, b = (x - x.mean(axis=1, keepdims=True) for x in (a, b))
    size = np.sqrt(np.outer((a * a).sum(axis=1), (b * b).sum(axis=1)))
    return a @ b.T / np.where(size > 0, size, 1)


def high_slots(within: np.ndarray) -> Order:
    """Which output nibbles come from high ones, (3 M M,): low ones are almost noise, like none."""
    strength = np.abs(within).sum(axis=1) - np.abs(np.diag(within))
    return np.sort(np.argsort(-strength, kind="stable")[: len(within) // 2])


def upright_signs(within: np.ndarray) -> Order:
    """+1 or -1 for each, so that all go up and down together; they may all be reversed yet.

    Signs of the leading eigenvector: a block's brightness outweighs all else in it.
    """
    return np.where(np.linalg.eigh(within)[1][:, -1] < 0, -1, 1)


def best_match(ours: Tables, theirs: Tables, slots: Order) -> tuple[Order, Order]:
    """Which high nibble each slot is, (3 M M,), and its sign; both likenesses (3, 3 M M, 3 M M).

    Likeness is blind to a negative, but the key is not: a slot's place is reversed, so its nibble
    comes upright if the place that it came from is reversed too, which means: is a slot itself.
    (Entry 3 M M is the one that makes a slot and no reversal, so the first place says nothing.)
    """
    half, signs, rng = len(slots), upright_signs(ours[0]), np.random.default_rng(0)
    expected = np.where(np.isin(half + np.arange(half), slots), 1, -1)
    expected[0] = 0
    ours, tries = ours * np.outer(signs, signs), []
    for s in (signs, -signs):
        matching = Matching(ours, theirs, np.outer(s, expected))
        for start in starts(half, rng):
            places = matching.swapped(matching.relaxed(start))
            tries.append((matching.score(places), places, s))
    return max(tries, key=lambda found: found[0])[1:]


def starts(count: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Nothing known, then halfway from there to seven random orders: doubly stochastic."""
    flat = np.full((count, count), 1 / count)
    yield flat
    for _ in range(7):
        yield (flat + matrix_of(rng.permutation(count))) / 2


class Matching:
    """A quadratic assignment: give slot i the place p[i] so that slots are alike as places are.

    The score of p is the sum of ours[s, i, j] theirs[s, p[i], p[j]] and of hint[i, p[i]]. Both
    likenesses are (3, n, n), and the hint, (n, n), takes up what is on their diagonals.
    """

    def __init__(self, ours: Tables, theirs: Tables, hint: np.ndarray):
        diagonals = (np.diagonal(x, axis1=1, axis2=2) for x in (ours, theirs))
        others = 1 - np.eye(len(hint))
        self.ours, self.theirs = ours * others, theirs * others
        self.hint = hint + np.einsum("si,sj->ij", *diagonals)

    def score(self, places: Order) -> float:
        hinted = self.hint[np.arange(len(places)), places]
        return float((self.ours * self._there(places)).sum() + hinted.sum())

    def relaxed(self, match: np.ndarray) -> Order:
        """Uphill, in at most 30 steps, through the doubly stochastic matrices; the nearest order.

        (Frank and Wolfe's way: Vogelstein et al., "Fast Approximate Quadratic Programming for Graph
        Matching", 2015.)
        """
        for _ in range(30):
            slope = self.hint + self._curve(match)
            step = matrix_of(best_order(slope)) - match
            gain, bend = (slope * step).sum(), (self._curve(step) * step).sum() / 2
            if gain < 1e-6:
                break
            match = match + step * (1 if gain >= -2 * bend else gain / (-2 * bend))
        return best_order(match)

    def swapped(self, places: Order) -> Order:
        """Two places exchanged, the best pair first, as long as that raises the score."""
        places = places.copy()
        while True:
            there = self._there(places)
            slope = (self.ours @ there.mT + self.ours.mT @ there).sum(axis=0)
            slope += self.hint[:, places]
            gain = slope + slope.T - np.diag(slope)[:, None] - np.diag(slope)
            gain += ((self.ours + self.ours.mT) * (there + there.mT)).sum(axis=0)
            i, j = np.unravel_index(gain.argmax(), gain.shape)
            if i == j or gain[i, j] < 1e-9:
                return places
            places[[i, j]] = places[[j, i]]

    def _there(self, places: Order) -> Tables:
        """`theirs` in the order of the slots."""
        return self.theirs[:, places[:, None], places]

    def _curve(self, match: np.ndarray) -> np.ndarray:
        """The slope of the quadratic part of the score."""
        both = self.ours @ match @ self.theirs.mT + self.ours.mT @ match @ self.theirs
        return both.sum(axis=0)


def matrix_of(order: Order) -> np.ndarray:
    return np.eye(len(order))[order]


def best_order(worth: np.ndarray) -> Order:
    """The column for each row that is worth most in all."""
    return scipy.optimize.linear_sum_assignment(worth, maximize=True)[1]


def _with_neighbours(pictures: Pictures, block_size: int) -> Nibbles:
    """The nibbles of pictures; ValueError unless there is one, of at least 2 x 2 blocks."""
    nibbles = scramble.to_nibbles(pictures, block_size)
    n, down, across = nibbles.shape[1:]
    if n == 0 or down < 2 or across < 2:
        raise ValueError(
            "Blocks are compared with their neighbours, so it takes a picture of at least 2 x 2; "
            f"here are {n}, of {down} x {across}: give more, larger pictures or smaller blocks."
        )
    return nibbles
