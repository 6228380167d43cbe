"""CIFAR-10 is read from a local file or downloaded, or refused plainly."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.studies import cifar10


def arrays(n: int = 12, m: int = 6) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {
        "x_train": rng.integers(0, 256, (n, 32, 32, 3), np.uint8),
        "y_train": rng.integers(0, 10, (n, 1), np.uint8),
        "x_test": rng.integers(0, 256, (m, 32, 32, 3), np.uint8),
        "y_test": rng.integers(0, 10, m, np.int64),
    }


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_local_file(tmp_path, save):
    saved = arrays()
    save(tmp_path / "cifar10.npz", **saved)
    for path in (tmp_path / "cifar10.npz", str(tmp_path / "cifar10.npz")):
        (x_train, y_train), (x_test, y_test) = cifar10.cifar10(path)
        assert np.array_equal(x_train, saved["x_train"])
        assert np.array_equal(y_train, saved["y_train"][:, 0])
        assert np.array_equal(x_test, saved["x_test"])
        assert np.array_equal(y_test, saved["y_test"])
        assert y_train.dtype == y_test.dtype == np.uint8


def test_its_classes_are_ten_in_the_order_of_the_alphabet():
    assert len(cifar10.CLASSES) == 10
    assert sorted(cifar10.CLASSES) == list(cifar10.CLASSES)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file .*gone.npz.*check its name"):
        cifar10.cifar10(tmp_path / "gone.npz")


def test_a_file_of_another_kind(tmp_path):
    text, lacking, single = (tmp_path / name for name in ("text.npz", "lacking.npz", "single.npy"))
    text.write_text("pictures, so they say", encoding="utf-8")
    np.savez(lacking, x_train=arrays()["x_train"])
    np.save(single, arrays()["x_train"])
    pickled = tmp_path / "pickled.npz"
    np.savez(pickled, **{**arrays(), "x_test": np.array([{}], dtype=object)})
    empty = tmp_path / "empty.npz"
    empty.touch()
    cut = tmp_path / "cut.npz"
    np.savez(cut, **arrays())
    cut.write_bytes(cut.read_bytes()[:5000])
    for path in (text, lacking, single, pickled, empty, cut):
        with pytest.raises(ValueError, match=rf"x_train, y_train, .*{path.name} is none: save"):
            cifar10.cifar10(path)


@pytest.mark.parametrize("shape, zeros", [((1 << 40,), 1), ((9, 32, 32, 3), 400), ((), 1)])
def test_a_file_that_would_unfold_into_much_is_refused_at_once(tmp_path, shape, zeros):
    """Its header, or what is packed, promises more than there is to CIFAR-10. `zeros` in MB."""
    path = tmp_path / "bomb.npz"
    np.savez_compressed(path, **{k: v for k, v in arrays().items() if k != "x_train"})
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("x_train.npy", "w") as member,
    ):
        header = {"descr": "|u1", "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(member, header)
        for _ in range(zeros):
            member.write(bytes(1 << 20))
    with pytest.raises(ValueError, match="bomb.npz is none: save them|Pictures to learn from are"):
        cifar10.cifar10(path)


@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_and_never_a_riddle(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damaged") / "cifar10.npz"
    np.savez_compressed(path, **{**arrays(2, 1), "x_train": np.zeros((2, 32, 32, 3), np.uint8)})
    damaged = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=8)):
        damaged[place] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged)
    try:
        (x_train, _), _ = cifar10.cifar10(path)
        assert x_train.shape[1:] == (32, 32, 3)
    except ValueError as error:
        assert "cifar10.npz is none: save" in str(error) or "to learn from" in str(error)


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ({"x_train": np.zeros((12, 32, 32, 3))}, r"uint8 \(n, 32, 32, 3\).*float64"),
        ({"x_train": np.zeros((12, 3, 32, 32), np.uint8)}, r"uint8 \(12, 3, 32, 32\)"),
        ({"x_test": np.zeros((6, 3072), np.uint8)}, r"uint8 \(6, 3072\)"),
        ({"x_test": np.zeros((0, 32, 32, 3), np.uint8)}, r"one or more.*uint8 \(0, 32, 32, 3\)"),
        ({"y_train": np.zeros(11, np.uint8)}, r"each of 12 pictures; these are uint8 \(11,\)"),
        ({"y_train": np.zeros((12, 10), np.uint8)}, r"uint8 \(12, 10\)"),
        ({"y_test": np.zeros(6)}, r"float64 \(6,\)"),
        ({"y_test": np.array([0, 1, 2, 3, 4, 10])}, "from 0 to 10: keep"),
        ({"y_test": np.array([0, 1, 2, 3, 4, -1])}, "from -1 to 4: keep"),
    ],
)
def test_arrays_of_another_shape_type_or_range_are_refused(tmp_path, wrong, advice):
    np.savez(tmp_path / "cifar10.npz", **{**arrays(), **wrong})
    with pytest.raises(ValueError, match=advice):
        cifar10.cifar10(tmp_path / "cifar10.npz")


def test_the_download_is_keras_own(monkeypatch):
    from helpers.quiet_keras import keras

    saved = arrays()
    halves = (saved["x_train"], saved["y_train"]), (saved["x_test"], saved["y_test"])
    monkeypatch.setattr(keras.datasets.cifar10, "load_data", lambda: halves)
    (x_train, y_train), (_, y_test) = cifar10.cifar10()
    assert np.array_equal(x_train, saved["x_train"])
    assert (y_train.shape, y_test.shape) == ((12,), (6,))


def test_without_a_network_one_sentence_says_what_to_do(monkeypatch):
    from helpers.quiet_keras import keras

    def offline():
        raise Exception("URL fetch failure on https://example.org: None -- unreachable")

    monkeypatch.setattr(keras.datasets.cifar10, "load_data", offline)
    with pytest.raises(
        OSError, match=r"cannot be downloaded .*unreachable.*local file.*pictograms"
    ):
        cifar10.cifar10()
