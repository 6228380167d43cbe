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
