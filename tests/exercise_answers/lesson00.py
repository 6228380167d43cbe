"""What learners answer in lesson 00: (right, wrong) for each exercise."""

from __future__ import annotations

from tests.exercise_answers.numbers import forms, no_such_number

ANSWERS = {
    "bytes_of_four_pixels": (
        [*forms(12), 4 * 3, 2 * 2 * 3, len(bytes(12)), sum([3] * 4)],
        [*no_such_number(12), 4, 6, 8, 96, 3, 2, 1.5, 256, 16, 7, 2**12, 64],
    ),
}
