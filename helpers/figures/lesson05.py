"""The figures of lesson 05, Learnable encryption."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from helpers import figures
from helpers.bits import Picture
from helpers.figures import BLACK, GREY, VERMILLION


def block_steps(
    block: Picture, steps: Mapping[str, tuple[np.ndarray, int]], encrypted: Picture
) -> Figure:
    """From a block to its ciphertext, step by step (paper 2, figure 2).

    block, encrypted: uint8 (M, M, 3); steps: for each name nibbles 0 to 15, (6 M M,) in the order
    of `scramble.to_nibbles`, and the place of one nibble that is followed and framed.
    """
    figure, axes = figures.plots(len(steps) + 2, 11, 3)
    figure.get_layout_engine().set(wspace=0.15)  # room for arrows
    for ax, picture in ((axes[0], block), (axes[-1], encrypted)):
        ax.imshow(picture)
        ax.set_axis_off()
    for ax, (nibbles, followed) in zip(axes[1:], steps.values()):
        nibble_sheet(ax, nibbles, followed)
    axes[1].set_yticks((len(block) + 1) * np.arange(3) + len(block) / 2, ["R", "G", "B"])
    for ax, name in zip(axes, ["block", *steps, "ciphertext"]):
        ax.set_title(name)
    for left, right in zip(axes, axes[1:]):
        end = (-0.17 if right is axes[1] else -0.02, 0.5)  # clear of the letters there
        arrow = {"arrowstyle": "-|>", "lw": 2, "mutation_scale": 18, "color": BLACK}
        right.annotate("", end, (1.02, 0.5), "axes fraction", left.transAxes, arrow)
    return figure


def nibble_sheet(ax: Axes, nibbles: np.ndarray, followed: int) -> None:
    """The nibbles of a block in greys, high ones left, low ones right; below each other R, G, B."""
    m = round((len(nibbles) / 6) ** 0.5)
    low_and_high, step = nibbles.reshape(2, m, m, 3), m + 1
    for half, colour in np.ndindex(2, 3):
        x, y = step * (1 - half) + np.arange(m + 1), step * colour + np.arange(m + 1)
        look = {"cmap": "gray", "vmin": 0, "vmax": 15, "edgecolors": GREY, "linewidth": 0.4}
        ax.pcolormesh(x, y, low_and_high[half, :, :, colour], **look)
    half, row, column, colour = np.unravel_index(followed, low_and_high.shape)
    corner = (step * (1 - half) + column, step * colour + row)
    ax.add_patch(Rectangle(corner, 1, 1, facecolor="none", edgecolor=VERMILLION, lw=3))
    ax.set(xlim=(-0.2, 2 * step - 0.8), ylim=(3 * step - 0.8, -0.2), aspect="equal", yticks=[])
    ax.set_xticks([m / 2, m / 2 + step], ["high", "low"])
    figures.bare(ax)
