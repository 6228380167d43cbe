"""Working copies: made, renewed, brought back; whatever a learner did is never lost."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from nbformat import v4

from helpers import copies, lessons

NAME = "03_eve"
ANSWER = "key_bits = 16  # I think"


@pytest.fixture
def kit(tmp_path, monkeypatch):
    """A kit of two lessons in a folder of its own: (its lessons, its working copies)."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in ["00_start_here", NAME]:
        (folder / f"{name}.ipynb").write_bytes(lessons.path_of(name).read_bytes())
    monkeypatch.setattr(lessons, "NAMES", ("00_start_here", NAME))
    monkeypatch.setattr(lessons, "BESIDE", ())
    monkeypatch.setattr(lessons, "LESSONS", folder)
    monkeypatch.setattr(copies, "COPIES", tmp_path / "my_lessons")
    return folder, tmp_path / "my_lessons"


def answer(folder, text=ANSWER):
    """Type an answer into an exercise of lesson 3."""
    path = folder / f"{NAME}.ipynb"
    lesson = lessons.read(path)
    cell = next(cell for cell in lesson.cells if cell.source.startswith("key_bits = ..."))
    cell.source = cell.source.replace("key_bits = ...", text)
    lessons.write(lesson, path)
    return path.read_bytes()


def edit(folder):
    """A newer lesson 3 comes with the kit."""
    path = folder / f"{NAME}.ipynb"
    lesson = lessons.read(path)
    lesson.cells[0].source += "\n\nNew in this version."
    lessons.write(lesson, path)


def names(folder):
    return sorted(path.name for path in folder.glob("*.ipynb"))


def is_asked_before(lesson):
    """The cells of code that stand right below a prediction."""
    pairs = pairwise(lesson.cells)
    return [cell for asking, cell in pairs if "prediction" in asking.metadata.get("tags", [])]


def test_every_lesson_gets_a_copy_that_is_the_same_but_for_the_python_that_opens_it(kit):
    originals, mine = kit
    assert copies.prepare(mine) == []
    assert names(mine) == names(originals)
    for name in lessons.NAMES:
        copy, original = lessons.read(mine / f"{name}.ipynb"), lessons.read(lessons.path_of(name))
        assert copy.metadata.pop("language_info")["version"]
        assert original.metadata.pop("language_info") == {"name": "python"}
        for cell in is_asked_before(original):
            cell.update(outputs=[], execution_count=None)
        assert copy == original


def test_a_copy_does_not_show_what_it_asks_to_predict(kit):
    originals, mine = kit
    lesson = lessons.read(originals / f"{NAME}.ipynb")
    asking = v4.new_markdown_cell("**Predict.** How many?", metadata={"tags": ["prediction"]})
    told = v4.new_code_cell("7", execution_count=9, outputs=[v4.new_output("stream", text="7")])
    lesson.cells += [asking, told]
    lessons.write(lesson, originals / f"{NAME}.ipynb")
    copies.prepare(mine)
    *_, shown, asking, copy = lessons.read(mine / f"{NAME}.ipynb").cells
    assert (copy.outputs, copy.execution_count) == ([], None)
    assert shown == lesson.cells[-3] and asking == lesson.cells[-2]


def test_a_copy_that_was_run_keeps_its_outputs_until_the_kit_has_a_newer_lesson(kit):
    originals, mine = kit
    copies.prepare(mine)
    path = mine / f"{NAME}.ipynb"
    lesson = lessons.read(path)
    next(cell for cell in lesson.cells if cell.cell_type == "code").update(outputs=[])
    lessons.write(lesson, path)
    ran = path.read_bytes()
    assert copies.prepare(mine) == [] and path.read_bytes() == ran
    edit(originals)
    assert copies.prepare(mine) == []
    assert b"New in this version." in path.read_bytes()


def test_a_second_time_touches_no_file(kit):
    _, mine = kit
    copies.prepare(mine)
    before = {path: path.stat().st_mtime_ns for path in mine.glob("*.ipynb")}
    assert copies.prepare(mine) == []
    assert {path: path.stat().st_mtime_ns for path in mine.glob("*.ipynb")} == before


def test_a_copy_that_nobody_changed_follows_the_kit(kit):
    originals, mine = kit
    copies.prepare(mine)
    edit(originals)
    assert copies.prepare(mine) == []
    assert b"New in this version." in (mine / f"{NAME}.ipynb").read_bytes()


def test_a_copy_that_was_only_opened_by_another_python_counts_as_unchanged(kit):
    originals, mine = kit
    copies.prepare(mine)
    lesson = lessons.read(mine / f"{NAME}.ipynb")
    lesson.metadata.language_info.version = "3.10.0"
    lessons.write(lesson, mine / f"{NAME}.ipynb")
    edit(originals)
    assert copies.prepare(mine) == []
    assert b"New in this version." in (mine / f"{NAME}.ipynb").read_bytes()


def test_what_a_learner_changed_stays_and_the_newer_lesson_is_named(kit, capsys):
    originals, mine = kit
    copies.prepare(mine)
    typed = answer(mine)
    assert copies.prepare(mine) == []
    edit(originals)
    assert copies.main([]) == 0
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and NAME in said and "make restore ARGS=03" in said
    assert (mine / f"{NAME}.ipynb").read_bytes() == typed


@pytest.mark.parametrize("content", [b"", b"{}", b"[1, 2]", b"{cut sh"])
def test_a_broken_record_or_copy_loses_nothing_and_stops_nothing(kit, content):
    _, mine = kit
    copies.prepare(mine)
    (mine / copies.RECORD).write_bytes(content)
    typed = answer(mine)
    (mine / "00_start_here.ipynb").write_bytes(content)
    assert copies.prepare(mine) == ["00_start_here", NAME]
    assert (mine / f"{NAME}.ipynb").read_bytes() == typed
    assert (mine / "00_start_here.ipynb").read_bytes() == content


def test_a_copy_is_brought_back_and_the_learners_is_kept_beside_it_each_time(kit, capsys):
    _, mine = kit
    copies.prepare(mine)
    fresh, typed = (mine / f"{NAME}.ipynb").read_bytes(), []
    for number in range(3):
        typed.append(answer(mine, f"key_bits = {number}"))
        assert copies.main(["restore", "03"]) == 0
        assert (mine / f"{NAME}.ipynb").read_bytes() == fresh
    kept = re.findall(r"my_lessons/(\S+?\.ipynb)", capsys.readouterr().out)
    assert kept == [f"{NAME}_mine.ipynb", f"{NAME}_mine2.ipynb", f"{NAME}_mine3.ipynb"]
    assert [(mine / name).read_bytes() for name in kept] == typed
    assert copies.restore(NAME, mine) == [] and len(names(mine)) == 5


def test_an_answer_typed_into_the_original_moves_to_my_lessons(kit):
    originals, mine = kit
    before = (originals / f"{NAME}.ipynb").read_bytes()
    typed = answer(originals)
    copies.prepare(mine)
    assert ANSWER.encode() not in (mine / f"{NAME}.ipynb").read_bytes()
    (kept,) = copies.restore(NAME, mine)
    assert kept.parent == mine and kept.read_bytes() == typed
    assert (originals / f"{NAME}.ipynb").read_bytes() == before


def test_a_learners_own_notebooks_stay_as_they_are(kit):
    originals, mine = kit
    copies.prepare(mine)
    for folder in kit:
        (folder / "Untitled.ipynb").write_bytes(b"")
        (folder / "mine.ipynb").write_bytes(b'{"r": "notebook"}')
    assert copies.prepare(mine) == []
    assert names(mine) == ["00_start_here.ipynb", f"{NAME}.ipynb", "Untitled.ipynb", "mine.ipynb"]
    assert (mine / "mine.ipynb").read_bytes() == b'{"r": "notebook"}'


def test_where_no_copies_can_be_made_one_sentence_says_so(kit, capsys):
    _, mine = kit
    mine.write_text("a file in the folder's place")
    assert copies.main([]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "my_lessons" in said


@pytest.mark.parametrize(("words", "said"), [(["mine"], "'mine' is no lesson"), ([], "ARGS=03")])
def test_what_is_no_lesson_cannot_be_brought_back(kit, capsys, words, said):
    assert copies.main(["restore", *words]) == 1
    assert said in capsys.readouterr().err
