"""The figures of lesson 06, Adversarial tests."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from helpers import figures
from helpers.bits import Picture
from helpers.figures import BELOW, BLACK, BLUE, GREEN, GREY, ORANGE, SKY, VERMILLION, charts

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
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.grid(axis="y")
        figures.percent(ax.xaxis)
    figure.legend(*axes[0].get_legend_handles_labels(), **BELOW, ncols=4)
    return figure


RUNGS = {  # of learnable.ladder: its words, its colour by what it stands for, its line
    "white_box_on_plain": ("no encryption: PGD", BLACK, "-"),
    "random_noise": ("random noise", GREY, "-"),
    "cipher_noise_on_plain": ("ciphertext's noise on the picture", SKY, "-"),
    "model_fed_plain": ("gradient without the cipher", SKY, "--"),
    "wrong_key": ("gradient through a guessed key", SKY, ":"),
    "fresh_keys": ("a new guess at each step", SKY, "-."),
    "transfer": ("from a model of one's own", ORANGE, "-"),
    "squares": ("100 questions, no gradient", ORANGE, "--"),
    "on_ciphertext": ("changes the ciphertext itself", VERMILLION, "--"),
    "through_cipher": ("gradient through the cipher", VERMILLION, "-"),
    "discrete_search": ("search among nibbles", VERMILLION, ":"),
}
KINDS = {
    "control": GREY,
    "gradient that does not fit": SKY,
    "neither key nor gradient": ORANGE,
    "gradient that fits": VERMILLION,
}


def ladder_bars(errors: Errors, clean: Mapping[str, float], title: str) -> Figure:
    """The error under each attack of the ladder, errors[pictures][rung], beside that without one.

    Rungs are the functions of `learnable.ladder`; clean[pictures] is a share too, from 0 to 1.
    """
    figure, axes = figures.plots(len(errors), 11, 5.2, sharey=True)
    for ax, (pictures, found) in zip(axes, errors.items()):
        rungs = [rung for rung in RUNGS if rung in found and rung != "white_box_on_plain"]
        shares = {RUNGS[rung][0]: found[rung] for rung in rungs}
        charts.draw_bars(ax, {"": shares}, [[RUNGS[rung][1] for rung in rungs]])
        charts.draw_level(ax, "no attack", clean[pictures])
        ax.set(title=pictures, xlabel="error", xticks=[0, 0.5, 1])
    keys = [Rectangle((0, 0), 1, 1, color=colour) for colour in KINDS.values()]
    figure.legend(keys, KINDS, **BELOW, ncols=4)
    figure.suptitle(title)
    return figure


def followed_noise(shares: Errors, title: str) -> Figure:
    """How often networks say what noise was made against: shares[network][test], from 0 to 1."""
    figure, ax = figures.one_plot(10, 3.8)
    charts.draw_bars(ax, shares, (SKY, VERMILLION))
    charts.draw_level(ax, "guessing", 0.1)
    ax.set(title=title, xlabel="answers that are the label in question")
    figure.legend(**BELOW, ncols=2)
    return figure


def error_by_eps(
    errors: Mapping[str, Mapping[str, np.ndarray]], sizes: Sequence[float], title: str
) -> Figure:
    """Curves for the attacks in errors[pictures][rung], each (sizes,), over eps in bytes."""
    figure, axes = figures.plots(len(errors), 11, 5.2, sharey=True)
    for ax, (pictures, curves) in zip(axes, errors.items()):
        for rung in [rung for rung in RUNGS if rung in curves]:
            words, colour, line = RUNGS[rung]
            ax.plot(sizes, curves[rung], color=colour, ls=line, label=words)
        ax.set(title=pictures, xlabel="eps, in steps of 1/255", ylim=(0, 1.03))
        ax.set_xscale("log", base=2)
        ax.set_xticks(sizes, [f"{size:g}" for size in sizes])
        ax.set_xlim(sizes[0], sizes[-1])
        figures.percent(ax.yaxis)
    axes[0].set_ylabel("error")
    figure.suptitle(title)
    figure.legend(*axes[0].get_legend_handles_labels(), **BELOW, ncols=3)
    return figure
