"""Pictograms repeat by their seed and can be told apart; CIFAR-10 is read or refused plainly."""

from __future__ import annotations

import subprocess
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from helpers.learnable import datasets
from helpers.learnable import pictograms as drawing

THINGS = (
    *("balloon", "bird", "boat", "car", "cup"),
    *("fish", "flower", "house", "mushroom", "tree"),
)


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray]:
    return datasets.pictograms(np.random.default_rng(7), 1500)


# --- Pictograms ---


def test_ten_things():
    assert datasets.CLASSES == THINGS


@pytest.mark.parametrize("n", [0, 1, 9, 10, 37, drawing.CHUNK + 1, 600])
def test_shapes_types_and_balance_for_any_number(n):
    pictures, labels = datasets.pictograms(np.random.default_rng(0), n)
    assert (pictures.shape, pictures.dtype) == ((n, 32, 32, 3), np.uint8)
    assert (labels.shape, labels.dtype) == ((n,), np.uint8)
    counts = np.bincount(labels, minlength=10)
    assert len(counts) == 10
    assert np.ptp(counts) == (n % 10 > 0)


def test_the_generator_fixes_every_picture():
    one, same, other = (datasets.pictograms(np.random.default_rng(s), 60) for s in (1, 1, 2))
    assert np.array_equal(one[0], same[0])
    assert np.array_equal(one[1], same[1])
    assert not np.array_equal(one[0], other[0])
    assert not np.array_equal(one[1], other[1])


def test_a_generator_goes_on_where_it_stopped():
    rng = np.random.default_rng(1)
    first, second = datasets.pictograms(rng, 30)[0], datasets.pictograms(rng, 30)[0]
    assert not np.array_equal(first, second)


def test_no_hidden_state(monkeypatch):
    """Neither NumPy's nor Python's global generator is asked, or moved."""
    import random

    before = np.random.get_state()[1].tolist(), random.getstate()  # noqa: NPY002
    pictures, _ = datasets.pictograms(np.random.default_rng(0), 20)
    datasets.augment(np.random.default_rng(0), pictures)
    assert (np.random.get_state()[1].tolist(), random.getstate()) == before  # noqa: NPY002


def test_no_two_pictures_are_the_same(drawn):
    assert len(np.unique(drawn[0].reshape(1500, -1), axis=0)) == 1500


def test_no_picture_is_blank_and_all_use_the_range(drawn):
    pictures = drawn[0]
    assert pictures.std(axis=(1, 2, 3)).min() > 10
    assert pictures.min() == 0
    assert pictures.max() == 255


def test_neighbouring_pixels_are_alike_as_in_photographs(drawn):
    """Recovering pictures by public statistics rests on it; in CIFAR-10 the correlation is 0.93."""
    pictures = drawn[0].astype(float)
    for one, next_one in (
        (pictures[:, 1:], pictures[:, :-1]),
        (pictures[:, :, 1:], pictures[:, :, :-1]),
    ):
        assert 0.88 < np.corrcoef(one.ravel(), next_one.ravel())[0, 1] < 0.98


def test_classes_differ_and_yet_no_mean_picture_tells_them(drawn):
    """The nearest of ten mean pictures: well above chance, 0.1, and far below any network."""
    pictures, labels = drawn[0].reshape(1500, -1).astype(float), drawn[1]
    means = np.stack([pictures[:1000][labels[:1000] == c].mean(axis=0) for c in range(10)])
    distances = ((pictures[1000:, None] - means) ** 2).sum(axis=2)
    assert 0.25 < np.mean(distances.argmin(axis=1) == labels[1000:]) < 0.6


@pytest.mark.parametrize("name", THINGS)
def test_a_thing_varies_in_form_and_is_neither_lost_nor_too_large(name):
    rng = np.random.default_rng(3)
    drawings = [drawing.draw(drawing.KINDS[name], rng)[0] for _ in range(100)]
    outlines = [pots >= drawing.MAIN for pots in drawings]
    shares = [outline.mean() for outline in outlines]
    assert min(shares) > 0.03
    assert max(shares) < 0.6
    assert len({outline.tobytes() for outline in outlines}) == 100


@pytest.mark.parametrize("name", THINGS)
def test_a_thing_stands_out_from_its_scene(name):
    rng = np.random.default_rng(4)
    for _ in range(50):
        for scene in drawing.SCENES.values():
            paints = drawing.mix_paints(drawing.KINDS[name], scene, rng)
            behind = paints[[drawing.SKY, drawing.GROUND]]
            for paint in (drawing.MAIN, drawing.SECOND):
                # 28 levels are left of 45 where a colour beyond 0 or 255 is cut off.
                assert np.abs(paints[paint] - behind).max(axis=1).min() >= 45 - 28
            assert np.abs(paints[drawing.MAIN] - paints[drawing.SECOND]).max() >= 45 - 28


def test_halving_by_hand():
    picture = np.zeros((1, 64, 64, 1), np.float32)
    picture[0, :2, 2:4, 0] = [[1, 2], [3, 6]]
    halved = drawing.halve(picture)
    assert halved[0, 0, 1, 0] == 3
    assert halved.sum() == 3


@pytest.mark.parametrize("size", [3, 5, 9, 17])
def test_stretching_keeps_ends_and_straight_lines(size):
    line = np.linspace(-1, 5, size)
    assert drawing.bilinear(size) @ line == pytest.approx(np.linspace(-1, 5, 32), abs=1e-5)


def test_a_negative_number_of_pictures_is_refused():
    with pytest.raises(ValueError, match="from 0 up; -1 came"):
        datasets.pictograms(np.random.default_rng(0), -1)


# --- Live augmentation ---


@settings(max_examples=30)
@given(
    pictures=hnp.arrays(
        st.sampled_from([np.uint8, np.float32]),
        st.tuples(st.integers(0, 4), st.integers(1, 9), st.integers(1, 9), st.just(3)),
        elements=st.integers(0, 255),
    ),
    padding=st.integers(0, 4),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_crop_is_one_of_those_a_loop_would_find(pictures, padding, seed):
    found = datasets.augment(np.random.default_rng(seed), pictures, padding)
    assert (found.shape, found.dtype) == (pictures.shape, pictures.dtype)
    _, height, width, _ = pictures.shape
    for before, after in zip(pictures, found):
        framed = np.pad(before, ((padding, padding), (padding, padding), (0, 0)))
        crops = [
            framed[y : y + height, x : x + width]
            for y in range(2 * padding + 1)
            for x in range(2 * padding + 1)
        ]
        assert any(
            np.array_equal(after, crop) or np.array_equal(after, crop[:, ::-1]) for crop in crops
        )


def test_every_shift_and_both_mirror_images_come_up():
    """A single white pixel in the middle shows where each picture went."""
    pictures = np.zeros((4000, 9, 10, 3), np.uint8)
    pictures[:, 4, 4] = 255
    found = datasets.augment(np.random.default_rng(5), pictures, padding=2)
    _, rows, columns = np.nonzero(found[..., 0])
    assert np.bincount(rows).tolist()[:2] == [0, 0]
    assert set(rows) == {2, 3, 4, 5, 6}
    # Straight 2..6, mirrored 3..7: the four in both are twice as likely as 2 and 7.
    counts = np.bincount(columns, minlength=8)[2:8] / len(columns)
    assert counts == pytest.approx([0.1, 0.2, 0.2, 0.2, 0.2, 0.1], abs=0.03)


def test_augmentation_repeats_by_its_generator_and_leaves_its_input_alone(drawn):
    pictures = drawn[0][:50]
    before = pictures.copy()
    one, same, other = (datasets.augment(np.random.default_rng(s), pictures) for s in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert np.array_equal(pictures, before)


# --- CIFAR-10 ---


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
        (x_train, y_train), (x_test, y_test) = datasets.cifar10(path)
        assert np.array_equal(x_train, saved["x_train"])
        assert np.array_equal(y_train, saved["y_train"][:, 0])
        assert np.array_equal(x_test, saved["x_test"])
        assert np.array_equal(y_test, saved["y_test"])
        assert y_train.dtype == y_test.dtype == np.uint8


def test_its_classes_are_ten_in_the_order_of_the_alphabet():
    assert len(datasets.CIFAR10_CLASSES) == 10
    assert sorted(datasets.CIFAR10_CLASSES) == list(datasets.CIFAR10_CLASSES)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no file .*gone.npz.*check its name"):
        datasets.cifar10(tmp_path / "gone.npz")


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
            datasets.cifar10(path)


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
    with pytest.raises(ValueError, match="bomb.npz is none: save them"):
        datasets.cifar10(path)


@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_and_never_a_riddle(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("damaged") / "cifar10.npz"
    np.savez_compressed(path, **{**arrays(2, 1), "x_train": np.zeros((2, 32, 32, 3), np.uint8)})
    damaged = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, len(damaged) - 1), min_size=1, max_size=8)):
        damaged[place] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged)
    try:
        (x_train, _), _ = datasets.cifar10(path)
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
        datasets.cifar10(tmp_path / "cifar10.npz")


def test_the_download_is_keras_own(monkeypatch):
    from helpers.learnable.models import keras

    saved = arrays()
    halves = (saved["x_train"], saved["y_train"]), (saved["x_test"], saved["y_test"])
    monkeypatch.setattr(keras.datasets.cifar10, "load_data", lambda: halves)
    (x_train, y_train), (_, y_test) = datasets.cifar10()
    assert np.array_equal(x_train, saved["x_train"])
    assert (y_train.shape, y_test.shape) == ((12,), (6,))


def test_without_a_network_one_sentence_says_what_to_do(monkeypatch):
    from helpers.learnable.models import keras

    def offline():
        raise Exception("URL fetch failure on https://example.org: None -- unreachable")

    monkeypatch.setattr(keras.datasets.cifar10, "load_data", offline)
    with pytest.raises(
        OSError, match=r"cannot be downloaded .*unreachable.*local file.*pictograms"
    ):
        datasets.cifar10()


def test_pictures_need_no_network_library():
    code = (
        "import sys, numpy, helpers.learnable.datasets as d; "
        "d.augment(numpy.random.default_rng(0), d.pictograms(numpy.random.default_rng(0), 5)[0]); "
        "sys.exit(bool({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
