"""Slides of `make teach` as a teacher steps through them, opened from a file, offline."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from nbformat import v4
from playwright.sync_api import expect

from helpers import lessons, teach

PREDICTION = "**Predict.** Grey?\n\n<details><summary>Yes</summary>\n\nIt is.\n\n</details>"
TEXT = "Many words. " * 12


def told(text, kind, **metadata):
    return v4.new_markdown_cell(text, metadata={"slideshow": {"slide_type": kind}, **metadata})


@pytest.fixture
def slides(browser, tmp_path):
    """Three slides: a title; a prediction and what it asks for; more than a screen of words."""
    said = v4.new_output("stream", text="what came out\n")
    fragment = v4.new_code_cell("print(words)", outputs=[said])
    fragment.metadata["slideshow"] = {"slide_type": "fragment"}
    cells = [told("# 1 · Grey", "slide"), told(PREDICTION, "slide", tags=["prediction"]), fragment]
    cells += [told("\n\n".join([TEXT] * 14), "slide")]
    path = tmp_path / "01_grey_slides.html"
    path.write_text(teach.slides("01_grey", v4.new_notebook(cells=cells)), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(path.as_uri())
    yield page
    page.close()


def where(page):
    return page.locator("#where").inner_text()


@pytest.mark.parametrize(
    ("on", "back"), [("ArrowRight", "ArrowLeft"), ("PageDown", "PageUp"), (" ", "ArrowUp")]
)
def test_keys_go_on_step_by_step_and_back(slides, on, back):
    assert where(slides) == "1 / 3"
    expect(slides.locator("h1")).to_be_visible()
    slides.keyboard.press(on)
    assert where(slides) == "2 / 3"
    expect(slides.locator("h1")).to_be_hidden()
    expect(slides.get_by_text("what came out")).to_be_hidden()
    slides.keyboard.press(on)
    assert where(slides) == "2 / 3"
    expect(slides.get_by_text("what came out")).to_be_visible()
    slides.keyboard.press(on)
    assert where(slides) == "3 / 3"
    slides.keyboard.press(on)
    assert where(slides) == "3 / 3"
    slides.keyboard.press(back)
    expect(slides.get_by_text("what came out")).to_be_visible()
    slides.keyboard.press(back)
    expect(slides.get_by_text("what came out")).to_be_hidden()
    slides.keyboard.press(back)
    assert where(slides) == "1 / 3"


def test_an_answer_is_clicked_before_what_comes_out_is_shown(slides):
    slides.keyboard.press("ArrowRight")
    slides.get_by_text("Yes").click()
    expect(slides.get_by_text("It is.")).to_be_visible()
    slides.get_by_text("Yes").press(" ")
    expect(slides.get_by_text("It is.")).to_be_hidden()
    assert where(slides) == "2 / 3", "the space bar was for the answer"


def test_the_mouse_alone_is_enough_and_a_slide_has_an_address(slides):
    slides.get_by_role("button", name="On").click()
    assert where(slides) == "2 / 3" and slides.url.endswith("#2")
    slides.reload()
    assert where(slides) == "2 / 3"
    slides.get_by_role("button", name="Back").click()
    assert where(slides) == "1 / 3"


def test_what_is_too_long_becomes_smaller_until_it_is_all_seen(slides):
    slides.keyboard.press("End")
    slide = slides.locator(".slide.shown")
    assert slide.evaluate("slide => slide.scrollHeight <= slide.clientHeight")
    assert float(slide.evaluate("slide => slide.style.getPropertyValue('--fit')")) < 1


def test_paper_has_one_slide_a_page_with_all_that_waits_and_no_buttons(slides):
    assert slides.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 3
    slides.emulate_media(media="print")
    expect(slides.get_by_text("what came out")).to_be_visible()
    expect(slides.locator("footer")).to_be_hidden()


def test_without_scripts_the_slides_stand_below_one_another(browser, tmp_path):
    path = tmp_path / "slides.html"
    cells = [told("# One", "slide"), told("# Two", "slide"), told("Three", "fragment")]
    path.write_text(teach.slides("01_x", v4.new_notebook(cells=cells)), encoding="utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    for words in ["One", "Two", "Three"]:
        expect(page.locator(".slide").get_by_text(words)).to_be_visible()
    context.close()


@pytest.mark.parametrize("name", lessons.NAMES)
def test_every_slide_of_every_lesson_fits_the_screen(browser, tmp_path, name):
    path = tmp_path / "slides.html"
    lesson = lessons.with_blank_answers(lessons.read(lessons.path_of(name)))
    path.write_text(teach.slides(name, lesson), encoding="utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    cut = []
    for number in range(page.locator(".slide").count()):
        page.evaluate("number => show(number, true)", number)
        if page.locator(".slide.shown").evaluate("slide => slide.scrollHeight > 1 + innerHeight"):
            cut.append(number + 1)
    page.close()
    assert cut == [], "slides with more than a screen of words and pictures"
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def faults(page):
    return [f"{each['id']}: {each['nodes']}" for each in Axe().run(page).response["violations"]]


def test_axe_finds_nothing_on_slides_or_notes(slides, tmp_path):
    notes = tmp_path / "notes.html"
    notes.write_text(teach.page("1", name="01_x", notes="<h1>x</h1>", exercises=[]), "utf-8")
    assert faults(slides) == []
    slides.goto(notes.as_uri())
    assert faults(slides) == []
