"""Every lesson, opened by a reader with a laptop, and run by one who presses Run All Cells."""

from __future__ import annotations

import pytest

from helpers.lessons import NAMES, path_of

LAPTOP = {"width": 1366, "height": 768}
STATUS_BAR = 25  # pixels, at the bottom of the window


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_opens_on_its_picture_unchanged_and_runs_from_top_to_bottom(lab, name):
    lab.page.set_viewport_size(LAPTOP)
    copy, original = lab.server.folder / f"{name}.ipynb", path_of(name)
    before = copy.read_bytes(), original.read_bytes()
    lab.open(name)
    picture = lab.page.locator(".jp-RenderedImage img").first.bounding_box()
    assert picture["y"] + picture["height"] / 2 < LAPTOP["height"] - STATUS_BAR
    assert not lab.unsaved()
    lab.save()
    assert (copy.read_bytes(), original.read_bytes()) == before
    lab.run_all()
    assert lab.errors() == []
    assert lab.counts() == list(range(1, len(lab.counts()) + 1))
    assert lab.complaints == []
    lab.save()
    assert original.read_bytes() == before[1]
