"""What makes a course of the lessons, in a real JupyterLab: predictions, formulas, slides."""

from __future__ import annotations

from nbformat import v4
from playwright.sync_api import expect

from helpers import lessons

PREDICTION = (
    "**Predict.** How many keys are $2^{16}$?\n\n"
    "<details><summary>16</summary>\n\nThat is how many *bits* a key has.\n\n</details>\n"
    "<details><summary>65,536</summary>\n\nTrue.\n\n</details>"
)


def slide(kind):
    return {"slideshow": {"slide_type": kind}}


def open_lesson(lab):
    """A notebook of a title, a prediction, what it asks for, and a cell that is on no slide."""
    cells = [
        v4.new_markdown_cell("# 1 · Keys", metadata=slide("slide")),
        v4.new_markdown_cell(PREDICTION, metadata=slide("slide")),
        v4.new_code_cell("print(2**16)", metadata=slide("fragment")),
        v4.new_markdown_cell("Nobody projects this.", metadata=slide("skip")),
    ]
    lesson = v4.new_notebook(cells=cells, metadata=lessons.METADATA)
    lessons.write(lesson, lab.server.folder / "course.ipynb")
    lab.open("course")


def test_an_answer_is_clicked_and_commented_and_the_formula_is_set_without_the_web(lab):
    open_lesson(lab)
    comment = lab.page.locator(".jp-MarkdownOutput p", has_text="That is how many")
    expect(comment).to_be_hidden()
    lab.page.locator("summary", has_text="16").first.click()
    expect(comment).to_be_visible()
    expect(lab.page.locator("em", has_text="bits")).to_be_visible()
    expect(lab.page.locator(".jp-MarkdownOutput mjx-container")).to_have_count(1)
    assert lab.complaints == []


def test_on_a_projector_text_is_larger_and_one_lesson_is_all_there_is(lab):
    """What the teacher's notes ask for: the entries of View, Appearance. It needs no network."""
    open_lesson(lab)
    text = lab.page.locator(".jp-MarkdownOutput p").first
    size = "element => parseFloat(getComputedStyle(element).fontSize)"
    before = text.evaluate(size)
    lab.command("application:toggle-presentation-mode")
    lab.page.wait_for_function(
        f"before => ({size})(document.querySelector('.jp-MarkdownOutput p')) > before", arg=before
    )
    assert text.evaluate(size) >= 1.2 * before
    lab.command("application:toggle-mode")
    expect(lab.page.locator(".lm-DockPanel[data-mode='single-document']")).to_have_count(1)
    assert lab.complaints == []
