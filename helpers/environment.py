"""Is everything here as it was tested? A lesson asks before it begins."""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from helpers import manifest

LOCK = Path(__file__).resolve().parents[1] / "requirements.lock"


def problems() -> list[str]:
    """One sentence, with its remedy, for each thing that is not as it was tested; best is none."""
    return [*python_problems(), *package_problems(), *data_problems()]


def python_problems() -> list[str]:
    """Whether this Python is one that TensorFlow is made for."""
    if (3, 10) <= sys.version_info[:2] <= (3, 13):
        return []
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return [f"This is Python {version}, and the kit needs 3.10 to 3.13: install one of them."]


def package_problems() -> list[str]:
    """Packages that the lock pins for this machine and that are missing, or of another version."""
    found = []
    for line in re.findall(r"^[A-Za-z0-9].*?(?= \\|$)", LOCK.read_text(encoding="utf-8"), re.M):
        pin = Requirement(line)
        if pin.marker is None or pin.marker.evaluate():
            found += version_problem(pin)
    return found


def version_problem(pin: Requirement) -> list[str]:
    """What is wrong with one package, if anything is."""
    wanted = str(pin.specifier).removeprefix("==")
    try:
        version = metadata.version(pin.name)
    except metadata.PackageNotFoundError:
        return [f"{pin.name} is missing, tested was {wanted}: run the set-up again (see README)."]
    if version in pin.specifier:
        return []
    return [f"{pin.name} is {version}, tested was {wanted}: run the set-up again (see README)."]


def data_problems() -> list[str]:
    """Shipped files that are missing or altered."""
    found = []
    for name in manifest.entries():
        try:
            manifest.checked(name)
        except (ValueError, FileNotFoundError) as error:
            found.append(str(error))
    return found
