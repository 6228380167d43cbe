"""What the figures of all lessons share: one style, how they are shown, and pictures.

Every function takes arrays and returns a figure, which `show` displays. Bars, curves and maps are
in `charts`. What one lesson alone draws is in a module of its own, in the order of that lesson:
`helpers.figures.lesson03`, for example.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
from cycler import cycler
from IPython.display import display
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter
from matplotlib.transforms import Bbox
from PIL import Image

from helpers import manifest
from helpers.bits import Picture

# Okabe & Ito (2008), "Color Universal Design": eight colours that colour-blind readers tell apart.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILLION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, PALE = "#767676", "#E4E4E4"

ALICE, BOB, EVE = ORANGE, BLUE, VERMILLION

DPI = 110  # pixels an inch of every figure in a lesson

STYLE = {  # to be read from the last row of a classroom
    "font.size": 12,
    "axes.titlesize": 14,
    "figure.titlesize": 14,
    "axes.labelsize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.prop_cycle": cycler(color=[BLUE, VERMILLION, GREEN]),
    "lines.linewidth": 2.5,
    "legend.edgecolor": "white",
    "grid.color": PALE,
    "text.parse_math": False,  # a name with dollars in it is no formula
}
matplotlib.rcdefaults()  # no matplotlibrc, beside a lesson or at home, changes what is shown
matplotlib.rcParams.update(STYLE)

GUIDE: dict[str, Any] = {"color": GREY, "ls": "--", "lw": 1.5}  # a line to compare with
CENTRED: dict[str, Any] = {"ha": "center", "va": "center"}
BELOW: dict[str, Any] = {"loc": "outside lower center"}  # of a legend

Place = tuple[float, float]  # x and y, or width and height


def new_figure(width: float = 8, height: float = 4) -> Figure:
    """An empty figure, sizes in inches, whose parts keep clear of each other."""
    return Figure(figsize=(width, height), layout="constrained")


def one_plot(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of this size in inches, and the one pair of axes in it."""
    figure = new_figure(width, height)
    return figure, figure.subplots()


def plots(count: int, width: float, height: float, **options: Any) -> tuple[Figure, Sequence[Axes]]:
    """A figure of this size in inches, and `count` pairs of axes in it, side by side."""
    figure = new_figure(width, height)
    return figure, figure.subplots(1, count, squeeze=False, **options)[0]


def to_png(figure: Figure, dpi: int = DPI) -> bytes:
    """The figure as the bytes of a PNG file.

    Curves and bars are kept in 256 colours, a third of the size in a notebook; pictures in all of
    theirs, since they are there to be compared.
    """
    drawn, file = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=dpi)
    image = Image.open(drawn).convert("RGB")
    if not any(np.ndim(drawing.get_array()) == 3 for drawing in figure.findobj(AxesImage)):
        image = image.quantize(256, dither=Image.Dither.NONE)
    image.save(file, format="png", optimize=True)
    return file.getvalue()


def show(figure: Figure, alt: str) -> None:
    """Display a figure in a notebook, with its description in words.

    The description reaches screen readers (the output's metadata) and stands in for the picture
    where pictures cannot be shown (text/plain). Tests compare it, so a fact computed for it is a
    checked fact.

    Args:
        figure: as a function of this package returns it.
        alt: what there is to see, in one to three sentences.

    Raises nothing. Outside of a notebook the bytes and the description are printed.

    >>> show(new_figure(1, 1), alt="An empty square.")  # doctest: +ELLIPSIS
    {'image/png': ..., 'text/plain': 'An empty square.'}
    """
    show_png(to_png(figure), alt)


def show_drawing(name: str, alt: str) -> None:
    """Display a shipped drawing, data/pictures/NAME.png, with its description in words.

    Raises ValueError where the file is not as the manifest has it.
    """
    show_png(manifest.checked(f"pictures/{name}.png").read_bytes(), alt)


def show_png(png: bytes, alt: str) -> None:
    """Display the bytes of a PNG file, with their description in words: see `show`."""
    data = {"image/png": png, "text/plain": alt}
    display(data, metadata={"image/png": {"alt": alt}}, raw=True)


# --- What many plots have in them -----------------------------------------------------------------


def percent(axis: Axis) -> None:
    """Shares from 0 to 1 along this axis are written in percent."""
    axis.set_major_formatter(PercentFormatter(1, symbol=" %"))


def bare(ax: Axes) -> None:
    """No frame and no ticks around what is drawn; the names along its sides stay."""
    ax.tick_params(length=0)
    ax.set_frame_on(False)


def ink_on(colour: Any) -> str:
    """Black or white, whichever is read more easily on a colour that Matplotlib knows."""
    return "white" if np.dot(to_rgb(colour), [0.2126, 0.7152, 0.0722]) < 0.46 else BLACK


def draw_box(
    ax: Axes, place: Place, size: Place, colour: Any, text: str = "", line: str = "", **look: Any
) -> None:
    """A box around its middle, framed where a `line` is given ("-", "--"), and words in it."""
    corner = (place[0] - size[0] / 2, place[1] - size[1] / 2)
    frame = {"edgecolor": BLACK, "ls": line, "lw": 1.5} if line else {}
    ax.add_patch(Rectangle(corner, *size, facecolor=colour, **frame))
    ax.text(*place, text, color=ink_on(colour), **CENTRED, **look)


# --- Pictures, pixel by pixel ---------------------------------------------------------------------


def picture_row(pictures: Sequence[Picture], titles: Sequence[str], size: float = 2.9) -> Figure:
    """Pictures side by side, each under its title.

    All fill boxes of the first one's proportions, so that every pixel is drawn as large as the
    others: see `draw_picture`.

    Args:
        pictures: uint8 (height, width[, 3]) each, of any sides.
        titles: one for each picture; a line break makes two lines of it.
        size: about how wide a picture is, in inches.

    Returns:
        The figure, for `show` or `to_png`.

    Raises:
        IndexError: where there is no picture.

    >>> grey = np.full((4, 4, 3), 128, np.uint8)
    >>> figure = picture_row([grey, grey], ["a square", "another"])
    >>> [ax.get_title() for ax in figure.axes]
    ['a square', 'another']
    """
    return picture_grid([pictures], titles, size)


def picture_grid(
    rows: Sequence[Sequence[Picture]],
    titles: Sequence[str],
    size: float = 2.5,
    names: Sequence[str] = (),
) -> Figure:
    """Pictures in rows and columns, each column under its title.

    Args:
        rows: of each row its pictures, uint8 (height, width[, 3]).
        titles: one for each column.
        size: about how wide a picture is, in inches.
        names: one for each row, written at its left; none by default.

    Returns:
        The figure, for `show` or `to_png`.

    Raises:
        IndexError: where there is no picture.

    >>> grey = np.full((4, 4, 3), 128, np.uint8)
    >>> figure = picture_grid([[grey, grey // 2]], ["grey", "dark"], names=["squares"])
    >>> figure.axes[0].texts[0].get_text()
    'squares'
    """
    box = whole_box(rows[0][0], size)
    height, width = (side / DPI for side in box)
    margin = 0.35 if names else 0
    above = 0.1 + 0.21 * (1 + max(title.count("\n") for title in titles))
    figure = new_figure((width + 0.13) * len(titles) + margin, (height + 0.13) * len(rows) + above)
    axes = figure.subplots(len(rows), len(titles), squeeze=False)
    for ax, title in zip(axes[0], titles):
        ax.set_title(title, fontsize=12)
    for ax, picture in zip(axes.flat, (picture for row in rows for picture in row)):
        draw_picture(ax, picture, box)
    for ax, name in zip(axes[:, 0], names):
        place = {"transform": ax.transAxes, "rotation": 90, "ha": "right", "va": "center"}
        ax.text(-0.04, 0.5, name, fontsize=13, **place)
    return figure


def whole_box(picture: Picture, size: float) -> tuple[int, int]:
    """Height and width in pixels of a figure, about `size` inches wide, for a picture to fill.

    They are a whole multiple of the picture's sides, or a whole part of them: with any other size
    some pixels would be drawn wider than others, and noise would show a grid that is not there.
    """
    height, width = picture.shape[:2]
    zoom = min(size / width, 3 * size / height) * DPI  # or a narrow one would be drawn for ever
    if zoom > 0.75:
        return height * max(1, round(zoom)), width * max(1, round(zoom))
    return max(1, height // round(1 / zoom)), max(1, width // round(1 / zoom))


def draw_picture(ax: Axes, picture: Picture, box: tuple[int, int]) -> None:
    """A picture, uint8 (height, width[, 3]), in the middle of `ax`, on just the pixels of `box`."""
    is_enlarged = not (box[0] % picture.shape[0] or box[1] % picture.shape[1])
    pixels = "nearest" if is_enlarged else "antialiased"
    ax.imshow(picture, cmap="gray", vmin=0, vmax=255, aspect="auto", interpolation=pixels)
    ax.set_axis_off()

    def place(ax: Any, _renderer: object) -> Bbox:
        page, size = ax.figure.bbox, np.array(box[::-1]) * ax.figure.dpi / DPI
        room = ax.get_position(original=True)
        middle = page.min + (room.min + room.max) / 2 * page.size
        corner = np.round(middle - size / 2) - page.min
        return Bbox.from_bounds(*corner / page.size, *size / page.size)

    ax.set_axes_locator(place)


def enlarged(picture: Picture) -> Picture:
    """A small picture, uint8 (height, width[, 3]), enlarged pixel by pixel, to be seen: up to about
    256 pixels a side.
    """
    zoom = max(1, 256 // max(picture.shape[:2]))
    return picture.repeat(zoom, axis=0).repeat(zoom, axis=1)


def marked(picture: Picture, top: int, left: int, side: int) -> Picture:
    """A copy of a picture, uint8 (height, width, 3), with a frame around a square of it."""
    rows, columns = np.ogrid[: picture.shape[0], : picture.shape[1]]
    beyond = [np.abs(2 * (i - j) - side + 1) for i, j in ((rows, top), (columns, left))]
    distance, picture = np.maximum(*beyond) - side, picture.copy()
    picture[distance == 1], picture[distance == 3] = 255, 0
    return picture


def visible_noise(noise: np.ndarray) -> Picture:
    """Noise, whole numbers in bytes, as a picture, uint8: grey where there is none, its largest
    value, up or down, amplified to white or black.
    """
    return np.uint8(np.round(127.5 * (1 + noise / max(1, np.abs(noise).max()))))
