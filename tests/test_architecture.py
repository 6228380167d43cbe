"""The house: which room stands on which, how much is in it, and that nothing in it is unused.

What lessons, exercises and pages import is in helpers/; what only makes what is shipped is in
data/studies/, one command each. The long map is in CONTRIBUTING.md.
"""

from __future__ import annotations

import ast
import json
import runpy
import shlex
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import numpy as np
import pytest
from source import (
    DEFINITION,
    ROOT,
    House,
    cells_of_lessons,
    code_lines,
    definitions,
    imported,
    imports,
    modules_in,
    used,
)

from helpers.files import read_json

# From the ground up. Nobody imports from a floor above.
FLOORS = [
    "helpers.bits helpers.files helpers.live helpers.locks helpers.set_up helpers.quiet_keras",
    "helpers.metrics helpers.pictures helpers.manifest",
    "helpers.neural helpers.learnable",
    "helpers.figures",
    "helpers.widgets",
    "helpers.exercises helpers.challenges helpers.timetable helpers.lessons helpers.pages "
    "helpers.teach helpers.copies helpers.environment "
    "helpers.__main__ helpers.jupyter_server_config",
    "data.studies",
]
NEVER_MEET = ("helpers.neural", "helpers.learnable")

MOST_LINES_OF_A_FILE = 400
MOST_LINES_OF_ALL = 6250
CONTENT = ("helpers.exercises", "helpers.challenges")  # what is asked of learners, a page each

HELPERS, STUDIES, LESSONS = modules_in("helpers"), modules_in("data/studies"), cells_of_lessons()
HOUSE = HELPERS | STUDIES


def house(**sources: str) -> House:
    """A house of one's own, to plant a fault in: `house(helpers_bits="import numpy")`."""
    return {name.replace("_", ".", 1): ast.parse(source) for name, source in sources.items()}


# --- arrows point down ----------------------------------------------------------------------------


def is_in(module: str, room: str) -> bool:
    return f"{module}.".startswith(f"{room}.")


def floor_of(module: str) -> int:
    """0 for the ground; the package itself is below everything, and what has no floor above."""
    if module == "helpers":
        return -1
    floors = (i for i, rooms in enumerate(FLOORS) if any(is_in(module, r) for r in rooms.split()))
    return next(floors, len(FLOORS))


def arrows(house: House) -> Iterator[tuple[str, str]]:
    """(module, a module that it imports), inside functions, too."""
    for module, tree in house.items():
        yield from ((module, below) for below in sorted(imported(tree, house)))


def arrows_up(house: House) -> list[tuple[str, str]]:
    return [(above, below) for above, below in arrows(house) if floor_of(below) > floor_of(above)]


def meetings(house: House) -> list[tuple[str, str]]:
    """Where one of the two papers' rooms looks into the other."""
    here, there = NEVER_MEET
    return [
        (above, below)
        for above, below in arrows(house)
        if (is_in(above, here) and is_in(below, there))
        or (is_in(above, there) and is_in(below, here))
    ]


def circle(house: House) -> list[str]:
    """Modules of which each imports the next, and the last the first; none where none is."""
    try:
        TopologicalSorter({m: imported(tree, house) - {m} for m, tree in house.items()}).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_every_room_has_its_floor():
    assert [module for module in HOUSE if floor_of(module) == len(FLOORS)] == []


def test_the_map_in_contributing_has_every_room():
    words = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for room in " ".join(FLOORS).split():
        name = room.rpartition(".")[2]
        assert f"{name}.py`" in words or f"/{name}/`" in words, room


def test_arrows_point_down():
    assert arrows_up(HOUSE) == []


def test_the_two_papers_never_meet():
    assert meetings(HELPERS) == []


def test_there_are_no_circles():
    assert circle(HOUSE) == []


def test_no_lesson_and_no_helper_imports_a_study():
    for name, tree in (HELPERS | LESSONS).items():
        assert not [what for _, what in imports(tree) if is_in(what, "data")], name


@pytest.mark.parametrize(
    "line", ["from helpers import metrics", "def f():\n    from helpers.metrics import Proportion"]
)
def test_an_arrow_that_points_up_is_noticed(line):
    planted = house(helpers_bits=line, helpers_metrics="import numpy")
    assert arrows_up(planted) == [("helpers.bits", "helpers.metrics")]


def test_a_meeting_is_noticed():
    planted = house(helpers_neural="from helpers import learnable", helpers_learnable="")
    assert meetings(planted) == [("helpers.neural", "helpers.learnable")]


def test_a_circle_is_noticed_though_an_import_stands_in_a_function():
    there, back = "import helpers.files", "def f(): from helpers.bits import flip"
    planted = house(helpers_bits=there, helpers_files=back)
    assert set(circle(planted)) == {"helpers.bits", "helpers.files"}


# --- a thin house ---------------------------------------------------------------------------------


def text_of(module: str) -> str:
    path = ROOT.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return path.read_text(encoding="utf-8")


def lines_of(module: str) -> int:
    return code_lines(HELPERS[module], text_of(module))


def test_no_file_of_helpers_is_long():
    lines = {module: len(text_of(module).splitlines()) for module in HELPERS}
    assert {module: n for module, n in lines.items() if n > MOST_LINES_OF_A_FILE} == {}


def test_helpers_are_thin():
    machinery = [m for m in HELPERS if not any(is_in(m, room) for room in CONTENT)]
    assert sum(map(lines_of, machinery)) <= MOST_LINES_OF_ALL


SOME_LINES = '''"""A word."""

SIXTEEN = 16  # a count


def double(number):
    """Two lines
    of words.
    """
    # why: a comment counts, a blank line does not

    return 2 * number
'''


def test_blank_lines_and_docstrings_do_not_count():
    assert code_lines(ast.parse(SOME_LINES), SOME_LINES) == 4


# --- nothing stands unused ------------------------------------------------------------------------


def names_in(module: str, tree: ast.Module) -> dict[str, str]:
    """What a module's own names and those that it imports stand for."""
    own = {name: f"{module}.{name}" for name, _ in definitions(tree)}
    return own | dict(imports(tree))


def where_defined(name: str, names: dict[str, dict[str, str]]) -> str:
    """A name as its own module has it, where another hands it on."""
    module, _, own = name.rpartition(".")
    source = names.get(module, {}).get(own, name)
    return source if source == name else where_defined(source, names)


def what_leads_where(helpers: House) -> dict[str, set[str]]:
    """{definition: what it names}; what a module does by itself, imported or run, stands at ""."""
    names = {module: names_in(module, tree) for module, tree in helpers.items()}
    found: dict[str, set[str]] = {}
    for module, tree in helpers.items():
        for name, statement in definitions(tree):
            full = f"{module}.{name}" if name else ""
            named = {where_defined(what, names) for what in used(statement, names[module])}
            found[full] = found.get(full, set()) | named
            for table in registered_with(statement):
                found.setdefault(f"{module}.{table}", set()).add(full)
    return found


def registered_with(statement: ast.stmt) -> list[str]:
    """The functions for one argument of which this is the way: `@table.register`."""
    decorators = [ast.unparse(each) for each in getattr(statement, "decorator_list", [])]
    return [each.removesuffix(".register") for each in decorators if each.endswith(".register")]


def public_names(helpers: House) -> set[str]:
    """Functions and classes at the top of a module."""
    return {
        f"{module}.{name}"
        for module, tree in helpers.items()
        for name, statement in definitions(tree)
        if isinstance(statement, DEFINITION) and not name.startswith("_")
    }


def unused(helpers: House, users: House) -> list[str]:
    """Public functions and classes of helpers to which no user leads, straight or through others.

    That one names itself, or two each other, is no use.
    """
    names = {module: names_in(module, tree) for module, tree in (helpers | users).items()}
    leads_to, reached = what_leads_where(helpers), set()
    ahead = leads_to.get("", set())
    for name, tree in users.items():
        ahead |= {where_defined(what, names) for what in used(tree, names[name])}
    while ahead - reached:
        reached |= ahead
        ahead = set().union(*(leads_to.get(name, set()) for name in ahead))
    return sorted(public_names(helpers) - reached)


def test_everything_public_is_used_by_a_lesson_an_exercise_a_command_or_a_study():
    assert unused(HELPERS, LESSONS | STUDIES) == []


UNUSED = """
def one(): return two()
def two(): return 2
def three(): return three() + 3
class Four: pass
@two.register
def for_text(text: str): return 5
if __name__ == "__main__":
    print(Four())
    hook = "helpers.bits.six"
def six(): return 6
"""


def test_what_is_unused_is_noticed_though_it_names_itself():
    planted = house(helpers_bits=UNUSED, helpers="from helpers.bits import one")
    lesson = {"01_lesson": ast.parse("import helpers as kit\nkit.one()")}
    assert unused(planted, lesson) == ["helpers.bits.three"]
    names = ("for_text", "one", "three", "two")
    assert unused(planted, {}) == [f"helpers.bits.{name}" for name in names]


# --- who made what is shipped ---------------------------------------------------------------------

DATA = ROOT / "data"


def made() -> dict[str, list[str]]:
    """{what a shipped file says it was made by: the files that say so}"""
    found: dict[str, list[str]] = {}
    for name, entry in read_json(DATA / "MANIFEST.json").items():
        found.setdefault(entry["made"].partition(",")[0], []).append(f"MANIFEST.json: {name}")
    for path in [*sorted(DATA.rglob("*.json")), *sorted(DATA.rglob("*.npz"))]:
        for command in commands_in(about(path)):
            found.setdefault(command, []).append(path.name)
    return found


def about(path: Path) -> object:
    """A result, or what a pair or a classroom network says of itself."""
    return read_json(path) if path.suffix == ".json" else json.loads(np.load(path)["about"].item())


def commands_in(result: object) -> Iterator[str]:
    """Each "command", at any depth."""
    if isinstance(result, dict):
        yield from ([result["command"]] if "command" in result else [])
        for value in result.values():
            yield from commands_in(value)


class Understood(Exception):
    """A command has read its arguments, and would begin to work now."""


def understood(command: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether `python -m MODULE ARGUMENTS` is a command that takes these arguments.

    It is run, in this process, up to where it has read them: nothing is trained or written.
    """
    parse = ArgumentParser.parse_args

    def parse_and_stop(self, *arguments):
        parse(self, *arguments)
        raise Understood

    _, dash_m, module, *arguments = shlex.split(command)
    assert dash_m == "-m"
    monkeypatch.setattr(ArgumentParser, "parse_args", parse_and_stop)
    monkeypatch.setattr(sys, "argv", [module, *arguments])
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except Understood:
        return True
    except SystemExit as end:
        return end.code == 0  # --help ends so
    except ImportError:
        return False
    return False


loaded_before = pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")


@loaded_before
@pytest.mark.parametrize("command", made())
def test_what_is_shipped_names_a_command_that_makes_it(command, monkeypatch):
    assert command.startswith("python -m data.studies."), made()[command]
    assert understood(command, monkeypatch), made()[command]


def commands() -> list[str]:
    return [study for study, tree in STUDIES.items() if "main" in dict(definitions(tree))]


@loaded_before
@pytest.mark.parametrize("study", commands())
def test_a_study_with_a_command_answers_to_help(study, monkeypatch, capsys):
    assert understood(f"python -m {study} --help", monkeypatch)
    assert study in capsys.readouterr().out


@loaded_before
@pytest.mark.parametrize(
    "command", ["python -m data.studies.brew", "python -m data.studies.publish --cups 2"]
)
def test_a_command_that_does_not_exist_is_noticed(command, monkeypatch):
    assert not understood(command, monkeypatch)
