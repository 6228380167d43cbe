"""Every lesson, opened by a reader with a laptop, and run by one who presses Run All Cells.

What each cell then prints is what is saved in it. nbval compares, as it does where pytest runs the
notebooks without a browser.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from nbval.plugin import IPyNbCell, IPyNbFile, coalesce_streams

from helpers import lessons
from helpers.lessons import NAMES, path_of

LAPTOP = {"width": 1366, "height": 768}
STATUS_BAR = 25  # pixels, at the bottom of the window


@pytest.fixture
def saved(request):
    """The cells of a lesson as nbval has them, exercises as they are asked."""

    def cells_of(path: Path) -> list[IPyNbCell]:
        lesson = IPyNbFile.from_parent(request.session, path=path)
        lesson.setup_sanitize_files()
        cells = [*lesson.collect()]
        for exercise in filter(lessons.is_exercise, (cell.cell for cell in cells)):
            lessons.put_dots_back(exercise)
        return cells

    return cells_of


def differences(saved: list[IPyNbCell], ran: Path) -> dict[str, str]:
    """{name of a cell: in what it gave something else than is saved in it}"""
    again = [cell for cell in lessons.read(ran).cells if cell.cell_type == "code"]
    return {
        new.id: "\n".join(old.comparison_traceback)
        for old, new in zip(saved, again, strict=True)
        if not old.compare_outputs(*map(coalesce_streams, (new.outputs, old.cell.outputs)))
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_opens_on_its_picture_unchanged_and_runs_from_top_to_bottom(lab, name, saved):
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
    assert differences(saved(original), copy) == {}


def test_a_cell_that_prints_something_else_is_noticed(saved, tmp_path):
    original, ran = path_of(NAMES[0]), lessons.read(path_of(NAMES[0]))
    changed = next(cell for cell in ran.cells if cell.cell_type == "code" and "text" in str(cell))
    output = changed.outputs[0]
    if output.output_type == "stream":
        output.text += "1"
    else:
        output.data["text/plain"] += "1"
    lessons.write(ran, tmp_path / "ran.ipynb")
    assert list(differences(saved(original), tmp_path / "ran.ipynb")) == [changed.id]
