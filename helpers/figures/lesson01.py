"""The figure of lesson 01, Pictures as bits."""

from __future__ import annotations

from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from helpers import figures
from helpers.bits import Picture
from helpers.figures import BLACK, BLUE, GREEN, PURPLE, SKY, VERMILLION, YELLOW


def bit_planes(picture: Picture) -> Figure:
    """Eight pictures: what each bit says on its own, from the one worth 128 to the one worth 1.

    picture: uint8 (height, width, 3). The three bits of a pixel, one a channel, choose one of eight
    colours: black where all are 0, white where all are 1, blue where only the blue channel's is 1.
    """
    eight = [BLACK, BLUE, GREEN, SKY, VERMILLION, PURPLE, YELLOW, "white"]  # 000, 001, ... 111
    figure = figures.new_figure(10, 5.7)
    for position, ax in zip(range(7, -1, -1), figure.subplots(2, 4).flat):
        number = (picture >> position & 1) @ [4, 2, 1]
        ax.imshow(number, cmap=ListedColormap(eight), vmin=0, vmax=7, interpolation="nearest")
        ax.set_title(f"bit worth {2**position}", fontsize=13)
        ax.set_axis_off()
    return figure
