"""The teacher's notes keep their form, and `make teach` writes what it says, from them alone."""

from __future__ import annotations

import ast
import re

import pytest
from nbformat import from_dict, v4

from helpers import lessons, pages, teach
from helpers.challenges import every_challenge
from helpers.exercises import Exercise

NUMBERS = [name[:2] for name in lessons.NAMES]
HEADINGS = ["Fifty minutes", "Misconceptions", "Three questions", "To discuss", "Take-home"]
COURSE = ["One lesson", "Half a day", "A term", "What a class needs", "What to say about security"]
ROW = re.compile(r"^\| (\d+)-(\d+) \|(.+)\|$", re.MULTILINE)
QUESTION = re.compile(r"^\*\*(\d)\. .+?\*\*$", re.MULTILINE)
ANSWER = re.compile(r"^- ([a-e])\) (.+)$", re.MULTILINE)
LOADS = re.compile(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=\"(?!data:)|url\(.?\w+:/|@import")

every_lesson = pytest.mark.parametrize("name", lessons.NAMES)


def notes_of(number):
    return (teach.NOTES / f"lesson{number}.md").read_text(encoding="utf-8")


def sections(text):
    """{heading: its text}, in their order; what is before the first one stands at ""."""
    first, *rest = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return {"": first, **dict(zip(rest[::2], rest[1::2]))}


def faults(text, number):
    """What is wrong with the form of notes, in words."""
    parts = sections(text)
    if [*parts][1:] != HEADINGS:
        return [f"the headings are {[*parts][1:]}"]
    checks = {
        "title": re.match(rf"# Lesson {int(number)} · \S.*\n\n\S.{{80,}}", parts[""]),
        "minutes": without_gap(parts["Fifty minutes"]),
        "misconceptions": 3 <= len(misconceptions(parts["Misconceptions"])) <= 6,
        "questions": all_right(parts["Three questions"]),
        "to discuss": len(re.findall(r"^\d\. .{40,}$", parts["To discuss"], re.MULTILINE)) >= 2,
        "rubric": re.search(r"^\| criterion \| 0 \| 1 \| 2 \|$", parts["Take-home"], re.MULTILINE),
    }
    return [name for name, kept in checks.items() if not kept]


def without_gap(text):
    """Whether the rows of a plan lead from 0 to 50, each with what, where and how."""
    rows = ROW.findall(text)
    begins, ends = [int(row[0]) for row in rows], [int(row[1]) for row in rows]
    told = all(len([w for w in row[2].split(" | ") if w.strip()]) == 3 for row in rows)
    return bool(rows) and [*begins, 50] == [0, *ends] and told


def misconceptions(text):
    """What students say; each has what is right after it."""
    return re.findall(r"^- \*\*[\"“].+?[\"”]\*\* .{30,}$", text, re.MULTILINE)


def all_right(text):
    """Whether there are three questions, each with one right answer and a comment on each."""
    numbers, questions = QUESTION.findall(text), QUESTION.split(text)[2::2]
    answers = [ANSWER.findall(question) for question in questions]
    letters = [[letter for letter, _ in each] for each in answers]
    return (
        numbers == ["1", "2", "3"]
        and all(each == list("abcde")[: len(each)] and len(each) >= 2 for each in letters)
        and all(sum("**Right.**" in said for _, said in each) == 1 for each in answers)
        and all(re.search(r" \*[^*]{10,}\*$", said) for each in answers for _, said in each)
    )


# --- the notes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", NUMBERS)
def test_the_notes_of_each_lesson_have_their_form(number):
    assert faults(notes_of(number), number) == []


@every_lesson
def test_the_notes_have_the_title_of_the_lesson(name):
    number, title = pages.title(lessons.read(lessons.path_of(name))).split(" · ")
    assert notes_of(name[:2]).startswith(f"# Lesson {number} · {title}\n")


def test_the_course_plan_has_its_parts_and_every_lesson():
    text = (teach.NOTES / "course.md").read_text(encoding="utf-8")
    assert text.startswith("# The course\n")
    assert [*sections(text)][1:] == [*COURSE, "Challenges"]
    for name in lessons.NAMES:
        assert f"(../{name}.ipynb)" in text and f"(lesson{name[:2]}.md)" in text


def test_its_half_day_has_no_gap():
    plan = sections((teach.NOTES / "course.md").read_text(encoding="utf-8"))["Half a day"]
    times = [(int(begin), int(end)) for begin, end, _ in ROW.findall(plan)]
    assert times[0][0] == 0 and times[-1][1] == 210
    assert all(end == begin for (_, end), (begin, _) in zip(times, times[1:]))


@pytest.mark.parametrize("path", sorted(teach.NOTES.glob("*.md")), ids=lambda path: path.stem)
def test_what_the_notes_lead_to_is_there(path):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (teach.NOTES / target).exists(), target


SABOTAGE = {
    "title": ("# Lesson 0", "# Lesson 1"),
    "minutes": ("| 5-10 |", "| 6-10 |"),
    "misconceptions": ('- **"', '- "'),
    "questions": ("**Right.**", "Right."),
    "to discuss": ("2. Why", "Why"),
    "rubric": ("| criterion |", "| what |"),
}


@pytest.mark.parametrize("part", SABOTAGE)
def test_a_fault_in_the_notes_is_noticed(part):
    old, new = SABOTAGE[part]
    assert faults(notes_of("00").replace(old, new), "00") == [part]


def test_notes_in_another_order_or_a_row_without_words_are_noticed():
    text = notes_of("00")
    assert "headings" in faults(text.replace("## To discuss", "## Talk"), "00")[0]
    assert faults(re.sub(r"\| 5-10 \|.*\|", "| 5-10 | talk | | |", text), "00") == ["minutes"]


# --- what is written ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written():
    """{name: text} of all that `make teach` writes."""
    return dict(teach.files())


def test_there_is_a_plan_and_for_each_lesson_notes_slides_and_a_copy_with_solutions(written):
    assert set(written) == {"index.html"} | {
        file
        for name in lessons.NAMES
        for file in (f"lesson{name[:2]}.html", f"{name}_slides.html", f"{name}_solutions.ipynb")
    }


def test_a_page_loads_nothing_and_leads_to_what_is_written(written):
    for name, text in written.items():
        if name.endswith(".html"):
            assert LOADS.search(text) is None, name
            for target in re.findall(r'<a [^>]*href="([^":#]+)', text):
                assert target in written, (name, target)


@pytest.mark.parametrize(
    "load",
    [
        '<script src="https://x.org/x.js">',
        '<img alt="" src="x.png">',
        "url('https://x.org/x.woff')",
    ],
)
def test_what_would_be_loaded_is_noticed(load):
    assert LOADS.search(load)
    assert not LOADS.search("<img src=\"data:image/png;base64,AA==\"> url('data:image/svg')")


def test_the_plan_leads_to_everything(written):
    assert {*re.findall(r'href="([^":#]+)', written["index.html"])} == {*written} - {"index.html"}


@every_lesson
def test_the_page_of_notes_has_every_solution_and_every_solver(name, written):
    page = written[f"lesson{name[:2]}.html"]
    lesson = lessons.with_blank_answers(lessons.read(lessons.path_of(name)))
    words = re.sub(r"<[^>]+>", "", page)
    for _, exercise in teach.exercises(lesson):
        first = exercise.solution_text.splitlines()[0].replace('"', "").replace("'", "")
        seen = re.sub(r"&#39;|&quot;|&#34;|['\"]", "", words)
        assert first.replace("<", "&lt;").replace(">", "&gt;") in seen
    for challenge in teach.challenges(name):
        assert challenge.title in page
        assert f"def {challenge.name}(challenge)" in words


@every_lesson
def test_in_the_copy_with_solutions_each_exercise_is_answered_and_checked(name, written):
    asked = lessons.with_blank_answers(lessons.read(lessons.path_of(name)))
    answered = from_dict(lessons.nbformat.reads(written[f"{name}_solutions.ipynb"], as_version=4))
    assert [cell.id for cell in answered.cells] == [cell.id for cell in asked.cells]
    exercises = 0
    for before, after in zip(asked.cells, answered.cells):
        assert "blank" not in after.metadata
        if exercise := teach.asked_in(before):
            exercises += 1
            compile(after.source, after.id, "exec")
            assert not lessons.has_dots(after.source), after.id
            assert teach.ASKS.search(after.source)[0] == teach.ASKS.search(before.source)[0]
            assert exercise.solution_text in after.source
            assert after.outputs == [] and after.execution_count is None
        else:
            assert after.source == before.source
    assert exercises == len(list(teach.exercises(asked))) > 0


def test_a_learners_pages_have_no_solution():
    """Those of `make lessons`, of the lessons as they are saved."""
    saved = {name: lessons.read(lessons.path_of(name)) for name in lessons.NAMES}
    saved = {name: lessons.with_blank_answers(lesson) for name, lesson in saved.items()}
    for name, lesson in saved.items():
        code = "\n".join(cell.source for cell in lesson.cells if cell.cell_type == "code")
        for _, exercise in teach.exercises(lesson):
            assert exercise.solution_text not in code, name


def test_every_challenge_has_its_solver():
    for challenge in every_challenge():
        ast.parse(teach.solver(challenge))


def test_nothing_is_written_where_notes_are_missing_and_a_sentence_says_which(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(teach, "FOLDER", tmp_path / "teach")
    monkeypatch.setattr(teach, "NOTES", tmp_path)
    assert teach.main() == 1
    assert "lesson00.md" in capsys.readouterr().err
    assert list(teach.FOLDER.iterdir()) == []


def test_it_says_where_to_look(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lessons, "ROOT", tmp_path)
    monkeypatch.setattr(teach, "FOLDER", tmp_path / "build" / "teach")
    monkeypatch.setattr(teach, "files", lambda: iter([("index.html", "Grüße")]))
    assert teach.main() == 0
    assert (teach.FOLDER / "index.html").read_bytes() == "Grüße".encode()
    assert "index.html" in capsys.readouterr().out


# --- how exercises are answered -------------------------------------------------------------------

VALUE = "from helpers.exercises import lesson01\n\ntwo = ...\nlesson01.two.check(two)"
FUNCTION = "x = 3\n\n\ndef f(n):\n    y = n[..., 0]\n    return ...\n\n\nlesson01.f.check(f)"


@pytest.mark.parametrize(
    ("source", "solution", "answered"),
    [
        (VALUE, "two = 1 + 1  # and no more", VALUE.replace("...", "1 + 1  # and no more")),
        (
            FUNCTION,
            "def f(n):\n    return n",
            "x = 3\n\n\ndef f(n):\n    return n\n\n\nlesson01.f.check(f)",
        ),
        (
            "a = ...\nb = 1\nc = ...\nlesson01.c.check(c)",
            "a = 2\nc = 3",
            "a = 2\nc = 3\nb = 1\nlesson01.c.check(c)",
        ),
    ],
)
def test_a_solution_takes_the_place_of_the_dots(source, solution, answered):
    assert teach.answered(source, solution) == answered


# --- slides ---------------------------------------------------------------------------------------


def told(text, kind, **metadata):
    return v4.new_markdown_cell(text, metadata={"slideshow": {"slide_type": kind}, **metadata})


def run(source, kind, picture=False):
    data = {"image/png": "iVBORw0KGgo=", "text/plain": "grey"} if picture else {"text/plain": "7"}
    shown = v4.new_output("display_data", data=data, metadata={"image/png": {"alt": "grey"}})
    metadata = {"slideshow": {"slide_type": kind}}
    return v4.new_code_cell(source, outputs=[shown], metadata=metadata)


LESSON = v4.new_notebook(
    cells=[
        told("# 1 · Grey\n\n*About 5 minutes.*\n\nThen [on](02_on.ipynb).", "slide"),
        told("A secret for the teacher.", "skip"),
        told("**Predict.** Grey?", "subslide", tags=["prediction"]),
        run("draw_it()", "-", picture=True),
        run("count_it()", "fragment"),
        told("And $2^{16}$.", "-"),
        run("loop()", "slide"),
        run("drawn()", "-", picture=True),
    ]
)


def test_a_slide_begins_where_the_lesson_says_so_and_skips_what_it_skips():
    page = teach.slides("01_grey", LESSON)
    assert page.count('<section class="slide">') == page.count("</section>") == 3
    assert page.count('<div class="step') == 7
    assert "A secret" not in page and "02_on" not in page and "5 minutes" not in page
    assert "<math" in page and "$2^" not in page


def test_what_a_prediction_asks_for_waits_and_code_in_the_way_of_it_is_folded():
    page = teach.slides("01_grey", LESSON)
    words = re.sub(r"<[^>]+>", "", page)
    assert not re.search(r"draw_it|count_it|drawn", words) and "loop" in words
    assert page.count('class="step later') == 2
    assert 'alt="grey"' in page


def test_a_lesson_without_slides_gives_a_page_all_the_same():
    empty = teach.slides("01_grey", v4.new_notebook(cells=[told("Nothing.", "skip")]))
    assert "<section" not in empty and "</main>" in empty


def test_the_notes_of_one_exercise_tell_it_all():
    exercise = Exercise(
        expected=2, because="1 < 2.", hints=["a", "b", "c"], solution_text="two = 1 + 1"
    )
    page = teach.page("x", name="01_x", notes="", exercises=[("**Two?**", exercise)], challenges=[])
    assert "<strong>Two?</strong>" in page and "1 &lt; 2." in page and page.count("<li>") == 3
