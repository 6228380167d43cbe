"""Results of the five scenarios, as they come in, in a JSON file that is whole after each."""

from __future__ import annotations

import json
from pathlib import Path

from data.studies import measures, publish
from data.studies.trained import is_number
from helpers.files import read_json, write_json
from helpers.learnable.scenarios import SCENARIOS

COLUMNS = ("train", "training_seconds", "test", "adversarial", "adaptive")


class Report:
    """`content` is what the file holds: about, scenarios, label_leaking, ladder, provenance."""

    def __init__(self, path: Path, about: dict[str, object], command: str):
        """From the file, if there is one; ValueError where that is about something else."""
        self.path, self.command = path, command
        self.content: dict = {"about": about, "scenarios": {}, "label_leaking": {}, "ladder": {}}
        if path.exists():
            self.content = read_report(path)
            if self.content["about"] != json.loads(json.dumps(about)):
                raise ValueError(
                    f"{path} holds results of other settings or pictures: move it away first."
                )

    def add(self, part: str, name: str, found: dict[str, float]) -> None:
        """Enter what was found, in the order of the table, and write the file."""
        rows = self.content[part] | {name: found}
        order = [row for place, row in rows_and_columns() if place == part]
        self.content[part] = {row: rows[row] for row in sorted(rows, key=order.index)}
        seconds = sum(row["training_seconds"] for row in self.content["scenarios"].values())
        seed = self.content["about"]["seed"]
        self.content["provenance"] = publish.provenance(self.command, seed, seconds)
        write_json(self.path, self.content)

    def table(self) -> str:
        """Table I, as text."""
        lines = [f"{'':18}{'train':>8}{'test':>8}{'adversarial':>13}{'adaptive':>10}"]
        for name, row in self.content["scenarios"].items():
            lines.append(
                f"{name:18}{row['train']:8.3f}{row['test']:8.3f}{row['adversarial']:13.3f}"
                f"{row['adaptive']:10.3f}"
            )
        return "\n".join(lines)


def read_report(path: Path) -> dict:
    """The content of a `Report`; ValueError unless it is built as that builds it."""
    content, rows = read_json(path), rows_and_columns()
    parts = {"about", *(part for part, _ in rows)}
    whole = content.keys() - {"provenance"} == parts
    whole = whole and all(isinstance(part, dict) for part in content.values())
    if not whole or not all(
        (part, name) in rows and is_row(row, rows[part, name])
        for part in parts - {"about"}
        for name, row in content[part].items()
    ):
        raise ValueError(f"{path} holds no results of this command: move it away first.")
    return content


def rows_and_columns() -> dict[tuple[str, str], tuple[str, ...]]:
    """The columns of each row that a report may have, by its part and name."""
    rows: dict[tuple[str, str], tuple[str, ...]] = {
        ("ladder", f"{size:g}"): measures.RUNGS for size in measures.EPS_IN_BYTES
    }
    for name, scenario in SCENARIOS.items():
        as_in_training = ("adversarial_as_in_training",) if scenario.adversarial else ()
        rows["scenarios", name] = (*COLUMNS, *as_in_training)
        if scenario.encrypted and not scenario.fresh_keys:
            rows["label_leaking", name] = measures.LEAKING
    return rows


def is_row(row: object, columns: tuple[str, ...]) -> bool:
    """Whether it has a share from 0 to 1 in each column, and seconds where they are asked for."""
    return (
        isinstance(row, dict)
        and sorted(row) == sorted(columns)
        and all(
            is_number(value, 1e9 if column == "training_seconds" else 1)
            for column, value in row.items()
        )
    )
