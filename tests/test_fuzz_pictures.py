"""Broken picture files by the thousand: each gives a whole picture or one clear sentence."""

from __future__ import annotations

import io
import zlib
from itertools import product

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from helpers import pictures
from tests.fuzzing import cases, mutated, outcome

PHOTO = Image.fromarray(np.random.default_rng(0).integers(0, 256, (13, 21, 3), np.uint8))
GREY_16 = Image.fromarray(np.arange(13 * 21, dtype=np.uint16).reshape(13, 21) * 199)
TURNED = Image.Exif()
TURNED[0x0112] = 6
NOTES = PngInfo()
NOTES.add_text("Title", "A photograph", zip=True)
FRAMES = {"save_all": True, "append_images": [PHOTO.rotate(180)]}
MODES = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA"),
    "JPEG": ("L", "RGB", "CMYK"),
    "GIF": ("L", "P"),
    "WEBP": ("RGB", "RGBA"),
    "BMP": ("1", "L", "P", "RGB", "RGBA"),
    "TIFF": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr"),
}
OPTIONS = {
    "PNG": [{}, {"exif": TURNED}, {"pnginfo": NOTES}, FRAMES],
    "JPEG": [{}, {"progressive": True}, {"exif": TURNED}],
    "GIF": [{}, {"interlace": 0}, FRAMES],
    "WEBP": [{}, {"lossless": True, "exif": TURNED}, FRAMES],
    "BMP": [{}],
    "TIFF": [{}, *({"compression": f"tiff_{kind}"} for kind in ("lzw", "adobe_deflate"))],
}


def encoded(image: Image.Image, file_format: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, format=file_format, **options)
    return file.getvalue()


def good_files() -> list[bytes]:
    """Small pictures in every format, and of each in many modes and forms."""
    files = [
        encoded(PHOTO.convert(mode), file_format, **options)
        for file_format in pictures.FORMATS
        for mode, options in product(MODES[file_format], OPTIONS[file_format])
    ]
    files += [encoded(GREY_16, file_format) for file_format in ("PNG", "TIFF")]
    files += [encoded(GREY_16, "PNG", transparency=199 * 7)]
    files += [encoded(PHOTO, "PNG", transparency=(1, 2, 3))]
    files += [encoded(PHOTO, "TIFF", compression="jpeg"), encoded(PHOTO, "TIFF", tiffinfo=TURNED)]
    return files


GOOD = good_files()


def spliced(rng: np.random.Generator, data: bytes) -> bytes:
    """The head of one file on the tail of another."""
    other = GOOD[rng.integers(len(GOOD))]
    return data[: rng.integers(len(data) + 1)] + other[rng.integers(len(other) + 1) :]


def with_a_field_changed(rng: np.random.Generator, data: bytes) -> bytes:
    """Two or four bytes of the head, where sizes and counts stand, as another number."""
    place, size = int(rng.integers(min(len(data), 200))), int(rng.choice([2, 4]))
    number = int(rng.choice([0, 1, 255, 4_000, 65_535, 2**31 - 1, 2**32 - 1])) % 256**size
    changed = number.to_bytes(size, "big" if rng.integers(2) else "little")
    return data[:place] + changed + data[place + size :]


def with_true_checksums(data: bytes) -> bytes:
    """A PNG file whose chunks are believed, whatever is in them; any other as it is."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    place, chunks = 8, [data[:8]]
    while place + 12 <= len(data):
        end = place + 8 + int.from_bytes(data[place : place + 4], "big")
        body = data[place + 4 : end]
        chunks += [data[place : place + 4], body, zlib.crc32(body).to_bytes(4, "big")]
        place = end + 4
    return b"".join(chunks)


def broken_file(seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    data = GOOD[rng.integers(len(GOOD))]
    fault = [mutated, mutated, spliced, with_a_field_changed][rng.integers(4)]
    data = fault(rng, data)
    return with_true_checksums(data) if rng.integers(2) else data


@pytest.mark.parametrize("number", range(len(GOOD)))
def test_the_files_are_good_before_they_are_broken(number):
    assert set(outcome(pictures.open_picture, GOOD[number]).shape) == {13, 21, 3}


def test_a_broken_file_gives_a_whole_picture_or_one_sentence():
    opened = 0
    for seed in range(cases(300)):
        try:
            found = outcome(pictures.open_picture, broken_file(seed), 4096, True)
            if isinstance(found, Exception):
                assert type(found) is ValueError and str(found).startswith("The file ")
            else:
                pictures.check_picture(found)
                assert max(found.shape) <= 4096
                opened += 1
        except AssertionError as error:
            raise AssertionError(f"case {seed}: {error}") from error
    assert opened  # some faults spare the pixels, so the good half was tried too
