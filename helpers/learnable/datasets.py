"""Pictures to learn from: the pictograms, drawn on the spot, and CIFAR-10.

Both are `uint8` pictures (n, 32, 32, 3) with `uint8` labels (n,) from 0 to 9, and both take the
same live augmentation. Only the download of CIFAR-10 needs Keras, and a network.
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np

from helpers.files import check_directory, read_member, readable
from helpers.learnable.pictograms import CLASSES, pictograms

__all__ = ["CIFAR10_CLASSES", "CLASSES", "augment", "cifar10", "pictograms"]

CIFAR10_CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
CIFAR10_ARRAYS = ("x_train", "y_train", "x_test", "y_test")
LARGEST_ARRAY = 1 << 28  # bytes; CIFAR-10's own has 154 million

Split = tuple[np.ndarray, np.ndarray]


def cifar10(path: str | os.PathLike | None = None) -> tuple[Split, Split]:
    """CIFAR-10 as (x_train, y_train), (x_test, y_test), the labels numbers in `CIFAR10_CLASSES`.

    From a local .npz file with arrays of these four names, or, without a path, from Keras' cache,
    into which Keras downloads 170 MB the first time. FileNotFoundError for no file, ValueError for
    one with other contents, OSError where the download fails. (Krizhevsky and Hinton, the paper's
    reference [14].)
    """
    arrays = _downloaded() if path is None else _read(readable(path))
    x_train, y_train, x_test, y_test = arrays
    return check_examples(x_train, y_train), check_examples(x_test, y_test)


def _read(path: Path) -> list[np.ndarray]:
    """The four arrays of a local .npz file, packed or not; a small file cannot unfold into much."""
    try:
        with open(path, "rb") as file:
            check_directory(file)
            with zipfile.ZipFile(file) as archive:
                members = [archive.getinfo(f"{name}.npy") for name in CIFAR10_ARRAYS]
                if max(member.file_size for member in members) > LARGEST_ARRAY:
                    raise ValueError
                return [read_member(archive, member) for member in members]
    except Exception as error:  # a damaged file leads to many kinds
        names = ", ".join(CIFAR10_ARRAYS)
        raise ValueError(
            f"CIFAR-10 is read from an .npz file with the arrays {names}; {path.name} is none: "
            "save them with np.savez."
        ) from error


def _downloaded() -> list[np.ndarray]:
    """The four arrays from Keras, which reports a failed download as a bare Exception."""
    from helpers.quiet_keras import keras

    try:
        train, test = keras.datasets.cifar10.load_data()
    except Exception as error:
        raise OSError(
            f"CIFAR-10 cannot be downloaded ({error}): connect to a network, name a local file, "
            "cifar10('cifar10.npz'), or use pictograms, which need neither."
        ) from error
    return [*train, *test]


def check_examples(pictures: np.ndarray, labels: np.ndarray) -> Split:
    """Pictures and labels as they are everywhere here, labels (n, 1) flattened to uint8 (n,).

    ValueError unless pictures are uint8 (n, 32, 32, 3), n at least 1, and labels n whole numbers
    from 0 to 9.
    """
    if (
        not pictures.size
        or pictures.dtype != np.uint8
        or pictures.ndim != 4
        or pictures.shape[1:] != (32, 32, 3)
    ):
        raise ValueError(
            "Pictures to learn from are uint8 (n, 32, 32, 3), one or more, colours last; these are "
            f"{pictures.dtype} {pictures.shape}: convert them before they are saved."
        )
    n = len(pictures)
    if labels.dtype.kind not in "ui" or labels.shape not in {(n,), (n, 1)}:
        raise ValueError(
            f"Labels are one whole number for each of {n} pictures; these are {labels.dtype} "
            f"{labels.shape}: give as many as there are pictures."
        )
    if labels.min() < 0 or labels.max() > 9:
        raise ValueError(
            f"Labels are numbers from 0 to 9; here they go from {labels.min()} to {labels.max()}: "
            "keep the ten classes only."
        )
    return pictures, labels.reshape(n).astype(np.uint8)


def augment(rng: np.random.Generator, pictures: np.ndarray, padding: int = 4) -> np.ndarray:
    """Each picture cut anew out of a black frame of `padding` pixels, and every other one mirrored.

    Pictures (n, height, width, colours) of any dtype; the result has the same. This is the paper's
    "live augmentation": a fresh draw for each batch, before encryption, for a crop that cuts
    through encrypted blocks leaves nothing to learn.
    """
    n, height, width, _ = pictures.shape
    frame = ((0, 0), (padding, padding), (padding, padding), (0, 0))
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(pictures, frame), (height, width), axis=(1, 2)
    )
    down, across = rng.integers(0, 2 * padding + 1, (2, n))
    cut = np.moveaxis(windows[np.arange(n), down, across], 1, -1)
    mirrored = rng.random(n) < 0.5
    return np.where(mirrored[:, None, None, None], cut[:, :, ::-1], cut)
