"""The figures of lesson 06, Adversarial tests."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from helpers import figures
from helpers.bits import Picture
from helpers.figures import BELOW, BLACK, BLUE, GREEN, ORANGE, SKY, VERMILLION, charts

Errors = Mapping[str, Mapping[str, float]]


def pictures_and_answers(
    pictures: Sequence[Picture],
    titles: Sequence[str],
    answers: Mapping[str, np.ndarray],
    classes: Sequence[str],
    text: str,
) -> Figure:
    """Pictures, uint8 (height, width, 3), and beside them what a model says of some of them.

    answers: for each name in the legend a share for every class, float (classes,), 0 to 1.
    """
    ratios = [1] * len(pictures) + [1.1]
    figure, (*left, right) = figures.plots(len(ratios), 10.5, 3.4, width_ratios=ratios)
    for ax, picture, title in zip(left, pictures, titles):
        ax.imshow(picture, interpolation="nearest")
        ax.set_title(title, fontsize=12)
        ax.set_axis_off()
    series = {name: dict(zip(classes, shares)) for name, shares in answers.items()}
    charts.draw_bars(right, series, (BLUE, VERMILLION), label=False)
    right.tick_params(labelsize=11)
    right.set(xlim=(0, 1), xticks=[0, 0.5, 1])
    right.set_title("the model's answer", fontsize=12)
    figure.legend(fontsize=11, loc="outside lower right", ncols=2)
    figure.suptitle(textwrap.fill(text, 92), fontsize=12)
    return figure


def answers_by_step(chances: np.ndarray, classes: Sequence[str], title: str) -> Figure:
    """How a model's answer turns over while noise grows: float (steps + 1, classes), 0 to 1.

    Drawn are the first answer, the last one, and the rest together.
    """
    first, last = chances[0].argmax(), chances[-1].argmax()
    series = {classes[first]: chances[:, first], classes[last]: chances[:, last]}
    series["all others"] = 1 - chances[:, first] - chances[:, last]
    return charts.curves(series, title, "steps", "the model is sure of it")


def scenario_errors(errors: Mapping[str, Errors]) -> Figure:
    """Dots for each column of Table I: errors[column][who measured][scenario], from 0 to 1.

    Whoever measured first in the first column gets hollow dots, on top of the others.
    """
    figure, axes = figures.plots(len(errors), 11, 3.7, sharey=True)
    looks = (("D", BLACK), ("o", ORANGE), ("s", BLUE), ("^", GREEN))
    look_of = dict(zip(next(iter(errors.values())), looks))
    for ax, (column, by_source) in zip(axes, errors.items()):
        for source, rows in by_source.items():
            marker, colour = look_of[source]
            face, on_top = ("none", 3) if marker == "D" else (colour, 2)
            look = {"marker": marker, "edgecolor": colour, "facecolor": face, "zorder": on_top}
            ax.scatter(list(rows.values()), list(rows), 100, label=source, linewidth=2, **look)
        ax.set(title=column, xlabel="error", xlim=(-0.08, 1.08), xticks=[0, 0.5, 1])
        ax.set_ylim(max(map(len, by_source.values())) - 0.5, -0.5)
        ax.grid(axis="y")
        figures.percent(ax.xaxis)
    figure.legend(*axes[0].get_legend_handles_labels(), **BELOW, ncols=4)
    return figure


COLOURS = (BLACK, SKY, ORANGE, VERMILLION)  # of at most four curves


def error_by_eps(
    errors: Mapping[str, Mapping[str, np.ndarray]], sizes: Sequence[float], title: str
) -> Figure:
    """At most four curves a panel, errors[panel][name], named where they end, over eps in bytes.

    Heights are shares, (sizes,), or (sizes, 3): the lowest, the mean and the highest of each.
    """
    figure, axes = figures.plots(len(errors), 11, 4.4, sharey=True)
    for ax, (panel, curves) in zip(axes, errors.items()):
        ends = [np.broadcast_to(np.transpose(each), (3, len(sizes))) for each in curves.values()]
        for colour, (low, mean, high) in zip(COLOURS, ends):
            ax.fill_between(sizes, low, high, color=colour, alpha=0.25, lw=0)
            ax.plot(sizes, mean, color=colour, marker="o", ms=4)
        heights = [mean[-1] for _, mean, _ in ends]
        for name, colour, here, there in zip(curves, COLOURS, heights, apart(heights)):
            line = {"arrowstyle": "-", "color": colour, "lw": 1.5, "shrinkB": 0, "relpos": (0, 0.5)}
            place = {"xytext": (1.07, there), "textcoords": ("axes fraction", "data")}
            look = {"arrowprops": line, "fontsize": 10.5, "va": "center"}
            ax.annotate(name, (sizes[-1], here), **place, **look)
        ax.set(title=panel, xlabel="eps, in steps of 1/255", ylim=(-0.03, 1.06))
        ax.set_xscale("log", base=2)
        ax.set_xticks(sizes, [f"{size:g}" for size in sizes])
        ax.set_xlim(sizes[0], sizes[-1])
        figures.percent(ax.yaxis)
    axes[0].set_ylabel("error")
    figure.suptitle(title)
    return figure


def apart(heights: Sequence[float], gap: float = 0.075) -> list[float]:
    """Heights for words that would lie on each other: the same, moved apart where they are close.

    >>> [round(height, 3) for height in apart([1.0, 0.1, 0.99])]
    [1.0, 0.1, 0.925]
    """
    moved, last = list(heights), np.inf
    for i in sorted(range(len(moved)), key=lambda i: -heights[i]):
        moved[i] = last = min(heights[i], last - gap)
    return moved
