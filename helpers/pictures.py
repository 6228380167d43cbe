"""Pictures in and out: the built-in three, a reader's own file, and PNG for a widget.

A picture is a `uint8` array (height, width, 3): red, green and blue from 0 to 255.
"""

from __future__ import annotations

import io
import os
import re
import textwrap
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, TiffImagePlugin, UnidentifiedImageError

from helpers.bits import Picture, is_whole, short
from helpers.files import readable

NAMES = ("eye", "penguin", "dog")
FOLDER = Path(__file__).resolve().parents[1] / "data" / "pictures"
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")

# No file may cost more than a gigabyte or some seconds, whatever it claims to be.
MOST_BYTES = 400_000_000
MOST_SECONDS = 3.0  # of computing
LONGEST_SIDE = 65_535  # in both directions; a row costs memory beside its pixels
MOST_PIXELS = 64_000_000  # of up to 12 bytes each while they are decoded ...
MOST_WEBP_PIXELS = 36_000_000  # ... and 24 in WebP
MOST_SCANNED = 1_000_000_000  # pixels times scans: each scan of a JPEG passes over all pixels
LONGEST_HEAD = 4_000_000  # bytes before the pixels: a list of a million strips, a colour profile
LONGEST_EXIF = 64 * 1024  # as in JPEG; a longer one can be made to unfold without end

# Pillow reads 16-bit TIFF with white as 0 in one byte order only; `eight_bits` turns it round.
WHITE_IS_ZERO = (TiffImagePlugin.MM, 0, (1,), 1, (16,), ())
TiffImagePlugin.OPEN_INFO.setdefault(WHITE_IS_ZERO, ("I;16B", "I;16B"))


def load(name: str) -> Picture:
    """A built-in picture.

    Args:
        name: one of `NAMES`.

    Returns:
        uint8 (256, 256, 3), an array of its own, which may be written to.

    Raises:
        ValueError: for any other name.

    Source: own drawings of the subjects of Rivas-Perea and Banerjee's figures 4 (eye), 6 (dog) and
    7 (penguin).

    >>> load("eye").shape
    (256, 256, 3)
    """
    if not isinstance(name, str) or name not in NAMES:
        known = ", ".join(NAMES)
        raise ValueError(
            f"The built-in pictures are {known}: choose one of them, not {short(name)}."
        )
    return open_picture(FOLDER / f"{name}.png")


def open_picture(
    source: str | os.PathLike | bytes | bytearray | memoryview,
    max_side: int = 4096,
    downscale: bool = False,
) -> Picture:
    """A PNG, JPEG, GIF (first frame), WebP, BMP or TIFF file.

    Transparent parts come out white, and a photograph stands as its camera was held.

    Args:
        source: a path, or the bytes of a file as an upload delivers them.
        max_side: the most pixels that a side may have.
        downscale: make a smaller copy of a picture with a longer side, instead of refusing it.

    Returns:
        uint8 (height, width, 3).

    Raises:
        ValueError: for what is no whole picture, or too large a one: a longer side than `max_side`,
            over 64 million pixels (36 million in WebP), over 400 million bytes.
        OSError: for a file that cannot be read; FileNotFoundError where there is none.

    >>> open_picture(to_png(np.uint8([[[255, 0, 0], [0, 0, 255]]]))).tolist()
    [[[255, 0, 0], [0, 0, 255]]]
    """
    if not is_whole(max_side) or max_side < 1:
        raise ValueError(
            f"max_side is a whole number of pixels, at least 1; {short(max_side)} came: "
            "give 256, for example."
        )
    name, data = read(source)
    file = Bounded(data)
    with plain_errors(name):
        image = Image.open(file, formats=FORMATS)
    check_cost(name, image, data)
    if max(image.size) > max_side and not downscale:
        raise ValueError(
            f"{name} has {image.width} x {image.height} pixels, more than {max_side} a side: "
            "pass downscale=True to get a smaller copy."
        )
    file.left = 2 * len(data) + LONGEST_HEAD
    with plain_errors(name):
        return to_rgb(image, file, max_side)


# --- What a file may cost --------------------------------------------------------------------


class Bounded(io.BytesIO):
    """A file in memory that stops whoever reads `left` bytes of it, or computes for too long.

    A small file can send its reader round and round: a thousand tags that share their bytes, a
    million chunks. Of WebP the decoder takes all the file at once, and does not come back to it.
    """

    def __init__(self, data: bytes):
        super().__init__(data)
        self.left = LONGEST_HEAD + (len(data) if data[8:12] == b"WEBP" else 0)
        self.end = time.thread_time() + MOST_SECONDS

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.left -= len(data)
        if self.left < 0:
            raise ValueError("there is too much in it beside the pixels")
        if time.thread_time() > self.end:
            raise ValueError(f"it takes over {MOST_SECONDS:g} seconds")
        return data


def check_cost(name: str, image: Any, data: bytes) -> None:
    """ValueError, before anything is decoded, for what would take too much memory or time."""
    most = MOST_WEBP_PIXELS if image.format == "WEBP" else MOST_PIXELS
    pixels = decoded_pixels(image)
    if max(image.size) > LONGEST_SIDE or pixels > most:
        raise ValueError(
            f"{name} claims to have {image.width} x {image.height} pixels; here {most / 1e6:.0f} "
            f"million can be read, and {LONGEST_SIDE} a side: use a smaller picture."
        )
    if pixels * scans(image, data) > MOST_SCANNED:
        raise ValueError(
            f"{name} paints its {pixels / 1e6:.0f} million pixels over and over, "
            f"{scans(image, data):.0f} times: save it anew, as PNG or plain JPEG."
        )
    if image.mode in ("I", "F"):
        raise ValueError(
            f"{name} has values that are not of 8 or 16 bits, and nothing says which of them is "
            "white: bring them to 0..255 and save them as PNG."
        )


def decoded_pixels(image: Any) -> int:
    """How many pixels are decoded; in TIFF, whole tiles are, and they may reach beyond the edge."""
    width, height = image.size
    if image.format == "TIFF":
        tags = image.tag_v2
        across, down = (int(tags.get(tag) or 1) for tag in (322, 323))  # a tile's width and length
        width, height = -(-width // across) * across, -(-height // down) * down
    return width * height


def scans(image: Any, data: bytes) -> float:
    """How often the pixels are painted over, each time a little finer: once, but in some JPEGs."""
    if image.format == "JPEG":
        return jpeg_scans(data)
    if image.format == "TIFF" and "jpeg" in image.info.get("compression", ""):
        strips = image.tag_v2.get(273) or image.tag_v2.get(324) or (0,)
        return data.count(START_OF_SCAN) / len(set(strips))
    return 1


START_OF_SCAN, END_OF_JPEG = b"\xff\xda", b"\xff\xd9"
MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # but 00 and a restart, part of what is coded


def jpeg_scans(data: bytes) -> int:
    """The scans of a JPEG file, up to its end: a film or a thumbnail inside has its own."""
    count, place = 0, 2
    while (found := MARKER.search(data, place)) and found[0] != END_OF_JPEG:
        count += found[0] == START_OF_SCAN
        place = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    return count


@contextmanager
def plain_errors(name: str) -> Iterator[None]:
    """Whatever Pillow raises for a bad file, as a ValueError that says what to do about it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except UnidentifiedImageError:
        formats = ", ".join(FORMATS)
        raise ValueError(f"{name} is no picture that can be read here: use {formats}.") from None
    except Image.DecompressionBombError:
        limit = f"{MOST_PIXELS / 1e6:.0f} million pixels"
        raise ValueError(f"{name} claims to have over {limit}: use a smaller picture.") from None
    except Exception as error:  # a damaged file leads the readers of six formats to many kinds
        advice = "it may be cut short or of a rare kind, so fetch it again or save it as PNG"
        said = textwrap.shorten(str(error), 100) or type(error).__name__
        raise ValueError(f"{name} cannot be read ({said}): {advice}.") from error


def read(source: str | os.PathLike | bytes | bytearray | memoryview) -> tuple[str, bytes]:
    """What to call the file in a message, and its bytes."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return "The file", bytes(source)
    if not isinstance(source, (str, os.PathLike)):
        raise ValueError(
            "A picture is opened by its file's name, or from the bytes of a file; "
            f'this is {type(source).__name__}: give "mine.jpg", for example.'
        )
    path = readable(source, MOST_BYTES)
    return repr(path.name), path.read_bytes()


# --- From a file's pixels to uint8 (height, width, 3) ----------------------------------------


def to_rgb(image: Image.Image, file: io.BytesIO, max_side: int) -> Picture:
    """Upright, 8 bits a colour, on white, and no side longer than `max_side`."""
    match_transparency(image, file)
    image = eight_bits(upright(image))
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode != mode:
        image = image.convert(mode)
    image.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    if mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        white.alpha_composite(image)
        image = white.convert("RGB")
    return np.array(image)


def match_transparency(image: Any, file: io.BytesIO) -> None:
    """Make the colour that a PNG file calls transparent agree with what Pillow makes of pixels.

    The file means its samples as they are stored (PNG, section 11.3.1.1); Pillow compares it with
    pixels of 8 bits, for which it has spread samples of 2 and 4 bits, and cut those of 16 bits.
    """
    colour = image.info.get("transparency")
    stored = image.tile[0][3] if image.format == "PNG" and colour is not None else ""
    if stored in ("L;2", "L;4"):
        image.info["transparency"] = colour * (85 if stored == "L;2" else 17)
    if stored == "RGB;16B":
        upper, lower = zip(*(divmod(sample, 256) for sample in colour))
        equal = (np.asarray(image) == np.array(upper, np.uint8)).all(axis=2)
        low_bytes: Any = Image.open(file, formats=["PNG"])
        low_bytes.tile = [(*low_bytes.tile[0][:3], "RGB;16L")]
        equal &= (np.asarray(low_bytes) == np.array(lower, np.uint8)).all(axis=2)
        del image.info["transparency"]
        image.putalpha(Image.fromarray(np.where(equal, np.uint8(0), np.uint8(255))))


def upright(image: Image.Image) -> Image.Image:
    """As the camera was held, if the file says so; where that note is broken, as it is stored."""
    image.load()
    note = image.info.get("exif") or image.info.get("Raw profile type exif") or b""
    if len(note) <= LONGEST_EXIF:
        with suppress(Exception):
            ImageOps.exif_transpose(image, in_place=True)
    return image


def eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey by its upper byte; Pillow alone would cut off what exceeds 255."""
    if not image.mode.startswith("I;16"):
        return image
    values, tags = np.asarray(image), getattr(image, "tag_v2", {})
    bits, white_is_zero = tags.get(258, (16,))[0], tags.get(262) == 0
    grey = (values >> (bits - 8)).astype(np.uint8)
    result = Image.fromarray(~grey if white_is_zero else grey)
    if (transparent := image.info.get("transparency")) is not None:
        result.putalpha(Image.fromarray(np.uint8(255) * (values != transparent)))
    return result


# --- Pictures as arrays ----------------------------------------------------------------------


def check_picture(picture: Picture) -> None:
    """Raise a ValueError with a remedy unless `picture` is uint8 (height, width, 3), not empty."""
    if not isinstance(picture, np.ndarray):
        came, advice = type(picture).__name__, "open a file with open_picture, or use np.asarray"
    else:
        came, advice = f"{picture.dtype} {picture.shape}", remedy(picture)
    if advice:
        expected = "A picture is a uint8 array (height, width, 3)"
        raise ValueError(f"{expected}; this is {came}: {advice}.")


def remedy(picture: np.ndarray) -> str:
    """What makes a picture of this array; an empty string for one that is a picture already."""
    if picture.ndim == 2:
        return "stack the grey values three times, np.repeat(picture[..., None], 3, axis=2)"
    if picture.ndim != 3 or picture.shape[2] not in (3, 4):
        return "pass one picture, its colours red, green and blue on the last axis"
    if picture.shape[2] == 4:
        return "leave the transparency out, picture[..., :3]"
    if picture.size == 0:
        return "it needs at least one pixel"
    if picture.dtype.kind == "f":
        return "if 1.0 is white, multiply by 255 and round, then .astype(np.uint8)"
    if picture.dtype != np.uint8:
        return "bring the values to 0..255, then .astype(np.uint8)"
    return ""


def to_png(picture: Picture) -> bytes:
    """A picture, uint8 (height, width, 3), as a PNG file's bytes, which `open_picture` reads."""
    check_picture(picture)
    file = io.BytesIO()
    # Widgets wait for this: the default level takes up to twice as long to save a tenth.
    Image.fromarray(picture).save(file, format="PNG", compress_level=1)
    return file.getvalue()
