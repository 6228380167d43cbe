"""For the teacher, made of the lessons as they are saved, in build/teach; nothing is run.

`make teach` writes the course plan; of each lesson its notes, with all solutions, its slides for a
projector, and a copy whose exercises are answered.
"""

from __future__ import annotations

import ast
import copy
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment
from nbconvert.filters import Highlight2HTML, markdown2html
from nbformat import NotebookNode, from_dict

from helpers import lessons, pages, timetable
from helpers.challenges import GRADES, Challenge, every_challenge
from helpers.exercises import Exercise
from helpers.files import atomic_write, readable

FOLDER = lessons.ROOT / "build" / "teach"
NOTES = lessons.LESSONS / "for_teachers"
SOLVERS = lessons.ROOT / "tests" / "challenge_solvers"

ASKS = re.compile(r"^(lesson\d\d)\.(\w+)\.check\(\w+\)$", re.MULTILINE)
NEW_SLIDE = {"slide", "subslide"}
LINK = re.compile(r'<a href="([^":#]*/)?([\w-]+)\.(ipynb|md)(#[^"]*)?">(.*?)</a>', re.DOTALL)


def files() -> Iterator[tuple[str, str]]:
    """(file's name, its text) of all that is written."""
    for name in lessons.NAMES:
        lesson = lessons.with_blank_answers(lessons.read(lessons.path_of(name)))
        yield f"lesson{name[:2]}.html", notes(name, lesson)
        yield f"{name}_slides.html", slides(name, lesson)
        yield f"{name}_solutions.ipynb", lessons.text_of(with_solutions(lesson))
    yield "index.html", plan()


# The course plan, and a lesson's notes


def plan() -> str:
    """The page that has everything: the course plan, and what there is for each lesson."""
    titles = {name: pages.title(lessons.read(lessons.path_of(name))) for name in lessons.NAMES}
    return page("The course", plan=html_of(NOTES / "course.md"), titles=titles)


def notes(name: str, lesson: NotebookNode) -> str:
    """The page of notes on one lesson, then what solves its exercises and its challenges."""
    return page(
        pages.title(lesson),
        name=name,
        notes=html_of(NOTES / f"lesson{name[:2]}.md"),
        exercises=list(exercises(lesson)),
        challenges=[(each, solver(each)) for each in challenges(name)],
    )


def page(title: str, **parts: Any) -> str:
    """A page of words, from its template."""
    environment = Environment(loader=pages.TEMPLATES, autoescape=True)
    environment.globals.update(grades=GRADES, coloured=Highlight2HTML(), words=markdown)
    return environment.get_template("teach.html.j2").render(title=title, **parts)


def html_of(path: Path) -> str:
    """A file of Markdown as HTML."""
    return markdown(readable(path).read_text(encoding="utf-8"))


def markdown(text: str) -> str:
    """Markdown as HTML, with formulas; its links lead to the pages that are written here."""

    def to_page(link: re.Match[str]) -> str:
        _, name, kind, _, words = link.groups()
        if kind == "md":
            return f'<a href="{"index" if name == "course" else name}.html">{words}</a>'
        return f'<a href="{name}_slides.html">{words}</a>' if name in lessons.NAMES else words

    return LINK.sub(to_page, pages.with_mathml(markdown2html(text)))


def exercises(lesson: NotebookNode) -> Iterator[tuple[str, Exercise]]:
    """What a lesson asks, in Markdown, each with the exercise as it is declared."""
    for before, cell in zip(lesson.cells, lesson.cells[1:]):
        if exercise := asked_in(cell):
            yield before.source, exercise


def asked_in(cell: NotebookNode) -> Exercise | None:
    """The exercise whose answer goes into a cell, if it is one."""
    asks = ASKS.search(cell.source) if lessons.is_exercise(cell) else None
    if not asks:
        return None
    return getattr(importlib.import_module(f"helpers.exercises.{asks[1]}"), asks[2])


def challenges(name: str) -> list[Challenge]:
    """The challenges of a lesson, from the easiest to the hardest."""
    return [each for each in every_challenge() if each.lesson == int(name[:2])]


def solver(challenge: Challenge) -> str:
    """The source of what solves a challenge, as the tests do."""
    path = SOLVERS / f"lesson{challenge.lesson:02}.py"
    source = readable(path).read_text(encoding="utf-8")
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == challenge.name:
            return ast.get_source_segment(source, node) or ""
    raise ValueError(f"{path.name} has no function {challenge.name!r}: add it.")


# The copy whose exercises are answered


def with_solutions(lesson: NotebookNode) -> NotebookNode:
    """A copy of a lesson whose exercises are answered, and not yet run."""
    lesson = copy.deepcopy(lesson)
    for cell in lesson.cells:
        if exercise := asked_in(cell):
            cell.source = answered(cell.source, exercise.solution_text)
            cell.update(outputs=[], execution_count=None)
        cell.metadata.pop("blank", None)
    return lesson


def answered(source: str, solution: str) -> str:
    """The code of an exercise with its solution in the place of what has the three dots."""
    lines, places = source.splitlines(), []
    for node in ast.parse(source).body:
        if lessons.has_dots(ast.get_source_segment(source, node) or ""):
            places.append((node.lineno - 1, node.end_lineno))
    for place in reversed(places):
        lines[slice(*place)] = solution.splitlines() if place == places[0] else []
    return "\n".join(lines)


# Slides


def slides(name: str, lesson: NotebookNode) -> str:
    """A lesson's slides: one page that needs nothing beside it."""
    shown = on_slides(lesson)
    exporter = pages.Exporter(
        template_file="slides.html.j2",
        extra_loaders=[pages.TEMPLATES],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    metadata = {"name": pages.title(lesson), "path": str(lessons.LESSONS)}
    resources = {"metadata": metadata, "before": None, "after": None, "beside": {}}
    text, _ = exporter.from_notebook_node(shown, resources=resources)
    return LINK.sub(r"\5", text)  # a click on a projector should not leave the slides


def on_slides(lesson: NotebookNode) -> NotebookNode:
    """The cells that are on slides; each says whether it begins one, or waits for a key.

    What a prediction asks for always waits, so that a class commits before it is shown. Code is
    folded beside a prediction, and where it draws: it would stand in the way of what comes out.
    """
    cells: list[NotebookNode] = []
    asked = predicting = False
    for cell in lesson.cells:
        kind = cell.metadata.get("slideshow", {}).get("slide_type", "skip")
        if kind == "skip":
            continue
        kind = "slide" if kind in NEW_SLIDE or not cells else "fragment" if asked else kind
        asked = "prediction" in cell.metadata.get("tags", [])
        predicting = asked or (predicting and kind != "slide")
        draws = any("image/png" in output.get("data", {}) for output in cell.get("outputs", []))
        folded = predicting or draws or "jupyter" in cell.metadata
        metadata = {**cell.metadata, "kind": kind, "folded": folded}
        cells.append(from_dict({**cell, "metadata": metadata}))
    if cells:  # how long it takes alone is nothing for a projector
        cells[0].source = timetable.PARAGRAPH.sub("", cells[0].source, count=1)
    return from_dict({**lesson, "cells": cells})


# The command line


def main() -> int:
    """Write everything; 0 if it could be."""
    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
        for name, text in files():
            with atomic_write(FOLDER / name) as unfinished:
                unfinished.write_text(text, encoding="utf-8", newline="\n")
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Open {(FOLDER / 'index.html').relative_to(lessons.ROOT)} in a browser.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
