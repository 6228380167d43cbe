"""The ways in which a number comes out of a calculation, and out of a misunderstanding."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np


def forms(number: int) -> list[Any]:
    """One whole number as Python's and NumPy's types write it."""
    kinds = (int, float, Fraction, Decimal, np.int64, np.int32, np.uint32, np.float64, np.float32)
    return [kind(number) for kind in kinds] + [np.array(number)]


def no_such_number(number: int) -> list[Any]:
    """Other numbers beside it, and what holds it but is no number."""
    beside = [number + 1, number - 1, -number, number + 0.25, number * 10, number / 10]
    nothing = [float("nan"), float("inf"), True, "", [], {}]
    return [*beside, *nothing, str(number), f"{number} bytes", [number], {number}, lambda: number]


def choice(right: str, others: str) -> tuple[list[Any], list[Any]]:
    """(right, wrong): how one of a few letters is written, and what is written in its place."""
    ways = ["{}", " {} ", "{}.", "({})", "{})", "{}:"]
    written = [way.format(letter) for letter in (right, right.upper()) for way in ways]
    wrong = [way.format(letter) for letter in others for way in ways[:4]]
    no_letter = ["", "z", "yes", 0, 1, True, 2.5, [right], {right}, (right, right), right * 2]
    return written, [*wrong, *no_letter]
