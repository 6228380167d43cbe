"""Draw the diagrams of the lessons anew: NAME.png for every name in `DIAGRAMS`.

python -m data.studies.draw_diagrams
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from data.studies import publish
from helpers import figures, pictures
from helpers.bits import Picture
from helpers.figures import (
    ALICE,
    BLACK,
    BLUE,
    BOB,
    EVE,
    GREEN,
    ORANGE,
    PALE,
    PURPLE,
    SKY,
    VERMILLION,
    YELLOW,
    Place,
)
from helpers.files import atomic_write
from helpers.learnable import pictograms
from helpers.learnable.scramble import BlockScrambler, random_key

COMMAND = "python -m data.studies.draw_diagrams"


def sheet(title: str, height: float, right: float, top: float) -> tuple[Figure, Axes]:
    """A sheet for boxes and arrows, 11 inches wide, from (0, 0) to (right, top)."""
    figure, ax = figures.one_plot(11, height)
    ax.set(title=title, xlim=(0, right), ylim=(0, top))
    ax.set_axis_off()
    return figure, ax


def draw_arrow(ax: Axes, start: Place, end: Place, line: str = "-", colour: str = BLACK) -> None:
    """An arrow from one place to another, in the units of the axes."""
    look = {"arrowstyle": "-|>", "lw": 2, "ls": line, "mutation_scale": 18, "color": colour}
    ax.annotate("", end, start, arrowprops=look)


def write(ax: Axes, place: Place, text: str) -> None:
    """Words around a place."""
    ax.text(*place, text, fontsize=13, **figures.CENTRED)


# --- Lesson 01 ------------------------------------------------------------------------------------


def dissolving_eye() -> Figure:
    """The eye, across the page, from a picture to its bits."""
    eye = pictures.load("eye")
    image = dissolve(eye[80:208])
    height, width = image.shape[:2]
    figure, ax = figures.one_plot(10, 10 * height / width + 0.7)
    ax.imshow(image)
    ax.set_title(f"One eye: {eye.nbytes:,} bytes, {8 * eye.nbytes:,} bits", fontsize=16)
    parts = ["the picture", "16 × 16 pixels a colour", "the 24 bits of each colour"]
    ax.set_xticks(np.array([1, 3, 5]) * width / 6, parts, fontsize=13)
    ax.set_yticks([])
    figures.bare(ax)
    return figure


def dissolve(picture: Picture, cell: int = 16, zoom: int = 6, seed: int = 1) -> Picture:
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


def bit_tile(colour: np.ndarray, size: int) -> Picture:
    """The 24 bits of a colour, uint8 (3,), as bars in a tile, uint8 (size, size, 3)."""
    bits = np.unpackbits(colour).reshape(3, 8).repeat(size // 3, axis=0).repeat(size // 8, axis=1)
    tile = np.where(bits[..., None] == 1, colour, np.uint8(24)).astype(np.uint8)
    tile[:: size // 3] = tile[:, :: size // 8] = 8  # thin gaps, so that the bars can be counted
    return tile


def pixels_in_blocks() -> Figure:
    """How two pixels of the penguin become six bytes and then three blocks of 16 bits."""
    pixels = pictures.load("penguin")[150, 86:88]
    figure, ax = figures.one_plot(10, 3.6)
    byte = [f"{'RGB'[i % 3]} {value:02x}" for i, value in enumerate(pixels.ravel())]
    block = [f"{high:08b} {low:08b}" for high, low in pixels.reshape(3, 2)]
    for y, words, colours in (
        (2, ["pixel 0", "pixel 1"], pixels / 255),
        (1, byte, [PALE] * 6),
        (0, block, [BLUE, VERMILLION, BLUE]),
    ):
        width = 6 / len(words)
        for i, (text, colour) in enumerate(zip(words, colours)):
            box = (width * (i + 0.5), y), (width - 0.04, 0.8)
            figures.draw_box(ax, *box, colour, text, fontsize=14, family="monospace")
    names = ["three blocks\n(bits)", "six bytes\n(hex)", "two pixels"]
    ax.set_yticks([0, 1, 2], names, fontsize=13)
    ax.set(xlim=(0, 6), ylim=(-0.5, 2.5), xticks=[])
    ax.set_title("The middle block holds blue of one pixel and red of the next")
    figures.bare(ax)
    return figure


# --- Lesson 03 ------------------------------------------------------------------------------------


def attacker() -> Figure:
    """Alice and Bob share a key; Eve, who has none, hears what goes between (paper, figure 1)."""
    title = "The passive attacker hears everything and changes nothing"
    figure, ax = sheet(title, 4.4, 12.4, 4.9)
    ax.plot([3, 3, 9, 9], [3.4, 4.4, 4.4, 3.4], color=BLACK, lw=2, ls=":", zorder=0)
    figures.draw_box(ax, (6, 4.4), (2, 0.6), "white", "secret key K", line="-", fontsize=13)
    figures.draw_box(ax, (3, 2.8), (2, 1.2), ALICE, "Alice\nencrypts", line="-", fontsize=14)
    figures.draw_box(ax, (9, 2.8), (2, 1.2), BOB, "Bob\ndecrypts", line="-", fontsize=14)
    figures.draw_box(ax, (6, 0.8), (2, 1.2), EVE, "Eve\nonly listens", line="-", fontsize=14)
    draw_arrow(ax, (1.1, 2.8), (2, 2.8))
    draw_arrow(ax, (4, 2.8), (8, 2.8))
    draw_arrow(ax, (10, 2.8), (10.9, 2.8))
    draw_arrow(ax, (6, 2.8), (6, 1.4), "--")
    draw_arrow(ax, (7, 0.8), (10.9, 0.8), "--")
    write(ax, (0.5, 2.8), "message\nP")
    write(ax, (6, 3.15), "channel: ciphertext C")
    write(ax, (11.6, 2.8), "message\nP")
    write(ax, (11.6, 0.8), "a guess\nat P")
    return figure


# --- Lesson 05 ------------------------------------------------------------------------------------


def adaptation_network() -> Figure:
    """Tanaka's adaptation network before any classifier (paper 2, figure 3)."""
    title = "One look at each block, then pixels again, then any network"
    figure, ax = sheet(title, 3, 15.4, 3.7)
    ax.imshow(encrypted_pictogram(), extent=(0.2, 2.2, 0.6, 2.6), zorder=2)
    draw_sheets(ax, 1.2, 8, 2, "none")
    draw_sheets(ax, 3.9, 8, 1, BLUE, deep=3)
    draw_sheets(ax, 6.1, 8, 1, GREEN, deep=3)
    draw_sheets(ax, 8.3, 8, 1, GREEN, deep=5)
    draw_sheets(ax, 11.3, 32, 2, ORANGE, deep=2)
    figures.draw_box(ax, (14.4, 1.6), (1.6, 1.3), PURPLE, "any\nclassifier", fontsize=13)
    for x, name, shape in (
        (1.2, "encrypted\npicture", "32 × 32 × 3"),
        (4, "block\nconvolution", "8 × 8 × 48"),
        (6.2, "network in\nnetwork", "8 × 8 × 48"),
        (8.5, "network in\nnetwork", "8 × 8 × 512"),
        (11.4, "sub-pixel\nshuffle", "32 × 32 × 32"),
        (14.4, "", "10 classes"),
    ):
        write(ax, (x, 3.2), name)
        write(ax, (x, 0.3), shape)
    for start in (2.35, 4.75, 6.95, 9.4, 12.7):
        draw_arrow(ax, (start, 1.6), (start + 0.75, 1.6))
    ax.set_aspect("equal")
    return figure


def encrypted_pictogram() -> np.ndarray:
    """A ciphertext in blocks of 4 x 4 pixels, uint8 (32, 32, 3)."""
    rng = np.random.default_rng(1)
    drawings, _ = pictograms.pictograms(rng, 1)
    return BlockScrambler(random_key(rng), 4).encrypt(drawings)[0]


def draw_sheets(ax: Axes, x: float, cells: int, side: float, colour: str, deep: int = 1) -> None:
    """A layer's values: `deep` sheets of cells, one behind the other, the first around (x, 1.6)."""
    edges, width = np.linspace(-side / 2, side / 2, cells + 1), 1.2 if cells == 8 else 0.4
    look = {"cmap": ListedColormap([colour]), "edgecolors": "white", "linewidth": width}
    for back in 0.12 * np.arange(deep)[::-1]:
        places = (x + back + edges, 1.6 + back + edges)
        ax.pcolormesh(*places, np.zeros((cells, cells)), zorder=3, **look)


# --- Lesson 06 ------------------------------------------------------------------------------------


def experiment() -> Figure:
    """What is done to pictures before a network learns from them and is tested (paper 2, figure 5).

    The dashed line is the attacker's gradient, for which the paper does not say how it gets past
    the cipher.
    """
    title = "The paper's experiment: noise first, then encryption"
    figure, ax = sheet(title, 4.3, 14.4, 4.4)
    ax.plot([7.7, 7.7], [1.2, 3.2], color=BLACK, lw=1.5, ls=":", zorder=0)
    ax.plot([9.9, 4.5], [1.6, 1.6], color=VERMILLION, lw=2, ls="--", zorder=0)
    for x, y, width, colour, text, line in (
        (1.3, 3.7, 2.3, "white", "pictures to\nlearn from", "-"),
        (1.3, 0.7, 2.3, "white", "pictures to\nbe tested on", "-"),
        (4.5, 3.7, 2.3, VERMILLION, "PGD noise\n(only Adv)", "--"),
        (4.5, 0.7, 2.3, VERMILLION, "PGD noise (for\nthe last column)", "-"),
        (7.7, 3.7, 2.3, SKY, "encrypt\n(not Plain)", "-"),
        (7.7, 0.7, 2.3, SKY, "encrypt\n(not Plain)", "-"),
        (7.7, 2.35, 2.9, "white", "key: one, or a new\none each batch (DK)", "-"),
    ):
        figures.draw_box(ax, (x, y), (width, 1), colour, text, line, fontsize=12.5)
    figures.draw_box(ax, (11, 2.2), (2.2, 1.8), YELLOW, "network", "-", fontsize=14, weight="bold")
    write(ax, (2.9, 2.2), "the gradient: of what?")
    write(ax, (13.7, 2.2), "errors")
    for y in (0.7, 3.7):
        draw_arrow(ax, (2.45, y), (3.35, y))
        draw_arrow(ax, (5.65, y), (6.55, y))
    draw_arrow(ax, (8.85, 3.7), (10.4, 3.1))
    draw_arrow(ax, (8.85, 0.7), (10.4, 1.3))
    draw_arrow(ax, (12.1, 2.2), (13.1, 2.2))
    draw_arrow(ax, (4.5, 1.6), (4.5, 1.22), "-", VERMILLION)
    draw_arrow(ax, (4.5, 1.6), (4.5, 3.18), "--", VERMILLION)
    return figure


DIAGRAMS = {
    "dissolving_eye": dissolving_eye,
    "pixels_in_blocks": pixels_in_blocks,
    "attacker": attacker,
    "adaptation_network": adaptation_network,
    "experiment": experiment,
}


def main(words: Sequence[str] | None = None) -> None:
    """The command line, which has nothing to choose."""
    argparse.ArgumentParser(prog=COMMAND, description=__doc__).parse_args(words)
    for name, draw in DIAGRAMS.items():
        path = pictures.FOLDER / f"{name}.png"
        with publish.result_at(path, COMMAND), atomic_write(path) as unfinished:
            unfinished.write_bytes(figures.to_png(draw()))


if __name__ == "__main__":
    main()
