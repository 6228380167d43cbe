"""Every lesson as it is saved: complete, honest, readable without a kernel, and small.

A learner's answers are left out of it. That each cell still gives what is saved is tested
elsewhere: pytest runs notebooks/ through nbval.
"""

from __future__ import annotations

import base64
import inspect
import io
import re
from statistics import median

import nbformat
import numpy as np
import pytest
from nbformat import v4
from PIL import Image

from helpers import lessons

LESSONS = [lessons.path_of(name) for name in lessons.NAMES]
FOLDED = {"source_hidden": True}


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem, scope="module")
def lesson(request):
    return lessons.with_blank_answers(lessons.read(request.param))


def code_cells(lesson):
    return [cell for cell in lesson.cells if cell.cell_type == "code"]


def outputs(lesson):
    return [output for cell in code_cells(lesson) for output in cell.outputs]


def bundles(lesson, mime):
    return [output for output in outputs(lesson) if mime in output.get("data", {})]


def prose(lesson):
    return "\n".join(cell.source for cell in lesson.cells if cell.cell_type == "markdown")


def test_there_are_lessons_and_they_are_numbered_without_a_gap():
    assert [int(path.stem[:2]) for path in LESSONS] == list(range(len(LESSONS)))


def test_every_code_cell_has_been_run_in_order_and_none_failed(lesson):
    cells = code_cells(lesson)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert not [output for output in outputs(lesson) if output.output_type == "error"]
    assert not [output for output in outputs(lesson) if output.get("name") == "stderr"]


def test_cells_have_names_for_people(lesson):
    names = [cell.id for cell in lesson.cells]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]+", name) for name in names)
    assert not [name for name in names if re.fullmatch(r"[0-9a-f]{8}", name)]


def test_nothing_of_one_run_is_saved(lesson):
    assert "widgets" not in lesson.metadata
    assert lesson.metadata.language_info == {"name": "python"}
    assert not bundles(lesson, "application/vnd.jupyter.widget-view+json")
    assert all(set(cell.metadata) <= {"tags", "jupyter", "blank"} for cell in lesson.cells)


def test_cells_are_short(lesson):
    lengths = [
        len([line for line in cell.source.splitlines() if line.strip()])
        for cell in code_cells(lesson)
    ]
    assert min(lengths) > 0
    assert max(lengths) <= 25
    assert median(lengths) <= 6


def test_prose_comes_before_every_code_cell_of_an_idea(lesson):
    kinds = [cell.cell_type for cell in lesson.cells]
    assert "code code code" not in " ".join(kinds)
    assert kinds[0] == "markdown"


def test_it_begins_with_title_minutes_aims_and_needs(lesson):
    top = lesson.cells[0].source
    assert re.match(r"# \d · \S", top)
    assert re.search(r"\d+ minutes", top)
    assert "**You will**" in top
    assert "**You need**" in top


def test_it_ends_with_recap_and_exercises(lesson):
    headings = re.findall(r"^## (.+)$", prose(lesson), re.MULTILINE)
    assert headings[-2:] == ["Recap", "Exercises"]
    last_code = code_cells(lesson)[-1]
    assert ".check(" in last_code.source
    assert "Not answered yet" in last_code.outputs[0].text


def test_an_exercise_and_nothing_else_remembers_how_it_is_asked(lesson):
    for cell in lesson.cells:
        blank = cell.metadata.get("blank", "")
        assert bool(blank) == bool(lessons.CHECK.search(cell.source)), cell.id
        assert not blank or (lessons.CHECK.search(blank) and lessons.DOTS.search(blank))


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_what_an_exercise_remembers_is_what_it_asks_now(path):
    """Else `refresh` was forgotten. What a learner added to the cell is no matter."""
    for cell in lessons.read(path).cells:
        if lessons.is_exercise(cell) and lessons.DOTS.search(cell.source):
            assert set(cell.metadata.blank.splitlines()) <= set(cell.source.splitlines())


def test_it_opens_on_a_picture(lesson):
    first, *others = code_cells(lesson)
    assert any("image/png" in output.get("data", {}) for output in first.outputs)
    assert first.metadata.get("jupyter") == FOLDED, "its code would be seen before its picture"
    assert not [cell for cell in others if "jupyter" in cell.metadata]


def test_every_picture_is_told_in_words(lesson):
    for output in bundles(lesson, "image/png"):
        alt = output.metadata["image/png"]["alt"]
        assert len(alt) >= 20
        assert output.data["text/plain"] == alt


def test_every_picture_shows_something_and_fits_a_page(lesson):
    for output in bundles(lesson, "image/png"):
        image = Image.open(io.BytesIO(base64.b64decode(output.data["image/png"])))
        assert 250 <= image.width <= 2000
        assert np.asarray(image.convert("L")).std() > 1, "a blank picture"


def test_no_trace_of_a_machine(lesson):
    text = nbformat.writes(lesson)
    assert not re.search(r"/tmp/|/home/|/Users/|/root/|C:\\\\", text)
    assert not re.search(r'"data:image', text)


def test_no_formulas_that_need_the_web(lesson):
    """Pages of `make lessons` load nothing, so there is nothing that would set TeX."""
    assert not re.search(r"\$[^$\n]+\$", prose(lesson))


def test_links_lead_somewhere(lesson):
    for target in re.findall(r"\]\(([^)#:]+)\)", prose(lesson)):
        assert (lessons.LESSONS / target).exists(), target


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_is_small_enough_to_download_and_compare(path):
    assert path.stat().st_size < 2_500_000


# --- a learner's answers are no part of what is judged --------------------------------------------

ANSWERS = [
    "from helpers.exercises import lesson01\n\nbits_of_200 = '11001000'\n"
    "lesson01.bits_of_200.check(bits_of_200)",
    "def helper(n):\n    # ...\n    return bin(n)\n\n\nbits_of_200 = helper(200)[2:]",
    "bits_of_200 = '1100",
    "",
    "1 / 0",
]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
@pytest.mark.parametrize("answer", ANSWERS)
def test_whatever_is_answered_the_lesson_is_asked_as_before(path, answer):
    asked = lessons.with_blank_answers(lessons.read(path))
    answered = lessons.with_blank_answers(asked)
    exercises = [cell for cell in answered.cells if lessons.is_exercise(cell)]
    assert exercises and lessons.answered(answered) == []
    for each in exercises:
        each.update(source=answer, execution_count=99)
        each.outputs = [v4.new_output("error", ename="SyntaxError", evalue="", traceback=[])]
    assert lessons.answered(answered) == [cell.id for cell in exercises]
    assert lessons.with_blank_answers(answered) == asked


# --- each rule above refuses a lesson that breaks it ----------------------------------------------

TOP = "# 1 · Noise\n\n*About 5 minutes.*\n\n**You will** see noise.\n\n**You need** nothing."
ALT = "A square of coloured noise."
QUESTION = "two = ...\nlesson01.two.check(two)"


@pytest.fixture
def good():
    """A lesson of three code cells that keeps every rule."""
    noise = np.random.default_rng(1).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "png")
    picture = v4.new_output(
        "display_data",
        data={"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": ALT},
        metadata={"image/png": {"alt": ALT}},
    )
    answer = v4.new_output("stream", text="Not answered yet: put your answer here.\n")
    cells = [
        v4.new_markdown_cell(TOP, id="title"),
        v4.new_code_cell("show(noise)", id="hero", execution_count=1, outputs=[picture]),
        v4.new_markdown_cell("Look at [the first lesson](00_start_here.ipynb).", id="look"),
        v4.new_code_cell("x = 1", id="one", execution_count=2),
        v4.new_markdown_cell("## Recap\n\nNoise.\n\n## Exercises", id="recap"),
        v4.new_code_cell(QUESTION, id="exercise", execution_count=3, outputs=[answer]),
    ]
    cells[1].metadata["jupyter"] = FOLDED
    cells[5].metadata["blank"] = QUESTION
    return v4.new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})


def cell(number, **changes):
    return lambda lesson: lesson.cells[number].update(changes)


def output(number, **fields):
    return lambda lesson: lesson.cells[number].outputs.append(v4.new_output(**fields))


def data(**changes):
    return lambda lesson: lesson.cells[1].outputs[0].data.update(changes)


def picture(image):
    file = io.BytesIO()
    image.save(file, "png")
    return data(**{"image/png": base64.b64encode(file.getvalue()).decode()})


def replace(number, old, new):
    def change(lesson):
        assert old in lesson.cells[number].source
        lesson.cells[number].source = lesson.cells[number].source.replace(old, new)

    return change


SABOTAGE = {
    test_every_code_cell_has_been_run_in_order_and_none_failed: [
        cell(3, execution_count=None),
        cell(3, execution_count=7),
        output(3, output_type="error", ename="ValueError"),
        output(3, output_type="stream", name="stderr", text="W tensorflow/core"),
    ],
    test_cells_have_names_for_people: [cell(3, id="hero"), cell(3, id="c0ffee12")],
    test_nothing_of_one_run_is_saved: [
        lambda lesson: lesson.metadata.update(widgets={}),
        lambda lesson: lesson.metadata.language_info.update(version="3.11.7"),
        data(**{"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}),
        cell(1, metadata={"execution": {"iopub.execute_input": "today"}}),
    ],
    test_cells_are_short: [
        cell(3, source="x = 1\n" * 26),
        cell(3, source=""),
        lambda lesson: [each.update(source="x = 1\n" * 7) for each in lesson.cells],
    ],
    test_prose_comes_before_every_code_cell_of_an_idea: [
        lambda lesson: lesson.cells.pop(0),
        lambda lesson: lesson.cells.extend([lesson.cells[3]] * 2),
    ],
    test_it_begins_with_title_minutes_aims_and_needs: [
        replace(0, "# 1 · Noise", "# Noise"),
        replace(0, "5 minutes", "soon"),
        replace(0, "**You will**", "You may"),
        replace(0, "**You need**", "You have"),
    ],
    test_it_ends_with_recap_and_exercises: [
        replace(4, "## Recap", "## Noise"),
        replace(4, "## Exercises", "Exercises"),
        replace(5, ".check(", ".hint("),
        lambda lesson: lesson.cells[5].outputs[0].update(text="Right: it is 1.\n"),
    ],
    test_an_exercise_and_nothing_else_remembers_how_it_is_asked: [
        cell(5, metadata={}),
        cell(3, metadata={"blank": "x = 1"}),
        lambda lesson: lesson.cells[5].metadata.update(blank=QUESTION.replace("...", "2")),
        lambda lesson: lesson.cells[5].metadata.update(blank="two = ..."),
    ],
    test_it_opens_on_a_picture: [
        cell(1, outputs=[]),
        cell(1, metadata={}),
        cell(3, metadata={"jupyter": FOLDED}),
    ],
    test_every_picture_is_told_in_words: [
        lambda lesson: lesson.cells[1].outputs[0].update(metadata={}),
        lambda lesson: lesson.cells[1].outputs[0].metadata["image/png"].update(alt="Noise."),
        data(**{"text/plain": "<Figure>"}),
    ],
    test_every_picture_shows_something_and_fits_a_page: [
        picture(Image.new("L", (300, 300), 128)),
        picture(Image.linear_gradient("L").resize((20, 20))),
        picture(Image.linear_gradient("L").resize((3000, 20))),
        data(**{"image/png": "bm90IGEgcGljdHVyZQ=="}),
    ],
    test_no_trace_of_a_machine: [
        output(3, output_type="stream", text="/home/ada/learned-ciphers"),
        output(3, output_type="stream", text="C:\\Users\\ada"),
    ],
    test_no_formulas_that_need_the_web: [cell(2, source="It is $2^{16}$ keys.")],
    test_links_lead_somewhere: [cell(2, source="[the next](99_nowhere.ipynb)")],
}


def test_a_good_lesson_keeps_every_rule_and_each_rule_is_put_to_the_test(good):
    rules = [
        rule
        for name, rule in globals().items()
        if name.startswith("test_") and list(inspect.signature(rule).parameters) == ["lesson"]
    ]
    assert set(rules) == set(SABOTAGE)
    for rule in rules:
        rule(good)


@pytest.mark.parametrize(
    ("rule", "sabotage"),
    [(rule, change) for rule, changes in SABOTAGE.items() for change in changes],
    ids=lambda value: value.__name__.removeprefix("test_"),
)
def test_a_broken_rule_is_noticed(good, rule, sabotage):
    sabotage(good)
    with pytest.raises((AssertionError, KeyError, AttributeError, OSError)):
        rule(good)
