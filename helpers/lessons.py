"""Run the lessons: `refresh` keeps their new outputs, `export` makes pages for a browser of them.

Both run each lesson from its first cell to its last in a new kernel, and leave out what differs
from day to day: a second `refresh` changes nothing. `python -m helpers.lessons refresh 02` runs one
alone.
"""

from __future__ import annotations

import argparse
import ast
import copy
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError
from nbformat import NotebookNode, v4

from helpers import pages, timetable
from helpers.challenges import NOT_YET_STARTED
from helpers.exercises import NOT_YET_ANSWERED
from helpers.files import atomic_write, readable, refusing

ROOT = Path(__file__).resolve().parents[1]
LESSONS = ROOT / "notebooks"
PAGES = ROOT / "build" / "lessons"

# The lessons of the kit. Whatever else lies in notebooks/ belongs to a learner: it stays untouched.
NAMES = (
    "00_start_here",
    "01_pictures_as_bits",
    "02_alice_and_bob",
    "03_eve",
    "04_wrong_key",
    "05_learnable_encryption",
    "06_adversarial_tests",
    "07_a_cipher_with_a_proof",
    "08_break_your_cipher",
)

# Pages of words alone that stand beside the lessons, which link to them.
BESIDE = ("glossary", "references")

# An exercise ends in `lesson01.bits_of_200.check(bits_of_200)`, a challenge begins with
# `pads = challenges.two_time_pad.start(...)` and ends in `pads.check(word)`.
CHECK = re.compile(r"^\w+(?:\.\w+)?\.check\(\w+\)$", re.MULTILINE)
START = re.compile(r"\.(?:start|show_board)\(.*\)$", re.MULTILINE)

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
LIVE_WIDGET = "application/vnd.jupyter.widget-view+json"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"


def answered(lesson: NotebookNode) -> list[str]:
    """The names of the cells that hold a learner's answer."""
    return [cell.id for cell in lesson.cells if is_exercise(cell) and not has_dots(cell.source)]


def with_blank_answers(lesson: NotebookNode) -> NotebookNode:
    """A copy of the lesson as the kit asks it: a learner's answers, whatever they are, are out."""
    lesson = copy.deepcopy(lesson)
    code = [cell for cell in lesson.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=1):
        if is_exercise(cell):
            put_dots_back(cell)
            cell.execution_count = number
    return lesson


def is_exercise(cell: NotebookNode) -> bool:
    """Whether a learner answers here."""
    return "blank" in cell.metadata


def has_dots(source: str) -> bool:
    """Whether code still has the three dots of an exercise; those of an index are none of them."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return False
    nodes = list(ast.walk(tree))
    indices = [node.slice for node in nodes if isinstance(node, ast.Subscript)]
    in_an_index = {id(node) for index in indices for node in ast.walk(index)}
    dots = [node for node in nodes if isinstance(node, ast.Constant) and node.value is ...]
    return any(id(node) not in in_an_index for node in dots)


def put_dots_back(cell: NotebookNode) -> None:
    """Make an exercise as it is asked, in place: its three dots, and what it prints with them."""
    cell.source = cell.metadata.blank
    said = NOT_YET_STARTED if START.search(cell.source) else NOT_YET_ANSWERED
    cell.outputs = [v4.new_output("stream", text=f"{said}\n")]


def remember_dots(lesson: NotebookNode) -> None:
    """Have each exercise remember how it is asked, in place, as long as nobody has answered it."""
    for cell in lesson.cells:
        if asks(cell) and has_dots(cell.source):
            cell.metadata["blank"] = cell.source


def asks(cell: NotebookNode) -> bool:
    """Whether a cell has the form of an exercise or of a challenge."""
    return cell.cell_type == "code" and bool(CHECK.search(cell.source) or START.search(cell.source))


def run(path: Path, seconds_per_cell: int = 300, live: bool = False) -> NotebookNode:
    """The lesson in `path` with the outputs of a new run; its file stays as it is.

    Where `live`, controls that work without Python come with all that a page needs for them.
    Raises OSError where there is no file, and CellExecutionError where a cell fails.
    """
    lesson = read(path)
    NotebookClient(
        lesson,
        timeout=seconds_per_cell,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        store_widget_state=live,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],  # ipykernel else warns of its local connection
    ).execute()
    if live:
        keep_states(lesson)
    return without_traces(lesson)


def keep_states(lesson: NotebookNode) -> None:
    """Put beside each control that works without Python, in place, its module and its state."""
    states = lesson.metadata.get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    for output in (output for cell in lesson.cells for output in cell.get("outputs", [])):
        model = states.get(output.get("data", {}).get(LIVE_WIDGET, {}).get("model_id"), {})
        if model.get("model_module") == "anywidget":
            state, (arrays,) = model["state"], model["buffers"]
            kept = {"facts": state["facts"], "chosen": state["chosen"], "arrays": arrays["data"]}
            output.metadata["live"] = {"module": state["module"], "state": kept}


def without_traces(lesson: NotebookNode) -> NotebookNode:
    """Drop, in place, what one run leaves: Python's exact version, times, live widgets' names."""
    drop_live_widgets(lesson)
    lesson.metadata = nbformat.from_dict(METADATA)
    for cell in lesson.cells:
        cell.metadata.pop("execution", None)
    return lesson


def drop_live_widgets(lesson: dict[str, Any]) -> None:
    """Leave of each control its still picture, in place: without its kernel it cannot be drawn."""
    outputs = [output for cell in lesson["cells"] for output in cell.get("outputs", [])]
    shown = [output["data"] for output in outputs if LIVE_WIDGET in output.get("data", {})]
    for data in shown:
        if "image/png" in data:
            del data[LIVE_WIDGET]
    if not any(LIVE_WIDGET in data for data in shown):
        lesson["metadata"].pop("widgets", None)


def keep_stills(model: dict[str, Any], **_: Any) -> None:
    """Before Jupyter saves a notebook: what is live in the page stays so, and its still is saved.

    Else JupyterLab, without the kernel that drew a control, would show an error in its place.
    """
    if model["type"] == "notebook" and model.get("content"):
        drop_live_widgets(model["content"])


def path_of(name: str) -> Path:
    """Where a lesson of the kit is."""
    return LESSONS / f"{name}.ipynb"


def read(path: Path) -> NotebookNode:
    """The lesson in a file; FileNotFoundError or ValueError, which name it, where there is none."""
    path = readable(path)
    with refusing(path, ".ipynb"):
        lesson = nbformat.read(path, as_version=4)
        nbformat.validate(lesson)
    return lesson


def text_of(lesson: NotebookNode) -> str:
    """The one form in which a lesson is written, so that a second run repeats it to the byte."""
    return nbformat.writes(lesson) + "\n"


def write(lesson: NotebookNode, path: Path) -> None:
    """Write a lesson, the whole of it or nothing."""
    with atomic_write(path) as unfinished:
        unfinished.write_text(text_of(lesson), encoding="utf-8", newline="\n")


def refresh(paths: Sequence[Path]) -> bool:
    """Run lessons and write them back; True if none failed. One that fails keeps its file.

    Raises ValueError, before anything runs, where one holds a learner's answers.
    """
    for path in paths:
        if cells := answered(read(path)):
            raise ValueError(
                f"{path.name} holds an answer, in its cell {cells[0]}, and would lose it: give "
                f"make restore ARGS={path.stem[:2]} first, which keeps the answer in my_lessons."
            )
    ran = {path: run_aloud(path) for path in paths}
    for path, lesson in ran.items():
        if lesson:
            remember_dots(lesson)
            timetable.fill_in(lesson)
            write(lesson, path)
    return all(ran.values())


def export(paths: Sequence[Path]) -> bool:
    """Run lessons and write pages of them into build/lessons; True if none failed."""
    ran = {path.stem: run_aloud(path, live=True) for path in paths}
    if not all(ran.values()):
        return False
    there = [name for name in NAMES if name in ran or (PAGES / f"{name}.html").exists()]
    shown = {name: ran.get(name) or read(path_of(name)) for name in there}
    beside = {name: read(path_of(name)) for name in BESIDE}
    PAGES.mkdir(parents=True, exist_ok=True)
    for name, page in pages.of(shown, LESSONS, ran, beside, key_flipper_page()).items():
        with atomic_write(PAGES / name) as unfinished:
            unfinished.write_text(page, encoding="utf-8")
    print(f"Open {(PAGES / 'index.html').relative_to(ROOT)} in a browser.")
    return True


def key_flipper_page() -> str:
    """The key flipper alone, with the pairs and the picture of lesson 4: for a projector."""
    from helpers import pictures, widgets
    from helpers.neural.cipher import NeuralCipher

    pairs = [NeuralCipher.load(name) for name in ("paper", "proven", "diffusing")]
    control = widgets.key_flipper(pairs, pictures.load("eye"))
    heading = "Flip a bit of the key"
    words = "Three trained pairs encrypted the picture; each Bob reads it with the key above."
    return pages.full_screen("key_flipper", control.state_for_page(), heading, words)


def run_aloud(path: Path, live: bool = False) -> NotebookNode | None:
    """Run a lesson and say how long it took; None, and why, where it failed."""
    print(f"{path.stem} ...", end=" ", flush=True)
    start = time.perf_counter()
    try:
        lesson = run(path, live=live)
    except (CellControlSignal, DeadKernelError, OSError, ValueError) as error:
        print(f"failed:\n{error}")
        return None
    print(f"{time.perf_counter() - start:.0f} s")
    return lesson


def chosen(beginnings: Sequence[str]) -> list[Path]:
    """The lessons whose names begin with one of `beginnings`; all of them if there are none.

    Raises ValueError where one of them begins no lesson's name.
    """
    for beginning in beginnings:
        if not any(name.startswith(beginning) for name in NAMES):
            raise ValueError(
                f"{beginning!r} is no lesson of the kit: give the beginnings of their names, from "
                f"{NAMES[0][:2]} to {NAMES[-1][:2]}."
            )
    return [path_of(name) for name in NAMES if not beginnings or name.startswith(tuple(beginnings))]


def main(words: Sequence[str] | None = None) -> int:
    """The command line; 0 if every lesson ran."""
    parser = argparse.ArgumentParser(prog="python -m helpers.lessons", description=__doc__)
    parser.add_argument("what", choices=["refresh", "export"])
    parser.add_argument(
        "lessons", nargs="*", metavar="lesson", help="as in 02; all if none is named"
    )
    arguments = parser.parse_args(words)
    act = {"refresh": refresh, "export": export}[arguments.what]
    try:
        return 0 if act(chosen(arguments.lessons)) else 1
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
