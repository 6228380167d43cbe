"""Learners' working copies of the lessons, in my_lessons/: what `make lab` opens.

`python -m helpers.copies` makes those that are missing and renews those that nobody changed; what
a learner changed stays. Its exit status is 1, and a sentence says why, where they cannot be made:
then notebooks/ is opened. `python -m helpers.copies restore 03` brings lesson 3 back as the kit has
it, and keeps the learner's beside it.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain, count, pairwise
from pathlib import Path

from ipykernel.ipkernel import IPythonKernel
from nbformat import NotebookNode

from helpers import lessons
from helpers.files import atomic_write, check_writable, read_json, write_json

COPIES = lessons.ROOT / "my_lessons"
RECORD = ".as_in_the_kit.json"  # the digest of each lesson that was put there, by its name


def prepare(folder: Path) -> list[str]:
    """Make and renew the copies; the names of lessons that a learner changed, and the kit since.

    Raises OSError or ValueError, in a sentence, where they cannot be made.
    """
    check_writable(folder / RECORD)
    record, newer = {}, []
    with suppress(OSError, ValueError):  # none yet, or damaged: then every change is a learner's
        record = read_json(folder / RECORD)
    for name in [*lessons.NAMES, *lessons.BESIDE]:
        path, latest = folder / f"{name}.ipynb", digest_of(original(name))
        if not path.exists() or digest_in(path) == record.get(name) != latest:
            lessons.write(original(name), path)
        if digest_in(path) == latest:
            record[name] = latest
        elif record.get(name) != latest and name in lessons.NAMES:
            newer.append(name)
    write_json(folder / RECORD, record)
    return newer


def restore(name: str, folder: Path) -> list[Path]:
    """Bring a copy back as the kit has it; the files that now hold what a learner made of it.

    Answers that were typed into the lesson in notebooks/ leave it in the same way.
    """
    copy, source, kept = folder / f"{name}.ipynb", lessons.path_of(name), []
    check_writable(copy)
    if copy.exists() and digest_in(copy) != digest_of(original(name)):
        kept.append(keep(copy, folder))
    if lessons.answered(lessons.read(source)):
        kept.append(keep(source, folder))
        lessons.write(lessons.with_blank_answers(lessons.read(source)), source)
    copy.unlink(missing_ok=True)
    prepare(folder)
    return kept


def original(name: str) -> NotebookNode:
    """A lesson without answers, its own to what it asks a learner to predict among them.

    It has what JupyterLab would add in opening it: who touches nothing has changed nothing.
    """
    lesson = lessons.with_blank_answers(lessons.read(lessons.path_of(name)))
    lesson.metadata.language_info = IPythonKernel.language_info
    for asking, cell in pairwise(lesson.cells):
        if "prediction" in asking.metadata.get("tags", []) and cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    return lesson


def keep(path: Path, folder: Path) -> Path:
    """Copy a learner's version to a name in `folder` that nothing has yet; that path."""
    names = (f"{path.stem}_mine{number}.ipynb" for number in chain([""], count(2)))
    kept = next(folder / name for name in names if not (folder / name).exists())
    with atomic_write(kept) as unfinished:
        unfinished.write_bytes(path.read_bytes())
    return kept


def digest_of(lesson: NotebookNode) -> str:
    """SHA-256 of a lesson, apart from what running it leaves in it."""
    lesson = lessons.without_traces(lesson)
    for cell in lesson.cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    return hashlib.sha256(lessons.text_of(lesson).encode()).hexdigest()


def digest_in(path: Path) -> str:
    """The digest of the lesson in a file; none at all where it is no lesson any more."""
    with suppress(OSError, ValueError):
        return digest_of(lessons.read(path))
    return ""


def main(words: Sequence[str] | None = None) -> int:
    """The command line; 0 if the copies are as they were asked for."""
    parser = argparse.ArgumentParser(prog="python -m helpers.copies", description=__doc__)
    parser.add_argument("what", nargs="?", choices=["restore"], help="left out: make the copies")
    parser.add_argument("lessons", nargs="*", metavar="lesson", help="which to restore, as in 03")
    arguments = parser.parse_args(words)
    act = restore_aloud if arguments.what else prepare_aloud
    try:
        act(arguments.lessons)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def prepare_aloud(_: Sequence[str]) -> None:
    """Make and renew the copies, and say which are not of the newest."""
    if newer := prepare(COPIES):
        print(
            f"The kit has newer versions of {', '.join(newer)}. Those in {COPIES.name} stay as you "
            f"changed them; make restore ARGS={newer[0][:2]} fetches one and keeps yours."
        )


def restore_aloud(beginnings: Sequence[str]) -> None:
    """Bring lessons back, each with a sentence; ValueError, in a sentence, where none is named."""
    if not beginnings:
        raise ValueError("Name the lessons to bring back, as in make restore ARGS=03")
    for path in lessons.chosen(beginnings):
        kept = [f"{kept.parent.name}/{kept.name}" for kept in restore(path.stem, COPIES)]
        yours = f"; what you had made of it is in {' and '.join(kept)}" if kept else ""
        print(f"{path.stem} is as in the kit{yours}.")


if __name__ == "__main__":
    sys.exit(main())
