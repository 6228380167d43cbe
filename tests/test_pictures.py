"""Pictures: the built-in three, files of every kind and in every state, PNG there and back."""

from __future__ import annotations

import io
import runpy
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as some
from PIL import Image

from helpers import pictures

RED, WHITE = (255, 0, 0), (255, 255, 255)
SIDE = st.integers(1, 40)
ANY_PICTURE = st.tuples(SIDE, SIDE, st.just(3)).flatmap(lambda shape: some.arrays(np.uint8, shape))


@pytest.fixture
def photo() -> np.ndarray:
    """A picture, 24 x 36, in which every pixel is different."""
    return np.random.default_rng(0).integers(0, 256, (24, 36, 3), dtype=np.uint8)


def encoded(image: Image.Image, file_format: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, format=file_format, **options)
    return file.getvalue()


def png(width: int, height: int, depth: int, colour_type: int, values: np.ndarray | bytes) -> bytes:
    """A PNG file written by hand, for what Pillow itself does not write; `values` are one row's."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    row = zlib.compress(b"\0" + bytes(values))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", row) + chunk(b"IEND", b"")


def opened(image: Image.Image, file_format: str = "PNG", **options) -> np.ndarray:
    return pictures.open_picture(encoded(image, file_format, **options))


# --- The built-in pictures -----------------------------------------------------------------


@pytest.mark.parametrize("name", pictures.NAMES)
def test_built_in_pictures_are_pictures(name):
    picture = pictures.load(name)
    pictures.check_picture(picture)
    assert picture.shape == (256, 256, 3)


def test_an_unknown_name_is_answered_with_the_known_ones():
    with pytest.raises(ValueError, match="eye, penguin, dog.*'cat'"):
        pictures.load("cat")


def test_drawing_again_gives_the_same_pixels():
    script = runpy.run_path(str(pictures.FOLDER / "draw_pictures.py"))
    for name in pictures.NAMES:
        assert np.array_equal(np.asarray(script["draw"](name)), pictures.load(name)), name


def test_the_penguin_is_flat_and_the_iris_is_not():
    """The lessons need both: areas where 16-bit blocks repeat, and areas where they differ."""
    penguin = pictures.load("penguin").reshape(-1).view(np.uint16)
    counts = np.sort(np.unique(penguin, return_counts=True)[1])
    assert counts[-10:].sum() > 0.75 * penguin.size
    iris = np.ascontiguousarray(pictures.load("eye")[160:176, 120:144]).reshape(-1).view(np.uint16)
    assert np.unique(iris).size > 0.75 * iris.size


# --- Formats and modes ---------------------------------------------------------------------


@pytest.mark.parametrize("file_format", ["PNG", "BMP", "TIFF"])
def test_lossless_formats_keep_every_pixel(photo, file_format):
    assert np.array_equal(opened(Image.fromarray(photo), file_format), photo)


def test_lossless_webp_keeps_every_pixel(photo):
    assert np.array_equal(opened(Image.fromarray(photo), "WEBP", lossless=True), photo)


def test_jpeg_comes_close(photo):
    smooth = np.repeat(np.repeat(photo[::8, ::8], 8, axis=0), 8, axis=1)
    found = opened(Image.fromarray(smooth), "JPEG", quality=95, subsampling=0)
    assert found.shape == smooth.shape
    assert np.abs(found.astype(int) - smooth).mean() < 4


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "TIFF", "PNG"])
def test_of_an_animation_the_first_frame_counts(file_format):
    frames = [Image.new("RGB", (5, 4), colour) for colour in (RED, WHITE)]
    options = {"lossless": True} if file_format == "WEBP" else {}
    found = opened(frames[0], file_format, save_all=True, append_images=frames[1:], **options)
    assert np.array_equal(found, np.full((4, 5, 3), RED))


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("1", 1, WHITE),
        ("L", 77, (77, 77, 77)),
        ("LA", (77, 255), (77, 77, 77)),
        ("LA", (0, 0), WHITE),
        ("LA", (0, 102), (153, 153, 153)),
        ("RGBA", (255, 0, 0, 255), RED),
        ("RGBA", (255, 0, 0, 0), WHITE),
        ("RGBA", (255, 0, 0, 102), (255, 153, 153)),
    ],
)
def test_each_mode_becomes_rgb_on_white(mode, colour, expected):
    assert np.array_equal(opened(Image.new(mode, (3, 2), colour)), np.full((2, 3, 3), expected))


@pytest.mark.parametrize("file_format", ["PNG", "GIF"])
def test_a_palette_gives_its_colours_and_its_transparent_one_white(file_format):
    image = Image.new("P", (2, 1))
    image.putpalette([0, 0, 255, *RED])
    image.putpixel((1, 0), 1)
    assert opened(image, file_format).tolist() == [[[0, 0, 255], [*RED]]]
    assert opened(image, file_format, transparency=0).tolist() == [[[*WHITE], [*RED]]]


def test_a_transparent_colour_without_an_alpha_channel_becomes_white():
    assert opened(Image.new("RGB", (1, 1), RED), transparency=RED).tolist() == [[[*WHITE]]]


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_cmyk(file_format):
    found = opened(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), file_format)
    assert np.abs(found.astype(int) - RED).max() <= 2


@pytest.mark.parametrize(
    ("file_format", "dtype"), [("PNG", np.uint16), ("TIFF", np.uint16), ("TIFF", np.int32)]
)
def test_16_bit_grey_is_scaled_and_not_cut_off(file_format, dtype):
    grey = np.array([[0, 256, 32768, 65535]], dtype=dtype)
    assert opened(Image.fromarray(grey), file_format)[0].tolist() == [
        [v] * 3 for v in (0, 1, 128, 255)
    ]


def test_16_bit_grey_in_the_other_byte_order():
    grey = Image.frombytes("I;16B", (2, 1), np.array([0x0102, 0xFF00], dtype=">u2").tobytes())
    assert opened(grey, "TIFF")[0, :, 0].tolist() == [1, 255]


def test_16_bit_colour():
    colours = np.array([65535, 32768, 255, 256, 0, 128], dtype=">u2")
    assert pictures.open_picture(png(2, 1, 16, 2, colours.tobytes())).tolist() == [
        [[255, 128, 0], [1, 0, 0]]
    ]


def test_values_without_a_known_white_are_refused():
    for values in (np.ones((2, 2), np.float32), np.full((2, 2), 70000, np.int32)):
        with pytest.raises(
            ValueError, match="^The file cannot be read .*not of 8 or 16 bits.*save it as PNG"
        ):
            opened(Image.fromarray(values), "TIFF")


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (2, lambda a: a[:, ::-1]),
        (3, lambda a: a[::-1, ::-1]),
        (6, lambda a: np.rot90(a, -1)),
        (8, lambda a: np.rot90(a)),
    ],
)
def test_a_photograph_stands_upright(photo, orientation, upright):
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = opened(Image.fromarray(photo), "PNG", exif=exif)
    assert np.array_equal(found, upright(photo))


def test_a_single_pixel():
    assert opened(Image.new("RGB", (1, 1), RED)).tolist() == [[[*RED]]]


def test_a_path_a_string_and_the_bytes_of_an_upload_are_one(photo, tmp_path):
    path = tmp_path / "photo.png"
    data = encoded(Image.fromarray(photo), "PNG")
    path.write_bytes(data)
    for source in (path, str(path), data, memoryview(data)):
        assert np.array_equal(pictures.open_picture(source), photo)


# --- What is refused -----------------------------------------------------------------------


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file .*gone.png.*check its name"):
        pictures.open_picture(tmp_path / "gone.png")


@pytest.mark.parametrize("data", [b"", b"only text, though its name ends in png"])
def test_a_file_that_is_no_picture(tmp_path, data):
    path = tmp_path / "notes.png"
    path.write_bytes(data)
    with pytest.raises(ValueError, match="'notes.png' is no picture .*PNG, JPEG"):
        pictures.open_picture(path)


@pytest.mark.parametrize("file_format", pictures.FORMATS)
def test_half_a_file_is_an_error_and_not_half_a_picture(photo, file_format):
    data = encoded(Image.fromarray(photo), file_format)
    with pytest.raises(ValueError, match="cannot be read .*cut short"):
        pictures.open_picture(data[: len(data) // 2])


@given(data=st.data())
def test_a_damaged_file_gives_a_picture_or_a_plain_error(data):
    """Whatever a reader stumbles over, the learner gets one kind of error."""
    file_format = data.draw(st.sampled_from(pictures.FORMATS))
    grey = Image.linear_gradient("L").resize((16, 16))
    damaged = bytearray(encoded(grey, file_format))
    for place in data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=8)):
        damaged[place] = data.draw(st.integers(0, 255))
    try:
        pictures.check_picture(pictures.open_picture(damaged, max_side=64))
    except ValueError as error:
        assert str(error).startswith("The file ")


@pytest.mark.parametrize("side", [9_500, 40_000])
@pytest.mark.parametrize("downscale", [False, True])
def test_a_small_file_that_claims_a_giant_picture(side, downscale):
    with pytest.raises(ValueError, match="use a smaller picture"):
        pictures.open_picture(png(side, side, 8, 2, b""), downscale=downscale)


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_a_picture_of_no_size(size):
    with pytest.raises(ValueError):
        pictures.open_picture(png(*size, 8, 2, b""))


def test_too_large_a_picture_is_refused_with_an_offer_that_works():
    data = encoded(Image.new("RGB", (4098, 2049), RED), "PNG")
    with pytest.raises(ValueError, match="4098 x 2049 pixels.*downscale=True"):
        pictures.open_picture(data)
    assert pictures.open_picture(data, downscale=True).shape == (2048, 4096, 3)
    smaller = pictures.open_picture(data, max_side=100, downscale=True)
    assert np.array_equal(smaller, np.full((50, 100, 3), RED))


def test_downscaling_leaves_a_small_picture_alone(photo):
    data = encoded(Image.fromarray(photo), "PNG")
    assert np.array_equal(pictures.open_picture(data, downscale=True), photo)
    assert np.array_equal(pictures.open_picture(data, max_side=36), photo)


# --- Arrays --------------------------------------------------------------------------------


@given(ANY_PICTURE)
def test_every_uint8_array_of_three_colours_is_a_picture(picture):
    pictures.check_picture(picture)


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        (np.zeros((4, 4, 3)), r"float64 \(4, 4, 3\).*multiply by 255 and round"),
        (np.zeros((4, 4, 3), int), r"0\.\.255.*astype\(np.uint8\)"),
        (np.zeros((4, 4), np.uint8), r"np.repeat\(picture\[..., None\], 3, axis=2\)"),
        (np.zeros((4, 4, 4), np.uint8), r"picture\[..., :3\]"),
        (np.zeros((3, 4, 5), np.uint8), "last axis"),
        (np.zeros((2, 4, 4, 3), np.uint8), "one picture"),
        (np.zeros((0, 4, 3), np.uint8), "at least one pixel"),
        (np.zeros((4, 0, 3), np.uint8), "at least one pixel"),
        ([[[0, 0, 0]]], "this is list.*open_picture"),
    ],
)
def test_an_array_that_is_no_picture_is_told_the_remedy(wrong, advice):
    for function in (pictures.check_picture, pictures.to_png):
        with pytest.raises(ValueError, match=advice):
            function(wrong)


def test_the_remedies_for_grey_and_float_work():
    grey, bright = np.full((4, 4), 9, np.uint8), np.full((4, 4, 3), 0.5)
    pictures.check_picture(np.repeat(grey[..., None], 3, axis=2))
    pictures.check_picture((bright * 255).round().astype(np.uint8))


# --- PNG there and back --------------------------------------------------------------------


@given(ANY_PICTURE)
def test_png_and_back_is_the_same_picture(picture):
    assert np.array_equal(pictures.open_picture(pictures.to_png(picture)), picture)


def test_a_view_of_a_picture_is_a_picture_too(photo):
    turned = photo[::-1, ::2].transpose(1, 0, 2)
    assert np.array_equal(pictures.open_picture(pictures.to_png(turned)), turned)


def test_an_opened_picture_may_be_written_to(photo):
    pictures.open_picture(pictures.to_png(photo))[0, 0] = 0


def test_saving_replaces_the_file_and_leaves_nothing_else(photo, tmp_path):
    path = tmp_path / "photo.png"
    path.write_text("an older file", encoding="utf-8")
    pictures.save(photo, path)
    assert np.array_equal(pictures.open_picture(path), photo)
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_save_leaves_the_old_file_whole(photo, tmp_path, monkeypatch):
    path = tmp_path / "photo.png"
    pictures.save(photo, path)

    def disk_full(file: Path, data: bytes) -> None:
        with open(file, "wb") as unfinished:
            unfinished.write(data[:10])
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, "write_bytes", disk_full)
    with pytest.raises(OSError, match="No space left"):
        pictures.save(photo[::-1], path)
    assert np.array_equal(pictures.open_picture(path), photo)
    assert list(tmp_path.iterdir()) == [path]


def test_only_png_is_written(photo, tmp_path):
    with pytest.raises(ValueError, match="'photo.jpg' in .png"):
        pictures.save(photo, tmp_path / "photo.jpg")
    assert not list(tmp_path.iterdir())


def test_importing_pictures_loads_neither_networks_nor_plots():
    code = (
        "import sys, helpers.pictures; "
        "sys.exit(bool({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
