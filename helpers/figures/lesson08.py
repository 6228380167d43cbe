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


def beside_the_best(
    counts: Sequence[int],
    ceilings: Mapping[str, Sequence[float]],
    networks: Sequence[Sequence[float]],
    ideal: float,
) -> Figure:
    """Two ceilings over the rounds; and how far networks are from the first of them.

    Args:
        counts: of rounds, (n,).
        ceilings: by name the best that there can be at each, (n,): first that of the networks.
        networks: right answers of the networks at each, (n, networks).
        ideal: the second ceiling of an ideal cipher.
    """
    figure, (left, right) = figures.plots(2, 11, 4)
    colours = (figures.BLUE, figures.VERMILLION)
    for (name, heights), marker, colour in zip(ceilings.items(), "os", colours):
        left.plot(counts, heights, marker=marker, color=colour, label=name)
    left.axhline(ideal, **GUIDE, label="ideal cipher, both ciphertexts")
    left.set(title="The best that there can be", xlabel="rounds", ylabel="right answers")
    left.set_ylim(0.45, 1.03)
    percent(left.yaxis)
    left.legend(fontsize=10)
    best = next(iter(ceilings.values()))
    right.axhline(0, color=colours[0], label="best from the difference")
    for n, level, found in zip(counts, best, networks):
        more = [100 * (share - level) for share in found]
        label = "networks" if n == counts[0] else None
        right.plot([n] * len(more), more, "^", color=figures.GREEN, mec="white", ms=10, label=label)
    right.set(title="Networks, beside the lower of the two", xlabel="rounds")
    right.set(ylabel="percentage points above or below", ylim=(-0.75, 0.75))
    right.legend(fontsize=10)
    for ax in (left, right):
        ax.set_xticks(counts)
    return figure
