"""Minutes of a lesson by the formula: words, lines of code that are seen, figures."""

from __future__ import annotations

import pytest
from nbformat import v4

from helpers import timetable

FIGURE = v4.new_output("display_data", data={"image/png": ""})
FOLDED = {"jupyter": {"source_hidden": True}}


def lesson(*cells):
    return v4.new_notebook(cells=[v4.new_markdown_cell("# 1 · Keys\n\n*About 5 minutes.*"), *cells])


def words(number, **about):
    return v4.new_markdown_cell("word " * number, **about)


@pytest.mark.parametrize(
    ("cell", "minutes"),
    [
        (words(360), 2),
        (v4.new_markdown_cell("<details><summary>one</summary>\n\ntwo\n\n</details>"), 2 / 180),
        (v4.new_code_cell("x = 1\n\n" * 24), 2),
        (v4.new_code_cell("x = 1\n" * 24, outputs=[FIGURE]), 2.5),
        (v4.new_code_cell("x = 1\n" * 24, outputs=[FIGURE], metadata=FOLDED), 0.5),
        (words(360, metadata={"tags": ["exercise"]}), 0),
        (words(360, metadata={"tags": ["challenge"]}), 0),
        (v4.new_code_cell("two = ...\nlesson01.two.check(two)"), 0),
        (v4.new_code_cell("pads = challenges.pads.start(...)"), 0),
    ],
)
def test_each_kind_of_cell_takes_its_time(cell, minutes):
    assert timetable.minutes_of(cell) == pytest.approx(minutes)


def test_sections_are_told_apart_and_what_goes_further_is_not_of_the_core():
    long = lesson(
        words(180), v4.new_markdown_cell("## Keys"), words(356),
        v4.new_markdown_cell("## Recap"), v4.new_markdown_cell("## Further: more keys"), words(900),
    )  # fmt: skip
    minutes = timetable.sections(long)
    assert list(minutes) == ["To begin", "Keys", "Recap", "Further: more keys"]
    assert minutes["Keys"] == pytest.approx(358 / 180)
    assert timetable.core(long) == pytest.approx((184 + 358 + 2) / 180)
    assert timetable.paragraph(long) == (
        "*About 3 minutes:* To begin (1), Keys (2).\n*Further, if you like, 5 more:* more keys (5)."
    )


def test_the_paragraph_takes_the_place_of_the_one_before_and_of_nothing_else():
    short = lesson(v4.new_markdown_cell("## Keys"), words(356))
    short.cells[0].source += "\n\n**You will** see keys."
    for _ in range(2):
        timetable.fill_in(short)
        assert short.cells[0].source == (
            "# 1 · Keys\n\n*About 2 minutes:* To begin (1), Keys (2).\n\n**You will** see keys."
        )
