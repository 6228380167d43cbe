"""Trained networks of the scenarios as files, weights and words, that are whole or refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np

from data.studies.publish import MOST_SEED
from data.studies.resumable import Training
from helpers.files import json_in, naming, read_npz, write_npz
from helpers.learnable.scenarios import NETWORKS, build
from helpers.quiet_keras import keras


def save(path: Path, finished: Training) -> None:
    """The weights, in half precision where they are matrices, and what they are, as .npz."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = {
        f"{i:03d}": weights.astype(kept_as(weights))
        for i, weights in enumerate(finished.model.get_weights())
    }
    about = finished.about | {"error": finished.error, "seconds": round(finished.seconds)}
    write_npz(path, arrays | {"about": np.array(json.dumps(about))})


def load(path: Path, network: Callable[..., keras.Model]) -> tuple[keras.Model, dict]:
    """(model, about), as `save` wrote them of such a `network`.

    It computes in float32, in whatever precision it was trained, so that attacks on it are exact.
    Raises ValueError for a damaged file, or one of another network, FileNotFoundError for none.
    """
    arrays = read_npz(path)
    with naming(path, "trained model"):
        about = check_about(json_in(arrays, "about"), network.__name__)
        model = build(NETWORKS[about["scenario"]], about["seed"], network)
        model.set_weights(weights_for(model, arrays))
    return model, about


def weights_for(model: keras.Model, arrays: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Those of a file; ValueError unless they are for such a model, and finite."""
    wanted = {f"{i:03d}": weights for i, weights in enumerate(model.get_weights())}
    fit = arrays.keys() == wanted.keys() | {"about"} and all(
        arrays[name].shape == weights.shape
        and arrays[name].dtype == kept_as(weights)
        and np.isfinite(arrays[name]).all()
        for name, weights in wanted.items()
    )
    if not fit:
        raise ValueError("the weights are none for this network: train it anew.")
    return [arrays[name] for name in wanted]


def kept_as(weights: np.ndarray) -> type:
    """The type of an array of weights in a file: half precision for matrices."""
    return np.float16 if weights.ndim > 1 else np.float32


def check_about(about: object, network: str) -> dict:
    """The words about a training; ValueError unless they have all parts, of such a network."""
    parts = {"scenario", "scale", "seed", "training_data", "error", "seconds"}
    if (
        not isinstance(about, dict)
        or about.keys() != parts
        or about["scenario"] not in list(NETWORKS)
        or not isinstance(about["scale"], dict)
        or about["scale"].get("network") != network
        or type(about["seed"]) is not int
        or not 0 <= about["seed"] <= MOST_SEED
        or not (is_number(about["error"], 1) and is_number(about["seconds"]))
    ):
        raise ValueError("its words about the training are none of ours: train it anew.")
    return about


def is_number(value: object, most: float = 1e9) -> bool:
    """Whether something out of a JSON file is a number from 0 to `most`, and not true or false."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= most
