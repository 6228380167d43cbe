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
NIBBLES = np.arange(96) % 16
CLASSES = ("bird", "cup", "tree")
ANSWERS = np.array([[0.9, 0.1, 0], [0.5, 0.3, 0.2], [0.1, 0.8, 0.1]])
ROWS = {"Plain": 1.0, "Encrypted": 0.3}
RUNGS = dict(zip(figures.RUNGS, np.linspace(0, 1, len(figures.RUNGS))))
BANDS = np.linspace([0, 0.1, 0.2], [0.4, 0.5, 0.55], 8)
TWO_BITS = np.tile(np.arange(4), (4, 1))
BY_EPS = {rung: np.array([error, 1]) for rung, error in RUNGS.items()}

EXAMPLES = {  # the arguments of one call for every plot
    "adaptation_network": (EYE[:32, :32],),
    "answers_by_step": (ANSWERS, CLASSES, "Three steps"),
    "block_repeats": ([COUNTS, COUNTS[::-1]], ["one", "two"]),
    "bit_planes": (SMALL,),
    "avalanche_by_rounds": ({"of the message": BANDS, "of the key": BANDS / 2}, 6),
    "cipher_tables": ([TWO_BITS ^ TWO_BITS.T, TWO_BITS], ["a pad", "none"], "messages", "keys"),
    "distinct_by_way": ({"one": [65536, 65536], "another": [4, 900]},),
    "first_repeats": (np.arange(100, 700, 5), 65536),
    "spread": ([BANDS > 0.3, BANDS > 0.1], ["a message bit", "a key bit"]),
    "block_steps": (EYE[:4, :4], {"one": (NIBBLES, 3), "two": (15 - NIBBLES, 50)}, EYE[4:8, :4]),
    "correlations": (np.eye(16), np.ones((16, 16)) / 2),
    "error_rates": ({"right key": 0.1, "another": 0.88}, 0.9, "Two keys"),
    "error_by_eps": ({"one": BY_EPS, "two": BY_EPS}, [1, 8], "Two sizes"),
    "errors_by_batch": ([0, 25], {"clean": [0.9, 0.9], "noise": [0.9, 0.2]}),
    "experiment_flow": (),
    "eves": ({"weak": 0.5, "strong": 0.97}, "Two Eves"),
    "followed_noise": ({"one": ROWS, "two": ROWS}, "Two networks"),
    "framed": ("Open a picture first.",),
    "game_term": (),
    "key_and_pictures": (
        flip(PAPER_KEY, 6),
        PAPER_KEY,
        [SMALL, SMALL],
        ["one pair", "another"],
        "One bit of the key is wrong.",
    ),
    "ladder_bars": ({"photographs": RUNGS}, {"photographs": 0.2}, "A ladder"),
    "layer_strips": (
        [("message", np.linspace(-1, 1, 16)), ("convolution", np.ones((32, 2)))],
        "Two layers",
    ),
    "nibble_correlations": ([np.eye(96), np.ones((96, 96)) / 2], ["before", "after"]),
    "passive_attacker": (),
    "per_position": ({"bits": SHARES}, "Shares", "bit", "share"),
    "picture_and_lines": (SMALL, ["one", "two"], "Two lines"),
    "picture_grid": ([[SMALL, EYE], [EYE, SMALL]], ["left", "right"], 2.5, ["upper", "lower"]),
    "picture_row": ([EYE, EYE[..., 0]], ["colour", "grey"]),
    "pictures_and_answers": (
        [EYE, SMALL],
        ["one", "two"],
        {"one": ANSWERS[0], "two": ANSWERS[2]},
        CLASSES,
        "Two pictures",
    ),
    "pictures_and_text": ([EYE, SMALL], ["one", "two"], "Two pictures"),
    "pixels_in_blocks": (EYE[100, 100:102],),
    "raw_answers": ([SHARES, -SHARES], ["right key", "wrong key"]),
    "ripples": (np.sin(np.arange(4096)).reshape(256, 16), 3, np.arange(256) % 2, "bit 0"),
    "scenario_errors": ({"test": {"paper": ROWS, "ours": ROWS}, "attack": {"ours": ROWS}},),
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


def test_a_title_with_dollars_in_it_is_no_formula():
    figures.to_png(figures.picture_row([np.zeros((4, 4, 3), np.uint8)], [r"a pair called $\frac$"]))


def test_a_dark_grey_picture_stays_dark():
    """Greys are drawn as they are, not stretched from black to white."""
    image = pixels(figures.to_png(figures.picture_row([np.full((8, 8), 60, np.uint8)], [""])))
    assert image[image.shape[0] // 2, image.shape[1] // 2].tolist() == [60, 60, 60]


NOISE = np.random.default_rng(1).integers(0, 256, (64, 48, 3), dtype=np.uint8)
LARGE = NOISE.repeat(3, axis=0).repeat(2, axis=1)


def copies_in(image: np.ndarray, picture: np.ndarray) -> int:
    """How often a picture lies in an image, equal in every pixel."""
    height, width = picture.shape[:2]
    corners = np.argwhere((image[: 1 - height, : 1 - width] == picture[0, 0]).all(axis=2))
    parts = (image[y : y + height, x : x + width] for y, x in corners)
    return sum(np.array_equal(part, picture) for part in parts)


@pytest.mark.parametrize("size", [0.9, 1, 1.3, 2, 2.9])
def test_every_pixel_of_a_picture_is_drawn_as_large_as_the_others_in_its_own_colour(size):
    zoom = round(size * figures.DPI / 48)
    drawn = NOISE.repeat(zoom, axis=0).repeat(zoom, axis=1)
    row = figures.picture_row([NOISE, NOISE[::-1], NOISE], ["a", "b", "a again"], size)
    grid = figures.picture_grid([[NOISE], [NOISE]], ["a"], size, ["one", "two"])
    above = figures.pictures_and_text([NOISE, NOISE], ["a", "b"], "Twice the same noise. " * 9)
    assert copies_in(pixels(figures.to_png(row)), drawn) == 2
    assert copies_in(pixels(figures.to_png(grid)), drawn) == 2
    key = figures.key_and_pictures(PAPER_KEY, PAPER_KEY, [NOISE] * 3, ["a"] * 3, "The right key.")
    assert copies_in(pixels(figures.to_png(above)), NOISE.repeat(7, 0).repeat(7, 1)) == 2
    assert copies_in(pixels(figures.to_png(key)), NOISE.repeat(6, 0).repeat(6, 1)) == 3


def test_a_picture_that_is_too_large_is_made_smaller_by_a_whole_number():
    assert figures.whole_box(np.zeros((3000, 4000, 3)), 2.9) == (3000 // 13, 4000 // 13)
    assert figures.whole_box(np.zeros((1, 4000, 3)), 2.9) == (1, 4000 // 13)
    assert figures.whole_box(np.zeros((256, 256)), 2.2) == (256, 256)


def test_a_picture_of_other_proportions_fills_the_box_of_the_first():
    image = pixels(figures.to_png(figures.picture_row([NOISE[:32, :32], LARGE], ["", ""], 1)))
    inked = (image != 255).any(axis=2)
    assert np.ptp(np.flatnonzero(inked.any(axis=1))) + 1 == 96


def test_curves_are_kept_in_256_colours():
    image = Image.open(io.BytesIO(figures.to_png(plot_of("game_term"))))
    assert image.mode == "P"


def test_the_phases_of_a_game_are_numbered():
    words = [text.get_text() for text in plot_of("training_curves").axes[0].texts]
    assert words[-2:] == ["phase 1", "phase 2"]


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


def test_a_followed_nibble_is_framed_where_it_stands():
    """Nibble 51 is the high one of byte 3, red of the second pixel: column 1 of the high ones."""
    ax = figures.new_figure().subplots()
    figures.nibble_sheet(NIBBLES, 51, ax)
    *cells, frame = sorted(ax.patches, key=lambda patch: patch.get_zorder())
    assert len(cells) == 96
    assert frame.get_xy() == (1, 0)
    [cell] = [cell for cell in cells if cell.get_xy() == (1, 0)]
    assert cell.get_facecolor()[0] == pytest.approx(NIBBLES[51] / 15)


def test_row_names_stand_left_of_their_rows():
    figure = figures.picture_grid([[EYE], [SMALL]], ["eye"], names=["large", "small"])
    assert [ax.texts[0].get_text() for ax in figure.axes] == ["large", "small"]


@pytest.mark.parametrize(("size", "zoom"), [((32, 32), 8), ((30, 100), 2), ((129, 5), 1)])
def test_small_pictures_grow_pixel_by_pixel(size, zoom):
    picture = np.random.default_rng(1).integers(0, 256, (*size, 3), np.uint8)
    grown = figures.enlarged(picture)
    assert grown.shape == (size[0] * zoom, size[1] * zoom, 3)
    assert all(
        np.array_equal(grown[i::zoom, j::zoom], picture) for i in range(zoom) for j in range(zoom)
    )


@settings(max_examples=30)
@given(st.integers(0, 255), st.integers(0, 2**32 - 1))
def test_noise_is_seen_however_small_it_is(size, seed):
    noise = np.random.default_rng(seed).integers(-size, size, (4, 5, 3), endpoint=True)
    image = figures.visible_noise(noise)
    assert image.dtype == np.uint8 and image.shape == noise.shape
    assert np.all(image[noise == 0] == 128)
    brightness = image.ravel()[noise.argsort(axis=None)].astype(int)
    assert np.all(np.diff(brightness) >= 0)
    assert not noise.any() or {image.min(), image.max()} & {0, 255}


def test_every_rung_of_the_ladder_has_its_words_and_no_two_the_same_look():
    from helpers.learnable import ladder

    named = [name for name in figures.RUNGS if name != "white_box_on_plain"]
    assert all(f"`{name}`" in ladder.__doc__ for name in named)
    assert len(named) == 10
    assert {colour for _, colour, _ in figures.RUNGS.values()} == {
        figures.BLACK,
        *figures.KINDS.values(),
    }
    assert len({(colour, line) for _, colour, line in figures.RUNGS.values()}) == 11


def test_whoever_measured_keeps_a_look_in_every_column():
    errors = {"test": {"paper": ROWS, "ours": ROWS}, "attack": {"ours": ROWS}}
    left, right = figures.scenario_errors(errors).axes
    assert [line.get_label() for line in left.lines] == ["paper", "ours"]
    assert left.lines[1].get_marker() == right.lines[0].get_marker() != left.lines[0].get_marker()


def test_a_table_shows_every_ciphertext_where_it_stands():
    figure = figures.cipher_tables([TWO_BITS ^ TWO_BITS.T], ["a pad"], "messages", "keys")
    written = [text.get_text() for text in figure.axes[0].texts]
    assert written[:4] == ["00", "01", "10", "11"] and written[4:8] == ["01", "00", "11", "10"]
    colours = {patch.get_facecolor() for patch in figure.axes[0].patches}
    assert len(colours) == 4


@every_example
def test_no_label_is_a_formula_that_nobody_sets(name):
    """A logarithmic axis labels itself in TeX, which is not set: see `text.parse_math`."""
    figure = PLOTS[name](*EXAMPLES[name])
    figure.draw_without_rendering()
    assert not [text for text in figure.findobj(Text) if "$" in text.get_text()]
