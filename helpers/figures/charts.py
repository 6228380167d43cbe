"""Plots that serve all lessons: bars of shares, curves, and maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator
from numpy.typing import ArrayLike

from helpers.figures import BLACK, BLUE, CENTRED, GREY, GUIDE, one_plot, percent, plots

if TYPE_CHECKING:
    from helpers.neural.training import History


# --- Bars -----------------------------------------------------------------------------------------


def bars(
    shares: Mapping[str, float],
    title: str,
    xlabel: str,
    level: tuple[str, float],
    colour: str = BLUE,
) -> Figure:
    """A bar for each share, from 0 to 1, and a line to compare with.

    Args:
        shares: by name, from 0 to 1 each.
        title: of the figure.
        xlabel: what the shares are shares of.
        level: name and height of the line, ("a coin", 0.5) for example.
        colour: of the bars.

    Returns:
        The figure, for `show` or `to_png`.

    Raises nothing.

    >>> figure = bars({"Eve": 0.9}, "One Eve", "bits that she reads", ("a coin", 0.5))
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['90 %', 'a coin']
    """
    figure, ax = one_plot(9, 0.6 * len(shares) + 1.5)
    draw_bars(ax, {"": shares}, [colour])
    draw_level(ax, *level)
    ax.set(title=title, xlabel=xlabel)
    return figure


def draw_bars(
    ax: Axes, series: Mapping[str, Mapping[str, float]], colours: Sequence[Any], label: bool = True
) -> None:
    """Bars of shares, from 0 to 1, from left to right: series[name][group], a colour a name."""
    height = 0.75 / len(series)
    for number, ((name, shares), colour) in enumerate(zip(series.items(), colours)):
        top = np.arange(len(shares)) - 0.375 + number * height
        drawn = ax.barh(top, list(shares.values()), height, align="edge", color=colour, label=name)
        if label:
            paper = {"facecolor": "white", "edgecolor": "none", "pad": 1}  # over a line behind it
            percents = [f"{100 * share:.0f} %" for share in shares.values()]
            ax.bar_label(drawn, percents, padding=4, bbox=paper)
    ax.set_yticks(range(len(shares)), list(shares))
    ax.set(xlim=(0, 1.12), ylim=(len(shares) - 0.4, -0.6), xticks=[0, 0.25, 0.5, 0.75, 1])
    percent(ax.xaxis)


def draw_level(ax: Axes, name: str, level: float) -> None:
    """A line across the bars, and what it stands for above them."""
    ax.axvline(level, color=BLACK, ls="--", lw=1.5)
    side, align = (-0.01, "right") if level > 0.4 else (0.01, "left")
    ax.text(level + side, -0.8, name, ha=align, va="center")
    ax.set_ylim(top=-1.1)


# --- Curves ---------------------------------------------------------------------------------------


def curves(
    series: Mapping[str, np.ndarray | Sequence[float]],
    title: str,
    xlabel: str,
    ylabel: str,
    level: tuple[str, float] | None = None,
    x: ArrayLike | None = None,
    top: float = 1,
    xscale: str = "linear",
) -> Figure:
    """Curves over something, in percent where they are shares, and a line to compare with.

    Args:
        series: by name the heights of a curve: (n,), or (n, 3) for a mean in a band, namely the
            lowest, the mean and the highest of each.
        title, xlabel, ylabel: of the figure and its axes.
        level: name and height of the line; none by default.
        x: (n,), where on the x axis; by default 0, 1, 2, ...
        top: up to where the y axis goes. Up to 1, heights are shares; above, they are numbers.
        xscale: "linear" or "log".

    Returns:
        The figure, for `show` or `to_png`.

    Raises:
        ValueError: where a curve does not have the length of x.

    >>> figure = curves({"read": [0, 0.5, 1]}, "A guess", "blocks", "of the picture")
    >>> figure.axes[0].get_xlabel()
    'blocks'
    """
    figure, ax = one_plot(10, 3.8)
    for (name, heights), marker in zip(series.items(), "os^"):
        places = np.arange(len(heights)) if x is None else np.asarray(x)
        low, mean, high = np.broadcast_to(np.transpose(heights), (3, len(places)))
        ax.fill_between(places, low, high, alpha=0.25, lw=0)
        ax.plot(places, mean, marker=marker if len(places) < 30 else "", label=name)
    if level:
        ax.axhline(level[1], **GUIDE, label=level[0])
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel, ylim=(-0.03 * top, 1.06 * top))
    ax.set_xscale(xscale)
    ax.xaxis.set_major_formatter("{x:,.0f}")
    if xscale == "linear":
        ax.xaxis.get_major_locator().set_params(integer=True)
    if top <= 1:
        percent(ax.yaxis)
    ax.legend()
    return figure


def training_curves(histories: Sequence[History], title: str) -> Figure:
    """Wrong bits of Bob and Eve over the iterations; thin lines between the phases, 1, 2, 3, ..."""
    iteration = np.concatenate([history.iteration for history in histories])
    bob = np.concatenate([history.bob_loss for history in histories])
    eve = np.concatenate([history.eve_loss for history in histories])
    words = ("iterations (batches of 256 messages)", "wrong bits of 16, mean")
    coins = ("tossing coins", histories[0].m_bits / 2)
    figure = curves({"Bob": bob, "Eve": eve}, title, *words, coins, iteration, top=9)
    for number, history in enumerate(histories, start=1):
        figure.axes[0].axvline(history.iteration[0], color=GREY, lw=0.8 if number > 1 else 0)
        figure.axes[0].text(np.mean(history.iteration), 8.5, f"phase {number}", **CENTRED)
    return figure


# --- Maps -----------------------------------------------------------------------------------------


def maps(
    tables: Sequence[np.ndarray],
    titles: Sequence[str],
    label: str,
    limits: tuple[float, float],
    places: str = "",
    log: bool = False,
) -> Figure:
    """Tables of numbers as squares of colours, and a bar that says which colour is which number.

    Args:
        tables: (n, m) each.
        titles: one for each table.
        label: what the numbers are.
        limits: the least and the most that they can be.
        places: what is counted along the sides of a table, where that is to be seen.
        log: whether the colours follow the numbers' logarithms.

    Returns:
        The figure, for `show` or `to_png`.

    Raises nothing.

    >>> figure = maps([np.eye(2)], ["itself alone"], "correlation", (-1, 1))
    >>> figure.axes[0].get_title()
    'itself alone'
    """
    figure, axes = plots(len(tables), 10, 4.3 if places else 3.5)
    look = {"norm": LogNorm(*limits) if log else Normalize(*limits), "interpolation": "nearest"}
    for ax, table, title in zip(axes, tables, titles):
        image = ax.imshow(table, cmap="PuOr" if limits[0] < 0 else "cividis", aspect="auto", **look)
        ax.set(title=title, xlabel=places, box_aspect=1)
        ax.spines[:].set_visible(True)  # a map may be as white as the page
        for axis in (ax.xaxis, ax.yaxis):
            axis.set_major_locator(MaxNLocator(8, integer=True) if places else NullLocator())
    figure.colorbar(image, ax=axes, shrink=0.85, pad=0.02, format="{x:,g}").set_label(label)
    return figure
