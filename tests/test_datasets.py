"""Pictograms repeat by their seed and can be told apart; live augmentation cuts and mirrors."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from helpers.learnable import datasets, photograph
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
    halved = photograph.halve(picture)
    assert halved[0, 0, 1, 0] == 3
    assert halved.sum() == 3


@pytest.mark.parametrize("size", [3, 5, 9, 17])
def test_stretching_keeps_ends_and_straight_lines(size):
    line = np.linspace(-1, 5, size)
    assert photograph.bilinear(size) @ line == pytest.approx(np.linspace(-1, 5, 32), abs=1e-5)


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


def test_pictures_need_no_network_library():
    code = (
        "import sys, numpy, helpers.learnable.datasets as d; "
        "d.augment(numpy.random.default_rng(0), d.pictograms(numpy.random.default_rng(0), 5)[0]); "
        "sys.exit(bool({'tensorflow', 'keras', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
