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
from nbconvert.filters import markdown2html
from nbformat import v4
from PIL import Image

from helpers import lessons, pages, timetable
from helpers.challenges import NOT_YET_STARTED
from helpers.exercises import NOT_YET_ANSWERED

LESSONS = [lessons.path_of(name) for name in lessons.NAMES]
FOLDED = {"source_hidden": True}
METADATA = {"tags", "jupyter", "blank", "slideshow"}
ANSWER = re.compile(r"<details><summary>(.+?)</summary>\n\n(.+?)\n\n</details>", re.DOTALL)


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
    assert all(set(cell.metadata) <= METADATA for cell in lesson.cells)


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


def headings(lesson):
    return timetable.HEADING.findall(prose(lesson))


def tagged(lesson, tag):
    """The cells with this tag, each with the cell that follows it."""
    pairs = zip(lesson.cells, [*lesson.cells[1:], None])
    return [(cell, after) for cell, after in pairs if tag in cell.metadata.get("tags", [])]


def number(lesson):
    return int(lesson.cells[0].source.removeprefix("# ").partition(" ")[0])


def test_it_begins_with_title_minutes_aims_and_needs(lesson):
    top = lesson.cells[0].source
    assert re.match(r"# \d · \S", top)
    assert timetable.paragraph(lesson) in top, "make refresh counts them anew"
    assert "**You will**" in top
    assert "**You need**" in top


def test_its_core_fits_a_class(lesson):
    assert timetable.core(lesson) <= 40


def test_core_recap_challenges_and_only_then_what_goes_further(lesson):
    """So whoever runs a lesson from top to bottom runs its core alone first, and may stop there."""
    names = headings(lesson)
    core = [name for name in names if not name.startswith(timetable.FURTHER)]
    assert names[: len(core)] == core
    assert core[-1:] == ["Challenges"] if number(lesson) else core[-1:] == ["Recap"]
    assert "Recap" in core
    assert not [
        name for name in names if name.startswith("Further") and name not in names[len(core) :]
    ]


def test_what_goes_further_asks_nothing_and_the_way_on_stands_before_it(lesson):
    first = next(
        (i for i, cell in enumerate(lesson.cells) if f"## {timetable.FURTHER}" in cell.source),
        len(lesson.cells),
    )
    assert not [cell for cell in lesson.cells[first:] if lessons.is_exercise(cell)]
    assert "**Next:**" in prose(nbformat.from_dict({"cells": lesson.cells[:first]}))


def test_it_asks_three_exercises_and_more_where_they_belong(lesson):
    asked = [after for _, after in tagged(lesson, "exercise")]
    texts = [cell.source for cell, _ in tagged(lesson, "exercise")]
    assert all(after is not None and lessons.is_exercise(after) for after in asked)
    assert all("Not answered yet" in after.outputs[0].text for after in asked)
    if number(lesson):
        assert len(asked) >= 3
        assert all(re.match(rf"\*\*Exercise {number(lesson)}\.\d\*\*", text) for text in texts)
        for kind in ["build", "predict", "interpret"]:
            assert any(f"*({kind})*" in text for text in texts), kind


def test_every_lesson_from_1_on_has_challenges_that_are_not_yet_started(lesson):
    starts = [cell for cell in code_cells(lesson) if lessons.START.search(cell.source)]
    assert all(lessons.is_exercise(cell) for cell in starts)
    assert all("Not started yet" in cell.outputs[0].text for cell in starts)
    if number(lesson):
        assert starts and tagged(lesson, "challenge")


def test_a_prediction_has_two_to_four_answers_each_with_a_comment_before_what_it_asks(lesson):
    predictions = tagged(lesson, "prediction")
    assert len(predictions) >= (3 if number(lesson) else 0)
    for cell, after in predictions:
        assert cell.source.startswith("**Predict.** ")
        answers = ANSWER.findall(cell.source)
        assert 2 <= len(answers) <= 4, cell.id
        assert cell.source.count("<details>") == len(answers), cell.id
        assert all(len(comment) > 20 for _, comment in answers), cell.id
        assert after is not None and after.cell_type == "code" and after.outputs, cell.id


def test_an_exercise_and_nothing_else_remembers_how_it_is_asked(lesson):
    for cell in lesson.cells:
        blank = cell.metadata.get("blank", "")
        assert bool(blank) == lessons.asks(cell), cell.id
        assert not blank or lessons.has_dots(blank)


def test_each_cell_says_whether_it_is_on_a_slide(lesson):
    kinds = [cell.metadata.get("slideshow", {}).get("slide_type") for cell in lesson.cells]
    assert set(kinds) <= {"slide", "subslide", "fragment", "-", "skip"}
    assert kinds[0] == "slide"
    assert number(lesson) == 0 or 8 <= kinds.count("slide") <= 18


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_what_an_exercise_remembers_is_what_it_asks_now(path):
    """Else `refresh` was forgotten. What a learner added to the cell is no matter."""
    for cell in lessons.read(path).cells:
        if lessons.is_exercise(cell) and lessons.has_dots(cell.source):
            assert set(cell.metadata.blank.splitlines()) <= set(cell.source.splitlines())


def test_it_opens_on_a_picture(lesson):
    first = code_cells(lesson)[0]
    assert any("image/png" in output.get("data", {}) for output in first.outputs)
    assert first.metadata.get("jupyter") == FOLDED, "its code would be seen before its picture"


def test_what_is_folded_draws_and_nothing_else_is(lesson):
    for cell in lesson.cells:
        if "jupyter" in cell.metadata:
            assert cell.metadata["jupyter"] == FOLDED
            data = [output.get("data", {}) for output in cell.outputs]
            assert any({"image/png", "text/markdown"} & set(each) for each in data), cell.id


def test_numbers_are_printed_as_numbers(lesson):
    """ "37 of 40", and not "most of them: True", which tells a reader without a kernel nothing."""
    printed = "\n".join(output.text for output in outputs(lesson) if "text" in output)
    assert not re.search(r"\b(True|False)\b", printed)
    alts = [output.metadata["image/png"]["alt"] for output in bundles(lesson, "image/png")]
    assert not [alt for alt in alts if re.search(r"\b(True|False)\b", alt)]


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


def test_every_formula_can_be_set_without_the_web(lesson):
    """Pages of `make lessons` load nothing, so each formula becomes MathML."""
    for cell in lesson.cells:
        if cell.cell_type == "markdown":
            set_formulas = pages.with_mathml(markdown2html(cell.source))
            assert "$" not in re.sub("<code.*?</code>", "", set_formulas, flags=re.DOTALL), cell.id
            assert "\\" not in re.sub("<code.*?</code>", "", set_formulas, flags=re.DOTALL), cell.id


def test_links_lead_somewhere(lesson):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", prose(lesson)):
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
START = "pads = challenges.pads.start(...)"
PREDICTION = "**Predict.** How many?\n\n" + "\n".join(
    f"<details><summary>{many}</summary>\n\nNot so many, as the cell below says.\n\n</details>"
    for many in ["One", "Two"]
)


def told(text, **about):
    """A cell of Markdown: its name, its text, and how it is tagged."""
    tags = {"tags": [about.pop("tag")]} if "tag" in about else {}
    slide = {"slideshow": {"slide_type": about.pop("slide", "skip")}}
    return v4.new_markdown_cell(text, metadata={**tags, **slide}, **about)


def asked(source, said, **about):
    """An exercise, or the start of a challenge, and what it prints."""
    output = v4.new_output("stream", text=f"{said}\n")
    return v4.new_code_cell(
        source, outputs=[output], metadata={"blank": source, **SKIPPED}, **about
    )


def run(source, *outputs, **about):
    return v4.new_code_cell(source, outputs=list(outputs), metadata=SKIPPED, **about)


SKIPPED = {"slideshow": {"slide_type": "skip"}}


@pytest.fixture
def good():
    """A small lesson that keeps every rule."""
    noise = np.random.default_rng(1).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "png")
    picture = v4.new_output(
        "display_data",
        data={"image/png": base64.b64encode(file.getvalue()).decode(), "text/plain": ALT},
        metadata={"image/png": {"alt": ALT}},
    )
    cells = [
        told(TOP, id="title", slide="slide"),
        run("show(noise)", picture, id="hero"),
        told("Look at [the first](00_start_here.ipynb#Recap): $2^{16}$ keys.", id="look"),
        run("x = 1", id="one"),
        told("## Noise", id="noise"),
    ]
    for number in range(3):
        said = v4.new_output("stream", text="7 of 9\n")
        cells += [
            told(PREDICTION, id=f"ask-{number}", tag="prediction", slide="slide"),
            run("print(7)", said, id=f"tell-{number}"),
        ]
    for number, kind in enumerate(["build", "predict", "interpret"], start=1):
        text = f"**Exercise 1.{number}** *({kind})*. How many?"
        cells += [
            told(text, id=f"question-{number}", tag="exercise", slide="slide"),
            asked(QUESTION, NOT_YET_ANSWERED, id=f"answer-{number}"),
        ]
    cells += [
        told("## Recap\n\nNoise.", id="recap", slide="slide"),
        told("## Challenges", id="challenges", tag="challenge", slide="slide"),
        asked(START, NOT_YET_STARTED, id="start"),
        told("**Next:** more.", id="next"),
        told("## Further: more noise", id="further"),
        run("y = 2", id="two"),
    ]
    for number, cell in enumerate([c for c in cells if c.cell_type == "code"], start=1):
        cell.execution_count = number
    cells[1].metadata["jupyter"] = FOLDED
    lesson = v4.new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})
    lesson = nbformat.from_dict(lesson)
    timetable.fill_in(lesson)
    return lesson


def called(lesson, name):
    return next(cell for cell in lesson.cells if cell.id == name)


def cell(name, **changes):
    return lambda lesson: called(lesson, name).update(changes)


def metadata(name, **changes):
    return lambda lesson: called(lesson, name).metadata.update(nbformat.from_dict(changes))


def without(*names):
    def change(lesson):
        lesson.cells = [cell for cell in lesson.cells if cell.id not in names]

    return change


def output(where, **fields):
    return lambda lesson: called(lesson, where).outputs.append(v4.new_output(**fields))


def data(**changes):
    return lambda lesson: called(lesson, "hero").outputs[0].data.update(changes)


def picture(image):
    file = io.BytesIO()
    image.save(file, "png")
    return data(**{"image/png": base64.b64encode(file.getvalue()).decode()})


def replace(name, old, new):
    def change(lesson):
        cell = called(lesson, name)
        assert old in cell.source
        cell.source = cell.source.replace(old, new)

    return change


def last(name):
    """Move a cell to the end."""

    def change(lesson):
        moved = called(lesson, name)
        lesson.cells = [cell for cell in lesson.cells if cell is not moved] + [moved]

    return change


SABOTAGE = {
    test_every_code_cell_has_been_run_in_order_and_none_failed: [
        cell("one", execution_count=None),
        cell("one", execution_count=7),
        output("one", output_type="error", ename="ValueError"),
        output("one", output_type="stream", name="stderr", text="W tensorflow/core"),
    ],
    test_cells_have_names_for_people: [cell("one", id="hero"), cell("one", id="c0ffee12")],
    test_nothing_of_one_run_is_saved: [
        lambda lesson: lesson.metadata.update(widgets={}),
        lambda lesson: lesson.metadata.language_info.update(version="3.11.7"),
        data(**{"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}),
        metadata("hero", execution={"iopub.execute_input": "today"}),
    ],
    test_cells_are_short: [
        cell("one", source="x = 1\n" * 26),
        cell("one", source=""),
        lambda lesson: [each.update(source="x = 1\n" * 7) for each in lesson.cells],
    ],
    test_prose_comes_before_every_code_cell_of_an_idea: [
        without("title"),
        without("recap", "challenges", "next", "further"),
    ],
    test_it_begins_with_title_minutes_aims_and_needs: [
        replace("title", "# 1 · Noise", "# Noise"),
        replace("title", "*About", "*Some"),
        replace("look", "Look", "look " * 500),
        replace("title", "**You will**", "You may"),
        replace("title", "**You need**", "You have"),
    ],
    test_its_core_fits_a_class: [replace("look", "Look", "look " * 7000)],
    test_core_recap_challenges_and_only_then_what_goes_further: [
        last("recap"),
        last("challenges"),
        replace("recap", "## Recap", "## Noise"),
        replace("challenges", "## Challenges", "### Challenges"),
        replace("further", "Further: ", "Further, "),
    ],
    test_what_goes_further_asks_nothing_and_the_way_on_stands_before_it: [
        last("answer-1"),
        last("next"),
    ],
    test_it_asks_three_exercises_and_more_where_they_belong: [
        without("question-1", "answer-1"),
        without("answer-1"),
        replace("question-1", "(build)", "(predict)"),
        replace("question-1", "1.1", "2.1"),
        lambda lesson: called(lesson, "answer-1").outputs[0].update(text="Right: it is 1.\n"),
    ],
    test_every_lesson_from_1_on_has_challenges_that_are_not_yet_started: [
        without("start"),
        metadata("challenges", tags=[]),
        lambda lesson: called(lesson, "start").outputs[0].update(text="You have: .data\n"),
        lambda lesson: called(lesson, "start").metadata.pop("blank"),
    ],
    test_a_prediction_has_two_to_four_answers_each_with_a_comment_before_what_it_asks: [
        without("ask-1"),
        without("tell-1"),
        cell("tell-1", outputs=[]),
        replace("ask-1", "Not so many, as the cell below says.", "No."),
        replace("ask-1", "</summary>\n", "</summary>"),
        replace("ask-1", "**Predict.**", "Predict:"),
    ],
    test_an_exercise_and_nothing_else_remembers_how_it_is_asked: [
        lambda lesson: called(lesson, "answer-1").metadata.pop("blank"),
        metadata("one", blank="x = 1"),
        metadata("answer-1", blank=QUESTION.replace("...", "2")),
    ],
    test_each_cell_says_whether_it_is_on_a_slide: [
        lambda lesson: called(lesson, "one").metadata.pop("slideshow"),
        metadata("title", slideshow={"slide_type": "skip"}),
        metadata("one", slideshow={"slide_type": "slides"}),
        lambda lesson: [c.metadata.update(slideshow={"slide_type": "-"}) for c in lesson.cells[1:]],
    ],
    test_it_opens_on_a_picture: [
        cell("hero", outputs=[]),
        lambda lesson: called(lesson, "hero").metadata.pop("jupyter"),
    ],
    test_what_is_folded_draws_and_nothing_else_is: [
        metadata("one", jupyter=FOLDED),
        metadata("hero", jupyter={"source_hidden": True, "outputs_hidden": True}),
    ],
    test_numbers_are_printed_as_numbers: [
        output("one", output_type="stream", text="most of them: True"),
        lambda lesson: (
            called(lesson, "hero")
            .outputs[0]
            .metadata["image/png"]
            .update(alt="It is the same picture: False")
        ),
    ],
    test_every_picture_is_told_in_words: [
        lambda lesson: called(lesson, "hero").outputs[0].update(metadata={}),
        lambda lesson: called(lesson, "hero").outputs[0].metadata["image/png"].update(alt="Noise."),
        data(**{"text/plain": "<Figure>"}),
    ],
    test_every_picture_shows_something_and_fits_a_page: [
        picture(Image.new("L", (300, 300), 128)),
        picture(Image.linear_gradient("L").resize((20, 20))),
        picture(Image.linear_gradient("L").resize((3000, 20))),
        data(**{"image/png": "bm90IGEgcGljdHVyZQ=="}),
    ],
    test_no_trace_of_a_machine: [
        output("one", output_type="stream", text="/home/ada/learned-ciphers"),
        output("one", output_type="stream", text="C:\\Users\\ada"),
    ],
    test_every_formula_can_be_set_without_the_web: [
        cell("look", source="It costs 5 $ a key."),
        cell("look", source=r"So $\unheardof{x}$."),
    ],
    test_links_lead_somewhere: [cell("look", source="[the next](99_nowhere.ipynb)")],
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
