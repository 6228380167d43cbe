"""The figure of lesson 02, Alice and Bob."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from helpers import figures


def layer_strips(layers: Sequence[tuple[str, np.ndarray]], title: str) -> Figure:
    """What one message becomes, layer after layer: each (name, values in [-1, 1]) as a strip.

    A convolution's values, (positions, filters), are drawn with a row for each filter.
    """
    strips = [np.atleast_2d(values.T) for _, values in layers]
    figure = figures.new_figure(10, 0.2 * sum(map(len, strips)) + 0.5 * len(layers) + 0.6)
    axes = figure.subplots(len(layers), 1, height_ratios=[len(strip) + 1 for strip in strips])
    for ax, (name, _), strip in zip(axes, layers, strips):
        image = ax.imshow(strip, cmap="PuOr", vmin=-1, vmax=1, aspect="auto")
        ax.set_title(name, fontsize=11, loc="left")
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(True)
    figure.suptitle(title)
    figure.colorbar(image, ax=axes, fraction=0.03, ticks=[-1, 0, 1]).set_label("value")
    return figure
