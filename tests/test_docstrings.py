"""What lessons call most says what it takes, gives and refuses, where it is from, and shows it."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
from collections import Counter
from collections.abc import Callable, Iterator
from pkgutil import resolve_name

import pytest
from source import House, cells_of_lessons, definitions, full_name, imports, modules_in

HELPERS, LESSONS = modules_in("helpers"), cells_of_lessons()
DRAWN = ("helpers.figures", "helpers.pictures", "helpers.widgets")  # no paper is behind a drawing
BY_JUPYTER = "helpers.jupyter_server_config"  # it is read there, and cannot be imported


# --- what lessons call most -----------------------------------------------------------------------


def gives(helpers: House) -> dict[str, str]:
    """{what can be called: the class of helpers that it gives}, by what its annotation says."""
    found = {}
    for module, tree in helpers.items():
        names = {name: f"{module}.{name}" for name, _ in definitions(tree)} | dict(imports(tree))
        for name, statement in definitions(tree):
            full = f"{module}.{name}"
            if isinstance(statement, ast.ClassDef):
                found[full] = full
                methods = [(f"{full}.{m.name}", m) for m in statement.body if is_function(m)]
            else:
                methods = [(full, statement)] if is_function(statement) else []
            found |= {full: names.get(ast.unparse(f.returns or f), "") for full, f in methods}
    return {called: what for called, what in found.items() if found.get(what) == what}


def is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef)


def calls(lesson: ast.Module, helpers: House) -> Iterator[str]:
    """What of helpers a lesson calls, in full, each as often as it is called: functions, classes,
    and methods of what was given a name as it was made (`cipher = NeuralCipher.load("paper")`).
    """
    names, given = dict(imports(lesson)), gives(helpers)
    for name, value in assigned(lesson):
        if isinstance(value, ast.Call) and (made := given.get(full_name(value.func, names) or "")):
            names[name] = made
    for node in ast.walk(lesson):
        called = full_name(node.func, names) if isinstance(node, ast.Call) else None
        if called and called.startswith("helpers."):
            yield called


def assigned(tree: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """(name, what it stands for), of `name = what` and of `name, other = what, another`."""
    for node in ast.walk(tree):
        for target in node.targets if isinstance(node, ast.Assign) else []:
            several = isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple)
            pairs = zip(target.elts, node.value.elts) if several else [(target, node.value)]
            yield from ((name.id, value) for name, value in pairs if isinstance(name, ast.Name))


def most_called(count: int) -> list[str]:
    """The functions, methods and classes of helpers that lessons call most."""
    counter = Counter(name for lesson in LESSONS.values() for name in calls(lesson, HELPERS))
    return [name for name, _ in counter.most_common() if stands_in_a_class_or_module(name)][:count]


def stands_in_a_class_or_module(name: str) -> bool:
    """Not so for what one object has alone, as a cipher its network `alice`."""
    try:
        return bool(resolve_name(name))
    except AttributeError:
        return False


def words_for(name: str) -> tuple[Callable, str]:
    """What a name stands for, and its docstring; of a class that of `__init__`, if it has one."""
    found = resolve_name(name)
    own = vars(found).get("__init__") if inspect.isclass(found) else None
    return found, inspect.getdoc(own if own and own.__doc__ else found) or ""


def missing(name: str) -> list[str]:
    """The parts that its docstring lacks."""
    found, words = words_for(name)
    signature = inspect.signature(found)
    nothing = signature.return_annotation in (None, "None") or inspect.isclass(found)
    parts = {
        "Args:": [*signature.parameters] not in ([], ["self"]),
        "Returns:": not nothing,
        "Raises": True,  # where nothing is refused, "Raises nothing."
        "Source:": not name.startswith(DRAWN),
        ">>> ": True,
    }
    return [part for part, wanted in parts.items() if wanted and part not in words]


@pytest.mark.parametrize("name", most_called(20))
def test_what_lessons_call_most_says_all_of_it(name):
    assert missing(name) == []


A_HELPER = """
class A:
    def run(self) -> B: ...

class B:
    def stop(self): ...

def f() -> A: ...
"""

A_LESSON = """
from helpers import a
from helpers.a import f as g
one, number = g(), 1
two = one.run()
two.stop()
two.stop()
a.A()
print(two)
"""


def test_calls_are_counted_by_what_they_call():
    called = calls(ast.parse(A_LESSON), {"helpers.a": ast.parse(A_HELPER)})
    assert Counter(called) == {
        "helpers.a.f": 1,
        "helpers.a.A.run": 1,
        "helpers.a.B.stop": 2,
        "helpers.a.A": 1,
    }


def test_a_part_that_is_missing_is_noticed():
    assert missing("textwrap.indent") == ["Args:", "Returns:", "Raises", "Source:", ">>> "]


# --- every example holds --------------------------------------------------------------------------


@pytest.mark.parametrize("module", sorted(set(HELPERS) - {BY_JUPYTER}))
def test_its_examples_give_what_they_say(module):
    assert doctest.testmod(importlib.import_module(module)).failed == 0


def test_there_are_examples():
    assert sum(">>> " in words_for(name)[1] for name in most_called(20)) >= 10
