"""A network's answers by the row: its message or its key fixed, and all values of the other.

Counting over all 2^32 pairs needs answers that are fast, and bits that are beyond doubt.

How it is fast. A gate network adds up products of two weighted sums: a quadratic form in its 32
signs. While the message stays fixed, what is left is one table over the keys, the same for all
messages, and a sum over the bits of the key, which is a number for its upper bits plus one for its
lower. Two additions a logit, instead of ten thousand multiplications. The same with the key fixed.

How it is sure. The numbers of these tables are rounded to whole steps, and sums of whole numbers
have no error: a logit is known to within SLACK steps. First the steps are coarse, so that a byte
holds each sum; where that is too little to know a bit or the margin, they are fine; and where that
is too little, logits are computed anew. The network itself computes in float32, where the order of
a sum matters, and machines differ in it; how far that can move a logit is bounded for any order
(Higham 2002, "Accuracy and Stability of Numerical Algorithms", chapters 2 and 3), with numbers too
small for float32 taken for 0 or not, and with products rounded on their own or together with a sum.
Weights so large that anything on the way could overflow are refused. Where no logit then comes so
near to its threshold, every machine finds the same bits, and so does a network that never rounds:
those are the answers here.

NumPy only. Nothing here depends on there being 16 bits: pairs of 8 and 8 are counted in a moment.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from helpers.bits import ALL_BLOCKS, Block
from helpers.neural.rounds import (
    Coupling,
    Round,
    Uncoupling,
    as_signs,
    packed,
    round_table,
)

STEPS = 125  # the largest sum in coarse steps: int8 ends at 127
FINE = 256  # fine steps in a coarse one: 125 * 256 = 32,000, and int16 ends at 32,767
SLACK = 1.51  # three numbers rounded to half a step each; the rest is far more than float64 needs
TINY = float(np.finfo(np.float32).tiny)  # where a logit that is always 0 would divide by 0
HUGE = float(np.finfo(np.float32).max)


def all_signs(bits: int) -> np.ndarray:
    """All numbers of so many bits as signs, float64 (2^bits, bits): the most significant first."""
    return as_signs(ALL_BLOCKS[: 1 << bits])[:, 16 - bits :].astype(np.float64)


class QuadraticForm(NamedTuple):
    """z_i = constant_i + linear_i x + x square_i x, for signs x (n,) and logits i < m; float64.

    `square` is symmetric, and its diagonal is 0: the square of a sign is the constant 1.
    """

    constant: np.ndarray  # (m,)
    linear: np.ndarray  # (m, n)
    square: np.ndarray  # (m, n, n)

    @classmethod
    def of(cls, network: Round) -> QuadraticForm:
        """What a gate network computes before its threshold."""
        kernel, bias, out, bias_out = (w.astype(np.float64) for w in network.weights)
        left, right = np.split(kernel, 2, axis=1)
        of_left, of_right = np.split(bias, 2)
        square = np.einsum("jg,kg,gi->ijk", left, right, out, optimize=True)
        square = (square + square.swapaxes(1, 2)) / 2
        constant = (of_left * of_right) @ out + bias_out + np.trace(square, axis1=1, axis2=2)
        square[:, range(len(kernel)), range(len(kernel))] = 0
        return cls(constant, ((left * of_right + right * of_left) @ out).T, square)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """The logits (m, k) of signs x (k, n)."""
        products = np.stack([((x @ square) * x).sum(axis=1) for square in self.square])
        return self.constant[:, None] + self.linear @ x.T + products

    def within(self, half: slice, constant: np.ndarray) -> QuadraticForm:
        """The terms of one half of the signs alone, with another constant."""
        return QuadraticForm(constant, self.linear[:, half], self.square[:, half, half])


class Near(NamedTuple):
    """No logit comes nearer to its threshold than `distance`, in units of its rms, and where."""

    distance: float = math.inf
    block: int = 0  # a message for Alice, a ciphertext for Bob
    key: int = 0


FAR = Near()  # farther than any


class Rows:
    """A network's answers row by row; here by the network itself, which is slow and always works.

    `network` takes signs of a block and a key, (n, 2 * bits), and answers bits, each 1 above 0.
    `fixed` is what stays the same in a row: "block" or "key".
    """

    def __init__(self, network: Callable[[np.ndarray], np.ndarray], fixed: str, bits: int):
        self.network, self.fixed, self.bits = network, fixed, bits
        self.signs = all_signs(bits)
        self.rounding = 0.0  # how far float32 can move a logit, in units of its rms

    def __call__(self, fixed: int, than: Near = FAR) -> tuple[Block, Near]:
        """The row of this block, or of this key, uint16 (2^bits,); and its nearest logit.

        Where that is no nearer `than` another, or not known, the other.
        """
        return self.by_network(fixed, np.arange(1 << self.bits)), than

    def by_network(self, fixed: int, free: np.ndarray) -> Block:
        """The network's own answers, uint16 (n,), to some values of the free half (n,)."""
        return packed(self.network(self.inputs(fixed, free).astype(np.float32)).T)

    def inputs(self, fixed: int, free: np.ndarray) -> np.ndarray:
        """What the network reads: signs, float64 (n, 2 * bits)."""
        halves = np.broadcast_to(self.signs[fixed], (len(free), self.bits)), self.signs[free]
        return np.hstack(halves if self.fixed == "block" else halves[::-1])

    def place(self, distance: float, fixed: int, free: int) -> Near:
        """A distance with its place."""
        block, key = (fixed, free) if self.fixed == "block" else (free, fixed)
        return Near(float(distance), int(block), int(key))


class GateRows(Rows):
    """Those of a gate network, from tables: see the top of this file."""

    def __init__(self, network: Round, fixed: str):
        super().__init__(network, fixed, len(network.weights[0]) // 2)
        self.form = constant, linear, square = QuadraticForm.of(network)
        # Parseval, over all signs; `square` has each pair of them twice.
        squares = 2 * (square**2).sum(axis=(1, 2)) + (linear**2).sum(axis=1)
        self.rms = np.maximum(np.sqrt(squares + constant**2), TINY)
        self.rounding = float((rounding_of_gates(network) / self.rms).max())
        reach = np.abs(square).sum(axis=(1, 2)) + np.abs(linear).sum(axis=1) + np.abs(constant)
        self.step = max(float((reach / self.rms).max()), TINY) / STEPS  # in units of the rms
        # What each half gives alone, and what the two give together, in coarse steps.
        form = QuadraticForm(*((part.T / (self.rms * self.step)).T for part in self.form))
        halves = slice(self.bits), slice(self.bits, None)
        free, other = halves[::-1] if fixed == "block" else halves
        self.of_fixed = form.within(other, form.constant)(self.signs).T  # (2^bits, m)
        of_both = 2 * form.square[:, other, free].swapaxes(0, 1)  # (bits, m, bits)
        self.of_both = of_both.reshape(self.bits, -1)
        self.cut = self.bits * 3 // 8  # upper bits: few, for NumPy is fast along the lower ones
        self.upper, self.lower = (all_signs(n).T.copy() for n in (self.cut, self.bits - self.cut))
        of_free = form.within(free, 0 * form.constant)(self.signs)
        of_free = of_free.reshape(len(of_free), self.upper.shape[1], -1)
        self.coarse, self.fine = whole(of_free, np.int8), whole(FINE * of_free, np.int16)

    def __call__(self, fixed: int, than: Near = FAR) -> tuple[Block, Near]:
        parts = self.of_bits(fixed)
        logits = sums(self.coarse, *parts)
        unsigned = logits.view(np.uint8)  # 0, 1, ... 127, then -128, ... -2, -1
        least = min(int(unsigned.min()), 256 - int(unsigned.max()))
        if (least - SLACK) * self.step > max(than.distance, self.rounding):
            return packed(logits), than
        distance = np.abs(logits).min(axis=1)
        limit = max(min(than.distance / self.step, least + SLACK), self.rounding / self.step)
        near = np.flatnonzero(distance <= limit + SLACK)
        fine = sums(self.fine[near], *(FINE * part[near] for part in parts))
        logits[near] = fine >> 15  # their signs
        return self._finely(fixed, packed(logits), np.abs(fine, out=fine), than)

    def _finely(
        self, fixed: int, answers: Block, distance: np.ndarray, than: Near
    ) -> tuple[Block, Near]:
        """The row and its nearest logit, once some are known in fine steps; others are farther."""
        step = self.step / FINE
        free = distance.argmin() % len(answers)
        at_least = (int(distance[:, free].min()) - SLACK) * step
        if at_least <= self.rounding:
            near = np.flatnonzero(distance.min(axis=0) <= SLACK + self.rounding / step)
            logits = np.abs(self._anew(answers, fixed, near)).min(axis=1)
            free = near[logits.argmin()]
            at_least = min(logits.min(), self.rounding + step / 2)  # the others are farther
        return answers, min(than, self.place(at_least, fixed, free))

    def _anew(self, answers: Block, fixed: int, near: np.ndarray) -> np.ndarray:
        """Logits (n, m) of what is too near for whole steps, in float64, and its bits."""
        logits = self.logits(self.inputs(fixed, near))
        answers[near] = packed(logits.T)
        return logits

    def of_bits(self, fixed: int) -> tuple[np.ndarray, np.ndarray]:
        """What logits have besides `of_free`, in coarse steps: of the upper bits, and of the lower.

        Of 16 bits that are (m, 64) and (m, 1024).
        """
        worth = (self.signs[fixed] @ self.of_both).reshape(-1, self.bits)  # of each free sign
        upper = worth[:, : self.cut] @ self.upper + self.of_fixed[fixed][:, None]
        return upper, worth[:, self.cut :] @ self.lower

    def logits(self, x: np.ndarray) -> np.ndarray:
        """The logits of signs (n, 2 * bits) in units of their rms: float64 (n, m)."""
        return self.form(x).T / self.rms


class CouplingRows(Rows):
    """Those of a coupling, or of what undoes it, by key: only masks have thresholds.

    They are made by the half that passes, and there are 256 of those.
    """

    def __init__(self, network: Coupling):
        super().__init__(network, "key", 16)
        weights = [w.astype(np.float64) for w in network.weights]
        self.layers = list(zip(weights[::2], weights[1::2]))
        rms = [np.sqrt((kernel**2).sum(axis=0) + bias**2) for kernel, bias in self.layers]
        self.rms = np.maximum(np.concatenate(rms), TINY)
        reach = [np.abs(kernel).sum(axis=0) + np.abs(bias) for kernel, bias in self.layers]
        longest = max(len(kernel) for kernel, _ in self.layers)
        rounding = rounding_of(longest, np.concatenate(reach), peak(network))
        self.rounding = float((rounding / self.rms).max())
        self.place_of_half = 8 if isinstance(network, Uncoupling) else 0  # to the left, in a block

    def __call__(self, fixed: int, than: Near = FAR) -> tuple[Block, Near]:
        halves = np.arange(256) << self.place_of_half
        key = np.broadcast_to(self.signs[fixed], (256, 16))
        distance = np.abs(self.logits(np.hstack([self.signs[halves], key]))).min(axis=1)
        free = distance.argmin()
        answers = round_table(self.network, self.signs[fixed].astype(np.float32))
        return answers, min(than, self.place(distance[free], fixed, halves[free]))

    def logits(self, x: np.ndarray) -> np.ndarray:
        """What thresholds read, all layers side by side, for signs (n, 32), as in `GateRows`."""
        half, found = x[:, :8] if self.place_of_half else x[:, 8:16], []
        signs = np.hstack([half, x[:, 16:]])
        for kernel, bias in self.layers:
            found.append(signs @ kernel + bias)
            signs = np.where(found[-1] >= 0, 1.0, -1.0)
        return np.hstack(found) / self.rms


def whole(numbers: np.ndarray, kind: npt.DTypeLike) -> np.ndarray:
    """Rounded to whole numbers, int8 or int16."""
    return np.rint(numbers).astype(kind)


def sums(of_free: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    """Logits (m, 2^bits) in whole steps, to within SLACK: what is whole, and two that are not."""
    logits = of_free + whole(upper, of_free.dtype)[:, :, None]
    logits += whole(lower, of_free.dtype)[:, None]
    return logits.reshape(len(logits), -1)


def rounding_of(operations: int, reach: np.ndarray, largest: float) -> np.ndarray:
    """How far float32 can move a result, like `reach`, in whatever order it computes.

    `operations`: through so many each term of the result goes at most. Every one errs by a share of
    2^-24, so that the errors are a share of `reach`, the result if nothing in it cancelled.
    Where what is too small for float32 is taken for 0, an operation errs by TINY besides. For each
    of our terms there are fewer than operations^2 of these, and what is done with them later makes
    all together less than 2 `largest` times as large: see `peak`.
    """
    unit = float(np.finfo(np.float32).epsneg)
    share = operations * unit / (1 - operations * unit)
    return share * reach + 2 * operations**2 * TINY * largest


def rounding_of_gates(network: Round) -> np.ndarray:
    """How far float32 can move each logit of a gate network, (m,), in whatever order it adds.

    A logit is a sum over gates, of products, of two sums over signs. `rounds.gate_table` multiplies
    out, and each term goes through a sum over 24 signs and a bias, two products, a sum over twice
    the gates, and one of ten numbers. The bound is for both.
    """
    _, _, out, bias_out = (np.abs(w.astype(np.float64)) for w in network.weights)
    left, right = sizes_of_sums(network)
    operations = 2 * (len(network.weights[0]) + 1) + 2 * (len(out) + 1) + 10
    return rounding_of(operations, (left * right) @ out + bias_out, peak(network))


def sizes_of_sums(network: Round) -> np.ndarray:
    """What the left and right sums of each gate would be if nothing cancelled, (2, gates)."""
    kernel, bias = (np.abs(w.astype(np.float64)) for w in network.weights[:2])
    return (kernel.sum(axis=0) + bias).reshape(2, -1)


def peak(network: Round) -> float:
    """No less than anything that turns up on the way to a logit, in any order, nor than 1.

    Factors may come in any order, so that those below 1 count as 1.
    """
    if isinstance(network, Coupling):
        return 1 + float(sum(np.abs(w.astype(np.float64)).sum() for w in network.weights))
    out, bias_out = (np.abs(w.astype(np.float64)) for w in network.weights[2:])
    left, right = np.maximum(1, sizes_of_sums(network))
    return float((left * right * np.maximum(1, out.max(axis=1))).sum() + bias_out.max())


class Margin(NamedTuple):
    """How near any logit comes to its threshold, in units of its rms, and where.

    None is nearer than `at_least`. `nearest` is that of the pair named here, at most four steps
    farther. `rounding` is how far float32 can move any of them.
    """

    at_least: float
    nearest: float
    absolute: float  # the same logit, in no units
    bit: int
    block: int  # a message for Alice, a ciphertext for Bob
    key: int
    rounding: float

    @property
    def times(self) -> float:
        """How many times as far as rounding can move a logit even the nearest one is."""
        return self.at_least / max(self.rounding, TINY)


def margin(rows: GateRows | CouplingRows, near: Near) -> Margin:
    """The logit behind the nearest place, in float64."""
    logits = np.abs(rows.logits(rows.signs[[near.block, near.key]].reshape(1, -1))[0])
    bit = int(logits.argmin())
    nearest, absolute = float(logits[bit]), float(logits[bit] * rows.rms[bit])
    return Margin(near.distance, nearest, absolute, bit, near.block, near.key, rows.rounding)
