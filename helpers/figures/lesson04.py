"""The figures of lesson 04, The wrong key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from helpers import figures
from helpers.figures import BELOW, BLACK, BLUE, GUIDE, SKY, VERMILLION, charts


def raw_answers(answers: Sequence[np.ndarray], names: Sequence[str]) -> Figure:
    """How often Bob's answers before the threshold, from -1 to 1, take which value."""
    figure, axes = figures.plots(len(answers), 10, 3.2, sharey=True)
    for ax, raw, name, colour in zip(axes, answers, names, (BLUE, VERMILLION)):
        count, edges = np.histogram(raw, bins=np.linspace(-1, 1, 21))
        ax.bar(edges[:-1], count / raw.size, width=0.1, align="edge", color=colour)
        ax.axvline(0, color=BLACK, ls="--", lw=1.5)
        ax.text(0.03, 0.5, "threshold")
        ax.set(title=name, xlabel="Bob's answer", xlim=(-1, 1), xticks=[-1, -0.5, 0, 0.5, 1])
        ax.set(yscale="log", ylim=(1e-5, 2))
        ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
    axes[0].set_ylabel("of the answers")
    return figure


def per_position(series: Mapping[str, np.ndarray], title: str, xlabel: str, ylabel: str) -> Figure:
    """Bars for each of 16 positions, shares from 0 to 1, and a line at one half.

    series: for each name in the legend (16,) shares; their bars stand side by side.
    """
    (figure, ax), width = figures.one_plot(10, 3.6), 0.8 / len(series)
    for number, (name, shares) in enumerate(series.items()):
        left = np.arange(len(shares)) - 0.4 + number * width
        ax.bar(left, shares, width, align="edge", label=name)
    ax.axhline(0.5, **GUIDE, label="one half")
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel, ylim=(0, 0.6))
    ax.set(xlim=(-0.6, len(shares) - 0.4), xticks=range(len(shares)))
    figures.percent(ax.yaxis)
    figure.legend(**BELOW, ncols=len(series) + 1)
    return figure


def wrong_by_distance(shares: np.ndarray) -> Figure:
    """Wrong plaintext bits over the number of wrong key bits, 0 to 16: each key, and their mean.

    shares: float (17, keys), from 0 to 1; row d has the shares for d wrong bits of the key.
    """
    distance, title = np.arange(17), "One wrong bit of the key does nearly as much as all sixteen"
    series, level = {"mean": shares.mean(axis=1)}, ("unrelated bits", 0.5)
    words = ("wrong bits of the key", "wrong bits of the plaintext")
    figure = charts.curves(series, title, *words, level, top=0.6)
    figure.axes[0].plot(distance, shares, ".", color=SKY, zorder=1)
    figure.axes[0].set_xticks(distance)
    return figure
