"""What the kit's code says of itself, read by `ast` and never run: who imports whom, who uses what.

A house is {module: its tree}, as in {"helpers.bits": ast.parse("...")}.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from helpers import lessons

ROOT = Path(__file__).resolve().parents[1]

House = dict[str, ast.Module]
DEFINITION = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def modules_in(folder: str) -> House:
    """The modules below a folder of the kit."""
    paths = sorted((ROOT / folder).rglob("*.py"))
    return {module_at(path): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def module_at(path: Path) -> str:
    """ "helpers.neural" for helpers/neural/__init__.py, say."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def cells_of_lessons() -> House:
    """The code of each lesson, all cells as one module, without what is IPython's own."""
    return {name: ast.parse(code_of(name)) for name in lessons.NAMES}


def code_of(name: str) -> str:
    cells = lessons.read(lessons.path_of(name)).cells
    lines = "\n".join(cell.source for cell in cells if cell.cell_type == "code").splitlines()
    return "\n".join(line for line in lines if not line.startswith(("%", "!")))


def imports(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Each name that an import anywhere in the tree binds, and what stands for: ("np", "numpy")."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                yield (alias.asname, alias.name) if alias.asname else (top, top)
                yield alias.name, alias.name
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are spelt out in full: from helpers.neural import rows"
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def imported(tree: ast.AST, house: House) -> set[str]:
    """The modules of the house that a tree imports or imports from, inside functions, too."""
    found = {what if what in house else what.rpartition(".")[0] for _, what in imports(tree)}
    return found & set(house)


def used(tree: ast.AST, names: dict[str, str]) -> Iterator[str]:
    """What a tree names, in full: "helpers.bits.flip" where it says `bits.flip`, or that in quotes,
    as Jupyter's settings do.
    """
    for node in ast.walk(tree):
        if isinstance(node, (ast.Name, ast.Attribute)) and (full := full_name(node, names)):
            yield full
        elif isinstance(node, ast.Constant) and str(node.value).startswith("helpers."):
            yield str(node.value)


def full_name(node: ast.AST, names: dict[str, str]) -> str | None:
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute) and (owner := full_name(node.value, names)):
        return f"{owner}.{node.attr}"
    return None


def definitions(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    """Functions, classes and constants of a module; what else it does has the name ""."""
    for statement in tree.body:
        names = [statement.name] if isinstance(statement, DEFINITION) else names_set_by(statement)
        yield from ((name, statement) for name in names or [""])


def names_set_by(statement: ast.stmt) -> list[str]:
    """Of `A = B, C = ...` all three; of `settings.a = ...` none, which does something elsewhere."""
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    flat = [part for target in targets for part in getattr(target, "elts", [target])]
    return [part.id for part in flat if isinstance(part, ast.Name)]


def code_lines(tree: ast.Module, source: str) -> int:
    """Lines that are neither blank nor of a docstring."""
    documented = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, *DEFINITION)) and ast.get_docstring(node) is not None:
            documented |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    lines = enumerate(source.splitlines(), 1)
    return sum(bool(line.strip()) and number not in documented for number, line in lines)
