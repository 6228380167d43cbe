"""Pictures in and out: the built-in three, a reader's own file, and PNG for a widget or the disk.

A picture is a `uint8` array (height, width, 3): red, green and blue from 0 to 255.
"""

from __future__ import annotations

import io
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from helpers.files import whole_or_nothing

NAMES = ("eye", "penguin", "dog")
FOLDER = Path(__file__).resolve().parents[1] / "data" / "pictures"
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")


def load(name: str) -> np.ndarray:
    """A built-in picture, uint8 (256, 256, 3), by its name in `NAMES`; any other: ValueError.

    Own drawings of the subjects of the paper's figures 4 (eye), 6 (dog) and 7 (penguin).
    """
    if name not in NAMES:
        known = ", ".join(NAMES)
        raise ValueError(f"The built-in pictures are {known}: choose one of them, not {name!r}.")
    return open_picture(FOLDER / f"{name}.png")


def open_picture(
    source: str | os.PathLike | bytes | memoryview, max_side: int = 4096, downscale: bool = False
) -> np.ndarray:
    """A PNG, JPEG, GIF (first frame), WebP, BMP or TIFF file as uint8 (height, width, 3).

    `source` is a path, or the bytes of a file as an upload delivers them. Transparent parts come
    out white, and a photograph stands as its camera was held. A side longer than `max_side` pixels
    is an error, unless `downscale` asks for a smaller copy. Raises ValueError for what is no whole
    picture or too large a one, FileNotFoundError for a missing file.
    """
    name, data = read(source)
    with plain_errors(name):
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    if max(image.size) > max_side and not downscale:
        raise ValueError(
            f"{name} has {image.width} x {image.height} pixels, more than {max_side} a side: "
            "pass downscale=True to get a smaller copy."
        )
    with plain_errors(name):
        return to_rgb(image, max_side)


@contextmanager
def plain_errors(name: str) -> Iterator[None]:
    """Whatever Pillow raises for a bad file, as a ValueError that says what to do about it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except UnidentifiedImageError:
        formats = ", ".join(FORMATS)
        raise ValueError(f"{name} is no picture that can be read here: use {formats}.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        limit = f"{Image.MAX_IMAGE_PIXELS / 1e6:.0f} million pixels"
        raise ValueError(f"{name} claims to have over {limit}: use a smaller picture.") from None
    except Exception as error:  # a damaged file leads the readers of six formats to many kinds
        advice = "it may be cut short or of a rare kind, so fetch it again or save it as PNG"
        raise ValueError(f"{name} cannot be read ({error}): {advice}.") from error


def read(source: str | os.PathLike | bytes | memoryview) -> tuple[str, bytes]:
    """What to call the file in a message, and its bytes."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return "The file", bytes(source)
    path = Path(source)
    if not path.exists():
        raise FileNotFoundError(f"There is no file {str(path)!r}: check its name and folder.")
    return repr(path.name), path.read_bytes()


def to_rgb(image: Image.Image, max_side: int) -> np.ndarray:
    """Upright, 8 bits a colour, on white, and no side longer than `max_side`."""
    image = eight_bits(ImageOps.exif_transpose(image))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("RGB")
    image.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    return np.array(image)


def eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey by its upper byte; Pillow alone would cut off what exceeds 255."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image)
    if values.dtype.kind == "f" or values.min() < 0 or values.max() > 65535:
        raise ValueError("its values are not of 8 or 16 bits")
    return Image.fromarray((values >> 8).astype(np.uint8))


def check_picture(picture: np.ndarray) -> None:
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


def to_png(picture: np.ndarray) -> bytes:
    """A picture, uint8 (height, width, 3), as a PNG file's bytes, which `open_picture` reads."""
    check_picture(picture)
    file = io.BytesIO()
    # Widgets wait for this: the default level takes up to twice as long to save a tenth.
    Image.fromarray(picture).save(file, format="PNG", compress_level=1)
    return file.getvalue()


def save(picture: np.ndarray, path: str | os.PathLike) -> None:
    """Write a picture, uint8 (height, width, 3), as a PNG file: the whole of it or nothing.

    Raises ValueError for what is no picture and for a name that does not end in .png.
    """
    path, data = Path(path), to_png(picture)
    if path.suffix.lower() != ".png":
        raise ValueError(f"A picture is saved as PNG, without loss: end {path.name!r} in .png.")
    with whole_or_nothing(path) as unfinished:
        unfinished.write_bytes(data)
