"""Run the lessons: `refresh` keeps their new outputs, `export` makes pages for a browser of them.

Both run each lesson from its first cell to its last in a new kernel, and leave out what differs
from day to day: a second `refresh` changes nothing. `python -m helpers.lessons refresh 02` runs one
alone.
"""

from __future__ import annotations

import argparse
import copy
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode, v4

from helpers import pages
from helpers.exercises import NOT_YET_ANSWERED
from helpers.files import whole_or_nothing

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
)

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
LIVE_WIDGET = "application/vnd.jupyter.widget-view+json"


# --- exercises ------------------------------------------------------------------------------------


def is_exercise(cell: NotebookNode) -> bool:
    """Whether a learner answers here; its metadata keep the cell as it is before any answer."""
    return "blank" in cell.metadata


def blank(cell: NotebookNode) -> None:
    """Put the three dots back into an exercise's cell, in place, and what it prints with them."""
    cell.source = cell.metadata.blank
    cell.outputs = [v4.new_output("stream", text=NOT_YET_ANSWERED + "\n")]


def with_blank_answers(lesson: NotebookNode) -> NotebookNode:
    """A copy of the lesson as the kit asks it: what a learner answered is left out."""
    lesson = copy.deepcopy(lesson)
    code = [cell for cell in lesson.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, start=1):
        if is_exercise(cell):
            blank(cell)
            cell.execution_count = number
    return lesson


# --- running --------------------------------------------------------------------------------------


def run(path: Path, seconds_per_cell: int = 300) -> NotebookNode:
    """The lesson in `path` with the outputs of a new run; its file stays as it is.

    Raises OSError where there is no file, and CellExecutionError where a cell fails.
    """
    lesson = nbformat.read(path, as_version=4)
    NotebookClient(
        lesson,
        timeout=seconds_per_cell,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,
        extra_arguments=["--log-level=ERROR"],  # ipykernel else warns of its local connection
    ).execute()
    return without_traces(lesson)


def without_traces(lesson: NotebookNode) -> NotebookNode:
    """Drop, in place, what one run leaves: Python's exact version, times, live widgets' names."""
    lesson.metadata = nbformat.from_dict(METADATA)
    for cell in lesson.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(LIVE_WIDGET, None)  # the still picture beside it stays
    return lesson


def write(lesson: NotebookNode, path: Path) -> None:
    """Write the lesson in the one form that a second run repeats to the byte."""
    with whole_or_nothing(path) as unfinished:
        unfinished.write_text(nbformat.writes(lesson) + "\n", encoding="utf-8", newline="\n")


def refresh(paths: Sequence[Path]) -> bool:
    """Run lessons and write them back; True if none failed. One that fails keeps its file."""
    ran = {path: run_aloud(path) for path in paths}
    for path, lesson in ran.items():
        if lesson:
            write(lesson, path)
    return all(ran.values())


def export(paths: Sequence[Path]) -> bool:
    """Run lessons and write pages of them into build/lessons; True if none failed."""
    ran = {path.stem: run_aloud(path) for path in paths}
    if not all(ran.values()):
        return False
    for name, page in pages.of(ran, LESSONS).items():
        PAGES.mkdir(parents=True, exist_ok=True)
        (PAGES / name).write_text(page, encoding="utf-8")
    print(f"Open {(PAGES / 'index.html').relative_to(ROOT)} in a browser.")
    return True


def run_aloud(path: Path) -> NotebookNode | None:
    """Run a lesson and say how long it took; None, and why, where it failed."""
    print(f"{path.stem} ...", end=" ", flush=True)
    start = time.perf_counter()
    try:
        lesson = run(path)
    except CellExecutionError as error:
        print(f"failed:\n{error}")
        return None
    print(f"{time.perf_counter() - start:.0f} s")
    return lesson


def chosen(beginnings: Sequence[str]) -> list[Path]:
    """The lessons whose names begin with one of `beginnings`; all of them if there are none."""
    paths = sorted(LESSONS.glob("*.ipynb"))
    return [path for path in paths if not beginnings or path.stem.startswith(tuple(beginnings))]


def main(words: Sequence[str] | None = None) -> int:
    """The command line; 0 if every lesson ran."""
    parser = argparse.ArgumentParser(prog="python -m helpers.lessons", description=__doc__)
    parser.add_argument("what", choices=["refresh", "export"])
    parser.add_argument(
        "lessons", nargs="*", metavar="lesson", help="as in 02; all if none is named"
    )
    arguments = parser.parse_args(words)
    paths = chosen(arguments.lessons)
    if not paths:
        parser.error("no lesson has such a name: give the beginnings of their names, as in 02")
    act = {"refresh": refresh, "export": export}[arguments.what]
    return 0 if act(paths) else 1


if __name__ == "__main__":
    sys.exit(main())
