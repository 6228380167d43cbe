"""CIFAR-10, the photographs that the paper's networks learn (its reference [14]).

uint8 pictures (n, 32, 32, 3) with uint8 labels (n,), from 0 to 9, which number the `CLASSES`. Only
the download needs Keras, and a network.
"""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from helpers.files import check_directory, read_member, readable

CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)
ARRAYS = ("x_train", "y_train", "x_test", "y_test")
LARGEST_ARRAY = 1 << 28  # bytes; CIFAR-10's own has 154 million

Split = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]  # pictures and labels


def cifar10(path: str | os.PathLike | None = None) -> tuple[Split, Split]:
    """CIFAR-10 as (x_train, y_train), (x_test, y_test), the labels numbers in `CLASSES`.

    From a local .npz file with arrays of these four names, or, without a path, from Keras' cache,
    into which Keras downloads 170 MB the first time. FileNotFoundError for no file, ValueError for
    one with other contents, OSError where the download fails. (Krizhevsky and Hinton, the paper's
    reference [14].)
    """
    arrays = downloaded() if path is None else read_local(readable(path))
    x_train, y_train, x_test, y_test = arrays
    return check_examples(x_train, y_train), check_examples(x_test, y_test)


def read_local(path: Path) -> list[np.ndarray]:
    """The four arrays of a local .npz file, packed or not; a small file cannot unfold into much."""
    try:
        with open(path, "rb") as file:
            check_directory(file)
            with zipfile.ZipFile(file) as archive:
                members = [archive.getinfo(f"{name}.npy") for name in ARRAYS]
                if max(member.file_size for member in members) > LARGEST_ARRAY:
                    raise ValueError
                return [read_member(archive, member) for member in members]
    except Exception as error:  # a damaged file leads to many kinds
        names = ", ".join(ARRAYS)
        raise ValueError(
            f"CIFAR-10 is read from an .npz file with the arrays {names}; {path.name} is none: "
            "save them with np.savez."
        ) from error


def downloaded() -> list[np.ndarray]:
    """The four arrays from Keras, which reports a failed download as a bare Exception."""
    from helpers.quiet_keras import keras

    try:
        train, test = keras.datasets.cifar10.load_data()
    except Exception as error:
        raise OSError(
            f"CIFAR-10 cannot be downloaded ({error}): connect to a network, name a local file, "
            "--cifar10 cifar10.npz, or use pictograms, which need neither."
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
