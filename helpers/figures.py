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
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter
from matplotlib.transforms import Bbox
from PIL import Image

if TYPE_CHECKING:
    from helpers.neural.training import History

# Okabe & Ito (2008), "Color Universal Design": eight colours that colour-blind readers tell apart.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY = "#767676"

ALICE, BOB, EVE = ORANGE, BLUE, VERMILLION

DPI = 110  # pixels an inch of every figure in a lesson

matplotlib.rcdefaults()  # no matplotlibrc, beside a lesson or at home, changes what is shown
matplotlib.rcParams["text.parse_math"] = False  # a name with dollars in it is no formula
matplotlib.rcParams["font.size"] = 11  # to be read from the last row of a classroom


def new_figure(width: float = 8, height: float = 4) -> Figure:
    """An empty figure, sizes in inches, whose parts keep clear of each other."""
    return Figure(figsize=(width, height), layout="constrained")


def to_png(figure: Figure, dpi: int = DPI) -> bytes:
    """The figure as the bytes of a PNG file.

    Curves and bars are kept in 256 colours, a third of the size in a notebook; pictures in all of
    theirs, since they are there to be compared.
    """
    drawn, file = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=dpi)
    image = Image.open(drawn).convert("RGB")
    if not any(drawing.get_array().ndim == 3 for drawing in figure.findobj(AxesImage)):
        image = image.quantize(256, dither=Image.Dither.NONE)
    image.save(file, format="png", optimize=True)
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

    All fill boxes of the first one's proportions, about `size` inches wide: see `draw_picture`.
    """
    box = whole_box(pictures[0], size)
    height, width = (side / DPI for side in box)
    lines = 1 + max(title.count("\n") for title in titles)
    figure = new_figure((width + 0.13) * len(pictures), height + 0.15 + 0.21 * lines)
    axes = figure.subplots(1, len(pictures), squeeze=False)[0]
    for ax, picture, title in zip(axes, pictures, titles):
        draw_picture(ax, picture, box)
        ax.set_title(title, fontsize=12)
    return figure


def whole_box(picture: np.ndarray, size: float) -> tuple[int, int]:
    """Height and width in pixels of a figure, about `size` inches wide, for a picture to fill.

    They are a whole multiple of the picture's sides, or a whole part of them: with any other size
    some pixels would be drawn wider than others, and noise would show a grid that is not there.
    """
    height, width = picture.shape[:2]
    zoom = size * DPI / width
    if zoom > 0.75:
        return height * max(1, round(zoom)), width * max(1, round(zoom))
    return max(1, height // round(1 / zoom)), max(1, width // round(1 / zoom))


def draw_picture(ax: Axes, picture: np.ndarray, box: tuple[int, int]) -> None:
    """A picture, uint8 (height, width[, 3]), in the middle of `ax`, on just the pixels of `box`."""
    enlarged = not (box[0] % picture.shape[0] or box[1] % picture.shape[1])
    look = {"cmap": "gray", "vmin": 0, "vmax": 255, "aspect": "auto"}
    ax.imshow(picture, interpolation="nearest" if enlarged else "antialiased", **look)
    ax.set_axis_off()

    def place(ax: Axes, renderer: object) -> Bbox:
        page, size = ax.figure.bbox, np.array(box[::-1]) * ax.figure.dpi / DPI
        room = ax.get_position(original=True)
        middle = page.min + (room.min + room.max) / 2 * page.size
        corner = np.round(middle - size / 2) - page.min
        return Bbox.from_bounds(*corner / page.size, *size / page.size)

    ax.set_axes_locator(place)


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
        ax.set(xticks=[], yticks=[])  # the frame stays: a map may be of one colour
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
    """Wrong bits of Bob and Eve over the iterations; thin lines between the phases, 1, 2, 3, ..."""
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
    look = {"color": GREY, "ha": "center", "va": "top"}
    for number, history in enumerate(histories, start=1):
        ax.axvline(history.iteration[0], color=GREY, lw=0.8 if number > 1 else 0)
        ax.text(np.mean(history.iteration), -0.2, f"phase {number}", **look)
    ax.set_title(title, fontsize=13)
    ax.set_xlabel("iterations (batches of 256 messages)", fontsize=12)
    ax.set_ylabel("wrong bits of 16, mean", fontsize=12)
    ax.set_ylim(-0.8, chance * 1.15)
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


def key_and_pictures(
    key: np.ndarray,
    right_key: np.ndarray,
    pictures: Sequence[np.ndarray],
    names: Sequence[str],
    text: str,
) -> Figure:
    """A key above what each pair, named over its picture, makes of a ciphertext with it.

    key, right_key: uint8 (16,); pictures: uint8 (height, width, 3). A single name may be empty.
    """
    several = len(pictures) > 1
    box = whole_box(pictures[0], 2.6)
    figure = new_figure(9.0 if several else 6.4, box[0] / DPI + 1.7)
    above, below = figure.subfigures(2, 1, height_ratios=[1.3, box[0] / DPI + 0.4])
    strip = above.subplots()
    key_strip(key, right_key, strip)
    strip.set_title(textwrap.fill(text, 70 if several else 48), fontsize=12)
    for ax, picture, name in zip(np.ravel(below.subplots(1, len(pictures))), pictures, names):
        draw_picture(ax, picture, box)
        ax.set_title(name, fontsize=12)
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


def enlarged(picture: np.ndarray) -> np.ndarray:
    """A small picture, uint8 (height, width[, 3]), enlarged pixel by pixel, to be seen: up to about
    256 pixels a side.
    """
    zoom = max(1, 256 // max(picture.shape[:2]))
    return picture.repeat(zoom, axis=0).repeat(zoom, axis=1)


def pictures_and_text(pictures: Sequence[np.ndarray], titles: Sequence[str], text: str) -> Figure:
    """Pictures, uint8 (height, width, 3), side by side under their titles and a text."""
    figure = picture_row(pictures, titles)
    lines = textwrap.wrap(text, round(9.6 * figure.get_figwidth()))
    figure.set_figheight(figure.get_figheight() + 0.25 * len(lines))
    figure.suptitle("\n".join(lines), fontsize=12)
    return figure


# --- Lesson 04 ------------------------------------------------------------------------------------


def picture_grid(
    rows: Sequence[Sequence[np.ndarray]],
    titles: Sequence[str],
    size: float = 2.5,
    names: Sequence[str] = (),
) -> Figure:
    """Pictures, uint8 (height, width, 3), in rows and columns, each column under its title.

    names: of the rows, to be written at their left.
    """
    box = whole_box(rows[0][0], size)
    height, width = (side / DPI for side in box)
    margin = 0.35 if names else 0
    figure = new_figure((width + 0.13) * len(titles) + margin, (height + 0.13) * len(rows) + 0.3)
    axes = figure.subplots(len(rows), len(titles), squeeze=False)
    for ax, title in zip(axes[0], titles):
        ax.set_title(title, fontsize=13)
    for ax, picture in zip(axes.flat, (picture for row in rows for picture in row)):
        draw_picture(ax, picture, box)
    look = {"fontsize": 13, "rotation": 90, "ha": "right", "va": "center"}
    for ax, name in zip(axes[:, 0], names):
        ax.text(-0.04, 0.5, name, transform=ax.transAxes, **look)
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
        ax.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
        ax.tick_params(labelsize=11)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("of the answers", fontsize=12)
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


# --- Lesson 05 ------------------------------------------------------------------------------------


def block_steps(
    block: np.ndarray, steps: dict[str, tuple[np.ndarray, int]], encrypted: np.ndarray
) -> Figure:
    """From a block to its ciphertext, step by step (paper 2, figure 2).

    block, encrypted: uint8 (M, M, 3); steps: for each name nibbles 0 to 15, (6 M M,) in the order
    of `scramble.to_nibbles`, and the place of one nibble that is followed and framed.
    """
    figure = new_figure(11, 3)
    figure.get_layout_engine().set(wspace=0.15)  # room for arrows
    axes = figure.subplots(1, len(steps) + 2)
    for ax, picture, title in zip(axes[[0, -1]], (block, encrypted), ("block", "ciphertext")):
        ax.imshow(picture)
        ax.set_title(title, fontsize=13)
        ax.set_axis_off()
    for ax, (name, (nibbles, followed)) in zip(axes[1:], steps.items()):
        nibble_sheet(nibbles, followed, ax)
        ax.set_title(name, fontsize=13)
    middles = len(block) / 2 + np.arange(3) * (len(block) + 0.6)
    axes[1].set_yticks(middles, ["R", "G", "B"], fontsize=12)
    for left, right in zip(axes, axes[1:]):
        end = (-0.17 if right is axes[1] else -0.02, 0.5)  # clear of the letters there
        arrow = {"arrowstyle": "-|>", "lw": 2, "mutation_scale": 18, "color": BLACK}
        right.annotate("", end, (1.02, 0.5), "axes fraction", left.transAxes, arrow)
    return figure


def nibble_sheet(nibbles: np.ndarray, followed: int, ax: Axes) -> None:
    """The nibbles of a block in greys, high ones left, low ones right; below each other R, G, B."""
    m = round((len(nibbles) / 6) ** 0.5)
    low_and_high, step = nibbles.reshape(2, m, m, 3), m + 0.6
    for number, (half, row, column, colour) in enumerate(np.ndindex(low_and_high.shape)):
        place = (column + (1 - half) * step, row + colour * step)
        grey = str(low_and_high[half, row, column, colour] / 15)
        ax.add_patch(Rectangle(place, 1, 1, facecolor=grey, edgecolor=GREY, lw=0.4))
        if number == followed:
            look = {"facecolor": "none", "edgecolor": VERMILLION, "lw": 3, "zorder": 3}
            ax.add_patch(Rectangle(place, 1, 1, **look))
    ax.set(xlim=(-0.2, m + step + 0.2), ylim=(m + 2 * step + 0.2, -0.2), aspect="equal")
    ax.set_xticks([m / 2, m / 2 + step], ["high", "low"], fontsize=12)
    ax.set_yticks([])
    ax.tick_params(length=0)
    ax.set_frame_on(False)


def adaptation_network(picture: np.ndarray, ax: Axes | None = None) -> Figure:
    """Tanaka's adaptation network before any classifier (paper 2, figure 3).

    picture: an encrypted one, uint8 (32, 32, 3), in blocks of 4 x 4 pixels.
    """
    ax = on(ax, 11, 2.9)

    def sheets(x: float, cells: int, side: float, colour: str, deep: int) -> None:
        """`deep` sheets of cells, one behind the other."""
        look = {"facecolor": colour, "edgecolor": "white", "lw": 1.2 if cells == 8 else 0.4}
        for back in reversed(range(deep)):
            left, bottom, cell = x + 0.12 * back, 1 - side / 2 + 0.12 * back, side / cells
            for row, column in np.ndindex(cells, cells):
                corner = (left + column * cell, bottom + row * cell)
                ax.add_patch(Rectangle(corner, cell, cell, **look))

    ax.imshow(picture, extent=(0, 2, 0, 2), zorder=2)
    ax.hlines(np.arange(0, 2.1, 0.25), 0, 2, color="white", lw=1, zorder=3)
    ax.vlines(np.arange(0, 2.1, 0.25), 0, 2, color="white", lw=1, zorder=3)
    for x, cells, side, colour, deep in (
        (3.2, 8, 1, BLUE, 3),
        (5.4, 8, 1, GREEN, 3),
        (7.6, 8, 1, GREEN, 5),
        (10.1, 32, 2, ORANGE, 2),
    ):
        sheets(x, cells, side, colour, deep)
    ax.add_patch(Rectangle((13.4, 0.35), 1.6, 1.3, facecolor=PURPLE))
    ax.text(14.2, 1, "any\nclassifier", fontsize=13, ha="center", va="center")
    for x, name, shape in (
        (1, "encrypted\npicture", "32 × 32 × 3"),
        (3.8, "block\nconvolution", "8 × 8 × 48"),
        (6, "network in\nnetwork", "8 × 8 × 48"),
        (8.3, "network in\nnetwork", "8 × 8 × 512"),
        (11.2, "sub-pixel\nshuffle", "32 × 32 × 32"),
        (14.2, "", "10 classes"),
    ):
        ax.text(x, 2.3, name, fontsize=13, ha="center", va="bottom")
        ax.text(x, -0.15, shape, fontsize=12, ha="center", va="top")
    for start in (2.15, 4.55, 6.75, 9.2, 12.5):
        look = {"arrowstyle": "-|>", "lw": 2, "mutation_scale": 18, "color": BLACK}
        ax.annotate("", (start + 0.75, 1), (start, 1), arrowprops=look)
    ax.set_title("One look at each block, then pixels again, then any network", fontsize=14)
    ax.set(xlim=(-0.2, 15.2), ylim=(-0.6, 3.05), aspect="equal")
    ax.set_axis_off()
    return ax.figure


def error_rates(
    shares: dict[str, float], guessing: float, title: str, ax: Axes | None = None
) -> Figure:
    """A bar for each share of wrong answers, from 0 to 1, and a line for whoever only guesses."""
    ax = on(ax, 9, 0.6 * len(shares) + 1.5)
    bars = ax.barh(list(shares), list(shares.values()), color=BLUE, height=0.65)
    percents = [f"{100 * share:.0f} %" for share in shares.values()]
    ax.axvline(guessing, color=BLACK, ls="--", lw=1.5)
    paper = {"facecolor": "white", "edgecolor": "none", "pad": 1.5}  # for numbers beside the line
    ax.bar_label(bars, percents, fontsize=12, padding=4, bbox=paper)
    ax.text(guessing - 0.01, -0.75, "guessing", fontsize=12, ha="right", va="center")
    ax.set_title(title, fontsize=14)
    ax.set_xlabel("wrong answers", fontsize=12)
    ax.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    ax.set(xlim=(0, 1.08), ylim=(len(shares) - 0.4, -1.1), xticks=np.linspace(0, 1, 5))
    ax.tick_params(labelsize=12)
    ax.spines[["top", "right"]].set_visible(False)
    return ax.figure


def nibble_correlations(matrices: Sequence[np.ndarray], titles: Sequence[str]) -> Figure:
    """How strongly the nibbles of a block go together: (6 M M, 6 M M) each, from 0 to 1."""
    figure = new_figure(10, 4.9)
    axes = figure.subplots(1, len(matrices))
    for ax, matrix, title in zip(axes, matrices, titles):
        image = ax.imshow(matrix, cmap="cividis", vmin=0, vmax=1, interpolation="nearest")
        ax.set_title(title, fontsize=13)
        ax.set_xlabel("number of a nibble", fontsize=12)
        ax.set_xticks(range(0, len(matrix), 24))
        ax.set_yticks(range(0, len(matrix), 24))
        ax.tick_params(labelsize=11)
    axes[0].set_ylabel("number of another", fontsize=12)
    bar = figure.colorbar(image, ax=axes, shrink=0.8, ticks=[0, 0.5, 1])
    bar.set_label("correlation, without its sign", fontsize=12)
    bar.ax.tick_params(labelsize=11)
    return figure


# --- Lesson 06 ------------------------------------------------------------------------------------


def visible_noise(noise: np.ndarray) -> np.ndarray:
    """Noise, whole numbers in bytes, as a picture, uint8: grey where there is none, its largest
    value, up or down, amplified to white or black.
    """
    return np.uint8(np.round(127.5 * (1 + noise / max(1, np.abs(noise).max()))))


def answers_by_step(chances: np.ndarray, classes: Sequence[str], title: str) -> Figure:
    """How a model's answer turns over while noise grows: float (steps + 1, classes), 0 to 1.

    Drawn are the first answer, the last one, and the rest together.
    """
    ax, step = on(None, 9, 3.6), np.arange(len(chances))
    first, last = chances[0].argmax(), chances[-1].argmax()
    rest = 1 - chances[:, first] - chances[:, last]
    for name, curve, colour, marker in (
        (classes[first], chances[:, first], BLUE, "o"),
        (classes[last], chances[:, last], VERMILLION, "s"),
        ("all others", rest, GREY, ""),
    ):
        ax.plot(step, curve, color=colour, marker=marker, lw=2.5, label=name)
    ax.set_title(title, fontsize=14)
    ax.set_xlabel("steps", fontsize=12)
    ax.set_ylabel("the model is sure of it", fontsize=12)
    ax.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    ax.set(ylim=(-0.03, 1.06), xticks=step[:: max(1, len(step) // 10)])
    ax.tick_params(labelsize=12)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=12, loc="center right")
    return ax.figure


def pictures_and_answers(
    pictures: Sequence[np.ndarray],
    titles: Sequence[str],
    answers: dict[str, np.ndarray],
    classes: Sequence[str],
    text: str,
) -> Figure:
    """Pictures, uint8 (height, width, 3), and beside them what a model says of some of them.

    answers: for each name in the legend a share for every class, float (classes,), 0 to 1.
    """
    figure = new_figure(10.5, 3.4)
    *left, right = figure.subplots(1, len(pictures) + 1, width_ratios=[1] * len(pictures) + [1.1])
    for ax, picture, title in zip(left, pictures, titles):
        ax.imshow(picture, interpolation="nearest")
        ax.set_title(title, fontsize=12)
        ax.set_axis_off()
    height = 0.8 / len(answers)
    for number, ((name, shares), colour) in enumerate(zip(answers.items(), (BLUE, VERMILLION))):
        top = np.arange(len(classes)) - 0.4 + number * height
        right.barh(top, shares, height, align="edge", color=colour, label=name)
    right.set_yticks(range(len(classes)), classes, fontsize=11)
    right.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    right.set(xlim=(0, 1), xticks=[0, 0.5, 1], ylim=(len(classes) - 0.4, -0.6))
    right.spines[["top", "right"]].set_visible(False)
    right.set_title("the model's answer", fontsize=12)
    figure.legend(fontsize=11, loc="outside lower right", ncols=2, frameon=False)
    figure.suptitle(textwrap.fill(text, 92), fontsize=12)
    return figure


def experiment_flow(ax: Axes | None = None) -> Figure:
    """What is done to pictures before a network learns from them and is tested (paper 2, figure 5).

    The dashed line is the attacker's gradient, for which the paper does not say how it gets past
    the cipher.
    """
    ax = on(ax, 11, 4.1)

    def box(x: float, y: float, text: str, colour: str, ink: str = BLACK, style: str = "-") -> None:
        look = {"facecolor": colour, "edgecolor": BLACK, "lw": 1.5, "ls": style}
        ax.add_patch(Rectangle((x - 1.15, y - 0.5), 2.3, 1, **look))
        ax.text(x, y, text, fontsize=13, color=ink, ha="center", va="center")

    def arrow(start: tuple, end: tuple, colour: str = BLACK, style: str = "-") -> None:
        look = {"arrowstyle": "-|>", "lw": 2, "ls": style, "mutation_scale": 18, "color": colour}
        ax.annotate("", end, start, arrowprops=look)

    for y, what, noise, style in (
        (3, "pictures to\nlearn from", "PGD noise\n(only Adv)", "--"),
        (0, "pictures to\nbe tested on", "PGD noise (for\nthe last column)", "-"),
    ):
        box(1.2, y, what, "white")
        box(4.4, y, noise, VERMILLION, "white", style)
        box(7.6, y, "encrypt\n(not Plain)", SKY)
        for start in (2.35, 5.55):
            arrow((start, y), (start + 0.9, y))
    ax.add_patch(Rectangle((9.8, 0.6), 2.2, 1.8, facecolor=YELLOW, edgecolor=BLACK, lw=1.5))
    ax.text(10.9, 1.5, "network", fontsize=14, weight="bold", ha="center", va="center")
    arrow((8.75, 3), (10.3, 2.4))
    arrow((8.75, 0), (10.3, 0.6))
    arrow((12, 1.5), (12.9, 1.5))
    ax.text(13, 1.5, "errors", fontsize=13, va="center")
    key = {"facecolor": "white", "edgecolor": BLACK, "boxstyle": "round"}
    ax.plot([7.6, 7.6], [0.5, 2.5], color=BLACK, lw=1.5, ls=":")
    ax.text(7.6, 1.5, "key: one, or a new\none each batch (DK)", fontsize=11, ha="center", bbox=key)
    ax.plot([9.8, 4.4], [1.1, 1.1], color=VERMILLION, lw=2, ls="--")
    arrow((4.4, 1.1), (4.4, 0.52), VERMILLION)
    arrow((4.4, 1.1), (4.4, 2.48), VERMILLION, "--")
    ax.text(4.3, 1.5, "the gradient: of what?", fontsize=13, ha="right", va="center")
    ax.set(xlim=(-0.1, 14), ylim=(-0.7, 3.7))
    ax.set_title("The paper's experiment: noise first, then encryption", fontsize=14)
    ax.set_axis_off()
    return ax.figure


def scenario_errors(errors: dict[str, dict[str, dict[str, float]]]) -> Figure:
    """Dots for each column of Table I: errors[column][who measured][scenario], from 0 to 1.

    Whoever measured first in the first column gets hollow dots, on top of the others.
    """
    figure = new_figure(11, 3.7)
    axes = figure.subplots(1, len(errors), sharey=True)
    looks = (("D", BLACK, "none"), ("o", ORANGE, ORANGE), ("s", BLUE, BLUE), ("^", GREEN, GREEN))
    look_of = dict(zip(next(iter(errors.values())), looks))
    for ax, (column, by_source) in zip(axes, errors.items()):
        for source, rows in by_source.items():
            marker, edge, face = look_of[source]
            style = {"marker": marker, "mec": edge, "mfc": face, "ms": 10, "mew": 2, "ls": ""}
            on_top = 3 if face == "none" else 2
            ax.plot(list(rows.values()), list(rows), label=source, zorder=on_top, **style)
        ax.set_title(column, fontsize=14)
        ax.set_xlabel("error", fontsize=12)
        ax.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
        ax.set(xlim=(-0.08, 1.08), xticks=[0, 0.5, 1], ylim=(len(rows) - 0.5, -0.5))
        ax.grid(axis="y", color="#D8D8D8")
        ax.tick_params(labelsize=12)
        ax.spines[["top", "right"]].set_visible(False)
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4, fontsize=12, frameon=False)
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


def ladder_bars(errors: dict[str, dict[str, float]], clean: dict[str, float], title: str) -> Figure:
    """The error under each attack of the ladder, errors[pictures][rung], beside that without one.

    Rungs are the functions of `learnable.ladder`; clean[pictures] is a share too, from 0 to 1.
    """
    figure = new_figure(11, 5.2)
    axes = figure.subplots(1, len(errors), sharey=True, squeeze=False)[0]
    for ax, (pictures, found) in zip(axes, errors.items()):
        rungs = [rung for rung in RUNGS if rung in found and rung != "white_box_on_plain"]
        words, colours = zip(*(RUNGS[rung][:2] for rung in rungs))
        shares = [found[rung] for rung in rungs]
        bars = ax.barh(words, shares, color=colours, height=0.7)
        ax.axvline(clean[pictures], color=BLACK, ls="--", lw=1.5)
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        percents = [f"{100 * share:.0f} %" for share in shares]
        ax.bar_label(bars, percents, fontsize=12, padding=4, bbox=paper)
        ax.text(clean[pictures] + 0.02, -0.85, "no attack", fontsize=12, va="center")
        ax.set_title(pictures, fontsize=13)
        ax.set_xlabel("error", fontsize=12)
        ax.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
        ax.set(xlim=(0, 1.15), ylim=(len(rungs) - 0.4, -1.2), xticks=[0, 0.5, 1])
        ax.tick_params(labelsize=12)
        ax.spines[["top", "right"]].set_visible(False)
    keys = [Rectangle((0, 0), 1, 1, color=colour) for colour in KINDS.values()]
    figure.legend(keys, KINDS, loc="outside lower center", ncols=4, fontsize=12, frameon=False)
    figure.suptitle(title, fontsize=14)
    return figure


def error_by_eps(
    errors: dict[str, dict[str, np.ndarray]], sizes: Sequence[float], title: str
) -> Figure:
    """Curves for the attacks in errors[pictures][rung], each (sizes,), over eps in bytes."""
    figure = new_figure(11, 5.2)
    axes = figure.subplots(1, len(errors), sharey=True, squeeze=False)[0]
    for ax, (pictures, curves) in zip(axes, errors.items()):
        for rung in [rung for rung in RUNGS if rung in curves]:
            words, colour, line = RUNGS[rung]
            thick = 3.2 if colour in (BLACK, VERMILLION) else 2
            ax.plot(sizes, curves[rung], color=colour, ls=line, lw=thick, label=words)
        ax.set_xscale("log", base=2)
        ax.set_xticks(sizes, [f"{size:g}" for size in sizes])
        ax.set_title(pictures, fontsize=13)
        ax.set_xlabel("eps, in steps of 1/255", fontsize=12)
        ax.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
        ax.set(ylim=(0, 1.03), xlim=(sizes[0], sizes[-1]))
        ax.tick_params(labelsize=11)
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("error", fontsize=12)
    figure.suptitle(title, fontsize=14)
    handles, names = axes[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=3, fontsize=12, frameon=False)
    return figure


def followed_noise(shares: dict[str, dict[str, float]], title: str) -> Figure:
    """How often networks say what noise was made against: shares[network][test], from 0 to 1."""
    ax, height = on(None, 10, 3.8), 0.8 / len(shares)
    for number, ((network, found), colour) in enumerate(zip(shares.items(), (SKY, VERMILLION))):
        top = np.arange(len(found)) - 0.4 + number * height
        bars = ax.barh(top, list(found.values()), height, align="edge", color=colour, label=network)
        percents = [f"{100 * share:.0f} %" for share in found.values()]
        ax.bar_label(bars, percents, fontsize=12, padding=16)
    ax.axvline(0.1, color=BLACK, ls="--", lw=1.5, label="guessing")
    ax.set_yticks(range(len(found)), list(found), fontsize=12)
    ax.set_title(title, fontsize=14)
    ax.set_xlabel("answers that are the label in question", fontsize=12)
    ax.xaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    ax.set(xlim=(0, 1.12), ylim=(len(found) - 0.5, -0.5), xticks=np.linspace(0, 1, 5))
    ax.tick_params(labelsize=12)
    ax.spines[["top", "right"]].set_visible(False)
    ax.figure.legend(loc="outside lower center", ncols=3, fontsize=12, frameon=False)
    return ax.figure


def errors_by_batch(batches: Sequence[int], errors: dict[str, Sequence[float]]) -> Figure:
    """Errors, from 0 to 1, that are measured now and then while a network learns."""
    ax = on(None, 9, 3.6)
    for (name, curve), colour, marker in zip(errors.items(), (BLUE, VERMILLION), "os"):
        ax.plot(batches, curve, color=colour, marker=marker, lw=2.5, label=name)
    ax.axhline(0.9, color=GREY, ls="--", lw=1.5, label="guessing")
    ax.set_title("The network learns, but not what it was to learn", fontsize=14)
    ax.set_xlabel("batches", fontsize=12)
    ax.set_ylabel("error", fontsize=12)
    ax.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    ax.set(ylim=(0, 1.03), xticks=batches)
    ax.tick_params(labelsize=12)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=12, loc="lower left")
    return ax.figure


# --- Lesson 07 ------------------------------------------------------------------------------------


def cipher_tables(
    tables: Sequence[np.ndarray], titles: Sequence[str], messages: str, keys: str
) -> Figure:
    """Whole ciphers of 2 bits, int (4, 4) each: the ciphertext of a message, row, under a key.

    Every ciphertext has its colour. messages, keys: what the rows and the columns are.
    """
    figure = new_figure(3.7 * len(tables), 3.7)
    looks = ((SKY, BLACK), (YELLOW, BLACK), (BLUE, "white"), ("#D8D8D8", BLACK))
    names = [f"{number:02b}" for number in range(4)]
    for ax, table, title in zip(figure.subplots(1, len(tables), squeeze=False)[0], tables, titles):
        for (row, column), number in np.ndenumerate(table):
            colour, ink = looks[number]
            ax.add_patch(Rectangle((column + 0.03, row + 0.03), 0.94, 0.94, facecolor=colour))
            look = {"fontsize": 15, "color": ink, "ha": "center", "va": "center"}
            ax.text(column + 0.5, row + 0.5, names[number], family="monospace", **look)
        ax.set(xlim=(0, 4), ylim=(4, 0), aspect="equal")
        ax.set_xticks(np.arange(4) + 0.5, names, fontsize=12)
        ax.set_yticks(np.arange(4) + 0.5, names, fontsize=12)
        ax.set_xlabel(keys, fontsize=12)
        ax.set_ylabel(messages, fontsize=12)
        ax.set_title(title, fontsize=13)
        ax.tick_params(length=0)
        ax.set_frame_on(False)
    return figure


def distinct_by_way(counts: dict[str, Sequence[float]], all_keys: int = 65536) -> Figure:
    """Dots for the pairs of each way of training: of a message, how many ciphertexts there are."""
    ax = on(None, 10, 0.48 * len(counts) + 1.5)
    for row, found in enumerate(counts.values()):
        shift = np.linspace(-0.22, 0.22, len(found)) if len(found) > 1 else [0]
        ax.plot(found, row + np.asarray(shift), "o", color=BLUE, ms=8, mec="white")
    ax.axvline(all_keys, color=VERMILLION, ls="--", lw=2)
    ax.text(all_keys * 0.85, -0.78, "perfectly secret", fontsize=12, color=VERMILLION, ha="right")
    ax.set_yticks(range(len(counts)), list(counts), fontsize=12)
    ax.set_xscale("log", base=2)
    ax.set_xticks([1, 16, 256, 4096, all_keys], ["1", "16", "256", "4,096", f"{all_keys:,}"])
    ax.set(xlim=(0.8, 1.6 * all_keys), ylim=(len(counts) - 0.5, -1.05))
    ax.set_title("How many ciphertexts of a message are left, by way of training", fontsize=14)
    ax.set_xlabel(f"different ciphertexts of one message under all {all_keys:,} keys", fontsize=12)
    ax.grid(axis="y", color="#E4E4E4")
    ax.tick_params(labelsize=12)
    ax.spines[["top", "right"]].set_visible(False)
    return ax.figure


def spread(changed: Sequence[np.ndarray], titles: Sequence[str]) -> Figure:
    """Which of 16 bits differ after each round: bool (rounds + 1, 16) each, row 0 before any."""
    figure = new_figure(10, 4.6)
    axes = figure.subplots(1, len(changed), sharey=True, squeeze=False)[0]
    for ax, differ, title in zip(axes, changed, titles):
        colours = ListedColormap(["#ECECEC", VERMILLION])
        ax.pcolormesh(differ, cmap=colours, vmin=0, vmax=1, edgecolors="white", linewidth=1.5)
        ax.set_ylim(len(differ), 0)
        ax.set_xticks(np.arange(0, 16, 3) + 0.5, range(0, 16, 3))
        ax.set_yticks(np.arange(0, len(differ), 5) + 0.5, range(0, len(differ), 5))
        ax.set_title(title, fontsize=13)
        ax.set_xlabel("bit of the block", fontsize=12)
        ax.tick_params(labelsize=12, length=0)
        ax.set_frame_on(False)
    axes[0].set_ylabel("rounds done", fontsize=12)
    return figure


def avalanche_by_rounds(curves: dict[str, np.ndarray], used: int, ax: Axes | None = None) -> Figure:
    """Changed ciphertext bits after 1, 2, ... rounds: for each name (rounds, 3), from 0 to 1.

    The columns are the smallest, the mean and the largest share over the positions; `used` is how
    many rounds the cipher has.
    """
    ax = on(ax, 10, 4)
    looks = zip(curves.items(), ((BLUE, "-", "o"), (ORANGE, "--", "s")))
    for (name, shares), (colour, line, marker) in looks:
        low, mean, high = shares.T
        rounds = np.arange(1, len(mean) + 1)
        ax.fill_between(rounds, low, high, color=colour, alpha=0.25, lw=0)
        ax.plot(rounds, mean, color=colour, ls=line, marker=marker, ms=5, lw=2.5, label=name)
    ax.axhline(0.5, color=GREY, ls="--", lw=1.5)
    ax.axvline(used, color=BLACK, ls=":", lw=2)
    ax.text(used + 0.3, 0.06, f"the cipher: {used} rounds", fontsize=12)
    ax.set_title("A round changes little; with many, each bit changes half on average", fontsize=14)
    ax.set_xlabel("rounds (bands: from the weakest position to the strongest)", fontsize=12)
    ax.set_ylabel("changed bits of the ciphertext", fontsize=12)
    ax.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    ax.set(ylim=(0, 0.62), xlim=(0.5, len(rounds) + 0.5), xticks=[1, *range(4, len(rounds) + 1, 4)])
    ax.tick_params(labelsize=12)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=12, loc="lower right", bbox_to_anchor=(1, 0.18))
    return ax.figure


def first_repeats(firsts: np.ndarray, values: int, ax: Axes | None = None) -> Figure:
    """How many runs have had a block twice after so many blocks: int (runs,), and what is expected.

    `values`: how many different blocks there are. Expected of n random ones: 1 - exp(-n^2 / 2N).
    """
    ax, longest = on(ax, 10, 3.6), 1.05 * firsts.max()
    blocks = np.linspace(0, longest, 200)
    seen = np.arange(1, len(firsts) + 1) / len(firsts)
    ax.step(np.sort(firsts), seen, where="post", color=BLUE, lw=3, label="counted")
    expected = 1 - np.exp(-(blocks**2) / (2 * values))
    ax.plot(blocks, expected, color=ORANGE, ls="--", lw=2.5, label="expected of birthdays")
    ax.axhline(0.5, color=GREY, lw=1)
    ax.set_title("After some hundred blocks of 16 bits, one is seen a second time", fontsize=14)
    ax.set_xlabel("blocks of ciphertext", fontsize=12)
    ax.set_ylabel("runs with a repeat", fontsize=12)
    ax.yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    ax.set(ylim=(0, 1.03), xlim=(0, longest))
    ax.tick_params(labelsize=12)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=12, loc="lower right")
    return ax.figure
