"""Pictures: the built-in three, files of every kind and in every state, PNG there and back."""

from __future__ import annotations

import hashlib
import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as some
from PIL import Image

from data.studies import draw_four_ways, draw_pictures
from helpers import pictures
from tests.fuzzing import outcome

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


def chunk(kind: bytes, data: bytes) -> bytes:
    """A part of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int, height: int, depth: int, colour_type: int, values: bytes, more: bytes = b""
) -> bytes:
    """A PNG file written by hand, for what Pillow itself does not write; `values` are one row's."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour_type, 0, 0, 0)
    row = zlib.compress(b"\0" + bytes(values))
    parts = [chunk(b"IHDR", header), more, chunk(b"IDAT", row), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def tiff(order: str, tags: dict[int, int], pixels: bytes) -> bytes:
    """A TIFF file of one strip, written by hand, in byte order "<" or ">"."""
    tags = {**tags, 273: 8 + 2 + 12 * (len(tags) + 2) + 4, 279: len(pixels)}
    entries = [struct.pack(f"{order}HHII", tag, 4, 1, tags[tag]) for tag in sorted(tags)]
    head = struct.pack(f"{order}2sHIH", b"II" if order == "<" else b"MM", 42, 8, len(tags))
    return head + b"".join(entries) + bytes(4) + pixels


def grey_tiff(order: str, bits: int, white_is_zero: bool, pixels: bytes, width: int) -> bytes:
    tags = {256: width, 257: 1, 258: bits, 259: 1, 262: 0 if white_is_zero else 1, 277: 1}
    return tiff(order, tags, pixels)


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
    for name in pictures.NAMES:
        assert np.array_equal(np.asarray(draw_pictures.draw(name)), pictures.load(name)), name


@pytest.mark.parametrize("command", [draw_pictures, draw_four_ways])
def test_a_command_that_draws_takes_no_arguments_and_ignores_none(command, capsys):
    with pytest.raises(SystemExit):
        command.main(["eye"])
    assert "unrecognized arguments: eye" in capsys.readouterr().err


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


@pytest.mark.parametrize(
    ("depth", "row", "transparent", "greys"),
    [
        (1, [0b01000000], 0, [255, 255]),
        (1, [0b01000000], 1, [0, 255]),
        (2, [0b00011011], 1, [0, 255, 170, 255]),
        (4, [0x5A], 5, [255, 170]),
        (8, [7, 8], 7, [255, 8]),
        (16, [7, 8, 7, 9, 8, 8], 0x0708, [255, 7, 8]),
    ],
)
def test_the_transparent_grey_of_a_png_is_the_sample_as_it_is_stored(
    depth, row, transparent, greys
):
    trns = chunk(b"tRNS", struct.pack(">H", transparent))
    found = pictures.open_picture(png(len(greys), 1, depth, 0, bytes(row), trns))
    assert found[0].tolist() == [[grey] * 3 for grey in greys]


def test_the_transparent_colour_of_a_16_bit_png_is_compared_in_all_its_bits():
    samples = [[0x0102, 0x0304, 0x0506]] * 6
    samples[1:] = (
        np.array(samples[1:]) ^ [[1, 0, 0], [0, 256, 0], [0, 0, 1], [0, 1, 0], [256, 0, 0]]
    ).tolist()
    trns = chunk(b"tRNS", struct.pack(">3H", *samples[0]))
    row = np.array(samples, ">u2").tobytes()
    expected = [[*WHITE], *((np.array(samples[1:]) >> 8).tolist())]
    assert pictures.open_picture(png(6, 1, 16, 2, row, trns))[0].tolist() == expected


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_cmyk(file_format):
    found = opened(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), file_format)
    assert np.abs(found.astype(int) - RED).max() <= 2


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_16_bit_grey_is_scaled_and_not_cut_off(file_format):
    grey = np.array([[0, 256, 32768, 65535]], np.uint16)
    assert opened(Image.fromarray(grey), file_format)[0].tolist() == [
        [v] * 3 for v in (0, 1, 128, 255)
    ]


def test_16_bit_grey_in_the_other_byte_order():
    grey = Image.frombytes("I;16B", (2, 1), np.array([0x0102, 0xFF00], dtype=">u2").tobytes())
    assert opened(grey, "TIFF")[0, :, 0].tolist() == [1, 255]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    ("bits", "pixels", "greys"),
    [
        (1, [0b01000000], [0, 255]),
        (8, [0, 7, 255], [0, 7, 255]),
        (12, [0x00, 0x01, 0x23, 0xFF, 0xF0], [0, 0x12, 255]),
        (16, [0, 0x0102, 0xFF00], [0, 1, 255]),
    ],
)
def test_grey_in_tiff_whichever_end_is_white(order, bits, pixels, greys):
    data = np.array(pixels, f"{order}u2" if bits == 16 else np.uint8).tobytes()
    for white_is_zero in (False, True):
        if bits == 12 and (white_is_zero or order == ">"):
            continue  # Pillow knows these in one form only, and others get a sentence
        found = pictures.open_picture(grey_tiff(order, bits, white_is_zero, data, len(greys)))
        assert found[0, :, 1].tolist() == [255 - v if white_is_zero else v for v in greys]


def test_a_compressed_tiff_with_white_as_zero_is_turned_round_too():
    grey = Image.fromarray(np.array([[0, 0x0102, 0xFF00]], np.uint16))
    data = encoded(grey, "TIFF", compression="tiff_lzw", tiffinfo={262: 0})
    assert pictures.open_picture(data)[0, :, 0].tolist() == [255, 254, 0]


def test_16_bit_colour():
    colours = np.array([65535, 32768, 255, 256, 0, 128], dtype=">u2")
    assert pictures.open_picture(png(2, 1, 16, 2, colours.tobytes())).tolist() == [
        [[255, 128, 0], [1, 0, 0]]
    ]


def test_values_without_a_known_white_are_refused():
    files = [
        encoded(Image.fromarray(np.full((2, 2), 7, dtype)), "TIFF")
        for dtype in (np.float32, np.int32)
    ]
    signed = {256: 1, 257: 1, 258: 16, 259: 1, 262: 1, 277: 1, 339: 2}
    for data in (*files, tiff("<", signed, b"\0\1"), tiff(">", signed, b"\0\1")):
        with pytest.raises(
            ValueError, match="nothing says which of them is white.*save them as PNG"
        ):
            pictures.open_picture(data)


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


@pytest.mark.parametrize("note", [b"", b"II*\0", b"no notes at all", b"MM\0*\xff\xff\xff\xff"])
def test_a_broken_note_on_how_the_camera_was_held_leaves_the_pixels_as_they_are(note):
    data = png(2, 1, 8, 2, bytes([1, 2, 3, 4, 5, 6]), chunk(b"eXIf", note))
    assert pictures.open_picture(data).tolist() == [[[1, 2, 3], [4, 5, 6]]]


def test_a_single_pixel():
    assert opened(Image.new("RGB", (1, 1), RED)).tolist() == [[[*RED]]]


def test_a_path_a_string_and_the_bytes_of_an_upload_are_one(photo, tmp_path):
    path = tmp_path / "photo.png"
    data = encoded(Image.fromarray(photo), "PNG")
    path.write_bytes(data)
    for source in (path, str(path), data, bytearray(data), memoryview(data)):
        assert np.array_equal(pictures.open_picture(source), photo)


@pytest.mark.parametrize(
    ("name", "digest"),
    [("eye", "48ad50391e306fd3"), ("penguin", "76fb727a4bbb6a58"), ("dog", "7629fdf2575c0a00")],
)
def test_the_built_in_pixels_are_what_all_results_were_made_of(name, digest):
    assert hashlib.sha256(pictures.load(name).tobytes()).hexdigest()[:16] == digest


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


@pytest.mark.parametrize("downscale", [False, True])
@pytest.mark.parametrize(
    "data",
    [
        png(8_001, 8_001, 8, 2, b""),
        png(40_000, 40_000, 8, 2, b""),
        png(1, 65_536, 8, 0, b""),
        # This WebP is whole: one colour, written once for all pixels.
        bytes.fromhex("524946461a000000574542505650384c0e0000002fb7e42d09a84229ead1ff020000"),
    ],
)
def test_a_small_file_that_claims_a_giant_picture(data, downscale):
    with pytest.raises(ValueError, match="million.*use a smaller picture"):
        pictures.open_picture(data, downscale=downscale)


def with_scans(data: bytes, count: int) -> bytes:
    """A JPEG file whose last scan, and the table before it, come `count` times more."""
    start, end = data.rindex(b"\xff\xc4"), data.rindex(b"\xff\xd9")
    return data[:end] + data[start:end] * count + data[end:]


def test_a_jpeg_that_paints_its_pixels_over_and_over():
    plain = encoded(Image.new("L", (2_000, 2_000), 7), "JPEG", progressive=True)
    assert pictures.open_picture(with_scans(plain, 50)).shape == (2_000, 2_000, 3)
    with pytest.raises(ValueError, match="4 million pixels over and over.*save it anew"):
        pictures.open_picture(with_scans(plain, 300))


def test_what_follows_a_photograph_is_not_counted_as_its_scans(photo):
    film = b"\xff\xda" * 100_000
    jpeg = encoded(Image.fromarray(photo).resize((1_000, 1_000)), "JPEG")
    assert pictures.open_picture(jpeg + film).shape == (1_000, 1_000, 3)


def test_a_tiff_of_few_pixels_in_a_giant_tile():
    tags = {
        256: 9,
        257: 9,
        258: 8,
        259: 8,
        262: 1,
        277: 1,
        322: 30_000,
        323: 30_000,
        324: 8,
        325: 1,
    }
    with pytest.raises(ValueError, match="use a smaller picture"):
        pictures.open_picture(tiff("<", tags, b""))


@pytest.mark.slow
def test_chunks_without_end_before_the_pixels():
    data = png(1, 1, 8, 0, b"\0", chunk(b"abCd", b"") * 400_000)
    with pytest.raises(ValueError, match="too much in it beside the pixels"):
        pictures.open_picture(data)


def test_a_reader_that_is_sent_round_and_round_is_stopped(photo, monkeypatch):
    monkeypatch.setattr(pictures, "MOST_SECONDS", 0)
    with pytest.raises(ValueError, match="takes over 0 seconds"):
        opened(Image.fromarray(photo))


def test_a_note_whose_entries_share_their_bytes_is_not_unfolded():
    """4,000 entries that all show the same 300,000 bytes would be more than a gigabyte."""
    entries = b"".join(struct.pack("<HHII", 1000 + i, 7, 300_000, 8) for i in range(4_000))
    note = b"II*\0" + struct.pack("<IH", 8, 4_000) + entries + bytes(300_000)
    data = png(1, 1, 8, 0, b"\7", chunk(b"eXIf", note))
    assert outcome(pictures.open_picture, data).tolist() == [[[7, 7, 7]]]


def test_a_file_too_large_to_read(tmp_path):
    path = tmp_path / "film.tif"
    with path.open("wb") as file:
        file.truncate(pictures.MOST_BYTES + 1)
    with pytest.raises(ValueError, match="film.tif has 400,000,001 bytes.*smaller"):
        pictures.open_picture(path)


@pytest.mark.parametrize(
    "image",
    [
        Image.new("RGB", (8_192, 6_144), RED),  # as many pixels as telephones take
        Image.new("RGBA", (6_000, 4_000), (*RED, 102)),
    ],
)
def test_a_large_photograph_is_opened_within_a_gigabyte_and_five_seconds(image):
    file_format = "JPEG" if image.mode == "RGB" else "PNG"
    data = encoded(image, file_format)
    found = outcome(pictures.open_picture, data, 400, True)
    colour = RED if image.mode == "RGB" else (255, 153, 153)
    assert found.shape[1] == 400 and np.abs(found.astype(int) - colour).max() <= 1


@pytest.mark.parametrize("source", [None, 0, 3.5, [], np.zeros(3), np.zeros((2, 2, 3), np.uint8)])
def test_what_is_neither_a_name_nor_a_file_s_bytes(source):
    with pytest.raises(ValueError, match='file.s name, or from the bytes.*give "mine.jpg"'):
        pictures.open_picture(source)


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("a\0b", "a text without null characters"),
        ("x" * 5_000, "cannot be read"),
        ("", "is a folder or a device: give the name"),
        (pictures.FOLDER, "is a folder or a device: give the name"),
    ],
)
def test_a_name_that_is_no_file_s(name, error):
    with pytest.raises((OSError, ValueError), match=error):
        pictures.open_picture(name)


@pytest.mark.parametrize("max_side", [0, -1, True, 256.0, "256", None])
def test_an_impossible_side_blames_the_side_and_not_the_file(photo, max_side):
    with pytest.raises(ValueError, match="^max_side is a whole number of pixels, at least 1"):
        pictures.open_picture(pictures.to_png(photo), max_side=max_side, downscale=True)


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
        (None, "this is NoneType.*open_picture"),
        ("mine.jpg", "this is str.*open_picture"),
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


def test_importing_pictures_loads_neither_networks_nor_plots():
    code = (
        "import sys, helpers.pictures; "
        "sys.exit(bool({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
