"""What is fast gives what its plain twin gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from helpers import bits
from helpers.neural import fast

DTYPES = [np.float16, np.float32]
small_pictures = hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))


# --- Looking up ---


@pytest.mark.parametrize("at_once", [4, 1 << 16])
@pytest.mark.parametrize("shape", [(50,), (50, 16)])
@settings(max_examples=20)
@given(rows=hnp.arrays(np.uint16, st.integers(0, 200), elements=st.integers(0, 49)))
def test_look_up_is_an_index(at_once, shape, rows):
    """In one part, and in many that two threads share."""
    table = np.random.default_rng(0).integers(0, 1000, shape)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast, "ROWS_AT_ONCE", at_once)
        for numbers in (rows, rows.astype(">u2")):
            found = fast.look_up(table, numbers)
            assert found.dtype == table.dtype and np.array_equal(found, table[rows])


# --- Equal rows ---


def check_distinct(values: np.ndarray) -> int:
    """That rows and places make the values again, byte by byte; how many rows are kept."""
    rows, place = fast.distinct_rows(values)
    as_bytes = np.ascontiguousarray(values).view(np.uint8)  # a nan equals no nan
    assert np.array_equal(as_bytes[rows][place], as_bytes)
    assert len(rows) == len(np.unique(as_bytes, axis=0))
    return len(rows)


tables = st.sampled_from(DTYPES).flatmap(
    lambda dtype: st.tuples(
        hnp.arrays(dtype, (6, 16), elements=st.floats(-1, 1, width=16)),
        st.lists(st.integers(0, 5), max_size=60),
    )
)


@pytest.mark.parametrize("at_once", [4, 1 << 16])
@settings(deadline=None)
@given(table=tables)
def test_distinct_rows_are_the_unique_ones(at_once, table):
    values, order = table
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast, "ROWS_AT_ONCE", at_once)
        check_distinct(values[np.array(order, int)])


@settings(deadline=None)
@given(table=tables)
def test_distinct_rows_that_all_fall_into_one_slot(table):
    values, order = table

    def one_slot(words, seed):
        return np.zeros(len(words), np.int32), np.int32([len(words) - 1])

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast, "in_slots", one_slot)
        check_distinct(values[np.array(order, int)])


def test_rows_that_differ_in_the_sign_of_a_zero_or_hold_a_nan():
    values = np.zeros((4, 16), np.float16)
    values[1, 3], values[2, 3], values[3, 3] = -0.0, np.nan, np.nan
    assert check_distinct(values) == 3


@pytest.mark.parametrize("dtype", DTYPES)
def test_more_rows_than_are_worked_on_at_once(dtype):
    some = np.random.default_rng(0).normal(size=(20_000, 16)).astype(dtype)
    order = np.random.default_rng(1).permutation(np.tile(np.arange(20_000), 5))
    assert check_distinct(some[order]) == 20_000


# --- A picture's blocks ---


@given(small_pictures)
def test_blocks_in_place_are_the_blocks_of_the_picture(picture):
    for view in (picture, picture[::-1], picture.transpose(1, 0, 2)):
        blocks = fast.blocks_in_place(view)
        assert np.array_equal(blocks, bits.picture_to_blocks(view))
        for numbers in (blocks, blocks.astype(np.uint16)):
            assert np.array_equal(fast.picture_in_place(numbers, view.shape), view)


# --- Finite numbers ---


@given(st.sampled_from(DTYPES).flatmap(lambda dtype: hnp.arrays(dtype, (3, 16))))
def test_all_finite_is_what_isfinite_says(values):
    assert fast.all_finite(values) == np.isfinite(values).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_numbers_at_the_edge_of_the_finite(dtype):
    largest = np.finfo(dtype).max
    values = np.array([[largest, -largest, -0.0, np.finfo(dtype).smallest_subnormal] * 4], dtype)
    assert fast.all_finite(values)
    for odd in (np.nan, np.inf, -np.inf, -np.nan):
        values[0, 5] = odd
        assert not fast.all_finite(values)
