"""The figures of lesson 08, Break your own cipher."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure

from helpers import figures
from helpers.figures import GUIDE, percent


def learned_by_strength(kinds: Mapping[str, Sequence[tuple[float, float]]]) -> Figure:
    """Dots for rounds of each kind: how strong each is, and what a fresh Bob learns of it.

    kinds: by name (bits of the best differential, share of the bits that Bob reads) for each round.
    """
    figure, ax = figures.one_plot(10, 4.2)
    for (name, points), marker in zip(kinds.items(), "os^D"):
        ax.plot(*zip(*points), marker, ms=9, mec="white", label=name)
    ax.axhline(0.5, **GUIDE, label="tossing coins")
    ax.set_title("The stronger a round, the less a fresh Bob learns of it")
    ax.set_xlabel("the best difference of four rounds comes once in 2 to the power of ...")
    ax.set(ylabel="bits that Bob reads", ylim=(0.45, 1.03))
    percent(ax.yaxis)
    ax.legend()
    return figure
