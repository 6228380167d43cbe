"""What Alice sends: of an analog pair 16 real values a block, of a binary pair 16 bits.

The bits take the place of the block that they encrypt, so they are a picture of the same size and
fit in a PNG file. Real values take sixteen times as much, and are stretched to be seen at all.
"""

from __future__ import annotations

import json
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from helpers import bits, files
from helpers.bits import Picture
from helpers.neural import modes
from helpers.neural.fast import all_finite
from helpers.neural.modes import ECB, Mode, check_mode
from helpers.pictures import LONGEST_SIDE, open_picture


@dataclass(frozen=True)
class Ciphertext:
    """The encrypted blocks of a picture, and beside them what is no secret: the picture's shape,
    the fingerprint of the pair, and the mode with its iv or nonce.

    Raises ValueError where the data are no blocks, or more or fewer than the shape has, and where
    they cannot be in that mode.
    """

    data: np.ndarray  # float16 or float32 (n, 16), values; of a binary pair uint16 (n,), blocks
    shape: tuple[int, int, int]
    cipher: str
    mode: Mode = ECB()

    def __post_init__(self) -> None:
        check_shape(self.shape)
        check_data(self.data)
        check_mode(self.mode)
        if not isinstance(self.cipher, str) or not re.fullmatch("[0-9a-f]{16}", self.cipher):
            raise ValueError(
                "The fingerprint of a pair is 16 hexadecimal digits, and here is something else: "
                "give the fingerprint of the cipher."
            )
        if self.mode != ECB() and not self.binary:
            raise ValueError(
                f"Real values are in ECB mode, not in {self.mode.name}: leave the mode out."
            )
        blocks = -(-math.prod(self.shape) // 2)
        if len(self.data) != blocks:
            raise ValueError(
                f"A picture of shape {self.shape} has {blocks} blocks; here are {len(self.data)}: "
                "give the shape of the picture that they came from."
            )

    @property
    def binary(self) -> bool:
        """Whether a block is 16 bits, not 16 real values."""
        return self.data.dtype == np.uint16

    @property
    def values(self) -> np.ndarray:
        """What Bob and Eve read, float16 or float32 (n, 16): of a binary pair -1 and +1."""
        if not self.binary:
            return self.data
        return bits.bits_to_signs(bits.blocks_to_bits(self.data)).astype(np.float16)

    def as_picture(self) -> Picture:
        """The ciphertext to look at, each block where its two bytes lie in the picture.

        Returns:
            Of a binary pair uint8 (height, width, 3), the bytes as they are. (Where their number is
            odd, the last block has a second byte for which the picture has no room.) Of an analog
            pair the values as greys, uint8 (4 * height, 6 * width, 3): see `tiles`.

        Raises nothing.

        Source: Rivas-Perea and Banerjee, section 2, where `enc_img` is passed to `bin2img`.

        >>> Ciphertext(np.uint16([258, 768]), (1, 1, 3), "0" * 16).as_picture().tolist()
        [[[1, 2, 3]]]
        """
        return bits.blocks_to_picture(self.data, self.shape) if self.binary else tiles(self)

    # --- files ------------------------------------------------------------------------------------

    def save(self, path: str | os.PathLike) -> None:
        """Write the ciphertext: the whole file or nothing. A binary pair's name may end in .png.

        A .png file shows `as_picture`, and holds the rest as a text, which viewers ignore. Any
        other is .npz (arrays and texts, no pickle). ValueError for real values in a PNG file.
        """
        if files.as_path(path).suffix.lower() != ".png":
            files.write_npz(path, self.arrays())
        elif self.binary:
            write_png(path, self)
        else:
            raise ValueError(
                "A PNG file holds bytes, and this ciphertext is of real values: end the name in "
                ".npz, or save its picture: Image.fromarray(ciphertext.as_picture()).save(path)."
            )

    @classmethod
    def load(cls, path: str | os.PathLike) -> Ciphertext:
        """Read what `save` wrote; ValueError where the file is damaged or of another kind."""
        path = files.as_path(path)
        arrays = read_png(path) if path.suffix.lower() == ".png" else files.read_npz(path)
        with files.naming(path, "ciphertext"):
            data = arrays.pop("values", arrays.pop("blocks", np.zeros(0)))
            shape = tuple(np.atleast_1d(arrays.pop("shape", 0)).tolist())
            cipher = files.text_in(arrays, "cipher")
            mode = files.text_in(arrays, "mode") if "mode" in arrays else "ECB"
            starts = {name: arrays[name] for name in arrays.keys() - {"cipher", "mode"}}
            return cls(data, shape, cipher, modes.from_file(mode, starts))

    def arrays(self) -> dict[str, np.ndarray]:
        """All of it as arrays for a file."""
        labels = {"shape": np.array(self.shape), "cipher": np.array(self.cipher)}
        if not self.binary:
            return {"values": self.data, **labels}
        return {"blocks": self.data, **labels, **modes.as_arrays(self.mode)}


def check_ciphertext(ciphertext: Ciphertext) -> None:
    """ValueError for anything else, a picture say."""
    if not isinstance(ciphertext, Ciphertext):
        raise ValueError(
            "A Ciphertext is asked for, which knows the shape of its picture; here is "
            f"{type(ciphertext).__name__}: pass what encrypt returned, or Ciphertext.load."
        )


def check_shape(shape: tuple[int, int, int]) -> None:
    """ValueError unless it is the shape of a picture."""
    kinds = (int, np.integer)
    whole = isinstance(shape, tuple) and all(isinstance(n, kinds) and n > 0 for n in shape)
    if not whole or shape[2:] != (3,):
        raise ValueError(
            "The shape of a picture is (height, width, 3), in pixels, and here is another: give "
            "that of the picture that was encrypted."
        )


def check_data(data: np.ndarray) -> None:
    """ValueError unless it is blocks, uint16 (n,), or finite values, float16 or float32 (n, 16)."""
    kind = getattr(data, "dtype", None), getattr(data, "shape", ())[1:]
    if kind not in KINDS or (kind[0] != np.uint16 and not all_finite(data)):
        raise ValueError(
            "A ciphertext is blocks, uint16 (n,), or finite values, float16 or float32 (n, 16), "
            "and here is something else: give what a cipher encrypted."
        )


KINDS = [(np.dtype(np.uint16), ()), (np.dtype(np.float16), (16,)), (np.dtype(np.float32), (16,))]


def tiles(ciphertext: Ciphertext) -> np.ndarray:
    """The values as greys, uint8 (4 * height, 6 * width, 3), each block a tile of 16 values.

    Each of the 16 positions is stretched from its smallest value, black, to its largest, white: as
    they are, all would be one grey. (Where height and width are both odd there are four more rows.)
    """
    height, width, _ = ciphertext.shape
    # An odd number of bytes in a row: two rows then share a block, and tiles are twice as high.
    rows, tile_height = (2, 8) if width % 2 else (1, 4)
    grid = -(-height // rows), rows * 3 * width // 2
    tiles = np.zeros((*grid, tile_height, 16 // tile_height), np.uint8)
    tiles.reshape(-1, 16)[: len(ciphertext.data)] = stretched(ciphertext.data)
    grey = tiles.swapaxes(1, 2).reshape(grid[0] * tile_height, -1)
    return np.repeat(grey[..., None], 3, axis=2)


def stretched(values: np.ndarray) -> np.ndarray:
    """Each column from 0, its smallest value, to 255, its largest: uint8 (n, 16)."""
    low, high = values.min(axis=0), values.max(axis=0)
    span = np.where(high > low, high - low, 1)
    return np.round((values - low) / span.astype(np.float32) * 255).astype(np.uint8)


def write_png(path: str | os.PathLike, ciphertext: Ciphertext) -> None:
    """The bytes as pixels; as a text under "ciphertext" what a picture of that size cannot hold.

    That is the labels, and the second byte of the last block where the bytes are odd in number.
    """
    arrays, odd = ciphertext.arrays(), math.prod(ciphertext.shape) % 2
    text = {name: arrays[name].tolist() for name in arrays.keys() - {"blocks", "shape"}}
    text["last_byte"] = int(ciphertext.data[-1] & 255) if odd else None
    text["digest"] = files.digest_of(arrays)
    information = PngInfo()
    information.add_text("ciphertext", json.dumps(text))
    image = Image.fromarray(ciphertext.as_picture())
    with files.atomic_write(path) as unfinished:
        image.save(unfinished, format="PNG", compress_level=1, pnginfo=information)


def read_png(path: Path) -> dict[str, np.ndarray]:
    """The arrays of the ciphertext that `write_png` wrote; ValueError unless all are unchanged."""
    picture = open_picture(path, max_side=LONGEST_SIDE)
    with files.refusing(path, ".png"), Image.open(path) as image:
        text = json.loads(image.info.get("ciphertext", "null"))
    if text is None:
        raise ValueError(
            f"{path.name} is a picture without the text that Ciphertext.save puts beside it: give "
            "the file itself, not one that another program made of it."
        )
    with files.refusing(path, ".png"):
        arrays = {"blocks": bits.picture_to_blocks(picture), "shape": np.array(picture.shape)}
        arrays["blocks"][-1] |= text["last_byte"] or 0
        arrays |= {name: np.array(text[name]) for name in text.keys() & {"cipher", "mode"}}
        arrays |= {name: np.array(text[name], np.uint8) for name in text.keys() & {"iv", "nonce"}}
        unchanged = text["digest"] == files.digest_of(arrays)
    if not unchanged:
        raise ValueError(f"{path.name} was changed after it was written: fetch it again.")
    return arrays
