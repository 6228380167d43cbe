"""Every figure draws something, readable from afar, and carries its description in words."""

from __future__ import annotations

import inspect
import io

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from helpers import figures, pictures
from helpers.bits import PAPER_KEY, flip
from helpers.neural.training import History, Phase

EYE = pictures.load("eye")
SMALL = EYE[64:192:2, 64:192:2]
HISTORY = History(Phase("all", 300), 16, [100, 200, 300], [8.0, 3.0, 0.1], [8.0, 6.0, 7.5])
COUNTS = np.arange(1, 33).reshape(8, 4) ** 2
SHARES = np.linspace(0.1, 0.5, 16)

EXAMPLES = {  # the arguments of one call for every plot
    "block_repeats": ([COUNTS, COUNTS[::-1]], ["one", "two"]),
    "bit_planes": (SMALL,),
    "correlations": (np.eye(16), np.ones((16, 16)) / 2),
    "eves": ({"weak": 0.5, "strong": 0.97}, "Two Eves"),
    "framed": ("Open a picture first.",),
    "game_term": (),
    "key_and_picture": (flip(PAPER_KEY, 6), PAPER_KEY, SMALL, "One bit of the key is wrong."),
    "layer_strips": (
        [("message", np.linspace(-1, 1, 16)), ("convolution", np.ones((32, 2)))],
        "Two layers",
    ),
    "passive_attacker": (),
    "per_position": ({"bits": SHARES}, "Shares", "bit", "share"),
    "picture_and_lines": (SMALL, ["one", "two"], "Two lines"),
    "picture_grid": ([[SMALL, EYE], [EYE, SMALL]], ["left", "right"]),
    "picture_row": ([EYE, EYE[..., 0]], ["colour", "grey"]),
    "pixels_in_blocks": (EYE[100, 100:102],),
    "raw_answers": ([SHARES, -SHARES], ["right key", "wrong key"]),
    "ripples": (np.sin(np.arange(4096)).reshape(256, 16), 3, np.arange(256) % 2, "bit 0"),
    "shares_read": ({"known": (np.arange(9), np.linspace(0, 1, 9))}, "A picture is read"),
    "training_curves": ([HISTORY, HISTORY], "Two phases"),
    "wide_picture": (EYE[100:160], "Part of an eye", ["left", "right"]),
    "wrong_by_batch": ({"Bob": np.zeros(9), "Eve": np.full(9, 5.0)}, "Two readers"),
    "wrong_by_distance": (np.tile(SHARES[:, None], (1, 5)),),
}
every_example = pytest.mark.parametrize("name", EXAMPLES)
PLOTS = {
    name: function
    for name, function in inspect.getmembers(figures, inspect.isfunction)
    if function.__module__ == figures.__name__ and function.__annotations__["return"] == "Figure"
}
ON_AXES = [name for name in EXAMPLES if "ax" in inspect.signature(PLOTS[name]).parameters]


def plot_of(name: str, **options) -> Figure:
    return PLOTS[name](*EXAMPLES[name], **options)


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


# --- Every plot ---


def test_every_plot_has_its_example_here():
    assert set(EXAMPLES) == set(PLOTS) - {"new_figure"}


@every_example
def test_a_plot_is_not_blank(name):
    image = pixels(figures.to_png(plot_of(name)))
    inked = (image != image[0, 0]).any(axis=2)
    assert 0.01 < inked.mean() < 1
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    assert np.ptp(rows) > inked.shape[0] / 2  # and it fills its space
    assert np.ptp(columns) > inked.shape[1] / 2


def words_of(figure: Figure) -> list[Text]:
    """All text that is drawn: titles, labels, ticks, but none of an axis that is turned off."""
    figure.draw_without_rendering()  # ticks come into being here
    hidden = [axis for ax in figure.axes if not ax.axison for axis in (ax.xaxis, ax.yaxis)]
    unseen = {id(text) for axis in hidden for text in axis.findobj(Text)}
    drawn = (text for text in figure.findobj(Text) if text.get_visible() and text.get_text())
    return [text for text in drawn if id(text) not in unseen]


@every_example
def test_a_plot_can_be_read_from_afar(name):
    words = words_of(plot_of(name))
    assert words
    assert not [text.get_text() for text in words if text.get_fontsize() < 10]


@pytest.mark.parametrize("name", ON_AXES)
def test_a_plot_draws_on_the_axes_it_is_given(name):
    ax = figures.new_figure().subplots()
    assert plot_of(name, ax=ax) is ax.figure
    assert ax.has_data() or ax.patches


# --- What they share ---


@settings(max_examples=30)
@given(st.floats(0.5, 9), st.floats(0.5, 9))
@example(2.9, 3.2)
def test_a_figure_has_the_size_that_was_asked_for(width, height):
    image = pixels(figures.to_png(figures.new_figure(width, height), dpi=50))
    assert image.shape[:2] == pytest.approx((50 * height, 50 * width), abs=1)


def test_the_same_figure_is_the_same_png():
    one, two = (figures.to_png(figures.picture_row([EYE], ["an eye"])) for _ in range(2))
    assert one == two
    assert one.startswith(b"\x89PNG")


def test_show_describes_the_picture_in_words(monkeypatch):
    shown = []
    monkeypatch.setattr(figures, "display", lambda *args, **kwargs: shown.append((args, kwargs)))
    figure = figures.picture_row([EYE], ["an eye"])
    figures.show(figure, "An eye, wide open.")
    [((data,), options)] = shown
    assert data["text/plain"] == "An eye, wide open."
    assert pixels(data["image/png"]).shape == pixels(figures.to_png(figure)).shape
    assert options == {"metadata": {"image/png": {"alt": "An eye, wide open."}}, "raw": True}


def test_on_makes_axes_only_where_there_are_none():
    ax = Figure().subplots()
    assert figures.on(ax) is ax
    assert figures.on(None, 3, 2).figure.get_size_inches().tolist() == [3, 2]


def test_a_row_of_pictures_shows_each_under_its_title():
    figure = figures.picture_row([EYE, EYE[:, ::-1], EYE[..., 0]], ["a", "b", "c"])
    assert [ax.get_title() for ax in figure.axes] == ["a", "b", "c"]
    drawn = [ax.images[0].get_array() for ax in figure.axes]
    assert np.array_equal(drawn[1], EYE[:, ::-1])


def test_a_dark_grey_picture_stays_dark():
    """Greys are drawn as they are, not stretched from black to white."""
    image = pixels(figures.to_png(figures.picture_row([np.full((8, 8), 60, np.uint8)], [""])))
    assert image[image.shape[0] // 2, image.shape[1] // 2].tolist() == [60, 60, 60]


def test_colours_are_those_of_okabe_and_ito():
    eight = "BLACK ORANGE SKY GREEN YELLOW BLUE VERMILLION PURPLE"
    values = [getattr(figures, name) for name in eight.split()]
    assert values == [
        *("#000000", "#E69F00", "#56B4E9", "#009E73"),
        *("#F0E442", "#0072B2", "#D55E00", "#CC79A7"),
    ]
    assert len({figures.ALICE, figures.BOB, figures.EVE} & set(values)) == 3


# --- Pictures drawn pixel by pixel ---


def test_a_picture_dissolves_from_left_to_right():
    image = figures.dissolve(EYE, cell=16, zoom=6)
    assert image.shape == (6 * 256, 6 * 256, 3)
    whole = EYE.repeat(6, axis=0).repeat(6, axis=1)
    assert np.array_equal(image[:, :288], whole[:, :288])
    assert not (image[:, -96:] == whole[:, -96:]).all(axis=(0, 2)).any()


def test_a_tile_shows_the_bits_of_its_colour():
    tile = figures.bit_tile(np.array([0b10000001, 0xFF, 0], np.uint8), 96)
    assert tile.shape == (96, 96, 3)
    lit = (tile[16::32, 6::12] > 24).any(axis=2)  # the middles of three rows of eight bars
    assert lit.astype(int).tolist() == [[1, 0, 0, 0, 0, 0, 0, 1], [1] * 8, [0] * 8]


def test_chosen_blocks_light_up():
    chosen = np.zeros(24, bool)
    chosen[0] = True  # the first two bytes: red and green of the first pixel
    picture = np.full((4, 4, 3), 90, np.uint8)
    image = figures.lit_blocks(picture, chosen, pixel=(100, 100))  # no frame in sight
    assert image.dtype == np.uint8
    assert image[0, 0].tolist() == [0xF0, 0xE4, 0x42]
    assert (image.reshape(-1, 3)[1:] == 30).all()
