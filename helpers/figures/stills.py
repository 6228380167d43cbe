"""What the controls in `helpers.widgets` leave in a notebook for readers without a kernel."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.figure import Figure

from helpers import figures
from helpers.bits import Key, Picture


def framed(text: str) -> Figure:
    """A sentence in an empty frame, where a drawing would be."""
    figure, ax = figures.one_plot(9, 1.4)
    ax.text(0.5, 0.5, textwrap.fill(text, 80), fontsize=13, color=figures.GREY, **figures.CENTRED)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(visible=True, color=figures.GREY, linestyle=(0, (4, 4)))
    return figure


def pictures_and_text(pictures: Sequence[Picture], titles: Sequence[str], text: str) -> Figure:
    """Pictures, uint8 (height, width, 3), side by side under their titles and a text."""
    figure = figures.picture_row(pictures, titles)
    lines = textwrap.wrap(text, round(9.6 * figure.get_figwidth()))
    figure.set_figheight(figure.get_figheight() + 0.25 * len(lines))
    figure.suptitle("\n".join(lines), fontsize=12)
    return figure


def key_and_pictures(
    key: Key, right_key: Key, pictures: Sequence[Picture], names: Sequence[str], text: str
) -> Figure:
    """A key above what each pair, named over its picture, makes of a ciphertext with it.

    key, right_key: uint8 (16,); pictures: uint8 (height, width, 3). A single name may be empty.
    """
    width, columns = (9.0, 70) if len(pictures) > 1 else (6.4, 48)
    box = figures.whole_box(pictures[0], 2.6)
    figure = figures.new_figure(width, box[0] / figures.DPI + 1.7)
    above, below = figure.subfigures(2, 1, height_ratios=[1.3, box[0] / figures.DPI + 0.4])
    strip = above.subplots()
    key_strip(strip, key, right_key)
    strip.set_title(textwrap.fill(text, columns), fontsize=12)
    axes = below.subplots(1, len(pictures), squeeze=False)[0]
    for ax, picture, name in zip(axes, pictures, names):
        figures.draw_picture(ax, picture, box)
        ax.set_title(name, fontsize=12)
    return figure


def key_strip(ax: Axes, key: Key, right_key: Key) -> None:
    """A key's bits in a row of boxes, each under its position; wrong ones stand out."""
    for i, (bit, right) in enumerate(zip(key, right_key)):
        face, weight = ("#E3EEF6", "normal") if bit == right else (figures.VERMILLION, "bold")
        figures.draw_box(ax, (i, 0), (0.88, 1), face, str(bit), fontsize=15, weight=weight)
        ax.text(i, 0.85, str(i), fontsize=11, color=figures.GREY, **figures.CENTRED)
    ax.set(xlim=(-0.5, len(key) - 0.5), ylim=(-0.5, 1.2))
    ax.set_axis_off()


def lit_blocks(picture: Picture, chosen: np.ndarray, pixel: tuple[int, int]) -> Picture:
    """A picture in dim grey, its `chosen` blocks lit up in yellow, and a frame around one pixel.

    picture: uint8 (height, width, 3); chosen: bool (blocks,); pixel: (column, row).
    """
    grey = picture.mean(axis=2, keepdims=True) / 3
    lit = np.repeat(chosen, 2)[: picture.size].reshape(picture.shape).any(axis=2, keepdims=True)
    image = np.where(lit, to_rgb(figures.YELLOW), grey / 255)
    column, row = pixel
    return figures.marked(np.round(255 * image).astype(np.uint8), row - 5, column - 5, 11)


def picture_and_lines(picture: Picture, lines: Sequence[str], text: str) -> Figure:
    """A picture, uint8 (height, width, 3), with lines of numbers beside it and a text above."""
    figure, (left, right) = figures.plots(2, 9, 4.6)
    left.imshow(picture)
    facts = {"fontsize": 13, "family": "monospace", "linespacing": 1.7, "va": "center"}
    right.text(0, 0.5, "\n".join(lines), **facts)
    left.set_axis_off()
    right.set_axis_off()
    figure.suptitle(textwrap.fill(text, 78), fontsize=12)
    return figure


def changes_by_round(changes: Sequence[int], means: Sequence[float], text: str) -> Figure:
    """Which of 16 bits change after each round, as boxes, and how many do on average, as a bar.

    changes: for each round the bits that change in one block, as a number; means: 0 to 16.
    """
    rounds = np.arange(1, len(changes) + 1)
    figure, (left, right) = figures.plots(2, 9, 0.24 * len(changes) + 1.9, sharey=True)
    shown = np.array(changes)[:, None] >> np.arange(16)[::-1] & 1
    colours = ListedColormap([figures.PALE, figures.VERMILLION])
    left.pcolormesh(range(16), rounds, shown, cmap=colours, vmin=0, vmax=1, edgecolors="white")
    left.invert_yaxis()
    left.set(xticks=range(0, 16, 3), xlabel="bit of one block", ylabel="round", yticks=rounds[::3])
    left.set_title("bits that change", fontsize=12)
    right.barh(rounds, means, color=figures.BLUE)
    right.axvline(8, **figures.GUIDE)
    right.set(xlim=(0, 16), xticks=[0, 4, 8, 12, 16], xlabel="bits of 16 (dashed: coins)")
    right.set_title("of all blocks, on average", fontsize=12)
    figure.suptitle(textwrap.fill(text, 92), fontsize=12)
    return figure
