"""Measures of guesses and ciphertexts: shares with intervals, avalanche, tests of image encryption.

Passing these tests is necessary for a cipher and proves nothing: a ciphertext can look random by
every measure here and still be read by whoever knows a single block of its plaintext.
"""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import scipy  # loads `scipy.stats` (half a second) only at its first use

from helpers.bits import Bits, Block, Picture, is_whole, short

CHANCE_OF_BIT = 0.5  # a coin names the right bit every other time
CHANCE_OF_BLOCK = 2.0**-16  # sixteen coins, a whole block
LARGEST_SIZE = 10**12  # values of a picture: what is larger is no size
CHI_SQUARE_LIMIT = 293.25  # random bytes stay below it 95 times of 100 (255 degrees of freedom)

# encrypt(message bits (n, m), key bits (k,)) -> ciphertext bits (n, c), all uint8 of 0 and 1
Encrypt = Callable[[Bits, Bits], Bits]


@dataclass(frozen=True)
class Proportion:
    """`hits` of `total` trials, with a 95 % interval around the share.

    `share`, `low` and `high` run from 0 to 1. The interval takes the trials as independent. Bits of
    one block may not be: a guesser can get all m right or wrong together, and the interval should
    then be up to sqrt(m) times as wide.

    Args:
        hits: how many trials hit.
        total: how many there were.

    Raises:
        ValueError: unless 0 <= hits <= total and total >= 1.

    Source: Wilson (1927, "Probable Inference, the Law of Succession, and Statistical Inference").

    >>> print(Proportion(9989, 10_000))
    99.89 % [99.80, 99.94]
    """

    hits: int
    total: int

    def __post_init__(self) -> None:
        whole = is_whole(self.hits) and is_whole(self.total)
        if not whole or not 0 <= self.hits <= self.total or self.total < 1:
            raise ValueError(
                "A share is 0 to n hits in n trials, n at least 1; this is "
                f"{short(self.hits)} of {short(self.total)}: count all the trials, hits or not."
            )

    @property
    def share(self) -> float:
        return self.hits / self.total

    @cached_property
    def interval(self) -> tuple[float, float]:
        """The lowest and the highest share that fit what was counted, at 95 %."""
        low, high = scipy.stats.binomtest(self.hits, self.total).proportion_ci(method="wilson")
        return float(low), float(high)

    @property
    def low(self) -> float:
        return self.interval[0]

    @property
    def high(self) -> float:
        return self.interval[1]

    def __str__(self) -> str:
        """In percent, with as many digits as were measured: "99.89 % [99.80, 99.94]"."""
        if self.hits == 0:
            return f"0 %, at most {_round_up(100 * self.high):f} %"
        if self.hits == self.total:
            return f"100 %, at least {100 - _round_up(100 * (1 - self.low)):f} %"
        digits = max(0, math.ceil(1 - math.log10(100 * (self.high - self.low))))
        share, low, high = (f"{100 * x:.{digits}f}" for x in (self.share, self.low, self.high))
        return f"{share} % [{low}, {high}]"


def _round_up(percent: float) -> decimal.Decimal:
    """`percent` to one significant digit, never downwards: a limit must stay a limit."""
    one_digit = decimal.Context(prec=1, rounding=decimal.ROUND_UP)
    return one_digit.create_decimal_from_float(percent)


def bit_accuracy(true: Block | Bits, guessed: Block | Bits) -> Proportion:
    """The share of bits guessed right.

    Args:
        true: blocks, uint16 (n,), or bits, uint8 (n, m).
        guessed: the same, of equal type and shape.

    Returns:
        The right ones of all n * 16, or n * m.

    Raises:
        ValueError: if shapes or types differ, or the arrays are empty or neither blocks nor bits.

    Source: Rivas-Perea and Banerjee, section 3, count the bits that are guessed wrong.

    >>> bit_accuracy(np.uint16([0, 7]), np.uint16([0, 4]))
    Proportion(hits=30, total=32)
    """
    wrong, m_bits = _wrong_bits(true, guessed)
    total = wrong.size * m_bits
    return Proportion(total - int(wrong.sum()), total)


def block_accuracy(true: Block | Bits, guessed: Block | Bits) -> Proportion:
    """The share of blocks guessed right in every bit; arguments and errors as in `bit_accuracy`.

    A low figure is no sign of secrecy: 69 % of bits right leaves hardly any block whole.
    """
    wrong, _ = _wrong_bits(true, guessed)
    return Proportion(int(np.count_nonzero(wrong == 0)), wrong.size)


def _wrong_bits(true: Block | Bits, guessed: Block | Bits) -> tuple[np.ndarray, int]:
    """How many bits of each block are wrong, (n,), and how many bits a block has."""
    _check_pair(true, guessed, np.uint8, np.uint16)
    if true.dtype == np.uint16:
        return np.bitwise_count(true ^ guessed), 16
    _check_bits(true, ndim=2)
    _check_bits(guessed, ndim=2)
    return np.count_nonzero(true != guessed, axis=1), true.shape[1]


def bits_wrong(a: Picture, b: Picture) -> float:
    """The share of bits that differ in two pictures: their Hamming distance over their size.

    Args:
        a: uint8 of any shape.
        b: uint8 of the same shape.

    Returns:
        From 0 to 1. Unrelated random bytes differ in one half.

    Raises:
        ValueError: if shapes differ, or the arrays are empty or not uint8.

    Source: Hamming (1950, "Error Detecting and Error Correcting Codes").

    >>> bits_wrong(np.uint8([0, 255]), np.uint8([1, 255]))
    0.0625
    """
    _check_pair(a, b, np.uint8)
    return int(np.bitwise_count(a ^ b).sum()) / (8 * a.size)


def plaintext_avalanche(encrypt: Encrypt, message: Bits, key: Bits) -> np.ndarray:
    """The share of ciphertext bits that flip with each message bit, float (m,); 0.5 is the ideal.

    Entry i is the mean over n messages, uint8 (n, m), and all ciphertext bits; `key` is uint8 (k,).
    `encrypt` must give equal ciphertexts for equal input, so fix its nonce if it has one. Webster &
    Tavares (1985) ask for one half in every single ciphertext bit; this is the mean over them.

    Raises ValueError if message, key or ciphertext are not bits.
    """
    original = _encrypted(encrypt, message, key)
    one_bit = np.eye(message.shape[1], dtype=np.uint8)
    return np.array([np.mean(encrypt(message ^ flip, key) != original) for flip in one_bit])


def key_avalanche(encrypt: Encrypt, message: Bits, key: Bits) -> np.ndarray:
    """Key sensitivity: the share of ciphertext bits that flip with each key bit, float (k,).

    Arguments and errors as in `plaintext_avalanche`; again 0.5 is the ideal.
    """
    original = _encrypted(encrypt, message, key)
    one_bit = np.eye(key.size, dtype=np.uint8)
    return np.array([np.mean(encrypt(message, key ^ flip) != original) for flip in one_bit])


def _encrypted(encrypt: Encrypt, message: Bits, key: Bits) -> Bits:
    """The ciphertext, after a check that message, key and ciphertext are bits."""
    if not callable(encrypt):
        raise ValueError(
            f"encrypt is a function of message and key; this is {type(encrypt).__name__}: "
            "pass the function itself, and do not call it."
        )
    _check_bits(message, ndim=2)
    _check_bits(key, ndim=1)
    ciphertext = encrypt(message, key)
    _check_bits(ciphertext, ndim=2)
    return ciphertext


def npcr(a: Picture, b: Picture) -> float:
    """Number of pixels change rate: the share of values, from 0 to 1, that differ in two pictures.

    The pictures are uint8 of equal shape; each colour of a pixel counts as a value. Usually they
    are the ciphertexts of two plaintexts that differ in one pixel. Random ones differ in
    255/256 on average; `npcr_interval` says how far chance may go. Wu, Noonan & Agaian (2011).

    Raises ValueError if shapes differ, the pictures are empty or not uint8.
    """
    _check_pair(a, b, np.uint8)
    return float(np.mean(a != b))


def uaci(a: Picture, b: Picture) -> float:
    """Unified average changing intensity: the mean of |a - b| / 255 in two pictures, from 0 to 1.

    257/768 = 0.3346 is expected of independent random pictures; all else is as in `npcr`.
    """
    _check_pair(a, b, np.uint8)
    distance = np.maximum(a, b) - np.minimum(a, b)  # a - b itself would wrap: 1 - 2 is 255 in uint8
    return float(distance.mean() / 255)


def npcr_interval(size: int) -> tuple[float, float]:
    """The interval that holds the NPCR of 95 of 100 pairs of random pictures with `size` values.

    Its upper end is 1: no NPCR is too high. A normal approximation: Wu, Noonan & Agaian (2011).
    Raises ValueError if `size` is below 1.
    """
    size = _check_size(size)
    mean, deviation = 255 / 256, math.sqrt(255 / size) / 256
    return float(scipy.stats.norm.ppf(0.05, mean, deviation)), 1.0


def uaci_interval(size: int) -> tuple[float, float]:
    """The interval that holds the UACI of 95 of 100 pairs of random pictures with `size` values.

    A normal approximation: Wu, Noonan & Agaian (2011), where F = 255 is the largest value.
    Raises ValueError if `size` is below 1.
    """
    size = _check_size(size)
    f = 255
    variance = (f + 2) * (f**2 + 2 * f + 3) / (18 * (f + 1) ** 2 * f * size)
    low, high = scipy.stats.norm.interval(0.95, (f + 2) / (3 * f + 3), math.sqrt(variance))
    return float(low), float(high)


def entropy(data: np.ndarray) -> float:
    """Shannon's entropy of a uint8 array, in bits a byte: 0 if all values are equal, at most 8.

    It sees how often a value comes, not where. Raises ValueError if `data` is empty or not uint8.
    """
    return float(scipy.stats.entropy(_histogram(data), base=2))


def chi_square(data: np.ndarray) -> tuple[float, float]:
    """Pearson's statistic of a uint8 array against equally frequent values, and its p-value.

    Random bytes exceed `CHI_SQUARE_LIMIT` 5 times of 100. Trust p from 1,280 bytes on, five of
    each value. Raises ValueError if `data` is empty or not uint8.
    """
    statistic, p = scipy.stats.chisquare(_histogram(data))
    return float(statistic), float(p)


def _histogram(data: np.ndarray) -> np.ndarray:
    """How often each byte value occurs, (256,)."""
    _check_array(data, np.uint8)
    return np.bincount(data.ravel(), minlength=256)


class Correlation(NamedTuple):
    """Pearson's correlation of neighbouring values, from -1 to 1, in three directions."""

    horizontal: float
    vertical: float
    diagonal: float


def adjacent_correlation(picture: Picture) -> Correlation:
    """How far a value foretells its neighbour: near 1 in a photograph, 0 in a good ciphertext.

    Args:
        picture: uint8 (height, width) or (height, width, 3). Each colour is compared with itself,
            and every pair of neighbours counts.

    Returns:
        Pearson's correlation in three directions; nan for one flat colour, which has none.

    Raises:
        ValueError: if the picture is not uint8 or is smaller than 3 by 3 pixels.

    Source: Pearson (1895, "Note on Regression and Inheritance in the Case of Two Parents").

    >>> stripes = np.tile(np.uint8([0, 200]), (4, 2))  # upright, one pixel wide
    >>> [round(share) for share in adjacent_correlation(stripes)]
    [-1, 1, -1]
    """
    _check_array(picture, np.uint8)
    if picture.ndim not in (2, 3) or min(picture.shape[:2]) < 3:
        raise ValueError(
            "Neighbours are compared in a picture (height, width[, 3]) of at least 3 by 3 pixels; "
            f"this one has shape {picture.shape}: take a larger part of it."
        )
    return Correlation(
        horizontal=_correlation(picture[:, :-1], picture[:, 1:]),
        vertical=_correlation(picture[:-1], picture[1:]),
        diagonal=_correlation(picture[:-1, :-1], picture[1:, 1:]),
    )


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    with np.errstate(divide="ignore", invalid="ignore"):  # a flat colour: 0 / 0
        return float(np.corrcoef(a.ravel(), b.ravel())[0, 1])


def _check_array(data: np.ndarray, *dtypes: type) -> None:
    came = getattr(data, "dtype", type(data).__name__)
    if came not in dtypes:
        expected = " or ".join(dtype.__name__ for dtype in dtypes)
        raise ValueError(f"An array of {expected} is expected; this is {came}: convert it first.")
    if data.size == 0:
        raise ValueError("There is nothing to measure in an empty array: pass at least one value.")


def _check_pair(a: np.ndarray, b: np.ndarray, *dtypes: type) -> None:
    _check_array(a, *dtypes)
    _check_array(b, *dtypes)
    if a.shape != b.shape or a.dtype != b.dtype:
        raise ValueError(
            "Two arrays of one type and shape are compared; these are "
            f"{a.dtype} {a.shape} and {b.dtype} {b.shape}: make them alike first."
        )


def _check_bits(bits: np.ndarray, ndim: int) -> None:
    _check_array(bits, np.uint8)
    if bits.ndim != ndim or bits.max() > 1:
        shape = "(n, m)" if ndim == 2 else "(k,)"
        raise ValueError(
            f"Bits are 0 or 1 in an array of shape {shape}; this one has shape {bits.shape} and "
            f"values up to {bits.max()}: unpack bytes with np.unpackbits, or reshape."
        )


def _check_size(size: int) -> int:
    """`size` as an int of Python's, which does not overflow."""
    if not is_whole(size) or not 1 <= size <= LARGEST_SIZE:
        raise ValueError(
            f"A size counts values, at least 1; this is {short(size)}: pass the array's .size."
        )
    return int(size)
