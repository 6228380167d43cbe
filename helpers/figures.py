"""Every plot of the lessons. They take arrays, draw on `ax` where it is given, return a figure."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, LogNorm, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter
from PIL import Image

if TYPE_CHECKING:
    from helpers.neural.training import History

# Okabe & Ito (2008), "Color Universal Design": eight colours that colour-blind readers tell apart.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#767676"

ALICE, BOB, EVE = ORANGE, BLUE, VERMILLION

matplotlib.rcParams["font.size"] = 11  # to be read from the last row of a classroom


def new_figure(width: float = 8, height: float = 4) -> Figure:
    """An empty figure, sizes in inches, whose parts keep clear of each other."""
    return Figure(figsize=(width, height), layout="constrained")


def to_png(figure: Figure, dpi: int = 110) -> bytes:
    """The figure as the bytes of a PNG file, in 256 colours: a third of the size in a notebook."""
    drawn, file = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=dpi)
    image = Image.open(drawn).convert("RGB")
    image.quantize(256, dither=Image.Dither.NONE).save(file, format="png", optimize=True)
    return file.getvalue()


def show(figure: Figure, alt: str) -> None:
    """Display `figure` in a notebook, with `alt` as its description in words.

    The description reaches screen readers (the output's metadata) and stands in for the picture
    where pictures cannot be shown (text/plain). Tests compare it, so a fact computed for it is a
    checked fact.
    """
    data = {"image/png": to_png(figure), "text/plain": alt}
    display(data, metadata={"image/png": {"alt": alt}}, raw=True)


def on(ax: Axes | None, width: float = 8, height: float = 4) -> Axes:
    """`ax` itself, or the axes of a new figure when there is none."""
    return new_figure(width, height).subplots() if ax is None else ax


def picture_row(pictures: Sequence[np.ndarray], titles: Sequence[str], size: float = 2.9) -> Figure:
    """Pictures, uint8 (height, width[, 3]), side by side, each under its title.

    All fill boxes of the first one's proportions, `size` inches wide.
    """
    proportion = pictures[0].shape[0] / pictures[0].shape[1]
    figure = new_figure(size * len(pictures), size * proportion + 0.3)
    axes = figure.subplots(1, len(pictures), squeeze=False)[0]
    for ax, picture, title in zip(axes, pictures, titles):
        ax.imshow(
            picture, cmap="gray", vmin=0, vmax=255, interpolation="antialiased", aspect="auto"
        )
        ax.set_box_aspect(proportion)
        ax.set_title(title, fontsize=12)
        ax.set_axis_off()
    return figure


# Lesson 01: pictures as bits


def dissolve(picture: np.ndarray, cell: int = 16, zoom: int = 6, seed: int = 1) -> np.ndarray:
    """A picture that turns, from left to right, into cells of one colour, then into their bits.

    picture: uint8 (height, width, 3), both sides multiples of `cell`. Returns uint8, `zoom` times
    as large. In the last part a cell is three rows of eight bars, its red, green and blue byte:
    the cell's colour where a bit is 1, dark where it is 0.
    """
    rows, columns = picture.shape[0] // cell, picture.shape[1] // cell
    cells = picture.reshape(rows, cell, columns, cell, 3).mean(axis=(1, 3)).astype(np.uint8)
    size = cell * zoom
    image = picture.repeat(zoom, axis=0).repeat(zoom, axis=1)
    ragged = np.random.default_rng(seed).uniform(-0.12, 0.12, (rows, columns))
    progress = np.linspace(0, 1, columns) + ragged
    for row, column in zip(*np.nonzero(progress > 0.4)):
        colour, is_late = cells[row, column], progress[row, column] > 0.62
        tile = image[row * size : (row + 1) * size, column * size : (column + 1) * size]
        tile[:] = bit_tile(colour, size) if is_late else colour
    return image


def bit_tile(colour: np.ndarray, size: int) -> np.ndarray:
    """The 24 bits of a colour, uint8 (3,), as bars in a tile, uint8 (size, size, 3)."""
    bits = np.unpackbits(colour).reshape(3, 8).repeat(size // 3, axis=0).repeat(size // 8, axis=1)
    tile = np.where(bits[..., None] == 1, colour, np.uint8(24)).astype(np.uint8)
    tile[:: size // 3] = tile[:, :: size // 8] = 8  # thin gaps, so that the bars can be counted
    return tile


def wide_picture(
    picture: np.ndarray, title: str, parts: Sequence[str], ax: Axes | None = None
) -> Figure:
    """One picture, uint8 (height, width, 3), across the page, its parts named left to right."""
    height, width = picture.shape[:2]
    ax = on(ax, 10, 10 * height / width + 0.7)
    ax.imshow(picture)
    ax.set_title(title, fontsize=16)
    middles = (np.arange(len(parts)) + 0.5) * width / len(parts)
    ax.set_xticks(middles, parts, fontsize=13)
    ax.set_yticks([])
    ax.tick_params(length=0)
    ax.set_frame_on(False)
    return ax.figure


def pixels_in_blocks(pixels: np.ndarray, ax: Axes | None = None) -> Figure:
    """How two pixels, uint8 (2, 3), become six bytes and then three blocks of 16 bits."""
    ax, data = on(ax, 10, 3.6), pixels.ravel()

    def box(left: float, bottom: float, width: float, colour: object, text: str, ink: str) -> None:
        size = (width, 0.8)
        ax.add_patch(
            Rectangle((left, bottom), *size, facecolor=colour, edgecolor="white", linewidth=3)
        )
        middle = (left + width / 2, bottom + 0.4)
        ax.text(*middle, text, fontsize=14, color=ink, ha="center", va="center", family="monospace")

    for i, pixel in enumerate(pixels):
        box(3 * i, 2.1, 3, pixel / 255, f"pixel {i}", "black" if pixel.mean() > 128 else "white")
    for i, byte in enumerate(data):
        box(i, 1.1, 1, "#E8E8E8", f"{'RGB'[i % 3]} {byte:02x}", "black")
    for i, (high, low) in enumerate(data.reshape(3, 2)):
        box(2 * i, 0.1, 2, VERMILLION if i == 1 else BLUE, f"{high:08b} {low:08b}", "white")
    ax.set(xlim=(0, 6), ylim=(0, 3), xticks=[])
    ax.set_yticks(
        [2.5, 1.5, 0.5], ["two pixels", "six bytes\n(hex)", "three blocks\n(bits)"], fontsize=13
    )
    ax.set_title("The middle block holds blue of one pixel and red of the next", fontsize=14)
    ax.tick_params(length=0)
    ax.set_frame_on(False)
    return ax.figure


def bit_planes(picture: np.ndarray) -> Figure:
    """Eight pictures: what each bit says on its own, from the one worth 128 to the one worth 1.

    picture: uint8 (height, width, 3). The three bits of a pixel, one a channel, choose one of eight
    colours: black where all are 0, white where all are 1, blue where only the blue channel's is 1.
    """
    eight = [BLACK, BLUE, GREEN, SKY, VERMILLION, PURPLE, YELLOW, "white"]  # 000, 001, ... 111
    figure = new_figure(10, 5.7)
    for position, ax in zip(range(7, -1, -1), figure.subplots(2, 4).flat):
        number = (picture >> position & 1) @ [4, 2, 1]
        ax.imshow(number, cmap=ListedColormap(eight), vmin=0, vmax=7, interpolation="nearest")
        ax.set_title(f"bit worth {2**position}", fontsize=13)
        ax.set_axis_off()
    return figure


def block_repeats(counts: Sequence[np.ndarray], titles: Sequence[str]) -> Figure:
    """Maps of how often the block at each place comes up in its picture.

    counts: integers (height, blocks per row) for each picture, as in `np.bincount(blocks)[blocks]`.
    """
    figure = new_figure(10, 3.5)
    axes = figure.subplots(1, len(counts), squeeze=False)[0]
    norm = LogNorm(1, max(count.max() for count in counts))
    for ax, count, title in zip(axes, counts, titles):
        side = count.shape[0]
        image = ax.imshow(count, norm=norm, cmap="cividis", extent=(0, side, side, 0))
        ax.set_title(title, fontsize=13)
        ax.set_axis_off()
    bar = figure.colorbar(image, ax=axes, shrink=0.85, pad=0.02, format="{x:,.0f}")
    bar.set_label("times the block comes up", fontsize=12)
    bar.ax.tick_params(labelsize=12)
    return figure


# --- Lesson 02 ------------------------------------------------------------------------------------


def layer_strips(layers: Sequence[tuple[str, np.ndarray]], title: str) -> Figure:
    """What one message becomes, layer after layer: each (name, values in [-1, 1]) as a strip.

    A convolution's values, (positions, filters), are drawn with a row for each filter.
    """
    heights = [max(1, np.atleast_2d(values.T).shape[0]) for _, values in layers]
    figure = new_figure(10, 0.2 * sum(heights) + 0.5 * len(layers) + 0.6)
    axes = figure.subplots(len(layers), 1, height_ratios=[h + 1 for h in heights])
    for ax, (name, values) in zip(axes, layers):
        image = ax.imshow(np.atleast_2d(values.T), cmap="PuOr", vmin=-1, vmax=1, aspect="auto")
        ax.set_title(name, fontsize=11, loc="left")
        ax.set(xticks=[], yticks=[])
    figure.suptitle(title, fontsize=13)
    bar = figure.colorbar(image, ax=axes, fraction=0.03, ticks=[-1, 0, 1])
    bar.set_label("value", fontsize=11)
    return figure


def training_curves(histories: Sequence[History], title: str, ax: Axes | None = None) -> Figure:
    """Wrong bits of Bob and Eve over the iterations; a thin line between one phase and the next."""
    ax = on(ax, 9, 4)
    iteration = np.concatenate([history.iteration for history in histories])
    chance = histories[0].m_bits / 2
    for name, colour, attribute in (("Eve", EVE, "eve_loss"), ("Bob", BOB, "bob_loss")):
        losses = np.concatenate([getattr(history, attribute) for history in histories])
        ax.plot(iteration, losses, color=colour, lw=2.5)
        ax.annotate(
            name,
            (iteration[-1], losses[-1]),
            (6, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            fontsize=13,
            weight="bold",
        )
    ax.axhline(chance, color=GREY, ls="--", lw=1.2)
    ax.annotate(
        "tossing coins",
        (iteration[0], chance),
        (0, 4),
        textcoords="offset points",
        color=GREY,
        fontsize=11,
    )
    for history in histories[1:]:
        ax.axvline(history.iteration[0], color=GREY, lw=0.8)
    ax.set_title(title, fontsize=13)
    ax.set_xlabel("iterations (batches of 256 messages)", fontsize=12)
    ax.set_ylabel("wrong bits of 16, mean", fontsize=12)
    ax.set_ylim(-0.3, chance * 1.15)
    ax.spines[["top", "right"]].set_visible(False)
    return ax.figure


def game_term(ax: Axes | None = None) -> Figure:
    """The part of `alice_bob_loss` that Eve decides, over the number of bits she has wrong."""
    ax = on(ax, 7, 3.4)
    wrong = np.linspace(0, 16, 161)
    ax.plot(wrong, (8 - wrong) ** 2 / 64, color=EVE, lw=2.5)
    for x, words, align in (
        (0.2, "Eve reads everything", "left"),
        (8, "Eve tosses coins", "center"),
        (15.8, "Eve has all bits wrong:\nflip them, and she reads", "right"),
    ):
        ax.annotate(
            words, (x, (8 - x) ** 2 / 64), (x, 0.3 if x == 8 else 1.08), ha=align, fontsize=11
        )
    ax.set_title("What Alice and Bob pay for Eve's answers", fontsize=13)
    ax.set_xlabel("wrong bits of Eve, of 16", fontsize=12)
    ax.set_ylabel("penalty", fontsize=12)
    ax.set(ylim=(0, 1.35), xlim=(0, 16))
    ax.spines[["top", "right"]].set_visible(False)
    return ax.figure


# --- The controls in helpers/widgets.py ----------------------------------------------------------


def framed(text: str) -> Figure:
    """A sentence in an empty frame, where a drawing would be."""
    ax = on(None, 9, 1.4)
    words = textwrap.fill(text, 80)
    ax.text(0.5, 0.5, words, fontsize=13, color=GREY, ha="center", va="center")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set(color=GREY, linestyle=(0, (4, 4)))
    return ax.figure


def key_strip(key: np.ndarray, right_key: np.ndarray, ax: Axes) -> None:
    """A key's bits in a row of boxes, each under its position; wrong ones stand out."""
    for i, (bit, right) in enumerate(zip(key, right_key)):
        wrong = bit != right
        face = VERMILLION if wrong else "#E3EEF6"
        ax.add_patch(Rectangle((i + 0.06, 0), 0.88, 1, facecolor=face))
        ink = {"color": "white" if wrong else BLACK, "weight": "bold" if wrong else "normal"}
        ax.text(i + 0.5, 0.48, bit, fontsize=15, ha="center", va="center", **ink)
        ax.text(i + 0.5, 1.35, i, fontsize=11, color=GREY, ha="center", va="center")
    ax.set(xlim=(0, len(key)), ylim=(0, 1.7))
    ax.set_axis_off()


def key_and_picture(
    key: np.ndarray, right_key: np.ndarray, picture: np.ndarray, text: str
) -> Figure:
    """A key above the picture, uint8 (height, width, 3), that it makes of a ciphertext."""
    figure = new_figure(6.4, 5.6)
    above, below = figure.subplots(2, 1, height_ratios=[1, 6])
    key_strip(key, right_key, above)
    above.set_title(textwrap.fill(text, 48), fontsize=12)
    below.imshow(picture)
    below.set_axis_off()
    return figure


def lit_blocks(picture: np.ndarray, chosen: np.ndarray, pixel: tuple[int, int]) -> np.ndarray:
    """A picture in dim grey, its `chosen` blocks lit up in yellow, and a frame around one pixel.

    picture: uint8 (height, width, 3); chosen: bool (blocks,); pixel: (column, row).
    """
    grey = picture.mean(axis=2, keepdims=True) / 3
    lit = np.repeat(chosen, 2)[: picture.size].reshape(picture.shape).any(axis=2, keepdims=True)
    image = np.where(lit, to_rgb(YELLOW), grey / 255)
    column, row = pixel
    return marked(np.round(255 * image).astype(np.uint8), row - 5, column - 5, 11)


def marked(picture: np.ndarray, top: int, left: int, side: int) -> np.ndarray:
    """A copy of a picture, uint8 (height, width, 3), with a frame around a square of it."""
    rows, columns = np.ogrid[: picture.shape[0], : picture.shape[1]]
    beyond = [np.abs(2 * (i - j) - side + 1) for i, j in ((rows, top), (columns, left))]
    distance, picture = np.maximum(*beyond) - side, picture.copy()
    picture[distance == 1], picture[distance == 3] = 255, 0
    return picture


def picture_and_lines(picture: np.ndarray, lines: Sequence[str], text: str) -> Figure:
    """A picture, uint8 (height, width, 3), with lines of numbers beside it and a text above."""
    figure = new_figure(9, 4.6)
    left, right = figure.subplots(1, 2)
    left.imshow(picture)
    facts = {"fontsize": 13, "family": "monospace", "linespacing": 1.7, "va": "center"}
    right.text(0, 0.5, "\n".join(lines), **facts)
    left.set_axis_off()
    right.set_axis_off()
    figure.suptitle(textwrap.fill(text, 78), fontsize=12)
    return figure


# --- Lesson 04 ------------------------------------------------------------------------------------


def picture_grid(
    rows: Sequence[Sequence[np.ndarray]], titles: Sequence[str], size: float = 2.5
) -> Figure:
    """Pictures, uint8 (height, width, 3), in rows and columns, each column under its title."""
    figure = new_figure(size * len(titles), size * len(rows) + 0.4)
    axes = figure.subplots(len(rows), len(titles), squeeze=False)
    for ax, title in zip(axes[0], titles):
        ax.set_title(title, fontsize=13)
    for ax, picture in zip(axes.flat, (picture for row in rows for picture in row)):
        ax.imshow(picture, interpolation="antialiased", aspect="auto")
        ax.set_box_aspect(1)
        ax.set_axis_off()
    return figure


def raw_answers(answers: Sequence[np.ndarray], names: Sequence[str]) -> Figure:
    """How often Bob's answers before the threshold, from -1 to 1, take which value."""
    figure = new_figure(10, 3.2)
    axes = figure.subplots(1, len(answers), sharey=True)
    for ax, raw, name, colour in zip(axes, answers, names, (BLUE, VERMILLION)):
        share, edges = np.histogram(raw, bins=np.linspace(-1, 1, 21))
        ax.bar(edges[:-1], share / raw.size, width=0.1, align="edge", color=colour)
        ax.axvline(0, color=BLACK, linestyle="--", linewidth=1.5)
        ax.text(0.03, 0.5, "threshold", fontsize=12)
        ax.set_title(name, fontsize=13)
        ax.set_xlabel("Bob's answer", fontsize=12)
        ax.set(yscale="log", ylim=(1e-5, 2), xlim=(-1, 1), xticks=[-1, -0.5, 0, 0.5, 1])
        ax.tick_params(labelsize=11)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("share of the answers", fontsize=12)
    return figure


def per_position(series: dict[str, np.ndarray], title: str, xlabel: str, ylabel: str) -> Figure:
    """Bars for each of 16 positions, shares from 0 to 1, and a line at one half.

    series: for each name in the legend (16,) shares; their bars stand side by side.
    """
    ax, width = on(None, 10, 3.6), 0.8 / len(series)
    for number, ((name, shares), colour) in enumerate(zip(series.items(), (BLUE, ORANGE, GREEN))):
        left = np.arange(len(shares)) - 0.4 + number * width
        ax.bar(left, shares, width, align="edge", color=colour, label=name)
    ax.axhline(0.5, color=GREY, linestyle="--", linewidth=1.5, label="one half")
    ax.set_title(title, fontsize=14)
    ax.set_xlabel(xlabel, fontsize=12)
    ax.set_ylabel(ylabel, fontsize=12)
    ax.set_xticks(range(len(shares)))
    ax.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    ax.set(ylim=(0, 0.6), xlim=(-0.6, len(shares) - 0.4))
    ax.tick_params(labelsize=12)
    ax.spines[["top", "right"]].set_visible(False)
    figure = ax.figure
    figure.legend(loc="outside lower center", ncols=len(series) + 1, fontsize=12, frameon=False)
    return figure


def wrong_by_distance(shares: np.ndarray) -> Figure:
    """Wrong plaintext bits over the number of wrong key bits, 0 to 16: each key, and their mean.

    shares: float (17, keys), from 0 to 1; row d has the shares for d wrong bits of the key.
    """
    ax, distance = on(None, 10, 3.8), np.arange(len(shares))
    every = ax.plot(distance, shares, ".", color=SKY, markersize=7)
    every[0].set_label("one key")
    ax.plot(distance, shares.mean(axis=1), "o-", color=BLUE, linewidth=2.5, label="mean")
    ax.axhline(0.5, color=GREY, linestyle="--", linewidth=1.5, label="unrelated bits")
    ax.set_title("One wrong bit of the key does nearly as much as all sixteen", fontsize=14)
    ax.set_xlabel("wrong bits of the key", fontsize=12)
    ax.set_ylabel("wrong bits of the plaintext", fontsize=12)
    ax.set_xticks(distance)
    ax.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    ax.set(ylim=(0, 0.62), xlim=(-0.4, 16.4))
    ax.tick_params(labelsize=12)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(loc="lower right", fontsize=12)
    return ax.figure


# --- Lesson 03 ------------------------------------------------------------------------------------


def passive_attacker(ax: Axes | None = None) -> Figure:
    """Alice and Bob share a key; Eve, who has none, hears what goes between (paper, figure 1)."""
    ax = on(ax, 10, 4.2)

    def box(x: float, y: float, name: str, formula: str, colour: str) -> None:
        ax.add_patch(Rectangle((x - 1, y - 0.6), 2, 1.2, facecolor=colour, edgecolor=BLACK))
        ink = BLACK if colour == ALICE else "white"
        ax.text(x, y + 0.2, name, fontsize=16, weight="bold", color=ink, ha="center", va="center")
        ax.text(x, y - 0.27, formula, fontsize=12, color=ink, ha="center", va="center")

    def arrow(start: tuple[float, float], end: tuple[float, float], style: str = "-") -> None:
        look = {"arrowstyle": "-|>", "lw": 2, "ls": style, "mutation_scale": 20, "color": BLACK}
        ax.annotate("", end, start, arrowprops=look)

    box(3, 2, "Alice", "encrypts", ALICE)
    box(9, 2, "Bob", "decrypts", BOB)
    box(6, 0, "Eve", "only listens", EVE)
    arrow((0.9, 2), (2, 2))
    arrow((4, 2), (8, 2))
    arrow((10, 2), (11.1, 2))
    arrow((6, 2), (6, 0.6), "--")
    arrow((7, 0), (11.1, 0), "--")
    ax.plot([3, 3, 9, 9], [2.6, 3.6, 3.6, 2.6], color=BLACK, lw=2, ls=":")
    message, channel, guess = "message\nP", "channel: ciphertext C", "a guess\nat P"
    for x, y, text in [(0.4, 2, message), (6, 2.35, channel), (11.7, 2, message), (11.7, 0, guess)]:
        ax.text(x, y, text, fontsize=13, ha="center", va="center")
    key = {"facecolor": "white", "edgecolor": BLACK, "boxstyle": "round"}
    ax.text(6, 3.6, "secret key K", fontsize=13, ha="center", va="center", bbox=key)
    ax.set(xlim=(-0.3, 12.4), ylim=(-0.8, 4.1))
    ax.set_title("The passive attacker hears everything and changes nothing", fontsize=14)
    ax.set_axis_off()
    return ax.figure


def wrong_by_batch(wrong: dict[str, np.ndarray], title: str, ax: Axes | None = None) -> Figure:
    """Wrong bits of 16, mean of each batch of 256 blocks, for each reader (paper, figure 9)."""
    ax = on(ax, 10, 3.6)
    for (name, values), colour in zip(wrong.items(), (BOB, EVE)):
        ax.plot(values, ".-", color=colour, lw=1, markersize=5, label=name)
    ax.axhline(8, color=GREY, ls="--", lw=1.5, label="tossing coins")
    ax.set_title(title, fontsize=14)
    ax.set_xlabel("batch of 256 blocks, from the top of the picture", fontsize=12)
    ax.set_ylabel("wrong bits of 16, mean", fontsize=12)
    ax.set(ylim=(-0.5, 12), xlim=(-4, len(values) + 3), yticks=range(0, 13, 4))
    ax.tick_params(labelsize=11)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=12, ncols=3, loc="upper right")
    return ax.figure


def correlations(random_keys: np.ndarray, one_key: np.ndarray) -> Figure:
    """How the 16 ciphertext values go together: correlations (16, 16), many keys and one key."""
    figure = new_figure(9, 4.3)
    axes = figure.subplots(1, 2)
    for ax, matrix, title in zip(axes, (random_keys, one_key), ("a new key each time", "one key")):
        image = ax.imshow(matrix, cmap="PuOr", vmin=-1, vmax=1)
        ax.set_title(title, fontsize=13)
        ax.set_xticks(range(0, 16, 3), [f"c{i}" for i in range(0, 16, 3)], fontsize=11)
        ax.set_yticks(range(0, 16, 3), [f"c{i}" for i in range(0, 16, 3)], fontsize=11)
    bar = figure.colorbar(image, ax=axes, shrink=0.85, ticks=[-1, 0, 1])
    bar.set_label("correlation", fontsize=12)
    bar.ax.tick_params(labelsize=11)
    return figure


def ripples(values: np.ndarray, position: int, bits: np.ndarray, name: str) -> Figure:
    """How little each ciphertext value moves under one key, and what one message bit does to one.

    values: (n, 16), of every message under one key; bits: (n,), 0 or 1, the message bit `name`.
    """
    figure = new_figure(10, 3.9)
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    low, high = values.min(axis=0), values.max(axis=0)
    left.bar(range(16), high - low, bottom=low, color=ALICE, edgecolor=BLACK, linewidth=0.8)
    left.set(ylim=(-1, 1), yticks=[-1, -0.5, 0, 0.5, 1], xticks=range(16))
    left.set_xlabel("position in the ciphertext, c0 to c15", fontsize=12)
    left.set_title("all 65,536 messages, one key", fontsize=13)
    left.set_ylabel("ciphertext value, smallest to largest", fontsize=12)
    edges = np.linspace(low[position], high[position], 41)
    for bit, colour in ((0, SKY), (1, VERMILLION)):
        chosen = values[bits == bit, position]
        right.hist(chosen, edges, color=colour, alpha=0.75, label=f"{name} is {bit}")
    right.set_title(f"c{position}, through a magnifying glass", fontsize=13)
    right.set_xlabel(f"value of c{position}", fontsize=12)
    right.set_ylabel("messages", fontsize=12)
    right.set_ylim(0, 1.35 * right.get_ylim()[1])
    right.legend(fontsize=12, loc="upper center", ncols=2, frameon=False)
    for ax in (left, right):
        ax.tick_params(labelsize=11)
        ax.spines[["top", "right"]].set_visible(False)
    return figure


def eves(shares: dict[str, float], title: str, ax: Axes | None = None) -> Figure:
    """A bar for each Eve: the share of bits she reads, from 0 to 1, beside a coin's."""
    ax = on(ax, 9, 0.6 * len(shares) + 1.5)
    bars = ax.barh(list(shares), list(shares.values()), color=EVE, height=0.65)
    percents = [f"{100 * share:.0f} %" for share in shares.values()]
    ax.bar_label(bars, percents, fontsize=12, padding=4)
    ax.axvline(0.5, color=BLACK, ls="--", lw=1.5)
    ax.text(0.495, len(shares) - 0.45, "a coin", fontsize=12, ha="right", va="center")
    ax.invert_yaxis()
    ax.set_title(title, fontsize=14)
    ax.set_xlabel("bits of a message that she reads", fontsize=12)
    ax.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    ax.set(xlim=(0, 1.08), ylim=(len(shares) - 0.2, -0.5), xticks=np.linspace(0, 1, 5))
    ax.tick_params(labelsize=12)
    ax.spines[["top", "right"]].set_visible(False)
    return ax.figure


def shares_read(
    curves: dict[str, tuple[np.ndarray, np.ndarray]], title: str, xscale: str = "linear"
) -> Figure:
    """The share of a picture that is read, from 0 to 1, over known blocks: (number, share) each."""
    ax = on(None, 10, 3.8)
    for (name, (number, share)), colour in zip(curves.items(), (BLUE, ORANGE, GREEN)):
        marker = "o" if len(number) < 20 else ""
        ax.plot(number, share, color=colour, lw=2.5, marker=marker, label=name)
    ax.set_title(title, fontsize=14)
    ax.set_xlabel("known blocks", fontsize=12)
    ax.set_ylabel("of the picture read", fontsize=12)
    ax.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    ax.set(ylim=(0, 1.04), xscale=xscale)
    ax.xaxis.set_major_formatter("{x:,.0f}")
    ax.tick_params(labelsize=12)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=12, loc="lower right")
    return ax.figure
