"""The figures of lesson 03, Eve."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from helpers import figures
from helpers.bits import Bits
from helpers.figures import ALICE, BLACK, SKY, VERMILLION


def ripples(values: np.ndarray, position: int, bits: Bits, name: str) -> Figure:
    """How little each ciphertext value moves under one key, and what one message bit does to one.

    values: (n, 16), of every message under one key; bits: (n,), 0 or 1, the message bit `name`.
    """
    figure, (left, right) = figures.plots(2, 10, 3.9, width_ratios=[3, 2])
    low, high = values.min(axis=0), values.max(axis=0)
    left.bar(range(16), high - low, bottom=low, color=ALICE, edgecolor=BLACK, linewidth=0.8)
    left.set(ylim=(-1, 1), yticks=[-1, -0.5, 0, 0.5, 1], xticks=range(16))
    left.set(title="all 65,536 messages, one key", xlabel="position in the ciphertext, c0 to c15")
    left.set(ylabel="ciphertext value, smallest to largest")
    edges = np.linspace(low[position], high[position], 41)
    for bit, colour in ((0, SKY), (1, VERMILLION)):
        chosen = values[bits == bit, position]
        right.hist(chosen, edges, color=colour, alpha=0.75, label=f"{name} is {bit}")
    right.set(title=f"c{position}, through a magnifying glass", ylabel="messages")
    right.set(xlabel=f"value of c{position}", ylim=(0, 1.35 * right.get_ylim()[1]))
    right.legend(loc="upper center", ncols=2)
    return figure
