"""Every figure draws something, readable from afar, and carries its description in words."""

from __future__ import annotations

import functools
import importlib
import inspect
import io
import pkgutil

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from data.studies import draw_diagrams
from helpers import figures, pictures
from helpers.bits import PAPER_KEY, flip
from helpers.figures import charts, lesson05, lesson06, lesson07, stills
from helpers.neural.training import History, Phase

EYE = pictures.load("eye")
SMALL = EYE[64:192:2, 64:192:2]
FIRST = History(Phase("all", 300), 16, [100, 200, 300], [8.0, 3.0, 0.1], [8.0, 6.0, 7.5])
SECOND = History(Phase("Eve", 300), 16, [400, 500, 600], [0.1, 0.1, 0.1], [7.5, 6.0, 6.5])
COUNTS = np.arange(1, 33).reshape(8, 4) ** 2
SHARES = np.linspace(0.1, 0.5, 16)
NIBBLES = np.arange(96) % 16
CLASSES = ("bird", "cup", "tree")
ANSWERS = np.array([[0.9, 0.1, 0], [0.5, 0.3, 0.2], [0.1, 0.8, 0.1]])
ROWS = {"Plain": 1.0, "Encrypted": 0.3}
BY_EPS = {"noise": np.array([0.1, 0.2]), "attack": np.array([[0, 0.1, 0.2], [0.9, 1, 1]])}
BAND = np.linspace([0, 0.1, 0.2], [0.4, 0.5, 0.55], 8)
SPREAD = np.linspace(0, 1, 21 * 16).reshape(21, 16) > 0.3
TWO_BITS = np.tile(np.arange(4), (4, 1))
HALF = ("one half", 0.5)

EXAMPLES = {  # the arguments of one call for every figure
    "charts.bars": ({"weak": 0.5, "strong": 0.97}, "Two Eves", "bits read", HALF),
    "charts.curves": ({"one": BAND, "two": BAND[:, 0]}, "Two", "x", "y", HALF),
    "charts.maps": ([COUNTS, COUNTS[::-1]], ["one", "two"], "times", (1, 1024), "number", True),
    "picture_grid": ([[SMALL, EYE], [EYE, SMALL]], ["left", "right"], 2.5, ["upper", "lower"]),
    "picture_row": ([EYE, EYE[..., 0]], ["colour", "grey"]),
    "charts.training_curves": ([FIRST, SECOND], "Two phases"),
    "stills.changes_by_round": ([1, 5, 0xFFFF], [1.0, 2.5, 8.0], "Three rounds"),
    "stills.framed": ("Open a picture first.",),
    "stills.key_and_pictures": (
        flip(PAPER_KEY, 6),
        PAPER_KEY,
        [SMALL, SMALL],
        ["one pair", "another"],
        "One bit of the key is wrong.",
    ),
    "stills.picture_and_lines": (SMALL, ["one", "two"], "Two lines"),
    "stills.pictures_and_text": ([EYE, SMALL], ["one", "two"], "Two pictures"),
    "lesson01.bit_planes": (SMALL,),
    "lesson02.layer_strips": (
        [("message", np.linspace(-1, 1, 16)), ("convolution", np.ones((32, 2)))],
        "Two layers",
    ),
    "lesson03.ripples": (np.sin(np.arange(4096)).reshape(256, 16), 3, np.arange(256) % 2, "bit 0"),
    "lesson04.per_position": ({"bits": SHARES, "more": SHARES / 2}, "Shares", "bit", "share"),
    "lesson04.raw_answers": ([SHARES, -SHARES], ["right key", "wrong key"]),
    "lesson04.wrong_by_distance": (np.linspace(0, 0.5, 17 * 5).reshape(17, 5),),
    "lesson05.block_steps": (
        EYE[:4, :4],
        {"one": (NIBBLES, 3), "two": (15 - NIBBLES, 50)},
        EYE[4:8, :4],
    ),
    "lesson06.answers_by_step": (ANSWERS, CLASSES, "Three steps"),
    "lesson06.error_by_eps": ({"one": BY_EPS, "two": BY_EPS}, [1, 8], "Two sizes"),
    "lesson06.pictures_and_answers": (
        [EYE, SMALL],
        ["one", "two"],
        {"one": ANSWERS[0], "two": ANSWERS[2]},
        CLASSES,
        "Two pictures",
    ),
    "lesson06.scenario_errors": (
        {"test": {"paper": ROWS, "ours": ROWS}, "attack": {"ours": ROWS}},
    ),
    "lesson07.cipher_tables": ([TWO_BITS ^ TWO_BITS.T, TWO_BITS], ["a pad", "none"], "sent", "key"),
    "lesson07.distinct_by_way": ({"one": [65536, 65536], "another": [4, 900]},),
    "lesson07.spread": ([SPREAD, ~SPREAD], ["a message bit", "a key bit"]),
    "lesson08.beside_the_best": (
        [3, 5],
        {"one": [1, 0.9], "two": [1, 0.95]},
        [[1, 0.999], [0.904, 0.902]],
        0.68,
    ),
    "lesson08.learned_by_strength": ({"one": [(2.5, 1), (9, 0.7)], "two": [(12, 0.6)]},),
}
MODULES = ["", *(module.name for module in pkgutil.iter_modules(figures.__path__))]
PLOTS = {
    f"{module}.{name}".strip("."): function
    for module in MODULES
    for name, function in inspect.getmembers(
        importlib.import_module(f"helpers.figures.{module}".strip(".")), inspect.isfunction
    )
    if function.__annotations__.get("return") == "Figure"
    and function.__module__ == f"helpers.figures.{module}".strip(".")
}
DRAWN = {f"drawing.{name}": draw for name, draw in draw_diagrams.DIAGRAMS.items()}
every_figure = pytest.mark.parametrize("name", [*EXAMPLES, *DRAWN])


@functools.cache
def figure_of(name: str) -> Figure:
    return DRAWN[name]() if name in DRAWN else PLOTS[name](*EXAMPLES[name])


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


# --- Every figure ---


def test_every_figure_has_its_example_here():
    assert set(EXAMPLES) == set(PLOTS) - {"new_figure"}


@every_figure
def test_a_figure_is_not_blank(name):
    image = pixels(figures.to_png(figure_of(name), dpi=50))
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


@every_figure
def test_a_figure_can_be_read_from_afar_and_no_label_is_a_formula_that_nobody_sets(name):
    """A logarithmic axis labels itself in TeX, which is not set: see `text.parse_math`."""
    words = words_of(figure_of(name))
    assert words
    assert not [text.get_text() for text in words if text.get_fontsize() < 10]
    assert not [text.get_text() for text in words if "$" in text.get_text()]


# --- What they share ---


@settings(max_examples=10)
@given(st.floats(0.5, 9), st.floats(0.5, 9))
@example(2.9, 3.2)
def test_a_figure_has_the_size_that_was_asked_for(width, height):
    image = pixels(figures.to_png(figures.new_figure(width, height), dpi=50))
    assert image.shape[:2] == pytest.approx((50 * height, 50 * width), abs=1)


def test_the_same_figure_is_the_same_png():
    one, two = (figures.to_png(figures.picture_row([EYE], ["an eye"])) for _ in range(2))
    assert one == two
    assert one.startswith(b"\x89PNG")


@pytest.fixture
def shown(monkeypatch):
    """What was displayed: the data and the metadata of each output."""
    found = []

    def display(data: dict, metadata: dict, raw: bool) -> None:
        assert raw
        found.append((data, metadata))

    monkeypatch.setattr(figures, "display", display)
    return found


def test_show_describes_the_figure_in_words(shown):
    figure = figures.picture_row([EYE], ["an eye"])
    figures.show(figure, "An eye, wide open.")
    [(data, metadata)] = shown
    assert data["text/plain"] == "An eye, wide open."
    assert pixels(data["image/png"]).shape == pixels(figures.to_png(figure)).shape
    assert metadata == {"image/png": {"alt": "An eye, wide open."}}


def test_a_shipped_drawing_is_shown_as_it_is_with_its_description(shown):
    figures.show_drawing("attacker", alt="Eve listens.")
    [(data, metadata)] = shown
    assert data["image/png"] == (pictures.FOLDER / "attacker.png").read_bytes()
    assert data["text/plain"] == metadata["image/png"]["alt"] == "Eve listens."


@pytest.mark.parametrize("name", draw_diagrams.DIAGRAMS)
def test_a_shipped_drawing_is_what_its_study_draws(name):
    """Another version of Matplotlib may set a letter a little otherwise."""
    shipped = pixels((pictures.FOLDER / f"{name}.png").read_bytes()).astype(int)
    drawn = pixels(figures.to_png(draw_diagrams.DIAGRAMS[name]()))
    assert shipped.shape == drawn.shape
    assert np.mean(np.abs(shipped - drawn)) < 2


def test_curves_are_kept_in_256_colours_and_pictures_in_all_of_theirs():
    curves = Image.open(io.BytesIO(figures.to_png(figure_of("charts.curves"))))
    row = Image.open(io.BytesIO(figures.to_png(figure_of("picture_row"))))
    assert (curves.mode, row.mode) == ("P", "RGB")


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2."""
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


PAPERS = [figures.ORANGE, figures.SKY, figures.GREEN, figures.YELLOW, figures.BLUE]
PAPERS += [figures.VERMILLION, figures.PURPLE, figures.PALE]


@pytest.mark.parametrize("paper", PAPERS)
def test_words_on_a_colour_can_be_read(paper):
    """3:1 is what WCAG 2 asks of large letters."""
    ink = {"white": 1.0, figures.BLACK: 0.0}[figures.ink_on(paper)]
    dark, bright = sorted([ink, luminance(paper)])
    assert (bright + 0.05) / (dark + 0.05) >= 3


def test_alice_bob_and_eve_have_colours_that_differ_in_brightness_or_hue():
    assert len({figures.ALICE, figures.BOB, figures.EVE}) == 3
    assert abs(luminance(figures.BOB) - luminance(figures.ALICE)) > 0.2


# --- Pictures, pixel by pixel ---


def test_a_row_of_pictures_shows_each_under_its_title():
    figure = figures.picture_row([EYE, EYE[:, ::-1], EYE[..., 0]], ["a", "b", "c"])
    assert [ax.get_title() for ax in figure.axes] == ["a", "b", "c"]
    drawn = [ax.images[0].get_array() for ax in figure.axes]
    assert np.array_equal(drawn[1], EYE[:, ::-1])


def test_row_names_stand_left_of_their_rows():
    figure = figures.picture_grid([[EYE], [SMALL]], ["eye"], names=["large", "small"])
    assert [ax.texts[0].get_text() for ax in figure.axes] == ["large", "small"]


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
    assert copies_in(pixels(figures.to_png(row)), drawn) == 2
    assert copies_in(pixels(figures.to_png(grid)), drawn) == 2


def test_every_pixel_of_a_still_is_drawn_as_large_as_the_others_in_its_own_colour():
    above = stills.pictures_and_text([NOISE, NOISE], ["a", "b"], "Twice the same noise. " * 9)
    key = stills.key_and_pictures(PAPER_KEY, PAPER_KEY, [NOISE] * 3, ["a"] * 3, "The right key.")
    assert copies_in(pixels(figures.to_png(above)), NOISE.repeat(7, 0).repeat(7, 1)) == 2
    assert copies_in(pixels(figures.to_png(key)), NOISE.repeat(6, 0).repeat(6, 1)) == 3


def test_a_picture_that_is_too_large_is_made_smaller_by_a_whole_number():
    assert figures.whole_box(np.zeros((3000, 4000, 3)), 2.9) == (3000 // 13, 4000 // 13)
    assert figures.whole_box(np.zeros((1, 4000, 3)), 2.9) == (1, 4000 // 13)
    assert figures.whole_box(np.zeros((2000, 3, 3)), 2.9) == (1000, 1), "no page of paper is taller"
    assert figures.whole_box(np.zeros((256, 256)), 2.2) == (256, 256)


def test_a_picture_of_other_proportions_fills_the_box_of_the_first():
    image = pixels(figures.to_png(figures.picture_row([NOISE[:32, :32], LARGE], ["", ""], 1)))
    inked = (image != 255).any(axis=2)
    assert np.ptp(np.flatnonzero(inked.any(axis=1))) + 1 == 96


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


def test_chosen_blocks_light_up():
    chosen = np.zeros(24, bool)
    chosen[0] = True  # the first two bytes: red and green of the first pixel
    picture = np.full((4, 4, 3), 90, np.uint8)
    image = stills.lit_blocks(picture, chosen, pixel=(100, 100))  # no frame in sight
    assert image.dtype == np.uint8
    assert image[0, 0].tolist() == [0xF0, 0xE4, 0x42]
    assert (image.reshape(-1, 3)[1:] == 30).all()


def test_a_picture_dissolves_from_left_to_right():
    image = draw_diagrams.dissolve(EYE, cell=16, zoom=6)
    assert image.shape == (6 * 256, 6 * 256, 3)
    whole = EYE.repeat(6, axis=0).repeat(6, axis=1)
    assert np.array_equal(image[:, :288], whole[:, :288])
    assert not (image[:, -96:] == whole[:, -96:]).all(axis=(0, 2)).any()


def test_a_tile_shows_the_bits_of_its_colour():
    tile = draw_diagrams.bit_tile(np.array([0b10000001, 0xFF, 0], np.uint8), 96)
    assert tile.shape == (96, 96, 3)
    lit = (tile[16::32, 6::12] > 24).any(axis=2)  # the middles of three rows of eight bars
    assert lit.astype(int).tolist() == [[1, 0, 0, 0, 0, 0, 0, 1], [1] * 8, [0] * 8]


# --- Bars, curves, maps, tables ---


def test_a_bar_is_as_long_as_its_share_and_says_so():
    [ax] = figure_of("charts.bars").axes
    assert [bar.get_width() for bar in ax.patches] == [0.5, 0.97]
    words = [text.get_text() for text in ax.texts]
    assert words == ["50 %", "97 %", "one half"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["weak", "strong"]


def test_a_curve_is_its_mean_in_a_band_from_the_lowest_to_the_highest():
    [ax] = figure_of("charts.curves").axes
    assert np.array_equal(ax.lines[0].get_ydata(), BAND[:, 1])
    band = ax.collections[0].get_paths()[0].vertices
    assert band[:, 1].min() == BAND[:, 0].min() and band[:, 1].max() == BAND[:, 2].max()
    assert np.array_equal(ax.lines[1].get_ydata(), BAND[:, 0])
    assert [label.get_text() for label in ax.get_legend().texts] == ["one", "two", "one half"]


def test_shares_are_in_percent_and_numbers_are_not():
    shares = charts.curves({"a": [0, 1]}, "", "x", "y")
    numbers = charts.curves({"a": [0, 12]}, "", "x", "y", top=12)
    percents = {"%" in text.get_text() for text in words_of(shares)}
    assert percents == {True, False}
    assert not any("%" in text.get_text() for text in words_of(numbers))


def test_over_thousands_the_axis_counts_in_tens():
    figure = charts.curves({"a": [0, 1]}, "", "x", "y", x=[1, 5000], xscale="log")
    assert {"10", "100", "1,000"} <= {text.get_text() for text in words_of(figure)}


def test_the_phases_of_a_game_are_numbered():
    words = [text.get_text() for text in figure_of("charts.training_curves").axes[0].texts]
    assert words == ["phase 1", "phase 2"]


def test_equal_numbers_have_equal_colours_in_every_map():
    one, two, _ = figure_of("charts.maps").axes
    [first], [second] = one.images, two.images
    assert np.array_equal(first.to_rgba(COUNTS), second.to_rgba(COUNTS))


def test_a_followed_nibble_is_framed_where_it_stands():
    """Nibble 51 is the high one of byte 3, red of the second pixel: column 1 of the high ones."""
    ax = figures.new_figure().subplots()
    lesson05.nibble_sheet(ax, NIBBLES, 51)
    [frame] = ax.patches
    assert frame.get_xy() == (1, 0)
    [sheet] = [mesh for mesh in ax.collections if mesh.get_coordinates()[0, 0].tolist() == [0, 0]]
    assert sheet.get_array()[0, 1] == NIBBLES[51]
    assert sum(mesh.get_array().size for mesh in ax.collections) == 96


def test_words_at_the_ends_of_curves_do_not_lie_on_each_other():
    heights = [1, 0.99, 0.05, 1, 0.9]
    moved = lesson06.apart(heights)
    assert np.diff(sorted(moved)).min() > 0.074
    assert moved[2] == 0.05 and all(there <= here for there, here in zip(moved, heights))


def test_whoever_measured_fewer_rows_hides_none_of_the_others():
    [ax] = lesson06.scenario_errors(
        {"test": {"paper": ROWS, "ours": dict([*ROWS.items()][:1])}}
    ).axes
    assert len(ROWS) > 1 and ax.get_ylim() == (len(ROWS) - 0.5, -0.5)


def test_whoever_measured_keeps_a_look_in_every_column():
    errors = {"test": {"paper": ROWS, "ours": ROWS}, "attack": {"ours": ROWS}}
    left, right = lesson06.scenario_errors(errors).axes
    paper, ours = left.collections
    assert [dots.get_label() for dots in left.collections] == ["paper", "ours"]
    [same] = right.collections
    assert np.array_equal(ours.get_facecolor(), same.get_facecolor())
    assert not np.array_equal(ours.get_paths()[0].vertices, paper.get_paths()[0].vertices)


def test_a_table_shows_every_ciphertext_where_it_stands():
    figure = lesson07.cipher_tables([TWO_BITS ^ TWO_BITS.T], ["a pad"], "messages", "keys")
    written = [text.get_text() for text in figure.axes[0].texts]
    assert written[:4] == ["00", "01", "10", "11"] and written[4:8] == ["01", "00", "11", "10"]
    colours = {patch.get_facecolor() for patch in figure.axes[0].patches}
    assert len(colours) == 4
