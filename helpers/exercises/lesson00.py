"""The exercise of lesson 00, Start here."""

from __future__ import annotations

from helpers.exercises import Exercise

bytes_of_four_pixels = Exercise(
    expected=12,
    because="four pixels of three bytes each.",
    hints=[
        "Count the pixels first, then ask what one of them needs.",
        "Two rows of two pixels are four pixels.",
        "Four pixels, and each of them has three bytes: one for red, green and blue each.",
    ],
    solution_text="bytes_of_four_pixels = 2 * 2 * 3",
    slips=[
        (4, "this counts the pixels, and each of them has three bytes."),
        (6, "this is one row of two pixels, and there are two rows."),
        (96, "these are the bits, eight in each byte."),
    ],
)
