"""The harness itself, on notebooks of a few lines: what it must notice; that a click arrives."""

from __future__ import annotations

import re

from playwright.sync_api import expect

SWITCH = """
import io
import ipywidgets as widgets
from PIL import Image

def png(colour):
    file = io.BytesIO()
    Image.new("RGB", (64, 64), colour).save(file, "png")
    return file.getvalue()

switch = widgets.ToggleButton(description="key bit 6")
picture = widgets.Image(value=png("black"))
switch.observe(lambda change: setattr(picture, "value", png("white")), "value")
widgets.VBox([switch, picture])
"""


def test_a_click_changes_the_picture(lab):
    lab.open_cells(SWITCH)
    lab.run_all()
    picture = lab.page.locator("img.widget-image")
    before = picture.screenshot()
    assert picture.screenshot() == before
    source = picture.get_attribute("src")
    lab.page.get_by_role("button", name="key bit 6").click()
    expect(picture).not_to_have_attribute("src", source)
    assert picture.screenshot() != before
    assert lab.errors() == [] and lab.complaints == []


def test_a_failing_cell_and_a_warning_are_noticed(lab):
    warn = "import sys\nprint('careful', file=sys.stderr)"
    lab.open_cells(warn, "raise RuntimeError('out of ink')", "print('never')")
    lab.run_all()
    warning, error = lab.errors()
    assert warning.strip() == "careful" and "RuntimeError: out of ink" in error
    assert lab.counts() == [1, 2, None]


def test_errors_of_the_page_and_requests_to_the_web_are_noticed(lab):
    lab.open_cells(
        "from IPython.display import HTML, Javascript",
        "Javascript('console.error(\"of the console\")')",
        "Javascript('setTimeout(() => { throw Error(\"of the page\") })')",
        "HTML('<img src=\"http://192.0.2.1/picture.png\">')",
    )
    lab.run_all()
    lab.page.wait_for_timeout(200)
    for noticed in ["console: of the console", "page: .*of the page", "request: http://192.0.2.1"]:
        assert any(re.match(noticed, complaint) for complaint in lab.complaints), noticed
