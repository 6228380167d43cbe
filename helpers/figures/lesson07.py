"""The figures of lesson 07, A cipher with a proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from helpers import figures
from helpers.figures import BLUE, PALE, SKY, VERMILLION, YELLOW


def cipher_tables(
    tables: Sequence[np.ndarray], titles: Sequence[str], messages: str, keys: str
) -> Figure:
    """Whole ciphers of 2 bits, int (4, 4) each: the ciphertext of a message, row, under a key.

    Every ciphertext has its colour. messages, keys: what the rows and the columns are.
    """
    figure, axes = figures.plots(len(tables), 3.7 * len(tables), 3.7)
    names = ["00", "01", "10", "11"]
    for ax, table, title in zip(axes, tables, titles):
        for (row, column), number in np.ndenumerate(table):
            colour, look = (SKY, YELLOW, BLUE, PALE)[number], {"family": "monospace"}
            place, text = (column, row), names[number]
            figures.draw_box(ax, place, (0.94, 0.94), colour, text, fontsize=15, **look)
        ax.set(title=title, xlabel=keys, ylabel=messages)
        ax.set(xlim=(-0.5, 3.5), ylim=(3.5, -0.5), aspect="equal")
        ax.set_xticks(range(4), names)
        ax.set_yticks(range(4), names)
        figures.bare(ax)
    return figure


def distinct_by_way(counts: Mapping[str, Sequence[float]], all_keys: int = 65536) -> Figure:
    """Dots for the pairs of each way of training: of a message, how many ciphertexts there are."""
    figure, ax = figures.one_plot(10, 0.48 * len(counts) + 1.5)
    for row, found in enumerate(counts.values()):
        shift = np.linspace(-0.22, 0.22, len(found)) if len(found) > 1 else np.zeros(1)
        ax.plot(found, row + shift, "o", color=BLUE, ms=8, mec="white")
    ax.axvline(all_keys, color=VERMILLION, ls="--", lw=2)
    ax.text(all_keys * 0.85, -0.78, "perfectly secret", color=VERMILLION, ha="right")
    ax.set_yticks(range(len(counts)), list(counts))
    ax.set_xscale("log", base=2)
    ax.set_xticks([1, 16, 256, 4096, all_keys], ["1", "16", "256", "4,096", f"{all_keys:,}"])
    ax.set(xlim=(0.8, 1.6 * all_keys), ylim=(len(counts) - 0.5, -1.05))
    ax.set_title("How many ciphertexts of a message are left, by way of training")
    ax.set_xlabel(f"different ciphertexts of one message under all {all_keys:,} keys")
    ax.grid(axis="y")
    return figure


def spread(changed: Sequence[np.ndarray], titles: Sequence[str]) -> Figure:
    """Which of 16 bits differ after each round: bool (rounds + 1, 16) each, row 0 before any."""
    figure, axes = figures.plots(len(changed), 10, 4.6, sharey=True)
    colours = ListedColormap([PALE, VERMILLION])
    for ax, differ, title in zip(axes, changed, titles):
        ax.pcolormesh(differ, cmap=colours, vmin=0, vmax=1, edgecolors="white", linewidth=1.5)
        ax.set(title=title, xlabel="bit of the block", ylim=(len(differ), 0))
        ax.set_xticks(np.arange(0, 16, 3) + 0.5, range(0, 16, 3))
        ax.set_yticks(np.arange(0, len(differ), 5) + 0.5, range(0, len(differ), 5))
        figures.bare(ax)
    axes[0].set_ylabel("rounds done")
    return figure
