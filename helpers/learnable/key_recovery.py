"""The scrambling of `scramble` undone without its key, in three ways that ask for less and less.

chosen_plaintext   blocks of one's own, encrypted by whoever has the key: two of 4 x 4 give it
known_plaintext    pictures beside their ciphertexts: one of 32 x 32 gives it, if it has colour
ciphertext_only    ciphertexts alone, and what neighbours have in common in all natural pictures

Output nibble i is input nibble key[i], upright or reversed (15 - v). So no two keys are the same
cipher; but pictures in which two nibbles are equal everywhere cannot tell which is which. NumPy and
SciPy only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy  # loads `scipy.optimize` only at its first use

from helpers.bits import check_generator, is_whole, short
from helpers.learnable.scramble import (
    BlockScrambler,
    check_block_size,
    check_ciphertexts,
    from_nibbles,
    pad,
    reversed_nibbles,
    to_nibbles,
)

# --- Chosen plaintext -----------------------------------------------------------------------------


def chosen_plaintext(
    encrypt: Callable[[np.ndarray], np.ndarray], block_size: int = 4
) -> np.ndarray:
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


def telling_blocks(block_size: int = 4) -> np.ndarray:
    """Blocks in which every nibble has a code of its own, upright or reversed: uint8 (n, M, M, 3).

    Nibble j of the n blocks spells the number j with n digits of base 16. The last digit stays
    below 8, so a reversed code, each digit 15 - d, is never another one. Two blocks do up to M = 4.
    """
    codes = np.arange(6 * check_block_size(block_size) ** 2)
    digits = [codes % 16]
    while 16 ** len(digits) < 2 * len(codes):
        digits.append(codes // 16 ** len(digits) % 16)
    return from_nibbles(np.stack(digits, axis=1)[:, :, None, None])


# --- Known plaintext ------------------------------------------------------------------------------


def known_plaintext(
    pictures: np.ndarray, ciphertexts: np.ndarray, block_size: int = 4
) -> np.ndarray:
    """The one key, int64 (6 M M,), that makes these ciphertexts of these pictures.

    Both are uint8 (n, height, width, 3), the pictures before or after padding. ValueError where no
    key does, or where several do: it names the entries that stay open.
    """
    block_size = check_block_size(block_size)
    pictures = pad(pictures, block_size)
    if pictures.shape != check_ciphertexts(ciphertexts, block_size).shape:
        raise ValueError(
            f"Each picture needs its ciphertext; padded they are {pictures.shape}, the ciphertexts "
            f"{ciphertexts.shape}: check that they belong together."
        )
    fits = possible_keys(to_nibbles(pictures, block_size), to_nibbles(ciphertexts, block_size))
    candidates, key = fits.sum(axis=1), fits.argmax(axis=1)
    if (candidates > 1).any() and candidates.all():
        places = np.flatnonzero(candidates > 1)
        raise ValueError(
            f"These pictures leave {len(places)} of the key's {len(key)} entries open, at "
            f"{_few(places)}: add another picture, with more colours and detail."
        )
    if not _is_key_of(key, pictures, ciphertexts, block_size):
        raise ValueError(
            "No key makes these ciphertexts of these pictures: check the block size, and that they "
            "belong together."
        )
    return key


def possible_keys(plaintext: np.ndarray, ciphertext: np.ndarray) -> np.ndarray:
    """Whether key[i] can be j, bool (6 M M, 6 M M), for nibbles (6 M M, ...) of the same blocks.

    Output nibble i must equal input nibble j everywhere, or its reverse. Then every entry that the
    others exclude is struck out, until none is left to strike.
    """
    upright, reverse = equal_nibbles(plaintext, ciphertext)
    fits, before = upright | reverse, None
    while not np.array_equal(fits, before):
        before = fits
        fits = strike_by_reversals(fits, upright, reverse)
        fits = strike_taken(fits)  # an output nibble has one input nibble ...
        fits = strike_taken(fits.T).T  # ... and the other way round
    return fits


def equal_nibbles(plaintext: np.ndarray, ciphertext: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where output nibble i always equals input nibble j, and where its reverse: [i, j] of each."""
    plaintext, ciphertext = (x.reshape(len(x), -1) for x in (plaintext, ciphertext))
    rows = np.concatenate([ciphertext, plaintext, 15 - plaintext])
    number_of = {row.tobytes(): number for number, row in enumerate(rows)}
    names = np.array([number_of[row.tobytes()] for row in rows])  # equal rows, equal names
    out, upright, reverse = names.reshape(3, -1)
    return out[:, None] == upright, out[:, None] == reverse


def strike_by_reversals(fits: np.ndarray, upright: np.ndarray, reverse: np.ndarray) -> np.ndarray:
    """Leave key[i] = j only where place i and place j can be reversed as the nibble shows.

    The key settles it: a place is reversed if its entry is above 3 M M. The nibble comes out
    upright if both places are, or neither.
    """
    above = reversed_nibbles(np.arange(len(fits)))  # the entries that reverse their place
    can_be = np.stack([fits[:, ~above].any(axis=1), fits[:, above].any(axis=1)])
    places = np.arange(len(fits))
    alike, unlike = can_be[above.astype(int), places], can_be[1 - above.astype(int), places]
    return fits & ((upright & alike) | (reverse & unlike & ~np.eye(len(fits), dtype=bool)))


def strike_taken(fits: np.ndarray) -> np.ndarray:
    """Where a row has one candidate left, no other row can have it."""
    settled = fits.sum(axis=1) == 1
    return fits & (settled[:, None] | ~fits[settled].any(axis=0))


def _is_key_of(
    key: np.ndarray, pictures: np.ndarray, ciphertexts: np.ndarray, block_size: int
) -> bool:
    if len(set(key.tolist())) < len(key):
        return False
    return np.array_equal(BlockScrambler(key, block_size).encrypt(pictures), ciphertexts)


def _few(places: np.ndarray) -> str:
    return ", ".join(map(str, places[:6])) + (", ..." if len(places) > 6 else "")


# --- Ciphertext only ------------------------------------------------------------------------------


def ciphertext_only(
    ciphertexts: np.ndarray,
    public_pictures: np.ndarray,
    block_size: int = 4,
    rng: np.random.Generator | None = None,
    restarts: int = 8,
) -> np.ndarray:
    """An estimate of the pictures under these ciphertexts, uint8 (n, height, width, 3) as they are.

    It has seen none of them, only a hundred or so other natural pictures, uint8 (n', height',
    width', 3), that show how alike neighbouring nibbles are. Of each byte it finds the high nibble;
    the low one it sets to 8, so it comes within 34.7 dB at best. All ciphertexts share one key; one
    natural picture mostly does, four nearly always, unless they are flat. `rng` draws the restarts
    of the search, the same ones each time if it is left out.

    ValueError where there is no picture, or not 2 x 2 blocks in each.
    """
    if not is_whole(restarts) or restarts < 1:
        raise ValueError(f"restarts is a whole number, at least 1; {short(restarts)} came: try 8.")
    nibbles = _with_neighbours(check_ciphertexts(ciphertexts, block_size), block_size)
    half, rng = len(nibbles) // 2, np.random.default_rng(0) if rng is None else check_generator(rng)
    ours = likeness(nibbles)
    theirs = likeness(_with_neighbours(public_pictures, block_size)[half:])
    slots = high_slots(ours[0])
    places, signs = best_match(ours[:, slots[:, None], slots], theirs, slots, rng, restarts)
    estimate = np.full_like(nibbles, 8)
    upright = (signs > 0)[:, None, None, None]
    estimate[half + places] = np.where(upright, nibbles[slots], 15 - nibbles[slots])
    return from_nibbles(estimate)


def likeness(nibbles: np.ndarray) -> np.ndarray:
    """How alike nibbles i and j are, in three neighbourhoods: float64 (3, nibbles, nibbles).

    In the same block, in a block and its right neighbour, in a block and the one below. Their
    correlations over a picture, cubed, so that the closest pixels count most; then the mean over
    pictures, so that each counts the same.
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


def high_slots(within: np.ndarray) -> np.ndarray:
    """Which output nibbles come from high ones, (3 M M,): low ones are almost noise, like none."""
    strength = np.abs(within).sum(axis=1) - np.abs(np.diag(within))
    return np.sort(np.argsort(-strength, kind="stable")[: len(within) // 2])


def upright_signs(within: np.ndarray) -> np.ndarray:
    """+1 or -1 for each, so that all go up and down together; they may all be reversed yet.

    Signs of the leading eigenvector: a block's brightness outweighs all else in it.
    """
    return np.where(np.linalg.eigh(within)[1][:, -1] < 0, -1, 1)


def best_match(
    ours: np.ndarray,
    theirs: np.ndarray,
    slots: np.ndarray,
    rng: np.random.Generator,
    restarts: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Which high nibble each slot is, (3 M M,), and its sign; both likenesses (3, 3 M M, 3 M M).

    Likeness is blind to a negative, but the key is not: a slot's place is reversed, so its nibble
    comes upright if the place that it came from is reversed too, which means: is a slot itself.
    (Entry 3 M M is the one that makes a slot and no reversal, so the first place says nothing.)
    """
    half, signs = len(slots), upright_signs(ours[0])
    expected = np.where(np.isin(half + np.arange(half), slots), 1, -1)
    expected[0] = 0
    ours, tries = ours * np.outer(signs, signs), []
    for s in (signs, -signs):
        matching = Matching.of(ours, theirs, np.outer(s, expected))
        for start in starts(half, rng, restarts):
            places = matching.swapped(matching.relaxed(start))
            tries.append((matching.score(places), places, s))
    return max(tries, key=lambda found: found[0])[1:]


def starts(count: int, rng: np.random.Generator, restarts: int) -> Iterator[np.ndarray]:
    """Nothing known, then halfway from there to random orders: doubly stochastic (count, count)."""
    flat = np.full((count, count), 1 / count)
    yield flat
    for _ in range(restarts - 1):
        yield (flat + matrix_of(rng.permutation(count))) / 2


@dataclass(frozen=True)
class Matching:
    """A quadratic assignment: give slot i the place p[i] so that slots are alike as places are.

    The score of p is the sum of ours[s, i, j] theirs[s, p[i], p[j]] and of hint[i, p[i]].
    """

    ours: np.ndarray  # (3, n, n), and `theirs` too: no diagonals, these are in the hint
    theirs: np.ndarray
    hint: np.ndarray  # (n, n)

    @classmethod
    def of(cls, ours: np.ndarray, theirs: np.ndarray, hint: np.ndarray) -> Matching:
        diagonals = (np.diagonal(x, axis1=1, axis2=2) for x in (ours, theirs))
        others = 1 - np.eye(len(hint))
        return cls(ours * others, theirs * others, hint + np.einsum("si,sj->ij", *diagonals))

    def score(self, places: np.ndarray) -> float:
        hinted = self.hint[np.arange(len(places)), places]
        return float((self.ours * self.there(places)).sum() + hinted.sum())

    def there(self, places: np.ndarray) -> np.ndarray:
        """`theirs` in the order of the slots."""
        return self.theirs[:, places[:, None], places]

    def relaxed(self, match: np.ndarray, steps: int = 30) -> np.ndarray:
        """Frank and Wolfe's way uphill through the doubly stochastic matrices; the nearest order.

        (Vogelstein et al., "Fast Approximate Quadratic Programming for Graph Matching", 2015.)
        """
        for _ in range(steps):
            slope = self.hint + self.curve(match)
            step = matrix_of(best_order(slope)) - match
            gain, bend = (slope * step).sum(), (self.curve(step) * step).sum() / 2
            if gain < 1e-6:
                break
            match = match + step * (1 if gain >= -2 * bend else gain / (-2 * bend))
        return best_order(match)

    def curve(self, match: np.ndarray) -> np.ndarray:
        """The slope of the quadratic part of the score."""
        both = self.ours @ match @ self.theirs.mT + self.ours.mT @ match @ self.theirs
        return both.sum(axis=0)

    def swapped(self, places: np.ndarray) -> np.ndarray:
        """Two places exchanged, the best pair first, as long as that raises the score."""
        places = places.copy()
        while True:
            there = self.there(places)
            slope = (self.ours @ there.mT + self.ours.mT @ there).sum(axis=0)
            slope += self.hint[:, places]
            gain = slope + slope.T - np.diag(slope)[:, None] - np.diag(slope)
            gain += ((self.ours + self.ours.mT) * (there + there.mT)).sum(axis=0)
            i, j = np.unravel_index(gain.argmax(), gain.shape)
            if i == j or gain[i, j] < 1e-9:
                return places
            places[[i, j]] = places[[j, i]]


def matrix_of(order: np.ndarray) -> np.ndarray:
    return np.eye(len(order))[order]


def best_order(worth: np.ndarray) -> np.ndarray:
    """The column for each row that is worth most in all."""
    return scipy.optimize.linear_sum_assignment(worth, maximize=True)[1]


def _with_neighbours(pictures: np.ndarray, block_size: int) -> np.ndarray:
    """The nibbles of pictures; ValueError unless there is one, of at least 2 x 2 blocks."""
    nibbles = to_nibbles(pictures, block_size)
    n, down, across = nibbles.shape[1:]
    if n == 0 or down < 2 or across < 2:
        raise ValueError(
            "Blocks are compared with their neighbours, so it takes a picture of at least 2 x 2; "
            f"here are {n}, of {down} x {across}: give more, larger pictures or smaller blocks."
        )
    return nibbles
